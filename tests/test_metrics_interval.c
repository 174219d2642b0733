/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals and comparisons of figures of merit. DeLong's variances are compared in test_metrics_peers.c. */
#include "test_util.h"

#include <gsl/gsl_cdf.h>
#include <string.h>

#include "base/memory.h"
#include "metrics_testing.h"

static wb_metrics_interval interval_of(const wb_outcomes *rows, int n_threads, size_t n_resamples, uint64_t seed, double level)
{
    wb_metrics_options metrics = WB_METRICS_OPTIONS_INIT;
    const wb_interval_options options = {n_resamples, seed, level, NULL};
    wb_metrics_interval interval;
    wb_error err;
    metrics.n_threads = n_threads;
    assert_ok(wb_metrics_interval_of(&interval, NULL, rows, &metrics, &options, &err), &err);
    return interval;
}

static wb_metrics compute(const wb_outcomes *rows)
{
    wb_metrics m;
    wb_error err;
    assert_ok(wb_metrics_compute(&m, rows, NULL, &err), &err);
    return m;
}

/* On the logit scale both ends are z se / (auc (1 - auc)) away. */
static void delong_is_symmetric_in_logits(void **state)
{
    (void)state;
    sample s = sample_make(2, 400);
    const wb_outcomes rows = unweighted(&s);
    const wb_metrics_interval of = interval_of(&rows, 1, 0, 1, 0.9);
    const double auc = compute(&rows).auc, half = gsl_cdf_ugaussian_Pinv(0.95) * of.auc_se / (auc * (1 - auc));
    wb_metrics_interval again;
    wb_metrics figures, alone = compute(&rows);
    wb_error err;
    assert_ok(wb_metrics_interval_of(&again, &figures, &rows, NULL, &(wb_interval_options){0, 1, 0.9, NULL}, &err), &err);
    assert_memory_equal(&figures, &alone, sizeof alone);
    assert_int_equal(of.auc_by, WB_INTERVAL_DELONG);
    assert_int_equal(of.n_resamples, 0);
    assert_close(log(of.low.auc / (1 - of.low.auc)), log(auc / (1 - auc)) - half, 1e-12);
    assert_close(log(of.high.auc / (1 - of.high.auc)), log(auc / (1 - auc)) + half, 1e-12);
    assert_close(of.high.gini, 2 * of.high.auc - 1, 1e-15);
    assert_true(isnan(of.low.brier) && isnan(of.high.lift[0]));
    sample_free(&s);
}

static void where_delong_does_not_hold(void **state)
{
    (void)state;
    sample s = sample_make(1, 60);
    wb_outcomes rows = weighted(&s);
    assert_int_equal(interval_of(&rows, 1, 0, 1, 0.95).auc_by, WB_INTERVAL_NONE);
    assert_true(isnan(interval_of(&rows, 1, 0, 1, 0.95).low.auc));
    assert_int_equal(interval_of(&rows, 1, 50, 1, 0.95).auc_by, WB_INTERVAL_BOOTSTRAP);
    rows = unweighted(&s);
    rows.customer = s.customer;
    assert_int_equal(interval_of(&rows, 1, 50, 1, 0.95).auc_by, WB_INTERVAL_BOOTSTRAP);
    for (size_t i = 0; i < s.n; i++)
        s.customer[i] = (uint32_t)(4000000000u - 13 * i);
    assert_int_equal(interval_of(&rows, 1, 50, 1, 0.95).auc_by, WB_INTERVAL_DELONG);
    const double p[] = {0.1, 0.2, 0.3, 0.4};
    const uint8_t apart[] = {0, 0, 1, 1}, same[] = {1, 1, 1, 1};
    const wb_outcomes in_order = {p, apart, NULL, NULL, 4}, one_class = {p, same, NULL, NULL, 4}, none = {p, same, NULL, NULL, 0};
    assert_int_equal(interval_of(&in_order, 1, 0, 1, 0.95).auc_by, WB_INTERVAL_NONE);
    assert_int_equal(interval_of(&one_class, 1, 20, 1, 0.95).auc_by, WB_INTERVAL_NONE);
    assert_true(isnan(interval_of(&one_class, 1, 20, 1, 0.95).auc_se));
    assert_int_equal(interval_of(&none, 1, 20, 1, 0.95).auc_by, WB_INTERVAL_NONE);
    sample_free(&s);
}

