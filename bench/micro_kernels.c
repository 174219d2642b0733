/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "micro.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "random.h"

enum { N_COLUMNS = 30, STRIDE = 32, N_ROWS = 1024, N_BLOCKS = 512 };

static const double TOLERANCE = 1e-12;

typedef struct scoring {
    const wbi_kernels *kernels; /* NULL: a plain loop with the C library's exp */
    wbi_matrix_rows rows;
    double *beta, *eta, *probability;
} scoring;

static void score_plainly(const scoring *s)
{
    for (size_t i = 0; i < s->rows.n_rows; i++) {
        const double *x = s->rows.x + i * s->rows.stride;
        double eta = 0;
        for (size_t j = 0; j < s->rows.n_columns; j++)
            eta += x[j] * s->beta[j];
        s->probability[i] = 1 / (1 + exp(-eta));
    }
}

static void score_block(const scoring *s)
{
    if (s->kernels == NULL) {
        score_plainly(s);
        return;
    }
    s->kernels->eta(s->eta, &s->rows, s->beta);
    s->kernels->sigmoid(s->probability, s->eta, s->rows.n_rows);
}

/* The same block again and again: rows in the cache. */
static void pass(void *of)
{
    for (int block = 0; block < N_BLOCKS; block++)
        score_block(of);
}

static void measure(const scoring *s, const char *name, const double *expected)
{
    char contender[80];
    snprintf(contender, sizeof contender, "dot + sigmoid of %d columns, %s", N_COLUMNS, name);
    score_block(s);
    for (size_t i = 0; i < N_ROWS; i++)
        if (!(fabs(s->probability[i] - expected[i]) <= TOLERANCE * expected[i]))
            micro_fail("a kernel's probability is another");
    micro_measure(&(micro_work){contender, pass, (void *)s, (size_t)N_ROWS * N_BLOCKS, "row"});
}

void measure_kernels(void)
{
    double *x = micro_alloc(N_ROWS * STRIDE * sizeof *x), *eta = micro_alloc(N_ROWS * sizeof *eta);
    double *probability = micro_alloc(N_ROWS * sizeof *probability), *expected = micro_alloc(N_ROWS * sizeof *expected);
    double *beta = micro_alloc(STRIDE * sizeof *beta);
    uint64_t state = 1;
    for (size_t i = 0; i < N_ROWS; i++)
        for (size_t j = 0; j < STRIDE; j++)
            x[i * STRIDE + j] = j < N_COLUMNS ? normal(&state) : 0;
    for (size_t j = 0; j < STRIDE; j++)
        beta[j] = j < N_COLUMNS ? 0.2 * normal(&state) : 0;
    scoring s = {NULL, {x, STRIDE, N_ROWS, N_COLUMNS}, beta, eta, probability};
    score_plainly(&s);
    memcpy(expected, probability, N_ROWS * sizeof *expected);
    const wbi_kernels *sets[] = {wbi_kernels_best(), &wbi_kernels_portable, NULL};
    for (size_t k = sets[0] == sets[1]; k < 3; k++) {
        s.kernels = sets[k];
        measure(&s, sets[k] == NULL ? "plain loop and exp" : sets[k]->name, expected);
    }
    free(x);
    free(eta);
    free(probability);
    free(expected);
    free(beta);
}
