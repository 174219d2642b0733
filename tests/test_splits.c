/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Validation by time: which rows are tried, what is learned from, and what lambda comes of it. */
#include "test_util.h"

#include <unistd.h>
#include <winback/score.h>

#include "base/text.h"
#include "train/train.h"
#include "train_testing.h"

enum { SPAN_DAYS = 35 };
static const char definitions[] = "{\"label\": {\"name\": \"churned\", \"horizon\": \"30d\", \"gap\": \"5d\"}}";

/* ---- by hand ---- */

static const int days[] = {0, 20, 35, 40, 75, 107};
enum { N_DAYS = sizeof days / sizeof days[0], N_HAND = 4 * N_DAYS + 1 };

/* Four rows at each of the days, of customers of their own, and one that has no cutoff. */
static wb_features *hand_frame(bool defined)
{
    int64_t cutoff[N_HAND];
    double x[N_HAND], label[N_HAND];
    char names[N_HAND][8];
    const char *id[N_HAND];
    for (int i = 0; i < N_HAND; i++) {
        snprintf(names[i], sizeof names[i], "c%03d", i);
        id[i] = names[i];
        cutoff[i] = i / 4 < N_DAYS ? days[i / 4] * WB_DAY_US : WB_TIME_MISSING;
        x[i] = (i * 7) % 5;
        label[i] = i % 2;
    }
    wb_features *frame = frame_create();
    frame_words(frame, "customer_id", WB_TYPE_TEXT, id, N_HAND);
    frame_times(frame, "cutoff", cutoff, N_HAND);
    frame_numbers(frame, "x", x, N_HAND);
    frame_numbers(frame, "label_churned", label, N_HAND);
    frame->definitions = defined ? wbi_strdup(definitions) : NULL;
    return frame;
}

/* Each day's split, and the first that learns from it, as digits; - for none. */
static void assert_splits(bool defined, int most, const char *tried, const char *learned)
{
    wb_features *frame = hand_frame(defined);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    wbi_training training = {0};
    wbi_splits splits = {0};
    wb_error err;
    const wbi_split_options how = {most, 1, WB_VALIDATE_AUTO};
    char got_tried[N_DAYS + 2] = "", got_learned[N_DAYS + 2] = "";
    assert_ok(wbi_training_prepare(&training, frame->table, &options, &err), &err);
    assert_ok(wbi_splits_make(&splits, &training, frame, &how, &err), &err);
    assert_true(splits.by_time);
    for (size_t d = 0; d <= N_DAYS; d++) {
        size_t i = 4 * d; /* rows are in order */
        got_tried[d] = splits.fold[i] == WBI_NO_SPLIT ? '-' : (char)('0' + splits.fold[i]);
        got_learned[d] = splits.learned_from[i] == WBI_NO_SPLIT ? '-' : (char)('0' + splits.learned_from[i]);
        for (size_t row = i; row < training.all.n && row < i + 4; row++)
            for (int k = 0; k < splits.n; k++)
                assert_false(splits.fold[row] == k && wbi_split_learns(&splits, k, row));
    }
    assert_string_equal(got_tried, tried);
    assert_string_equal(got_learned, learned);
    wbi_splits_free(&splits);
    wbi_training_free(&training);
    wb_features_free(frame);
}

/* A label is known 35 days after its cutoff. Day 35 is the first at which one is, that of day 0; at 75 those of 0, 20, 35 and 40
 * are, of 40 to the moment; at 107 no other, for the gap counts. Days 0 and 20, and the row without a cutoff, are never tried. */
static void splits_by_hand(void **state)
{
    (void)state;
    assert_splits(true, 5, "--0123-", "0222---");
    assert_splits(true, 4, "--0123-", "0222---");
    assert_splits(true, 3, "--0122-", "0222---");
    assert_splits(true, 2, "--0011-", "0111---");
    /* Nobody says how far the label looks ahead: whatever is earlier counts. */
    assert_splits(false, 5, "-01234-", "01234--");
    assert_splits(false, 2, "-00111-", "011----");
}

