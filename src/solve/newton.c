/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Newton's method is iteratively reweighted least squares here (McCullagh and Nelder, Generalized Linear Models, 2.5).
 * Each pass over the data gives loss, gradient and Hessian at one beta; these depend on the data alone, so a change of
 * lambda needs no new pass. */
#include "solve/newton.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "kernel/kernel.h"
#include "par/par.h"
#include "solve/linear.h"

/* Converged means a gradient of at most ACCEPTED and a Newton step of at most SMALL_STEP: on separable classes the
 * gradient vanishes too, but the steps do not. Steps go on to WANTED as long as they help. */
static const double WANTED = 1e-10, ACCEPTED = 1e-8, SMALL_STEP = 1e-6;
/* A rise of the objective by less than this, relatively, is rounding. */
static const double ROUNDING = 1e-13;
enum { MAX_ITERATIONS = 100, MAX_HALVINGS = 40 };

/* Sums over the data at one beta: loss, gradient (n), lower triangle of the Hessian (n x n). */
typedef struct evaluation {
    double *beta, *sums;
} evaluation;

struct wbi_newton {
    wbi_problem problem;
    size_t n;
    double total_weight, lambda;
    const wbi_kernels *kernels;
    double *scratch; /* eta, residual and curvature of a block, per thread */
    evaluation now, next;
    double *gradient, *step; /* of the penalised objective at `now` */
    double *hessian;         /* its factorisation's room */
    double last_gradient_max;
    wbi_newton_state state;
};

static double *loss_of(const evaluation *at)
{
    return at->sums;
}

static double *gradient_of(const evaluation *at)
{
    return at->sums + 1;
}

static double *hessian_of(const evaluation *at, size_t n)
{
    return at->sums + 1 + n;
}

/* ---- passes over the data ---- */

typedef struct pass {
    const wbi_newton *newton;
    const double *beta;
} pass;

static wb_status sum_block(void *context, size_t block, size_t begin, size_t end, int worker, double *partial,
                           wb_error *err)
{
    (void)block;
    const pass *work = context;
    const wbi_newton *newton = work->newton;
    const wbi_design *design = newton->problem.design;
    double *eta = newton->scratch + (size_t)worker * 3 * design->block_rows;
    double *residual = eta + design->block_rows, *curvature = residual + design->block_rows;
    evaluation sums = {NULL, partial};
    WBI_TRY(design->ops->eta(design, eta, work->beta, begin, end, worker, err));
    *loss_of(&sums) += newton->kernels->logistic(residual, curvature, eta, newton->problem.outcome + begin,
                                                 newton->problem.weight + begin, end - begin);
    WBI_TRY(design->ops->gradient(design, gradient_of(&sums), residual, begin, end, worker, err));
    return design->ops->crossproduct(design, hessian_of(&sums, newton->n), curvature, begin, end, worker, err);
}

static wb_status evaluate(const wbi_newton *newton, evaluation *at, wb_error *err)
{
    const wbi_design *design = newton->problem.design;
    pass work = {newton, at->beta};
    return wbi_par_sum(design->n_rows, design->block_rows, design->n_threads, 1 + newton->n + newton->n * newton->n,
                       sum_block, &work, at->sums, err);
}

/* ---- the penalised objective ---- */

static double mean_loss(const wbi_newton *newton, const evaluation *at)
{
    return *loss_of(at) / newton->total_weight;
}

static double objective(const wbi_newton *newton, const evaluation *at)
{
    double squares = 0;
    for (size_t j = 0; j < newton->n; j++)
        squares += newton->problem.penalty[j] * at->beta[j] * at->beta[j];
    return mean_loss(newton, at) + newton->lambda / 2 * squares;
}

static double max_norm(const double *values, size_t n)
{
    double max = 0;
    for (size_t j = 0; j < n; j++)
        max = fmax(max, fabs(values[j]));
    return max;
}

/* Gradient and Newton step at `now`; false when the Hessian is singular to working precision. */
static bool find_step(wbi_newton *newton)
{
    size_t n = newton->n;
    const double *hessian = hessian_of(&newton->now, n);
    for (size_t j = 0; j < n; j++) {
        double ridge = newton->lambda * newton->problem.penalty[j];
        newton->gradient[j] = gradient_of(&newton->now)[j] / newton->total_weight + ridge * newton->now.beta[j];
        for (size_t k = 0; k <= j; k++)
            newton->hessian[j * n + k] = hessian[j * n + k] / newton->total_weight;
        newton->hessian[j * n + j] += ridge;
    }
    return wbi_solve_positive(newton->step, newton->hessian, newton->gradient, n);
}

