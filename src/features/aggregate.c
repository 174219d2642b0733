/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/aggregate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "features/purchase_days.h"
#include "features/reduce.h"

wbi_aggregate_input wbi_aggregate_takes(wbi_aggregate aggregate)
{
    switch (aggregate) {
    case WBI_AGG_SUM:
    case WBI_AGG_MEAN:
    case WBI_AGG_MIN:
    case WBI_AGG_MAX:
    case WBI_AGG_STD:
    case WBI_AGG_MEDIAN:
        return WBI_AGG_TAKES_NUMBER;
    case WBI_AGG_SHARE:
        return WBI_AGG_TAKES_BOOL;
    case WBI_AGG_FIRST:
    case WBI_AGG_LAST:
    case WBI_AGG_DISTINCT:
        return WBI_AGG_TAKES_ANY;
    default:
        return WBI_AGG_TAKES_NOTHING;
    }
}

wbi_expr_type wbi_aggregate_wants(wbi_aggregate aggregate)
{
    wbi_aggregate_input input = wbi_aggregate_takes(aggregate);
    return input == WBI_AGG_TAKES_NUMBER ? WBI_EXPR_NUMBER : input == WBI_AGG_TAKES_BOOL ? WBI_EXPR_BOOL : WBI_EXPR_ANY;
}

bool wbi_aggregate_sees_cutoff(wbi_aggregate aggregate)
{
    switch (aggregate) {
    case WBI_AGG_COUNT:
    case WBI_AGG_ACTIVE_DAYS:
    case WBI_AGG_GAP_DAYS_MEAN:
    case WBI_AGG_GAP_DAYS_STD:
    case WBI_AGG_GAP_DAYS_MAX:
        return false;
    default:
        return wbi_aggregate_takes(aggregate) == WBI_AGG_TAKES_NOTHING;
    }
}

bool wbi_aggregate_needs_time(wbi_aggregate aggregate)
{
    return aggregate != WBI_AGG_COUNT && wbi_aggregate_takes(aggregate) == WBI_AGG_TAKES_NOTHING;
}

wb_status wbi_aggregate_reserve(wbi_aggregate_scratch *scratch, size_t n_events, size_t n_spans, wb_error *err)
{
    if (scratch->narrowed != NULL && n_events <= scratch->n_events && n_spans <= scratch->n_spans)
        return WB_OK;
    wbi_aggregate_scratch_free(scratch);
    scratch->numbers = wbi_alloc_array(n_events, sizeof *scratch->numbers);
    scratch->sorted = wbi_alloc_array(n_events, sizeof *scratch->sorted);
    scratch->gaps = wbi_alloc_array(n_events, sizeof *scratch->gaps);
    scratch->times = wbi_alloc_array(n_events, sizeof *scratch->times);
    scratch->texts = wbi_alloc_array(n_events, sizeof *scratch->texts);
    scratch->positions = wbi_alloc_array(n_events + 1, sizeof *scratch->positions);
    scratch->true_positions = wbi_alloc_array(n_events + 1, sizeof *scratch->true_positions);
    scratch->selected = wbi_alloc_array(n_spans, sizeof *scratch->selected);
    scratch->narrowed = wbi_alloc_array(n_spans, sizeof *scratch->narrowed);
    if (scratch->numbers == NULL || scratch->sorted == NULL || scratch->gaps == NULL || scratch->times == NULL ||
        scratch->texts == NULL || scratch->positions == NULL || scratch->true_positions == NULL ||
        scratch->selected == NULL || scratch->narrowed == NULL)
        return wbi_fail_nomem(err, n_events * sizeof *scratch->texts);
    scratch->n_events = n_events;
    scratch->n_spans = n_spans;
    return WB_OK;
}

void wbi_aggregate_forget(wbi_aggregate_scratch *scratch, const int64_t *times)
{
    if (scratch->gaps_of == times)
        scratch->gaps_of = NULL;
}

void wbi_aggregate_scratch_free(wbi_aggregate_scratch *scratch)
{
    wbi_free(scratch->numbers);
    wbi_free(scratch->sorted);
    wbi_free(scratch->gaps);
    wbi_free(scratch->times);
    wbi_free(scratch->texts);
    wbi_free(scratch->positions);
    wbi_free(scratch->true_positions);
    wbi_free(scratch->selected);
    wbi_free(scratch->narrowed);
    *scratch = (wbi_aggregate_scratch){0};
}

