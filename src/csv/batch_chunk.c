/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv/batch_chunk.h"

#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "csv/bad_rows.h"

static wbi_packing packing_of(const wbi_batch_memory *m, wb_type type)
{
    if (type == WB_TYPE_CATEGORY || type == WB_TYPE_TEXT)
        return WBI_PACKED_CODES;
    return type == WB_TYPE_NUMBER ? m->numbers : wbi_packed_narrowest(type);
}

wb_status wbi_batch_create(wbi_batch_memory *m, const wbi_csv_reader *reader, const wbi_batch_options *options,
                           wb_error *err)
{
    size_t n = options->n_columns, n_wanted;
    m->reader = reader;
    m->numbers = options->numbers;
    m->columns = wbi_alloc_array(n, sizeof *m->columns);
    m->typing = (wbi_typing){m->columns, options->column_numbers, wbi_csv_dialect(reader)->decimal,
                             !options->words_are_text};
    m->wanted = wbi_csv_wanted(reader, &n_wanted);
    m->n_columns = n;
    m->text = wbi_buffer_make(PTRDIFF_MAX);
    m->values = wbi_alloc_array(n, sizeof *m->values);
    m->listed = wbi_alloc_array(n, sizeof *m->listed);
    if (m->columns == NULL || m->values == NULL || m->listed == NULL)
        return wbi_fail_nomem(err, n * sizeof *m->columns);
    for (size_t k = 0; k < n; k++) {
        m->columns[k] = options->columns[k];
        m->listed[k] = m->columns[k].type == WB_TYPE_TEXT;
        WBI_TRY(wbi_packed_add_column(&m->rows, packing_of(m, m->columns[k].type), NULL, err));
    }
    return WB_OK;
}

wb_status wbi_batch_follow_types(wbi_batch_memory *m, const wbi_typed_column *columns, wb_error *err)
{
    m->rows.n_rows = 0;
    for (size_t k = 0; k < m->n_columns; k++) {
        if (m->columns[k].type == columns[k].type)
            continue;
        WBI_TRY(wbi_packed_replace_column(&m->rows, k, packing_of(m, columns[k].type), err));
        m->columns[k].type = columns[k].type;
        m->listed[k] = columns[k].type == WB_TYPE_TEXT;
    }
    return WB_OK;
}

void wbi_batch_free(wbi_batch_memory *m)
{
    wbi_packed_free(&m->rows);
    wbi_free(m->columns);
    wbi_free(m->raws);
    wbi_free(m->lines);
    wbi_free(m->bad);
    wbi_chunk_free(&m->chunk);
    wbi_free(m->marks.marks);
    wbi_free(m->marks.starts);
    wbi_free(m->states);
    wbi_free(m->origins);
    wbi_buffer_free(&m->text);
    wbi_arena_free(&m->arena);
    wbi_free(m->values);
    wbi_free(m->listed);
}

static void clear(wbi_batch_memory *m)
{
    m->rows.n_rows = 0;
    for (size_t k = 0; k < m->n_columns; k++)
        if (m->rows.columns[k].type == WB_TYPE_CATEGORY)
            wbi_dictionary_clear(m->rows.columns[k].dictionary);
    m->n_bad = 0;
    m->counted = m->chunk.bytes;
    m->counted_line = m->chunk.first_line;
}

/* What is wrong with a row takes longer to say than to find. */
static bool is_to_be_told(const wbi_batch_memory *m)
{
    return m->n_bad <= WBI_BATCH_ERRORS;
}

static wb_status add_bad(wbi_batch_memory *m, const wbi_judged *judged, const wb_error *wrong, wb_error *err)
{
    WBI_TRY(wbi_array_grow(&m->bad, &m->bad_capacity, m->n_bad, sizeof *m->bad, err));
    wb_error *error = &m->errors[is_to_be_told(m) ? m->n_bad : WBI_BATCH_ERRORS];
    if (is_to_be_told(m))
        *error = *wrong;
    m->bad[m->n_bad++] = (wbi_batch_bad){m->rows.n_rows, judged->line, error, judged->raw, judged->wrong == NULL};
    return WB_OK;
}

