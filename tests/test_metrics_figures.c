/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each figure of merit against its definition, and what holds of all of them. */
#include "test_util.h"

#include <gsl/gsl_integration.h>
#include <gsl/gsl_randist.h>
#include <string.h>

#include "base/memory.h"
#include "metrics_testing.h"

static wb_metrics compute(const wb_outcomes *rows, int n_threads)
{
    wb_metrics_options options = WB_METRICS_OPTIONS_INIT;
    wb_metrics m;
    wb_error err;
    options.n_threads = n_threads;
    assert_ok(wb_metrics_compute(&m, rows, &options, &err), &err);
    return m;
}

/* Same bits for any number of threads and any order of the rows, with ties across blocks. */
static void threads_and_order(void **state)
{
    (void)state;
    for (size_t number = 0; number < 4; number++) {
        sample s = sample_make(number, 40000), turned = sample_of(s.n);
        for (size_t i = 0; i < s.n; i++) {
            const size_t from = i * 7919 % s.n; /* a prime that does not divide the number of rows */
            turned.p[i] = s.p[from];
            turned.y[i] = s.y[from];
            turned.w[i] = s.w[from];
        }
        const wb_outcomes rows = number % 2 == 1 ? weighted(&s) : unweighted(&s);
        const wb_outcomes others = number % 2 == 1 ? weighted(&turned) : unweighted(&turned);
        const wb_metrics one = compute(&rows, 1);
        for (int n_threads = 2; n_threads <= 4; n_threads++) {
            const wb_metrics many = compute(&rows, n_threads), other = compute(&others, n_threads);
            assert_memory_equal(&one, &many, sizeof one);
            assert_memory_equal(&one, &other, sizeof one);
        }
        sample_free(&s);
        sample_free(&turned);
    }
}

/* Of rows again and again, so that they fill several blocks, all that does not look at the number of rows stays. */
static void copies(void **state)
{
    (void)state;
    enum { N = 310, TIMES = 70 };
    for (size_t number = 0; number < 4; number++) {
        sample s = sample_make(number, N), many = sample_of(N * TIMES);
        for (size_t i = 0; i < many.n; i++) {
            many.p[i] = s.p[i % N];
            many.y[i] = s.y[i % N];
            many.w[i] = s.w[i % N];
        }
        const wb_outcomes once = number % 2 == 1 ? weighted(&s) : unweighted(&s);
        const wb_outcomes often = number % 2 == 1 ? weighted(&many) : unweighted(&many);
        const wb_metrics a = compute(&once, 2), b = compute(&often, 2);
        const double of_a[] = {a.auc, a.pr_auc, a.log_loss, a.brier, a.brier_miscalibration, a.brier_discrimination, a.ks,
                               a.calibration_slope, a.calibration_intercept, a.empc, a.empc_fraction, a.capture[4], a.lift[4]};
        const double of_b[] = {b.auc, b.pr_auc, b.log_loss, b.brier, b.brier_miscalibration, b.brier_discrimination, b.ks,
                               b.calibration_slope, b.calibration_intercept, b.empc, b.empc_fraction, b.capture[4], b.lift[4]};
        for (size_t k = 0; k < sizeof of_a / sizeof *of_a; k++)
            assert_close(of_b[k], of_a[k], 1e-12);
        assert_close(b.true_positive, TIMES * a.true_positive, 1e-12);
        sample_free(&s);
        sample_free(&many);
    }
}

static void brier_is_its_parts(void **state)
{
    (void)state;
    for (size_t number = 0; number < 20; number++) {
        sample s = sample_make(number, 100 + 1000 * number);
        const wb_outcomes rows = number % 2 == 1 ? weighted(&s) : unweighted(&s);
        const wb_metrics m = compute(&rows, 2);
        assert_close(m.brier_miscalibration - m.brier_discrimination + m.brier_uncertainty, m.brier, 1e-15);
        assert_true(m.brier_miscalibration >= -1e-15 && m.brier_discrimination >= -1e-15);
        assert_close(m.brier_uncertainty, m.base_rate * (1 - m.base_rate), 1e-15);
        assert_close(m.gini, 2 * m.auc - 1, 1e-15);
        sample_free(&s);
    }
}

