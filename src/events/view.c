/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "events/cells.h"
#include "events/order.h"
#include "events/view_state.h"

static bool masks_anything(const wbi_binding *b)
{
    for (size_t s = 0; s < b->n_slots; s++)
        if (b->slots[s].kind != WBI_SLOT_TIME && !b->slots[s].known_from_start &&
            (b->slots[s].type == WBI_EXPR_TIME || b->slots[s].known_at != WBI_NO_SLOT))
            return true;
    return false;
}

static bool uses_cutoff(const wbi_binding *b)
{
    bool uses = b->where != NULL && wbi_expr_uses_cutoff(b->where);
    for (size_t s = 0; s < b->n_slots; s++)
        uses |= b->slots[s].kind == WBI_SLOT_COMPUTED && wbi_expr_uses_cutoff(b->slots[s].expr);
    for (size_t e = 0; e < b->n_exprs; e++)
        uses |= wbi_expr_uses_cutoff(b->exprs[e].expr);
    return uses;
}

wb_status wbi_view_create(wbi_view **out, const wbi_binding *binding, const wbi_packed_rows *rows, wb_error *err)
{
    wbi_view *view = wbi_alloc_zeroed(1, sizeof *view);
    if (view == NULL)
        return wbi_fail_nomem(err, sizeof *view);
    view->binding = binding;
    view->rows = rows;
    view->row_times = binding->def->time != NULL ? &rows->columns[1] : NULL;
    view->steady = binding->group_by == WBI_NO_SLOT && !masks_anything(binding) && !uses_cutoff(binding);
    view->slots = wbi_alloc_zeroed(binding->n_slots, sizeof *view->slots);
    view->vectors = wbi_alloc_zeroed(binding->n_slots, sizeof *view->vectors);
    view->exprs = wbi_alloc_zeroed(binding->n_exprs, sizeof *view->exprs);
    view->expr_ready = wbi_alloc_zeroed(binding->n_exprs, sizeof *view->expr_ready);
    view->n_overflows = wbi_alloc_zeroed(binding->n_slots + binding->n_exprs, sizeof *view->n_overflows);
    wb_status status;
    if (view->slots == NULL || view->vectors == NULL || view->exprs == NULL || view->expr_ready == NULL ||
        view->n_overflows == NULL) {
        status = wbi_fail_nomem(err, binding->n_slots * sizeof *view->slots);
        goto cleanup;
    }
    WBI_TRY_CLEANUP(wbi_expr_scratch_create(&view->scratch, err));
    if (binding->group_by != WBI_NO_SLOT)
        WBI_TRY_CLEANUP(wbi_rollup_create(&view->rollup, err));
    if (view->row_times != NULL && masks_anything(binding))
        WBI_TRY_CLEANUP(wbi_order_slots(&view->tie_slots, &view->n_tie_slots, binding, err));
    *out = view;
    return WB_OK;
cleanup:
    wbi_view_free(view);
    return status;
}

void wbi_view_free(wbi_view *view)
{
    if (view == NULL)
        return;
    for (size_t s = 0; view->slots != NULL && s < view->binding->n_slots; s++) {
        wbi_free(view->slots[s].data);
        wbi_free(view->slots[s].codes);
    }
    wbi_free(view->slots);
    wbi_free(view->vectors);
    wbi_free(view->exprs);
    wbi_free(view->expr_ready);
    wbi_free(view->n_overflows);
    wbi_free(view->row);
    wbi_free(view->line);
    wbi_free(view->times);
    wbi_free(view->starts);
    wbi_free(view->ends);
    wbi_free(view->tie_slots);
    wbi_expr_scratch_free(view->scratch);
    wbi_rollup_free(view->rollup);
    wbi_free(view);
}

size_t wbi_view_n_overflows(const wbi_view *view)
{
    return view->rollup != NULL ? wbi_rollup_n_overflows(view->rollup) : 0;
}

size_t wbi_view_n(const wbi_view *view)
{
    return view->n;
}

void wbi_view_lines(const wbi_view *view, size_t *n_arrived, size_t *n_left)
{
    *n_arrived = view->n_arrived;
    *n_left = view->n_left;
}

const size_t *wbi_view_starts(const wbi_view *view)
{
    return view->starts;
}

const size_t *wbi_view_ends(const wbi_view *view)
{
    return view->steady ? view->ends : view->starts + 1;
}

const int64_t *wbi_view_times(const wbi_view *view)
{
    return view->row_times == NULL ? NULL : view->times;
}

static wb_status reserve_lines(wbi_view *view, size_t n, wb_error *err)
{
    if (view->row != NULL && n <= view->capacity)
        return WB_OK;
    wbi_free(view->row);
    wbi_free(view->line);
    wbi_free(view->times);
    view->capacity = 0;
    view->row = wbi_alloc_array(n, sizeof *view->row);
    view->line = wbi_alloc_array(n + 1, sizeof *view->line);
    view->times = wbi_alloc_zeroed(n + 1, sizeof *view->times);
    if (view->row == NULL || view->line == NULL || view->times == NULL)
        return wbi_fail_nomem(err, n * sizeof *view->times);
    view->capacity = n;
    return WB_OK;
}

