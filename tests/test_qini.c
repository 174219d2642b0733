/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How well a score tells whom treatment serves: by hand, against a plain loop over thresholds, and against NumPy. */
#include "test_util.h"

#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "metrics_testing.h"

enum { N = 600 };

/* Rows of a campaign. */
typedef struct trial {
    double score[N], weight[N];
    uint8_t outcome[N], treated[N];
    uint32_t customer[N];
    size_t n;
} trial;

static wb_trial_rows rows_of(const trial *t)
{
    return (wb_trial_rows){t->score, t->outcome, t->treated, NULL, NULL, t->n};
}

/* `n_levels` different scores; treatment serves those of high ones. */
static void make_trial(trial *t, size_t n, double n_levels, uint64_t seed)
{
    t->n = n;
    for (size_t i = 0; i < n; i++) {
        t->score[i] = floor(draw_unit(&seed) * n_levels) / n_levels - 0.3;
        t->treated[i] = draw_unit(&seed) < 0.4;
        t->outcome[i] = draw_unit(&seed) < 0.3 + (t->treated[i] ? 0.5 * t->score[i] : 0);
        t->weight[i] = floor(3 * draw_unit(&seed)) / 2;
        t->customer[i] = (uint32_t)(10 * (i / 2));
    }
}

static wb_qini qini_of(const wb_trial_rows *rows, size_t n_resamples, int n_threads)
{
    const wb_interval_options options = {n_resamples, 3, 0.95, NULL};
    wb_qini qini;
    wb_error err;
    assert_ok(wb_metrics_qini(&qini, rows, &options, n_threads, &err), &err);
    return qini;
}

/* g of the rows whose score is at least so much, and how many these are. */
static double gain_from(const wb_trial_rows *rows, double threshold, double *depth)
{
    double n[2] = {0, 0}, y[2] = {0, 0};
    for (size_t i = 0; i < rows->n; i++) {
        const double weight = rows->weight == NULL ? 1 : rows->weight[i];
        if (rows->score[i] < threshold)
            continue;
        n[rows->treated[i]] += weight;
        y[rows->treated[i]] += weight * rows->outcome[i];
    }
    *depth = n[0] + n[1];
    return y[1] - (n[0] > 0 ? y[0] * n[1] / n[0] : 0);
}

/* The next score below. */
static double next_below(const wb_trial_rows *rows, double threshold)
{
    double next = -INFINITY;
    for (size_t i = 0; i < rows->n; i++)
        if (rows->score[i] < threshold && rows->score[i] > next)
            next = rows->score[i];
    return next;
}

/* By trapezoids from threshold to threshold, each looked at afresh. */
static double plain_coefficient(const wb_trial_rows *rows)
{
    double area = 0, depth = 0, gain = 0;
    for (double at = next_below(rows, INFINITY); at > -INFINITY; at = next_below(rows, at)) {
        double deeper;
        const double more = gain_from(rows, at, &deeper);
        area += (deeper - depth) * (gain + more) / 2;
        depth = deeper;
        gain = more;
    }
    return (area - depth * gain / 2) / depth;
}

/* After the two rows of 0.9: 1 - 0 * 1/1 = 1; after the five from 0.5 on: 2 - 1 * 3/2 = 0.5; after all six: 2 - 1 * 3/3 = 1. Area
 * 2 * 0.5 + 3 * 0.75 + 1 * 0.75 = 4, that of the chord 6 * 0.5 = 3, so the coefficient is 1/6. */
