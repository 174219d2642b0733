/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a plan and its events to the table of features. */
#ifndef WINBACK_FEATURES_COMPUTE_H
#define WINBACK_FEATURES_COMPUTE_H

#include "events/events.h"
#include "features/plan.h"

typedef struct wbi_compute_options {
    const int64_t *cutoffs_us; /* ascending */
    size_t n_cutoffs;
    bool with_label;
    int n_threads;
    const wb_log *log;
} wbi_compute_options;

/* The table customer_id, cutoff, features, label: the eligible customers at each cutoff, ordered by customer_id bytes,
 * then cutoff. Blocks of customers are computed in parallel and appended in order, so that memory beyond the result is
 * a few blocks. */
WB_WARN_UNUSED wb_status wbi_compute_features(wb_table **out, const wbi_plan *plan, const wbi_events *events,
                                              const wbi_compute_options *options, wb_error *err);

#endif
