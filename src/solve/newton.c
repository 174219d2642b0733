/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Newton's method is iteratively reweighted least squares here (McCullagh and Nelder, Generalized Linear Models, 2.5).
 * Loss, gradient and Hessian of the data at one beta do not depend on lambda, so that its change needs no new pass. With p
 * columns the Hessian costs about p / 4 times what the gradient does, and it changes little near the optimum and from one
 * lambda to the next: it is kept for as long as steps with it shrink the gradient fast (Shamanskii 1967). What is
 * reached is decided by the gradient, which is always new. */
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
/* A step that leaves more of the gradient than this wants a new Hessian. */
static const double SLOW = 0.25;
enum { MAX_ITERATIONS = 100, MAX_HALVINGS = 40 };

/* Sums over the data at one beta: loss, gradient (n). */
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
    double *curvature;       /* lower triangle of the data's Hessian (n x n) at `now`, or, not `fresh`, before it */
    bool fresh;
    double *gradient, *step; /* of the penalised objective at `now` */
    double *hessian;         /* its factorisation's room */
    double last_gradient_max;
    bool last_fresh; /* the step to `now` was made with a fresh Hessian */
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

/* ---- passes over the data ---- */

typedef struct pass {
    const wbi_newton *newton;
    const double *beta;
} pass;

/* Loss, residuals and curvatures of a block's rows. */
static wb_status visit_block(double *loss, double **residual, double **curvature, const pass *work, size_t begin,
                             size_t end, int worker, wb_error *err)
{
    const wbi_newton *newton = work->newton;
    const wbi_design *design = newton->problem.design;
    double *eta = newton->scratch + (size_t)worker * 3 * design->block_rows;
    *residual = eta + design->block_rows;
    *curvature = *residual + design->block_rows;
    WBI_TRY(design->ops->eta(design, eta, work->beta, begin, end, worker, err));
    *loss = newton->kernels->logistic(*residual, *curvature, eta, newton->problem.outcome + begin,
                                      newton->problem.weight + begin, end - begin);
    return WB_OK;
}

static wb_status sum_gradient(void *context, size_t block, size_t begin, size_t end, int worker, double *partial,
                              wb_error *err)
{
    (void)block;
    const pass *work = context;
    const wbi_design *design = work->newton->problem.design;
    double loss, *residual, *curvature;
    evaluation sums = {NULL, partial};
    WBI_TRY(visit_block(&loss, &residual, &curvature, work, begin, end, worker, err));
    *loss_of(&sums) += loss;
    return design->ops->gradient(design, gradient_of(&sums), residual, begin, end, worker, err);
}

static wb_status sum_curvature(void *context, size_t block, size_t begin, size_t end, int worker, double *partial,
                               wb_error *err)
{
    (void)block;
    const pass *work = context;
    const wbi_design *design = work->newton->problem.design;
    double loss, *residual, *curvature;
    WBI_TRY(visit_block(&loss, &residual, &curvature, work, begin, end, worker, err));
    return design->ops->crossproduct(design, partial, curvature, begin, end, worker, err);
}

static wb_status evaluate(const wbi_newton *newton, evaluation *at, wb_error *err)
{
    const wbi_design *design = newton->problem.design;
    pass work = {newton, at->beta};
    return wbi_par_sum(design->n_rows, design->block_rows, design->n_threads, 1 + newton->n, sum_gradient, &work,
                       at->sums, err);
}

