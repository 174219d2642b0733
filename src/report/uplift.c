/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom treatment serves: the Qini curve, and what became of both arms by tenths of the score. */
#include <math.h>

#include "report/page.h"

static const char *const line_styles[WBI_SCORES_SHOWN] = {"line one", "line two", "line three", "line four"};
static const double per = 1000; /* treated customers */

static size_t n_shown(const wb_report_parts *parts)
{
    const size_t n = parts->evaluation == NULL ? 0 : parts->evaluation->n_uplifts;
    return n < WBI_SCORES_SHOWN ? n : WBI_SCORES_SHOWN;
}

bool wbi_has_uplift(const wb_report_parts *parts)
{
    return n_shown(parts) > 0 && isfinite(parts->evaluation->uplifts[0].qini.coefficient);
}

/* Of all treated rows. */
static double gain_at(const wb_qini *q, size_t point)
{
    return per * q->points[point].gain / q->all.n_treated;
}

static void draw_line(const wbi_chart *c, const wb_qini *q, const char *style)
{
    double across[WB_CURVE_POINTS + 1], up[WB_CURVE_POINTS + 1];
    for (size_t i = 0; i < q->n_points; i++) {
        across[i] = q->points[i].depth;
        up[i] = gain_at(q, i);
    }
    wbi_chart_line(c, style, across, up, q->n_points);
}

static void find_span(double *low, double *high, const wb_report_parts *parts)
{
    *low = *high = 0;
    for (size_t s = 0; s < n_shown(parts); s++) {
        const wb_qini *q = &parts->evaluation->uplifts[s].qini;
        for (size_t i = 0; i < q->n_points; i++) {
            *low = fmin(*low, gain_at(q, i));
            *high = fmax(*high, gain_at(q, i));
        }
    }
    wbi_ticks_widen(low, high, 5);
}

void wbi_draw_qini(wbi_canvas canvas, const wb_report_parts *parts)
{
    wbi_legend legend[WBI_SCORES_SHOWN + 1];
    wbi_chart c = {.canvas = canvas, .id = "qini", .title = "Qini curve", .legend = legend};
    const wb_evaluated_uplift *uplifts = parts->evaluation->uplifts;
    const wb_qini *q = &uplifts[0].qini;
    double low, high;
    for (; c.n_legend < n_shown(parts); c.n_legend++)
        legend[c.n_legend] = (wbi_legend){line_styles[c.n_legend], uplifts[c.n_legend].score};
    legend[c.n_legend++] = (wbi_legend){"mark", "Chance"};
    find_span(&low, &high, parts);
    c.x = (wbi_axis){.title = "Customers treated, highest score first", .form = WBI_FORM_PERCENT, .low = 0, .high = 1};
    c.y = (wbi_axis){.title = "Gained per 1,000 treated", .low = low, .high = high};
    wbi_chart_begin(&c);
    wbi_putf(canvas.w, "What treating the customers of the highest scores gains over leaving them alone, for every 1,000 that were "
             "treated: %s where all are. The Qini coefficient is %s; chance is 0.", wbi_short(gain_at(q, q->n_points - 1)).text,
             wbi_with_interval(q->coefficient, q->low, q->high, 1).text);
    wbi_chart_axes(&c);
    wbi_chart_segment(&c, "mark", 0, 0, 1, gain_at(q, q->n_points - 1));
    for (size_t s = n_shown(parts); s-- > 0;)
        draw_line(&c, &uplifts[s].qini, line_styles[s]);
    wbi_chart_end(&c);
}

/* ---- tables ---- */

static void put_scores_table(wbi_writer *w, const wb_evaluation *e)
{
    static const char *const headings[] = {"Score", "#Qini coefficient", "#per 1,000 rows", "Against chance"};
    wbi_table_begin(w, "Qini coefficients, with intervals from resampled customers", headings, sizeof headings / sizeof *headings);
    for (size_t k = 0; k < e->n_uplifts; k++) {
        const wb_qini *q = &e->uplifts[k].qini;
        const double per_row = per * q->coefficient / (q->all.n_treated + q->all.n_control);
        wbi_row_begin(w, e->uplifts[k].score);
        wbi_cell(w, wbi_with_interval(q->coefficient, q->low, q->high, 1), q->coefficient);
        wbi_cell(w, wbi_short(per_row), per_row);
        wbi_cell_text(w, isnan(q->low) ? "no interval" : q->low > 0 ? "better" : q->high < 0 ? "worse" : "not distinguishable");
        wbi_row_end(w);
    }
    wbi_table_end(w);
}

static void put_tenths_table(wbi_writer *w, const wb_evaluated_uplift *u)
{
    static const char *const headings[] = {"Tenth, highest scores first", "#Treated", "#Rate", "#Others", "#Rate", "#Difference",
                                           "#Mean score"};
    wbi_table_begin(w, "Both arms by tenths of the score", headings, sizeof headings / sizeof *headings);
    for (size_t k = 0; k < WB_N_TENTHS; k++) {
        const wb_arm_rates *t = &u->qini.tenths[k];
        if (!(t->n_treated + t->n_control > 0))
            continue;
        wbi_row_begin(w, wbi_fixed((double)k + 1, 0).text);
        wbi_cell(w, wbi_number(t->n_treated, 0), t->n_treated);
        wbi_cell(w, wbi_percent(t->rate_treated, 1), t->rate_treated);
        wbi_cell(w, wbi_number(t->n_control, 0), t->n_control);
        wbi_cell(w, wbi_percent(t->rate_control, 1), t->rate_control);
        wbi_cell(w, wbi_points_with_interval(t->difference, t->low, t->high, 1), t->difference);
        wbi_cell(w, u->is_uplift ? wbi_points_with_interval(t->mean_score, NAN, NAN, 1) : wbi_percent(t->mean_score, 1), t->mean_score);
        wbi_row_end(w);
    }
    wbi_table_end(w);
}

void wbi_put_uplift_text(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_evaluation *e = parts->evaluation;
    const wb_arm_rates *all = &e->uplifts[0].qini.all;
    wbi_put(w, "<p>Of a campaign whose arms were drawn by lot (<bdi>");
    wbi_put_text(w, e->treatment);
    wbi_put(w, "</bdi>: <bdi>");
    wbi_put_text(w, e->treated);
    wbi_put(w, "</bdi> against <bdi>");
    wbi_put_text(w, e->control);
    wbi_putf(w, "</bdi>). The rate is %s among the %s treated, ", wbi_percent(all->rate_treated, 1).text, wbi_count(e->n_treated).text);
    wbi_putf(w, "%s among the %s others; ", wbi_percent(all->rate_control, 1).text, wbi_count(e->n_rows).text);
    wbi_putf(w, "the difference is %s.</p>\n", wbi_points_with_interval(all->difference, all->low, all->high, 1).text);
}

void wbi_put_uplift_tables(wbi_writer *w, const wb_report_parts *parts)
{
    put_scores_table(w, parts->evaluation);
    put_tenths_table(w, &parts->evaluation->uplifts[0]);
}
