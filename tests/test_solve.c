/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <string.h>

#include "base/memory.h"
#include "solve/inference.h"
#include "solve/linear.h"
#include "plain_design.h"
#include "solve/newton.h"

/* The objective as the header has it, in a way of its own. */
static double objective(const fixture *f, const double *beta, double lambda)
{
    double loss = 0, total = 0, squares = 0;
    size_t n = f->design.base.n_columns;
    for (size_t i = 0; i < f->design.base.n_rows; i++) {
        double eta = 0;
        for (size_t j = 0; j < n; j++)
            eta += f->x[i * n + j] * beta[j];
        double p = 1 / (1 + exp(-eta));
        loss -= f->weight[i] * log(f->outcome[i] ? p : 1 - p);
        total += f->weight[i];
    }
    for (size_t j = 0; j < n; j++)
        squares += f->penalty[j] * beta[j] * beta[j];
    return loss / total + lambda / 2 * squares;
}

static wbi_newton *minimise(const fixture *f, double lambda)
{
    static const double zeros[MAX_COLUMNS];
    wbi_newton *newton = NULL;
    wb_error err;
    assert_ok(wbi_newton_create(&newton, &f->problem, zeros, &err), &err);
    assert_ok(wbi_newton_set_lambda(newton, lambda, &err), &err);
    while (!wbi_newton_now(newton).done)
        assert_ok(wbi_newton_step(newton, &err), &err);
    return newton;
}

static void gradient_by_finite_differences(void **state)
{
    (void)state;
    static fixture f;
    enum { P = 6 };
    const double lambda = 0.3, h = 1e-5;
    double beta[P] = {0.2, -0.4, 0.1, 0.8, -0.3, 0.05}, largest = 0;
    fill(&f, 300, P);
    wbi_newton *newton = NULL;
    wb_error err;
    assert_ok(wbi_newton_create(&newton, &f.problem, beta, &err), &err);
    assert_ok(wbi_newton_set_lambda(newton, lambda, &err), &err);
    for (size_t j = 0; j < P; j++) {
        double up[P], down[P];
        memcpy(up, beta, sizeof up);
        memcpy(down, beta, sizeof down);
        up[j] += h;
        down[j] -= h;
        largest = fmax(largest, fabs(objective(&f, up, lambda) - objective(&f, down, lambda)) / (2 * h));
    }
    assert_close(wbi_newton_now(newton).objective, objective(&f, beta, lambda), 1e-13);
    assert_close(wbi_newton_now(newton).gradient_max, largest, 1e-9);
    wbi_newton_free(newton);
}

static void nothing_near_the_optimum_is_better(void **state)
{
    (void)state;
    static fixture f;
    enum { P = 9 };
    fill(&f, 400, P);
    for (double lambda = 0; lambda < 2; lambda = 4 * lambda + 0.01) {
        wbi_newton *newton = minimise(&f, lambda);
        wbi_newton_state at = wbi_newton_now(newton);
        assert_true(at.converged && at.gradient_max <= 1e-8 && at.eta_step_max <= 1e-8 && at.iterations < 15);
        for (size_t j = 0; j < P; j++) {
            for (int sign = -1; sign <= 1; sign += 2) {
                double other[P];
                memcpy(other, at.beta, sizeof other);
                other[j] += sign * 1e-3;
                assert_true(objective(&f, other, lambda) > at.objective);
            }
        }
        wbi_newton_free(newton);
    }
}

static void a_path_costs_no_extra_and_ends_the_same(void **state)
{
    (void)state;
    static fixture f;
    fill(&f, 500, 12);
    wbi_newton *path = minimise(&f, 1), *direct = minimise(&f, 0.01);
    wb_error err;
    assert_ok(wbi_newton_set_lambda(path, 0.01, &err), &err);
    while (!wbi_newton_now(path).done)
        assert_ok(wbi_newton_step(path, &err), &err);
    for (size_t j = 0; j < 12; j++)
        assert_close(wbi_newton_now(path).beta[j], wbi_newton_now(direct).beta[j], 1e-8);
    assert_int_equal(wbi_newton_set_lambda(path, NAN, &err), WB_ERR_ARGUMENT);
    assert_int_equal(wbi_newton_set_lambda(path, -1, &err), WB_ERR_ARGUMENT);
    wbi_newton_free(path);
    wbi_newton_free(direct);
}

