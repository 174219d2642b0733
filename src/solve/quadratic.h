/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The least value of a quadratic with absolute values and squares on top, by coordinate descent. */
#ifndef WINBACK_SOLVE_QUADRATIC_H
#define WINBACK_SOLVE_QUADRATIC_H

#include <math.h>

#include "base/error.h"

/* 1/2 b'Hb + c'b + sum of (absolute_j |b_j| + square_j/2 b_j^2), known by H and by the slope Hb + c at one b. */
typedef struct wbi_quadratic {
    size_t n;
    double *hessian;           /* n x n, both triangles, positive semidefinite */
    double *absolute, *square; /* >= 0, a column */
    double *beta, *slope;      /* where it stands */
    uint8_t *in_play;          /* 0: the column keeps its beta */
    /* room: the columns in play, packed */
    size_t *index, *active;
    double *packed, *factor; /* n x n */
    double *columns;         /* of the packed columns */
} wbi_quadratic;

/* Fields of `n` each for the caller to fill; in_play is 0. Half-built-safe to clear. */
WB_WARN_UNUSED wb_status wbi_quadratic_init(wbi_quadratic *out, size_t n, wb_error *err);
void wbi_quadratic_clear(wbi_quadratic *quadratic); /* safe on a zeroed struct */

/* Moves beta, and slope with it, to where no column in play is further than `tolerance` from its optimality condition,
 * or as near as doubles, or a thousand sweeps, allow. The slope of columns that are not in play stays as it was. */
void wbi_quadratic_minimise(wbi_quadratic *quadratic, double tolerance);

/* How far a column is from its optimality condition: the smallest absolute value in its subdifferential. */
static inline double wbi_quadratic_residual(double beta, double slope, double absolute, double square)
{
    return beta == 0 ? fmax(fabs(slope) - absolute, 0) : fabs(slope + square * beta + copysign(absolute, beta));
}

#endif
