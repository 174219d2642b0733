/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "solve/likelihood.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "par/par.h"

wb_status wbi_likelihood_init(wbi_likelihood *out, const wbi_design *design, const uint8_t *outcome,
                              const double *weight, wb_error *err)
{
    const size_t n_scratch = (size_t)design->n_threads * 3 * design->block_rows;
    *out = (wbi_likelihood){.design = design, .outcome = outcome, .weight = weight, .kernels = wbi_kernels_best()};
    out->total_weight = weight == NULL ? (double)design->n_rows : 0;
    for (size_t i = 0; weight != NULL && i < design->n_rows; i++)
        out->total_weight += weight[i];
    out->scratch = wbi_alloc_aligned(n_scratch, sizeof(double));
    return out->scratch == NULL ? wbi_fail_nomem(err, n_scratch * sizeof(double)) : WB_OK;
}

void wbi_likelihood_clear(wbi_likelihood *likelihood)
{
    wbi_free(likelihood->scratch);
    *likelihood = (wbi_likelihood){0};
}

typedef struct pass {
    const wbi_likelihood *likelihood;
    const double *beta;
    bool with_hessian, with_crossproduct;
    double *max; /* a worker */
} pass;

/* Behind the Hessian. */
static void add_crossproduct(const pass *work, size_t begin, size_t end, int worker, double *partial)
{
    const wbi_likelihood *of = work->likelihood;
    const wbi_design *design = of->design;
    double *weight = wbi_likelihood_room_of(of, worker).residual;
    for (size_t i = begin; i < end; i++)
        weight[i - begin] = of->weight == NULL ? 1 : of->weight[i];
    design->ops->crossproduct(design, worker, partial + wbi_likelihood_n_sums(of, true), weight);
}

/* At `beta` the loss of a loaded block from row `begin` on, the gradient being added to `sums`, and its rows' curvature. */
static double look(const wbi_likelihood *of, double *sums, const wbi_likelihood_room *room, const double *beta, size_t begin,
                   size_t end, int worker)
{
    const wbi_design *design = of->design;
    const uint8_t *outcome = of->outcome + begin;
    const double *weight = wbi_likelihood_weight(of, begin);
    if (design->ops->loss != NULL)
        return design->ops->loss(design, worker, sums, room->curvature, beta, outcome, weight);
    design->ops->eta(design, worker, room->eta, beta);
    const double loss = of->kernels->logistic(room->residual, room->curvature, room->eta, outcome, weight, end - begin);
    design->ops->gradient(design, worker, sums, room->residual);
    return loss;
}

wb_status wbi_likelihood_add(const wbi_likelihood *likelihood, double *sums, const double *beta, size_t begin, size_t end,
                             int worker, wb_error *err)
{
    const wbi_likelihood_room room = wbi_likelihood_room_of(likelihood, worker);
    WBI_TRY(likelihood->design->ops->load(likelihood->design, begin, end, worker, err));
    sums[0] += look(likelihood, sums + 1, &room, beta, begin, end, worker);
    return WB_OK;
}

static wb_status visit_block(const pass *work, size_t begin, size_t end, int worker, double *partial, wb_error *err)
{
    const wbi_design *design = work->likelihood->design;
    WBI_TRY(wbi_likelihood_add(work->likelihood, partial, work->beta, begin, end, worker, err));
    if (work->with_hessian)
        design->ops->crossproduct(design, worker, partial + 1 + design->n_columns,
                                  wbi_likelihood_room_of(work->likelihood, worker).curvature);
    if (work->with_crossproduct)
        add_crossproduct(work, begin, end, worker, partial);
    return WB_OK;
}

static wb_status visit_blocks(void *context, size_t group, size_t begin, size_t end, int worker, double *partial, wb_error *err)
{
    (void)group;
    const pass *work = context;
    const size_t n = work->likelihood->design->block_rows;
    for (; begin < end; begin += n)
        WBI_TRY(visit_block(work, begin, end - begin < n ? end : begin + n, worker, partial, err));
    return WB_OK;
}

/* So many blocks that it costs little to hand them out, and that what is fetched ahead is seldom another worker's; and so few
 * that workers end together. */
static size_t group_rows(const wbi_design *design)
{
    enum { N_GROUPS = 64, MAX_BLOCKS = 16 };
    const size_t n_blocks = design->n_rows / design->block_rows / N_GROUPS;
    return design->block_rows * (n_blocks < 1 ? 1 : n_blocks < MAX_BLOCKS ? n_blocks : MAX_BLOCKS);
}

