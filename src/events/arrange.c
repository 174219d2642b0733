/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of each table, put in order by customer, then as wbi_order says. */
#include <string.h>

#include "base/memory.h"
#include "events/events.h"
#include "events/order.h"
#include "par/par.h"

enum { CUSTOMERS_A_BLOCK = 4096, CUSTOMERS_A_LOOK = 64, RUNS_A_BLOCK = 65536, ROWS_A_BLOCK = 65536 };
enum { MIN_RANGE_BITS = 13, MAX_RANGES = 64 };

/* What arranging one table works on. */
typedef struct arranging {
    wbi_event_table *table;
    wbi_packed *columns;
    const wbi_packed *times; /* NULL without time */
    wbi_owners *owners;      /* by run: its customer's code, then number */
    const int32_t *rank;     /* by code of a customer: its number */
    int64_t until_us;
    size_t n_rows, n_customers;
    int n_threads;
    wbi_order *order;
    bool *grouped;  /* by block of runs: all have customers, and these ascend */
    int32_t *place; /* by row: its customer's number, -1 when it is not kept */
    uint32_t (*counts)[MAX_RANGES]; /* by block of rows and range of customers: how many rows, then where the next goes */
    unsigned range_bits;            /* a range holds 2^range_bits customers */
    uint32_t starts[MAX_RANGES + 1]; /* by range: its first row in `ranged` */
    uint32_t *ranged;               /* rows by range, then input order */
    size_t *first;
    uint32_t *row; /* the rows in order */
} arranging;

static unsigned bits_of_range(size_t n_customers)
{
    unsigned bits = MIN_RANGE_BITS;
    while (n_customers >> bits >= MAX_RANGES)
        bits++;
    return bits;
}

static wb_status rank_runs(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const arranging *a = context;
    int32_t *const place = a->owners->codes, before = 0;
    bool grouped = true;
    (void)worker;
    (void)err;
    for (size_t run = begin; run < end; run++) {
        place[run] = place[run] < 0 ? -1 : a->rank[place[run]];
        grouped &= place[run] >= before;
        before = place[run];
    }
    a->grouped[block] = grouped;
    return WB_OK;
}

/* ---- rows that lie by customer already ---- */

/* Whether they do, and all are kept. */
static bool are_grouped(const arranging *a)
{
    const int32_t *place = a->owners->codes;
    if (a->times != NULL && a->n_rows > 0 && a->table->last_us >= a->until_us)
        return false;
    for (size_t block = 0; block < wbi_par_n_blocks(a->owners->n_runs, RUNS_A_BLOCK); block++) {
        const size_t begin = block * RUNS_A_BLOCK;
        if (!a->grouped[block] || (begin > 0 && place[begin] < place[begin - 1]))
            return false;
    }
    return true;
}

static wb_status find_first_rows(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const arranging *a = context;
    const int32_t *place = a->owners->codes;
    size_t c = begin == 0 ? 0 : (size_t)place[begin - 1] + 1;
    (void)block;
    (void)worker;
    (void)err;
    for (size_t run = begin; run < end; run++)
        while (c <= (size_t)place[run])
            a->first[c++] = wbi_owners_first_row(a->owners, run);
    while (end == a->owners->n_runs && c <= a->n_customers)
        a->first[c++] = a->n_rows;
    return WB_OK;
}

/* Puts the rows row[0..n) of a column where begin..begin+n are, which hold them. */
static void move_within(wbi_packed *column, size_t begin, const uint32_t *row, size_t n, char *spare)
{
    const size_t width = wbi_packed_width(column->packing);
    char *values = column->values;
    for (size_t i = 0; i < n; i++)
        memcpy(spare + i * width, values + row[i] * width, width);
    memcpy(values + begin * width, spare, n * width);
}

