/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Aggregates on vectors worked by hand, and on random ones against an implementation that walks the rows. */
#include "test_util.h"

#include <stdlib.h>
#include <string.h>

#include "features/aggregate.h"

enum { MAX_EVENTS = 40 };

static const int64_t cutoff_us = 1000 * WB_DAY_US;

static int64_t days_before(double days)
{
    return cutoff_us - (int64_t)(days * (double)WB_DAY_US);
}

/* The spans in the window of the events; a trend looks beyond it. */
static void narrow(wbi_span *spans, size_t n, wbi_aggregate kind, const wbi_aggregate_events *events)
{
    wbi_window window = events->window;
    if (kind == WBI_AGG_TREND || (window.from_us == 0 && window.to_us == 0))
        return;
    int64_t from_us = window.from_us == 0 ? INT64_MIN : cutoff_us - window.from_us;
    wbi_spans_narrow(spans, (wbi_spans){spans, n}, events->times, from_us, cutoff_us - window.to_us);
}

/* The aggregate of events [begin, end) of n. */
static double aggregate_part(wbi_aggregate kind, const wbi_aggregate_events *events, size_t n, size_t begin, size_t end,
                             uint64_t *n_overflows)
{
    wbi_aggregate_scratch scratch = {0};
    wbi_aggregate_events all = *events;
    wbi_span span = {0, (uint32_t)begin, (uint32_t)end};
    wb_error err;
    double value = -1;
    all.n = n;
    assert_ok(wbi_aggregate_reserve(&scratch, n, 1, &err), &err);
    narrow(&span, 1, kind, events);
    wbi_aggregate_numbers(kind, &all, (wbi_spans){&span, 1}, &value, &scratch);
    *n_overflows = scratch.n_overflows;
    wbi_aggregate_scratch_free(&scratch);
    return value;
}

/* The aggregate of n events. */
static double aggregate(wbi_aggregate kind, const wbi_aggregate_events *events, size_t n)
{
    uint64_t n_overflows;
    return aggregate_part(kind, events, n, 0, n, &n_overflows);
}

static double of_numbers(wbi_aggregate kind, const double *numbers, size_t n)
{
    int64_t times[MAX_EVENTS];
    for (size_t i = 0; i < n; i++)
        times[i] = days_before((double)(n - i));
    wbi_aggregate_events events = {
        .times = times, .of = {.type = WBI_EXPR_NUMBER, .numbers = numbers}, .cutoff_us = cutoff_us};
    return aggregate(kind, &events, n);
}

static double of_times(wbi_aggregate kind, const int64_t *times, size_t n)
{
    wbi_aggregate_events events = {.times = times, .cutoff_us = cutoff_us};
    return aggregate(kind, &events, n);
}

static double of_bools(wbi_aggregate kind, const uint8_t *bools, size_t n)
{
    wbi_aggregate_events events = {.of = {.type = WBI_EXPR_BOOL, .bools = bools}, .cutoff_us = cutoff_us};
    return aggregate(kind, &events, n);
}

static bool is_zero_of_nothing(wbi_aggregate kind)
{
    return kind == WBI_AGG_COUNT || kind == WBI_AGG_SUM || kind == WBI_AGG_DISTINCT || kind == WBI_AGG_ACTIVE_DAYS ||
           kind == WBI_AGG_TREND;
}

static void test_nothing_is_zero_or_missing(void **state)
{
    (void)state;
    for (wbi_aggregate kind = WBI_AGG_COUNT; kind <= WBI_AGG_CLUMPINESS; kind++) {
        wbi_aggregate_events none = {.times = (int64_t[]){0},
                                     .of = {.type = WBI_EXPR_NUMBER, .numbers = (double[]){0}},
                                     .cutoff_us = cutoff_us,
                                     .window = {30 * WB_DAY_US, 0}};
        assert_close(aggregate(kind, &none, 0), is_zero_of_nothing(kind) ? 0 : NAN, 0);
    }
}

static void test_only_missing_cells(void **state)
{
    (void)state;
    const double missing[] = {NAN, NAN, NAN};
    const uint8_t unknown[] = {WBI_UNKNOWN, WBI_UNKNOWN};
    static const wbi_aggregate kinds[] = {WBI_AGG_SUM,    WBI_AGG_MEAN,  WBI_AGG_MIN,  WBI_AGG_MAX,     WBI_AGG_STD,
                                          WBI_AGG_MEDIAN, WBI_AGG_FIRST, WBI_AGG_LAST, WBI_AGG_DISTINCT};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        assert_close(of_numbers(kinds[k], missing, 3), is_zero_of_nothing(kinds[k]) ? 0 : NAN, 0);
    assert_close(of_bools(WBI_AGG_SHARE, unknown, 2), NAN, 0);
    assert_close(of_numbers(WBI_AGG_COUNT, missing, 3), 3, 0); /* rows, not cells */
}

