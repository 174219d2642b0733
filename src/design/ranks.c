/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/ranks.h"

#include <math.h>
#include <stdlib.h>

#include "design/number.h"
#include "kernel/kernel.h"

enum { BUCKET_BITS = 11, N_BUCKETS = 1 << BUCKET_BITS, FEW = 64, MANY = 1 << 15, MAX_RANKS = 128 };

/* Some of the values, of which `first` others are less, and room for as many twice; `after` may be where the values are,
 * for those that were moved to `spare`. */
typedef struct range {
    const double *values;
    double *spare, *after;
    size_t n, first;
} range;

/* A total order, NaN or not. */
static int ascending(const void *left, const void *right)
{
    const uint64_t a = wbi_order_key(*(const double *)left), b = wbi_order_key(*(const double *)right);
    return (a > b) - (a < b);
}

/* Adding 0 leaves one kind of zero. */
static void pick(const range *from, const wbi_wanted_ranks *what, const double *sorted)
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
} bucketing;

enum { AT_ONCE = 64 };

/* Rounding keeps the order: no step of this comes out less for a greater value. */
static void find_buckets(int32_t *bucket, const bucketing *b, const double *values, size_t n)
{
    if (!b->by_key) {
        b->kernels->buckets(bucket, values, b->low, b->high, b->per_unit, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const uint64_t at = (wbi_order_key(values[i]) - b->low_key) >> b->shift;
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
        sample[i] = all->values[all->n / SAMPLE * i];
    qsort(sample, SAMPLE, sizeof *sample, ascending);
    b->low = sample[OUTLIERS];
    b->high = sample[SAMPLE - 1 - OUTLIERS];
}

/* False where too few numbers, or too many, lie between the ends. */
static bool divide_by_value(bucketing *b, const range *all)
{
    b->low = b->high = NAN;
    if (all->n >= MANY)
        guess_ends(b, all);
    if (!(b->low < b->high))
        find_ends(b, all->values, all->n);
    b->by_key = false;
    b->per_unit = (N_BUCKETS - 1) / (b->high - b->low);
    return b->per_unit > 0 && b->per_unit < INFINITY;
}

/* False when all are the same. */
static bool divide_by_key(bucketing *b, const range *from)
{
    find_ends(b, from->values, from->n);
    if (b->low == b->high)
        return false;
    b->by_key = true;
    b->low_key = wbi_order_key(b->low == 0 ? -0.0 : b->low);
    const uint64_t span = wbi_order_key(b->high == 0 ? 0.0 : b->high) - b->low_key;
    const int n_bits = 64 - __builtin_clzll(span);
    b->shift = n_bits > BUCKET_BITS ? n_bits - BUCKET_BITS : 0;
    return true;
}

static void count_values(bucketing *b, const range *from)
{
    int32_t bucket[AT_ONCE];
    memset(b->count, 0, sizeof b->count);
    for (size_t begin = 0; begin < from->n; begin += AT_ONCE) {
        const size_t n = from->n - begin < AT_ONCE ? from->n - begin : AT_ONCE;
        find_buckets(bucket, b, from->values + begin, n);
        for (size_t i = 0; i < n; i++)
            b->count[bucket[i]]++;
    }
}

static void move_values(bucketing *b, const range *from)
{
    int32_t bucket[AT_ONCE];
    for (size_t begin = 0; begin < from->n; begin += AT_ONCE) {
        const size_t n = from->n - begin < AT_ONCE ? from->n - begin : AT_ONCE;
        const double *values = from->values + begin;
        find_buckets(bucket, b, values, n);
        for (size_t i = 0; i < n; i++) {
            size_t *next = &b->next[bucket[i]];
            if (*next != SIZE_MAX)
                from->spare[(*next)++] = values[i];
        }
    }
}

static void select_statistics(const range *from, const wbi_wanted_ranks *what);

/* Of a bucket whose values were moved to `at`. */
static void select_in_bucket(const range *from, size_t at, const range *bucket, const wbi_wanted_ranks *what)
{
    range inner = *bucket;
    inner.values = from->spare + at;
    inner.spare = from->after + at;
    inner.after = from->spare + at;
    select_statistics(&inner, what);
}

/* The wanted buckets, one after the other: with `move`, room for each; without, the statistics of each. */
static void each_wanted_bucket(bucketing *b, const range *from, const wbi_wanted_ranks *what, bool move)
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
                             &(wbi_wanted_ranks){what->ranks + k, what->statistics + k,
                                       what->at_most == NULL ? NULL : what->at_most + k, n});
        moved += b->count[bucket];
        k += n;
    }
}

