/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/block.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "features/aggregate.h"
#include "features/objections.h"
#include "features/windows.h"

/* A text that outlives what it was computed in; one that is missing stays so. */
static wb_status keep_text(wbi_arena *arena, wbi_str text, wbi_str *kept, wb_error *err)
{
    *kept = text;
    return text.data == NULL || wbi_arena_copy(arena, kept) ? WB_OK : wbi_fail_nomem(err, text.length);
}

wb_status wbi_block_create(wbi_block *block, const wbi_plan *plan, size_t n_customers, size_t n_cutoffs, wb_error *err)
{
    size_t n = n_customers * n_cutoffs;
    *block = (wbi_block){.customers_capacity = n_customers};
    block->eligible = wbi_alloc_array(n, 1);
    block->labels = wbi_alloc_zeroed(plan->n_labels, sizeof(double *));
    block->n_positive = wbi_alloc_array(plan->n_labels * n_cutoffs, sizeof *block->n_positive);
    block->population = wbi_alloc_array(n_cutoffs, sizeof *block->population);
    block->numbers = wbi_alloc_zeroed(plan->n_features, sizeof(double *));
    block->texts = wbi_alloc_zeroed(plan->n_features, sizeof(wbi_str *));
    block->n_overflows = wbi_alloc_array(plan->n_features + plan->n_tables, sizeof *block->n_overflows);
    block->lines = wbi_alloc_array(plan->n_tables, sizeof *block->lines);
    if (block->eligible == NULL || block->labels == NULL || block->n_positive == NULL || block->population == NULL ||
        block->numbers == NULL || block->texts == NULL || block->n_overflows == NULL || block->lines == NULL)
        return wbi_fail_nomem(err, n * sizeof(double));
    for (size_t l = 0; l < plan->n_labels; l++)
        if ((block->labels[l] = wbi_alloc_array(n, sizeof(double))) == NULL)
            return wbi_fail_nomem(err, n * sizeof(double));
    for (size_t f = 0; f < plan->n_features; f++) {
        void *values;
        if (plan->features[f].type == WB_TYPE_NUMBER)
            values = block->numbers[f] = wbi_alloc_array(n, sizeof(double));
        else
            values = block->texts[f] = wbi_alloc_array(n, sizeof(wbi_str));
        if (values == NULL)
            return wbi_fail_nomem(err, n * sizeof(wbi_str));
    }
    return WB_OK;
}

void wbi_block_free(wbi_block *block, const wbi_plan *plan)
{
    for (size_t f = 0; f < plan->n_features; f++) {
        if (block->numbers != NULL)
            wbi_free(block->numbers[f]);
        if (block->texts != NULL)
            wbi_free(block->texts[f]);
    }
    for (size_t l = 0; block->labels != NULL && l < plan->n_labels; l++)
        wbi_free(block->labels[l]);
    wbi_free(block->eligible);
    wbi_free(block->labels);
    wbi_free(block->n_positive);
    wbi_free(block->population);
    wbi_free(block->n_overflows);
    wbi_free(block->lines);
    wbi_free(block->numbers);
    wbi_free(block->texts);
    wbi_arena_free(&block->arena);
    *block = (wbi_block){0};
}

struct wbi_worker {
    const wbi_plan *plan;
    const wbi_events *events;
    wbi_view **views; /* by table */
    wbi_aggregate_scratch scratch;
    wbi_expr_scratch *expr_scratch;
    wbi_vector *vectors; /* by feature, for expressions over features */
    wbi_windows windows;
    size_t max_spans;
};

void wbi_worker_free(wbi_worker *worker)
{
    if (worker == NULL)
        return;
    for (size_t t = 0; worker->views != NULL && t < worker->plan->n_tables; t++)
        wbi_view_free(worker->views[t]);
    wbi_windows_free(&worker->windows);
    wbi_free(worker->views);
    wbi_free(worker->vectors);
    wbi_expr_scratch_free(worker->expr_scratch);
    wbi_aggregate_scratch_free(&worker->scratch);
    wbi_free(worker);
}

const wbi_view *wbi_worker_view(const wbi_worker *worker, size_t table)
{
    return worker->views[table];
}

