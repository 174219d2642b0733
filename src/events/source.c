/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events/source.h"

#include <string.h>

#include "base/memory.h"
#include "events/through.h"

enum { ROWS_A_BLOCK = 16384 };

struct wbi_source {
    const wbi_table_def *def;
    const wb_log *log;
    wbi_dialect dialect;
    wbi_paths paths;
    wbi_bad_rows *bad;
    wbi_csv_reader *reader;
    const wb_read_options *options;
};

static wbi_dialect choose_dialect(const wbi_table_def *def, const wb_read_options *options)
{
    if (def->dialect.said)
        return def->dialect.dialect;
    wbi_dialect dialect = WBI_DIALECT_INIT;
    dialect.delimiter = options->delimiter;
    dialect.decimal = options->decimal;
    dialect.na = options->na;
    dialect.n_na = options->n_na;
    return dialect;
}

wb_status wbi_source_open(wbi_source **out, const wbi_table_def *def, wbi_bad_rows *bad,
                          const wb_read_options *options, wb_error *err)
{
    if (def->file == NULL)
        return wbi_fail(err, WB_ERR_INCONSISTENT,
                        "table %s has no file (name one in the project: tables: {%s: {file: …}})", def->name, def->name);
    wbi_source *source = wbi_alloc_zeroed(1, sizeof *source);
    if (source == NULL)
        return wbi_fail_nomem(err, sizeof *source);
    source->def = def;
    source->options = options;
    source->log = options->log;
    source->dialect = choose_dialect(def, options);
    wb_status status;
    WBI_TRY_CLEANUP(wbi_paths_expand(&source->paths, def->file, err));
    WBI_TRY_CLEANUP(wbi_bad_rows_create_beside(&source->bad, bad, err));
    WBI_TRY_CLEANUP(wbi_csv_open(&source->reader, &source->paths, &source->dialect, source->bad, err));
    if (!wbi_source_has(source, def->customer))
        WBI_TRY_CLEANUP(wbi_source_no_column(source, def->customer, err));
    if (def->time != NULL && !wbi_source_has(source, def->time))
        WBI_TRY_CLEANUP(wbi_source_no_column(source, def->time, err));
    *out = source;
    return WB_OK;
cleanup:
    wbi_source_close(source);
    return status;
}

void wbi_source_close(wbi_source *source)
{
    if (source == NULL)
        return;
    wbi_csv_close(source->reader);
    wbi_bad_rows_free(source->bad);
    wbi_paths_free(&source->paths);
    wbi_free(source);
}

bool wbi_source_has(const wbi_source *source, const char *column)
{
    return wbi_csv_find(source->reader, column) != SIZE_MAX;
}

wb_status wbi_source_no_column(const wbi_source *source, const char *column, wb_error *err)
{
    return wbi_csv_no_column(source->reader, column, err);
}

/* What one call of wbi_source_read works on. */
typedef struct reading {
    wbi_source *source;
    wb_table *rows;
    wbi_typed_column *columns; /* customer, time, then the caller's */
    size_t *numbers;           /* their places in the file, from 1 */
    size_t n_columns;
    uint8_t *keep;
    size_t *first_line; /* by customer: the line of its row, 0 = none yet (tables without time) */
    size_t first_line_capacity;
    wbi_source_counts *counts;
} reading;

static wb_status prepare_columns(reading *r, wbi_dictionary *keys, const wbi_typed_column *columns, size_t n,
                                 wb_error *err)
{
    const wbi_table_def *def = r->source->def;
    size_t own = def->time != NULL ? 2 : 1;
    r->n_columns = own + n;
    r->columns = wbi_alloc_zeroed(r->n_columns, sizeof *r->columns);
    r->numbers = wbi_alloc_array(r->n_columns, sizeof *r->numbers);
    r->keep = wbi_alloc_array(ROWS_A_BLOCK, 1);
    size_t *places = wbi_alloc_array(r->n_columns, sizeof *places);
    wb_status status = WB_OK;
    if (r->columns == NULL || r->numbers == NULL || r->keep == NULL || places == NULL) {
        status = wbi_fail_nomem(err, r->n_columns * sizeof *r->columns);
        goto cleanup;
    }
    r->columns[0] = (wbi_typed_column){.name = def->customer, .type = WB_TYPE_CATEGORY};
    if (def->time != NULL)
        r->columns[1] = (wbi_typed_column){
            .name = def->time, .type = WB_TYPE_TIME, .time = def->time_format, .required = true};
    if (n > 0)
        memcpy(r->columns + own, columns, n * sizeof *columns);
    for (size_t k = 0; k < r->n_columns; k++) {
        places[k] = wbi_csv_find(r->source->reader, r->columns[k].name);
        if (places[k] == SIZE_MAX)
            WBI_TRY_CLEANUP(wbi_source_no_column(r->source, r->columns[k].name, err));
        r->numbers[k] = places[k] + 1;
        WBI_TRY_CLEANUP(wbi_table_add_column(r->rows, r->columns[k].name, r->columns[k].type, k == 0 ? keys : NULL, err));
    }
    WBI_TRY_CLEANUP(wbi_csv_want(r->source->reader, places, r->n_columns, err));
cleanup:
    wbi_free(places);
    return status;
}