/* What inference takes on the way is what passes of its own would find, and the way is no other for it. */
static void inference_is_prepared_on_the_way(void **state)
{
    (void)state;
    static fixture f;
    enum { N = 12, ROWS = 500 };
    double crossproduct[N * N], information[N * N], expected[N * N];
    static const double zeros[N];
    wb_error err;
    fill(&f, ROWS, N);
    for (int weighted = 0; weighted < 2; weighted++) {
        f.problem.weight = weighted ? f.weight : NULL;
        wbi_newton *newton, *alone = minimise(&f, 0.01);
        assert_ok(wbi_newton_create(&newton, &f.problem, zeros, &err), &err);
        wbi_newton_infer(newton, crossproduct);
        assert_ok(wbi_newton_set_lambda(newton, 0.01, &err), &err);
        while (!wbi_newton_now(newton).done)
            assert_ok(wbi_newton_step(newton, &err), &err);
        assert_ok(wbi_newton_refresh(newton, &err), &err);
        assert_ok(wbi_newton_information(newton, information, &err), &err);
        assert_ok(wbi_newton_information(alone, expected, &err), &err);
        assert_int_equal(wbi_newton_now(newton).iterations, wbi_newton_now(alone).iterations);
        for (size_t j = 0; j < N; j++) {
            assert_close(wbi_newton_now(newton).beta[j], wbi_newton_now(alone).beta[j], 0);
            for (size_t k = 0; k <= j; k++) {
                double sum = 0;
                for (size_t i = 0; i < ROWS; i++)
                    sum += (weighted ? f.weight[i] : 1) * f.x[i * N + j] * f.x[i * N + k];
                assert_close(crossproduct[j * N + k], sum, 1e-11);
                assert_close(information[j * N + k], expected[j * N + k], 0);
            }
        }
        wbi_newton_free(newton);
        wbi_newton_free(alone);
    }
}

/* A start so far off that full steps overshoot. */
static void bad_starts_are_halved(void **state)
{
    (void)state;
    static fixture f;
    fill(&f, 300, 5);
    const double far[5] = {30, -40, 25, 60, -35};
    wbi_newton *newton = NULL, *expected = minimise(&f, 0.001);
    wb_error err;
    assert_ok(wbi_newton_create(&newton, &f.problem, far, &err), &err);
    assert_ok(wbi_newton_set_lambda(newton, 0.001, &err), &err);
    double before = wbi_newton_now(newton).objective;
    while (!wbi_newton_now(newton).done) {
        assert_ok(wbi_newton_step(newton, &err), &err);
        assert_true(wbi_newton_now(newton).objective <= before * (1 + 1e-12));
        before = wbi_newton_now(newton).objective;
    }
    assert_true(wbi_newton_now(newton).converged);
    for (size_t j = 0; j < 5; j++)
        assert_close(wbi_newton_now(newton).beta[j], wbi_newton_now(expected).beta[j], 1e-8);
    wbi_newton_free(newton);
    wbi_newton_free(expected);
}

static void threads_give_the_same_bits(void **state)
{
    (void)state;
    static fixture f;
    enum { P = 20 };
    double beta[P];
    fill(&f, MAX_ROWS, P);
    for (int n_threads = 1; n_threads <= 4; n_threads *= 2) {
        f.design.base.n_threads = n_threads;
        wbi_newton *newton = minimise(&f, 0.01);
        if (n_threads > 1)
            assert_memory_equal(wbi_newton_now(newton).beta, beta, sizeof beta);
        memcpy(beta, wbi_newton_now(newton).beta, sizeof beta);
        wbi_newton_free(newton);
    }
}

static void aliased_columns_are_the_later_ones(void **state)
{
    (void)state;
    static fixture f;
    enum { P = 7 };
    fill(&f, 200, P);
    for (size_t i = 0; i < 200; i++) {
        double *x = f.x + i * P;
        x[3] = 2 * x[1] - x[2] + 1;
        x[6] = x[4] - x[3];
    }
    const double zeros[P] = {0};
    wbi_newton *newton = NULL;
    wb_error err;
    uint8_t aliased[P];
    const uint8_t expected[P] = {0, 0, 0, 1, 0, 0, 1};
    assert_ok(wbi_newton_create(&newton, &f.problem, zeros, &err), &err);
    assert_int_equal(wbi_newton_aliased(newton, aliased), 2);
    assert_memory_equal(aliased, expected, P);
    assert_ok(wbi_newton_set_lambda(newton, 0.5, &err), &err); /* a ridge copes with them */
    while (!wbi_newton_now(newton).done)
        assert_ok(wbi_newton_step(newton, &err), &err);
    assert_true(wbi_newton_now(newton).converged);
    wbi_newton_free(newton);
}

