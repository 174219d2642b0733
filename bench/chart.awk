# SPDX-License-Identifier: GPL-3.0-or-later
# Two charts side by side on log-log scales, as SVG into the file `svg`: begin_chart, panel twice, end_chart. Included by -f before the
# script that has the data. A panel's points are x[1..n], ascending, and y with its low and high.

# fit(X, Y, N): the line log y = mean_y + slope (log x - mean_x).
function fit(x, y, n,    i, d, sum_xx, sum_xy) {
    mean_x = mean_y = sum_xx = sum_xy = 0
    for (i = 1; i <= n; i++) {
        mean_x += log(x[i]) / n
        mean_y += log(y[i]) / n
    }
    for (i = 1; i <= n; i++) {
        d = log(x[i]) - mean_x
        sum_xx += d * d
        sum_xy += d * (log(y[i]) - mean_y)
    }
    slope = sum_xy / sum_xx
}

function begin_chart(title, heading, description) {
    width = 330; top_y = 96; height = 300; left_x = -390
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 494\" role=\"img\" aria-labelledby=\"title desc\">" >svg
    print "<title id=\"title\">" title "</title>" >svg
    print "<desc id=\"desc\">" description "</desc>" >svg
    print "<style>" >svg
    print "  text { font: 14px sans-serif } .title { font: bold 18px sans-serif } .mid { text-anchor: middle }" >svg
    print "  .end { text-anchor: end } .fit { stroke-width: 2; stroke-dasharray: 6 4 } .range { stroke-width: 2 }" >svg
    print "  " colours("#ffffff", "#1f2328", "#d1d9e0", "#0969da") >svg
    print "  @media (prefers-color-scheme: dark) { " colours("#0d1117", "#e6edf3", "#30363d", "#58a6ff") " }" >svg
    print "</style>" >svg
    print "<rect class=\"paper\" width=\"960\" height=\"494\"/>" >svg
    print text(480, 32, "title mid", heading) >svg
}

function end_chart() {
    print text(480, 476, "mid", "Points: medians. Bars: minimum to maximum. Dashes: least-squares line.") >svg
    print "</svg>" >svg
}

function colours(paper, ink, faint, line) {
    return ".paper { fill: " paper " } text { fill: " ink " } .grid { stroke: " faint " } .fit, .range { stroke: " line \
        " } .dot { fill: " line " }"
}

function panel(title, unit, x_name, x, y, low, high, n,    i, at) {
    left_x += 480
    first_x = x[1]; last_x = x[n]
    fit(x, y, n)
    range(low, high, n)
    from_y = from; to_y = to
    print text(left_x + width / 2, top_y - 28, "mid", title ", slope " sprintf("%.3f", slope)) >svg
    for (i = 1; i <= n; i++) {
        at = across(x[i])
        print line("grid", at, top_y, at, top_y + height) >svg
        print text(at, top_y + height + 20, "mid", shorter(x[i])) >svg
    }
    for (i = from_y; i <= to_y; i *= 2) {
        print line("grid", left_x, up(i), left_x + width, up(i)) >svg
        print text(left_x - 10, up(i) + 5, "end", shortest(i)) >svg
    }
    print text(left_x + width / 2, top_y + height + 48, "mid", x_name " (log scale)") >svg
    print "<text class=\"mid\" transform=\"translate(" left_x - 68 " " top_y + height / 2 ") rotate(-90)\">" unit \
        " (log scale)</text>" >svg
    print line("fit", across(x[1]), up(fitted(x[1])), across(x[n]), up(fitted(x[n]))) >svg
    for (i = 1; i <= n; i++) {
        at = across(x[i])
        print line("range", at, up(low[i]), at, up(high[i])) >svg
        print "<circle class=\"dot\" cx=\"" at "\" cy=\"" up(y[i]) "\" r=\"4.5\"/>" >svg
    }
}

# range(LOW, HIGH, N): the powers of two about them.
function range(low, high, n,    i, least, most) {
    least = low[1]; most = high[1]
    for (i = 2; i <= n; i++) {
        if (low[i] < least) least = low[i]
        if (high[i] > most) most = high[i]
    }
    for (from = 2 ^ 30; from > least; from /= 2) continue
    for (to = from; to < most; to *= 2) continue
}

function across(x) { return round(left_x + 20 + (width - 40) * log(x / first_x) / log(last_x / first_x)) }
function up(y) { return round(top_y + height * (1 - log(y / from_y) / log(to_y / from_y))) }
function fitted(x) { return exp(mean_y + slope * (log(x) - mean_x)) }
function round(x) { return sprintf("%.1f", x) }
function shorter(n) { return n >= 1e6 ? shortest(n / 1e6) " M" : n >= 1e4 ? shortest(n / 1e3) " k" : shortest(n) }
function shortest(x) { return sprintf("%.3g", x) }
function text(x, y, class, what) { return "<text class=\"" class "\" x=\"" x "\" y=\"" y "\">" what "</text>" }
function line(class, x1, y1, x2, y2) {
    return "<line class=\"" class "\" x1=\"" x1 "\" y1=\"" y1 "\" x2=\"" x2 "\" y2=\"" y2 "\"/>"
}
