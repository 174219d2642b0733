/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events/view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "events/order.h"
#include "events/rollup.h"

typedef struct slot_values {
    void *data;
    size_t capacity; /* rows */
    bool ready;
    size_t n_overflows; /* as computed now */
} slot_values;

struct wbi_view {
    const wbi_binding *binding;
    const wbi_packed_rows *rows;
    const wbi_packed *row_times; /* NULL without time */
    int64_t cutoff_us;
    size_t n, capacity;
    uint32_t *row;     /* by line: its row */
    uint32_t *line;    /* scratch: lines being sorted */
    int64_t *times;    /* by line, then by event */
    size_t *starts, n_customers, starts_capacity;
    slot_values *slots;
    wbi_vector *vectors; /* what expressions see of the slots */
    wbi_vector *exprs;
    bool *expr_ready;
    uint64_t *n_overflows; /* by slot, then by expression: over the views before */
    wbi_expr_scratch *scratch;
    wbi_rollup *rollup; /* NULL without group_by */
    size_t *tie_slots, n_tie_slots; /* what decides ties in time; none when nothing is ever masked */
};

static bool masks_anything(const wbi_binding *b)
{
    for (size_t s = 0; s < b->n_slots; s++)
        if (b->slots[s].kind != WBI_SLOT_TIME && !b->slots[s].known_from_start &&
            (b->slots[s].type == WBI_EXPR_TIME || b->slots[s].known_at != WBI_NO_SLOT))
            return true;
    return false;
}

wb_status wbi_view_create(wbi_view **out, const wbi_binding *binding, const wbi_packed_rows *rows, wb_error *err)
{
    wbi_view *view = wbi_alloc_zeroed(1, sizeof *view);
    if (view == NULL)
        return wbi_fail_nomem(err, sizeof *view);
    view->binding = binding;
    view->rows = rows;
    view->row_times = binding->def->time != NULL ? &rows->columns[1] : NULL;
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
    for (size_t s = 0; view->slots != NULL && s < view->binding->n_slots; s++)
        wbi_free(view->slots[s].data);
    wbi_free(view->slots);
    wbi_free(view->vectors);
    wbi_free(view->exprs);
    wbi_free(view->expr_ready);
    wbi_free(view->n_overflows);
    wbi_free(view->row);
    wbi_free(view->line);
    wbi_free(view->times);
    wbi_free(view->starts);
    wbi_free(view->tie_slots);
    wbi_expr_scratch_free(view->scratch);
    wbi_rollup_free(view->rollup);
    wbi_free(view);
}

size_t wbi_view_n_overflows(const wbi_view *view)
{
    return view->rollup != NULL ? wbi_rollup_n_overflows(view->rollup) : 0;
}

static size_t slot_overflows_now(const wbi_view *view, size_t slot)
{
    return view->slots[slot].ready ? view->slots[slot].n_overflows : 0;
}

static size_t expr_overflows_now(const wbi_view *view, size_t index)
{
    return view->expr_ready[index] ? view->exprs[index].n_overflows : 0;
}

uint64_t wbi_view_slot_overflows(const wbi_view *view, size_t slot)
{
    return view->n_overflows[slot] + slot_overflows_now(view, slot);
}

uint64_t wbi_view_expr_overflows(const wbi_view *view, size_t index)
{
    return view->n_overflows[view->binding->n_slots + index] + expr_overflows_now(view, index);
}

static void keep_overflows(wbi_view *view)
{
    size_t n_slots = view->binding->n_slots;
    for (size_t s = 0; s < n_slots; s++)
        view->n_overflows[s] += slot_overflows_now(view, s);
    for (size_t e = 0; e < view->binding->n_exprs; e++)
        view->n_overflows[n_slots + e] += expr_overflows_now(view, e);
}

size_t wbi_view_n(const wbi_view *view)
{
    return view->n;
}

const size_t *wbi_view_starts(const wbi_view *view)
{
    return view->starts;
}

