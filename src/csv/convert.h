/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The usual spellings of numbers and times, converted straight from the bytes. Where these say no, wbi_double_read and
 * wbi_time_read decide; where they say yes, these would say the same. */
#ifndef WINBACK_CSV_CONVERT_H
#define WINBACK_CSV_CONVERT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

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

/* digits[.digits] in at most 8 bytes, without a branch on any of them. Zeros fill up in front; a mark is taken out by
 * moving what stands before it. */
static inline bool wbi_convert_short(double *value, const char *bytes, size_t n, char decimal)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), zeros = ones * '0', high = ones << 7;
    uint64_t x;
    memcpy(&x, bytes, sizeof x);
    x = n == 8 ? x : (x << (64 - 8 * n)) | (zeros >> (8 * n));
    const uint64_t other = x ^ (ones * (unsigned char)decimal);
    const uint64_t marks = ~(((other & ~high) + ~high) | other) & high; /* exactly where the byte is the mark */
    unsigned n_behind = 0;
    if (marks != 0) {
        const unsigned at = (unsigned)__builtin_ctzll(marks) & ~7u; /* bits before the mark */
        n_behind = 7 - at / 8;
        const uint64_t before = x & ((UINT64_C(1) << at) - 1);
        const uint64_t behind = at == 56 ? 0 : x >> (at + 8) << (at + 8);
        x = behind | before << 8 | '0';
    }
    x ^= zeros;
    if (((x | (x + ones * 6)) & (ones * 0xf0)) != 0 || n < 1 + (size_t)(marks != 0))
        return false;
    *value = (double)wbi_convert_eight(x) / wbi_convert_powers[n_behind];
    return true;
}

/* [-]digits[.digits] of at most 15 digits; -0 is read as 0. Eight bytes at `bytes` must be readable, whatever `n`. */
static inline bool wbi_convert_number(double *value, const char *bytes, size_t n, char decimal)
{
    if (n - 1 < 8 && wbi_convert_short(value, bytes, n, decimal))
        return true;
    const bool negative = n > 0 && *bytes == '-';
    const char *at = bytes + negative, *const end = bytes + n, *mark = NULL;
    uint64_t digits = 0;
    if (n > 17)
        return false;
    for (; at < end; at++) {
        const unsigned digit = (unsigned char)*at - (unsigned)'0';
        if (digit <= 9)
            digits = digits * 10 + digit;
        else if (*at == decimal && mark == NULL)
            mark = at;
        else
            return false;
    }
    const size_t n_digits = n - negative - (mark != NULL);
    if (n_digits - 1 >= 15)
        return false;
    const double magnitude = (double)digits / wbi_convert_powers[mark == NULL ? 0 : end - mark - 1];
    *value = (negative ? -magnitude : magnitude) + 0.0;
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

/* Days from 1970-01-01 of a year from 1 to 9999, as wbi_days_from_civil. */
static inline int64_t wbi_convert_days(unsigned year, unsigned month, unsigned day)
{
    year -= month <= 2;
    const unsigned century = year / 100, day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return (int64_t)(365 * year + year / 4 - century + century / 4 + day_of_year) - 719468;
}

/* YYYY-MM-DD, with or without (T| )HH:MM:SS and Z. */
static inline bool wbi_convert_iso(int64_t *time_us, const char *bytes, size_t n, int32_t zone_offset_s)
{
    static const unsigned char lengths[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t date, clock;
    if (n != 10 && n != 19 && (n != 20 || bytes[19] != 'Z'))
        return false;
    if (!wbi_convert_word(&date, bytes, UINT64_C(0x2d30302d30303030), UINT64_C(0x00ffff00ffffffff)))
        return false;
    const unsigned year = (unsigned)((date & 15) * 1000 + (date >> 8 & 15) * 100 + (date >> 16 & 15) * 10 + (date >> 24 & 15));
    const unsigned month = (unsigned)((date >> 40 & 15) * 10 + (date >> 48 & 15));
    const unsigned tens = (unsigned char)bytes[8] - (unsigned)'0', ones = (unsigned char)bytes[9] - (unsigned)'0';
    const unsigned day = tens * 10 + ones;
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (tens > 9 || ones > 9 || year < 2 || year > 9998 || month < 1 || month > 12 || day < 1 ||
        day > lengths[month] + (unsigned)(month == 2 && leap))
        return false;
    int64_t seconds = wbi_convert_days(year, month, day) * 86400 - (n == 20 ? 0 : zone_offset_s);
    if (n > 10) {
        const unsigned second_tens = (unsigned char)bytes[17] - (unsigned)'0';
        const unsigned second_ones = (unsigned char)bytes[18] - (unsigned)'0';
        if (bytes[10] != 'T' && bytes[10] != ' ')
            return false;
        if (!wbi_convert_word(&clock, bytes + 11, UINT64_C(0x30303a30303a3030), UINT64_C(0xffff00ffff00ffff)))
            return false;
        const unsigned hour = (unsigned)((clock & 15) * 10 + (clock >> 8 & 15));
        const unsigned minute = (unsigned)((clock >> 24 & 15) * 10 + (clock >> 32 & 15));
        if (hour > 23 || minute > 59 || second_tens > 5 || second_ones > 9)
            return false;
        seconds += hour * 3600 + minute * 60 + second_tens * 10 + second_ones;
    }
    *time_us = seconds * 1000000;
    return true;
}

#endif
