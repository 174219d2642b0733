/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/basis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "kernel/kernel.h"
#include "par/par.h"

void wbi_basis_free(wbi_basis *basis)
{
    if (basis == NULL)
        return;
    for (size_t t = 0; basis->terms != NULL && t < basis->n_terms; t++)
        wbi_term_free(basis->terms[t]);
    for (size_t j = 0; basis->columns != NULL && j < basis->n_columns; j++)
        wbi_free(basis->columns[j].name);
    wbi_free(basis->terms);
    wbi_free(basis->columns);
    wbi_free(basis);
}

/* ---- fitting the terms ---- */

typedef struct fitting {
    wbi_term **terms;
    const wbi_sample *sample;
    const size_t *features;
    bool penalised;
} fitting;

static wb_status fit_terms(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    (void)block;
    (void)worker;
    const fitting *work = context;
    for (size_t t = begin; t < end; t++)
        WBI_TRY(wbi_term_fit(&work->terms[t], work->sample, work->features[t], work->penalised, err));
    return WB_OK;
}

static wb_status list_columns(wbi_basis *basis, wb_error *err)
{
    size_t n = 0;
    for (size_t t = 0; t < basis->n_terms; t++)
        n += basis->terms[t]->n_columns;
    basis->columns = wbi_alloc_zeroed(n, sizeof *basis->columns);
    if (basis->columns == NULL)
        return wbi_fail_nomem(err, n * sizeof *basis->columns);
    for (size_t t = 0; t < basis->n_terms; t++) {
        for (size_t part = 0; part < basis->terms[t]->n_columns; part++) {
            wbi_basis_column *column = &basis->columns[basis->n_columns++];
            *column = (wbi_basis_column){.term = t, .part = part, .mean = 0, .sd = 1};
            WBI_TRY(wbi_term_column_name(&column->name, basis->terms[t], part, err));
        }
    }
    return WB_OK;
}

/* ---- scaling the columns ---- */

enum { SCALE_ROWS = 512 };

typedef struct scaling {
    const wbi_encoder *encoder;
    const wbi_sample *sample;
    double *scratch; /* one block a worker */
    int power;       /* 1: sums of w x, 2: of w x^2 */
} scaling;

static wb_status sum_powers(void *context, size_t block, size_t begin, size_t end, int worker, double *partial,
                            wb_error *err)
{
    (void)block;
    (void)err;
    const scaling *work = context;
    size_t stride = work->encoder->stride;
    double *x = work->scratch + (size_t)worker * SCALE_ROWS * stride;
    wbi_encoder_fill(work->encoder, x, work->sample->rows, begin, end - begin, NULL);
    for (size_t i = begin; i < end; i++, x += stride)
        for (size_t j = 0; j < stride; j++)
            partial[j] += work->sample->weight[i] * (work->power == 1 ? x[j] : x[j] * x[j]);
    return WB_OK;
}

/* sums[j] = weighted mean of column j to the given power, as the basis scales it by now; column 0 is the intercept. */
static wb_status mean_powers(double *sums, const wbi_basis *basis, const wbi_sample *sample, int power, int n_threads,
                             wb_error *err)
{
    wbi_encoder *encoder = NULL;
    WBI_TRY(wbi_encoder_create(&encoder, basis, sample->table, err));
    size_t scratch = (size_t)n_threads * SCALE_ROWS * encoder->stride;
    scaling work = {encoder, sample, wbi_alloc_aligned(scratch, sizeof(double)), power};
    wb_status status = work.scratch == NULL ? wbi_fail_nomem(err, scratch * sizeof(double))
                                            : wbi_par_sum(sample->n, SCALE_ROWS, n_threads, encoder->stride, sum_powers,
                                                          &work, sums, err);
    double total_weight = sums[0]; /* the intercept is 1 */
    for (size_t j = 0; status == WB_OK && j < encoder->n_columns; j++)
        sums[j] /= total_weight;
    wbi_free(work.scratch);
    wbi_encoder_free(encoder);
    return status;
}

