/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/aggregate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "features/purchase_days.h"

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

bool wbi_aggregate_needs_time(wbi_aggregate aggregate)
{
    return aggregate != WBI_AGG_COUNT && wbi_aggregate_takes(aggregate) == WBI_AGG_TAKES_NOTHING;
}

wb_status wbi_aggregate_reserve(wbi_aggregate_scratch *scratch, size_t n, wb_error *err)
{
    if (n <= scratch->capacity)
        return WB_OK;
    wbi_aggregate_scratch_free(scratch);
    scratch->numbers = wbi_alloc_array(n, sizeof *scratch->numbers);
    scratch->times = wbi_alloc_array(n, sizeof *scratch->times);
    scratch->texts = wbi_alloc_array(n, sizeof *scratch->texts);
    if (scratch->numbers == NULL || scratch->times == NULL || scratch->texts == NULL)
        return wbi_fail_nomem(err, n * sizeof *scratch->texts);
    scratch->capacity = n;
    return WB_OK;
}

void wbi_aggregate_scratch_free(wbi_aggregate_scratch *scratch)
{
    wbi_free(scratch->numbers);
    wbi_free(scratch->times);
    wbi_free(scratch->texts);
    *scratch = (wbi_aggregate_scratch){0};
}

static bool is_selected(const wbi_aggregate_events *e, size_t i)
{
    return e->where == NULL || e->where[i] == WBI_TRUE;
}

/* Narrows [*begin, *end) to the events with from <= time < to. The few events that most customers have are counted without
 * a branch on each. */
static void narrow(const int64_t *times, int64_t from_us, int64_t to_us, size_t *begin, size_t *end)
{
    enum { FEW = 32 };
    while (*end > *begin && times[*end - 1] >= to_us)
        --*end;
    size_t low = *begin, high = *end;
    while (high - low > FEW) {
        size_t middle = low + (high - low) / 2;
        if (times[middle] < from_us)
            low = middle + 1;
        else
            high = middle;
    }
    *begin = low;
    for (size_t i = low; i < high; i++)
        *begin += times[i] < from_us;
}

void wbi_aggregate_narrow(const wbi_aggregate_events *e, size_t *begin, size_t *end)
{
    if (e->times == NULL || (e->window.from_us == 0 && e->window.to_us == 0))
        return;
    int64_t from_us = e->window.from_us == 0 ? INT64_MIN : e->cutoff_us - e->window.from_us;
    narrow(e->times, from_us, e->cutoff_us - e->window.to_us, begin, end);
}

static double count(const wbi_aggregate_events *e, size_t begin, size_t end, wbi_aggregate_scratch *scratch)
{
    size_t n = 0;
    (void)scratch;
    if (e->where == NULL)
        return (double)(end - begin);
    for (size_t i = begin; i < end; i++)
        n += e->where[i] == WBI_TRUE;
    return (double)n;
}

/* The count in the window minus the count in the window of equal length before it. */
static double trend(const wbi_aggregate_events *e, size_t begin, size_t end, wbi_aggregate_scratch *scratch)
{
    size_t begin_now = begin, end_now = end, begin_then = begin, end_then = end;
    int64_t length_us = e->window.from_us - e->window.to_us, from_us = e->cutoff_us - e->window.from_us;
    narrow(e->times, from_us, e->cutoff_us - e->window.to_us, &begin_now, &end_now);
    narrow(e->times, from_us - length_us, from_us, &begin_then, &end_then);
    return count(e, begin_now, end_now, scratch) - count(e, begin_then, end_then, scratch);
}

/* The selected numbers that are not missing: those of the events themselves, or copies in `numbers`, moved up without a
 * branch on each. */
static const double *take_numbers(const wbi_aggregate_events *e, size_t begin, size_t end, double *numbers, size_t *n_taken)
{
    const double *of = e->of.numbers;
    size_t n = 0;
    *n_taken = end - begin;
    if (e->where == NULL && e->of.all_there)
        return of + begin;
    if (e->where == NULL)
        for (size_t i = begin; i < end; i++) {
            numbers[n] = of[i];
            n += (size_t)!isnan(of[i]);
        }
    else
        for (size_t i = begin; i < end; i++) {
            numbers[n] = of[i];
            n += (size_t)((e->where[i] == WBI_TRUE) & !isnan(of[i]));
        }
    *n_taken = n;
    return numbers;
}

/* The selected times: those of the events themselves, or copies in `times`. */
static const int64_t *take_times(const wbi_aggregate_events *e, size_t begin, size_t end, int64_t *times, size_t *n)
{
    *n = end - begin;
    if (e->where == NULL)
        return e->times + begin;
    *n = 0;
    for (size_t i = begin; i < end; i++) {
        times[*n] = e->times[i];
        *n += e->where[i] == WBI_TRUE;
    }
    return times;
}

