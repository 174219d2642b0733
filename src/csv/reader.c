/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that are checked and cut down to the wanted cells. Memory: the window of lines (its size, or the longest row)
 * and one block, which ends early when its cells pass BLOCK_BYTES. */
#include "csv/reader.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "csv/bad_rows.h"
#include "csv/header.h"
#include "csv/reader_rows.h"
#include "csv/reader_sizes.h"
#include "csv/rows.h"

enum { BLOCK_BYTES = 32 << 20 };

struct wbi_csv_reader {
    const wbi_paths *paths;
    const wbi_dialect *dialect;
    wbi_bad_rows *bad;
    wbi_csv_sizes sizes;
    size_t path; /* the file at hand */
    wbi_rows rows;
    wbi_header header;
    bool header_borrowed;

    size_t *wanted; /* columns of the blocks' cells */
    size_t n_wanted;
    bool *needed;   /* per column: some wanted cell is of it */
    wbi_str *cells; /* per needed column: the cell of the row at hand */
    bool like_header; /* all cells so far are those of the header */
    bool maybe_na;    /* some needed cell reads like an NA word */
    size_t lacking_bytes; /* memory ran out over so many */
    wb_error wrong;
    const wb_error *pending; /* the bad row that ended the last block, NULL: none */
    wbi_str pending_raw;
    wb_status failed; /* what ended the last block and is to be told at the next call */
    wb_error failure;

    wbi_cells block;
    size_t capacity; /* rows of the block */
    wbi_arena arena;
};

static wb_status check_dialect(const wbi_dialect *dialect, wb_error *err)
{
    unsigned char delimiter = (unsigned char)dialect->delimiter;
    if ((delimiter < ' ' && delimiter != '\t') || delimiter == '"' || delimiter >= 0x7f)
        return wbi_fail(err, WB_ERR_ARGUMENT,
                        "the delimiter must be a printable ASCII character or a tab, and no quote");
    if (dialect->comment == dialect->delimiter)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the delimiter '%c' cannot begin comments too", dialect->delimiter);
    if (!dialect->header && dialect->n_names == 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "a file without a header needs the names of its columns");
    return WB_OK;
}

bool wbi_csv_is_na(const wbi_dialect *dialect, wbi_str cell)
{
    for (size_t i = 0; i < dialect->n_na; i++)
        if (wbi_str_is(cell, dialect->na[i]))
            return true;
    return false;
}

static void take_cell(void *context, size_t column, wbi_str cell)
{
    wbi_csv_reader *reader = context;
    if (column >= reader->header.n)
        return;
    reader->like_header = reader->like_header && wbi_str_equal(cell, reader->header.names[column]);
    if (!reader->needed[column])
        return;
    if (cell.data != NULL) {
        reader->maybe_na = reader->maybe_na || wbi_csv_is_na(reader->dialect, cell);
        if (!wbi_arena_copy(&reader->arena, &cell))
            reader->lacking_bytes = cell.length;
    }
    reader->cells[column] = cell;
}

/* Reads the header of the file just opened: the first one is kept, later ones must equal it. */
static wb_status take_header(wbi_csv_reader *reader, wb_error *err)
{
    wbi_str raw;
    wbi_header other = {0};
    if (reader->header.names == NULL) {
        WBI_TRY(wbi_header_read(&reader->header, &reader->rows, &raw, err));
        return wbi_bad_rows_header(reader->bad, raw, err);
    }
    wb_status status;
    const wbi_lines *lines = &reader->rows.lines;
    WBI_TRY_CLEANUP(wbi_header_read(&other, &reader->rows, &raw, err));
    WBI_TRY_CLEANUP(wbi_header_check_same(&other, wbi_lines_file(lines), lines->line, &reader->header,
                                          reader->paths->paths[0], err));
cleanup:
    wbi_header_free(&other);
    return status;
}

