/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the customers ordered after the mailing: the project's orders, with all that its table says of them, as known now. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "events/view.h"
#include "events/events.h"
#include "readout/readout.h"

enum { CUSTOMERS_A_BLOCK = 4096, ORDERS = 0, CUSTOMERS = 1, CONVERSION = 0, REVENUE = 1 };
static const int64_t day_us = INT64_C(86400) * 1000000;

typedef struct order_book {
    wbi_readout *r;
    const wb_readout_source *source;
    wbi_bad_rows *bad;
    wbi_source *sources[2];
    wbi_binding *bindings[2];
    size_t n_tables;
    wbi_events events;
    size_t amount, redeemed; /* expressions; SIZE_MAX: none */
    int64_t end_us;          /* of what is looked at */
    int32_t *row_of;         /* by customer of the events; -1: not of the campaign */
} order_book;

/* ---- opening ---- */

static wb_status open_table(order_book *b, const wb_project *project, const wbi_table_def *def, const wb_read_options *reading,
                            wb_error *err)
{
    const size_t t = b->n_tables;
    WBI_TRY(wbi_source_open(&b->sources[t], def, b->bad, reading, err));
    b->n_tables++;
    return wbi_binding_create(&b->bindings[t], def, b->sources[t], project->path, err);
}

static wb_status no_orders(const wb_project *project, const char *table, wb_error *err)
{
    wb_status status = wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){project->path, 0, 0}, NULL, 0,
                                   "there is no table %s: who bought after the mailing is not known", table);
    wbi_advise(err, "name it in the project file (tables:), or by --orders FILE");
    return status;
}

static wb_status bind(order_book *b, wb_error *err)
{
    wbi_binding *orders = b->bindings[ORDERS];
    const wbi_where nowhere = {NULL, 0, 0};
    char missing[64];
    bool can;
    b->amount = b->redeemed = SIZE_MAX;
    if (orders->def->time == NULL)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){NULL, orders->def->line, 0}, NULL, 0,
                           "table %s has no time: what came after the mailing is not known", orders->def->name);
    WBI_TRY(wbi_binding_can(orders, "amount", &can, missing, err));
    if (can)
        WBI_TRY(wbi_binding_expr(orders, "amount", nowhere, WBI_EXPR_NUMBER, &b->amount, err));
    if (b->source->redeemed != NULL)
        WBI_TRY(wbi_binding_expr(orders, b->source->redeemed, nowhere, WBI_EXPR_BOOL, &b->redeemed, err));
    wbi_binding_finish(orders);
    return WB_OK;
}

static wb_status open_tables(order_book *b, const wb_project *project, const wb_read_options *reading, wb_error *err)
{
    const char *name = wbi_project_bound_table(project, "rfm", "orders");
    const wbi_table_def *orders = wbi_project_table(project, name);
    const wbi_table_def *customers = wbi_project_table(project, wbi_project_bound_table(project, "profile", "customers"));
    if (orders == NULL || orders->file == NULL)
        return no_orders(project, name, err);
    WBI_TRY(wbi_bad_rows_create(&b->bad, reading->on_error, reading->rejects, reading->log, err));
    WBI_TRY(open_table(b, project, orders, reading, err));
    if (customers != NULL && customers->file != NULL)
        WBI_TRY(open_table(b, project, customers, reading, err));
    return bind(b, err);
}

/* ---- until when ---- */

static int64_t end_of_data(const order_book *b, const wb_project *project)
{
    const int64_t last_us = b->events.tables[ORDERS].last_us, said_us = project->data_until_us;
    const wbi_clock clock = wbi_time_format_clock(&b->bindings[ORDERS]->def->time_format);
    const int64_t seen_us = last_us == WB_TIME_MISSING ? last_us : wbi_day_begin(wbi_day_of(last_us, clock) + 1, clock);
    return said_us > seen_us ? said_us : seen_us; /* missing is the least */
}

/* What was sold before the first order is not in the data, so nothing is known of customers then. */
static wb_status check_begin(const order_book *b, const wb_log *log, wb_error *err)
{
    const int64_t first_us = b->events.tables[ORDERS].first_us, sent_us = b->r->result.sent_at_us;
    char first[WB_TIME_CHARS], sent[WB_TIME_CHARS], end[WB_TIME_CHARS];
    if (first_us <= sent_us)
        return WB_OK;
    wb_time_format(first_us, first);
    wb_time_format(sent_us, sent);
    wb_time_format(b->end_us, end);
    if (first_us >= b->end_us)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){b->bindings[ORDERS]->def->file, 0, 0}, NULL, 0,
                           "the orders begin at %s, and those from %s to before %s were to be read out: none can be", first, sent, end);
    wbi_log(log, WB_LOG_WARNING, "the orders begin at %s, after the campaign was sent (%s): what was ordered between is not known",
            first, sent);
    return WB_OK;
}

