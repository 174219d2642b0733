/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "events/cells.h"
#include "events/view_state.h"
#include "expr/scratch.h"

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

void wbi_values_keep_overflows(wbi_view *view)
{
    size_t n_slots = view->binding->n_slots;
    for (size_t s = 0; s < n_slots; s++)
        view->n_overflows[s] += slot_overflows_now(view, s);
    for (size_t e = 0; e < view->binding->n_exprs; e++)
        view->n_overflows[n_slots + e] += expr_overflows_now(view, e);
}

void wbi_values_forget(wbi_view *view)
{
    for (size_t s = 0; s < view->binding->n_slots; s++)
        view->slots[s].ready = false;
    for (size_t e = 0; e < view->binding->n_exprs; e++)
        view->expr_ready[e] = false;
    wbi_expr_scratch_reset(view->scratch);
}

/* The column that a slot reads; NULL for one that is computed, or the row's time. */
static const wbi_packed *column_of(const wbi_view *view, size_t s)
{
    const wbi_slot *slot = &view->binding->slots[s];
    return slot->kind == WBI_SLOT_READ ? &view->rows->columns[slot->read + (view->row_times != NULL ? 2 : 1)] : NULL;
}

static wb_status reserve_slot(wbi_view *view, size_t s, wb_error *err)
{
    wbi_slot_values *slot = &view->slots[s];
    const wbi_packed *column = column_of(view, s);
    size_t n = view->n, width = wbi_vector_width(view->binding->slots[s].type);
    if (n <= slot->capacity)
        return WB_OK;
    wbi_free(slot->data);
    wbi_free(slot->codes);
    *slot = (wbi_slot_values){.data = wbi_alloc_array(n, width)};
    if (slot->data == NULL)
        return wbi_fail_nomem(err, n * width);
    if (column != NULL && wbi_has_few_levels(column) && (slot->codes = wbi_alloc_array(n, 1)) == NULL)
        return wbi_fail_nomem(err, n);
    slot->capacity = n;
    return WB_OK;
}

wb_status wbi_values_named(wbi_view *view, const wbi_expr *expr, wb_error *err)
{
    size_t cursor = 0, slot;
    while (wbi_expr_next_slot(expr, &cursor, &slot))
        WBI_TRY(wbi_values_of_slot(view, slot, err));
    return WB_OK;
}

/* The one column of few levels that an expression reads; WBI_NO_SLOT when it reads others too. */
static size_t only_levels_of(const wbi_view *view, const wbi_expr *expr)
{
    size_t cursor = 0, slot, only = WBI_NO_SLOT;
    while (wbi_expr_next_slot(expr, &cursor, &slot)) {
        if (view->vectors[slot].codes == NULL || (only != WBI_NO_SLOT && slot != only))
            return WBI_NO_SLOT;
        only = slot;
    }
    return only;
}

/* Evaluates an expression once a level, and spreads what comes out. */
static wb_status eval_by_level(wbi_vector *out, wbi_view *view, const wbi_expr *expr, size_t slot, wb_error *err)
{
    wbi_str texts[WBI_N_CODES];
    wbi_vector of_lines = view->vectors[slot], by_level;
    void *cells;
    wbi_level_texts(column_of(view, slot), texts);
    view->vectors[slot] = (wbi_vector){.type = WBI_EXPR_TEXT, .texts = texts};
    wb_status status = wbi_expr_eval(expr, view->vectors, WBI_N_CODES, view->cutoff_us, view->scratch, &by_level, err);
    view->vectors[slot] = of_lines;
    WBI_TRY(status);
    *out = by_level.texts == texts ? of_lines : by_level;
    if (by_level.texts == texts)
        return WB_OK;
    size_t width = wbi_vector_width(by_level.type);
    WBI_TRY(wbi_scratch_take(&cells, view->scratch, view->n, width, err));
    wbi_cells_spread(cells, by_level.numbers, width, of_lines.codes, view->n);
    out->numbers = cells;
    return WB_OK;
}

