/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events/events.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "events/need.h"
#include "events/order.h"
#include "events/redact.h"
#include "io/input.h"
#include "par/par.h"

enum { CUSTOMERS_A_BLOCK = 4096, ROWS_A_BLOCK = 65536, MIN_RANGE_BITS = 13, MAX_RANGES = 64, ROWS_A_CHECK = 1 << 17 };

static bool is_odd(int64_t time_us)
{
    static const int64_t year_1900_us = INT64_C(-2208988800) * 1000000, year_2200_us = INT64_C(7258118400) * 1000000;
    return time_us < year_1900_us || time_us >= year_2200_us;
}

static void note_odd_times(wbi_event_table *table, const wbi_packed_rows *rows)
{
    const int32_t *codes = wbi_packed_codes(&rows->columns[0]);
    for (size_t i = 0; i < rows->n_rows; i++) {
        int64_t time_us = wbi_packed_time(&rows->columns[1], i);
        if (codes[i] < 0 || !is_odd(time_us))
            continue;
        if (table->n_odd++ == 0) {
            table->first_odd_us = time_us;
            table->first_odd_customer = codes[i];
        }
    }
}

static void note_range(wbi_event_table *table, const wbi_packed_rows *rows)
{
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
        note_odd_times(table, rows);
}

/* What reading one table works on. */
typedef struct reading {
    wbi_events *events;
    size_t t;
    size_t n_customers_before, n_runs, n_checks;
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

static wb_status keep_rows(void *context, wbi_packed_rows *rows, size_t n_expected, wb_error *err)
{
    reading *r = context;
    wbi_event_table *table = &r->events->tables[r->t];
    const wbi_binding *b = table->binding;
    if (b->redacts)
        WBI_TRY(wbi_redact(rows, b, b->redact_us, err));
    if (rows->n_rows > UINT32_MAX - table->rows.n_rows)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "table %s has more than %u rows", b->def->name, UINT32_MAX);
    if (b->def->time != NULL)
        note_range(table, rows);
    WBI_TRY(wbi_packed_append(&table->rows, rows, n_expected, err));
    if (r->allowance->limit_bytes == 0)
        return WB_OK;
    r->n_runs += count_runs(rows);
    size_t n_checks = table->rows.n_rows / ROWS_A_CHECK;
    if (n_checks == r->n_checks)
        return WB_OK;
    r->n_checks = n_checks;
    return check_need(r, n_expected, err);
}

static wb_status read_table(wbi_events *events, size_t t, wbi_source *source, const wbi_allowance *allowance,
                            wb_error *err)
{
    wbi_event_table *table = &events->tables[t];
    const wbi_binding *b = table->binding;
    reading r = {events, t, wbi_dictionary_size(events->customers), 0, 0, allowance};
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
        wbi_free(events->tables[t].first);
    }
    wbi_free(events->tables);
    wbi_free(events->code_of);
    wbi_dictionary_free(events->customers);
    *events = (wbi_events){0};
}

/* Rows bucketed by customer in two steps, for which the customers are cut into ranges: first the rows of each range are
 * put together, then those of each customer. So what is written to at a time stays in a core's cache, and ranges share
 * nothing. */
typedef struct bucketing {
    int32_t *place; /* by row: its customer's number, -1 when it is not kept */
    const int32_t *rank;
    const wbi_packed *times; /* NULL without time */
    int64_t until_us;
    size_t n_rows, n_customers;
    unsigned range_bits;     /* a range holds 2^range_bits customers */
    uint32_t (*ends)[MAX_RANGES]; /* by block of rows and range: how many rows, then where the next of them goes */
    uint32_t starts[MAX_RANGES + 1]; /* by range: its first row in `ranged` */
    uint32_t *ranged;        /* rows by range, then input order */
    size_t *first;
    uint32_t *row;
} bucketing;

static wb_status place_rows(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const bucketing *b = context;
    uint32_t *count = b->ends[block];
    (void)worker;
    (void)err;
    for (size_t i = begin; i < end; i++) {
        bool kept = b->place[i] >= 0 && (b->times == NULL || wbi_packed_time(b->times, i) < b->until_us);
        b->place[i] = kept ? b->rank[b->place[i]] : -1;
        if (kept)
            count[(uint32_t)b->place[i] >> b->range_bits]++;
    }
    return WB_OK;
}

