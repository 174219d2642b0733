/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where cells and rows end, found 64 bytes at a time. Only bytes that strict RFC 4180 describes are taken; what is found
 * otherwise is left to libcsv, from the start of its row. */
#ifndef WINBACK_CSV_SCAN_H
#define WINBACK_CSV_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that must be allocated behind those to be scanned; they are read, and what they hold does not matter. */
enum { WBI_SCAN_PADDING = 64 };

/* The regular rows at the start of some bytes: every quote opens at the start of a cell, closes before a delimiter or a
 * line end, or is doubled inside; lines end in \n or \r\n, and no \r stands alone. */
typedef struct wbi_regular {
    size_t n_bytes; /* up to the end of the last whole regular row */
    size_t n_lines; /* line ends in them, those inside quotes included */
    bool irregular; /* something behind them is not regular; else they just end within a row */
    bool quotes, returns; /* there is a quote, a \r */
    bool doubled;         /* there is a doubled quote within a cell */
    bool plain;           /* ASCII without NUL */
} wbi_regular;

/* The cells of regular rows. Cell c of all, counted over the rows, is bytes[marks[c] + 1 .. marks[c + 1]): marks[0] is
 * UINT32_MAX, so that what holds of two cells holds of the first. Row r has the cells starts[r] to starts[r + 1] - 1. */
typedef struct wbi_marks {
    uint32_t *marks;  /* where each delimiter and row end stands */
    uint32_t *starts; /* n_rows + 1 of them */
    size_t n_cells, n_rows;
} wbi_marks;

/* Room that marks and starts need for `n` bytes. */
static inline size_t wbi_marks_room(size_t n)
{
    return n + 16;
}

typedef struct wbi_scanner {
    void (*regular)(wbi_regular *found, const char *bytes, size_t n, char delimiter);
    /* `bytes` are what `regular` found, less than 4 GiB; `quotes` is what it said of them. */
    void (*marks)(wbi_marks *found, const char *bytes, size_t n, char delimiter, bool quotes);
} wbi_scanner;

extern const wbi_scanner wbi_scanner_portable, wbi_scanner_x86_v3;
/* The best one for this machine. */
const wbi_scanner *wbi_scanner_best(void);

#endif
