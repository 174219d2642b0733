/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <winback/kpi.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kpi/figures.h"
#include "kpi/groups.h"
#include "kpi/periods.h"
#include "kpi/walk.h"

#define USUAL_LOOK_BACK_US (90 * WB_DAY_US)

static void free_texts(char **texts, size_t n)
{
    for (size_t i = 0; texts != NULL && i < n; i++)
        wbi_free(texts[i]);
    wbi_free(texts);
}

void wb_kpi_free(wb_kpis *kpis)
{
    if (kpis == NULL)
        return;
    free_texts(kpis->groups, kpis->n_groups);
    free_texts(kpis->why, wb_kpi_n());
    free_texts(kpis->reasons, kpis->n_reasons);
    for (size_t i = 0; i < kpis->n_tables; i++) {
        wbi_free(kpis->tables[i].name);
        wbi_free(kpis->tables[i].file);
    }
    wbi_free(kpis->tables);
    wbi_free(kpis->by);
    wbi_free(kpis->no_reasons);
    wbi_free(kpis->periods);
    wbi_free(kpis->figures);
    wbi_free(kpis->terms);
    wbi_free(kpis->n_lost);
    wbi_free(kpis->cohorts.months);
    wbi_free(kpis->cohorts.n_customers);
    wbi_free(kpis->cohorts.n_ordered);
    wbi_free(kpis);
}

/* ---- what is asked for ---- */

static wb_status check(const wb_kpi_options *options, wb_error *err)
{
    if (!isnan(options->margin) && !(options->margin >= 0 && options->margin <= 1))
        return wbi_fail(err, WB_ERR_ARGUMENT, "the margin is %g: it must be from 0 to 1", options->margin);
    if (options->active_within_us < 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the look-back must be more than 0");
    if (options->by != NULL && options->grouping != NULL)
        return wbi_fail(err, WB_ERR_ARGUMENT, "customers are grouped by a column or by what the caller says, not by both");
    return WB_OK;
}

static int64_t look_back(const wb_project *project, const wb_kpi_options *options)
{
    int64_t horizon_us = 0;
    if (options->active_within_us > 0)
        return options->active_within_us;
    wb_project_label(project, NULL, &horizon_us);
    return horizon_us > 0 ? horizon_us : USUAL_LOOK_BACK_US;
}

static wb_status tell_tables(wb_kpis *kpis, const wbi_kpi_data *data, wb_error *err)
{
    const wbi_events *parts[] = {&data->events, &data->costs};
    kpis->tables = wbi_alloc_zeroed(data->events.n_tables + data->costs.n_tables, sizeof *kpis->tables);
    if (kpis->tables == NULL)
        return wbi_fail_nomem(err, data->events.n_tables * sizeof *kpis->tables);
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < parts[k]->n_tables; i++) {
            const wbi_event_table *t = &parts[k]->tables[i];
            wb_kpi_table *told = &kpis->tables[kpis->n_tables++];
            *told = (wb_kpi_table){wbi_strdup(t->binding->def->name), wbi_strdup(t->binding->def->file), t->counts.n_rows, t->counts.n_bad,
                                   t->counts.n_without_key, t->n_after_end};
            if (told->name == NULL || told->file == NULL)
                return wbi_fail_nomem(err, strlen(t->binding->def->file) + 1);
        }
    return WB_OK;
}

static wb_status name_reasons(wb_kpis *kpis, const wbi_dictionary *reasons, const wbi_kpi_data *data, wb_error *err)
{
    if (reasons == NULL) {
        kpis->no_reasons = wbi_strdup(data->no_reasons);
        return kpis->no_reasons == NULL ? wbi_fail_nomem(err, strlen(data->no_reasons) + 1) : WB_OK;
    }
    const size_t n = wbi_dictionary_size(reasons);
    kpis->reasons = wbi_alloc_zeroed(n + 1, sizeof *kpis->reasons);
    if (kpis->reasons == NULL)
        return wbi_fail_nomem(err, (n + 1) * sizeof *kpis->reasons);
    kpis->n_reasons = n + 1;
    for (size_t i = 0; i < n; i++) {
        const wbi_str text = wbi_dictionary_at(reasons, (int32_t)i);
        kpis->reasons[i] = wbi_strndup(text.data, text.length);
        if (kpis->reasons[i] == NULL)
            return wbi_fail_nomem(err, text.length + 1);
    }
    return wbi_kpi_name_rest(&kpis->reasons[n], WBI_KPI_NO_REASON, reasons, err);
}

