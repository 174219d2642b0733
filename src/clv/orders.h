/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The orders of a project, as purchase models see them. */
#ifndef WINBACK_CLV_ORDERS_H
#define WINBACK_CLV_ORDERS_H

#include <stdbool.h>
#include <winback/btyd.h>

#include "btyd/triples.h"

/* One customer with an order. All orders of a date are one purchase, whose spend is the sum of their amounts. */
typedef struct wbi_purchaser {
    const char *id;         /* NULL: no order was seen */
    wbi_history history;
    uint32_t n_orders;
    uint32_t n_spends;      /* purchases of which the spend is known */
    uint32_t n_repeat_spends; /* of these, behind the first purchase */
    double spend, repeat_spend; /* their sums */
    bool bought_before, bought_lately; /* in the last but one, and the last, stretch of time as long as the horizon */
} wbi_purchaser;

typedef struct wbi_orders {
    wbi_purchaser *purchasers; /* in the order of their ids' bytes */
    size_t n;
    bool has_amounts;
    bool has_both_stretches; /* the table begins before the stretches of bought_before and bought_lately */
    int64_t first_us, until_us; /* of the orders; what was seen */
    char *ids; /* bytes of all ids */
} wbi_orders;

/* Reads the orders before options->until_us and says how far that lies behind the last of them, where it is days. */
WB_WARN_UNUSED wb_status wbi_orders_read(wbi_orders *out, const wb_project *project, const wb_clv_options *options,
                                         const wb_read_options *reading, wb_error *err);
void wbi_orders_free(wbi_orders *orders);

#endif
