/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <stdlib.h>
#include <string.h>
#include <winback/fit.h>

#include "base/memory.h"
#include "test_frame.h"

enum { MAX_ROWS = 150000, MAX_COLUMNS = 12, STRIDE = 13 };

typedef struct fixture {
    double values[MAX_ROWS * STRIDE], weights[MAX_ROWS];
    uint8_t outcome[MAX_ROWS];
    wb_matrix x;
} fixture;

/* Columns whose means are far from 0 and whose scales differ by powers of ten; the column behind them is not to be read. */
static void fill(fixture *f, size_t n_rows, size_t n_columns)
{
    uint64_t random = 5;
    for (size_t i = 0; i < n_rows; i++) {
        double *x = f->values + i * STRIDE, eta = -1;
        for (size_t j = 0; j < n_columns; j++) {
            const double z = 3 * (frame_uniform(&random) + frame_uniform(&random) - 1);
            x[j] = 1000.0 * (double)j + pow(10, (double)j - 4) * z;
            eta += (j % 2 == 0 ? 0.8 : -0.5) * z;
        }
        x[n_columns] = NAN;
        f->weights[i] = 0.5 + frame_uniform(&random);
        f->outcome[i] = frame_uniform(&random) < 1 / (1 + exp(-eta));
    }
    f->x = (wb_matrix){f->values, n_rows, n_columns, STRIDE};
}

/* The objective's largest derivative by a standardised coefficient, and the objective, in long double. */
static double slope_at(double *objective, const fixture *f, const double *weights, const double *coefficients, double lambda)
{
    const size_t n = f->x.n_rows, p = f->x.n_columns;
    long double mean[MAX_COLUMNS] = {0}, square[MAX_COLUMNS] = {0}, slope[MAX_COLUMNS] = {0}, free_slope = 0, total = 0;
    long double loss = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        const long double w = weights == NULL ? 1 : weights[i];
        total += w;
        for (size_t j = 0; j < p; j++)
            mean[j] += w * f->values[i * STRIDE + j];
    }
    for (size_t j = 0; j < p; j++)
        mean[j] /= total;
    for (size_t i = 0; i < n; i++) {
        const long double w = weights == NULL ? 1 : weights[i];
        long double eta = coefficients[0];
        for (size_t j = 0; j < p; j++)
            eta += coefficients[1 + j] * (long double)f->values[i * STRIDE + j];
        const long double p_i = 1 / (1 + expl(-eta)), residual = w * (p_i - f->outcome[i]);
        loss -= w * logl(f->outcome[i] ? p_i : 1 - p_i);
        free_slope += residual;
        for (size_t j = 0; j < p; j++) {
            const long double d = f->values[i * STRIDE + j] - mean[j];
            slope[j] += residual * d;
            square[j] += w * d * d;
        }
    }
    long double largest = fabsl(free_slope / total);
    for (size_t j = 0; j < p; j++) {
        const long double sd = sqrtl(square[j] / total), beta = coefficients[1 + j] * sd;
        squares += beta * beta;
        if (sd > 0 && coefficients[1 + j] != 0)
            largest = fmaxl(largest, fabsl(slope[j] / total / sd + lambda * beta));
    }
    *objective = (double)(loss / total + lambda / 2 * squares);
    return (double)largest;
}

static void finds_the_least(void **state)
{
    (void)state;
    static fixture f;
    /* 150,000 rows are begun on a sample */
    const size_t sizes[] = {2, 40, 2000, MAX_ROWS};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        fill(&f, sizes[s], sizes[s] < 10 ? 2 : 9);
        f.outcome[0] = 0;
        f.outcome[1] = 1;
        for (int weighted = 0; weighted < 2; weighted++) {
            wb_fit fit;
            wb_error err;
            double coefficients[1 + MAX_COLUMNS], objective;
            wb_fit_options options = WB_FIT_OPTIONS_INIT;
            options.lambda = 0.01;
            options.weights = weighted ? f.weights : NULL;
            assert_ok(wb_fit_logistic(&fit, coefficients, &f.x, f.outcome, &options, &err), &err);
            assert_true(fit.converged && fit.gradient_max <= 1e-8 && fit.eta_step_max <= 1e-8);
            assert_int_equal(fit.n_left_out, 0);
            assert_true(slope_at(&objective, &f, options.weights, coefficients, options.lambda) <= 2e-8);
            assert_close(fit.objective, objective, 1e-12);
        }
    }
}