static bool is_selected(const wbi_aggregate_events *e, size_t i)
{
    return e->where == NULL || e->where[i] == WBI_TRUE;
}

/* ---- what is selected ---- */

/* positions[i] = how many of the first i events are TRUE, for i <= n. */
static void count_true(const uint8_t *bools, size_t n, uint32_t *positions)
{
    uint32_t n_true = 0;
    for (size_t i = 0; i < n; i++) {
        positions[i] = n_true;
        n_true += bools[i] == WBI_TRUE;
    }
    positions[n] = n_true;
}

/* The spans of what was selected of the events of `spans`. */
static wbi_spans selected_spans(wbi_spans spans, wbi_aggregate_scratch *scratch)
{
    const uint32_t *positions = scratch->positions;
    for (size_t s = 0; s < spans.n; s++) {
        const wbi_span *span = &spans.items[s];
        scratch->selected[s] = (wbi_span){span->row, positions[span->begin], positions[span->end]};
    }
    return (wbi_spans){scratch->selected, spans.n};
}

/* The selected numbers that are not missing: those of the events themselves, or copies, moved up without a branch on
 * each. */
static const double *select_numbers(wbi_spans *spans, const wbi_aggregate_events *e, wbi_aggregate_scratch *scratch)
{
    const double *of = e->of.numbers;
    uint32_t n = 0;
    if (e->where == NULL && e->of.all_there)
        return of;
    for (size_t i = 0; i < e->n; i++) {
        scratch->positions[i] = n;
        scratch->numbers[n] = of[i];
        n += (uint32_t)(is_selected(e, i) & !isnan(of[i]));
    }
    scratch->positions[e->n] = n;
    *spans = selected_spans(*spans, scratch);
    return scratch->numbers;
}

/* The selected times: those of the events themselves, or copies. */
static const int64_t *select_times(wbi_spans *spans, const wbi_aggregate_events *e, wbi_aggregate_scratch *scratch)
{
    if (e->where == NULL)
        return e->times;
    count_true(e->where, e->n, scratch->positions);
    for (size_t i = 0; i < e->n; i++)
        scratch->times[scratch->positions[i]] = e->times[i];
    *spans = selected_spans(*spans, scratch);
    return scratch->times;
}

/* ---- aggregates ---- */

static void count(const wbi_aggregate_events *e, wbi_spans spans, double *out, wbi_aggregate_scratch *scratch)
{
    if (e->where != NULL)
        count_true(e->where, e->n, scratch->positions);
    for (size_t s = 0; s < spans.n; s++) {
        const wbi_span *span = &spans.items[s];
        out[span->row] = e->where == NULL ? wbi_span_length(span)
                                          : scratch->positions[span->end] - scratch->positions[span->begin];
    }
}

/* The count in the window minus the count in the window of equal length before it. */
static void trend(const wbi_aggregate_events *e, wbi_spans spans, double *out, wbi_aggregate_scratch *scratch)
{
    int64_t length_us = e->window.from_us - e->window.to_us, to_us = e->cutoff_us - e->window.to_us;
    int64_t from_us = to_us - length_us;
    const int64_t *times = select_times(&spans, e, scratch);
    wbi_spans_narrow(scratch->narrowed, spans, times, from_us, to_us);
    for (size_t s = 0; s < spans.n; s++)
        out[spans.items[s].row] = wbi_span_length(&scratch->narrowed[s]);
    wbi_spans_narrow(scratch->narrowed, spans, times, from_us - length_us, from_us);
    for (size_t s = 0; s < spans.n; s++)
        out[spans.items[s].row] -= wbi_span_length(&scratch->narrowed[s]);
}

