/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bootstrap-t of a difference of means, arms drawn apart and with variances of their own. What few large orders do to the mean
 * they do to its standard error too, which is why the ratio of both is resampled, not the mean alone. A small arm shows less skew than
 * what it is drawn from has, so an end that lies within Welch's is put there. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "par/par.h"
#include "readout/readout.h"

enum { RESAMPLES_A_BLOCK = 8 };

typedef struct drawing {
    const wbi_readout_money_arm *arms[2];
    uint64_t seed;
    double *t;
} drawing;

/* Mean of the values drawn, and the variance of that mean. */
typedef struct moments {
    double mean, variance;
} moments;

static moments moments_of(double sum, double squares, size_t n)
{
    const double of = (double)n;
    return (moments){sum / of, fmax(0, squares - sum * sum / of) / (of - 1) / of};
}

static moments draw(const wbi_readout_money_arm *arm, uint64_t stream)
{
    double sum = 0, squares = 0;
    for (size_t i = 1; i <= arm->n; i++) {
        const double value = arm->values[wbi_random_below(stream, i, arm->n)];
        sum += value;
        squares += value * value;
    }
    return moments_of(sum, squares, arm->n);
}

static wb_status draw_block(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const drawing *d = context;
    (void)block;
    (void)worker;
    (void)err;
    for (size_t b = begin; b < end; b++) {
        const moments treated = draw(d->arms[0], wbi_random_stream(d->seed, 2 * b));
        const moments control = draw(d->arms[1], wbi_random_stream(d->seed, 2 * b + 1));
        const double difference = treated.mean - control.mean, se = sqrt(treated.variance + control.variance);
        d->t[b] = difference == 0 ? 0 : difference / se;
    }
    return WB_OK;
}

static int by_size(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* R's type 7. */
static double quantile(const double *sorted, size_t n, double share)
{
    const double at = (double)(n - 1) * share;
    const size_t below = (size_t)at;
    return below + 1 < n ? sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]) : sorted[n - 1];
}

/* Of the difference, and Welch's degrees of freedom. */
typedef struct spread {
    double se, freedom;
} spread;

static spread spread_of(const wbi_readout_money_arm *const arms[2])
{
    double variance[2], weighed = 0;
    for (size_t a = 0; a < 2; a++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < arms[a]->n; i++) {
            sum += arms[a]->values[i];
            squares += arms[a]->values[i] * arms[a]->values[i];
        }
        variance[a] = moments_of(sum, squares, arms[a]->n).variance;
        weighed += variance[a] * variance[a] / (double)(arms[a]->n - 1);
    }
    const double both = variance[0] + variance[1];
    return (spread){sqrt(both), both * both / weighed};
}

static void set_ends(wb_readout_estimate *difference, const spread *of, const double *t, size_t n, double level)
{
    const double welch = gsl_cdf_tdist_Pinv((1 + level) / 2, of->freedom);
    const double low = quantile(t, n, (1 - level) / 2), high = quantile(t, n, (1 + level) / 2);
    if (!isfinite(low) || !isfinite(high)) /* too many resamples had no spread */
        return;
    difference->low = difference->value - of->se * fmax(high, welch);
    difference->high = difference->value - of->se * fmin(low, -welch);
}

wb_status wbi_readout_bootstrap_t(wb_readout_estimate *difference, const wbi_readout_money_arm *treated, const wbi_readout_money_arm *control,
                          const wbi_readout_bootstrap *how, wb_error *err)
{
    drawing d = {.arms = {treated, control}, .seed = how->seed};
    const size_t n = how->n_resamples;
    difference->low = difference->high = NAN;
    if (treated->n < 2 || control->n < 2)
        return WB_OK;
    const spread of = spread_of(d.arms);
    if (!(of.se > 0))
        return WB_OK;
    d.t = wbi_alloc_array(n, sizeof *d.t);
    if (d.t == NULL)
        return wbi_fail_nomem(err, n * sizeof *d.t);
    wb_status status = wbi_par_for(n, RESAMPLES_A_BLOCK, wbi_par_threads(how->n_threads), draw_block, &d, err);
    if (status == WB_OK) {
        qsort(d.t, n, sizeof *d.t, by_size);
        set_ends(difference, &of, d.t, n, how->level);
    }
    wbi_free(d.t);
    return status;
}
