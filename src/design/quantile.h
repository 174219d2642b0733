/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Order statistics of doubles. */
#ifndef WINBACK_DESIGN_QUANTILE_H
#define WINBACK_DESIGN_QUANTILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "table/table.h"

/* A number and the weight it counts with. */
typedef struct wbi_weighted {
    double value, weight;
} wbi_weighted;

/* statistics[k] = the ranks[k]-th least of the values, no NaN among them; ranks ascend, from 0 below n. `spare` has room for
 * 2 n, of which little is touched but where values are few or lie apart by many orders of magnitude. */
void wbi_order_statistics(double *statistics, const size_t *ranks, size_t n_ranks, const double *values, size_t n,
                          double *spare);
/* quantiles[k] = R's type 7 quantile at k / (n_quantiles - 1) of n >= 1 values, by the former; 2 to 64 of them. */
void wbi_equal_quantiles(double *quantiles, size_t n_quantiles, const double *values, size_t n, double *spare);
/* The same, and how many values are at most as large as each; false, and neither, if one of them is infinite or NaN. */
bool wbi_finite_quantiles(double *quantiles, size_t *up_to, size_t n_quantiles, wbi_numbers values, size_t n, double *spare);

/* Sorts by value, no NaN among them; equal values keep their order. `spare` has room for n. */
void wbi_sort_weighted(wbi_weighted *values, wbi_weighted *spare, size_t n);
/* The point that half of the weight lies below (for equal weights R's type 7 quantile at 1/2); n >= 1 sorted values of weight > 0. */
double wbi_weighted_median(const wbi_weighted *sorted, size_t n);
/* R's type 7 quantile at `share` in [0, 1], weights not counted; n >= 1 sorted values. */
double wbi_quantile(const wbi_weighted *sorted, size_t n, double share);
/* The same by weight, for weights that are all alike the former to rounding; n >= 1 sorted values of weight > 0. Of
 * values that are all the same it is that value. */
double wbi_weighted_quantile(const wbi_weighted *sorted, size_t n, double share);

#endif