wb_status wbi_worker_create(wbi_worker **out, const wbi_plan *plan, const wbi_events *events, size_t n_customers,
                            size_t n_cutoffs, wb_error *err)
{
    wbi_worker *worker = wbi_alloc_zeroed(1, sizeof *worker);
    if (worker == NULL)
        return wbi_fail_nomem(err, sizeof *worker);
    wb_status status;
    worker->plan = plan;
    worker->events = events;
    worker->views = wbi_alloc_zeroed(plan->n_tables, sizeof(wbi_view *));
    worker->max_spans = n_customers * n_cutoffs;
    worker->vectors = wbi_alloc_zeroed(plan->n_features, sizeof *worker->vectors);
    if (worker->views == NULL || worker->vectors == NULL) {
        status = wbi_fail_nomem(err, plan->n_features * sizeof *worker->vectors);
        goto cleanup;
    }
    WBI_TRY_CLEANUP(wbi_expr_scratch_create(&worker->expr_scratch, err));
    for (size_t t = 0; t < plan->n_tables; t++)
        WBI_TRY_CLEANUP(wbi_view_create(&worker->views[t], plan->bindings[t], &events->tables[t].rows, err));
    WBI_TRY_CLEANUP(wbi_windows_create(&worker->windows, plan, worker->views, n_customers, n_cutoffs, err));
    *out = worker;
    return WB_OK;
cleanup:
    wbi_worker_free(worker);
    return status;
}

/* Cutoffs at which a table is shown one after the other, beginning with `first`. */
typedef struct showing {
    int64_t cutoff_us, last_us;
    bool first;
} showing;

/* What was known at a cutoff: where that is steady, a part of what will be known at the last one. */
static wb_status show_table(wbi_worker *worker, const wbi_block *block, size_t table, const showing *at, wb_error *err)
{
    wbi_view *view = worker->views[table];
    const bool steady = wbi_view_is_steady(view);
    if (at->first || !steady) {
        wbi_aggregate_forget(&worker->scratch, wbi_view_times(view));
        WBI_TRY(wbi_view_build(view, worker->events->tables[table].first, block->first_customer, block->n_customers,
                               steady ? at->last_us : at->cutoff_us, err));
        WBI_TRY(wbi_aggregate_reserve(&worker->scratch, wbi_view_n(view), worker->max_spans, err));
    }
    if (steady)
        wbi_view_move(view, at->cutoff_us);
    return WB_OK;
}

/* The values of an optional expression as booleans; NULL for none. */
static wb_status condition(wbi_view *view, size_t expr, const uint8_t **bools, wb_error *err)
{
    wbi_vector values;
    *bools = NULL;
    if (expr == WBI_NONE || wbi_view_n(view) == 0)
        return WB_OK;
    WBI_TRY(wbi_view_expr(view, expr, &values, err));
    *bools = values.bools;
    return WB_OK;
}

static wb_status optional_times(wbi_view *view, size_t expr, const int64_t **times, wb_error *err)
{
    wbi_vector values;
    *times = NULL;
    if (expr == WBI_NONE || wbi_view_n(view) == 0)
        return WB_OK;
    WBI_TRY(wbi_view_expr(view, expr, &values, err));
    *times = values.times;
    return WB_OK;
}

/* Whether some event in [begin, end) with from <= time < to makes a customer eligible. */
typedef struct membership {
    const int64_t *times, *since, *not_after;
    const uint8_t *where;
    int64_t from_us, cutoff_us;
} membership;

static bool is_member(const membership *m, size_t begin, size_t end)
{
    for (size_t i = end; i-- > begin;) {
        if (m->times != NULL && m->times[i] < m->from_us)
            return false;
        if ((m->where == NULL || m->where[i] == WBI_TRUE) &&
            (m->since == NULL || (m->since[i] != WB_TIME_MISSING && m->since[i] < m->cutoff_us)) &&
            (m->not_after == NULL || m->not_after[i] == WB_TIME_MISSING || m->not_after[i] >= m->cutoff_us))
            return true;
    }
    return false;
}

/* Whether any table has an event of customer k of the block. */
static bool is_known(const wbi_worker *worker, size_t k)
{
    for (size_t t = 0; t < worker->plan->n_tables; t++)
        if (wbi_has_events(worker->views[t], k))
            return true;
    return false;
}

/* Counts a customer that is not eligible where it was lost: its events that passed all conditions before it failed it. */
static void count_lost(wb_population *counts, const membership *m, size_t begin, size_t end)
{
    uint64_t *const lost_at[] = {&counts->n_no_event, &counts->n_where, &counts->n_within, &counts->n_since,
                                 &counts->n_not_after};
    size_t furthest = 0;
    for (size_t i = begin; i < end; i++) {
        const bool passes[] = {true, m->where == NULL || m->where[i] == WBI_TRUE,
                               m->times == NULL || m->times[i] >= m->from_us,
                               m->since == NULL || (m->since[i] != WB_TIME_MISSING && m->since[i] < m->cutoff_us)};
        size_t stage = 0;
        while (stage < sizeof passes / sizeof passes[0] && passes[stage])
            stage++;
        furthest = stage > furthest ? stage : furthest;
    }
    ++*lost_at[furthest];
}

