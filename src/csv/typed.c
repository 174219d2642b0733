/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv/typed.h"

#include <math.h>
#include <strings.h>

#include "base/memory.h"
#include "base/number.h"
#include "csv/typed_rows.h"

static bool is_word(wbi_str cell, const char *word, size_t n)
{
    return cell.length == n && strncasecmp(cell.data, word, n) == 0;
}

static bool read_word(double *value, wbi_str cell)
{
    if (is_word(cell, "true", 4) || is_word(cell, "yes", 3))
        *value = 1;
    else if (is_word(cell, "false", 5) || is_word(cell, "no", 2))
        *value = 0;
    else
        return false;
    return true;
}

/* -0 is read as 0: the two compare equal, so that the order of rows would decide which of them comes out. */
static bool read_number(double *value, wbi_str cell, char decimal)
{
    bool is_number = wbi_double_read(value, cell.data, cell.length, decimal);
    *value += 0.0;
    return is_number;
}

static bool is_within(double number, const wbi_typed_range *range)
{
    return range == NULL || (number >= range->least && number <= range->most);
}

/* An empty cell is missing in every type, quoted or not: exports that quote everything write missing so, and a text of
 * length 0 is missing anyway. */
bool wbi_typing_parse(wbi_parsed *value, wbi_str cell, size_t k, const wbi_typing *typing)
{
    const wbi_typed_column *column = &typing->columns[k];
    if (cell.length == 0 && (column->required || column->range != NULL))
        return false;
    switch (column->type) {
    case WB_TYPE_NUMBER:
        value->number = NAN;
        return cell.length == 0 ||
               ((read_number(&value->number, cell, typing->decimal) || (typing->words && read_word(&value->number, cell))) &&
                is_within(value->number, column->range));
    case WB_TYPE_TIME:
        value->time_us = WB_TIME_MISSING;
        return cell.length == 0 || wbi_time_read(&value->time_us, cell.data, cell.length, &column->time);
    case WB_TYPE_CATEGORY:
    case WB_TYPE_TEXT:
        break;
    }
    return true;
}

/* A cell without any digit is a word, and may mean missing. */
static void advise_word(wb_error *wrong, wbi_str cell, const char *value)
{
    for (size_t i = 0; i < cell.length; i++)
        if (cell.data[i] >= '0' && cell.data[i] <= '9')
            return;
    wbi_advise(wrong, "if '%s' means missing: --na '%s', or dialect: {na: ['%s']} in the project", value, value, value);
}

/* Digits, one comma, digits. */
static bool has_decimal_comma(wbi_str cell)
{
    size_t i = cell.length > 0 && (cell.data[0] == '-' || cell.data[0] == '+'), begin = i;
    while (i < cell.length && cell.data[i] >= '0' && cell.data[i] <= '9')
        i++;
    if (i == begin || i + 1 >= cell.length || cell.data[i] != ',')
        return false;
    for (i++; i < cell.length; i++)
        if (cell.data[i] < '0' || cell.data[i] > '9')
            return false;
    return true;
}

static void describe(wb_error *wrong, wbi_where where, wbi_str cell, const wbi_typed_column *column)
{
    char value[128], wanted[96];
    const char *number = column->range != NULL ? column->range->wanted : "a number";
    if (cell.length == 0) {
        wbi_fail_at(wrong, WB_ERR_MALFORMED, where, NULL, 0, "%s is missing%s%s", column->name,
                    column->range != NULL ? ", expected " : "", column->range != NULL ? number : "");
        return;
    }
    wbi_printable(value, sizeof value, cell.data, cell.length);
    if (column->type == WB_TYPE_TIME)
        wbi_fail_at(wrong, WB_ERR_MALFORMED, where, cell.data, cell.length, "%s '%s' is not a date (wanted: %s)",
                    column->name, value, wbi_time_wanted(&column->time, wanted, sizeof wanted));
    else
        wbi_fail_at(wrong, WB_ERR_MALFORMED, where, cell.data, cell.length, "%s '%s' is not %s", column->name, value,
                    number);
    if (column->type == WB_TYPE_NUMBER && has_decimal_comma(cell))
        wbi_advise(wrong, "if the comma is the decimal mark: --decimal , or dialect: {decimal: \",\"} in the project");
    else if (column->range == NULL)
        advise_word(wrong, cell, value);
}

bool wbi_typing_parse_row(wbi_parsed *values, const wbi_cells *cells, size_t row, const wbi_typing *typing,
                          wb_error *wrong)
{
    for (size_t k = 0; k < cells->n_wanted; k++) {
        wbi_str cell = cells->cells[row * cells->n_wanted + k];
        if (!wbi_typing_parse(&values[k], cell, k, typing)) {
            if (wrong != NULL)
                describe(wrong, (wbi_where){cells->file, cells->lines[row], typing->column_numbers[k]}, cell,
                         &typing->columns[k]);
            return false;
        }
    }
    return true;
}

wb_status wbi_typing_push_category(wbi_column *column, wbi_str cell, wb_error *err)
{
    int32_t code = -1;
    if (cell.length > 0)
        WBI_TRY(wbi_dictionary_intern(column->dictionary, cell.data, cell.length, &code, err));
    return wbi_column_push_code(column, code, err);
}

wb_status wbi_typing_push(wbi_column *column, wbi_parsed value, wbi_str cell, wb_error *err)
{
    switch (column->type) {
    case WB_TYPE_NUMBER:
        return wbi_column_push_number(column, value.number, err);
    case WB_TYPE_TIME:
        return wbi_column_push_time(column, value.time_us, err);
    case WB_TYPE_CATEGORY:
        return wbi_typing_push_category(column, cell, err);
    case WB_TYPE_TEXT:
        break;
    }
    return wbi_column_push_text(column, cell.length == 0 ? "" : cell.data, cell.length, err);
}

/* A row is parsed as a whole before anything of it is stored, so a bad one leaves no trace, not even a level. */
wb_status wbi_typing_append(wb_table *table, const wbi_cells *cells, const wbi_typing *typing, wbi_bad_rows *bad,
                            uint8_t *keep, wb_error *err)
{
    wb_status status = WB_OK;
    wb_error wrong;
    wbi_parsed *values = wbi_alloc_array(cells->n_wanted, sizeof *values);
    if (values == NULL)
        return wbi_fail_nomem(err, cells->n_wanted * sizeof *values);
    for (size_t row = 0; row < cells->n_rows; row++) {
        bool good = wbi_typing_parse_row(values, cells, row, typing, &wrong);
        if (keep != NULL)
            keep[row] = good;
        if (!good) {
            WBI_TRY_CLEANUP(wbi_bad_rows_add(bad, &wrong, cells->raw[row], err));
            continue;
        }
        for (size_t k = 0; k < cells->n_wanted; k++)
            WBI_TRY_CLEANUP(wbi_typing_push(&table->columns[k], values[k], cells->cells[row * cells->n_wanted + k], err));
        table->n_rows++;
    }
cleanup:
    wbi_free(values);
    return status;
}

wb_status wbi_typed_append(wb_table *table, const wbi_cells *cells, const wbi_typed_column *columns,
                           const size_t *column_numbers, char decimal, wbi_bad_rows *bad, uint8_t *keep, wb_error *err)
{
    wbi_typing typing = {columns, column_numbers, decimal, true};
    return wbi_typing_append(table, cells, &typing, bad, keep, err);
}
