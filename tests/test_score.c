/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <winback/score.h>

#include "base/memory.h"
#include "csv/typed.h"
#include "features/features.h"

static char directory[] = "/tmp/winback_score_XXXXXX";
static wb_model *model;

/* A path in the tests' directory; four may be used at a time. */
static const char *path_of(const char *name)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

static char *slurp(const char *name, size_t *n)
{
    FILE *file = fopen(path_of(name), "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *n = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*n + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, *n, file), *n);
    text[*n] = '\0';
    fclose(file);
    return text;
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "wb");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
}

/* Row i of the made-up features; the same in every file. */
typedef struct row {
    double visits, spend; /* spend: NaN when missing */
    const char *plan;
    int churned;
} row;

static row row_at(size_t i)
{
    static const char *const plans[] = {"basic", "plus", "pro, yearly"};
    unsigned h = (unsigned)i * 2654435761U;
    row r = {.visits = (double)(h >> 8 & 63), .spend = (double)(h >> 14 & 1023) / 8, .plan = plans[(h >> 24) % 3]};
    if ((h >> 27 & 7) == 0)
        r.spend = NAN;
    r.churned = r.visits + (double)(h >> 5 & 31) < 45;
    return r;
}

/* Rows [begin, end), every 50th id in need of quotes. */
static void write_features(const char *name, size_t begin, size_t end)
{
    FILE *file = fopen(path_of(name), "wb");
    assert_non_null(file);
    fputs("spend,customer_id,note,plan,cutoff,visits,label_churned\n", file);
    for (size_t i = begin; i < end; i++) {
        row r = row_at(i);
        if (!isnan(r.spend))
            fprintf(file, "%g", r.spend);
        fprintf(file, i % 50 == 0 ? ",\"c \"\"%zu\"\"\"" : ",c%zu", i);
        fprintf(file, ",n,\"%s\",2024-0%zu-01,%g,%d\n", r.plan, 1 + i % 9, r.visits, r.churned);
    }
    assert_int_equal(fclose(file), 0);
}

static wb_features *read_features(const char *name)
{
    static const char *const text_columns[] = {"customer_id"};
    wbi_flat_options flat = {.text_columns = text_columns, .n_text_columns = 1};
    wb_read_options options = WB_READ_OPTIONS_INIT;
    wb_error err;
    wb_features *features = wbi_alloc_zeroed(1, sizeof *features);
    assert_non_null(features);
    assert_ok(wbi_typed_read_flat(&features->table, path_of(name), &flat, &options, &err), &err);
    return features;
}

static int train_model(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(directory));
    write_features("train.csv", 0, 3000);
    wb_train_options train = WB_TRAIN_OPTIONS_INIT;
    const char *const exclude[] = {"note"};
    train.exclude = exclude;
    train.n_exclude = 1;
    train.lambda = 0.01;
    wb_features *features = read_features("train.csv");
    wb_error err;
    assert_ok(wb_train(&model, features, &train, &err), &err);
    wb_features_free(features);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    static const char *const names[] = {"train.csv", "in.csv", "more.csv", "out.csv", "memory.csv", "rejects.csv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(path_of(names[i]));
    wb_model_free(model);
    return rmdir(directory);
}

static wb_score_models the_model(void)
{
    return (wb_score_models){(const wb_model *const *)&model, NULL, NULL, 1};
}

static wb_score_options to_file(const char *output)
{
    wb_score_options scoring = WB_SCORE_OPTIONS_INIT;
    scoring.output = path_of(output);
    return scoring;
}

static wb_status score_with(const char *input, const char *output, const wb_read_options *options,
                            wb_score_report *report, wb_error *err)
{
    char in[256];
    snprintf(in, sizeof in, "%s", path_of(input));
    const char *const inputs[] = {in};
    const wb_score_options scoring = to_file(output);
    const wb_score_models models = the_model();
    return wb_score_files(&models, inputs, 1, &scoring, options, report, err);
}

static wb_score_report score(const char *input, const char *output, int n_threads)
{
    wb_read_options options = WB_READ_OPTIONS_INIT;
    options.n_threads = n_threads;
    wb_score_report report = {.features = NULL};
    wb_error err;
    assert_ok(score_with(input, output, &options, &report, &err), &err);
    return report;
}

static void assert_same_files(const char *a, const char *b)
{
    size_t n_a, n_b;
    char *text_a = slurp(a, &n_a), *text_b = slurp(b, &n_b);
    assert_int_equal(n_a, n_b);
    assert_memory_equal(text_a, text_b, n_a);
    free(text_a);
    free(text_b);
}

