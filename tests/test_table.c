/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "table/table.h"

static int32_t intern(wbi_dictionary *dictionary, const char *text)
{
    wb_error err;
    int32_t code = -2;
    assert_ok(wbi_dictionary_intern(dictionary, text, strlen(text), &code, &err), &err);
    return code;
}

static void test_codes_count_first_appearances(void **state)
{
    (void)state;
    wb_error err;
    wbi_dictionary *dictionary;
    assert_ok(wbi_dictionary_create(&dictionary, &err), &err);
    assert_int_equal(wbi_dictionary_find(dictionary, "web", 3), -1);
    assert_int_equal(intern(dictionary, "web"), 0);
    assert_int_equal(intern(dictionary, "shop"), 1);
    assert_int_equal(intern(dictionary, "web"), 0);
    assert_int_equal(intern(dictionary, ""), 2);
    assert_int_equal(intern(dictionary, "we"), 3);
    assert_int_equal(wbi_dictionary_size(dictionary), 4);
    assert_int_equal(wbi_dictionary_find(dictionary, "", 0), 2);
    assert_int_equal(wbi_dictionary_find(dictionary, "webs", 4), -1);
    assert_true(wbi_str_is(wbi_dictionary_at(dictionary, 1), "shop"));
    assert_int_equal(wbi_dictionary_at(dictionary, 2).length, 0);
    wbi_dictionary_free(dictionary);
    wbi_dictionary_free(NULL);
}

/* The text of the i-th of many distinct keys, of very different lengths and with every byte value, NUL included. */
static size_t make_key(char key[300], size_t i)
{
    size_t n = (size_t)snprintf(key, 300, "customer-%zu-", i * 2654435761u % 1000003u);
    size_t padding = i % 97 == 0 ? 200 : i % 5;
    for (size_t k = 0; k < padding; k++)
        key[n++] = (char)(i + k);
    return n;
}

static void test_many_entries_stay_findable(void **state)
{
    (void)state;
    enum { N = 100000 };
    wb_error err;
    char key[300];
    wbi_dictionary *dictionary;
    assert_ok(wbi_dictionary_create(&dictionary, &err), &err);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < N; i++) {
            int32_t code;
            size_t n = make_key(key, i);
            assert_ok(wbi_dictionary_intern(dictionary, key, n, &code, &err), &err);
            assert_int_equal(code, i);
        }
    }
    assert_int_equal(wbi_dictionary_size(dictionary), N);
    for (size_t i = 0; i < N; i++) {
        size_t n = make_key(key, i);
        assert_int_equal(wbi_dictionary_find(dictionary, key, n), i);
        assert_true(wbi_str_equal(wbi_dictionary_at(dictionary, (int32_t)i), (wbi_str){key, n}));
    }
    wbi_dictionary_free(dictionary);
}

static void test_intern_all_is_intern_one_by_one(void **state)
{
    (void)state;
    /* About the number of entries that are looked ahead, and enough to grow the slots meanwhile. */
    static const size_t sizes[] = {0, 1, 2, 15, 16, 17, 31, 33, 5000};
    static int32_t codes[5001];
    char key[300];
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        wb_error err;
        wbi_dictionary *all, *one_by_one, *other;
        assert_ok(wbi_dictionary_create(&all, &err), &err);
        assert_ok(wbi_dictionary_create(&one_by_one, &err), &err);
        assert_ok(wbi_dictionary_create(&other, &err), &err);
        for (size_t i = 0; i < sizes[s]; i++) { /* every third one is known already, in another order */
            size_t known = sizes[s] - 1 - i, n = make_key(key, known);
            int32_t code, same_code;
            if (known % 3 == 0) {
                assert_ok(wbi_dictionary_intern(all, key, n, &code, &err), &err);
                assert_ok(wbi_dictionary_intern(one_by_one, key, n, &same_code, &err), &err);
            }
            n = make_key(key, i);
            assert_ok(wbi_dictionary_intern(other, key, n, &code, &err), &err);
        }
        codes[sizes[s]] = -7;
        assert_ok(wbi_dictionary_intern_all(all, other, codes, &err), &err);
        assert_int_equal(codes[sizes[s]], -7);
        for (size_t i = 0; i < sizes[s]; i++) {
            int32_t code;
            size_t n = make_key(key, i);
            assert_ok(wbi_dictionary_intern(one_by_one, key, n, &code, &err), &err);
            assert_int_equal(codes[i], code);
            assert_true(wbi_str_equal(wbi_dictionary_at(all, code), (wbi_str){key, n}));
        }
        assert_int_equal(wbi_dictionary_size(all), sizes[s]);
        assert_int_equal(wbi_dictionary_size(other), sizes[s]);
        wbi_dictionary_free(all);
        wbi_dictionary_free(one_by_one);
        wbi_dictionary_free(other);
    }
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static size_t number_key(char key[300], size_t i)
{
    return (size_t)snprintf(key, 300, "%s%05zu", i % 2 == 0 ? "c" : "customer-", i / 2 * 2);
}

