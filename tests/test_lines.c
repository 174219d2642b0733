/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows of lines and of the chunks taken from them. */
#include "test_util.h"

#include <stdlib.h>
#include <string.h>

#include "csv/lines.h"
#include "csv_testing.h"

enum { WINDOW_BYTES = 1 << 14, SHORT_ROWS = 20000, LONG_BYTES = 1 << 20, ROW_BYTES = 11, N_CHUNKS = 3 };

static size_t put_short_rows(char *text, int first)
{
    size_t n = 0;
    for (int i = 0; i < SHORT_ROWS; i++)
        n += (size_t)sprintf(text + n, "%06d,abc\n", first + i);
    return n;
}

/* Takes what it can and reads the rest line by line; counts the bytes that are those of the text. */
static size_t take_all(wbi_lines *lines, wbi_chunk chunks[N_CHUNKS], const char *text, size_t *most_behind)
{
    size_t n = 0, turn = 0;
    for (wbi_line line = {"", 0, 0}; line.data != NULL;) {
        wb_error err;
        wbi_chunk *chunk = &chunks[turn++ % N_CHUNKS];
        assert_ok(wbi_lines_take(lines, chunk, WINDOW_BYTES, ',', &err), &err);
        if (chunk->n_bytes > 0) {
            assert_memory_equal(chunk->bytes, text + n, chunk->n_bytes);
            n += chunk->n_bytes;
        } else {
            assert_ok(wbi_lines_next(lines, &line, false, &err), &err);
            if (line.data != NULL)
                assert_memory_equal(line.data, text + n, line.length);
            n += line.length + line.end_length;
        }
        /* The long row's own window comes back once more, in a chunk. */
        if (n > (size_t)SHORT_ROWS * ROW_BYTES + LONG_BYTES + (N_CHUNKS + 1) * 2 * WINDOW_BYTES)
            for (size_t i = 0; i < N_CHUNKS; i++) {
                size_t larger = chunks[i].capacity > lines->capacity ? chunks[i].capacity : lines->capacity;
                *most_behind = larger > *most_behind ? larger : *most_behind;
            }
    }
    return n;
}

static void windows_shrink_behind_a_long_row(void **state)
{
    char *text = malloc((size_t)2 * SHORT_ROWS * ROW_BYTES + LONG_BYTES + 64);
    wbi_csv_sizes sizes = WBI_CSV_SIZES_INIT;
    wbi_chunk chunks[N_CHUNKS] = {{0}};
    wbi_lines lines;
    wb_error err;
    size_t n, most_behind = 0;
    (void)state;
    assert_non_null(text);
    n = put_short_rows(text, 0);
    memset(text + n, 'x', LONG_BYTES);
    n += LONG_BYTES;
    text[n++] = '\n';
    n += put_short_rows(text + n, SHORT_ROWS);
    write_file("rows.csv", text, n);
    sizes.window_bytes = WINDOW_BYTES;
    assert_ok(wbi_lines_open(&lines, "rows.csv", sizes, &err), &err);
    assert_int_equal(take_all(&lines, chunks, text, &most_behind), n);
    assert_true(most_behind > 0 && most_behind <= (size_t)4 * WINDOW_BYTES);
    wbi_lines_close(&lines);
    for (size_t i = 0; i < N_CHUNKS; i++)
        wbi_chunk_free(&chunks[i]);
    free(text);
}

static int leave(void **state)
{
    return leave_folder(state, (const char *const[]){"rows.csv", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(windows_shrink_behind_a_long_row, enter_folder, leave)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
