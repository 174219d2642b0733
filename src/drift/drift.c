/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <winback/drift.h>

#include <math.h>
#include <string.h>
#include <winback/score.h>

#include "base/error.h"
#include "base/memory.h"
#include "drift/bins.h"
#include "model/model.h"
#include "par/par.h"
#include "score/feature_column.h"
#include "solve/inference.h"
#include "table/spill.h"

enum { CHUNK_ROWS = WBI_SCORE_GROUP_ROWS };
static const double FALSE_ALARMS = 0.05;

const char *wb_drift_verdict_name(wb_drift_verdict verdict)
{
    static const char *const names[] = {"none", "some", "major"};
    return verdict >= WB_DRIFT_NONE && verdict <= WB_DRIFT_MAJOR ? names[verdict] : NULL;
}

static void clear_feature(wb_drift_feature *feature)
{
    for (size_t b = 0; b < feature->n_bins; b++)
        wbi_free(feature->bins[b].label);
    wbi_free(feature->bins);
    wbi_free(feature->feature);
}

void wb_drift_free(wb_drift *drift)
{
    if (drift == NULL)
        return;
    for (size_t f = 0; drift->features != NULL && f < drift->n_features; f++)
        clear_feature(&drift->features[f]);
    clear_feature(&drift->score);
    wbi_free(drift->features);
    wbi_free(drift);
}

typedef struct measuring {
    const wb_model *model;
    const wb_scorer *scorer;
    const wb_table *table;
    wb_drift *drift;
} measuring;

static void judge(wb_drift_feature *feature, uint64_t n_before, uint64_t n_now, size_t n_features)
{
    const double by_chance = 1 / (double)n_before + 1 / (double)n_now;
    if (feature->n_bins > 1)
        feature->critical = by_chance * wbi_chi_square_limit(FALSE_ALARMS / (double)n_features, feature->n_bins - 1);
    if (feature->psi > feature->critical && feature->psi >= WB_DRIFT_SOME_FROM)
        feature->verdict = feature->psi >= WB_DRIFT_MAJOR_FROM ? WB_DRIFT_MAJOR : WB_DRIFT_SOME;
}

/* ---- a feature ---- */

/* Counts the rows into bins, and takes the mean of what the feature adds to the log-odds. */
static void count_rows(wb_drift_feature *out, wbi_bins *bins, const measuring *work, size_t f, wbi_term_columns *columns)
{
    const size_t n_rows = wb_table_n_rows(work->table);
    const int32_t n_codes = (int32_t)wbi_scorer_n_levels(work->scorer, f);
    double adds[CHUNK_ROWS], sum = 0;
    wbi_score_tally tally = {0, 0, 0};
    for (size_t at = 0; at < n_rows; at += CHUNK_ROWS) {
        const size_t n = n_rows - at < CHUNK_ROWS ? n_rows - at : CHUNK_ROWS;
        const wbi_score_column rows = wbi_term_columns_rows(columns, at, n);
        wbi_scorer_adds(work->scorer, f, adds, &rows, n, &tally);
        for (size_t i = 0; i < n; i++)
            sum += fabs(adds[i]);
        if (rows.numbers != NULL)
            wbi_bins_count_numbers(bins, rows.numbers, n);
        else
            wbi_bins_count_levels(bins, rows.codes, n_codes, n);
    }
    out->importance = sum / (double)n_rows;
    out->unseen_now = (double)tally.n_unseen / (double)n_rows;
    out->outside_now = (double)tally.n_outside / (double)n_rows;
}

static wb_status measure_feature(const measuring *work, size_t f, wb_error *err)
{
    wb_status status = WB_OK;
    wb_drift_feature *out = &work->drift->features[f];
    wbi_bins bins = {0};
    wbi_term_columns columns = {.n = 0};
    const wbi_term *term = work->model->basis->terms[f];
    const wbi_reference reference = term->kind->reference(term);
    const bool is_category = term->kind->type == WB_TYPE_CATEGORY;
    const uint64_t n_before = work->drift->n_before, n_now = work->drift->n_now;
    if ((out->feature = wbi_strdup(term->feature)) == NULL)
        return wbi_fail_nomem(err, strlen(term->feature) + 1);
    WBI_TRY_CLEANUP(wbi_term_columns_open(&columns, work->scorer, f, work->table, err));
    WBI_TRY_CLEANUP((is_category ? wbi_bins_of_levels : wbi_bins_of_numbers)(&bins, &reference, n_before, err));
    count_rows(out, &bins, work, f, &columns);
    WBI_TRY_CLEANUP((is_category ? wbi_bins_compare_levels : wbi_bins_compare_numbers)(out, &bins, err));
    out->missing_before = reference.missing;
    out->missing_now = (double)bins.now[bins.n - 1] / (double)n_now;
    judge(out, n_before, n_now, work->drift->n_features);
cleanup:
    wbi_term_columns_close(&columns);
    wbi_bins_clear(&bins);
    return status;
}