static void test_numbers(void **state)
{
    (void)state;
    const double x[] = {4, NAN, 1, 8, 4, NAN, 3};
    assert_close(of_numbers(WBI_AGG_COUNT, x, 7), 7, 0);
    assert_close(of_numbers(WBI_AGG_SUM, x, 7), 20, 0);
    assert_close(of_numbers(WBI_AGG_MEAN, x, 7), 4, 0);
    assert_close(of_numbers(WBI_AGG_MIN, x, 7), 1, 0);
    assert_close(of_numbers(WBI_AGG_MAX, x, 7), 8, 0);
    assert_close(of_numbers(WBI_AGG_STD, x, 7), sqrt(26.0 / 4), 1e-15); /* (0 + 9 + 16 + 0 + 1) / (5 - 1) */
    assert_close(of_numbers(WBI_AGG_MEDIAN, x, 7), 4, 0);
    assert_close(of_numbers(WBI_AGG_FIRST, x, 7), 4, 0);
    assert_close(of_numbers(WBI_AGG_LAST, x, 7), 3, 0);
    assert_close(of_numbers(WBI_AGG_DISTINCT, x, 7), 4, 0);
    assert_close(of_numbers(WBI_AGG_FIRST, x + 1, 3), 1, 0); /* a missing cell is no first value */
    assert_close(of_numbers(WBI_AGG_LAST, x, 6), 4, 0);
}

static void test_one_and_two_values(void **state)
{
    (void)state;
    const double x[] = {-2, 1, -7, 10};
    assert_close(of_numbers(WBI_AGG_STD, x, 1), NAN, 0);
    assert_close(of_numbers(WBI_AGG_STD, x, 2), 3 / sqrt(2.0), 1e-15);
    assert_close(of_numbers(WBI_AGG_MEDIAN, x, 1), -2, 0);
    assert_close(of_numbers(WBI_AGG_MEDIAN, x, 2), -0.5, 0);
    assert_close(of_numbers(WBI_AGG_MEDIAN, x, 4), -0.5, 0); /* type 7: half way between -2 and 1 */
    assert_close(of_numbers(WBI_AGG_MIN, x, 4), -7, 0);
    assert_close(of_numbers(WBI_AGG_MAX, x, 1), -2, 0);
}

/* Whose mean, rounded, is not their value. */
static void test_equal_values_have_no_spread(void **state)
{
    (void)state;
    const double x[] = {0.1, 0.1, 0.1};
    assert_close(of_numbers(WBI_AGG_STD, x, 3), 0, 0);
}

static void test_results_that_are_not_finite_are_missing(void **state)
{
    (void)state;
    const double huge[] = {1.7e308, 1.7e308};
    assert_close(of_numbers(WBI_AGG_SUM, huge, 2), NAN, 0);
    assert_close(of_numbers(WBI_AGG_MEAN, huge, 2), 1.7e308, 0);
    assert_close(of_numbers(WBI_AGG_MAX, huge, 2), 1.7e308, 0);
    assert_close(of_numbers(WBI_AGG_MEDIAN, huge, 2), 1.7e308, 0);
}

static void test_share_leaves_unknown_out(void **state)
{
    (void)state;
    const uint8_t x[] = {WBI_TRUE, WBI_UNKNOWN, WBI_FALSE, WBI_FALSE, WBI_UNKNOWN, WBI_FALSE};
    assert_close(of_bools(WBI_AGG_SHARE, x, 6), 0.25, 0);
    assert_close(of_bools(WBI_AGG_SHARE, x, 2), 1, 0);
    assert_close(of_bools(WBI_AGG_SHARE, x + 1, 2), 0, 0);
}

