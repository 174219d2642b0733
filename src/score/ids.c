/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table of hashes by open addressing, at most three quarters full. */
#include "score/ids.h"

#include "base/hash.h"
#include "base/memory.h"

enum { FIRST_PLACES = 1024 };

struct wbi_ids {
    wbi_wide_hash *places; /* of a power of two; low is 0 where nothing is */
    size_t n_places, n;
};

wb_status wbi_ids_create(wbi_ids **out, wb_error *err)
{
    wbi_ids *ids = wbi_alloc_zeroed(1, sizeof *ids);
    if (ids == NULL)
        return wbi_fail_nomem(err, sizeof *ids);
    ids->n_places = FIRST_PLACES;
    ids->places = wbi_alloc_zeroed(ids->n_places, sizeof *ids->places);
    if (ids->places == NULL) {
        wbi_free(ids);
        return wbi_fail_nomem(err, FIRST_PLACES * sizeof *ids->places);
    }
    *out = ids;
    return WB_OK;
}

void wbi_ids_free(wbi_ids *ids)
{
    if (ids == NULL)
        return;
    wbi_free(ids->places);
    wbi_free(ids);
}

/* Where the hash is, or belongs. */
static wbi_wide_hash *place_of(wbi_wide_hash *places, size_t n_places, wbi_wide_hash hash)
{
    size_t at = hash.high & (n_places - 1);
    while (places[at].low != 0 && (places[at].low != hash.low || places[at].high != hash.high))
        at = (at + 1) & (n_places - 1);
    return &places[at];
}

static wb_status grow(wbi_ids *ids, wb_error *err)
{
    const size_t n = 2 * ids->n_places;
    wbi_wide_hash *larger = wbi_alloc_zeroed(n, sizeof *larger);
    if (larger == NULL)
        return wbi_fail_nomem(err, n * sizeof *larger);
    for (size_t at = 0; at < ids->n_places; at++)
        if (ids->places[at].low != 0)
            *place_of(larger, n, ids->places[at]) = ids->places[at];
    wbi_free(ids->places);
    ids->places = larger;
    ids->n_places = n;
    return WB_OK;
}

wb_status wbi_ids_add(wbi_ids *ids, wbi_str id, int64_t cutoff_us, bool *again, wb_error *err)
{
    wbi_wide_hash hash = wbi_hash_wide(id.data, id.length, (uint64_t)cutoff_us);
    hash.low += hash.low == 0;
    if (ids->n >= ids->n_places / 4 * 3)
        WBI_TRY(grow(ids, err));
    wbi_wide_hash *place = place_of(ids->places, ids->n_places, hash);
    *again = place->low != 0;
    ids->n += !*again;
    *place = hash;
    return WB_OK;
}
