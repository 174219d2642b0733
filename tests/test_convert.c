/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the fast conversions read, the exact ones read the same way. */
#include "test_util.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "csv/convert.h"
#include "csv/scan.h"

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x * UINT64_C(2685821657736338717) >> 11;
}

/* The bytes alone, so that the sanitizer sees a read too far. */
static char *bare(const char *text, size_t n)
{
    char *bytes = malloc(n + (n == 0));
    memcpy(bytes, text, n);
    return bytes;
}

/* The same for numbers, behind which as many bytes may be read as make eight without the sign; they hold digits, which must
 * not count. */
static char *readable_bytes(const char *text, size_t n)
{
    size_t readable = n < 9 ? 9 : n;
    char *bytes = malloc(readable);
    memset(bytes, '7', readable);
    memcpy(bytes, text, n);
    return bytes;
}

static bool convert_number(double *value, const char *text, size_t n, char decimal)
{
    char *bytes = readable_bytes(text, n);
    bool converted = wbi_convert_number(value, bytes, n, decimal);
    free(bytes);
    return converted;
}

static bool convert_hundredths(int32_t *hundredths, const char *text, size_t n, char decimal)
{
    char *bytes = readable_bytes(text, n);
    bool converted = wbi_convert_hundredths(hundredths, bytes, n, decimal);
    free(bytes);
    return converted;
}

/* The exact number, as the nearest double to a whole number of hundredths. */
static bool agrees_on_hundredths(const char *text, size_t n, char decimal, bool *converted)
{
    int32_t hundredths = -99;
    double exact = -99;
    *converted = convert_hundredths(&hundredths, text, n, decimal);
    return !*converted || (hundredths > INT32_MIN && wbi_double_read(&exact, text, n, decimal) &&
                           (double)hundredths / 100 == exact);
}

static bool agrees_on_number(const char *text, size_t n, char decimal, bool *converted)
{
    char *bytes = bare(text, n);
    double fast = -99, exact = -99;
    *converted = convert_number(&fast, text, n, decimal);
    bool read = wbi_double_read(&exact, bytes, n, decimal);
    exact += 0.0;
    free(bytes);
    return !*converted || (read && memcmp(&fast, &exact, sizeof fast) == 0);
}

static void check_number(const char *text, size_t n, char decimal, bool *converted)
{
    if (!agrees_on_hundredths(text, n, decimal, converted)) {
        print_error("hundredths of '%.*s' with the mark %c\n", (int)n, text, decimal);
        fail();
    }
    if (!agrees_on_number(text, n, decimal, converted)) {
        print_error("'%.*s' with the mark %c\n", (int)n, text, decimal);
        fail();
    }
}

static void usual_numbers_are_converted(void **state)
{
    (void)state;
    static const char *const usual[] = {"0", "7", "-7", "12.50", "-0.01", "123456789012345", "-123456789012345", "1234567890.12345",
                                        "0.00000000000001", "00012", "-0", "-0.0", ".5", "5.", "-.5", ".12345678", "-.20368585", "-12345678",
                                        "1234567.", "12345678.", "-1234567.8", "123456789", "12345678.9", "1234567.89", "1.23456789",
                                        "123456789012345."};
    static const char *const others[] = {"", "-", ".", "-.", "+1", "1e3", "1 ", " 1", "1,5", "1.2.3", "--1", "1-", "nan", "0x1",
                                         "1234567890123456", "123456789012345.6", "99999999999999999", "1.3456789.", "1.345678.0", "12345678:", "-.", ".:3456789"};
    bool converted;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        check_number(usual[i], strlen(usual[i]), '.', &converted);
        assert_true(converted);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        check_number(others[i], strlen(others[i]), '.', &converted);
        assert_false(converted);
    }
    double value;
    assert_true(convert_number(&value, "-1,25", 5, ','));
    assert_true(value == -1.25);
    assert_true(convert_number(&value, "-0", 2, '.'));
    assert_false(signbit(value));
    assert_false(convert_number(&value, "1.25", 4, ','));
    assert_false(convert_number(&value, "1\0", 2, '.'));
}

