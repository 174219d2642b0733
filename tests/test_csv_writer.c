/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <csv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/memory.h"
#include "csv/writer.h"
#include "io/input.h"

static const char path[] = "csv-writer-test.csv";

static int enter_folder(void **state)
{
    static char folder[] = "/tmp/winback-csv-writer-XXXXXX";
    *state = mkdtemp(folder);
    return *state == NULL || chdir(folder) != 0;
}

static int leave_folder(void **state)
{
    unlink(path);
    return chdir("/") != 0 || rmdir(*state) != 0; /* fails if anything else was left there */
}

static void assert_buffer(wbi_buffer *buffer, const char *expected)
{
    assert_int_equal(buffer->length, strlen(expected));
    assert_memory_equal(buffer->data, expected, buffer->length);
    buffer->length = 0;
}

static void test_text_is_quoted_where_needed(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"plain", "plain"},           {"", ""},
        {"two words", "two words"},   {"a;b#c'd\\e", "a;b#c'd\\e"},
        {"a,b", "\"a,b\""},           {"say \"hi\"", "\"say \"\"hi\"\"\""},
        {"\"", "\"\"\"\""},           {"\"\"x\"", "\"\"\"\"\"x\"\"\""},
        {"line\nbreak", "\"line\nbreak\""}, {"line\rbreak", "\"line\rbreak\""},
        {" lead", "\" lead\""},       {"trail\t", "\"trail\t\""},
        {" ", "\" \""},               {"caf\xc3\xa9", "caf\xc3\xa9"},
    };
    wb_error err;
    wbi_buffer buffer = wbi_buffer_make(1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(wbi_csv_text(&buffer, cases[i][0], strlen(cases[i][0]), &err), &err);
        assert_buffer(&buffer, cases[i][1]);
    }
    wbi_buffer_free(&buffer);
}

static void test_numbers_and_times(void **state)
{
    (void)state;
    wb_error err;
    wbi_buffer buffer = wbi_buffer_make(1 << 20);
    assert_ok(wbi_csv_number(&buffer, NAN, &err), &err);
    assert_ok(wbi_csv_number(&buffer, INFINITY, &err), &err);
    assert_ok(wbi_csv_time(&buffer, WB_TIME_MISSING, &err), &err);
    assert_int_equal(buffer.length, 0);
    assert_ok(wbi_csv_number(&buffer, 0.1, &err), &err);
    assert_buffer(&buffer, "0.1");
    assert_ok(wbi_csv_number(&buffer, -12, &err), &err);
    assert_buffer(&buffer, "-12");
    assert_ok(wbi_csv_time(&buffer, WB_DAY_US * 365, &err), &err);
    assert_buffer(&buffer, "1971-01-01");
    assert_ok(wbi_csv_time(&buffer, WB_HOUR_US * 13 + 500000, &err), &err);
    assert_buffer(&buffer, "1970-01-01T13:00:00.5Z");
    wbi_buffer_free(&buffer);
}

static wb_table *make_table(void)
{
    wb_error err;
    wb_table *table;
    assert_ok(wbi_table_create(&table, &err), &err);
    assert_ok(wbi_table_add_column(table, "customer, id", WB_TYPE_TEXT, NULL, &err), &err);
    assert_ok(wbi_table_add_column(table, "amount", WB_TYPE_NUMBER, NULL, &err), &err);
    assert_ok(wbi_table_add_column(table, "at", WB_TYPE_TIME, NULL, &err), &err);
    assert_ok(wbi_table_add_column(table, "channel", WB_TYPE_CATEGORY, NULL, &err), &err);
    return table;
}

static void push_row(wb_table *table, const char *text, double number, int64_t time_us, const char *level)
{
    wb_error err;
    wbi_column *columns = table->columns;
    int32_t code = -1;
    if (level != NULL)
        assert_ok(wbi_dictionary_intern(columns[3].dictionary, level, strlen(level), &code, &err), &err);
    assert_ok(wbi_column_push_text(&columns[0], text, strlen(text), &err), &err);
    assert_ok(wbi_column_push_number(&columns[1], number, &err), &err);
    assert_ok(wbi_column_push_time(&columns[2], time_us, &err), &err);
    assert_ok(wbi_column_push_code(&columns[3], code, &err), &err);
    table->n_rows++;
}

