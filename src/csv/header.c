/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv/header.h"

#include <string.h>

#include "base/memory.h"

/* What is collected while the header's row is read. */
typedef struct collector {
    wbi_dictionary *names;
    size_t n_bytes;      /* of all names, terminators included */
    size_t twice;        /* the first column whose name stands before, counted from 1; 0: none */
    int32_t twice_code;  /* and that name */
    wb_status status;
    wb_error err;
} collector;

static void collect(void *context, size_t column, wbi_str cell)
{
    collector *to = context;
    int32_t code;
    if (to->status != WB_OK || to->twice > 0)
        return;
    to->status = wbi_dictionary_intern(to->names, cell.length == 0 ? "" : cell.data, cell.length, &code, &to->err);
    to->n_bytes += cell.length + 1;
    if (to->status == WB_OK && (size_t)code != column) {
        to->twice = column + 1;
        to->twice_code = code;
    }
}

static wb_status begin(wbi_header *header, collector *to, wb_error *err)
{
    *header = (wbi_header){0};
    to->n_bytes = to->twice = 0;
    to->status = WB_OK;
    WBI_TRY(wbi_dictionary_create(&header->by_name, err));
    to->names = header->by_name;
    return WB_OK;
}

/* Lays the collected names out as terminated strings. */
static wb_status settle(wbi_header *header, const collector *from, wb_error *err)
{
    header->n = wbi_dictionary_size(from->names);
    header->names = wbi_alloc_array(header->n, sizeof *header->names);
    header->text = wbi_alloc_array(from->n_bytes, 1);
    if (header->names == NULL || header->text == NULL)
        return wbi_fail_nomem(err, header->n * sizeof *header->names + from->n_bytes);
    char *at = header->text;
    for (size_t i = 0; i < header->n; i++) {
        wbi_str name = wbi_dictionary_at(from->names, (int32_t)i);
        header->names[i] = (wbi_str){at, name.length};
        if (name.length > 0)
            memcpy(at, name.data, name.length);
        at[name.length] = '\0';
        at += name.length + 1;
    }
    return WB_OK;
}

static wb_status fail_twice(const collector *from, wbi_where where, wb_error *err)
{
    char text[128];
    wbi_str name = wbi_dictionary_at(from->names, from->twice_code);
    wbi_printable(text, sizeof text, name.data, name.length);
    return wbi_fail_at(err, WB_ERR_MALFORMED, where, name.data, name.length, "column '%s' stands twice in the header",
                       text);
}

wb_status wbi_header_read(wbi_header *header, wbi_rows *rows, wbi_str *raw, wb_error *err)
{
    collector to;
    wbi_row row;
    WBI_TRY(begin(header, &to, err));
    rows->take = collect;
    rows->context = &to;
    WBI_TRY(wbi_rows_next(rows, &row, err));
    header->line = row.line;
    if (row.line == 0)
        return wbi_fail_at(err, WB_ERR_MALFORMED, (wbi_where){.file = wbi_lines_file(&rows->lines)}, NULL, 0,
                           "empty file (a header line was expected)");
    if (row.wrong != NULL) {
        if (err != NULL)
            *err = *row.wrong;
        return row.wrong->code;
    }
    if (!wbi_row_is_text(&row, rows, err))
        return WB_ERR_MALFORMED;
    if (to.status != WB_OK) {
        if (err != NULL)
            *err = to.err;
        return to.status;
    }
    if (to.twice > 0)
        return fail_twice(&to, (wbi_where){wbi_lines_file(&rows->lines), row.line, to.twice}, err);
    *raw = row.raw;
    return settle(header, &to, err);
}

wb_status wbi_header_given(wbi_header *header, const wbi_dialect *dialect, wb_error *err)
{
    collector to;
    WBI_TRY(begin(header, &to, err));
    for (size_t i = 0; i < dialect->n_names; i++) {
        collect(&to, i, wbi_str_from(dialect->names[i]));
        if (to.twice > 0)
            return wbi_fail(err, WB_ERR_ARGUMENT, "column '%s' stands twice among the given names",
                            dialect->names[i]);
    }
    if (to.status != WB_OK && err != NULL)
        *err = to.err;
    WBI_TRY(to.status);
    return settle(header, &to, err);
}

void wbi_header_free(wbi_header *header)
{
    wbi_dictionary_free(header->by_name);
    wbi_free(header->names);
    wbi_free(header->text);
    *header = (wbi_header){0};
}

wb_status wbi_header_check_same(const wbi_header *header, const char *file, size_t line, const wbi_header *first,
                                const char *first_file, wb_error *err)
{
    size_t i = 0;
    while (i < header->n && i < first->n && wbi_str_equal(header->names[i], first->names[i]))
        i++;
    if (i == header->n && i == first->n)
        return WB_OK;
    const char *name = i < header->n ? header->names[i].data : NULL;
    const char *wanted = i < first->n ? first->names[i].data : NULL;
    wbi_where where = {file, line, i + 1};
    if (name == NULL)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, where, NULL, 0, "column '%s' of %s is not here", wanted,
                           first_file);
    if (wanted == NULL)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, where, name, strlen(name), "column '%s' is not in %s", name,
                           first_file);
    return wbi_fail_at(err, WB_ERR_INCONSISTENT, where, name, strlen(name), "column '%s' where %s has '%s'", name,
                       first_file, wanted);
}
