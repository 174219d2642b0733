/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events/packed.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

enum { SMALL_LEVELS = 255, SMALL_MISSING = 255, FIRST_ROWS = 1024 };

static const int64_t second_us = 1000000;

size_t wbi_packed_width(const wbi_packed *column)
{
    switch (column->packing) {
    case WBI_PACKED_DOUBLES:
    case WBI_PACKED_MICROSECONDS:
        return 8;
    case WBI_PACKED_HUNDREDTHS:
    case WBI_PACKED_SECONDS:
    case WBI_PACKED_CODES:
        return 4;
    case WBI_PACKED_SMALL_CODES:
        break;
    }
    return 1;
}

/* The whole number nearest to x, of less than 2^31 in size: adding 1.5 * 2^52 leaves no room for a fraction. */
static inline double nearest_whole(double x)
{
    const double shift = 0x1.8p52;
    return (x + shift) - shift;
}

static inline bool is_hundredths(double x)
{
    const double whole = nearest_whole(x * 100);
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

static double number_of(int32_t hundredths)
{
    return hundredths == INT32_MIN ? NAN : (double)hundredths / 100;
}

static int32_t code_at(const wbi_packed *column, size_t row)
{
    if (column->packing == WBI_PACKED_CODES)
        return wbi_packed_codes(column)[row];
    uint8_t code = ((const uint8_t *)column->values)[row];
    return code == SMALL_MISSING ? -1 : code;
}

/* ---- adding rows ---- */

static bool fits(const wbi_packed *column, const wbi_column *more)
{
    switch (column->packing) {
    case WBI_PACKED_HUNDREDTHS:
        return all_hundredths(more->numbers, more->length);
    case WBI_PACKED_SECONDS:
        return all_seconds(more->times, more->length);
    case WBI_PACKED_SMALL_CODES:
        return wbi_dictionary_size(more->dictionary) <= SMALL_LEVELS;
    case WBI_PACKED_DOUBLES:
    case WBI_PACKED_MICROSECONDS:
    case WBI_PACKED_CODES:
        break;
    }
    return true;
}

static wbi_packing wide_packing(wb_type type)
{
    return type == WB_TYPE_NUMBER ? WBI_PACKED_DOUBLES : type == WB_TYPE_TIME ? WBI_PACKED_MICROSECONDS : WBI_PACKED_CODES;
}

static wb_status widen(wbi_packed *column, size_t n, size_t capacity, wb_error *err)
{
    wbi_packed wide = *column;
    wide.packing = wide_packing(column->type);
    wide.values = wbi_alloc_aligned(capacity, wbi_packed_width(&wide));
    if (wide.values == NULL)
        return wbi_fail_nomem(err, capacity * wbi_packed_width(&wide));
    for (size_t i = 0; i < n; i++) {
        if (column->packing == WBI_PACKED_HUNDREDTHS)
            ((double *)wide.values)[i] = number_of(((const int32_t *)column->values)[i]);
        else if (column->packing == WBI_PACKED_SECONDS)
            ((int64_t *)wide.values)[i] = wbi_packed_time(column, i);
        else
            ((int32_t *)wide.values)[i] = code_at(column, i);
    }
    wbi_free(column->values);
    *column = wide;
    return WB_OK;
}

static void append_values(wbi_packed *column, size_t at, const wbi_column *more)
{
    size_t n = more->length;
    switch (column->packing) {
    case WBI_PACKED_DOUBLES:
        memcpy((double *)column->values + at, more->numbers, n * sizeof(double));
        break;
    case WBI_PACKED_HUNDREDTHS:
        for (size_t i = 0; i < n; i++)
            ((int32_t *)column->values)[at + i] =
                isnan(more->numbers[i]) ? INT32_MIN : (int32_t)nearest_whole(more->numbers[i] * 100);
        break;
    case WBI_PACKED_MICROSECONDS:
        memcpy((int64_t *)column->values + at, more->times, n * sizeof(int64_t));
        break;
    case WBI_PACKED_SECONDS:
        for (size_t i = 0; i < n; i++)
            ((int32_t *)column->values)[at + i] =
                more->times[i] == WB_TIME_MISSING ? INT32_MIN : (int32_t)(more->times[i] / second_us);
        break;
    case WBI_PACKED_CODES:
        memcpy((int32_t *)column->values + at, more->codes, n * sizeof(int32_t));
        break;
    case WBI_PACKED_SMALL_CODES:
        for (size_t i = 0; i < n; i++)
            ((uint8_t *)column->values)[at + i] = (uint8_t)(more->codes[i] < 0 ? SMALL_MISSING : more->codes[i]);
        break;
    }
}

/* As narrow as can be, until a value says otherwise. Customers are too many for one byte. */
static wb_status begin_columns(wbi_packed_rows *packed, const wb_table *rows, wb_error *err)
{
    packed->columns = wbi_alloc_zeroed(rows->n_columns, sizeof *packed->columns);
    if (packed->columns == NULL)
        return wbi_fail_nomem(err, rows->n_columns * sizeof *packed->columns);
    for (; packed->n_columns < rows->n_columns; packed->n_columns++) {
        const wbi_column *like = &rows->columns[packed->n_columns];
        wbi_packing narrow = like->type == WB_TYPE_NUMBER ? WBI_PACKED_HUNDREDTHS
                             : like->type == WB_TYPE_TIME ? WBI_PACKED_SECONDS
                             : like->dictionary_borrowed  ? WBI_PACKED_CODES
                                                          : WBI_PACKED_SMALL_CODES;
        packed->columns[packed->n_columns] = (wbi_packed){
            .type = like->type, .packing = narrow, .dictionary = like->dictionary, .dictionary_borrowed = true};
    }
    return WB_OK;
}

static wb_status make_room(wbi_packed_rows *packed, size_t n_more, size_t n_expected, wb_error *err)
{
    size_t wanted = packed->n_rows + n_more, capacity = packed->capacity;
    if (capacity >= wanted && capacity > 0)
        return WB_OK;
    capacity = capacity * 2 > FIRST_ROWS ? capacity * 2 : FIRST_ROWS;
    if (n_expected >= wanted)
        capacity = n_expected;
    else if (capacity < wanted)
        capacity = wanted;
    for (size_t k = 0; k < packed->n_columns; k++) {
        wbi_packed *column = &packed->columns[k];
        size_t width = wbi_packed_width(column);
        void *moved = wbi_alloc_aligned(capacity, width);
        if (moved == NULL)
            return wbi_fail_nomem(err, capacity * width);
        if (packed->n_rows > 0)
            memcpy(moved, column->values, packed->n_rows * width);
        wbi_free(column->values);
        column->values = moved;
    }
    packed->capacity = capacity;
    return WB_OK;
}

wb_status wbi_packed_append(wbi_packed_rows *packed, const wb_table *rows, size_t n_expected, wb_error *err)
{
    if (packed->columns == NULL)
        WBI_TRY(begin_columns(packed, rows, err));
    WBI_TRY(make_room(packed, rows->n_rows, n_expected, err));
    for (size_t k = 0; k < packed->n_columns; k++) {
        wbi_packed *column = &packed->columns[k];
        if (!fits(column, &rows->columns[k]))
            WBI_TRY(widen(column, packed->n_rows, packed->capacity, err));
        append_values(column, packed->n_rows, &rows->columns[k]);
    }
    packed->n_rows += rows->n_rows;
    return WB_OK;
}

void wbi_packed_take_dictionaries(wbi_packed_rows *packed, wb_table *rows)
{
    for (size_t k = 0; k < packed->n_columns; k++)
        if (rows->columns[k].dictionary != NULL && !rows->columns[k].dictionary_borrowed) {
            packed->columns[k].dictionary_borrowed = false;
            rows->columns[k].dictionary_borrowed = 1;
        }
}

void wbi_packed_free(wbi_packed_rows *rows)
{
    for (size_t k = 0; k < rows->n_columns; k++) {
        wbi_free(rows->columns[k].values);
        if (!rows->columns[k].dictionary_borrowed)
            wbi_dictionary_free(rows->columns[k].dictionary);
    }
    wbi_free(rows->columns);
    *rows = (wbi_packed_rows){0};
}

void wbi_packed_gather(const wbi_packed *column, const uint32_t *row, size_t n, void *out)
{
    switch (column->packing) {
    case WBI_PACKED_DOUBLES:
        for (size_t i = 0; i < n; i++)
            ((double *)out)[i] = ((const double *)column->values)[row[i]];
        break;
    case WBI_PACKED_HUNDREDTHS:
        for (size_t i = 0; i < n; i++)
            ((double *)out)[i] = number_of(((const int32_t *)column->values)[row[i]]);
        break;
    case WBI_PACKED_MICROSECONDS:
    case WBI_PACKED_SECONDS:
        for (size_t i = 0; i < n; i++)
            ((int64_t *)out)[i] = wbi_packed_time(column, row[i]);
        break;
    case WBI_PACKED_CODES:
    case WBI_PACKED_SMALL_CODES:
        for (size_t i = 0; i < n; i++) {
            int32_t code = code_at(column, row[i]);
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
        int32_t x = code_at(column, a), y = code_at(column, b);
        return compare_int64(x < 0 ? -1 : rank[x], y < 0 ? -1 : rank[y]);
    }
    if (column->packing == WBI_PACKED_DOUBLES) {
        double x = ((const double *)column->values)[a], y = ((const double *)column->values)[b];
        return isnan(x) || isnan(y) ? (isnan(y) != 0) - (isnan(x) != 0) : (x > y) - (x < y);
    }
    if (column->packing == WBI_PACKED_MICROSECONDS)
        return compare_int64(((const int64_t *)column->values)[a], ((const int64_t *)column->values)[b]);
    return compare_int64(((const int32_t *)column->values)[a], ((const int32_t *)column->values)[b]);
}
