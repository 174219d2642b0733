/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The features of one block of customers. */
#ifndef WINBACK_FEATURES_BLOCK_H
#define WINBACK_FEATURES_BLOCK_H

#include <winback/features.h>

#include "base/arena.h"
#include "events/events.h"
#include "events/view.h"
#include "features/plan.h"

/* Whose features are computed. */
typedef struct wbi_whom {
    bool everybody;                  /* not only the population: all who are known of */
    const wb_objections *objections; /* but for these; NULL: nobody objects */
} wbi_whom;

typedef struct wbi_compute_options {
    const int64_t *cutoffs_us; /* ascending */
    size_t n_cutoffs;
    bool with_labels;
    wbi_whom whom;
    int64_t until_us; /* the end of the data: a label whose window passes it is missing */
    int n_threads;
    const wb_log *log;
    wb_population *population; /* out, by cutoff: zeroed, but for the cutoffs */
    wbi_allowance allowance; /* of which the engine is taken; for a result that stays in memory */
} wbi_compute_options;

/* Lines of a table that had arrived, and those of them that its `where` left. */
typedef struct wbi_line_counts {
    size_t n_arrived, n_left;
} wbi_line_counts;

/* Results of one block. Row k * n_cutoffs + j is customer k of the block at cutoff j. */
typedef struct wbi_block {
    size_t first_customer, n_customers, n_rows, customers_capacity;
    uint8_t *eligible;  /* by row */
    double **labels;    /* by label, then row: 0 or 1, or missing */
    uint64_t *n_positive; /* by label, then cutoff: of the eligible rows */
    wb_population *population; /* by cutoff: the block's share */
    double **numbers;   /* by feature, then row; NULL for categories */
    wbi_str **texts;    /* by feature, then row; NULL for numbers. Bytes live in the events, the plan or `arena` */
    wbi_arena arena;
    uint64_t *n_overflows; /* by feature: values that overflew and are missing; then by table: of lines rolled up */
    wbi_line_counts *lines; /* by table, at the last cutoff */
} wbi_block;

/* Views and scratch of one thread. */
typedef struct wbi_worker wbi_worker;

WB_WARN_UNUSED wb_status wbi_block_create(wbi_block *block, const wbi_plan *plan, size_t n_customers, size_t n_cutoffs,
                                          wb_error *err);
void wbi_block_free(wbi_block *block, const wbi_plan *plan);
WB_WARN_UNUSED wb_status wbi_worker_create(wbi_worker **out, const wbi_plan *plan, const wbi_events *events,
                                           size_t n_customers, size_t n_cutoffs, wb_error *err);
void wbi_worker_free(wbi_worker *worker); /* NULL-safe */
const wbi_view *wbi_worker_view(const wbi_worker *worker, size_t table);

/* Whether the window of a label has ended with the data. */
static inline bool wbi_label_is_known(const wbi_label_def *label, int64_t cutoff_us, int64_t until_us)
{
    return cutoff_us <= until_us - label->gap_us - label->horizon_us;
}

/* Computes the block's customers at all cutoffs. */
WB_WARN_UNUSED wb_status wbi_block_compute(wbi_block *block, wbi_worker *worker, const wbi_compute_options *options,
                                           wb_error *err);

#endif
