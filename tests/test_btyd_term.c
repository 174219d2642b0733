/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The btyd term: against the paper, against probabilities by its coefficients, and against a model that has the expected purchases
 * as a column. */
#include "test_util.h"

#include <winback/btyd.h>
#include <winback/score.h>

#include "btyd_testing.h"
#include "model/model.h"

enum { N_ROWS = 1500 };

static void score(double *p, const wb_model *model, const wb_features *frame)
{
    wb_error err;
    assert_ok(wb_score_table(model, frame->table, p, NULL, 1, &err), &err);
}

/* ---- CDNOW ---- */

static wb_clv *cdnow_histories(void)
{
    const char *folder = getenv("WINBACK_DATA");
    wb_clv_options options = WB_CLV_OPTIONS_INIT;
    wb_read_options reading = WB_READ_OPTIONS_INIT;
    wb_project *project;
    wb_clv *clv;
    wb_error err;
    if (folder == NULL || folder[0] == '\0') {
        print_message("skipped: WINBACK_DATA is not set\n");
        skip();
    }
    assert_ok(wb_project_read(&project, "../datasets/cdnow/sample.yml", &err), &err);
    assert_ok(wb_time_parse(&options.until_us, "1997-10-01", 0, &err), &err);
    assert_ok(wb_clv_fit(&clv, project, &options, &reading, &err), &err);
    wb_project_free(project);
    return clv;
}

static wb_features *cdnow_frame(const wb_clv *clv)
{
    static double columns[4][2357];
    const size_t n = wb_clv_n_customers(clv);
    assert_int_equal(n, 2357);
    for (size_t i = 0; i < n; i++) {
        const wb_clv_customer *c = wb_clv_at(clv, i);
        columns[0][i] = (double)c->x;
        columns[1][i] = round(7 * c->t_x);
        columns[2][i] = round(7 * c->t);
        columns[3][i] = (7 * i + (size_t)c->x) % 5 < 2;
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "orders_x", columns[0], n);
    frame_numbers(frame, "orders_t_x", columns[1], n);
    frame_numbers(frame, "orders_T", columns[2], n);
    frame_numbers(frame, "label_y", columns[3], n);
    return frame;
}

/* Fader, Hardie and Lee (2005), table 2, here with the digits of their notes; the customer who bought again 2 times, 30.43 weeks
 * after the first time, and is known for 38.86, is expected to buy 1.226 times in 39 weeks (Fader, Hardie, "A note on deriving
 * the Pareto/NBD", and their spreadsheet for BG/NBD, customer 1). The others by SciPy 1.17, of the parameters below, as
 *   z = t / (al + T + t); F = hyp2f1(r + x, b + x, a + b + x - 1, z)
 *   (a + b + x - 1) / (a - 1) * (1 - ((al + T) / (al + T + t)) ** (r + x) * F)
 *     / (1 + (x > 0) * a / (b + x - 1) * ((al + T) / (al + tx)) ** (r + x)) */
static void cdnow_is_that_of_the_paper(void **state)
{
    (void)state;
    wb_term_btyd by;
    wb_clv *clv = cdnow_histories();
    wb_features *frame = cdnow_frame(clv);
    wb_train_options options = btyd_options(WB_BASIS_LINEAR, true);
    options.btyd_horizon_us = 273 * WB_DAY_US;
    wb_model *model = train(frame, &options);
    const size_t term = btyd_term(model, &by);
    assert_string_equal(wb_model_term(model, term).feature, "expected_purchases_273d");
    assert_string_equal(wb_model_term(model, term).kind, "log1p");
    assert_true(fabs(by.r - 0.2426) < 5e-5 && fabs(by.alpha - 4.4136) < 5e-5);
    assert_true(fabs(by.a - 0.7929) < 5e-5 && fabs(by.b - 2.4259) < 5e-5);
    assert_close(by.horizon_days, 273, 0);
    assert_string_equal(by.reads[0], "orders_x");
    assert_string_equal(by.reads[1], "orders_t_x");
    assert_string_equal(by.reads[2], "orders_T");
    static const double x[] = {2, 0, 10, 26}, t_x[] = {213, 0, 200, 270}, t[] = {272, 272, 272, 271};
    static const double *const columns[] = {x, t_x, t};
    static const double by_scipy[] = {1.2260102789380856, 0.19479836415454557, 3.4351468370511578, 17.789177909886202};
    const wbi_purchases *made = model->basis->terms[term]->purchases;
    const wb_term_btyd rounded = {.r = 0.2426, .alpha = 4.4136, .a = 0.7929, .b = 2.4259};
    double found[4], of_rounded[4];
    wbi_purchases_expect(found, &made->model, made->horizon_days, columns, NULL, 4);
    wbi_purchases_expect(of_rounded, &(wbi_bg_nbd_model){0.2426, 4.4136, 0.7929, 2.4259}, 273, columns, NULL, 4);
    assert_true(fabs(found[0] - 1.226) < 5e-4);
    for (size_t i = 0; i < 4; i++) {
        assert_close(found[i], (double)expected_by_paper(&by, x[i], t_x[i], t[i], 273), 1e-12);
        assert_close(of_rounded[i], by_scipy[i], 1e-12);
        assert_close((double)expected_by_paper(&rounded, x[i], t_x[i], t[i], 273), by_scipy[i], 1e-12);
    }
    wb_model_free(model);
    wb_features_free(frame);
    wb_clv_free(clv);
}

