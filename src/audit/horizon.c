/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <winback/horizon.h>

#include <math.h>

#include "base/memory.h"
#include "events/view.h"
#include "features/engine.h"

enum { CUSTOMERS_A_BLOCK = 4096 };

/* Gaps by their length in days. */
typedef struct gaps {
    uint64_t *ended, *open;
    size_t n_days;
    wbi_clock clock;
    int64_t first_day, last_day; /* that were observed */
} gaps;

/* The table whose events end a gap, and the condition on them. */
static size_t table_of(const wbi_plan *plan, size_t *where)
{
    bool has_label = plan->n_labels > 0;
    *where = has_label ? plan->labels[0].where : plan->population.where;
    return has_label ? plan->labels[0].table : plan->population.table;
}

static wb_status prepare(gaps *g, const wb_engine *engine, size_t table, wb_error *err)
{
    const wbi_event_table *events = &engine->events.tables[table];
    const wbi_table_def *def = events->binding->def;
    if (def->time == NULL)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "table %s has no time, so nobody returns in it", def->name);
    g->clock = wbi_time_format_clock(&def->time_format);
    g->last_day = wbi_day_of(engine->until_us - def->delay_us - 1, g->clock);
    g->first_day = events->first_us == WB_TIME_MISSING ? g->last_day : wbi_day_of(events->first_us, g->clock);
    g->n_days = g->first_day > g->last_day ? 1 : (size_t)(g->last_day - g->first_day) + 1;
    g->ended = wbi_alloc_zeroed(g->n_days, sizeof *g->ended);
    g->open = wbi_alloc_zeroed(g->n_days, sizeof *g->open);
    if (g->ended == NULL || g->open == NULL)
        return wbi_fail_nomem(err, g->n_days * sizeof *g->ended);
    return WB_OK;
}

/* One customer's events, ordered by time. */
static void add_customer(gaps *g, const int64_t *times, const uint8_t *where, size_t begin, size_t end)
{
    bool any = false;
    int64_t before = 0;
    for (size_t i = begin; i < end; i++) {
        if (where != NULL && where[i] != WBI_TRUE)
            continue;
        int64_t day = wbi_day_of(times[i], g->clock);
        if (day < g->first_day) /* event_time may lie before all lines */
            day = g->first_day;
        if (any && day > before)
            g->ended[day - before]++;
        before = day;
        any = true;
    }
    if (any)
        g->open[g->last_day - before]++;
}

static wb_status collect(gaps *g, const wb_engine *engine, size_t table, size_t where, wb_error *err)
{
    const wbi_event_table *events = &engine->events.tables[table];
    wbi_view *view;
    wb_status status = WB_OK;
    WBI_TRY(wbi_view_create(&view, events->binding, &events->rows, err));
    for (size_t c = 0; c < engine->events.n_customers; c += CUSTOMERS_A_BLOCK) {
        size_t left = engine->events.n_customers - c, n = left < CUSTOMERS_A_BLOCK ? left : CUSTOMERS_A_BLOCK;
        wbi_vector kept = {0};
        WBI_TRY_CLEANUP(wbi_view_build(view, events->first, c, n, engine->until_us, err));
        if (where != WBI_NONE && wbi_view_n(view) > 0)
            WBI_TRY_CLEANUP(wbi_view_expr(view, where, &kept, err));
        const size_t *starts = wbi_view_starts(view);
        for (size_t k = 0; k < n; k++)
            add_customer(g, wbi_view_times(view), kept.bools, starts[k], starts[k + 1]);
    }
cleanup:
    wbi_view_free(view);
    return status;
}

/* S(t) = the product over the days d <= t of 1 - ended(d) / at risk(d); a gap that is open after d days was at risk on day
 * d. Kaplan and Meier (1958), as R's survfit has it. */
static wb_status estimate(wb_return_curve *out, const gaps *g, wb_error *err)
{
    size_t n_points = 0;
    double survival = 1;
    for (size_t d = 0; d < g->n_days; d++) {
        out->n_customers += g->open[d];
        out->n_gaps += g->ended[d] + g->open[d];
        n_points += g->ended[d] > 0;
    }
    out->n_censored = out->n_customers;
    if (n_points == 0)
        return wbi_fail(err, WB_ERR_DEGENERATE, "table %s: no customer has events on two dates, so nobody returns",
                        out->table);
    out->points = wbi_alloc_array(n_points, sizeof *out->points);
    if (out->points == NULL)
        return wbi_fail_nomem(err, n_points * sizeof *out->points);
    uint64_t at_risk = out->n_gaps;
    for (size_t d = 0; d < g->n_days; d++) {
        if (g->ended[d] > 0) {
            survival *= 1 - (double)g->ended[d] / (double)at_risk;
            out->points[out->n_points++] =
                (wb_return_point){(int64_t)d, at_risk, g->ended[d], 1 - survival, (double)NAN};
        }
        at_risk -= g->ended[d] + g->open[d];
    }
    out->ever = out->points[n_points - 1].returned;
    for (size_t k = 0; k < n_points; k++)
        out->points[k].returned_share = out->points[k].returned / out->ever;
    return WB_OK;
}

wb_status wb_return_curve_compute(wb_return_curve *out, const wb_engine *engine, wb_error *err)
{
    gaps g = {0};
    size_t where, table = table_of(engine->plan, &where);
    const wbi_table_def *def = engine->plan->bindings[table]->def;
    wb_status status;
    *out = (wb_return_curve){.table = def->name, .until_us = engine->until_us - def->delay_us};
    WBI_TRY_CLEANUP(prepare(&g, engine, table, err));
    WBI_TRY_CLEANUP(collect(&g, engine, table, where, err));
    WBI_TRY_CLEANUP(estimate(out, &g, err));
cleanup:
    wbi_free(g.ended);
    wbi_free(g.open);
    return status;
}

int64_t wb_return_curve_days(const wb_return_curve *curve, double share)
{
    static const double rounding = 1e-12; /* of the product, so that 4 of 5 is 80 % */
    for (size_t k = 0; k + 1 < curve->n_points; k++)
        if (curve->points[k].returned_share >= share - rounding)
            return curve->points[k].days;
    return curve->n_points > 0 ? curve->points[curve->n_points - 1].days : 0;
}

void wb_return_curve_clear(wb_return_curve *curve)
{
    wbi_free(curve->points);
    *curve = (wb_return_curve){0};
}
