/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intercepts at which the mean prediction is the mean outcome. */
#include "test_util.h"

#include "solve/intercept.h"
#include "test_frame.h"

enum { N_ROWS = 3000, MAX_THREADS = 4 };

/* A design whose rows are all one number, beside the intercept. */
typedef struct offsets {
    wbi_design base;
    const double *x;
    size_t begin[MAX_THREADS], n[MAX_THREADS];
} offsets;

static wb_status offsets_load(const wbi_design *base, size_t begin, size_t end, int worker, wb_error *err)
{
    offsets *design = (offsets *)base;
    (void)err;
    design->begin[worker] = begin;
    design->n[worker] = end - begin;
    return WB_OK;
}

static void offsets_eta(const wbi_design *base, int worker, double *eta, const double *beta)
{
    const offsets *design = (const offsets *)base;
    for (size_t i = 0; i < design->n[worker]; i++)
        eta[i] = beta[0] + beta[1] * design->x[design->begin[worker] + i];
}

static const wbi_design_ops offsets_ops = {.load = offsets_load, .eta = offsets_eta};

static offsets make_offsets(const double *x, size_t n, int n_threads)
{
    return (offsets){
        .base = {.ops = &offsets_ops, .n_rows = n, .n_columns = 2, .block_rows = 256, .n_threads = n_threads}, .x = x};
}

/* Of the predictions less the outcomes, in the widest type there is. */
static double mean_excess(const double *beta, const double *x, const uint8_t *outcome, const double *weight, size_t n)
{
    long double sum = 0, total = 0;
    for (size_t i = 0; i < n; i++) {
        long double eta = (long double)beta[0] + (long double)beta[1] * (long double)x[i];
        sum += (long double)weight[i] * (1 / (1 + expl(-eta)) - outcome[i]);
        total += weight[i];
    }
    return (double)(sum / total);
}

/* Wherever the search starts, and with slopes whose predictions are nearly all 0 or 1. */
static void are_found_from_anywhere(void **state)
{
    (void)state;
    static double x[N_ROWS], weight[N_ROWS];
    static uint8_t outcome[N_ROWS];
    static const double slopes[] = {0, 1, -3, 40, 500}, starts[] = {-700, -30, -2, 0, 5, 60, 700};
    enum { N_SLOPES = 5, N_STARTS = 7, N = N_SLOPES * N_STARTS };
    uint64_t random = 5;
    for (int every = 2; every <= 2000; every *= 10) {
        for (size_t i = 0; i < N_ROWS; i++) {
            x[i] = 2 * frame_uniform(&random) - 1;
            weight[i] = 0.1 + frame_uniform(&random);
            outcome[i] = i % (size_t)every == 0;
        }
        offsets design = make_offsets(x, N_ROWS, 2);
        wbi_likelihood likelihood;
        wb_error err;
        double beta[N][2], loss[N];
        for (size_t k = 0; k < N; k++) {
            beta[k][0] = starts[k / N_SLOPES];
            beta[k][1] = slopes[k % N_SLOPES];
        }
        assert_ok(wbi_likelihood_init(&likelihood, &design.base, outcome, weight, &err), &err);
        assert_ok(wbi_solve_intercepts(beta[0], loss, N, &likelihood, &err), &err);
        for (size_t k = 0; k < N; k++) {
            double mean, mean_outcome = 0;
            for (size_t i = 0; i < N_ROWS; i++)
                mean_outcome += weight[i] * outcome[i] / likelihood.total_weight;
            assert_true(fabs(mean_excess(beta[k], x, outcome, weight, N_ROWS)) < 1e-15);
            assert_true(beta[k][1] == slopes[k % N_SLOPES]);
            assert_close(loss[k], loss[k % N_SLOPES], 1e-12);
            assert_ok(wbi_mean_prediction(&mean, beta[k], &likelihood, &err), &err);
            assert_close(mean, mean_outcome, 1e-15);
        }
        wbi_likelihood_clear(&likelihood);
    }
}

/* Every model gets what it gets alone, and any number of threads gives the same bits. */
static void do_not_depend_on_company_or_threads(void **state)
{
    (void)state;
    static double x[N_ROWS], weight[N_ROWS];
    static uint8_t outcome[N_ROWS];
    uint64_t random = 6;
    double together[3][2] = {{0, 1}, {9, -4}, {-3, 0.5}}, alone[3][2], loss[3];
    memcpy(alone, together, sizeof alone);
    for (size_t i = 0; i < N_ROWS; i++) {
        x[i] = frame_uniform(&random);
        weight[i] = 1 + (double)(i % 3);
        outcome[i] = frame_uniform(&random) < 0.1;
    }
    for (int n_threads = 1; n_threads <= MAX_THREADS; n_threads *= 2) {
        offsets design = make_offsets(x, N_ROWS, n_threads);
        wbi_likelihood likelihood;
        assert_int_equal(wbi_likelihood_init(&likelihood, &design.base, outcome, weight, NULL), WB_OK);
        double beta[3][2] = {{0, 1}, {9, -4}, {-3, 0.5}};
        assert_int_equal(wbi_solve_intercepts(beta[0], loss, 3, &likelihood, NULL), WB_OK);
        if (n_threads == 1)
            memcpy(together, beta, sizeof beta);
        assert_memory_equal(together, beta, sizeof beta);
        for (size_t k = 0; n_threads == 1 && k < 3; k++)
            assert_int_equal(wbi_solve_intercepts(alone[k], loss, 1, &likelihood, NULL), WB_OK);
        wbi_likelihood_clear(&likelihood);
    }
    assert_memory_equal(together, alone, sizeof alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_found_from_anywhere),
        cmocka_unit_test(do_not_depend_on_company_or_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
