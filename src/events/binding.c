/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events/binding.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "events/rollup.h"

static wbi_expr_type expr_type_of(wb_type type)
{
    switch (type) {
    case WB_TYPE_NUMBER:
        return WBI_EXPR_NUMBER;
    case WB_TYPE_TIME:
        return WBI_EXPR_TIME;
    case WB_TYPE_CATEGORY:
    case WB_TYPE_TEXT:
        return WBI_EXPR_TEXT;
    }
    return WBI_EXPR_ANY;
}

static wb_status add_slot(wbi_binding *b, wbi_slot slot, const char *name, size_t *index, wb_error *err)
{
    WBI_TRY(wbi_array_grow(&b->slots, &b->slots_capacity, b->n_slots, sizeof *b->slots, err));
    slot.name = wbi_strdup(name);
    if (slot.name == NULL)
        return wbi_fail_nomem(err, strlen(name) + 1);
    b->slots[b->n_slots] = slot;
    *index = b->n_slots++;
    return WB_OK;
}

/* A column of the file as a slot: text is read as a category, for its dictionary. */
static wb_status add_read(wbi_binding *b, const char *name, const char *source, wb_type type, wbi_time_format format,
                          size_t *index, wb_error *err)
{
    if (type == WB_TYPE_TEXT)
        type = WB_TYPE_CATEGORY;
    WBI_TRY(wbi_array_grow(&b->columns, &b->columns_capacity, b->n_columns, sizeof *b->columns, err));
    wbi_slot slot = {.kind = WBI_SLOT_READ, .type = expr_type_of(type), .read = b->n_columns, .known_at = WBI_NO_SLOT};
    WBI_TRY(add_slot(b, slot, name, index, err));
    const char *column = source != NULL ? source : b->slots[*index].name;
    b->columns[b->n_columns++] = (wbi_typed_column){.name = column, .type = type, .time = format};
    return WB_OK;
}

size_t wbi_binding_slot(const wbi_binding *b, const char *name, wbi_expr_type type)
{
    for (size_t s = 0; s < b->n_slots; s++)
        if (strcmp(b->slots[s].name, name) == 0 && (type == WBI_EXPR_ANY || b->slots[s].type == type))
            return s;
    return WBI_NO_SLOT;
}

static const wbi_column_def *column_def(const wbi_table_def *def, const char *name)
{
    for (size_t i = 0; i < def->n_columns; i++)
        if (strcmp(def->columns[i].name, name) == 0)
            return &def->columns[i];
    return NULL;
}

static wbi_expr_type event_type(const wbi_slot *slot)
{
    return wbi_rollup_type(slot->agg, slot->type);
}

static const char *source_of(const wbi_column_def *def)
{
    return def->source != NULL ? def->source : def->name;
}

/* A conventional column is left out when the file lacks it, or the column that says when its values became known. */
static bool is_left_out(const wbi_binding *b, const wbi_column_def *def)
{
    if (!def->conventional)
        return false;
    const wbi_column_def *known = def->known_at != NULL ? column_def(b->def, def->known_at) : NULL;
    return !wbi_source_has(b->source, source_of(def)) ||
           (known != NULL && known->conventional && !wbi_source_has(b->source, source_of(known)));
}

/* A column that the file has, left out because the time at which it became known is not there: nobody may see it. */
static bool is_hidden(const wbi_binding *b, const char *name)
{
    const wbi_column_def *def = column_def(b->def, name);
    return def != NULL && def->known_at != NULL && is_left_out(b, def) && wbi_source_has(b->source, name);
}

/* A name that no column declares is a number where a number is needed, else text. */
static bool resolve_undeclared(wbi_binding *b, const char *name, wbi_expr_type wanted, size_t *slot,
                               wbi_expr_type *type, wb_error *err)
{
    if (!wbi_source_has(b->source, name)) {
        wb_status absent = wbi_source_no_column(b->source, name, err);
        const bool may_be_text = wanted == WBI_EXPR_TEXT || wanted == WBI_EXPR_ANY;
        if (may_be_text && err != NULL && err->advice[0] == '\0' && strstr(err->message, "did you mean") == NULL)
            wbi_advise(err, "if a text is meant, it stands in single quotes: '%s'", name);
        return absent == WB_OK;
    }
    wb_type read = wanted == WBI_EXPR_NUMBER || wanted == WBI_EXPR_BOOL || wanted == WBI_EXPR_DURATION ? WB_TYPE_NUMBER
                   : wanted == WBI_EXPR_TIME                                                            ? WB_TYPE_TIME
                                                                                                        : WB_TYPE_CATEGORY;
    *type = expr_type_of(read);
    *slot = wbi_binding_slot(b, name, *type);
    if (*slot != WBI_NO_SLOT)
        return true;
    return add_read(b, name, NULL, read, b->def->time_format, slot, err) == WB_OK;
}

