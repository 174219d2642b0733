/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a model holds: at later cutoffs, and as it grows old. */
#include <math.h>
#include <winback/time.h>

#include "report/pictures.h"

enum { CUTOFFS_SHOWN = 120, AGES_SHOWN = 60, DATES_NAMED = 4 };

static size_t n_cutoffs_of(const wb_backtest *b)
{
    return b->n_cutoffs < CUTOFFS_SHOWN ? b->n_cutoffs : CUTOFFS_SHOWN;
}

bool wbi_has_backtest(const wb_report_parts *parts)
{
    return parts->backtest != NULL && parts->backtest->n_cutoffs > 0;
}

bool wbi_has_ageing(const wb_report_parts *parts)
{
    return parts->backtest != NULL && parts->backtest->n_ages > 1;
}

/* AUCs by cutoff. */
typedef struct series {
    double at[CUTOFFS_SHOWN], fresh[CUTOFFS_SHOWN], low[CUTOFFS_SHOWN], high[CUTOFFS_SHOWN];
    double previous[CUTOFFS_SHOWN], recency[CUTOFFS_SHOWN];
    size_t n;
    double least, most;
} series;

static void widen(series *s, double value)
{
    s->least = fmin(s->least, value);
    s->most = fmax(s->most, value);
}

static series series_of(const wb_backtest *b)
{
    series s = {.n = n_cutoffs_of(b), .least = NAN, .most = NAN};
    for (size_t i = 0; i < s.n; i++) {
        const wb_backtest_cutoff *cutoff = &b->cutoffs[b->n_cutoffs - s.n + i];
        s.at[i] = (double)cutoff->cutoff_us;
        s.fresh[i] = cutoff->fresh.metrics.auc;
        s.low[i] = cutoff->fresh.auc_95.low;
        s.high[i] = cutoff->fresh.auc_95.high;
        s.previous[i] = cutoff->previous.n > 0 ? cutoff->previous.auc : NAN;
        s.recency[i] = cutoff->recency.n > 0 ? cutoff->recency.auc : NAN;
        widen(&s, s.low[i]);
        widen(&s, s.high[i]);
        widen(&s, s.fresh[i]);
        widen(&s, s.previous[i]);
        widen(&s, s.recency[i]);
    }
    return s;
}

/* A few of the cutoffs, the last among them, far enough apart for their dates. */
static wbi_ticks date_ticks(const series *s)
{
    wbi_ticks ticks = {.n = 0};
    const double apart = 0.27 * (s->at[s->n - 1] - s->at[0]);
    for (size_t i = s->n; i-- > 0 && ticks.n < DATES_NAMED;)
        if (ticks.n == 0 || ticks.at[ticks.n - 1] - s->at[i] >= apart)
            ticks.at[ticks.n++] = s->at[i];
    return ticks;
}

static wbi_axis date_axis(const series *s)
{
    wbi_axis axis = {.title = "Cutoff", .form = WBI_FORM_DATE, .low = s->at[0], .high = s->at[s->n - 1]};
    axis.ticks = date_ticks(s);
    if (axis.high <= axis.low) {
        axis.low -= 1;
        axis.high += 1;
    }
    return axis;
}

static void describe_series(wbi_writer *w, const wb_backtest *b, const series *s)
{
    for (size_t i = 0; i < s->n; i++) {
        char date[WB_TIME_CHARS];
        wb_time_format(b->cutoffs[b->n_cutoffs - s->n + i].cutoff_us, date);
        wbi_putf(w, "%.10s: %s. ", date, wbi_with_interval(s->fresh[i], s->low[i], s->high[i], 3).text);
    }
}

