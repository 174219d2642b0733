/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times, four at once: sixteen bytes of a vector hold the digits of one, then its counts of what they stand for. */
#ifndef WINBACK_CSV_CONVERT_AVX512_H
#define WINBACK_CSV_CONVERT_AVX512_H

#include "csv/convert_avx2.h"

static inline __m128i sixteen_bytes(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* The sixteen bytes `behind` the beginning of each cell. */
static inline __m512i four_times_sixteen(const cell_place cells[LANES], size_t behind)
{
    const __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(sixteen_bytes(cells[0].at + behind)),
                                                sixteen_bytes(cells[1].at + behind), 1);
    const __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(sixteen_bytes(cells[2].at + behind)),
                                                 sixteen_bytes(cells[3].at + behind), 1);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

/* Pairs of digits as numbers: century, year, month, day, hour, minute, second, 0. False where a cell has another shape than
 * YYYY-MM-DD(T| )HH:MM:SS, with a Z behind when `utc`, or one of them is too large or small. */
static inline bool take_pairs(__m512i *pairs, const cell_place cells[LANES], bool utc)
{
    enum { DASHES_AND_COLON = 0x2090, LETTER = 0x0400, LAST_COLON = 0x1000, ZONE = 0x8000 };
    const uint64_t each = UINT64_C(0x0001000100010001);
    const __m512i first = four_times_sixteen(cells, 0), last = four_times_sixteen(cells, 4);
    const __m512i shape = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 0, 0, 0, '-', 0, 0, '-', 0, 0, 'T', 0, 0, ':', 0, 0));
    const __m512i end = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', 0, 0, 'Z'));
    const uint64_t marks = _mm512_cmpeq_epi8_mask(first, shape) |
                           _mm512_mask_cmpeq_epi8_mask(each * LETTER, first, _mm512_set1_epi8(' '));
    const uint64_t wrong_end = _mm512_mask_cmpneq_epi8_mask(each * (utc ? LAST_COLON | ZONE : LAST_COLON), last, end);
    const __m512i most = _mm512_shuffle_epi8(
        first, _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, -1, -1, -1, -1)));
    const __m512i rest = _mm512_shuffle_epi8(
        last, _mm512_broadcast_i32x4(_mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 13, 14, -1, -1)));
    const __m512i nothing = _mm512_broadcast_i32x4(_mm_setr_epi32(0, 0, 0, 0x30300000));
    const __m512i digits = _mm512_sub_epi8(_mm512_or_si512(_mm512_or_si512(most, rest), nothing), _mm512_set1_epi8('0'));
    *pairs = _mm512_maddubs_epi16(digits, _mm512_set1_epi16(10 | 1 << 8));
    const __m512i high = _mm512_broadcast_i32x4(_mm_setr_epi16(99, 99, 12, 31, 23, 59, 59, 0));
    const __m512i low = _mm512_broadcast_i32x4(_mm_setr_epi16(0, 0, 1, 1, 0, 0, 0, 0));
    return marks == each * (DASHES_AND_COLON | LETTER) && wrong_end == 0 &&
           _mm512_cmpgt_epu8_mask(digits, _mm512_set1_epi8(9)) == 0 &&
           (_mm512_cmpgt_epi16_mask(*pairs, high) | _mm512_cmplt_epi16_mask(*pairs, low)) == 0;
}

