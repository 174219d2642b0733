/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/block.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "model/model.h"
#include "score/interval.h"
#include "score/row_table.h"

static const size_t lines_ceiling_bytes = (size_t)1 << 31;
enum { UNASKED = -2 };

/* ---- memory ---- */

static wb_status make_model(wbi_block_model *model, const wbi_plan_model *each, wb_error *err)
{
    const size_t n_features = each->n_features;
    model->columns = wbi_alloc_zeroed(n_features, sizeof *model->columns);
    model->maps = wbi_alloc_zeroed(n_features, sizeof *model->maps);
    model->codes = wbi_alloc_zeroed(n_features, sizeof *model->codes);
    model->tallies = wbi_alloc_zeroed(each->n_terms, sizeof *model->tallies);
    if (model->columns == NULL || model->maps == NULL || model->codes == NULL || model->tallies == NULL)
        return wbi_fail_nomem(err, n_features * sizeof *model->tallies);
    if (each->intervals == NULL)
        return WB_OK;
    const size_t n = wbi_intervals_scratch(each->intervals);
    model->scratch = wbi_alloc_aligned(n, sizeof *model->scratch);
    return model->scratch == NULL ? wbi_fail_nomem(err, n * sizeof *model->scratch) : WB_OK;
}

wb_status wbi_score_block_make(wbi_score_block *block, const wbi_score_plan *plan, const wbi_score_form *form, wb_error *err)
{
    const size_t n = plan->models->n;
    *block = (wbi_score_block){.plan = plan,
                               .form = form,
                               .lines = {.text = wbi_buffer_make(lines_ceiling_bytes),
                                         .spare = wbi_buffer_make(lines_ceiling_bytes)}};
    block->models = wbi_alloc_zeroed(n, sizeof *block->models);
    block->scored = wbi_alloc_zeroed(n, sizeof *block->scored);
    if (block->models == NULL || block->scored == NULL)
        return wbi_fail_nomem(err, n * sizeof *block->models);
    for (size_t m = 0; m < n; m++)
        WBI_TRY(make_model(&block->models[m], &plan->each[m], err));
    return WB_OK;
}

static void free_scored(wbi_scored *scored)
{
    wbi_free(scored->log_odds);
    *scored = (wbi_scored){0};
}

static void free_model(wbi_block_model *model, size_t n_features)
{
    for (size_t f = 0; model->codes != NULL && f < n_features; f++)
        wbi_free(model->codes[f]);
    for (size_t f = 0; model->maps != NULL && f < n_features; f++)
        wbi_free(model->maps[f].level);
    wbi_free(model->codes);
    wbi_free(model->maps);
    wbi_free(model->columns);
    wbi_free(model->tallies);
    wbi_free(model->scratch);
}

void wbi_score_block_free(wbi_score_block *block)
{
    const size_t n = block->plan == NULL ? 0 : block->plan->models->n;
    for (size_t m = 0; block->models != NULL && m < n; m++)
        free_model(&block->models[m], block->plan->each[m].n_features);
    for (size_t m = 0; block->scored != NULL && m < n; m++)
        free_scored(&block->scored[m]);
    wbi_free(block->models);
    wbi_free(block->scored);
    wbi_free(block->lines.ends);
    wbi_buffer_free(&block->lines.text);
    wbi_buffer_free(&block->lines.spare);
}

/* The next `n_each` times n values of what was allocated. */
static double *next_values(double **free_values, size_t n_each, size_t n)
{
    double *values = *free_values;
    *free_values += n_each * n;
    return values;
}

static wbi_score_strongest strongest_in(double **free_values, size_t n_kept, size_t n, double sign)
{
    double *adds = next_values(free_values, n_kept, n);
    return (wbi_score_strongest){adds, next_values(free_values, n_kept, n), n_kept, n, sign};
}

