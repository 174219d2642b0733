/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <winback/time.h>

#include "base/time.h"

static const int64_t second_us = 1000000;

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static wbi_time_format format_of(const char *text)
{
    wbi_time_format format;
    wb_error err;
    assert_ok(wbi_time_format_parse(&format, text, &err), &err);
    return format;
}

static bool reads(int64_t *time_us, const char *text, const wbi_time_format *format)
{
    return wbi_time_read(time_us, text, strlen(text), format);
}

/* `text` in `format` names the same instant as `iso`; NULL: none. */
static void check_read(const char *format_text, const char *text, const char *iso)
{
    const wbi_time_format format = format_of(format_text), plain = {0};
    int64_t time_us = 0, expected_us = 0;
    const bool read = reads(&time_us, text, &format);
    if (iso != NULL)
        assert_true(reads(&expected_us, iso, &plain));
    if (read != (iso != NULL) || (read && time_us != expected_us)) {
        print_error("'%s' as %s: %s %" PRId64 ", expected %s\n", text, format_text, read ? "read" : "not read", time_us,
                    iso != NULL ? iso : "none");
        fail();
    }
}

static void every_day_of_ten_thousand_years_is_itself(void **state)
{
    (void)state;
    static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = -719162; /* 0001-01-01: python's date.toordinal() - 719163 */
    for (int64_t year = 1; year <= 9999; year++)
        for (unsigned month = 1; month <= 12; month++) {
            const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            for (unsigned day = 1; day <= lengths[month - 1] + (month == 2 && leap); day++, days++) {
                int64_t back_year;
                unsigned back_month, back_day;
                wbi_civil_from_days(days, &back_year, &back_month, &back_day);
                if (wbi_days_from_civil(year, month, day) != days || back_year != year || back_month != month ||
                    back_day != day) {
                    print_error("%" PRId64 "-%u-%u\n", year, month, day);
                    fail();
                }
            }
        }
    assert_int_equal(days, 2932897);
    assert_int_equal(wbi_days_from_civil(1970, 1, 1), 0);
    assert_int_equal(wbi_days_from_civil(2000, 2, 29), 11016);
}

/* The system's calendar says the same, read and written. */
static void instants_agree_with_the_system(void **state)
{
    (void)state;
    const wbi_time_format iso = {0};
    uint64_t seed = 1;
    for (int i = 0; i < 300000; i++) {
        const time_t when = (time_t)(next_random(&seed) % UINT64_C(315537897600)) - (time_t)62135596800;
        struct tm parts;
        char text[80], expected[96], written[WB_TIME_CHARS];
        int64_t time_us;
        assert_non_null(gmtime_r(&when, &parts));
        snprintf(text, sizeof text, "%04d-%02d-%02d%c%02d:%02d:%02d", parts.tm_year + 1900, parts.tm_mon + 1,
                 parts.tm_mday, i % 2 == 0 ? 'T' : ' ', parts.tm_hour, parts.tm_min, parts.tm_sec);
        assert_true(reads(&time_us, text, &iso));
        assert_true(time_us == (int64_t)timegm(&parts) * second_us);
        assert_true(time_us == (int64_t)when * second_us);
        text[10] = 'T';
        snprintf(expected, sizeof expected, "%s%s", text, "Z");
        if (when % 86400 == 0)
            expected[10] = '\0';
        assert_int_equal(wb_time_format(time_us, written), strlen(expected));
        assert_string_equal(written, expected);
    }
}

