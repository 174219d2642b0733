/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models of a features file are the same, byte for byte, whether its numbers are kept as short decimals or as doubles, which is
 * how they are read under a memory limit. */
#include "test_util.h"

#include "csv_testing.h"
#include "train_testing.h"

enum { N_ROWS = 10500 }; /* more than decide what a column is */

/* Columns of numbers stand side by side, one of them long in the last row; every kind of them has missing values somewhere. */
static void write_rows(const char *path)
{
    FILE *file = fopen(path, "w");
    uint64_t random = 4;
    assert_non_null(file);
    fputs("customer_id,days,spend,orders,rate,late,tiny,returns,share,other,gaps,mailed,weight,group,label_churn\n", file);
    for (size_t row = 0; row < N_ROWS; row++) {
        double u[10];
        for (size_t i = 0; i < 10; i++)
            u[i] = frame_uniform(&random);
        const double days = floor(400 * u[0] * u[0]), spend = round(1e5 * u[1] * u[1]) / 100, orders = floor(9 * u[2]);
        const int mailed = u[3] < 0.5;
        const double odds = 0.01 * days - 0.002 * spend - 0.3 * mailed * (orders - 4) + sin(10 * u[4]);
        fprintf(file, "c%zu,%.0f,%.2f,%.0f,%.6f,", row, days, spend, orders, u[4]);
        fprintf(file, row == N_ROWS - 1 ? "123456789.5," : "%.1f,", 100 * u[5]);
        fprintf(file, "%.3fe-11,", u[6]);
        fprintf(file, row % 6 == 0 ? "," : "%.0f,", floor(4 * u[7]));
        fprintf(file, "%.2f,-%.4f,", u[8], u[0] + u[1]);
        fprintf(file, row % 3 == 1 ? "," : "%.1f,", 30 * u[5]);
        fprintf(file, "%d,%.2f,%s,%d\n", mailed, 0.5 + u[9], row % 4 == 0 ? "a" : row % 4 == 1 ? "b" : "",
                u[9] < 1 / (1 + exp(-odds)));
    }
    assert_int_equal(fclose(file), 0);
}

static wb_features *read_rows(size_t memory_limit_bytes)
{
    wb_read_options options = WB_READ_OPTIONS_INIT;
    wb_features *features = NULL;
    wb_error err;
    options.memory_limit_bytes = memory_limit_bytes;
    assert_ok(wb_features_read(&features, "f.csv", NULL, NULL, 0, &options, &err), &err);
    assert_null(features->table->spill);
    return features;
}

static void assert_kept(const wb_features *features, bool as_decimals)
{
    size_t n_narrow = 0;
    for (size_t k = 0; k < features->table->n_columns; k++)
        n_narrow += features->table->columns[k].decimals != NULL;
    assert_int_equal(n_narrow, as_decimals ? 12 : 0); /* all numbers but for the column late */
}

/* The bytes of the model, and its probabilities of all rows. */
static char *bytes_of(double *probability, size_t memory_limit_bytes, const wb_train_options *options)
{
    wb_features *features = read_rows(memory_limit_bytes);
    wb_error err;
    assert_kept(features, memory_limit_bytes == 0);
    wb_model *model = train(features, options);
    char *bytes = model_bytes(model);
    assert_ok(wb_score_table(model, features->table, probability, NULL, options->n_threads, &err), &err);
    wb_model_free(model);
    wb_features_free(features);
    return bytes;
}

static void check(const wb_train_options *options)
{
    static double expected[N_ROWS], probability[N_ROWS];
    wb_train_options by = *options;
    by.n_threads = 1;
    char *wanted = bytes_of(expected, (size_t)1 << 30, &by);
    for (by.n_threads = 1; by.n_threads <= 2; by.n_threads++) {
        char *got = bytes_of(probability, 0, &by);
        assert_string_equal(got, wanted);
        assert_memory_equal(probability, expected, sizeof expected);
        wbi_free(got);
    }
    wbi_free(wanted);
}

/* What is left out where fits take long: numbers of many values, of few, with missing ones and a long one stay. */
static const char *const few[] = {"spend", "orders", "tiny", "share", "other", "gaps", "mailed", "group", "weight", "rate"};

static void lines(void **state)
{
    (void)state;
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.001;
    check(&options);
    options.penalty = WB_PENALTY_NONE;
    options.lambda = WB_LAMBDA_AUTO;
    check(&options);
}

static void splines(void **state)
{
    (void)state;
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.exclude = few;
    options.n_exclude = sizeof few / sizeof *few;
    options.basis = WB_BASIS_AUTO;
    check(&options);
}

static void logarithms(void **state)
{
    (void)state;
    static const char *const log1p[] = {"days", "spend", "returns"};
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.log1p = log1p;
    options.n_log1p = 3;
    options.lambda = 0.01;
    check(&options);
}

static void folds_of_lasso(void **state)
{
    (void)state;
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.exclude = few;
    options.n_exclude = sizeof few / sizeof *few;
    options.penalty = WB_PENALTY_LASSO;
    options.n_folds = 2;
    options.weights = "weight";
    check(&options);
}

static void weighted_rows(void **state)
{
    (void)state;
    static const char *const log1p[] = {"spend", "gaps"};
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.weights = "weight";
    options.lambda = 0.001;
    options.calibrate = WB_CALIBRATION_ISOTONIC;
    options.n_folds = 2;
    options.log1p = log1p;
    options.n_log1p = 2;
    check(&options);
}

static void some_rows(void **state)
{
    (void)state;
    static uint8_t use_row[N_ROWS];
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    for (size_t row = 0; row < N_ROWS; row++)
        use_row[row] = row % 10 != 3;
    options.use_row = use_row;
    options.lambda = 0.001;
    options.sample_negatives = 0.5;
    check(&options);
}

static void treatments(void **state)
{
    (void)state;
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.treatment = "mailed";
    options.lambda = 0.01;
    check(&options);
}

/* Each allocation may fail, and where a column is to be made doubles it may, too. */
static void each_allocation_may_fail(void **state)
{
    (void)state;
    static const char text[] = "customer_id,x,y,w,label\na,1,2.5,1,0\nb,2,,1.5,1\n"
                               "c,3,0.5,1,0\nd,2.5,1,1,1\ne,1,7,2,1\nf,3,2,1,0\n";
    wb_status status = WB_ERR_NOMEM;
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.weights = "w";
    options.target = "label";
    options.lambda = 0.1;
    options.n_threads = 1;
    write_file("f.csv", text, sizeof text - 1);
    for (size_t n = 1; status != WB_OK; n++) {
        wb_features *features = read_rows(0);
        wb_model *model = NULL;
        wb_error err;
        wbi_alloc_fail_at(n);
        status = wb_train(&model, features, &options, &err);
        wbi_alloc_fail_at(0);
        if (status != WB_OK && status != WB_ERR_NOMEM)
            fail_msg("allocation %zu: %s", n, err.message);
        wb_model_free(model);
        wb_features_free(features);
    }
    write_rows("f.csv");
}

static int enter(void **state)
{
    const int failed = enter_folder(state);
    write_rows("f.csv");
    return failed;
}

static int leave(void **state)
{
    static const char *const files[] = {"f.csv", NULL};
    return leave_folder(state, files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(splines),
        cmocka_unit_test(logarithms),
        cmocka_unit_test(folds_of_lasso),
        cmocka_unit_test(weighted_rows),
        cmocka_unit_test(some_rows),
        cmocka_unit_test(treatments),
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
