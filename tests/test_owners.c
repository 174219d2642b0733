/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose rows are, against a plain array. */
#include "test_util.h"

#include "base/memory.h"
#include "events/owners.h"

enum { N = 3000 };

static uint32_t below(uint64_t *seed, uint32_t limit)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % limit;
}

static void assert_owners(const wbi_owners *owners, const int32_t *codes, size_t n)
{
    assert_int_equal(owners->n_rows, n);
    assert_int_equal(wbi_owners_first_row(owners, 0), 0);
    assert_int_equal(wbi_owners_first_row(owners, owners->n_runs), n);
    for (size_t run = 0; run < owners->n_runs; run++) {
        const size_t begin = wbi_owners_first_row(owners, run), end = wbi_owners_first_row(owners, run + 1);
        assert_true(begin < end);
        for (size_t row = begin; row < end; row++)
            assert_int_equal(owners->codes[run], codes[row]);
        if (!owners->by_row && end < n)
            assert_int_not_equal(owners->codes[run], codes[end]);
    }
    assert_true(wbi_owners_bytes(owners) <= n * sizeof *codes);
}

/* Customers and rows without one (several kinds of these), each a few times in a row. */
static void random_codes(int32_t codes[N], uint32_t longest, uint64_t *seed)
{
    for (size_t row = 0; row < N;) {
        const int32_t code = (int32_t)below(seed, 50) - 2;
        for (uint32_t left = 1 + below(seed, longest); left > 0 && row < N; left--)
            codes[row++] = code;
    }
}

static void test_runs_are_the_rows(void **state)
{
    (void)state;
    int32_t codes[N];
    uint64_t seed = 1;
    wb_error err;
    for (uint32_t longest = 1; longest < 40; longest++) {
        wbi_owners owners = {0};
        random_codes(codes, longest, &seed);
        for (size_t n = 0, more; n < N; n += more) {
            more = below(&seed, 300);
            more = more < N - n ? more : N - n;
            assert_ok(wbi_owners_append(&owners, codes + n, more, &err), &err);
            assert_owners(&owners, codes, n + more);
        }
        if (longest == 1)
            assert_true(owners.by_row);
        if (longest > 20)
            assert_true(!owners.by_row && owners.n_runs < N / 4);
        assert_ok(wbi_owners_spread(&owners, &err), &err);
        assert_true(owners.by_row);
        assert_owners(&owners, codes, N);
        wbi_owners_free(&owners);
    }
}

/* Long runs, then so many short ones that rows are kept. */
static wb_status append_both(wb_error *err)
{
    static const int32_t codes[] = {7, 7, 7, 7, 7, 3, 3, 3, -1, 8, 8, 8};
    wbi_owners owners = {0};
    wb_status status = WB_OK;
    for (size_t i = 0; i < 200 && status == WB_OK; i++)
        status = wbi_owners_append(&owners, codes, sizeof codes / sizeof *codes, err);
    for (size_t i = 0; i < 2000 && status == WB_OK; i++)
        status = wbi_owners_append(&owners, codes + i % 2 * 5, 1, err);
    wbi_owners_free(&owners);
    return status;
}

static void test_owners_without_memory(void **state)
{
    (void)state;
    wb_error err;
    wb_status status;
    uint64_t n = 0;
    do {
        wbi_alloc_fail_at(++n);
        status = append_both(&err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
    } while (status != WB_OK);
    assert_true(n > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_are_the_rows),
        cmocka_unit_test(test_owners_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
