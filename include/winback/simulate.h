/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A shop with known truth: customers, orders, support tickets, surveys, and what became of everybody. */
#ifndef WINBACK_SIMULATE_H
#define WINBACK_SIMULATE_H

#include <winback/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Start from WB_SIMULATE_OPTIONS_INIT. The model is described in docs/simulate.md. */
typedef struct wb_simulate_options {
    uint64_t n_customers; /* 1 .. 100,000,000 */
    uint32_t n_days;      /* length of the observed period in days, 1 .. 36,500 */
    int64_t start_us;     /* first instant of the period, midnight UTC */
    uint64_t seed;
    int n_threads;        /* 0: as many as the machine has; the files do not depend on it */
    const wb_log *log;    /* NULL: silence */
} wb_simulate_options;

#define WB_SIMULATE_OPTIONS_INIT {0, 731, INT64_C(1672531200000000), 1, 0, NULL} /* from 2023-01-01 */

typedef struct wb_simulate_report {
    uint64_t n_customers, n_orders, n_tickets, n_surveys;
} wb_simulate_report;

/* Writes customers.csv, orders.csv, tickets.csv, surveys.csv and truth.csv into the directory `dir`, made when absent.
 * Files appear whole or not at all. Customer k is the same for any n_customers and any number of threads. Memory is
 * bounded whatever the size. `report` may be NULL. */
WB_API WB_WARN_UNUSED wb_status wb_simulate(const char *dir, const wb_simulate_options *options,
                                            wb_simulate_report *report, wb_error *err);

/* A mailing to customers of a shop. Start from WB_SIMULATE_MAILING_INIT. */
typedef struct wb_simulate_mailing {
    const char *list;    /* CSV with a column customer_id: who is contacted */
    const char *control; /* the same of those held out; NULL: none */
    int64_t sent_us;     /* within the period of the shop; WB_TIME_MISSING: at its end */
    int64_t horizon_us;  /* how long orders after it are written, 1 to 3650 days */
} wb_simulate_mailing;

#define WB_SIMULATE_MAILING_INIT {NULL, NULL, INT64_MIN, INT64_C(7776000000000)} /* 90 days from the end of the period */

/* What the mailing did, which only a simulation knows. Revenue is what was paid. */
typedef struct wb_simulate_campaign_report {
    uint64_t n_list, n_control;
    uint64_t n_orders;               /* of all customers in the horizon */
    int64_t revenue_cents;
    uint64_t n_list_buyers;          /* of the list: who ordered, and who would have without the mailing */
    uint64_t n_list_buyers_without;
    int64_t list_revenue_cents, list_revenue_without_cents;
    uint64_t n_redeemed;             /* coupons, in the list */
    int64_t coupons_cents;           /* what they cost */
} wb_simulate_campaign_report;

/* Writes orders_after.csv, what the shop of these options sold in the horizon after the mailing, and campaign_truth.csv, both
 * potential outcomes of every customer, into the directory `dir`. The outcomes depend on shop, time and horizon alone: whoever is
 * contacted, a customer's outcome with contact and the one without stay what they are. WB_ERR_INCONSISTENT when a file names
 * somebody who is not in the shop, or a customer twice. `report` may be NULL. */
WB_API WB_WARN_UNUSED wb_status wb_simulate_campaign(const char *dir, const wb_simulate_options *options,
                                                     const wb_simulate_mailing *mailing, wb_simulate_campaign_report *report,
                                                     wb_error *err);

#ifdef __cplusplus
}
#endif
#endif