void wbi_draw_backtest(wbi_canvas canvas, const wb_report_parts *parts)
{
    static const wbi_legend legend[] = {
        {"line one", "Fresh model, 95 %"}, {"line two", "Model of the period before"}, {"line three", "Recency alone"}};
    wbi_chart c = {.canvas = canvas, .id = "backtest", .title = "AUC at later cutoffs", .legend = legend, .n_legend = 3};
    const series s = series_of(parts->backtest);
    double low = s.least, high = s.most;
    wbi_ticks_widen(&low, &high, 5);
    c.x = date_axis(&s);
    c.y = (wbi_axis){.title = "AUC", .low = fmax(low, 0), .high = fmin(high, 1)};
    wbi_chart_begin(&c);
    describe_series(canvas.w, parts->backtest, &s);
    wbi_chart_axes(&c);
    wbi_chart_band(&c, "band", s.at, s.low, s.high, s.n);
    wbi_chart_line(&c, "line three", s.at, s.recency, s.n);
    wbi_chart_line(&c, "line two", s.at, s.previous, s.n);
    wbi_chart_line(&c, "line one", s.at, s.fresh, s.n);
    for (size_t i = 0; i < s.n; i++)
        if (isfinite(s.fresh[i])) {
            wbi_chart_dot(&c, "one", s.at[i], s.fresh[i]);
            wbi_put(canvas.w, wbi_with_interval(s.fresh[i], s.low[i], s.high[i], 3).text);
            wbi_chart_dot_end(&c);
        }
    wbi_chart_end(&c);
}

/* AUC lost by age, with its interval. */
typedef struct ageing {
    double age[AGES_SHOWN], lost[AGES_SHOWN], low[AGES_SHOWN], high[AGES_SHOWN];
    size_t n;
} ageing;

static ageing ageing_of(const wb_backtest *b, double *least, double *most)
{
    ageing a = {.n = b->n_ages < AGES_SHOWN ? b->n_ages : AGES_SHOWN};
    *least = 0;
    *most = WB_BACKTEST_TOLERANCE;
    for (size_t i = 0; i < a.n; i++) {
        const wb_backtest_age *age = &b->ages[i];
        a.age[i] = age->age_days;
        a.lost[i] = age->auc_lost;
        a.low[i] = age->auc_lost_95.low;
        a.high[i] = age->auc_lost_95.high;
        *least = fmin(fmin(*least, a.lost[i]), a.low[i]);
        *most = fmax(fmax(*most, a.lost[i]), a.high[i]);
    }
    return a;
}

void wbi_draw_ageing(wbi_canvas canvas, const wb_report_parts *parts)
{
    static const wbi_legend legend[] = {{"line one", "Mean, 95 %"}, {"mark", "What counts as lost"}};
    wbi_chart c = {.canvas = canvas, .id = "ageing", .title = "AUC lost as a model ages", .legend = legend, .n_legend = 2};
    const wb_backtest *b = parts->backtest;
    double low, high;
    const ageing a = ageing_of(b, &low, &high);
    wbi_ticks_widen(&low, &high, 5);
    c.x = (wbi_axis){.title = "Age of the model beyond the freshest", .unit = "days", .low = 0, .high = a.age[a.n - 1]};
    c.y = (wbi_axis){.title = "AUC lost", .low = low, .high = high};
    wbi_chart_begin(&c);
    for (size_t i = 0; i < a.n; i++)
        wbi_putf(canvas.w, "%s days: %s. ", wbi_number(a.age[i], 0).text,
                 wbi_with_interval(a.lost[i], a.low[i], a.high[i], 4).text);
    wbi_chart_axes(&c);
    wbi_chart_segment(&c, "thin", 0, 0, c.x.high, 0);
    wbi_chart_segment(&c, "mark", 0, WB_BACKTEST_TOLERANCE, c.x.high, WB_BACKTEST_TOLERANCE);
    wbi_chart_line(&c, "line one", a.age, a.lost, a.n);
    for (size_t i = 0; i < a.n; i++) {
        if (isfinite(a.low[i]))
            wbi_chart_segment(&c, "error", a.age[i], a.low[i], a.age[i], a.high[i]);
        wbi_chart_dot(&c, "one", a.age[i], a.lost[i]);
        wbi_putf(canvas.w, "%s of %zu trials", wbi_number(a.lost[i], 4).text, b->ages[i].n_trials);
        wbi_chart_dot_end(&c);
    }
    wbi_chart_end(&c);
}
