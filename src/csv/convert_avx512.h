/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times, four at once: sixteen bytes of a vector hold the digits of one, then its counts of what they stand for. Numbers, eight
 * at once. */
#ifndef WINBACK_CSV_CONVERT_AVX512_H
#define WINBACK_CSV_CONVERT_AVX512_H

#include "csv/convert_avx2.h"

static inline __m512i four_sixteens(const char *a, const char *b, const char *c, const char *d)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(sixteen_each(a, b)), sixteen_each(c, d), 1);
}

/* The sixteen bytes `behind` the beginning of each cell. */
static inline __m512i four_times_sixteen(const cell_place cells[LANES], size_t behind)
{
    return four_sixteens(cells[0].at + behind, cells[1].at + behind, cells[2].at + behind, cells[3].at + behind);
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

/* ---- doubles ---- */

enum { EIGHT = 2 * LANES };

/* Cells that end where they say; the i-th is as long as the i-th byte of `lengths`. */
typedef struct eight_ends {
    const char *at[EIGHT];
    uint64_t lengths;
} eight_ends;

/* False when a row is not kept, a cell has TOO_LONG bytes or is not in quotes where it should be, or there are no sixteen bytes
 * before the end of the first. */
static inline bool find_ends(eight_ends *out, const wbi_column_cells *cells, size_t row)
{
    uint32_t lengths = 0;
    if (row + EIGHT > cells->n_rows || !are_kept(cells, row) || !are_kept(cells, row + LANES))
        return false;
    out->lengths = 0;
    for (size_t i = 0; i < EIGHT; i++) {
        const cell_place cell = place_of(cells, row + i);
        out->at[i] = cell.at + cell.n;
        out->lengths |= (uint64_t)cell.n << 8 * i;
        lengths |= cell.n;
    }
    return lengths < TOO_LONG && out->at[0] - cells->bytes >= LONGEST;
}

/* The last sixteen bytes of every second cell. */
static inline __m512i four_last_sixteen(const char *const ends[])
{
    return four_sixteens(ends[0] - LONGEST, ends[2] - LONGEST, ends[4] - LONGEST, ends[6] - LONGEST);
}

/* Where things stand in four cells of sixteen bytes, a bit a byte. */
typedef struct four_places {
    uint64_t digit, minus;
    uint64_t up_to_mark; /* of cells that have one */
    uint64_t wrong;      /* not 0: a second mark, or no digit at the end; but digits have yet to be looked at */
} four_places;

/* Of the bytes that belong to the cells, that are marks there, and that are minuses. */
static inline four_places find_places(uint64_t cell, uint64_t mark, uint64_t any_minus)
{
    const uint64_t each = UINT64_C(0x0001000100010001), last = each << 15;
    const uint64_t first = cell & ~(cell << 1 & ~each), minus = any_minus & first;
    const uint64_t marked = (mark + (last - each)) >> 15 & each; /* cells with a mark, none of which is the last byte */
    const uint64_t second_mark = mark & (mark - marked);
    return (four_places){cell & ~mark & ~minus, minus, (mark << 1) - marked, second_mark | ((mark | minus) & last)};
}

static inline uint64_t find_cells(__m512i lengths)
{
    const __m512i to_end = _mm512_broadcast_i32x4(_mm_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
    return _mm512_cmplt_epu8_mask(to_end, lengths);
}

/* Right-aligned digits, zeros filling up in front: what stands before a mark moves into its place. */
static inline __m512i take_digits(__m512i bytes, uint64_t digit, uint64_t up_to_mark)
{
    const __m512i before = _mm512_broadcast_i32x4(_mm_setr_epi8(-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14));
    const __m512i x = _mm512_maskz_sub_epi8(digit, bytes, _mm512_set1_epi8('0'));
    return _mm512_mask_shuffle_epi8(x, up_to_mark, x, before);
}

/* Four cells, sixteen bytes each. */
typedef struct four_numbers {
    __m512i digits; /* without sign and mark */
    uint64_t digit, mark, minus, wrong; /* as in four_places */
} four_numbers;

static inline four_numbers take_four(__m512i bytes, __m512i lengths, char decimal)
{
    const uint64_t cell = find_cells(lengths), mark = cell & _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(decimal));
    const four_places places = find_places(cell, mark, _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('-')));
    return (four_numbers){take_digits(bytes, places.digit, places.up_to_mark), places.digit, mark, places.minus, places.wrong};
}

