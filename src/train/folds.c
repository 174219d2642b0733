/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cross-validation: what a split learns from and what it tries are told in splits.c, and everything that is learned from data
 * is learned from the rows that it learns from alone. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "design/filler.h"
#include "kernel/kernel.h"
#include "par/par.h"
#include "train/train.h"

enum { EVALUATION_ROWS = 512 };

static bool is_chosen(const wbi_splits *splits, int k, bool tried, size_t i)
{
    return tried ? splits->fold[i] == k : wbi_split_learns(splits, k, i);
}

/* The rows that a split tries, or those that it learns from. */
static wb_status select_rows(wbi_part *out, const wbi_part *all, const wbi_splits *splits, int k, bool tried,
                             wb_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        n += is_chosen(splits, k, tried, i);
    WBI_TRY(wbi_part_allocate(out, n, err));
    for (size_t i = 0; i < all->n; i++)
        if (is_chosen(splits, k, tried, i))
            wbi_part_push(out, all, i);
    return WB_OK;
}

/* One fold: what was fitted on the others, and the rows that it is tried on. */
typedef struct held_out {
    wbi_part part;
    double weight; /* of its rows together */
    wbi_fit fit;    /* basis NULL: the others could not be fitted */
    double *losses; /* of its rows, at each lambda */
    wb_metrics metrics; /* of its rows, at the best */
} held_out;

static wb_status fit_others(held_out *out, wbi_training *training, const wbi_splits *splits, int k,
                            const wbi_path *path, wb_error *err)
{
    wbi_part others = {0};
    wb_status status = WB_OK;
    WBI_TRY_CLEANUP(select_rows(&out->part, &training->all, splits, k, true, err));
    WBI_TRY_CLEANUP(select_rows(&others, &training->all, splits, k, false, err));
    if (out->part.n > 0 && wbi_fittable(training, &others))
        WBI_TRY_CLEANUP(wbi_fit_path(&out->fit, training, &others, path->lambda, path->n, NULL, err));
cleanup:
    wbi_part_free(&others);
    return status;
}

/* ---- trying a fit on held-out rows ---- */

typedef struct trial {
    const held_out *held;
    const wbi_encoder *encoder;
    const wbi_filler *filler;
    const wbi_kernels *kernels;
    double *scratch; /* a block of the design a worker */
    const double *beta; /* of one lambda after the other */
    size_t n_lambdas;
    double *log_odds;
} trial;

static wb_status encode_block(wbi_matrix_rows *out, const trial *work, size_t begin, size_t end, int worker, wb_error *err)
{
    size_t stride = work->encoder->stride;
    double *x = work->scratch + (size_t)worker * EVALUATION_ROWS * stride;
    *out = (wbi_matrix_rows){x, stride, end - begin, work->encoder->n_columns};
    return wbi_filler_fill(work->filler, worker, x, begin, end - begin, err);
}

/* Where a probability is within 2.2e-16 of 0 or 1, its loss counts as there: as in the other figures. */
static void clip(double *eta, size_t n)
{
    static const double MOST = 36.05; /* log(1 / 2.2e-16) */
    for (size_t i = 0; i < n; i++)
        eta[i] = fmax(-MOST, fmin(MOST, eta[i]));
}

/* partial[l] += weighted loss at the l-th lambda */
static wb_status sum_losses(void *context, size_t block, size_t begin, size_t end, int worker, double *partial,
                            wb_error *err)
{
    (void)block;
    const trial *work = context;
    const wbi_part *part = &work->held->part;
    double eta[EVALUATION_ROWS], residual[EVALUATION_ROWS], curvature[EVALUATION_ROWS];
    wbi_matrix_rows rows;
    WBI_TRY(encode_block(&rows, work, begin, end, worker, err));
    for (size_t l = 0; l < work->n_lambdas; l++) {
        work->kernels->eta(eta, &rows, work->beta + l * work->encoder->n_columns);
        clip(eta, end - begin);
        partial[l] += work->kernels->logistic(residual, curvature, eta, part->outcome + begin, part->weight + begin,
                                              end - begin);
    }
    return WB_OK;
}

static wb_status predict_block(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    (void)block;
    const trial *work = context;
    wbi_matrix_rows rows;
    WBI_TRY(encode_block(&rows, work, begin, end, worker, err));
    work->kernels->eta(work->log_odds + begin, &rows, work->beta);
    return WB_OK;
}

/* Runs a trial: sums of losses at all its lambdas when `losses` is given, else predictions at the first. `treated`: as the
 * coefficients are of (wbi_encoder_create_arms). */
