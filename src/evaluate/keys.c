/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Open addressing. Of a key 96 bits of its hash are kept, and taken for it: with four billion rows two keys have the same by a
 * chance of one in ten billion, and the bytes, all over memory, need not be looked at. */
#include "evaluate/keys.h"

#include "base/hash.h"
#include "base/memory.h"

struct wbi_key_place {
    uint64_t low;
    uint32_t high;
    uint32_t entry; /* + 1; 0: free */
};

enum { FEWEST_PLACES = 64 };

wbi_str wbi_key_id(const wbi_key_rows *rows, size_t row)
{
    const wbi_column *column = &rows->table->columns[rows->id];
    if (column->type == WB_TYPE_CATEGORY)
        return column->codes[row] < 0 ? (wbi_str){"", 0} : wbi_dictionary_at(column->dictionary, column->codes[row]);
    wbi_str id;
    id.data = wb_table_text(rows->table, rows->id, row, &id.length);
    return id;
}

static const wbi_key_rows *side_of(const wbi_keys *keys, size_t entry, size_t *row)
{
    const size_t n_first = keys->of[0].table->n_rows;
    const bool second = entry >= n_first;
    *row = second ? entry - n_first : entry;
    return &keys->of[second];
}

static wbi_wide_hash hash_of(const wbi_keys *keys, size_t entry)
{
    size_t row;
    const wbi_key_rows *rows = side_of(keys, entry, &row);
    const wbi_str id = wbi_key_id(rows, row);
    return wbi_hash_wide(id.data, id.length, rows->cutoffs == NULL ? 0 : (uint64_t)rows->cutoffs[row]);
}

wb_status wbi_keys_create(wbi_keys *out, const wbi_key_rows *first, const wbi_key_rows *second, size_t n, wb_error *err)
{
    size_t n_places = FEWEST_PLACES;
    while (n_places / 4 * 3 < n)
        n_places *= 2;
    *out = (wbi_keys){.of = {*first, second == NULL ? *first : *second}, .n_places = n_places};
    out->places = wbi_alloc_zeroed(n_places, sizeof *out->places);
    return out->places != NULL ? WB_OK : wbi_fail_nomem(err, n_places * sizeof *out->places);
}

void wbi_keys_free(wbi_keys *keys)
{
    wbi_free(keys->places);
    *keys = (wbi_keys){.places = NULL};
}

static wb_status grow(wbi_keys *keys, wb_error *err)
{
    const size_t n = 2 * keys->n_places;
    struct wbi_key_place *larger = wbi_alloc_zeroed(n, sizeof *larger);
    if (larger == NULL)
        return wbi_fail_nomem(err, n * sizeof *larger);
    for (size_t k = 0; k < keys->n_places; k++) {
        size_t at = keys->places[k].low & (n - 1);
        if (keys->places[k].entry == 0)
            continue;
        while (larger[at].entry != 0)
            at = (at + 1) & (n - 1);
        larger[at] = keys->places[k];
    }
    wbi_free(keys->places);
    keys->places = larger;
    keys->n_places = n;
    return WB_OK;
}

static uint32_t find_or_add(wbi_keys *keys, wbi_wide_hash hash, size_t entry)
{
    size_t at = hash.low & (keys->n_places - 1);
    for (struct wbi_key_place *place; (place = &keys->places[at])->entry != 0; at = (at + 1) & (keys->n_places - 1))
        if (place->low == hash.low && place->high == (uint32_t)hash.high)
            return place->entry - 1;
    keys->places[at] = (struct wbi_key_place){hash.low, (uint32_t)hash.high, (uint32_t)entry + 1};
    keys->n++;
    return (uint32_t)entry;
}

/* All are hashed first, so that their places are on the way from memory together. */
wb_status wbi_keys_add(wbi_keys *keys, uint32_t *first, const uint32_t *entries, size_t n, wb_error *err)
{
    wbi_wide_hash hashes[WBI_KEYS_AT_ONCE];
    if (keys->n + n > keys->n_places / 4 * 3)
        WBI_TRY(grow(keys, err));
    for (size_t i = 0; i < n; i++) {
        hashes[i] = hash_of(keys, entries[i]);
        __builtin_prefetch(&keys->places[hashes[i].low & (keys->n_places - 1)]);
    }
    for (size_t i = 0; i < n; i++)
        first[i] = find_or_add(keys, hashes[i], entries[i]);
    return WB_OK;
}
