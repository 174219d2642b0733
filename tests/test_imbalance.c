/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Class weights and sampled negatives: what they fit, and that the probabilities do not show it. */
#include "test_util.h"

#include "base/hash.h"
#include "train_testing.h"

/* ---- by hand, and by an independent fit ---- */

/* Two cells that a column tells apart: the weighted fit is saturated. With 30 of 100 positive where x = 0, 20 of 25 where
 * x = 1 and positives weighing 4, the odds are 4 * 30/70 and 4 * 20/5; undone, they are those of the cells. */
static void two_cells_by_hand(void **state)
{
    (void)state;
    enum { N = 125 };
    double x[N], y[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = i >= 100;
        y[i] = x[i] == 0 ? i < 30 : i < 120;
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "x", x, N);
    frame_numbers(frame, "label_y", y, N);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_NONE;
    options.class_weight = 4;
    wb_model *model = train(frame, &options);
    assert_close(raw(model, "(intercept)"), log(30.0 / 70), 1e-8);
    assert_close(raw(model, "x"), log((20.0 / 5) / (30.0 / 70)), 1e-8);
    wb_imbalance how = wb_model_summarise(model).imbalance;
    assert_close(how.mean_uncorrected, (100 * 120.0 / 190 + 25 * 80.0 / 85) / N, 1e-8);
    assert_close(how.intercept_shift, -log(4), 1e-8);
    assert_true(how.class_weight == 4 && !how.balanced && how.sample_negatives == 1 && how.n_rows == N);
    /* -(30 ln 0.3 + 70 ln 0.7 + 20 ln 0.8 + 5 ln 0.2) / 125: of the probabilities, not of what was minimised */
    assert_close(wb_model_summarise(model).mean_log_loss, 0.5887719263515524, 1e-9);
    wb_model_free(model);
    wb_features_free(frame);
}

/* Iteratively reweighted least squares in numpy, then bisection for the intercept:
 *   X = [1, x1, x2];  w = where(y, w1, 1);  repeat b += solve(X' (w p (1 - p)) X, X' w (y - p));  p = 1 / (1 + exp(-X b))
 *   intercept: mean(1 / (1 + exp(-(a + b1 x1 + b2 x2)))) = mean(y)
 * for balanced classes (w1 = 308 / 92) and for w1 = 20. */
static void weighted_fits_as_by_numpy(void **state)
{
    (void)state;
    enum { N = 400 };
    static const struct {
        double class_weight, intercept, x1, x2, mean, shift;
    } expected[] = {
        {308.0 / 92, -2.915482820407197, 0.23086414143005274, 0.04833455191265614, 0.44268567483134985, -1.186025104741156},
        {20, -2.6203169268667565, 0.19326592265834136, 0.041658594912301936, 0.7904044454485049, -2.942127772480555},
    };
    double x1[N], x2[N], y[N];
    for (size_t i = 0; i < N; i++) {
        x1[i] = (double)(i * 37 % 101) / 10;
        x2[i] = (double)(i * i % 53) - 20;
        y[i] = (double)(i * 7919 % 1000) / 1000 < 1 / (1 + exp(3 - 0.25 * x1[i] - 0.05 * x2[i]));
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "x1", x1, N);
    frame_numbers(frame, "x2", x2, N);
    frame_numbers(frame, "label_y", y, N);
    for (size_t k = 0; k < 2; k++) {
        wb_train_options options = WB_TRAIN_OPTIONS_INIT;
        options.penalty = WB_PENALTY_NONE;
        options.balanced = k == 0;
        options.class_weight = k == 0 ? 1 : 20;
        wb_model *model = train(frame, &options);
        wb_imbalance how = wb_model_summarise(model).imbalance;
        assert_close(how.class_weight, expected[k].class_weight, 1e-15);
        assert_int_equal(how.balanced, k == 0);
        assert_close(raw(model, "(intercept)"), expected[k].intercept, 1e-8);
        assert_close(raw(model, "x1"), expected[k].x1, 1e-8);
        assert_close(raw(model, "x2"), expected[k].x2, 1e-8);
        assert_close(how.mean_uncorrected, expected[k].mean, 1e-8);
        assert_close(how.intercept_shift, expected[k].shift, 1e-8);
        wb_model_free(model);
    }
    wb_features_free(frame);
}

