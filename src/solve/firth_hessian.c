/* SPDX-License-Identifier: GPL-3.0-or-later */
/* With v = weight p (1 - p), its derivatives by eta u = v (1 - 2 p) and t = v (1 - 6 p (1 - p)), and I_j the sum of
 * u_i x_ij x_i x_i', the Hessian is
 *
 *   -1/2 sum of t_i (x_i' I^-1 x_i) x_ij x_ik + 1/2 tr(I^-1 I_j I^-1 I_k),
 *
 * where the trace is the product of L^-1 I_j L^-T and L^-1 I_k L^-T, element by element, with I = L L'. */
#include "solve/firth_hessian.h"

#include <gsl/gsl_blas.h>

#include "base/memory.h"
#include "par/par.h"

typedef struct pass {
    const wbi_likelihood *data;
    const double *beta, *factor;
    const double *units; /* the unit vectors, n x n */
    double *blocks;
} pass;

/* partial: the first part of the Hessian, and then every I_j, lower triangles. */
static wb_status add_block(void *context, size_t block, size_t begin, size_t end, int worker, double *partial,
                           wb_error *err)
{
    (void)block;
    const pass *work = context;
    const wbi_likelihood *of = work->data;
    const wbi_design *design = of->design;
    const size_t n = design->n_columns, n_rows = end - begin;
    const wbi_likelihood_room room = wbi_likelihood_room_of(of, worker);
    double *eta = room.eta, *slope = room.residual, *v = room.curvature;
    const uint8_t *outcome = of->outcome + begin;
    const double *weight = wbi_likelihood_weight(of, begin);
    WBI_TRY(design->ops->load(design, begin, end, worker, err));
    design->ops->eta(design, worker, eta, work->beta);
    of->kernels->logistic(slope, v, eta, outcome, weight, n_rows);
    double *weighted = eta;
    design->ops->squares(design, worker, weighted, work->factor,
                         work->blocks + (size_t)worker * design->block_rows * n);
    for (size_t i = 0; i < n_rows; i++) {
        const double p = (weight == NULL ? slope[i] : slope[i] / weight[i]) + outcome[i];
        weighted[i] *= -v[i] * (1 - 6 * p * (1 - p)) / 2;
        slope[i] = v[i] * (1 - 2 * p);
    }
    design->ops->crossproduct(design, worker, partial, weighted);
    for (size_t j = 0; j < n; j++) {
        design->ops->eta(design, worker, weighted, work->units + j * n);
        for (size_t i = 0; i < n_rows; i++)
            weighted[i] *= slope[i];
        design->ops->crossproduct(design, worker, partial + (j + 1) * n * n, weighted);
    }
    return WB_OK;
}

/* matrix = L^-1 matrix L^-T, whole, from its lower triangle. */
static void whiten(double *matrix, const double *factor, size_t n)
{
    gsl_matrix_view a = gsl_matrix_view_array(matrix, n, n);
    gsl_matrix_const_view l = gsl_matrix_const_view_array(factor, n, n);
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < j; k++)
            matrix[k * n + j] = matrix[j * n + k];
    gsl_blas_dtrsm(CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, 1, &l.matrix, &a.matrix);
    gsl_blas_dtrsm(CblasRight, CblasLower, CblasTrans, CblasNonUnit, 1, &l.matrix, &a.matrix);
}

wb_status wbi_firth_hessian(double *out, const wbi_likelihood *data, const double *beta, const double *factor,
                            double *blocks, wb_error *err)
{
    const wbi_design *design = data->design;
    const size_t n = design->n_columns, n_sums = (n + 1) * n * n;
    double *sums = wbi_alloc_array(n_sums, sizeof *sums), *units = wbi_alloc_zeroed(n, n * sizeof *units);
    pass work = {data, beta, factor, units, blocks};
    wb_status status = sums == NULL || units == NULL ? wbi_fail_nomem(err, n_sums * sizeof *sums) : WB_OK;
    for (size_t j = 0; status == WB_OK && j < n; j++)
        units[j * n + j] = 1;
    if (status == WB_OK)
        status = wbi_par_sum(design->n_rows, design->block_rows, design->n_threads, n_sums, add_block, &work, sums, err);
    if (status == WB_OK) {
        double *each = sums + n * n;
        for (size_t j = 0; j < n; j++)
            whiten(each + j * n * n, factor, n);
        gsl_matrix_const_view rows = gsl_matrix_const_view_array(each, n, n * n);
        gsl_matrix_view sum = gsl_matrix_view_array(sums, n, n), to = gsl_matrix_view_array(out, n, n);
        gsl_matrix_memcpy(&to.matrix, &sum.matrix);
        gsl_blas_dsyrk(CblasLower, CblasNoTrans, 0.5, &rows.matrix, 1, &to.matrix);
    }
    wbi_free(sums);
    wbi_free(units);
    return status;
}
