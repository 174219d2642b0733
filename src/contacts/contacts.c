/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contacts/contacts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/time.h"
#include "csv/reader.h"
#include "csv/writer.h"
#include "io/output.h"

enum { ROWS_A_BLOCK = 4096 };

typedef enum column { CUSTOMER = 0, AT, CAMPAIGN, ARM, OFFER, N_COLUMNS } column;
static const char *const names[N_COLUMNS] = {"customer_id", "at", "campaign", "arm", "offer"};
static const char *const arms[] = {[WBI_ARM_LIST] = "list", [WBI_ARM_CONTROL] = "control"};

bool wbi_contacts_exist(const char *path)
{
    return access(path, F_OK) == 0;
}

/* A file that is being read. */
typedef struct contacts_file {
    wbi_paths paths;
    wbi_bad_rows *bad;
    wbi_csv_reader *reader;
    size_t n_columns;
    size_t place[N_COLUMNS]; /* SIZE_MAX: there is none, which only the offer may have */
    size_t n_more;
    size_t *more_place;
    wbi_str *more; /* of one row */
} contacts_file;

static void close_file(contacts_file *file)
{
    wbi_csv_close(file->reader);
    wbi_bad_rows_free(file->bad);
    wbi_paths_free(&file->paths);
    wbi_free(file->more_place);
    wbi_free(file->more);
}

/* All columns are wanted, in their order: those that are nothing to us are written as they were. */
static wb_status want_all(contacts_file *file, bool without_offer, wb_error *err)
{
    file->n_columns = wbi_csv_n_columns(file->reader);
    for (size_t k = 0; k < N_COLUMNS; k++) {
        file->place[k] = wbi_csv_find(file->reader, names[k]);
        if (file->place[k] != SIZE_MAX || (k == OFFER && without_offer))
            continue;
        wb_status status = wbi_csv_no_column(file->reader, names[k], err);
        wbi_advise(err, "a table of contacts has the columns customer_id, at, campaign, arm and offer");
        return status;
    }
    size_t *places = wbi_alloc_array(file->n_columns, sizeof *places);
    if (places == NULL)
        return wbi_fail_nomem(err, file->n_columns * sizeof *places);
    for (size_t k = 0; k < file->n_columns; k++)
        places[k] = k;
    wb_status status = wbi_csv_want(file->reader, places, file->n_columns, err);
    wbi_free(places);
    return status;
}

static wb_status find_more(contacts_file *file, const wbi_contacts_more *more, void *context, wb_error *err)
{
    bool *found = wbi_alloc_array(more->n, sizeof *found);
    file->more_place = wbi_alloc_array(more->n, sizeof *file->more_place);
    file->more = wbi_alloc_array(more->n, sizeof *file->more);
    const bool all = found != NULL && file->more_place != NULL && file->more != NULL;
    wb_status status = all ? WB_OK : wbi_fail_nomem(err, more->n * sizeof *file->more);
    for (; all && file->n_more < more->n; file->n_more++) {
        file->more_place[file->n_more] = wbi_csv_find(file->reader, more->columns[file->n_more]);
        found[file->n_more] = file->more_place[file->n_more] != SIZE_MAX;
    }
    if (status == WB_OK)
        status = more->begin(context, found, err);
    wbi_free(found);
    return status;
}

static wb_status open_file(contacts_file *file, const char *path, bool without_offer, wb_error *err)
{
    static const wbi_dialect dialect = WBI_DIALECT_INIT;
    WBI_TRY(wbi_paths_expand(&file->paths, path, err));
    WBI_TRY(wbi_bad_rows_create_strict(&file->bad, err));
    WBI_TRY(wbi_csv_open(&file->reader, &file->paths, &dialect, file->bad, err));
    return want_all(file, without_offer, err);
}