static void by_hand_with_ties(void **state)
{
    (void)state;
    static const double score[] = {0.5, 0.9, 0.1, 0.5, 0.9, 0.5};
    static const uint8_t treated[] = {1, 1, 0, 0, 0, 1}, outcome[] = {0, 1, 0, 1, 0, 1};
    static const double depth[] = {0, 2.0 / 6, 5.0 / 6, 1}, gain[] = {0, 1, 0.5, 1}, threshold[] = {NAN, 0.9, 0.5, 0.1};
    const wb_trial_rows rows = {score, outcome, treated, NULL, NULL, 6};
    const wb_qini q = qini_of(&rows, 0, 1);
    assert_close(q.coefficient, 1.0 / 6, 1e-15);
    assert_int_equal(q.n, 6);
    assert_int_equal(q.n_treated, 3);
    assert_int_equal(q.n_points, 4);
    for (size_t k = 0; k < 4; k++) {
        assert_close(q.points[k].depth, depth[k], 1e-15);
        assert_close(q.points[k].gain, gain[k], 1e-15);
        assert_close(q.points[k].threshold, threshold[k], 0);
    }
    assert_close(q.all.rate_treated, 2.0 / 3, 1e-15);
    assert_close(q.all.rate_control, 1.0 / 3, 1e-15);
    assert_close(q.all.mean_score, 3.4 / 6, 1e-15);
    /* middles of the groups at 1/6, 3.5/6 and 5.5/6 of the rows */
    assert_close(q.tenths[1].n_treated + q.tenths[1].n_control, 2, 0);
    assert_close(q.tenths[5].n_treated, 2, 0);
    assert_close(q.tenths[5].rate_control, 1, 0);
    assert_close(q.tenths[9].n_control, 1, 0);
    assert_true(isnan(q.tenths[9].rate_treated) && isnan(q.tenths[9].difference) && isnan(q.tenths[0].rate_control));
    assert_true(isnan(q.low) && isnan(q.se) && q.n_resamples == 0);
}

static void as_a_plain_loop(void **state)
{
    (void)state;
    static const double levels[] = {2, 7, 50, 1e6};
    static trial t;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        make_trial(&t, 20 + 7 * seed, levels[seed % 4], seed);
        wb_trial_rows rows = rows_of(&t);
        assert_close(qini_of(&rows, 0, 1).coefficient, plain_coefficient(&rows), 1e-11);
        rows.weight = t.weight;
        const wb_qini q = qini_of(&rows, 0, 1);
        assert_close(q.coefficient, plain_coefficient(&rows), 1e-11);
        for (size_t k = 1; k < q.n_points; k++) {
            double depth, total;
            const double gain = gain_from(&rows, q.points[k].threshold, &depth);
            gain_from(&rows, -INFINITY, &total);
            assert_close(q.points[k].gain, gain, 1e-11);
            assert_close(q.points[k].depth, depth / total, 1e-13);
        }
    }
}

/* NumPy 2: o = argsort(-u); at the last row of each score nt, nc, yt, yc = cumsum of t, 1 - t, y t, y (1 - t); g = yt - yc nt / nc;
 * (trapezoid(g, k) - g[-1] n / 2) / n, with 0 before both. */
static void as_numpy(void **state)
{
    (void)state;
    enum { MANY = 2000 };
    static double score[MANY];
    static uint8_t treated[MANY], outcome[MANY];
    uint64_t seed = 77;
    for (size_t i = 0; i < MANY; i++) {
        score[i] = floor(draw_unit(&seed) * 40) / 40 - 0.3;
        treated[i] = draw_unit(&seed) < 0.4;
        outcome[i] = draw_unit(&seed) < 0.3 + (treated[i] ? 0.3 * score[i] : 0);
    }
    const wb_trial_rows rows = {score, outcome, treated, NULL, NULL, MANY};
    const wb_qini q = qini_of(&rows, 0, 1);
    assert_close(q.coefficient, 17.479287513068037, 1e-12);
    assert_close(q.points[q.n_points - 1].gain, 63.77502067824648, 1e-12);
    assert_int_equal(q.n_points, 41);
}