static void usual_amounts_are_hundredths(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t hundredths;
    } usual[] = {{"0", 0}, {"-0", 0}, {"0.00", 0}, {"12.34", 1234}, {"-12.34", -1234}, {"12.3", 1230}, {"12", 1200}, {"5.", 500},
                 {".5", 50}, {"-.05", -5}, {"99999.99", 9999999}, {"-99999.99", -9999999}, {"21474836", 2147483600},
                 {"-21474836", -2147483600}, {"0000.010", -1}, {"00000.01", 1}};
    static const char *const others[] = {"", "-", ".", "-.", "+1", "1.234", "21474837", "-21474837", "99999999", "123456789",
                                         "123456.78", "1e2", "1,5", "1..2", "--1"};
    int32_t hundredths;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        bool wanted = usual[i].hundredths != -1;
        assert_int_equal(convert_hundredths(&hundredths, usual[i].text, strlen(usual[i].text), '.'), wanted);
        if (wanted)
            assert_int_equal(hundredths, usual[i].hundredths);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(convert_hundredths(&hundredths, others[i], strlen(others[i]), '.'));
    assert_true(convert_hundredths(&hundredths, "-1,25", 5, ','));
    assert_int_equal(hundredths, -125);
}

static void numbers_are_those_of_the_exact_reader(void **state)
{
    (void)state;
    static const char nasty[] = "0123456789.,-+eE \x00\xff:/";
    uint64_t x = 42;
    size_t n_converted = 0;
    for (size_t round = 0; round < 300000; round++) {
        char text[32];
        size_t n = 0, digits = 1 + next_random(&x) % 17, mark = next_random(&x) % 20;
        if (next_random(&x) % 3 == 0)
            text[n++] = '-';
        for (size_t i = 0; i < digits; i++) {
            if (i == mark)
                text[n++] = '.';
            text[n++] = (char)('0' + next_random(&x) % 10);
        }
        if (next_random(&x) % 4 == 0)
            text[next_random(&x) % n] = nasty[next_random(&x) % (sizeof nasty - 1)];
        bool converted;
        check_number(text, n, next_random(&x) % 8 == 0 ? ',' : '.', &converted);
        n_converted += converted;
    }
    assert_true(n_converted > 150000);
}

static bool agrees_on_time(const char *text, size_t n, int32_t zone_offset_s, bool *converted)
{
    wbi_time_format iso = {.zone_offset_s = zone_offset_s};
    char *bytes = bare(text, n);
    int64_t seconds = -99, exact = -99;
    *converted = wbi_convert_iso(&seconds, bytes, n, zone_offset_s);
    bool read = wbi_time_read(&exact, bytes, n, &iso);
    free(bytes);
    return !*converted || (read && seconds * 1000000 == exact);
}

static void check_time(const char *text, size_t n, int32_t zone_offset_s, bool *converted)
{
    if (!agrees_on_time(text, n, zone_offset_s, converted)) {
        print_error("'%.*s' %d s east\n", (int)n, text, (int)zone_offset_s);
        fail();
    }
}

static void usual_times_are_converted(void **state)
{
    (void)state;
    static const char *const usual[] = {"2024-02-29", "1970-01-01", "0002-01-01", "9998-12-31", "2000-02-29", "2024-02-29T23:59:59",
                                        "2024-02-29 00:00:00", "2024-02-29T12:34:56Z", "1969-12-31 23:59:59Z"};
    static const char *const others[] = {"", "2024-1-1", "2023-02-29", "1900-02-29", "2024-00-01", "2024-13-01", "2024-04-31",
                                         "2024-04-00", "0000-01-01", "2024/01/01", "2024-01-01T24:00:00", "2024-01-01T23:60:00",
                                         "2024-01-01T23:59:60", "2024-01-01x00:00:00", "2024-01-01T00:00:00z",
                                         "2024-01-01T00:00:00.5", "2024-01-01T00:00:00+01:00", "2024-01-01Z", "2024-01-01T00:00",
                                         "-024-01-01", "2024-01-0:", "2024-01-:1"};
    bool converted;
    for (int32_t zone_offset_s = -64800; zone_offset_s <= 64800; zone_offset_s += 1800) {
        for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
            check_time(usual[i], strlen(usual[i]), zone_offset_s, &converted);
            assert_true(converted);
        }
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            check_time(others[i], strlen(others[i]), zone_offset_s, &converted);
            assert_false(converted);
        }
    }
    /* An offset may leave the years there are. */
    static const char *const edges[] = {"0001-01-01", "0001-01-01T00:00:00", "0001-12-31T23:59:59Z", "9999-01-01", "9999-12-31",
                                        "9999-12-31T23:59:59", "9998-12-31T23:59:59"};
    for (int32_t zone_offset_s = -64800; zone_offset_s <= 64800; zone_offset_s += 1800)
        for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
            check_time(edges[i], strlen(edges[i]), zone_offset_s, &converted);
    int64_t seconds;
    assert_true(wbi_convert_iso(&seconds, "1970-01-02T00:00:01", 19, 3600));
    assert_int_equal(seconds, 82801);
}

