# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154 # what is not set here, bench/run sets
# From tables and events to probabilities.

# linear_model: of 100,000 labelled rows, unless it is there.
linear_model() {
    [ ! -e linear.json ] || return 0
    "$build/bench/bench_table" labelled 100000 >labelled.csv
    "$winback" train labelled.csv --target y --basis linear --lambda 1e-4 -o linear.json --threads "$threads" --quiet
    rm labelled.csv
}

# score_table FORM: makes table.csv, and says what it is.
score_table() {
    linear_model
    "$build/bench/bench_table" "$1" "$table_rows" >table.csv
    echo "$(grouped "$table_rows") rows of 30 numbers, $(($(wc -c <table.csv) / 1000000)) MB of CSV, a linear model," \
        "$threads threads."
    echo
}

# scores_beside POLARS DUCKDB PANDAS: scores table.csv, beside the peers when they were asked for, of which each must take so many
# times as long; no target where it is -.
scores_beside() {
    polars_least=$1 duckdb_least=$2 pandas_least=$3
    set -- winback.csv "$winback" score table.csv --model linear.json -o winback.csv --threads "$threads" --quiet
    if $peers; then
        for peer in polars duckdb; do
            set -- "$@" -- $peer.csv "$python" "$root/bench/peers/score_$peer.py" table.csv linear.json $peer.csv "$threads"
        done
        for peer in pandas arrow sklearn; do
            set -- "$@" -- $peer.csv "$python" "$root/bench/peers/score_pandas.py" table.csv linear.json $peer.csv "$threads" $peer
        done
    fi
    measure "$@" >costs
    table winback Polars DuckDB pandas "pandas, written by Arrow" "pandas, scikit-learn" <costs
    echo
    if $peers; then
        faster_than Polars "$polars_least" 2
        faster_than DuckDB "$duckdb_least" 3
        faster_than pandas "$pandas_least" 4
    fi
    target "$(peak_mb 1)" at-most 64 "peak memory in MB"
    if $peers; then
        echo
        for peer in polars duckdb pandas arrow sklearn; do
            equal=$("$python" "$root/bench/peers/compare_scores.py" winback.csv $peer.csv)
            echo "- winback and $peer agree: $equal"
        done
    fi
    rm -f table.csv ./winback.csv polars.csv duckdb.csv pandas.csv arrow.csv sklearn.csv
}

# faster_than PEER LEAST ROW
faster_than() { [ "$2" = - ] || target "$(wall "$3")" at-least "$2" "time of $1, times that of winback"; }

job_score() {
    score_table plain
    scores_beside 3 4 15
}

job_score_quoted() {
    score_table quoted
    scores_beside 2.5 - -
}

job_score_reasons() {
    if ! "$winback" score --help | grep -q -e '--reasons'; then
        echo "Skipped: winback score gives no reasons."
        return
    fi
    score_table plain
    measure without.csv "$winback" score table.csv --model linear.json -o without.csv --threads "$threads" --quiet -- \
        with.csv "$winback" score table.csv --model linear.json --reasons 3 -o with.csv --threads "$threads" --quiet >costs
    table "probabilities" "three reasons beside them" <costs
    cut -d, -f1,2 with.csv | cmp - without.csv
    echo
    target "$(wall 2)" at-most 1.5 "time with reasons, times that without"
    rm table.csv with.csv without.csv
}

job_score_gzip() {
    score_table plain
    gzip -c table.csv >table.csv.gz
    echo "Packed it has $(($(wc -c <table.csv.gz) / 1000000)) MB. zlib alone reads it in pieces of 128 KiB and does nothing with them."
    echo
    measure - "$build/bench/bench_table" inflate table.csv.gz -- \
        packed.csv "$winback" score table.csv.gz --model linear.json -o packed.csv --threads "$threads" --quiet -- \
        - gzip -dc table.csv.gz -- \
        plain.csv "$winback" score table.csv --model linear.json -o plain.csv --threads "$threads" --quiet >costs
    table "zlib alone" "winback, gzip" "gzip -dc" "winback, plain" <costs
    cmp plain.csv packed.csv
    echo
    target "$(wall 2)" at-most 1.1 "time from gzip, times that of zlib alone"
    rm table.csv table.csv.gz plain.csv packed.csv
}

job_score_events() {
    modelled
    what shop
    echo
    measure only.csv "$winback" features --project shop/winback.yml -o only.csv --threads "$threads" --quiet -- \
        from_events.csv "$winback" score --project shop/winback.yml --at 2024-10-01 --model model.json -o from_events.csv \
        --threads "$threads" --quiet -- \
        from_features.csv "$winback" score features.csv --model model.json -o from_features.csv --threads "$threads" \
        --quiet >costs
    table "features alone" "scores from events" "scores from features" <costs
    cmp from_features.csv from_events.csv
    echo
    target "$(wall 2)" at-most 1.1 "time from events, times that of features alone"
    rm only.csv from_features.csv from_events.csv
}

# piped ROWS: fails unless the rows' scores are those of the first 10,000, again and again, and so many.
piped() {
    "$build/bench/bench_table" plain 10000 | "$winback" score - --model linear.json --threads "$threads" --quiet >few.csv
    "$build/bench/bench_table" repeated "$1" | "$winback" score - --model linear.json --threads "$threads" --quiet |
        awk -v rows="$1" '
            FNR == NR { line[FNR - 1] = $0; next }
            FNR > 1 && $0 != line[(FNR - 2) % 10000 + 1] { bad = 1; exit }
            END { exit bad || FNR != rows + 1 }' few.csv -
    rm few.csv
}

job_score_pipe() {
    linear_model
    set --
    sizes="$table_rows $((10 * table_rows))"
    if $full; then sizes="$sizes $((100 * table_rows))"; fi
    # shellcheck disable=SC2016 # the inner shell's
    for size in $sizes; do
        set -- "$@" ${1:+--} - sh -c '"$1" repeated "$2" | "$3" score - --model linear.json --threads "$4" 2>"said_$2"' \
            sh "$build/bench/bench_table" "$size" "$winback" "$threads"
    done
    echo "Rows of 30 numbers, written to a pipe, ten thousand of them again and again, a linear model, $threads threads;"
    echo "CPU is that of who writes them as well."
    echo
    measure "$@" >costs
    set --
    for size in $sizes; do
        set -- "$@" "$(grouped "$size") rows"
        grep -q "$(grouped "$size") rows" "said_$size" || { talk "score-pipe: $(cat "said_$size")"; exit 1; }
    done
    table "$@" <costs
    piped "$table_rows"
    echo
    target "$(peak $#)" at-most 1.1 "peak memory of the most rows, times that of the fewest"
    target "$(peak_mb $#)" at-most 64 "peak memory in MB"
    rm said_*
}
