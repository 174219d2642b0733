/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv/flat_batches.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "csv/reader_rows.h"
#include "table/spill.h"

enum { SAMPLE_BYTES = 128 << 10, LEAD_ROWS = 1 << 16, LARGE_PAGE_BYTES = 2 << 20 };

void wbi_flat_free(wbi_flat *flat)
{
    wbi_csv_close(flat->judge);
    wbi_csv_close(flat->csv);
    wbi_bad_rows_free(flat->bad);
    wbi_paths_free(&flat->paths);
    wb_table_free(flat->table);
    for (size_t k = 0; k < flat->n_columns; k++)
        wb_table_free(flat->written[k]);
    for (size_t s = 0; flat->texts != NULL && s < flat->n_slots; s++)
        wbi_flat_texts_free(&flat->texts[s]);
    wbi_free(flat->texts);
    wbi_free(flat->written);
    wbi_free(flat->columns);
    wbi_free(flat->batched);
    wbi_free(flat->numbers);
    wbi_free(flat->undeclared);
    wbi_free(flat->open);
    wbi_free(flat->n_seen);
    wbi_free(flat->unread);
    wbi_free(flat->parsed);
    wbi_free(flat->keep);
    wbi_free(flat->codes);
    wbi_free(flat->values);
}

static wbi_typing typing_of(const wbi_flat *flat)
{
    return (wbi_typing){flat->columns, flat->numbers, flat->dialect.decimal, false};
}

/* ---- what columns are ---- */

static void close_column(wbi_flat *flat, size_t k, wb_type type)
{
    flat->open[k] = false;
    flat->columns[k].type = flat->batched[k].type = type;
    wb_table_free(flat->written[k]);
    flat->written[k] = NULL;
}

/* An open column has `n` more cells that are numbers. */
static void count_numbers(wbi_flat *flat, size_t k, size_t n)
{
    flat->n_seen[k] += n;
    if (flat->n_seen[k] >= flat->n_deciding)
        close_column(flat, k, WB_TYPE_NUMBER);
}

/* An open column has another cell that is not missing. */
static wb_status decide(wbi_flat *flat, size_t k, bool is_number, wb_error *err)
{
    if (is_number) {
        count_numbers(flat, k, 1);
        return WB_OK;
    }
    WBI_TRY(wbi_flat_become_category(flat->table, k, flat->written[k], err));
    close_column(flat, k, WB_TYPE_CATEGORY);
    return WB_OK;
}

/* Whether the cells of the rows are all entries of the dictionary, in their order. */
static bool lists_cells(const wbi_packed *column, size_t n)
{
    int32_t next = 0;
    bool other = false;
    for (size_t row = 0; row < n; row++) {
        const int32_t code = wbi_packed_code(column, row);
        other |= code >= 0 && code != next;
        next += code >= 0;
    }
    return !other && (size_t)next == wbi_dictionary_size(column->dictionary);
}

/* Remembers the cells of an open column. */
static wb_status remember(wbi_flat *flat, size_t k, const wbi_packed *column, size_t n, wb_error *err)
{
    if (wbi_dictionary_size(column->dictionary) == 0)
        return WB_OK;
    if (flat->written[k] == NULL) {
        WBI_TRY(wbi_table_create(&flat->written[k], err));
        WBI_TRY(wbi_table_add_column(flat->written[k], flat->columns[k].name, WB_TYPE_TEXT, NULL, err));
    }
    if (lists_cells(column, n))
        return wbi_column_push_texts(&flat->written[k]->columns[0], column->dictionary, err);
    for (size_t row = 0; row < n; row++) {
        const int32_t code = wbi_packed_code(column, row);
        if (code < 0)
            continue;
        const wbi_str cell = wbi_dictionary_at(column->dictionary, code);
        WBI_TRY(wbi_column_push_text(&flat->written[k]->columns[0], cell.data, cell.length, err));
    }
    return WB_OK;
}

/* ---- which rows are bad ---- */

