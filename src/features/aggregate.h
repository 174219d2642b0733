/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aggregates over one customer's events: pure functions of vectors. */
#ifndef WINBACK_FEATURES_AGGREGATE_H
#define WINBACK_FEATURES_AGGREGATE_H

#include "expr/expr.h"
#include "project/project.h"

/* What an aggregate needs of its `of`. */
typedef enum wbi_aggregate_input {
    WBI_AGG_TAKES_NOTHING = 0, /* count, days_since_*, active_days, gap_days_*, trend, those of purchase days */
    WBI_AGG_TAKES_NUMBER,
    WBI_AGG_TAKES_BOOL,
    WBI_AGG_TAKES_ANY          /* first, last, distinct: a number or text */
} wbi_aggregate_input;
wbi_aggregate_input wbi_aggregate_takes(wbi_aggregate aggregate);
/* The type that its `of` must have. */
wbi_expr_type wbi_aggregate_wants(wbi_aggregate aggregate);
/* Whether it needs the events' times. */
bool wbi_aggregate_needs_time(wbi_aggregate aggregate);

/* The events of one block of customers, ordered by customer, then time. */
typedef struct wbi_aggregate_events {
    const int64_t *times;  /* NULL without time */
    wbi_vector of;         /* .numbers NULL when there is none */
    const uint8_t *where;  /* NULL: all */
    int64_t cutoff_us;
    wbi_window window;
    wbi_clock clock; /* for dates */
} wbi_aggregate_events;

/* Memory for one thread. */
typedef struct wbi_aggregate_scratch {
    double *numbers;
    int64_t *times;
    wbi_str *texts;
    size_t capacity;
    uint64_t n_overflows; /* aggregates of finite numbers so far that were not finite, and thus missing */
} wbi_aggregate_scratch;
WB_WARN_UNUSED wb_status wbi_aggregate_reserve(wbi_aggregate_scratch *scratch, size_t n_events, wb_error *err);
void wbi_aggregate_scratch_free(wbi_aggregate_scratch *scratch);

/* The aggregate of events [begin, end), which are one customer's; NaN when missing. The scratch has room for them. */
double wbi_aggregate_number(wbi_aggregate aggregate, const wbi_aggregate_events *events, size_t begin, size_t end,
                            wbi_aggregate_scratch *scratch);
/* Narrows [*begin, *end), one customer's events, to those in the window. */
void wbi_aggregate_narrow(const wbi_aggregate_events *events, size_t *begin, size_t *end);

/* The events of several customers, narrowed to the window already (but for a trend, which looks beyond it). Only wanted
 * customers are looked at; `wanted` and what is made of them stand `stride` apart. */
typedef struct wbi_aggregate_spans {
    const size_t *begins, *ends; /* by customer */
    size_t n, stride;
    const uint8_t *wanted;
} wbi_aggregate_spans;
/* out[k * stride] = the aggregate of customer k. */
void wbi_aggregate_numbers(wbi_aggregate aggregate, const wbi_aggregate_events *events,
                           const wbi_aggregate_spans *spans, double *out, wbi_aggregate_scratch *scratch);
/* The first or last text that is not missing; data == NULL when there is none. */
wbi_str wbi_aggregate_text(wbi_aggregate aggregate, const wbi_aggregate_events *events, size_t begin, size_t end);

#endif
