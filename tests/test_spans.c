/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spans against plain loops. */
#include "test_util.h"

#include <stdbool.h>

#include "features/spans.h"

enum { N = 200 };

static uint32_t below(uint64_t *seed, uint32_t limit)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % limit;
}

typedef struct some {
    int64_t times[N];
    wbi_span spans[2 * N];
    size_t n;
} some;

/* Short spans, among them empty and a few long ones, of ascending times. */
static void random_spans(some *all, uint64_t *seed)
{
    uint32_t at = 0;
    for (all->n = 0; at < N && all->n < 2 * N; all->n++) {
        uint32_t length = below(seed, 8) == 0 ? below(seed, 101) : below(seed, 5);
        length = length < N - at ? length : N - at;
        for (uint32_t i = 0; i < length; i++)
            all->times[at + i] = (i == 0 ? 0 : all->times[at + i - 1]) + below(seed, 3);
        all->spans[all->n] = (wbi_span){(uint32_t)all->n, at, at + length};
        at += length;
    }
}

static void test_narrowed_spans_hold_what_lies_in_the_window(void **state)
{
    (void)state;
    some all;
    wbi_span narrowed[2 * N];
    uint64_t seed = 3;
    for (int round = 0; round < 300; round++) {
        random_spans(&all, &seed);
        int64_t from = below(&seed, 40) - 1, to = from + below(&seed, 60);
        wbi_spans_narrow(narrowed, (wbi_spans){all.spans, all.n}, all.times, from, to);
        for (size_t s = 0; s < all.n; s++) {
            assert_int_equal(narrowed[s].row, s);
            assert_true(narrowed[s].begin >= all.spans[s].begin && narrowed[s].end <= all.spans[s].end);
            assert_true(narrowed[s].begin <= narrowed[s].end);
            for (uint32_t i = all.spans[s].begin; i < all.spans[s].end; i++)
                assert_int_equal(all.times[i] >= from && all.times[i] < to,
                                 i >= narrowed[s].begin && i < narrowed[s].end);
        }
    }
}

static void test_sorted_spans_are_the_same_by_length(void **state)
{
    (void)state;
    some all;
    wbi_span sorted[2 * N];
    uint64_t seed = 5;
    for (int round = 0; round < 300; round++) {
        bool seen[2 * N] = {false};
        random_spans(&all, &seed);
        wbi_spans_sort(sorted, (wbi_spans){all.spans, all.n});
        for (size_t s = 0; s < all.n; s++) {
            assert_memory_equal(&sorted[s], &all.spans[sorted[s].row], sizeof sorted[s]);
            assert_false(seen[sorted[s].row]);
            seen[sorted[s].row] = true;
            uint32_t length = wbi_span_length(&sorted[s]), before = s == 0 ? 0 : wbi_span_length(&sorted[s - 1]);
            assert_true(length >= before || length >= 64);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_narrowed_spans_hold_what_lies_in_the_window),
        cmocka_unit_test(test_sorted_spans_are_the_same_by_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
