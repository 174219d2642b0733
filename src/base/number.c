/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing numbers. The rounding interval of a double is scaled by a power of ten and looked at there, as in Raffaello
 * Giulietti, "The Schubfach way to render doubles" (2021); that one product is enough, and that the digits but the last
 * come first, is from Victor Zverovich's zmij and Xiang Junbo's xjb (2025). Nothing branches
 * on how many digits there are. */
#include "base/number.h"

#include <math.h>
#include <string.h>

#include "base/powers_of_ten.h"
#include "base/whole.h"

size_t wbi_int_print(char out[WBI_INT_CHARS], int64_t value)
{
    if (value >= 0)
        return wbi_print_unsigned(out, (uint64_t)value);
    out[0] = '-';
    return 1 + wbi_print_unsigned(out + 1, 0 - (uint64_t)value);
}

#define TEN_15 UINT64_C(1000000000000000)

/* 17 digits, zeros at the end included, of which the first is not 0 and worth 10^exponent. */
typedef struct decimal {
    uint64_t sixteen;
    uint64_t last;
    int exponent;
} decimal;

/* floor(log10(2^q)) and floor(log10(3/4 * 2^q)), for |q| <= 1100. */
static int floor_log10_pow2(int q)
{
    return (q * 1262611) >> 22;
}

static int floor_log10_three_quarters_pow2(int q)
{
    return (q * 1262611 - 524031) >> 22;
}

/* The shortest decimal in the rounding interval of c * 2^q, the closest of several. With the power 10^k next above the
 * interval's length as the unit, the interval is shorter than 1 and not shorter than 1/10. So at most one whole number
 * lies inside, and that is then the shortest; else the nearest tenth is. `reach` is how far the interval goes to both
 * sides, but half as far below a power of two.
 *
 * `high` and `low` are value * 2^74, too large by less than 2: g is rounded up, by less than the bits that are dropped.
 * `fraction` and `reach` count units of 2^-64 and are cut off, so a bound that is a whole number may seem one unit off.
 * A bound that is none is more than 2.1 units away from all, for every double. The ends of the interval count when c is
 * even, as readers round half to even: `reach` is then made two units longer, else one shorter.
 * Tenths have the bits of `low` too, for points halfway between two can be as near as 2^-65. An exact half only occurs
 * at 1/4 and 3/4; it becomes the even digit. */
static inline decimal shortest_decimal(uint64_t c, int q, bool nearer_below)
{
    const int k = 1 + (nearer_below ? floor_log10_three_quarters_pow2(q) : floor_log10_pow2(q));
    const int shift = q + wbi_floor_log2_pow10(-k); /* -5..0 */
    const wbi_power g = wbi_power_of_ten(-k);
    const wbi_wide product = wbi_power_multiply(g, c << (shift + 11));
    const uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
    const uint64_t fraction = high << 54 | low >> 10;
    const uint64_t reach = (g.high >> -shift) - 1 + 3 * (~c & 1);
    const uint64_t above_inside = fraction + reach < fraction;
    const uint64_t below_inside = fraction < (nearer_below ? reach >> 1 : reach);

    const uint64_t rest = high & 1023;
    const uint64_t tenths = rest * 10 + (uint64_t)((wbi_wide)low * 10 >> 64); /* units of 2^-10 */
    const uint64_t is_quarter = ((rest ^ 256) | low) == 0;
    uint64_t digit = (tenths + 512 - is_quarter) >> 10;
    if (nearer_below && digit << 10 < tenths - 5 * (reach >> 54))
        digit++;
    digit &= (above_inside | below_inside) - 1;

    const uint64_t whole = (high >> 10) + above_inside;
    const uint64_t is_short = whole < TEN_15;
    return (decimal){whole + ((9 * whole + digit) & (0 - is_short)), digit & (is_short - 1), k + 15 - (int)is_short};
}

enum { FRACTION_BITS = 52, EXPONENT_BIAS = 1075 };

/* Powers of two and subnormals. */
static __attribute__((cold)) decimal unusual_decimal(uint64_t fraction, int exponent)
{
    if (exponent > 0)
        return shortest_decimal(UINT64_C(1) << FRACTION_BITS, exponent - EXPONENT_BIAS, exponent > 1);
    decimal d = shortest_decimal(fraction, 1 - EXPONENT_BIAS, false);
    for (; d.sixteen < TEN_15; d.exponent--)
        d.sixteen *= 10;
    return d;
}

/* The shortest decimal of a finite double above zero. */
static inline decimal decimal_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint64_t fraction = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
    const int exponent = (int)(bits >> FRACTION_BITS);
    if (fraction == 0 || exponent == 0)
        return unusual_decimal(fraction, exponent);
    return shortest_decimal(fraction | UINT64_C(1) << FRACTION_BITS, exponent - EXPONENT_BIAS, false);
}

