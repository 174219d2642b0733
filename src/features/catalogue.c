/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/catalogue.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "features/aggregate.h"
#include "project/schema.h"

enum { SPELLING_LIMIT = 1 << 20 };

/* What an expansion works on. */
typedef struct expansion {
    wbi_definitions *definitions;
    wbi_notes *left_out;
    const wbi_bound *bound;
    size_t n_bound;
    const wb_project *project;
} expansion;

/* ---- spelling out */

/* Whether an expression takes a name as it is: a plain word that is not one of the language's own. */
static wb_status is_plain_name(bool *plain, const char *name, wb_error *err)
{
    wbi_expr *expr;
    *plain = false;
    if (!wbi_is_name(name))
        return WB_OK;
    wb_status status = wbi_expr_parse(&expr, name, (wbi_where){0}, err);
    if (status != WB_OK)
        return status == WB_ERR_MALFORMED ? WB_OK : status;
    *plain = wbi_expr_n_names(expr) == 1;
    wbi_expr_free(expr);
    return WB_OK;
}

static wb_status append_name(wbi_buffer *text, const char *name, wb_error *err)
{
    bool plain;
    WBI_TRY(is_plain_name(&plain, name, err));
    if (plain)
        return wbi_buffer_append_text(text, name, err);
    WBI_TRY(wbi_buffer_append(text, "\"", 1, err));
    for (const char *c = name; *c != '\0'; c++)
        WBI_TRY(wbi_buffer_append(text, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1, err));
    return wbi_buffer_append(text, "\"", 1, err);
}

/* What the bundle called `name` (`length` bytes) is bound to, its first; the asking bundle's own name means itself. */
static const wbi_bound *find_bound(const expansion *x, const wbi_bound *own, const char *name, size_t length)
{
    for (size_t i = 0; i <= x->n_bound; i++) {
        const wbi_bound *bound = i == 0 ? own : &x->bound[i - 1];
        if (strlen(bound->bundle->name) == length && strncmp(bound->bundle->name, name, length) == 0)
            return bound;
    }
    return NULL;
}

/* Appends `pattern` with its signs replaced; *whole = false when a bundle that it names is not used. */
static wb_status append_pattern(wbi_buffer *text, const char *pattern, const wbi_bound *own, const expansion *x,
                                bool *whole, wb_error *err)
{
    const wbi_table_def *table = own->binding->def;
    *whole = true;
    for (const char *p = pattern; *p != '\0' && *whole; p++) {
        if (*p == '@') {
            WBI_TRY(wbi_buffer_append_text(text, table->name, err));
        } else if (*p == '#') {
            WBI_TRY(append_name(text, table->time != NULL ? table->time : "time", err));
        } else if (*p == '{') {
            const wbi_bound *other = find_bound(x, own, p + 1, strcspn(p + 1, "}"));
            *whole = other != NULL;
            if (other != NULL)
                WBI_TRY(wbi_buffer_append_text(text, other->binding->def->name, err));
            p += strcspn(p, "}");
        } else {
            WBI_TRY(wbi_buffer_append(text, p, 1, err));
        }
    }
    return wbi_buffer_append(text, "", 1, err);
}

/* The texts of one definition, in one buffer. */
typedef struct spelling {
    wbi_buffer bytes;
    size_t name, of, where, expr; /* where they begin */
} spelling;

static wb_status append_part(spelling *s, size_t *at, const char *pattern, const wbi_bound *bound, const expansion *x,
                             bool *whole, wb_error *err)
{
    *at = s->bytes.length;
    if (pattern == NULL || !*whole)
        return WB_OK;
    return append_pattern(&s->bytes, pattern, bound, x, whole, err);
}

static wb_status append_feature_name(spelling *s, const wbi_entry *e, const wbi_table_def *table, wbi_window window,
                                     wb_error *err)
{
    char duration[WB_TIME_CHARS] = "";
    if (e->windows == WBI_EACH_WINDOW && window.from_us > 0)
        wb_duration_format(window.from_us, duration);
    s->name = s->bytes.length;
    WBI_TRY(wbi_buffer_printf(&s->bytes, err, "%s%s%s%s%s", e->bare ? "" : table->name, e->bare ? "" : "_", e->name,
                              duration[0] != '\0' ? "_" : "", duration));
    return wbi_buffer_append(&s->bytes, "", 1, err);
}

static char *part_of(const spelling *s, const char *pattern, size_t at)
{
    return pattern == NULL ? NULL : s->bytes.data + at;
}

