/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Physical lines of one input. A line ends in \n, \r\n or a lone \r; the bytes of the row at hand, however many lines
 * it spans, stay together in one window that grows with a long row and shrinks when chunks are taken behind it. */
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

#define WBI_CSV_SIZES_INIT {(size_t)128 << 10, (size_t)64 << 20}

typedef struct wbi_lines {
    wbi_input *input;     /* NULL: the window is all there is, and borrowed */
    const char *file;
    wbi_csv_sizes sizes;
    char *window;
    size_t capacity, end; /* bytes in the window: room, and what has been read */
    size_t row, row_end;  /* the row at hand, without its line end */
    size_t next;          /* where the next line begins */
    size_t lf, cr;        /* no \n in [next, lf), no \r in [next, cr) */
    size_t line;          /* number of the line given last */
    size_t row_line;      /* and of the line where its row begins */
    bool at_end;          /* the input has nothing more */
    wb_status failed;     /* reading more failed, and will again */
    wb_error failure;
} wbi_lines;

typedef struct wbi_line {
    const char *data;  /* NULL at the end of the input */
    size_t length;     /* without the line end */
    size_t end_length; /* bytes of the line end: 1, 2, or 0 for a last line without one */
} wbi_line;

/* Opens the input and leaves out a byte order mark. The path is borrowed, also for messages after the lines have been
 * closed. `lines` may then be closed, also after a failure. */
WB_WARN_UNUSED wb_status wbi_lines_open(wbi_lines *lines, const char *path, wbi_csv_sizes sizes, wb_error *err);
/* Lines of bytes in memory, the first of which is number `first_line` of `file`; both are borrowed. */
void wbi_lines_over(wbi_lines *lines, wbi_str bytes, const char *file, size_t first_line);
void wbi_lines_close(wbi_lines *lines); /* safe on a zeroed struct, and twice */
/* The next line; borrowed until the next call. It goes on with the row at hand or begins a new one. */
WB_WARN_UNUSED wb_status wbi_lines_next(wbi_lines *lines, wbi_line *line, bool same_row, wb_error *err);
/* The row at hand, without its last line end; borrowed until the next call of wbi_lines_next. */
wbi_str wbi_lines_row(const wbi_lines *lines);
/* Nothing but a byte order mark in the whole input. */
bool wbi_lines_empty(const wbi_lines *lines);
const char *wbi_lines_file(const wbi_lines *lines);

/* Some whole rows of an input, taken out of its lines. Zero-initialised it holds nothing; its memory goes from one taking
 * to the next, and is freed by wbi_chunk_free. */
typedef struct wbi_chunk {
    char *window;
    size_t capacity;
    const char *bytes; /* the rows, the last line end included, in `window`, with room for a scanner behind them */
    size_t n_bytes;
    size_t first_line; /* number of the first line, from 1 */
    const char *file;
    bool quotes, doubled, returns, plain; /* as in wbi_regular */
} wbi_chunk;

/* Takes the regular rows that come next, of at most about `max_bytes`. None are taken (n_bytes is 0) at the end of the input
 * and where the next row is not regular: then wbi_lines_next gives its lines. A last line without an end gets one. Where
 * reading fails, what was read before is taken, and wbi_lines_next tells the failure. */
WB_WARN_UNUSED wb_status wbi_lines_take(wbi_lines *lines, wbi_chunk *chunk, size_t max_bytes, char delimiter,
                                        wb_error *err);
void wbi_chunk_free(wbi_chunk *chunk);

#endif