/* ---- from sums to terms ---- */

static int compare_spent(const void *left, const void *right)
{
    const wbi_kpi_spent *a = left, *b = right;
    return (a->cents < b->cents) - (a->cents > b->cents);
}

/* How many are the fifth of n, rounded up. */
static int64_t fifth(int64_t n)
{
    return (n + 4) / 5;
}

/* Those who spend most are taken group by group in one pass from the top. */
static void find_top(wbi_kpi_sums *sums, const wb_kpis *kpis, size_t period)
{
    const wbi_kpi_spending *spending = &sums->spending[period];
    int64_t *terms = sums->terms + period * kpis->n_groups * WBI_N_SUMMED;
    if (spending->n > 0)
        qsort(spending->items, spending->n, sizeof *spending->items, compare_spent);
    for (size_t i = 0; i < spending->n; i++)
        for (size_t k = 0; k < (spending->items[i].group > 0 ? 2 : 1); k++) {
            int64_t *cell = terms + (k == 0 ? 0 : spending->items[i].group) * (size_t)WBI_N_SUMMED;
            if (cell[WBI_TOP_BUYERS] == fifth(cell[WBI_BUYERS]))
                continue;
            cell[WBI_TOP_BUYERS]++;
            cell[WBI_TOP_REVENUE] += spending->items[i].cents;
        }
}

/* Of n ascending values, value number `at` by how often each comes. */
static double value_at(const uint32_t *counts, uint64_t at)
{
    size_t day = 0;
    for (; at >= counts[day]; day++)
        at -= counts[day];
    return (double)day;
}

static double median_of(const uint32_t *counts, uint64_t n)
{
    return n == 0 ? NAN : (value_at(counts, (n - 1) / 2) + value_at(counts, n / 2)) / 2;
}

static double days_of(const wb_kpi_period *period, wbi_clock clock)
{
    return (double)(wbi_day_of(period->to_us - 1, clock) - wbi_day_of(period->from_us, clock) + 1);
}

static wb_status fail_cost(const wbi_event_table *table, int64_t time_us, double amount, wb_error *err)
{
    char at[WB_TIME_CHARS];
    wb_time_format(time_us, at);
    return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){table->binding->def->file, 0, 0}, NULL, 0,
                       "a cost of %g at %s is too large to be added to the hundredth", amount, at);
}

static wb_status add_costs(int64_t *cents, const wbi_kpi_data *data, const wb_kpis *kpis, wb_error *err)
{
    const wbi_event_table *table = data->costs.n_tables > 0 ? &data->costs.tables[0] : NULL;
    wbi_vector amounts = {0}, kinds = {0};
    wbi_view *view;
    wb_status status;
    if (table == NULL)
        return WB_OK;
    WBI_TRY(wbi_view_create(&view, table->binding, &table->rows, err));
    WBI_TRY_CLEANUP(wbi_view_build(view, table->first, 0, data->costs.n_customers, wbi_kpi_cutoff(data, table), err));
    if (wbi_view_n(view) > 0)
        WBI_TRY_CLEANUP(wbi_view_expr(view, data->cost_amount, &amounts, err));
    if (wbi_view_n(view) > 0 && data->cost_kind != SIZE_MAX)
        WBI_TRY_CLEANUP(wbi_view_expr(view, data->cost_kind, &kinds, err));
    for (size_t i = 0; i < wbi_view_n(view); i++) {
        const int64_t time_us = wbi_view_times(view)[i];
        int64_t amount;
        if (isnan(amounts.numbers[i]) || (kinds.texts != NULL && !wbi_str_is(kinds.texts[i], "acquisition")))
            continue;
        bool fits = wbi_kpi_hundredths(&amount, amounts.numbers[i]);
        for (size_t p = 0; fits && p < kpis->n_periods; p++)
            if (time_us >= kpis->periods[p].from_us && time_us < kpis->periods[p].to_us)
                fits = !__builtin_add_overflow(cents[p], amount, &cents[p]);
        if (!fits)
            WBI_TRY_CLEANUP(fail_cost(table, time_us, amounts.numbers[i], err));
    }
cleanup:
    wbi_view_free(view);
    return status;
}

