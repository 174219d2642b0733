/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events/redact.h"

#include <string.h>

#include "base/memory.h"

static const wbi_slot *slot_reading(const wbi_binding *b, size_t k, size_t *index)
{
    for (size_t s = 0; s < b->n_slots; s++)
        if (b->slots[s].kind == WBI_SLOT_READ && b->slots[s].read == k) {
            *index = s;
            return &b->slots[s];
        }
    return NULL;
}

static const wbi_column_def *def_named(const wbi_table_def *def, const char *name)
{
    for (size_t i = 0; i < def->n_columns; i++)
        if (strcmp(def->columns[i].name, name) == 0)
            return &def->columns[i];
    return NULL;
}

/* The column of the binding that reads a declared column. */
static size_t column_of(const wbi_binding *b, const char *name)
{
    for (size_t s = 0; s < b->n_slots; s++)
        if (b->slots[s].kind == WBI_SLOT_READ && b->slots[s].declared && strcmp(b->slots[s].name, name) == 0)
            return b->slots[s].read;
    return WBI_NO_SLOT;
}

static bool is_declared(const wbi_binding *b, size_t k)
{
    size_t s;
    const wbi_slot *slot = slot_reading(b, k, &s);
    return slot != NULL && slot->declared;
}

/* The declared column of the binding that reads the same column of the file; without one, a column that reads it as a
 * time. */
static size_t other_reader(const wbi_binding *b, size_t k)
{
    size_t as_time = WBI_NO_SLOT;
    for (size_t j = 0; j < b->n_columns; j++) {
        if (j == k || strcmp(b->columns[j].name, b->columns[k].name) != 0)
            continue;
        if (is_declared(b, j))
            return j;
        if (b->columns[j].type == WB_TYPE_TIME)
            as_time = j;
    }
    return as_time;
}

/* A column that the table declares. */
static wbi_known_rule declared_rule(const wbi_binding *b, const wbi_column_def *def, bool is_time)
{
    wbi_known_rule rule = {.from_own_value = is_time, .known_at = WBI_NO_SLOT};
    if (def->known_at == NULL)
        return rule;
    if (b->def->time != NULL && strcmp(def->known_at, b->def->time) == 0)
        return (wbi_known_rule){.known_at = WBI_NO_SLOT};
    rule.known_at = column_of(b, def->known_at);
    rule.known_at_computed = rule.known_at == WBI_NO_SLOT;
    return rule;
}

/* A column that only an expression names is known as the file's column is where the table declares it. */
static wbi_known_rule undeclared_rule(const wbi_binding *b, size_t k)
{
    bool is_time = b->columns[k].type == WB_TYPE_TIME;
    size_t other = other_reader(b, k), s;
    wbi_known_rule rule = {.from_own_value = is_time, .known_at = WBI_NO_SLOT};
    if (other == WBI_NO_SLOT)
        return rule;
    if (is_declared(b, other)) {
        const wbi_column_def *def = def_named(b->def, slot_reading(b, other, &s)->name);
        rule = declared_rule(b, def, is_time);
        if (def->known_at != NULL)
            return rule;
    }
    if (!is_time && b->columns[other].type == WB_TYPE_TIME)
        rule.known_at = other;
    return rule;
}

wb_status wbi_known_rules(wbi_known_rule **rules, const wbi_binding *b, wb_error *err)
{
    wbi_known_rule *made = wbi_alloc_array(b->n_columns, sizeof *made);
    if (made == NULL)
        return wbi_fail_nomem(err, b->n_columns * sizeof *made);
    for (size_t k = 0; k < b->n_columns; k++) {
        size_t s = WBI_NO_SLOT;
        const wbi_slot *slot = slot_reading(b, k, &s);
        if (slot != NULL && slot->declared)
            made[k] = declared_rule(b, def_named(b->def, slot->name), b->columns[k].type == WB_TYPE_TIME);
        else if (s == b->group_by)
            made[k] = (wbi_known_rule){.known_at = WBI_NO_SLOT}; /* which lines belong together is known with them */
        else
            made[k] = undeclared_rule(b, k);
    }
    *rules = made;
    return WB_OK;
}

static size_t place_of(const wbi_binding *b, size_t k)
{
    return k + (b->def->time != NULL ? 2 : 1);
}

bool wbi_row_known(const wbi_binding *b, const wbi_packed_rows *rows, size_t row, int64_t cutoff_us)
{
    return b->def->time == NULL || wbi_packed_time(&rows->columns[1], row) + b->def->delay_us < cutoff_us;
}

static bool has_come(int64_t time_us, int64_t cutoff_us)
{
    return time_us != WB_TIME_MISSING && time_us < cutoff_us;
}

bool wbi_cell_known(const wbi_binding *b, const wbi_known_rule *rules, const wbi_packed_rows *rows, size_t row, size_t k,
                    int64_t cutoff_us)
{
    const wbi_known_rule *rule = &rules[k];
    if (rule->from_own_value && !has_come(wbi_packed_time(&rows->columns[place_of(b, k)], row), cutoff_us))
        return false;
    return rule->known_at == WBI_NO_SLOT ||
           has_come(wbi_packed_time(&rows->columns[place_of(b, rule->known_at)], row), cutoff_us);
}

/* A time that is emptied makes what is known at it unknown, which it was already. */
wb_status wbi_redact(wbi_packed_rows *rows, const wbi_binding *b, int64_t cutoff_us, wb_error *err)
{
    wbi_known_rule *rules;
    WBI_TRY(wbi_known_rules(&rules, b, err));
    uint8_t *keep = wbi_alloc_array(rows->n_rows, 1);
    if (keep == NULL) {
        wbi_free(rules);
        return wbi_fail_nomem(err, rows->n_rows);
    }
    for (size_t row = 0; row < rows->n_rows; row++) {
        keep[row] = wbi_row_known(b, rows, row, cutoff_us);
        for (size_t k = 0; k < b->n_columns; k++)
            if (!wbi_cell_known(b, rules, rows, row, k, cutoff_us))
                wbi_packed_set_missing(&rows->columns[place_of(b, k)], row);
    }
    wbi_packed_keep(rows, keep);
    wbi_free(keep);
    wbi_free(rules);
    return WB_OK;
}

wb_status wbi_redact_unmask(wbi_binding *b, wb_error *err)
{
    wbi_known_rule *rules;
    WBI_TRY(wbi_known_rules(&rules, b, err));
    for (size_t s = 0; s < b->n_slots; s++) {
        wbi_slot *slot = &b->slots[s];
        if (slot->kind != WBI_SLOT_READ || rules[slot->read].known_at_computed)
            continue;
        slot->known_from_start = true;
        slot->known_at = WBI_NO_SLOT;
    }
    wbi_free(rules);
    return WB_OK;
}