/* Looks where beta is, and whether to go on. */
static void assess(wbi_newton *newton)
{
    wbi_newton_state *state = &newton->state;
    bool solvable = find_step(newton);
    state->beta = newton->now.beta;
    state->objective = objective(newton, &newton->now);
    state->mean_loss = mean_loss(newton, &newton->now);
    state->gradient_max = max_norm(newton->gradient, newton->n);
    state->step_max = solvable ? max_norm(newton->step, newton->n) : INFINITY;
    bool small_step = state->step_max <= SMALL_STEP;
    bool stalled = state->gradient_max <= ACCEPTED && state->gradient_max > newton->last_gradient_max / 2;
    state->converged = small_step && state->gradient_max <= ACCEPTED;
    state->done = !solvable || state->iterations >= MAX_ITERATIONS ||
                  (small_step && (state->gradient_max <= WANTED || stalled));
    newton->last_gradient_max = state->gradient_max;
}

wb_status wbi_newton_set_lambda(wbi_newton *newton, double lambda, wb_error *err)
{
    if (!(lambda >= 0 && isfinite(lambda)))
        return wbi_fail(err, WB_ERR_ARGUMENT, "lambda %g is not a number >= 0", lambda);
    newton->lambda = lambda;
    newton->last_gradient_max = INFINITY;
    newton->state.iterations = 0;
    assess(newton);
    return WB_OK;
}

wb_status wbi_newton_step(wbi_newton *newton, wb_error *err)
{
    double limit = newton->state.objective + ROUNDING * fabs(newton->state.objective), share = 1;
    if (newton->state.done)
        return WB_OK;
    for (int halvings = 0; halvings <= MAX_HALVINGS; halvings++, share /= 2) {
        for (size_t j = 0; j < newton->n; j++)
            newton->next.beta[j] = newton->now.beta[j] - share * newton->step[j];
        WBI_TRY(evaluate(newton, &newton->next, err));
        if (objective(newton, &newton->next) <= limit) {
            evaluation before = newton->now;
            newton->now = newton->next;
            newton->next = before;
            newton->state.iterations++;
            assess(newton);
            return WB_OK;
        }
    }
    newton->state.done = true;
    return WB_OK;
}

wbi_newton_state wbi_newton_now(const wbi_newton *newton)
{
    return newton->state;
}

size_t wbi_newton_aliased(const wbi_newton *newton, uint8_t *aliased)
{
    size_t n = newton->n;
    memcpy(newton->hessian, hessian_of(&newton->now, n), n * n * sizeof(double));
    return wbi_find_aliased(aliased, newton->hessian, n);
}

/* ---- life ---- */

static wb_status allocate(wbi_newton *newton, wb_error *err)
{
    const wbi_design *design = newton->problem.design;
    size_t n = newton->n, n_squared, n_sums, n_scratch = (size_t)design->n_threads * 3 * design->block_rows;
    if (__builtin_mul_overflow(n, n, &n_squared) || __builtin_add_overflow(n_squared, n + 1, &n_sums))
        return wbi_fail_nomem(err, SIZE_MAX);
    newton->scratch = wbi_alloc_aligned(n_scratch, sizeof(double));
    newton->now = (evaluation){wbi_alloc_array(n, sizeof(double)), wbi_alloc_array(n_sums, sizeof(double))};
    newton->next = (evaluation){wbi_alloc_array(n, sizeof(double)), wbi_alloc_array(n_sums, sizeof(double))};
    newton->gradient = wbi_alloc_array(n, sizeof(double));
    newton->step = wbi_alloc_array(n, sizeof(double));
    newton->hessian = wbi_alloc_zeroed(n_squared, sizeof(double));
    if (newton->scratch == NULL || newton->now.beta == NULL || newton->now.sums == NULL || newton->next.beta == NULL ||
        newton->next.sums == NULL || newton->gradient == NULL || newton->step == NULL || newton->hessian == NULL)
        return wbi_fail_nomem(err, n_sums * sizeof(double));
    return WB_OK;
}

wb_status wbi_newton_create(wbi_newton **out, const wbi_problem *problem, const double *beta, wb_error *err)
{
    wb_status status = WB_OK;
    wbi_newton *newton = wbi_alloc_zeroed(1, sizeof *newton);
    if (newton == NULL)
        return wbi_fail_nomem(err, sizeof *newton);
    wbi_disarm_gsl();
    wbi_blas_single_thread();
    newton->problem = *problem;
    newton->n = problem->design->n_columns;
    newton->kernels = wbi_kernels_best();
    for (size_t i = 0; i < problem->design->n_rows; i++)
        newton->total_weight += problem->weight[i];
    WBI_TRY_CLEANUP(allocate(newton, err));
    memcpy(newton->now.beta, beta, newton->n * sizeof *beta);
    WBI_TRY_CLEANUP(evaluate(newton, &newton->now, err));
    *out = newton;
    return WB_OK;
cleanup:
    wbi_newton_free(newton);
    return status;
}

void wbi_newton_free(wbi_newton *newton)
{
    if (newton == NULL)
        return;
    wbi_free(newton->scratch);
    wbi_free(newton->now.beta);
    wbi_free(newton->now.sums);
    wbi_free(newton->next.beta);
    wbi_free(newton->next.sums);
    wbi_free(newton->gradient);
    wbi_free(newton->step);
    wbi_free(newton->hessian);
    wbi_free(newton);
}
