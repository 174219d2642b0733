/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Smoothing parameters: what is found against a restricted likelihood computed densely here, and Newton's method with
 * penalties that are no ridge. */
#include "test_util.h"

#include <string.h>

#include "base/memory.h"
#include "plain_design.h"
#include "solve/smoothing.h"

/* A problem of 12 columns: the intercept, six with penalties of their own as a spline's, and five with the ridge. */
enum { N_ROWS = 600, N = 12, BEGIN = 1, K = 6, N_BLOCKS = 3 };

typedef struct smooth {
    fixture f;
    double bend[K * K], slope[K * K];
    wbi_penalty of[2];
    wbi_penalties terms;
    double ridge[N];
} smooth;

static void make(smooth *s)
{
    static const double truth[N] = {-0.3, 1, 0.2, -0.8, 0.6, 1, -0.3, 0.6, -0.4, 0, 0.5, -0.7};
    double line[K], squares = 0;
    uint64_t random = 23;
    memset(s, 0, sizeof *s);
    fill(&s->f, N_ROWS, N);
    for (size_t i = 0; i < N_ROWS; i++) {
        double eta = 0;
        for (size_t j = 0; j < N; j++)
            eta += 0.4 * truth[j] * s->f.x[i * N + j]; /* weak, so that penalties hold much back */
        s->f.outcome[i] = (draw(&random) + 1) / 2 < 1 / (1 + exp(-eta));
    }
    /* Second differences, the coefficient behind the last being 0. */
    for (size_t j = 0; j + 1 < K; j++) {
        const double row[3] = {1, -2, 1};
        for (size_t a = 0; a < 3 && j + a < K; a++)
            for (size_t b = 0; b < 3 && j + b < K; b++)
                s->bend[(j + a) * K + j + b] += row[a] * row[b];
    }
    for (size_t j = 0; j < K; j++) {
        line[j] = (double)K - (double)j;
        squares += line[j] * line[j];
    }
    for (size_t j = 0; j < K; j++)
        for (size_t k = 0; k < K; k++)
            s->slope[j * K + k] = line[j] * line[k] / squares;
    s->of[0] = (wbi_penalty){0, BEGIN, K, K - 1, s->bend, 1};
    s->of[1] = (wbi_penalty){0, BEGIN, K, 1, s->slope, 1};
    s->terms = (wbi_penalties){s->of, 2, NULL};
    for (size_t j = BEGIN + K; j < N; j++)
        s->ridge[j] = 1;
    s->f.problem.penalty = s->ridge;
    s->f.problem.terms = &s->terms;
}

/* ---- the same by dense algebra ---- */

/* lambda S, in the order bend, slope, ridge. */
static void penalty_matrix(double *out, const smooth *s, const double *lambda)
{
    memset(out, 0, N * N * sizeof *out);
    for (size_t j = 0; j < K; j++)
        for (size_t k = 0; k < K; k++)
            out[(BEGIN + j) * N + BEGIN + k] = lambda[0] * s->bend[j * K + k] + lambda[1] * s->slope[j * K + k];
    for (size_t j = BEGIN + K; j < N; j++)
        out[j * N + j] = lambda[2];
}

typedef struct dense {
    double loss, gradient[N], hessian[N * N]; /* means over the weight */
} dense;

static void look(dense *out, const smooth *s, const double *beta)
{
    double total = 0;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < N_ROWS; i++)
        total += s->f.weight[i];
    for (size_t i = 0; i < N_ROWS; i++) {
        const double *x = s->f.x + i * N, w = s->f.weight[i] / total;
        double eta = 0;
        for (size_t j = 0; j < N; j++)
            eta += x[j] * beta[j];
        const double p = 1 / (1 + exp(-eta));
        out->loss += w * (log1p(exp(eta)) - s->f.outcome[i] * eta);
        for (size_t j = 0; j < N; j++) {
            out->gradient[j] += w * (p - s->f.outcome[i]) * x[j];
            for (size_t k = 0; k < N; k++)
                out->hessian[j * N + k] += w * p * (1 - p) * x[j] * x[k];
        }
    }
}

