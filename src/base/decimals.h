/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Short decimals: numbers as most are written, in half the bytes of a double. */
#ifndef WINBACK_BASE_DECIMALS_H
#define WINBACK_BASE_DECIMALS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A decimal is `digits << WBI_DECIMAL_SHIFT | places` and stands for digits / 10^places, correctly rounded: both are exact
 * doubles, so that one division rounds correctly (Clinger 1990). |digits| <= WBI_DECIMAL_MOST, places <= WBI_DECIMAL_PLACES; one
 * place more, of which the power is NaN, is that of the missing one. */
enum { WBI_DECIMAL_SHIFT = 4, WBI_DECIMAL_PLACES = 14, WBI_DECIMAL_MISSING, WBI_DECIMAL_MOST = (1 << 27) - 1 };

/* 10^0 to 10^14, and NaN. */
extern const double wbi_decimal_powers[WBI_DECIMAL_MISSING + 1];

static inline int32_t wbi_decimal_make(int32_t digits, unsigned places)
{
    return digits * (1 << WBI_DECIMAL_SHIFT) + (int32_t)places;
}

static inline double wbi_decimal_number(int32_t decimal)
{
    return (decimal >> WBI_DECIMAL_SHIFT) / wbi_decimal_powers[decimal & WBI_DECIMAL_MISSING];
}

/* The whole number nearest to x, of less than 2^51 in size: adding 1.5 * 2^52 leaves no room for a fraction. */
static inline double wbi_nearest_whole(double x)
{
    const double shift = 0x1.8p52;
    return (x + shift) - shift;
}

/* Makes decimals of numbers, NaN a missing one; false, with any of *out set, where one is none. -0 becomes 0. */
bool wbi_decimals_make(int32_t *out, const double *numbers, size_t n);

#endif
