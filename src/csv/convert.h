/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The usual spellings of numbers and times, converted straight from the bytes. Where these say no, wbi_double_read and
 * wbi_time_read decide; where they say yes, these would say the same. */
#ifndef WINBACK_CSV_CONVERT_H
#define WINBACK_CSV_CONVERT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/decimals.h"
#include "base/time.h"

/* The powers by which a whole number of at most 15 digits is divided: both are exact doubles, so that one division rounds
 * correctly (Clinger 1990). */
static const double wbi_convert_powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/* Eight digits, the first in the lowest byte, as a number (Lemire, "Quickly parsing eight digits", 2018). */
static inline uint64_t wbi_convert_eight(uint64_t digits)
{
    digits = digits * 10 + (digits >> 8);
    return ((digits & UINT64_C(0x000000ff000000ff)) * (100 + (UINT64_C(1000000) << 32)) +
            (digits >> 16 & UINT64_C(0x000000ff000000ff)) * (1 + (UINT64_C(10000) << 32))) >>
           32;
}

/* digits[.digits] in 1 to 8 bytes, or the mark alone, without a branch on any of them: the number is *digits / 10^*n_behind. Zeros
 * fill up in front; a mark is taken out by moving what stands before it. Eight bytes at `bytes` must be readable, whatever `n`. */
static inline bool wbi_convert_digits(uint64_t *digits, unsigned *n_behind, bool *marked, const char *bytes, size_t n,
                                      char decimal)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), zeros = ones * '0', high = ones << 7;
    uint64_t x;
    memcpy(&x, bytes, sizeof x);
    x = n == 8 ? x : (x << (64 - 8 * n)) | (zeros >> (8 * n));
    const uint64_t other = x ^ (ones * (unsigned char)decimal);
    const uint64_t marks = ~(((other & ~high) + ~high) | other) & high; /* exactly where the byte is the mark */
    *n_behind = 0;
    *marked = marks != 0;
    if (*marked) {
        const unsigned at = (unsigned)__builtin_ctzll(marks) & ~7u; /* bits before the mark */
        *n_behind = 7 - at / 8;
        const uint64_t before = x & ((UINT64_C(1) << at) - 1);
        const uint64_t behind = at == 56 ? 0 : x >> (at + 8) << (at + 8);
        x = behind | before << 8 | '0';
    }
    x ^= zeros;
    *digits = wbi_convert_eight(x);
    return ((x | (x + ones * 6)) & (ones * 0xf0)) == 0;
}

/* [-]digits[.digits] of at most 8 bytes behind the sign and at most two digits behind the mark, as whole hundredths above
 * INT32_MIN. Eight bytes behind the sign must be readable, whatever `n`. */
static inline bool wbi_convert_hundredths(int32_t *hundredths, const char *bytes, size_t n, char decimal)
{
    static const uint32_t scales[8] = {100, 10, 1};
    const bool negative = n > 0 && *bytes == '-';
    uint64_t digits;
    unsigned n_behind;
    bool marked;
    bytes += negative;
    n -= negative;
    if (n - 1 >= 8 || !wbi_convert_digits(&digits, &n_behind, &marked, bytes, n, decimal) || n_behind > 2 || n == marked)
        return false;
    digits *= scales[n_behind];
    *hundredths = negative ? -(int32_t)digits : (int32_t)digits;
    return digits <= INT32_MAX;
}

/* [-]digits[.digits] of at most 15 digits, which are at least one: the number is *digits / 10^*n_behind, or less than 0. What is
 * longer than 8 bytes is read as two parts, of which the last has 8. Eight bytes behind the sign must be readable, whatever `n`. */
static inline bool wbi_convert_parts(uint64_t *digits, unsigned *n_behind, bool *negative, const char *bytes, size_t n,
                                     char decimal)
{
    uint64_t before = 0;
    unsigned n_behind_before = 0;
    bool marked = false, marked_before = false;
    *negative = n > 0 && *bytes == '-';
    bytes += *negative;
    n -= *negative;
    if (n - 1 >= 16)
        return false;
    const size_t n_before = n > 8 ? n - 8 : 0;
    if (n_before > 0 && !wbi_convert_digits(&before, &n_behind_before, &marked_before, bytes, n_before, decimal))
        return false;
    if (!wbi_convert_digits(digits, n_behind, &marked, bytes + n_before, n - n_before, decimal) || n == marked)
        return false;
    if (n_before > 0) {
        if ((marked && marked_before) || n - marked - marked_before > 15)
            return false;
        *digits += before * (marked ? UINT64_C(10000000) : UINT64_C(100000000));
        *n_behind += marked_before ? n_behind_before + 8 : 0;
    }
    return true;
}

