/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The purchase models, against the formulas of their papers, other arithmetic and customers made with known parameters. */
#include "test_util.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "btyd/bg_nbd.h"
#include "btyd/gamma_gamma.h"
#include "btyd/purchases.h"

enum { N_PARAMETERS = 4 };

/* ---- what is expected of a customer ---- */

/* Equation 10 of Fader, Hardie, Lee (2005) without its denominator, by mpmath 1.4.1 with 40 digits: with w = t/(alpha + T) and
 * c = a + b + x - 1, c/(a-1) (1 - (1+w)^-(r+x) hyp2f1(r+x, b+x, c, w/(1+w))). Customers of all sorts: of CDNOW's parameters,
 * a next to 1, a + b below 1, a short past and a long horizon, rates that hardly differ (r in the hundreds and thousands). */
static const struct {
    double r, alpha, a, b, x, t, horizon, expected;
} known[] = {
    {0.243, 4.414, 0.793, 2.426, 2, 38.86, 39, 1.687399305805313},
    {0.243, 4.414, 0.793, 2.426, 0, 38.86, 39, 0.19509805201126264},
    {0.243, 4.414, 0.793, 2.426, 29, 38, 52, 25.858587896156113},
    {0.243, 4.414, 1.0000001, 2.426, 3, 20, 52, 4.3590179290693204},
    {0.5, 2, 0.3, 0.4, 0, 10, 5, 0.18611070512379684},
    {0.5, 2, 0.3, 0.4, 0, 0, 520, 21.513950148653197},
    {2, 10, 5, 1.5, 7, 30, 100, 3.0663255512728755},
    {800, 1000, 0.7, 1.1, 20, 52, 52, 26.77508254772871},
    {50, 40, 0.2, 0.1, 90, 60, 500, 526.61573065957446},
    {0.01, 0.3, 4, 0.5, 0, 0, 52, 0.056695991779480635},
    {3, 100, 200, 500, 12, 50, 1000, 3.572863726502348},
    {0.02, 5, 0.001, 3, 1, 20, 10, 0.40796174166605704},
    {5000, 4000, 2, 0.01, 0, 3, 200, 1.0099593999986474},
    {0.3, 4, 0.5, 9000, 5, 30, 52, 8.1037155050676291},
};

static void purchases_by_mpmath(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const wbi_bg_nbd_model model = {known[i].r, known[i].alpha, known[i].a, known[i].b};
        const double found = wbi_bg_nbd_purchases_if_alive(&model, known[i].x, known[i].t, known[i].horizon);
        assert_close(found / known[i].expected, 1, 1e-9);
    }
}

/* a = 1 is 0/0 in the paper's formula, and in its limit the mean of what is on both sides of it. */
static void purchases_at_a_of_one(void **state)
{
    (void)state;
    const double h = 1e-4;
    for (double horizon = 3; horizon < 1000; horizon *= 3) {
        const wbi_bg_nbd_model below = {0.3, 5, 1 - h, 2}, at = {0.3, 5, 1, 2}, above = {0.3, 5, 1 + h, 2};
        const double mean = (wbi_bg_nbd_purchases_if_alive(&below, 3, 20, horizon) +
                             wbi_bg_nbd_purchases_if_alive(&above, 3, 20, horizon)) / 2;
        assert_close(wbi_bg_nbd_purchases_if_alive(&at, 3, 20, horizon), mean, 1e-7);
    }
}

/* Of the paper's customer with x = 2, t_x = 30.43, T = 38.86: E[Y(39)] = 1.226 (its section 6). */
static void the_papers_customer(void **state)
{
    (void)state;
    const wbi_bg_nbd_model model = {0.243, 4.414, 0.793, 2.426};
    /* 1/(1 + a/(b+x-1) ((alpha+T)/(alpha+t_x))^(r+x)) */
    const double alive = 1 / (1 + 0.793 / (2.426 + 1) * pow((4.414 + 38.86) / (4.414 + 30.43), 2.243));
    assert_close(wbi_bg_nbd_p_alive(&model, 2, 30.43, 38.86), alive, 1e-14);
    assert_close(wbi_bg_nbd_purchases(&model, 2, 30.43, 38.86, 39), 1.226, 5e-4);
    assert_close(wbi_bg_nbd_p_alive(&model, 0, 0, 300), 1, 0);
    assert_close(wbi_bg_nbd_purchases_if_alive(&model, 2, 38.86, 0), 0, 0);
}

