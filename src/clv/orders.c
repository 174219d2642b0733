/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clv/orders.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "events/events.h"
#include "events/need.h"
#include "events/view.h"
#include "par/par.h"

enum { CUSTOMERS_A_BLOCK = 1024, A_WEEK = 7 };

/* The table while it is read. */
typedef struct reader {
    const wbi_table_def *def;
    wbi_source *source;
    wbi_bad_rows *bad;
    wbi_binding *binding;
    size_t amount; /* expression; SIZE_MAX: none */
    wbi_events events;
    wbi_clock clock;
    int64_t until_us, horizon_us;
    wbi_view **views; /* one a thread */
    int n_threads;
    wbi_purchaser *purchasers; /* by customer */
} reader;

static void close_reader(reader *r)
{
    for (int k = 0; r->views != NULL && k < r->n_threads; k++)
        wbi_view_free(r->views[k]);
    wbi_free(r->views);
    wbi_events_clear(&r->events);
    wbi_binding_free(r->binding);
    wbi_source_close(r->source);
    wbi_bad_rows_free(r->bad);
    wbi_free(r->purchasers);
}

/* ---- which table, and what an order is worth ---- */

static wb_status find_table(reader *r, const wb_project *project, const char *name, wb_error *err)
{
    enum { MOST_NAMES = 64 };
    const char *names[MOST_NAMES];
    size_t n = 0;
    for (size_t t = 0; t < project->n_tables; t++)
        if (strcmp(project->tables[t].name, name) == 0)
            r->def = &project->tables[t];
    if (r->def != NULL && r->def->time == NULL)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){project->path, r->def->line, 0}, name, strlen(name),
                           "table %s has no time, so nobody buys in it (expected: a table of orders)", name);
    if (r->def != NULL)
        return WB_OK;
    for (; n < project->n_tables && n < MOST_NAMES; n++)
        names[n] = project->tables[n].name;
    const char *near = wbi_nearest(name, names, n);
    wb_status status = wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){project->path, 0, 0}, name, strlen(name),
                                   "there is no table '%s'%s%s%s", name, near != NULL ? " (did you mean '" : "",
                                   near != NULL ? near : "", near != NULL ? "'?)" : "");
    wbi_advise(err, "the orders of customers are needed: --orders FILE, or --table NAME of the project");
    return status;
}

static wb_status bind_amount(reader *r, const char *text, wb_error *err)
{
    static const char usual[] = "amount";
    char missing[64];
    bool can = true;
    r->amount = SIZE_MAX;
    if (text == NULL)
        WBI_TRY(wbi_binding_can(r->binding, usual, &can, missing, err));
    if (!can)
        return WB_OK;
    return wbi_binding_expr(r->binding, text != NULL ? text : usual, (wbi_where){0}, WBI_EXPR_NUMBER, &r->amount, err);
}

/* ---- reading ---- */

static wb_status fail_no_orders(const reader *r, int64_t first_us, wb_error *err)
{
    char until[WB_TIME_CHARS], first[WB_TIME_CHARS];
    wb_time_format(r->until_us, until);
    wb_time_format(first_us, first);
    if (first_us == WB_TIME_MISSING)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){r->def->file, 0, 0}, NULL, 0, "table %s has no rows", r->def->name);
    return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){0}, until, strlen(until),
                       "until %s: no order of table %s was known then (its first row: %s)", until, r->def->name, first);
}

static void settle_until(reader *r, const wb_project *project, const wb_clv_options *o, const wb_log *log)
{
    const int64_t last_us = r->events.tables[0].last_us;
    const int64_t end_us = wbi_day_begin(wbi_day_of(last_us, r->clock) + 1, r->clock) + r->def->delay_us;
    char until[WB_TIME_CHARS], last[WB_TIME_CHARS];
    r->until_us = o->until_us != WB_TIME_MISSING ? o->until_us : project->data_until_us;
    if (r->until_us == WB_TIME_MISSING)
        r->until_us = end_us;
    if (r->until_us <= end_us)
        return;
    wb_time_format(r->until_us, until);
    wb_time_format(last_us, last);
    const long long days = (long long)(wbi_day_of(r->until_us - 1, r->clock) - wbi_day_of(end_us - 1, r->clock));
    if (days > A_WEEK)
        wbi_log(log, WB_LOG_WARNING, "until %s is %lld days after the last row of table %s (%s): all customers seem silent for so long",
                until, days, r->def->name, last);
}

