/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of numbers as text, by what the machine has. */
#ifndef WINBACK_BASE_NUMBERS_H
#define WINBACK_BASE_NUMBERS_H

#include <stdint.h>

#include "base/error.h"
#include "base/number.h"

enum { WBI_ROWS_AT_ONCE = 64, WBI_SEPARATED_CHARS = 34 };

typedef struct wbi_number_texts wbi_number_texts;

/* What was printed of a column last, with its separator. */
typedef struct wbi_number_text {
    uint64_t bits; /* of the number */
    size_t length; /* 0: nothing yet */
    char text[WBI_SEPARATED_CHARS];
} wbi_number_text;

/* Columns of which some rows are printed; what stands below itself is made text once. Zero-initialised it may be freed. */
typedef struct wbi_number_rows {
    const double **columns; /* n_columns of them, set by the caller; NULL where there are no numbers */
    size_t n_columns;
    char separator;
    size_t first, n;        /* rows that can be printed */
    wbi_number_texts *texts; /* by column, of these rows; NULL on machines that print number by number */
    wbi_number_text *latest; /* by column: what was printed by itself */
} wbi_number_rows;

WB_WARN_UNUSED wb_status wbi_number_rows_create(wbi_number_rows *rows, size_t n_columns, char separator, wb_error *err);
void wbi_number_rows_free(wbi_number_rows *rows);

/* Makes the `n` rows from `first` on ready to be printed, or the first WBI_ROWS_AT_ONCE of them. */
void wbi_number_rows_find(wbi_number_rows *rows, size_t first, size_t n);
/* As wbi_double_print of row `first + row` in the columns [begin, end), a separator in front of each number, which is all
 * that is written of what is not finite. Returns what follows; `out` has room for WBI_SEPARATED_CHARS bytes a column. */
char *wbi_number_rows_print(char *out, const wbi_number_rows *rows, size_t row, size_t begin, size_t end);

/* What these do, with AVX-512 and VBMI, and anywhere. */
wbi_number_texts *wbi_number_texts_create(size_t n);
void wbi_rows_find_x86_v4(wbi_number_rows *rows);
char *wbi_row_print_x86_v4(char *out, const wbi_number_rows *rows, size_t row, size_t begin, size_t end);
char *wbi_row_print_portable(char *out, const wbi_number_rows *rows, size_t row, size_t begin, size_t end);

#endif
