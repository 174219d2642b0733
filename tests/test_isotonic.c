/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Isotonic regression by pooling. */
#include "test_util.h"

#include "metrics/isotonic.h"

static size_t pool_rows(wbi_pool *pools, const double *score, const double *weight, const uint8_t *outcome, size_t n)
{
    size_t n_pools = 0;
    for (size_t i = 0; i < n;) {
        wbi_pool group = {score[i], score[i], 0, 0};
        for (; i < n && score[i] == group.low; i++) {
            group.weight += weight[i];
            group.positive += outcome[i] * weight[i];
        }
        n_pools = wbi_pool_add(pools, n_pools, group);
    }
    return n_pools;
}

/* scikit-learn 1.x: IsotonicRegression().fit(score, outcome, sample_weight=weight), its X_thresholds_ and y_thresholds_ */
static void as_scikit_learn(void **state)
{
    (void)state;
    enum { N = 15 };
    static const double score[N] = {.05, .1, .2, .2, .3, .35, .5, .5, .5, .6, .7, .8, .8, .9, .95};
    static const double weight[N] = {1, 1, 2, 5, 3, 1, 1, 1, .25, 2, 3, 4, 1, .5, 1};
    static const uint8_t outcome[N] = {0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1};
    static const double expected[][3] = {{.05, .1, 0}, {.2, .3, .2}, {.35, .6, 3.0 / 7}, {.7, .8, .875}, {.9, .95, 1}};
    wbi_pool pools[N];
    const size_t n = pool_rows(pools, score, weight, outcome, N);
    assert_int_equal(n, sizeof expected / sizeof *expected);
    for (size_t k = 0; k < n; k++) {
        assert_true(pools[k].low == expected[k][0] && pools[k].high == expected[k][1]);
        assert_close(wbi_pool_mean(&pools[k]), expected[k][2], 1e-15);
    }
}

/* The value at row i is the greatest, over where a stretch of rows with i may begin, of the least mean over where it may end
 * (Robertson, Wright and Dykstra 1988, theorem 1.4.4). */
static double max_min(const double *weight, const uint8_t *outcome, size_t n, size_t i)
{
    double most = 0;
    for (size_t begin = 0; begin <= i; begin++) {
        double least = 1, sum = 0, positive = 0;
        for (size_t end = begin; end < n; end++) {
            sum += weight[end];
            positive += outcome[end] * weight[end];
            if (end >= i)
                least = fmin(least, positive / sum);
        }
        most = fmax(most, least);
    }
    return most;
}

static void as_the_formula(void **state)
{
    (void)state;
    enum { N = 60 };
    uint32_t seed = 11;
    for (int round = 0; round < 200; round++) {
        double score[N], weight[N];
        uint8_t outcome[N];
        wbi_pool pools[N];
        for (size_t i = 0; i < N; i++) {
            seed = seed * 1664525u + 1013904223u;
            score[i] = (double)i;
            weight[i] = 0.25 * (1 + (seed >> 10) % 7);
            outcome[i] = (seed >> 16) % N < i;
        }
        const size_t n = pool_rows(pools, score, weight, outcome, N);
        for (size_t k = 0; k < n; k++) {
            assert_true(k == 0 || (wbi_pool_mean(&pools[k]) > wbi_pool_mean(&pools[k - 1]) &&
                                   pools[k].low == pools[k - 1].high + 1));
            for (double i = pools[k].low; i <= pools[k].high; i++)
                assert_close(wbi_pool_mean(&pools[k]), max_min(weight, outcome, N, (size_t)i), 1e-14);
        }
        assert_true(pools[0].low == 0 && pools[n - 1].high == N - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_scikit_learn),
        cmocka_unit_test(as_the_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
