/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One column of the file under several names or types. */
#include <string.h>

#include "events/binding.h"

/* The declared slot that reads the same column of the file, else one that reads it as a time; WBI_NO_SLOT for none. */
static size_t namesake_of(const wbi_binding *b, const wbi_slot *slot)
{
    size_t as_time = WBI_NO_SLOT;
    for (size_t s = 0; s < b->n_slots; s++) {
        const wbi_slot *other = &b->slots[s];
        if (other == slot || other->kind != WBI_SLOT_READ ||
            strcmp(b->columns[other->read].name, b->columns[slot->read].name) != 0)
            continue;
        if (other->declared)
            return s;
        if (other->type == WBI_EXPR_TIME)
            as_time = s;
    }
    return as_time;
}

/* Another name or type for a column of the file changes nothing of when its values are known. */
static void mask_like(wbi_binding *b, wbi_slot *slot, size_t namesake)
{
    const wbi_slot *other = &b->slots[namesake];
    slot->known_from_start = other->known_from_start;
    slot->known_at = other->known_at;
    if (slot->known_at == WBI_NO_SLOT && other->type == WBI_EXPR_TIME && slot->type != WBI_EXPR_TIME)
        slot->known_at = namesake;
}

void wbi_binding_finish(wbi_binding *b)
{
    for (size_t s = 0; s < b->n_slots; s++) {
        wbi_slot *slot = &b->slots[s];
        if (slot->kind != WBI_SLOT_READ || slot->declared || s == b->group_by)
            continue;
        size_t namesake = namesake_of(b, slot);
        if (namesake != WBI_NO_SLOT)
            mask_like(b, slot, namesake);
    }
}