static wb_status measure_features(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    (void)block;
    (void)worker;
    for (size_t f = begin; f < end; f++)
        WBI_TRY(measure_feature(context, f, err));
    return WB_OK;
}

/* ---- the score ---- */

static wb_status measure_score(const measuring *work, const double *probability, wb_error *err)
{
    const wb_model *model = work->model;
    const double *shares = isnan(model->tenths.shares[0]) ? NULL : model->tenths.shares;
    wb_drift *drift = work->drift;
    wbi_bins bins = {0};
    if ((drift->score.feature = wbi_strdup("score")) == NULL)
        return wbi_fail_nomem(err, sizeof "score");
    drift->score.importance = NAN;
    if (model->n_decile_edges == 0 || model->summary.out_of_fold.n == 0)
        return WB_OK;
    drift->n_score_before = model->summary.out_of_fold.n;
    wb_status status = wbi_bins_of_scores(&bins, model->tenths.edges, shares, drift->n_score_before, err);
    if (status == WB_OK) {
        wbi_bins_count_scores(&bins, probability, drift->n_now);
        status = wbi_bins_compare_scores(&drift->score, &bins, err);
    }
    if (status == WB_OK)
        judge(&drift->score, drift->n_score_before, drift->n_now, drift->n_features);
    wbi_bins_clear(&bins);
    return status;
}

static wb_status score_rows(double **probability, const measuring *work, int n_threads, wb_error *err)
{
    const size_t n = wb_table_n_rows(work->table);
    wb_score_report report = {.features = NULL};
    *probability = wbi_alloc_array(n, sizeof **probability);
    if (*probability == NULL)
        return wbi_fail_nomem(err, n * sizeof **probability);
    WBI_TRY(wb_score_table(work->model, work->table, *probability, &report, n_threads, err));
    work->drift->mean_now = report.mean_probability;
    return WB_OK;
}

static wb_status create(wb_drift **out, const wb_model *model, const wb_table *table, wb_error *err)
{
    wb_drift *drift = wbi_alloc_zeroed(1, sizeof *drift);
    if (drift == NULL)
        return wbi_fail_nomem(err, sizeof *drift);
    const size_t n = drift->n_features = model->basis->n_terms;
    drift->features = wbi_alloc_zeroed(n, sizeof *drift->features);
    if (drift->features == NULL) {
        wb_drift_free(drift);
        return wbi_fail_nomem(err, n * sizeof *drift->features);
    }
    drift->n_before = model->summary.n_rows;
    drift->n_now = wb_table_n_rows(table);
    wb_treatment treatment;
    drift->mean_before = wb_model_treatment(model, &treatment) ? treatment.rate_control : model->summary.base_rate;
    *out = drift;
    return WB_OK;
}

wb_status wb_drift_measure(wb_drift **out, const wb_model *model, const wb_features *now, int n_threads, wb_error *err)
{
    wb_status status = WB_OK;
    const wb_table *table = wb_features_table(now);
    wb_drift *drift = NULL;
    wb_scorer *scorer = NULL;
    double *probability = NULL;
    WBI_TRY(wbi_table_in_memory(table, "measuring drift", err));
    if (wb_table_n_rows(table) == 0)
        return wbi_fail(err, WB_ERR_INCONSISTENT, "the features have no rows, so there is nothing to compare");
    WBI_TRY_CLEANUP(create(&drift, model, table, err));
    WBI_TRY_CLEANUP(wb_scorer_create(&scorer, model, err));
    measuring work = {model, scorer, table, drift};
    WBI_TRY_CLEANUP(score_rows(&probability, &work, n_threads, err));
    WBI_TRY_CLEANUP(wbi_par_for(drift->n_features, 1, wbi_par_threads(n_threads), measure_features, &work, err));
    WBI_TRY_CLEANUP(measure_score(&work, probability, err));
    drift->worst = drift->score.verdict;
    for (size_t f = 0; f < drift->n_features; f++)
        drift->worst = drift->features[f].verdict > drift->worst ? drift->features[f].verdict : drift->worst;
    *out = drift;
    drift = NULL;
cleanup:
    wb_drift_free(drift);
    wb_scorer_free(scorer);
    wbi_free(probability);
    return status;
}
