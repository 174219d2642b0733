/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Uplift held against what became of both arms of a campaign. */
#include "test_util.h"

#include "base/memory.h"
#include "evaluate_testing.h"
#include "test_frame.h"

/* Three treated and three others, as in test_qini.c: the coefficient is 1/6. One is of another arm, one of none, z has no label. */
static const char scores[] = "customer_id,probability,uplift\na,0.3,0.5\nb,0.3,0.9\nc,0.2,0.1\nd,0.6,0.5\ne,0.1,0.9\nf,0.3,0.5\n"
                             "g,0.5,1\nh,0.5,-1\nz,0.5,0\n",
                  labels[] = "customer_id,arm,churned\na,mail,0\nb,mail,1\nc,none,0\nd,none,1\ne,none,0\nf,mail,1\ng,call,1\nh,,0\n"
                             "y,none,0\n";

static wb_evaluate_options uplift_options(void)
{
    wb_evaluate_options options = plain_options();
    options.treatment = "arm";
    options.treated = "mail";
    options.control = "none";
    return options;
}

static void by_hand(void **state)
{
    (void)state;
    const wb_evaluate_options options = uplift_options();
    wb_evaluation *e;
    wb_error err;
    put("scores.csv", scores);
    put("labels.csv", labels);
    assert_ok(evaluate(&e, &options, &err), &err);
    assert_string_equal(e->treatment, "arm");
    assert_string_equal(e->treated, "mail");
    assert_string_equal(e->control, "none");
    assert_int_equal(e->n_uplifts, 2);
    assert_string_equal(e->uplifts[0].score, "uplift");
    assert_string_equal(e->uplifts[1].score, "probability");
    assert_true(e->uplifts[0].is_uplift && !e->uplifts[1].is_uplift);
    assert_close(e->uplifts[0].qini.coefficient, 1.0 / 6, 1e-15);
    assert_int_equal(e->n_treated, 3);
    assert_int_equal(e->n_other_arms, 2);
    assert_int_equal(e->n_without_label, 1);
    /* probabilities are of those who were not treated: 0.2, 0.6, 0.1 of 0, 1, 0 */
    assert_int_equal(e->n_rows, 3);
    assert_int_equal(e->n_customers, 3);
    assert_int_equal(e->n_scores, 1);
    assert_int_equal(e->groups[0].metrics.n, 3);
    assert_close(e->groups[0].metrics.auc, 1, 0);
    assert_close(e->groups[0].metrics.base_rate, 1.0 / 3, 1e-15);
    wb_evaluation_free(e);
}

static void uplift_alone_will_do(void **state)
{
    (void)state;
    const wb_evaluate_options options = uplift_options();
    wb_evaluation *e;
    wb_error err;
    put("scores.csv", "customer_id,uplift_new\na,0.5\nb,0.9\nc,0.1\nd,0.5\ne,0.9\nf,0.5\n");
    put("labels.csv", labels);
    assert_ok(evaluate(&e, &options, &err), &err);
    assert_int_equal(e->n_uplifts, 1);
    assert_string_equal(e->uplifts[0].score, "uplift_new");
    assert_close(e->uplifts[0].qini.coefficient, 1.0 / 6, 1e-15);
    assert_int_equal(e->n_scores, 0);
    assert_int_equal(e->n_groups, 0);
    assert_int_equal(e->n_rows, 3);
    wb_evaluation_free(e);
}

/* Of a customer with several rows all are drawn together; weights and customers go with their rows. */
static void rows_keep_what_is_theirs(void **state)
{
    (void)state;
    wb_evaluate_options options = uplift_options();
    wb_evaluation *e;
    wb_error err;
    options.weights = "w";
    put("scores.csv", "customer_id,cutoff,probability,uplift\ng,2024-01-01,0.9,1\na,2024-01-01,0.5,0.5\na,2024-02-01,0.6,0.4\n"
                      "b,2024-01-01,0.7,0.3\nb,2024-02-01,0.2,0.2\nc,2024-01-01,0.1,0.1\n");
    put("labels.csv", "customer_id,cutoff,arm,w,churned\ng,2024-01-01,call,9,1\na,2024-01-01,none,2,0\na,2024-02-01,mail,1,1\n"
                      "b,2024-01-01,none,3,1\nb,2024-02-01,none,1,1\nc,2024-01-01,mail,2,0\n");
    assert_ok(evaluate(&e, &options, &err), &err);
    const wb_arm_rates *all = &e->uplifts[0].qini.all;
    assert_close(all->n_treated, 3, 0);
    assert_close(all->n_control, 6, 0);
    assert_close(all->rate_treated, 1.0 / 3, 1e-15);
    assert_close(all->rate_control, 4.0 / 6, 1e-15);
    assert_close(all->mean_score, (2 * 0.5 + 0.4 + 3 * 0.3 + 0.2 + 2 * 0.1) / 9, 1e-15);
    assert_int_equal(e->n_rows, 3);
    assert_int_equal(e->n_customers, 2);
    assert_close(e->groups[0].metrics.base_rate, 4.0 / 6, 1e-15);
    wb_evaluation_free(e);
}

