/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was known of some customers' events at a cutoff: steps 1 to 5 of the point-in-time contract. */
#ifndef WINBACK_EVENTS_VIEW_H
#define WINBACK_EVENTS_VIEW_H

#include "events/binding.h"
#include "table/packed.h"

/* No mask and no limit: rows as they stand in the file. */
#define WBI_VIEW_ALL INT64_MAX

/* Scratch for one thread and one table; rebuilt for every block of customers and cutoff. */
typedef struct wbi_view wbi_view;

/* `rows` holds customer, time (if any) and the binding's columns; all are borrowed for the view's life. */
WB_WARN_UNUSED wb_status wbi_view_create(wbi_view **out, const wbi_binding *binding, const wbi_packed_rows *rows,
                                         wb_error *err);
void wbi_view_free(wbi_view *view); /* NULL-safe */

/* The events of customers [first_customer, first_customer + n_customers), whose rows are
 * [first[c], first[c + 1]) in canonical order, as known at `cutoff_us`: rows whose time + delay is before it, masked,
 * computed, filtered by `where`, rolled up by `group_by`. */
WB_WARN_UNUSED wb_status wbi_view_build(wbi_view *view, const size_t *first, size_t first_customer,
                                        size_t n_customers, int64_t cutoff_us, wb_error *err);
/* Rows [begin, end) as they stand, neither masked, filtered nor rolled up. */
WB_WARN_UNUSED wb_status wbi_view_rows(wbi_view *view, size_t begin, size_t end, wb_error *err);

/* Whether a line that has arrived is the same at every later cutoff: nothing of it is masked, computed from the cutoff or
 * rolled up with what arrives later. */
bool wbi_view_is_steady(const wbi_view *view);
/* Of a steady view, which events had arrived at `cutoff_us`, which is not after the cutoff it was built for: only their ends
 * move, and what was computed stays. */
void wbi_view_move(wbi_view *view, int64_t cutoff_us);

size_t wbi_view_n(const wbi_view *view);
/* How many lines had arrived, and how many of them the table's `where` left (all without one). */
void wbi_view_lines(const wbi_view *view, size_t *n_arrived, size_t *n_left);
/* Numbers of events that are missing, for those of their lines came to more than a number holds. */
size_t wbi_view_n_overflows(const wbi_view *view);
/* How many values, over all that was built, are missing for a number past 1.8e308 made of finite ones: of a computed
 * slot, and of an expression. */
uint64_t wbi_view_slot_overflows(const wbi_view *view, size_t slot);
uint64_t wbi_view_expr_overflows(const wbi_view *view, size_t index);
/* Events of the k-th customer of the block are [starts[k], ends[k]), ordered by time; unless the view was moved, ends[k] is
 * starts[k + 1]. */
const size_t *wbi_view_starts(const wbi_view *view);
const size_t *wbi_view_ends(const wbi_view *view);
/* NULL in tables without time. There is room for one more, which may be read. */
const int64_t *wbi_view_times(const wbi_view *view);
/* The first of the times [begin, end) that is not before a time, as a rule one of the first two. times[end] is read. */
static inline size_t wbi_view_skip(const int64_t *times, size_t begin, size_t end, int64_t time_us)
{
    begin += (begin < end) & (times[begin] < time_us);
    while (begin < end && times[begin] < time_us)
        begin++;
    return begin;
}
/* Values of a slot over the lines of wbi_view_rows. */
WB_WARN_UNUSED wb_status wbi_view_slot(wbi_view *view, size_t slot, wbi_vector *out, wb_error *err);
/* Values of the binding's expression `index` over the events; borrowed until the next build. */
WB_WARN_UNUSED wb_status wbi_view_expr(wbi_view *view, size_t index, wbi_vector *out, wb_error *err);

#endif