/* More of the future holds more purchases, and no more than a customer who never leaves makes: horizon (r+x)/(alpha+T). */
static void purchases_grow(void **state)
{
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    for (int i = 0; i < 1000; i++) {
        const wbi_bg_nbd_model m = {exp(gsl_ran_flat(rng, -4, 8)), exp(gsl_ran_flat(rng, -4, 8)), exp(gsl_ran_flat(rng, -6, 6)),
                                    exp(gsl_ran_flat(rng, -6, 8))};
        const double x = (double)gsl_rng_uniform_int(rng, 60), t = gsl_ran_flat(rng, 0, 200);
        double before = 0;
        for (double horizon = 0.5; horizon < 600; horizon *= 2.7) {
            const double now = wbi_bg_nbd_purchases_if_alive(&m, x, t, horizon);
            const double most = horizon * (m.r + x) / (m.alpha + t);
            if (!(now >= before * (1 - 1e-9) && now <= most * (1 + 1e-9)))
                print_error("r %g alpha %g a %g b %g x %g T %g horizon %g: %g after %g, at most %g\n", m.r, m.alpha, m.a, m.b, x, t,
                            horizon, now, before, most);
            assert_true(now >= before * (1 - 1e-9) && now <= most * (1 + 1e-9));
            before = now;
        }
    }
    gsl_rng_free(rng);
}

/* ---- likelihoods ---- */

/* The paper's likelihood, as it is written. */
static double plain_bg_nbd(const wbi_history *h, size_t n, double days_a_unit, const double *p)
{
    const double r = p[0], alpha = p[1], a = p[2], b = p[3];
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double x = h[i].x, t_x = h[i].t_x_days / days_a_unit, t = h[i].t_days / days_a_unit;
        const double one = lgamma(r + x) - lgamma(r) + r * log(alpha), two = lgamma(a + b) + lgamma(b + x) - lgamma(b) - lgamma(a + b + x);
        const double three = -(r + x) * log(alpha + t), four = log(a / (b + x - 1)) - (r + x) * log(alpha + t_x);
        sum += one + two + (x > 0 ? log(exp(three) + exp(four)) : three);
    }
    return sum;
}

static const wbi_history some[] = {{0, 0, 5},    {0, 0, 5},    {0, 0, 0},    {1, 3, 9},     {1, 3, 9},    {2, 10, 30},
                                   {7, 100, 101}, {7, 100, 101}, {12, 200, 365}, {1, 1, 400}, {3, 20, 400}, {30, 390, 400}};
enum { N_SOME = sizeof some / sizeof some[0] };

static wbi_triples triples_of(const wbi_history *h, size_t n, double days_a_unit)
{
    wbi_triples t;
    wb_error err;
    assert_ok(wbi_triples_create(&t, h, n, days_a_unit, &err), &err);
    return t;
}

static void distinct_histories(void **state)
{
    (void)state;
    wbi_triples t = triples_of(some, N_SOME, 7);
    assert_int_equal(t.n, 9);
    assert_int_equal(t.n_all, 12);
    assert_int_equal(t.n_repeating, 9);
    assert_int_equal(t.max_x, 30);
    assert_close(t.n_beyond[0], 9, 0);
    assert_close(t.n_beyond[1], 6, 0);
    assert_close(t.n_beyond[7], 2, 0);
    assert_close(t.n_beyond[29], 1, 0);
    for (size_t i = 0; i < N_SOME; i++) {
        assert_int_equal(t.x[t.of[i]], some[i].x);
        assert_int_equal(t.t_x_days[t.of[i]], some[i].t_x_days);
        assert_int_equal(t.t_days[t.of[i]], some[i].t_days);
    }
    wbi_triples_free(&t);
}

static void bg_nbd_as_written(void **state)
{
    (void)state;
    const double points[][N_PARAMETERS] = {{0.243, 4.414, 0.793, 2.426}, {1, 1, 1, 1}, {3, 40, 0.02, 0.1}, {0.01, 0.5, 9, 40}};
    wb_error err;
    for (size_t unit = 1; unit <= 7; unit += 6) {
        wbi_triples t = triples_of(some, N_SOME, (double)unit);
        for (size_t k = 0; k < sizeof points / sizeof points[0]; k++) {
            double logs[N_PARAMETERS], value, gradient[N_PARAMETERS];
            for (size_t i = 0; i < N_PARAMETERS; i++)
                logs[i] = log(points[k][i]);
            assert_ok(wbi_bg_nbd_log_likelihood(&t, 1, logs, &value, gradient, NULL, &err), &err);
            assert_close(value, plain_bg_nbd(some, N_SOME, (double)unit, points[k]), 1e-12);
        }
        wbi_triples_free(&t);
    }
}

