# SPDX-License-Identifier: GPL-3.0-or-later
# After json.awk. From the lines of score, a table; into the file `times` lines "contender|seconds" for each run, and into
# `shares` lines "linear 0.9".
NR == 1 {
    print "| | rows/s | GB/s | reading alone, GB/s | share |"
    print "|---|---|---|---|---|"
}
{
    split("", at)
    split("", n_items)
    if (!flatten($0)) { print "memory.awk: not JSON: " $0 >"/dev/stderr"; exit 1 }
    kind = at["name"]
    sub(/^score_rows_/, "", kind)
    printf "| %s terms | %.0f million | %.1f | %.1f | %.2f |\n", kind, at["rows_per_second"] / 1e6, at["bytes_per_second"] / 1e9,
        at["read_bytes_per_second"] / 1e9, at["share_of_read"]
    for (k = 1; k <= n_items["seconds"]; k++) print kind " terms|" at["seconds/" k] >times
    print kind, at["share_of_read"] >shares
}
