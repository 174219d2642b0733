/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Public data sets, read through the project files of datasets/, against features that SQL made of them. The data lie
 * in the folder $WINBACK_DATA, the expected features in $WINBACK_REFERENCE; without them the tests are skipped. */
#include "test_run.h"

#include <time.h>
#include <winback/model.h>

#include "base/memory.h"
#include "io/input.h"

/* Where the data are, or the reference; a test that needs what is not there is skipped. */
static const char *folder_of(const char *variable)
{
    const char *folder = getenv(variable);
    if (folder == NULL || folder[0] == '\0') {
        print_message("skipped: %s is not set\n", variable);
        skip();
    }
    return folder;
}

static wb_engine *engine_of(const char *name)
{
    char path[RUN_PATH_CHARS];
    wb_project *project;
    wb_engine *engine;
    wb_error err;
    snprintf(path, sizeof path, "../datasets/%s/winback.yml", name);
    assert_ok(wb_project_read(&project, path, &err), &err);
    assert_ok(wb_engine_create(&engine, project, NULL, &err), &err);
    wb_project_free(project);
    return engine;
}

/* The features at one cutoff, with the label: the same bytes for 1, 2 and 4 threads. */
static wb_features *features_at(const char *folder, const wb_engine *engine, const char *cutoff)
{
    wb_features *features, *again;
    wb_error err;
    int64_t cutoffs_us[RUN_CUTOFFS];
    size_t n = read_cutoffs(cutoffs_us, cutoff);
    assert_ok(wb_engine_features(engine, &features, &(wb_features_options){cutoffs_us, n, 1, 1, NULL}, &err), &err);
    char *expected = features_text(features, folder, 1);
    for (int n_threads = 2; n_threads <= 4; n_threads += 2) {
        assert_ok(wb_engine_features(engine, &again, &(wb_features_options){cutoffs_us, n, 1, n_threads, NULL}, &err), &err);
        char *text = features_text(again, folder, n_threads);
        assert_string_equal(text, expected);
        free(text);
        wb_features_free(again);
    }
    free(expected);
    return features;
}

/* Our column of a reference's name; its label has a prefix here. */
static size_t column_for(const wb_table *table, const char *name)
{
    char label[256];
    snprintf(label, sizeof label, "label_%s", name);
    size_t column = wb_table_find(table, name);
    return column != SIZE_MAX ? column : wb_table_find(table, label);
}

/* A cell of a category or text column; NULL when missing. */
static const char *cell(const wb_table *table, size_t column, size_t row, size_t *length)
{
    if (wb_table_type(table, column) == WB_TYPE_TEXT)
        return wb_table_text(table, column, row, length);
    int32_t code = wb_table_codes(table, column)[row];
    *length = 0;
    return code < 0 ? NULL : wb_table_level(table, column, code, length);
}

static void check_texts(const wb_table *ours, size_t a, const wb_table *theirs, size_t b)
{
    for (size_t row = 0; row < wb_table_n_rows(theirs); row++) {
        size_t n, n_expected;
        const char *text = cell(ours, a, row, &n), *expected = cell(theirs, b, row, &n_expected);
        assert_int_equal(text == NULL, expected == NULL);
        assert_int_equal(n, n_expected);
        if (n > 0)
            assert_memory_equal(text, expected, n);
    }
}

/* To 1e-9 of the value; below 1, to 1e-9: the spread of equal amounts is what rounding made of it, here and there. */
static void check_numbers(const wb_table *ours, size_t a, const wb_table *theirs, size_t b)
{
    const double *x = wb_table_numbers(ours, a), *expected = wb_table_numbers(theirs, b);
    assert_non_null(x);
    for (size_t row = 0; row < wb_table_n_rows(theirs); row++) {
        bool same = isnan(x[row]) ? isnan(expected[row])
                                  : fabs(x[row] - expected[row]) <= 1e-9 * fmax(1, fabs(expected[row]));
        if (!same)
            fail_msg("%s of row %zu is %.17g, expected %.17g", wb_table_name(theirs, b), row, x[row], expected[row]);
    }
}

/* Every column of the reference is ours too, with the same customers and values. */
static void check_reference(const wb_features *features, const char *reference, size_t n_columns)
{
    char path[RUN_PATH_CHARS];
    wb_features *expected;
    wb_error err;
    assert_ok(wb_features_read(&expected, path_in(path, folder_of("WINBACK_REFERENCE"), reference), NULL, NULL, 0,
                               NULL, &err),
              &err);
    const wb_table *ours = wb_features_table(features), *theirs = wb_features_table(expected);
    assert_int_equal(wb_table_n_columns(theirs), n_columns);
    assert_int_equal(wb_table_n_rows(ours), wb_table_n_rows(theirs));
    for (size_t k = 0; k < wb_table_n_columns(theirs); k++) {
        size_t column = column_for(ours, wb_table_name(theirs, k));
        if (column == SIZE_MAX)
            fail_msg("there is no feature %s", wb_table_name(theirs, k));
        if (wb_table_type(theirs, k) == WB_TYPE_NUMBER)
            check_numbers(ours, column, theirs, k);
        else
            check_texts(ours, column, theirs, k);
    }
    wb_features_free(expected);
}