/* A share's standard error is sqrt(p (1 - p) / n), the AUC's DeLong's; 95 % intervals of 4000 resamples are 3.92 as wide, to
 * about a twentieth. */
static void bootstrap_is_as_wide_as_theory(void **state)
{
    (void)state;
    sample s = sample_make(0, 1000);
    wb_outcomes rows = unweighted(&s);
    const wb_metrics m = compute(&rows);
    const double delong_se = interval_of(&rows, 0, 0, 1, 0.95).auc_se;
    for (size_t i = 0; i < s.n; i++)
        s.w[i] = 3; /* so that DeLong does not hold, and nothing else changes */
    rows = weighted(&s);
    const wb_metrics_interval of = interval_of(&rows, 0, 4000, 5, 0.95);
    const double se = sqrt(m.base_rate * (1 - m.base_rate) / (double)s.n);
    assert_int_equal(of.n_resamples, 4000);
    assert_int_equal(of.auc_by, WB_INTERVAL_BOOTSTRAP);
    assert_close((of.high.base_rate - of.low.base_rate) / (2 * 1.96 * se), 1, 0.07);
    assert_close((of.high.base_rate + of.low.base_rate) / 2, m.base_rate, 0.004);
    assert_close(of.auc_se / delong_se, 1, 0.07);
    assert_close((of.high.auc - of.low.auc) / (2 * 1.96 * delong_se), 1, 0.07);
    const double *low = &of.low.base_rate, *high = &of.high.base_rate;
    for (size_t f = 0; low + f <= &of.low.empc_fraction; f++)
        assert_true(low[f] <= high[f] || (isnan(low[f]) && isnan(high[f])));
    assert_true(isnan(of.low.ece) && isnan(of.low.brier_miscalibration) && isnan(of.low.brier_discrimination));
    assert_true(of.low.calibration_slope < m.calibration_slope && m.calibration_slope < of.high.calibration_slope);
    assert_true(of.low.log_loss < m.log_loss && m.log_loss < of.high.log_loss);
    assert_true(of.low.lift[4] < m.lift[4] && m.lift[4] < of.high.lift[4]);
    sample_free(&s);
}

/* A customer's rows are drawn together: three equal rows each are as one of weight 3. */
static void customers_stay_together(void **state)
{
    (void)state;
    enum { N = 200 };
    sample s = sample_make(2, N), many = sample_of(3 * N);
    for (size_t i = 0; i < many.n; i++) {
        many.p[i] = s.p[i / 3];
        many.y[i] = s.y[i / 3];
        many.customer[i] = (uint32_t)(5 * (i / 3));
        s.w[i / 3] = 3;
    }
    const wb_outcomes once = weighted(&s), often = {many.p, many.y, NULL, many.customer, many.n};
    const wb_metrics_interval a = interval_of(&once, 2, 200, 3, 0.95), b = interval_of(&often, 2, 200, 3, 0.95);
    assert_close(b.auc_se, a.auc_se, 1e-12);
    const double of_a[] = {a.low.auc, a.high.pr_auc, a.low.log_loss, a.high.brier, a.low.ks, a.high.empc, a.low.calibration_slope};
    const double of_b[] = {b.low.auc, b.high.pr_auc, b.low.log_loss, b.high.brier, b.low.ks, b.high.empc, b.low.calibration_slope};
    for (size_t k = 0; k < sizeof of_a / sizeof *of_a; k++)
        assert_close(of_b[k], of_a[k], 1e-10);
    assert_true(b.auc_se > 1.5 * interval_of(&(wb_outcomes){many.p, many.y, NULL, NULL, many.n}, 2, 0, 3, 0.95).auc_se);
    sample_free(&s);
    sample_free(&many);
}