static wb_status refresh(wbi_newton *newton, wb_error *err)
{
    const wbi_design *design = newton->problem.design;
    pass work = {newton, newton->now.beta};
    newton->fresh = true;
    return wbi_par_sum(design->n_rows, design->block_rows, design->n_threads, newton->n * newton->n, sum_curvature,
                       &work, newton->curvature, err);
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

static void find_gradient(wbi_newton *newton)
{
    for (size_t j = 0; j < newton->n; j++)
        newton->gradient[j] = gradient_of(&newton->now)[j] / newton->total_weight +
                              newton->lambda * newton->problem.penalty[j] * newton->now.beta[j];
    newton->state.gradient_max = max_norm(newton->gradient, newton->n);
}

/* The step from `now`; false when the Hessian is singular to working precision. */
static bool find_step(wbi_newton *newton)
{
    size_t n = newton->n;
    for (size_t j = 0; j < n; j++) {
        for (size_t k = 0; k <= j; k++)
            newton->hessian[j * n + k] = newton->curvature[j * n + k] / newton->total_weight;
        newton->hessian[j * n + j] += newton->lambda * newton->problem.penalty[j];
    }
    return wbi_solve_positive(newton->step, newton->hessian, newton->gradient, n);
}

/* Without a penalty the length of the Newton step tells separable classes apart, so it has to be the true one. */
static bool wants_curvature(const wbi_newton *newton)
{
    double gradient_max = newton->state.gradient_max;
    if (newton->fresh)
        return false;
    return newton->lambda == 0 || (gradient_max > WANTED && gradient_max > SLOW * newton->last_gradient_max);
}

/* Looks where beta is, and whether to go on. */
static wb_status assess(wbi_newton *newton, wb_error *err)
{
    wbi_newton_state *state = &newton->state;
    find_gradient(newton);
    if (wants_curvature(newton))
        WBI_TRY(refresh(newton, err));
    bool solvable = find_step(newton);
    state->beta = newton->now.beta;
    state->objective = objective(newton, &newton->now);
    state->mean_loss = mean_loss(newton, &newton->now);
    state->step_max = solvable ? max_norm(newton->step, newton->n) : INFINITY;
    bool small_step = state->step_max <= SMALL_STEP;
    bool stalled = newton->last_fresh && state->gradient_max <= ACCEPTED &&
                   state->gradient_max > newton->last_gradient_max / 2;
    state->converged = small_step && state->gradient_max <= ACCEPTED;
    state->done = !solvable || state->iterations >= MAX_ITERATIONS ||
                  (small_step && (state->gradient_max <= WANTED || stalled));
    newton->last_gradient_max = state->gradient_max;
    return WB_OK;
}

wb_status wbi_newton_set_lambda(wbi_newton *newton, double lambda, wb_error *err)
{
    if (!(lambda >= 0 && isfinite(lambda)))
        return wbi_fail(err, WB_ERR_ARGUMENT, "lambda %g is not a number >= 0", lambda);
    newton->lambda = lambda;
    newton->last_gradient_max = INFINITY;
    newton->state.iterations = 0;
    return assess(newton, err);
}

/* Tries a share of the step; whether the objective does not rise. */
static wb_status try_share(bool *accepted, wbi_newton *newton, double share, wb_error *err)
{
    double limit = newton->state.objective + ROUNDING * fabs(newton->state.objective);
    for (size_t j = 0; j < newton->n; j++)
        newton->next.beta[j] = newton->now.beta[j] - share * newton->step[j];
    WBI_TRY(evaluate(newton, &newton->next, err));
    *accepted = objective(newton, &newton->next) <= limit;
    return WB_OK;
}

wb_status wbi_newton_step(wbi_newton *newton, wb_error *err)
{
    bool accepted = false;
    double share = 1;
    if (newton->state.done)
        return WB_OK;
    for (int halvings = 0; halvings <= MAX_HALVINGS && !accepted; halvings++, share /= 2)
        WBI_TRY(try_share(&accepted, newton, share, err));
    if (!accepted) {
        newton->state.done = true;
        return WB_OK;
    }
    evaluation before = newton->now;
    newton->now = newton->next;
    newton->next = before;
    newton->last_fresh = newton->fresh;
    newton->fresh = false;
    newton->state.iterations++;
    return assess(newton, err);
}

wbi_newton_state wbi_newton_now(const wbi_newton *newton)
{
    return newton->state;
}

size_t wbi_newton_aliased(const wbi_newton *newton, uint8_t *aliased)
{
    size_t n = newton->n;
    memcpy(newton->hessian, newton->curvature, n * n * sizeof(double));
    return wbi_find_aliased(aliased, newton->hessian, n);
}

/* ---- life ---- */

static wb_status allocate(wbi_newton *newton, wb_error *err)
{
    const wbi_design *design = newton->problem.design;
    size_t n = newton->n, n_squared, n_scratch = (size_t)design->n_threads * 3 * design->block_rows;
    if (__builtin_mul_overflow(n, n, &n_squared))
        return wbi_fail_nomem(err, SIZE_MAX);
    newton->scratch = wbi_alloc_aligned(n_scratch, sizeof(double));
    newton->now = (evaluation){wbi_alloc_array(n, sizeof(double)), wbi_alloc_array(n + 1, sizeof(double))};
    newton->next = (evaluation){wbi_alloc_array(n, sizeof(double)), wbi_alloc_array(n + 1, sizeof(double))};
    newton->gradient = wbi_alloc_array(n, sizeof(double));
    newton->step = wbi_alloc_array(n, sizeof(double));
    newton->curvature = wbi_alloc_array(n_squared, sizeof(double));
    newton->hessian = wbi_alloc_zeroed(n_squared, sizeof(double));
    if (newton->scratch == NULL || newton->now.beta == NULL || newton->now.sums == NULL || newton->next.beta == NULL ||
        newton->next.sums == NULL || newton->gradient == NULL || newton->step == NULL || newton->curvature == NULL ||
        newton->hessian == NULL)
        return wbi_fail_nomem(err, n_squared * sizeof(double));
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
    WBI_TRY_CLEANUP(refresh(newton, err));
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
    wbi_free(newton->curvature);
    wbi_free(newton->hessian);
    wbi_free(newton);
}
