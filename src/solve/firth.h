/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression with Firth's penalised likelihood: minimise sum of weight_i loss_i - 1/2 log det I, where I, the
 * information, is the sum of weight_i p_i (1 - p_i) x_i x_i' (Firth, Bias reduction of maximum likelihood estimates, 1993).
 * Weights are frequencies: a row of weight 2 is two rows. The caller owns the loop: start, then step until done. */
#ifndef WINBACK_SOLVE_FIRTH_H
#define WINBACK_SOLVE_FIRTH_H

#include "solve/newton.h"

typedef struct wbi_firth wbi_firth; /* one thread at a time */

/* Starts at `beta` (copied), with two passes over the data (borrowed). Fails with WB_ERR_DEGENERATE where the columns
 * determine each other. GSL's error handler is to be off (wbi_disarm_gsl). */
WB_WARN_UNUSED wb_status wbi_firth_create(wbi_firth **out, const wbi_likelihood *data, const double *beta, wb_error *err);
void wbi_firth_free(wbi_firth *firth); /* NULL-safe */

/* From now on the products of `n` independent rows (n_columns wide, borrowed, at most as many as columns) with beta stay as
 * they are; 0 sets beta free. The information in the objective remains that of all columns. Steps begin as those of Fisher's
 * scoring. */
void wbi_firth_constrain(wbi_firth *firth, const double *rows, size_t n);
/* Moves to `beta` and starts counting again; two passes. *possible = false, and nothing else, where the information is
 * singular to working precision. */
WB_WARN_UNUSED wb_status wbi_firth_move(wbi_firth *firth, bool *possible, const double *beta, wb_error *err);
/* From now on steps are those of Newton's method, where there are at most WBI_FIRTH_HESSIAN_COLUMNS; each then costs as
 * much as n_columns / 2 more. They also come to be by themselves where others get on slowly, until the next call of
 * wbi_firth_constrain. */
void wbi_firth_sharpen(wbi_firth *firth);
/* One step, halved until the objective does not rise: two passes over the data, seldom more. Nothing when done. */
WB_WARN_UNUSED wb_status wbi_firth_step(wbi_firth *firth, wb_error *err);

/* `objective` and `gradient_max` are divided by the sum of the weights, as in Newton's method; of what is constrained the
 * gradient counts as far as it could be followed. No row's eta is further than `eta_step_max` from where the steps lead. */
wbi_newton_state wbi_firth_now(const wbi_firth *firth);

/* What is known of the objective, not divided, about the present beta. Borrowed until the next call. */
typedef struct wbi_firth_view {
    double objective;
    const double *gradient;    /* n_columns */
    const double *information; /* lower triangle, n_columns x n_columns */
    const double *step;        /* n_columns; the next, to be added to beta */
    double gain;               /* what it promises to lower the objective by */
    const double *multiplier;  /* a constraint: how the least objective changes with its product */
    const double *freed;       /* a constraint: its row by the inverse of what steps are made with, n_columns */
} wbi_firth_view;
wbi_firth_view wbi_firth_look(const wbi_firth *firth);

#endif
