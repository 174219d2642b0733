/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores of models with a btyd term: the same bits from all that scores, what must be there, and the model's file. */
#include "scores_testing.h"

#include <winback/drift.h>
#include <winback/explain.h>
#include <winback/scorer.h>

#include "btyd_fixture.h"
#include "edit_testing.h"

/* ---- the same bits ---- */

static void assert_reads(fixture *f)
{
    static const char *const all[] = {"csat", "orders_t_x", "channel", "orders_x", "orders_T"};
    static const char *const alone[] = {"csat", "channel", "orders_x", "orders_t_x", "orders_T"};
    const bool is_alone = wb_model_summarise(f->model).n_terms == 3;
    wb_type type;
    assert_int_equal(f->n_features, 5);
    assert_int_equal(wb_scorer_n_terms(f->scorer), is_alone ? 3 : 6);
    for (size_t j = 0; j < f->n_features; j++) {
        const char *name = wb_scorer_feature(f->scorer, j, &type);
        assert_string_equal(name, (is_alone ? alone : all)[j]);
        assert_int_equal(type, strcmp(name, "channel") == 0 ? WB_TYPE_CATEGORY : WB_TYPE_NUMBER);
        assert_int_equal(wb_scorer_n_levels(f->scorer, j), strcmp(name, "channel") == 0 ? 4 : 0); /* three, and (missing) */
    }
}

static void features_are_those_that_are_read(void **state)
{
    (void)state;
    for_each_kind(assert_reads);
}

static void assert_same_bits(fixture *f)
{
    static double p[N_ROWS], wide[N_ROWS * (MOST + 3)];
    const size_t n = f->n_features, stride = n + 3;
    wb_error err;
    assert_ok(wb_score_table(f->model, f->rows->table, p, NULL, 3, &err), &err);
    assert_memory_equal(p, f->p, sizeof p);
    wb_scorer_rows(f->scorer, &(wb_scores){p, NULL}, f->x, n, N_ROWS);
    assert_memory_equal(p, f->p, sizeof p);
    memset(p, 0, sizeof p);
    wb_scorer_columns(f->scorer, &(wb_scores){p, NULL}, f->columns, N_ROWS);
    assert_memory_equal(p, f->p, sizeof p);
    for (size_t i = 0; i < N_ROWS; i++)
        for (size_t j = 0; j < stride; j++)
            wide[i * stride + j] = j < n ? f->x[i * n + j] : 1e300;
    for (size_t at = 0, step = 1; at < N_ROWS; at += step, step = step * 3 % 271 + 1) {
        step = step < N_ROWS - at ? step : N_ROWS - at;
        wb_scorer_column from[MOST];
        for (size_t j = 0; j < n; j++)
            from[j] = f->columns[j].codes != NULL ? (wb_scorer_column){NULL, f->codes[j] + at}
                                                  : (wb_scorer_column){f->numbers[j] + at, NULL};
        double part[300];
        wb_scorer_rows(f->scorer, &(wb_scores){part, NULL}, wide + at * stride, stride, step);
        assert_memory_equal(part, f->p + at, step * sizeof *part);
        wb_scorer_columns(f->scorer, &(wb_scores){part, NULL}, from, step);
        assert_memory_equal(part, f->p + at, step * sizeof *part);
    }
}

static void rows_columns_and_tables_give_the_same_bits(void **state)
{
    (void)state;
    for_each_kind(assert_same_bits);
}

static void keep_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
    fail_msg("what was given was released");
}

static void keep_array(struct ArrowArray *array)
{
    array->release = NULL;
    fail_msg("what was given was released");
}

