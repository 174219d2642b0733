/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/quantile.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DIGIT_BITS = 11, N_DIGITS = 6, N_BUCKETS = 1 << DIGIT_BITS, FEW = 64, MANY = 1 << 15, MAX_QUANTILES = 64 };

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

/* Some of the values, of which `first` others are less, and room for as many twice; `after` may be where the values are,
 * for those that were moved to `spare`. */
typedef struct range {
    const double *values;
    double *spare, *after;
    size_t n, first;
    bool by_key; /* buckets by value did not tell them apart */
} range;

/* The ranks that fall into it. */
typedef struct wanted {
    const size_t *ranks;
    double *statistics;
    size_t *at_most; /* how many values are at most as large as each; NULL: not asked for */
    size_t n;
} wanted;

static int ascending(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Adding 0 leaves one kind of zero. */
static void pick(const range *from, const wanted *what, const double *sorted)
{
    size_t end = 0;
    for (size_t k = 0; k < what->n; k++) {
        const size_t at = what->ranks[k] - from->first;
        what->statistics[k] = sorted[at] + 0.0;
        if (what->at_most == NULL)
            continue;
        if (end <= at || sorted[end - 1] != sorted[at]) /* else it is known where these end */
            end = at;
        while (end < from->n && sorted[end] == sorted[at])
            end++;
        what->at_most[k] = from->first + end;
    }
}

/* Buckets of equal width, in value or in the order of keys, which is nearly that of logarithms; what lies beyond their ends
 * goes to the outermost. */
typedef struct bucketing {
    bool by_key;
    double low, per_unit;
    uint64_t low_key;
    int shift;
    size_t count[N_BUCKETS], next[N_BUCKETS]; /* next: where the bucket's next value goes; SIZE_MAX: nobody asks */
} bucketing;

enum { AT_ONCE = 256 };

/* Of at most AT_ONCE values. Rounding keeps the order: no step of this comes out less for a greater value. */
static void find_buckets(int32_t *bucket, const bucketing *b, const double *values, size_t n)
{
    const int32_t last = N_BUCKETS - 1;
    for (size_t i = 0; b->by_key && i < n; i++) {
        const uint64_t key = order_key(values[i]), at = key > b->low_key ? (key - b->low_key) >> b->shift : 0;
        bucket[i] = at < (uint64_t)last ? (int32_t)at : last;
    }
    for (size_t i = 0; !b->by_key && i < n; i++) {
        const double at = (values[i] - b->low) * b->per_unit, above = at > 0 ? at : 0;
        bucket[i] = (int32_t)(above < last ? above : last);
    }
}

/* Of every so many values. */
static void find_ends(double *least, double *most, const range *from, size_t step)
{
    enum { LANES = 4 }; /* so many values at a time need not wait for each other */
    double low[LANES], high[LANES];
    for (size_t a = 0; a < LANES; a++)
        low[a] = high[a] = from->values[0];
    for (size_t i = 0; i < from->n; i += LANES * step)
        for (size_t a = 0; a < LANES; a++) {
            const size_t at = i + a * step;
            const double value = from->values[at < from->n ? at : from->n - 1];
            low[a] = value < low[a] ? value : low[a];
            high[a] = value > high[a] ? value : high[a];
        }
    *least = low[0];
    *most = high[0];
    for (size_t a = 1; a < LANES; a++) {
        *least = low[a] < *least ? low[a] : *least;
        *most = high[a] > *most ? high[a] : *most;
    }
}

/* Between the ends of a sample where values are many. False when all are the same. */
static bool choose_buckets(bucketing *b, const range *from)
{
    enum { SAMPLE = 1024 };
    double high;
    find_ends(&b->low, &high, from, from->n < MANY ? 1 : from->n / SAMPLE);
    if (b->low == high)
        find_ends(&b->low, &high, from, 1);
    if (b->low == high)
        return false;
    b->per_unit = (N_BUCKETS - 1) / (high - b->low);
    b->by_key = from->by_key || !(b->per_unit > 0 && b->per_unit < INFINITY);
    b->low_key = order_key(b->low == 0 ? -0.0 : b->low);
    const uint64_t span = order_key(high == 0 ? 0.0 : high) - b->low_key;
    const int n_bits = 64 - __builtin_clzll(span);
    b->shift = n_bits > DIGIT_BITS ? n_bits - DIGIT_BITS : 0;
    return true;
}

static void count_values(bucketing *b, const range *from)
{
    int32_t bucket[AT_ONCE];
    memset(b->count, 0, sizeof b->count);
    for (size_t begin = 0, n; begin < from->n; begin += n) {
        n = from->n - begin < AT_ONCE ? from->n - begin : AT_ONCE;
        find_buckets(bucket, b, from->values + begin, n);
        for (size_t i = 0; i < n; i++)
            b->count[bucket[i]]++;
    }
}

static void move_values(bucketing *b, const range *from)
{
    int32_t bucket[AT_ONCE];
    for (size_t begin = 0, n; begin < from->n; begin += n) {
        n = from->n - begin < AT_ONCE ? from->n - begin : AT_ONCE;
        find_buckets(bucket, b, from->values + begin, n);
        for (size_t i = 0; i < n; i++) {
            size_t *next = &b->next[bucket[i]];
            if (*next != SIZE_MAX)
                from->spare[(*next)++] = from->values[begin + i];
        }
    }
}

static void select_statistics(const range *from, const wanted *what);

/* Of a bucket whose values were moved to `at`. */
static void select_in_bucket(const range *from, size_t at, const range *bucket, const wanted *what)
{
    range inner = *bucket;
    inner.values = from->spare + at;
    inner.spare = from->after + at;
    inner.after = from->spare + at;
    inner.by_key = !from->by_key && inner.n > from->n / 2;
    select_statistics(&inner, what);
}

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
            select_in_bucket(from, moved, &(range){.n = b->count[bucket], .first = below},
                             &(wanted){what->ranks + k, what->statistics + k,
                                       what->at_most == NULL ? NULL : what->at_most + k, n});
        moved += b->count[bucket];
        k += n;
    }
}

