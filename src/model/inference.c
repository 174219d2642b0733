/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/inference.h"

#include <math.h>

#include "base/memory.h"
#include "model/model.h"

wb_status wbi_inference_create(wbi_inference **out, size_t n, size_t n_terms, wb_error *err)
{
    wbi_inference *inference = wbi_alloc_zeroed(1, sizeof *inference);
    if (inference == NULL)
        return wbi_fail_nomem(err, sizeof *inference);
    inference->n = n;
    inference->n_terms = n_terms;
    inference->se = wbi_alloc_zeroed(n, sizeof(double));
    inference->vif = wbi_alloc_zeroed(n, sizeof(double));
    inference->chi_square = wbi_alloc_zeroed(n_terms, sizeof(double));
    inference->p = wbi_alloc_zeroed(n_terms, sizeof(double));
    inference->df = wbi_alloc_zeroed(n_terms, sizeof *inference->df);
    if (inference->se == NULL || inference->vif == NULL || inference->chi_square == NULL || inference->p == NULL ||
        inference->df == NULL) {
        wbi_inference_free(inference);
        return wbi_fail_nomem(err, n * sizeof(double));
    }
    *out = inference;
    return WB_OK;
}

wb_status wbi_inference_add_profile(wbi_inference *inference, wb_error *err)
{
    const size_t n = inference->n;
    inference->low = wbi_alloc_zeroed(n, sizeof(double));
    inference->high = wbi_alloc_zeroed(n, sizeof(double));
    inference->p_each = wbi_alloc_zeroed(n, sizeof(double));
    return inference->low == NULL || inference->high == NULL || inference->p_each == NULL
               ? wbi_fail_nomem(err, n * sizeof(double))
               : WB_OK;
}

void wbi_inference_free(wbi_inference *inference)
{
    if (inference == NULL)
        return;
    wbi_free(inference->se);
    wbi_free(inference->vif);
    wbi_free(inference->chi_square);
    wbi_free(inference->p);
    wbi_free(inference->df);
    wbi_free(inference->low);
    wbi_free(inference->high);
    wbi_free(inference->p_each);
    wbi_free(inference->covariance);
    wbi_free(inference);
}

/* The intercept on the raw scale is beta_0 - sum of beta_j mean_j / sd_j, and its variance that of this sum. */
static double raw_intercept_variance(const double *covariance, const wbi_basis *basis)
{
    const size_t n = basis->n_columns + 1;
    double variance = 0;
    for (size_t j = 0; j < n; j++) {
        double row = covariance[j * n];
        for (size_t k = 1; k < n; k++)
            row -= covariance[j * n + k] * basis->columns[k - 1].mean / basis->columns[k - 1].sd;
        variance += j == 0 ? row : -row * basis->columns[j - 1].mean / basis->columns[j - 1].sd;
    }
    return variance;
}

wb_status wbi_inference_complete(wbi_inference *inference, const wbi_basis *basis, wb_error *err)
{
    char *bytes;
    size_t n_bytes;
    for (size_t j = 0; j < inference->n; j++)
        inference->se[j] = sqrt(inference->covariance[j * inference->n + j]);
    inference->se_intercept = sqrt(fmax(0, raw_intercept_variance(inference->covariance, basis)));
    WBI_TRY(wbi_covariance_bytes(&bytes, &n_bytes, inference, err));
    wbi_digest *digest = wbi_digest_create();
    if (digest != NULL) {
        wbi_digest_update(digest, bytes, n_bytes);
        wbi_digest_hex(digest, inference->digest);
    }
    wb_status status = digest == NULL ? wbi_fail_nomem(err, 1) : WB_OK;
    wbi_digest_free(digest);
    wbi_free(bytes);
    return status;
}

/* ---- what users see ---- */

static wb_interval about(double value, double se)
{
    return (wb_interval){value - WBI_NORMAL_975 * se, value + WBI_NORMAL_975 * se};
}

static void add_wald(wb_coefficient *out, const wb_model *model, size_t index)
{
    out->raw_95 = about(out->raw, out->se_raw);
    if (index > 0)
        out->per_sd_95 = about(out->per_sd, out->se_per_sd);
    if (model->summary.lambda > 0 || model->smoothness != NULL)
        return;
    out->z = out->raw / out->se_raw;
    out->p = erfc(fabs(out->z) / sqrt(2));
}

static void add_profile(wb_coefficient *out, const wb_model *model, size_t index)
{
    const wbi_inference *inference = model->inference;
    const wb_interval profiled = {inference->low[index], inference->high[index]};
    out->p = inference->p_each[index];
    out->raw_95 = profiled;
    if (index == 0)
        return;
    const double sd = model->basis->columns[index - 1].sd;
    out->per_sd_95 = profiled;
    out->raw_95 = (wb_interval){profiled.low / sd, profiled.high / sd};
}

void wbi_add_inference(wb_coefficient *out, const wb_model *model, size_t index)
{
    const wbi_inference *inference = model->inference;
    const wb_interval none = {NAN, NAN};
    out->se_raw = out->se_per_sd = out->z = out->p = out->vif = NAN;
    out->raw_95 = out->per_sd_95 = none;
    if (inference == NULL)
        return;
    out->se_raw = index == 0 ? inference->se_intercept : inference->se[index] / model->basis->columns[index - 1].sd;
    if (index > 0) {
        out->se_per_sd = inference->se[index];
        out->vif = inference->vif[index];
    }
    if (inference->p_each == NULL)
        add_wald(out, model, index);
    else
        add_profile(out, model, index);
}

wb_term_test wb_model_term_test(const wb_model *model, size_t index)
{
    const wbi_inference *inference = model->inference;
    wb_term_test test = {model->basis->terms[index]->feature, wbi_basis_columns_of(model->basis, index), NAN, NAN};
    if (inference != NULL) {
        test.degrees_of_freedom = inference->df[index];
        test.chi_square = inference->chi_square[index];
        test.p = inference->p[index];
    }
    return test;
}
