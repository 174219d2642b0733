/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers cut into decimal digits by multiplications on all pieces at a time, without a branch on how many there are.
 * Each step cuts pieces in two: x becomes x / 10^n and, in the half above, x % 10^n. The reciprocals are exact for
 * pieces this small. Private to base; WBI_PORTABLE_DIGITS, which a test defines, leaves SSE2 out. */
#ifndef WINBACK_BASE_DIGITS_H
#define WINBACK_BASE_DIGITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && !defined(WBI_PORTABLE_DIGITS)
#define WBI_DIGITS_SSE2
#include <emmintrin.h>
#endif

#define WBI_TEN_8 UINT64_C(100000000)

/* The digits of a number below 10^8 as the bytes of a word, the first one lowest. */
static inline uint64_t wbi_split_eight(uint64_t value)
{
    const uint64_t high = value * 109951163 >> 40;
    const uint64_t fours = (value << 32) - high * ((UINT64_C(10000) << 32) - 1);
    const uint64_t hundreds = fours * 5243 >> 19 & UINT64_C(0x7f0000007f);
    const uint64_t twos = (fours << 16) - hundreds * ((100 << 16) - 1);
    const uint64_t tens = twos * 103 >> 10 & UINT64_C(0xf000f000f000f);
    return (twos << 8) - tens * ((10 << 8) - 1);
}

static inline uint64_t wbi_digits_text(uint64_t digits)
{
    return digits + UINT64_C(0x3030303030303030);
}

/* Writes a word of eight characters, the first one lowest. */
static inline void wbi_put_eight(char *out, uint64_t text)
{
    memcpy(out, &text, sizeof text);
}

/* The characters of a number below 10^16, zeros in front included. */
typedef struct wbi_sixteen {
#ifdef WBI_DIGITS_SSE2
    __m128i text;
#else
    uint64_t first, second;
#endif
    uint32_t some; /* its highest bit, counted from the first digit, is for the last that is not 0 */
} wbi_sixteen;

#ifdef WBI_DIGITS_SSE2

static inline wbi_sixteen wbi_split_sixteen(uint64_t value)
{
    const __m128i eights = _mm_set_epi64x((int64_t)(value % WBI_TEN_8), (int64_t)(value / WBI_TEN_8));
    const __m128i high = _mm_srli_epi64(_mm_mul_epu32(eights, _mm_set1_epi64x(109951163)), 40);
    const __m128i low = _mm_sub_epi32(eights, _mm_mul_epu32(high, _mm_set1_epi64x(10000)));
    const __m128i fours = _mm_or_si128(high, _mm_slli_epi64(low, 32));
    const __m128i hundreds = _mm_srli_epi16(_mm_mulhi_epu16(fours, _mm_set1_epi32(5243)), 3);
    const __m128i below = _mm_sub_epi16(fours, _mm_mullo_epi16(hundreds, _mm_set1_epi32(100)));
    const __m128i twos = _mm_or_si128(hundreds, _mm_slli_epi32(below, 16));
    const __m128i tens = _mm_mulhi_epu16(twos, _mm_set1_epi16(6554));
    const __m128i ones = _mm_sub_epi16(twos, _mm_mullo_epi16(tens, _mm_set1_epi16(10)));
    const __m128i digits = _mm_or_si128(tens, _mm_slli_epi16(ones, 8));
    const int some = _mm_movemask_epi8(_mm_cmpgt_epi8(digits, _mm_setzero_si128()));
    return (wbi_sixteen){_mm_add_epi8(digits, _mm_set1_epi8('0')), (uint32_t)some};
}

static inline uint64_t wbi_first_eight(wbi_sixteen digits)
{
    return (uint64_t)_mm_cvtsi128_si64(digits.text);
}

static inline void wbi_put_sixteen(char *out, wbi_sixteen digits)
{
    _mm_storeu_si128((__m128i *)(void *)out, digits.text);
}

#else

static inline wbi_sixteen wbi_split_sixteen(uint64_t value)
{
    const uint64_t first = wbi_split_eight(value / WBI_TEN_8), second = wbi_split_eight(value % WBI_TEN_8);
    const uint64_t is_long = second != 0, tail = second | (first & (is_long - 1));
    const unsigned n = 8 + 8 * (unsigned)is_long - (unsigned)__builtin_clzll(tail | 1) / 8;
    return (wbi_sixteen){wbi_digits_text(first), wbi_digits_text(second), UINT32_C(1) << (n - 1)};
}

static inline uint64_t wbi_first_eight(wbi_sixteen digits)
{
    return digits.first;
}

static inline void wbi_put_sixteen(char *out, wbi_sixteen digits)
{
    wbi_put_eight(out, digits.first);
    wbi_put_eight(out + 8, digits.second);
}

#endif

#endif
