/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/interval.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "kernel/kernel.h"
#include "model/model.h"
#include "par/par.h"
#include "table/spill.h"

enum { CHUNK_ROWS = 256, BLOCK_ROWS = 4096 };

struct wbi_intervals {
    const wb_model *model;
    const wbi_kernels *kernels;
    size_t stride;  /* of the design's rows */
    double *packed; /* the covariance */
};

wb_status wbi_intervals_create(wbi_intervals **out, const wb_model *model, const char *cov_path, wb_error *err)
{
    const size_t n = wb_model_n_coefficients(model);
    const size_t stride = (n + WBI_KERNEL_PAD - 1) / WBI_KERNEL_PAD * WBI_KERNEL_PAD;
    wb_status status = WB_OK;
    wbi_intervals *intervals = wbi_alloc_zeroed(1, sizeof *intervals);
    double *covariance = wbi_alloc_array(n, n * sizeof *covariance);
    if (intervals == NULL || covariance == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, n * n * sizeof *covariance));
    WBI_TRY_CLEANUP(wb_model_covariance(covariance, model, cov_path, err));
    *intervals = (wbi_intervals){.model = model, .kernels = wbi_kernels_best(), .stride = stride};
    intervals->packed = wbi_alloc_aligned(stride, stride * sizeof *intervals->packed);
    if (intervals->packed == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, stride * stride * sizeof *intervals->packed));
    wbi_kernel_pack(intervals->packed, covariance, n, stride);
    *out = intervals;
    intervals = NULL;
cleanup:
    wbi_intervals_free(intervals);
    wbi_free(covariance);
    return status;
}

void wbi_intervals_free(wbi_intervals *intervals)
{
    if (intervals == NULL)
        return;
    wbi_free(intervals->packed);
    wbi_free(intervals);
}

size_t wbi_intervals_scratch(const wbi_intervals *intervals)
{
    return CHUNK_ROWS * intervals->stride;
}

/* Log-odds and their variances become the ends. Rounding may leave a variance of 0 below it. One that overflows says that
 * nothing is known. */
static wb_status find_ends(double *low, double *high, const double *eta, const double *variance, size_t n, wb_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(eta[i]))
            return wbi_fail(err, WB_ERR_INCONSISTENT, "a score is not a number: the row's values overflow the model's");
        const bool known = variance[i] < INFINITY;
        const double reach = WBI_NORMAL_975 * sqrt(fmax(0, variance[i]));
        low[i] = known ? eta[i] - reach : -INFINITY;
        high[i] = known ? eta[i] + reach : INFINITY;
    }
    return WB_OK;
}

wb_status wbi_intervals_rows(const wbi_intervals *intervals, double *low, double *high, const wbi_interval_rows *rows,
                             wb_error *err)
{
    double eta[CHUNK_ROWS], variance[CHUNK_ROWS];
    for (size_t at = rows->begin; at < rows->end; at += CHUNK_ROWS, low += CHUNK_ROWS, high += CHUNK_ROWS) {
        const size_t n = rows->end - at < CHUNK_ROWS ? rows->end - at : CHUNK_ROWS;
        const wbi_matrix_rows x = {rows->scratch, intervals->stride, n, rows->encoder->n_columns};
        wbi_encoder_fill(rows->encoder, rows->scratch, NULL, at, n);
        intervals->kernels->eta(eta, &x, intervals->model->beta);
        intervals->kernels->quadratic(variance, &x, intervals->packed);
        WBI_TRY(find_ends(low, high, eta, variance, n, err));
        wbi_calibrate(&intervals->model->calibration, low, low, n);
        wbi_calibrate(&intervals->model->calibration, high, high, n);
    }
    return WB_OK;
}

/* ---- a table as a whole ---- */

typedef struct scoring {
    const wbi_intervals *intervals;
    const wbi_encoder *encoder;
    double *scratch; /* of all workers */
    double *low, *high;
} scoring;

static wb_status fill_block(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    const scoring *work = context;
    double *scratch = work->scratch + (size_t)worker * wbi_intervals_scratch(work->intervals);
    const wbi_interval_rows rows = {work->encoder, begin, end, scratch};
    (void)block;
    return wbi_intervals_rows(work->intervals, work->low + begin, work->high + begin, &rows, err);
}

wb_status wb_score_intervals(const wb_model *model, const char *cov_path, const wb_table *table, double *low, double *high,
                             int n_threads, wb_error *err)
{
    wb_status status = WB_OK;
    wbi_intervals *intervals = NULL;
    wbi_encoder *encoder = NULL;
    double *scratch = NULL;
    n_threads = wbi_par_threads(n_threads);
    WBI_TRY(wbi_table_in_memory(table, "scoring", err));
    WBI_TRY_CLEANUP(wbi_intervals_create(&intervals, model, cov_path, err));
    WBI_TRY_CLEANUP(wbi_encoder_create(&encoder, model->basis, table, err));
    const size_t n_scratch = (size_t)n_threads * wbi_intervals_scratch(intervals);
    scratch = wbi_alloc_aligned(n_scratch, sizeof *scratch);
    if (scratch == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, n_scratch * sizeof *scratch));
    scoring work = {intervals, encoder, scratch, low, high};
    status = wbi_par_for(wb_table_n_rows(table), BLOCK_ROWS, n_threads, fill_block, &work, err);
cleanup:
    wbi_free(scratch);
    wbi_encoder_free(encoder);
    wbi_intervals_free(intervals);
    return status;
}
