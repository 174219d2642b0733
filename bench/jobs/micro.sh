# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154 # what is not set here, bench/run sets
# Parts of the program in memory, measured by programs that print lines of JSON.

job_micro() {
    echo "One thread, 15 passes each after 3 to warm up: medians, minimum to maximum, and their distance as a share of the median."
    echo
    "$build/bench/bench_micro" >lines
    cat lines >>"$work/measured.jsonl"
    awk -f "$root/bench/json.awk" -f "$root/bench/micro.awk" lines
}

job_score_memory() {
    if [ ! -x "$build/bench/bench_score" ]; then
        echo "Skipped: there is no $build/bench/bench_score."
        return
    fi
    "$build/bench/bench_score" "$threads" $((2 * table_rows)) >lines
    echo "$(grouped $((2 * table_rows))) rows of 30 numbers, $threads threads; the mixed model has 15 lines, 10 curves and 5 categories."
    echo
    awk -v times=run_times -v shares=shares -f "$root/bench/json.awk" -f "$root/bench/memory.awk" lines
    note_times <run_times
    echo
    target "$(sed -n 's/^linear //p' shares)" at-least 0.8 "linear terms, share of the bandwidth of reading"
    target "$(sed -n 's/^mixed //p' shares)" at-least 0.25 "mixed terms, share of the bandwidth of reading"
}
