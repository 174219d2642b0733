/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <string.h>

#include "base/memory.h"
#include "plain_design.h"
#include "solve/coordinate.h"
#include "solve/linear.h"
#include "solve/quadratic.h"

/* ---- the quadratic ---- */

enum { QUADRATIC = 12 };

/* H = A'A of `rank` random rows, a random slope at 0. */
static void fill_quadratic(wbi_quadratic *q, size_t rank, double absolute, double square, uint64_t seed)
{
    double a[QUADRATIC][QUADRATIC];
    wb_error err;
    assert_ok(wbi_quadratic_init(q, QUADRATIC, &err), &err);
    for (size_t r = 0; r < rank; r++)
        for (size_t j = 0; j < QUADRATIC; j++)
            a[r][j] = draw(&seed) + (r == 0 ? 2 : 0); /* columns that lie close together */
    for (size_t j = 0; j < QUADRATIC; j++) {
        double in_range = 0;
        for (size_t k = 0; k < QUADRATIC; k++) {
            q->hessian[j * QUADRATIC + k] = 0;
            for (size_t r = 0; r < rank; r++)
                q->hessian[j * QUADRATIC + k] += a[r][j] * a[r][k];
        }
        for (size_t r = 0; r < rank; r++)
            in_range += a[r][j] * (r % 2 == 0 ? 1 : -0.7);
        q->slope[j] = in_range;
        q->absolute[j] = absolute;
        q->square[j] = square;
        q->in_play[j] = j % 5 != 4;
    }
}

/* The subdifferential of the whole at beta holds 0, for every column in play; slopes are computed anew. */
static void assert_optimal(const wbi_quadratic *q, const double *slope_at_0, double tolerance)
{
    for (size_t j = 0; j < QUADRATIC; j++) {
        double slope = slope_at_0[j];
        for (size_t k = 0; k < QUADRATIC; k++)
            slope += q->hessian[j * QUADRATIC + k] * q->beta[k];
        slope += q->square[j] * q->beta[j];
        if (!q->in_play[j])
            assert_true(q->beta[j] == 0);
        else if (q->beta[j] == 0)
            assert_true(fabs(slope) <= q->absolute[j] + tolerance);
        else
            assert_true(fabs(slope + (q->beta[j] > 0 ? 1 : -1) * q->absolute[j]) <= tolerance);
    }
}

static void quadratics_are_minimised(void **state)
{
    (void)state;
    size_t n_zero = 0, n = 0;
    wbi_disarm_gsl();
    for (uint64_t seed = 1; seed <= 40; seed++) {
        for (size_t rank = 3; rank <= QUADRATIC; rank += 9) { /* singular, and not */
            wbi_quadratic q = {0};
            double slope[QUADRATIC];
            fill_quadratic(&q, rank, 0.1 * (double)(seed % 7), seed % 3 == 0 ? 0.2 : 0, seed);
            memcpy(slope, q.slope, sizeof slope);
            wbi_quadratic_minimise(&q, 1e-12);
            assert_optimal(&q, slope, 1e-9);
            for (size_t j = 0; j < QUADRATIC; j++)
                n_zero += q.in_play[j] && q.beta[j] == 0;
            n += QUADRATIC;
            wbi_quadratic_clear(&q);
        }
    }
    assert_true(n_zero > n / 20 && n_zero < n / 2);
}

/* ---- the objective, in ways of its own ---- */

/* By one thread: passes over so few rows are not worth more. */
static void prepare(fixture *f, size_t n_rows, size_t n_columns)
{
    fill(f, n_rows, n_columns);
    f->design.base.n_threads = 1;
}


static void find_gradient(double *gradient, double *loss, const fixture *f, const double *beta)
{
    double total = 0;
    const size_t n = f->design.base.n_columns;
    *loss = 0;
    for (size_t j = 0; j < n; j++)
        gradient[j] = 0;
    for (size_t i = 0; i < f->design.base.n_rows; i++) {
        double eta = 0;
        for (size_t j = 0; j < n; j++)
            eta += f->x[i * n + j] * beta[j];
        double p = 1 / (1 + exp(-eta));
        *loss -= f->weight[i] * log(f->outcome[i] ? p : 1 - p);
        for (size_t j = 0; j < n; j++)
            gradient[j] += f->weight[i] * (p - f->outcome[i]) * f->x[i * n + j];
        total += f->weight[i];
    }
    *loss /= total;
    for (size_t j = 0; j < n; j++)
        gradient[j] /= total;
}

