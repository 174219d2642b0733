/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <winback/explain.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "design/term.h"
#include "explain/bands.h"
#include "explain/points.h"
#include "par/par.h"
#include "score/reason.h"
#include "table/spill.h"

enum { CHUNK_ROWS = WBI_SCORE_GROUP_ROWS, SENTENCE_BYTES = 1 << 20 };

static void clear_effect(wb_effect *effect)
{
    for (size_t k = 0; k < effect->n_points; k++)
        wbi_free(effect->points[k].level);
    wbi_free(effect->points);
    wbi_free(effect->feature);
    wbi_free(effect->sentence);
}

void wb_explanation_free(wb_explanation *explanation)
{
    if (explanation == NULL)
        return;
    for (size_t f = 0; explanation->effects != NULL && f < explanation->n_effects; f++)
        clear_effect(&explanation->effects[f]);
    wbi_free(explanation->effects);
    wbi_free(explanation->target);
    wbi_free(explanation);
}

typedef struct explaining {
    const wb_model *model;
    const wb_scorer *scorer;
    const wb_reasons *reasons;
    const wb_table *table;  /* NULL: no rows are given */
    const wb_table *points; /* of all effects */
    wb_effect *effects;     /* in the order of the model */
} explaining;

/* ---- importance ---- */

static wb_status mean_contribution(double *out, const explaining *work, size_t f, wb_error *err)
{
    const size_t n_rows = wb_table_n_rows(work->table);
    double adds[CHUNK_ROWS], sum = 0;
    wbi_term_columns columns = {.n = 0};
    wb_status status = wbi_term_columns_open(&columns, work->scorer, f, work->table, err);
    for (size_t at = 0; status == WB_OK && at < n_rows; at += CHUNK_ROWS) {
        const size_t n = n_rows - at < CHUNK_ROWS ? n_rows - at : CHUNK_ROWS;
        const wbi_score_column rows = wbi_term_columns_rows(&columns, at, n);
        wbi_scorer_adds(work->scorer, f, adds, &rows, n, NULL);
        for (size_t i = 0; i < n; i++)
            sum += fabs(adds[i]);
    }
    wbi_term_columns_close(&columns);
    *out = sum / (double)n_rows;
    return status;
}

/* The point of a number; there is one of each decile. */
static double log_odds_at(const wb_effect *effect, double value)
{
    size_t k = 0;
    while (effect->points[k].value < value && k + 1 < effect->n_points && effect->points[k + 1].level == NULL)
        k++;
    return effect->points[k].log_odds;
}

/* From the points alone: a tenth of the values lies between two deciles, half way on average; levels and the missing have shares of
 * their own. */
static double importance_of_points(const wb_effect *effect, const wbi_term *term)
{
    const wbi_reference reference = term->kind->reference(term);
    const double among = (1 - reference.missing) / (2 * (WBI_N_DECILES - 1));
    double sum = 0;
    for (size_t k = 0; k < effect->n_points; k++)
        if (effect->points[k].level != NULL)
            sum += effect->points[k].share * fabs(effect->points[k].log_odds);
    for (size_t k = 0; reference.deciles != NULL && k + 1 < WBI_N_DECILES; k++)
        sum += among * (fabs(log_odds_at(effect, reference.deciles[k])) + fabs(log_odds_at(effect, reference.deciles[k + 1])));
    return sum;
}

/* ---- effects ---- */

static int direction_of(const wb_model *model, size_t term, const wb_coefficient *value)
{
    const wb_term of = wb_model_term(model, term);
    if (strcmp(of.kind, "spline") == 0)
        return of.direction;
    return isnan(value->per_sd) ? 0 : (value->per_sd > 0) - (value->per_sd < 0);
}

/* The column of a line's values; NaN for all other terms, and where it was dropped. */
static wb_coefficient value_column(const wb_model *model, size_t term)
{
    const wbi_basis *basis = model->basis;
    wb_coefficient none = {.per_sd = NAN, .per_sd_95 = {NAN, NAN}};
    const char *kind = basis->terms[term]->kind->name;
    if (strcmp(kind, "linear") != 0 && strcmp(kind, "log1p") != 0)
        return none;
    for (size_t j = 0; j < basis->n_columns; j++)
        if (basis->columns[j].term == term && basis->columns[j].part == 0)
            return wb_model_coefficient(model, j + 1);
    return none;
}

