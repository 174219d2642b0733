/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events/need.h"

#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "par/par.h"

/* Measured: the program with its libraries; the chunks of a file in flight with their cells, and blocks of features with
 * their text, for each thread. */
enum { PROGRAM_BYTES = 15 << 19, THREAD_BYTES = 3 << 19 };

static const double mebibyte = 1 << 20;

size_t wbi_need_of_program(int n_threads)
{
    return PROGRAM_BYTES + (size_t)wbi_par_threads(n_threads) * THREAD_BYTES;
}

/* With K values equally likely, n rows are expected to have K (1 - exp(-n / K)) of them. x = n_seen / K solves that for the
 * rows that were seen. */
double wbi_need_distinct(double n_distinct, double n_seen, double n)
{
    enum { STEPS = 60 };
    if (n_distinct <= 0 || n_distinct > n_seen || n <= n_seen)
        return n_distinct;
    double share = n_distinct / n_seen, low = 0, high = n_seen / n_distinct;
    for (int step = 0; step < STEPS; step++) {
        double x = (low + high) / 2;
        if (-expm1(-x) > share * x)
            low = x;
        else
            high = x;
    }
    const double all_new = 1e-9;
    return low < all_new ? n_distinct * n / n_seen : n_seen / low * -expm1(-n * low / n_seen);
}

/* The rows and levels of one table. */
typedef struct table_need {
    size_t n_rows;
    size_t rows_bytes;   /* as they are kept */
    size_t owners_bytes; /* whose they are */
    size_t spare_bytes;  /* once more while they are moved */
    size_t levels_bytes; /* of all levels */
} table_need;

static size_t levels_bytes(const wbi_packed *column, size_t n_seen, size_t n_rows)
{
    const size_t rank_bytes = sizeof(int32_t);
    double n = wbi_need_distinct((double)wbi_dictionary_size(column->dictionary), (double)n_seen, (double)n_rows);
    return wbi_dictionary_bytes(column->dictionary, (size_t)n) + (size_t)n * rank_bytes;
}

static table_need need_of_table(const wbi_event_table *table, size_t n_rows)
{
    const wbi_packed_rows *rows = &table->rows;
    table_need need = {.n_rows = n_rows > rows->n_rows ? n_rows : rows->n_rows};
    bool moved[sizeof(double) + 1] = {false};
    for (size_t k = 1; k < rows->n_columns; k++) {
        const wbi_packed *column = &rows->columns[k];
        size_t width = wbi_packed_width(column->packing);
        size_t bytes = wbi_aligned_bytes(need.n_rows * width);
        if (!moved[width])
            need.spare_bytes += bytes;
        moved[width] = true;
        need.rows_bytes += bytes;
        if (column->type == WB_TYPE_CATEGORY)
            need.levels_bytes += levels_bytes(column, rows->n_rows, need.n_rows);
    }
    if (rows->n_rows > 0)
        need.owners_bytes =
            (size_t)((double)wbi_owners_bytes(&table->owners) * (double)need.n_rows / (double)rows->n_rows);
    return need;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t expected_customers(const wbi_events *events, const wbi_seen *seen)
{
    size_t n_read = events->tables[seen->table].rows.n_rows;
    size_t n_new = wbi_dictionary_size(events->customers) - seen->n_customers_before;
    double n_runs = (double)seen->n_runs, all_runs = n_read > 0 ? n_runs / (double)n_read * (double)seen->n_rows : 0;
    return seen->n_customers_before + (size_t)wbi_need_distinct((double)n_new, n_runs, all_runs);
}

size_t wbi_need_of_events(const wbi_events *events, const wbi_seen *seen)
{
    /* to put rows in order by customer: a code, in place of what said whose they are, and two numbers of 4 bytes a row; to move
     * them then: one of these numbers, and a column of each width */
    const size_t code_bytes = sizeof(int32_t), order_bytes = code_bytes + 2 * sizeof(uint32_t), sorting_bytes = 24;
    size_t n_customers = expected_customers(events, seen), kept = 0, arranging = 0;
    for (size_t t = 0; t <= seen->table; t++) {
        table_need need = need_of_table(&events->tables[t], t < seen->table ? 0 : seen->n_rows);
        kept += need.rows_bytes + need.owners_bytes + need.levels_bytes;
        arranging = larger(arranging, larger(need.n_rows * order_bytes - need.owners_bytes, need.spare_bytes));
    }
    kept += wbi_dictionary_bytes(events->customers, n_customers) + n_customers * code_bytes;
    arranging += n_customers * (code_bytes + (seen->table + 1) * sizeof *events->tables->first);
    size_t reading = events->tables[seen->table].counts.aside_bytes;
    return kept + larger(larger(reading, n_customers * sorting_bytes), arranging);
}

size_t wbi_need_of_arranged(const wbi_events *events)
{
    size_t bytes = wbi_dictionary_bytes(events->customers, events->n_customers) +
                   events->n_customers * (sizeof *events->code_of + events->n_tables * sizeof(size_t));
    for (size_t t = 0; t < events->n_tables; t++) {
        const wbi_packed_rows *rows = &events->tables[t].rows;
        for (size_t k = 1; k < rows->n_columns; k++) {
            bytes += wbi_aligned_bytes(rows->n_rows * wbi_packed_width(rows->columns[k].packing));
            if (rows->columns[k].type == WB_TYPE_CATEGORY)
                bytes += levels_bytes(&rows->columns[k], rows->n_rows, rows->n_rows);
        }
    }
    return bytes;
}

wb_status wbi_need_check(const wbi_allowance *allowance, size_t bytes, const char *file, const char *what, wb_error *err)
{
    size_t need = bytes + allowance->taken_bytes, limit = allowance->limit_bytes;
    if (limit == 0 || need <= limit)
        return WB_OK;
    wb_status status =
        wbi_fail_at(err, WB_ERR_NOMEM, (wbi_where){file, 0, 0}, NULL, 0,
                    "%s: about %.1f MiB of memory are needed, and no more than %.1f MiB are allowed", what,
                    (double)need / mebibyte, (double)limit / mebibyte);
    wbi_advise(err, "--memory-limit %.0fM or more, fewer rows, or features that read fewer columns would do",
               ceil((double)need / mebibyte));
    return status;
}