/* Every day there is, and those that are near to one. */
static void dates_are_those_of_the_exact_reader(void **state)
{
    (void)state;
    bool converted;
    char text[64];
    for (unsigned year = 0; year <= 9999; year += year % 100 < 97 && year > 10 && year < 9990 && year % 4 != 3 ? 3 : 1)
        for (unsigned month = 0; month <= 13; month++)
            for (unsigned day = 0; day <= 32; day += day == 1 ? 26 : 1) {
                int n = snprintf(text, sizeof text, "%04u-%02u-%02u", year, month, day);
                check_time(text, (size_t)n, 0, &converted);
            }
}

static void times_are_those_of_the_exact_reader(void **state)
{
    (void)state;
    static const char nasty[] = "0123456789-:TZ. +/@?\xb0";
    static const char *const tails[] = {"", "Z", "Z", "+01:00", ".5", "x"};
    uint64_t x = 7;
    size_t n_converted = 0;
    for (size_t round = 0; round < 300000; round++) {
        char text[64];
        const char *tail = tails[next_random(&x) % 6];
        unsigned numbers[6];
        static const unsigned ranges[6] = {9999, 13, 32, 25, 61, 61};
        for (size_t i = 0; i < 6; i++)
            numbers[i] = (unsigned)(next_random(&x) % (ranges[i] + (next_random(&x) % 16 == 0)));
        int n = snprintf(text, sizeof text, "%04u-%02u-%02u%c%02u:%02u:%02u%s", numbers[0], numbers[1], numbers[2],
                         next_random(&x) % 2 == 0 ? 'T' : ' ', numbers[3], numbers[4], numbers[5], tail);
        if (next_random(&x) % 4 == 0)
            n = 10;
        if (next_random(&x) % 3 == 0)
            text[next_random(&x) % (size_t)n] = nasty[next_random(&x) % (sizeof nasty - 1)];
        bool converted;
        check_time(text, (size_t)n, (int32_t)(next_random(&x) % 129601) - 64800, &converted);
        n_converted += converted;
    }
    assert_true(n_converted > 80000);
}

/* ---- many at a time ---- */

enum { N_CELLS = 64, CELL_CHARS = 40 };

/* A column of cells, each a row of its own. */
typedef struct column_text {
    char *bytes;
    uint32_t marks[N_CELLS + 1], starts[N_CELLS + 1];
    uint8_t kept[N_CELLS];
    size_t n_bytes;
} column_text;

static void make_column(column_text *c, char cells[N_CELLS][CELL_CHARS], bool quoted, uint64_t *x)
{
    c->bytes = malloc(N_CELLS * (CELL_CHARS + 3) + WBI_SCAN_PADDING);
    c->n_bytes = 0;
    c->marks[0] = UINT32_MAX;
    for (size_t i = 0; i < N_CELLS; i++) {
        bool in_quotes = quoted && next_random(x) % 100 != 0;
        c->n_bytes += (size_t)sprintf(c->bytes + c->n_bytes, in_quotes ? "\"%s\"\n" : "%s\n", cells[i]);
        c->marks[i + 1] = (uint32_t)c->n_bytes - 1;
        c->kept[i] = next_random(x) % 100 != 0;
        c->starts[i] = c->kept[i] ? (uint32_t)i : UINT32_MAX; /* no cell is there to be looked at */
    }
    c->starts[N_CELLS] = N_CELLS;
    memset(c->bytes + c->n_bytes, '7', WBI_SCAN_PADDING);
    char *exact = realloc(c->bytes, c->n_bytes + WBI_SCAN_PADDING); /* so that the sanitizer sees a read too far */
    c->bytes = exact;
}

