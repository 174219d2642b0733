/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps from out-of-fold scores to outcomes, and when one is worth having. */
#include "test_util.h"

#include <float.h>
#include <stdlib.h>

#include "train/train.h"
#include "train_testing.h"

enum { MANY = 40000 };

/* Rows with the folds that they are in, one behind the other. */
typedef struct held {
    double log_odds[MANY], probability[MANY], weight[MANY];
    uint8_t outcome[MANY];
    uint32_t customer[MANY];
    size_t fold_ends[5], n;
    int n_folds;
} held;
static held rows;

static double logistic(double log_odds)
{
    return 1 / (1 + exp(-log_odds));
}

/* Rows [0, n) in folds of the same size; every customer has one. */
static void cut(size_t n, int n_folds)
{
    rows.n = n;
    rows.n_folds = n_folds;
    for (int k = 0; k < n_folds; k++)
        rows.fold_ends[k] = n * (size_t)(k + 1) / (size_t)n_folds;
    for (size_t i = 0; i < n; i++) {
        rows.probability[i] = logistic(rows.log_odds[i]);
        rows.customer[i] = (uint32_t)i;
    }
}

static wb_status try_fit(wbi_calibration *map, wb_calibration asked, int n_threads, const wb_log *log, wb_error *err)
{
    const wbi_part part = {rows.n, NULL, rows.outcome, rows.weight, rows.customer, false};
    const wbi_held_rows given = {rows.log_odds, rows.probability, &part, rows.fold_ends, rows.n_folds, rows.n, rows.n, n_threads};
    *map = (wbi_calibration){0};
    return wbi_calibration_fit(map, &given, asked, log, err);
}

static wbi_calibration fit(wb_calibration asked)
{
    wbi_calibration map;
    wb_error err;
    assert_ok(try_fit(&map, asked, 2, NULL, &err), &err);
    return map;
}

static double mapped(const wbi_calibration *map, double log_odds)
{
    double probability;
    wbi_calibrate(map, &probability, &log_odds, 1);
    return probability;
}

/* ---- against R and scikit-learn ---- */

enum { FEW = 20, N_GRID = 25 };
static const double few_log_odds[FEW] = {-2.5, -2,  -1.75, -1.5, -1.5, -1, -0.75, -0.5, -0.5, 0,
                                         0.25, 0.5, 0.75,  1,    1,    1.5, 2,    2.25, 2.5,  3};
static const uint8_t few_outcome[FEW] = {1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 0};
static const double few_weight[FEW] = {1, 1, 2, .5, 1, 3, 1, 1, .25, 2, 1, 1, 4, 1, .5, 1, 1, 2, 1, 1};
static const double grid[N_GRID] = {-4, -2.5, -2.2, -2, -1.6, -1.2, -1,  -.9, -.6, -.5, -.2, 0, .1,
                                    .4, .6,   .75,  .8, 1,    1.2,  1.4, 1.7, 2,   2.3, 3,   5};

static void set_few(bool weighted, double scale)
{
    for (size_t i = 0; i < FEW; i++) {
        rows.log_odds[i] = few_log_odds[i];
        rows.outcome[i] = few_outcome[i];
        rows.weight[i] = weighted ? scale * few_weight[i] : scale;
    }
    cut(FEW, 2);
}

/* R: glm(outcome ~ log_odds, weights = weight, family = binomial, control = list(epsilon = 1e-15)) */
static void a_line_as_glm(void **state)
{
    (void)state;
    static const double expected[2][2] = {{-0.043940384895297051, 0.330243884702090373}, {-0.095404570105122322, 0.234675833489720265}};
    for (int weighted = 0; weighted < 2; weighted++)
        for (int scaled = 0; scaled < 2; scaled++) {
            set_few(weighted != 0, scaled ? 1e-6 : 1);
            wbi_calibration map = fit(WB_CALIBRATION_PLATT);
            assert_int_equal(map.method, WB_CALIBRATION_PLATT);
            assert_close(map.intercept, expected[weighted][0], 1e-10);
            assert_close(map.slope, expected[weighted][1], 1e-10);
            assert_close(mapped(&map, 0.7), logistic(map.intercept + 0.7 * map.slope), 1e-15);
            assert_close(wbi_calibrated_log_odds(&map, 0.7, NAN), map.intercept + 0.7 * map.slope, 1e-15);
            wbi_calibration_clear(&map);
        }
}

/* scikit-learn: IsotonicRegression(out_of_bounds="clip").fit(probability, outcome, sample_weight=weight), predict at the grid's
 * probabilities */