static void iso_reads_dates_and_instants(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time_us;
    } cases[] = {
        {"1970-01-01", 0},
        {"2023-01-01", INT64_C(1672531200000000)},
        {"2023-01-01T12:34:56Z", INT64_C(1672576496000000)},
        {"2023-01-01 12:34:56", INT64_C(1672576496000000)},
        {"2023-01-01T12:34", INT64_C(1672576440000000)},
        {"2023-01-01T12:34Z", INT64_C(1672576440000000)},
        {"2023-01-01T12:34:56.5", INT64_C(1672576496500000)},
        {"2023-01-01T12:34:56.000001Z", INT64_C(1672576496000001)},
        {"2023-01-01T12:34:56.123456789Z", INT64_C(1672576496123456)},
        {"2023-01-01T12:34:56+01:00", INT64_C(1672572896000000)},
        {"2023-01-01T12:34:56-0530", INT64_C(1672596296000000)},
        {"2023-01-01 12:34:56.25+00", INT64_C(1672576496250000)},
        {"2023-01-01 12:34+18:00", INT64_C(1672511640000000)},
        {"1969-12-31T23:59:59.999999Z", -1},
        {"2024-02-29", INT64_C(1709164800000000)},
        {"2000-02-29", INT64_C(951782400000000)},
        {"0001-01-01", INT64_C(-62135596800000000)},
        {"9999-12-31T23:59:59.999999", INT64_C(253402300799999999)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t time_us;
        wb_error err;
        assert_ok(wb_time_parse(&time_us, cases[i].text, 0, &err), &err);
        assert_true(time_us == cases[i].time_us);
    }
}

static void iso_refuses_the_rest(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2023",
        "2023-01",
        "2023-1-1",
        "2023-02-29",
        "1900-02-29",
        "2023-04-31",
        "2023-00-10",
        "2023-13-01",
        "2023-01-00",
        "2023-01-32",
        "0000-01-01",
        "-001-01-01",
        "10000-01-01",
        "2023/01/01",
        "20230101",
        " 2023-01-01",
        "2023-01-01 ",
        "2023-01-01x",
        "2023-01-01T",
        "2023-01-01T12",
        "2023-01-01T12:",
        "2023-01-01T12:3",
        "2023-01-01Z",
        "2023-01-01T24:00:00",
        "2023-01-01T23:60",
        "2023-01-01T23:59:60",
        "2016-12-31T23:59:60Z",
        "2023-01-01T12:34:5",
        "2023-01-01T12:34:",
        "2023-01-01T12:34:56.",
        "2023-01-01T12:34:56.Z",
        "2023-01-01T12:34:56.1234567890",
        "2023-01-01T12:34:56z",
        "2023-01-01t12:34:56",
        "2023-01-01T12:34:56 Z",
        "2023-01-01T12:34:56ZZ",
        "2023-01-01T12:34:56+",
        "2023-01-01T12:34:56+1",
        "2023-01-01T12:34:56+01:",
        "2023-01-01T12:34:56+01:0",
        "2023-01-01T12:34:56+01:60",
        "2023-01-01T12:34:56+18:01",
        "2023-01-01T12:34:56+01:00x",
        "2023-01-01T12:34:56+010",
        "2023-01-01T1 :34:56",
        "2023-01-01  12:34:56",
        "2023-01-01T12.34",
        "0001-01-01T00:00+00:01",
        "9999-12-31T23:59-00:01",
        "2023-0a-01",
        ("20\xc2\xb2"
         "3-01-01"),
        "NaT",
    };
    const wbi_time_format iso = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t time_us;
        if (reads(&time_us, bad[i], &iso)) {
            print_error("'%s' reads as %" PRId64 "\n", bad[i], time_us);
            fail();
        }
    }
    int64_t time_us = 7;
    wb_error err;
    assert_false(wbi_time_read(&time_us, "2023-01-01\0", 11, &iso));
    assert_false(wbi_time_read(&time_us, "2023-01-01", 9, &iso));
    assert_false(wbi_time_read(&time_us, NULL, 0, &iso));
    time_us = 7;
    assert_int_equal(wb_time_parse(&time_us, "2023-02-29", 0, &err), WB_ERR_MALFORMED);
    assert_string_equal(err.message, "'2023-02-29' is not a date (wanted: YYYY-MM-DD or an ISO instant)");
    assert_string_equal(err.value, "2023-02-29");
    assert_int_equal(time_us, 7);
    assert_int_equal(wb_time_parse(&time_us, "today", 0, NULL), WB_ERR_MALFORMED);
}

