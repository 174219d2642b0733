/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Straight from events: blocks of customers are scored and written as lines where their features were computed, and taken in
 * order; no table of features is ever held. */
#include <string.h>

#include "base/memory.h"
#include "csv/writer.h"
#include "features/engine.h"
#include "score/run.h"

static const size_t kept_ceiling_bytes = (size_t)1 << 31;

/* What is made of the block in one slot: the rows of its eligible customers. */
typedef struct slot {
    wbi_score_block block;
    wbi_score_rows rows;
    wbi_score_source *features; /* of the plan */
    double **numbers;           /* of these, a row each; NULL for categories, as are */
    wbi_str **levels;           /* NULL for numbers */
    int64_t *cutoffs_us;
    wbi_str **texts;            /* the ids, then what is kept */
    wbi_buffer *kept;           /* by kept column: its cells, printed */
    size_t capacity;            /* rows of all of these */
} slot;

typedef struct scoring {
    wbi_score_run run;
    const wb_engine *engine;
    int64_t cutoff_us;
    size_t *features, *keep; /* features of the engine, by feature of the plan and by kept column */
    slot *slots;
    size_t n_slots;
    bool stopped;
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

static wb_status make_slot(slot *to, const scoring *s, wb_error *err)
{
    const size_t n = s->run.plan.n_features, n_keep = s->run.plan.options->n_keep;
    to->kept = wbi_alloc_zeroed(n_keep, sizeof *to->kept);
    to->features = wbi_alloc_zeroed(n, sizeof *to->features);
    to->numbers = wbi_alloc_zeroed(n, sizeof *to->numbers);
    to->levels = wbi_alloc_zeroed(n, sizeof *to->levels);
    to->texts = wbi_alloc_zeroed(1 + n_keep, sizeof *to->texts);
    if (to->kept == NULL || to->features == NULL || to->numbers == NULL || to->levels == NULL || to->texts == NULL)
        return wbi_fail_nomem(err, n * sizeof *to->features);
    for (size_t k = 0; k < n_keep; k++)
        to->kept[k] = wbi_buffer_make(kept_ceiling_bytes);
    return wbi_score_block_make(&to->block, &s->run.plan, &s->run.form, err);
}

static wb_status make_slots(scoring *s, int n_threads, wb_error *err)
{
    const size_t n = wbi_compute_slots(n_threads);
    s->slots = wbi_alloc_zeroed(n, sizeof *s->slots);
    if (s->slots == NULL)
        return wbi_fail_nomem(err, n * sizeof *s->slots);
    s->n_slots = n;
    for (size_t k = 0; k < n; k++)
        WBI_TRY(make_slot(&s->slots[k], s, err));
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

static wb_status reserve(slot *to, const scoring *s, size_t n, wb_error *err)
{
    const wbi_score_plan *plan = &s->run.plan;
    if (n <= to->capacity)
        return WB_OK;
    to->capacity = 0;
    for (size_t f = 0; f < plan->n_features; f++)
        WBI_TRY(plan->features[f].type == WB_TYPE_NUMBER ? replace_numbers(&to->numbers[f], n, err)
                                                         : replace_texts(&to->levels[f], n, err));
    for (size_t k = 0; k < 1 + plan->options->n_keep; k++)
        WBI_TRY(replace_texts(&to->texts[k], n, err));
    wbi_free(to->cutoffs_us);
    to->cutoffs_us = wbi_alloc_array(n, sizeof *to->cutoffs_us);
    if (to->cutoffs_us == NULL)
        return wbi_fail_nomem(err, n * sizeof *to->cutoffs_us);
    for (size_t row = 0; row < n; row++)
        to->cutoffs_us[row] = s->cutoff_us;
    to->capacity = n;
    return WB_OK;
}

static void free_slot(slot *of, const wbi_score_plan *plan)
{
    for (size_t f = 0; of->numbers != NULL && f < plan->n_features; f++)
        wbi_free(of->numbers[f]);
    for (size_t f = 0; of->levels != NULL && f < plan->n_features; f++)
        wbi_free(of->levels[f]);
    for (size_t k = 0; of->texts != NULL && k < 1 + plan->options->n_keep; k++)
        wbi_free(of->texts[k]);
    wbi_free(of->numbers);
    wbi_free(of->levels);
    wbi_free(of->texts);
    wbi_free(of->features);
    wbi_free(of->cutoffs_us);
    for (size_t k = 0; of->kept != NULL && k < plan->options->n_keep; k++)
        wbi_buffer_free(&of->kept[k]);
    wbi_free(of->kept);
    wbi_score_block_free(&of->block);
}

static void free_scoring(scoring *s)
{
    for (size_t k = 0; k < s->n_slots; k++)
        free_slot(&s->slots[k], &s->run.plan);
    wbi_free(s->slots);
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
static wb_status print_numbers(wbi_buffer *cells, wbi_str *texts, const wbi_block *block, size_t feature, wb_error *err)
{
    size_t n = 0;
    cells->length = 0;
    for (size_t row = 0; row < block->n_rows; row++)
        if (block->eligible[row]) {
            const size_t begin = cells->length;
            WBI_TRY(wbi_csv_number(cells, block->numbers[feature][row], err));
            texts[n++].length = cells->length - begin;
        }
    for (size_t row = 0, begin = 0; row < n; begin += texts[row++].length)
        texts[row].data = cells->data + begin;
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

static wb_status take_rows(slot *to, const scoring *s, const wbi_block *block, wb_error *err)
{
    const wbi_score_plan *plan = &s->run.plan;
    for (size_t f = 0; f < plan->n_features; f++) {
        if (plan->features[f].type == WB_TYPE_NUMBER)
            take_numbers(to->numbers[f], block, s->features[f]);
        else
            take_texts(to->levels[f], block, s->features[f]);
        to->features[f] = (wbi_score_source){.numbers = to->numbers[f], .texts = to->levels[f]};
    }
    for (size_t k = 0; k < plan->options->n_keep; k++) {
        if (block->numbers[s->keep[k]] == NULL)
            take_texts(to->texts[1 + k], block, s->keep[k]);
        else
            WBI_TRY(print_numbers(&to->kept[k], to->texts[1 + k], block, s->keep[k], err));
    }
    to->rows = (wbi_score_rows){.n_rows = take_ids(to->texts[0], s->engine, block),
                                .texts = (const wbi_str *const *)to->texts,
                                .cutoffs_us = to->cutoffs_us,
                                .features = to->features};
    return WB_OK;
}

static wb_status score_block(void *context, const wbi_block *block, size_t at, wb_error *err)
{
    scoring *s = context;
    slot *to = &s->slots[at];
    WBI_TRY(reserve(to, s, block->n_rows, err));
    WBI_TRY(take_rows(to, s, block, err));
    return wbi_score_block_fill(&to->block, &to->rows, err);
}

static wb_status take_block(void *context, const wbi_block *block, size_t at, wb_error *err)
{
    (void)block;
    scoring *s = context;
    WBI_TRY(wbi_score_run_take(&s->run, &s->slots[at].block, &s->slots[at].rows, err));
    s->stopped = wbi_score_run_is_over(&s->run);
    return s->stopped ? wbi_fail(err, WB_ERR_CANCELLED, "nobody reads the scores") : WB_OK;
}

wb_status wb_score_events(const wb_score_models *models, const wb_engine *engine, int64_t cutoff_us,
                          const wb_score_options *options, const wb_read_options *reading, wb_score_report *reports,
                          wb_error *err)
{
    scoring s = {.engine = engine, .cutoff_us = cutoff_us};
    const wb_features_options wanted = {&cutoff_us, 1, 0, reading->n_threads, reading->log};
    const wbi_block_user user = {score_block, take_block, &s};
    wb_population population;
    wb_status status;
    WBI_TRY_CLEANUP(wbi_score_run_plan(&s.run, models, options, reading->log, err));
    WBI_TRY_CLEANUP(find_features(&s, err));
    WBI_TRY_CLEANUP(wbi_score_run_open(&s.run, true, err));
    WBI_TRY_CLEANUP(make_slots(&s, reading->n_threads, err));
    status = wbi_engine_blocks(engine, &user, &wanted, &population, err);
    if (s.stopped)
        status = WB_OK;
    WBI_TRY_CLEANUP(status);
    WBI_TRY_CLEANUP(wbi_score_run_finish(&s.run, err));
    wbi_score_run_report(&s.run, reports);
cleanup:
    free_scoring(&s);
    return status;
}
