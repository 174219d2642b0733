# SPDX-License-Identifier: GPL-3.0-or-later
# After chart.awk. From lines "rows columns threads seconds …", several of each, a table of the fits and a chart: with two threads by
# rows, where columns are `columns`, and by columns, where rows are `rows`.
{
    key = $1 " " $2
    if (!(key in known)) { known[key] = ++n_sizes; size[n_sizes] = key }
    seconds[key, $3, ++count[key, $3]] = $4
}

END {
    print "| rows | columns | one thread | two threads | ratio |"
    print "|---|---|---|---|---|"
    for (k = 1; k <= n_sizes; k++) {
        key = size[k]
        split(key, of, " ")
        one = median(key, 1)
        two = median(key, 2)
        printf "| %d | %d | %.3f s | %.3f s (%.3f–%.3f) | %.2f |\n", of[1], of[2], one, two, seconds[key, 2, 1],
            seconds[key, 2, count[key, 2]], one / two
        if (of[2] == columns) { by_rows[++n_rows] = of[1]; take(n_rows, key, two, y, low, high) }
        if (of[1] == rows) { by_columns[++n_columns] = of[2]; take(n_columns, key, two, v, v_low, v_high) }
    }
    fit(by_rows, y, n_rows)
    row_slope = slope
    fit(by_columns, v, n_columns)
    printf "\nSlope on the log-log scale: %.3f by rows, %.3f by columns.\n", row_slope, slope
    begin_chart("Fits: time against rows and columns", "A ridge fit in memory, two threads",
        sprintf("Two log-log charts. Slope by rows %.3f, by columns %.3f.", row_slope, slope))
    panel(columns " columns", "seconds", "rows", by_rows, y, low, high, n_rows)
    panel(shorter(rows) " rows", "seconds", "columns", by_columns, v, v_low, v_high, n_columns)
    end_chart()
}

function take(i, key, middle, at, lowest, highest) {
    at[i] = middle
    lowest[i] = seconds[key, 2, 1]
    highest[i] = seconds[key, 2, count[key, 2]]
}

# Sorts a size's seconds.
function median(key, threads,    i, j, t, n) {
    n = count[key, threads]
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && seconds[key, threads, j - 1] > seconds[key, threads, j]; j--) {
            t = seconds[key, threads, j]
            seconds[key, threads, j] = seconds[key, threads, j - 1]
            seconds[key, threads, j - 1] = t
        }
    return (seconds[key, threads, int((n + 1) / 2)] + seconds[key, threads, int(n / 2) + 1]) / 2
}
