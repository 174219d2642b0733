/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one customer's orders add to the terms. */
#include <math.h>

#include "base/array.h"
#include "base/memory.h"
#include "kpi/walk.h"

void wbi_kpi_add(const wbi_kpi_customer *c, size_t period, size_t term, int64_t amount)
{
    const size_t cell = period * c->walk->kpis->n_groups;
    int64_t *all = &c->sums->terms[cell * WBI_N_SUMMED + term];
    if (__builtin_add_overflow(*all, amount, all))
        c->sums->overflowed = true;
    if (c->group == 0)
        return;
    int64_t *of_group = all + c->group * (size_t)WBI_N_SUMMED;
    if (__builtin_add_overflow(*of_group, amount, of_group))
        c->sums->overflowed = true;
}

bool wbi_kpi_hundredths(int64_t *hundredths, double amount)
{
    static const double most = 9e15; /* whole numbers below are exact */
    const double scaled = round(amount * 100);
    if (!(fabs(scaled) <= most))
        return false;
    *hundredths = (int64_t)scaled;
    return true;
}

size_t wbi_kpi_from(const int64_t *times, size_t n, int64_t time_us)
{
    size_t low = 0;
    while (n > 0) {
        const size_t half = n / 2;
        if (times[low + half] < time_us) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}

/* Places among a customer's orders: [start_from, from) is the look-back before the start, [end_from, to) that before the end, and
 * [from, to) the range itself. */
typedef struct places {
    size_t start_from, from, end_from, to;
} places;

static places find_places(const wbi_kpi_customer *c, const wbi_kpi_rows *orders, const wb_kpi_period *period)
{
    const int64_t within_us = c->walk->kpis->active_within_us;
    return (places){wbi_kpi_from(orders->times, orders->n, period->from_us - within_us),
                    wbi_kpi_from(orders->times, orders->n, period->from_us),
                    wbi_kpi_from(orders->times, orders->n, period->to_us - within_us),
                    wbi_kpi_from(orders->times, orders->n, period->to_us)};
}

static int64_t spent(const wbi_kpi_customer *c, size_t from, size_t to)
{
    return c->cents[to] - c->cents[from];
}

static int64_t not_below_0(int64_t cents)
{
    return cents > 0 ? cents : 0;
}

/* What those active at start brought in the look-back before it, against that before the end. */
static void add_revenue_retention(const wbi_kpi_customer *c, size_t p, const places *at, bool at_end)
{
    const int64_t before = not_below_0(spent(c, at->start_from, at->from)), after = not_below_0(spent(c, at->end_from, at->to));
    wbi_kpi_add(c, p, WBI_START_REVENUE, before);
    if (!at_end)
        wbi_kpi_add(c, p, WBI_CHURNED_REVENUE, before);
    else if (after < before)
        wbi_kpi_add(c, p, WBI_CONTRACTION, before - after);
    else
        wbi_kpi_add(c, p, WBI_EXPANSION, after - before);
}

static void add_retention(const wbi_kpi_customer *c, size_t p, const places *at)
{
    const bool at_start = at->from > at->start_from, at_end = at->to > at->end_from, is_new = at->from == 0;
    wbi_kpi_add(c, p, WBI_CUSTOMERS, 1);
    wbi_kpi_add(c, p, WBI_REPEAT_CUSTOMERS, at->to > 1);
    wbi_kpi_add(c, p, is_new ? WBI_NEW_CUSTOMERS : at_start ? WBI_ACTIVE_START : WBI_LAPSED_START, 1);
    if (at_end) {
        wbi_kpi_add(c, p, WBI_ACTIVE_END, 1);
        wbi_kpi_add(c, p, is_new ? WBI_NEW_ACTIVE : at_start ? WBI_RETAINED : WBI_REACTIVATED, 1);
    }
    if (!at_start)
        return;
    if (!at_end)
        wbi_kpi_add(c, p, WBI_LOST, 1);
    add_revenue_retention(c, p, at, at_end);
}

static wb_status add_spending(const wbi_kpi_customer *c, size_t p, int64_t cents, wb_error *err)
{
    wbi_kpi_spending *spending = &c->sums->spending[p];
    WBI_TRY(wbi_array_grow(&spending->items, &spending->capacity, spending->n, sizeof *spending->items, err));
    spending->items[spending->n++] = (wbi_kpi_spent){cents, c->group};
    return WB_OK;
}

static wb_status add_purchases(const wbi_kpi_customer *c, size_t p, const places *at, wb_error *err)
{
    const int64_t n = (int64_t)(at->to - at->from), cents = spent(c, at->from, at->to);
    const bool is_new = at->from == 0;
    wbi_kpi_add(c, p, WBI_BUYERS, 1);
    wbi_kpi_add(c, p, WBI_REPEAT_BUYERS, n > 1);
    wbi_kpi_add(c, p, WBI_ORDERS, n);
    wbi_kpi_add(c, p, is_new ? WBI_NEW_ORDERS : WBI_RETURNING_ORDERS, n);
    wbi_kpi_add(c, p, WBI_REVENUE, cents);
    wbi_kpi_add(c, p, is_new ? WBI_NEW_REVENUE : WBI_RETURNING_REVENUE, cents);
    return add_spending(c, p, cents, err);
}

static wb_status count_gap(const wbi_kpi_customer *c, size_t cell, int64_t days, wb_error *err)
{
    uint32_t **counts = &c->sums->gap_days[cell];
    if (*counts == NULL)
        *counts = wbi_alloc_zeroed(c->walk->n_days, sizeof **counts);
    if (*counts == NULL)
        return wbi_fail_nomem(err, c->walk->n_days * sizeof **counts);
    (*counts)[days]++;
    return WB_OK;
}

/* Times between dates that end in the range. */
static wb_status add_gaps(const wbi_kpi_customer *c, size_t p, const places *at, wb_error *err)
{
    const size_t cell = p * c->walk->kpis->n_groups;
    for (size_t i = at->from > 0 ? at->from : 1; i < at->to; i++) {
        const int64_t days = c->days[i] - c->days[i - 1];
        if (days == 0)
            continue;
        wbi_kpi_add(c, p, WBI_GAPS, 1);
        wbi_kpi_add(c, p, WBI_GAP_DAYS, days);
        WBI_TRY(count_gap(c, cell, days, err));
        if (c->group > 0)
            WBI_TRY(count_gap(c, cell + c->group, days, err));
    }
    return WB_OK;
}

/* In which months those new in the range ordered. */
static void add_cohort(const wbi_kpi_customer *c, const wbi_kpi_rows *orders)
{
    const wb_kpi_cohorts *cohorts = &c->walk->kpis->cohorts;
    const size_t n = cohorts->n_months;
    size_t at = 0, first = 0;
    if (orders->times[0] < cohorts->months[0].from_us || orders->times[0] >= cohorts->months[n - 1].to_us)
        return;
    while (orders->times[0] >= cohorts->months[first].to_us)
        first++;
    c->sums->cohort_sizes[first]++;
    for (size_t m = first; m < n && at < orders->n; m++) {
        c->sums->cohort_orders[first * n + m - first] += orders->times[at] < cohorts->months[m].to_us;
        while (at < orders->n && orders->times[at] < cohorts->months[m].to_us)
            at++;
    }
}

static wb_status fail_amount(const wbi_kpi_customer *c, wbi_kpi_table_id table, const wbi_kpi_rows *rows, size_t i, wb_error *err)
{
    const wbi_kpi_data *data = c->walk->data;
    const wbi_table_def *def = wbi_kpi_table(data, table)->binding->def;
    const wbi_str id = wbi_dictionary_at(data->events.customers, data->events.code_of[c->number]);
    char shown[64], at[WB_TIME_CHARS];
    wb_time_format(rows->times[i], at);
    return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){def->file, 0, 0}, NULL, 0,
                       "%s %g of customer '%s' at %s, expected at most 9e13, which can be added to the hundredth",
                       table == WBI_KPI_LOYALTY ? "points" : "amount", rows->numbers[i],
                       wbi_printable(shown, sizeof shown, id.data, id.length), at);
}

