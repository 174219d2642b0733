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
#include "solve/linear.h"

/* Converged means a gradient of at most SMALL_GRADIENT, and no row's eta further than SMALL_STEP from where a step would
 * put it: the gradient alone says little where the Hessian is nearly flat, and nothing on separable classes, where it
 * vanishes and steps do not. */
static const double SMALL_GRADIENT = 1e-8, SMALL_STEP = 1e-8;
/* A rise of the objective by less than this, relatively, is rounding. */
static const double ROUNDING = 1e-13;
/* A step that leaves more of the gradient than this wants a new Hessian. */
static const double SLOW = 0.25;
enum { MAX_ITERATIONS = 100, MAX_HALVINGS = 40 };

/* Sums over the data at one beta: loss, gradient (n), and room for the Hessian (n x n). */
typedef struct evaluation {
    double *beta, *sums;
} evaluation;

struct wbi_newton {
    wbi_likelihood data;
    const double *penalty;
    const wbi_penalties *terms; /* NULL: none */
    uint8_t *hold; /* a column */
    size_t n;
    double lambda;
    evaluation now, next;
    double *curvature;       /* lower triangle of the data's Hessian (n x n) at `now`, or, not `fresh`, before it */
    bool fresh;
    bool ahead; /* the next step takes the Hessian where it ends, on the way, for that will be wanted */
    bool infers; /* the Hessian where the last step ends will be wanted */
    double *crossproduct; /* where the next pass for a Hessian puts the columns' crossproduct; NULL: nowhere */
    double *gradient, *step; /* of the penalised objective at `now` */
    double *move;            /* what the last step added to beta */
    double *hessian;         /* its factorisation's room */
    double last_gradient_max;
    bool last_fresh; /* the step to `now` was made with a fresh Hessian */
    wbi_newton_state state;
};

static double *gradient_of(const evaluation *at)
{
    return at->sums + 1;
}

static wb_status evaluate(wbi_newton *newton, const evaluation *at, bool with_hessian, wb_error *err)
{
    double *crossproduct = newton->crossproduct;
    if (with_hessian && crossproduct != NULL) {
        newton->crossproduct = NULL;
        return wbi_likelihood_crossproduct(&newton->data, at->sums, crossproduct, at->beta, err);
    }
    return with_hessian ? wbi_likelihood_hessian(&newton->data, at->sums, at->beta, err)
                        : wbi_likelihood_gradient(&newton->data, at->sums, at->beta, err);
}

static void take_hessian(wbi_newton *newton)
{
    memcpy(newton->curvature, gradient_of(&newton->now) + newton->n, newton->n * newton->n * sizeof(double));
    newton->fresh = true;
}

static wb_status refresh(wbi_newton *newton, wb_error *err)
{
    WBI_TRY(evaluate(newton, &newton->now, true, err));
    take_hessian(newton);
    return WB_OK;
}

/* ---- the penalised objective ---- */

static double mean_loss(const wbi_newton *newton, const evaluation *at)
{
    return at->sums[0] / newton->data.total_weight;
}

static double objective(const wbi_newton *newton, const evaluation *at)
{
    double squares = 0;
    for (size_t j = 0; j < newton->n; j++)
        squares += newton->penalty[j] * at->beta[j] * at->beta[j];
    return mean_loss(newton, at) + newton->lambda / 2 * squares + wbi_penalties_value(newton->terms, at->beta);
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
        newton->gradient[j] = newton->hold[j] ? 0
                                              : gradient_of(&newton->now)[j] / newton->data.total_weight +
                                                    newton->lambda * newton->penalty[j] * newton->now.beta[j];
    wbi_penalties_add_gradient(newton->gradient, newton->terms, newton->now.beta, newton->hold);
    newton->state.gradient_max = max_norm(newton->gradient, newton->n);
}

/* The step from `now`; false when the Hessian is singular to working precision. */
static bool find_step(wbi_newton *newton)
{
    size_t n = newton->n;
    for (size_t j = 0; j < n; j++) {
        for (size_t k = 0; k <= j; k++)
            newton->hessian[j * n + k] =
                newton->hold[j] || newton->hold[k] ? 0 : newton->curvature[j * n + k] / newton->data.total_weight;
        newton->hessian[j * n + j] += newton->hold[j] ? 1 : newton->lambda * newton->penalty[j];
    }
    wbi_penalties_add_hessian(newton->hessian, n, newton->terms, newton->hold);
    return wbi_solve_positive(newton->step, newton->hessian, newton->gradient, n);
}

/* How far the step moves a row's eta: a bound, and where steps no longer help to bring that down, all rows are asked. */
static wb_status find_eta_step(wbi_newton *newton, wb_error *err)
{
    wbi_newton_state *state = &newton->state;
    state->eta_step_max = wbi_likelihood_eta_bound(&newton->data, newton->step);
    if (state->gradient_max > SMALL_GRADIENT || state->eta_step_max <= SMALL_STEP ||
        state->gradient_max < newton->last_gradient_max / 2)
        return WB_OK;
    return wbi_likelihood_eta_max(&newton->data, &state->eta_step_max, newton->step, err);
}

