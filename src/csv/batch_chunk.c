/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv/batch_chunk.h"

#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "csv/bad_rows.h"
#include "csv/convert.h"

/* What becomes of a row of a chunk. */
enum { KEPT = 1, VANISHED = 0, DOUBTFUL = 2, BAD = 3 };

enum { READ_AHEAD_BYTES = 8 };

wb_status wbi_batch_create(wbi_batch_memory *m, const wbi_csv_reader *reader, const wbi_batch_options *options,
                           wb_error *err)
{
    size_t n = options->n_columns, n_wanted;
    m->reader = reader;
    m->typing = (wbi_typing){options->columns, options->column_numbers, wbi_csv_dialect(reader)->decimal, true};
    m->wanted = wbi_csv_wanted(reader, &n_wanted);
    m->n_columns = n;
    m->text = wbi_buffer_make(PTRDIFF_MAX);
    m->values = wbi_alloc_array(n, sizeof *m->values);
    m->listed = wbi_alloc_zeroed(n, sizeof *m->listed);
    m->n_levels = wbi_alloc_zeroed(n, sizeof *m->n_levels);
    if (m->values == NULL || m->listed == NULL || m->n_levels == NULL)
        return wbi_fail_nomem(err, n * sizeof *m->values);
    WBI_TRY(wbi_table_create(&m->rows, err));
    for (size_t k = 0; k < n; k++)
        WBI_TRY(wbi_table_add_column(m->rows, options->columns[k].name, options->columns[k].type, NULL, err));
    return WB_OK;
}

void wbi_batch_free(wbi_batch_memory *m)
{
    wb_table_free(m->rows);
    wbi_free(m->raws);
    wbi_free(m->own_lines);
    wbi_free(m->bad);
    wbi_chunk_free(&m->chunk);
    wbi_free(m->marks.marks);
    wbi_free(m->marks.rows);
    wbi_free(m->states);
    wbi_buffer_free(&m->text);
    wbi_arena_free(&m->arena);
    wbi_free(m->values);
    wbi_free(m->listed);
    wbi_free(m->n_levels);
}

static void clear(wbi_batch_memory *m)
{
    wbi_table_clear(m->rows);
    for (size_t k = 0; k < m->n_columns; k++)
        if (m->rows->columns[k].type == WB_TYPE_CATEGORY)
            wbi_dictionary_clear(m->rows->columns[k].dictionary);
    m->n_bad = 0;
}

static wb_status add_bad(wbi_batch_memory *m, const wbi_judged *judged, const wb_error *wrong, wb_error *err)
{
    WBI_TRY(wbi_array_grow(&m->bad, &m->bad_capacity, m->n_bad, sizeof *m->bad, err));
    wb_error *error = &m->errors[m->n_bad < WBI_BATCH_ERRORS ? m->n_bad : WBI_BATCH_ERRORS];
    *error = *wrong;
    m->bad[m->n_bad++] = (wbi_batch_bad){m->rows->n_rows, error, judged->raw};
    return WB_OK;
}

/* ---- row by row ---- */

void wbi_batch_begin_rows(wbi_batch_memory *m)
{
    clear(m);
    m->chunk.n_bytes = 0;
    wbi_arena_rewind(&m->arena, (wbi_arena_mark){0});
    m->lines = m->own_lines;
}

static wb_status push_row(wbi_batch_memory *m, const wbi_cells *cells, wb_error *err)
{
    for (size_t k = 0; k < m->n_columns; k++)
        WBI_TRY(wbi_typing_push(&m->rows->columns[k], m->values[k], cells->cells[k], err));
    return WB_OK;
}

wb_status wbi_batch_add_row(wbi_batch_memory *m, const wbi_judged *judged, wb_error *err)
{
    wb_error wrong;
    wbi_judged kept = *judged;
    m->file = judged->file;
    if (!wbi_arena_copy(&m->arena, &kept.raw))
        return wbi_fail_nomem(err, judged->raw.length);
    if (judged->wrong != NULL)
        return add_bad(m, &kept, judged->wrong, err);
    if (!wbi_typing_parse_row(m->values, judged->cells, 0, &m->typing, &wrong))
        return add_bad(m, &kept, &wrong, err);
    WBI_TRY(wbi_array_grow(&m->raws, &m->raws_capacity, m->rows->n_rows, sizeof *m->raws, err));
    WBI_TRY(wbi_array_grow(&m->own_lines, &m->lines_capacity, m->rows->n_rows, sizeof *m->own_lines, err));
    m->lines = m->own_lines;
    m->raws[m->rows->n_rows] = kept.raw;
    m->lines[m->rows->n_rows] = judged->line;
    WBI_TRY(push_row(m, judged->cells, err));
    m->rows->n_rows++;
    return WB_OK;
}

