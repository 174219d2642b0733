/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Firth's penalised likelihood says of the coefficients when one of them is held and all others follow (Heinze and
 * Schemper, A solution to the problem of separation in logistic regression, 2002). */
#ifndef WINBACK_SOLVE_PROFILE_H
#define WINBACK_SOLVE_PROFILE_H

#include "solve/firth.h"

/* The optimum, and the inverse of the information there (n x n, whole). Borrowed. */
typedef struct wbi_firth_optimum {
    const double *beta;
    double objective; /* as in wbi_firth_view */
    const double *covariance;
    size_t n;
} wbi_firth_optimum;

/* Of a coefficient, or a sum of coefficients. NaN where it was not found. */
typedef struct wbi_profile {
    double low, high;  /* where twice the objective is the 95 % point of chi-square with 1 degree of freedom above its least */
    double chi_square; /* twice what the objective is above it where the coefficient is 0 */
} wbi_profile;

/* Profiles the sum of along[j] beta[j]. About thirty passes over the data. `firth` is left anywhere. */
WB_WARN_UNUSED wb_status wbi_profile_find(wbi_profile *out, wbi_firth *firth, const wbi_firth_optimum *at,
                                          const double *along, wb_error *err);
/* The same statistic with all coefficients [begin, end) at 0; NaN where it was not found. */
WB_WARN_UNUSED wb_status wbi_profile_ratio(double *chi_square, wbi_firth *firth, const wbi_firth_optimum *at,
                                           size_t begin, size_t end, wb_error *err);

#endif