static void put_terms(wb_kpis *kpis, const wbi_kpi_sums *sums, const int64_t *cost_cents, const wbi_kpi_data *data, double margin)
{
    for (size_t cell = 0; cell < kpis->n_periods * kpis->n_groups; cell++) {
        const size_t p = cell / kpis->n_groups;
        const int64_t *from = sums->terms + cell * WBI_N_SUMMED;
        double *terms = kpis->terms + cell * WBI_N_TERMS;
        for (size_t t = 0; t < WBI_N_SUMMED; t++)
            terms[t] = wbi_kpi_term_in_hundredths(t) ? (double)from[t] / 100 : (double)from[t];
        terms[WBI_MEDIAN_GAP] = median_of(sums->gap_days[cell], (uint64_t)from[WBI_GAPS]);
        terms[WBI_ACQUISITION_COST] = cell % kpis->n_groups == 0 ? (double)cost_cents[p] / 100 : NAN; /* costs know no groups */
        terms[WBI_MARGIN] = margin;
        terms[WBI_DAYS] = days_of(&kpis->periods[p], data->clock);
        terms[WBI_LOOK_BACK_DAYS] = (double)kpis->active_within_us / (double)WB_DAY_US;
        for (size_t t = 0; t < WBI_N_TERMS; t++)
            if (data->why[wbi_kpi_term_need(t)] != NULL)
                terms[t] = NAN;
    }
}

static wb_status make_terms(wb_kpis *kpis, wbi_kpi_sums *sums, const wbi_kpi_data *data, double margin, wb_error *err)
{
    const size_t n = kpis->n_periods * kpis->n_groups;
    int64_t *cost_cents = wbi_alloc_zeroed(kpis->n_periods, sizeof *cost_cents);
    kpis->terms = wbi_alloc_array(n, WBI_N_TERMS * sizeof *kpis->terms);
    wb_status status;
    if (kpis->terms == NULL || cost_cents == NULL)
        status = wbi_fail_nomem(err, n * WBI_N_TERMS * sizeof *kpis->terms);
    else
        status = add_costs(cost_cents, data, kpis, err);
    for (size_t p = 0; status == WB_OK && p < kpis->n_periods; p++)
        find_top(sums, kpis, p);
    if (status == WB_OK)
        put_terms(kpis, sums, cost_cents, data, margin);
    wbi_free(cost_cents);
    return status;
}

static void take_counts(wb_kpis *kpis, wbi_kpi_sums *sums)
{
    kpis->n_lost = sums->n_lost;
    kpis->cohorts.n_customers = sums->cohort_sizes;
    kpis->cohorts.n_ordered = sums->cohort_orders;
    sums->n_lost = sums->cohort_sizes = sums->cohort_orders = NULL;
}

static void warn(const wb_kpis *kpis, const wbi_kpi_sums *sums, wbi_clock clock, const wb_log *log)
{
    char since[WB_TIME_CHARS], first[WB_TIME_CHARS];
    const int64_t since_us = kpis->periods[0].from_us - kpis->active_within_us;
    wb_time_format(since_us, since);
    wb_time_format(kpis->first_us, first);
    if (wbi_day_of(kpis->first_us, clock) > wbi_day_of(since_us, clock))
        wbi_log(log, WB_LOG_WARNING,
                "who was active at the start is told by orders since %s, and the data begin at %s: customers of before count as new", since, first);
    if (sums->n_without_amount > 0)
        wbi_log(log, WB_LOG_WARNING, "%llu order%s without an amount count%s as 0", (unsigned long long)sums->n_without_amount,
                sums->n_without_amount == 1 ? "" : "s", sums->n_without_amount == 1 ? "s" : "");
    if (sums->n_odd_ratings > 0)
        wbi_log(log, WB_LOG_WARNING, "%llu rating%s outside the scale (1 to 5, of NPS 0 to 10) left out", (unsigned long long)sums->n_odd_ratings,
                sums->n_odd_ratings == 1 ? " is" : "s are");
}

