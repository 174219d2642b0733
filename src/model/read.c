/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The model from JSON. The file is not trusted: whatever passes here can be scored with. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "design/json.h"
#include "io/input.h"
#include "model/model.h"
#include "model/read.h"
#include "table/dictionary.h"

enum { MAX_FILE_BYTES = 1 << 28 };
/* Whole numbers up to here are doubles. */
static const uint64_t MAX_ROWS = UINT64_C(1) << 53;
/* What sums of weights may be off by. */
static const double ROUNDING = 1e-9;

static wb_status expect_text(const wbi_json_at *at, const char *key, const char *wanted, wb_error *err)
{
    char *text = NULL;
    WBI_TRY(wbi_json_text(&text, at, key, err));
    wb_status status = strcmp(text, wanted) == 0
                           ? WB_OK
                           : wbi_json_wrong(at, key, err, "expected '%s', found '%.40s'", wanted, text);
    wbi_free(text);
    return status;
}

static wb_status check_format(const wbi_json_at *at, wb_error *err)
{
    uint64_t version;
    WBI_TRY(wbi_json_expect_object(at, err));
    WBI_TRY(expect_text(at, "format", WBI_MODEL_FORMAT, err));
    WBI_TRY(wbi_json_count(&version, at, "version", INT64_MAX, err));
    if (version == WBI_MODEL_VERSION)
        return WB_OK;
    wbi_json_wrong(at, "version", err, "this program reads version %d, not %" PRIu64, WBI_MODEL_VERSION, version);
    if (version > WBI_MODEL_VERSION)
        wbi_advise(err, "a newer winback wrote the model: score with that one, or train the model again with this one");
    else
        wbi_advise(err, "train the model again with this winback, or score with the one that wrote it");
    return WB_ERR_MALFORMED;
}

/* ---- terms and coefficients ---- */

/* `raw` is for readers; it must say what per_sd says, so that nobody edits it in vain. */
static wb_status read_column(wbi_basis_column *column, double *beta, const wbi_json_at *at, wb_error *err)
{
    double raw;
    WBI_TRY(wbi_json_expect_object(at, err));
    WBI_TRY(expect_text(at, "name", column->name, err));
    WBI_TRY(wbi_json_number(&raw, at, "raw", err));
    WBI_TRY(wbi_json_number(beta, at, "per_sd", err));
    WBI_TRY(wbi_json_number(&column->mean, at, "mean", err));
    WBI_TRY(wbi_json_number(&column->sd, at, "sd", err));
    if (!(column->sd > 0 && isfinite(1 / column->sd)))
        return wbi_json_wrong(at, "sd", err, "%g is no standard deviation", column->sd);
    double expected = *beta / column->sd;
    if (!(fabs(raw - expected) <= 1e-9 * fabs(expected)))
        return wbi_json_wrong(at, "raw", err, "%.17g is not per_sd / sd = %.17g", raw, expected);
    return WB_OK;
}

static size_t count_columns(const wbi_json_at *terms)
{
    size_t n = 0;
    for (size_t t = 0; t < json_array_size(terms->value); t++)
        n += json_array_size(json_object_get(json_array_get(terms->value, t), "columns"));
    return n;
}

/* Reads the columns in use of the term read last. */
static wb_status read_columns(wb_model *model, const wbi_json_at *at, wb_error *err)
{
    wbi_basis *basis = model->basis;
    const wbi_term *term = basis->terms[basis->n_terms - 1];
    wbi_json_at array;
    size_t n_before = basis->n_columns;
    WBI_TRY(wbi_json_array(&array, at, "columns", err));
    if (json_array_size(array.value) != term->n_columns)
        return wbi_json_wrong(at, "columns", err, "expected %zu items, found %zu", term->n_columns,
                              json_array_size(array.value));
    for (size_t part = 0; part < term->n_columns; part++) {
        wbi_json_at item = wbi_json_item(&array, part);
        if (json_is_null(item.value))
            continue;
        wbi_basis_column *column = &basis->columns[basis->n_columns++];
        *column = (wbi_basis_column){.term = basis->n_terms - 1, .part = part};
        WBI_TRY(wbi_term_column_name(&column->name, term, part, err));
        WBI_TRY(read_column(column, &model->beta[basis->n_columns], &item, err));
    }
    if (basis->n_columns == n_before)
        return wbi_json_wrong(at, "columns", err, "a term without columns");
    return WB_OK;
}