/* ---- what is possible */

static bool has_definition(const wbi_definitions *definitions, const char *name)
{
    for (size_t i = 0; i < definitions->n; i++)
        if (strcmp(definitions->items[i].name, name) == 0)
            return true;
    return false;
}

static wb_status leave_out(expansion *x, const wbi_feature_def *def, const char *why, wb_error *err)
{
    char text[1024];
    snprintf(text, sizeof text, "%s: %s", def->name, why);
    return wbi_notes_add(x->left_out, &(wbi_note){.text = text}, err);
}

static wb_status leave_out_for_column(expansion *x, const wbi_feature_def *def, const char *table, const char *column,
                                      wb_error *err)
{
    char text[1024];
    snprintf(text, sizeof text, "%s: table %s has no column %s", def->name, table, column);
    return wbi_notes_add(x->left_out, &(wbi_note){text, (char *)table, (char *)column}, err);
}

/* What builds on a feature that is not there lacks what that lacks. */
static wb_status leave_out_for_feature(expansion *x, const wbi_feature_def *def, const char *name, wb_error *err)
{
    char why[256];
    size_t length = strlen(name);
    for (size_t i = 0; i < x->left_out->n; i++) {
        const wbi_note *other = &x->left_out->items[i];
        if (other->column != NULL && strncmp(other->text, name, length) == 0 && other->text[length] == ':')
            return leave_out_for_column(x, def, other->table, other->column, err);
    }
    snprintf(why, sizeof why, "there is no feature %s", name);
    return leave_out(x, def, why, err);
}

/* The column, with the file's own spelling behind it where that is the only difference. */
static const char *as_file_spells(char *text, size_t size, const wbi_binding *binding, const char *column)
{
    const char *alike = wbi_source_alike(binding->source, column);
    snprintf(text, size, "%s%s%s%s", column, alike != NULL ? " (did you mean its '" : "", alike != NULL ? alike : "",
             alike != NULL ? "'?)" : "");
    return text;
}

/* Binds an expression now, to see whether the types of the table's columns allow it. */
static wb_status try_expr(expansion *x, const wbi_feature_def *def, const char *text, wbi_expr_type wanted,
                          wbi_binding *binding, bool *possible, wb_error *err)
{
    size_t index;
    char missing[64], column[256];
    wb_error why;
    if (text == NULL || !*possible)
        return WB_OK;
    WBI_TRY(wbi_binding_can(binding, text, possible, missing, err));
    if (!*possible)
        return leave_out_for_column(x, def, def->table, as_file_spells(column, sizeof column, binding, missing), err);
    wb_status status = wbi_binding_expr(binding, text, (wbi_where){0}, wanted, &index, &why);
    if (status == WB_OK) {
        wbi_expr_type type = wbi_expr_result(binding->exprs[index].expr);
        *possible = wanted != WBI_EXPR_ANY || type == WBI_EXPR_NUMBER || type == WBI_EXPR_TEXT;
        return *possible ? WB_OK : leave_out(x, def, "its column is neither a number nor text", err);
    }
    if (status != WB_ERR_INCONSISTENT) {
        if (err != NULL)
            *err = why;
        return status;
    }
    *possible = false;
    return leave_out(x, def, why.message, err);
}

static wb_status try_names(expansion *x, const wbi_feature_def *def, bool *possible, wb_error *err)
{
    wbi_expr *expr;
    wb_status status = WB_OK;
    WBI_TRY(wbi_expr_parse(&expr, def->expr, (wbi_where){0}, err));
    for (size_t k = 0; k < wbi_expr_n_names(expr) && *possible && status == WB_OK; k++) {
        *possible = has_definition(x->definitions, wbi_expr_name(expr, k));
        if (!*possible)
            status = leave_out_for_feature(x, def, wbi_expr_name(expr, k), err);
    }
    wbi_expr_free(expr);
    return status;
}

static wb_status add_if_possible(expansion *x, const wbi_feature_def *def, wbi_binding *binding, wb_error *err)
{
    bool possible = true;
    if (def->expr != NULL) {
        WBI_TRY(try_names(x, def, &possible, err));
    } else {
        WBI_TRY(try_expr(x, def, def->of, wbi_aggregate_wants(def->agg), binding, &possible, err));
        WBI_TRY(try_expr(x, def, def->where, WBI_EXPR_BOOL, binding, &possible, err));
    }
    return possible ? wbi_definitions_add(x->definitions, def, err) : WB_OK;
}

/* ---- entries */

