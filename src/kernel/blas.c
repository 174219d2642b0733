/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/kernel.h"

#include <gsl/gsl_cblas.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

/* OpenBLAS's own; GSL's gsl_cblas.h cannot stand beside the header that declares them. Weak: another CBLAS lacks them. */
void openblas_set_num_threads(int n_threads) __attribute__((weak));
int openblas_get_num_threads(void) __attribute__((weak));

/* To set what is set would start threads where there are none. */
static void set_single_thread(void)
{
    const bool is_set = openblas_get_num_threads != NULL && openblas_get_num_threads() == 1;
    if (openblas_set_num_threads != NULL && !is_set)
        openblas_set_num_threads(1);
}

void wbi_blas_single_thread(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_single_thread);
}

void wbi_blas_crossproduct(double *sums, const wbi_matrix_rows *rows, const double *v, double *scratch)
{
    for (size_t i = 0; i < rows->n_rows; i++) {
        const double *x = rows->x + i * rows->stride;
        double root = sqrt(v[i]), *scaled = scratch + i * rows->stride;
        for (size_t j = 0; j < rows->stride; j++)
            scaled[j] = root * x[j];
    }
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, (int)rows->n_columns, (int)rows->n_rows, 1.0, scratch,
                (int)rows->stride, 1.0, sums, (int)rows->n_columns);
}

void wbi_blas_squares(double *squares, const wbi_matrix_rows *rows, const double *factor, double *scratch)
{
    const size_t n = rows->n_columns;
    for (size_t i = 0; i < rows->n_rows; i++)
        memcpy(scratch + i * n, rows->x + i * rows->stride, n * sizeof *scratch);
    cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, (int)rows->n_rows, (int)n, 1.0, factor,
                (int)n, scratch, (int)n);
    for (size_t i = 0; i < rows->n_rows; i++) {
        squares[i] = 0;
        for (size_t j = 0; j < n; j++)
            squares[i] += scratch[i * n + j] * scratch[i * n + j];
    }
}
