/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures over the depth or the threshold: ROC, precision and recall, gains, lift, profit. */
#include <math.h>
#include <string.h>

#include "report/pictures.h"

static const char *const line_styles[WBI_SCORES_SHOWN] = {"line one", "line two", "line three", "line four"};
static const double first_depth = 0.01; /* of lift: above it few customers decide */

typedef double place_of(const wb_curve_point *point);

static double false_positives(const wb_curve_point *p)
{
    return p->false_positive_rate;
}

static double true_positives(const wb_curve_point *p)
{
    return p->true_positive_rate;
}

static double precision(const wb_curve_point *p)
{
    return p->depth > 0 ? p->precision : NAN;
}

static double depth(const wb_curve_point *p)
{
    return p->depth;
}

static double lift(const wb_curve_point *p)
{
    return p->depth >= first_depth ? p->true_positive_rate / p->depth : NAN;
}

static double profit(const wb_curve_point *p)
{
    return p->profit;
}

/* Widens the ends to the curve's values. */
static void span(const wb_report_parts *parts, place_of *y, double *low, double *high)
{
    const wb_evaluated *score;
    for (size_t s = 0; s < WBI_SCORES_SHOWN && (score = wbi_score_of(parts, s)) != NULL; s++)
        for (size_t i = 0; score->curves != NULL && i < score->curves->n_points; i++) {
            *low = fmin(*low, y(&score->curves->points[i]));
            *high = fmax(*high, y(&score->curves->points[i]));
        }
}

static void draw_lines(const wbi_chart *c, const wb_report_parts *parts, place_of *x, place_of *y)
{
    double across[WB_CURVE_POINTS + 1], up[WB_CURVE_POINTS + 1];
    for (size_t s = WBI_SCORES_SHOWN; s-- > 0;) {
        const wb_evaluated *score = wbi_score_of(parts, s);
        if (score == NULL || score->curves == NULL)
            continue;
        const size_t n = score->curves->n_points < WB_CURVE_POINTS + 1 ? score->curves->n_points : WB_CURVE_POINTS + 1;
        for (size_t i = 0; i < n; i++) {
            across[i] = x(&score->curves->points[i]);
            up[i] = y(&score->curves->points[i]);
        }
        wbi_chart_line(c, line_styles[s], across, up, n);
    }
}

/* The scores' names, where there are several, and behind them what chance would do. */
static size_t make_legend(wbi_legend *legend, const wb_report_parts *parts, const char *chance)
{
    size_t n = 0;
    const wb_evaluated *score;
    for (; n < WBI_SCORES_SHOWN && (score = wbi_score_of(parts, n)) != NULL; n++)
        legend[n] = (wbi_legend){line_styles[n], score->score};
    if (n == 1)
        legend[0].name = "Model";
    if (chance != NULL)
        legend[n++] = (wbi_legend){"mark", chance};
    return n;
}

static const wbi_axis share_axis = {.form = WBI_FORM_PERCENT, .low = 0, .high = 1};

static wbi_axis share(const char *title)
{
    wbi_axis axis = share_axis;
    axis.title = title;
    return axis;
}

void wbi_draw_roc(wbi_canvas canvas, const wb_report_parts *parts)
{
    wbi_legend legend[WBI_SCORES_SHOWN + 1];
    wbi_chart c = {.canvas = canvas, .id = "roc", .title = "ROC curve", .legend = legend};
    const wb_evaluated *score = wbi_first_score(parts);
    c.n_legend = make_legend(legend, parts, "Chance");
    c.x = share("False positive rate");
    c.y = share("True positive rate");
    wbi_chart_begin(&c);
    wbi_putf(canvas.w, "Share of all %s that are found against the share of %s that are called by mistake, at every threshold. "
             "The area under the curve is %s; chance is 0.5.", wbi_words_of(parts).who, wbi_words_of(parts).others,
             wbi_with_interval(score->metrics.auc, score->interval.low.auc, score->interval.high.auc, 3).text);
    wbi_chart_axes(&c);
    wbi_chart_segment(&c, "mark", 0, 0, 1, 1);
    draw_lines(&c, parts, false_positives, true_positives);
    wbi_chart_end(&c);
}

void wbi_draw_pr(wbi_canvas canvas, const wb_report_parts *parts)
{
    wbi_legend legend[WBI_SCORES_SHOWN + 1];
    wbi_chart c = {.canvas = canvas, .id = "pr", .title = "Precision and recall", .legend = legend};
    const wb_evaluated *score = wbi_first_score(parts);
    const double base = score->metrics.base_rate;
    c.n_legend = make_legend(legend, parts, "Chance (base rate)");
    c.x = share("Recall");
    c.y = share("Precision");
    wbi_chart_begin(&c);
    wbi_putf(canvas.w, "Share of %s among the customers that are called, against the share of all %s that are found so. "
             "Average precision is %s; chance is the base rate, %s.", wbi_words_of(parts).who, wbi_words_of(parts).who,
             wbi_number(score->metrics.pr_auc, 3).text, wbi_number(base, 3).text);
    wbi_chart_axes(&c);
    wbi_chart_segment(&c, "mark", 0, base, 1, base);
    draw_lines(&c, parts, true_positives, precision);
    wbi_chart_end(&c);
}

