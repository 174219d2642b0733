/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The canonical order of a table's rows within a customer. */
#ifndef WINBACK_EVENTS_ORDER_H
#define WINBACK_EVENTS_ORDER_H

#include "events/binding.h"
#include "table/packed.h"

/* The values that decide ties in time, most significant first. */
typedef struct wbi_order wbi_order;

/* Prepares the keys of all rows, computed columns included (unmasked; those that use `cutoff` are left out). `rows` is
 * borrowed. */
WB_WARN_UNUSED wb_status wbi_order_create(wbi_order **out, const wbi_binding *binding, const wbi_packed_rows *rows,
                                          wb_error *err);
void wbi_order_free(wbi_order *order); /* NULL-safe */
/* Whether the rows begin to begin + n - 1, of one customer, stand in order. Thread-safe, as is what follows. */
bool wbi_order_holds(const wbi_order *order, size_t begin, size_t n);
/* Whether the rows [first[c], first[c + 1]) of each of the customers stand in the order of their times, no two of which are
 * equal: quicker to tell, and most often so. */
bool wbi_order_is_of_times(const wbi_order *order, const size_t *first, size_t n_customers);
/* Sorts row numbers of one customer. */
WB_WARN_UNUSED wb_status wbi_order_sort(const wbi_order *order, uint32_t *row, size_t n, wb_error *err);

/* The slots that decide ties in time, most significant first: group_by, the declared columns in the order of their
 * names, then the other columns that are read. A new array, freed by wbi_free. */
WB_WARN_UNUSED wb_status wbi_order_slots(size_t **slots, size_t *n, const wbi_binding *binding, wb_error *err);
/* Negative when value a comes before value b: missing first, then numbers and times by value, text by bytes. */
int wbi_compare_values(wbi_expr_type type, const void *values, size_t a, size_t b);

#endif
