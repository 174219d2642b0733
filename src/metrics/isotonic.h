/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Isotonic regression of outcomes on scores: the non-decreasing step function of least squares, by pooling adjacent violators
 * (Ayer, Brunk, Ewing, Reid and Silverman 1955). Ends of pools are corners of the convex hull of the ROC curve. */
#ifndef WINBACK_METRICS_ISOTONIC_H
#define WINBACK_METRICS_ISOTONIC_H

#include <stddef.h>

/* Weights by outcome: 0, 1. */
typedef struct wbi_weights {
    double negative, positive;
} wbi_weights;

/* The share of positives; NaN of no weight. */
static inline double wbi_share(const wbi_weights *of)
{
    return of->positive / (of->negative + of->positive);
}

/* Takes in `next`, the rows of a score below those of all `n` pools or pools of such rows, and makes one of pools while the share
 * does not fall with the score. Returns how many there are then, the shares strictly descending; `pools` has room for n + 1. Rows
 * of no weight join a neighbour. */
static inline size_t wbi_pool_push(wbi_weights *pools, size_t n, wbi_weights next)
{
    double share = wbi_share(&next);
    while (n > 0 && !(wbi_share(&pools[n - 1]) > share)) {
        n--;
        next.negative += pools[n].negative;
        next.positive += pools[n].positive;
        share = wbi_share(&next);
    }
    pools[n] = next;
    return n + 1;
}

#endif
