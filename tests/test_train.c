/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include "base/hash.h"
#include "train_testing.h"

/* ---- reference answers ---- */

static void assert_relative(const wb_model *model, const json_t *coefficients, double tolerance)
{
    const char *name;
    json_t *expected;
    json_object_foreach((json_t *)coefficients, name, expected)
    {
        double got = raw(model, strcmp(name, "(Intercept)") == 0 ? "(intercept)" : name);
        double want = json_number_value(expected);
        if (!(fabs(got - want) <= tolerance * fabs(want)))
            fail_msg("%s is %.15g, expected %.15g", name, got, want);
    }
}

static wb_coefficient coefficient(const wb_model *model, const char *column)
{
    size_t j = 0;
    while (strcmp(wb_model_coefficient(model, j).column, column) != 0)
        j++;
    return wb_model_coefficient(model, j);
}

/* Standard errors, z and p as summary(glm) has them; every row is a customer of its own. */
static void assert_inference(const wb_model *model, const json_t *reference)
{
    const json_t *errors = json_object_get(reference, "std_errors"), *z = json_object_get(reference, "z");
    const json_t *p_values = json_object_get(reference, "p_values");
    const char *name;
    json_t *error;
    assert_int_equal(wb_model_summarise(model).covariance, WB_COVARIANCE_HESSIAN);
    json_object_foreach((json_t *)errors, name, error)
    {
        wb_coefficient c = coefficient(model, strcmp(name, "(Intercept)") == 0 ? "(intercept)" : name);
        double p = json_number_value(json_object_get(p_values, name));
        assert_close(c.se_raw / json_number_value(error), 1, 1e-6);
        assert_close(c.z / json_number_value(json_object_get(z, name)), 1, 1e-5);
        assert_close(c.p / p, 1, 1e-3); /* the tail of a large z multiplies its error */
    }
}

static void telco_as_glm(void **state)
{
    (void)state;
    json_t *reference = frame_reference("glm_telco.json");
    wb_features *frame = reference == NULL ? NULL : frame_telco(json_object_get(reference, "coefficients"));
    if (frame == NULL) {
        json_decref(reference);
        skip();
    }
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_NONE;
    wb_model *model = train(frame, &options);
    wb_model_summary summary = wb_model_summarise(model);
    assert_true(summary.converged);
    assert_int_equal(summary.n_rows, json_integer_value(json_object_get(reference, "n")));
    assert_relative(model, json_object_get(reference, "coefficients"), 1e-6);
    assert_inference(model, reference);
    assert_close(2 * (double)summary.n_rows * summary.mean_log_loss,
                 json_number_value(json_object_get(reference, "deviance")), 1e-12);
    wb_model_free(model);
    wb_features_free(frame);
    json_decref(reference);
}

static void churn5000_as_glm(void **state)
{
    (void)state;
    json_t *reference = frame_reference("glm_churn5000.json");
    frame_csv csv;
    if (reference == NULL || !frame_csv_read(&csv, "churn_mlc/churn_5000.csv.gz")) {
        json_decref(reference);
        skip();
    }
    json_t *coefficients = json_object_get(reference, "coefficients"), *ignored;
    wb_features *frame = frame_create();
    double *values = wbi_alloc_array(csv.n_rows, sizeof *values);
    const char **churn = wbi_alloc_array(csv.n_rows, sizeof *churn), *name;
    json_object_foreach(coefficients, name, ignored)
    {
        if (strcmp(name, "(Intercept)") == 0)
            continue;
        for (size_t row = 0; row < csv.n_rows; row++)
            values[row] = atof(frame_csv_at(&csv, row, name));
        frame_numbers(frame, name, values, csv.n_rows);
    }
    for (size_t row = 0; row < csv.n_rows; row++)
        churn[row] = frame_csv_at(&csv, row, "churn");
    frame_words(frame, "churn", WB_TYPE_CATEGORY, churn, csv.n_rows);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_NONE;
    options.target = "churn";
    wb_model *model = train(frame, &options);
    assert_relative(model, coefficients, 1e-6);
    assert_inference(model, reference);
    wb_model_free(model);
    wb_features_free(frame);
    wbi_free(values);
    wbi_free(churn);
    frame_csv_free(&csv);
    json_decref(reference);
}