static double objective(const fixture *f, const double *beta, double lambda, double alpha)
{
    double gradient[MAX_COLUMNS], value;
    find_gradient(gradient, &value, f, beta);
    for (size_t j = 0; j < f->design.base.n_columns; j++)
        value += lambda * f->penalty[j] * (alpha * fabs(beta[j]) + (1 - alpha) / 2 * beta[j] * beta[j]);
    return value;
}

/* The largest violation of the optimality conditions. */
static double violation(const fixture *f, const double *beta, double lambda, double alpha)
{
    double gradient[MAX_COLUMNS], loss, max = 0;
    find_gradient(gradient, &loss, f, beta);
    for (size_t j = 0; j < f->design.base.n_columns; j++) {
        double held = lambda * alpha * f->penalty[j];
        double smooth = gradient[j] + lambda * (1 - alpha) * f->penalty[j] * beta[j];
        double off = beta[j] > 0 ? smooth + held : beta[j] < 0 ? smooth - held : fmax(0, fabs(smooth) - held);
        max = fmax(max, fabs(off));
    }
    return max;
}

static wbi_coordinate *begin(const fixture *f, double alpha, bool roughly)
{
    double start[MAX_COLUMNS] = {0}, weight[2] = {0, 0};
    const wbi_coordinate_options options = {alpha, 1e-8, roughly};
    wbi_coordinate *c = NULL;
    wb_error err;
    for (size_t i = 0; i < f->design.base.n_rows; i++)
        weight[f->outcome[i]] += f->weight[i];
    start[0] = log(weight[1] / weight[0]);
    assert_ok(wbi_coordinate_create(&c, &f->problem, &options, start, &err), &err);
    return c;
}

static wbi_newton_state go_to(wbi_coordinate *c, double lambda)
{
    wb_error err;
    assert_ok(wbi_coordinate_set_lambda(c, lambda, &err), &err);
    while (!wbi_coordinate_now(c).done)
        assert_ok(wbi_coordinate_step(c, &err), &err);
    return wbi_coordinate_now(c);
}

static void optimality_holds_along_the_path(void **state)
{
    (void)state;
    static fixture f;
    enum { P = 30 };
    const double alphas[] = {0, 0.2, 0.5, 1};
    prepare(&f, 400, P);
    for (size_t a = 0; a < 4; a++) {
        wbi_coordinate *c = begin(&f, alphas[a], false);
        double lambda = wbi_coordinate_lambda_max(c);
        size_t n_zero = 0, n = 0;
        for (int l = 0; l < 40; l++, lambda *= 0.8, n += P) {
            wbi_newton_state at = go_to(c, lambda);
            assert_true(at.converged && at.gradient_max <= 1e-8 && at.eta_step_max <= 1e-8 && at.iterations < 20);
            assert_true(violation(&f, at.beta, lambda, alphas[a]) <= 1e-8 + 1e-13);
            assert_close(at.objective, objective(&f, at.beta, lambda, alphas[a]), 1e-13);
            for (size_t j = 0; j < P; j++)
                n_zero += at.beta[j] == 0;
        }
        assert_true(alphas[a] == 0 ? n_zero <= P : n_zero > n / 10 && n_zero < n);
        wbi_coordinate_free(c);
    }
}

static void no_neighbour_is_better(void **state)
{
    (void)state;
    static fixture f;
    enum { P = 9 };
    prepare(&f, 300, P);
    wbi_coordinate *c = begin(&f, 0.7, false);
    wbi_newton_state at = go_to(c, 0.03);
    for (size_t j = 0; j < P; j++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            double other[P];
            memcpy(other, at.beta, sizeof other);
            other[j] += sign * 1e-4;
            assert_true(objective(&f, other, 0.03, 0.7) > at.objective);
        }
    }
    wbi_coordinate_free(c);
}

static void alpha_0_is_ridge(void **state)
{
    (void)state;
    static fixture f;
    enum { P = 15 };
    const double zeros[P] = {0};
    prepare(&f, 500, P);
    wbi_newton *newton = NULL;
    wbi_coordinate *c = begin(&f, 0, false);
    wb_error err;
    assert_ok(wbi_newton_create(&newton, &f.problem, zeros, &err), &err);
    for (double lambda = 1; lambda > 1e-4; lambda /= 8) {
        assert_ok(wbi_newton_set_lambda(newton, lambda, &err), &err);
        while (!wbi_newton_now(newton).done)
            assert_ok(wbi_newton_step(newton, &err), &err);
        wbi_newton_state at = go_to(c, lambda);
        for (size_t j = 0; j < P; j++)
            assert_true(fabs(at.beta[j] - wbi_newton_now(newton).beta[j]) <= 1e-7);
        assert_close(at.objective, wbi_newton_now(newton).objective, 1e-13);
    }
    wbi_newton_free(newton);
    wbi_coordinate_free(c);
}

