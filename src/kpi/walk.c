/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kpi/walk.h"

#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "par/par.h"

enum { CUSTOMERS_A_BLOCK = 512 };

/* One thread's own. */
typedef struct worker {
    wbi_view *views[WBI_KPI_N_TABLES];
    wbi_kpi_sums sums;
    int64_t *cents, *days;
    size_t cents_capacity, days_capacity;
    uint8_t *flags;
} worker;

typedef struct walking {
    const wbi_kpi_walk *walk;
    worker *workers;
} walking;

/* ---- sums ---- */

static size_t n_cells(const wb_kpis *kpis)
{
    return kpis->n_periods * kpis->n_groups;
}

wb_status wbi_kpi_sums_make(wbi_kpi_sums *sums, const wb_kpis *kpis, wb_error *err)
{
    const size_t cells = n_cells(kpis), months = kpis->cohorts.n_months;
    *sums = (wbi_kpi_sums){0};
    sums->terms = wbi_alloc_zeroed(cells, WBI_N_SUMMED * sizeof *sums->terms);
    sums->gap_days = wbi_alloc_zeroed(cells, sizeof *sums->gap_days);
    sums->n_lost = wbi_alloc_zeroed(cells * kpis->n_reasons, sizeof *sums->n_lost);
    sums->cohort_sizes = wbi_alloc_zeroed(months, sizeof *sums->cohort_sizes);
    sums->cohort_orders = wbi_alloc_zeroed(months * months, sizeof *sums->cohort_orders);
    sums->spending = wbi_alloc_zeroed(kpis->n_periods, sizeof *sums->spending);
    if (sums->terms == NULL || sums->gap_days == NULL || sums->n_lost == NULL || sums->cohort_sizes == NULL ||
        sums->cohort_orders == NULL || sums->spending == NULL)
        return wbi_fail_nomem(err, cells * WBI_N_SUMMED * sizeof *sums->terms);
    return WB_OK;
}

void wbi_kpi_sums_clear(wbi_kpi_sums *sums, const wb_kpis *kpis)
{
    for (size_t i = 0; sums->gap_days != NULL && i < n_cells(kpis); i++)
        wbi_free(sums->gap_days[i]);
    for (size_t p = 0; sums->spending != NULL && p < kpis->n_periods; p++)
        wbi_free(sums->spending[p].items);
    wbi_free(sums->terms);
    wbi_free(sums->gap_days);
    wbi_free(sums->n_lost);
    wbi_free(sums->cohort_sizes);
    wbi_free(sums->cohort_orders);
    wbi_free(sums->spending);
    *sums = (wbi_kpi_sums){0};
}

