/* SPDX-License-Identifier: GPL-3.0-or-later */
/* micro [RUNS]: prints, for each part of the program and for what one would use otherwise,
 *
 *     {"name": "micro", "contender": "…", "wall_s": {"median": …, "min": …, "max": …}, "spread": …, "rate": …, "unit": "…", "runs": …}
 *
 * The times are those of one pass over the same made-up work on every machine, of 15 or RUNS, a fifth as many going before to warm
 * up; spread is (max - min) / median, and rate is that of the median. */
#include "micro.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { N_RUNS_LIMIT = 1000, ALIGNMENT = 64 };

static int n_runs = 15;

void micro_fail(const char *what)
{
    fprintf(stderr, "micro: %s\n", what);
    exit(EXIT_FAILURE);
}

void *micro_alloc(size_t n_bytes)
{
    void *memory = aligned_alloc(ALIGNMENT, (n_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    if (memory == NULL)
        micro_fail("out of memory");
    return memory;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int ascending(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

void micro_measure(const micro_work *work)
{
    double seconds[N_RUNS_LIMIT];
    for (int run = -n_runs / 5; run < n_runs; run++) {
        const double start_s = now_s();
        work->pass(work->of);
        if (run >= 0)
            seconds[run] = now_s() - start_s;
    }
    qsort(seconds, (size_t)n_runs, sizeof *seconds, ascending);
    const double median = seconds[n_runs / 2], low = seconds[0], high = seconds[n_runs - 1], n = (double)work->n;
    printf("{\"name\": \"micro\", \"contender\": \"%s\", \"wall_s\": {\"median\": %.7f, \"min\": %.7f, \"max\": %.7f}, "
           "\"spread\": %.3f, \"rate\": %.3g, \"unit\": \"%s%s\", \"runs\": %d}\n",
           work->contender, median, low, high, (high - low) / median, work->item == NULL ? n / median / 1e9 : median / n * 1e9,
           work->item == NULL ? "GB/s" : "ns a ", work->item == NULL ? "" : work->item, n_runs);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        n_runs = atoi(argv[1]);
    if (argc > 2 || n_runs < 1 || n_runs > N_RUNS_LIMIT)
        micro_fail("usage: micro [RUNS], from 1 to 1000");
    measure_kernels();
    measure_cells();
    measure_numbers();
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
