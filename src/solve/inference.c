/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "solve/inference.h"

#include <float.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "par/par.h"
#include "solve/linear.h"

static double *square(size_t n)
{
    return wbi_alloc_array(n, n * sizeof(double));
}

/* matrix^-1 in place, whole; false when it is not positive definite to working precision. */
static bool invert(double *matrix, size_t n)
{
    gsl_matrix_view a = gsl_matrix_view_array(matrix, n, n);
    if (gsl_linalg_cholesky_decomp1(&a.matrix) != GSL_SUCCESS || gsl_linalg_cholesky_invert(&a.matrix) != GSL_SUCCESS)
        return false;
    for (size_t i = 0; i < n * n; i++)
        if (!isfinite(matrix[i]))
            return false;
    return true;
}

/* out = inverse * middle * inverse; of both the lower triangle counts. `room` is n x n. */
static void sandwich(double *out, const double *inverse, const double *middle, double *room, size_t n)
{
    gsl_matrix_view product = gsl_matrix_view_array(room, n, n), whole = gsl_matrix_view_array(out, n, n);
    gsl_matrix_const_view a = gsl_matrix_const_view_array(inverse, n, n), b = gsl_matrix_const_view_array(middle, n, n);
    gsl_blas_dsymm(CblasLeft, CblasLower, 1, &b.matrix, &a.matrix, 0, &product.matrix);
    gsl_blas_dsymm(CblasLeft, CblasLower, 1, &a.matrix, &product.matrix, 0, &whole.matrix);
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < j; k++)
            out[k * n + j] = out[j * n + k];
}

wb_status wbi_covariance(double *out, bool *definite, const wbi_optimum *at, wb_error *err)
{
    const size_t n = at->n;
    const double n_rows = (double)at->n_rows;
    double *inverse = square(n), *middle = square(n), *room = square(n);
    wb_status status = WB_OK;
    if (inverse == NULL || middle == NULL || room == NULL) {
        status = wbi_fail_nomem(err, n * n * sizeof(double));
        goto cleanup;
    }
    memcpy(inverse, at->information, n * n * sizeof *inverse);
    for (size_t j = 0; j < n; j++)
        inverse[j * n + j] += at->ridge[j];
    wbi_penalties_add_hessian(inverse, n, at->terms, NULL);
    *definite = invert(inverse, n);
    if (!*definite)
        goto cleanup;
    /* Per row: a weight of mean 1 is weight n_rows / W, so scores come to n_rows / W^2 each. */
    for (size_t i = 0; at->scores != NULL && i < n * n; i++)
        middle[i] = at->scores[i] * n_rows / at->total_weight / at->total_weight;
    for (size_t j = 0; at->scores != NULL && j < n; j++)
        middle[j * n + j] += at->ridge[j];
    if (at->scores != NULL)
        wbi_penalties_add_hessian(middle, n, at->terms, NULL);
    if (at->scores != NULL)
        sandwich(out, inverse, middle, room, n);
    else
        memcpy(out, inverse, n * n * sizeof *out);
    for (size_t i = 0; i < n * n; i++)
        out[i] /= n_rows;
cleanup:
    wbi_free(inverse);
    wbi_free(middle);
    wbi_free(room);
    return status;
}

/* ---- scores by customer ---- */

enum { GROUP = 256 }; /* customers whose scores are summed at a time */

typedef struct scoring {
    const wbi_likelihood *likelihood;
    const double *beta;
    const size_t *first; /* row of each customer, and behind the last */
    size_t stride;
    double *scores, *scratch; /* GROUP rows of `stride` a worker */
    double ones[GROUP];
} scoring;

