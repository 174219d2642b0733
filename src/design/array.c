/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A matrix of the caller's, standardised when it is looked at: on the way to a sum, or, for what looks at each number many
 * times, block by block. */
#include <math.h>

#include "base/memory.h"
#include "design/rows.h"
#include "par/par.h"

/* On a cache line of its own: each worker writes it for every block. */
typedef struct loaded {
    _Alignas(64) wbi_matrix_rows rows;
} loaded;

typedef struct array {
    wbi_rows_design rows;
    wb_matrix x;
    double *mean, *inverse_sd; /* inverse_sd 0: the column stays 0 */
    loaded *loaded;            /* a worker: rows of x */
    double *blocks;            /* a worker: those standardised */
} array;

static wb_status array_load(const wbi_design *base, size_t begin, size_t end, int worker, wb_error *err)
{
    const array *design = (const array *)base;
    (void)err;
    design->loaded[worker].rows = (wbi_matrix_rows){design->x.values + begin * design->x.row_stride, design->x.row_stride,
                                                    end - begin, design->x.n_columns};
    return WB_OK;
}

static wbi_kernel_scale scale_of(const array *design)
{
    return (wbi_kernel_scale){design->mean, design->inverse_sd};
}

static void array_eta(const wbi_design *base, int worker, double *eta, const double *beta)
{
    const array *design = (const array *)base;
    const wbi_kernel_scale scale = scale_of(design);
    design->rows.kernels->matrix_eta(eta, &design->loaded[worker].rows, &scale, beta);
}

static void array_gradient(const wbi_design *base, int worker, double *sums, const double *residual)
{
    const array *design = (const array *)base;
    const wbi_kernel_scale scale = scale_of(design);
    design->rows.kernels->matrix_gradient(sums, &design->loaded[worker].rows, &scale, residual);
}

static double array_loss(const wbi_design *base, int worker, double *sums, double *curvature, const double *beta,
                         const uint8_t *outcome, const double *weight)
{
    const array *design = (const array *)base;
    const wbi_kernel_scale scale = scale_of(design);
    return design->rows.kernels->matrix_loss(sums, curvature, &design->loaded[worker].rows, &scale, beta, outcome, weight);
}

static void standardise(const array *design, int worker)
{
    const wbi_kernel_scale scale = scale_of(design);
    const wbi_matrix_rows *from = &design->loaded[worker].rows;
    double *block = design->blocks + (size_t)worker * design->rows.base.block_rows * design->rows.stride;
    design->rows.kernels->standardise(block, design->rows.stride, from, &scale);
    wbi_rows_set_block(&design->rows, worker, block, from->n_rows);
}

static void array_crossproduct(const wbi_design *base, int worker, double *sums, const double *v)
{
    const array *design = (const array *)base;
    const wbi_kernel_scale scale = scale_of(design);
    if (base->n_columns <= WBI_KERNEL_FUSED_COLUMNS) {
        design->rows.kernels->matrix_crossproduct(sums, &design->loaded[worker].rows, &scale, v);
        return;
    }
    standardise(design, worker);
    wbi_rows_crossproduct(base, worker, sums, v);
}

static void array_squares(const wbi_design *base, int worker, double *squares, const double *factor, double *scratch)
{
    standardise((const array *)base, worker);
    wbi_rows_squares(base, worker, squares, factor, scratch);
}

static void array_free(wbi_design *base)
{
    array *design = (array *)base;
    wbi_rows_clear(&design->rows);
    wbi_free(design->mean);
    wbi_free(design->inverse_sd);
    wbi_free(design->loaded);
    wbi_free(design->blocks);
    wbi_free(design);
}

static const wbi_design_ops array_ops = {array_load,         array_eta,     array_gradient, array_loss,
                                         array_crossproduct, array_squares, array_free};

static void take_scale(array *design, const wbi_moments *moments)
{
    double *reach = design->rows.base.reach;
    reach[0] = 1;
    for (size_t j = 0; j < design->x.n_columns; j++) {
        design->mean[j] = moments->mean[j];
        design->inverse_sd[j] = moments->sd[j] > 0 ? 1 / moments->sd[j] : 0;
        reach[1 + j] =
            design->inverse_sd[j] * fmax(moments->high[j] - moments->mean[j], moments->mean[j] - moments->low[j]);
    }
}

wb_status wbi_design_array(wbi_design **out, const wb_matrix *x, const wbi_moments *moments, int n_threads,
                           wb_error *err)
{
    wb_status status = WB_OK;
    const size_t stride = (1 + x->n_columns + WBI_KERNEL_PAD - 1) / WBI_KERNEL_PAD * WBI_KERNEL_PAD;
    array *design = wbi_alloc_zeroed(1, sizeof *design);
    if (design == NULL)
        return wbi_fail_nomem(err, sizeof *design);
    wbi_design *base = &design->rows.base;
    *base = (wbi_design){.ops = &array_ops,
                         .n_rows = x->n_rows,
                         .n_columns = 1 + x->n_columns,
                         .n_threads = wbi_par_threads(n_threads)};
    design->x = *x;
    WBI_TRY_CLEANUP(wbi_rows_init(&design->rows, stride, err));
    const size_t block_bytes = base->block_rows * stride * sizeof(double);
    design->mean = wbi_alloc_array(x->n_columns, sizeof(double));
    design->inverse_sd = wbi_alloc_array(x->n_columns, sizeof(double));
    design->loaded = wbi_alloc_aligned((size_t)base->n_threads, sizeof *design->loaded);
    design->blocks = wbi_alloc_aligned((size_t)base->n_threads, block_bytes);
    if (design->mean == NULL || design->inverse_sd == NULL || design->loaded == NULL || design->blocks == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, block_bytes));
    take_scale(design, moments);
    *out = base;
    return WB_OK;
cleanup:
    array_free(base);
    return status;
}