static wb_status score_points(wb_effect *effect, const explaining *work, size_t f, wb_error *err)
{
    double adds[CHUNK_ROWS], typical = 0;
    const double *numbers = wb_table_numbers(work->points, f); /* what a term makes of others is there, too */
    wbi_term_columns columns = {.n = 0};
    wb_status status = numbers != NULL ? WB_OK : wbi_term_columns_open(&columns, work->scorer, f, work->points, err);
    for (size_t at = 0; status == WB_OK && at <= effect->n_points; at += CHUNK_ROWS) {
        const size_t left = effect->n_points + 1 - at, n = left < CHUNK_ROWS ? left : CHUNK_ROWS;
        const wbi_score_column rows =
            numbers != NULL ? (wbi_score_column){numbers + at, NULL} : wbi_term_columns_rows(&columns, at, n);
        wbi_scorer_adds(work->scorer, f, adds, &rows, n, NULL);
        if (at == 0)
            typical = adds[0];
        for (size_t i = at == 0; i < n; i++) {
            wb_effect_point *point = &effect->points[at + i - 1];
            point->log_odds = adds[i];
            point->odds_ratio = exp(adds[i] - typical);
        }
    }
    wbi_term_columns_close(&columns);
    return status;
}

static wb_status fill_effect(wb_effect *effect, const explaining *work, size_t f, wb_error *err)
{
    const wbi_term *term = work->model->basis->terms[f];
    const wb_coefficient value = value_column(work->model, f);
    WBI_TRY(score_points(effect, work, f, err));
    effect->kind = term->kind->name;
    effect->unit = wbi_reasons_unit(work->reasons, f);
    effect->actionable = wb_reasons_actionable(work->reasons, f);
    effect->direction = direction_of(work->model, f, &value);
    effect->odds_ratio = exp(value.per_sd);
    effect->odds_low = exp(value.per_sd_95.low);
    effect->odds_high = exp(value.per_sd_95.high);
    effect->p = wb_model_term_test(work->model, f).p;
    if (work->table != NULL)
        return mean_contribution(&effect->importance, work, f, err);
    effect->importance = work->model->importance == NULL ? importance_of_points(effect, term) : work->model->importance[f];
    return WB_OK;
}

static wb_status fill_effects(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const explaining *work = context;
    (void)block;
    (void)worker;
    for (size_t f = begin; f < end; f++)
        WBI_TRY(fill_effect(&work->effects[f], work, f, err));
    return WB_OK;
}

/* ---- sentences ---- */

/* The share of the training rows that lie at this decile or above it, up to the next. */
static double share_at(const wb_effect *effect, size_t k)
{
    size_t next = k + 1;
    while (next < effect->n_points && effect->points[next].level == NULL && !effect->points[next].is_decile)
        next++;
    const bool is_last = next == effect->n_points || effect->points[next].level != NULL;
    return (is_last ? 1 : effect->points[next].share) - effect->points[k].share;
}

/* Whether a point is one to speak of: the least and the greatest number may be a single customer's. */
static bool is_usual(const wb_effect *effect, size_t k)
{
    static const double end = 0.05, many = 0.15;
    const wb_effect_point *point = &effect->points[k];
    if (point->level != NULL)
        return strcmp(effect->kind, "category") == 0;
    return point->is_decile && point->share < 1 - end && (point->share > end || share_at(effect, k) > many);
}

/* The first of equals; both SIZE_MAX where there is none. */
static void find_extremes(size_t *most, size_t *least, const wb_effect *effect, bool usual_only)
{
    *most = *least = SIZE_MAX;
    for (size_t k = 0; k < effect->n_points; k++) {
        if (usual_only && !is_usual(effect, k))
            continue;
        if (*most == SIZE_MAX || effect->points[k].log_odds > effect->points[*most].log_odds)
            *most = k;
        if (*least == SIZE_MAX || effect->points[k].log_odds < effect->points[*least].log_odds)
            *least = k;
    }
}

