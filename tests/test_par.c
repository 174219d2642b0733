/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "par/par.h"

static const int thread_counts[] = {1, 2, 4, 7};
enum { N_THREAD_COUNTS = sizeof thread_counts / sizeof *thread_counts, NEVER = 1 << 30 };

/* Takes a while that differs from block to block, so that blocks finish out of order. */
static double waste_time(size_t block)
{
    volatile double x = 1;
    for (size_t i = 0; i < block * 2654435761u % 4000; i++)
        x = x * 1.0000001;
    return x;
}

static void test_thread_and_block_counts(void **state)
{
    (void)state;
    assert_int_equal(wbi_par_threads(1), 1);
    assert_int_equal(wbi_par_threads(7), 7);
    assert_int_equal(wbi_par_threads(100000), 256);
    assert_in_range(wbi_par_threads(0), 1, 256);
    assert_int_equal(wbi_par_n_blocks(0, 10), 0);
    assert_int_equal(wbi_par_n_blocks(1, 10), 1);
    assert_int_equal(wbi_par_n_blocks(10, 10), 1);
    assert_int_equal(wbi_par_n_blocks(11, 10), 2);
    assert_int_equal(wbi_par_n_blocks(SIZE_MAX, 2), SIZE_MAX / 2 + 1);
}

typedef struct rows {
    size_t n;
    int n_threads;
    unsigned char *visits; /* of each row */
    _Atomic size_t n_blocks;
    size_t fails[2]; /* blocks */
} rows;

static wb_status visit(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    rows *r = context;
    if (block * 10 != begin || end > r->n || begin >= end || worker < 0 || worker >= r->n_threads)
        return wbi_fail(err, WB_ERR_INTERNAL, "block %zu is rows %zu to %zu of worker %d", block, begin, end, worker);
    atomic_fetch_add(&r->n_blocks, 1);
    waste_time(block);
    for (size_t row = begin; row < end; row++)
        r->visits[row]++;
    if (block == r->fails[0] || block == r->fails[1])
        return wbi_fail(err, WB_ERR_MALFORMED, "block %zu", block);
    return WB_OK;
}

static void test_every_row_once(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 9, 10, 11, 12345};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t t = 0; t < N_THREAD_COUNTS; t++) {
            wb_error err;
            rows r = {sizes[i], thread_counts[t], calloc(sizes[i] + 1, 1), 0, {NEVER, NEVER}};
            assert_ok(wbi_par_for(r.n, 10, r.n_threads, visit, &r, &err), &err);
            for (size_t row = 0; row < r.n; row++)
                assert_int_equal(r.visits[row], 1);
            assert_int_equal(r.n_blocks, wbi_par_n_blocks(r.n, 10));
            free(r.visits);
        }
}

static void test_lowest_failing_block_wins(void **state)
{
    (void)state;
    for (size_t round = 0; round < 50; round++)
        for (size_t t = 0; t < N_THREAD_COUNTS; t++) {
            wb_error err;
            char expected[32];
            size_t first = round * 37 % 90;
            rows r = {100000, thread_counts[t], calloc(100000, 1), 0, {first, first + 1}};
            assert_int_equal(wbi_par_for(r.n, 10, r.n_threads, visit, &r, &err), WB_ERR_MALFORMED);
            snprintf(expected, sizeof expected, "block %zu", first);
            assert_string_equal(err.message, expected);
            for (size_t row = 0; row < 10 * first; row++) /* lower ones were finished */
                assert_int_equal(r.visits[row], 1);
            if (r.n_threads == 1) /* no new ones start */
                assert_int_equal(r.n_blocks, first + 1);
            assert_int_equal(wbi_par_for(r.n, 10, r.n_threads, visit, &r, NULL), WB_ERR_MALFORMED);
            free(r.visits);
        }
}

static wb_status nested(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    (void)begin, (void)end, (void)worker;
    rows *outer = context;
    rows r = {35, 1, outer->visits + 35 * block, 0, {NEVER, NEVER}}; /* visit checks that the worker is 0 */
    return wbi_par_for(r.n, 10, 4, visit, &r, err);
}

static void test_teams_do_not_nest(void **state)
{
    (void)state;
    wb_error err;
    rows r = {20, 4, calloc(20, 35), 0, {NEVER, NEVER}};
    assert_ok(wbi_par_for(r.n, 1, r.n_threads, nested, &r, &err), &err);
    for (size_t row = 0; row < 20 * 35; row++)
        assert_int_equal(r.visits[row], 1);
    free(r.visits);
}

