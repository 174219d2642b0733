/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Powers of ten as 128-bit significands, shared by the printing and the reading of doubles. Private to base. */
#ifndef WINBACK_BASE_POWERS_OF_TEN_H
#define WINBACK_BASE_POWERS_OF_TEN_H

#include <stdint.h>

enum { WBI_POWER_MIN = -293, WBI_POWER_MAX = 323 };

/* g = high * 2^64 + low = ceil(10^k * 2^(127 - floor(log2(10^k)))), so 2^127 <= g < 2^128. */
typedef struct wbi_power {
    uint64_t high, low;
} wbi_power;

extern const wbi_power wbi_powers_of_ten[WBI_POWER_MAX - WBI_POWER_MIN + 1];

static inline wbi_power wbi_power_of_ten(int k)
{
    return wbi_powers_of_ten[k - WBI_POWER_MIN];
}

/* floor(log2(10^k)) for |k| <= 1233. */
static inline int wbi_floor_log2_pow10(int k)
{
    return (k * 1741647) >> 19;
}

__extension__ typedef unsigned __int128 wbi_wide;

/* The upper 128 of the 192 bits of g * x. */
static inline wbi_wide wbi_power_multiply(wbi_power g, uint64_t x)
{
    wbi_wide low = (wbi_wide)g.low * x;
    return (wbi_wide)g.high * x + (uint64_t)(low >> 64);
}

#endif