static wb_status fail_cell(const contacts_file *file, const wbi_cells *cells, size_t row, column what, const char *wanted,
                           wb_error *err)
{
    char shown[64];
    const wbi_str cell = cells->cells[row * file->n_columns + file->place[what]];
    const wbi_where where = {cells->file, cells->lines[row], file->place[what] + 1};
    if (cell.length == 0)
        return wbi_fail_at(err, WB_ERR_MALFORMED, where, NULL, 0, "%s is missing, expected %s", names[what], wanted);
    return wbi_fail_at(err, WB_ERR_MALFORMED, where, cell.data, cell.length, "%s '%s' is not %s", names[what],
                       wbi_printable(shown, sizeof shown, cell.data, cell.length), wanted);
}

/* Of a column that there is not, a missing one. */
static wbi_str cell_at(const wbi_str *cells, size_t place)
{
    return place != SIZE_MAX ? cells[place] : (wbi_str){"", 0};
}

static wb_status read_contact(wbi_contact *out, const contacts_file *file, const wbi_cells *cells, size_t row, wb_error *err)
{
    static const wbi_time_format iso = {.kind = WBI_TIME_ISO};
    const wbi_str *cell = &cells->cells[row * file->n_columns];
    const wbi_str at = cell[file->place[AT]], arm = cell[file->place[ARM]];
    *out = (wbi_contact){.customer_id = cell[file->place[CUSTOMER]],
                         .campaign = cell[file->place[CAMPAIGN]],
                         .offer = cell_at(cell, file->place[OFFER]),
                         .line = cells->lines[row],
                         .more = file->more};
    for (size_t k = 0; k < file->n_more; k++)
        file->more[k] = cell_at(cell, file->more_place[k]);
    if (out->customer_id.length == 0)
        return fail_cell(file, cells, row, CUSTOMER, "a customer's id", err);
    if (out->campaign.length == 0)
        return fail_cell(file, cells, row, CAMPAIGN, "a campaign's name", err);
    if (at.length == 0 || !wbi_time_read(&out->at_us, at.data, at.length, &iso))
        return fail_cell(file, cells, row, AT, "YYYY-MM-DD or an ISO instant", err);
    for (int a = WBI_ARM_LIST; arm.length > 0 && a <= WBI_ARM_CONTROL; a++)
        if (wbi_str_is(arm, arms[a])) {
            out->arm = (wbi_arm)a;
            return WB_OK;
        }
    return fail_cell(file, cells, row, ARM, "list or control", err);
}

wb_status wbi_contacts_read(const char *path, wbi_contact_fn take, void *context, wb_error *err)
{
    return wbi_contacts_read_more(path, NULL, take, context, err);
}

wb_status wbi_contacts_read_more(const char *path, const wbi_contacts_more *more, wbi_contact_fn take, void *context, wb_error *err)
{
    contacts_file file = {0};
    const wbi_cells *cells;
    wb_status status;
    WBI_TRY_CLEANUP(open_file(&file, path, more != NULL, err));
    if (more != NULL)
        WBI_TRY_CLEANUP(find_more(&file, more, context, err));
    do {
        WBI_TRY_CLEANUP(wbi_csv_next(file.reader, ROWS_A_BLOCK, &cells, err));
        for (size_t row = 0; row < cells->n_rows; row++) {
            wbi_contact contact;
            WBI_TRY_CLEANUP(read_contact(&contact, &file, cells, row, err));
            WBI_TRY_CLEANUP(take(context, &contact, err));
        }
    } while (cells->n_rows > 0);
cleanup:
    close_file(&file);
    return status;
}

/* ---- writing ---- */

typedef struct contacts_writer {
    wbi_output *output;
    wbi_buffer line;
    const wbi_campaign_contacts *contacts;
    const contacts_file *file; /* whose columns the lines have; NULL: the five */
    bool written;              /* the campaign's rows */
} contacts_writer;

static wb_status add_cell(contacts_writer *w, size_t k, wbi_str cell, wb_error *err)
{
    if (k > 0)
        WBI_TRY(wbi_buffer_append(&w->line, ",", 1, err));
    return cell.length == 0 ? WB_OK : wbi_csv_text(&w->line, cell.data, cell.length, err);
}

