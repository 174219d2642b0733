/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/train.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "features/features.h"
#include "metrics/metrics.h"
#include "model/model.h"
#include "table/spill.h"
#include "train/contacted.h"

enum { N_LAMBDAS = 20, DEFAULT_FOLDS = 5, MAX_FOLDS = WBI_MAX_SPLITS };
static const double LAMBDA_FIRST = 10, LAMBDA_LAST = 1e-4;

/* The options as they will be used. */
typedef struct plan {
    wbi_path path; /* to be tried; empty: still to be found from the data */
    bool choose;   /* among them */
    int n_folds;   /* 0: none; by time the most */
    wb_validation validate;
} plan;

static wb_status check_balance(const wb_train_options *options, wb_error *err)
{
    if (!(options->class_weight > 0 && isfinite(options->class_weight)))
        return wbi_fail(err, WB_ERR_ARGUMENT, "class weight %g is not a number > 0", options->class_weight);
    if (options->penalty == WB_PENALTY_FIRTH &&
        (options->balanced || options->class_weight != 1 || options->sample_negatives != 1))
        return wbi_fail(err, WB_ERR_ARGUMENT,
                        "firth's penalty and intervals come from the likelihood of the rows as they are, without class "
                        "weights or a sample of negatives");
    if (options->balanced && options->class_weight != 1)
        return wbi_fail(err, WB_ERR_ARGUMENT, "class weight %g beside balanced classes", options->class_weight);
    if (!(options->sample_negatives > 0 && options->sample_negatives <= 1))
        return wbi_fail(err, WB_ERR_ARGUMENT, "sample of negatives %g is not a share > 0 and <= 1",
                        options->sample_negatives);
    return WB_OK;
}

static wb_status check_penalty(const wb_train_options *options, wb_error *err)
{
    const double alpha = options->alpha;
    if ((int)options->penalty < WB_PENALTY_NONE || options->penalty > WB_PENALTY_FIRTH)
        return wbi_fail(err, WB_ERR_ARGUMENT, "no penalty %d", (int)options->penalty);
    if (!isnan(options->lambda) && !(options->lambda >= 0 && isfinite(options->lambda)))
        return wbi_fail(err, WB_ERR_ARGUMENT, "lambda %g is not a number >= 0", options->lambda);
    if (options->penalty == WB_PENALTY_NONE && options->lambda > 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "lambda %g without a penalty", options->lambda);
    if (options->penalty == WB_PENALTY_FIRTH && options->lambda > 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "lambda %g with firth, whose strength the data decide", options->lambda);
    if (options->basis != WB_BASIS_LINEAR && options->basis != WB_BASIS_AUTO)
        return wbi_fail(err, WB_ERR_ARGUMENT, "no basis %d", (int)options->basis);
    if (options->basis == WB_BASIS_AUTO && options->penalty != WB_PENALTY_RIDGE)
        return wbi_fail(err, WB_ERR_ARGUMENT, "basis auto goes with ridge, not with %s", wb_penalty_name(options->penalty));
    if (options->basis == WB_BASIS_AUTO && (!isnan(options->lambda) || options->lambda_rule != WB_LAMBDA_LEAST))
        return wbi_fail(err, WB_ERR_ARGUMENT, "basis auto finds lambda itself: it cannot be given");
    if (options->lambda_rule != WB_LAMBDA_LEAST && options->lambda_rule != WB_LAMBDA_ONE_STANDARD_ERROR)
        return wbi_fail(err, WB_ERR_ARGUMENT, "no rule %d for lambda", (int)options->lambda_rule);
    if (isnan(alpha))
        return WB_OK;
    if (!(alpha >= 0 && alpha <= 1))
        return wbi_fail(err, WB_ERR_ARGUMENT, "alpha %g is not a number from 0 to 1", alpha);
    if (!wbi_is_sparse(options->penalty))
        return wbi_fail(err, WB_ERR_ARGUMENT, "alpha %g goes with an elastic net only", alpha);
    if (options->penalty == WB_PENALTY_LASSO && alpha != 1)
        return wbi_fail(err, WB_ERR_ARGUMENT, "alpha %g is no lasso, which has 1: an elastic net takes it", alpha);
    return WB_OK;
}