/* ---- against training by hand ---- */

/* Four cutoffs, 30 days apart, of the same customers. */
static wb_features *quarters(size_t n_customers, double (*effect)(int quarter, int feature), int n_features)
{
    const size_t n = 4 * n_customers;
    int64_t *cutoff = wbi_alloc_array(n, sizeof *cutoff);
    double *label = wbi_alloc_array(n, sizeof *label), *eta = wbi_alloc_zeroed(n, sizeof *eta);
    double *x = wbi_alloc_array(n, sizeof *x);
    char(*names)[32] = wbi_alloc_array(n, sizeof *names);
    const char **id = wbi_alloc_array(n, sizeof *id);
    uint64_t random = 5;
    wb_features *frame = frame_create();
    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof names[i], "c%06zu", i / 4);
        id[i] = names[i];
        cutoff[i] = (int64_t)(i % 4) * SPAN_DAYS * WB_DAY_US;
    }
    frame_words(frame, "customer_id", WB_TYPE_TEXT, id, n);
    frame_times(frame, "cutoff", cutoff, n);
    for (int f = 0; f < n_features; f++) {
        char name[16];
        snprintf(name, sizeof name, "x%d", f);
        for (size_t i = 0; i < n; i++) {
            x[i] = frame_uniform(&random) - 0.5;
            eta[i] += effect((int)(i % 4), f) * x[i];
        }
        frame_numbers(frame, name, x, n);
    }
    for (size_t i = 0; i < n; i++)
        label[i] = frame_uniform(&random) < 1 / (1 + exp(-eta[i]));
    frame_numbers(frame, "label_churned", label, n);
    frame->definitions = wbi_strdup(definitions);
    wbi_free(cutoff);
    wbi_free(label);
    wbi_free(eta);
    wbi_free(x);
    wbi_free(names);
    wbi_free(id);
    return frame;
}

static double steady(int quarter, int feature)
{
    return feature == 0 ? 4 + 0.5 * quarter : 0;
}

/* Of three figures that weigh alike. */
static double error_of_mean(const double figure[3])
{
    const double mean = (figure[0] + figure[1] + figure[2]) / 3;
    const double squares = pow(figure[0] - mean, 2) + pow(figure[1] - mean, 2) + pow(figure[2] - mean, 2);
    return sqrt(squares / (3 - 1)) / sqrt(3);
}

