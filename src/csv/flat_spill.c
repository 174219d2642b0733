/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flat files that are larger than the memory they may take: their numbers and categories go to a temporary file. */
#include <math.h>

#include "base/memory.h"
#include "csv/flat_batches.h"
#include "table/spill.h"

/* What the simplest training needs beside the table, at most: of a row, what it is in the fit; of a row and a thread, one column
 * and what is selected from it. */
enum { ROW_BYTES = 22, THREAD_ROW_BYTES = 32 };
/* The program; and a thread's batches, stripe, and blocks, which grow with the columns. */
enum { PROGRAM_BYTES = 12 << 20, THREAD_BYTES = 3 << 20, THREAD_COLUMN_BYTES = 64 << 10 };
static const double mebibyte = 1 << 20;

typedef struct need {
    double kept;    /* whatever lies elsewhere */
    double movable; /* numbers and categories */
} need;

static need need_of(const wbi_flat *flat, size_t n_rows)
{
    const double rows = (double)n_rows, threads = flat->n_threads, columns = (double)flat->n_columns;
    const double grown = flat->table->n_rows > 0 ? rows / (double)flat->table->n_rows : 1;
    need out = {PROGRAM_BYTES + threads * (THREAD_BYTES + columns * THREAD_COLUMN_BYTES) +
                    rows * (ROW_BYTES + threads * THREAD_ROW_BYTES),
                0};
    for (size_t k = 0; k < flat->n_columns; k++) {
        const wbi_column *column = &flat->table->columns[k];
        if (column->type == WB_TYPE_NUMBER)
            out.movable += rows * sizeof *column->numbers;
        else if (column->type == WB_TYPE_CATEGORY)
            out.movable += rows * sizeof *column->codes;
        else if (column->type == WB_TYPE_TIME)
            out.kept += rows * sizeof *column->times;
        else
            out.kept += rows * sizeof *column->offsets + grown * (double)column->offsets[column->length];
    }
    return out;
}

wb_status wbi_flat_keep_limit(wbi_flat *flat, size_t n_rows, wb_error *err)
{
    const double limit = (double)flat->limit_bytes;
    const need bytes = need_of(flat, n_rows);
    const bool spilled = flat->table->spill != NULL;
    if (limit == 0 || bytes.kept + (spilled ? 0 : bytes.movable) <= limit)
        return WB_OK;
    if (bytes.kept > limit) {
        const wb_status status = wbi_fail_at(
            err, WB_ERR_NOMEM, (wbi_where){.file = flat->path}, NULL, 0,
            "about %zu rows: about %.1f MiB of memory are needed, with numbers and categories in a temporary file, and no "
            "more than %.1f MiB are allowed",
            n_rows, bytes.kept / mebibyte, limit / mebibyte);
        wbi_advise(err, "--memory-limit %.0fM or more, fewer rows, or fewer threads would do", ceil(bytes.kept / mebibyte));
        return status;
    }
    wbi_log(flat->log, WB_LOG_INFO,
            "about %.0f MiB of memory would be needed for about %zu rows: numbers and categories are kept in a temporary file",
            ceil((bytes.kept + bytes.movable) / mebibyte), n_rows);
    WBI_TRY(wbi_spill_begin(flat->table, flat->path, err));
    flat->table->spill->limit_bytes = flat->limit_bytes;
    return WB_OK;
}

void wbi_flat_note_need(wbi_flat *flat)
{
    flat->table->spill->kept_bytes = (size_t)need_of(flat, flat->table->n_rows).kept;
}

/* ---- columns that turn out to be categories ---- */

/* The cells of `n` numbers as levels; *next: the first of the cells that were written. */
static wb_status push_levels(wbi_column *out, size_t *next, wbi_numbers numbers, size_t n, const wb_table *written,
                             wb_error *err)
{
    for (size_t row = 0; row < n; row++) {
        wbi_str cell = {NULL, 0};
        if (!isnan(wbi_numbers_at(numbers, row)))
            cell.data = wb_table_text(written, 0, (*next)++, &cell.length);
        WBI_TRY(wbi_typing_push_category(out, cell, err));
    }
    return WB_OK;
}

/* The stripes that were moved away, one by one; `levels` is left without rows. */
static wb_status convert_stripes(wb_table *table, size_t column, wbi_column *levels, size_t *next, const wb_table *written,
                                 wb_error *err)
{
    wb_status status = WB_OK;
    double *numbers = wbi_alloc_array(WBI_STRIPE_ROWS, sizeof *numbers);
    if (numbers == NULL)
        return wbi_fail_nomem(err, WBI_STRIPE_ROWS * sizeof *numbers);
    for (size_t stripe = 0; stripe < table->spill->n_stripes; stripe++) {
        table->columns[column].type = WB_TYPE_NUMBER;
        WBI_TRY_CLEANUP(wbi_spill_read(numbers, table, stripe, column, err));
        WBI_TRY_CLEANUP(push_levels(levels, next, (wbi_numbers){.wide = numbers}, WBI_STRIPE_ROWS, written, err));
        table->columns[column].type = WB_TYPE_CATEGORY;
        WBI_TRY_CLEANUP(wbi_spill_write(table, stripe, column, levels->codes, err));
        levels->length = 0;
    }
cleanup:
    table->columns[column].type = WB_TYPE_NUMBER;
    wbi_free(numbers);
    return status;
}

wb_status wbi_flat_become_category(wb_table *table, size_t column, const wb_table *written, wb_error *err)
{
    wb_status status;
    wb_table *other = NULL;
    wbi_column *from = &table->columns[column];
    size_t next = 0;
    WBI_TRY_CLEANUP(wbi_table_create(&other, err));
    WBI_TRY_CLEANUP(wbi_table_add_column(other, from->name, WB_TYPE_CATEGORY, NULL, err));
    if (table->spill != NULL)
        WBI_TRY_CLEANUP(convert_stripes(table, column, &other->columns[0], &next, written, err));
    WBI_TRY_CLEANUP(push_levels(&other->columns[0], &next, wbi_table_numbers(table, column), from->length, written, err));
    wbi_column numbers = *from;
    *from = other->columns[0];
    other->columns[0] = numbers;
cleanup:
    wb_table_free(other);
    return status;
}