/* The cell without its quotes; false when it is not kept, or not in quotes where cells are. */
static bool cell_at(wbi_str *cell, const column_text *c, size_t i, bool quoted)
{
    const char *at = c->bytes + (uint32_t)(c->marks[i] + 1);
    *cell = (wbi_str){at, c->marks[i + 1] - (uint32_t)(c->marks[i] + 1)};
    if (quoted && *at == '"')
        *cell = (wbi_str){at + 1, cell->length - 2};
    else if (quoted)
        return false;
    return c->kept[i] == 1;
}

static bool is_usual_number(int32_t *hundredths, const column_text *c, size_t i, bool quoted)
{
    wbi_str cell;
    if (!cell_at(&cell, c, i, quoted))
        return false;
    *hundredths = INT32_MIN;
    if (cell.length == 0)
        return true;
    return cell.data[0] != '-' && cell.data[cell.length - 1] != '.' &&
           wbi_convert_hundredths(hundredths, cell.data, cell.length, '.');
}

/* Numbers of at most 16 bytes behind their sign, of which at most 15 are digits. */
static bool is_usual_double(double *number, const column_text *c, size_t i, bool quoted)
{
    wbi_str cell;
    if (!cell_at(&cell, c, i, quoted))
        return false;
    *number = NAN;
    if (cell.length == 0)
        return true;
    return cell.length <= 16 && cell.data[cell.length - 1] != '.' &&
           wbi_convert_number(number, cell.data, cell.length, '.');
}

static bool is_usual_decimal(int32_t *decimal, const column_text *c, size_t i, bool quoted)
{
    wbi_str cell;
    double number;
    if (!is_usual_double(&number, c, i, quoted) || !cell_at(&cell, c, i, quoted))
        return false;
    *decimal = WBI_DECIMAL_MISSING;
    return cell.length == 0 || wbi_convert_decimal(decimal, cell.data, cell.length, '.');
}

static bool is_usual_time(int32_t *narrow, const column_text *c, size_t i, bool quoted, int32_t zone_offset_s)
{
    wbi_str cell;
    int64_t seconds;
    if (!cell_at(&cell, c, i, quoted) || cell.length < 19 ||
        !wbi_convert_iso(&seconds, cell.data, cell.length, zone_offset_s))
        return false;
    *narrow = (int32_t)seconds;
    return seconds > INT32_MIN && seconds <= INT32_MAX;
}

/* Whatever is converted is right, and what is left for single cells is next to one that must be. */
static void check_numbers(const wbi_scanner *scanner, const column_text *c, bool quoted, size_t *n_converted)
{
    const wbi_column_cells cells = {c->bytes, c->marks, c->starts, c->kept, N_CELLS, quoted};
    int32_t out[N_CELLS], expected;
    for (size_t row = 0; row < N_CELLS; row++) {
        size_t end = scanner->hundredths(out, &cells, row, '.'), n_unusual = 0;
        *n_converted += end - row;
        for (; row < end; row++) {
            assert_true(is_usual_number(&expected, c, row, quoted));
            assert_int_equal(out[row], expected);
        }
        for (size_t i = row; i < row + 4 && i < N_CELLS; i++)
            n_unusual += !is_usual_number(&expected, c, i, quoted);
        assert_true(n_unusual > 0 || row + 4 > N_CELLS);
    }
}

static void check_doubles(const wbi_scanner *scanner, const column_text *c, bool quoted, size_t *n_converted)
{
    const wbi_column_cells cells = {c->bytes, c->marks, c->starts, c->kept, N_CELLS, quoted};
    double out[N_CELLS], expected;
    for (size_t row = 0; row < N_CELLS; row++) {
        size_t end = scanner->doubles(out, &cells, row, '.'), n_unusual = 0;
        *n_converted += end - row;
        for (; row < end; row++) {
            assert_true(is_usual_double(&expected, c, row, quoted));
            assert_memory_equal(&out[row], &expected, sizeof expected);
        }
        for (size_t i = row; i < row + 4 && i < N_CELLS; i++)
            n_unusual += !is_usual_double(&expected, c, i, quoted);
        assert_true(n_unusual > 0 || row + 4 > N_CELLS);
    }
}

