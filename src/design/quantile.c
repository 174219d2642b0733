/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/quantile.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { DIGIT_BITS = 11, N_DIGITS = 6, N_BUCKETS = 1 << DIGIT_BITS };

/* The bits of a double as an integer of the same order: negative numbers reversed, below positive ones. */
static uint64_t order_key(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static size_t digit(double value, int place)
{
    return (size_t)(order_key(value) >> (place * DIGIT_BITS)) & (N_BUCKETS - 1);
}

/* Radix sort, least digit first; digits that all values share cost nothing but the count. */
void wbi_sort_weighted(wbi_weighted *values, wbi_weighted *spare, size_t n)
{
    wbi_weighted *from = values, *to = spare;
    for (int place = 0; place < N_DIGITS && n > 0; place++) {
        size_t start[N_BUCKETS + 1] = {0};
        for (size_t i = 0; i < n; i++)
            start[digit(from[i].value, place) + 1]++;
        if (start[digit(from[0].value, place) + 1] == n)
            continue;
        for (size_t b = 0; b < N_BUCKETS; b++)
            start[b + 1] += start[b];
        for (size_t i = 0; i < n; i++)
            to[start[digit(from[i].value, place)]++] = from[i];
        wbi_weighted *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != values)
        memcpy(values, from, n * sizeof *values);
}

double wbi_weighted_median(const wbi_weighted *sorted, size_t n)
{
    double half = 0, below = 0;
    for (size_t i = 0; i < n; i++)
        half += sorted[i].weight;
    half /= 2;
    size_t i = 0;
    while (i + 1 < n && below + sorted[i].weight < half)
        below += sorted[i++].weight;
    double low = sorted[i].value;
    if (i + 1 < n && below + sorted[i].weight == half)
        return low / 2 + sorted[i + 1].value / 2;
    return low;
}

double wbi_quantile(const wbi_weighted *sorted, size_t n, double share)
{
    double at = share * (double)(n - 1), whole = floor(at);
    size_t i = (size_t)whole;
    double up = at - whole;
    return i + 1 < n && up > 0 ? (1 - up) * sorted[i].value + up * sorted[i + 1].value : sorted[i].value;
}
