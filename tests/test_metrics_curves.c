/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What pictures of figures of merit show. Bins are compared with scikit-learn's in test_metrics_peers.c. */
#include "test_util.h"

#include <string.h>

#include "base/memory.h"
#include "metrics_testing.h"

static wb_curves *curves_of(const wb_outcomes *rows, const wb_metrics_options *options)
{
    wb_curves *curves = malloc(sizeof *curves);
    wb_error err;
    assert_non_null(curves);
    assert_ok(wb_metrics_curves(curves, rows, options, &err), &err);
    return curves;
}

typedef struct total {
    double negative, positive;
} total;

static total at_least(const sample *s, double threshold)
{
    total t = {0, 0};
    for (size_t i = 0; i < s->n; i++)
        if (s->p[i] >= threshold)
            *(s->y[i] ? &t.positive : &t.negative) += s->w[i];
    return t;
}

static void check_point(const sample *s, const wb_curve_point *point, total all)
{
    const total t = at_least(s, point->threshold);
    assert_close(point->true_positive_rate, t.positive / all.positive, 1e-12);
    assert_close(point->false_positive_rate, t.negative / all.negative, 1e-12);
    assert_close(point->depth, (t.positive + t.negative) / (all.positive + all.negative), 1e-12);
    assert_close(point->precision, t.positive / (t.positive + t.negative), 1e-12);
    /* of EMP's amounts: 0.3 * 190 - 1 for who would leave, -11 for who would stay */
    assert_close(point->profit, (t.positive * 56 - t.negative * 11) / (all.positive + all.negative), 1e-10);
}

/* Points are those of the definition, in order, from nobody to everybody, few, and the area below them is nearly the AUC. */
static void points_lie_on_the_curves(void **state)
{
    (void)state;
    for (size_t number = 0; number < 12; number++) {
        sample s = sample_make(number, 50 + 900 * number);
        const wb_outcomes rows = weighted(&s);
        const total all = at_least(&s, 0);
        wb_curves *c = curves_of(&rows, NULL);
        wb_metrics m;
        double area = 0;
        assert_int_equal(wb_metrics_compute(&m, &rows, NULL, NULL), WB_OK);
        assert_true(c->n_points >= 2 && c->n_points <= WB_CURVE_POINTS + 1);
        assert_true(isnan(c->points[0].threshold));
        assert_close(c->points[0].depth, 0, 0);
        assert_close(c->points[0].precision, c->points[1].precision, 0);
        assert_close(c->points[c->n_points - 1].depth, 1, 0);
        for (size_t k = 1; k < c->n_points; k++) {
            const wb_curve_point *a = &c->points[k - 1], *b = &c->points[k];
            check_point(&s, b, all);
            assert_true(k == 1 || b->threshold < a->threshold);
            assert_true(b->depth > a->depth);
            area += (b->false_positive_rate - a->false_positive_rate) * (a->true_positive_rate + b->true_positive_rate) / 2;
        }
        assert_close(area, m.auc, 2e-4);
        free(c);
        sample_free(&s);
    }
}

/* Where there is room for all, all are there. */
static void few_points_are_all_there(void **state)
{
    (void)state;
    const double p[] = {0.9, 0.9, 0.7, 0.5, 0.5, 0.1, 1.0}, w[] = {1, 2, 1, 1, 1, 1, 0};
    const uint8_t y[] = {1, 0, 1, 0, 0, 0, 1};
    wb_curves *c = curves_of(&(wb_outcomes){p, y, w, NULL, 7}, NULL);
    assert_int_equal(c->n_points, 5); /* none for what weighs nothing */
    assert_close(c->points[1].threshold, 0.9, 0);
    assert_close(c->points[4].threshold, 0.1, 0);
    free(c);
}

/* With a million distinct scores the highest ones are still told apart. */
static void many_points(void **state)
{
    (void)state;
    sample s = sample_make(0, 200000);
    const wb_outcomes rows = unweighted(&s);
    wb_curves *c = curves_of(&rows, NULL), *again = curves_of(&rows, &(wb_metrics_options){0.5, WB_PROFIT_MODEL_INIT, 3});
    size_t within = 0;
    assert_int_equal(c->n_points, WB_CURVE_POINTS + 1);
    for (size_t k = 0; k < c->n_points; k++)
        within += c->points[k].depth <= 0.01;
    assert_true(within >= 10);
    assert_memory_equal(c->bins, again->bins, sizeof c->bins);
    assert_memory_equal(c->points + 1, again->points + 1, WB_CURVE_POINTS * sizeof *c->points);
    free(c);
    free(again);
    sample_free(&s);
}

