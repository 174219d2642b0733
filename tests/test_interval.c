/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How certain probabilities are: against R, against the covariance in long double, and where there is none. */
#include "test_util.h"

#include "model/model.h"
#include "score/interval.h"
#include "test_run.h"
#include "train_testing.h"

static const double QUANTILE = 1.959963984540054;

/* ---- against R ---- */

enum { N_R = 20, N_NEW = 5 };

/* Twenty rows, each twice: levels have ten customers at least. */
static wb_features *forty(void)
{
    static const double x1[N_R] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4};
    static const double x2[N_R] = {0, 1, NAN, 0, 1, 1, NAN, 1, 0, 1, NAN, 0, 1, 0, 1, NAN, 0, 1, 1, 0};
    static const char *const plan[N_R] = {"a", "b", "a", "c", "b", "b", "c", "a", "b", "b",
                                          "c", "a", "b", "b", "a", "c", "b", "a", "c", "b"};
    static const double y[N_R] = {1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1};
    wb_features *frame = frame_create();
    frame_numbers(frame, "x1", x1, N_R);
    frame_numbers(frame, "x2", x2, N_R);
    frame_words(frame, "plan", WB_TYPE_CATEGORY, plan, N_R);
    frame_numbers(frame, "label_y", y, N_R);
    size_t order[2 * N_R];
    for (size_t i = 0; i < 2 * N_R; i++)
        order[i] = i % N_R;
    wb_features *twice = frame_reorder(frame, order, 2 * N_R);
    wb_features_free(frame);
    return twice;
}

/* Of these rows: m <- as.numeric(is.na(x2)); x2[is.na(x2)] <- median(x2, na.rm = TRUE)
 * fit <- glm(y ~ x1 + x2 + m + factor(plan), family = binomial, control = glm.control(epsilon = 1e-15, maxit = 100))
 * p <- predict(fit, new, type = "link", se.fit = TRUE); plogis(p$fit -+ qnorm(0.975) * p$se.fit) */
static void as_predict_glm(void **state)
{
    (void)state;
    static const double x1[N_NEW] = {0, 5, 12, 3, 7}, x2[N_NEW] = {1, 0, 1, NAN, 0};
    static const char *const plan[N_NEW] = {"a", "b", "c", "b", "c"};
    static const double expected_low[N_NEW] = {0.0052700355694896344, 0.29347958940798125, 0.31248318728181229,
                                                0.051338703977604962, 0.23494109277888656};
    static const double expected_high[N_NEW] = {0.54208253471329271, 0.87045942012205635, 0.99344835010353116,
                                                 0.88904581571338748, 0.9810157610068343};
    double low[N_NEW], high[N_NEW];
    wb_features *frame = forty(), *new = frame_create();
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    wb_error err;
    frame_words(new, "plan", WB_TYPE_CATEGORY, plan, N_NEW);
    frame_numbers(new, "x2", x2, N_NEW);
    frame_numbers(new, "x1", x1, N_NEW);
    options.penalty = WB_PENALTY_NONE;
    wb_model *model = train(frame, &options);
    assert_int_equal(wb_model_summarise(model).covariance, WB_COVARIANCE_HESSIAN);
    assert_ok(wb_score_intervals(model, NULL, new->table, low, high, 1, &err), &err);
    for (size_t i = 0; i < N_NEW; i++) {
        assert_close(low[i] / expected_low[i], 1, 1e-7);
        assert_close(high[i] / expected_high[i], 1, 1e-7);
    }
    wb_model_free(model);
    wb_features_free(new);
    wb_features_free(frame);
}

/* ---- against the covariance in long double ---- */

static double end_at(long double eta, long double reach)
{
    return (double)(1 / (1 + expl(-(eta + reach))));
}

