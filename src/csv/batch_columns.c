/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the cells of a column to values. A column is typed narrow for as long as its cells let it, and wide from there on. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "csv/batch_chunk.h"
#include "csv/convert.h"

enum { READ_AHEAD_BYTES = 8, SINGLE_ROWS = 4 /* before many are tried again */ };

/* The cells of one column in turn, and what becomes of their rows. */
typedef struct cursor {
    wbi_batch_memory *m;
    const char *bytes;
    const uint32_t *marks, *starts;
    uint8_t *states;
    size_t n_rows;
    size_t k, place; /* column of the batch, of the file */
    bool ends_row;   /* may have a \r behind it */
    bool has_forms;  /* quotes, or words that mean missing */
} cursor;

static cursor cursor_at(wbi_batch_memory *m, size_t k)
{
    const size_t place = m->wanted[k];
    return (cursor){.m = m,
                    .bytes = m->chunk.bytes,
                    .marks = m->marks.marks,
                    .starts = m->marks.starts,
                    .states = m->states,
                    .n_rows = m->marks.n_rows,
                    .k = k,
                    .place = place,
                    .ends_row = m->chunk.returns && place + 1 == wbi_csv_n_columns(m->reader),
                    .has_forms = m->chunk.quotes || wbi_csv_dialect(m->reader)->n_na > 0};
}

