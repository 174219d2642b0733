/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What scores files say of a row: reasons, log-odds, deciles, bands and intervals, against their definitions. */
#include "scores_testing.h"

#include "model/model.h"

enum { N_NEW = 300, MAX_FEATURES = 8 };

/* ---- contributions by their definition ---- */

static const char *const frequent[] = {"web", "app", "store", "phone"};

/* What the column of a category is called where the level is this one. */
static const char *level_column(char name[64], const char *feature, const char *level)
{
    bool is_frequent = false;
    for (size_t k = 0; level != NULL && k < sizeof frequent / sizeof frequent[0]; k++)
        is_frequent = is_frequent || strcmp(frequent[k], level) == 0;
    snprintf(name, 64, "%s=%s", feature, level == NULL ? "(missing)" : is_frequent ? level : "(other)");
    return name;
}

/* A cell of the design in the column of a coefficient; missing numbers are the median of training. */
static long double design_cell(const wb_coefficient *c, const wb_table *table, size_t row, double median)
{
    const size_t column = wb_table_find(table, c->feature);
    char name[64];
    if (wb_table_type(table, column) == WB_TYPE_CATEGORY) {
        const int32_t code = wb_table_codes(table, column)[row];
        size_t length;
        const char *bytes = wb_table_level(table, column, code, &length);
        char level[32];
        snprintf(level, sizeof level, "%.*s", (int)length, bytes == NULL ? "" : bytes);
        return strcmp(c->column, level_column(name, c->feature, code < 0 ? NULL : level)) == 0;
    }
    const double value = wb_table_numbers(table, column)[row];
    if (strstr(c->column, "(missing)") != NULL)
        return isnan(value);
    const long double known = isnan(value) ? median : value;
    return strncmp(c->column, "log1p(", 6) == 0 ? log1pl(known > 0 ? known : 0) : known;
}