typedef wb_status (*likelihood_fn)(const void *data, const double *logs, double *value, double *gradient, double *hessian);

/* Central differences of the value are the gradient, those of the gradient the Hessian. */
static void check_derivatives(likelihood_fn likelihood, const void *data, const double *logs, size_t n)
{
    const double h = 1e-5;
    double value, gradient[N_PARAMETERS], hessian[N_PARAMETERS * N_PARAMETERS];
    assert_int_equal(likelihood(data, logs, &value, gradient, hessian), WB_OK);
    for (size_t i = 0; i < n; i++) {
        double at[N_PARAMETERS], below, above, g_below[N_PARAMETERS], g_above[N_PARAMETERS];
        memcpy(at, logs, n * sizeof *at);
        at[i] = logs[i] - h;
        assert_int_equal(likelihood(data, at, &below, g_below, NULL), WB_OK);
        at[i] = logs[i] + h;
        assert_int_equal(likelihood(data, at, &above, g_above, NULL), WB_OK);
        assert_close(gradient[i], (above - below) / (2 * h), 1e-6);
        for (size_t j = 0; j < n; j++)
            assert_close(hessian[i * n + j], (g_above[j] - g_below[j]) / (2 * h), 1e-6);
    }
}

static wb_status bg_nbd_of(const void *data, const double *logs, double *value, double *gradient, double *hessian)
{
    return wbi_bg_nbd_log_likelihood(data, 1, logs, value, gradient, hessian, NULL);
}

static wb_status gamma_gamma_of(const void *data, const double *logs, double *value, double *gradient, double *hessian)
{
    return wbi_gamma_gamma_log_likelihood(data, 1, logs, value, gradient, hessian, NULL);
}

static const uint32_t some_x[] = {1, 1, 2, 3, 9, 70};
static const double some_means[] = {0.01, 35.2, 12, 99.5, 14.25, 20};
enum { N_SPENDERS = sizeof some_x / sizeof some_x[0] };

/* The likelihood of the paper's section 3, as it is written. */
static double plain_gamma_gamma(const uint32_t *x, const double *mean, size_t n, const double *v)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double px = v[0] * x[i], q = v[1];
        sum += lgamma(px + q) - lgamma(px) - lgamma(q) + q * log(v[2]) + (px - 1) * log(mean[i]) + px * log(x[i]) -
               (px + q) * log(x[i] * mean[i] + v[2]);
    }
    return sum;
}

static void derivatives(void **state)
{
    (void)state;
    const double logs[][N_PARAMETERS] = {{-1.4, 1.5, -0.2, 0.9}, {0, 0, 0, 0}, {1.1, 3.7, -3.9, -2.3}, {-4, -0.7, 2.2, 3.7}};
    wbi_triples t = triples_of(some, N_SOME, 7);
    wbi_spenders spenders = wbi_spenders_of(some_x, some_means, N_SPENDERS);
    for (size_t k = 0; k < sizeof logs / sizeof logs[0]; k++) {
        check_derivatives(bg_nbd_of, &t, logs[k], WBI_BG_NBD_N);
        check_derivatives(gamma_gamma_of, &spenders, logs[k], WBI_GAMMA_GAMMA_N);
    }
    wbi_triples_free(&t);
}

static void gamma_gamma_as_written(void **state)
{
    (void)state;
    const double points[][WBI_GAMMA_GAMMA_N] = {{6.25, 3.74, 15.44}, {1, 1, 1}, {0.1, 20, 300}};
    const wbi_spenders spenders = wbi_spenders_of(some_x, some_means, N_SPENDERS);
    wb_error err;
    for (size_t k = 0; k < sizeof points / sizeof points[0]; k++) {
        double logs[WBI_GAMMA_GAMMA_N], value, gradient[WBI_GAMMA_GAMMA_N];
        for (size_t i = 0; i < WBI_GAMMA_GAMMA_N; i++)
            logs[i] = log(points[k][i]);
        assert_ok(wbi_gamma_gamma_log_likelihood(&spenders, 1, logs, &value, gradient, NULL, &err), &err);
        assert_close(value, plain_gamma_gamma(some_x, some_means, N_SPENDERS, points[k]), 1e-12);
    }
}