/* Whether a column is a number, as far as is known, but text in the batch. */
static bool is_unread(const wbi_flat *flat, const wbi_packed_rows *rows, size_t k)
{
    return flat->columns[k].type == WB_TYPE_NUMBER && rows->columns[k].type == WB_TYPE_CATEGORY;
}

/* The cells of a row that libcsv could tell apart, and that is not blank. */
static wb_status cells_again(wbi_flat *flat, const wbi_cells **cells, wbi_str raw, const char *file, size_t line,
                             wb_error *err)
{
    wbi_judged judged;
    if (flat->judge == NULL)
        WBI_TRY(wbi_csv_judge_create(&flat->judge, flat->csv, err));
    WBI_TRY(wbi_csv_judge(flat->judge, &judged, raw, file, line, err));
    assert(judged.wrong == NULL);
    *cells = judged.cells;
    return WB_OK;
}

/* Says what is wrong with a row, by what the columns are now. */
static wb_status tell_row(wbi_flat *flat, const wbi_cells *cells, wbi_str raw, wb_error *err)
{
    wb_error wrong;
    const wbi_typing typing = typing_of(flat);
    const bool good = wbi_typing_parse_row(flat->values, cells, 0, &typing, &wrong);
    assert(!good);
    return good ? WB_OK : wbi_bad_rows_add(flat->bad, &wrong, raw, err);
}

/* A row of which some cell is wrong still has its say on open columns, and the cell of a closed one that the batch holds as
 * text may be what is told of it. */
static wb_status tell_bad(wbi_flat *flat, const wbi_batch *batch, const wbi_batch_bad *bad, wb_error *err)
{
    const wbi_cells *cells;
    bool unread_wrong = false;
    if (!bad->has_cells || !flat->any_unread)
        return wbi_bad_rows_add(flat->bad, bad->error, bad->raw, err);
    WBI_TRY(cells_again(flat, &cells, bad->raw, batch->file, bad->line, err));
    for (size_t k = 0; k < flat->n_columns; k++) {
        if (!is_unread(flat, batch->rows, k) || cells->cells[k].length == 0)
            continue;
        const wbi_typing typing = typing_of(flat);
        wbi_parsed value;
        const bool is_number = wbi_typing_parse(&value, cells->cells[k], k, &typing);
        if (flat->open[k])
            WBI_TRY(decide(flat, k, is_number, err));
        else
            unread_wrong = unread_wrong || !is_number;
    }
    return unread_wrong ? tell_row(flat, cells, bad->raw, err) : wbi_bad_rows_add(flat->bad, bad->error, bad->raw, err);
}

/* Reads the cells that are text though their columns are numbers. */
static wb_status settle_row(wbi_flat *flat, const wbi_batch *batch, size_t row, wb_error *err)
{
    const wbi_cells *cells;
    bool good = true;
    for (size_t i = 0; i < flat->n_unread; i++) {
        const size_t k = flat->unread[i];
        const wbi_packed *column = &batch->rows->columns[k];
        const int32_t code = wbi_packed_code(column, row);
        wbi_parsed value = {.number = NAN};
        if (code >= 0 && is_unread(flat, batch->rows, k)) {
            const wbi_typing typing = typing_of(flat);
            const bool is_number = wbi_typing_parse(&value, wbi_dictionary_at(column->dictionary, code), k, &typing);
            if (flat->open[k])
                WBI_TRY(decide(flat, k, is_number, err));
            else
                good = good && is_number;
        }
        flat->parsed[i * batch->rows->n_rows + row] = value.number;
    }
    flat->keep[row] = good;
    if (good)
        return WB_OK;
    const wbi_str raw = wbi_batch_raw(batch, row);
    flat->n_dropped++;
    WBI_TRY(cells_again(flat, &cells, raw, batch->file, wbi_batch_line(batch, row), err));
    return tell_row(flat, cells, raw, err);
}

