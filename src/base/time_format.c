/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times by a format like strptime's, in English whatever the locale. A format names no part twice, and a whole date. */
#include <string.h>

#include "base/text.h"
#include "base/time_parts.h"

enum {
    YEAR = 1,
    MONTH = 2,
    DAY = 4,
    YEAR_DAY = 8,
    WEEKDAY = 16,
    HOUR = 32,
    TWELVE_HOURS = 64,
    HALF_DAY = 128,
    MINUTE = 256,
    SECOND = 512,
    FRACTION = 1024,
    ZONE = 2048
};

typedef struct directive {
    bool known;
    bool digits; /* what follows digits has to fill its width */
    unsigned fields;
    const char *stands_for; /* a format, or NULL */
} directive;

static const directive directives['z' + 1] = {
    ['Y'] = {true, true, YEAR, NULL},
    ['y'] = {true, true, YEAR, NULL},
    ['m'] = {true, true, MONTH, NULL},
    ['b'] = {true, false, MONTH, NULL},
    ['B'] = {true, false, MONTH, NULL},
    ['d'] = {true, true, DAY, NULL},
    ['e'] = {true, true, DAY, NULL},
    ['j'] = {true, true, YEAR_DAY, NULL},
    ['a'] = {true, false, WEEKDAY, NULL},
    ['A'] = {true, false, WEEKDAY, NULL},
    ['H'] = {true, true, HOUR, NULL},
    ['I'] = {true, true, HOUR | TWELVE_HOURS, NULL},
    ['p'] = {true, false, HALF_DAY, NULL},
    ['M'] = {true, true, MINUTE, NULL},
    ['S'] = {true, true, SECOND, NULL},
    ['f'] = {true, true, FRACTION, NULL},
    ['z'] = {true, false, ZONE, NULL},
    ['T'] = {true, true, HOUR | MINUTE | SECOND, "%H:%M:%S"},
    ['F'] = {true, true, YEAR | MONTH | DAY, "%Y-%m-%d"},
    ['D'] = {true, true, YEAR | MONTH | DAY, "%m/%d/%y"},
    ['%'] = {true, false, 0, NULL},
};

static const directive *find_directive(char letter)
{
    const unsigned char at = (unsigned char)letter;
    return at < sizeof directives / sizeof *directives && directives[at].known ? &directives[at] : NULL;
}

static wb_status collect_fields(unsigned *fields, const char *format, const char *shown_format, wb_error *err)
{
    *fields = 0;
    for (const char *percent = strchr(format, '%'); percent != NULL; percent = strchr(percent + 2, '%')) {
        const directive *d = find_directive(percent[1]);
        const size_t width = percent[1] == '\0' ? 0 : wbi_utf8_width(percent + 1, strlen(percent + 1));
        char shown[16];
        wbi_printable(shown, sizeof shown, percent + 1, width > 0 ? width : percent[1] != '\0');
        if (d == NULL)
            return wbi_fail(err, WB_ERR_ARGUMENT, "unknown directive '%%%s' in the time format '%s'", shown,
                            shown_format);
        if ((*fields & d->fields) != 0)
            return wbi_fail(err, WB_ERR_ARGUMENT, "'%%%s' names a part of the time again in the time format '%s'",
                            shown, shown_format);
        *fields |= d->fields;
    }
    return WB_OK;
}

static wb_status check_fields(unsigned fields, const char *shown_format, wb_error *err)
{
    const unsigned date = fields & (MONTH | DAY | YEAR_DAY);
    if ((fields & YEAR) == 0 || (date != (MONTH | DAY) && date != YEAR_DAY))
        return wbi_fail(err, WB_ERR_ARGUMENT,
                        "the time format '%s' gives no whole date (wanted: a year with either month and day or %%j)",
                        shown_format);
    if (((fields & TWELVE_HOURS) != 0) != ((fields & HALF_DAY) != 0))
        return wbi_fail(err, WB_ERR_ARGUMENT, "%%I and %%p go together only, in the time format '%s'", shown_format);
    return WB_OK;
}

