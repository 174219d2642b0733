/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <string.h>

#include "plain_design.h"
#include "solve/firth_hessian.h"
#include "solve/linear.h"
#include "solve/profile.h"

static const double CHI_SQUARE_95 = 3.841458820694124; /* with 1 degree of freedom */

/* ---- the objective ---- */

/* Sum of weight loss - 1/2 log det, row by row, the determinant by elimination. */
static double naive_objective(const fixture *f, const double *beta)
{
    const size_t n = f->design.base.n_columns;
    double information[MAX_COLUMNS * MAX_COLUMNS] = {0}, sum = 0;
    for (size_t i = 0; i < f->design.base.n_rows; i++) {
        const double *x = f->x + i * n;
        double eta = 0;
        for (size_t j = 0; j < n; j++)
            eta += x[j] * beta[j];
        const double p = 1 / (1 + exp(-eta));
        sum -= f->weight[i] * log(f->outcome[i] ? p : 1 - p);
        for (size_t j = 0; j < n * n; j++)
            information[j] += f->weight[i] * p * (1 - p) * x[j / n] * x[j % n];
    }
    for (size_t j = 0; j < n; j++) {
        sum -= log(information[j * n + j]) / 2;
        for (size_t i = j + 1; i < n; i++)
            for (size_t k = n; k-- > j;)
                information[i * n + k] -= information[i * n + j] / information[j * n + j] * information[j * n + k];
    }
    return sum;
}

static void gradient_is_that_of_the_objective(void **state)
{
    (void)state;
    enum { N = 7 };
    static const double h = 1e-5;
    static fixture f;
    wbi_likelihood data;
    wbi_firth *firth = NULL;
    double beta[N], gradient[N];
    uint64_t random = 3;
    fill(&f, 300, N);
    wbi_disarm_gsl();
    for (size_t j = 0; j < N; j++)
        beta[j] = 2 * draw(&random);
    assert_int_equal(wbi_likelihood_init(&data, &f.design.base, f.outcome, f.weight, NULL), WB_OK);
    assert_int_equal(wbi_firth_create(&firth, &data, beta, NULL), WB_OK);
    assert_close(wbi_firth_look(firth).objective, naive_objective(&f, beta), 1e-13);
    memcpy(gradient, wbi_firth_look(firth).gradient, sizeof gradient);
    for (size_t j = 0; j < N; j++) {
        double up[N], down[N];
        memcpy(up, beta, sizeof up);
        memcpy(down, beta, sizeof down);
        up[j] += h;
        down[j] -= h;
        assert_close(gradient[j], (naive_objective(&f, up) - naive_objective(&f, down)) / (2 * h), 1e-7);
    }
    while (!wbi_firth_now(firth).done)
        assert_int_equal(wbi_firth_step(firth, NULL), WB_OK);
    assert_true(wbi_firth_now(firth).converged && wbi_firth_now(firth).gradient_max <= 1e-8);
    assert_close(wbi_firth_now(firth).objective * data.total_weight, naive_objective(&f, wbi_firth_now(firth).beta), 1e-13);
    wbi_firth_free(firth);
    wbi_likelihood_clear(&data);
}

/* The information and the Hessian of the penalty together are the derivative of the gradient. */
static void hessian_is_that_of_the_gradient(void **state)
{
    (void)state;
    enum { N = 6 };
    static const double h = 1e-5;
    static fixture f;
    wbi_likelihood data;
    wbi_firth *firth = NULL;
    bool possible;
    double beta[N], hessian[N * N], factor[N * N] = {0}, blocks[2 * 128 * N];
    uint64_t random = 8;
    fill(&f, 200, N);
    wbi_disarm_gsl();
    for (size_t j = 0; j < N; j++)
        beta[j] = draw(&random);
    assert_int_equal(wbi_likelihood_init(&data, &f.design.base, f.outcome, f.weight, NULL), WB_OK);
    assert_int_equal(wbi_firth_create(&firth, &data, beta, NULL), WB_OK);
    memcpy(hessian, wbi_firth_look(firth).information, sizeof hessian);
    for (size_t j = 0; j < N; j++)
        for (size_t k = 0; k <= j; k++) {
            double sum = hessian[j * N + k];
            for (size_t i = 0; i < k; i++)
                sum -= factor[j * N + i] * factor[k * N + i];
            factor[j * N + k] = j == k ? sqrt(sum) : sum / factor[k * N + k];
        }
    double penalty[N * N];
    assert_int_equal(wbi_firth_hessian(penalty, &data, beta, factor, blocks, NULL), WB_OK);
    for (size_t k = 0; k < N; k++) {
        double moved[N], up[N];
        memcpy(moved, beta, sizeof moved);
        moved[k] += h;
        assert_int_equal(wbi_firth_move(firth, &possible, moved, NULL), WB_OK);
        memcpy(up, wbi_firth_look(firth).gradient, sizeof up);
        moved[k] -= 2 * h;
        assert_int_equal(wbi_firth_move(firth, &possible, moved, NULL), WB_OK);
        for (size_t j = k; j < N; j++)
            assert_close(hessian[j * N + k] + penalty[j * N + k], (up[j] - wbi_firth_look(firth).gradient[j]) / (2 * h),
                         1e-7);
    }
    wbi_firth_free(firth);
    wbi_likelihood_clear(&data);
}

