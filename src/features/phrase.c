/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/phrase.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"

enum { PHRASE_LIMIT = 1 << 16, MAX_DECIMALS = 8, MINUTES = 60, HOURS = 100 };
/* Numbers beyond these are written as a program would. */
static const double LARGE = 1e15, SMALL = 1e-6;

/* ---- values */

static size_t put(char *out, const char *text, size_t n)
{
    memcpy(out, text, n);
    return n;
}

/* A whole number, its thousands apart: "1,240". */
static size_t put_whole(char *out, uint64_t whole)
{
    char digits[WBI_INT_CHARS];
    const size_t n = wbi_int_print(digits, (int64_t)whole);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    return used;
}

/* Rounded to so many decimals; `strip` leaves zeros at the end out. |value| < LARGE. */
static size_t put_fixed(char *out, double value, int decimals, bool strip)
{
    uint64_t unit = 1;
    for (int d = 0; d < decimals; d++)
        unit *= 10;
    const uint64_t scaled = (uint64_t)llround(fabs(value) * (double)unit);
    uint64_t fraction = scaled % unit;
    size_t used = 0;
    if (value < 0 && scaled > 0)
        out[used++] = '-';
    used += put_whole(out + used, scaled / unit);
    for (; strip && decimals > 0 && fraction % 10 == 0; decimals--)
        fraction /= 10;
    if (decimals > 0)
        out[used] = '.';
    for (int d = decimals; d > 0; d--, fraction /= 10)
        out[used + (size_t)d] = (char)('0' + fraction % 10);
    return decimals > 0 ? used + 1 + (size_t)decimals : used;
}

/* In so many digits, though all of those before the point: "0.25", "12.3", "1,240". */
static size_t put_rounded(char *out, double value, int digits)
{
    const double size = fabs(value);
    if (size >= LARGE || (size > 0 && size < SMALL))
        return wbi_double_print(out, value);
    int decimals = 0;
    for (double least = pow(10, digits - 1), at = size; size > 0 && at < least && decimals < MAX_DECIMALS; at *= 10)
        decimals++;
    return put_fixed(out, value, decimals, true);
}

static size_t put_money(char *out, double value)
{
    const double size = fabs(value);
    if (size >= LARGE)
        return wbi_double_print(out, value);
    const bool exact = size < 99.995 && llround(size * 100) % 100 != 0;
    return put_fixed(out, value, exact ? 2 : 0, false);
}

/* "1 day", "12 days"; the unit is a plural. */
static size_t put_unit(char *out, const char *number, size_t n, const char *unit)
{
    const size_t length = strlen(unit), used = put(out, number, n) + 1;
    out[used - 1] = ' ';
    if (n != 1 || number[0] != '1')
        return used + put(out + used, unit, length);
    if (length > 3 && strcmp(unit + length - 3, "ies") == 0)
        return used + put(out + used, unit, length - 3) + put(out + used + length - 3, "y", 1);
    return used + put(out + used, unit, length - 1);
}

static size_t put_days(char *out, double days)
{
    char number[WBI_VALUE_CHARS];
    return put_unit(out, number, put_rounded(number, days, 2), "days");
}

/* In minutes, hours (up to 100) or days. */
static size_t put_minutes(char *out, double minutes)
{
    if (fabs(minutes) >= HOURS * MINUTES)
        return put_days(out, minutes / (24 * MINUTES));
    const bool hours = fabs(minutes) >= MINUTES;
    const size_t n = put_rounded(out, hours ? minutes / MINUTES : minutes, 2);
    return n + put(out + n, hours ? " h" : " min", hours ? 2 : 4);
}

static size_t put_count(char *out, const wbi_phrase *phrase, double value, bool alone)
{
    char number[WBI_VALUE_CHARS];
    const size_t n = put_rounded(number, value, 2);
    const bool no = n == 1 && number[0] == '0' && phrase->before[0] == '\0';
    if (alone)
        return no ? put(out, "none", 4) : put(out, number, n);
    return no ? put_unit(out, "no", 2, phrase->unit) : put_unit(out, number, n, phrase->unit);
}

