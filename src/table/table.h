/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Typed columns in Arrow's layout: contiguous values, dictionaries for categories. Missing is a value of its own in the
 * value buffer (NaN, WB_TIME_MISSING, -1, length 0), from which a validity bitmap can be derived. */
#ifndef WINBACK_TABLE_TABLE_H
#define WINBACK_TABLE_TABLE_H

#include <winback/table.h>
#include <winback/time.h>

#include "base/decimals.h"
#include "table/dictionary.h"

typedef struct wbi_column {
    char *name;
    wb_type type;
    size_t length, capacity; /* rows */
    double *numbers;         /* WB_TYPE_NUMBER */
    int32_t *decimals;       /* the same, or NULL: as long as there are only these, `numbers` is NULL (base/decimals.h) */
    int64_t *times;          /* WB_TYPE_TIME */
    int32_t *codes;          /* WB_TYPE_CATEGORY */
    int64_t *offsets;        /* WB_TYPE_TEXT: length + 1 of them */
    char *bytes;
    size_t bytes_capacity;
    wbi_dictionary *dictionary; /* WB_TYPE_CATEGORY; owned unless `dictionary_borrowed` */
    int dictionary_borrowed;
} wbi_column;

/* Numbers one behind the other, however they are kept: one of the two is not NULL. */
typedef struct wbi_numbers {
    const double *wide;
    const int32_t *decimals;
} wbi_numbers;

typedef struct wbi_spill wbi_spill;

struct wb_table {
    size_t n_rows, n_columns, columns_capacity;
    wbi_column *columns;
    wbi_spill *spill; /* owned; where numbers and categories are, when it is not memory (table/spill.h); else NULL */
};

WB_WARN_UNUSED wb_status wbi_table_create(wb_table **out, wb_error *err);
/* Adds an empty column (n_rows must still be 0, or the column is filled to n_rows by the caller before use). For a
 * category, `dictionary` is borrowed when given, else a new one is owned. */
WB_WARN_UNUSED wb_status wbi_table_add_column(wb_table *table, const char *name, wb_type type,
                                              wbi_dictionary *dictionary, wb_error *err);
/* Room for `n_rows` rows in every column. */
WB_WARN_UNUSED wb_status wbi_table_reserve(wb_table *table, size_t n_rows, wb_error *err);
/* Room for so many rows, no fewer than it has. */
WB_WARN_UNUSED wb_status wbi_column_set_capacity(wbi_column *column, size_t capacity, wb_error *err);
/* Makes the column, which has no rows, one of short decimals. */
WB_WARN_UNUSED wb_status wbi_column_narrow(wbi_column *column, wb_error *err);
/* Makes its numbers doubles, and forgets the decimals. */
WB_WARN_UNUSED wb_status wbi_column_widen(wbi_column *column, wb_error *err);
/* Sets the number of rows to 0, keeping memory and dictionaries. */
void wbi_table_clear(wb_table *table);

/* The numbers of a column that lies in memory, as they are kept. */
static inline wbi_numbers wbi_table_numbers(const wb_table *table, size_t column)
{
    const wbi_column *of = &table->columns[column];
    return of->decimals != NULL ? (wbi_numbers){NULL, of->decimals} : (wbi_numbers){of->numbers, NULL};
}
/* Sees to it that there are doubles beside all decimals, which may be asked for by several threads. */
WB_WARN_UNUSED wb_status wbi_table_need_doubles(const wb_table *table, wb_error *err);

static inline double wbi_numbers_at(wbi_numbers numbers, size_t i)
{
    return numbers.decimals != NULL ? wbi_decimal_number(numbers.decimals[i]) : numbers.wide[i];
}

static inline wbi_numbers wbi_numbers_from(wbi_numbers numbers, size_t first)
{
    return numbers.decimals != NULL ? (wbi_numbers){NULL, numbers.decimals + first} : (wbi_numbers){numbers.wide + first, NULL};
}

/* One value at the end of a column. The caller keeps the columns equally long and then sets n_rows. */
WB_WARN_UNUSED wb_status wbi_column_push_number(wbi_column *column, double value, wb_error *err);
WB_WARN_UNUSED wb_status wbi_column_push_time(wbi_column *column, int64_t time_us, wb_error *err);
WB_WARN_UNUSED wb_status wbi_column_push_code(wbi_column *column, int32_t code, wb_error *err);
WB_WARN_UNUSED wb_status wbi_column_push_text(wbi_column *column, const char *bytes, size_t n, wb_error *err);
/* All entries in their order. */
WB_WARN_UNUSED wb_status wbi_column_push_texts(wbi_column *column, const wbi_dictionary *entries, wb_error *err);

#endif
