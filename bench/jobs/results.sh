# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154 # what is not set here, bench/run sets
# What is made of measurements: a section of Markdown, its place in the results, and JSON.

# What makes these figures differ from those of another machine, without saying whose it is.
machine() {
    model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
    vectors="no wide vectors"
    for flag in avx2 avx512f; do
        if grep -qw "$flag" /proc/cpuinfo; then vectors=$flag; fi
    done
    compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
    memory=$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)
    echo "$(nproc) cores${model:+ · $model} · $(uname -m), $vectors · $memory GiB ·" \
        "$("$compiler" --version | head -n 1) · $("$winback" version)"
}

peer_versions() {
    if $peers; then
        echo "$("$python" --version) · $(sed 's/==/ /' "$root/bench/peers/requirements.txt" | paste -sd, | sed 's/,/, /g')"
    fi
}

# section NAME: what is measured, as one section of the results.
section() {
    echo "## $1"
    echo
    echo "$(date -u +%Y-%m-%d), \`$command\`: median of $runs, and minimum to maximum."
    machine
    peer_versions | sed 's/^/· /'
    echo
    "job_$(echo "$1" | tr - _)"
    echo
}

# record NAME: puts the section into the results, in the place of the one of that name, else at their end.
record() {
    touch "$results"
    awk -v name="$1" '
        function put(    line) { while ((getline line < "section.md") > 0) print line; done = 1 }
        /^## / { inside = $0 == "## " name; if (inside) put() }
        !inside { print }
        END { if (!done) put() }' "$results" >results.md
    cp results.md "$results"
}

# json_text TEXT: as a string of JSON.
json_text() { printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"; }

# json_list FILE: its lines as the items of a list.
json_list() { sed -e '$!s/$/,/' -e 's/^/    /' "$1"; }

# write_json FILE: everything that was measured and every target.
write_json() {
    {
        printf '{\n  "version": %s,\n' "$(json_text "$("$winback" version)")"
        printf '  "date": "%s",\n  "command": %s,\n' "$(date -u +%Y-%m-%d)" "$(json_text "$command")"
        printf '  "machine": %s,\n' "$(json_text "$(machine)")"
        printf '  "peers": %s,\n' "$(json_text "$(peer_versions)")"
        printf '  "customers": %s,\n  "rows": %s,\n' "$customers" "$table_rows"
        printf '  "measured": [\n%s\n  ],\n' "$(json_list "$work/measured.jsonl")"
        printf '  "targets": [\n%s\n  ]\n}\n' "$(json_list "$work/targets.jsonl")"
    } >"$work/results.json"
    cp "$work/results.json" "$1"
}
