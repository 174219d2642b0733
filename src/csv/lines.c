/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv/lines.h"

#include <string.h>

#include "base/memory.h"

const char *wbi_lines_file(const wbi_lines *lines)
{
    return wbi_input_name(lines->input);
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

static wb_status refill(wbi_lines *lines, wb_error *err)
{
    /* One byte more may be the \r of a row that just fits. */
    if (lines->end - lines->row > lines->sizes.row_ceiling_bytes + 1)
        return row_too_long(lines, err);
    shift(lines);
    if (lines->end == lines->capacity) {
        char *larger = wbi_realloc_array(lines->window, lines->capacity, 2);
        if (larger == NULL)
            return wbi_fail_nomem(err, lines->capacity * 2);
        lines->window = larger;
        lines->capacity *= 2;
    }
    size_t room = lines->capacity - lines->end, n = 0;
    if (room > lines->sizes.window_bytes)
        room = lines->sizes.window_bytes;
    WBI_TRY(wbi_input_read(lines->input, lines->window + lines->end, room, &n, err));
    lines->at_end = n == 0;
    lines->end += n;
    return WB_OK;
}

wb_status wbi_lines_open(wbi_lines *lines, const char *path, wbi_csv_sizes sizes, wb_error *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    enum { MARK_BYTES = sizeof mark - 1 };
    *lines = (wbi_lines){.sizes = sizes};
    WBI_TRY(wbi_input_open(&lines->input, path, err));
    lines->window = wbi_alloc_array(sizes.window_bytes, 1);
    if (lines->window == NULL)
        return wbi_fail_nomem(err, sizes.window_bytes);
    lines->capacity = sizes.window_bytes;
    while (!lines->at_end && lines->end <= MARK_BYTES)
        WBI_TRY(refill(lines, err));
    if (lines->end >= MARK_BYTES && memcmp(lines->window, mark, MARK_BYTES) == 0)
        lines->row = lines->next = MARK_BYTES;
    return WB_OK;
}

void wbi_lines_close(wbi_lines *lines)
{
    wbi_input_close(lines->input);
    wbi_free(lines->window);
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
