/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv/rows.h"

#include <string.h>

#include "base/memory.h"

/* A line goes to libcsv in pieces, so that a cell is found too long before libcsv has stored much of it. */
enum { CELL_CEILING_BYTES = 1 << 20, PIECE_BYTES = 1 << 16, VALUE_CHARS = 64 };

static void *grow_cell(void *block, size_t n)
{
    return wbi_realloc_array(block, n, 1);
}

/* Keeps libcsv from trimming unquoted cells. */
static int no_space(unsigned char byte)
{
    (void)byte;
    return 0;
}

static void start_parser(wbi_rows *rows)
{
    unsigned char options = CSV_EMPTY_IS_NULL;
    if (rows->dialect->strict_quotes)
        options |= CSV_STRICT | CSV_STRICT_FINI;
    csv_init(&rows->parser, options);
    csv_set_delim(&rows->parser, (unsigned char)rows->dialect->delimiter);
    csv_set_space_func(&rows->parser, no_space);
    csv_set_realloc_func(&rows->parser, grow_cell);
    csv_set_free_func(&rows->parser, wbi_free);
    csv_set_blk_size(&rows->parser, PIECE_BYTES);
}

void wbi_rows_start(wbi_rows *rows, const wbi_dialect *dialect)
{
    *rows = (wbi_rows){.dialect = dialect};
    start_parser(rows);
}

void wbi_rows_over(wbi_rows *rows, wbi_str bytes, const char *file, size_t first_line)
{
    wbi_lines_over(&rows->lines, bytes, file, first_line);
}

wb_status wbi_rows_open(wbi_rows *rows, const char *path, const wbi_dialect *dialect, wbi_csv_sizes sizes,
                        wb_error *err)
{
    wbi_rows_start(rows, dialect);
    return wbi_lines_open(&rows->lines, path, sizes, err);
}