wb_status wbi_time_format_parse(wbi_time_format *out, const char *text, wb_error *err)
{
    static const char *const names[] = {
        [WBI_TIME_ISO] = "iso", [WBI_TIME_UNIX] = "unix", [WBI_TIME_UNIX_MS] = "unix_ms"};
    for (size_t kind = 0; kind < sizeof names / sizeof *names; kind++) {
        if (names[kind] != NULL && strcmp(text, names[kind]) == 0) {
            *out = (wbi_time_format){.kind = (wbi_time_kind)kind};
            return WB_OK;
        }
    }
    const size_t length = strlen(text);
    char shown[96];
    wbi_printable(shown, sizeof shown, text, length);
    if (strchr(text, '%') == NULL)
        return wbi_fail(err, WB_ERR_ARGUMENT,
                        "'%s' is no time format (wanted: iso, unix, unix_ms or one like %%d/%%m/%%Y)", shown);
    if (length >= WBI_TIME_FORMAT_CHARS)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the time format '%s' is longer than %d bytes", shown,
                        WBI_TIME_FORMAT_CHARS - 1);
    unsigned fields;
    WBI_TRY(collect_fields(&fields, text, shown, err));
    WBI_TRY(check_fields(fields, shown, err));
    *out = (wbi_time_format){.kind = WBI_TIME_FORMAT};
    memcpy(out->format, text, length + 1);
    return WB_OK;
}

/* Reading goes on at `at`. A number that follows another one has to have all its digits: `fill`. */
typedef struct reader {
    const char *at, *end;
    bool fill, after_digits;
    wbi_time_parts parts;
    unsigned fields, year_day, weekday, half_day;
} reader;

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static bool read_number(reader *r, unsigned *number, unsigned width)
{
    unsigned n = 0, sum = 0;
    for (; n < width && r->at < r->end && is_digit(*r->at); n++)
        sum = sum * 10 + (unsigned)(*r->at++ - '0');
    *number = sum;
    return n > 0 && (n == width || !r->fill);
}

static bool read_year(reader *r, unsigned width)
{
    unsigned year;
    r->fill = true;
    if (!read_number(r, &year, width))
        return false;
    /* Two digits as POSIX has them: 1969 to 2068. */
    r->parts.year = width == 4 ? year : year < 69 ? 2000 + year : 1900 + year;
    return true;
}

/* `name` is in small letters. */
static bool skip_name(reader *r, const char *name, size_t length)
{
    if ((size_t)(r->end - r->at) < length)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((r->at[i] | 0x20) != name[i])
            return false;
    r->at += length;
    return true;
}

/* Index of a name spelled whole or by its first three letters. */
static bool read_name(reader *r, unsigned *index, const char *const *names, unsigned n)
{
    for (*index = 0; *index < n; ++*index)
        if (skip_name(r, names[*index], strlen(names[*index])) || skip_name(r, names[*index], 3))
            return true;
    return false;
}

static bool read_month_name(reader *r)
{
    static const char *const months[] = {"january", "february", "march",     "april",   "may",      "june",
                                         "july",    "august",   "september", "october", "november", "december"};
    const bool found = read_name(r, &r->parts.month, months, 12);
    r->parts.month++;
    return found;
}

static bool read_weekday(reader *r)
{
    static const char *const weekdays[] = {"thursday", "friday",  "saturday", "sunday",
                                           "monday",   "tuesday", "wednesday"};
    return read_name(r, &r->weekday, weekdays, 7);
}

static bool read_half_day(reader *r)
{
    static const char *const halves[] = {"am", "pm"};
    for (r->half_day = 0; r->half_day < 2; r->half_day++)
        if (skip_name(r, halves[r->half_day], 2))
            return true;
    return false;
}