/* Pools by hand: from the top 1 | 1 0 | 0 0 1 has shares 1, 1/2 and 1/3, which fall; left are 2/4 and 3 * 2/9. */
static void brier_by_hand(void **state)
{
    (void)state;
    const double p[] = {0.9, 0.8, 0.8, 0.5, 0.5, 0.1};
    const uint8_t y[] = {1, 0, 1, 0, 0, 1};
    const wb_metrics m = compute(&(wb_outcomes){p, y, NULL, NULL, 6}, 1);
    assert_close(m.brier_uncertainty - m.brier_discrimination, (2.0 / 4 + 3 * 2.0 / 9) / 6, 1e-15);
    assert_close(m.true_positive, 2, 0); /* at 0.5, which is positive */
    assert_close(m.false_positive, 3, 0);
    assert_close(m.false_negative, 1, 0);
    assert_close(m.true_negative, 0, 0);
}

/* The sums of w (s - y) and w (s - y) x are 0 where s = 1 / (1 + exp(-(a + b x))) fits best. */
static void calibration_lines(void **state)
{
    (void)state;
    for (size_t number = 0; number < 12; number++) {
        sample s = sample_make(number, 50 + 2000 * number);
        const wb_outcomes rows = number % 2 == 1 ? weighted(&s) : unweighted(&s);
        const wb_metrics m = compute(&rows, 2);
        double a = -0.7, by_a = 1, r_one = 0, r = 0, rx = 0, total = 0;
        for (int step = 0; step < 60 && fabs(by_a) > 1e-14; step++) { /* the intercept beside the slope found */
            double gradient = 0, curvature = 0;
            for (size_t i = 0; i < s.n; i++) {
                const double p = fmin(fmax(s.p[i], 0x1p-52), 1 - 0x1p-52);
                const double e = 1 / (1 + exp(-a - m.calibration_slope * (log(p) - log1p(-p))));
                gradient += s.w[i] * (e - s.y[i]);
                curvature += s.w[i] * e * (1 - e);
            }
            by_a = gradient / curvature;
            a -= by_a;
        }
        for (size_t i = 0; i < s.n; i++) {
            const double p = fmin(fmax(s.p[i], 0x1p-52), 1 - 0x1p-52), x = log(p) - log1p(-p);
            r_one += s.w[i] * (1 / (1 + exp(-m.calibration_intercept - x)) - s.y[i]);
            r += s.w[i] * (1 / (1 + exp(-a - m.calibration_slope * x)) - s.y[i]);
            rx += s.w[i] * (1 / (1 + exp(-a - m.calibration_slope * x)) - s.y[i]) * x;
            total += s.w[i];
        }
        assert_close(r_one / total, 0, 1e-12);
        assert_close(r / total, 0, 1e-12);
        assert_close(rx / total, 0, 1e-11);
        sample_free(&s);
    }
}

/* No slope fits best where all of one outcome lie above all of the other, or nothing varies; the intercept is ln(odds) then. */
static void no_calibration(void **state)
{
    (void)state;
    const double apart[] = {0.1, 0.2, 0.3, 0.4}, touching[] = {0.1, 0.3, 0.3, 0.4}, same[] = {0.3, 0.3, 0.3, 0.3};
    const double off[] = {1e-300, 0, 1e-18, 0}; /* all the same when clipped */
    const uint8_t up[] = {0, 0, 1, 1}, down[] = {1, 1, 0, 0}, mixed[] = {0, 1, 0, 1};
    assert_true(isnan(compute(&(wb_outcomes){apart, up, NULL, NULL, 4}, 1).calibration_slope));
    assert_true(isnan(compute(&(wb_outcomes){apart, down, NULL, NULL, 4}, 1).calibration_slope));
    assert_true(isnan(compute(&(wb_outcomes){touching, up, NULL, NULL, 4}, 1).calibration_slope));
    assert_true(isnan(compute(&(wb_outcomes){same, up, NULL, NULL, 4}, 1).calibration_slope));
    assert_true(isnan(compute(&(wb_outcomes){off, up, NULL, NULL, 4}, 1).calibration_slope));
    assert_true(isfinite(compute(&(wb_outcomes){apart, mixed, NULL, NULL, 4}, 1).calibration_slope));
    assert_close(compute(&(wb_outcomes){same, up, NULL, NULL, 4}, 1).calibration_intercept, log(0.7 / 0.3), 1e-12);
    assert_true(isfinite(compute(&(wb_outcomes){apart, up, NULL, NULL, 4}, 1).calibration_intercept));
    const double w[] = {1, 0, 1, 0}; /* what weighs nothing does not keep them from being apart */
    assert_true(isnan(compute(&(wb_outcomes){apart, mixed, w, NULL, 4}, 1).calibration_slope));
}

typedef struct campaign {
    const sample *s;
    wb_profit_model model;
} campaign;

