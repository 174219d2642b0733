/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/model.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

const char *const wbi_lambda_rule_names[2] = {"least", "one_standard_error"};
const char *const wbi_basis_names[2] = {"linear", "auto"};

const char *wb_validation_name(wb_validation validation)
{
    return validation == WB_VALIDATE_CUSTOMERS ? "customers" : validation == WB_VALIDATE_TIME ? "time" : NULL;
}

/* The same definitions are the same text, however they were spaced before. */
static wb_status normalise(char **out, const char *definitions, wb_error *err)
{
    json_error_t where;
    json_t *object = json_loads(definitions, JSON_REJECT_DUPLICATES, &where);
    char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    wb_status status = WB_OK;
    if (object == NULL)
        status = wbi_fail(err, WB_ERR_MALFORMED, "definitions: %s", where.text);
    else if (text == NULL || (*out = wbi_strdup(text)) == NULL)
        status = wbi_fail_nomem(err, 1);
    free(text); /* jansson's allocator, which is malloc */
    json_decref(object);
    return status;
}

wb_status wbi_model_create(wb_model **out, const char *target, const char *definitions, wb_error *err)
{
    wb_status status = WB_OK;
    wb_model *model = wbi_alloc_zeroed(1, sizeof *model);
    if (model == NULL || (model->target = wbi_strdup(target)) == NULL) {
        status = wbi_fail_nomem(err, sizeof *model);
        goto cleanup;
    }
    if (definitions != NULL)
        WBI_TRY_CLEANUP(normalise(&model->definitions, definitions, err));
    *out = model;
    return WB_OK;
cleanup:
    wb_model_free(model);
    return status;
}

void wb_model_free(wb_model *model)
{
    if (model == NULL)
        return;
    wbi_free(model->definitions);
    wbi_free(model->target);
    wbi_basis_free(model->basis);
    wbi_free(model->beta);
    wbi_free(model->importance);
    wbi_free(model->path);
    wbi_calibration_clear(&model->calibration);
    wbi_inference_free(model->inference);
    wbi_smoothness_free(model->smoothness);
    wbi_treatment_free(model->treatment);
    wbi_free(model);
}

const char *wb_penalty_name(wb_penalty penalty)
{
    switch (penalty) {
    case WB_PENALTY_NONE:
        return "none";
    case WB_PENALTY_RIDGE:
        return "ridge";
    case WB_PENALTY_LASSO:
        return "lasso";
    case WB_PENALTY_ELASTIC_NET:
        return "elastic_net";
    case WB_PENALTY_FIRTH:
        return "firth";
    }
    return NULL;
}

const char *wb_model_definitions(const wb_model *model)
{
    return model->definitions;
}

static wb_calibration_summary summarise_calibration(const wb_model *model)
{
    const wbi_calibration *map = &model->calibration;
    const bool is_line = map->method == WB_CALIBRATION_PLATT, tried = map->tried != WB_CALIBRATION_NONE;
    return (wb_calibration_summary){.method = map->method,
                                    .tried = map->tried,
                                    .slope = is_line ? map->slope : (double)NAN,
                                    .intercept = is_line ? map->intercept : (double)NAN,
                                    .n_knots = map->n_knots,
                                    .log_loss = tried ? model->summary.out_of_fold.log_loss : (double)NAN,
                                    .log_loss_calibrated = tried ? map->log_loss : (double)NAN,
                                    .difference_se = tried ? map->difference_se : (double)NAN};
}

wb_model_summary wb_model_summarise(const wb_model *model)
{
    wb_model_summary summary = model->summary;
    summary.target = model->target;
    summary.n_terms = model->basis->n_terms;
    summary.n_columns = model->basis->n_columns;
    summary.freedom = model->smoothness == NULL ? (double)NAN : 1;
    for (size_t t = 0; model->smoothness != NULL && t < model->smoothness->n_terms; t++)
        summary.freedom += model->smoothness->terms[t].freedom;
    summary.calibration = summarise_calibration(model);
    summary.covariance = model->inference == NULL ? WB_COVARIANCE_NONE : model->inference->kind;
    summary.condition_number = model->inference == NULL ? (double)NAN : model->inference->condition_number;
    return summary;
}

size_t wb_model_path(const wb_model *model, const wb_path_point **points)
{
    *points = model->path;
    return model->n_path;
}

size_t wb_model_decile_edges(const wb_model *model, const double **edges)
{
    *edges = model->n_decile_edges > 0 ? model->tenths.edges : NULL;
    return model->n_decile_edges;
}