/* ---- properties ---- */

/* Without a penalty the residuals are orthogonal to every column: the score equations, checked from the raw model. */
static void score_equations_hold(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(3000);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_NONE;
    wb_model *model = train(frame, &options);
    const wb_table *table = wb_features_table(frame);
    size_t n = wb_table_n_rows(table);
    double *p = wbi_alloc_array(n, sizeof *p), sums[4] = {0};
    wb_error err;
    assert_ok(wb_score_table(model, table, p, NULL, 1, &err), &err);
    const double *y = wb_table_numbers(table, wb_table_find(table, "label_churned"));
    const double *recency = wb_table_numbers(table, wb_table_find(table, "recency"));
    const double *csat = wb_table_numbers(table, wb_table_find(table, "csat"));
    const int32_t *channel = wb_table_codes(table, wb_table_find(table, "channel"));
    for (size_t i = 0; i < n; i++) {
        sums[0] += p[i] - y[i];
        sums[1] += (p[i] - y[i]) * recency[i] / 100;
        sums[2] += (p[i] - y[i]) * isnan(csat[i]);
        sums[3] += (p[i] - y[i]) * (channel[i] < 0);
    }
    for (size_t k = 0; k < 4; k++)
        assert_true(fabs(sums[k]) / (double)n < 1e-9);
    assert_true(raw(model, "recency") > 0);
    assert_true(raw(model, "csat") < 0);
    wbi_free(p);
    wb_model_free(model);
    wb_features_free(frame);
}

static void rows_and_threads_do_not_matter(wb_penalty penalty, size_t n)
{
    wb_features *frame = frame_shop(n);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = penalty;
    options.n_threads = 1;
    wb_model *model = train(frame, &options);
    char *expected = model_bytes(model);
    wb_model_free(model);
    size_t *order = wbi_alloc_array(n, sizeof *order);
    uint64_t random = 21;
    for (size_t i = 0; i < n; i++) {
        size_t j = (size_t)(frame_uniform(&random) * (double)(i + 1));
        order[i] = order[j];
        order[j] = i;
    }
    wb_features *shuffled = frame_reorder(frame, order, n);
    for (int n_threads = 1; n_threads <= 4; n_threads *= 2) {
        options.n_threads = n_threads;
        model = train(n_threads == 2 ? frame : shuffled, &options);
        char *bytes = model_bytes(model);
        assert_string_equal(bytes, expected);
        wbi_free(bytes);
        wb_model_free(model);
    }
    wbi_free(order);
    wbi_free(expected);
    wb_features_free(shuffled);
    wb_features_free(frame);
}

static void shuffled_rows_and_threads_give_the_same_bytes(void **state)
{
    (void)state;
    rows_and_threads_do_not_matter(WB_PENALTY_RIDGE, 9000);
    rows_and_threads_do_not_matter(WB_PENALTY_ELASTIC_NET, 3000);
    rows_and_threads_do_not_matter(WB_PENALTY_FIRTH, 3000);
}

static void double_weight_is_two_rows(void **state)
{
    (void)state;
    enum { N = 1500 };
    wb_features *frame = frame_shop(N);
    size_t order[2 * N], n = 0;
    double weight[N];
    for (size_t i = 0; i < N; i++) {
        weight[i] = (double)(i % 3); /* 0: not there at all */
        for (size_t k = 0; k < i % 3; k++)
            order[n++] = i;
    }
    wb_features *copies = frame_reorder(frame, order, n);
    frame_numbers(frame, "w", weight, N);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.01;
    wb_model *expected = train(copies, &options);
    options.weights = "w";
    wb_model *model = train(frame, &options);
    assert_int_equal(wb_model_n_coefficients(model), wb_model_n_coefficients(expected));
    for (size_t j = 0; j < wb_model_n_coefficients(model); j++)
        assert_close(wb_model_coefficient(model, j).raw, wb_model_coefficient(expected, j).raw, 1e-9);
    assert_close(wb_model_summarise(model).base_rate, wb_model_summarise(expected).base_rate, 1e-14);
    wb_model_free(model);
    wb_model_free(expected);
    wb_features_free(copies);
    wb_features_free(frame);
}