const int64_t *wbi_view_times(const wbi_view *view)
{
    return view->row_times == NULL ? NULL : view->times;
}

static void forget_values(wbi_view *view)
{
    for (size_t s = 0; s < view->binding->n_slots; s++)
        view->slots[s].ready = false;
    for (size_t e = 0; e < view->binding->n_exprs; e++)
        view->expr_ready[e] = false;
    wbi_expr_scratch_reset(view->scratch);
}

static wb_status reserve_lines(wbi_view *view, size_t n, wb_error *err)
{
    if (n <= view->capacity)
        return WB_OK;
    wbi_free(view->row);
    wbi_free(view->line);
    wbi_free(view->times);
    view->capacity = 0;
    view->row = wbi_alloc_array(n, sizeof *view->row);
    view->line = wbi_alloc_array(n, sizeof *view->line);
    view->times = wbi_alloc_array(n, sizeof *view->times);
    if (view->row == NULL || view->line == NULL || view->times == NULL)
        return wbi_fail_nomem(err, n * sizeof *view->times);
    view->capacity = n;
    return WB_OK;
}

static wb_status reserve_customers(wbi_view *view, size_t n, wb_error *err)
{
    view->n_customers = n;
    if (n + 1 <= view->starts_capacity)
        return WB_OK;
    wbi_free(view->starts);
    view->starts_capacity = 0;
    view->starts = wbi_alloc_array(n + 1, sizeof *view->starts);
    if (view->starts == NULL)
        return wbi_fail_nomem(err, (n + 1) * sizeof *view->starts);
    view->starts_capacity = n + 1;
    return WB_OK;
}

static void add_line(wbi_view *view, size_t row, int64_t time_us)
{
    view->row[view->n] = (uint32_t)row;
    view->times[view->n] = time_us;
    view->n++;
}

static int64_t time_of(const wbi_view *view, size_t row)
{
    return view->row_times == NULL ? 0 : wbi_packed_time(view->row_times, row);
}

/* Step 1: rows that had arrived before the cutoff. A customer's rows are in the order of their times. */
static wb_status select_rows(wbi_view *view, const size_t *first, size_t first_customer, size_t n_customers,
                             wb_error *err)
{
    WBI_TRY(reserve_customers(view, n_customers, err));
    WBI_TRY(reserve_lines(view, first[first_customer + n_customers] - first[first_customer], err));
    int64_t end_us = view->row_times == NULL ? INT64_MAX : view->cutoff_us - view->binding->def->delay_us;
    view->n = 0;
    for (size_t c = 0; c < n_customers; c++) {
        view->starts[c] = view->n;
        for (size_t row = first[first_customer + c]; row < first[first_customer + c + 1]; row++) {
            int64_t time_us = time_of(view, row);
            if (time_us >= end_us)
                break;
            add_line(view, row, time_us);
        }
    }
    view->starts[n_customers] = view->n;
    return WB_OK;
}

static wb_status reserve_slot(slot_values *slot, size_t n, size_t width, wb_error *err)
{
    if (n <= slot->capacity)
        return WB_OK;
    wbi_free(slot->data);
    slot->capacity = 0;
    slot->data = wbi_alloc_array(n, width);
    if (slot->data == NULL)
        return wbi_fail_nomem(err, n * width);
    slot->capacity = n;
    return WB_OK;
}

static void gather(wbi_view *view, size_t s)
{
    const wbi_slot *slot = &view->binding->slots[s];
    void *data = view->slots[s].data;
    if (slot->kind == WBI_SLOT_TIME) {
        if (view->n > 0)
            memcpy(data, view->times, view->n * sizeof *view->times);
        return;
    }
    const wbi_packed *column = &view->rows->columns[slot->read + (view->row_times != NULL ? 2 : 1)];
    wbi_packed_gather(column, view->row, view->n, data);
}

