/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/quantile.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DIGIT_BITS = 11, N_DIGITS = 6, N_BUCKETS = 1 << DIGIT_BITS, FEW = 64, MAX_QUANTILES = 64 };

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

/* ---- a few order statistics of many values ---- */

/* Some of the values, of which `first` others are less. */
typedef struct range {
    double *values, *spare;
    size_t n, first;
} range;

/* The ranks that fall into it. */
typedef struct wanted {
    const size_t *ranks;
    double *statistics;
    size_t n;
} wanted;

static int ascending(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void pick(const range *from, const wanted *what)
{
    for (size_t k = 0; k < what->n; k++)
        what->statistics[k] = from->values[what->ranks[k] - from->first];
}

/* Buckets of equal width in the order of keys, which is nearly that of logarithms. */
typedef struct bucketing {
    uint64_t low;
    int shift;
    size_t count[N_BUCKETS], next[N_BUCKETS]; /* next: where the bucket's next value goes; SIZE_MAX: nobody asks */
} bucketing;

static size_t bucket_of(const bucketing *b, double value)
{
    return (size_t)((order_key(value) - b->low) >> b->shift);
}

/* False when all values are the same. */
static bool choose_buckets(bucketing *b, const range *from)
{
    uint64_t low = UINT64_MAX, high = 0;
    for (size_t i = 0; i < from->n; i++) {
        const uint64_t key = order_key(from->values[i]);
        low = key < low ? key : low;
        high = key > high ? key : high;
    }
    if (low == high)
        return false;
    const int n_bits = 64 - __builtin_clzll(high - low);
    b->low = low;
    b->shift = n_bits > DIGIT_BITS ? n_bits - DIGIT_BITS : 0;
    return true;
}

static void count_values(bucketing *b, const range *from)
{
    memset(b->count, 0, sizeof b->count);
    for (size_t i = 0; i < from->n; i++)
        b->count[bucket_of(b, from->values[i])]++;
}

static void select_statistics(const range *from, const wanted *what);

/* The wanted buckets, one after the other: with `move`, room for each; without, the statistics of each. */
static void each_wanted_bucket(bucketing *b, const range *from, const wanted *what, bool move)
{
    size_t below = from->first, moved = 0, k = 0;
    for (size_t bucket = 0; bucket < N_BUCKETS; below += b->count[bucket++]) {
        size_t n = 0;
        while (k + n < what->n && what->ranks[k + n] < below + b->count[bucket])
            n++;
        if (move)
            b->next[bucket] = n > 0 ? moved : SIZE_MAX;
        if (n == 0)
            continue;
        if (!move)
            select_statistics(&(range){from->spare + moved, from->values + moved, b->count[bucket], below},
                              &(wanted){what->ranks + k, what->statistics + k, n});
        moved += b->count[bucket];
        k += n;
    }
}

static void select_statistics(const range *from, const wanted *what)
{
    bucketing b;
    if (from->n <= FEW)
        qsort(from->values, from->n, sizeof *from->values, ascending);
    if (from->n <= FEW || !choose_buckets(&b, from)) {
        pick(from, what);
        return;
    }
    count_values(&b, from);
    each_wanted_bucket(&b, from, what, true);
    for (size_t i = 0; i < from->n; i++) {
        size_t *next = &b.next[bucket_of(&b, from->values[i])];
        if (*next != SIZE_MAX)
            from->spare[(*next)++] = from->values[i];
    }
    each_wanted_bucket(&b, from, what, false);
}

void wbi_order_statistics(double *statistics, const size_t *ranks, size_t n_ranks, double *values, double *spare, size_t n)
{
    select_statistics(&(range){values, spare, n, 0}, &(wanted){ranks, statistics, n_ranks});
}

static double between(double low, double high, double up)
{
    return up > 0 ? (1 - up) * low + up * high : low;
}

void wbi_equal_quantiles(double *quantiles, size_t n_quantiles, double *values, double *spare, size_t n)
{
    size_t ranks[2 * MAX_QUANTILES];
    double statistics[2 * MAX_QUANTILES], at;
    for (size_t q = 0; q < n_quantiles; q++) {
        ranks[2 * q] = (size_t)((double)q / (double)(n_quantiles - 1) * (double)(n - 1));
        ranks[2 * q + 1] = ranks[2 * q] + 1 < n ? ranks[2 * q] + 1 : n - 1;
    }
    wbi_order_statistics(statistics, ranks, 2 * n_quantiles, values, spare, n);
    for (size_t q = 0; q < n_quantiles; q++) {
        const double up = modf((double)q / (double)(n_quantiles - 1) * (double)(n - 1), &at);
        quantiles[q] = between(statistics[2 * q], statistics[2 * q + 1], up);
    }
}

/* ---- sorted values ---- */

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
    return i + 1 < n ? between(sorted[i].value, sorted[i + 1].value, up) : sorted[i].value;
}