static void seeds_threads_and_levels(void **state)
{
    (void)state;
    sample s = sample_make(3, 12000);
    wb_outcomes rows = weighted(&s);
    rows.customer = s.customer;
    const wb_metrics_interval one = interval_of(&rows, 1, 30, 7, 0.95), other = interval_of(&rows, 2, 30, 8, 0.95);
    const wb_metrics_interval narrow = interval_of(&rows, 2, 30, 7, 0.5);
    for (int n_threads = 2; n_threads <= 4; n_threads++) {
        const wb_metrics_interval many = interval_of(&rows, n_threads, 30, 7, 0.95);
        assert_memory_equal(&one.low, &many.low, sizeof one.low);
        assert_memory_equal(&one.high, &many.high, sizeof one.high);
        assert_close(one.auc_se, many.auc_se, 0);
    }
    assert_true(one.low.auc != other.low.auc && one.low.brier != other.low.brier);
    assert_true(narrow.low.auc > one.low.auc && narrow.high.auc < one.high.auc);
    sample_free(&s);
}

static wb_metrics_difference compare(const wb_outcomes *rows, const double *other, int n_threads, size_t n_resamples)
{
    wb_metrics_options metrics = WB_METRICS_OPTIONS_INIT;
    const wb_interval_options options = {n_resamples, 1, 0.95, NULL};
    wb_metrics_difference d;
    wb_error err;
    metrics.n_threads = n_threads;
    assert_ok(wb_metrics_compare(&d, rows, other, &metrics, &options, &err), &err);
    return d;
}

static void differences(void **state)
{
    (void)state;
    sample s = sample_make(0, 900);
    wb_outcomes rows = unweighted(&s);
    wb_outcomes others = rows;
    others.probability = s.other;
    const wb_metrics a = compute(&rows), b = compute(&others);
    const wb_metrics_difference by_delong = compare(&rows, s.other, 2, 300);
    rows.customer = s.customer;
    const wb_metrics_difference by_bootstrap = compare(&rows, s.other, 1, 300), threaded = compare(&rows, s.other, 3, 300);
    assert_close(by_delong.difference.auc, a.auc - b.auc, 1e-15);
    assert_close(by_delong.difference.brier, a.brier - b.brier, 1e-15);
    assert_close(by_delong.difference.lift[2], a.lift[2] - b.lift[2], 1e-15);
    assert_int_equal(by_delong.interval.auc_by, WB_INTERVAL_DELONG);
    assert_int_equal(by_bootstrap.interval.auc_by, WB_INTERVAL_BOOTSTRAP);
    assert_close((by_delong.interval.low.auc + by_delong.interval.high.auc) / 2, a.auc - b.auc, 1e-12);
    assert_true(by_delong.interval.low.brier <= a.brier - b.brier && a.brier - b.brier <= by_delong.interval.high.brier);
    /* What both have in common cancels: the interval is narrower than that of independent scores. */
    const double se = interval_of(&others, 1, 0, 1, 0.95).auc_se;
    assert_true(by_delong.interval.auc_se < se);
    assert_memory_equal(&by_bootstrap, &threaded, sizeof threaded);
    sample_free(&s);
}

/* R 4.2.2, by DeLong's definition: k <- outer(x, z, function(p, q) (p > q) + .5 * (p == q)) of the scores of both outcomes, for
 * each score; S <- cov(cbind(rowMeans(ka), rowMeans(kb))) / 6 + cov(cbind(colMeans(ka), colMeans(kb))) / 7; se <- sqrt(S[1, 1]);
 * h <- qnorm(.975) * se / (auc * (1 - auc)); plogis(qlogis(auc) + c(-h, h)); of the difference d sqrt(S[1, 1] + S[2, 2] - 2 *
 * S[1, 2]), 2 * pnorm(-abs(d / se)), d + qnorm(.975) * c(-se, se). */
static void delong_of_r(void **state)
{
    (void)state;
    const uint8_t outcome[] = {1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0};
    const double a[] = {.9, .8, .7, .6, .55, .3, .7, .5, .4, .35, .2, .1, .3};
    const double b[] = {.6, .9, .5, .7, .2, .4, .5, .6, .3, .1, .25, .15, .45};
    const wb_outcomes rows = {a, outcome, NULL, NULL, 13};
    const wb_metrics_interval of = interval_of(&rows, 1, 0, 1, 0.95);
    const wb_metrics_difference d = compare(&rows, b, 1, 0);
    assert_close(of.auc_se, 0.123984918498651, 1e-14);
    assert_close(of.low.auc, 0.465006028963157, 1e-13);
    assert_close(of.high.auc, 0.966400947212284, 1e-13);
    assert_close(d.difference.auc, 0.833333333333333 - 0.761904761904762, 1e-14);
    assert_close(d.interval.auc_se, 0.140287740154986, 1e-14);
    assert_close(d.auc_p, 0.61064174857647, 1e-13);
    assert_close(d.interval.low.auc, -0.203530346747715, 1e-13);
    assert_close(d.interval.high.auc, 0.346387489604858, 1e-13);
}