static bool read_second(reader *r, char next)
{
    if (!read_number(r, &r->parts.second, 2))
        return false;
    if (next != '.' && r->end - r->at >= 2 && r->at[0] == '.' && is_digit(r->at[1]))
        r->at = wbi_read_fraction(&r->parts.microsecond, r->at + 1, r->end);
    return true;
}

static bool skip_to(reader *r, const char *at)
{
    r->at = at != NULL ? at : r->at;
    return at != NULL;
}

static bool read_directive(reader *r, char letter, char next)
{
    switch (letter) {
    case 'Y':
        return read_year(r, 4);
    case 'y':
        return read_year(r, 2);
    case 'm':
        return read_number(r, &r->parts.month, 2);
    case 'b':
    case 'B':
        return read_month_name(r);
    case 'e':
        r->at += r->at < r->end && *r->at == ' ';
        r->fill = false;
        return read_number(r, &r->parts.day, 2);
    case 'd':
        return read_number(r, &r->parts.day, 2);
    case 'j':
        return read_number(r, &r->year_day, 3);
    case 'a':
    case 'A':
        return read_weekday(r);
    case 'H':
    case 'I':
        return read_number(r, &r->parts.hour, 2);
    case 'p':
        return read_half_day(r);
    case 'M':
        return read_number(r, &r->parts.minute, 2);
    case 'S':
        return read_second(r, next);
    case 'f':
        return skip_to(r, wbi_read_fraction(&r->parts.microsecond, r->at, r->end));
    case 'z':
        r->parts.zone = NULL;
        return skip_to(r, wbi_read_offset(&r->parts.offset_s, r->at, r->end));
    default: /* %% */
        return r->at < r->end && *r->at++ == '%';
    }
}

static bool skip_blanks(reader *r)
{
    const char *const first = r->at;
    while (r->at < r->end && is_blank(*r->at))
        r->at++;
    return r->at > first;
}

static bool read_parts(reader *r, const char *format)
{
    while (*format != '\0') {
        if (is_blank(*format)) {
            format += strspn(format, " \t");
            if (!skip_blanks(r))
                return false;
            r->after_digits = false;
        } else if (*format != '%') {
            if (r->at == r->end || *r->at++ != *format++)
                return false;
            r->after_digits = false;
        } else {
            const directive *d = find_directive(format[1]);
            r->fill = d->digits && r->after_digits;
            if (d->stands_for != NULL ? !read_parts(r, d->stands_for) : !read_directive(r, format[1], format[2]))
                return false;
            format += 2;
            r->fields |= d->fields;
            r->after_digits = d->digits;
        }
    }
    return true;
}

/* Turns what is not part of a plain date and time into it. */
static bool settle(reader *r)
{
    wbi_time_parts *parts = &r->parts;
    if ((r->fields & YEAR_DAY) != 0) {
        const int64_t days = wbi_days_from_civil(parts->year, 1, 1) + (int64_t)r->year_day - 1;
        const int64_t year = parts->year;
        wbi_civil_from_days(days, &parts->year, &parts->month, &parts->day);
        if (parts->year != year)
            return false;
    }
    if ((r->fields & TWELVE_HOURS) != 0) {
        if (parts->hour < 1 || parts->hour > 12)
            return false;
        parts->hour = parts->hour % 12 + 12 * r->half_day;
    }
    return true;
}

bool wbi_read_formatted(int64_t *time_us, const char *bytes, size_t n, const wbi_time_format *format)
{
    reader r = {.at = bytes, .end = bytes + n, .parts = {.offset_s = format->zone_offset_s, .zone = format->zone}};
    if (!read_parts(&r, format->format) || r.at < r.end || !settle(&r) || !wbi_time_join(time_us, &r.parts))
        return false;
    /* A day of the week that is not the date's says that the date was misread. 1970-01-01 was a Thursday. */
    const wbi_time_parts *parts = &r.parts;
    return (r.fields & WEEKDAY) == 0 ||
           ((wbi_days_from_civil(parts->year, parts->month, parts->day) - (int64_t)r.weekday) % 7 + 7) % 7 == 0;
}
