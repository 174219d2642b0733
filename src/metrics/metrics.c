/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "metrics/metrics.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "kernel/gsl.h"
#include "metrics/figures.h"

wb_metrics wbi_no_metrics(void)
{
    wb_metrics none = {0};
    for (size_t i = 0; i < WBI_N_FIGURES; i++)
        wbi_figures(&none)[i] = NAN;
    return none;
}

static wb_status check_amount(const char *name, double amount, wb_error *err)
{
    if (!(amount >= 0 && isfinite(amount)))
        return wbi_fail(err, WB_ERR_ARGUMENT, "%s %g is not an amount from 0 on", name, amount);
    return WB_OK;
}

wb_status wbi_check_options(const wb_metrics_options *options, wb_error *err)
{
    const wb_profit_model *profit = &options->profit;
    if (!(options->threshold >= 0 && options->threshold <= 1))
        return wbi_fail(err, WB_ERR_ARGUMENT, "threshold %g is not in [0, 1]", options->threshold);
    if (!(profit->alpha > 0 && isfinite(profit->alpha) && profit->beta > 0 && isfinite(profit->beta)))
        return wbi_fail(err, WB_ERR_ARGUMENT, "alpha %g and beta %g of the keep rate are not both numbers above 0", profit->alpha,
                        profit->beta);
    WBI_TRY(check_amount("value", profit->value, err));
    WBI_TRY(check_amount("offer cost", profit->offer_cost, err));
    return check_amount("contact cost", profit->contact_cost, err);
}

wb_status wbi_metrics_of(wb_metrics *out, wbi_logit_line lines[2], const wb_outcomes *rows, const wb_metrics_options *options,
                         wb_error *err)
{
    wbi_sorted order = {0};
    wb_status status;
    WBI_TRY_CLEANUP(wbi_sorted_make(&order, rows, options->n_threads, err));
    wbi_ranked ranked = {.order = &order,
                         .log_odds = (double *)(void *)order.spare,
                         .n = rows->n,
                         .n_rows = rows->n,
                         .n_threads = options->n_threads};
    WBI_TRY_CLEANUP(wbi_figures_of(out, lines, &ranked, options, err));
    out->n = rows->n;
    out->n_positive = order.n_positive;
cleanup:
    wbi_sorted_free(&order);
    return status;
}

wb_status wb_metrics_compute(wb_metrics *out, const wb_outcomes *rows, const wb_metrics_options *options, wb_error *err)
{
    const wb_metrics_options usual = WB_METRICS_OPTIONS_INIT;
    wbi_logit_line lines[2];
    options = options == NULL ? &usual : options;
    wbi_disarm_gsl();
    WBI_TRY(wbi_check_options(options, err));
    return wbi_metrics_of(out, lines, rows, options, err);
}

wb_status wb_metrics_auc(double *auc, const double *score, const uint8_t *outcome, const double *weight, size_t n,
                         wb_error *err)
{
    wbi_sorted order = {0};
    double pairs = 0, above[2] = {0, 0};
    wb_status status;
    WBI_TRY_CLEANUP(wbi_sorted_scores(&order, &(wb_outcomes){score, outcome, weight, NULL, n}, 1, err));
    for (size_t i = 0; i < n;) {
        double group[2];
        i += wbi_sorted_next(group, &order, i);
        pairs += group[0] * (above[1] + group[1] / 2);
        above[0] += group[0];
        above[1] += group[1];
    }
    *auc = pairs / (above[0] * above[1]);
cleanup:
    wbi_sorted_free(&order);
    return status;
}