/* ---- the shop ---- */

enum { SHOP = 2000 };

typedef struct shop {
    wb_features *frame;
    const wb_table *table;
    const double *label;
    double weight[SHOP];
    uint8_t drawn[SHOP]; /* whether the row is fitted at a share of 0.3 with seed 9 */
    size_t n_drawn;
} shop;

static shop *open_shop(void)
{
    shop *s = wbi_alloc_zeroed(1, sizeof *s);
    assert_non_null(s);
    s->frame = frame_shop(SHOP);
    for (size_t i = 0; i < SHOP; i++)
        s->weight[i] = 0.5 + (double)(i % 7);
    frame_numbers(s->frame, "w", s->weight, SHOP);
    s->table = wb_features_table(s->frame);
    s->label = wb_table_numbers(s->table, wb_table_find(s->table, "label_churned"));
    for (size_t i = 0; i < SHOP; i++) {
        size_t length;
        const char *id = wb_table_text(s->table, wb_table_find(s->table, "customer_id"), i, &length);
        s->drawn[i] = s->label[i] == 1 || wbi_hash_unit("sample", "9", id, length) < 0.3;
        s->n_drawn += s->drawn[i];
    }
    return s;
}

static void close_shop(shop *s)
{
    wb_features_free(s->frame);
    wbi_free(s);
}

static void assert_mean_is_base_rate(const wb_model *model, const shop *s, bool weighted)
{
    static double p[SHOP];
    long double sum = 0, positive = 0, total = 0;
    wb_error err;
    assert_ok(wb_score_table(model, s->table, p, NULL, 1, &err), &err);
    for (size_t i = 0; i < SHOP; i++) {
        long double w = weighted ? s->weight[i] : 1;
        sum += w * p[i];
        positive += w * s->label[i];
        total += w;
    }
    if (!(fabsl((sum - positive) / total) <= 1e-12L))
        fail_msg("the mean is off by %Lg", (sum - positive) / total);
    assert_close(wb_model_summarise(model).base_rate, (double)(positive / total), 1e-15);
}

static void the_mean_is_the_base_rate(void **state)
{
    (void)state;
    static const double class_weights[] = {0, 1, 1e-3, 6, 1e6}, shares[] = {1, 0.3, 0.02}; /* 0: balanced */
    shop *s = open_shop();
    for (size_t k = 0; k < 2 * 2 * 5 * 3; k++) {
        wb_train_options options = WB_TRAIN_OPTIONS_INIT;
        options.weights = k % 2 ? "w" : NULL;
        options.exclude = (const char *const[]){"w"};
        options.n_exclude = 1;
        options.penalty = k / 2 % 2 ? WB_PENALTY_NONE : WB_PENALTY_RIDGE;
        options.lambda = k / 2 % 2 ? 0 : 0.003;
        options.balanced = class_weights[k / 4 % 5] == 0;
        options.class_weight = options.balanced ? 1 : class_weights[k / 4 % 5];
        options.sample_negatives = shares[k / 20];
        options.seed = 9;
        if (!options.balanced && options.class_weight == 1 && options.sample_negatives == 1)
            continue;
        wb_model *model = train(s->frame, &options);
        assert_mean_is_base_rate(model, s, options.weights != NULL);
        wb_model_free(model);
    }
    close_shop(s);
}

/* Trains without a penalty; the log-odds are, but for what undoing moved, those of a fit with `weight` as the rows' own.
 * Levels may be pooled otherwise where rows have weight 0, so the category is left out. */
static wb_imbalance assert_fits_as_weights(shop *s, const wb_train_options *imbalance, const double *weight)
{
    static double p[SHOP], q[SHOP];
    const char *const exclude[] = {"channel"};
    wb_train_options plain = WB_TRAIN_OPTIONS_INIT, options = *imbalance;
    wb_features *twin = frame_shop(SHOP);
    frame_numbers(twin, "w", weight, SHOP);
    plain.penalty = options.penalty = WB_PENALTY_NONE;
    plain.exclude = options.exclude = exclude;
    plain.n_exclude = options.n_exclude = 1;
    plain.weights = "w";
    wb_model *model = train(s->frame, &options), *expected = train(twin, &plain);
    wb_imbalance how = wb_model_summarise(model).imbalance;
    assert_int_equal(wb_score_table(model, s->table, p, NULL, 1, NULL), WB_OK);
    assert_int_equal(wb_score_table(expected, s->table, q, NULL, 1, NULL), WB_OK);
    double moved = how.intercept_shift - log(how.sample_negatives); /* what the weights 1/R did is in both */
    for (size_t i = 0; i < SHOP; i++)
        assert_close(log(p[i] / (1 - p[i])) - moved, log(q[i] / (1 - q[i])), 1e-8);
    wb_model_free(model);
    wb_model_free(expected);
    wb_features_free(twin);
    return how;
}