int wb_model_decile(const wb_model *model, double probability)
{
    int decile = 1;
    if (model->n_decile_edges == 0 || isnan(probability))
        return 0;
    for (size_t k = 0; k < model->n_decile_edges; k++)
        decile += model->tenths.edges[k] > probability;
    return decile;
}

double wb_model_calibrate(const wb_model *model, double log_odds)
{
    double probability;
    wbi_calibrate(&model->calibration, &probability, &log_odds, 1);
    return probability;
}

size_t wb_model_calibration_knots(const wb_model *model, const double **from, const double **to)
{
    *from = model->calibration.from;
    *to = model->calibration.to;
    return model->calibration.n_knots;
}

/* 1: it never falls, -1: it never rises, 0: both, or flat. */
static int direction(const wbi_shape *shape)
{
    enum { N_STEPS = 40 };
    bool rises = true, falls = true;
    for (size_t i = 0; i < shape->n_intervals; i++) {
        const double left = shape->knots[i], width = shape->knots[i + 1] - left;
        for (int k = 0; k < N_STEPS; k++) {
            const double from = wbi_shape_at(shape, left + width * k / N_STEPS);
            const double to = wbi_shape_at(shape, left + width * (k + 1) / N_STEPS);
            rises = rises && to >= from;
            falls = falls && to <= from;
        }
    }
    return rises == falls ? 0 : rises ? 1 : -1;
}

wb_term wb_model_term(const wb_model *model, size_t index)
{
    const wbi_term *from = model->basis->terms[index];
    wb_term term = {from->feature, from->kind->name, 0, 0, NAN, NAN, NAN, NAN, NAN, 0};
    wbi_shape shape;
    if (model->importance != NULL)
        term.importance = model->importance[index];
    for (size_t j = 0; j < model->basis->n_columns; j++) {
        const wbi_basis_column *column = &model->basis->columns[j];
        term.n_columns += column->term == index;
        term.n_curve_columns += column->term == index && column->part < wbi_term_n_penalised(from);
    }
    if (model->smoothness == NULL)
        return term;
    const wbi_smoothness_term *found = &model->smoothness->terms[index];
    term.freedom = found->freedom;
    term.lambda_bend = found->bend;
    term.lambda_slope = found->slope;
    term.spread = found->spread;
    if (wbi_basis_shape(&shape, model->basis, model->beta, index))
        term.direction = direction(&shape);
    return term;
}

int wb_model_term_btyd(const wb_model *model, size_t index, wb_term_btyd *out)
{
    const wbi_purchases *from = model->basis->terms[index]->purchases;
    if (from == NULL)
        return 0;
    *out = (wb_term_btyd){{from->reads[0], from->reads[1], from->reads[2]}, from->horizon_days, from->model.r, from->model.alpha,
                          from->model.a, from->model.b, wbi_purchases_at_end(from)};
    return 1;
}

double wb_model_contribution(const wb_model *model, size_t index, double value)
{
    wbi_shape shape;
    return wbi_basis_shape(&shape, model->basis, model->beta, index) ? wbi_shape_at(&shape, value) : (double)NAN;
}

wb_imbalance wbi_no_imbalance(uint64_t n_rows)
{
    return (wb_imbalance){.class_weight = 1,
                          .sample_negatives = 1,
                          .n_rows = n_rows,
                          .mean_uncorrected = NAN,
                          .intercept_shift = NAN};
}

bool wbi_model_reads(const wb_model *model, const char *name)
{
    for (size_t t = 0; t < model->basis->n_terms; t++)
        if (wbi_term_reads(model->basis->terms[t], name))
            return true;
    return false;
}

double wbi_model_raw(const wb_model *model, size_t column)
{
    return model->beta[column + 1] / model->basis->columns[column].sd;
}

double wbi_model_raw_intercept(const wb_model *model)
{
    double intercept = model->beta[0];
    for (size_t j = 0; j < model->basis->n_columns; j++)
        intercept -= wbi_model_raw(model, j) * model->basis->columns[j].mean;
    return intercept;
}

size_t wb_model_n_coefficients(const wb_model *model)
{
    return model->basis->n_columns + 1;
}

wb_coefficient wb_model_coefficient(const wb_model *model, size_t index)
{
    wb_coefficient out = {.column = "(intercept)", .feature = "", .raw = wbi_model_raw_intercept(model), .per_sd = NAN};
    if (index > 0) {
        const wbi_basis_column *column = &model->basis->columns[index - 1];
        out.column = column->name;
        out.feature = model->basis->terms[column->term]->feature;
        out.raw = wbi_model_raw(model, index - 1);
        out.per_sd = model->beta[index];
    }
    wbi_add_inference(&out, model, index);
    return out;
}
