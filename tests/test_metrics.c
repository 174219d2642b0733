/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <float.h>
#include <string.h>
#include <winback/metrics.h>

#include "base/memory.h"

static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Every pair, as the definition says. */
static double pairwise_auc(const double *p, const uint8_t *y, const double *w, size_t n)
{
    double right = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            if (y[i] == 1 && y[j] == 0) {
                double pair = w == NULL ? 1 : w[i] * w[j];
                all += pair;
                right += p[i] > p[j] ? pair : p[i] == p[j] ? pair / 2 : 0;
            }
        }
    }
    return right / all;
}

static void auc_against_all_pairs(void **state)
{
    (void)state;
    enum { N = 300 };
    double p[N], w[N];
    uint8_t y[N];
    uint32_t seed = 4;
    for (size_t ties = 2; ties < 2000; ties *= 3) {
        for (size_t i = 0; i < N; i++) {
            p[i] = (double)(draw(&seed) % ties) / (double)ties;
            y[i] = draw(&seed) % 100 < 20 + 60 * p[i];
            w[i] = (double)(draw(&seed) % 5);
        }
        wb_metrics m;
        assert_ok(wb_metrics_compute(&m, &(wb_outcomes){p, y, NULL, NULL, N}, NULL, NULL), &(wb_error){0});
        assert_close(m.auc, pairwise_auc(p, y, NULL, N), 1e-14);
        assert_ok(wb_metrics_compute(&m, &(wb_outcomes){p, y, w, NULL, N}, NULL, NULL), &(wb_error){0});
        assert_close(m.auc, pairwise_auc(p, y, w, N), 1e-13);
    }
}

static void by_hand(void **state)
{
    (void)state;
    /* 11 rows: the top ceil(11/10) = 2 are 0.9 (positive) and one of the two tied at 0.8 (one positive): 1.5 of the 4
     * positives, over 2 rows. */
    const double p[] = {0.9, 0.8, 0.8, 0.5, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.0};
    const uint8_t y[] = {1, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0};
    wb_metrics m;
    assert_int_equal(wb_metrics_compute(&m, &(wb_outcomes){p, y, NULL, NULL, 11}, NULL, NULL), WB_OK);
    assert_int_equal(m.n, 11);
    assert_int_equal(m.n_positive, 4);
    assert_close(m.base_rate, 4.0 / 11, 1e-15);
    assert_close(m.capture[WB_DEPTH_TENTH], 1.5 / 4, 1e-15);
    assert_close(m.lift[WB_DEPTH_TENTH], (1.5 / 2) / (4.0 / 11), 1e-14);
    assert_close(m.auc, (7 + 6.5 + 5.5 + 1.5) / 28, 1e-15);
    double brier = 0.01 + 0.04 + 0.64 + 0.25 + 0.25 + 0.16 + 0.09 + 0.04 + 0.81 + 0.01;
    assert_close(m.brier, brier / 11, 1e-15);
    double likelihood = 0.9 * 0.8 * 0.2 * 0.5 * 0.5 * 0.6 * 0.7 * 0.8 * 0.1 * 0.9;
    assert_close(m.log_loss, -log(likelihood) / 11, 1e-14);
}

static void certain_and_wrong_is_clipped(void **state)
{
    (void)state;
    const double p[] = {0, 1};
    const uint8_t y[] = {1, 0};
    wb_metrics m;
    assert_int_equal(wb_metrics_compute(&m, &(wb_outcomes){p, y, NULL, NULL, 2}, NULL, NULL), WB_OK);
    assert_close(m.log_loss, -log(DBL_EPSILON), 1e-14);
    assert_close(m.auc, 0, 0);
}

