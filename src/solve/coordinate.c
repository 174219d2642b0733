/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proximal Newton (Lee, Sun and Saunders 2014), as glmnet: the loss becomes a quadratic at the present beta, whose least
 * value with the penalty is found without the data. The strong rules (Tibshirani et al. 2012) choose the columns that
 * are looked at; each pass gives the gradient of all, so that a column which they left out wrongly joins at the next
 * step. The Hessian costs about p / 4 times a pass for the gradient: it is kept for as long as steps shrink the residual
 * fast, and corrected along each step by what the gradient did (BFGS), for steps along a path go much the same way. */
#include "solve/coordinate.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "solve/likelihood.h"
#include "solve/linear.h"
#include "solve/quadratic.h"

/* A rise of the objective by less than this, relatively, is rounding. */
static const double ROUNDING = 1e-13;
/* A step that leaves more of the residual than this wants a new Hessian. */
static const double SLOW = 0.25;
/* How exactly the quadratic is minimised. */
static const double EXACT = 1e-13;
/* Roughly is where a step would lower the objective by no more than this. */
static const double ROUGH_GAIN = 1e-7;
static const double LEAST_ALPHA = 1e-3;
static const double HUGE_LAMBDA = 1e100; /* before the first, so that its strong rule leaves nothing out */
enum { MAX_ITERATIONS = 200, MAX_HALVINGS = 40 };

/* Sums over the data at one beta: loss, gradient (n). */
typedef struct evaluation {
    double *beta, *sums;
} evaluation;

struct wbi_coordinate {
    wbi_likelihood data;
    const double *penalty;
    size_t n;
    wbi_coordinate_options options;
    double lambda, last_lambda;
    evaluation now, next;
    double *all_sums;        /* of a pass with the Hessian */
    double *gradient, *step; /* mean loss at `now`; to the least value of the model */
    double gain;             /* what the step promises to take from the objective */
    double *first, *bias;    /* where lambda's first model led to, and how far off that was at the last lambda */
    wbi_quadratic model;     /* of the objective at `now` */
    bool fresh, last_fresh;  /* the model's Hessian, and that of the step to `now`, are those of where they started */
    double last_gradient_max;
    wbi_newton_state state;
};

/* Evaluates `now` with its Hessian. */
static wb_status refresh(wbi_coordinate *c, wb_error *err)
{
    const size_t n = c->n;
    const double *lower = c->all_sums + 1 + n;
    WBI_TRY(wbi_likelihood_hessian(&c->data, c->all_sums, c->now.beta, err));
    memcpy(c->now.sums, c->all_sums, (1 + n) * sizeof *c->now.sums);
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k <= j; k++)
            c->model.hessian[j * n + k] = c->model.hessian[k * n + j] = lower[j * n + k] / c->data.total_weight;
    c->fresh = true;
    return WB_OK;
}

/* ---- the penalised objective ---- */

static double mean_loss(const wbi_coordinate *c, const evaluation *at)
{
    return at->sums[0] / c->data.total_weight;
}

static double objective(const wbi_coordinate *c, const evaluation *at)
{
    double sum = mean_loss(c, at);
    for (size_t j = 0; j < c->n; j++)
        sum += c->model.absolute[j] * fabs(at->beta[j]) + c->model.square[j] / 2 * at->beta[j] * at->beta[j];
    return sum;
}

/* Gradient and residual of all columns; those that violate their condition come into play. */
static void find_gradient(wbi_coordinate *c)
{
    wbi_quadratic *model = &c->model;
    c->state.gradient_max = 0;
    for (size_t j = 0; j < c->n; j++) {
        c->gradient[j] = c->now.sums[1 + j] / c->data.total_weight;
        const double residual =
            wbi_quadratic_residual(c->now.beta[j], c->gradient[j], model->absolute[j], model->square[j]);
        c->state.gradient_max = fmax(c->state.gradient_max, residual);
        model->in_play[j] = model->in_play[j] || residual > 0;
    }
}

/* Minimises the model, and bounds how far the step to there moves a row's eta. */
static void find_step(wbi_coordinate *c)
{
    const wbi_quadratic *model = &c->model;
    memcpy(model->beta, c->now.beta, c->n * sizeof *c->now.beta);
    memcpy(model->slope, c->gradient, c->n * sizeof *c->gradient);
    wbi_quadratic_minimise(&c->model, EXACT);
    c->gain = 0;
    for (size_t j = 0; j < c->n; j++) {
        const double from = c->now.beta[j], to = model->beta[j];
        c->step[j] = to - from;
        c->gain -= c->step[j] * (c->gradient[j] + model->slope[j] + model->square[j] * (to + from)) / 2 +
                   model->absolute[j] * (fabs(to) - fabs(from));
    }
    c->state.eta_step_max = wbi_likelihood_eta_bound(&c->data, c->step);
}