/* Of 70000 rows a sample is fitted first. */
static void weights_of_1_change_no_byte(void **state)
{
    (void)state;
    static const wb_penalty penalty[] = {WB_PENALTY_RIDGE, WB_PENALTY_NONE, WB_PENALTY_FIRTH, WB_PENALTY_RIDGE};
    static const double lambda[] = {NAN, NAN, NAN, 0.01};
    static const size_t n_rows[] = {2000, 2000, 2000, 70000};
    for (size_t k = 0; k < sizeof n_rows / sizeof *n_rows; k++) {
        wb_features *frame = frame_shop(n_rows[k]);
        wb_train_options options = WB_TRAIN_OPTIONS_INIT;
        options.penalty = penalty[k];
        options.lambda = lambda[k];
        wb_model *expected = train(frame, &options);
        double *weight = wbi_alloc_array(n_rows[k], sizeof *weight);
        for (size_t i = 0; i < n_rows[k]; i++)
            weight[i] = 1;
        frame_numbers(frame, "w", weight, n_rows[k]);
        options.weights = "w";
        wb_model *model = train(frame, &options);
        char *expected_bytes = model_bytes(expected), *bytes = model_bytes(model);
        assert_string_equal(bytes, expected_bytes);
        wbi_free(bytes);
        wbi_free(expected_bytes);
        wbi_free(weight);
        wb_model_free(model);
        wb_model_free(expected);
        wb_features_free(frame);
    }
}

static void scale_of_a_column_does_not_matter(void **state)
{
    (void)state;
    enum { N = 800 };
    double x[N], scaled[N], y[N];
    uint64_t random = 8;
    for (size_t i = 0; i < N; i++) {
        x[i] = frame_uniform(&random);
        scaled[i] = 1000 * x[i] - 7;
        y[i] = frame_uniform(&random) < x[i];
    }
    wb_features *one = frame_create(), *two = frame_create();
    frame_numbers(one, "x", x, N);
    frame_numbers(one, "y", y, N);
    frame_numbers(two, "x", scaled, N);
    frame_numbers(two, "y", y, N);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.target = "y";
    options.lambda = 0.1;
    wb_model *a = train(one, &options), *b = train(two, &options);
    assert_close(wb_model_coefficient(a, 1).per_sd, wb_model_coefficient(b, 1).per_sd, 1e-10);
    assert_close(wb_model_coefficient(a, 1).raw, 1000 * wb_model_coefficient(b, 1).raw, 1e-10);
    wb_model_free(a);
    wb_model_free(b);
    wb_features_free(one);
    wb_features_free(two);
}

/* ---- folds ---- */

/* Cross-validation again, by training on each fold's others and scoring the fold, all through the public functions. */
static void folds_see_only_the_others(void **state)
{
    (void)state;
    enum { N = 2000, K = 4 };
    wb_features *frame = frame_shop(N);
    const wb_table *table = wb_features_table(frame);
    const double *y = wb_table_numbers(table, wb_table_find(table, "label_churned"));
    size_t id = wb_table_find(table, "customer_id");
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.02;
    options.n_folds = K;
    options.seed = 77;
    wb_model *model = train(frame, &options);
    static double p[N], all[N];
    static uint8_t use[N], outcome[N];
    for (int k = 0; k < K; k++) {
        for (size_t i = 0; i < N; i++) {
            size_t length;
            const char *text = wb_table_text(table, id, i, &length);
            use[i] = (int)(K * wbi_hash_unit("fold", "77", text, length)) != k;
            outcome[i] = y[i] == 1;
        }
        wb_train_options part = options;
        part.use_row = use;
        part.n_folds = 0;
        wb_model *others = train(frame, &part);
        wb_error err;
        assert_ok(wb_score_table(others, table, all, NULL, 1, &err), &err);
        for (size_t i = 0; i < N; i++)
            p[i] = use[i] ? p[i] : all[i];
        wb_model_free(others);
    }
    wb_metrics expected, got = wb_model_summarise(model).out_of_fold;
    assert_int_equal(wb_metrics_compute(&expected, &(wb_outcomes){p, outcome, NULL, NULL, N}, NULL, NULL), WB_OK);
    assert_int_equal(got.n, N);
    assert_close(got.auc, expected.auc, 1e-12);
    assert_close(got.log_loss, expected.log_loss, 1e-12);
    assert_close(got.brier, expected.brier, 1e-12);
    wb_model_free(model);
    wb_features_free(frame);
}

