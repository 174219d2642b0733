/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The edges between tenths of the out-of-fold probabilities, and what else a model's file may say of its training. */
#include "test_util.h"

#include <stdlib.h>
#include <winback/score.h>

#include "design/quantile.h"
#include "edit_testing.h"
#include "train/train.h"
#include "train_testing.h"

/* ---- quantiles by weight ---- */

static void alike_weights_are_type_7(void **state)
{
    (void)state;
    /* R: quantile(c(1, 2, 4, 8, 16, 17), (1:9) / 10) */
    static const double expected[] = {1.5, 2, 3, 4, 6, 8, 12, 16, 16.5};
    for (size_t scale = 0; scale < 4; scale++) {
        const double w = (const double[]){1, 3, 1e-200, 1e200}[scale];
        const wbi_weighted six[] = {{1, w}, {2, w}, {4, w}, {8, w}, {16, w}, {17, w}};
        for (size_t k = 0; k < 9; k++)
            assert_close(wbi_weighted_quantile(six, 6, (double)(k + 1) / 10), expected[k], 1e-14);
        assert_true(wbi_weighted_quantile(six, 6, 0) == 1 && wbi_weighted_quantile(six, 6, 1) == 17);
        assert_true(wbi_weighted_quantile(six, 1, 0.3) == 1);
    }
}

/* Of 1, 2, 3 with weights 1, 2, 1 an average row weighs 6/4. At 0.1 that is from 0.25 to 1.75 of the weight of 4, half of it
 * in the first value; at 0.5 from 1.25 to 2.75, all in the second. Of 0, 10 with weights 9, 1 it weighs 8.2: at 0.9 from 1.62 to
 * 9.82, of which 0.82 are in the second. */
static void weights_by_hand(void **state)
{
    (void)state;
    const wbi_weighted three[] = {{1, 1}, {2, 2}, {3, 1}}, two[] = {{0, 9}, {10, 1}};
    assert_close(wbi_weighted_quantile(three, 3, 0.1), 1.5, 1e-15);
    assert_close(wbi_weighted_quantile(three, 3, 0.5), 2, 1e-15);
    assert_close(wbi_weighted_quantile(three, 3, 0.9), 2.5, 1e-15);
    assert_close(wbi_weighted_quantile(two, 2, 0.9), 1, 1e-14);
}

static void what_ties_is_its_value(void **state)
{
    (void)state;
    enum { N = 1000 };
    wbi_weighted tied[N];
    for (size_t i = 0; i < N; i++)
        tied[i] = (wbi_weighted){i < 10 ? 0.1 : i < 990 ? 0.3 : 0.7, 0.5 + (double)(i * 7 % 11)};
    for (size_t k = 1; k <= 9; k++)
        assert_true(wbi_weighted_quantile(tied, N, (double)k / 10) == 0.3);
}

/* ---- against training each fold through the public functions ---- */

enum { N = 900, N_FOLDS = 4 };

static wb_features *weighted_shop(bool weighted)
{
    double weight[N];
    wb_features *frame = frame_shop(N);
    for (size_t i = 0; i < N; i++)
        weight[i] = weighted ? 0.25 * (double)(1 + i * 5 % 13) : 1;
    frame_numbers(frame, "w", weight, N);
    return frame;
}

static wb_train_options options_for_shop(void)
{
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.02;
    options.weights = "w";
    options.n_folds = N_FOLDS;
    options.seed = 3;
    options.n_threads = 1;
    return options;
}

typedef struct out_of_fold {
    double probability[N], weight[N];
} out_of_fold;

/* Each row by the model of the rows that are in no fold of its own. */
static void try_folds(out_of_fold *out, const wb_features *frame, const wb_train_options *options)
{
    static double all[N];
    static uint8_t use[N];
    wbi_training training = {0};
    wbi_splits splits = {0};
    wb_error err;
    const wbi_split_options how = {N_FOLDS, options->seed, WB_VALIDATE_CUSTOMERS};
    const double *weight = wb_table_numbers(frame->table, wb_table_find(frame->table, "w"));
    assert_ok(wbi_training_prepare(&training, frame->table, options, &err), &err);
    assert_ok(wbi_splits_make(&splits, &training, frame, &how, &err), &err);
    assert_int_equal(training.all.n, N);
    for (int k = 0; k < N_FOLDS; k++) {
        wb_train_options part = *options;
        for (size_t i = 0; i < N; i++)
            use[training.all.rows[i]] = splits.fold[i] != k;
        part.use_row = use;
        part.n_folds = 0;
        wb_model *others = train(frame, &part);
        assert_ok(wb_score_table(others, frame->table, all, NULL, 1, &err), &err);
        for (size_t i = 0; i < N; i++)
            if (!use[i])
                out->probability[i] = all[i];
        wb_model_free(others);
    }
    memcpy(out->weight, weight, sizeof out->weight);
    wbi_splits_free(&splits);
    wbi_training_free(&training);
}

