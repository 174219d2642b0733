/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flat files: one row a customer (and cutoff), columns whose types the cells tell. Every undeclared column begins as a
 * number; as long as it may still turn out to be a category, its cells are remembered as they were written, so no row
 * is read twice and at most N_DECIDING cells a column (and one block) are held back. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "csv/typed_rows.h"

enum { N_DECIDING = 10000, BLOCK_ROWS = 4096 };

typedef struct flat_reader {
    wbi_paths paths;
    wbi_bad_rows *bad;
    wbi_csv_reader *csv;
    wbi_dialect dialect;
    size_t n_columns;
    wbi_typed_column *columns;
    size_t *indices, *numbers; /* 0, 1, … and 1, 2, … */
    wb_table *table;
    wb_table *written; /* per column: the cells of the table's rows as they were written, missing ones left out */
    bool *open;        /* per column: a number that may still become a category */
    size_t *n_seen;    /* per open column: cells that are not missing */
    uint8_t *keep;
} flat_reader;

static void close_flat(flat_reader *flat)
{
    wbi_csv_close(flat->csv);
    wbi_bad_rows_free(flat->bad);
    wbi_paths_free(&flat->paths);
    wb_table_free(flat->table);
    wb_table_free(flat->written);
    wbi_free(flat->columns);
    wbi_free(flat->indices);
    wbi_free(flat->numbers);
    wbi_free(flat->open);
    wbi_free(flat->n_seen);
    wbi_free(flat->keep);
}