/* A btyd term's columns may be those of other terms that read numbers. */
static wb_status check_purchases(const wbi_basis *basis, size_t term, const wbi_json_at *at, wb_error *err)
{
    const wbi_purchases *made = basis->terms[term]->purchases;
    for (size_t t = 0; made != NULL && t < basis->n_terms; t++)
        if (basis->terms[t]->kind->type == WB_TYPE_CATEGORY)
            for (size_t k = 0; k < WBI_PURCHASES_READS; k++)
                if (strcmp(made->reads[k], basis->terms[t]->feature) == 0)
                    return wbi_json_wrong(at, "btyd", err, "'%.100s' is a category to terms[%zu]", made->reads[k], t);
    return WB_OK;
}

/* Contributions are a feature's, so no two terms may read the same. */
static wb_status check_features(const wbi_basis *basis, const wbi_json_at *terms, wb_error *err)
{
    wbi_dictionary *features = NULL;
    WBI_TRY(wbi_dictionary_create(&features, err));
    wb_status status = WB_OK;
    for (size_t t = 0; status == WB_OK && t < basis->n_terms; t++) {
        const wbi_json_at item = wbi_json_item(terms, t);
        const char *feature = basis->terms[t]->feature;
        int32_t first;
        status = wbi_dictionary_intern(features, feature, strlen(feature), &first, err);
        if (status == WB_OK && (size_t)first != t)
            status = wbi_json_wrong(&item, "feature", err, "terms[%d] reads '%.100s' as well", (int)first, feature);
        if (status == WB_OK)
            status = check_purchases(basis, t, &item, err);
    }
    wbi_dictionary_free(features);
    return status;
}

static wb_status allocate_basis(wb_model *model, size_t n_terms, size_t n_columns, wb_error *err)
{
    wbi_basis *basis = model->basis = wbi_alloc_zeroed(1, sizeof *basis);
    model->beta = wbi_alloc_zeroed(n_columns + 1, sizeof *model->beta);
    if (basis == NULL || model->beta == NULL)
        return wbi_fail_nomem(err, (n_columns + 1) * sizeof *model->beta);
    basis->terms = wbi_alloc_zeroed(n_terms, sizeof *basis->terms);
    basis->columns = wbi_alloc_zeroed(n_columns, sizeof *basis->columns);
    if (basis->terms == NULL || basis->columns == NULL)
        return wbi_fail_nomem(err, n_columns * sizeof *basis->columns);
    return WB_OK;
}

static wb_status read_terms(wb_model *model, const wbi_json_at *at, wb_error *err)
{
    wbi_json_at terms, intercept;
    double raw, expected;
    WBI_TRY(wbi_json_array(&terms, at, "terms", err));
    WBI_TRY(wbi_json_object(&intercept, at, "intercept", err));
    size_t n_terms = json_array_size(terms.value);
    WBI_TRY(allocate_basis(model, n_terms, count_columns(&terms), err));
    WBI_TRY(wbi_json_number(&model->beta[0], &intercept, "at_mean", err));
    WBI_TRY(wbi_json_number(&raw, &intercept, "raw", err));
    for (size_t t = 0; t < n_terms; t++) {
        wbi_json_at item = wbi_json_item(&terms, t);
        WBI_TRY(wbi_json_expect_object(&item, err));
        WBI_TRY(wbi_term_from_json(&model->basis->terms[t], &item, err));
        model->basis->n_terms++;
        WBI_TRY(read_columns(model, &item, err));
    }
    WBI_TRY(check_features(model->basis, &terms, err));
    expected = wbi_model_raw_intercept(model);
    double size = fabs(model->beta[0]);
    for (size_t j = 0; j < model->basis->n_columns; j++)
        size += fabs(wbi_model_raw(model, j) * model->basis->columns[j].mean);
    if (!(fabs(raw - expected) <= 1e-9 * size))
        return wbi_json_wrong(&intercept, "raw", err, "%.17g does not follow from at_mean and the terms (%.17g)", raw,
                              expected);
    return WB_OK;
}

/* ---- the training's facts ---- */

wb_status wbi_check_not_negative(double value, const wbi_json_at *at, const char *key, wb_error *err)
{
    return value < 0 ? wbi_json_wrong(at, key, err, "%g is less than 0", value) : WB_OK;
}

