/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "solve/linear.h"

#include <float.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>

double wbi_dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += a[j] * b[j];
    return sum;
}

/* Of a Cholesky factor, whose rows have the squares of what was factorised on its diagonal: nothing but rounding errors is
 * left of some of them. */
static bool is_noise(const double *factor, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        const double *row = factor + j * n;
        double whole = 0;
        for (size_t k = 0; k <= j; k++)
            whole += row[k] * row[k];
        if (!(row[j] * row[j] > (double)n * DBL_EPSILON * whole))
            return true;
    }
    return false;
}

bool wbi_solve_positive(double *x, double *matrix, const double *b, size_t n)
{
    gsl_matrix_view a = gsl_matrix_view_array(matrix, n, n);
    gsl_vector_const_view right = gsl_vector_const_view_array(b, n);
    gsl_vector_view solution = gsl_vector_view_array(x, n);
    if (gsl_linalg_cholesky_decomp1(&a.matrix) != GSL_SUCCESS || is_noise(matrix, n) ||
        gsl_linalg_cholesky_solve(&a.matrix, &right.vector, &solution.vector) != GSL_SUCCESS)
        return false;
    for (size_t j = 0; j < n; j++)
        if (!isfinite(x[j]))
            return false;
    return true;
}

static bool solve_by_eigenvectors(gsl_vector *x, gsl_matrix *matrix, const gsl_vector *b, gsl_eigen_symmv_workspace *room,
                                  gsl_matrix *vectors, gsl_vector *values)
{
    static const double least = 1e-7;
    double largest = 0;
    if (gsl_eigen_symmv(matrix, values, vectors, room) != GSL_SUCCESS)
        return false;
    for (size_t e = 0; e < b->size; e++)
        largest = fmax(largest, fabs(gsl_vector_get(values, e)));
    gsl_vector_set_zero(x);
    for (size_t e = 0; e < b->size; e++) {
        double along;
        gsl_vector_view vector = gsl_matrix_column(vectors, e);
        gsl_blas_ddot(&vector.vector, b, &along);
        gsl_blas_daxpy(along / fmax(fabs(gsl_vector_get(values, e)), least * largest), &vector.vector, x);
    }
    return true;
}

bool wbi_solve_as_if_positive(double *x, double *matrix, const double *b, size_t n)
{
    gsl_matrix_view a = gsl_matrix_view_array(matrix, n, n);
    gsl_vector_const_view right = gsl_vector_const_view_array(b, n);
    gsl_vector_view solution = gsl_vector_view_array(x, n);
    gsl_eigen_symmv_workspace *room = gsl_eigen_symmv_alloc(n);
    gsl_matrix *vectors = gsl_matrix_alloc(n, n);
    gsl_vector *values = gsl_vector_alloc(n);
    bool solved = room != NULL && vectors != NULL && values != NULL &&
                  solve_by_eigenvectors(&solution.vector, &a.matrix, &right.vector, room, vectors, values);
    for (size_t j = 0; solved && j < n; j++)
        solved = isfinite(x[j]);
    if (room != NULL)
        gsl_eigen_symmv_free(room);
    gsl_matrix_free(vectors);
    gsl_vector_free(values);
    return solved;
}

/* Cholesky by rows that leaves aliased columns out. */
size_t wbi_find_aliased(uint8_t *aliased, double *matrix, size_t n)
{
    static const double tolerance = 1e-12;
    size_t n_aliased = 0;
    for (size_t j = 0; j < n; j++) {
        double *row = matrix + j * n, whole = row[j];
        for (size_t k = 0; k < j; k++) {
            const double *before = matrix + k * n;
            double sum = row[k];
            for (size_t i = 0; i < k; i++)
                sum -= row[i] * before[i];
            row[k] = aliased[k] ? 0 : sum / before[k];
            row[j] -= row[k] * row[k];
        }
        aliased[j] = !(row[j] > tolerance * whole);
        n_aliased += aliased[j];
        row[j] = aliased[j] ? 0 : sqrt(row[j]);
    }
    return n_aliased;
}
