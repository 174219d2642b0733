/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A campaign: what it brings by depth, who was left out by what, and whether the control group is like the list. */
#include <math.h>
#include <stdio.h>
#include <winback/campaign.h>

#include "report/page.h"

#define N_OF(list) (sizeof(list) / sizeof(list)[0])

bool wbi_has_campaign(const wb_report_parts *parts)
{
    return parts->campaign != NULL;
}

bool wbi_has_campaign_depths(const wb_report_parts *parts)
{
    return parts->campaign != NULL && parts->campaign->n_points > 1;
}

static double profit_of(const wb_campaign_money *m)
{
    return (double)m->profit_cents / 100;
}

/* What a curve of the depths has at each point. */
typedef struct depths {
    double at[WB_CAMPAIGN_POINTS + 1], profit[WB_CAMPAIGN_POINTS + 1];
    double low[WB_CAMPAIGN_POINTS + 1], high[WB_CAMPAIGN_POINTS + 1];
    double least, most;
} depths;

static void read_depths(depths *d, const wb_campaign_summary *s)
{
    d->least = d->most = 0;
    for (size_t i = 0; i < s->n_points; i++) {
        const wb_campaign_money *m = &s->points[i];
        d->at[i] = (double)m->n;
        d->profit[i] = profit_of(m);
        d->low[i] = m->low;
        d->high[i] = m->high;
        d->least = fmin(d->least, fmin(d->profit[i], m->low));
        d->most = fmax(d->most, fmax(d->profit[i], m->high));
    }
}

static void draw_dot(const wbi_chart *c, const char *style, const wb_campaign_money *m, const char *name)
{
    wbi_chart_dot(c, style, (double)m->n, profit_of(m));
    wbi_putf(c->canvas.w, "%s: %s contacts, profit %s, cost %s", name, wbi_count(m->n).text,
             wbi_number(profit_of(m), 2).text, wbi_number((double)m->cost_cents / 100, 2).text);
    wbi_chart_dot_end(c);
}

/* Under the dot of the list there is nothing to see. */
static bool best_is_drawn(const wb_campaign_summary *s)
{
    return s->best.n != s->list.n;
}

void wbi_draw_campaign(wbi_canvas canvas, const wb_report_parts *parts)
{
    static const wbi_legend legend[] = {{"line one", "Expected"}, {"mark", "This list"}, {"dot two", "Best depth"}};
    const wb_campaign_summary *s = parts->campaign;
    wbi_chart c = {.canvas = canvas, .id = "campaign", .title = "Profit by depth", .legend = legend, .n_legend = N_OF(legend) - !best_is_drawn(s)};
    depths d;
    read_depths(&d, s);
    wbi_ticks_widen(&d.least, &d.most, 5);
    c.x = (wbi_axis){.title = "Customers contacted, best first", .low = 0, .high = d.at[s->n_points - 1]};
    c.y = (wbi_axis){.title = "Expected profit", .unit = "currency", .low = d.least, .high = d.most};
    wbi_chart_begin(&c);
    wbi_putf(canvas.w, "Expected profit of contacting so many customers, those of most expected value first. This list has %s of them "
             "and brings %s; it would be greatest, %s, with %s.", wbi_count(s->list.n).text, wbi_short(profit_of(&s->list)).text,
             wbi_short(profit_of(&s->best)).text, wbi_count(s->best.n).text);
    wbi_chart_axes(&c);
    if (!s->by_uplift)
        wbi_chart_band(&c, "band", d.at, d.low, d.high, s->n_points);
    wbi_chart_segment(&c, "thin", 0, 0, c.x.high, 0);
    wbi_chart_line(&c, "line one", d.at, d.profit, s->n_points);
    wbi_chart_segment(&c, "mark", (double)s->list.n, d.least, (double)s->list.n, profit_of(&s->list));
    if (best_is_drawn(s))
        draw_dot(&c, "two", &s->best, "best depth");
    draw_dot(&c, "one", &s->list, "this list");
    wbi_chart_end(&c);
}

/* ---- tables ---- */

static void put_row(wbi_writer *w, const char *name, uint64_t n)
{
    wbi_row_begin(w, name);
    wbi_cell(w, wbi_count(n), (double)n);
    wbi_row_end(w);
}

