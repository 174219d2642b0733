/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "events/rollup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "events/order.h"

typedef struct line {
    wbi_str group;
    uint32_t line;
} line;

typedef struct event {
    int64_t time_us;
    wbi_str group;
    uint32_t begin, end; /* its lines in `lines` */
    uint32_t first_end, last_begin; /* those in first place are [begin, first_end), in last place [last_begin, end) */
} event;

struct wbi_rollup {
    line *lines; /* by customer, group, place */
    uint32_t *distinct; /* lines being sorted by value */
    event *events;
    char *spare; /* rolled-up values, one width of wbi_str each */
    size_t capacity;
    size_t *starts, starts_capacity; /* by customer: its first event */
    size_t n_customers, n_events;
    size_t n_overflows;
};

wb_status wbi_rollup_create(wbi_rollup **out, wb_error *err)
{
    *out = wbi_alloc_zeroed(1, sizeof **out);
    return *out == NULL ? wbi_fail_nomem(err, sizeof **out) : WB_OK;
}

void wbi_rollup_free(wbi_rollup *rollup)
{
    if (rollup == NULL)
        return;
    wbi_free(rollup->lines);
    wbi_free(rollup->distinct);
    wbi_free(rollup->events);
    wbi_free(rollup->spare);
    wbi_free(rollup->starts);
    wbi_free(rollup);
}

static wb_status reserve(wbi_rollup *r, size_t n_lines, size_t n_customers, wb_error *err)
{
    if (n_lines > r->capacity) {
        wbi_free(r->lines);
        wbi_free(r->distinct);
        wbi_free(r->events);
        wbi_free(r->spare);
        r->capacity = 0;
        r->lines = wbi_alloc_array(n_lines, sizeof *r->lines);
        r->distinct = wbi_alloc_array(n_lines, sizeof *r->distinct);
        r->events = wbi_alloc_array(n_lines, sizeof *r->events);
        r->spare = wbi_alloc_array(n_lines, sizeof(wbi_str));
        if (r->lines == NULL || r->distinct == NULL || r->events == NULL || r->spare == NULL)
            return wbi_fail_nomem(err, n_lines * sizeof *r->events);
        r->capacity = n_lines;
    }
    if (n_customers + 1 > r->starts_capacity) {
        wbi_free(r->starts);
        r->starts_capacity = 0;
        r->starts = wbi_alloc_array(n_customers + 1, sizeof *r->starts);
        if (r->starts == NULL)
            return wbi_fail_nomem(err, (n_customers + 1) * sizeof *r->starts);
        r->starts_capacity = n_customers + 1;
    }
    return WB_OK;
}

static int compare_text(wbi_str a, wbi_str b)
{
    const wbi_str both[] = {a, b};
    return wbi_compare_values(WBI_EXPR_TEXT, both, 0, 1);
}

/* The order of places within an event, the numbers of lines aside. */
static int compare_places(const wbi_event_lines *lines, uint32_t a, uint32_t b)
{
    for (size_t k = 0; k < lines->n_order_by; k++) {
        const wbi_vector *values = &lines->vectors[lines->order_by[k]];
        int order = wbi_compare_values(values->type, values->numbers, a, b);
        if (order != 0)
            return order;
    }
    return (lines->times[a] > lines->times[b]) - (lines->times[a] < lines->times[b]);
}

