/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors, memory, buffers and text. */
#include "test_util.h"

#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

static void errors_say_where_and_what(void **state)
{
    (void)state;
    wb_error err;
    char text[64];
    const wbi_where cell = {"orders.csv", 12, 3}, line = {"orders.csv", 12, 0}, file = {"orders.csv", 0, 3};

    assert_int_equal(wbi_fail_at(&err, WB_ERR_MALFORMED, cell, "1\n", 2, "%d is not %s", 1, "2"), WB_ERR_MALFORMED);
    assert_int_equal(err.code, WB_ERR_MALFORMED);
    assert_string_equal(err.value, "1\\x0a");
    assert_string_equal(wb_error_text(&err, text, sizeof text), "orders.csv:12:3: 1 is not 2");
    wbi_advise(&err, "say %d", 2);
    assert_string_equal(err.advice, "say 2");

    (void)wbi_fail_at(&err, WB_ERR_IO, line, NULL, 0, "gone");
    assert_string_equal(wb_error_text(&err, text, sizeof text), "orders.csv:12: gone");
    assert_string_equal(err.value, "");
    assert_string_equal(err.advice, "");
    (void)wbi_fail_at(&err, WB_ERR_IO, file, NULL, 0, "gone");
    assert_string_equal(wb_error_text(&err, text, sizeof text), "orders.csv: gone");
    assert_int_equal(wbi_fail(&err, WB_ERR_ARGUMENT, "gone"), WB_ERR_ARGUMENT);
    assert_string_equal(wb_error_text(&err, text, sizeof text), "gone");

    (void)wbi_fail_at(&err, WB_ERR_IO, cell, NULL, 0, "gone");
    assert_string_equal(wb_error_text(&err, text, 7), "orders");
    assert_int_equal(wbi_fail_nomem(&err, 99), WB_ERR_NOMEM);
    assert_string_equal(err.message, "out of memory (99 bytes wanted)");
    assert_int_equal(wbi_fail(NULL, WB_ERR_IO, "nobody listens"), WB_ERR_IO);
    wbi_advise(NULL, "nobody listens");
}

static void long_errors_are_cut(void **state)
{
    (void)state;
    static char lengthy[4096];
    wb_error err;
    memset(lengthy, 'x', sizeof lengthy - 1);
    (void)wbi_fail_at(&err, WB_ERR_IO, (wbi_where){lengthy, 1, 1}, lengthy, sizeof lengthy - 1, "%s", lengthy);
    assert_int_equal(strlen(err.file), sizeof err.file - 1);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    assert_int_equal(strlen(err.value), sizeof err.value - 1);
}

static void check_printable(const char *bytes, size_t n, size_t size, const char *expected)
{
    char out[64];
    memset(out, '#', sizeof out);
    assert_ptr_equal(wbi_printable(out, size, bytes, n), out);
    assert_string_equal(out, expected);
    assert_int_equal(out[size], '#');
}

static void values_are_made_printable(void **state)
{
    (void)state;
    check_printable("", 0, 32, "");
    check_printable("caf\xc3\xa9", 5, 32, "caf\xc3\xa9");
    check_printable("a\0b\x1b[31m\x7f", 9, 32, "a\\x00b\\x1b[31m\\x7f");
    check_printable("\xff\xc3", 2, 32, "\\xff\\xc3");
    check_printable("\xc2\x9b", 2, 32, "\\xc2\\x9b"); /* the one-character form of ESC [ */
    check_printable("abcdefg", 7, 8, "abcdefg");
    check_printable("abcdefgh", 8, 8, "abcd\xe2\x80\xa6");
    check_printable("abc\xc3\xa9\xc3\xa9", 7, 8, "abc\xc3\xa9\xc3\xa9");
    check_printable("abc\xc3\xa9\xc3\xa9z", 8, 8, "abc\xe2\x80\xa6");
    check_printable("ab\ncd", 5, 8, "ab\xe2\x80\xa6");
    check_printable("abcd", 4, 4, "\xe2\x80\xa6");
    check_printable("abcd", 4, 3, "");
    check_printable("abcd", 4, 1, "");
    char untouched = '#';
    assert_ptr_equal(wbi_printable(&untouched, 0, "abc", 3), &untouched);
    assert_int_equal(untouched, '#');
}

typedef struct heard {
    wb_log_level level;
    char text[64];
    uint64_t done;
    int answer;
} heard;