static wb_status end_line(contacts_writer *w, wb_error *err)
{
    WBI_TRY(wbi_buffer_append(&w->line, "\n", 1, err));
    WBI_TRY(wbi_output_write(w->output, w->line.data, w->line.length, err));
    w->line.length = 0;
    return WB_OK;
}

static size_t n_columns_of(const contacts_writer *w)
{
    return w->file == NULL ? N_COLUMNS : w->file->n_columns;
}

static wb_status write_header(contacts_writer *w, wb_error *err)
{
    for (size_t k = 0; k < n_columns_of(w); k++)
        WBI_TRY(add_cell(w, k, wbi_str_from(w->file == NULL ? names[k] : wbi_csv_column(w->file->reader, k)), err));
    return end_line(w, err);
}

static wb_status write_row(contacts_writer *w, const wbi_str cells[N_COLUMNS], wb_error *err)
{
    for (size_t k = 0; k < n_columns_of(w); k++) {
        wbi_str cell = {"", 0};
        for (size_t c = 0; c < N_COLUMNS; c++)
            if ((w->file == NULL ? c : w->file->place[c]) == k)
                cell = cells[c];
        WBI_TRY(add_cell(w, k, cell, err));
    }
    return end_line(w, err);
}

static wb_status write_campaign(contacts_writer *w, wb_error *err)
{
    char at[WB_TIME_CHARS];
    const wbi_campaign_contacts *c = w->contacts;
    wb_time_format(c->at_us, at);
    wbi_str cells[N_COLUMNS] = {[AT] = wbi_str_from(at),
                                [CAMPAIGN] = wbi_str_from(c->campaign),
                                [OFFER] = c->offer != NULL ? wbi_str_from(c->offer) : (wbi_str){"", 0}};
    for (size_t i = 0; i < c->n && !w->written; i++) {
        wbi_arm arm;
        cells[CUSTOMER] = c->row(c->data, i, &arm);
        cells[ARM] = wbi_str_from(arms[arm]);
        WBI_TRY(write_row(w, cells, err));
    }
    w->written = true;
    return WB_OK;
}

static wb_status copy_row(contacts_writer *w, const wbi_cells *cells, size_t row, wb_error *err)
{
    wbi_contact contact;
    WBI_TRY(read_contact(&contact, w->file, cells, row, err));
    if (wbi_str_is(contact.campaign, w->contacts->campaign))
        return write_campaign(w, err);
    for (size_t k = 0; k < w->file->n_columns; k++)
        WBI_TRY(add_cell(w, k, cells->cells[row * w->file->n_columns + k], err));
    return end_line(w, err);
}

static wb_status write_all(contacts_writer *w, wb_error *err)
{
    const wbi_cells *cells = NULL;
    WBI_TRY(write_header(w, err));
    while (w->file != NULL && (cells == NULL || cells->n_rows > 0)) {
        WBI_TRY(wbi_csv_next(w->file->reader, ROWS_A_BLOCK, &cells, err));
        for (size_t row = 0; row < cells->n_rows; row++)
            WBI_TRY(copy_row(w, cells, row, err));
    }
    return write_campaign(w, err);
}

wb_status wbi_contacts_write(const char *path, const wbi_campaign_contacts *contacts, wb_error *err)
{
    contacts_file file = {0};
    contacts_writer w = {.line = wbi_buffer_make(SIZE_MAX), .contacts = contacts};
    wb_status status = WB_OK;
    if (wbi_contacts_exist(path)) {
        WBI_TRY_CLEANUP(open_file(&file, path, false, err));
        w.file = &file;
    }
    WBI_TRY_CLEANUP(wbi_output_open_private(&w.output, path, err));
    WBI_TRY_CLEANUP(write_all(&w, err));
    wbi_output *finished = w.output;
    w.output = NULL;
    status = wbi_output_keep(finished, contacts->together, err);
cleanup:
    wbi_output_abort(w.output);
    wbi_buffer_free(&w.line);
    close_file(&file);
    return status;
}