static void test_texts(void **state)
{
    (void)state;
    const wbi_str x[] = {{NULL, 0}, {"web", 3}, {"we", 2}, {"web", 3}, {"", 0}, {NULL, 0}, {"shop", 4}, {NULL, 0}};
    const uint8_t second[] = {0, 0, 1, 1, 1, 1, WBI_UNKNOWN, 1};
    wbi_aggregate_events events = {.of = {.type = WBI_EXPR_TEXT, .texts = x}, .cutoff_us = cutoff_us};
    assert_close(aggregate(WBI_AGG_DISTINCT, &events, 8), 4, 0);
    assert_true(wbi_str_is(wbi_aggregate_text(WBI_AGG_FIRST, &events, (wbi_span){0, 0, 8}), "web"));
    assert_true(wbi_str_is(wbi_aggregate_text(WBI_AGG_LAST, &events, (wbi_span){0, 0, 8}), "shop"));
    assert_null(wbi_aggregate_text(WBI_AGG_LAST, &events, (wbi_span){0, 0, 1}).data);
    events.where = second;
    assert_close(aggregate(WBI_AGG_DISTINCT, &events, 8), 3, 0);
    assert_true(wbi_str_is(wbi_aggregate_text(WBI_AGG_FIRST, &events, (wbi_span){0, 0, 8}), "we"));
    wbi_str last = wbi_aggregate_text(WBI_AGG_LAST, &events, (wbi_span){0, 0, 8});
    assert_non_null(last.data); /* the empty text is a value */
    assert_int_equal(last.length, 0);
}

static void test_times(void **state)
{
    (void)state;
    const int64_t times[] = {days_before(20), days_before(19.75), days_before(19), days_before(9), days_before(0.5)};
    assert_close(of_times(WBI_AGG_DAYS_SINCE_FIRST, times, 5), 20, 0);
    assert_close(of_times(WBI_AGG_DAYS_SINCE_LAST, times, 5), 0.5, 0);
    assert_close(of_times(WBI_AGG_ACTIVE_DAYS, times, 5), 4, 0); /* the first two are one date */
    assert_close(of_times(WBI_AGG_GAP_DAYS_MEAN, times, 5), 19.5 / 4, 1e-15);
    assert_close(of_times(WBI_AGG_GAP_DAYS_MAX, times, 5), 10, 0);
    double mean = 19.5 / 4, squares = 0;
    const double gaps[] = {0.25, 0.75, 10, 8.5};
    for (int i = 0; i < 4; i++)
        squares += (gaps[i] - mean) * (gaps[i] - mean);
    assert_close(of_times(WBI_AGG_GAP_DAYS_STD, times, 5), sqrt(squares / 3), 1e-15);
    assert_close(of_times(WBI_AGG_GAP_DAYS_MEAN, times, 1), NAN, 0);
    assert_close(of_times(WBI_AGG_GAP_DAYS_STD, times, 2), NAN, 0); /* one gap */
    assert_close(of_times(WBI_AGG_GAP_DAYS_MAX, times, 2), 0.25, 0);
}

static void test_dates_are_those_of_the_zone(void **state)
{
    (void)state;
    const int64_t times[] = {cutoff_us - 26 * WB_HOUR_US, cutoff_us - 23 * WB_HOUR_US};
    wbi_aggregate_events events = {.times = times, .cutoff_us = cutoff_us};
    assert_close(aggregate(WBI_AGG_ACTIVE_DAYS, &events, 2), 2, 0);
    events.clock.offset_s = 3 * 3600;
    assert_close(aggregate(WBI_AGG_ACTIVE_DAYS, &events, 2), 1, 0);
    events.clock.offset_s = -3 * 3600;
    assert_close(aggregate(WBI_AGG_ACTIVE_DAYS, &events, 2), 1, 0);
}

/* Dates 0, 3, 3, 4 and 9 of the ten before a cutoff at midnight: repeats on three, and gaps of 3, 1, 5 and 1 days. */
static void test_purchase_days(void **state)
{
    (void)state;
    const int64_t times[] = {days_before(9.25), days_before(6.75), days_before(6.5), days_before(5.75), days_before(0.5)};
    assert_close(of_times(WBI_AGG_REPEAT_DAYS, times, 5), 3, 0);
    assert_close(of_times(WBI_AGG_REPEAT_SPAN_DAYS, times, 5), 9, 0);
    assert_close(of_times(WBI_AGG_OBSERVED_DAYS, times, 5), 9, 0);
    double sum = 0.3 * log(0.3) + 0.1 * log(0.1) + 0.5 * log(0.5) + 0.1 * log(0.1);
    assert_close(of_times(WBI_AGG_CLUMPINESS, times, 5), 1 + sum / log(4), 1e-15);
    assert_close(of_times(WBI_AGG_REPEAT_DAYS, times, 1), 0, 0); /* the first is no repeat */
    assert_close(of_times(WBI_AGG_REPEAT_SPAN_DAYS, times, 1), 0, 0);
    assert_close(of_times(WBI_AGG_OBSERVED_DAYS, times, 1), 9, 0);
    assert_close(of_times(WBI_AGG_CLUMPINESS, times, 1), NAN, 0);
    assert_close(of_times(WBI_AGG_CLUMPINESS, times + 1, 2), NAN, 0); /* one date */
}