static size_t put_change(char *out, double value)
{
    const size_t n = put_rounded(out, fabs(value), 2);
    if (n == 1 && out[0] == '0')
        return put(out, "as many", 7);
    return n + put(out + n, value < 0 ? " fewer" : " more", value < 0 ? 6 : 5);
}

size_t wbi_phrase_value(char out[WBI_VALUE_CHARS], const wbi_phrase *phrase, double value, bool alone)
{
    switch (phrase->manner) {
    case WBI_AS_COUNT:
        return put_count(out, phrase, value, alone);
    case WBI_AS_DAYS:
        return put_days(out, value);
    case WBI_AS_HOURS:
        return put_minutes(out, value * 60);
    case WBI_AS_MINUTES:
        return put_minutes(out, value);
    case WBI_AS_MONEY:
        return put_money(out, value);
    case WBI_AS_SHARE: {
        const size_t n = put_rounded(out, value * 100, 2);
        return n + put(out + n, " %", 2);
    }
    case WBI_AS_CHANGE:
        return put_change(out, value);
    case WBI_AS_WORDS: {
        const wbi_str word = phrase->words[value < 0.5];
        return put(out, word.data, word.length);
    }
    case WBI_AS_EXPECTED:
        return value < 1 ? put_fixed(out, value, 2, true) : put_rounded(out, value, 3);
    case WBI_AS_NUMBER:
        break;
    }
    return put_rounded(out, value, 3);
}

/* ---- phrases */

wbi_manner wbi_manner_of_aggregate(wbi_aggregate aggregate)
{
    switch (aggregate) {
    case WBI_AGG_SHARE:
        return WBI_AS_SHARE;
    case WBI_AGG_DAYS_SINCE_LAST:
    case WBI_AGG_DAYS_SINCE_FIRST:
    case WBI_AGG_GAP_DAYS_MEAN:
    case WBI_AGG_GAP_DAYS_STD:
    case WBI_AGG_GAP_DAYS_MAX:
    case WBI_AGG_REPEAT_SPAN_DAYS:
    case WBI_AGG_OBSERVED_DAYS:
        return WBI_AS_DAYS;
    default:
        return WBI_AS_NUMBER;
    }
}

static wbi_manner manner_of_unit(const char *unit)
{
    static const struct {
        const char *unit;
        wbi_manner manner;
    } known[] = {{"days", WBI_AS_DAYS},      {"hours", WBI_AS_HOURS},     {"minutes", WBI_AS_MINUTES},
                 {"money", WBI_AS_MONEY},    {"share", WBI_AS_SHARE},     {"ratio", WBI_AS_NUMBER},
                 {"0 to 1", WBI_AS_NUMBER}, {"category", WBI_AS_NUMBER}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].unit, unit) == 0)
            return known[i].manner;
    return WBI_AS_COUNT;
}

/* Reads the sign of the value that `at` begins with; its end. */
static const char *read_sign(wbi_phrase *phrase, const char *at, const char *unit)
{
    if (*at == '{') {
        const size_t first = strcspn(at + 1, "/"), second = strcspn(at + 2 + first, "}");
        phrase->manner = WBI_AS_WORDS;
        phrase->words[0] = (wbi_str){at + 1, first};
        phrase->words[1] = (wbi_str){at + 2 + first, second};
        return at + 3 + first + second;
    }
    const bool said = at[1] == '%' || at[1] == '#' || at[1] == '+';
    phrase->manner = !said          ? manner_of_unit(unit)
                     : at[1] == '%' ? WBI_AS_SHARE
                     : at[1] == '+' ? WBI_AS_CHANGE
                                    : WBI_AS_NUMBER;
    phrase->unit = unit;
    return at + (said ? 2 : 1);
}

