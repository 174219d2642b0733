/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two tables of features, row by row. */
#ifndef WINBACK_AUDIT_COMPARE_H
#define WINBACK_AUDIT_COMPARE_H

#include <winback/audit.h>

#include "features/plan.h"

/* What differs so far: one entry for the population, then one for each feature of the plan, n_rows 0 where nothing does. */
typedef struct wbi_comparison {
    const wbi_plan *plan;
    wb_moved_feature *moved;
    uint64_t n_rows; /* compared */
} wbi_comparison;

WB_WARN_UNUSED wb_status wbi_comparison_create(wbi_comparison *out, const wbi_plan *plan, wb_error *err);
/* Adds the rows of one cutoff. Both tables are ordered as wb_engine_features orders them, and have the plan's features
 * behind customer_id and cutoff; labels behind them count for nothing. Numbers differ when they are not equal to the last
 * bit. A customer that only one of them has differs in the population alone. */
void wbi_comparison_add(wbi_comparison *comparison, const wb_table *before, const wb_table *after, int64_t cutoff_us);
/* Moves what differs to `moved`, ended by n. */
void wbi_comparison_finish(wbi_comparison *comparison, wb_moved_feature **moved, size_t *n);
void wbi_comparison_clear(wbi_comparison *comparison);

#endif
