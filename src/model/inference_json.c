/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "model/inference.h"

static const char *const kinds[] = {"none", "hessian", "by_customer"};

/* null for what is infinite, too. */
static json_t *finite_or_null(double value)
{
    return wbi_json_real(isfinite(value) ? value : (double)NAN);
}

static size_t count_columns(const wbi_basis *basis, size_t term)
{
    size_t n = 0;
    for (size_t j = 0; j < basis->n_columns; j++)
        n += basis->columns[j].term == term;
    return n;
}

/* ---- writing ---- */

int wbi_inference_to_json(json_t *model_object, const wbi_inference *inference)
{
    if (inference == NULL)
        return json_object_set_new(model_object, "inference", json_null());
    json_t *object = json_object();
    int failed = json_object_set_new(object, "covariance", json_string(kinds[inference->kind]));
    failed |= json_object_set_new(object, "hash", json_string(inference->digest));
    failed |= json_object_set_new(object, "condition_number", finite_or_null(inference->condition_number));
    failed |= json_object_set_new(model_object, "inference", object);
    return failed;
}

int wbi_inference_intercept_to_json(json_t *object, const wbi_inference *inference)
{
    if (inference == NULL)
        return 0;
    int failed = json_object_set_new(object, "se_raw", wbi_json_real(inference->se_intercept));
    failed |= json_object_set_new(object, "se_at_mean", wbi_json_real(inference->se[0]));
    return failed;
}

int wbi_inference_column_to_json(json_t *object, const wbi_inference *inference, const wbi_basis *basis, size_t column)
{
    if (inference == NULL)
        return 0;
    double se = inference->se[column + 1];
    int failed = json_object_set_new(object, "se_raw", wbi_json_real(se / basis->columns[column].sd));
    failed |= json_object_set_new(object, "se_per_sd", wbi_json_real(se));
    failed |= json_object_set_new(object, "vif", finite_or_null(inference->vif[column + 1]));
    return failed;
}

int wbi_inference_term_to_json(json_t *object, const wbi_inference *inference, const wbi_basis *basis, size_t term)
{
    if (inference == NULL)
        return 0;
    json_t *test = json_object();
    int failed = json_object_set_new(test, "chi_square", finite_or_null(inference->chi_square[term]));
    failed |= json_object_set_new(test, "df", json_integer((json_int_t)count_columns(basis, term)));
    failed |= json_object_set_new(test, "p", finite_or_null(inference->p[term]));
    failed |= json_object_set_new(object, "wald", test);
    return failed;
}

/* ---- reading ---- */

static wb_status read_se(double *out, const wbi_json_at *at, const char *key, wb_error *err)
{
    WBI_TRY(wbi_json_number(out, at, key, err));
    return *out >= 0 && isfinite(*out) ? WB_OK : wbi_json_wrong(at, key, err, "%g is no standard error", *out);
}

/* null is infinity: of a ratio that is at least 1. */
static wb_status read_ratio(double *out, const wbi_json_at *at, const char *key, wb_error *err)
{
    WBI_TRY(wbi_json_number_or_null(out, at, key, err));
    *out = isnan(*out) ? INFINITY : *out;
    return *out >= 1 - 1e-6 ? WB_OK : wbi_json_wrong(at, key, err, "%g is less than 1", *out);
}

/* As with coefficients, se_raw must say what se_per_sd does. */
static wb_status read_column(wbi_inference *out, const wbi_json_at *at, size_t column, double sd, wb_error *err)
{
    double raw;
    WBI_TRY(read_se(&raw, at, "se_raw", err));
    WBI_TRY(read_se(&out->se[column + 1], at, "se_per_sd", err));
    WBI_TRY(read_ratio(&out->vif[column + 1], at, "vif", err));
    double expected = out->se[column + 1] / sd;
    if (!(fabs(raw - expected) <= 1e-9 * expected))
        return wbi_json_wrong(at, "se_raw", err, "%.17g is not se_per_sd / sd = %.17g", raw, expected);
    return WB_OK;
}