/* Numbers of very different sizes, whose sum depends on the order of additions. */
static double number_at(size_t row, size_t k)
{
    return sin((double)(row * 7 + k * 13)) * pow(10, (double)((row * 2654435761u + k) % 31) - 15);
}

typedef struct sums {
    size_t n_sums, fails;
} sums;

static wb_status add_rows(void *context, size_t block, size_t begin, size_t end, int worker, double *partial,
                          wb_error *err)
{
    const sums *s = context;
    (void)worker;
    waste_time(block);
    for (size_t row = begin; row < end; row++)
        for (size_t k = 0; k < s->n_sums; k++)
            partial[k] += number_at(row, k);
    return block >= s->fails ? wbi_fail(err, WB_ERR_DEGENERATE, "block %zu", block) : WB_OK;
}

/* ((0 + p0) + p1) + …, as the header promises. */
static void add_in_order(double *expected, size_t n, size_t block_rows, size_t n_sums)
{
    memset(expected, 0, n_sums * sizeof *expected);
    for (size_t begin = 0; begin < n; begin += block_rows)
        for (size_t k = 0; k < n_sums; k++) {
            double partial = 0;
            for (size_t row = begin; row < n && row < begin + block_rows; row++)
                partial += number_at(row, k);
            expected[k] += partial;
        }
}

static void test_sums_have_the_same_bits(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 64, 65, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t t = 0; t < N_THREAD_COUNTS; t++)
            for (size_t n_sums = 0; n_sums < 12; n_sums += 11) {
                wb_error err;
                double got[11] = {-1}, expected[11];
                sums s = {n_sums, NEVER};
                add_in_order(expected, sizes[i], 16, n_sums);
                assert_ok(wbi_par_sum(sizes[i], 16, thread_counts[t], n_sums, add_rows, &s, got, &err), &err);
                assert_memory_equal(got, expected, n_sums * sizeof *got);
            }
}

static void test_sum_fails_at_the_lowest_block(void **state)
{
    (void)state;
    for (size_t fails = 0; fails < 100; fails += 9)
        for (size_t t = 0; t < N_THREAD_COUNTS; t++) {
            wb_error err;
            double got[1];
            char expected[32];
            sums s = {1, fails};
            assert_int_equal(wbi_par_sum(5000, 16, thread_counts[t], 1, add_rows, &s, got, &err), WB_ERR_DEGENERATE);
            snprintf(expected, sizeof expected, "block %zu", fails);
            assert_string_equal(err.message, expected);
        }
}

enum { MAX_SLOTS = 16, MAX_BLOCKS = 500 };

/* A pipeline that squares numbers; any stage can be made to fail at a block. */
typedef struct squares {
    size_t n, n_slots;
    int n_threads;
    size_t source_fails, work_fails, sink_fails;
    pthread_t caller;
    size_t in[MAX_SLOTS], out[MAX_SLOTS];
    size_t n_sourced, n_sunk;
    size_t sunk[MAX_BLOCKS];
    _Atomic int in_work[MAX_SLOTS];
} squares;

static wb_status squares_source(void *context, size_t slot, int *more, wb_error *err)
{
    squares *s = context;
    if (!pthread_equal(pthread_self(), s->caller) || slot >= s->n_slots || s->n_sourced - s->n_sunk >= s->n_slots)
        return wbi_fail(err, WB_ERR_INTERNAL, "source out of place");
    if (s->n_sourced == s->source_fails)
        return wbi_fail(err, WB_ERR_IO, "source of %zu", s->n_sourced);
    *more = s->n_sourced < s->n;
    if (*more)
        s->in[slot] = s->n_sourced++;
    return WB_OK;
}

static wb_status squares_work(void *context, size_t slot, int worker, wb_error *err)
{
    squares *s = context;
    if (worker < 0 || worker >= s->n_threads || atomic_fetch_add(&s->in_work[slot], 1) != 0)
        return wbi_fail(err, WB_ERR_INTERNAL, "work out of place");
    size_t block = s->in[slot];
    waste_time(block);
    s->out[slot] = block * block;
    atomic_fetch_sub(&s->in_work[slot], 1);
    if (block == s->work_fails || block == s->work_fails + 1)
        return wbi_fail(err, WB_ERR_MALFORMED, "work on %zu", block);
    return WB_OK;
}

static wb_status squares_sink(void *context, size_t slot, wb_error *err)
{
    squares *s = context;
    if (!pthread_equal(pthread_self(), s->caller) || atomic_load(&s->in_work[slot]) != 0)
        return wbi_fail(err, WB_ERR_INTERNAL, "sink out of place");
    if (s->n_sunk == s->sink_fails)
        return wbi_fail(err, WB_ERR_CANCELLED, "sink of %zu", s->n_sunk);
    s->sunk[s->n_sunk++] = s->out[slot];
    return WB_OK;
}