static wb_status check_treatment(const wb_train_options *options, wb_error *err)
{
    if (options->treatment == NULL && (options->treated != NULL || options->control != NULL))
        return wbi_fail(err, WB_ERR_ARGUMENT, "'%s' is a value of no treatment: name its column",
                        options->treated != NULL ? options->treated : options->control);
    if (options->treatment == NULL)
        return WB_OK;
    if (options->penalty != WB_PENALTY_RIDGE)
        return wbi_fail(err, WB_ERR_ARGUMENT, "a treatment goes with ridge and a lambda above 0, not with %s",
                        wb_penalty_name(options->penalty));
    return options->basis == WB_BASIS_LINEAR ? WB_OK
                                             : wbi_fail(err, WB_ERR_ARGUMENT, "a treatment goes with the linear basis, not with auto");
}

static wb_status make_plan(plan *out, const wb_train_options *options, wb_error *err)
{
    *out = (plan){.n_folds = 0};
    WBI_TRY(check_penalty(options, err));
    WBI_TRY(check_treatment(options, err));
    if (options->n_folds < -1 || options->n_folds == 1 || options->n_folds > MAX_FOLDS)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%d folds: expected 0, or 2 to %d", options->n_folds, MAX_FOLDS);
    WBI_TRY(check_balance(options, err));
    const bool unsaid = wbi_takes_lambda(options->penalty) && isnan(options->lambda);
    out->choose = unsaid && options->basis != WB_BASIS_AUTO;
    const bool wanted = unsaid || options->validate == WB_VALIDATE_TIME || options->calibrate != WB_CALIBRATION_NONE;
    out->n_folds = options->n_folds >= 0 ? options->n_folds : wanted ? DEFAULT_FOLDS : 0;
    out->validate = options->validate == WB_VALIDATE_AUTO && options->n_folds > 0 ? WB_VALIDATE_CUSTOMERS : options->validate;
    if ((int)options->validate < WB_VALIDATE_AUTO || options->validate > WB_VALIDATE_TIME)
        return wbi_fail(err, WB_ERR_ARGUMENT, "no validation %d", (int)options->validate);
    if (options->validate == WB_VALIDATE_TIME && out->n_folds == 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "validation by time needs splits: 0 folds are none");
    if ((int)options->calibrate < WB_CALIBRATION_NONE || options->calibrate > WB_CALIBRATION_AUTO)
        return wbi_fail(err, WB_ERR_ARGUMENT, "no calibration %d", (int)options->calibrate);
    if (options->calibrate != WB_CALIBRATION_NONE && out->n_folds == 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "calibration is fitted on out-of-fold scores: 0 folds give none");
    if (out->choose && out->n_folds == 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "without folds lambda must be given");
    if (!out->choose)
        out->path = (wbi_path){.lambda = {isnan(options->lambda) ? 0 : options->lambda}, .n = 1};
    for (size_t l = 0; out->choose && options->penalty == WB_PENALTY_RIDGE && l < N_LAMBDAS; l++)
        out->path.lambda[out->path.n++] = LAMBDA_FIRST * pow(LAMBDA_LAST / LAMBDA_FIRST, (double)l / (N_LAMBDAS - 1));
    return WB_OK;
}

static void warn_unless_converged(const wbi_training *training, const wbi_newton_state *state)
{
    if (state->converged)
        return;
    if (training->smooth) {
        wbi_log(training->log, WB_LOG_WARNING,
                "smoothing parameters not found in %d steps (largest gradient %.1e): --basis linear does without them",
                state->iterations, state->gradient_max);
        return;
    }
    wbi_log(training->log, WB_LOG_WARNING,
            "not converged after %d iterations (largest gradient %.1e): the features may separate the classes%s",
            state->iterations, state->gradient_max,
            training->penalty == WB_PENALTY_NONE
                ? "; --penalty firth keeps coefficients finite and tells how certain they are, --penalty ridge does the former"
                : "");
}

/* From the mean of the arms and what treatment adds to it to the coefficients without treatment. */
static wb_status part_arms(wb_model *model, const wbi_training *training, wb_error *err)
{
    const size_t n = model->basis->n_columns + 1;
    if (training->treated == NULL)
        return WB_OK;
    WBI_TRY(wbi_treatment_create(&model->treatment, wb_table_name(training->table, training->arms.column),
                                 training->arms.names, n, err));
    for (size_t j = 0; j < n; j++) {
        model->treatment->adds[j] = model->beta[n + j];
        model->beta[j] -= WBI_ARM * model->beta[n + j];
    }
    wbi_describe_arms(&model->treatment->about, training);
    return WB_OK;
}

