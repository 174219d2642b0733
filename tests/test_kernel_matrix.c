/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernels over a matrix of the caller's, against what its standardised numbers give by hand. */
#include "test_util.h"

#include "base/memory.h"
#include "kernel/kernel.h"
#include "kernel_testing.h"

typedef struct fixture {
    wbi_matrix_rows rows;
    wbi_kernel_scale scale;
    double *x, *scales, *beta, *weight;
    uint8_t *outcome;
} fixture;

static fixture make(size_t n_rows, size_t n_columns)
{
    fixture f = {.x = wbi_alloc_array(n_rows * n_columns, sizeof(double)),
                 .scales = wbi_alloc_array(2 * n_columns, sizeof(double)),
                 .beta = wbi_alloc_array(1 + n_columns, sizeof(double)),
                 .weight = wbi_alloc_array(n_rows, sizeof(double)),
                 .outcome = wbi_alloc_array(n_rows, 1)};
    for (size_t k = 0; k < n_rows * n_columns; k++)
        f.x[k] = 1e6 * (double)(k % n_columns % 2) + number(k);
    for (size_t j = 0; j < n_columns; j++) {
        f.scales[j] = 1e6 * (double)(j % 2) + 0.1 * number(j);
        f.scales[n_columns + j] = j % 5 == 3 ? 0 : 1 + number(3 * j);
    }
    for (size_t j = 0; j <= n_columns; j++)
        f.beta[j] = number(11 * j + 1);
    for (size_t i = 0; i < n_rows; i++) {
        f.weight[i] = 0.5 + fabs(number(i));
        f.outcome[i] = number(3 * i) > 0;
    }
    f.rows = (wbi_matrix_rows){f.x, n_columns, n_rows, n_columns};
    f.scale = (wbi_kernel_scale){f.scales, f.scales + n_columns};
    return f;
}

static void drop(fixture *f)
{
    wbi_free(f->x);
    wbi_free(f->scales);
    wbi_free(f->beta);
    wbi_free(f->weight);
    wbi_free(f->outcome);
}

/* The standardised number, behind an intercept. */
static double standardised(const fixture *f, size_t i, size_t j)
{
    return j == 0 ? 1 : (f->x[i * f->rows.stride + j - 1] - f->scale.mean[j - 1]) * f->scale.inverse_sd[j - 1];
}

static double eta_of(const fixture *f, size_t i)
{
    double sum = 0;
    for (size_t j = 0; j <= f->rows.n_columns; j++)
        sum += standardised(f, i, j) * f->beta[j];
    return sum;
}

/* Nothing is read or written behind the last number, nor is a row's result another in another call. */
static void check_steps(const wbi_kernels *kernels, size_t n_rows, size_t n_columns)
{
    fixture f = make(n_rows, n_columns);
    const size_t n = 1 + n_columns;
    double *sums = wbi_alloc_zeroed(n, sizeof *sums), *eta = wbi_alloc_array(n_rows + 1, sizeof *eta), alone;
    for (size_t i = 0; i < n_rows; i++)
        f.weight[i] = number(5 * i + 2); /* a residual's, of either sign */
    eta[n_rows] = -99;
    kernels->matrix_eta(eta, &f.rows, &f.scale, f.beta);
    kernels->matrix_gradient(sums, &f.rows, &f.scale, f.weight);
    kernels->matrix_gradient(sums, &f.rows, &f.scale, f.weight);
    assert_true(eta[n_rows] == -99);
    for (size_t j = 0; j < n; j++) {
        double sum = 0;
        for (size_t i = 0; i < n_rows; i++)
            sum += f.weight[i] * standardised(&f, i, j);
        assert_close(sums[j], 2 * sum, 1e-12);
    }
    for (size_t i = 0; i < n_rows; i++) {
        const wbi_matrix_rows row = {f.x + i * n_columns, n_columns, 1, n_columns};
        assert_close(eta[i], eta_of(&f, i), 1e-12);
        kernels->matrix_eta(&alone, &row, &f.scale, f.beta);
        assert_true(alone == eta[i]);
    }
    wbi_free(sums);
    wbi_free(eta);
    drop(&f);
}

/* All at once is what one finds by hand, and a row's curvature does not depend on the call. */
static void check_loss(const wbi_kernels *kernels, size_t n_rows, size_t n_columns, bool weighted)
{
    fixture f = make(n_rows, n_columns);
    const size_t n = 1 + n_columns;
    const double *weight = weighted ? f.weight : NULL;
    double *sums = wbi_alloc_zeroed(2 * n, sizeof *sums), *gradient = sums + n, loss = 0, alone;
    double *v = wbi_alloc_array(n_rows + 1, sizeof *v);
    v[n_rows] = -99;
    const double found = kernels->matrix_loss(sums, v, &f.rows, &f.scale, f.beta, f.outcome, weight);
    assert_true(v[n_rows] == -99);
    for (size_t i = 0; i < n_rows; i++) {
        const double w = weighted ? f.weight[i] : 1, eta = eta_of(&f, i);
        const double p = 1 / (1 + exp(-eta));
        loss += w * (log1p(exp(eta)) - f.outcome[i] * eta);
        for (size_t j = 0; j < n; j++)
            gradient[j] += w * (p - f.outcome[i]) * standardised(&f, i, j);
        assert_close(v[i], w * p * (1 - p), 1e-11);
        const wbi_matrix_rows row = {f.x + i * n_columns, n_columns, 1, n_columns};
        double of_row[128] = {0};
        kernels->matrix_loss(of_row, &alone, &row, &f.scale, f.beta, f.outcome + i, weighted ? f.weight + i : NULL);
        assert_true(alone == v[i]);
    }
    assert_close(found, loss, 1e-12);
    for (size_t j = 0; j < n; j++)
        assert_close(sums[j], gradient[j], 1e-11);
    wbi_free(sums);
    wbi_free(v);
    drop(&f);
}

static void steps_and_losses(void **state)
{
    (void)state;
    static const size_t columns[] = {1, 2, 3, 4, 5, 7, 8, 9, 30, 31, 64, 65, 100}, rows[] = {1, 2, 3, 7, 8, 31, 33, 127, 128, 300};
    for (size_t s = 0; wbi_kernels_at(s) != NULL; s++)
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
            for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
                check_steps(wbi_kernels_at(s), rows[r], columns[c]);
                check_loss(wbi_kernels_at(s), rows[r], columns[c], false);
                check_loss(wbi_kernels_at(s), rows[r], columns[c], true);
            }
}

static void check_crossproduct(const wbi_kernels *kernels, size_t n_rows, size_t n_columns)
{
    fixture f = make(n_rows, n_columns);
    const size_t n = 1 + n_columns;
    double *sums = wbi_alloc_zeroed(n * n, sizeof *sums);
    f.weight[0] = -1;
    kernels->matrix_crossproduct(sums, &f.rows, &f.scale, f.weight);
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < n; k++) {
            double sum = 0;
            for (size_t i = 0; k <= j && i < n_rows; i++)
                sum += f.weight[i] * standardised(&f, i, j) * standardised(&f, i, k);
            assert_close(sums[j * n + k], sum, 1e-11);
        }
    wbi_free(sums);
    drop(&f);
}

static void crossproducts(void **state)
{
    (void)state;
    static const size_t columns[] = {1, 3, 7, 8, 30, 63}, rows[] = {1, 31, 32, 33, 300};
    for (size_t s = 0; wbi_kernels_at(s) != NULL; s++)
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
            for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
                check_crossproduct(wbi_kernels_at(s), rows[r], columns[c]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(steps_and_losses), cmocka_unit_test(crossproducts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