/* Rows enough for a sample, which does not see what some columns are like. */
static void samples_are_not_believed(void **state)
{
    (void)state;
    static fixture f;
    enum { N = 80000, P = 5, UNSEEN = 16 * 1000 + 5 };
    wb_fit fit;
    wb_error err;
    double coefficients[1 + P], objective;
    wb_fit_options options = WB_FIT_OPTIONS_INIT;
    options.lambda = 0.001;
    fill(&f, N, P);
    for (size_t i = 0; i < N; i++) {
        f.values[i * STRIDE + 1] = i % 16 == 5; /* the same in all rows of the sample */
        f.values[i * STRIDE + 3] = 7;
        if (i % 16 != 0)
            f.values[i * STRIDE + 4] += 1000; /* another mean than the sample's */
    }
    assert_ok(wb_fit_logistic(&fit, coefficients, &f.x, f.outcome, &options, &err), &err);
    assert_true(fit.converged && coefficients[2] != 0 && coefficients[4] == 0);
    assert_int_equal(fit.n_left_out, 1);
    assert_true(slope_at(&objective, &f, NULL, coefficients, options.lambda) <= 2e-8);
    assert_close(fit.objective, objective, 1e-12);

    fill(&f, N, P);
    for (size_t i = 0; i < N; i++)
        if (i % 16 != 0)
            f.values[i * STRIDE + 4] += 1000;
    assert_ok(wb_fit_logistic(&fit, coefficients, &f.x, f.outcome, &options, &err), &err);
    assert_true(fit.converged);
    assert_true(slope_at(&objective, &f, NULL, coefficients, options.lambda) <= 2e-8);

    f.values[UNSEEN * STRIDE + 2] = NAN;
    assert_int_equal(wb_fit_logistic(&fit, coefficients, &f.x, f.outcome, &options, &err), WB_ERR_INCONSISTENT);
    assert_string_equal(err.message, "row 16005 of column 2 is nan, expected a finite number");
}

/* The same rows as a table. */
static void equals_training_on_a_table(void **state)
{
    (void)state;
    static fixture f;
    static double column[MAX_ROWS];
    enum { N = 3000, P = 5 };
    fill(&f, N, P);
    wb_features *frame = frame_create();
    for (size_t j = 0; j < P; j++) {
        char name[] = "x0";
        name[1] = (char)('0' + j);
        for (size_t i = 0; i < N; i++)
            column[i] = f.values[i * STRIDE + j];
        frame_numbers(frame, name, column, N);
    }
    for (size_t i = 0; i < N; i++)
        column[i] = f.outcome[i];
    frame_numbers(frame, "label_y", column, N);
    for (int power = -4; power <= 0; power += 2) {
        wb_train_options train = WB_TRAIN_OPTIONS_INIT;
        wb_fit_options options = WB_FIT_OPTIONS_INIT;
        wb_model *model;
        wb_fit fit;
        wb_error err;
        double coefficients[1 + MAX_COLUMNS];
        train.lambda = options.lambda = pow(10, power);
        assert_ok(wb_train(&model, frame, &train, &err), &err);
        assert_ok(wb_fit_logistic(&fit, coefficients, &f.x, f.outcome, &options, &err), &err);
        for (size_t j = 0; j <= P; j++) {
            const double sd = j == 0 ? 1 : pow(10, (double)j - 5);
            assert_close(sd * coefficients[j], sd * wb_model_coefficient(model, j).raw, 1e-6);
        }
        wb_model_free(model);
    }
    wb_features_free(frame);
}