/* Moves the fit and the facts of the training into a model. */
static wb_status assemble(wb_model **out, const wbi_training *training, wbi_fit *fit, const char *definitions,
                          wb_error *err)
{
    wb_model *model = NULL;
    WBI_TRY(wbi_model_create(&model, wbi_label_name(training->table, training->target), definitions, err));
    model->basis = fit->basis;
    model->beta = fit->beta;
    model->inference = fit->inference;
    model->smoothness = fit->smoothness;
    fit->smoothness = NULL;
    fit->basis = NULL;
    fit->beta = NULL;
    fit->inference = NULL;
    model->summary = (wb_model_summary){.n_rows = training->all.n,
                                        .n_customers = training->n_customers,
                                        .n_positive = training->n_positive,
                                        .base_rate = training->base_rate,
                                        .penalty = training->penalty,
                                        .alpha = training->alpha,
                                        .basis = training->smooth ? WB_BASIS_AUTO : WB_BASIS_LINEAR,
                                        .lambda = fit->last_lambda,
                                        .out_of_fold = wbi_no_metrics(),
                                        .auc_se = NAN,
                                        .log_loss_se = NAN,
                                        .mean_log_loss = fit->last.mean_loss,
                                        .iterations = fit->last.iterations,
                                        .gradient_max = fit->last.gradient_max,
                                        .converged = fit->last.converged,
                                        .imbalance = fit->imbalance};
    const wb_status status = part_arms(model, training, err);
    if (status == WB_OK)
        *out = model;
    else
        wb_model_free(model);
    return status;
}

/* Adds what the folds said; the path only where lambda was chosen from it. */
static wb_status add_folds(wb_model *model, const plan *how, const wbi_splits *splits, wbi_cross_validation *folds,
                           wb_error *err)
{
    model->summary.n_folds = splits->n;
    model->summary.validated = splits->by_time ? WB_VALIDATE_TIME : WB_VALIDATE_CUSTOMERS;
    model->summary.out_of_fold = folds->metrics;
    model->summary.auc_se = folds->auc_se;
    model->summary.log_loss_se = folds->log_loss_se;
    model->tenths = folds->tenths;
    model->n_decile_edges = WB_N_DECILE_EDGES;
    model->calibration = folds->calibration;
    folds->calibration = (wbi_calibration){0};
    if (!how->choose)
        return WB_OK;
    model->path = wbi_alloc_array(how->path.n, sizeof *model->path);
    if (model->path == NULL)
        return wbi_fail_nomem(err, how->path.n * sizeof *model->path);
    for (size_t l = 0; l < how->path.n; l++)
        model->path[l] = (wb_path_point){how->path.lambda[l], folds->log_loss[l], folds->standard_error[l],
                                         wbi_is_sparse(model->summary.penalty) ? how->path.n_nonzero[l]
                                                                               : model->basis->n_columns};
    model->n_path = how->path.n;
    return WB_OK;
}

/* Rows that were not learned from are told apart too well; as wb_description.suspected_leak. */
static void warn_of_leak(const wb_model *model, const wb_log *log)
{
    enum { LEAST_ROWS_A_CLASS = 10 };
    static const double TOO_GOOD = 0.99;
    const wb_metrics *m = &model->summary.out_of_fold;
    const size_t n_terms = model->basis->n_terms;
    size_t strongest = 0;
    if (!(m->auc >= TOO_GOOD) || n_terms == 0 || m->n_positive < LEAST_ROWS_A_CLASS || m->n - m->n_positive < LEAST_ROWS_A_CLASS)
        return;
    for (size_t t = 1; t < n_terms; t++)
        if (model->importance[t] > model->importance[strongest])
            strongest = t;
    wbi_log(log, WB_LOG_WARNING,
            "suspected leak: an out-of-fold AUC of %.4f is too good to have been known, and %s tells most. Was its column filled "
            "in after the cutoff? Then say known_at: in the project file. Or does it define the label, such as a status or a date "
            "of leaving? Then leave it out",
            m->auc, model->basis->terms[strongest]->feature);
}

/* The whole path is fitted once to all rows, as its end depends on them. */
static wb_status find_path(plan *how, wbi_training *training, wb_error *err)
{
    training->n_steps = (1 + (uint64_t)how->n_folds) * WBI_MAX_PATH + 1;
    training->on_trial = training->roughly = true;
    wb_status status = wbi_fit_find_path(&how->path, training, err);
    training->on_trial = training->roughly = false;
    return status;
}

