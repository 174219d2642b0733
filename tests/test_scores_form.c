/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How scores files are written: which rows, what is kept of the input, CSV and JSON lines, digits, several models. */
#include "scores_testing.h"

enum { N_NEW = 300 };

/* ---- the highest probabilities ---- */

/* Rows of the full file by probability, equals in their order: by insertion. */
static void sort_rows(size_t order[N_NEW], const grid *g, const char *name)
{
    for (size_t row = 0; row < N_NEW; row++) {
        const double p = grid_number(g, row, name);
        size_t at = row;
        for (; at > 0 && grid_number(g, order[at - 1], name) < p; at--)
            order[at] = order[at - 1];
        order[at] = row;
    }
}

static void check_top(scoring_run *run, const wb_features *rows, const char *name)
{
    static const size_t counts[] = {1, 2, 37, N_NEW - 1, N_NEW, N_NEW + 1, SIZE_MAX};
    size_t order[N_NEW], n_ties = 0;
    run->options.n_top = 0;
    grid full = score_grid(run, rows);
    sort_rows(order, &full, name);
    for (size_t k = 1; k < N_NEW; k++)
        n_ties += grid_number(&full, order[k], name) == grid_number(&full, order[k - 1], name);
    assert_true(n_ties > 10);
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        run->options.n_top = counts[c];
        run->reading.n_threads = 1 + (int)(c % 3);
        grid top = score_grid(run, rows);
        assert_int_equal(top.n_rows, counts[c] < N_NEW ? counts[c] : N_NEW);
        for (size_t k = 0; k < top.n_rows; k++)
            for (size_t column = 0; column < full.n_columns; column++)
                assert_string_equal(top.cells[(k + 1) * full.n_columns + column],
                                    full.cells[(order[k] + 1) * full.n_columns + column]);
        grid_free(&top);
    }
    grid_free(&full);
}

static void test_top(void **state)
{
    static const char *const names[] = {"curves", "lines"};
    wb_model *models[] = {train_shop(WB_BASIS_AUTO, 0), train_shop(WB_BASIS_LINEAR, 0)};
    wb_features *rows = frame_newcomers(N_NEW);
    scoring_run run = run_in(*state, models);
    run.options.n_reasons = 1;
    check_top(&run, rows, "probability");
    run.models = (wb_score_models){(const wb_model *const *)models, names, NULL, 2};
    check_top(&run, rows, "probability_curves");
    write_in(*state, rows);
    check_top(&run, NULL, "probability_curves");
    wb_features_free(rows);
    wb_model_free(models[0]);
    wb_model_free(models[1]);
}

/* ---- what is kept ---- */

static const char kept_file[] = "note,customer_id,recency,csat,channel,\"odd, name\"\n"
                                "plain,c1,10.50,3,web,x\n"
                                "\"com,ma\",c2,1e1,3,web,\"say \"\"hi\"\"\"\n"
                                "\"two\nlines\",\"c,3\",010,,web,\"  blanks  \"\n"
                                ",c4,,3,,\"\"\n"
                                "\"na\xc3\xafve\",c5,-0,3,\"new, too\",'\n";
/* By hand; what stands for the probabilities is cut off. */
static const char *const kept_lines[] = {
    "customer_id,note,\"odd, name\",recency,channel,probability",
    "c1,plain,x,10.50,web,",
    "c2,\"com,ma\",\"say \"\"hi\"\"\",1e1,web,",
    "\"c,3\",\"two\nlines\",\"  blanks  \",010,web,",
    "c4,,,,,",
    "c5,na\xc3\xafve,',-0,\"new, too\",",
};