static void add_counts(uint64_t *to, const uint64_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

/* Takes what can be taken rather than copied. */
static void join_gap_days(wbi_kpi_sums *to, wbi_kpi_sums *from, size_t cells, size_t n_days)
{
    for (size_t i = 0; i < cells; i++) {
        if (to->gap_days[i] == NULL) {
            to->gap_days[i] = from->gap_days[i];
            from->gap_days[i] = NULL;
            continue;
        }
        for (size_t d = 0; from->gap_days[i] != NULL && d < n_days; d++)
            to->gap_days[i][d] += from->gap_days[i][d];
    }
}

static wb_status join_spending(wbi_kpi_spending *to, const wbi_kpi_spending *from, wb_error *err)
{
    if (from->n == 0)
        return WB_OK;
    WBI_TRY(wbi_array_grow(&to->items, &to->capacity, to->n + from->n - 1, sizeof *to->items, err));
    memcpy(to->items + to->n, from->items, from->n * sizeof *from->items);
    to->n += from->n;
    return WB_OK;
}

static wb_status join(wbi_kpi_sums *to, wbi_kpi_sums *from, const wbi_kpi_walk *walk, wb_error *err)
{
    const wb_kpis *kpis = walk->kpis;
    const size_t cells = n_cells(kpis), months = kpis->cohorts.n_months;
    for (size_t i = 0; i < cells * WBI_N_SUMMED; i++)
        if (__builtin_add_overflow(to->terms[i], from->terms[i], &to->terms[i]))
            to->overflowed = true;
    join_gap_days(to, from, cells, walk->n_days);
    add_counts(to->n_lost, from->n_lost, cells * kpis->n_reasons);
    add_counts(to->cohort_sizes, from->cohort_sizes, months);
    add_counts(to->cohort_orders, from->cohort_orders, months * months);
    for (size_t p = 0; p < kpis->n_periods; p++)
        WBI_TRY(join_spending(&to->spending[p], &from->spending[p], err));
    to->n_odd_ratings += from->n_odd_ratings;
    to->n_without_amount += from->n_without_amount;
    to->overflowed = to->overflowed || from->overflowed;
    return WB_OK;
}

/* ---- rows ---- */

/* What a view of one table shows of a block of customers. */
typedef struct shown {
    const size_t *starts;
    wbi_kpi_rows rows; /* of all of them */
} shown;

static wb_status show_column(const wbi_kpi_walk *walk, worker *w, wbi_kpi_column_id column, wbi_vector *values, wb_error *err)
{
    *values = (wbi_vector){0};
    if (walk->data->column[column] == SIZE_MAX)
        return WB_OK;
    return wbi_view_expr(w->views[wbi_kpi_table_of(column)], walk->data->column[column], values, err);
}

static wb_status show_columns(shown *s, const wbi_kpi_walk *walk, worker *w, wbi_kpi_table_id table, wb_error *err)
{
    wbi_vector values;
    for (wbi_kpi_column_id c = 0; c < WBI_KPI_BY; c++) {
        if (wbi_kpi_table_of(c) != table)
            continue;
        WBI_TRY(show_column(walk, w, c, &values, err));
        if (values.type == WBI_EXPR_NUMBER)
            s->rows.numbers = values.numbers;
        else if (values.type == WBI_EXPR_TEXT)
            s->rows.texts = values.texts;
        else if (values.type == WBI_EXPR_TIME)
            s->rows.other_times = values.times;
    }
    return WB_OK;
}

static wb_status show(shown *s, const wbi_kpi_walk *walk, worker *w, wbi_kpi_table_id table, size_t begin, size_t end, wb_error *err)
{
    const wbi_event_table *events = wbi_kpi_table(walk->data, table);
    wbi_view *view = w->views[table];
    *s = (shown){0};
    WBI_TRY(wbi_view_build(view, events->first, begin, end - begin, wbi_kpi_cutoff(walk->data, events), err));
    s->starts = wbi_view_starts(view);
    s->rows.n = wbi_view_n(view);
    s->rows.times = wbi_view_times(view);
    return s->rows.n > 0 ? show_columns(s, walk, w, table, err) : WB_OK;
}

/* The rows of the k-th customer. */
static wbi_kpi_rows rows_at(const shown *s, size_t k)
{
    const size_t from = s->starts[k];
    const wbi_kpi_rows *all = &s->rows;
    return (wbi_kpi_rows){.times = all->times + from,
                          .numbers = all->numbers == NULL ? NULL : all->numbers + from,
                          .texts = all->texts == NULL ? NULL : all->texts + from,
                          .other_times = all->other_times == NULL ? NULL : all->other_times + from,
                          .n = s->starts[k + 1] - from};
}

/* ---- blocks ---- */

static wb_status take_orders(wbi_kpi_customer *c, worker *w, size_t begin, size_t end, wb_error *err)
{
    shown orders;
    const wbi_kpi_walk *walk = c->walk;
    WBI_TRY(show(&orders, walk, w, WBI_KPI_ORDERS, begin, end, err));
    for (size_t k = 0; k < end - begin; k++) {
        const wbi_kpi_rows rows = rows_at(&orders, k);
        c->number = begin + k;
        c->group = walk->group_of == NULL ? 0 : walk->group_of[begin + k];
        c->flags = w->flags + k * walk->kpis->n_periods;
        WBI_TRY(wbi_array_grow(&w->cents, &w->cents_capacity, rows.n, sizeof *w->cents, err));
        WBI_TRY(wbi_array_grow(&w->days, &w->days_capacity, rows.n, sizeof *w->days, err));
        c->cents = w->cents;
        c->days = w->days;
        WBI_TRY(wbi_kpi_take_orders(c, &rows, err));
    }
    return WB_OK;
}

static void (*const takers[WBI_KPI_N_TABLES])(const wbi_kpi_customer *c, const wbi_kpi_rows *rows) = {
    [WBI_KPI_TICKETS] = wbi_kpi_take_tickets,     [WBI_KPI_SURVEYS] = wbi_kpi_take_surveys,
    [WBI_KPI_VISITS] = wbi_kpi_take_visits,       [WBI_KPI_LOYALTY] = wbi_kpi_take_bookings,
    [WBI_KPI_REFERRALS] = wbi_kpi_take_referrals, [WBI_KPI_CANCELLATIONS] = wbi_kpi_take_cancellations,
};

static wb_status take_others(wbi_kpi_customer *c, worker *w, wbi_kpi_table_id table, size_t begin, size_t end, wb_error *err)
{
    shown events;
    const wbi_kpi_walk *walk = c->walk;
    WBI_TRY(show(&events, walk, w, table, begin, end, err));
    for (size_t k = 0; k < end - begin; k++) {
        const wbi_kpi_rows rows = rows_at(&events, k);
        if (rows.n == 0 && table != WBI_KPI_CANCELLATIONS)
            continue;
        c->number = begin + k;
        c->group = walk->group_of == NULL ? 0 : walk->group_of[begin + k];
        c->flags = w->flags + k * walk->kpis->n_periods;
        if (table == WBI_KPI_LOYALTY)
            WBI_TRY(wbi_kpi_check_amounts(c, table, &rows, err));
        takers[table](c, &rows);
    }
    return WB_OK;
}

static wb_status walk_block(void *context, size_t block, size_t begin, size_t end, int number, wb_error *err)
{
    const walking *all = context;
    worker *w = &all->workers[number];
    wbi_kpi_customer c = {.walk = all->walk, .sums = &w->sums};
    (void)block;
    memset(w->flags, 0, CUSTOMERS_A_BLOCK * all->walk->kpis->n_periods);
    WBI_TRY(take_orders(&c, w, begin, end, err));
    for (wbi_kpi_table_id t = WBI_KPI_TICKETS; t < WBI_KPI_CUSTOMERS; t++)
        if (w->views[t] != NULL && (t != WBI_KPI_CANCELLATIONS || all->walk->kpis->n_reasons > 0))
            WBI_TRY(take_others(&c, w, t, begin, end, err));
    return WB_OK;
}

static wb_status make_worker(worker *w, const wbi_kpi_walk *walk, wb_error *err)
{
    for (wbi_kpi_table_id t = 0; t < WBI_KPI_CUSTOMERS; t++) {
        const wbi_event_table *table = wbi_kpi_table(walk->data, t);
        if (table != NULL)
            WBI_TRY(wbi_view_create(&w->views[t], table->binding, &table->rows, err));
    }
    w->flags = wbi_alloc_array(CUSTOMERS_A_BLOCK, walk->kpis->n_periods);
    if (w->flags == NULL)
        return wbi_fail_nomem(err, CUSTOMERS_A_BLOCK * walk->kpis->n_periods);
    return wbi_kpi_sums_make(&w->sums, walk->kpis, err);
}

static void clear_worker(worker *w, const wb_kpis *kpis)
{
    for (size_t t = 0; t < WBI_KPI_N_TABLES; t++)
        wbi_view_free(w->views[t]);
    wbi_free(w->cents);
    wbi_free(w->days);
    wbi_free(w->flags);
    wbi_kpi_sums_clear(&w->sums, kpis);
}

wb_status wbi_kpi_walk_all(wbi_kpi_sums *sums, const wbi_kpi_walk *walk, wb_error *err)
{
    const size_t n = walk->data->events.n_customers, n_blocks = wbi_par_n_blocks(n, CUSTOMERS_A_BLOCK);
    int n_threads = wbi_par_threads(walk->n_threads);
    if (n_blocks < (size_t)n_threads)
        n_threads = n_blocks > 0 ? (int)n_blocks : 1;
    walking all = {walk, wbi_alloc_zeroed((size_t)n_threads, sizeof *all.workers)};
    wb_status status = WB_OK;
    if (all.workers == NULL)
        return wbi_fail_nomem(err, (size_t)n_threads * sizeof *all.workers);
    for (int w = 0; w < n_threads; w++)
        WBI_TRY_CLEANUP(make_worker(&all.workers[w], walk, err));
    WBI_TRY_CLEANUP(wbi_par_for(n, CUSTOMERS_A_BLOCK, n_threads, walk_block, &all, err));
    for (int w = 0; w < n_threads; w++)
        WBI_TRY_CLEANUP(join(sums, &all.workers[w].sums, walk, err));
    if (sums->overflowed)
        status = wbi_fail(err, WB_ERR_INCONSISTENT, "amounts add up to more than 92 quadrillion, which no sum in hundredths holds");
cleanup:
    for (int w = 0; w < n_threads; w++)
        clear_worker(&all.workers[w], walk->kpis);
    wbi_free(all.workers);
    return status;
}