/* ---- all of it ---- */

static wb_status need_margin(wbi_kpi_data *data, double margin, wb_error *err)
{
    if (!isnan(margin))
        return WB_OK;
    data->why[WBI_NEED_MARGIN] = wbi_strdup("the margin is not known (campaign: {margin: …} in the project file)");
    return data->why[WBI_NEED_MARGIN] == NULL ? wbi_fail_nomem(err, 64) : WB_OK;
}

static wbi_kpi_walk walk_of(const wb_kpis *kpis, const wbi_kpi_data *data, const wb_read_options *reading)
{
    const int64_t first = wbi_day_of(data->first_us, data->clock), last = wbi_day_of(data->until_us - 1, data->clock);
    return (wbi_kpi_walk){.data = data,
                          .kpis = kpis,
                          .first_day = first,
                          .n_days = (size_t)(last - first) + 2,
                          .n_threads = reading->n_threads,
                          .log = reading->log};
}

static wb_status compute(wb_kpis *kpis, wbi_kpi_data *data, const wb_kpi_options *options, const wb_read_options *reading, wb_error *err)
{
    wbi_kpi_walk walk = walk_of(kpis, data, reading);
    uint32_t *group_of = NULL;
    wbi_kpi_sums sums = {0};
    wb_status status;
    WBI_TRY_CLEANUP(need_margin(data, options->margin, err));
    WBI_TRY_CLEANUP(wbi_kpi_make_periods(kpis, data, options, err));
    WBI_TRY_CLEANUP(wbi_kpi_make_groups(kpis, &group_of, data, options, err));
    WBI_TRY_CLEANUP(wbi_kpi_find_reasons(&walk.reasons, data, err));
    WBI_TRY_CLEANUP(name_reasons(kpis, walk.reasons, data, err));
    walk.group_of = group_of;
    WBI_TRY_CLEANUP(wbi_kpi_sums_make(&sums, kpis, err));
    WBI_TRY_CLEANUP(wbi_kpi_walk_all(&sums, &walk, err));
    WBI_TRY_CLEANUP(make_terms(kpis, &sums, data, options->margin, err));
    WBI_TRY_CLEANUP(wbi_kpi_make_figures(kpis, data->why, err));
    take_counts(kpis, &sums);
    warn(kpis, &sums, data->clock, reading->log);
cleanup:
    wbi_kpi_sums_clear(&sums, kpis);
    wbi_dictionary_free(walk.reasons);
    wbi_free(group_of);
    return status;
}

wb_status wb_kpi_compute(wb_kpis **out, const wb_project *project, const wb_kpi_options *options, const wb_read_options *reading,
                         wb_error *err)
{
    static const wb_kpi_options usual = WB_KPI_OPTIONS_INIT;
    static const wb_read_options usual_reading = WB_READ_OPTIONS_INIT;
    wbi_kpi_data data = {0};
    options = options == NULL ? &usual : options;
    reading = reading == NULL ? &usual_reading : reading;
    WBI_TRY(check(options, err));
    wb_kpis *kpis = wbi_alloc_zeroed(1, sizeof *kpis);
    if (kpis == NULL)
        return wbi_fail_nomem(err, sizeof *kpis);
    wb_status status;
    WBI_TRY_CLEANUP(wbi_kpi_read(&data, project, options->by, reading, err));
    kpis->active_within_us = look_back(project, options);
    kpis->first_us = data.first_us;
    kpis->until_us = data.until_us;
    WBI_TRY_CLEANUP(tell_tables(kpis, &data, err));
    WBI_TRY_CLEANUP(compute(kpis, &data, options, reading, err));
    *out = kpis;
cleanup:
    wbi_kpi_data_clear(&data);
    if (status != WB_OK)
        wb_kpi_free(kpis);
    return status;
}
