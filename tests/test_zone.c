/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Named time zones: instants that almanacs tell, rules of every form, files that hold anything. */
#include "test_util.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/time.h"
#include "base/zone_parts.h"

static int64_t utc(const char *text)
{
    int64_t time_us;
    wb_error err;
    assert_ok(wb_time_parse(&time_us, text, 0, &err), &err);
    return time_us;
}

static wbi_zone *open_zone(const char *name)
{
    wbi_zone *zone;
    wb_error err;
    assert_ok(wbi_zone_open(&zone, name, &err), &err);
    assert_string_equal(wbi_zone_name(zone), name);
    return zone;
}

/* What clocks show is read as `offset_s` east of UTC. */
#define assert_clock(zone, text, offset) assert_int_equal(wbi_zone_offset_of(zone, utc(text) / 1000000), offset)
#define assert_at(zone, text, offset) assert_int_equal(wbi_zone_offset_at(zone, utc(text)), offset)

static void berlin(void **state)
{
    (void)state;
    wbi_zone *zone = open_zone("Europe/Berlin");
    /* 2024: summer time from 31 March 01:00 to 27 October 01:00 UTC. */
    assert_at(zone, "2024-03-31T00:59:59.999999Z", 3600);
    assert_at(zone, "2024-03-31T01:00Z", 7200);
    assert_at(zone, "2024-10-27T00:59:59Z", 7200);
    assert_at(zone, "2024-10-27T01:00Z", 3600);
    assert_clock(zone, "2024-03-31T01:59:59", 3600);
    assert_clock(zone, "2024-03-31T02:00", 3600); /* the clocks leap over it: 03:00 in summer */
    assert_clock(zone, "2024-03-31T02:59:59", 3600);
    assert_clock(zone, "2024-03-31T03:00", 7200);
    assert_clock(zone, "2024-10-27T01:59:59", 7200);
    assert_clock(zone, "2024-10-27T02:30", 7200); /* shown twice: the first */
    assert_clock(zone, "2024-10-27T02:59:59", 7200);
    assert_clock(zone, "2024-10-27T03:00", 3600);
    /* Before 1893 the sun decided; in the summer of 1945 clocks were two hours ahead of winter. */
    assert_at(zone, "1850-01-01", 53 * 60 + 28);
    assert_at(zone, "1945-06-15", 3 * 3600);
    assert_at(zone, "1975-07-01", 3600);
    /* By the rule: last Sundays of March and October, also after the 400 years that are spelled out. */
    assert_at(zone, "2100-03-28T00:59Z", 3600);
    assert_at(zone, "2100-03-28T01:00Z", 7200);
    assert_at(zone, "9000-07-01", 7200);
    assert_at(zone, "9999-12-31", 3600);
    wbi_zone_free(zone);
}

static void elsewhere(void **state)
{
    (void)state;
    wbi_zone *zone = open_zone("America/New_York");
    assert_at(zone, "2024-03-10T06:59:59Z", -5 * 3600);
    assert_at(zone, "2024-03-10T07:00Z", -4 * 3600);
    assert_clock(zone, "2024-03-10T02:30", -5 * 3600);
    assert_clock(zone, "2024-11-03T01:30", -4 * 3600);
    assert_clock(zone, "2024-11-03T02:00", -5 * 3600);
    wbi_zone_free(zone);
    zone = open_zone("Australia/Lord_Howe"); /* half an hour of summer time, over the new year */
    assert_at(zone, "2024-01-01", 11 * 3600);
    assert_at(zone, "2024-07-01", 10 * 3600 + 1800);
    wbi_zone_free(zone);
    zone = open_zone("Pacific/Apia"); /* 30 December 2011 was left out */
    assert_clock(zone, "2011-12-29T23:59", -10 * 3600);
    assert_clock(zone, "2011-12-30T12:00", -10 * 3600);
    assert_clock(zone, "2011-12-31T00:00", 14 * 3600);
    wbi_zone_free(zone);
    zone = open_zone("Asia/Kolkata");
    assert_at(zone, "2024-07-01", 5 * 3600 + 1800);
    wbi_zone_free(zone);
}

