/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the rows of cells are put into a table: what wbi_typed_append and wbi_typed_read_flat share. */
#ifndef WINBACK_CSV_TYPED_ROWS_H
#define WINBACK_CSV_TYPED_ROWS_H

#include "csv/typed.h"

typedef struct wbi_typing {
    const wbi_typed_column *columns; /* of the table, and of the cells */
    const size_t *column_numbers;    /* 1-based place in the file */
    char decimal;
    bool words; /* true, yes, false, no are numbers */
} wbi_typing;

/* A number or a time that a cell holds. */
typedef union wbi_parsed {
    double number;
    int64_t time_us;
} wbi_parsed;

/* Whether the cell holds what column `k` wants; numbers and times are kept in *value. */
bool wbi_typing_parse(wbi_parsed *value, wbi_str cell, size_t k, const wbi_typing *typing);
/* The same of all cells of a row; false, with *wrong (when not NULL) filled, when one of them is not what it should be. */
bool wbi_typing_parse_row(wbi_parsed *values, const wbi_cells *cells, size_t row, const wbi_typing *typing,
                          wb_error *wrong);
/* Puts what was parsed at the end of a column. */
WB_WARN_UNUSED wb_status wbi_typing_push(wbi_column *column, wbi_parsed value, wbi_str cell, wb_error *err);

/* As wbi_typed_append. */
WB_WARN_UNUSED wb_status wbi_typing_append(wb_table *table, const wbi_cells *cells, const wbi_typing *typing,
                                           wbi_bad_rows *bad, uint8_t *keep, wb_error *err);

/* The level of a cell, missing when it is empty, at the end of a category column. */
WB_WARN_UNUSED wb_status wbi_typing_push_category(wbi_column *column, wbi_str cell, wb_error *err);

#endif