/* Half of the time each: no burst at all. */
static void test_even_spacing_is_not_clumpy(void **state)
{
    (void)state;
    const int64_t times[] = {days_before(10), days_before(5)};
    assert_close(of_times(WBI_AGG_CLUMPINESS, times, 2), 0, 1e-15);
    const int64_t late[] = {days_before(365), days_before(2), days_before(1)};
    assert_true(of_times(WBI_AGG_CLUMPINESS, late, 3) > 0.9);
}

static void test_windows_hold_their_first_moment_only(void **state)
{
    (void)state;
    const int64_t times[] = {days_before(60) - 1, days_before(60),     days_before(30) - 1, days_before(30),
                             days_before(30),     days_before(10) - 1, days_before(10),     cutoff_us - 1};
    const double x[] = {1, 2, 4, 8, 16, 32, 64, 128};
    wbi_aggregate_events events = {
        .times = times, .of = {.type = WBI_EXPR_NUMBER, .numbers = x}, .cutoff_us = cutoff_us};
    static const struct {
        int from, to;
        double sum, trend;
    } cases[] = {{0, 0, 255, 0}, {30, 0, 248, 3}, {30, 10, 56, 2}, {60, 30, 6, 1}, {0, 30, 7, 0}, {60, 0, 254, 6}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        events.window = (wbi_window){cases[k].from * WB_DAY_US, cases[k].to * WB_DAY_US};
        assert_close(aggregate(WBI_AGG_SUM, &events, 8), cases[k].sum, 0);
        if (cases[k].from > 0)
            assert_close(aggregate(WBI_AGG_TREND, &events, 8), cases[k].trend, 0);
    }
}

static void test_gaps_lie_inside_the_window(void **state)
{
    (void)state;
    const int64_t times[] = {days_before(50), days_before(29), days_before(25), days_before(5)};
    wbi_aggregate_events events = {.times = times, .cutoff_us = cutoff_us, .window = {30 * WB_DAY_US, 10 * WB_DAY_US}};
    assert_close(aggregate(WBI_AGG_GAP_DAYS_MAX, &events, 4), 4, 0);
    assert_close(aggregate(WBI_AGG_DAYS_SINCE_FIRST, &events, 4), 29, 0);
    assert_close(aggregate(WBI_AGG_DAYS_SINCE_LAST, &events, 4), 25, 0);
}

static void test_only_true_passes_where(void **state)
{
    (void)state;
    const int64_t times[] = {days_before(9), days_before(7), days_before(4), days_before(2)};
    const double x[] = {1, 2, 4, 8};
    const uint8_t where[] = {WBI_TRUE, WBI_UNKNOWN, WBI_TRUE, WBI_FALSE};
    wbi_aggregate_events events = {
        .times = times, .of = {.type = WBI_EXPR_NUMBER, .numbers = x}, .where = where, .cutoff_us = cutoff_us};
    assert_close(aggregate(WBI_AGG_COUNT, &events, 4), 2, 0);
    assert_close(aggregate(WBI_AGG_SUM, &events, 4), 5, 0);
    assert_close(aggregate(WBI_AGG_LAST, &events, 4), 4, 0);
    assert_close(aggregate(WBI_AGG_GAP_DAYS_MEAN, &events, 4), 5, 0); /* between the events that pass */
    assert_close(aggregate(WBI_AGG_DAYS_SINCE_LAST, &events, 4), 4, 0);
}

/* --- against the contract, row by row ------------------------------------------------------------------------- */

typedef struct rows {
    size_t n;
    int64_t times[MAX_EVENTS];
    double numbers[MAX_EVENTS];
    uint8_t bools[MAX_EVENTS], where[MAX_EVENTS];
    wbi_str texts[MAX_EVENTS];
    wbi_window window;
} rows;

static bool is_in(const rows *r, size_t i, wbi_window window)
{
    bool after = window.from_us == 0 || r->times[i] >= cutoff_us - window.from_us;
    return r->where[i] == WBI_TRUE && after && r->times[i] < cutoff_us - window.to_us;
}

/* Leaves only the rows of the window and `where`, in `in`; with `with_value` only those with a number. */
static size_t chosen(const rows *r, bool with_value, size_t in[MAX_EVENTS])
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        if (is_in(r, i, r->window) && !(with_value && isnan(r->numbers[i])))
            in[n++] = i;
    return n;
}

