/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All events of a project in memory, bucketed by customer and in canonical order. */
#ifndef WINBACK_EVENTS_EVENTS_H
#define WINBACK_EVENTS_EVENTS_H

#include "events/binding.h"
#include "events/owners.h"
#include "table/packed.h"

typedef struct wbi_event_table {
    const wbi_binding *binding;
    wbi_packed_rows rows; /* customer (no values: `owners`), time (if any), the binding's columns */
    wbi_owners owners;    /* until they are arranged */
    size_t *first;   /* rows of customer c: [first[c], first[c + 1]); n_customers + 1 of them */
    wbi_source_counts counts;
    uint64_t n_after_end;
    int64_t first_us, last_us; /* WB_TIME_MISSING without rows or time */
    uint64_t n_odd;            /* rows before the year 1900 or after 2199 */
    int64_t first_odd_us;      /* time, customer (a code) and place of the first of them */
    int32_t first_odd_customer;
    size_t first_odd_line;
    char first_odd_file[256];
} wbi_event_table;

/* Customers are numbered by the order of their ids' bytes. */
typedef struct wbi_events {
    wbi_dictionary *customers;
    int32_t *code_of; /* by customer: code in `customers` */
    size_t n_customers;
    wbi_event_table *tables;
    size_t n_tables;
} wbi_events;

/* How much memory may be used, and how much of it is taken by other things already. */
typedef struct wbi_allowance {
    size_t limit_bytes; /* 0: no limit */
    size_t taken_bytes;
} wbi_allowance;

/* Reads the rows of all tables; `bindings` and `sources` are borrowed, the former for the events' life.
 * WB_ERR_NOMEM as soon as the rows that were read say that all will need more than `allowance` (events/need.h). */
WB_WARN_UNUSED wb_status wbi_events_read(wbi_events *events, const wbi_binding *const *bindings,
                                         wbi_source *const *sources, size_t n, const wbi_allowance *allowance,
                                         wb_error *err);
/* Drops rows at or after `until_us` (counted) and rows without a customer, and puts the others in canonical order: by
 * customer, time, group_by value, then the values of the declared columns in the order of their names (numbers and
 * times by value, text by bytes, missing first), then of the other columns that were read. So neither the order of the
 * input nor the choice of features changes a sum; views order ties anew by what was known. Memory: one more copy of one
 * column at a time. */
WB_WARN_UNUSED wb_status wbi_events_arrange(wbi_events *events, int64_t until_us, int n_threads, wb_error *err);
void wbi_events_clear(wbi_events *events); /* frees what it holds */

#endif
