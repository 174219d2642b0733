/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/moments.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "par/par.h"

enum { BLOCK_ROWS = 4096, N_SHIFT_ROWS = 1000, LINE_DOUBLES = 8 };
static const double CONSTANT = 1e-12; /* deviation over mean, of rounding errors alone */

typedef struct finding {
    const wbi_moments_source *source;
    const double *weight;
    const wbi_moments_beside *beside; /* NULL: nothing */
    const wbi_kernels *kernels;
    double *shift;      /* near the means, so that no precision is lost to them */
    size_t stride;      /* of what follows: a worker's numbers share no cache line with another's */
    double *low, *high; /* a worker */
} finding;

void wbi_moments_clear(wbi_moments *moments)
{
    wbi_free(moments->mean);
    wbi_free(moments->sd);
    wbi_free(moments->low);
    wbi_free(moments->high);
    *moments = (wbi_moments){0};
}

/* The mean of up to a thousand rows from all over. */
static wb_status find_shift(double *shift, const wbi_moments_source *source, wb_error *err)
{
    const size_t step = (source->n_rows + N_SHIFT_ROWS - 1) / N_SHIFT_ROWS;
    size_t n = 0;
    for (size_t j = 0; j < source->n_columns; j++)
        shift[j] = 0;
    for (size_t i = 0; i < source->n_rows; i += step, n++) {
        wbi_matrix_rows row;
        WBI_TRY(source->rows(source->context, &row, i, i + 1, 0, err));
        for (size_t j = 0; j < source->n_columns; j++)
            shift[j] += row.x[j];
    }
    for (size_t j = 0; j < source->n_columns; j++)
        shift[j] /= (double)n;
    return WB_OK;
}

/* partial: sums of w, of w d for each column, and of w d^2, d the distance from the shift; then what is summed beside. */
static wb_status sum_powers(void *context, size_t block, size_t begin, size_t end, int worker, double *partial,
                            wb_error *err)
{
    const finding *f = context;
    const size_t n = f->source->n_columns;
    const wbi_kernel_moments to = {partial, partial + 1, partial + 1 + n, f->low + (size_t)worker * f->stride,
                                   f->high + (size_t)worker * f->stride};
    (void)block;
    for (size_t i = begin; i < end; i += WBI_MOMENTS_ROWS) {
        wbi_matrix_rows rows;
        const size_t stop = end - i < WBI_MOMENTS_ROWS ? end : i + WBI_MOMENTS_ROWS;
        WBI_TRY(f->source->rows(f->source->context, &rows, i, stop, worker, err));
        f->kernels->moments(&to, &rows, f->shift, f->weight == NULL ? NULL : f->weight + i);
        if (f->beside != NULL)
            WBI_TRY(f->beside->add(f->beside->context, partial + 1 + 2 * n, i, stop, worker, err));
    }
    return WB_OK;
}

static void conclude(wbi_moments *out, const finding *f, const double *sums, int n_threads)
{
    const size_t n = f->source->n_columns;
    for (size_t j = 0; j < n; j++) {
        const double first = sums[1 + j] / sums[0], second = sums[1 + n + j] / sums[0];
        const double variance = second - first * first;
        out->mean[j] = f->shift[j] + first;
        out->sd[j] = variance > 0 ? sqrt(variance) : variance - variance; /* NaN stays NaN */
        out->low[j] = INFINITY;
        out->high[j] = -INFINITY;
        for (int w = 0; w < n_threads; w++) {
            out->low[j] = fmin(out->low[j], f->low[(size_t)w * f->stride + j]);
            out->high[j] = fmax(out->high[j], f->high[(size_t)w * f->stride + j]);
        }
        if (out->sd[j] <= CONSTANT * fabs(out->mean[j]) || out->low[j] == out->high[j])
            out->sd[j] = 0;
    }
}

static wb_status find(wbi_moments *out, const wbi_moments_source *source, const double *weight, int n_threads,
                      const wbi_moments_beside *beside, wb_error *err)
{
    wb_status status = WB_OK;
    const size_t n = source->n_columns, n_sums = 1 + 2 * n + (beside == NULL ? 0 : beside->n_sums);
    const size_t stride = (n + LINE_DOUBLES - 1) / LINE_DOUBLES * LINE_DOUBLES, n_ranges = stride * (size_t)n_threads;
    finding f = {source,
                 weight,
                 beside,
                 wbi_kernels_best(),
                 wbi_alloc_array(n, sizeof(double)),
                 stride,
                 wbi_alloc_aligned(n_ranges, sizeof(double)),
                 wbi_alloc_aligned(n_ranges, sizeof(double))};
    double *sums = wbi_alloc_array(n_sums, sizeof(double));
    *out = (wbi_moments){wbi_alloc_array(n, sizeof(double)), wbi_alloc_array(n, sizeof(double)),
                         wbi_alloc_array(n, sizeof(double)), wbi_alloc_array(n, sizeof(double))};
    if (f.shift == NULL || f.low == NULL || f.high == NULL || sums == NULL || out->mean == NULL || out->sd == NULL ||
        out->low == NULL || out->high == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, n_ranges * sizeof(double)));
    WBI_TRY_CLEANUP(find_shift(f.shift, source, err));
    for (size_t k = 0; k < n_ranges; k++) {
        f.low[k] = INFINITY;
        f.high[k] = -INFINITY;
    }
    WBI_TRY_CLEANUP(wbi_par_sum(source->n_rows, BLOCK_ROWS, n_threads, n_sums, sum_powers, &f, sums, err));
    conclude(out, &f, sums, n_threads);
    if (beside != NULL)
        memcpy(beside->sums, sums + 1 + 2 * n, beside->n_sums * sizeof *sums);
cleanup:
    wbi_free(f.shift);
    wbi_free(f.low);
    wbi_free(f.high);
    wbi_free(sums);
    return status;
}

wb_status wbi_moments_find(wbi_moments *out, const wbi_moments_source *source, const double *weight, int n_threads,
                           wb_error *err)
{
    return find(out, source, weight, n_threads, NULL, err);
}

static wb_status rows_of_matrix(const void *context, wbi_matrix_rows *out, size_t begin, size_t end, int worker,
                                wb_error *err)
{
    const wb_matrix *x = context;
    (void)worker;
    (void)err;
    *out = (wbi_matrix_rows){x->values + begin * x->row_stride, x->row_stride, end - begin, x->n_columns};
    return WB_OK;
}

wb_status wbi_moments_of_matrix(wbi_moments *out, const wb_matrix *x, const double *weight, int n_threads,
                                const wbi_moments_beside *beside, wb_error *err)
{
    const wbi_moments_source source = {x->n_rows, x->n_columns, rows_of_matrix, x};
    return find(out, &source, weight, n_threads, beside, err);
}