static void sampled_rows_are_those_of_the_hash(void **state)
{
    (void)state;
    shop *s = open_shop();
    double weight[SHOP];
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.seed = 9;
    options.sample_negatives = 0.3;
    options.class_weight = 2.5;
    options.weights = "w";
    for (size_t i = 0; i < SHOP; i++)
        weight[i] = s->weight[i] * (!s->drawn[i] ? 0 : s->label[i] == 1 ? 2.5 : 1 / 0.3);
    wb_imbalance how = assert_fits_as_weights(s, &options, weight);
    assert_int_equal(how.n_rows, s->n_drawn);
    assert_true(s->n_drawn < SHOP && how.sample_negatives == 0.3 && how.class_weight == 2.5);
    assert_true(how.intercept_shift < -log(2.5) && how.mean_uncorrected > 0.5);
    close_shop(s);
}

/* With a penalty columns stay scaled as they are in all rows: at the optimum the derivative along a standardised column,
 * of the weighted mean loss, is -lambda times its coefficient. */
static void ridge_is_at_its_optimum(void **state)
{
    (void)state;
    static double p[SHOP];
    shop *s = open_shop();
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.exclude = (const char *const[]){"w"};
    options.n_exclude = 1;
    options.lambda = 0.05;
    options.class_weight = 3;
    wb_model *model = train(s->frame, &options);
    wb_error err;
    assert_ok(wb_score_table(model, s->table, p, NULL, 1, &err), &err);
    const double *recency = wb_table_numbers(s->table, wb_table_find(s->table, "recency"));
    double mean = 0, variance = 0, slope = 0, total = 0;
    for (size_t i = 0; i < SHOP; i++)
        mean += recency[i] / SHOP;
    for (size_t i = 0; i < SHOP; i++)
        variance += pow(recency[i] - mean, 2) / SHOP;
    for (size_t i = 0; i < SHOP; i++) {
        double weight = s->label[i] == 1 ? 3 : 1;
        double eta = log(p[i] / (1 - p[i])) - wb_model_summarise(model).imbalance.intercept_shift;
        slope += weight * (1 / (1 + exp(-eta)) - s->label[i]) * (recency[i] - mean) / sqrt(variance);
        total += weight;
    }
    for (size_t j = 1; j < wb_model_n_coefficients(model); j++)
        if (strcmp(wb_model_coefficient(model, j).column, "recency") == 0)
            assert_close(slope / total, -0.05 * wb_model_coefficient(model, j).per_sd, 1e-8);
    assert_close(raw(model, "recency"), 0.008, 0.004);
    wb_model_free(model);
    close_shop(s);
}

/* Each fold's others are balanced, sampled and corrected for themselves; the fold is judged as it is. */
static void folds_are_judged_on_all_rows(void **state)
{
    (void)state;
    enum { K = 3 };
    static double p[SHOP], all[SHOP];
    static uint8_t use[SHOP], outcome[SHOP];
    shop *s = open_shop();
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.02;
    options.n_folds = K;
    options.seed = 9;
    options.balanced = 1;
    options.sample_negatives = 0.3;
    options.weights = "w";
    wb_model *model = train(s->frame, &options);
    for (int k = 0; k < K; k++) {
        wb_train_options part = options;
        for (size_t i = 0; i < SHOP; i++) {
            size_t length;
            const char *id = wb_table_text(s->table, wb_table_find(s->table, "customer_id"), i, &length);
            use[i] = (int)(K * wbi_hash_unit("fold", "9", id, length)) != k;
            outcome[i] = s->label[i] == 1;
        }
        part.use_row = use;
        part.n_folds = 0;
        wb_model *others = train(s->frame, &part);
        assert_int_equal(wb_score_table(others, s->table, all, NULL, 1, NULL), WB_OK);
        for (size_t i = 0; i < SHOP; i++)
            p[i] = use[i] ? p[i] : all[i];
        wb_model_free(others);
    }
    wb_metrics expected, got = wb_model_summarise(model).out_of_fold;
    assert_int_equal(wb_metrics_compute(&expected, &(wb_outcomes){p, outcome, s->weight, NULL, SHOP}, NULL, NULL), WB_OK);
    assert_int_equal(got.n, SHOP);
    assert_close(got.auc, expected.auc, 1e-12);
    assert_close(got.log_loss, expected.log_loss, 1e-12);
    wb_model_free(model);
    close_shop(s);
}

