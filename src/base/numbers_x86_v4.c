/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers eight at a time: the algorithm of base/number.c, in whose words this is written, on vectors of AVX-512. What it
 * does not see to (whole numbers of more than eight digits, what is written with an e or nearly so) it leaves to that. Finding
 * the digits of a column's numbers and putting a row together are apart, so that no branch asks what kind a number is. */
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "base/digits.h"
#include "base/memory.h"
#include "base/numbers.h"
#include "base/powers_of_ten.h"

enum { LANES = 8, FRACTION_BITS = 52, EXPONENT_BIAS = 1075 };
enum { FIRST_EXPONENT = -6, LAST_EXPONENT = 7 /* of numbers written without an e, with digits behind the mark */ };
enum { FIRST_POWER = 7, N_POWERS = 16 /* of ten, that these are multiplied by */ };

/* Texts of a column: their digits, and what else is in them, by byte: the last digit, the mark, a zero, the separator, a minus;
 * which layout they have; how long they are, 0 for one that is still to be found. Rows that are as the one above share one. */
struct wbi_number_texts {
    char digits[WBI_ROWS_AT_ONCE][16];
    uint64_t rest[WBI_ROWS_AT_ONCE];
    uint8_t text[WBI_ROWS_AT_ONCE]; /* by row */
};
enum { LAST = 16, MARK, ZERO, SEPARATOR, MINUS, LAYOUT_BITS = 40, LENGTH_BITS = 48 };

/* Which digit or other character stands where: by exponent, then whole numbers, then what is missing; all that once more with a
 * minus. */
enum { WHOLE = LAST_EXPONENT - FIRST_EXPONENT + 1, MISSING, N_LAYOUTS };
#define SIXTEEN 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#define LAYOUTS(...) \
    {__VA_ARGS__, ZERO, MARK, ZERO, ZERO, ZERO, ZERO, ZERO, SIXTEEN, LAST}, \
    {__VA_ARGS__, ZERO, MARK, ZERO, ZERO, ZERO, ZERO, SIXTEEN, LAST}, \
    {__VA_ARGS__, ZERO, MARK, ZERO, ZERO, ZERO, SIXTEEN, LAST}, \
    {__VA_ARGS__, ZERO, MARK, ZERO, ZERO, SIXTEEN, LAST}, \
    {__VA_ARGS__, ZERO, MARK, ZERO, SIXTEEN, LAST}, \
    {__VA_ARGS__, ZERO, MARK, SIXTEEN, LAST}, \
    {__VA_ARGS__, 0, MARK, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, LAST}, \
    {__VA_ARGS__, 0, 1, MARK, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, LAST}, \
    {__VA_ARGS__, 0, 1, 2, MARK, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, LAST}, \
    {__VA_ARGS__, 0, 1, 2, 3, MARK, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, LAST}, \
    {__VA_ARGS__, 0, 1, 2, 3, 4, MARK, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, LAST}, \
    {__VA_ARGS__, 0, 1, 2, 3, 4, 5, MARK, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, LAST}, \
    {__VA_ARGS__, 0, 1, 2, 3, 4, 5, 6, MARK, 7, 8, 9, 10, 11, 12, 13, 14, 15, LAST}, \
    {__VA_ARGS__, 0, 1, 2, 3, 4, 5, 6, 7, MARK, 8, 9, 10, 11, 12, 13, 14, 15, LAST}, \
    {__VA_ARGS__, SIXTEEN}, \
    {__VA_ARGS__}
static const char layouts[2 * N_LAYOUTS][32] __attribute__((aligned(32))) = {LAYOUTS(SEPARATOR), LAYOUTS(SEPARATOR, MINUS)};

static inline __m512i splat(int64_t x)
{
    return _mm512_set1_epi64(x);
}

typedef struct wide {
    __m512i high, low;
} wide;

