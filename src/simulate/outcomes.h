/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a customer orders after a mailing, had they been contacted and had they not. The model is in docs/simulate.md. */
#ifndef WINBACK_SIMULATE_OUTCOMES_H
#define WINBACK_SIMULATE_OUTCOMES_H

#include <stdbool.h>

#include "simulate/life.h"

/* A mailing in days since the start of the period. Orders in [sent, until) are its outcome. */
typedef struct wbi_shop_mailing {
    double sent, until;
    double n_days; /* length of the period that the life was drawn for */
    uint64_t seed;
} wbi_shop_mailing;

typedef struct wbi_shop_outcome {
    wbi_order *orders; /* by time */
    size_t *numbers;   /* of each order, among all of the customer's, from 0 */
    size_t n, capacity;
} wbi_shop_outcome;

/* Both potential outcomes of one customer. The arrays are reused by the next one. */
typedef struct wbi_shop_outcomes {
    wbi_shop_outcome without, with;
    bool persuadable;     /* orders only when contacted */
    bool redeems;         /* the coupon, with the first order, when contacted */
    uint64_t coupon_cents; /* what that order is cheaper by */
} wbi_shop_outcomes;

/* Draws the outcomes of a life. They depend on customer, seed and mailing alone: not on who is contacted. A later `until` adds
 * orders and changes none, but for customers whose first order it lets in. `outcomes` is zeroed before its first use. */
WB_WARN_UNUSED wb_status wbi_shop_outcomes_draw(wbi_shop_outcomes *outcomes, const wbi_life *life, const wbi_shop_mailing *mailing,
                                                gsl_rng *rng, wb_error *err);
void wbi_shop_outcomes_free(wbi_shop_outcomes *outcomes);
uint64_t wbi_shop_revenue_cents(const wbi_shop_outcome *outcome);

#endif
