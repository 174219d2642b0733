/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "micro.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "csv/convert.h"
#include "csv/scan.h"
#include "customers.h"

enum { N_ROWS = 40000, N_CELLS = 1 + N_NUMBERS, CHUNK_BYTES = 1 << 17, N_CHUNKS_LIMIT = 256, SINGLE_ROWS = 4 };

/* As the reader of batches has it: a chunk of whole rows, and where its cells are. */
typedef struct chunk {
    const char *bytes;
    wbi_marks marks;
    size_t first_row;
} chunk;

typedef struct text {
    char *bytes;
    size_t n_bytes, n_chunks;
    bool quoted;
    const wbi_scanner *scanner;
    wbi_marks marks; /* room for those of a chunk */
    chunk chunks[N_CHUNKS_LIMIT];
    uint8_t *kept;
    double *values; /* column after column */
} text;

static void make_text(text *t, bool quoted)
{
    uint64_t state = 1;
    *t = (text){.bytes = micro_alloc((size_t)N_ROWS * CUSTOMER_CHARS), .quoted = quoted, .scanner = wbi_scanner_best()};
    for (size_t i = 0; i < N_ROWS; i++)
        t->n_bytes += customers_row(t->bytes + t->n_bytes, i, &state, (customers_form){.quoted = quoted});
    memset(t->bytes + t->n_bytes, 0, WBI_SCAN_PADDING);
    t->marks.marks = micro_alloc(wbi_marks_room(CHUNK_BYTES) * sizeof *t->marks.marks);
    t->marks.starts = micro_alloc(wbi_marks_room(CHUNK_BYTES) * sizeof *t->marks.starts);
    t->kept = micro_alloc(N_ROWS);
    memset(t->kept, 1, N_ROWS);
    t->values = micro_alloc((size_t)N_ROWS * N_NUMBERS * sizeof *t->values);
}

static void free_text(text *t)
{
    for (size_t k = 0; k < t->n_chunks; k++) {
        free(t->chunks[k].marks.marks);
        free(t->chunks[k].marks.starts);
    }
    free(t->bytes);
    free(t->marks.marks);
    free(t->marks.starts);
    free(t->kept);
    free(t->values);
}

/* Finds the cells of the rows at `begin`, in one chunk; returns its bytes. */
static size_t find_cells(text *t, size_t begin)
{
    const size_t n = t->n_bytes - begin < CHUNK_BYTES ? t->n_bytes - begin : CHUNK_BYTES;
    wbi_regular found;
    t->scanner->regular(&found, t->bytes + begin, n, ',');
    if (found.irregular || found.n_bytes == 0)
        micro_fail("the rows are not regular");
    t->scanner->marks(&t->marks, t->bytes + begin, found.n_bytes, ',', found.quotes);
    return found.n_bytes;
}

static void tokenize(void *of)
{
    text *t = of;
    size_t n_cells = 0;
    for (size_t at = 0; at < t->n_bytes; n_cells += t->marks.n_cells)
        at += find_cells(t, at);
    if (n_cells != (size_t)N_ROWS * N_CELLS)
        micro_fail("cells were lost");
}

static void measure_tokenizer(text *t)
{
    const wbi_scanner *scanners[] = {wbi_scanner_best(), &wbi_scanner_portable};
    for (size_t k = scanners[0] == scanners[1]; k < 2; k++) {
        char contender[80];
        snprintf(contender, sizeof contender, "cells%s, %s", t->quoted ? " in quotes" : "", k == 0 ? "best" : "portable");
        t->scanner = scanners[k];
        micro_measure(&(micro_work){contender, tokenize, t, t->n_bytes, NULL});
    }
    t->scanner = scanners[0];
}

static void *copy(const uint32_t *items, size_t n)
{
    return memcpy(micro_alloc(n * sizeof *items), items, n * sizeof *items);
}

/* Keeps the cells, for reading numbers alone to be measured. */
static void keep_cells(text *t)
{
    size_t row = 0;
    for (size_t at = 0; at < t->n_bytes; t->n_chunks++) {
        if (t->n_chunks == N_CHUNKS_LIMIT)
            micro_fail("too many chunks");
        chunk *c = &t->chunks[t->n_chunks];
        *c = (chunk){.bytes = t->bytes + at, .first_row = row};
        at += find_cells(t, at);
        c->marks = t->marks;
        c->marks.marks = copy(t->marks.marks, t->marks.n_cells + 1);
        c->marks.starts = copy(t->marks.starts, t->marks.n_rows + 1);
        row += c->marks.n_rows;
    }
}