static void share(const wbi_aggregate_events *e, wbi_spans spans, double *out, wbi_aggregate_scratch *scratch)
{
    uint32_t n_true = 0, n_known = 0;
    for (size_t i = 0; i < e->n; i++) {
        scratch->true_positions[i] = n_true;
        scratch->positions[i] = n_known;
        n_true += (uint32_t)(is_selected(e, i) & (e->of.bools[i] == WBI_TRUE));
        n_known += (uint32_t)(is_selected(e, i) & (e->of.bools[i] != WBI_UNKNOWN));
    }
    scratch->true_positions[e->n] = n_true;
    scratch->positions[e->n] = n_known;
    for (size_t s = 0; s < spans.n; s++) {
        const wbi_span *span = &spans.items[s];
        n_true = scratch->true_positions[span->end] - scratch->true_positions[span->begin];
        n_known = scratch->positions[span->end] - scratch->positions[span->begin];
        out[span->row] = n_known == 0 ? NAN : (double)n_true / (double)n_known;
    }
}

static int by_bytes(const void *left, const void *right)
{
    return wbi_str_compare(*(const wbi_str *)left, *(const wbi_str *)right);
}

/* Texts of one column mostly are the very bytes of its levels. */
static bool same_text(wbi_str a, wbi_str b)
{
    return a.length == b.length && (a.data == b.data || memcmp(a.data, b.data, a.length) == 0);
}

enum { FEW_TEXTS = 24 };

/* How many distinct texts there are, moved to the front; SIZE_MAX as soon as they are more than a few. */
static size_t few_distinct(wbi_str *texts, size_t n)
{
    size_t distinct = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        while (at < distinct && !same_text(texts[at], texts[i]))
            at++;
        if (at == FEW_TEXTS)
            return SIZE_MAX;
        if (at == distinct)
            texts[distinct++] = texts[i];
    }
    return distinct;
}

static size_t take_texts(const wbi_aggregate_events *e, wbi_span span, wbi_str *texts)
{
    size_t n = 0;
    for (size_t i = span.begin; i < span.end; i++)
        if (is_selected(e, i) && e->of.texts[i].data != NULL)
            texts[n++] = e->of.texts[i];
    return n;
}

static double n_distinct_texts(const wbi_aggregate_events *e, wbi_span span, wbi_str *texts)
{
    size_t distinct = few_distinct(texts, take_texts(e, span, texts));
    if (distinct != SIZE_MAX)
        return (double)distinct;
    size_t n = take_texts(e, span, texts);
    qsort(texts, n, sizeof *texts, by_bytes);
    distinct = 0;
    for (size_t i = 0; i < n; i++)
        distinct += i == 0 || !wbi_str_equal(texts[i], texts[i - 1]);
    return (double)distinct;
}

/* Which codes there are, a bit each. */
static uint64_t codes_in(const wbi_aggregate_events *e, wbi_span span)
{
    const uint8_t *codes = e->of.codes;
    uint64_t seen = 0;
    if (e->where == NULL)
        for (size_t i = span.begin; i < span.end; i++)
            seen |= UINT64_C(1) << codes[i];
    else
        for (size_t i = span.begin; i < span.end; i++)
            seen |= (uint64_t)(e->where[i] == WBI_TRUE) << codes[i];
    return seen;
}

static void distinct_codes(const wbi_aggregate_events *e, wbi_spans spans, double *out)
{
    for (size_t s = 0; s < spans.n; s++) {
        uint64_t seen = codes_in(e, spans.items[s]) & ~(UINT64_C(1) << WBI_CODE_MISSING);
        out[spans.items[s].row] = __builtin_popcountll(seen);
    }
}

static void distinct_texts(const wbi_aggregate_events *e, wbi_spans spans, double *out, wbi_aggregate_scratch *scratch)
{
    if (e->of.codes != NULL) {
        distinct_codes(e, spans, out);
        return;
    }
    for (size_t s = 0; s < spans.n; s++)
        out[spans.items[s].row] = n_distinct_texts(e, spans.items[s], scratch->texts);
}

static double days(int64_t duration_us)
{
    return (double)duration_us / (double)WB_DAY_US;
}

static double active_days(const wbi_aggregate_events *e, const int64_t *times, size_t n)
{
    size_t distinct = 0;
    for (size_t i = 0; i < n; i++)
        distinct += i == 0 || wbi_day_of(times[i], e->clock) != wbi_day_of(times[i - 1], e->clock);
    return (double)distinct;
}

