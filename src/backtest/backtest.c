/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "backtest/ages.h"
#include "backtest/cutoffs.h"
#include "backtest/fit.h"
#include "backtest/recency.h"
#include "backtest/try.h"
#include "base/hash.h"
#include "base/memory.h"
#include "metrics/metrics.h"

/* Progress counts trials; what else there is to be done takes about as long as so many. */
enum { FEATURES_UNITS = 4, FIT_UNITS = 8, SALT_CHARS = 24 };

typedef struct work {
    const wb_engine *engine;
    const wb_backtest_options *options;
    wbi_backtest_cutoffs cutoffs;
    wbi_backtest_recipe recipe;
    wbi_backtest_model *models; /* of the first n_trained cutoffs, as far as they are there */
    wbi_hush hush;
    char *label_column;
    size_t recency_table;
    wb_backtest *out;
    /* of the cutoff at hand */
    wb_features *features;
    wbi_recency recency;
    uint8_t *is_learned; /* by row: its customer is learned from, not tried; NULL: customers may be both */
} work;

static void leave_cutoff(work *w)
{
    wb_features_free(w->features);
    w->features = NULL;
    wbi_recency_clear(&w->recency);
    wbi_free(w->is_learned);
    w->is_learned = NULL;
}

static void clear(work *w)
{
    leave_cutoff(w);
    for (size_t m = 0; w->models != NULL && m < w->cutoffs.n_trained; m++)
        wbi_backtest_model_clear(&w->models[m]);
    wbi_free(w->models);
    wbi_free(w->label_column);
    wbi_backtest_cutoffs_clear(&w->cutoffs);
}

/* Half of the customers for learning, half for trying. */
static wb_status part_customers(work *w, wb_error *err)
{
    char salt[SALT_CHARS];
    const wb_table *table = wb_features_table(w->features);
    const size_t n = wb_table_n_rows(table), id = wb_table_find(table, "customer_id");
    snprintf(salt, sizeof salt, "%" PRIu64, w->options->seed);
    w->is_learned = wbi_alloc_array(n, 1);
    if (w->is_learned == NULL)
        return wbi_fail_nomem(err, n);
    for (size_t i = 0; i < n; i++) {
        size_t length;
        const char *customer = wb_table_text(table, id, i, &length);
        w->is_learned[i] = wbi_hash_unit("holdout", salt, customer, length) >= 0.5;
    }
    return WB_OK;
}

/* Computes what is known at the k-th cutoff, and at those before it that are learned from together with it. */
static wb_status enter_cutoff(work *w, size_t k, wb_error *err)
{
    const size_t most = k < w->cutoffs.n_trained ? w->options->n_train_cutoffs : 1, n = k + 1 < most ? k + 1 : most;
    const wb_features_options wanted = {&w->cutoffs.us[k + 1 - n], n, 1, w->options->n_threads, &w->hush.log};
    WBI_TRY(wb_engine_features(w->engine, &w->features, &wanted, err));
    if (w->recency_table != WBI_NONE)
        WBI_TRY(wbi_recency_make(&w->recency, w->engine, w->recency_table, w->features, w->label_column, err));
    if (w->options->disjoint)
        WBI_TRY(part_customers(w, err));
    return wbi_hush_add(&w->hush, FEATURES_UNITS, err);
}

/* All models that could have been there, the freshest first; those that could not be fitted are not. */
static wb_status try_models(work *w, const wbi_backtest_rows *rows, size_t k, wb_error *err)
{
    wb_backtest *b = w->out;
    wb_backtest_cutoff *at = &b->cutoffs[b->n_cutoffs];
    bool any = false;
    *at = (wb_backtest_cutoff){.cutoff_us = w->cutoffs.us[k], .previous = wbi_no_metrics(), .recency = wbi_no_metrics()};
    for (size_t m = wbi_backtest_n_closed(&w->cutoffs, k); m-- > 0;) {
        const wbi_backtest_model *model = &w->models[m];
        WBI_TRY(wbi_hush_add(&w->hush, 1, err));
        if (model->model == NULL)
            continue;
        wb_backtest_trial *trial = &b->trials[b->n_trials];
        *trial = (wb_backtest_trial){
            .trained_at_us = w->cutoffs.us[m], .tried_at_us = at->cutoff_us, .n_train_rows = model->n_rows};
        WBI_TRY(wbi_backtest_try(&trial->metrics, trial, rows, model->model, wb_features_table(w->features), w->options, err));
        if (!any && model->recency != NULL)
            WBI_TRY(wbi_backtest_try(&at->recency, NULL, rows, model->recency, &w->recency.table, w->options, err));
        b->n_trials++;
        any = true;
    }
    b->n_cutoffs += any;
    return WB_OK;
}

static void say_one_class(const work *w, const wbi_backtest_rows *rows, size_t k)
{
    char cutoff[WB_TIME_CHARS];
    size_t n_positive = 0;
    for (size_t i = 0; i < rows->n; i++)
        n_positive += rows->outcome[i];
    wb_time_format(w->cutoffs.us[k], cutoff);
    if (n_positive == 0 || n_positive == rows->n)
        wbi_log(w->options->log, WB_LOG_WARNING,
                "cutoff %s: %zu of %zu rows are positive: of one class there is no AUC, lift or calibration", cutoff, n_positive,
                rows->n);
}

