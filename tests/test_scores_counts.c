/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What scoring counts: missing, unseen and outlying cells of each feature, customers with several rows; what strict runs
 * refuse. The same bytes from any number of threads; nothing left behind where memory ends. */
#include "scores_testing.h"

#include "model/model.h"

/* ---- a model whose training is known */

enum { N_TRAIN = 120 };

/* age: 20 to 49, never missing; income: 0 to 9, missing in every sixth row; city: ada, bor, and cil in 3 rows. */
static wb_model *train_known(void)
{
    double age[N_TRAIN], income[N_TRAIN], label[N_TRAIN];
    const char *city[N_TRAIN];
    for (size_t i = 0; i < N_TRAIN; i++) {
        age[i] = 20 + (double)(i % 30);
        income[i] = i % 6 == 5 ? (double)NAN : (double)(i % 10);
        city[i] = i % 40 == 7 ? "cil" : i % 2 ? "ada" : "bor";
        label[i] = (i * 7 % 11 < 4) ^ (i % 30 > 20);
    }
    wb_features *frame = frame_create();
    frame_numbers(frame, "age", age, N_TRAIN);
    frame_numbers(frame, "income", income, N_TRAIN);
    frame_words(frame, "city", WB_TYPE_CATEGORY, city, N_TRAIN);
    frame_numbers(frame, "label_y", label, N_TRAIN);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.1;
    options.n_folds = 0;
    wb_model *model = train(frame, &options);
    wb_features_free(frame);
    return model;
}

static wb_score_tally tally_of(const wb_model *model, const wb_score_tally *tallies, const char *feature)
{
    for (size_t f = 0; f < wb_model_summarise(model).n_terms; f++)
        if (strcmp(wb_model_term(model, f).feature, feature) == 0)
            return tallies[f];
    fail_msg("no feature %s", feature);
    return (wb_score_tally){0, 0, 0, 0};
}

#define assert_tally(model, tallies, feature, imputed, unseen, outside)                                        \
    do {                                                                                                       \
        const wb_score_tally counted = tally_of(model, tallies, feature);                                      \
        assert_int_equal(counted.n_imputed, imputed);                                                          \
        assert_int_equal(counted.n_unseen, unseen);                                                            \
        assert_int_equal(counted.n_outside, outside);                                                          \
    } while (0)

/* By hand. The ends of the range are inside; a level that (other) stands for has been seen. */
static const char counted_file[] = "customer_id,age,income,city,extra,label_y\n"
                                   "c1,20,0,ada,1,0\n"
                                   "c2,49,9,cil,1,1\n"
                                   "c3,19.999,-1e-9,ADA,1,1\n"
                                   "c4,50,,,1,0\n"
                                   "c5,,,bor,1,0\n"
                                   "c6,1e9,9.5,dov,1,0\n"
                                   "c7,30,,dov,1,0\n";

static void test_counts(void **state)
{
    wb_model *model = train_known();
    wb_score_tally tallies[3];
    wb_score_report report = {.features = tallies};
    scoring_run run = run_in(*state, &model);
    run.reports = &report;
    put(*state, "in.csv", counted_file);
    free(score_bytes(&run, NULL));
    assert_tally(model, tallies, "age", 1, 0, 3);
    assert_tally(model, tallies, "income", 3, 0, 2);
    assert_tally(model, tallies, "city", 1, 3, 0);
    assert_int_equal(report.n_rows, 7);
    assert_int_equal(report.n_imputed, 5);
    assert_int_equal(report.n_unseen, 3);
    assert_int_equal(report.n_outside, 5);
    assert_int_equal(report.n_newly_imputed, 2); /* one age and one city; incomes were missing before */
    assert_int_equal(tally_of(model, tallies, "income").n_newly_imputed, 0);
    assert_int_equal(report.n_written, 7);
    assert_int_equal(report.n_ignored_columns, 1);
    assert_int_equal(report.n_duplicates, 0);
    wb_model_free(model);
}

/* Kept columns are not ignored, from a file or from memory; nor is the key, whatever its name. */
static void test_ignored_columns(void **state)
{
    static const char *const keep[] = {"number"};
    wb_model *model = train_shop(WB_BASIS_LINEAR, 0);
    wb_features *rows = frame_newcomers(10);
    wb_score_report report = {.features = NULL};
    scoring_run run = run_in(*state, &model);
    const double numbers[10] = {1};
    frame_numbers(rows, "number", numbers, 10);
    frame_numbers(rows, "label_z", numbers, 10);
    write_in(*state, rows);
    run.reports = &report;
    run.options.keep = keep;
    for (run.options.n_keep = 0; run.options.n_keep <= 1; run.options.n_keep++)
        for (int from_memory = 0; from_memory <= 1; from_memory++) {
            free(score_bytes(&run, from_memory ? rows : NULL));
            assert_int_equal(report.n_ignored_columns, 1 - run.options.n_keep);
        }
    wb_features_free(rows);
    wb_model_free(model);
}

