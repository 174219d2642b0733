/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"

#include <string.h>

#include "base/memory.h"

/* Compiled in: short keys are hashed by the million, and the size of a state is then known. */
#define XXH_INLINE_ALL
#include <xxhash.h>

struct wbi_digest {
    XXH3_state_t state;
};

uint64_t wbi_hash_bytes(const void *bytes, size_t n)
{
    return XXH3_64bits(bytes, n);
}

wbi_wide_hash wbi_hash_wide(const void *bytes, size_t n, uint64_t seed)
{
    const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes, n, seed);
    return (wbi_wide_hash){hash.low64, hash.high64};
}

double wbi_hash_unit(const char *purpose, const char *salt, const char *id, size_t id_length)
{
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    XXH3_64bits_reset(&state);
    XXH3_64bits_update(&state, purpose, strlen(purpose) + 1);
    XXH3_64bits_update(&state, salt, strlen(salt) + 1);
    XXH3_64bits_update(&state, id, id_length);
    /* All 64 bits would round up to 1 near the top. */
    return (double)(XXH3_64bits_digest(&state) >> 11) * 0x1p-53;
}

wbi_digest *wbi_digest_create(void)
{
    wbi_digest *digest = wbi_alloc_aligned(1, sizeof *digest);
    if (digest != NULL) {
        XXH3_INITSTATE(&digest->state);
        XXH3_128bits_reset(&digest->state);
    }
    return digest;
}

void wbi_digest_free(wbi_digest *digest)
{
    wbi_free(digest);
}

void wbi_digest_update(wbi_digest *digest, const void *bytes, size_t n)
{
    if (n > 0)
        XXH3_128bits_update(&digest->state, bytes, n);
}

void wbi_digest_hex(const wbi_digest *digest, char hex[33])
{
    static const char digits[] = "0123456789abcdef";
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&digest->state));
    for (size_t i = 0; i < sizeof canonical.digest; i++) {
        hex[2 * i] = digits[canonical.digest[i] >> 4];
        hex[2 * i + 1] = digits[canonical.digest[i] & 15];
    }
    hex[32] = '\0';
}
