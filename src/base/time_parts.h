/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of times share. Private to base. */
#ifndef WINBACK_BASE_TIME_PARTS_H
#define WINBACK_BASE_TIME_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

/* A time as it is spelled; no part is checked yet. */
typedef struct wbi_time_parts {
    int64_t year;
    unsigned month, day, hour, minute, second, microsecond;
    int32_t offset_s;     /* east of UTC */
    const wbi_zone *zone; /* of times that spell no offset; NULL: offset_s holds */
} wbi_time_parts;

unsigned wbi_days_in_month(int64_t year, unsigned month);

/* The instant that the parts name; false when there is none in the years 1 to 9999 (UTC too). */
bool wbi_time_join(int64_t *time_us, const wbi_time_parts *parts);

/* The number spelled by `width` digits; sets *bad when a byte is no digit. */
static inline unsigned wbi_read_fixed(const char *digits, unsigned width, unsigned *bad)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < width; i++) {
        const unsigned digit = (unsigned)(unsigned char)digits[i] - '0';
        *bad |= digit > 9;
        sum = sum * 10 + digit;
    }
    return sum;
}

/* Readers of a part at `at`: they return what follows it, NULL when it is not there. */

/* One to nine digits behind a decimal point; what is finer than a microsecond is cut off. */
const char *wbi_read_fraction(unsigned *microseconds, const char *at, const char *end);
/* Z or ±HH[[:]MM], at most 18 h. */
const char *wbi_read_offset(int32_t *offset_s, const char *at, const char *end);

/* Reads `n` bytes as a whole by `format->format`, which wbi_time_format_parse has accepted. */
bool wbi_read_formatted(int64_t *time_us, const char *bytes, size_t n, const wbi_time_format *format);

#endif
