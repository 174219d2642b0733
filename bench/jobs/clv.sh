# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154 # what is not set here, bench/run sets
# Purchase models of a shop's orders.

# clv_of SHOP OUT: the command, by words.
clv_of() { echo "$winback" clv --orders "$1/orders.csv" --until 2025-01-01 --horizon 364d -o "$2" --threads "$threads" --quiet; }

job_clv() {
    shop few 23570
    shop many "$table_rows"
    what few
    what many
    echo "From orders to a row a customer: BG/NBD and Gamma-Gamma fitted, purchases and value expected, 13 periods discounted."
    echo "lifetimes fits both models to the fewer customers and expects their purchases, and writes them; it reads by pandas."
    echo
    # shellcheck disable=SC2046 # words
    set -- many.csv $(clv_of many many.csv) -- few.csv $(clv_of few few.csv)
    if $peers; then
        set -- "$@" -- lifetimes.csv "$python" "$root/bench/peers/clv_lifetimes.py" few/orders.csv 2024-12-31 364 lifetimes.csv
    fi
    measure "$@" >costs
    table "winback, $(grouped "$table_rows") customers" "winback, 23,570 customers" "lifetimes, 23,570 customers" <costs
    echo
    target "$(cut -d ' ' -f 1 costs | sed -n 1p)" at-most 10 "seconds for $(grouped "$table_rows") customers"
    target "$(cut -d ' ' -f 1 costs | sed -n 2p)" at-most 1 "seconds for 23,570 customers"
    if $peers; then
        echo
        echo "- winback and lifetimes agree: $("$python" "$root/bench/peers/compare_clv.py" few.csv lifetimes.csv)"
    fi
    rm -r many few
}