/* Without a penalty: log of the odds ratio of a 2 x 2 table, 30:10 against 20:40. */
static void odds_of_a_table(void **state)
{
    (void)state;
    double x[100];
    uint8_t outcome[100];
    for (size_t i = 0; i < 100; i++) {
        x[i] = i < 40;
        outcome[i] = i < 30 || (i >= 40 && i < 60);
    }
    const wb_matrix matrix = {x, 100, 1, 1};
    wb_fit_options options = WB_FIT_OPTIONS_INIT;
    wb_fit fit;
    wb_error err;
    double coefficients[2];
    assert_ok(wb_fit_logistic(&fit, coefficients, &matrix, outcome, &options, &err), &err);
    assert_close(coefficients[0], log(20.0 / 40), 1e-8);
    assert_close(coefficients[1], log(30.0 / 10) - log(20.0 / 40), 1e-8);
}

static void leaves_out_what_has_no_coefficient(void **state)
{
    (void)state;
    static fixture f;
    fill(&f, 500, 4);
    for (size_t i = 0; i < 500; i++) {
        f.values[i * STRIDE + 1] = 7;
        f.values[i * STRIDE + 3] = 2 * f.values[i * STRIDE] - 5 * f.values[i * STRIDE + 2] + 3;
    }
    for (int penalised = 0; penalised < 2; penalised++) {
        wb_fit_options options = WB_FIT_OPTIONS_INIT;
        wb_fit fit;
        wb_error err;
        double coefficients[5], objective;
        options.lambda = penalised ? 0.1 : 0;
        assert_ok(wb_fit_logistic(&fit, coefficients, &f.x, f.outcome, &options, &err), &err);
        assert_int_equal(fit.n_left_out, penalised ? 1 : 2);
        assert_true(fit.converged && coefficients[2] == 0 && (coefficients[4] == 0) == !penalised);
        assert_true(slope_at(&objective, &f, NULL, coefficients, options.lambda) <= 2e-8);
    }
}

/* x > 0 is the outcome: the loss has no least value, which must not pass for convergence. */
static void separable_classes_do_not_converge(void **state)
{
    (void)state;
    double x[40];
    uint8_t outcome[40];
    for (size_t i = 0; i < 40; i++) {
        x[i] = (double)i - 19.5;
        outcome[i] = i >= 20;
    }
    const wb_matrix matrix = {x, 40, 1, 1};
    wb_fit_options options = WB_FIT_OPTIONS_INIT;
    wb_fit fit;
    wb_error err;
    double coefficients[2];
    assert_ok(wb_fit_logistic(&fit, coefficients, &matrix, outcome, &options, &err), &err);
    assert_false(fit.converged);
}

static void threads_and_weights_of_two(void **state)
{
    (void)state;
    static fixture f, twice;
    enum { N = 70000, P = 8 };
    fill(&f, N, P);
    fill(&twice, 2 * N, P);
    for (size_t i = 0; i < N; i++) {
        f.weights[i] = 2;
        for (size_t k = 0; k < 2; k++) {
            memcpy(twice.values + (2 * i + k) * STRIDE, f.values + i * STRIDE, STRIDE * sizeof(double));
            twice.outcome[2 * i + k] = f.outcome[i];
        }
    }
    double first[1 + P], coefficients[1 + P];
    wb_fit_options options = WB_FIT_OPTIONS_INIT;
    wb_fit fit;
    wb_error err;
    options.lambda = 0.001;
    options.weights = f.weights;
    for (options.n_threads = 1; options.n_threads <= 4; options.n_threads *= 2) {
        assert_ok(wb_fit_logistic(&fit, coefficients, &f.x, f.outcome, &options, &err), &err);
        if (options.n_threads == 1)
            memcpy(first, coefficients, sizeof first);
        assert_memory_equal(first, coefficients, sizeof first);
    }
    options.weights = NULL;
    assert_ok(wb_fit_logistic(&fit, coefficients, &twice.x, twice.outcome, &options, &err), &err);
    for (size_t j = 1; j <= P; j++)
        assert_close(coefficients[j] / first[j], 1, 1e-6);
}