/* ---- fits ---- */

/* Customers as BG/NBD has them: a rate, a chance to leave after each purchase that is a repeat, and a past of up to two years. */
static void make_histories(wbi_history *h, size_t n, const double *p, unsigned long seed)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, seed);
    for (size_t i = 0; i < n; i++) {
        const double rate = gsl_ran_gamma(rng, p[0], 1 / p[1]), leaves = gsl_ran_beta(rng, p[2], p[3]);
        const uint32_t t_days = (uint32_t)gsl_rng_uniform_int(rng, 730);
        double t = 0;
        h[i] = (wbi_history){0, 0, t_days};
        for (bool there = true; there;) {
            t += gsl_ran_exponential(rng, 1 / rate);
            if (!(t < t_days))
                break;
            h[i].x++;
            h[i].t_x_days = (uint32_t)t;
            there = gsl_rng_uniform(rng) >= leaves;
        }
    }
    gsl_rng_free(rng);
}

enum { N_MADE = 40000 };

/* The parameters that made the customers lie within four standard errors, and the gradient is flat. The same bits for any number
 * of threads. */
static void bg_nbd_finds_what_made_them(void **state)
{
    (void)state;
    const double truth[N_PARAMETERS] = {0.7, 60, 0.9, 3};
    wbi_history *h = malloc(N_MADE * sizeof *h);
    wbi_maximum one, two;
    size_t n_starts;
    wb_error err;
    make_histories(h, N_MADE, truth, 1);
    wbi_triples t = triples_of(h, N_MADE, 1);
    assert_ok(wbi_bg_nbd_fit(&one, &n_starts, &t, 1, &err), &err);
    assert_true(one.converged);
    assert_int_equal(one.n_agreed, n_starts);
    double logs[N_PARAMETERS], value, gradient[N_PARAMETERS];
    for (size_t i = 0; i < N_PARAMETERS; i++) {
        assert_true(one.standard_errors[i] > 0 && one.standard_errors[i] < 0.2 * truth[i]);
        assert_true(fabs(one.values[i] - truth[i]) < 4 * one.standard_errors[i]);
        logs[i] = log(one.values[i]);
    }
    assert_ok(wbi_bg_nbd_log_likelihood(&t, 1, logs, &value, gradient, NULL, &err), &err);
    for (size_t i = 0; i < N_PARAMETERS; i++)
        assert_true(fabs(gradient[i]) < 1e-2);
    for (int n_threads = 2; n_threads <= 4; n_threads += 2) {
        assert_ok(wbi_bg_nbd_fit(&two, &n_starts, &t, n_threads, &err), &err);
        assert_memory_equal(one.values, two.values, sizeof one.values);
        assert_memory_equal(one.standard_errors, two.standard_errors, sizeof one.standard_errors);
    }
    wbi_triples_free(&t);
    free(h);
}

static void gamma_gamma_finds_what_made_them(void **state)
{
    (void)state;
    const double truth[] = {6, 4, 1500};
    uint32_t *x = malloc(N_MADE * sizeof *x);
    double *mean = malloc(N_MADE * sizeof *mean), *larger = malloc(N_MADE * sizeof *larger);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    wbi_maximum m, other;
    wb_error err;
    for (size_t i = 0; i < N_MADE; i++) {
        const double scale = gsl_ran_gamma(rng, truth[1], 1 / truth[2]);
        x[i] = 1 + (uint32_t)gsl_ran_poisson(rng, 2);
        mean[i] = gsl_ran_gamma(rng, truth[0] * x[i], 1 / scale) / x[i];
        larger[i] = mean[i] * 16384;
    }
    assert_ok(wbi_gamma_gamma_fit(&m, x, mean, N_MADE, 2, &err), &err);
    for (size_t i = 0; i < WBI_GAMMA_GAMMA_N; i++) {
        assert_true(m.standard_errors[i] > 0 && m.standard_errors[i] < 0.1 * truth[i]);
        assert_true(fabs(m.values[i] - truth[i]) < 4 * m.standard_errors[i]);
    }
    assert_close(m.log_likelihood, plain_gamma_gamma(x, mean, N_MADE, m.values), 1e-10);
    /* another currency changes v, and nothing else; its range does not end there */
    assert_ok(wbi_gamma_gamma_fit(&other, x, larger, N_MADE, 1, &err), &err);
    assert_close(other.values[0], m.values[0], 1e-9);
    assert_close(other.values[1], m.values[1], 1e-9);
    assert_close(other.values[2] / 16384, m.values[2], 1e-9);
    gsl_rng_free(rng);
    free(x);
    free(mean);
    free(larger);
}