/* By the names of the columns, in another order. */
static void assert_same_by_arrow(fixture *f)
{
    static struct ArrowSchema children[MOST];
    static struct ArrowArray arrays[MOST];
    static const void *buffers[MOST][3];
    static int32_t ends[N_ROWS + 1];
    static char text[N_ROWS * 8];
    struct ArrowSchema *schemas[MOST], out_schema;
    struct ArrowSchema schema = {.format = "+s", .name = "", .children = schemas, .release = keep_schema};
    struct ArrowArray *columns[MOST], out, array = {.length = N_ROWS, .n_buffers = 1, .buffers = (const void *[1]){NULL},
                                                    .children = columns, .release = keep_array};
    wb_error err;
    for (size_t j = 0; j < f->n_features; j++) {
        wb_type type;
        const char *name = wb_scorer_feature(f->scorer, j, &type);
        const size_t c = wb_table_find(f->rows->table, name);
        for (size_t i = 0; type == WB_TYPE_CATEGORY && i < N_ROWS; i++) {
            size_t length = 0;
            const int32_t code = wb_table_codes(f->rows->table, c)[i];
            const char *level = code < 0 ? "" : wb_table_level(f->rows->table, c, code, &length);
            memcpy(text + ends[i], level, length);
            ends[i + 1] = ends[i] + (int32_t)length;
        }
        buffers[j][1] = type == WB_TYPE_CATEGORY ? (const void *)ends : f->numbers[j];
        buffers[j][2] = text;
        children[j] = (struct ArrowSchema){.format = type == WB_TYPE_CATEGORY ? "u" : "g", .name = name, .release = keep_schema};
        arrays[j] = (struct ArrowArray){.length = N_ROWS, .n_buffers = type == WB_TYPE_CATEGORY ? 3 : 2, .buffers = buffers[j],
                                        .release = keep_array};
        schemas[f->n_features - 1 - j] = &children[j];
        columns[f->n_features - 1 - j] = &arrays[j];
    }
    schema.n_children = array.n_children = (int64_t)f->n_features;
    assert_ok(wb_scorer_arrow(f->scorer, &schema, &array, &out_schema, &out, &err), &err);
    assert_memory_equal(out.buffers[1], f->p, sizeof f->p);
    out.release(&out);
    out_schema.release(&out_schema);
    for (size_t j = 0; j < f->n_features; j++) {
        wb_type type;
        children[j].name = "another";
        assert_int_equal(wb_scorer_arrow(f->scorer, &schema, &array, &out_schema, &out, &err), WB_ERR_INCONSISTENT);
        assert_non_null(strstr(err.message, wb_scorer_feature(f->scorer, j, &type)));
        children[j].name = wb_scorer_feature(f->scorer, j, &type);
    }
}

static void batches_give_the_same_bits(void **state)
{
    (void)state;
    for_each_kind(assert_same_by_arrow);
}

/* Whether the term is a reason of the row; then it tells the row's number. */
static size_t check_reason(const grid *g, size_t row, const fixture *f)
{
    wb_term_btyd by;
    size_t k = 1;
    while (k <= 3 && strcmp(grid_at(g, row, numbered("reason_", k, "")), EXPECTED) != 0)
        k++;
    btyd_term(f->model, &by);
    const double expected = expected_of_row(f->rows->table, row, &by);
    if (k > 3 || isnan(expected))
        return 0;
    const char *text = grid_at(g, row, numbered("reason_", k, "_text")), *said = strstr(text, ": ");
    assert_non_null(said);
    assert_true(fabs(strtod(said + 2, NULL) - expected) < 0.0051 * fmax(1, expected)); /* three digits, or hundredths */
    return 1;
}

