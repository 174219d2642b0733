/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing numbers. The rounding interval of a double is scaled by a power of ten and looked at there, as in Raffaello
 * Giulietti, "The Schubfach way to render doubles" (2021); that one product is enough, and that the digits but the last
 * come first, is from Victor Zverovich's zmij and Xiang Junbo's xjb (2025). Digits are cut from a number by
 * multiplications on all pieces at a time, and nothing branches on how many there are. */
#include "base/number.h"

#include <math.h>
#include <string.h>

#include "base/powers_of_ten.h"

static const uint64_t ten_8 = UINT64_C(100000000), ten_15 = UINT64_C(1000000000000000);

/* The digits of two numbers below 10^4, one in each half of a word, as its bytes, the first one lowest. Each step cuts
 * pieces in two: x becomes x / 10^n and, above it, x % 10^n. The reciprocals are exact for numbers this small. */
static uint64_t split_fours(uint64_t fours)
{
    const uint64_t hundreds = fours * 5243 >> 19 & UINT64_C(0x7f0000007f);
    const uint64_t twos = (fours << 16) - hundreds * ((100 << 16) - 1);
    const uint64_t tens = twos * 103 >> 10 & UINT64_C(0xf000f000f000f);
    return (twos << 8) - tens * ((10 << 8) - 1);
}

/* The same of a number below 10^8. */
static uint64_t split_eight(uint64_t value)
{
    const uint64_t high = value * 109951163 >> 40;
    return split_fours((value << 32) - high * ((UINT64_C(10000) << 32) - 1));
}

static void put_eight(char *out, uint64_t digits)
{
    uint64_t text = digits + UINT64_C(0x3030303030303030);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    text = __builtin_bswap64(text);
#endif
    memcpy(out, &text, sizeof text);
}

/* Of the last `n` of eight digits those from the first that is not 0, or the last. */
static size_t put_significant(char *out, uint64_t digits, unsigned n)
{
    const unsigned n_zeros = (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 8 * (n - 1)) / 8;
    put_eight(out, digits >> 8 * n_zeros);
    return n - n_zeros;
}

static size_t print_unsigned(char *out, uint64_t value)
{
    if (value < ten_8)
        return put_significant(out, split_eight(value), 8);
    const size_t n = print_unsigned(out, value / ten_8);
    put_eight(out + n, split_eight(value % ten_8));
    return n + 8;
}

size_t wbi_int_print(char out[WBI_INT_CHARS], int64_t value)
{
    if (value >= 0)
        return print_unsigned(out, (uint64_t)value);
    out[0] = '-';
    return 1 + print_unsigned(out + 1, 0 - (uint64_t)value);
}

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
    const uint64_t is_short = whole < ten_15;
    return (decimal){whole + ((9 * whole + digit) & (0 - is_short)), digit & (is_short - 1), k + 15 - (int)is_short};
}

enum { FRACTION_BITS = 52, EXPONENT_BIAS = 1075 };

/* Powers of two and subnormals. */
static __attribute__((cold)) decimal unusual_decimal(uint64_t fraction, int exponent)
{
    if (exponent > 0)
        return shortest_decimal(UINT64_C(1) << FRACTION_BITS, exponent - EXPONENT_BIAS, exponent > 1);
    decimal d = shortest_decimal(fraction, 1 - EXPONENT_BIAS, false);
    for (; d.sixteen < ten_15; d.exponent--)
        d.sixteen *= 10;
    return d;
}

/* The shortest decimal of a finite double above zero, given its bits. */
static inline decimal decimal_of(uint64_t bits)
{
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
    return length + print_unsigned(out + length, (uint64_t)(exponent < 0 ? -exponent : exponent));
}

/* From 10^8 upwards, or below 10^-6. */
static size_t print_far(char *out, const char *digits, size_t n, int exponent)
{
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

static void put_seventeen(char *out, uint64_t first, uint64_t second, uint64_t last)
{
    put_eight(out, first);
    put_eight(out + 8, second);
    out[16] = (char)('0' + last);
}

static inline size_t print_decimal(char *out, decimal d)
{
    const uint64_t first = split_eight(d.sixteen / ten_8), second = split_eight(d.sixteen % ten_8);
    const uint64_t tail = second != 0 ? second : first;
    size_t n = (second != 0 ? 16 : 8) - (size_t)__builtin_clzll(tail) / 8;
    n = d.last != 0 ? 17 : n;
    if (d.exponent >= 0 && d.exponent < 8) {
        /* All digits one place up, then the whole part where it belongs. */
        const unsigned n_whole_bits = 8 * (unsigned)d.exponent + 7;
        const uint64_t moved = first << 8;
        put_seventeen(out + 1, first, second, d.last);
        put_eight(out, moved ^ ((moved ^ first) & ((UINT64_C(2) << n_whole_bits) - 1)));
        out[d.exponent + 1] = '.';
        return n + 1;
    }
    if (d.exponent < 0 && d.exponent >= -6) {
        memcpy(out, "0.000000", 8);
        put_seventeen(out + 1 - d.exponent, first, second, d.last);
        return n + 1 + (size_t)-d.exponent;
    }
    char digits[17];
    put_seventeen(digits, first, second, d.last);
    return print_far(out, digits, n, d.exponent);
}

/* What has a sign, a fraction, or more than four digits. */
static __attribute__((noinline)) size_t print_long(char *out, double value)
{
    size_t length = 0;
    if (signbit(value)) {
        out[length++] = '-';
        value = -value;
    }
    /* Below 2^53 a whole number's own digits are the shortest. */
    if (value < 0x1p53 && value == (double)(int64_t)value)
        return length + print_unsigned(out + length, (uint64_t)value);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return length + print_decimal(out + length, decimal_of(bits));
}

size_t wbi_double_print(char out[WBI_DOUBLE_CHARS], double value)
{
    if (value < 10000 && value >= 0 && !signbit(value)) {
        const int whole = (int)value;
        if (value == whole)
            return put_significant(out, split_fours((uint64_t)whole), 4);
    }
    return print_long(out, value);
}