/* ---- strict runs ---- */

static void test_strict(void **state)
{
    static const struct {
        const char *rows, *words; /* NULL: nothing is odd */
    } cases[] = {
        {"c1,20,0,ada\nc2,49,9,cil\nc3,30,,bor\n", NULL},
        {"c1,20,0,ada\nc2,49,9,dov\n", "city: 1 of 2 cells has a level that training did not see"},
        {"c1,20,0,ada\nc2,50,9,bor\nc3,19,1,bor\n", "age: 2 of 3 cells lie outside the range of training"},
        {"c1,,0,ada\n", "age: 1 of 1 cells is missing, in training none was"},
        {"c1,,0,ada\nc2,30,1,\nc3,30,1,\n", "2 features in all have more such cells"},
        {"c1,30,0,\nc2,30,1,\nc3,30,1,ada\n", "city: 2 of 3 cells are missing, in training none was"},
    };
    wb_model *model = train_known();
    scoring_run run = run_in(*state, &model);
    char text[512];
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        snprintf(text, sizeof text, "customer_id,age,income,city\n%s", cases[k].rows);
        put(*state, "in.csv", text);
        run.options.strict = 0;
        free(score_bytes(&run, NULL));
        run.options.strict = 1;
        for (run.options.n_top = 0; run.options.n_top <= 2; run.options.n_top += 2) {
            if (cases[k].words == NULL)
                free(score_bytes(&run, NULL));
            else
                assert_not_scored(&run, NULL, WB_ERR_INCONSISTENT, cases[k].words);
        }
    }
    wb_model_free(model);
}

static void test_tolerance(void **state)
{
    wb_model *model = train_known();
    scoring_run run = run_in(*state, &model);
    run.options.strict = 1;
    put(*state, "in.csv", "customer_id,age,income,city\nc1,20,0,ada\nc2,50,9,bor\nc3,19,1,bor\nc4,30,1,\n");
    run.options.tolerance = 0.5; /* two ages of four lie outside, a city is missing */
    free(score_bytes(&run, NULL));
    run.options.tolerance = 0.49;
    assert_not_scored(&run, NULL, WB_ERR_INCONSISTENT, "age: 2 of 4 cells lie outside");
    assert_not_scored(&run, NULL, WB_ERR_INCONSISTENT, "1 feature in all has more");
    run.options.tolerance = 0.24;
    assert_not_scored(&run, NULL, WB_ERR_INCONSISTENT, "2 features in all have more");
    run.options.tolerance = 1;
    put(*state, "in.csv", "customer_id,age,income,city\n");
    assert_not_scored(&run, NULL, WB_ERR_INCONSISTENT, "no row");
    wb_model_free(model);
}

/* ---- customers with several rows ---- */

static const char doubled_file[] = "customer_id,cutoff,age,income,city\n"
                                   "a,2024-01-01,30,1,ada\n"
                                   "a,2024-02-01,30,1,ada\n"
                                   "a,2024-01-01T00:00:00Z,31,1,ada\n"
                                   "b,,30,1,ada\n"
                                   "b,2024-01-01,30,1,ada\n"
                                   "\"a\",2024-02-01,30,1,ada\n"
                                   "\"e\tf\",2024-01-01,30,1,ada\n"
                                   "\"e\tf\",2024-01-01,30,1,ada\n"
                                   "b,,30,1,ada\n"
                                   "a,2024-01-01,30,1,ada\n"
                                   "a,2024-01-01,30,1,ada\n";

