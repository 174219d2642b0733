/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What everybody can tell without a model: how long ago the customer was last seen. */
#ifndef WINBACK_BACKTEST_RECENCY_H
#define WINBACK_BACKTEST_RECENCY_H

#include "features/engine.h"
#include "features/features.h"
#include "table/table.h"

/* Features of one number, beside key and label; rows are those of the features that they were made of, which they borrow. */
typedef struct wbi_recency {
    wb_features features; /* without definitions */
    wb_table table;
    wbi_column columns[4]; /* customer_id, cutoff, days_since_last, the label */
} wbi_recency;

/* The table whose events count: the population's, or the label's where that has no time; else the first with time, WBI_NONE
 * without any. */
size_t wbi_recency_table(const wb_engine *engine);

/* Days from the last event of `table` known at the row's cutoff to that cutoff, missing without one. `features` are the
 * engine's, with the label's column; *out must not be moved. */
WB_WARN_UNUSED wb_status wbi_recency_make(wbi_recency *out, const wb_engine *engine, size_t table, const wb_features *features,
                                          const char *label_column, wb_error *err);
void wbi_recency_clear(wbi_recency *recency);

#endif
