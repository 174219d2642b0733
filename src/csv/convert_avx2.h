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

/* ---- doubles ---- */

enum { LONGEST = 16, TOO_LONG = 32, MARKED = 16 };

static inline __m256i sixteen_each(const void *low, const void *high)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(low)), _mm_loadu_si128(high), 1);
}

/* Two cells, one a half. */
typedef struct two_cells {
    __m256i digits; /* right-aligned, without sign and mark, zeros filling up in front */
    __m256i mark;   /* in each word: 0 without one, MARKED and the number of digits behind it, more where there are several */
    __m256i minus;  /* all ones in the lowest byte, if there is one */
} two_cells;

/* From the n-th byte on: what moves n bytes to the end of sixteen. */
static const int8_t to_the_end[LONGEST + TOO_LONG] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                                      0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15};

/* Of fewer than TOO_LONG bytes, of which sixteen are looked at. What stands before a mark moves into its place. */
static inline two_cells take_two(cell_place a, cell_place b, char decimal)
{
    const __m256i zero = _mm256_setzero_si256(), one = _mm256_set1_epi8(1);
    const __m256i weights = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, MARKED)); /* of a mark at each place */
    const __m256i bytes = _mm256_xor_si256(sixteen_each(a.at, b.at), _mm256_set1_epi8('0'));
    const __m256i minus = _mm256_cmpeq_epi8(bytes, _mm256_broadcastsi128_si256(_mm_cvtsi32_si128('-' ^ '0')));
    const __m256i x = _mm256_shuffle_epi8(_mm256_andnot_si256(minus, bytes), sixteen_each(to_the_end + a.n, to_the_end + b.n));
    const __m256i marks = _mm256_cmpeq_epi8(x, _mm256_set1_epi8((char)(decimal ^ '0')));
    const __m256i halves = _mm256_sad_epu8(_mm256_and_si256(marks, weights), zero);
    const __m256i mark = _mm256_add_epi64(halves, _mm256_shuffle_epi32(halves, _MM_SHUFFLE(1, 0, 3, 2)));
    const __m256i least = _mm256_sub_epi8(_mm256_shuffle_epi8(mark, zero), one); /* beyond all weights without a mark */
    const __m256i weight = _mm256_sub_epi8(weights, one);
    const __m256i up_to_mark = _mm256_cmpeq_epi8(_mm256_max_epu8(weight, least), weight);
    return (two_cells){_mm256_blendv_epi8(x, _mm256_bslli_epi128(x, 1), up_to_mark), mark, minus};
}

/* Sixteen digits, four at a time. */
static inline __m256i fours_of(__m256i digits)
{
    const __m256i pairs = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(10 | 1 << 8));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi32(100 | 1 << 16));
}

/* The whole numbers of digits, where they are less than 2^52. */
static inline __m256i wholes_of(__m256i even_digits, __m256i odd_digits)
{
    const __m256i fours = _mm256_packus_epi32(fours_of(even_digits), fours_of(odd_digits));
    const __m256i eights = _mm256_madd_epi16(fours, _mm256_set1_epi32(10000 | 1 << 16));
    return _mm256_add_epi64(_mm256_mul_epu32(eights, _mm256_set1_epi64x(100000000)), _mm256_srli_epi64(eights, 32));
}

static inline __m256d as_doubles(__m256i whole)
{
    const __m256d shift = _mm256_set1_pd(0x1p52);
    return _mm256_sub_pd(_mm256_or_pd(_mm256_castsi256_pd(whole), shift), shift);
}

/* 10^n for the n digits behind each mark. */
static inline __m256d power_of(__m256i mark)
{
    const __m256 powers = _mm256_setr_ps(1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f);
    const __m256i places = _mm256_castsi128_si256(low_halves(mark)); /* of which three bits count */
    const __m256d power = _mm256_cvtps_pd(_mm256_castps256_ps128(_mm256_permutevar8x32_ps(powers, places)));
    const __m256d eight_more = _mm256_castsi256_pd(_mm256_slli_epi64(mark, 60)); /* the fourth is the sign */
    return _mm256_mul_pd(power, _mm256_blendv_pd(_mm256_set1_pd(1), _mm256_set1_pd(1e8), eight_more));
}