/* One model's values for `n` rows, all in one piece of memory that begins with the log-odds. */
static wb_status reserve_scored(wbi_scored *scored, const wbi_score_plan *plan, size_t m, size_t n, wb_error *err)
{
    const wb_score_options *o = plan->options;
    const bool uplift = plan->each[m].treated != NULL;
    const size_t n_each = (o->interval ? 4U : 2U) + (uplift ? 1U : 0U) + 2 * (o->n_reasons + o->n_reasons_down);
    free_scored(scored);
    double *values = wbi_alloc_array(n, n_each * sizeof *values);
    if (values == NULL)
        return wbi_fail_nomem(err, n * n_each * sizeof *values);
    scored->log_odds = next_values(&values, 1, n);
    scored->probability = next_values(&values, 1, n);
    if (o->interval) {
        scored->low = next_values(&values, 1, n);
        scored->high = next_values(&values, 1, n);
    }
    if (uplift)
        scored->uplift = next_values(&values, 1, n);
    scored->up = strongest_in(&values, o->n_reasons, n, 1);
    scored->down = strongest_in(&values, o->n_reasons_down, n, -1);
    return WB_OK;
}

static wb_status reserve_codes(int32_t **codes, size_t n, wb_error *err)
{
    wbi_free(*codes);
    *codes = wbi_alloc_array(n, sizeof **codes);
    return *codes == NULL ? wbi_fail_nomem(err, n * sizeof **codes) : WB_OK;
}

static wb_status reserve(wbi_score_block *block, size_t n_rows, wb_error *err)
{
    const wbi_score_plan *plan = block->plan;
    if (n_rows <= block->capacity)
        return WB_OK;
    const size_t n = n_rows < 2 * block->capacity ? 2 * block->capacity : n_rows;
    block->capacity = 0;
    wbi_free(block->lines.ends);
    block->lines.ends = wbi_alloc_array(n, sizeof *block->lines.ends);
    if (block->lines.ends == NULL)
        return wbi_fail_nomem(err, n * sizeof *block->lines.ends);
    for (size_t m = 0; m < plan->models->n; m++) {
        const wbi_plan_model *each = &plan->each[m];
        WBI_TRY(reserve_scored(&block->scored[m], plan, m, n, err));
        for (size_t f = 0; f < each->n_features; f++)
            if (plan->features[each->features[f]].type == WB_TYPE_CATEGORY)
                WBI_TRY(reserve_codes(&block->models[m].codes[f], n, err));
    }
    block->capacity = n;
    return WB_OK;
}

/* ---- scoring ---- */

/* Room for the codes that a dictionary has by now. */
static wb_status follow_levels(wbi_level_map *map, const wbi_score_rows *rows, const wbi_dictionary *levels, wb_error *err)
{
    const size_t n = wbi_dictionary_size(levels);
    if (!rows->same_levels)
        map->n = 0;
    if (n > map->capacity) {
        const size_t capacity = n < 2 * map->capacity ? 2 * map->capacity : n;
        int32_t *larger = wbi_realloc_array(map->level, capacity, sizeof *larger);
        if (larger == NULL)
            return wbi_fail_nomem(err, capacity * sizeof *larger);
        map->level = larger;
        map->capacity = capacity;
    }
    for (; map->n < n; map->n++)
        map->level[map->n] = UNASKED;
    return WB_OK;
}

/* Levels that lie as texts. */
static void look_up(int32_t *to, const wb_scorer *scorer, size_t f, const wbi_str *texts, size_t n_rows)
{
    for (size_t row = 0; row < n_rows; row++)
        to[row] = texts[row].length == 0 ? -1 : wbi_scorer_level(scorer, f, texts[row].data, texts[row].length);
}

/* Codes as the scorer has them. */
static wb_status translate(wbi_score_block *block, size_t m, size_t f, const wbi_score_rows *rows, wb_error *err)
{
    const wbi_plan_model *each = &block->plan->each[m];
    const wbi_score_source *source = &rows->features[each->features[f]];
    wbi_level_map *map = &block->models[m].maps[f];
    int32_t *to = block->models[m].codes[f];
    WBI_TRY(follow_levels(map, rows, source->levels, err));
    for (size_t row = 0; row < rows->n_rows; row++) {
        const int32_t code = source->codes[row];
        if (code >= 0 && map->level[code] == UNASKED) {
            const wbi_str level = wbi_dictionary_at(source->levels, code);
            map->level[code] = wbi_scorer_level(each->scorer, f, level.data, level.length);
        }
        to[row] = code < 0 ? -1 : map->level[code];
    }
    return WB_OK;
}