/* 10 rows of one score, 4 positive: Wilson's interval is (0.1682, 0.6873); of weights 1 and 3 there are 16^2 / 34 rows'
 * worth. */
static void bins_have_wilson_intervals(void **state)
{
    (void)state;
    const double p[] = {0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4}, w[] = {1, 3, 1, 1, 3, 1, 1, 1, 3, 1};
    const uint8_t y[] = {1, 1, 1, 1, 0, 0, 0, 0, 0, 0};
    wb_curves *c = curves_of(&(wb_outcomes){p, y, NULL, NULL, 10}, NULL);
    assert_int_equal(c->n_bins, 1);
    assert_close(c->bins[0].n, 10, 0);
    assert_close(c->bins[0].observed, 0.4, 1e-15);
    assert_close(c->bins[0].mean_predicted, 0.4, 1e-15);
    assert_close(c->bins[0].low, 0.1682, 1e-4);
    assert_close(c->bins[0].high, 0.6873, 1e-4);
    free(c);
    c = curves_of(&(wb_outcomes){p, y, w, NULL, 10}, NULL);
    const double z = 1.959963984540054, n = 16.0 * 16 / 34, q = 6.0 / 16;
    assert_close(c->bins[0].observed, q, 1e-15);
    assert_close(c->bins[0].low, (q + z * z / (2 * n) - z * sqrt(q * (1 - q) / n + z * z / (4 * n * n))) / (1 + z * z / n), 1e-12);
    free(c);
}

static void histograms(void **state)
{
    (void)state;
    const double p[] = {0, 0.024, 0.025, 0.999, 1, 0.5};
    const uint8_t y[] = {0, 1, 1, 0, 1, 0};
    wb_curves *c = curves_of(&(wb_outcomes){p, y, NULL, NULL, 6}, NULL);
    assert_close(c->histogram_negative[0], 1, 0);
    assert_close(c->histogram_positive[0], 1, 0);
    assert_close(c->histogram_positive[1], 1, 0);
    assert_close(c->histogram_negative[20], 1, 0);
    assert_close(c->histogram_negative[39], 1, 0);
    assert_close(c->histogram_positive[39], 1, 0);
    free(c);
}

static void little_to_show(void **state)
{
    (void)state;
    const double p[] = {0.2, 0.7};
    const uint8_t y[] = {0, 0};
    wb_curves *c = curves_of(&(wb_outcomes){p, y, NULL, NULL, 0}, NULL);
    assert_int_equal(c->n_points, 1);
    assert_int_equal(c->n_bins, 0);
    free(c);
    c = curves_of(&(wb_outcomes){p, y, NULL, NULL, 2}, NULL);
    assert_int_equal(c->n_points, 3);
    assert_true(isnan(c->points[2].true_positive_rate));
    assert_close(c->points[2].false_positive_rate, 1, 0);
    free(c);
}

static void bad_rows_and_memory(void **state)
{
    (void)state;
    const double p[] = {0.2, 0.7, 1.7}, w[] = {1, 2, 3};
    const uint8_t y[] = {0, 1, 0};
    const wb_outcomes good = {p, y, w, NULL, 2}, bad = {p, y, w, NULL, 3};
    wb_curves *c = malloc(sizeof *c);
    wb_error err;
    assert_non_null(c);
    assert_int_equal(wb_metrics_curves(c, &bad, NULL, &err), WB_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "row 3"));
    wbi_alloc_fail_at(0);
    assert_ok(wb_metrics_curves(c, &good, NULL, &err), &err);
    const uint64_t n = wbi_alloc_count();
    for (uint64_t k = 1; k <= n; k++) {
        wbi_alloc_fail_at(k);
        assert_int_equal(wb_metrics_curves(c, &good, NULL, &err), WB_ERR_NOMEM);
    }
    wbi_alloc_fail_at(0);
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_lie_on_the_curves),   cmocka_unit_test(few_points_are_all_there),
        cmocka_unit_test(many_points),                cmocka_unit_test(bins_have_wilson_intervals),
        cmocka_unit_test(histograms),                 cmocka_unit_test(little_to_show),
        cmocka_unit_test(bad_rows_and_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