static inline wide multiply(__m512i a, __m512i b)
{
    const __m512i low_half = splat(0xffffffff), a_high = _mm512_srli_epi64(a, 32), b_high = _mm512_srli_epi64(b, 32);
    const __m512i low = _mm512_mul_epu32(a, b), ab_high = _mm512_mul_epu32(a, b_high), a_highb = _mm512_mul_epu32(a_high, b);
    const __m512i middle = _mm512_add_epi64(_mm512_add_epi64(_mm512_srli_epi64(low, 32), _mm512_and_si512(ab_high, low_half)),
                                            _mm512_and_si512(a_highb, low_half));
    const __m512i carried = _mm512_add_epi64(_mm512_srli_epi64(ab_high, 32), _mm512_srli_epi64(a_highb, 32));
    return (wide){_mm512_add_epi64(_mm512_add_epi64(_mm512_mul_epu32(a_high, b_high), carried), _mm512_srli_epi64(middle, 32)),
                  _mm512_or_si512(_mm512_slli_epi64(middle, 32), _mm512_and_si512(low, low_half))};
}

/* The upper 128 of the 192 bits of g * x. */
static inline wide power_multiply(wide g, __m512i x)
{
    const wide upper = multiply(g.high, x);
    const __m512i low = _mm512_add_epi64(upper.low, multiply(g.low, x).high);
    const __mmask8 carry = _mm512_cmplt_epu64_mask(low, upper.low);
    return (wide){_mm512_mask_add_epi64(upper.high, carry, upper.high, splat(1)), low};
}

/* Sixteen powers are few enough to be looked up in registers. */
static inline wide power_at(__m512i place)
{
    const uint64_t *powers = &wbi_powers_of_ten[FIRST_POWER - WBI_POWER_MIN].high;
    const __m512i a = _mm512_loadu_si512(powers), b = _mm512_loadu_si512(powers + LANES);
    const __m512i c = _mm512_loadu_si512(powers + 2 * LANES), d = _mm512_loadu_si512(powers + 3 * LANES);
    const __m512i high = _mm512_slli_epi64(place, 1), low = _mm512_or_si512(high, splat(1));
    const __mmask8 upper = _mm512_test_epi64_mask(place, splat(8));
    return (wide){_mm512_mask_mov_epi64(_mm512_permutex2var_epi64(a, high, b), upper, _mm512_permutex2var_epi64(c, high, d)),
                  _mm512_mask_mov_epi64(_mm512_permutex2var_epi64(a, low, b), upper, _mm512_permutex2var_epi64(c, low, d))};
}

typedef struct decimals {
    __m512i sixteen, last, exponent;
    __mmask8 found;
} decimals;

/* As shortest_decimal, of c * 2^q. */
static inline decimals shortest_decimals(__m512i c, __m512i q)
{
    const __m512i k = _mm512_add_epi64(_mm512_srai_epi64(_mm512_mul_epi32(q, splat(1262611)), 22), splat(1));
    const __m512i minus_k = _mm512_sub_epi64(splat(0), k);
    const __m512i shift = _mm512_add_epi64(q, _mm512_srai_epi64(_mm512_mul_epi32(minus_k, splat(1741647)), 19));
    const __m512i place = _mm512_sub_epi64(minus_k, splat(FIRST_POWER));
    const wide g = power_at(place);
    const wide product = power_multiply(g, _mm512_sllv_epi64(c, _mm512_add_epi64(shift, splat(11))));
    const __m512i fraction = _mm512_or_si512(_mm512_slli_epi64(product.high, 54), _mm512_srli_epi64(product.low, 10));
    const __m512i odd = _mm512_and_si512(c, splat(1)), even = _mm512_xor_si512(odd, splat(1));
    const __m512i end = _mm512_sub_epi64(_mm512_add_epi64(even, _mm512_add_epi64(even, even)), splat(1));
    const __m512i reach = _mm512_add_epi64(_mm512_srlv_epi64(g.high, _mm512_sub_epi64(splat(0), shift)), end);
    const __mmask8 above_inside = _mm512_cmplt_epu64_mask(_mm512_add_epi64(fraction, reach), fraction);
    const __mmask8 below_inside = _mm512_cmplt_epu64_mask(fraction, reach);

    const __m512i rest = _mm512_and_si512(product.high, splat(1023)), ten = splat(10);
    const __m512i low_tenths = _mm512_srli_epi64(_mm512_mul_epu32(product.low, ten), 32);
    const __m512i high_tenths = _mm512_mul_epu32(_mm512_srli_epi64(product.low, 32), ten);
    const __m512i carried = _mm512_srli_epi64(_mm512_add_epi64(high_tenths, low_tenths), 32);
    const __m512i tenths = _mm512_add_epi64(_mm512_mul_epu32(rest, ten), carried);
    const __m512i no_quarter = _mm512_or_si512(_mm512_xor_si512(rest, splat(256)), product.low);
    const __mmask8 is_quarter = _mm512_testn_epi64_mask(no_quarter, no_quarter);
    const __m512i half = _mm512_mask_sub_epi64(splat(512), is_quarter, splat(512), splat(1));
    const __m512i digit = _mm512_maskz_srli_epi64((__mmask8)~(above_inside | below_inside), _mm512_add_epi64(tenths, half), 10);

    const __m512i cut = _mm512_srli_epi64(product.high, 10);
    const __m512i whole = _mm512_mask_add_epi64(cut, above_inside, cut, splat(1));
    const __mmask8 is_short = _mm512_cmplt_epu64_mask(whole, splat(INT64_C(1000000000000000)));
    const __m512i ten_times = _mm512_add_epi64(_mm512_slli_epi64(whole, 3), _mm512_slli_epi64(whole, 1));
    const __m512i exponent = _mm512_add_epi64(k, splat(15));
    return (decimals){_mm512_mask_add_epi64(whole, is_short, ten_times, digit),
                      _mm512_maskz_mov_epi64((__mmask8)~is_short, digit),
                      _mm512_mask_sub_epi64(exponent, is_short, exponent, splat(1)),
                      _mm512_cmplt_epu64_mask(place, splat(N_POWERS))};
}

