/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conversions of csv/convert.h on vectors: four numbers at a time, and the digits of a time all at once. */
#ifndef WINBACK_CSV_CONVERT_AVX2_H
#define WINBACK_CSV_CONVERT_AVX2_H

#include <immintrin.h>
#include <math.h>

#include "csv/convert.h"
#include "csv/scan.h"

enum { LANES = 4 };

static inline int64_t eight_bytes(const char *at)
{
    int64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

/* Right-aligned digits without their mark, zeros filling up in front; the lowest bit of the mark, 0 where there is none. */
typedef struct four_digits {
    __m256i digits, mark;
} four_digits;

/* `bytes` are cells, of which more than eight bytes leave nothing, which is no digit. */
static inline four_digits take_mark_out(__m256i bytes, __m128i lengths, char decimal)
{
    const __m256i n_bits = _mm256_slli_epi64(_mm256_cvtepu32_epi64(lengths), 3);
    const __m256i x = _mm256_or_si256(_mm256_sllv_epi64(bytes, _mm256_sub_epi64(_mm256_set1_epi64x(64), n_bits)),
                                      _mm256_srlv_epi64(_mm256_set1_epi8('0'), n_bits));
    const __m256i zero = _mm256_setzero_si256(), one = _mm256_set1_epi64x(1);
    const __m256i marks = _mm256_cmpeq_epi8(x, _mm256_set1_epi8(decimal));
    const __m256i mark = _mm256_and_si256(marks, _mm256_sub_epi64(zero, marks)); /* the lowest bit of the first mark */
    const __m256i before_mark = _mm256_sub_epi64(mark, one);
    const __m256i up_to_mark = _mm256_sub_epi64(_mm256_slli_epi64(mark, 8), one);
    const __m256i before = _mm256_slli_epi64(_mm256_and_si256(x, before_mark), 8);
    const __m256i joined = _mm256_or_si256(_mm256_or_si256(_mm256_andnot_si256(up_to_mark, x), before),
                                           _mm256_set1_epi64x('0'));
    const __m256i unmarked = _mm256_cmpeq_epi64(marks, zero);
    const __m256i digits = _mm256_blendv_epi8(joined, x, unmarked);
    return (four_digits){_mm256_sub_epi8(digits, _mm256_set1_epi8('0')), mark};
}

/* What hundredths are of the digits: 1, 10 or 100 times, or 0 where the mark stands elsewhere. */
static inline __m256i scale_of(__m256i mark)
{
    const __m256i unmarked = _mm256_cmpeq_epi64(mark, _mm256_setzero_si256());
    const __m256i two = _mm256_cmpeq_epi64(mark, _mm256_set1_epi64x(INT64_C(1) << 40));
    const __m256i tenth = _mm256_cmpeq_epi64(mark, _mm256_set1_epi64x(INT64_C(1) << 48));
    return _mm256_or_si256(_mm256_or_si256(_mm256_and_si256(unmarked, _mm256_set1_epi64x(100)),
                                           _mm256_and_si256(tenth, _mm256_set1_epi64x(10))),
                           _mm256_and_si256(two, _mm256_set1_epi64x(1)));
}

/* Eight digits each as a number. */
static inline __m256i value_of(__m256i digits)
{
    const __m256i pairs = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(10 | 1 << 8));
    const __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(100 | 1 << 16));
    return _mm256_add_epi64(_mm256_mul_epu32(fours, _mm256_set1_epi64x(10000)), _mm256_srli_epi64(fours, 32));
}

static inline __m256i are_digits(__m256i digits)
{
    const __m256i nine = _mm256_set1_epi8(9);
    return _mm256_cmpeq_epi8(_mm256_max_epu8(digits, nine), nine);
}

static inline __m128i low_halves(__m256i x)
{
    return _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(x, _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6)));
}