/* ---- probabilities by the coefficients ---- */

static int compare_numbers(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Of a number that a model reads or makes, over all rows: NaN is missing. */
static void column_of(double *out, const wb_features *frame, const char *feature, const wb_term_btyd *by)
{
    for (size_t i = 0; i < wb_table_n_rows(frame->table); i++)
        out[i] = strcmp(feature, EXPECTED) == 0 ? expected_of_row(frame->table, i, by) : numbers_of(frame, feature)[i];
}

/* The only middle one of those that are there, or half of two. */
static double median_of(const double *values, size_t n)
{
    static double sorted[N_ROWS];
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i]))
            sorted[k++] = values[i];
    qsort(sorted, k, sizeof *sorted, compare_numbers);
    return (sorted[(k - 1) / 2] + sorted[k / 2]) / 2;
}

static double level_is(const wb_table *table, size_t row, const char *column)
{
    const char *equals = strchr(column, '='), *level = "(missing)";
    char feature[64];
    size_t length = strlen(level);
    snprintf(feature, sizeof feature, "%.*s", (int)(equals - column), column);
    const size_t c = wb_table_find(table, feature);
    if (wb_table_codes(table, c)[row] >= 0)
        level = wb_table_level(table, c, wb_table_codes(table, c)[row], &length);
    return strlen(equals + 1) == length && memcmp(equals + 1, level, length) == 0;
}

/* Adds what a coefficient adds to all rows' log-odds. */
static void add_coefficient(long double *eta, const wb_model *model, const wb_coefficient *c, const wb_features *frame, size_t term)
{
    static double values[N_ROWS];
    static const char missing[] = " (missing)";
    const size_t n = strlen(c->column), m = strlen(missing);
    const char *feature = wb_model_term(model, term).feature;
    const bool logs = strcmp(wb_model_term(model, term).kind, "log1p") == 0;
    wb_term_btyd by;
    if (strchr(c->column, '=') != NULL) {
        for (size_t i = 0; i < N_ROWS; i++)
            eta[i] += c->raw * level_is(frame->table, i, c->column);
        return;
    }
    btyd_term(model, &by);
    column_of(values, frame, feature, &by);
    const double median = median_of(values, N_ROWS);
    const bool indicator = n > m && strcmp(c->column + n - m, missing) == 0;
    for (size_t i = 0; i < N_ROWS; i++) {
        const long double value = isfinite(values[i]) ? values[i] : median;
        eta[i] += c->raw * (indicator ? !isfinite(values[i]) : logs ? log1pl(value) : value);
    }
}

