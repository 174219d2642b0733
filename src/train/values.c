/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "base/text.h"

wb_status wbi_values_collect(wbi_values *out, const wb_table *table, size_t column, const uint8_t *use_row, const char *what,
                             wb_error *err)
{
    const wb_type type = wb_table_type(table, column);
    if (type != WB_TYPE_NUMBER && type != WB_TYPE_CATEGORY)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the %s %s holds %s, expected numbers or categories", what,
                        wb_table_name(table, column), type == WB_TYPE_TIME ? "times" : "text");
    *out = (wbi_values){.table = table,
                        .column = column,
                        .numbers = wbi_table_numbers(table, column),
                        .codes = wb_table_codes(table, column)};
    for (size_t row = 0, n = wb_table_n_rows(table); row < n && !out->more; row++) {
        const double value = wbi_values_cell(out, row);
        if ((use_row != NULL && !use_row[row]) || isnan(value) || wbi_values_at(out, row) < out->n)
            continue;
        if (out->n == WBI_VALUES_SHOWN)
            out->more = true;
        else
            out->of[out->n++] = value;
    }
    return WB_OK;
}

const char *wbi_value_text(char text[WBI_VALUE_CHARS], const wbi_values *values, size_t k)
{
    if (values->codes == NULL) {
        const size_t n = isfinite(values->of[k]) ? wbi_double_print(text, values->of[k]) : 0;
        text[n] = '\0';
        return text;
    }
    size_t length;
    const char *level = wb_table_level(values->table, values->column, (int32_t)values->of[k], &length);
    return wbi_printable(text, WBI_VALUE_CHARS, level, length);
}

const char *wbi_values_list(char *text, size_t size, const wbi_values *values)
{
    size_t used = 0;
    *text = '\0';
    for (size_t k = 0; k < values->n && used < size; k++) {
        char value[WBI_VALUE_CHARS];
        used += (size_t)snprintf(text + used, size - used, "%s'%s'", k == 0 ? "" : ", ", wbi_value_text(value, values, k));
    }
    if (values->more && used < size)
        snprintf(text + used, size - used, ", ...");
    return text;
}

bool wbi_value_is(const wbi_values *values, size_t k, const char *written)
{
    char text[WBI_VALUE_CHARS];
    double number;
    if (values->codes == NULL)
        return wbi_double_read(&number, written, strlen(written), '.') && number == values->of[k];
    return strcmp(wbi_value_text(text, values, k), written) == 0;
}

static bool one_of(const char *text, const char *const words[3])
{
    return strcasecmp(text, words[0]) == 0 || strcasecmp(text, words[1]) == 0 || strcasecmp(text, words[2]) == 0;
}

int8_t wbi_value_meaning(const wbi_values *values, size_t k)
{
    static const char *const yes[3] = {"1", "true", "yes"}, *const no[3] = {"0", "false", "no"};
    char text[WBI_VALUE_CHARS];
    wbi_value_text(text, values, k);
    return one_of(text, yes) ? 1 : one_of(text, no) ? 0 : -1;
}