static wb_status try_cutoff(work *w, size_t k, wb_error *err)
{
    wbi_backtest_rows rows;
    WBI_TRY(wbi_backtest_rows_find(&rows, wb_features_table(w->features), w->label_column, w->cutoffs.us[k], w->is_learned, err));
    say_one_class(w, &rows, k);
    wb_status status = try_models(w, &rows, k, err);
    wbi_backtest_rows_clear(&rows);
    return status;
}

static wb_status learn_from_cutoff(work *w, size_t k, wb_error *err)
{
    const wb_features *recency = w->recency_table == WBI_NONE ? NULL : &w->recency.features;
    WBI_TRY(wbi_backtest_fit(&w->models[k], &w->recipe, w->features, recency, w->is_learned, w->cutoffs.us[k], w->options->log,
                             err));
    return wbi_hush_add(&w->hush, FIT_UNITS, err);
}

static wb_status walk(work *w, wb_error *err)
{
    for (size_t k = 0; k < w->cutoffs.n; k++) {
        const bool tries = k >= w->cutoffs.first_tried, learns = k < w->cutoffs.n_trained;
        if (!tries && !learns)
            continue;
        WBI_TRY(enter_cutoff(w, k, err));
        if (tries)
            WBI_TRY(try_cutoff(w, k, err));
        if (learns)
            WBI_TRY(learn_from_cutoff(w, k, err));
        leave_cutoff(w);
    }
    return w->out->n_trials > 0
               ? WB_OK
               : wbi_fail(err, w->recipe.unfit.code, "none of %zu models of %s could be fitted; the last: %.600s", w->cutoffs.n_trained,
                          w->cutoffs.label.name, w->recipe.unfit.message);
}

static size_t count_trials(const wbi_backtest_cutoffs *cutoffs)
{
    size_t n = 0;
    for (size_t k = cutoffs->first_tried; k < cutoffs->n; k++)
        n += wbi_backtest_n_closed(cutoffs, k);
    return n;
}

static const char prefix[] = "label_";

static wb_status make_result(work *w, size_t n_trials, wb_error *err)
{
    const wbi_backtest_cutoffs *cutoffs = &w->cutoffs;
    const size_t n_tried = cutoffs->n - cutoffs->first_tried;
    wb_backtest *b = w->out = wbi_alloc_zeroed(1, sizeof *b);
    if (b == NULL)
        return wbi_fail_nomem(err, sizeof *b);
    b->label = wbi_strdup(cutoffs->label.name);
    b->gap_us = cutoffs->label.gap_us;
    b->horizon_us = cutoffs->label.horizon_us;
    b->n_train_cutoffs = w->options->n_train_cutoffs;
    b->disjoint = w->options->disjoint != 0;
    b->seed = w->options->seed;
    b->cutoffs = wbi_alloc_zeroed(n_tried, sizeof *b->cutoffs);
    b->trials = wbi_alloc_zeroed(n_trials, sizeof *b->trials);
    w->models = wbi_alloc_zeroed(cutoffs->n_trained, sizeof *w->models);
    const size_t n_chars = sizeof prefix + strlen(cutoffs->label.name);
    w->label_column = wbi_alloc_array(n_chars, 1);
    if (w->label_column != NULL)
        snprintf(w->label_column, n_chars, "%s%s", prefix, cutoffs->label.name);
    if (w->label_column == NULL || b->label == NULL || b->cutoffs == NULL || b->trials == NULL || w->models == NULL)
        return wbi_fail_nomem(err, n_trials * sizeof *b->trials);
    return WB_OK;
}

static wb_status prepare(work *w, wb_error *err)
{
    const wbi_backtest_cutoffs *cutoffs = &w->cutoffs;
    if (w->options->n_train_cutoffs == 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "0 training cutoffs: expected 1 or more");
    WBI_TRY(wbi_backtest_cutoffs_find(&w->cutoffs, w->engine, w->options, err));
    const size_t n_trials = count_trials(cutoffs), n_tried = cutoffs->n - cutoffs->first_tried;
    const size_t n_features = cutoffs->n_trained < cutoffs->first_tried ? cutoffs->n_trained + n_tried : cutoffs->n;
    WBI_TRY(make_result(w, n_trials, err));
    wbi_hush_begin(&w->hush, w->options->log,
                   n_features * FEATURES_UNITS + cutoffs->n_trained * FIT_UNITS + n_trials);
    w->recency_table = wbi_recency_table(w->engine);
    wbi_backtest_recipe_make(&w->recipe, w->options, cutoffs->label.name, &w->hush);
    return WB_OK;
}

wb_status wb_backtest_run(wb_backtest **out, const wb_engine *engine, const wb_backtest_options *options, wb_error *err)
{
    wb_status status = WB_OK;
    work w = {.engine = engine, .options = options};
    WBI_TRY_CLEANUP(prepare(&w, err));
    WBI_TRY_CLEANUP(walk(&w, err));
    WBI_TRY_CLEANUP(wbi_backtest_conclude(w.out, err));
    *out = w.out;
    w.out = NULL;
cleanup:
    wb_backtest_free(w.out);
    clear(&w);
    return status;
}

void wb_backtest_free(wb_backtest *backtest)
{
    if (backtest == NULL)
        return;
    wbi_free(backtest->label);
    wbi_free(backtest->cutoffs);
    wbi_free(backtest->trials);
    wbi_free(backtest->ages);
    wbi_free(backtest);
}