/* A model that knows the treatment says which values mean what; one that knows none ranks by its probability. */
static void models_by_their_own_arms(void **state)
{
    (void)state;
    enum { N = 400 };
    wb_features *frame = frame_shop(N);
    const char *arms[N];
    uint64_t seed = 5;
    for (size_t i = 0; i < N; i++)
        arms[i] = frame_uniform(&seed) < 0.1 ? NULL : frame_uniform(&seed) < 0.5 ? "mail" : "none";
    frame_words(frame, "arm", WB_TYPE_CATEGORY, arms, N);
    static const char *const exclude[] = {"arm"};
    wb_train_options how = WB_TRAIN_OPTIONS_INIT;
    wb_model *uplift = NULL, *plain = NULL;
    wb_evaluation *e, *by_hand;
    wb_error err;
    how.lambda = 0.02;
    how.exclude = exclude;
    how.n_exclude = 1;
    assert_ok(wb_train(&plain, frame, &how, &err), &err);
    how.n_exclude = 0;
    how.treatment = "arm";
    how.control = "none";
    assert_ok(wb_train(&uplift, frame, &how, &err), &err);
    const wb_model *const models[] = {plain, uplift};
    const char *const names[] = {"old", "new"};
    wb_evaluate_options options = plain_options();
    options.treatment = "arm";
    assert_ok(wb_evaluate_models(&e, models, names, 2, frame, &options, &err), &err);
    options.treated = "none";
    assert_ok(wb_evaluate_models(&by_hand, models + 1, NULL, 1, frame, &options, &err), &err);
    static const char *const wanted[] = {"uplift_new", "probability_old", "probability_new"};
    assert_int_equal(e->n_uplifts, 3);
    for (size_t k = 0; k < 3; k++)
        assert_string_equal(e->uplifts[k].score, wanted[k]);
    assert_string_equal(e->treated, "mail");
    assert_string_equal(by_hand->treated, "none");
    assert_string_equal(by_hand->uplifts[0].score, "uplift");
    assert_close(by_hand->uplifts[0].qini.all.difference, -e->uplifts[0].qini.all.difference, 1e-15);
    assert_int_equal(e->n_rows, by_hand->n_treated);
    wb_evaluation_free(e);
    wb_evaluation_free(by_hand);
    wb_model_free(plain);
    wb_model_free(uplift);
    wb_features_free(frame);
}

typedef struct refusal {
    const char *scores, *labels;
    wb_status status;
    size_t line;
    const char *message; /* the beginning of it */
} refusal;

static void refusals(void **state)
{
    (void)state;
    static const char one_arm[] = "customer_id,arm,churned\na,mail,0\nb,mail,1\ng,none,1\n";
    static const refusal all[] = {
        {"customer_id,probability,uplift\na,0.5,1.5\n", labels, WB_ERR_MALFORMED, 2, "uplift '1.5' is not a number from -1 to 1"},
        {"customer_id,uplift\na,0.5\nb,\n", labels, WB_ERR_MALFORMED, 3, "uplift is missing, expected a number from -1 to 1"},
        {"customer_id,uplift\na,0.5\nb,much\n", labels, WB_ERR_MALFORMED, 3, "uplift 'much' is not a number from -1 to 1"},
        {"customer_id,probability,uplift\na,-0.1,0.5\n", labels, WB_ERR_MALFORMED, 2, "probability '-0.1' is not a number from 0 to 1"},
        {"customer_id,uplft\na,0.5\n", labels, WB_ERR_INCONSISTENT, 0, "no column probability, and none probability_NAME"},
        {scores, "customer_id,arms,churned\na,mail,0\n", WB_ERR_INCONSISTENT, 0, "no column 'arm' (the treatment); did you mean 'arms'?"},
        {scores, "customer_id,arm,churned\na,post,0\nb,none,1\n", WB_ERR_INCONSISTENT, 0,
         "the treatment arm is never 'mail', which is to mean treated; it is 'post', 'none'"},
        {scores, "customer_id,arm,churned\na,,0\nb,,1\n", WB_ERR_DEGENERATE, 0,
         "the treatment arm is missing in every row"},
        {"customer_id,uplift\na,0.5\nb,0.4\n", one_arm, WB_ERR_DEGENERATE, 0,
         "all 2 rows with score and label are of one arm of the treatment arm: uplift needs both"},
    };
    const wb_evaluate_options options = uplift_options();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        wb_evaluation *e;
        wb_error err = {0};
        put("scores.csv", all[i].scores);
        put("labels.csv", all[i].labels);
        const wb_status status = evaluate(&e, &options, &err);
        if (status == WB_OK || strncmp(err.message, all[i].message, strlen(all[i].message)) != 0)
            fail_msg("case %zu: %d '%s'", i, (int)status, err.message);
        assert_int_equal(status, all[i].status);
        assert_int_equal(err.line, all[i].line);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    wb_evaluate_options options = uplift_options();
    wb_status status = WB_ERR_NOMEM;
    options.intervals.n_resamples = 2;
    put("scores.csv", "customer_id,cutoff,probability,uplift\na,2024-01-01,0.5,0.5\na,2024-02-01,0.6,0.4\nb,2024-01-01,0.7,0.3\n");
    put("labels.csv", "customer_id,cutoff,arm,churned\na,2024-01-01,none,0\na,2024-02-01,none,1\nb,2024-01-01,mail,1\n");
    for (uint64_t n = 1; status != WB_OK; n++) {
        wb_evaluation *e = NULL;
        wb_error err = {0};
        assert_true(n < 10000);
        wbi_alloc_fail_at(n);
        status = evaluate(&e, &options, &err);
        wbi_alloc_fail_at(0);
        if (status != WB_OK && status != WB_ERR_NOMEM)
            fail_msg("allocation %llu: %s", (unsigned long long)n, err.message);
        wb_evaluation_free(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(by_hand),
        CASE(uplift_alone_will_do),
        CASE(rows_keep_what_is_theirs),
        cmocka_unit_test(models_by_their_own_arms),
        CASE(refusals),
        CASE(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
