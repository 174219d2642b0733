/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A feature's column in an Arrow batch: checked as far as that can be, then read as what the scorer takes. */
#ifndef WINBACK_SCORE_ARROW_COLUMN_H
#define WINBACK_SCORE_ARROW_COLUMN_H

#include <stdbool.h>

#include "score/scorer.h"

/* The batch, a struct array, as the parent of all columns. Borrowed. */
typedef struct wbi_arrow_batch {
    const struct ArrowSchema *schema;
    const struct ArrowArray *array;
    size_t n_rows, offset;
    const uint8_t *valid; /* NULL: all rows are there */
} wbi_arrow_batch;

typedef enum wbi_arrow_layout {
    WBI_ARROW_NUMBERS = 0,
    WBI_ARROW_BITS,
    WBI_ARROW_NOTHING, /* a column of nulls */
    WBI_ARROW_TEXT,    /* by offsets of 32 bits */
    WBI_ARROW_LARGE_TEXT,
    WBI_ARROW_TEXT_VIEW
} wbi_arrow_layout;

/* Values of one array. `offset` is that of row 0 of the batch. */
typedef struct wbi_arrow_values {
    wbi_arrow_layout layout;
    char format; /* of numbers */
    size_t offset, length;
    const uint8_t *valid;
    const void *data;          /* values, offsets or views */
    const char *bytes;         /* of texts by offsets */
    const void *const *buffers; /* of views */
    const int64_t *buffer_bytes;
    size_t n_buffers;
} wbi_arrow_values;

typedef struct wbi_arrow_column {
    const char *name; /* borrowed from the scorer */
    size_t feature;
    wbi_arrow_values values; /* of a dictionary: its indices */
    wbi_arrow_values levels;
    bool is_encoded;         /* by a dictionary */
    int32_t *codes;          /* of each entry of the dictionary; NULL: each row looks its own up */
} wbi_arrow_column;

/* Finds the column of a feature and checks it. Fails with WB_ERR_INCONSISTENT (not there, or of a type that does not suit),
 * WB_ERR_ARGUMENT (the structs contradict themselves) and WB_ERR_NOMEM. */
WB_WARN_UNUSED wb_status wbi_arrow_column_bind(wbi_arrow_column *out, const wb_scorer *scorer, size_t feature,
                                               const wbi_arrow_batch *batch, wb_error *err);
void wbi_arrow_column_clear(wbi_arrow_column *column); /* half-built-safe */

/* The values of n rows from `begin` on: where they lie, if they lie as doubles, else in `room` for n doubles. Fails with
 * WB_ERR_ARGUMENT where an offset or index leads nowhere. */
WB_WARN_UNUSED wb_status wbi_arrow_column_read(wbi_score_column *out, const wbi_arrow_column *column, const wb_scorer *scorer,
                                               const wbi_arrow_batch *batch, size_t begin, size_t n, double *room,
                                               wb_error *err);

#endif
