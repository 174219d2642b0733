/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the events of each eligible customer of a block lie within each window, found once for all features that look
 * at it. */
#ifndef WINBACK_FEATURES_WINDOWS_H
#define WINBACK_FEATURES_WINDOWS_H

#include "events/view.h"
#include "features/block.h"
#include "features/spans.h"

/* The events of one table in one window, or behind the last event of table `after`. Of a steady view, spans are collected over
 * several cutoffs: what they hold stays what it is. Else there are those of the cutoff at hand. */
typedef struct wbi_windowed {
    size_t table, after; /* after: WBI_NONE */
    wbi_window window;
    int64_t within_us;
    size_t whole;     /* number of the window without bounds over the table */
    bool steady;
    wbi_span *all;    /* of the eligible customers, by cutoff */
    size_t *from;     /* by cutoff: where its spans begin; then where the last one's end. Only 0 unless steady */
    wbi_span *spans;  /* of these, what holds other events than at the cutoff before, shorter ones first */
    uint32_t *same;   /* rows of the others: each is as the row before it */
    size_t n_all, n_spans, n_same;
    wbi_span *latest; /* by customer: what was found last */
} wbi_windowed;

/* Scratch for one thread. */
typedef struct wbi_windows {
    wbi_view *const *views; /* by table; borrowed */
    size_t n_customers, n_cutoffs; /* of a block, at most */
    const wbi_block *block; /* what the views show, at a cutoff; borrowed */
    const int64_t *cutoffs_us;
    size_t cutoff;
    wbi_span *unsorted;
    size_t *of_feature; /* number of the window that each looks at */
    wbi_windowed *items;
    size_t n, capacity;
} wbi_windows;

WB_WARN_UNUSED wb_status wbi_windows_create(wbi_windows *windows, const wbi_plan *plan, wbi_view *const *views, size_t n_customers,
                                            size_t n_cutoffs, wb_error *err);
void wbi_windows_free(wbi_windows *windows); /* frees what it holds */

/* Starts with a block, whose cutoffs follow in order. */
void wbi_windows_begin(wbi_windows *windows, const wbi_block *block, const int64_t *cutoffs_us);
/* Finds the spans at cutoff number `cutoff`, which the views show, and whose population is chosen. */
void wbi_windows_find(wbi_windows *windows, size_t cutoff);
/* Behind the last cutoff: what is steady is ready to be looked at. */
void wbi_windows_end(wbi_windows *windows);
/* What a feature looks at; of a trend, which looks beyond its window, all events. */
const wbi_windowed *wbi_windows_of(const wbi_windows *windows, size_t feature);

/* Whether the k-th customer of a view has an event. */
bool wbi_has_events(const wbi_view *view, size_t k);

#endif
