/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/suppress.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "csv/reader.h"
#include "lists/address.h"
#include "lists/guard.h"

enum { ROWS_A_BLOCK = 4096 };

/* What the wanted cells of a row name. */
typedef struct suppress_columns {
    size_t n;
    bool *is_id; /* else an address */
} suppress_columns;

static bool is_any(const char *column, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (wbi_is_alike(column, names[i]))
            return true;
    return false;
}

static wb_status fail_columns(const wbi_csv_reader *reader, const char *path, wb_error *err)
{
    char found[400] = "";
    size_t at = 0;
    for (size_t k = 0; k < wbi_csv_n_columns(reader) && at < sizeof found; k++) {
        char shown[64];
        const char *name = wbi_csv_column(reader, k);
        const int n = snprintf(found + at, sizeof found - at, "%s%s", k > 0 ? ", " : "",
                               wbi_printable(shown, sizeof shown, name, strlen(name)));
        at += n > 0 ? (size_t)n : 0;
    }
    wb_status status = wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){path, 0, 0}, NULL, 0,
                                   "a suppression list needs a column customer_id or email; its columns are %s", found);
    wbi_advise(err, "the first line of the file names its columns");
    return status;
}

/* All columns of these names: who is named in any of them has asked to be left alone. */
static wb_status want_columns(suppress_columns *out, wbi_csv_reader *reader, const char *path, wb_error *err)
{
    static const char *const id_names[] = {"customer_id"}, *const email_names[] = {"email", "email_address"};
    const size_t n = wbi_csv_n_columns(reader);
    size_t *places = wbi_alloc_array(n, sizeof *places);
    out->is_id = wbi_alloc_array(n, sizeof *out->is_id);
    wb_status status = places != NULL && out->is_id != NULL ? WB_OK : wbi_fail_nomem(err, n * sizeof *places);
    for (size_t k = 0; status == WB_OK && k < n; k++) {
        const bool is_id = is_any(wbi_csv_column(reader, k), id_names, 1);
        if (!is_id && !is_any(wbi_csv_column(reader, k), email_names, 2))
            continue;
        out->is_id[out->n] = is_id;
        places[out->n++] = k;
    }
    if (status == WB_OK)
        status = out->n == 0 ? fail_columns(reader, path, err) : wbi_csv_want(reader, places, out->n, err);
    wbi_free(places);
    return status;
}

/* Blanks at the ends of an id that came out of a spreadsheet may be any of Unicode's. */
static wbi_str trim_id(wbi_str id)
{
    const size_t blank = wbi_blank_length(id.data, id.length);
    return (wbi_str){id.data + blank, wbi_trimmed_length(id.data + blank, id.length - blank)};
}

static wb_status add_id(wbi_suppressed *s, wbi_str cell, bool *named, wb_error *err)
{
    const wbi_str id = trim_id(cell);
    int32_t code;
    if (id.length == 0)
        return WB_OK;
    *named = true;
    return wbi_dictionary_intern(s->ids, id.data, id.length, &code, err);
}

static wb_status add_email(wbi_suppressed *s, wbi_str cell, bool *named, wb_error *err)
{
    char *key = wbi_alloc_array(cell.length, 1);
    if (key == NULL)
        return wbi_fail_nomem(err, cell.length);
    int32_t code;
    const size_t n = wbi_email_normalise(key, cell.data, cell.length);
    wb_status status = WB_OK;
    if (n > 0) {
        *named = true;
        status = wbi_dictionary_intern(s->emails, key, n, &code, err);
    }
    wbi_free(key);
    return status;
}

static wb_status take_rows(wbi_suppressed *s, const wbi_cells *cells, const suppress_columns *columns, wb_error *err)
{
    for (size_t row = 0; row < cells->n_rows; row++) {
        const wbi_str *cell = &cells->cells[row * cells->n_wanted];
        bool named = false;
        for (size_t k = 0; k < columns->n; k++)
            if (cell[k].length > 0)
                WBI_TRY(columns->is_id[k] ? add_id(s, cell[k], &named, err) : add_email(s, cell[k], &named, err));
        s->n_rows++;
        s->n_blank += !named;
    }
    return WB_OK;
}

static wb_status read_file(wbi_suppressed *s, char *path, const wb_read_options *reading, wb_error *err)
{
    const wbi_paths paths = {&path, 1};
    wbi_dialect dialect = WBI_DIALECT_INIT;
    wbi_bad_rows *bad = NULL;
    wbi_csv_reader *reader = NULL;
    const wbi_cells *cells;
    suppress_columns columns = {0};
    dialect.delimiter = reading->delimiter;
    dialect.na = reading->na;
    dialect.n_na = reading->n_na;
    wb_status status;
    WBI_TRY_CLEANUP(wbi_bad_rows_create_strict(&bad, err));
    WBI_TRY_CLEANUP(wbi_csv_open(&reader, &paths, &dialect, bad, err));
    WBI_TRY_CLEANUP(want_columns(&columns, reader, path, err));
    do {
        WBI_TRY_CLEANUP(wbi_csv_next(reader, ROWS_A_BLOCK, &cells, err));
        WBI_TRY_CLEANUP(take_rows(s, cells, &columns, err));
    } while (cells->n_rows > 0);
cleanup:
    wbi_free(columns.is_id);
    wbi_csv_close(reader);
    wbi_bad_rows_free(bad);
    return status;
}

wb_status wbi_suppressed_read(wbi_suppressed *out, const char *const *files, size_t n, const wb_read_options *reading, wb_error *err)
{
    *out = (wbi_suppressed){0};
    WBI_TRY(wbi_dictionary_create(&out->ids, err));
    WBI_TRY(wbi_dictionary_create(&out->emails, err));
    for (size_t i = 0; i < n; i++) {
        wbi_paths paths = {0};
        wb_status status = wbi_paths_expand(&paths, files[i], err);
        for (size_t k = 0; status == WB_OK && k < paths.n; k++)
            status = read_file(out, paths.paths[k], reading, err);
        wbi_paths_free(&paths);
        WBI_TRY(status);
    }
    return WB_OK;
}

void wbi_suppressed_free(wbi_suppressed *suppressed)
{
    wbi_dictionary_free(suppressed->ids);
    wbi_dictionary_free(suppressed->emails);
}

bool wbi_suppressed_has_id(const wbi_suppressed *suppressed, wbi_str id)
{
    id = trim_id(id);
    return wbi_dictionary_find(suppressed->ids, id.data, id.length) >= 0;
}
