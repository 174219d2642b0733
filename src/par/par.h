/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parallel work: the only home of OpenMP. Blocks have fixed row counts, so results do not depend on the number of
 * threads. Workers never log or exit; of several failures, the one of the lowest block is returned. */
#ifndef WINBACK_PAR_PAR_H
#define WINBACK_PAR_PAR_H

#include "base/error.h"

/* How many threads a request means: itself, or the machine's number for 0; at least 1, at most 256. */
int wbi_par_threads(int requested);
size_t wbi_par_n_blocks(size_t n, size_t block_rows);

/* Work on rows [begin, end) of block number `block`; `worker` is below the number of threads, for scratch. */
typedef wb_status (*wbi_par_block_fn)(void *context, size_t block, size_t begin, size_t end, int worker,
                                      wb_error *err);
/* Calls `fn` for every block of `n` rows. After a failure no new blocks start. */
WB_WARN_UNUSED wb_status wbi_par_for(size_t n, size_t block_rows, int n_threads, wbi_par_block_fn fn, void *context,
                                     wb_error *err);

/* As above; the block adds its `n_sums` numbers to `partial`, zeroed before. */
typedef wb_status (*wbi_par_sum_fn)(void *context, size_t block, size_t begin, size_t end, int worker, double *partial,
                                    wb_error *err);
/* sums[k] = sum of all blocks' partial[k], added in block order. Memory: 2 n_sums doubles a thread. */
WB_WARN_UNUSED wb_status wbi_par_sum(size_t n, size_t block_rows, int n_threads, size_t n_sums, wbi_par_sum_fn fn,
                                     void *context, double *sums, wb_error *err);

/* An ordered pipeline: `source` fills slot after slot (one at a time, in order; *more = 0 when there was nothing to
 * fill), `work` runs on several slots at once, `sink` takes them one at a time, in order. There are `n_slots` slots, so
 * that many blocks are in flight at most. Source and sink run in the calling thread only, which is worker 0, so
 * never at the same time; what uses a log belongs there. Blocks before a failing one are sunk, none behind it. With one
 * thread a block is sunk before the next is sourced, all in slot 0. */
typedef struct wbi_pipeline {
    wb_status (*source)(void *context, size_t slot, int *more, wb_error *err);
    wb_status (*work)(void *context, size_t slot, int worker, wb_error *err);
    wb_status (*sink)(void *context, size_t slot, wb_error *err);
    void *context;
    size_t n_slots; /* at least 1; twice the threads is a good number */
} wbi_pipeline;
WB_WARN_UNUSED wb_status wbi_par_pipeline(const wbi_pipeline *pipeline, int n_threads, wb_error *err);

#endif
