/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/packed.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"

enum { SMALL_LEVELS = 255, FIRST_ROWS = 1 << 17 };

static const int64_t second_us = 1000000;

size_t wbi_packed_width(wbi_packing packing)
{
    switch (packing) {
    case WBI_PACKED_DOUBLES:
    case WBI_PACKED_MICROSECONDS:
        return 8;
    case WBI_PACKED_HUNDREDTHS:
    case WBI_PACKED_DECIMALS:
    case WBI_PACKED_SECONDS:
    case WBI_PACKED_CODES:
        return 4;
    case WBI_PACKED_SMALL_CODES:
        break;
    }
    return 1;
}

static wb_type type_of(wbi_packing packing)
{
    return packing <= WBI_PACKED_DECIMALS  ? WB_TYPE_NUMBER
           : packing <= WBI_PACKED_SECONDS ? WB_TYPE_TIME
                                           : WB_TYPE_CATEGORY;
}

wbi_packing wbi_packed_narrowest(wb_type type)
{
    return type == WB_TYPE_NUMBER ? WBI_PACKED_HUNDREDTHS
           : type == WB_TYPE_TIME ? WBI_PACKED_SECONDS
                                  : WBI_PACKED_SMALL_CODES;
}

static wbi_packing wide_packing(wb_type type)
{
    return type == WB_TYPE_NUMBER ? WBI_PACKED_DOUBLES
           : type == WB_TYPE_TIME ? WBI_PACKED_MICROSECONDS
                                  : WBI_PACKED_CODES;
}

wb_status wbi_packed_add_column(wbi_packed_rows *rows, wbi_packing packing, wbi_dictionary *dictionary, wb_error *err)
{
    wbi_packed *columns = wbi_realloc_array(rows->columns, rows->n_columns + 1, sizeof *columns);
    if (columns == NULL)
        return wbi_fail_nomem(err, (rows->n_columns + 1) * sizeof *columns);
    rows->columns = columns;
    columns[rows->n_columns] = (wbi_packed){.type = type_of(packing),
                                            .packing = packing,
                                            .dictionary = dictionary,
                                            .dictionary_borrowed = dictionary != NULL};
    if (type_of(packing) == WB_TYPE_CATEGORY && dictionary == NULL)
        WBI_TRY(wbi_dictionary_create(&columns[rows->n_columns].dictionary, err));
    rows->n_columns++;
    return WB_OK;
}

static void free_column(wbi_packed *column)
{
    wbi_free(column->values);
    if (!column->dictionary_borrowed)
        wbi_dictionary_free(column->dictionary);
}

wb_status wbi_packed_replace_column(wbi_packed_rows *rows, size_t k, wbi_packing packing, wb_error *err)
{
    const size_t width = wbi_packed_width(packing);
    wbi_packed column = {.type = type_of(packing), .packing = packing};
    assert(rows->n_rows == 0);
    if (column.type == WB_TYPE_CATEGORY)
        WBI_TRY(wbi_dictionary_create(&column.dictionary, err));
    column.values = wbi_alloc_aligned(rows->capacity, width);
    if (column.values == NULL) {
        free_column(&column);
        return wbi_fail_nomem(err, rows->capacity * width);
    }
    free_column(&rows->columns[k]);
    rows->columns[k] = column;
    return WB_OK;
}

void wbi_packed_free(wbi_packed_rows *rows)
{
    for (size_t k = 0; k < rows->n_columns; k++)
        free_column(&rows->columns[k]);
    wbi_free(rows->columns);
    *rows = (wbi_packed_rows){0};
}

wb_status wbi_packed_reserve(wbi_packed_rows *rows, size_t n, wb_error *err)
{
    if (n <= rows->capacity)
        return WB_OK;
    for (size_t k = 0; k < rows->n_columns; k++) {
        wbi_packed *column = &rows->columns[k];
        size_t width = wbi_packed_width(column->packing);
        void *moved = wbi_alloc_aligned(n, width);
        if (moved == NULL)
            return wbi_fail_nomem(err, n * width);
        if (rows->n_rows > 0)
            memcpy(moved, column->values, rows->n_rows * width);
        wbi_free(column->values);
        column->values = moved;
    }
    rows->capacity = n;
    return WB_OK;
}

/* ---- what fits ---- */

static inline bool is_hundredths(double x)
{
    const double whole = wbi_nearest_whole(x * 100);
    return (fabs(whole) < (double)INT32_MAX) & (whole / 100 == x);
}

/* Values are looked at as a whole, so that nothing branches on one. */
static bool all_hundredths(const double *x, size_t n)
{
    unsigned good = 1;
    for (size_t i = 0; i < n; i++)
        good &= (unsigned)is_hundredths(x[i]) | (unsigned)(isnan(x[i]) != 0);
    return good;
}

static bool all_seconds(const int64_t *time_us, size_t n)
{
    unsigned good = 1;
    for (size_t i = 0; i < n; i++) {
        const int64_t second = time_us[i] / second_us;
        good &= (unsigned)(time_us[i] == WB_TIME_MISSING) |
                ((unsigned)(second * second_us == time_us[i]) & (unsigned)(second > INT32_MIN) &
                 (unsigned)(second <= INT32_MAX));
    }
    return good;
}

