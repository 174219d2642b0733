/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gamma-Gamma by maximum likelihood: Fader, Hardie, The Gamma-Gamma model of monetary value, 2013. */
#ifndef WINBACK_BTYD_GAMMA_GAMMA_H
#define WINBACK_BTYD_GAMMA_GAMMA_H

#include "btyd/maximise.h"

typedef enum wbi_gamma_gamma_parameter {
    WBI_GAMMA_GAMMA_P = 0,
    WBI_GAMMA_GAMMA_Q,
    WBI_GAMMA_GAMMA_V,
    WBI_GAMMA_GAMMA_N
} wbi_gamma_gamma_parameter;

/* Customers with a mean spend above 0 of x purchases, in any order. */
typedef struct wbi_spenders {
    size_t n;
    const uint32_t *x;  /* 1 or more */
    const double *mean;
    double sum_log_mean, sum_x_log_spend; /* of ln m, and of x ln(x m) */
} wbi_spenders;
wbi_spenders wbi_spenders_of(const uint32_t *x, const double *mean, size_t n); /* borrows both */

/* Gradient and (NULL: not wanted) Hessian are by the logarithms of the parameters. */
WB_WARN_UNUSED wb_status wbi_gamma_gamma_log_likelihood(const wbi_spenders *spenders, int n_threads, const double *logs,
                                                        double *value, double *gradient, double *hessian, wb_error *err);

/* values[] by wbi_gamma_gamma_parameter. The range of v is that of v over the mean of all spends, so that it does not depend on
 * the currency. WB_ERR_DEGENERATE when there are fewer than three customers, or no maximum within the range. */
WB_WARN_UNUSED wb_status wbi_gamma_gamma_fit(wbi_maximum *out, const uint32_t *x, const double *mean, size_t n, int n_threads,
                                             wb_error *err);

/* The mean of what a customer spends in a purchase, known by x purchases of that mean (x = 0: of any customer); NaN where it does
 * not exist: p x + q must be above 1. */
double wbi_gamma_gamma_spend(const double *values, double x, double mean);

#endif
