/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which cutoffs a backtest takes, and what happens at those that teach nothing. */
#include "test_util.h"

#include "backtest_testing.h"

static void check_refused(const int64_t *us, size_t n, wb_status code, const char *message, const char *advice)
{
    wb_backtest_options options = WB_BACKTEST_OPTIONS_INIT;
    wb_backtest *out = NULL;
    wb_error err;
    options.cutoffs_us = us;
    options.n_cutoffs = n;
    assert_int_equal(wb_backtest_run(&out, engine, &options, &err), code);
    assert_null(out);
    if (strstr(err.message, message) == NULL || strstr(err.advice, advice) == NULL)
        fail_msg("'%s', '%s'", err.message, err.advice);
}

/* The data end with 2024-12-31, so the last cutoff of a horizon of 60 days is 2024-11-02. */
static void windows_that_do_not_fit_are_named(void **state)
{
    (void)state;
    const int64_t late_us[] = {INT64_C(1735689600000000), INT64_C(1738368000000000)}; /* 2025-01-01, 2025-02-01 */
    const int64_t close_us[] = {first_cutoff_us, first_cutoff_us + 30 * WB_DAY_US};
    const int64_t last_us[] = {INT64_C(1730505600000000)}; /* 2024-11-02 */
    const int64_t early_us[] = {INT64_C(1640995200000000), first_cutoff_us}; /* 2022-01-01 */
    const int64_t twice_us[] = {first_cutoff_us, first_cutoff_us};
    check_refused(late_us, 2, WB_ERR_INCONSISTENT, "the last usable cutoff is 2024-11-02", "a shorter horizon");
    check_refused(close_us, 2, WB_ERR_INCONSISTENT, "that of the first, 2023-07-01, ends on 2023-08-30",
                  "from 2023-08-30 to 2024-11-02 can be tried by what 2023-07-01 teaches");
    check_refused(last_us, 1, WB_ERR_INCONSISTENT, "none of 1 cutoff can be tried", "one of 2024-09-03 or before could teach it");
    check_refused(early_us, 2, WB_ERR_INCONSISTENT, "cutoff 2022-01-01 is not after the first event", "");
    check_refused(twice_us, 2, WB_ERR_ARGUMENT, "not ascending", "");
}

typedef struct heard {
    char text[4096];
    uint64_t done, total, cancel_at;
    size_t n_calls;
} heard;

static void hear(void *user, wb_log_level level, const char *text)
{
    heard *ears = user;
    const size_t used = strlen(ears->text);
    (void)level;
    snprintf(ears->text + used, sizeof ears->text - used, "%s\n", text);
}

static int watch(void *user, const char *what, uint64_t done, uint64_t total)
{
    heard *ears = user;
    assert_string_equal(what, "backtest");
    assert_true(done >= ears->done && done <= total && (ears->total == 0 || total == ears->total));
    ears->done = done;
    ears->total = total;
    return ears->cancel_at > 0 && ++ears->n_calls >= ears->cancel_at;
}

static void cutoffs_past_the_end_are_left_out_and_said(void **state)
{
    (void)state;
    heard ears = {.n_calls = 0};
    const wb_log log = {hear, watch, &ears};
    const wb_train_options train = plain_training();
    wb_backtest_options options = plain_options(&train);
    const int64_t us[] = {first_cutoff_us, first_cutoff_us + horizon_us, INT64_C(1733011200000000)}; /* 2024-12-01 */
    options.cutoffs_us = us;
    options.n_cutoffs = 3;
    options.log = &log;
    wb_backtest *b = run(engine, &options);
    assert_int_equal(b->n_cutoffs, 1);
    assert_non_null(strstr(ears.text, "1 cutoff left out, from 2024-12-01 on"));
    assert_true(ears.done == ears.total && ears.total > 0);
    wb_backtest_free(b);
}

/* 731 days from 2023-01-01 on hold the last cutoff, 2024-11-02, and ten before it with 60 days of history. */
static void usual_cutoffs_are_a_label_window_apart(void **state)
{
    (void)state;
    const wb_train_options train = plain_training();
    wb_backtest_options options = plain_options(&train);
    options.cutoffs_us = NULL;
    options.n_cutoffs = 0;
    wb_backtest *b = run(engine, &options);
    assert_int_equal(b->n_cutoffs, 10);
    assert_true(b->cutoffs[9].cutoff_us == INT64_C(1730505600000000));
    for (size_t i = 0; i < b->n_cutoffs; i++)
        assert_true(b->cutoffs[i].cutoff_us - b->cutoffs[i].fresh.trained_at_us == horizon_us);
    assert_int_equal(b->n_trials, 55);
    wb_backtest_free(b);
}

