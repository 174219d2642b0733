/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/penalty.h"

#include <stdbool.h>

#include "base/memory.h"

void wbi_penalties_clear(wbi_penalties *penalties)
{
    wbi_free(penalties->of);
    wbi_free(penalties->matrices);
    *penalties = (wbi_penalties){0};
}

/* From coefficients per unit to those per standard deviation. */
static void standardise(double *matrix, const wbi_basis_column *columns, size_t n)
{
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < n; k++)
            matrix[j * n + k] /= columns[j].sd * columns[k].sd;
}

/* The two of the term whose columns begin with `column`. */
static void add_term(wbi_penalties *out, double *room, const wbi_basis *basis, size_t column, size_t n)
{
    const size_t term = basis->columns[column].term, rank[2] = {n - 1, 1};
    basis->terms[term]->kind->penalties(room, room + n * n, basis->terms[term]);
    for (size_t k = 0; k < 2; k++, room += n * n) {
        standardise(room, basis->columns + column, n);
        out->of[out->n++] =
            (wbi_penalty){.term = term, .begin = 1 + column, .n = n, .rank = rank[k], .matrix = room, .lambda = 1};
    }
}

wb_status wbi_penalties_find(wbi_penalties *out, const wbi_basis *basis, wb_error *err)
{
    size_t n_cells = 0, used = 0;
    *out = (wbi_penalties){0};
    for (size_t t = 0; t < basis->n_terms; t++) {
        const size_t n = wbi_term_n_penalised(basis->terms[t]);
        n_cells += 2 * n * n;
    }
    out->of = wbi_alloc_array(basis->n_terms, 2 * sizeof *out->of);
    out->matrices = wbi_alloc_array(n_cells, sizeof *out->matrices);
    if (out->of == NULL || out->matrices == NULL)
        return wbi_fail_nomem(err, n_cells * sizeof *out->matrices);
    for (size_t j = 0; j < basis->n_columns; j++) {
        const size_t n = wbi_term_n_penalised(basis->terms[basis->columns[j].term]);
        if (n == 0 || basis->columns[j].part > 0)
            continue;
        add_term(out, out->matrices + used, basis, j, n);
        used += 2 * n * n;
    }
    return WB_OK;
}

/* A straight line has large coefficients and next to no bend: under a large lambda what differences lose to rounding would
 * be noise that no step could get below. */
static long double row_product(const wbi_penalty *of, size_t j, const double *beta)
{
    long double sum = 0;
    for (size_t k = 0; k < of->n; k++)
        sum += (long double)of->matrix[j * of->n + k] * beta[of->begin + k];
    return sum;
}

double wbi_penalty_square(const wbi_penalty *penalty, const double *beta)
{
    long double sum = 0;
    for (size_t j = 0; j < penalty->n; j++)
        sum += beta[penalty->begin + j] * row_product(penalty, j, beta);
    return (double)sum;
}

double wbi_penalties_value(const wbi_penalties *penalties, const double *beta)
{
    double sum = 0;
    for (size_t p = 0; penalties != NULL && p < penalties->n; p++)
        sum += penalties->of[p].lambda / 2 * wbi_penalty_square(&penalties->of[p], beta);
    return sum;
}

static bool held(const uint8_t *hold, size_t j)
{
    return hold != NULL && hold[j] != 0;
}

void wbi_penalties_add_gradient(double *gradient, const wbi_penalties *penalties, const double *beta,
                                const uint8_t *hold)
{
    for (size_t p = 0; penalties != NULL && p < penalties->n; p++) {
        const wbi_penalty *of = &penalties->of[p];
        for (size_t j = 0; j < of->n; j++)
            if (!held(hold, of->begin + j))
                gradient[of->begin + j] += (double)(of->lambda * row_product(of, j, beta));
    }
}

void wbi_penalties_add_hessian(double *hessian, size_t n, const wbi_penalties *penalties, const uint8_t *hold)
{
    for (size_t p = 0; penalties != NULL && p < penalties->n; p++) {
        const wbi_penalty *of = &penalties->of[p];
        for (size_t j = 0; j < of->n; j++)
            for (size_t k = 0; k <= j; k++)
                if (!held(hold, of->begin + j) && !held(hold, of->begin + k))
                    hessian[(of->begin + j) * n + of->begin + k] += of->lambda * of->matrix[j * of->n + k];
    }
}