static double sum_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

static double mean_of(const double *x, size_t n)
{
    return n == 0 ? NAN : sum_of(x, n) / (double)n;
}

/* Sample standard deviation in two passes, of differences to the first value: exactly 0 when all are equal. */
static double std_of(const double *x, size_t n)
{
    if (n < 2)
        return NAN;
    double sum = 0, squares = 0;
    for (size_t i = 1; i < n; i++)
        sum += x[i] - x[0];
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - x[0] - mean) * (x[i] - x[0] - mean);
    return sqrt(squares / (double)(n - 1));
}

static double extreme_of(const double *x, size_t n, double sign)
{
    double best = NAN;
    for (size_t i = 0; i < n; i++)
        if (isnan(best) || sign * x[i] > sign * best)
            best = x[i];
    return best;
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

enum { FEW_VALUES = 24 };

static void sort_numbers(double *x, size_t n)
{
    if (n > FEW_VALUES) {
        qsort(x, n, sizeof *x, by_value);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        double moved = x[i];
        size_t at = i;
        for (; at > 0 && x[at - 1] > moved; at--)
            x[at] = x[at - 1];
        x[at] = moved;
    }
}

/* The quantile 1/2 of R's type 7. */
static double median_of(double *x, size_t n)
{
    if (n == 0)
        return NAN;
    sort_numbers(x, n);
    return n % 2 == 1 ? x[n / 2] : x[n / 2 - 1] + (x[n / 2] - x[n / 2 - 1]) / 2;
}

static double distinct_numbers(double *x, size_t n)
{
    size_t distinct = 0;
    sort_numbers(x, n);
    for (size_t i = 0; i < n; i++)
        distinct += i == 0 || x[i] != x[i - 1];
    return (double)distinct;
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

/* How many distinct texts there are, moved to the front; SIZE_MAX as soon as they are more than a few. */
static size_t few_distinct(wbi_str *texts, size_t n)
{
    size_t distinct = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        while (at < distinct && !same_text(texts[at], texts[i]))
            at++;
        if (at == FEW_VALUES)
            return SIZE_MAX;
        if (at == distinct)
            texts[distinct++] = texts[i];
    }
    return distinct;
}

static size_t take_texts(const wbi_aggregate_events *e, size_t begin, size_t end, wbi_str *texts)
{
    size_t n = 0;
    for (size_t i = begin; i < end; i++)
        if (is_selected(e, i) && e->of.texts[i].data != NULL)
            texts[n++] = e->of.texts[i];
    return n;
}

static double distinct_texts(const wbi_aggregate_events *e, size_t begin, size_t end, wbi_aggregate_scratch *scratch)
{
    wbi_str *texts = scratch->texts;
    size_t distinct = few_distinct(texts, take_texts(e, begin, end, texts));
    if (distinct != SIZE_MAX)
        return (double)distinct;
    size_t n = take_texts(e, begin, end, texts);
    qsort(texts, n, sizeof *texts, by_bytes);
    distinct = 0;
    for (size_t i = 0; i < n; i++)
        distinct += i == 0 || !wbi_str_equal(texts[i], texts[i - 1]);
    return (double)distinct;
}

static double share(const wbi_aggregate_events *e, size_t begin, size_t end, wbi_aggregate_scratch *scratch)
{
    size_t n_true = 0, n_false = 0;
    (void)scratch;
    for (size_t i = begin; i < end; i++) {
        unsigned selected = is_selected(e, i);
        n_true += selected & (e->of.bools[i] == WBI_TRUE);
        n_false += selected & (e->of.bools[i] == WBI_FALSE);
    }
    return n_true + n_false == 0 ? NAN : (double)n_true / (double)(n_true + n_false);
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

static double of_times(wbi_aggregate aggregate, const wbi_aggregate_events *e, size_t begin, size_t end,
                       wbi_aggregate_scratch *scratch)
{
    size_t n;
    const int64_t *times = take_times(e, begin, end, scratch->times, &n);
    if (wbi_is_of_purchase_days(aggregate))
        return wbi_purchase_days(aggregate, times, n, e->cutoff_us - e->window.to_us, e->clock);
    if (aggregate == WBI_AGG_ACTIVE_DAYS)
        return active_days(e, times, n);
    if (aggregate == WBI_AGG_DAYS_SINCE_LAST)
        return n == 0 ? NAN : days(e->cutoff_us - times[n - 1]);
    if (aggregate == WBI_AGG_DAYS_SINCE_FIRST)
        return n == 0 ? NAN : days(e->cutoff_us - times[0]);
    size_t n_gaps = n == 0 ? 0 : n - 1;
    for (size_t i = 0; i < n_gaps; i++)
        scratch->numbers[i] = days(times[i + 1] - times[i]);
    if (aggregate == WBI_AGG_GAP_DAYS_MEAN)
        return mean_of(scratch->numbers, n_gaps);
    if (aggregate == WBI_AGG_GAP_DAYS_STD)
        return std_of(scratch->numbers, n_gaps);
    return extreme_of(scratch->numbers, n_gaps, 1);
}

/* Numbers that may be sorted. */
static double *own_numbers(const double *numbers, size_t n, double *scratch)
{
    if (numbers != scratch && n > 0)
        memcpy(scratch, numbers, n * sizeof *scratch);
    return scratch;
}

static double of_taken(wbi_aggregate aggregate, const double *numbers, size_t n, wbi_aggregate_scratch *scratch)
{
    switch (aggregate) {
    case WBI_AGG_SUM:
        return sum_of(numbers, n);
    case WBI_AGG_MEAN:
        return mean_of(numbers, n);
    case WBI_AGG_MIN:
        return extreme_of(numbers, n, -1);
    case WBI_AGG_MAX:
        return extreme_of(numbers, n, 1);
    case WBI_AGG_STD:
        return std_of(numbers, n);
    case WBI_AGG_MEDIAN:
        return median_of(own_numbers(numbers, n, scratch->numbers), n);
    case WBI_AGG_DISTINCT:
        return distinct_numbers(own_numbers(numbers, n, scratch->numbers), n);
    case WBI_AGG_FIRST:
        return n == 0 ? NAN : numbers[0];
    case WBI_AGG_LAST:
        return n == 0 ? NAN : numbers[n - 1];
    default:
        return NAN;
    }
}

/* For numbers whose sum overflows. */
static double mean_of_shares(const double *x, size_t n)
{
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    return mean;
}

/* Of no number, or of one where two are needed, there is none; else one that is not finite has overflown. */
static double of_numbers(wbi_aggregate aggregate, const wbi_aggregate_events *e, size_t begin, size_t end,
                         wbi_aggregate_scratch *scratch)
{
    size_t n;
    const double *numbers = take_numbers(e, begin, end, scratch->numbers, &n);
    double value = of_taken(aggregate, numbers, n, scratch);
    if (aggregate == WBI_AGG_MEAN && isinf(value))
        value = mean_of_shares(numbers, n);
    if (isfinite(value))
        return value;
    scratch->n_overflows += n > 1;
    return NAN;
}

static double evaluate(wbi_aggregate aggregate, const wbi_aggregate_events *e, size_t begin, size_t end,
                       wbi_aggregate_scratch *scratch)
{
    if (aggregate == WBI_AGG_COUNT)
        return count(e, begin, end, scratch);
    if (aggregate == WBI_AGG_TREND)
        return trend(e, begin, end, scratch);
    if (aggregate == WBI_AGG_SHARE)
        return share(e, begin, end, scratch);
    if (aggregate == WBI_AGG_DISTINCT && e->of.type == WBI_EXPR_TEXT)
        return distinct_texts(e, begin, end, scratch);
    if (wbi_aggregate_takes(aggregate) == WBI_AGG_TAKES_NOTHING)
        return of_times(aggregate, e, begin, end, scratch);
    return of_numbers(aggregate, e, begin, end, scratch);
}

double wbi_aggregate_number(wbi_aggregate aggregate, const wbi_aggregate_events *e, size_t begin, size_t end,
                            wbi_aggregate_scratch *scratch)
{
    if (aggregate != WBI_AGG_TREND)
        wbi_aggregate_narrow(e, &begin, &end);
    return evaluate(aggregate, e, begin, end, scratch);
}

void wbi_aggregate_numbers(wbi_aggregate aggregate, const wbi_aggregate_events *e, const wbi_aggregate_spans *spans,
                           double *out, wbi_aggregate_scratch *scratch)
{
    for (size_t k = 0; k < spans->n; k++)
        if (spans->wanted[k * spans->stride])
            out[k * spans->stride] = evaluate(aggregate, e, spans->begins[k], spans->ends[k], scratch);
}

wbi_str wbi_aggregate_text(wbi_aggregate aggregate, const wbi_aggregate_events *e, size_t begin, size_t end)
{
    wbi_aggregate_narrow(e, &begin, &end);
    wbi_str found = {0};
    for (size_t i = begin; i < end; i++) {
        if (!is_selected(e, i) || e->of.texts[i].data == NULL)
            continue;
        found = e->of.texts[i];
        if (aggregate == WBI_AGG_FIRST)
            break;
    }
    return found;
}