static wb_status grow_first_line(reading *r, size_t n, wb_error *err)
{
    if (n <= r->first_line_capacity)
        return WB_OK;
    size_t capacity = n < 1024 ? 1024 : n * 2;
    size_t *grown = wbi_realloc_array(r->first_line, capacity, sizeof *grown);
    if (grown == NULL)
        return wbi_fail_nomem(err, capacity * sizeof *grown);
    memset(grown + r->first_line_capacity, 0, (capacity - r->first_line_capacity) * sizeof *grown);
    r->first_line = grown;
    r->first_line_capacity = capacity;
    return WB_OK;
}

/* A second row of a customer is a bad row, and loses its key so that nobody counts it. */
static wb_status leave_out(reading *r, const wbi_cells *cells, size_t i, size_t row, wb_error *err)
{
    wbi_column *key = &r->rows->columns[0];
    wbi_str id = wbi_dictionary_at(key->dictionary, key->codes[row]);
    wb_error bad;
    char text[128];
    wbi_fail_at(&bad, WB_ERR_INCONSISTENT, (wbi_where){cells->file, cells->lines[i], r->numbers[0]}, id.data, id.length,
                "%s '%s' has a row already, in line %zu (one row a customer was expected)", r->columns[0].name,
                wbi_printable(text, sizeof text, id.data, id.length), r->first_line[key->codes[row]]);
    key->codes[row] = WBI_ROW_LEFT_OUT;
    return wbi_bad_rows_add(r->source->bad, &bad, cells->raw == NULL ? (wbi_str){0} : cells->raw[i], err);
}

/* A table without time has one row a customer. */
static wb_status check_unique(reading *r, const wbi_cells *cells, size_t first_row, wb_error *err)
{
    const int32_t *codes = r->rows->columns[0].codes;
    for (size_t i = 0, row = first_row; i < cells->n_rows; i++) {
        if (!r->keep[i])
            continue;
        size_t at = row++;
        if (codes[at] < 0)
            continue;
        WBI_TRY(grow_first_line(r, (size_t)codes[at] + 1, err));
        if (r->first_line[codes[at]] != 0)
            WBI_TRY(leave_out(r, cells, i, at, err));
        else
            r->first_line[codes[at]] = cells->lines[i];
    }
    return WB_OK;
}

static wb_status read_blocks(reading *r, const wbi_through *through, wb_error *err)
{
    wbi_source *source = r->source;
    for (;;) {
        const wbi_cells *cells;
        WBI_TRY(wbi_csv_next(source->reader, ROWS_A_BLOCK, &cells, err));
        if (cells->n_rows == 0)
            return WB_OK;
        size_t first_row = r->rows->n_rows;
        WBI_TRY(wbi_typed_append(r->rows, cells, r->columns, r->numbers, source->dialect.decimal, source->bad, r->keep,
                                 err));
        if (through != NULL)
            WBI_TRY(wbi_through_check(through, r->rows, first_row, cells, r->keep, r->numbers[0], source->bad, err));
        if (source->def->time == NULL)
            WBI_TRY(check_unique(r, cells, first_row, err));
        WBI_TRY(wbi_progress(source->log, source->def->name, r->rows->n_rows, 0, err));
    }
}

static void count_rows(reading *r)
{
    const int32_t *codes = r->rows->columns[0].codes;
    uint64_t without = 0, kept = 0;
    for (size_t i = 0; i < r->rows->n_rows; i++) {
        without += codes[i] == -1;
        kept += codes[i] >= 0;
    }
    r->counts->n_bad = wbi_bad_rows_count(r->source->bad);
    r->counts->n_without_key = without;
    r->counts->n_rows = kept;
}

wb_status wbi_source_read(wbi_source *source, wb_table *rows, wbi_dictionary *customers,
                          const wbi_typed_column *columns, size_t n, wbi_source_counts *counts, wb_error *err)
{
    reading r = {.source = source, .rows = rows, .counts = counts};
    wbi_through *through = NULL;
    wb_status status;
    *counts = (wbi_source_counts){0};
    if (source->def->through_file != NULL)
        WBI_TRY_CLEANUP(wbi_through_read(&through, source->def, customers, source->bad, source->options, err));
    WBI_TRY_CLEANUP(prepare_columns(&r, through != NULL ? wbi_through_keys(through) : customers, columns, n, err));
    WBI_TRY_CLEANUP(read_blocks(&r, through, err));
    WBI_TRY_CLEANUP(wbi_bad_rows_finish(source->bad, err));
    if (through != NULL)
        wbi_through_resolve(through, rows, customers);
    count_rows(&r);
cleanup:
    wbi_through_free(through);
    wbi_free(r.columns);
    wbi_free(r.numbers);
    wbi_free(r.keep);
    wbi_free(r.first_line);
    return status;
}
