/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threads that work on one thing together. */
#ifndef WINBACK_PAR_TEAM_H
#define WINBACK_PAR_TEAM_H

#include <stddef.h>

/* How many threads a request (as of wbi_par_threads) makes useful for `n_blocks` blocks; at least 1. */
int wbi_team_size(int requested, size_t n_blocks);

/* Calls `member` once in each of at most `n_threads` threads, the calling one being worker 0, and waits for all. In a
 * thread of another team it is called once, as worker 0: teams do not nest. What the caller wrote before is seen by
 * every member, and what members wrote is seen by the caller afterwards. */
void wbi_team_run(int n_threads, void (*member)(void *shared, int worker), void *shared);

#endif