/* ---- a chunk of regular rows ---- */

size_t wbi_chunk_line(const wbi_chunk *chunk, const char *at)
{
    size_t line = chunk->first_line;
    const char *from = chunk->bytes;
    for (const char *end; (end = memchr(from, '\n', (size_t)(at - from))) != NULL; from = end + 1)
        line++;
    return line;
}

static wb_status reserve_marks(wbi_batch_memory *m, size_t n, wb_error *err)
{
    if (n <= m->marks_capacity)
        return WB_OK;
    wbi_free(m->marks.marks);
    wbi_free(m->marks.rows);
    m->marks_capacity = 0;
    m->marks.marks = wbi_alloc_array(n, sizeof *m->marks.marks);
    m->marks.rows = wbi_alloc_array(n, sizeof *m->marks.rows);
    if (m->marks.marks == NULL || m->marks.rows == NULL)
        return wbi_fail_nomem(err, n * sizeof *m->marks.marks);
    m->marks_capacity = n;
    return WB_OK;
}

static wb_status reserve_rows(wbi_batch_memory *m, size_t n, wb_error *err)
{
    WBI_TRY(wbi_table_reserve(m->rows, n, err));
    if (n > m->raws_capacity) {
        wbi_free(m->raws);
        m->raws_capacity = 0;
        m->raws = wbi_alloc_array(n, sizeof *m->raws);
        if (m->raws == NULL)
            return wbi_fail_nomem(err, n * sizeof *m->raws);
        m->raws_capacity = n;
    }
    if (n > m->rows_capacity) {
        wbi_free(m->states);
        m->rows_capacity = 0;
        m->states = wbi_alloc_array(n, 1);
        if (m->states == NULL)
            return wbi_fail_nomem(err, n);
        m->rows_capacity = n;
    }
    return WB_OK;
}

static size_t first_mark(const wbi_batch_memory *m, size_t row)
{
    return row == 0 ? 0 : m->marks.rows[row - 1];
}

/* A cell as it stands in the chunk, quotes included; row ends are \n or \r\n. */
static inline wbi_str written_cell(const wbi_batch_memory *m, size_t row, size_t place, bool is_last)
{
    const uint32_t *mark = m->marks.marks + first_mark(m, row) + place;
    size_t begin = place > 0 ? mark[-1] + (size_t)1 : (size_t)(m->raws[row].data - m->chunk.bytes), end = *mark;
    if (is_last && end > begin && m->chunk.bytes[end - 1] == '\r')
        end--;
    return (wbi_str){m->chunk.bytes + begin, end - begin};
}

/* Undoes doubled quotes; as in the chunk, some bytes behind the cell may be read. */
static wb_status undouble(wbi_batch_memory *m, wbi_str *cell, wb_error *err)
{
    const char *at = cell->data, *const end = at + cell->length;
    m->text.length = 0;
    WBI_TRY(wbi_buffer_reserve(&m->text, cell->length + READ_AHEAD_BYTES, err));
    for (const char *quote; (quote = memchr(at, '"', (size_t)(end - at))) != NULL; at = quote + 2)
        WBI_TRY(wbi_buffer_append(&m->text, at, (size_t)(quote + 1 - at), err));
    WBI_TRY(wbi_buffer_append(&m->text, at, (size_t)(end - at), err));
    *cell = (wbi_str){m->text.data, m->text.length};
    return WB_OK;
}