/* Sum over pairs of squared differences / (n (n - 1)) is the sample variance. */
static double pairwise_std(const double *x, size_t n)
{
    double squares = 0;
    if (n < 2)
        return NAN;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            squares += (x[i] - x[j]) * (x[i] - x[j]);
    return sqrt(squares / ((double)n * (double)(n - 1)));
}

/* The k-th smallest, by counting. */
static double ranked(const double *x, size_t n, size_t k)
{
    for (size_t i = 0; i < n; i++) {
        size_t below = 0, equal = 0;
        for (size_t j = 0; j < n; j++) {
            below += x[j] < x[i];
            equal += x[j] == x[i];
        }
        if (below <= k && k < below + equal)
            return x[i];
    }
    return NAN;
}

static double brute_numbers(const rows *r, wbi_aggregate kind)
{
    size_t in[MAX_EVENTS], n = chosen(r, true, in), distinct = 0;
    double x[MAX_EVENTS], sum = 0;
    for (size_t i = 0; i < n; i++) {
        bool seen = false;
        x[i] = r->numbers[in[i]];
        sum += x[i];
        for (size_t j = 0; j < i; j++)
            seen = seen || x[j] == x[i];
        distinct += !seen;
    }
    if (kind == WBI_AGG_SUM)
        return sum;
    if (kind == WBI_AGG_DISTINCT)
        return (double)distinct;
    if (n == 0)
        return NAN;
    switch (kind) {
    case WBI_AGG_MEAN:
        return sum / (double)n;
    case WBI_AGG_MIN:
        return ranked(x, n, 0);
    case WBI_AGG_MAX:
        return ranked(x, n, n - 1);
    case WBI_AGG_STD:
        return pairwise_std(x, n);
    case WBI_AGG_MEDIAN:
        return (ranked(x, n, (n - 1) / 2) + ranked(x, n, n / 2)) / 2;
    case WBI_AGG_FIRST:
        return x[0];
    default:
        return x[n - 1];
    }
}

/* The distinct dates among the rows, ascending: calendars with a box a day, counted from the first row's. */
static size_t marked_dates(const rows *r, const size_t *in, size_t n, int64_t dates[MAX_EVENTS])
{
    size_t n_dates = 0;
    for (int64_t day = n > 0 ? r->times[in[0]] / WB_DAY_US : 1; n > 0 && day <= cutoff_us / WB_DAY_US; day++) {
        bool marked = false;
        for (size_t i = 0; i < n; i++)
            marked = marked || r->times[in[i]] / WB_DAY_US == day;
        if (marked)
            dates[n_dates++] = day;
    }
    return n_dates;
}

/* Zhang, Bradlow and Small: H = -Σ x ln x over the gaps, C = 1 - H / ln(n + 1). */
static double brute_clumpiness(const int64_t *dates, size_t n_dates, int64_t end)
{
    double h = 0, whole = (double)(end - dates[0]);
    for (size_t i = 0; i < n_dates; i++) {
        double x = (double)((i + 1 < n_dates ? dates[i + 1] : end) - dates[i]) / whole;
        h -= x * log(x);
    }
    return n_dates < 2 ? NAN : 1 - h / log((double)n_dates);
}

static double brute_dates(const rows *r, wbi_aggregate kind)
{
    size_t in[MAX_EVENTS], n = chosen(r, false, in);
    int64_t dates[MAX_EVENTS], seen = (cutoff_us - r->window.to_us - 1) / WB_DAY_US;
    size_t n_dates = marked_dates(r, in, n, dates);
    if (n_dates == 0)
        return NAN;
    if (kind == WBI_AGG_REPEAT_DAYS)
        return (double)n_dates - 1;
    if (kind == WBI_AGG_REPEAT_SPAN_DAYS)
        return (double)(dates[n_dates - 1] - dates[0]);
    return kind == WBI_AGG_OBSERVED_DAYS ? (double)(seen - dates[0]) : brute_clumpiness(dates, n_dates, seen + 1);
}

static double brute_times(const rows *r, wbi_aggregate kind)
{
    size_t in[MAX_EVENTS], n = chosen(r, false, in), dates = 0;
    double gaps[MAX_EVENTS], sum = 0;
    for (size_t i = 0; i < n; i++) {
        bool seen = false;
        for (size_t j = 0; j < i; j++)
            seen = seen || r->times[in[j]] / WB_DAY_US == r->times[in[i]] / WB_DAY_US;
        dates += !seen;
    }
    if (kind == WBI_AGG_ACTIVE_DAYS)
        return (double)dates;
    if (n == 0)
        return NAN;
    if (kind == WBI_AGG_DAYS_SINCE_LAST || kind == WBI_AGG_DAYS_SINCE_FIRST)
        return (double)(cutoff_us - r->times[in[kind == WBI_AGG_DAYS_SINCE_LAST ? n - 1 : 0]]) / 86400e6;
    for (size_t i = 1; i < n; i++) {
        gaps[i - 1] = (double)(r->times[in[i]] - r->times[in[i - 1]]) / 86400e6;
        sum += gaps[i - 1];
    }
    if (kind == WBI_AGG_GAP_DAYS_STD)
        return pairwise_std(gaps, n - 1);
    if (kind == WBI_AGG_GAP_DAYS_MAX)
        return ranked(gaps, n - 1, n - 2);
    return n < 2 ? NAN : sum / (double)(n - 1);
}

