/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the folds of the training said. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/metrics.h"
#include "model/model.h"
#include "model/read.h"

enum { MAX_FOLDS = 100 };

/* null, where there is no such figure, is NaN. */
static wb_status read_not_negative(double *out, const wbi_json_at *at, const char *key, wb_error *err)
{
    WBI_TRY(wbi_json_number_or_null(out, at, key, err));
    return wbi_check_not_negative(*out, at, key, err);
}

static wb_status read_share(double *out, const wbi_json_at *at, const char *key, wb_error *err)
{
    WBI_TRY(wbi_json_number_or_null(out, at, key, err));
    return wbi_check_share(*out, at, key, err);
}

/* Of some of the training's rows. */
static wb_status read_metrics(wb_metrics *out, const wb_model_summary *training, const wbi_json_at *at, wb_error *err)
{
    WBI_TRY(wbi_json_count(&out->n, at, "n", training->n_rows, err));
    WBI_TRY(wbi_json_count(&out->n_positive, at, "n_positive", out->n, err));
    WBI_TRY(read_share(&out->base_rate, at, "base_rate", err));
    WBI_TRY(read_share(&out->auc, at, "auc", err));
    WBI_TRY(read_not_negative(&out->log_loss, at, "log_loss", err));
    WBI_TRY(read_share(&out->brier, at, "brier", err));
    WBI_TRY(read_not_negative(&out->lift[WB_DEPTH_TENTH], at, "lift_10", err));
    return read_share(&out->capture[WB_DEPTH_TENTH], at, "capture_10", err);
}

/* One member of every point of the path; the first to be read says how many there are. */
static wb_status read_along_path(wb_model *model, double **numbers, const wbi_json_at *folds, const char *key,
                                 wb_error *err)
{
    size_t n;
    WBI_TRY(wbi_json_numbers(numbers, &n, folds, key, err));
    if (model->path == NULL) {
        model->path = wbi_alloc_zeroed(n, sizeof *model->path);
        model->n_path = n;
        if (model->path == NULL)
            return wbi_fail_nomem(err, n * sizeof *model->path);
    }
    if (n != model->n_path)
        return wbi_json_wrong(folds, key, err, "expected %zu numbers, found %zu", model->n_path, n);
    return WB_OK;
}

static wb_status read_path(wb_model *model, const wbi_json_at *folds, wb_error *err)
{
    static const char *const keys[] = {"lambda", "log_loss", "standard_error", "nonzero"};
    double *numbers[4] = {NULL, NULL, NULL, NULL};
    wb_status status = WB_OK;
    for (size_t k = 0; k < 4; k++)
        WBI_TRY_CLEANUP(read_along_path(model, &numbers[k], folds, keys[k], err));
    for (size_t l = 0; l < model->n_path; l++) {
        const double n = numbers[3][l];
        for (size_t k = 0; k < 3; k++)
            WBI_TRY_CLEANUP(wbi_check_not_negative(numbers[k][l], folds, keys[k], err));
        if (l > 0 && numbers[0][l] > numbers[0][l - 1])
            WBI_TRY_CLEANUP(wbi_json_wrong(folds, "lambda", err, "%g follows on %g, which is less", numbers[0][l],
                                           numbers[0][l - 1]));
        if (!(n >= 0 && n <= UINT32_MAX && n == floor(n)))
            WBI_TRY_CLEANUP(wbi_json_wrong(folds, "nonzero", err, "%g is not a whole number of at least 0", n));
        model->path[l] = (wb_path_point){numbers[0][l], numbers[1][l], numbers[2][l], (size_t)n};
    }
cleanup:
    for (size_t k = 0; k < 4; k++)
        wbi_free(numbers[k]);
    return status;
}

static wb_status read_rule(wb_lambda_rule *rule, const wbi_json_at *folds, wb_error *err)
{
    char *text = NULL;
    WBI_TRY(wbi_json_text(&text, folds, "rule", err));
    wb_status status = WB_OK;
    if (strcmp(text, wbi_lambda_rule_names[WB_LAMBDA_LEAST]) == 0)
        *rule = WB_LAMBDA_LEAST;
    else if (strcmp(text, wbi_lambda_rule_names[WB_LAMBDA_ONE_STANDARD_ERROR]) == 0)
        *rule = WB_LAMBDA_ONE_STANDARD_ERROR;
    else
        status = wbi_json_wrong(folds, "rule", err, "expected 'least' or 'one_standard_error', found '%.40s'", text);
    wbi_free(text);
    return status;
}