static void lambda_is_the_best_of_the_path(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(2000);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.validate = WB_VALIDATE_CUSTOMERS;
    wb_model *model = train(frame, &options);
    const wb_path_point *path;
    size_t n = wb_model_path(model, &path), best = 0;
    assert_int_equal(n, 20);
    assert_close(path[0].lambda, 10, 1e-15);
    assert_close(path[19].lambda, 1e-4, 1e-15);
    for (size_t l = 1; l < n; l++) {
        assert_close(path[l].lambda / path[l - 1].lambda, pow(1e-5, 1.0 / 19), 1e-12);
        assert_int_equal(path[l].n_nonzero, wb_model_summarise(model).n_columns);
        best = path[l].log_loss < path[best].log_loss ? l : best;
    }
    wb_model_summary summary = wb_model_summarise(model);
    assert_true(summary.lambda == path[best].lambda);
    assert_int_equal(summary.n_folds, 5);
    assert_close(summary.out_of_fold.log_loss, path[best].log_loss, 1e-12);
    options.lambda = path[best].lambda;
    options.n_folds = 5;
    wb_model *given = train(frame, &options);
    assert_close(wb_model_summarise(given).out_of_fold.auc, summary.out_of_fold.auc, 1e-9);
    wb_model_free(given);
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- what is left out, what is refused ---- */

static void aliased_columns_are_named_and_dropped(void **state)
{
    (void)state;
    enum { N = 500 };
    double a[N], b[N], sum[N], y[N];
    uint64_t random = 2;
    for (size_t i = 0; i < N; i++) {
        a[i] = frame_uniform(&random);
        b[i] = frame_uniform(&random);
        sum[i] = 3 * a[i] - b[i] + 5;
        y[i] = frame_uniform(&random) < 0.2 + 0.6 * a[i];
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "a", a, N);
    frame_numbers(frame, "b", b, N);
    frame_numbers(frame, "sum", sum, N);
    frame_numbers(frame, "label_x", y, N);
    heard ears = {.n_warnings = 0};
    wb_log log = {hear, NULL, &ears};
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_NONE;
    options.log = &log;
    wb_model *model = train(frame, &options);
    assert_true(wb_model_summarise(model).converged);
    assert_int_equal(wb_model_summarise(model).n_terms, 2);
    assert_non_null(strstr(ears.text, "sum left out"));
    assert_int_equal(ears.n_warnings, 0);
    wb_model_free(model);
    wb_features_free(frame);
}

static void separation_is_not_convergence(void **state)
{
    (void)state;
    enum { N = 60 };
    double x[N], y[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = (double)(i * 7 % N);
        y[i] = x[i] > 25;
    }
    y[0] = 0;
    wb_features *frame = frame_create();
    frame_numbers(frame, "x", x, N);
    frame_numbers(frame, "label_x", y, N);
    heard ears = {.n_warnings = 0};
    wb_log log = {hear, NULL, &ears};
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_NONE;
    options.log = &log;
    wb_model *model = train(frame, &options);
    assert_false(wb_model_summarise(model).converged);
    assert_non_null(strstr(ears.text, "--penalty firth"));
    assert_non_null(strstr(ears.text, "--penalty ridge"));
    wb_model_free(model);
    options.penalty = WB_PENALTY_RIDGE;
    options.lambda = 1e-4;
    model = train(frame, &options);
    assert_true(wb_model_summarise(model).converged);
    assert_true(wb_model_summarise(model).gradient_max <= 1e-8);
    wb_model_free(model);
    wb_features_free(frame);
}

static void identifiers_mail_and_phones_are_left_out(void **state)
{
    (void)state;
    enum { N = 120 };
    static char code[N][16], mail[N][24], phone[N][24];
    const char *codes[N], *mails[N], *phones[N], *plans[N];
    double y[N], x[N];
    for (size_t i = 0; i < N; i++) {
        snprintf(code[i], sizeof code[i], "k%zu", i);
        snprintf(mail[i], sizeof mail[i], "u%zu@example.org", i % 8);
        snprintf(phone[i], sizeof phone[i], "+49 (30) 12345-%zu", i % 8);
        codes[i] = code[i];
        mails[i] = mail[i];
        phones[i] = phone[i];
        plans[i] = i % 3 == 0 ? "basic" : "plus";
        y[i] = i * 7 % 5 < 2;
        x[i] = (double)(i % 11);
    }
    wb_features *frame = frame_create();
    frame_words(frame, "code", WB_TYPE_CATEGORY, codes, N);
    frame_words(frame, "mail", WB_TYPE_CATEGORY, mails, N);
    frame_words(frame, "phone", WB_TYPE_CATEGORY, phones, N);
    frame_words(frame, "plan", WB_TYPE_CATEGORY, plans, N);
    frame_numbers(frame, "x", x, N);
    frame_numbers(frame, "label_other", x, N);
    frame_numbers(frame, "label_churned", y, N);
    heard ears = {.n_warnings = 0};
    wb_log log = {hear, NULL, &ears};
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    const char *const exclude[] = {"x"};
    options.log = &log;
    options.target = "churned";
    options.exclude = exclude;
    options.n_exclude = 1;
    options.lambda = 1;
    wb_model *model = train(frame, &options);
    assert_int_equal(wb_model_summarise(model).n_terms, 1);
    assert_true(has_column(model, "plan=basic") && has_column(model, "plan=plus"));
    assert_non_null(strstr(ears.text, "code left out"));
    assert_non_null(strstr(ears.text, "mail left out"));
    assert_non_null(strstr(ears.text, "phone left out"));
    wb_model_free(model);
    wb_features_free(frame);
}

/* Trains on a label of words and a number; gives the status. */
static wb_status train_label(wb_error *err, const char *const *words, size_t n, const char *positive,
                             uint64_t *positives)
{
    double x[64];
    for (size_t i = 0; i < n; i++)
        x[i] = (double)(i * 5 % 7);
    wb_features *frame = frame_create();
    frame_numbers(frame, "x", x, n);
    frame_words(frame, "gone", WB_TYPE_CATEGORY, words, n);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.target = "gone";
    options.positive = positive;
    options.lambda = 1;
    wb_model *model = NULL;
    wb_status status = wb_train(&model, frame, &options, err);
    if (status == WB_OK)
        *positives = wb_model_summarise(model).n_positive;
    wb_model_free(model);
    wb_features_free(frame);
    return status;
}

static void labels(void **state)
{
    (void)state;
    wb_error err;
    uint64_t positives = 0;
    const char *const yes_no[] = {"Yes", "no", "YES", NULL, "no", "yes"}, *const none[] = {NULL};
    const char *const left[] = {"left", "stays", "left", "stays"}, *const only[] = {"yes", "yes", NULL};
    const char *const three[] = {"a", "b", "c", "a"};
    assert_ok(train_label(&err, yes_no, 6, NULL, &positives), &err);
    assert_int_equal(positives, 3);
    assert_ok(train_label(&err, left, 4, "stays", &positives), &err);
    assert_int_equal(positives, 2);
    assert_int_equal(train_label(&err, left, 4, NULL, &positives), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "'left', 'stays'"));
    assert_non_null(strstr(err.advice, "--positive"));
    assert_int_equal(train_label(&err, left, 4, "gone", &positives), WB_ERR_INCONSISTENT);
    assert_int_equal(train_label(&err, three, 4, NULL, &positives), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "more than two values: 'a', 'b', 'c'"));
    assert_int_equal(train_label(&err, three, 4, "a", &positives), WB_ERR_INCONSISTENT);
    assert_int_equal(train_label(&err, only, 3, NULL, &positives), WB_ERR_DEGENERATE);
    assert_int_equal(train_label(&err, none, 1, NULL, &positives), WB_ERR_DEGENERATE);
}