/* All ones where a cell is too long or a minus alone, has more than fifteen digits, or several marks or one at its end. */
static inline __m256i are_unusual(__m256i lengths, __m256i minus, __m256i mark)
{
    const __m256i n_signs = _mm256_and_si256(minus, _mm256_set1_epi64x(1)), n_marks = _mm256_srli_epi64(mark, 4);
    const __m256i behind_sign = _mm256_sub_epi64(lengths, n_signs), n_digits = _mm256_sub_epi64(behind_sign, n_marks);
    const __m256i length = _mm256_or_si256(_mm256_cmpgt_epi64(lengths, _mm256_set1_epi64x(LONGEST)),
                                           _mm256_cmpgt_epi64(n_signs, behind_sign));
    const __m256i marked = _mm256_or_si256(_mm256_cmpeq_epi64(mark, _mm256_set1_epi64x(MARKED)),
                                           _mm256_cmpgt_epi64(n_marks, _mm256_set1_epi64x(1)));
    return _mm256_or_si256(_mm256_or_si256(length, marked), _mm256_cmpgt_epi64(n_digits, _mm256_set1_epi64x(15)));
}

/* What four cells say. */
typedef struct four_parts {
    __m256i whole;   /* the digits, without mark and sign */
    __m256i mark;    /* MARKED and the number of digits behind it, or 0 */
    __m256i minus;   /* the lowest bit counts */
    __m256i missing; /* all ones */
} four_parts;

/* False when one is unusual: of all others the digits and their power of ten are numbers that doubles hold. */
static inline bool take_parts(four_parts *out, const cell_place cells[LANES], char decimal)
{
    if ((cells[0].n | cells[1].n | cells[2].n | cells[3].n) >= TOO_LONG)
        return false;
    const two_cells even = take_two(cells[0], cells[2], decimal), odd = take_two(cells[1], cells[3], decimal);
    const __m256i lengths = _mm256_setr_epi64x(cells[0].n, cells[1].n, cells[2].n, cells[3].n);
    out->mark = _mm256_unpacklo_epi64(even.mark, odd.mark);
    out->minus = _mm256_unpacklo_epi64(even.minus, odd.minus);
    out->whole = wholes_of(even.digits, odd.digits);
    out->missing = _mm256_cmpeq_epi64(lengths, _mm256_setzero_si256());
    const __m256i unusual = are_unusual(lengths, out->minus, out->mark);
    return _mm256_movemask_epi8(_mm256_andnot_si256(unusual, are_digits(_mm256_max_epu8(even.digits, odd.digits)))) == -1;
}

/* Missing ones become NaN. */
static inline bool four_doubles(void *out, const cell_place cells[LANES], char decimal)
{
    four_parts four;
    if (!take_parts(&four, cells, decimal))
        return false;
    const __m256d sign = _mm256_and_pd(_mm256_castsi256_pd(_mm256_slli_epi64(four.minus, 56)), _mm256_set1_pd(-0.0));
    const __m256d number = _mm256_xor_pd(_mm256_div_pd(as_doubles(four.whole), power_of(four.mark)), sign);
    const __m256d one_zero = _mm256_add_pd(number, _mm256_setzero_pd()); /* -0 is read as 0 */
    _mm256_storeu_pd(out, _mm256_blendv_pd(one_zero, _mm256_set1_pd(NAN), _mm256_castsi256_pd(four.missing)));
    return true;
}

static inline bool four_decimals(void *out, const cell_place cells[LANES], char decimal)
{
    four_parts four;
    if (!take_parts(&four, cells, decimal))
        return false;
    const __m256i sign = _mm256_and_si256(four.minus, _mm256_set1_epi64x(1));
    const __m256i negative = _mm256_sub_epi64(_mm256_setzero_si256(), sign);
    const __m256i digits = _mm256_sub_epi64(_mm256_xor_si256(four.whole, negative), negative);
    const __m256i beyond = _mm256_set1_epi64x(WBI_DECIMAL_MISSING), places = _mm256_and_si256(four.mark, beyond);
    const __m256i known = _mm256_or_si256(_mm256_slli_epi64(digits, WBI_DECIMAL_SHIFT), places);
    const __m256i too_long = _mm256_or_si256(_mm256_cmpgt_epi64(four.whole, _mm256_set1_epi64x(WBI_DECIMAL_MOST)),
                                             _mm256_cmpeq_epi64(places, beyond));
    _mm_storeu_si128(out, low_halves(_mm256_blendv_epi8(known, beyond, four.missing)));
    return _mm256_movemask_epi8(too_long) == 0;
}

/* `width`: bytes of what a cell becomes. */
static inline size_t by_four(char *out, size_t width, const wbi_column_cells *cells, size_t row, char decimal,
                             bool (*convert)(void *out, const cell_place cells[LANES], char decimal))
{
    for (; row + LANES <= cells->n_rows; row += LANES) {
        if (!are_kept(cells, row))
            break;
        const cell_place four[LANES] = {place_of(cells, row), place_of(cells, row + 1), place_of(cells, row + 2),
                                        place_of(cells, row + 3)};
        if (!convert(out + row * width, four, decimal))
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