static void times_without_offset_are_local(void **state)
{
    (void)state;
    int64_t local_us, utc_us;
    wb_error err;
    assert_ok(wb_time_parse(&utc_us, "2022-12-31T23:00:00Z", 3600, &err), &err);
    assert_ok(wb_time_parse(&local_us, "2023-01-01", 3600, &err), &err);
    assert_true(local_us == utc_us);
    assert_int_equal(wbi_day_of(utc_us, (wbi_clock){0, NULL}), wbi_days_from_civil(2022, 12, 31));
    assert_int_equal(wbi_day_of(utc_us, (wbi_clock){3600, NULL}), wbi_days_from_civil(2023, 1, 1));
    assert_int_equal(wbi_day_of(-1, (wbi_clock){0, NULL}), -1);
    assert_int_equal(wbi_day_of(0, (wbi_clock){-1, NULL}), -1);
    assert_int_equal(wbi_day_of(WB_DAY_US - 1, (wbi_clock){0, NULL}), 0);

    wbi_time_format format = format_of("%d/%m/%Y %H:%M");
    format.zone_offset_s = -5 * 3600;
    assert_true(reads(&local_us, "31/12/2022 18:00", &format));
    assert_true(local_us == utc_us);
}

static void times_are_written_shortest(void **state)
{
    (void)state;
    char text[WB_TIME_CHARS];
    assert_int_equal(wb_time_format(WB_TIME_MISSING, text), 0);
    assert_string_equal(text, "");
    wb_time_format(0, text);
    assert_string_equal(text, "1970-01-01");
    wb_time_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
    wb_time_format(INT64_C(1672576496500000), text);
    assert_string_equal(text, "2023-01-01T12:34:56.5Z");
    wb_time_format(INT64_C(1672576496000000), text);
    assert_string_equal(text, "2023-01-01T12:34:56Z");
    assert_true(wb_time_format(INT64_MAX, text) < WB_TIME_CHARS);
    assert_true(wb_time_format(INT64_MIN + 1, text) < WB_TIME_CHARS);

    uint64_t seed = 2;
    for (int i = 0; i < 100000; i++) {
        const int64_t time_us =
            (int64_t)(next_random(&seed) % UINT64_C(315537897600000000)) - INT64_C(62135596800000000);
        int64_t back_us;
        wb_error err;
        wb_time_format(time_us, text);
        assert_ok(wb_time_parse(&back_us, text, 12345, &err), &err);
        if (time_us % WB_DAY_US != 0)
            assert_true(back_us == time_us);
    }
}

static void formats_read_what_they_say(void **state)
{
    (void)state;
    check_read("%d/%m/%Y", "05/12/2010", "2010-12-05");
    check_read("%d/%m/%Y", "5/12/2010", "2010-12-05");
    check_read("%m/%d/%Y %H:%M", "12/1/2010 8:26", "2010-12-01T08:26");
    check_read("%Y%m%d", "19970101", "1997-01-01");
    check_read("%Y%m%d%H%M%S", "19970101235958", "1997-01-01T23:59:58");
    check_read("%d.%m.%y", "31.12.68", "2068-12-31");
    check_read("%d.%m.%y", "31.12.69", "1969-12-31");
    check_read("%F %T", "2023-01-02 03:04:05", "2023-01-02T03:04:05");
    check_read("%D", "01/02/23", "2023-01-02");
    check_read("%F %T", "2023-01-02 03:04:05.25", "2023-01-02T03:04:05.25");
    check_read("%Y-%m-%dT%H:%M:%S.%f", "2023-01-02T03:04:05.25", "2023-01-02T03:04:05.25");
    check_read("%Y-%m-%d %H:%M:%S,%f", "2023-01-02 03:04:05,123", "2023-01-02T03:04:05.123");
    check_read("%b %d, %Y", "Feb 29, 2024", "2024-02-29");
    check_read("%B %d, %Y", "sepTEMBER 9, 2024", "2024-09-09");
    check_read("%b %d, %Y", "December 9, 2024", "2024-12-09");
    check_read("%d %b %Y", "1 MAY 2024", "2024-05-01");
    check_read("%a %b %e %H:%M:%S %Y", "Thu Jan  1 00:00:01 1970", "1970-01-01T00:00:01");
    check_read("%A, %d %B %Y", "wednesday, 31 December 1969", "1969-12-31");
    check_read("%A %F", "Monday 0001-01-01", "0001-01-01");
    check_read("%I:%M %p %F", "12:05 AM 2023-01-02", "2023-01-02T00:05");
    check_read("%I:%M %p %F", "12:05 pm 2023-01-02", "2023-01-02T12:05");
    check_read("%I:%M%p %F", "1:05pm 2023-01-02", "2023-01-02T13:05");
    check_read("%Y/%j", "2024/366", "2024-12-31");
    check_read("%Y%j", "2023060", "2023-03-01");
    check_read("%F %T %z", "2023-01-02 03:04:05 +0200", "2023-01-02T01:04:05");
    check_read("%F%z", "2023-01-02Z", "2023-01-02");
    check_read("%z %F", "-01 2023-01-02", "2023-01-02T01:00");
    check_read("%F  %H", "2023-01-02 \t 7", "2023-01-02T07:00");
    check_read("%Y年%m月%d日", "2023年1月2日", "2023-01-02");
    check_read("100%% %F", "100% 2023-01-02", "2023-01-02");
    check_read("iso", "2023-01-02", "2023-01-02");
}

