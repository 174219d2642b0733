/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of cells of one input: libcsv, fed one physical line at a time, so that every row has a line and every error a
 * place; and runs of blanks, split without it. */
#ifndef WINBACK_CSV_ROWS_H
#define WINBACK_CSV_ROWS_H

#include <csv.h>

#include "csv/lines.h"
#include "csv/reader.h"

/* Takes one cell of the row that is being read, in order; borrowed during the call. data is NULL when the cell is empty
 * and not quoted. */
typedef void (*wbi_cell_fn)(void *context, size_t cell, wbi_str bytes);

typedef struct wbi_rows {
    wbi_lines lines;
    const wbi_dialect *dialect;
    bool blank_is_row; /* a blank line is a row of one missing cell (one-column files), else it vanishes */
    wbi_cell_fn take;
    void *context;
    struct csv_parser parser;
    size_t n_cells;   /* finished cells of the row */
    size_t long_cell; /* the first one that is too long, counted from 1; 0: none */
    size_t cell_line; /* where the unfinished cell began */
    bool finished;    /* the row has ended */
    wb_error wrong;
} wbi_rows;

typedef struct wbi_row {
    wbi_str raw;           /* without the line end; borrowed until the next row */
    size_t line;           /* where it begins; 0: there are no more rows */
    size_t n_cells;
    const wb_error *wrong; /* why its cells cannot be told apart, else NULL */
} wbi_row;

/* The dialect is borrowed. `rows` may then be closed, also after a failure. */
WB_WARN_UNUSED wb_status wbi_rows_open(wbi_rows *rows, const char *path, const wbi_dialect *dialect,
                                       wbi_csv_sizes sizes, wb_error *err);
void wbi_rows_close(wbi_rows *rows); /* safe on a zeroed struct, and twice */
/* Rows of bytes in memory: first the dialect, then, as often as wanted, the bytes, the first line of which is number
 * `first_line` of `file`. All are borrowed. */
void wbi_rows_start(wbi_rows *rows, const wbi_dialect *dialect);
void wbi_rows_over(wbi_rows *rows, wbi_str bytes, const char *file, size_t first_line);
/* The next row that is not a comment. An error of the quotes within one line is a wrong row, reading can go on; a quote
 * that opens on one line and does not close properly on another leaves nothing to go on with and fails. */
WB_WARN_UNUSED wb_status wbi_rows_next(wbi_rows *rows, wbi_row *row, wb_error *err);

/* The next cell of a row as it stands in the file, quotes included; *offset begins at 0. False when there is none. */
bool wbi_raw_cell(wbi_str *cell, wbi_str raw, size_t *offset, char delimiter);

/* Bytes that are no text: fills *err with the place of the first NUL or byte that is not UTF-8, and returns false. */
bool wbi_row_is_text(const wbi_row *row, const wbi_rows *rows, wb_error *err);

#endif
