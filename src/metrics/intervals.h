/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How sure figures are: what DeLong's variance and the bootstrap share. */
#ifndef WINBACK_METRICS_INTERVALS_H
#define WINBACK_METRICS_INTERVALS_H

#include "metrics/figures.h"

/* Which customer each row is of, from 0 on without gaps. */
typedef struct wbi_customers {
    uint32_t *of_row; /* NULL: each row is a customer of its own */
    size_t n;
} wbi_customers;
WB_WARN_UNUSED wb_status wbi_customers_make(wbi_customers *customers, const wb_outcomes *rows, int n_threads, wb_error *err);

/* One score's rows, the highest first, in groups that stay where they are when rows weigh otherwise. */
typedef struct wbi_score_sample {
    size_t n;
    uint32_t *row;     /* its number */
    uint32_t *customer;
    uint8_t *outcome;
    double *weight;    /* NULL: all 1 */
    uint32_t *end;     /* of each group: the place behind its last row */
    wbi_groups groups; /* without weights */
    double *log_odds;
} wbi_score_sample;
/* wbi_score_sample_free in any case. */
WB_WARN_UNUSED wb_status wbi_score_sample_make(wbi_score_sample *sample, const wb_outcomes *rows, const wbi_customers *customers,
                                               int n_threads, wb_error *err);
void wbi_score_sample_free(wbi_score_sample *sample);

/* Areas under the ROC curves of one or two scores of the same rows of weight 1, and their covariance, as DeLong, DeLong and
 * Clarke-Pearson 1988 have it, from the ranks as Sun and Xu 2014. NaN with fewer than two rows of either outcome. */
typedef struct wbi_delong {
    double area[2], covariance[2][2];
} wbi_delong;
WB_WARN_UNUSED wb_status wbi_delong_of(wbi_delong *out, const wbi_score_sample *const samples[2], size_t n_scores, wb_error *err);

/* Figures of resampled customers: as many are drawn as there are, with replacement, the same for all scores. What is drawn is a
 * function of the seed and the resample's number alone. */
typedef struct wbi_resampling {
    const wbi_score_sample *samples[2];
    const wbi_logit_line *start[2]; /* lines of each score's calibration */
    size_t n_scores;          /* 2: differences, the first less the second */
    size_t n_customers;
    const wb_metrics_options *metrics;
    const wb_interval_options *options;
} wbi_resampling;
/* How often each of n customers is drawn. */
void wbi_draw(uint32_t *drawn, size_t n, uint64_t seed, size_t resample);
/* The ends between which the middle `level` of the values lie, and their standard deviation; NaN are left out. Sorts them. */
void wbi_spread(double *low, double *high, double *sd, double *values, size_t n, double level);
/* values[figure * n_resamples + resample] */
WB_WARN_UNUSED wb_status wbi_resample(double *values, const wbi_resampling *resampling, wb_error *err);

#endif
