/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One file read in two ways, row by row with libcsv and in batches: all that comes out, as text. */
#ifndef WINBACK_TESTS_BATCHES_TESTING_H
#define WINBACK_TESTS_BATCHES_TESTING_H

#include <inttypes.h>

#include "csv/batches.h"
#include "csv_testing.h"

enum { MAX_TYPED = 8 };

/* `types` has a letter for each column of the file: n(umber), t(ime, ISO), u(nix seconds), f (day/month/year),
 * c(ategory), x (text), as capitals when a value is required; '-': not wanted. Columns behind the last letter are not wanted. */
typedef struct typed_reading {
    reading how;
    const char *types;
    int32_t zone_offset_s;
    bool backwards; /* the wanted columns from the last to the first */
    size_t chunk_bytes;
    int n_threads;
    wbi_packing numbers;
} typed_reading;

#define TYPED_READING_INIT {READING_INIT, "", 0, false, 0, 1, WBI_PACKED_HUNDREDTHS}

/* What is read, and the levels that the categories have had. */
typedef struct typed_file {
    const typed_reading *how;
    wbi_paths paths;
    wbi_bad_rows *bad;
    wbi_csv_reader *reader;
    wbi_typed_column columns[MAX_TYPED];
    size_t wanted[MAX_TYPED], numbers[MAX_TYPED], n;
    wb_table *table;
    transcript *to;
} typed_file;

static inline wbi_typed_column column_of_letter(char letter, size_t k, int32_t zone_offset_s)
{
    static const char *const names[MAX_TYPED] = {"k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"};
    wbi_typed_column column = {.name = names[k], .required = letter < 'a'};
    wb_error err;
    switch (column.required ? letter - 'A' + 'a' : letter) {
    case 'n':
        column.type = WB_TYPE_NUMBER;
        break;
    case 'c':
        column.type = WB_TYPE_CATEGORY;
        break;
    case 'x':
        column.type = WB_TYPE_TEXT;
        break;
    case 'f':
        if (wbi_time_format_parse(&column.time, "%d/%m/%Y", &err) != WB_OK)
            abort();
        column.type = WB_TYPE_TIME;
        break;
    default:
        column.type = WB_TYPE_TIME;
        column.time.kind = letter == 'u' || letter == 'U' ? WBI_TIME_UNIX : WBI_TIME_ISO;
    }
    column.time.zone_offset_s = zone_offset_s;
    return column;
}

static inline wb_status want_letters(typed_file *file, wb_error *err)
{
    const typed_reading *how = file->how;
    size_t n_letters = strlen(how->types), n_columns = wbi_csv_n_columns(file->reader);
    if (n_letters > n_columns)
        n_letters = n_columns;
    for (size_t i = 0; i < n_letters && file->n < MAX_TYPED; i++) {
        size_t place = how->backwards ? n_letters - 1 - i : i;
        if (how->types[place] == '-')
            continue;
        file->columns[file->n] = column_of_letter(how->types[place], place % MAX_TYPED, how->zone_offset_s);
        file->wanted[file->n] = place;
        file->numbers[file->n++] = place + 1;
    }
    WBI_TRY(wbi_table_create(&file->table, err));
    for (size_t k = 0; k < file->n; k++)
        WBI_TRY(wbi_table_add_column(file->table, file->columns[k].name, file->columns[k].type, NULL, err));
    return wbi_csv_want(file->reader, file->wanted, file->n, err);
}

/* Numbers and times by their bits, a missing category or text as ~. The texts of a table are their wbi_column. */
static inline void add_value(transcript *to, const wbi_packed *column, size_t row)
{
    static char shown[1 << 16];
    uint64_t bits = 0;
    if (column->type == WB_TYPE_CATEGORY) {
        int32_t code = wbi_packed_code(column, row);
        wbi_str level = code < 0 ? (wbi_str){"~", 1} : wbi_dictionary_at(column->dictionary, code);
        add_text(to, wbi_printable(shown, sizeof shown, level.data, level.length));
        return;
    }
    if (column->type == WB_TYPE_TEXT) {
        const wbi_column *texts = column->values;
        const size_t begin = (size_t)texts->offsets[row], n = (size_t)texts->offsets[row + 1] - begin;
        add_text(to, n == 0 ? "~" : wbi_printable(shown, sizeof shown, texts->bytes + begin, n));
        return;
    }
    if (column->type == WB_TYPE_NUMBER) {
        double number = wbi_packed_number(column, row);
        memcpy(&bits, &number, sizeof bits);
    } else {
        int64_t time_us = wbi_packed_time(column, row);
        memcpy(&bits, &time_us, sizeof bits);
    }
    snprintf(shown, sizeof shown, "%016" PRIx64, bits);
    add_text(to, shown);
}