/* Sixteen bits a cell, those of the even ones and those of the odd ones. */
static inline __m128i in_turn(uint64_t even, uint64_t odd)
{
    return _mm_unpacklo_epi16(_mm_cvtsi64_si128((int64_t)even), _mm_cvtsi64_si128((int64_t)odd));
}

/* As wholes_of. */
static inline __m512i eight_wholes(__m512i even_digits, __m512i odd_digits)
{
    const __m512i tens = _mm512_set1_epi16(10 | 1 << 8), hundreds = _mm512_set1_epi32(100 | 1 << 16);
    const __m512i even = _mm512_madd_epi16(_mm512_maddubs_epi16(even_digits, tens), hundreds);
    const __m512i odd = _mm512_madd_epi16(_mm512_maddubs_epi16(odd_digits, tens), hundreds);
    const __m512i eights = _mm512_madd_epi16(_mm512_packus_epi32(even, odd), _mm512_set1_epi32(10000 | 1 << 16));
    return _mm512_add_epi64(_mm512_mul_epu32(eights, _mm512_set1_epi64(100000000)), _mm512_srli_epi64(eights, 32));
}

/* How many digits stand behind the mark of each, in the lowest four bits. A mark in the i-th of sixteen bits has 48 + 15 - i zeros
 * before it in 64, and none 64. */
static inline __m512i places_of(uint64_t even_marks, uint64_t odd_marks)
{
    return _mm512_lzcnt_epi64(_mm512_cvtepu16_epi64(in_turn(even_marks, odd_marks)));
}

/* Short decimals in the lower halves. */
static inline __m512i join_decimals(__m512i whole, __m512i places, __mmask8 minus, __mmask8 missing)
{
    const __m512i digits = _mm512_mask_sub_epi64(whole, minus, _mm512_setzero_si512(), whole);
    const __m512i beyond = _mm512_set1_epi64(WBI_DECIMAL_MISSING), known = _mm512_slli_epi64(digits, WBI_DECIMAL_SHIFT);
    return _mm512_mask_mov_epi64(_mm512_or_si512(known, _mm512_and_si512(places, beyond)), missing, beyond);
}

/* As four_parts. */
typedef struct eight_parts {
    __m512i whole, places; /* of `places` the lowest four bits count */
    __mmask8 minus, missing;
} eight_parts;

/* As take_parts. */
static inline bool take_eight(eight_parts *out, const eight_ends *ends, char decimal)
{
    const __m128i lengths = _mm_cvtsi64_si128((int64_t)ends->lengths);
    const __m512i spread = _mm512_setr_epi64(0, 0, 0x0202020202020202, 0x0202020202020202, 0x0404040404040404,
                                             0x0404040404040404, 0x0606060606060606, 0x0606060606060606);
    const __m512i next = _mm512_add_epi8(spread, _mm512_set1_epi8(1)), all = _mm512_castsi128_si512(lengths);
    const four_numbers even = take_four(four_last_sixteen(ends->at), _mm512_permutexvar_epi8(spread, all), decimal);
    const four_numbers odd = take_four(four_last_sixteen(ends->at + 1), _mm512_permutexvar_epi8(next, all), decimal);
    const __m128i minus = in_turn(even.minus, odd.minus), digit = in_turn(even.digit, odd.digit);
    out->whole = eight_wholes(even.digits, odd.digits);
    out->places = places_of(even.mark, odd.mark);
    out->minus = _mm_test_epi16_mask(minus, minus);
    out->missing = (__mmask8)_mm_cmpeq_epi8_mask(lengths, _mm_setzero_si128());
    const __mmask8 sixteen = _mm_cmpeq_epi16_mask(digit, _mm_set1_epi16(-1));
    const __mmask16 longer = _mm_cmpgt_epu8_mask(lengths, _mm_set1_epi8(LONGEST));
    const uint64_t strange = _mm512_cmpgt_epu8_mask(_mm512_max_epu8(even.digits, odd.digits), _mm512_set1_epi8(9));
    return (even.wrong | odd.wrong | strange) == 0 && (sixteen | longer) == 0;
}

