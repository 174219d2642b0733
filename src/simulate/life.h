/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of one customer of the simulated shop. The model and its constants are described in docs/simulate.md. Times
 * are days since the start of the period, as doubles; what never happens is INFINITY. */
#ifndef WINBACK_SIMULATE_LIFE_H
#define WINBACK_SIMULATE_LIFE_H

#include <gsl/gsl_rng.h>

#include "base/error.h"

typedef struct wbi_order {
    double at;
    uint64_t amount_cents; /* paid, after the discount */
    uint64_t discount_cents;
    unsigned channel;
} wbi_order;

typedef struct wbi_ticket {
    double opened, replied, resolved;
    unsigned priority, channel;
    unsigned reopens;
    unsigned csat; /* 1 to 5; 0: not answered */
} wbi_ticket;

typedef struct wbi_survey {
    double sent, answered;
    unsigned score; /* 0 to 10, when answered */
} wbi_survey;

/* Deaths per day, as the product of what makes them. */
typedef struct wbi_hazard {
    double base, reply, resolution, reopen;
} wbi_hazard;

/* One customer. The arrays are reused by the next one. */
typedef struct wbi_life {
    uint64_t number;
    double signup, died;
    unsigned country, channel;
    double order_rate, log_amount; /* orders a day while there, and the mean logarithm of their price: never seen */
    wbi_hazard hazard; /* at death, or at the end of the period */
    wbi_order *orders; /* by time */
    size_t n_orders, orders_capacity;
    wbi_ticket *tickets; /* by opening time */
    size_t n_tickets, tickets_capacity;
    wbi_survey *surveys;
    size_t n_surveys, surveys_capacity;
} wbi_life;

/* Names of the coded values. */
extern const char *const wbi_countries[];
extern const char *const wbi_order_channels[];
extern const char *const wbi_ticket_channels[];
extern const char *const wbi_priorities[];

/* Draws customer `number` from `rng`, which the caller has seeded for it. `life` is zeroed before its first use. */
WB_WARN_UNUSED wb_status wbi_life_draw(wbi_life *life, uint64_t number, double n_days, gsl_rng *rng, wb_error *err);
/* Draws price, discount and channel of one more order of that customer. */
void wbi_order_fill(wbi_order *order, const wbi_life *life, gsl_rng *rng);
void wbi_life_free(wbi_life *life);
double wbi_hazard_per_day(const wbi_hazard *hazard);

#endif
