/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv/lines.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "csv/scan.h"

/* What windows hold as a rule is at most so many times what is read at once. */
enum { USUAL_WINDOWS = 4 };

const char *wbi_lines_file(const wbi_lines *lines)
{
    return lines->file;
}

wbi_str wbi_lines_row(const wbi_lines *lines)
{
    return (wbi_str){lines->window + lines->row, lines->row_end - lines->row};
}

bool wbi_lines_empty(const wbi_lines *lines)
{
    return lines->at_end && lines->line == 0 && lines->next == lines->end;
}

static wb_status row_too_long(const wbi_lines *lines, wb_error *err)
{
    return wbi_fail_at(err, WB_ERR_MALFORMED, (wbi_where){wbi_lines_file(lines), lines->row_line, 0}, NULL, 0,
                       "row is longer than %zu bytes", lines->sizes.row_ceiling_bytes);
}

/* Moves the row at hand to the front of the window. */
static void shift(wbi_lines *lines)
{
    size_t by = lines->row;
    if (by == 0)
        return;
    memmove(lines->window, lines->window + by, lines->end - by);
    lines->row = 0;
    lines->next -= by;
    lines->end -= by;
    lines->lf = lines->lf < by ? 0 : lines->lf - by;
    lines->cr = lines->cr < by ? 0 : lines->cr - by;
}

/* Behind the window's capacity there is room for what a scanner reads. */
static wb_status grow_window(wbi_lines *lines, size_t capacity, wb_error *err)
{
    char *larger = wbi_realloc_array(lines->window, capacity + WBI_SCAN_PADDING, 1);
    if (larger == NULL)
        return wbi_fail_nomem(err, capacity + WBI_SCAN_PADDING);
    lines->window = larger;
    lines->capacity = capacity;
    return WB_OK;
}

static wb_status read_more(wbi_lines *lines, wb_error *err)
{
    /* One byte more may be the \r of a row that just fits. */
    if (lines->end - lines->row > lines->sizes.row_ceiling_bytes + 1)
        return row_too_long(lines, err);
    shift(lines);
    if (lines->end == lines->capacity)
        WBI_TRY(grow_window(lines, lines->capacity * 2, err));
    size_t room = lines->capacity - lines->end, n = 0;
    if (room > lines->sizes.window_bytes)
        room = lines->sizes.window_bytes;
    WBI_TRY(wbi_input_read(lines->input, lines->window + lines->end, room, &n, err));
    lines->at_end = n == 0;
    lines->end += n;
    return WB_OK;
}

static wb_status refill(wbi_lines *lines, wb_error *err)
{
    if (lines->failed == WB_OK)
        lines->failed = read_more(lines, &lines->failure);
    if (lines->failed != WB_OK && err != NULL)
        *err = lines->failure;
    return lines->failed;
}

wb_status wbi_lines_open(wbi_lines *lines, const char *path, wbi_csv_sizes sizes, wb_error *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    enum { MARK_BYTES = sizeof mark - 1 };
    *lines = (wbi_lines){.sizes = sizes};
    WBI_TRY(wbi_input_open(&lines->input, path, err));
    lines->file = strcmp(path, "-") == 0 ? wbi_input_name(NULL) : path;
    WBI_TRY(grow_window(lines, sizes.window_bytes, err));
    while (!lines->at_end && lines->end <= MARK_BYTES)
        WBI_TRY(refill(lines, err));
    if (lines->end >= MARK_BYTES && memcmp(lines->window, mark, MARK_BYTES) == 0)
        lines->row = lines->next = MARK_BYTES;
    return WB_OK;
}

void wbi_lines_over(wbi_lines *lines, wbi_str bytes, const char *file, size_t first_line)
{
    /* Nothing is written to the window of an input that has ended. */
    *lines = (wbi_lines){.sizes = WBI_CSV_SIZES_INIT,
                         .file = file,
                         .window = (char *)(uintptr_t)bytes.data,
                         .capacity = bytes.length,
                         .end = bytes.length,
                         .line = first_line - 1,
                         .at_end = true};
}

void wbi_lines_close(wbi_lines *lines)
{
    if (lines->input != NULL)
        wbi_free(lines->window);
    wbi_input_close(lines->input);
    *lines = (wbi_lines){0};
}

/* The place of the next `byte`, `end` when the window holds none; *known remembers it, so that no byte is looked at
 * twice even when one kind of line end never comes. */
static size_t find(const wbi_lines *lines, size_t *known, char byte)
{
    if (*known < lines->next)
        *known = lines->next;
    if (*known < lines->end && lines->window[*known] != byte) {
        const char *found = memchr(lines->window + *known, byte, lines->end - *known);
        *known = found == NULL ? lines->end : (size_t)(found - lines->window);
    }
    return *known;
}

