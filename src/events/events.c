/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events/events.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "events/need.h"
#include "events/redact.h"
#include "io/input.h"

enum { ROWS_A_CHECK = 1 << 17 };

static bool is_odd(int64_t time_us)
{
    static const int64_t year_1900_us = INT64_C(-2208988800) * 1000000, year_2200_us = INT64_C(7258118400) * 1000000;
    return time_us < year_1900_us || time_us >= year_2200_us;
}

static void note_odd_times(wbi_event_table *table, const wbi_batch *batch)
{
    const wbi_packed_rows *rows = batch->rows;
    const int32_t *codes = wbi_packed_codes(&rows->columns[0]);
    for (size_t i = 0; i < rows->n_rows; i++) {
        int64_t time_us = wbi_packed_time(&rows->columns[1], i);
        if (codes[i] < 0 || !is_odd(time_us))
            continue;
        if (table->n_odd++ == 0) {
            table->first_odd_us = time_us;
            table->first_odd_customer = codes[i];
            table->first_odd_line = wbi_batch_line(batch, i);
            snprintf(table->first_odd_file, sizeof table->first_odd_file, "%s", batch->file);
        }
    }
}

static void note_range(wbi_event_table *table, const wbi_batch *batch)
{
    const wbi_packed_rows *rows = batch->rows;
    const int32_t *codes = wbi_packed_codes(&rows->columns[0]);
    int64_t first_us = INT64_MAX, last_us = INT64_MIN;
    for (size_t i = 0; i < rows->n_rows; i++) {
        int64_t time_us = wbi_packed_time(&rows->columns[1], i);
        if (codes[i] >= 0 && time_us < first_us)
            first_us = time_us;
        if (codes[i] >= 0 && time_us > last_us)
            last_us = time_us;
    }
    if (first_us > last_us)
        return;
    if (table->first_us == WB_TIME_MISSING || first_us < table->first_us)
        table->first_us = first_us;
    if (last_us > table->last_us)
        table->last_us = last_us;
    if (is_odd(first_us) || is_odd(last_us))
        note_odd_times(table, batch);
}

/* What reading one table works on. */
typedef struct reading {
    wbi_events *events;
    size_t t;
    size_t n_customers_before, n_runs;
    const wbi_allowance *allowance;
} reading;

/* Customers in a row count once. */
static size_t count_runs(const wbi_packed_rows *rows)
{
    const int32_t *codes = wbi_packed_codes(&rows->columns[0]);
    size_t n = rows->n_rows > 0;
    for (size_t i = 1; i < rows->n_rows; i++)
        n += codes[i] != codes[i - 1];
    return n;
}

static wb_status check_need(const reading *r, size_t n_expected, wb_error *err)
{
    size_t n_rows = r->events->tables[r->t].rows.n_rows;
    const wbi_table_def *def = r->events->tables[r->t].binding->def;
    wbi_seen seen = {r->t, r->n_customers_before, r->n_runs, n_rows > n_expected ? n_rows : n_expected};
    if (def->through_file != NULL) /* all are there before the first row */
        seen.n_customers_before = wbi_dictionary_size(r->events->customers);
    char what[256];
    snprintf(what, sizeof what, "table %.100s with %s %zu rows", def->name, seen.n_rows > n_rows ? "about" : "at least",
             seen.n_rows);
    return wbi_need_check(r->allowance, wbi_need_of_events(r->events, &seen),
                          strcmp(def->file, "-") == 0 ? wbi_input_name(NULL) : def->file, what, err);
}

static wbi_packed_rows behind_customer(const wbi_packed_rows *rows)
{
    return (wbi_packed_rows){rows->n_rows, rows->n_columns - 1, rows->capacity, rows->columns + 1};
}

/* All columns but the first, which the owners stand for. */
static wb_status append_behind_customer(wbi_packed_rows *rows, const wbi_packed_rows *more, size_t n_expected, wb_error *err)
{
    wbi_packed_rows all = behind_customer(rows);
    const wbi_packed_rows added = behind_customer(more);
    WBI_TRY(wbi_packed_append(&all, &added, n_expected, err));
    rows->n_rows = all.n_rows;
    rows->capacity = all.capacity;
    return WB_OK;
}

static wb_status keep_rows(void *context, const wbi_batch *batch, size_t n_expected, wb_error *err)
{
    reading *r = context;
    wbi_packed_rows *rows = batch->rows;
    wbi_event_table *table = &r->events->tables[r->t];
    const wbi_binding *b = table->binding;
    if (b->redacts)
        WBI_TRY(wbi_redact(rows, b, b->redact_us, err));
    if (rows->n_rows > UINT32_MAX - table->rows.n_rows)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "table %s has more than %u rows", b->def->name, UINT32_MAX);
    if (b->def->time != NULL)
        note_range(table, batch);
    WBI_TRY(wbi_owners_append(&table->owners, wbi_packed_codes(&rows->columns[0]), rows->n_rows, err));
    WBI_TRY(append_behind_customer(&table->rows, rows, n_expected, err));
    if (r->allowance->limit_bytes == 0)
        return WB_OK;
    r->n_runs += count_runs(rows);
    const size_t n = table->rows.n_rows;
    return n / ROWS_A_CHECK == (n - rows->n_rows) / ROWS_A_CHECK ? WB_OK : check_need(r, n_expected, err);
}

static wb_status read_table(wbi_events *events, size_t t, wbi_source *source, const wbi_allowance *allowance,
                            wb_error *err)
{
    wbi_event_table *table = &events->tables[t];
    const wbi_binding *b = table->binding;
    reading r = {events, t, wbi_dictionary_size(events->customers), 0, allowance};
    wbi_rows_taker taker = {keep_rows, &r};
    table->first_us = table->last_us = WB_TIME_MISSING;
    WBI_TRY(wbi_source_read(source, &table->rows, events->customers, b->columns, b->n_columns, &table->counts, &taker, err));
    return check_need(&r, 0, err);
}

wb_status wbi_events_read(wbi_events *events, const wbi_binding *const *bindings, wbi_source *const *sources, size_t n,
                          const wbi_allowance *allowance, wb_error *err)
{
    *events = (wbi_events){0};
    WBI_TRY(wbi_dictionary_create(&events->customers, err));
    events->tables = wbi_alloc_zeroed(n, sizeof *events->tables);
    if (events->tables == NULL)
        return wbi_fail_nomem(err, n * sizeof *events->tables);
    events->n_tables = n;
    for (size_t t = 0; t < n; t++) {
        events->tables[t].binding = bindings[t];
        WBI_TRY(read_table(events, t, sources[t], allowance, err));
    }
    return WB_OK;
}

void wbi_events_clear(wbi_events *events)
{
    for (size_t t = 0; events->tables != NULL && t < events->n_tables; t++) {
        wbi_packed_free(&events->tables[t].rows);
        wbi_owners_free(&events->tables[t].owners);
        wbi_free(events->tables[t].first);
    }
    wbi_free(events->tables);
    wbi_free(events->code_of);
    wbi_dictionary_free(events->customers);
    *events = (wbi_events){0};
}