static wb_status sort_within(const arranging *a, size_t begin, size_t n, wb_error *err)
{
    uint32_t *row = wbi_alloc_array(n, sizeof *row);
    char *spare = wbi_alloc_array(n, sizeof(double));
    wb_status status = WB_OK;
    if (row == NULL || spare == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, n * sizeof(double)));
    for (size_t i = 0; i < n; i++)
        row[i] = (uint32_t)(begin + i);
    WBI_TRY_CLEANUP(wbi_order_sort(a->order, row, n, err));
    for (size_t k = 1; k < a->table->rows.n_columns; k++)
        move_within(&a->columns[k], begin, row, n, spare);
cleanup:
    wbi_free(row);
    wbi_free(spare);
    return status;
}

static wb_status sort_grouped(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const arranging *a = context;
    (void)block;
    (void)worker;
    for (size_t few = begin, few_end; few < end; few = few_end) {
        few_end = end - few < CUSTOMERS_A_LOOK ? end : few + CUSTOMERS_A_LOOK;
        if (wbi_order_is_of_times(a->order, a->first + few, few_end - few))
            continue;
        for (size_t c = few; c < few_end; c++) {
            const size_t first = a->first[c], n = a->first[c + 1] - first;
            if (!wbi_order_holds(a->order, first, n))
                WBI_TRY(sort_within(a, first, n, err));
        }
    }
    return WB_OK;
}

/* ---- rows that lie anyhow ---- */

static wb_status place_rows(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const arranging *a = context;
    uint32_t *count = a->counts[block];
    (void)worker;
    (void)err;
    for (size_t i = begin; i < end; i++) {
        if (a->times != NULL && wbi_packed_time(a->times, i) >= a->until_us)
            a->place[i] = -1;
        if (a->place[i] >= 0)
            count[(uint32_t)a->place[i] >> a->range_bits]++;
    }
    return WB_OK;
}

/* Rows are bucketed by customer in two steps, for which the customers are cut into ranges: first the rows of each range
 * are put together, then those of each customer. So what is written to at a time stays in a core's cache, and ranges
 * share nothing. */
static void sum_counts(arranging *a, size_t n_blocks)
{
    uint32_t sum = 0;
    for (size_t r = 0; r < MAX_RANGES; r++) {
        a->starts[r] = sum;
        for (size_t block = 0; block < n_blocks; block++) {
            uint32_t n = a->counts[block][r];
            a->counts[block][r] = sum;
            sum += n;
        }
    }
    a->starts[MAX_RANGES] = sum;
}

static wb_status range_rows(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const arranging *a = context;
    uint32_t *next = a->counts[block];
    (void)worker;
    (void)err;
    for (size_t i = begin; i < end; i++)
        if (a->place[i] >= 0)
            a->ranged[next[(uint32_t)a->place[i] >> a->range_bits]++] = (uint32_t)i;
    return WB_OK;
}

/* One range. While rows are put down, first[c + 1] is where the next of customer c goes; in the end, where c's end. */
static wb_status bucket_range(void *context, size_t range, size_t begin, size_t end, int worker, wb_error *err)
{
    const arranging *a = context;
    size_t first = range << a->range_bits, last = (range + 1) << a->range_bits, n = a->starts[range];
    (void)begin;
    (void)end;
    (void)worker;
    (void)err;
    for (uint32_t k = a->starts[range]; k < a->starts[range + 1]; k++)
        a->first[a->place[a->ranged[k]] + 1]++;
    for (size_t c = first; c < last && c < a->n_customers; c++) {
        size_t n_rows = a->first[c + 1];
        a->first[c + 1] = n;
        n += n_rows;
    }
    for (uint32_t k = a->starts[range]; k < a->starts[range + 1]; k++)
        a->row[a->first[a->place[a->ranged[k]] + 1]++] = a->ranged[k];
    return WB_OK;
}

