/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How strong each penalty is: the lambdas of the ridge and of all terms' own penalties at the fixed point of the generalised
 * Fellner-Schall update (Wood and Fasiolo 2017) for the Laplace approximate restricted likelihood, with a scale of 1. The
 * caller owns the loop: start, then step until done. */
#ifndef WINBACK_SOLVE_SMOOTHING_H
#define WINBACK_SOLVE_SMOOTHING_H

#include "solve/newton.h"

typedef struct wbi_smoothing_options {
    double n_rows; /* by which the mean loss becomes a likelihood */
    bool roughly;  /* it will do to be near: a start for more rows */
    bool warm;     /* `lambda` and those of the penalties are a start; else they are set from the data */
    double lambda; /* of the ridge */
} wbi_smoothing_options;

typedef struct wbi_smoothing_state {
    double lambda;          /* of the ridge; 0 where it has no column */
    double score_max;       /* largest derivative of the restricted log likelihood by the log of a lambda that can move */
    const double *freedom;  /* a column: its share of the effective degrees of freedom */
    wbi_newton_state newton; /* at these lambdas */
    int iterations;
    bool done, converged; /* `newton` has done as well, and converged where it could */
} wbi_smoothing_state;

typedef struct wbi_smoothing wbi_smoothing; /* one thread at a time */

/* `newton` is over the same problem and has taken no step; it and the penalties, whose lambdas change, are borrowed. */
WB_WARN_UNUSED wb_status wbi_smoothing_create(wbi_smoothing **out, wbi_newton *newton, const double *ridge,
                                              wbi_penalties *penalties, const wbi_smoothing_options *options,
                                              wb_error *err);
void wbi_smoothing_free(wbi_smoothing *smoothing); /* NULL-safe */
/* Minimises at the present lambdas, then finds those that suit the loss as it looks from there. Nothing when done. */
WB_WARN_UNUSED wb_status wbi_smoothing_step(wbi_smoothing *smoothing, wb_error *err);
wbi_smoothing_state wbi_smoothing_now(const wbi_smoothing *smoothing);

#endif