/* Where no row is bad and all unread cells are numbers, the order of the rows does not matter. */
static const wbi_flat_texts *settle_at_once(wbi_flat *flat, const wbi_batch *batch)
{
    const wbi_flat_texts *texts = &flat->texts[batch->slot];
    if (batch->n_bad > 0)
        return NULL;
    for (size_t i = 0; i < flat->n_unread; i++)
        if (texts->n_cells[flat->unread[i]] == WBI_FLAT_NO_NUMBERS)
            return NULL;
    for (size_t i = 0; i < flat->n_unread; i++)
        if (flat->open[flat->unread[i]])
            count_numbers(flat, flat->unread[i], texts->n_cells[flat->unread[i]]);
    return texts;
}

/* Goes through the batch's rows, good and bad, in the order in which they stand. */
static wb_status settle_rows(wbi_flat *flat, const wbi_batch *batch, wb_error *err)
{
    const size_t n = flat->n_unread > 0 ? batch->rows->n_rows : 0;
    size_t told = 0;
    for (size_t row = 0; row < n; row++) {
        for (; told < batch->n_bad && batch->bad[told].before <= row; told++)
            WBI_TRY(tell_bad(flat, batch, &batch->bad[told], err));
        WBI_TRY(settle_row(flat, batch, row, err));
    }
    for (; told < batch->n_bad; told++)
        WBI_TRY(tell_bad(flat, batch, &batch->bad[told], err));
    return WB_OK;
}

static void drop_rows(wbi_flat *flat, wbi_packed_rows *rows)
{
    const size_t n = rows->n_rows;
    double *to = flat->parsed;
    for (size_t i = 0; i < flat->n_unread; i++)
        for (size_t row = 0; row < n; row++)
            if (flat->keep[row])
                *to++ = flat->parsed[i * n + row];
    wbi_packed_keep(rows, flat->keep);
}

/* ---- into the table ---- */

/* *values becomes an array of at least `n`, whose old elements are forgotten. */
static wb_status make_room(void *values, size_t *capacity, size_t n, size_t size, wb_error *err)
{
    void **array = values;
    if (n <= *capacity)
        return WB_OK;
    wbi_free(*array);
    *capacity = 0;
    *array = wbi_alloc_array(n, size);
    if (*array == NULL)
        return wbi_fail_nomem(err, n * size);
    *capacity = n;
    return WB_OK;
}

static wb_status begin_batch(wbi_flat *flat, const wbi_packed_rows *rows, wb_error *err)
{
    flat->any_unread = false;
    flat->n_unread = flat->n_dropped = 0;
    for (size_t k = 0; k < flat->n_columns; k++) {
        if (!is_unread(flat, rows, k))
            continue;
        flat->any_unread = true;
        if (wbi_dictionary_size(rows->columns[k].dictionary) > 0)
            flat->unread[flat->n_unread++] = k;
    }
    WBI_TRY(make_room(&flat->parsed, &flat->parsed_capacity, flat->n_unread * rows->n_rows, sizeof *flat->parsed, err));
    return make_room(&flat->keep, &flat->keep_capacity, rows->n_rows, sizeof *flat->keep, err);
}

/* Room for as many rows as all files will give if they are about as long as those so far; for a few first rows of each column
 * less, and of no two as many: the system zeroes a large page of memory when it is first written to, and if all columns asked for
 * theirs at once, the other threads would run out of work. */
static wb_status reserve(wbi_flat *flat, size_t wanted, wb_error *err)
{
    if (wanted > flat->capacity) {
        size_t n = 2 * flat->capacity;
        if (flat->sampled_bytes >= SAMPLE_BYTES && wbi_csv_file_bytes(flat->csv) > 0)
            n = (size_t)((double)flat->n_bytes * (double)flat->n_sampled / (double)flat->sampled_bytes * 1.02);
        flat->capacity = n > wanted ? n : wanted;
        if (flat->sampled_bytes >= SAMPLE_BYTES)
            WBI_TRY(wbi_flat_keep_limit(flat, flat->capacity, err));
    }
    for (size_t k = 0; k < flat->n_columns; k++) {
        wbi_column *column = &flat->table->columns[k];
        const bool spilled = wbi_is_spilled(flat->table, k);
        const size_t first = (k + 1) * LEAD_ROWS / flat->n_columns;
        const size_t n = spilled                                      ? column->length + wanted - flat->table->n_rows
                         : wanted <= first && first < flat->capacity ? first
                                                                      : flat->capacity;
        if (column->capacity < (spilled ? n : wanted))
            WBI_TRY(wbi_column_set_capacity(column, n, err));
    }
    return WB_OK;
}

