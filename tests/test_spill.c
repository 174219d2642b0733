/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables that do not lie in memory, and training on them. */
#include "test_util.h"

#include <dirent.h>

#include "csv_testing.h"
#include "table/spill.h"
#include "train_testing.h"

/* As wb_features_read leaves a table that is too large, with room for anything. */
static void spill(wb_features *frame)
{
    wb_error err;
    assert_ok(wbi_spill_begin(frame->table, "here", &err), &err);
    assert_ok(wbi_spill_end(frame->table, &err), &err);
    frame->table->spill->limit_bytes = SIZE_MAX;
}

static void assert_folder_is_empty(void)
{
    DIR *folder = opendir(".");
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        assert_true(strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
    closedir(folder);
}

/* ---- the table ---- */

enum { N_ROWS = 2 * WBI_STRIPE_ROWS + 77 };

/* A number, a level and a text of a row. */
static double number_of(size_t row)
{
    return row % 7 == 3 ? (double)NAN : 0.1 * (double)row;
}

static const char *level_of(size_t row)
{
    static const char *const levels[] = {"a", NULL, "b", "c"};
    return levels[row / 5 % 4];
}

static wb_table *begin_table(void)
{
    wb_table *table;
    wb_error err;
    assert_ok(wbi_table_create(&table, &err), &err);
    assert_ok(wbi_table_add_column(table, "x", WB_TYPE_NUMBER, NULL, &err), &err);
    assert_ok(wbi_table_add_column(table, "level", WB_TYPE_CATEGORY, NULL, &err), &err);
    assert_ok(wbi_table_add_column(table, "text", WB_TYPE_TEXT, NULL, &err), &err);
    return table;
}

static void push_rows(wb_table *table, size_t n)
{
    for (size_t row = table->n_rows; n > 0; row++, n--) {
        const char *level = level_of(row);
        char text[32];
        int32_t code = -1;
        snprintf(text, sizeof text, "t%zu", row);
        if (level != NULL)
            assert_int_equal(wbi_dictionary_intern(table->columns[1].dictionary, level, 1, &code, NULL), WB_OK);
        assert_int_equal(wbi_column_push_number(&table->columns[0], number_of(row), NULL), WB_OK);
        assert_int_equal(wbi_column_push_code(&table->columns[1], code, NULL), WB_OK);
        assert_int_equal(wbi_column_push_text(&table->columns[2], text, strlen(text), NULL), WB_OK);
        table->n_rows++;
    }
}

/* Begins with `n_before` rows, and goes on with `step` at a time. */
static wb_table *spilled_table(size_t n_before, size_t step)
{
    wb_table *table = begin_table();
    wb_error err;
    push_rows(table, n_before);
    assert_ok(wbi_spill_begin(table, "here", &err), &err);
    while (table->n_rows < N_ROWS) {
        push_rows(table, N_ROWS - table->n_rows < step ? N_ROWS - table->n_rows : step);
        assert_ok(wbi_spill_go_on(table, &err), &err);
        assert_true(table->columns[0].length < WBI_STRIPE_ROWS && table->columns[0].capacity < 4 * WBI_STRIPE_ROWS);
    }
    assert_ok(wbi_spill_end(table, &err), &err);
    return table;
}

static void assert_row(const wb_table *table, size_t at, size_t row)
{
    size_t n;
    const double x = wb_table_numbers(table, 0)[at];
    const char *level = wb_table_level(table, 1, wb_table_codes(table, 1)[at], &n);
    assert_true(x == number_of(row) || (isnan(x) && isnan(number_of(row))));
    if (level_of(row) == NULL)
        assert_null(level);
    else
        assert_memory_equal(level, level_of(row), 1);
}

static void check_table(size_t n_before, size_t step)
{
    wb_table *table = spilled_table(n_before, step);
    wbi_view numbers, levels, texts;
    wbi_stripe_window window;
    wb_error err;
    static const size_t wanted[] = {1, 0};
    char text[32];
    size_t n;
    assert_int_equal(wb_table_n_rows(table), N_ROWS);
    assert_null(wb_table_numbers(table, 0));
    assert_ok(wbi_view_open(&numbers, table, 0, &err), &err);
    assert_ok(wbi_view_open(&levels, table, 1, &err), &err);
    assert_ok(wbi_view_open(&texts, table, 2, &err), &err);
    assert_ok(wbi_window_open(&window, table, wanted, 2, &err), &err);
    assert_null(wb_table_codes(&numbers.table, 1));
    for (size_t i = 0; i < N_ROWS; i++) {
        const size_t row = i * 5003 % N_ROWS; /* every row, far from the one before */
        const double x = wb_table_numbers(&numbers.table, 0)[row];
        if (i < 400 || row > N_ROWS - 3) {
            assert_ok(wbi_window_move(&window, row, &err), &err);
            assert_row(&window.table, row % WBI_STRIPE_ROWS, row);
        }
        assert_true(x == number_of(row) || (isnan(x) && isnan(number_of(row))));
        assert_int_equal(wb_table_codes(&levels.table, 1)[row] < 0, level_of(row) == NULL);
        snprintf(text, sizeof text, "t%zu", row);
        const char *at = wb_table_text(&texts.table, 2, row, &n);
        assert_int_equal(n, strlen(text));
        assert_memory_equal(at, text, n);
    }
    wbi_window_close(&window);
    wbi_view_close(&numbers);
    wbi_view_close(&levels);
    wbi_view_close(&texts);
    wb_table_free(table);
}

static void rows_come_back(void **state)
{
    (void)state;
    check_table(0, 1000);
    check_table(10, 5000);
    check_table(N_ROWS - 1, 1);
    check_table(WBI_STRIPE_ROWS, WBI_STRIPE_ROWS);
    assert_folder_is_empty();
}

static void nobody_else_sees_the_file(void **state)
{
    (void)state;
    wb_table *table = spilled_table(5000, 100);
    assert_folder_is_empty(); /* though it is in use */
    wb_table_free(table);
    assert_folder_is_empty();
    wb_error err;
    wbi_scratch *scratch = NULL;
    assert_int_equal(wbi_scratch_create(&scratch, "nowhere/here", &err), WB_ERR_IO);
    assert_string_equal(err.message, "cannot make a temporary file here: No such file or directory");
}

static void what_was_not_written_is_refused(void **state)
{
    (void)state;
    wb_table *table = spilled_table(5000, 100);
    wbi_view view;
    wbi_stripe_window window;
    wb_error err;
    static const size_t wanted[] = {0};
    const double wrong = 4711;
    /* the second stripe's first number; three columns of 4096 numbers are a stripe */
    assert_ok(wbi_scratch_write(table->spill->file, &wrong, sizeof wrong, UINT64_C(3) * 4096 * 8, &err), &err);
    assert_int_equal(wbi_view_open(&view, table, 0, &err), WB_ERR_IO);
    assert_string_equal(err.message, "cannot read a temporary file here: it does not hold what was written to it");
    assert_ok(wbi_view_open(&view, table, 1, &err), &err);
    wbi_view_close(&view);
    assert_ok(wbi_window_open(&window, table, wanted, 1, &err), &err);
    assert_ok(wbi_window_move(&window, 4095, &err), &err);
    assert_int_equal(wbi_window_move(&window, 4096, &err), WB_ERR_IO);
    assert_int_equal(wbi_window_move(&window, 4097, &err), WB_ERR_IO); /* nor is it taken for read */
    assert_ok(wbi_window_move(&window, 5, &err), &err);
    assert_true(wb_table_numbers(&window.table, 0)[5] == 0.5);
    assert_ok(wbi_window_move(&window, 8192, &err), &err);
    wbi_window_close(&window);
    double beyond[2];
    assert_int_equal(wbi_scratch_read(table->spill->file, beyond, sizeof beyond, UINT64_C(1) << 30, &err), WB_ERR_IO);
    assert_string_equal(err.message, "cannot read a temporary file here: it has been cut off");
    wb_table_free(table);
}

/* ---- training ---- */

static wb_features *weighted_shop(size_t n)
{
    wb_features *frame = frame_shop(n);
    double *weight = wbi_alloc_array(n, sizeof *weight), *late = wbi_alloc_array(n, sizeof *late);
    for (size_t i = 0; i < n; i++) {
        weight[i] = (double)(i % 4) / 2;
        late[i] = i % 50 == 0 ? (double)(i % 13) : (double)NAN;
    }
    frame_numbers(frame, "w", weight, n);
    frame_numbers(frame, "late", late, n);
    wbi_free(weight);
    wbi_free(late);
    return frame;
}

static void train_both(const wb_train_options *options, size_t n)
{
    wb_features *frame = weighted_shop(n), *spilled = weighted_shop(n);
    spill(spilled);
    wb_model *model = train(frame, options);
    char *expected = model_bytes(model);
    wb_model_free(model);
    wb_train_options o = *options;
    for (o.n_threads = 1; o.n_threads <= 4; o.n_threads *= 2) {
        model = train(spilled, &o);
        char *bytes = model_bytes(model);
        assert_string_equal(bytes, expected);
        wbi_free(bytes);
        wb_model_free(model);
    }
    wbi_free(expected);
    wb_features_free(spilled);
    wb_features_free(frame);
}

static void models_are_those_of_memory(void **state)
{
    (void)state;
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.01;
    train_both(&options, 70000); /* enough for a start from a sample */
    options.weights = "w";
    options.n_folds = 3;
    options.sample_negatives = 0.7;
    options.calibrate = WB_CALIBRATION_ISOTONIC;
    train_both(&options, 9000);
    options = (wb_train_options)WB_TRAIN_OPTIONS_INIT;
    options.penalty = WB_PENALTY_NONE;
    train_both(&options, 9000);
    options = (wb_train_options)WB_TRAIN_OPTIONS_INIT;
    options.n_folds = 2;
    train_both(&options, 5000);
    options.penalty = WB_PENALTY_LASSO;
    train_both(&options, 5000);
    wb_train_options curves = WB_TRAIN_OPTIONS_INIT;
    curves.basis = WB_BASIS_AUTO;
    curves.n_folds = 2;
    train_both(&curves, 6000);
}

/* Without a cutoff, a customer's rows are told apart by what is in the file. */
static void rows_of_a_customer_are_ordered(void **state)
{
    (void)state;
    enum { N = 6000 };
    static double x[N], y[N];
    static size_t order[N];
    static char names[N][16];
    static const char *id[N];
    wb_features *frame = frame_create();
    uint64_t random = 3;
    for (size_t i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "c%05zu", i / 3);
        id[i] = names[i];
        x[i] = frame_uniform(&random);
        y[i] = frame_uniform(&random) < x[i];
        order[i] = i / 3 * 3 + 2 - i % 3;
    }
    frame_words(frame, "customer_id", WB_TYPE_TEXT, id, N);
    frame_numbers(frame, "x", x, N);
    frame_numbers(frame, "label_y", y, N);
    wb_features *spilled = frame_reorder(frame, order, N);
    spill(spilled);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.01;
    wb_model *model = train(frame, &options), *other = train(spilled, &options);
    char *expected = model_bytes(model), *bytes = model_bytes(other);
    assert_string_equal(bytes, expected);
    wbi_free(bytes);
    wbi_free(expected);
    wb_model_free(model);
    wb_model_free(other);
    wb_features_free(spilled);
    wb_features_free(frame);
}

