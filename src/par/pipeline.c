/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ordered pipeline, after kt_pipeline of minimap2 (kthread.c), but with source and sink in the calling thread.
 *
 * Blocks are numbered by the source and live in slot number % n_slots. Three counters pass over them, next_sink <=
 * next_work <= next_source <= next_sink + n_slots: the calling thread empties before it fills and fills before it works;
 * the others work. A failure stays in its slot until the sink comes to it, so what is sunk before and which failure is
 * returned depend on the input alone. */
#include <pthread.h>
#include <stdbool.h>

#include "base/memory.h"
#include "par/par.h"
#include "par/team.h"

typedef struct slot {
    bool done; /* worked on, or failed: the sink's turn */
    wb_status status;
    wb_error error;
} slot;

typedef struct line {
    const wbi_pipeline *pipeline;
    size_t n_slots;
    pthread_mutex_t mutex; /* guards what follows; not held in callbacks */
    pthread_cond_t changed;
    slot *slots;
    size_t next_source, next_work, next_sink;
    bool source_over; /* no more blocks will come */
    bool work_over;   /* a block failed, and those behind it need no work */
    bool over;
    wb_status status;
    wb_error error;
} line;

static slot *slot_of(line *l, size_t block)
{
    return &l->slots[block % l->n_slots];
}

static bool can_source(const line *l)
{
    return !l->source_over && l->next_source - l->next_sink < l->n_slots;
}

static bool can_work(line *l)
{
    return !l->work_over && l->next_work < l->next_source && !slot_of(l, l->next_work)->done;
}

static bool can_sink(line *l)
{
    return l->next_sink < l->next_source && slot_of(l, l->next_sink)->done;
}

static void source_block(line *l)
{
    const wbi_pipeline *p = l->pipeline;
    size_t block = l->next_source;
    slot *s = slot_of(l, block);
    int more = 1;
    pthread_mutex_unlock(&l->mutex);
    wb_status status = p->source(p->context, block % l->n_slots, &more, &s->error);
    pthread_mutex_lock(&l->mutex);
    s->status = status;
    s->done = status != WB_OK;
    l->source_over = l->source_over || status != WB_OK || !more;
    l->next_source += status != WB_OK || more;
}

static void work_block(line *l, int worker)
{
    const wbi_pipeline *p = l->pipeline;
    size_t block = l->next_work++;
    slot *s = slot_of(l, block);
    pthread_mutex_unlock(&l->mutex);
    wb_status status = p->work(p->context, block % l->n_slots, worker, &s->error);
    pthread_mutex_lock(&l->mutex);
    s->status = status;
    s->done = true;
    if (status != WB_OK)
        l->source_over = l->work_over = true;
}

static void sink_block(line *l)
{
    const wbi_pipeline *p = l->pipeline;
    slot *s = slot_of(l, l->next_sink);
    wb_status status = s->status;
    if (status == WB_OK) {
        pthread_mutex_unlock(&l->mutex);
        status = p->sink(p->context, l->next_sink % l->n_slots, &s->error);
        pthread_mutex_lock(&l->mutex);
    }
    if (status != WB_OK) {
        l->status = status;
        l->error = s->error;
        l->over = true;
    }
    s->done = false;
    l->next_sink++;
}

static void line_member(void *shared, int worker)
{
    line *l = shared;
    pthread_mutex_lock(&l->mutex);
    while (!l->over) {
        if (worker == 0 && can_sink(l))
            sink_block(l);
        else if (worker == 0 && can_source(l))
            source_block(l);
        else if (can_work(l))
            work_block(l, worker);
        else {
            pthread_cond_wait(&l->changed, &l->mutex);
            continue;
        }
        l->over = l->over || (l->source_over && l->next_sink == l->next_source);
        pthread_cond_broadcast(&l->changed);
    }
    pthread_mutex_unlock(&l->mutex);
}

wb_status wbi_par_pipeline(const wbi_pipeline *pipeline, int n_threads, wb_error *err)
{
    int n_workers = wbi_par_threads(n_threads);
    line l = {.pipeline = pipeline,
              .n_slots = n_workers == 1 ? 1 : pipeline->n_slots, /* one thread gains nothing by filling ahead */
              .mutex = PTHREAD_MUTEX_INITIALIZER,
              .changed = PTHREAD_COND_INITIALIZER};
    l.slots = wbi_alloc_zeroed(l.n_slots, sizeof *l.slots);
    if (l.slots == NULL)
        return wbi_fail_nomem(err, l.n_slots * sizeof *l.slots);
    wbi_team_run(n_workers, line_member, &l);
    pthread_cond_destroy(&l.changed);
    pthread_mutex_destroy(&l.mutex);
    wbi_free(l.slots);
    if (l.status != WB_OK && err != NULL)
        *err = l.error;
    return l.status;
}