static bool listed(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static wb_status open_file(flat_reader *flat, const char *path, const wbi_flat_options *wanted,
                           const wb_read_options *options, wb_error *err)
{
    flat->dialect = (wbi_dialect)WBI_DIALECT_INIT;
    flat->dialect.delimiter = options->delimiter;
    flat->dialect.decimal = options->decimal;
    flat->dialect.na = options->na;
    flat->dialect.n_na = options->n_na;
    WBI_TRY(wbi_paths_expand(&flat->paths, path, err));
    WBI_TRY(wbi_bad_rows_create(&flat->bad, options->on_error, options->rejects, options->log, err));
    WBI_TRY(wbi_csv_open(&flat->csv, &flat->paths, &flat->dialect, flat->bad, err));
    for (size_t i = 0; i < wanted->n_categories; i++)
        if (wbi_csv_find(flat->csv, wanted->categories[i]) == SIZE_MAX)
            return wbi_csv_no_column(flat->csv, wanted->categories[i], err);
    return WB_OK;
}

static wb_status allocate(flat_reader *flat, wb_error *err)
{
    size_t n = flat->n_columns = wbi_csv_n_columns(flat->csv);
    flat->columns = wbi_alloc_zeroed(n, sizeof *flat->columns);
    flat->indices = wbi_alloc_array(n, sizeof *flat->indices);
    flat->numbers = wbi_alloc_array(n, sizeof *flat->numbers);
    flat->open = wbi_alloc_array(n, sizeof *flat->open);
    flat->n_seen = wbi_alloc_zeroed(n, sizeof *flat->n_seen);
    flat->keep = wbi_alloc_array(BLOCK_ROWS, sizeof *flat->keep);
    if (flat->columns == NULL || flat->indices == NULL || flat->numbers == NULL || flat->open == NULL ||
        flat->n_seen == NULL || flat->keep == NULL)
        return wbi_fail_nomem(err, n * sizeof *flat->columns);
    WBI_TRY(wbi_table_create(&flat->table, err));
    return wbi_table_create(&flat->written, err);
}

static wb_status declare_columns(flat_reader *flat, const wbi_flat_options *wanted, wb_error *err)
{
    for (size_t k = 0; k < flat->n_columns; k++) {
        const char *name = wbi_csv_column(flat->csv, k);
        wb_type type = WB_TYPE_NUMBER;
        if (listed(name, wanted->text_columns, wanted->n_text_columns))
            type = WB_TYPE_TEXT;
        else if (strcmp(name, "cutoff") == 0)
            type = WB_TYPE_TIME;
        else if (listed(name, wanted->categories, wanted->n_categories))
            type = WB_TYPE_CATEGORY;
        flat->columns[k] = (wbi_typed_column){.name = name, .type = type};
        flat->open[k] = type == WB_TYPE_NUMBER;
        flat->indices[k] = k;
        flat->numbers[k] = k + 1;
        WBI_TRY(wbi_table_add_column(flat->table, name, type, NULL, err));
        WBI_TRY(wbi_table_add_column(flat->written, name, WB_TYPE_TEXT, NULL, err));
    }
    return wbi_csv_want(flat->csv, flat->indices, flat->n_columns, err);
}

/* Turns a column of numbers into the category of the same cells. */
static wb_status become_category(wbi_column *column, const wbi_column *written, wb_error *err)
{
    wb_status status;
    wb_table *other = NULL;
    WBI_TRY_CLEANUP(wbi_table_create(&other, err));
    WBI_TRY_CLEANUP(wbi_table_add_column(other, column->name, WB_TYPE_CATEGORY, NULL, err));
    for (size_t row = 0, i = 0; row < column->length; row++) {
        wbi_str cell = {NULL, 0};
        if (!isnan(column->numbers[row])) {
            cell.data = written->bytes + written->offsets[i];
            cell.length = (size_t)(written->offsets[i + 1] - written->offsets[i]);
            i++;
        }
        WBI_TRY_CLEANUP(wbi_typing_push_category(&other->columns[0], cell, err));
    }
    wbi_column numbers = *column;
    *column = other->columns[0];
    other->columns[0] = numbers;
cleanup:
    wb_table_free(other);
    return status;
}

/* Looks at a block's cells of an open column, until it is decided. */
static wb_status decide(flat_reader *flat, size_t k, const wbi_cells *cells, wb_error *err)
{
    for (size_t row = 0; row < cells->n_rows && flat->open[k]; row++) {
        double value;
        wbi_str cell = cells->cells[row * cells->n_wanted + k];
        if (cell.length == 0)
            continue;
        if (!wbi_double_read(&value, cell.data, cell.length, flat->dialect.decimal)) {
            flat->open[k] = false;
            flat->columns[k].type = WB_TYPE_CATEGORY;
            return become_category(&flat->table->columns[k], &flat->written->columns[k], err);
        }
        flat->n_seen[k]++;
        flat->open[k] = flat->n_seen[k] < N_DECIDING;
    }
    return WB_OK;
}

/* Remembers the cells of an open column in the rows that were kept. */
static wb_status remember(flat_reader *flat, size_t k, const wbi_cells *cells, wb_error *err)
{
    for (size_t row = 0; row < cells->n_rows; row++) {
        wbi_str cell = cells->cells[row * cells->n_wanted + k];
        if (flat->keep[row] && cell.length > 0)
            WBI_TRY(wbi_column_push_text(&flat->written->columns[k], cell.data, cell.length, err));
    }
    return WB_OK;
}

static wb_status read_rows(flat_reader *flat, const wb_log *log, wb_error *err)
{
    wbi_typing typing = {flat->columns, flat->numbers, flat->dialect.decimal, false};
    for (;;) {
        const wbi_cells *cells;
        WBI_TRY(wbi_csv_next(flat->csv, BLOCK_ROWS, &cells, err));
        if (cells->n_rows == 0)
            return WB_OK;
        for (size_t k = 0; k < flat->n_columns; k++)
            WBI_TRY(decide(flat, k, cells, err));
        WBI_TRY(wbi_typing_append(flat->table, cells, &typing, flat->bad, flat->keep, err));
        for (size_t k = 0; k < flat->n_columns; k++)
            if (flat->open[k])
                WBI_TRY(remember(flat, k, cells, err));
        WBI_TRY(wbi_progress(log, "read", flat->table->n_rows, 0, err));
    }
}

wb_status wbi_typed_read_flat(wb_table **out, const char *path, const wbi_flat_options *wanted,
                              const wb_read_options *options, wb_error *err)
{
    wb_status status;
    flat_reader flat = {0};
    *out = NULL;
    WBI_TRY_CLEANUP(open_file(&flat, path, wanted, options, err));
    WBI_TRY_CLEANUP(allocate(&flat, err));
    WBI_TRY_CLEANUP(declare_columns(&flat, wanted, err));
    WBI_TRY_CLEANUP(read_rows(&flat, options->log, err));
    WBI_TRY_CLEANUP(wbi_bad_rows_finish(flat.bad, err));
    *out = flat.table;
    flat.table = NULL;
cleanup:
    close_flat(&flat);
    return status;
}
