/* SPDX-License-Identifier: GPL-3.0-or-later */
/* evaluate make FILE ROWS: writes scores, as doubles, and behind them a byte of outcome for each.
 * evaluate time FILE ROWS THREADS: makes all figures of them twice, in memory, and prints of the second time
 *
 *     seconds · AUC · average precision · log loss · Brier score
 *
 * evaluate bootstrap FILE ROWS THREADS RESAMPLES: the seconds of intervals of the first ROWS. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <winback/metrics.h>

#include "random.h"

static void fail(const char *what)
{
    fprintf(stderr, "evaluate: %s\n", what);
    exit(EXIT_FAILURE);
}

static void make(const char *path, size_t n)
{
    FILE *file = fopen(path, "wb");
    double *p = malloc(n * sizeof *p);
    uint8_t *outcome = malloc(n);
    uint64_t state = 1;
    if (file == NULL || p == NULL || outcome == NULL)
        fail("cannot write the scores");
    for (size_t i = 0; i < n; i++) {
        p[i] = 1 / (1 + exp(1.5 - 1.2 * normal(&state)));
        outcome[i] = uniform(&state) < p[i];
    }
    if (fwrite(p, sizeof *p, n, file) != n || fwrite(outcome, 1, n, file) != n || fclose(file) != 0)
        fail("cannot write the scores");
    free(p);
    free(outcome);
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void time_figures(const wb_outcomes *rows, const wb_metrics_options *options)
{
    double seconds = 0;
    wb_metrics m;
    wb_error err;
    for (int run = 0; run < 2; run++) {
        const double start_s = now_s();
        if (wb_metrics_compute(&m, rows, options, &err) != WB_OK)
            fail(err.message);
        seconds = now_s() - start_s;
    }
    printf("%.4f %.16g %.16g %.16g %.16g\n", seconds, m.auc, m.pr_auc, m.log_loss, m.brier);
}

static void time_bootstrap(const wb_outcomes *rows, const wb_metrics_options *options, size_t n_resamples)
{
    wb_interval_options intervals = WB_INTERVAL_OPTIONS_INIT;
    wb_metrics_interval interval;
    wb_error err;
    intervals.n_resamples = n_resamples;
    const double start_s = now_s();
    if (wb_metrics_interval_of(&interval, NULL, rows, options, &intervals, &err) != WB_OK)
        fail(err.message);
    printf("%.4f\n", now_s() - start_s);
}

int main(int argc, char **argv)
{
    const size_t n = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    if (argc == 4 && strcmp(argv[1], "make") == 0) {
        make(argv[2], n);
        return EXIT_SUCCESS;
    }
    if ((argc != 5 || strcmp(argv[1], "time") != 0) && (argc != 6 || strcmp(argv[1], "bootstrap") != 0))
        fail("usage: evaluate make FILE ROWS, evaluate time FILE ROWS THREADS, or evaluate bootstrap FILE ROWS THREADS RESAMPLES");
    FILE *file = fopen(argv[2], "rb");
    double *p = malloc(n * sizeof *p);
    uint8_t *outcome = malloc(n);
    wb_metrics_options options = WB_METRICS_OPTIONS_INIT;
    if (file == NULL || p == NULL || outcome == NULL || fread(p, sizeof *p, n, file) != n || fseek(file, -(long)n, SEEK_END) != 0 ||
        fread(outcome, 1, n, file) != n)
        fail("cannot read the scores");
    fclose(file);
    const wb_outcomes rows = {p, outcome, NULL, NULL, n};
    options.n_threads = atoi(argv[4]);
    if (argc == 5)
        time_figures(&rows, &options);
    else
        time_bootstrap(&rows, &options, strtoul(argv[5], NULL, 10));
    free(p);
    free(outcome);
    return EXIT_SUCCESS;
}