static wb_status begin_file(wbi_csv_reader *reader, size_t path, wb_error *err)
{
    wbi_rows_close(&reader->rows);
    reader->path = path;
    WBI_TRY(wbi_rows_open(&reader->rows, reader->paths->paths[path], reader->dialect, reader->sizes, err));
    if (reader->dialect->header)
        WBI_TRY(take_header(reader, err));
    else if (wbi_lines_empty(&reader->rows.lines))
        return wbi_fail_at(err, WB_ERR_MALFORMED, (wbi_where){.file = wbi_lines_file(&reader->rows.lines)}, NULL, 0,
                           "empty file (rows were expected)");
    else if (reader->header.names == NULL)
        WBI_TRY(wbi_header_given(&reader->header, reader->dialect, err));
    reader->rows.take = take_cell;
    reader->rows.context = reader;
    reader->rows.blank_is_row = reader->header.n == 1;
    return WB_OK;
}

wb_status wbi_csv_open_sized(wbi_csv_reader **out, const wbi_paths *paths, const wbi_dialect *dialect,
                             wbi_bad_rows *bad, wbi_csv_sizes sizes, wb_error *err)
{
    *out = NULL;
    assert(paths->n > 0 && bad != NULL && sizes.window_bytes > 0);
    WBI_TRY(check_dialect(dialect, err));
    wbi_csv_reader *reader = wbi_alloc_zeroed(1, sizeof *reader);
    if (reader == NULL)
        return wbi_fail_nomem(err, sizeof *reader);
    reader->paths = paths;
    reader->dialect = dialect;
    reader->bad = bad;
    reader->sizes = sizes;
    wb_status status;
    WBI_TRY_CLEANUP(begin_file(reader, 0, err));
    WBI_TRY_CLEANUP(wbi_csv_want(reader, NULL, 0, err));
    *out = reader;
    return WB_OK;
cleanup:
    wbi_csv_close(reader);
    return status;
}

wb_status wbi_csv_open(wbi_csv_reader **out, const wbi_paths *paths, const wbi_dialect *dialect, wbi_bad_rows *bad,
                       wb_error *err)
{
    return wbi_csv_open_sized(out, paths, dialect, bad, (wbi_csv_sizes)WBI_CSV_SIZES_INIT, err);
}

void wbi_csv_close(wbi_csv_reader *reader)
{
    if (reader == NULL)
        return;
    wbi_rows_close(&reader->rows);
    if (!reader->header_borrowed)
        wbi_header_free(&reader->header);
    wbi_free(reader->wanted);
    wbi_free(reader->needed);
    wbi_free(reader->cells);
    wbi_free(reader->block.cells);
    wbi_free(reader->block.lines);
    wbi_free(reader->block.raw);
    wbi_arena_free(&reader->arena);
    wbi_free(reader);
}

size_t wbi_csv_file_bytes(const wbi_csv_reader *reader)
{
    return wbi_input_size(reader->rows.lines.input);
}

size_t wbi_csv_n_columns(const wbi_csv_reader *reader)
{
    return reader->header.n;
}

const char *wbi_csv_column(const wbi_csv_reader *reader, size_t column)
{
    return reader->header.names[column].data;
}

size_t wbi_csv_find(const wbi_csv_reader *reader, const char *name)
{
    int32_t column = wbi_dictionary_find(reader->header.by_name, name, strlen(name));
    return column < 0 ? SIZE_MAX : (size_t)column;
}

const char *wbi_csv_alike(const wbi_csv_reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->header.n; i++)
        if (wbi_is_alike(reader->header.names[i].data, name))
            return reader->header.names[i].data;
    return NULL;
}

enum { NAMED_BYTES = 64 };

/* "a, b, c": as many of the columns as fit, long names cut, "…" for those left out. */
static void list_columns(const wbi_header *header, char *text, size_t size)
{
    static const char rest[] = ", …";
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < header->n; i++) {
        char name[NAMED_BYTES];
        wbi_printable(name, sizeof name, header->names[i].data, header->names[i].length);
        if (used + strlen(name) + 2 + sizeof rest > size) {
            snprintf(text + used, size - used, "%s", rest);
            return;
        }
        used += (size_t)snprintf(text + used, size - used, "%s%s", i == 0 ? "" : ", ", name);
    }
}