/* "d.ddde-xx" from `n` digits, the first of them worth 10^exponent. */
static size_t print_scientific(char *out, const char *digits, size_t n, int exponent)
{
    size_t length = 1;
    out[0] = digits[0];
    if (n > 1) {
        out[1] = '.';
        memcpy(out + 2, digits + 1, n - 1);
        length = n + 1;
    }
    out[length++] = 'e';
    if (exponent < 0)
        out[length++] = '-';
    return length + wbi_print_unsigned(out + length, (uint64_t)(exponent < 0 ? -exponent : exponent));
}

static void put_seventeen(char *out, wbi_sixteen digits, uint64_t last)
{
    wbi_put_sixteen(out, digits);
    out[16] = (char)('0' + last);
}

/* From 10^8 upwards, or below 10^-6. */
static __attribute__((noinline)) size_t print_far(char *out, wbi_sixteen sixteen, uint64_t last, size_t n, int exponent)
{
    char digits[17];
    put_seventeen(digits, sixteen, last);
    if (exponent < 0 || exponent >= 22)
        return print_scientific(out, digits, n, exponent);
    const size_t n_whole = (size_t)exponent + 1;
    if (n <= n_whole) {
        memcpy(out, digits, n);
        memset(out + n, '0', n_whole - n);
        return n_whole;
    }
    memcpy(out, digits, n_whole);
    out[n_whole] = '.';
    memcpy(out + n_whole + 1, digits + n_whole, n - n_whole);
    return n + 1;
}

/* With digits behind the mark. */
static inline size_t print_decimal(char *out, decimal d)
{
    const wbi_sixteen digits = wbi_split_sixteen(d.sixteen);
    const uint32_t some = digits.some | (uint32_t)(d.last != 0) << 16;
    const size_t n = 32 - (size_t)__builtin_clz(some);
    if (d.exponent >= 0 && d.exponent < 8) {
        /* All digits one place up, then the whole part where it belongs. */
        put_seventeen(out + 1, digits, d.last);
        const unsigned last_whole_bit = 8 * (unsigned)d.exponent + 7;
        const uint64_t whole = (UINT64_C(2) << last_whole_bit) - 1, first = wbi_first_eight(digits);
        wbi_put_eight(out, (first & whole) | (first << 8 & ~whole));
        out[d.exponent + 1] = '.';
        return n + 1;
    }
    if (d.exponent < 0 && d.exponent >= -6) {
        memcpy(out, "0.000000", 8);
        put_seventeen(out + 1 - d.exponent, digits, d.last);
        return n + 1 + (size_t)-d.exponent;
    }
    return print_far(out, digits, d.last, n, d.exponent);
}

/* A finite number above zero. Not inlined, so that whole numbers save no registers. */
static __attribute__((noinline)) size_t print_fraction(char *out, double value)
{
    return print_decimal(out, decimal_of(value));
}

static inline size_t print_magnitude(char *out, double value)
{
    if (value < 0x1p53) {
        const uint64_t whole = (uint64_t)(int64_t)value;
        if (value == (double)(int64_t)whole) /* its own digits are the shortest */
            return wbi_print_whole(out, whole);
    }
    return print_fraction(out, value);
}

size_t wbi_double_print(char out[WBI_DOUBLE_CHARS], double value)
{
    if (!signbit(value))
        return print_magnitude(out, value);
    out[0] = '-';
    return 1 + print_magnitude(out + 1, -value);
}

/* The first `n_digits` of its 17 digits, rounded. */
static decimal round_decimal(decimal d, int n_digits)
{
    uint64_t unit = 1;
    for (int i = n_digits; i < 17; i++)
        unit *= 10;
    const uint64_t digits = d.sixteen * 10 + d.last, kept = (digits + unit / 2) / unit;
    if (kept * unit == 10 * (WBI_TEN_8 * WBI_TEN_8)) /* 10^17 */
        return (decimal){TEN_15, 0, d.exponent + 1};
    return (decimal){kept * (unit / 10), 0, d.exponent};
}

static size_t print_rounded(char *out, double value, int n_digits)
{
    const decimal d = round_decimal(decimal_of(value), n_digits);
    const wbi_sixteen digits = wbi_split_sixteen(d.sixteen);
    if (d.exponent < 0)
        return print_decimal(out, d);
    return print_far(out, digits, 0, 32 - (size_t)__builtin_clz(digits.some), d.exponent);
}

size_t wbi_double_print_digits(char out[WBI_DOUBLE_CHARS], double value, int n_digits)
{
    if (value == 0)
        return wbi_double_print(out, value);
    if (!signbit(value))
        return print_rounded(out, value, n_digits);
    out[0] = '-';
    return 1 + print_rounded(out + 1, -value, n_digits);
}