/* The probability of a row without missing cells, from the published coefficients by the names of their columns. */
static double predict(const row *r)
{
    double eta = 0;
    for (size_t k = 0; k < wb_model_n_coefficients(model); k++) {
        wb_coefficient c = wb_model_coefficient(model, k);
        char level[64];
        snprintf(level, sizeof level, "plan=%s", r->plan);
        if (*c.feature == '\0')
            eta += c.raw;
        else if (strcmp(c.column, "visits") == 0)
            eta += c.raw * r->visits;
        else if (strcmp(c.column, "spend") == 0)
            eta += c.raw * r->spend;
        else if (strcmp(c.column, level) == 0)
            eta += c.raw;
    }
    return 1 / (1 + exp(-eta));
}

static void test_probabilities(void **state)
{
    (void)state;
    write_features("in.csv", 5000, 5200);
    wb_score_report report = score("in.csv", "out.csv", 1);
    assert_int_equal(report.n_rows, 200);
    assert_int_equal(report.n_bad, 0);
    assert_int_equal(report.n_ignored_columns, 1); /* note */
    size_t n, n_missing = 0;
    char *text = slurp("out.csv", &n), *line = text;
    assert_int_equal(strncmp(line, "customer_id,cutoff,probability\n", 31), 0);
    line += 31;
    double sum = 0;
    for (size_t i = 5000; i < 5200; i++) {
        row r = row_at(i);
        char start[64];
        snprintf(start, sizeof start, i % 50 == 0 ? "\"c \"\"%zu\"\"\",2024-0%zu-01," : "c%zu,2024-0%zu-01,", i,
                 1 + i % 9);
        assert_int_equal(strncmp(line, start, strlen(start)), 0);
        char *end;
        double probability = strtod(line + strlen(start), &end);
        assert_int_equal(*end, '\n');
        if (isnan(r.spend))
            n_missing++;
        else
            assert_close(probability, predict(&r), 1e-12);
        sum += probability;
        line = end + 1;
    }
    assert_int_equal(*line, '\0');
    assert_int_equal(report.n_imputed, n_missing);
    assert_close(report.mean_probability, sum / 200, 1e-12);
    free(text);
}

static void test_same_bytes_from_file_and_memory(void **state)
{
    (void)state;
    write_features("in.csv", 0, 20000);
    wb_features *features = read_features("in.csv");
    wb_error err;
    wb_score_report from_memory = {.features = NULL}, from_file;
    const wb_score_options scoring = to_file("memory.csv");
    const wb_score_models models = the_model();
    wb_read_options options = WB_READ_OPTIONS_INIT;
    options.n_threads = 2;
    assert_ok(wb_score_features(&models, features, &scoring, &options, &from_memory, &err), &err);
    wb_features_free(features);
    for (int n_threads = 1; n_threads <= 4; n_threads *= 2) {
        from_file = score("in.csv", "out.csv", n_threads);
        assert_same_files("out.csv", "memory.csv");
        assert_int_equal(from_file.n_rows, from_memory.n_rows);
        assert_int_equal(from_file.n_imputed, from_memory.n_imputed);
        assert_int_equal(from_file.n_ignored_columns, from_memory.n_ignored_columns);
        assert_close(from_file.mean_probability, from_memory.mean_probability, 1e-12);
    }
}

static void test_several_files(void **state)
{
    (void)state;
    write_features("in.csv", 0, 6000);
    score("in.csv", "memory.csv", 1);
    write_features("in.csv", 0, 2500);
    write_features("more.csv", 2500, 6000);
    char first[256], second[256];
    snprintf(first, sizeof first, "%s", path_of("in.csv"));
    snprintf(second, sizeof second, "%s", path_of("mor*.csv"));
    const char *const inputs[] = {first, second};
    wb_read_options options = WB_READ_OPTIONS_INIT;
    wb_error err;
    const wb_score_options scoring = to_file("out.csv");
    const wb_score_models models = the_model();
    assert_ok(wb_score_files(&models, inputs, 2, &scoring, &options, NULL, &err), &err);
    assert_same_files("out.csv", "memory.csv");
}

static void test_missing_column(void **state)
{
    (void)state;
    wb_read_options options = WB_READ_OPTIONS_INIT;
    wb_error err;
    unlink(path_of("out.csv"));
    write_text("in.csv", "customer_id,spend,plan,vists\nc1,1,basic,2\n");
    assert_int_equal(score_with("in.csv", "out.csv", &options, NULL, &err), WB_ERR_INCONSISTENT);
    char text[4096];
    snprintf(text, sizeof text, "%s %s", err.message, err.advice);
    assert_non_null(strstr(text, "visits"));
    assert_non_null(strstr(text, "vists"));
    write_text("in.csv", "spend,plan,visits\n1,basic,2\n");
    assert_int_equal(score_with("in.csv", "out.csv", &options, NULL, &err), WB_ERR_INCONSISTENT);
    assert_int_equal(access(path_of("out.csv"), F_OK), -1);
}