static void hear(void *user, wb_log_level level, const char *text)
{
    heard *h = user;
    h->level = level;
    snprintf(h->text, sizeof h->text, "%s", text);
}

static int watch(void *user, const char *what, uint64_t done, uint64_t total)
{
    heard *h = user;
    assert_string_equal(what, "reading");
    assert_int_equal(total, 10);
    h->done = done;
    return h->answer;
}

static void logs_and_progress_reach_the_caller(void **state)
{
    (void)state;
    heard h = {0};
    const wb_log log = {hear, watch, &h}, deaf = {0};
    wb_error err;
    wbi_log(&log, WB_LOG_WARNING, "%d rows", 3);
    assert_int_equal(h.level, WB_LOG_WARNING);
    assert_string_equal(h.text, "3 rows");
    assert_ok(wbi_progress(&log, "reading", 4, 10, &err), &err);
    assert_int_equal(h.done, 4);
    h.answer = 1;
    assert_int_equal(wbi_progress(&log, "reading", 5, 10, &err), WB_ERR_CANCELLED);
    assert_string_equal(err.message, "cancelled during reading");
    wbi_log(&deaf, WB_LOG_INFO, "nothing");
    wbi_log(NULL, WB_LOG_INFO, "nothing");
    assert_ok(wbi_progress(&deaf, "reading", 5, 10, &err), &err);
    assert_ok(wbi_progress(NULL, "reading", 5, 10, &err), &err);
}

static void allocations_are_checked(void **state)
{
    (void)state;
    assert_null(wbi_alloc_array(SIZE_MAX / 8 + 1, 8));
    assert_null(wbi_alloc_array(SIZE_MAX, 1));
    assert_null(wbi_alloc_zeroed(SIZE_MAX / 2, 4));
    assert_null(wbi_realloc_array(NULL, SIZE_MAX / 2, 4));
    assert_null(wbi_alloc_aligned(SIZE_MAX / 2, 4));
    assert_null(wbi_alloc_aligned((size_t)PTRDIFF_MAX, 1));
    assert_null(wbi_strndup("", SIZE_MAX));

    void *none = wbi_alloc_array(0, 8);
    assert_non_null(none);
    wbi_free(none);
    wbi_free(NULL);

    unsigned char *zeros = wbi_alloc_zeroed(100, 3);
    assert_non_null(zeros);
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(zeros[i], 0);
    memset(zeros, 7, 300);
    unsigned char *longer = wbi_realloc_array(zeros, 1000, 1);
    assert_non_null(longer);
    assert_int_equal(longer[299], 7);
    wbi_free(longer);

    for (size_t n = 0; n < 200; n += 13) {
        void *aligned = wbi_alloc_aligned(n, 1);
        assert_non_null(aligned);
        assert_int_equal((uintptr_t)aligned % 64, 0);
        wbi_free(aligned);
    }
    char *copy = wbi_strndup("abcdef", 3), *whole = wbi_strdup("abc");
    assert_string_equal(copy, whole);
    wbi_free(copy);
    wbi_free(whole);
}

static void the_nth_allocation_fails_alone(void **state)
{
    (void)state;
    wbi_alloc_fail_at(3);
    void *blocks[] = {wbi_alloc_array(1, 1), wbi_alloc_zeroed(1, 1), wbi_strdup("x"), wbi_alloc_aligned(1, 1)};
    assert_non_null(blocks[0]);
    assert_non_null(blocks[1]);
    assert_null(blocks[2]);
    assert_non_null(blocks[3]);
    assert_int_equal(wbi_alloc_count(), 4);
    wbi_alloc_fail_at(1);
    assert_null(wbi_realloc_array(blocks[0], 100, 1));
    wbi_alloc_fail_at(0);
    assert_int_equal(wbi_alloc_count(), 0);
    for (size_t i = 0; i < 4; i++)
        wbi_free(blocks[i]);
}

