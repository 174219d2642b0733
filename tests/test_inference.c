/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include "edit_testing.h"
#include "model/model.h"
#include "solve/inference.h"
#include "solve/linear.h"
#include "train_testing.h"

static char folder[] = "/tmp/winback-inference-XXXXXX";
static char path[64], beside[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/model.json", folder);
    snprintf(beside, sizeof beside, "%s/model.json.cov", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    remove(path);
    remove(beside);
    return remove(folder);
}

/* ---- linear algebra, by hand ---- */

static void correlated_pair(void **state)
{
    (void)state;
    const double r = 0.6, matrix[] = {4, NAN, r * 2 * 10, 100};
    double condition, vif[2];
    wbi_disarm_gsl();
    assert_int_equal(wbi_condition_number(&condition, matrix, 2, NULL), WB_OK);
    assert_close(condition, (1 + r) / (1 - r), 1e-14);
    assert_int_equal(wbi_variance_inflation(vif, matrix, 2, NULL), WB_OK);
    assert_close(vif[0], 1 / (1 - r * r), 1e-14);
    assert_close(vif[1], 1 / (1 - r * r), 1e-14);
}

/* Five columns u, v, u + v, t, s with u, v, t orthogonal and s at an angle to t alone. */
static void determined_columns_have_no_finite_inflation(void **state)
{
    (void)state;
    static const double x[5][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {1, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 3, 4}};
    double matrix[25] = {0}, condition, vif[5];
    for (size_t j = 0; j < 5; j++)
        for (size_t k = 0; k < 5; k++)
            for (size_t i = 0; i < 4; i++)
                matrix[j * 5 + k] += x[j][i] * x[k][i];
    wbi_disarm_gsl();
    assert_int_equal(wbi_variance_inflation(vif, matrix, 5, NULL), WB_OK);
    for (size_t j = 0; j < 3; j++)
        assert_true(vif[j] == INFINITY);
    assert_close(vif[3], 25.0 / 16, 1e-13);
    assert_close(vif[4], 25.0 / 16, 1e-13);
    assert_int_equal(wbi_condition_number(&condition, matrix, 5, NULL), WB_OK);
    assert_true(condition == INFINITY);
}

/* (2 1; 1 2)^-1 = (2 -1; -1 2) / 3, so (1, 3) gives (2 - 6 + 18) / 3; above x of chi-square with 2 is exp(-x / 2). */
static void wald(void **state)
{
    (void)state;
    const double beta[] = {77, 1, 3}, covariance[] = {9, 1, 1, 1, 2, 1, 1, 1, 2}, flat[] = {1, 1, 1, 1};
    double chi_square;
    wbi_disarm_gsl();
    assert_int_equal(wbi_wald(&chi_square, beta, covariance, 3, 1, 3, NULL), WB_OK);
    assert_close(chi_square, 14.0 / 3, 1e-14);
    assert_close(wbi_chi_square_above(chi_square, 2), exp(-7.0 / 3), 1e-14);
    assert_int_equal(wbi_wald(&chi_square, beta, flat, 2, 0, 2, NULL), WB_OK);
    assert_true(isnan(chi_square) && isnan(wbi_chi_square_above(chi_square, 2)));
}

/* ---- twelve rows of seven customers, against NumPy ---- */

enum { N = 12 };

static wb_features *twelve(const double *weight, bool with_customers)
{
    static const double x1[N] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8}, x2[N] = {0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 0, 0};
    static const double y[N] = {1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1};
    static const char *const id[N] = {"a", "a", "b", "c", "c", "c", "d", "e", "e", "f", "g", "g"};
    wb_features *frame = frame_create();
    if (with_customers)
        frame_words(frame, "customer_id", WB_TYPE_TEXT, id, N);
    frame_numbers(frame, "x1", x1, N);
    frame_numbers(frame, "x2", x2, N);
    frame_numbers(frame, "w", weight, N);
    frame_numbers(frame, "label_y", y, N);
    return frame;
}