static wbi_str customer_of(const wbi_worker *worker, const wbi_block *block, size_t k)
{
    return wbi_dictionary_at(worker->events->customers, worker->events->code_of[block->first_customer + k]);
}

static wb_status choose_population(wbi_block *block, wbi_worker *worker, const wbi_compute_options *options, size_t j,
                                   wb_error *err)
{
    const wbi_plan *plan = worker->plan;
    wbi_view *view = worker->views[plan->population.table];
    int64_t within_us = plan->project->population.within_us, cutoff_us = options->cutoffs_us[j];
    membership m = {.times = wbi_view_times(view),
                    .from_us = within_us > 0 ? cutoff_us - within_us : INT64_MIN,
                    .cutoff_us = cutoff_us};
    WBI_TRY(condition(view, plan->population.where, &m.where, err));
    WBI_TRY(optional_times(view, plan->population.since, &m.since, err));
    WBI_TRY(optional_times(view, plan->population.not_after, &m.not_after, err));
    const size_t *starts = wbi_view_starts(view), *ends = wbi_view_ends(view);
    wb_population *counts = &block->population[j];
    *counts = (wb_population){.cutoff_us = cutoff_us};
    for (size_t k = 0; k < block->n_customers; k++) {
        const bool member = options->whom.everybody || is_member(&m, starts[k], ends[k]), known = member || is_known(worker, k);
        const bool eligible = member && !wbi_objects(options->whom.objections, customer_of(worker, block, k));
        block->eligible[k * options->n_cutoffs + j] = eligible;
        counts->n_known += known;
        counts->n_eligible += eligible;
        counts->n_objected += member && !eligible;
        if (known && !member)
            count_lost(counts, &m, starts[k], ends[k]);
    }
    return WB_OK;
}

/* The events that a feature is made of, as the views are. */
static wb_status events_of(wbi_aggregate_events *events, wbi_worker *worker, const wbi_planned_feature *feature, wb_error *err)
{
    wbi_view *view = worker->views[feature->table];
    *events = (wbi_aggregate_events){.n = wbi_view_n(view),
                                     .times = wbi_view_times(view),
                                     .window = feature->def->window,
                                     .clock = wbi_time_format_clock(&worker->plan->bindings[feature->table]->def->time_format)};
    if (feature->of != WBI_NONE && events->n > 0)
        WBI_TRY(wbi_view_expr(view, feature->of, &events->of, err));
    return condition(view, feature->where, &events->where, err);
}

static wb_status aggregate(wbi_block *block, wbi_worker *worker, size_t f, const wbi_aggregate_events *events, wbi_spans spans,
                           wb_error *err)
{
    const wbi_planned_feature *feature = &worker->plan->features[f];
    if (feature->type == WB_TYPE_NUMBER) {
        wbi_aggregate_numbers(feature->def->agg, events, spans, block->numbers[f], &worker->scratch);
        return WB_OK;
    }
    for (size_t s = 0; s < spans.n; s++)
        WBI_TRY(keep_text(&block->arena, wbi_aggregate_text(feature->def->agg, events, spans.items[s]),
                          &block->texts[f][spans.items[s].row], err));
    return WB_OK;
}

static wb_status aggregate_at(wbi_block *block, wbi_worker *worker, size_t f, const wbi_compute_options *options, size_t j,
                              wb_error *err)
{
    const wbi_planned_feature *feature = &worker->plan->features[f];
    const wbi_windowed *windowed = wbi_windows_of(&worker->windows, f);
    wbi_aggregate_events events;
    WBI_TRY(events_of(&events, worker, feature, err));
    events.cutoff_us = options->cutoffs_us[j];
    worker->scratch.n_overflows = 0;
    WBI_TRY(aggregate(block, worker, f, &events, (wbi_spans){windowed->spans, windowed->n_spans}, err));
    block->n_overflows[f] += worker->scratch.n_overflows;
    for (size_t k = 0; feature->after != WBI_NONE && feature->type == WB_TYPE_NUMBER && k < block->n_customers; k++)
        if (!wbi_has_events(worker->views[feature->after], k))
            block->numbers[f][k * options->n_cutoffs + j] = NAN;
    return WB_OK;
}