static void buffers_grow_up_to_their_ceiling(void **state)
{
    (void)state;
    wb_error err;
    wbi_buffer buffer = wbi_buffer_make(10);
    assert_ok(wbi_buffer_append(&buffer, NULL, 0, &err), &err);
    assert_ok(wbi_buffer_printf(&buffer, &err, "%s", ""), &err);
    assert_int_equal(buffer.length, 0);
    assert_ok(wbi_buffer_append_text(&buffer, "12345", &err), &err);
    assert_int_equal(wbi_buffer_append_text(&buffer, "678901", &err), WB_ERR_NOMEM);
    assert_string_equal(err.message, "more than 10 bytes in one buffer");
    assert_int_equal(buffer.length, 5);
    assert_int_equal(wbi_buffer_printf(&buffer, &err, "%d", 678901), WB_ERR_NOMEM);
    assert_ok(wbi_buffer_printf(&buffer, &err, "%d%s", 678, "90"), &err);
    assert_int_equal(buffer.length, 10);
    assert_memory_equal(buffer.data, "1234567890", 10);
    assert_int_equal(wbi_buffer_append(&buffer, "x", 1, &err), WB_ERR_NOMEM);
    assert_int_equal(wbi_buffer_reserve(&buffer, SIZE_MAX, &err), WB_ERR_NOMEM);
    assert_ok(wbi_buffer_reserve(&buffer, 0, &err), &err);
    wbi_buffer_free(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer.ceiling, 10);
    wbi_buffer_free(&buffer);

    buffer = wbi_buffer_make(SIZE_MAX);
    assert_int_equal(wbi_buffer_reserve(&buffer, SIZE_MAX, &err), WB_ERR_NOMEM);
    assert_int_equal(wbi_buffer_reserve(&buffer, SIZE_MAX / 2 + 2, &err), WB_ERR_NOMEM);
    for (int i = 0; i < 10000; i++)
        assert_ok(wbi_buffer_printf(&buffer, &err, "%04d", i), &err);
    assert_int_equal(buffer.length, 40000);
    assert_memory_equal(buffer.data + 4 * 1234, "1234", 4);
    wbi_buffer_free(&buffer);
}

static void buffers_survive_failed_allocations(void **state)
{
    (void)state;
    wb_error err;
    wbi_buffer buffer = wbi_buffer_make(100000);
    assert_ok(wbi_buffer_append_text(&buffer, "kept", &err), &err);
    wbi_alloc_fail_at(1);
    assert_int_equal(wbi_buffer_reserve(&buffer, 5000, &err), WB_ERR_NOMEM);
    wbi_alloc_fail_at(0);
    assert_int_equal(err.code, WB_ERR_NOMEM);
    assert_int_equal(buffer.length, 4);
    assert_memory_equal(buffer.data, "kept", 4);
    assert_ok(wbi_buffer_reserve(&buffer, 5000, &err), &err);
    wbi_buffer_free(&buffer);
}

static void runs_of_bytes_compare(void **state)
{
    (void)state;
    const wbi_str a = wbi_str_from("abc"), ab = {"abc", 2}, none = {NULL, 0}, high = wbi_str_from("\xff");
    assert_true(wbi_str_equal(a, wbi_str_from("abc")));
    assert_false(wbi_str_equal(a, ab));
    assert_true(wbi_str_equal(none, wbi_str_from("")));
    assert_true(wbi_str_is(ab, "ab"));
    assert_true(wbi_str_compare(ab, a) < 0);
    assert_true(wbi_str_compare(a, ab) > 0);
    assert_int_equal(wbi_str_compare(a, a), 0);
    assert_true(wbi_str_compare(a, high) < 0);
    assert_true(wbi_str_compare(none, ab) < 0);
    assert_true(wbi_starts_with(a, ab));
    assert_false(wbi_starts_with(ab, a));
    assert_true(wbi_starts_with(none, none));
    assert_true(wbi_contains(wbi_str_from("aab"), ab));
    assert_false(wbi_contains(wbi_str_from("aba"), wbi_str_from("abab")));
    assert_false(wbi_contains(wbi_str_from("baa"), ab));
    assert_true(wbi_contains(ab, none));
    assert_true(wbi_contains(none, none));
}

/* UTF-8 by its definition: the code point it encodes, in the shortest way, and no surrogate. */
static size_t defined_width(const unsigned char *bytes, size_t n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (bytes[0] < 0x80)
        return 1;
    size_t width = 0;
    while (width < 8 && (bytes[0] & 0x80 >> width) != 0)
        width++;
    if (width < 2 || width > 4 || width > n)
        return 0;
    uint32_t point = bytes[0] & (0x7fU >> width);
    for (size_t i = 1; i < width; i++) {
        if (bytes[i] >> 6 != 2)
            return 0;
        point = point << 6 | (bytes[i] & 0x3f);
    }
    return point < least[width] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) ? 0 : width;
}

