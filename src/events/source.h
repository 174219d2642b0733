/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One table of the project as it lies on disk: its files, its header, its rows as typed columns. */
#ifndef WINBACK_EVENTS_SOURCE_H
#define WINBACK_EVENTS_SOURCE_H

#include "csv/batches.h"
#include "project/project.h"
#include "table/packed.h"

typedef struct wbi_source wbi_source;

/* Opens the table's files and reads the header. The definition is borrowed for the source's life; a dialect it does not
 * say comes from `options`, whose strings are borrowed too. Bad rows are kept beside those of `bad`, which must outlive the
 * source and be finished after it was read. */
WB_WARN_UNUSED wb_status wbi_source_open(wbi_source **out, const wbi_table_def *def, wbi_bad_rows *bad,
                                         const wb_read_options *options, wb_error *err);
void wbi_source_close(wbi_source *source); /* NULL-safe */

bool wbi_source_has(const wbi_source *source, const char *column);
/* The file's column that is spelled like `column` but for case, blanks, - and _; NULL when there is none. Borrowed. */
const char *wbi_source_alike(const wbi_source *source, const char *column);
/* WB_ERR_INCONSISTENT: the file has no such column, with the nearest spelling. */
wb_status wbi_source_no_column(const wbi_source *source, const char *column, wb_error *err);

typedef struct wbi_source_counts {
    uint64_t n_rows, n_bad, n_without_key;
    size_t aside_bytes; /* memory that reading takes beside the rows that it hands over */
} wbi_source_counts;

/* Takes a batch, the next rows of a few hundred KiB of the file, behind those that are in the table already; it may change
 * them. `n_expected`: how many there will have been in all, as far as that can be told, else 0. */
typedef wb_status (*wbi_rows_fn)(void *context, const wbi_batch *batch, size_t n_expected, wb_error *err);
typedef struct wbi_rows_taker {
    wbi_rows_fn take;
    void *context;
} wbi_rows_taker;

/* Reads all rows into `rows`, which has no columns yet. Its column 0 becomes the customer (a category over `customers`),
 * column 1 the time when the table has one, then columns[0..n). Rows without a customer have code -1 and are counted;
 * in a table without time a second row of a customer is a bad row. With a `taker` (NULL: without) it depends on that which
 * rows are appended. */
WB_WARN_UNUSED wb_status wbi_source_read(wbi_source *source, wbi_packed_rows *rows, wbi_dictionary *customers,
                                         const wbi_typed_column *columns, size_t n, wbi_source_counts *counts,
                                         const wbi_rows_taker *taker, wb_error *err);

#endif
