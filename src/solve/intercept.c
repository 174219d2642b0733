/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The excess, sum of w (p - y), grows with the intercept a, and its derivative is the sum of w p (1 - p). Newton's steps
 * are kept within the bracket that the signs of earlier excesses give, by bisection where they would leave it. Where the
 * excess is nearly flat they would go too far; the longest that is allowed doubles from one to the next. */
#include "solve/intercept.h"

#include <math.h>

#include "base/memory.h"
#include "par/par.h"

static const double FIRST_STEP = 4;
/* An excess of less than this share of the weight is rounding once it no longer halves. */
static const double SMALL_EXCESS = 1e-13;
enum { MAX_PASSES = 200 };

/* Sums over the rows at one intercept. */
enum { LOSS, EXCESS, SLOPE, N_SUMS };

typedef struct search {
    double best, best_excess, best_loss; /* the intercept of the smallest excess yet */
    double low, high;                    /* where the excess is negative, where it is positive */
    double longest_step;
    bool done;
} search;

typedef struct pass {
    const wbi_likelihood *likelihood;
    const double *beta;
    const search *searches; /* NULL: all are looked at */
    size_t n;
} pass;

static wb_status sum_block(void *context, size_t block, size_t begin, size_t end, int worker, double *partial,
                           wb_error *err)
{
    (void)block;
    const pass *work = context;
    const wbi_likelihood *of = work->likelihood;
    const wbi_design *design = of->design;
    const wbi_likelihood_room room = wbi_likelihood_room_of(of, worker);
    WBI_TRY(design->ops->load(design, begin, end, worker, err));
    for (size_t k = 0; k < work->n; k++, partial += N_SUMS) {
        if (work->searches != NULL && work->searches[k].done)
            continue;
        design->ops->eta(design, worker, room.eta, work->beta + k * design->n_columns);
        partial[LOSS] +=
            of->kernels->logistic(room.residual, room.curvature, room.eta, of->outcome + begin,
                                  wbi_likelihood_weight(of, begin), end - begin);
        for (size_t i = 0; i < end - begin; i++) {
            partial[EXCESS] += room.residual[i];
            partial[SLOPE] += room.curvature[i];
        }
    }
    return WB_OK;
}

static wb_status sum_rows(double *sums, pass *work, wb_error *err)
{
    const wbi_design *design = work->likelihood->design;
    return wbi_par_sum(design->n_rows, design->block_rows, design->n_threads, work->n * N_SUMS, sum_block, work, sums,
                       err);
}

/* The next intercept to try after `at`; `at` itself when there is none between the bracket's ends. */
static double next_intercept(const search *s, double at, const double *sums)
{
    double next = at - fmax(-s->longest_step, fmin(s->longest_step, sums[EXCESS] / sums[SLOPE]));
    if (!(next > s->low && next < s->high))
        next = s->low / 2 + s->high / 2;
    return next > s->low && next < s->high ? next : at;
}

/* Learns from the sums at *intercept, and moves it: to the next one to try, or, when done, to the best. */
static void advance(search *s, double *intercept, const double *sums, double total_weight)
{
    double at = *intercept, excess = sums[EXCESS];
    bool halved = fabs(excess) <= s->best_excess / 2;
    if (fabs(excess) < s->best_excess) {
        s->best = at;
        s->best_excess = fabs(excess);
        s->best_loss = sums[LOSS];
    }
    if (excess < 0)
        s->low = at;
    else
        s->high = at;
    *intercept = next_intercept(s, at, sums);
    s->longest_step *= 2;
    s->done = !isfinite(excess) || excess == 0 || *intercept == at ||
              (!halved && s->best_excess <= SMALL_EXCESS * total_weight);
    if (s->done)
        *intercept = s->best;
}

static wb_status search_all(search *searches, double *sums, double *beta, size_t n, const wbi_likelihood *likelihood,
                            wb_error *err)
{
    pass work = {likelihood, beta, searches, n};
    size_t n_columns = likelihood->design->n_columns, n_done = 0;
    for (size_t k = 0; k < n; k++)
        searches[k] = (search){beta[k * n_columns], INFINITY, NAN, -INFINITY, INFINITY, FIRST_STEP, false};
    for (int passes = 0; passes < MAX_PASSES && n_done < n; passes++) {
        WBI_TRY(sum_rows(sums, &work, err));
        for (size_t k = 0; k < n; k++) {
            if (searches[k].done)
                continue;
            advance(&searches[k], &beta[k * n_columns], sums + k * N_SUMS, likelihood->total_weight);
            n_done += searches[k].done;
        }
    }
    for (size_t k = 0; k < n; k++)
        beta[k * n_columns] = searches[k].best;
    return WB_OK;
}

wb_status wbi_solve_intercepts(double *beta, double *mean_loss, size_t n, const wbi_likelihood *likelihood,
                               wb_error *err)
{
    search *searches = wbi_alloc_array(n, sizeof *searches);
    double *sums = wbi_alloc_array(n, N_SUMS * sizeof *sums);
    wb_status status = searches == NULL || sums == NULL ? wbi_fail_nomem(err, n * N_SUMS * sizeof *sums)
                                                        : search_all(searches, sums, beta, n, likelihood, err);
    for (size_t k = 0; status == WB_OK && k < n; k++)
        mean_loss[k] = searches[k].best_loss / likelihood->total_weight;
    wbi_free(searches);
    wbi_free(sums);
    return status;
}

wb_status wbi_mean_prediction(double *mean, const double *beta, const wbi_likelihood *likelihood, wb_error *err)
{
    double sums[N_SUMS], positive = 0;
    pass work = {likelihood, beta, NULL, 1};
    WBI_TRY(sum_rows(sums, &work, err));
    for (size_t i = 0; i < likelihood->design->n_rows; i++)
        positive += likelihood->outcome[i] * (likelihood->weight == NULL ? 1 : likelihood->weight[i]);
    *mean = (positive + sums[EXCESS]) / likelihood->total_weight;
    return WB_OK;
}
