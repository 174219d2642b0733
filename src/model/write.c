/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The model as JSON; docs/model.md lists the keys. */
#include "base/memory.h"
#include "design/json.h"
#include "io/output.h"
#include "model/model.h"

static json_t *column_to_json(const wb_model *model, size_t column)
{
    const wbi_basis_column *from = &model->basis->columns[column];
    json_t *object = json_object();
    int failed = json_object_set_new(object, "name", json_string(from->name));
    failed |= json_object_set_new(object, "raw", wbi_json_real(wbi_model_raw(model, column)));
    failed |= json_object_set_new(object, "per_sd", wbi_json_real(model->beta[column + 1]));
    failed |= json_object_set_new(object, "mean", wbi_json_real(from->mean));
    failed |= json_object_set_new(object, "sd", wbi_json_real(from->sd));
    failed |= wbi_inference_column_to_json(object, model->inference, model->basis, column);
    failed |= wbi_interaction_to_json(object, model, column + 1);
    if (failed == 0)
        return object;
    json_decref(object);
    return NULL;
}

/* One item a part of the term, null for those not in use. `*column` goes past the term's columns. */
static json_t *columns_to_json(const wb_model *model, size_t term, size_t *column)
{
    const wbi_basis *basis = model->basis;
    json_t *array = json_array();
    int failed = array == NULL;
    for (size_t part = 0; failed == 0 && part < basis->terms[term]->n_columns; part++) {
        bool used = *column < basis->n_columns && basis->columns[*column].term == term &&
                    basis->columns[*column].part == part;
        failed = json_array_append_new(array, used ? column_to_json(model, (*column)++) : json_null());
    }
    if (failed == 0)
        return array;
    json_decref(array);
    return NULL;
}

static json_t *terms_to_json(const wb_model *model)
{
    json_t *array = json_array();
    size_t column = 0;
    int failed = array == NULL;
    for (size_t t = 0; failed == 0 && t < model->basis->n_terms; t++) {
        json_t *term = wbi_term_to_json(model->basis->terms[t]);
        failed = json_object_set_new(term, "columns", columns_to_json(model, t, &column));
        failed |= wbi_importance_to_json(term, model, t);
        failed |= wbi_inference_term_to_json(term, model->inference, t);
        failed |= wbi_smoothness_to_json(term, model->smoothness, model->basis, model->beta, t);
        failed |= json_array_append_new(array, term);
    }
    if (failed == 0)
        return array;
    json_decref(array);
    return NULL;
}