/* Only after 1 January 2000 00:00 UTC: type 0 before it, then what the footer says. */
static size_t make_file(char *bytes, const char *footer)
{
    static const unsigned char header[44] = {'T', 'Z', 'i', 'f', '2'};
    char *at = bytes;
    memcpy(at, header, sizeof header);
    at[39] = 1; /* one kind */
    at[43] = 4; /* four letters */
    at += sizeof header;
    memset(at, 0, 10);
    at += 10;
    memcpy(at, header, sizeof header);
    at[35] = 1;
    at[39] = 2;
    at[43] = 4;
    at += sizeof header;
    static const unsigned char data[] = {0, 0, 0, 0, 0x38, 0x6d, 0x43, 0x80, 1, /* 946684800 to kind 1 */
                                         0, 0, 0, 60, 0, 0, 0, 0, 0x0e, 0x10, 0, 0, 'a', 'b', 'c', 0};
    memcpy(at, data, sizeof data);
    at += sizeof data;
    return (size_t)(at - bytes) + (size_t)sprintf(at, "\n%s\n", footer);
}

static wbi_zone *zone_of(const char *footer)
{
    char bytes[512];
    wbi_zone *zone;
    wb_error err;
    size_t n = make_file(bytes, footer);
    assert_ok(wbi_zone_decode(&zone, "test", bytes, n, &err), &err);
    return zone;
}

static void rules(void **state)
{
    (void)state;
    static const struct {
        const char *footer, *time;
        int32_t offset_s;
    } cases[] = {
        {"", "1999-12-31T23:59:59", 60},
        {"", "2500-01-01", 3600},
        {"ABC-1", "2500-07-01", 3600},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2023-03-26T00:59:59", 3600},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2023-03-26T01:00:00", 7200},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2023-10-29T00:59:59", 7200},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2023-10-29T01:00:00", 3600},
        {"<+01>-1<+0130>-1:30,J60/0,J300/0", "2024-02-29T22:59:59", 3600}, /* J60 is 1 March, leap year or not */
        {"<+01>-1<+0130>-1:30,J60/0,J300/0", "2024-02-29T23:00:00", 5400},
        {"<+01>-1<+0130>-1:30,59/0,300/0", "2024-02-28T23:00:00", 5400}, /* 59 is 29 February when there is one */
        {"<+01>-1<+0130>-1:30,59/0,300/0", "2023-02-28T22:59:59", 3600},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2024-01-15", 0}, /* 'summer' in winter */
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2024-07-15", 3600},
        {"AAA3BBB,M3.2.0/-24,M11.1.0/167", "2024-03-09T02:59:59", -3 * 3600}, /* the day before the second Sunday */
        {"AAA3BBB,M3.2.0/-24,M11.1.0/167", "2024-03-09T03:00:00", -2 * 3600},
        {"AAA3BBB,M3.2.0/-24,M11.1.0/167", "2024-11-10T00:59:59", -2 * 3600}, /* 167 h after the 3rd 00:00 */
        {"AAA3BBB,M3.2.0/-24,M11.1.0/167", "2024-11-10T01:00:00", -3 * 3600},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wbi_zone *zone = zone_of(cases[i].footer);
        if (wbi_zone_offset_at(zone, utc(cases[i].time)) != cases[i].offset_s)
            fail_msg("%s at %s: %d, not %d", cases[i].footer, cases[i].time, wbi_zone_offset_at(zone, utc(cases[i].time)),
                     cases[i].offset_s);
        wbi_zone_free(zone);
    }
}

static void bad_rules(void **state)
{
    (void)state;
    static const char *const footers[] = {"x", "AB-1", "ABC", "ABC-1DEF", "ABC-1DEF,M13.1.0,M10.5.0", "ABC-1DEF,M0.1.0,M1.1.0",
                                          "ABC-1DEF,M3.6.0,M10.5.0", "ABC-1DEF,M3.5.7,M10.5.0", "ABC-1DEF,J0,J1",
                                          "ABC-1DEF,J366,J1", "ABC-1DEF,1", "ABC-1DEF,1,2,3", "ABC-168", "ABC-1:60",
                                          "<AB-1", "ABC-1DEF,M3.5.0/168,M10.5.0"};
    for (size_t i = 0; i < sizeof footers / sizeof footers[0]; i++) {
        char bytes[512];
        wbi_zone *zone = NULL;
        wb_error err;
        size_t n = make_file(bytes, footers[i]);
        if (wbi_zone_decode(&zone, "test", bytes, n, &err) != WB_ERR_MALFORMED)
            fail_msg("'%s' was taken for a rule", footers[i]);
        assert_string_equal(err.message, "the system's file of time zone 'test' is damaged: its last line is no rule");
    }
}

