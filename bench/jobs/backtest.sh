# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154 # what is not set here, bench/run sets
# Models of past cutoffs on later ones, and the page that shows them.

# The shop with twelve cutoffs, a month apart.
twelve() {
    shop shop "$customers"
    sed 's/^cutoffs:.*/cutoffs: {every: 30d, from: 2023-11-06, to: 2024-10-01}/' shop/winback.yml >shop/twelve.yml
}

job_backtest() {
    twelve
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

job_report() {
    twelve
    modelled
    what shop
    echo "The model's features and label once more, with its backtest, on one page."
    echo
    "$winback" backtest --project shop/twelve.yml -o tried.json --threads "$threads" --quiet >/dev/null
    measure report.html "$winback" report features.csv --model model.json --backtest tried.json -o report.html \
        --threads "$threads" --quiet >costs
    table "winback report" <costs
    echo
    target "$(cut -d ' ' -f 1 costs)" at-most 2 "seconds"
    target "$(wc -c <report.html | awk '{ print $1 / 1e6 }')" at-most 2 "size of the page in MB"
    rm tried.json report.html
}
