/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/windows.h"

#include "base/array.h"
#include "base/memory.h"

void wbi_windows_free(wbi_windows *windows)
{
    for (size_t w = 0; w < windows->n; w++)
        wbi_free(windows->items[w].spans);
    wbi_free(windows->items);
    wbi_free(windows->unsorted);
}

wb_status wbi_windows_begin(wbi_windows *windows, const wbi_block *block, size_t cutoff,
                            const wbi_compute_options *options, wb_error *err)
{
    windows->block = block;
    windows->n_cutoffs = options->n_cutoffs;
    windows->cutoff = cutoff;
    windows->cutoff_us = options->cutoffs_us[cutoff];
    windows->n_eligible = 0;
    for (size_t w = 0; w < windows->n; w++)
        windows->items[w].ready = false;
    if (windows->unsorted != NULL)
        return WB_OK;
    windows->n_customers = block->customers_capacity;
    windows->unsorted = wbi_alloc_array(windows->n_customers, sizeof *windows->unsorted);
    return windows->unsorted == NULL ? wbi_fail_nomem(err, windows->n_customers * sizeof *windows->unsorted) : WB_OK;
}

bool wbi_has_events(const wbi_view *view, size_t k)
{
    return wbi_view_starts(view)[k + 1] > wbi_view_starts(view)[k];
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
    wbi_windowed *added = &windows->items[windows->n];
    *added = *sought;
    added->spans = wbi_alloc_array(windows->n_customers, sizeof *added->spans);
    if (added->spans == NULL)
        return wbi_fail_nomem(err, windows->n_customers * sizeof *added->spans);
    windows->n++;
    return WB_OK;
}

/* The events that each eligible customer has at all. */
static void find_all(wbi_windows *windows, size_t table)
{
    const size_t *starts = wbi_view_starts(windows->views[table]);
    size_t n = 0;
    for (size_t k = 0; k < windows->block->n_customers; k++) {
        size_t row = k * windows->n_cutoffs + windows->cutoff;
        windows->unsorted[n] = (wbi_span){(uint32_t)row, (uint32_t)starts[k], (uint32_t)starts[k + 1]};
        n += windows->block->eligible[row];
    }
    windows->n_eligible = n;
}

/* The events later than the customer's last one in `anchor`, by at most `within_us` unless 0: none where there is no
 * such event. */
static void narrow_to_after(wbi_span *span, const wbi_view *anchor, size_t k, const int64_t *times, int64_t within_us)
{
    if (!wbi_has_events(anchor, k)) {
        span->end = span->begin;
        return;
    }
    int64_t last_us = wbi_view_times(anchor)[wbi_view_starts(anchor)[k + 1] - 1];
    while (span->begin < span->end && times[span->begin] <= last_us)
        span->begin++;
    while (within_us > 0 && span->end > span->begin && times[span->end - 1] - last_us > within_us)
        span->end--;
}

static void narrow(wbi_windows *windows, const wbi_windowed *to, wbi_spans all)
{
    const int64_t *times = wbi_view_times(windows->views[to->table]);
    const wbi_window *window = &to->window;
    int64_t from_us = window->from_us == 0 ? INT64_MIN : windows->cutoff_us - window->from_us;
    int64_t to_us = window->from_us == 0 && window->to_us == 0 ? INT64_MAX : windows->cutoff_us - window->to_us;
    wbi_spans_narrow(windows->unsorted, all, times, from_us, to_us);
    for (size_t s = 0; to->after != WBI_NONE && s < all.n; s++)
        narrow_to_after(&windows->unsorted[s], windows->views[to->after], windows->unsorted[s].row / windows->n_cutoffs,
                        times, to->within_us);
}

wb_status wbi_windows_find(wbi_spans *spans, wbi_windows *windows, const wbi_planned_feature *feature, wb_error *err)
{
    const wbi_windowed all = {.table = feature->table, .after = WBI_NONE};
    wbi_windowed sought = {.table = feature->table, .after = feature->after, .within_us = feature->def->within_us};
    size_t whole, at;
    if (feature->def->agg != WBI_AGG_TREND)
        sought.window = feature->def->window;
    WBI_TRY(find_or_add(&whole, windows, &all, err));
    WBI_TRY(find_or_add(&at, windows, &sought, err));
    wbi_windowed *found = &windows->items[at];
    if (!windows->items[whole].ready) {
        find_all(windows, feature->table);
        wbi_spans_sort(windows->items[whole].spans, (wbi_spans){windows->unsorted, windows->n_eligible});
        windows->items[whole].ready = true;
    }
    if (!found->ready) {
        narrow(windows, found, (wbi_spans){windows->items[whole].spans, windows->n_eligible});
        wbi_spans_sort(found->spans, (wbi_spans){windows->unsorted, windows->n_eligible});
        found->ready = true;
    }
    *spans = (wbi_spans){found->spans, windows->n_eligible};
    return WB_OK;
}
