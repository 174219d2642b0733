/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Straight from events: blocks of customers are scored and written as lines where their features were computed, and taken in
 * order; no table of features is ever held. */
#include <string.h>

#include "base/memory.h"
#include "csv/writer.h"
#include "features/engine.h"
#include "score/run.h"

/* The features of a block's eligible customers. */
typedef struct values {
    double **numbers; /* by feature of the plan, a row each; NULL for categories */
    wbi_str **levels; /* NULL for numbers */
    size_t capacity;  /* rows */
} values;

typedef struct scoring {
    wbi_score_run run;
    const wb_engine *engine;
    int64_t cutoff_us;
    size_t *features, *keep; /* features of the engine, by feature of the plan and by kept column */
    values *values;          /* by slot */
} scoring;

/* ---- features ---- */

static wb_status find_feature(size_t *feature, const wb_engine *engine, const char *name, wb_error *err)
{
    for (*feature = 0; *feature < engine->plan->n_features; ++*feature)
        if (strcmp(engine->plan->features[*feature].def->name, name) == 0)
            return WB_OK;
    return wbi_fail(err, WB_ERR_INCONSISTENT, "'%s' is none of the features that are computed", name);
}

static wb_status find_features(scoring *s, wb_error *err)
{
    const wbi_score_plan *plan = &s->run.plan;
    const wb_score_options *o = plan->options;
    s->features = wbi_alloc_array(plan->n_features, sizeof *s->features);
    s->keep = wbi_alloc_array(o->n_keep, sizeof *s->keep);
    if (s->features == NULL || s->keep == NULL)
        return wbi_fail_nomem(err, (plan->n_features + o->n_keep) * sizeof *s->keep);
    for (size_t f = 0; f < plan->n_features; f++) {
        WBI_TRY(find_feature(&s->features[f], s->engine, plan->features[f].name, err));
        if (s->engine->plan->features[s->features[f]].type != plan->features[f].type)
            return wbi_fail(err, WB_ERR_INCONSISTENT, "%s is a number to the model or to the project, and a category to the other",
                            plan->features[f].name);
    }
    for (size_t k = 0; k < o->n_keep; k++)
        WBI_TRY(find_feature(&s->keep[k], s->engine, o->keep[k], err));
    return WB_OK;
}

/* ---- memory ---- */

static wb_status make_values(scoring *s, wb_error *err)
{
    const size_t n = s->run.n_slots, n_features = s->run.plan.n_features;
    s->values = wbi_alloc_zeroed(n, sizeof *s->values);
    if (s->values == NULL)
        return wbi_fail_nomem(err, n * sizeof *s->values);
    for (size_t k = 0; k < n; k++) {
        s->values[k].numbers = wbi_alloc_zeroed(n_features, sizeof *s->values[k].numbers);
        s->values[k].levels = wbi_alloc_zeroed(n_features, sizeof *s->values[k].levels);
        if (s->values[k].numbers == NULL || s->values[k].levels == NULL)
            return wbi_fail_nomem(err, n_features * sizeof *s->values[k].levels);
    }
    return WB_OK;
}

static wb_status replace_numbers(double **numbers, size_t n, wb_error *err)
{
    wbi_free(*numbers);
    *numbers = wbi_alloc_array(n, sizeof **numbers);
    return *numbers == NULL ? wbi_fail_nomem(err, n * sizeof **numbers) : WB_OK;
}

static wb_status replace_texts(wbi_str **texts, size_t n, wb_error *err)
{
    wbi_free(*texts);
    *texts = wbi_alloc_array(n, sizeof **texts);
    return *texts == NULL ? wbi_fail_nomem(err, n * sizeof **texts) : WB_OK;
}

static wb_status reserve(values *to, const wbi_score_plan *plan, size_t n, wb_error *err)
{
    if (n <= to->capacity)
        return WB_OK;
    to->capacity = 0;
    for (size_t f = 0; f < plan->n_features; f++)
        WBI_TRY(plan->features[f].type == WB_TYPE_NUMBER ? replace_numbers(&to->numbers[f], n, err)
                                                         : replace_texts(&to->levels[f], n, err));
    to->capacity = n;
    return WB_OK;
}

static void free_values(values *of, size_t n_features)
{
    for (size_t f = 0; of->numbers != NULL && f < n_features; f++)
        wbi_free(of->numbers[f]);
    for (size_t f = 0; of->levels != NULL && f < n_features; f++)
        wbi_free(of->levels[f]);
    wbi_free(of->numbers);
    wbi_free(of->levels);
}

static void free_scoring(scoring *s)
{
    for (size_t k = 0; s->values != NULL && k < s->run.n_slots; k++)
        free_values(&s->values[k], s->run.plan.n_features);
    wbi_free(s->values);
    wbi_free(s->features);
    wbi_free(s->keep);
    wbi_score_run_free(&s->run);
}