/* Solves and gives the log determinant, by L D L'. */
static double ldl(double *x, const double *matrix, const double *b)
{
    double l[N][N] = {{0}}, d[N], determinant = 0;
    for (size_t j = 0; j < N; j++) {
        d[j] = matrix[j * N + j];
        for (size_t k = 0; k < j; k++)
            d[j] -= l[j][k] * l[j][k] * d[k];
        determinant += log(d[j]);
        for (size_t i = j + 1; i < N; i++) {
            l[i][j] = matrix[i * N + j];
            for (size_t k = 0; k < j; k++)
                l[i][j] -= l[i][k] * l[j][k] * d[k];
            l[i][j] /= d[j];
        }
    }
    for (size_t i = 0; i < N; i++) {
        x[i] = b[i];
        for (size_t k = 0; k < i; k++)
            x[i] -= l[i][k] * x[k];
    }
    for (size_t i = N; i-- > 0;) {
        x[i] /= d[i];
        for (size_t k = i + 1; k < N; k++)
            x[i] -= l[k][i] * x[k];
    }
    return determinant;
}

/* Minimises at these lambdas; `from` and its Hessian stay as they are where `frozen`: the loss is then its quadratic there. */
static double restricted(double *beta, const smooth *s, const double *lambda, const dense *frozen)
{
    double penalty[N * N], a[N * N], right[N], step[N], origin[N], determinant = 0, square = 0, loss;
    dense at;
    penalty_matrix(penalty, s, lambda);
    memcpy(origin, beta, sizeof origin);
    for (int i = 0; i < (frozen != NULL ? 1 : 30); i++) {
        if (frozen != NULL)
            at = *frozen;
        else
            look(&at, s, beta);
        for (size_t j = 0; j < N; j++) {
            right[j] = at.gradient[j];
            for (size_t k = 0; k < N; k++) {
                a[j * N + k] = at.hessian[j * N + k] + penalty[j * N + k];
                right[j] += penalty[j * N + k] * beta[k];
            }
        }
        determinant = ldl(step, a, right);
        for (size_t j = 0; j < N; j++)
            beta[j] -= step[j];
    }
    if (frozen == NULL)
        look(&at, s, beta);
    loss = at.loss;
    for (size_t j = 0; j < N; j++) {
        const double d = beta[j] - origin[j];
        loss += frozen == NULL ? 0 : frozen->gradient[j] * d;
        for (size_t k = 0; k < N; k++) {
            loss += frozen == NULL ? 0 : d * frozen->hessian[j * N + k] * (beta[k] - origin[k]) / 2;
            square += beta[j] * penalty[j * N + k] * beta[k];
        }
    }
    return -N_ROWS * (loss + square / 2) +
           ((K - 1) * log(lambda[0]) + log(lambda[1]) + (N - BEGIN - K) * log(lambda[2]) - determinant) / 2;
}

/* ---- tests ---- */

typedef struct found {
    double beta[N], freedom[N], lambda[N_BLOCKS];
    wbi_smoothing_state state;
} found;

static void smooth_all(found *out, smooth *s, bool warm)
{
    const double start[N] = {0};
    wbi_newton *newton;
    wbi_smoothing *smoothing;
    wb_error err;
    const wbi_smoothing_options options = {.n_rows = N_ROWS, .warm = warm, .lambda = out->lambda[2]};
    assert_ok(wbi_newton_create(&newton, &s->f.problem, start, &err), &err);
    assert_ok(wbi_smoothing_create(&smoothing, newton, s->ridge, &s->terms, &options, &err), &err);
    while (!wbi_smoothing_now(smoothing).done)
        assert_ok(wbi_smoothing_step(smoothing, &err), &err);
    out->state = wbi_smoothing_now(smoothing);
    memcpy(out->beta, out->state.newton.beta, sizeof out->beta);
    memcpy(out->freedom, out->state.freedom, sizeof out->freedom);
    out->lambda[0] = s->of[0].lambda;
    out->lambda[1] = s->of[1].lambda;
    out->lambda[2] = out->state.lambda;
    wbi_smoothing_free(smoothing);
    wbi_newton_free(newton);
}

