/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression with an elastic net by proximal Newton steps, each found by coordinate descent. The caller owns the
 * loop: start, set lambda, then step until done; along a path, from large lambdas to small ones. */
#ifndef WINBACK_SOLVE_COORDINATE_H
#define WINBACK_SOLVE_COORDINATE_H

#include "solve/newton.h"

/* Minimise (1/W) sum of weight_i loss_i + lambda sum of penalty_j (alpha |beta_j| + (1 - alpha)/2 beta_j^2). */
typedef struct wbi_coordinate_options {
    double alpha;     /* 0 to 1 */
    double tolerance; /* of the optimality conditions, and of what the step from there would move any row's eta by */
    bool roughly;     /* it will do where a step would lower the objective by no more than 1e-7; beta is then where that
                         step leads to, which was not looked at */
} wbi_coordinate_options;

typedef struct wbi_coordinate wbi_coordinate; /* one thread at a time */

/* Starts at `beta` (copied), with one pass over the data. Also disarms GSL's error handler, see newton.h. */
WB_WARN_UNUSED wb_status wbi_coordinate_create(wbi_coordinate **out, const wbi_problem *problem,
                                               const wbi_coordinate_options *options, const double *beta,
                                               wb_error *err);
void wbi_coordinate_free(wbi_coordinate *coordinate); /* NULL-safe */
/* The smallest lambda that keeps all penalised coefficients at 0, when beta is where all others are optimal; with an
 * alpha below 0.001 that of 0.001, for ridge has none. */
double wbi_coordinate_lambda_max(const wbi_coordinate *coordinate);
/* Sets lambda and starts counting again from where beta is. To be called before the first step. */
WB_WARN_UNUSED wb_status wbi_coordinate_set_lambda(wbi_coordinate *coordinate, double lambda, wb_error *err);
/* One step, halved until the objective does not rise. Nothing when done. */
WB_WARN_UNUSED wb_status wbi_coordinate_step(wbi_coordinate *coordinate, wb_error *err);
/* `gradient_max` is the largest violation of an optimality condition. */
wbi_newton_state wbi_coordinate_now(const wbi_coordinate *coordinate);

#endif