/* What a cell says: without its quotes, and empty for a word that means missing. */
static inline wb_status read_cell(wbi_batch_memory *m, wbi_str *cell, const wbi_dialect *dialect, wb_error *err)
{
    if (m->chunk.quotes && cell->length > 0 && cell->data[0] == '"') {
        *cell = (wbi_str){cell->data + 1, cell->length - 2};
        return memchr(cell->data, '"', cell->length) != NULL ? undouble(m, cell, err) : WB_OK;
    }
    if (dialect->n_na > 0 && wbi_csv_is_na(dialect, *cell))
        cell->length = 0;
    return WB_OK;
}

/* Whether the row begins as the header does, and may thus be the header again. A quote in the name is doubled in the row:
 * what is before it decides. */
static bool begins_like_header(wbi_str row, wbi_str name, char delimiter)
{
    const char *quote = memchr(name.data, '"', name.length);
    if (quote != NULL)
        name.length = (size_t)(quote - name.data);
    size_t quoted = row.length > 0 && row.data[0] == '"';
    if (!wbi_starts_with((wbi_str){row.data + quoted, row.length - quoted}, name))
        return false;
    size_t end = quoted + name.length;
    return end == row.length || row.data[end] == delimiter || row.data[end] == '"';
}

/* A row that may be the header again, is not text, or has too few or too many cells, is doubtful. */
static void classify_rows(wbi_batch_memory *m)
{
    const size_t width = wbi_csv_n_columns(m->reader);
    const wbi_dialect *dialect = wbi_csv_dialect(m->reader);
    const wbi_str name = wbi_str_from(wbi_csv_column(m->reader, 0));
    const char *begin = m->chunk.bytes;
    for (size_t row = 0; row < m->marks.n_rows; row++) {
        size_t n_cells = m->marks.rows[row] - first_mark(m, row);
        const char *end = m->chunk.bytes + m->marks.marks[m->marks.rows[row] - 1];
        wbi_str raw = {begin, (size_t)(end - begin) - (end > begin && end[-1] == '\r')};
        m->raws[row] = raw;
        m->states[row] = n_cells == width ? KEPT : raw.length == 0 ? VANISHED : DOUBTFUL;
        if ((dialect->header && begins_like_header(raw, name, dialect->delimiter)) ||
            (!m->chunk.plain && wbi_utf8_check(raw.data, raw.length) < raw.length))
            m->states[row] = m->states[row] == VANISHED ? VANISHED : DOUBTFUL;
        begin = end + 1;
    }
}

/* Cells of column k in turn. */
typedef struct cursor {
    wbi_batch_memory *m;
    const wbi_dialect *dialect;
    size_t place;
    bool is_last;
} cursor;

static cursor cursor_at(wbi_batch_memory *m, size_t k)
{
    return (cursor){m, wbi_csv_dialect(m->reader), m->wanted[k], m->wanted[k] + 1 == wbi_csv_n_columns(m->reader)};
}

static inline wb_status cell_of(const cursor *c, size_t row, wbi_str *cell, wb_error *err)
{
    *cell = written_cell(c->m, row, c->place, c->is_last);
    return read_cell(c->m, cell, c->dialect, err);
}

static wb_status type_numbers(wbi_batch_memory *m, size_t k, wb_error *err)
{
    const cursor c = cursor_at(m, k);
    double *numbers = m->rows->columns[k].numbers;
    for (size_t row = 0; row < m->marks.n_rows; row++) {
        wbi_str cell;
        wbi_parsed value = {.number = NAN};
        if (m->states[row] != KEPT)
            continue;
        WBI_TRY(cell_of(&c, row, &cell, err));
        if (wbi_convert_number(&numbers[row], cell.data, cell.length, m->typing.decimal))
            continue;
        if (!wbi_typing_parse(&value, cell, k, &m->typing))
            m->states[row] = DOUBTFUL;
        numbers[row] = value.number;
    }
    return WB_OK;
}

static wb_status type_times(wbi_batch_memory *m, size_t k, wb_error *err)
{
    const cursor c = cursor_at(m, k);
    const wbi_time_format *format = &m->typing.columns[k].time;
    const bool iso = format->kind == WBI_TIME_ISO && format->zone == NULL;
    int64_t *times = m->rows->columns[k].times;
    for (size_t row = 0; row < m->marks.n_rows; row++) {
        wbi_str cell;
        wbi_parsed value = {.time_us = WB_TIME_MISSING};
        if (m->states[row] != KEPT)
            continue;
        WBI_TRY(cell_of(&c, row, &cell, err));
        if (iso && wbi_convert_iso(&times[row], cell.data, cell.length, format->zone_offset_s))
            continue;
        if (!wbi_typing_parse(&value, cell, k, &m->typing))
            m->states[row] = DOUBTFUL;
        times[row] = value.time_us;
    }
    return WB_OK;
}

