/* SPDX-License-Identifier: GPL-3.0-or-later */
/* group_by: the lines of one customer with one value become one event, at its earliest line's time. */
#ifndef WINBACK_EVENTS_ROLLUP_H
#define WINBACK_EVENTS_ROLLUP_H

#include "expr/expr.h"

typedef struct wbi_rollup wbi_rollup;

WB_WARN_UNUSED wb_status wbi_rollup_create(wbi_rollup **out, wb_error *err);
void wbi_rollup_free(wbi_rollup *rollup); /* NULL-safe */

/* Finds the groups of the lines, which are ordered by customer, then time: starts[c] is the first line of customer c, of
 * n_customers; groups[line] the value (a missing one is a value too). Events are ordered by time, then value bytes. */
WB_WARN_UNUSED wb_status wbi_rollup_lines(wbi_rollup *rollup, const wbi_str *groups, const int64_t *times,
                                          const size_t *starts, size_t n_customers, wb_error *err);
/* Rolls the lines' values up in place: numbers to the sum of those that are not missing, in the order of lines (missing
 * when all are); anything else to the value of the earliest line, of several at that time the least (missing, then by
 * value or bytes). */
void wbi_rollup_values(wbi_rollup *rollup, wbi_expr_type type, void *values, const int64_t *times);
/* Replaces lines by events in `times` and `starts`; returns the number of events. */
size_t wbi_rollup_finish(const wbi_rollup *rollup, int64_t *times, size_t *starts);

#endif
