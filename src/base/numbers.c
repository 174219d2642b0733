/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/numbers.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

static void print_text(wbi_number_text *out, double value, uint64_t bits, char separator)
{
    out->bits = bits;
    out->text[0] = separator;
    out->length = 1 + (isfinite(value) ? wbi_double_print(out->text + 1, value) : 0);
}

char *wbi_row_print_portable(char *out, const wbi_number_rows *rows, size_t row, size_t begin, size_t end)
{
    for (size_t k = begin; k < end; k++) {
        const double value = rows->columns[k][rows->first + row];
        wbi_number_text *latest = &rows->latest[k];
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        if (latest->length == 0 || latest->bits != bits)
            print_text(latest, value, bits, rows->separator);
        memcpy(out, latest->text, sizeof latest->text);
        out += latest->length;
    }
    return out;
}

#ifdef WBI_NUMBERS_X86_V4
static bool runs_v4(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}
#endif

wb_status wbi_number_rows_create(wbi_number_rows *rows, size_t n_columns, char separator, wb_error *err)
{
    *rows = (wbi_number_rows){.n_columns = n_columns, .separator = separator};
    rows->columns = wbi_alloc_zeroed(n_columns, sizeof *rows->columns);
    rows->latest = wbi_alloc_zeroed(n_columns, sizeof *rows->latest);
    bool made = rows->columns != NULL && rows->latest != NULL;
#ifdef WBI_NUMBERS_X86_V4
    if (made && runs_v4())
        made = (rows->texts = wbi_number_texts_create(n_columns)) != NULL;
#endif
    return made ? WB_OK : wbi_fail_nomem(err, n_columns * sizeof *rows->columns);
}

void wbi_number_rows_free(wbi_number_rows *rows)
{
    wbi_free(rows->columns);
    wbi_free(rows->texts);
    wbi_free(rows->latest);
    *rows = (wbi_number_rows){0};
}

void wbi_number_rows_find(wbi_number_rows *rows, size_t first, size_t n)
{
    rows->first = first;
    rows->n = n < WBI_ROWS_AT_ONCE ? n : WBI_ROWS_AT_ONCE;
#ifdef WBI_NUMBERS_X86_V4
    if (rows->texts != NULL)
        wbi_rows_find_x86_v4(rows);
#endif
}

char *wbi_number_rows_print(char *out, const wbi_number_rows *rows, size_t row, size_t begin, size_t end)
{
#ifdef WBI_NUMBERS_X86_V4
    if (rows->texts != NULL)
        return wbi_row_print_x86_v4(out, rows, row, begin, end);
#endif
    return wbi_row_print_portable(out, rows, row, begin, end);
}
