/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing numbers. The shortest decimal of a double is found as in Raffaello Giulietti, "The Schubfach way to render
 * doubles" (2021), here with 128-bit powers of ten. */
#include "base/number.h"

#include <math.h>
#include <string.h>

#include "base/powers_of_ten.h"

static const char digit_pairs[] = "0001020304050607080910111213141516171819"
                                  "2021222324252627282930313233343536373839"
                                  "4041424344454647484950515253545556575859"
                                  "6061626364656667686970717273747576777879"
                                  "8081828384858687888990919293949596979899";

static const uint64_t powers_of_ten[] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
    UINT64_C(10000000000000000000),
};

/* The digits of 2^bits, less one where the value stays below the next power of ten. */
static size_t count_digits(uint64_t value)
{
    const unsigned bits = 63 - (unsigned)__builtin_clzll(value | 1);
    const unsigned n = ((bits + 1) * 1233) >> 12;
    return n + (value >= powers_of_ten[n] || n == 0);
}

static void write_pair(char *out, uint32_t value)
{
    memcpy(out, digit_pairs + 2 * value, 2);
}

/* Exactly eight digits; the halves do not wait for each other. */
static void write_eight(char *out, uint32_t value)
{
    const uint32_t high = value / 10000, low = value % 10000;
    write_pair(out, high / 100);
    write_pair(out + 2, high % 100);
    write_pair(out + 4, low / 100);
    write_pair(out + 6, low % 100);
}

/* Writes the last `n` digits of `value`, from the right. */
static void write_digits(char *out, uint64_t value, size_t n)
{
    while (n >= 8) {
        n -= 8;
        write_eight(out + n, (uint32_t)(value % 100000000));
        value /= 100000000;
    }
    uint32_t rest = (uint32_t)(value % 100000000);
    for (; n >= 2; rest /= 100) {
        n -= 2;
        write_pair(out + n, rest % 100);
    }
    if (n > 0)
        *out = (char)('0' + rest % 10);
}

static size_t print_unsigned(char *out, uint64_t value)
{
    if (value < 10) {
        *out = (char)('0' + value);
        return 1;
    }
    size_t n = count_digits(value);
    write_digits(out, value, n);
    return n;
}

size_t wbi_int_print(char out[WBI_INT_CHARS], int64_t value)
{
    if (value >= 0)
        return print_unsigned(out, (uint64_t)value);
    out[0] = '-';
    return 1 + print_unsigned(out + 1, 0 - (uint64_t)value);
}