/* Unsaid, they are by customer. */
static wb_status read_validation(wb_validation *by, const wbi_json_at *folds, wb_error *err)
{
    char *text = NULL;
    *by = WB_VALIDATE_CUSTOMERS;
    if (json_object_get(folds->value, "by") == NULL)
        return WB_OK;
    WBI_TRY(wbi_json_text(&text, folds, "by", err));
    wb_status status = WB_OK;
    if (strcmp(text, wb_validation_name(WB_VALIDATE_TIME)) == 0)
        *by = WB_VALIDATE_TIME;
    else if (strcmp(text, wb_validation_name(WB_VALIDATE_CUSTOMERS)) != 0)
        status = wbi_json_wrong(folds, "by", err, "expected 'customers' or 'time', found '%.40s'", text);
    wbi_free(text);
    return status;
}

/* Models that were made before there were any have none. */
static wb_status read_decile_edges(wb_model *model, const wbi_json_at *folds, wb_error *err)
{
    static const char key[] = "decile_edges";
    double *edges = NULL;
    size_t n;
    wb_status status = WB_OK;
    if (json_object_get(folds->value, key) == NULL)
        return WB_OK;
    WBI_TRY(wbi_json_numbers(&edges, &n, folds, key, err));
    if (n != WB_N_DECILE_EDGES)
        status = wbi_json_wrong(folds, key, err, "expected %d numbers, found %zu", WB_N_DECILE_EDGES, n);
    for (size_t k = 0; status == WB_OK && k < n; k++) {
        if (!(edges[k] >= 0 && edges[k] <= 1))
            status = wbi_json_wrong(folds, key, err, "%g is no probability", edges[k]);
        else if (k > 0 && edges[k] < edges[k - 1])
            status = wbi_json_wrong(folds, key, err, "%g follows on %g, which is more", edges[k], edges[k - 1]);
    }
    if (status == WB_OK) {
        memcpy(model->tenths.edges, edges, sizeof model->tenths.edges);
        model->n_decile_edges = n;
    }
    wbi_free(edges);
    return status;
}

/* Likewise. */
static wb_status read_decile_shares(wb_model *model, const wbi_json_at *folds, wb_error *err)
{
    model->tenths.shares[0] = NAN;
    if (json_object_get(folds->value, "decile_shares") == NULL)
        return WB_OK;
    return wbi_json_shares(model->tenths.shares, WBI_N_TENTHS, folds, "decile_shares", err);
}

wb_status wbi_read_folds(wb_model *model, const wbi_json_at *training, wb_error *err)
{
    wbi_json_at folds, out_of_fold;
    uint64_t n_folds;
    model->summary.out_of_fold = wbi_no_metrics();
    model->summary.auc_se = model->summary.log_loss_se = NAN;
    if (wbi_json_is_null(training, "folds"))
        return WB_OK;
    WBI_TRY(wbi_json_object(&folds, training, "folds", err));
    WBI_TRY(wbi_json_count(&n_folds, &folds, "n", MAX_FOLDS, err));
    if (n_folds == 0)
        return wbi_json_wrong(&folds, "n", err, "0 folds are none, which is null");
    WBI_TRY(wbi_json_seed(&model->seed, &folds, "seed", err));
    WBI_TRY(read_path(model, &folds, err));
    WBI_TRY(read_rule(&model->summary.lambda_rule, &folds, err));
    WBI_TRY(read_validation(&model->summary.validated, &folds, err));
    model->summary.n_folds = (int)n_folds;
    WBI_TRY(read_not_negative(&model->summary.auc_se, &folds, "auc_se", err));
    WBI_TRY(read_not_negative(&model->summary.log_loss_se, &folds, "log_loss_se", err));
    WBI_TRY(read_decile_edges(model, &folds, err));
    WBI_TRY(read_decile_shares(model, &folds, err));
    WBI_TRY(wbi_json_object(&out_of_fold, &folds, "out_of_fold", err));
    return read_metrics(&model->summary.out_of_fold, &model->summary, &out_of_fold, err);
}