static void cancelling_ends_it(void **state)
{
    (void)state;
    const wb_train_options train = plain_training();
    wb_backtest_options options = plain_options(&train);
    heard all = {.cancel_at = UINT64_MAX};
    options.log = &(wb_log){hear, watch, &all};
    wb_backtest_free(run(engine, &options));
    assert_true(all.n_calls > 20);
    for (uint64_t at = 1; at <= all.n_calls; at += 7) {
        heard ears = {.cancel_at = at};
        const wb_log log = {hear, watch, &ears};
        wb_backtest *out = NULL;
        wb_error err;
        options.log = &log;
        assert_int_equal(wb_backtest_run(&out, engine, &options, &err), WB_ERR_CANCELLED);
        assert_null(out);
    }
}

/* ---- one class ---- */

/* Customers order every few days before the first cutoff; in its window two thirds do, in the second's all, in the third's
 * half. */
static void write_one_class_shop(void)
{
    FILE *out = fopen(in_dir("other.csv"), "w");
    char time[WB_TIME_CHARS];
    assert_non_null(out);
    fputs("order_id,customer_id,ordered_at,amount,discount,channel\n", out);
    size_t order = 0;
    for (int i = 0; i < 60; i++)
        for (int window = -1; window < 3; window++) {
            if ((window == 0 && i % 3 == 0) || (window == 2 && i % 2 == 0))
                continue;
            wb_time_format(first_cutoff_us + window * horizon_us + (1 + (i * 7 + window) % 50) * WB_DAY_US, time);
            fprintf(out, "%zu,c%02d,%s,%d,0,web\n", ++order, i, time, 5 + i % 11);
        }
    wb_time_format(first_cutoff_us + 3 * horizon_us - WB_DAY_US, time);
    fprintf(out, "%zu,c01,%s,5,0,web\n", ++order, time);
    fclose(out);
}

static void a_cutoff_of_one_class_does_not_stop_the_rest(void **state)
{
    (void)state;
    heard ears = {.n_calls = 0};
    const wb_log log = {hear, watch, &ears};
    const wb_train_options train = plain_training();
    wb_backtest_options options = plain_options(&train);
    write_one_class_shop();
    wb_engine *other = open_shop(in_dir("other.csv"), false);
    options.n_cutoffs = 3;
    options.log = &log;
    wb_backtest *b = run(other, &options);
    assert_int_equal(b->n_cutoffs, 2);
    assert_int_equal(b->n_trials, 2);
    assert_int_equal(b->trials[0].metrics.n_positive, 0);
    assert_true(isnan(b->trials[0].metrics.auc) && isnan(b->cutoffs[0].recency.auc));
    assert_true(b->trials[1].trained_at_us == cutoffs_us[0] && !isnan(b->trials[1].metrics.auc));
    assert_int_equal(b->ages[0].n_trials, 1);
    assert_non_null(strstr(ears.text, "cutoff 2023-08-30: 0 of 60 rows are positive"));
    assert_non_null(strstr(ears.text, "no model of cutoff 2023-08-30: the label label_churned is 0 in all 60 rows"));
    wb_backtest_free(b);
    options.cutoffs_us = &cutoffs_us[1]; /* only that one teaches */
    options.n_cutoffs = 2;
    options.log = NULL;
    wb_error err;
    assert_int_equal(wb_backtest_run(&b, other, &options, &err), WB_ERR_DEGENERATE);
    wb_engine_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_that_do_not_fit_are_named),
        cmocka_unit_test(cutoffs_past_the_end_are_left_out_and_said),
        cmocka_unit_test(usual_cutoffs_are_a_label_window_apart),
        cmocka_unit_test(cancelling_ends_it),
        cmocka_unit_test(a_cutoff_of_one_class_does_not_stop_the_rest),
    };
    return cmocka_run_group_tests(tests, make_shop, remove_shop);
}
