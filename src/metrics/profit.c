/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "metrics/figures.h"

/* Contacting a customer who would leave brings keep (value - offer_cost) - contact_cost, one who would stay costs both: so a
 * pool is contacted when the keep rate is above a limit of its own, and brings the integral of that over the keep rates
 * above. */
void wbi_empc(double *profit, double *fraction, const wbi_weights *pools, size_t n_pools, const wb_profit_model *model)
{
    const double brings = model->value - model->offer_cost, wasted = model->offer_cost + model->contact_cost;
    const double mean_keep = model->alpha / (model->alpha + model->beta);
    double weight = 0;
    *profit = *fraction = 0;
    for (size_t k = 0; k < n_pools; k++) {
        const wbi_weights *pool = &pools[k];
        weight += pool->negative + pool->positive;
        const double limit = (pool->negative / pool->positive * wasted + model->contact_cost) / brings;
        if (!(brings > 0 && limit < 1))
            continue;
        const double chance = gsl_cdf_beta_Q(limit, model->alpha, model->beta);
        const double kept = mean_keep * gsl_cdf_beta_Q(limit, model->alpha + 1, model->beta);
        *profit += pool->positive * (brings * kept - model->contact_cost * chance) - pool->negative * wasted * chance;
        *fraction += (pool->negative + pool->positive) * chance;
    }
    *profit /= weight;
    *fraction /= weight;
}