/* ---- blocks ---- */

/* The block's values of one feature of the engine in the rows that are eligible. */
static void take_numbers(double *to, const wbi_block *block, size_t feature)
{
    for (size_t row = 0, n = 0; row < block->n_rows; row++)
        if (block->eligible[row])
            to[n++] = block->numbers[feature][row];
}

static void take_texts(wbi_str *to, const wbi_block *block, size_t feature)
{
    for (size_t row = 0, n = 0; row < block->n_rows; row++)
        if (block->eligible[row])
            to[n++] = block->texts[feature][row];
}

/* As a features file has them, but for quotes. */
static wb_status print_numbers(wbi_score_slot *slot, size_t k, const wbi_block *block, size_t feature, wb_error *err)
{
    wbi_buffer *cells = &slot->cells[k];
    size_t n = 0;
    cells->length = 0;
    for (size_t row = 0; row < block->n_rows; row++)
        if (block->eligible[row]) {
            const size_t before = cells->length;
            WBI_TRY(wbi_csv_number(cells, block->numbers[feature][row], err));
            slot->texts[1 + k][n++].length = cells->length - before;
        }
    wbi_score_slot_place(slot, k, n);
    return WB_OK;
}

static size_t take_ids(wbi_str *to, const wb_engine *engine, const wbi_block *block)
{
    size_t n = 0;
    for (size_t row = 0; row < block->n_rows; row++)
        if (block->eligible[row])
            to[n++] = wbi_compute_customer(&engine->events, block, row);
    return n;
}

static wb_status keep_column(wbi_score_slot *slot, size_t k, const wbi_block *block, size_t feature, wb_error *err)
{
    if (block->numbers[feature] != NULL)
        return print_numbers(slot, k, block, feature, err);
    take_texts(slot->texts[1 + k], block, feature);
    return WB_OK;
}

static wb_status score_block(void *context, const wbi_block *block, size_t at, wb_error *err)
{
    scoring *s = context;
    wbi_score_slot *slot = &s->run.slots[at];
    const values *own = &s->values[at];
    const wbi_score_plan *plan = &s->run.plan;
    WBI_TRY(wbi_score_slot_reserve(slot, block->n_rows, err));
    WBI_TRY(reserve(&s->values[at], plan, block->n_rows, err));
    for (size_t f = 0; f < plan->n_features; f++) {
        if (plan->features[f].type == WB_TYPE_NUMBER)
            take_numbers(own->numbers[f], block, s->features[f]);
        else
            take_texts(own->levels[f], block, s->features[f]);
        slot->features[f] = (wbi_score_source){.numbers = own->numbers[f], .texts = own->levels[f]};
    }
    for (size_t k = 0; k < plan->options->n_keep; k++)
        WBI_TRY(keep_column(slot, k, block, s->keep[k], err));
    const size_t n = take_ids(slot->texts[0], s->engine, block);
    for (size_t row = 0; row < n; row++)
        slot->cutoffs_us[row] = s->cutoff_us;
    return wbi_score_slot_fill(slot, n, slot->cutoffs_us, false, err);
}

static wb_status take_block(void *context, const wbi_block *block, size_t at, wb_error *err)
{
    (void)block;
    scoring *s = context;
    return wbi_score_run_take(&s->run, &s->run.slots[at], err);
}

wb_status wb_score_events(const wb_score_models *models, const wb_engine *engine, int64_t cutoff_us,
                          const wb_score_options *options, const wb_read_options *reading, wb_score_report *reports,
                          wb_error *err)
{
    scoring s = {.engine = engine, .cutoff_us = cutoff_us};
    const wb_features_options wanted = {&cutoff_us, 1, 0, reading->n_threads, reading->log};
    const wbi_whom whom = {.objections = options->objections};
    const wbi_block_user user = {score_block, take_block, &s};
    wb_population population;
    wb_status status;
    WBI_TRY_CLEANUP(wbi_score_run_plan(&s.run, models, options, reading->log, err));
    WBI_TRY_CLEANUP(find_features(&s, err));
    WBI_TRY_CLEANUP(wbi_score_run_open(&s.run, true, wbi_compute_slots(reading->n_threads), err));
    WBI_TRY_CLEANUP(make_values(&s, err));
    WBI_TRY_CLEANUP(wbi_score_run_status(&s.run, wbi_engine_blocks(engine, &whom, &user, &wanted, &population, err)));
    WBI_TRY_CLEANUP(wbi_score_run_finish(&s.run, err));
    wbi_score_run_report(&s.run, reports);
    for (size_t m = 0; reports != NULL && m < models->n; m++)
        reports[m].n_objected = population.n_objected;
cleanup:
    free_scoring(&s);
    return status;
}