/* What sees its cutoff, one cutoff after the other. */
static wb_status aggregate_each(wbi_block *block, wbi_worker *worker, size_t f, wbi_aggregate_events *events,
                                const wbi_compute_options *options, wb_error *err)
{
    const wbi_windowed *windowed = wbi_windows_of(&worker->windows, f);
    for (size_t j = 0; j < options->n_cutoffs; j++) {
        const size_t from = windowed->from[j], n = windowed->from[j + 1] - from;
        events->cutoff_us = options->cutoffs_us[j];
        WBI_TRY(aggregate(block, worker, f, events, (wbi_spans){windowed->all + from, n}, err));
    }
    return WB_OK;
}

static void copy_same(const wbi_block *block, size_t f, const wbi_windowed *windowed)
{
    double *const numbers = block->numbers[f];
    wbi_str *const texts = block->texts[f];
    for (size_t s = 0; numbers != NULL && s < windowed->n_same; s++)
        numbers[windowed->same[s]] = numbers[windowed->same[s] - 1];
    for (size_t s = 0; texts != NULL && s < windowed->n_same; s++)
        texts[windowed->same[s]] = texts[windowed->same[s] - 1];
}

/* At all cutoffs together. Where any value overflows, each is computed, so that all that do are counted. */
static wb_status aggregate_steady(wbi_block *block, wbi_worker *worker, size_t f, const wbi_compute_options *options,
                                  wb_error *err)
{
    const wbi_planned_feature *feature = &worker->plan->features[f];
    const wbi_windowed *windowed = wbi_windows_of(&worker->windows, f);
    wbi_aggregate_events events;
    WBI_TRY(events_of(&events, worker, feature, err));
    worker->scratch.n_overflows = 0;
    if (wbi_aggregate_sees_cutoff(feature->def->agg))
        return aggregate_each(block, worker, f, &events, options, err);
    WBI_TRY(aggregate(block, worker, f, &events, (wbi_spans){windowed->spans, windowed->n_spans}, err));
    copy_same(block, f, windowed);
    if (worker->scratch.n_overflows > 0) {
        worker->scratch.n_overflows = 0;
        WBI_TRY(aggregate(block, worker, f, &events, (wbi_spans){windowed->all, windowed->n_all}, err));
    }
    block->n_overflows[f] = worker->scratch.n_overflows;
    return WB_OK;
}

/* Whether some event in [begin, end) holds a date with from <= date < cutoff, whenever the event itself was. */
static bool has_date(const membership *m, const int64_t *dates, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        if ((m->where == NULL || m->where[i] == WBI_TRUE) && dates[i] >= m->from_us && dates[i] < m->cutoff_us)
            return true;
    return false;
}

/* At cutoff j of the first `n_known`, at which it is known. */
static wb_status label_at(wbi_block *block, wbi_worker *worker, const wbi_compute_options *options, size_t l, size_t j,
                          size_t n_known, wb_error *err)
{
    const wbi_planned_label *label = &worker->plan->labels[l];
    const wbi_label_def *def = label->def;
    int64_t from_us = options->cutoffs_us[j] + def->gap_us, to_us = from_us + def->horizon_us;
    wbi_view *view = worker->views[label->table];
    const showing at = {to_us, options->cutoffs_us[n_known - 1] + def->gap_us + def->horizon_us, j == 0};
    WBI_TRY(show_table(worker, block, label->table, &at, err));
    membership m = {.times = wbi_view_times(view), .from_us = from_us, .cutoff_us = to_us};
    WBI_TRY(condition(view, label->where, &m.where, err));
    const int64_t *dates;
    WBI_TRY(optional_times(view, label->at, &dates, err));
    const size_t *starts = wbi_view_starts(view), *ends = wbi_view_ends(view);
    for (size_t k = 0; k < block->n_customers; k++) {
        bool present = def->kind == WBI_LABEL_AT ? has_date(&m, dates, starts[k], ends[k]) : is_member(&m, starts[k], ends[k]);
        bool positive = present == (def->kind != WBI_LABEL_ABSENT);
        block->labels[l][k * options->n_cutoffs + j] = positive;
        block->n_positive[l * options->n_cutoffs + j] += positive && block->eligible[k * options->n_cutoffs + j];
    }
    return WB_OK;
}

static wb_status compute_label(wbi_block *block, wbi_worker *worker, const wbi_compute_options *options, size_t l, wb_error *err)
{
    size_t n_known = 0;
    while (n_known < options->n_cutoffs &&
           wbi_label_is_known(worker->plan->labels[l].def, options->cutoffs_us[n_known], options->until_us))
        n_known++;
    for (size_t j = 0; j < n_known; j++)
        WBI_TRY(label_at(block, worker, options, l, j, n_known, err));
    for (size_t j = n_known; j < options->n_cutoffs; j++)
        for (size_t k = 0; k < block->n_customers; k++)
            block->labels[l][k * options->n_cutoffs + j] = NAN;
    return WB_OK;
}