/* ---- row by row ---- */

void wbi_batch_begin_rows(wbi_batch_memory *m)
{
    clear(m);
    m->chunk.n_bytes = 0;
    for (size_t k = 0; k < m->n_columns; k++)
        m->listed[k] = m->columns[k].type == WB_TYPE_TEXT;
    wbi_arena_rewind(&m->arena, (wbi_arena_mark){0});
}

/* Puts the values of m->values, and the levels of the cells, into row `row` of `n`. */
static wb_status set_row(wbi_batch_memory *m, size_t row, size_t n, const wbi_cells *cells, wb_error *err)
{
    for (size_t k = 0; k < m->n_columns; k++) {
        wbi_packed *column = &m->rows.columns[k];
        if (column->type == WB_TYPE_NUMBER) {
            WBI_TRY(wbi_packed_set_number(&m->rows, k, row, m->values[k].number, n, err));
        } else if (column->type == WB_TYPE_TIME) {
            WBI_TRY(wbi_packed_set_time(&m->rows, k, row, m->values[k].time_us, n, err));
        } else {
            int32_t *code = &wbi_packed_codes(column)[row];
            *code = -1;
            if (cells->cells[k].length > 0)
                WBI_TRY(wbi_batch_add_level(m, k, cells->cells[k], code, err));
        }
    }
    return WB_OK;
}

static wb_status reserve_one_more(wbi_batch_memory *m, wb_error *err)
{
    size_t n = m->rows.n_rows, capacity = m->rows.capacity;
    WBI_TRY(wbi_array_grow(&m->raws, &m->raws_capacity, n, sizeof *m->raws, err));
    WBI_TRY(wbi_array_grow(&m->lines, &m->lines_capacity, n, sizeof *m->lines, err));
    return n < capacity ? WB_OK : wbi_packed_reserve(&m->rows, capacity < 16 ? 32 : capacity * 2, err);
}

wb_status wbi_batch_add_row(wbi_batch_memory *m, const wbi_judged *judged, wb_error *err)
{
    wb_error wrong;
    wbi_judged kept = *judged;
    size_t row = m->rows.n_rows;
    m->file = judged->file;
    if (!wbi_arena_copy(&m->arena, &kept.raw))
        return wbi_fail_nomem(err, judged->raw.length);
    if (judged->wrong != NULL)
        return add_bad(m, &kept, judged->wrong, err);
    if (!wbi_typing_parse_row(m->values, judged->cells, 0, &m->typing, is_to_be_told(m) ? &wrong : NULL))
        return add_bad(m, &kept, &wrong, err);
    WBI_TRY(reserve_one_more(m, err));
    m->raws[row] = kept.raw;
    m->lines[row] = judged->line;
    WBI_TRY(set_row(m, row, row, judged->cells, err));
    m->rows.n_rows++;
    return WB_OK;
}

/* ---- a chunk of regular rows ---- */

size_t wbi_chunk_line(wbi_batch_memory *m, const char *at)
{
    if (m->counted > at) {
        m->counted = m->chunk.bytes;
        m->counted_line = m->chunk.first_line;
    }
    for (const char *end; (end = memchr(m->counted, '\n', (size_t)(at - m->counted))) != NULL; m->counted = end + 1)
        m->counted_line++;
    return m->counted_line;
}

/* Room for all that the chunk's window may hold, so that it serves the chunks to come too. */
static wb_status reserve_marks(wbi_batch_memory *m, wb_error *err)
{
    size_t n = wbi_marks_room(m->chunk.capacity);
    if (n <= m->marks_capacity)
        return WB_OK;
    wbi_free(m->marks.marks);
    wbi_free(m->marks.starts);
    m->marks_capacity = 0;
    m->marks.marks = wbi_alloc_array(n, sizeof *m->marks.marks);
    m->marks.starts = wbi_alloc_array(n, sizeof *m->marks.starts);
    if (m->marks.marks == NULL || m->marks.starts == NULL)
        return wbi_fail_nomem(err, n * sizeof *m->marks.marks);
    m->marks_capacity = n;
    return WB_OK;
}