static wb_status append_point(wbi_buffer *text, const explaining *work, size_t f, const wb_effect_point *point, wb_error *err)
{
    const bool missing = point->level != NULL && strcmp(point->level, wbi_missing_level) == 0;
    const char *level = missing ? NULL : point->level;
    return wbi_reasons_append_value(text, work->reasons, f, point->value, level, level == NULL ? 0 : strlen(level), err);
}

/* The missing ones, where they and the typical value lie further apart than the usual numbers; else SIZE_MAX. */
static size_t find_missing(const wb_effect *effect, double apart)
{
    static const double few = 0.05;
    const size_t last = effect->n_points - 1;
    const wb_effect_point *missing = &effect->points[last], *typical = &effect->points[effect->typical];
    const bool is_missing = missing->level != NULL && typical->level == NULL && missing->share >= few;
    return is_missing && fabs(missing->log_odds - typical->log_odds) > apart ? last : SIZE_MAX;
}

static void find_compared(size_t *most, size_t *least, const wb_effect *effect)
{
    find_extremes(most, least, effect, true);
    if (*most == *least)
        find_extremes(most, least, effect, false);
    const size_t missing = find_missing(effect, effect->points[*most].log_odds - effect->points[*least].log_odds);
    if (missing == SIZE_MAX)
        return;
    const bool is_higher = effect->points[missing].log_odds > effect->points[effect->typical].log_odds;
    *most = is_higher ? missing : effect->typical;
    *least = is_higher ? effect->typical : missing;
}

/* "A" and "B" of a sentence, the text between them being its own. */
static wb_status append_pair(wbi_buffer *text, const explaining *work, size_t f, const wb_effect_point *const pair[2],
                             const char *between, wb_error *err)
{
    WBI_TRY(append_point(text, work, f, pair[0], err));
    WBI_TRY(wbi_buffer_append_text(text, between, err));
    WBI_TRY(append_point(text, work, f, pair[1], err));
    return wbi_buffer_append_text(text, "\"", err);
}

static wb_status write_sentence(wbi_buffer *text, const explaining *work, size_t f, wb_error *err)
{
    static const double visible = 1.02; /* times the odds */
    const wb_effect *effect = &work->effects[f];
    size_t most, least;
    find_compared(&most, &least, effect);
    const wb_effect_point *pair[] = {&effect->points[most], &effect->points[least]};
    const double ratio = exp(pair[0]->log_odds - pair[1]->log_odds);
    if (most == least || pair[0]->log_odds == pair[1]->log_odds)
        return wbi_buffer_append_text(text, "makes no difference", err);
    if (ratio <= visible)
        WBI_TRY(wbi_buffer_append_text(text, "no visible effect between \"", err));
    else
        WBI_TRY(wbi_buffer_printf(text, err, "odds are %.3g times as high where \"", ratio));
    return append_pair(text, work, f, pair, ratio <= visible ? "\" and \"" : "\" as where \"", err);
}

static wb_status add_sentences(const explaining *work, wb_error *err)
{
    wb_status status = WB_OK;
    wbi_buffer text = wbi_buffer_make(SENTENCE_BYTES);
    for (size_t f = 0; status == WB_OK && f < work->model->basis->n_terms; f++) {
        text.length = 0;
        status = write_sentence(&text, work, f, err);
        if (status == WB_OK && (work->effects[f].sentence = wbi_strndup(text.data, text.length)) == NULL)
            status = wbi_fail_nomem(err, text.length + 1);
    }
    wbi_buffer_free(&text);
    return status;
}

/* ---- order ---- */

static int by_log_odds(const void *left, const void *right)
{
    const wb_effect_point *a = left, *b = right;
    return a->log_odds != b->log_odds ? (a->log_odds < b->log_odds ? 1 : -1) : strcmp(a->level, b->level);
}