static void test_keep(void **state)
{
    static const char *const keep[] = {"note", "odd, name", "recency", "channel"}, *const twice[] = {"note", "csat", "note"};
    static const char *const key[] = {"customer_id"}, *const wrong[] = {"nite"}, *const score[] = {"probability"};
    wb_model *model = train_shop(WB_BASIS_LINEAR, 0);
    scoring_run run = run_in(*state, &model);
    put(*state, "in.csv", kept_file);
    run.options.keep = keep;
    run.options.n_keep = 4;
    char *bytes = score_bytes(&run, NULL), *at = bytes;
    for (size_t k = 0; k < sizeof kept_lines / sizeof kept_lines[0]; k++) {
        const size_t n = strlen(kept_lines[k]);
        if (strncmp(at, kept_lines[k], n) != 0)
            fail_msg("'%.80s' is not '%s'", at, kept_lines[k]);
        assert_true(k == 0 ? at[n] == '\n' : at[n] == '0' && at[n + 1] == '.');
        at = strchr(at + n, '\n') + 1;
    }
    assert_string_equal(at, "");
    free(bytes);
    run.options.keep = twice;
    run.options.n_keep = 3;
    assert_not_scored(&run, NULL, WB_ERR_ARGUMENT, "two columns of the scores would be named note");
    run.options.n_keep = 1;
    run.options.keep = key;
    assert_not_scored(&run, NULL, WB_ERR_ARGUMENT, "named customer_id");
    run.options.keep = wrong;
    assert_not_scored(&run, NULL, WB_ERR_INCONSISTENT, "note");
    put(*state, "in.csv", "customer_id,probability,recency,csat,channel\nc1,0.5,1,2,web\n");
    run.options.keep = score;
    assert_not_scored(&run, NULL, WB_ERR_ARGUMENT, "named probability");
    wb_model_free(model);
}

/* Words that are hard to write, the empty one among them. */
static const char *const words[] = {"plain", "a,b", "say \"hi\"", "two\nlines", "cr\rlf", " before", "after\t", "",
                                    "na\xc3\xafve \xe2\x98\x83", "back\\slash", "bell\x07 unit\x1f", "\"", "'", "null"};
enum { N_WORDS = sizeof words / sizeof words[0] };

/* Newcomers with such words as a text, as a level, and in their ids, and with an instant. */
static wb_features *worded_newcomers(void)
{
    wb_features *rows = frame_newcomers(N_NEW);
    const char *texts[N_NEW], *levels[N_NEW];
    int64_t seen_us[N_NEW];
    char(*ids)[40] = malloc(N_NEW * sizeof *ids);
    const char *id[N_NEW];
    for (size_t i = 0; i < N_NEW; i++) {
        texts[i] = words[i % N_WORDS];
        levels[i] = i % 5 == 4 ? NULL : *words[i % 11] == '\0' ? "x" : words[i % 11];
        seen_us[i] = i % 6 == 5 ? WB_TIME_MISSING : (int64_t)i * 123456789 * 1000;
        snprintf(ids[i], sizeof ids[i], "%zu %s", i, words[i % N_WORDS]);
        id[i] = ids[i];
    }
    frame_words(rows, "words", WB_TYPE_TEXT, texts, N_NEW);
    frame_words(rows, "group", WB_TYPE_CATEGORY, levels, N_NEW);
    frame_times(rows, "seen_at", seen_us, N_NEW);
    wbi_column *key = &rows->table->columns[wb_table_find(rows->table, "customer_id")];
    wbi_free(key->name);
    key->name = wbi_strdup("number");
    frame_words(rows, "customer_id", WB_TYPE_TEXT, id, N_NEW);
    free(ids);
    return rows;
}

static const char *const kept[] = {"words", "group", "seen_at", "recency", "channel", "number"};
enum { N_KEPT = sizeof kept / sizeof kept[0] };