static wb_status add_entry(expansion *x, const wbi_entry *e, const wbi_bound *bound, wbi_window window, wb_error *err)
{
    spelling s = {.bytes = wbi_buffer_make(SPELLING_LIMIT)};
    const wbi_bound *of = e->events_of == NULL ? bound : find_bound(x, bound, e->events_of, strlen(e->events_of));
    const wbi_bound *after = e->after == NULL ? bound : find_bound(x, bound, e->after, strlen(e->after));
    bool whole = of != NULL && after != NULL;
    wb_status status;
    WBI_TRY_CLEANUP(append_feature_name(&s, e, bound->binding->def, window, err));
    WBI_TRY_CLEANUP(append_part(&s, &s.of, e->of, bound, x, &whole, err));
    WBI_TRY_CLEANUP(append_part(&s, &s.where, e->where, bound, x, &whole, err));
    WBI_TRY_CLEANUP(append_part(&s, &s.expr, e->expr, bound, x, &whole, err));
    wbi_feature_def def = {.name = s.bytes.data + s.name,
                           .table = e->expr == NULL && of != NULL ? of->binding->def->name : NULL,
                           .agg = e->aggregate,
                           .of = part_of(&s, e->of, s.of),
                           .where = part_of(&s, e->where, s.where),
                           .expr = part_of(&s, e->expr, s.expr),
                           .window = window,
                           .after_last = e->after != NULL && after != NULL ? after->binding->def->name : NULL,
                           .within_us = e->within_us};
    if (whole)
        WBI_TRY_CLEANUP(add_if_possible(x, &def, of->binding, err));
    else
        WBI_TRY_CLEANUP(leave_out(x, &def, "a bundle that it builds on is not used", err));
cleanup:
    wbi_buffer_free(&s.bytes);
    return status;
}

static wb_status add_in_windows(expansion *x, const wbi_entry *e, const wbi_bound *bound, wb_error *err)
{
    wbi_window window = {e->windows == WBI_LAST_90_DAYS ? 90 * WB_DAY_US : 0, 0};
    WBI_TRY(add_entry(x, e, bound, window, err));
    if (e->windows != WBI_EACH_WINDOW)
        return WB_OK;
    for (size_t w = 0; w < x->project->n_windows; w++)
        WBI_TRY(add_entry(x, e, bound, (wbi_window){x->project->windows_us[w], 0}, err));
    return WB_OK;
}

/* Attributes of the customer: what is constant or has a time from which it is known. */
static wb_status add_attributes(expansion *x, const wbi_binding *binding, wb_error *err)
{
    const wbi_table_def *table = binding->def;
    for (size_t i = 0; i < table->n_columns; i++) {
        const wbi_column_def *column = &table->columns[i];
        size_t slot = wbi_binding_slot(binding, column->name, WBI_EXPR_ANY);
        if (slot == WBI_NO_SLOT || (!column->fixed && column->known_at == NULL) ||
            (binding->slots[slot].type != WBI_EXPR_NUMBER && binding->slots[slot].type != WBI_EXPR_TEXT))
            continue;
        wbi_feature_def def = {
            .name = column->name, .table = table->name, .agg = WBI_AGG_LAST, .of = column->name, .line = column->line};
        WBI_TRY(wbi_definitions_add(x->definitions, &def, err));
    }
    return WB_OK;
}

/* What builds on other bundles waits until they are all there. */
static bool is_across(const wbi_entry *e)
{
    return e->after != NULL || (e->expr != NULL && strchr(e->expr, '{') != NULL);
}

static wb_status add_bundle(expansion *x, const wbi_bound *bound, bool across, wb_error *err)
{
    for (const wbi_entry *e = bound->bundle->entries; e->name != NULL; e++)
        if (is_across(e) == across)
            WBI_TRY(add_in_windows(x, e, bound, err));
    if (!across && strcmp(bound->bundle->name, "profile") == 0)
        WBI_TRY(add_attributes(x, bound->binding, err));
    return WB_OK;
}

wb_status wbi_catalogue_expand(wbi_definitions *definitions, wbi_notes *left_out, const wbi_bound *bound, size_t n,
                               const wb_project *project, wb_error *err)
{
    expansion x = {definitions, left_out, bound, n, project};
    for (size_t i = 0; i < n; i++)
        WBI_TRY(add_bundle(&x, &bound[i], false, err));
    for (size_t i = 0; i < n; i++)
        WBI_TRY(add_bundle(&x, &bound[i], true, err));
    return WB_OK;
}