/* Each fold finds its own lambdas, starting from those of all rows: at their fixed point nothing is left of the start. */
static wb_status try_smooth(wbi_cross_validation *folds, wbi_training *training, const wbi_splits *splits,
                            const wbi_path *path, const wbi_fit *fit, wb_error *err)
{
    training->infer = false;
    training->warm = fit;
    return wbi_cross_validate(folds, training, splits, path, WB_LAMBDA_LEAST, err);
}

/* A ridge of strength 0 is none, and wants a coding in which columns do not determine each other. */
static wb_train_options without_idle_ridge(const wb_train_options *options)
{
    wb_train_options chosen = *options;
    if (chosen.penalty == WB_PENALTY_RIDGE && chosen.lambda == 0) {
        chosen.penalty = WB_PENALTY_NONE;
        wbi_log(chosen.log, WB_LOG_INFO, "a ridge with lambda 0 is no penalty: fitted without one");
    }
    return chosen;
}

wb_status wb_train(wb_model **out, const wb_features *features, const wb_train_options *given, wb_error *err)
{
    wb_status status = WB_OK;
    const wb_train_options chosen = without_idle_ridge(given), *options = &chosen;
    plan how;
    wbi_training training = {0};
    wbi_splits splits = {0};
    wbi_cross_validation folds = {0};
    wbi_fit fit = {0};
    wb_model *model = NULL;
    wbi_contacted_table joined = {0};
    const wb_table *table = wb_features_table(features);
    WBI_TRY(make_plan(&how, options, err));
    if (options->btyd_horizon_us != 0)
        WBI_TRY_CLEANUP(wbi_table_in_memory(table, "a btyd term", err));
    WBI_TRY_CLEANUP(wbi_train_check_memory(table, options, how.n_folds, err));
    if (options->contacted != NULL) {
        WBI_TRY_CLEANUP(wbi_contacted_join(&joined, table, options->contacted, err));
        table = &joined.table;
    }
    WBI_TRY_CLEANUP(wbi_training_prepare(&training, table, options, err));
    WBI_TRY_CLEANUP(wbi_choose_purchases(&training, features, options, err));
    const wbi_split_options cut = {how.n_folds, options->seed, how.validate};
    WBI_TRY_CLEANUP(wbi_splits_make(&splits, &training, features, &cut, err));
    if (how.path.n == 0)
        WBI_TRY_CLEANUP(find_path(&how, &training, err));
    training.n_steps = training.n_steps_done + (uint64_t)splits.n * how.path.n + 1;
    if (splits.n > 0 && !training.smooth)
        WBI_TRY_CLEANUP(wbi_cross_validate(&folds, &training, &splits, &how.path, options->lambda_rule, err));
    double lambda = how.path.lambda[folds.best];
    training.infer = !wbi_is_sparse(training.penalty) && training.treated == NULL;
    WBI_TRY_CLEANUP(wbi_fit_path(&fit, &training, &training.all, &lambda, 1, training.log, err));
    warn_unless_converged(&training, &fit.last);
    if (splits.n > 0 && training.smooth)
        WBI_TRY_CLEANUP(try_smooth(&folds, &training, &splits, &how.path, &fit, err));
    if (wbi_is_sparse(training.penalty))
        WBI_TRY_CLEANUP(wbi_fit_drop_zeros(&fit, training.log, err));
    WBI_TRY_CLEANUP(wbi_warn_separation(&training, &fit, err));
    WBI_TRY_CLEANUP(wbi_warn_overlap(&training, features, err));
    WBI_TRY_CLEANUP(assemble(&model, &training, &fit, wb_features_definitions(features), err));
    model->summary.lambda_rule = options->lambda_rule;
    model->seed = options->seed;
    wbi_warn_collinear(model, training.log);
    WBI_TRY_CLEANUP(wbi_find_importance(model, &training, err));
    if (splits.n > 0)
        WBI_TRY_CLEANUP(add_folds(model, &how, &splits, &folds, err));
    warn_of_leak(model, training.log);
    if (options->contacted != NULL)
        WBI_TRY_CLEANUP(wbi_contacted_fold(model, training.log, err));
    *out = model;
    model = NULL;
cleanup:
    wb_model_free(model);
    wbi_fit_free(&fit);
    wbi_cross_validation_free(&folds);
    wbi_splits_free(&splits);
    wbi_training_free(&training);
    wbi_contacted_free(&joined);
    return status;
}
