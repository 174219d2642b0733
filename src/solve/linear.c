/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "solve/linear.h"

#include <float.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <pthread.h>

static void disarm(void)
{
    gsl_set_error_handler_off();
}

void wbi_disarm_gsl(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, disarm);
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