static wb_status add_scores(void *context, size_t block, size_t begin, size_t end, int worker, double *partial,
                            wb_error *err)
{
    (void)block;
    const scoring *work = context;
    const size_t n = work->likelihood->design->n_columns, room = GROUP * work->stride;
    double *scores = work->scores + (size_t)worker * room;
    wbi_matrix_rows rows = {scores, work->stride, end - begin, n};
    memset(scores, 0, room * sizeof *scores);
    for (size_t c = begin; c < end; c++)
        WBI_TRY(wbi_likelihood_score(work->likelihood, scores + (c - begin) * work->stride, work->beta, work->first[c],
                                     work->first[c + 1], worker, err));
    if (n <= WBI_KERNEL_FUSED_COLUMNS)
        work->likelihood->kernels->crossproduct(partial, &rows, work->ones);
    else
        wbi_blas_crossproduct(partial, &rows, work->ones, work->scratch + (size_t)worker * room);
    return WB_OK;
}

static size_t *find_customers(const uint32_t *customer, size_t n_rows, size_t *n_customers)
{
    size_t n = n_rows > 0;
    for (size_t i = 1; i < n_rows; i++)
        n += customer[i] != customer[i - 1];
    *n_customers = n;
    size_t *first = wbi_alloc_array(n + 1, sizeof *first);
    if (first == NULL)
        return NULL;
    first[n] = n_rows;
    for (size_t i = n_rows; i-- > 0;)
        if (i == 0 || customer[i] != customer[i - 1])
            first[--n] = i;
    return first;
}

wb_status wbi_customer_scores(double *out, const wbi_likelihood *likelihood, const double *beta,
                              const uint32_t *customer, wb_error *err)
{
    const wbi_design *design = likelihood->design;
    const size_t n = design->n_columns;
    size_t n_customers;
    scoring work = {.likelihood = likelihood,
                    .beta = beta,
                    .first = find_customers(customer, design->n_rows, &n_customers),
                    .stride = (n + WBI_KERNEL_PAD - 1) / WBI_KERNEL_PAD * WBI_KERNEL_PAD};
    const size_t room = (size_t)design->n_threads * GROUP * work.stride;
    work.scores = wbi_alloc_aligned(room, sizeof *work.scores);
    work.scratch = wbi_alloc_aligned(n > WBI_KERNEL_FUSED_COLUMNS ? room : WBI_KERNEL_PAD, sizeof *work.scratch);
    for (size_t i = 0; i < GROUP; i++)
        work.ones[i] = 1;
    wb_status status = work.first == NULL || work.scores == NULL || work.scratch == NULL
                           ? wbi_fail_nomem(err, room * sizeof *work.scores)
                           : wbi_par_sum(n_customers, GROUP, design->n_threads, n * n, add_scores, &work, out, err);
    wbi_free((void *)work.first);
    wbi_free(work.scores);
    wbi_free(work.scratch);
    return status;
}

/* ---- collinearity ---- */

/* The matrix scaled to unit diagonal, lower triangle. */
static double *scale_to_unit(const double *matrix, size_t n)
{
    double *out = square(n);
    for (size_t j = 0; out != NULL && j < n; j++)
        for (size_t k = 0; k <= j; k++)
            out[j * n + k] = k == j ? 1 : matrix[j * n + k] / sqrt(matrix[j * n + j]) / sqrt(matrix[k * n + k]);
    return out;
}

wb_status wbi_condition_number(double *condition, const double *matrix, size_t n, wb_error *err)
{
    double *scaled = scale_to_unit(matrix, n), *values = wbi_alloc_array(n, 3 * sizeof *values);
    wb_status status = WB_OK;
    if (scaled == NULL || values == NULL) {
        status = wbi_fail_nomem(err, n * n * sizeof *scaled);
        goto cleanup;
    }
    gsl_matrix_view a = gsl_matrix_view_array(scaled, n, n);
    gsl_vector_view eigenvalues = gsl_vector_view_array(values, n);
    gsl_eigen_symm_workspace room = {n, values + n, values + 2 * n};
    *condition = INFINITY;
    for (size_t i = 0; i < n * n; i += n + 1)
        if (!isfinite(sqrt(1 / matrix[i])))
            goto cleanup;
    if (gsl_eigen_symm(&a.matrix, &eigenvalues.vector, &room) != GSL_SUCCESS)
        goto cleanup;
    double least = values[0], largest = values[0];
    for (size_t j = 1; j < n; j++) {
        least = fmin(least, values[j]);
        largest = fmax(largest, values[j]);
    }
    if (least > (double)n * DBL_EPSILON * largest)
        *condition = largest / least;
cleanup:
    wbi_free(scaled);
    wbi_free(values);
    return status;
}