static void formats_refuse_the_rest(void **state)
{
    (void)state;
    check_read("%d/%m/%Y", "29/02/2023", NULL);
    check_read("%d/%m/%Y", "12/31/2023", NULL);
    check_read("%d/%m/%Y", "01/02/23", NULL);
    check_read("%d/%m/%Y", "01/02/20233", NULL);
    check_read("%d/%m/%Y", "001/02/2023", NULL);
    check_read("%d/%m/%Y", "01-02-2023", NULL);
    check_read("%d/%m/%Y", "01/02/2023 ", NULL);
    check_read("%d/%m/%Y", " 01/02/2023", NULL);
    check_read("%d/%m/%Y", "/02/2023", NULL);
    check_read("%d/%m/%Y", "01/02", NULL);
    check_read("%d/%m/%Y", "", NULL);
    check_read("%d/%m/%Y", "01/02/0000", NULL);
    check_read("%Y%m%d", "1997011", NULL);
    check_read("%Y%m%d", "199711", NULL);
    check_read("%F %H:%M", "2023-01-02 24:00", NULL);
    check_read("%F %H:%M", "2023-01-02 23:60", NULL);
    check_read("%F %T", "2023-01-02 23:59:60", NULL);
    check_read("%F %T", "2023-01-02 23:59:59.", NULL);
    check_read("%F %H", "2023-01-0207", NULL);
    check_read("%I%p %F", "13PM 2023-01-02", NULL);
    check_read("%I%p %F", "0AM 2023-01-02", NULL);
    check_read("%I%p %F", "1XM 2023-01-02", NULL);
    check_read("%Y/%j", "2023/366", NULL);
    check_read("%Y/%j", "2024/0", NULL);
    check_read("%d %b %Y", "1 Mai 2024", NULL);
    check_read("%d %b %Y", "1 Sept 2024", NULL);
    check_read("%a %F", "Tue 1970-01-01", NULL); /* a Thursday */
    check_read("%F %z", "2023-01-02 +19:00", NULL);
    check_read("%F %z", "2023-01-02 CET", NULL);
    check_read("%F%%", "2023-01-02", NULL);
}

static void check_refused_format(const char *text, const char *message)
{
    wbi_time_format format;
    wb_error err;
    assert_int_equal(wbi_time_format_parse(&format, text, &err), WB_ERR_ARGUMENT);
    assert_string_equal(err.message, message);
}