/* Numbers below 10^8 to eight digits each, the first one lowest: wbi_split_eight. */
static inline __m512i split_eights(__m512i eights)
{
    const __m512i high = _mm512_srli_epi64(_mm512_mul_epu32(eights, splat(109951163)), 40);
    const __m512i low = _mm512_sub_epi32(eights, _mm512_mul_epu32(high, splat(10000)));
    const __m512i fours = _mm512_or_si512(high, _mm512_slli_epi64(low, 32));
    const __m512i hundreds = _mm512_srli_epi16(_mm512_mulhi_epu16(fours, _mm512_set1_epi32(5243)), 3);
    const __m512i below = _mm512_sub_epi16(fours, _mm512_mullo_epi16(hundreds, _mm512_set1_epi32(100)));
    const __m512i twos = _mm512_or_si512(hundreds, _mm512_slli_epi32(below, 16));
    const __m512i tens = _mm512_mulhi_epu16(twos, _mm512_set1_epi16(6554));
    const __m512i ones = _mm512_sub_epi16(twos, _mm512_mullo_epi16(tens, _mm512_set1_epi16(10)));
    return _mm512_or_si512(tens, _mm512_slli_epi16(ones, 8));
}

/* The quotient by 10^8 of x < 2^54 is that of x / 2^8 by 5^8; half a unit more keeps its rounding on the right side of whole
 * numbers. */
static inline __m512i divide_by_ten_8(__m512i x)
{
    const __m512d scaled = _mm512_cvtepu64_pd(_mm512_srli_epi64(x, 8));
    return _mm512_cvttpd_epu64(_mm512_mul_pd(_mm512_add_pd(scaled, _mm512_set1_pd(0.5)), _mm512_set1_pd(1.0 / 390625)));
}

typedef struct eight_found {
    __m512i first, second, last; /* digits: eight, eight, one */
    __m512i layout, length;      /* without separator and sign */
    __mmask8 found;
} eight_found;

/* How many of eight digits there are, but for zeros at the end. */
static inline __m512i count_digits(__m512i digits)
{
    return _mm512_srli_epi64(_mm512_sub_epi64(splat(64 + 7), _mm512_lzcnt_epi64(digits)), 3);
}

