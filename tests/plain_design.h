/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small problem for tests of solvers, over a design as naive as can be. */
#ifndef WINBACK_TEST_PLAIN_DESIGN_H
#define WINBACK_TEST_PLAIN_DESIGN_H

#include <math.h>

#include "solve/newton.h"

#define PLAIN_FUNCTION __attribute__((unused)) static

enum { MAX_ROWS = 700, MAX_COLUMNS = 90, MAX_THREADS = 4 };

/* A design of plain rows: the second storage behind the same three operations, and as naive as can be. */
typedef struct plain {
    wbi_design base;
    const double *x; /* n_rows x n_columns */
    size_t begin[MAX_THREADS], n[MAX_THREADS]; /* each worker's block */
    double reach[MAX_COLUMNS];
} plain;

static wb_status plain_load(const wbi_design *base, size_t begin, size_t end, int worker, wb_error *err)
{
    plain *design = (plain *)base;
    (void)err;
    design->begin[worker] = begin;
    design->n[worker] = end - begin;
    return WB_OK;
}

static const double *plain_row(const wbi_design *base, int worker, size_t i)
{
    const plain *design = (const plain *)base;
    return design->x + (design->begin[worker] + i) * base->n_columns;
}

static void plain_eta(const wbi_design *base, int worker, double *eta, const double *beta)
{
    for (size_t i = 0; i < ((const plain *)base)->n[worker]; i++) {
        eta[i] = 0;
        for (size_t j = 0; j < base->n_columns; j++)
            eta[i] += plain_row(base, worker, i)[j] * beta[j];
    }
}

static void plain_gradient(const wbi_design *base, int worker, double *sums, const double *residual)
{
    for (size_t i = 0; i < ((const plain *)base)->n[worker]; i++)
        for (size_t j = 0; j < base->n_columns; j++)
            sums[j] += residual[i] * plain_row(base, worker, i)[j];
}

static void plain_crossproduct(const wbi_design *base, int worker, double *sums, const double *v)
{
    for (size_t i = 0; i < ((const plain *)base)->n[worker]; i++) {
        const double *x = plain_row(base, worker, i);
        for (size_t j = 0; j < base->n_columns; j++)
            for (size_t k = 0; k <= j; k++)
                sums[j * base->n_columns + k] += v[i] * x[j] * x[k];
    }
}

/* |z|^2 with L z = x, by forward substitution. */
static void plain_squares(const wbi_design *base, int worker, double *squares, const double *factor, double *scratch)
{
    const size_t n = base->n_columns;
    for (size_t i = 0; i < ((const plain *)base)->n[worker]; i++) {
        squares[i] = 0;
        for (size_t j = 0; j < n; j++) {
            scratch[j] = plain_row(base, worker, i)[j];
            for (size_t k = 0; k < j; k++)
                scratch[j] -= factor[j * n + k] * scratch[k];
            scratch[j] /= factor[j * n + j];
            squares[i] += scratch[j] * scratch[j];
        }
    }
}

static const wbi_design_ops plain_ops = {plain_load, plain_eta, plain_gradient, NULL, plain_crossproduct, plain_squares, NULL};

/* Rows of random numbers in (-1, 1) behind an intercept, outcomes that follow from them. */
typedef struct fixture {
    plain design;
    double x[MAX_ROWS * MAX_COLUMNS], weight[MAX_ROWS], penalty[MAX_COLUMNS];
    uint8_t outcome[MAX_ROWS];
    wbi_problem problem;
} fixture;

PLAIN_FUNCTION double draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return 2 * ((double)(*state >> 11) * 0x1p-53) - 1;
}

PLAIN_FUNCTION void fill(fixture *f, size_t n_rows, size_t n_columns)
{
    uint64_t random = 17;
    for (size_t i = 0; i < n_rows; i++) {
        double eta = -0.5;
        for (size_t j = 0; j < n_columns; j++) {
            f->x[i * n_columns + j] = j == 0 ? 1 : draw(&random);
            eta += j == 0 ? 0 : f->x[i * n_columns + j] / (double)j;
        }
        f->weight[i] = 1.5 + draw(&random);
        f->outcome[i] = (draw(&random) + 1) / 2 < 1 / (1 + exp(-eta));
    }
    for (size_t j = 0; j < n_columns; j++)
        f->penalty[j] = j > 0;
    f->design = (plain){.base = {&plain_ops, n_rows, n_columns, 128, 2, f->design.reach}, .x = f->x};
    for (size_t i = 0; i < n_rows * n_columns; i++)
        f->design.reach[i % n_columns] = fmax(f->design.reach[i % n_columns], fabs(f->x[i]));
    f->problem = (wbi_problem){&f->design.base, f->outcome, f->weight, f->penalty, NULL};
}

#endif