static void bad_formats_are_refused(void **state)
{
    (void)state;
    check_refused_format("ISO", "'ISO' is no time format (wanted: iso, unix, unix_ms or one like %d/%m/%Y)");
    check_refused_format("", "'' is no time format (wanted: iso, unix, unix_ms or one like %d/%m/%Y)");
    check_refused_format("%Y-%m-%q", "unknown directive '%q' in the time format '%Y-%m-%q'");
    check_refused_format("%F %", "unknown directive '%' in the time format '%F %'");
    check_refused_format("%F %\xc3\xa9", "unknown directive '%\xc3\xa9' in the time format '%F %\xc3\xa9'");
    check_refused_format("%F %\x01", "unknown directive '%\\x01' in the time format '%F %\\x01'");
    check_refused_format("%F %d", "'%d' names a part of the time again in the time format '%F %d'");
    check_refused_format("%d %b %m %Y", "'%m' names a part of the time again in the time format '%d %b %m %Y'");
    check_refused_format("%F %I:%M", "%I and %p go together only, in the time format '%F %I:%M'");
    check_refused_format("%F %H:%M %p", "%I and %p go together only, in the time format '%F %H:%M %p'");
    static const char *const partial[] = {"%H:%M", "%Y-%m", "%d/%m", "%Y", "%j", "%F %j", "%Y %m %j", "%%"};
    for (size_t i = 0; i < sizeof partial / sizeof *partial; i++) {
        wbi_time_format format;
        assert_int_equal(wbi_time_format_parse(&format, partial[i], NULL), WB_ERR_ARGUMENT);
    }
    char text[70];
    memset(text, 'x', sizeof text);
    memcpy(text, "%F", 2);
    text[WBI_TIME_FORMAT_CHARS - 1] = '\0';
    assert_int_equal(format_of(text).kind, WBI_TIME_FORMAT);
    text[WBI_TIME_FORMAT_CHARS - 1] = 'x';
    text[WBI_TIME_FORMAT_CHARS] = '\0';
    wbi_time_format format;
    assert_int_equal(wbi_time_format_parse(&format, text, NULL), WB_ERR_ARGUMENT);
}

static void unix_times_are_read(void **state)
{
    (void)state;
    check_read("unix", "0", "1970-01-01");
    check_read("unix", "-1", "1969-12-31T23:59:59");
    check_read("unix", "1672576496", "2023-01-01T12:34:56");
    check_read("unix", "1672576496.0", "2023-01-01T12:34:56");
    check_read("unix", "1672576496.25", "2023-01-01T12:34:56.25");
    check_read("unix", "-0.5", "1969-12-31T23:59:59.5");
    check_read("unix", "253402300799", "9999-12-31T23:59:59");
    check_read("unix_ms", "1672576496123", "2023-01-01T12:34:56.123");
    check_read("unix_ms", "1672576496123.5", "2023-01-01T12:34:56.1235");
    check_read("unix_ms", "-1", "1969-12-31T23:59:59.999");
    static const char *const bad[] = {"",
                                      " 1",
                                      "1 ",
                                      "1.",
                                      ".5",
                                      "1e9",
                                      "x",
                                      "-",
                                      "253402300800",
                                      "-62135596801",
                                      "1.2.3",
                                      "9223372036854775807",
                                      "99999999999999999999",
                                      "1672576496,5",
                                      "1.1234567890"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_read("unix", bad[i], NULL);
    check_read("unix_ms", "253402300800000", NULL);
}

static void messages_say_what_was_wanted(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"iso", "YYYY-MM-DD or an ISO instant"},
                                           {"%d/%m/%Y", "a time like %d/%m/%Y"},
                                           {"unix", "unix seconds"},
                                           {"unix_ms", "unix milliseconds"}};
    char text[64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const wbi_time_format format = format_of(cases[i][0]);
        assert_string_equal(wbi_time_wanted(&format, text, sizeof text), cases[i][1]);
    }
}

static void zones_are_fixed_offsets(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t offset_s;
    } cases[] = {{"UTC", 0},          {"Z", 0},           {"+00:00", 0},        {"-00:00", 0},     {"+01:00", 3600},
                 {"+0100", 3600},     {"-05:30", -19800}, {"+05", 18000},       {"UTC+1", 3600},   {"UTC-11", -39600},
                 {"UTC+5:30", 19800}, {"+18:00", 64800},  {"UTC+05:30", 19800}, {"-18:00", -64800}};
    wb_error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t offset_s;
        assert_ok(wbi_zone_parse(&offset_s, cases[i].text, &err), &err);
        assert_int_equal(offset_s, cases[i].offset_s);
    }
    static const char *const bad[] = {"",        "utc",   "Europe/Berlin", "CET",     "+1",      "+18:01", "+19:00",
                                      "+01:60",  "01:00", "UTC+",          "UTCZ",    "UTC+1:3", "UTC+1:", "UTC 1",
                                      "+01:00 ", "ZZ",    "+01:000",       "UTC+123", "+-1:00"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int32_t offset_s = 7;
        if (wbi_zone_parse(&offset_s, bad[i], &err) != WB_ERR_ARGUMENT || offset_s != 7) {
            print_error("'%s' is read as a zone\n", bad[i]);
            fail();
        }
    }
    int32_t offset_s;
    assert_int_equal(wbi_zone_parse(&offset_s, "Europe/Berlin", &err), WB_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "'Europe/Berlin'"));
    assert_non_null(strstr(err.message, "only fixed offsets"));
}