/* Whether beta is good enough, or no step would make it any better. To take a step costs no more than to ask all rows how
 * far it goes, so they are asked only where steps bring nothing any more. */
static wb_status judge(wbi_coordinate *c, wb_error *err)
{
    wbi_newton_state *state = &c->state;
    const double tolerance = c->options.tolerance;
    const bool stalled = c->last_fresh && state->gradient_max <= tolerance &&
                         state->gradient_max > c->last_gradient_max / 2;
    if (stalled && state->eta_step_max > tolerance)
        WBI_TRY(wbi_likelihood_eta_max(&c->data, &state->eta_step_max, c->step, err));
    state->converged = (state->gradient_max <= tolerance && state->eta_step_max <= tolerance) ||
                       (c->options.roughly && c->gain <= ROUGH_GAIN);
    state->done = state->converged || stalled || state->iterations >= MAX_ITERATIONS;
    return WB_OK;
}

/* Looks where beta is, and whether to go on. */
static wb_status assess(wbi_coordinate *c, wb_error *err)
{
    wbi_newton_state *state = &c->state;
    find_gradient(c);
    if (!c->fresh && state->gradient_max > SLOW * c->last_gradient_max)
        WBI_TRY(refresh(c, err));
    find_step(c);
    WBI_TRY(judge(c, err));
    state->beta = c->options.roughly ? c->model.beta : c->now.beta;
    state->objective = objective(c, &c->now);
    state->mean_loss = mean_loss(c, &c->now);
    c->last_gradient_max = state->gradient_max;
    return WB_OK;
}

/* ---- lambda ---- */

double wbi_coordinate_lambda_max(const wbi_coordinate *c)
{
    double max = 0;
    for (size_t j = 0; j < c->n; j++)
        if (c->penalty[j] > 0)
            max = fmax(max, fabs(c->now.sums[1 + j]) / c->data.total_weight / c->penalty[j]);
    return max / fmax(c->options.alpha, LEAST_ALPHA);
}

/* The sequential strong rule: a gradient changes, one supposes, by no more than alpha times what lambda does. */
static void choose_columns(wbi_coordinate *c)
{
    const double limit = c->options.alpha * fmin(c->lambda, 2 * c->lambda - c->last_lambda);
    for (size_t j = 0; j < c->n; j++)
        c->model.in_play[j] = c->now.beta[j] != 0 || c->penalty[j] == 0 ||
                              fabs(c->now.sums[1 + j]) / c->data.total_weight >= limit * c->penalty[j];
}

/* Along a path one quadratic after the other errs to the same side. */
static void remember_bias(wbi_coordinate *c)
{
    for (size_t j = 0; j < c->n; j++)
        c->bias[j] = c->first[j] != 0 && c->state.beta[j] != 0 ? c->state.beta[j] - c->first[j] : 0;
}

/* Corrects the first step at a lambda by the bias at the last, where that turns no sign. */
static void correct_step(const wbi_coordinate *c)
{
    double *beta = c->model.beta;
    for (size_t j = 0; j < c->n; j++)
        if (beta[j] * (beta[j] + c->bias[j]) > 0) {
            beta[j] += c->bias[j];
            c->step[j] += c->bias[j];
        }
}

wb_status wbi_coordinate_set_lambda(wbi_coordinate *c, double lambda, wb_error *err)
{
    if (!(lambda >= 0 && isfinite(lambda)))
        return wbi_fail(err, WB_ERR_ARGUMENT, "lambda %g is not a number >= 0", lambda);
    if (c->state.beta != NULL && c->options.roughly)
        remember_bias(c);
    c->last_lambda = c->lambda;
    c->lambda = lambda;
    for (size_t j = 0; j < c->n; j++) {
        c->model.absolute[j] = lambda * c->options.alpha * c->penalty[j];
        c->model.square[j] = lambda * (1 - c->options.alpha) * c->penalty[j];
    }
    choose_columns(c);
    c->last_gradient_max = INFINITY;
    c->last_fresh = false;
    c->state.iterations = 0;
    WBI_TRY(assess(c, err));
    memcpy(c->first, c->model.beta, c->n * sizeof *c->first);
    if (!c->state.done && c->options.roughly)
        correct_step(c);
    return WB_OK;
}

/* ---- steps ---- */

/* Tries a share of the step; whether the objective does not rise. */
static wb_status try_share(bool *accepted, wbi_coordinate *c, double share, wb_error *err)
{
    double limit = c->state.objective + ROUNDING * fabs(c->state.objective);
    for (size_t j = 0; j < c->n; j++)
        c->next.beta[j] = share == 1 ? c->model.beta[j] : c->now.beta[j] + share * c->step[j];
    WBI_TRY(wbi_likelihood_gradient(&c->data, c->next.sums, c->next.beta, err));
    *accepted = objective(c, &c->next) <= limit;
    return WB_OK;
}

