/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table as it is, encoded block by block when it is looked at: nothing is held but a block a worker. */
#include "base/memory.h"
#include "design/filler.h"
#include "design/rows.h"
#include "par/par.h"
#include "table/table.h"

typedef struct encoded {
    wbi_rows_design rows;
    wbi_encoder *encoder;
    wbi_filler *filler;
    double *blocks; /* one a worker */
} encoded;

static wb_status encoded_load(const wbi_design *base, size_t begin, size_t end, int worker, wb_error *err)
{
    const encoded *design = (const encoded *)base;
    double *block = design->blocks + (size_t)worker * base->block_rows * design->rows.stride;
    WBI_TRY(wbi_filler_fill(design->filler, worker, block, begin, end - begin, err));
    wbi_rows_set_block(&design->rows, worker, block, end - begin);
    return WB_OK;
}

static void encoded_free(wbi_design *base)
{
    encoded *design = (encoded *)base;
    wbi_rows_clear(&design->rows);
    wbi_filler_free(design->filler);
    wbi_encoder_free(design->encoder);
    wbi_free(design->blocks);
    wbi_free(design);
}

static const wbi_design_ops encoded_ops = {encoded_load, wbi_rows_eta, wbi_rows_gradient, NULL, wbi_rows_crossproduct,
                                           wbi_rows_squares, encoded_free};

wb_status wbi_design_encoded(wbi_design **out, wbi_encoder *encoder, const size_t *rows, size_t n_rows, int n_threads,
                             wb_error *err)
{
    wb_status status = WB_OK;
    encoded *design = wbi_alloc_zeroed(1, sizeof *design);
    if (design == NULL) {
        wbi_encoder_free(encoder);
        return wbi_fail_nomem(err, sizeof *design);
    }
    design->encoder = encoder;
    wbi_design *base = &design->rows.base;
    *base = (wbi_design){.ops = &encoded_ops,
                         .n_rows = n_rows,
                         .n_columns = encoder->n_columns,
                         .n_threads = wbi_par_threads(n_threads)};
    WBI_TRY_CLEANUP(wbi_rows_init(&design->rows, encoder->stride, err));
    WBI_TRY_CLEANUP(wbi_filler_create(&design->filler, encoder, rows, n_rows, base->n_threads, err));
    const size_t block_bytes = base->block_rows * encoder->stride * sizeof *design->blocks;
    design->blocks = wbi_alloc_aligned((size_t)base->n_threads, block_bytes);
    if (design->blocks == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, (size_t)base->n_threads * block_bytes));
    wbi_rows_set_reach(&design->rows, encoder);
    *out = base;
    return WB_OK;
cleanup:
    encoded_free(base);
    return status;
}

/* Rows that lie far from each other cost a line of the cache for every number, in each pass anew. */
enum { NEAR_ROWS = 8, SELDOM = 64 };

static bool lie_in_order(const size_t *rows, size_t n)
{
    size_t n_jumps = 0;
    for (size_t i = 1; i < n; i++)
        n_jumps += rows[i] - rows[i - 1] - 1 >= NEAR_ROWS; /* a step back is far, for the difference wraps */
    return n_jumps <= n / SELDOM;
}

wb_status wbi_design_of_rows(wbi_design **out, const wbi_basis *basis, const wbi_design_rows *what, wb_error *err)
{
    wbi_encoder *encoder = NULL;
    WBI_TRY(wbi_encoder_create_arms(&encoder, basis, what->table, what->treated, err));
    const bool cheap = what->few_passes && !wbi_basis_makes_any(basis) && lie_in_order(what->rows, what->n_rows);
    if (what->table->spill != NULL || cheap)
        return wbi_design_encoded(out, encoder, what->rows, what->n_rows, what->n_threads, err);
    const wb_status status = wbi_design_dense(out, encoder, what->rows, what->n_rows, what->n_threads, err);
    wbi_encoder_free(encoder);
    return status;
}