static void files_give_the_same_numbers(void **state)
{
    for (int k = 0; k < 4; k++) {
        fixture *f = make(k < 2 ? WB_BASIS_LINEAR : WB_BASIS_AUTO, k % 2 == 1);
        scoring_run run = run_in(*state, &f->model);
        size_t n_said = 0;
        run.options.n_reasons = 3;
        run.options.n_reasons_down = 2;
        run.options.reason_text = 1;
        run.options.interval = 1;
        write_in(*state, f->rows);
        char *bytes = score_bytes(&run, NULL), *of_frame = score_bytes(&run, f->rows);
        assert_string_equal(bytes, of_frame);
        free(of_frame);
        run.reading.n_threads = 3;
        of_frame = score_bytes(&run, NULL);
        assert_string_equal(bytes, of_frame);
        free(of_frame);
        grid g = grid_parse(bytes);
        assert_int_equal(g.n_rows, N_ROWS);
        for (size_t i = 0; i < N_ROWS; i++) {
            assert_true(grid_number(&g, i, "probability") == f->p[i]);
            n_said += check_reason(&g, i, f);
        }
        assert_true(n_said > N_ROWS / 10);
        grid_free(&g);
        drop(f);
    }
}

/* Two models that share features, of which some are read by a btyd term alone in the one, and terms in the other: each one's scores
 * are those that it gives alone. */
static void two_models_in_one_run(void **state)
{
    fixture *f = make(WB_BASIS_AUTO, true);
    wb_error err;
    wb_train_options options = btyd_options(WB_BASIS_LINEAR, false);
    options.btyd_horizon_us = 30 * WB_DAY_US;
    wb_model *second = train(f->frame, &options), *third = NULL;
    options.btyd_horizon_us = 0;
    third = train(f->frame, &options);
    const wb_model *const orders[2][3] = {{f->model, second, third}, {third, second, f->model}};
    static const char *const names[] = {"one", "two", "three"};
    write_in(*state, f->rows);
    for (int k = 0; k < 2; k++) {
        scoring_run run = run_in(*state, &f->model);
        run.models = (wb_score_models){orders[k], names, NULL, 3};
        run.options.n_reasons = 2;
        for (int from_frame = 0; from_frame < 2; from_frame++) {
            grid g = score_grid(&run, from_frame ? f->rows : NULL);
            for (size_t m = 0; m < 3; m++) {
                static double p[N_ROWS];
                char column[32];
                snprintf(column, sizeof column, "probability_%s", names[m]);
                assert_ok(wb_score_table(orders[k][m], f->rows->table, p, NULL, 1, &err), &err);
                for (size_t i = 0; i < N_ROWS; i++)
                    assert_true(grid_number(&g, i, column) == p[i]);
            }
            grid_free(&g);
        }
    }
    wb_model_free(second);
    wb_model_free(third);
    drop(f);
}

static void what_it_reads_must_be_there(void **state)
{
    fixture *f = make(WB_BASIS_LINEAR, true);
    const char *const names[] = {"orders_x", "orders_t_x", "orders_T"};
    wb_error err;
    for (size_t k = 0; k < 3; k++) {
        wbi_column *column = &f->rows->table->columns[wb_table_find(f->rows->table, names[k])];
        char *name = column->name;
        column->name = wbi_strdup("other");
        scoring_run run = run_in(*state, &f->model);
        assert_int_equal(wb_score_table(f->model, f->rows->table, f->p, NULL, 1, &err), WB_ERR_INCONSISTENT);
        assert_non_null(strstr(err.message, names[k]));
        assert_not_scored(&run, f->rows, WB_ERR_INCONSISTENT, names[k]);
        write_in(*state, f->rows);
        assert_not_scored(&run, NULL, WB_ERR_INCONSISTENT, names[k]);
        wbi_free(column->name);
        column->name = name;
    }
    drop(f);
}

