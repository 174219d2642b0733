/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/reduce.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double sum_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

/* For numbers whose sum overflows. */
static double mean_of_shares(const double *x, size_t n)
{
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    return mean;
}

static double mean_of(const double *x, size_t n)
{
    double mean = n == 0 ? NAN : sum_of(x, n) / (double)n;
    return isinf(mean) ? mean_of_shares(x, n) : mean;
}

/* Sample standard deviation in two passes, of differences to the first value: exactly 0 when all are equal. */
static double std_of(const double *x, size_t n)
{
    if (n < 2)
        return NAN;
    double sum = 0, squares = 0;
    for (size_t i = 1; i < n; i++)
        sum += x[i] - x[0];
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - x[0] - mean) * (x[i] - x[0] - mean);
    return sqrt(squares / (double)(n - 1));
}

static double min_of(const double *x, size_t n)
{
    double least = n == 0 ? NAN : x[0];
    for (size_t i = 1; i < n; i++)
        least = x[i] < least ? x[i] : least;
    return least;
}

static double max_of(const double *x, size_t n)
{
    double largest = n == 0 ? NAN : x[0];
    for (size_t i = 1; i < n; i++)
        largest = x[i] > largest ? x[i] : largest;
    return largest;
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void sort_numbers(double *x, size_t n)
{
    enum { FEW = 24 };
    if (n > FEW) {
        qsort(x, n, sizeof *x, by_value);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        double moved = x[i];
        size_t at = i;
        for (; at > 0 && x[at - 1] > moved; at--)
            x[at] = x[at - 1];
        x[at] = moved;
    }
}

static void sort_own(double *own, const double *x, size_t n)
{
    if (n > 0)
        memcpy(own, x, n * sizeof *own);
    sort_numbers(own, n);
}

/* The quantile 1/2 of R's type 7. */
static double median_of(const double *x, size_t n, double *own)
{
    if (n == 0)
        return NAN;
    sort_own(own, x, n);
    return n % 2 == 1 ? own[n / 2] : own[n / 2 - 1] + (own[n / 2] - own[n / 2 - 1]) / 2;
}

static double distinct_of(const double *x, size_t n, double *own)
{
    size_t distinct = 0;
    sort_own(own, x, n);
    for (size_t i = 0; i < n; i++)
        distinct += i == 0 || own[i] != own[i - 1];
    return (double)distinct;
}

/* Of no number, or of one where two are needed, there is none; else one that is not finite has overflown. */
static double finite_or_missing(double value, size_t n, uint64_t *n_overflows)
{
    if (isfinite(value))
        return value;
    *n_overflows += n > 1;
    return NAN;
}

/* One loop for each aggregate, with nothing to decide inside. `value` sees n numbers, from x[begin] on. */
#define EACH_SPAN(value)                                                                                               \
    for (size_t s = 0; s < spans.n; s++) {                                                                             \
        const size_t begin = spans.items[s].begin, n = spans.items[s].end - begin;                                     \
        out[spans.items[s].row] = finite_or_missing(value, n, n_overflows);                                            \
    }                                                                                                                  \
    break;

void wbi_reduce_numbers(wbi_aggregate aggregate, const double *x, wbi_spans spans, double *out, double *own,
                        uint64_t *n_overflows)
{
    switch (aggregate) {
    case WBI_AGG_SUM:
        EACH_SPAN(sum_of(x + begin, n))
    case WBI_AGG_MEAN:
    case WBI_AGG_GAP_DAYS_MEAN:
        EACH_SPAN(mean_of(x + begin, n))
    case WBI_AGG_MIN:
        EACH_SPAN(min_of(x + begin, n))
    case WBI_AGG_MAX:
    case WBI_AGG_GAP_DAYS_MAX:
        EACH_SPAN(max_of(x + begin, n))
    case WBI_AGG_STD:
    case WBI_AGG_GAP_DAYS_STD:
        EACH_SPAN(std_of(x + begin, n))
    case WBI_AGG_MEDIAN:
        EACH_SPAN(median_of(x + begin, n, own))
    case WBI_AGG_DISTINCT:
        EACH_SPAN(distinct_of(x + begin, n, own))
    case WBI_AGG_FIRST:
        EACH_SPAN(n == 0 ? NAN : x[begin])
    default:
        EACH_SPAN(n == 0 ? NAN : x[begin + n - 1])
    }
}