typedef struct expected {
    double raw[3], se_raw[3], se[3], covariance_01, covariance_12, condition, vif, wald, p;
} expected;

static void check_twelve(const wb_model *model, const expected *want)
{
    const double se_per_sd[3] = {NAN, want->se[1], want->se[2]};
    double covariance[9];
    for (size_t j = 0; j < 3; j++) {
        wb_coefficient c = wb_model_coefficient(model, j);
        assert_close(c.raw, want->raw[j], 1e-7);
        assert_close(c.se_raw, want->se_raw[j], 1e-7);
        assert_close(c.se_per_sd, se_per_sd[j], 1e-7);
        assert_close(c.raw_95.low, want->raw[j] - 1.959963984540054 * want->se_raw[j], 1e-7);
        assert_close(c.raw_95.high, want->raw[j] + 1.959963984540054 * want->se_raw[j], 1e-7);
        assert_close(c.per_sd_95.high - c.per_sd, 1.959963984540054 * se_per_sd[j], 1e-7);
        assert_close(c.vif, j == 0 ? (double)NAN : want->vif, 1e-12);
    }
    assert_int_equal(wb_model_covariance(covariance, model, NULL, NULL), WB_OK);
    for (size_t j = 0; j < 3; j++)
        assert_close(sqrt(covariance[4 * j]), want->se[j], 1e-7);
    assert_close(covariance[1], want->covariance_01, 1e-7);
    assert_close(covariance[7], want->covariance_12, 1e-7);
    assert_true(covariance[1] == covariance[3] && covariance[5] == covariance[7]);
    assert_close(wb_model_summarise(model).condition_number, want->condition, 1e-7);
    wb_term_test test = wb_model_term_test(model, 0);
    assert_string_equal(test.feature, "x1");
    assert_int_equal(test.degrees_of_freedom, 1);
    assert_close(test.chi_square, want->wald, 1e-7);
    assert_close(test.p, want->p, 1e-7);
}

/* Z standardised by weight, p = 1 / (1 + exp(-Z b)), H = Z' diag(w p (1 - p)) Z / W, S = diag(0, lambda, lambda),
 * A = inv(n (H + S)), G[c] = sum of w (p - y) Z over the customer, V = A ((n / W)^2 G'G + n S) A, or A itself; raw by
 * T V T', T = (1, -m/s; 0, 1/s); condition from eigvalsh(H / d d'), d = sqrt(diag(H)); VIF 1 / (1 - r^2), r weighted. */
static void sandwich_as_numpy(void **state)
{
    (void)state;
    const double weight[N] = {1, 2, 1, 1, 3, 1, 2, 1, 1, 1, 2, 1}, ones[N] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const expected weighted = {
        .raw = {-3.886508759413381, 0.9282338014962719, -2.080485627469373},
        .se_raw = {1.686802224941036, 0.4296771478069872, 1.742623483562142},
        .se = {0.8018616338922425, 0.9762875402677985, 0.8698029757282691},
        .covariance_01 = -0.013937373981272955, .covariance_12 = -0.547508099549624,
        .condition = 3.335757693004413, .vif = 1.0115349485400051, .wald = 4.6669188061978675, .p = 0.03074904622986148};
    static const expected ridge = {
        .raw = {-1.9512355713503793, 0.5607385886492935, -1.115718662304884},
        .se_raw = {1.0644605279251154, 0.21923795188808773, 0.9849556449916164},
        .se = {0.6002595018112211, 0.5320254605486913, 0.4855896815487286},
        .covariance_01 = 0.023094336896931526, .covariance_12 = -0.10304327209113186,
        .condition = 2.120285347948677, .vif = 1.0271317829457365, .wald = 6.541681807672727, .p = 0.01053756837689003};
    const char *const no_weight[] = {"w"};
    wb_features *frame = twelve(weight, true);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_NONE;
    options.weights = "w";
    wb_model *model = train(frame, &options);
    assert_int_equal(wb_model_summarise(model).covariance, WB_COVARIANCE_BY_CUSTOMER);
    check_twelve(model, &weighted);
    assert_close(wb_model_coefficient(model, 1).z, 2.1603052576425092, 1e-7);
    assert_close(wb_model_coefficient(model, 1).p, 0.03074904622986148, 1e-7);
    wb_model_free(model);
    wb_features_free(frame);
    frame = twelve(ones, true);
    options = (wb_train_options)WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.05;
    options.exclude = no_weight;
    options.n_exclude = 1;
    model = train(frame, &options);
    assert_int_equal(wb_model_summarise(model).covariance, WB_COVARIANCE_BY_CUSTOMER);
    check_twelve(model, &ridge);
    wb_model_free(model);
    wb_features_free(frame);
}

