/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mean, deviation and range of columns, in one pass over their rows. */
#ifndef WINBACK_DESIGN_MOMENTS_H
#define WINBACK_DESIGN_MOMENTS_H

#include <winback/fit.h>

#include "base/error.h"
#include "kernel/kernel.h"

/* One number a column. */
typedef struct wbi_moments {
    double *mean, *sd; /* weighted, of the population; sd 0: constant, to rounding */
    double *low, *high;
} wbi_moments;

/* Where rows come from: `rows` gives the at most WBI_MOMENTS_ROWS rows [begin, end) to a worker, which looks at them until it
 * asks for others. */
enum { WBI_MOMENTS_ROWS = 128 };
typedef struct wbi_moments_source {
    size_t n_rows, n_columns;
    wb_status (*rows)(const void *context, wbi_matrix_rows *out, size_t begin, size_t end, int worker, wb_error *err);
    const void *context;
} wbi_moments_source;

/* The weights' sum is above 0; weight NULL: all 1. A sum that overflows or a value that is no number gives an sd that is not
 * finite. Free with wbi_moments_clear, also after a failure. */
WB_WARN_UNUSED wb_status wbi_moments_find(wbi_moments *out, const wbi_moments_source *source, const double *weight,
                                          int n_threads, wb_error *err);
/* What is summed up of the same rows while they are in a cache: `add` adds to n_sums sums, in the order of the rows, those of at
 * most WBI_MOMENTS_ROWS. */
typedef struct wbi_moments_beside {
    size_t n_sums;
    wb_status (*add)(void *context, double *sums, size_t begin, size_t end, int worker, wb_error *err);
    void *context;
    double *sums;
} wbi_moments_beside;

/* The same of a matrix. `beside`: NULL for nothing. */
WB_WARN_UNUSED wb_status wbi_moments_of_matrix(wbi_moments *out, const wb_matrix *x, const double *weight, int n_threads,
                                               const wbi_moments_beside *beside, wb_error *err);
void wbi_moments_clear(wbi_moments *moments); /* safe on a zeroed struct */

#endif