static void test_header_and_rows(void **state)
{
    (void)state;
    wb_error err;
    wbi_buffer buffer = wbi_buffer_make(1 << 20);
    wb_table *table = make_table();
    push_row(table, "c1", 2.5, 0, "web");
    push_row(table, "", NAN, WB_TIME_MISSING, NULL);
    push_row(table, "O\"Neil", -1e-9, WB_DAY_US, "shop, small");
    push_row(table, "c3", 1e300, -1, "web");
    assert_ok(wbi_csv_header(&buffer, table, &err), &err);
    assert_buffer(&buffer, "\"customer, id\",amount,at,channel\n");
    assert_ok(wbi_csv_rows(&buffer, table, 0, 3, &err), &err);
    assert_buffer(&buffer, "c1,2.5,1970-01-01,web\n"
                           ",,,\n"
                           "\"O\"\"Neil\",-1e-9,1970-01-02,\"shop, small\"\n");
    assert_ok(wbi_csv_rows(&buffer, table, 3, 4, &err), &err);
    assert_buffer(&buffer, "c3,1e300,1969-12-31T23:59:59.999999Z,web\n");
    assert_ok(wbi_csv_rows(&buffer, table, 2, 2, &err), &err);
    assert_buffer(&buffer, "");
    wb_table_free(table);
    wbi_buffer_free(&buffer);
}

static void test_no_row_is_a_blank_line(void **state)
{
    (void)state;
    wb_error err;
    wbi_buffer buffer = wbi_buffer_make(1 << 20);
    wb_table *table;
    assert_ok(wbi_table_create(&table, &err), &err);
    assert_ok(wbi_table_add_column(table, "score", WB_TYPE_NUMBER, NULL, &err), &err);
    assert_ok(wbi_column_push_number(&table->columns[0], 1, &err), &err);
    assert_ok(wbi_column_push_number(&table->columns[0], NAN, &err), &err);
    table->n_rows = 2;
    assert_ok(wbi_csv_rows(&buffer, table, 0, 2, &err), &err);
    assert_buffer(&buffer, "1\n\"\"\n");
    wb_table_free(table);
    wbi_buffer_free(&buffer);
}

/* Row i is a function of i, with everything that wants quotes or is missing now and then. */
static void row_text(char text[64], size_t i)
{
    static const char *const odd[] = {"", " blank", "a,b", "\"quoted\"", "two\nlines", "\r", "plain", "\t"};
    snprintf(text, 64, "%s%zu%s", odd[i % 8], i, odd[i / 8 % 8]);
    if (i % 31 == 0)
        text[0] = '\0';
}

static double row_number(size_t i)
{
    return i % 13 == 0 ? NAN : sin((double)i) * pow(10, (double)(i % 40) - 20);
}

static wb_table *make_large_table(size_t n)
{
    wb_table *table = make_table();
    for (size_t i = 0; i < n; i++) {
        char text[64], level[64];
        row_text(text, i);
        row_text(level, i % 100);
        push_row(table, text, row_number(i), i % 17 == 0 ? WB_TIME_MISSING : (int64_t)i * WB_DAY_US / 2,
                 i % 19 == 0 ? NULL : level);
    }
    return table;
}

static char *read_back(size_t *n)
{
    wb_error err;
    char *bytes;
    assert_ok(wbi_input_slurp(&bytes, n, path, (size_t)1 << 30, &err), &err);
    return bytes;
}

/* What libcsv reads is compared, cell by cell, with what was to be written. */
typedef struct check {
    size_t row, column; /* row 0 is the header */
    size_t n_wrong;
} check;

/* Whether `text`, read as cell `column` of row `i`, is what make_large_table put there. */
static bool is_right(const char *text, size_t column, size_t i)
{
    char expected[64] = "";
    int64_t time_us = WB_TIME_MISSING;
    switch (column) {
    case 0:
        row_text(expected, i);
        return strcmp(text, expected) == 0;
    case 1:
        return text[0] == '\0' ? (bool)isnan(row_number(i)) : strtod(text, NULL) == row_number(i);
    case 2:
        return (text[0] == '\0' || wb_time_parse(&time_us, text, 0, NULL) == WB_OK) &&
               time_us == (i % 17 == 0 ? WB_TIME_MISSING : (int64_t)i * WB_DAY_US / 2);
    case 3:
        if (i % 19 != 0)
            row_text(expected, i % 100);
        return strcmp(text, expected) == 0;
    default:
        return false;
    }
}

