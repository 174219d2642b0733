/* SPDX-License-Identifier: GPL-3.0-or-later */
/* score [THREADS [ROWS]]: scores rows of doubles in memory with made-up models of 30 features, and prints a line of JSON each:
 *
 *     {"name": "score_rows_linear", "threads": 2, "rows": 2000000, "columns": 30, "seconds": [0.021, …],
 *      "rows_per_second": 9.5e7, "bytes_per_second": 2.3e10, "read_bytes_per_second": 2.6e10, "share_of_read": 0.88}
 *
 * `seconds` are those of five runs after one that does not count; the others are of the median. read_bytes_per_second is what
 * the same threads reach on the same rows when they only add them up, turn about with the runs. */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <winback/features.h>
#include <winback/scorer.h>

enum { N_COLUMNS = 30, N_RUNS = 5, N_LEVELS = 20, N_CURVES = 10, N_CATEGORIES = 5, TRAIN_ROWS = 4000 };

typedef struct matrix {
    double *x;
    size_t n_rows;
    int n_threads;
} matrix;

static void fail(const char *what)
{
    fprintf(stderr, "score: %s\n", what);
    exit(EXIT_FAILURE);
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Of [0, 1), by splitmix64. */
static double uniform(uint64_t at)
{
    uint64_t z = (at + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

/* ---- models ---- */

typedef enum kind { LINE, CURVE, CATEGORY } kind;

/* Which kind a column is: where the model is mixed, curves, lines and categories take turns. */
static kind kind_of(int mixed, size_t column)
{
    return !mixed || column % 2 == 0 ? LINE : column % 6 == 5 ? CATEGORY : CURVE;
}

/* A training cell; a straight line is what the model makes of few different numbers. */
static double cell(int mixed, size_t row, size_t column)
{
    const double u = uniform(row * N_COLUMNS + column);
    return kind_of(mixed, column) == CATEGORY ? floor(N_LEVELS * u) : mixed && kind_of(mixed, column) == LINE ? floor(8 * u) : u;
}

static void write_training(FILE *file, int mixed)
{
    for (size_t j = 0; j < N_COLUMNS; j++)
        fprintf(file, "x%zu,", j);
    fputs("label_y\n", file);
    for (size_t i = 0; i < TRAIN_ROWS; i++) {
        double eta = -1;
        for (size_t j = 0; j < N_COLUMNS; j++) {
            const double x = cell(mixed, i, j);
            eta += 0.4 * sin(3 * x + (double)j);
            fprintf(file, kind_of(mixed, j) == CATEGORY ? "level%02.0f," : "%.9g,", x);
        }
        fprintf(file, "%d\n", uniform((UINT64_C(1) << 40) + i) < 1 / (1 + exp(-eta)));
    }
}

static wb_scorer *make_scorer(int mixed)
{
    char path[] = "/tmp/winback_bench_score_XXXXXX";
    const int descriptor = mkstemp(path);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    wb_read_options read = WB_READ_OPTIONS_INIT;
    wb_train_options train = WB_TRAIN_OPTIONS_INIT;
    wb_features *features = NULL;
    wb_model *model = NULL;
    wb_scorer *scorer = NULL;
    wb_error err;
    if (file == NULL)
        fail("cannot write the training rows");
    write_training(file, mixed);
    fclose(file);
    train.basis = mixed ? WB_BASIS_AUTO : WB_BASIS_LINEAR;
    train.n_folds = 0;
    if (!mixed)
        train.lambda = 1e-3;
    if (wb_features_read(&features, path, NULL, NULL, 0, &read, &err) != WB_OK || wb_train(&model, features, &train, &err) != WB_OK ||
        wb_scorer_create(&scorer, model, &err) != WB_OK)
        fail(err.message);
    unlink(path);
    wb_model_free(model);
    wb_features_free(features);
    if (wb_scorer_n_features(scorer) != N_COLUMNS)
        fail("the model left features out");
    return scorer;
}

/* ---- time ---- */

/* Thread t has the rows [begin, end). */
static void share(size_t *begin, size_t *end, const matrix *rows, int thread)
{
    *begin = rows->n_rows * (size_t)thread / (size_t)rows->n_threads;
    *end = rows->n_rows * (size_t)(thread + 1) / (size_t)rows->n_threads;
}

static void fill(const matrix *rows, int mixed)
{
#pragma omp parallel num_threads(rows->n_threads)
    {
        size_t begin, end;
        share(&begin, &end, rows, omp_get_thread_num());
        for (size_t i = begin; i < end; i++)
            for (size_t j = 0; j < N_COLUMNS; j++)
                rows->x[i * N_COLUMNS + j] = cell(mixed, TRAIN_ROWS + i, j);
    }
}

/* What reading costs alone: eight sums of four doubles each. */
static double add_up(const double *x, size_t n)
{
    typedef double vec __attribute__((vector_size(32), aligned(8), may_alias));
    enum { SUMS = 8 };
    vec sums[SUMS] = {{0}};
    for (size_t i = 0; i + 4 * SUMS <= n; i += 4 * SUMS)
        for (size_t a = 0; a < SUMS; a++)
            sums[a] += *(const vec *)(x + i + 4 * a);
    for (size_t a = 1; a < SUMS; a++)
        sums[0] += sums[a];
    return sums[0][0] + sums[0][1] + sums[0][2] + sums[0][3];
}

static double read_s(const matrix *rows)
{
    double total = 0;
    const double start_s = now_s();
#pragma omp parallel num_threads(rows->n_threads) reduction(+ : total)
    {
        size_t begin, end;
        share(&begin, &end, rows, omp_get_thread_num());
        total += add_up(rows->x + begin * N_COLUMNS, (end - begin) * N_COLUMNS);
    }
    const double seconds = now_s() - start_s;
    if (isnan(total))
        fail("a number is none");
    return seconds;
}

static double score_s(const matrix *rows, const wb_scorer *scorer, double *probability)
{
    const double start_s = now_s();
#pragma omp parallel num_threads(rows->n_threads)
    {
        size_t begin, end;
        share(&begin, &end, rows, omp_get_thread_num());
        const wb_scores out = {probability + begin, NULL};
        wb_scorer_rows(scorer, &out, rows->x + begin * N_COLUMNS, N_COLUMNS, end - begin);
    }
    return now_s() - start_s;
}

static int ascending(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(const double *values)
{
    double sorted[N_RUNS];
    memcpy(sorted, values, sizeof sorted);
    qsort(sorted, N_RUNS, sizeof *sorted, ascending);
    return sorted[N_RUNS / 2];
}

static void measure(const char *name, int mixed, const matrix *rows, double *probability)
{
    wb_scorer *scorer = make_scorer(mixed);
    double reading_s[N_RUNS], scoring_s[N_RUNS];
    const double bytes = (double)rows->n_rows * N_COLUMNS * sizeof *rows->x;
    fill(rows, mixed);
    for (int run = -1; run < N_RUNS; run++) {
        const double reading = read_s(rows), scoring = score_s(rows, scorer, probability);
        reading_s[run < 0 ? 0 : run] = reading;
        scoring_s[run < 0 ? 0 : run] = scoring;
    }
    const double score = median(scoring_s), read = median(reading_s);
    printf("{\"name\": \"%s\", \"threads\": %d, \"rows\": %zu, \"columns\": %d, \"seconds\": [", name, rows->n_threads,
           rows->n_rows, N_COLUMNS);
    for (int run = 0; run < N_RUNS; run++)
        printf("%s%.6f", run == 0 ? "" : ", ", scoring_s[run]);
    printf("], \"rows_per_second\": %.4g, \"bytes_per_second\": %.4g, \"read_bytes_per_second\": %.4g, "
           "\"share_of_read\": %.3f}\n",
           (double)rows->n_rows / score, bytes / score, bytes / read, read / score);
    fflush(stdout);
    wb_scorer_free(scorer);
}

int main(int argc, char **argv)
{
    matrix rows = {NULL, argc > 2 ? strtoul(argv[2], NULL, 10) : 2000000, argc > 1 ? atoi(argv[1]) : 2};
    if (argc > 3 || rows.n_rows < 1 || rows.n_threads < 1)
        fail("usage: score [THREADS [ROWS]]");
    double *probability = malloc(rows.n_rows * sizeof *probability);
    rows.x = malloc(rows.n_rows * N_COLUMNS * sizeof *rows.x);
    if (rows.x == NULL || probability == NULL)
        fail("out of memory");
    measure("score_rows_linear", 0, &rows, probability);
    measure("score_rows_mixed", 1, &rows, probability);
    free(rows.x);
    free(probability);
    return EXIT_SUCCESS;
}
