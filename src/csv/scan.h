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

enum { WBI_SCAN_SQUARE = 8 };

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
    return n + 32;
}

/* The cells of one column of regular rows, those of row r being cell starts[r] of `marks`. */
typedef struct wbi_column_cells {
    const char *bytes;
    const uint32_t *marks, *starts; /* as in wbi_marks, but that `marks` begins at the column's place */
    const uint8_t *kept;            /* by row: 1 when its cell is wanted; else there may be none */
    size_t n_rows;
    uint32_t margin; /* 1: cells are in quotes, none of which is doubled; one that is not is unusual */
} wbi_column_cells;

typedef struct wbi_scanner {
    void (*regular)(wbi_regular *found, const char *bytes, size_t n, char delimiter);
    /* `bytes` are what `regular` found, less than 4 GiB; `quotes` is what it said of them. */
    void (*marks)(wbi_marks *found, const char *bytes, size_t n, char delimiter, bool quotes);
    /* Convert the cells of row `row` and those behind it, and return the first row that is not kept or whose cell is
     * unusual, or a few rows less. NULL where that is not faster than one cell at a time. hundredths: as
     * wbi_convert_hundredths, without a sign, and digits behind a mark; INT32_MIN for an empty cell. decimals, doubles: as
     * wbi_convert_decimal and wbi_convert_number, at most 16 bytes with the sign, and digits behind a mark; WBI_DECIMAL_MISSING,
     * NaN for an empty cell. seconds: as wbi_convert_iso, a date with its time, within int32. */
    size_t (*hundredths)(int32_t *out, const wbi_column_cells *cells, size_t row, char decimal);
    size_t (*decimals)(int32_t *out, const wbi_column_cells *cells, size_t row, char decimal);
    size_t (*doubles)(double *out, const wbi_column_cells *cells, size_t row, char decimal);
    size_t (*seconds)(int32_t *out, const wbi_column_cells *cells, size_t row, int32_t zone_offset_s);
    /* As `decimals`, of WBI_SCAN_SQUARE columns that stand side by side, `cells` being those of the first: as many rows at a time,
     * up to those of which one is not kept or has an unusual cell, or long ones. Of these *unusual has a bit for each such row,
     * whose numbers mean nothing; 0: there were none. Returns the row behind the last ones. */
    size_t (*decimal_squares)(int32_t *const *out, unsigned *unusual, const wbi_column_cells *cells, size_t row, char decimal);
} wbi_scanner;

extern const wbi_scanner wbi_scanner_portable, wbi_scanner_x86_v3, wbi_scanner_x86_v4;
/* The best one for this machine. */
const wbi_scanner *wbi_scanner_best(void);
/* The i-th best, the last of which runs on all machines; NULL behind that. */
const wbi_scanner *wbi_scanner_at(size_t i);

#endif
