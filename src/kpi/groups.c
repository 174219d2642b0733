/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kpi/groups.h"

#include <string.h>

#include "base/memory.h"
#include "events/view.h"

enum { CUSTOMERS_A_BLOCK = 4096 };

/* Takes the texts of a customer's rows, in the order of their times. */
typedef struct taker {
    wb_status (*take)(void *user, size_t customer, const wbi_str *texts, size_t n, wb_error *err);
    void *user;
} taker;

static wb_status each_customer(const wbi_kpi_data *data, wbi_kpi_column_id column, const taker *to, wb_error *err)
{
    const wbi_event_table *table = wbi_kpi_table(data, wbi_kpi_table_of(column));
    const size_t n_customers = data->events.n_customers;
    wbi_view *view;
    wb_status status = WB_OK;
    WBI_TRY(wbi_view_create(&view, table->binding, &table->rows, err));
    for (size_t c = 0; c < n_customers; c += CUSTOMERS_A_BLOCK) {
        const size_t n = n_customers - c < CUSTOMERS_A_BLOCK ? n_customers - c : CUSTOMERS_A_BLOCK;
        wbi_vector texts = {0};
        WBI_TRY_CLEANUP(wbi_view_build(view, table->first, c, n, wbi_kpi_cutoff(data, table), err));
        if (wbi_view_n(view) > 0)
            WBI_TRY_CLEANUP(wbi_view_expr(view, data->column[column], &texts, err));
        const size_t *starts = wbi_view_starts(view);
        for (size_t k = 0; k < n; k++)
            if (starts[k + 1] > starts[k])
                WBI_TRY_CLEANUP(to->take(to->user, c + k, texts.texts + starts[k], starts[k + 1] - starts[k], err));
    }
cleanup:
    wbi_view_free(view);
    return status;
}

/* ---- reasons ---- */

static wb_status take_reasons(void *user, size_t customer, const wbi_str *texts, size_t n, wb_error *err)
{
    wbi_dictionary *reasons = user;
    int32_t code;
    (void)customer;
    for (size_t i = 0; i < n; i++)
        if (texts[i].data != NULL)
            WBI_TRY(wbi_dictionary_intern(reasons, texts[i].data, texts[i].length, &code, err));
    return WB_OK;
}

wb_status wbi_kpi_find_reasons(wbi_dictionary **reasons, const wbi_kpi_data *data, wb_error *err)
{
    *reasons = NULL;
    if (data->no_reasons != NULL)
        return WB_OK;
    WBI_TRY(wbi_dictionary_create(reasons, err));
    return each_customer(data, WBI_KPI_REASON, &(taker){take_reasons, *reasons}, err);
}

/* ---- groups ---- */

typedef struct grouping {
    wbi_dictionary *levels;
    int32_t *code_of; /* by customer; -1: none */
} grouping;

static wb_status take_group(void *user, size_t customer, const wbi_str *texts, size_t n, wb_error *err)
{
    grouping *g = user;
    const wbi_str text = texts[n - 1];
    return text.data == NULL ? WB_OK : wbi_dictionary_intern(g->levels, text.data, text.length, &g->code_of[customer], err);
}

/* By what the caller says of each. */
static wb_status ask_caller(grouping *g, const wbi_kpi_data *data, const wb_kpi_grouping *by, wb_error *err)
{
    wb_status status = WB_OK;
    for (size_t c = 0; c < data->events.n_customers && status == WB_OK; c++) {
        const wbi_str id = wbi_dictionary_at(data->events.customers, data->events.code_of[c]);
        char *text = wbi_strndup(id.data, id.length);
        if (text == NULL)
            return wbi_fail_nomem(err, id.length + 1);
        const char *name = by->of(by->user, text);
        if (name != NULL)
            status = wbi_dictionary_intern(g->levels, name, strlen(name), &g->code_of[c], err);
        wbi_free(text);
    }
    return status;
}

static wb_status name_group(wb_kpis *kpis, size_t group, wbi_str name, wb_error *err)
{
    kpis->groups[group] = wbi_strndup(name.data, name.length);
    return kpis->groups[group] == NULL ? wbi_fail_nomem(err, name.length + 1) : WB_OK;
}

wb_status wbi_kpi_name_rest(char **out, const char *usual, const wbi_dictionary *levels, wb_error *err)
{
    const size_t n = strlen(usual);
    for (size_t depth = 0;; depth++) {
        char *name = wbi_alloc_array(n + 2 * depth + 1, 1);
        if (name == NULL)
            return wbi_fail_nomem(err, n + 2 * depth + 1);
        memset(name, '(', depth);
        memcpy(name + depth, usual, n);
        memset(name + depth + n, ')', depth);
        name[n + 2 * depth] = '\0';
        *out = name;
        if (wbi_dictionary_find(levels, name, n + 2 * depth) < 0)
            return WB_OK;
        wbi_free(name);
    }
}