/* Levels of at most 8 bytes that were looked up lately. */
enum { N_RECENT = 64 };
typedef struct recent_level {
    uint64_t bytes; /* zeros behind */
    size_t length;  /* 0: none */
    int32_t code;
} recent_level;

/* Columns of a few short levels need no looking up. Nor do keys that hardly come back within a chunk: they are listed as they
 * come. */
static wb_status find_level(int32_t *code, wbi_dictionary *levels, wbi_str cell, bool listed, recent_level *recent,
                            wb_error *err)
{
    if (listed) {
        *code = (int32_t)wbi_dictionary_size(levels);
        return wbi_dictionary_append(levels, cell.data, cell.length, err);
    }
    if (recent == NULL || cell.length > sizeof recent->bytes)
        return wbi_dictionary_intern(levels, cell.data, cell.length, code, err);
    uint64_t bytes;
    memcpy(&bytes, cell.data, sizeof bytes);
    bytes = bytes << (64 - 8 * cell.length) >> (64 - 8 * cell.length);
    recent_level *place = &recent[(bytes * UINT64_C(0x9e3779b97f4a7c15)) >> 58];
    if (place->length != cell.length || place->bytes != bytes) {
        WBI_TRY(wbi_dictionary_intern(levels, cell.data, cell.length, &place->code, err));
        place->bytes = bytes;
        place->length = cell.length;
    }
    *code = place->code;
    return WB_OK;
}

/* Equal bytes, of cells behind which some can be read. */
static inline bool same_cell(wbi_str a, wbi_str b)
{
    uint64_t x, y;
    if (a.length != b.length)
        return false;
    if (a.length <= 8 || a.length > 16)
        return memcmp(a.data, b.data, a.length) == 0;
    memcpy(&x, a.data, sizeof x);
    memcpy(&y, b.data, sizeof y);
    if (x != y)
        return false;
    memcpy(&x, a.data + a.length - 8, sizeof x);
    memcpy(&y, b.data + b.length - 8, sizeof y);
    return x == y;
}

static wb_status type_categories(wbi_batch_memory *m, size_t k, wb_error *err)
{
    const cursor c = cursor_at(m, k);
    wbi_column *column = &m->rows->columns[k];
    recent_level recent[N_RECENT] = {{0}};
    wbi_str before = {NULL, 0};
    int32_t code = -1;
    m->listed[k] = 2 * m->n_levels[k] > m->marks.n_rows;
    for (size_t row = 0; row < m->marks.n_rows; row++) {
        wbi_str cell;
        if (m->states[row] != KEPT)
            continue;
        WBI_TRY(cell_of(&c, row, &cell, err));
        column->codes[row] = -1;
        if (cell.length == 0) {
            if (m->typing.columns[k].required)
                m->states[row] = DOUBTFUL;
            continue;
        }
        if (before.data == NULL || !same_cell(cell, before)) {
            WBI_TRY(find_level(&code, column->dictionary, cell, m->listed[k], recent, err));
            before = cell.data == m->text.data ? (wbi_str){NULL, 0} : cell;
        }
        column->codes[row] = code;
    }
    m->n_levels[k] = wbi_dictionary_size(column->dictionary);
    return WB_OK;
}

static wb_status type_column(wbi_batch_memory *m, size_t k, wb_error *err)
{
    switch (m->rows->columns[k].type) {
    case WB_TYPE_NUMBER:
        return type_numbers(m, k, err);
    case WB_TYPE_TIME:
        return type_times(m, k, err);
    case WB_TYPE_CATEGORY:
    case WB_TYPE_TEXT:
        break;
    }
    return type_categories(m, k, err);
}

