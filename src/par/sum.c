/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block sum: a pipeline whose slots hold partial sums, which its sink adds in block order. */
#include <string.h>

#include "base/memory.h"
#include "par/par.h"
#include "par/team.h"

enum { LINE_DOUBLES = 8 }; /* of a cache line: neighbouring partials share none */

typedef struct sum {
    size_t n, block_rows, n_blocks, next; /* the next block to start */
    wbi_par_sum_fn fn;
    void *context;
    size_t n_sums, stride;
    double *sums;
    double *partials; /* n_slots x stride */
    size_t *blocks;   /* which block is in a slot */
} sum;

static wb_status sum_source(void *context, size_t slot, int *more, wb_error *err)
{
    sum *s = context;
    (void)err;
    *more = s->next < s->n_blocks;
    if (*more)
        s->blocks[slot] = s->next++;
    return WB_OK;
}

static wb_status sum_work(void *context, size_t slot, int worker, wb_error *err)
{
    const sum *s = context;
    double *partial = s->partials + slot * s->stride;
    size_t block = s->blocks[slot], begin = block * s->block_rows;
    size_t end = s->n - begin < s->block_rows ? s->n : begin + s->block_rows;
    memset(partial, 0, s->n_sums * sizeof *partial);
    return s->fn(s->context, block, begin, end, worker, partial, err);
}

static wb_status sum_sink(void *context, size_t slot, wb_error *err)
{
    sum *s = context;
    (void)err;
    for (size_t k = 0; k < s->n_sums; k++)
        s->sums[k] += s->partials[slot * s->stride + k];
    return WB_OK;
}

wb_status wbi_par_sum(size_t n, size_t block_rows, int n_threads, size_t n_sums, wbi_par_sum_fn fn, void *context,
                      double *sums, wb_error *err)
{
    size_t n_blocks = wbi_par_n_blocks(n, block_rows);
    int n_workers = wbi_team_size(n_threads, n_blocks);
    size_t n_slots = 2 * (size_t)n_workers;
    sum s = {.n = n,
             .block_rows = block_rows,
             .n_blocks = n_blocks,
             .fn = fn,
             .context = context,
             .n_sums = n_sums,
             .stride = (n_sums + LINE_DOUBLES - 1) / LINE_DOUBLES * LINE_DOUBLES,
             .sums = sums};
    wb_status status;
    s.partials = wbi_alloc_aligned(n_slots, s.stride * sizeof *s.partials);
    s.blocks = wbi_alloc_array(n_slots, sizeof *s.blocks);
    if (s.partials == NULL || s.blocks == NULL) {
        status = wbi_fail_nomem(err, n_slots * s.stride * sizeof *s.partials);
        goto cleanup;
    }
    for (size_t k = 0; k < n_sums; k++)
        sums[k] = 0;
    wbi_pipeline pipeline = {sum_source, sum_work, sum_sink, &s, n_slots};
    status = wbi_par_pipeline(&pipeline, n_workers, err);
cleanup:
    wbi_free(s.partials);
    wbi_free(s.blocks);
    return status;
}