static void steps_as_scikit_learn(void **state)
{
    (void)state;
    static const double expected[2][N_GRID] = {
        {0.2, 0.2, 0.2, 0.2, 0.2, 0.37008328206459307, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5,
         0.5, 0.5, 0.5, 0.5346819809712692, 0.6666666666666666, 0.6666666666666666, 0.6666666666666666, 0.7035209164836365, 0.75,
         0.75, 0.75, 0.75},
        {0.18181818181818182, 0.18181818181818182, 0.18181818181818182, 0.18181818181818182, 0.18181818181818182,
         0.3461639489360562, 0.4716981132075472, 0.4716981132075472, 0.4716981132075472, 0.4716981132075472, 0.4716981132075472,
         0.4716981132075472, 0.4716981132075472, 0.4716981132075472, 0.4716981132075472, 0.4716981132075472, 0.49839669478542986,
         0.6, 0.6, 0.6, 0.6884501995607275, 0.8, 0.8, 0.8, 0.8}};
    for (int weighted = 0; weighted < 2; weighted++)
        for (int scaled = 0; scaled < 2; scaled++) {
            set_few(weighted != 0, scaled ? 1e6 : 1);
            wbi_calibration map = fit(WB_CALIBRATION_ISOTONIC);
            assert_int_equal(map.method, WB_CALIBRATION_ISOTONIC);
            for (size_t k = 0; k < N_GRID; k++) {
                const double to = mapped(&map, grid[k]);
                assert_close(to, expected[weighted][k], 1e-12);
                assert_close(logistic(wbi_calibrated_log_odds(&map, grid[k], to)), to, 1e-15);
            }
            assert_true(isnan(mapped(&map, NAN)));
            wbi_calibration_clear(&map);
        }
}

/* Scores -2, -1, 0, 1, 2, 3 of 3, 5, 2, 4, 1, 6 rows, of which 0, 0, 1, 2, 1, 6 are positive: pools of 8 rows (none), 6 (half), 7
 * (all), the ends (0 + 1)/(8 + 2) and (7 + 1)/(7 + 2). With only 1 row below, (0 + 1)/(1 + 2) is less than a half; with a neighbour
 * of 1 in 10, it is held at that. */
static void ends_are_never_certain(void **state)
{
    (void)state;
    static const size_t counts[] = {3, 5, 2, 4, 1, 6}, positives[] = {0, 0, 1, 2, 1, 6};
    size_t n = 0;
    for (size_t s = 0; s < 6; s++)
        for (size_t k = 0; k < counts[s]; k++, n++) {
            rows.log_odds[n] = (double)s - 2;
            rows.outcome[n] = k < positives[s];
            rows.weight[n] = 7;
        }
    cut(n, 2);
    wbi_calibration map = fit(WB_CALIBRATION_ISOTONIC);
    assert_int_equal(map.n_knots, 6);
    for (size_t s = 0; s < 6; s++)
        assert_close(mapped(&map, (double)s - 2), s < 2 ? 0.1 : s < 4 ? 0.5 : 8.0 / 9, 1e-14);
    assert_close(mapped(&map, -1.5), 0.1, 1e-14);
    assert_close(mapped(&map, -50), 0.1, 1e-14);
    assert_close(mapped(&map, 50), 8.0 / 9, 1e-14);
    wbi_calibration_clear(&map);
    for (n = 0; n < 22; n++) {
        rows.log_odds[n] = n == 0 ? 0 : n < 11 ? 1 : 2;
        rows.outcome[n] = n == 10 || n == 12 || n == 11;
        rows.weight[n] = 1;
    }
    cut(n, 2);
    map = fit(WB_CALIBRATION_ISOTONIC);
    assert_close(mapped(&map, 0), 0.1, 1e-14);
    assert_close(mapped(&map, 1), 0.1, 1e-14);
    assert_close(mapped(&map, 2), 2.0 / 11, 1e-14);
    wbi_calibration_clear(&map);
}

/* ---- rows of which the truth is known ---- */

/* Log-odds of what happens, given a score. */
typedef double truth(double score);

static double itself(double score)
{
    return score;
}

static double halved(double score)
{
    return 0.5 * score - 0.3;
}

static double stepped(double score)
{
    return score < 0.5 ? -3 : 0.5;
}

static void draw(size_t n, truth *of, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) {
        rows.log_odds[i] = 6 * frame_uniform(&seed) - 3.5;
        rows.outcome[i] = frame_uniform(&seed) < logistic(of(rows.log_odds[i]));
        rows.weight[i] = 1;
    }
    cut(n, 5);
}

