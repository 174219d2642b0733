# SPDX-License-Identifier: GPL-3.0-or-later
# Reads rows of the number of customers and what bench/measure says of them. Prints a table and the least-squares slopes on the log-log scale, and draws both, on such scales, into `svg`.
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
    fit(wall)
    wall_slope = slope
    fit(memory)
    printf "\nSlope on the log-log scale: wall %.3f (target: at most 1.05), peak memory %.3f (at most 1.05).\n", wall_slope, slope
    draw()
}

# fit(Y): the line log y = at_mean + slope (log customers - mean_x).
function fit(y,    i, x, sum_xx, sum_xy) {
    mean_x = mean_y = sum_xx = sum_xy = 0
    for (i = 1; i <= NR; i++) {
        mean_x += log(customers[i]) / NR
        mean_y += log(y[i]) / NR
    }
    for (i = 1; i <= NR; i++) {
        x = log(customers[i]) - mean_x
        sum_xx += x * x
        sum_xy += x * (log(y[i]) - mean_y)
    }
    slope = sum_xy / sum_xx
}

function draw() {
    left_x = 90; width = 330; top_y = 96; height = 300
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 494\" role=\"img\" aria-labelledby=\"title desc\">" >svg
    print "<title id=\"title\">Features: wall time and peak memory against the number of customers</title>" >svg
    print "<desc id=\"desc\">" description() "</desc>" >svg
    print "<style>" >svg
    print "  text { font: 14px sans-serif } .title { font: bold 18px sans-serif } .mid { text-anchor: middle }" >svg
    print "  .end { text-anchor: end } .fit { stroke-width: 2; stroke-dasharray: 6 4 } .range { stroke-width: 2 }" >svg
    print "  " colours("#ffffff", "#1f2328", "#d1d9e0", "#0969da") >svg
    print "  @media (prefers-color-scheme: dark) { " colours("#0d1117", "#e6edf3", "#30363d", "#58a6ff") " }" >svg
    print "</style>" >svg
    print "<rect class=\"paper\" width=\"960\" height=\"494\"/>" >svg
    print text(480, 32, "title mid", "34 features and the label: time and memory by number of customers") >svg
    panel("Wall time", "seconds", wall, wall_min, wall_max)
    left_x = 570
    panel("Peak memory", "MiB", memory, memory_min, memory_max)
    print text(480, 476, "mid", "Points: medians. Bars: minimum to maximum. Dashes: least-squares line.") >svg
    print "</svg>" >svg
}

function colours(paper, ink, faint, line) {
    return ".paper { fill: " paper " } text { fill: " ink " } .grid { stroke: " faint " } .fit, .range { stroke: " line \
        " } .dot { fill: " line " }"
}

function description(    i, out) {
    out = "Two log-log charts of measured points with a fitted line."
    for (i = 1; i <= NR; i++)
        out = out sprintf(" %d customers: %.2f s, %.0f MiB.", customers[i], wall[i], memory[i])
    return out sprintf(" Slopes: wall %.3f, memory %.3f.", wall_slope, slope)
}

function panel(title, unit, y, low, high,    i, x) {
    fit(y)
    range(customers, customers)
    from_x = from; to_x = to
    range(low, high)
    from_y = from; to_y = to
    print text(left_x + width / 2, top_y - 28, "mid", title ", slope " sprintf("%.3f", slope)) >svg
    for (i = 1; i <= NR; i++) {
        x = across(customers[i])
        print line("grid", x, top_y, x, top_y + height) >svg
        print text(x, top_y + height + 20, "mid", shorter(customers[i])) >svg
    }
    for (i = from_y; i <= to_y; i *= 2) {
        print line("grid", left_x, up(i), left_x + width, up(i)) >svg
        print text(left_x - 10, up(i) + 5, "end", shortest(i)) >svg
    }
    print text(left_x + width / 2, top_y + height + 48, "mid", "customers (log scale)") >svg
    print "<text class=\"mid\" transform=\"translate(" left_x - 60 " " top_y + height / 2 ") rotate(-90)\">" unit \
        " (log scale)</text>" >svg
    print line("fit", across(customers[1]), up(fitted(customers[1])), across(customers[NR]), up(fitted(customers[NR]))) >svg
    for (i = 1; i <= NR; i++) {
        x = across(customers[i])
        print line("range", x, up(low[i]), x, up(high[i])) >svg
        print "<circle class=\"dot\" cx=\"" x "\" cy=\"" up(y[i]) "\" r=\"4.5\"/>" >svg
    }
}

# range(LOW, HIGH): the powers of two about them.
function range(low, high,    i, least, most) {
    least = low[1]; most = high[1]
    for (i = 2; i <= NR; i++) {
        if (low[i] < least) least = low[i]
        if (high[i] > most) most = high[i]
    }
    for (from = 2 ^ 30; from > least; from /= 2) continue
    for (to = from; to < most; to *= 2) continue
}

function across(x) { return round(left_x + 20 + (width - 40) * log(x / customers[1]) / log(customers[NR] / customers[1])) }
function up(y) { return round(top_y + height * (1 - log(y / from_y) / log(to_y / from_y))) }
function fitted(x) { return exp(mean_y + slope * (log(x) - mean_x)) }
function round(x) { return sprintf("%.1f", x) }
function shorter(n) { return n >= 1e6 ? shortest(n / 1e6) " M" : shortest(n / 1e3) " k" }
function shortest(x) { return sprintf("%.4g", x) }
function text(x, y, class, what) { return "<text class=\"" class "\" x=\"" x "\" y=\"" y "\">" what "</text>" }
function line(class, x1, y1, x2, y2) {
    return "<line class=\"" class "\" x1=\"" x1 "\" y1=\"" y1 "\" x2=\"" x2 "\" y2=\"" y2 "\"/>"
}