static wb_status run_squares(squares *s, wb_error *err)
{
    wbi_pipeline pipeline = {squares_source, squares_work, squares_sink, s, s->n_slots};
    s->caller = pthread_self();
    s->n_sourced = s->n_sunk = 0;
    return wbi_par_pipeline(&pipeline, s->n_threads, err);
}

static void assert_sunk(const squares *s, size_t n)
{
    assert_int_equal(s->n_sunk, n);
    for (size_t block = 0; block < n; block++)
        assert_int_equal(s->sunk[block], block * block);
}

static void test_pipeline_keeps_the_order(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 3, 100, MAX_BLOCKS}, slot_counts[] = {1, 2, 3, 8, MAX_SLOTS};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t j = 0; j < sizeof slot_counts / sizeof *slot_counts; j++)
            for (size_t t = 0; t < N_THREAD_COUNTS; t++) {
                wb_error err;
                squares s = {.n = sizes[i], .n_slots = slot_counts[j], .n_threads = thread_counts[t],
                             .source_fails = NEVER, .work_fails = NEVER, .sink_fails = NEVER};
                assert_ok(run_squares(&s, &err), &err);
                assert_sunk(&s, sizes[i]);
            }
}

static void check_failure(size_t source_fails, size_t work_fails, size_t sink_fails, size_t block, wb_status expected,
                          const char *stage)
{
    char message[64];
    snprintf(message, sizeof message, "%s %zu", stage, block);
    for (size_t n_slots = 1; n_slots <= MAX_SLOTS; n_slots *= 4)
        for (size_t t = 0; t < N_THREAD_COUNTS; t++) {
            wb_error err;
            squares s = {.n = MAX_BLOCKS, .n_slots = n_slots, .n_threads = thread_counts[t],
                         .source_fails = source_fails, .work_fails = work_fails, .sink_fails = sink_fails};
            assert_int_equal(run_squares(&s, &err), expected);
            assert_int_equal(err.code, expected);
            assert_string_equal(err.message, message);
            assert_sunk(&s, block); /* all before the failing block, none behind it */
            assert_true(s.n_sourced <= block + 1 + n_slots);
            assert_int_equal(run_squares(&s, NULL), expected);
        }
}

static void test_pipeline_failures(void **state)
{
    (void)state;
    for (size_t block = 0; block < 60; block += 1 + block / 3) {
        check_failure(block, NEVER, NEVER, block, WB_ERR_IO, "source of");
        check_failure(NEVER, block, NEVER, block, WB_ERR_MALFORMED, "work on");
        check_failure(NEVER, NEVER, block, block, WB_ERR_CANCELLED, "sink of");
        /* Several stages fail: the lowest block decides, not the first stage to notice. */
        check_failure(block + 3, block, block + 1, block, WB_ERR_MALFORMED, "work on");
        check_failure(block + 1, block + 2, block, block, WB_ERR_CANCELLED, "sink of");
        check_failure(block, block + 1, block + 2, block, WB_ERR_IO, "source of");
    }
}

static void test_stress(void **state)
{
    (void)state;
    wb_error err;
    for (size_t round = 0; round < 300; round++) {
        squares s = {.n = round % 40, .n_slots = 1 + round % MAX_SLOTS, .n_threads = 1 + (int)(round % 9),
                     .source_fails = NEVER, .work_fails = NEVER, .sink_fails = NEVER};
        assert_ok(run_squares(&s, &err), &err);
        assert_sunk(&s, s.n);
    }
}

static void test_without_memory(void **state)
{
    (void)state;
    for (uint64_t n = 1;; n++) {
        wb_error err = {0};
        double got[1];
        sums s = {1, NEVER};
        wbi_alloc_fail_at(n);
        wb_status status = wbi_par_sum(100, 16, 2, 1, add_rows, &s, got, &err);
        wbi_alloc_fail_at(0);
        if (status == WB_OK) {
            assert_true(n > 3);
            break;
        }
        assert_int_equal(status, WB_ERR_NOMEM);
        assert_int_equal(err.code, WB_ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thread_and_block_counts),
        cmocka_unit_test(test_every_row_once),
        cmocka_unit_test(test_lowest_failing_block_wins),
        cmocka_unit_test(test_teams_do_not_nest),
        cmocka_unit_test(test_sums_have_the_same_bits),
        cmocka_unit_test(test_sum_fails_at_the_lowest_block),
        cmocka_unit_test(test_pipeline_keeps_the_order),
        cmocka_unit_test(test_pipeline_failures),
        cmocka_unit_test(test_stress),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