static void auto_takes_what_helps(void **state)
{
    (void)state;
    static const struct {
        truth *of;
        wb_calibration expected;
    } cases[] = {{itself, WB_CALIBRATION_NONE}, {halved, WB_CALIBRATION_PLATT}, {stepped, WB_CALIBRATION_ISOTONIC}};
    for (size_t c = 0; c < 3; c++)
        for (uint64_t seed = 1; seed <= 3; seed++) {
            draw(8000, cases[c].of, seed);
            wbi_calibration map = fit(WB_CALIBRATION_AUTO);
            double before = 0, after = 0;
            assert_int_equal(map.method, cases[c].expected);
            assert_true(map.tried != WB_CALIBRATION_NONE && isfinite(map.log_loss) && map.difference_se > 0);
            draw(MANY, cases[c].of, seed + 100); /* others */
            for (size_t i = 0; i < MANY; i++) {
                const double p = rows.probability[i], q = mapped(&map, rows.log_odds[i]);
                before -= log(rows.outcome[i] ? p : 1 - p) / MANY;
                after -= log(rows.outcome[i] ? q : 1 - q) / MANY;
            }
            assert_true(cases[c].expected == WB_CALIBRATION_NONE ? fabs(after - before) < 1e-12 : after < before - 0.005);
            if (cases[c].expected != WB_CALIBRATION_NONE)
                assert_close(map.log_loss, after, 0.03);
            wbi_calibration_clear(&map);
        }
}

static void count_warnings(void *user, wb_log_level level, const char *text)
{
    *(int *)user += level == WB_LOG_WARNING && strstr(text, "makes probabilities worse") != NULL;
}

/* Steps are worse than true scores of few rows, as often as not by more than chance; that is said, and only then. */
static void a_worse_map_is_said(void **state)
{
    (void)state;
    int n_said = 0, n_not_said = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        int said = 0;
        double plain = 0;
        const wb_log log = {count_warnings, NULL, &said};
        wbi_calibration map = {0};
        wb_error err;
        draw(300, itself, seed);
        for (size_t i = 0; i < rows.n; i++)
            plain -= log1p((rows.outcome[i] ? rows.probability[i] : 1 - rows.probability[i]) - 1) / (double)rows.n;
        assert_ok(try_fit(&map, WB_CALIBRATION_ISOTONIC, 1, &log, &err), &err);
        assert_int_equal(said, map.log_loss - plain > map.difference_se);
        n_said += said;
        n_not_said += !said;
        wbi_calibration_clear(&map);
    }
    assert_true(n_said > 0 && n_not_said > 0);
}

/* Newton's method for a line, with the rows of one fold left out. */
static void plain_line(double line[2], int left_out)
{
    line[0] = line[1] = 0;
    for (int step = 0; step < 50; step++) {
        double g[2] = {0, 0}, h[3] = {0, 0, 0};
        for (size_t i = 0; i < rows.n; i++) {
            const size_t begin = left_out <= 0 ? 0 : rows.fold_ends[left_out - 1];
            if (left_out >= 0 && i >= begin && i < rows.fold_ends[left_out])
                continue;
            const double x = rows.log_odds[i], p = logistic(line[0] + line[1] * x), w = rows.weight[i];
            g[0] += w * (rows.outcome[i] - p);
            g[1] += w * (rows.outcome[i] - p) * x;
            h[0] += w * p * (1 - p);
            h[1] += w * p * (1 - p) * x;
            h[2] += w * p * (1 - p) * x * x;
        }
        const double determinant = h[0] * h[2] - h[1] * h[1];
        line[0] += (h[2] * g[0] - h[1] * g[1]) / determinant;
        line[1] += (h[0] * g[1] - h[1] * g[0]) / determinant;
    }
}

