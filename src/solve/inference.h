/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What curvature and scores at the optimum say of the coefficients. Matrices are n x n, row-major; of those that are read
 * the lower triangle counts. GSL's error handler is to be off (wbi_disarm_gsl). */
#ifndef WINBACK_SOLVE_INFERENCE_H
#define WINBACK_SOLVE_INFERENCE_H

#include <stdbool.h>

#include "design/penalty.h"
#include "solve/likelihood.h"

/* A penalised fit at its optimum: minimised was (1/W) sum of weight_i loss_i + 1/2 sum of ridge_j beta_j^2 and what `terms`
 * add to that. */
typedef struct wbi_optimum {
    const double *information; /* Hessian of the data's part */
    const double *scores;      /* sum over customers of g g', g the gradient of a customer's weight_i loss_i; NULL: rows of
                                  equal weight, each a customer of its own */
    const double *ridge;       /* n */
    const wbi_penalties *terms; /* NULL: none */
    double total_weight;
    size_t n_rows, n;
} wbi_optimum;

/* The coefficients' covariance, whole and symmetric: with A = n_rows (information + penalties), weights taken to have mean 1,
 * A^-1 (Bayesian where there is a ridge: Wood, Generalized Additive Models, 2nd ed., 6.10); with scores B, by customer,
 * A^-1 (B + n_rows penalties) A^-1, in which B stands for the information (Liang and Zeger 1986). *definite = false, and
 * nothing else, where A is not positive definite to working precision. */
WB_WARN_UNUSED wb_status wbi_covariance(double *out, bool *definite, const wbi_optimum *at, wb_error *err);

/* out = sum over customers of g g', lower triangle, g the sum over the customer's rows of weight (p - y) x. Rows of a
 * customer stand together. One pass. The same bits for any number of threads. */
WB_WARN_UNUSED wb_status wbi_customer_scores(double *out, const wbi_likelihood *likelihood, const double *beta,
                                             const uint32_t *customer, wb_error *err);

/* Largest by least eigenvalue of the matrix scaled to unit diagonal; INFINITY where it is singular to working precision. */
WB_WARN_UNUSED wb_status wbi_condition_number(double *condition, const double *matrix, size_t n, wb_error *err);

/* vif[j] = 1 / (1 - R^2 of column j on all others), from a matrix of crossproducts, the intercept among them;
 * INFINITY where the others determine the column (less than 1e-12 of its square is left). */
WB_WARN_UNUSED wb_status wbi_variance_inflation(double *vif, const double *crossproduct, size_t n, wb_error *err);

/* Wald's statistic b' V^-1 b of the coefficients [begin, end), NaN where V, their block of the covariance, is not positive
 * definite; and the share of a chi-square distribution that lies above. */
WB_WARN_UNUSED wb_status wbi_wald(double *chi_square, const double *beta, const double *covariance, size_t n,
                                  size_t begin, size_t end, wb_error *err);
/* The same of rank `rank` for coefficients that were held back so much that they have less freedom than their number (Wood 2013,
 * the whole rank next to it): of the directions in which they change the predictions most, by `information`, the data's
 * Hessian, those `rank` that are least certain count. */
WB_WARN_UNUSED wb_status wbi_wald_of_rank(double *chi_square, const double *beta, const wbi_optimum *at,
                                          const double *covariance, size_t begin, size_t end, size_t rank, wb_error *err);
double wbi_chi_square_above(double chi_square, size_t degrees_of_freedom);
/* The value that the share `above`, in (0, 1), lies above. */
double wbi_chi_square_limit(double above, size_t degrees_of_freedom);

#endif
