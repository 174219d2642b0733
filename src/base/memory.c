/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static _Atomic uint64_t n_calls;
static _Atomic uint64_t failing_call;

void wbi_alloc_fail_at(uint64_t n)
{
    atomic_store(&n_calls, 0);
    atomic_store(&failing_call, n);
}

uint64_t wbi_alloc_count(void)
{
    return atomic_load(&n_calls);
}

/* Whether this call may go on, and the number of bytes it wants (at least 1). */
static bool admit(size_t n, size_t size, size_t *bytes)
{
    uint64_t call = atomic_fetch_add_explicit(&n_calls, 1, memory_order_relaxed) + 1;
    if (call == atomic_load_explicit(&failing_call, memory_order_relaxed))
        return false;
    if (__builtin_mul_overflow(n, size, bytes) || *bytes > PTRDIFF_MAX)
        return false;
    if (*bytes == 0)
        *bytes = 1;
    return true;
}

void *wbi_alloc_array(size_t n, size_t size)
{
    size_t bytes;
    return admit(n, size, &bytes) ? malloc(bytes) : NULL;
}

void *wbi_alloc_zeroed(size_t n, size_t size)
{
    size_t bytes;
    return admit(n, size, &bytes) ? calloc(bytes, 1) : NULL;
}

void *wbi_realloc_array(void *block, size_t n, size_t size)
{
    size_t bytes;
    return admit(n, size, &bytes) ? realloc(block, bytes) : NULL;
}

/* Large blocks lie in whole pages of their own, as large as the system has them: a page fault is dear, and so is its absence
 * from the table of pages. */
enum { LINE_BYTES = 64, LARGE_PAGE_BYTES = 2 << 20 };

static bool is_large(size_t bytes)
{
    return bytes >= LARGE_PAGE_BYTES;
}

size_t wbi_aligned_bytes(size_t bytes)
{
    return is_large(bytes) ? (bytes + LARGE_PAGE_BYTES - 1) / LARGE_PAGE_BYTES * LARGE_PAGE_BYTES : bytes;
}

void *wbi_alloc_aligned(size_t n, size_t size)
{
    size_t bytes;
    if (!admit(n, size, &bytes) || bytes > PTRDIFF_MAX - LINE_BYTES)
        return NULL;
    if (!is_large(bytes))
        return aligned_alloc(LINE_BYTES, (bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES);
    void *block;
    const size_t whole = wbi_aligned_bytes(bytes);
    if (whole < bytes || posix_memalign(&block, LARGE_PAGE_BYTES, whole) != 0)
        return NULL;
    madvise(block, whole, MADV_HUGEPAGE);
    return block;
}

void wbi_free(void *block)
{
    free(block);
}

char *wbi_strndup(const char *bytes, size_t n)
{
    if (n == SIZE_MAX)
        return NULL;
    char *copy = wbi_alloc_array(n + 1, 1);
    if (copy != NULL) {
        if (n > 0)
            memcpy(copy, bytes, n);
        copy[n] = '\0';
    }
    return copy;
}

char *wbi_strdup(const char *text)
{
    return wbi_strndup(text, strlen(text));
}