/* The Hessian's correction by the step from `now` to `next` and what it did to the gradient (Broyden, Fletcher,
 * Goldfarb, Shanno 1970). */
static void learn(wbi_coordinate *c)
{
    const size_t n = c->n;
    double *h = c->model.hessian, *expected = c->model.slope, *moved = c->step;
    double by_model = 0, by_data = 0;
    for (size_t j = 0; j < n; j++)
        moved[j] = c->next.beta[j] - c->now.beta[j];
    for (size_t j = 0; j < n; j++) {
        expected[j] = 0;
        for (size_t k = 0; k < n; k++)
            expected[j] += h[j * n + k] * moved[k];
        by_model += moved[j] * expected[j];
        by_data += moved[j] * (c->next.sums[1 + j] / c->data.total_weight - c->gradient[j]);
    }
    if (!(by_model > 0 && by_data > 0.1 * by_model && by_data < 10 * by_model))
        return;
    for (size_t j = 0; j < n; j++) {
        const double got = c->next.sums[1 + j] / c->data.total_weight - c->gradient[j];
        for (size_t k = 0; k < n; k++)
            h[j * n + k] += got * (c->next.sums[1 + k] / c->data.total_weight - c->gradient[k]) / by_data -
                            expected[j] * expected[k] / by_model;
    }
}

wb_status wbi_coordinate_step(wbi_coordinate *c, wb_error *err)
{
    bool accepted = false;
    double share = 1;
    if (c->state.done)
        return WB_OK;
    for (int halvings = 0; halvings <= MAX_HALVINGS && !accepted; halvings++, share /= 2)
        WBI_TRY(try_share(&accepted, c, share, err));
    if (!accepted) {
        c->state.done = true;
        return WB_OK;
    }
    learn(c);
    evaluation before = c->now;
    c->now = c->next;
    c->next = before;
    c->last_fresh = c->fresh;
    c->fresh = false;
    c->state.iterations++;
    return assess(c, err);
}

wbi_newton_state wbi_coordinate_now(const wbi_coordinate *c)
{
    return c->state;
}

/* ---- life ---- */

static wb_status allocate(wbi_coordinate *c, wb_error *err)
{
    const size_t n = c->n;
    WBI_TRY(wbi_quadratic_init(&c->model, n, err));
    const size_t n_sums = wbi_likelihood_n_sums(&c->data, true);
    c->now = (evaluation){wbi_alloc_array(n, sizeof(double)), wbi_alloc_array(n + 1, sizeof(double))};
    c->next = (evaluation){wbi_alloc_array(n, sizeof(double)), wbi_alloc_array(n + 1, sizeof(double))};
    c->all_sums = wbi_alloc_array(n_sums, sizeof(double));
    c->gradient = wbi_alloc_array(n, sizeof(double));
    c->step = wbi_alloc_array(n, sizeof(double));
    c->first = wbi_alloc_zeroed(n, sizeof(double));
    c->bias = wbi_alloc_zeroed(n, sizeof(double));
    if (c->now.beta == NULL || c->now.sums == NULL || c->next.beta == NULL || c->next.sums == NULL ||
        c->all_sums == NULL || c->gradient == NULL || c->step == NULL || c->first == NULL || c->bias == NULL)
        return wbi_fail_nomem(err, n_sums * sizeof(double));
    return WB_OK;
}

wb_status wbi_coordinate_create(wbi_coordinate **out, const wbi_problem *problem,
                                const wbi_coordinate_options *options, const double *beta, wb_error *err)
{
    wb_status status = WB_OK;
    wbi_coordinate *c = wbi_alloc_zeroed(1, sizeof *c);
    if (c == NULL)
        return wbi_fail_nomem(err, sizeof *c);
    wbi_disarm_gsl();
    c->penalty = problem->penalty;
    c->n = problem->design->n_columns;
    c->options = *options;
    c->lambda = HUGE_LAMBDA;
    WBI_TRY_CLEANUP(wbi_likelihood_init(&c->data, problem->design, problem->outcome, problem->weight, err));
    WBI_TRY_CLEANUP(allocate(c, err));
    memcpy(c->now.beta, beta, c->n * sizeof *beta);
    WBI_TRY_CLEANUP(refresh(c, err));
    *out = c;
    return WB_OK;
cleanup:
    wbi_coordinate_free(c);
    return status;
}

void wbi_coordinate_free(wbi_coordinate *c)
{
    if (c == NULL)
        return;
    wbi_likelihood_clear(&c->data);
    wbi_quadratic_clear(&c->model);
    wbi_free(c->now.beta);
    wbi_free(c->now.sums);
    wbi_free(c->next.beta);
    wbi_free(c->next.sums);
    wbi_free(c->all_sums);
    wbi_free(c->gradient);
    wbi_free(c->step);
    wbi_free(c->first);
    wbi_free(c->bias);
    wbi_free(c);
}
