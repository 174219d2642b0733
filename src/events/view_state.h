/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the opaque wbi_view holds. view.c says which lines there are, values.c what stands in them. */
#ifndef WINBACK_EVENTS_VIEW_STATE_H
#define WINBACK_EVENTS_VIEW_STATE_H

#include "events/rollup.h"
#include "events/view.h"

typedef struct wbi_slot_values {
    void *data;
    uint8_t *codes; /* of a column of few levels, else NULL */
    size_t capacity; /* rows */
    bool ready;
    size_t n_overflows; /* as computed now */
} wbi_slot_values;

struct wbi_view {
    const wbi_binding *binding;
    const wbi_packed_rows *rows;
    const wbi_packed *row_times; /* NULL without time */
    int64_t cutoff_us;
    size_t n, capacity;
    size_t n_arrived, n_left; /* lines before and after `where` */
    uint32_t *row;     /* by line: its row */
    uint32_t *line;    /* scratch: lines being sorted */
    int64_t *times;    /* by line, then by event */
    size_t *starts, *ends, n_customers, customers_capacity; /* ends: of a steady view */
    bool steady;
    wbi_slot_values *slots;
    wbi_vector *vectors; /* what expressions see of the slots */
    wbi_vector *exprs;
    bool *expr_ready;
    uint64_t *n_overflows; /* by slot, then by expression: over the views before */
    wbi_expr_scratch *scratch;
    wbi_rollup *rollup; /* NULL without group_by */
    size_t *tie_slots, n_tie_slots; /* what decides ties in time; none when nothing is ever masked */
};

/* Counts those values of the lines that overflew, before they are forgotten. */
void wbi_values_keep_overflows(wbi_view *view);
void wbi_values_forget(wbi_view *view);
/* Makes view->vectors[slot] hold the values of the lines: gathered or computed, and masked. Steps 2 and 3. */
WB_WARN_UNUSED wb_status wbi_values_of_slot(wbi_view *view, size_t slot, wb_error *err);
/* The same for every slot that an expression names. */
WB_WARN_UNUSED wb_status wbi_values_named(wbi_view *view, const wbi_expr *expr, wb_error *err);
/* The values of an expression; borrowed until they are forgotten. */
WB_WARN_UNUSED wb_status wbi_values_of_expr(wbi_vector *out, wbi_view *view, const wbi_expr *expr, wb_error *err);

#endif
