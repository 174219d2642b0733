/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures of merit of probabilities against outcomes. */
#ifndef WINBACK_METRICS_H
#define WINBACK_METRICS_H

#include <winback/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Figures that cannot be made (one class) are NaN. */
typedef struct wb_metrics {
    uint64_t n, n_positive;
    double base_rate;  /* weighted */
    double auc;        /* area under the ROC curve, ties count half; weighted Mann-Whitney statistic */
    double log_loss;   /* mean, natural logarithm, probabilities clipped to [2.2e-16, 1 - 2.2e-16] */
    double brier;      /* mean squared error */
    double lift_10;    /* share of positives among the ceil(n/10) highest scores over the base rate; a tie at the edge
                          counts pro rata */
    double capture_10; /* share of all positives that those rows hold */
} wb_metrics;

/* probability[i] in [0, 1], outcome[i] 0 or 1, weight[i] >= 0 (NULL: all 1; lift and capture then count weight).
 * Fails with WB_ERR_ARGUMENT on values outside these ranges, WB_ERR_NOMEM. Thread-safe. */
WB_API WB_WARN_UNUSED wb_status wb_metrics_compute(wb_metrics *out, const double *probability, const uint8_t *outcome,
                                                   const double *weight, size_t n, wb_error *err);

/* The area alone, of scores that need not be probabilities (infinite ones are the lowest and highest): the share of
 * pairs of a positive and a negative row in which the positive has the higher score, ties counting half. NaN with one
 * class. Fails with WB_ERR_ARGUMENT on a score that is NaN, an outcome or a weight as above; WB_ERR_NOMEM.
 * Thread-safe. */
WB_API WB_WARN_UNUSED wb_status wb_metrics_auc(double *auc, const double *score, const uint8_t *outcome,
                                               const double *weight, size_t n, wb_error *err);

#ifdef __cplusplus
}
#endif
#endif
