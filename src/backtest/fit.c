/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backtest/fit.h"

#include <math.h>
#include <stdbool.h>

#include "model/model.h"

void wbi_backtest_model_clear(wbi_backtest_model *model)
{
    wb_model_free(model->model);
    wb_model_free(model->recency);
    *model = (wbi_backtest_model){.model = NULL};
}

/* Where lambda is known, folds serve to calibrate, if that is asked for: their other figures are not looked at. */
static void leave_folds(wb_train_options *train)
{
    if (train->calibrate != WB_CALIBRATION_NONE)
        return;
    train->n_folds = 0;
    train->validate = WB_VALIDATE_AUTO;
}

void wbi_backtest_recipe_make(wbi_backtest_recipe *out, const wb_backtest_options *options, const char *label, wbi_hush *hush)
{
    const wb_train_options usual = WB_TRAIN_OPTIONS_INIT;
    out->train = options->train != NULL ? *options->train : usual;
    out->train.target = label;
    out->train.use_row = NULL;
    out->train.seed = options->seed;
    out->train.n_threads = options->n_threads;
    out->train.log = &hush->log;
    out->chooses = wbi_takes_lambda(out->train.penalty) && isnan(out->train.lambda) && out->train.basis != WB_BASIS_AUTO;
    out->n_chosen_rows = 0;
    if (!out->chooses)
        leave_folds(&out->train);
    out->recency = usual;
    out->recency.penalty = WB_PENALTY_NONE;
    out->recency.target = label;
    out->recency.n_threads = options->n_threads;
    out->recency.log = &hush->log;
}

/* What the rows of a cutoff do not allow to be fitted is no model; *out stays NULL. */
static wb_status train(wb_model **out, const wb_features *features, wb_train_options options, const uint8_t *use_row,
                       wb_error *err)
{
    options.use_row = use_row;
    wb_status status = wb_train(out, features, &options, err);
    return status == WB_ERR_DEGENERATE || status == WB_ERR_INCONSISTENT ? WB_OK : status;
}

/* The options of the next model; *chooses: it chooses lambda. */
static wb_train_options next_options(const wbi_backtest_recipe *recipe, size_t n_rows, bool *chooses)
{
    wb_train_options options = recipe->train;
    *chooses = recipe->chooses && 2 * n_rows >= 3 * recipe->n_chosen_rows;
    if (*chooses)
        options.lambda = WB_LAMBDA_AUTO;
    else
        leave_folds(&options);
    return options;
}

static void keep_lambda(wbi_backtest_recipe *recipe, const wb_model *model, size_t n_rows, const char *cutoff, const wb_log *log)
{
    const wb_model_summary s = wb_model_summarise(model);
    recipe->train.lambda = s.lambda;
    recipe->n_chosen_rows = n_rows;
    wbi_log(log, WB_LOG_INFO, "lambda %.3g, chosen by %d folds at %s, for that model and those after it", s.lambda, s.n_folds,
            cutoff);
}

wb_status wbi_backtest_fit(wbi_backtest_model *out, wbi_backtest_recipe *recipe, const wb_features *features,
                           const wb_features *recency, const uint8_t *use_row, int64_t cutoff_us, const wb_log *log,
                           wb_error *err)
{
    char cutoff[WB_TIME_CHARS];
    wb_error why = {.code = WB_OK};
    wb_time_format(cutoff_us, cutoff);
    const size_t n_rows = wb_table_n_rows(wb_features_table(features));
    bool chooses;
    const wb_train_options options = next_options(recipe, n_rows, &chooses);
    wb_status status = train(&out->model, features, options, use_row, &why);
    if (status == WB_OK && out->model == NULL) {
        wbi_log(log, WB_LOG_WARNING, "no model of cutoff %s: %s", cutoff, why.message);
        recipe->unfit = why;
    }
    if (status == WB_OK && out->model != NULL && recency != NULL)
        status = train(&out->recency, recency, recipe->recency, use_row, &why);
    if (status != WB_OK) {
        if (err != NULL)
            *err = why;
        return status;
    }
    if (out->model == NULL)
        return WB_OK;
    out->n_rows = wb_model_summarise(out->model).n_rows;
    if (chooses)
        keep_lambda(recipe, out->model, n_rows, cutoff, log);
    return WB_OK;
}