/* Lists keys of one kind that ascend by their bytes, some of them more than once, or any keys. The first two lists leave none
 * out up to where they end, so that keys of later ones are known, are new behind all others, or are new among them. */
static void list_keys(wbi_dictionary *list, size_t l, bool ascending, size_t n_keys, uint64_t *state)
{
    const size_t first = l < 2 ? l : next_random(state) % n_keys, stride = 1 + next_random(state) % 9;
    wb_error err;
    char key[300];
    wbi_dictionary_clear(list);
    for (size_t i = first; i < n_keys && next_random(state) % 300 != 0;) {
        const size_t n = number_key(key, ascending ? i : next_random(state) % n_keys);
        assert_ok(wbi_dictionary_append(list, key, n, &err), &err);
        i += l < 2 ? 2 : 2 * (next_random(state) % stride);
    }
}

static void assert_same_dictionaries(const wbi_dictionary *a, const wbi_dictionary *b, size_t n_keys)
{
    wb_error err;
    char key[300];
    int32_t *ranks, *same_ranks;
    assert_int_equal(wbi_dictionary_size(a), wbi_dictionary_size(b));
    for (size_t i = 0; i < n_keys; i++) {
        const size_t n = number_key(key, i);
        assert_int_equal(wbi_dictionary_find(a, key, n), wbi_dictionary_find(b, key, n));
    }
    assert_ok(wbi_dictionary_ranks(a, &ranks, &err), &err);
    assert_ok(wbi_dictionary_ranks(b, &same_ranks, &err), &err);
    assert_memory_equal(ranks, same_ranks, wbi_dictionary_size(a) * sizeof *ranks);
    wbi_free(ranks);
    wbi_free(same_ranks);
}

static void test_keys_that_ascend_are_like_any(void **state)
{
    (void)state;
    enum { N_KEYS = 700, N_LISTS = 14 };
    static int32_t codes[20 * N_KEYS];
    wb_error err;
    wbi_dictionary *all, *list;
    assert_ok(wbi_dictionary_create(&all, &err), &err);
    assert_ok(wbi_dictionary_create(&list, &err), &err);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        uint64_t random = seed;
        wbi_dictionary *one_by_one;
        assert_ok(wbi_dictionary_create(&one_by_one, &err), &err);
        wbi_dictionary_clear(all);
        for (size_t l = 0; l < N_LISTS; l++) {
            list_keys(list, l, next_random(&random) % (2 * N_LISTS) >= l, N_KEYS, &random);
            assert_true(wbi_dictionary_size(list) <= sizeof codes / sizeof *codes);
            assert_ok(wbi_dictionary_intern_all(all, list, codes, &err), &err);
            for (size_t i = 0; i < wbi_dictionary_size(list); i++) {
                const wbi_str key = wbi_dictionary_at(list, (int32_t)i);
                int32_t code;
                assert_ok(wbi_dictionary_intern(one_by_one, key.data, key.length, &code, &err), &err);
                assert_int_equal(codes[i], code);
            }
            if (next_random(&random) % N_LISTS == 0)
                assert_ok(wbi_dictionary_index(all, &err), &err);
            assert_same_dictionaries(all, one_by_one, N_KEYS);
        }
        wbi_dictionary_free(one_by_one);
    }
    wbi_dictionary_free(all);
    wbi_dictionary_free(list);
}

