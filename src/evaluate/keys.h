/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which rows of two tables have the same key: the bytes of an id, and where it is asked for a cutoff. */
#ifndef WINBACK_EVALUATE_KEYS_H
#define WINBACK_EVALUATE_KEYS_H

#include "table/table.h"

/* Where the keys of a table's rows are. All borrowed. */
typedef struct wbi_key_rows {
    const wb_table *table;
    size_t id;              /* a column of texts or of a category */
    const int64_t *cutoffs; /* NULL: not part of the key */
} wbi_key_rows;
wbi_str wbi_key_id(const wbi_key_rows *rows, size_t row);

/* Entries are rows of the first table, then those of the second. */
typedef struct wbi_keys {
    wbi_key_rows of[2];
    struct wbi_key_place *places; /* of a power of two, at most three quarters full */
    size_t n_places, n;
} wbi_keys;

/* Room for `n` entries; there may be more. `second` may be NULL. Memory: 21 to 43 bytes an entry. */
WB_WARN_UNUSED wb_status wbi_keys_create(wbi_keys *out, const wbi_key_rows *first, const wbi_key_rows *second, size_t n,
                                         wb_error *err);
void wbi_keys_free(wbi_keys *keys); /* safe on a zeroed struct */
/* first[i] = the entry that came with the key of entries[i] before, or that entry itself, which is then there. At most
 * WBI_KEYS_AT_ONCE of them, below UINT32_MAX. */
enum { WBI_KEYS_AT_ONCE = 64 };
WB_WARN_UNUSED wb_status wbi_keys_add(wbi_keys *keys, uint32_t *first, const uint32_t *entries, size_t n, wb_error *err);

#endif
