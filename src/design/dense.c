/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "design/filler.h"
#include "design/rows.h"
#include "par/par.h"

typedef struct dense {
    wbi_rows_design rows;
    double *x; /* n_rows x stride */
} dense;

static wb_status dense_load(const wbi_design *base, size_t begin, size_t end, int worker, wb_error *err)
{
    const dense *design = (const dense *)base;
    (void)err;
    wbi_rows_set_block(&design->rows, worker, design->x + begin * design->rows.stride, end - begin);
    return WB_OK;
}

static void dense_free(wbi_design *base)
{
    dense *design = (dense *)base;
    wbi_rows_clear(&design->rows);
    wbi_free(design->x);
    wbi_free(design);
}

static const wbi_design_ops dense_ops = {dense_load, wbi_rows_eta, wbi_rows_gradient, NULL, wbi_rows_crossproduct,
                                         wbi_rows_squares, dense_free};

typedef struct filling {
    const dense *design;
    const wbi_filler *filler;
} filling;

static wb_status fill_block(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    (void)block;
    const filling *work = context;
    double *x = work->design->x + begin * work->design->rows.stride;
    return wbi_filler_fill(work->filler, worker, x, begin, end - begin, err);
}

wb_status wbi_design_dense(wbi_design **out, const wbi_encoder *encoder, const size_t *rows, size_t n_rows,
                           int n_threads, wb_error *err)
{
    wb_status status = WB_OK;
    const size_t stride = encoder->stride;
    wbi_filler *filler = NULL;
    dense *design = wbi_alloc_zeroed(1, sizeof *design);
    if (design == NULL)
        return wbi_fail_nomem(err, sizeof *design);
    wbi_design *base = &design->rows.base;
    *base = (wbi_design){
        .ops = &dense_ops, .n_rows = n_rows, .n_columns = encoder->n_columns, .n_threads = wbi_par_threads(n_threads)};
    WBI_TRY_CLEANUP(wbi_rows_init(&design->rows, stride, err));
    design->x = wbi_alloc_aligned(n_rows, stride * sizeof(double));
    if (design->x == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, n_rows * stride * sizeof(double)));
    WBI_TRY_CLEANUP(wbi_filler_create(&filler, encoder, rows, n_rows, base->n_threads, err));
    filling work = {design, filler};
    WBI_TRY_CLEANUP(wbi_par_for(n_rows, base->block_rows, base->n_threads, fill_block, &work, err));
    wbi_rows_set_reach(&design->rows, encoder);
    *out = base;
    design = NULL;
cleanup:
    wbi_filler_free(filler);
    if (design != NULL)
        dense_free(base);
    return status;
}