static wb_status read_events(reader *r, const wb_project *project, const wb_clv_options *o, const wb_read_options *reading,
                             wb_error *err)
{
    const wbi_binding *bindings[] = {r->binding};
    wbi_source *sources[] = {r->source};
    const wbi_allowance allowance = {reading->memory_limit_bytes, wbi_need_of_program(reading->n_threads)};
    WBI_TRY(wbi_events_read(&r->events, bindings, sources, 1, &allowance, err));
    WBI_TRY(wbi_bad_rows_finish(r->bad, err));
    if (r->events.tables[0].first_us == WB_TIME_MISSING)
        return fail_no_orders(r, WB_TIME_MISSING, err);
    settle_until(r, project, o, reading->log);
    return wbi_events_arrange(&r->events, r->until_us, reading->n_threads, err);
}

static wb_status open_table(reader *r, const wb_project *project, const wb_clv_options *o, const wb_read_options *reading,
                            wb_error *err)
{
    WBI_TRY(find_table(r, project, o->table != NULL ? o->table : wbi_project_bound_table(project, "rfm", "orders"), err));
    r->clock = wbi_time_format_clock(&r->def->time_format);
    r->horizon_us = o->horizon_us;
    WBI_TRY(wbi_bad_rows_create(&r->bad, reading->on_error, reading->rejects, reading->log, err));
    WBI_TRY(wbi_source_open(&r->source, r->def, r->bad, reading, err));
    WBI_TRY(wbi_binding_create(&r->binding, r->def, r->source, project->path, err));
    WBI_TRY(bind_amount(r, o->amount, err));
    wbi_binding_finish(r->binding);
    return WB_OK;
}

/* ---- from orders to purchases ---- */

static void add_amount(wbi_purchaser *p, double spend, uint32_t n_amounts, bool repeat)
{
    if (n_amounts == 0)
        return;
    p->n_spends++;
    p->spend += spend;
    p->n_repeat_spends += repeat;
    p->repeat_spend += repeat ? spend : 0;
}

/* One customer's orders [begin, end), by time; `amounts` NULL: none are known. */
static void look_at(wbi_purchaser *p, const reader *r, const int64_t *times, const double *amounts, size_t begin, size_t end)
{
    const int64_t seen_us = r->until_us - r->def->delay_us;
    const int64_t first = wbi_day_of(times[begin], r->clock), seen = wbi_day_of(seen_us - 1, r->clock);
    int64_t last = first;
    uint32_t n_dates = 0;
    for (size_t i = begin; i < end;) {
        const int64_t day = wbi_day_of(times[i], r->clock);
        double spend = 0;
        uint32_t n_amounts = 0;
        for (; i < end && wbi_day_of(times[i], r->clock) == day; i++) {
            if (amounts != NULL && !isnan(amounts[i])) {
                spend += amounts[i];
                n_amounts++;
            }
            p->bought_lately |= times[i] >= seen_us - r->horizon_us;
            p->bought_before |= times[i] < seen_us - r->horizon_us && times[i] >= seen_us - 2 * r->horizon_us;
        }
        add_amount(p, spend, n_amounts, n_dates > 0);
        n_dates++;
        last = day;
    }
    p->n_orders = (uint32_t)(end - begin);
    p->history = (wbi_history){n_dates - 1, (uint32_t)(last - first), (uint32_t)(seen - first)};
}

