/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the columns of a basis are scaled: by their moments on the rows it is fitted to. */
#include <math.h>

#include "base/memory.h"
#include "design/filler.h"
#include "design/moments.h"

/* The encoder's columns are as they are: no mean is taken off, and the deviation is 1. */
typedef struct scaling {
    const wbi_encoder *encoder;
    wbi_filler *filler;
    double *blocks; /* one a worker */
} scaling;

static wb_status encode_rows(const void *context, wbi_matrix_rows *out, size_t begin, size_t end, int worker,
                             wb_error *err)
{
    const scaling *work = context;
    const size_t stride = work->encoder->stride;
    double *x = work->blocks + (size_t)worker * WBI_MOMENTS_ROWS * stride;
    WBI_TRY(wbi_filler_fill(work->filler, worker, x, begin, end - begin, err));
    *out = (wbi_matrix_rows){x + 1, stride, end - begin, work->encoder->basis->n_columns};
    return WB_OK;
}

static void set_scale(wbi_basis *basis, const wbi_moments *moments)
{
    for (size_t j = 0; j < basis->n_columns; j++) {
        wbi_basis_column *column = &basis->columns[j];
        column->mean = moments->mean[j];
        column->sd = moments->sd[j];
        column->reach = fmax((moments->high[j] - column->mean) * (1 / column->sd),
                             (column->mean - moments->low[j]) * (1 / column->sd));
    }
}

wb_status wbi_basis_scale(wbi_basis *basis, const wbi_sample *sample, int n_threads, wb_error *err)
{
    wb_status status;
    wbi_encoder *encoder = NULL;
    wbi_moments moments = {0};
    scaling work = {.filler = NULL};
    const wbi_moments_source source = {sample->n, basis->n_columns, encode_rows, &work};
    WBI_TRY_CLEANUP(wbi_encoder_create(&encoder, basis, sample->table, err));
    WBI_TRY_CLEANUP(wbi_filler_create(&work.filler, encoder, sample->rows, sample->n, n_threads, err));
    work.encoder = encoder;
    const size_t n_cells = (size_t)n_threads * WBI_MOMENTS_ROWS * encoder->stride;
    work.blocks = wbi_alloc_aligned(n_cells, sizeof *work.blocks);
    if (work.blocks == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, n_cells * sizeof *work.blocks));
    WBI_TRY_CLEANUP(wbi_moments_find(&moments, &source, sample->weight, n_threads, err));
    set_scale(basis, &moments);
cleanup:
    wbi_moments_clear(&moments);
    wbi_free(work.blocks);
    wbi_filler_free(work.filler);
    wbi_encoder_free(encoder);
    return status;
}