static wb_status reserve_customers(wbi_view *view, size_t n, wb_error *err)
{
    view->n_customers = n;
    if (view->starts != NULL && n <= view->customers_capacity)
        return WB_OK;
    wbi_free(view->starts);
    wbi_free(view->ends);
    view->customers_capacity = 0;
    view->starts = wbi_alloc_array(n + 1, sizeof *view->starts);
    view->ends = view->steady ? wbi_alloc_array(n, sizeof *view->ends) : NULL;
    if (view->starts == NULL || (view->steady && view->ends == NULL))
        return wbi_fail_nomem(err, (n + 1) * sizeof *view->starts);
    view->customers_capacity = n;
    return WB_OK;
}

/* All rows [begin, end). */
static wb_status take_rows(wbi_view *view, size_t begin, size_t end, wb_error *err)
{
    WBI_TRY(reserve_lines(view, end - begin, err));
    view->n = end - begin;
    for (size_t i = 0; i < view->n; i++) {
        view->row[i] = (uint32_t)(begin + i);
        view->times[i] = 0;
    }
    if (view->row_times != NULL)
        wbi_packed_gather(view->row_times, view->row, view->n, view->times);
    return WB_OK;
}

/* Of the rows [begin, end), those that had arrived before the cutoff. What stands behind the last line is written over. */
static wb_status take_arrived(wbi_view *view, size_t begin, size_t end, wb_error *err)
{
    WBI_TRY(reserve_lines(view, end - begin, err));
    const int64_t end_us = view->cutoff_us - view->binding->def->delay_us;
    const wbi_packed row_times = *view->row_times;
    uint32_t *const row = view->row, *const line = view->line, n = 0;
    int64_t *const times = view->times;
    for (size_t i = begin; i < end; i++) {
        const int64_t time_us = wbi_packed_time(&row_times, i);
        line[i - begin] = n; /* of those before it, how many are taken */
        row[n] = (uint32_t)i;
        times[n] = time_us;
        n += time_us < end_us;
    }
    line[end - begin] = n;
    view->n = n;
    return WB_OK;
}

/* Step 1: rows that had arrived before the cutoff. */
static wb_status select_rows(wbi_view *view, const size_t *first, size_t first_customer, size_t n_customers,
                             wb_error *err)
{
    first += first_customer;
    WBI_TRY(reserve_customers(view, n_customers, err));
    if (view->row_times == NULL)
        WBI_TRY(take_rows(view, first[0], first[n_customers], err));
    else
        WBI_TRY(take_arrived(view, first[0], first[n_customers], err));
    for (size_t c = 0; c <= n_customers; c++)
        view->starts[c] = view->row_times == NULL ? first[c] - first[0] : view->line[first[c] - first[0]];
    return WB_OK;
}

static int by_known_values(const void *left, const void *right, void *context)
{
    const wbi_view *view = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    for (size_t k = 0; k < view->n_tie_slots; k++) {
        const wbi_vector *values = &view->vectors[view->tie_slots[k]];
        int order = wbi_compare_values(values->type, values->numbers, a, b);
        if (order != 0)
            return order;
    }
    return (a > b) - (a < b);
}

static void sort_tie(wbi_view *view, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        view->line[i] = (uint32_t)i;
    qsort_r(view->line + begin, end - begin, sizeof *view->line, by_known_values, view);
    for (size_t i = begin; i < end; i++)
        view->line[i] = view->row[view->line[i]];
    memcpy(view->row + begin, view->line + begin, (end - begin) * sizeof *view->row);
}

/* Whether any two lines, one behind the other, are at one time. */
static bool has_equal_times(const wbi_view *view)
{
    size_t n_equal = 0;
    for (size_t i = 1; i < view->n; i++)
        n_equal += view->times[i] == view->times[i - 1];
    return n_equal > 0;
}

/* The rows are in the order of all that the file says of them; of a customer's rows at one time, what was not known yet
 * may have decided. Here only what was known decides. */
static wb_status settle_ties(wbi_view *view, wb_error *err)
{
    bool has_values = false;
    if (view->n_tie_slots == 0 || !has_equal_times(view))
        return WB_OK;
    for (size_t c = 0; c < view->n_customers; c++) {
        size_t end;
        for (size_t begin = view->starts[c]; begin < view->starts[c + 1]; begin = end) {
            for (end = begin + 1; end < view->starts[c + 1] && view->times[end] == view->times[begin];)
                end++;
            if (end == begin + 1)
                continue;
            for (size_t k = 0; k < view->n_tie_slots && !has_values; k++)
                WBI_TRY(wbi_values_of_slot(view, view->tie_slots[k], err));
            has_values = true;
            sort_tie(view, begin, end);
        }
    }
    if (has_values)
        wbi_values_forget(view); /* they are in the old order */
    return WB_OK;
}

