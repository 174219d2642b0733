/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/suppress.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "csv/reader.h"
#include "events/facts.h"
#include "lists/address.h"

enum { ROWS_A_BLOCK = 4096, NEITHER = 2 };

static const char *const id_names[] = {"customer_id"};
static const char *const email_names[] = {"email", "email_address"};

static size_t find_alike(const wbi_csv_reader *reader, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *found = wbi_csv_alike(reader, names[i]);
        const size_t place = wbi_csv_find(reader, found != NULL ? found : names[i]);
        if (place != SIZE_MAX)
            return place;
    }
    return SIZE_MAX;
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

/* ids[0] and emails[0] become the columns' places in a row of cells, NEITHER without one. */
static wb_status want_columns(wbi_csv_reader *reader, const char *path, size_t *id, size_t *email, wb_error *err)
{
    const size_t id_at = find_alike(reader, id_names, 1), email_at = find_alike(reader, email_names, 2);
    size_t places[2], n = 0;
    *id = *email = NEITHER;
    if (id_at != SIZE_MAX) {
        *id = n;
        places[n++] = id_at;
    }
    if (email_at != SIZE_MAX) {
        *email = n;
        places[n++] = email_at;
    }
    return n == 0 ? fail_columns(reader, path, err) : wbi_csv_want(reader, places, n, err);
}

static wb_status add_id(wbi_suppressed *s, wbi_str cell, bool *named, wb_error *err)
{
    const wbi_str id = wbi_fact_trim(cell);
    int32_t code;
    if (id.length == 0)
        return WB_OK;
    *named = true;
    return wbi_dictionary_intern(s->ids, id.data, id.length, &code, err);
}

wb_status wbi_suppressed_add_email(wbi_suppressed *s, wbi_str email, wb_error *err)
{
    int32_t code;
    return wbi_dictionary_intern(s->emails, email.data, email.length, &code, err);
}

static wb_status add_email(wbi_suppressed *s, wbi_str cell, bool *named, wb_error *err)
{
    char *key = wbi_alloc_array(cell.length, 1);
    if (key == NULL)
        return wbi_fail_nomem(err, cell.length);
    const size_t n = wbi_email_normalise(key, cell.data, cell.length);
    wb_status status = WB_OK;
    if (n > 0) {
        *named = true;
        status = wbi_suppressed_add_email(s, (wbi_str){key, n}, err);
    }
    wbi_free(key);
    return status;
}

static wb_status take_rows(wbi_suppressed *s, const wbi_cells *cells, size_t id, size_t email, wb_error *err)
{
    for (size_t row = 0; row < cells->n_rows; row++) {
        const wbi_str *cell = &cells->cells[row * cells->n_wanted];
        bool named = false;
        if (id != NEITHER && cell[id].length > 0)
            WBI_TRY(add_id(s, cell[id], &named, err));
        if (email != NEITHER && cell[email].length > 0)
            WBI_TRY(add_email(s, cell[email], &named, err));
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
    size_t id, email;
    dialect.delimiter = reading->delimiter;
    dialect.na = reading->na;
    dialect.n_na = reading->n_na;
    wb_status status;
    WBI_TRY_CLEANUP(wbi_bad_rows_create(&bad, WB_ON_ERROR_FAIL, NULL, reading->log, err));
    WBI_TRY_CLEANUP(wbi_csv_open(&reader, &paths, &dialect, bad, err));
    WBI_TRY_CLEANUP(want_columns(reader, path, &id, &email, err));
    do {
        WBI_TRY_CLEANUP(wbi_csv_next(reader, ROWS_A_BLOCK, &cells, err));
        WBI_TRY_CLEANUP(take_rows(s, cells, id, email, err));
    } while (cells->n_rows > 0);
cleanup:
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
    id = wbi_fact_trim(id);
    return wbi_dictionary_find(suppressed->ids, id.data, id.length) >= 0;
}

bool wbi_suppressed_has_email(const wbi_suppressed *suppressed, wbi_str email)
{
    return wbi_dictionary_find(suppressed->emails, email.data, email.length) >= 0;
}