static double brute_count(const rows *r, wbi_window window)
{
    double n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += is_in(r, i, window);
    return n;
}

static double brute_share(const rows *r)
{
    double n_true = 0, n_false = 0;
    for (size_t i = 0; i < r->n; i++)
        if (is_in(r, i, r->window)) {
            n_true += r->bools[i] == WBI_TRUE;
            n_false += r->bools[i] == WBI_FALSE;
        }
    return n_true / (n_true + n_false);
}

static double brute(const rows *r, wbi_aggregate kind)
{
    switch (wbi_aggregate_takes(kind)) {
    case WBI_AGG_TAKES_NUMBER:
    case WBI_AGG_TAKES_ANY:
        return brute_numbers(r, kind);
    case WBI_AGG_TAKES_BOOL:
        return brute_share(r);
    case WBI_AGG_TAKES_NOTHING:
        break;
    }
    int64_t length_us = r->window.from_us - r->window.to_us;
    if (kind == WBI_AGG_TREND)
        return brute_count(r, r->window) -
               brute_count(r, (wbi_window){r->window.from_us + length_us, r->window.from_us});
    if (kind >= WBI_AGG_REPEAT_DAYS)
        return brute_dates(r, kind);
    return kind == WBI_AGG_COUNT ? brute_count(r, r->window) : brute_times(r, kind);
}

static double brute_distinct_texts(const rows *r)
{
    double distinct = 0;
    for (size_t i = 0; i < r->n; i++) {
        bool counts = is_in(r, i, r->window) && r->texts[i].data != NULL;
        for (size_t j = 0; j < i && counts; j++)
            counts = !(is_in(r, j, r->window) && r->texts[j].data != NULL && wbi_str_equal(r->texts[i], r->texts[j]));
        distinct += counts;
    }
    return distinct;
}

static uint32_t below(uint64_t *seed, uint32_t limit)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % limit;
}

/* Times on a grid of quarter days, so that ties and edges abound. */
static void random_rows(rows *r, uint64_t *seed)
{
    static const wbi_str texts[] = {{NULL, 0}, {"", 0}, {"a", 1}, {"b", 1}, {"ab", 2}};
    uint32_t gap = 1 + below(seed, 24);
    r->n = below(seed, MAX_EVENTS + 1);
    int64_t time_us = cutoff_us - 1 - below(seed, 2) * (WB_DAY_US / 4 - 1);
    for (size_t i = r->n; i-- > 0; time_us -= below(seed, gap) * (WB_DAY_US / 4)) {
        r->times[i] = time_us;
        r->numbers[i] = below(seed, 4) == 0 ? NAN : (double)below(seed, 9) / 4 - 1;
        r->bools[i] = (uint8_t)below(seed, 3);
        r->where[i] = (uint8_t)(below(seed, 3) == 0 ? below(seed, 3) : WBI_TRUE);
        r->texts[i] = texts[below(seed, 5)];
    }
    int64_t to = below(seed, 2) == 0 ? 0 : below(seed, 12) * (WB_DAY_US / 4);
    r->window = (wbi_window){to + (1 + below(seed, 60)) * (WB_DAY_US / 4), to};
}

static void test_random_rows(void **state)
{
    (void)state;
    uint64_t seed = 1;
    rows *r = malloc(sizeof *r);
    assert_non_null(r);
    for (int round = 0; round < 20000; round++) {
        random_rows(r, &seed);
        for (wbi_aggregate kind = WBI_AGG_COUNT; kind <= WBI_AGG_CLUMPINESS; kind++) {
            wbi_window window = r->window;
            if (kind != WBI_AGG_TREND && round % 3 == 0)
                r->window.from_us = 0;
            wbi_aggregate_events events = {
                .times = r->times, .where = r->where, .cutoff_us = cutoff_us, .window = r->window};
            events.of = kind == WBI_AGG_SHARE ? (wbi_vector){.type = WBI_EXPR_BOOL, .bools = r->bools}
                                              : (wbi_vector){.type = WBI_EXPR_NUMBER, .numbers = r->numbers};
            assert_close(aggregate(kind, &events, r->n), brute(r, kind), 1e-13);
            if (kind == WBI_AGG_DISTINCT) {
                events.of = (wbi_vector){.type = WBI_EXPR_TEXT, .texts = r->texts};
                assert_close(aggregate(kind, &events, r->n), brute_distinct_texts(r), 0);
            }
            r->window = window;
        }
    }
    free(r);
}