/* What is constrained stays, and from nearly there the rest goes where the gradient along it vanishes. */
static void constraints_hold(void **state)
{
    (void)state;
    enum { N = 5 };
    static fixture f;
    static const double rows[2 * N] = {0, 1, -2, 0, 0.5, 0, 0, 0, 1, 0}, free_ways[2][N] = {{1, 0, 0, 0, 0}, {0, 2, 1, 0, 0}};
    static const double beta[N] = {0, 0.5, 0.25, -0.75, 1};
    wbi_likelihood data;
    wbi_firth *firth = NULL;
    bool possible;
    fill(&f, 200, N);
    wbi_disarm_gsl();
    assert_int_equal(wbi_likelihood_init(&data, &f.design.base, f.outcome, f.weight, NULL), WB_OK);
    assert_int_equal(wbi_firth_create(&firth, &data, beta, NULL), WB_OK);
    wbi_firth_constrain(firth, rows, 2);
    assert_int_equal(wbi_firth_move(firth, &possible, beta, NULL), WB_OK);
    assert_true(possible);
    while (!wbi_firth_now(firth).done)
        assert_int_equal(wbi_firth_step(firth, NULL), WB_OK);
    const double *at = wbi_firth_now(firth).beta, *gradient = wbi_firth_look(firth).gradient;
    assert_true(wbi_firth_now(firth).converged);
    assert_close(at[1] - 2 * at[2] + 0.5 * at[4], 0.5, 1e-14);
    assert_close(at[3], -0.75, 1e-14);
    for (size_t k = 0; k < 2; k++) {
        double along = 0;
        for (size_t j = 0; j < N; j++)
            along += free_ways[k][j] * gradient[j];
        assert_close(along, 0, 1e-5);
    }
    assert_true(fabs(gradient[3]) > 1);
    wbi_firth_free(firth);
    wbi_likelihood_clear(&data);
}

static void determined_columns_are_refused(void **state)
{
    (void)state;
    static fixture f;
    static const double beta[3] = {0, 0, 0};
    wbi_likelihood data;
    wbi_firth *firth = NULL;
    fill(&f, 50, 3);
    for (size_t i = 0; i < 50; i++)
        f.x[i * 3 + 2] = 0;
    wbi_disarm_gsl();
    assert_int_equal(wbi_likelihood_init(&data, &f.design.base, f.outcome, f.weight, NULL), WB_OK);
    assert_int_equal(wbi_firth_create(&firth, &data, beta, NULL), WB_ERR_DEGENERATE);
    assert_null(firth);
    wbi_likelihood_clear(&data);
}

/* ---- a closed form ---- */

/* Of k ones in n rows of one log-odds t: loss n log(1 + e^t) - k t, information n e^t / (1 + e^t)^2. */
static double cell(double n, double k, double t)
{
    return (n + 1) * log1p(exp(t)) - (k + 0.5) * t;
}

static double cell_optimum(double n, double k)
{
    return log((k + 0.5) / (n - k + 0.5));
}

/* Not a single one in 20 rows: half a one and half a zero more. */
static void intercept_alone(void **state)
{
    (void)state;
    enum { N = 20 };
    static fixture f;
    static const double start = 1, along = 1;
    wbi_likelihood data;
    wbi_firth *firth = NULL;
    wbi_profile profile;
    fill(&f, N, 1);
    memset(f.outcome, 0, N);
    for (size_t i = 0; i < N; i++)
        f.weight[i] = 1;
    wbi_disarm_gsl();
    assert_int_equal(wbi_likelihood_init(&data, &f.design.base, f.outcome, f.weight, NULL), WB_OK);
    assert_int_equal(wbi_firth_create(&firth, &data, &start, NULL), WB_OK);
    while (!wbi_firth_now(firth).done)
        assert_int_equal(wbi_firth_step(firth, NULL), WB_OK);
    const double beta = wbi_firth_now(firth).beta[0], best = cell(N, 0, cell_optimum(N, 0));
    assert_close(beta, log(0.5 / 20.5), 1e-8);
    const double covariance = 1 / wbi_firth_look(firth).information[0];
    const wbi_firth_optimum at = {&beta, wbi_firth_look(firth).objective, &covariance, 1};
    assert_int_equal(wbi_profile_find(&profile, firth, &at, &along, NULL), WB_OK);
    assert_true(profile.low < beta && beta < profile.high);
    assert_close(2 * (cell(N, 0, profile.low) - best), CHI_SQUARE_95, 1e-8);
    assert_close(2 * (cell(N, 0, profile.high) - best), CHI_SQUARE_95, 1e-8);
    assert_close(profile.chi_square, 2 * (cell(N, 0, 0) - best), 1e-9);
    wbi_firth_free(firth);
    wbi_likelihood_clear(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_is_that_of_the_objective),
        cmocka_unit_test(hessian_is_that_of_the_gradient),
        cmocka_unit_test(constraints_hold),
        cmocka_unit_test(determined_columns_are_refused),
        cmocka_unit_test(intercept_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
