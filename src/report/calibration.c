/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether probabilities are true, and how they are spread. */
#include <math.h>

#include "report/pictures.h"

static size_t n_bins_of(const wb_curves *curves)
{
    return curves->n_bins < WB_CALIBRATION_BINS ? curves->n_bins : WB_CALIBRATION_BINS;
}

static double count_of(const wb_curves *curves, size_t from, size_t n)
{
    double count = 0;
    for (size_t i = from; i < from + n && i < WB_HISTOGRAM_BINS; i++)
        count += curves->histogram_negative[i] + curves->histogram_positive[i];
    return count;
}

/* How many bins of the histogram make a bar: more where scores have few values, between which single bins would be gaps. */
static size_t bins_a_bar(const wb_curves *curves)
{
    enum { TOGETHER = 4, GAPS = 4 };
    size_t first = WB_HISTOGRAM_BINS, last = 0, n = 0;
    for (size_t i = 0; i < WB_HISTOGRAM_BINS; i++)
        if (count_of(curves, i, 1) > 0) {
            first = n == 0 ? i : first;
            last = i;
            n++;
        }
    return n > 0 && last + 1 - first > n + GAPS ? TOGETHER : 1;
}

/* Counts of both outcomes, as bars that stand below the calibration's dots. */
static void draw_strip(const wbi_chart *c, const wb_curves *curves, double high)
{
    const size_t step = bins_a_bar(curves);
    double most = 0;
    for (size_t i = 0; i < WB_HISTOGRAM_BINS; i += step)
        most = fmax(most, count_of(curves, i, step));
    for (size_t i = 0; most > 0 && i < WB_HISTOGRAM_BINS; i += step) {
        const double from = (double)i / WB_HISTOGRAM_BINS, to = (double)(i + step) / WB_HISTOGRAM_BINS;
        const double share = count_of(curves, i, step) / most;
        if (from < high && share > 0)
            wbi_chart_bar(c, "bar faint", from, 0, fmin(to, high), 0.16 * high * share);
    }
}

static void describe_bins(const wbi_chart *c, const wb_curves *curves)
{
    for (size_t i = 0; i < n_bins_of(curves); i++) {
        const wb_calibration_bin *bin = &curves->bins[i];
        wbi_putf(c->canvas.w, "Predicted %s, observed %s", wbi_percent(bin->mean_predicted, 1).text,
                 wbi_percent(bin->observed, 1).text);
        wbi_putf(c->canvas.w, " (%s to %s). ", wbi_percent(bin->low, 1).text, wbi_percent(bin->high, 1).text);
    }
}

static void draw_bin(const wbi_chart *c, const wb_calibration_bin *bin)
{
    wbi_chart_segment(c, "error", bin->mean_predicted, bin->low, bin->mean_predicted, bin->high);
    wbi_chart_dot(c, "one", bin->mean_predicted, bin->observed);
    wbi_putf(c->canvas.w, "predicted %s, observed %s of %s", wbi_percent(bin->mean_predicted, 1).text,
             wbi_percent(bin->observed, 1).text, wbi_number(bin->n, 0).text);
    wbi_chart_dot_end(c);
}

void wbi_draw_calibration(wbi_canvas canvas, const wb_report_parts *parts)
{
    static const wbi_legend legend[] = {
        {"dot one", "Tenths of the customers"}, {"mark", "True"}, {"line soft", "How many"}};
    wbi_chart c = {.canvas = canvas, .id = "calibration", .title = "Calibration", .legend = legend, .n_legend = 3};
    const wb_curves *curves = wbi_first_score(parts)->curves;
    double predicted[WB_CALIBRATION_BINS], observed[WB_CALIBRATION_BINS], low = 0, high = 0;
    const size_t n = n_bins_of(curves);
    for (size_t i = 0; i < n; i++) {
        predicted[i] = curves->bins[i].mean_predicted;
        observed[i] = curves->bins[i].observed;
        high = fmax(high, fmax(curves->bins[i].high, predicted[i]));
    }
    wbi_ticks_widen(&low, &high, 5);
    high = fmin(high, 1);
    c.x = (wbi_axis){.title = "Predicted probability", .form = WBI_FORM_PERCENT, .low = 0, .high = high};
    c.y = c.x;
    c.y.title = "Observed share";
    wbi_chart_begin(&c);
    describe_bins(&c, curves);
    wbi_chart_axes(&c);
    draw_strip(&c, curves, high);
    wbi_chart_segment(&c, "mark", 0, 0, high, high);
    wbi_chart_line(&c, "line one", predicted, observed, n);
    for (size_t i = 0; i < n; i++)
        draw_bin(&c, &curves->bins[i]);
    wbi_chart_end(&c);
}