static wb_status reserve_rows(wbi_batch_memory *m, size_t n, wb_error *err)
{
    WBI_TRY(wbi_packed_reserve(&m->rows, n, err));
    if (n <= m->rows_capacity)
        return WB_OK;
    wbi_free(m->states);
    wbi_free(m->origins);
    m->rows_capacity = 0;
    m->states = wbi_alloc_array(n, sizeof *m->states);
    m->origins = wbi_alloc_array(n, sizeof *m->origins);
    if (m->states == NULL || m->origins == NULL)
        return wbi_fail_nomem(err, n * sizeof *m->origins);
    m->rows_capacity = n;
    return WB_OK;
}

/* Row ends are \n or \r\n. */
wbi_str wbi_chunk_row(const wbi_batch_memory *m, size_t row)
{
    const uint32_t *marks = m->marks.marks, *starts = m->marks.starts;
    const char *begin = m->chunk.bytes + (uint32_t)(marks[starts[row]] + 1);
    const char *end = m->chunk.bytes + marks[starts[row + 1]];
    return (wbi_str){begin, (size_t)(end - begin) - (end > begin && end[-1] == '\r')};
}

/* How the header begins. A quote in the name is doubled in the row: what is before it decides. */
static wbi_str start_of_header(const wbi_csv_reader *reader)
{
    wbi_str name = wbi_str_from(wbi_csv_column(reader, 0));
    const char *quote = memchr(name.data, '"', name.length);
    if (quote != NULL)
        name.length = (size_t)(quote - name.data);
    return name;
}

/* Whether the row begins as the header does, and may thus be the header again. Nearly all differ in their first byte. */
static bool begins_like_header(wbi_str row, wbi_str start, char delimiter)
{
    const size_t quoted = row.length > 0 && row.data[0] == '"', end = quoted + start.length;
    const wbi_str text = {row.data + quoted, row.length - quoted};
    if (text.length > 0 && start.length > 0 && text.data[0] != start.data[0])
        return false;
    if (!wbi_starts_with(text, start))
        return false;
    return end == row.length || row.data[end] == delimiter || row.data[end] == '"';
}

/* A row that may be the header again, is not text, or has too few or too many cells, is doubtful. */
static uint8_t state_of(wbi_str raw, bool wide, bool text, wbi_str header, const wbi_dialect *dialect)
{
    if (!wide && raw.length == 0)
        return WBI_ROW_VANISHED;
    if (!wide || (dialect->header && begins_like_header(raw, header, dialect->delimiter)) ||
        (!text && wbi_utf8_check(raw.data, raw.length) < raw.length))
        return WBI_ROW_DOUBTFUL;
    return WBI_ROW_KEPT;
}

/* Nearly all rows are as wide as the header and told from it by their first byte. */
static void classify_rows(wbi_batch_memory *m)
{
    const size_t width = wbi_csv_n_columns(m->reader), n = m->marks.n_rows;
    const uint32_t *const marks = m->marks.marks, *const starts = m->marks.starts;
    const char *const bytes = m->chunk.bytes;
    uint8_t *const states = m->states;
    const wbi_dialect *dialect = wbi_csv_dialect(m->reader);
    const wbi_str header = start_of_header(m->reader);
    const bool text = m->chunk.plain || wbi_utf8_check(bytes, m->chunk.n_bytes) == m->chunk.n_bytes;
    const bool may_be_usual = text && header.length > 0;
    for (size_t row = 0; row < n; row++) {
        const bool wide = starts[row + 1] - starts[row] == width;
        const char first = bytes[(uint32_t)(marks[starts[row]] + 1)];
        states[row] = may_be_usual && wide && first != header.data[0] && first != '"'
                          ? WBI_ROW_KEPT
                          : state_of(wbi_chunk_row(m, row), wide, text, header, dialect);
    }
}

