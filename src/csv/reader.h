/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells of CSV files: the only home of libcsv. A reader takes one file after the other (all must have the same header)
 * and gives blocks of rows whose wanted cells are byte runs with their position. */
#ifndef WINBACK_CSV_READER_H
#define WINBACK_CSV_READER_H

#include <stdbool.h>
#include <winback/table.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "io/input.h"

/* How a file is written. Strings are borrowed for the life of the reader. */
typedef struct wbi_dialect {
    char delimiter;        /* ' ': runs of blanks and tabs, leading ones ignored, no quotes */
    char comment;          /* lines starting with it are skipped; '\0': none */
    char decimal;          /* '.' or ',' */
    bool strict_quotes;    /* a quote inside an unquoted cell, or text after a closing quote, is an error */
    bool header;           /* the first row names the columns */
    const char *const *names; /* without a header: the names */
    size_t n_names;
    const char *const *na; /* words that mean missing, in unquoted cells only; the empty unquoted cell always does */
    size_t n_na;
} wbi_dialect;

#define WBI_DIALECT_INIT {',', '\0', '.', true, true, NULL, 0, NULL, 0}

/* What to do with bad rows, and what became of them; shared by everything that reads one table. */
typedef struct wbi_bad_rows wbi_bad_rows;
/* `rejects` and `log` are borrowed; the rejects file is opened at the first bad row, its header is the input's. */
WB_WARN_UNUSED wb_status wbi_bad_rows_create(wbi_bad_rows **out, wb_on_error policy, const char *rejects,
                                             const wb_log *log, wb_error *err);
/* For a table of which no row may be left out: bad rows are errors, and no option is offered against them. */
WB_WARN_UNUSED wb_status wbi_bad_rows_create_strict(wbi_bad_rows **out, wb_error *err);
/* For another table, whose bad rows are dealt with as those of `first` and kept in the same file, below a header of their
 * own. `first` must outlive it and be finished last. */
WB_WARN_UNUSED wb_status wbi_bad_rows_create_beside(wbi_bad_rows **out, wbi_bad_rows *first, wb_error *err);
void wbi_bad_rows_free(wbi_bad_rows *bad); /* NULL-safe; an uncommitted rejects file vanishes */
/* Deals with one bad row that `row_error` describes: under FAIL copies it to err (with the advice to use --on-error)
 * and returns its code; else counts it, logs the first 5, keeps `raw` (the row's bytes) under REJECT, and returns
 * WB_OK. */
WB_WARN_UNUSED wb_status wbi_bad_rows_add(wbi_bad_rows *bad, const wb_error *row_error, wbi_str raw, wb_error *err);
uint64_t wbi_bad_rows_count(const wbi_bad_rows *bad);
/* Logs how many rows were left out in all, and commits the rejects file. */
WB_WARN_UNUSED wb_status wbi_bad_rows_finish(wbi_bad_rows *bad, wb_error *err);

/* One block of rows. Cell (row, k) is the k-th wanted column; missing cells have data == NULL. */
typedef struct wbi_cells {
    size_t n_rows, n_wanted;
    wbi_str *cells;   /* n_rows x n_wanted, row-major, borrowed until the next block */
    size_t *lines;    /* line where the row begins */
    wbi_str *raw;     /* under WB_ON_ERROR_REJECT the row's bytes as they stand in the file, without the line end */
    const char *file; /* the file they come from; a block never spans two */
} wbi_cells;

typedef struct wbi_csv_reader wbi_csv_reader;

/* Opens the first file and reads its header. An empty file, a duplicate column name, bytes that are not UTF-8 or a NUL
 * byte in the header are errors at their place. Paths, dialect and `bad` are borrowed for the reader's life. */
WB_WARN_UNUSED wb_status wbi_csv_open(wbi_csv_reader **out, const wbi_paths *paths, const wbi_dialect *dialect,
                                      wbi_bad_rows *bad, wb_error *err);
void wbi_csv_close(wbi_csv_reader *reader); /* NULL-safe */
size_t wbi_csv_n_columns(const wbi_csv_reader *reader);
const char *wbi_csv_column(const wbi_csv_reader *reader, size_t column); /* borrowed */
/* SIZE_MAX when there is none. */
size_t wbi_csv_find(const wbi_csv_reader *reader, const char *name);
/* The column whose name is `name` but for case, blanks, - and _; NULL when there is none. Borrowed. */
const char *wbi_csv_alike(const wbi_csv_reader *reader, const char *name);
/* WB_ERR_INCONSISTENT "file: no column 'x'" with the nearest spelling or the columns there are. */
wb_status wbi_csv_no_column(const wbi_csv_reader *reader, const char *name, wb_error *err);
/* Bytes of the file at hand; 0 when that is not known beforehand. */
size_t wbi_csv_file_bytes(const wbi_csv_reader *reader);
/* Which columns (indices) the blocks shall hold, in which order; before the first block. */
WB_WARN_UNUSED wb_status wbi_csv_want(wbi_csv_reader *reader, const size_t *columns, size_t n, wb_error *err);
/* The next block of at most `max_rows` (1 or more) rows; n_rows = 0 at the end. Bad rows (width, quotes, bytes, a
 * repeated header, a cell of more than 1 MiB) go to `bad`; a quote that is still open after its line and then never
 * properly closed, and a row of more than 64 MiB, fail whatever the policy. The cells are borrowed until the next call.
 * Memory: the longest row (at least 128 KiB) and one block, which ends early when its cells pass 32 MiB; both the same
 * however the input arrives. */
WB_WARN_UNUSED wb_status wbi_csv_next(wbi_csv_reader *reader, size_t max_rows, const wbi_cells **out, wb_error *err);

#endif