static wb_status sum_blocks(double *sums, pass *work, wb_error *err)
{
    const wbi_design *design = work->likelihood->design;
    const size_t n_sums = wbi_likelihood_n_sums(work->likelihood, work->with_hessian);
    const size_t n_more = work->with_crossproduct ? design->n_columns * design->n_columns : 0;
    return wbi_par_sum(design->n_rows, group_rows(design), design->n_threads, n_sums + n_more, visit_blocks, work, sums, err);
}

wb_status wbi_likelihood_gradient(const wbi_likelihood *likelihood, double *sums, const double *beta, wb_error *err)
{
    pass work = {.likelihood = likelihood, .beta = beta};
    return sum_blocks(sums, &work, err);
}

wb_status wbi_likelihood_hessian(const wbi_likelihood *likelihood, double *sums, const double *beta, wb_error *err)
{
    pass work = {.likelihood = likelihood, .beta = beta, .with_hessian = true};
    return sum_blocks(sums, &work, err);
}

wb_status wbi_likelihood_crossproduct(const wbi_likelihood *likelihood, double *sums, double *crossproduct, const double *beta,
                                      wb_error *err)
{
    const size_t n_sums = wbi_likelihood_n_sums(likelihood, true), n_squared = n_sums - wbi_likelihood_n_sums(likelihood, false);
    pass work = {.likelihood = likelihood, .beta = beta, .with_hessian = true, .with_crossproduct = true};
    double *all = wbi_alloc_array(n_sums + n_squared, sizeof *all);
    if (all == NULL)
        return wbi_fail_nomem(err, (n_sums + n_squared) * sizeof *all);
    const wb_status status = sum_blocks(all, &work, err);
    if (status == WB_OK) {
        memcpy(sums, all, n_sums * sizeof *all);
        memcpy(crossproduct, all + n_sums, n_squared * sizeof *all);
    }
    wbi_free(all);
    return status;
}

wb_status wbi_likelihood_score(const wbi_likelihood *likelihood, double *sums, const double *beta, size_t begin,
                               size_t end, int worker, wb_error *err)
{
    const wbi_design *design = likelihood->design;
    const wbi_likelihood_room room = wbi_likelihood_room_of(likelihood, worker);
    while (begin < end) {
        const size_t n = end - begin < design->block_rows ? end - begin : design->block_rows;
        WBI_TRY(design->ops->load(design, begin, begin + n, worker, err));
        design->ops->eta(design, worker, room.eta, beta);
        likelihood->kernels->logistic(room.residual, room.curvature, room.eta, likelihood->outcome + begin,
                                      wbi_likelihood_weight(likelihood, begin), n);
        design->ops->gradient(design, worker, sums, room.residual);
        begin += n;
    }
    return WB_OK;
}

double wbi_likelihood_eta_bound(const wbi_likelihood *likelihood, const double *beta)
{
    double sum = 0;
    for (size_t j = 0; j < likelihood->design->n_columns; j++)
        sum += fabs(beta[j]) * likelihood->design->reach[j];
    return sum;
}

static wb_status stretch_max(void *context, size_t block, size_t begin, size_t end, int worker, wb_error *err)
{
    (void)block;
    const pass *work = context;
    const wbi_design *design = work->likelihood->design;
    double *eta = wbi_likelihood_room_of(work->likelihood, worker).eta, max = 0;
    WBI_TRY(design->ops->load(design, begin, end, worker, err));
    design->ops->eta(design, worker, eta, work->beta);
    for (size_t i = 0; i < end - begin; i++)
        max = fmax(max, fabs(eta[i]));
    work->max[worker] = fmax(work->max[worker], max);
    return WB_OK;
}

wb_status wbi_likelihood_eta_max(const wbi_likelihood *likelihood, double *max, const double *beta, wb_error *err)
{
    const wbi_design *design = likelihood->design;
    const size_t n_workers = (size_t)design->n_threads;
    pass work = {.likelihood = likelihood, .beta = beta, .max = wbi_alloc_zeroed(n_workers, sizeof(double))};
    if (work.max == NULL)
        return wbi_fail_nomem(err, n_workers * sizeof(double));
    wb_status status = wbi_par_for(design->n_rows, design->block_rows, design->n_threads, stretch_max, &work, err);
    *max = 0;
    for (size_t w = 0; w < n_workers; w++)
        *max = fmax(*max, work.max[w]);
    wbi_free(work.max);
    return status;
}