/* The figures of a line, fold by fold, and the error of their difference by customers of one to three rows. */
static void figures_are_of_rows_left_out(void **state)
{
    (void)state;
    enum { N = 3000 };
    static double difference[N], of_customer[N];
    double after = 0, mean = 0, total = 0, squares = 0, n_customers = 0;
    draw(N, halved, 7);
    for (size_t i = 0; i < N; i++) {
        rows.weight[i] = 0.5 * (double)(1 + i % 4);
        rows.customer[i] = (uint32_t)(i % 1700);
    }
    wbi_calibration map = fit(WB_CALIBRATION_PLATT);
    for (size_t i = 0; i < N; i++) {
        int k = 0;
        static double line[2];
        while (i >= rows.fold_ends[k])
            k++;
        if (i == 0 || i == rows.fold_ends[k - (k > 0)])
            plain_line(line, k);
        const double p = rows.probability[i], q = logistic(line[0] + line[1] * rows.log_odds[i]);
        difference[i] = -log(rows.outcome[i] ? q : 1 - q) + log(rows.outcome[i] ? p : 1 - p);
        after -= rows.weight[i] * log(rows.outcome[i] ? q : 1 - q);
        mean += rows.weight[i] * difference[i];
        total += rows.weight[i];
    }
    memset(of_customer, 0, sizeof of_customer);
    for (size_t i = 0; i < N; i++)
        of_customer[rows.customer[i]] += rows.weight[i] * (difference[i] - mean / total);
    for (size_t c = 0; c < 1700; c++, n_customers++)
        squares += of_customer[c] * of_customer[c];
    assert_close(map.log_loss, after / total, 1e-10);
    assert_close(map.difference_se, sqrt(squares * n_customers / (n_customers - 1)) / total, 1e-10);
    wbi_calibration_clear(&map);
}

/* By definition of the greatest likelihood: the mean is the base rate, and what is calibrated needs no calibration. */
static void what_is_calibrated_is_so(void **state)
{
    (void)state;
    double line[2], predicted = 0, observed = 0;
    draw(5000, stepped, 3);
    for (size_t i = 0; i < rows.n; i++)
        rows.weight[i] = 0.25 * (double)(1 + i % 9);
    wbi_calibration map = fit(WB_CALIBRATION_PLATT);
    for (size_t i = 0; i < rows.n; i++) {
        predicted += rows.weight[i] * mapped(&map, rows.log_odds[i]);
        observed += rows.weight[i] * rows.outcome[i];
        rows.log_odds[i] = map.intercept + map.slope * rows.log_odds[i];
    }
    assert_close(predicted, observed, 1e-9 * observed);
    plain_line(line, -1);
    assert_close(line[0], 0, 1e-8);
    assert_close(line[1], 1, 1e-8);
    wbi_calibration_clear(&map);
}

/* ---- the map ---- */

/* Two rows a score, their weights such that all means ascend: more steps than a file takes. */
static void too_many_steps_are_joined(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        const double share = ((double)(i / 2) + 1) / (MANY / 2 + 1);
        rows.log_odds[i] = 8 * ((double)(i / 2) / MANY) - 2;
        rows.outcome[i] = i % 2;
        rows.weight[i] = i % 2 ? share : 1 - share;
    }
    cut(MANY, 2);
    wbi_calibration map = fit(WB_CALIBRATION_ISOTONIC);
    assert_in_range(map.n_knots, 5000, WBI_MAX_KNOTS);
    for (size_t k = 0; k < map.n_knots; k++) {
        assert_true(map.to[k] > 0 && map.to[k] < 1);
        assert_true(k == 0 || (map.from[k] > map.from[k - 1] && map.to[k] >= map.to[k - 1]));
    }
    for (size_t i = 0; i < MANY; i += 100)
        assert_close(mapped(&map, rows.log_odds[i]), ((double)(i / 2) + 1) / (MANY / 2 + 1), 4.0 / (MANY / 2));
    wbi_calibration_clear(&map);
}

static void it_never_descends(void **state)
{
    (void)state;
    draw(2000, stepped, 5);
    wbi_calibration map = fit(WB_CALIBRATION_ISOTONIC);
    double before = 0;
    for (size_t k = 0; k + 1 < map.n_knots; k++) {
        const double low = log(map.from[k] / (1 - map.from[k])), high = log(map.from[k + 1] / (1 - map.from[k + 1]));
        for (int step = 0; step <= 64; step++) {
            const double now = mapped(&map, low + (high - low) * step / 64);
            assert_true(now >= before - 1e-15 && now <= map.to[map.n_knots - 1]);
            before = now;
        }
    }
    assert_true(mapped(&map, -INFINITY) == map.to[0] && mapped(&map, INFINITY) == map.to[map.n_knots - 1]);
    wbi_calibration_clear(&map);
}

/* ---- what cannot be fitted ---- */

static void assert_left_out(wb_calibration asked, const char *why)
{
    wbi_calibration map;
    heard ears = {.n_warnings = 0};
    const wb_log log = {hear, NULL, &ears};
    wb_error err;
    assert_ok(try_fit(&map, asked, 1, &log, &err), &err);
    assert_int_equal(map.method, WB_CALIBRATION_NONE);
    assert_int_equal(map.tried, WB_CALIBRATION_NONE);
    assert_int_equal(ears.n_warnings, 1);
    if (strstr(ears.text, why) == NULL)
        fail_msg("'%s' does not say '%s'", ears.text, why);
    wbi_calibration_clear(&map);
}

