/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "par/team.h"

#include <omp.h>
#include <pthread.h>

#include "par/par.h"

enum { MAX_THREADS = 256 };

typedef struct team {
    pthread_mutex_t mutex;
    void (*member)(void *shared, int worker);
    void *shared;
} team;

int wbi_par_threads(int requested)
{
    int n = requested > 0 ? requested : omp_get_num_procs();
    return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : n;
}

int wbi_team_size(int requested, size_t n_blocks)
{
    int n = wbi_par_threads(requested);
    return n_blocks >= (size_t)n ? n : n_blocks > 0 ? (int)n_blocks : 1;
}

/* OpenMP orders memory at both ends of a parallel region, but ThreadSanitizer knows that only of mutexes; so every thread
 * passes through one at both ends too. */
static void meet(team *t)
{
    pthread_mutex_lock(&t->mutex);
    pthread_mutex_unlock(&t->mutex);
}

void wbi_team_run(int n_threads, void (*member)(void *shared, int worker), void *shared)
{
    if (n_threads <= 1 || omp_in_parallel()) {
        member(shared, 0);
        return;
    }
    team all = {PTHREAD_MUTEX_INITIALIZER, member, shared}, *t = &all;
    meet(t);
#pragma omp parallel num_threads(n_threads) firstprivate(t)
    {
        meet(t);
        t->member(t->shared, omp_get_thread_num());
        meet(t);
    }
    meet(t);
    pthread_mutex_destroy(&all.mutex);
}
