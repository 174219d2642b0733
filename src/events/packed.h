/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a table of events as they are kept: each column in the narrowest of a few layouts that holds all its values
 * exactly. Most times are whole seconds, most amounts whole hundredths, and most categories have few levels, so what is
 * kept takes about half of what was read, and so does everything that moves it. */
#ifndef WINBACK_EVENTS_PACKED_H
#define WINBACK_EVENTS_PACKED_H

#include <stdbool.h>

#include "base/text.h"
#include "table/table.h"

typedef enum wbi_packing {
    WBI_PACKED_DOUBLES = 0,  /* double */
    WBI_PACKED_HUNDREDTHS,   /* int32: the number is this / 100, correctly rounded; INT32_MIN: missing */
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

typedef struct wbi_packed_rows {
    size_t n_rows, n_columns, capacity;
    wbi_packed *columns;
} wbi_packed_rows;

/* Adds rows behind those there are; zero-initialised `packed` takes over the columns of the first ones, whose types all
 * others have, and borrows their dictionaries. A column becomes wider with the first value that does not fit. Room is made
 * for `n_expected` rows, or where these are too few, by doubling. */
WB_WARN_UNUSED wb_status wbi_packed_append(wbi_packed_rows *packed, const wb_table *rows, size_t n_expected,
                                           wb_error *err);
/* Takes the dictionaries that `rows` owns over. */
void wbi_packed_take_dictionaries(wbi_packed_rows *packed, wb_table *rows);
void wbi_packed_free(wbi_packed_rows *rows); /* safe on a zeroed struct */
size_t wbi_packed_width(const wbi_packed *column); /* bytes a value */

/* Codes of a column that is kept as WBI_PACKED_CODES. */
static inline const int32_t *wbi_packed_codes(const wbi_packed *column)
{
    return column->values;
}

static inline int64_t wbi_packed_time(const wbi_packed *column, size_t row)
{
    if (column->packing == WBI_PACKED_MICROSECONDS)
        return ((const int64_t *)column->values)[row];
    int32_t second = ((const int32_t *)column->values)[row];
    return second == INT32_MIN ? WB_TIME_MISSING : (int64_t)second * 1000000;
}

/* The values of the rows `row[0..n)`: doubles, int64 microseconds or wbi_str. */
void wbi_packed_gather(const wbi_packed *column, const uint32_t *row, size_t n, void *out);
/* Negative when the value of row a comes before that of row b: missing first, then by value, categories by the rank of their
 * code. */
int wbi_packed_compare(const wbi_packed *column, const int32_t *rank, size_t a, size_t b);

#endif
