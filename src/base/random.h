/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random bits from counters: the k-th of a stream is a function of the stream and k, so threads may make them in any order. */
#ifndef WINBACK_BASE_RANDOM_H
#define WINBACK_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* The finaliser of SplitMix64 (Steele, Lea and Flood 2014): of a counter it makes random bits. */
static inline uint64_t wbi_random_mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

static const uint64_t WBI_RANDOM_STEP = 0x9e3779b97f4a7c15;

/* A stream of its own for each number from 0 on. */
static inline uint64_t wbi_random_stream(uint64_t seed, uint64_t number)
{
    return wbi_random_mix(wbi_random_mix(seed + WBI_RANDOM_STEP) + (number + 1) * WBI_RANDOM_STEP);
}

/* The k-th draw of a stream, from 1 on: uniform over 0 to n - 1, n > 0. */
static inline size_t wbi_random_below(uint64_t stream, uint64_t k, size_t n)
{
    __extension__ typedef unsigned __int128 wide;
    return (size_t)((wide)wbi_random_mix(stream + k * WBI_RANDOM_STEP) * n >> 64);
}

#endif