/* The cells as many at a time are converted; false where they are better read one by one. */
static bool many_at_a_time(const cursor *c, wbi_column_cells *cells)
{
    const wbi_batch_memory *m = c->m;
    if (c->ends_row || m->chunk.doubled || wbi_csv_dialect(m->reader)->n_na > 0)
        return false;
    *cells = (wbi_column_cells){c->bytes, c->marks + c->place, c->starts, c->states, c->n_rows, 0};
    if (m->chunk.quotes && c->states[0] == WBI_ROW_KEPT)
        cells->margin = c->bytes[(uint32_t)(cells->marks[0] + 1)] == '"';
    return true;
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

/* What a written cell says: without its quotes, and empty for a word that means missing. */
static inline wb_status read_forms(wbi_batch_memory *m, wbi_str *cell, wb_error *err)
{
    if (cell->length > 0 && cell->data[0] == '"') {
        *cell = (wbi_str){cell->data + 1, cell->length - 2};
        if (m->chunk.doubled && memchr(cell->data, '"', cell->length) != NULL)
            return undouble(m, cell, err);
        return WB_OK;
    }
    const wbi_dialect *dialect = wbi_csv_dialect(m->reader);
    if (dialect->n_na > 0 && wbi_csv_is_na(dialect, *cell))
        cell->length = 0;
    return WB_OK;
}

static inline wb_status cell_of(const cursor *c, size_t row, wbi_str *cell, wb_error *err)
{
    const uint32_t *mark = c->marks + c->starts[row] + c->place;
    const uint32_t begin = mark[0] + 1, end = mark[1];
    *cell = (wbi_str){c->bytes + begin, end - begin};
    if (c->ends_row && cell->length > 0 && cell->data[cell->length - 1] == '\r')
        cell->length--;
    return c->has_forms ? read_forms(c->m, cell, err) : WB_OK;
}

/* The general readers' word on a cell that is not of the usual spelling. */
static wbi_parsed parse(const cursor *c, size_t row, wbi_str cell, wbi_parsed missing)
{
    wbi_parsed value = missing;
    if (!wbi_typing_parse(&value, cell, c->k, &c->m->typing))
        c->states[row] = WBI_ROW_DOUBTFUL;
    return value;
}

/* ---- numbers ---- */

/* Whether any number will do, and none will, too. */
static bool is_plain(const cursor *c)
{
    const wbi_typed_column *column = &c->m->typing.columns[c->k];
    return !column->required && column->range == NULL;
}

static wb_status type_doubles(const cursor *c, size_t row, wb_error *err)
{
    const char decimal = c->m->typing.decimal;
    double *numbers = c->m->rows.columns[c->k].values;
    const wbi_scanner *scanner = wbi_scanner_best();
    wbi_column_cells many;
    const bool plain = is_plain(c), fast = scanner->doubles != NULL && plain && many_at_a_time(c, &many);
    for (size_t usual = row; row < c->n_rows; row++) {
        wbi_str cell;
        if (fast && row >= usual) {
            row = scanner->doubles(numbers, &many, row, decimal);
            usual = row + SINGLE_ROWS;
            if (row == c->n_rows)
                break;
        }
        if (c->states[row] != WBI_ROW_KEPT)
            continue;
        WBI_TRY(cell_of(c, row, &cell, err));
        if (!plain || !wbi_convert_number(&numbers[row], cell.data, cell.length, decimal))
            numbers[row] = parse(c, row, cell, (wbi_parsed){.number = NAN}).number;
    }
    return WB_OK;
}

/* A narrow kind of numbers. */
typedef struct narrow_kind {
    size_t (*many)(int32_t *out, const wbi_column_cells *cells, size_t row, char decimal); /* NULL: no faster way */
    bool (*one)(int32_t *out, const char *bytes, size_t n, char decimal);
} narrow_kind;

/* Goes on wide, but for this row, where a value is of another kind. */
static inline wb_status type_narrow(const cursor *c, size_t row, narrow_kind kind, wb_error *err)
{
    wbi_packed_rows *rows = &c->m->rows;
    const char decimal = c->m->typing.decimal;
    const wbi_packing packing = rows->columns[c->k].packing;
    int32_t *narrow = rows->columns[c->k].values;
    wbi_column_cells many;
    const bool plain = is_plain(c), fast = kind.many != NULL && plain && many_at_a_time(c, &many);
    for (size_t usual = row; row < c->n_rows; row++) {
        wbi_str cell;
        if (fast && row >= usual) {
            row = kind.many(narrow, &many, row, decimal);
            usual = row + SINGLE_ROWS;
            if (row == c->n_rows)
                break;
        }
        if (c->states[row] != WBI_ROW_KEPT)
            continue;
        WBI_TRY(cell_of(c, row, &cell, err));
        if (plain && kind.one(&narrow[row], cell.data, cell.length, decimal))
            continue;
        double value = parse(c, row, cell, (wbi_parsed){.number = NAN}).number;
        WBI_TRY(wbi_packed_set_number(rows, c->k, row, value, row, err));
        if (rows->columns[c->k].packing != packing)
            return type_doubles(c, row + 1, err);
    }
    return WB_OK;
}

static wb_status type_hundredths(const cursor *c, wb_error *err)
{
    return type_narrow(c, 0, (narrow_kind){wbi_scanner_best()->hundredths, wbi_convert_hundredths}, err);
}

static wb_status type_decimals(const cursor *c, size_t row, wb_error *err)
{
    return type_narrow(c, row, (narrow_kind){wbi_scanner_best()->decimals, wbi_convert_decimal}, err);
}

/* ---- times ---- */

static bool is_iso(const wbi_time_format *format)
{
    return format->kind == WBI_TIME_ISO && format->zone == NULL;
}

static wb_status type_microseconds(const cursor *c, size_t row, wb_error *err)
{
    const wbi_time_format *format = &c->m->typing.columns[c->k].time;
    const bool iso = is_iso(format);
    int64_t *times = c->m->rows.columns[c->k].values, seconds;
    for (; row < c->n_rows; row++) {
        wbi_str cell;
        if (c->states[row] != WBI_ROW_KEPT)
            continue;
        WBI_TRY(cell_of(c, row, &cell, err));
        if (iso && wbi_convert_iso(&seconds, cell.data, cell.length, format->zone_offset_s))
            times[row] = seconds * 1000000;
        else
            times[row] = parse(c, row, cell, (wbi_parsed){.time_us = WB_TIME_MISSING}).time_us;
    }
    return WB_OK;
}

static wb_status type_seconds(const cursor *c, wb_error *err)
{
    const wbi_time_format *format = &c->m->typing.columns[c->k].time;
    const bool iso = is_iso(format);
    wbi_packed_rows *rows = &c->m->rows;
    int32_t *narrow = rows->columns[c->k].values;
    const wbi_scanner *scanner = wbi_scanner_best();
    wbi_column_cells many;
    const bool fast = iso && scanner->seconds != NULL && many_at_a_time(c, &many);
    for (size_t row = 0; row < c->n_rows; row++) {
        wbi_str cell;
        int64_t seconds;
        if (fast)
            row = scanner->seconds(narrow, &many, row, format->zone_offset_s);
        if (row == c->n_rows)
            break;
        if (c->states[row] != WBI_ROW_KEPT)
            continue;
        WBI_TRY(cell_of(c, row, &cell, err));
        if (iso && wbi_convert_iso(&seconds, cell.data, cell.length, format->zone_offset_s) && seconds > INT32_MIN &&
            seconds <= INT32_MAX) {
            narrow[row] = (int32_t)seconds;
            continue;
        }
        int64_t time_us = parse(c, row, cell, (wbi_parsed){.time_us = WB_TIME_MISSING}).time_us;
        WBI_TRY(wbi_packed_set_time(rows, c->k, row, time_us, row, err));
        if (rows->columns[c->k].packing != WBI_PACKED_SECONDS)
            return type_microseconds(c, row + 1, err);
    }
    return WB_OK;
}

/* ---- categories ---- */

/* Levels of at most 8 bytes that were looked up lately. */
enum { RECENT_BITS = 6 };
typedef struct recent_level {
    uint64_t bytes; /* zeros behind */
    size_t length;  /* 0: none */
    int32_t code;
} recent_level;

/* Texts, and keys that hardly come back within a chunk but in the next row, are listed as they come. */
wb_status wbi_batch_add_level(wbi_batch_memory *m, size_t k, wbi_str level, int32_t *code, wb_error *err)
{
    wbi_dictionary *levels = m->rows.columns[k].dictionary;
    if (!m->listed[k])
        return wbi_dictionary_intern(levels, level.data, level.length, code, err);
    *code = (int32_t)wbi_dictionary_size(levels);
    return wbi_dictionary_append(levels, level.data, level.length, err);
}

/* Columns of a few short levels need no looking up. Eight bytes at the level can be read. */
static inline wb_status find_short_level(const cursor *c, wbi_str level, recent_level *recent, int32_t *code, wb_error *err)
{
    uint64_t bytes;
    memcpy(&bytes, level.data, sizeof bytes);
    bytes = bytes << (64 - 8 * level.length) >> (64 - 8 * level.length);
    recent_level *place = &recent[(bytes * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - RECENT_BITS)];
    if (place->length != level.length || place->bytes != bytes) {
        WBI_TRY(wbi_batch_add_level(c->m, c->k, level, &place->code, err));
        place->bytes = bytes;
        place->length = level.length;
    }
    *code = place->code;
    return WB_OK;
}

/* Equal bytes, more than eight of them. */
static inline bool same_level(wbi_str a, wbi_str b)
{
    uint64_t x, y;
    if (a.length != b.length)
        return false;
    if (a.length > 16)
        return memcmp(a.data, b.data, a.length) == 0;
    memcpy(&x, a.data, sizeof x);
    memcpy(&y, b.data, sizeof y);
    if (x != y)
        return false;
    memcpy(&x, a.data + a.length - 8, sizeof x);
    memcpy(&y, b.data + b.length - 8, sizeof y);
    return x == y;
}

/* The level before is the most likely one where there are many. Those that differ from it and are new nearly always are not
 * worth looking up in the next chunk. */
static wb_status type_categories(const cursor *c, wb_error *err)
{
    wbi_batch_memory *m = c->m;
    wbi_packed *column = &m->rows.columns[c->k];
    int32_t *codes = wbi_packed_codes(column), code = -1;
    recent_level recent[1 << RECENT_BITS] = {{0}};
    wbi_str before = {NULL, 0};
    size_t n_repeated = 0;
    for (size_t row = 0; row < c->n_rows; row++) {
        wbi_str cell;
        if (c->states[row] != WBI_ROW_KEPT)
            continue;
        WBI_TRY(cell_of(c, row, &cell, err));
        if (cell.length - 1 < 8 && !m->listed[c->k]) {
            WBI_TRY(find_short_level(c, cell, recent, &codes[row], err));
        } else if (cell.length == 0) {
            codes[row] = -1;
            if (m->typing.columns[c->k].required)
                c->states[row] = WBI_ROW_DOUBTFUL;
        } else if (cell.length > 8 && before.data != NULL && same_level(cell, before)) {
            codes[row] = code;
            n_repeated++;
        } else {
            WBI_TRY(wbi_batch_add_level(m, c->k, cell, &code, err));
            before = cell.data == m->text.data ? (wbi_str){NULL, 0} : cell;
            codes[row] = code;
        }
    }
    m->listed[c->k] = m->columns[c->k].type == WB_TYPE_TEXT ||
                      2 * wbi_dictionary_size(column->dictionary) > c->n_rows - n_repeated;
    return WB_OK;
}

static wb_status type_column(wbi_batch_memory *m, size_t k, wb_error *err)
{
    const cursor c = cursor_at(m, k);
    switch (m->rows.columns[k].packing) {
    case WBI_PACKED_HUNDREDTHS:
        return type_hundredths(&c, err);
    case WBI_PACKED_DECIMALS:
        return type_decimals(&c, 0, err);
    case WBI_PACKED_DOUBLES:
        return type_doubles(&c, 0, err);
    case WBI_PACKED_SECONDS:
        return type_seconds(&c, err);
    case WBI_PACKED_MICROSECONDS:
        return type_microseconds(&c, 0, err);
    case WBI_PACKED_CODES:
    case WBI_PACKED_SMALL_CODES:
        break;
    }
    return type_categories(&c, err);
}

/* ---- columns of decimals that stand side by side ---- */

/* How many there are from column k on whose cells are all written alike; *cells: those of the first. */
static size_t count_beside(wbi_batch_memory *m, size_t k, wbi_column_cells *cells)
{
    size_t n = 0;
    if (wbi_scanner_best()->decimal_squares == NULL)
        return 0;
    for (; k + n < m->n_columns; n++) {
        const cursor c = cursor_at(m, k + n);
        wbi_column_cells its;
        if (m->rows.columns[c.k].packing != WBI_PACKED_DECIMALS || c.place != m->wanted[k] + n || !is_plain(&c) ||
            !many_at_a_time(&c, &its) || (n > 0 && its.margin != cells->margin))
            break;
        if (n == 0)
            *cells = its;
    }
    return n;
}

/* One row of columns of decimals; *narrow: all are still that. */
static wb_status type_row(wbi_batch_memory *m, size_t k, size_t row, bool *narrow, wb_error *err)
{
    cursor c = cursor_at(m, k);
    for (; c.k < k + WBI_SCAN_SQUARE && c.states[row] == WBI_ROW_KEPT; c.k++, c.place++) {
        const wbi_packed *column = &m->rows.columns[c.k];
        wbi_str cell;
        WBI_TRY(cell_of(&c, row, &cell, err));
        if (wbi_convert_decimal((int32_t *)column->values + row, cell.data, cell.length, m->typing.decimal))
            continue;
        const double value = parse(&c, row, cell, (wbi_parsed){.number = NAN}).number;
        WBI_TRY(wbi_packed_set_number(&m->rows, c.k, row, value, row, err));
        *narrow = *narrow && column->packing == WBI_PACKED_DECIMALS;
    }
    return WB_OK;
}

/* Goes on column by column where a column has a cell that is no short decimal. The last square may lie over the one before. */
static wb_status type_squares(wbi_batch_memory *m, size_t k, const wbi_column_cells *cells, wb_error *err)
{
    int32_t *out[WBI_SCAN_SQUARE];
    const size_t n = cells->n_rows;
    bool narrow = n >= WBI_SCAN_SQUARE;
    size_t row = 0;
    for (size_t i = 0; i < WBI_SCAN_SQUARE; i++) {
        narrow = narrow && m->rows.columns[k + i].packing == WBI_PACKED_DECIMALS;
        out[i] = m->rows.columns[k + i].values;
    }
    while (narrow && row < n) {
        unsigned unusual;
        const size_t first = n - row < WBI_SCAN_SQUARE ? n - WBI_SCAN_SQUARE : row;
        const size_t end = wbi_scanner_best()->decimal_squares(out, &unusual, cells, first, m->typing.decimal);
        for (row = end; narrow && unusual != 0; unusual &= unusual - 1) {
            const size_t one = end - WBI_SCAN_SQUARE + (size_t)__builtin_ctz(unusual);
            WBI_TRY(type_row(m, k, one, &narrow, err));
            row = narrow ? end : one + 1;
        }
    }
    for (size_t i = k; i < k + WBI_SCAN_SQUARE; i++) {
        const cursor c = cursor_at(m, i);
        WBI_TRY(m->rows.columns[i].packing == WBI_PACKED_DECIMALS ? type_decimals(&c, row, err) : type_doubles(&c, row, err));
    }
    return WB_OK;
}

/* Types columns from k on, and says how many. The last ones of a row of squares are done with some before them again, where that
 * is faster than one by one. */
static wb_status type_some(wbi_batch_memory *m, size_t k, size_t *n, wb_error *err)
{
    enum { FEW = 3 };
    wbi_column_cells cells;
    const size_t n_beside = count_beside(m, k, &cells), n_over = n_beside % WBI_SCAN_SQUARE;
    if (n_beside < WBI_SCAN_SQUARE) {
        *n = 1;
        return type_column(m, k, err);
    }
    *n = n_beside - (n_over > FEW ? 0 : n_over);
    for (size_t at = 0; at < *n; at += WBI_SCAN_SQUARE) {
        const size_t first = at + WBI_SCAN_SQUARE <= *n ? at : *n - WBI_SCAN_SQUARE;
        wbi_column_cells square = cells;
        square.marks += first;
        WBI_TRY(type_squares(m, k + first, &square, err));
    }
    return WB_OK;
}

wb_status wbi_batch_type_columns(wbi_batch_memory *m, wb_error *err)
{
    for (size_t k = 0, n; k < m->n_columns; k += n)
        WBI_TRY(type_some(m, k, &n, err));
    return WB_OK;
}