static void durations_are_read_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t duration_us;
        const char *written;
    } cases[] = {{"90d", 90 * WB_DAY_US, "90d"},
                 {"0d", 0, "0d"},
                 {"0h", 0, "0d"},
                 {"36h", 36 * WB_HOUR_US, "36h"},
                 {"48h", 2 * WB_DAY_US, "2d"},
                 {"4w", 28 * WB_DAY_US, "28d"},
                 {"1.5d", 36 * WB_HOUR_US, "36h"},
                 {".5h", WB_HOUR_US / 2, "0.5h"},
                 {"1.h", WB_HOUR_US, "1h"},
                 {"0.1d", WB_DAY_US / 10, "2.4h"},
                 {"36525d", 36525 * WB_DAY_US, "36525d"},
                 {"0.99999999999999999999h", WB_HOUR_US, "1h"}};
    char text[WB_TIME_CHARS];
    wb_error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t duration_us;
        assert_ok(wb_duration_parse(&duration_us, cases[i].text, &err), &err);
        assert_true(duration_us == cases[i].duration_us);
        assert_int_equal(wb_duration_format(duration_us, text), strlen(cases[i].written));
        assert_string_equal(text, cases[i].written);
    }
    uint64_t seed = 3;
    for (int i = 0; i < 100000; i++) {
        const int64_t duration_us = (int64_t)(next_random(&seed) % (uint64_t)(36525 * WB_DAY_US)) >> (i % 40);
        int64_t back_us;
        wb_duration_format(duration_us, text);
        assert_ok(wb_duration_parse(&back_us, text, &err), &err);
        assert_true(back_us == duration_us);
    }
}

static void bad_durations_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "d",
                                      "90",
                                      "90m",
                                      "90D",
                                      "-1d",
                                      "+1d",
                                      "1e1d",
                                      " 1d",
                                      "1d ",
                                      "1 d",
                                      "1dd",
                                      ".d",
                                      "1.2.3d",
                                      "1,5d",
                                      "nand",
                                      "infd",
                                      "36525.0001d",
                                      "99999999999999999999999999d",
                                      "876601h",
                                      "5218w",
                                      "0x1d"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t duration_us = 7;
        if (wb_duration_parse(&duration_us, bad[i], NULL) != WB_ERR_ARGUMENT || duration_us != 7) {
            print_error("'%s' is read as a duration\n", bad[i]);
            fail();
        }
    }
    wb_error err;
    int64_t duration_us;
    assert_int_equal(wb_duration_parse(&duration_us, "90x", &err), WB_ERR_ARGUMENT);
    assert_string_equal(err.message, "'90x' is not a duration (wanted: a number and h, d or w, like 90d)");
    assert_int_equal(wb_duration_parse(&duration_us, "40000d", &err), WB_ERR_ARGUMENT);
    assert_string_equal(err.message, "'40000d' is too long a duration (at most 100 years, 36525d)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_ten_thousand_years_is_itself),
        cmocka_unit_test(instants_agree_with_the_system),
        cmocka_unit_test(iso_reads_dates_and_instants),
        cmocka_unit_test(iso_refuses_the_rest),
        cmocka_unit_test(times_without_offset_are_local),
        cmocka_unit_test(times_are_written_shortest),
        cmocka_unit_test(formats_read_what_they_say),
        cmocka_unit_test(formats_refuse_the_rest),
        cmocka_unit_test(bad_formats_are_refused),
        cmocka_unit_test(unix_times_are_read),
        cmocka_unit_test(messages_say_what_was_wanted),
        cmocka_unit_test(zones_are_fixed_offsets),
        cmocka_unit_test(durations_are_read_and_written),
        cmocka_unit_test(bad_durations_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
