/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines of the highest scores, against qsort. */
#include "test_run.h"

#include "base/memory.h"
#include "score/top.h"

typedef struct scored {
    double score, log_odds;
    size_t order;
    char line[40];
} scored;

static int first_to_last(const void *left, const void *right)
{
    const scored *a = left, *b = right;
    if (a->score != b->score)
        return a->score < b->score ? 1 : -1;
    if (a->log_odds != b->log_odds)
        return a->log_odds < b->log_odds ? 1 : -1;
    return a->order < b->order ? -1 : 1;
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* What a heap for `n_kept` lines writes of these, in their order. */
static wb_status write_top(const char *path, const scored *all, size_t n, size_t n_kept, wb_error *err)
{
    wbi_top *top = NULL;
    wbi_output *output = NULL;
    wb_status status = wbi_top_create(&top, n_kept, err);
    for (size_t i = 0; status == WB_OK && i < n; i++)
        status = wbi_top_offer(top, (wbi_rank){all[i].score, all[i].log_odds}, (wbi_str){all[i].line, strlen(all[i].line)}, err);
    if (status == WB_OK)
        status = wbi_output_open(&output, path, err);
    if (status == WB_OK)
        status = wbi_top_write(top, output, err);
    if (status == WB_OK)
        status = wbi_output_commit(output, err);
    else
        wbi_output_abort(output);
    wbi_top_free(top);
    return status;
}

/* `n_different` scores, so that there are ties. */
static void fill(scored *all, size_t n, unsigned n_different, uint64_t *state)
{
    for (size_t i = 0; i < n; i++) {
        all[i] = (scored){.score = (double)(next_random(state) % n_different) / n_different - 0.5, .order = i};
        all[i].log_odds = (double)(next_random(state) % 3);
        snprintf(all[i].line, sizeof all[i].line, "%zu:%g\n", i, all[i].score);
    }
}

static void check(const char *folder, scored *all, size_t n, size_t n_kept)
{
    char path[RUN_PATH_CHARS];
    wb_error err;
    assert_ok(write_top(path_in(path, folder, "top"), all, n, n_kept, &err), &err);
    char *text = get(path), *at = text;
    qsort(all, n, sizeof *all, first_to_last);
    for (size_t i = 0; i < n && i < n_kept; i++) {
        assert_int_equal(strncmp(at, all[i].line, strlen(all[i].line)), 0);
        at += strlen(all[i].line);
    }
    assert_string_equal(at, "");
    free(text);
}

static void test_against_qsort(void **state)
{
    enum { N = 500 };
    static scored all[N];
    uint64_t random = 3;
    for (int round = 0; round < 200; round++) {
        const size_t n = next_random(&random) % N, n_kept = 1 + next_random(&random) % (round % 2 ? 20 : N + 100);
        fill(all, n, round % 3 == 0 ? 5 : 100000, &random);
        check(*state, all, n, n_kept);
    }
}

/* Each line is better than all before, or worse. */
static void test_in_order(void **state)
{
    enum { N = 100 };
    static scored all[N];
    for (int rising = 0; rising <= 1; rising++) {
        for (size_t i = 0; i < N; i++) {
            all[i] = (scored){.score = rising ? (double)i : -(double)i, .order = i};
            snprintf(all[i].line, sizeof all[i].line, "%zu\n", i);
        }
        check(*state, all, N, 7);
    }
}

static void test_every_allocation_may_fail(void **state)
{
    enum { N = 60 };
    static scored all[N];
    uint64_t random = 8;
    char path[RUN_PATH_CHARS];
    wb_error err;
    wb_status status = WB_ERR_NOMEM;
    fill(all, N, 1000, &random);
    path_in(path, *state, "top");
    for (uint64_t k = 1; status != WB_OK; k++) {
        unlink(path);
        wbi_alloc_fail_at(k);
        status = write_top(path, all, N, 20, &err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_int_equal(access(path, F_OK), status == WB_OK ? 0 : -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_qsort),
        cmocka_unit_test(test_in_order),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
