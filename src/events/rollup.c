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
} event;

struct wbi_rollup {
    line *lines; /* by customer, group, line */
    event *events;
    char *spare; /* rolled-up values, one width of wbi_str each */
    size_t capacity;
    size_t *starts, starts_capacity; /* by customer: its first event */
    size_t n_customers, n_events;
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
    wbi_free(rollup->events);
    wbi_free(rollup->spare);
    wbi_free(rollup->starts);
    wbi_free(rollup);
}

static wb_status reserve(wbi_rollup *r, size_t n_lines, size_t n_customers, wb_error *err)
{
    if (n_lines > r->capacity) {
        wbi_free(r->lines);
        wbi_free(r->events);
        wbi_free(r->spare);
        r->capacity = 0;
        r->lines = wbi_alloc_array(n_lines, sizeof *r->lines);
        r->events = wbi_alloc_array(n_lines, sizeof *r->events);
        r->spare = wbi_alloc_array(n_lines, sizeof(wbi_str));
        if (r->lines == NULL || r->events == NULL || r->spare == NULL)
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

static int by_group(const void *left, const void *right)
{
    const line *a = left, *b = right;
    int order = compare_text(a->group, b->group);
    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

static int by_time(const void *left, const void *right)
{
    const event *a = left, *b = right;
    if (a->time_us != b->time_us)
        return a->time_us > b->time_us ? 1 : -1;
    return compare_text(a->group, b->group);
}

/* The groups of one customer's lines [begin, end). Lines are in time order, so a group's first is its earliest. */
static void group_customer(wbi_rollup *r, const int64_t *times, size_t begin, size_t end)
{
    size_t first_event = r->n_events;
    qsort(r->lines + begin, end - begin, sizeof *r->lines, by_group);
    for (size_t i = begin; i < end; i++) {
        bool new_group = i == begin || compare_text(r->lines[i].group, r->lines[i - 1].group) != 0;
        if (new_group)
            r->events[r->n_events++] = (event){.time_us = times[r->lines[i].line],
                                               .group = r->lines[i].group,
                                               .begin = (uint32_t)i,
                                               .end = (uint32_t)i};
        r->events[r->n_events - 1].end = (uint32_t)i + 1;
    }
    qsort(r->events + first_event, r->n_events - first_event, sizeof *r->events, by_time);
}

wb_status wbi_rollup_lines(wbi_rollup *r, const wbi_str *groups, const int64_t *times, const size_t *starts,
                           size_t n_customers, wb_error *err)
{
    size_t n = starts[n_customers];
    WBI_TRY(reserve(r, n, n_customers, err));
    for (size_t i = 0; i < n; i++)
        r->lines[i] = (line){groups[i], (uint32_t)i};
    r->n_events = 0;
    r->n_customers = n_customers;
    for (size_t c = 0; c < n_customers; c++) {
        r->starts[c] = r->n_events;
        if (starts[c + 1] > starts[c])
            group_customer(r, times, starts[c], starts[c + 1]);
    }
    r->starts[n_customers] = r->n_events;
    return WB_OK;
}

static double sum_lines(const line *lines, const event *e, const double *values)
{
    double sum = 0;
    bool any = false;
    for (uint32_t i = e->begin; i < e->end; i++) {
        double value = values[lines[i].line];
        if (isnan(value))
            continue;
        sum += value;
        any = true;
    }
    return any && isfinite(sum) ? sum : NAN;
}

static uint32_t first_line(const wbi_rollup *r, const event *e, wbi_expr_type type, const void *values,
                           const int64_t *times)
{
    uint32_t best = r->lines[e->begin].line;
    for (uint32_t i = e->begin + 1; i < e->end && times[r->lines[i].line] == e->time_us; i++)
        if (wbi_compare_values(type, values, r->lines[i].line, best) < 0)
            best = r->lines[i].line;
    return best;
}

void wbi_rollup_values(wbi_rollup *r, wbi_expr_type type, void *values, const int64_t *times)
{
    size_t width = wbi_vector_width(type);
    for (size_t e = 0; e < r->n_events; e++) {
        if (type == WBI_EXPR_NUMBER)
            ((double *)(void *)r->spare)[e] = sum_lines(r->lines, &r->events[e], values);
        else
            memcpy(r->spare + e * width, (char *)values + first_line(r, &r->events[e], type, values, times) * width,
                   width);
    }
    if (r->n_events > 0)
        memcpy(values, r->spare, r->n_events * width);
}

size_t wbi_rollup_finish(const wbi_rollup *r, int64_t *times, size_t *starts)
{
    for (size_t e = 0; e < r->n_events; e++)
        times[e] = r->events[e].time_us;
    memcpy(starts, r->starts, (r->n_customers + 1) * sizeof *starts);
    return r->n_events;
}
