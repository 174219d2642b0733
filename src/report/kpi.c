/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key figures of retention: the cohorts as a picture, and tables. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/page.h"

#define N_OF(list) (sizeof(list) / sizeof(list)[0])

enum { COHORTS_SHOWN = 13, COHORT_ROW = 22, COHORT_FRAME = 58, COHORT_MARGIN = 112, COHORT_WIDTH = 520, MONTH_CHARS = 16 };

bool wbi_has_kpi(const wb_report_parts *parts)
{
    return parts->kpi != NULL;
}

/* The first cohort that is shown. */
static size_t first_shown(const wb_kpi_cohorts *c)
{
    return c->n_months > COHORTS_SHOWN ? c->n_months - COHORTS_SHOWN : 0;
}

/* NaN where nobody was new. */
static double share_of(const wb_kpi_cohorts *c, size_t cohort, size_t age)
{
    return c->n_customers[cohort] == 0 ? NAN : (double)c->n_ordered[cohort * c->n_months + age] / (double)c->n_customers[cohort];
}

/* The greatest share after the first month; 0 where there is none. */
static double greatest_share(const wb_kpi_cohorts *c)
{
    double greatest = 0;
    for (size_t m = first_shown(c); m < c->n_months; m++)
        for (size_t age = 1; m + age < c->n_months; age++)
            greatest = fmax(greatest, share_of(c, m, age));
    return greatest;
}

bool wbi_has_cohorts(const wb_report_parts *parts)
{
    return parts->kpi != NULL && parts->kpi->cohorts.n_months > 1 && greatest_share(&parts->kpi->cohorts) > 0;
}

/* Half a day is added, so that the midnight of a zone falls on its day. */
static const char *month_of(char text[WB_TIME_CHARS], const wb_kpi_period *month)
{
    wb_time_format(month->from_us + WB_DAY_US / 2, text);
    text[sizeof "2024-12" - 1] = '\0';
    return text;
}

static void put_row_name(const wbi_chart *c, const wb_kpi_cohorts *cohorts, size_t cohort, double y)
{
    char month[WB_TIME_CHARS];
    wbi_writer *w = c->canvas.w;
    wbi_putf(w, "<text class=\"level\" text-anchor=\"start\" x=\"2\" y=\"%s\">%s</text>", wbi_at(wbi_scale_at(&c->up, y) + 4).text,
             month_of(month, &cohorts->months[cohort]));
    wbi_putf(w, "<text class=\"tick\" text-anchor=\"end\" x=\"%s\" y=\"%s\">%s</text>\n", wbi_at(c->across.from - 10).text,
             wbi_at(wbi_scale_at(&c->up, y) + 4).text, wbi_count(cohorts->n_customers[cohort]).text);
}

/* The darker, the more; the number stands in it. */
static void draw_cell(const wbi_chart *c, double share, double greatest, double age, double y)
{
    wbi_writer *w = c->canvas.w;
    const double left = wbi_scale_at(&c->across, age - 0.5), right = wbi_scale_at(&c->across, age + 0.5);
    const double top = wbi_scale_at(&c->up, y + 0.5), base = wbi_scale_at(&c->up, y - 0.5), depth = share / greatest;
    wbi_putf(w, "<rect class=\"cell\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/>", wbi_at(left + 1).text, wbi_at(top + 1).text,
             wbi_at(right - left - 2).text, wbi_at(base - top - 2).text);
    wbi_putf(w, "<rect class=\"bar\" fill-opacity=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/>", wbi_fixed(0.06 + 0.94 * depth, 3).text,
             wbi_at(left + 1).text, wbi_at(top + 1).text, wbi_at(right - left - 2).text, wbi_at(base - top - 2).text);
    wbi_putf(w, "<text class=\"%s\" text-anchor=\"middle\" x=\"%s\" y=\"%s\">%s</text>\n", depth > 0.6 ? "in over" : "in",
             wbi_at((left + right) / 2).text, wbi_at((top + base) / 2 + 4).text, wbi_number(100 * share, 0).text);
}

static void put_description(wbi_writer *w, const wb_kpi_cohorts *c)
{
    char month[WB_TIME_CHARS];
    wbi_put(w, "Customers by the month of their first order, and the share of them that ordered in each month after it.");
    for (size_t m = first_shown(c); m < c->n_months; m++) {
        wbi_putf(w, " %s: %s customers", month_of(month, &c->months[m]), wbi_count(c->n_customers[m]).text);
        for (size_t age = 1; m + age < c->n_months && c->n_customers[m] > 0; age++)
            wbi_putf(w, ", %s", wbi_percent(share_of(c, m, age), 0).text);
        wbi_put(w, ".");
    }
}