static void append_decimals(wbi_column *column, const int32_t *decimals, size_t n)
{
    if (column->decimals != NULL)
        memcpy(column->decimals + column->length, decimals, n * sizeof *decimals);
    for (size_t row = 0; column->decimals == NULL && row < n; row++)
        column->numbers[column->length + row] = wbi_decimal_number(decimals[row]);
}

/* The column is widened where one is no short decimal. */
static wb_status append_doubles(wbi_column *column, const double *numbers, size_t n, wb_error *err)
{
    if (column->decimals != NULL) {
        if (wbi_decimals_make(column->decimals + column->length, numbers, n))
            return WB_OK;
        WBI_TRY(wbi_column_widen(column, err));
    }
    memcpy(column->numbers + column->length, numbers, n * sizeof *numbers);
    return WB_OK;
}

static void append_missing(wbi_column *column, size_t n)
{
    for (size_t row = column->length; row < column->length + n; row++)
        if (column->decimals != NULL)
            column->decimals[row] = WBI_DECIMAL_MISSING;
        else
            column->numbers[row] = NAN;
}

/* `parsed` is what was read of text; NULL: no cell is there. */
static wb_status append_numbers(wbi_column *column, const wbi_packed *from, const double *parsed, size_t n, wb_error *err)
{
    if (from->packing == WBI_PACKED_DECIMALS)
        append_decimals(column, from->values, n);
    else if (from->packing == WBI_PACKED_DOUBLES)
        return append_doubles(column, from->values, n, err);
    else if (parsed != NULL)
        return append_doubles(column, parsed, n, err);
    else
        append_missing(column, n);
    return WB_OK;
}

static wb_status append_levels(wbi_flat *flat, size_t k, const wbi_packed *column, size_t n, wb_error *err)
{
    wbi_dictionary *levels = flat->table->columns[k].dictionary;
    int32_t *to = flat->table->columns[k].codes + flat->table->columns[k].length;
    const size_t n_levels = wbi_dictionary_size(column->dictionary);
    WBI_TRY(make_room(&flat->codes, &flat->codes_capacity, n_levels, sizeof *flat->codes, err));
    for (size_t level = 0; level < n_levels; level++)
        flat->codes[level] = -1;
    for (size_t row = 0; row < n; row++) {
        const int32_t code = wbi_packed_code(column, row);
        if (code >= 0 && flat->codes[code] < 0) {
            const wbi_str level = wbi_dictionary_at(column->dictionary, code);
            WBI_TRY(wbi_dictionary_intern(levels, level.data, level.length, &flat->codes[code], err));
        }
        to[row] = code < 0 ? -1 : flat->codes[code];
    }
    return WB_OK;
}

static wb_status append_texts(wbi_column *texts, const wbi_packed *column, size_t n, wb_error *err)
{
    if (wbi_dictionary_size(column->dictionary) == n && lists_cells(column, n))
        return wbi_column_push_texts(texts, column->dictionary, err);
    for (size_t row = 0; row < n; row++) {
        const int32_t code = wbi_packed_code(column, row);
        const wbi_str text = code < 0 ? (wbi_str){"", 0} : wbi_dictionary_at(column->dictionary, code);
        WBI_TRY(wbi_column_push_text(texts, text.data, text.length, err));
    }
    return WB_OK;
}

/* Columns of numbers would all come to the end of a large page in the same batch, and the other threads run out of work while
 * the system zeroes one a column. So each asks for its next page by a lead of its own. */
