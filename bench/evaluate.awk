# SPDX-License-Identifier: GPL-3.0-or-later
# From lines "contender|seconds figure …", several a contender, a table, and into the file `ratios` what each takes, times
# what the first does; fails when figures are further apart than 1e-12.
BEGIN { FS = "|" }
!($1 in count) { names[++n_names] = $1 }
{
    n = split($2, value, " ")
    seconds[$1, ++count[$1]] = value[1]
    for (k = 2; k <= n; k++) {
        if (!(k in figure)) figure[k] = value[k]
        off = value[k] - figure[k]
        off = off < 0 ? -off : off
        apart = off > apart ? off : apart
    }
}
function median(name,    i, j, t, n) {
    n = count[name]
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && seconds[name, j - 1] > seconds[name, j]; j--) {
            t = seconds[name, j]; seconds[name, j] = seconds[name, j - 1]; seconds[name, j - 1] = t
        }
    return (seconds[name, int((n + 1) / 2)] + seconds[name, int(n / 2) + 1]) / 2
}
END {
    print "| | time | ratio |"
    print "|---|---|---|"
    for (k = 1; k <= n_names; k++) {
        name = names[k]
        middle = median(name)
        if (k == 1) ours = middle
        print name "|" middle / ours >ratios
        printf "| %s | %.3f s (%.3f–%.3f) | %.2f |\n", name, middle, seconds[name, 1], seconds[name, count[name]], middle / ours
    }
    printf "\nThe four figures are at most %.0e apart.\n", apart
    exit apart > 1e-12
}