/* False when one of them is unusual. */
static inline bool four_hundredths(int32_t *out, __m256i bytes, __m128i lengths, char decimal)
{
    const four_digits four = take_mark_out(bytes, lengths, decimal);
    const __m256i scale = scale_of(four.mark), hundredths = _mm256_mul_epu32(value_of(four.digits), scale);
    const __m256i usual = _mm256_andnot_si256(
        _mm256_or_si256(_mm256_cmpeq_epi64(scale, _mm256_setzero_si256()),
                        _mm256_cmpgt_epi64(hundredths, _mm256_set1_epi64x(INT32_MAX))),
        are_digits(four.digits));
    const __m128i packed = low_halves(hundredths);
    const __m128i missing = _mm_cmpeq_epi32(lengths, _mm_setzero_si128());
    _mm_storeu_si128((__m128i *)(void *)out, _mm_blendv_epi8(packed, _mm_set1_epi32(INT32_MIN), missing));
    return _mm256_movemask_epi8(usual) == -1;
}

/* 10^n for the n digits behind each mark. */
static inline __m256d power_of(__m256i mark)
{
    const __m256i zero = _mm256_setzero_si256(), ones = _mm256_set1_epi8(1);
    const __m256i before = _mm256_and_si256(_mm256_sub_epi64(mark, _mm256_set1_epi64x(1)), ones);
    const __m256i place = _mm256_add_epi64(_mm256_sad_epu8(before, zero), _mm256_cmpeq_epi64(mark, zero));
    const __m256 powers = _mm256_setr_ps(1e7f, 1e6f, 1e5f, 1e4f, 1e3f, 1e2f, 1e1f, 1e0f);
    const __m256i places = _mm256_castsi128_si256(low_halves(place));
    return _mm256_cvtps_pd(_mm256_castps256_ps128(_mm256_permutevar8x32_ps(powers, places)));
}

/* Four cells behind their signs: all ones in `negative` where that is a minus. */
typedef struct four_cells {
    __m256i first, last; /* eight bytes from the beginning on; the last eight, of shorter cells the first */
    __m128i lengths, negative;
} four_cells;

static inline bool are_short(__m128i lengths)
{
    return _mm_movemask_epi8(_mm_cmpeq_epi32(_mm_min_epu32(lengths, _mm_set1_epi32(8)), lengths)) == 0xffff;
}

/* Magnitudes with their signs, missing ones NaN; false when a missing one has a sign. */
static inline bool put_doubles(double *out, __m256d magnitude, const four_cells *cells)
{
    const __m128i missing = _mm_cmpeq_epi32(cells->lengths, _mm_setzero_si128());
    const __m256d sign = _mm256_and_pd(_mm256_castsi256_pd(_mm256_cvtepi32_epi64(cells->negative)), _mm256_set1_pd(-0.0));
    const __m256d number = _mm256_add_pd(_mm256_xor_pd(magnitude, sign), _mm256_setzero_pd()); /* -0 is read as 0 */
    const __m256d gap = _mm256_castsi256_pd(_mm256_cvtepi32_epi64(missing));
    _mm256_storeu_pd(out, _mm256_blendv_pd(number, _mm256_set1_pd(NAN), gap));
    return _mm_testz_si128(missing, cells->negative);
}

/* All ones where the mark is the last byte, as in "12." */
static inline __m256i ends_in_mark(__m256i mark)
{
    return _mm256_cmpeq_epi64(mark, _mm256_set1_epi64x(INT64_C(1) << 56));
}

static inline __m256d as_doubles(__m256i digits)
{
    return _mm256_cvtepi32_pd(low_halves(value_of(digits)));
}

/* Of at most eight bytes each; false when one is unusual. */
static inline bool four_doubles(double *out, const four_cells *cells, char decimal)
{
    const four_digits four = take_mark_out(cells->first, cells->lengths, decimal);
    const __m256i usual = _mm256_andnot_si256(ends_in_mark(four.mark), are_digits(four.digits));
    const __m256d magnitude = _mm256_div_pd(as_doubles(four.digits), power_of(four.mark));
    return put_doubles(out, magnitude, cells) && _mm256_movemask_epi8(usual) == -1;
}

/* Of at most sixteen bytes and fifteen digits each, read in two parts of which the last has eight bytes: both, and what they add up
 * to, are whole numbers that doubles hold. */