static void no_neighbour_is_better(void **state)
{
    (void)state;
    static smooth s;
    found at;
    dense there;
    make(&s);
    smooth_all(&at, &s, false);
    assert_true(at.state.converged && at.state.newton.converged && at.state.score_max <= 1e-4);
    look(&there, &s, at.beta);
    double beta[N];
    memcpy(beta, at.beta, sizeof beta);
    const double frozen = restricted(beta, &s, at.lambda, &there);
    for (size_t j = 0; j < N; j++)
        assert_close(beta[j], at.beta[j], 1e-8); /* it is where the penalised loss is least */
    const double whole = restricted(beta, &s, at.lambda, NULL);
    assert_close(whole, frozen, 1e-8);
    for (size_t b = 0; b < N_BLOCKS; b++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            double lambda[N_BLOCKS];
            memcpy(lambda, at.lambda, sizeof lambda);
            lambda[b] *= exp(0.1 * sign);
            memcpy(beta, at.beta, sizeof beta);
            assert_true(restricted(beta, &s, lambda, &there) <= frozen + 2e-5);
            /* The update leaves out how the Hessian changes with lambda: a little more may be had. */
            memcpy(beta, at.beta, sizeof beta);
            assert_true(restricted(beta, &s, lambda, NULL) <= whole + 0.01);
        }
    }
    /* Far from it the test would see. */
    double lambda[N_BLOCKS] = {at.lambda[0] * 3, at.lambda[1], at.lambda[2] / 3};
    memcpy(beta, at.beta, sizeof beta);
    assert_true(restricted(beta, &s, lambda, &there) < frozen - 0.01);
}

/* tr(A^-1 H) by columns. */
static void freedom_is_that_of_the_hat_matrix(void **state)
{
    (void)state;
    static smooth s;
    found at;
    dense there;
    double a[N * N];
    make(&s);
    smooth_all(&at, &s, false);
    look(&there, &s, at.beta);
    penalty_matrix(a, &s, at.lambda);
    for (size_t i = 0; i < N * N; i++)
        a[i] += there.hessian[i];
    for (size_t j = 0; j < N; j++) {
        double column[N], solution[N];
        for (size_t k = 0; k < N; k++)
            column[k] = there.hessian[k * N + j];
        ldl(solution, a, column);
        assert_close(at.freedom[j], solution[j], 1e-9);
    }
}

static void the_start_does_not_matter(void **state)
{
    (void)state;
    static smooth s;
    found cold, warm;
    make(&s);
    smooth_all(&cold, &s, false);
    s.of[0].lambda *= 300;
    s.of[1].lambda /= 1000;
    warm.lambda[2] = cold.lambda[2] * 50;
    smooth_all(&warm, &s, true);
    assert_true(warm.state.converged);
    for (size_t b = 0; b < N_BLOCKS; b++)
        if (cold.lambda[b] < 1e3) /* others are as good as infinite */
            assert_close(log(warm.lambda[b]), log(cold.lambda[b]), 2e-3);
    for (size_t j = 0; j < N; j++)
        assert_close(warm.beta[j], cold.beta[j], 1e-4);
}

static void threads_give_the_same_bits(void **state)
{
    (void)state;
    static smooth s;
    found one, more;
    make(&s);
    s.f.design.base.n_threads = 1;
    smooth_all(&one, &s, false);
    for (int n = 2; n <= MAX_THREADS; n += 2) {
        make(&s);
        s.f.design.base.n_threads = n;
        smooth_all(&more, &s, false);
        assert_memory_equal(one.beta, more.beta, sizeof one.beta);
        assert_memory_equal(one.lambda, more.lambda, sizeof one.lambda);
    }
}

/* What has nothing to say is held back until nothing is left, and it still converges. */
static void noise_shrinks_to_nothing(void **state)
{
    (void)state;
    static smooth s;
    found at;
    uint64_t random = 99;
    make(&s);
    for (size_t i = 0; i < N_ROWS; i++)
        s.f.outcome[i] = draw(&random) < -0.2;
    smooth_all(&at, &s, false);
    assert_true(at.state.converged && at.state.newton.converged);
    double freedom = 0;
    for (size_t j = 1; j < N; j++)
        freedom += at.freedom[j];
    assert_true(freedom < 3);
}

