/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a purchase model sees of customers: when they first, last and how often bought. Many have the same history, so each is
 * kept once, with how many have it. */
#ifndef WINBACK_BTYD_TRIPLES_H
#define WINBACK_BTYD_TRIPLES_H

#include "base/error.h"

/* In whole days from the first purchase; t_x_days = 0 where x = 0. */
typedef struct wbi_history {
    uint32_t x; /* dates with a purchase, after the first */
    uint32_t t_x_days, t_days; /* to the last purchase, and to the end of observation */
} wbi_history;

typedef struct wbi_triples {
    size_t n;                  /* distinct histories, ascending by x, t_x, T */
    uint32_t *x, *t_x_days, *t_days;
    double *n_customers;       /* with that history */
    uint32_t *of;              /* by customer: its history */
    double *n_beyond;          /* [k]: customers with x > k, for k < max_x */
    size_t max_x, max_days;
    double days_a_unit;
    uint64_t n_all, n_repeating; /* customers; those with x > 0 */
} wbi_triples;

/* Of `n` customers (below 2^32). */
WB_WARN_UNUSED wb_status wbi_triples_create(wbi_triples *out, const wbi_history *histories, size_t n, double days_a_unit,
                                            wb_error *err);
void wbi_triples_free(wbi_triples *triples);

#endif