static void sum_counts(bucketing *b, size_t n_blocks)
{
    uint32_t sum = 0;
    for (size_t r = 0; r < MAX_RANGES; r++) {
        b->starts[r] = sum;
        for (size_t block = 0; block < n_blocks; block++) {
            uint32_t n = b->ends[block][r];
            b->ends[block][r] = sum;
            sum += n;
        }
    }
    b->starts[MAX_RANGES] = sum;
}

static wb_status range_rows(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const bucketing *b = context;
    uint32_t *next = b->ends[block];
    (void)worker;
    (void)err;
    for (size_t i = begin; i < end; i++)
        if (b->place[i] >= 0)
            b->ranged[next[(uint32_t)b->place[i] >> b->range_bits]++] = (uint32_t)i;
    return WB_OK;
}

/* One range. While rows are put down, first[c + 1] is where the next of customer c goes; in the end, where c's end. */
static wb_status bucket_range(void *context, size_t range, size_t begin, size_t end, int worker, wb_error *err)
{
    const bucketing *b = context;
    size_t first = range << b->range_bits, last = (range + 1) << b->range_bits, n = b->starts[range];
    (void)begin;
    (void)end;
    (void)worker;
    (void)err;
    for (uint32_t k = b->starts[range]; k < b->starts[range + 1]; k++)
        b->first[b->place[b->ranged[k]] + 1]++;
    for (size_t c = first; c < last && c < b->n_customers; c++) {
        size_t n_rows = b->first[c + 1];
        b->first[c + 1] = n;
        n += n_rows;
    }
    for (uint32_t k = b->starts[range]; k < b->starts[range + 1]; k++)
        b->row[b->first[b->place[b->ranged[k]] + 1]++] = b->ranged[k];
    return WB_OK;
}

static unsigned bits_of_range(size_t n_customers)
{
    unsigned bits = MIN_RANGE_BITS;
    while (n_customers >> bits >= MAX_RANGES)
        bits++;
    return bits;
}

static wb_status run_bucketing(bucketing *b, int n_threads, wb_error *err)
{
    size_t n_blocks = wbi_par_n_blocks(b->n_rows, ROWS_A_BLOCK);
    WBI_TRY(wbi_par_for(b->n_rows, ROWS_A_BLOCK, n_threads, place_rows, b, err));
    sum_counts(b, n_blocks);
    WBI_TRY(wbi_par_for(b->n_rows, ROWS_A_BLOCK, n_threads, range_rows, b, err));
    return wbi_par_for(wbi_par_n_blocks(b->n_customers, (size_t)1 << b->range_bits), 1, n_threads, bucket_range, b, err);
}

/* Counting sort of the kept rows by customer; input order within a customer. */
static wb_status bucket(wbi_event_table *table, const int32_t *rank, size_t n_customers, int64_t until_us,
                        uint32_t **out, int n_threads, wb_error *err)
{
    wbi_packed *columns = table->rows.columns;
    bucketing b = {.place = columns[0].values,
                   .rank = rank,
                   .times = table->binding->def->time != NULL ? &columns[1] : NULL,
                   .until_us = until_us,
                   .n_rows = table->rows.n_rows,
                   .n_customers = n_customers,
                   .range_bits = bits_of_range(n_customers)};
    b.first = table->first = wbi_alloc_zeroed(n_customers + 1, sizeof *table->first);
    b.row = *out = wbi_alloc_array(b.n_rows, sizeof *b.row);
    b.ranged = wbi_alloc_array(b.n_rows, sizeof *b.ranged);
    b.ends = wbi_alloc_zeroed(wbi_par_n_blocks(b.n_rows, ROWS_A_BLOCK), sizeof *b.ends);
    wb_status status;
    if (b.first == NULL || b.row == NULL || b.ranged == NULL || b.ends == NULL)
        status = wbi_fail_nomem(err, (b.n_rows + n_customers) * sizeof *b.first);
    else
        status = run_bucketing(&b, n_threads, err);
    wbi_free(b.ranged);
    wbi_free(b.ends);
    if (status == WB_OK) {
        table->n_after_end = table->counts.n_rows - b.starts[MAX_RANGES];
        table->counts.n_rows = b.starts[MAX_RANGES];
    }
    return status;
}

typedef struct sorting {
    const wbi_order *order;
    const size_t *first;
    uint32_t *row;
} sorting;

static wb_status sort_customers(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const sorting *s = context;
    (void)block;
    (void)worker;
    for (size_t c = begin; c < end; c++)
        WBI_TRY(wbi_order_sort(s->order, s->row + s->first[c], s->first[c + 1] - s->first[c], err));
    return WB_OK;
}