/* Days from 1970-01-01 as wbi_convert_days, of what the first number of each sixteen bytes says. */
static inline __m512i days_of(__m512i year, __m512i month, __m512i day)
{
    const __m512i days_before = _mm512_setr_epi32(0, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 0, 0, 0);
    const __mmask16 before_march = _mm512_cmple_epi32_mask(month, _mm512_set1_epi32(2));
    const __m512i y = _mm512_mask_sub_epi32(year, before_march, year, _mm512_set1_epi32(1));
    const __m512i century = _mm512_srli_epi32(_mm512_mulhi_epu16(y, _mm512_set1_epi32(5243)), 3); /* y * 5243 / 2^19 */
    const __m512i by_four = _mm512_add_epi32(_mm512_srli_epi32(y, 2), _mm512_srli_epi32(century, 2));
    const __m512i leap_days = _mm512_sub_epi32(by_four, century);
    const __m512i years = _mm512_add_epi32(_mm512_madd_epi16(y, _mm512_set1_epi32(365)), leap_days);
    const __m512i in_year = _mm512_add_epi32(_mm512_permutexvar_epi32(month, days_before), day);
    return _mm512_add_epi32(_mm512_add_epi32(years, in_year), _mm512_set1_epi32(-1 - 719468));
}

/* False also where a cell is a leap day, or may not be within int32. */
static inline bool four_seconds(int32_t *out, const cell_place cells[LANES], bool utc, int32_t zone_offset_s)
{
    enum { EACH = 0x1111, FAR_DAYS = 24850 };
    const __m512i longest = _mm512_setr_epi32(0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0, 0, 0);
    __m512i pairs;
    if (!take_pairs(&pairs, cells, utc))
        return false;
    /* year, month and day, seconds of the hour and minute, seconds */
    const __m512i sums = _mm512_madd_epi16(pairs, _mm512_broadcast_i32x4(_mm_setr_epi16(100, 1, 32, 1, 3600, 60, 1, 0)));
    const __m512i date = _mm512_shuffle_epi32(sums, _MM_PERM_BBBB);
    const __m512i month = _mm512_srli_epi32(date, 5), day = _mm512_and_si512(date, _mm512_set1_epi32(31));
    const __m512i days = days_of(sums, month, day);
    const __m512i clock = _mm512_add_epi32(_mm512_shuffle_epi32(sums, _MM_PERM_CCCC),
                                           _mm512_shuffle_epi32(sums, _MM_PERM_DDDD));
    const __m512i seconds = _mm512_add_epi32(_mm512_mullo_epi32(days, _mm512_set1_epi32(86400)),
                                             _mm512_sub_epi32(clock, _mm512_set1_epi32(utc ? 0 : zone_offset_s)));
    const __mmask16 far = _mm512_cmpgt_epu32_mask(_mm512_add_epi32(days, _mm512_set1_epi32(FAR_DAYS)),
                                                  _mm512_set1_epi32(2 * FAR_DAYS));
    const __mmask16 unusual = _mm512_cmpgt_epi32_mask(day, _mm512_permutexvar_epi32(month, longest));
    _mm_storeu_si128((__m128i *)(void *)out, _mm512_castsi512_si128(_mm512_maskz_compress_epi32(EACH, seconds)));
    return ((far | unusual) & EACH) == 0;
}

/* Of equal lengths. */
static inline bool are_four_times(const cell_place cells[LANES])
{
    const uint32_t n = cells[0].n;
    return n - 19 <= 1 && cells[1].n == n && cells[2].n == n && cells[3].n == n;
}

static inline bool seconds_by_four(int32_t *out, const wbi_column_cells *cells, size_t row, int32_t zone_offset_s)
{
    if (row + LANES > cells->n_rows || !are_kept(cells, row))
        return false;
    const cell_place four[LANES] = {place_of(cells, row), place_of(cells, row + 1), place_of(cells, row + 2),
                                    place_of(cells, row + 3)};
    return are_four_times(four) && four_seconds(out + row, four, four[0].n == 20, zone_offset_s);
}

static size_t seconds(int32_t *out, const wbi_column_cells *cells, size_t row, int32_t zone_offset_s)
{
    while (row < cells->n_rows) {
        const size_t left = cells->n_rows - row, end = row + (left < LANES ? left : LANES);
        if (!seconds_by_four(out, cells, row, zone_offset_s)) {
            row = seconds_by_one(out, cells, row, end, zone_offset_s);
            if (row < end)
                break;
        }
        row = end;
    }
    return row;
}

#endif