void wbi_draw_gains(wbi_canvas canvas, const wb_report_parts *parts)
{
    wbi_legend legend[WBI_SCORES_SHOWN + 1];
    char note[256];
    wbi_chart c = {.canvas = canvas, .id = "gains", .title = "Cumulative gains", .legend = legend};
    const wb_metrics *m = &wbi_first_score(parts)->metrics;
    const wbi_words words = wbi_words_of(parts);
    const double tenth = wb_metrics_depth(WB_DEPTH_TENTH), reached = m->capture[WB_DEPTH_TENTH];
    c.n_legend = make_legend(legend, parts, "Chance");
    c.x = share("Customers contacted, highest score first");
    c.y = share(words.reached);
    wbi_chart_begin(&c);
    for (size_t i = 0; i < WB_N_DEPTHS; i++)
        wbi_putf(canvas.w, "The highest %s of the scores hold %s of all %s. ", wbi_percent(wb_metrics_depth(i), 0).text,
                 wbi_percent(m->capture[i], 1).text, wbi_words_of(parts).who);
    wbi_chart_axes(&c);
    wbi_chart_segment(&c, "mark", 0, 0, 1, 1);
    draw_lines(&c, parts, depth, true_positives);
    if (isfinite(reached)) {
        wbi_chart_segment(&c, "thin", tenth, 0, tenth, reached);
        wbi_chart_dot(&c, "one", tenth, reached);
        wbi_chart_dot_end(&c);
        strcpy(note, wbi_percent(reached, 0).text);
        strcat(note, " by the top 10 %");
        wbi_chart_note(&c, "start", tenth, 0, 8, -6, note); /* below the dashed line, whatever is reached */
    }
    wbi_chart_end(&c);
}

void wbi_draw_lift(wbi_canvas canvas, const wb_report_parts *parts)
{
    wbi_legend legend[WBI_SCORES_SHOWN + 1];
    wbi_chart c = {.canvas = canvas, .id = "lift", .title = "Lift", .legend = legend};
    const wb_metrics *m = &wbi_first_score(parts)->metrics;
    double low = 0, high = 1;
    c.n_legend = make_legend(legend, parts, "Chance (1)");
    span(parts, lift, &low, &high);
    wbi_ticks_widen(&low, &high, 5);
    c.x = share("Customers contacted, highest score first");
    c.y = (wbi_axis){.title = "Times the base rate", .form = WBI_FORM_TIMES, .low = low, .high = high};
    wbi_chart_begin(&c);
    for (size_t i = 0; i < WB_N_DEPTHS; i++)
        wbi_putf(canvas.w, "Among the highest %s of the scores there are %s times as many %s as on average. ",
                 wbi_percent(wb_metrics_depth(i), 0).text, wbi_number(m->lift[i], 2).text, wbi_words_of(parts).who);
    wbi_chart_axes(&c);
    wbi_chart_segment(&c, "mark", 0, 1, 1, 1);
    draw_lines(&c, parts, depth, lift);
    wbi_chart_end(&c);
}

bool wbi_has_profit(const wb_report_parts *parts)
{
    if (!wbi_has_curves(parts))
        return false;
    const wb_curves *curves = wbi_first_score(parts)->curves;
    return curves->n_points > 1 && isfinite(curves->points[curves->n_points - 1].profit);
}

const wb_curve_point *wbi_best_campaign(const wb_report_parts *parts)
{
    if (!wbi_has_profit(parts))
        return NULL;
    const wb_curves *curves = wbi_first_score(parts)->curves;
    const wb_curve_point *best = &curves->points[0];
    for (size_t i = 1; i < curves->n_points; i++)
        if (curves->points[i].profit > best->profit)
            best = &curves->points[i];
    return best;
}

void wbi_draw_profit(wbi_canvas canvas, const wb_report_parts *parts)
{
    wbi_legend legend[WBI_SCORES_SHOWN];
    wbi_chart c = {.canvas = canvas, .id = "profit", .title = "Profit of a campaign", .legend = legend};
    const wb_curves *curves = wbi_first_score(parts)->curves;
    const wb_curve_point *top = wbi_best_campaign(parts);
    double low = 0, high = 0;
    c.n_legend = make_legend(legend, parts, NULL);
    if (c.n_legend == 1)
        c.n_legend = 0;
    span(parts, profit, &low, &high);
    wbi_ticks_widen(&low, &high, 5);
    c.x = share("Customers contacted, highest score first");
    c.y = (wbi_axis){.title = "Profit a customer", .unit = "currency", .low = low, .high = high};
    wbi_chart_begin(&c);
    wbi_putf(canvas.w, "Expected profit, over all customers, of contacting so many of them. It is greatest, %s a customer, where "
             "%s are contacted, and %s where all are.", wbi_short(top->profit).text,
             wbi_percent(top->depth, 0).text, wbi_short(curves->points[curves->n_points - 1].profit).text);
    wbi_chart_axes(&c);
    wbi_chart_segment(&c, "thin", 0, 0, 1, 0);
    draw_lines(&c, parts, depth, profit);
    wbi_chart_segment(&c, "mark", top->depth, low, top->depth, top->profit);
    wbi_chart_dot(&c, "one", top->depth, top->profit);
    wbi_chart_dot_end(&c);
    wbi_chart_end(&c);
}
