/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the batches of a flat file become a table. A column that is neither declared nor decided is *open*: a number as far
 * as its cells tell, which may still turn out to be a category. Batches hold its cells as text; they are read in the order
 * of the rows, and remembered as they were written. Batches that were typed before a column was decided hold text too. */
#ifndef WINBACK_CSV_FLAT_BATCHES_H
#define WINBACK_CSV_FLAT_BATCHES_H

#include "csv/batches.h"
#include "csv/typed_rows.h"

/* What the texts of a batch are as numbers. Zero-initialised it may be freed. */
#define WBI_FLAT_NO_NUMBERS SIZE_MAX
typedef struct wbi_flat_texts {
    wbi_packed_rows numbers; /* by column of the batch */
    size_t *n_cells;         /* by column: those not missing; WBI_FLAT_NO_NUMBERS: one is no number, or it was not open */
} wbi_flat_texts;

/* Zero-initialised it may be freed. */
typedef struct wbi_flat {
    wbi_paths paths;
    size_t n_bytes; /* of all files as they lie there */
    wbi_dialect dialect;
    wbi_bad_rows *bad;
    wbi_csv_reader *csv;
    wbi_csv_reader *judge; /* NULL until a row must be looked at again */
    const wb_log *log;
    wbi_row_lines *lines; /* NULL: not asked for */
    const char *path;    /* as it was given; borrowed */
    size_t limit_bytes;  /* 0: none */
    int n_threads;
    bool decimals;

    size_t n_columns, n_deciding;
    wbi_typed_column *columns; /* as far as they are known: open ones are numbers */
    wbi_typed_column *batched; /* as batches are to hold them: open ones are text */
    size_t *numbers;           /* 1, 2, … as far as they are wanted */
    bool *undeclared;          /* was open at first */
    bool *open;
    size_t *n_seen;            /* per open column: cells that are not missing */
    wb_table *table;
    wb_table **written;        /* per open column: the cells of the table's rows, missing ones left out; NULL: none yet */
    wbi_flat_texts *texts;     /* by slot of the batches */
    size_t n_slots;
    size_t capacity;           /* rows for which the table has room */
    size_t n_sampled, sampled_bytes; /* rows whose bytes are known */

    /* Of the batch at hand. */
    bool any_unread;     /* some number is held as text */
    size_t *unread;      /* these columns, in their order, but for those without a cell */
    size_t n_unread;
    const wbi_flat_texts *settled; /* what these columns hold, as long as nothing else is to be said of the rows; else NULL */
    double *parsed;      /* what they hold, one column behind the other */
    size_t parsed_capacity;
    uint8_t *keep;       /* by row */
    size_t keep_capacity, n_dropped;
    int32_t *codes;      /* by level of the batch: the level of the table; -1: not looked up yet */
    size_t codes_capacity;
    wbi_parsed *values;  /* of one row */
} wbi_flat;

/* Takes a batch of the columns `batched`; `context` is the wbi_flat. */
WB_WARN_UNUSED wb_status wbi_flat_take(void *context, const wbi_batch *batch, wb_error *err);
void wbi_flat_free(wbi_flat *flat);

/* ---- flat_texts.c ---- */

/* Reads the columns of a batch that were open when it was typed; as `work` of the batches. */
WB_WARN_UNUSED wb_status wbi_flat_read_texts(void *context, const wbi_batch *batch, wb_error *err);
void wbi_flat_texts_free(wbi_flat_texts *texts);

/* ---- flat_spill.c ---- */

/* Sees to it that a table of so many rows, and a model of it, keep to the limit: moves numbers and categories to a temporary
 * file where they would not. WB_ERR_NOMEM where that is not enough. */
WB_WARN_UNUSED wb_status wbi_flat_keep_limit(wbi_flat *flat, size_t n_rows, wb_error *err);
/* Notes with the table, of which a part lies in a file, what it and the simplest training will take. */
void wbi_flat_note_need(wbi_flat *flat);
/* Turns a column of numbers into the category of the same cells, `written` without the missing ones. */
WB_WARN_UNUSED wb_status wbi_flat_become_category(wb_table *table, size_t column, const wb_table *written, wb_error *err);

#endif
