/* SPDX-License-Identifier: GPL-3.0-or-later */
/* group_by: the lines of one customer with one value become one event. */
#ifndef WINBACK_EVENTS_ROLLUP_H
#define WINBACK_EVENTS_ROLLUP_H

#include "expr/expr.h"
#include "project/project.h"

typedef struct wbi_rollup wbi_rollup;

WB_WARN_UNUSED wb_status wbi_rollup_create(wbi_rollup **out, wb_error *err);
void wbi_rollup_free(wbi_rollup *rollup); /* NULL-safe */

/* The lines of some customers, ordered by customer, then time. */
typedef struct wbi_event_lines {
    const wbi_str *groups; /* a missing value is a value too */
    const int64_t *times;
    const size_t *starts; /* the first line of customer c, of n_customers */
    size_t n_customers;
    const wbi_vector *vectors; /* by slot; those of order_by are used */
    const size_t *order_by;    /* slots that order the lines of an event before their time does, most significant first */
    size_t n_order_by;
    const int64_t *event_times; /* rolled up by `event_agg`, where that is not missing, the event's time; NULL: none */
    wbi_aggregate event_agg;
} wbi_event_lines;

/* Finds the groups. An event is at its earliest line's time unless event_times say otherwise; events are ordered by time,
 * then value bytes. */
WB_WARN_UNUSED wb_status wbi_rollup_lines(wbi_rollup *rollup, const wbi_event_lines *lines, wb_error *err);
/* Rolls the lines' values up in place; an event's values are of type wbi_rollup_type. Sum (the default of numbers), mean,
 * min and max are of the values that are not missing, in the order of lines, missing when all are; count and distinct are
 * numbers of such values; first (the default of anything else) and last are that line's value, missing or not: of several
 * lines in first place the least, in last place the greatest (missing, then by value or bytes). */
void wbi_rollup_values(wbi_rollup *rollup, wbi_aggregate agg, wbi_expr_type type, void *values);
/* How many numbers came to more than a double holds since wbi_rollup_lines; they are missing. */
size_t wbi_rollup_n_overflows(const wbi_rollup *rollup);
wbi_expr_type wbi_rollup_type(wbi_aggregate agg, wbi_expr_type type);
/* Replaces lines by events in `times` and `starts`; returns the number of events. */
size_t wbi_rollup_finish(const wbi_rollup *rollup, int64_t *times, size_t *starts);

#endif