static void rows_in_disorder_are_refused(void **state)
{
    (void)state;
    enum { N = 300 };
    size_t order[N];
    wb_features *frame = frame_shop(N);
    for (size_t i = 0; i < N; i++)
        order[i] = i == 10 ? 200 : i == 200 ? 10 : i;
    wb_features *spilled = frame_reorder(frame, order, N);
    spill(spilled);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    wb_model *model = NULL;
    wb_error err;
    options.lambda = 0.01;
    assert_int_equal(wb_train(&model, spilled, &options, &err), WB_ERR_INCONSISTENT);
    assert_string_equal(err.message, "row 12 belongs before row 11: rows that do not fit into memory must stand in the order of "
                                     "the bytes of customer_id, and then of the cutoff");
    wb_features_free(spilled);
    wb_features_free(frame);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(10000);
    spill(frame);
    frame->table->spill->kept_bytes = 10 << 20;
    frame->table->spill->limit_bytes = (10 << 20) + 300000;
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.n_threads = 1;
    wb_model *model = NULL;
    wb_error err;
    /* 10000 rows of 21 bytes in a fold, 1 for its number, 21 for the others while it is fitted */
    assert_int_equal(wb_train(&model, frame, &options, &err), WB_ERR_NOMEM);
    assert_string_equal(err.message, "about 10.4 MiB of memory are needed, with numbers and categories in a temporary file, and "
                                     "no more than 10.3 MiB are allowed");
    options.calibrate = WB_CALIBRATION_AUTO; /* 105 more */
    assert_int_equal(wb_train(&model, frame, &options, &err), WB_ERR_NOMEM);
    assert_non_null(strstr(err.message, "about 11.4 MiB"));
    options.calibrate = WB_CALIBRATION_NONE;
    options.lambda = 0.1;
    wb_model_free(train(frame, &options));
    wb_features_free(frame);
}