typedef void (*column_fn)(const text *t, const chunk *c, size_t column, double *out);

static void each_column(text *t, column_fn fn)
{
    for (size_t k = 0; k < t->n_chunks; k++)
        for (size_t j = 0; j < N_NUMBERS; j++)
            fn(t, &t->chunks[k], j, t->values + j * N_ROWS + t->chunks[k].first_row);
}

static const char *cell_of(size_t *length, const text *t, const chunk *c, size_t row, size_t column)
{
    const uint32_t *mark = c->marks.marks + c->marks.starts[row] + 1 + column;
    *length = mark[1] - mark[0] - 1 - 2 * t->quoted;
    return c->bytes + mark[0] + 1 + t->quoted;
}

static double convert_one(const text *t, const chunk *c, size_t row, size_t column)
{
    size_t n;
    const char *cell = cell_of(&n, t, c, row, column);
    double value = NAN;
    if (!wbi_convert_number(&value, cell, n, '.') && !wbi_double_read(&value, cell, n, '.'))
        micro_fail("a cell is no number");
    return value;
}

static wbi_column_cells column_cells(const text *t, const chunk *c, size_t column)
{
    return (wbi_column_cells){c->bytes, c->marks.marks + 1 + column, c->marks.starts, t->kept, c->marks.n_rows, t->quoted};
}

static void convert_many(const text *t, const chunk *c, size_t column, double *out)
{
    const wbi_column_cells cells = column_cells(t, c, column);
    for (size_t row = 0, usual = 0; row < cells.n_rows; row++) {
        if (row >= usual) {
            row = t->scanner->doubles(out, &cells, row, '.');
            usual = row + SINGLE_ROWS;
            if (row == cells.n_rows)
                break;
        }
        out[row] = convert_one(t, c, row, column);
    }
}

static void convert_singly(const text *t, const chunk *c, size_t column, double *out)
{
    for (size_t row = 0; row < c->marks.n_rows; row++)
        out[row] = convert_one(t, c, row, column);
}

static void read_exactly(const text *t, const chunk *c, size_t column, double *out)
{
    for (size_t row = 0; row < c->marks.n_rows; row++) {
        size_t n;
        const char *cell = cell_of(&n, t, c, row, column);
        if (!wbi_double_read(&out[row], cell, n, '.'))
            micro_fail("a cell is no number");
    }
}

static void read_by_strtod(const text *t, const chunk *c, size_t column, double *out)
{
    for (size_t row = 0; row < c->marks.n_rows; row++) {
        size_t n;
        out[row] = strtod(cell_of(&n, t, c, row, column), NULL);
    }
}

static void pass_many(void *of)
{
    each_column(of, convert_many);
}

static void pass_singly(void *of)
{
    each_column(of, convert_singly);
}

static void pass_exactly(void *of)
{
    each_column(of, read_exactly);
}

static void pass_strtod(void *of)
{
    each_column(of, read_by_strtod);
}

static void measure_reading(text *t)
{
    const size_t n = (size_t)N_ROWS * N_NUMBERS;
    const struct {
        const char *name;
        void (*pass)(void *);
    } ways[] = {{"many at a time", t->scanner->doubles == NULL ? NULL : pass_many},
                {"one at a time", pass_singly},
                {"any spelling", pass_exactly},
                {"strtod", pass_strtod}};
    double *expected = micro_alloc(n * sizeof *expected);
    pass_strtod(t);
    memcpy(expected, t->values, n * sizeof *expected);
    for (size_t k = 0; k < sizeof ways / sizeof ways[0]; k++) {
        char contender[80];
        if (ways[k].pass == NULL)
            continue;
        snprintf(contender, sizeof contender, "numbers%s read, %s", t->quoted ? " in quotes" : "",
                 ways[k].name);
        micro_measure(&(micro_work){contender, ways[k].pass, t, n, "number"});
        if (memcmp(expected, t->values, n * sizeof *expected) != 0)
            micro_fail("a number is read as another");
    }
    free(expected);
}

void measure_cells(void)
{
    for (int quoted = 0; quoted < 2; quoted++) {
        static text t;
        make_text(&t, quoted);
        measure_tokenizer(&t);
        keep_cells(&t);
        measure_reading(&t);
        free_text(&t);
    }
}