/* The order of the scores is all that counts; without one there is no area. */
static void scores_are_ranks(void **state)
{
    (void)state;
    static trial t, other;
    make_trial(&t, N, 50, 5);
    other = t;
    for (size_t i = 0; i < N; i++)
        other.score[i] = 1e6 + exp(t.score[i]);
    const wb_trial_rows rows = rows_of(&t), monotone = rows_of(&other);
    const double coefficient = qini_of(&rows, 0, 1).coefficient;
    assert_close(qini_of(&monotone, 0, 1).coefficient, coefficient, 1e-12);
    for (size_t i = 0; i < N; i++)
        other.score[i] = 0.25;
    assert_close(qini_of(&monotone, 0, 1).coefficient, 0, 1e-12);
    assert_true(coefficient > 1);
}

/* Newcombe 1998, Statistics in Medicine 17, table II: 56/70 - 48/80 by method 10 is 0.0524 to 0.3339, 10/10 - 0/10 is 0.6075 to
 * 1. */
static void differences_as_newcombe(void **state)
{
    (void)state;
    static const size_t n[2][2] = {{70, 80}, {10, 10}}, y[2][2] = {{56, 48}, {10, 0}};
    static const double low[2] = {0.0524, 0.6075}, high[2] = {0.3339, 1};
    static trial t;
    for (size_t k = 0; k < 2; k++) {
        t.n = n[k][0] + n[k][1];
        for (size_t i = 0; i < t.n; i++) {
            const bool treated = i < n[k][0];
            t.treated[i] = treated;
            t.outcome[i] = treated ? i < y[k][0] : i - n[k][0] < y[k][1];
            t.score[i] = 0;
            t.weight[i] = 3;
        }
        wb_trial_rows rows = rows_of(&t);
        const wb_arm_rates all = qini_of(&rows, 0, 1).all;
        assert_close(all.low, low[k], 6e-5);
        assert_close(all.high, high[k], 6e-5);
        rows.weight = t.weight; /* equal weights are none */
        assert_close(qini_of(&rows, 0, 1).all.low, all.low, 1e-13);
    }
}

/* The mean standard error of resamples is the spread over samples. */
static void resamples_spread_as_samples(void **state)
{
    (void)state;
    enum { SAMPLES = 150 };
    static trial t;
    double sum = 0, squares = 0, se = 0;
    size_t n_within = 0;
    for (uint64_t k = 0; k < SAMPLES; k++) {
        make_trial(&t, N, 1e6, 1000 + k);
        const wb_trial_rows rows = rows_of(&t);
        const wb_qini q = qini_of(&rows, 120, 0);
        sum += q.coefficient;
        squares += q.coefficient * q.coefficient;
        se += q.se / SAMPLES;
        assert_true(q.low < q.coefficient && q.coefficient < q.high);
        n_within += q.low > 0;
    }
    const double mean = sum / SAMPLES, sd = sqrt((squares - SAMPLES * mean * mean) / (SAMPLES - 1));
    assert_close(se / sd, 1, 0.2); /* 3 standard errors of a deviation of 150 */
    assert_true(n_within > SAMPLES / 2);
}

/* Two rows of a customer are drawn together: as one row of twice the weight. */
static void customers_stay_together(void **state)
{
    (void)state;
    static trial t;
    make_trial(&t, N, 50, 8);
    for (size_t i = 0; i < N; i++) {
        t.weight[i] = 2;
        t.customer[i] = (uint32_t)(10 * (i / 2));
        t.score[i] = t.score[i / 2 * 2];
        t.treated[i] = t.treated[i / 2 * 2];
        t.outcome[i] = t.outcome[i / 2 * 2];
    }
    trial half = {.n = N / 2};
    for (size_t i = 0; i < N / 2; i++) {
        half.score[i] = t.score[2 * i];
        half.treated[i] = t.treated[2 * i];
        half.outcome[i] = t.outcome[2 * i];
        half.weight[i] = 2;
    }
    wb_trial_rows often = rows_of(&t), once = rows_of(&half);
    often.customer = t.customer;
    once.weight = half.weight;
    const wb_qini a = qini_of(&often, 100, 1), b = qini_of(&once, 100, 1);
    assert_close(a.coefficient, b.coefficient, 1e-12);
    assert_close(a.low, b.low, 1e-12);
    assert_close(a.se, b.se, 1e-12);
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    static trial t;
    make_trial(&t, N, 100, 9);
    wb_trial_rows rows = rows_of(&t);
    rows.weight = t.weight;
    rows.customer = t.customer;
    const wb_qini one = qini_of(&rows, 50, 1);
    for (int n_threads = 2; n_threads <= 4; n_threads += 2) {
        const wb_qini several = qini_of(&rows, 50, n_threads);
        assert_memory_equal(&several, &one, sizeof one);
    }
}

