/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/quantile.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "design/number.h"
#include "kernel/kernel.h"

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
 * for those that were moved to `spare`. Short decimals are all of them, and are read block by block. */
typedef struct range {
    wbi_numbers values;
    double *spare, *after;
    size_t n, first;
} range;

/* The ranks that fall into it. */
typedef struct wanted {
    const size_t *ranks;
    double *statistics;
    size_t *at_most; /* how many values are at most as large as each; NULL: not asked for */
    size_t n;
} wanted;

/* A total order, NaN or not. */
static int ascending(const void *left, const void *right)
{
    const uint64_t a = order_key(*(const double *)left), b = order_key(*(const double *)right);
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

/* Buckets of equal width, in value or in the order of keys, which is nearly that of logarithms; what lies beyond their ends,
 * and what is no number, goes to the outermost. */
typedef struct bucketing {
    const wbi_kernels *kernels;
    bool by_key;
    double low, high, per_unit;
    uint64_t low_key;
    int shift;
    size_t count[N_BUCKETS], next[N_BUCKETS]; /* next: where the bucket's next value goes; SIZE_MAX: nobody asks */
    uint8_t likely[N_BUCKETS];                /* a sample says that it will be asked for */
} bucketing;

enum { AT_ONCE = 64 };

/* The n values from `begin` on, at most AT_ONCE. */
static const double *block_at(const bucketing *b, const range *from, size_t begin, size_t n, double room[AT_ONCE])
{
    if (from->values.decimals == NULL)
        return from->values.wide + begin;
    b->kernels->decimals(room, from->values.decimals + begin, n);
    return room;
}

/* Rounding keeps the order: no step of this comes out less for a greater value. */
static void find_buckets(int32_t *bucket, const bucketing *b, const double *values, size_t n)
{
    if (!b->by_key) {
        b->kernels->buckets(bucket, values, b->low, b->high, b->per_unit, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const uint64_t at = (order_key(values[i]) - b->low_key) >> b->shift;
        bucket[i] = at < N_BUCKETS ? (int32_t)at : N_BUCKETS - 1;
    }
}

static void find_ends(bucketing *b, const double *values, size_t n)
{
    enum { LANES = 4 }; /* so many values at a time need not wait for each other */
    double low[LANES], high[LANES];
    for (size_t a = 0; a < LANES; a++)
        low[a] = high[a] = values[0];
    for (size_t i = 0; i < n; i += LANES)
        for (size_t a = 0; a < LANES; a++) {
            const double value = values[i + a < n ? i + a : n - 1];
            low[a] = value < low[a] ? value : low[a];
            high[a] = value > high[a] ? value : high[a];
        }
    b->low = low[0];
    b->high = high[0];
    for (size_t a = 1; a < LANES; a++) {
        b->low = low[a] < b->low ? low[a] : b->low;
        b->high = high[a] > b->high ? high[a] : b->high;
    }
}

/* The ends of a sample but for its outliers, which would leave few buckets to the others. */
static void guess_ends(bucketing *b, const range *all)
{
    enum { SAMPLE = 256, OUTLIERS = 3 };
    double sample[SAMPLE];
    for (size_t i = 0; i < SAMPLE; i++)
        sample[i] = wbi_numbers_at(all->values, all->n / SAMPLE * i);
    qsort(sample, SAMPLE, sizeof *sample, ascending);
    b->low = sample[OUTLIERS];
    b->high = sample[SAMPLE - 1 - OUTLIERS];
}

static void make_doubles(range *all)
{
    all->values = (wbi_numbers){.wide = wbi_number_run(all->values, all->n, all->after)};
}

/* False where too few numbers, or too many, lie between the ends; then the values are doubles. */
static bool divide_by_value(bucketing *b, range *all)
{
    b->low = b->high = NAN;
    if (all->n >= MANY)
        guess_ends(b, all);
    if (!(b->low < b->high)) {
        make_doubles(all);
        find_ends(b, all->values.wide, all->n);
    }
    b->by_key = false;
    b->per_unit = (N_BUCKETS - 1) / (b->high - b->low);
    return b->per_unit > 0 && b->per_unit < INFINITY;
}

/* False when all are the same. */
static bool divide_by_key(bucketing *b, const range *from)
{
    find_ends(b, from->values.wide, from->n);
    if (b->low == b->high)
        return false;
    b->by_key = true;
    b->low_key = order_key(b->low == 0 ? -0.0 : b->low);
    const uint64_t span = order_key(b->high == 0 ? 0.0 : b->high) - b->low_key;
    const int n_bits = 64 - __builtin_clzll(span);
    b->shift = n_bits > DIGIT_BITS ? n_bits - DIGIT_BITS : 0;
    return true;
}

/* Of one block of AT_ONCE values in `step`. */
static void count_values(bucketing *b, const range *from, size_t step)
{
    int32_t bucket[AT_ONCE];
    double room[AT_ONCE];
    memset(b->count, 0, sizeof b->count);
    for (size_t begin = 0; begin < from->n; begin += step * AT_ONCE) {
        const size_t n = from->n - begin < AT_ONCE ? from->n - begin : AT_ONCE;
        find_buckets(bucket, b, block_at(b, from, begin, n, room), n);
        for (size_t i = 0; i < n; i++)
            b->count[bucket[i]]++;
    }
}

/* Those that a rank falls into by a sample, or in nearly all samples could. */
static void guess_wanted(bucketing *b, const range *from, const wanted *what)
{
    enum { STEP = 16 };
    static const double DEVIATIONS = 3;
    size_t n = 0, bucket = 0, below = 0;
    memset(b->likely, 0, sizeof b->likely);
    count_values(b, from, STEP);
    for (size_t i = 0; i < N_BUCKETS; i++)
        n += b->count[i];
    for (size_t k = 0; k < what->n; k++) {
        const double share = (double)what->ranks[k] / (double)from->n, expected = share * (double)n;
        const double margin = 1 + DEVIATIONS * sqrt(expected * (1 - share));
        while (bucket < N_BUCKETS - 1 && (double)(below + b->count[bucket]) < expected - margin)
            below += b->count[bucket++];
        for (size_t i = bucket, up_to = below; i < N_BUCKETS && (double)up_to <= expected + margin; up_to += b->count[i++])
            b->likely[i] = 1;
    }
}

/* Counts the values, and has `after` take those of likely buckets on the way. */
static range collect_likely(bucketing *b, const range *from)
{
    int32_t bucket[AT_ONCE];
    double room[AT_ONCE];
    size_t n_likely = 0;
    memset(b->count, 0, sizeof b->count);
    for (size_t begin = 0; begin < from->n; begin += AT_ONCE) {
        const size_t n = from->n - begin < AT_ONCE ? from->n - begin : AT_ONCE;
        const double *values = block_at(b, from, begin, n, room);
        find_buckets(bucket, b, values, n);
        for (size_t i = 0; i < n; i++) {
            b->count[bucket[i]]++;
            from->after[n_likely] = values[i];
            n_likely += b->likely[bucket[i]];
        }
    }
    return (range){.values = {.wide = from->after}, .spare = from->spare, .n = n_likely};
}

static bool all_were_likely(const bucketing *b)
{
    for (size_t bucket = 0; bucket < N_BUCKETS; bucket++)
        if (b->next[bucket] != SIZE_MAX && !b->likely[bucket])
            return false;
    return true;
}

static void move_values(bucketing *b, const range *from)
{
    int32_t bucket[AT_ONCE];
    double room[AT_ONCE];
    for (size_t begin = 0; begin < from->n; begin += AT_ONCE) {
        const size_t n = from->n - begin < AT_ONCE ? from->n - begin : AT_ONCE;
        const double *values = block_at(b, from, begin, n, room);
        find_buckets(bucket, b, values, n);
        for (size_t i = 0; i < n; i++) {
            size_t *next = &b->next[bucket[i]];
            if (*next != SIZE_MAX)
                from->spare[(*next)++] = values[i];
        }
    }
}

static void select_statistics(const range *from, const wanted *what);

/* Of a bucket whose values were moved to `at`. */
static void select_in_bucket(const range *from, size_t at, const range *bucket, const wanted *what)
{
    range inner = *bucket;
    inner.values = (wbi_numbers){.wide = from->spare + at};
    inner.spare = from->after + at;
    inner.after = from->spare + at;
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

/* By key, which tells any values apart in six steps at most. */
static void select_statistics(const range *from, const wanted *what)
{
    bucketing b;
    if (from->n <= FEW) {
        memcpy(from->spare, from->values.wide, from->n * sizeof *from->spare);
        qsort(from->spare, from->n, sizeof *from->spare, ascending);
        pick(from, what, from->spare);
    } else if (!divide_by_key(&b, from)) {
        pick(from, what, from->values.wide);
    } else {
        count_values(&b, from, 1);
        each_wanted_bucket(&b, from, what, true);
        move_values(&b, from);
        each_wanted_bucket(&b, from, what, false);
    }
}

/* Infinite and missing values times 0 are no number, and neither is what they are added to. */
static bool all_finite(const double *values, size_t n)
{
    enum { LANES = 8 };
    double zero[LANES] = {0}, sum = 0;
    for (size_t i = 0; i < n / LANES * LANES; i += LANES)
        for (size_t a = 0; a < LANES; a++)
            zero[a] += values[i + a] * 0;
    for (size_t i = n / LANES * LANES; i < n; i++)
        sum += values[i] * 0;
    for (size_t a = 0; a < LANES; a++)
        sum += zero[a];
    return sum == 0;
}

/* By value first, which is fast, and of many values by a sample, which lets them be read once where it does not mislead.
 * False, and nothing is selected, if all should be finite and one is not. That one is among the likely: it is in an outermost
 * bucket, and least and greatest are wanted. */
static bool select_from_all(range *all, const wanted *what, bool finite)
{
    bucketing b = {.kernels = wbi_kernels_best()};
    if (all->n < MANY)
        make_doubles(all);
    if (all->n <= FEW || !divide_by_value(&b, all)) {
        if (finite && !all_finite(all->values.wide, all->n))
            return false;
        select_statistics(all, what);
        return true;
    }
    range from = *all;
    const bool sampled = all->n >= MANY && all->values.wide != all->after;
    if (sampled) {
        guess_wanted(&b, all, what);
        from = collect_likely(&b, all);
    } else {
        count_values(&b, all, 1);
    }
    if (finite && !all_finite(from.values.wide, from.n))
        return false;
    each_wanted_bucket(&b, all, what, true);
    if (sampled && !all_were_likely(&b))
        from = *all;
    move_values(&b, &from);
    each_wanted_bucket(&b, all, what, false);
    return true;
}

void wbi_order_statistics(double *statistics, const size_t *ranks, size_t n_ranks, const double *values, size_t n,
                          double *spare)
{
    range all = {.values = {.wide = values}, .spare = spare, .after = spare + n, .n = n};
    select_from_all(&all, &(wanted){ranks, statistics, NULL, n_ranks}, false);
}

/* Rounding would lead beyond the ends, and off a value that both of them are. */
static double between(double low, double high, double up)
{
    const double at = (1 - up) * low + up * high;
    return at > high ? high : at > low ? at : low;
}

static bool find_quantiles(double *quantiles, size_t *up_to, size_t n_quantiles, wbi_numbers values, size_t n, double *spare,
                           bool finite)
{
    size_t ranks[2 * MAX_QUANTILES], at_most[2 * MAX_QUANTILES];
    double statistics[2 * MAX_QUANTILES], at;
    for (size_t q = 0; q < n_quantiles; q++) {
        ranks[2 * q] = (size_t)((double)q / (double)(n_quantiles - 1) * (double)(n - 1));
        ranks[2 * q + 1] = ranks[2 * q] + 1 < n ? ranks[2 * q] + 1 : n - 1;
    }
    const wanted what = {ranks, statistics, at_most, 2 * n_quantiles};
    range all = {.values = values, .spare = spare, .after = spare + n, .n = n};
    if (!select_from_all(&all, &what, finite))
        return false;
    for (size_t q = 0; q < n_quantiles; q++) {
        const double high = statistics[2 * q + 1];
        quantiles[q] = between(statistics[2 * q], high, modf((double)q / (double)(n_quantiles - 1) * (double)(n - 1), &at));
        up_to[q] = at_most[2 * q + (quantiles[q] == high)];
    }
    return true;
}

void wbi_equal_quantiles(double *quantiles, size_t n_quantiles, const double *values, size_t n, double *spare)
{
    size_t up_to[MAX_QUANTILES];
    find_quantiles(quantiles, up_to, n_quantiles, (wbi_numbers){.wide = values}, n, spare, false);
}

bool wbi_finite_quantiles(double *quantiles, size_t *up_to, size_t n_quantiles, wbi_numbers values, size_t n, double *spare)
{
    return find_quantiles(quantiles, up_to, n_quantiles, values, n, spare, true);
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
