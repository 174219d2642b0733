/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sort behind figures of merit, against the C library's, of keys that are far apart, close, equal, or in heaps. */
#include "test_util.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/sorted.h"
#include "metrics_testing.h"

typedef struct row {
    uint64_t first, second, number;
} row;

static int by_both(const void *left, const void *right)
{
    const row *a = left, *b = right;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    if (a->second != b->second)
        return a->second < b->second ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

enum { N_KINDS = 8 };

static uint64_t word_of(size_t kind, size_t i, uint64_t *state)
{
    const double unit = draw_unit(state);
    const uint64_t random = (uint64_t)(unit * 0x1p53) << 11 | i % 2048;
    switch (kind) {
    case 0:
        return random;
    case 1:
        return 42;
    case 2:
        return UINT64_MAX - (uint64_t)(unit * 3);
    case 3:
        return (uint64_t)(unit * 50) << 40;
    case 4: /* a heap beside one far away */
        return i == 0 ? UINT64_MAX : (uint64_t)(unit * 1e6);
    case 5: /* all in one small heap of a wide range */
        return i % 1000 == 0 ? random : 0x123456789abcdef0 + (uint64_t)(unit * 1e4);
    case 6:
        return i;
    default:
        return (uint64_t)(0x1p62 * unit * unit * unit * unit);
    }
}

/* With one key the second word is the number of the row, which shows that equal ones stay in order. */
static void check(size_t kind, size_t n, size_t n_words, size_t n_keys, int n_threads)
{
    uint64_t *rows = malloc((n + 1) * n_words * sizeof *rows), *spare = malloc((n + 1) * n_words * sizeof *rows), state = n + kind;
    row *expected = malloc((n + 1) * sizeof *expected);
    wb_error err;
    assert_true(rows != NULL && spare != NULL && expected != NULL);
    for (size_t i = 0; i < n; i++) {
        const uint64_t first = word_of(kind, i, &state), second = n_keys == 2 ? word_of((kind + 3) % N_KINDS, i, &state) : i;
        expected[i] = (row){first, n_words == 2 ? second : 0, i};
        rows[i * n_words] = first;
        if (n_words == 2)
            rows[i * n_words + 1] = second;
    }
    qsort(expected, n, sizeof *expected, by_both);
    assert_ok(wbi_sort(&(wbi_word_rows){rows, spare, n, n_words, n_keys}, n_threads, &err), &err);
    for (size_t i = 0; i < n; i++) {
        assert_true(rows[i * n_words] == expected[i].first);
        assert_true(n_words == 1 || rows[i * n_words + 1] == expected[i].second);
    }
    free(rows);
    free(spare);
    free(expected);
}

static void sorts_all_kinds(void **state)
{
    (void)state;
    const size_t sizes[] = {0, 1, 2, 24, 25, 300, 5000, 200000};
    for (size_t kind = 0; kind < N_KINDS; kind++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            check(kind, sizes[k], 1, 1, 1);
            check(kind, sizes[k], 2, 1, 2);
            check(kind, sizes[k], 2, 2, 3);
        }
}

/* Places are in the order of the numbers, downwards, and give them back; -0 is 0. */
static void places(void **state)
{
    (void)state;
    const double p[] = {1, 1 - 0x1p-53, 0.75, 0.5, 1e-5, 0x1p-1022, 0x1p-1074, 0};
    for (size_t i = 0; i < 8; i++) {
        assert_close(wbi_probability_at(wbi_place_of(p[i])), p[i], 0);
        assert_true(i == 0 || wbi_place_of(p[i]) > wbi_place_of(p[i - 1]));
        assert_true(wbi_place_of(p[i]) < (uint64_t)1 << 62);
    }
    assert_true(wbi_place_of(-0.0) == wbi_place_of(0.0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sorts_all_kinds), cmocka_unit_test(places)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
