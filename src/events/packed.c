/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events/packed.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "par/par.h"

enum { VALUES_A_STEP = 1024, SMALL_LEVELS = 255, SMALL_MISSING = 255, FEW_ROWS = 65536 };

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

/* A step of values is looked at as a whole, so that nothing branches on one. */
static bool all_hundredths(const double *x, size_t n)
{
    for (size_t begin = 0; begin < n; begin += VALUES_A_STEP) {
        size_t end = n - begin < VALUES_A_STEP ? n : begin + VALUES_A_STEP;
        unsigned good = 1;
        for (size_t i = begin; i < end; i++)
            good &= (unsigned)is_hundredths(x[i]) | (unsigned)(isnan(x[i]) != 0);
        if (!good)
            return false;
    }
    return true;
}

static bool all_seconds(const int64_t *time_us, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (time_us[i] != WB_TIME_MISSING &&
            (time_us[i] % second_us != 0 || time_us[i] / second_us <= INT32_MIN || time_us[i] / second_us > INT32_MAX))
            return false;
    return true;
}

/* Writes value by value over what was read before; memmove-like access keeps the two types apart. */
static void narrow_numbers(void *values, size_t n)
{
    char *bytes = values;
    for (size_t i = 0; i < n; i++) {
        double x;
        memcpy(&x, bytes + i * sizeof x, sizeof x);
        const int32_t packed = isnan(x) ? INT32_MIN : (int32_t)nearest_whole(x * 100);
        memcpy(bytes + i * sizeof packed, &packed, sizeof packed);
    }
}

static void narrow_times(void *values, size_t n)
{
    char *bytes = values;
    for (size_t i = 0; i < n; i++) {
        int64_t time_us;
        memcpy(&time_us, bytes + i * sizeof time_us, sizeof time_us);
        const int32_t packed = time_us == WB_TIME_MISSING ? INT32_MIN : (int32_t)(time_us / second_us);
        memcpy(bytes + i * sizeof packed, &packed, sizeof packed);
    }
}

static void narrow_codes(void *values, size_t n)
{
    char *bytes = values;
    for (size_t i = 0; i < n; i++) {
        int32_t code;
        memcpy(&code, bytes + i * sizeof code, sizeof code);
        bytes[i] = (char)(unsigned char)(code < 0 ? SMALL_MISSING : code);
    }
}

static void pack_values(wbi_packed *column, size_t n)
{
    switch (column->type) {
    case WB_TYPE_NUMBER:
        column->packing = WBI_PACKED_DOUBLES;
        if (!all_hundredths(column->values, n))
            return;
        narrow_numbers(column->values, n);
        column->packing = WBI_PACKED_HUNDREDTHS;
        break;
    case WB_TYPE_TIME:
        column->packing = WBI_PACKED_MICROSECONDS;
        if (!all_seconds(column->values, n))
            return;
        narrow_times(column->values, n);
        column->packing = WBI_PACKED_SECONDS;
        break;
    case WB_TYPE_CATEGORY:
    case WB_TYPE_TEXT:
        column->packing = WBI_PACKED_CODES;
        if (column->dictionary_borrowed || wbi_dictionary_size(column->dictionary) > SMALL_LEVELS)
            return;
        narrow_codes(column->values, n);
        column->packing = WBI_PACKED_SMALL_CODES;
        break;
    }
}

static void take_column(wbi_packed *to, wbi_column *from)
{
    *to = (wbi_packed){.type = from->type,
                       .dictionary = from->dictionary,
                       .dictionary_borrowed = from->dictionary_borrowed != 0};
    to->values = from->type == WB_TYPE_NUMBER ? (void *)from->numbers
                 : from->type == WB_TYPE_TIME ? (void *)from->times
                                              : (void *)from->codes;
    from->numbers = NULL;
    from->times = NULL;
    from->codes = NULL;
    from->dictionary = NULL;
}

static wb_status pack_columns(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    wbi_packed_rows *rows = context;
    (void)block;
    (void)worker;
    for (size_t k = begin; k < end; k++) {
        wbi_packed *column = &rows->columns[k];
        pack_values(column, rows->n_rows);
        void *shrunk = wbi_realloc_array(column->values, rows->n_rows, wbi_packed_width(column));
        if (shrunk == NULL)
            return wbi_fail_nomem(err, rows->n_rows * wbi_packed_width(column));
        column->values = shrunk;
    }
    return WB_OK;
}

wb_status wbi_pack(wbi_packed_rows *out, wb_table *rows, int n_threads, wb_error *err)
{
    *out = (wbi_packed_rows){.n_rows = rows->n_rows};
    out->columns = wbi_alloc_zeroed(rows->n_columns, sizeof *out->columns);
    if (out->columns == NULL)
        return wbi_fail_nomem(err, rows->n_columns * sizeof *out->columns);
    for (; out->n_columns < rows->n_columns; out->n_columns++)
        take_column(&out->columns[out->n_columns], &rows->columns[out->n_columns]);
    return wbi_par_for(out->n_columns, 1, out->n_rows < FEW_ROWS ? 1 : n_threads, pack_columns, out, err);
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
