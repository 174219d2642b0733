/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training with splines: against mgcv, and by properties. */
#include "test_util.h"

#include <winback/score.h>

#include "model/model.h"
#include "edit_testing.h"
#include "train_testing.h"

enum { N_ROWS = 2000 };

static double share(size_t i, double r)
{
    return fmod((double)i * r, 1);
}

/* Three numbers, two of few values, and a label that bends with the first two. With `missing`, every seventh `a` is. */
static wb_features *bent(bool missing)
{
    static double a[N_ROWS], b[N_ROWS], c[N_ROWS], d[N_ROWS], e[N_ROWS], y[N_ROWS];
    for (size_t i = 0; i < N_ROWS; i++) {
        a[i] = 10 * share(i + 1, 0.6180339887498949);
        b[i] = exp(4 * share(i + 1, 0.4142135623730951));
        c[i] = share(i + 1, 0.7320508075688772);
        d[i] = floor(5 * share(i + 1, 0.2360679774997898));
        e[i] = floor(3 * share(i + 1, 0.6457513110645906));
        const double eta = -0.4 + sin(a[i]) + 0.6 * log(b[i]) / 2 + 0.2 * d[i];
        y[i] = share(i + 1, 0.3166247903553998) < 1 / (1 + exp(-eta));
        if (missing && i % 7 == 0)
            a[i] = NAN;
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "a", a, N_ROWS);
    frame_numbers(frame, "b", b, N_ROWS);
    frame_numbers(frame, "c", c, N_ROWS);
    frame_numbers(frame, "d", d, N_ROWS);
    frame_numbers(frame, "e", e, N_ROWS);
    frame_numbers(frame, "label_y", y, N_ROWS);
    return frame;
}

static wb_train_options smooth(void)
{
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.basis = WB_BASIS_AUTO;
    options.n_folds = 0;
    return options;
}

static void score(double *p, const wb_model *model, const wb_features *frame)
{
    wb_error err;
    assert_ok(wb_score_table(model, frame->table, p, NULL, 1, &err), &err);
}

/* R 4.2.2, mgcv 1.8-41, with i = 1:2000, u = function(r) (i * r) %% 1 and a to e, y as above:
 *   basis <- function(x) {
 *     k <- unique(quantile(x, (0:20) / 20, type = 7)); m <- length(k); N <- m + 2
 *     t <- c(rep(k[1], 3), k, rep(k[m], 3)); B <- splineDesign(t, x, ord = 4)
 *     g <- sapply(1:N, function(j) mean(t[j + 1:3])); h <- diff(g); D <- matrix(0, N - 2, N)
 *     for (j in 1:(N - 2)) D[j, j + 0:2] <- c(2 * h[j + 1], -2 * (h[j] + h[j + 1]), 2 * h[j]) / (h[j] + h[j + 1])
 *     D <- D[, -N]; l <- g[-N] - g[N]; l <- l / sqrt(sum(l^2)); list(X = B[, -N], S = list(crossprod(D), l %o% l)) }
 *   A <- basis(a); B <- basis(b); C <- basis(c); Z <- cbind(st(d), st(e))   # st: population standard deviation
 *   gam(y ~ A$X + B$X + C$X + Z, binomial, method = "REML", paraPen = list(A$S, B$S, C$S, list(diag(2))))
 * The first probabilities are those, where REML is greatest; the second, and `sp` (NaN: without bound), are with
 * optimizer = "efs", the update of Fellner and Schall, which is what is done here. */
static const size_t rows[] = {0, 1, 2, 499, 999, 1499, 1998, 1999};
static const double by_reml[] = {0.5285429739, 0.8406214715, 0.7704011211, 0.4836235839,
                                 0.5580020931, 0.6320083675, 0.3470183526, 0.6896390376};
static const double by_update[] = {0.5285489832, 0.8405276607, 0.770418698,  0.4838600282,
                                   0.558140667,  0.6320494188, 0.3470081761, 0.6896481948};
static const double edf[] = {6.742522517, 2.419761939, 0.001243351061}, edf_of_ridge = 1.192844804;
static const double sp[3][2] = {{11.8811377, NAN}, {1107.348073, 0.05618818789}, {NAN, NAN}}, sp_of_ridge = 148.2421662;