static void number_labels(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 1, 2, 3}, three[] = {0, 1, 2, 0, 1, 1}, odd[] = {1, 2, 1, 2, 2, NAN};
    const double flipped[] = {1, 0, 1, 0, 0, 1};
    wb_features *frame = frame_create();
    frame_numbers(frame, "x", x, 6);
    frame_numbers(frame, "label_three", three, 6);
    frame_numbers(frame, "label_odd", odd, 6);
    frame_numbers(frame, "label_copy", odd, 6);
    frame_numbers(frame, "copy", flipped, 6);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    wb_model *model = NULL;
    wb_error err;
    options.lambda = 1;
    assert_int_equal(wb_train(&model, frame, &options, &err), WB_ERR_INCONSISTENT); /* several labels */
    options.target = "three";
    assert_int_equal(wb_train(&model, frame, &options, &err), WB_ERR_INCONSISTENT);
    options.target = "label_odd";
    assert_int_equal(wb_train(&model, frame, &options, &err), WB_ERR_INCONSISTENT);
    options.positive = "1.0";
    assert_int_equal(wb_train(&model, frame, &options, &err), WB_ERR_INCONSISTENT); /* `copy` tells the label */
    assert_non_null(strstr(err.message, "copy"));
    const char *const exclude[] = {"copy"}, *const unknown[] = {"copi"};
    options.exclude = exclude;
    options.n_exclude = 1;
    assert_ok(wb_train(&model, frame, &options, &err), &err);
    assert_int_equal(wb_model_summarise(model).n_positive, 2);
    assert_int_equal(wb_model_summarise(model).n_rows, 5);
    assert_string_equal(wb_model_summarise(model).target, "odd");
    wb_model_free(model);
    options.exclude = unknown;
    assert_int_equal(wb_train(&model, frame, &options, &err), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "did you mean 'copy'"));
    wb_features_free(frame);
}

