# SPDX-License-Identifier: GPL-3.0-or-later
# After chart.awk. Reads rows of the number of customers and what bench/measure says of them. Prints a table and the
# least-squares slopes on the log-log scale, and draws both.
{
    customers[NR] = $1
    wall[NR] = $2; wall_min[NR] = $3; wall_max[NR] = $4
    cpu[NR] = $5
    memory[NR] = memory_min[NR] = memory_max[NR] = $6 / 1024
}

END {
    print "| customers | wall | CPU | peak memory |"
    print "|---|---|---|---|"
    for (i = 1; i <= NR; i++)
        printf "| %d | %.2f s (%.2f–%.2f) | %.2f s | %.0f MiB |\n", customers[i], wall[i], wall_min[i], wall_max[i], cpu[i], \
            memory[i]
    fit(customers, wall, NR)
    wall_slope = slope
    fit(customers, memory, NR)
    printf "\nSlope on the log-log scale: wall %.3f, peak memory %.3f.\n", wall_slope, slope
    begin_chart("Features: wall time and peak memory against the number of customers",
        "34 features and the label: time and memory by number of customers", description())
    panel("Wall time", "seconds", "customers", customers, wall, wall_min, wall_max, NR)
    panel("Peak memory", "MiB", "customers", customers, memory, memory_min, memory_max, NR)
    end_chart()
}

function description(    i, out) {
    out = "Two log-log charts of measured points with a fitted line."
    for (i = 1; i <= NR; i++)
        out = out sprintf(" %d customers: %.2f s, %.0f MiB.", customers[i], wall[i], memory[i])
    return out sprintf(" Slopes: wall %.3f, memory %.3f.", wall_slope, slope)
}