static inline bool four_long_doubles(double *out, const four_cells *cells, char decimal)
{
    const __m256i zero = _mm256_setzero_si256(), ones = _mm256_set1_epi64x(-1);
    const __m128i lengths = _mm_min_epu32(cells->lengths, _mm_set1_epi32(17)); /* as good as all that are longer */
    const __m128i n_last = _mm_min_epu32(lengths, _mm_set1_epi32(8));
    const four_digits last = take_mark_out(cells->last, n_last, decimal);
    const four_digits before = take_mark_out(cells->first, _mm_sub_epi32(lengths, n_last), decimal);
    const __m256i without_last = _mm256_cmpeq_epi64(last.mark, zero), without_before = _mm256_cmpeq_epi64(before.mark, zero);
    const __m256i marked = _mm256_andnot_si256(_mm256_and_si256(without_last, without_before), ones);
    const __m256i marked_twice = _mm256_andnot_si256(_mm256_or_si256(without_last, without_before), ones);
    const __m256i n_digits = _mm256_add_epi64(_mm256_cvtepu32_epi64(lengths), marked);
    const __m256i unusual = _mm256_or_si256(_mm256_or_si256(ends_in_mark(last.mark), marked_twice),
                                            _mm256_cmpgt_epi64(n_digits, _mm256_set1_epi64x(15)));
    const __m256i usual = _mm256_andnot_si256(unusual, _mm256_and_si256(are_digits(last.digits), are_digits(before.digits)));
    const __m256d shift = _mm256_blendv_pd(_mm256_set1_pd(1e7), _mm256_set1_pd(1e8), _mm256_castsi256_pd(without_last));
    const __m256d whole = _mm256_add_pd(_mm256_mul_pd(as_doubles(before.digits), shift), as_doubles(last.digits));
    const __m256d power = _mm256_blendv_pd(_mm256_mul_pd(power_of(before.mark), _mm256_set1_pd(1e8)), power_of(last.mark),
                                           _mm256_castsi256_pd(without_before));
    return put_doubles(out, _mm256_div_pd(whole, power), cells) && _mm256_movemask_epi8(usual) == -1;
}

/* One cell's bytes, without the quotes that `margin` says. A row that is not kept may lack the cell. */
typedef struct cell_place {
    const char *at;
    uint32_t n; /* UINT32_MAX when it is not in quotes */
} cell_place;

static inline cell_place place_of(const wbi_column_cells *cells, size_t row)
{
    const uint32_t *mark = cells->marks + cells->starts[row], begin = mark[0] + 1;
    const char *at = cells->bytes + begin;
    if (cells->margin == 0)
        return (cell_place){at, mark[1] - begin};
    return (cell_place){at + 1, *at == '"' ? mark[1] - begin - 2 : UINT32_MAX};
}

static inline int64_t last_bytes(cell_place cell)
{
    return eight_bytes(cell.n > 8 && cell.n <= 16 ? cell.at + cell.n - 8 : cell.at);
}

static inline bool are_kept(const wbi_column_cells *cells, size_t row)
{
    static const uint8_t all_kept[LANES] = {1, 1, 1, 1};
    return memcmp(cells->kept + row, all_kept, LANES) == 0;
}

static size_t hundredths(int32_t *out, const wbi_column_cells *cells, size_t row, char decimal)
{
    for (; row + LANES <= cells->n_rows; row += LANES) {
        if (!are_kept(cells, row))
            break;
        const cell_place a = place_of(cells, row), b = place_of(cells, row + 1);
        const cell_place c = place_of(cells, row + 2), d = place_of(cells, row + 3);
        const __m256i bytes = _mm256_setr_epi64x(eight_bytes(a.at), eight_bytes(b.at), eight_bytes(c.at), eight_bytes(d.at));
        const __m128i lengths = _mm_setr_epi32((int)a.n, (int)b.n, (int)c.n, (int)d.n);
        if (!four_hundredths(out + row, bytes, lengths, decimal))
            break;
    }
    return row;
}

static inline cell_place behind_sign(cell_place cell, int *negative)
{
    const bool minus = *cell.at == '-' && cell.n > 0;
    *negative = -(int)minus;
    return (cell_place){cell.at + minus, cell.n - minus};
}

