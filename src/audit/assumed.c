/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audit/assumed.h"

#include <string.h>

#include "base/array.h"
#include "base/memory.h"

/* Slots of one table that something depends on. */
typedef struct dependence {
    const wbi_binding *binding;
    bool *on;
} dependence;

static void depend_on(dependence *d, const wbi_expr *expr)
{
    size_t cursor = 0, slot;
    while (wbi_expr_next_slot(expr, &cursor, &slot)) {
        if (d->on[slot])
            continue;
        d->on[slot] = true;
        if (d->binding->slots[slot].kind == WBI_SLOT_COMPUTED)
            depend_on(d, d->binding->slots[slot].expr);
    }
}

static void depend_on_index(dependence *d, size_t expr)
{
    if (expr != WBI_NONE)
        depend_on(d, d->binding->exprs[expr].expr);
}

static bool is_constant(const wbi_binding *b, const wbi_slot *slot)
{
    for (size_t i = 0; i < b->def->n_columns; i++)
        if (b->def->columns[i].fixed && strcmp(b->def->columns[i].name, slot->name) == 0)
            return true;
    return false;
}

/* In a table without time `fixed` says what becomes a feature, and no more: its columns are seen at every cutoff. */
static bool is_assumed(const wbi_binding *b, const wbi_slot *slot)
{
    return slot->kind == WBI_SLOT_READ && slot->type != WBI_EXPR_TIME && slot->known_at == WBI_NO_SLOT &&
           !slot->known_from_start && (b->def->time == NULL || !is_constant(b, slot));
}

typedef struct assumed_list {
    wb_assumed_column *items;
    size_t n, capacity;
} assumed_list;

static wb_status note(assumed_list *list, const dependence *d, const char *feature, wb_error *err)
{
    const wbi_binding *b = d->binding;
    for (size_t s = 0; s < b->n_slots; s++) {
        if (!d->on[s] || !is_assumed(b, &b->slots[s]))
            continue;
        const char *column = b->columns[b->slots[s].read].name;
        size_t at = 0;
        while (at < list->n && (list->items[at].table != b->def->name || strcmp(list->items[at].column, column) != 0))
            at++;
        if (at == list->n) {
            WBI_TRY(wbi_array_grow(&list->items, &list->capacity, at, sizeof *list->items, err));
            list->items[list->n++] = (wb_assumed_column){
                .table = b->def->name, .column = column, .at_every_cutoff = b->def->time == NULL};
        }
        if (feature != NULL && list->items[at].feature == NULL)
            list->items[at].feature = feature;
        list->items[at].n_features += feature != NULL;
    }
    return WB_OK;
}

static wb_status note_table(assumed_list *list, const wbi_plan *plan, size_t table, wb_error *err)
{
    dependence d = {plan->bindings[table], NULL};
    size_t bytes = d.binding->n_slots * sizeof *d.on;
    d.on = wbi_alloc_zeroed(d.binding->n_slots, sizeof *d.on);
    if (d.on == NULL)
        return wbi_fail_nomem(err, bytes);
    wb_status status = WB_OK;
    for (size_t f = 0; f < plan->n_features; f++) {
        if (plan->features[f].table != table)
            continue;
        memset(d.on, 0, bytes);
        depend_on_index(&d, plan->features[f].of);
        depend_on_index(&d, plan->features[f].where);
        WBI_TRY_CLEANUP(note(list, &d, plan->features[f].def->name, err));
    }
    memset(d.on, 0, bytes);
    if (d.binding->where != NULL)
        depend_on(&d, d.binding->where);
    if (plan->population.table == table) {
        depend_on_index(&d, plan->population.where);
        depend_on_index(&d, plan->population.since);
        depend_on_index(&d, plan->population.not_after);
    }
    WBI_TRY_CLEANUP(note(list, &d, NULL, err));
cleanup:
    wbi_free(d.on);
    return status;
}

wb_status wbi_assumed_columns(wb_assumed_column **out, size_t *n, const wbi_plan *plan, wb_error *err)
{
    assumed_list list = {0};
    for (size_t t = 0; t < plan->n_tables; t++) {
        wb_status status = note_table(&list, plan, t, err);
        if (status != WB_OK) {
            wbi_free(list.items);
            return status;
        }
    }
    *out = list.items;
    *n = list.n;
    return WB_OK;
}