static void order_levels(wb_effect *effect)
{
    const char *typical = effect->points[effect->typical].level;
    if (strcmp(effect->kind, "category") != 0)
        return;
    qsort(effect->points, effect->n_points, sizeof *effect->points, by_log_odds);
    for (size_t k = 0; k < effect->n_points; k++)
        if (effect->points[k].level == typical)
            effect->typical = k;
}

/* Insertion keeps equals in their order. */
static void order_effects(wb_effect *effects, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const wb_effect effect = effects[i];
        size_t at = i;
        for (; at > 0 && effects[at - 1].importance < effect.importance; at--)
            effects[at] = effects[at - 1];
        effects[at] = effect;
    }
}

/* ---- the whole ---- */

static wb_status create(wb_explanation **out, const wb_model *model, wb_error *err)
{
    wb_explanation *made = wbi_alloc_zeroed(1, sizeof *made);
    const size_t n = model->basis->n_terms;
    wb_status status = WB_OK;
    if (made == NULL)
        return wbi_fail_nomem(err, sizeof *made);
    made->target = wbi_strdup(model->target);
    made->effects = wbi_alloc_zeroed(n, sizeof *made->effects);
    made->base = model->beta[0];
    made->n_effects = n;
    if (made->target == NULL || made->effects == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, n * sizeof *made->effects));
    for (size_t f = 0; f < n; f++) {
        const char *name = model->basis->terms[f]->feature;
        made->effects[f].feature = wbi_strdup(name);
        if (made->effects[f].feature == NULL)
            WBI_TRY_CLEANUP(wbi_fail_nomem(err, strlen(name) + 1));
        WBI_TRY_CLEANUP(wbi_points_place(&made->effects[f], model, f, err));
    }
    *out = made;
    return WB_OK;
cleanup:
    wb_explanation_free(made);
    return status;
}

static wb_status check_rows(const wb_table *table, wb_error *err)
{
    if (table == NULL)
        return WB_OK;
    WBI_TRY(wbi_table_in_memory(table, "explaining", err));
    return wb_table_n_rows(table) > 0 ? WB_OK : wbi_fail(err, WB_ERR_INCONSISTENT, "the features have no rows");
}

wb_status wb_explain_model(wb_explanation **out, const wb_model *model, const wb_features *features, const char *cov_path,
                           int n_threads, wb_error *err)
{
    wb_status status = WB_OK;
    wb_explanation *made = NULL;
    wb_scorer *scorer = NULL;
    wb_reasons *reasons = NULL;
    wb_table *points = NULL;
    const wb_table *table = features == NULL ? NULL : wb_features_table(features);
    const bool is_fresh = model->inference != NULL && model->inference->covariance != NULL;
    WBI_TRY(check_rows(table, err));
    WBI_TRY_CLEANUP(create(&made, model, err));
    WBI_TRY_CLEANUP(wb_scorer_create(&scorer, model, err));
    WBI_TRY_CLEANUP(wb_reasons_create(&reasons, model, err));
    WBI_TRY_CLEANUP(wbi_points_table(&points, made->effects, model, err));
    explaining work = {model, scorer, reasons, table, points, made->effects};
    WBI_TRY_CLEANUP(wbi_par_for(made->n_effects, 1, wbi_par_threads(n_threads), fill_effects, &work, err));
    WBI_TRY_CLEANUP(add_sentences(&work, err));
    made->has_bands = cov_path != NULL || is_fresh;
    if (made->has_bands)
        WBI_TRY_CLEANUP(wbi_bands(made->effects, model, points, cov_path, err));
    made->n_rows = table == NULL ? 0 : wb_table_n_rows(table);
    made->approximate = table == NULL && model->importance == NULL;
    for (size_t f = 0; f < made->n_effects; f++)
        order_levels(&made->effects[f]);
    order_effects(made->effects, made->n_effects);
    *out = made;
    made = NULL;
cleanup:
    wb_table_free(points);
    wb_reasons_free(reasons);
    wb_scorer_free(scorer);
    wb_explanation_free(made);
    return status;
}