static bool resolve(void *user, const char *name, wbi_expr_type wanted, size_t *slot, wbi_expr_type *type,
                    wb_error *err)
{
    wbi_binding *b = user;
    size_t known = wbi_binding_slot(b, name, WBI_EXPR_ANY);
    if (known != WBI_NO_SLOT && (b->slots[known].declared || b->slots[known].kind != WBI_SLOT_READ)) {
        *slot = known;
        *type = b->over_events ? event_type(&b->slots[known]) : b->slots[known].type;
        return true;
    }
    const wbi_column_def *def = column_def(b->def, name);
    if (def != NULL && def->expr != NULL) {
        wbi_fail(err, WB_ERR_INCONSISTENT, "column %s of table %s is computed from itself or from a column after it",
                 name, b->def->name);
        return false;
    }
    if (is_hidden(b, name)) {
        wbi_fail(err, WB_ERR_INCONSISTENT,
                 "column %s of table %s is known at %s, which the file has not: say its known_at in the project file",
                 name, b->def->name, def->known_at);
        return false;
    }
    return resolve_undeclared(b, name, wanted, slot, type, err);
}

static wb_status bind_text(wbi_binding *b, const char *text, wbi_where where, wbi_expr_type wanted, wbi_expr **out,
                           wb_error *err)
{
    wbi_expr *expr;
    WBI_TRY(wbi_expr_parse(&expr, text, where, err));
    wbi_scope scope = {resolve, b};
    wb_status status = wbi_expr_bind(expr, &scope, wanted, err);
    if (status == WB_OK)
        *out = expr;
    else
        wbi_expr_free(expr);
    return status;
}

/* Remembers what of the project is being bound, in case that the file lacks a column. */
static void ask(wbi_binding *b, const char *key, const char *column, size_t line)
{
    b->asking = key;
    b->asking_column = column;
    b->asking_line = line;
}

/* A time that only a known_at names has no declaration of its own. */
static void ask_for_column(wbi_binding *b, const wbi_column_def *def)
{
    ask(b, "column ", def->name, def->line);
    for (size_t i = 0; def->line == 0 && i < b->def->n_columns; i++)
        if (b->def->columns[i].known_at != NULL && strcmp(b->def->columns[i].known_at, def->name) == 0)
            ask(b, "known_at of column ", b->def->columns[i].name, b->def->columns[i].line);
}

static wb_status declare_read_columns(wbi_binding *b, wb_error *err)
{
    for (size_t i = 0; i < b->def->n_columns; i++) {
        const wbi_column_def *def = &b->def->columns[i];
        if (def->expr != NULL || is_left_out(b, def))
            continue;
        const char *source = source_of(def);
        ask_for_column(b, def);
        if (!wbi_source_has(b->source, source))
            return wbi_source_no_column(b->source, source, err);
        size_t slot;
        WBI_TRY(add_read(b, def->name, source, def->type, def->time, &slot, err));
        b->slots[slot].declared = true;
        b->slots[slot].agg = def->agg;
        b->slots[slot].line = def->line;
    }
    return WB_OK;
}

/* Whether all columns that computed column `def` names are declared already. */
static bool is_ready(const wbi_binding *b, const wbi_column_def *def, const wbi_expr *expr)
{
    for (size_t k = 0; k < wbi_expr_n_names(expr); k++) {
        const wbi_column_def *other = column_def(b->def, wbi_expr_name(expr, k));
        if (other != NULL && other != def && other->expr != NULL &&
            wbi_binding_slot(b, other->name, WBI_EXPR_ANY) == WBI_NO_SLOT)
            return false;
    }
    return true;
}