/* Warm and cold, and upwards, where no rule may leave a column out for good. */
static void the_way_does_not_matter(void **state)
{
    (void)state;
    static fixture f;
    enum { P = 25 };
    prepare(&f, 600, P);
    wbi_coordinate *path = begin(&f, 0.5, false);
    double lambda = wbi_coordinate_lambda_max(path);
    for (int l = 0; l < 30; l++)
        go_to(path, lambda *= 0.9);
    for (int l = 0; l < 12; l++, lambda *= 1.3) {
        wbi_coordinate *direct = begin(&f, 0.5, false);
        wbi_newton_state a = go_to(path, lambda), b = go_to(direct, lambda);
        for (size_t j = 0; j < P; j++) {
            assert_true(fabs(a.beta[j] - b.beta[j]) <= 1e-7);
            assert_true((a.beta[j] == 0) == (b.beta[j] == 0));
        }
        wbi_coordinate_free(direct);
    }
    wbi_coordinate_free(path);
}

static void lambda_max_is_the_smallest_without_coefficients(void **state)
{
    (void)state;
    static fixture f;
    enum { P = 20 };
    prepare(&f, 300, P);
    for (double alpha = 0.25; alpha <= 1; alpha += 0.75) {
        wbi_coordinate *c = begin(&f, alpha, false);
        double gradient[MAX_COLUMNS], loss, largest = 0, max = wbi_coordinate_lambda_max(c);
        wbi_newton_state at = go_to(c, max);
        find_gradient(gradient, &loss, &f, at.beta);
        for (size_t j = 1; j < P; j++) {
            assert_true(at.beta[j] == 0);
            largest = fmax(largest, fabs(gradient[j]));
        }
        assert_close(max, largest / alpha, 1e-12);
        at = go_to(c, 0.999 * max);
        size_t n = 0;
        for (size_t j = 1; j < P; j++)
            n += at.beta[j] != 0;
        assert_int_equal(n, 1);
        wbi_coordinate_free(c);
    }
}

static void roughly_is_near(void **state)
{
    (void)state;
    static fixture f;
    enum { P = 40 };
    prepare(&f, MAX_ROWS, P);
    wbi_coordinate *exact = begin(&f, 0.5, false), *rough = begin(&f, 0.5, true);
    double lambda = wbi_coordinate_lambda_max(exact);
    for (int l = 0; l < 60; l++, lambda *= 0.91) {
        wbi_newton_state a = go_to(exact, lambda), b = go_to(rough, lambda);
        double worse = objective(&f, b.beta, lambda, 0.5) - objective(&f, a.beta, lambda, 0.5);
        assert_true(worse >= -1e-14 && worse <= 1e-7);
    }
    wbi_coordinate_free(exact);
    wbi_coordinate_free(rough);
}

/* x3 = 0.6 x1 + 0.6 x2 + r z over all signs of x1, x2 and z, each with both outcomes, weighing what a model of 1, 1 and
 * -1.2 expects. Without coefficients x3 seems to tell nothing, but as x1 and x2 come in its gradient grows faster than
 * lambda falls: at 0.55 lambda_max it is 0.60 lambda_max, though the strong rule has left it out (0.06 < 2 * 0.55 - 1). */
static void what_the_strong_rule_leaves_out_wrongly_comes_in(void **state)
{
    (void)state;
    static fixture f;
    enum { P = 4, N = 16 };
    prepare(&f, N, P);
    for (size_t i = 0; i < N; i++) {
        double *x = f.x + i * P, z = i & 4 ? 1 : -1;
        x[0] = 1;
        x[1] = i & 1 ? 1 : -1;
        x[2] = i & 2 ? 1 : -1;
        x[3] = 0.6 * x[1] + 0.6 * x[2] + sqrt(0.28) * z;
        const double p = 1 / (1 + exp(-(x[1] + x[2] - 1.2 * x[3])));
        f.outcome[i] = i >= N / 2;
        f.weight[i] = f.outcome[i] ? p : 1 - p;
        f.design.reach[3] = 2;
    }
    wbi_coordinate *c = begin(&f, 1, false);
    const double max = wbi_coordinate_lambda_max(c);
    go_to(c, max);
    wbi_newton_state at = go_to(c, 0.55 * max);
    assert_true(at.converged && at.beta[3] < 0);
    assert_true(violation(&f, at.beta, 0.55 * max, 1) <= 1e-8);
    wbi_coordinate_free(c);
}