static inline bool eight_doubles(void *out, const eight_ends *ends, char decimal)
{
    eight_parts eight;
    const bool usual = take_eight(&eight, ends, decimal);
    const __m512d power = _mm512_permutex2var_pd(_mm512_loadu_pd(wbi_convert_powers), eight.places,
                                                 _mm512_loadu_pd(wbi_convert_powers + EIGHT));
    const __m512d size = _mm512_div_pd(_mm512_cvtepu64_pd(eight.whole), power), zero = _mm512_setzero_pd();
    const __m512d number = _mm512_mask_sub_pd(size, eight.minus, zero, size); /* -0 is read as 0 */
    _mm512_storeu_pd(out, _mm512_mask_mov_pd(number, eight.missing, _mm512_set1_pd(NAN)));
    return usual;
}

static inline bool eight_decimals(void *out, const eight_ends *ends, char decimal)
{
    eight_parts eight;
    const bool usual = take_eight(&eight, ends, decimal);
    const __m512i beyond = _mm512_set1_epi64(WBI_DECIMAL_MISSING), places = _mm512_and_si512(eight.places, beyond);
    const __mmask8 too_large = _mm512_cmpgt_epu64_mask(eight.whole, _mm512_set1_epi64(WBI_DECIMAL_MOST));
    _mm256_storeu_si256(out, _mm512_cvtepi64_epi32(join_decimals(eight.whole, places, eight.minus, eight.missing)));
    return usual && (too_large | _mm512_cmpeq_epi64_mask(places, beyond)) == 0;
}

/* As by_four, which has `convert_four` for what eight are too many for. */
static inline size_t by_eight(char *out, size_t width, const wbi_column_cells *cells, size_t row, char decimal,
                              bool (*convert)(void *out, const eight_ends *ends, char decimal),
                              bool (*convert_four)(void *out, const cell_place cells[LANES], char decimal))
{
    while (row < cells->n_rows) {
        eight_ends ends;
        const size_t left = cells->n_rows - row, end = row + (left < EIGHT ? left : EIGHT);
        if (!find_ends(&ends, cells, row) || !convert(out + row * width, &ends, decimal)) {
            wbi_column_cells these = *cells;
            these.n_rows = end;
            row = by_four(out, width, &these, row, decimal, convert_four);
            if (row < end)
                break;
        }
        row = end;
    }
    return row;
}

static size_t doubles_by_eight(double *out, const wbi_column_cells *cells, size_t row, char decimal)
{
    return by_eight((char *)out, sizeof *out, cells, row, decimal, eight_doubles, four_doubles);
}

static size_t decimals_by_eight(int32_t *out, const wbi_column_cells *cells, size_t row, char decimal)
{
    return by_eight((char *)out, sizeof *out, cells, row, decimal, eight_decimals, four_decimals);
}

/* ---- squares of eight rows and columns ---- */

/* Each step is done for all rows before the next one, so that none waits for the one before. Of a row, the first and the last four
 * cells are the two parts. */
typedef struct square {
    __m256i lengths[EIGHT], reach[EIGHT]; /* from the end of the first cell of a part */
    __m512i bytes[EIGHT][2], digits[EIGHT], whole[EIGHT]; /* digits: the larger ones of both parts */
    uint64_t cell[EIGHT][2], mark[EIGHT][2], any_minus[EIGHT][2];
    uint64_t digit[EIGHT][2], minus[EIGHT][2], up_to_mark[EIGHT][2], wrong[EIGHT][2]; /* as in four_places */
    uint64_t left_out[EIGHT]; /* not 0: the row is not kept, or a cell is not in quotes that should be, or is too near the begin */
} square;

/* Whether the byte at each place is a quote. */
static inline bool are_quotes(const char *bytes, __m256i places)
{
    const __m256i found = _mm256_i32gather_epi32((const int *)(const void *)bytes, places, 1);
    return _mm256_cmpeq_epi32_mask(_mm256_and_si256(found, _mm256_set1_epi32(UINT8_MAX)), _mm256_set1_epi32('"')) == UINT8_MAX;
}

