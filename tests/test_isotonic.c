/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Isotonic regression by pooling. */
#include "test_util.h"

#include "metrics/isotonic.h"

enum { MOST_ROWS = 60 };

/* Pools with the ends of their scores, the highest first. */
typedef struct isotonic_fit {
    wbi_weights weight[MOST_ROWS];
    double low[MOST_ROWS], high[MOST_ROWS];
    size_t n;
} isotonic_fit;

/* Scores ascend. */
static void pool_rows(isotonic_fit *p, const double *score, const double *weight, const uint8_t *outcome, size_t n)
{
    p->n = 0;
    for (size_t i = n; i > 0;) {
        const double high = score[i - 1];
        wbi_weights group = {0, 0};
        for (; i > 0 && score[i - 1] == high; i--)
            *(outcome[i - 1] ? &group.positive : &group.negative) += weight[i - 1];
        const size_t n_pools = wbi_pool_push(p->weight, p->n, group);
        if (n_pools > p->n)
            p->high[n_pools - 1] = high;
        p->low[n_pools - 1] = high;
        p->n = n_pools;
    }
}

/* scikit-learn 1.x: IsotonicRegression().fit(score, outcome, sample_weight=weight), its X_thresholds_ and y_thresholds_ */
static void as_scikit_learn(void **state)
{
    (void)state;
    enum { N = 15 };
    static const double score[N] = {.05, .1, .2, .2, .3, .35, .5, .5, .5, .6, .7, .8, .8, .9, .95};
    static const double weight[N] = {1, 1, 2, 5, 3, 1, 1, 1, .25, 2, 3, 4, 1, .5, 1};
    static const uint8_t outcome[N] = {0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1};
    static const double expected[][3] = {{.9, .95, 1}, {.7, .8, .875}, {.35, .6, 3.0 / 7}, {.2, .3, .2}, {.05, .1, 0}};
    isotonic_fit p;
    pool_rows(&p, score, weight, outcome, N);
    assert_int_equal(p.n, sizeof expected / sizeof *expected);
    for (size_t k = 0; k < p.n; k++) {
        assert_true(p.low[k] == expected[k][0] && p.high[k] == expected[k][1]);
        assert_close(wbi_share(&p.weight[k]), expected[k][2], 1e-15);
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
    enum { N = MOST_ROWS };
    uint32_t seed = 11;
    for (int round = 0; round < 200; round++) {
        double score[N], weight[N];
        uint8_t outcome[N];
        isotonic_fit p;
        for (size_t i = 0; i < N; i++) {
            seed = seed * 1664525u + 1013904223u;
            score[i] = (double)i;
            weight[i] = 0.25 * (1 + (seed >> 10) % 7);
            outcome[i] = (seed >> 16) % N < i;
        }
        pool_rows(&p, score, weight, outcome, N);
        for (size_t k = 0; k < p.n; k++) {
            const double share = wbi_share(&p.weight[k]);
            assert_true(k == 0 || (share < wbi_share(&p.weight[k - 1]) && p.high[k] == p.low[k - 1] - 1));
            for (double i = p.low[k]; i <= p.high[k]; i++)
                assert_close(share, max_min(weight, outcome, N, (size_t)i), 1e-14);
        }
        assert_true(p.high[0] == N - 1 && p.low[p.n - 1] == 0);
    }
}

/* Shares of 3/4, 1/2, 2/3 and 1/4 from the highest score on: the middle two are one, of 4/7. */
static void at_any_scale(void **state)
{
    (void)state;
    static const wbi_weights groups[] = {{1, 3}, {2, 2}, {1, 2}, {3, 1}};
    static const double scales[] = {1, 1e200, 1e-200, 1e300, 1e-300};
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        wbi_weights pools[4];
        size_t n = 0;
        for (size_t k = 0; k < 4; k++)
            n = wbi_pool_push(pools, n, (wbi_weights){groups[k].negative * scales[s], groups[k].positive * scales[s]});
        assert_int_equal(n, 3);
        assert_close(wbi_share(&pools[0]), 0.75, 1e-15);
        assert_close(wbi_share(&pools[1]), 4.0 / 7, 1e-15);
        assert_close(wbi_share(&pools[2]), 0.25, 1e-15);
    }
}

/* As a resample leaves out a customer. */
static void nothing_joins_a_neighbour(void **state)
{
    (void)state;
    static const wbi_weights groups[] = {{0, 0}, {0, 2}, {0, 0}, {1, 0}, {0, 0}};
    wbi_weights pools[5];
    size_t n = 0;
    for (size_t k = 0; k < 5; k++)
        n = wbi_pool_push(pools, n, groups[k]);
    assert_int_equal(n, 2);
    assert_true(pools[0].positive == 2 && pools[0].negative == 0 && pools[1].positive == 0 && pools[1].negative == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_scikit_learn),
        cmocka_unit_test(as_the_formula),
        cmocka_unit_test(at_any_scale),
        cmocka_unit_test(nothing_joins_a_neighbour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