/* A header of one column that holds a usual delimiter was read with the wrong one. */
static void advise_delimiter(const wbi_header *header, char delimiter, wb_error *err)
{
    static const struct {
        char byte;
        const char *name;
    } usual[] = {{';', ";"}, {'\t', "tab"}, {',', ","}, {'|', "|"}};
    for (size_t i = 0; header->n == 1 && i < sizeof usual / sizeof usual[0]; i++)
        if (usual[i].byte != delimiter && memchr(header->names[0].data, usual[i].byte, header->names[0].length) != NULL) {
            wbi_advise(err, "the header looks delimited by %s: --delimiter '%s', or dialect: {delimiter: \"%s\"} in the project",
                       usual[i].name, usual[i].name, usual[i].name);
            return;
        }
}

wb_status wbi_csv_no_column(const wbi_csv_reader *reader, const char *name, wb_error *err)
{
    const wbi_header *header = &reader->header;
    wbi_where where = {wbi_lines_file(&reader->rows.lines), header->line, 0};
    char columns[400], wanted[NAMED_BYTES], near[NAMED_BYTES];
    const char **names = wbi_alloc_array(header->n, sizeof *names);
    if (names == NULL)
        return wbi_fail_nomem(err, header->n * sizeof *names);
    for (size_t i = 0; i < header->n; i++)
        names[i] = header->names[i].data;
    const char *nearest = wbi_nearest(name, names, header->n);
    wbi_free(names);
    wbi_printable(wanted, sizeof wanted, name, strlen(name));
    if (nearest != NULL)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, where, name, strlen(name),
                           "no column '%s' (did you mean '%s'?)", wanted,
                           wbi_printable(near, sizeof near, nearest, strlen(nearest)));
    list_columns(header, columns, sizeof columns);
    wbi_fail_at(err, WB_ERR_INCONSISTENT, where, name, strlen(name), "no column '%s' (there are %s)", wanted, columns);
    advise_delimiter(header, reader->dialect->delimiter, err);
    return WB_ERR_INCONSISTENT;
}

wb_status wbi_csv_want(wbi_csv_reader *reader, const size_t *columns, size_t n, wb_error *err)
{
    wbi_free(reader->wanted);
    wbi_free(reader->needed);
    wbi_free(reader->cells);
    reader->wanted = wbi_alloc_array(n, sizeof *reader->wanted);
    reader->needed = wbi_alloc_zeroed(reader->header.n, sizeof *reader->needed);
    reader->cells = wbi_alloc_array(reader->header.n, sizeof *reader->cells);
    if (reader->wanted == NULL || reader->needed == NULL || reader->cells == NULL)
        return wbi_fail_nomem(err, n * sizeof *reader->wanted + reader->header.n * sizeof *reader->cells);
    for (size_t k = 0; k < n; k++) {
        assert(columns[k] < reader->header.n);
        reader->wanted[k] = columns[k];
        reader->needed[columns[k]] = true;
    }
    reader->n_wanted = reader->block.n_wanted = n;
    return WB_OK;
}

static wb_status read_row(wbi_csv_reader *reader, wbi_row *row, wb_error *err)
{
    reader->like_header = reader->dialect->header;
    reader->maybe_na = false;
    reader->lacking_bytes = 0;
    WBI_TRY(wbi_rows_next(&reader->rows, row, err));
    return reader->lacking_bytes > 0 ? wbi_fail_nomem(err, reader->lacking_bytes) : WB_OK;
}

/* What is wrong with a row, NULL when nothing is. */
static const wb_error *judge(wbi_csv_reader *reader, const wbi_row *row)
{
    size_t n = reader->header.n;
    wb_error *wrong = &reader->wrong;
    wbi_where where = {wbi_lines_file(&reader->rows.lines), row->line, 1};
    if (row->wrong != NULL)
        return row->wrong;
    if (!wbi_row_is_text(row, &reader->rows, wrong))
        return wrong;
    if (row->n_cells != n) {
        where.column = (row->n_cells < n ? row->n_cells : n) + 1;
        const char *cells = row->n_cells == 1 ? "cell" : "cells";
        if (reader->dialect->header)
            wbi_fail_at(wrong, WB_ERR_MALFORMED, where, NULL, 0, "row has %zu %s, the header has %zu", row->n_cells,
                        cells, n);
        else
            wbi_fail_at(wrong, WB_ERR_MALFORMED, where, NULL, 0, "row has %zu %s, %zu names are given", row->n_cells,
                        cells, n);
        return wrong;
    }
    if (reader->like_header) {
        wbi_fail_at(wrong, WB_ERR_MALFORMED, where, NULL, 0, "the header again (a row was expected)");
        return wrong;
    }
    return NULL;
}

