/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which events of a block are whose. */
#ifndef WINBACK_FEATURES_SPANS_H
#define WINBACK_FEATURES_SPANS_H

#include <stddef.h>
#include <stdint.h>

/* Events [begin, end) of one customer; what is made of them is value `row` of the block. */
typedef struct wbi_span {
    uint32_t row, begin, end;
} wbi_span;

/* Spans of several customers; borrowed. */
typedef struct wbi_spans {
    const wbi_span *items;
    size_t n;
} wbi_spans;

static inline uint32_t wbi_span_length(const wbi_span *span)
{
    return span->end - span->begin;
}

/* Narrows each span to the events with from_us <= time < to_us. `times` are those of the block, ascending within a
 * span. */
void wbi_spans_narrow(wbi_span *narrowed, wbi_spans spans, const int64_t *times, int64_t from_us, int64_t to_us);

/* Copies the spans to `sorted`, shorter ones first. Loops over spans of one length are long and predicted; loops over
 * spans as customers come end unforeseen once a customer, which costs more than adding up ten numbers. */
void wbi_spans_sort(wbi_span *sorted, wbi_spans spans);

#endif