/* As a double; -0 is read as 0. */
static inline bool wbi_convert_number(double *value, const char *bytes, size_t n, char decimal)
{
    uint64_t digits;
    unsigned n_behind;
    bool negative;
    if (!wbi_convert_parts(&digits, &n_behind, &negative, bytes, n, decimal))
        return false;
    const double magnitude = (double)digits / wbi_convert_powers[n_behind];
    *value = (negative ? -magnitude : magnitude) + 0.0;
    return true;
}

/* As a short decimal, where it is one. */
static inline bool wbi_convert_decimal(int32_t *value, const char *bytes, size_t n, char decimal)
{
    uint64_t digits;
    unsigned n_behind;
    bool negative;
    if (!wbi_convert_parts(&digits, &n_behind, &negative, bytes, n, decimal))
        return false;
    if (digits > WBI_DECIMAL_MOST || n_behind > WBI_DECIMAL_PLACES)
        return false;
    *value = wbi_decimal_make(negative ? -(int32_t)digits : (int32_t)digits, n_behind);
    return true;
}

/* Digits where `shape` has '0', its own bytes elsewhere; what was read stays in *word as values of digits. */
static inline bool wbi_convert_word(uint64_t *word, const char *bytes, uint64_t shape, uint64_t digits)
{
    uint64_t x;
    memcpy(&x, bytes, sizeof x);
    x ^= shape;
    *word = x;
    return (x & ~(digits & UINT64_C(0x0f0f0f0f0f0f0f0f))) == 0 &&
           ((x + (digits & UINT64_C(0x0606060606060606))) & UINT64_C(0xf0f0f0f0f0f0f0f0)) == 0;
}

/* Days from 1970-01-01 of a year from 1 to 9999, as wbi_days_from_civil: years begin in March, so that a leap day is their
 * last. */
static inline int64_t wbi_convert_days(unsigned year, unsigned month, unsigned day)
{
    static const uint16_t days_before[] = {0, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275};
    year -= month <= 2;
    const unsigned century = year / 100;
    return (int64_t)(365 * year + year / 4 - century + century / 4 + days_before[month] + day - 1) - 719468;
}

/* Whether there is such a day, of a month from 1 to 12. */
static inline bool wbi_convert_has_day(unsigned year, unsigned month, unsigned day)
{
    static const unsigned char lengths[] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day >= 1 && day <= lengths[month] && (day < 29 || month != 2 || leap);
}

/* YYYY-MM-DD, with or without (T| )HH:MM:SS and Z, as seconds since 1970. */
static inline bool wbi_convert_iso(int64_t *seconds, const char *bytes, size_t n, int32_t zone_offset_s)
{
    uint64_t date, clock;
    if (n != 10 && n != 19 && (n != 20 || bytes[19] != 'Z'))
        return false;
    if (!wbi_convert_word(&date, bytes, UINT64_C(0x2d30302d30303030), UINT64_C(0x00ffff00ffffffff)))
        return false;
    date = date * 10 + (date >> 8); /* pairs of digits: their value is in the byte of the first */
    const unsigned year = (unsigned)((date & 255) * 100 + (date >> 16 & 255)), month = (unsigned)(date >> 40 & 255);
    const unsigned tens = (unsigned char)bytes[8] - (unsigned)'0', ones = (unsigned char)bytes[9] - (unsigned)'0';
    const unsigned day = tens * 10 + ones;
    if (tens > 9 || ones > 9 || year < 2 || year > 9998 || month < 1 || month > 12 ||
        !wbi_convert_has_day(year, month, day))
        return false;
    int64_t since_1970 = wbi_convert_days(year, month, day) * 86400 - (n == 20 ? 0 : zone_offset_s);
    if (n > 10) {
        if (bytes[10] != 'T' && bytes[10] != ' ')
            return false;
        if (!wbi_convert_word(&clock, bytes + 11, UINT64_C(0x30303a30303a3030), UINT64_C(0xffff00ffff00ffff)))
            return false;
        clock = clock * 10 + (clock >> 8);
        const unsigned hour = (unsigned)(clock & 255), minute = (unsigned)(clock >> 24 & 255);
        const unsigned second = (unsigned)(clock >> 48 & 255);
        if (hour > 23 || minute > 59 || second > 59)
            return false;
        since_1970 += hour * 3600 + minute * 60 + second;
    }
    *seconds = since_1970;
    return true;
}

#endif
