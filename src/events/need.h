/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much memory a run will need at its most, told from the rows that were read so far, and whether it may. */
#ifndef WINBACK_EVENTS_NEED_H
#define WINBACK_EVENTS_NEED_H

#include "events/events.h"

/* What is known of a table that is being read. */
typedef struct wbi_seen {
    size_t table;
    size_t n_customers_before; /* customers that there were before it */
    size_t n_runs;             /* how often the customer changed from one row to the next */
    size_t n_rows;             /* that it will have */
} wbi_seen;

/* Bytes that the events take at their most, while they are read and arranged: all tables before seen->table, and that
 * one. Of customers, as many more are expected as runs that fall on them by chance would bring, of other values as many
 * as rows would; where rows stand by customer, every run is a new one. */
size_t wbi_need_of_events(const wbi_events *events, const wbi_seen *seen);
/* Bytes that arranged events take. */
size_t wbi_need_of_arranged(const wbi_events *events);
/* Bytes that every run takes, and the buffers of a number of threads. */
size_t wbi_need_of_program(int n_threads);

/* How many distinct values `n` rows have, of which `n_seen` had `n_distinct`. */
double wbi_need_distinct(double n_distinct, double n_seen, double n);

/* WB_ERR_NOMEM when `allowance`, less what is taken from it already, is below `bytes`: names the table's file, what needs
 * that much (`what`) and the limit. */
WB_WARN_UNUSED wb_status wbi_need_check(const wbi_allowance *allowance, size_t bytes, const char *file, const char *what,
                                        wb_error *err);

#endif
