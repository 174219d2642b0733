/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "par/par.h"
#include "table/spill.h"
#include "train/train.h"

enum { BLOCK_ROWS = 1 << 14 };

typedef struct ordering {
    const wb_table *table;
    size_t id, cutoff; /* columns; cutoff may be SIZE_MAX */
} ordering;

double wbi_customer_hash(const wbi_training *training, size_t row, const char *purpose, const char *salt)
{
    char number[WBI_SALT_CHARS];
    wbi_str id;
    if (training->id == SIZE_MAX) {
        snprintf(number, sizeof number, "%zu", row + 1);
        id = wbi_str_from(number);
    } else {
        id = wbi_id_at(training->table, training->id, row);
    }
    return wbi_hash_unit(purpose, salt, id.data, id.length);
}

static int compare_numbers(double a, double b)
{
    bool a_missing = a != a, b_missing = b != b;
    return a_missing || b_missing ? b_missing - a_missing : (a > b) - (a < b);
}

static int compare_cells(const wb_table *table, size_t column, size_t a, size_t b)
{
    switch (wb_table_type(table, column)) {
    case WB_TYPE_NUMBER: {
        const wbi_numbers values = wbi_table_numbers(table, column);
        return compare_numbers(wbi_numbers_at(values, a), wbi_numbers_at(values, b));
    }
    case WB_TYPE_TIME: {
        const int64_t *times = wb_table_times(table, column);
        return (times[a] > times[b]) - (times[a] < times[b]);
    }
    case WB_TYPE_TEXT:
    case WB_TYPE_CATEGORY:
        break;
    }
    return wbi_str_compare(wbi_id_at(table, column, a), wbi_id_at(table, column, b));
}

static int compare_keys(const ordering *by, size_t a, size_t b)
{
    const int order = compare_cells(by->table, by->id, a, b);
    return order == 0 && by->cutoff != SIZE_MAX ? compare_cells(by->table, by->cutoff, a, b) : order;
}

/* Rows that are equal here are equal in every column, so their order cannot matter. */
static int compare_rows(const void *left, const void *right, void *context)
{
    const ordering *by = context;
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    int order = compare_keys(by, a, b);
    for (size_t c = 0; order == 0 && c < wb_table_n_columns(by->table); c++)
        order = compare_cells(by->table, c, a, b);
    return order;
}

/* ---- rows that do not lie in memory ---- */

/* Two windows, for a row each. */
typedef struct comparing {
    const ordering *by;
    wbi_stripe_window *windows;
    wb_status status; /* of the first that could not be read; all are equal from there on */
    wb_error *err;
} comparing;

static wbi_str level_text(const wbi_column *column, size_t row)
{
    const int32_t code = column->codes[row];
    return code < 0 ? (wbi_str){"", 0} : wbi_dictionary_at(column->dictionary, code);
}

static int compare_through(const void *left, const void *right, void *context)
{
    comparing *work = context;
    const size_t rows[2] = {*(const size_t *)left, *(const size_t *)right};
    const wb_table *table = work->by->table;
    int order = 0;
    for (size_t k = 0; k < 2 && work->status == WB_OK; k++)
        work->status = wbi_window_move(&work->windows[k], rows[k], work->err);
    for (size_t c = 0; work->status == WB_OK && order == 0 && c < wb_table_n_columns(table); c++) {
        if (!wbi_is_spilled(table, c)) {
            order = compare_cells(table, c, rows[0], rows[1]);
            continue;
        }
        const wbi_column *of[2] = {&work->windows[0].table.columns[c], &work->windows[1].table.columns[c]};
        const size_t a = rows[0] % WBI_STRIPE_ROWS, b = rows[1] % WBI_STRIPE_ROWS;
        order = of[0]->type == WB_TYPE_NUMBER
                    ? compare_numbers(of[0]->numbers[a], of[1]->numbers[b])
                    : wbi_str_compare(level_text(of[0], a), level_text(of[1], b));
    }
    return order;
}

