/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the events of each eligible customer of a block lie within each window, found once for all features that look
 * at it. */
#ifndef WINBACK_FEATURES_WINDOWS_H
#define WINBACK_FEATURES_WINDOWS_H

#include "events/view.h"
#include "features/block.h"
#include "features/spans.h"

/* The events of one table in one window, or behind the last event of table `after`. */
typedef struct wbi_windowed {
    size_t table, after; /* after: WBI_NONE */
    wbi_window window;
    int64_t within_us;
    wbi_span *spans; /* shorter ones first */
    bool ready;      /* for the views as they are */
} wbi_windowed;

/* Scratch for one thread. */
typedef struct wbi_windows {
    wbi_view *const *views; /* by table; borrowed */
    const wbi_block *block; /* what the views show, at a cutoff; borrowed */
    size_t n_cutoffs, cutoff;
    int64_t cutoff_us;
    size_t n_eligible, n_customers; /* n_customers: room in each of the arrays of spans */
    wbi_span *unsorted;
    wbi_windowed *items;
    size_t n, capacity;
} wbi_windows;

/* Starts with views that show the block at cutoff number `cutoff`, whose population is chosen. */
WB_WARN_UNUSED wb_status wbi_windows_begin(wbi_windows *windows, const wbi_block *block, size_t cutoff,
                                           const wbi_compute_options *options, wb_error *err);
/* The spans of the eligible customers in the window of a feature; of a trend, which looks beyond its window, all. */
WB_WARN_UNUSED wb_status wbi_windows_find(wbi_spans *spans, wbi_windows *windows, const wbi_planned_feature *feature,
                                          wb_error *err);
void wbi_windows_free(wbi_windows *windows); /* frees what it holds */

/* Whether the k-th customer of a view has an event. */
bool wbi_has_events(const wbi_view *view, size_t k);

#endif