static void test_online_retail(void **state)
{
    folder_of("WINBACK_DATA");
    folder_of("WINBACK_REFERENCE");
    wb_engine *engine = engine_of("online_retail");
    for (size_t t = 0; t < wb_engine_n_tables(engine); t++)
        assert_int_equal(wb_engine_table_info(engine, t).n_without_key, 135080);
    wb_features *features = features_at(*state, engine, "2011-09-10");
    wb_engine_free(engine);
    check_reference(features, "features_online_retail.csv", 29);
    wb_features_free(features);
}

static void test_ravenstack(void **state)
{
    folder_of("WINBACK_DATA");
    folder_of("WINBACK_REFERENCE");
    wb_engine *engine = engine_of("ravenstack");
    wb_features *features = features_at(*state, engine, "2024-07-01");
    wb_engine_free(engine);
    check_reference(features, "features_ravenstack.csv", 32);
    wb_features_free(features);
}

/* One customer's purchase dates before October 1997, in days. */
typedef struct buyer {
    char id[16];
    int64_t first, last;
    double n_repeats;
} buyer;

/* From the bytes of the file, whose rows are ordered by customer, then date. */
static size_t read_buyers(buyer *buyers, size_t size)
{
    char path[RUN_PATH_CHARS], *bytes;
    size_t n_bytes, n = 0;
    wb_error err;
    path_in(path, folder_of("WINBACK_DATA"), "cdnow/CDNOW_master.txt.gz");
    assert_ok(wbi_input_slurp(&bytes, &n_bytes, path, (size_t)1 << 26, &err), &err);
    for (char *line = strchr(bytes, '\n'); line != NULL && line[1] != '\0'; line = strchr(line + 1, '\n')) {
        char id[16];
        int date;
        if (sscanf(line, "%15s %8d", id, &date) != 2 || date >= 19971001)
            continue;
        struct tm when = {.tm_year = date / 10000 - 1900, .tm_mon = date / 100 % 100 - 1, .tm_mday = date % 100};
        int64_t day = timegm(&when) / 86400;
        if (n == 0 || strcmp(buyers[n - 1].id, id) != 0) {
            assert_true(n < size);
            buyers[n] = (buyer){.first = day, .last = day};
            strcpy(buyers[n++].id, id);
        }
        buyer *b = &buyers[n - 1];
        assert_true(day >= b->last);
        b->n_repeats += day > b->last;
        b->last = day;
    }
    wbi_free(bytes);
    return n;
}

/* BG/NBD (Fader, Hardie and Lee 2005), time in weeks. */
static double log_likelihood(double x, double t_x, double T)
{
    const double r = 0.252, alpha = 4.789, a = 0.723, b = 2.161; /* as published for all 23,570 customers */
    double left = exp(log(a) - log(b + fmax(x, 1) - 1) - (r + x) * log(alpha + t_x));
    return lgamma(r + x) - lgamma(r) + r * log(alpha) + lgamma(a + b) + lgamma(b + x) - lgamma(b) -
           lgamma(a + b + x) + log(exp(-(r + x) * log(alpha + T)) + (x > 0 ? left : 0));
}

static void check_purchase_days(const wb_table *table)
{
    enum { N_BUYERS = 23570 };
    buyer *buyers = wbi_alloc_array(N_BUYERS, sizeof *buyers);
    assert_non_null(buyers);
    assert_int_equal(read_buyers(buyers, N_BUYERS), N_BUYERS);
    const double *x = wb_table_numbers(table, wb_table_find(table, "orders_x")),
                 *t_x = wb_table_numbers(table, wb_table_find(table, "orders_t_x")),
                 *T = wb_table_numbers(table, wb_table_find(table, "orders_T"));
    double sum = 0;
    for (size_t i = 0; i < N_BUYERS; i++) {
        size_t length;
        const char *id = wb_table_text(table, 0, i, &length);
        assert_int_equal(length, strlen(buyers[i].id));
        assert_memory_equal(id, buyers[i].id, length);
        assert_close(x[i], buyers[i].n_repeats, 0);
        assert_close(t_x[i], (double)(buyers[i].last - buyers[i].first), 0);
        assert_close(T[i], (double)(10134 - buyers[i].first), 0); /* 1997-09-30 */
        sum += log_likelihood(x[i], t_x[i] / 7, T[i] / 7);
    }
    assert_close(sum, -95368.44, 1e-6); /* as published, at parameters of three digits */
    wbi_free(buyers);
}

static void test_cdnow(void **state)
{
    folder_of("WINBACK_DATA");
    wb_model *model;
    wb_error err;
    wb_engine *engine = engine_of("cdnow");
    wb_features *features = features_at(*state, engine, "1997-10-01");
    wb_engine_free(engine);
    assert_int_equal(wb_table_n_rows(wb_features_table(features)), 23570);
    check_purchase_days(wb_features_table(features));
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.n_folds = 5;
    options.lambda = 0.001; /* choosing it takes a minute under the sanitizers */
    assert_ok(wb_train(&model, features, &options, &err), &err);
    wb_model_summary summary = wb_model_summarise(model);
    assert_int_equal(summary.out_of_fold.n, 23570);
    print_message("pooled out-of-fold AUC %.4f\n", summary.out_of_fold.auc);
    assert_true(summary.out_of_fold.auc >= 0.768);
    wb_model_free(model);
    wb_features_free(features);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(test_online_retail),
        in_folder(test_ravenstack),
        in_folder(test_cdnow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
