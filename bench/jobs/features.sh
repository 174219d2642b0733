# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154 # what is not set here, bench/run sets
# From events to features, and what a newcomer waits for.

# agree FILE PEER…: whether the peers' answers are those of FILE.
agree() {
    answer=$1
    shift
    echo
    for peer in "$@"; do
        equal=$("$python" "$root/bench/peers/compare.py" "$answer" "$peer.csv")
        echo "- winback and $peer agree: $equal"
    done
}

# features FOLDER: from the shop in FOLDER, beside the peers when they were asked for.
features() {
    what "$1"
    echo "34 features and the label, $threads threads."
    echo
    set -- "$1" winback.csv "$winback" features --project "$1/winback.yml" -o winback.csv --threads "$threads" --quiet
    if $peers; then
        set -- "$@" -- duckdb.csv "$python" "$root/bench/peers/features_duckdb.py" shop "$1" duckdb.csv "$threads"
        for peer in polars pandas; do
            set -- "$@" -- $peer.csv "$python" "$root/bench/peers/features_$peer.py" "$1" $peer.csv "$threads"
        done
    fi
    shift
    measure "$@" >costs
    table winback DuckDB Polars pandas <costs
    if $peers; then
        echo
        target "$(least 1)" at-least 8 "time of the fastest peer, times that of winback"
        target "$(least 5)" at-least 3 "memory of the smallest peer, times that of winback"
        agree winback.csv duckdb polars pandas
    fi
}

job_simulate() {
    measure - "$winback" simulate --customers "$customers" -o made --quiet -- \
        - "$winback" simulate --customers $((2 * customers)) -o made_twice --quiet >costs
    table "$(grouped "$customers") customers" "$(grouped $((2 * customers))) customers" <costs
    rm -r made made_twice
}

job_features() {
    shop shop "$customers"
    features shop
}

job_features_quoted() {
    shop shop "$customers"
    mkdir -p quoted
    cp shop/winback.yml shop/customers.csv quoted
    for table in orders tickets; do
        sed -e 's/,/","/g' -e 's/^/"/' -e 's/$/"/' shop/$table.csv >quoted/$table.csv
    done
    features quoted
    rm -r quoted
}

job_features_retail() {
    packed=${WINBACK_DATA-}/uci_online_retail/online_retail.csv.gz
    if [ ! -e "$packed" ]; then
        echo "Skipped: there is no uci_online_retail/online_retail.csv.gz in WINBACK_DATA."
        return
    fi
    mkdir retail
    cp "$packed" retail
    gzip -dc "$packed" >retail/online_retail.csv
    cp "$root/bench/retail.yml" retail/plain.yml
    sed 's/online_retail\.csv/&.gz/' retail/plain.yml >retail/packed.yml
    echo "$(grouped "$(count retail/online_retail.csv)") lines, read as orders and as returns: 15 features and the label," \
        "$threads threads."
    echo
    set -- plain.csv "$winback" features --project retail/plain.yml -o plain.csv --threads "$threads" --quiet -- \
        packed.csv "$winback" features --project retail/packed.yml -o packed.csv --threads "$threads" --quiet
    if $peers; then
        set -- "$@" -- duckdb.csv "$python" "$root/bench/peers/features_duckdb.py" retail retail duckdb.csv "$threads"
    fi
    measure "$@" >costs
    table winback "winback, gzip" DuckDB <costs
    cmp plain.csv packed.csv
    if $peers; then agree plain.csv duckdb; fi
    rm -r retail
}

job_features_scaling() {
    : >scaling
    for eighths in 2 4 8 16 32 64; do
        size=$((customers * eighths / 8))
        shop scaled $size
        measure scaled.csv "$winback" features --project scaled/winback.yml -o scaled.csv --threads "$threads" --quiet >cost
        note "$(grouped $size) customers" <cost
        echo "$size $(cat cost)" >>scaling
        rm -r scaled scaled.csv
    done
    picture=features-scaling.svg
    awk -v svg=$picture -f "$root/bench/chart.awk" -f "$root/bench/scaling.awk" scaling >scaled
    cat scaled
    echo
    for what in wall memory; do
        target "$(sed -n "s/^Slope.*$what \\(-*[0-9.]*[0-9]\\).*/\\1/p" scaled)" at-most 1.05 "slope of $what"
    done
    show $picture "Wall time and peak memory against the number of customers"
}

job_features_cutoffs() {
    shop shop "$customers"
    what shop
    echo
    set --
    cutoffs=
    for month in 2023-11 2023-12 2024-01 2024-02 2024-03 2024-04 2024-05 2024-06 2024-07 2024-08 2024-09 2024-10; do
        cutoffs="$cutoffs --cutoff $month-01"
        set -- "$@" -- at_$month.csv "$winback" features --project shop/winback.yml --cutoff $month-01 \
            -o at_$month.csv --threads "$threads" --quiet
    done
    # shellcheck disable=SC2086 # words of options
    measure at_once.csv "$winback" features --project shop/winback.yml $cutoffs -o at_once.csv --threads "$threads" --quiet \
        "$@" >costs
    sed -i -s 1d at_*.csv
    sort -m -t, -k1,1 -k2,2 at_2*.csv | cmp - at_once.csv
    awk '
        NR == 1 { print }
        NR > 1 { for (i = 1; i <= 4; i++) sum[i] += $i; if ($5 > peak) peak = $5 }
        END { print sum[1], sum[2], sum[3], sum[4], peak }' costs >sums
    table "twelve cutoffs at once" "twelve runs of one" <sums
    echo
    target "$(awk 'NR == 1 { once = $1 } NR == 2 { print once / $1 }' sums)" at-most 0.5 "time at once, times that of twelve runs"
}

job_run() {
    shop_customers=$((customers / 25))
    "$winback" simulate --customers $shop_customers -o demo --quiet
    what demo
    echo
    (cd demo && measure - "$winback" run --quiet) >costs
    table "winback run" <costs
}