/* Of each type; as the file of the features has them. */
static void test_keep_from_memory(void **state)
{
    wb_model *model = train_shop(WB_BASIS_LINEAR, 0);
    wb_features *rows = worded_newcomers();
    char path[RUN_PATH_CHARS];
    scoring_run run = run_in(*state, &model);
    run.options.keep = kept;
    run.options.n_keep = N_KEPT;
    write_in(*state, rows);
    char *from_file = score_bytes(&run, NULL), *from_memory = score_bytes(&run, rows);
    assert_string_equal(from_memory, from_file);
    grid scores = grid_parse(from_memory), features = grid_parse(get(path_in(path, *state, "in.csv")));
    for (size_t row = 0; row < N_NEW; row++)
        for (size_t k = 0; k < N_KEPT; k++)
            assert_string_equal(grid_at(&scores, row, kept[k]), grid_at(&features, row, kept[k]));
    grid_free(&scores);
    grid_free(&features);
    free(from_file);
    static const char *const absent[] = {"wrds"};
    run.options.keep = absent;
    run.options.n_keep = 1;
    assert_not_scored(&run, rows, WB_ERR_INCONSISTENT, "no column 'wrds'");
    wb_features_free(rows);
    wb_model_free(model);
}

/* ---- JSON lines ---- */

static void want_everything(wb_score_options *options)
{
    options->keep = kept;
    options->n_keep = N_KEPT;
    options->interval = options->logit = options->decile = options->reason_text = options->check_ids = 1;
    options->band_low = 0.3;
    options->band_high = 0.6;
    options->n_reasons = 4;
    options->n_reasons_down = 2;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), n_end = strlen(end);
    return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

/* Whether a column of the scores holds numbers; flags are neither. */
static json_type type_of(const char *name)
{
    if (ends_with(name, "_actionable"))
        return JSON_TRUE;
    if (strncmp(name, "probability", 11) == 0 || strcmp(name, "logit") == 0 || ends_with(name, "_contribution"))
        return JSON_REAL;
    return strcmp(name, "decile") == 0 ? JSON_INTEGER : JSON_STRING;
}

static void check_value(const json_t *value, const char *name, const char *cell)
{
    const json_type type = type_of(name);
    if (*cell == '\0') {
        assert_true(json_is_null(value));
    } else if (type == JSON_STRING) {
        assert_true(json_is_string(value));
        assert_string_equal(json_string_value(value), cell);
    } else if (type == JSON_TRUE) {
        assert_true(json_is_boolean(value));
        assert_string_equal(json_is_true(value) ? "true" : "false", cell);
    } else {
        assert_true(type == JSON_INTEGER ? json_is_integer(value) : json_is_number(value));
        assert_true(json_number_value(value) == strtod(cell, NULL));
    }
}

/* Each line is an object with the header's names, in its order. */
static void check_line(const char *line, size_t n, const grid *csv, size_t row)
{
    json_error_t error;
    json_t *object = json_loadb(line, n, JSON_REJECT_DUPLICATES, &error), *value;
    const char *name;
    size_t column = 0;
    if (object == NULL)
        fail_msg("%s: %.*s", error.text, (int)n, line);
    json_object_foreach(object, name, value)
    {
        assert_string_equal(name, csv->cells[column]);
        check_value(value, name, csv->cells[(row + 1) * csv->n_columns + column++]);
    }
    assert_int_equal(column, csv->n_columns);
    json_decref(object);
}

static void test_json_lines(void **state)
{
    wb_model *model = train_shop(WB_BASIS_AUTO, 5);
    wb_features *rows = worded_newcomers();
    scoring_run run = run_in(*state, &model);
    want_everything(&run.options);
    grid csv = score_grid(&run, rows);
    run.options.format = WB_SCORE_JSON_LINES;
    char *lines = score_bytes(&run, rows);
    const char *at = lines;
    for (size_t row = 0; row < N_NEW; row++) {
        const char *end = strchr(at, '\n');
        assert_non_null(end);
        check_line(at, (size_t)(end - at), &csv, row);
        at = end + 1;
    }
    assert_string_equal(at, "");
    free(lines);
    grid_free(&csv);
    wb_features_free(rows);
    rows = frame_newcomers(0);
    run.options.n_keep = 0;
    lines = score_bytes(&run, rows);
    assert_string_equal(lines, "");
    free(lines);
    wb_features_free(rows);
    wb_model_free(model);
}

