/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only allocator of the library: sizes are overflow-checked and tests can make the n-th call fail. */
#ifndef WINBACK_BASE_MEMORY_H
#define WINBACK_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* `n` elements of `size` bytes, uninitialised; NULL when n * size overflows or memory ran out. n = 0 gives a block that
 * may be freed but not read. */
void *wbi_alloc_array(size_t n, size_t size);
/* The same, zeroed. */
void *wbi_alloc_zeroed(size_t n, size_t size);
/* Changes the size of a block (NULL: a new one), keeping what fits; on NULL the old block is unchanged. */
void *wbi_realloc_array(void *block, size_t n, size_t size);
/* `n` elements at a 64-byte boundary, uninitialised; also freed by wbi_free. */
void *wbi_alloc_aligned(size_t n, size_t size);
/* Bytes of memory that such a block of `bytes` comes to: large ones fill whole large pages. */
size_t wbi_aligned_bytes(size_t bytes);
void wbi_free(void *block); /* NULL-safe */

/* A terminated copy of `n` bytes. */
char *wbi_strndup(const char *bytes, size_t n);
char *wbi_strdup(const char *text);

/* For tests: the n-th call from now (1 = the next) fails, and only that one; 0 switches failures off. Counts calls of
 * all threads. */
void wbi_alloc_fail_at(uint64_t n);
/* For tests: how many calls there have been since the last wbi_alloc_fail_at. */
uint64_t wbi_alloc_count(void);

#endif