static wb_status sort_customers(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const arranging *a = context;
    (void)block;
    (void)worker;
    for (size_t c = begin; c < end; c++)
        WBI_TRY(wbi_order_sort(a->order, a->row + a->first[c], a->first[c + 1] - a->first[c], err));
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

static wb_status bucket_rows(arranging *a, wb_error *err)
{
    const size_t n_ranges = wbi_par_n_blocks(a->n_customers, (size_t)1 << a->range_bits);
    const size_t n_blocks = wbi_par_n_blocks(a->n_rows, ROWS_A_BLOCK);
    WBI_TRY(wbi_owners_spread(a->owners, err));
    a->place = a->owners->codes;
    a->counts = wbi_alloc_zeroed(n_blocks, sizeof *a->counts);
    if (a->counts == NULL)
        return wbi_fail_nomem(err, n_blocks * sizeof *a->counts);
    WBI_TRY(wbi_par_for(a->n_rows, ROWS_A_BLOCK, a->n_threads, place_rows, a, err));
    sum_counts(a, n_blocks);
    a->row = wbi_alloc_array(a->n_rows, sizeof *a->row);
    a->ranged = wbi_alloc_array(a->n_rows, sizeof *a->ranged);
    if (a->row == NULL || a->ranged == NULL)
        return wbi_fail_nomem(err, a->n_rows * sizeof *a->row);
    WBI_TRY(wbi_par_for(a->n_rows, ROWS_A_BLOCK, a->n_threads, range_rows, a, err));
    WBI_TRY(wbi_par_for(n_ranges, 1, a->n_threads, bucket_range, a, err));
    wbi_free(a->ranged);
    a->ranged = NULL;
    return WB_OK;
}

/* Where a row lies says whose it is in the end. */
static wb_status arrange_rows(arranging *a, wb_error *err)
{
    WBI_TRY(wbi_par_for(a->owners->n_runs, RUNS_A_BLOCK, a->n_threads, rank_runs, a, err));
    const bool grouped = are_grouped(a);
    if (grouped)
        WBI_TRY(wbi_par_for(a->owners->n_runs, RUNS_A_BLOCK, a->n_threads, find_first_rows, a, err));
    else
        WBI_TRY(bucket_rows(a, err));
    wbi_owners_free(a->owners);
    WBI_TRY(wbi_order_create(&a->order, a->table->binding, &a->table->rows, err));
    WBI_TRY(wbi_par_for(a->n_customers, CUSTOMERS_A_BLOCK, a->n_threads, grouped ? sort_grouped : sort_customers, a, err));
    return grouped ? WB_OK : permute_columns(&a->table->rows, a->row, a->first[a->n_customers], a->n_threads, err);
}

static wb_status arrange_table(wbi_event_table *table, const wbi_events *events, const int32_t *rank, int64_t until_us,
                               int n_threads, wb_error *err)
{
    wbi_packed *columns = table->rows.columns;
    const size_t n_blocks = wbi_par_n_blocks(table->owners.n_runs, RUNS_A_BLOCK);
    arranging a = {.table = table,
                   .columns = columns,
                   .times = table->binding->def->time != NULL ? &columns[1] : NULL,
                   .owners = &table->owners,
                   .rank = rank,
                   .until_us = until_us,
                   .n_rows = table->rows.n_rows,
                   .n_customers = events->n_customers,
                   .n_threads = n_threads,
                   .range_bits = bits_of_range(events->n_customers)};
    wb_status status;
    a.first = table->first = wbi_alloc_zeroed(a.n_customers + 1, sizeof *a.first);
    a.grouped = wbi_alloc_array(n_blocks, sizeof *a.grouped);
    if (a.first == NULL || a.grouped == NULL)
        status = wbi_fail_nomem(err, a.n_customers * sizeof *a.first);
    else
        status = arrange_rows(&a, err);
    if (status == WB_OK) {
        table->n_after_end = table->counts.n_rows - a.first[a.n_customers];
        table->counts.n_rows = a.first[a.n_customers];
    }
    wbi_order_free(a.order);
    wbi_free(a.counts);
    wbi_free(a.grouped);
    wbi_free(a.ranged);
    wbi_free(a.row);
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
        WBI_TRY_CLEANUP(arrange_table(&events->tables[t], events, rank, until_us, n_threads, err));
cleanup:
    wbi_free(rank);
    return status;
}