/* Columns that say the same leave no unique answer, but one objective. */
static void equal_columns_are_no_obstacle(void **state)
{
    (void)state;
    static fixture f;
    enum { P = 12 };
    prepare(&f, 200, P);
    for (size_t i = 0; i < 200; i++)
        for (size_t j = 0; j < 4; j++)
            f.x[i * P + 8 + j] = (j % 2 == 0 ? 1 : -1) * f.x[i * P + 1 + j];
    for (double alpha = 0; alpha <= 1; alpha += 0.5) {
        wbi_coordinate *c = begin(&f, alpha, false);
        double lambda = wbi_coordinate_lambda_max(c);
        for (int l = 0; l < 25; l++, lambda *= 0.7) {
            wbi_newton_state at = go_to(c, lambda);
            assert_true(at.converged);
            assert_true(violation(&f, at.beta, lambda, alpha) <= 1e-8 + 1e-13);
        }
        wbi_coordinate_free(c);
    }
}

static void bad_starts_are_halved(void **state)
{
    (void)state;
    static fixture f;
    const double far[5] = {30, -40, 25, 60, -35};
    const wbi_coordinate_options options = {0.5, 1e-8, false};
    prepare(&f, 300, 5);
    wbi_coordinate *c = NULL, *expected = begin(&f, 0.5, false);
    wb_error err;
    assert_ok(wbi_coordinate_create(&c, &f.problem, &options, far, &err), &err);
    assert_ok(wbi_coordinate_set_lambda(c, 0.001, &err), &err);
    double before = wbi_coordinate_now(c).objective;
    while (!wbi_coordinate_now(c).done) {
        assert_ok(wbi_coordinate_step(c, &err), &err);
        assert_true(wbi_coordinate_now(c).objective <= before * (1 + 1e-12));
        before = wbi_coordinate_now(c).objective;
    }
    wbi_newton_state at = go_to(expected, 0.001);
    assert_true(wbi_coordinate_now(c).converged);
    for (size_t j = 0; j < 5; j++)
        assert_true(fabs(wbi_coordinate_now(c).beta[j] - at.beta[j]) <= 1e-7);
    assert_int_equal(wbi_coordinate_set_lambda(c, NAN, &err), WB_ERR_ARGUMENT);
    assert_int_equal(wbi_coordinate_set_lambda(c, -1, &err), WB_ERR_ARGUMENT);
    wbi_coordinate_free(c);
    wbi_coordinate_free(expected);
}

static void threads_give_the_same_bits(void **state)
{
    (void)state;
    static fixture f;
    enum { P = 20 };
    double beta[P];
    prepare(&f, MAX_ROWS, P);
    for (int n_threads = 1; n_threads <= 4; n_threads *= 2) {
        f.design.base.n_threads = n_threads;
        wbi_coordinate *c = begin(&f, 0.5, false);
        wbi_newton_state at = go_to(c, 0.01);
        if (n_threads > 1)
            assert_memory_equal(at.beta, beta, sizeof beta);
        memcpy(beta, at.beta, sizeof beta);
        wbi_coordinate_free(c);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static fixture f;
    const double zeros[3] = {0};
    const wbi_coordinate_options options = {0.5, 1e-8, false};
    prepare(&f, 50, 3);
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_coordinate *c = NULL;
        wbi_alloc_fail_at(n);
        status = wbi_coordinate_create(&c, &f.problem, &options, zeros, NULL);
        if (status == WB_OK)
            status = wbi_coordinate_set_lambda(c, 0.01, NULL);
        if (status == WB_OK)
            status = wbi_coordinate_step(c, NULL);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        wbi_coordinate_free(c);
        assert_true(n < 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quadratics_are_minimised),
        cmocka_unit_test(optimality_holds_along_the_path),
        cmocka_unit_test(no_neighbour_is_better),
        cmocka_unit_test(alpha_0_is_ridge),
        cmocka_unit_test(the_way_does_not_matter),
        cmocka_unit_test(lambda_max_is_the_smallest_without_coefficients),
        cmocka_unit_test(roughly_is_near),
        cmocka_unit_test(what_the_strong_rule_leaves_out_wrongly_comes_in),
        cmocka_unit_test(equal_columns_are_no_obstacle),
        cmocka_unit_test(bad_starts_are_halved),
        cmocka_unit_test(threads_give_the_same_bits),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