/* Makes the unquoted NA words among the cells missing. libcsv does not tell which cells had quotes, but the row as it
 * stands in the file does: with quotes it is no NA word. */
static void drop_na_words(wbi_csv_reader *reader, wbi_str raw)
{
    wbi_str cell;
    size_t offset = 0;
    for (size_t i = 0; i < reader->header.n && wbi_raw_cell(&cell, raw, &offset, reader->dialect->delimiter); i++)
        if (reader->needed[i] && wbi_csv_is_na(reader->dialect, cell))
            reader->cells[i] = (wbi_str){NULL, 0};
}

static wb_status grow_block(wbi_csv_reader *reader, size_t max_rows, wb_error *err)
{
    enum { FIRST_ROWS = 256 };
    wbi_cells *block = &reader->block;
    size_t capacity = reader->capacity < FIRST_ROWS ? FIRST_ROWS : reader->capacity * 2;
    if (capacity > max_rows)
        capacity = max_rows;
    size_t row_bytes = reader->n_wanted * sizeof *block->cells;
    wbi_str *cells = wbi_realloc_array(block->cells, capacity, row_bytes);
    if (cells == NULL)
        return wbi_fail_nomem(err, capacity * row_bytes);
    block->cells = cells;
    size_t *lines = wbi_realloc_array(block->lines, capacity, sizeof *lines);
    if (lines == NULL)
        return wbi_fail_nomem(err, capacity * sizeof *lines);
    block->lines = lines;
    wbi_str *raw = wbi_realloc_array(block->raw, capacity, sizeof *raw);
    if (raw == NULL)
        return wbi_fail_nomem(err, capacity * sizeof *raw);
    block->raw = raw;
    reader->capacity = capacity;
    return WB_OK;
}

static wb_status keep_row(wbi_csv_reader *reader, const wbi_row *row, size_t max_rows, wb_error *err)
{
    wbi_cells *block = &reader->block;
    wbi_str raw = {NULL, 0};
    if (reader->maybe_na)
        drop_na_words(reader, row->raw);
    if (wbi_bad_rows_keeps(reader->bad)) {
        raw = row->raw;
        if (!wbi_arena_copy(&reader->arena, &raw))
            return wbi_fail_nomem(err, raw.length);
    }
    if (block->n_rows == reader->capacity)
        WBI_TRY(grow_block(reader, max_rows, err));
    wbi_str *cells = block->cells + block->n_rows * reader->n_wanted;
    for (size_t k = 0; k < reader->n_wanted; k++)
        cells[k] = reader->cells[reader->wanted[k]];
    block->lines[block->n_rows] = row->line;
    block->raw[block->n_rows] = raw;
    block->n_rows++;
    return WB_OK;
}

/* A bad row ends the block before it, and is dealt with at the next call: so the rows before it are judged by the caller
 * first, and rows are reported in the order in which they stand. */
static wb_status deal_with_bad_row(wbi_csv_reader *reader, wb_error *err)
{
    const wb_error *wrong = reader->pending;
    reader->pending = NULL;
    return wrong == NULL ? WB_OK : wbi_bad_rows_add(reader->bad, wrong, reader->pending_raw, err);
}

/* Adds the next row to the block; *more is false when the block ends here. */
static wb_status take_row(wbi_csv_reader *reader, size_t max_rows, bool *more, wb_error *err)
{
    wbi_row row;
    wbi_arena_mark mark = wbi_arena_here(&reader->arena);
    WBI_TRY(deal_with_bad_row(reader, err));
    WBI_TRY(read_row(reader, &row, err));
    if (row.line == 0) {
        *more = reader->block.n_rows == 0 && reader->path + 1 < reader->paths->n;
        return *more ? begin_file(reader, reader->path + 1, err) : WB_OK;
    }
    reader->pending = judge(reader, &row);
    reader->pending_raw = row.raw;
    if (reader->pending == NULL)
        return keep_row(reader, &row, max_rows, err);
    wbi_arena_rewind(&reader->arena, mark);
    *more = reader->block.n_rows == 0;
    return WB_OK;
}

