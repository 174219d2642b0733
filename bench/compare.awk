# SPDX-License-Identifier: GPL-3.0-or-later
# After json.awk. Of two files of bench/run --json, what got slower, faster and larger; see bench/compare.
FNR == 1 { n_files++; file[n_files] = FILENAME }
{ whole[n_files] = whole[n_files] $0 "\n" }

END {
    if (n_files < 2) give_up("an empty file")
    for (f = 1; f <= 2; f++) read(f)
    differ("customers")
    differ("rows")
    if (machine[1] != machine[2])
        print "other machine or versions, so times tell little:\n  old: " machine[1] "\n  new: " machine[2]
    for (k = 1; k <= n_of[1]; k++) if (!((2, of[1, k]) in median)) print "only in the old file: " of[1, k]
    for (k = 1; k <= n_of[2]; k++) compare(of[2, k])
    report("slower", slower)
    report("faster", faster)
    report("more memory", larger)
    if (slower faster larger == "") print "nothing got slower, faster or larger by more than " tolerance
    exit slower != "" ? 5 : 0
}

function give_up(why) {
    print "bench/compare: " why >"/dev/stderr"
    exit 3
}

# What one file says, by the job and the contender.
function read(f,    k, path, key) {
    split("", at)
    split("", n_items)
    if (!flatten(whole[f]) || !("measured" in n_items)) give_up(file[f] ": not what bench/run --json writes")
    machine[f] = at["machine"]
    size[f, "customers"] = at["customers"]
    size[f, "rows"] = at["rows"]
    n_of[f] = n_items["measured"]
    for (k = 1; k <= n_of[f]; k++) {
        path = "measured/" k "/"
        key = at[path "name"] ": " at[path "contender"]
        if (!((path "wall_s/median") in at)) give_up(file[f] ": " key " has no times")
        of[f, k] = key
        median[f, key] = at[path "wall_s/median"]
        low[f, key] = at[path "wall_s/min"]
        high[f, key] = at[path "wall_s/max"]
        peak_kib[f, key] = at[path "peak_kib"] + 0
    }
}

function differ(what) {
    if (size[1, what] != size[2, what])
        give_up("other sizes: " size[1, what] " and " size[2, what] " " what)
}

function compare(key,    ratio) {
    if (!((1, key) in median)) { print "only in the new file: " key; return }
    ratio = median[2, key] / median[1, key]
    if (ratio > tolerance && low[2, key] + 0 > high[1, key] + 0) slower = slower times(key, ratio)
    if (1 / ratio > tolerance && high[2, key] + 0 < low[1, key] + 0) faster = faster times(key, ratio)
    if (peak_kib[1, key] > 0 && peak_kib[2, key] > tolerance * peak_kib[1, key])
        larger = larger sprintf("  %s: %.1f -> %.1f MiB, %.2f times\n", key, peak_kib[1, key] / 1024, peak_kib[2, key] / 1024,
            peak_kib[2, key] / peak_kib[1, key])
}

function times(key, ratio) {
    return sprintf("  %s: %s (%s to %s) -> %s (%s to %s) s, %.2f times\n", key, median[1, key], low[1, key], high[1, key],
        median[2, key], low[2, key], high[2, key], ratio)
}

function report(what, lines) { if (lines != "") printf "%s:\n%s", what, lines }