static void test_clear_forgets_and_keeps_memory(void **state)
{
    (void)state;
    enum { N = 3000 };
    wb_error err;
    wbi_dictionary *dictionary;
    char key[300];
    assert_ok(wbi_dictionary_create(&dictionary, &err), &err);
    wbi_dictionary_clear(dictionary);
    for (size_t round = 0; round < 3; round++) {
        wbi_alloc_fail_at(0);
        for (size_t i = 0; i < N; i++) {
            int32_t code;
            size_t n = make_key(key, N - 1 - i);
            assert_int_equal(wbi_dictionary_find(dictionary, key, n), -1);
            assert_ok(wbi_dictionary_intern(dictionary, key, n, &code, &err), &err);
            assert_int_equal(code, i);
        }
        assert_true((wbi_alloc_count() == 0) == (round > 0));
        assert_int_equal(wbi_dictionary_find(dictionary, key, make_key(key, 0)), N - 1);
        wbi_dictionary_clear(dictionary);
        assert_int_equal(wbi_dictionary_size(dictionary), 0);
    }
    wbi_dictionary_free(dictionary);
}

static void test_ranks_order_bytes(void **state)
{
    (void)state;
    /* Pairs that only signed bytes, a padded prefix or the ninth byte could confuse. */
    static const wbi_str keys[] = {{"b", 1},         {"", 0},           {"a\0", 2},         {"a", 1},
                                   {"\xc3\xa9", 2},  {"zz", 2},         {"customer-10", 11}, {"customer-9", 10},
                                   {"customer", 8},  {"customer\0", 9}, {"customer-1", 10}, {"a\0b", 3}};
    static const int32_t expected[] = {4, 0, 2, 1, 11, 10, 8, 9, 5, 6, 7, 3};
    wb_error err;
    wbi_dictionary *dictionary;
    assert_ok(wbi_dictionary_create(&dictionary, &err), &err);
    int32_t *rank;
    assert_ok(wbi_dictionary_ranks(dictionary, &rank, &err), &err);
    wbi_free(rank);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        int32_t code;
        assert_ok(wbi_dictionary_intern(dictionary, keys[i].data, keys[i].length, &code, &err), &err);
    }
    assert_ok(wbi_dictionary_ranks(dictionary, &rank, &err), &err);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_int_equal(rank[i], expected[i]);
    wbi_free(rank);
    wbi_dictionary_free(dictionary);
}

static wb_status build_dictionary(wb_error *err)
{
    wbi_dictionary *dictionary = NULL;
    int32_t code, *rank = NULL;
    char key[300];
    wb_status status = wbi_dictionary_create(&dictionary, err);
    for (size_t i = 0; status == WB_OK && i < 500; i++) {
        status = wbi_dictionary_intern(dictionary, key, make_key(key, i), &code, err);
        if (status != WB_OK) /* a failure changes nothing */
            assert_int_equal(wbi_dictionary_size(dictionary), i);
    }
    if (status == WB_OK)
        status = wbi_dictionary_ranks(dictionary, &rank, err);
    wbi_dictionary *copy = NULL;
    int32_t codes[500];
    if (status == WB_OK)
        status = wbi_dictionary_create(&copy, err);
    if (status == WB_OK)
        status = wbi_dictionary_intern_all(copy, dictionary, codes, err);
    if (status == WB_OK)
        assert_int_equal(wbi_dictionary_size(copy), 500);
    wbi_dictionary_free(copy);
    wbi_free(rank);
    wbi_dictionary_free(dictionary);
    return status;
}

