/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A matrix of the caller's, standardised block by block when it is looked at. */
#include <math.h>

#include "base/memory.h"
#include "design/rows.h"
#include "par/par.h"

/* So few that the next ones are on their way from memory while these are worked on. */
enum { PANEL_ROWS = 32 };

typedef struct array {
    wbi_rows_design rows;
    wb_matrix x;
    double *mean, *inverse_sd; /* inverse_sd 0: the column stays 0 */
    double *blocks;            /* a standardised block a worker */
} array;

static double *block_of(const array *design, int worker)
{
    return design->blocks + (size_t)worker * design->rows.base.block_rows * design->rows.stride;
}

static wb_status array_load(const wbi_design *base, size_t begin, size_t end, int worker, wb_error *err)
{
    const array *design = (const array *)base;
    double *block = block_of(design, worker);
    const wbi_matrix_rows from = {design->x.values + begin * design->x.row_stride, design->x.row_stride, end - begin,
                                  design->x.n_columns};
    (void)err;
    design->rows.kernels->standardise(block, design->rows.stride, &from, design->mean, design->inverse_sd);
    wbi_rows_set_block(&design->rows, worker, block, end - begin);
    return WB_OK;
}

static void array_free(wbi_design *base)
{
    array *design = (array *)base;
    wbi_rows_clear(&design->rows);
    wbi_free(design->mean);
    wbi_free(design->inverse_sd);
    wbi_free(design->blocks);
    wbi_free(design);
}

static const wbi_design_ops array_ops = {array_load, wbi_rows_eta, wbi_rows_gradient, wbi_rows_crossproduct,
                                         wbi_rows_squares, array_free};

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
    base->panel_rows = PANEL_ROWS;
    const size_t block_bytes = base->block_rows * stride * sizeof(double);
    design->mean = wbi_alloc_array(x->n_columns, sizeof(double));
    design->inverse_sd = wbi_alloc_array(x->n_columns, sizeof(double));
    design->blocks = wbi_alloc_aligned((size_t)base->n_threads, block_bytes);
    if (design->mean == NULL || design->inverse_sd == NULL || design->blocks == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, block_bytes));
    take_scale(design, moments);
    *out = base;
    return WB_OK;
cleanup:
    array_free(base);
    return status;
}
