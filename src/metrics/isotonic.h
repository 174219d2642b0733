/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Isotonic regression of outcomes on scores: the non-decreasing step function of least squares, by pooling adjacent violators
 * (Ayer, Brunk, Ewing, Reid and Silverman 1955). */
#ifndef WINBACK_METRICS_ISOTONIC_H
#define WINBACK_METRICS_ISOTONIC_H

#include <stddef.h>

/* Neighbouring scores whose rows share a mean. */
typedef struct wbi_pool {
    double low, high;        /* least and greatest score */
    double weight, positive; /* of its rows, > 0; of those of outcome 1 */
} wbi_pool;

static inline double wbi_pool_mean(const wbi_pool *pool)
{
    return pool->positive / pool->weight;
}

/* Takes in rows of weight > 0 whose scores lie above those of all `n` pools; rows of equal score must come together, in one
 * group. Returns how many pools there are then, their means strictly ascending; `pools` has room for n + 1. */
size_t wbi_pool_add(wbi_pool *pools, size_t n, wbi_pool group);

#endif