/* Step 4. */
static wb_status filter(wbi_view *view, wb_error *err)
{
    const wbi_binding *b = view->binding;
    if (b->where == NULL || view->n == 0)
        return WB_OK;
    wbi_vector keep;
    WBI_TRY(wbi_values_of_expr(&keep, view, b->where, err));
    for (size_t s = 0; s < b->n_slots; s++)
        if (view->slots[s].ready) {
            wbi_cells_compact(view->slots[s].data, wbi_vector_width(b->slots[s].type), keep.bools, view->n);
            if (view->slots[s].codes != NULL)
                wbi_cells_compact(view->slots[s].codes, 1, keep.bools, view->n);
        }
    wbi_cells_compact(view->row, sizeof *view->row, keep.bools, view->n);
    wbi_cells_compact(view->times, sizeof *view->times, keep.bools, view->n);
    size_t kept = 0, line = 0;
    for (size_t c = 0; c < view->n_customers; c++) {
        size_t end = view->starts[c + 1];
        view->starts[c] = kept;
        for (; line < end; line++)
            kept += keep.bools[line] == WBI_TRUE;
    }
    view->starts[view->n_customers] = kept;
    view->n = kept;
    return WB_OK;
}

/* Step 5. Only what expressions over events name is rolled up. */
static wb_status roll_up(wbi_view *view, wb_error *err)
{
    const wbi_binding *b = view->binding;
    WBI_TRY(wbi_values_of_slot(view, b->group_by, err));
    for (size_t k = 0; k < b->n_order_by; k++)
        WBI_TRY(wbi_values_of_slot(view, b->order_by[k], err));
    if (b->event_time != WBI_NO_SLOT)
        WBI_TRY(wbi_values_of_slot(view, b->event_time, err));
    for (size_t e = 0; e < b->n_exprs; e++)
        WBI_TRY(wbi_values_named(view, b->exprs[e].expr, err));
    const wbi_event_lines lines = {.groups = view->vectors[b->group_by].texts,
                             .times = view->times,
                             .starts = view->starts,
                             .n_customers = view->n_customers,
                             .vectors = view->vectors,
                             .order_by = b->order_by,
                             .n_order_by = b->n_order_by,
                             .event_times = b->event_time != WBI_NO_SLOT ? view->vectors[b->event_time].times : NULL,
                             .event_agg = b->event_time != WBI_NO_SLOT ? b->slots[b->event_time].agg : WBI_AGG_NONE};
    WBI_TRY(wbi_rollup_lines(view->rollup, &lines, err));
    for (size_t s = 0; s < b->n_slots; s++)
        if (view->slots[s].ready) {
            wbi_rollup_values(view->rollup, b->slots[s].agg, b->slots[s].type, view->slots[s].data);
            view->vectors[s].type = wbi_rollup_type(b->slots[s].agg, b->slots[s].type);
            view->vectors[s].codes = NULL;
        }
    view->n = wbi_rollup_finish(view->rollup, view->times, view->starts);
    return WB_OK;
}

wb_status wbi_view_build(wbi_view *view, const size_t *first, size_t first_customer, size_t n_customers,
                         int64_t cutoff_us, wb_error *err)
{
    wbi_values_keep_overflows(view);
    wbi_values_forget(view);
    view->cutoff_us = cutoff_us;
    WBI_TRY(select_rows(view, first, first_customer, n_customers, err));
    WBI_TRY(settle_ties(view, err));
    view->n_arrived = view->n;
    WBI_TRY(filter(view, err));
    view->n_left = view->n;
    if (view->steady)
        memcpy(view->ends, view->starts + 1, n_customers * sizeof *view->ends);
    return view->rollup == NULL ? WB_OK : roll_up(view, err);
}

bool wbi_view_is_steady(const wbi_view *view)
{
    return view->steady;
}

/* Cutoffs that ascend find the ends of the one before and go on from there. */
void wbi_view_move(wbi_view *view, int64_t cutoff_us)
{
    const int64_t *const times = view->times, end_us = cutoff_us - view->binding->def->delay_us;
    const size_t *const from = cutoff_us < view->cutoff_us ? view->starts : view->ends;
    view->cutoff_us = cutoff_us;
    if (view->row_times == NULL)
        return;
    for (size_t k = 0; k < view->n_customers; k++)
        view->ends[k] = wbi_view_skip(times, from[k], view->starts[k + 1], end_us);
}

wb_status wbi_view_rows(wbi_view *view, size_t begin, size_t end, wb_error *err)
{
    wbi_values_forget(view);
    view->cutoff_us = WBI_VIEW_ALL;
    return take_rows(view, begin, end, err);
}