wb_status wbi_check_share(double value, const wbi_json_at *at, const char *key, wb_error *err)
{
    return value < 0 || value > 1 + ROUNDING ? wbi_json_wrong(at, key, err, "%g is not in [0, 1]", value) : WB_OK;
}

static wb_status read_imbalance(wb_model *model, const wbi_json_at *training, wb_error *err)
{
    wb_imbalance *imbalance = &model->summary.imbalance;
    wbi_json_at at;
    bool balanced;
    *imbalance = wbi_no_imbalance(model->summary.n_rows);
    if (wbi_json_is_null(training, "imbalance"))
        return WB_OK;
    WBI_TRY(wbi_json_object(&at, training, "imbalance", err));
    WBI_TRY(wbi_json_number(&imbalance->class_weight, &at, "class_weight", err));
    WBI_TRY(wbi_json_bool(&balanced, &at, "balanced", err));
    WBI_TRY(wbi_json_number(&imbalance->sample_negatives, &at, "sample_negatives", err));
    WBI_TRY(wbi_json_seed(&model->seed, &at, "seed", err));
    WBI_TRY(wbi_json_count(&imbalance->n_rows, &at, "rows", model->summary.n_rows, err));
    WBI_TRY(wbi_json_number(&imbalance->mean_uncorrected, &at, "mean_uncorrected", err));
    WBI_TRY(wbi_json_number(&imbalance->intercept_shift, &at, "intercept_shift", err));
    WBI_TRY(wbi_check_share(imbalance->mean_uncorrected, &at, "mean_uncorrected", err));
    imbalance->balanced = balanced;
    if (!(imbalance->class_weight > 0))
        return wbi_json_wrong(&at, "class_weight", err, "%g is not more than 0", imbalance->class_weight);
    if (!(imbalance->sample_negatives > 0 && imbalance->sample_negatives <= 1))
        return wbi_json_wrong(&at, "sample_negatives", err, "%g is no share", imbalance->sample_negatives);
    return WB_OK;
}

static wb_status read_penalty(wb_penalty *penalty, const wbi_json_at *at, wb_error *err)
{
    char *text = NULL;
    WBI_TRY(wbi_json_text(&text, at, "penalty", err));
    wb_status status = WB_OK;
    int p = WB_PENALTY_NONE;
    while (wb_penalty_name((wb_penalty)p) != NULL && strcmp(text, wb_penalty_name((wb_penalty)p)) != 0)
        p++;
    *penalty = (wb_penalty)p;
    if (wb_penalty_name(*penalty) == NULL)
        status = wbi_json_wrong(at, "penalty", err, "expected 'none', 'ridge', 'lasso', 'elastic_net' or 'firth', found '%.40s'",
                                text);
    wbi_free(text);
    return status;
}

/* Models made before there was a choice do not say. */
static wb_status read_basis(wb_basis *basis, const wbi_json_at *at, wb_error *err)
{
    char *text = NULL;
    *basis = WB_BASIS_LINEAR;
    if (json_object_get(at->value, "basis") == NULL)
        return WB_OK;
    WBI_TRY(wbi_json_text(&text, at, "basis", err));
    wb_status status = WB_OK;
    if (strcmp(text, wbi_basis_names[WB_BASIS_AUTO]) == 0)
        *basis = WB_BASIS_AUTO;
    else if (strcmp(text, wbi_basis_names[WB_BASIS_LINEAR]) != 0)
        status = wbi_json_wrong(at, "basis", err, "expected 'linear' or 'auto', found '%.40s'", text);
    wbi_free(text);
    return status;
}

static wb_status read_rows(wb_model_summary *summary, const wbi_json_at *training, wb_error *err)
{
    WBI_TRY(wbi_json_count(&summary->n_rows, training, "rows", MAX_ROWS, err));
    WBI_TRY(wbi_json_count(&summary->n_customers, training, "customers", summary->n_rows, err));
    WBI_TRY(wbi_json_count(&summary->n_positive, training, "positives", summary->n_rows, err));
    WBI_TRY(wbi_json_number(&summary->base_rate, training, "base_rate", err));
    return wbi_check_share(summary->base_rate, training, "base_rate", err);
}

