/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The second derivatives of Firth's penalty, -1/2 log det I. */
#ifndef WINBACK_SOLVE_FIRTH_HESSIAN_H
#define WINBACK_SOLVE_FIRTH_HESSIAN_H

#include "kernel/kernel.h"
#include "solve/likelihood.h"

/* Wider ones want too much room: n^3 numbers a thread. */
enum { WBI_FIRTH_HESSIAN_COLUMNS = WBI_KERNEL_FUSED_COLUMNS };

/* out (n x n, lower triangle) = the Hessian of the penalty at `beta`, from the information's factor there (n x n, lower).
 * `blocks` is room for block_rows * n_columns a thread. One pass, which costs as much as n + 1 for a Hessian of the loss;
 * n is at most WBI_FIRTH_HESSIAN_COLUMNS. */
WB_WARN_UNUSED wb_status wbi_firth_hessian(double *out, const wbi_likelihood *data, const double *beta,
                                           const double *factor, double *blocks, wb_error *err);

#endif