static void select_statistics(const range *from, const wanted *what)
{
    bucketing b;
    if (from->n <= FEW) {
        memcpy(from->spare, from->values, from->n * sizeof *from->values);
        qsort(from->spare, from->n, sizeof *from->spare, ascending);
        pick(from, what, from->spare);
    } else if (!choose_buckets(&b, from)) {
        pick(from, what, from->values);
    } else {
        count_values(&b, from);
        each_wanted_bucket(&b, from, what, true);
        move_values(&b, from);
        each_wanted_bucket(&b, from, what, false);
    }
}

void wbi_order_statistics(double *statistics, const size_t *ranks, size_t n_ranks, const double *values, size_t n,
                          double *spare)
{
    select_statistics(&(range){values, spare, spare + n, n, 0, false}, &(wanted){ranks, statistics, NULL, n_ranks});
}

/* Rounding would lead beyond the ends, and off a value that both of them are. */
static double between(double low, double high, double up)
{
    const double at = (1 - up) * low + up * high;
    return at > high ? high : at > low ? at : low;
}

void wbi_equal_quantiles(double *quantiles, size_t n_quantiles, const double *values, size_t n, double *spare)
{
    size_t up_to[MAX_QUANTILES];
    wbi_counted_quantiles(quantiles, up_to, n_quantiles, values, n, spare);
}

void wbi_counted_quantiles(double *quantiles, size_t *up_to, size_t n_quantiles, const double *values, size_t n, double *spare)
{
    size_t ranks[2 * MAX_QUANTILES], at_most[2 * MAX_QUANTILES];
    double statistics[2 * MAX_QUANTILES], at;
    for (size_t q = 0; q < n_quantiles; q++) {
        ranks[2 * q] = (size_t)((double)q / (double)(n_quantiles - 1) * (double)(n - 1));
        ranks[2 * q + 1] = ranks[2 * q] + 1 < n ? ranks[2 * q] + 1 : n - 1;
    }
    select_statistics(&(range){values, spare, spare + n, n, 0, false}, &(wanted){ranks, statistics, at_most, 2 * n_quantiles});
    for (size_t q = 0; q < n_quantiles; q++) {
        const double high = statistics[2 * q + 1];
        quantiles[q] = between(statistics[2 * q], high, modf((double)q / (double)(n_quantiles - 1) * (double)(n - 1), &at));
        up_to[q] = at_most[2 * q + (quantiles[q] == high)];
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

/* Type 7 is the mean of the empirical quantile function over as much weight as an average row has, from
 * share * (all weight less that) on; an average row weighs sum w^2 / sum w, by Kish's effective size of a sample (Akinshin,
 * Weighted quantile estimators, 2023, section 3). Weights are taken relative to the largest, whose square is a number. */
double wbi_weighted_quantile(const wbi_weighted *sorted, size_t n, double share)
{
    double largest = 0, total = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, sorted[i].weight);
    for (size_t i = 0; i < n; i++) {
        const double weight = sorted[i].weight / largest;
        total += weight;
        squares += weight * weight;
    }
    const double width = squares / total, begin = share * (total - width), end = begin + width;
    double after = 0, low = NAN, last = NAN, up = 0;
    for (size_t i = 0; i < n && after < end; i++) {
        const double before = after;
        after += sorted[i].weight / largest;
        if (after <= begin && i + 1 < n)
            continue;
        last = sorted[i].value;
        low = isnan(low) ? last : low;
        up += (fmin(end, after) - fmax(begin, before)) / width * (last - low);
    }
    return fmin(low + up, last);
}