static wb_status declare_computed(wbi_binding *b, const wbi_column_def *def, bool *declared, wb_error *err)
{
    wbi_where where = wbi_place(&def->expr_at, def->line);
    wbi_expr *expr;
    *declared = false;
    if (wbi_binding_slot(b, def->name, WBI_EXPR_ANY) != WBI_NO_SLOT)
        return WB_OK;
    WBI_TRY(wbi_expr_parse(&expr, def->expr, where, err));
    ask_for_column(b, def);
    if (!is_ready(b, def, expr)) {
        wbi_expr_free(expr);
        return WB_OK;
    }
    wbi_scope scope = {resolve, b};
    wb_status status =
        wbi_expr_bind(expr, &scope, def->type_said ? expr_type_of(def->type) : WBI_EXPR_ANY, err);
    size_t slot;
    if (status == WB_OK)
        status = add_slot(b,
                          (wbi_slot){.kind = WBI_SLOT_COMPUTED,
                                     .type = wbi_expr_result(expr),
                                     .expr = expr,
                                     .known_at = WBI_NO_SLOT,
                                     .agg = def->agg,
                                     .line = def->line,
                                     .declared = true},
                          def->name, &slot, err);
    if (status != WB_OK)
        wbi_expr_free(expr);
    *declared = status == WB_OK;
    return status;
}

/* Computed columns may name each other: each round declares those whose columns are all there. */
static wb_status declare_computed_columns(wbi_binding *b, wb_error *err)
{
    bool progress = true;
    while (progress) {
        progress = false;
        for (size_t i = 0; i < b->def->n_columns; i++) {
            bool declared = false;
            if (b->def->columns[i].expr != NULL)
                WBI_TRY(declare_computed(b, &b->def->columns[i], &declared, err));
            progress = progress || declared;
        }
    }
    for (size_t i = 0; i < b->def->n_columns; i++)
        if (b->def->columns[i].expr != NULL &&
            wbi_binding_slot(b, b->def->columns[i].name, WBI_EXPR_ANY) == WBI_NO_SLOT)
            return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){NULL, b->def->columns[i].line, 0}, NULL, 0,
                               "column %s of table %s is computed from itself", b->def->columns[i].name, b->def->name);
    return WB_OK;
}

static wb_status declare_known_at(wbi_binding *b, wb_error *err)
{
    for (size_t i = 0; i < b->def->n_columns; i++) {
        const wbi_column_def *def = &b->def->columns[i];
        size_t slot = wbi_binding_slot(b, def->name, WBI_EXPR_ANY);
        if (def->known_at == NULL || slot == WBI_NO_SLOT)
            continue;
        if (b->def->time != NULL && strcmp(def->known_at, b->def->time) == 0) {
            b->slots[slot].known_from_start = true;
            continue;
        }
        size_t known = wbi_binding_slot(b, def->known_at, WBI_EXPR_TIME);
        if (known == WBI_NO_SLOT)
            return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){NULL, def->line, 0}, def->known_at,
                               strlen(def->known_at), "known_at of column %s of table %s: '%s' is no time column",
                               def->name, b->def->name, def->known_at);
        if (b->slots[known].known_at != WBI_NO_SLOT)
            return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){NULL, def->line, 0}, def->known_at,
                               strlen(def->known_at), "known_at of column %s of table %s: '%s' has a known_at itself",
                               def->name, b->def->name, def->known_at);
        b->slots[slot].known_at = known;
    }
    return WB_OK;
}

/* Lines are grouped by the bytes of their value: a column that is read as a number or a time is read once more, as text. */
static wb_status bind_group_by(wbi_binding *b, wb_error *err)
{
    const char *name = b->def->group_by;
    const wbi_column_def *def = column_def(b->def, name);
    b->group_by = wbi_binding_slot(b, name, WBI_EXPR_TEXT);
    if (b->group_by != WBI_NO_SLOT)
        return WB_OK;
    if (def != NULL && def->expr != NULL)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){NULL, b->def->line, 0}, name, strlen(name),
                           "group_by of table %s: column %s is computed, and no text", b->def->name, name);
    const char *source = def != NULL ? source_of(def) : name;
    if (!wbi_source_has(b->source, source))
        return wbi_source_no_column(b->source, source, err);
    return add_read(b, name, source, WB_TYPE_CATEGORY, b->def->time_format, &b->group_by, err);
}