/* The log-odds of the rows that the model was trained on: coefficients and the curves of splines, but for a constant with these. */
static void log_odds_by_coefficients(long double *eta, const wb_model *model, const wb_features *frame)
{
    static double values[N_ROWS];
    wb_term_btyd by;
    btyd_term(model, &by);
    for (size_t i = 0; i < N_ROWS; i++)
        eta[i] = wb_model_coefficient(model, 0).raw;
    size_t j = 1;
    for (size_t t = 0; t < wb_model_summarise(model).n_terms; t++) {
        const wb_term term = wb_model_term(model, t);
        for (size_t k = 0; k < term.n_columns; k++, j++) {
            const wb_coefficient c = wb_model_coefficient(model, j);
            if (k >= term.n_curve_columns)
                add_coefficient(eta, model, &c, frame, t);
        }
        if (term.n_curve_columns == 0)
            continue;
        long double sum = 0, squares = 0;
        column_of(values, frame, term.feature, &by);
        for (size_t i = 0; i < N_ROWS; i++) {
            const double adds = wb_model_contribution(model, t, values[i]);
            eta[i] += adds;
            sum += adds;
            squares += (long double)adds * adds;
        }
        assert_close(term.spread, (double)sqrtl(squares / N_ROWS - sum / N_ROWS * (sum / N_ROWS)), 1e-10);
    }
    assert_int_equal(j, wb_model_n_coefficients(model));
}

static void check_probabilities(wb_basis basis, bool alone)
{
    static double p[N_ROWS];
    static long double eta[N_ROWS];
    wb_term_btyd by;
    wb_features *frame = frame_buyers(N_ROWS, 3);
    const wb_train_options options = btyd_options(basis, alone);
    wb_model *model = train(frame, &options);
    const size_t term = btyd_term(model, &by);
    assert_string_equal(wb_model_term(model, term).feature, EXPECTED);
    assert_string_equal(wb_model_term(model, term).kind, basis == WB_BASIS_AUTO ? "spline" : "log1p");
    assert_true(has_column(model, EXPECTED " (missing)"));
    assert_int_equal(wb_model_summarise(model).n_terms, alone ? 3 : 6);
    score(p, model, frame);
    log_odds_by_coefficients(eta, model, frame);
    const long double constant = basis == WB_BASIS_LINEAR ? 0 : logl(p[0] / (1 - (long double)p[0])) - eta[0];
    for (size_t i = 0; i < N_ROWS; i++)
        assert_close(p[i], (double)(1 / (1 + expl(-(eta[i] + constant)))), 1e-12);
    wb_model_free(model);
    wb_features_free(frame);
}

static void probabilities_follow_from_coefficients(void **state)
{
    (void)state;
    check_probabilities(WB_BASIS_LINEAR, false);
    check_probabilities(WB_BASIS_LINEAR, true);
    check_probabilities(WB_BASIS_AUTO, false);
    check_probabilities(WB_BASIS_AUTO, true);
}

/* Numbers that are no history are as good as none: with any of them a row has the probability of one that lacks all three. */
static void what_is_no_history_is_missing(void **state)
{
    (void)state;
    enum { N = 12 };
    static const double x[N] = {(double)NAN, 2, 3, 1.5, 2, 2, 0, -1, (double)INFINITY, 2, 2, 0};
    static const double t_x[N] = {(double)NAN, (double)NAN, 40, 20, 20.5, 20, 12, 0, 30, 1, 50, 0};
    static const double t[N] = {(double)NAN, 90, 30, 90, 90, 90.25, 90, 90, 90, 90, (double)INFINITY, -1};
    double p[N];
    wb_features *frame = frame_buyers(N_ROWS, 3), *rows = frame_create();
    const wb_train_options options = btyd_options(WB_BASIS_LINEAR, true);
    wb_model *model = train(frame, &options);
    static const double csat[N] = {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3};
    static const char *const channel[N] = {"web", "web", "web", "web", "web", "web", "web", "web", "web", "web", "web", "web"};
    frame_numbers(rows, "csat", csat, N);
    frame_words(rows, "channel", WB_TYPE_CATEGORY, channel, N);
    frame_numbers(rows, "orders_x", x, N);
    frame_numbers(rows, "orders_t_x", t_x, N);
    frame_numbers(rows, "orders_T", t, N);
    score(p, model, rows);
    for (size_t i = 1; i < N; i++)
        assert_true(p[i] == p[0]);
    /* A number more or less, and all are histories. */
    const double mended[N][3] = {{0, 0, 0},   {2, 30, 90}, {3, 20, 30}, {1, 20, 90}, {2, 21, 90}, {2, 20, 90},
                                 {1, 12, 90}, {0, 0, 90},  {9, 30, 90}, {1, 1, 90},  {2, 50, 60}, {0, 0, 1}};
    static const char *const names[] = {"orders_x", "orders_t_x", "orders_T"};
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < 3; k++)
            numbers_of(rows, names[k])[i] = mended[i][k];
    score(p, model, rows);
    for (size_t i = 1; i < N; i++)
        assert_true(p[i] != p[0]);
    wb_features_free(rows);
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- against a column ---- */