/* The step from here; *solvable = false where there is none. */
static wb_status look_ahead(bool *solvable, wbi_newton *newton, wb_error *err)
{
    *solvable = find_step(newton);
    if (*solvable)
        return find_eta_step(newton, err);
    newton->state.eta_step_max = INFINITY;
    return WB_OK;
}

static bool small(const wbi_newton_state *state)
{
    return state->gradient_max <= SMALL_GRADIENT && state->eta_step_max <= SMALL_STEP;
}

/* Whether the next step will be the last, if it helps as much as the last one did. */
static bool is_nearly_there(const wbi_newton *newton)
{
    const double left = newton->state.gradient_max / newton->last_gradient_max;
    return left > 0 && left * newton->state.gradient_max <= SMALL_GRADIENT && left * newton->state.eta_step_max <= SMALL_STEP;
}

/* Looks where beta is, and whether to go on. Without a penalty only the true step tells whether the classes are
 * separable. */
static wb_status assess(wbi_newton *newton, wb_error *err)
{
    wbi_newton_state *state = &newton->state;
    bool solvable;
    find_gradient(newton);
    if (state->gradient_max > SLOW * newton->last_gradient_max) {
        newton->ahead = true;
        if (!newton->fresh)
            WBI_TRY(refresh(newton, err));
    }
    WBI_TRY(look_ahead(&solvable, newton, err));
    if (!newton->fresh && newton->lambda == 0 && small(state)) {
        WBI_TRY(refresh(newton, err));
        WBI_TRY(look_ahead(&solvable, newton, err));
    }
    state->beta = newton->now.beta;
    state->objective = objective(newton, &newton->now);
    state->mean_loss = mean_loss(newton, &newton->now);
    const bool stalled = newton->last_fresh && state->gradient_max <= SMALL_GRADIENT &&
                         state->gradient_max > newton->last_gradient_max / 2;
    state->converged = small(state);
    state->done = !solvable || state->converged || stalled || state->iterations >= MAX_ITERATIONS;
    newton->ahead |= newton->infers && is_nearly_there(newton);
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
    WBI_TRY(evaluate(newton, &newton->next, newton->ahead, err));
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
    for (size_t j = 0; j < newton->n; j++)
        newton->move[j] = newton->now.beta[j] - before.beta[j];
    newton->last_fresh = newton->fresh;
    newton->fresh = false;
    if (newton->ahead)
        take_hessian(newton);
    newton->ahead = false;
    newton->state.iterations++;
    return assess(newton, err);
}

void wbi_newton_hold(wbi_newton *newton, const uint8_t *hold)
{
    memcpy(newton->hold, hold, newton->n);
}

bool wbi_newton_samples(size_t n_rows, size_t n_columns)
{
    enum { MIN_ROWS = 4096, MIN_ROWS_A_COLUMN = 32 };
    const size_t n = n_rows / WBI_SAMPLE_STEP;
    return n >= MIN_ROWS && n / MIN_ROWS_A_COLUMN >= n_columns;
}

wb_status wbi_newton_approach(wbi_newton **out, const wbi_problem *sample, const double *beta, const uint8_t *hold,
                              double lambda, wb_error *err)
{
    enum { MAX_STEPS = 8 };
    /* A gradient of n rows is off by about 1 / (2 sqrt n). */
    const double near = 0.25 / sqrt((double)sample->design->n_rows);
    wbi_newton *newton = NULL;
    wb_status status;
    WBI_TRY_CLEANUP(wbi_newton_create(&newton, sample, beta, err));
    if (hold != NULL)
        wbi_newton_hold(newton, hold);
    WBI_TRY_CLEANUP(wbi_newton_set_lambda(newton, lambda, err));
    for (int i = 0; i < MAX_STEPS && !newton->state.done && newton->state.gradient_max > near; i++)
        WBI_TRY_CLEANUP(wbi_newton_step(newton, err));
    if (newton->state.gradient_max <= near) {
        *out = newton;
        return WB_OK;
    }
cleanup:
    wbi_newton_free(newton);
    return status;
}

wbi_newton_state wbi_newton_now(const wbi_newton *newton)
{
    return newton->state;
}

static void give_information(const wbi_newton *newton, double *information)
{
    for (size_t i = 0; i < newton->n * newton->n; i++)
        information[i] = newton->curvature[i] / newton->data.total_weight;
}

void wbi_newton_quadratic(const wbi_newton *newton, double *information, double *gradient)
{
    give_information(newton, information);
    for (size_t j = 0; j < newton->n; j++)
        gradient[j] = gradient_of(&newton->now)[j] / newton->data.total_weight;
}

wb_status wbi_newton_refresh(wbi_newton *newton, wb_error *err)
{
    return newton->fresh && newton->crossproduct == NULL ? WB_OK : refresh(newton, err);
}

