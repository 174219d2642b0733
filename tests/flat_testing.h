/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One flat file read in two ways, as a table and by the plain rule: all that comes out, as text. */
#ifndef WINBACK_TESTS_FLAT_TESTING_H
#define WINBACK_TESTS_FLAT_TESTING_H

#include <inttypes.h>

#include "base/number.h"
#include "csv/flat_sizes.h"
#include "csv/typed_rows.h"
#include "csv_testing.h"

enum { MAX_FLAT = 1024 /* columns */ };

typedef struct flat_reading {
    wb_read_options options;
    wbi_flat_sizes sizes;
    wbi_flat_options flat;
} flat_reading;

/* What the plain rule works on. */
typedef struct plain_file {
    const flat_reading *how;
    wbi_paths paths;
    wbi_dialect dialect;
    wbi_bad_rows *bad;
    wbi_csv_reader *reader;
    wbi_typed_column columns[MAX_FLAT];
    size_t numbers[MAX_FLAT], n;
    wb_table *table;
} plain_file;

static inline bool is_named(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static inline wb_status open_plain(plain_file *file, const char *path, wb_on_error policy, const wb_log *log,
                                   wb_error *err)
{
    const flat_reading *how = file->how;
    size_t places[MAX_FLAT];
    file->dialect = (wbi_dialect)WBI_DIALECT_INIT;
    file->dialect.delimiter = how->options.delimiter;
    file->dialect.decimal = how->options.decimal;
    file->dialect.na = how->options.na;
    file->dialect.n_na = how->options.n_na;
    WBI_TRY(wbi_paths_expand(&file->paths, path, err));
    WBI_TRY(wbi_bad_rows_create(&file->bad, policy, how->options.rejects, log, err));
    WBI_TRY(wbi_csv_open_sized(&file->reader, &file->paths, &file->dialect, file->bad, how->sizes.csv, err));
    for (size_t i = 0; i < how->flat.n_categories; i++)
        if (wbi_csv_find(file->reader, how->flat.categories[i]) == SIZE_MAX)
            return wbi_csv_no_column(file->reader, how->flat.categories[i], err);
    file->n = wbi_csv_n_columns(file->reader);
    assert(file->n <= MAX_FLAT);
    for (size_t k = 0; k < file->n; k++)
        places[k] = k;
    return wbi_csv_want(file->reader, places, file->n, err);
}

static inline void close_plain(plain_file *file)
{
    wb_table_free(file->table);
    wbi_csv_close(file->reader);
    wbi_bad_rows_free(file->bad);
    wbi_paths_free(&file->paths);
}

/* The types of all columns, from all rows that have cells, up to where reading fails. */
static inline void types_by_rule(wb_type types[MAX_FLAT], const char *path, const flat_reading *how)
{
    plain_file file = {.how = how};
    wb_error err;
    const wbi_cells *cells;
    size_t n_seen[MAX_FLAT] = {0};
    memset(types, 0, MAX_FLAT * sizeof *types);
    wb_status status = open_plain(&file, path, WB_ON_ERROR_SKIP, NULL, &err);
    while (status == WB_OK && (status = wbi_csv_next(file.reader, 1, &cells, &err)) == WB_OK && cells->n_rows > 0)
        for (size_t k = 0; k < file.n; k++) {
            double value;
            const wbi_str cell = cells->cells[k];
            if (cell.length == 0 || n_seen[k] == how->sizes.n_deciding)
                continue;
            n_seen[k]++;
            if (!wbi_double_read(&value, cell.data, cell.length, how->options.decimal))
                types[k] = WB_TYPE_CATEGORY;
        }
    for (size_t k = 0; k < file.n; k++) {
        const char *name = wbi_csv_column(file.reader, k);
        if (is_named(name, how->flat.text_columns, how->flat.n_text_columns))
            types[k] = WB_TYPE_TEXT;
        else if (strcmp(name, "cutoff") == 0)
            types[k] = WB_TYPE_TIME;
        else if (is_named(name, how->flat.categories, how->flat.n_categories))
            types[k] = WB_TYPE_CATEGORY;
    }
    close_plain(&file);
}

static inline wb_status rows_by_rule(plain_file *file, const wb_type *types, wb_error *err)
{
    const wbi_typing typing = {file->columns, file->numbers, file->dialect.decimal, false};
    WBI_TRY(wbi_table_create(&file->table, err));
    for (size_t k = 0; k < file->n; k++) {
        file->columns[k] = (wbi_typed_column){.name = wbi_csv_column(file->reader, k), .type = types[k]};
        file->numbers[k] = k + 1;
        WBI_TRY(wbi_table_add_column(file->table, file->columns[k].name, types[k], NULL, err));
    }
    for (;;) {
        const wbi_cells *cells;
        WBI_TRY(wbi_csv_next(file->reader, 1, &cells, err));
        if (cells->n_rows == 0)
            return wbi_bad_rows_finish(file->bad, err);
        WBI_TRY(wbi_typing_append(file->table, cells, &typing, file->bad, NULL, err));
    }
}

static inline void add_bytes(transcript *to, const char *bytes, size_t n)
{
    static char shown[1 << 16];
    add_text(to, wbi_printable(shown, sizeof shown, bytes, n));
    add_text(to, "|");
}

/* Numbers and times by their bits, categories by their codes. */
static inline void add_cell(transcript *to, const wbi_column *column, size_t row)
{
    char shown[32];
    uint64_t bits = 0;
    if (column->type == WB_TYPE_TEXT) {
        add_bytes(to, column->bytes + column->offsets[row], (size_t)(column->offsets[row + 1] - column->offsets[row]));
        return;
    }
    if (column->type == WB_TYPE_NUMBER) {
        const double number = column->decimals != NULL ? wbi_decimal_number(column->decimals[row]) : column->numbers[row];
        memcpy(&bits, &number, sizeof bits);
    } else if (column->type == WB_TYPE_TIME) {
        memcpy(&bits, &column->times[row], sizeof bits);
    } else {
        bits = (uint32_t)column->codes[row];
    }
    snprintf(shown, sizeof shown, "%" PRIx64 "|", bits);
    add_text(to, shown);
}

static inline void add_table(transcript *to, const wb_table *table)
{
    static const char *const types[] = {"number", "category", "text", "time"};
    for (size_t k = 0; k < table->n_columns; k++) {
        const wbi_column *column = &table->columns[k];
        assert(column->length == table->n_rows);
        add_text(to, types[column->type]);
        add_text(to, " ");
        add_bytes(to, column->name, strlen(column->name));
        for (size_t row = 0; row < table->n_rows; row++)
            add_cell(to, column, row);
        add_text(to, "\n");
        for (size_t code = 0; code < wb_table_n_levels(table, k); code++) {
            const wbi_str level = wbi_dictionary_at(column->dictionary, (int32_t)code);
            add_bytes(to, level.data, level.length);
        }
        add_text(to, "\n");
    }
}

static inline void add_rest(transcript *to, wb_status status, const wb_error *err, const char *rejects)
{
    char text[2048];
    if (status != WB_OK) {
        snprintf(text, sizeof text, "E %d ", (int)err->code);
        add_text(to, text);
        add_text(to, wb_error_text(err, text, sizeof text));
        snprintf(text, sizeof text, "\nE '%s' '%s'\n", err->value, err->advice);
        add_text(to, text);
    }
    FILE *file = rejects == NULL ? NULL : fopen(rejects, "rb");
    static char bytes[1 << 14];
    for (size_t n; file != NULL && (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        add_bytes(to, bytes, n);
    if (file != NULL)
        fclose(file);
}

static inline void begin_transcript(transcript *to, const char *rejects)
{
    *to = (transcript){0};
    add_text(to, "");
    if (rejects != NULL)
        unlink(rejects);
}

/* Log lines, the table or the error, what the rejects file holds. The text is freed by the caller. */
static inline wb_status flat_by_rule(transcript *to, const char *path, const flat_reading *how, wb_error *err)
{
    wb_type types[MAX_FLAT];
    plain_file file = {.how = how};
    wb_log log = {add_log, NULL, to};
    begin_transcript(to, how->options.rejects);
    types_by_rule(types, path, how);
    wb_status status = open_plain(&file, path, how->options.on_error, &log, err);
    if (status == WB_OK)
        status = rows_by_rule(&file, types, err);
    if (status == WB_OK)
        add_table(to, file.table);
    add_rest(to, status, err, how->options.rejects);
    close_plain(&file);
    return status;
}

static inline wb_status flat_as_table(transcript *to, const char *path, const flat_reading *how, wb_error *err)
{
    wb_table *table;
    wb_log log = {add_log, NULL, to};
    wb_read_options options = how->options;
    begin_transcript(to, options.rejects);
    options.log = &log;
    wb_status status = wbi_typed_read_flat_sized(&table, path, &how->flat, &options, how->sizes, err);
    if ((status == WB_OK) != (table != NULL))
        abort();
    if (status == WB_OK)
        add_table(to, table);
    add_rest(to, status, err, options.rejects);
    wb_table_free(table);
    return status;
}

static inline bool same_as_rule_by(const transcript *expected, const char *path, const flat_reading *how)
{
    wb_error err;
    transcript got;
    (void)!flat_as_table(&got, path, how, &err);
    const bool same = strcmp(expected->text, got.text) == 0;
    if (!same)
        fprintf(stderr, "chunks of %zu, %d threads, windows of %zu, policy %d, %zu decide\n--- by rule\n%s--- as a table\n%s",
                how->sizes.chunk_bytes, how->options.n_threads, how->sizes.csv.window_bytes, (int)how->options.on_error,
                how->sizes.n_deciding, expected->text, got.text);
    free(got.text);
    return same;
}

/* Whether reading `path`, into doubles or short decimals, gives what `expected` says; prints both when it does not. */
static inline bool same_as_rule(const transcript *expected, const char *path, const flat_reading *how)
{
    flat_reading narrow = *how;
    narrow.flat.decimals = true;
    return same_as_rule_by(expected, path, how) && same_as_rule_by(expected, path, &narrow);
}

#endif
