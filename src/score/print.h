/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores as CSV: the same lines whether the features came from a file or from memory. */
#ifndef WINBACK_SCORE_PRINT_H
#define WINBACK_SCORE_PRINT_H

#include "base/buffer.h"
#include "table/table.h"

/* The columns of a table that are written beside the probability. */
typedef struct wbi_score_key {
    size_t id;     /* text */
    size_t cutoff; /* time; SIZE_MAX: none */
} wbi_score_key;

WB_WARN_UNUSED wb_status wbi_score_header(wbi_buffer *buffer, const wbi_score_key *key, wb_error *err);
/* Rows [begin, end) of the table; probability[row] belongs to row `row`. */
WB_WARN_UNUSED wb_status wbi_score_rows(wbi_buffer *buffer, const wb_table *table, const wbi_score_key *key,
                                        const double *probability, size_t begin, size_t end, wb_error *err);

#endif
