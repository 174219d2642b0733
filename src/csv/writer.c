/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv/writer.h"

#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "io/output.h"
#include "par/par.h"

enum { BLOCK_ROWS = 4096 };
#define BLOCK_CEILING ((size_t)1 << 30)

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* RFC 4180's reasons, and blanks at the ends, which readers trim. */
static bool needs_quotes(const char *bytes, size_t n)
{
    if (n > 0 && (is_blank(bytes[0]) || is_blank(bytes[n - 1])))
        return true;
    for (size_t i = 0; i < n; i++)
        if (bytes[i] == ',' || bytes[i] == '"' || bytes[i] == '\n' || bytes[i] == '\r')
            return true;
    return false;
}

static char *put(char *at, const char *bytes, size_t n)
{
    if (n > 0)
        memcpy(at, bytes, n);
    return at + n;
}

static char *put_quoted(char *at, const char *bytes, size_t n)
{
    const char *end = bytes + n;
    *at++ = '"';
    for (const char *quote; (quote = memchr(bytes, '"', (size_t)(end - bytes))) != NULL; bytes = quote + 1) {
        at = put(at, bytes, (size_t)(quote + 1 - bytes));
        *at++ = '"';
    }
    at = put(at, bytes, (size_t)(end - bytes));
    *at++ = '"';
    return at;
}

char *wbi_csv_put_text(char *at, const char *bytes, size_t n)
{
    return needs_quotes(bytes, n) ? put_quoted(at, bytes, n) : put(at, bytes, n);
}

wb_status wbi_csv_text(wbi_buffer *buffer, const char *bytes, size_t n, wb_error *err)
{
    if (n > SIZE_MAX / 2 - 2)
        return wbi_fail_nomem(err, n);
    WBI_TRY(wbi_buffer_reserve(buffer, 2 * n + 2, err));
    buffer->length = (size_t)(wbi_csv_put_text(buffer->data + buffer->length, bytes, n) - buffer->data);
    return WB_OK;
}

wb_status wbi_csv_number(wbi_buffer *buffer, double value, wb_error *err)
{
    WBI_TRY(wbi_buffer_reserve(buffer, WBI_DOUBLE_CHARS, err));
    buffer->length = (size_t)(wbi_csv_put_number(buffer->data + buffer->length, value) - buffer->data);
    return WB_OK;
}

wb_status wbi_csv_time(wbi_buffer *buffer, int64_t time_us, wb_error *err)
{
    WBI_TRY(wbi_buffer_reserve(buffer, WB_TIME_CHARS, err));
    buffer->length += wb_time_format(time_us, buffer->data + buffer->length);
    return WB_OK;
}

static wb_status append_cell(wbi_buffer *buffer, const wb_table *table, size_t k, size_t row, wb_error *err)
{
    const wbi_column *column = &table->columns[k];
    const char *bytes;
    size_t n;
    switch (column->type) {
    case WB_TYPE_NUMBER:
        return wbi_csv_number(buffer, column->numbers[row], err);
    case WB_TYPE_TIME:
        return wbi_csv_time(buffer, column->times[row], err);
    case WB_TYPE_CATEGORY:
        bytes = wb_table_level(table, k, column->codes[row], &n);
        return wbi_csv_text(buffer, bytes, n, err);
    case WB_TYPE_TEXT:
        break;
    }
    bytes = wb_table_text(table, k, row, &n);
    return wbi_csv_text(buffer, bytes, n, err);
}

/* Ends a line that began at `begin`. A row must not look like a blank line, which readers skip. */
static wb_status end_line(wbi_buffer *buffer, size_t begin, wb_error *err)
{
    if (buffer->length == begin)
        WBI_TRY(wbi_buffer_append(buffer, "\"\"", 2, err));
    return wbi_buffer_append(buffer, "\n", 1, err);
}

wb_status wbi_csv_header(wbi_buffer *buffer, const wb_table *table, wb_error *err)
{
    size_t begin = buffer->length;
    for (size_t k = 0; k < table->n_columns; k++) {
        const char *name = table->columns[k].name;
        if (k > 0)
            WBI_TRY(wbi_buffer_append(buffer, ",", 1, err));
        WBI_TRY(wbi_csv_text(buffer, name, strlen(name), err));
    }
    return end_line(buffer, begin, err);
}