void wbi_newton_infer(wbi_newton *newton, double *crossproduct)
{
    newton->infers = true;
    newton->crossproduct = crossproduct;
}

wb_status wbi_newton_information(wbi_newton *newton, double *information, wb_error *err)
{
    WBI_TRY(wbi_newton_refresh(newton, err));
    give_information(newton, information);
    return WB_OK;
}

const wbi_likelihood *wbi_newton_likelihood(const wbi_newton *newton)
{
    return &newton->data;
}

const double *wbi_newton_move(const wbi_newton *newton)
{
    return newton->move;
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
    size_t n = newton->n, n_squared;
    if (__builtin_mul_overflow(n, n + 2, &n_squared)) /* and with it the sums */
        return wbi_fail_nomem(err, SIZE_MAX);
    n_squared = n * n;
    const size_t n_sums = wbi_likelihood_n_sums(&newton->data, true);
    newton->now = (evaluation){wbi_alloc_array(n, sizeof(double)), wbi_alloc_array(n_sums, sizeof(double))};
    newton->next = (evaluation){wbi_alloc_array(n, sizeof(double)), wbi_alloc_array(n_sums, sizeof(double))};
    newton->hold = wbi_alloc_zeroed(n, sizeof *newton->hold);
    newton->gradient = wbi_alloc_array(n, sizeof(double));
    newton->step = wbi_alloc_array(n, sizeof(double));
    newton->move = wbi_alloc_zeroed(n, sizeof(double));
    newton->curvature = wbi_alloc_array(n_squared, sizeof(double));
    newton->hessian = wbi_alloc_zeroed(n_squared, sizeof(double));
    if (newton->now.beta == NULL || newton->now.sums == NULL || newton->next.beta == NULL ||
        newton->next.sums == NULL || newton->hold == NULL || newton->gradient == NULL || newton->step == NULL ||
        newton->move == NULL || newton->curvature == NULL || newton->hessian == NULL)
        return wbi_fail_nomem(err, n_squared * sizeof(double));
    return WB_OK;
}

static wb_status create(wbi_newton **out, const wbi_problem *problem, const double *beta, wb_error *err)
{
    wb_status status = WB_OK;
    wbi_newton *newton = wbi_alloc_zeroed(1, sizeof *newton);
    if (newton == NULL)
        return wbi_fail_nomem(err, sizeof *newton);
    wbi_disarm_gsl();
    newton->penalty = problem->penalty;
    newton->terms = problem->terms;
    newton->n = problem->design->n_columns;
    newton->ahead = true;
    WBI_TRY_CLEANUP(wbi_likelihood_init(&newton->data, problem->design, problem->outcome, problem->weight, err));
    WBI_TRY_CLEANUP(allocate(newton, err));
    memcpy(newton->now.beta, beta, newton->n * sizeof *beta);
    *out = newton;
    return WB_OK;
cleanup:
    wbi_newton_free(newton);
    return status;
}

wb_status wbi_newton_create(wbi_newton **out, const wbi_problem *problem, const double *beta, wb_error *err)
{
    wbi_newton *newton;
    WBI_TRY(create(&newton, problem, beta, err));
    wb_status status = refresh(newton, err);
    if (status == WB_OK)
        *out = newton;
    else
        wbi_newton_free(newton);
    return status;
}

wb_status wbi_newton_create_near(wbi_newton **out, const wbi_problem *problem, const wbi_newton *sample, wb_error *err)
{
    wbi_newton *newton;
    WBI_TRY(create(&newton, problem, sample->now.beta, err));
    const double share = newton->data.total_weight / sample->data.total_weight;
    for (size_t i = 0; i < newton->n * newton->n; i++)
        newton->curvature[i] = share * sample->curvature[i];
    wb_status status = evaluate(newton, &newton->now, false, err);
    if (status == WB_OK)
        *out = newton;
    else
        wbi_newton_free(newton);
    return status;
}

wb_status wbi_newton_create_at(wbi_newton **out, const wbi_problem *problem, const double *beta, const double *sums,
                               const double *information, wb_error *err)
{
    wbi_newton *newton;
    WBI_TRY(create(&newton, problem, beta, err));
    memcpy(newton->now.sums, sums, wbi_likelihood_n_sums(&newton->data, false) * sizeof *sums);
    for (size_t i = 0; i < newton->n * newton->n; i++)
        newton->curvature[i] = newton->data.total_weight * information[i];
    *out = newton;
    return WB_OK;
}

void wbi_newton_free(wbi_newton *newton)
{
    if (newton == NULL)
        return;
    wbi_likelihood_clear(&newton->data);
    wbi_free(newton->now.beta);
    wbi_free(newton->now.sums);
    wbi_free(newton->next.beta);
    wbi_free(newton->next.sums);
    wbi_free(newton->hold);
    wbi_free(newton->gradient);
    wbi_free(newton->step);
    wbi_free(newton->move);
    wbi_free(newton->curvature);
    wbi_free(newton->hessian);
    wbi_free(newton);
}