/* Reads a doubtful row by libcsv, with a byte of its line end: a blank line is a row by that alone. */
static wb_status settle_row(wbi_batch_memory *m, size_t row, wbi_csv_reader **judge, wb_error *err)
{
    wbi_judged judged;
    wb_error wrong;
    wbi_str raw = wbi_chunk_row(m, row), bytes = {raw.data, raw.length + 1};
    if (*judge == NULL)
        WBI_TRY(wbi_csv_judge_create(judge, m->reader, err));
    WBI_TRY(wbi_csv_judge(*judge, &judged, bytes, m->chunk.file, wbi_chunk_line(m, raw.data), err));
    m->states[row] = WBI_ROW_BAD;
    if (judged.wrong != NULL)
        return add_bad(m, &judged, judged.wrong, err);
    if (!wbi_typing_parse_row(m->values, judged.cells, 0, &m->typing, is_to_be_told(m) ? &wrong : NULL))
        return add_bad(m, &judged, &wrong, err);
    m->states[row] = WBI_ROW_KEPT;
    return set_row(m, row, m->marks.n_rows, judged.cells, err);
}

/* Gives a category column a dictionary of the levels that its rows have, in their order, and of no others. */
static wb_status renew_levels(wbi_packed *column, size_t n, wb_error *err)
{
    wbi_dictionary *all = column->dictionary, *used = NULL;
    int32_t *codes = wbi_packed_codes(column);
    WBI_TRY(wbi_dictionary_create(&used, err));
    wb_status status = WB_OK;
    for (size_t row = 0; row < n && status == WB_OK; row++)
        if (codes[row] >= 0) {
            wbi_str level = wbi_dictionary_at(all, codes[row]);
            status = wbi_dictionary_intern(used, level.data, level.length, &codes[row], err);
        }
    column->dictionary = used;
    wbi_dictionary_free(all);
    return status;
}

static bool are_all_kept(const uint8_t *states, size_t n)
{
    return n == 0 || (states[0] == WBI_ROW_KEPT && memcmp(states, states + 1, n - 1) == 0);
}

/* Settles the doubtful rows, and takes out those that are none. */
static wb_status settle_rows(wbi_batch_memory *m, wbi_csv_reader **judge, wb_error *err)
{
    size_t n = m->marks.n_rows, n_kept = 0;
    bool any = false;
    m->rows.n_rows = n;
    m->all_kept = are_all_kept(m->states, n);
    if (m->all_kept)
        return WB_OK;
    for (size_t row = 0; row < n; row++) {
        m->rows.n_rows = n_kept;
        any = any || m->states[row] == WBI_ROW_DOUBTFUL;
        if (m->states[row] == WBI_ROW_DOUBTFUL)
            WBI_TRY(settle_row(m, row, judge, err));
        m->states[row] = m->states[row] == WBI_ROW_KEPT;
        if (m->states[row])
            m->origins[n_kept++] = (uint32_t)row;
    }
    m->rows.n_rows = n;
    if (n_kept < n)
        wbi_packed_keep(&m->rows, m->states);
    m->all_kept = n_kept == n;
    for (size_t k = 0; any && k < m->n_columns; k++)
        if (m->rows.columns[k].type == WB_TYPE_CATEGORY)
            WBI_TRY(renew_levels(&m->rows.columns[k], n_kept, err));
    return WB_OK;
}

wb_status wbi_batch_type_chunk(wbi_batch_memory *m, wbi_csv_reader **judge, wb_error *err)
{
    const wbi_chunk *chunk = &m->chunk;
    clear(m);
    m->file = chunk->file;
    WBI_TRY(reserve_marks(m, err));
    wbi_scanner_best()->marks(&m->marks, chunk->bytes, chunk->n_bytes, wbi_csv_dialect(m->reader)->delimiter,
                              chunk->quotes);
    WBI_TRY(reserve_rows(m, m->marks.n_rows, err));
    classify_rows(m);
    WBI_TRY(wbi_batch_type_columns(m, err));
    return settle_rows(m, judge, err);
}