/* False when more has to be read to know where the next line ends. */
static bool find_line(wbi_lines *lines, wbi_line *line)
{
    size_t lf = find(lines, &lines->lf, '\n'), cr = find(lines, &lines->cr, '\r');
    size_t stop = lf < cr ? lf : cr;
    bool cut = stop == lines->end || (stop == cr && cr + 1 == lines->end);
    if (cut && !lines->at_end)
        return false;
    *line = (wbi_line){0};
    if (lines->next < lines->end) {
        line->data = lines->window + lines->next;
        line->length = stop - lines->next;
        line->end_length = stop == lines->end ? 0 : stop == cr && lf == cr + 1 && lf < lines->end ? 2 : 1;
    }
    return true;
}

wb_status wbi_lines_next(wbi_lines *lines, wbi_line *line, bool same_row, wb_error *err)
{
    if (!same_row) {
        lines->row = lines->next;
        lines->row_line = lines->line + 1;
    }
    while (!find_line(lines, line))
        WBI_TRY(refill(lines, err));
    if (line->data == NULL)
        return WB_OK;
    lines->row_end = lines->next + line->length;
    if (lines->row_end - lines->row > lines->sizes.row_ceiling_bytes)
        return row_too_long(lines, err);
    lines->next = lines->row_end + line->end_length;
    lines->line++;
    return WB_OK;
}

/* Reads until the window holds `wanted` bytes that no line has been given of, or there is no more. */
static void look_ahead(wbi_lines *lines, size_t wanted)
{
    wb_status status = lines->failed;
    lines->row = lines->next;
    while (lines->end - lines->next < wanted && !lines->at_end && status == WB_OK)
        status = refill(lines, NULL);
}

/* Whether the next `max_bytes` hold the input's last line, and it lacks its end. */
static bool lacks_end(const wbi_lines *lines, size_t max_bytes)
{
    size_t n = lines->end - lines->next;
    return lines->at_end && n > 0 && n <= max_bytes && lines->window[lines->end - 1] != '\n';
}

/* Gives the window away; what was not taken goes on in the chunk's old one. A window that has grown with a long row
 * becomes a usual one again. */
static wb_status exchange_windows(wbi_lines *lines, wbi_chunk *chunk, wb_error *err)
{
    size_t left = lines->end - lines->next, most = USUAL_WINDOWS * lines->sizes.window_bytes;
    size_t wanted = lines->capacity < most ? lines->capacity : left > most ? left : most;
    wbi_lines other = {.window = chunk->window, .capacity = chunk->capacity};
    chunk->window = NULL;
    bool fits = other.capacity >= wanted && (other.capacity <= most || other.capacity == wanted);
    wb_status status = fits ? WB_OK : grow_window(&other, wanted, err);
    if (status != WB_OK) {
        wbi_free(other.window);
        return status;
    }
    memcpy(other.window, lines->window + lines->next, left);
    chunk->window = lines->window;
    chunk->capacity = lines->capacity;
    lines->window = other.window;
    lines->capacity = other.capacity;
    lines->row = lines->row_end = lines->next = lines->lf = lines->cr = 0;
    lines->end = left;
    return WB_OK;
}

wb_status wbi_lines_take(wbi_lines *lines, wbi_chunk *chunk, size_t max_bytes, char delimiter, wb_error *err)
{
    wbi_regular found;
    chunk->n_bytes = 0;
    if (max_bytes > lines->sizes.row_ceiling_bytes)
        max_bytes = lines->sizes.row_ceiling_bytes;
    look_ahead(lines, max_bytes);
    bool lacks = lacks_end(lines, max_bytes);
    if (lacks && lines->end == lines->capacity)
        WBI_TRY(grow_window(lines, lines->capacity + 1, err));
    if (lacks)
        lines->window[lines->end++] = '\n';
    size_t n = lines->end - lines->next;
    wbi_scanner_best()->regular(&found, lines->window + lines->next, lacks || n < max_bytes ? n : max_bytes, delimiter);
    if (lacks && found.n_bytes < n)
        lines->end--;
    if (found.n_bytes == 0)
        return WB_OK;
    chunk->bytes = lines->window + lines->next;
    chunk->first_line = lines->line + 1;
    lines->next += found.n_bytes;
    lines->line += found.n_lines;
    WBI_TRY(exchange_windows(lines, chunk, err));
    chunk->n_bytes = found.n_bytes;
    chunk->file = lines->file;
    chunk->quotes = found.quotes;
    chunk->doubled = found.doubled;
    chunk->returns = found.returns;
    chunk->plain = found.plain;
    return WB_OK;
}

void wbi_chunk_free(wbi_chunk *chunk)
{
    wbi_free(chunk->window);
    *chunk = (wbi_chunk){0};
}