static size_t doubles(double *out, const wbi_column_cells *cells, size_t row, char decimal)
{
    for (; row + LANES <= cells->n_rows; row += LANES) {
        int minus_a, minus_b, minus_c, minus_d;
        if (!are_kept(cells, row))
            break;
        const cell_place a = behind_sign(place_of(cells, row), &minus_a);
        const cell_place b = behind_sign(place_of(cells, row + 1), &minus_b);
        const cell_place c = behind_sign(place_of(cells, row + 2), &minus_c);
        const cell_place d = behind_sign(place_of(cells, row + 3), &minus_d);
        const four_cells four = {
            .first = _mm256_setr_epi64x(eight_bytes(a.at), eight_bytes(b.at), eight_bytes(c.at), eight_bytes(d.at)),
            .last = _mm256_setr_epi64x(last_bytes(a), last_bytes(b), last_bytes(c), last_bytes(d)),
            .lengths = _mm_setr_epi32((int)a.n, (int)b.n, (int)c.n, (int)d.n),
            .negative = _mm_setr_epi32(minus_a, minus_b, minus_c, minus_d)};
        if (!(are_short(four.lengths) ? four_doubles : four_long_doubles)(out + row, &four, decimal))
            break;
    }
    return row;
}

/* YYYY-MM-DD(T| )HH:MM:SS */
static inline bool one_time(int64_t *since_1970, const char *at)
{
    const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)at);
    const __m128i shape = _mm_setr_epi8(0, 0, 0, 0, '-', 0, 0, '-', 0, 0, 'T', 0, 0, ':', 0, 0);
    const int marks = _mm_movemask_epi8(_mm_cmpeq_epi8(x, shape)) | (at[10] == ' ') << 10;
    int16_t last;
    memcpy(&last, at + 17, sizeof last);
    const __m128i most = _mm_shuffle_epi8(x, _mm_setr_epi8(0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, -1, -1, -1, -1));
    const __m128i all = _mm_insert_epi16(_mm_or_si128(most, _mm_setr_epi32(0, 0, 0, 0x30300000)), last, 6);
    const __m128i digits = _mm_sub_epi8(all, _mm_set1_epi8('0')), nine = _mm_set1_epi8(9);
    const __m128i pairs = _mm_maddubs_epi16(digits, _mm_set1_epi16(10 | 1 << 8));
    const __m128i most_each = _mm_setr_epi16(99, 99, 12, 31, 23, 59, 59, 0), least_each = _mm_setr_epi16(0, 0, 1, 1, 0, 0, 0, 0);
    const __m128i outside = _mm_or_si128(_mm_cmpgt_epi16(pairs, most_each), _mm_cmpgt_epi16(least_each, pairs));
    const __m128i sums = _mm_madd_epi16(pairs, _mm_setr_epi16(100, 1, 32, 1, 3600, 60, 1, 0));
    const unsigned year = (unsigned)_mm_cvtsi128_si32(sums), month_and_day = (unsigned)_mm_extract_epi32(sums, 1);
    const unsigned month = month_and_day / 32, day = month_and_day % 32;
    if (marks != 0x2490 || at[16] != ':' ||
        _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(digits, nine), nine)) != 0xffff || !_mm_testz_si128(outside, outside))
        return false;
    if (year - 2 > 9996 || (day > 28 && !wbi_convert_has_day(year, month, day)))
        return false;
    *since_1970 = wbi_convert_days(year, month, day) * 86400 + _mm_extract_epi32(sums, 2) + _mm_extract_epi32(sums, 3);
    return true;
}

/* Up to `end`. */
static size_t seconds_by_one(int32_t *out, const wbi_column_cells *cells, size_t row, size_t end, int32_t zone_offset_s)
{
    for (; row < end && cells->kept[row] == 1; row++) {
        const cell_place cell = place_of(cells, row);
        const bool utc = cell.n == 20 && cell.at[19] == 'Z';
        int64_t since_1970;
        if (!(utc || cell.n == 19) || !one_time(&since_1970, cell.at))
            break;
        since_1970 -= utc ? 0 : zone_offset_s;
        out[row] = (int32_t)since_1970;
        if (since_1970 != out[row] || out[row] == INT32_MIN)
            break;
    }
    return row;
}

#endif