/* Makes every allocation fail in turn, until one run succeeds. */
static void fail_each_allocation(wb_status (*build)(wb_error *err))
{
    for (uint64_t n = 1;; n++) {
        wb_error err = {0};
        wbi_alloc_fail_at(n);
        wb_status status = build(&err);
        wbi_alloc_fail_at(0);
        if (status == WB_OK) {
            assert_true(n > 5);
            return;
        }
        assert_int_equal(status, WB_ERR_NOMEM);
        assert_int_equal(err.code, WB_ERR_NOMEM);
    }
}

static void test_dictionary_without_memory(void **state)
{
    (void)state;
    fail_each_allocation(build_dictionary);
}

static void push_row(wb_table *table, double number, int64_t time_us, const char *level, const char *text)
{
    wb_error err;
    wbi_column *columns = table->columns;
    int32_t code = level == NULL ? -1 : intern(columns[2].dictionary, level);
    assert_ok(wbi_column_push_number(&columns[0], number, &err), &err);
    assert_ok(wbi_column_push_time(&columns[1], time_us, &err), &err);
    assert_ok(wbi_column_push_code(&columns[2], code, &err), &err);
    assert_ok(wbi_column_push_text(&columns[3], text, strlen(text), &err), &err);
    table->n_rows++;
}

static wb_table *make_table(void)
{
    wb_error err;
    wb_table *table;
    assert_ok(wbi_table_create(&table, &err), &err);
    assert_ok(wbi_table_add_column(table, "amount", WB_TYPE_NUMBER, NULL, &err), &err);
    assert_ok(wbi_table_add_column(table, "ordered_at", WB_TYPE_TIME, NULL, &err), &err);
    assert_ok(wbi_table_add_column(table, "channel", WB_TYPE_CATEGORY, NULL, &err), &err);
    assert_ok(wbi_table_add_column(table, "customer_id", WB_TYPE_TEXT, NULL, &err), &err);
    return table;
}

static void assert_text(const wb_table *table, size_t column, size_t row, const char *expected)
{
    size_t length;
    const char *text = wb_table_text(table, column, row, &length);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(text, expected, length);
}

static void test_accessors(void **state)
{
    (void)state;
    wb_table *table = make_table();
    push_row(table, 1.5, 7, "web", "c1");
    push_row(table, NAN, WB_TIME_MISSING, NULL, "");
    push_row(table, -2, -7, "shop", "c17");
    assert_int_equal(wb_table_n_rows(table), 3);
    assert_int_equal(wb_table_n_columns(table), 4);
    assert_string_equal(wb_table_name(table, 3), "customer_id");
    assert_int_equal(wb_table_type(table, 2), WB_TYPE_CATEGORY);
    assert_int_equal(wb_table_find(table, "channel"), 2);
    assert_int_equal(wb_table_find(table, "Channel"), SIZE_MAX);
    assert_close(wb_table_numbers(table, 0)[2], -2, 0);
    assert_true(isnan(wb_table_numbers(table, 0)[1]));
    assert_int_equal(wb_table_times(table, 1)[2], -7);
    assert_true(wb_table_times(table, 1)[1] == WB_TIME_MISSING);
    assert_int_equal(wb_table_codes(table, 2)[0], 0);
    assert_int_equal(wb_table_codes(table, 2)[1], -1);
    assert_int_equal(wb_table_codes(table, 2)[2], 1);
    assert_int_equal(wb_table_n_levels(table, 2), 2);
    size_t length;
    assert_memory_equal(wb_table_level(table, 2, 1, &length), "shop", 4);
    assert_int_equal(length, 4);
    assert_null(wb_table_level(table, 2, -1, &length));
    assert_int_equal(length, 0);
    assert_text(table, 3, 0, "c1");
    assert_text(table, 3, 1, "");
    assert_text(table, 3, 2, "c17");
    wb_table_free(table);
    wb_table_free(NULL);
}