static void as_mgcv(void **state)
{
    (void)state;
    static double p[N_ROWS];
    wb_features *frame = bent(false);
    const wb_train_options options = smooth();
    wb_model *model = train(frame, &options);
    score(p, model, frame);
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        assert_close(p[rows[k]], by_reml[k], 1e-3);
        assert_close(p[rows[k]], by_update[k], 1e-4);
    }
    for (size_t t = 0; t < 3; t++) {
        const wb_term term = wb_model_term(model, t);
        const double lambda[2] = {term.lambda_bend * N_ROWS, term.lambda_slope * N_ROWS};
        assert_string_equal(term.kind, "spline");
        assert_close(term.freedom, edf[t], 0.05 * edf[t] + 0.005);
        for (size_t k = 0; k < 2; k++)
            if (!isnan(sp[t][k]))
                assert_close(log(lambda[k]), log(sp[t][k]), 2e-3);
    }
    assert_close(wb_model_term(model, 3).freedom + wb_model_term(model, 4).freedom, edf_of_ridge, 0.05);
    const wb_model_summary s = wb_model_summarise(model);
    assert_close(log(s.lambda * N_ROWS), log(sp_of_ridge), 2e-3);
    assert_close(s.freedom, 1 + edf[0] + edf[1] + edf_of_ridge, 0.05);
    assert_true(s.converged && s.basis == WB_BASIS_AUTO && s.gradient_max <= 1e-8);
    wb_model_free(model);
    wb_features_free(frame);
}

/* The curve and what is said of it follow from the scores. */
static void curves_are_what_scores_say(void **state)
{
    (void)state;
    enum { N = 400 };
    static double a[N], rest[N], p[N], all[N_ROWS];
    double before = NAN, sum = 0, squares = 0;
    wb_features *frame = bent(true), *line = frame_create();
    const wb_train_options options = smooth();
    wb_model *model = train(frame, &options);
    for (size_t i = 0; i < N; i++) {
        a[i] = i == 0 ? (double)NAN : -1 + 12.0 * (double)i / N; /* beyond both ends */
        rest[i] = 2;
    }
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    for (size_t c = 0; c < 5; c++)
        frame_numbers(line, names[c], c == 0 ? a : rest, N);
    score(p, model, line);
    for (size_t i = 2; i < N; i++) {
        const double moved = log(p[i] / (1 - p[i])) - log(p[1] / (1 - p[1]));
        assert_close(moved, wb_model_contribution(model, 0, a[i]) - wb_model_contribution(model, 0, a[1]), 1e-10);
        if (a[i] < 0 || a[i - 1] > 10)
            assert_true(p[i] == before || i == 2);
        before = p[i];
    }
    const wb_coefficient missing = wb_model_coefficient(model, wb_model_term(model, 0).n_curve_columns + 1);
    assert_string_equal(missing.column, "a (missing)");
    assert_close(log(p[0] / (1 - p[0])) - log(p[1] / (1 - p[1])),
                 wb_model_contribution(model, 0, NAN) - wb_model_contribution(model, 0, a[1]) + missing.raw, 1e-10);
    /* Its mean over the training rows is 0, its deviation the spread. */
    const double *values = wb_table_numbers(frame->table, 0);
    for (size_t i = 0; i < N_ROWS; i++) {
        all[i] = wb_model_contribution(model, 0, values[i]);
        sum += all[i] / N_ROWS;
        squares += all[i] * all[i] / N_ROWS;
    }
    assert_close(sum, 0, 1e-12);
    assert_close(wb_model_term(model, 0).spread, sqrt(squares), 1e-10);
    assert_int_equal(wb_model_term(model, 0).direction, 0);
    assert_int_equal(wb_model_term(model, 1).direction, 1);
    assert_true(isnan(wb_model_term(model, 3).spread) && isnan(wb_model_contribution(model, 3, 1)));
    wb_model_free(model);
    wb_features_free(frame);
    wb_features_free(line);
}

static void a_model_survives_its_file(void **state)
{
    (void)state;
    static double p[N_ROWS], q[N_ROWS];
    char path[] = "/tmp/winback-test-XXXXXX";
    wb_error err;
    wb_features *frame = bent(true);
    wb_train_options options = smooth();
    const char *const logs[] = {"b"};
    options.log1p = logs;
    options.n_log1p = 1;
    wb_model *model = train(frame, &options), *back = NULL;
    assert_string_equal(wb_model_term(model, 1).kind, "log1p");
    assert_true(mkstemp(path) >= 0);
    assert_ok(wb_model_write(model, path, &err), &err);
    assert_ok(wb_model_read(&back, path, &err), &err);
    char *bytes = model_bytes(model), *again = model_bytes(back);
    assert_string_equal(bytes, again);
    score(p, model, frame);
    score(q, back, frame);
    assert_memory_equal(p, q, sizeof p);
    for (size_t t = 0; t < wb_model_summarise(model).n_terms; t++) {
        const wb_term x = wb_model_term(model, t), y = wb_model_term(back, t);
        const wb_term_test v = wb_model_term_test(model, t), w = wb_model_term_test(back, t);
        assert_close(x.freedom, y.freedom, 0);
        assert_close(x.lambda_bend, y.lambda_bend, 0);
        assert_close(x.lambda_slope, y.lambda_slope, 0);
        assert_close(x.spread, y.spread, 0);
        assert_true(x.direction == y.direction && v.degrees_of_freedom == w.degrees_of_freedom && v.p == w.p);
    }
    wbi_free(bytes);
    wbi_free(again);
    remove(path);
    wb_model_free(model);
    wb_model_free(back);
    wb_features_free(frame);
}