static wb_status find_columns(wbi_score_block *block, size_t m, const wbi_score_rows *rows, wb_error *err)
{
    const wbi_plan_model *each = &block->plan->each[m];
    wbi_block_model *model = &block->models[m];
    for (size_t f = 0; f < each->n_features; f++) {
        const size_t place = each->features[f];
        const wbi_score_source *source = &rows->features[place];
        const bool category = block->plan->features[place].type == WB_TYPE_CATEGORY; /* without rows there may be no numbers */
        if (source->texts != NULL)
            look_up(model->codes[f], each->scorer, f, source->texts, rows->n_rows);
        else if (category)
            WBI_TRY(translate(block, m, f, rows, err));
        model->columns[f] = (wbi_score_column){source->numbers, category ? model->codes[f] : NULL};
    }
    return WB_OK;
}

/* A probability that is none comes from numbers that overflow against the model's scales. */
static wb_status check(const double *probability, const wbi_score_rows *rows, wb_error *err)
{
    for (size_t row = 0; row < rows->n_rows; row++) {
        const wbi_str id = rows->texts[0][row];
        if (isnan(probability[row]))
            return wbi_fail(err, WB_ERR_INCONSISTENT,
                            "the score of customer '%.*s' is not a number: the row's values overflow the model's",
                            (int)(id.length < 100 ? id.length : 100), id.data);
    }
    return WB_OK;
}

static wb_status find_intervals(wbi_score_block *block, size_t m, const wbi_score_rows *rows, wb_error *err)
{
    const wbi_plan_model *each = &block->plan->each[m];
    wb_table *table = NULL;
    wbi_encoder *encoder = NULL;
    wb_status status;
    WBI_TRY_CLEANUP(wbi_row_table_create(&table, block->plan, each, rows, err));
    WBI_TRY_CLEANUP(wbi_encoder_create(&encoder, each->model->basis, table, err));
    const wbi_interval_rows all = {encoder, 0, rows->n_rows, block->models[m].scratch};
    status = wbi_intervals_rows(each->intervals, block->scored[m].low, block->scored[m].high, &all, err);
cleanup:
    wbi_encoder_free(encoder);
    wbi_row_table_free(table);
    return status;
}

/* Codes of levels are those of both scorers, for these are of one model. */
static wb_status find_uplift(const wbi_scored *scored, const wbi_plan_model *each, const wbi_score_column *columns,
                             const wbi_score_rows *rows, wb_error *err)
{
    wbi_scorer_columns(each->treated, columns, rows->n_rows, scored->uplift, NULL);
    wbi_calibrate(&each->model->calibration, scored->uplift, scored->uplift, rows->n_rows);
    WBI_TRY(check(scored->uplift, rows, err));
    for (size_t row = 0; row < rows->n_rows; row++)
        scored->uplift[row] -= scored->probability[row];
    return WB_OK;
}

static wb_status score_model(wbi_score_block *block, size_t m, const wbi_score_rows *rows, wb_error *err)
{
    const wbi_plan_model *each = &block->plan->each[m];
    wbi_block_model *model = &block->models[m];
    wbi_scored *scored = &block->scored[m];
    WBI_TRY(find_columns(block, m, rows, err));
    memset(model->tallies, 0, each->n_terms * sizeof *model->tallies);
    if (wbi_score_plan_wants_reasons(block->plan))
        wbi_scorer_explain(each->scorer, model->columns, rows->n_rows,
                           &(wbi_scorer_wanted){scored->log_odds, model->tallies, &scored->up, &scored->down});
    else
        wbi_scorer_columns(each->scorer, model->columns, rows->n_rows, scored->log_odds, model->tallies);
    wbi_calibrate(&each->model->calibration, scored->probability, scored->log_odds, rows->n_rows);
    WBI_TRY(check(scored->probability, rows, err));
    if (each->treated != NULL)
        WBI_TRY(find_uplift(scored, each, model->columns, rows, err));
    return each->intervals == NULL ? WB_OK : find_intervals(block, m, rows, err);
}

wb_status wbi_score_block_fill(wbi_score_block *block, const wbi_score_rows *rows, wb_error *err)
{
    block->n_rows = rows->n_rows;
    WBI_TRY(reserve(block, rows->n_rows, err));
    for (size_t m = 0; m < block->plan->models->n; m++)
        WBI_TRY(score_model(block, m, rows, err));
    return wbi_score_form_write(&block->lines, block->form, rows, block->scored, err);
}