static void bayesian_covariance_as_numpy(void **state)
{
    (void)state;
    const double threes[N] = {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}; /* all alike, so they do not matter */
    static const expected want = {
        .raw = {-1.9512355713503793, 0.5607385886492935, -1.115718662304884},
        .se_raw = {1.3927264037185971, 0.2968736282575451, 1.2756705100559582},
        .se = {0.6800275133462362, 0.7204242123147808, 0.6289140428698691},
        .covariance_01 = 0.01908023181991321, .covariance_12 = -0.11696366317958748,
        .condition = 2.120285347948677, .vif = 1.0271317829457365, .wald = 3.5676122615691934, .p = 0.058916971384809065};
    wb_features *frame = twelve(threes, false);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.05;
    options.weights = "w";
    wb_model *model = train(frame, &options);
    assert_int_equal(wb_model_summarise(model).covariance, WB_COVARIANCE_HESSIAN);
    check_twelve(model, &want);
    assert_true(isnan(wb_model_coefficient(model, 1).z) && isnan(wb_model_coefficient(model, 1).p));
    wb_model_free(model);
    wb_features_free(frame);
}

/* Each row of a customer twice is no news: the sandwich stays, where the curvature's covariance would halve. */
static void copies_of_rows_add_no_certainty(void **state)
{
    (void)state;
    enum { ROWS = 800 };
    wb_features *frame = frame_shop(ROWS);
    size_t order[2 * ROWS];
    for (size_t i = 0; i < 2 * ROWS; i++)
        order[i] = i / 2;
    wb_features *copies = frame_reorder(frame, order, 2 * ROWS);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_NONE;
    wb_model *once = train(frame, &options), *twice = train(copies, &options);
    assert_int_equal(wb_model_n_coefficients(once), wb_model_n_coefficients(twice));
    for (size_t j = 0; j < wb_model_n_coefficients(once); j++)
        assert_close(wb_model_coefficient(twice, j).se_raw / wb_model_coefficient(once, j).se_raw, 1, 1e-7);
    wb_model_free(once);
    wb_model_free(twice);
    wb_features_free(copies);
    wb_features_free(frame);
}

/* Also where the fit starts from a sample of its rows: 1 / (1 - r^2) from the data, whatever the effects. */
static void inflation_is_that_of_the_columns(void **state)
{
    (void)state;
    enum { ROWS = 70000 };
    double *a = wbi_alloc_array(ROWS, sizeof *a), *b = wbi_alloc_array(ROWS, sizeof *b);
    double *y = wbi_alloc_array(ROWS, sizeof *y), sums[5] = {0};
    uint64_t random = 9;
    for (size_t i = 0; i < ROWS; i++) {
        a[i] = frame_uniform(&random);
        b[i] = a[i] * a[i] + frame_uniform(&random);
        y[i] = frame_uniform(&random) < 1 / (1 + exp(9 - 12 * a[i]));
        const double terms[5] = {a[i], b[i], a[i] * a[i], b[i] * b[i], a[i] * b[i]};
        for (size_t k = 0; k < 5; k++)
            sums[k] += terms[k] / ROWS;
    }
    double r = (sums[4] - sums[0] * sums[1]) / sqrt((sums[2] - sums[0] * sums[0]) * (sums[3] - sums[1] * sums[1]));
    wb_features *frame = frame_create();
    frame_numbers(frame, "a", a, ROWS);
    frame_numbers(frame, "b", b, ROWS);
    frame_numbers(frame, "label_y", y, ROWS);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 1e-4;
    wb_model *model = train(frame, &options);
    assert_close(wb_model_coefficient(model, 1).vif, 1 / (1 - r * r), 1e-9);
    assert_close(wb_model_coefficient(model, 2).vif, 1 / (1 - r * r), 1e-9);
    wb_model_free(model);
    wb_features_free(frame);
    wbi_free(a);
    wbi_free(b);
    wbi_free(y);
}

