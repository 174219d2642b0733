/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How certain the coefficients are, and what of that the user should hear. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "model/model.h"
#include "solve/inference.h"
#include "train/train.h"

/* Belsley's condition index, the root of this, is to be feared from 30 on; coefficients lose digits from here. */
static const double HUGE_CONDITION = 1e6;

/* Rows are not independent, or do not count alike. */
static bool needs_scores(const wbi_part *part)
{
    uint32_t any = 0; /* all rows are looked at, which is fast */
    for (size_t i = 1; i < part->n; i++)
        any |= part->customer[i] == part->customer[i - 1];
    for (size_t i = 1; i < part->n && !part->alike; i++)
        any |= part->weight[i] != part->weight[0];
    return any != 0;
}

/* Room for what the covariance is made of, n x n each. */
typedef struct bench {
    double *information, *scores, *ridge;
} bench;

static wb_status find_covariance(wbi_inference *out, bool *definite, wbi_optimum *at, const bench *room,
                                 wbi_newton *newton, const wbi_part *part, wb_error *err)
{
    const wbi_likelihood *data = wbi_newton_likelihood(newton);
    WBI_TRY(wbi_newton_information(newton, room->information, err));
    out->kind = WB_COVARIANCE_HESSIAN;
    if (needs_scores(part)) {
        out->kind = WB_COVARIANCE_BY_CUSTOMER;
        at->scores = room->scores;
        WBI_TRY(wbi_customer_scores(room->scores, data, wbi_newton_now(newton).beta, part->customer, err));
    }
    WBI_TRY(wbi_covariance(out->covariance, definite, at, err));
    return wbi_condition_number(&out->condition_number, room->information, out->n, err);
}

/* The whole number to which effective degrees of freedom are rounded, as in mgcv: up, but for a twentieth. */
static size_t rank_for(double freedom, size_t n_columns)
{
    const size_t whole = (size_t)fmax(0, freedom - 0.05) + 1;
    return whole < n_columns ? whole : n_columns;
}

static wb_status test_terms(wbi_inference *out, const wbi_fit *fit, const double *beta, const wbi_optimum *at,
                            wb_error *err)
{
    const wbi_basis *basis = fit->basis;
    size_t begin = 1, end;
    for (size_t t = 0; t < basis->n_terms; t++, begin = end) {
        for (end = begin; end < out->n && basis->columns[end - 1].term == t; end++) {
        }
        out->df[t] = end - begin;
        if (wbi_term_n_penalised(basis->terms[t]) > 0) {
            out->df[t] = rank_for(fit->smoothness->terms[t].freedom, end - begin);
            WBI_TRY(wbi_wald_of_rank(&out->chi_square[t], beta, at, out->covariance, begin, end, out->df[t], err));
        } else {
            WBI_TRY(wbi_wald(&out->chi_square[t], beta, out->covariance, out->n, begin, end, err));
        }
        out->p[t] = wbi_chi_square_above(out->chi_square[t], out->df[t]);
    }
    return WB_OK;
}

static wb_status infer(wbi_inference *out, bool *definite, const wbi_fit *fit, const bench *room,
                       const wbi_penalties *terms, wbi_newton *newton, const wbi_part *part, wb_error *err)
{
    wbi_optimum at = {.information = room->information,
                      .ridge = room->ridge,
                      .terms = terms,
                      .total_weight = wbi_newton_likelihood(newton)->total_weight,
                      .n_rows = part->n,
                      .n = out->n};
    WBI_TRY(find_covariance(out, definite, &at, room, newton, part, err));
    if (!*definite)
        return WB_OK;
    WBI_TRY(test_terms(out, fit, wbi_newton_now(newton).beta, &at, err));
    return wbi_inference_complete(out, fit->basis, err);
}

wb_status wbi_infer(wbi_fit *fit, wbi_newton *newton, const wbi_part *part, const wbi_infer_options *options,
                    wb_error *err)
{
    const size_t n = fit->basis->n_columns + 1;
    wb_status status = WB_OK;
    bool definite = false;
    wbi_inference *inference = NULL;
    bench room = {wbi_alloc_array(n, n * sizeof(double)), wbi_alloc_array(n, n * sizeof(double)),
                  wbi_alloc_array(n, sizeof(double))};
    WBI_TRY_CLEANUP(wbi_inference_create(&inference, n, fit->basis->n_terms, err));
    inference->covariance = wbi_alloc_array(n, n * sizeof(double));
    if (room.information == NULL || room.scores == NULL || room.ridge == NULL || inference->covariance == NULL) {
        status = wbi_fail_nomem(err, n * n * sizeof(double));
        goto cleanup;
    }
    for (size_t j = 0; j < n; j++)
        room.ridge[j] = options->lambda * options->penalty[j];
    WBI_TRY_CLEANUP(wbi_variance_inflation(inference->vif, options->crossproduct, n, err));
    inference->vif[0] = NAN;
    WBI_TRY_CLEANUP(infer(inference, &definite, fit, &room, options->terms, newton, part, err));
    if (definite) {
        fit->inference = inference;
        inference = NULL;
    }
cleanup:
    wbi_inference_free(inference);
    wbi_free(room.information);
    wbi_free(room.scores);
    wbi_free(room.ridge);
    return status;
}

/* ---- warnings ---- */

void wbi_warn_collinear(const wb_model *model, const wb_log *log)
{
    wb_model_summary summary = wb_model_summarise(model);
    if (!(summary.condition_number > HUGE_CONDITION) || summary.lambda > 0 || model->smoothness != NULL)
        return;
    wb_coefficient worst = wb_model_coefficient(model, 1);
    for (size_t j = 2; j < wb_model_n_coefficients(model); j++)
        if (wb_model_coefficient(model, j).vif > worst.vif)
            worst = wb_model_coefficient(model, j);
    wbi_log(log, WB_LOG_WARNING,
            "columns nearly determine each other (condition number %.1e; %s most, variance inflation %.3g): their "
            "coefficients mean little one by one; leave some out, or use --penalty ridge",
            summary.condition_number, worst.column, worst.vif);
}

wb_status wbi_warn_overlap(const wbi_training *training, const wb_features *features, wb_error *err)
{
    const size_t column = wb_table_find(training->table, "cutoff");
    const int64_t *cutoff = column == SIZE_MAX ? NULL : wb_table_times(training->table, column);
    const wbi_part *all = &training->all;
    wbi_label_window window;
    int64_t nearest_us = INT64_MAX;
    if (cutoff == NULL)
        return WB_OK;
    WBI_TRY(wbi_label_find_window(&window, features, wbi_label_name(training->table, training->target), err));
    const int64_t horizon_us = window.horizon_us;
    for (size_t i = 1; horizon_us > 0 && i < all->n; i++) {
        int64_t apart_us = cutoff[all->rows[i]] - cutoff[all->rows[i - 1]];
        if (all->customer[i] == all->customer[i - 1] && apart_us > 0 && apart_us < nearest_us)
            nearest_us = apart_us;
    }
    if (nearest_us >= horizon_us)
        return WB_OK;
    char nearest[WB_TIME_CHARS], horizon[WB_TIME_CHARS];
    wb_duration_format(nearest_us, nearest);
    wb_duration_format(horizon_us, horizon);
    wbi_log(training->log, WB_LOG_WARNING,
            "cutoffs are %s apart and the label looks %s ahead: rows of a customer share outcomes, and there is less to "
            "learn from than their number says%s",
            nearest, horizon,
            training->penalty == WB_PENALTY_FIRTH ? "" : "; standard errors, by customer, allow for it");
    return WB_OK;
}
