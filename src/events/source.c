/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events/source.h"

#include <string.h>

#include "base/memory.h"
#include "csv/batches.h"
#include "events/through.h"

enum { SAMPLE_BYTES = 128 << 10 };

struct wbi_source {
    const wbi_table_def *def;
    const wb_log *log;
    wbi_dialect dialect;
    wbi_paths paths;
    size_t n_bytes; /* of all files, as they lie there */
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
    source->n_bytes = wbi_paths_bytes(&source->paths);
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

const char *wbi_source_alike(const wbi_source *source, const char *column)
{
    return wbi_csv_alike(source->reader, column);
}

wb_status wbi_source_no_column(const wbi_source *source, const char *column, wb_error *err)
{
    return wbi_csv_no_column(source->reader, column, err);
}

/* What one call of wbi_source_read works on. */
typedef struct reading {
    wbi_source *source;
    wbi_packed_rows *rows;
    wbi_typed_column *columns; /* customer, time, then the caller's */
    size_t *numbers;           /* their places in the file, from 1 */
    size_t n_columns;
    wbi_through *through; /* NULL: keys are customers */
    wbi_dictionary *keys; /* what column 0 of the file names */
    int32_t *codes;       /* by level of a batch: the level of the table */
    size_t codes_capacity;
    size_t *first_line; /* by customer: the line of its row, 0 = none yet (tables without time) */
    size_t first_line_capacity;
    size_t n_rows;        /* so far */
    size_t n_sampled, sampled_bytes; /* of these, those whose bytes are known */
    const wbi_rows_taker *taker;
    wbi_source_counts *counts;
} reading;

static wb_status place_columns(reading *r, const wbi_typed_column *columns, size_t n, wb_error *err)
{
    const wbi_table_def *def = r->source->def;
    size_t own = def->time != NULL ? 2 : 1;
    r->n_columns = own + n;
    r->columns = wbi_alloc_zeroed(r->n_columns, sizeof *r->columns);
    r->numbers = wbi_alloc_array(r->n_columns, sizeof *r->numbers);
    if (r->columns == NULL || r->numbers == NULL)
        return wbi_fail_nomem(err, r->n_columns * sizeof *r->columns);
    r->columns[0] = (wbi_typed_column){.name = def->customer, .type = WB_TYPE_CATEGORY};
    if (def->time != NULL)
        r->columns[1] = (wbi_typed_column){
            .name = def->time, .type = WB_TYPE_TIME, .time = def->time_format, .required = true};
    if (n > 0)
        memcpy(r->columns + own, columns, n * sizeof *columns);
    for (size_t k = 0; k < r->n_columns; k++) {
        size_t place = wbi_csv_find(r->source->reader, r->columns[k].name);
        if (place == SIZE_MAX)
            return wbi_source_no_column(r->source, r->columns[k].name, err);
        r->numbers[k] = place + 1;
    }
    return WB_OK;
}

static wb_status want_columns(reading *r, wb_error *err)
{
    size_t *places = wbi_alloc_array(r->n_columns, sizeof *places);
    if (places == NULL)
        return wbi_fail_nomem(err, r->n_columns * sizeof *places);
    for (size_t k = 0; k < r->n_columns; k++)
        places[k] = r->numbers[k] - 1;
    wb_status status = wbi_csv_want(r->source->reader, places, r->n_columns, err);
    wbi_free(places);
    return status;
}

/* As narrow as can be, until a value says otherwise. Customers are too many for one byte. */
static wb_status add_columns(const reading *r, wbi_dictionary *customers, wb_error *err)
{
    WBI_TRY(wbi_packed_add_column(r->rows, WBI_PACKED_CODES, customers, err));
    for (size_t k = 1; k < r->n_columns; k++)
        WBI_TRY(wbi_packed_add_column(r->rows, wbi_packed_narrowest(r->columns[k].type), NULL, err));
    return WB_OK;
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
static wb_status leave_out(reading *r, const wbi_batch *batch, size_t row, wb_error *err)
{
    int32_t *code = &wbi_packed_codes(&batch->rows->columns[0])[row];
    wbi_str id = wbi_dictionary_at(r->keys, *code);
    wb_error bad;
    char text[128];
    wbi_fail_at(&bad, WB_ERR_INCONSISTENT, (wbi_where){batch->file, wbi_batch_line(batch, row), r->numbers[0]}, id.data,
                id.length, "%s '%s' has a row already, in line %zu (one row a customer was expected)",
                r->columns[0].name, wbi_printable(text, sizeof text, id.data, id.length), r->first_line[*code]);
    if (!wbi_convention_is_of_facts(r->source->def->name))
        wbi_advise(&bad, "table %s has no `time`, so it holds one row a customer; name its time: tables: {%s: {time: COLUMN}}",
                   r->source->def->name, r->source->def->name);
    *code = WBI_ROW_LEFT_OUT;
    return wbi_bad_rows_add(r->source->bad, &bad, wbi_batch_raw(batch, row), err);
}

/* A table without time has one row a customer. */
static wb_status check_unique(reading *r, const wbi_batch *batch, size_t row, wb_error *err)
{
    int32_t code = wbi_packed_code(&batch->rows->columns[0], row);
    if (code < 0)
        return WB_OK;
    WBI_TRY(grow_first_line(r, (size_t)code + 1, err));
    if (r->first_line[code] != 0)
        return leave_out(r, batch, row, err);
    r->first_line[code] = wbi_batch_line(batch, row);
    return WB_OK;
}

/* Tells of the batch's bad rows, and of those that its rows make together with others, in the order in which they stand. */
static wb_status check_rows(reading *r, const wbi_batch *batch, wb_error *err)
{
    size_t told = 0, n = batch->rows->n_rows;
    for (size_t row = 0; row <= n; row++) {
        for (; told < batch->n_bad && batch->bad[told].before <= row; told++)
            WBI_TRY(wbi_bad_rows_add(r->source->bad, batch->bad[told].error, batch->bad[told].raw, err));
        if (row < n && r->through != NULL)
            WBI_TRY(wbi_through_check(r->through, batch, row, r->source->bad, err));
        if (row < n && r->source->def->time == NULL)
            WBI_TRY(check_unique(r, batch, row, err));
    }
    return WB_OK;
}

/* Turns a column's codes into those of `levels`. */
static wb_status recode(reading *r, const wbi_packed *column, size_t n, wbi_dictionary *levels, wb_error *err)
{
    size_t n_levels = wbi_dictionary_size(column->dictionary);
    int32_t *codes = wbi_packed_codes(column);
    if (n_levels > r->codes_capacity) {
        wbi_free(r->codes);
        r->codes_capacity = 0;
        r->codes = wbi_alloc_array(n_levels, sizeof *r->codes);
        if (r->codes == NULL)
            return wbi_fail_nomem(err, n_levels * sizeof *r->codes);
        r->codes_capacity = n_levels;
    }
    WBI_TRY(wbi_dictionary_intern_all(levels, column->dictionary, r->codes, err));
    for (size_t row = 0; row < n; row++)
        codes[row] = codes[row] < 0 ? -1 : r->codes[codes[row]];
    return WB_OK;
}

static wb_status recode_columns(reading *r, const wbi_packed_rows *more, wb_error *err)
{
    WBI_TRY(recode(r, &more->columns[0], more->n_rows, r->keys, err));
    for (size_t k = 1; k < r->n_columns; k++)
        if (more->columns[k].type == WB_TYPE_CATEGORY)
            WBI_TRY(recode(r, &more->columns[k], more->n_rows, r->rows->columns[k].dictionary, err));
    return WB_OK;
}

/* How many rows all files will give, if all are about as long as those so far; 0 when nobody can tell. */
static size_t expected_rows(const reading *r)
{
    if (r->sampled_bytes < SAMPLE_BYTES || wbi_csv_file_bytes(r->source->reader) == 0)
        return 0;
    return (size_t)((double)r->source->n_bytes * (double)r->n_sampled / (double)r->sampled_bytes * 1.02);
}

static void count_rows(reading *r, const wbi_packed_rows *more)
{
    const int32_t *codes = wbi_packed_codes(&more->columns[0]);
    for (size_t row = 0; row < more->n_rows; row++) {
        r->counts->n_without_key += codes[row] == -1;
        r->counts->n_rows += codes[row] >= 0;
    }
    r->counts->aside_bytes = r->first_line_capacity * sizeof *r->first_line;
    if (r->through != NULL)
        r->counts->aside_bytes += wbi_through_bytes(r->through);
}

static wb_status take_batch(void *context, const wbi_batch *batch, wb_error *err)
{
    reading *r = context;
    wbi_packed_rows *more = batch->rows;
    r->sampled_bytes += batch->n_bytes;
    r->n_sampled += batch->n_bytes > 0 ? more->n_rows : 0;
    r->n_rows += more->n_rows;
    WBI_TRY(recode_columns(r, more, err));
    if (batch->n_bad > 0 || r->through != NULL || r->source->def->time == NULL)
        WBI_TRY(check_rows(r, batch, err));
    count_rows(r, more);
    if (r->through != NULL)
        wbi_through_resolve(r->through, more);
    if (r->taker != NULL)
        WBI_TRY(r->taker->take(r->taker->context, batch, expected_rows(r), err));
    else
        WBI_TRY(wbi_packed_append(r->rows, more, expected_rows(r), err));
    return wbi_progress(r->source->log, r->source->def->name, r->n_rows, 0, err);
}

wb_status wbi_source_read(wbi_source *source, wbi_packed_rows *rows, wbi_dictionary *customers,
                          const wbi_typed_column *columns, size_t n, wbi_source_counts *counts,
                          const wbi_rows_taker *taker, wb_error *err)
{
    reading r = {.source = source, .rows = rows, .taker = taker, .counts = counts, .keys = customers};
    wb_status status;
    *counts = (wbi_source_counts){0};
    WBI_TRY_CLEANUP(place_columns(&r, columns, n, err));
    if (source->def->through_file != NULL)
        WBI_TRY_CLEANUP(wbi_through_read(&r.through, source->def, r.numbers[0], customers, source->bad,
                                         source->options, err));
    if (r.through != NULL)
        r.keys = wbi_through_keys(r.through);
    WBI_TRY_CLEANUP(add_columns(&r, customers, err));
    WBI_TRY_CLEANUP(want_columns(&r, err));
    wbi_batch_options options = {.columns = r.columns,
                                 .numbers = WBI_PACKED_HUNDREDTHS,
                                 .column_numbers = r.numbers,
                                 .n_columns = r.n_columns,
                                 .n_threads = source->options->n_threads};
    WBI_TRY_CLEANUP(wbi_csv_read_batches(source->reader, &options, take_batch, &r, err));
    WBI_TRY_CLEANUP(wbi_bad_rows_finish(source->bad, err));
    counts->n_bad = wbi_bad_rows_count(source->bad);
cleanup:
    wbi_through_free(r.through);
    wbi_free(r.columns);
    wbi_free(r.numbers);
    wbi_free(r.codes);
    wbi_free(r.first_line);
    return status;
}