/* ---- warnings ---- */

static void hear_warnings(void *user, wb_log_level level, const char *text)
{
    if (level == WB_LOG_WARNING)
        hear(user, level, text);
}

/* Nobody with a gold card leaves; the noise overlaps. */
static void separating_columns_are_named(void **state)
{
    (void)state;
    enum { ROWS = 200 };
    double gold[ROWS], noise[ROWS], y[ROWS];
    uint64_t random = 5;
    for (size_t i = 0; i < ROWS; i++) {
        gold[i] = i % 5 == 0;
        noise[i] = frame_uniform(&random);
        y[i] = i % 5 != 0 && i % 3 == 0;
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "noise", noise, ROWS);
    frame_numbers(frame, "gold", gold, ROWS);
    frame_numbers(frame, "label_left", y, ROWS);
    heard ears = {.text = ""};
    wb_log log = {hear_warnings, NULL, &ears};
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_NONE;
    options.log = &log;
    wb_model *model = train(frame, &options);
    assert_false(wb_model_summarise(model).converged);
    assert_int_equal(wb_model_summarise(model).covariance, WB_COVARIANCE_NONE);
    assert_true(isnan(wb_model_coefficient(model, 1).se_raw) && isnan(wb_model_coefficient(model, 1).per_sd_95.low));
    assert_non_null(strstr(ears.text, "gold may separate the classes: of the rows where it is 1, 40 are negative and 0 "
                                      "positive; where it is 0, 107 and 53"));
    assert_non_null(strstr(ears.text, "--penalty ridge"));
    assert_null(strstr(ears.text, "noise"));
    double covariance[9];
    wb_error err;
    assert_int_equal(wb_model_covariance(covariance, model, NULL, &err), WB_ERR_INCONSISTENT);
    wb_model_free(model);
    wb_features_free(frame);
}

static void near_collinear_columns_are_named(void **state)
{
    (void)state;
    enum { ROWS = 300 };
    double a[ROWS], b[ROWS], near[ROWS], y[ROWS];
    uint64_t random = 6;
    for (size_t i = 0; i < ROWS; i++) {
        a[i] = frame_uniform(&random);
        b[i] = frame_uniform(&random);
        near[i] = a[i] - b[i] + 1e-4 * frame_uniform(&random);
        y[i] = frame_uniform(&random) < 0.3 + 0.4 * a[i];
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "a", a, ROWS);
    frame_numbers(frame, "b", b, ROWS);
    frame_numbers(frame, "near", near, ROWS);
    frame_numbers(frame, "label_y", y, ROWS);
    heard ears = {.text = ""};
    wb_log log = {hear_warnings, NULL, &ears};
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_NONE;
    options.log = &log;
    wb_model *model = train(frame, &options);
    assert_true(wb_model_coefficient(model, 3).vif > 1e6);
    assert_non_null(strstr(ears.text, "columns nearly determine each other"));
    assert_non_null(strstr(ears.text, "near most"));
    wb_model_free(model);
    options.penalty = WB_PENALTY_RIDGE;
    options.lambda = 0.01;
    ears.text[0] = '\0';
    wb_model_free(train(frame, &options)); /* a ridge copes */
    assert_string_equal(ears.text, "");
    wb_features_free(frame);
}

