/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "train/train.h"

typedef struct ordering {
    const wb_table *table;
    size_t id, cutoff; /* columns; cutoff may be SIZE_MAX */
} ordering;

wbi_str wbi_id_at(const wb_table *table, size_t id, size_t row)
{
    wbi_str out = {"", 0};
    if (wb_table_type(table, id) == WB_TYPE_TEXT) {
        out.data = wb_table_text(table, id, row, &out.length);
    } else {
        int32_t code = wb_table_codes(table, id)[row];
        if (code >= 0)
            out.data = wb_table_level(table, id, code, &out.length);
    }
    return out;
}

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
        const double *values = wb_table_numbers(table, column);
        return compare_numbers(values[a], values[b]);
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

/* Rows that are equal here are equal in every column, so their order cannot matter. */
static int compare_rows(const void *left, const void *right, void *context)
{
    const ordering *by = context;
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    int order = compare_cells(by->table, by->id, a, b);
    if (order == 0 && by->cutoff != SIZE_MAX)
        order = compare_cells(by->table, by->cutoff, a, b);
    for (size_t c = 0; order == 0 && c < wb_table_n_columns(by->table); c++)
        order = compare_cells(by->table, c, a, b);
    return order;
}

void wbi_order_rows(size_t *rows, size_t n, const wb_table *table, size_t id)
{
    ordering by = {table, id, wb_table_find(table, "cutoff")};
    bool sorted = true; /* as our own feature tables are */
    for (size_t i = 1; i < n && sorted; i++)
        sorted = compare_rows(&rows[i - 1], &rows[i], &by) <= 0;
    if (!sorted)
        qsort_r(rows, n, sizeof *rows, compare_rows, &by);
}
