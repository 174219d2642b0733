# SPDX-License-Identifier: GPL-3.0-or-later
# awk -f encode.awk FILE FILE: Telco's table, read twice, with a column of 0 and 1 for each level of a category but the first,
# and without the rows that have no total.
BEGIN { FS = OFS = "," }
FNR == 1 {
    for (j = 1; j <= NF; j++) name[j] = $j
    next
}
$20 == " " || $20 == "" { next }
NR == FNR {
    for (j = 2; j < NF; j++)
        if ($j !~ /^[0-9.]+$/ && !((j, $j) in seen)) { seen[j, $j] = 1; level[j, ++n_levels[j]] = $j }
    next
}
!printed++ {
    line = "customer_id"
    for (j = 2; j < NF; j++) {
        if (!n_levels[j]) line = line OFS name[j]
        for (k = 2; k <= n_levels[j]; k++) line = line OFS "\"" name[j] "=" level[j, k] "\""
    }
    print line, "label_y"
}
{
    line = $1
    for (j = 2; j < NF; j++) {
        if (!n_levels[j]) line = line OFS $j
        for (k = 2; k <= n_levels[j]; k++) line = line OFS ($j == level[j, k])
    }
    sub(/\r/, "", $NF)
    print line, $NF == "Yes"
}
