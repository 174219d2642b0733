/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The penalties that terms bring along, each with a strength of its own, on the standardised columns that solvers see. */
#ifndef WINBACK_DESIGN_PENALTY_H
#define WINBACK_DESIGN_PENALTY_H

#include "design/basis.h"

/* Adds lambda/2 * b' matrix b to what is minimised, b the coefficients of the design's columns begin .. begin + n. */
typedef struct wbi_penalty {
    size_t term;
    size_t begin, n;
    size_t rank;          /* of the matrix; those of a term add up to n, and together they are definite */
    const double *matrix; /* n x n, symmetric, positive semidefinite */
    double lambda;        /* > 0 */
} wbi_penalty;

/* Those of a term stand together: first what bends, then the slope. */
typedef struct wbi_penalties {
    wbi_penalty *of;
    size_t n;
    double *matrices;
} wbi_penalties;

/* Those of all terms of the basis, at lambda 1. Nothing is borrowed. Free with wbi_penalties_clear, also after a failure. */
WB_WARN_UNUSED wb_status wbi_penalties_find(wbi_penalties *out, const wbi_basis *basis, wb_error *err);
void wbi_penalties_clear(wbi_penalties *penalties); /* safe on a zeroed struct */

/* b' matrix b of one penalty; beta is the whole design's. */
double wbi_penalty_square(const wbi_penalty *penalty, const double *beta);

/* What all of them add at `beta`: to the objective, to its gradient, to the lower triangle of its Hessian (n x n). Columns
 * where hold[column] is not 0 are left alone (NULL: none). `penalties` may be NULL: nothing. */
double wbi_penalties_value(const wbi_penalties *penalties, const double *beta);
void wbi_penalties_add_gradient(double *gradient, const wbi_penalties *penalties, const double *beta,
                                const uint8_t *hold);
void wbi_penalties_add_hessian(double *hessian, size_t n, const wbi_penalties *penalties, const uint8_t *hold);

#endif
