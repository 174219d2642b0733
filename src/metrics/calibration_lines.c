/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Newton's method for a line in the log-odds, and for one of slope 1 beside it. A step that makes the loss larger is halved. */
#include <math.h>

#include "kernel/kernel.h"
#include "metrics/figures.h"
#include "par/par.h"

enum { MAX_STEPS = 60, N_LINES = 2, N_SUMS = N_LINES * WBI_LINE_SUMS };
static const double SMALL_STEP = 1e-8; /* what is left behind it is about its square */

typedef struct fit {
    wbi_logit_line at, from;
    double loss; /* at `from` */
    bool free_slope, done;
} fit;

static fit begin(wbi_logit_line start, bool free_slope)
{
    const bool some = isfinite(start.slope) && isfinite(start.intercept);
    return (fit){.at = start, .loss = INFINITY, .free_slope = free_slope, .done = !some};
}

static void fail(fit *f)
{
    f->at = (wbi_logit_line){NAN, NAN};
    f->done = true;
}

static void step(fit *f, const double sums[WBI_LINE_SUMS])
{
    const double r = sums[WBI_LINE_R], rx = sums[WBI_LINE_RX];
    const double v = sums[WBI_LINE_V], vx = sums[WBI_LINE_VX], vxx = sums[WBI_LINE_VXX];
    if (sums[WBI_LINE_LOSS] > f->loss + 1e-12 * fabs(f->loss)) {
        f->at.intercept = (f->at.intercept + f->from.intercept) / 2;
        f->at.slope = (f->at.slope + f->from.slope) / 2;
        return;
    }
    f->from = f->at;
    f->loss = sums[WBI_LINE_LOSS];
    const double mean = vx / v, spread = vxx - vx * mean;
    const double by_slope = f->free_slope ? (rx - r * mean) / spread : 0;
    const double by_intercept = r / v - by_slope * (f->free_slope ? mean : 0);
    f->at.slope -= by_slope;
    f->at.intercept -= by_intercept;
    if (!isfinite(f->at.slope) || !isfinite(f->at.intercept))
        fail(f);
    else
        f->done = fabs(by_slope) <= SMALL_STEP * (1 + fabs(f->at.slope)) &&
                  fabs(by_intercept) <= SMALL_STEP * (1 + fabs(f->at.intercept));
}

typedef struct pass {
    const wbi_ranked *ranked;
    double *scratch; /* of all workers */
    const fit *fits;
} pass;

static void add_lines(double *sums, const fit fits[N_LINES], const double *x, const wbi_groups *g)
{
    for (size_t i = 0; i < N_LINES; i++)
        if (!fits[i].done)
            wbi_kernels_best()->line(
                sums + i * WBI_LINE_SUMS,
                &(wbi_kernel_line){fits[i].at.intercept, fits[i].at.slope, x, g->negative, g->positive}, g->n);
}

static wb_status add_chunk(void *context, size_t block, size_t begin, size_t end, int worker, double *sums, wb_error *err)
{
    const pass *p = context;
    wbi_group_chunk chunk;
    (void)block, (void)err;
    wbi_group_chunk_read(&chunk, p->ranked, begin, end, p->scratch + (size_t)worker * WBI_SCRATCH_COLUMNS * WBI_CHUNK);
    add_lines(sums, p->fits, chunk.log_odds, &chunk.groups);
    return WB_OK;
}

static bool finish(wbi_logit_line lines[N_LINES], fit fits[N_LINES])
{
    for (size_t i = 0; i < N_LINES; i++) {
        if (!fits[i].done)
            fail(&fits[i]);
        lines[i] = fits[i].at;
    }
    return isfinite(lines[0].intercept) && isfinite(lines[1].slope);
}

wb_status wbi_fit_lines(wbi_logit_line lines[N_LINES], const wbi_ranked *ranked, double *scratch, wb_error *err)
{
    fit fits[N_LINES] = {begin(lines[0], false), begin(lines[1], true)};
    for (size_t n = 0; n < MAX_STEPS && !(fits[0].done && fits[1].done); n++) {
        double sums[N_SUMS];
        pass p = {ranked, scratch, fits};
        WBI_TRY(wbi_par_sum(ranked->n, WBI_CHUNK, ranked->n_threads, N_SUMS, add_chunk, &p, sums, err));
        for (size_t i = 0; i < N_LINES; i++)
            if (!fits[i].done)
                step(&fits[i], sums + i * WBI_LINE_SUMS);
    }
    finish(lines, fits);
    return WB_OK;
}

bool wbi_fit_lines_few(wbi_logit_line lines[N_LINES], const double *x, const double *negative, const double *positive, size_t n)
{
    fit fits[N_LINES] = {begin(lines[0], false), begin(lines[1], true)};
    for (size_t k = 0; k < MAX_STEPS && !(fits[0].done && fits[1].done); k++) {
        double sums[N_SUMS] = {0};
        add_lines(sums, fits, x, &(wbi_groups){.negative = (double *)negative, .positive = (double *)positive, .n = n});
        for (size_t i = 0; i < N_LINES; i++)
            if (!fits[i].done)
                step(&fits[i], sums + i * WBI_LINE_SUMS);
    }
    return finish(lines, fits);
}