/* data_until: of the project is when the model's data ended, which orders after the mailing lie behind. */
static wb_status find_end(order_book *b, const wb_project *project, const wb_log *log, wb_error *err)
{
    wb_readout *result = &b->r->result;
    const int64_t data_us = end_of_data(b, project), sent_us = result->sent_at_us;
    char sent[WB_TIME_CHARS], ends[WB_TIME_CHARS];
    if (result->horizon_us > INT64_MAX / 2 - (sent_us > 0 ? sent_us : 0))
        return wbi_fail(err, WB_ERR_ARGUMENT, "a horizon of %lld days is too long", (long long)(result->horizon_us / day_us));
    b->end_us = sent_us + result->horizon_us;
    wb_time_format(sent_us, sent);
    if (data_us == WB_TIME_MISSING || data_us <= sent_us) {
        wb_time_format(data_us, ends);
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){b->bindings[ORDERS]->def->file, 0, 0}, NULL, 0,
                           "the orders end before %s and the campaign was sent at %s: there is nothing to read out yet",
                           data_us == WB_TIME_MISSING ? "they begin" : ends, sent);
    }
    if (data_us < b->end_us) {
        wb_time_format(data_us, ends);
        wbi_log(log, WB_LOG_WARNING, "the orders end before %s, %.1f of %.1f days after the campaign was sent: figures are of these",
                ends, (double)(data_us - sent_us) / (double)day_us, (double)result->horizon_us / (double)day_us);
        b->end_us = data_us;
    }
    result->until_us = b->end_us;
    return WB_OK;
}

/* ---- who is known ---- */

static wb_status match_customers(order_book *b, wb_error *err)
{
    const wbi_readout_trial_rows *rows = &b->r->rows;
    wb_readout *result = &b->r->result;
    const size_t n_codes = wbi_dictionary_size(b->events.customers);
    WBI_TRY(wbi_dictionary_index(b->events.customers, err));
    int32_t *row_of_code = wbi_alloc_array(n_codes, sizeof *row_of_code);
    b->row_of = wbi_alloc_array(b->events.n_customers, sizeof *b->row_of);
    if (row_of_code == NULL || b->row_of == NULL) {
        wbi_free(row_of_code);
        return wbi_fail_nomem(err, n_codes * sizeof *row_of_code);
    }
    for (size_t c = 0; c < n_codes; c++)
        row_of_code[c] = -1;
    wb_status status = WB_OK;
    for (size_t row = 0; row < rows->n && status == WB_OK; row++) {
        const wbi_str id = wbi_dictionary_at(rows->ids, (int32_t)row);
        const int32_t code = wbi_dictionary_find(b->events.customers, id.data, id.length);
        if (code >= 0)
            row_of_code[code] = (int32_t)row;
        else if (result->n_unknown++ == 0)
            status = wbi_readout_keep(b->r, &result->first_unknown, id.data, id.length, err);
    }
    for (size_t c = 0; c < b->events.n_customers; c++)
        b->row_of[c] = row_of_code[b->events.code_of[c]];
    wbi_free(row_of_code);
    return status;
}

/* A few may have been deleted since, and count as customers without an order; of most of them the keys are written in two ways. */
static wb_status check_known(const order_book *b, const wb_log *log, wb_error *err)
{
    const wb_readout *result = &b->r->result;
    const unsigned long long n = result->n_unknown, of = b->r->rows.n;
    const bool two = b->n_tables > CUSTOMERS;
    char where[256];
    snprintf(where, sizeof where, "%.100s%s%.100s", b->bindings[ORDERS]->def->name, two ? " or " : "",
             two ? b->bindings[CUSTOMERS]->def->name : "");
    if (2 * n > of)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){b->source->contacts != NULL ? b->source->contacts : b->source->list, 0, 0},
                           result->first_unknown, strlen(result->first_unknown),
                           "%llu of %llu customers are not in %s, '%s' first: are the ids written alike?", n, of, where,
                           result->first_unknown);
    if (n > 0)
        wbi_log(log, WB_LOG_WARNING, "%llu of %llu customers are not in %s, '%s' first: they count as without an order", n, of, where,
                result->first_unknown);
    return WB_OK;
}

/* ---- adding up ---- */

typedef struct order_values {
    const int64_t *times;
    const double *amounts;    /* NULL: no such column */
    const uint8_t *redeemed;  /* NULL: not asked */
} order_values;

static wb_status fail_amount(const order_book *b, size_t row, double amount, wb_error *err)
{
    const wbi_str id = wbi_dictionary_at(b->r->rows.ids, (int32_t)row);
    char shown[64];
    return wbi_fail(err, WB_ERR_INCONSISTENT, "an order of customer '%s' has the amount %g, expected one from -1e12 to 1e12",
                    wbi_printable(shown, sizeof shown, id.data, id.length), amount);
}

