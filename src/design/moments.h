/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mean, deviation and range of a matrix's columns, in one pass over it. */
#ifndef WINBACK_DESIGN_MOMENTS_H
#define WINBACK_DESIGN_MOMENTS_H

#include <winback/fit.h>

#include "base/error.h"

/* One number a column. */
typedef struct wbi_moments {
    double *mean, *sd; /* weighted, of the population; sd 0: constant, to rounding */
    double *low, *high;
} wbi_moments;

/* The weights' sum is above 0; weight NULL: all 1. A sum that overflows or a value that is no number gives an sd that is not
 * finite. Free with wbi_moments_clear, also after a failure. */
WB_WARN_UNUSED wb_status wbi_moments_find(wbi_moments *out, const wb_matrix *x, const double *weight, int n_threads,
                                          wb_error *err);
void wbi_moments_clear(wbi_moments *moments); /* safe on a zeroed struct */

#endif
