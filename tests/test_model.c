/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include "design/json.h"
#include "model/model.h"
#include "edit_testing.h"
#include "test_frame.h"

static char folder[] = "/tmp/winback-model-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/model.json", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    remove(path);
    memcpy(path + strlen(path), ".cov", sizeof ".cov");
    remove(path);
    return remove(folder);
}

static wb_model *train_with(wb_features *frame, const char *definitions, const wb_train_options *options)
{
    wb_model *model = NULL;
    wb_error err;
    wbi_free(frame->definitions);
    frame->definitions = definitions == NULL ? NULL : wbi_strdup(definitions);
    assert_ok(wb_train(&model, frame, options, &err), &err);
    return model;
}

static wb_model *train(wb_features *frame, const char *definitions)
{
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.01;
    options.n_folds = 3;
    options.seed = UINT64_MAX;
    return train_with(frame, definitions, &options);
}

static void slurp(char **bytes, size_t *n)
{
    wb_error err;
    assert_ok(wbi_input_slurp(bytes, n, path, (size_t)1 << 26, &err), &err);
}

static void put(const char *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static wb_model *write_and_read(const wb_model *model)
{
    wb_model *back = NULL;
    wb_error err;
    assert_ok(wb_model_write(model, path, &err), &err);
    assert_ok(wb_model_read(&back, path, &err), &err);
    return back;
}

static void assert_survives(const wb_model *model, const wb_features *frame)
{
    enum { N = 1000 };
    wb_model *back = write_and_read(model);
    size_t n, n_again;
    char *bytes = NULL, *bytes_again = NULL;
    slurp(&bytes, &n);
    wb_model *again = write_and_read(back);
    slurp(&bytes_again, &n_again);
    assert_string_equal(bytes, bytes_again);
    double p[N], q[N];
    assert_int_equal(wb_score_table(model, frame->table, p, NULL, 1, NULL), WB_OK);
    assert_int_equal(wb_score_table(back, frame->table, q, NULL, 1, NULL), WB_OK);
    assert_memory_equal(p, q, sizeof p);
    assert_string_equal(wb_model_definitions(model), wb_model_definitions(back));
    wb_model_summary a = wb_model_summarise(model), b = wb_model_summarise(back);
    assert_string_equal(a.target, b.target);
    assert_true(a.n_rows == b.n_rows && a.n_customers == b.n_customers && a.n_positive == b.n_positive);
    assert_true(a.n_folds == 3 && b.n_folds == 3 && a.n_terms == b.n_terms && a.n_columns == b.n_columns);
    assert_true(a.lambda == b.lambda && a.out_of_fold.auc == b.out_of_fold.auc && a.gradient_max == b.gradient_max);
    assert_true(b.converged && b.penalty == a.penalty && b.mean_log_loss == a.mean_log_loss);
    assert_true(b.alpha == a.alpha && b.lambda_rule == a.lambda_rule);
    const wb_path_point *points, *points_back;
    assert_int_equal(wb_model_path(model, &points), wb_model_path(back, &points_back));
    for (size_t l = 0; l < wb_model_path(model, &points); l++)
        assert_memory_equal(&points[l], &points_back[l], sizeof *points);
    for (size_t j = 0; j < wb_model_n_coefficients(model); j++) {
        wb_coefficient c = wb_model_coefficient(model, j), d = wb_model_coefficient(back, j);
        assert_string_equal(c.column, d.column);
        assert_string_equal(c.feature, d.feature);
        assert_true(c.raw == d.raw && (c.per_sd == d.per_sd || j == 0));
    }
    wbi_free(bytes);
    wbi_free(bytes_again);
    wb_model_free(back);
    wb_model_free(again);
}

static void what_is_read_is_what_was_written(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(1000);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    const char *definitions = "{ \"tables\": {\"orders\": {\"delay\": 0.1}},\n \"label\": null }";
    wb_model *model = train(frame, definitions);
    assert_survives(model, frame);
    wb_model_free(model);
    options.penalty = WB_PENALTY_ELASTIC_NET;
    options.alpha = 0.75;
    options.lambda_rule = WB_LAMBDA_ONE_STANDARD_ERROR;
    options.n_folds = 3;
    model = train_with(frame, definitions, &options);
    assert_true(wb_model_summarise(model).alpha == 0.75);
    assert_survives(model, frame);
    wb_model_free(model);
    wb_features_free(frame);
}

static void a_flat_model_has_no_definitions(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(300);
    wb_model *model = train(frame, NULL), *back = write_and_read(model);
    assert_null(wb_model_definitions(model));
    assert_null(wb_model_definitions(back));
    wb_model_free(model);
    wb_model_free(back);
    wb_features_free(frame);
}

/* Deciles and shares by counting. */
static void reference_distributions(void **state)
{
    (void)state;
    enum { N = 101 };
    double x[N], y[N];
    const char *plan[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = (double)(i * 37 % N); /* 0 .. 100, shuffled: the deciles are 0, 10, 20 ... */
        y[i] = i % 3 == 0;
        plan[i] = i < 40 ? "a" : i < 90 ? "b" : NULL;
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "x", x, N);
    frame_words(frame, "plan", WB_TYPE_CATEGORY, plan, N);
    frame_numbers(frame, "label_y", y, N);
    wb_model *model = train(frame, NULL);
    assert_int_equal(wb_model_write(model, path, NULL), WB_OK);
    json_t *file = json_load_file(path, 0, NULL), *terms = json_object_get(file, "terms");
    json_t *linear = json_object_get(json_array_get(terms, 0), "reference");
    json_t *shares = json_object_get(json_object_get(json_array_get(terms, 1), "reference"), "shares");
    for (size_t i = 0; i <= 10; i++)
        assert_close(json_number_value(json_array_get(json_object_get(linear, "deciles"), i)), 10.0 * (double)i, 1e-13);
    assert_close(json_number_value(json_object_get(linear, "missing")), 0, 0);
    assert_int_equal(json_array_size(shares), 3);
    assert_close(json_number_value(json_array_get(shares, 0)), 40.0 / N, 1e-15);
    assert_close(json_number_value(json_array_get(shares, 2)), 11.0 / N, 1e-15);
    json_decref(file);
    wb_model_free(model);
    wb_features_free(frame);
}

/* One change to a good file, and what must be said about it. */
static void wrong_values_are_named(void **state)
{
    (void)state;
    static const file_edit cases[] = {
        {"\"winback-model\"", "\"another\"", "format: expected 'winback-model'"},
        {"\"version\": 1", "\"version\": 2", "version: this program reads version 1, not 2"},
        {"\"rows\": ", "\"rows\": -", "training.rows: -"},
        {"\"penalty\": \"ridge\"", "\"penalty\": \"lass\"", "training.penalty: expected 'none', 'ridge', 'lasso', 'elastic_net' or 'firth', found 'lass'"},
        {"\"alpha\": 0", "\"alpha\": 2", "training.alpha: 2"},
        {"\"rule\": \"least\"", "\"rule\": \"most\"", "training.folds.rule: expected 'least' or 'one_standard_error'"},
        {"\"nonzero\": []", "\"nonzero\": [3]", "training.folds.nonzero: expected 0 numbers, found 1"},
        {"\"kind\": \"linear\"", "\"kind\": \"tree\"", "terms[0].kind: 'tree' is no kind"},
        {"\"sd\": ", "\"sd\": -", "is no standard deviation"},
        {"\"name\": \"recency\"", "\"name\": \"frequency\"", "terms[0].columns[0].name: expected 'recency'"},
        {"\"raw\": -", "\"raw\": -1", "intercept.raw: "},
        {"\"raw\": 0.0", "\"raw\": 0.1", "terms[0].columns[0].raw: "},
        {"\"levels\": [\"app\", \"phone\"", "\"levels\": [\"phone\", \"app\"", "not in the order of their bytes"},
        {"\"base\": null", "\"base\": 77", "base: 77 is not in 0.."},
        {"\"missing\": true", "\"missing\": 1", "missing: expected true or false, found a whole number"},
        {"\"shares\": [", "\"shares\": [0, ", "shares: expected"},
        {"\"deciles\": [", "\"deciles\": [0, ", "deciles: expected 11 numbers, found 12"},
        {"\"definitions\": null", "\"definitions\": []", "definitions: expected an object"},
        {"\"seed\": \"18446744073709551615\"", "\"seed\": \"1e5\"", "seed: '1e5' is no seed"},
        {"\"target\": ", "\"target\": \"x\", \"target\": ", "duplicate object key"},
    };
    wb_features *frame = frame_shop(600);
    wb_model *model = train(frame, NULL);
    assert_int_equal(wb_model_write(model, path, NULL), WB_OK);
    size_t n;
    char *good = NULL;
    slurp(&good, &n);
    assert_edits_refused(good, cases, sizeof cases / sizeof *cases);
    wbi_free(good);
    wb_model_free(model);
    wb_features_free(frame);
}

/* Reads whatever stands in the file; what passes must score without harm. */
static void read_and_use(const wb_features *frame, double *p)
{
    wb_model *model = NULL;
    wb_error err;
    wb_status status = wb_model_read(&model, path, &err);
    assert_true(status == WB_OK || status == WB_ERR_MALFORMED);
    if (status != WB_OK)
        return;
    status = wb_score_table(model, frame->table, p, NULL, 1, &err);
    assert_true(status == WB_OK || status == WB_ERR_INCONSISTENT);
    wb_model_summarise(model);
    wb_model_free(model);
}

static void broken_files_do_no_harm(void **state)
{
    (void)state;
    enum { N = 60 };
    double p[N];
    wb_features *frame = frame_shop(N);
    wb_model *model = train(frame, "{\"tables\": {}}");
    assert_int_equal(wb_model_write(model, path, NULL), WB_OK);
    size_t n;
    char *good = NULL;
    slurp(&good, &n);
    char *bad = wbi_alloc_array(n, 1);
    for (size_t cut = 0; cut + 1 < n; cut += 1 + cut % 7) { /* without its last line end it is whole */
        put(good, cut);
        wb_model *back = NULL;
        assert_int_equal(wb_model_read(&back, path, NULL), WB_ERR_MALFORMED);
    }
    uint64_t random = 99;
    for (int trial = 0; trial < 3000; trial++) {
        memcpy(bad, good, n);
        for (int flips = 1 + trial % 3; flips > 0; flips--) {
            size_t at = (size_t)(frame_uniform(&random) * (double)n);
            char flipped = (char)((unsigned char)bad[at] ^ (1u << (unsigned)(8 * frame_uniform(&random))));
            bad[at] = trial % 2 == 0 ? flipped
                                     : "0123456789-.,e\"[]{}:nt"[(size_t)(22 * frame_uniform(&random))];
        }
        put(bad, n);
        read_and_use(frame, p);
    }
    wbi_free(good);
    wbi_free(bad);
    wb_model_free(model);
    wb_features_free(frame);
}

static void no_file_no_model(void **state)
{
    (void)state;
    wb_model *model = NULL;
    wb_error err;
    assert_int_equal(wb_model_read(&model, "/nonexistent/model.json", &err), WB_ERR_IO);
    put("{\"format\": ", 11);
    assert_int_equal(wb_model_read(&model, path, &err), WB_ERR_MALFORMED);
    assert_int_equal(err.line, 1);
    put("[1, 2]", 6);
    assert_int_equal(wb_model_read(&model, path, &err), WB_ERR_MALFORMED);
    assert_null(model);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(300);
    wb_model *model = train(frame, "{\"tables\": {}}"), *back = NULL;
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_alloc_fail_at(n);
        status = wb_model_write(model, path, NULL);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true(n < 1000);
    }
    status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_alloc_fail_at(n);
        status = wb_model_read(&back, path, NULL);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true(n < 1000);
    }
    wb_model_free(back);
    wb_model_free(model);
    wb_features_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_what_was_written), cmocka_unit_test(a_flat_model_has_no_definitions),
        cmocka_unit_test(reference_distributions),          cmocka_unit_test(wrong_values_are_named),
        cmocka_unit_test(broken_files_do_no_harm),          cmocka_unit_test(no_file_no_model),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
