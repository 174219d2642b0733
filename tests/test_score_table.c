/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include "model/model.h"
#include "test_frame.h"

static wb_model *train(const wb_features *frame, wb_penalty penalty)
{
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    wb_model *model = NULL;
    wb_error err;
    options.penalty = penalty;
    options.lambda = penalty == WB_PENALTY_NONE ? 0 : 0.02;
    assert_ok(wb_train(&model, frame, &options, &err), &err);
    return model;
}

static double raw(const wb_model *model, const char *column)
{
    for (size_t j = 0; j < wb_model_n_coefficients(model); j++)
        if (strcmp(wb_model_coefficient(model, j).column, column) == 0)
            return wb_model_coefficient(model, j).raw;
    return 0;
}

static double median(const wb_model *model)
{
    json_t *term = wbi_term_to_json(model->basis->terms[1]);
    double value = json_number_value(json_object_get(term, "median"));
    json_decref(term);
    return value;
}

/* The probability from the raw coefficients, by hand. */
static double by_hand(const wb_model *model, double recency, double csat, const char *channel)
{
    char column[64];
    snprintf(column, sizeof column, "channel=%s", channel == NULL ? "(missing)" : channel);
    bool pooled = strcmp(column, "channel=fax") == 0 || strcmp(column, "channel=pigeon") == 0;
    double eta = raw(model, "(intercept)") + recency * raw(model, "recency") +
                 (isnan(csat) ? median(model) : csat) * raw(model, "csat") +
                 isnan(csat) * raw(model, "csat (missing)") +
                 raw(model, pooled ? "channel=(other)" : column);
    return 1 / (1 + exp(-eta));
}

static wb_features *customers(void)
{
    const double recency[] = {3, 250, 40, 0, 90, 17}, csat[] = {5, NAN, 1, 3, NAN, 2}, extra[] = {1, 2, 3, 4, 5, 6};
    const char *const channel[] = {"web", "store", NULL, "fax", "pigeon", "app"};
    wb_features *frame = frame_create(); /* other columns, another order */
    frame_numbers(frame, "extra", extra, 6);
    frame_words(frame, "channel", WB_TYPE_CATEGORY, channel, 6);
    frame_numbers(frame, "csat", csat, 6);
    frame_numbers(frame, "recency", recency, 6);
    return frame;
}

static void probabilities_by_hand(void **state)
{
    (void)state;
    wb_features *shop = frame_shop(1500), *new = customers();
    for (int penalty = WB_PENALTY_NONE; penalty <= WB_PENALTY_RIDGE; penalty++) {
        wb_model *model = train(shop, (wb_penalty)penalty);
        const double *recency = wb_table_numbers(new->table, 3), *csat = wb_table_numbers(new->table, 2);
        const char *const channel[] = {"web", "store", NULL, "fax", "pigeon", "app"};
        double p[6], sum = 0;
        wb_score_report report = {.features = NULL};
        wb_error err;
        assert_ok(wb_score_table(model, new->table, p, &report, 1, &err), &err);
        for (size_t i = 0; i < 6; i++) {
            assert_close(p[i], by_hand(model, recency[i], csat[i], channel[i]), 1e-13);
            sum += p[i];
        }
        assert_int_equal(report.n_rows, 6);
        assert_int_equal(report.n_imputed, 3);
        assert_int_equal(report.n_unseen, 1);
        assert_int_equal(report.n_ignored_columns, 1);
        assert_int_equal(report.n_bad, 0);
        assert_close(report.mean_probability, sum / 6, 1e-15);
        wb_model_free(model);
    }
    wb_features_free(shop);
    wb_features_free(new);
}

static void a_rows_score_does_not_depend_on_its_place(void **state)
{
    (void)state;
    enum { N = 9001 };
    wb_features *frame = frame_shop(N);
    wb_model *model = train(frame, WB_PENALTY_RIDGE);
    static double p[N], q[N];
    static size_t order[N];
    wb_error err;
    assert_ok(wb_score_table(model, frame->table, p, NULL, 1, &err), &err);
    for (int n_threads = 2; n_threads <= 4; n_threads += 2) {
        assert_ok(wb_score_table(model, frame->table, q, NULL, n_threads, &err), &err);
        assert_memory_equal(p, q, sizeof p);
    }
    for (size_t i = 0; i < N; i++)
        order[i] = N - 1 - i;
    wb_features *reversed = frame_reorder(frame, order, N);
    assert_ok(wb_score_table(model, reversed->table, q, NULL, 2, &err), &err);
    for (size_t i = 0; i < N; i++)
        assert_true(p[i] == q[N - 1 - i]);
    wb_features_free(reversed);
    wb_model_free(model);
    wb_features_free(frame);
}

static void tables_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    wb_features *shop = frame_shop(1000);
    wb_model *model = train(shop, WB_PENALTY_RIDGE);
    const double numbers[] = {1}, huge[] = {1e308};
    const char *const words[] = {"web"};
    double p[1];
    wb_error err;
    wb_features *frame = frame_create();
    frame_numbers(frame, "recensy", numbers, 1);
    frame_numbers(frame, "csat", numbers, 1);
    assert_int_equal(wb_score_table(model, frame->table, p, NULL, 1, &err), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "did you mean 'recensy'"));
    frame_numbers(frame, "recency", huge, 1);
    frame_numbers(frame, "channel", numbers, 1);
    assert_int_equal(wb_score_table(model, frame->table, p, NULL, 1, &err), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "'channel' holds numbers, the model reads categories"));
    wb_features_free(frame);
    frame = frame_create();
    frame_numbers(frame, "csat", huge, 1);
    frame_numbers(frame, "recency", huge, 1);
    frame_words(frame, "channel", WB_TYPE_CATEGORY, words, 1);
    wb_status status = wb_score_table(model, frame->table, p, NULL, 1, &err);
    assert_true(status == WB_ERR_INCONSISTENT || (p[0] >= 0 && p[0] <= 1));
    wb_features_free(frame);
    wb_model_free(model);
    wb_features_free(shop);
}

static void no_rows_no_scores(void **state)
{
    (void)state;
    wb_features *shop = frame_shop(500);
    wb_model *model = train(shop, WB_PENALTY_RIDGE);
    wb_score_report report = {.features = NULL};
    wb_error err;
    wbi_table_clear(shop->table);
    shop->table->n_rows = 0;
    assert_ok(wb_score_table(model, shop->table, NULL, &report, 2, &err), &err);
    assert_int_equal(report.n_rows, 0);
    assert_true(isnan(report.mean_probability));
    wb_model_free(model);
    wb_features_free(shop);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    wb_features *shop = frame_shop(100);
    wb_model *model = train(shop, WB_PENALTY_RIDGE);
    double p[100];
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_alloc_fail_at(n);
        status = wb_score_table(model, shop->table, p, NULL, 1, NULL);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true(n < 200);
    }
    wb_model_free(model);
    wb_features_free(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_by_hand),
        cmocka_unit_test(a_rows_score_does_not_depend_on_its_place),
        cmocka_unit_test(tables_that_do_not_fit_are_refused),
        cmocka_unit_test(no_rows_no_scores),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
