/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/rows.h"

#include "base/memory.h"

struct wbi_rows_worker {
    wbi_matrix_rows block;
    double *weighted; /* room for a block, for wide crossproducts; else NULL */
};

/* Blocks of 64 KiB stay in the second-level cache, beside what streams past, for the steps that a pass makes over each. */
static size_t block_rows(size_t stride)
{
    const size_t rows = ((size_t)1 << 13) / stride / 128 * 128;
    return rows < 128 ? 128 : rows > 4096 ? 4096 : rows;
}

/* Less than half a MiB a thread is passed over before another thread has woken. */
static int threads_worth_waking(const wbi_design *design, size_t stride)
{
    const size_t worth = design->n_rows * stride / ((size_t)1 << 16);
    return worth < 1 ? 1 : worth < (size_t)design->n_threads ? (int)worth : design->n_threads;
}

static wb_status init_worker(wbi_rows_worker *worker, const wbi_rows_design *design, wb_error *err)
{
    const size_t n_cells = design->base.block_rows * design->stride;
    worker->block = (wbi_matrix_rows){.stride = design->stride, .n_columns = design->base.n_columns};
    if (design->base.n_columns <= WBI_KERNEL_FUSED_COLUMNS)
        return WB_OK;
    worker->weighted = wbi_alloc_aligned(n_cells, sizeof *worker->weighted);
    return worker->weighted == NULL ? wbi_fail_nomem(err, n_cells * sizeof *worker->weighted) : WB_OK;
}

wb_status wbi_rows_init(wbi_rows_design *design, size_t stride, wb_error *err)
{
    wbi_blas_single_thread();
    design->kernels = wbi_kernels_best();
    design->stride = stride;
    design->base.block_rows = block_rows(stride);
    design->base.n_threads = threads_worth_waking(&design->base, stride);
    design->base.reach = wbi_alloc_zeroed(stride, sizeof(double));
    design->workers = wbi_alloc_zeroed((size_t)design->base.n_threads, sizeof *design->workers);
    if (design->base.reach == NULL || design->workers == NULL)
        return wbi_fail_nomem(err, stride * sizeof(double));
    for (int w = 0; w < design->base.n_threads; w++)
        WBI_TRY(init_worker(&design->workers[w], design, err));
    return WB_OK;
}

void wbi_rows_clear(wbi_rows_design *design)
{
    for (int w = 0; design->workers != NULL && w < design->base.n_threads; w++)
        wbi_free(design->workers[w].weighted);
    wbi_free(design->workers);
    wbi_free(design->base.reach);
}

void wbi_rows_set_block(const wbi_rows_design *design, int worker, const double *x, size_t n_rows)
{
    wbi_matrix_rows *block = &design->workers[worker].block;
    block->x = x;
    block->n_rows = n_rows;
}

void wbi_rows_set_reach(const wbi_rows_design *design, const wbi_encoder *encoder)
{
    design->base.reach[0] = 1;
    for (size_t j = 1; j < encoder->n_own; j++)
        design->base.reach[j] = encoder->basis->columns[j - 1].reach;
    for (size_t j = encoder->n_own; j < design->base.n_columns; j++)
        design->base.reach[j] = WBI_ARM * design->base.reach[j - encoder->n_own];
}

void wbi_rows_eta(const wbi_design *base, int worker, double *eta, const double *beta)
{
    const wbi_rows_design *design = (const wbi_rows_design *)base;
    design->kernels->eta(eta, &design->workers[worker].block, beta);
}

void wbi_rows_gradient(const wbi_design *base, int worker, double *sums, const double *residual)
{
    const wbi_rows_design *design = (const wbi_rows_design *)base;
    design->kernels->gradient(sums, &design->workers[worker].block, residual);
}

void wbi_rows_crossproduct(const wbi_design *base, int worker, double *sums, const double *v)
{
    const wbi_rows_design *design = (const wbi_rows_design *)base;
    const wbi_rows_worker *of = &design->workers[worker];
    if (of->weighted == NULL)
        design->kernels->crossproduct(sums, &of->block, v);
    else
        wbi_blas_crossproduct(sums, &of->block, v, of->weighted);
}

void wbi_rows_squares(const wbi_design *base, int worker, double *squares, const double *factor, double *scratch)
{
    const wbi_rows_design *design = (const wbi_rows_design *)base;
    wbi_blas_squares(squares, &design->workers[worker].block, factor, scratch);
}

void wbi_design_free(wbi_design *design)
{
    if (design != NULL)
        design->ops->free(design);
}