/* vif = INFINITY for the column `j` that those before it determine, and for those that it takes for that: the factor's row
 * holds L, so their shares solve L' share = row. `share` is room. */
static void mark_determined(double *vif, double *share, const double *factor, const uint8_t *aliased, size_t j, size_t n)
{
    static const double small = 1e-7; /* of a column of unit length */
    memcpy(share, factor + j * n, j * sizeof *share);
    vif[j] = INFINITY;
    for (size_t k = j; k-- > 0;) {
        if (aliased[k])
            continue;
        share[k] /= factor[k * n + k];
        if (fabs(share[k]) > small)
            vif[k] = INFINITY;
        for (size_t i = 0; i < k; i++)
            share[i] -= share[k] * factor[k * n + i];
    }
}

/* Keeps the rows and columns that are not aliased; returns how many. */
static size_t keep_free(double *matrix, const uint8_t *aliased, size_t n)
{
    size_t n_free = 0, at = 0;
    for (size_t j = 0; j < n; j++)
        n_free += !aliased[j];
    for (size_t j = 0; j < n; j++) {
        if (aliased[j])
            continue;
        for (size_t k = 0; k < n; k++)
            if (!aliased[k])
                matrix[at++] = matrix[j * n + k];
    }
    return n_free;
}

wb_status wbi_variance_inflation(double *vif, const double *crossproduct, size_t n, wb_error *err)
{
    double *scaled = scale_to_unit(crossproduct, n), *factor = square(n), *share = wbi_alloc_array(n, sizeof *share);
    uint8_t *aliased = wbi_alloc_zeroed(n, 1);
    wb_status status = WB_OK;
    if (scaled == NULL || factor == NULL || share == NULL || aliased == NULL) {
        status = wbi_fail_nomem(err, n * n * sizeof *scaled);
        goto cleanup;
    }
    memcpy(factor, scaled, n * n * sizeof *factor);
    wbi_find_aliased(aliased, factor, n);
    for (size_t j = 0; j < n; j++)
        vif[j] = 0;
    for (size_t j = 0; j < n; j++)
        if (aliased[j])
            mark_determined(vif, share, factor, aliased, j, n);
    size_t n_free = keep_free(scaled, aliased, n), at = 0;
    bool definite = invert(scaled, n_free);
    for (size_t j = 0; j < n; j++) {
        if (aliased[j])
            continue;
        vif[j] = fmax(vif[j], definite ? scaled[at * n_free + at] : INFINITY);
        at++;
    }
cleanup:
    wbi_free(scaled);
    wbi_free(factor);
    wbi_free(share);
    wbi_free(aliased);
    return status;
}

/* ---- tests ---- */

wb_status wbi_wald(double *chi_square, const double *beta, const double *covariance, size_t n, size_t begin, size_t end,
                   wb_error *err)
{
    const size_t m = end - begin;
    double *block = square(m), *solution = wbi_alloc_array(m, sizeof *solution);
    wb_status status = WB_OK;
    *chi_square = NAN;
    if (block == NULL || solution == NULL)
        status = wbi_fail_nomem(err, m * m * sizeof *block);
    for (size_t j = 0; status == WB_OK && j < m; j++)
        memcpy(block + j * m, covariance + (begin + j) * n + begin, m * sizeof *block);
    if (status == WB_OK && wbi_solve_positive(solution, block, beta + begin, m)) {
        *chi_square = 0;
        for (size_t j = 0; j < m; j++)
            *chi_square += beta[begin + j] * solution[j];
    }
    wbi_free(block);
    wbi_free(solution);
    return status;
}