/* Only the events between begin and end are the customer's. */
static void test_neighbours_do_not_count(void **state)
{
    (void)state;
    uint64_t seed = 7;
    rows *r = malloc(sizeof *r), *part = malloc(sizeof *part);
    uint64_t n_overflows;
    assert_non_null(r);
    assert_non_null(part);
    for (int round = 0; round < 500; round++) {
        random_rows(r, &seed);
        size_t begin = below(&seed, (uint32_t)r->n + 1), end = begin + below(&seed, (uint32_t)(r->n - begin) + 1);
        *part = *r;
        for (size_t i = 0; i < r->n; i++)
            if (i < begin || i >= end)
                part->where[i] = WBI_FALSE;
        wbi_aggregate_events events = {.times = r->times,
                                       .of = {.type = WBI_EXPR_NUMBER, .numbers = r->numbers},
                                       .where = r->where,
                                       .cutoff_us = cutoff_us,
                                       .window = r->window};
        for (wbi_aggregate kind = WBI_AGG_COUNT; kind <= WBI_AGG_CLUMPINESS; kind++)
            if (kind != WBI_AGG_SHARE)
                assert_close(aggregate_part(kind, &events, r->n, begin, end, &n_overflows), brute(part, kind), 1e-13);
    }
    free(part);
    free(r);
}

enum { N_CUSTOMERS = 60, N_BLOCK = N_CUSTOMERS * MAX_EVENTS };

/* The events of several customers, one behind the other, all in the window of the first. */
typedef struct block {
    rows customers[N_CUSTOMERS];
    int64_t times[N_BLOCK];
    double numbers[N_BLOCK];
    uint8_t bools[N_BLOCK], where[N_BLOCK];
    wbi_str texts[N_BLOCK];
    wbi_span spans[N_CUSTOMERS];
    size_t n;
} block;

static void random_block(block *b, uint64_t *seed)
{
    b->n = 0;
    for (size_t k = 0; k < N_CUSTOMERS; k++) {
        rows *r = &b->customers[k];
        random_rows(r, seed);
        r->window = b->customers[0].window;
        memcpy(b->times + b->n, r->times, r->n * sizeof *r->times);
        memcpy(b->numbers + b->n, r->numbers, r->n * sizeof *r->numbers);
        memcpy(b->bools + b->n, r->bools, r->n);
        memcpy(b->where + b->n, r->where, r->n);
        memcpy(b->texts + b->n, r->texts, r->n * sizeof *r->texts);
        b->spans[k] = (wbi_span){(uint32_t)k, (uint32_t)b->n, (uint32_t)(b->n + r->n)};
        b->n += r->n;
    }
}

static wbi_vector of_kind(wbi_aggregate kind, bool texts, const double *numbers, const uint8_t *bools, const wbi_str *of)
{
    if (kind == WBI_AGG_SHARE)
        return (wbi_vector){.type = WBI_EXPR_BOOL, .bools = bools};
    return kind == WBI_AGG_DISTINCT && texts ? (wbi_vector){.type = WBI_EXPR_TEXT, .texts = of}
                                             : (wbi_vector){.type = WBI_EXPR_NUMBER, .numbers = numbers};
}

/* To the bit what each customer is alone, in its own place; others stay as they are. */
static void check_block(const block *b, wbi_aggregate kind, bool where, bool texts, wbi_aggregate_scratch *scratch)
{
    wbi_aggregate_events events = {.n = b->n,
                                   .times = b->times,
                                   .of = of_kind(kind, texts, b->numbers, b->bools, b->texts),
                                   .where = where ? b->where : NULL,
                                   .cutoff_us = cutoff_us,
                                   .window = b->customers[0].window};
    wbi_span spans[N_CUSTOMERS];
    double found[N_CUSTOMERS];
    size_t n = 0;
    for (size_t k = 0; k < N_CUSTOMERS; k++) {
        found[k] = -7;
        if (k % 5 != 2)
            spans[n++] = b->spans[k];
    }
    narrow(spans, n, kind, &events);
    wbi_aggregate_numbers(kind, &events, (wbi_spans){spans, n}, found, scratch);
    for (size_t k = 0; k < N_CUSTOMERS; k++) {
        const rows *r = &b->customers[k];
        wbi_aggregate_events alone = events;
        alone.times = r->times;
        alone.of = of_kind(kind, texts, r->numbers, r->bools, r->texts);
        alone.where = where ? r->where : NULL;
        assert_close(found[k], k % 5 == 2 ? -7 : aggregate(kind, &alone, r->n), 0);
    }
}