static void only_training_takes_them(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(200), *spilled = frame_shop(200);
    spill(spilled);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 1;
    wb_model *model = train(frame, &options);
    wb_description *descriptions = NULL;
    double probability[200];
    size_t n;
    wb_error err;
    assert_int_equal(wb_describe(&descriptions, &n, spilled, NULL, &err), WB_ERR_ARGUMENT);
    assert_string_equal(err.message,
                        "describing needs features that lie in memory: read them with a larger memory limit");
    assert_int_equal(wb_features_write(spilled, "f.csv", 1, &err), WB_ERR_ARGUMENT);
    assert_int_equal(wb_score_table(model, spilled->table, probability, NULL, 1, &err), WB_ERR_ARGUMENT);
    const wb_score_models models = {(const wb_model *const *)&model, NULL, NULL, 1};
    wb_score_options scoring = WB_SCORE_OPTIONS_INIT;
    scoring.output = "f.csv";
    const wb_read_options read_options = WB_READ_OPTIONS_INIT;
    assert_int_equal(wb_score_features(&models, spilled, &scoring, &read_options, NULL, &err), WB_ERR_ARGUMENT);
    options.id = "channel";
    assert_int_equal(wb_train(&model, spilled, &options, &err), WB_ERR_ARGUMENT);
    assert_string_equal(err.message,
                        "the id column channel was read as a feature: it must be named when features are read");
    assert_folder_is_empty();
    wb_model_free(model);
    wb_features_free(spilled);
    wb_features_free(frame);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    wb_features *frame = frame_shop(120);
    spill(frame);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.1;
    options.n_folds = 2;
    options.n_threads = 1;
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
    status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        frame = frame_shop(5000);
        wbi_alloc_fail_at(n);
        status = wbi_spill_begin(frame->table, "here", NULL);
        if (status == WB_OK)
            status = wbi_spill_end(frame->table, NULL);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        wb_features_free(frame);
        assert_true(n < 100);
    }
}

