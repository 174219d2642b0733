/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What treatment adds to each coefficient of a model. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "model/model.h"
#include "model/read.h"

/* What numbers that follow from each other may differ by. */
static const double ROUNDING = 1e-9;

wb_status wbi_treatment_create(wbi_treatment **out, const char *column, char *const arms[2], size_t n, wb_error *err)
{
    const char *const texts[3] = {column, arms[0], arms[1]};
    wbi_treatment *made = *out = wbi_alloc_zeroed(1, sizeof *made);
    if (made == NULL)
        return wbi_fail_nomem(err, sizeof *made);
    for (size_t k = 0; k < 3; k++)
        if ((made->texts[k] = wbi_strdup(texts[k])) == NULL)
            return wbi_fail_nomem(err, strlen(texts[k]) + 1);
    made->adds = wbi_alloc_zeroed(n, sizeof *made->adds);
    return made->adds != NULL ? WB_OK : wbi_fail_nomem(err, n * sizeof *made->adds);
}

void wbi_treatment_free(wbi_treatment *treatment)
{
    if (treatment == NULL)
        return;
    for (size_t k = 0; k < 3; k++)
        wbi_free(treatment->texts[k]);
    wbi_free(treatment->adds);
    wbi_free(treatment);
}

int wb_model_treatment(const wb_model *model, wb_treatment *out)
{
    if (model->treatment == NULL)
        return 0;
    *out = model->treatment->about;
    out->column = model->treatment->texts[0];
    out->control = model->treatment->texts[1];
    out->treated = model->treatment->texts[2];
    return 1;
}

/* Of the intercept per unit: where every column is 0. */
static double raw_of(const wb_model *model, size_t index)
{
    const double *adds = model->treatment->adds;
    const wbi_basis *basis = model->basis;
    double raw = adds[0];
    if (index > 0)
        return adds[index] / basis->columns[index - 1].sd;
    for (size_t j = 0; j < basis->n_columns; j++)
        raw -= adds[j + 1] / basis->columns[j].sd * basis->columns[j].mean;
    return raw;
}

wb_interaction wb_model_interaction(const wb_model *model, size_t index)
{
    if (model->treatment == NULL)
        return (wb_interaction){NAN, NAN};
    return (wb_interaction){raw_of(model, index), model->treatment->adds[index]};
}

/* ---- JSON ---- */

static int add(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value);
}

int wbi_treatment_to_json(json_t *object, const wb_model *model)
{
    wb_treatment from;
    if (!wb_model_treatment(model, &from))
        return 0;
    json_t *json = json_object();
    int failed = add(json, "column", json_string(from.column));
    failed |= add(json, "treated", json_string(from.treated));
    failed |= add(json, "control", json_string(from.control));
    failed |= add(json, "rows_treated", json_integer((json_int_t)from.n_treated));
    failed |= add(json, "rows_control", json_integer((json_int_t)from.n_control));
    failed |= add(json, "rows_left_out", json_integer((json_int_t)from.n_left_out));
    failed |= add(json, "rate_treated", wbi_json_real(from.rate_treated));
    failed |= add(json, "rate_control", wbi_json_real(from.rate_control));
    failed |= add(object, "treatment", json);
    return failed;
}

int wbi_interaction_to_json(json_t *object, const wb_model *model, size_t index)
{
    if (model->treatment == NULL)
        return 0;
    const wb_interaction from = wb_model_interaction(model, index);
    int failed = add(object, "interaction_raw", wbi_json_real(from.raw));
    failed |= add(object, index == 0 ? "interaction_at_mean" : "interaction_per_sd", wbi_json_real(from.per_sd));
    return failed;
}