static void test_other_types_are_null(void **state)
{
    (void)state;
    wb_table *table = make_table();
    size_t length = 9;
    assert_non_null(wb_table_numbers(table, 0)); /* even without rows */
    assert_non_null(wb_table_times(table, 1));
    assert_non_null(wb_table_codes(table, 2));
    assert_null(wb_table_numbers(table, 1));
    assert_null(wb_table_times(table, 2));
    assert_null(wb_table_codes(table, 3));
    assert_null(wb_table_text(table, 0, 0, &length));
    assert_int_equal(length, 0);
    assert_int_equal(wb_table_n_levels(table, 0), 0);
    wb_table_free(table);
}

/* Row i of a large table: everything is a function of i. */
static void push_numbered_row(wb_table *table, size_t i)
{
    char level[32], text[300];
    snprintf(level, sizeof level, "level %zu", i % 37);
    snprintf(text, sizeof text, "%0*zu", (int)(i % 40) + 1, i);
    push_row(table, (double)i / 4, (int64_t)i * 1000, i % 11 == 0 ? NULL : level, text);
}

static void assert_numbered_row(const wb_table *table, size_t row, size_t i)
{
    char expected[300];
    size_t length;
    assert_true(wb_table_numbers(table, 0)[row] == (double)i / 4);
    assert_true(wb_table_times(table, 1)[row] == (int64_t)i * 1000);
    const char *level = wb_table_level(table, 2, wb_table_codes(table, 2)[row], &length);
    int n = snprintf(expected, sizeof expected, "level %zu", i % 37);
    if (i % 11 == 0)
        assert_null(level);
    else
        assert_true(length == (size_t)n && memcmp(level, expected, length) == 0);
    snprintf(expected, sizeof expected, "%0*zu", (int)(i % 40) + 1, i);
    assert_text(table, 3, row, expected);
}

static void test_growth_keeps_values_and_alignment(void **state)
{
    (void)state;
    enum { N = 20000 };
    wb_table *table = make_table();
    for (size_t i = 0; i < N; i++)
        push_numbered_row(table, i);
    for (size_t i = 0; i < N; i++)
        assert_numbered_row(table, i, i);
    assert_int_equal((uintptr_t)wb_table_numbers(table, 0) % 64, 0);
    assert_int_equal((uintptr_t)wb_table_times(table, 1) % 64, 0);
    assert_int_equal((uintptr_t)wb_table_codes(table, 2) % 64, 0);
    wb_table_free(table);
}

/* The sanitizer watches. */
static void test_eight_bytes_of_an_entry_can_be_read(void **state)
{
    (void)state;
    enum { N = 1200 };
    static const char many[N] = {0};
    wb_error err;
    for (size_t n = 0; n < N; n++) {
        wbi_dictionary *dictionary;
        char eight[8];
        assert_ok(wbi_dictionary_create(&dictionary, &err), &err);
        assert_ok(wbi_dictionary_append(dictionary, many, n, &err), &err);
        assert_ok(wbi_dictionary_append(dictionary, "7", 1, &err), &err);
        memcpy(eight, wbi_dictionary_at(dictionary, 1).data, sizeof eight);
        assert_int_equal(eight[0], '7');
        wbi_dictionary_free(dictionary);
    }
}

/* All entries of dictionaries of many sizes, one behind the other. */
static void test_entries_become_texts_in_their_order(void **state)
{
    (void)state;
    enum { N = 700 };
    wb_error err;
    wb_table *table;
    wbi_dictionary *entries;
    char key[300];
    assert_ok(wbi_table_create(&table, &err), &err);
    assert_ok(wbi_table_add_column(table, "text", WB_TYPE_TEXT, NULL, &err), &err);
    assert_ok(wbi_dictionary_create(&entries, &err), &err);
    for (size_t i = 0; i < N; i++) {
        assert_ok(wbi_dictionary_append(entries, key, make_key(key, i), &err), &err);
        if (i % 13 < 2 || i + 1 == N) { /* now and then there is but one */
            assert_ok(wbi_column_push_texts(&table->columns[0], entries, &err), &err);
            wbi_dictionary_clear(entries);
            assert_ok(wbi_column_push_texts(&table->columns[0], entries, &err), &err);
        }
    }
    assert_int_equal(table->columns[0].length, N);
    for (size_t i = 0; i < N; i++) {
        size_t n;
        const char *text = wb_table_text(table, 0, i, &n);
        assert_int_equal(n, make_key(key, i));
        assert_memory_equal(text, key, n);
    }
    wbi_dictionary_free(entries);
    wb_table_free(table);
}

