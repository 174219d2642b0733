/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fractions eight at a time: the algorithm of base/number.c, in whose words this is written, on vectors of AVX-512. What it
 * does not see to (subnormals, powers of two, the very large and small) it leaves to that. */
#include <immintrin.h>
#include <math.h>

#include "base/numbers.h"
#include "base/powers_of_ten.h"
#include "base/whole.h"

enum { MANY = 64, LANES = 8, FRACTION_BITS = 52, EXPONENT_BIAS = 1075 };
enum { FIRST_EXPONENT = -6, LAST_EXPONENT = 7 /* of numbers written without an e, with digits behind the mark */ };

/* 17 digits each, of which the first is worth 10^exponent. */
typedef struct eight_decimals {
    char sixteen[2][LANES / 2][16]; /* of number i: [i % 2][i / 2] */
    uint64_t last[LANES];
    int64_t exponent[LANES];
    uint64_t some[2]; /* bits of the digits that are not 0, in the order of `sixteen` */
} eight_decimals;

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

/* One by one, as a gather would, for which GCC has a macro that it warns of itself. */
static inline __m512i look_up(const uint64_t *table, __m512i places)
{
    uint64_t at[LANES], found[LANES];
    _mm512_storeu_si512(at, places);
    for (size_t i = 0; i < LANES; i++)
        found[i] = table[at[i]];
    return _mm512_loadu_si512(found);
}

typedef struct decimals {
    __m512i sixteen, last, exponent;
} decimals;

/* As shortest_decimal, of c * 2^q. */
static inline decimals shortest_decimals(__m512i c, __m512i q)
{
    const __m512i k = _mm512_add_epi64(_mm512_srai_epi64(_mm512_mul_epi32(q, splat(1262611)), 22), splat(1));
    const __m512i minus_k = _mm512_sub_epi64(splat(0), k);
    const __m512i shift = _mm512_add_epi64(q, _mm512_srai_epi64(_mm512_mul_epi32(minus_k, splat(1741647)), 19));
    const __m512i place = _mm512_slli_epi64(_mm512_sub_epi64(minus_k, splat(WBI_POWER_MIN)), 1);
    const wide g = {look_up(&wbi_powers_of_ten[0].high, place), look_up(&wbi_powers_of_ten[0].low, place)};
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
                      _mm512_mask_sub_epi64(exponent, is_short, exponent, splat(1))};
}

/* Four numbers below 10^16, each as its first and its last eight digits, to digits: wbi_split_sixteen. */
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

static inline void put_digits(eight_decimals *out, size_t odd, __m512i eights)
{
    const __m512i digits = split_eights(eights);
    out->some[odd] = _mm512_test_epi8_mask(digits, digits);
    _mm512_storeu_si512(out->sixteen[odd], _mm512_add_epi8(digits, _mm512_set1_epi8('0')));
}

/* The quotient by 10^8 of x < 2^54 is that of x / 2^8 by 5^8; half a unit more keeps its rounding on the right side of whole
 * numbers. */
static inline __m512i divide_by_ten_8(__m512i x)
{
    const __m512d scaled = _mm512_cvtepu64_pd(_mm512_srli_epi64(x, 8));
    return _mm512_cvttpd_epu64(_mm512_mul_pd(_mm512_add_pd(scaled, _mm512_set1_pd(0.5)), _mm512_set1_pd(1.0 / 390625)));
}

static void find_decimals(eight_decimals *out, const double *values)
{
    const __m512i bits = _mm512_loadu_si512(values);
    const __m512i fraction = _mm512_and_si512(bits, splat((INT64_C(1) << FRACTION_BITS) - 1));
    const __m512i exponent = _mm512_srli_epi64(bits, FRACTION_BITS);
    const decimals d = shortest_decimals(_mm512_or_si512(fraction, splat(INT64_C(1) << FRACTION_BITS)),
                                         _mm512_sub_epi64(exponent, splat(EXPONENT_BIAS)));
    const __m512i first = divide_by_ten_8(d.sixteen);
    const __m512i second = _mm512_sub_epi64(d.sixteen, _mm512_mul_epu32(first, splat(WBI_TEN_8)));
    put_digits(out, 0, _mm512_unpacklo_epi64(first, second));
    put_digits(out, 1, _mm512_unpackhi_epi64(first, second));
    _mm512_storeu_si512(out->last, d.last);
    _mm512_storeu_si512(out->exponent, d.exponent);
}