static void few_rows_have_no_coefficient(void **state)
{
    (void)state;
    const double score[] = {0.1, 0.2};
    const uint8_t treated[] = {1, 1}, outcome[] = {0, 1};
    const wb_trial_rows none = {score, outcome, treated, NULL, NULL, 0}, one_arm = {score, outcome, treated, NULL, NULL, 2};
    assert_true(isnan(qini_of(&none, 10, 1).coefficient));
    const wb_qini q = qini_of(&one_arm, 10, 1);
    assert_true(isnan(q.coefficient) && isnan(q.low) && isnan(q.all.difference) && q.n_resamples == 0);
    assert_close(q.all.rate_treated, 0.5, 0);
}

static void bad_values_are_refused(void **state)
{
    (void)state;
    static trial t;
    wb_qini q;
    wb_error err;
    const wb_interval_options level = {10, 1, 1, NULL};
    make_trial(&t, 10, 5, 1);
    wb_trial_rows rows = rows_of(&t);
    rows.weight = t.weight;
    assert_int_equal(wb_metrics_qini(&q, &rows, &level, 1, &err), WB_ERR_ARGUMENT);
    assert_string_equal(err.message, "level 1 is not between 0 and 1");
    t.weight[3] = NAN;
    assert_int_equal(wb_metrics_qini(&q, &rows, NULL, 1, &err), WB_ERR_ARGUMENT);
    assert_string_equal(err.message, "weight nan of row 4 is not a number >= 0");
    t.treated[2] = 2;
    assert_int_equal(wb_metrics_qini(&q, &rows, NULL, 1, &err), WB_ERR_ARGUMENT);
    assert_string_equal(err.message, "treated 2 of row 3 is not 0 or 1");
    t.outcome[1] = 7;
    assert_int_equal(wb_metrics_qini(&q, &rows, NULL, 1, &err), WB_ERR_ARGUMENT);
    assert_string_equal(err.message, "outcome 7 of row 2 is not 0 or 1");
    t.score[0] = NAN;
    assert_int_equal(wb_metrics_qini(&q, &rows, NULL, 1, &err), WB_ERR_ARGUMENT);
    assert_string_equal(err.message, "the score of row 1 is missing");
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static trial t;
    wb_qini q;
    wb_error err;
    wb_status status = WB_ERR_NOMEM;
    const wb_interval_options options = {5, 1, 0.95, NULL};
    make_trial(&t, 60, 5, 1);
    wb_trial_rows rows = rows_of(&t);
    rows.weight = t.weight;
    rows.customer = t.customer;
    for (uint64_t n = 1; status != WB_OK; n++) {
        assert_true(n < 1000);
        wbi_alloc_fail_at(n);
        status = wb_metrics_qini(&q, &rows, &options, 2, &err);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        wbi_alloc_fail_at(0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand_with_ties),
        cmocka_unit_test(as_a_plain_loop),
        cmocka_unit_test(as_numpy),
        cmocka_unit_test(scores_are_ranks),
        cmocka_unit_test(differences_as_newcombe),
        cmocka_unit_test(resamples_spread_as_samples),
        cmocka_unit_test(customers_stay_together),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(few_rows_have_no_coefficient),
        cmocka_unit_test(bad_values_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