static void equal_scores_do_not_differ(void **state)
{
    (void)state;
    sample s = sample_make(1, 300);
    const wb_outcomes rows = unweighted(&s);
    const wb_metrics_difference d = compare(&rows, s.p, 2, 40);
    for (const double *f = &d.difference.base_rate; f <= &d.difference.empc_fraction; f++)
        assert_close(*f, 0, 0);
    for (const double *f = &d.interval.low.base_rate; f <= &d.interval.low.empc_fraction; f++)
        assert_true(*f == 0 || f == &d.interval.low.ece || f == &d.interval.low.brier_miscalibration ||
                    f == &d.interval.low.brier_discrimination);
    assert_close(d.auc_p, 1, 0);
    sample_free(&s);
}

static void bad_options(void **state)
{
    (void)state;
    sample s = sample_make(1, 50);
    const wb_outcomes rows = unweighted(&s);
    const double levels[] = {0, 1, -1, NAN};
    wb_metrics_interval of;
    wb_metrics_difference d;
    wb_error err;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(wb_metrics_interval_of(&of, NULL, &rows, NULL, &(wb_interval_options){10, 1, levels[i], NULL}, &err),
                         WB_ERR_ARGUMENT);
    s.other[3] = NAN;
    assert_int_equal(wb_metrics_compare(&d, &rows, s.other, NULL, NULL, &err), WB_ERR_ARGUMENT);
    s.p[0] = 2;
    assert_int_equal(wb_metrics_interval_of(&of, NULL, &rows, NULL, NULL, &err), WB_ERR_ARGUMENT);
    sample_free(&s);
}

static int stop_at_half(void *user, const char *what, uint64_t done, uint64_t total)
{
    assert_string_equal(what, "resample");
    *(uint64_t *)user = done;
    return done >= total / 2;
}

static void stops_when_told(void **state)
{
    (void)state;
    sample s = sample_make(1, 50);
    const wb_outcomes rows = weighted(&s);
    uint64_t done = 0;
    const wb_log log = {NULL, stop_at_half, &done};
    wb_metrics_interval of;
    wb_error err;
    assert_int_equal(wb_metrics_interval_of(&of, NULL, &rows, NULL, &(wb_interval_options){100, 1, 0.95, &log}, &err), WB_ERR_CANCELLED);
    assert_int_equal(done, 50);
    sample_free(&s);
}

static void out_of_memory(void **state)
{
    (void)state;
    sample s = sample_make(1, 300);
    wb_outcomes rows = weighted(&s);
    wb_metrics_options metrics = WB_METRICS_OPTIONS_INIT;
    const wb_interval_options options = {3, 1, 0.95, NULL};
    wb_metrics_difference d;
    wb_error err;
    metrics.n_threads = 1;
    for (int round = 0; round < 2; round++) {
        rows = round == 0 ? weighted(&s) : unweighted(&s);
        rows.customer = round == 0 ? s.customer : NULL;
        wbi_alloc_fail_at(0);
        assert_ok(wb_metrics_compare(&d, &rows, s.other, &metrics, &options, &err), &err);
        const uint64_t n = wbi_alloc_count();
        assert_true(n > 30);
        for (uint64_t k = 1; k <= n; k++) {
            wbi_alloc_fail_at(k);
            assert_int_equal(wb_metrics_compare(&d, &rows, s.other, &metrics, &options, &err), WB_ERR_NOMEM);
        }
        wbi_alloc_fail_at(0);
    }
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delong_is_symmetric_in_logits),
        cmocka_unit_test(delong_of_r),
        cmocka_unit_test(where_delong_does_not_hold),
        cmocka_unit_test(bootstrap_is_as_wide_as_theory),
        cmocka_unit_test(customers_stay_together),
        cmocka_unit_test(seeds_threads_and_levels),
        cmocka_unit_test(differences),
        cmocka_unit_test(equal_scores_do_not_differ),
        cmocka_unit_test(bad_options),
        cmocka_unit_test(stops_when_told),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
