/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The distinct values of a column that says which of a few classes each row belongs to. */
#ifndef WINBACK_TRAIN_VALUES_H
#define WINBACK_TRAIN_VALUES_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "table/table.h"

/* Enough for every spelling of two classes that is worth accepting. */
enum { WBI_VALUES_SHOWN = 8, WBI_VALUE_CHARS = 64 };

/* As numbers: of a category, its codes. */
typedef struct wbi_values {
    const wb_table *table;
    size_t column;
    wbi_numbers numbers;  /* of a column of numbers */
    const int32_t *codes; /* of a category; NULL: numbers */
    double of[WBI_VALUES_SHOWN];
    size_t n;
    bool more; /* than fit */
} wbi_values;

/* Of the rows where `use_row` (NULL: all) is not 0. The column holds numbers or categories, else WB_ERR_INCONSISTENT; `what` is
 * what it is to the reader: "label". */
WB_WARN_UNUSED wb_status wbi_values_collect(wbi_values *out, const wb_table *table, size_t column, const uint8_t *use_row,
                                            const char *what, wb_error *err);
/* What a row has, NaN where it is missing. */
static inline double wbi_values_cell(const wbi_values *values, size_t row)
{
    if (values->codes == NULL)
        return wbi_numbers_at(values->numbers, row);
    return values->codes[row] < 0 ? (double)NAN : (double)values->codes[row];
}
/* Which value each row has; values->n: none, or one that is not among them. */
void wbi_values_places(int8_t *places, const wbi_values *values);
/* A value as the file has it, for comparing and for messages. */
const char *wbi_value_text(char text[WBI_VALUE_CHARS], const wbi_values *values, size_t k);
/* "'a', 'b'" */
const char *wbi_values_list(char *text, size_t size, const wbi_values *values);
/* Whether the k-th value is what somebody wrote: of numbers, the same number. */
bool wbi_value_is(const wbi_values *values, size_t k, const char *written);
/* What a value means: 1 for 1, true, yes; 0 for 0, false, no; -1 for all others. */
int8_t wbi_value_meaning(const wbi_values *values, size_t k);

#endif