static json_t *metrics_to_json(const wb_metrics *metrics)
{
    json_t *object = json_object();
    int failed = json_object_set_new(object, "n", json_integer((json_int_t)metrics->n));
    failed |= json_object_set_new(object, "n_positive", json_integer((json_int_t)metrics->n_positive));
    failed |= json_object_set_new(object, "base_rate", wbi_json_real(metrics->base_rate));
    failed |= json_object_set_new(object, "auc", wbi_json_real(metrics->auc));
    failed |= json_object_set_new(object, "log_loss", wbi_json_real(metrics->log_loss));
    failed |= json_object_set_new(object, "brier", wbi_json_real(metrics->brier));
    failed |= json_object_set_new(object, "lift_10", wbi_json_real(metrics->lift[WB_DEPTH_TENTH]));
    failed |= json_object_set_new(object, "capture_10", wbi_json_real(metrics->capture[WB_DEPTH_TENTH]));
    if (failed == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *seed_to_json(const wb_model *model)
{
    return json_sprintf("%llu", (unsigned long long)model->seed);
}

/* One member of all points of the path. */
static json_t *path_to_json(const wb_model *model, size_t member)
{
    json_t *array = json_array();
    int failed = array == NULL;
    for (size_t l = 0; failed == 0 && l < model->n_path; l++)
        failed = json_array_append_new(
            array, wbi_json_real(*(const double *)((const char *)&model->path[l] + member)));
    if (failed == 0)
        return array;
    json_decref(array);
    return NULL;
}

static json_t *nonzero_to_json(const wb_model *model)
{
    json_t *array = json_array();
    int failed = array == NULL;
    for (size_t l = 0; failed == 0 && l < model->n_path; l++)
        failed = json_array_append_new(array, json_integer((json_int_t)model->path[l].n_nonzero));
    if (failed == 0)
        return array;
    json_decref(array);
    return NULL;
}

static json_t *folds_to_json(const wb_model *model)
{
    if (model->summary.n_folds == 0)
        return json_null();
    json_t *object = json_object();
    int failed = json_object_set_new(object, "n", json_integer(model->summary.n_folds));
    if (model->summary.validated == WB_VALIDATE_TIME)
        failed |= json_object_set_new(object, "by", json_string(wb_validation_name(WB_VALIDATE_TIME)));
    failed |= json_object_set_new(object, "seed", seed_to_json(model));
    failed |= json_object_set_new(object, "lambda", path_to_json(model, offsetof(wb_path_point, lambda)));
    failed |= json_object_set_new(object, "log_loss", path_to_json(model, offsetof(wb_path_point, log_loss)));
    failed |= json_object_set_new(object, "standard_error",
                                  path_to_json(model, offsetof(wb_path_point, standard_error)));
    failed |= json_object_set_new(object, "nonzero", nonzero_to_json(model));
    failed |= json_object_set_new(object, "rule", json_string(wbi_lambda_rule_names[model->summary.lambda_rule]));
    failed |= json_object_set_new(object, "out_of_fold", metrics_to_json(&model->summary.out_of_fold));
    failed |= json_object_set_new(object, "auc_se", wbi_json_real(model->summary.auc_se));
    failed |= json_object_set_new(object, "log_loss_se", wbi_json_real(model->summary.log_loss_se));
    if (model->n_decile_edges > 0)
        failed |= json_object_set_new(object, "decile_edges", wbi_json_reals(model->tenths.edges, model->n_decile_edges));
    if (model->n_decile_edges > 0 && !isnan(model->tenths.shares[0]))
        failed |= json_object_set_new(object, "decile_shares", wbi_json_reals(model->tenths.shares, WBI_N_TENTHS));
    if (failed == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *imbalance_to_json(const wb_model *model)
{
    const wb_imbalance *from = &model->summary.imbalance;
    if (!wbi_is_imbalance(from))
        return json_null();
    json_t *object = json_object();
    int failed = json_object_set_new(object, "class_weight", wbi_json_real(from->class_weight));
    failed |= json_object_set_new(object, "balanced", json_boolean(from->balanced));
    failed |= json_object_set_new(object, "sample_negatives", wbi_json_real(from->sample_negatives));
    failed |= json_object_set_new(object, "seed", seed_to_json(model));
    failed |= json_object_set_new(object, "rows", json_integer((json_int_t)from->n_rows));
    failed |= json_object_set_new(object, "mean_uncorrected", wbi_json_real(from->mean_uncorrected));
    failed |= json_object_set_new(object, "intercept_shift", wbi_json_real(from->intercept_shift));
    if (failed == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *training_to_json(const wb_model *model)
{
    const wb_model_summary *from = &model->summary;
    json_t *object = json_object();
    int failed = json_object_set_new(object, "rows", json_integer((json_int_t)from->n_rows));
    failed |= json_object_set_new(object, "customers", json_integer((json_int_t)from->n_customers));
    failed |= json_object_set_new(object, "positives", json_integer((json_int_t)from->n_positive));
    failed |= json_object_set_new(object, "base_rate", wbi_json_real(from->base_rate));
    failed |= json_object_set_new(object, "penalty", json_string(wb_penalty_name(from->penalty)));
    failed |= json_object_set_new(object, "alpha", wbi_json_real(from->alpha));
    failed |= json_object_set_new(object, "lambda", wbi_json_real(from->lambda));
    failed |= json_object_set_new(object, "basis", json_string(wbi_basis_names[from->basis]));
    failed |= json_object_set_new(object, "mean_log_loss", wbi_json_real(from->mean_log_loss));
    failed |= json_object_set_new(object, "iterations", json_integer(from->iterations));
    failed |= json_object_set_new(object, "gradient_max", wbi_json_real(from->gradient_max));
    failed |= json_object_set_new(object, "converged", json_boolean(from->converged));
    failed |= json_object_set_new(object, "imbalance", imbalance_to_json(model));
    failed |= json_object_set_new(object, "folds", folds_to_json(model));
    if (failed == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *intercept_to_json(const wb_model *model)
{
    json_t *object = json_object();
    int failed = json_object_set_new(object, "raw", wbi_json_real(wbi_model_raw_intercept(model)));
    failed |= json_object_set_new(object, "at_mean", wbi_json_real(model->beta[0]));
    failed |= wbi_inference_intercept_to_json(object, model->inference);
    failed |= wbi_interaction_to_json(object, model, 0);
    if (failed == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *model_to_json(const wb_model *model)
{
    json_t *definitions =
        model->definitions == NULL ? json_null() : json_loads(model->definitions, JSON_REJECT_DUPLICATES, NULL);
    json_t *object = json_object();
    int failed = json_object_set_new(object, "format", json_string(WBI_MODEL_FORMAT));
    failed |= json_object_set_new(object, "version", json_integer(WBI_MODEL_VERSION));
    failed |= json_object_set_new(object, "target", json_string(model->target));
    failed |= json_object_set_new(object, "training", training_to_json(model));
    failed |= wbi_treatment_to_json(object, model);
    failed |= wbi_inference_to_json(object, model->inference);
    failed |= json_object_set_new(object, "intercept", intercept_to_json(model));
    failed |= json_object_set_new(object, "terms", terms_to_json(model));
    failed |= wbi_calibration_to_json(object, &model->calibration);
    failed |= json_object_set_new(object, "definitions", definitions);
    if (failed == 0)
        return object;
    json_decref(object);
    return NULL;
}

static wb_status model_text(wbi_buffer *text, const wb_model *model, wb_error *err)
{
    json_t *object = model_to_json(model);
    if (object == NULL)
        return wbi_fail(err, WB_ERR_NOMEM, "out of memory while the model was written");
    wb_status status = wbi_json_print(text, object, err);
    json_decref(object);
    return status == WB_OK ? wbi_buffer_append_text(text, "\n", err) : status;
}

/* Writes the covariance beside the model's file, not to appear yet; *out stays NULL where there is none to be written. */
static wb_status write_covariance(wbi_output **out, const wb_model *model, const char *path, wb_error *err)
{
    wb_status status = WB_OK;
    char *beside = NULL, *bytes = NULL;
    size_t n_bytes;
    if (model->inference == NULL || model->inference->covariance == NULL)
        return WB_OK;
    WBI_TRY_CLEANUP(wbi_covariance_path(&beside, path, err));
    WBI_TRY_CLEANUP(wbi_covariance_bytes(&bytes, &n_bytes, model->inference, err));
    WBI_TRY_CLEANUP(wbi_output_open(out, beside, err));
    status = wbi_output_write(*out, bytes, n_bytes, err);
cleanup:
    wbi_free(beside);
    wbi_free(bytes);
    return status;
}

/* Both files are written before either appears, and no covariance appears without its model. */
wb_status wb_model_write(const wb_model *model, const char *path, wb_error *err)
{
    wb_status status = WB_OK;
    wbi_buffer text = wbi_buffer_make((size_t)1 << 30);
    wbi_output *output = NULL, *covariance = NULL;
    WBI_TRY_CLEANUP(model_text(&text, model, err));
    WBI_TRY_CLEANUP(wbi_output_open(&output, path, err));
    WBI_TRY_CLEANUP(wbi_output_write(output, text.data, text.length, err));
    if (wbi_output_is_file(output))
        WBI_TRY_CLEANUP(write_covariance(&covariance, model, path, err));
    status = wbi_output_commit(output, err);
    output = NULL;
    if (status == WB_OK && covariance != NULL) {
        status = wbi_output_commit(covariance, err);
        covariance = NULL;
    }
cleanup:
    wbi_output_abort(covariance);
    wbi_output_abort(output);
    wbi_buffer_free(&text);
    return status;
}
