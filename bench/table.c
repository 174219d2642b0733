/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table plain|quoted|labelled ROWS: writes customers.h's table to standard output.
 * table repeated ROWS: the plain one, whose first 10,000 rows come again and again: faster than anybody reads them.
 * table inflate FILE: reads a gzip file with zlib, and does nothing with it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "customers.h"

enum { REPEATED_ROWS = 10000, INFLATE_BYTES = 1 << 17 };

static void fail(const char *what)
{
    fprintf(stderr, "table: %s\n", what);
    exit(EXIT_FAILURE);
}

static void put(const char *bytes, size_t n)
{
    if (fwrite(bytes, 1, n, stdout) != n)
        fail("cannot write the table");
}

static void put_header(customers_form form)
{
    char header[CUSTOMER_CHARS];
    put(header, customers_header(header, form));
}

static void write_rows(size_t n_rows, customers_form form)
{
    char row[CUSTOMER_CHARS];
    uint64_t state = 1;
    for (size_t i = 0; i < n_rows; i++)
        put(row, customers_row(row, i, &state, form));
}

static void write_repeated(size_t n_rows)
{
    static char rows[REPEATED_ROWS * CUSTOMER_CHARS];
    static size_t ends[REPEATED_ROWS + 1];
    uint64_t state = 1;
    for (size_t i = 0; i < REPEATED_ROWS; i++)
        ends[i + 1] = ends[i] + customers_row(rows + ends[i], i, &state, (customers_form){0});
    for (; n_rows > REPEATED_ROWS; n_rows -= REPEATED_ROWS)
        put(rows, ends[REPEATED_ROWS]);
    put(rows, ends[n_rows]);
}

static void inflate_file(const char *path)
{
    static char bytes[INFLATE_BYTES];
    gzFile file = gzopen(path, "rb");
    int n;
    if (file == NULL || gzbuffer(file, INFLATE_BYTES) != 0)
        fail("cannot open the gzip file");
    while ((n = gzread(file, bytes, sizeof bytes)) > 0)
        continue;
    if (n < 0 || gzclose(file) != Z_OK)
        fail("cannot read the gzip file");
}

int main(int argc, char **argv)
{
    const char *what = argc == 3 ? argv[1] : "";
    const customers_form form = {.quoted = strcmp(what, "quoted") == 0, .labelled = strcmp(what, "labelled") == 0};
    if (strcmp(what, "inflate") == 0) {
        inflate_file(argv[2]);
        return EXIT_SUCCESS;
    }
    const size_t n_rows = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    const bool repeated = strcmp(what, "repeated") == 0;
    if (n_rows == 0 || !(form.quoted || form.labelled || repeated || strcmp(what, "plain") == 0))
        fail("usage: table plain|quoted|labelled|repeated ROWS, or table inflate FILE");
    put_header(form);
    if (repeated)
        write_repeated(n_rows);
    else
        write_rows(n_rows, form);
    if (fflush(stdout) != 0)
        fail("cannot write the table");
    return EXIT_SUCCESS;
}
