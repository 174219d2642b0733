/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cubic B-splines (de Boor, A Practical Guide to Splines, 1978) as cubics over each interval. */
#ifndef WINBACK_DESIGN_BSPLINE_H
#define WINBACK_DESIGN_BSPLINE_H

#include <stddef.h>

#include "base/error.h"

/* Of the n_intervals + 3 B-splines over the knots, strictly ascending, the four that live on interval i are those from the
 * i-th on: cubics[i][power][function], in u from 0 to 1 over the interval. Fails where memory runs out only. */
WB_WARN_UNUSED wb_status wbi_bspline_cubics(double (*cubics)[4][4], const double *knots, size_t n_intervals,
                                            wb_error *err);

/* The Greville abscissa of the j-th B-spline: coefficients of these values give the straight line f(x) = x. */
double wbi_bspline_abscissa(const double *knots, size_t n_intervals, size_t j);

#endif