static int32_t hundredths_of(double x)
{
    return isnan(x) ? INT32_MIN : (int32_t)wbi_nearest_whole(x * 100);
}

static int32_t seconds_of(int64_t time_us)
{
    return time_us == WB_TIME_MISSING ? INT32_MIN : (int32_t)(time_us / second_us);
}

/* Puts the n values of `more` at `at` of a column in whose packing they fit. */
static void put_values(wbi_packed *column, size_t at, const wbi_packed *more, size_t n)
{
    const size_t width = wbi_packed_width(column->packing);
    char *to = (char *)column->values + at * width;
    if (n == 0)
        return;
    if (column->packing == more->packing) {
        memcpy(to, more->values, n * width);
        return;
    }
    for (size_t i = 0; i < n; i++)
        switch (column->packing) {
        case WBI_PACKED_DOUBLES:
            ((double *)(void *)to)[i] = wbi_packed_number(more, i);
            break;
        case WBI_PACKED_HUNDREDTHS:
            ((int32_t *)(void *)to)[i] = hundredths_of(((const double *)more->values)[i]);
            break;
        case WBI_PACKED_DECIMALS: /* only the same packing fits */
            break;
        case WBI_PACKED_MICROSECONDS:
            ((int64_t *)(void *)to)[i] = wbi_packed_time(more, i);
            break;
        case WBI_PACKED_SECONDS:
            ((int32_t *)(void *)to)[i] = seconds_of(((const int64_t *)more->values)[i]);
            break;
        case WBI_PACKED_CODES:
            ((int32_t *)(void *)to)[i] = wbi_packed_code(more, i);
            break;
        case WBI_PACKED_SMALL_CODES:
            to[i] = (char)wbi_packed_code(more, i);
            break;
        }
}

wb_status wbi_packed_widen(wbi_packed_rows *rows, size_t k, size_t n, wb_error *err)
{
    wbi_packed *column = &rows->columns[k], wide = *column;
    wide.packing = wide_packing(column->type);
    if (wide.packing == column->packing)
        return WB_OK;
    wide.values = wbi_alloc_aligned(rows->capacity, wbi_packed_width(wide.packing));
    if (wide.values == NULL)
        return wbi_fail_nomem(err, rows->capacity * wbi_packed_width(wide.packing));
    put_values(&wide, 0, column, n);
    wbi_free(column->values);
    *column = wide;
    return WB_OK;
}

wb_status wbi_packed_set_number(wbi_packed_rows *rows, size_t k, size_t row, double value, size_t n, wb_error *err)
{
    int32_t *narrow = rows->columns[k].values;
    if (rows->columns[k].packing == WBI_PACKED_HUNDREDTHS && all_hundredths(&value, 1)) {
        narrow[row] = hundredths_of(value);
        return WB_OK;
    }
    if (rows->columns[k].packing == WBI_PACKED_DECIMALS && wbi_decimals_make(&narrow[row], &value, 1))
        return WB_OK;
    WBI_TRY(wbi_packed_widen(rows, k, n, err));
    ((double *)rows->columns[k].values)[row] = value;
    return WB_OK;
}

wb_status wbi_packed_set_time(wbi_packed_rows *rows, size_t k, size_t row, int64_t time_us, size_t n, wb_error *err)
{
    if (rows->columns[k].packing == WBI_PACKED_SECONDS) {
        if (all_seconds(&time_us, 1)) {
            ((int32_t *)rows->columns[k].values)[row] = seconds_of(time_us);
            return WB_OK;
        }
        WBI_TRY(wbi_packed_widen(rows, k, n, err));
    }
    ((int64_t *)rows->columns[k].values)[row] = time_us;
    return WB_OK;
}

void wbi_packed_set_missing(wbi_packed *column, size_t row)
{
    switch (column->packing) {
    case WBI_PACKED_DOUBLES:
        ((double *)column->values)[row] = NAN;
        break;
    case WBI_PACKED_MICROSECONDS:
        ((int64_t *)column->values)[row] = WB_TIME_MISSING;
        break;
    case WBI_PACKED_DECIMALS:
        ((int32_t *)column->values)[row] = WBI_DECIMAL_MISSING;
        break;
    case WBI_PACKED_HUNDREDTHS:
    case WBI_PACKED_SECONDS:
        ((int32_t *)column->values)[row] = INT32_MIN;
        break;
    case WBI_PACKED_CODES:
        ((int32_t *)column->values)[row] = -1;
        break;
    case WBI_PACKED_SMALL_CODES:
        ((uint8_t *)column->values)[row] = UINT8_MAX;
        break;
    }
}

/* ---- adding and dropping rows ---- */