/* Two passes: the means, then the squares about them. Until it is known, a column's mean is 0 and its deviation 1. */
static wb_status scale_columns(wbi_basis *basis, const wbi_sample *sample, int n_threads, wb_error *err)
{
    wb_status status = WB_OK;
    double *sums = wbi_alloc_zeroed(basis->n_columns + 1 + WBI_KERNEL_PAD, sizeof *sums);
    if (sums == NULL)
        return wbi_fail_nomem(err, basis->n_columns * sizeof *sums);
    WBI_TRY_CLEANUP(mean_powers(sums, basis, sample, 1, n_threads, err));
    for (size_t j = 0; j < basis->n_columns; j++)
        basis->columns[j].mean = sums[j + 1];
    WBI_TRY_CLEANUP(mean_powers(sums, basis, sample, 2, n_threads, err));
    for (size_t j = 0; j < basis->n_columns; j++)
        basis->columns[j].sd = sqrt(sums[j + 1]);
cleanup:
    wbi_free(sums);
    return status;
}

/* A deviation of rounding errors, none at all, or one whose inverse overflows. */
static bool constant(const wbi_basis_column *column)
{
    return !(isfinite(column->mean) && isfinite(column->sd) && isfinite(1 / column->sd) &&
             column->sd > 1e-12 * fabs(column->mean));
}

/* In one line, however many; past what fits, their number. */
void wbi_basis_say_left_out(const wbi_basis *basis, const uint8_t *drop, const char *why, const wb_log *log)
{
    char names[240];
    size_t used = 0, n = 0, n_told = 0;
    for (size_t j = 0; j < basis->n_columns; j++) {
        const char *name = basis->columns[j].name;
        n += drop[j];
        if (!drop[j] || n_told + 1 < n || used + strlen(name) + 3 > sizeof names)
            continue;
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", n_told > 0 ? ", " : "", name);
        n_told++;
    }
    if (n > n_told)
        wbi_log(log, WB_LOG_INFO, "%s and %zu more left out: %s", names, n - n_told, why);
    else if (n > 0)
        wbi_log(log, WB_LOG_INFO, "%s left out: %s", names, why);
}

static wb_status drop_constants(wbi_basis *basis, const wb_log *log, wb_error *err)
{
    uint8_t *drop = wbi_alloc_zeroed(basis->n_columns, 1);
    if (drop == NULL)
        return wbi_fail_nomem(err, basis->n_columns);
    for (size_t j = 0; j < basis->n_columns; j++)
        drop[j] = constant(&basis->columns[j]);
    wbi_basis_say_left_out(basis, drop, "constant", log);
    wbi_basis_drop(basis, drop);
    wbi_free(drop);
    return WB_OK;
}

static void keep_used_terms(wbi_basis *basis)
{
    size_t n_terms = 0, column = 0;
    for (size_t t = 0; t < basis->n_terms; t++) {
        if (column == basis->n_columns || basis->columns[column].term != t) {
            wbi_term_free(basis->terms[t]);
            continue;
        }
        for (; column < basis->n_columns && basis->columns[column].term == t; column++)
            basis->columns[column].term = n_terms;
        basis->terms[n_terms++] = basis->terms[t];
    }
    basis->n_terms = n_terms;
}

void wbi_basis_drop(wbi_basis *basis, const uint8_t *drop)
{
    size_t n = 0;
    for (size_t j = 0; j < basis->n_columns; j++) {
        if (drop[j])
            wbi_free(basis->columns[j].name);
        else
            basis->columns[n++] = basis->columns[j];
    }
    basis->n_columns = n;
    keep_used_terms(basis);
}

wb_status wbi_basis_fit(wbi_basis **out, const wbi_sample *sample, const size_t *features, size_t n_features,
                        const wbi_basis_options *options, wb_error *err)
{
    wb_status status = WB_OK;
    int n_threads = wbi_par_threads(options->n_threads);
    wbi_basis *basis = wbi_alloc_zeroed(1, sizeof *basis);
    if (basis == NULL)
        return wbi_fail_nomem(err, sizeof *basis);
    basis->terms = wbi_alloc_zeroed(n_features, sizeof(wbi_term *));
    if (basis->terms == NULL) {
        status = wbi_fail_nomem(err, n_features * sizeof(wbi_term *));
        goto cleanup;
    }
    basis->n_terms = n_features;
    fitting work = {basis->terms, sample, features, options->penalised};
    WBI_TRY_CLEANUP(wbi_par_for(n_features, 1, n_threads, fit_terms, &work, err));
    WBI_TRY_CLEANUP(list_columns(basis, err));
    WBI_TRY_CLEANUP(scale_columns(basis, sample, n_threads, err));
    WBI_TRY_CLEANUP(drop_constants(basis, options->log, err));
    *out = basis;
    return WB_OK;
cleanup:
    wbi_basis_free(basis);
    return status;
}
