/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The phrases of the catalogue: every entry makes sentences of every value. By hand: tests/test_reasons.c. */
#include "test_util.h"

#include <ctype.h>
#include <float.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "features/phrase.h"

enum { SENTENCE_CHARS = 512 };

static void check_form(const char *name, const char *text)
{
    const size_t n = strlen(text);
    if (n == 0 || strpbrk(text, "@{}|#/") != NULL || strstr(text, "  ") != NULL || strchr(".;,: ", text[n - 1]) != NULL ||
        isspace(text[0]) || isupper(text[0]) || strstr(text, " nan") != NULL || strstr(text, " inf") != NULL)
        fail_msg("%s: '%s'", name, text);
    for (const char *sign = strchr(text, '%'); sign != NULL; sign = strchr(sign + 1, '%'))
        if (sign < text + 2 || sign[-1] != ' ' || !isdigit(sign[-2]))
            fail_msg("%s: '%s'", name, text);
}

/* "1 order", never "1 orders" nor "2 order": whatever stands behind the number one ends as nothing else does. */
static void check_plural(const char *name, const char *text, const wbi_phrase *phrase, double value)
{
    if (phrase->manner != WBI_AS_COUNT)
        return;
    const char *at = text + strlen(phrase->before), *unit = phrase->unit;
    const char *expected = value == 1 ? "1 " : value == 0 && at == text ? "no " : NULL;
    if (expected != NULL && strncmp(at, expected, strlen(expected)) != 0)
        fail_msg("%s: '%s'", name, text);
    if ((strstr(at, unit) != NULL) != (value != 1))
        fail_msg("%s: '%s'", name, text);
}

static void check_entry(const wbi_entry *entry, int64_t window_us)
{
    static const double values[] = {0, 1, -1, 0.5, 0.123456, 2, 61.2, 1234.5, 1e9, 1e-9, 1e300};
    wbi_phrase phrase;
    wb_error err;
    assert_ok(wbi_phrase_of_entry(&phrase, entry, window_us, entry->name, &err), &err);
    check_form(entry->name, phrase.missing);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char value[WBI_VALUE_CHARS], text[SENTENCE_CHARS];
        const size_t n = wbi_phrase_value(value, &phrase, values[i], false);
        snprintf(text, sizeof text, "%s%.*s%s", phrase.before, (int)n, value, phrase.after);
        check_form(entry->name, text);
        check_plural(entry->name, text, &phrase, values[i]);
        if (window_us > 0 && strstr(text, "in the last 90 days") == NULL)
            fail_msg("%s: '%s' says no window", entry->name, text);
        const size_t alone = wbi_phrase_value(value, &phrase, values[i], true);
        assert_true(alone > 0 && alone < sizeof value);
    }
    wbi_phrase_free(&phrase);
}

/* A value may be missing wherever an aggregate is not 0 of no rows: then what is not known is said in words. */
static bool may_be_missing(const wbi_entry *entry)
{
    switch (entry->aggregate) {
    case WBI_AGG_COUNT:
    case WBI_AGG_SUM:
    case WBI_AGG_DISTINCT:
    case WBI_AGG_ACTIVE_DAYS:
    case WBI_AGG_TREND:
        return entry->after != NULL;
    default:
        return true;
    }
}

static void test_every_entry(void **state)
{
    (void)state;
    size_t n = 0;
    for (size_t b = 0; b < WBI_N_BUNDLES; b++)
        for (const wbi_entry *e = wbi_bundles[b].entries; e->name != NULL; e++, n++) {
            if (e->phrase == NULL || (strchr(e->phrase, '|') != NULL) != may_be_missing(e))
                fail_msg("%s_%s: %s", wbi_bundles[b].name, e->name, e->phrase);
            check_entry(e, 0);
            if (e->windows == WBI_EACH_WINDOW)
                check_entry(e, 90 * WB_DAY_US);
            if ((e->windows == WBI_EACH_WINDOW) != (strchr(e->phrase, '@') != NULL))
                fail_msg("%s_%s: %s", wbi_bundles[b].name, e->name, e->phrase);
        }
    assert_true(n > 100);
}

/* Every double is written within the room there is. */
static void test_values_of_any_size(void **state)
{
    (void)state;
    const double values[] = {DBL_MAX, -DBL_MAX, DBL_MIN, -5e-324, 999999999999999.5, -1e15, 1e-6, 9.9999e-7};
    for (int manner = WBI_AS_NUMBER; manner <= WBI_AS_CHANGE; manner++)
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
            char before[] = "", value[WBI_VALUE_CHARS];
            const wbi_phrase phrase = {.before = before, .manner = (wbi_manner)manner, .unit = "redemptions"};
            const size_t n = wbi_phrase_value(value, &phrase, values[i], false);
            assert_in_range(n, 1, WBI_VALUE_CHARS - 1);
            for (size_t c = 0; c < n; c++)
                assert_true(isprint((unsigned char)value[c]));
        }
}

/* Read back, a number is within half of its third digit, or of 1. */
static void test_numbers_are_rounded(void **state)
{
    (void)state;
    const wbi_phrase phrase = {.manner = WBI_AS_NUMBER};
    for (int i = 1; i < 4000; i++) {
        const double value = pow(1.01, i - 1400) * (i % 2 == 0 ? 1 : -1); /* 9e-7 to 1.7e11 */
        char text[WBI_VALUE_CHARS], plain[WBI_VALUE_CHARS];
        const size_t n = wbi_phrase_value(text, &phrase, value, false);
        size_t length = 0, digits = 0;
        for (size_t c = 0; c < n; c++) {
            if (text[c] != ',')
                plain[length++] = text[c];
            digits += isdigit((unsigned char)text[c]) && (digits > 0 || text[c] != '0');
        }
        plain[length] = '\0';
        const double size = fabs(value), unit = fmin(1, pow(10, floor(log10(size)) - 2));
        if (size >= 1e-6 && !(fabs(strtod(plain, NULL) - value) <= fmax(unit, 1e-8) * 0.5000001))
            fail_msg("%.17g is '%s'", value, plain);
        if (size >= 1e-6 && size < 100)
            assert_true(digits <= 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_entry),
        cmocka_unit_test(test_values_of_any_size),
        cmocka_unit_test(test_numbers_are_rounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