static wb_status try_fit(double *losses, trial *work, const wbi_training *training, const uint8_t *treated, wb_error *err)
{
    wb_status status;
    wbi_encoder *encoder = NULL;
    wbi_filler *filler = NULL;
    const size_t n = work->held->part.n;
    work->kernels = wbi_kernels_best();
    WBI_TRY_CLEANUP(wbi_encoder_create_arms(&encoder, work->held->fit.basis, training->table, treated, err));
    WBI_TRY_CLEANUP(wbi_filler_create(&filler, encoder, work->held->part.rows, n, training->n_threads, err));
    const size_t scratch = (size_t)training->n_threads * EVALUATION_ROWS * encoder->stride;
    work->encoder = encoder;
    work->filler = filler;
    work->scratch = wbi_alloc_aligned(scratch, sizeof(double));
    if (work->scratch == NULL)
        status = wbi_fail_nomem(err, scratch * sizeof(double));
    else if (losses != NULL)
        status = wbi_par_sum(n, EVALUATION_ROWS, training->n_threads, work->n_lambdas, sum_losses, work, losses, err);
    else
        status = wbi_par_for(n, EVALUATION_ROWS, training->n_threads, predict_block, work, err);
cleanup:
    wbi_free(work->scratch);
    wbi_filler_free(filler);
    wbi_encoder_free(encoder);
    return status;
}

/* ---- the whole ---- */

/* Folds are fitted side by side, each by one thread: a pass over the rows of one fold is too short to share. */
typedef struct validation {
    wbi_training *training;
    const wbi_splits *splits;
    held_out *held;
    int n_begun;
    const wbi_path *path;
    int *fold_of_slot;
    double *log_loss, weight; /* sums over the folds */
} validation;

static wb_status next_fold(void *context, size_t slot, int *more, wb_error *err)
{
    validation *v = context;
    (void)err;
    *more = v->n_begun < v->splits->n;
    if (*more)
        v->fold_of_slot[slot] = v->n_begun++;
    return WB_OK;
}

static wb_status judge_fold(void *context, size_t slot, int worker, wb_error *err)
{
    const validation *v = context;
    int k = v->fold_of_slot[slot];
    held_out *held = &v->held[k];
    wbi_training alone = *v->training;
    (void)worker;
    alone.n_threads = 1;
    alone.log = NULL;
    alone.on_trial = true;
    alone.roughly = v->path->n > 1;
    WBI_TRY(fit_others(held, &alone, v->splits, k, v->path, err));
    if (held->fit.basis == NULL)
        return WB_OK;
    for (size_t i = 0; i < held->part.n; i++)
        held->weight += held->part.weight[i];
    held->losses = wbi_alloc_zeroed(v->path->n, sizeof *held->losses);
    if (held->losses == NULL)
        return wbi_fail_nomem(err, v->path->n * sizeof *held->losses);
    trial work = {.held = held, .beta = held->fit.beta, .n_lambdas = v->path->n};
    return try_fit(held->losses, &work, &alone, alone.treated, err);
}

static void say_not_judged(const validation *v, int k)
{
    char begin[WB_TIME_CHARS];
    if (!v->splits->by_time) {
        wbi_log(v->training->log, WB_LOG_WARNING, "fold %d is not judged: the other folds have one class only", k + 1);
        return;
    }
    wb_time_format(v->splits->begins_us[k], begin);
    wbi_log(v->training->log, WB_LOG_WARNING,
            "the split from cutoff %s on is not judged: what was known before has one class only", begin);
}

/* Adds the losses of every lambda and the weight of the fold's rows. */
static wb_status add_fold(void *context, size_t slot, wb_error *err)
{
    validation *v = context;
    int k = v->fold_of_slot[slot];
    const held_out *held = &v->held[k];
    v->training->n_steps_done += v->path->n - 1;
    WBI_TRY(wbi_training_tick(v->training, err));
    if (held->part.n > 0 && held->fit.basis == NULL)
        say_not_judged(v, k);
    if (held->fit.basis == NULL)
        return WB_OK;
    for (size_t l = 0; l < v->path->n; l++)
        v->log_loss[l] += held->losses[l];
    v->weight += held->weight;
    return WB_OK;
}

static wb_status judge_folds(validation *v, wb_error *err)
{
    int n_threads = v->training->n_threads < v->splits->n ? v->training->n_threads : v->splits->n;
    wbi_pipeline pipeline = {next_fold, judge_fold, add_fold, v, (size_t)n_threads};
    v->fold_of_slot = wbi_alloc_array((size_t)n_threads, sizeof *v->fold_of_slot);
    if (v->fold_of_slot == NULL)
        return wbi_fail_nomem(err, (size_t)n_threads * sizeof *v->fold_of_slot);
    wb_status status = wbi_par_pipeline(&pipeline, n_threads, err);
    wbi_free(v->fold_of_slot);
    if (status == WB_OK && v->weight == 0)
        return wbi_fail(err, WB_ERR_DEGENERATE, "none of %d %s can be judged: too few customers of both classes",
                        v->splits->n, v->splits->by_time ? "splits by time" : "folds");
    return status;
}