/* "line:value|value|raw", the row's bytes only when they are kept. */
static inline void add_typed_row(typed_file *file, const wbi_packed *columns, size_t row, size_t line, wbi_str raw)
{
    static char shown[1 << 16];
    snprintf(shown, sizeof shown, "%zu:", line);
    add_text(file->to, shown);
    for (size_t k = 0; k < file->n; k++) {
        add_value(file->to, &columns[k], row);
        add_text(file->to, "|");
    }
    if (file->how->how.policy == WB_ON_ERROR_REJECT)
        add_text(file->to, wbi_printable(shown, sizeof shown, raw.data, raw.length));
    add_text(file->to, "\n");
}

static inline wbi_packed wide_column(wbi_column *column)
{
    wbi_packed wide = {.type = column->type, .packing = WBI_PACKED_CODES, .dictionary = column->dictionary};
    wide.values = column->codes;
    if (column->type == WB_TYPE_NUMBER) {
        wide.packing = WBI_PACKED_DOUBLES;
        wide.values = column->numbers;
    } else if (column->type == WB_TYPE_TIME) {
        wide.packing = WBI_PACKED_MICROSECONDS;
        wide.values = column->times;
    } else if (column->type == WB_TYPE_TEXT) {
        wide.values = column;
    }
    return wide;
}

static inline wb_status read_by_row(typed_file *file, wb_error *err)
{
    enum { MAX_BLOCK = 64 };
    uint8_t keep[MAX_BLOCK];
    const wbi_cells *cells;
    assert(file->how->how.max_rows <= MAX_BLOCK);
    for (;;) {
        WBI_TRY(wbi_csv_next(file->reader, file->how->how.max_rows, &cells, err));
        if (cells->n_rows == 0)
            return WB_OK;
        size_t row = file->table->n_rows;
        WBI_TRY(wbi_typed_append(file->table, cells, file->columns, file->numbers, file->how->how.dialect.decimal,
                                 file->bad, keep, err));
        wbi_packed columns[MAX_TYPED];
        for (size_t k = 0; k < file->n; k++)
            columns[k] = wide_column(&file->table->columns[k]);
        for (size_t i = 0; i < cells->n_rows; i++)
            if (keep[i])
                add_typed_row(file, columns, row++, cells->lines[i], cells->raw[i]);
    }
}

static inline wb_status take_batch(void *context, const wbi_batch *batch, wb_error *err)
{
    typed_file *file = context;
    size_t n = batch->rows->n_rows, next = 0;
    for (size_t i = 0; i <= n; i++) {
        for (; next < batch->n_bad && batch->bad[next].before == i; next++)
            WBI_TRY(wbi_bad_rows_add(file->bad, batch->bad[next].error, batch->bad[next].raw, err));
        if (i < n)
            add_typed_row(file, batch->rows->columns, i, wbi_batch_line(batch, i), wbi_batch_raw(batch, i));
    }
    if (next != batch->n_bad)
        abort();
    for (size_t k = 0; k < file->n; k++) {
        const wbi_packed *from = &batch->rows->columns[k];
        if (file->columns[k].type != WB_TYPE_CATEGORY)
            continue;
        int32_t *codes = malloc((wbi_dictionary_size(from->dictionary) + 1) * sizeof *codes);
        wb_status status = wbi_dictionary_intern_all(file->table->columns[k].dictionary, from->dictionary, codes, err);
        free(codes);
        WBI_TRY(status);
    }
    return WB_OK;
}

static inline wb_status read_by_batch(typed_file *file, wb_error *err)
{
    wbi_batch_options options = {.columns = file->columns,
                                 .column_numbers = file->numbers,
                                 .n_columns = file->n,
                                 .n_threads = file->how->n_threads,
                                 .chunk_bytes = file->how->chunk_bytes,
                                 .numbers = file->how->numbers};
    return wbi_csv_read_batches(file->reader, &options, take_batch, file, err);
}