static void put_funnel(wbi_writer *w, const wb_campaign_summary *s)
{
    static const char *const headings[] = {"Step", "#Customers"};
    wbi_table_begin(w, "From everybody who was scored to the list", headings, N_OF(headings));
    put_row(w, "scored", s->n_scored);
    for (size_t i = 0; i < s->n_steps; i++)
        put_row(w, s->steps[i].name, s->steps[i].n);
    put_row(w, "may be contacted", s->n_eligible);
    put_row(w, "not worth a contact", s->n_eligible - s->n_worthwhile);
    put_row(w, "over a cap", s->n_capped);
    put_row(w, "beyond the budget", s->n_beyond);
    put_row(w, "held out, the control group", s->n_control);
    put_row(w, "on the list", s->list.n);
    wbi_table_end(w);
}

static void put_budgets(wbi_writer *w, const wb_campaign_summary *s)
{
    static const char *const headings[] = {"Budget", "#Contacts", "#Cost", "#Profit", "#Low", "#High"};
    wbi_table_begin(w, "What other budgets bring", headings, N_OF(headings));
    for (size_t b = 0; b < s->n_budgets; b++) {
        const wb_campaign_money *m = &s->budgets[b];
        const double budget = isnan(s->settings.budget) ? (double)s->list.cost_cents / 100 : s->settings.budget;
        wbi_row_begin(w, isinf(s->budget_factors[b]) ? "no limit" : wbi_number(budget * s->budget_factors[b], 2).text);
        wbi_cell(w, wbi_count(m->n), (double)m->n);
        wbi_cell(w, wbi_number((double)m->cost_cents / 100, 2), (double)m->cost_cents);
        wbi_cell(w, wbi_number(profit_of(m), 2), (double)m->profit_cents);
        wbi_cell(w, wbi_number(m->low, 2), m->low);
        wbi_cell(w, wbi_number(m->high, 2), m->high);
        wbi_row_end(w);
    }
    wbi_table_end(w);
}

static void put_tenths(wbi_writer *w, const wb_campaign_summary *s)
{
    static const char *const headings[] = {"Probability", "#List", "#Control", "#Held out", "#Value, list", "#Value, control"};
    wbi_table_begin(w, "List against control, by tenths of the probability", headings, N_OF(headings));
    for (size_t t = 0; t < s->n_tenths; t++) {
        const wb_campaign_tenth *tenth = &s->tenths[t];
        const double share = (double)tenth->n_control / (double)(tenth->n_list + tenth->n_control);
        char name[64];
        snprintf(name, sizeof name, "%.28s to %.28s", wbi_fixed(tenth->low, 3).text, wbi_fixed(tenth->high, 3).text);
        wbi_row_begin(w, name);
        wbi_cell(w, wbi_count(tenth->n_list), (double)tenth->n_list);
        wbi_cell(w, wbi_count(tenth->n_control), (double)tenth->n_control);
        wbi_cell(w, wbi_percent(share, 1), share);
        wbi_cell(w, wbi_number(tenth->value_list, 2), tenth->value_list);
        wbi_cell(w, wbi_number(tenth->value_control, 2), tenth->value_control);
        wbi_row_end(w);
    }
    wbi_table_end(w);
}

static void put_told(wbi_writer *w, const wb_campaign_summary *s)
{
    const wb_campaign_money *m = &s->list;
    wbi_put(w, "<p>The campaign <b><bdi>");
    wbi_put_name(w, s->settings.name);
    wbi_putf(w, "</bdi></b> contacts %s customer%s and holds out %s. It is expected to cost %s", wbi_count(m->n).text, m->n == 1 ? "" : "s",
             wbi_count(s->n_control).text, wbi_number((double)m->cost_cents / 100, 2).text);
    wbi_putf(w, " (%s if everybody takes the offer) and to bring a profit of %s", wbi_number((double)m->worst_cents / 100, 2).text,
             wbi_number(profit_of(m), 2).text);
    if (isfinite(m->low))
        wbi_putf(w, ", between %s and %s as far as the keep rate is known", wbi_number(m->low, 2).text, wbi_number(m->high, 2).text);
    wbi_put(w, ".</p>\n");
    if (isfinite(s->least_effect))
        wbi_putf(w, "<p>The control group is large enough to show a difference of %s percentage points.</p>\n",
                 wbi_number(100 * s->least_effect, 2).text);
    if (s->n_control == 0)
        wbi_put(w, "<p><strong>There is no control group: nobody will know what the campaign changed.</strong></p>\n");
}

void wbi_put_campaign(wbi_writer *w, const wb_report_parts *parts)
{
    const wb_campaign_summary *s = parts->campaign;
    put_told(w, s);
    if (wbi_has_campaign_depths(parts))
        wbi_put_figure(w, parts, "campaign");
    put_funnel(w, s);
    if (s->list.n > 0)
        put_budgets(w, s);
    if (s->n_tenths > 0)
        put_tenths(w, s);
}