/* ---- reading ---- */

/* Two numbers, a category, and a column whose few cells look like numbers until row 30,000. */
static void write_rows(const char *path, size_t n)
{
    FILE *file = fopen(path, "wb");
    uint64_t random = 9;
    assert_non_null(file);
    fputs("customer_id,x,y,level,late,label_z\n", file);
    for (size_t i = 0; i < n; i++) {
        const double x = frame_uniform(&random), y = frame_uniform(&random);
        fprintf(file, "c%07zu,%.6f,", i, x);
        if (i % 3 != 0)
            fprintf(file, "%.9g", y);
        fprintf(file, ",%s,", i % 5 == 0 ? "" : i % 5 < 3 ? "p" : "q");
        if (i % 100 == 0)
            fprintf(file, i < 30000 ? "%zu" : "v%zu", i / 100 % 10);
        fprintf(file, ",%d\n", frame_uniform(&random) < 0.2 + 0.5 * x);
    }
    assert_int_equal(fclose(file), 0);
}

static wb_features *read_limited(const char *path, size_t limit_bytes)
{
    wb_read_options options = WB_READ_OPTIONS_INIT;
    wb_features *features = NULL;
    wb_error err;
    options.n_threads = 1;
    options.memory_limit_bytes = limit_bytes;
    assert_ok(wb_features_read(&features, path, NULL, NULL, 0, &options, &err), &err);
    return features;
}

static void files_are_read_as_far_as_they_fit(void **state)
{
    (void)state;
    wb_read_options options = WB_READ_OPTIONS_INIT;
    wb_features *features = NULL;
    wb_error err;
    write_rows("f.csv", 60000);
    options.n_threads = 1;
    options.memory_limit_bytes = 1 << 20;
    assert_int_equal(wb_features_read(&features, "f.csv", NULL, NULL, 0, &options, &err), WB_ERR_NOMEM);
    const char *advice = strstr(err.advice, "--memory-limit ");
    assert_non_null(advice);
    const size_t enough = (size_t)strtoul(advice + strlen("--memory-limit "), NULL, 10) << 20;
    assert_in_range(enough, 16 << 20, 30 << 20);
    features = read_limited("f.csv", 0);
    wb_features *spilled = read_limited("f.csv", enough), *roomy = read_limited("f.csv", (size_t)1 << 30);
    assert_null(features->table->spill);
    assert_null(roomy->table->spill);
    assert_non_null(spilled->table->spill);
    assert_int_equal(wb_table_type(spilled->table, 4), WB_TYPE_CATEGORY);
    wb_train_options train_options = WB_TRAIN_OPTIONS_INIT;
    train_options.lambda = 0.001;
    wb_model *model = train(features, &train_options), *other = train(spilled, &train_options);
    char *expected = model_bytes(model), *bytes = model_bytes(other);
    assert_true(has_column(model, "late=v3") && has_column(model, "late=3"));
    assert_string_equal(bytes, expected);
    wbi_free(bytes);
    wbi_free(expected);
    wb_model_free(model);
    wb_model_free(other);
    wb_features_free(features);
    wb_features_free(spilled);
    wb_features_free(roomy);
    remove("f.csv");
    assert_folder_is_empty();
}

static int leave(void **state)
{
    static const char *const files[] = {"f.csv", NULL};
    return leave_folder(state, files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back),
        cmocka_unit_test(nobody_else_sees_the_file),
        cmocka_unit_test(what_was_not_written_is_refused),
        cmocka_unit_test(models_are_those_of_memory),
        cmocka_unit_test(rows_of_a_customer_are_ordered),
        cmocka_unit_test(rows_in_disorder_are_refused),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(only_training_takes_them),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(files_are_read_as_far_as_they_fit),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave);
}