static void assert_path_of_true_probabilities(const wb_features *frame, wb_penalty penalty)
{
    const wb_path_point *path;
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = penalty;
    options.balanced = 1;
    options.sample_negatives = 0.3;
    wb_model *model = train(frame, &options);
    size_t n = wb_model_path(model, &path);
    double base = wb_model_summarise(model).base_rate;
    /* At the greatest lambda next to nothing is left but the base rate, whose log loss is its entropy. */
    assert_true(n >= 20);
    assert_close(path[0].log_loss, -base * log(base) - (1 - base) * log(1 - base), 0.02);
    wb_metrics got = wb_model_summarise(model).out_of_fold;
    double least = INFINITY;
    for (size_t l = 0; l < n; l++)
        least = fmin(least, path[l].log_loss);
    assert_close(got.log_loss, least, 1e-12);
    wb_model_free(model);
}

static void path_losses_are_of_true_probabilities(void **state)
{
    (void)state;
    shop *s = open_shop();
    assert_path_of_true_probabilities(s->frame, WB_PENALTY_RIDGE);
    assert_path_of_true_probabilities(s->frame, WB_PENALTY_LASSO);
    close_shop(s);
}

static void without_imbalance_there_is_nothing_to_undo(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(500);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.01;
    wb_model *plain = train(frame, &options);
    options.class_weight = 1;
    options.sample_negatives = 1;
    wb_model *model = train(frame, &options);
    char *expected = model_bytes(plain), *bytes = model_bytes(model);
    assert_string_equal(bytes, expected);
    assert_non_null(strstr(bytes, "\"imbalance\": null"));
    wb_imbalance how = wb_model_summarise(model).imbalance;
    assert_true(how.class_weight == 1 && how.sample_negatives == 1 && how.n_rows == 500 && !how.balanced);
    assert_true(isnan(how.mean_uncorrected) && isnan(how.intercept_shift));
    wbi_free(bytes);
    wbi_free(expected);
    wb_model_free(model);
    wb_model_free(plain);
    wb_features_free(frame);
}

static void order_of_rows_and_threads_give_the_same_bytes(void **state)
{
    (void)state;
    shop *s = open_shop();
    size_t order[SHOP];
    for (size_t i = 0; i < SHOP; i++)
        order[i] = i * 1237 % SHOP; /* a permutation: 1237 and 2000 have no common divisor */
    wb_features *shuffled = frame_reorder(s->frame, order, SHOP);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.01;
    options.n_folds = 3;
    options.balanced = 1;
    options.sample_negatives = 0.3;
    char *expected = NULL;
    for (int n_threads = 1; n_threads <= 4; n_threads *= 2) {
        options.n_threads = n_threads;
        wb_model *model = train(n_threads == 4 ? shuffled : s->frame, &options);
        char *bytes = model_bytes(model);
        if (expected != NULL)
            assert_string_equal(bytes, expected);
        wbi_free(expected);
        expected = bytes;
        wb_model_free(model);
    }
    wbi_free(expected);
    wb_features_free(shuffled);
    close_shop(s);
}

/* ---- the file ---- */