static void check_decimals(const wbi_scanner *scanner, const column_text *c, bool quoted, size_t *n_converted)
{
    const wbi_column_cells cells = {c->bytes, c->marks, c->starts, c->kept, N_CELLS, quoted};
    int32_t out[N_CELLS], expected;
    for (size_t row = 0; row < N_CELLS; row++) {
        size_t end = scanner->decimals(out, &cells, row, '.'), n_unusual = 0;
        *n_converted += end - row;
        for (; row < end; row++) {
            assert_true(is_usual_decimal(&expected, c, row, quoted));
            assert_int_equal(out[row], expected);
        }
        for (size_t i = row; i < row + 4 && i < N_CELLS; i++)
            n_unusual += !is_usual_decimal(&expected, c, i, quoted);
        assert_true(n_unusual > 0 || row + 4 > N_CELLS);
    }
}

static void check_times(const wbi_scanner *scanner, const column_text *c, bool quoted, size_t *n_converted)
{
    const wbi_column_cells cells = {c->bytes, c->marks, c->starts, c->kept, N_CELLS, quoted};
    int32_t out[N_CELLS], expected, zone_offset_s = 3600;
    for (size_t row = 0; row < N_CELLS; row++) {
        size_t end = scanner->seconds(out, &cells, row, zone_offset_s);
        *n_converted += end - row;
        for (; row < end; row++) {
            assert_true(is_usual_time(&expected, c, row, quoted, zone_offset_s));
            assert_int_equal(out[row], expected);
        }
        assert_true(row == N_CELLS || !is_usual_time(&expected, c, row, quoted, zone_offset_s));
    }
}

static void random_number(char cell[CELL_CHARS], uint64_t *x)
{
    static const char nasty[] = "0123456789.,-+eE x\xff:/";
    static const char *const formats[] = {"%.2f", "%.2f", "%.2f", "%.1f", "%.0f", "%.3f"};
    size_t n = (size_t)snprintf(cell, CELL_CHARS, formats[next_random(x) % (next_random(x) % 10 == 0 ? 6 : 5)],
                                (double)(next_random(x) % 10000000) / (next_random(x) % 8 == 0 ? 0.01 : 100));
    if (next_random(x) % 10 == 0)
        n = 0;
    else if (next_random(x) % 30 == 0)
        cell[next_random(x) % n] = nasty[next_random(x) % (sizeof nasty - 1)];
    cell[n] = '\0';
}

/* With signs, and of any length up to past sixteen bytes. */
static void random_double(char cell[CELL_CHARS], uint64_t *x)
{
    random_number(cell, x);
    size_t n = strlen(cell);
    if (n > 1 && next_random(x) % 3 == 0)
        cell[next_random(x) % 20 == 0 ? next_random(x) % n : 0] = '-';
    if (n > 2 && n < 8 && strchr(cell, '.') != NULL && next_random(x) % 3 == 0)
        snprintf(cell + n, CELL_CHARS - n, "%u", (unsigned)(next_random(x) % 1000));
    for (n = strlen(cell); n > 0 && n < 18 && next_random(x) % 4 == 0;) {
        const size_t n_more = 1 + next_random(x) % 9;
        for (size_t i = 0; i < n_more && n < 18; i++)
            cell[n++] = (char)(next_random(x) % 60 == 0 ? '.' : '0' + (char)(next_random(x) % 10));
        cell[n] = '\0';
    }
}

static void random_time(char cell[CELL_CHARS], uint64_t *x)
{
    static const char nasty[] = "0123456789-:TZ. +/@?\xb0";
    bool wild = next_random(x) % 30 == 0;
    int n = snprintf(cell, CELL_CHARS, "%04u-%02u-%02u%c%02u:%02u:%02u%s",
                     (unsigned)(wild ? next_random(x) % 10000 : 1902 + next_random(x) % 136), (unsigned)(next_random(x) % (12 + wild) + !wild),
                     (unsigned)(next_random(x) % 31 + 1), next_random(x) % 2 == 0 ? 'T' : ' ', (unsigned)(next_random(x) % (24 + wild)),
                     (unsigned)(next_random(x) % (60 + wild)), (unsigned)(next_random(x) % (60 + wild)),
                     next_random(x) % 2 == 0 ? "Z" : "");
    if (next_random(x) % 40 == 0)
        cell[next_random(x) % (size_t)n] = nasty[next_random(x) % (sizeof nasty - 1)];
    if (next_random(x) % 40 == 0)
        cell[next_random(x) % 2 * 10] = '\0';
}

