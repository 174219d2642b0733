# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154 # what is not set here, bench/run sets
# What jobs are made of: measuring, tables, targets, and the shop.

# count FILE…: rows without the headers.
count() { awk 'FNR > 1 { n++ } END { print n + 0 }' "$@"; }

grouped() { echo "$1" | sed -e ':a' -e 's/\([0-9]\)\([0-9]\{3\}\)\($\|,\)/\1,\2\3/' -e 'ta'; }

measure() { "$build/bench/measure" "$runs" "$@"; }

# note LABEL…: keeps what `measure` prints for the JSON, one label a row.
note() {
    awk -v labels="$(printf '%s|' "$@")" -v name="$job" -v runs="$runs" '
        BEGIN { split(labels, label, "|") }
        {
            printf "{\"name\": \"%s\", \"contender\": \"%s\", \"wall_s\": {\"median\": %s, \"min\": %s, \"max\": %s}, ", name,
                label[NR], $1, $2, $3
            printf "\"cpu_s\": %s, \"peak_kib\": %s, \"runs\": %d}\n", $4, $5, runs
        }' >>"$work/measured.jsonl"
}

# note_times: the same of lines "label|seconds", several a label.
note_times() {
    sort -t'|' -k1,1 -k2,2g | awk -F'|' -v name="$job" '
        function flush(    middle) {
            if (!n) return
            middle = (seconds[int((n + 1) / 2)] + seconds[int(n / 2) + 1]) / 2
            printf "{\"name\": \"%s\", \"contender\": \"%s\", \"wall_s\": {\"median\": %s, \"min\": %s, \"max\": %s}, ", name,
                label, middle, seconds[1], seconds[n]
            printf "\"runs\": %d}\n", n
            n = 0
        }
        $1 != label { flush(); label = $1 }
        { seconds[++n] = $2 }
        END { flush() }' >>"$work/measured.jsonl"
}

# table LABEL…: in Markdown, what `measure` prints, one label a row. Ratios are to the first row.
table() {
    cat >"$work/rows"
    note "$@" <"$work/rows"
    awk -v labels="$(printf '%s|' "$@")" '
        BEGIN {
            split(labels, label, "|")
            print "| | wall | ratio | CPU | peak memory | ratio |"
            print "|---|---|---|---|---|---|"
        }
        NR == 1 { wall = $1; peak = $5 }
        {
            printf "| %s | %.2f s (%.2f–%.2f) | %.2f | %.2f s | %.0f MiB | %.2f |\n", label[NR], $1, $2, $3, $1 / wall, $4,
                $5 / 1024, $5 / peak
        }' "$work/rows"
}

# Of the costs of the table before. wall ROW, peak ROW: how many times the first row's; least COLUMN: of all other rows the
# least, as a multiple of the first row's; peak_mb ROW: in millions of bytes.
wall() { awk -v row="$1" 'NR == 1 { first = $1 } NR == row { print $1 / first }' "$work/rows"; }
peak() { awk -v row="$1" 'NR == 1 { first = $5 } NR == row { print $5 / first }' "$work/rows"; }
least() {
    awk -v column="$1" '
        NR == 1 { first = $column }
        NR > 1 && (least == "" || $column < least) { least = $column }
        END { print least / first }' "$work/rows"
}
peak_mb() { awk -v row="$1" 'NR == row { print $5 * 1024 / 1e6 }' "$work/rows"; }

# target VALUE at-least|at-most LIMIT WHAT: an item that says whether it holds, kept for the JSON.
target() {
    awk -v value="$1" -v relation="$2" -v limit="$3" -v what="$4" -v name="$job" -v file="$work/targets.jsonl" '
        BEGIN {
            holds = relation == "at-least" ? value + 0 >= limit + 0 : value + 0 <= limit + 0
            sub(/-/, " ", relation)
            printf "- %s: %.3g (target: %s %s: %s)\n", what, value, relation, limit, holds ? "holds" : "missed"
            sub(/ /, "_", relation)
            printf "{\"name\": \"%s\", \"target\": \"%s\", \"value\": %s, \"%s\": %s, \"holds\": %s}\n", name, what, value,
                relation, limit, holds ? "true" : "false" >>file
        }'
}

# show PICTURE TEXT: puts it beside the results.
show() {
    [ -n "$results" ] || return 0
    cp "$1" "$(dirname -- "$results")"
    printf '\n![%s](%s)\n' "$2" "$1"
}

# shop FOLDER N: a simulated shop of N customers with the bench's project, unless it is there.
shop() {
    [ ! -e "$1" ] || return 0
    talk "making a shop of $2 customers"
    "$winback" simulate --customers "$2" -o "$1" --quiet
    cp "$root/bench/shop.yml" "$1/winback.yml"
}

# what FOLDER: what there is to read.
what() {
    bytes=$(cat "$1/orders.csv" "$1/tickets.csv" | wc -c)
    echo "$(grouped "$(count "$1/customers.csv")") customers, $(grouped "$(count "$1/orders.csv")") orders," \
        "$(grouped "$(count "$1/tickets.csv")") tickets: $((bytes / 1000000)) MB of CSV."
}

# The features and a model of them.
modelled() {
    shop shop "$customers"
    [ ! -e model.json ] || return 0
    "$winback" features --project shop/winback.yml -o features.csv --quiet
    "$winback" train features.csv --lambda 0.001 -o model.json --quiet
}