static int compare_numbers(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(const wb_table *table, const char *feature)
{
    const size_t column = wb_table_find(table, feature);
    const double *values = wb_table_numbers(table, column);
    double known[1000];
    size_t n = 0;
    if (values == NULL)
        return NAN;
    for (size_t row = 0; row < wb_table_n_rows(table); row++)
        if (!isnan(values[row]))
            known[n++] = values[row];
    qsort(known, n, sizeof *known, compare_numbers);
    return (known[n / 2] + known[(n - 1) / 2]) / 2;
}

/* What each feature adds in each row: the sum over its columns of coefficient * (x - training mean); of curves what the model
 * says itself. */
typedef struct expected {
    long double adds[N_NEW][MAX_FEATURES], base;
} expected;

static void add_column(expected *e, const wb_coefficient *c, size_t f, const wb_features *training, const wb_features *rows)
{
    const double median = median_of(training->table, c->feature);
    const size_t n = wb_table_n_rows(training->table);
    long double mean = 0;
    for (size_t row = 0; row < n; row++)
        mean += design_cell(c, training->table, row, median) / (long double)n;
    e->base += c->raw * mean;
    for (size_t row = 0; row < N_NEW; row++)
        e->adds[row][f] += c->raw * (design_cell(c, rows->table, row, median) - mean);
}

static void expect(expected *e, const wb_model *model, const wb_features *training, const wb_features *rows)
{
    const size_t n_features = wb_model_summarise(model).n_terms;
    *e = (expected){.base = wb_model_coefficient(model, 0).raw};
    for (size_t f = 0; f < n_features; f++) {
        const wb_term term = wb_model_term(model, f);
        const double *values = wb_table_numbers(rows->table, wb_table_find(rows->table, term.feature));
        if (strcmp(term.kind, "spline") == 0) {
            for (size_t row = 0; row < N_NEW; row++)
                e->adds[row][f] = wb_model_contribution(model, f, values[row]);
            continue;
        }
        for (size_t j = 1; j < wb_model_n_coefficients(model); j++) {
            const wb_coefficient c = wb_model_coefficient(model, j);
            if (strcmp(c.feature, term.feature) == 0)
                add_column(e, &c, f, training, rows);
        }
    }
}

/* ---- reasons ---- */

static size_t feature_called(const wb_model *model, const char *name)
{
    for (size_t f = 0; f < wb_model_summarise(model).n_terms; f++)
        if (strcmp(wb_model_term(model, f).feature, name) == 0)
            return f;
    fail_msg("no feature %s", name);
    return 0;
}

/* The sentence and whether one can act, as the catalogue's functions have them. */
static void check_words(const grid *g, size_t row, const char *reason, const wb_table *table, const wb_reasons *words, size_t f)
{
    const size_t column = wb_table_find(table, grid_at(g, row, reason));
    const double *numbers = wb_table_numbers(table, column);
    const int32_t *codes = wb_table_codes(table, column);
    char text[256], name[64];
    size_t length = 0;
    const char *level = codes == NULL ? NULL : wb_table_level(table, column, codes[row], &length);
    wb_reasons_text(text, sizeof text, words, f, numbers == NULL ? (double)NAN : numbers[row],
                    codes != NULL && codes[row] < 0 ? NULL : level, length);
    snprintf(name, sizeof name, "%s_text", reason);
    assert_string_equal(grid_at(g, row, name), text);
    snprintf(name, sizeof name, "%s_actionable", reason);
    assert_string_equal(grid_at(g, row, name), wb_reasons_actionable(words, f) ? "true" : "false");
}

/* Who is asked about. */
typedef struct subject {
    const wb_model *model;
    const wb_reasons *words;
    const wb_features *rows;
    size_t n_features;
} subject;

/* Reads the reasons of one direction into `adds`, by feature, and returns how many there are: the strongest first, and
 * behind the last one empty cells. */
static size_t read_reasons(double *adds, const grid *g, size_t row, const char *before, const subject *of)
{
    const double sign = strcmp(before, "reason_") == 0 ? 1 : -1;
    double stronger = INFINITY;
    size_t n = 0;
    for (size_t rank = 1; rank <= of->n_features; rank++) {
        const char *reason = numbered(before, rank, "");
        const double add = sign * grid_number(g, row, numbered(before, rank, "_contribution"));
        if (*grid_at(g, row, reason) == '\0') {
            assert_true(isnan(add));
            assert_string_equal(grid_at(g, row, numbered(before, rank, "_actionable")), "");
            assert_string_equal(grid_at(g, row, numbered(before, rank, "_text")), "");
            continue;
        }
        const size_t f = feature_called(of->model, grid_at(g, row, reason));
        assert_int_equal(rank, ++n);
        assert_true(0 < add && add <= stronger && adds[f] == 0);
        stronger = add;
        adds[f] = sign * add;
        check_words(g, row, reason, of->rows->table, of->words, f);
    }
    return n;
}

/* The public function that picks reasons names the same ones. */
static void check_picked(const double *adds, const grid *g, size_t row, const char *before, size_t n, const subject *of)
{
    size_t picked[MAX_FEATURES];
    const bool down = strcmp(before, "reason_") != 0;
    assert_int_equal(wb_reasons_pick(picked, adds, of->n_features, of->n_features, down), n);
    for (size_t k = 0; k < n; k++)
        assert_string_equal(grid_at(g, row, numbered(before, k + 1, "")), wb_model_term(of->model, picked[k]).feature);
}

static void check_row(const grid *g, size_t row, const subject *of, const expected *e)
{
    double adds[MAX_FEATURES] = {0};
    const double logit = grid_number(g, row, "logit");
    long double sum = of->model->beta[0];
    const size_t n_up = read_reasons(adds, g, row, "reason_", of), n_down = read_reasons(adds, g, row, "reason_down_", of);
    check_picked(adds, g, row, "reason_", n_up, of);
    check_picked(adds, g, row, "reason_down_", n_down, of);
    for (size_t f = 0; f < of->n_features; f++) {
        assert_close(adds[f], (double)e->adds[row][f], 1e-11);
        sum += adds[f];
    }
    assert_close((double)sum, logit, 1e-9);
    assert_close(grid_number(g, row, "probability"), (double)(1 / (1 + expl(-(long double)logit))), 1e-15);
}

static void check_reasons(const char *folder, const wb_features *training, const wb_train_options *options)
{
    static expected e;
    wb_error err;
    wb_model *model = train(training, options);
    wb_reasons *words;
    wb_features *rows = frame_newcomers(N_NEW);
    const size_t n_features = wb_model_summarise(model).n_terms;
    scoring_run run = run_in(folder, &model);
    assert_ok(wb_reasons_create(&words, model, &err), &err);
    run.options.logit = run.options.reason_text = 1;
    run.options.n_reasons = run.options.n_reasons_down = n_features;
    grid g = score_grid(&run, rows);
    expect(&e, model, training, rows);
    if (options->basis == WB_BASIS_LINEAR)
        assert_close(model->beta[0], (double)e.base, 1e-11);
    assert_int_equal(g.n_rows, N_NEW);
    for (size_t row = 0; row < N_NEW; row++)
        check_row(&g, row, &(subject){model, words, rows, n_features}, &e);
    grid_free(&g);
    wb_features_free(rows);
    wb_reasons_free(words);
    wb_model_free(model);
}

/* Lines and levels, unpenalised (against the most frequent level) and not; over log(1 + value); curves. */
static void test_reasons_are_exact(void **state)
{
    static const char *const logs[] = {"recency"};
    wb_features *training = frame_shop(700);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.n_folds = 0;
    options.lambda = 0.01;
    check_reasons(*state, training, &options);
    options.log1p = logs;
    options.n_log1p = 1;
    options.lambda = WB_LAMBDA_AUTO;
    options.penalty = WB_PENALTY_NONE;
    check_reasons(*state, training, &options);
    options.n_log1p = 0;
    options.penalty = WB_PENALTY_RIDGE;
    options.basis = WB_BASIS_AUTO;
    check_reasons(*state, training, &options);
    wb_features_free(training);
}

/* Two features that add the same: the first one is named first, both ways. */
static void test_equal_reasons(void **state)
{
    enum { N = 40 };
    static const char *const names[] = {"first", "second", "third"};
    double values[3][N], label[N];
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    for (size_t i = 0; i < N; i++) {
        values[0][i] = values[1][i] = (double)(i % 10);
        values[2][i] = (double)(i % 3);
        label[i] = i % 4 == 1 || i % 10 > 7;
    }
    wb_features *frame = frame_create();
    for (size_t k = 0; k < 3; k++)
        frame_numbers(frame, names[k], values[k], N);
    frame_numbers(frame, "label_y", label, N);
    options.lambda = 0.1;
    options.n_folds = 0;
    wb_model *model = train(frame, &options);
    model->beta[2] = model->beta[1];
    model->beta[3] = 0;
    const char *ids[N];
    for (size_t i = 0; i < N; i++)
        ids[i] = "c";
    frame_words(frame, "customer_id", WB_TYPE_TEXT, ids, N);
    scoring_run run = run_in(*state, &model);
    run.options.n_reasons = 5;
    run.options.n_reasons_down = 1;
    grid g = score_grid(&run, frame);
    const double rise = model->beta[1];
    for (size_t row = 0; row < N; row++) {
        const bool up = rise * (values[0][row] - 4.5) > 0;
        assert_string_equal(grid_at(&g, row, "reason_1"), up ? "first" : "");
        assert_string_equal(grid_at(&g, row, "reason_2"), up ? "second" : "");
        assert_string_equal(grid_at(&g, row, "reason_1_contribution"), grid_at(&g, row, "reason_2_contribution"));
        assert_string_equal(grid_at(&g, row, "reason_3"), "");
        assert_string_equal(grid_at(&g, row, "reason_5_actionable"), "");
        assert_string_equal(grid_at(&g, row, "reason_down_1"), up ? "" : "first");
    }
    grid_free(&g);
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- deciles, bands ---- */

static void test_deciles(void **state)
{
    wb_model *model = train_shop(WB_BASIS_LINEAR, 5);
    wb_features *rows = frame_newcomers(N_NEW);
    scoring_run run = run_in(*state, &model);
    bool met[11] = {false};
    size_t n_met = 0;
    run.options.decile = 1;
    grid g = score_grid(&run, rows);
    const double *edges;
    assert_int_equal(wb_model_decile_edges(model, &edges), WB_N_DECILE_EDGES);
    for (size_t row = 0; row < N_NEW; row++) {
        const double p = grid_number(&g, row, "probability");
        int n_above = 0;
        for (size_t k = 0; k < WB_N_DECILE_EDGES; k++)
            n_above += edges[k] > p;
        assert_int_equal((int)grid_number(&g, row, "decile"), 1 + n_above);
        n_met += !met[1 + n_above];
        met[1 + n_above] = true;
    }
    assert_true(n_met > 5 && met[1]);
    grid_free(&g);
    wb_model_free(model);
    model = train_shop(WB_BASIS_LINEAR, 0);
    assert_not_scored(&run, rows, WB_ERR_INCONSISTENT, "has no deciles: it was trained without folds");
    wb_model_free(model);
    wb_features_free(rows);
}

static void test_bands(void **state)
{
    wb_model *model = train_shop(WB_BASIS_LINEAR, 0);
    wb_features *rows = frame_newcomers(N_NEW);
    scoring_run run = run_in(*state, &model);
    grid plain = score_grid(&run, rows);
    const double a = grid_number(&plain, 17, "probability"), b = grid_number(&plain, 23, "probability");
    run.options.band_low = fmin(a, b);
    run.options.band_high = fmax(a, b);
    assert_true(a != b);
    grid g = score_grid(&run, rows);
    assert_string_equal(grid_at(&g, a < b ? 17 : 23, "band"), "medium");
    assert_string_equal(grid_at(&g, a < b ? 23 : 17, "band"), "high");
    size_t n_low = 0;
    for (size_t row = 0; row < N_NEW; row++) {
        const double p = grid_number(&g, row, "probability");
        const char *band = p >= fmax(a, b) ? "high" : p >= fmin(a, b) ? "medium" : "low";
        assert_string_equal(grid_at(&g, row, "band"), band);
        n_low += *band == 'l';
    }
    assert_true(n_low > 0);
    grid_free(&g);
    grid_free(&plain);
    wb_features_free(rows);
    wb_model_free(model);
}

static void test_bad_options(void **state)
{
    static const double bad[][2] = {{NAN, 0.5}, {0.5, NAN},      {0, 0.5},         {0.5, 1},
                                    {0.6, 0.5}, {-0.1, 0.5},     {0.5, INFINITY},  {-INFINITY, 0.5}};
    wb_model *model = train_shop(WB_BASIS_LINEAR, 0);
    wb_features *rows = frame_newcomers(3);
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        scoring_run run = run_in(*state, &model);
        run.options.band_low = bad[k][0];
        run.options.band_high = bad[k][1];
        assert_not_scored(&run, rows, WB_ERR_ARGUMENT, "0 < low <= high < 1");
    }
    for (int n_digits = -1; n_digits <= 16; n_digits += 17) {
        scoring_run run = run_in(*state, &model);
        run.options.n_digits = n_digits;
        assert_not_scored(&run, rows, WB_ERR_ARGUMENT, "expected 1 to 15");
    }
    scoring_run run = run_in(*state, &model);
    run.options.n_reasons_down = 101;
    assert_not_scored(&run, rows, WB_ERR_ARGUMENT, "101 reasons: expected at most 100");
    wb_features_free(rows);
    wb_model_free(model);
}

/* ---- intervals ---- */

static void check_intervals(const grid *g, const wb_model *model, const char *covariance, const wb_features *rows)
{
    double low[N_NEW], high[N_NEW];
    wb_error err;
    assert_ok(wb_score_intervals(model, covariance, rows->table, low, high, 1, &err), &err);
    for (size_t row = 0; row < N_NEW; row++) {
        assert_true(grid_number(g, row, "probability_low") == low[row]);
        assert_true(grid_number(g, row, "probability_high") == high[row]);
    }
}

static void test_intervals(void **state)
{
    char path[RUN_PATH_CHARS], beside[RUN_PATH_CHARS];
    const char *const covariances[] = {path_in(beside, *state, "m.json.cov")};
    wb_features *rows = frame_newcomers(N_NEW);
    wb_error err;
    write_in(*state, rows);
    for (int basis = WB_BASIS_LINEAR; basis <= WB_BASIS_AUTO; basis++) {
        wb_model *model = train_shop((wb_basis)basis, 0), *read;
        scoring_run run = run_in(*state, &model);
        run.options.interval = 1;
        grid g = score_grid(&run, rows);
        check_intervals(&g, model, NULL, rows);
        grid_free(&g);
        assert_ok(wb_model_write(model, path_in(path, *state, "m.json"), &err), &err);
        assert_ok(wb_model_read(&read, path, &err), &err);
        run.models = one_model(&read);
        run.models.covariances = covariances;
        g = score_grid(&run, NULL);
        check_intervals(&g, model, NULL, rows);
        grid_free(&g);
        assert_int_equal(unlink(beside), 0);
        assert_not_scored(&run, NULL, WB_ERR_IO, "m.json.cov");
        run.models.covariances = NULL;
        assert_not_scored(&run, NULL, WB_ERR_ARGUMENT, "covariance");
        wb_model_free(read);
        wb_model_free(model);
    }
    wb_features_free(rows);
}

static void test_no_interval_of_a_lasso(void **state)
{
    wb_features *training = frame_shop(700), *rows = frame_newcomers(3);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_LASSO;
    options.lambda = 0.01;
    options.n_folds = 0;
    wb_model *model = train(training, &options);
    scoring_run run = run_in(*state, &model);
    run.options.interval = 1;
    assert_not_scored(&run, rows, WB_ERR_INCONSISTENT, "has no covariance");
    wb_model_free(model);
    wb_features_free(rows);
    wb_features_free(training);
}

/* ---- scikit-learn */

/* scikit-learn 1.9.1:
 * fit = LogisticRegression()
 * fit.classes_, fit.intercept_ = np.array([0, 1]), np.array([-1.25])
 * fit.coef_ = np.array([[0.75, 31415.9, -2.7e-7, -0.0625]])
 * fit.predict_proba(x)[:, 1]    # x as in `sklearn_rows` */
static const double sklearn_raw[] = {-1.25, 0.75, 31415.9, -2.7e-7, -0.0625};
static const char sklearn_rows[] = "customer_id,plain,small,large,signed\n"
                                   "a,0,0,0,0\n"
                                   "b,1.5,2e-5,1e6,40\n"
                                   "c,-3,7e-6,2.5e7,-12.5\n"
                                   "d,12,1e-4,123456.75,8\n"
                                   "e,-20,-3e-5,5e6,100\n"
                                   "f,0.1,1e-6,3e7,0.3\n"
                                   "g,9,3e-4,-4e7,-64\n"
                                   "h,2,4e-5,1,1e-3\n";
static const double sklearn_probability[] = {0.22270013882530884,    0.09392019115691737,   9.621407331830737e-05,
                                             0.9999682712835904,     1.7090865096912705e-11, 9.492447059243027e-05,
                                             0.9999999999998768,     0.8185528043538839};

/* A model of four lines, whose coefficients per unit are those. */
static wb_model *lines_of(const double raw[5])
{
    enum { N = 60 };
    static const char *const names[] = {"plain", "small", "large", "signed"};
    static const double spans[] = {20, 1e-4, 3e7, 90};
    double values[N];
    uint64_t random = 4;
    wb_features *frame = frame_create();
    for (size_t f = 0; f < 5; f++) {
        for (size_t i = 0; i < N; i++)
            values[i] = f < 4 ? spans[f] * (frame_uniform(&random) - 0.3) : (double)(i % 2);
        frame_numbers(frame, f < 4 ? names[f] : "label_y", values, N);
    }
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.1;
    options.n_folds = 0;
    wb_model *model = train(frame, &options);
    assert_int_equal(model->basis->n_columns, 4);
    model->beta[0] = raw[0];
    for (size_t j = 1; j <= 4; j++) {
        const wbi_basis_column *column = &model->basis->columns[j - 1];
        model->beta[j] = raw[j] * column->sd;
        model->beta[0] += raw[j] * column->mean;
    }
    for (size_t j = 0; j <= 4; j++)
        assert_close(wb_model_coefficient(model, j).raw / raw[j], 1, 1e-14);
    wb_features_free(frame);
    return model;
}

static void test_as_scikit_learn(void **state)
{
    wb_model *model = lines_of(sklearn_raw);
    scoring_run run = run_in(*state, &model);
    put(*state, "in.csv", sklearn_rows);
    grid g = score_grid(&run, NULL);
    assert_int_equal(g.n_rows, 8);
    for (size_t row = 0; row < 8; row++)
        assert_close(grid_number(&g, row, "probability") / sklearn_probability[row], 1, 1e-12);
    grid_free(&g);
    wb_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reasons_are_exact), cmocka_unit_test(test_equal_reasons), cmocka_unit_test(test_deciles),
        cmocka_unit_test(test_bands),             cmocka_unit_test(test_bad_options),   cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_no_interval_of_a_lasso), cmocka_unit_test(test_as_scikit_learn),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