/* What was minimised. */
static wb_status read_objective(wb_model_summary *summary, const wbi_json_at *training, wb_error *err)
{
    WBI_TRY(read_penalty(&summary->penalty, training, err));
    WBI_TRY(wbi_json_number(&summary->alpha, training, "alpha", err));
    if (!(summary->alpha >= 0 && summary->alpha <= 1))
        return wbi_json_wrong(training, "alpha", err, "%g is not a number from 0 to 1", summary->alpha);
    WBI_TRY(wbi_json_number(&summary->lambda, training, "lambda", err));
    WBI_TRY(wbi_check_not_negative(summary->lambda, training, "lambda", err));
    return read_basis(&summary->basis, training, err);
}

static wb_status read_training(wb_model *model, const wbi_json_at *at, wb_error *err)
{
    wb_model_summary *summary = &model->summary;
    wbi_json_at training;
    uint64_t iterations;
    bool converged;
    WBI_TRY(wbi_json_object(&training, at, "training", err));
    WBI_TRY(read_rows(summary, &training, err));
    WBI_TRY(read_objective(summary, &training, err));
    WBI_TRY(wbi_json_number(&summary->mean_log_loss, &training, "mean_log_loss", err));
    WBI_TRY(wbi_check_not_negative(summary->mean_log_loss, &training, "mean_log_loss", err));
    WBI_TRY(wbi_json_count(&iterations, &training, "iterations", INT32_MAX, err));
    WBI_TRY(wbi_json_number(&summary->gradient_max, &training, "gradient_max", err));
    WBI_TRY(wbi_check_not_negative(summary->gradient_max, &training, "gradient_max", err));
    WBI_TRY(wbi_json_bool(&converged, &training, "converged", err));
    summary->iterations = (int)iterations;
    summary->converged = converged;
    WBI_TRY(read_imbalance(model, &training, err));
    return wbi_read_folds(model, &training, err);
}

/* ---- the file ---- */

static wb_status create_from(wb_model **out, const wbi_json_at *at, wb_error *err)
{
    char *target = NULL, *definitions = NULL;
    wb_status status = WB_OK;
    const json_t *object = json_object_get(at->value, "definitions");
    if (!json_is_null(object)) {
        wbi_json_at ignored;
        WBI_TRY(wbi_json_object(&ignored, at, "definitions", err));
        definitions = json_dumps(object, JSON_COMPACT);
        if (definitions == NULL)
            return wbi_fail_nomem(err, 1);
    }
    WBI_TRY_CLEANUP(wbi_json_text(&target, at, "target", err));
    WBI_TRY_CLEANUP(wbi_model_create(out, target, definitions, err));
cleanup:
    wbi_free(target);
    free(definitions); /* jansson's allocator, which is malloc */
    return status;
}

static wb_status read_model(wb_model **out, const wbi_json_at *at, wb_error *err)
{
    wb_model *model = NULL;
    WBI_TRY(check_format(at, err));
    WBI_TRY(create_from(&model, at, err));
    wb_status status = read_training(model, at, err);
    if (status == WB_OK)
        status = read_terms(model, at, err);
    if (status == WB_OK)
        status = wbi_calibration_from_json(&model->calibration, at, model->summary.n_folds > 0, err);
    if (status == WB_OK && model->summary.basis == WB_BASIS_AUTO)
        status = wbi_smoothness_from_json(&model->smoothness, at, model->basis, model->beta, err);
    if (status == WB_OK)
        status = wbi_importance_from_json(model, at, err);
    if (status == WB_OK)
        status = wbi_inference_from_json(&model->inference, at, model->basis,
                                         model->summary.penalty == WB_PENALTY_FIRTH, err);
    if (status == WB_OK)
        status = wbi_treatment_from_json(model, at, err);
    if (status == WB_OK)
        *out = model;
    else
        wb_model_free(model);
    return status;
}

wb_status wb_model_read(wb_model **out, const char *path, wb_error *err)
{
    char *bytes = NULL;
    size_t n;
    json_t *object;
    WBI_TRY(wbi_input_slurp(&bytes, &n, path, MAX_FILE_BYTES, err));
    wb_status status = wbi_json_parse(&object, bytes, n, path, "model", err);
    wbi_free(bytes);
    if (status != WB_OK)
        return status;
    wbi_json_at at = {.value = object, .file = path};
    status = read_model(out, &at, err);
    json_decref(object);
    return status;
}