void wbi_draw_cohorts(wbi_canvas canvas, const wb_report_parts *parts)
{
    const wb_kpi_cohorts *cohorts = &parts->kpi->cohorts;
    const size_t first = first_shown(cohorts), n = cohorts->n_months - first;
    const double greatest = greatest_share(cohorts);
    wbi_chart c = {.canvas = canvas, .id = "cohorts", .title = "Retention by month of the first order (%)"};
    c.width = COHORT_WIDTH;
    c.height = (double)(COHORT_FRAME + COHORT_ROW * n);
    c.margin_left = COHORT_MARGIN;
    c.x = (wbi_axis){.title = "Months after the first order", .low = 0.5, .high = (double)n - 0.5};
    c.y = (wbi_axis){.form = WBI_FORM_NONE, .low = 0, .high = (double)n};
    for (size_t age = 1; age < n; age++)
        c.x.ticks.at[c.x.ticks.n++] = (double)age;
    wbi_chart_begin(&c);
    put_description(canvas.w, cohorts);
    wbi_chart_axes(&c);
    for (size_t m = 0; m < n; m++) {
        const double y = (double)(n - m) - 0.5;
        put_row_name(&c, cohorts, first + m, y);
        for (size_t age = 1; m + age < n && cohorts->n_customers[first + m] > 0; age++)
            draw_cell(&c, share_of(cohorts, first + m, age), greatest, (double)age, y);
    }
    wbi_chart_end(&c);
}

/* ---- tables ---- */

static wbi_figure shown(double value, wb_kpi_unit unit)
{
    switch (unit) {
    case WB_KPI_COUNT:
        return wbi_number(value, 0);
    case WB_KPI_RATE:
        return wbi_percent(value, 1);
    case WB_KPI_DAYS:
    case WB_KPI_POINTS:
        return wbi_number(value, 1);
    default:
        return wbi_number(value, 2);
    }
}

static const wb_kpi_figure *figure(const wb_kpis *kpis, size_t cell, size_t k)
{
    return &kpis->figures[cell * wb_kpi_n() + k];
}

static void put_figures(wbi_writer *w, const wb_kpis *kpis)
{
    static const char *const headings[] = {"Figure", "Of", "#Value", "#Low", "#High", ">What it says"};
    wbi_table_begin(w, "Key figures over the whole range, with 95 % intervals of shares", headings, N_OF(headings));
    for (size_t k = 0; k < wb_kpi_n(); k++) {
        const wb_kpi_definition kpi = wb_kpi_at(k);
        const wb_kpi_figure *f = figure(kpis, 0, k);
        if (kpis->why[k] != NULL)
            continue;
        wbi_row_begin(w, kpi.name + strspn(kpi.name, " "));
        wbi_cell_text(w, kpi.topic);
        wbi_cell(w, shown(f->value, kpi.unit), f->value);
        wbi_cell(w, shown(f->low, kpi.unit), f->low);
        wbi_cell(w, shown(f->high, kpi.unit), f->high);
        wbi_cell_sentence(w, kpi.meaning);
        wbi_row_end(w);
    }
    wbi_table_end(w);
}

static size_t kpi_named(const char *key)
{
    size_t k = 0;
    while (strcmp(wb_kpi_at(k).key, key) != 0)
        k++;
    return k;
}

/* What changes from month to month, or from group to group. */
static void put_several(wbi_writer *w, const wb_kpis *kpis, bool by_month)
{
    static const char *const keys[] = {"active_start", "new_customers", "reactivated", "lost", "retention_rate", "revenue", "average_order_value"};
    const char *const headings[] = {by_month ? "Month" : "Group", "#Active at start", "#New", "#Reactivated", "#Lost", "#Retention rate", "#Revenue", "#Order value"};
    const size_t n = by_month ? kpis->n_periods : kpis->n_groups;
    char month[WB_TIME_CHARS];
    wbi_table_begin(w, by_month ? "By month" : "By group", headings, N_OF(headings));
    for (size_t i = 1; i < n; i++) {
        const size_t cell = by_month ? i * kpis->n_groups : i;
        wbi_row_begin(w, by_month ? month_of(month, &kpis->periods[i]) : kpis->groups[i]);
        for (size_t j = 0; j < N_OF(keys); j++) {
            const size_t k = kpi_named(keys[j]);
            wbi_cell(w, shown(figure(kpis, cell, k)->value, wb_kpi_at(k).unit), figure(kpis, cell, k)->value);
        }
        wbi_row_end(w);
    }
    wbi_table_end(w);
}

static void put_day(wbi_writer *w, int64_t time_us)
{
    char text[WB_TIME_CHARS];
    wb_time_format(time_us, text);
    wbi_put_text(w, text);
}

void wbi_put_kpi(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_kpis *kpis = parts->kpi;
    char within[WB_TIME_CHARS];
    wb_duration_format(kpis->active_within_us, within);
    wbi_put(w, "<p>From ");
    put_day(w, kpis->periods[0].from_us);
    wbi_put(w, " to ");
    put_day(w, kpis->periods[0].to_us);
    wbi_putf(w, ". Active is who ordered in the %s before.</p>\n", within);
    put_figures(w, kpis);
    if (kpis->n_periods > 1)
        put_several(w, kpis, true);
    if (kpis->n_groups > 1)
        put_several(w, kpis, false);
}
