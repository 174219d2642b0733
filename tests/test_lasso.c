/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include "base/hash.h"
#include "train_testing.h"

/* ---- reference answers ---- */

/* Ridge, lasso or elastic net, as its alpha says. */
static wb_model *train_as_glmnet(const wb_features *frame, const json_t *fit)
{
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    double alpha = json_number_value(json_object_get(fit, "alpha"));
    options.lambda = json_number_value(json_object_get(fit, "lambda"));
    if (alpha > 0) {
        options.penalty = alpha == 1 ? WB_PENALTY_LASSO : WB_PENALTY_ELASTIC_NET;
        options.alpha = alpha;
    }
    return train(frame, &options);
}

/* Coefficients that are 0 are no part of the model. Both per standard deviation, where glmnet itself is up to 1.1e-6 off
 * (Newton steps on its active set, with signs as it found them, in extended precision). */
static void assert_as_glmnet(const wb_model *model, const json_t *coefficients)
{
    const char *name;
    json_t *expected;
    json_object_foreach((json_t *)coefficients, name, expected)
    {
        double want = json_number_value(expected);
        assert_int_equal(has_column(model, name), want != 0 && strcmp(name, "(Intercept)") != 0);
        for (size_t j = 1; j < wb_model_n_coefficients(model); j++) {
            wb_coefficient c = wb_model_coefficient(model, j);
            if (strcmp(c.column, name) == 0 && !(fabs(c.raw - want) * c.per_sd / c.raw <= 2e-6))
                fail_msg("%s is %.15g, expected %.15g", name, c.raw, want);
        }
    }
}

static void telco_as_glmnet(void **state)
{
    (void)state;
    json_t *reference = frame_reference("glmnet_telco.json"), *fit;
    json_t *fits = json_object_get(reference, "fits");
    wb_features *frame =
        reference == NULL ? NULL : frame_telco(json_object_get(json_array_get(fits, 0), "coefficients"));
    if (frame == NULL) {
        json_decref(reference);
        skip();
    }
    size_t index;
    json_array_foreach(fits, index, fit)
    {
        wb_model *model = train_as_glmnet(frame, fit);
        wb_model_summary summary = wb_model_summarise(model);
        assert_true(summary.converged && summary.gradient_max <= 1e-8);
        double objective = summary.mean_log_loss;
        for (size_t j = 1; j < wb_model_n_coefficients(model); j++) {
            double b = wb_model_coefficient(model, j).per_sd;
            objective += summary.lambda * ((1 - summary.alpha) / 2 * b * b + summary.alpha * fabs(b));
        }
        assert_true(objective <= json_number_value(json_object_get(fit, "objective")) + 1e-12);
        assert_close(objective, json_number_value(json_object_get(fit, "objective")), 1e-10);
        assert_int_equal(wb_model_summarise(model).n_columns, json_integer_value(json_object_get(fit, "nonzero")));
        assert_as_glmnet(model, json_object_get(fit, "coefficients"));
        wb_model_free(model);
    }
    assert_int_equal(json_array_size(fits), 12);
    wb_features_free(frame);
    json_decref(reference);
}

/* TotalCharges, which other columns all but determine, by Newton steps in extended precision on the columns that glmnet
 * found: t -= (Za'W Za/n + l2)^-1 (Za'(p - y)/n + l2 t + l1 sign), Za standardised; the others' |gradient| <= l1. */