static double of_times(wbi_aggregate aggregate, const wbi_aggregate_events *e, const int64_t *times, size_t n)
{
    if (aggregate == WBI_AGG_ACTIVE_DAYS)
        return active_days(e, times, n);
    if (aggregate == WBI_AGG_DAYS_SINCE_LAST)
        return n == 0 ? NAN : days(e->cutoff_us - times[n - 1]);
    if (aggregate == WBI_AGG_DAYS_SINCE_FIRST)
        return n == 0 ? NAN : days(e->cutoff_us - times[0]);
    return wbi_purchase_days(aggregate, times, n, e->cutoff_us - e->window.to_us, e->clock);
}

/* gaps[i] = the days from event i to the next one, which may be another customer's. */
static const double *gaps_between(const wbi_aggregate_events *e, const int64_t *times, size_t n,
                                  wbi_aggregate_scratch *scratch)
{
    if (scratch->gaps_of == times && times == e->times)
        return scratch->gaps;
    for (size_t i = 0; i + 1 < n; i++)
        scratch->gaps[i] = (double)(times[i + 1] - times[i]);
    for (size_t i = 0; i + 1 < n; i++)
        scratch->gaps[i] /= (double)WB_DAY_US;
    scratch->gaps_of = times;
    return scratch->gaps;
}

static void reduce_gaps(wbi_aggregate aggregate, const wbi_aggregate_events *e, wbi_spans spans, double *out,
                        wbi_aggregate_scratch *scratch)
{
    const int64_t *times = select_times(&spans, e, scratch);
    const double *gaps = gaps_between(e, times, times == e->times ? e->n : scratch->positions[e->n], scratch);
    for (size_t s = 0; s < spans.n; s++) {
        scratch->narrowed[s] = spans.items[s];
        scratch->narrowed[s].end -= wbi_span_length(&spans.items[s]) > 0;
    }
    wbi_reduce_numbers(aggregate, gaps, (wbi_spans){scratch->narrowed, spans.n}, out, NULL, &scratch->n_overflows);
}

static void reduce_times(wbi_aggregate aggregate, const wbi_aggregate_events *e, wbi_spans spans, double *out,
                         wbi_aggregate_scratch *scratch)
{
    const int64_t *times = select_times(&spans, e, scratch);
    for (size_t s = 0; s < spans.n; s++) {
        const wbi_span *span = &spans.items[s];
        out[span->row] = of_times(aggregate, e, times + span->begin, wbi_span_length(span));
    }
}

void wbi_aggregate_numbers(wbi_aggregate aggregate, const wbi_aggregate_events *e, wbi_spans spans, double *out,
                           wbi_aggregate_scratch *scratch)
{
    switch (aggregate) {
    case WBI_AGG_COUNT:
        count(e, spans, out, scratch);
        return;
    case WBI_AGG_TREND:
        trend(e, spans, out, scratch);
        return;
    case WBI_AGG_SHARE:
        share(e, spans, out, scratch);
        return;
    case WBI_AGG_GAP_DAYS_MEAN:
    case WBI_AGG_GAP_DAYS_STD:
    case WBI_AGG_GAP_DAYS_MAX:
        reduce_gaps(aggregate, e, spans, out, scratch);
        return;
    default:
        break;
    }
    if (wbi_aggregate_takes(aggregate) == WBI_AGG_TAKES_NOTHING) {
        reduce_times(aggregate, e, spans, out, scratch);
        return;
    }
    if (e->of.type == WBI_EXPR_TEXT) {
        distinct_texts(e, spans, out, scratch);
        return;
    }
    const double *numbers = select_numbers(&spans, e, scratch);
    wbi_reduce_numbers(aggregate, numbers, spans, out, scratch->sorted, &scratch->n_overflows);
}

wbi_str wbi_aggregate_text(wbi_aggregate aggregate, const wbi_aggregate_events *e, wbi_span span)
{
    wbi_str found = {0};
    for (size_t i = span.begin; i < span.end; i++) {
        if (!is_selected(e, i) || e->of.texts[i].data == NULL)
            continue;
        found = e->of.texts[i];
        if (aggregate == WBI_AGG_FIRST)
            break;
    }
    return found;
}
