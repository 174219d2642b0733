/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of a few columns that are read as text, so that what is wrong with a cell can be said as it stands there. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/number.h"
#include "readout/readout.h"

enum { COLUMNS_AT_MOST = 64, NAMES_SHOWN = 64 };

typedef struct choice {
    const wbi_readout_cells_wanted *wanted;
    size_t n;
    const char *path;
} choice;

static wb_status no_column(const choice *c, const wbi_readout_cells_wanted *column, const char *const *names, size_t n, wb_error *err)
{
    const char *near = wbi_nearest(column->name, names, n < NAMES_SHOWN ? n : NAMES_SHOWN);
    const size_t length = strlen(column->name);
    if (near != NULL)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){c->path, 0, 0}, column->name, length,
                           "no column '%s', wanted as %s; did you mean '%s'?", column->name, column->what, near);
    return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){c->path, 0, 0}, column->name, length, "no column '%s', wanted as %s",
                       column->name, column->what);
}

static wb_status choose(void *context, const char *const *names, size_t n, uint8_t *wanted, wb_error *err)
{
    const choice *c = context;
    memset(wanted, 0, n);
    for (size_t k = 0; k < c->n; k++) {
        size_t at = 0;
        while (at < n && strcmp(names[at], c->wanted[k].name) != 0)
            at++;
        if (at < n)
            wanted[at] = 1;
        else if (c->wanted[k].what != NULL)
            return no_column(c, &c->wanted[k], names, n, err);
    }
    return WB_OK;
}

wb_status wbi_readout_cells_read(wbi_readout_cells_file *out, const char *path, const wbi_readout_cells_wanted *wanted, size_t n,
                         const wb_read_options *reading, wb_error *err)
{
    const char *names[COLUMNS_AT_MOST];
    *out = (wbi_readout_cells_file){.path = strcmp(path, "-") == 0 ? "(standard input)" : path, .decimal = reading->decimal};
    if (n > COLUMNS_AT_MOST)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%zu columns are wanted, expected at most %d", n, COLUMNS_AT_MOST);
    for (size_t k = 0; k < n; k++)
        names[k] = wanted[k].name;
    choice chosen = {wanted, n, out->path};
    const wbi_flat_options flat = {.text_columns = names, .n_text_columns = n, .only = {choose, &chosen}, .lines = &out->lines};
    return wbi_typed_read_flat(&out->table, path, &flat, reading, err);
}

void wbi_readout_cells_free(wbi_readout_cells_file *file)
{
    wb_table_free(file->table);
    wbi_free(file->lines.of);
}

wbi_str wbi_readout_cell_at(const wbi_readout_cells_file *file, size_t column, size_t row)
{
    wbi_str cell = {"", 0};
    if (column != SIZE_MAX)
        cell.data = wb_table_text(file->table, column, row, &cell.length);
    return cell;
}

wb_status wbi_readout_cell_refuse(const wbi_readout_cells_file *file, size_t column, size_t row, const char *expected, wb_error *err)
{
    char shown[64];
    const wbi_str cell = wbi_readout_cell_at(file, column, row);
    const wbi_where where = {file->path, row < file->lines.n ? file->lines.of[row] : 0, 0};
    const char *name = wb_table_name(file->table, column);
    if (cell.length == 0)
        return wbi_fail_at(err, WB_ERR_MALFORMED, where, NULL, 0, "%s is missing, expected %s", name, expected);
    return wbi_fail_at(err, WB_ERR_MALFORMED, where, cell.data, cell.length, "%s '%s' is not %s", name,
                       wbi_printable(shown, sizeof shown, cell.data, cell.length), expected);
}

wb_status wbi_readout_cell_twice(const wbi_readout_cells_file *file, size_t column, size_t row, size_t first, wb_error *err)
{
    char shown[64];
    const wbi_str id = wbi_readout_cell_at(file, column, row);
    return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){file->path, file->lines.of[row], 0}, id.data, id.length,
                       "customer '%s' stands here twice, first in line %zu", wbi_printable(shown, sizeof shown, id.data, id.length),
                       (size_t)file->lines.of[first]);
}

wb_status wbi_readout_cell_number(double *out, const wbi_readout_cells_file *file, size_t column, size_t row, wb_error *err)
{
    const wbi_str cell = wbi_readout_cell_at(file, column, row);
    if (wbi_double_read(out, cell.data, cell.length, file->decimal))
        return WB_OK;
    return wbi_readout_cell_refuse(file, column, row, "a number", err);
}

wb_status wbi_readout_cell_cents(int64_t *out, const wbi_readout_cells_file *file, size_t column, size_t row, wb_error *err)
{
    double amount;
    WBI_TRY(wbi_readout_cell_number(&amount, file, column, row, err));
    if (!wbi_readout_is_amount(amount))
        return wbi_readout_cell_refuse(file, column, row, "an amount from -1e12 to 1e12", err);
    *out = llround(100 * amount);
    return WB_OK;
}

static int is_word(wbi_str cell, const char *word)
{
    return cell.length == strlen(word) && strncasecmp(cell.data, word, cell.length) == 0;
}

wb_status wbi_readout_cell_flag(uint8_t *out, const wbi_readout_cells_file *file, size_t column, size_t row, wb_error *err)
{
    const wbi_str cell = wbi_readout_cell_at(file, column, row);
    double number;
    if (wbi_double_read(&number, cell.data, cell.length, file->decimal) && (number == 0 || number == 1))
        *out = number == 1;
    else if (is_word(cell, "true") || is_word(cell, "yes"))
        *out = 1;
    else if (is_word(cell, "false") || is_word(cell, "no"))
        *out = 0;
    else
        return wbi_readout_cell_refuse(file, column, row, "1, true, yes or 0, false, no", err);
    return WB_OK;
}
