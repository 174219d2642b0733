/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backtest/recency.h"

#include <math.h>

#include "base/memory.h"
#include "events/view.h"

enum { CUSTOMERS_A_BLOCK = 4096, ID = 0, CUTOFF, DAYS, LABEL, N_COLUMNS };

static bool has_time(const wbi_plan *plan, size_t table)
{
    return plan->bindings[table]->def->time != NULL;
}

size_t wbi_recency_table(const wb_engine *engine)
{
    const wbi_plan *plan = engine->plan;
    if (has_time(plan, plan->population.table))
        return plan->population.table;
    if (plan->n_labels > 0 && has_time(plan, plan->labels[0].table))
        return plan->labels[0].table;
    for (size_t t = 0; t < plan->n_tables; t++)
        if (has_time(plan, t))
            return t;
    return WBI_NONE;
}

/* The rows of one cutoff, whose customers are met in the engine's order. */
typedef struct walk {
    const wb_engine *engine;
    const wb_table *table;
    const int64_t *cutoff_of;
    int64_t cutoff_us;
    size_t row; /* the next of that cutoff, or the end */
    double *days;
} walk;

static void to_next_row(walk *w)
{
    while (w->row < wb_table_n_rows(w->table) && w->cutoff_of[w->row] != w->cutoff_us)
        w->row++;
}

/* Whether the next row is this customer's. */
static bool is_row_of(const walk *w, size_t customer)
{
    wbi_str id;
    if (w->row == wb_table_n_rows(w->table))
        return false;
    id.data = wb_table_text(w->table, ID, w->row, &id.length);
    return wbi_str_equal(id, wbi_dictionary_at(w->engine->events.customers, w->engine->events.code_of[customer]));
}

static void fill_block(walk *w, const wbi_view *view, size_t first, size_t n)
{
    const size_t *starts = wbi_view_starts(view);
    const int64_t *times = wbi_view_times(view);
    for (size_t k = 0; k < n; k++) {
        if (!is_row_of(w, first + k))
            continue;
        if (starts[k + 1] > starts[k])
            w->days[w->row] = (double)(w->cutoff_us - times[starts[k + 1] - 1]) / (double)WB_DAY_US;
        w->row++;
        to_next_row(w);
    }
}

static wb_status fill_cutoff(walk *w, wbi_view *view, const wbi_event_table *events, wb_error *err)
{
    const size_t n_customers = w->engine->events.n_customers;
    w->row = 0;
    to_next_row(w);
    for (size_t c = 0; c < n_customers; c += CUSTOMERS_A_BLOCK) {
        const size_t left = n_customers - c, n = left < CUSTOMERS_A_BLOCK ? left : CUSTOMERS_A_BLOCK;
        WBI_TRY(wbi_view_build(view, events->first, c, n, w->cutoff_us, err));
        fill_block(w, view, c, n);
    }
    return WB_OK;
}

static wb_status fill_days(wbi_recency *out, const wb_engine *engine, size_t table, const wb_features *features, wb_error *err)
{
    const wbi_event_table *events = &engine->events.tables[table];
    walk w = {.engine = engine,
              .table = features->table,
              .cutoff_of = out->columns[CUTOFF].times,
              .days = out->columns[DAYS].numbers};
    wbi_view *view;
    wb_status status = WB_OK;
    for (size_t i = 0; i < features->table->n_rows; i++)
        w.days[i] = NAN;
    WBI_TRY(wbi_view_create(&view, events->binding, &events->rows, err));
    for (size_t j = 0; j < features->n_population && status == WB_OK; j++) {
        w.cutoff_us = features->population[j].cutoff_us;
        status = fill_cutoff(&w, view, events, err);
    }
    wbi_view_free(view);
    return status;
}

wb_status wbi_recency_make(wbi_recency *out, const wb_engine *engine, size_t table, const wb_features *features,
                           const char *label_column, wb_error *err)
{
    static char name[] = "days_since_last";
    const wb_table *from = features->table;
    const size_t label = wb_table_find(from, label_column);
    double *days = wbi_alloc_array(from->n_rows, sizeof *days);
    if (days == NULL)
        return wbi_fail_nomem(err, from->n_rows * sizeof *days);
    *out = (wbi_recency){.columns = {[ID] = from->columns[ID],
                                     [CUTOFF] = from->columns[CUTOFF],
                                     [DAYS] = {.name = name, .type = WB_TYPE_NUMBER, .length = from->n_rows, .numbers = days},
                                     [LABEL] = from->columns[label]}};
    out->table = (wb_table){.n_rows = from->n_rows, .n_columns = N_COLUMNS, .columns = out->columns};
    out->features.table = &out->table;
    wb_status status = fill_days(out, engine, table, features, err);
    if (status != WB_OK)
        wbi_recency_clear(out);
    return status;
}

void wbi_recency_clear(wbi_recency *recency)
{
    wbi_free(recency->columns[DAYS].numbers);
    recency->columns[DAYS].numbers = NULL;
}
