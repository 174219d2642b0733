/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV text: the one place that quotes and escapes. Cells are joined by ',', lines end in '\n'. */
#ifndef WINBACK_CSV_WRITER_H
#define WINBACK_CSV_WRITER_H

#include <math.h>

#include "base/buffer.h"
#include "base/number.h"
#include "table/table.h"

/* Appends one cell, quoted where RFC 4180 wants it (delimiter, quote, line break, or leading or trailing blank). */
WB_WARN_UNUSED wb_status wbi_csv_text(wbi_buffer *buffer, const char *bytes, size_t n, wb_error *err);
WB_WARN_UNUSED wb_status wbi_csv_number(wbi_buffer *buffer, double value, wb_error *err); /* not finite: an empty cell */
WB_WARN_UNUSED wb_status wbi_csv_time(wbi_buffer *buffer, int64_t time_us, wb_error *err);
/* The same into memory with room enough: 2 n + 2 bytes, WBI_DOUBLE_CHARS. They return what follows the cell. */
char *wbi_csv_put_text(char *at, const char *bytes, size_t n);
static inline char *wbi_csv_put_number(char *at, double value)
{
    return isfinite(value) ? at + wbi_double_print(at, value) : at;
}
/* The header line, and rows [begin, end), of a table. */
WB_WARN_UNUSED wb_status wbi_csv_header(wbi_buffer *buffer, const wb_table *table, wb_error *err);
WB_WARN_UNUSED wb_status wbi_csv_rows(wbi_buffer *buffer, const wb_table *table, size_t begin, size_t end,
                                      wb_error *err);
/* Writes a whole table to `path`: blocks printed in parallel, written in order. When `digest_hex` is given it receives
 * the 32 hex digits of wbi_digest over the bytes written (needs 33 chars). */
WB_WARN_UNUSED wb_status wbi_csv_write_table(const wb_table *table, const char *path, int n_threads, char *digest_hex,
                                             wb_error *err);

#endif