static void select_in_buckets(bucketing *b, const range *from, const wbi_wanted_ranks *what)
{
    count_values(b, from);
    each_wanted_bucket(b, from, what, true);
    move_values(b, from);
    each_wanted_bucket(b, from, what, false);
}

/* By key, which tells any values apart in six steps at most. */
static void select_statistics(const range *from, const wbi_wanted_ranks *what)
{
    bucketing b;
    if (from->n <= FEW) {
        memcpy(from->spare, from->values, from->n * sizeof *from->spare);
        qsort(from->spare, from->n, sizeof *from->spare, ascending);
        pick(from, what, from->spare);
    } else if (!divide_by_key(&b, from)) {
        pick(from, what, from->values);
    } else {
        select_in_buckets(&b, from, what);
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

/* By value first, which is fast. False, and nothing is selected, if all should be finite and one is not. */
static bool select_from(const range *all, const wbi_wanted_ranks *what, bool finite)
{
    bucketing b = {.kernels = wbi_kernels_best()};
    if (finite && !all_finite(all->values, all->n))
        return false;
    if (all->n <= FEW || !divide_by_value(&b, all)) {
        select_statistics(all, what);
        return true;
    }
    select_in_buckets(&b, all, what);
    return true;
}

/* ---- many values ---- */

typedef struct many {
    wbi_numbers values;
    size_t n;
    double *spare; /* room for 2 n */
    bool finite;   /* all of them should be */
    const wbi_kernels *kernels;
} many;

static bool select_from_many(const many *all, const wbi_wanted_ranks *what);

/* What a sample says lies between values that are wanted. */
typedef struct gaps {
    wbi_kernel_gap of[MAX_RANKS + 1];
    size_t n;
} gaps;

/* The n values from `begin` on, at most AT_ONCE. */
static const double *block_at(const many *all, size_t begin, size_t n, double room[AT_ONCE])
{
    if (all->values.decimals == NULL)
        return all->values.wide + begin;
    all->kernels->decimals(room, all->values.decimals + begin, n);
    return room;
}

static size_t take_sample(double *sample, const many *all)
{
    enum { STEP = 16 };
    double room[AT_ONCE];
    size_t n = 0;
    for (size_t begin = 0; begin + AT_ONCE <= all->n; begin += STEP * AT_ONCE, n += AT_ONCE)
        memcpy(sample + n, block_at(all, begin, AT_ONCE, room), sizeof room);
    return n;
}

/* Where in a sample of n gaps end and begin: in nearly all samples, on either side of a rank of all. */
static size_t find_ends_of_gaps(size_t *ends, size_t n, const wbi_wanted_ranks *what, size_t n_all)
{
    static const double DEVIATIONS = 3;
    size_t n_ends = 0;
    for (size_t k = 0; k < what->n; k++) {
        const double share = (double)what->ranks[k] / (double)n_all, expected = share * (double)n;
        const double margin = 1 + DEVIATIONS * sqrt(expected * (1 - share));
        const size_t low = (size_t)fmax(expected - margin, 0), high = (size_t)fmin(expected + margin, (double)(n - 1));
        if (n_ends == 0 || low > ends[n_ends - 1]) {
            ends[n_ends] = low;
            n_ends += 2;
        }
        ends[n_ends - 1] = high;
    }
    return n_ends;
}

static void add_gap(gaps *to, float low, float high)
{
    if (low < high)
        to->of[to->n++] = (wbi_kernel_gap){.low = low, .high = high};
}

/* False if the sample shows that not all are finite. Beyond its ends it says nothing. */
static bool guess_gaps(gaps *out, const many *all, const wbi_wanted_ranks *what)
{
    size_t ranks[2 * MAX_RANKS];
    double ends[2 * MAX_RANKS], *sample = all->spare;
    const size_t n = take_sample(sample, all), n_ends = find_ends_of_gaps(ranks, n, what, all->n);
    const many some = {{.wide = sample}, n, sample + n, all->finite, all->kernels};
    if (!select_from_many(&some, &(wbi_wanted_ranks){ranks, ends, NULL, n_ends}))
        return false;
    out->n = 0;
    if (ranks[0] > 0)
        add_gap(out, -INFINITY, (float)ends[0]);
    for (size_t e = 1; e + 1 < n_ends; e += 2)
        add_gap(out, (float)ends[e], (float)ends[e + 1]);
    if (ranks[n_ends - 1] + 1 < n)
        add_gap(out, (float)ends[n_ends - 1], INFINITY);
    return true;
}

/* Keeps those that lie in no gap; the others are counted. */
static size_t sift(double *kept, gaps *between, const many *all)
{
    double room[AT_ONCE];
    size_t n_kept = 0;
    for (size_t begin = 0; begin < all->n; begin += AT_ONCE) {
        const size_t n = all->n - begin < AT_ONCE ? all->n - begin : AT_ONCE;
        const double *values = block_at(all, begin, n, room);
        for (uint64_t bits = all->kernels->sift(between->of, between->n, values, n); bits != 0; bits &= bits - 1)
            kept[n_kept++] = values[__builtin_ctzll(bits)];
    }
    return n_kept;
}

/* Ranks among those that were kept, and how many lie below that were not; false where one of these is wanted. */
static bool rank_kept(size_t *ranks, size_t *n_below, const gaps *between, const wbi_wanted_ranks *what, size_t n)
{
    for (size_t k = 0; k < what->n; k++) {
        n_below[k] = 0;
        for (size_t g = 0; g < between->n; g++) {
            const wbi_kernel_gap *gap = &between->of[g];
            const size_t begin = n - gap->n_above_low, end = n - gap->n_from_high;
            if (begin <= what->ranks[k] && what->ranks[k] < end)
                return false;
            n_below[k] += end <= what->ranks[k] ? end - begin : 0;
        }
        ranks[k] = what->ranks[k] - n_below[k];
    }
    return true;
}

typedef enum selected { SELECTED, NOT_FINITE, MISLED } selected;

/* By a sample, so that few values are looked at more than once. What is not finite lies in no gap. */
static selected select_by_gaps(const many *all, const wbi_wanted_ranks *what)
{
    size_t ranks[MAX_RANKS], n_below[MAX_RANKS];
    double *kept = all->spare + all->n;
    gaps between;
    if (!guess_gaps(&between, all, what))
        return NOT_FINITE;
    const range left = {kept, all->spare, kept, sift(kept, &between, all), 0};
    if (!rank_kept(ranks, n_below, &between, what, all->n))
        return MISLED;
    if (!select_from(&left, &(wbi_wanted_ranks){ranks, what->statistics, what->at_most, what->n}, all->finite))
        return NOT_FINITE;
    for (size_t k = 0; what->at_most != NULL && k < what->n; k++)
        what->at_most[k] += n_below[k];
    return SELECTED;
}

static bool select_from_many(const many *all, const wbi_wanted_ranks *what)
{
    const selected by_gaps = all->n >= MANY && what->n <= MAX_RANKS ? select_by_gaps(all, what) : MISLED;
    if (by_gaps != MISLED)
        return by_gaps == SELECTED;
    double *after = all->spare + all->n;
    const range values = {wbi_number_run(all->values, all->n, after), all->spare, after, all->n, 0};
    return select_from(&values, what, all->finite);
}

bool wbi_select_ranks(const wbi_wanted_ranks *what, wbi_numbers values, size_t n, double *spare, bool finite)
{
    return select_from_many(&(many){values, n, spare, finite, wbi_kernels_best()}, what);
}
