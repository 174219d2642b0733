/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of a file's columns. */
#ifndef WINBACK_CSV_HEADER_H
#define WINBACK_CSV_HEADER_H

#include "csv/rows.h"
#include "table/dictionary.h"

typedef struct wbi_header {
    size_t line;              /* where it stands; 0: the names were given */
    wbi_str *names;           /* `n` of them, terminated; owned by `by_name` and `text` */
    size_t n;
    char *text;
    wbi_dictionary *by_name;  /* column of a name */
} wbi_header;

/* Reads the first row of `rows`; `raw` receives its bytes, borrowed until the next row. A file without one, bytes that
 * are not UTF-8, and a name that stands twice are errors at their place. */
WB_WARN_UNUSED wb_status wbi_header_read(wbi_header *header, wbi_rows *rows, wbi_str *raw, wb_error *err);
/* Takes the names that a dialect gives. */
WB_WARN_UNUSED wb_status wbi_header_given(wbi_header *header, const wbi_dialect *dialect, wb_error *err);
void wbi_header_free(wbi_header *header); /* safe on a zeroed struct, and twice */
/* WB_ERR_INCONSISTENT naming the first column of `file` that differs. */
WB_WARN_UNUSED wb_status wbi_header_check_same(const wbi_header *header, const char *file, size_t line,
                                               const wbi_header *first, const char *first_file, wb_error *err);

#endif
