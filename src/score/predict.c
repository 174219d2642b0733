/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <winback/score.h>

#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "model/model.h"
#include "par/par.h"
#include "score/feature_column.h"
#include "score/plan.h"
#include "score/scorer.h"
#include "table/spill.h"

enum { CHUNK_ROWS = 256, BLOCK_ROWS = 4096 };

static uint64_t n_ignored_columns(const wb_model *model, const wb_table *table)
{
    uint64_t n = 0;
    for (size_t c = 0; c < wb_table_n_columns(table); c++)
        n += wbi_model_ignores(model, "customer_id", wb_table_name(table, c));
    return n;
}

typedef struct scoring {
    wb_scorer *scorer;
    const wbi_calibration *calibration;
    size_t n_features, n_terms;
    wbi_feature_column *sources;
    wbi_score_column *columns; /* one a feature and worker, as are */
    int32_t *codes;            /* CHUNK_ROWS codes of the scorer */
    double *probability;
    wbi_score_tally *tallies; /* one a term and block, as blocks run at once */
} scoring;

/* Where the scorer finds the rows [begin, begin + n), n <= CHUNK_ROWS. */
static const wbi_score_column *show(const scoring *work, size_t begin, size_t n, size_t worker)
{
    wbi_score_column *columns = work->columns + worker * work->n_features;
    for (size_t f = 0; f < work->n_features; f++)
        columns[f] = wbi_feature_column_rows(&work->sources[f], begin, n,
                                             work->codes + (worker * work->n_features + f) * CHUNK_ROWS);
    return columns;
}

/* A probability that is none comes from numbers that overflow against the model's scales. */
static wb_status check(const double *probability, size_t n, wb_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(probability[i]))
            return wbi_fail(err, WB_ERR_INCONSISTENT, "a score is not a number: the row's values overflow the model's");
    return WB_OK;
}

static wb_status score_block(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const scoring *work = context;
    double log_odds[CHUNK_ROWS];
    for (size_t at = begin; at < end; at += CHUNK_ROWS) {
        const size_t n = end - at < CHUNK_ROWS ? end - at : CHUNK_ROWS;
        const wbi_score_column *columns = show(work, at, n, (size_t)worker);
        wbi_scorer_columns(work->scorer, columns, n, log_odds, work->tallies + block * work->n_terms);
        wbi_calibrate(work->calibration, work->probability + at, log_odds, n);
        WBI_TRY(check(work->probability + at, n, err));
    }
    return WB_OK;
}

static wb_score_tally tally_of(const scoring *work, size_t t, size_t n_blocks)
{
    wb_score_tally sum = {0, 0, 0, 0};
    for (size_t b = 0; b < n_blocks; b++) {
        const wbi_score_tally *tally = &work->tallies[b * work->n_terms + t];
        sum.n_imputed += tally->n_imputed;
        sum.n_unseen += tally->n_unseen;
        sum.n_outside += tally->n_outside;
    }
    sum.n_newly_imputed = wbi_scorer_saw_missing(work->scorer, t) ? 0 : sum.n_imputed;
    return sum;
}

static void fill_report(wb_score_report *report, const scoring *work, const wb_model *model, const wb_table *table)
{
    const size_t n_rows = wb_table_n_rows(table), n_blocks = wbi_par_n_blocks(n_rows, BLOCK_ROWS);
    double sum = 0;
    for (size_t i = 0; i < n_rows; i++)
        sum += work->probability[i];
    *report = (wb_score_report){.features = report->features,
                                .n_rows = n_rows,
                                .n_written = n_rows,
                                .n_ignored_columns = n_ignored_columns(model, table),
                                .mean_probability = n_rows == 0 ? (double)NAN : sum / (double)n_rows};
    for (size_t t = 0; t < work->n_terms; t++) {
        const wb_score_tally tally = tally_of(work, t, n_blocks);
        report->n_imputed += tally.n_imputed;
        report->n_unseen += tally.n_unseen;
        report->n_outside += tally.n_outside;
        report->n_newly_imputed += tally.n_newly_imputed;
        if (report->features != NULL)
            report->features[t] = tally;
    }
}

static wb_status create_scoring(scoring *work, const wb_table *table, size_t n_workers, wb_error *err)
{
    const size_t n = work->n_features = wb_scorer_n_features(work->scorer), n_terms = wb_scorer_n_terms(work->scorer);
    const size_t n_blocks = wbi_par_n_blocks(wb_table_n_rows(table), BLOCK_ROWS);
    work->sources = wbi_alloc_zeroed(n, sizeof *work->sources);
    work->columns = wbi_alloc_array(n_workers * n, sizeof *work->columns);
    work->codes = wbi_alloc_array(n_workers * n, CHUNK_ROWS * sizeof *work->codes);
    work->n_terms = n_terms;
    work->tallies = wbi_alloc_zeroed(n_blocks * n_terms, sizeof *work->tallies);
    if (work->sources == NULL || work->columns == NULL || work->codes == NULL || work->tallies == NULL)
        return wbi_fail_nomem(err, n_blocks * n_terms * sizeof *work->tallies);
    for (size_t f = 0; f < n; f++)
        WBI_TRY(wbi_feature_column_open(&work->sources[f], work->scorer, f, table, err));
    return WB_OK;
}

static void free_scoring(scoring *work)
{
    for (size_t f = 0; work->sources != NULL && f < work->n_features; f++)
        wbi_feature_column_close(&work->sources[f]);
    wbi_free(work->sources);
    wbi_free(work->columns);
    wbi_free(work->codes);
    wbi_free(work->tallies);
    wb_scorer_free(work->scorer);
}

/* Takes the scorer, also where it fails. */
static wb_status score_table(scoring *work, const wb_model *model, const wb_table *table, wb_score_report *report, int n_threads,
                             wb_error *err)
{
    wb_status status = WB_OK;
    work->calibration = &model->calibration;
    n_threads = wbi_par_threads(n_threads);
    WBI_TRY_CLEANUP(wbi_table_in_memory(table, "scoring", err));
    WBI_TRY_CLEANUP(create_scoring(work, table, (size_t)n_threads, err));
    WBI_TRY_CLEANUP(wbi_par_for(wb_table_n_rows(table), BLOCK_ROWS, n_threads, score_block, work, err));
    if (report != NULL)
        fill_report(report, work, model, table);
cleanup:
    free_scoring(work);
    return status;
}

wb_status wb_score_table(const wb_model *model, const wb_table *table, double *probability, wb_score_report *report,
                         int n_threads, wb_error *err)
{
    scoring work = {.probability = probability};
    WBI_TRY(wb_scorer_create(&work.scorer, model, err));
    return score_table(&work, model, table, report, n_threads, err);
}

wb_status wb_score_uplift(const wb_model *model, const wb_table *table, double *uplift, int n_threads, wb_error *err)
{
    const size_t n = wb_table_n_rows(table);
    scoring work = {.probability = uplift};
    WBI_TRY(wb_scorer_create_treated(&work.scorer, model, err));
    WBI_TRY(score_table(&work, model, table, NULL, n_threads, err));
    double *untreated = wbi_alloc_array(n, sizeof *untreated);
    if (untreated == NULL)
        return wbi_fail_nomem(err, n * sizeof *untreated);
    const wb_status status = wb_score_table(model, table, untreated, NULL, n_threads, err);
    for (size_t i = 0; status == WB_OK && i < n; i++)
        uplift[i] -= untreated[i];
    wbi_free(untreated);
    return status;
}