static void test_a_block_is_its_customers(void **state)
{
    (void)state;
    uint64_t seed = 11;
    block *b = malloc(sizeof *b);
    wbi_aggregate_scratch scratch = {0};
    wb_error err;
    assert_non_null(b);
    assert_ok(wbi_aggregate_reserve(&scratch, N_BLOCK, N_CUSTOMERS, &err), &err);
    for (int round = 0; round < 40; round++) {
        random_block(b, &seed);
        wbi_aggregate_forget(&scratch, b->times);
        for (wbi_aggregate kind = WBI_AGG_COUNT; kind <= WBI_AGG_CLUMPINESS; kind++)
            for (unsigned way = 0; way < 4; way++)
                check_block(b, kind, way % 2 == 1, way >= 2, &scratch);
    }
    wbi_aggregate_scratch_free(&scratch);
    free(b);
}

static uint64_t overflows(wbi_aggregate kind, const double *numbers, size_t n)
{
    wbi_aggregate_events events = {.of = {.type = WBI_EXPR_NUMBER, .numbers = numbers}, .cutoff_us = cutoff_us};
    uint64_t n_overflows;
    double value = aggregate_part(kind, &events, n, 0, n, &n_overflows);
    assert_true(n_overflows == 0 || isnan(value));
    return n_overflows;
}

/* Missing for want of numbers is not missing for too large ones. */
static void test_overflows_are_counted(void **state)
{
    const double large[] = {1e308, 1e308}, apart[] = {-1e308, 1e308}, gaps[] = {NAN, 1e308, NAN};
    static const wbi_aggregate all[] = {WBI_AGG_SUM, WBI_AGG_MEAN, WBI_AGG_MIN,   WBI_AGG_MAX,  WBI_AGG_STD,
                                        WBI_AGG_MEDIAN, WBI_AGG_FIRST, WBI_AGG_LAST, WBI_AGG_DISTINCT};
    (void)state;
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
        bool subtracts = all[k] == WBI_AGG_STD || all[k] == WBI_AGG_MEDIAN;
        assert_int_equal(overflows(all[k], large, 2), all[k] == WBI_AGG_SUM);
        assert_int_equal(overflows(all[k], apart, 2), subtracts);
        assert_int_equal(overflows(all[k], gaps, 3), 0);
        assert_int_equal(overflows(all[k], gaps, 1), 0);
        assert_int_equal(overflows(all[k], large, 0), 0);
    }
}

static void test_a_mean_is_among_its_numbers(void **state)
{
    const double large[] = {1e308, 1e308, 1.5e308, 0x1.fffffffffffffp1023};
    (void)state;
    assert_close(of_numbers(WBI_AGG_MEAN, large, 2), 1e308, 1e-15);
    assert_close(of_numbers(WBI_AGG_MEAN, large, 3), 1.1666666666666667e308, 1e-15);
    assert_close(of_numbers(WBI_AGG_MEAN, large + 3, 1), large[3], 0);
    assert_close(of_numbers(WBI_AGG_MEAN, (const double[]){large[3], large[3], -1}, 3), large[3] / 3 * 2, 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_zero_or_missing),
        cmocka_unit_test(test_only_missing_cells),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_one_and_two_values),
        cmocka_unit_test(test_equal_values_have_no_spread),
        cmocka_unit_test(test_results_that_are_not_finite_are_missing),
        cmocka_unit_test(test_share_leaves_unknown_out),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_dates_are_those_of_the_zone),
        cmocka_unit_test(test_purchase_days),
        cmocka_unit_test(test_even_spacing_is_not_clumpy),
        cmocka_unit_test(test_windows_hold_their_first_moment_only),
        cmocka_unit_test(test_gaps_lie_inside_the_window),
        cmocka_unit_test(test_only_true_passes_where),
        cmocka_unit_test(test_random_rows),
        cmocka_unit_test(test_neighbours_do_not_count),
        cmocka_unit_test(test_a_block_is_its_customers),
        cmocka_unit_test(test_overflows_are_counted),
        cmocka_unit_test(test_a_mean_is_among_its_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