static void check_by_brute_force(const wb_model *model, const wb_table *table)
{
    const size_t n_rows = wb_table_n_rows(table), n = wb_model_n_coefficients(model);
    double *v = wbi_alloc_array(n, n * sizeof *v), *p = wbi_alloc_array(n_rows, sizeof *p);
    double *low = wbi_alloc_array(n_rows, sizeof *low), *high = wbi_alloc_array(n_rows, sizeof *high);
    wbi_encoder *encoder = NULL;
    wb_error err;
    assert_ok(wb_model_covariance(v, model, NULL, &err), &err);
    assert_ok(wb_score_table(model, table, p, NULL, 1, &err), &err);
    assert_ok(wb_score_intervals(model, NULL, table, low, high, 1, &err), &err);
    assert_ok(wbi_encoder_create(&encoder, model->basis, table, &err), &err);
    double *x = wbi_alloc_aligned(encoder->stride, sizeof *x);
    for (size_t i = 0; i < n_rows; i++) {
        long double eta = 0, variance = 0;
        wbi_encoder_fill(encoder, x, NULL, i, 1);
        for (size_t j = 0; j < n; j++) {
            eta += (long double)x[j] * model->beta[j];
            for (size_t k = 0; k < n; k++)
                variance += (long double)x[j] * v[j * n + k] * x[k];
        }
        const long double reach = QUANTILE * sqrtl(variance);
        assert_close(low[i] / end_at(eta, -reach), 1, 1e-10);
        assert_close(high[i] / end_at(eta, reach), 1, 1e-10);
        assert_true(low[i] < p[i] && p[i] < high[i]);
    }
    wbi_encoder_free(encoder);
    wbi_free(x);
    wbi_free(v);
    wbi_free(p);
    wbi_free(low);
    wbi_free(high);
}

/* Of customers with several rows, or of rows that are customers of their own. */
static void check_penalties(const wb_features *frame, wb_covariance kind)
{
    for (int k = 0; k < 4; k++) {
        wb_train_options options = WB_TRAIN_OPTIONS_INIT;
        options.penalty = (const wb_penalty[]){WB_PENALTY_NONE, WB_PENALTY_FIRTH, WB_PENALTY_RIDGE, WB_PENALTY_RIDGE}[k];
        options.lambda = k == 2 ? 0.03 : WB_LAMBDA_AUTO;
        options.basis = k == 3 ? WB_BASIS_AUTO : WB_BASIS_LINEAR;
        options.n_folds = 0;
        wb_model *model = train(frame, &options);
        assert_int_equal(wb_model_summarise(model).covariance, k == 1 ? WB_COVARIANCE_HESSIAN : kind);
        check_by_brute_force(model, frame->table);
        wb_model_free(model);
    }
}

static void as_the_covariance_says(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(700);
    check_penalties(frame, WB_COVARIANCE_BY_CUSTOMER);
    wbi_column *id = &frame->table->columns[wb_table_find(frame->table, "customer_id")];
    wbi_free(id->name);
    id->name = wbi_strdup("who");
    check_penalties(frame, WB_COVARIANCE_HESSIAN);
    wb_features_free(frame);
}

/* A covariance of rank 1, v v': the variance is the square of x'v, which is 0 but for rounding where x is at right angles. */
static void a_covariance_that_is_singular(void **state)
{
    (void)state;
    enum { ROWS = 300 };
    double low[ROWS], high[ROWS], p[ROWS], x[64];
    wb_features *frame = frame_shop(ROWS);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.1;
    wb_model *model = train(frame, &options);
    wbi_encoder *encoder = NULL;
    wb_error err;
    const size_t n = wb_model_n_coefficients(model);
    double *v = model->inference->covariance, root[64] = {0.1, 0.3, 1e3};
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < n; k++)
            v[j * n + k] = root[j] * root[k];
    assert_ok(wb_score_table(model, frame->table, p, NULL, 1, &err), &err);
    assert_ok(wb_score_intervals(model, NULL, frame->table, low, high, 1, &err), &err);
    assert_ok(wbi_encoder_create(&encoder, model->basis, frame->table, &err), &err);
    assert_true(encoder->stride <= 64);
    for (size_t i = 0; i < ROWS; i++) {
        wbi_encoder_fill(encoder, x, NULL, i, 1);
        const double reach = QUANTILE * fabs(root[0] + root[1] * x[1] + root[2] * x[2]);
        const double eta = log(p[i]) - log1p(-p[i]);
        assert_close(low[i], 1 / (1 + exp(reach - eta)), 1e-4);
        assert_close(high[i], 1 / (1 + exp(-reach - eta)), 1e-4);
        assert_true(low[i] <= p[i] && p[i] <= high[i]);
    }
    for (size_t j = 0; j < n * n; j++)
        v[j] = 0;
    assert_ok(wb_score_intervals(model, NULL, frame->table, low, high, 1, &err), &err);
    for (size_t i = 0; i < ROWS; i++) { /* sums run in another order there */
        assert_close(low[i], p[i], 1e-14);
        assert_close(high[i], p[i], 1e-14);
    }
    wbi_encoder_free(encoder);
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- threads, blocks ---- */

