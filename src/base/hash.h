/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashes: the only home of xxHash. */
#ifndef WINBACK_BASE_HASH_H
#define WINBACK_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t wbi_hash_bytes(const void *bytes, size_t n);

/* So wide that no two keys of any table will ever be taken for one (XXH3_128bits with a seed). */
typedef struct wbi_wide_hash {
    uint64_t low, high;
} wbi_wide_hash;
wbi_wide_hash wbi_hash_wide(const void *bytes, size_t n, uint64_t seed);

/* u in [0, 1): XXH3_64bits(purpose, 0x00, salt, 0x00, id) / 2^64. Purposes are "fold", "holdout", "sample"; the salt is
 * the seed in decimal or a campaign's name. So splits are independent of each other and of the order of rows. */
double wbi_hash_unit(const char *purpose, const char *salt, const char *id, size_t id_length);

/* A running hash of a stream of bytes (XXH3_128bits), read out as 32 hex digits. */
typedef struct wbi_digest wbi_digest;
wbi_digest *wbi_digest_create(void); /* NULL when memory ran out */
void wbi_digest_free(wbi_digest *digest);
void wbi_digest_update(wbi_digest *digest, const void *bytes, size_t n);
enum { WBI_DIGEST_CHARS = 33 };
void wbi_digest_hex(const wbi_digest *digest, char hex[WBI_DIGEST_CHARS]);

#endif
