/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Penalised logistic regression by Newton's method. The caller owns the loop: start, then step until done. */
#ifndef WINBACK_SOLVE_NEWTON_H
#define WINBACK_SOLVE_NEWTON_H

#include <stdbool.h>

#include "design/penalty.h"
#include "solve/likelihood.h"

/* Minimise (1/W) sum of weight_i loss_i + lambda/2 sum of penalty_j beta_j^2, W the sum of the weights, and what `terms`
 * add to that. Borrowed. */
typedef struct wbi_problem {
    const wbi_design *design;
    const uint8_t *outcome; /* 0 or 1, a row */
    const double *weight;   /* > 0, a row; NULL: all 1 */
    const double *penalty;  /* >= 0, a column; 0 leaves it free, but for `terms` */
    const wbi_penalties *terms; /* NULL: none. Their lambdas may be changed, to be followed by set_lambda. Newton only */
} wbi_problem;

/* Where the minimisation stands. */
typedef struct wbi_newton_state {
    const double *beta; /* n_columns */
    double objective, mean_loss;
    double gradient_max; /* max-norm of the objective's gradient */
    double eta_step_max; /* no row's eta would be moved by more by the step from here; with lambda 0, where the
                            iterations are done, by the true Newton step */
    int iterations;      /* steps since the start */
    bool done, converged;
} wbi_newton_state;

typedef struct wbi_newton wbi_newton; /* one thread at a time */

/* Starts at `beta` (copied), with one pass over the data. Also disarms GSL's error handler, which is one for the
 * process: GSL then returns codes instead of aborting. */
WB_WARN_UNUSED wb_status wbi_newton_create(wbi_newton **out, const wbi_problem *problem, const double *beta,
                                           wb_error *err);
void wbi_newton_free(wbi_newton *newton); /* NULL-safe */
/* Keeps the columns where hold[column] is not 0 as they are. To be called before the first step; copied. */
void wbi_newton_hold(wbi_newton *newton, const uint8_t *hold);
/* Sets lambda and starts counting again from where beta is; costs a pass only for lambda 0. To be called before the first
 * step. */
WB_WARN_UNUSED wb_status wbi_newton_set_lambda(wbi_newton *newton, double lambda, wb_error *err);
/* One step, halved until the objective does not rise: one pass over the data for the gradient, seldom more, and one for
 * the Hessian when the last no longer serves. Nothing when done. */
WB_WARN_UNUSED wb_status wbi_newton_step(wbi_newton *newton, wb_error *err);
/* Every WBI_SAMPLE_STEP-th row costs as much less, and leaves passes over all rows the last digits only; whether there are
 * enough rows for that. */
enum { WBI_SAMPLE_STEP = 16 };
bool wbi_newton_samples(size_t n_rows, size_t n_columns);
/* Goes from `beta` so far that the gradient is small beside the errors of a sample; leaves *out as it is where a few steps
 * do not get there. `hold` as above, or NULL. */
WB_WARN_UNUSED wb_status wbi_newton_approach(wbi_newton **out, const wbi_problem *sample, const double *beta,
                                             const uint8_t *hold, double lambda, wb_error *err);
/* Starts where a sample's iterations are, with its Hessian for the first step, so that one pass for the gradient will do. For
 * a lambda > 0. */
WB_WARN_UNUSED wb_status wbi_newton_create_near(wbi_newton **out, const wbi_problem *problem, const wbi_newton *sample,
                                                wb_error *err);
/* Starts at `beta` (copied) where loss and gradient (`sums`, as wbi_likelihood_gradient's) and, nearly, the Hessian (lower triangle
 * of `information`, as wbi_newton_information's) are known, without a pass. For a lambda > 0. */
WB_WARN_UNUSED wb_status wbi_newton_create_at(wbi_newton **out, const wbi_problem *problem, const double *beta, const double *sums,
                                              const double *information, wb_error *err);
wbi_newton_state wbi_newton_now(const wbi_newton *newton);

/* The data's part of the objective's Hessian at the present beta (lower triangle, n_columns x n_columns); costs a pass where
 * the last Hessian was of another. */
WB_WARN_UNUSED wb_status wbi_newton_information(wbi_newton *newton, double *information, wb_error *err);
/* Of the data's part, without a pass: the Hessian that steps go by (lower triangle, n_columns x n_columns), and the gradient
 * at the present beta. */
void wbi_newton_quadratic(const wbi_newton *newton, double *information, double *gradient);
/* Makes that Hessian the one at the present beta. */
WB_WARN_UNUSED wb_status wbi_newton_refresh(wbi_newton *newton, wb_error *err);
/* Says that the Hessian will be wanted where the iterations end, so that the last step takes it on the way, and has the next pass
 * for one put the columns' crossproduct (lower triangle, n_columns x n_columns, borrowed), rows counting by their weights, into
 * `crossproduct`; it is there after wbi_newton_refresh at the latest. */
void wbi_newton_infer(wbi_newton *newton, double *crossproduct);
const wbi_likelihood *wbi_newton_likelihood(const wbi_newton *newton);
/* What the last step added to beta (n_columns); 0 before the first. */
const double *wbi_newton_move(const wbi_newton *newton);

/* Marks the columns that those before them determine (as weighted at the present beta): aliased[j] = 1. Returns how
 * many there are. */
size_t wbi_newton_aliased(const wbi_newton *newton, uint8_t *aliased);

#endif