wb_status wbi_csv_rows(wbi_buffer *buffer, const wb_table *table, size_t begin, size_t end, wb_error *err)
{
    for (size_t row = begin; row < end; row++) {
        size_t line = buffer->length;
        for (size_t k = 0; k < table->n_columns; k++) {
            if (k > 0)
                WBI_TRY(wbi_buffer_append(buffer, ",", 1, err));
            WBI_TRY(append_cell(buffer, table, k, row, err));
        }
        WBI_TRY(end_line(buffer, line, err));
    }
    return WB_OK;
}

/* Rows [begin, end) as text. */
typedef struct block {
    size_t begin, end;
    wbi_buffer text;
} block;

typedef struct writing {
    const wb_table *table;
    wbi_output *output;
    wbi_digest *digest; /* NULL: nobody asked */
    size_t next_row;
    block *blocks; /* one a slot */
    size_t n_blocks;
} writing;

static wb_status write_text(writing *w, const wbi_buffer *text, wb_error *err)
{
    if (w->digest != NULL)
        wbi_digest_update(w->digest, text->data, text->length);
    return wbi_output_write(w->output, text->data, text->length, err);
}

static wb_status next_block(void *context, size_t slot, int *more, wb_error *err)
{
    writing *w = context;
    size_t n_rows = w->table->n_rows, begin = w->next_row;
    (void)err;
    *more = begin < n_rows && !wbi_output_closed(w->output);
    w->next_row = n_rows - begin < BLOCK_ROWS ? n_rows : begin + BLOCK_ROWS;
    w->blocks[slot].begin = begin;
    w->blocks[slot].end = w->next_row;
    return WB_OK;
}

static wb_status print_block(void *context, size_t slot, int worker, wb_error *err)
{
    const writing *w = context;
    block *b = &w->blocks[slot];
    (void)worker;
    b->text.length = 0;
    return wbi_csv_rows(&b->text, w->table, b->begin, b->end, err);
}

static wb_status write_block(void *context, size_t slot, wb_error *err)
{
    writing *w = context;
    return write_text(w, &w->blocks[slot].text, err);
}

static wb_status write_header(writing *w, wb_error *err)
{
    wbi_buffer *text = &w->blocks[0].text;
    WBI_TRY(wbi_csv_header(text, w->table, err));
    return write_text(w, text, err);
}

static wb_status start_writing(writing *w, const char *path, int n_threads, bool with_digest, wb_error *err)
{
    size_t n_blocks = 2 * (size_t)wbi_par_threads(n_threads);
    w->blocks = wbi_alloc_array(n_blocks, sizeof *w->blocks);
    w->digest = with_digest ? wbi_digest_create() : NULL;
    if (w->blocks == NULL || (with_digest && w->digest == NULL))
        return wbi_fail_nomem(err, n_blocks * sizeof *w->blocks);
    for (; w->n_blocks < n_blocks; w->n_blocks++)
        w->blocks[w->n_blocks].text = wbi_buffer_make(BLOCK_CEILING);
    return wbi_output_open(&w->output, path, err);
}

static void end_writing(writing *w)
{
    for (size_t i = 0; i < w->n_blocks; i++)
        wbi_buffer_free(&w->blocks[i].text);
    wbi_free(w->blocks);
    wbi_digest_free(w->digest);
    wbi_output_abort(w->output);
}

wb_status wbi_csv_write_table(const wb_table *table, const char *path, int n_threads, char *digest_hex, wb_error *err)
{
    wb_status status;
    writing w = {.table = table};
    WBI_TRY_CLEANUP(start_writing(&w, path, n_threads, digest_hex != NULL, err));
    WBI_TRY_CLEANUP(write_header(&w, err));
    wbi_pipeline pipeline = {next_block, print_block, write_block, &w, w.n_blocks};
    WBI_TRY_CLEANUP(wbi_par_pipeline(&pipeline, n_threads, err));
    if (digest_hex != NULL)
        wbi_digest_hex(w.digest, digest_hex);
    status = wbi_output_commit(w.output, err);
    w.output = NULL;
cleanup:
    end_writing(&w);
    return status;
}