/* The mean of the empirical quantile function over a stretch of its argument, in 2^16 steps. */
static double quantile_by_steps(const out_of_fold *rows, double share)
{
    enum { STEPS = 1 << 16 };
    static size_t order[N];
    double total = 0, squares = 0, sum = 0;
    for (size_t i = 0; i < N; i++) {
        size_t at = i;
        for (; at > 0 && rows->probability[order[at - 1]] > rows->probability[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
        total += rows->weight[i];
        squares += rows->weight[i] * rows->weight[i];
    }
    const double width = squares / total, begin = share * (total - width);
    double above = rows->weight[order[0]];
    for (size_t step = 0, k = 0; step < STEPS; step++) {
        while (above < begin + width * ((double)step + 0.5) / STEPS)
            above += rows->weight[order[++k]];
        sum += rows->probability[order[k]] / STEPS;
    }
    return sum;
}

static void check_edges(const wb_features *frame, const wb_train_options *options)
{
    static out_of_fold rows;
    const double *edges;
    double total = 0, heaviest = 0;
    wb_model *model = train(frame, options);
    try_folds(&rows, frame, options);
    assert_int_equal(wb_model_decile_edges(model, &edges), WB_N_DECILE_EDGES);
    for (size_t i = 0; i < N; i++) {
        total += rows.weight[i];
        heaviest = fmax(heaviest, rows.weight[i]);
    }
    for (size_t k = 0; k < WB_N_DECILE_EDGES; k++) {
        const double share = (double)(k + 1) / 10;
        double below = 0;
        assert_close(edges[k], quantile_by_steps(&rows, share), 1e-6);
        for (size_t i = 0; i < N; i++)
            below += rows.probability[i] < edges[k] ? rows.weight[i] : 0;
        assert_true(fabs(below - share * total) <= 2 * heaviest);
    }
    wb_model_free(model);
}

static void edges_are_of_the_folds_own_models(void **state)
{
    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        wb_features *frame = weighted_shop(weighted != 0);
        wb_train_options options = options_for_shop();
        check_edges(frame, &options);
        options.class_weight = 4; /* undone, so edges are of probabilities as they are scored */
        options.sample_negatives = 0.5;
        check_edges(frame, &options);
        wb_features_free(frame);
    }
}

/* But for ties and for rows on an edge. */
static void tenths_hold_a_tenth_each(void **state)
{
    (void)state;
    wb_features *frame = weighted_shop(false);
    wb_train_options options = options_for_shop();
    static out_of_fold rows;
    wb_model *model = train(frame, &options);
    size_t count[11] = {0};
    try_folds(&rows, frame, &options);
    for (size_t i = 0; i < N; i++)
        count[wb_model_decile(model, rows.probability[i])]++;
    assert_int_equal(count[0], 0);
    for (size_t decile = 1; decile <= 10; decile++)
        assert_true(count[decile] >= N / 10 - 3 && count[decile] <= N / 10 + 3);
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- deciles by hand, and the file ---- */

/* What stands in the file after a key and up to the end of the line, but for the comma. */
static void cut_member(char *out, size_t n_out, const char *bytes, const char *key)
{
    const char *at = strstr(bytes, key), *end;
    assert_non_null(at);
    end = at + strcspn(at, "\n");
    snprintf(out, n_out, "%.*s", (int)(end - at - (end[-1] == ',')), at);
}

static wb_model *read_text(const char *text)
{
    char path[] = "/tmp/winback-test-XXXXXX";
    wb_model *model = NULL;
    wb_error err;
    FILE *file = fdopen(mkstemp(path), "w");
    fputs(text, file);
    fclose(file);
    assert_ok(wb_model_read(&model, path, &err), &err);
    remove(path);
    return model;
}

/* The file with another text for the edges. */
static wb_model *with_edges(const char *bytes, const char *text)
{
    char member[512], *edited;
    cut_member(member, sizeof member, bytes, "\"decile_edges\"");
    const char *at = strstr(bytes, member);
    assert_true(asprintf(&edited, "%.*s%s%s", (int)(at - bytes), bytes, text, at + strlen(member)) > 0);
    wb_model *model = read_text(edited);
    free(edited);
    return model;
}

static char *shop_bytes(void)
{
    wb_features *frame = weighted_shop(false);
    const wb_train_options options = options_for_shop();
    wb_model *model = train(frame, &options);
    char *bytes = model_bytes(model);
    wb_model_free(model);
    wb_features_free(frame);
    return bytes;
}

static void deciles_by_hand(void **state)
{
    (void)state;
    char *bytes = shop_bytes();
    wb_model *model = with_edges(bytes, "\"decile_edges\": [0, 0.2, 0.3, 0.3, 0.3, 0.6, 0.7, 0.9, 0.9]");
    static const struct {
        double probability;
        int decile;
    } cases[] = {{1, 1},   {0.9, 1}, {0.8999999999999999, 3}, {0.7, 3},  {0.65, 4}, {0.31, 5},
                 {0.3, 5}, {0.2, 8}, {0.29, 8},               {0.19, 9}, {0, 9},    {NAN, 0}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        assert_int_equal(wb_model_decile(model, cases[k].probability), cases[k].decile);
    wb_model_free(model);
    wbi_free(bytes);
}

static void the_file_keeps_them(void **state)
{
    (void)state;
    wb_features *frame = weighted_shop(true);
    const wb_train_options options = options_for_shop();
    wb_model *model = train(frame, &options);
    char *bytes = model_bytes(model);
    wb_model *back = read_text(bytes);
    const double *edges, *edges_back;
    assert_int_equal(wb_model_decile_edges(model, &edges), WB_N_DECILE_EDGES);
    assert_int_equal(wb_model_decile_edges(back, &edges_back), WB_N_DECILE_EDGES);
    assert_memory_equal(edges, edges_back, WB_N_DECILE_EDGES * sizeof *edges);
    char *again = model_bytes(back);
    assert_string_equal(bytes, again);
    wbi_free(bytes);
    wbi_free(again);
    wb_model_free(back);
    wb_model_free(model);
    wb_features_free(frame);
}

/* Trained without folds, or by a program that kept no edges. */
static void models_without(void **state)
{
    (void)state;
    const double *edges = (const double[]){1};
    wb_features *frame = weighted_shop(false);
    wb_train_options options = options_for_shop();
    options.n_folds = 0;
    wb_model *model = train(frame, &options);
    assert_int_equal(wb_model_decile_edges(model, &edges), 0);
    assert_null(edges);
    assert_int_equal(wb_model_decile(model, 0.5), 0);
    wb_model_free(model);
    wb_features_free(frame);
    char *bytes = shop_bytes(), *again;
    model = with_edges(bytes, "\"later\": 1");
    assert_int_equal(wb_model_decile_edges(model, &edges), 0);
    assert_int_equal(wb_model_summarise(model).n_folds, N_FOLDS);
    again = model_bytes(model);
    assert_null(strstr(again, "decile_edges"));
    wbi_free(bytes);
    wbi_free(again);
    wb_model_free(model);
}

/* One change to a good file, and what must be said about it. */
static void impossible_values_are_named(void **state)
{
    (void)state;
    static const file_edit cases[] = {
        {"\"decile_edges\": [", "\"decile_edges\": [0, ", "training.folds.decile_edges: expected 9 numbers, found 10"},
        {"\"decile_edges\": [", "\"decile_edges\": [], \"x\": [", "training.folds.decile_edges: expected 9 numbers, found 0"},
        {"\"decile_edges\": [0.", "\"decile_edges\": [1.", "training.folds.decile_edges: 1."},
        {"\"decile_edges\": [", "\"decile_edges\": [-", "training.folds.decile_edges: -0."},
        {"\"decile_edges\": [0.", "\"decile_edges\": [0.9", "which is more"},
        {"\"decile_edges\": [", "\"decile_edges\": [null, ", "training.folds.decile_edges: item 0: expected a number, found null"},
        {"\"decile_edges\": [", "\"decile_edges\": null, \"x\": [", "training.folds.decile_edges: expected an array, found null"},
        {"\"decile_edges\": [", "\"decile_edges\": [1e400, ", NULL},
        {"\"auc\": 0", "\"auc\": 1", "training.folds.out_of_fold.auc: 1."},
        {"\"auc\": ", "\"auc\": -", "training.folds.out_of_fold.auc: -0."},
        {"\"brier\": ", "\"brier\": 3", "training.folds.out_of_fold.brier: 3"},
        {"\"log_loss\": 0", "\"log_loss\": -0", "training.folds.out_of_fold.log_loss: -0."},
        {"\"lift_10\": ", "\"lift_10\": -", "training.folds.out_of_fold.lift_10: -"},
        {"\"capture_10\": ", "\"capture_10\": 2", "training.folds.out_of_fold.capture_10: 2"},
        {"\"auc_se\": ", "\"auc_se\": -", "training.folds.auc_se: -"},
        {"\"n\": 900", "\"n\": 901", "training.folds.out_of_fold.n: 901 is not in 0..900"},
        {"\"n\": 4", "\"n\": 0", "training.folds.n: 0 folds are none"},
        {"\"n_positive\": ", "\"n_positive\": 9", "training.folds.out_of_fold.n_positive: 9"},
        {"\"rows\": 900", "\"rows\": 9007199254740993", "training.rows: 9007199254740993 is not in 0..9007199254740992"},
        {"\"customers\": ", "\"customers\": 9", "training.customers: 9"},
        {"\"positives\": ", "\"positives\": 9", "training.positives: 9"},
        {"\"base_rate\": 0", "\"base_rate\": 1", "training.base_rate: 1."},
        {"\"lambda\": 0.02", "\"lambda\": -0.02", "training.lambda: -0.02 is less than 0"},
        {"\"mean_log_loss\": ", "\"mean_log_loss\": -", "training.mean_log_loss: -"},
        {"\"gradient_max\": ", "\"gradient_max\": -", "training.gradient_max: -"},
        {"\"deciles\": [0", "\"deciles\": [1e9", "terms[0].reference.deciles: "},
        {"\"shares\": [0", "\"shares\": [1", "terms[0].reference.shares: 1."},
        {"\"shares\": [", "\"shares\": [1, ", "terms[0].reference.shares: expected 10 numbers, found 11"},
        {"\"shares\": [0.", "\"shares\": [0.0", "terms[0].reference.shares: the shares add up to 0.9"},
        {"{\n        \"shares\": [0", "{\n        \"shares\": [1", "terms[2].reference.shares: 1."},
        {"\"decile_shares\": [", "\"decile_shares\": [0, ", "training.folds.decile_shares: expected 10 numbers, found 11"},
        {"\"decile_shares\": [", "\"decile_shares\": [-", "training.folds.decile_shares: -0."},
        {"\"importance\": ", "\"importance\": -", "terms[0].importance: -"},
        {"\"importance\": ", "\"importance\": null, \"x\": ", "terms[0].importance: expected a number, found null"},
    };
    char *bytes = shop_bytes();
    assert_edits_refused(bytes, cases, sizeof cases / sizeof *cases);
    wbi_free(bytes);
}

/* The path that lambda was chosen from, and what imbalance did. */
static void impossible_paths_are_named(void **state)
{
    (void)state;
    static const file_edit cases[] = {
        {"\"lambda\": [10, ", "\"lambda\": [1, ", "training.folds.lambda: "},
        {"\"lambda\": [10, ", "\"lambda\": [-10, ", "training.folds.lambda: -10 is less than 0"},
        {"\"log_loss\": [", "\"log_loss\": [-", "training.folds.log_loss: -"},
        {"\"standard_error\": [", "\"standard_error\": [-", "training.folds.standard_error: -"},
        {"\"mean_uncorrected\": 0", "\"mean_uncorrected\": 1", "training.imbalance.mean_uncorrected: 1."},
    };
    wb_features *frame = weighted_shop(false);
    wb_train_options options = options_for_shop();
    options.lambda = WB_LAMBDA_AUTO;
    options.class_weight = 2;
    wb_model *model = train(frame, &options);
    char *bytes = model_bytes(model);
    assert_edits_refused(bytes, cases, sizeof cases / sizeof *cases);
    wbi_free(bytes);
    wb_model_free(model);
    wb_features_free(frame);
}

/* Effective degrees of freedom lie between 0 and the columns of the term. */
static void impossible_freedom_is_named(void **state)
{
    (void)state;
    static const file_edit cases[] = {
        {"\"edf\": ", "\"edf\": -", "edf: -"},
        {"\"edf\": ", "\"edf\": 1e3, \"was\": ", "terms[0].edf: 1000 are more than its columns, "},
    };
    wb_features *frame = weighted_shop(false);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.basis = WB_BASIS_AUTO;
    options.n_folds = 0;
    wb_model *model = train(frame, &options);
    char *bytes = model_bytes(model);
    assert_edits_refused(bytes, cases, sizeof cases / sizeof *cases);
    wbi_free(bytes);
    wb_model_free(model);
    wb_features_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alike_weights_are_type_7),
        cmocka_unit_test(weights_by_hand),
        cmocka_unit_test(what_ties_is_its_value),
        cmocka_unit_test(edges_are_of_the_folds_own_models),
        cmocka_unit_test(tenths_hold_a_tenth_each),
        cmocka_unit_test(deciles_by_hand),
        cmocka_unit_test(the_file_keeps_them),
        cmocka_unit_test(models_without),
        cmocka_unit_test(impossible_values_are_named),
        cmocka_unit_test(impossible_paths_are_named),
        cmocka_unit_test(impossible_freedom_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
