# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154 # what is not set here, bench/run sets
# Models of past cutoffs on later ones.

job_backtest() {
    shop shop "$customers"
    sed 's/^cutoffs:.*/cutoffs: {every: 30d, from: 2023-11-06, to: 2024-10-01}/' shop/winback.yml >shop/twelve.yml
    sed '/^cutoffs:/d' shop/winback.yml >shop/usual.yml
    what shop
    echo "The run has its usual four cutoffs; the backtest twelve, a month apart, of which nine are learned from and nine tried."
    echo
    measure - "$winback" run --project shop/usual.yml -o ran --threads "$threads" --quiet -- \
        tried.json "$winback" backtest --project shop/twelve.yml -o tried.json --threads "$threads" --quiet >costs
    table "winback run" "winback backtest of twelve cutoffs" <costs
    echo
    target "$(wall 2)" at-most 4 "time of twelve cutoffs tried, times that of a run"
    rm -r ran tried.json
}
