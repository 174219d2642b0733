# SPDX-License-Identifier: GPL-3.0-or-later
# After json.awk. From the lines of micro, a table.
NR == 1 {
    print "| | a pass | spread | rate |"
    print "|---|---|---|---|"
}
{
    split("", at)
    if (!flatten($0)) { print "micro.awk: not JSON: " $0 >"/dev/stderr"; exit 1 }
    printf "| %s | %.2f ms (%.2f–%.2f) | %.0f %% | %s %s |\n", at["contender"], 1e3 * at["wall_s/median"],
        1e3 * at["wall_s/min"], 1e3 * at["wall_s/max"], 100 * at["spread"], at["rate"], at["unit"]
}
