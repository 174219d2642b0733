/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models over features that have labels. */
#include "test_util.h"

#include <winback/evaluate.h>
#include <winback/score.h>

#include "base/memory.h"
#include "test_frame.h"

enum { N_ROWS = 400 };

static wb_evaluate_options plain_options(void)
{
    wb_evaluate_options options = WB_EVALUATE_OPTIONS_INIT;
    options.target = "churned";
    options.intervals.n_resamples = 0;
    options.metrics.n_threads = 1;
    return options;
}

static wb_model *train(const wb_features *frame)
{
    wb_train_options how = WB_TRAIN_OPTIONS_INIT;
    wb_model *model = NULL;
    wb_error err;
    how.lambda = 0.02;
    assert_ok(wb_train(&model, frame, &how, &err), &err);
    return model;
}

/* They give what their scores would; customers have several rows. */
static void models_score_their_features(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(N_ROWS);
    wb_model *model = train(frame);
    const wb_evaluate_options options = plain_options();
    const wb_model *const models[] = {model, model};
    const char *const names[] = {"a", "b"};
    wb_evaluation *e;
    wb_metrics wanted;
    wb_error err;
    double p[N_ROWS];
    uint8_t outcome[N_ROWS];
    assert_ok(wb_evaluate_models(&e, models, names, 2, frame, &options, &err), &err);
    assert_ok(wb_score_table(model, frame->table, p, NULL, 1, &err), &err);
    const size_t column = wb_table_find(frame->table, "label_churned");
    for (size_t i = 0; i < N_ROWS; i++)
        outcome[i] = wb_table_numbers(frame->table, column)[i] == 1;
    const wb_outcomes rows = {.probability = p, .outcome = outcome, .n = N_ROWS};
    assert_ok(wb_metrics_compute(&wanted, &rows, NULL, &err), &err);
    assert_string_equal(e->groups[0].score, "probability_a");
    assert_string_equal(e->groups[1].score, "probability_b");
    assert_close(e->groups[0].metrics.auc, wanted.auc, 1e-13);
    assert_close(e->pairs[0].figures.difference.log_loss, 0, 1e-15);
    assert_true(e->n_customers < N_ROWS);
    wb_evaluation_free(e);
    wb_model_free(model);
    wb_features_free(frame);
}

/* The shop's with one row there twice, behind more rows than are looked up at once. */
static wb_features *with_a_repeat(const wb_features *frame)
{
    size_t order[N_ROWS];
    for (size_t i = 0; i < N_ROWS; i++)
        order[i] = i;
    order[N_ROWS - 1] = 3;
    return frame_reorder(frame, order, N_ROWS);
}

static void a_key_is_there_once(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(N_ROWS), *twice = with_a_repeat(frame);
    const wb_model *model = train(frame);
    const wb_evaluate_options options = plain_options();
    wb_evaluation *e = NULL;
    wb_error err = {0};
    assert_int_equal(wb_evaluate_models(&e, &model, NULL, 1, twice, &options, &err), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, " has a second row (row 400; the first is row 4)"));
    assert_null(e);
    wb_model_free((wb_model *)model);
    wb_features_free(frame);
    wb_features_free(twice);
}

/* Each allocation failing is said, and leaks nothing. */
static void memory_runs_out(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(N_ROWS);
    const wb_model *model = train(frame);
    wb_evaluate_options options = plain_options();
    wb_evaluation *e;
    wb_error err;
    options.intervals.n_resamples = 2;
    wbi_alloc_fail_at(0);
    assert_ok(wb_evaluate_models(&e, &model, NULL, 1, frame, &options, &err), &err);
    const uint64_t n = wbi_alloc_count();
    wb_evaluation_free(e);
    assert_true(n > 30);
    for (uint64_t at = 1; at <= n; at++) {
        e = NULL;
        wbi_alloc_fail_at(at);
        assert_int_equal(wb_evaluate_models(&e, &model, NULL, 1, frame, &options, &err), WB_ERR_NOMEM);
        assert_null(e);
    }
    wbi_alloc_fail_at(0);
    wb_model_free((wb_model *)model);
    wb_features_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_score_their_features),
        cmocka_unit_test(a_key_is_there_once),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