static wb_status read_test(wbi_inference *out, const wbi_json_at *at, const wbi_basis *basis, size_t term,
                           wb_error *err)
{
    wbi_json_at wald;
    uint64_t n;
    WBI_TRY(wbi_json_object(&wald, at, "wald", err));
    WBI_TRY(wbi_json_number_or_null(&out->chi_square[term], &wald, "chi_square", err));
    WBI_TRY(wbi_json_count(&n, &wald, "df", INT64_MAX, err));
    WBI_TRY(wbi_json_number_or_null(&out->p[term], &wald, "p", err));
    if (n != count_columns(basis, term))
        return wbi_json_wrong(&wald, "df", err, "expected %zu, as many as there are columns",
                              count_columns(basis, term));
    if (out->chi_square[term] < 0)
        return wbi_json_wrong(&wald, "chi_square", err, "%g is less than 0", out->chi_square[term]);
    if (out->p[term] < 0 || out->p[term] > 1)
        return wbi_json_wrong(&wald, "p", err, "%g is no probability", out->p[term]);
    return WB_OK;
}

static wb_status read_head(wbi_inference *out, const wbi_json_at *at, wb_error *err)
{
    char *kind = NULL, *digest = NULL;
    wb_status status = WB_OK;
    WBI_TRY_CLEANUP(wbi_json_text(&kind, at, "covariance", err));
    WBI_TRY_CLEANUP(wbi_json_text(&digest, at, "hash", err));
    WBI_TRY_CLEANUP(read_ratio(&out->condition_number, at, "condition_number", err));
    for (size_t k = WB_COVARIANCE_HESSIAN; k <= WB_COVARIANCE_BY_CUSTOMER; k++)
        if (strcmp(kind, kinds[k]) == 0)
            out->kind = (wb_covariance)k;
    if (out->kind == WB_COVARIANCE_NONE)
        status = wbi_json_wrong(at, "covariance", err, "expected 'hessian' or 'by_customer', found '%.40s'", kind);
    else if (strlen(digest) != WBI_DIGEST_CHARS - 1 || strspn(digest, "0123456789abcdef") != WBI_DIGEST_CHARS - 1)
        status = wbi_json_wrong(at, "hash", err, "'%.40s' is not %d hex digits", digest, WBI_DIGEST_CHARS - 1);
    else
        memcpy(out->digest, digest, sizeof out->digest);
cleanup:
    wbi_free(kind);
    wbi_free(digest);
    return status;
}

static wb_status read_terms(wbi_inference *out, const wbi_json_at *at, const wbi_basis *basis, wb_error *err)
{
    wbi_json_at terms, columns;
    size_t column = 0;
    WBI_TRY(wbi_json_array(&terms, at, "terms", err));
    for (size_t t = 0; t < basis->n_terms; t++) {
        wbi_json_at term = wbi_json_item(&terms, t);
        WBI_TRY(read_test(out, &term, basis, t, err));
        WBI_TRY(wbi_json_array(&columns, &term, "columns", err));
        for (; column < basis->n_columns && basis->columns[column].term == t; column++) {
            wbi_json_at item = wbi_json_item(&columns, basis->columns[column].part);
            WBI_TRY(read_column(out, &item, column, basis->columns[column].sd, err));
        }
    }
    return WB_OK;
}

wb_status wbi_inference_from_json(wbi_inference **out, const wbi_json_at *at, const wbi_basis *basis, wb_error *err)
{
    wb_status status = WB_OK;
    wbi_json_at head, intercept;
    wbi_inference *inference = NULL;
    if (json_object_get(at->value, "inference") == NULL || wbi_json_is_null(at, "inference"))
        return WB_OK;
    WBI_TRY(wbi_json_object(&head, at, "inference", err));
    WBI_TRY(wbi_inference_create(&inference, basis->n_columns + 1, basis->n_terms, err));
    inference->vif[0] = NAN;
    WBI_TRY_CLEANUP(read_head(inference, &head, err));
    WBI_TRY_CLEANUP(wbi_json_object(&intercept, at, "intercept", err));
    WBI_TRY_CLEANUP(read_se(&inference->se_intercept, &intercept, "se_raw", err));
    WBI_TRY_CLEANUP(read_se(&inference->se[0], &intercept, "se_at_mean", err));
    WBI_TRY_CLEANUP(read_terms(inference, at, basis, err));
    *out = inference;
    return WB_OK;
cleanup:
    wbi_inference_free(inference);
    return status;
}