static void assert_same_models(const wb_model *model, const wb_model *plain, const wb_features *frame, const wb_features *wide,
                               double tolerance)
{
    static double p[2][N_ROWS];
    assert_int_equal(wb_model_n_coefficients(model), wb_model_n_coefficients(plain));
    for (size_t j = 0; j < wb_model_n_coefficients(model); j++) {
        const wb_coefficient a = wb_model_coefficient(model, j), b = wb_model_coefficient(plain, j);
        assert_string_equal(a.column, b.column);
        assert_close(a.per_sd, b.per_sd, tolerance);
        assert_close(a.raw, b.raw, tolerance);
        assert_close(a.z, b.z, 1e-6);
    }
    score(p[0], model, frame);
    score(p[1], plain, wide);
    for (size_t i = 0; i < N_ROWS; i++)
        assert_close(p[0][i], p[1][i], tolerance);
    for (size_t t = 0; t < wb_model_summarise(model).n_terms; t++) {
        const wb_term a = wb_model_term(model, t), b = wb_model_term(plain, t);
        assert_string_equal(a.feature, b.feature);
        assert_string_equal(a.kind, b.kind);
        assert_close(a.importance, b.importance, tolerance);
        assert_close(a.spread, b.spread, tolerance);
    }
}

/* The term is what a column of the expected purchases would be that somebody worked out beforehand. */
static void check_against_column(const wb_train_options *given, double tolerance)
{
    static const char *const logs[] = {EXPECTED};
    wb_term_btyd by;
    wb_features *frame = frame_buyers(N_ROWS, 5);
    static double arm[N_ROWS];
    for (size_t i = 0; i < N_ROWS; i++)
        arm[i] = (double)(i % 2);
    if (given->treatment != NULL)
        frame_numbers(frame, given->treatment, arm, N_ROWS);
    wb_model *model = train(frame, given);
    btyd_term(model, &by);
    wb_features *wide = with_expected(frame, &by);
    wb_train_options options = *given;
    options.btyd_horizon_us = 0;
    options.log1p = logs;
    options.n_log1p = given->basis == WB_BASIS_LINEAR;
    wb_model *plain = train(wide, &options);
    assert_same_models(model, plain, frame, wide, tolerance);
    if (given->treatment != NULL) {
        static double uplift[2][N_ROWS];
        wb_error err;
        assert_ok(wb_score_uplift(model, frame->table, uplift[0], 1, &err), &err);
        assert_ok(wb_score_uplift(plain, wide->table, uplift[1], 1, &err), &err);
        for (size_t i = 0; i < N_ROWS; i++)
            assert_close(uplift[0][i], uplift[1][i], tolerance);
    }
    wb_model_free(model);
    wb_model_free(plain);
    wb_features_free(wide);
    wb_features_free(frame);
}

static void the_same_as_a_column(void **state)
{
    (void)state;
    static uint8_t use[N_ROWS];
    for (size_t k = 0; k < 2; k++) {
        wb_train_options options = btyd_options(WB_BASIS_LINEAR, k == 1);
        check_against_column(&options, 1e-10);
        options.class_weight = 3;
        options.sample_negatives = 0.8;
        check_against_column(&options, 1e-10);
        options = btyd_options(WB_BASIS_AUTO, k == 1);
        check_against_column(&options, 1e-7);
    }
    wb_train_options options = btyd_options(WB_BASIS_LINEAR, true);
    options.penalty = WB_PENALTY_LASSO;
    check_against_column(&options, 1e-7);
    options = btyd_options(WB_BASIS_LINEAR, false);
    options.treatment = "arm";
    check_against_column(&options, 1e-10);
    options = btyd_options(WB_BASIS_LINEAR, false);
    for (size_t i = 0; i < N_ROWS; i++)
        use[i] = i % 5 != 2;
    options.use_row = use;
    check_against_column(&options, 1e-10);
    options.contacted = use;
    options.use_row = NULL;
    check_against_column(&options, 1e-10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cdnow_is_that_of_the_paper),
        cmocka_unit_test(probabilities_follow_from_coefficients),
        cmocka_unit_test(what_is_no_history_is_missing),
        cmocka_unit_test(the_same_as_a_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