static void the_file_keeps_it(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(600);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.01;
    options.balanced = 1;
    options.sample_negatives = 0.25;
    options.seed = UINT64_MAX;
    wb_model *model = train(frame, &options), *back = NULL;
    char path[] = "/tmp/winback-test-XXXXXX", *text = model_bytes(model), *text_again;
    wb_error err;
    fclose(fdopen(mkstemp(path), "w"));
    assert_ok(wb_model_write(model, path, &err), &err);
    assert_ok(wb_model_read(&back, path, &err), &err);
    wb_imbalance a = wb_model_summarise(model).imbalance, b = wb_model_summarise(back).imbalance;
    assert_true(a.class_weight == b.class_weight && a.balanced && b.balanced && a.n_rows == b.n_rows);
    assert_true(a.sample_negatives == b.sample_negatives && a.intercept_shift == b.intercept_shift);
    assert_true(a.mean_uncorrected == b.mean_uncorrected);
    text_again = model_bytes(back);
    assert_string_equal(text, text_again);
    wb_model_free(back);
    const char *const wrong[][2] = {{"\"sample_negatives\": 0.25", "\"sample_negatives\": 1.25"},
                                    {"\"class_weight\": ", "\"class_weight\": -"},
                                    {"\"balanced\": true", "\"balanced\": 1.5e"},
                                    {"\"balanced\": true", "\"balanced\": null"}};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        const char *at = strstr(text, wrong[k][0]);
        FILE *file = fopen(path, "wb");
        assert_non_null(at);
        assert_non_null(file);
        fprintf(file, "%.*s%s%s", (int)(at - text), text, wrong[k][1], at + strlen(wrong[k][0]));
        assert_int_equal(fclose(file), 0);
        assert_int_equal(wb_model_read(&back, path, &err), WB_ERR_MALFORMED);
        if (k != 2 && strstr(err.message, "training.imbalance.") == NULL)
            fail_msg("%s", err.message);
    }
    remove(path);
    wbi_free(text);
    wbi_free(text_again);
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- what is refused ---- */

static void bad_options(void **state)
{
    (void)state;
    static const double bad_weights[] = {0, -2, NAN, INFINITY}, bad_shares[] = {0, -0.1, 1.0000001, NAN, INFINITY};
    wb_features *frame = frame_shop(200);
    wb_model *model = NULL;
    for (size_t k = 0; k < 4 + 5 + 1; k++) {
        wb_train_options options = WB_TRAIN_OPTIONS_INIT;
        wb_error err;
        if (k < 4)
            options.class_weight = bad_weights[k];
        else if (k < 9)
            options.sample_negatives = bad_shares[k - 4];
        else
            options.balanced = 1, options.class_weight = 2;
        assert_int_equal(wb_train(&model, frame, &options, &err), WB_ERR_ARGUMENT);
        assert_non_null(strstr(err.message, k >= 4 && k < 9 ? "sample of negatives" : "class weight"));
        assert_null(model);
    }
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 1;
    options.class_weight = 1e308;
    assert_int_equal(wb_train(&model, frame, &options, NULL), WB_ERR_ARGUMENT);
    wb_features_free(frame);
}

static void a_sample_without_negatives_cannot_be_fitted(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(300);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    wb_model *model = NULL;
    wb_error err;
    options.lambda = 1;
    options.sample_negatives = 1e-9;
    assert_int_equal(wb_train(&model, frame, &options, &err), WB_ERR_DEGENERATE);
    assert_non_null(strstr(err.message, "in the sample of 1e-09: both classes are needed"));
    assert_null(model);
    wb_features_free(frame);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(120);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.1;
    options.n_folds = 2;
    options.n_threads = 1;
    options.balanced = 1;
    options.sample_negatives = 0.5;
    wb_model *model = NULL;
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_alloc_fail_at(n);
        status = wb_train(&model, frame, &options, NULL);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true(n < 5000);
    }
    wb_model_free(model);
    wb_features_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_cells_by_hand),
        cmocka_unit_test(weighted_fits_as_by_numpy),
        cmocka_unit_test(the_mean_is_the_base_rate),
        cmocka_unit_test(sampled_rows_are_those_of_the_hash),
        cmocka_unit_test(ridge_is_at_its_optimum),
        cmocka_unit_test(folds_are_judged_on_all_rows),
        cmocka_unit_test(path_losses_are_of_true_probabilities),
        cmocka_unit_test(without_imbalance_there_is_nothing_to_undo),
        cmocka_unit_test(order_of_rows_and_threads_give_the_same_bytes),
        cmocka_unit_test(the_file_keeps_it),
        cmocka_unit_test(bad_options),
        cmocka_unit_test(a_sample_without_negatives_cannot_be_fitted),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