typedef struct moving {
    const char *from;
    char *to;
    size_t width;
    const uint32_t *row;
} moving;

/* Rows lie anywhere, so what is moved next is fetched beforehand. `width` is a constant to the compiler. */
static inline void move_values(const moving *m, size_t begin, size_t end, size_t width)
{
    enum { AHEAD = 24 };
    for (size_t i = begin; i < end; i++) {
        __builtin_prefetch(m->from + m->row[i + AHEAD < end ? i + AHEAD : i] * width);
        memcpy(m->to + i * width, m->from + m->row[i] * width, width);
    }
}

static wb_status move_rows(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const moving *m = context;
    (void)block;
    (void)worker;
    (void)err;
    if (m->width == 8)
        move_values(m, begin, end, 8);
    else if (m->width == 4)
        move_values(m, begin, end, 4);
    else
        move_values(m, begin, end, 1);
    return WB_OK;
}

/* `spare` holds, by the width of a value, the place of a column moved before. */
static wb_status permute_column(wbi_packed *column, const uint32_t *row, size_t n, void *spare[9], int n_threads,
                                wb_error *err)
{
    size_t width = wbi_packed_width(column->packing);
    if (spare[width] == NULL)
        spare[width] = wbi_alloc_aligned(n, width);
    if (spare[width] == NULL)
        return wbi_fail_nomem(err, n * width);
    moving m = {column->values, spare[width], width, row};
    wb_status status = wbi_par_for(n, ROWS_A_BLOCK, n_threads, move_rows, &m, err);
    spare[width] = column->values;
    column->values = m.to;
    return status;
}

static bool stand_in_order(const uint32_t *row, size_t n)
{
    size_t i = 0;
    while (i < n && row[i] == i)
        i++;
    return i == n;
}

static wb_status permute_columns(wbi_packed_rows *rows, const uint32_t *row, size_t n, int n_threads, wb_error *err)
{
    void *spare[9] = {NULL};
    wb_status status = WB_OK;
    for (size_t k = 1; k < rows->n_columns && status == WB_OK; k++)
        status = permute_column(&rows->columns[k], row, n, spare, n_threads, err);
    for (size_t width = 0; width < 9; width++)
        wbi_free(spare[width]);
    rows->n_rows = n;
    return status;
}

/* Where a row lies says whose it is. */
static void forget_customers(wbi_packed_rows *rows)
{
    wbi_free(rows->columns[0].values);
    rows->columns[0].values = NULL;
}

static wb_status arrange_table(wbi_event_table *table, const int32_t *rank, size_t n_customers, int64_t until_us,
                               int n_threads, wb_error *err)
{
    wbi_order *order = NULL;
    uint32_t *row = NULL;
    wb_status status;
    WBI_TRY_CLEANUP(bucket(table, rank, n_customers, until_us, &row, n_threads, err));
    forget_customers(&table->rows);
    WBI_TRY_CLEANUP(wbi_order_create(&order, table->binding, &table->rows, err));
    sorting s = {order, table->first, row};
    WBI_TRY_CLEANUP(wbi_par_for(n_customers, CUSTOMERS_A_BLOCK, n_threads, sort_customers, &s, err));
    wbi_order_free(order);
    order = NULL;
    size_t n = table->first[n_customers];
    if (n != table->rows.n_rows || !stand_in_order(row, n))
        WBI_TRY_CLEANUP(permute_columns(&table->rows, row, n, n_threads, err));
cleanup:
    wbi_order_free(order);
    wbi_free(row);
    return status;
}

wb_status wbi_events_arrange(wbi_events *events, int64_t until_us, int n_threads, wb_error *err)
{
    int32_t *rank = NULL;
    wb_status status;
    events->n_customers = wbi_dictionary_size(events->customers);
    WBI_TRY_CLEANUP(wbi_dictionary_ranks(events->customers, &rank, err));
    events->code_of = wbi_alloc_array(events->n_customers, sizeof *events->code_of);
    if (events->code_of == NULL) {
        status = wbi_fail_nomem(err, events->n_customers * sizeof *events->code_of);
        goto cleanup;
    }
    for (size_t code = 0; code < events->n_customers; code++)
        events->code_of[rank[code]] = (int32_t)code;
    for (size_t t = 0; t < events->n_tables; t++)
        WBI_TRY_CLEANUP(
            arrange_table(&events->tables[t], rank, events->n_customers, until_us, n_threads, err));
cleanup:
    wbi_free(rank);
    return status;
}
