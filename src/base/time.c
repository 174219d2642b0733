/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/time.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/time_parts.h"

static const int64_t second_us = 1000000, day_s = 86400;

enum { OFFSET_LIMIT_S = 18 * 3600 };

/* Counts in years from March and eras of 400 years, so that the leap day comes last (Howard Hinnant, "chrono-compatible
 * low-level date algorithms", 2013). */
int64_t wbi_days_from_civil(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const int64_t year_of_era = year - era * 400;
    const int64_t day_of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + (int64_t)day - 1;
    const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void wbi_civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468;
    const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    const int64_t day_of_era = days - era * 146097;
    const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *day = (unsigned)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *month = (unsigned)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

wbi_clock wbi_time_format_clock(const wbi_time_format *format)
{
    return (wbi_clock){format->zone_offset_s, format->zone};
}

int64_t wbi_day_of(int64_t time_us, wbi_clock clock)
{
    int32_t offset_s = clock.zone != NULL ? wbi_zone_offset_at(clock.zone, time_us) : clock.offset_s;
    return floor_divide(time_us + offset_s * second_us, WB_DAY_US);
}

int64_t wbi_day_begin(int64_t day, wbi_clock clock)
{
    int32_t offset_s = clock.zone != NULL ? wbi_zone_offset_of(clock.zone, day * day_s) : clock.offset_s;
    return day * WB_DAY_US - offset_s * second_us;
}

unsigned wbi_days_in_month(int64_t year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool within_years(int64_t time_us)
{
    static const int64_t first_day = -719162, end_day = 2932897; /* of the years 1 and 10000 */
    return time_us >= first_day * WB_DAY_US && time_us < end_day * WB_DAY_US;
}

bool wbi_time_join(int64_t *time_us, const wbi_time_parts *parts)
{
    if (parts->year < 1 || parts->year > 9999 || parts->month < 1 || parts->month > 12 || parts->day < 1 ||
        parts->day > wbi_days_in_month(parts->year, parts->month))
        return false;
    if (parts->hour > 23 || parts->minute > 59 || parts->second > 59)
        return false;
    const int64_t days = wbi_days_from_civil(parts->year, parts->month, parts->day);
    const int64_t clock_s = days * day_s + (int64_t)parts->hour * 3600 + parts->minute * 60 + parts->second;
    const int32_t offset_s = parts->zone != NULL ? wbi_zone_offset_of(parts->zone, clock_s) : parts->offset_s;
    *time_us = (clock_s - offset_s) * second_us + parts->microsecond;
    return within_years(*time_us);
}

const char *wbi_read_fraction(unsigned *microseconds, const char *at, const char *end)
{
    const char *const first = at;
    unsigned billionths = 0;
    for (; at < end && at - first < 9 && *at >= '0' && *at <= '9'; at++)
        billionths = billionths * 10 + (unsigned)(*at - '0');
    if (at == first)
        return NULL;
    for (ptrdiff_t n = at - first; n < 9; n++)
        billionths *= 10;
    *microseconds = billionths / 1000;
    return at;
}

static bool starts_minutes(const char *at, const char *end)
{
    return at < end && (*at == ':' || (*at >= '0' && *at <= '9'));
}

static const char *read_signed_offset(int32_t *offset_s, const char *at, const char *end, unsigned hour_digits)
{
    if (end - at < 1 + (ptrdiff_t)hour_digits || (*at != '+' && *at != '-'))
        return NULL;
    const bool west = *at == '-';
    unsigned bad = 0, minutes = 0;
    const unsigned hours = wbi_read_fixed(at + 1, hour_digits, &bad);
    at += 1 + hour_digits;
    if (starts_minutes(at, end)) {
        at += *at == ':';
        if (end - at < 2)
            return NULL;
        minutes = wbi_read_fixed(at, 2, &bad);
        at += 2;
    }
    const int32_t seconds = (int32_t)(hours * 3600 + minutes * 60);
    if (bad || minutes > 59 || seconds > OFFSET_LIMIT_S)
        return NULL;
    *offset_s = west ? -seconds : seconds;
    return at;
}

const char *wbi_read_offset(int32_t *offset_s, const char *at, const char *end)
{
    if (at == end || *at != 'Z')
        return read_signed_offset(offset_s, at, end, 2);
    *offset_s = 0;
    return at + 1;
}

/* (T| )HH:MM[:SS[.ffffff]][Z|±HH[[:]MM]] up to `end`. */
static bool read_iso_clock(wbi_time_parts *parts, const char *at, const char *end)
{
    unsigned bad = 0;
    if (end - at < 6 || (*at != 'T' && *at != ' ') || at[3] != ':')
        return false;
    parts->hour = wbi_read_fixed(at + 1, 2, &bad);
    parts->minute = wbi_read_fixed(at + 4, 2, &bad);
    at += 6;
    if (end - at >= 3 && *at == ':') {
        parts->second = wbi_read_fixed(at + 1, 2, &bad);
        at += 3;
        if (at < end && *at == '.')
            at = wbi_read_fraction(&parts->microsecond, at + 1, end);
    }
    if (at != NULL && at < end) {
        at = wbi_read_offset(&parts->offset_s, at, end);
        parts->zone = NULL;
    }
    return at == end && !bad;
}

static bool read_iso(int64_t *time_us, const char *bytes, size_t n, const wbi_time_format *format)
{
    if (n < 10)
        return false;
    unsigned bad = (bytes[4] != '-') | (bytes[7] != '-');
    wbi_time_parts parts = {.offset_s = format->zone_offset_s, .zone = format->zone};
    parts.year = wbi_read_fixed(bytes, 4, &bad);
    parts.month = wbi_read_fixed(bytes + 5, 2, &bad);
    parts.day = wbi_read_fixed(bytes + 8, 2, &bad);
    if (bad || (n > 10 && !read_iso_clock(&parts, bytes + 10, bytes + n)))
        return false;
    return wbi_time_join(time_us, &parts);
}

/* [+-]digits[.digits] in units of `unit_us`. */
static bool read_unix(int64_t *time_us, const char *bytes, size_t n, int64_t unit_us)
{
    const char *const end = bytes + n;
    const char *const point = n > 0 ? memchr(bytes, '.', n) : NULL;
    int64_t whole;
    unsigned millionths = 0;
    if (!wbi_int_read(&whole, bytes, (size_t)((point != NULL ? point : end) - bytes)))
        return false;
    if (point != NULL && wbi_read_fraction(&millionths, point + 1, end) != end)
        return false;
    const int64_t fraction_us = millionths * unit_us / second_us;
    return !__builtin_mul_overflow(whole, unit_us, time_us) &&
           !__builtin_add_overflow(*time_us, bytes[0] == '-' ? -fraction_us : fraction_us, time_us) &&
           within_years(*time_us);
}

bool wbi_time_read(int64_t *time_us, const char *bytes, size_t n, const wbi_time_format *format)
{
    switch (format->kind) {
    case WBI_TIME_ISO:
        return read_iso(time_us, bytes, n, format);
    case WBI_TIME_FORMAT:
        return wbi_read_formatted(time_us, bytes, n, format);
    case WBI_TIME_UNIX:
        return read_unix(time_us, bytes, n, second_us);
    case WBI_TIME_UNIX_MS:
        return read_unix(time_us, bytes, n, 1000);
    }
    return false;
}

const char *wbi_time_wanted(const wbi_time_format *format, char *text, size_t size)
{
    switch (format->kind) {
    case WBI_TIME_ISO:
        snprintf(text, size, "YYYY-MM-DD or an ISO instant");
        break;
    case WBI_TIME_FORMAT:
        snprintf(text, size, "a time like %s", format->format);
        break;
    case WBI_TIME_UNIX:
        snprintf(text, size, "unix seconds");
        break;
    case WBI_TIME_UNIX_MS:
        snprintf(text, size, "unix milliseconds");
        break;
    }
    return text;
}

/* What may follow UTC: nothing, or ±H[H][:MM]. */
static const char *read_utc_offset(int32_t *offset_s, const char *at, const char *end)
{
    *offset_s = 0;
    if (at == end)
        return at;
    const bool one_digit = end - at == 2 || (end - at > 2 && at[2] == ':');
    return read_signed_offset(offset_s, at, end, one_digit ? 1 : 2);
}

wb_status wbi_zone_parse(int32_t *offset_s, const char *text, wb_error *err)
{
    const char *const end = text + strlen(text);
    const bool utc = strncmp(text, "UTC", 3) == 0;
    int32_t seconds;
    if ((utc ? read_utc_offset(&seconds, text + 3, end) : wbi_read_offset(&seconds, text, end)) != end) {
        char shown[64];
        return wbi_fail_at(
            err, WB_ERR_ARGUMENT, (wbi_where){0}, text, strlen(text),
            "'%s' is not a known time zone (only fixed offsets are: UTC, +HH:MM, -HH:MM, at most 18 hours)",
            wbi_printable(shown, sizeof shown, text, strlen(text)));
    }
    *offset_s = seconds;
    return WB_OK;
}

wb_status wb_time_parse(int64_t *time_us, const char *text, int32_t zone_offset_s, wb_error *err)
{
    return wbi_time_parse(time_us, text, &(wbi_time_format){.zone_offset_s = zone_offset_s}, err);
}

wb_status wbi_time_parse(int64_t *time_us, const char *text, const wbi_time_format *format, wb_error *err)
{
    int64_t read_us;
    if (!wbi_time_read(&read_us, text, strlen(text), format)) {
        char shown[64], wanted[96];
        return wbi_fail_at(err, WB_ERR_MALFORMED, (wbi_where){0}, text, strlen(text), "'%s' is not a date (wanted: %s)",
                           wbi_printable(shown, sizeof shown, text, strlen(text)),
                           wbi_time_wanted(format, wanted, sizeof wanted));
    }
    *time_us = read_us;
    return WB_OK;
}

/* Writes the last `width` digits of `number` and `after`; returns what follows. */
static char *put_number(char *at, unsigned number, unsigned width, char after)
{
    for (unsigned i = width; i-- > 0; number /= 10)
        at[i] = (char)('0' + number % 10);
    at[width] = after;
    return at + width + 1;
}

/* YYYY-MM-DD and `after`. Times out of range have longer years. */
static char *put_date(char *at, int64_t days, char after)
{
    int64_t year;
    unsigned month, day;
    wbi_civil_from_days(days, &year, &month, &day);
    if (year >= 0 && year <= 9999) {
        at = put_number(at, (unsigned)year, 4, '-');
    } else {
        at += wbi_int_print(at, year);
        *at++ = '-';
    }
    at = put_number(at, month, 2, '-');
    return put_number(at, day, 2, after);
}

/* HH:MM:SS[.ffffff] and a Z. */
static char *put_clock(char *at, int64_t of_day_us)
{
    const unsigned second = (unsigned)(of_day_us / second_us), microsecond = (unsigned)(of_day_us % second_us);
    at = put_number(at, second / 3600, 2, ':');
    at = put_number(at, second / 60 % 60, 2, ':');
    if (microsecond == 0)
        return put_number(at, second % 60, 2, 'Z');
    at = put_number(at, second % 60, 2, '.');
    at = put_number(at, microsecond, 6, 'Z');
    for (; at[-2] == '0'; at--)
        at[-2] = 'Z';
    return at;
}

size_t wb_time_format(int64_t time_us, char text[WB_TIME_CHARS])
{
    text[0] = '\0';
    if (time_us == WB_TIME_MISSING)
        return 0;
    const int64_t of_day_us = (time_us % WB_DAY_US + WB_DAY_US) % WB_DAY_US;
    char *end = put_date(text, floor_divide(time_us, WB_DAY_US), of_day_us == 0 ? '\0' : 'T');
    if (of_day_us == 0)
        return (size_t)(end - 1 - text);
    end = put_clock(end, of_day_us);
    *end = '\0';
    return (size_t)(end - text);
}