static int by_group_and_place(const void *left, const void *right, void *lines)
{
    const line *a = left, *b = right;
    int order = compare_text(a->group, b->group);
    if (order == 0 && ((const wbi_event_lines *)lines)->n_order_by > 0)
        order = compare_places(lines, a->line, b->line);
    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

static int by_time(const void *left, const void *right)
{
    const event *a = left, *b = right;
    if (a->time_us != b->time_us)
        return a->time_us > b->time_us ? 1 : -1;
    return compare_text(a->group, b->group);
}

/* The first line among lines in first place, or the last among those in last place. */
static uint32_t placed_line(const wbi_rollup *r, const event *e, wbi_aggregate agg, wbi_expr_type type,
                            const void *values)
{
    bool last = agg == WBI_AGG_LAST;
    uint32_t begin = last ? e->last_begin : e->begin, end = last ? e->end : e->first_end;
    uint32_t best = r->lines[begin].line;
    for (uint32_t i = begin + 1; i < end; i++) {
        int order = wbi_compare_values(type, values, r->lines[i].line, best);
        if (last ? order > 0 : order < 0)
            best = r->lines[i].line;
    }
    return best;
}

/* The least or greatest time or duration; missing when all are. */
static int64_t extreme_time(const wbi_rollup *r, const event *e, wbi_aggregate agg, const int64_t *times)
{
    int64_t best = WB_TIME_MISSING;
    for (uint32_t i = e->begin; i < e->end; i++) {
        int64_t time_us = times[r->lines[i].line];
        if (time_us != WB_TIME_MISSING &&
            (best == WB_TIME_MISSING || (agg == WBI_AGG_MIN ? time_us < best : time_us > best)))
            best = time_us;
    }
    return best;
}

static int64_t rolled_time(const wbi_rollup *r, const event *e, wbi_aggregate agg, const int64_t *times)
{
    if (agg == WBI_AGG_MIN || agg == WBI_AGG_MAX)
        return extreme_time(r, e, agg, times);
    return times[placed_line(r, e, agg, WBI_EXPR_TIME, times)];
}

static void set_time(wbi_rollup *r, event *e, const wbi_event_lines *lines)
{
    e->time_us = WB_TIME_MISSING;
    if (lines->event_times != NULL)
        e->time_us = rolled_time(r, e, lines->event_agg, lines->event_times);
    if (e->time_us == WB_TIME_MISSING)
        e->time_us = extreme_time(r, e, WBI_AGG_MIN, lines->times);
}

static void set_places(wbi_rollup *r, event *e, const wbi_event_lines *lines)
{
    uint32_t first = r->lines[e->begin].line, last = r->lines[e->end - 1].line;
    for (e->first_end = e->begin + 1; e->first_end < e->end; e->first_end++)
        if (compare_places(lines, first, r->lines[e->first_end].line) != 0)
            break;
    for (e->last_begin = e->end - 1; e->last_begin > e->begin; e->last_begin--)
        if (compare_places(lines, last, r->lines[e->last_begin - 1].line) != 0)
            break;
}

/* The groups of one customer's lines [begin, end). */
static void group_customer(wbi_rollup *r, const wbi_event_lines *lines, size_t begin, size_t end)
{
    size_t first_event = r->n_events;
    qsort_r(r->lines + begin, end - begin, sizeof *r->lines, by_group_and_place, (void *)(uintptr_t)lines);
    for (size_t i = begin; i < end; i++) {
        bool new_group = i == begin || compare_text(r->lines[i].group, r->lines[i - 1].group) != 0;
        if (new_group)
            r->events[r->n_events++] = (event){.group = r->lines[i].group, .begin = (uint32_t)i};
        r->events[r->n_events - 1].end = (uint32_t)i + 1;
    }
    for (size_t e = first_event; e < r->n_events; e++) {
        set_places(r, &r->events[e], lines);
        set_time(r, &r->events[e], lines);
    }
    qsort(r->events + first_event, r->n_events - first_event, sizeof *r->events, by_time);
}

wb_status wbi_rollup_lines(wbi_rollup *r, const wbi_event_lines *lines, wb_error *err)
{
    const size_t *starts = lines->starts;
    size_t n = starts[lines->n_customers];
    WBI_TRY(reserve(r, n, lines->n_customers, err));
    for (size_t i = 0; i < n; i++)
        r->lines[i] = (line){lines->groups[i], (uint32_t)i};
    r->n_events = r->n_overflows = 0;
    r->n_customers = lines->n_customers;
    for (size_t c = 0; c < lines->n_customers; c++) {
        r->starts[c] = r->n_events;
        if (starts[c + 1] > starts[c])
            group_customer(r, lines, starts[c], starts[c + 1]);
    }
    r->starts[lines->n_customers] = r->n_events;
    return WB_OK;
}

/* Sum, mean, least or greatest of the numbers that are not missing. */
static double fold_numbers(wbi_rollup *r, const event *e, wbi_aggregate agg, const double *values)
{
    double sum = 0, least = INFINITY, greatest = -INFINITY;
    size_t n = 0;
    for (uint32_t i = e->begin; i < e->end; i++) {
        double value = values[r->lines[i].line];
        if (isnan(value))
            continue;
        n++;
        sum += value;
        least = value < least ? value : least;
        greatest = value > greatest ? value : greatest;
    }
    if (n == 0)
        return NAN;
    double result = agg == WBI_AGG_MIN    ? least
                    : agg == WBI_AGG_MAX  ? greatest
                    : agg == WBI_AGG_MEAN ? sum / (double)n
                                          : sum;
    if (isfinite(result))
        return result;
    r->n_overflows++;
    return NAN;
}

static bool is_missing(wbi_expr_type type, const void *values, uint32_t at)
{
    if (type == WBI_EXPR_TEXT)
        return ((const wbi_str *)values)[at].data == NULL;
    if (type == WBI_EXPR_TIME || type == WBI_EXPR_DURATION)
        return ((const int64_t *)values)[at] == WB_TIME_MISSING;
    return isnan(((const double *)values)[at]);
}

typedef struct sorting {
    wbi_expr_type type;
    const void *values;
} sorting;

static int by_value(const void *left, const void *right, void *context)
{
    const sorting *s = context;
    return wbi_compare_values(s->type, s->values, *(const uint32_t *)left, *(const uint32_t *)right);
}

/* How many values are not missing, or how many different ones. */
static double count_values(wbi_rollup *r, const event *e, wbi_aggregate agg, sorting by)
{
    size_t n = 0, distinct = 0;
    for (uint32_t i = e->begin; i < e->end; i++)
        if (!is_missing(by.type, by.values, r->lines[i].line))
            r->distinct[n++] = r->lines[i].line;
    if (agg == WBI_AGG_COUNT)
        return (double)n;
    qsort_r(r->distinct, n, sizeof *r->distinct, by_value, &by);
    for (size_t i = 0; i < n; i++)
        distinct += i == 0 || by_value(&r->distinct[i - 1], &r->distinct[i], &by) != 0;
    return (double)distinct;
}

static bool is_counted(wbi_aggregate agg)
{
    return agg == WBI_AGG_COUNT || agg == WBI_AGG_DISTINCT;
}

size_t wbi_rollup_n_overflows(const wbi_rollup *r)
{
    return r->n_overflows;
}

wbi_expr_type wbi_rollup_type(wbi_aggregate agg, wbi_expr_type type)
{
    return is_counted(agg) ? WBI_EXPR_NUMBER : type;
}

static void roll_event(wbi_rollup *r, size_t at, wbi_aggregate agg, sorting by)
{
    const event *e = &r->events[at];
    size_t width = wbi_vector_width(by.type);
    if (is_counted(agg))
        ((double *)(void *)r->spare)[at] = count_values(r, e, agg, by);
    else if (agg == WBI_AGG_FIRST || agg == WBI_AGG_LAST)
        memcpy(r->spare + at * width, (const char *)by.values + placed_line(r, e, agg, by.type, by.values) * width,
               width);
    else if (by.type == WBI_EXPR_NUMBER)
        ((double *)(void *)r->spare)[at] = fold_numbers(r, e, agg, by.values);
    else
        ((int64_t *)(void *)r->spare)[at] = extreme_time(r, e, agg, by.values);
}

void wbi_rollup_values(wbi_rollup *r, wbi_aggregate agg, wbi_expr_type type, void *values)
{
    if (agg == WBI_AGG_NONE)
        agg = type == WBI_EXPR_NUMBER ? WBI_AGG_SUM : WBI_AGG_FIRST;
    for (size_t e = 0; e < r->n_events; e++)
        roll_event(r, e, agg, (sorting){type, values});
    if (r->n_events > 0)
        memcpy(values, r->spare, r->n_events * wbi_vector_width(wbi_rollup_type(agg, type)));
}

size_t wbi_rollup_finish(const wbi_rollup *r, int64_t *times, size_t *starts)
{
    for (size_t e = 0; e < r->n_events; e++)
        times[e] = r->events[e].time_us;
    memcpy(starts, r->starts, (r->n_customers + 1) * sizeof *starts);
    return r->n_events;
}