static void telco_to_the_ninth_digit(void **state)
{
    (void)state;
    static const struct {
        double alpha, lambda, total_charges;
    } exact[] = {{0.5, 1e-4, 0.00023307772965}, {0.5, 1e-3, 0.000141206827417},
                 {1, 1e-4, 0.000232738233887},  {1, 1e-3, 0.000124662047513}};
    json_t *reference = frame_reference("glmnet_telco.json");
    json_t *fits = json_object_get(reference, "fits");
    wb_features *frame =
        reference == NULL ? NULL : frame_telco(json_object_get(json_array_get(fits, 0), "coefficients"));
    json_decref(reference);
    if (frame == NULL)
        skip();
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        wb_train_options options = WB_TRAIN_OPTIONS_INIT;
        options.penalty = WB_PENALTY_ELASTIC_NET;
        options.alpha = exact[i].alpha;
        options.lambda = exact[i].lambda;
        wb_model *model = train(frame, &options);
        assert_close(raw(model, "TotalCharges"), exact[i].total_charges, 1e-8);
        wb_model_free(model);
    }
    wb_features_free(frame);
}

/* ---- the path ---- */

/* The path of an elastic net by fits of its own: lambdas from the gradient of the base rate, each point's log loss and
 * standard error from training on each fold's others, its columns from training on all. */
enum { SPARSE_ROWS = 1500, SPARSE_FOLDS = 3 };

static double held_out_loss(const wb_features *frame, const wb_train_options *options, int k, double *weight)
{
    static uint8_t use[SPARSE_ROWS];
    static double p[SPARSE_ROWS];
    const wb_table *table = wb_features_table(frame);
    const double *y = wb_table_numbers(table, wb_table_find(table, "label_churned"));
    wb_train_options part = *options;
    double loss = 0;
    wb_error err;
    for (size_t i = 0; i < SPARSE_ROWS; i++) {
        size_t length;
        const char *text = wb_table_text(table, wb_table_find(table, "customer_id"), i, &length);
        use[i] = (int)(SPARSE_FOLDS * wbi_hash_unit("fold", "1", text, length)) != k;
    }
    part.use_row = use;
    part.n_folds = 0;
    wb_model *others = train(frame, &part);
    assert_ok(wb_score_table(others, table, p, NULL, 1, &err), &err);
    *weight = 0;
    for (size_t i = 0; i < SPARSE_ROWS; i++) {
        loss -= use[i] ? 0 : log(y[i] == 1 ? p[i] : 1 - p[i]);
        *weight += !use[i];
    }
    wb_model_free(others);
    return loss / *weight;
}

static void a_path_is_what_single_fits_make(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(SPARSE_ROWS);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_ELASTIC_NET;
    options.alpha = 0.8;
    options.n_folds = SPARSE_FOLDS;
    wb_model *model = train(frame, &options);
    const wb_path_point *path;
    size_t n = wb_model_path(model, &path);
    assert_true(n >= 20 && n < 100);
    assert_int_equal(path[0].n_nonzero, 0);
    assert_int_equal(path[1].n_nonzero, 1);
    for (size_t l = 1; l < n; l++)
        assert_close(path[l].lambda / path[l - 1].lambda, pow(1e-4, 1.0 / 99), 1e-12);
    for (size_t l = 0; l < n; l += 9) {
        double loss[SPARSE_FOLDS], weight[SPARSE_FOLDS], sum = 0, total = 0, squares = 0;
        options.lambda = path[l].lambda;
        for (int k = 0; k < SPARSE_FOLDS; k++) {
            loss[k] = held_out_loss(frame, &options, k, &weight[k]);
            sum += loss[k] * weight[k];
            total += weight[k];
        }
        for (int k = 0; k < SPARSE_FOLDS; k++)
            squares += weight[k] * (loss[k] - sum / total) * (loss[k] - sum / total);
        assert_true(fabs(path[l].log_loss - sum / total) <= 1e-5);
        assert_true(fabs(path[l].standard_error - sqrt(squares / total / (SPARSE_FOLDS - 1))) <= 1e-5);
        wb_train_options all = options;
        all.n_folds = 0;
        wb_model *single = train(frame, &all);
        assert_int_equal(path[l].n_nonzero, wb_model_summarise(single).n_columns);
        wb_model_free(single);
    }
    wb_model_free(model);
    wb_features_free(frame);
}

