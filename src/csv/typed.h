/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells to typed columns: what a column is, and what a cell that is not says. */
#ifndef WINBACK_CSV_TYPED_H
#define WINBACK_CSV_TYPED_H

#include "base/time.h"
#include "csv/reader.h"
#include "table/table.h"

/* Which numbers a column takes; none is missing. */
typedef struct wbi_typed_range {
    double least, most;
    const char *wanted; /* "a number from 0 to 1" */
} wbi_typed_range;

/* One wanted column of a file. */
typedef struct wbi_typed_column {
    const char *name;   /* column of the file */
    wb_type type;
    wbi_time_format time;   /* WB_TYPE_TIME */
    bool required;          /* a missing cell makes a bad row: "<name> is missing" */
    const wbi_typed_range *range; /* WB_TYPE_NUMBER: any other number makes a bad row, and so does a missing one; NULL: any will do */
} wbi_typed_column;

/* Adds the rows of `cells` to `table`, whose column k has the type of columns[k] and takes cell k. A cell that does not
 * parse goes to `bad` with file:line:column (column_numbers[k] is the 1-based place in the file). `keep`, when not
 * NULL, has n_rows bytes and receives 1 for rows that were added, 0 for bad ones. True, yes / false, no are 1 / 0 in
 * number columns (any case). An empty cell is missing in every type, quoted or not. A bad row leaves nothing behind,
 * not even a level. */
WB_WARN_UNUSED wb_status wbi_typed_append(wb_table *table, const wbi_cells *cells, const wbi_typed_column *columns,
                                          const size_t *column_numbers, char decimal, wbi_bad_rows *bad, uint8_t *keep,
                                          wb_error *err);

/* Which columns of a file are read: `choose`, given all their names (borrowed), clears wanted[k] for those that are not;
 * NULL: all are. */
typedef struct wbi_flat_choice {
    wb_status (*choose)(void *context, const char *const *names, size_t n, uint8_t *wanted, wb_error *err);
    void *context;
} wbi_flat_choice;

/* Where the rows of a table began: 4 bytes each, lines past UINT32_MAX as that. Zero-initialised it is empty; freed by
 * wbi_free(of). */
typedef struct wbi_row_lines {
    uint32_t *of;
    size_t n, capacity;
} wbi_row_lines;

/* A column of numbers, whatever its first cells are. */
typedef struct wbi_flat_number {
    const char *name; /* NULL: none; `choose` may set it */
    wbi_typed_range range;
} wbi_flat_number;

/* Reads a whole flat file: text_columns (may be absent) are text, `cutoff` a time, `categories` categories, `numbers` (may be
 * absent) numbers; every other column is a number when its first 10,000 cells that are not missing are (words such as true are not), else a
 * category; after that, other cells are bad rows. `categories` must be there. Memory: the table, four batches a thread
 * (wbi_csv_read_batches), and as they are written those cells of each column that decide what it is. */
typedef struct wbi_flat_options {
    const char *const *text_columns;
    size_t n_text_columns;
    const char *const *categories;
    size_t n_categories;
    const wbi_flat_number *numbers;
    size_t n_numbers;
    wbi_flat_choice only;
    wbi_row_lines *lines; /* NULL: not asked for */
    bool decimals; /* columns of short decimals are kept as such (wbi_column), but under a memory limit */
} wbi_flat_options;
WB_WARN_UNUSED wb_status wbi_typed_read_flat(wb_table **out, const char *path, const wbi_flat_options *flat,
                                             const wb_read_options *options, wb_error *err);

#endif
