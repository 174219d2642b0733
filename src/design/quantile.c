/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/quantile.h"

#include <math.h>
#include <string.h>

#include "design/ranks.h"

enum { DIGIT_BITS = 11, N_DIGITS = 6, N_BUCKETS = 1 << DIGIT_BITS, MAX_QUANTILES = 64 };

static size_t digit(double value, int place)
{
    return (size_t)(wbi_order_key(value) >> (place * DIGIT_BITS)) & (N_BUCKETS - 1);
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

/* ---- order statistics ---- */

void wbi_order_statistics(double *statistics, const size_t *ranks, size_t n_ranks, const double *values, size_t n,
                          double *spare)
{
    const wbi_wanted_ranks what = {ranks, statistics, NULL, n_ranks};
    wbi_select_ranks(&what, (wbi_numbers){.wide = values}, n, spare, false);
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
    const wbi_wanted_ranks what = {ranks, statistics, at_most, 2 * n_quantiles};
    if (!wbi_select_ranks(&what, values, n, spare, finite))
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
