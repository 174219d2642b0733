/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A feature's column of a table as the scorer reads it, and a term's values, some rows at a time. */
#ifndef WINBACK_SCORE_FEATURE_COLUMN_H
#define WINBACK_SCORE_FEATURE_COLUMN_H

#include "score/scorer.h"

typedef struct wbi_feature_column {
    size_t column;          /* of the table */
    const double *numbers;
    const int32_t *codes;   /* of the table's levels */
    int32_t *level_of_code; /* what these are to the scorer; NULL: numbers */
} wbi_feature_column;

/* Finds it by name. An absent one, or one of another type, is WB_ERR_INCONSISTENT. The table is borrowed. */
WB_WARN_UNUSED wb_status wbi_feature_column_open(wbi_feature_column *out, const wb_scorer *scorer, size_t feature,
                                                 const wb_table *table, wb_error *err);
void wbi_feature_column_close(wbi_feature_column *column); /* safe on a zeroed one */
/* Rows [begin, begin + n): numbers where they lie, levels in `room`. Many threads may ask. */
wbi_score_column wbi_feature_column_rows(const wbi_feature_column *column, size_t begin, size_t n, int32_t *room);

/* The columns that a term reads. */
typedef struct wbi_term_columns {
    const wb_scorer *scorer;
    size_t term, n;
    wbi_feature_column columns[WBI_SCORER_READS];
    double made[WBI_SCORE_GROUP_ROWS];
    int32_t levels[WBI_SCORE_GROUP_ROWS]; /* of the only column, where it is a category */
} wbi_term_columns;

/* Likewise; to be closed also after a failure. */
WB_WARN_UNUSED wb_status wbi_term_columns_open(wbi_term_columns *out, const wb_scorer *scorer, size_t term, const wb_table *table,
                                               wb_error *err);
void wbi_term_columns_close(wbi_term_columns *columns); /* safe on a zeroed one */
/* The term's values of n <= WBI_SCORE_GROUP_ROWS rows, until the next call. */
wbi_score_column wbi_term_columns_rows(wbi_term_columns *columns, size_t begin, size_t n);

/* Who the rows are of: the column customer_id, or under another name the first text; and the cutoff, SIZE_MAX: none. */
WB_WARN_UNUSED wb_status wbi_find_key(size_t *id, size_t *cutoff, const wb_table *table, wb_error *err);

#endif
