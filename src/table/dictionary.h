/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distinct byte strings numbered in the order of first appearance. */
#ifndef WINBACK_TABLE_DICTIONARY_H
#define WINBACK_TABLE_DICTIONARY_H

#include "base/error.h"
#include "base/text.h"

typedef struct wbi_dictionary wbi_dictionary;

WB_WARN_UNUSED wb_status wbi_dictionary_create(wbi_dictionary **out, wb_error *err);
void wbi_dictionary_free(wbi_dictionary *dictionary); /* NULL-safe */
/* The code of `bytes`, added when new. At most INT32_MAX entries of 4 GiB in all. */
WB_WARN_UNUSED wb_status wbi_dictionary_intern(wbi_dictionary *dictionary, const char *bytes, size_t n, int32_t *code,
                                               wb_error *err);
/* Adds `bytes` under the next code without looking whether they are there: for lists that are only read by code or handed to
 * wbi_dictionary_intern_all. After this nothing can be found, interned or ranked until the dictionary is cleared. */
WB_WARN_UNUSED wb_status wbi_dictionary_append(wbi_dictionary *dictionary, const char *bytes, size_t n, wb_error *err);
/* The code here of each entry of `other`, in the order of its codes, added when new. Quickest where they ascend. */
WB_WARN_UNUSED wb_status wbi_dictionary_intern_all(wbi_dictionary *dictionary, const wbi_dictionary *other,
                                                   int32_t *codes, wb_error *err);
/* Forgets all entries, keeping memory. */
void wbi_dictionary_clear(wbi_dictionary *dictionary);
/* The code of `bytes`, -1 when absent. Many threads may look up while nobody interns. */
int32_t wbi_dictionary_find(const wbi_dictionary *dictionary, const char *bytes, size_t n);
/* Has entries that wbi_dictionary_intern_all added in ascending order found by hash from now on, not by bisection: for those
 * who look up many. */
WB_WARN_UNUSED wb_status wbi_dictionary_index(wbi_dictionary *dictionary, wb_error *err);
size_t wbi_dictionary_size(const wbi_dictionary *dictionary);
/* Bytes of memory that it takes, or would take with `n` entries as long as those it has. */
size_t wbi_dictionary_bytes(const wbi_dictionary *dictionary, size_t n);
/* Borrowed until the next intern. `code` must exist. Eight bytes from where it begins may be read. */
wbi_str wbi_dictionary_at(const wbi_dictionary *dictionary, int32_t code);
/* The bytes of all entries, borrowed as well: entry `code` is those from (*offsets)[code] up to (*offsets)[code + 1]. */
const char *wbi_dictionary_entries(const wbi_dictionary *dictionary, const uint32_t **offsets);
/* rank[code] = place of the entry among all, ordered by bytes; a new array of size entries, freed by wbi_free. */
WB_WARN_UNUSED wb_status wbi_dictionary_ranks(const wbi_dictionary *dictionary, int32_t **rank, wb_error *err);

#endif
