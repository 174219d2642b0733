/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How one batch is filled: from a chunk of regular rows, column by column, or row by row. */
#ifndef WINBACK_CSV_BATCH_CHUNK_H
#define WINBACK_CSV_BATCH_CHUNK_H

#include "base/arena.h"
#include "csv/batches.h"
#include "csv/reader_rows.h"
#include "csv/scan.h"
#include "csv/typed_rows.h"

enum { WBI_BATCH_ERRORS = 6 };

/* What becomes of a row of a chunk. */
enum { WBI_ROW_VANISHED = 0, WBI_ROW_KEPT = 1, WBI_ROW_DOUBTFUL = 2, WBI_ROW_BAD = 3 };

typedef struct wbi_batch_memory {
    const wbi_csv_reader *reader; /* what does not change while it reads: header, dialect, wanted columns */
    wbi_typed_column *columns;
    wbi_typing typing;    /* of these */
    const size_t *wanted; /* by column of the batch: column of the file */
    size_t n_columns;     /* of the batch */
    wbi_packing numbers;

    wbi_packed_rows rows;
    const char *file;
    wbi_batch_bad *bad;
    size_t n_bad, bad_capacity;
    wb_error errors[WBI_BATCH_ERRORS + 1]; /* of the first bad rows, and one for all others */

    /* A chunk of rows; none when n_bytes is 0. */
    wbi_chunk chunk;
    wbi_marks marks;
    uint8_t *states;   /* by row of the chunk */
    uint32_t *origins; /* by row of the batch: its row of the chunk, which is the same when `all_kept` */
    bool all_kept;
    size_t marks_capacity, rows_capacity;
    wbi_buffer text; /* of a cell whose doubled quotes are undone */
    bool *listed;         /* by column: its levels are listed, not looked up */
    const char *counted;  /* the chunk's lines have been counted up to the one that begins here */
    size_t counted_line;

    /* Rows that came one by one. */
    wbi_str *raws;
    size_t *lines;
    size_t lines_capacity, raws_capacity;
    wbi_arena arena;
    wbi_parsed *values; /* of one row */
} wbi_batch_memory;

WB_WARN_UNUSED wb_status wbi_batch_create(wbi_batch_memory *m, const wbi_csv_reader *reader,
                                          const wbi_batch_options *options, wb_error *err);
void wbi_batch_free(wbi_batch_memory *m); /* safe on a zeroed struct */
/* Gives the columns the types of `columns`. */
WB_WARN_UNUSED wb_status wbi_batch_follow_types(wbi_batch_memory *m, const wbi_typed_column *columns, wb_error *err);

/* Types the rows of m->chunk. What is doubtful is judged by *judge, made when it is first needed. */
WB_WARN_UNUSED wb_status wbi_batch_type_chunk(wbi_batch_memory *m, wbi_csv_reader **judge, wb_error *err);

/* Begins a batch of single rows, and adds one. */
void wbi_batch_begin_rows(wbi_batch_memory *m);
WB_WARN_UNUSED wb_status wbi_batch_add_row(wbi_batch_memory *m, const wbi_judged *judged, wb_error *err);

/* The bytes of a row of the chunk, and the line at which a place in it stands: of places that are asked for one behind the
 * other, no line is counted twice. */
wbi_str wbi_chunk_row(const wbi_batch_memory *m, size_t row);
size_t wbi_chunk_line(wbi_batch_memory *m, const char *at);

/* Types the cells of the rows that are kept, and makes those rows doubtful of which one is not what it should be. */
WB_WARN_UNUSED wb_status wbi_batch_type_columns(wbi_batch_memory *m, wb_error *err);
/* The code of a level, which is added when it is new. */
WB_WARN_UNUSED wb_status wbi_batch_add_level(wbi_batch_memory *m, size_t k, wbi_str level, int32_t *code, wb_error *err);

#endif
