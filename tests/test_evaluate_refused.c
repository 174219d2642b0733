/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores and labels that are refused, and those that bring a warning. */
#include "test_util.h"

#include <math.h>

#include "evaluate_testing.h"

typedef struct refusal {
    const char *scores, *labels;
    wb_status status;
    size_t line;
    const char *file, *message; /* the beginning of it */
} refusal;

static void refusals(void **state)
{
    (void)state;
    static const char good[] = "customer_id,churned\na,1\nb,0\n";
    static const refusal all[] = {
        {"customer_id,probability\na,0.5\nb,1.5\n", good, WB_ERR_MALFORMED, 3, "scores.csv",
         "probability '1.5' is not a number from 0 to 1"},
        {"customer_id,probability\na,-0.1\nb,0\n", good, WB_ERR_MALFORMED, 2, "scores.csv",
         "probability '-0.1' is not a number from 0 to 1"},
        {"customer_id,probability\na,0.5\nb,\n", good, WB_ERR_MALFORMED, 3, "scores.csv", "probability is missing"},
        {"customer_id,probability\na,0.5\nb,nan\n", good, WB_ERR_MALFORMED, 3, "scores.csv",
         "probability 'nan' is not a number from 0 to 1"},
        {"customer_id,probability\na,0.5\n\nb,high\n", good, WB_ERR_MALFORMED, 4, "scores.csv",
         "probability 'high' is not a number from 0 to 1"},
        {"customer_id,probability\n", good, WB_ERR_INCONSISTENT, 0, "scores.csv", "there are no scores"},
        {"", good, WB_ERR_MALFORMED, 0, "scores.csv", ""},
        {"customer_id,probability\na,0.5\n", "customer_id,churned\n", WB_ERR_INCONSISTENT, 0, "labels.csv", "there are no labels"},
        {"customer_id,probability\na,0.5\n", "customer_id,churned\na,\n", WB_ERR_INCONSISTENT, 0, "labels.csv",
         "label churned is missing in every row"},
        {"customer_id,probability\nx,0.5\n", good, WB_ERR_INCONSISTENT, 0, "scores.csv", "none of the 1 scores has a label"},
        {"customer_id,probability\na,0.5\nb,0.1\na,0.5\n", good, WB_ERR_INCONSISTENT, 4, "scores.csv",
         "customer 'a' has a second row (the first is line 2)"},
        {"customer_id,probability\nz,0.5\nb,0.1\nz,0.5\n", good, WB_ERR_INCONSISTENT, 4, "scores.csv",
         "customer 'z' has a second row (the first is line 2)"},
        {"customer_id,probability\na,0.5\n", "customer_id,churned\na,1\nb,0\nb,0\n", WB_ERR_INCONSISTENT, 4, "labels.csv",
         "customer 'b' has a second row (the first is line 3)"},
        {"customer_id,cutoff,probability\na,2024-01-01,0.5\na,2024-01-01,0.5\n",
         "customer_id,cutoff,churned\na,2024-01-01,1\nb,2024-01-01,0\n", WB_ERR_INCONSISTENT, 3, "scores.csv",
         "customer 'a' at 2024-01-01 has a second row (the first is line 2)"},
        {"customer_id,probability\na,0.5\n", "customer_id,cutoff,churned\na,2024-01-01,1\nb,2024-04-01,0\n", WB_ERR_INCONSISTENT,
         0, "labels.csv", "the labels are of several cutoffs (2024-01-01 to 2024-04-01), and the scores have no column cutoff"},
        {"customer_id,cutoff,probability\na,2024-01-01,0.5\na,2024-04-01,0.5\n", good, WB_ERR_INCONSISTENT, 0, "scores.csv",
         "the scores are of several cutoffs (2024-01-01 to 2024-04-01), and the labels have no column cutoff"},
        {"customer_id,score\na,0.5\n", good, WB_ERR_INCONSISTENT, 0, "scores.csv", "no column probability, and none probability_NAME"},
        {"customerid,probability\na,0.5\n", good, WB_ERR_INCONSISTENT, 0, "scores.csv",
         "no column 'customer_id' (the customer's id); did you mean 'customerid'?"},
        {"customer_id,probability\na,0.5\n", "customer_id,churn\na,1\n", WB_ERR_INCONSISTENT, 0, "labels.csv",
         "no column 'churned' (the target); did you mean 'churn'?"},
        {"customer_id,probability\na,0.5\n", "customer_id,churned\na,1\nb,2\nc,3\n", WB_ERR_INCONSISTENT, 0, "labels.csv",
         "the label churned has more than two values"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        wb_evaluate_options options = plain_options();
        wb_evaluation *e;
        wb_error err = {0};
        put("scores.csv", all[i].scores);
        put("labels.csv", all[i].labels);
        wb_status status = evaluate(&e, &options, &err);
        assert_null(e);
        if (status != all[i].status || err.line != all[i].line || strcmp(err.file, all[i].file) != 0 ||
            strncmp(err.message, all[i].message, strlen(all[i].message)) != 0)
            fail_msg("case %zu: %d %s:%zu: %s", i, (int)status, err.file, err.line, err.message);
    }
}

static void options_are_checked(void **state)
{
    (void)state;
    const char *const nowhere[] = {"contry"}, *const id[] = {"customer_id"};
    put("scores.csv", "customer_id,probability\na,0.5\nb,0.1\n");
    put("labels.csv", "customer_id,country,w,churned\na,DE,-1,1\nb,FR,1,0\n");
    wb_evaluate_options all[7];
    for (size_t i = 0; i < 7; i++)
        all[i] = plain_options();
    all[0].by = nowhere;
    all[1].by = id;
    all[0].n_by = all[1].n_by = 1;
    all[2].weights = "w";
    all[3].scores = nowhere;
    all[3].n_scores = 1;
    all[4].seen_within_us = WB_DAY_US;
    all[5].value_column = "country";
    all[6].metrics.threshold = NAN;
    static const char *const messages[] = {"no column 'contry' (for segments); did you mean 'country'?",
                                           "customer_id holds text: segments are made of columns with few values",
                                           "weight w of row 1 is -1",
                                           "no column 'contry' (a score)",
                                           "no column 'orders_days_since_last' (when the customer was last seen)",
                                           "country, what a customer is worth, holds categories, expected numbers",
                                           ""};
    for (size_t i = 0; i < 7; i++) {
        wb_evaluation *e;
        wb_error err = {0};
        assert_int_not_equal(evaluate(&e, &all[i], &err), WB_OK);
        if (strncmp(err.message, messages[i], strlen(messages[i])) != 0)
            fail_msg("case %zu: %s", i, err.message);
    }
}

static void count_warning(void *user, wb_log_level level, const char *text)
{
    if (level == WB_LOG_WARNING && (strstr(text, "in every row") != NULL || strstr(text, "rows are few") != NULL))
        ++*(int *)user;
}

static void one_class_warns(void **state)
{
    (void)state;
    int n_warnings = 0;
    const wb_log log = {.message = count_warning, .user = &n_warnings};
    wb_evaluate_options options = plain_options();
    wb_evaluation *e;
    wb_error err;
    options.log = &log;
    options.intervals.n_resamples = 10;
    put("scores.csv", "customer_id,probability\na,0.5\nb,0.1\n");
    put("labels.csv", "customer_id,churned\na,1\nb,1\n");
    assert_ok(evaluate(&e, &options, &err), &err);
    assert_true(isnan(e->groups[0].metrics.auc));
    assert_int_equal(e->groups[0].metrics.n_positive, 2);
    assert_int_equal(e->groups[0].interval.auc_by, WB_INTERVAL_NONE);
    wb_evaluation_free(e);
    assert_int_equal(n_warnings, 1);
    put("labels.csv", "customer_id,churned\na,1\nb,0\n");
    assert_ok(evaluate(&e, &options, &err), &err);
    assert_int_equal(n_warnings, 2);
    wb_evaluation_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(refusals),
        CASE(options_are_checked),
        CASE(one_class_warns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