static void a_rows_ends_do_not_depend_on_its_place(void **state)
{
    (void)state;
    enum { ROWS = 9001 };
    static double low[ROWS], high[ROWS], other_low[ROWS], other_high[ROWS];
    wb_features *frame = frame_shop(ROWS);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.02;
    wb_model *model = train(frame, &options);
    wbi_intervals *intervals = NULL;
    wbi_encoder *encoder = NULL;
    wb_error err;
    assert_ok(wb_score_intervals(model, NULL, frame->table, low, high, 1, &err), &err);
    for (int n_threads = 2; n_threads <= 4; n_threads *= 2) {
        assert_ok(wb_score_intervals(model, NULL, frame->table, other_low, other_high, n_threads, &err), &err);
        assert_memory_equal(low, other_low, sizeof low);
        assert_memory_equal(high, other_high, sizeof high);
    }
    memset(other_low, 0, sizeof other_low);
    assert_ok(wbi_intervals_create(&intervals, model, NULL, &err), &err);
    assert_ok(wbi_encoder_create(&encoder, model->basis, frame->table, &err), &err);
    double *scratch = wbi_alloc_aligned(wbi_intervals_scratch(intervals), sizeof *scratch);
    for (size_t begin = 0, n = 1; begin < ROWS; begin += n, n = 1 + n * 7 % 311) {
        const size_t end = begin + n < ROWS ? begin + n : ROWS;
        const wbi_interval_rows rows = {encoder, begin, end, scratch};
        assert_ok(wbi_intervals_rows(intervals, other_low + begin, other_high + begin, &rows, &err), &err);
    }
    assert_memory_equal(low, other_low, sizeof low);
    assert_memory_equal(high, other_high, sizeof high);
    wbi_free(scratch);
    wbi_encoder_free(encoder);
    wbi_intervals_free(intervals);
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- what has none ---- */

static void assert_no_intervals(const wb_model *model, const char *cov_path, const wb_features *frame, wb_status code,
                                const char *message)
{
    double *ends = wbi_alloc_array(2 * wb_table_n_rows(frame->table), sizeof *ends);
    wb_error err;
    assert_int_equal(wb_score_intervals(model, cov_path, frame->table, ends, ends + wb_table_n_rows(frame->table), 1, &err),
                     code);
    if (strstr(err.message, message) == NULL)
        fail_msg("'%s', expected '%s'", err.message, message);
    wbi_free(ends);
}

static void models_without_a_covariance(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(300);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_LASSO;
    options.lambda = 0.001;
    wb_model *model = train(frame, &options);
    assert_no_intervals(model, NULL, frame, WB_ERR_INCONSISTENT, "its columns were chosen by the data");
    wb_model_free(model);
    wb_features_free(frame);

    const double x[] = {1, 2, 3, 4, 5, 6, 7, 8}, y[] = {0, 0, 0, 0, 1, 1, 1, 1}; /* apart */
    frame = frame_create();
    frame_numbers(frame, "x", x, 8);
    frame_numbers(frame, "z", (const double[]){1, 0, 1, 0, 0, 1, 0, 0}, 8);
    frame_numbers(frame, "label_y", y, 8);
    options = (wb_train_options)WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_NONE;
    model = train(frame, &options);
    assert_no_intervals(model, NULL, frame, WB_ERR_INCONSISTENT, "the model has no covariance: its fit did not converge");
    wb_model_free(model);
    wb_features_free(frame);
}

static void files_that_are_not_the_models(void **state)
{
    char path[RUN_PATH_CHARS], beside[RUN_PATH_CHARS], other_path[RUN_PATH_CHARS], other_beside[RUN_PATH_CHARS];
    double low[300], high[300], low_back[300], high_back[300];
    wb_features *frame = frame_shop(300);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    wb_model *back = NULL;
    wb_error err;
    path_in(path, *state, "model.json");
    path_in(beside, *state, "model.json.cov");
    path_in(other_path, *state, "other.json");
    path_in(other_beside, *state, "other.json.cov");
    options.lambda = 0.1;
    wb_model *model = train(frame, &options);
    options.lambda = 0.2;
    wb_model *other = train(frame, &options);
    assert_ok(wb_model_write(model, path, &err), &err);
    assert_ok(wb_model_write(other, other_path, &err), &err);
    assert_ok(wb_model_read(&back, path, &err), &err);
    assert_ok(wb_score_intervals(model, NULL, frame->table, low, high, 1, &err), &err);
    assert_ok(wb_score_intervals(back, beside, frame->table, low_back, high_back, 1, &err), &err);
    assert_memory_equal(low, low_back, sizeof low);
    assert_memory_equal(high, high_back, sizeof high);
    assert_no_intervals(back, NULL, frame, WB_ERR_ARGUMENT, "in the file beside it");
    assert_no_intervals(back, other_beside, frame, WB_ERR_INCONSISTENT, "not the covariance that was written with this model");
    assert_int_equal(truncate(beside, 100), 0);
    assert_no_intervals(back, beside, frame, WB_ERR_MALFORMED, "found 100");
    assert_int_equal(unlink(beside), 0);
    assert_no_intervals(back, beside, frame, WB_ERR_IO, "");
    wb_model_free(back);
    wb_model_free(other);
    wb_model_free(model);
    wb_features_free(frame);
}

/* ---- the rows ---- */

static void rows_that_do_not_fit(void **state)
{
    (void)state;
    const double one[] = {1}, huge[] = {1.7e308};
    const char *const web[] = {"web"};
    double low, high, p;
    wb_features *shop = frame_shop(500), *frame = frame_create();
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.1;
    wb_model *model = train(shop, &options);
    wb_error err;
    frame_numbers(frame, "recensy", one, 1);
    frame_words(frame, "channel", WB_TYPE_CATEGORY, web, 1);
    frame_numbers(frame, "csat", one, 1);
    assert_no_intervals(model, NULL, frame, WB_ERR_INCONSISTENT, "did you mean 'recensy'");
    frame_numbers(frame, "recency", huge, 1); /* its square is no number, so nothing is known of the probability */
    assert_ok(wb_score_table(model, frame->table, &p, NULL, 1, &err), &err);
    assert_ok(wb_score_intervals(model, NULL, frame->table, &low, &high, 1, &err), &err);
    assert_true(low < 1e-300 && high == 1);
    model->beta[1] = INFINITY;
    model->beta[2] = INFINITY;
    assert_no_intervals(model, NULL, frame, WB_ERR_INCONSISTENT, "a score is not a number");
    frame->table->n_rows = 0;
    assert_ok(wb_score_intervals(model, NULL, frame->table, NULL, NULL, 2, &err), &err);
    wb_model_free(model);
    wb_features_free(frame);
    wb_features_free(shop);
}

static void every_allocation_may_fail(void **state)
{
    char path[RUN_PATH_CHARS], beside[RUN_PATH_CHARS];
    double low[100], high[100];
    wb_features *shop = frame_shop(100);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.1;
    wb_model *model = train(shop, &options), *back = NULL;
    wb_error err;
    assert_ok(wb_model_write(model, path_in(path, *state, "model.json"), &err), &err);
    assert_ok(wb_model_read(&back, path, &err), &err);
    path_in(beside, *state, "model.json.cov");
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_alloc_fail_at(n);
        status = wb_score_intervals(back, beside, shop->table, low, high, 1, NULL);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true(n < 200);
    }
    wb_model_free(back);
    wb_model_free(model);
    wb_features_free(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_predict_glm),
        cmocka_unit_test(as_the_covariance_says),
        cmocka_unit_test(a_covariance_that_is_singular),
        cmocka_unit_test(a_rows_ends_do_not_depend_on_its_place),
        cmocka_unit_test(models_without_a_covariance),
        cmocka_unit_test(files_that_are_not_the_models),
        cmocka_unit_test(rows_that_do_not_fit),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
