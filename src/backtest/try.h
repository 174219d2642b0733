/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model on the rows of a cutoff that it has not learned from. */
#ifndef WINBACK_BACKTEST_TRY_H
#define WINBACK_BACKTEST_TRY_H

#include <winback/backtest.h>

#include "base/error.h"

/* Rows to be tried, of a table that may hold others. */
typedef struct wbi_backtest_rows {
    size_t *rows;
    uint8_t *outcome;
    size_t n;
    double *scores;      /* of all rows of the table */
    double *probability; /* of those tried */
} wbi_backtest_rows;

/* Those of the cutoff whose label is known and, with `leave_out`, for which that is 0. */
WB_WARN_UNUSED wb_status wbi_backtest_rows_find(wbi_backtest_rows *out, const wb_table *table, const char *label_column,
                                                int64_t cutoff_us, const uint8_t *leave_out, wb_error *err);
void wbi_backtest_rows_clear(wbi_backtest_rows *rows);

/* Figures of the model on them; `table` has the rows that they were found in. `trial` takes what is told of the AUC's
 * uncertainty and may be NULL. */
WB_WARN_UNUSED wb_status wbi_backtest_try(wb_metrics *out, wb_backtest_trial *trial, const wbi_backtest_rows *rows,
                                          const wb_model *model, const wb_table *table, const wb_backtest_options *options,
                                          wb_error *err);

#endif