/* A power of two is nearer to its neighbour below, but one that is written without an e is a short decimal itself. */
static inline eight_found find_fractions(__m512i bits)
{
    const __m512i fraction = _mm512_and_si512(bits, splat((INT64_C(1) << FRACTION_BITS) - 1));
    const __m512i q = _mm512_sub_epi64(_mm512_srli_epi64(bits, FRACTION_BITS), splat(EXPONENT_BIAS));
    const decimals d = shortest_decimals(_mm512_or_si512(fraction, splat(INT64_C(1) << FRACTION_BITS)), q);
    const __m512i upper = divide_by_ten_8(d.sixteen);
    const __m512i lower = _mm512_sub_epi64(d.sixteen, _mm512_mul_epu32(upper, splat(WBI_TEN_8)));
    const __m512i first = split_eights(upper), second = split_eights(lower);
    const __mmask8 has_second = _mm512_test_epi64_mask(second, second), has_last = _mm512_test_epi64_mask(d.last, d.last);
    const __m512i of_sixteen = _mm512_mask_add_epi64(count_digits(first), has_second, count_digits(second), splat(8));
    const __m512i n_digits = _mm512_mask_mov_epi64(of_sixteen, has_last, splat(17));
    const __m512i zeros = _mm512_max_epi64(_mm512_sub_epi64(splat(0), d.exponent), splat(0));
    const __m512i layout = _mm512_sub_epi64(d.exponent, splat(FIRST_EXPONENT));
    const __mmask8 found = d.found & _mm512_cmple_epu64_mask(layout, splat(LAST_EXPONENT - FIRST_EXPONENT));
    return (eight_found){first, second, d.last, layout, _mm512_add_epi64(_mm512_add_epi64(n_digits, zeros), splat(1)), found};
}

static inline eight_found find_wholes(__m512i wholes)
{
    const __m512i digits = split_eights(wholes), some = _mm512_or_si512(digits, splat(INT64_C(1) << 56));
    const __m512i lowest = _mm512_and_si512(some, _mm512_sub_epi64(splat(0), some));
    const __m512i n_zeros = _mm512_srli_epi64(_mm512_sub_epi64(splat(63), _mm512_lzcnt_epi64(lowest)), 3);
    const __m512i none = splat(0);
    return (eight_found){_mm512_srlv_epi64(digits, _mm512_slli_epi64(n_zeros, 3)), none, none, splat(WHOLE),
                         _mm512_sub_epi64(splat(8), n_zeros), _mm512_cmplt_epu64_mask(wholes, splat(WBI_TEN_8))};
}

static inline void choose(eight_found *all, __mmask8 these, const eight_found *with)
{
    all->first = _mm512_mask_mov_epi64(all->first, these, with->first);
    all->second = _mm512_mask_mov_epi64(all->second, these, with->second);
    all->last = _mm512_mask_mov_epi64(all->last, these, with->last);
    all->layout = _mm512_mask_mov_epi64(all->layout, these, with->layout);
    all->length = _mm512_mask_mov_epi64(all->length, these, with->length);
    all->found = (__mmask8)((all->found & ~these) | (with->found & these));
}

static inline __m512i as_text(__m512i digits)
{
    return _mm512_add_epi8(digits, _mm512_set1_epi8('0'));
}

static void keep_texts(wbi_number_texts *out, size_t at, const eight_found *of, __mmask8 negative, char separator)
{
    const uint64_t characters = '0' | '.' << 8 | '0' << 16 | (uint64_t)separator << 24 | (uint64_t)'-' << 32;
    const __m512i layout = _mm512_mask_add_epi64(of->layout, negative, of->layout, splat(N_LAYOUTS));
    const __m512i unsigned_length = _mm512_add_epi64(of->length, splat(1));
    const __m512i length = _mm512_mask_add_epi64(unsigned_length, negative, unsigned_length, splat(1));
    const __m512i form = _mm512_or_si512(_mm512_slli_epi64(layout, LAYOUT_BITS), _mm512_slli_epi64(length, LENGTH_BITS));
    const __m512i rest = _mm512_or_si512(_mm512_add_epi64(of->last, splat((int64_t)characters)), form);
    const __m512i of_four = _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0), of_next_four = _mm512_add_epi64(of_four, splat(4));
    _mm512_storeu_si512(out->digits[at], as_text(_mm512_permutex2var_epi64(of->first, of_four, of->second)));
    _mm512_storeu_si512(out->digits[at + 4], as_text(_mm512_permutex2var_epi64(of->first, of_next_four, of->second)));
    _mm512_storeu_si512(out->rest + at, _mm512_maskz_mov_epi64(of->found, rest));
}