/* Rows without a history, where those of training all had one. */
static void a_strict_run_looks_at_what_is_made(void **state)
{
    wb_term_btyd by = {.reads = {"orders_x", "orders_t_x", "orders_T"}, .r = 1, .alpha = 1, .a = 2, .b = 1, .horizon_days = 1};
    wb_features *frame = frame_buyers(1200, 3), *rows = frame_buyers(N_ROWS, 3);
    for (size_t i = 0; i < 1200; i++)
        if (isnan(expected_of_row(frame->table, i, &by)))
            numbers_of(frame, "orders_x")[i] = numbers_of(frame, "orders_t_x")[i] = 0;
    for (size_t i = 0; i < N_ROWS; i++)
        if (isnan(expected_of_row(rows->table, i, &by)))
            numbers_of(rows, "orders_x")[i] = numbers_of(rows, "orders_t_x")[i] = 0;
    const wb_train_options options = btyd_options(WB_BASIS_LINEAR, true);
    wb_model *model = train(frame, &options);
    scoring_run run = run_in(*state, &model);
    run.options.strict = 1;
    free(score_bytes(&run, rows));
    numbers_of(rows, "orders_t_x")[5] = 0.5;
    assert_not_scored(&run, rows, WB_ERR_INCONSISTENT, EXPECTED);
    wb_model_free(model);
    wb_features_free(frame);
    wb_features_free(rows);
}

/* ---- the file ---- */

static void assert_file(fixture *f)
{
    static double p[N_ROWS];
    char path[] = "/tmp/winback-test-XXXXXX";
    wb_term_btyd a, b;
    wb_model *back = NULL;
    wb_error err;
    assert_true(mkstemp(path) >= 0);
    assert_ok(wb_model_write(f->model, path, &err), &err);
    assert_ok(wb_model_read(&back, path, &err), &err);
    char *bytes = model_bytes(f->model), *again = model_bytes(back);
    assert_string_equal(bytes, again);
    assert_ok(wb_score_table(back, f->rows->table, p, NULL, 2, &err), &err);
    assert_memory_equal(p, f->p, sizeof p);
    assert_int_equal(btyd_term(f->model, &a), btyd_term(back, &b));
    assert_true(a.r == b.r && a.alpha == b.alpha && a.a == b.a && a.b == b.b && a.horizon_days == b.horizon_days);
    for (size_t k = 0; k < 3; k++)
        assert_string_equal(a.reads[k], b.reads[k]);
    wbi_free(bytes);
    wbi_free(again);
    wb_model_free(back);
    remove(path);
    char beside[sizeof path + 4];
    snprintf(beside, sizeof beside, "%s.cov", path);
    remove(beside);
}

static void a_model_survives_its_file(void **state)
{
    (void)state;
    for_each_kind(assert_file);
}

static void nonsense_in_a_file_is_named(void **state)
{
    (void)state;
    static const file_edit cases[] = {
        {"\"r\": ", "\"r\": 0, \"was\": ", "terms[2].btyd.r: 0 is not from 0.0001 to 10000"},
        {"\"alpha\": 4", "\"alpha\": null, \"was\": 4", "terms[2].btyd.alpha: expected a number, found null"},
        {"\"a\": ", "\"a\": -1, \"was\": ", "terms[2].btyd.a: -1 is not from"},
        {"\"b\": ", "\"b\": 1e9, \"was\": ", "terms[2].btyd.b: 1e+09 is not from"},
        {"\"b\": ", "\"was\": ", "terms[2].btyd.b: expected a number, found nothing"},
        {"\"horizon_days\": 90", "\"horizon_days\": -1", "terms[2].btyd.horizon_days: -1 days cannot be looked ahead"},
        {"\"horizon_days\": 90", "\"horizon_days\": 0", "terms[2].btyd.horizon_days: 0 days cannot be looked ahead"},
        {"\"horizon_days\": 90", "\"horizon_days\": \"90d\"", "terms[2].btyd.horizon_days: expected a number, found text"},
        {"\"reads\": [", "\"reads\": [\"orders_x\", \"orders_T\"], \"was\": [", "terms[2].btyd.reads: expected 3 names, found 2"},
        {"\"reads\": [", "\"reads\": [\"orders\", ", "terms[2].btyd.reads: expected 3 names, found 4"},
        {"\"reads\": [", "\"reads\": [\"orders_x\", \"orders_T\", \"orders_x\"], \"was\": [",
         "terms[2].btyd.reads: 'orders_x' is read twice"},
        {"\"reads\": [", "\"reads\": [\"orders_x\", \"channel\", \"orders_T\"], \"was\": [",
         "terms[2].btyd: 'channel' is a category to terms[1]"},
        {"\"reads\": [", "\"reads\": [\"orders_x\", 3, \"orders_T\"], \"was\": [", "terms[2].btyd.reads"},
        {"\"reads\": [", "\"was\": [", "terms[2].btyd.reads"},
        {"\"btyd\": {", "\"btyd\": 3, \"was\": {", "terms[2].btyd: expected an object, found"},
        {"\"btyd\": {", "\"btyd\": null, \"was\": {", "terms[2].btyd: expected an object, found null"},
    };
    fixture *f = make(WB_BASIS_LINEAR, true);
    char *good = model_bytes(f->model);
    /* of the one that has it, for which the others have no r, a, b */
    assert_edits_refused(good, cases, sizeof cases / sizeof *cases);
    /* on the first term, which is a line */
    const char *object = strstr(good, "\"btyd\": {"), *end = strchr(object, '}');
    char moved[1024];
    snprintf(moved, sizeof moved, "\"kind\": \"linear\", %.*s,", (int)(end + 1 - object), object);
    const file_edit linear[] = {
        {"\"kind\": \"linear\",", moved, "terms[0].btyd: expected purchases are log1p or spline, not linear"},
    };
    assert_edits_refused(good, linear, 1);
    wbi_free(good);
    drop(f);
}