static void utf8_is_as_defined(void **state)
{
    (void)state;
    /* The edges of every rule at every byte. */
    static const unsigned char bytes[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
                                          0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff};
    enum { N = sizeof bytes };
    for (size_t i = 0; i < (size_t)N * N * N * N; i++) {
        const unsigned char cell[] = {bytes[i % N], bytes[i / N % N], bytes[i / N / N % N], bytes[i / N / N / N]};
        for (size_t n = 1; n <= 4; n++)
            if (wbi_utf8_width((const char *)cell, n) != defined_width(cell, n)) {
                print_error("%02x %02x %02x %02x, %zu bytes\n", cell[0], cell[1], cell[2], cell[3], n);
                fail();
            }
    }
    assert_int_equal(wbi_utf8_width("a", 0), 0);
}

static void utf8_check_finds_the_first_bad_byte(void **state)
{
    (void)state;
    char text[40];
    assert_int_equal(wbi_utf8_check(NULL, 0), 0);
    for (size_t n = 1; n < sizeof text; n++) {
        memset(text, 'a', sizeof text);
        assert_int_equal(wbi_utf8_check(text, n), n);
        for (size_t at = 0; at < n; at++) {
            static const char bad[] = {'\0', (char)0xff, (char)0x80, (char)0xc3};
            for (size_t i = 0; i < sizeof bad; i++) {
                text[at] = bad[i];
                assert_int_equal(wbi_utf8_check(text, n), at);
            }
            text[at] = 'a';
            if (at + 1 < n) {
                memcpy(text + at, "\xc3\xa9", 2);
                assert_int_equal(wbi_utf8_check(text, n), n);
                assert_int_equal(wbi_utf8_check(text, at + 1), at);
                memset(text + at, 'a', 2);
            }
        }
    }
    assert_int_equal(wbi_utf8_check("\x01\x01\x01\x01\x01\x01\x01\x01\0aaaaaaa", 16), 8);
    assert_int_equal(wbi_utf8_check("ab\xc0\xaf", 4), 2);     /* overlong */
    assert_int_equal(wbi_utf8_check("ab\xed\xa0\x80", 5), 2); /* a surrogate */
    assert_int_equal(wbi_utf8_check("\xf0\x9f\x98\x80", 4), 4);
}

static void nearest_spelling_is_found(void **state)
{
    (void)state;
    static const char *const names[] = {"order_id", "ordered_at", "amount", "discount", "id"};
    const size_t n = sizeof names / sizeof *names;
    assert_string_equal(wbi_nearest("ordred_at", names, n), "ordered_at");
    assert_string_equal(wbi_nearest("ORDERED_AT", names, n), "ordered_at");
    assert_string_equal(wbi_nearest("amuont", names, n), "amount"); /* neighbours swapped: one edit */
    assert_string_equal(wbi_nearest("discoutn", names, n), "discount");
    assert_string_equal(wbi_nearest("orderid", names, n), "order_id");
    assert_string_equal(wbi_nearest("ix", names, n), "id");
    assert_null(wbi_nearest("channel", names, n));
    assert_null(wbi_nearest("", names, n));
    assert_null(wbi_nearest("amount", names, 0));
    assert_string_equal(wbi_nearest("cat", (const char *const[]){"bat", "rat"}, 2), "bat");

    char lengthy[100];
    memset(lengthy, 'x', sizeof lengthy);
    lengthy[sizeof lengthy - 1] = '\0';
    const char *const self[] = {lengthy};
    assert_null(wbi_nearest(lengthy, names, n));
    assert_null(wbi_nearest("x", self, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_say_where_and_what),
        cmocka_unit_test(long_errors_are_cut),
        cmocka_unit_test(values_are_made_printable),
        cmocka_unit_test(logs_and_progress_reach_the_caller),
        cmocka_unit_test(allocations_are_checked),
        cmocka_unit_test(the_nth_allocation_fails_alone),
        cmocka_unit_test(buffers_grow_up_to_their_ceiling),
        cmocka_unit_test(buffers_survive_failed_allocations),
        cmocka_unit_test(runs_of_bytes_compare),
        cmocka_unit_test(utf8_is_as_defined),
        cmocka_unit_test(utf8_check_finds_the_first_bad_byte),
        cmocka_unit_test(nearest_spelling_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
