/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "design/design.h"
#include "kernel/kernel.h"
#include "par/par.h"

typedef struct dense {
    wbi_design base;
    const wbi_kernels *kernels;
    size_t stride;
    double *x;       /* n_rows x stride */
    double *scratch; /* a block a worker, for wide crossproducts; else NULL */
} dense;

/* Blocks of half a megabyte stay in the second-level cache for the three passes that a solver makes over each. */
static size_t block_rows(size_t stride)
{
    size_t rows = ((size_t)1 << 16) / stride / 128 * 128;
    return rows < 128 ? 128 : rows > 4096 ? 4096 : rows;
}

static wbi_matrix_rows block_of(const dense *design, size_t begin, size_t end)
{
    return (wbi_matrix_rows){design->x + begin * design->stride, design->stride, end - begin, design->base.n_columns};
}

static wb_status dense_eta(const wbi_design *base, double *eta, const double *beta, size_t begin, size_t end,
                           int worker, wb_error *err)
{
    (void)worker;
    (void)err;
    const dense *design = (const dense *)base;
    wbi_matrix_rows rows = block_of(design, begin, end);
    design->kernels->eta(eta, &rows, beta);
    return WB_OK;
}

static wb_status dense_gradient(const wbi_design *base, double *sums, const double *residual, size_t begin, size_t end,
                                int worker, wb_error *err)
{
    (void)worker;
    (void)err;
    const dense *design = (const dense *)base;
    wbi_matrix_rows rows = block_of(design, begin, end);
    design->kernels->gradient(sums, &rows, residual);
    return WB_OK;
}

static wb_status dense_crossproduct(const wbi_design *base, double *sums, const double *v, size_t begin, size_t end,
                                    int worker, wb_error *err)
{
    (void)err;
    const dense *design = (const dense *)base;
    wbi_matrix_rows rows = block_of(design, begin, end);
    if (design->scratch == NULL)
        design->kernels->crossproduct(sums, &rows, v);
    else
        wbi_blas_crossproduct(sums, &rows, v, design->scratch + (size_t)worker * base->block_rows * design->stride);
    return WB_OK;
}

static void dense_free(wbi_design *base)
{
    dense *design = (dense *)base;
    wbi_free(design->x);
    wbi_free(design->scratch);
    wbi_free(design);
}

static const wbi_design_ops dense_ops = {dense_eta, dense_gradient, dense_crossproduct, dense_free};

void wbi_design_free(wbi_design *design)
{
    if (design != NULL)
        design->ops->free(design);
}

typedef struct filling {
    const dense *design;
    const wbi_encoder *encoder;
    const size_t *rows;
} filling;

static wb_status fill_block(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    (void)block;
    (void)worker;
    (void)err;
    const filling *work = context;
    wbi_encoder_fill(work->encoder, work->design->x + begin * work->design->stride, work->rows, begin, end - begin,
                     NULL);
    return WB_OK;
}

/* Room for the rows and, past the fused kernel's width, for a scaled copy of a block a worker. */
static wb_status allocate(dense *design, wb_error *err)
{
    size_t row_bytes = design->stride * sizeof(double);
    design->x = wbi_alloc_aligned(design->base.n_rows, row_bytes);
    if (design->x == NULL)
        return wbi_fail_nomem(err, design->base.n_rows * row_bytes);
    if (design->base.n_columns <= WBI_KERNEL_FUSED_COLUMNS)
        return WB_OK;
    size_t scratch_rows = (size_t)design->base.n_threads * design->base.block_rows;
    design->scratch = wbi_alloc_aligned(scratch_rows, row_bytes);
    return design->scratch == NULL ? wbi_fail_nomem(err, scratch_rows * row_bytes) : WB_OK;
}

wb_status wbi_design_dense(wbi_design **out, const wbi_encoder *encoder, const size_t *rows, size_t n_rows,
                           int n_threads, wb_error *err)
{
    wb_status status = WB_OK;
    dense *design = wbi_alloc_zeroed(1, sizeof *design);
    if (design == NULL)
        return wbi_fail_nomem(err, sizeof *design);
    wbi_blas_single_thread();
    design->base = (wbi_design){.ops = &dense_ops,
                                .n_rows = n_rows,
                                .n_columns = encoder->n_columns,
                                .block_rows = block_rows(encoder->stride),
                                .n_threads = wbi_par_threads(n_threads)};
    design->kernels = wbi_kernels_best();
    design->stride = encoder->stride;
    WBI_TRY_CLEANUP(allocate(design, err));
    filling work = {design, encoder, rows};
    WBI_TRY_CLEANUP(wbi_par_for(n_rows, design->base.block_rows, design->base.n_threads, fill_block, &work, err));
    *out = &design->base;
    return WB_OK;
cleanup:
    dense_free(&design->base);
    return status;
}