static void check_cell(void *bytes, size_t n, void *data)
{
    static const char *const header[] = {"customer, id", "amount", "at", "channel"};
    check *c = data;
    char text[100];
    snprintf(text, sizeof text, "%.*s", (int)n, (const char *)bytes);
    if (c->column >= 4 || (c->row == 0 ? strcmp(text, header[c->column]) != 0 : !is_right(text, c->column, c->row - 1)))
        c->n_wrong++;
    c->column++;
}

static void check_row(int terminator, void *data)
{
    check *c = data;
    if (terminator != '\n' || c->column != 4)
        c->n_wrong++;
    c->column = 0;
    c->row++;
}

static void assert_libcsv_reads(const char *bytes, size_t n, size_t n_rows)
{
    struct csv_parser parser;
    check c = {0};
    assert_int_equal(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI), 0);
    assert_int_equal(csv_parse(&parser, bytes, n, check_cell, check_row, &c), n);
    assert_int_equal(csv_fini(&parser, check_cell, check_row, &c), 0);
    csv_free(&parser);
    assert_int_equal(c.n_wrong, 0);
    assert_int_equal(c.row, n_rows + 1);
}

static void test_table_reads_back_the_same_from_any_threads(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 4096, 4097, 30000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        wb_error err;
        size_t n_first = 0, n;
        char *first = NULL, hex[33], expected[33];
        wb_table *table = make_large_table(sizes[i]);
        for (int n_threads = 1; n_threads <= 4; n_threads *= 2) {
            assert_ok(wbi_csv_write_table(table, path, n_threads, hex, &err), &err);
            char *bytes = read_back(&n);
            assert_libcsv_reads(bytes, n, sizes[i]);
            wbi_digest *digest = wbi_digest_create();
            wbi_digest_update(digest, bytes, n);
            wbi_digest_hex(digest, expected);
            wbi_digest_free(digest);
            assert_string_equal(hex, expected);
            if (first == NULL) {
                first = bytes;
                n_first = n;
                continue;
            }
            assert_int_equal(n, n_first);
            assert_memory_equal(bytes, first, n);
            wbi_free(bytes);
        }
        wbi_free(first);
        wb_table_free(table);
    }
}

static void test_failures_leave_the_old_file(void **state)
{
    (void)state;
    wb_error err;
    size_t n, n_after;
    wb_table *table = make_large_table(10000);
    assert_int_equal(wbi_csv_write_table(table, "absent/x.csv", 2, NULL, &err), WB_ERR_IO);
    assert_string_equal(err.file, "absent/x.csv");
    assert_int_equal(wbi_csv_write_table(table, "/dev/full", 2, NULL, &err), WB_ERR_IO);
    assert_string_equal(err.message, "cannot write: No space left on device");
    assert_ok(wbi_csv_write_table(table, path, 2, NULL, &err), &err);
    char *before = read_back(&n);
    for (uint64_t call = 1;; call++) {
        char hex[33];
        err = (wb_error){0};
        wbi_alloc_fail_at(call);
        wb_status status = wbi_csv_write_table(table, path, 2, hex, &err);
        wbi_alloc_fail_at(0);
        char *after = read_back(&n_after);
        assert_int_equal(n_after, n);
        assert_memory_equal(after, before, n);
        wbi_free(after);
        if (status == WB_OK) {
            assert_true(call > 8);
            break;
        }
        assert_int_equal(status, WB_ERR_NOMEM);
        assert_int_equal(err.code, WB_ERR_NOMEM);
    }
    wbi_free(before);
    wb_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_quoted_where_needed),
        cmocka_unit_test(test_numbers_and_times),
        cmocka_unit_test(test_header_and_rows),
        cmocka_unit_test(test_no_row_is_a_blank_line),
        cmocka_unit_test(test_table_reads_back_the_same_from_any_threads),
        cmocka_unit_test(test_failures_leave_the_old_file),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