/* All folds' predictions together, each from the fit that has not seen it. Without calibration the three are one array. */
typedef struct pooled {
    wbi_part part;
    double *log_odds, *probability, *calibrated;
    double *untreated; /* log-odds of each row without treatment; NULL: there is none */
    size_t *fold_ends;
    size_t n;
} pooled;

static void clear_pooled(pooled *all)
{
    wbi_part_free(&all->part);
    wbi_free(all->log_odds);
    wbi_free(all->untreated);
    wbi_free(all->fold_ends);
}

static wb_status allocate_pooled(pooled *all, const wbi_training *training, int n_folds, wb_error *err)
{
    const size_t n = training->all.n, n_apart = training->calibrate == WB_CALIBRATION_NONE ? 0 : n;
    WBI_TRY(wbi_part_allocate(&all->part, n, err));
    all->log_odds = wbi_alloc_array(n + 2 * n_apart, sizeof *all->log_odds);
    all->fold_ends = wbi_alloc_array((size_t)n_folds, sizeof *all->fold_ends);
    if (all->log_odds == NULL || all->fold_ends == NULL)
        return wbi_fail_nomem(err, (n + 2 * n_apart) * sizeof *all->log_odds);
    all->probability = all->log_odds + n_apart;
    all->calibrated = all->probability + n_apart;
    if (training->treated == NULL)
        return WB_OK;
    all->untreated = wbi_alloc_array(n, sizeof *all->untreated);
    return all->untreated == NULL ? wbi_fail_nomem(err, n * sizeof *all->untreated) : WB_OK;
}

/* What the model of a fold says of its rows, were none of them treated. */
static wb_status predict_untreated(double *log_odds, const wbi_training *training, const held_out *held, const double *beta,
                                   wb_error *err)
{
    const size_t n_own = held->fit.n_columns / 2;
    double *own = wbi_alloc_array(n_own, sizeof *own);
    if (own == NULL)
        return wbi_fail_nomem(err, n_own * sizeof *own);
    for (size_t j = 0; j < n_own; j++)
        own[j] = beta[j] - WBI_ARM * beta[n_own + j];
    trial work = {.held = held, .beta = own, .n_lambdas = 1, .log_odds = log_odds};
    const wb_status status = try_fit(NULL, &work, training, NULL, err);
    wbi_free(own);
    return status;
}

static wb_status predict_fold(pooled *all, const wbi_training *training, held_out *held, size_t lambda, wb_error *err)
{
    const wbi_part *part = &held->part;
    const size_t at = all->n;
    const double *beta = held->fit.beta + lambda * held->fit.n_columns;
    trial work = {.held = held, .beta = beta, .n_lambdas = 1, .log_odds = all->log_odds + at};
    if (training->treated != NULL)
        WBI_TRY(predict_untreated(all->untreated + at, training, held, beta, err));
    WBI_TRY(try_fit(NULL, &work, training, training->treated, err));
    wbi_kernels_best()->sigmoid(all->probability + at, all->log_odds + at, part->n);
    memcpy(all->part.outcome + at, part->outcome, part->n * sizeof *part->outcome);
    memcpy(all->part.weight + at, part->weight, part->n * sizeof *part->weight);
    memcpy(all->part.customer + at, part->customer, part->n * sizeof *part->customer);
    all->n += part->n;
    const wb_outcomes rows = {all->probability + at, part->outcome, part->weight, NULL, part->n};
    return wb_metrics_compute(&held->metrics, &rows, NULL, err);
}

/* Figures, calibration and deciles. */
static wb_status conclude(wbi_cross_validation *out, const pooled *all, const wbi_training *training, int n_folds,
                          wb_error *err)
{
    const wb_outcomes rows = {all->probability, all->part.outcome, all->part.weight, NULL, all->n};
    const wbi_held_rows held = {all->log_odds, all->probability,      &all->part,         all->fold_ends, n_folds,
                                all->n,        training->n_customers, training->n_threads};
    WBI_TRY(wb_metrics_compute(&out->metrics, &rows, NULL, err));
    if (training->calibrate != WB_CALIBRATION_NONE) {
        WBI_TRY(wbi_calibration_fit(&out->calibration, &held, training->calibrate, training->log, err));
        wbi_calibrate(&out->calibration, all->calibrated, all->log_odds, all->n);
    }
    if (all->untreated != NULL)
        wbi_calibrate(&out->calibration, all->untreated, all->untreated, all->n);
    return wbi_find_tenths(&out->tenths, all->untreated != NULL ? all->untreated : all->calibrated, all->part.weight, all->n, err);
}