static void bad_options(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(200);
    wb_model *model = NULL;
    wb_train_options base = WB_TRAIN_OPTIONS_INIT, o;
#define REFUSED(change, code)                                                                                  \
    do {                                                                                                       \
        o = base;                                                                                              \
        change;                                                                                                \
        assert_int_equal(wb_train(&model, frame, &o, NULL), code);                                             \
        assert_null(model);                                                                                    \
    } while (0)
    REFUSED(o.lambda = -1, WB_ERR_ARGUMENT);
    REFUSED(o.lambda = INFINITY, WB_ERR_ARGUMENT);
    REFUSED(o.n_folds = 1, WB_ERR_ARGUMENT);
    REFUSED(o.n_folds = 101, WB_ERR_ARGUMENT);
    REFUSED(o.n_folds = 0, WB_ERR_ARGUMENT); /* lambda is to be chosen */
    REFUSED((o.penalty = WB_PENALTY_NONE, o.lambda = 1), WB_ERR_ARGUMENT);
    REFUSED(o.penalty = (wb_penalty)9, WB_ERR_ARGUMENT);
    REFUSED(o.alpha = 0.5, WB_ERR_ARGUMENT); /* with ridge */
    REFUSED((o.penalty = WB_PENALTY_NONE, o.alpha = 0), WB_ERR_ARGUMENT);
    REFUSED((o.penalty = WB_PENALTY_LASSO, o.alpha = 0.5), WB_ERR_ARGUMENT);
    REFUSED((o.penalty = WB_PENALTY_LASSO, o.lambda = -1e-9), WB_ERR_ARGUMENT);
    REFUSED((o.penalty = WB_PENALTY_LASSO, o.n_folds = 0), WB_ERR_ARGUMENT);
    REFUSED((o.penalty = WB_PENALTY_ELASTIC_NET, o.alpha = -0.1), WB_ERR_ARGUMENT);
    REFUSED((o.penalty = WB_PENALTY_ELASTIC_NET, o.alpha = 1.1), WB_ERR_ARGUMENT);
    REFUSED((o.penalty = WB_PENALTY_ELASTIC_NET, o.alpha = INFINITY), WB_ERR_ARGUMENT);
    REFUSED((o.penalty = WB_PENALTY_FIRTH, o.lambda = 1), WB_ERR_ARGUMENT);
    REFUSED((o.penalty = WB_PENALTY_FIRTH, o.alpha = 0), WB_ERR_ARGUMENT);
    REFUSED((o.penalty = WB_PENALTY_FIRTH, o.class_weight = 2), WB_ERR_ARGUMENT);
    REFUSED((o.penalty = WB_PENALTY_FIRTH, o.balanced = 1), WB_ERR_ARGUMENT);
    REFUSED((o.penalty = WB_PENALTY_FIRTH, o.sample_negatives = 0.5), WB_ERR_ARGUMENT);
    REFUSED(o.lambda_rule = (wb_lambda_rule)2, WB_ERR_ARGUMENT);
    REFUSED(o.target = "churn_label", WB_ERR_INCONSISTENT);
    REFUSED(o.id = "customer", WB_ERR_INCONSISTENT);
    REFUSED(o.id = "recency", WB_ERR_INCONSISTENT);
    REFUSED(o.weights = "weight", WB_ERR_INCONSISTENT);
    REFUSED(o.weights = "channel", WB_ERR_INCONSISTENT);
    REFUSED(o.weights = "csat", WB_ERR_INCONSISTENT); /* has missing cells */
    wb_features_free(frame);
}

