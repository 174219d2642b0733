/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of contacts as a file of cells. */
#include "contacts/contacts.h"

#include <string.h>

#include "base/array.h"
#include "readout/readout.h"

enum { ID = 0, ARM, CAMPAIGN, AT, N_USUAL, MORE_AT_MOST = 64 };
static const char *const names[N_USUAL] = {[ID] = "customer_id", [ARM] = "arm", [CAMPAIGN] = "campaign", [AT] = "at"};

typedef struct contacts_table {
    wbi_readout_cells_file *file;
    const wbi_readout_cells_wanted *more;
    size_t n_more;
    bool found[MORE_AT_MOST];
} contacts_table;

static wb_status push(wbi_readout_cells_file *file, size_t column, wbi_str cell, wb_error *err)
{
    return wbi_column_push_text(&file->table->columns[column], cell.data, cell.length, err);
}

static wb_status note_line(wbi_row_lines *lines, size_t line, wb_error *err)
{
    WBI_TRY(wbi_array_grow(&lines->of, &lines->capacity, lines->n, sizeof *lines->of, err));
    lines->of[lines->n++] = line < UINT32_MAX ? (uint32_t)line : UINT32_MAX;
    return WB_OK;
}

static wb_status take(void *context, const wbi_contact *contact, wb_error *err)
{
    const contacts_table *t = context;
    wbi_readout_cells_file *file = t->file;
    WBI_TRY(push(file, ID, contact->customer_id, err));
    WBI_TRY(push(file, ARM, wbi_str_from(contact->arm == WBI_ARM_CONTROL ? wbi_readout_control_word : wbi_readout_list_word), err));
    WBI_TRY(push(file, CAMPAIGN, contact->campaign, err));
    WBI_TRY(wbi_column_push_time(&file->table->columns[AT], contact->at_us, err));
    for (size_t k = 0, column = N_USUAL; k < t->n_more; k++)
        if (t->found[k])
            WBI_TRY(push(file, column++, contact->more[k], err));
    WBI_TRY(note_line(&file->lines, contact->line, err));
    file->table->n_rows++;
    return WB_OK;
}

static wb_status no_column(const contacts_table *t, const wbi_readout_cells_wanted *column, wb_error *err)
{
    wb_status status = wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){t->file->path, 0, 0}, column->name, strlen(column->name),
                                   "no column '%s', wanted as %s", column->name, column->what);
    wbi_advise(err, "contacts have no columns to part by: give LIST and --control FILE for --by");
    return status;
}

static wb_status begin(void *context, const bool *found, wb_error *err)
{
    contacts_table *t = context;
    wb_table *table = t->file->table;
    for (size_t k = 0; k < N_USUAL; k++)
        WBI_TRY(wbi_table_add_column(table, names[k], k == AT ? WB_TYPE_TIME : WB_TYPE_TEXT, NULL, err));
    for (size_t k = 0; k < t->n_more; k++) {
        t->found[k] = found[k] && wb_table_find(table, t->more[k].name) == SIZE_MAX; /* --by arm is known already */
        if (t->found[k])
            WBI_TRY(wbi_table_add_column(table, t->more[k].name, WB_TYPE_TEXT, NULL, err));
        else if (!found[k] && t->more[k].what != NULL)
            return no_column(t, &t->more[k], err);
    }
    return WB_OK;
}

wb_status wbi_readout_contacts_read(wbi_readout_cells_file *out, const char *path, const wbi_readout_cells_wanted *more, size_t n,
                                    wb_error *err)
{
    contacts_table t = {.file = out, .more = more, .n_more = n};
    const char *columns[MORE_AT_MOST];
    const wbi_contacts_more asked = {columns, n, begin};
    *out = (wbi_readout_cells_file){.path = strcmp(path, "-") == 0 ? "(standard input)" : path, .decimal = '.'};
    if (n > MORE_AT_MOST)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%zu columns are wanted, expected at most %d", n, MORE_AT_MOST);
    for (size_t k = 0; k < n; k++)
        columns[k] = more[k].name;
    WBI_TRY(wbi_table_create(&out->table, err));
    return wbi_contacts_read_more(path, &asked, take, &t, err);
}