/* The texts from `at` on. */
static void find_eight(wbi_number_texts *out, size_t at, const double *values, char separator)
{
    const __m512d x = _mm512_load_pd(values + at), size = _mm512_abs_pd(x);
    const __m512i whole = _mm512_cvttpd_epi64(size);
    const __mmask8 finite = _mm512_cmp_pd_mask(size, _mm512_set1_pd(INFINITY), _CMP_LT_OQ);
    const __mmask8 is_whole = _mm512_cmp_pd_mask(size, _mm512_cvtepi64_pd(whole), _CMP_EQ_OQ);
    const __mmask8 is_fraction = (__mmask8)(finite & ~is_whole);
    const __mmask8 negative = (__mmask8)(_mm512_movepi64_mask(_mm512_castpd_si512(x)) & finite);
    const __m512i none = splat(0);
    eight_found all = {none, none, none, splat(MISSING), none, (__mmask8)~finite};
    if (is_whole != 0) {
        const eight_found wholes = find_wholes(whole);
        choose(&all, is_whole, &wholes);
    }
    if (is_fraction != 0) {
        const eight_found fractions = find_fractions(_mm512_castpd_si512(size));
        choose(&all, is_fraction, &fractions);
    }
    keep_texts(out, at, &all, negative, separator);
}

/* Moves the values that differ from the one above together, the first one always, and says which of these each row has. Returns
 * how many they are. */
static size_t find_changes(double *changed, uint8_t *which, const double *values, size_t n)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    size_t n_changed = 0;
    __m512i before = _mm512_xor_si512(_mm512_castpd_si512(_mm512_set1_pd(values[0])), splat(-1));
    for (size_t row = 0; row < n; row += LANES) {
        const __mmask8 there = (__mmask8)(n - row < LANES ? (1U << (n - row)) - 1 : 0xff);
        const __m512i x = _mm512_maskz_loadu_epi64(there, values + row);
        const __mmask8 differs = _mm512_mask_cmpneq_epi64_mask(there, x, _mm512_alignr_epi64(x, before, LANES - 1));
        const uint64_t counts = _pdep_u64(differs, ones) * ones + (n_changed - 1) * ones;
        _mm512_storeu_pd(changed + n_changed, _mm512_castsi512_pd(_mm512_maskz_compress_epi64(differs, x)));
        memcpy(which + row, &counts, sizeof counts);
        n_changed += (size_t)_mm_popcnt_u32(differs);
        before = x;
    }
    return n_changed;
}

static void find_column(wbi_number_texts *out, const double *values, size_t n, char separator)
{
    double changed[WBI_ROWS_AT_ONCE + LANES] __attribute__((aligned(64)));
    const size_t n_changed = find_changes(changed, out->text, values, n);
    for (size_t at = 0; at < n_changed; at += LANES)
        find_eight(out, at, changed, separator);
}

void wbi_rows_find_x86_v4(wbi_number_rows *rows)
{
    for (size_t k = 0; rows->n > 0 && k < rows->n_columns; k++)
        if (rows->columns[k] != NULL)
            find_column(&rows->texts[k], rows->columns[k] + rows->first, rows->n, rows->separator);
}

wbi_number_texts *wbi_number_texts_create(size_t n)
{
    return wbi_alloc_aligned(n, sizeof(wbi_number_texts));
}

char *wbi_row_print_x86_v4(char *out, const wbi_number_rows *rows, size_t row, size_t begin, size_t end)
{
    for (size_t k = begin; k < end; k++) {
        const wbi_number_texts *of = &rows->texts[k];
        const size_t i = of->text[row];
        const uint64_t rest = of->rest[i], length = rest >> LENGTH_BITS;
        const char *const layout = layouts[rest >> LAYOUT_BITS & 0xff];
        if (length == 0) {
            out = wbi_row_print_portable(out, rows, row, k, k + 1);
            continue;
        }
        const __m128i digits = _mm_load_si128((const __m128i *)(const void *)of->digits[i]);
        const __m256i characters = _mm256_inserti128_si256(_mm256_castsi128_si256(digits), _mm_cvtsi64_si128((int64_t)rest), 1);
        const __m256i places = _mm256_load_si256((const __m256i *)(const void *)layout);
        _mm256_storeu_si256((__m256i *)(void *)out, _mm256_permutexvar_epi8(places, characters));
        out += length;
    }
    return out;
}