wb_status wbi_csv_next(wbi_csv_reader *reader, size_t max_rows, const wbi_cells **out, wb_error *err)
{
    wbi_cells *block = &reader->block;
    bool more = true;
    assert(max_rows > 0);
    block->n_rows = 0;
    wbi_arena_rewind(&reader->arena, (wbi_arena_mark){0});
    if (reader->failed != WB_OK) {
        if (err != NULL)
            *err = reader->failure;
        return reader->failed;
    }
    while (more && block->n_rows < max_rows && reader->arena.used_bytes < BLOCK_BYTES) {
        wb_status status = take_row(reader, max_rows, &more, &reader->failure);
        if (status != WB_OK && block->n_rows == 0) {
            if (err != NULL)
                *err = reader->failure;
            return status;
        }
        reader->failed = status;
        more = more && status == WB_OK;
    }
    block->file = wbi_lines_file(&reader->rows.lines);
    *out = block;
    return WB_OK;
}

/* Judges the row just read; its cells become the block's only row. */
static wb_status judge_row(wbi_csv_reader *reader, wbi_judged *judged, const wbi_row *row, wb_error *err)
{
    *judged = (wbi_judged){.raw = row->raw, .line = row->line, .file = wbi_lines_file(&reader->rows.lines)};
    judged->wrong = judge(reader, row);
    if (judged->wrong != NULL)
        return WB_OK;
    judged->cells = &reader->block;
    reader->block.file = judged->file;
    return keep_row(reader, row, 1, err);
}

static void forget_block(wbi_csv_reader *reader)
{
    reader->block.n_rows = 0;
    wbi_arena_rewind(&reader->arena, (wbi_arena_mark){0});
}

wb_status wbi_csv_next_row(wbi_csv_reader *reader, wbi_judged *judged, wb_error *err)
{
    wbi_row row;
    forget_block(reader);
    *judged = (wbi_judged){0};
    WBI_TRY(read_row(reader, &row, err));
    return row.line == 0 ? WB_OK : judge_row(reader, judged, &row, err);
}

wb_status wbi_csv_next_file(wbi_csv_reader *reader, bool *more, wb_error *err)
{
    *more = reader->path + 1 < reader->paths->n;
    return *more ? begin_file(reader, reader->path + 1, err) : WB_OK;
}

wb_status wbi_csv_take(wbi_csv_reader *reader, wbi_chunk *chunk, size_t max_bytes, wb_error *err)
{
    chunk->n_bytes = 0;
    if (reader->dialect->delimiter == ' ' || reader->dialect->comment != '\0')
        return WB_OK;
    return wbi_lines_take(&reader->rows.lines, chunk, max_bytes, reader->dialect->delimiter, err);
}

wb_status wbi_csv_judge_create(wbi_csv_reader **out, const wbi_csv_reader *reader, wb_error *err)
{
    wbi_csv_reader *judge = wbi_alloc_zeroed(1, sizeof *judge);
    if (judge == NULL)
        return wbi_fail_nomem(err, sizeof *judge);
    judge->dialect = reader->dialect;
    judge->bad = reader->bad;
    judge->header = reader->header;
    judge->header_borrowed = true;
    wbi_rows_start(&judge->rows, reader->dialect);
    judge->rows.take = take_cell;
    judge->rows.context = judge;
    judge->rows.blank_is_row = reader->header.n == 1;
    wb_status status = wbi_csv_want(judge, reader->wanted, reader->n_wanted, err);
    if (status == WB_OK)
        *out = judge;
    else
        wbi_csv_close(judge);
    return status;
}

wb_status wbi_csv_judge(wbi_csv_reader *judge, wbi_judged *judged, wbi_str bytes, const char *file, size_t line,
                        wb_error *err)
{
    wbi_row row;
    forget_block(judge);
    wbi_rows_over(&judge->rows, bytes, file, line);
    WBI_TRY(read_row(judge, &row, err));
    return judge_row(judge, judged, &row, err);
}

size_t wbi_csv_n_files(const wbi_csv_reader *reader)
{
    return reader->paths->n;
}

const size_t *wbi_csv_wanted(const wbi_csv_reader *reader, size_t *n)
{
    *n = reader->n_wanted;
    return reader->wanted;
}

const wbi_dialect *wbi_csv_dialect(const wbi_csv_reader *reader)
{
    return reader->dialect;
}