static void nonsense_in_a_file_is_named(void **state)
{
    (void)state;
    static const file_edit cases[] = {
        {"\"basis\": \"auto\"", "\"basis\": \"car\"", "training.basis: expected 'linear' or 'auto', found 'car'"},
        {"\"edf\": ", "\"edf\": -", "is not a number >= 0"},
        {"\"lambda_bend\": ", "\"lambda_bend\": -", "is not a number >= 0"},
        {"\"spread\": ", "\"spreads\": ", "terms[0].spread: expected a number"},
        {"\"curve\": [", "\"curve\": [[0, 0, 0, 0], ", "terms[0].curve: expected 20 cubics"},
        {"\"curve\": [", "\"curve\": [[0, 0, 0, 0]], \"was\": [", "terms[0].curve: expected 20 cubics"},
        {"\"knots\": [", "\"knots\": [1e9, ", "terms[0].knots: "},
        {"\"df\": ", "\"df\": 9", "terms[0].wald.df: expected 1 to 23"},
    };
    wb_features *frame = bent(true);
    const wb_train_options options = smooth();
    wb_model *model = train(frame, &options);
    char *good = model_bytes(model);
    assert_edits_refused(good, cases, sizeof cases / sizeof *cases);
    wbi_free(good);
    wb_model_free(model);
    wb_features_free(frame);
}

static void threads_give_the_same_bytes(void **state)
{
    (void)state;
    wb_features *frame = bent(true);
    wb_train_options options = smooth();
    options.n_folds = 3;
    char *bytes[3];
    for (int k = 0; k < 3; k++) {
        options.n_threads = 1 << k;
        wb_model *model = train(frame, &options);
        bytes[k] = model_bytes(model);
        wb_model_free(model);
    }
    assert_string_equal(bytes[0], bytes[1]);
    assert_string_equal(bytes[0], bytes[2]);
    for (int k = 0; k < 3; k++)
        wbi_free(bytes[k]);
    wb_features_free(frame);
}

/* Many rows start from a sample's lambdas. */
static void a_sample_is_only_a_start(void **state)
{
    (void)state;
    enum { N = 40000 };
    static double x[N], y[N];
    uint64_t random = 6;
    for (size_t i = 0; i < N; i++) {
        x[i] = -log(1 - frame_uniform(&random));
        y[i] = frame_uniform(&random) < 1 / (1 + exp(1 - sin(3 * x[i])));
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "x", x, N);
    frame_numbers(frame, "label_y", y, N);
    const wb_train_options options = smooth();
    wb_model *model = train(frame, &options);
    const wb_term term = wb_model_term(model, 0);
    assert_true(wb_model_summarise(model).converged);
    assert_true(term.freedom > 10 && term.freedom < 22); /* the sine has five periods in the range */
    /* The curve is the truth's. */
    double worst = 0;
    for (double at = 0.05; at < 2.5; at += 0.05) {
        const double truth = sin(3 * at) - sin(3), found = wb_model_contribution(model, 0, at) - wb_model_contribution(model, 0, 1);
        worst = fmax(worst, fabs(truth - found));
    }
    assert_true(worst < 0.2);
    wb_model_free(model);
    wb_features_free(frame);
}

static void folds_find_their_own(void **state)
{
    (void)state;
    wb_features *frame = bent(false);
    wb_train_options options = smooth();
    wb_model *plain = train(frame, &options);
    options.n_folds = -1;
    wb_model *tried = train(frame, &options);
    const wb_model_summary s = wb_model_summarise(tried);
    const wb_path_point *path;
    assert_int_equal(s.n_folds, 5);
    assert_int_equal(wb_model_path(tried, &path), 0);
    assert_int_equal(s.out_of_fold.n, N_ROWS);
    assert_true(s.out_of_fold.log_loss > s.mean_log_loss && s.out_of_fold.log_loss < 0.62);
    assert_true(s.lambda == wb_model_summarise(plain).lambda);
    for (size_t j = 0; j < wb_model_n_coefficients(plain); j++)
        assert_true(wb_model_coefficient(plain, j).raw == wb_model_coefficient(tried, j).raw);
    wb_model_free(plain);
    wb_model_free(tried);
    wb_features_free(frame);
}

