/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each scanner says what a machine that looks at one byte after the other says. */
#include "test_util.h"

#include <stdlib.h>
#include <string.h>

#include "csv/scan.h"

/* The scanner of machines without vectors. */
#undef __AVX2__
#undef __SSE2__
#define WBI_SCANNER plain_scanner
extern const wbi_scanner plain_scanner;
#include "csv/scan_body.h"

enum { MAX_BYTES = 1024 };

/* Where a byte stands: at the start of a cell, in an unquoted one, within quotes, behind a quote within quotes, behind \r. */
typedef enum place { CELL_START, UNQUOTED, QUOTED, QUOTE_CLOSED, RETURNED, QUOTED_RETURNED, IRREGULAR } place;

static place step(place at, char byte, char delimiter)
{
    if (at == RETURNED)
        return byte == '\n' ? CELL_START : IRREGULAR;
    if (at == QUOTED_RETURNED)
        return byte == '\n' ? QUOTED : IRREGULAR;
    if (at == QUOTED)
        return byte == '"' ? QUOTE_CLOSED : byte == '\r' ? QUOTED_RETURNED : QUOTED;
    if (byte == '"')
        return at == CELL_START || at == QUOTE_CLOSED ? QUOTED : IRREGULAR;
    if (byte == delimiter || byte == '\n')
        return CELL_START;
    if (byte == '\r')
        return RETURNED;
    return at == QUOTE_CLOSED ? IRREGULAR : UNQUOTED;
}

/* What is to be found. */
typedef struct expectation {
    wbi_regular regular;
    uint32_t marks[MAX_BYTES + 1], starts[MAX_BYTES + 1];
    size_t n_cells, n_rows;
    bool doubled; /* in the regular rows */
} expectation;

static void expect(expectation *e, const char *bytes, size_t n, char delimiter)
{
    place at = CELL_START;
    size_t n_lines = 0, n_cells = 0;
    bool doubled = false;
    *e = (expectation){.marks = {UINT32_MAX}};
    for (size_t i = 0; i < n && at != IRREGULAR; i++) {
        doubled |= at == QUOTE_CLOSED && bytes[i] == '"';
        at = step(at, bytes[i], delimiter);
        n_lines += bytes[i] == '\n';
        if (at != CELL_START)
            continue;
        e->marks[++n_cells] = (uint32_t)i;
        if (bytes[i] != '\n')
            continue;
        e->n_cells = n_cells;
        e->starts[++e->n_rows] = (uint32_t)n_cells;
        e->doubled = doubled;
        e->regular.n_bytes = i + 1;
        e->regular.n_lines = n_lines;
    }
    e->regular.irregular = at == IRREGULAR;
}

static void show(const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        print_error(bytes[i] >= ' ' && bytes[i] < 0x7f ? "%c" : "\\x%02x", (unsigned char)bytes[i]);
    print_error("\n");
}

/* Whether the bytes of the regular rows hold what the scanner says of them. It may say so too soon, of bytes behind. */
static bool flags_hold(const wbi_regular *found, const expectation *e, const char *bytes, size_t n)
{
    bool quotes = memchr(bytes, '"', found->n_bytes) != NULL, returns = memchr(bytes, '\r', found->n_bytes) != NULL;
    bool plain = true, all_plain = true;
    for (size_t i = 0; i < n; i++) {
        bool odd = (unsigned char)bytes[i] >= 0x80 || bytes[i] == '\0';
        plain = plain && !(odd && i < found->n_bytes);
        all_plain = all_plain && !odd;
    }
    return (!quotes || found->quotes) && (!returns || found->returns) && (plain || !found->plain) &&
           (!all_plain || found->plain) && (!e->doubled || found->doubled) && (!found->quotes || memchr(bytes, '"', n) != NULL) &&
           (!found->returns || memchr(bytes, '\r', n) != NULL);
}

static bool marks_hold(const wbi_scanner *scanner, const expectation *e, const char *bytes, char delimiter, bool quotes)
{
    size_t room = wbi_marks_room(e->regular.n_bytes);
    uint32_t *marks = malloc(room * sizeof *marks), *starts = malloc(room * sizeof *starts);
    wbi_marks found = {marks, starts, 0, 0};
    scanner->marks(&found, bytes, e->regular.n_bytes, delimiter, quotes);
    bool holds = found.n_cells == e->n_cells && found.n_rows == e->n_rows &&
                 memcmp(marks, e->marks, (e->n_cells + 1) * sizeof *marks) == 0 &&
                 memcmp(starts, e->starts, (e->n_rows + 1) * sizeof *starts) == 0;
    free(marks);
    free(starts);
    return holds;
}