/* p v/(q-1) weighs against the customer's own mean by (q-1) to p x: the paper's equation 5. */
static void expected_spend(void **state)
{
    (void)state;
    const double values[] = {6.25, 3.74, 15.44};
    const double all = 6.25 * 15.44 / 2.74, weight = 2.74 / (6.25 * 3 + 2.74);
    assert_close(wbi_gamma_gamma_spend(values, 0, NAN), all, 1e-14);
    assert_close(wbi_gamma_gamma_spend(values, 3, 50), weight * all + (1 - weight) * 50, 1e-14);
    assert_true(isnan(wbi_gamma_gamma_spend((const double[]){6, 0.9, 15}, 0, NAN)));
}

/* ---- what cannot be fitted ---- */

static void nobody_came_back(void **state)
{
    (void)state;
    const wbi_history once[] = {{0, 0, 10}, {0, 0, 200}, {0, 0, 3}};
    wbi_triples t = triples_of(once, 3, 7);
    wbi_maximum m;
    size_t n_starts;
    wb_error err;
    assert_int_equal(wbi_bg_nbd_fit(&m, &n_starts, &t, 1, &err), WB_ERR_DEGENERATE);
    assert_string_equal(err.message, "no customer bought on two dates, so BG/NBD cannot be fitted");
    wbi_triples_free(&t);
}

/* Everybody buys every tenth day: no spread of rates, so r and alpha grow together for as long as they may. */
static void all_alike(void **state)
{
    (void)state;
    wbi_history h[200];
    wbi_maximum m;
    size_t n_starts;
    wb_error err;
    for (size_t i = 0; i < 200; i++)
        h[i] = (wbi_history){20, 200, 205};
    wbi_triples t = triples_of(h, 200, 1);
    assert_int_equal(wbi_bg_nbd_fit(&m, &n_starts, &t, 1, &err), WB_ERR_DEGENERATE);
    assert_non_null(strstr(err.message, "ran to 10000, the end of its range (expected: inside 0.0001 to 10000)"));
    assert_true(isfinite(m.log_likelihood));
    assert_int_equal(wbi_bg_nbd_fit_within(&m, &t, 1, &err), WB_ERR_DEGENERATE);
    wbi_triples_free(&t);
}

/* Where one that left would be one that was not chosen, b runs to its end. There the likelihood still rises by it, and lies flat by
 * all others; elsewhere nothing is higher. */
static void held_at_an_end(void **state)
{
    (void)state;
    const double truth[N_PARAMETERS] = {0.7, 60, 1e-3, 1e3};
    wbi_history *h = malloc(N_MADE * sizeof *h);
    wbi_maximum m, within, two;
    size_t n_starts, n_at_end = 0;
    double logs[N_PARAMETERS], value, other, gradient[N_PARAMETERS], none[N_PARAMETERS];
    wb_error err;
    make_histories(h, N_MADE, truth, 4);
    wbi_triples t = triples_of(h, N_MADE, 1);
    assert_int_equal(wbi_bg_nbd_fit(&m, &n_starts, &t, 1, &err), WB_ERR_DEGENERATE);
    assert_ok(wbi_bg_nbd_fit_within(&within, &t, 1, &err), &err);
    for (size_t i = 0; i < N_PARAMETERS; i++)
        logs[i] = log(within.values[i]);
    assert_ok(wbi_bg_nbd_log_likelihood(&t, 1, logs, &value, gradient, NULL, &err), &err);
    assert_close(value, within.log_likelihood, 1e-12);
    for (size_t i = 0; i < N_PARAMETERS; i++) {
        const bool most = within.values[i] == WBI_MAXIMISE_MOST_VALUE, least = within.values[i] == WBI_MAXIMISE_LEAST_VALUE;
        n_at_end += most || least;
        assert_true((i < 2 && !most && !least) || i >= 2);
        assert_true(most ? gradient[i] > -1e-2 : least ? gradient[i] < 1e-2 : fabs(gradient[i]) < 1e-2);
        assert_int_equal(isnan(within.standard_errors[i]), most || least);
        for (double step = -0.1; step < 0.2; step += 0.2) {
            double moved[N_PARAMETERS];
            memcpy(moved, logs, sizeof moved);
            moved[i] = fmax(log(WBI_MAXIMISE_LEAST_VALUE), fmin(log(WBI_MAXIMISE_MOST_VALUE), moved[i] + step));
            assert_ok(wbi_bg_nbd_log_likelihood(&t, 1, moved, &other, none, NULL, &err), &err);
            assert_true(other <= value + 1e-6);
        }
    }
    assert_true(n_at_end > 0);
    assert_true(fabs(within.values[0] - truth[0]) < 4 * within.standard_errors[0]);
    assert_ok(wbi_bg_nbd_fit_within(&two, &t, 2, &err), &err);
    assert_memory_equal(within.values, two.values, sizeof within.values);
    wbi_triples_free(&t);
    free(h);
}

