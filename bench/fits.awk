# SPDX-License-Identifier: GPL-3.0-or-later
# From lines "name seconds objective …", several a name, the table of the fits, and into the file `ratios` what each takes, times
# what winback does; fails when winback's objective is not the least.
function median(name,    i, j, t, n) {
    n = count[name]
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && seconds[name, j - 1] > seconds[name, j]; j--) {
            t = seconds[name, j]; seconds[name, j] = seconds[name, j - 1]; seconds[name, j - 1] = t
        }
    return (seconds[name, int((n + 1) / 2)] + seconds[name, int(n / 2) + 1]) / 2
}
!($1 in count) { names[++n_names] = $1 }
{
    seconds[$1, ++count[$1]] = $2
    objective[$1] = $3
    gradient[$1] = $1 == "winback" ? $4 : ""
    scaling[$1] = $1 == "winback" ? "" : $4
}
END {
    called["winback"] = "winback"
    called["lbfgs"] = "scikit-learn, lbfgs"
    called["newton-cholesky"] = "scikit-learn, newton-cholesky"
    called["intelex"] = "scikit-learn-intelex, lbfgs"
    print "| | fit | ratio | standardising, not counted | objective above winback's | gradient |"
    print "|---|---|---|---|---|---|"
    ours = median("winback")
    for (k = 1; k <= n_names; k++) {
        name = names[k]
        above = objective[name] - objective["winback"]
        if (above < -1e-12)
            bad = 1
        middle = median(name)
        print name, middle / ours >ratios
        printf "| %s | %.3f s (%.3f–%.3f) | %.2f | %s | %.1e | %s |\n", called[name], middle, seconds[name, 1],
            seconds[name, count[name]], middle / ours, scaling[name] == "" ? "" : sprintf("%.2f s", scaling[name]), above,
            gradient[name]
    }
    exit bad
}