static wb_status add_order(order_book *b, size_t row, const order_values *v, size_t i, wb_error *err)
{
    wbi_readout_trial_rows *rows = &b->r->rows;
    if (v->times[i] < b->r->result.sent_at_us || v->times[i] >= b->end_us)
        return WB_OK;
    b->r->result.n_orders++;
    rows->outcome[CONVERSION][row] = 1;
    if (v->redeemed != NULL && v->redeemed[i] == WBI_TRUE)
        rows->redeemed[row] = 1;
    if (v->amounts == NULL)
        return WB_OK;
    if (isnan(v->amounts[i])) {
        b->r->result.n_without_amount++;
        return WB_OK;
    }
    if (!wbi_readout_is_amount(v->amounts[i]))
        return fail_amount(b, row, v->amounts[i], err);
    if (__builtin_add_overflow(rows->cents[REVENUE][row], (int64_t)llround(100 * v->amounts[i]), &rows->cents[REVENUE][row]))
        return fail_amount(b, row, v->amounts[i], err);
    return WB_OK;
}

static wb_status add_block(order_book *b, wbi_view *view, size_t first, size_t n, wb_error *err)
{
    wbi_vector amounts = {0}, redeemed = {0};
    WBI_TRY(wbi_view_build(view, b->events.tables[ORDERS].first, first, n, WBI_VIEW_ALL, err));
    if (wbi_view_n(view) == 0)
        return WB_OK;
    if (b->amount != SIZE_MAX)
        WBI_TRY(wbi_view_expr(view, b->amount, &amounts, err));
    if (b->redeemed != SIZE_MAX)
        WBI_TRY(wbi_view_expr(view, b->redeemed, &redeemed, err));
    const size_t *starts = wbi_view_starts(view);
    const order_values values = {wbi_view_times(view), amounts.numbers, redeemed.bools};
    for (size_t k = 0; k < n; k++)
        for (size_t i = starts[k]; b->row_of[first + k] >= 0 && i < starts[k + 1]; i++)
            WBI_TRY(add_order(b, (size_t)b->row_of[first + k], &values, i, err));
    return WB_OK;
}

static wb_status add_up(order_book *b, wb_error *err)
{
    wbi_view *view;
    wbi_readout_trial_rows *rows = &b->r->rows;
    wb_status status = WB_OK;
    WBI_TRY(wbi_readout_add_measure(b->r, "conversion", WB_READOUT_RATE, err));
    if (b->amount != SIZE_MAX)
        WBI_TRY(wbi_readout_add_measure(b->r, "revenue", WB_READOUT_MONEY, err));
    WBI_TRY(wbi_readout_reserve_outcomes(b->r, err));
    if (b->redeemed != SIZE_MAX && (rows->redeemed = wbi_alloc_zeroed(rows->n, sizeof *rows->redeemed)) == NULL)
        return wbi_fail_nomem(err, rows->n);
    WBI_TRY(wbi_view_create(&view, b->bindings[ORDERS], &b->events.tables[ORDERS].rows, err));
    for (size_t c = 0; c < b->events.n_customers && status == WB_OK; c += CUSTOMERS_A_BLOCK) {
        const size_t left = b->events.n_customers - c;
        status = add_block(b, view, c, left < CUSTOMERS_A_BLOCK ? left : CUSTOMERS_A_BLOCK, err);
    }
    wbi_view_free(view);
    return status;
}

static void warn_of_amounts(const order_book *b, const wb_log *log)
{
    if (b->amount == SIZE_MAX)
        wbi_log(log, WB_LOG_WARNING, "orders have no column amount: revenue, margin and return are not known");
    else if (b->r->result.n_without_amount > 0)
        wbi_log(log, WB_LOG_WARNING, "%llu of %llu orders have no amount: they count as orders, and as nothing in revenue",
                (unsigned long long)b->r->result.n_without_amount, (unsigned long long)b->r->result.n_orders);
}

static void close_book(order_book *b)
{
    wbi_events_clear(&b->events);
    for (size_t t = 0; t < 2; t++) {
        wbi_binding_free(b->bindings[t]);
        wbi_source_close(b->sources[t]);
    }
    wbi_bad_rows_free(b->bad);
    wbi_free(b->row_of);
}

wb_status wbi_readout_read_orders(wbi_readout *r, const wb_project *project, const wb_readout_source *source,
                                  const wb_read_options *reading, wb_error *err)
{
    order_book b = {.r = r, .source = source};
    const wbi_allowance allowance = {reading->memory_limit_bytes, 0};
    wb_status status;
    WBI_TRY_CLEANUP(open_tables(&b, project, reading, err));
    WBI_TRY_CLEANUP(wbi_events_read(&b.events, (const wbi_binding *const *)b.bindings, b.sources, b.n_tables, &allowance, err));
    WBI_TRY_CLEANUP(wbi_bad_rows_finish(b.bad, err));
    WBI_TRY_CLEANUP(find_end(&b, project, reading->log, err));
    WBI_TRY_CLEANUP(check_begin(&b, reading->log, err));
    WBI_TRY_CLEANUP(wbi_events_arrange(&b.events, b.end_us, reading->n_threads, err));
    WBI_TRY_CLEANUP(match_customers(&b, err));
    WBI_TRY_CLEANUP(check_known(&b, reading->log, err));
    WBI_TRY_CLEANUP(add_up(&b, err));
    warn_of_amounts(&b, reading->log);
cleanup:
    close_book(&b);
    return status;
}