wb_status wbi_kpi_check_amounts(const wbi_kpi_customer *c, wbi_kpi_table_id table, const wbi_kpi_rows *rows, wb_error *err)
{
    int64_t hundredths;
    for (size_t i = 0; rows->numbers != NULL && i < rows->n; i++)
        if (!isnan(rows->numbers[i]) && !wbi_kpi_hundredths(&hundredths, rows->numbers[i]))
            return fail_amount(c, table, rows, i, err);
    return WB_OK;
}

static wb_status add_up(wbi_kpi_customer *c, const wbi_kpi_rows *orders, wb_error *err)
{
    c->cents[0] = 0;
    for (size_t i = 0; i < orders->n; i++) {
        int64_t cents = 0;
        if (orders->numbers != NULL && isnan(orders->numbers[i]))
            c->sums->n_without_amount++;
        else if (orders->numbers != NULL && !wbi_kpi_hundredths(&cents, orders->numbers[i]))
            return fail_amount(c, WBI_KPI_ORDERS, orders, i, err);
        if (__builtin_add_overflow(c->cents[i], cents, &c->cents[i + 1]))
            c->sums->overflowed = true;
        const int64_t day = wbi_day_of(orders->times[i], c->walk->data->clock);
        c->days[i] = day < c->walk->first_day ? c->walk->first_day : day; /* event_time may lie before all lines */
    }
    return WB_OK;
}

wb_status wbi_kpi_take_orders(wbi_kpi_customer *c, const wbi_kpi_rows *orders, wb_error *err)
{
    const wb_kpis *kpis = c->walk->kpis;
    if (orders->n == 0)
        return WB_OK;
    WBI_TRY(add_up(c, orders, err));
    add_cohort(c, orders);
    for (size_t p = 0; p < kpis->n_periods; p++) {
        const places at = find_places(c, orders, &kpis->periods[p]);
        const bool at_start = at.from > at.start_from, bought = at.to > at.from;
        if (at.to == 0)
            continue;
        add_retention(c, p, &at);
        if (bought) {
            WBI_TRY(add_purchases(c, p, &at, err));
            WBI_TRY(add_gaps(c, p, &at, err));
        }
        if (at_start || bought)
            wbi_kpi_add(c, p, WBI_SEEN_CUSTOMERS, 1);
        c->flags[p] = (uint8_t)((at_start || bought ? WBI_KPI_SEEN : 0) | (bought ? WBI_KPI_BUYER : 0) |
                                (at_start && at.to == at.end_from ? WBI_KPI_IS_LOST : 0));
    }
    return WB_OK;
}