static void one_standard_error_is_the_most_that_is_as_good(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(SPARSE_ROWS);
    for (int penalty = WB_PENALTY_RIDGE; penalty <= WB_PENALTY_ELASTIC_NET; penalty++) {
        wb_train_options options = WB_TRAIN_OPTIONS_INIT;
        options.penalty = (wb_penalty)penalty;
        wb_model *least = train(frame, &options);
        options.lambda_rule = WB_LAMBDA_ONE_STANDARD_ERROR;
        wb_model *model = train(frame, &options);
        const wb_path_point *path;
        size_t n = wb_model_path(model, &path), best = 0, chosen = 0;
        for (size_t l = 0; l < n; l++)
            best = path[l].log_loss < path[best].log_loss ? l : best;
        while (path[chosen].log_loss > path[best].log_loss + path[best].standard_error)
            chosen++;
        assert_true(chosen < best);
        assert_true(wb_model_summarise(least).lambda == path[best].lambda);
        assert_true(wb_model_summarise(model).lambda == path[chosen].lambda);
        assert_close(wb_model_summarise(model).out_of_fold.log_loss, path[chosen].log_loss, 1e-12);
        assert_int_equal(wb_model_summarise(model).n_columns, path[chosen].n_nonzero);
        wb_model_free(least);
        wb_model_free(model);
    }
    wb_features_free(frame);
}

/* What has coefficient 0 is named and not needed for scoring; what is left satisfies its conditions, on the raw data. */
static void zeros_are_left_out(void **state)
{
    (void)state;
    enum { N = 600 };
    double x[N], noise[N], y[N], p[N], mean = 0, square = 0, slope = 0, none = 0, noise_mean = 0, noise_square = 0;
    uint64_t random = 5;
    for (size_t i = 0; i < N; i++) {
        x[i] = frame_uniform(&random);
        noise[i] = frame_uniform(&random);
        y[i] = frame_uniform(&random) < x[i];
        mean += x[i] / N;
        square += x[i] * x[i] / N;
        noise_mean += noise[i] / N;
        noise_square += noise[i] * noise[i] / N;
    }
    wb_features *frame = frame_create(), *less = frame_create();
    frame_numbers(frame, "noise", noise, N);
    frame_numbers(frame, "x", x, N);
    frame_numbers(frame, "label_y", y, N);
    frame_numbers(less, "x", x, N);
    heard ears = {.n_warnings = 0};
    wb_log log = {hear, NULL, &ears};
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_LASSO;
    options.lambda = 0.05;
    options.log = &log;
    wb_model *model = train(frame, &options);
    wb_error err;
    double covariance[4];
    assert_int_equal(wb_model_covariance(covariance, model, NULL, &err), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "no covariance: its columns were chosen by the data"));
    assert_int_equal(wb_model_summarise(model).covariance, WB_COVARIANCE_NONE);
    assert_int_equal(wb_model_summarise(model).n_terms, 1);
    assert_non_null(strstr(ears.text, "noise left out: their coefficients are 0"));
    assert_ok(wb_score_table(model, wb_features_table(less), p, NULL, 1, &err), &err);
    for (size_t i = 0; i < N; i++) {
        slope += (p[i] - y[i]) * (x[i] - mean) / sqrt(square - mean * mean) / N;
        none += (p[i] - y[i]) * (noise[i] - noise_mean) / sqrt(noise_square - noise_mean * noise_mean) / N;
    }
    assert_true(fabs(slope + 0.05) <= 1e-8);
    assert_true(fabs(none) < 0.05);
    wb_model_free(model);
    wb_features_free(frame);
    wb_features_free(less);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(telco_as_glmnet),
        cmocka_unit_test(telco_to_the_ninth_digit),
        cmocka_unit_test(a_path_is_what_single_fits_make),
        cmocka_unit_test(one_standard_error_is_the_most_that_is_as_good),
        cmocka_unit_test(zeros_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
