/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maximum likelihood of a few positive parameters. */
#ifndef WINBACK_BTYD_MAXIMISE_H
#define WINBACK_BTYD_MAXIMISE_H

#include <stdbool.h>

#include "base/error.h"

enum { WBI_MAXIMISE_MOST = 4 }; /* parameters */

/* Parameters are looked for between these. Outside of them, data say nothing more of a parameter than that it is small or
 * large, and the arithmetic of a likelihood can pretend anything. */
#define WBI_MAXIMISE_LEAST_VALUE 1e-4
#define WBI_MAXIMISE_MOST_VALUE 1e4

/* The log likelihood at the logarithms of the parameters, with its gradient and (NULL: not wanted) its Hessian by these,
 * row by row; both halves are filled. */
typedef wb_status (*wbi_log_likelihood_fn)(void *context, const double *logs, double *value, double *gradient,
                                           double *hessian, wb_error *err);

typedef struct wbi_maximum {
    double values[WBI_MAXIMISE_MOST];          /* of the parameters themselves */
    double standard_errors[WBI_MAXIMISE_MOST]; /* from the inverse of the Hessian there; NaN where it is not definite */
    double log_likelihood;
    size_t at_end; /* parameter that ran to the end of its range; SIZE_MAX: none */
    bool converged;
    size_t n_agreed; /* starts that came to this maximum */
} wbi_maximum;

/* The end that the parameter ran to. */
double wbi_maximum_end(const wbi_maximum *maximum);

/* The highest maximum that was found from any of the starts (n_starts times n parameters, within the range). It is one only
 * if `converged`: else a parameter ran to the end of its range, or the steps came to no end. */
WB_WARN_UNUSED wb_status wbi_maximise(wbi_maximum *out, size_t n, const double *starts, size_t n_starts,
                                      wbi_log_likelihood_fn log_likelihood, void *context, wb_error *err);

#endif
