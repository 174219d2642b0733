/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The intercept alone: where the weighted mean of the predictions is that of the outcomes, all other coefficients
 * staying as they are. It is also where the log loss is least along the intercept. */
#ifndef WINBACK_SOLVE_INTERCEPT_H
#define WINBACK_SOLVE_INTERCEPT_H

#include "solve/likelihood.h"

/* Moves the intercept of each of `n` models, whose coefficients are the rows of `beta` (the design's n_columns wide, the
 * intercept first, where the search starts), to the last bits. mean_loss[k] = the weighted mean log loss that it has then.
 * Both outcomes must be there. All models share the passes over the data, about five. Where eta is not finite an
 * intercept stays. */
WB_WARN_UNUSED wb_status wbi_solve_intercepts(double *beta, double *mean_loss, size_t n,
                                              const wbi_likelihood *likelihood, wb_error *err);

/* *mean = the weighted mean of the predictions at `beta`. One pass. */
WB_WARN_UNUSED wb_status wbi_mean_prediction(double *mean, const double *beta, const wbi_likelihood *likelihood,
                                             wb_error *err);

#endif
