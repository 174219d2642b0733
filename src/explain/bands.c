/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "explain/bands.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "model/inference.h"

enum { CHUNK_ROWS = 64 };

/* The columns of a term within a row of the design. */
typedef struct columns {
    const double *covariance; /* of all */
    size_t n, begin, end;
} columns;

/* d'Vd, d = x - y (y NULL: x) */
static double variance(const columns *of, const double *x, const double *y)
{
    double sum = 0;
    for (size_t j = of->begin; j < of->end; j++) {
        const double *row = of->covariance + j * of->n;
        double inner = 0;
        for (size_t k = of->begin; k < of->end; k++)
            inner += row[k] * (x[k] - (y == NULL ? 0 : y[k]));
        sum += inner * (x[j] - (y == NULL ? 0 : y[j]));
    }
    return fmax(0, sum);
}

static void set_band(wb_effect_point *point, const columns *of, const double *x, const double *typical)
{
    const double reach = WBI_NORMAL_975 * sqrt(variance(of, x, NULL)), apart = WBI_NORMAL_975 * sqrt(variance(of, x, typical));
    point->low = point->log_odds - reach;
    point->high = point->log_odds + reach;
    point->odds_low = point->odds_ratio * exp(-apart);
    point->odds_high = point->odds_ratio * exp(apart);
}

/* Rows [begin, begin + n) of the table of points; typical values are in row 0. */
static void set_bands(wb_effect *effects, const wb_model *model, const double *covariance, const double *x, size_t stride,
                      const double *typical, size_t begin, size_t n)
{
    const wbi_basis *basis = model->basis;
    columns of = {covariance, basis->n_columns + 1, 1, 1};
    for (size_t t = 0; t < basis->n_terms; t++) {
        for (of.end = of.begin; of.end < of.n && basis->columns[of.end - 1].term == t; of.end++) {
        }
        for (size_t i = 0; i < n; i++)
            if (begin + i >= 1 && begin + i <= effects[t].n_points)
                set_band(&effects[t].points[begin + i - 1], &of, x + i * stride, typical);
        of.begin = of.end;
    }
}

wb_status wbi_bands(wb_effect *effects, const wb_model *model, const wb_table *points, const char *cov_path, wb_error *err)
{
    wb_status status = WB_OK;
    const size_t n = model->basis->n_columns + 1, n_rows = wb_table_n_rows(points);
    wbi_encoder *encoder = NULL;
    double *x = NULL, *typical = NULL, *covariance = wbi_alloc_array(n, n * sizeof *covariance);
    if (covariance == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, n * n * sizeof *covariance));
    WBI_TRY_CLEANUP(wb_model_covariance(covariance, model, cov_path, err));
    WBI_TRY_CLEANUP(wbi_encoder_create_made(&encoder, model->basis, points, err));
    x = wbi_alloc_aligned(CHUNK_ROWS * encoder->stride, sizeof *x);
    typical = wbi_alloc_array(encoder->stride, sizeof *typical);
    if (x == NULL || typical == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, CHUNK_ROWS * encoder->stride * sizeof *x));
    for (size_t at = 0; at < n_rows; at += CHUNK_ROWS) {
        const size_t n_here = n_rows - at < CHUNK_ROWS ? n_rows - at : CHUNK_ROWS;
        wbi_encoder_fill(encoder, x, NULL, at, n_here);
        if (at == 0)
            memcpy(typical, x, encoder->stride * sizeof *x);
        set_bands(effects, model, covariance, x, encoder->stride, typical, at, n_here);
    }
cleanup:
    wbi_encoder_free(encoder);
    wbi_free(covariance);
    wbi_free(typical);
    wbi_free(x);
    return status;
}
