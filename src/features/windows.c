/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/windows.h"

#include <string.h>

#include "base/array.h"
#include "base/memory.h"

static void free_windowed(wbi_windowed *windowed)
{
    wbi_free(windowed->all);
    wbi_free(windowed->from);
    wbi_free(windowed->spans);
    wbi_free(windowed->same);
    wbi_free(windowed->latest);
}

void wbi_windows_free(wbi_windows *windows)
{
    for (size_t w = 0; w < windows->n; w++)
        free_windowed(&windows->items[w]);
    wbi_free(windows->items);
    wbi_free(windows->of_feature);
    wbi_free(windows->unsorted);
}

static bool same_window(const wbi_windowed *w, const wbi_windowed *sought)
{
    return w->table == sought->table && w->window.from_us == sought->window.from_us &&
           w->window.to_us == sought->window.to_us && w->after == sought->after && w->within_us == sought->within_us;
}

static wb_status find_or_add(size_t *at, wbi_windows *windows, const wbi_windowed *sought, wb_error *err)
{
    for (*at = 0; *at < windows->n; ++*at)
        if (same_window(&windows->items[*at], sought))
            return WB_OK;
    WBI_TRY(wbi_array_grow(&windows->items, &windows->capacity, windows->n, sizeof *windows->items, err));
    wbi_windowed *added = &windows->items[windows->n++];
    *added = *sought;
    added->steady = windows->n_cutoffs > 1 && sought->after == WBI_NONE && wbi_view_is_steady(windows->views[sought->table]);
    const size_t n = windows->n_customers * (added->steady ? windows->n_cutoffs : 1);
    added->all = wbi_alloc_array(n, sizeof *added->all);
    added->from = wbi_alloc_zeroed(windows->n_cutoffs + 1, sizeof *added->from);
    added->spans = wbi_alloc_array(n, sizeof *added->spans);
    added->same = wbi_alloc_array(n, sizeof *added->same);
    added->latest = wbi_alloc_array(windows->n_customers, sizeof *added->latest);
    if (added->all == NULL || added->from == NULL || added->spans == NULL || added->same == NULL || added->latest == NULL)
        return wbi_fail_nomem(err, n * sizeof *added->spans);
    return WB_OK;
}

static wb_status add_feature(wbi_windows *windows, size_t f, const wbi_planned_feature *feature, wb_error *err)
{
    const wbi_windowed all = {.table = feature->table, .after = WBI_NONE};
    wbi_windowed sought = {.table = feature->table, .after = feature->after, .within_us = feature->def->within_us};
    if (feature->def->agg != WBI_AGG_TREND)
        sought.window = feature->def->window;
    WBI_TRY(find_or_add(&sought.whole, windows, &all, err));
    windows->items[sought.whole].whole = sought.whole;
    return find_or_add(&windows->of_feature[f], windows, &sought, err);
}

wb_status wbi_windows_create(wbi_windows *windows, const wbi_plan *plan, wbi_view *const *views, size_t n_customers,
                             size_t n_cutoffs, wb_error *err)
{
    *windows = (wbi_windows){.views = views, .n_customers = n_customers, .n_cutoffs = n_cutoffs};
    windows->unsorted = wbi_alloc_array(n_customers * n_cutoffs, sizeof *windows->unsorted);
    windows->of_feature = wbi_alloc_zeroed(plan->n_features, sizeof *windows->of_feature);
    if (windows->unsorted == NULL || windows->of_feature == NULL)
        return wbi_fail_nomem(err, n_customers * n_cutoffs * sizeof *windows->unsorted);
    for (size_t f = 0; f < plan->n_features; f++)
        if (plan->features[f].table != WBI_NONE)
            WBI_TRY(add_feature(windows, f, &plan->features[f], err));
    return WB_OK;
}

void wbi_windows_begin(wbi_windows *windows, const wbi_block *block, const int64_t *cutoffs_us)
{
    windows->block = block;
    windows->cutoffs_us = cutoffs_us;
}

bool wbi_has_events(const wbi_view *view, size_t k)
{
    return wbi_view_ends(view)[k] > wbi_view_starts(view)[k];
}

/* The times of a window at the cutoff at hand: from_us <= time < to_us. */
typedef struct bounds {
    int64_t from_us, to_us;
} bounds;

static bounds bounds_of(const wbi_windows *windows, const wbi_window *window)
{
    const int64_t cutoff_us = windows->cutoffs_us[windows->cutoff];
    return (bounds){window->from_us == 0 ? INT64_MIN : cutoff_us - window->from_us,
                    window->from_us == 0 && window->to_us == 0 ? INT64_MAX : cutoff_us - window->to_us};
}

/* ---- at a first cutoff, and where nothing is steady ---- */

/* The events that each eligible customer has at all, shorter spans first. */
static void find_whole(wbi_windows *windows, wbi_windowed *whole)
{
    const size_t *starts = wbi_view_starts(windows->views[whole->table]), *ends = wbi_view_ends(windows->views[whole->table]);
    size_t n = 0;
    for (size_t k = 0; k < windows->block->n_customers; k++) {
        size_t row = k * windows->n_cutoffs + windows->cutoff;
        windows->unsorted[n] = (wbi_span){(uint32_t)row, (uint32_t)starts[k], (uint32_t)ends[k]};
        n += windows->block->eligible[row];
    }
    wbi_spans_sort(whole->all, (wbi_spans){windows->unsorted, n});
    whole->n_all = n;
}

/* The events later than the customer's last one in `anchor`, by at most `within_us` unless 0: none where there is no
 * such event. */