/* The four numbers of one part that are made of eight, sixteen times each. */
static inline __m512i spread_part(__m256i numbers, size_t part)
{
    const __m512i first = _mm512_setr_epi64(0, 0, 0x0404040404040404, 0x0404040404040404, 0x0808080808080808,
                                            0x0808080808080808, 0x0c0c0c0c0c0c0c0c, 0x0c0c0c0c0c0c0c0c);
    const __m512i of = part == 0 ? first : _mm512_add_epi8(first, _mm512_set1_epi8(4 * LANES));
    return _mm512_permutexvar_epi8(of, _mm512_castsi256_si512(numbers));
}

/* The last sixteen bytes of cells that reach so far behind the first, which ends there. */
static inline __m512i last_sixteen_beside(const char *end, __m512i reach)
{
    const __m512i places = _mm512_set4_epi32(0x0f0e0d0c, 0x0b0a0908, 0x07060504, 0x03020100);
    return _mm512_permutexvar_epi8(_mm512_add_epi8(reach, places), _mm512_loadu_si512(end - LONGEST));
}

static inline void leave_out(square *s, size_t i)
{
    s->lengths[i] = s->reach[i] = _mm256_setzero_si256();
    s->left_out[i] = 1;
    for (size_t part = 0; part < 2; part++) {
        s->bytes[i][part] = _mm512_setzero_si512();
        s->cell[i][part] = s->mark[i][part] = s->any_minus[i][part] = 0;
    }
}

static inline void find_row(square *s, size_t i, const wbi_column_cells *cells, size_t row, char decimal)
{
    const uint32_t *mark = cells->marks + cells->starts[row];
    const __m256i margin = _mm256_set1_epi32((int)cells->margin), around = _mm256_set1_epi32((int)cells->margin + 1);
    const __m256i begins = _mm256_add_epi32(_mm256_loadu_si256((const __m256i *)(const void *)mark), around);
    const __m256i ends = _mm256_sub_epi32(_mm256_loadu_si256((const __m256i *)(const void *)(mark + 1)), margin);
    if (mark[1] < LONGEST + 1 || (cells->margin > 0 && !are_quotes(cells->bytes, ends))) {
        leave_out(s, i);
        return;
    }
    const __m256i firsts = _mm256_permutevar8x32_epi32(ends, _mm256_setr_epi32(0, 0, 0, 0, 4, 4, 4, 4));
    s->lengths[i] = _mm256_sub_epi32(ends, begins);
    s->reach[i] = _mm256_sub_epi32(ends, firsts);
    s->left_out[i] = 0;
    for (size_t part = 0; part < 2; part++) {
        const char *end = cells->bytes + mark[1 + part * LANES] - cells->margin;
        const __m512i bytes = last_sixteen_beside(end, spread_part(s->reach[i], part));
        const uint64_t cell = find_cells(spread_part(s->lengths[i], part));
        s->bytes[i][part] = bytes;
        s->cell[i][part] = cell;
        s->mark[i][part] = cell & _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(decimal));
        s->any_minus[i][part] = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('-'));
    }
}

static inline void find_all_places(square *s)
{
    for (size_t i = 0; i < EIGHT; i++)
        for (size_t part = 0; part < 2; part++) {
            const four_places places = find_places(s->cell[i][part], s->mark[i][part], s->any_minus[i][part]);
            s->digit[i][part] = places.digit;
            s->minus[i][part] = places.minus;
            s->up_to_mark[i][part] = places.up_to_mark;
            s->wrong[i][part] = places.wrong;
        }
}

/* Sixteen bits a cell to 64, in the order in which eight_wholes has the cells: 0 4 1 5 2 6 3 7. */
static inline __m512i widen_in_turn(const uint64_t parts[2])
{
    const __m512i order = _mm512_setr_epi64(0x0100, 0x0908, 0x0302, 0x0b0a, 0x0504, 0x0d0c, 0x0706, 0x0f0e);
    return _mm512_maskz_permutexvar_epi8(UINT64_C(0x0303030303030303), order,
                                         _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(const void *)parts)));
}

