/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/definitions.h"

#include <string.h>

#include "base/array.h"
#include "base/memory.h"

static void free_definition(wbi_feature_def *def)
{
    wbi_free(def->name);
    wbi_free(def->table);
    wbi_free(def->of);
    wbi_free(def->where);
    wbi_free(def->expr);
    wbi_free(def->after_last);
    wbi_free(def->reason);
}

void wbi_definitions_free(wbi_definitions *definitions)
{
    for (size_t i = 0; i < definitions->n; i++)
        free_definition(&definitions->items[i]);
    wbi_free(definitions->items);
    *definitions = (wbi_definitions){0};
}

static bool copy_text(char **to, const char *from)
{
    *to = from == NULL ? NULL : wbi_strdup(from);
    return from == NULL || *to != NULL;
}

wb_status wbi_definitions_add(wbi_definitions *definitions, const wbi_feature_def *def, wb_error *err)
{
    for (size_t i = 0; i < definitions->n; i++)
        if (strcmp(definitions->items[i].name, def->name) == 0)
            return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){NULL, def->line, 0}, def->name, strlen(def->name),
                               "two features are called '%s'", def->name);
    WBI_TRY(wbi_array_grow(&definitions->items, &definitions->capacity, definitions->n, sizeof *definitions->items, err));
    wbi_feature_def copy = *def;
    copy.name = copy.table = copy.of = copy.where = copy.expr = copy.after_last = copy.reason = NULL;
    if (!copy_text(&copy.name, def->name) || !copy_text(&copy.table, def->table) || !copy_text(&copy.of, def->of) ||
        !copy_text(&copy.where, def->where) || !copy_text(&copy.expr, def->expr) ||
        !copy_text(&copy.after_last, def->after_last) || !copy_text(&copy.reason, def->reason)) {
        free_definition(&copy);
        return wbi_fail_nomem(err, strlen(def->name));
    }
    definitions->items[definitions->n++] = copy;
    return WB_OK;
}

static void free_note(wbi_note *one)
{
    wbi_free(one->text);
    wbi_free(one->table);
    wbi_free(one->column);
}

void wbi_notes_free(wbi_notes *notes)
{
    for (size_t i = 0; i < notes->n; i++)
        free_note(&notes->items[i]);
    wbi_free(notes->items);
    *notes = (wbi_notes){0};
}

wb_status wbi_notes_add(wbi_notes *notes, const wbi_note *given, wb_error *err)
{
    WBI_TRY(wbi_array_grow(&notes->items, &notes->capacity, notes->n, sizeof *notes->items, err));
    wbi_note *copy = &notes->items[notes->n];
    *copy = (wbi_note){0};
    if (!copy_text(&copy->text, given->text) || !copy_text(&copy->table, given->table) ||
        !copy_text(&copy->column, given->column)) {
        free_note(copy);
        return wbi_fail_nomem(err, strlen(given->text));
    }
    notes->n++;
    return WB_OK;
}