static void narrow_to_after(wbi_span *span, const wbi_view *anchor, size_t k, const int64_t *times, int64_t within_us)
{
    if (!wbi_has_events(anchor, k)) {
        span->end = span->begin;
        return;
    }
    int64_t last_us = wbi_view_times(anchor)[wbi_view_ends(anchor)[k] - 1];
    while (span->begin < span->end && times[span->begin] <= last_us)
        span->begin++;
    while (within_us > 0 && span->end > span->begin && times[span->end - 1] - last_us > within_us)
        span->end--;
}

static void find_narrowed(wbi_windows *windows, wbi_windowed *to)
{
    const wbi_windowed *whole = &windows->items[to->whole];
    const size_t first = whole->from[windows->cutoff], n = whole->n_all - first;
    const int64_t *times = wbi_view_times(windows->views[to->table]);
    const bounds b = bounds_of(windows, &to->window);
    wbi_spans_narrow(to->all, (wbi_spans){whole->all + first, n}, times, b.from_us, b.to_us);
    for (size_t s = 0; to->after != WBI_NONE && s < n; s++)
        narrow_to_after(&to->all[s], windows->views[to->after], to->all[s].row / windows->n_cutoffs, times, to->within_us);
    to->n_all = n;
}

static bool is_whole(const wbi_windows *windows, const wbi_windowed *windowed)
{
    return windowed == &windows->items[windowed->whole];
}

/* Spans of all events are sorted as they are found, and steady ones when there are those of all cutoffs. */
static void find_first(wbi_windows *windows, wbi_windowed *windowed)
{
    const bool whole = is_whole(windows, windowed);
    if (whole)
        find_whole(windows, windowed);
    else
        find_narrowed(windows, windowed);
    if (whole || windowed->steady)
        memcpy(windowed->spans, windowed->all, windowed->n_all * sizeof *windowed->spans);
    else
        wbi_spans_sort(windowed->spans, (wbi_spans){windowed->all, windowed->n_all});
    windowed->n_spans = windowed->n_all;
    windowed->n_same = 0;
}

static void remember_first(const wbi_windows *windows, wbi_windowed *windowed)
{
    const size_t *starts = wbi_view_starts(windows->views[windowed->table]);
    for (size_t k = 0; k < windows->block->n_customers; k++)
        windowed->latest[k] = (wbi_span){UINT32_MAX, (uint32_t)starts[k], (uint32_t)starts[k]};
    for (size_t s = 0; s < windowed->n_all; s++)
        windowed->latest[windowed->all[s].row / windows->n_cutoffs] = windowed->all[s];
}

/* ---- at the cutoffs behind it ---- */

/* Whether a customer's span holds what it held at the cutoff before. */
static inline bool is_same(const wbi_span *span, const wbi_span *latest)
{
    return (latest->row + 1 == span->row) & (latest->begin == span->begin) & (latest->end == span->end);
}

/* Events enter and leave a window in their order. */
static void find_next(const wbi_windows *windows, wbi_windowed *windowed)
{
    const wbi_view *view = windows->views[windowed->table];
    const size_t *ends = wbi_view_ends(view), n_cutoffs = windows->n_cutoffs;
    const int64_t *times = wbi_view_times(view);
    const bool whole = is_whole(windows, windowed), open = windowed->window.to_us == 0;
    const bounds b = bounds_of(windows, &windowed->window);
    const uint8_t *eligible = windows->block->eligible;
    wbi_span *const all = windowed->all + windowed->n_all, *const spans = windowed->spans + windowed->n_spans;
    uint32_t *const same = windowed->same + windowed->n_same;
    size_t n_all = 0, n_spans = 0, row = windows->cutoff;
    for (size_t k = 0; k < windows->block->n_customers; k++, row += n_cutoffs) {
        const wbi_span latest = windowed->latest[k];
        wbi_span span = {(uint32_t)row, latest.begin, (uint32_t)ends[k]};
        if (!eligible[row])
            continue;
        if (!open)
            span.end = (uint32_t)wbi_view_skip(times, latest.end, span.end, b.to_us);
        if (!whole)
            span.begin = (uint32_t)wbi_view_skip(times, latest.begin, span.end, b.from_us);
        windowed->latest[k] = span;
        all[n_all] = span;
        spans[n_spans] = span;
        same[n_all - n_spans] = span.row;
        n_spans += !is_same(&span, &latest);
        n_all++;
    }
    windowed->n_all += n_all;
    windowed->n_spans += n_spans;
    windowed->n_same += n_all - n_spans;
}

/* ---- all of them ---- */

void wbi_windows_find(wbi_windows *windows, size_t cutoff)
{
    windows->cutoff = cutoff;
    for (size_t w = 0; w < windows->n; w++) {
        wbi_windowed *windowed = &windows->items[w];
        if (cutoff > 0 && windowed->steady)
            find_next(windows, windowed);
        else
            find_first(windows, windowed);
        if (!windowed->steady)
            continue;
        if (cutoff == 0)
            remember_first(windows, windowed);
        windowed->from[cutoff + 1] = windowed->n_all;
    }
}

void wbi_windows_end(wbi_windows *windows)
{
    for (size_t w = 0; w < windows->n; w++) {
        wbi_windowed *windowed = &windows->items[w];
        if (!windowed->steady)
            continue;
        wbi_span *const sorted = windows->unsorted;
        wbi_spans_sort(sorted, (wbi_spans){windowed->spans, windowed->n_spans});
        windows->unsorted = windowed->spans;
        windowed->spans = sorted;
    }
}

const wbi_windowed *wbi_windows_of(const wbi_windows *windows, size_t feature)
{
    return &windows->items[windows->of_feature[feature]];
}