static void touch_ahead(const wbi_flat *flat)
{
    for (size_t k = 0; k < flat->n_columns; k++) {
        const wbi_column *column = &flat->table->columns[k];
        const size_t width = column->decimals != NULL ? sizeof *column->decimals : sizeof *column->numbers;
        const size_t ahead = column->length + k * (LARGE_PAGE_BYTES / width) / flat->n_columns;
        if (column->type != WB_TYPE_NUMBER || ahead >= column->capacity)
            continue;
        if (column->decimals != NULL)
            column->decimals[ahead] = 0;
        else
            column->numbers[ahead] = 0;
    }
}

static wb_status append_rows(wbi_flat *flat, const wbi_packed_rows *rows, wb_error *err)
{
    const size_t n = rows->n_rows, end = flat->table->n_rows + n;
    size_t n_unread = 0;
    WBI_TRY(reserve(flat, end, err));
    for (size_t k = 0; k < flat->n_columns; k++) {
        wbi_column *column = &flat->table->columns[k];
        const size_t before = column->length;
        const wbi_packed *from = &rows->columns[k];
        const bool unread = n_unread < flat->n_unread && flat->unread[n_unread] == k;
        const wbi_packed *numbers = unread && flat->settled != NULL ? &flat->settled->numbers.columns[k] : from;
        const double *parsed = unread ? flat->parsed + n_unread++ * n : NULL;
        if (column->type == WB_TYPE_NUMBER)
            WBI_TRY(append_numbers(column, numbers, parsed, n, err));
        else if (column->type == WB_TYPE_CATEGORY)
            WBI_TRY(append_levels(flat, k, from, n, err));
        else if (column->type == WB_TYPE_TEXT)
            WBI_TRY(append_texts(column, from, n, err));
        else
            for (size_t row = 0; row < n; row++)
                column->times[before + row] = wbi_packed_time(from, row);
        column->length = before + n;
        if (flat->open[k])
            WBI_TRY(remember(flat, k, from, n, err));
    }
    flat->table->n_rows = end;
    touch_ahead(flat);
    return flat->table->spill == NULL ? WB_OK : wbi_spill_go_on(flat->table, err);
}

/* Of the rows that are kept. */
static wb_status note_lines(wbi_flat *flat, const wbi_batch *batch, size_t n, wb_error *err)
{
    wbi_row_lines *lines = flat->lines;
    if (lines->n + n > lines->capacity) {
        const size_t capacity = lines->n + n > 2 * lines->capacity ? lines->n + n : 2 * lines->capacity;
        uint32_t *of = wbi_realloc_array(lines->of, capacity, sizeof *of);
        if (of == NULL)
            return wbi_fail_nomem(err, capacity * sizeof *of);
        lines->of = of;
        lines->capacity = capacity;
    }
    for (size_t row = 0; row < n; row++) {
        const size_t line = wbi_batch_line(batch, row);
        if (flat->n_dropped == 0 || flat->keep[row])
            lines->of[lines->n++] = line < UINT32_MAX ? (uint32_t)line : UINT32_MAX;
    }
    return WB_OK;
}

wb_status wbi_flat_take(void *context, const wbi_batch *batch, wb_error *err)
{
    wbi_flat *flat = context;
    flat->sampled_bytes += batch->n_bytes;
    flat->n_sampled += batch->n_bytes > 0 ? batch->rows->n_rows : 0;
    WBI_TRY(begin_batch(flat, batch->rows, err));
    flat->settled = settle_at_once(flat, batch);
    if (flat->settled == NULL)
        WBI_TRY(settle_rows(flat, batch, err));
    if (flat->lines != NULL)
        WBI_TRY(note_lines(flat, batch, batch->rows->n_rows, err));
    if (flat->n_dropped > 0)
        drop_rows(flat, batch->rows);
    WBI_TRY(append_rows(flat, batch->rows, err));
    return wbi_progress(flat->log, "read", flat->table->n_rows, 0, err);
}