static wb_status pool(wbi_cross_validation *out, const wbi_training *training, held_out *held, int n_folds, wb_error *err)
{
    wb_status status;
    pooled all = {.n = 0};
    WBI_TRY_CLEANUP(allocate_pooled(&all, training, n_folds, err));
    for (int k = 0; k < n_folds; k++) {
        if (held[k].fit.basis != NULL)
            WBI_TRY_CLEANUP(predict_fold(&all, training, &held[k], out->best, err));
        all.fold_ends[k] = all.n;
    }
    status = conclude(out, &all, training, n_folds, err);
cleanup:
    clear_pooled(&all);
    return status;
}

/* What a fold says at a lambda; NaN where it was not judged. */
static double loss_of(const held_out *held, size_t lambda)
{
    return held->fit.basis == NULL ? (double)NAN : held->losses[lambda] / held->weight;
}

static double auc_of(const held_out *held, size_t lambda)
{
    (void)lambda;
    return held->fit.basis == NULL ? (double)NAN : held->metrics.auc;
}

/* From the spread of what the folds say, each as its rows weigh (Friedman, Hastie and Tibshirani 2010, as in cv.glmnet); NaN
 * where fewer than two say something. */
static double standard_error(const held_out *held, int n_folds, size_t lambda, double (*of)(const held_out *, size_t))
{
    double sum = 0, squares = 0, weight = 0;
    int n = 0;
    for (int k = 0; k < n_folds; k++)
        if (!isnan(of(&held[k], lambda))) {
            sum += held[k].weight * of(&held[k], lambda);
            weight += held[k].weight;
            n++;
        }
    for (int k = 0; k < n_folds; k++) {
        const double apart = of(&held[k], lambda) - sum / weight;
        squares += isnan(apart) ? 0 : held[k].weight * apart * apart;
    }
    return n > 1 ? sqrt(squares / weight / (n - 1)) : (double)NAN;
}

static size_t choose(const wbi_cross_validation *from, size_t n, wb_lambda_rule rule)
{
    size_t best = 0, l = 0;
    for (size_t i = 1; i < n; i++)
        if (from->log_loss[i] < from->log_loss[best])
            best = i;
    if (rule == WB_LAMBDA_LEAST)
        return best;
    while (from->log_loss[l] > from->log_loss[best] + from->standard_error[best])
        l++;
    return l;
}

wb_status wbi_cross_validate(wbi_cross_validation *out, wbi_training *training, const wbi_splits *splits,
                             const wbi_path *path, wb_lambda_rule rule, wb_error *err)
{
    wb_status status = WB_OK;
    const int n_folds = splits->n;
    held_out *held = wbi_alloc_zeroed((size_t)n_folds, sizeof *held);
    out->log_loss = wbi_alloc_zeroed(path->n, sizeof *out->log_loss);
    out->standard_error = wbi_alloc_zeroed(path->n, sizeof *out->standard_error);
    if (held == NULL || out->log_loss == NULL || out->standard_error == NULL) {
        status = wbi_fail_nomem(err, path->n * sizeof *out->log_loss);
        goto cleanup;
    }
    validation v = {.training = training, .splits = splits, .held = held, .path = path, .log_loss = out->log_loss};
    WBI_TRY_CLEANUP(judge_folds(&v, err));
    for (size_t l = 0; l < path->n; l++) {
        out->log_loss[l] /= v.weight;
        const double error = standard_error(held, n_folds, l, loss_of);
        out->standard_error[l] = isnan(error) ? 0 : error;
    }
    out->best = choose(out, path->n, rule);
    WBI_TRY_CLEANUP(pool(out, training, held, n_folds, err));
    out->auc_se = standard_error(held, n_folds, out->best, auc_of);
    out->log_loss_se = standard_error(held, n_folds, out->best, loss_of);
cleanup:
    for (int k = 0; held != NULL && k < n_folds; k++) {
        wbi_part_free(&held[k].part);
        wbi_fit_free(&held[k].fit);
        wbi_free(held[k].losses);
    }
    wbi_free(held);
    return status;
}

void wbi_cross_validation_free(wbi_cross_validation *result)
{
    wbi_free(result->log_loss);
    wbi_free(result->standard_error);
    wbi_calibration_clear(&result->calibration);
}
