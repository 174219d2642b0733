/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Open addressing with linear probing over a power of two of slots, at most three quarters full. A slot keeps 32 bits of
 * the hash: they place the entry when the slots grow, and spare nearly every comparison of bytes.
 *
 * Entries that come in the order of their bytes, as the keys of a sorted file do, need no slots: the next is a new one, or lies
 * a little behind the one before. They get theirs when that is no longer so. */
#include "table/dictionary.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

enum { FIRST_SLOTS = 64, FIRST_ENTRIES = 32, FIRST_BYTES = 512, READ_AHEAD_BYTES = 8 };

typedef struct slot {
    uint32_t tag;
    uint32_t entry; /* code + 1; 0: empty */
} slot;

struct wbi_dictionary {
    bool indexed; /* entries are found by slots; else these are empty, and the entries ascend */
    slot *slots;
    size_t n_slots;
    size_t found; /* where they ascend: the entry that was interned last */
    uint32_t *offsets; /* n + 1 of them: entry `code` is bytes[offsets[code]..offsets[code + 1]) */
    size_t n, entries_capacity;
    char *bytes;
    size_t bytes_capacity;
};

wb_status wbi_dictionary_create(wbi_dictionary **out, wb_error *err)
{
    *out = NULL;
    wbi_dictionary *dictionary = wbi_alloc_zeroed(1, sizeof *dictionary);
    if (dictionary == NULL)
        return wbi_fail_nomem(err, sizeof *dictionary);
    dictionary->offsets = wbi_alloc_array(FIRST_ENTRIES + 1, sizeof *dictionary->offsets);
    dictionary->bytes = wbi_alloc_array(FIRST_BYTES, 1);
    if (dictionary->offsets == NULL || dictionary->bytes == NULL) {
        wbi_dictionary_free(dictionary);
        return wbi_fail_nomem(err, FIRST_BYTES);
    }
    dictionary->entries_capacity = FIRST_ENTRIES;
    dictionary->bytes_capacity = FIRST_BYTES;
    dictionary->offsets[0] = 0;
    *out = dictionary;
    return WB_OK;
}

void wbi_dictionary_free(wbi_dictionary *dictionary)
{
    if (dictionary == NULL)
        return;
    wbi_free(dictionary->slots);
    wbi_free(dictionary->offsets);
    wbi_free(dictionary->bytes);
    wbi_free(dictionary);
}

size_t wbi_dictionary_size(const wbi_dictionary *dictionary)
{
    return dictionary->n;
}

static size_t slots_for(size_t n)
{
    size_t n_slots = FIRST_SLOTS;
    while (n > n_slots / 4 * 3)
        n_slots *= 2;
    return n_slots;
}

size_t wbi_dictionary_bytes(const wbi_dictionary *dictionary, size_t n)
{
    double entry_bytes = dictionary->n == 0 ? 0 : (double)dictionary->offsets[dictionary->n] / (double)dictionary->n;
    return slots_for(n) * sizeof *dictionary->slots + n * sizeof *dictionary->offsets + (size_t)(entry_bytes * (double)n);
}

static wbi_str entry_at(const wbi_dictionary *dictionary, size_t code)
{
    uint32_t begin = dictionary->offsets[code];
    return (wbi_str){dictionary->bytes + begin, dictionary->offsets[code + 1] - begin};
}

wbi_str wbi_dictionary_at(const wbi_dictionary *dictionary, int32_t code)
{
    assert(code >= 0 && (size_t)code < dictionary->n);
    return entry_at(dictionary, (size_t)code);
}

const char *wbi_dictionary_entries(const wbi_dictionary *dictionary, const uint32_t **offsets)
{
    *offsets = dictionary->offsets;
    return dictionary->bytes;
}

static uint32_t tag_of(const char *bytes, size_t n)
{
    return (uint32_t)wbi_hash_bytes(bytes, n);
}

/* The slot that holds `bytes`, or the empty one where they belong. */
static size_t probe(const wbi_dictionary *dictionary, uint32_t tag, wbi_str bytes)
{
    size_t mask = dictionary->n_slots - 1, at = tag & mask;
    while (dictionary->slots[at].entry != 0 &&
           (dictionary->slots[at].tag != tag ||
            !wbi_str_equal(entry_at(dictionary, dictionary->slots[at].entry - 1), bytes)))
        at = (at + 1) & mask;
    return at;
}

