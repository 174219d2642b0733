# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154 # what is not set here, bench/run sets
# Figures of merit of scores in memory.

# Each contender computes twice in a process of its own, for the second time to be measured; contenders in turn.
job_evaluate() {
    rows=$((10 * table_rows)) few=$((table_rows / 10)) resamples=1000
    echo "$(grouped "$rows") scores and outcomes in memory, $threads threads. winback makes all figures of \`evaluate\`;"
    echo "scikit-learn roc_auc_score, average_precision_score, log_loss and brier_score_loss, one after the other."
    echo
    "$build/bench/bench_evaluate" make scores.bin "$rows"
    : >figures
    run=0
    while [ $run -lt "$runs" ]; do
        run=$((run + 1))
        echo "winback, all figures|$("$build/bench/bench_evaluate" time scores.bin "$rows" "$threads")" >>figures
        echo "winback, all figures, 1 thread|$("$build/bench/bench_evaluate" time scores.bin "$rows" 1)" >>figures
        if $peers; then
            echo "scikit-learn, four figures|$("$python" "$root/bench/peers/evaluate_sklearn.py" scores.bin "$rows")" >>figures
        fi
        echo "winback, $resamples resamples of $(grouped "$few")|$("$build/bench/bench_evaluate" bootstrap scores.bin "$few" \
            "$threads" $resamples)" >>figures
    done
    sed 's/^\([^|]*|[0-9.]*\).*/\1/' figures | note_times
    awk -v ratios=ratios -f "$root/bench/evaluate.awk" figures
    if $peers; then
        echo
        target "$(sed -n 's/^scikit-learn, four figures|//p' ratios)" at-least 10 "time of scikit-learn, times that of winback"
    fi
    rm scores.bin figures
}