void wbi_rows_close(wbi_rows *rows)
{
    if (rows->dialect != NULL)
        csv_free(&rows->parser);
    wbi_lines_close(&rows->lines);
    *rows = (wbi_rows){0};
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static bool blank_cell(wbi_str *cell, wbi_str raw, size_t *offset)
{
    size_t i = *offset;
    while (i < raw.length && is_blank(raw.data[i]))
        i++;
    size_t begin = i;
    while (i < raw.length && !is_blank(raw.data[i]))
        i++;
    *cell = (wbi_str){raw.data + begin, i - begin};
    *offset = i;
    return i > begin;
}

/* Where the quoted cell that begins at `i` ends, closing quote included. As libcsv sees it, only a quote before a
 * delimiter or the end closes; strict rows hold no others but doubled ones. */
static size_t quoted_end(wbi_str raw, size_t i, char delimiter)
{
    for (i++; i < raw.length; i++) {
        if (raw.data[i] != '"')
            continue;
        if (i + 1 == raw.length || raw.data[i + 1] == delimiter)
            return i + 1;
        if (raw.data[i + 1] == '"')
            i++;
    }
    return raw.length;
}

bool wbi_raw_cell(wbi_str *cell, wbi_str raw, size_t *offset, char delimiter)
{
    if (delimiter == ' ')
        return blank_cell(cell, raw, offset);
    size_t begin = *offset, end = raw.length;
    if (begin > raw.length)
        return false;
    const char *data = raw.data + begin, *next;
    if (begin < raw.length && *data == '"')
        end = quoted_end(raw, begin, delimiter);
    else if (begin < raw.length && (next = memchr(data, delimiter, raw.length - begin)) != NULL)
        end = begin + (size_t)(next - data);
    *cell = (wbi_str){data, end - begin};
    *offset = end + 1;
    return true;
}

static void give(wbi_rows *rows, wbi_str cell)
{
    rows->n_cells++;
    if (cell.length > CELL_CEILING_BYTES && rows->long_cell == 0)
        rows->long_cell = rows->n_cells;
    rows->take(rows->context, rows->n_cells - 1, cell);
}

static void on_cell(void *data, size_t n, void *context)
{
    give(context, (wbi_str){data, n});
}

static void on_row(int end, void *context)
{
    (void)end;
    ((wbi_rows *)context)->finished = true;
}

/* The first bytes of cell number `cell` (from 1) of the row at hand, for messages. */
static const char *show_cell(const wbi_rows *rows, size_t cell, char text[VALUE_CHARS])
{
    wbi_str raw = wbi_lines_row(&rows->lines), bytes = {"", 0};
    size_t offset = 0;
    for (size_t i = 0; i < cell && wbi_raw_cell(&bytes, raw, &offset, rows->dialect->delimiter); i++)
        ;
    return wbi_printable(text, VALUE_CHARS, bytes.data, bytes.length);
}

static wbi_where unfinished_cell(const wbi_rows *rows)
{
    return (wbi_where){wbi_lines_file(&rows->lines), rows->cell_line, rows->n_cells + 1};
}

/* Nothing after such a quote can be trusted, so no policy for bad rows applies. */
static wb_status advise_on_open_quote(wb_error *err)
{
    wbi_advise(err, "close it, or double it (\"\") where it belongs to the text;\n"
                    "--on-error cannot leave it out, for what follows may be text or rows");
    return WB_ERR_MALFORMED;
}

static wb_status fail_at_end(const wbi_rows *rows, wb_error *err)
{
    wbi_fail_at(err, WB_ERR_MALFORMED, unfinished_cell(rows), NULL, 0, "quote opened here is never closed");
    return advise_on_open_quote(err);
}

static wb_status fail_too_far(const wbi_rows *rows, wb_error *err)
{
    wbi_fail_at(err, WB_ERR_MALFORMED, unfinished_cell(rows), NULL, 0,
                "quote opened here is not closed within %d bytes", CELL_CEILING_BYTES);
    return advise_on_open_quote(err);
}

/* A quote that was never closed mostly ends at the next quoted cell of the file: there, text follows it. */
static wb_status fail_badly_closed(const wbi_rows *rows, wb_error *err)
{
    wbi_fail_at(err, WB_ERR_MALFORMED, unfinished_cell(rows), NULL, 0,
                "quote opened here is never closed: the next quote, on line %zu, has text behind it",
                rows->lines.line);
    return advise_on_open_quote(err);
}

static void note_stray_quote(wbi_rows *rows)
{
    char text[VALUE_CHARS];
    const char *cell = show_cell(rows, rows->n_cells + 1, text);
    wbi_fail_at(&rows->wrong, WB_ERR_MALFORMED, unfinished_cell(rows), cell, strlen(cell), "%s (in '%s')",
                rows->parser.quoted ? "text follows a closing quote" : "quote in a cell that does not begin with one",
                cell);
}

static void note_long_cell(wbi_rows *rows, wbi_where where)
{
    char text[VALUE_CHARS];
    const char *cell = show_cell(rows, where.column, text);
    wbi_fail_at(&rows->wrong, WB_ERR_MALFORMED, where, cell, strlen(cell), "cell '%s' is longer than %d bytes", cell,
                CELL_CEILING_BYTES);
}

/* libcsv has refused a line, or the unfinished cell is too long. */
static wb_status stop_row(wbi_rows *rows, wb_error *err)
{
    int code = csv_error(&rows->parser);
    if (code == CSV_ENOMEM || code == CSV_ETOOBIG)
        return wbi_fail_nomem(err, rows->parser.entry_size + PIECE_BYTES);
    if (code == CSV_SUCCESS && rows->parser.quoted)
        return fail_too_far(rows, err);
    if (code == CSV_EPARSE && rows->cell_line != rows->lines.line)
        return fail_badly_closed(rows, err);
    if (code == CSV_EPARSE)
        note_stray_quote(rows);
    else
        note_long_cell(rows, unfinished_cell(rows));
    csv_free(&rows->parser);
    start_parser(rows);
    return WB_OK;
}

/* Feeds one line, its end included (one is made up for the last line). False when the row cannot go on. */
static bool feed(wbi_rows *rows, wbi_line line)
{
    size_t length = line.length + line.end_length;
    for (size_t at = 0; at < length; at += PIECE_BYTES) {
        size_t piece = length - at < PIECE_BYTES ? length - at : PIECE_BYTES;
        if (csv_parse(&rows->parser, line.data + at, piece, on_cell, on_row, rows) != piece ||
            rows->parser.entry_pos > CELL_CEILING_BYTES)
            return false;
    }
    return line.end_length > 0 || csv_parse(&rows->parser, "\n", 1, on_cell, on_row, rows) == 1;
}

/* Parses the row that begins with `line`, reading as many more as its quotes span. */
static wb_status parse_row(wbi_rows *rows, wbi_line line, wb_error *err)
{
    rows->finished = false;
    rows->cell_line = rows->lines.line;
    for (;;) {
        size_t n_before = rows->n_cells;
        bool fed = feed(rows, line);
        if (rows->n_cells > n_before)
            rows->cell_line = rows->lines.line;
        if (!fed)
            return stop_row(rows, err);
        if (rows->finished)
            return WB_OK;
        WBI_TRY(wbi_lines_next(&rows->lines, &line, true, err));
        if (line.data == NULL)
            return fail_at_end(rows, err);
    }
}

static void split_blanks(wbi_rows *rows, wbi_line line)
{
    wbi_str cell, raw = {line.data, line.length};
    size_t offset = 0;
    while (blank_cell(&cell, raw, &offset))
        give(rows, cell);
}

static bool is_empty(const wbi_rows *rows, wbi_line line)
{
    size_t i = 0;
    while (rows->dialect->delimiter == ' ' && i < line.length && is_blank(line.data[i]))
        i++;
    return i == line.length;
}

static bool vanishes(const wbi_rows *rows, wbi_line line)
{
    char comment = rows->dialect->comment;
    return (comment != '\0' && line.length > 0 && line.data[0] == comment) ||
           (!rows->blank_is_row && is_empty(rows, line));
}

wb_status wbi_rows_next(wbi_rows *rows, wbi_row *row, wb_error *err)
{
    wbi_line line;
    *row = (wbi_row){0};
    do {
        WBI_TRY(wbi_lines_next(&rows->lines, &line, false, err));
        if (line.data == NULL)
            return WB_OK;
    } while (vanishes(rows, line));
    row->line = rows->lines.line;
    rows->n_cells = rows->long_cell = 0;
    rows->wrong.code = WB_OK;
    if (is_empty(rows, line))
        give(rows, (wbi_str){NULL, 0});
    else if (rows->dialect->delimiter == ' ')
        split_blanks(rows, line);
    else
        WBI_TRY(parse_row(rows, line, err));
    if (rows->wrong.code == WB_OK && rows->long_cell > 0)
        note_long_cell(rows, (wbi_where){wbi_lines_file(&rows->lines), row->line, rows->long_cell});
    row->raw = wbi_lines_row(&rows->lines);
    row->n_cells = rows->n_cells;
    row->wrong = rows->wrong.code == WB_OK ? NULL : &rows->wrong;
    return WB_OK;
}

bool wbi_row_is_text(const wbi_row *row, const wbi_rows *rows, wb_error *err)
{
    size_t bad = wbi_utf8_check(row->raw.data, row->raw.length);
    if (bad == row->raw.length)
        return true;
    wbi_str cell;
    size_t column = 0, offset = 0;
    while (wbi_raw_cell(&cell, row->raw, &offset, rows->dialect->delimiter)) {
        column++;
        if (row->raw.data + bad < cell.data + cell.length)
            break;
    }
    const char *byte = row->raw.data + bad;
    wbi_where where = {wbi_lines_file(&rows->lines), row->line, column};
    if (*byte == '\0')
        wbi_fail_at(err, WB_ERR_MALFORMED, where, byte, 1, "NUL byte \\x00 (text was expected)");
    else {
        wbi_fail_at(err, WB_ERR_MALFORMED, where, byte, 1, "byte \\x%02x is not UTF-8", (unsigned char)*byte);
        wbi_advise(err, "a file in another encoding is to be converted first, as by iconv -f WINDOWS-1252 -t UTF-8");
    }
    return false;
}
