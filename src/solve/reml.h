/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How well smoothing parameters suit the data: the Laplace approximation of the restricted likelihood (Wood 2011), with
 * the loss near one point taken for the quadratic that it resembles there, so that no pass over the data is needed. */
#ifndef WINBACK_SOLVE_REML_H
#define WINBACK_SOLVE_REML_H

#include <stdbool.h>

#include "base/error.h"

/* Coefficients b that have the penalty lambda/2 b' matrix b. No column has two of a full rank; ranks of those that share
 * columns add up to their number. */
typedef struct wbi_reml_block {
    const size_t *columns; /* n, ascending */
    size_t n, rank;
    const double *matrix; /* n x n, symmetric; NULL: the identity */
} wbi_reml_block;

/* The caller sets the first part; matrices are row-major, of `information` the lower triangle counts. */
typedef struct wbi_reml {
    size_t n, n_blocks;
    const wbi_reml_block *blocks;
    double n_rows;     /* by which losses, which are means, become likelihoods */
    double *information, *gradient, *origin; /* Hessian (n x n) and gradient of the mean loss, and where */

    /* What an evaluation finds. */
    double value;           /* log of the restricted likelihood, up to a constant */
    double *beta;           /* n: where the penalised quadratic is least */
    double *score;          /* n_blocks: derivatives of the value by log lambda */
    double *square, *trace; /* n_blocks: these are (rank - trace - square) / 2 */
    double *curvature;      /* n_blocks x n_blocks: second derivatives, whole */
    double *freedom;        /* n: each coefficient's share of the effective degrees of freedom */

    double *inverse;  /* room: n x n */
    double *products; /* room: lambda inverse matrix, n x (the block's n), of all blocks */
    double *pull;     /* room: lambda matrix beta, of all blocks */
    double *shift;    /* room: n */
} wbi_reml;

/* Makes room for what follows from n and blocks, both borrowed. Free with wbi_reml_clear, also after a failure. */
WB_WARN_UNUSED wb_status wbi_reml_init(wbi_reml *out, const wbi_reml_block *blocks, size_t n_blocks, size_t n,
                                       wb_error *err);
void wbi_reml_clear(wbi_reml *reml); /* safe on a zeroed struct */

/* Finds all of it at these smoothing parameters; false where the penalised Hessian is not positive definite. GSL's error
 * handler is to be off. */
bool wbi_reml_evaluate(wbi_reml *reml, const double *log_lambda);

#endif
