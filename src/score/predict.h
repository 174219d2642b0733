/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model bound to a table: once to its columns, then any range of its rows, again as the table is refilled. */
#ifndef WINBACK_SCORE_PREDICT_H
#define WINBACK_SCORE_PREDICT_H

#include <winback/score.h>

#include "design/basis.h"

typedef struct wbi_predictor wbi_predictor;

/* Finds the model's columns in the table by name; see wb_score_table for what can fail. Model and table are borrowed.
 * `n_workers`: how many threads may score at once. */
WB_WARN_UNUSED wb_status wbi_predictor_create(wbi_predictor **out, const wb_model *model, const wb_table *table,
                                              int n_workers, wb_error *err);
void wbi_predictor_free(wbi_predictor *predictor); /* NULL-safe */
/* After the table has been refilled: takes in what its dictionaries have learned. Not while rows are being scored. */
WB_WARN_UNUSED wb_status wbi_predictor_refresh(wbi_predictor *predictor, wb_error *err);
/* probability[i] of row begin + i, for i < end - begin; counts are added to `tally`. A row's bits depend on its cells
 * alone. `worker` < n_workers; different workers may run at once. */
WB_WARN_UNUSED wb_status wbi_predictor_rows(const wbi_predictor *predictor, double *probability, size_t begin,
                                            size_t end, int worker, wbi_encoder_tally *tally, wb_error *err);
/* Columns of a table that are neither key nor label nor read by the model. */
uint64_t wbi_n_ignored_columns(const wb_model *model, const wb_table *table);

#endif
