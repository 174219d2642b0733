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

#ifdef __cplusplus
}
#endif
#endif
