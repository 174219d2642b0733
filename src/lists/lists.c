/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lists/lists.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "csv/writer.h"
#include "io/output.h"
#include "lists/guard.h"
#include "lists/json_lines.h"
#include "lists/targets.h"

static const size_t line_ceiling_bytes = (size_t)1 << 30;
enum { MEGABYTE = 1000000 };
#define BIT(role) (1u << (role))
#define POST_ADDRESS \
    (BIT(WBI_LIST_FIRST_NAME) | BIT(WBI_LIST_LAST_NAME) | BIT(WBI_LIST_COUNTRY) | BIT(WBI_LIST_ZIP))

/* A column of the file. */
typedef struct column {
    char *header;
    size_t source; /* the list's column; SIZE_MAX: it has none, so all cells are empty */
    wbi_list_role role;
    wbi_list_form form;
} column;

typedef struct writing {
    const wbi_list *list;
    wbi_list_format format;
    const wbi_list_target *target;
    column *columns;
    size_t n_columns;
    wbi_buffer cell, line;
    wbi_list_counts counts;
    wbi_output *output;
} writing;

static wbi_list_form plain_form(wbi_list_role role)
{
    switch (role) {
    case WBI_LIST_NUMBER:
        return WBI_LIST_FORM_NUMBER;
    case WBI_LIST_EMAIL:
        return WBI_LIST_FORM_EMAIL_TEXT;
    case WBI_LIST_PHONE:
        return WBI_LIST_FORM_PHONE;
    default:
        return WBI_LIST_FORM_TEXT;
    }
}