static void many_are_as_one_by_one(void **state)
{
    (void)state;
    uint64_t x = 99;
    for (size_t k = 0; wbi_scanner_at(k) != NULL; k++) {
        const wbi_scanner *scanner = wbi_scanner_at(k);
        size_t n_numbers = 0, n_doubles = 0, n_decimals = 0, n_times = 0;
        if (scanner->hundredths == NULL)
            continue;
        for (size_t round = 0; round < 6000; round++) {
            char cells[N_CELLS][CELL_CHARS];
            column_text c;
            const bool quoted = round % 6 < 3;
            for (size_t i = 0; i < N_CELLS; i++)
                round % 3 == 0   ? random_number(cells[i], &x)
                : round % 3 == 1 ? random_double(cells[i], &x)
                                 : random_time(cells[i], &x);
            make_column(&c, cells, quoted, &x);
            if (round % 3 == 0) {
                check_numbers(scanner, &c, quoted, &n_numbers);
            } else if (round % 3 == 1) {
                check_doubles(scanner, &c, quoted, &n_doubles);
                check_decimals(scanner, &c, quoted, &n_decimals);
            } else {
                check_times(scanner, &c, quoted, &n_times);
            }
            free(c.bytes);
        }
        assert_true(n_numbers > 2000 * N_CELLS / 3 && n_doubles > 2000 * N_CELLS / 3 && n_decimals > 500 * N_CELLS && n_times > 2000 * N_CELLS / 2);
    }
}

/* ---- squares ---- */

enum { N_SQUARE_ROWS = 43, N_BESIDE = 11, FIRST_SQUARE = 2 };

/* Rows of cells, the first of which no square begins with. */
typedef struct sheet {
    char cells[N_SQUARE_ROWS][N_BESIDE][CELL_CHARS];
    bool in_quotes[N_SQUARE_ROWS][N_BESIDE];
    char *bytes;
    size_t n_bytes;
    uint32_t marks[N_SQUARE_ROWS * N_BESIDE + 64], starts[N_SQUARE_ROWS + 64];
    uint8_t kept[N_SQUARE_ROWS];
} sheet;

static void make_sheet(sheet *s, bool quoted, uint64_t *x)
{
    s->bytes = malloc(N_SQUARE_ROWS * N_BESIDE * (CELL_CHARS + 3) + WBI_SCAN_PADDING);
    s->n_bytes = 0;
    for (size_t i = 0; i < N_SQUARE_ROWS; i++) {
        s->kept[i] = next_random(x) % 100 != 0;
        const uint64_t widest = next_random(x) % 10 == 0 ? 14 + next_random(x) % 6 : 1; /* with zeros in front */
        for (size_t k = 0; k < N_BESIDE; k++) {
            const int places = (int)(next_random(x) % 7), width = (int)(widest - next_random(x) % (1 + widest / 4));
            snprintf(s->cells[i][k], CELL_CHARS, "%0*.*f", width, places,
                     (double)((int64_t)(next_random(x) % 2000001) - 1000000) / pow(10, places));
            if (next_random(x) % 150 == 0)
                random_double(s->cells[i][k], x);
            if (next_random(x) % 20 == 0)
                s->cells[i][k][0] = '\0';
            if (strpbrk(s->cells[i][k], ",\"\n") != NULL)
                s->cells[i][k][0] = '\0';
            s->in_quotes[i][k] = quoted && next_random(x) % 500 != 0;
            s->n_bytes += (size_t)sprintf(s->bytes + s->n_bytes, s->in_quotes[i][k] ? "\"%s\"%c" : "%s%c", s->cells[i][k],
                                          k + 1 < N_BESIDE ? ',' : '\n');
        }
    }
    memset(s->bytes + s->n_bytes, '7', WBI_SCAN_PADDING);
    s->bytes = realloc(s->bytes, s->n_bytes + WBI_SCAN_PADDING);
}