/* Levels in the order of their bytes; who has none stands behind them. */
static wb_status name_groups(wb_kpis *kpis, grouping *g, size_t n_customers, wb_error *err)
{
    int32_t *rank = NULL;
    const size_t n = wbi_dictionary_size(g->levels);
    bool any_without = false;
    wb_status status;
    if (n > WBI_KPI_GROUPS)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "%s has %zu values among the customers: at most %d groups are told apart", kpis->by, n, WBI_KPI_GROUPS);
    if ((n + 2) * kpis->n_periods > WBI_KPI_CELLS)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "%zu groups in each of %zu months are too many (at most %d in all): shorten the range", n,
                        kpis->n_periods - 1, WBI_KPI_CELLS);
    for (size_t c = 0; c < n_customers; c++)
        any_without = any_without || g->code_of[c] < 0;
    wbi_free(kpis->groups);
    kpis->n_groups = 0;
    kpis->groups = wbi_alloc_zeroed(n + 2, sizeof *kpis->groups);
    if (kpis->groups == NULL)
        return wbi_fail_nomem(err, (n + 2) * sizeof *kpis->groups);
    kpis->n_groups = n + 1 + any_without;
    WBI_TRY(wbi_dictionary_ranks(g->levels, &rank, err));
    for (size_t code = 0; code < n; code++)
        WBI_TRY_CLEANUP(name_group(kpis, 1 + (size_t)rank[code], wbi_dictionary_at(g->levels, (int32_t)code), err));
    if (any_without)
        WBI_TRY_CLEANUP(wbi_kpi_name_rest(&kpis->groups[n + 1], WBI_KPI_NO_GROUP, g->levels, err));
    for (size_t c = 0; c < n_customers; c++)
        g->code_of[c] = g->code_of[c] < 0 ? (int32_t)n + 1 : rank[g->code_of[c]] + 1;
    status = WB_OK;
cleanup:
    wbi_free(rank);
    return status;
}

/* The caller tells customers apart by what was known before the range, which is nothing before the first order. */
static wb_status ask_before(const wb_kpis *kpis, const wbi_kpi_data *data, const wb_kpi_grouping *by, wb_error *err)
{
    const int64_t from_us = kpis->periods[0].from_us;
    char from[WB_TIME_CHARS], first[WB_TIME_CHARS];
    if (from_us > data->first_us)
        return by->prepare(by->user, from_us, err);
    wb_time_format(from_us, from);
    wb_time_format(data->first_us, first);
    wb_status status = wbi_fail(err, WB_ERR_INCONSISTENT,
                                "groups by %s are those before the range, which begins at %s, and the first order is of %s: nobody is in any",
                                by->name, from, first);
    wbi_advise(err, "begin the range later (--from)");
    return status;
}

static wb_status make_groups(wb_kpis *kpis, grouping *g, const wbi_kpi_data *data, const wb_kpi_options *options, wb_error *err)
{
    const size_t n = data->events.n_customers;
    g->code_of = wbi_alloc_array(n, sizeof *g->code_of);
    if (g->code_of == NULL)
        return wbi_fail_nomem(err, n * sizeof *g->code_of);
    memset(g->code_of, 0xff, n * sizeof *g->code_of);
    WBI_TRY(wbi_dictionary_create(&g->levels, err));
    if (options->grouping == NULL) {
        WBI_TRY(each_customer(data, WBI_KPI_BY, &(taker){take_group, g}, err));
    } else {
        WBI_TRY(ask_before(kpis, data, options->grouping, err));
        WBI_TRY(ask_caller(g, data, options->grouping, err));
    }
    return name_groups(kpis, g, n, err);
}

wb_status wbi_kpi_make_groups(wb_kpis *kpis, uint32_t **group_of, const wbi_kpi_data *data, const wb_kpi_options *options, wb_error *err)
{
    const char *by = options->grouping != NULL ? options->grouping->name : options->by;
    grouping g = {0};
    *group_of = NULL;
    kpis->groups = wbi_alloc_zeroed(1, sizeof *kpis->groups);
    if (kpis->groups == NULL)
        return wbi_fail_nomem(err, sizeof *kpis->groups);
    kpis->n_groups = 1;
    if (by == NULL)
        return WB_OK;
    kpis->by = wbi_strdup(by);
    if (kpis->by == NULL)
        return wbi_fail_nomem(err, strlen(by) + 1);
    wb_status status = make_groups(kpis, &g, data, options, err);
    wbi_dictionary_free(g.levels);
    if (status == WB_OK)
        *group_of = (uint32_t *)g.code_of;
    else
        wbi_free(g.code_of);
    return status;
}
