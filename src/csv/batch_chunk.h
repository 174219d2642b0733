/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How one batch is filled: from a chunk of regular rows, column by column, or row by row. */
#ifndef WINBACK_CSV_BATCH_CHUNK_H
#define WINBACK_CSV_BATCH_CHUNK_H

#include "csv/arena.h"
#include "csv/batches.h"
#include "csv/reader_rows.h"
#include "csv/scan.h"
#include "csv/typed_rows.h"

enum { WBI_BATCH_ERRORS = 6 };

typedef struct wbi_batch_memory {
    const wbi_csv_reader *reader; /* what does not change while it reads: header, dialect, wanted columns */
    wbi_typing typing;
    const size_t *wanted; /* by column of the batch: column of the file */
    size_t n_columns;     /* of the batch */

    wb_table *rows;
    const char *file;
    wbi_str *raws;  /* by row */
    size_t *lines;  /* by row; NULL when a chunk was read, whose lines are counted when somebody asks */
    wbi_batch_bad *bad;
    size_t n_bad, bad_capacity;
    wb_error errors[WBI_BATCH_ERRORS + 1]; /* of the first bad rows, and one for all others */

    wbi_chunk chunk;
    wbi_marks marks;
    uint8_t *states; /* by row of the chunk */
    size_t marks_capacity, rows_capacity;
    wbi_buffer text; /* of a cell whose doubled quotes are undone */

    size_t *own_lines; /* `lines` when rows come one by one */
    size_t lines_capacity, raws_capacity;
    wbi_arena arena;
    wbi_parsed *values; /* of one row */
    bool *listed;       /* by column: its levels are listed, not looked up */
    size_t *n_levels;   /* by column: of the chunk before */
} wbi_batch_memory;

WB_WARN_UNUSED wb_status wbi_batch_create(wbi_batch_memory *m, const wbi_csv_reader *reader,
                                          const wbi_batch_options *options, wb_error *err);
void wbi_batch_free(wbi_batch_memory *m); /* safe on a zeroed struct */

/* Types the rows of m->chunk. What is doubtful is judged by *judge, made when it is first needed. */
WB_WARN_UNUSED wb_status wbi_batch_type_chunk(wbi_batch_memory *m, wbi_csv_reader **judge, wb_error *err);

/* Begins a batch of single rows, and adds one. */
void wbi_batch_begin_rows(wbi_batch_memory *m);
WB_WARN_UNUSED wb_status wbi_batch_add_row(wbi_batch_memory *m, const wbi_judged *judged, wb_error *err);

/* The line at which `at`, in the chunk, stands. */
size_t wbi_chunk_line(const wbi_chunk *chunk, const char *at);

#endif
