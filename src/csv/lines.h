/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Physical lines of one input. A line ends in \n, \r\n or a lone \r; the bytes of the row at hand, however many lines
 * it spans, stay together in one window that grows with the longest row. */
#ifndef WINBACK_CSV_LINES_H
#define WINBACK_CSV_LINES_H

#include <stdbool.h>

#include "base/text.h"
#include "io/input.h"

/* Sizes that only tests change. */
typedef struct wbi_csv_sizes {
    size_t window_bytes;      /* read at once, and the window's first size; at least 1 */
    size_t row_ceiling_bytes; /* a longer row is an error */
} wbi_csv_sizes;

#define WBI_CSV_SIZES_INIT {(size_t)256 << 10, (size_t)64 << 20}

typedef struct wbi_lines {
    wbi_input *input;
    wbi_csv_sizes sizes;
    char *window;
    size_t capacity, end; /* bytes in the window: room, and what has been read */
    size_t row, row_end;  /* the row at hand, without its line end */
    size_t next;          /* where the next line begins */
    size_t lf, cr;        /* no \n in [next, lf), no \r in [next, cr) */
    size_t line;          /* number of the line given last */
    size_t row_line;      /* and of the line where its row begins */
    bool at_end;          /* the input has nothing more */
} wbi_lines;

typedef struct wbi_line {
    const char *data;  /* NULL at the end of the input */
    size_t length;     /* without the line end */
    size_t end_length; /* bytes of the line end: 1, 2, or 0 for a last line without one */
} wbi_line;

/* Opens the input and leaves out a byte order mark. `lines` may then be closed, also after a failure. */
WB_WARN_UNUSED wb_status wbi_lines_open(wbi_lines *lines, const char *path, wbi_csv_sizes sizes, wb_error *err);
void wbi_lines_close(wbi_lines *lines); /* safe on a zeroed struct, and twice */
/* The next line; borrowed until the next call. It goes on with the row at hand or begins a new one. */
WB_WARN_UNUSED wb_status wbi_lines_next(wbi_lines *lines, wbi_line *line, bool same_row, wb_error *err);
/* The row at hand, without its last line end; borrowed until the next call of wbi_lines_next. */
wbi_str wbi_lines_row(const wbi_lines *lines);
/* Nothing but a byte order mark in the whole input. */
bool wbi_lines_empty(const wbi_lines *lines);
const char *wbi_lines_file(const wbi_lines *lines);

#endif