/* Where nothing runs to an end both are one, to the bit. */
static void within_as_everywhere(void **state)
{
    (void)state;
    const double truth[N_PARAMETERS] = {0.7, 60, 0.9, 3};
    wbi_history *h = malloc(N_MADE * sizeof *h);
    wbi_maximum m, within;
    size_t n_starts;
    wb_error err;
    make_histories(h, N_MADE, truth, 1);
    wbi_triples t = triples_of(h, N_MADE, 1);
    assert_ok(wbi_bg_nbd_fit(&m, &n_starts, &t, 1, &err), &err);
    assert_ok(wbi_bg_nbd_fit_within(&within, &t, 1, &err), &err);
    assert_memory_equal(m.values, within.values, sizeof m.values);
    assert_memory_equal(m.standard_errors, within.standard_errors, sizeof m.standard_errors);
    wbi_triples_free(&t);
    free(h);
}

static void spends_all_alike(void **state)
{
    (void)state;
    uint32_t x[100];
    double mean[100];
    wbi_maximum m;
    wb_error err;
    for (size_t i = 0; i < 100; i++) {
        x[i] = 1 + (uint32_t)i % 5;
        mean[i] = 20;
    }
    assert_int_equal(wbi_gamma_gamma_fit(&m, x, mean, 100, 1, &err), WB_ERR_DEGENERATE);
    assert_non_null(strstr(err.message, "the end of its range"));
    assert_int_equal(wbi_gamma_gamma_fit(&m, x, mean, 2, 1, &err), WB_ERR_DEGENERATE);
    assert_string_equal(err.message, "2 customers with a mean repeat spend above 0 (expected: at least 3)");
}

static void allocations_fail(void **state)
{
    (void)state;
    wbi_history h[300];
    const double truth[N_PARAMETERS] = {0.7, 60, 0.9, 3};
    make_histories(h, 300, truth, 7);
    for (uint64_t n = 1;; n++) {
        wbi_triples t = {0};
        wbi_maximum m;
        size_t n_starts;
        wb_error err;
        wbi_alloc_fail_at(n);
        wb_status status = wbi_triples_create(&t, h, 300, 1, &err);
        if (status == WB_OK)
            status = wbi_bg_nbd_fit(&m, &n_starts, &t, 1, &err);
        const bool all = wbi_alloc_count() < n;
        wbi_alloc_fail_at(0);
        wbi_triples_free(&t);
        assert_int_equal(status, all ? WB_OK : WB_ERR_NOMEM);
        if (all)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(purchases_by_mpmath),
        cmocka_unit_test(purchases_at_a_of_one),
        cmocka_unit_test(the_papers_customer),
        cmocka_unit_test(purchases_grow),
        cmocka_unit_test(distinct_histories),
        cmocka_unit_test(bg_nbd_as_written),
        cmocka_unit_test(gamma_gamma_as_written),
        cmocka_unit_test(derivatives),
        cmocka_unit_test(bg_nbd_finds_what_made_them),
        cmocka_unit_test(gamma_gamma_finds_what_made_them),
        cmocka_unit_test(expected_spend),
        cmocka_unit_test(nobody_came_back),
        cmocka_unit_test(all_alike),
        cmocka_unit_test(held_at_an_end),
        cmocka_unit_test(within_as_everywhere),
        cmocka_unit_test(spends_all_alike),
        cmocka_unit_test(allocations_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