/* As short decimals in the lower halves, in that order. */
static inline __m512i take_row(square *s, size_t i)
{
    const __m512i first = take_digits(s->bytes[i][0], s->digit[i][0], s->up_to_mark[i][0]);
    const __m512i last = take_digits(s->bytes[i][1], s->digit[i][1], s->up_to_mark[i][1]);
    const __m512i minus = widen_in_turn(s->minus[i]), marks = widen_in_turn(s->mark[i]), cell = widen_in_turn(s->cell[i]);
    s->digits[i] = _mm512_max_epu8(first, last);
    s->whole[i] = eight_wholes(first, last);
    return join_decimals(s->whole[i], _mm512_lzcnt_epi64(marks), _mm512_test_epi64_mask(minus, minus),
                         _mm512_testn_epi64_mask(cell, cell));
}

/* Whether all cells of rows are usual. */
static inline bool are_usual(const square *s, size_t begin, size_t end)
{
    __m512i digits = _mm512_setzero_si512(), whole = digits;
    __m256i lengths = _mm256_setzero_si256(), reach = lengths;
    uint64_t wrong = 0;
    for (size_t i = begin; i < end; i++) {
        digits = _mm512_max_epu8(digits, s->digits[i]);
        whole = _mm512_or_si512(whole, s->whole[i]);
        lengths = _mm256_max_epu32(lengths, s->lengths[i]);
        reach = _mm256_max_epu32(reach, s->reach[i]);
        wrong |= s->wrong[i][0] | s->wrong[i][1] | s->left_out[i];
    }
    return (wrong | _mm512_cmpgt_epu8_mask(digits, _mm512_set1_epi8(9))) == 0 &&
           (_mm256_cmpgt_epu32_mask(reach, _mm256_set1_epi32(BLOCK - LONGEST)) |
            _mm256_cmpge_epu32_mask(lengths, _mm256_set1_epi32(LONGEST)) |
            _mm512_test_epi64_mask(whole, _mm512_set1_epi64(~(int64_t)WBI_DECIMAL_MOST))) == 0;
}

/* Two values of a column, one above the other. */
static inline __m512i one_above_other(__m512i a, __m512i b)
{
    return _mm512_mask_mov_epi32(a, 0xaaaa, _mm512_slli_epi64(b, 32));
}

static inline void put_two(int32_t *a, int32_t *b, __m512i values)
{
    _mm256_storeu_si256((__m256i *)(void *)a, _mm512_castsi512_si256(values));
    _mm256_storeu_si256((__m256i *)(void *)b, _mm512_extracti64x4_epi64(values, 1));
}

/* Of rows as they are taken. */
static inline void put_square(int32_t *const out[EIGHT], size_t row, const __m512i rows[EIGHT])
{
    const __m512i lower = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), upper = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    __m512i two[EIGHT / 2];
    for (size_t i = 0; i < EIGHT / 2; i++)
        two[i] = one_above_other(rows[2 * i], rows[2 * i + 1]);
    for (size_t half = 0; half < 2; half++) {
        const __m512i a = half == 0 ? _mm512_unpacklo_epi64(two[0], two[1]) : _mm512_unpackhi_epi64(two[0], two[1]);
        const __m512i b = half == 0 ? _mm512_unpacklo_epi64(two[2], two[3]) : _mm512_unpackhi_epi64(two[2], two[3]);
        int32_t *const *columns = out + half * LANES;
        put_two(columns[0] + row, columns[1] + row, _mm512_permutex2var_epi64(a, lower, b));
        put_two(columns[2] + row, columns[3] + row, _mm512_permutex2var_epi64(a, upper, b));
    }
}

static size_t decimal_squares(int32_t *const out[EIGHT], unsigned *unusual, const wbi_column_cells *cells, size_t row,
                              char decimal)
{
    square s;
    *unusual = 0;
    for (; row + EIGHT <= cells->n_rows && *unusual == 0; row += EIGHT) {
        __m512i rows[EIGHT];
        for (size_t i = 0; i < EIGHT; i++)
            if (cells->kept[row + i] == 1)
                find_row(&s, i, cells, row + i, decimal);
            else
                leave_out(&s, i);
        find_all_places(&s);
        for (size_t i = 0; i < EIGHT; i++)
            rows[i] = take_row(&s, i);
        const bool usual = are_usual(&s, 0, EIGHT);
        for (size_t i = 0; i < EIGHT && !usual; i++)
            *unusual |= (unsigned)!are_usual(&s, i, i + 1) << i;
        put_square(out, row, rows);
    }
    return row;
}

#endif
