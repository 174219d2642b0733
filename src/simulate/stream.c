/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/stream.h"

#include "base/hash.h"

/* A 32-bit seed, as GSL's generators want: for one shop and purpose a bijection of the customer's number (a permutation by an odd
 * factor, then MurmurHash3's finaliser), so that no two customers share a stream. */
static uint32_t seed_of(uint64_t hash, uint64_t number)
{
    uint32_t x = (uint32_t)number * ((uint32_t)hash | 1) + (uint32_t)(hash >> 32);
    x = (x ^ x >> 16) * UINT32_C(0x85ebca6b);
    x = (x ^ x >> 13) * UINT32_C(0xc2b2ae35);
    return x ^ x >> 16;
}

void wbi_shop_stream_set(gsl_rng *rng, wbi_shop_stream stream, uint64_t seed, uint64_t number)
{
    const uint64_t key[2] = {seed, stream};
    gsl_rng_set(rng, seed_of(wbi_hash_bytes(key, stream == WBI_SHOP_STREAM_LIFE ? sizeof seed : sizeof key), number));
}
