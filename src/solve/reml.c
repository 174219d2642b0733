/* SPDX-License-Identifier: GPL-3.0-or-later */
/* With H and g Hessian and gradient of the mean loss at b0, S = sum of lambda_k S_k, A = H + S and N rows, the penalised
 * quadratic is least at b = b0 - A^-1 (g + S b0), and
 *   value = -N (quadratic at b + b'Sb / 2) + (log|S|+ - log|A|) / 2,
 *   d value / d log lambda_k = (rank_k - tr(A^-1 lambda_k S_k) - N lambda_k b'S_k b) / 2,
 * for tr(S^- lambda_k S_k) is the rank where ranks add up. H does not depend on lambda here; where b is b0, the zero of
 * these derivatives is the fixed point of the generalised Fellner-Schall update (Wood and Fasiolo 2017). */
#include "solve/reml.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"

wb_status wbi_reml_init(wbi_reml *out, const wbi_reml_block *blocks, size_t n_blocks, size_t n, wb_error *err)
{
    size_t n_products = 0, n_pull = 0;
    for (size_t k = 0; k < n_blocks; k++) {
        n_products += n * blocks[k].n;
        n_pull += blocks[k].n;
    }
    *out = (wbi_reml){.n = n,
                      .n_blocks = n_blocks,
                      .blocks = blocks,
                      .information = wbi_alloc_zeroed(n, n * sizeof(double)),
                      .gradient = wbi_alloc_zeroed(n, sizeof(double)),
                      .origin = wbi_alloc_zeroed(n, sizeof(double)),
                      .beta = wbi_alloc_zeroed(n, sizeof(double)),
                      .score = wbi_alloc_zeroed(n_blocks, sizeof(double)),
                      .square = wbi_alloc_zeroed(n_blocks, sizeof(double)),
                      .trace = wbi_alloc_zeroed(n_blocks, sizeof(double)),
                      .curvature = wbi_alloc_zeroed(n_blocks, n_blocks * sizeof(double)),
                      .freedom = wbi_alloc_zeroed(n, sizeof(double)),
                      .inverse = wbi_alloc_zeroed(n, n * sizeof(double)),
                      .products = wbi_alloc_zeroed(n_products, sizeof(double)),
                      .pull = wbi_alloc_zeroed(n_pull, sizeof(double)),
                      .shift = wbi_alloc_zeroed(n, sizeof(double))};
    if (out->information == NULL || out->gradient == NULL || out->origin == NULL || out->beta == NULL ||
        out->score == NULL || out->square == NULL || out->trace == NULL || out->curvature == NULL ||
        out->freedom == NULL || out->inverse == NULL || out->products == NULL || out->pull == NULL ||
        out->shift == NULL)
        return wbi_fail_nomem(err, n_products * sizeof(double));
    return WB_OK;
}

void wbi_reml_clear(wbi_reml *reml)
{
    wbi_free(reml->information);
    wbi_free(reml->gradient);
    wbi_free(reml->origin);
    wbi_free(reml->beta);
    wbi_free(reml->score);
    wbi_free(reml->square);
    wbi_free(reml->trace);
    wbi_free(reml->curvature);
    wbi_free(reml->freedom);
    wbi_free(reml->inverse);
    wbi_free(reml->products);
    wbi_free(reml->pull);
    wbi_free(reml->shift);
    *reml = (wbi_reml){0};
}

static double entry(const wbi_reml_block *block, size_t j, size_t k)
{
    return block->matrix == NULL ? j == k : block->matrix[j * block->n + k];
}

/* pull = lambda matrix at (a block's columns of) b. */
static void find_pull(double *pull, const wbi_reml_block *block, double lambda, const double *b)
{
    for (size_t j = 0; j < block->n; j++) {
        pull[j] = 0;
        if (block->matrix == NULL)
            pull[j] = lambda * b[block->columns[j]];
        for (size_t k = 0; block->matrix != NULL && k < block->n; k++)
            pull[j] += lambda * block->matrix[j * block->n + k] * b[block->columns[k]];
    }
}

/* The lower triangle of A, in `inverse`; and g + S b0, in `shift`. */
static void penalise(wbi_reml *reml, const double *log_lambda)
{
    const size_t n = reml->n;
    memcpy(reml->inverse, reml->information, n * n * sizeof *reml->inverse);
    memcpy(reml->shift, reml->gradient, n * sizeof *reml->shift);
    for (size_t b = 0; b < reml->n_blocks; b++) {
        const wbi_reml_block *block = &reml->blocks[b];
        const double lambda = exp(log_lambda[b]);
        find_pull(reml->pull, block, lambda, reml->origin);
        for (size_t j = 0; j < block->n; j++) {
            reml->shift[block->columns[j]] += reml->pull[j];
            for (size_t k = block->matrix == NULL ? j : 0; k <= j; k++)
                reml->inverse[block->columns[j] * n + block->columns[k]] += lambda * entry(block, j, k);
        }
    }
}

