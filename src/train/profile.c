/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How certain Firth's estimates are. Near separation the likelihood is far from quadratic, and intervals of estimate and
 * standard error are too short on one side (Heinze and Schemper 2002): so every coefficient is profiled. */
#include <math.h>

#include "base/memory.h"
#include "solve/inference.h"
#include "solve/intercept.h"
#include "solve/profile.h"
#include "train/train.h"

typedef struct profiling {
    wbi_inference *inference;
    wbi_firth *firth;
    const wbi_basis *basis;
    const wb_log *log;
    wbi_firth_optimum at;
    double *along;
    double *chi_square; /* a coefficient */
} profiling;

/* The intercept where every column is 0 is b_0 - sum of b_j mean_j / sd_j. */
static void aim(double *along, const wbi_basis *basis, size_t index)
{
    for (size_t j = 1; j <= basis->n_columns; j++)
        along[j] = index == j ? 1 : index == 0 ? -basis->columns[j - 1].mean / basis->columns[j - 1].sd : 0;
    along[0] = index == 0;
}

static wb_status profile_coefficients(profiling *work, wb_error *err)
{
    wbi_inference *out = work->inference;
    for (size_t j = 0; j < out->n; j++) {
        wbi_profile profile;
        aim(work->along, work->basis, j);
        WBI_TRY(wbi_profile_find(&profile, work->firth, &work->at, work->along, err));
        out->low[j] = profile.low;
        out->high[j] = profile.high;
        out->p_each[j] = wbi_chi_square_above(profile.chi_square, 1);
        work->chi_square[j] = profile.chi_square;
        if (isnan(profile.low) || isnan(profile.high) || isnan(profile.chi_square))
            wbi_log(work->log, WB_LOG_WARNING, "the profile likelihood of %s is too flat for an interval",
                    j == 0 ? "the intercept" : work->basis->columns[j - 1].name);
        WBI_TRY(wbi_progress(work->log, "profile", j + 1, out->n, err));
    }
    return WB_OK;
}

static wb_status test_terms(profiling *work, wb_error *err)
{
    wbi_inference *out = work->inference;
    size_t begin = 1, end;
    for (size_t t = 0; t < work->basis->n_terms; t++, begin = end) {
        for (end = begin; end < out->n && work->basis->columns[end - 1].term == t; end++) {
        }
        out->chi_square[t] = work->chi_square[begin];
        if (end - begin > 1)
            WBI_TRY(wbi_profile_ratio(&out->chi_square[t], work->firth, &work->at, begin, end, err));
        out->p[t] = wbi_chi_square_above(out->chi_square[t], end - begin);
    }
    return WB_OK;
}

/* Weights are frequencies, so the covariance is the inverse of the information as it stands. */
static wb_status find_covariance(bool *definite, profiling *work, wb_error *err)
{
    wbi_inference *out = work->inference;
    const wbi_firth_view here = wbi_firth_look(work->firth);
    double *no_ridge = wbi_alloc_zeroed(out->n, sizeof *no_ridge);
    out->covariance = wbi_alloc_array(out->n, out->n * sizeof(double));
    out->kind = WB_COVARIANCE_HESSIAN;
    const wbi_optimum at = {
        .information = here.information, .ridge = no_ridge, .total_weight = 1, .n_rows = 1, .n = out->n};
    wb_status status = no_ridge == NULL || out->covariance == NULL
                           ? wbi_fail_nomem(err, out->n * out->n * sizeof(double))
                           : wbi_covariance(out->covariance, definite, &at, err);
    if (status == WB_OK)
        status = wbi_condition_number(&out->condition_number, here.information, out->n, err);
    wbi_free(no_ridge);
    work->at.objective = here.objective;
    work->at.covariance = out->covariance;
    return status;
}

/* Rows of a customer, which the likelihood takes for news, and where the predictions have their mean. */
static wb_status say_limits(const wbi_training *training, const wbi_fit *fit, const wbi_likelihood *data, wb_error *err)
{
    double mean;
    if (training->log == NULL)
        return WB_OK;
    if (training->n_customers < training->all.n)
        wbi_log(training->log, WB_LOG_WARNING,
                "%zu rows of %zu customers: Firth's likelihood takes all rows for independent, so that intervals are too "
                "short and p values too small; keep one cutoff, or use --penalty none, which allows for it",
                training->all.n, training->n_customers);
    WBI_TRY(wbi_mean_prediction(&mean, fit->beta, data, err));
    wbi_log(training->log, WB_LOG_INFO, "mean prediction %.4g %%, base rate %.4g %%: Firth's penalty moves it towards one half",
            100 * mean, 100 * training->base_rate);
    return WB_OK;
}

wb_status wbi_infer_firth(wbi_fit *fit, wbi_firth *firth, const wbi_training *training, const wbi_likelihood *data,
                          const double *crossproduct, wb_error *err)
{
    const size_t n = fit->basis->n_columns + 1;
    wb_status status = WB_OK;
    bool definite = false;
    profiling work = {.firth = firth, .basis = fit->basis, .log = training->log, .at = {.beta = fit->beta, .n = n}};
    WBI_TRY_CLEANUP(wbi_inference_create(&work.inference, n, fit->basis->n_terms, err));
    WBI_TRY_CLEANUP(wbi_inference_add_profile(work.inference, err));
    work.along = wbi_alloc_array(n, sizeof *work.along);
    work.chi_square = wbi_alloc_array(n, sizeof *work.chi_square);
    if (work.along == NULL || work.chi_square == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, n * sizeof(double)));
    WBI_TRY_CLEANUP(wbi_variance_inflation(work.inference->vif, crossproduct, n, err));
    work.inference->vif[0] = NAN;
    WBI_TRY_CLEANUP(find_covariance(&definite, &work, err));
    if (!definite)
        goto cleanup;
    WBI_TRY_CLEANUP(wbi_inference_complete(work.inference, fit->basis, err));
    WBI_TRY_CLEANUP(profile_coefficients(&work, err));
    WBI_TRY_CLEANUP(test_terms(&work, err));
    WBI_TRY_CLEANUP(say_limits(training, fit, data, err));
    fit->inference = work.inference;
    work.inference = NULL;
cleanup:
    wbi_inference_free(work.inference);
    wbi_free(work.along);
    wbi_free(work.chi_square);
    return status;
}
