/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"

enum { CHUNK_BYTES = 128 << 10 };

struct wbi_arena_chunk {
    wbi_arena_chunk *next;
    size_t capacity, used;
    char bytes[];
};

static wbi_arena_chunk *new_chunk(size_t n)
{
    size_t capacity = n > CHUNK_BYTES ? n : CHUNK_BYTES;
    if (capacity > SIZE_MAX - sizeof(wbi_arena_chunk))
        return NULL;
    wbi_arena_chunk *chunk = wbi_alloc_array(sizeof *chunk + capacity, 1);
    if (chunk != NULL)
        *chunk = (wbi_arena_chunk){.capacity = capacity};
    return chunk;
}

/* Makes the chunk behind the current one current: the one there if it has room for `n` bytes, else a new one. */
static bool advance(wbi_arena *arena, size_t n)
{
    wbi_arena_chunk **link = arena->current == NULL ? &arena->first : &arena->current->next;
    if (*link == NULL || (*link)->capacity < n) {
        wbi_arena_chunk *chunk = new_chunk(n);
        if (chunk == NULL)
            return false;
        chunk->next = *link;
        *link = chunk;
    }
    arena->current = *link;
    arena->current->used = 0;
    return true;
}

bool wbi_arena_copy(wbi_arena *arena, wbi_str *bytes)
{
    if (bytes->length == 0) {
        bytes->data = "";
        return true;
    }
    wbi_arena_chunk *chunk = arena->current;
    if ((chunk == NULL || chunk->capacity - chunk->used < bytes->length) && !advance(arena, bytes->length))
        return false;
    chunk = arena->current;
    char *copy = chunk->bytes + chunk->used;
    memcpy(copy, bytes->data, bytes->length);
    chunk->used += bytes->length;
    arena->used_bytes += bytes->length;
    bytes->data = copy;
    return true;
}

wbi_arena_mark wbi_arena_here(const wbi_arena *arena)
{
    return (wbi_arena_mark){arena->current, arena->current == NULL ? 0 : arena->current->used, arena->used_bytes};
}

void wbi_arena_rewind(wbi_arena *arena, wbi_arena_mark mark)
{
    arena->current = mark.chunk;
    arena->used_bytes = mark.used_bytes;
    if (mark.chunk != NULL)
        mark.chunk->used = mark.chunk_used;
}

void wbi_arena_free(wbi_arena *arena)
{
    while (arena->first != NULL) {
        wbi_arena_chunk *next = arena->first->next;
        wbi_free(arena->first);
        arena->first = next;
    }
    *arena = (wbi_arena){0};
}