static wb_status look_at_block(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const reader *r = context;
    wbi_view *view = r->views[worker];
    wbi_vector amounts = {0};
    (void)block;
    WBI_TRY(wbi_view_build(view, r->events.tables[0].first, begin, end - begin, r->until_us, err));
    if (r->amount != SIZE_MAX && wbi_view_n(view) > 0)
        WBI_TRY(wbi_view_expr(view, r->amount, &amounts, err));
    const size_t *starts = wbi_view_starts(view);
    for (size_t c = begin; c < end; c++) {
        const size_t k = c - begin;
        r->purchasers[c] = (wbi_purchaser){0};
        if (starts[k] < starts[k + 1])
            look_at(&r->purchasers[c], r, wbi_view_times(view), amounts.numbers, starts[k], starts[k + 1]);
    }
    return WB_OK;
}

static wb_status look_at_all(reader *r, int n_threads, wb_error *err)
{
    const size_t n = r->events.n_customers;
    r->n_threads = wbi_par_threads(n_threads);
    r->views = wbi_alloc_zeroed((size_t)r->n_threads, sizeof(wbi_view *));
    r->purchasers = wbi_alloc_array(n, sizeof *r->purchasers);
    if (r->views == NULL || r->purchasers == NULL)
        return wbi_fail_nomem(err, n * sizeof *r->purchasers);
    for (int k = 0; k < r->n_threads; k++)
        WBI_TRY(wbi_view_create(&r->views[k], r->binding, &r->events.tables[0].rows, err));
    return wbi_par_for(n, CUSTOMERS_A_BLOCK, r->n_threads, look_at_block, r, err);
}

/* Takes those who bought, with ids of their own. */
static wb_status keep_buyers(wbi_orders *out, reader *r, wb_error *err)
{
    size_t n_bytes = 0;
    for (size_t c = 0; c < r->events.n_customers; c++)
        if (r->purchasers[c].n_orders > 0)
            n_bytes += wbi_dictionary_at(r->events.customers, r->events.code_of[c]).length + 1;
    out->ids = wbi_alloc_array(n_bytes, 1);
    if (out->ids == NULL)
        return wbi_fail_nomem(err, n_bytes);
    char *at = out->ids;
    for (size_t c = 0; c < r->events.n_customers; c++) {
        if (r->purchasers[c].n_orders == 0)
            continue;
        const wbi_str id = wbi_dictionary_at(r->events.customers, r->events.code_of[c]);
        memcpy(at, id.data, id.length);
        at[id.length] = '\0';
        r->purchasers[out->n] = r->purchasers[c];
        r->purchasers[out->n++].id = at;
        at += id.length + 1;
    }
    out->purchasers = r->purchasers;
    r->purchasers = NULL;
    return WB_OK;
}

static wb_status take(wbi_orders *out, reader *r, int n_threads, wb_error *err)
{
    const wbi_event_table *table = &r->events.tables[0];
    WBI_TRY(look_at_all(r, n_threads, err));
    WBI_TRY(keep_buyers(out, r, err));
    out->has_amounts = r->amount != SIZE_MAX;
    out->first_us = table->first_us;
    out->until_us = r->until_us;
    out->has_both_stretches = table->first_us <= r->until_us - r->def->delay_us - 2 * r->horizon_us;
    return out->n == 0 ? fail_no_orders(r, table->first_us, err) : WB_OK;
}

wb_status wbi_orders_read(wbi_orders *out, const wb_project *project, const wb_clv_options *options,
                          const wb_read_options *reading, wb_error *err)
{
    reader r = {0};
    wb_error why = {0};
    *out = (wbi_orders){0};
    wb_status status = open_table(&r, project, options, reading, &why);
    if (status == WB_OK)
        status = read_events(&r, project, options, reading, &why);
    if (status == WB_OK)
        status = take(out, &r, reading->n_threads, &why);
    close_reader(&r);
    if (status == WB_OK)
        return WB_OK;
    if (why.file[0] == '\0' && why.line != 0 && project->path != NULL)
        snprintf(why.file, sizeof why.file, "%s", project->path);
    if (err != NULL)
        *err = why;
    wbi_orders_free(out);
    return status;
}

void wbi_orders_free(wbi_orders *orders)
{
    wbi_free(orders->purchasers);
    wbi_free(orders->ids);
    *orders = (wbi_orders){0};
}
