/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "model/inference.h"

static const char *const kinds[] = {"none", "hessian", "by_customer"};
static const char profiled[] = "profile_likelihood";

/* null for what is infinite, too. */
static json_t *finite_or_null(double value)
{
    return wbi_json_real(isfinite(value) ? value : (double)NAN);
}

/* Terms are tested by Wald's statistic, or by the penalised likelihood ratio. */
static const char *test_key(const wbi_inference *inference)
{
    return inference->p_each == NULL ? "wald" : "likelihood_ratio";
}

/* ---- writing ---- */

/* What the profile likelihood says of one coefficient, where it was asked. */
static int profile_to_json(json_t *object, const char *key, const wbi_inference *inference, size_t index)
{
    if (inference->p_each == NULL)
        return 0;
    json_t *ends = json_array();
    int failed = json_array_append_new(ends, finite_or_null(inference->low[index]));
    failed |= json_array_append_new(ends, finite_or_null(inference->high[index]));
    failed |= json_object_set_new(object, key, ends);
    failed |= json_object_set_new(object, "p", finite_or_null(inference->p_each[index]));
    return failed;
}

int wbi_inference_to_json(json_t *model_object, const wbi_inference *inference)
{
    if (inference == NULL)
        return json_object_set_new(model_object, "inference", json_null());
    json_t *object = json_object();
    int failed = json_object_set_new(object, "covariance", json_string(kinds[inference->kind]));
    failed |= json_object_set_new(object, "hash", json_string(inference->digest));
    failed |= json_object_set_new(object, "condition_number", finite_or_null(inference->condition_number));
    if (inference->p_each != NULL)
        failed |= json_object_set_new(object, "intervals", json_string(profiled));
    failed |= json_object_set_new(model_object, "inference", object);
    return failed;
}

int wbi_inference_intercept_to_json(json_t *object, const wbi_inference *inference)
{
    if (inference == NULL)
        return 0;
    int failed = json_object_set_new(object, "se_raw", wbi_json_real(inference->se_intercept));
    failed |= json_object_set_new(object, "se_at_mean", wbi_json_real(inference->se[0]));
    failed |= profile_to_json(object, "raw_95", inference, 0);
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
    failed |= profile_to_json(object, "per_sd_95", inference, column + 1);
    return failed;
}

int wbi_inference_term_to_json(json_t *object, const wbi_inference *inference, size_t term)
{
    if (inference == NULL)
        return 0;
    json_t *test = json_object();
    int failed = json_object_set_new(test, "chi_square", finite_or_null(inference->chi_square[term]));
    failed |= json_object_set_new(test, "df", json_integer((json_int_t)inference->df[term]));
    failed |= json_object_set_new(test, "p", finite_or_null(inference->p[term]));
    failed |= json_object_set_new(object, test_key(inference), test);
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

static wb_status read_probability(double *out, const wbi_json_at *at, const char *key, wb_error *err)
{
    WBI_TRY(wbi_json_number_or_null(out, at, key, err));
    return *out < 0 || *out > 1 ? wbi_json_wrong(at, key, err, "%g is no probability", *out) : WB_OK;
}

static wb_status read_profile(wbi_inference *out, const wbi_json_at *at, const char *key, size_t index, wb_error *err)
{
    wbi_json_at ends;
    if (out->p_each == NULL)
        return WB_OK;
    WBI_TRY(wbi_json_array(&ends, at, key, err));
    const json_t *low = json_array_get(ends.value, 0), *high = json_array_get(ends.value, 1);
    if (json_array_size(ends.value) != 2 || !(json_is_number(low) || json_is_null(low)) ||
        !(json_is_number(high) || json_is_null(high)))
        return wbi_json_wrong(at, key, err, "expected two numbers or null");
    out->low[index] = json_is_null(low) ? (double)NAN : json_number_value(low);
    out->high[index] = json_is_null(high) ? (double)NAN : json_number_value(high);
    if (out->low[index] > out->high[index])
        return wbi_json_wrong(at, key, err, "%g is more than %g", out->low[index], out->high[index]);
    return read_probability(&out->p_each[index], at, "p", err);
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
    return read_profile(out, at, "per_sd_95", column + 1, err);
}

static wb_status read_test(wbi_inference *out, const wbi_json_at *at, const wbi_basis *basis, size_t term,
                           wb_error *err)
{
    wbi_json_at test;
    uint64_t n;
    WBI_TRY(wbi_json_object(&test, at, test_key(out), err));
    WBI_TRY(wbi_json_number_or_null(&out->chi_square[term], &test, "chi_square", err));
    WBI_TRY(wbi_json_count(&n, &test, "df", INT64_MAX, err));
    const size_t n_columns = wbi_basis_columns_of(basis, term);
    if (wbi_term_n_penalised(basis->terms[term]) == 0 && n != n_columns)
        return wbi_json_wrong(&test, "df", err, "expected %zu, as many as there are columns", n_columns);
    if (n == 0 || n > n_columns)
        return wbi_json_wrong(&test, "df", err, "expected 1 to %zu, as many as there are columns", n_columns);
    out->df[term] = (size_t)n;
    if (out->chi_square[term] < 0)
        return wbi_json_wrong(&test, "chi_square", err, "%g is less than 0", out->chi_square[term]);
    return read_probability(&out->p[term], &test, "p", err);
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

static wb_status read_intervals(wbi_inference *out, const wbi_json_at *head, bool with_profile, wb_error *err)
{
    char *text = NULL;
    if (!with_profile)
        return json_object_get(head->value, "intervals") == NULL
                   ? WB_OK
                   : wbi_json_wrong(head, "intervals", err, "goes with penalty 'firth' only");
    WBI_TRY(wbi_json_text(&text, head, "intervals", err));
    wb_status status = strcmp(text, profiled) == 0
                           ? wbi_inference_add_profile(out, err)
                           : wbi_json_wrong(head, "intervals", err, "expected '%s', found '%.40s'", profiled, text);
    wbi_free(text);
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

wb_status wbi_inference_from_json(wbi_inference **out, const wbi_json_at *at, const wbi_basis *basis, bool with_profile,
                                  wb_error *err)
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
    WBI_TRY_CLEANUP(read_intervals(inference, &head, with_profile, err));
    WBI_TRY_CLEANUP(wbi_json_object(&intercept, at, "intercept", err));
    WBI_TRY_CLEANUP(read_se(&inference->se_intercept, &intercept, "se_raw", err));
    WBI_TRY_CLEANUP(read_se(&inference->se[0], &intercept, "se_at_mean", err));
    WBI_TRY_CLEANUP(read_profile(inference, &intercept, "raw_95", 0, err));
    WBI_TRY_CLEANUP(read_terms(inference, at, basis, err));
    *out = inference;
    return WB_OK;
cleanup:
    wbi_inference_free(inference);
    return status;
}