/* digits * 10^exponent */
typedef struct decimal {
    uint64_t digits;
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

/* g * x / 2^128 rounded to odd: its floor, with the last bit set when something was cut off. What the rounding of g
 * adds stays below the 192 - 128 bits that are dropped, and no bound of a double has a true fraction that small. */
static uint64_t round_to_odd(wbi_power g, uint64_t x)
{
    const wbi_wide product = wbi_power_multiply(g, x);
    return (uint64_t)(product >> 64) | ((uint64_t)product != 0);
}

/* The shortest decimal in the rounding interval of c * 2^q, the closest of several. All bounds are scaled by four, so
 * that the ends of the interval, halfway to the neighbours, are whole; the lower neighbour of a power of two is nearer.
 * With 10^k <= the interval's length < 10^(k+1), at most one multiple of 10^(k+1) lies inside, and one of the two
 * multiples of 10^k around the value does. The ends count when c is even, as readers round half to even. */
static decimal shortest_decimal(uint64_t c, int q, bool nearer_below)
{
    const uint64_t open = c & 1;
    const int k = nearer_below ? floor_log10_three_quarters_pow2(q) : floor_log10_pow2(q);
    const int h = q + wbi_floor_log2_pow10(-k) + 1;
    const wbi_power g = wbi_power_of_ten(-k);
    const uint64_t value = round_to_odd(g, (4 * c) << h);
    const uint64_t lower = round_to_odd(g, (4 * c - (nearer_below ? 1 : 2)) << h) + open;
    const uint64_t upper = round_to_odd(g, (4 * c + 2) << h) - open;

    const uint64_t s = value / 4;
    if (s >= 10) {
        const uint64_t tens = s / 10;
        const bool below_inside = lower <= 40 * tens;
        const bool above_inside = 40 * (tens + 1) <= upper;
        if (below_inside != above_inside)
            return (decimal){tens + above_inside, k + 1};
    }
    const bool below_inside = lower <= 4 * s;
    const bool above_inside = 4 * (s + 1) <= upper;
    if (below_inside != above_inside)
        return (decimal){s + above_inside, k};
    const uint64_t middle = 4 * s + 2;
    return (decimal){s + (value > middle || (value == middle && (s & 1) != 0)), k};
}

static decimal strip_zeros(decimal d)
{
    if (d.digits % 100000000 == 0) {
        d.digits /= 100000000;
        d.exponent += 8;
    }
    while (d.digits % 100 == 0) {
        d.digits /= 100;
        d.exponent += 2;
    }
    if (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    return d;
}

enum { FRACTION_BITS = 52, EXPONENT_BIAS = 1075 };

/* The shortest decimal of a finite double above zero, given its bits. */
static decimal decimal_of(uint64_t bits)
{
    const uint64_t fraction = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
    const int exponent = (int)(bits >> FRACTION_BITS);
    if (exponent == 0)
        return strip_zeros(shortest_decimal(fraction, 1 - EXPONENT_BIAS, false));
    const uint64_t c = fraction | UINT64_C(1) << FRACTION_BITS;
    return strip_zeros(shortest_decimal(c, exponent - EXPONENT_BIAS, fraction == 0 && exponent > 1));
}

/* "d.ddde-xx" from `n` digits, the first of them worth 10^exponent. */
static size_t print_scientific(char *out, uint64_t digits, size_t n, int exponent)
{
    size_t length = n;
    write_digits(out + 1, digits, n);
    out[0] = out[1];
    if (n > 1) {
        out[1] = '.';
        length++;
    }
    out[length++] = 'e';
    if (exponent < 0)
        out[length++] = '-';
    return length + print_unsigned(out + length, (uint64_t)(exponent < 0 ? -exponent : exponent));
}

static size_t print_decimal(char *out, decimal d)
{
    const size_t n = count_digits(d.digits);
    const int exponent = d.exponent + (int)n - 1; /* of the first digit */
    if (exponent <= -7 || exponent >= 22)
        return print_scientific(out, d.digits, n, exponent);
    if (d.exponent >= 0) {
        write_digits(out, d.digits, n);
        memset(out + n, '0', (size_t)d.exponent);
        return n + (size_t)d.exponent;
    }
    if (exponent >= 0) {
        const size_t n_whole = (size_t)exponent + 1;
        write_digits(out + 1, d.digits, n);
        memmove(out, out + 1, n_whole);
        out[n_whole] = '.';
        return n + 1;
    }
    const size_t n_zeros = (size_t)(-exponent);
    memset(out, '0', n_zeros + 1);
    out[1] = '.';
    write_digits(out + n_zeros + 1, d.digits, n);
    return n_zeros + 1 + n;
}

/* Most fractions are whole hundredths. With at most 15 digits these are the shortest decimal: no two such decimals are the
 * same double, so no shorter one can be. */
static bool read_hundredths(decimal *d, double value)
{
    if (value >= 1e13)
        return false;
    const uint64_t hundredths = (uint64_t)(value * 100 + 0.5);
    *d = hundredths % 10 == 0 ? (decimal){hundredths / 10, -1} : (decimal){hundredths, -2};
    return (double)hundredths / 100 == value;
}

size_t wbi_double_print(char out[WBI_DOUBLE_CHARS], double value)
{
    size_t length = 0;
    if (signbit(value)) {
        out[length++] = '-';
        value = -value;
    }
    /* Below 2^53 a whole number's own digits are the shortest. */
    if (value < 0x1p53 && value == (double)(int64_t)value)
        return length + print_unsigned(out + length, (uint64_t)value);
    decimal d;
    if (!read_hundredths(&d, value)) {
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        d = decimal_of(bits);
    }
    return length + print_decimal(out + length, d);
}