/* A^-1, whole, log|A|, and `beta`. */
static bool solve(wbi_reml *reml, double *log_determinant)
{
    const size_t n = reml->n;
    gsl_matrix_view a = gsl_matrix_view_array(reml->inverse, n, n);
    gsl_vector_view shift = gsl_vector_view_array(reml->shift, n);
    if (gsl_linalg_cholesky_decomp1(&a.matrix) != GSL_SUCCESS ||
        gsl_linalg_cholesky_svx(&a.matrix, &shift.vector) != GSL_SUCCESS)
        return false;
    *log_determinant = 0;
    for (size_t j = 0; j < n; j++) {
        *log_determinant += 2 * log(reml->inverse[j * n + j]);
        reml->beta[j] = reml->origin[j] - reml->shift[j];
    }
    return gsl_linalg_cholesky_invert(&a.matrix) == GSL_SUCCESS && isfinite(*log_determinant);
}

/* The loss's quadratic, from its value at b0. */
static double loss_change(const wbi_reml *reml)
{
    double change = 0;
    for (size_t j = 0; j < reml->n; j++) {
        double row = reml->information[j * reml->n + j] * reml->shift[j] / 2;
        for (size_t k = 0; k < j; k++)
            row += reml->information[j * reml->n + k] * reml->shift[k];
        change += reml->shift[j] * (row - reml->gradient[j]); /* b - b0 is -shift */
    }
    return change;
}

static void multiply(double *product, const wbi_reml *reml, const wbi_reml_block *block, double lambda)
{
    for (size_t i = 0; i < reml->n; i++) {
        const double *inverse = reml->inverse + i * reml->n;
        double *row = product + i * block->n;
        for (size_t j = 0; j < block->n; j++)
            row[j] = block->matrix == NULL ? lambda * inverse[block->columns[j]] : 0;
        for (size_t k = 0; block->matrix != NULL && k < block->n; k++) {
            const double share = lambda * inverse[block->columns[k]];
            for (size_t j = 0; j < block->n; j++)
                row[j] += share * block->matrix[k * block->n + j];
        }
    }
}

/* Where the next block's products and pulls begin. */
typedef struct place {
    double *product, *pull;
} place;

static place first_place(const wbi_reml *reml)
{
    return (place){reml->products, reml->pull};
}

static place next_place(place at, const wbi_reml *reml, const wbi_reml_block *block)
{
    return (place){at.product + reml->n * block->n, at.pull + block->n};
}

static void find_scores(wbi_reml *reml, const double *log_lambda, double log_determinant)
{
    double value = -reml->n_rows * loss_change(reml) - log_determinant / 2;
    place at = first_place(reml);
    for (size_t j = 0; j < reml->n; j++)
        reml->freedom[j] = 1;
    for (size_t b = 0; b < reml->n_blocks; at = next_place(at, reml, &reml->blocks[b++])) {
        const wbi_reml_block *block = &reml->blocks[b];
        const double lambda = exp(log_lambda[b]);
        multiply(at.product, reml, block, lambda);
        find_pull(at.pull, block, lambda, reml->beta);
        reml->trace[b] = reml->square[b] = 0;
        for (size_t j = 0; j < block->n; j++) {
            const double part = at.product[block->columns[j] * block->n + j];
            reml->trace[b] += part;
            reml->freedom[block->columns[j]] -= part;
            reml->square[b] += reml->n_rows * at.pull[j] * reml->beta[block->columns[j]];
        }
        reml->score[b] = ((double)block->rank - reml->trace[b] - reml->square[b]) / 2;
        value += ((double)block->rank * log_lambda[b] - reml->square[b]) / 2;
    }
    reml->value = value;
}

/* tr(A^-1 lambda_a S_a A^-1 lambda_b S_b) / 2 + N (lambda_a S_a b)' A^-1 (lambda_b S_b b) */
static double cross_derivative(const wbi_reml *reml, size_t a, place at_a, size_t b, place at_b)
{
    const wbi_reml_block *left = &reml->blocks[a], *right = &reml->blocks[b];
    double traces = 0, pulls = 0;
    for (size_t j = 0; j < left->n; j++) {
        const double *row = at_b.product + left->columns[j] * right->n;
        double moved = 0;
        for (size_t i = 0; i < right->n; i++) {
            traces += at_a.product[right->columns[i] * left->n + j] * row[i];
            moved += row[i] * reml->beta[right->columns[i]];
        }
        pulls += at_a.pull[j] * moved;
    }
    return traces / 2 + reml->n_rows * pulls;
}

static void find_curvature(wbi_reml *reml)
{
    const size_t m = reml->n_blocks;
    place left = first_place(reml);
    for (size_t a = 0; a < m; left = next_place(left, reml, &reml->blocks[a++])) {
        place right = first_place(reml);
        for (size_t b = 0; b <= a; right = next_place(right, reml, &reml->blocks[b++]))
            reml->curvature[a * m + b] = reml->curvature[b * m + a] = cross_derivative(reml, a, left, b, right);
        reml->curvature[a * m + a] -= (reml->trace[a] + reml->square[a]) / 2;
    }
}

bool wbi_reml_evaluate(wbi_reml *reml, const double *log_lambda)
{
    double log_determinant;
    penalise(reml, log_lambda);
    if (!solve(reml, &log_determinant))
        return false;
    find_scores(reml, log_lambda, log_determinant);
    find_curvature(reml);
    return true;
}
