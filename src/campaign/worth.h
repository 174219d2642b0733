/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What contacting one customer is expected to cost and to bring. */
#ifndef WINBACK_CAMPAIGN_WORTH_H
#define WINBACK_CAMPAIGN_WORTH_H

#include <stdbool.h>
#include <stdint.h>

/* What contacts cost and bring; every number said. */
typedef struct wbi_terms {
    double offer_cost, contact_cost; /* 0 or more */
    double keep_rate, strength;      /* mean and a + b of a Beta distribution */
    double take_rate;                /* 0 to 1 */
    bool returning;                  /* probabilities are of coming back */
} wbi_terms;

typedef struct wbi_worth {
    int64_t value_cents; /* expected value of contacting; WBI_WORTH_UNKNOWN: the customer's value is not known */
    int64_t cost_micros; /* contact and expected offer, in millionths of the currency, rounded up */
    double fixed, slope; /* the same value, unrounded, is fixed + slope * keep rate */
} wbi_worth;
#define WBI_WORTH_UNKNOWN INT64_MIN

/* Of a customer's value and of a cost: above them sums of many could pass what 64 bits hold. */
#define WBI_LARGEST_VALUE 1e9
#define WBI_LARGEST_COST 1e6

/* tau value - rho offer - contact, where tau = p keep_rate, or what `uplift` says (NaN: nothing); rho = p keep_rate +
 * (1 - p) take_rate; p is the probability of leaving. `uplift` is how much a contact adds to `probability`. `value` NaN: not
 * known. */
wbi_worth wbi_worth_of(const wbi_terms *terms, double probability, double uplift, double value);

/* Of a whole amount, to cents and to millionths. */
int64_t wbi_to_cents(double amount);
int64_t wbi_to_micros(double amount);
/* Millionths to cents, halves away from zero. */
int64_t wbi_micros_to_cents(int64_t micros);

/* The distribution of the keep rate, and the ends of its middle 95 %. */
typedef struct wbi_keep_rates {
    double a, b, low, high;
} wbi_keep_rates;
wbi_keep_rates wbi_keep_rates_of(const wbi_terms *terms);

/* What it makes of a profit of fixed + slope * keep rate: 95 % interval, probability of more than 0. */
typedef struct wbi_profit_interval {
    double low, high, pays;
} wbi_profit_interval;
wbi_profit_interval wbi_profit_interval_of(const wbi_keep_rates *rates, double fixed, double slope);

#endif