/* Which of the 17 digits, the mark and a zero behind them stands where, by exponent. */
enum { MARK = 17, ZERO = 18 };
#define ALL_DIGITS 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
static const char layouts[LAST_EXPONENT - FIRST_EXPONENT + 1][32] __attribute__((aligned(32))) = {
    {ZERO, MARK, ZERO, ZERO, ZERO, ZERO, ZERO, ALL_DIGITS},
    {ZERO, MARK, ZERO, ZERO, ZERO, ZERO, ALL_DIGITS},
    {ZERO, MARK, ZERO, ZERO, ZERO, ALL_DIGITS},
    {ZERO, MARK, ZERO, ZERO, ALL_DIGITS},
    {ZERO, MARK, ZERO, ALL_DIGITS},
    {ZERO, MARK, ALL_DIGITS},
    {0, MARK, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
    {0, 1, MARK, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
    {0, 1, 2, MARK, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
    {0, 1, 2, 3, MARK, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
    {0, 1, 2, 3, 4, MARK, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
    {0, 1, 2, 3, 4, 5, MARK, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
    {0, 1, 2, 3, 4, 5, 6, MARK, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
    {0, 1, 2, 3, 4, 5, 6, 7, MARK, 8, 9, 10, 11, 12, 13, 14, 15, 16},
};

/* Number i of the decimals; 0 where its exponent is none of those above. */
static inline size_t put_decimal(char *out, const eight_decimals *d, size_t i)
{
    const int64_t exponent = d->exponent[i];
    if ((uint64_t)(exponent - FIRST_EXPONENT) > LAST_EXPONENT - FIRST_EXPONENT)
        return 0;
    const uint32_t last = (uint32_t)d->last[i], some = (uint16_t)(d->some[i % 2] >> 16 * (i / 2)) | (uint32_t)(last != 0) << 16;
    const __m128i behind = _mm_cvtsi32_si128((int)(('0' + last) | '.' << 8 | '0' << 16));
    const __m128i sixteen = _mm_loadu_si128((const __m128i *)(const void *)d->sixteen[i % 2][i / 2]);
    const __m256i layout = _mm256_load_si256((const __m256i *)(const void *)layouts[exponent - FIRST_EXPONENT]);
    const __m256i text = _mm256_permutexvar_epi8(layout, _mm256_inserti128_si256(_mm256_castsi128_si256(sixteen), behind, 1));
    _mm256_storeu_si256((__m256i *)(void *)out, text);
    const size_t n_digits = 32 - (size_t)__builtin_clz(some);
    return n_digits + 1 + (exponent < 0 ? (size_t)-exponent : 0);
}

/* Up to MANY numbers, by kind: a bit each. */
typedef struct kinds {
    uint64_t negative, whole, fraction;
    int64_t wholes[MANY]; /* what they are without their signs, where they are whole and not too large for that */
    double fractions[MANY + LANES]; /* one behind the other, without their signs, and some number behind them */
    size_t n_fractions;
} kinds;

static void sort_out(kinds *out, const double *values, size_t n)
{
    out->negative = out->whole = out->fraction = 0;
    out->n_fractions = 0;
    for (size_t i = 0; i < n; i += LANES) {
        const __mmask8 there = (__mmask8)(n - i < LANES ? (1U << (n - i)) - 1 : 0xff);
        const __m512d x = _mm512_maskz_loadu_pd(there, values + i), size = _mm512_abs_pd(x);
        const __m512i bits = _mm512_castpd_si512(size), whole = _mm512_cvttpd_epi64(size);
        const __mmask8 small = _mm512_mask_cmp_pd_mask(there, size, _mm512_set1_pd(0x1p53), _CMP_LT_OQ);
        const __mmask8 is_whole = _mm512_mask_cmp_pd_mask(small, size, _mm512_cvtepi64_pd(whole), _CMP_EQ_OQ);
        const __mmask8 mixed = _mm512_test_epi64_mask(bits, splat((INT64_C(1) << FRACTION_BITS) - 1));
        const __mmask8 normal = _mm512_test_epi64_mask(bits, splat(INT64_C(0x7ff) << FRACTION_BITS));
        const __mmask8 is_fraction = (__mmask8)(small & ~is_whole & mixed & normal);
        out->negative |= (uint64_t)_mm512_movepi64_mask(_mm512_castpd_si512(x)) << i;
        out->whole |= (uint64_t)is_whole << i;
        out->fraction |= (uint64_t)is_fraction << i;
        _mm512_storeu_si512(out->wholes + i, whole);
        _mm512_mask_compressstoreu_pd(out->fractions + out->n_fractions, is_fraction, size);
        out->n_fractions += (size_t)__builtin_popcount(is_fraction);
    }
    _mm512_storeu_pd(out->fractions + out->n_fractions, _mm512_set1_pd(0.75));
}

static char *print_many(char *out, const double *values, size_t n, char separator)
{
    eight_decimals found[MANY / LANES];
    kinds of;
    sort_out(&of, values, n);
    for (size_t i = 0; i < of.n_fractions; i += LANES)
        find_decimals(&found[i / LANES], of.fractions + i);
    for (size_t i = 0, fraction = 0; i < n; i++) {
        *out++ = separator;
        if (((of.whole | of.fraction) >> i & 1) == 0) {
            out += isfinite(values[i]) ? wbi_double_print(out, values[i]) : 0;
            continue;
        }
        *out = '-';
        out += of.negative >> i & 1;
        if ((of.whole >> i & 1) != 0) {
            out += wbi_print_whole(out, (uint64_t)of.wholes[i]);
            continue;
        }
        const size_t length = put_decimal(out, &found[fraction / LANES], fraction % LANES);
        out += length > 0 ? length : wbi_double_print(out, of.fractions[fraction]);
        fraction++;
    }
    return out;
}

char *wbi_doubles_print_x86_v4(char *out, const double *values, size_t n, char separator)
{
    for (size_t i = 0; i < n; i += MANY)
        out = print_many(out, values + i, n - i < MANY ? n - i : MANY, separator);
    return out;
}
