/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/predict.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "kernel/kernel.h"
#include "model/model.h"
#include "par/par.h"
#include "table/spill.h"

enum { CHUNK_ROWS = 256, BLOCK_ROWS = 4096 };

struct wbi_predictor {
    const wb_model *model;
    wbi_encoder *encoder;
    const wbi_kernels *kernels;
    double *scratch; /* a chunk of the design a worker */
};

wb_status wbi_predictor_create(wbi_predictor **out, const wb_model *model, const wb_table *table, int n_workers,
                               wb_error *err)
{
    wb_status status = WB_OK;
    wbi_predictor *predictor = wbi_alloc_zeroed(1, sizeof *predictor);
    if (predictor == NULL)
        return wbi_fail_nomem(err, sizeof *predictor);
    predictor->model = model;
    predictor->kernels = wbi_kernels_best();
    WBI_TRY_CLEANUP(wbi_encoder_create(&predictor->encoder, model->basis, table, err));
    size_t chunk = CHUNK_ROWS * predictor->encoder->stride;
    predictor->scratch = wbi_alloc_aligned((size_t)n_workers * chunk, sizeof *predictor->scratch);
    if (predictor->scratch == NULL) {
        status = wbi_fail_nomem(err, (size_t)n_workers * chunk * sizeof *predictor->scratch);
        goto cleanup;
    }
    *out = predictor;
    return WB_OK;
cleanup:
    wbi_predictor_free(predictor);
    return status;
}

void wbi_predictor_free(wbi_predictor *predictor)
{
    if (predictor == NULL)
        return;
    wbi_encoder_free(predictor->encoder);
    wbi_free(predictor->scratch);
    wbi_free(predictor);
}

wb_status wbi_predictor_refresh(wbi_predictor *predictor, wb_error *err)
{
    return wbi_encoder_refresh(predictor->encoder, err);
}

/* A probability that is none comes from numbers that overflow against the model's scales. */
static wb_status check(const double *probability, size_t n, wb_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(probability[i]))
            return wbi_fail(err, WB_ERR_INCONSISTENT, "a score is not a number: the row's values overflow the model's");
    return WB_OK;
}

wb_status wbi_predictor_rows(const wbi_predictor *predictor, double *probability, size_t begin, size_t end, int worker,
                             wbi_encoder_tally *tally, wb_error *err)
{
    const wbi_encoder *encoder = predictor->encoder;
    double *x = predictor->scratch + (size_t)worker * CHUNK_ROWS * encoder->stride;
    double eta[CHUNK_ROWS];
    for (size_t at = begin; at < end; at += CHUNK_ROWS) {
        size_t n = end - at < CHUNK_ROWS ? end - at : CHUNK_ROWS;
        wbi_matrix_rows rows = {x, encoder->stride, n, encoder->n_columns};
        wbi_encoder_fill(encoder, x, NULL, at, n, tally);
        predictor->kernels->eta(eta, &rows, predictor->model->beta);
        predictor->kernels->sigmoid(probability + (at - begin), eta, n);
        WBI_TRY(check(probability + (at - begin), n, err));
    }
    return WB_OK;
}

static bool is_key(const char *name)
{
    return strcmp(name, "customer_id") == 0 || strcmp(name, "cutoff") == 0 || strncmp(name, "label_", 6) == 0;
}

uint64_t wbi_n_ignored_columns(const wb_model *model, const wb_table *table)
{
    uint64_t n = 0;
    for (size_t c = 0; c < wb_table_n_columns(table); c++) {
        bool read = is_key(wb_table_name(table, c));
        wb_type type;
        for (size_t f = 0; f < wbi_model_n_features(model) && !read; f++)
            read = strcmp(wbi_model_feature(model, f, &type), wb_table_name(table, c)) == 0;
        n += !read;
    }
    return n;
}

typedef struct scoring {
    const wbi_predictor *predictor;
    double *probability;
    wbi_encoder_tally *tally; /* one a block, as blocks run at once */
} scoring;

static wb_status score_block(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const scoring *work = context;
    return wbi_predictor_rows(work->predictor, work->probability + begin, begin, end, worker, &work->tally[block], err);
}

static void fill_report(wb_score_report *report, const scoring *work, const wb_model *model, const wb_table *table)
{
    size_t n_rows = wb_table_n_rows(table);
    *report = (wb_score_report){.n_rows = n_rows, .n_ignored_columns = wbi_n_ignored_columns(model, table)};
    for (size_t b = 0; b < wbi_par_n_blocks(n_rows, BLOCK_ROWS); b++) {
        report->n_imputed += work->tally[b].n_imputed;
        report->n_unseen += work->tally[b].n_unseen;
    }
    double sum = 0;
    for (size_t i = 0; i < n_rows; i++)
        sum += work->probability[i];
    report->mean_probability = n_rows == 0 ? (double)NAN : sum / (double)n_rows;
}

wb_status wb_score_table(const wb_model *model, const wb_table *table, double *probability, wb_score_report *report,
                         int n_threads, wb_error *err)
{
    wb_status status = WB_OK;
    size_t n_rows = wb_table_n_rows(table), n_blocks = wbi_par_n_blocks(n_rows, BLOCK_ROWS);
    n_threads = wbi_par_threads(n_threads);
    wbi_predictor *predictor = NULL;
    WBI_TRY(wbi_table_in_memory(table, "scoring", err));
    wbi_encoder_tally *tally = wbi_alloc_zeroed(n_blocks, sizeof *tally);
    if (tally == NULL)
        return wbi_fail_nomem(err, n_blocks * sizeof *tally);
    WBI_TRY_CLEANUP(wbi_predictor_create(&predictor, model, table, n_threads, err));
    scoring work = {predictor, probability, tally};
    WBI_TRY_CLEANUP(wbi_par_for(n_rows, BLOCK_ROWS, n_threads, score_block, &work, err));
    if (report != NULL)
        fill_report(report, &work, model, table);
cleanup:
    wbi_predictor_free(predictor);
    wbi_free(tally);
    return status;
}
