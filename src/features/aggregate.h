/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aggregates over the events of each customer of a block: pure functions of vectors. */
#ifndef WINBACK_FEATURES_AGGREGATE_H
#define WINBACK_FEATURES_AGGREGATE_H

#include "expr/expr.h"
#include "features/spans.h"
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
/* Whether it says something else of the same events at another cutoff. */
bool wbi_aggregate_sees_cutoff(wbi_aggregate aggregate);
/* Whether it needs the events' times. */
bool wbi_aggregate_needs_time(wbi_aggregate aggregate);

/* The events of one block of customers, ordered by customer, then time. */
typedef struct wbi_aggregate_events {
    size_t n;
    const int64_t *times;  /* NULL without time */
    wbi_vector of;         /* .numbers NULL when there is none */
    const uint8_t *where;  /* NULL: all */
    int64_t cutoff_us;
    wbi_window window;
    wbi_clock clock; /* for dates */
} wbi_aggregate_events;

/* Memory for one thread. */
typedef struct wbi_aggregate_scratch {
    size_t n_events, n_spans; /* room */
    double *numbers, *sorted, *gaps;
    int64_t *times;
    wbi_str *texts;
    uint32_t *positions, *true_positions;
    wbi_span *selected, *narrowed;
    const int64_t *gaps_of; /* the times between which `gaps` are; NULL: none yet */
    uint64_t n_overflows;   /* aggregates of finite numbers so far that were not finite, and thus missing */
} wbi_aggregate_scratch;
WB_WARN_UNUSED wb_status wbi_aggregate_reserve(wbi_aggregate_scratch *scratch, size_t n_events, size_t n_spans,
                                               wb_error *err);
/* What is kept from aggregate to aggregate of events at these times, which will be others. */
void wbi_aggregate_forget(wbi_aggregate_scratch *scratch, const int64_t *times);
void wbi_aggregate_scratch_free(wbi_aggregate_scratch *scratch);

/* out[row] = the aggregate of each span, NaN when missing. Spans lie in the window already, but for a trend, which
 * looks beyond it. The scratch has room for events and spans. */
void wbi_aggregate_numbers(wbi_aggregate aggregate, const wbi_aggregate_events *events, wbi_spans spans, double *out,
                           wbi_aggregate_scratch *scratch);
/* The first or last text that is not missing; data == NULL when there is none. */
wbi_str wbi_aggregate_text(wbi_aggregate aggregate, const wbi_aggregate_events *events, wbi_span span);

#endif
