/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rule at the end of a TZif file: a POSIX TZ text such as CET-1CEST,M3.5.0,M10.5.0/3. */
#include <string.h>

#include "base/time_parts.h"
#include "base/zone_parts.h"

enum { DAY_S = 86400, DEFAULT_TIME_S = 7200, MAX_HOURS = 167 };

typedef struct reader {
    const char *at, *end;
} reader;

static bool skip(reader *r, char byte)
{
    bool there = r->at < r->end && *r->at == byte;
    r->at += there;
    return there;
}

/* Digits, up to `most`. */
static bool read_number(reader *r, unsigned *number, unsigned most)
{
    const char *const first = r->at;
    *number = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9' && r->at - first < 4; r->at++)
        *number = *number * 10 + (unsigned)(*r->at - '0');
    return r->at > first && *number <= most;
}

/* [+-]h[hh][:mm[:ss]] */
static bool read_clock(reader *r, int32_t *seconds)
{
    bool minus = skip(r, '-');
    if (!minus)
        skip(r, '+');
    unsigned hours, minutes = 0, rest = 0;
    if (!read_number(r, &hours, MAX_HOURS) || (skip(r, ':') && !read_number(r, &minutes, 59)) ||
        (skip(r, ':') && !read_number(r, &rest, 59)))
        return false;
    *seconds = (int32_t)(hours * 3600 + minutes * 60 + rest);
    if (minus)
        *seconds = -*seconds;
    return true;
}

/* An abbreviation: three letters or more, or anything between < and >. */
static bool skip_name(reader *r)
{
    bool quoted = skip(r, '<');
    const char *const first = r->at;
    while (r->at < r->end && (quoted ? *r->at != '>' : ((*r->at | 0x20) >= 'a' && (*r->at | 0x20) <= 'z')))
        r->at++;
    return r->at - first >= 3 && (!quoted || skip(r, '>'));
}

static bool read_day(reader *r, wbi_zone_day *day)
{
    *day = (wbi_zone_day){.kind = WBI_DAY_COUNTED, .time_s = DEFAULT_TIME_S};
    if (!skip(r, ','))
        return false;
    if (skip(r, 'M')) {
        day->kind = WBI_DAY_OF_MONTH;
        if (!read_number(r, &day->month, 12) || day->month == 0 || !skip(r, '.') || !read_number(r, &day->week, 5) ||
            day->week == 0 || !skip(r, '.') || !read_number(r, &day->day, 6))
            return false;
    } else {
        if (skip(r, 'J'))
            day->kind = WBI_DAY_JULIAN;
        if (!read_number(r, &day->day, 365) || (day->kind == WBI_DAY_JULIAN && day->day == 0))
            return false;
    }
    return !skip(r, '/') || read_clock(r, &day->time_s);
}

/* Offsets are written west of Greenwich. */
bool wbi_zone_rule_read(wbi_zone_rule *rule, const char *text, size_t n)
{
    reader r = {text, text + n};
    *rule = (wbi_zone_rule){0};
    if (!skip_name(&r) || !read_clock(&r, &rule->standard_s))
        return false;
    rule->standard_s = -rule->standard_s;
    if (r.at == r.end)
        return true;
    rule->has_summer = true;
    if (!skip_name(&r))
        return false;
    rule->summer_s = rule->standard_s + 3600;
    if (r.at < r.end && *r.at != ',') {
        if (!read_clock(&r, &rule->summer_s))
            return false;
        rule->summer_s = -rule->summer_s;
    }
    return read_day(&r, &rule->begin) && read_day(&r, &rule->end) && r.at == r.end;
}

/* The clock's time of the change in a year, in seconds since 1970. */
static int64_t change_s(const wbi_zone_day *day, int64_t year)
{
    int64_t first = wbi_days_from_civil(year, 1, 1), days;
    if (day->kind == WBI_DAY_OF_MONTH) {
        first = wbi_days_from_civil(year, day->month, 1);
        int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
        days = first + ((int64_t)day->day - weekday + 7) % 7 + 7 * ((int64_t)day->week - 1);
        if (days >= first + (int64_t)wbi_days_in_month(year, day->month))
            days -= 7;
    } else if (day->kind == WBI_DAY_JULIAN) {
        bool after_february = day->day > 31 + 28 && wbi_days_in_month(year, 2) == 29;
        days = first + (int64_t)day->day - 1 + after_february;
    } else {
        days = first + (int64_t)day->day;
    }
    return days * DAY_S + day->time_s;
}

static wb_status add_after(wbi_periods *periods, int64_t *after_s, int64_t utc_s, int32_t offset_s, wb_error *err)
{
    if (utc_s <= *after_s)
        return WB_OK;
    *after_s = utc_s;
    return wbi_periods_add(periods, utc_s, offset_s, err);
}

wb_status wbi_zone_rule_add(const wbi_zone_rule *rule, int64_t first_year, int64_t end_year, int64_t after_s,
                            wbi_periods *periods, wb_error *err)
{
    for (int64_t year = first_year; rule->has_summer && year < end_year; year++) {
        int64_t begin_s = change_s(&rule->begin, year) - rule->standard_s;
        int64_t end_s = change_s(&rule->end, year) - rule->summer_s;
        bool north = begin_s < end_s; /* summer lies within the year */
        WBI_TRY(add_after(periods, &after_s, north ? begin_s : end_s, north ? rule->summer_s : rule->standard_s, err));
        WBI_TRY(add_after(periods, &after_s, north ? end_s : begin_s, north ? rule->standard_s : rule->summer_s, err));
    }
    return WB_OK;
}