/* Sorts those that stand together by id and cutoff by the other columns. */
static wb_status order_equals(size_t *rows, size_t n, comparing *work, wb_error *err)
{
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && compare_keys(work->by, rows[begin], rows[end]) == 0; end++) {
        }
        if (end < n && compare_keys(work->by, rows[begin], rows[end]) > 0)
            return wbi_fail(err, WB_ERR_INCONSISTENT,
                            "row %zu belongs before row %zu: rows that do not fit into memory must stand in the order of the "
                            "bytes of %s%s",
                            rows[end] + 1, rows[begin] + 1, wb_table_name(work->by->table, work->by->id),
                            work->by->cutoff != SIZE_MAX ? ", and then of the cutoff" : "");
        if (end - begin > 1)
            qsort_r(rows + begin, end - begin, sizeof *rows, compare_through, work);
        WBI_TRY(work->status);
    }
    return WB_OK;
}

static wb_status order_spilled(size_t *rows, size_t n, const ordering *by, wb_error *err)
{
    wb_status status = WB_OK;
    const size_t n_columns = wb_table_n_columns(by->table);
    wbi_stripe_window windows[2] = {{.values = NULL}, {.values = NULL}};
    size_t n_wanted = 0, *wanted = wbi_alloc_array(n_columns, sizeof *wanted);
    if (wanted == NULL)
        return wbi_fail_nomem(err, n_columns * sizeof *wanted);
    for (size_t c = 0; c < n_columns; c++)
        if (wbi_is_spilled(by->table, c))
            wanted[n_wanted++] = c;
    comparing work = {by, windows, WB_OK, err};
    for (size_t k = 0; k < 2; k++)
        WBI_TRY_CLEANUP(wbi_window_open(&windows[k], by->table, wanted, n_wanted, err));
    WBI_TRY_CLEANUP(order_equals(rows, n, &work, err));
cleanup:
    wbi_window_close(&windows[0]);
    wbi_window_close(&windows[1]);
    wbi_free(wanted);
    return status;
}

/* ---- rows that do ---- */

typedef struct checking {
    ordering *by;
    const size_t *rows;
    uint8_t *found; /* by block: what is true of each of its rows and the one before */
} checking;

enum { SORTED = 1, APART = 2 /* their ids differ */ };

static wb_status check_rows(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const checking *work = context;
    const wb_table *table = work->by->table;
    const size_t *rows = work->rows, id = work->by->id;
    uint8_t found = SORTED | APART;
    size_t i = begin == 0 ? 1 : begin;
    wbi_str before = wbi_id_at(table, id, rows[i - 1]);
    (void)worker, (void)err;
    for (; i < end && (found & SORTED) != 0; i++) {
        const wbi_str here = wbi_id_at(table, id, rows[i]);
        const int order = wbi_str_compare(before, here);
        if (order == 0)
            found &= (uint8_t)~APART;
        if (order > 0 || (order == 0 && compare_rows(&rows[i - 1], &rows[i], work->by) > 0))
            found = 0;
        before = here;
    }
    work->found[block] = found;
    return WB_OK;
}

static uint8_t of_all(const uint8_t *found, size_t n)
{
    uint8_t all = SORTED | APART;
    for (size_t i = 0; i < n; i++)
        all &= found[i];
    return all;
}

/* Our own feature tables are sorted. */
wb_status wbi_order_rows(bool *apart, size_t *rows, size_t n, const wb_table *table, size_t id, int n_threads, wb_error *err)
{
    ordering by = {table, id, wb_table_find(table, "cutoff")};
    const size_t n_blocks = wbi_par_n_blocks(n, BLOCK_ROWS);
    *apart = false;
    if (table->spill != NULL)
        return order_spilled(rows, n, &by, err);
    checking work = {&by, rows, wbi_alloc_array(n_blocks, 1)};
    if (work.found == NULL)
        return wbi_fail_nomem(err, n_blocks);
    const wb_status status = wbi_par_for(n, BLOCK_ROWS, n_threads, check_rows, &work, err);
    const uint8_t found = status == WB_OK ? of_all(work.found, n_blocks) : SORTED;
    if ((found & SORTED) == 0)
        qsort_r(rows, n, sizeof *rows, compare_rows, &by);
    *apart = (found & APART) != 0;
    wbi_free(work.found);
    return status;
}