static int stop_after_one_fold(void *user, const char *what, uint64_t done, uint64_t total)
{
    (void)user;
    assert_string_equal(what, "train");
    assert_int_equal(total, 101);
    return done == 20;
}

static void training_can_be_cancelled(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(500);
    wb_log log = {NULL, stop_after_one_fold, NULL};
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.log = &log;
    wb_model *model = NULL;
    assert_int_equal(wb_train(&model, frame, &options, NULL), WB_ERR_CANCELLED);
    wb_features_free(frame);
}

/* Fails the n-th allocation of a training, for n by `stride`. */
static void fail_allocations(const wb_features *frame, const wb_train_options *options, uint64_t stride)
{
    wb_model *model = NULL;
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n += stride) {
        wbi_alloc_fail_at(n);
        status = wb_train(&model, frame, options, NULL);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true(n < 5000 * stride);
    }
    wb_model_free(model);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(120);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.1;
    options.n_folds = 2;
    options.n_threads = 1;
    fail_allocations(frame, &options, 1);
    options.penalty = WB_PENALTY_LASSO;
    fail_allocations(frame, &options, 1);
    options.lambda = WB_LAMBDA_AUTO;
    fail_allocations(frame, &options, 7);
    options.penalty = WB_PENALTY_FIRTH;
    fail_allocations(frame, &options, 1);
    wb_features_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(telco_as_glm),
        cmocka_unit_test(churn5000_as_glm),
        cmocka_unit_test(score_equations_hold),
        cmocka_unit_test(shuffled_rows_and_threads_give_the_same_bytes),
        cmocka_unit_test(double_weight_is_two_rows),
        cmocka_unit_test(weights_of_1_change_no_byte),
        cmocka_unit_test(scale_of_a_column_does_not_matter),
        cmocka_unit_test(folds_see_only_the_others),
        cmocka_unit_test(lambda_is_the_best_of_the_path),
        cmocka_unit_test(aliased_columns_are_named_and_dropped),
        cmocka_unit_test(separation_is_not_convergence),
        cmocka_unit_test(identifiers_mail_and_phones_are_left_out),
        cmocka_unit_test(labels),
        cmocka_unit_test(number_labels),
        cmocka_unit_test(bad_options),
        cmocka_unit_test(training_can_be_cancelled),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