/* ---- Newton's method with penalties of terms ---- */

static wbi_newton *minimise(const smooth *s, double lambda)
{
    const double start[N] = {0};
    wbi_newton *newton;
    wb_error err;
    assert_ok(wbi_newton_create(&newton, &s->f.problem, start, &err), &err);
    assert_ok(wbi_newton_set_lambda(newton, lambda, &err), &err);
    while (!wbi_newton_now(newton).done)
        assert_ok(wbi_newton_step(newton, &err), &err);
    assert_true(wbi_newton_now(newton).converged);
    return newton;
}

static double objective(const smooth *s, const double *beta, const double *lambda)
{
    double penalty[N * N], sum = 0;
    dense at;
    look(&at, s, beta);
    penalty_matrix(penalty, s, lambda);
    for (size_t j = 0; j < N; j++)
        for (size_t k = 0; k < N; k++)
            sum += beta[j] * penalty[j * N + k] * beta[k] / 2;
    return at.loss + sum;
}

static void the_minimum_is_one(void **state)
{
    (void)state;
    static smooth s;
    const double lambda[N_BLOCKS] = {0.3, 0.02, 0.05};
    make(&s);
    s.of[0].lambda = lambda[0];
    s.of[1].lambda = lambda[1];
    wbi_newton *newton = minimise(&s, lambda[2]);
    double beta[N];
    memcpy(beta, wbi_newton_now(newton).beta, sizeof beta);
    assert_close(wbi_newton_now(newton).objective, objective(&s, beta, lambda), 1e-13);
    for (size_t j = 0; j < N; j++) {
        const double h = 1e-5, there = beta[j];
        beta[j] = there + h;
        double up = objective(&s, beta, lambda);
        beta[j] = there - h;
        assert_close((up - objective(&s, beta, lambda)) / (2 * h), 0, 1e-9);
        beta[j] = there;
    }
    wbi_newton_free(newton);
}

/* With an endless bend penalty the coefficients lie on a line. */
static void the_limit_is_a_straight_line(void **state)
{
    (void)state;
    static smooth s;
    make(&s);
    s.of[0].lambda = 1e5;
    s.of[1].lambda = 1e-9;
    wbi_newton *newton = minimise(&s, 0.05);
    const double *b = wbi_newton_now(newton).beta + BEGIN;
    for (size_t j = 0; j < K; j++)
        assert_close(b[j], b[K - 1] * (double)(K - j), 2e-3 * fabs(b[K - 1]));
    assert_true(fabs(b[K - 1]) > 1e-3);
    s.of[1].lambda = 1e5;
    wbi_newton_free(newton);
    newton = minimise(&s, 0.05);
    for (size_t j = 0; j < K; j++)
        assert_close(wbi_newton_now(newton).beta[BEGIN + j], 0, 1e-5);
    wbi_newton_free(newton);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static smooth s;
    const double start[N] = {0};
    const wbi_smoothing_options options = {.n_rows = N_ROWS};
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_newton *newton = NULL;
        wbi_smoothing *smoothing = NULL;
        make(&s);
        wbi_alloc_fail_at(n);
        status = wbi_newton_create(&newton, &s.f.problem, start, NULL);
        if (status == WB_OK)
            status = wbi_smoothing_create(&smoothing, newton, s.ridge, &s.terms, &options, NULL);
        while (status == WB_OK && !wbi_smoothing_now(smoothing).done)
            status = wbi_smoothing_step(smoothing, NULL);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        wbi_smoothing_free(smoothing);
        wbi_newton_free(newton);
        assert_true(n < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_neighbour_is_better),
        cmocka_unit_test(freedom_is_that_of_the_hat_matrix),
        cmocka_unit_test(the_start_does_not_matter),
        cmocka_unit_test(threads_give_the_same_bits),
        cmocka_unit_test(noise_shrinks_to_nothing),
        cmocka_unit_test(the_minimum_is_one),
        cmocka_unit_test(the_limit_is_a_straight_line),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
