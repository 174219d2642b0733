/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading numbers, correctly rounded. Three ways, each taken only where it is sure of the result: one exact
 * multiplication (Clinger 1990); a 64 x 128 bit product with a bound on its error (after Lemire 2021, "Number parsing
 * at a gigabyte per second"); strtod on the significant digits. */
#include "base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/powers_of_ten.h"

/* No double, and no point halfway between two, has more significant digits than 767. */
enum { DIGITS_KEPT = 800 };

/* significand * 10^exponent, where the significand is the number that the `n_digits` digits in `digits` ..
 * `digits_end` spell, the mark left out. */
typedef struct spelling {
    bool negative;
    const char *digits, *digits_end;
    size_t n_digits;
    uint64_t significand; /* modulo 2^64: right up to 19 digits */
    int64_t exponent;
} spelling;

static bool is_digit(char byte)
{
    return (unsigned char)(byte - '0') <= 9;
}

static const char *read_sign(bool *negative, const char *at, const char *end)
{
    *negative = at < end && *at == '-';
    return at < end && (*at == '-' || *at == '+') ? at + 1 : at;
}

static const char *read_digits(uint64_t *number, const char *at, const char *end)
{
    uint64_t sum = *number;
    for (; at < end && is_digit(*at); at++)
        sum = sum * 10 + (uint64_t)(*at - '0');
    *number = sum;
    return at;
}

/* Reads [+-]digits up to `end`; what is beyond any double's exponent is held at a trillion. */
static bool read_exponent(int64_t *exponent, const char *at, const char *end)
{
    static const int64_t limit = INT64_C(1000000000000);
    bool negative;
    at = read_sign(&negative, at, end);
    if (at == end)
        return false;
    int64_t sum = 0;
    for (; at < end && is_digit(*at); at++)
        sum = sum < limit ? sum * 10 + (*at - '0') : limit;
    *exponent = negative ? -sum : sum;
    return at == end;
}

static bool spell(spelling *s, const char *bytes, size_t n, char decimal)
{
    const char *const end = bytes + n;
    const char *at = read_sign(&s->negative, bytes, end);
    s->significand = 0;
    s->exponent = 0;
    s->digits = at;
    at = read_digits(&s->significand, at, end);
    s->n_digits = (size_t)(at - s->digits);
    if (at < end && *at == decimal) {
        const char *fraction = at + 1;
        at = read_digits(&s->significand, fraction, end);
        s->n_digits += (size_t)(at - fraction);
        s->exponent = fraction - at;
    }
    s->digits_end = at;
    if (s->n_digits == 0)
        return false;
    if (at == end)
        return true;
    int64_t exponent;
    if ((*at != 'e' && *at != 'E') || !read_exponent(&exponent, at + 1, end))
        return false;
    s->exponent += exponent;
    return true;
}

/* Zeros in front are no significant digits. */
static void skip_zeros(spelling *s)
{
    for (; s->digits < s->digits_end && (*s->digits == '0' || !is_digit(*s->digits)); s->digits++)
        if (*s->digits == '0')
            s->n_digits--;
}

/* Significand and power are exact doubles, so that one rounding is all there is. */
static bool read_exactly_representable(double *value, uint64_t significand, int64_t exponent)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (significand > UINT64_C(1) << 53 || exponent < -22 || exponent > 22)
        return false;
    *value = exponent < 0 ? (double)significand / powers[-exponent] : (double)significand * powers[exponent];
    return true;
}

/* With the significand w shifted to 64 bits and g the power rounded up, w * 10^k lies in (w * g - w, w * g] up to a
 * power of two, thus less than one unit below w * g in its upper 128 bits. Rounding is sure unless these end in exactly
 * one half. The powers at hand leave no number below the normal ones. */
static bool read_by_product(double *value, uint64_t significand, int64_t exponent)
{
    if (significand == 0 || exponent < WBI_POWER_MIN || exponent > WBI_POWER_MAX)
        return false;
    const int k = (int)exponent;
    const int shift = __builtin_clzll(significand);
    const wbi_wide product = wbi_power_multiply(wbi_power_of_ten(k), significand << shift);
    const int n_cut = 74 + (int)(product >> 127);
    const wbi_wide half = (wbi_wide)1 << (n_cut - 1);
    const wbi_wide rest = product & (2 * half - 1);
    const int biased = wbi_floor_log2_pow10(k) - 63 - shift + n_cut + 1075;
    if (rest == half || biased > 2045)
        return false;
    /* 2^52 <= rounded <= 2^53: the hidden bit, or the carry, adds to the exponent. */
    const uint64_t rounded = (uint64_t)(product >> n_cut) + (rest > half);
    const uint64_t bits = ((uint64_t)(biased - 1) << 52) + rounded;
    memcpy(value, &bits, sizeof *value);
    return true;
}

/* strtod on whole digits and an exponent: without a mark its result depends on no locale. Digits that are left out
 * stand behind every point halfway between two doubles, so it only matters whether they are all zero. */
static double read_by_strtod(const spelling *s)
{
    char text[DIGITS_KEPT + 1 + 1 + WBI_INT_CHARS + 1];
    size_t length = 0;
    bool more = false;
    for (const char *at = s->digits; at < s->digits_end; at++) {
        if (!is_digit(*at))
            continue;
        if (length < DIGITS_KEPT)
            text[length++] = *at;
        else
            more |= *at != '0';
    }
    int64_t exponent = s->exponent + (int64_t)(s->n_digits - length);
    if (more) {
        text[length++] = '1';
        exponent--;
    }
    text[length++] = 'e';
    length += wbi_int_print(text + length, exponent);
    text[length] = '\0';
    return strtod(text, NULL);
}

bool wbi_double_read(double *value, const char *bytes, size_t n, char decimal)
{
    spelling s;
    if (!spell(&s, bytes, n, decimal))
        return false;
    if (s.n_digits > 19)
        skip_zeros(&s);
    double magnitude;
    const bool whole = s.n_digits <= 19;
    if (s.n_digits == 0)
        magnitude = 0;
    else if (!(whole && read_exactly_representable(&magnitude, s.significand, s.exponent)) &&
             !(whole && read_by_product(&magnitude, s.significand, s.exponent)))
        magnitude = read_by_strtod(&s);
    if (isinf(magnitude))
        return false;
    *value = s.negative ? -magnitude : magnitude;
    return true;
}

bool wbi_int_read(int64_t *value, const char *bytes, size_t n)
{
    const char *const end = bytes + n;
    bool negative;
    const char *at = read_sign(&negative, bytes, end);
    if (at == end)
        return false;
    int64_t sum = 0; /* kept at or below zero, where there is one number more */
    for (; at < end && is_digit(*at); at++)
        if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_sub_overflow(sum, *at - '0', &sum))
            return false;
    if (at < end || (!negative && sum == INT64_MIN))
        return false;
    *value = negative ? sum : -sum;
    return true;
}