static void set_missing(const wbi_vector *values, void *data, size_t i)
{
    switch (values->type) {
    case WBI_EXPR_TEXT:
        ((wbi_str *)data)[i] = (wbi_str){0};
        break;
    case WBI_EXPR_BOOL:
        ((uint8_t *)data)[i] = WBI_UNKNOWN;
        break;
    case WBI_EXPR_TIME:
    case WBI_EXPR_DURATION:
        ((int64_t *)data)[i] = WB_TIME_MISSING;
        break;
    case WBI_EXPR_NUMBER:
    case WBI_EXPR_ANY:
        ((double *)data)[i] = NAN;
        break;
    }
}

static wb_status line_values(wbi_view *view, size_t s, wb_error *err);

/* Makes the slots that an expression names ready. */
static wb_status names_ready(wbi_view *view, const wbi_expr *expr, wb_error *err)
{
    size_t cursor = 0, slot;
    while (wbi_expr_next_slot(expr, &cursor, &slot))
        WBI_TRY(line_values(view, slot, err));
    return WB_OK;
}

static wb_status compute(wbi_view *view, size_t s, wb_error *err)
{
    const wbi_slot *slot = &view->binding->slots[s];
    wbi_vector values;
    WBI_TRY(names_ready(view, slot->expr, err));
    WBI_TRY(wbi_expr_eval(slot->expr, view->vectors, view->n, view->cutoff_us, view->scratch, &values, err));
    if (view->n > 0)
        memcpy(view->slots[s].data, values.numbers, view->n * wbi_vector_width(slot->type));
    view->slots[s].n_overflows = values.n_overflows;
    return WB_OK;
}

/* Step 2, for one slot: a time that had not come yet, and a value that was not known yet, are missing. */
static wb_status mask(wbi_view *view, size_t s, wb_error *err)
{
    const wbi_slot *slot = &view->binding->slots[s];
    if (view->cutoff_us == WBI_VIEW_ALL || slot->kind == WBI_SLOT_TIME || slot->known_from_start)
        return WB_OK;
    void *data = view->slots[s].data;
    if (slot->type == WBI_EXPR_TIME)
        for (size_t i = 0; i < view->n; i++)
            if (((int64_t *)data)[i] >= view->cutoff_us)
                ((int64_t *)data)[i] = WB_TIME_MISSING;
    if (slot->known_at == WBI_NO_SLOT)
        return WB_OK;
    WBI_TRY(line_values(view, slot->known_at, err));
    const int64_t *known = view->slots[slot->known_at].data;
    for (size_t i = 0; i < view->n; i++)
        if (known[i] == WB_TIME_MISSING || known[i] >= view->cutoff_us)
            set_missing(&view->vectors[s], data, i);
    return WB_OK;
}