/* Cutoffs of frame_shop are a day apart. */
static void overlapping_labels_are_said(void **state)
{
    (void)state;
    static const struct {
        const char *definitions;
        bool said;
    } cases[] = {
        {"{\"label\": {\"name\": \"churned\", \"absent\": \"orders\", \"horizon\": \"2d\"}, \"tables\": {\"orders\": {}}}", true},
        {"{\"label\": {\"name\": \"churned\", \"absent\": \"orders\", \"horizon\": \"1d\"}, \"tables\": {\"orders\": {}}}", false},
        {"{\"label\": {\"name\": \"other\", \"absent\": \"orders\", \"horizon\": \"2d\"}, \"tables\": {\"orders\": {}}}", false},
        {NULL, false},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        wb_features *frame = frame_shop(300);
        frame->definitions = cases[k].definitions == NULL ? NULL : wbi_strdup(cases[k].definitions);
        heard ears = {.text = ""};
        wb_log log = {hear_warnings, NULL, &ears};
        wb_train_options options = WB_TRAIN_OPTIONS_INIT;
        options.lambda = 0.1;
        options.log = &log;
        wb_model_free(train(frame, &options));
        assert_int_equal(strstr(ears.text, "cutoffs are 1d apart and the label looks 2d ahead") != NULL, cases[k].said);
        wb_features_free(frame);
    }
}

/* ---- files ---- */