/* The values of an expression, of each level where they depend on nothing else, but for those that overflow, which are
 * counted by row. */
wb_status wbi_values_of_expr(wbi_vector *out, wbi_view *view, const wbi_expr *expr, wb_error *err)
{
    WBI_TRY(wbi_values_named(view, expr, err));
    size_t levels_of = view->n > WBI_N_CODES ? only_levels_of(view, expr) : WBI_NO_SLOT;
    if (levels_of != WBI_NO_SLOT) {
        WBI_TRY(eval_by_level(out, view, expr, levels_of, err));
        if (out->n_overflows == 0)
            return WB_OK;
    }
    return wbi_expr_eval(expr, view->vectors, view->n, view->cutoff_us, view->scratch, out, err);
}

static wb_status compute(wbi_view *view, size_t s, wb_error *err)
{
    const wbi_slot *slot = &view->binding->slots[s];
    wbi_vector values;
    WBI_TRY(wbi_values_of_expr(&values, view, slot->expr, err));
    if (view->n > 0)
        memcpy(view->slots[s].data, values.numbers, view->n * wbi_vector_width(slot->type));
    view->slots[s].n_overflows = values.n_overflows;
    return WB_OK;
}

/* Step 2, for one slot: a time that had not come yet, and a value that was not known yet, are missing. */
static wb_status mask(wbi_view *view, size_t s, wb_error *err)
{
    const wbi_slot *slot = &view->binding->slots[s];
    const wbi_slot_values *values = &view->slots[s];
    if (view->cutoff_us == WBI_VIEW_ALL || slot->kind == WBI_SLOT_TIME || slot->known_from_start)
        return WB_OK;
    if (slot->type == WBI_EXPR_TIME)
        wbi_cells_mask_future(values->data, view->n, view->cutoff_us);
    if (slot->known_at == WBI_NO_SLOT)
        return WB_OK;
    WBI_TRY(wbi_values_of_slot(view, slot->known_at, err));
    const int64_t *known_us = view->slots[slot->known_at].data;
    if (values->codes != NULL)
        wbi_cells_mask_codes(values->codes, known_us, view->n, view->cutoff_us);
    else
        wbi_cells_mask(slot->type, values->data, known_us, view->n, view->cutoff_us);
    return WB_OK;
}

wb_status wbi_values_of_slot(wbi_view *view, size_t s, wb_error *err)
{
    const wbi_slot *slot = &view->binding->slots[s];
    const wbi_packed *column = column_of(view, s);
    wbi_slot_values *values = &view->slots[s];
    if (values->ready)
        return WB_OK;
    WBI_TRY(reserve_slot(view, s, err));
    view->vectors[s] = (wbi_vector){.type = slot->type, .numbers = values->data, .codes = values->codes};
    if (slot->kind == WBI_SLOT_COMPUTED)
        WBI_TRY(compute(view, s, err));
    else if (values->codes != NULL)
        wbi_cells_codes(column, view->row, view->n, values->codes);
    else if (column != NULL)
        wbi_packed_gather(column, view->row, view->n, values->data);
    else if (view->n > 0)
        memcpy(values->data, view->times, view->n * sizeof *view->times);
    WBI_TRY(mask(view, s, err));
    if (values->codes != NULL) {
        wbi_str texts[WBI_N_CODES];
        wbi_level_texts(column, texts);
        wbi_cells_spread(values->data, texts, sizeof texts[0], values->codes, view->n);
    }
    values->ready = true;
    return WB_OK;
}

wb_status wbi_view_slot(wbi_view *view, size_t slot, wbi_vector *out, wb_error *err)
{
    WBI_TRY(wbi_values_of_slot(view, slot, err));
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
        WBI_TRY(wbi_values_of_expr(&view->exprs[index], view, view->binding->exprs[index].expr, err));
        if (view->exprs[index].type == WBI_EXPR_NUMBER)
            view->exprs[index].all_there = all_there(view->exprs[index].numbers, view->n);
        view->expr_ready[index] = true;
    }
    *out = view->exprs[index];
    return WB_OK;
}