/* The bytes of one line, by hand (RFC 8259, section 7); the names of columns are escaped too. */
static void test_json_escapes(void **state)
{
    static const char *const keep[] = {"a \"b\"\\", "\x01"};
    wb_model *model = train_shop(WB_BASIS_LINEAR, 0);
    scoring_run run = run_in(*state, &model);
    put(*state, "in.csv",
        "\"a \"\"b\"\"\\\",\x01,customer_id,recency,csat,channel\n"
        "\"t\tn\nr\rq\"\"b\\s/d\x7f\",\xe2\x98\x83\x1f\x10,c1,1,2,web\n");
    run.options.keep = keep;
    run.options.n_keep = 2;
    run.options.format = WB_SCORE_JSON_LINES;
    run.options.n_digits = 1;
    char *line = score_bytes(&run, NULL);
    static const char expected[] = "{\"customer_id\":\"c1\",\"a \\\"b\\\"\\\\\":\"t\\tn\\nr\\rq\\\"b\\\\s/d\x7f\","
                                   "\"\\u0001\":\"\xe2\x98\x83\\u001f\\u0010\",\"probability\":0.";
    assert_int_equal(strncmp(line, expected, sizeof expected - 1), 0);
    assert_string_equal(line + sizeof expected, "}\n");
    free(line);
    wb_model_free(model);
}

/* ---- digits ---- */

/* `number` has n digits at most, and no decimal of n digits is nearer, but for what doubles can tell: in a tie of the shortest
 * decimal, which is what is rounded, printf may go the other way. */
static void check_digits(double number, double exact, int n)
{
    char text[64], again[64];
    snprintf(text, sizeof text, "%.*g", n, exact);
    snprintf(again, sizeof again, "%.*g", n, number);
    const double nearest = strtod(text, NULL);
    assert_true(isnan(exact) ? isnan(number) : strtod(again, NULL) == number);
    if (!isnan(exact) && number != nearest)
        assert_true(fabs(number - exact) <= fabs(nearest - exact) + 2.3e-16 * fabs(exact));
}

static void test_digits(void **state)
{
    static const char *const names[] = {"probability", "probability_low", "logit", "reason_1_contribution"};
    wb_model *model = train_shop(WB_BASIS_LINEAR, 0);
    wb_features *rows = frame_newcomers(N_NEW);
    scoring_run run = run_in(*state, &model);
    run.options.interval = run.options.logit = 1;
    run.options.n_reasons = 1;
    grid full = score_grid(&run, rows);
    for (run.options.n_digits = 1; run.options.n_digits <= 15; run.options.n_digits++) {
        grid g = score_grid(&run, rows);
        for (size_t row = 0; row < N_NEW; row++)
            for (size_t k = 0; k < 4; k++) {
                check_digits(grid_number(&g, row, names[k]), grid_number(&full, row, names[k]), run.options.n_digits);
                assert_string_equal(grid_at(&g, row, "reason_1"), grid_at(&full, row, "reason_1"));
            }
        grid_free(&g);
    }
    grid_free(&full);
    wb_features_free(rows);
    wb_model_free(model);
}

/* ---- several models ---- */

static const char *const several_header[] = {
    "customer_id", "cutoff", "number", "probability_a", "logit_a", "reason_1_a", "reason_1_contribution_a", "reason_1_actionable_a",
    "reason_down_1_a", "reason_down_1_contribution_a", "reason_down_1_actionable_a", "probability_b-2.x", "logit_b-2.x",
    "reason_1_b-2.x", "reason_1_contribution_b-2.x", "reason_1_actionable_b-2.x", "reason_down_1_b-2.x",
    "reason_down_1_contribution_b-2.x", "reason_down_1_actionable_b-2.x"};

/* A model of fewer features, in another order. */
static wb_model *train_other(void)
{
    static const char *const exclude[] = {"recency"};
    wb_features *frame = frame_shop(700);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.exclude = exclude;
    options.n_exclude = 1;
    options.lambda = 0.02;
    options.n_folds = 0;
    wb_model *model = train(frame, &options);
    wb_features_free(frame);
    return model;
}

