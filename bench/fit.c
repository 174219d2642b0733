/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fit make FILE ROWS COLUMNS: writes a matrix, row after row of doubles, and behind it a byte of outcome for each row.
 * fit csv FILE ROWS COLUMNS: writes the same numbers, of six digits each, as a table: customer_id, x0, x1, …, label_y.
 * fit time FILE ROWS COLUMNS THREADS LAMBDA: fits it twice, in memory, and prints of the second time
 *
 *     seconds · objective · largest gradient · rows' largest step */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <winback/fit.h>

#include "random.h"

static void fail(const char *what)
{
    fprintf(stderr, "fit: %s\n", what);
    exit(EXIT_FAILURE);
}

/* Neighbouring columns are correlated; scales and means differ by orders of magnitude. */
static void make_row(double *x, uint8_t *outcome, size_t n_columns, uint64_t *state)
{
    double eta = -1, before = 0;
    for (size_t j = 0; j < n_columns; j++) {
        const double z = before = 0.4 * before + 0.92 * normal(state);
        x[j] = pow(10, (double)(j % 5) - 2) * (z + (double)(j % 3));
        eta += (j % 2 == 0 ? 1.2 : -0.9) / sqrt((double)n_columns) * z;
    }
    *outcome = uniform(state) < 1 / (1 + exp(-eta));
}

static void print_row(FILE *file, size_t row, const double *x, size_t n_columns, uint8_t outcome)
{
    fprintf(file, "c%07zu,", row);
    for (size_t j = 0; j < n_columns; j++)
        fprintf(file, "%.6g,", x[j]);
    fprintf(file, "%d\n", outcome);
}

static void print_header(FILE *file, size_t n_columns)
{
    fputs("customer_id,", file);
    for (size_t j = 0; j < n_columns; j++)
        fprintf(file, "x%zu,", j);
    fputs("label_y\n", file);
}

static void make(const char *path, size_t n_rows, size_t n_columns, bool as_csv)
{
    FILE *file = fopen(path, "wb");
    double *x = malloc(n_columns * sizeof *x);
    uint8_t *outcome = malloc(n_rows);
    uint64_t state = 1;
    if (file == NULL || x == NULL || outcome == NULL)
        fail("cannot write the matrix");
    if (as_csv)
        print_header(file, n_columns);
    for (size_t i = 0; i < n_rows; i++) {
        make_row(x, &outcome[i], n_columns, &state);
        if (as_csv)
            print_row(file, i, x, n_columns, outcome[i]);
        else
            fwrite(x, sizeof *x, n_columns, file);
    }
    if (!as_csv)
        fwrite(outcome, 1, n_rows, file);
    if (ferror(file) || fclose(file) != 0)
        fail("cannot write the matrix");
    free(x);
    free(outcome);
}

/* In large pages, as NumPy has its arrays. */
static double *large_array(size_t n)
{
    enum { LARGE_PAGE_BYTES = 2 << 20 };
    const size_t bytes = (n * sizeof(double) / LARGE_PAGE_BYTES + 1) * LARGE_PAGE_BYTES;
    double *array = aligned_alloc(LARGE_PAGE_BYTES, bytes);
    if (array != NULL)
        madvise(array, bytes, MADV_HUGEPAGE);
    return array;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void time_fit(const char *path, const wb_matrix *x, double *values, uint8_t *outcome, const wb_fit_options *options)
{
    double *coefficients = malloc((1 + x->n_columns) * sizeof *coefficients), seconds = 0;
    FILE *file = fopen(path, "rb");
    wb_fit fit;
    wb_error err;
    if (file == NULL || coefficients == NULL || fread(values, sizeof *values * x->n_columns, x->n_rows, file) != x->n_rows ||
        fread(outcome, 1, x->n_rows, file) != x->n_rows)
        fail("cannot read the matrix");
    fclose(file);
    for (int run = 0; run < 2; run++) {
        const double start_s = now_s();
        if (wb_fit_logistic(&fit, coefficients, x, outcome, options, &err) != WB_OK)
            fail(err.message);
        seconds = now_s() - start_s;
    }
    printf("%.4f %.15f %.1e %.1e\n", seconds, fit.objective, fit.gradient_max, fit.eta_step_max);
    free(coefficients);
}

int main(int argc, char **argv)
{
    const size_t n_rows = argc > 4 ? strtoul(argv[3], NULL, 10) : 0, n_columns = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
    if (argc == 5 && (strcmp(argv[1], "make") == 0 || strcmp(argv[1], "csv") == 0)) {
        make(argv[2], n_rows, n_columns, strcmp(argv[1], "csv") == 0);
        return EXIT_SUCCESS;
    }
    if (argc != 7 || strcmp(argv[1], "time") != 0)
        fail("usage: fit make|csv FILE ROWS COLUMNS, or fit time FILE ROWS COLUMNS THREADS LAMBDA");
    double *values = large_array(n_rows * n_columns);
    uint8_t *outcome = malloc(n_rows);
    const wb_matrix x = {values, n_rows, n_columns, n_columns};
    wb_fit_options options = WB_FIT_OPTIONS_INIT;
    if (values == NULL || outcome == NULL)
        fail("out of memory");
    options.n_threads = atoi(argv[5]);
    options.lambda = strtod(argv[6], NULL);
    time_fit(argv[2], &x, values, outcome, &options);
    free(values);
    free(outcome);
    return EXIT_SUCCESS;
}