static void put(const char *to, const char *bytes, size_t n)
{
    FILE *file = fopen(to, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void slurp(char **bytes, size_t *n, const char *from)
{
    wb_error err;
    assert_ok(wbi_input_slurp(bytes, n, from, (size_t)1 << 26, &err), &err);
}

static void what_is_read_is_what_was_written(void **state)
{
    (void)state;
    enum { MAX = 12 };
    wb_features *frame = frame_shop(500);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_NONE;
    wb_model *model = train(frame, &options), *back = NULL;
    wb_error err;
    assert_ok(wb_model_write(model, path, &err), &err);
    assert_ok(wb_model_read(&back, path, &err), &err);
    size_t n = wb_model_n_coefficients(model);
    assert_true(n <= MAX);
    double in[MAX * MAX], out[MAX * MAX];
    assert_ok(wb_model_covariance(in, model, NULL, &err), &err);
    assert_ok(wb_model_covariance(out, back, beside, &err), &err);
    assert_memory_equal(in, out, n * n * sizeof(double));
    assert_int_equal(wb_model_covariance(out, back, NULL, &err), WB_ERR_ARGUMENT);
    for (size_t j = 0; j < n; j++) {
        wb_coefficient a = wb_model_coefficient(model, j), b = wb_model_coefficient(back, j);
        assert_true(a.se_raw == b.se_raw && a.z == b.z && a.p == b.p && a.raw_95.low == b.raw_95.low);
        assert_true(j == 0 || (a.se_per_sd == b.se_per_sd && a.vif == b.vif && a.per_sd_95.high == b.per_sd_95.high));
    }
    for (size_t t = 0; t < wb_model_summarise(model).n_terms; t++) {
        wb_term_test a = wb_model_term_test(model, t), b = wb_model_term_test(back, t);
        assert_true(a.chi_square == b.chi_square && a.p == b.p && a.degrees_of_freedom == b.degrees_of_freedom);
    }
    assert_true(wb_model_summarise(back).condition_number == wb_model_summarise(model).condition_number);
    assert_int_equal(wb_model_summarise(back).covariance, WB_COVARIANCE_BY_CUSTOMER);
    wb_model_free(back);
    wb_model_free(model);
    wb_features_free(frame);
}

static void models_without_still_read(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(300);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.1;
    wb_model *model = train(frame, &options), *back = NULL;
    wbi_inference_free(model->inference);
    model->inference = NULL;
    remove(beside);
    wb_error err;
    assert_ok(wb_model_write(model, path, &err), &err);
    assert_int_equal(fopen(beside, "rb") == NULL, 1);
    json_t *file = json_load_file(path, 0, NULL);
    assert_int_equal(json_object_del(file, "inference"), 0); /* as files were before */
    assert_int_equal(json_dump_file(file, path, 0), 0);
    json_decref(file);
    assert_ok(wb_model_read(&back, path, &err), &err);
    assert_int_equal(wb_model_summarise(back).covariance, WB_COVARIANCE_NONE);
    assert_true(isnan(wb_model_coefficient(back, 1).se_raw) && isnan(wb_model_term_test(back, 0).p));
    wb_model_free(back);
    wb_model_free(model);
    wb_features_free(frame);
}

/* One change to a good file, and what must be said about it. */
static void wrong_values_are_named(void **state)
{
    (void)state;
    static const file_edit cases[] = {
        {"\"covariance\": \"by_customer\"", "\"covariance\": \"guess\"", "inference.covariance: expected 'hessian'"},
        {"\"hash\": \"", "\"hash\": \"x", "inference.hash: "},
        {"\"condition_number\": ", "\"condition_number\": -", "inference.condition_number: "},
        {"\"se_at_mean\": ", "\"se_at_mean\": -", "intercept.se_at_mean: "},
        {"\"se_per_sd\": 0.", "\"se_per_sd\": 1.", "se_raw: "},
        {"\"vif\": 1", "\"vif\": 0", "vif: "},
        {"\"df\": 1", "\"df\": 2", "wald.df: expected 1"},
        {"\"chi_square\": ", "\"chi_square\": -", "wald.chi_square: "},
        {"\"p\": ", "\"p\": 7, \"q\": ", "wald.p: 7 is no probability"},
        {"\"inference\": {", "\"inference\": [{", NULL},
    };
    wb_features *frame = frame_shop(600);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_NONE;
    wb_model *model = train(frame, &options);
    assert_int_equal(wb_model_write(model, path, NULL), WB_OK);
    size_t n;
    char *good = NULL;
    slurp(&good, &n, path);
    assert_edits_refused(good, cases, sizeof cases / sizeof *cases);
    wbi_free(good);
    wb_model_free(model);
    wb_features_free(frame);
}

/* Whatever is changed in it, a covariance is refused. */
static void broken_covariances_are_refused(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(200);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.1;
    wb_model *model = train(frame, &options), *back = NULL, *other = NULL;
    double out[400];
    wb_error err;
    assert_int_equal(wb_model_write(model, path, NULL), WB_OK);
    assert_int_equal(wb_model_read(&back, path, NULL), WB_OK);
    size_t n, n_coefficients = wb_model_n_coefficients(model);
    assert_true(n_coefficients * n_coefficients <= 400);
    char *good = NULL;
    slurp(&good, &n, beside);
    assert_int_equal(n, 16 + n_coefficients * (n_coefficients + 1) / 2 * 8);
    assert_memory_equal(good, "WBCOV01\n", 8);
    for (size_t cut = 0; cut < n; cut += 1 + cut % 5) {
        put(beside, good, cut);
        assert_int_equal(wb_model_covariance(out, back, beside, &err), WB_ERR_MALFORMED);
    }
    for (size_t at = 0; at < n; at++) {
        good[at] = (char)(good[at] ^ (1 << at % 8));
        put(beside, good, n);
        assert_int_equal(wb_model_covariance(out, back, beside, &err), WB_ERR_INCONSISTENT);
        good[at] = (char)(good[at] ^ (1 << at % 8));
    }
    char *longer = wbi_alloc_zeroed(n + 8, 1);
    memcpy(longer, good, n);
    put(beside, longer, n + 8);
    assert_int_equal(wb_model_covariance(out, back, beside, &err), WB_ERR_MALFORMED);
    options.lambda = 0.2;
    other = train(frame, &options);
    put(beside, good, n);
    assert_ok(wb_model_covariance(out, back, beside, &err), &err);
    assert_int_equal(wb_model_write(other, path, NULL), WB_OK); /* and MODEL.cov with it */
    assert_int_equal(wb_model_covariance(out, back, beside, &err), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "not the covariance that was written with this model"));
    remove(beside);
    assert_int_equal(wb_model_covariance(out, back, beside, &err), WB_ERR_IO);
    wbi_free(longer);
    wbi_free(good);
    wb_model_free(other);
    wb_model_free(back);
    wb_model_free(model);
    wb_features_free(frame);
}

/* A covariance with the right hash, but no covariance. */
static void infinite_covariances_are_refused(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(200);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.1;
    wb_model *model = train(frame, &options), *back = NULL;
    double out[400];
    wb_error err;
    double *covariance = model->inference->covariance, kept = covariance[model->inference->n];
    covariance[model->inference->n] = INFINITY;
    assert_int_equal(wbi_inference_complete(model->inference, model->basis, NULL), WB_OK);
    model->inference->se_intercept = 1;
    assert_int_equal(wb_model_write(model, path, NULL), WB_OK);
    assert_int_equal(wb_model_read(&back, path, NULL), WB_OK);
    assert_int_equal(wb_model_covariance(out, back, beside, &err), WB_ERR_MALFORMED);
    covariance[model->inference->n] = kept;
    wb_model_free(back);
    wb_model_free(model);
    wb_features_free(frame);
}

static void the_same_bytes_for_any_number_of_threads(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(9000);
    char *expected_bytes = NULL;
    size_t n_expected = 0, n;
    for (int n_threads = 1; n_threads <= 4; n_threads *= 2) {
        wb_train_options options = WB_TRAIN_OPTIONS_INIT;
        options.lambda = 0.01;
        options.n_threads = n_threads;
        wb_model *model = train(frame, &options);
        assert_int_equal(wb_model_write(model, path, NULL), WB_OK);
        char *bytes = NULL;
        slurp(&bytes, &n, beside);
        if (expected_bytes == NULL) {
            expected_bytes = bytes;
            n_expected = n;
        } else {
            assert_int_equal(n, n_expected);
            assert_memory_equal(bytes, expected_bytes, n);
            wbi_free(bytes);
        }
        wb_model_free(model);
    }
    wbi_free(expected_bytes);
    wb_features_free(frame);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(200);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.1;
    wb_model *model = train(frame, &options), *back = NULL;
    assert_int_equal(wb_model_write(model, path, NULL), WB_OK);
    assert_int_equal(wb_model_read(&back, path, NULL), WB_OK);
    double out[400];
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_alloc_fail_at(n);
        status = wb_model_covariance(out, back, beside, NULL);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true(n < 100);
    }
    wb_model_free(back);
    wb_model_free(model);
    wb_features_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(correlated_pair),
        cmocka_unit_test(determined_columns_have_no_finite_inflation),
        cmocka_unit_test(wald),
        cmocka_unit_test(sandwich_as_numpy),
        cmocka_unit_test(bayesian_covariance_as_numpy),
        cmocka_unit_test(copies_of_rows_add_no_certainty),
        cmocka_unit_test(inflation_is_that_of_the_columns),
        cmocka_unit_test(separating_columns_are_named),
        cmocka_unit_test(near_collinear_columns_are_named),
        cmocka_unit_test(overlapping_labels_are_said),
        cmocka_unit_test(what_is_read_is_what_was_written),
        cmocka_unit_test(models_without_still_read),
        cmocka_unit_test(wrong_values_are_named),
        cmocka_unit_test(broken_covariances_are_refused),
        cmocka_unit_test(infinite_covariances_are_refused),
        cmocka_unit_test(the_same_bytes_for_any_number_of_threads),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