static int ascending(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* R's type 7 of the rows that were tried: between the two that stand at (n - 1) share, from 0. Sorts them. */
static void assert_edges(const wb_model *model, double *tried, size_t n)
{
    const double *edges;
    assert_int_equal(wb_model_decile_edges(model, &edges), 9);
    qsort(tried, n, sizeof *tried, ascending);
    for (size_t k = 0; k < 9; k++) {
        const double at = (double)(n - 1) * (double)(k + 1) / 10;
        const size_t i = (size_t)at;
        assert_close(edges[k], tried[i] + (at - (double)i) * (tried[i + 1] - tried[i]), 1e-9);
    }
}

/* A model of the rows before each of the last three cutoffs, tried there, all through the public functions. */
static void splits_see_only_what_was_known(void **state)
{
    (void)state;
    wb_features *frame = quarters(200, steady, 3);
    const size_t n = wb_table_n_rows(frame->table);
    const double *label = wb_table_numbers(frame->table, wb_table_find(frame->table, "label_churned"));
    double *all = wbi_alloc_array(n, sizeof *all), *pooled = wbi_alloc_array(n, sizeof *pooled);
    uint8_t *use = wbi_alloc_array(n, 1), *outcome = wbi_alloc_array(n, 1);
    size_t n_pooled = 0;
    double auc[3], loss[3];
    wb_error err;
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.01;
    options.validate = WB_VALIDATE_TIME;
    wb_model *model = train(frame, &options);
    for (size_t quarter = 1; quarter < 4; quarter++) {
        wb_train_options part = WB_TRAIN_OPTIONS_INIT;
        for (size_t i = 0; i < n; i++)
            use[i] = i % 4 < quarter;
        part.use_row = use;
        part.lambda = 0.01;
        part.n_folds = 0;
        wb_model *before = train(frame, &part);
        assert_ok(wb_score_table(before, frame->table, all, NULL, 1, &err), &err);
        for (size_t i = quarter; i < n; i += 4) {
            pooled[n_pooled] = all[i];
            outcome[n_pooled++] = label[i] == 1;
        }
        wb_metrics alone;
        assert_ok(wb_metrics_compute(&alone, &(wb_outcomes){pooled + n_pooled - n / 4, outcome + n_pooled - n / 4, NULL, NULL, n / 4}, NULL, &err), &err);
        auc[quarter - 1] = alone.auc;
        loss[quarter - 1] = alone.log_loss;
        wb_model_free(before);
    }
    wb_metrics expected;
    assert_ok(wb_metrics_compute(&expected, &(wb_outcomes){pooled, outcome, NULL, NULL, n_pooled}, NULL, &err), &err);
    wb_model_summary summary = wb_model_summarise(model);
    assert_int_equal(summary.validated, WB_VALIDATE_TIME);
    assert_int_equal(summary.n_folds, 3);
    assert_int_equal(summary.out_of_fold.n, 600);
    assert_close(summary.out_of_fold.auc, expected.auc, 1e-9);
    assert_close(summary.out_of_fold.log_loss, expected.log_loss, 1e-9);
    assert_close(summary.auc_se, error_of_mean(auc), 1e-8);
    assert_close(summary.log_loss_se, error_of_mean(loss), 1e-8);
    assert_edges(model, pooled, n_pooled);
    wb_model_free(model);
    wb_features_free(frame);
    wbi_free(all);
    wbi_free(pooled);
    wbi_free(use);
    wbi_free(outcome);
}

/* ---- what it is for ---- */

/* Nothing is of any use but x0, and that in the last quarter only. */
static double at_last(int quarter, int feature)
{
    return feature == 0 && quarter == 3 ? 12 : 0;
}

/* What was known before the last quarter is noise, so that by time nothing is better than the strongest penalty. Folds of
 * customers learn of the last quarter from others' rows, as nobody could have. */
static void folds_would_learn_from_the_future(void **state)
{
    (void)state;
    wb_features *frame = quarters(150, at_last, 12);
    const wb_path_point *path;
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    wb_model *by_time = train(frame, &options);
    options.validate = WB_VALIDATE_CUSTOMERS;
    wb_model *by_customer = train(frame, &options);
    assert_int_equal(wb_model_summarise(by_time).validated, WB_VALIDATE_TIME);
    assert_int_equal(wb_model_summarise(by_customer).validated, WB_VALIDATE_CUSTOMERS);
    assert_int_equal(wb_model_path(by_time, &path), 20);
    assert_true(wb_model_summarise(by_time).lambda == path[0].lambda);
    assert_true(wb_model_summarise(by_customer).lambda < path[0].lambda / 10);
    /* Guessing even costs ln 2, and the folds believe that they do better. */
    assert_true(wb_model_summarise(by_time).out_of_fold.log_loss > 0.99 * log(2));
    assert_true(wb_model_summarise(by_customer).out_of_fold.log_loss < 0.99 * log(2));
    wb_model_free(by_time);
    wb_model_free(by_customer);
    wb_features_free(frame);
}

/* ---- choices ---- */

static wb_validation validation_of(const wb_features *frame, wb_validation asked, int n_folds, heard *ears)
{
    const wb_log log = {hear, NULL, ears};
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.validate = asked;
    options.n_folds = n_folds;
    options.log = &log;
    wb_model *model = train(frame, &options);
    wb_validation by = wb_model_summarise(model).validated;
    wb_model_free(model);
    return by;
}

static void which_validation(void **state)
{
    (void)state;
    wb_features *frame = quarters(60, steady, 1);
    heard ears = {.n_warnings = 0};
    assert_int_equal(validation_of(frame, WB_VALIDATE_AUTO, -1, &ears), WB_VALIDATE_TIME);
    assert_non_null(strstr(ears.text, "by time: 3 splits of the cutoffs from 1970-02-05 on, learning from earlier ones whose "
                                      "labels (gap 5d, horizon 30d) were known"));
    assert_int_equal(validation_of(frame, WB_VALIDATE_AUTO, 3, &ears), WB_VALIDATE_CUSTOMERS);
    assert_int_equal(validation_of(frame, WB_VALIDATE_TIME, 3, &ears), WB_VALIDATE_TIME);
    wb_features_free(frame);

    /* Of 90 days only the last cutoff, 105 days after the first, can be tried. */
    frame = quarters(60, steady, 1);
    wbi_free(frame->definitions);
    frame->definitions = wbi_strdup("{\"label\": {\"name\": \"churned\", \"horizon\": \"90d\"}}");
    assert_int_equal(validation_of(frame, WB_VALIDATE_AUTO, -1, &ears), WB_VALIDATE_CUSTOMERS);
    assert_non_null(strstr(ears.text, "folds by customer, not by time: fewer than two cutoffs have an earlier one whose label "
                                      "window had ended"));
    assert_int_equal(validation_of(frame, WB_VALIDATE_TIME, -1, &ears), WB_VALIDATE_TIME);
    wb_features_free(frame);

    /* A label that the definitions do not know. */
    frame = quarters(60, steady, 1);
    wbi_free(frame->definitions);
    frame->definitions = wbi_strdup("{\"label\": {\"name\": \"other\", \"horizon\": \"90d\"}}");
    assert_int_equal(validation_of(frame, WB_VALIDATE_AUTO, -1, &ears), WB_VALIDATE_TIME);
    assert_non_null(strstr(ears.text, "learning from all earlier ones, for nobody says how far the label looks ahead"));
    wb_features_free(frame);
}

static void assert_refusal(const wb_features *frame, wb_train_options options, wb_status code, const char *expected)
{
    wb_model *model = NULL;
    wb_error err;
    assert_int_equal(wb_train(&model, frame, &options, &err), code);
    assert_string_equal(err.message, expected);
}

static void what_cannot_be_validated_by_time(void **state)
{
    (void)state;
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.validate = WB_VALIDATE_TIME;
    wb_features *frame = quarters(60, steady, 1);
    wbi_free(frame->definitions);
    frame->definitions = wbi_strdup("{\"label\": {\"name\": \"churned\", \"horizon\": \"106d\"}}");
    assert_refusal(frame, options, WB_ERR_DEGENERATE,
                   "none of 4 cutoffs can be validated by time: no label window of an earlier one had ended");
    options.n_folds = 0;
    options.lambda = 1;
    assert_refusal(frame, options, WB_ERR_ARGUMENT, "validation by time needs splits: 0 folds are none");
    options.validate = (wb_validation)7;
    assert_refusal(frame, options, WB_ERR_ARGUMENT, "no validation 7");
    wb_features_free(frame);

    const double x[] = {1, 2, 3, 4, 5, 6}, label[] = {0, 1, 0, 1, 0, 1};
    options = (wb_train_options)WB_TRAIN_OPTIONS_INIT;
    options.validate = WB_VALIDATE_TIME;
    frame = frame_create();
    frame_numbers(frame, "x", x, 6);
    frame_numbers(frame, "label_churned", label, 6);
    assert_refusal(frame, options, WB_ERR_INCONSISTENT, "there is no column cutoff of times to validate by");
    wb_features_free(frame);
}

/* The first split's past has one class: it is not judged, and its rows are not in the pool. */
static void a_split_that_is_not_judged(void **state)
{
    (void)state;
    heard ears = {.n_warnings = 0};
    const wb_log log = {hear, NULL, &ears};
    wb_features *frame = quarters(60, steady, 1);
    wbi_column *label = &frame->table->columns[wb_table_find(frame->table, "label_churned")];
    for (size_t i = 0; i < label->length; i += 4)
        ((double *)(void *)wb_table_numbers(frame->table, wb_table_find(frame->table, "label_churned")))[i] = 1;
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.log = &log;
    wb_model *model = train(frame, &options);
    assert_non_null(strstr(ears.text, "the split from cutoff 1970-02-05 on is not judged: what was known before has one class"));
    assert_int_equal(wb_model_summarise(model).out_of_fold.n, 120);
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- the file, threads, memory ---- */

static void the_file_says_how(void **state)
{
    (void)state;
    char path[] = "/tmp/winback-test-XXXXXX", beside[sizeof path + 4];
    const wb_path_point *before, *after;
    wb_error err;
    wb_model *read = NULL;
    close(mkstemp(path));
    wb_features *frame = quarters(60, steady, 2);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda_rule = WB_LAMBDA_ONE_STANDARD_ERROR;
    wb_model *model = train(frame, &options);
    char *bytes = model_bytes(model);
    assert_non_null(strstr(bytes, "\"by\": \"time\""));
    assert_ok(wb_model_write(model, path, &err), &err);
    assert_ok(wb_model_read(&read, path, &err), &err);
    assert_int_equal(wb_model_summarise(read).validated, WB_VALIDATE_TIME);
    assert_int_equal(wb_model_summarise(read).n_folds, 3);
    assert_int_equal(wb_model_path(model, &before), wb_model_path(read, &after));
    assert_memory_equal(before, after, 20 * sizeof *before);
    wbi_free(bytes);
    wb_model_free(read);
    wb_model_free(model);

    options.validate = WB_VALIDATE_CUSTOMERS;
    model = train(frame, &options);
    bytes = model_bytes(model);
    assert_null(strstr(bytes, "\"by\""));
    wbi_free(bytes);
    wb_model_free(model);
    wb_features_free(frame);
    remove(path);
    snprintf(beside, sizeof beside, "%s.cov", path);
    remove(beside);
}

static void same_bytes_for_any_threads(void **state)
{
    (void)state;
    wb_features *frame = quarters(300, steady, 3);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.n_threads = 1;
    wb_model *model = train(frame, &options);
    char *expected = model_bytes(model);
    wb_model_free(model);
    for (options.n_threads = 2; options.n_threads <= 4; options.n_threads *= 2) {
        model = train(frame, &options);
        char *got = model_bytes(model);
        assert_string_equal(got, expected);
        wbi_free(got);
        wb_model_free(model);
    }
    wbi_free(expected);
    wb_features_free(frame);
}

static void allocations(void **state)
{
    (void)state;
    wb_status status = WB_ERR_NOMEM;
    wb_features *frame = quarters(12, steady, 1);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 1;
    options.validate = WB_VALIDATE_TIME;
    options.n_folds = 2;
    options.n_threads = 1;
    for (size_t n = 1; status == WB_ERR_NOMEM; n++) {
        wb_model *model = NULL;
        wb_error err;
        wbi_alloc_fail_at(n);
        status = wb_train(&model, frame, &options, &err);
        wbi_alloc_fail_at(0);
        wb_model_free(model);
    }
    assert_int_equal(status, WB_OK);
    wb_features_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_by_hand),
        cmocka_unit_test(splits_see_only_what_was_known),
        cmocka_unit_test(folds_would_learn_from_the_future),
        cmocka_unit_test(which_validation),
        cmocka_unit_test(what_cannot_be_validated_by_time),
        cmocka_unit_test(a_split_that_is_not_judged),
        cmocka_unit_test(the_file_says_how),
        cmocka_unit_test(same_bytes_for_any_threads),
        cmocka_unit_test(allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