/* The most that contacting all from some score on brings, at one keep rate, times that rate's density. */
static double most(double keep, void *context)
{
    const campaign *c = context;
    const sample *s = c->s;
    double best = 0, total = 0;
    for (size_t i = 0; i < s->n; i++)
        total += s->w[i];
    for (size_t cut = 0; cut < s->n; cut++) {
        double profit = 0;
        for (size_t i = 0; i < s->n; i++)
            if (s->p[i] >= s->p[cut])
                profit += s->w[i] * (s->y[i] ? keep * (c->model.value - c->model.offer_cost) - c->model.contact_cost
                                             : -c->model.offer_cost - c->model.contact_cost);
        best = profit > best ? profit : best;
    }
    return best / total * gsl_ran_beta_pdf(keep, c->model.alpha, c->model.beta);
}

static void empc_by_integration(void **state)
{
    (void)state;
    const wb_profit_model models[] = {WB_PROFIT_MODEL_INIT, {2, 3, 50, 20, 5}, {1, 1, 30, 8, 0}, {0.7, 4, 100, 30, 10}};
    gsl_integration_workspace *space = gsl_integration_workspace_alloc(2000);
    for (size_t number = 0; number < 8; number++) {
        sample s = sample_make(number, 60);
        campaign c = {&s, models[number % 4]};
        const gsl_function f = {most, &c};
        wb_metrics_options options = WB_METRICS_OPTIONS_INIT;
        double expected, off;
        wb_metrics m;
        wb_error err;
        options.profit = c.model;
        const wb_outcomes rows = weighted(&s);
        assert_ok(wb_metrics_compute(&m, &rows, &options, &err), &err);
        assert_int_equal(gsl_integration_qags(&f, 0, 1, 1e-9, 1e-9, 2000, space, &expected, &off), 0);
        assert_close(m.empc, expected, 1e-7);
        assert_true(m.empc > 0 && m.empc_fraction > 0 && m.empc_fraction <= 1);
        sample_free(&s);
    }
    gsl_integration_workspace_free(space);
}

/* A customer who is worth less than the offer is never contacted. */
static void nothing_to_gain(void **state)
{
    (void)state;
    sample s = sample_make(1, 60);
    wb_metrics_options options = WB_METRICS_OPTIONS_INIT;
    wb_metrics m;
    wb_error err;
    const wb_outcomes rows = weighted(&s);
    options.profit.value = options.profit.offer_cost;
    assert_ok(wb_metrics_compute(&m, &rows, &options, &err), &err);
    assert_close(m.empc, 0, 0);
    assert_close(m.empc_fraction, 0, 0);
    sample_free(&s);
}

/* The positives within the first `depth` of the weight, each row counting as the mean of its tie. */
static double within(const sample *s, double depth)
{
    double positive = 0, above = 0, last = 2;
    while (above < depth) {
        double next = -1, size = 0, hits = 0;
        for (size_t i = 0; i < s->n; i++)
            next = s->p[i] < last && s->p[i] > next ? s->p[i] : next;
        for (size_t i = 0; i < s->n; i++)
            if (s->p[i] == next) {
                size += s->w[i];
                hits += s->w[i] * s->y[i];
            }
        positive += size > 0 ? hits * fmin(1, (depth - above) / size) : 0;
        above += size;
        last = next;
    }
    return positive;
}

static void depths(void **state)
{
    (void)state;
    for (size_t number = 0; number < 8; number++) {
        sample s = sample_make(number, 101 + number);
        const wb_outcomes rows = weighted(&s);
        const wb_metrics m = compute(&rows, 1);
        double total = 0, positive = 0;
        for (size_t i = 0; i < s.n; i++) {
            total += s.w[i];
            positive += s.w[i] * s.y[i];
        }
        for (size_t d = 0; d < WB_N_DEPTHS; d++) {
            const double share = ceil((double)s.n * wb_metrics_depth(d) - 1e-9) / (double)s.n;
            const double hits = within(&s, total * share);
            assert_close(m.capture[d], hits / positive, 1e-12);
            assert_close(m.lift[d], hits / (total * share) / (positive / total), 1e-12);
        }
        sample_free(&s);
    }
}

