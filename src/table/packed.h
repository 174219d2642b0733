/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of typed columns, each column in the narrowest of a few layouts that holds all its values exactly. Most times are
 * whole seconds, most amounts whole hundredths, other numbers mostly short decimals, and most categories have few levels, so what is kept takes about half of
 * what doubles, microseconds and codes would, and so does everything that moves it. */
#ifndef WINBACK_TABLE_PACKED_H
#define WINBACK_TABLE_PACKED_H

#include <math.h>
#include <stdbool.h>

#include "base/decimals.h"
#include "table/table.h"

typedef enum wbi_packing {
    WBI_PACKED_DOUBLES = 0,  /* double */
    WBI_PACKED_HUNDREDTHS,   /* int32: the number is this / 100, correctly rounded; INT32_MIN: missing */
    WBI_PACKED_DECIMALS,     /* int32: base/decimals.h */
    WBI_PACKED_MICROSECONDS, /* int64 */
    WBI_PACKED_SECONDS,      /* int32; INT32_MIN: missing */
    WBI_PACKED_CODES,        /* int32 */
    WBI_PACKED_SMALL_CODES   /* uint8; 255: missing */
} wbi_packing;

typedef struct wbi_packed {
    wb_type type;
    wbi_packing packing;
    void *values;
    wbi_dictionary *dictionary; /* of a category */
    bool dictionary_borrowed;
} wbi_packed;

/* Zero-initialised there are no columns. */
typedef struct wbi_packed_rows {
    size_t n_rows, n_columns, capacity;
    wbi_packed *columns;
} wbi_packed_rows;

/* Adds a column, as long as there are no rows. For a category, `dictionary` is borrowed when given, else a new one is
 * owned. */
WB_WARN_UNUSED wb_status wbi_packed_add_column(wbi_packed_rows *rows, wbi_packing packing, wbi_dictionary *dictionary,
                                               wb_error *err);
/* Gives a column another packing, as long as there are no rows; a category gets a new dictionary. */
WB_WARN_UNUSED wb_status wbi_packed_replace_column(wbi_packed_rows *rows, size_t k, wbi_packing packing, wb_error *err);
void wbi_packed_free(wbi_packed_rows *rows); /* safe on a zeroed struct */
size_t wbi_packed_width(wbi_packing packing); /* bytes a value */
wbi_packing wbi_packed_narrowest(wb_type type);

/* Room for `n` rows. */
WB_WARN_UNUSED wb_status wbi_packed_reserve(wbi_packed_rows *rows, size_t n, wb_error *err);
/* Adds rows behind those there are, whose columns have the same types; their codes are those of the dictionaries here. A
 * column becomes wider with the first value that does not fit. Room is made for `n_expected` rows, or where these are too
 * few, by doubling. */
WB_WARN_UNUSED wb_status wbi_packed_append(wbi_packed_rows *rows, const wbi_packed_rows *more, size_t n_expected,
                                           wb_error *err);
/* Drops the rows whose keep[row] is 0. */
void wbi_packed_keep(wbi_packed_rows *rows, const uint8_t *keep);

/* Makes the first `n` values of a column wide: doubles, microseconds, int32 codes. */
WB_WARN_UNUSED wb_status wbi_packed_widen(wbi_packed_rows *rows, size_t column, size_t n, wb_error *err);
/* Puts a value, NaN or WB_TIME_MISSING for a missing one, where there is room for it. Of the column's other values the
 * first `n` are kept when it becomes wider. */
WB_WARN_UNUSED wb_status wbi_packed_set_number(wbi_packed_rows *rows, size_t column, size_t row, double value, size_t n,
                                               wb_error *err);
WB_WARN_UNUSED wb_status wbi_packed_set_time(wbi_packed_rows *rows, size_t column, size_t row, int64_t time_us, size_t n,
                                             wb_error *err);
void wbi_packed_set_missing(wbi_packed *column, size_t row);

/* Codes of a column that is kept as WBI_PACKED_CODES. */
static inline int32_t *wbi_packed_codes(const wbi_packed *column)
{
    return column->values;
}

static inline double wbi_hundredths_number(int32_t hundredths)
{
    return hundredths == INT32_MIN ? NAN : (double)hundredths / 100;
}

static inline double wbi_packed_number(const wbi_packed *column, size_t row)
{
    if (column->packing == WBI_PACKED_DOUBLES)
        return ((const double *)column->values)[row];
    const int32_t narrow = ((const int32_t *)column->values)[row];
    return column->packing == WBI_PACKED_DECIMALS ? wbi_decimal_number(narrow) : wbi_hundredths_number(narrow);
}

static inline int64_t wbi_packed_time(const wbi_packed *column, size_t row)
{
    if (column->packing == WBI_PACKED_MICROSECONDS)
        return ((const int64_t *)column->values)[row];
    int32_t second = ((const int32_t *)column->values)[row];
    return second == INT32_MIN ? WB_TIME_MISSING : (int64_t)second * 1000000;
}

/* -1 when it is missing; a row left out may have another negative code. */
static inline int32_t wbi_packed_code(const wbi_packed *column, size_t row)
{
    if (column->packing == WBI_PACKED_CODES)
        return wbi_packed_codes(column)[row];
    uint8_t code = ((const uint8_t *)column->values)[row];
    return code == UINT8_MAX ? -1 : code;
}

/* The values of the rows `row[0..n)`: doubles, int64 microseconds or wbi_str. */
void wbi_packed_gather(const wbi_packed *column, const uint32_t *row, size_t n, void *out);
/* Negative when the value of row a comes before that of row b: missing first, then by value, categories by the rank of their
 * code. */
int wbi_packed_compare(const wbi_packed *column, const int32_t *rank, size_t a, size_t b);

#endif
