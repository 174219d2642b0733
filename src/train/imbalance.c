/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Classes that are weighed or sampled while fitting, and how that is undone. Weighing positives by W multiplies their odds
 * by W, and keeping a share R of the negatives, each weighing 1/R, by 1 on average (King and Zeng, Logistic Regression
 * in Rare Events Data, 2001, section 4). Terms and scales are learned from all rows as they are, so that means, levels
 * and reference distributions stay those of the customers. */
#include <math.h>

#include "base/memory.h"
#include "model/model.h"
#include "solve/intercept.h"
#include "train/train.h"

bool wbi_rebalances(const wbi_training *training)
{
    return training->balance.class_weight != 1 || training->balance.sample_negatives != 1;
}

/* All positive rows are fitted; a customer's negative ones together or not at all. */
static bool is_fitted(const wbi_training *training, const wbi_part *part, size_t i)
{
    const wbi_balance *balance = &training->balance;
    return part->outcome[i] || balance->sample_negatives == 1 ||
           wbi_customer_hash(training, part->rows[i], "sample", balance->salt) < balance->sample_negatives;
}

bool wbi_fittable(const wbi_training *training, const wbi_part *part)
{
    size_t i = 0;
    if (!wbi_part_has_both(part))
        return false;
    while (i < part->n && (part->outcome[i] || !is_fitted(training, part, i)))
        i++;
    return i < part->n;
}

static wb_imbalance plan(const wbi_training *training, const wbi_part *part)
{
    wb_imbalance how = wbi_no_imbalance(part->n);
    double weight[2];
    wbi_part_weigh(weight, part);
    how.balanced = isnan(training->balance.class_weight);
    how.class_weight = how.balanced ? weight[0] / weight[1] : training->balance.class_weight;
    how.sample_negatives = training->balance.sample_negatives;
    return how;
}

wb_status wbi_rebalance(wbi_part *out, wb_imbalance *how, const wbi_training *training, const wbi_part *part,
                        wb_error *err)
{
    double total = 0;
    *how = plan(training, part);
    WBI_TRY(wbi_part_allocate(out, part->n, err));
    for (size_t i = 0; i < part->n; i++) {
        if (!is_fitted(training, part, i))
            continue;
        wbi_part_push(out, part, i);
        double *weight = &out->weight[out->n - 1];
        *weight *= part->outcome[i] ? how->class_weight : 1 / how->sample_negatives;
        total += *weight;
    }
    how->n_rows = out->n;
    return isfinite(total) ? WB_OK
                           : wbi_fail(err, WB_ERR_ARGUMENT,
                                      "class weight %g: the weights of all rows add up to more than a number can hold",
                                      how->class_weight);
}

/* What the last lambda would predict if nothing were undone, the 1/R of the sampled rows neither. */
static wb_status look_back(wbi_fit *fit, double *beta, const wbi_likelihood *likelihood, wb_error *err)
{
    wb_imbalance *how = &fit->imbalance;
    double intercept = beta[0];
    beta[0] -= log(how->sample_negatives);
    how->intercept_shift = -beta[0];
    wb_status status = wbi_mean_prediction(&how->mean_uncorrected, beta, likelihood, err);
    beta[0] = intercept;
    return status;
}

wb_status wbi_restore_base_rate(wbi_fit *fit, size_t n_lambdas, const wbi_design *design, const wbi_part *part,
                                wb_error *err)
{
    wb_status status = WB_OK;
    wbi_likelihood likelihood = {0};
    double *last = fit->beta + (n_lambdas - 1) * fit->n_columns;
    double *mean_loss = wbi_alloc_array(n_lambdas, sizeof *mean_loss);
    if (mean_loss == NULL)
        return wbi_fail_nomem(err, n_lambdas * sizeof *mean_loss);
    WBI_TRY_CLEANUP(wbi_likelihood_init(&likelihood, design, part->outcome, part->weight, err));
    WBI_TRY_CLEANUP(look_back(fit, last, &likelihood, err));
    for (size_t l = 0; l < n_lambdas; l++)
        fit->beta[l * fit->n_columns] -= log(fit->imbalance.class_weight);
    WBI_TRY_CLEANUP(wbi_solve_intercepts(fit->beta, mean_loss, n_lambdas, &likelihood, err));
    fit->imbalance.intercept_shift += last[0];
    fit->last.mean_loss = mean_loss[n_lambdas - 1];
cleanup:
    wbi_likelihood_clear(&likelihood);
    wbi_free(mean_loss);
    return status;
}