static wb_status set_value(const wbi_batch_memory *m, size_t k, size_t row, wbi_parsed value, wbi_str cell,
                           wb_error *err)
{
    wbi_column *column = &m->rows->columns[k];
    if (column->type == WB_TYPE_NUMBER)
        column->numbers[row] = value.number;
    else if (column->type == WB_TYPE_TIME)
        column->times[row] = value.time_us;
    else {
        column->codes[row] = -1;
        if (cell.length > 0)
            return find_level(&column->codes[row], column->dictionary, cell, m->listed[k], NULL, err);
    }
    return WB_OK;
}

/* Reads a doubtful row by libcsv, with a byte of its line end: a blank line is a row by that alone. */
static wb_status settle_row(wbi_batch_memory *m, size_t row, wbi_csv_reader **judge, wb_error *err)
{
    wbi_judged judged;
    wb_error wrong;
    wbi_str raw = m->raws[row], bytes = {raw.data, raw.length + 1};
    if (*judge == NULL)
        WBI_TRY(wbi_csv_judge_create(judge, m->reader, err));
    WBI_TRY(wbi_csv_judge(*judge, &judged, bytes, m->chunk.file, wbi_chunk_line(&m->chunk, raw.data), err));
    m->states[row] = BAD;
    if (judged.wrong != NULL)
        return add_bad(m, &judged, judged.wrong, err);
    if (!wbi_typing_parse_row(m->values, judged.cells, 0, &m->typing, &wrong))
        return add_bad(m, &judged, &wrong, err);
    m->states[row] = KEPT;
    for (size_t k = 0; k < m->n_columns; k++)
        WBI_TRY(set_value(m, k, row, m->values[k], judged.cells->cells[k], err));
    return WB_OK;
}

/* Gives a category column a dictionary of the levels that its rows have, in their order, and of no others. */
static wb_status renew_levels(wbi_column *column, wb_error *err)
{
    wbi_dictionary *all = column->dictionary, *used = NULL;
    WBI_TRY(wbi_dictionary_create(&used, err));
    wb_status status = WB_OK;
    for (size_t row = 0; row < column->length && status == WB_OK; row++)
        if (column->codes[row] >= 0) {
            wbi_str level = wbi_dictionary_at(all, column->codes[row]);
            status = wbi_dictionary_intern(used, level.data, level.length, &column->codes[row], err);
        }
    column->dictionary = used;
    wbi_dictionary_free(all);
    return status;
}

/* Settles the doubtful rows, and takes out those that are none. */
static wb_status settle_rows(wbi_batch_memory *m, wbi_csv_reader **judge, wb_error *err)
{
    size_t n = m->marks.n_rows, n_kept = 0;
    bool any = false;
    for (size_t row = 0; row < n; row++) {
        m->rows->n_rows = n_kept;
        any = any || m->states[row] == DOUBTFUL;
        if (m->states[row] == DOUBTFUL)
            WBI_TRY(settle_row(m, row, judge, err));
        m->states[row] = m->states[row] == KEPT;
        if (m->states[row])
            m->raws[n_kept++] = m->raws[row];
    }
    m->rows->n_rows = n;
    if (n_kept < n)
        wbi_table_keep(m->rows, m->states);
    for (size_t k = 0; any && k < m->n_columns; k++)
        if (m->rows->columns[k].type == WB_TYPE_CATEGORY)
            WBI_TRY(renew_levels(&m->rows->columns[k], err));
    return WB_OK;
}

wb_status wbi_batch_type_chunk(wbi_batch_memory *m, wbi_csv_reader **judge, wb_error *err)
{
    const wbi_chunk *chunk = &m->chunk;
    clear(m);
    m->lines = NULL;
    m->file = chunk->file;
    WBI_TRY(reserve_marks(m, chunk->n_bytes, err));
    wbi_scanner_best()->marks(&m->marks, chunk->bytes, chunk->n_bytes, wbi_csv_dialect(m->reader)->delimiter,
                              chunk->quotes);
    WBI_TRY(reserve_rows(m, m->marks.n_rows, err));
    classify_rows(m);
    for (size_t k = 0; k < m->n_columns; k++) {
        WBI_TRY(type_column(m, k, err));
        m->rows->columns[k].length = m->marks.n_rows;
    }
    return settle_rows(m, judge, err);
}