static const char bad_rows[] = "customer_id,spend,plan,visits\n"
                               "c1,1,basic,2\n"
                               "c2,one,basic,2\n"
                               "c3,1,basic\n"
                               "c4,1,unheard,2\n"
                               "c5,,basic,2\n";

static void test_bad_rows_fail(void **state)
{
    (void)state;
    wb_read_options options = WB_READ_OPTIONS_INIT;
    wb_error err;
    unlink(path_of("out.csv"));
    write_text("in.csv", "customer_id,spend,plan,visits\nc1,1,basic,2\nc2,one,basic,2\nc3,1,basic,two\n");
    assert_int_equal(score_with("in.csv", "out.csv", &options, NULL, &err), WB_ERR_MALFORMED);
    assert_non_null(strstr(err.file, "in.csv"));
    assert_string_equal(err.value, "one");
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 2);
    assert_int_equal(access(path_of("out.csv"), F_OK), -1);
}

static void test_bad_rows_left_out(void **state)
{
    (void)state;
    wb_read_options options = WB_READ_OPTIONS_INIT;
    options.on_error = WB_ON_ERROR_REJECT;
    char rejects[256];
    snprintf(rejects, sizeof rejects, "%s", path_of("rejects.csv"));
    options.rejects = rejects;
    wb_error err;
    wb_score_report report = {.features = NULL};
    write_text("in.csv", bad_rows);
    assert_ok(score_with("in.csv", "out.csv", &options, &report, &err), &err);
    assert_int_equal(report.n_rows, 3);
    assert_int_equal(report.n_bad, 2);
    assert_int_equal(report.n_unseen, 1);
    assert_int_equal(report.n_imputed, 1);
    size_t n;
    char *text = slurp("out.csv", &n);
    assert_non_null(strstr(text, "customer_id,probability\nc1,"));
    assert_null(strstr(text, "c2"));
    assert_null(strstr(text, "c3"));
    free(text);
    text = slurp("rejects.csv", &n);
    assert_non_null(strstr(text, "\nc2,one,basic,2\n"));
    assert_non_null(strstr(text, "\nc3,1,basic\n"));
    assert_null(strstr(text, "c4"));
    free(text);
}

static int note_heap(void *user, const char *what, uint64_t done, uint64_t total)
{
    (void)what;
    (void)done;
    (void)total;
    struct mallinfo2 heap = mallinfo2(); /* zeros under a sanitizer */
    size_t *peak = user;
    if (heap.uordblks + heap.hblkhd > *peak)
        *peak = heap.uordblks + heap.hblkhd;
    return 0;
}

static size_t peak_heap(size_t n_rows)
{
    size_t peak = 0;
    wb_log log = {NULL, note_heap, &peak};
    wb_read_options options = WB_READ_OPTIONS_INIT;
    options.log = &log;
    options.n_threads = 2;
    wb_error err;
    write_features("in.csv", 0, n_rows);
    assert_ok(score_with("in.csv", "out.csv", &options, NULL, &err), &err);
    return peak;
}

/* Ten times the rows, some 10 MB of them, take no more memory. */
static void test_memory_is_bounded(void **state)
{
    (void)state;
    size_t small = peak_heap(30000), large = peak_heap(300000);
    assert_true(large <= small + small / 2 + 1000000);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    write_features("in.csv", 0, 60);
    wb_read_options options = WB_READ_OPTIONS_INIT;
    options.n_threads = 1;
    wb_features *features = read_features("in.csv");
    wb_error err;
    for (int from_memory = 0; from_memory <= 1; from_memory++) {
        wb_status status = WB_ERR_NOMEM;
        for (uint64_t n = 1; status != WB_OK; n++) {
            unlink(path_of("out.csv"));
            wbi_alloc_fail_at(n);
            const wb_score_options scoring = to_file("out.csv");
            const wb_score_models models = the_model();
            status = from_memory ? wb_score_features(&models, features, &scoring, &options, NULL, &err)
                                 : score_with("in.csv", "out.csv", &options, NULL, &err);
            wbi_alloc_fail_at(0);
            if (status != WB_OK) {
                assert_int_equal(status, WB_ERR_NOMEM);
                assert_int_equal(access(path_of("out.csv"), F_OK), -1);
            }
        }
    }
    wb_features_free(features);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probabilities),     cmocka_unit_test(test_same_bytes_from_file_and_memory),
        cmocka_unit_test(test_several_files),     cmocka_unit_test(test_missing_column),
        cmocka_unit_test(test_bad_rows_fail),     cmocka_unit_test(test_bad_rows_left_out),
        cmocka_unit_test(test_memory_is_bounded), cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, train_model, remove_files);
}