/* Steps 2 and 3, for one slot and what it is made of. */
static wb_status line_values(wbi_view *view, size_t s, wb_error *err)
{
    const wbi_slot *slot = &view->binding->slots[s];
    if (view->slots[s].ready)
        return WB_OK;
    WBI_TRY(reserve_slot(&view->slots[s], view->n, wbi_vector_width(slot->type), err));
    view->vectors[s] = (wbi_vector){.type = slot->type, .numbers = view->slots[s].data};
    if (slot->kind == WBI_SLOT_COMPUTED)
        WBI_TRY(compute(view, s, err));
    else
        gather(view, s);
    WBI_TRY(mask(view, s, err));
    view->slots[s].ready = true;
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

/* The rows are in the order of all that the file says of them; of a customer's rows at one time, what was not known yet
 * may have decided. Here only what was known decides. */
static wb_status settle_ties(wbi_view *view, wb_error *err)
{
    bool has_values = false;
    if (view->n_tie_slots == 0)
        return WB_OK;
    for (size_t c = 0; c < view->n_customers; c++) {
        size_t end;
        for (size_t begin = view->starts[c]; begin < view->starts[c + 1]; begin = end) {
            for (end = begin + 1; end < view->starts[c + 1] && view->times[end] == view->times[begin];)
                end++;
            if (end == begin + 1)
                continue;
            for (size_t k = 0; k < view->n_tie_slots && !has_values; k++)
                WBI_TRY(line_values(view, view->tie_slots[k], err));
            has_values = true;
            sort_tie(view, begin, end);
        }
    }
    if (has_values)
        forget_values(view); /* they are in the old order */
    return WB_OK;
}

static void compact(void *data, size_t width, const uint8_t *keep, size_t n)
{
    char *to = data;
    for (size_t i = 0; i < n; i++)
        if (keep[i] == WBI_TRUE) {
            memmove(to, (char *)data + i * width, width);
            to += width;
        }
}

/* Step 4. */
static wb_status filter(wbi_view *view, wb_error *err)
{
    const wbi_binding *b = view->binding;
    if (b->where == NULL || view->n == 0)
        return WB_OK;
    wbi_vector keep;
    WBI_TRY(names_ready(view, b->where, err));
    WBI_TRY(wbi_expr_eval(b->where, view->vectors, view->n, view->cutoff_us, view->scratch, &keep, err));
    for (size_t s = 0; s < b->n_slots; s++)
        if (view->slots[s].ready)
            compact(view->slots[s].data, wbi_vector_width(b->slots[s].type), keep.bools, view->n);
    compact(view->row, sizeof *view->row, keep.bools, view->n);
    compact(view->times, sizeof *view->times, keep.bools, view->n);
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
    WBI_TRY(line_values(view, b->group_by, err));
    for (size_t k = 0; k < b->n_order_by; k++)
        WBI_TRY(line_values(view, b->order_by[k], err));
    if (b->event_time != WBI_NO_SLOT)
        WBI_TRY(line_values(view, b->event_time, err));
    for (size_t e = 0; e < b->n_exprs; e++)
        WBI_TRY(names_ready(view, b->exprs[e].expr, err));
    const wbi_lines lines = {.groups = view->vectors[b->group_by].texts,
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
        }
    view->n = wbi_rollup_finish(view->rollup, view->times, view->starts);
    return WB_OK;
}

wb_status wbi_view_build(wbi_view *view, const size_t *first, size_t first_customer, size_t n_customers,
                         int64_t cutoff_us, wb_error *err)
{
    keep_overflows(view);
    forget_values(view);
    view->cutoff_us = cutoff_us;
    WBI_TRY(select_rows(view, first, first_customer, n_customers, err));
    WBI_TRY(settle_ties(view, err));
    WBI_TRY(filter(view, err));
    return view->rollup == NULL ? WB_OK : roll_up(view, err);
}

wb_status wbi_view_rows(wbi_view *view, size_t begin, size_t end, wb_error *err)
{
    forget_values(view);
    view->cutoff_us = WBI_VIEW_ALL;
    view->n = 0;
    WBI_TRY(reserve_lines(view, end - begin, err));
    for (size_t row = begin; row < end; row++)
        add_line(view, row, time_of(view, row));
    return WB_OK;
}

wb_status wbi_view_slot(wbi_view *view, size_t slot, wbi_vector *out, wb_error *err)
{
    WBI_TRY(line_values(view, slot, err));
    *out = view->vectors[slot];
    return WB_OK;
}

static bool all_there(const double *numbers, size_t n)
{
    size_t n_missing = 0;
    for (size_t i = 0; i < n; i++)
        n_missing += (size_t)(isnan(numbers[i]) != 0);
    return n_missing == 0;
}

wb_status wbi_view_expr(wbi_view *view, size_t index, wbi_vector *out, wb_error *err)
{
    if (!view->expr_ready[index]) {
        const wbi_expr *expr = view->binding->exprs[index].expr;
        WBI_TRY(names_ready(view, expr, err));
        WBI_TRY(wbi_expr_eval(expr, view->vectors, view->n, view->cutoff_us, view->scratch, &view->exprs[index], err));
        if (view->exprs[index].type == WBI_EXPR_NUMBER)
            view->exprs[index].all_there = all_there(view->exprs[index].numbers, view->n);
        view->expr_ready[index] = true;
    }
    *out = view->exprs[index];
    return WB_OK;
}
