/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables whose numbers and categories lie in a temporary file: stripes of rows, in each of them one column behind the other.
 * Texts, times and levels stay in memory. Of a column that lies there, the table has no values; a view or a window has
 * some. */
#ifndef WINBACK_TABLE_SPILL_H
#define WINBACK_TABLE_SPILL_H

#include <stdbool.h>

#include "io/scratch.h"
#include "table/table.h"

enum { WBI_STRIPE_ROWS = 4096 };

/* While the table is made, the values of the last rows, less than a stripe, are the columns' own. */
struct wbi_spill {
    wbi_scratch *file;
    size_t n_rows, n_stripes; /* in the file */
    uint64_t *sums;           /* a hash of each stripe's column; capacity in stripes */
    size_t sums_capacity;
    size_t limit_bytes, kept_bytes; /* for whoever uses the table: what it may take, and what the simplest use will */
};

/* Moves the full stripes of a table in the making to a file beside `beside`. */
WB_WARN_UNUSED wb_status wbi_spill_begin(wb_table *table, const char *beside, wb_error *err);
/* Moves the stripes that have become full since. */
WB_WARN_UNUSED wb_status wbi_spill_go_on(wb_table *table, wb_error *err);
/* Moves the last rows. */
WB_WARN_UNUSED wb_status wbi_spill_end(wb_table *table, wb_error *err);
void wbi_spill_free(wbi_spill *spill); /* NULL-safe */

bool wbi_is_spilled(const wb_table *table, size_t column);
/* WB_ERR_ARGUMENT where any column is: for what wants all values at hand, named by `what`. Numbers are there as doubles then. */
WB_WARN_UNUSED wb_status wbi_table_in_memory(const wb_table *table, const char *what, wb_error *err);
size_t wbi_stripe_rows(const wb_table *table, size_t stripe);
/* The values of a column in one stripe: doubles or codes. */
WB_WARN_UNUSED wb_status wbi_spill_read(void *values, const wb_table *table, size_t stripe, size_t column, wb_error *err);
WB_WARN_UNUSED wb_status wbi_spill_write(wb_table *table, size_t stripe, size_t column, const void *values, wb_error *err);

/* A table that differs from another in that one column lies in memory. Valid as long as the other. */
typedef struct wbi_view {
    wb_table table;
    wbi_column *columns;
    void *values;
} wbi_view;
WB_WARN_UNUSED wb_status wbi_view_open(wbi_view *view, const wb_table *table, size_t column, wb_error *err);
void wbi_view_close(wbi_view *view); /* safe on a zeroed view */

/* A table of one stripe: row 0 is the stripe's first. Only the columns that were asked for have values. */
typedef struct wbi_stripe_window {
    wb_table table;
    const wb_table *of;
    const size_t *wanted;
    size_t n_wanted, stripe;
    wbi_column *columns;
    double *values;
} wbi_stripe_window;
/* `wanted` is borrowed. */
WB_WARN_UNUSED wb_status wbi_window_open(wbi_stripe_window *window, const wb_table *table, const size_t *wanted, size_t n_wanted,
                                         wb_error *err);
/* Makes it the stripe that the row lies in. */
WB_WARN_UNUSED wb_status wbi_window_move(wbi_stripe_window *window, size_t row, wb_error *err);
void wbi_window_close(wbi_stripe_window *window); /* safe on a zeroed window */

#endif
