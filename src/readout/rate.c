/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Differences of shares. */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "metrics/wilson.h"
#include "readout/readout.h"

wb_readout_estimate wbi_readout_rate_difference(double p1, double n1, double p2, double n2, double level)
{
    const double z = gsl_cdf_ugaussian_Pinv((1 + level) / 2);
    if (!(n1 > 0 && n2 > 0))
        return (wb_readout_estimate){NAN, NAN, NAN};
    const wbi_wilson ends = wbi_newcombe_of(p1, n1, p2, n2, z);
    return (wb_readout_estimate){p1 - p2, ends.low, ends.high};
}

wb_readout_estimate wb_readout_rate_difference(double x1, double n1, double x2, double n2, double level)
{
    const int is_valid = x1 >= 0 && x1 <= n1 && x2 >= 0 && x2 <= n2 && level > 0 && level < 1;
    return is_valid ? wbi_readout_rate_difference(x1 / n1, n1, x2 / n2, n2, level) : (wb_readout_estimate){NAN, NAN, NAN};
}

/* The weighted share of one arm, and how many customers drawn without strata would know it as well: p (1 - p) over its variance
 * (Korn and Graubard, Survey Methodology 24, 1998, have effective numbers in score intervals so). */
static void weigh(double *p, double *n, const wbi_readout_rate_strata *s, size_t arm)
{
    double n_arm = 0, n_all = 0, variance = 0;
    for (size_t k = 0; k < s->n_strata; k++)
        n_all += (double)(s->n[0][k] + s->n[1][k]);
    *p = 0;
    for (size_t k = 0; k < s->n_strata; k++) {
        const double of = (double)s->n[arm][k], share = (double)s->x[arm][k] / of;
        const double weight = (double)(s->n[0][k] + s->n[1][k]) / n_all;
        n_arm += of;
        *p += weight * share;
        variance += weight * weight * share * (1 - share) / (of - 1);
    }
    *n = variance > 0 ? *p * (1 - *p) / variance : n_arm;
}

wb_readout_estimate wbi_readout_rate_difference_weighted(const wbi_readout_rate_strata *strata, double level)
{
    double p[2], n[2];
    for (size_t arm = 0; arm < 2; arm++)
        weigh(&p[arm], &n[arm], strata, arm);
    return wbi_readout_rate_difference(p[0], n[0], p[1], n[1], level);
}
