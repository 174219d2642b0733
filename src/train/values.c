/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "base/text.h"
#include "design/number.h"
#include "kernel/kernel.h"

enum { AT_ONCE = 256 }; /* rows */

/* How many there are from `row` on, at most AT_ONCE. */
static size_t rows_at(const wbi_values *values, size_t row)
{
    const size_t left = wb_table_n_rows(values->table) - row;
    return left < AT_ONCE ? left : AT_ONCE;
}

/* What n of them have. */
static const double *cells_at(double room[AT_ONCE], const wbi_values *values, size_t row, size_t n)
{
    if (values->codes == NULL)
        return wbi_number_run(wbi_numbers_from(values->numbers, row), n, room);
    for (size_t i = 0; i < n; i++)
        room[i] = wbi_values_cell(values, row + i);
    return room;
}

static void add_value(wbi_values *values, double value)
{
    bool known = isnan(value);
    for (size_t k = 0; k < values->n; k++)
        known |= value == values->of[k];
    if (known)
        return;
    values->more = values->n == WBI_VALUES_SHOWN;
    if (!values->more)
        values->of[values->n++] = value;
}

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
    const wbi_kernels *kernels = wbi_kernels_best();
    double room[AT_ONCE];
    int8_t places[AT_ONCE];
    for (size_t row = 0, n; row < wb_table_n_rows(table) && !out->more; row += n) {
        n = rows_at(out, row);
        const double *cells = cells_at(room, out, row, n);
        kernels->places(places, cells, n, out->of, out->n);
        if (memchr(places, (int)out->n, n) == NULL)
            continue;
        for (size_t i = 0; i < n && !out->more; i++)
            if (use_row == NULL || use_row[row + i])
                add_value(out, cells[i]);
    }
    return WB_OK;
}

void wbi_values_places(int8_t *places, const wbi_values *values)
{
    const wbi_kernels *kernels = wbi_kernels_best();
    double room[AT_ONCE];
    for (size_t row = 0, n; row < wb_table_n_rows(values->table); row += n) {
        n = rows_at(values, row);
        kernels->places(places + row, cells_at(room, values, row, n), n, values->of, values->n);
    }
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