static wb_status refuse(const wbi_binding *b, size_t line, const char *name, wb_error *err, const char *key,
                        const char *why)
{
    return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){NULL, line, 0}, name, strlen(name),
                       "%s of table %s: column %s %s", key, b->def->name, name, why);
}

static wb_status check_agg(const wbi_binding *b, const wbi_slot *slot, wb_error *err)
{
    bool number = slot->type == WBI_EXPR_NUMBER;
    switch (slot->agg) {
    case WBI_AGG_SUM:
    case WBI_AGG_MEAN:
        return number ? WB_OK : refuse(b, slot->line, slot->name, err, "agg", "is no number");
    case WBI_AGG_MIN:
    case WBI_AGG_MAX:
        return number || slot->type == WBI_EXPR_TIME || slot->type == WBI_EXPR_DURATION
                   ? WB_OK
                   : refuse(b, slot->line, slot->name, err, "agg", "is neither a number nor a time");
    case WBI_AGG_COUNT:
    case WBI_AGG_DISTINCT:
        return slot->type != WBI_EXPR_BOOL ? WB_OK
                                           : refuse(b, slot->line, slot->name, err, "agg",
                                                    "is true or false: first or last, or sum of if(…, 1, 0)");
    default:
        return WB_OK;
    }
}

static wb_status bind_event_time(wbi_binding *b, wb_error *err)
{
    const char *name = b->def->event_time;
    wbi_expr_type type;
    wb_error why = {0};
    if (!resolve(b, name, WBI_EXPR_TIME, &b->event_time, &type, &why)) {
        if (err != NULL)
            *err = why;
        return why.code;
    }
    if (type != WBI_EXPR_TIME)
        return refuse(b, b->def->line, name, err, "event_time", "is no time");
    if (wbi_rollup_type(b->slots[b->event_time].agg, type) != WBI_EXPR_TIME)
        return refuse(b, b->def->line, name, err, "event_time", "is counted by its agg, and so no time");
    if (b->slots[b->event_time].known_from_start)
        return refuse(b, b->def->line, name, err, "event_time", "may be in the future: it is known with its row");
    return WB_OK;
}

static wb_status bind_order_by(wbi_binding *b, wb_error *err)
{
    b->order_by = wbi_alloc_array(b->def->n_order_by, sizeof *b->order_by);
    if (b->order_by == NULL)
        return wbi_fail_nomem(err, b->def->n_order_by * sizeof *b->order_by);
    for (size_t i = 0; i < b->def->n_order_by; i++) {
        size_t slot = wbi_binding_slot(b, b->def->order_by[i], WBI_EXPR_ANY);
        if (slot == WBI_NO_SLOT)
            return wbi_source_no_column(b->source, b->def->order_by[i], err);
        b->order_by[b->n_order_by++] = slot;
    }
    return WB_OK;
}

/* What makes one event of several lines. */
static wb_status bind_lines(wbi_binding *b, wb_error *err)
{
    for (size_t s = 0; s < b->n_slots; s++)
        WBI_TRY(check_agg(b, &b->slots[s], err));
    ask(b, "group_by", "", b->def->line);
    WBI_TRY(bind_group_by(b, err));
    ask(b, "order_by", "", b->def->line);
    WBI_TRY(bind_order_by(b, err));
    ask(b, "event_time", "", b->def->line);
    return b->def->event_time != NULL ? bind_event_time(b, err) : WB_OK;
}

static wb_status bind_table(wbi_binding *b, wb_error *err)
{
    size_t slot;
    const wbi_table_def *def = b->def;
    if (def->time != NULL) {
        wbi_slot time = {.kind = WBI_SLOT_TIME, .type = WBI_EXPR_TIME, .known_at = WBI_NO_SLOT};
        WBI_TRY(add_slot(b, time, def->time, &slot, err));
    }
    WBI_TRY(declare_read_columns(b, err));
    WBI_TRY(declare_computed_columns(b, err));
    WBI_TRY(declare_known_at(b, err));
    ask(b, "where", "", wbi_place(&def->where_at, def->line).line);
    if (def->where != NULL)
        WBI_TRY(bind_text(b, def->where, wbi_place(&def->where_at, def->line), WBI_EXPR_BOOL, &b->where, err));
    b->group_by = b->event_time = WBI_NO_SLOT;
    return def->group_by != NULL ? bind_lines(b, err) : WB_OK;
}

