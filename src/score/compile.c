/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a model to a scorer. */
#include <string.h>

#include "base/memory.h"
#include "model/model.h"
#include "score/compiled.h"

enum { LANES = WBI_SCORE_LANES };

static bool is_line(const wbi_scorer_term *term)
{
    return term->adds.form == WBI_CONTRIBUTION_LINE;
}

/* As a vector of LANES neighbouring columns reads them: the last one of a row overlaps the one before. */
static size_t lane_of(size_t feature, size_t n_features)
{
    const size_t whole = n_features / LANES * LANES;
    return feature < whole || n_features < LANES ? feature % LANES : feature + LANES - n_features;
}

static wb_status add_feature(wb_scorer *scorer, const char *name, wb_type type, size_t term, wb_error *err)
{
    wbi_scorer_feature *feature = &scorer->features[scorer->n_features++];
    *feature = (wbi_scorer_feature){wbi_strdup(name), type, term};
    return feature->name == NULL ? wbi_fail_nomem(err, strlen(name) + 1) : WB_OK;
}

/* The place of a number, added unless it is there. */
static wb_status place_number(size_t *place, wb_scorer *scorer, const char *name, wb_error *err)
{
    for (*place = 0; *place < scorer->n_features; ++*place)
        if (strcmp(scorer->features[*place].name, name) == 0)
            return WB_OK;
    return add_feature(scorer, name, WB_TYPE_NUMBER, SIZE_MAX, err);
}

/* Features that are terms themselves come first, one after the other, so that they are in the terms' order. */
static wb_status list_features(wb_scorer *scorer, const wbi_basis *basis, wb_error *err)
{
    for (size_t t = 0; t < basis->n_terms; t++) {
        const wbi_term *term = basis->terms[t];
        if (term->purchases != NULL)
            continue;
        scorer->terms[t].reads[0] = scorer->n_features;
        WBI_TRY(add_feature(scorer, term->feature, term->kind->type, t, err));
    }
    for (size_t t = 0; t < basis->n_terms; t++) {
        const wbi_purchases *made = basis->terms[t]->purchases;
        for (size_t k = 0; made != NULL && k < WBI_PURCHASES_READS; k++)
            WBI_TRY(place_number(&scorer->terms[t].reads[k], scorer, made->reads[k], err));
    }
    return WB_OK;
}

static wb_status add_term(wb_scorer *scorer, const wbi_basis *basis, const double *beta, size_t t, wb_error *err)
{
    wbi_scorer_term *term = &scorer->terms[t];
    const wbi_purchases *made = basis->terms[t]->purchases;
    if (made != NULL) {
        term->made = true;
        term->purchases = made->model;
        term->horizon_days = made->horizon_days;
    }
    WBI_TRY(wbi_contribution_compile(&term->adds, basis, beta, t, err));
    term->lane = is_line(term) ? lane_of(term->reads[0], scorer->n_features) : LANES;
    scorer->row.base += term->adds.constant;
    if (!is_line(term))
        scorer->others[scorer->n_others++] = t;
    return WB_OK;
}

/* Groups of neighbouring columns, each line in the lane of its feature. */
static wb_status lay_out_rows(wb_scorer *scorer, wb_error *err)
{
    wbi_score_lines *row = &scorer->row;
    const size_t n = scorer->n_features;
    row->n_columns = n;
    row->n_groups = (n + LANES - 1) / LANES;
    row->at = wbi_alloc_zeroed(row->n_groups, sizeof *row->at);
    row->slope = wbi_alloc_zeroed(3 * row->n_groups, LANES * sizeof *row->slope);
    if (row->at == NULL || row->slope == NULL)
        return wbi_fail_nomem(err, 3 * row->n_groups * LANES * sizeof *row->slope);
    row->centre = row->slope + row->n_groups * LANES;
    row->missing = row->centre + row->n_groups * LANES;
    for (size_t g = 1; g < row->n_groups; g++)
        row->at[g] = (g + 1) * LANES <= n ? g * LANES : n - LANES;
    for (size_t t = 0; t < scorer->n_terms; t++) {
        const wbi_scorer_term *term = &scorer->terms[t];
        const size_t place = term->reads[0] / LANES * LANES + term->lane;
        if (!is_line(term))
            continue;
        row->slope[place] = term->adds.line.slope;
        row->centre[place] = term->adds.line.centre;
        row->missing[place] = term->adds.line.missing;
    }
    return WB_OK;
}

static size_t count_reads(const wbi_basis *basis)
{
    size_t n = 0;
    for (size_t t = 0; t < basis->n_terms; t++)
        n += basis->terms[t]->purchases == NULL ? 1 : WBI_PURCHASES_READS;
    return n;
}

/* Of the model's basis with these coefficients. */
static wb_status create(wb_scorer **out, const wb_model *model, const double *beta, wb_error *err)
{
    wb_status status = WB_OK;
    const size_t n = model->basis->n_terms;
    wb_scorer *scorer = wbi_alloc_zeroed(1, sizeof *scorer);
    if (scorer == NULL)
        return wbi_fail_nomem(err, sizeof *scorer);
    scorer->kernels = wbi_score_kernels_best();
    scorer->base = scorer->row.base = beta[0];
    scorer->features = wbi_alloc_array(count_reads(model->basis), sizeof *scorer->features);
    scorer->terms = wbi_alloc_aligned(n, sizeof *scorer->terms);
    scorer->others = wbi_alloc_array(n, sizeof *scorer->others);
    if (scorer->features == NULL || scorer->terms == NULL || scorer->others == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, n * sizeof *scorer->terms));
    scorer->n_terms = n;
    memset(scorer->terms, 0, n * sizeof *scorer->terms);
    WBI_TRY_CLEANUP(list_features(scorer, model->basis, err));
    for (size_t t = 0; t < n; t++)
        WBI_TRY_CLEANUP(add_term(scorer, model->basis, beta, t, err));
    WBI_TRY_CLEANUP(lay_out_rows(scorer, err));
    WBI_TRY_CLEANUP(wbi_calibration_copy(&scorer->calibration, &model->calibration, err));
    *out = scorer;
cleanup:
    if (status != WB_OK)
        wb_scorer_free(scorer);
    return status;
}

wb_status wb_scorer_create(wb_scorer **out, const wb_model *model, wb_error *err)
{
    return create(out, model, model->beta, err);
}

wb_status wb_scorer_create_treated(wb_scorer **out, const wb_model *model, wb_error *err)
{
    const size_t n = model->basis->n_columns + 1;
    if (model->treatment == NULL)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the model knows no treatment: it was trained without one");
    double *beta = wbi_alloc_array(n, sizeof *beta);
    if (beta == NULL)
        return wbi_fail_nomem(err, n * sizeof *beta);
    for (size_t j = 0; j < n; j++)
        beta[j] = model->beta[j] + model->treatment->adds[j];
    const wb_status status = create(out, model, beta, err);
    wbi_free(beta);
    return status;
}

void wb_scorer_free(wb_scorer *scorer)
{
    if (scorer == NULL)
        return;
    for (size_t f = 0; f < scorer->n_features; f++)
        wbi_free(scorer->features[f].name);
    for (size_t t = 0; t < scorer->n_terms; t++)
        wbi_contribution_clear(&scorer->terms[t].adds);
    wbi_free(scorer->features);
    wbi_free(scorer->terms);
    wbi_free(scorer->others);
    wbi_free(scorer->row.at);
    wbi_free(scorer->row.slope);
    wbi_calibration_clear(&scorer->calibration);
    wbi_free(scorer);
}