static wb_status append_window(wbi_buffer *text, int64_t window_us, wb_error *err)
{
    char number[WBI_VALUE_CHARS], span[WBI_VALUE_CHARS];
    const bool days = window_us % WB_DAY_US == 0;
    if (window_us == 0)
        return wbi_buffer_append_text(text, "so far", err);
    const size_t n = put_rounded(number, (double)window_us / (double)(days ? WB_DAY_US : WB_HOUR_US), 3);
    const size_t length = put_unit(span, number, n, days ? "days" : "hours");
    WBI_TRY(wbi_buffer_append_text(text, "in the last ", err));
    return n == 1 && number[0] == '1' ? wbi_buffer_append(text, span + 2, length - 2, err)
                                      : wbi_buffer_append(text, span, length, err);
}

/* A part of a template, its '@' replaced; a new string. */
static wb_status spell(char **out, const char *part, size_t n, int64_t window_us, wb_error *err)
{
    wbi_buffer text = wbi_buffer_make(PHRASE_LIMIT);
    wb_status status = WB_OK;
    for (size_t i = 0; i < n && status == WB_OK; i++)
        status = part[i] == '@' ? append_window(&text, window_us, err) : wbi_buffer_append(&text, part + i, 1, err);
    if (status == WB_OK && (*out = wbi_strndup(text.length > 0 ? text.data : "", text.length)) == NULL)
        status = wbi_fail_nomem(err, text.length + 1);
    wbi_buffer_free(&text);
    return status;
}

/* "NAME is ", and the like. */
static wb_status join(char **out, const char *first, const char *second, wb_error *err)
{
    const size_t size = strlen(first) + strlen(second) + 1;
    *out = wbi_alloc_array(size, 1);
    if (*out == NULL)
        return wbi_fail_nomem(err, size);
    snprintf(*out, size, "%s%s", first, second);
    return WB_OK;
}

wb_status wbi_phrase_of_entry(wbi_phrase *out, const wbi_entry *entry, int64_t window_us, const char *name,
                              wb_error *err)
{
    const char *sign = entry->phrase + strcspn(entry->phrase, "%{");
    wb_status status;
    *out = (wbi_phrase){0};
    const char *rest = read_sign(out, sign, entry->unit);
    const size_t n = strcspn(rest, "|");
    WBI_TRY_CLEANUP(spell(&out->before, entry->phrase, (size_t)(sign - entry->phrase), window_us, err));
    WBI_TRY_CLEANUP(spell(&out->after, rest, n, window_us, err));
    if (rest[n] == '|')
        WBI_TRY_CLEANUP(spell(&out->missing, rest + n + 1, strlen(rest + n + 1), window_us, err));
    else
        WBI_TRY_CLEANUP(join(&out->missing, name, " is not known", err));
    return WB_OK;
cleanup:
    wbi_phrase_free(out);
    return status;
}

wb_status wbi_phrase_of_name(wbi_phrase *out, const char *name, const char *reason, wbi_manner manner, wb_error *err)
{
    wb_status status;
    *out = (wbi_phrase){.manner = manner};
    WBI_TRY_CLEANUP(join(&out->before, reason != NULL ? reason : name, reason != NULL ? ": " : " is ", err));
    WBI_TRY_CLEANUP(join(&out->after, "", "", err));
    WBI_TRY_CLEANUP(join(&out->missing, out->before, "not known", err));
    return WB_OK;
cleanup:
    wbi_phrase_free(out);
    return status;
}

wb_status wbi_phrase_of_purchases(wbi_phrase *out, double horizon_days, wb_error *err)
{
    char days[WBI_DOUBLE_CHARS + 64];
    char number[WBI_DOUBLE_CHARS];
    const size_t n = wbi_double_print(number, horizon_days);
    snprintf(days, sizeof days, "purchases expected in the next %.*s days", (int)n, number);
    WBI_TRY(wbi_phrase_of_name(out, days, days, WBI_AS_EXPECTED, err));
    wbi_free(out->missing);
    out->missing = wbi_strdup("when and how often the customer bought is not known");
    if (out->missing != NULL)
        return WB_OK;
    wbi_phrase_free(out);
    return wbi_fail_nomem(err, sizeof days);
}

void wbi_phrase_free(wbi_phrase *phrase)
{
    wbi_free(phrase->before);
    wbi_free(phrase->after);
    wbi_free(phrase->missing);
    *phrase = (wbi_phrase){0};
}