static void what_cannot_be_is_left_out(void **state)
{
    (void)state;
    draw(500, itself, 1);
    for (size_t i = 0; i < rows.n; i++)
        rows.outcome[i] = rows.log_odds[i] > 0;
    assert_left_out(WB_CALIBRATION_PLATT, "the out-of-fold scores separate the classes");
    for (size_t i = 0; i < rows.n; i++)
        rows.outcome[i] = rows.log_odds[i] <= 0;
    assert_left_out(WB_CALIBRATION_ISOTONIC, "rank customers no better than chance"); /* one pool: all would have the base rate */
    draw(500, itself, 1);
    for (size_t i = 0; i < rows.n; i++)
        rows.outcome[i] = !rows.outcome[i];
    assert_left_out(WB_CALIBRATION_PLATT, "rank customers no better than chance");
    for (size_t i = 0; i < rows.n; i++)
        rows.log_odds[i] = 1;
    cut(500, 5);
    assert_left_out(WB_CALIBRATION_PLATT, "are all alike");
    assert_left_out(WB_CALIBRATION_ISOTONIC, "are all alike");
    draw(500, halved, 1);
    cut(500, 1);
    assert_left_out(WB_CALIBRATION_AUTO, "no fold can be judged");
    wbi_calibration map = fit(WB_CALIBRATION_PLATT); /* it was asked for */
    assert_int_equal(map.method, WB_CALIBRATION_PLATT);
    assert_true(isnan(map.log_loss) && isnan(map.difference_se));
    wbi_calibration_clear(&map);
}

/* Scores where a probability is 0 or 1 to the last bit. */
static void certain_scores(void **state)
{
    (void)state;
    draw(4000, itself, 9);
    for (size_t i = 0; i < rows.n; i += 40)
        rows.log_odds[i] = i % 80 == 0 ? 800 : -INFINITY;
    cut(4000, 5);
    for (wb_calibration asked = WB_CALIBRATION_PLATT; asked <= WB_CALIBRATION_AUTO; asked++) {
        wbi_calibration map = fit(asked);
        assert_true(map.method != WB_CALIBRATION_NONE && isfinite(map.log_loss));
        wbi_calibration_clear(&map);
    }
}

/* ---- threads, memory ---- */

static void same_bits(void **state)
{
    (void)state;
    draw(20000, stepped, 2);
    for (wb_calibration asked = WB_CALIBRATION_PLATT; asked <= WB_CALIBRATION_AUTO; asked++) {
        wbi_calibration one, more;
        wb_error err;
        assert_ok(try_fit(&one, asked, 1, NULL, &err), &err);
        for (int n_threads = 2; n_threads <= 4; n_threads += 2) {
            assert_ok(try_fit(&more, asked, n_threads, NULL, &err), &err);
            assert_true(one.method == more.method && one.n_knots == more.n_knots && one.slope == more.slope &&
                        one.intercept == more.intercept && one.log_loss == more.log_loss &&
                        one.difference_se == more.difference_se);
            for (size_t k = 0; k < one.n_knots; k++)
                assert_true(one.from[k] == more.from[k] && one.to[k] == more.to[k]);
            wbi_calibration_clear(&more);
        }
        wbi_calibration_clear(&one);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    draw(300, stepped, 2);
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t k = 1; status == WB_ERR_NOMEM; k++) {
        wbi_calibration map;
        wb_error err;
        wbi_alloc_fail_at(k);
        status = try_fit(&map, WB_CALIBRATION_AUTO, 1, NULL, &err);
        wbi_alloc_fail_at(0);
        wbi_calibration_clear(&map);
        assert_true(status == WB_ERR_NOMEM || k > 20);
    }
    assert_int_equal(status, WB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_as_glm),
        cmocka_unit_test(steps_as_scikit_learn),
        cmocka_unit_test(ends_are_never_certain),
        cmocka_unit_test(auto_takes_what_helps),
        cmocka_unit_test(a_worse_map_is_said),
        cmocka_unit_test(figures_are_of_rows_left_out),
        cmocka_unit_test(what_is_calibrated_is_so),
        cmocka_unit_test(too_many_steps_are_joined),
        cmocka_unit_test(it_never_descends),
        cmocka_unit_test(what_cannot_be_is_left_out),
        cmocka_unit_test(certain_scores),
        cmocka_unit_test(same_bits),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
