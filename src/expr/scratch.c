/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "expr/scratch.h"

#include "base/memory.h"

/* A chunk is at least twice the one before it, or all that the ceiling leaves: so there are at most MAX_CHUNKS. */
#define FIRST_CHUNK_BYTES ((size_t)1 << 16)
#define CEILING_BYTES     ((size_t)1 << 30)
enum { MAX_CHUNKS = 16, ALIGNMENT = 64 };

struct wbi_expr_scratch {
    struct {
        char *data;
        size_t bytes;
    } chunks[MAX_CHUNKS];
    size_t n_chunks, total_bytes;
    wbi_scratch_mark here;
};

wb_status wbi_expr_scratch_create(wbi_expr_scratch **out, wb_error *err)
{
    *out = wbi_alloc_zeroed(1, sizeof **out);
    return *out == NULL ? wbi_fail_nomem(err, sizeof **out) : WB_OK;
}

void wbi_expr_scratch_free(wbi_expr_scratch *scratch)
{
    if (scratch == NULL)
        return;
    for (size_t i = 0; i < scratch->n_chunks; i++)
        wbi_free(scratch->chunks[i].data);
    wbi_free(scratch);
}

wbi_scratch_mark wbi_scratch_here(const wbi_expr_scratch *scratch)
{
    return scratch->here;
}

void wbi_scratch_back(wbi_expr_scratch *scratch, wbi_scratch_mark mark)
{
    scratch->here = mark;
}

void wbi_expr_scratch_reset(wbi_expr_scratch *scratch)
{
    scratch->here = (wbi_scratch_mark){0};
}

static wb_status add_chunk(wbi_expr_scratch *scratch, size_t wanted, wb_error *err)
{
    size_t left = CEILING_BYTES - scratch->total_bytes, n = scratch->n_chunks;
    if (wanted > left)
        return wbi_fail_nomem(err, wanted);
    size_t bytes = n == 0 ? FIRST_CHUNK_BYTES : 2 * scratch->chunks[n - 1].bytes;
    if (bytes < wanted)
        bytes = wanted;
    if (bytes > left)
        bytes = left;
    char *data = wbi_alloc_aligned(bytes, 1);
    if (data == NULL)
        return wbi_fail_nomem(err, bytes);
    scratch->chunks[n].data = data;
    scratch->chunks[n].bytes = bytes;
    scratch->n_chunks++;
    scratch->total_bytes += bytes;
    return WB_OK;
}

wb_status wbi_scratch_take(void **out, wbi_expr_scratch *scratch, size_t n, size_t size, wb_error *err)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > CEILING_BYTES - ALIGNMENT)
        return wbi_fail_nomem(err, bytes);
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    wbi_scratch_mark at = scratch->here;
    while (at.chunk < scratch->n_chunks && bytes > scratch->chunks[at.chunk].bytes - at.used)
        at = (wbi_scratch_mark){at.chunk + 1, 0};
    if (at.chunk == scratch->n_chunks)
        WBI_TRY(add_chunk(scratch, bytes, err));
    *out = scratch->chunks[at.chunk].data + at.used;
    at.used += bytes;
    scratch->here = at;
    return WB_OK;
}
