/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copies of bytes that never move and are forgotten together: a list of chunks, kept and filled again. */
#ifndef WINBACK_BASE_ARENA_H
#define WINBACK_BASE_ARENA_H

#include <stdbool.h>

#include "base/text.h"

typedef struct wbi_arena_chunk wbi_arena_chunk;

/* Zero-initialised it is empty. */
typedef struct wbi_arena {
    wbi_arena_chunk *first, *current;
    size_t used_bytes; /* of all copies since the last reset */
} wbi_arena;

/* A place to go back to. */
typedef struct wbi_arena_mark {
    wbi_arena_chunk *chunk;
    size_t chunk_used, used_bytes;
} wbi_arena_mark;

/* Replaces *bytes by a copy (never NULL, even of nothing); false when memory ran out. */
bool wbi_arena_copy(wbi_arena *arena, wbi_str *bytes);
wbi_arena_mark wbi_arena_here(const wbi_arena *arena);
/* Forgets what was copied since the mark; a mark of the empty arena forgets all. Chunks are kept. */
void wbi_arena_rewind(wbi_arena *arena, wbi_arena_mark mark);
void wbi_arena_free(wbi_arena *arena);

#endif