static bool fits(const wbi_packed *column, const wbi_packed *more, size_t n)
{
    switch (column->packing) {
    case WBI_PACKED_HUNDREDTHS:
        return more->packing == column->packing || (more->packing == WBI_PACKED_DOUBLES && all_hundredths(more->values, n));
    case WBI_PACKED_DECIMALS:
        return more->packing == column->packing;
    case WBI_PACKED_SECONDS:
        return more->packing == column->packing || all_seconds(more->values, n);
    case WBI_PACKED_SMALL_CODES:
        return wbi_dictionary_size(column->dictionary) <= SMALL_LEVELS;
    case WBI_PACKED_DOUBLES:
    case WBI_PACKED_MICROSECONDS:
    case WBI_PACKED_CODES:
        break;
    }
    return true;
}

/* The first rows say how many there will be. */
static size_t wanted_capacity(const wbi_packed_rows *rows, size_t n, size_t n_expected)
{
    if (rows->capacity == 0)
        return n > FIRST_ROWS ? n : FIRST_ROWS;
    if (n_expected >= n)
        return n_expected;
    return n > rows->capacity * 2 ? n : rows->capacity * 2;
}

wb_status wbi_packed_append(wbi_packed_rows *rows, const wbi_packed_rows *more, size_t n_expected, wb_error *err)
{
    size_t n = more->n_rows, wanted = rows->n_rows + n;
    if (wanted > rows->capacity || rows->capacity == 0)
        WBI_TRY(wbi_packed_reserve(rows, wanted_capacity(rows, wanted, n_expected), err));
    for (size_t k = 0; k < rows->n_columns; k++) {
        if (!fits(&rows->columns[k], &more->columns[k], n))
            WBI_TRY(wbi_packed_widen(rows, k, rows->n_rows, err));
        put_values(&rows->columns[k], rows->n_rows, &more->columns[k], n);
    }
    rows->n_rows = wanted;
    return WB_OK;
}

void wbi_packed_keep(wbi_packed_rows *rows, const uint8_t *keep)
{
    size_t n = 0;
    for (size_t row = 0; row < rows->n_rows; row++) {
        for (size_t k = 0; k < rows->n_columns; k++) {
            size_t width = wbi_packed_width(rows->columns[k].packing);
            char *values = rows->columns[k].values;
            if (keep[row] && n < row)
                memcpy(values + n * width, values + row * width, width);
        }
        n += keep[row] != 0;
    }
    rows->n_rows = n;
}

/* ---- looking at rows ---- */

/* Looked up first and converted then, so that the conversion is done on vectors. */
static void gather_hundredths(const int32_t *values, const uint32_t *row, size_t n, double *out)
{
    enum { AT_A_TIME = 256 };
    int32_t hundredths[AT_A_TIME];
    for (size_t done = 0; done < n; done += AT_A_TIME) {
        size_t m = n - done < AT_A_TIME ? n - done : AT_A_TIME;
        for (size_t i = 0; i < m; i++)
            hundredths[i] = values[row[done + i]];
        for (size_t i = 0; i < m; i++)
            out[done + i] = wbi_hundredths_number(hundredths[i]);
    }
}

void wbi_packed_gather(const wbi_packed *column, const uint32_t *row, size_t n, void *out)
{
    switch (column->packing) {
    case WBI_PACKED_DOUBLES:
        for (size_t i = 0; i < n; i++)
            ((double *)out)[i] = ((const double *)column->values)[row[i]];
        break;
    case WBI_PACKED_HUNDREDTHS:
        gather_hundredths(column->values, row, n, out);
        break;
    case WBI_PACKED_DECIMALS:
        for (size_t i = 0; i < n; i++)
            ((double *)out)[i] = wbi_packed_number(column, row[i]);
        break;
    case WBI_PACKED_MICROSECONDS:
    case WBI_PACKED_SECONDS:
        for (size_t i = 0; i < n; i++)
            ((int64_t *)out)[i] = wbi_packed_time(column, row[i]);
        break;
    case WBI_PACKED_CODES:
    case WBI_PACKED_SMALL_CODES:
        for (size_t i = 0; i < n; i++) {
            int32_t code = wbi_packed_code(column, row[i]);
            ((wbi_str *)out)[i] = code < 0 ? (wbi_str){0} : wbi_dictionary_at(column->dictionary, code);
        }
        break;
    }
}

static int compare_int64(int64_t x, int64_t y)
{
    return (x > y) - (x < y);
}

/* The missing ones are the least of their kinds, but for NaN. */
int wbi_packed_compare(const wbi_packed *column, const int32_t *rank, size_t a, size_t b)
{
    if (column->type == WB_TYPE_CATEGORY) {
        int32_t x = wbi_packed_code(column, a), y = wbi_packed_code(column, b);
        return compare_int64(x < 0 ? -1 : rank[x], y < 0 ? -1 : rank[y]);
    }
    if (column->packing == WBI_PACKED_DOUBLES || column->packing == WBI_PACKED_DECIMALS) {
        double x = wbi_packed_number(column, a), y = wbi_packed_number(column, b);
        return isnan(x) || isnan(y) ? (isnan(y) != 0) - (isnan(x) != 0) : (x > y) - (x < y);
    }
    if (column->packing == WBI_PACKED_MICROSECONDS)
        return compare_int64(((const int64_t *)column->values)[a], ((const int64_t *)column->values)[b]);
    return compare_int64(((const int32_t *)column->values)[a], ((const int32_t *)column->values)[b]);
}