/* A spline tells a bend from nothing; no coefficient has a z. */
static void tests_of_terms(void **state)
{
    (void)state;
    wb_features *frame = bent(false);
    const wb_train_options options = smooth();
    wb_model *model = train(frame, &options);
    assert_true(wb_model_term_test(model, 0).p < 1e-10 && wb_model_term_test(model, 1).p < 1e-6);
    assert_true(wb_model_term_test(model, 2).p > 0.01);
    assert_int_equal(wb_model_term_test(model, 0).degrees_of_freedom, 7); /* of an edf of 6.7 */
    assert_int_equal(wb_model_term_test(model, 2).degrees_of_freedom, 1);
    for (size_t j = 0; j < wb_model_n_coefficients(model); j++) {
        const wb_coefficient c = wb_model_coefficient(model, j);
        assert_true(isnan(c.z) && isnan(c.p) && c.se_raw > 0);
    }
    wb_model_free(model);
    wb_features_free(frame);
}

static void classes_may_be_weighed(void **state)
{
    (void)state;
    static double p[N_ROWS];
    double mean = 0;
    wb_features *frame = bent(true);
    wb_train_options options = smooth();
    options.class_weight = 3;
    options.sample_negatives = 0.7;
    wb_model *model = train(frame, &options);
    score(p, model, frame);
    for (size_t i = 0; i < N_ROWS; i++)
        mean += p[i] / N_ROWS;
    assert_close(mean, wb_model_summarise(model).base_rate, 1e-12);
    assert_close(wb_model_term(model, 0).spread, 0.68, 0.15);
    wb_model_free(model);
    wb_features_free(frame);
}

static void bad_options(void **state)
{
    (void)state;
    wb_features *frame = bent(false);
    static const char *const nobody[] = {"ab"}, *const negative[] = {"n"};
    wb_model *model = NULL;
    wb_error err;
    wb_train_options o = smooth();
    o.lambda = 0.1;
    assert_int_equal(wb_train(&model, frame, &o, &err), WB_ERR_ARGUMENT);
    assert_string_equal(err.message, "basis auto finds lambda itself: it cannot be given");
    o = smooth();
    o.lambda_rule = WB_LAMBDA_ONE_STANDARD_ERROR;
    assert_int_equal(wb_train(&model, frame, &o, &err), WB_ERR_ARGUMENT);
    for (int penalty = 0; penalty < 4; penalty++) {
        o = smooth();
        o.penalty = (wb_penalty)penalty;
        assert_int_equal(penalty == WB_PENALTY_RIDGE || wb_train(&model, frame, &o, &err) == WB_ERR_ARGUMENT, 1);
    }
    assert_string_equal(err.message, "basis auto goes with ridge, not with elastic_net");
    o = smooth();
    o.basis = (wb_basis)7;
    assert_int_equal(wb_train(&model, frame, &o, &err), WB_ERR_ARGUMENT);
    o = smooth();
    o.log1p = nobody;
    o.n_log1p = 1;
    assert_int_equal(wb_train(&model, frame, &o, &err), WB_ERR_INCONSISTENT);
    assert_string_equal(err.message, "no column 'ab' (for log1p); did you mean 'a'?");
    static double n[N_ROWS];
    for (size_t i = 0; i < N_ROWS; i++)
        n[i] = (double)i - 1;
    frame_numbers(frame, "n", n, N_ROWS);
    o.log1p = negative;
    assert_int_equal(wb_train(&model, frame, &o, &err), WB_ERR_INCONSISTENT);
    assert_string_equal(err.message, "n is -1 in a row: log1p takes numbers >= 0");
    wb_features_free(frame);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(120);
    wb_train_options options = smooth();
    options.n_folds = 2;
    options.n_threads = 1;
    wb_status status = WB_ERR_NOMEM;
    wb_model *model = NULL;
    for (uint64_t n = 1; status != WB_OK; n += n < 150 ? 1 : 5) {
        wbi_alloc_fail_at(n);
        status = wb_train(&model, frame, &options, NULL);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true(n < 20000);
    }
    wb_model_free(model);
    wb_features_free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_mgcv),
        cmocka_unit_test(curves_are_what_scores_say),
        cmocka_unit_test(a_model_survives_its_file),
        cmocka_unit_test(nonsense_in_a_file_is_named),
        cmocka_unit_test(threads_give_the_same_bytes),
        cmocka_unit_test(a_sample_is_only_a_start),
        cmocka_unit_test(folds_find_their_own),
        cmocka_unit_test(tests_of_terms),
        cmocka_unit_test(classes_may_be_weighed),
        cmocka_unit_test(bad_options),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