static void separated_classes_do_not_converge(void **state)
{
    (void)state;
    static fixture f;
    fill(&f, 200, 3);
    for (size_t i = 0; i < 200; i++)
        f.outcome[i] = f.x[i * 3 + 1] > 0.1;
    wbi_newton *newton = minimise(&f, 0);
    assert_true(wbi_newton_now(newton).done);
    assert_false(wbi_newton_now(newton).converged);
    wbi_newton_free(newton);
}

/* Customers of one row and of more than a block, narrow and wide; against plain loops. */
static void scores_by_customer(void **state)
{
    (void)state;
    static fixture f;
    enum { ROWS = 600 };
    static double sums[MAX_COLUMNS * MAX_COLUMNS], expected[MAX_COLUMNS * MAX_COLUMNS];
    uint32_t customer[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        customer[i] = (uint32_t)(i < 10 ? 3 * i : i < 300 ? 50 : 60 + (i - 300) / 2);
    for (size_t p = 7; p <= MAX_COLUMNS; p += MAX_COLUMNS - 7) {
        double beta[MAX_COLUMNS], g[MAX_COLUMNS] = {0};
        fill(&f, ROWS, p);
        f.design.base.n_threads = 3;
        for (size_t j = 0; j < p; j++)
            beta[j] = 0.3 / (double)(j + 1);
        memset(expected, 0, sizeof expected);
        for (size_t i = 0; i < ROWS; i++) {
            double eta = 0;
            for (size_t j = 0; j < p; j++)
                eta += f.x[i * p + j] * beta[j];
            for (size_t j = 0; j < p; j++)
                g[j] += f.weight[i] * (1 / (1 + exp(-eta)) - f.outcome[i]) * f.x[i * p + j];
            if (i + 1 < ROWS && customer[i + 1] == customer[i])
                continue;
            for (size_t j = 0; j < p * p; j++)
                expected[j] += g[j / p] * g[j % p];
            memset(g, 0, sizeof g);
        }
        wbi_likelihood data;
        wb_error err;
        assert_ok(wbi_likelihood_init(&data, &f.design.base, f.outcome, f.weight, &err), &err);
        assert_ok(wbi_customer_scores(sums, &data, beta, customer, &err), &err);
        wbi_likelihood_clear(&data);
        for (size_t j = 0; j < p; j++)
            for (size_t k = 0; k <= j; k++)
                assert_close(sums[j * p + k], expected[j * p + k], 1e-11);
    }
}

static void positive_systems(void **state)
{
    (void)state;
    double a[] = {4, -77, 2, 3}, b[] = {2, 4}, x[2]; /* (4 2; 2 3) x = (2, 4): x = (-1/4, 3/2) */
    double indefinite[] = {1, 0, 2, 1}, huge[] = {1e-320, 0, 0, 1};
    wbi_disarm_gsl();
    assert_true(wbi_solve_positive(x, a, b, 2));
    assert_close(x[0], -0.25, 1e-15);
    assert_close(x[1], 1.5, 1e-15);
    assert_false(wbi_solve_positive(x, indefinite, b, 2));
    assert_false(wbi_solve_positive(x, huge, b, 2));
    double noise[] = {1, 0, 1, 1 + 0x1p-52}, close[] = {1, 0, 1, 1 + 0x1p-30}; /* (1 1; 1 1 + e) x = (2, 4): x2 = 2 / e */
    assert_false(wbi_solve_positive(x, noise, b, 2));
    assert_true(wbi_solve_positive(x, close, b, 2));
    assert_close(x[1], 0x1p31, 1e-6);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static fixture f;
    fill(&f, 50, 3);
    const double zeros[3] = {0};
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        double crossproduct[9];
        wbi_newton *newton = NULL;
        wbi_alloc_fail_at(n);
        status = wbi_newton_create(&newton, &f.problem, zeros, NULL);
        if (status == WB_OK)
            wbi_newton_infer(newton, crossproduct);
        if (status == WB_OK)
            status = wbi_newton_set_lambda(newton, 1, NULL);
        if (status == WB_OK)
            status = wbi_newton_step(newton, NULL);
        if (status == WB_OK)
            status = wbi_newton_refresh(newton, NULL);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        wbi_newton_free(newton);
        assert_true(n < 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_by_finite_differences),
        cmocka_unit_test(nothing_near_the_optimum_is_better),
        cmocka_unit_test(a_path_costs_no_extra_and_ends_the_same),
        cmocka_unit_test(inference_is_prepared_on_the_way),
        cmocka_unit_test(bad_starts_are_halved),
        cmocka_unit_test(threads_give_the_same_bits),
        cmocka_unit_test(aliased_columns_are_the_later_ones),
        cmocka_unit_test(separated_classes_do_not_converge),
        cmocka_unit_test(scores_by_customer),
        cmocka_unit_test(positive_systems),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
