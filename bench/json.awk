# SPDX-License-Identifier: GPL-3.0-or-later
# flatten(TEXT): reads JSON, strictly, into at["customers"], at["measured/1/wall_s/min"]: what lies at each path, lists being
# counted from 1 (and their lengths in n_items["measured"]). Texts keep their escapes. False when it is not JSON: its text is
# then wrong from the character `place` on.
function flatten(json) {
    text = json
    place = 1
    broken = 0
    value("")
    blanks()
    return !broken && place > length(text)
}

function blanks() { while (substr(text, place, 1) ~ /^[ \t\r\n]$/) place++ }

# Whether `what` comes next; it is then read.
function take(what) {
    blanks()
    if (substr(text, place, length(what)) != what) return 0
    place += length(what)
    return 1
}

function need(what) { if (!take(what)) broken = 1 }

# The next `many` characters at most, if they begin with the pattern.
function token(pattern, many,    ahead) {
    blanks()
    ahead = substr(text, place, many)
    if (!match(ahead, pattern)) { broken = 1; return "" }
    place += RLENGTH
    return substr(ahead, 1, RLENGTH)
}

function string(    read) {
    read = token("^\"([^\"\\\\]|\\\\.)*\"", 10000)
    return substr(read, 2, length(read) - 2)
}

function under(path, key) { return path == "" ? key : path "/" key }

function value(path) {
    if (broken) return
    if (take("{")) members(path)
    else if (take("[")) items(path)
    else if (take("\"")) { place--; at[path] = string() }
    else at[path] = token("^(-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false|null)", 100)
}

function members(path,    key) {
    if (take("}")) return
    do {
        blanks()
        key = string()
        need(":")
        value(under(path, key))
    } while (!broken && take(","))
    need("}")
}

function items(path,    n) {
    n = 0
    n_items[path] = 0
    if (take("]")) return
    do value(under(path, ++n)); while (!broken && take(","))
    n_items[path] = n
    need("]")
}
