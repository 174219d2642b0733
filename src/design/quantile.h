/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Order statistics of doubles. */
#ifndef WINBACK_DESIGN_QUANTILE_H
#define WINBACK_DESIGN_QUANTILE_H

#include <stddef.h>

#include "base/error.h"

/* A number and the weight it counts with. */
typedef struct wbi_weighted {
    double value, weight;
} wbi_weighted;

/* Sorts by value, no NaN among them; equal values keep their order. `spare` has room for n. */
void wbi_sort_weighted(wbi_weighted *values, wbi_weighted *spare, size_t n);
/* The point that half of the weight lies below (for equal weights R's type 7); n >= 1 sorted values of weight > 0. */
double wbi_weighted_median(const wbi_weighted *sorted, size_t n);
/* R's type 7 quantile at `share` in [0, 1], weights not counted; n >= 1 sorted values. */
double wbi_quantile(const wbi_weighted *sorted, size_t n, double share);

#endif
