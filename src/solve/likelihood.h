/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The data's side of a logistic regression: the weighted log loss over a design, its gradient and its Hessian, each in
 * one pass over fixed blocks of rows. Penalties are the solvers' business. */
#ifndef WINBACK_SOLVE_LIKELIHOOD_H
#define WINBACK_SOLVE_LIKELIHOOD_H

#include "design/design.h"
#include "kernel/kernel.h"

typedef struct wbi_likelihood {
    const wbi_design *design;
    const uint8_t *outcome; /* 0 or 1, a row */
    const double *weight;   /* > 0, a row; NULL: all 1 */
    double total_weight;
    const wbi_kernels *kernels;
    double *scratch; /* eta, residual and curvature of a block, per thread */
} wbi_likelihood;

/* Design, outcome and weight are borrowed. */
WB_WARN_UNUSED wb_status wbi_likelihood_init(wbi_likelihood *out, const wbi_design *design, const uint8_t *outcome,
                                             const double *weight, wb_error *err);
void wbi_likelihood_clear(wbi_likelihood *likelihood); /* safe on a zeroed struct */

/* Sums over all rows at `beta`, not divided by the weight: the loss, then its gradient (n_columns). One pass. */
WB_WARN_UNUSED wb_status wbi_likelihood_gradient(const wbi_likelihood *likelihood, double *sums, const double *beta,
                                                 wb_error *err);
/* The same, and behind them the lower triangle of the Hessian (n_columns x n_columns, row-major). One pass. */
WB_WARN_UNUSED wb_status wbi_likelihood_hessian(const wbi_likelihood *likelihood, double *sums, const double *beta,
                                                wb_error *err);

/* The same, and the lower triangle of the columns' crossproduct, rows counting by their weights (n_columns x n_columns), which
 * takes no pass of its own. */
WB_WARN_UNUSED wb_status wbi_likelihood_crossproduct(const wbi_likelihood *likelihood, double *sums, double *crossproduct,
                                                     const double *beta, wb_error *err);
/* Adds the loss and the gradient of the rows [begin, end), no more than a block. For use by worker `worker` of a loop over them. */
WB_WARN_UNUSED wb_status wbi_likelihood_add(const wbi_likelihood *likelihood, double *sums, const double *beta, size_t begin,
                                            size_t end, int worker, wb_error *err);
/* Adds the gradient of the rows [begin, end) alone. For use by worker `worker` of a loop over them. */
WB_WARN_UNUSED wb_status wbi_likelihood_score(const wbi_likelihood *likelihood, double *sums, const double *beta,
                                              size_t begin, size_t end, int worker, wb_error *err);

/* A bound of what the next finds, without a pass: columns are taken to act together, and never against each other. */
double wbi_likelihood_eta_bound(const wbi_likelihood *likelihood, const double *beta);
/* The largest absolute value that the design times `beta` has in any row. One pass. */
WB_WARN_UNUSED wb_status wbi_likelihood_eta_max(const wbi_likelihood *likelihood, double *max, const double *beta,
                                                wb_error *err);

/* A worker's room for what is known of a block's rows, block_rows each. */
typedef struct wbi_likelihood_room {
    double *eta, *residual, *curvature;
} wbi_likelihood_room;
static inline wbi_likelihood_room wbi_likelihood_room_of(const wbi_likelihood *likelihood, int worker)
{
    const size_t n = likelihood->design->block_rows;
    double *eta = likelihood->scratch + (size_t)worker * 3 * n;
    return (wbi_likelihood_room){eta, eta + n, eta + 2 * n};
}

/* The weights from a row on. */
static inline const double *wbi_likelihood_weight(const wbi_likelihood *likelihood, size_t begin)
{
    return likelihood->weight == NULL ? NULL : likelihood->weight + begin;
}

/* How many sums there are, without and with the Hessian, which begins behind the former. */
static inline size_t wbi_likelihood_n_sums(const wbi_likelihood *likelihood, bool with_hessian)
{
    const size_t n = likelihood->design->n_columns;
    return 1 + n + (with_hessian ? n * n : 0);
}

#endif