/* Features over features, on all rows of the block. */
static wb_status derive_feature(wbi_block *block, wbi_worker *worker, size_t f, wb_error *err)
{
    const wbi_planned_feature *feature = &worker->plan->features[f];
    wbi_vector values;
    wbi_expr_scratch_reset(worker->expr_scratch);
    for (size_t g = 0; g < worker->plan->n_features; g++) {
        if (worker->plan->features[g].type == WB_TYPE_NUMBER)
            worker->vectors[g] = (wbi_vector){.type = WBI_EXPR_NUMBER, .numbers = block->numbers[g]};
        else
            worker->vectors[g] = (wbi_vector){.type = WBI_EXPR_TEXT, .texts = block->texts[g]};
    }
    WBI_TRY(wbi_expr_eval(feature->expr, worker->vectors, block->n_rows, 0, worker->expr_scratch, &values, err));
    block->n_overflows[f] = values.n_overflows;
    if (feature->type == WB_TYPE_NUMBER) {
        memcpy(block->numbers[f], values.numbers, block->n_rows * sizeof(double));
        return WB_OK;
    }
    for (size_t row = 0; row < block->n_rows; row++)
        WBI_TRY(keep_text(&block->arena, values.texts[row], &block->texts[f][row], err));
    return WB_OK;
}

/* Customers that are not eligible are never aggregated; expressions over features still run over them. */
static void clear_others(wbi_block *block, const wbi_plan *plan, size_t j, size_t n_cutoffs)
{
    for (size_t row = j; row < block->n_rows; row += n_cutoffs) {
        if (block->eligible[row])
            continue;
        for (size_t f = 0; f < plan->n_features; f++) {
            if (plan->features[f].type == WB_TYPE_NUMBER)
                block->numbers[f][row] = NAN;
            else
                block->texts[f][row] = (wbi_str){0};
        }
    }
}

static wb_status compute_cutoff(wbi_block *block, wbi_worker *worker, const wbi_compute_options *options, size_t j,
                                wb_error *err)
{
    const wbi_plan *plan = worker->plan;
    const showing at = {options->cutoffs_us[j], options->cutoffs_us[options->n_cutoffs - 1], j == 0};
    for (size_t t = 0; t < plan->n_tables; t++) {
        WBI_TRY(show_table(worker, block, t, &at, err));
        block->n_overflows[plan->n_features + t] += wbi_view_n_overflows(worker->views[t]);
        wbi_view_lines(worker->views[t], &block->lines[t].n_arrived, &block->lines[t].n_left);
    }
    WBI_TRY(choose_population(block, worker, options, j, err));
    clear_others(block, plan, j, options->n_cutoffs);
    wbi_windows_find(&worker->windows, j);
    for (size_t f = 0; f < plan->n_features; f++)
        if (plan->features[f].table != WBI_NONE && !wbi_windows_of(&worker->windows, f)->steady)
            WBI_TRY(aggregate_at(block, worker, f, options, j, err));
    return WB_OK;
}

wb_status wbi_block_compute(wbi_block *block, wbi_worker *worker, const wbi_compute_options *options, wb_error *err)
{
    const wbi_plan *plan = worker->plan;
    block->n_rows = block->n_customers * options->n_cutoffs;
    wbi_arena_rewind(&block->arena, (wbi_arena_mark){0});
    memset(block->n_overflows, 0, (plan->n_features + plan->n_tables) * sizeof *block->n_overflows);
    wbi_windows_begin(&worker->windows, block, options->cutoffs_us);
    for (size_t j = 0; j < options->n_cutoffs; j++)
        WBI_TRY(compute_cutoff(block, worker, options, j, err));
    wbi_windows_end(&worker->windows);
    for (size_t f = 0; f < plan->n_features; f++)
        if (plan->features[f].table != WBI_NONE && wbi_windows_of(&worker->windows, f)->steady)
            WBI_TRY(aggregate_steady(block, worker, f, options, err));
    memset(block->n_positive, 0, plan->n_labels * options->n_cutoffs * sizeof *block->n_positive);
    for (size_t l = 0; options->with_labels && l < plan->n_labels; l++)
        WBI_TRY(compute_label(block, worker, options, l, err));
    for (size_t i = 0; i < plan->n_features; i++)
        if (plan->features[plan->order[i]].table == WBI_NONE)
            WBI_TRY(derive_feature(block, worker, plan->order[i], err));
    return WB_OK;
}