/* The order of the levels, and what the rejects file holds. */
static inline void add_levels_and_rejects(typed_file *file)
{
    static char shown[1 << 16];
    for (size_t k = 0; k < file->n; k++)
        for (size_t code = 0; code < wb_table_n_levels(file->table, k); code++) {
            wbi_str level = wbi_dictionary_at(file->table->columns[k].dictionary, (int32_t)code);
            add_text(file->to, "L ");
            add_text(file->to, wbi_printable(shown, sizeof shown, level.data, level.length));
            add_text(file->to, "\n");
        }
    FILE *rejects = file->how->how.rejects == NULL ? NULL : fopen(file->how->how.rejects, "rb");
    if (rejects == NULL)
        return;
    static char bytes[1 << 14];
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, rejects)) > 0;) {
        add_text(file->to, "R ");
        add_text(file->to, wbi_printable(shown, sizeof shown, bytes, n));
        add_text(file->to, "\n");
    }
    fclose(rejects);
}

static inline void add_error(transcript *to, const wb_error *err)
{
    char text[2048];
    snprintf(text, sizeof text, "E %d ", (int)err->code);
    add_text(to, text);
    add_text(to, wb_error_text(err, text, sizeof text));
    snprintf(text, sizeof text, "\nE '%s' '%s'\n", err->value, err->advice);
    add_text(to, text);
}

/* All that reading `path` gives: rows, log lines ("! "), levels ("L "), rejects ("R ") and the error ("E "). The text is
 * freed by the caller. */
static inline wb_status read_typed(transcript *to, const char *path, const typed_reading *how, bool in_batches,
                                   wb_error *err)
{
    wb_status status;
    wb_log log = {add_log, NULL, to};
    typed_file file = {.how = how, .to = to};
    *to = (transcript){0};
    add_text(to, "");
    if (how->how.rejects != NULL)
        unlink(how->how.rejects);
    WBI_TRY_CLEANUP(wbi_paths_expand(&file.paths, path, err));
    WBI_TRY_CLEANUP(wbi_bad_rows_create(&file.bad, how->how.policy, how->how.rejects, &log, err));
    WBI_TRY_CLEANUP(wbi_csv_open_sized(&file.reader, &file.paths, &how->how.dialect, file.bad, how->how.sizes, err));
    WBI_TRY_CLEANUP(want_letters(&file, err));
    WBI_TRY_CLEANUP(in_batches ? read_by_batch(&file, err) : read_by_row(&file, err));
    WBI_TRY_CLEANUP(wbi_bad_rows_finish(file.bad, err));
    add_levels_and_rejects(&file);
cleanup:
    if (status != WB_OK)
        add_error(to, err);
    wb_table_free(file.table);
    wbi_csv_close(file.reader);
    wbi_bad_rows_free(file.bad);
    wbi_paths_free(&file.paths);
    return status;
}

static inline bool same_as_by_row(const transcript *expected, const char *path, const typed_reading *how)
{
    wb_error err;
    transcript got;
    (void)!read_typed(&got, path, how, true, &err);
    bool same = strcmp(expected->text, got.text) == 0;
    if (!same)
        fprintf(stderr, "chunks of %zu, %d threads, windows of %zu, policy %d, types %s, packing %d\n--- row by row\n%s--- in batches\n%s",
                how->chunk_bytes, how->n_threads, how->how.sizes.window_bytes, (int)how->how.policy, how->types,
                (int)how->numbers, expected->text, got.text);
    free(got.text);
    return same;
}

/* Whether reading `path` in batches, whatever numbers are kept as, gives what `expected` says; prints both when it does not. */
static inline bool same_in_batches(const transcript *expected, const char *path, const typed_reading *how)
{
    static const wbi_packing kinds[] = {WBI_PACKED_HUNDREDTHS, WBI_PACKED_DECIMALS, WBI_PACKED_DOUBLES};
    bool same = true;
    for (size_t k = 0; same && k < sizeof kinds / sizeof *kinds; k++) {
        typed_reading narrow = *how;
        narrow.numbers = kinds[k];
        same = same_as_by_row(expected, path, &narrow);
    }
    return same;
}

#endif