/* `bytes` have `n` and the padding behind them, which holds quotes and returns that must not be seen. */
static void check(char *bytes, size_t n, char delimiter)
{
    static expectation e;
    char *copy = malloc(n + WBI_SCAN_PADDING); /* so that the sanitizer sees a read too far */
    memcpy(copy, bytes, n);
    memset(copy + n, "\"\r\n,\x80"[n % 5], WBI_SCAN_PADDING);
    expect(&e, copy, n, delimiter);
    for (size_t i = 0; i == 0 || wbi_scanner_at(i - 1) != NULL; i++) {
        const wbi_scanner *scanner = i == 0 ? &plain_scanner : wbi_scanner_at(i - 1);
        wbi_regular found;
        scanner->regular(&found, copy, n, delimiter);
        if (found.n_bytes != e.regular.n_bytes || found.n_lines != e.regular.n_lines ||
            found.irregular != e.regular.irregular || !flags_hold(&found, &e, copy, n) ||
            !marks_hold(scanner, &e, copy, delimiter, found.quotes) ||
            !marks_hold(scanner, &e, copy, delimiter, true)) {
            print_error("scanner %zu: %zu bytes, %zu lines, irregular %d; expected %zu, %zu, %d of ", i, found.n_bytes,
                        found.n_lines, found.irregular, e.regular.n_bytes, e.regular.n_lines, e.regular.irregular);
            show(copy, n);
            fail();
        }
    }
    free(copy);
}

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x * UINT64_C(2685821657736338717) >> 11;
}

static void any_bytes_of_all_lengths(void **state)
{
    (void)state;
    /* From mostly text, so that long rows are regular, to mostly quotes. */
    static const char *const alphabets[] = {"aaaaaaaaaaaaaaaaaaaaaaaaaa,,\n", "ab,\n\"", "a,\"\"\"\n", "a,\r\n\n\n", "\"\n", "\"\r\n,a",
                                            "aaaaaaa,,\n\xc3\x80"};
    char bytes[MAX_BYTES];
    uint64_t x = 88172645463325252u;
    for (size_t n = 0; n <= 200; n++)
        for (size_t round = 0; round < 70; round++) {
            const char *alphabet = alphabets[round % 7];
            size_t size = strlen(alphabet);
            for (size_t i = 0; i < n; i++)
                bytes[i] = alphabet[next_random(&x) % size];
            if (round >= 63 && n > 0)
                bytes[next_random(&x) % n] = '\0';
            check(bytes, n, round % 2 == 0 ? ',' : 'a');
        }
}

/* Regular rows with sometimes one byte changed: wrong places late in a text, at each distance from the borders of blocks. */
static void nearly_regular_rows(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a", "", "bcd", "\"\"", "\"x\"", "\"x,y\"", "\"a\"\"b\"", "\"\"\"\"", "\"\n\"", "\"p\r\nq\"",
                                         "a rather long cell of many bytes", "\"\"\"\"\"\""};
    static const char *const behind[] = {",", ",", ",", "\n", "\r\n", ",\n", "\n\n"};
    static const char wrong[] = "\"\r\n,a";
    char bytes[MAX_BYTES];
    uint64_t x = 1;
    for (size_t round = 0; round < 30000; round++) {
        size_t n = 0, wanted = next_random(&x) % 400;
        while (n < wanted) {
            const char *piece = pieces[next_random(&x) % (sizeof pieces / sizeof *pieces)];
            const char *end = behind[next_random(&x) % (sizeof behind / sizeof *behind)];
            n += (size_t)snprintf(bytes + n, sizeof bytes - n, "%s%s", piece, end);
        }
        if (n > 0 && next_random(&x) % 2 == 0)
            bytes[next_random(&x) % n] = wrong[next_random(&x) % 5];
        check(bytes, n, ',');
    }
}

static void one_byte_at_every_place(void **state)
{
    (void)state;
    static const char bytes_wanted[] = {'"', '\r', '\n', ',', '\0', '\x80', 'x'};
    static const char *const around[] = {"aaa", "\"\"\"", ",,,", "\n\n\n", "\"a\",", "a\r\n,", "\r\n\r\n"};
    char bytes[MAX_BYTES];
    for (size_t k = 0; k < sizeof around / sizeof *around; k++)
        for (size_t at = 0; at < 200; at++)
            for (size_t i = 0; i < sizeof bytes_wanted; i++) {
                size_t length = strlen(around[k]);
                for (size_t b = 0; b < 200; b++)
                    bytes[b] = around[k][b % length];
                bytes[at] = bytes_wanted[i];
                check(bytes, 200, ',');
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bytes_of_all_lengths),
        cmocka_unit_test(nearly_regular_rows),
        cmocka_unit_test(one_byte_at_every_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
