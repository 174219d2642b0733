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

/* As wbi_typed_append. */
WB_WARN_UNUSED wb_status wbi_typing_append(wb_table *table, const wbi_cells *cells, const wbi_typing *typing,
                                           wbi_bad_rows *bad, uint8_t *keep, wb_error *err);

/* The level of a cell, missing when it is empty, at the end of a category column. */
WB_WARN_UNUSED wb_status wbi_typing_push_category(wbi_column *column, wbi_str cell, wb_error *err);

#endif