static void whole_weights_are_copies(void **state)
{
    (void)state;
    enum { N = 40 };
    double p[N], w[N], p_copies[3 * N];
    uint8_t y[N], y_copies[3 * N];
    uint32_t seed = 9;
    size_t n_copies = 0;
    for (size_t i = 0; i < N; i++) {
        p[i] = (double)(draw(&seed) % 17) / 17;
        y[i] = draw(&seed) % 3 == 0;
        w[i] = (double)(draw(&seed) % 4);
        for (size_t k = 0; k < (size_t)w[i]; k++) {
            p_copies[n_copies] = p[i];
            y_copies[n_copies++] = y[i];
        }
    }
    wb_metrics weighted, copied;
    assert_int_equal(wb_metrics_compute(&weighted, &(wb_outcomes){p, y, w, NULL, N}, NULL, NULL), WB_OK);
    assert_int_equal(wb_metrics_compute(&copied, &(wb_outcomes){p_copies, y_copies, NULL, NULL, n_copies}, NULL, NULL), WB_OK);
    assert_close(weighted.auc, copied.auc, 1e-14);
    assert_close(weighted.log_loss, copied.log_loss, 1e-14);
    assert_close(weighted.brier, copied.brier, 1e-14);
    assert_close(weighted.base_rate, copied.base_rate, 1e-14);
}

static void one_class_has_no_auc(void **state)
{
    (void)state;
    const double p[] = {0.2, 0.7};
    const uint8_t y[] = {0, 0};
    wb_metrics m;
    assert_int_equal(wb_metrics_compute(&m, &(wb_outcomes){p, y, NULL, NULL, 2}, NULL, NULL), WB_OK);
    assert_true(isnan(m.auc) && isnan(m.lift[WB_DEPTH_TENTH]) && isnan(m.capture[WB_DEPTH_TENTH]));
    assert_close(m.brier, (0.04 + 0.49) / 2, 1e-15);
    assert_int_equal(wb_metrics_compute(&m, &(wb_outcomes){p, y, NULL, NULL, 0}, NULL, NULL), WB_OK);
    assert_true(isnan(m.base_rate) && isnan(m.log_loss));
}

static void refuses_what_is_out_of_range(void **state)
{
    (void)state;
    wb_metrics m;
    wb_error err;
    const double good[] = {0.5, 0.5}, w[] = {1, 1};
    const uint8_t y[] = {0, 1}, bad_y[] = {0, 2};
    const double bad_p[][2] = {{0.5, 1.5}, {-0.1, 0.5}, {NAN, 0.5}}, bad_w[][2] = {{1, -1}, {NAN, 1}, {INFINITY, 1}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(wb_metrics_compute(&m, &(wb_outcomes){bad_p[i], y, w, NULL, 2}, NULL, &err), WB_ERR_ARGUMENT);
        assert_int_equal(wb_metrics_compute(&m, &(wb_outcomes){good, y, bad_w[i], NULL, 2}, NULL, &err), WB_ERR_ARGUMENT);
    }
    assert_int_equal(wb_metrics_compute(&m, &(wb_outcomes){good, bad_y, w, NULL, 2}, NULL, &err), WB_ERR_ARGUMENT);
    wbi_alloc_fail_at(1);
    assert_int_equal(wb_metrics_compute(&m, &(wb_outcomes){good, y, w, NULL, 2}, NULL, &err), WB_ERR_NOMEM);
    wbi_alloc_fail_at(0);
}

/* Any numbers are scores: the positive ones beat -inf and -7, one ties at inf, so 4.5 of 6 pairs. */
static void auc_of_scores(void **state)
{
    (void)state;
    double score[] = {-INFINITY, -7, 0, INFINITY, INFINITY}, auc;
    uint8_t y[] = {0, 0, 1, 1, 0}, same[] = {1, 1, 1, 1, 1};
    wb_error err;
    assert_int_equal(wb_metrics_auc(&auc, score, y, NULL, 5, &err), WB_OK);
    assert_close(auc, 4.5 / 6, 1e-15);
    assert_int_equal(wb_metrics_auc(&auc, score, same, NULL, 5, &err), WB_OK);
    assert_true(isnan(auc));
    score[1] = NAN;
    assert_int_equal(wb_metrics_auc(&auc, score, y, NULL, 5, &err), WB_ERR_ARGUMENT);
    assert_non_null(strstr(err.message, "row 2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auc_against_all_pairs),
        cmocka_unit_test(auc_of_scores),    cmocka_unit_test(by_hand),
        cmocka_unit_test(certain_and_wrong_is_clipped), cmocka_unit_test(whole_weights_are_copies),
        cmocka_unit_test(one_class_has_no_auc),     cmocka_unit_test(refuses_what_is_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