static wb_status read_counts(wb_treatment *out, const wb_model *model, const wbi_json_at *at, wb_error *err)
{
    static const uint64_t MOST = UINT64_C(1) << 53;
    const uint64_t n_rows = model->summary.n_rows;
    WBI_TRY(wbi_json_count(&out->n_treated, at, "rows_treated", n_rows, err));
    WBI_TRY(wbi_json_count(&out->n_control, at, "rows_control", n_rows, err));
    WBI_TRY(wbi_json_count(&out->n_left_out, at, "rows_left_out", MOST, err));
    WBI_TRY(wbi_json_number(&out->rate_treated, at, "rate_treated", err));
    WBI_TRY(wbi_json_number(&out->rate_control, at, "rate_control", err));
    WBI_TRY(wbi_check_share(out->rate_treated, at, "rate_treated", err));
    WBI_TRY(wbi_check_share(out->rate_control, at, "rate_control", err));
    return out->n_treated + out->n_control == n_rows
               ? WB_OK
               : wbi_json_wrong(at, "rows_control", err, "%llu and %llu treated are not the %llu rows of training",
                                (unsigned long long)out->n_control, (unsigned long long)out->n_treated,
                                (unsigned long long)n_rows);
}

static wb_status read_about(wb_model *model, const wbi_json_at *at, wb_error *err)
{
    static const char *const keys[3] = {"column", "control", "treated"};
    char *texts[3] = {NULL, NULL, NULL};
    wbi_json_at treatment;
    wb_status status = wbi_json_object(&treatment, at, "treatment", err);
    for (size_t k = 0; k < 3 && status == WB_OK; k++)
        status = wbi_json_text(&texts[k], &treatment, keys[k], err);
    if (status == WB_OK)
        status = wbi_treatment_create(&model->treatment, texts[0], texts + 1, model->basis->n_columns + 1, err);
    if (status == WB_OK)
        status = read_counts(&model->treatment->about, model, &treatment, err);
    for (size_t k = 0; k < 3; k++)
        wbi_free(texts[k]);
    return status;
}

/* `raw` must say what the other says. */
static wb_status check_raw(const wb_model *model, size_t index, const wbi_json_at *at, wb_error *err)
{
    const double *adds = model->treatment->adds, expected = raw_of(model, index);
    double raw, size = fabs(adds[index]);
    WBI_TRY(wbi_json_number(&raw, at, "interaction_raw", err));
    for (size_t j = 0; index == 0 && j < model->basis->n_columns; j++)
        size += fabs(raw_of(model, j + 1) * model->basis->columns[j].mean);
    if (index > 0)
        size = fabs(expected);
    return fabs(raw - expected) <= ROUNDING * size
               ? WB_OK
               : wbi_json_wrong(at, "interaction_raw", err, "%.17g does not follow from the others (%.17g)", raw, expected);
}

/* The columns in use, in the order of the basis. */
static wb_status read_columns(wb_model *model, const wbi_json_at *at, wb_error *err)
{
    wbi_json_at terms, columns;
    size_t index = 1;
    WBI_TRY(wbi_json_array(&terms, at, "terms", err));
    for (size_t t = 0; t < model->basis->n_terms; t++) {
        const wbi_json_at term = wbi_json_item(&terms, t);
        WBI_TRY(wbi_json_array(&columns, &term, "columns", err));
        for (size_t part = 0; part < json_array_size(columns.value); part++) {
            const wbi_json_at item = wbi_json_item(&columns, part);
            if (json_is_null(item.value))
                continue;
            WBI_TRY(wbi_json_number(&model->treatment->adds[index], &item, "interaction_per_sd", err));
            WBI_TRY(check_raw(model, index++, &item, err));
        }
    }
    return WB_OK;
}

wb_status wbi_treatment_from_json(wb_model *model, const wbi_json_at *at, wb_error *err)
{
    wbi_json_at intercept;
    WBI_TRY(wbi_json_object(&intercept, at, "intercept", err));
    if (json_object_get(at->value, "treatment") == NULL)
        return json_object_get(intercept.value, "interaction_at_mean") == NULL
                   ? WB_OK
                   : wbi_json_wrong(at, "treatment", err, "there is none, but the intercept has an interaction with it");
    WBI_TRY(read_about(model, at, err));
    if (model->summary.penalty != WB_PENALTY_RIDGE || model->summary.basis != WB_BASIS_LINEAR)
        return wbi_json_wrong(at, "treatment", err, "it goes with ridge and the linear basis");
    WBI_TRY(wbi_json_number(&model->treatment->adds[0], &intercept, "interaction_at_mean", err));
    WBI_TRY(read_columns(model, at, err));
    return check_raw(model, 0, &intercept, err);
}