/* Every prefix is refused; every single byte may be anything, and gives a zone or an error. */
static void hostile_files(void **state)
{
    (void)state;
    char bytes[512], *copy;
    size_t n = make_file(bytes, "CET-1CEST,M3.5.0,M10.5.0/3");
    wbi_zone *zone;
    wb_error err;
    for (size_t length = 0; length < n; length++) {
        copy = malloc(length + 1);
        assert_non_null(copy);
        memcpy(copy, bytes, length);
        char *cut = realloc(copy, length > 0 ? length : 1); /* so that reading past the end is seen */
        assert_non_null(cut);
        assert_int_equal(wbi_zone_decode(&zone, "test", cut, length, &err), WB_ERR_MALFORMED);
        free(cut);
    }
    for (size_t at = 0; at < n; at++)
        for (unsigned value = 0; value < 256; value += at < 150 ? 1 : 5) {
            char old = bytes[at];
            bytes[at] = (char)value;
            if (wbi_zone_decode(&zone, "test", bytes, n, &err) == WB_OK) {
                wbi_zone_offset_at(zone, utc("9999-12-31"));
                wbi_zone_offset_of(zone, INT64_MAX / 1000000);
                wbi_zone_offset_of(zone, INT64_MIN / 1000000);
                wbi_zone_free(zone);
            }
            bytes[at] = old;
        }
    bytes[44 + 10 + 31] = 1; /* a leap second */
    assert_int_equal(wbi_zone_decode(&zone, "test", bytes, n, &err), WB_ERR_MALFORMED);
}

static void names(void **state)
{
    (void)state;
    static const char *const none[] = {"", "Europe", "Europe/Berlim", "/etc/passwd", "../zoneinfo/Europe/Berlin", "Europe//Berlin",
                                       "Europe/", "Mars/Olympus_Mons", "\xff", "posixrules", "Factory", "localtime", "leapseconds"};
    wbi_zone *zone = NULL;
    wb_error err;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_int_equal(wbi_zone_open(&zone, none[i], &err), WB_ERR_ARGUMENT);
    assert_int_equal(wbi_zone_open(&zone, "europe/berlim", &err), WB_ERR_ARGUMENT);
    assert_string_equal(err.message, "'europe/berlim' is not a known time zone (wanted: UTC, an offset such as +02:00, or a "
                                     "name such as Europe/Berlin) (did you mean 'Europe/Berlin'?)");
    assert_int_equal(wbi_zone_open(&zone, "Factory", &err), WB_ERR_ARGUMENT);
    assert_string_equal(err.message, "'Factory' is not a known time zone (wanted: UTC, an offset such as +02:00, or a name "
                                     "such as Europe/Berlin)");
    assert_int_equal(wbi_zone_open(&zone, "zone.tab", &err), WB_ERR_ARGUMENT);
    assert_int_equal(wbi_zone_open(&zone, "tzdata.zi", &err), WB_ERR_ARGUMENT);
}

static void without_a_database(void **state)
{
    (void)state;
    wbi_zone *zone = NULL;
    wb_error err;
    assert_int_equal(wbi_zone_open_in(&zone, "/no/such/folder", "Europe/Berlin", &err), WB_ERR_IO);
    assert_string_equal(err.message, "'Europe/Berlin' is not a known time zone (wanted: UTC, an offset such as +02:00, or a "
                                     "name such as Europe/Berlin)");
    assert_string_equal(err.advice, "named zones need the system's tz database in /no/such/folder, which is not there: apt-get "
                                    "install tzdata");
    assert_null(zone);
}

static void without_memory(void **state)
{
    (void)state;
    wb_error err;
    for (uint64_t n = 1;; n++) {
        wbi_zone *zone = NULL;
        wbi_alloc_fail_at(n);
        wb_status status = wbi_zone_open(&zone, "Europe/Berlin", &err);
        wbi_alloc_fail_at(0);
        if (status == WB_OK) {
            assert_true(n > 5);
            wbi_zone_free(wbi_zone_share(zone));
            assert_at(zone, "2024-07-01", 7200);
            wbi_zone_free(zone);
            return;
        }
        assert_int_equal(status, WB_ERR_NOMEM);
        assert_null(zone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(berlin),        cmocka_unit_test(elsewhere), cmocka_unit_test(rules),
        cmocka_unit_test(bad_rules),     cmocka_unit_test(names),     cmocka_unit_test(hostile_files),
        cmocka_unit_test(without_a_database),
        cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