/* z = L'b and m = L' V L, L the Cholesky factor of the information's block; false where it is not definite. m and factor are
 * k x k. */
static bool to_predictions(double *z, double *m, double *factor, const double *beta, const double *information,
                           const double *covariance, size_t n, size_t begin, size_t k)
{
    for (size_t i = 0; i < k; i++) {
        z[i] = beta[begin + i];
        for (size_t j = 0; j < k; j++) {
            factor[i * k + j] = information[(begin + i) * n + begin + j];
            m[i * k + j] = covariance[(begin + i) * n + begin + j];
        }
    }
    gsl_matrix_view l = gsl_matrix_view_array(factor, k, k), v = gsl_matrix_view_array(m, k, k);
    gsl_vector_view b = gsl_vector_view_array(z, k);
    if (gsl_linalg_cholesky_decomp1(&l.matrix) != GSL_SUCCESS)
        return false;
    gsl_blas_dtrmv(CblasLower, CblasTrans, CblasNonUnit, &l.matrix, &b.vector);
    gsl_blas_dtrmm(CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, 1, &l.matrix, &v.matrix);
    gsl_blas_dtrmm(CblasLeft, CblasLower, CblasTrans, CblasNonUnit, 1, &l.matrix, &v.matrix);
    return true;
}

/* Sum over the `rank` largest eigenvalues d of m, with eigenvectors u, of (u'z)^2 / d. Destroys m. */
static double sum_largest(const double *z, gsl_matrix *m, gsl_eigen_symmv_workspace *room, gsl_vector *values,
                          gsl_matrix *vectors, size_t rank)
{
    double sum = 0;
    if (gsl_eigen_symmv(m, values, vectors, room) != GSL_SUCCESS)
        return NAN;
    gsl_eigen_symmv_sort(values, vectors, GSL_EIGEN_SORT_VAL_DESC);
    for (size_t e = 0; e < rank; e++) {
        double along = 0;
        for (size_t i = 0; i < m->size1; i++)
            along += gsl_matrix_get(vectors, i, e) * z[i];
        sum += along * along / gsl_vector_get(values, e);
    }
    return isfinite(sum) ? sum : NAN;
}

wb_status wbi_wald_of_rank(double *chi_square, const double *beta, const wbi_optimum *at, const double *covariance,
                           size_t begin, size_t end, size_t rank, wb_error *err)
{
    const size_t k = end - begin;
    double *m = square(k), *factor = square(k), *z = wbi_alloc_array(k, sizeof *z);
    gsl_eigen_symmv_workspace *room = gsl_eigen_symmv_alloc(k);
    gsl_vector *values = gsl_vector_alloc(k);
    gsl_matrix *vectors = gsl_matrix_alloc(k, k);
    wb_status status = WB_OK;
    *chi_square = NAN;
    if (m == NULL || factor == NULL || z == NULL || room == NULL || values == NULL || vectors == NULL) {
        status = wbi_fail_nomem(err, k * k * sizeof *m);
    } else if (to_predictions(z, m, factor, beta, at->information, covariance, at->n, begin, k)) {
        gsl_matrix_view view = gsl_matrix_view_array(m, k, k);
        *chi_square = sum_largest(z, &view.matrix, room, values, vectors, rank);
    }
    wbi_free(m);
    wbi_free(factor);
    wbi_free(z);
    if (room != NULL)
        gsl_eigen_symmv_free(room);
    gsl_vector_free(values);
    gsl_matrix_free(vectors);
    return status;
}

double wbi_chi_square_above(double chi_square, size_t degrees_of_freedom)
{
    return isnan(chi_square) ? NAN : gsl_cdf_chisq_Q(chi_square, (double)degrees_of_freedom);
}

double wbi_chi_square_limit(double above, size_t degrees_of_freedom)
{
    return gsl_cdf_chisq_Qinv(above, (double)degrees_of_freedom);
}