static wb_status fit_of(fixture *f, const wb_fit_options *options, wb_error *err)
{
    wb_fit fit;
    double coefficients[1 + MAX_COLUMNS];
    return wb_fit_logistic(&fit, coefficients, &f->x, f->outcome, options, err);
}

#define assert_refused(code, text)                                   \
    do {                                                             \
        assert_int_equal(fit_of(&f, &options, &err), (code));        \
        assert_string_equal(err.message, (text));                    \
        fill(&f, 100, 3);                                            \
        options = (wb_fit_options)WB_FIT_OPTIONS_INIT;               \
    } while (0)

static void refusals(void **state)
{
    (void)state;
    static fixture f;
    wb_fit_options options = WB_FIT_OPTIONS_INIT;
    wb_error err;
    fill(&f, 100, 3);
    options.lambda = -1;
    assert_refused(WB_ERR_ARGUMENT, "lambda -1 is not a number >= 0");
    options.lambda = NAN;
    assert_refused(WB_ERR_ARGUMENT, "lambda nan is not a number >= 0");
    f.x.row_stride = 2;
    assert_refused(WB_ERR_ARGUMENT, "rows 2 apart cannot have 3 columns");
    f.x.n_rows = 0;
    assert_refused(WB_ERR_DEGENERATE, "there are no rows");
    f.outcome[7] = 2;
    assert_refused(WB_ERR_ARGUMENT, "outcome of row 7 is 2, expected 0 or 1");
    memset(f.outcome, 1, 100);
    assert_refused(WB_ERR_DEGENERATE, "all rows that count have the same outcome");
    options.weights = f.weights;
    f.weights[99] = -0.5;
    assert_refused(WB_ERR_ARGUMENT, "weight of row 99 is -0.5, expected a number >= 0");
    f.values[42 * STRIDE + 1] = INFINITY;
    assert_refused(WB_ERR_INCONSISTENT, "row 42 of column 1 is inf, expected a finite number");
    f.values[2] = NAN;
    assert_refused(WB_ERR_INCONSISTENT, "row 0 of column 2 is nan, expected a finite number");
    f.values[5 * STRIDE] = 1e200;
    assert_refused(WB_ERR_INCONSISTENT, "the numbers of column 0 are too large for their squares");
}

static int cancel_second(void *user, const char *what, uint64_t done, uint64_t total)
{
    (void)what;
    (void)total;
    *(uint64_t *)user = done;
    return done >= 2;
}

static void progress_cancels(void **state)
{
    (void)state;
    static fixture f;
    uint64_t seen = 0;
    const wb_log log = {NULL, cancel_second, &seen};
    wb_fit_options options = WB_FIT_OPTIONS_INIT;
    wb_error err;
    options.log = &log;
    fill(&f, 1000, 4);
    assert_int_equal(fit_of(&f, &options, &err), WB_ERR_CANCELLED);
    assert_int_equal(seen, 2);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static fixture f;
    wb_fit_options options = WB_FIT_OPTIONS_INIT;
    wb_error err;
    options.n_threads = 2;
    fill(&f, MAX_ROWS, 3);
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status == WB_ERR_NOMEM; n++) {
        wbi_alloc_fail_at(n);
        status = fit_of(&f, &options, &err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true(n < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_least),
        cmocka_unit_test(samples_are_not_believed),
        cmocka_unit_test(equals_training_on_a_table),
        cmocka_unit_test(odds_of_a_table),
        cmocka_unit_test(leaves_out_what_has_no_coefficient),
        cmocka_unit_test(separable_classes_do_not_converge),
        cmocka_unit_test(threads_and_weights_of_two),
        cmocka_unit_test(refusals),
        cmocka_unit_test(progress_cancels),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