/* As the reader knows its file only, and not what asks for a column that it has not. */
static void say_who_asked(const wbi_binding *b, const char *project, wb_error *err)
{
    char others[sizeof err->advice];
    if (err->file[0] == '\0' || project == NULL || b->asking == NULL || b->asking_line == 0)
        return;
    snprintf(others, sizeof others, "%s", err->advice);
    wbi_advise(err, "%s%s of table %s asks for it (%s:%zu)%s%.400s", b->asking, b->asking_column, b->def->name, project,
               b->asking_line, others[0] != '\0' ? "\n" : "", others);
}

wb_status wbi_binding_create(wbi_binding **out, const wbi_table_def *def, const wbi_source *source, const char *project,
                             wb_error *err)
{
    wbi_binding *b = wbi_alloc_zeroed(1, sizeof *b);
    if (b == NULL)
        return wbi_fail_nomem(err, sizeof *b);
    b->def = def;
    b->source = source;
    wb_error bound = {0};
    wb_status status = bind_table(b, &bound);
    if (status == WB_OK) {
        *out = b;
        return WB_OK;
    }
    say_who_asked(b, project, &bound);
    if (err != NULL)
        *err = bound;
    wbi_binding_free(b);
    return status;
}

void wbi_binding_free(wbi_binding *b)
{
    if (b == NULL)
        return;
    for (size_t s = 0; s < b->n_slots; s++) {
        wbi_free(b->slots[s].name);
        wbi_expr_free(b->slots[s].expr);
    }
    for (size_t e = 0; e < b->n_exprs; e++) {
        wbi_free(b->exprs[e].text);
        wbi_expr_free(b->exprs[e].expr);
    }
    wbi_expr_free(b->where);
    wbi_free(b->slots);
    wbi_free(b->columns);
    wbi_free(b->exprs);
    wbi_free(b->order_by);
    wbi_free(b);
}

wb_status wbi_binding_expr(wbi_binding *b, const char *text, wbi_where where, wbi_expr_type wanted, size_t *index,
                           wb_error *err)
{
    for (size_t e = 0; e < b->n_exprs; e++)
        if (b->exprs[e].wanted == wanted && strcmp(b->exprs[e].text, text) == 0) {
            *index = e;
            return WB_OK;
        }
    WBI_TRY(wbi_array_grow(&b->exprs, &b->exprs_capacity, b->n_exprs, sizeof *b->exprs, err));
    wbi_event_expr bound = {.wanted = wanted};
    b->over_events = true;
    wb_status status = bind_text(b, text, where, wanted, &bound.expr, err);
    b->over_events = false;
    if (status != WB_OK)
        return status;
    bound.text = wbi_strdup(text);
    if (bound.text == NULL) {
        wbi_expr_free(bound.expr);
        return wbi_fail_nomem(err, strlen(text) + 1);
    }
    b->exprs[b->n_exprs] = bound;
    *index = b->n_exprs++;
    return WB_OK;
}

wbi_expr_type wbi_binding_type(const wbi_binding *b, const char *name, bool *found)
{
    size_t slot = wbi_binding_slot(b, name, WBI_EXPR_ANY);
    if (slot != WBI_NO_SLOT && (b->slots[slot].declared || b->slots[slot].kind != WBI_SLOT_READ)) {
        *found = true;
        return event_type(&b->slots[slot]);
    }
    *found = wbi_source_has(b->source, name) && !is_hidden(b, name);
    return WBI_EXPR_ANY;
}

wb_status wbi_binding_can(const wbi_binding *b, const char *text, bool *can, char missing[64], wb_error *err)
{
    wbi_expr *expr;
    missing[0] = '\0';
    WBI_TRY(wbi_expr_parse(&expr, text, (wbi_where){0}, err));
    *can = true;
    for (size_t k = 0; k < wbi_expr_n_names(expr) && *can; k++) {
        const char *name = wbi_expr_name(expr, k);
        wbi_binding_type(b, name, can);
        if (!*can)
            strncat(missing, is_hidden(b, name) ? column_def(b->def, name)->known_at : name, 63);
    }
    wbi_expr_free(expr);
    return WB_OK;
}
