/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores as CSV: the same lines whether the features came from a file or from memory. */
#ifndef WINBACK_SCORE_PRINT_H
#define WINBACK_SCORE_PRINT_H

#include <winback/score.h>

#include "base/buffer.h"
#include "table/table.h"

/* The columns of a table that are written beside the probability. */
typedef struct wbi_score_key {
    size_t id;     /* text */
    size_t cutoff; /* time; SIZE_MAX: none */
} wbi_score_key;

/* The k-th model's probability of row `row` is values[k * stride + row]. */
typedef struct wbi_scores {
    const double *values;
    size_t n_models, stride;
} wbi_scores;

/* WB_ERR_ARGUMENT where there is no model, or names are missing, not plain, or not distinct. */
WB_WARN_UNUSED wb_status wbi_score_check(const wb_score_models *models, wb_error *err);
WB_WARN_UNUSED wb_status wbi_score_header(wbi_buffer *buffer, const wbi_score_key *key, const wb_score_models *models,
                                          wb_error *err);
/* Rows [begin, end) of the table. */
WB_WARN_UNUSED wb_status wbi_score_rows(wbi_buffer *buffer, const wb_table *table, const wbi_score_key *key,
                                        const wbi_scores *scores, size_t begin, size_t end, wb_error *err);

#endif