static void test_clear_and_reserve_keep_memory(void **state)
{
    (void)state;
    wb_error err;
    wb_table *table = make_table();
    assert_ok(wbi_table_reserve(table, 1000, &err), &err);
    const double *numbers = wb_table_numbers(table, 0);
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 1000; i++)
            push_numbered_row(table, i + round);
        for (size_t i = 0; i < 1000; i++)
            assert_numbered_row(table, i, i + round);
        assert_ptr_equal(wb_table_numbers(table, 0), numbers);
        wbi_table_clear(table);
        assert_int_equal(wb_table_n_rows(table), 0);
    }
    assert_int_equal(wb_table_n_levels(table, 2), 37);
    assert_int_equal(wbi_table_reserve(table, SIZE_MAX, &err), WB_ERR_NOMEM);
    assert_int_equal(wbi_table_reserve(table, SIZE_MAX / 8, &err), WB_ERR_NOMEM);
    wb_table_free(table);
}

static void test_borrowed_dictionary_outlives_table(void **state)
{
    (void)state;
    wb_error err;
    wbi_dictionary *dictionary;
    wb_table *table;
    assert_ok(wbi_dictionary_create(&dictionary, &err), &err);
    intern(dictionary, "gold");
    assert_ok(wbi_table_create(&table, &err), &err);
    assert_ok(wbi_table_add_column(table, "tier", WB_TYPE_CATEGORY, dictionary, &err), &err);
    assert_int_equal(wb_table_n_levels(table, 0), 1);
    wb_table_free(table);
    assert_int_equal(wbi_dictionary_find(dictionary, "gold", 4), 0);
    wbi_dictionary_free(dictionary);
}

static wb_status build_table(wb_error *err)
{
    wb_table *table = NULL;
    wb_status status = wbi_table_create(&table, err);
    for (size_t k = 0; status == WB_OK && k < 20; k++)
        status = wbi_table_add_column(table, "column", (wb_type)(k % 4), NULL, err);
    for (size_t i = 0; status == WB_OK && i < 200; i++) {
        status = wbi_column_push_text(&table->columns[2], "some words", 10, err);
        if (status == WB_OK)
            status = wbi_column_push_number(&table->columns[0], 1, err);
    }
    if (status == WB_OK)
        status = wbi_table_reserve(table, 5000, err);
    wb_table_free(table);
    return status;
}

static void test_table_without_memory(void **state)
{
    (void)state;
    fail_each_allocation(build_table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_count_first_appearances),
        cmocka_unit_test(test_many_entries_stay_findable),
        cmocka_unit_test(test_intern_all_is_intern_one_by_one),
        cmocka_unit_test(test_keys_that_ascend_are_like_any),
        cmocka_unit_test(test_clear_forgets_and_keeps_memory),
        cmocka_unit_test(test_ranks_order_bytes),
        cmocka_unit_test(test_dictionary_without_memory),
        cmocka_unit_test(test_accessors),
        cmocka_unit_test(test_other_types_are_null),
        cmocka_unit_test(test_growth_keeps_values_and_alignment),
        cmocka_unit_test(test_eight_bytes_of_an_entry_can_be_read),
        cmocka_unit_test(test_entries_become_texts_in_their_order),
        cmocka_unit_test(test_clear_and_reserve_keep_memory),
        cmocka_unit_test(test_borrowed_dictionary_outlives_table),
        cmocka_unit_test(test_table_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