/* Whether the row's cells are usual; expected[k]: what they are then. */
static bool is_usual_row(int32_t expected[WBI_SCAN_SQUARE], const sheet *s, size_t row, bool quoted)
{
    bool usual = s->kept[row] == 1;
    for (size_t k = 0; k < WBI_SCAN_SQUARE && usual; k++) {
        const char *cell = s->cells[row][FIRST_SQUARE + k];
        const size_t n = strlen(cell);
        char copy[CELL_CHARS + 8] = {0};
        memcpy(copy, cell, n);
        expected[k] = WBI_DECIMAL_MISSING;
        usual = s->in_quotes[row][FIRST_SQUARE + k] == quoted &&
                (n == 0 || (n <= 16 && cell[n - 1] != '.' && wbi_convert_decimal(&expected[k], copy, n, '.')));
    }
    return usual;
}

/* Whether the row must be taken: there are enough bytes before its end, and no cell is so long that not all are looked at. */
static bool is_plain_row(const sheet *s, size_t row)
{
    bool plain = s->marks[s->starts[row] + FIRST_SQUARE + 1] > 16 + 1;
    for (size_t k = 0; k < WBI_SCAN_SQUARE; k++)
        plain = plain && strlen(s->cells[row][FIRST_SQUARE + k]) <= 13;
    return plain;
}

/* All squares, some of which begin with a row of the one before. */
static void check_squares(const wbi_scanner *scanner, const sheet *s, bool quoted, size_t *n_converted)
{
    int32_t out[WBI_SCAN_SQUARE][N_SQUARE_ROWS], expected[WBI_SCAN_SQUARE], *columns[WBI_SCAN_SQUARE];
    wbi_marks marks = {(uint32_t *)s->marks, (uint32_t *)s->starts, 0, 0};
    scanner->marks(&marks, s->bytes, s->n_bytes, ',', quoted);
    assert_int_equal(marks.n_rows, N_SQUARE_ROWS);
    const wbi_column_cells cells = {s->bytes, s->marks + FIRST_SQUARE, s->starts, s->kept, N_SQUARE_ROWS, quoted};
    for (size_t k = 0; k < WBI_SCAN_SQUARE; k++)
        columns[k] = out[k];
    for (size_t begin = 0, end; begin + WBI_SCAN_SQUARE <= N_SQUARE_ROWS; begin = end - (begin % 3 == 0)) {
        unsigned unusual;
        end = scanner->decimal_squares(columns, &unusual, &cells, begin, '.');
        assert_true(end > begin && end <= N_SQUARE_ROWS && (end - begin) % WBI_SCAN_SQUARE == 0);
        assert_true(unusual != 0 || end + WBI_SCAN_SQUARE > N_SQUARE_ROWS);
        for (size_t row = begin; row < end; row++) {
            const bool usual = is_usual_row(expected, s, row, quoted);
            if (row + WBI_SCAN_SQUARE >= end && (unusual >> (row + WBI_SCAN_SQUARE - end) & 1) != 0) {
                assert_false(usual && is_plain_row(s, row));
                continue;
            }
            assert_true(usual);
            for (size_t k = 0; k < WBI_SCAN_SQUARE; k++)
                assert_int_equal(out[k][row], expected[k]);
            ++*n_converted;
        }
    }
}

static void squares_are_as_one_by_one(void **state)
{
    (void)state;
    static sheet s;
    uint64_t x = 3;
    for (size_t k = 0; wbi_scanner_at(k) != NULL; k++) {
        size_t n_converted = 0;
        for (size_t round = 0; round < 1500 && wbi_scanner_at(k)->decimal_squares != NULL; round++) {
            make_sheet(&s, round % 2 == 1, &x);
            check_squares(wbi_scanner_at(k), &s, round % 2 == 1, &n_converted);
            free(s.bytes);
        }
        assert_true(wbi_scanner_at(k)->decimal_squares == NULL || n_converted > 1500 * 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_numbers_are_converted),       cmocka_unit_test(numbers_are_those_of_the_exact_reader),
        cmocka_unit_test(usual_amounts_are_hundredths),
        cmocka_unit_test(usual_times_are_converted),         cmocka_unit_test(dates_are_those_of_the_exact_reader),
        cmocka_unit_test(times_are_those_of_the_exact_reader),
        cmocka_unit_test(many_are_as_one_by_one),
        cmocka_unit_test(squares_are_as_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