/* ---- memory ---- */

static wb_status score_all(fixture *f, const char *folder, const char *path)
{
    static double p[N_ROWS], low[N_ROWS], high[N_ROWS];
    wb_scorer *scorer = NULL;
    wb_explained_row *rows = NULL;
    wb_explanation *explanation = NULL;
    wb_drift *drift = NULL;
    wb_model *back = NULL;
    wb_error err;
    size_t n = 0;
    scoring_run run = run_in(folder, &f->model);
    run.options.n_reasons = 2;
    run.options.reason_text = 1;
    run.reading.n_threads = 1;
    wb_status status = wb_scorer_create(&scorer, f->model, &err);
    if (status == WB_OK)
        status = wb_score_table(f->model, f->rows->table, p, NULL, 1, &err);
    if (status == WB_OK)
        status = wb_score_intervals(f->model, NULL, f->rows->table, low, high, 1, &err);
    if (status == WB_OK)
        status = wb_explain_customer(&rows, &n, f->model, f->rows, "c000003", &err);
    if (status == WB_OK)
        status = wb_explain_model(&explanation, f->model, f->rows, NULL, 1, &err);
    if (status == WB_OK)
        status = wb_drift_measure(&drift, f->model, f->rows, 1, &err);
    if (status == WB_OK)
        status = wb_model_read(&back, path, &err);
    if (status == WB_OK)
        status = try_to_score(&run, f->rows, &err);
    wb_scorer_free(scorer);
    wb_explained_rows_free(rows, n);
    wb_explanation_free(explanation);
    wb_drift_free(drift);
    wb_model_free(back);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    char path[RUN_PATH_CHARS];
    wb_error err;
    fixture *f = make(WB_BASIS_AUTO, true);
    assert_ok(wb_model_write(f->model, path_in(path, *state, "m.json"), &err), &err);
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n += 1 + n / 150) {
        wbi_alloc_fail_at(n);
        status = score_all(f, *state, path);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true(n < 50000);
    }
    drop(f);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_are_those_that_are_read),
        cmocka_unit_test(rows_columns_and_tables_give_the_same_bits),
        cmocka_unit_test(batches_give_the_same_bits),
        IN_FOLDER(files_give_the_same_numbers),
        IN_FOLDER(two_models_in_one_run),
        IN_FOLDER(what_it_reads_must_be_there),
        IN_FOLDER(a_strict_run_looks_at_what_is_made),
        cmocka_unit_test(a_model_survives_its_file),
        cmocka_unit_test(nonsense_in_a_file_is_named),
        IN_FOLDER(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
