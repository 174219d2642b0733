/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of the simulated shop as cells. Include behind test_util.h. */
#ifndef WINBACK_TESTS_SIMULATE_TESTING_H
#define WINBACK_TESTS_SIMULATE_TESTING_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A file in memory, cut into cells: row-major, without the header. */
typedef struct sheet {
    char *text;
    size_t n_rows, n_columns;
    char **cells;
} sheet;

static inline char *path_in(const char *dir, const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static inline void make_dir(char dir[64])
{
    strcpy(dir, "/tmp/winback_simulate_XXXXXX");
    assert_non_null(mkdtemp(dir));
}

static inline char *slurp(const char *dir, const char *name, size_t *n)
{
    FILE *file = fopen(path_in(dir, name), "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *n = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*n + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, *n, file), *n);
    text[*n] = '\0';
    fclose(file);
    return text;
}

static inline sheet load(const char *dir, const char *name)
{
    size_t n;
    sheet s = {.text = slurp(dir, name, &n), .n_columns = 1};
    size_t n_lines = 0;
    for (size_t i = 0; i < n; i++)
        n_lines += s.text[i] == '\n';
    char *header_end = strchr(s.text, '\n');
    for (char *c = s.text; c < header_end; c++)
        s.n_columns += *c == ',';
    s.n_rows = n_lines - 1;
    s.cells = malloc(n_lines * s.n_columns * sizeof *s.cells);
    assert_non_null(s.cells);
    size_t k = 0;
    for (char *c = header_end + 1; *c != '\0';) {
        s.cells[k++] = c;
        c += strcspn(c, ",\n");
        *c++ = '\0';
    }
    assert_int_equal(k, s.n_rows * s.n_columns);
    return s;
}

static inline void unload(sheet *s)
{
    free(s->text);
    free(s->cells);
}

static inline const char *cell(const sheet *s, size_t row, size_t column)
{
    return s->cells[row * s->n_columns + column];
}

static inline double number(const sheet *s, size_t row, size_t column)
{
    return strtod(cell(s, row, column), NULL);
}

/* Days since 2023-01-01; INFINITY for an empty cell. */
static inline double days(const sheet *s, size_t row, size_t column)
{
    const char *text = cell(s, row, column);
    if (*text == '\0')
        return INFINITY;
    struct tm tm = {0};
    const char *end = strptime(text, strlen(text) == 10 ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ", &tm);
    assert_true(end != NULL && *end == '\0');
    return (double)(timegm(&tm) - 1672531200) / 86400;
}

/* Index of the customer in row `row`: ids are C and the number, from 1. */
static inline size_t owner(const sheet *s, size_t row, size_t column)
{
    const char *id = cell(s, row, column);
    assert_int_equal(id[0], 'C');
    assert_int_equal(strlen(id), 10);
    return strtoul(id + 1, NULL, 10) - 1;
}

#endif