/* The first entry from `from` on that is not less than `bytes`, looked for in growing steps; n when all are less. */
static size_t seek(const wbi_dictionary *dictionary, size_t from, wbi_str bytes)
{
    size_t low = from, step = 1;
    for (; step <= dictionary->n - low && wbi_str_compare(entry_at(dictionary, low + step - 1), bytes) < 0; step *= 2)
        low += step;
    size_t high = step <= dictionary->n - low ? low + step - 1 : dictionary->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (wbi_str_compare(entry_at(dictionary, middle), bytes) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_entry(const wbi_dictionary *dictionary, size_t code, wbi_str bytes)
{
    return code < dictionary->n && wbi_str_equal(entry_at(dictionary, code), bytes);
}

int32_t wbi_dictionary_find(const wbi_dictionary *dictionary, const char *bytes, size_t n)
{
    const wbi_str text = {bytes, n};
    if (dictionary->indexed)
        return (int32_t)dictionary->slots[probe(dictionary, tag_of(bytes, n), text)].entry - 1;
    const size_t code = seek(dictionary, 0, text);
    return is_entry(dictionary, code, text) ? (int32_t)code : -1;
}

static void put_slot(slot *slots, size_t n_slots, slot added)
{
    const size_t mask = n_slots - 1;
    size_t at = added.tag & mask;
    while (slots[at].entry != 0)
        at = (at + 1) & mask;
    slots[at] = added;
}

static wb_status make_slots(slot **out, size_t n_slots, wb_error *err)
{
    *out = wbi_alloc_aligned(n_slots, sizeof **out);
    if (*out == NULL)
        return wbi_fail_nomem(err, n_slots * sizeof **out);
    memset(*out, 0, n_slots * sizeof **out);
    return WB_OK;
}

static void replace_slots(wbi_dictionary *dictionary, slot *slots, size_t n_slots)
{
    wbi_free(dictionary->slots);
    dictionary->slots = slots;
    dictionary->n_slots = n_slots;
}

static wb_status grow_slots(wbi_dictionary *dictionary, wb_error *err)
{
    const size_t n_slots = dictionary->n_slots * 2;
    slot *slots;
    WBI_TRY(make_slots(&slots, n_slots, err));
    for (size_t i = 0; i < dictionary->n_slots; i++)
        if (dictionary->slots[i].entry != 0)
            put_slot(slots, n_slots, dictionary->slots[i]);
    replace_slots(dictionary, slots, n_slots);
    return WB_OK;
}

wb_status wbi_dictionary_index(wbi_dictionary *dictionary, wb_error *err)
{
    const size_t n_slots = slots_for(dictionary->n);
    slot *slots;
    if (dictionary->indexed)
        return WB_OK;
    if (dictionary->n_slots < n_slots) {
        WBI_TRY(make_slots(&slots, n_slots, err));
        replace_slots(dictionary, slots, n_slots);
    }
    for (size_t code = 0; code < dictionary->n; code++) {
        const wbi_str bytes = entry_at(dictionary, code);
        put_slot(dictionary->slots, dictionary->n_slots, (slot){tag_of(bytes.data, bytes.length), (uint32_t)code + 1});
    }
    dictionary->indexed = true;
    return WB_OK;
}

static wb_status grow_entries(wbi_dictionary *dictionary, wb_error *err)
{
    size_t capacity = dictionary->entries_capacity * 2;
    uint32_t *offsets = wbi_realloc_array(dictionary->offsets, capacity + 1, sizeof *offsets);
    if (offsets == NULL)
        return wbi_fail_nomem(err, (capacity + 1) * sizeof *offsets);
    dictionary->offsets = offsets;
    dictionary->entries_capacity = capacity;
    return WB_OK;
}

static wb_status grow_bytes(wbi_dictionary *dictionary, size_t wanted, wb_error *err)
{
    size_t capacity = dictionary->bytes_capacity;
    while (capacity < wanted)
        capacity = capacity > SIZE_MAX / 2 ? wanted : capacity * 2;
    char *bytes = wbi_realloc_array(dictionary->bytes, capacity, 1);
    if (bytes == NULL)
        return wbi_fail_nomem(err, capacity);
    dictionary->bytes = bytes;
    dictionary->bytes_capacity = capacity;
    return WB_OK;
}

static wb_status make_slot(wbi_dictionary *dictionary, wb_error *err)
{
    return dictionary->n >= dictionary->n_slots / 4 * 3 ? grow_slots(dictionary, err) : WB_OK;
}

/* Room for one more entry of `length` bytes. */
static wb_status make_room(wbi_dictionary *dictionary, size_t length, wb_error *err)
{
    size_t used = dictionary->offsets[dictionary->n];
    if (dictionary->n >= INT32_MAX)
        return wbi_fail(err, WB_ERR_NOMEM, "more than %d distinct values in one column", INT32_MAX);
    if (length > UINT32_MAX - used)
        return wbi_fail(err, WB_ERR_NOMEM, "the distinct values of one column exceed 4 GiB");
    if (dictionary->n == dictionary->entries_capacity)
        WBI_TRY(grow_entries(dictionary, err));
    if (used + length + READ_AHEAD_BYTES > dictionary->bytes_capacity)
        WBI_TRY(grow_bytes(dictionary, used + length + READ_AHEAD_BYTES, err));
    return WB_OK;
}

static void add_entry(wbi_dictionary *dictionary, wbi_str bytes)
{
    uint32_t begin = dictionary->offsets[dictionary->n];
    if (bytes.length > 0)
        memcpy(dictionary->bytes + begin, bytes.data, bytes.length);
    dictionary->n++;
    dictionary->offsets[dictionary->n] = begin + (uint32_t)bytes.length;
}

static wb_status intern(wbi_dictionary *dictionary, uint32_t tag, wbi_str bytes, int32_t *code, wb_error *err)
{
    size_t at = probe(dictionary, tag, bytes);
    if (dictionary->slots[at].entry == 0) {
        size_t n_slots = dictionary->n_slots;
        WBI_TRY(make_slot(dictionary, err));
        WBI_TRY(make_room(dictionary, bytes.length, err));
        if (dictionary->n_slots != n_slots)
            at = probe(dictionary, tag, bytes);
        add_entry(dictionary, bytes);
        dictionary->slots[at] = (slot){tag, (uint32_t)dictionary->n};
    }
    *code = (int32_t)dictionary->slots[at].entry - 1;
    return WB_OK;
}

wb_status wbi_dictionary_intern(wbi_dictionary *dictionary, const char *bytes, size_t n, int32_t *code, wb_error *err)
{
    WBI_TRY(wbi_dictionary_index(dictionary, err));
    return intern(dictionary, tag_of(bytes, n), (wbi_str){bytes, n}, code, err);
}

wb_status wbi_dictionary_append(wbi_dictionary *dictionary, const char *bytes, size_t n, wb_error *err)
{
    WBI_TRY(make_room(dictionary, n, err));
    add_entry(dictionary, (wbi_str){bytes, n});
    return WB_OK;
}

/* What an entry's lookup will touch is fetched beforehand, step by step: its slot, where the bytes of the entry there lie,
 * and these bytes. 0: nothing is there yet. */
static size_t likely_entry(const wbi_dictionary *dictionary, uint32_t tag)
{
    enum { SLOTS_A_LINE = 8 };
    size_t mask = dictionary->n_slots - 1, at = tag & mask;
    for (size_t i = 0; i < SLOTS_A_LINE && dictionary->slots[at].entry != 0; i++, at = (at + 1) & mask)
        if (dictionary->slots[at].tag == tag)
            return dictionary->slots[at].entry;
    return 0;
}

static inline __attribute__((always_inline)) void fetch_offsets(const wbi_dictionary *dictionary, uint32_t tag)
{
    size_t entry = likely_entry(dictionary, tag);
    if (entry != 0)
        __builtin_prefetch(&dictionary->offsets[entry - 1]);
}

static inline __attribute__((always_inline)) void fetch_bytes(const wbi_dictionary *dictionary, uint32_t tag)
{
    size_t entry = likely_entry(dictionary, tag);
    if (entry != 0)
        __builtin_prefetch(dictionary->bytes + dictionary->offsets[entry - 1]);
}

/* Without slots: as many of the first entries of `other` as ascend and are either here or new at the end. These go on behind
 * the last ones, or begin anew. */
static wb_status intern_ascending(size_t *n_interned, wbi_dictionary *dictionary, const wbi_dictionary *other, int32_t *codes,
                                  wb_error *err)
{
    size_t from = dictionary->found, i = 0;
    if (other->n > 0 && from < dictionary->n && wbi_str_compare(entry_at(other, 0), entry_at(dictionary, from)) < 0)
        from = 0;
    for (; i < other->n; i++) {
        const wbi_str bytes = entry_at(other, i);
        const size_t code = seek(dictionary, from, bytes);
        if (code == dictionary->n) {
            WBI_TRY(make_room(dictionary, bytes.length, err));
            add_entry(dictionary, bytes);
        } else if (!is_entry(dictionary, code, bytes)) {
            break;
        }
        codes[i] = (int32_t)code;
        from = code;
    }
    dictionary->found = from;
    *n_interned = i;
    return WB_OK;
}

static wb_status intern_anyhow(wbi_dictionary *dictionary, const wbi_dictionary *other, size_t first, int32_t *codes,
                               wb_error *err)
{
    enum { STEP = 8, AHEAD = 3 * STEP, RING = 32 };
    uint32_t tags[RING];
    const size_t n = other->n;
    for (size_t i = first; i < n + AHEAD; i++) {
        if (i < n) {
            wbi_str bytes = entry_at(other, i);
            tags[i % RING] = tag_of(bytes.data, bytes.length);
            __builtin_prefetch(&dictionary->slots[tags[i % RING] & (dictionary->n_slots - 1)]);
        }
        if (i >= first + STEP && i - STEP < n)
            fetch_offsets(dictionary, tags[(i - STEP) % RING]);
        if (i >= first + 2 * STEP && i - 2 * STEP < n)
            fetch_bytes(dictionary, tags[(i - 2 * STEP) % RING]);
        if (i >= first + AHEAD)
            WBI_TRY(intern(dictionary, tags[(i - AHEAD) % RING], entry_at(other, i - AHEAD), &codes[i - AHEAD], err));
    }
    return WB_OK;
}

wb_status wbi_dictionary_intern_all(wbi_dictionary *dictionary, const wbi_dictionary *other, int32_t *codes,
                                    wb_error *err)
{
    size_t n_interned = 0;
    if (!dictionary->indexed)
        WBI_TRY(intern_ascending(&n_interned, dictionary, other, codes, err));
    if (n_interned == other->n)
        return WB_OK;
    WBI_TRY(wbi_dictionary_index(dictionary, err));
    return intern_anyhow(dictionary, other, n_interned, codes, err);
}

void wbi_dictionary_clear(wbi_dictionary *dictionary)
{
    if (dictionary->indexed)
        memset(dictionary->slots, 0, dictionary->n_slots * sizeof *dictionary->slots);
    dictionary->indexed = false;
    dictionary->n = dictionary->found = 0;
}

/* The first 16 bytes as two big-endian numbers, padded with 0: they decide nearly all comparisons. */
typedef struct sortable {
    uint64_t prefix, more;
    uint32_t code;
} sortable;

static uint64_t big_endian(const char *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value << 8 | (i < n ? (unsigned char)bytes[i] : 0);
    return value;
}

static sortable sortable_of(wbi_str text, size_t code)
{
    return (sortable){big_endian(text.data, text.length),
                      text.length > 8 ? big_endian(text.data + 8, text.length - 8) : 0, (uint32_t)code};
}

static int compare_sortables(const void *left, const void *right, void *dictionary)
{
    const sortable *a = left, *b = right;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    if (a->more != b->more)
        return a->more < b->more ? -1 : 1;
    return wbi_str_compare(entry_at(dictionary, a->code), entry_at(dictionary, b->code));
}

/* Whether the entries ascend, as those of a file that is sorted by them do. */
static bool is_sorted(const wbi_dictionary *dictionary)
{
    sortable before = {0};
    for (size_t code = 0; code < dictionary->n; code++) {
        const sortable next = sortable_of(entry_at(dictionary, code), code);
        if (code > 0 && compare_sortables(&before, &next, (void *)(uintptr_t)dictionary) >= 0)
            return false;
        before = next;
    }
    return true;
}

static wb_status rank_by_sorting(int32_t *rank, const wbi_dictionary *dictionary, wb_error *err)
{
    const size_t n = dictionary->n;
    sortable *sorted = wbi_alloc_array(n, sizeof *sorted);
    if (sorted == NULL)
        return wbi_fail_nomem(err, n * sizeof *sorted);
    for (size_t code = 0; code < n; code++)
        sorted[code] = sortable_of(entry_at(dictionary, code), code);
    qsort_r(sorted, n, sizeof *sorted, compare_sortables, (void *)(uintptr_t)dictionary);
    for (size_t place = 0; place < n; place++)
        rank[sorted[place].code] = (int32_t)place;
    wbi_free(sorted);
    return WB_OK;
}

wb_status wbi_dictionary_ranks(const wbi_dictionary *dictionary, int32_t **rank, wb_error *err)
{
    const size_t n = dictionary->n;
    int32_t *ranks = wbi_alloc_array(n, sizeof *ranks);
    wb_status status = WB_OK;
    *rank = NULL;
    if (ranks == NULL)
        return wbi_fail_nomem(err, n * sizeof *ranks);
    if (!dictionary->indexed || is_sorted(dictionary))
        for (size_t code = 0; code < n; code++)
            ranks[code] = (int32_t)code;
    else
        status = rank_by_sorting(ranks, dictionary, err);
    if (status == WB_OK)
        *rank = ranks;
    else
        wbi_free(ranks);
    return status;
}