static void one_class(void **state)
{
    (void)state;
    const double p[] = {0.2, 0.7, 0.7};
    const uint8_t no[] = {0, 0, 0}, yes[] = {1, 1, 1};
    const wb_metrics a = compute(&(wb_outcomes){p, no, NULL, NULL, 3}, 1), b = compute(&(wb_outcomes){p, yes, NULL, NULL, 3}, 1);
    assert_true(isnan(a.auc) && isnan(a.pr_auc) && isnan(a.ks) && isnan(a.gini) && isnan(a.lift[0]) && isnan(a.capture[4]));
    assert_true(isnan(a.calibration_slope) && isnan(a.calibration_intercept));
    assert_true(isnan(b.auc) && isnan(b.ks) && isnan(b.calibration_slope) && isnan(b.calibration_intercept));
    assert_close(a.base_rate, 0, 0);
    assert_close(a.brier_uncertainty, 0, 0);
    assert_close(a.ece, 1.6 / 3, 1e-15);
    assert_close(b.base_rate, 1, 0);
}

/* Rows that weigh nothing, and none at all. */
static void no_weight(void **state)
{
    (void)state;
    const double p[] = {0.2, 0.7}, w[] = {0, 0};
    const uint8_t y[] = {0, 1};
    const wb_metrics m = compute(&(wb_outcomes){p, y, w, NULL, 2}, 1), none = compute(&(wb_outcomes){p, y, w, NULL, 0}, 1);
    assert_int_equal(m.n, 2);
    assert_int_equal(m.n_positive, 1);
    for (const double *f = &m.base_rate; f <= &m.empc_fraction; f++)
        assert_true(isnan(*f));
    for (const double *f = &none.base_rate; f <= &none.empc_fraction; f++)
        assert_true(isnan(*f));
}

static void options_out_of_range(void **state)
{
    (void)state;
    const double p[] = {0.2, 0.7}, thresholds[] = {-0.1, 1.1, NAN};
    const uint8_t y[] = {0, 1};
    const wb_outcomes rows = {p, y, NULL, NULL, 2};
    const wb_profit_model models[] = {{0, 14, 200, 10, 1},   {6, -1, 200, 10, 1},   {6, 14, -200, 10, 1},    {6, 14, 200, NAN, 1},
                                      {6, 14, 200, 10, -1},  {NAN, 14, 200, 10, 1}, {6, 14, INFINITY, 10, 1}};
    wb_metrics m;
    wb_error err;
    for (size_t i = 0; i < 3; i++) {
        wb_metrics_options options = WB_METRICS_OPTIONS_INIT;
        options.threshold = thresholds[i];
        assert_int_equal(wb_metrics_compute(&m, &rows, &options, &err), WB_ERR_ARGUMENT);
    }
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        wb_metrics_options options = WB_METRICS_OPTIONS_INIT;
        options.profit = models[i];
        assert_int_equal(wb_metrics_compute(&m, &rows, &options, &err), WB_ERR_ARGUMENT);
    }
}

/* The first bad row is named, however many threads look. */
static void first_bad_row(void **state)
{
    (void)state;
    sample s = sample_make(0, 300000);
    wb_metrics_options options = WB_METRICS_OPTIONS_INIT;
    wb_metrics m;
    wb_error err;
    const wb_outcomes rows = unweighted(&s);
    s.p[123456] = 1.5;
    s.y[250000] = 9;
    for (options.n_threads = 1; options.n_threads <= 4; options.n_threads++) {
        assert_int_equal(wb_metrics_compute(&m, &rows, &options, &err), WB_ERR_ARGUMENT);
        assert_string_equal(err.message, "probability 1.5 of row 123457 is not in [0, 1]");
    }
    sample_free(&s);
}

static void out_of_memory(void **state)
{
    (void)state;
    sample s = sample_make(1, 20000);
    const wb_outcomes rows = weighted(&s);
    wb_metrics_options options = WB_METRICS_OPTIONS_INIT;
    wb_metrics m;
    wb_error err;
    options.n_threads = 1;
    wbi_alloc_fail_at(0);
    assert_ok(wb_metrics_compute(&m, &rows, &options, &err), &err);
    const uint64_t n = wbi_alloc_count();
    assert_true(n > 5);
    for (uint64_t k = 1; k <= n; k++) {
        wbi_alloc_fail_at(k);
        assert_int_equal(wb_metrics_compute(&m, &rows, &options, &err), WB_ERR_NOMEM);
    }
    wbi_alloc_fail_at(0);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_and_order), cmocka_unit_test(copies),           cmocka_unit_test(brier_is_its_parts),
        cmocka_unit_test(brier_by_hand),     cmocka_unit_test(calibration_lines), cmocka_unit_test(no_calibration),
        cmocka_unit_test(empc_by_integration), cmocka_unit_test(nothing_to_gain), cmocka_unit_test(depths),
        cmocka_unit_test(one_class),         cmocka_unit_test(no_weight),        cmocka_unit_test(options_out_of_range),
        cmocka_unit_test(first_bad_row),     cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
