/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files for the tests of csv, in a folder of their own, and what a reading of them gave, as text. */
#ifndef WINBACK_TESTS_CSV_TESTING_H
#define WINBACK_TESTS_CSV_TESTING_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv/reader_sizes.h"

static inline void write_file(const char *name, const char *bytes, size_t n)
{
    FILE *file = fopen(name, "wb");
    if (file == NULL || fwrite(bytes, 1, n, file) != n || fclose(file) != 0)
        abort();
}

/* Moves to a new folder under TMPDIR. */
static inline int enter_folder(void **state)
{
    const char *root = getenv("TMPDIR");
    char *folder = malloc(4096);
    snprintf(folder, 4096, "%s/winback-csv-XXXXXX", root == NULL ? "/tmp" : root);
    *state = folder;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

/* Removes the files named (NULL ends the list) and the folder. */
static inline int leave_folder(void **state, const char *const *files)
{
    for (; *files != NULL; files++)
        unlink(*files);
    int failed = chdir("/") != 0 || rmdir(*state) != 0;
    free(*state);
    return failed;
}

/* Growing text. */
typedef struct transcript {
    char *text;
    size_t length, capacity;
} transcript;

static inline void add_text(transcript *to, const char *text)
{
    size_t n = strlen(text);
    if (to->length + n + 1 > to->capacity) {
        to->capacity = 2 * (to->length + n + 1);
        to->text = realloc(to->text, to->capacity);
        if (to->text == NULL)
            abort();
    }
    memcpy(to->text + to->length, text, n + 1);
    to->length += n;
}

static inline void add_log(void *user, wb_log_level level, const char *text)
{
    (void)level;
    add_text(user, "! ");
    add_text(user, text);
    add_text(user, "\n");
}

/* One row: "line:cell|cell", missing cells as ~, bytes that do not print as \xNN. */
static inline void add_row(transcript *to, const wbi_cells *cells, size_t row)
{
    static char shown[1 << 16];
    snprintf(shown, sizeof shown, "%zu:", cells->lines[row]);
    add_text(to, shown);
    for (size_t k = 0; k < cells->n_wanted; k++) {
        wbi_str cell = cells->cells[row * cells->n_wanted + k];
        add_text(to, k == 0 ? "" : "|");
        add_text(to, cell.data == NULL ? "~" : wbi_printable(shown, sizeof shown, cell.data, cell.length));
    }
    add_text(to, "\n");
}

/* Keeps the rows of a transcript, without their line numbers. */
static inline void strip(char *text)
{
    char *to = text;
    for (char *line = text; *line != '\0';) {
        char *next = strchr(line, '\n') + 1;
        if (line[0] >= '0' && line[0] <= '9') {
            char *from = strchr(line, ':') + 1;
            memmove(to, from, (size_t)(next - from));
            to += next - from;
        }
        line = next;
    }
    *to = '\0';
}

typedef struct reading {
    wbi_dialect dialect;
    wb_on_error policy;
    const char *rejects;
    wbi_csv_sizes sizes;
    size_t max_rows;
} reading;

/* Blocks of one row, so that log lines stand where the bad rows stood. */
#define READING_INIT {WBI_DIALECT_INIT, WB_ON_ERROR_SKIP, NULL, WBI_CSV_SIZES_INIT, 1}

static inline wb_status read_rows_of(transcript *to, wbi_csv_reader *reader, size_t max_rows, wb_error *err)
{
    size_t columns[64], n = wbi_csv_n_columns(reader);
    if (n > 64)
        n = 64;
    for (size_t i = 0; i < n; i++)
        columns[i] = i;
    WBI_TRY(wbi_csv_want(reader, columns, n, err));
    for (;;) {
        const wbi_cells *cells;
        WBI_TRY(wbi_csv_next(reader, max_rows, &cells, err));
        if (cells->n_rows == 0)
            return WB_OK;
        for (size_t row = 0; row < cells->n_rows; row++)
            add_row(to, cells, row);
    }
}

/* All that reading `path` gives: rows, log lines ("! ") and the error ("E "). The text is
 * freed by the caller. */
static inline wb_status read_all(transcript *to, const char *path, const reading *how, wb_error *err)
{
    wb_status status;
    wb_log log = {add_log, NULL, to};
    wbi_paths paths = {0};
    wbi_bad_rows *bad = NULL;
    wbi_csv_reader *reader = NULL;
    *to = (transcript){0};
    add_text(to, "");
    WBI_TRY_CLEANUP(wbi_paths_expand(&paths, path, err));
    WBI_TRY_CLEANUP(wbi_bad_rows_create(&bad, how->policy, how->rejects, &log, err));
    WBI_TRY_CLEANUP(wbi_csv_open_sized(&reader, &paths, &how->dialect, bad, how->sizes, err));
    WBI_TRY_CLEANUP(read_rows_of(to, reader, how->max_rows, err));
    WBI_TRY_CLEANUP(wbi_bad_rows_finish(bad, err));
cleanup:
    if (status != WB_OK) {
        char text[2048];
        add_text(to, "E ");
        add_text(to, wb_error_text(err, text, sizeof text));
        add_text(to, "\n");
    }
    wbi_csv_close(reader);
    wbi_bad_rows_free(bad);
    wbi_paths_free(&paths);
    return status;
}

#endif