/* Each model's columns have the bytes, and its report the counts, that it gives alone. */
static void test_several_models(void **state)
{
    static const char *const names[] = {"a", "b-2.x"}, *const keep[] = {"number"};
    wb_model *models[] = {train_shop(WB_BASIS_AUTO, 0), train_other()};
    wb_features *rows = worded_newcomers();
    wb_score_tally tallies[3][4];
    wb_score_report reports[2] = {{.features = tallies[0]}, {.features = tallies[1]}}, alone = {.features = tallies[2]};
    scoring_run run = run_in(*state, models);
    write_in(*state, rows);
    run.options.keep = keep;
    run.options.n_keep = run.options.n_reasons = run.options.n_reasons_down = 1;
    run.options.logit = 1;
    run.models = (wb_score_models){(const wb_model *const *)models, names, NULL, 2};
    run.reports = reports;
    grid both = score_grid(&run, NULL);
    assert_int_equal(both.n_columns, sizeof several_header / sizeof several_header[0]);
    for (size_t c = 0; c < both.n_columns; c++)
        assert_string_equal(both.cells[c], several_header[c]);
    for (size_t m = 0; m < 2; m++) {
        run.models = one_model(&models[m]);
        run.reports = &alone;
        grid g = score_grid(&run, NULL);
        for (size_t row = 0; row < N_NEW; row++)
            for (size_t c = 0; c < g.n_columns; c++)
                assert_string_equal(g.cells[(row + 1) * g.n_columns + c],
                                    both.cells[(row + 1) * both.n_columns + c + (m == 1 && c > 2 ? 8 : 0)]);
        assert_memory_equal(tallies[m], tallies[2], wb_model_summarise(models[m]).n_terms * sizeof tallies[0][0]);
        assert_int_equal(reports[m].n_rows, N_NEW);
        assert_int_equal(reports[m].n_unseen, alone.n_unseen);
        assert_int_equal(reports[m].n_ignored_columns, alone.n_ignored_columns);
        assert_true(reports[m].mean_probability == alone.mean_probability);
        grid_free(&g);
    }
    assert_int_equal(reports[1].n_ignored_columns, reports[0].n_ignored_columns + 1); /* recency */
    grid_free(&both);
    wb_features_free(rows);
    wb_model_free(models[0]);
    wb_model_free(models[1]);
}

static void test_names_of_models(void **state)
{
    static const char *const bad[][2] = {{"a", "a"}, {"", "b"}, {"a", "b c"}, {"a\"", "b"}, {"a", "b,"}, {"\xc3\xa4", "b"}};
    static const char *const clash[] = {"x", "low_x"};
    wb_model *model = train_shop(WB_BASIS_LINEAR, 0);
    const wb_model *const twice[] = {model, model};
    wb_features *rows = frame_newcomers(3);
    scoring_run run = run_in(*state, &model);
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        run.models = (wb_score_models){twice, bad[k], NULL, 2};
        assert_not_scored(&run, rows, WB_ERR_ARGUMENT, k == 0 ? "two models are named a" : "cannot name a model's column");
    }
    run.models = (wb_score_models){twice, NULL, NULL, 2};
    assert_not_scored(&run, rows, WB_ERR_ARGUMENT, "2 models without names");
    run.models = (wb_score_models){twice, NULL, NULL, 0};
    assert_not_scored(&run, rows, WB_ERR_ARGUMENT, "no model");
    run.models = (wb_score_models){twice, clash, NULL, 2};
    run.options.interval = 1;
    assert_not_scored(&run, rows, WB_ERR_ARGUMENT, "would be named probability_low_x");
    wb_features_free(rows);
    wb_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_top),          cmocka_unit_test(test_keep),           cmocka_unit_test(test_keep_from_memory),
        cmocka_unit_test(test_json_lines),   cmocka_unit_test(test_json_escapes),   cmocka_unit_test(test_digits),
        cmocka_unit_test(test_several_models), cmocka_unit_test(test_names_of_models),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
