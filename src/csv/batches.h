/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files to batches of typed rows, in parallel: regular rows are told apart and converted many at a time, straight from
 * the bytes; a row that is not regular, or that holds a cell of another kind than wanted, is read by libcsv as wbi_csv_next
 * and wbi_typed_append would. Which of the two read a row cannot be seen in what comes out. */
#ifndef WINBACK_CSV_BATCHES_H
#define WINBACK_CSV_BATCHES_H

#include "csv/typed.h"
#include "table/packed.h"

/* A bad row that stood before row `before` of the batch (or behind its last one). */
typedef struct wbi_batch_bad {
    size_t before, line;
    const wb_error *error; /* of all but the first few of a batch only the file is told */
    wbi_str raw;
    bool has_cells; /* one of them is not what it should be; else they could not be told apart */
} wbi_batch_bad;

/* Rows of one file in the order in which they stand. Column k is what columns[k] wants; categories and texts are
 * WBI_PACKED_CODES over dictionaries of the batch's own, in which a level may stand more than once. */
typedef struct wbi_batch {
    wbi_packed_rows *rows; /* its taker may change the values */
    const wbi_typed_column *columns; /* as they were wanted when it was typed */
    const char *file;
    const wbi_batch_bad *bad;
    size_t n_bad;
    size_t n_bytes; /* of the file, about; 0 when rows came one by one */
    size_t slot;    /* below wbi_batch_n_slots; no other batch has it before this one has been given */
    struct wbi_batch_memory *memory;
} wbi_batch;

/* The bytes of a row as they stand in the file, without the line end; the line where it begins. Borrowed from the batch. */
wbi_str wbi_batch_raw(const wbi_batch *batch, size_t row);
size_t wbi_batch_line(const wbi_batch *batch, size_t row);

/* What is read: as for wbi_typed_append. */
typedef struct wbi_batch_options {
    const wbi_typed_column *columns;
    const size_t *column_numbers;
    size_t n_columns;
    int n_threads;
    size_t chunk_bytes; /* at most 1 MiB, as a cell; 0: the usual size; what comes out does not depend on it */
    bool words_are_text; /* true, yes, false, no are not numbers */
    wbi_packing numbers; /* how narrow they are, if they can be */
    /* Works on a batch where it was typed, many of them at once, before it is given in its turn; NULL: nothing is to be done. */
    wb_status (*work)(void *context, const wbi_batch *batch, wb_error *err);
} wbi_batch_options;

/* How many batches there are at most between typing and giving. */
size_t wbi_batch_n_slots(int n_threads);

/* Takes one batch, in the calling thread; the batch is borrowed during the call. It may change the types of the options'
 * columns: batches hold them sooner or later, the first of them those of the types before. */
typedef wb_status (*wbi_batch_fn)(void *context, const wbi_batch *batch, wb_error *err);

/* Reads the rows of all files of `reader`, whose wanted cells are those of `options`, and gives them batch by batch in
 * their order. Memory: four batches a thread of about 128 KiB of the file each, or the longest row. */
WB_WARN_UNUSED wb_status wbi_csv_read_batches(wbi_csv_reader *reader, const wbi_batch_options *options, wbi_batch_fn fn,
                                              void *context, wb_error *err);

#endif
