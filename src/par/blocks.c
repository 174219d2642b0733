/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block loop. Blocks start in order, so when one fails every lower one has started: each of them is waited for, and
 * the lowest failure is the same whatever the number of threads. */
#include <pthread.h>
#include <stdbool.h>

#include "par/par.h"
#include "par/team.h"

typedef struct loop {
    size_t n, block_rows, n_blocks;
    wbi_par_block_fn fn;
    void *context;
    pthread_mutex_t mutex; /* guards what follows */
    size_t next;
    size_t failed; /* the lowest block that failed, n_blocks while none has */
    wb_status status;
    wb_error error;
} loop;

size_t wbi_par_n_blocks(size_t n, size_t block_rows)
{
    return n / block_rows + (n % block_rows != 0);
}

static bool take_block(loop *l, size_t *block)
{
    pthread_mutex_lock(&l->mutex);
    bool taken = l->failed == l->n_blocks && l->next < l->n_blocks;
    if (taken)
        *block = l->next++;
    pthread_mutex_unlock(&l->mutex);
    return taken;
}

static void record_failure(loop *l, size_t block, wb_status status, const wb_error *error)
{
    pthread_mutex_lock(&l->mutex);
    if (block < l->failed) {
        l->failed = block;
        l->status = status;
        l->error = *error;
    }
    pthread_mutex_unlock(&l->mutex);
}

static void loop_member(void *shared, int worker)
{
    loop *l = shared;
    size_t block;
    while (take_block(l, &block)) {
        wb_error error = {0};
        size_t begin = block * l->block_rows;
        size_t end = l->n - begin < l->block_rows ? l->n : begin + l->block_rows;
        wb_status status = l->fn(l->context, block, begin, end, worker, &error);
        if (status != WB_OK)
            record_failure(l, block, status, &error);
    }
}

wb_status wbi_par_for(size_t n, size_t block_rows, int n_threads, wbi_par_block_fn fn, void *context, wb_error *err)
{
    size_t n_blocks = wbi_par_n_blocks(n, block_rows);
    loop l = {.n = n,
              .block_rows = block_rows,
              .n_blocks = n_blocks,
              .fn = fn,
              .context = context,
              .mutex = PTHREAD_MUTEX_INITIALIZER,
              .failed = n_blocks};
    wbi_team_run(wbi_team_size(n_threads, n_blocks), loop_member, &l);
    pthread_mutex_destroy(&l.mutex);
    if (l.status != WB_OK && err != NULL)
        *err = l.error;
    return l.status;
}