static double sum(const double *values)
{
    double total = 0;
    for (size_t i = 0; i < WB_HISTOGRAM_BINS; i++)
        total += values[i];
    return total;
}

/* Shares of one outcome, as the outline of bars. */
static void draw_outline(const wbi_chart *c, const char *band, const char *line, const double *counts)
{
    double x[2 * WB_HISTOGRAM_BINS], y[2 * WB_HISTOGRAM_BINS], base[2 * WB_HISTOGRAM_BINS];
    const double total = sum(counts);
    for (size_t i = 0; i < WB_HISTOGRAM_BINS; i++) {
        x[2 * i] = (double)i / WB_HISTOGRAM_BINS;
        x[2 * i + 1] = (double)(i + 1) / WB_HISTOGRAM_BINS;
        y[2 * i] = y[2 * i + 1] = total > 0 ? counts[i] / total : NAN;
        base[2 * i] = base[2 * i + 1] = 0;
    }
    wbi_chart_band(c, band, x, base, y, 2 * WB_HISTOGRAM_BINS);
    wbi_chart_line(c, line, x, y, 2 * WB_HISTOGRAM_BINS);
}

static double highest_share(const double *counts)
{
    const double total = sum(counts);
    double most = 0;
    for (size_t i = 0; i < WB_HISTOGRAM_BINS; i++)
        most = fmax(most, total > 0 ? counts[i] / total : 0);
    return most;
}

static double mean_of(const double *counts)
{
    double total = 0;
    for (size_t i = 0; i < WB_HISTOGRAM_BINS; i++)
        total += counts[i] * ((double)i + 0.5) / WB_HISTOGRAM_BINS;
    return total / sum(counts);
}

void wbi_draw_histogram(wbi_canvas canvas, const wb_report_parts *parts)
{
    const wbi_words words = wbi_words_of(parts);
    const wbi_legend legend[] = {{"line two", words.who}, {"line one", words.others}};
    wbi_chart c = {.canvas = canvas, .id = "histogram", .title = "Scores by outcome", .legend = legend, .n_legend = 2};
    const wb_curves *curves = wbi_first_score(parts)->curves;
    double low = 0, high = fmax(highest_share(curves->histogram_negative), highest_share(curves->histogram_positive));
    wbi_ticks_widen(&low, &high, 5);
    c.x = (wbi_axis){.title = "Predicted probability", .form = WBI_FORM_PERCENT, .low = 0, .high = 1};
    c.y = (wbi_axis){.title = "Share of the outcome", .form = WBI_FORM_PERCENT, .low = 0, .high = high};
    wbi_chart_begin(&c);
    wbi_putf(canvas.w, "How the predicted probabilities of %s and of %s are spread, over %d classes of equal width. On average "
             "%s had about %s, %s %s.", words.who, words.others, WB_HISTOGRAM_BINS, words.who,
             wbi_percent(mean_of(curves->histogram_positive), 0).text, words.others,
             wbi_percent(mean_of(curves->histogram_negative), 0).text);
    wbi_chart_axes(&c);
    draw_outline(&c, "band", "line one", curves->histogram_negative);
    draw_outline(&c, "band two", "line two", curves->histogram_positive);
    wbi_chart_end(&c);
}
