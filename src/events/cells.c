/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events/cells.h"

#include <math.h>

static bool is_known(int64_t known_us, int64_t cutoff_us)
{
    return (known_us != WB_TIME_MISSING) & (known_us < cutoff_us);
}

#define MASK(T, missing)                                                                                               \
    for (size_t i = 0; i < n; i++) {                                                                                   \
        T *cell = (T *)cells + i;                                                                                      \
        *cell = is_known(known_us[i], cutoff_us) ? *cell : (missing);                                                  \
    }                                                                                                                  \
    break;

void wbi_cells_mask(wbi_expr_type type, void *cells, const int64_t *known_us, size_t n, int64_t cutoff_us)
{
    switch (type) {
    case WBI_EXPR_TEXT:
        MASK(wbi_str, (wbi_str){0})
    case WBI_EXPR_BOOL:
        MASK(uint8_t, WBI_UNKNOWN)
    case WBI_EXPR_TIME:
    case WBI_EXPR_DURATION:
        MASK(int64_t, WB_TIME_MISSING)
    case WBI_EXPR_NUMBER:
    case WBI_EXPR_ANY:
        MASK(double, NAN)
    }
}

void wbi_cells_mask_future(int64_t *times, size_t n, int64_t cutoff_us)
{
    for (size_t i = 0; i < n; i++)
        times[i] = times[i] < cutoff_us ? times[i] : WB_TIME_MISSING;
}

#define COMPACT(T)                                                                                                     \
    for (size_t i = 0; i < n; i++) {                                                                                   \
        ((T *)cells)[n_kept] = ((T *)cells)[i];                                                                        \
        n_kept += keep[i] == WBI_TRUE;                                                                                 \
    }                                                                                                                  \
    break;

void wbi_cells_compact(void *cells, size_t width, const uint8_t *keep, size_t n)
{
    size_t n_kept = 0;
    switch (width) {
    case sizeof(uint8_t):
        COMPACT(uint8_t)
    case sizeof(uint32_t):
        COMPACT(uint32_t)
    case sizeof(uint64_t):
        COMPACT(uint64_t)
    default:
        COMPACT(wbi_str)
    }
}

bool wbi_has_few_levels(const wbi_packed *column)
{
    return column->packing == WBI_PACKED_SMALL_CODES && wbi_dictionary_size(column->dictionary) <= WBI_CODE_MISSING;
}

void wbi_cells_codes(const wbi_packed *column, const uint32_t *row, size_t n, uint8_t *codes)
{
    const uint8_t *values = column->values;
    for (size_t i = 0; i < n; i++)
        codes[i] = values[row[i]] < WBI_CODE_MISSING ? values[row[i]] : WBI_CODE_MISSING;
}

void wbi_cells_mask_codes(uint8_t *codes, const int64_t *known_us, size_t n, int64_t cutoff_us)
{
    for (size_t i = 0; i < n; i++)
        codes[i] = is_known(known_us[i], cutoff_us) ? codes[i] : WBI_CODE_MISSING;
}

void wbi_level_texts(const wbi_packed *column, wbi_str texts[WBI_N_CODES])
{
    size_t n_levels = wbi_dictionary_size(column->dictionary);
    for (size_t code = 0; code < WBI_N_CODES; code++)
        texts[code] = code < n_levels ? wbi_dictionary_at(column->dictionary, (int32_t)code) : (wbi_str){0};
}

#define SPREAD(T)                                                                                                      \
    for (size_t i = 0; i < n; i++)                                                                                     \
        ((T *)cells)[i] = ((const T *)by_code)[codes[i]];                                                              \
    break;

void wbi_cells_spread(void *cells, const void *by_code, size_t width, const uint8_t *codes, size_t n)
{
    switch (width) {
    case sizeof(uint8_t):
        SPREAD(uint8_t)
    case sizeof(uint64_t):
        SPREAD(uint64_t)
    default:
        SPREAD(wbi_str)
    }
}