static void test_duplicates(void **state)
{
    wb_model *model = train_known();
    heard ears = {.n_warnings = 0};
    const wb_log log = {hear, NULL, &ears};
    wb_score_report report = {.features = NULL};
    scoring_run run = run_in(*state, &model);
    run.reading.log = &log;
    run.reports = &report;
    put(*state, "in.csv", doubled_file);
    free(score_bytes(&run, NULL));
    assert_int_equal(report.n_duplicates, 0);
    run.options.check_ids = 1;
    grid g = score_grid(&run, NULL);
    assert_int_equal(g.n_rows, 11);
    grid_free(&g);
    assert_int_equal(report.n_duplicates, 6);
    assert_int_equal(ears.n_warnings, 5);
    assert_string_equal(ears.text, "customer a has another row at 2024-01-01\n"
                                   "customer a has another row at 2024-02-01\n"
                                   "customer e\\x09f has another row at 2024-01-01\n"
                                   "customer b has another row\n"
                                   "customer a has another row at 2024-01-01\n");
    run.options.strict = 1;
    assert_not_scored(&run, NULL, WB_ERR_INCONSISTENT, "6 rows are of a customer that has a row already");
    put(*state, "in.csv", "customer_id,age,income,city\na,30,1,ada\nb,30,1,ada\na,30,1,ada\n");
    assert_not_scored(&run, NULL, WB_ERR_INCONSISTENT, "1 row is of a customer that has a row already");
    run.options.check_ids = 0;
    free(score_bytes(&run, NULL));
    wb_model_free(model);
}

/* ---- threads and memory ---- */

/* All there is, by two models. */
static void want_everything(scoring_run *run, wb_model *models[2])
{
    static const char *const names[] = {"a", "b"}, *const keep[] = {"recency", "channel"};
    static const char *const covariances[] = {NULL, NULL};
    run->models = (wb_score_models){(const wb_model *const *)models, names, covariances, 2};
    run->options.keep = keep;
    run->options.n_keep = 2;
    run->options.interval = run->options.logit = run->options.decile = run->options.reason_text = run->options.check_ids = 1;
    run->options.band_low = 0.3;
    run->options.band_high = 0.6;
    run->options.n_reasons = 3;
    run->options.n_reasons_down = 3;
}

static void test_any_number_of_threads(void **state)
{
    enum { N = 9000 };
    wb_model *models[] = {train_shop(WB_BASIS_AUTO, 5), train_shop(WB_BASIS_LINEAR, 5)};
    wb_features *rows = frame_newcomers(N);
    scoring_run run = run_in(*state, models);
    write_in(*state, rows);
    want_everything(&run, models);
    for (int form = 0; form < 3; form++) {
        char *expected = NULL;
        wb_score_report reports[2] = {{.features = NULL}, {.features = NULL}}, first[2];
        run.reports = reports;
        run.options.format = form == 1 ? WB_SCORE_JSON_LINES : WB_SCORE_CSV;
        run.options.n_top = form == 2 ? 500 : 0;
        for (int way = 0; way < 6; way++) {
            run.reading.n_threads = 1 << way % 3;
            char *bytes = score_bytes(&run, way < 3 ? rows : NULL);
            if (expected == NULL) {
                expected = bytes;
                memcpy(first, reports, sizeof first);
                continue;
            }
            assert_int_equal(strlen(bytes), strlen(expected));
            assert_memory_equal(bytes, expected, strlen(expected));
            assert_memory_equal(first, reports, sizeof first);
            free(bytes);
        }
        free(expected);
    }
    wb_features_free(rows);
    wb_model_free(models[0]);
    wb_model_free(models[1]);
}

static void fail_every_allocation(const scoring_run *run, const wb_features *rows, const char *expected)
{
    wb_status status = WB_ERR_NOMEM;
    wb_error err;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_alloc_fail_at(n);
        status = try_to_score(run, rows, &err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
    }
    char path[RUN_PATH_CHARS], *bytes = get(path_in(path, run->folder, "scores"));
    assert_string_equal(bytes, expected);
    free(bytes);
}

static void test_every_allocation_may_fail(void **state)
{
    wb_model *models[] = {train_shop(WB_BASIS_LINEAR, 5), train_shop(WB_BASIS_LINEAR, 5)};
    wb_features *rows = frame_newcomers(8);
    scoring_run run = run_in(*state, models);
    run.reading.n_threads = 1;
    write_in(*state, rows);
    want_everything(&run, models);
    for (run.options.n_top = 0; run.options.n_top <= 3; run.options.n_top += 3) {
        char *expected = score_bytes(&run, rows);
        fail_every_allocation(&run, rows, expected);
        fail_every_allocation(&run, NULL, expected);
        free(expected);
        run.options.format = WB_SCORE_JSON_LINES;
    }
    wb_features_free(rows);
    wb_model_free(models[0]);
    wb_model_free(models[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),     cmocka_unit_test(test_ignored_columns),       cmocka_unit_test(test_strict),
        cmocka_unit_test(test_tolerance),
        cmocka_unit_test(test_duplicates), cmocka_unit_test(test_any_number_of_threads), cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