/* "e-mail opens" becomes "E_MAIL_OPENS". */
static void to_capitals(char *name)
{
    for (; *name != '\0'; name++) {
        char byte = *name >= 'a' && *name <= 'z' ? (char)(*name - ('a' - 'A')) : *name;
        *name = (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ? byte : '_';
    }
}

static wb_status add_column(writing *w, const char *header, size_t source, wbi_list_role role, wbi_list_form form, wb_error *err)
{
    char *copy = wbi_strdup(header);
    if (copy == NULL)
        return wbi_fail_nomem(err, strlen(header) + 1);
    w->columns[w->n_columns++] = (column){copy, source, role, form};
    return WB_OK;
}

static size_t find_role(const wbi_list *list, wbi_list_role role)
{
    for (size_t k = 0; k < list->n_columns; k++)
        if (list->columns[k].role == role)
            return k;
    return SIZE_MAX;
}

static wb_status add_target_columns(writing *w, wb_error *err)
{
    for (size_t k = 0; k < w->target->n_columns; k++) {
        const wbi_list_target_column *wanted = &w->target->columns[k];
        size_t source = find_role(w->list, wanted->role);
        if (source != SIZE_MAX || w->target->fixed_header)
            WBI_TRY(add_column(w, wanted->header, source, wanted->role, wanted->form, err));
    }
    return WB_OK;
}

static bool is_used(const writing *w, size_t source)
{
    for (size_t k = 0; k < w->n_columns; k++)
        if (w->columns[k].source == source)
            return true;
    return false;
}

static wb_status add_other_columns(writing *w, wb_error *err)
{
    for (size_t k = 0; k < w->list->n_columns; k++) {
        const wbi_list_column *from = &w->list->columns[k];
        if (is_used(w, k))
            continue;
        WBI_TRY(add_column(w, from->name, k, from->role, plain_form(from->role), err));
        if (w->target->capital_names)
            to_capitals(w->columns[w->n_columns - 1].header);
    }
    return WB_OK;
}

static wb_status check_names(const writing *w, wb_error *err)
{
    bool exact = w->target->n_columns == 0;
    for (size_t k = 1; k < w->n_columns; k++)
        for (size_t j = 0; j < k; j++) {
            const char *a = w->columns[j].header, *b = w->columns[k].header;
            if (exact ? strcmp(a, b) == 0 : strcasecmp(a, b) == 0)
                return wbi_fail(err, WB_ERR_MALFORMED, "a list of format %s would have two columns named '%s'",
                                w->target->name, b);
        }
    return WB_OK;
}

static unsigned roles_of(const writing *w)
{
    unsigned roles = 0;
    for (size_t k = 0; k < w->n_columns; k++)
        if (w->columns[k].source != SIZE_MAX)
            roles |= BIT(w->columns[k].role);
    return roles;
}

static bool is_address(const wbi_list_target *target, unsigned roles)
{
    return target->addresses == 0 || (roles & target->addresses) != 0 ||
           (target->takes_post && (roles & POST_ADDRESS) == POST_ADDRESS);
}

static wb_status plan(writing *w, wb_error *err)
{
    size_t room = w->list->n_columns + w->target->n_columns;
    w->columns = wbi_alloc_array(room, sizeof *w->columns);
    if (w->columns == NULL)
        return wbi_fail_nomem(err, room * sizeof *w->columns);
    WBI_TRY(add_target_columns(w, err));
    if (!is_address(w->target, roles_of(w)))
        return wbi_fail(err, WB_ERR_MALFORMED, "a list of format %s needs %s, and there is no such column", w->target->name,
                        w->target->addresses & BIT(WBI_LIST_PHONE) ? "e-mail addresses or phone numbers" : "e-mail addresses");
    if (w->target->n_columns == 0 || w->target->takes_properties)
        WBI_TRY(add_other_columns(w, err));
    return check_names(w, err);
}

/* Cuts text to at most `most` bytes, between characters. */
static size_t cut_length(wbi_str text, size_t most)
{
    if (text.length <= most)
        return text.length;
    while (most > 0 && ((unsigned char)text.data[most] & 0xc0) == 0x80)
        most--;
    return most;
}

/* One text of a CSV file, guarded and cut. */
static wb_status put_csv_text(writing *w, wbi_str text, bool guarded, wb_error *err)
{
    wbi_buffer *cell = &w->cell;
    if (text.data != cell->data) {
        cell->length = 0;
        WBI_TRY(wbi_buffer_append(cell, text.data, text.length, err));
    }
    if (guarded && wbi_guard_is_needed(cell->data, cell->length)) {
        WBI_TRY(wbi_buffer_append(cell, "'", 1, err));
        memmove(cell->data + 1, cell->data, cell->length - 1);
        cell->data[0] = '\'';
        w->counts.n_guarded++;
    }
    if (w->target->text_bytes > 0) {
        size_t kept = cut_length((wbi_str){cell->data, cell->length}, w->target->text_bytes);
        w->counts.n_cut += kept < cell->length;
        cell->length = kept;
    }
    return wbi_csv_text(&w->line, cell->data, cell->length, err);
}

static wb_status put_cell(writing *w, const column *c, wb_error *err)
{
    if (w->format == WBI_LIST_JSON_LINES) {
        WBI_TRY(wbi_json_lines_text(&w->line, wbi_str_from(c->header), err));
        WBI_TRY(wbi_buffer_append(&w->line, ":", 1, err));
        return wbi_json_lines_value(&w->line, (wbi_str){w->cell.data, w->cell.length}, c->form == WBI_LIST_FORM_NUMBER, err);
    }
    return put_csv_text(w, (wbi_str){w->cell.data, w->cell.length}, c->form != WBI_LIST_FORM_NUMBER, err);
}

/* Appends the cells of a row to the line; *roles: what of it is not empty. */
static wb_status put_row(writing *w, size_t row, unsigned *roles, wb_error *err)
{
    *roles = 0;
    for (size_t k = 0; k < w->n_columns; k++) {
        const column *c = &w->columns[k];
        wbi_str value = {NULL, 0};
        if (c->source != SIZE_MAX)
            value = w->list->cell(w->list->data, row, c->source);
        WBI_TRY(wbi_list_form_write(&w->cell, c->form, value, w->list->phone_country, err));
        if (w->cell.length > 0)
            *roles |= BIT(c->role);
        if (c->role == WBI_LIST_EMAIL)
            w->counts.n_refused_emails += wbi_guard_is_formula(value.data, value.length);
        if (k > 0)
            WBI_TRY(wbi_buffer_append(&w->line, ",", 1, err));
        WBI_TRY(put_cell(w, c, err));
    }
    return WB_OK;
}

/* A CSV row must not look like a blank line, which readers skip. */
static wb_status end_line(writing *w, wb_error *err)
{
    if (w->line.length == 0)
        WBI_TRY(wbi_buffer_append_text(&w->line, "\"\"", err));
    WBI_TRY(wbi_buffer_append(&w->line, "\n", 1, err));
    w->counts.n_bytes += w->line.length;
    return wbi_output_write(w->output, w->line.data, w->line.length, err);
}

static wb_status write_row(writing *w, size_t row, wb_error *err)
{
    bool json = w->format == WBI_LIST_JSON_LINES;
    wbi_list_counts before = w->counts;
    unsigned roles;
    w->line.length = 0;
    if (json)
        WBI_TRY(wbi_buffer_append(&w->line, "{", 1, err));
    WBI_TRY(put_row(w, row, &roles, err));
    if (!is_address(w->target, roles)) {
        w->counts.n_guarded = before.n_guarded;
        w->counts.n_cut = before.n_cut;
        w->counts.n_without_address++;
        return WB_OK;
    }
    if (json)
        WBI_TRY(wbi_buffer_append(&w->line, "}", 1, err));
    w->counts.n_rows++;
    return end_line(w, err);
}

static wb_status write_header(writing *w, wb_error *err)
{
    w->line.length = 0;
    for (size_t k = 0; k < w->n_columns; k++) {
        if (k > 0)
            WBI_TRY(wbi_buffer_append(&w->line, ",", 1, err));
        WBI_TRY(put_csv_text(w, wbi_str_from(w->columns[k].header), true, err));
    }
    return end_line(w, err);
}

static void warn_of_limits(const writing *w, const char *path)
{
    const wbi_list_target *t = w->target;
    if (t->most_rows > 0 && w->counts.n_rows > t->most_rows)
        wbi_log(w->list->log, WB_LOG_WARNING, "%s has %llu rows, and %s takes %llu a file: split it", path,
                (unsigned long long)w->counts.n_rows, t->title, (unsigned long long)t->most_rows);
    if (t->most_columns > 0 && w->n_columns > t->most_columns)
        wbi_log(w->list->log, WB_LOG_WARNING, "%s has %zu columns, and %s takes %llu", path, w->n_columns, t->title,
                (unsigned long long)t->most_columns);
    if (t->most_megabytes > 0 && w->counts.n_bytes > t->most_megabytes * MEGABYTE)
        wbi_log(w->list->log, WB_LOG_WARNING, "%s has %llu MB, and %s takes %llu MB a file: split it", path,
                (unsigned long long)(w->counts.n_bytes / MEGABYTE), t->title, (unsigned long long)t->most_megabytes);
}

static wb_status write_list(writing *w, const char *path, wb_error *err)
{
    WBI_TRY(plan(w, err));
    WBI_TRY(wbi_output_open_private(&w->output, path, err));
    if (w->format != WBI_LIST_JSON_LINES)
        WBI_TRY(write_header(w, err));
    for (size_t row = 0; row < w->list->n_rows; row++)
        WBI_TRY(write_row(w, row, err));
    wb_status status = wbi_output_keep(w->output, w->list->together, err);
    w->output = NULL;
    return status;
}

wb_status wbi_list_write(const char *path, wbi_list_format format, const wbi_list *list, wbi_list_counts *counts, wb_error *err)
{
    writing w = {.list = list,
                 .format = format,
                 .target = wbi_list_target_of(format),
                 .cell = wbi_buffer_make(line_ceiling_bytes),
                 .line = wbi_buffer_make(line_ceiling_bytes)};
    wb_status status = write_list(&w, path, err);
    if (status == WB_OK)
        warn_of_limits(&w, path);
    if (status == WB_OK && counts != NULL)
        *counts = w.counts;
    wbi_output_abort(w.output);
    for (size_t k = 0; k < w.n_columns; k++)
        wbi_free(w.columns[k].header);
    wbi_free(w.columns);
    wbi_buffer_free(&w.cell);
    wbi_buffer_free(&w.line);
    return status;
}
