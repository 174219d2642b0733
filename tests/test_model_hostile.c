/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Model files that somebody cut, edited, or made up: refused with the file's name, or as good as any other. */
#include "test_util.h"

#include "edit_testing.h"

enum { N_ROWS = 400, MUTANTS = 1000 };

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define DIGITS_400 "9" HUNDRED HUNDRED HUNDRED HUNDRED

static char folder[] = "/tmp/winback-model-hostile-XXXXXX";
static char path[64], table_path[64], scores_path[64];
/* Files of two models: straight lines with folds and a calibration, and a curve, a line over logarithms and a category. */
static char *straight, *curved;

static char *slurp(const char *from)
{
    static char *bytes; /* gcc 12 takes a local one for dangling */
    size_t n;
    wb_error err;
    assert_ok(wbi_input_slurp(&bytes, &n, from, (size_t)1 << 26, &err), &err);
    return bytes;
}

static void put(const char *to, const char *bytes, size_t n)
{
    FILE *file = fopen(to, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static char *model_text(const wb_features *frame, const wb_train_options *options)
{
    wb_model *model = NULL;
    wb_error err;
    assert_ok(wb_train(&model, frame, options, &err), &err);
    assert_ok(wb_model_write(model, path, &err), &err);
    wb_model_free(model);
    return slurp(path);
}

static int make_models(void **state)
{
    (void)state;
    static const char *const log1p[] = {"csat"};
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/model.json", folder);
    snprintf(table_path, sizeof table_path, "%s/f.csv", folder);
    snprintf(scores_path, sizeof scores_path, "%s/s.csv", folder);
    wb_features *frame = frame_shop(N_ROWS);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.01;
    options.n_folds = 3;
    options.calibrate = WB_CALIBRATION_ISOTONIC;
    straight = model_text(frame, &options);
    options = (wb_train_options)WB_TRAIN_OPTIONS_INIT;
    options.basis = WB_BASIS_AUTO;
    options.log1p = log1p;
    options.n_log1p = 1;
    options.n_folds = 0;
    curved = model_text(frame, &options);
    wb_features_free(frame);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    wbi_free(straight);
    wbi_free(curved);
    remove(path);
    remove(table_path);
    remove(scores_path);
    memcpy(path + strlen(path), ".cov", sizeof ".cov");
    remove(path);
    return rmdir(folder);
}

static void assert_prefixes_refused(const char *good, size_t step)
{
    const size_t n = strlen(good);
    for (size_t cut = 0; cut + 1 < n; cut += step) { /* without its last line end it is whole */
        wb_model *model = NULL;
        wb_error err;
        put(path, good, cut);
        assert_int_equal(wb_model_read(&model, path, &err), WB_ERR_MALFORMED);
        assert_null(model);
        assert_string_equal(err.file, path);
        assert_int_equal(strncmp(err.message, "no model: ", 10), 0);
        assert_true(err.line >= 1);
    }
}

static void every_prefix_is_refused(void **state)
{
    (void)state;
    assert_prefixes_refused(straight, 1);
    assert_prefixes_refused(curved, 7);
}

static void hostile_values_are_refused(void **state)
{
    (void)state;
    static const file_edit cases[] = {
        {"\"lambda\": 0.01", "\"lambda\": 1e999", "real number overflow"},
        {"\"lambda\": 0.01", "\"lambda\": -1e999", "real number overflow"},
        {"\"lambda\": 0.01", "\"lambda\": " DIGITS_400, "too big integer"},
        {"\"lambda\": 0.01", "\"lambda\": " DIGITS_400 ".0", "real number overflow"},
        {"\"lambda\": 0.01", "\"lambda\": NaN", "invalid token"},
        {"\"lambda\": 0.01", "\"lambda\": -Infinity", "invalid token"},
        {"\"lambda\": 0.01", "\"lambda\": \"nan\"", "training.lambda: expected a number, found text"},
        {"\"lambda\": 0.01", "\"lambda\": null", "training.lambda: expected a number, found null"},
        {"\"rows\": 400", "\"rows\": 9223372036854775808", "too big integer"},
        {"\"rows\": 400", "\"rows\": 4e2", "training.rows: expected a whole number"},
        {"\"version\": 1,", "\"version\": 1.0,", "version: expected a whole number"},
        {"\"version\": 1,", "", "version: expected a whole number, found nothing"},
        {"\"median\": ", "\"median\": 1, \"median\": ", "duplicate object key"},
        {"\"feature\": \"recency\"", "\"feature\": 7", "terms[0].feature: expected text"},
        {"\"feature\": \"recency\",", "", "terms[0].feature: expected text, found nothing"},
        {"\"feature\": \"recency\"", "\"feature\": \"re\\u0000\"", "\\u0000 is not allowed"},
        {"\"feature\": \"recency\"", "\"feature\": \"\xff\"", "unable to decode byte 0xff"},
        {"\"sd\": ", "\"sd\": 0, \"was\": ", "terms[0].columns[0].sd: 0 is no standard deviation"},
        {"\"sd\": ", "\"sd\": -3.5, \"was\": ", "terms[0].columns[0].sd: -3.5 is no standard deviation"},
        {"\"sd\": ", "\"sd\": 1e-320, \"was\": ", "is no standard deviation"},
        {"\"levels\": [", "\"levels\": [\"a\\u0000b\", ", "\\u0000 is not allowed"},
        {"\"levels\": [\"app\"", "\"levels\": [\"app\", \"app\"", "levels are not in the order of their bytes"},
        {"\"levels\": [", "\"levels\": [7, ", "expected text"},
        {"\"columns\": [", "\"columns\": [null, ", "terms[0].columns: expected "},
        {"\"columns\": [", "\"columns\": {\"a\": [", NULL},
        {"\"decile_edges\": [", "\"decile_edges\": [0, ", "decile_edges: expected 9 numbers, found 10"},
        {"\"decile_edges\": [", "\"decile_edges\": [\"0\", ", "item 0: expected a number, found text"},
        {"\"terms\": [", "\"terms\": [[], ", "terms[0]: expected an object, found an array"},
        {"\"terms\": [", "\"terms\": [{}, ", "terms[0].kind: expected text, found nothing"},
        {"\"terms\": [", "\"terms\": {\"a\": [", NULL},
        {"{", "[[", NULL},
    };
    assert_edits_refused(straight, cases, sizeof cases / sizeof *cases);
}

static void hostile_curves_are_refused(void **state)
{
    (void)state;
    static const file_edit cases[] = {
        {"\"knots\": [0, ", "\"knots\": [1e9, ", "does not lie above 1000000000"},
        {"\"knots\": [0, ", "\"knots\": [1e308, ", "does not lie above"},
        {"\"knots\": [0, ", "\"knots\": [-1e308, ", NULL},
        {"\"knots\": [0, ", "\"knots\": [0, 0, ", "expected 2 to 21 numbers, found 22"},
        {"\"knots\": [", "\"knots\": [], \"were\": [", "expected 2 to 21 numbers, found 0"},
        {"\"curve\": [", "\"curve\": [[0, 0, 0, 0], ", "curve: expected"},
        {"\"curve\": [", "\"curve\": [[0, 0, 0], ", "curve"},
        {"\"curve\": [", "\"curve\": [], \"were\": [", "curve: expected"},
    };
    assert_edits_refused(curved, cases, sizeof cases / sizeof *cases);
}

/* `text` with `to` for every `from`. */
static char *with(const char *text, const char *from, const char *to)
{
    char *out = malloc(strlen(text) * (strlen(to) + 1) + 1), *at = out;
    assert_non_null(out);
    for (const char *next; (next = strstr(text, from)) != NULL; text = next + strlen(from))
        at += sprintf(at, "%.*s%s", (int)(next - text), text, to);
    strcpy(at, text);
    return out;
}

static wb_error refusal(const char *text)
{
    wb_model *model = NULL;
    wb_error err;
    put(path, text, strlen(text));
    assert_int_equal(wb_model_read(&model, path, &err), WB_ERR_MALFORMED);
    assert_string_equal(err.file, path);
    return err;
}

static void a_feature_has_one_term(void **state)
{
    (void)state;
    char *twice = with(straight, "csat", "recency");
    assert_string_equal(refusal(twice).message, "terms[1].feature: terms[0] reads 'recency' as well");
    free(twice);
    twice = with(straight, "recency", "channel");
    assert_string_equal(refusal(twice).message, "terms[2].feature: terms[0] reads 'channel' as well");
    free(twice);
}

static void other_versions_say_what_to_do(void **state)
{
    (void)state;
    char *other = with(straight, "\"version\": 1", "\"version\": 2");
    wb_error err = refusal(other);
    assert_string_equal(err.message, "version: this program reads version 1, not 2");
    assert_non_null(strstr(err.advice, "a newer winback wrote the model"));
    free(other);
    other = with(straight, "\"version\": 1", "\"version\": 0");
    err = refusal(other);
    assert_string_equal(err.message, "version: this program reads version 1, not 0");
    assert_non_null(strstr(err.advice, "train the model again"));
    free(other);
}

static void nesting_has_an_end(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    char *deep = malloc(6 * DEPTH + 100), *at = deep;
    at += sprintf(at, "{\"format\": \"winback-model\", \"definitions\": ");
    for (size_t i = 0; i < DEPTH; i++)
        at += sprintf(at, "{\"a\":");
    assert_non_null(strstr(refusal(deep).message, "maximum parsing depth"));
    memset(deep, '[', 5 * DEPTH);
    deep[5 * DEPTH] = '\0';
    assert_non_null(strstr(refusal(deep).message, "maximum parsing depth"));
    free(deep);
}

/* ---- files that are accepted ---- */

static void write_table(void)
{
    static const char *const cells[] = {"", "0", "-1", "1", "17.25", "1e9", "-1e300", "1e-320", "365", "99999999"};
    static const char *const levels[] = {"", "web", "app", "store", "unheard", "\"a \"\"word\"\"\""};
    FILE *file = fopen(table_path, "wb");
    assert_non_null(file);
    fputs("customer_id,recency,csat,channel\n", file);
    for (size_t i = 0; i < 60; i++)
        fprintf(file, "c%zu,%s,%s,%s\n", i, cells[i % 10], cells[i / 6 % 10], levels[i % 6]);
    assert_int_equal(fclose(file), 0);
}

/* Probabilities, or none where a score is no number; all that can be written of a row. */
static wb_status score(const wb_model *model, wb_error *err)
{
    const char *const inputs[] = {table_path}, *const keep[] = {"channel"}, *const covariances[] = {path};
    const wb_score_models models = {&model, NULL, covariances, 1};
    const wb_read_options reading = {.delimiter = ',', .decimal = '.', .n_threads = 1};
    wb_score_options options = WB_SCORE_OPTIONS_INIT;
    const double *edges;
    options.output = scores_path;
    options.keep = keep;
    options.n_keep = 1;
    options.logit = 1;
    options.decile = wb_model_decile_edges(model, &edges) > 0;
    options.n_reasons = options.n_reasons_down = 3;
    options.reason_text = 1;
    remove(scores_path);
    return wb_score_files(&models, inputs, 1, &options, &reading, NULL, err);
}

static void assert_scores_sound(void)
{
    char *scores = slurp(scores_path), *line = strchr(scores, '\n') + 1;
    for (size_t i = 0; i < 60; i++, line = strchr(line, '\n') + 1) {
        char *cell = line, *end;
        for (int commas = 0; commas < 2; cell++)
            commas += *cell == ',';
        const double probability = strtod(cell, &end);
        assert_true(probability >= 0 && probability <= 1 && end > cell && *end == ',');
    }
    assert_int_equal(*line, '\0');
    wbi_free(scores);
}

/* `text` with another number in one place, or another byte. */
static char *mutant(const char *text, uint64_t *random)
{
    static const char *const numbers[] = {"0",    "-1",   "1e308",      "-1e308", "1e-308", "5e-324", "1",
                                          "1e15", "-0.0", "4294967296", "null",   "true",   "[]",     "2.5"};
    static const char bytes[] = "0123456789-.,e\"[]{}:nt";
    const size_t n = strlen(text);
    size_t at = (size_t)(frame_uniform(random) * (double)n);
    char *out = malloc(n + 32);
    assert_non_null(out);
    if (frame_uniform(random) < 0.2) {
        memcpy(out, text, n + 1);
        out[at] = bytes[(size_t)(frame_uniform(random) * (double)(sizeof bytes - 1))];
        return out;
    }
    while (text[at] != '\0' && strchr("0123456789", text[at]) == NULL)
        at++;
    while (at > 0 && strchr("0123456789.-+e", text[at - 1]) != NULL)
        at--;
    const char *number = numbers[(size_t)(frame_uniform(random) * (double)(sizeof numbers / sizeof *numbers))];
    sprintf(out, "%.*s%s%s", (int)at, text, number, text + at + strspn(text + at, "0123456789.-+e"));
    return out;
}

static void what_is_accepted_scores(void **state)
{
    (void)state;
    uint64_t random = 5;
    size_t n_accepted = 0;
    write_table();
    for (int trial = 0; trial < MUTANTS; trial++) {
        char *text = mutant(trial % 2 == 0 ? straight : curved, &random);
        wb_model *model = NULL;
        wb_error err;
        put(path, text, strlen(text));
        free(text);
        wb_status status = wb_model_read(&model, path, &err);
        assert_true(status == WB_OK || status == WB_ERR_MALFORMED);
        if (status != WB_OK)
            continue;
        n_accepted++;
        status = score(model, &err);
        if (status == WB_OK)
            assert_scores_sound();
        else
            assert_int_equal(status, WB_ERR_INCONSISTENT); /* a column of another name, a score that is no number */
        assert_int_equal(access(scores_path, F_OK), status == WB_OK ? 0 : -1);
        wb_model_free(model);
    }
    assert_true(n_accepted > MUTANTS / 20 && n_accepted < MUTANTS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix_is_refused),    cmocka_unit_test(hostile_values_are_refused),
        cmocka_unit_test(hostile_curves_are_refused), cmocka_unit_test(a_feature_has_one_term),
        cmocka_unit_test(other_versions_say_what_to_do), cmocka_unit_test(nesting_has_an_end),
        cmocka_unit_test(what_is_accepted_scores),
    };
    return cmocka_run_group_tests(tests, make_models, remove_files);
}
