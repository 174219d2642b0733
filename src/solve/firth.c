/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The derivative of -1/2 log det I is the sum of h_i (p_i - 1/2) x_i, h_i = v_i x_i' I^-1 x_i the leverages with
 * v_i = weight_i p_i (1 - p_i) (Heinze and Schemper, A solution to the problem of separation in logistic regression, 2002).
 * So what is evaluated takes a pass for loss and information, and, when its factor is known, one for the leverages. Steps
 * are those of Fisher's scoring first, I^-1 times the gradient: they lead downhill whatever the data, and shrink by a ratio
 * that falls with the leverages. Where they are slow, in the narrow valleys that separation makes on a few rows, they become
 * Newton's. */
#include "solve/firth.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "par/par.h"
#include "solve/firth_hessian.h"
#include "solve/linear.h"

/* As in Newton's method. */
static const double SMALL_GRADIENT = 1e-8, SMALL_STEP = 1e-8, ROUNDING = 1e-13;
/* Steps that hardly shrink are taken to leave a hundred times as far to go. */
static const double SLOWEST = 0.99;
/* More than this of the step before, and it is time for Newton's. */
static const double SLOW = 0.25;
enum { MAX_ITERATIONS = 200, MAX_HALVINGS = 40 };

/* All that is known at one beta. */
typedef struct point {
    double *beta;
    double *sums;     /* loss, its gradient, its Hessian, which is the information */
    double *factor;   /* of the information, Cholesky's, lower triangle */
    double *gradient; /* of the objective */
    double objective; /* INFINITY where the information has no factor */
} point;

struct wbi_firth {
    const wbi_likelihood *data;
    size_t n;
    point now, next;
    double *blocks; /* a block of rows, per thread */
    bool sharp; /* steps are Newton's */
    double *penalty, *sharp_factor; /* Hessian of the penalty, and factor of its sum with the information */
    const double *metric;           /* the factor that steps are made with */
    const double *constraint;
    size_t n_constraints;
    double *freed, *schur, *multiplier; /* M^-1 times the constraints, M the metric; the constraints times that; see
                                           wbi_firth_view */
    double *newton, *step;              /* M^-1 times the gradient; what is added to beta */
    double gain;
    double last_bound, last_gradient_max; /* of the step before */
    wbi_newton_state state;
};

/* ---- the objective and its gradient ---- */

static bool factorise(point *at, size_t n)
{
    memcpy(at->factor, at->sums + 1 + n, n * n * sizeof *at->factor);
    gsl_matrix_view a = gsl_matrix_view_array(at->factor, n, n);
    if (gsl_linalg_cholesky_decomp1(&a.matrix) != GSL_SUCCESS)
        return false;
    double log_determinant = 0;
    for (size_t j = 0; j < n; j++)
        log_determinant += 2 * log(at->factor[j * n + j]);
    at->objective = at->sums[0] - log_determinant / 2;
    return isfinite(at->objective);
}

/* The first of two passes. */
static wb_status find_objective(const wbi_firth *firth, point *at, wb_error *err)
{
    WBI_TRY(wbi_likelihood_hessian(firth->data, at->sums, at->beta, err));
    if (!factorise(at, firth->n))
        at->objective = INFINITY;
    return WB_OK;
}

typedef struct pass {
    const wbi_firth *firth;
    const point *at;
} pass;

static wb_status add_block(void *context, size_t block, size_t begin, size_t end, int worker, double *partial,
                           wb_error *err)
{
    (void)block;
    const pass *work = context;
    const wbi_likelihood *of = work->firth->data;
    const wbi_design *design = of->design;
    const wbi_likelihood_room room = wbi_likelihood_room_of(of, worker);
    double *eta = room.eta, *residual = room.residual, *curvature = room.curvature;
    const uint8_t *outcome = of->outcome + begin;
    const double *weight = wbi_likelihood_weight(of, begin);
    WBI_TRY(design->ops->load(design, begin, end, worker, err));
    design->ops->eta(design, worker, eta, work->at->beta);
    of->kernels->logistic(residual, curvature, eta, outcome, weight, end - begin);
    double *square = eta; /* x' I^-1 x */
    design->ops->squares(design, worker, square, work->at->factor,
                         work->firth->blocks + (size_t)worker * design->block_rows * design->n_columns);
    for (size_t i = 0; i < end - begin; i++) {
        const double p = (weight == NULL ? residual[i] : residual[i] / weight[i]) + outcome[i];
        residual[i] += curvature[i] * square[i] * (p - 0.5);
    }
    design->ops->gradient(design, worker, partial, residual);
    return WB_OK;
}

/* The second. */
static wb_status find_gradient(const wbi_firth *firth, const point *at, wb_error *err)
{
    const wbi_design *design = firth->data->design;
    pass work = {firth, at};
    return wbi_par_sum(design->n_rows, design->block_rows, design->n_threads, firth->n, add_block, &work, at->gradient,
                       err);
}

/* ---- the step ---- */

static void solve(double *x, const double *factor, const double *b, size_t n)
{
    gsl_matrix_const_view a = gsl_matrix_const_view_array(factor, n, n);
    gsl_vector_const_view right = gsl_vector_const_view_array(b, n);
    gsl_vector_view solution = gsl_vector_view_array(x, n);
    gsl_linalg_cholesky_solve(&a.matrix, &right.vector, &solution.vector);
}

/* The multipliers mu of C step = 0: C M^-1 C' mu = C M^-1 gradient, M the metric. */
static void find_multipliers(wbi_firth *firth)
{
    const size_t n = firth->n, m = firth->n_constraints;
    for (size_t k = 0; k < m; k++) {
        solve(firth->freed + k * n, firth->metric, firth->constraint + k * n, n);
        firth->multiplier[k] = wbi_dot(firth->constraint + k * n, firth->newton, n);
    }
    for (size_t k = 0; k < m; k++)
        for (size_t l = 0; l <= k; l++)
            firth->schur[k * m + l] = wbi_dot(firth->constraint + k * n, firth->freed + l * n, n);
    gsl_matrix_view a = gsl_matrix_view_array(firth->schur, m, m);
    gsl_vector_view mu = gsl_vector_view_array(firth->multiplier, m);
    gsl_linalg_cholesky_decomp1(&a.matrix);
    gsl_linalg_cholesky_svx(&a.matrix, &mu.vector);
}

/* The information and as much of the penalty's Hessian as leaves it positive definite; false where that is none. */
static bool factorise_sharp(wbi_firth *firth)
{
    static const double least = 0.01;
    const size_t n = firth->n;
    const double *information = firth->now.sums + 1 + n;
    gsl_matrix_view a = gsl_matrix_view_array(firth->sharp_factor, n, n);
    for (double share = 1; share > least; share /= 2) {
        for (size_t i = 0; i < n * n; i++)
            firth->sharp_factor[i] = information[i] + share * firth->penalty[i];
        if (gsl_linalg_cholesky_decomp1(&a.matrix) == GSL_SUCCESS)
            return true;
    }
    return false;
}

static wb_status find_metric(wbi_firth *firth, wb_error *err)
{
    firth->metric = firth->now.factor;
    if (!firth->sharp)
        return WB_OK;
    WBI_TRY(wbi_firth_hessian(firth->penalty, firth->data, firth->now.beta, firth->now.factor, firth->blocks, err));
    if (factorise_sharp(firth))
        firth->metric = firth->sharp_factor;
    return WB_OK;
}

static void find_step(wbi_firth *firth)
{
    const size_t n = firth->n, m = firth->n_constraints;
    const double *gradient = firth->now.gradient;
    solve(firth->newton, firth->metric, gradient, n);
    if (m > 0)
        find_multipliers(firth);
    firth->state.gradient_max = 0;
    for (size_t j = 0; j < n; j++) {
        double left = gradient[j];
        firth->step[j] = -firth->newton[j];
        for (size_t k = 0; k < m; k++) {
            firth->step[j] += firth->freed[k * n + j] * firth->multiplier[k];
            left -= firth->constraint[k * n + j] * firth->multiplier[k];
        }
        firth->state.gradient_max = fmax(firth->state.gradient_max, fabs(left) / firth->data->total_weight);
    }
    firth->gain = -wbi_dot(gradient, firth->step, n) / 2;
}

/* ---- where it stands ---- */

/* How far the rows' etas are from where the steps lead: steps shrink by a ratio, so all that follow make a geometric
 * series. Where they no longer shrink, all rows are asked instead of the bound. */
static wb_status find_eta_step(bool *slow, wbi_firth *firth, wb_error *err)
{
    wbi_newton_state *state = &firth->state;
    double bound = wbi_likelihood_eta_bound(firth->data, firth->step);
    const double ratio = fmin(bound / firth->last_bound, SLOWEST);
    firth->last_bound = bound;
    *slow = ratio > SLOW;
    if (state->gradient_max <= SMALL_GRADIENT && state->gradient_max >= firth->last_gradient_max / 2)
        WBI_TRY(wbi_likelihood_eta_max(firth->data, &bound, firth->step, err));
    state->eta_step_max = bound / (1 - ratio);
    return WB_OK;
}

static wb_status assess(wbi_firth *firth, wb_error *err)
{
    wbi_newton_state *state = &firth->state;
    bool slow;
    WBI_TRY(find_metric(firth, err));
    find_step(firth);
    WBI_TRY(find_eta_step(&slow, firth, err));
    if (slow && !firth->sharp) {
        wbi_firth_sharpen(firth);
        WBI_TRY(find_metric(firth, err));
        find_step(firth);
    }
    state->beta = firth->now.beta;
    state->objective = firth->now.objective / firth->data->total_weight;
    state->mean_loss = firth->now.sums[0] / firth->data->total_weight;
    state->converged = state->gradient_max <= SMALL_GRADIENT && state->eta_step_max <= SMALL_STEP;
    state->done = state->converged || state->iterations >= MAX_ITERATIONS;
    firth->last_gradient_max = state->gradient_max;
    return WB_OK;
}

static wb_status start(wbi_firth *firth, wb_error *err)
{
    firth->last_bound = firth->last_gradient_max = INFINITY;
    firth->state.iterations = 0;
    return assess(firth, err);
}

static void swap(wbi_firth *firth)
{
    const point before = firth->now;
    firth->now = firth->next;
    firth->next = before;
}

void wbi_firth_sharpen(wbi_firth *firth)
{
    firth->sharp = firth->n <= WBI_FIRTH_HESSIAN_COLUMNS;
}

void wbi_firth_constrain(wbi_firth *firth, const double *rows, size_t n)
{
    firth->sharp = false;
    firth->constraint = rows;
    firth->n_constraints = n;
}

wb_status wbi_firth_move(wbi_firth *firth, bool *possible, const double *beta, wb_error *err)
{
    memcpy(firth->next.beta, beta, firth->n * sizeof *beta);
    WBI_TRY(find_objective(firth, &firth->next, err));
    *possible = isfinite(firth->next.objective);
    if (!*possible)
        return WB_OK;
    WBI_TRY(find_gradient(firth, &firth->next, err));
    swap(firth);
    return start(firth, err);
}

wb_status wbi_firth_step(wbi_firth *firth, wb_error *err)
{
    const double limit = firth->now.objective + ROUNDING * (fabs(firth->now.sums[0]) + fabs(firth->now.objective));
    double share = 1;
    if (firth->state.done)
        return WB_OK;
    for (int halvings = 0; halvings <= MAX_HALVINGS; halvings++, share /= 2) {
        for (size_t j = 0; j < firth->n; j++)
            firth->next.beta[j] = firth->now.beta[j] + share * firth->step[j];
        WBI_TRY(find_objective(firth, &firth->next, err));
        if (firth->next.objective <= limit)
            break;
    }
    if (!(firth->next.objective <= limit)) {
        firth->state.done = true;
        return WB_OK;
    }
    WBI_TRY(find_gradient(firth, &firth->next, err));
    swap(firth);
    firth->state.iterations++;
    return assess(firth, err);
}

wbi_newton_state wbi_firth_now(const wbi_firth *firth)
{
    return firth->state;
}

wbi_firth_view wbi_firth_look(const wbi_firth *firth)
{
    return (wbi_firth_view){.objective = firth->now.objective,
                            .gradient = firth->now.gradient,
                            .information = firth->now.sums + 1 + firth->n,
                            .step = firth->step,
                            .gain = firth->gain,
                            .multiplier = firth->multiplier,
                            .freed = firth->freed};
}

/* ---- life ---- */

static bool allocate_point(point *at, size_t n, size_t n_sums)
{
    at->beta = wbi_alloc_array(n, sizeof(double));
    at->sums = wbi_alloc_array(n_sums, sizeof(double));
    at->factor = wbi_alloc_array(n, n * sizeof(double));
    at->gradient = wbi_alloc_array(n, sizeof(double));
    return at->beta != NULL && at->sums != NULL && at->factor != NULL && at->gradient != NULL;
}

static wb_status allocate(wbi_firth *firth, wb_error *err)
{
    const size_t n = firth->n, n_sums = wbi_likelihood_n_sums(firth->data, true);
    const wbi_design *design = firth->data->design;
    firth->blocks = wbi_alloc_aligned((size_t)design->n_threads * design->block_rows, n * sizeof(double));
    firth->penalty = wbi_alloc_array(n, n * sizeof(double));
    firth->sharp_factor = wbi_alloc_array(n, n * sizeof(double));
    firth->freed = wbi_alloc_array(n, n * sizeof(double));
    firth->schur = wbi_alloc_array(n, n * sizeof(double));
    firth->multiplier = wbi_alloc_zeroed(n, sizeof(double));
    firth->newton = wbi_alloc_array(n, sizeof(double));
    firth->step = wbi_alloc_array(n, sizeof(double));
    if (!allocate_point(&firth->now, n, n_sums) || !allocate_point(&firth->next, n, n_sums) || firth->blocks == NULL ||
        firth->penalty == NULL || firth->sharp_factor == NULL || firth->freed == NULL || firth->schur == NULL ||
        firth->multiplier == NULL || firth->newton == NULL || firth->step == NULL)
        return wbi_fail_nomem(err, n_sums * sizeof(double));
    return WB_OK;
}

wb_status wbi_firth_create(wbi_firth **out, const wbi_likelihood *data, const double *beta, wb_error *err)
{
    wb_status status = WB_OK;
    bool possible;
    wbi_firth *firth = wbi_alloc_zeroed(1, sizeof *firth);
    if (firth == NULL)
        return wbi_fail_nomem(err, sizeof *firth);
    firth->data = data;
    firth->n = data->design->n_columns;
    WBI_TRY_CLEANUP(allocate(firth, err));
    WBI_TRY_CLEANUP(wbi_firth_move(firth, &possible, beta, err));
    if (!possible)
        WBI_TRY_CLEANUP(wbi_fail(err, WB_ERR_DEGENERATE, "columns determine each other: Firth's penalty is not finite"));
    *out = firth;
    return WB_OK;
cleanup:
    wbi_firth_free(firth);
    return status;
}

static void free_point(point *at)
{
    wbi_free(at->beta);
    wbi_free(at->sums);
    wbi_free(at->factor);
    wbi_free(at->gradient);
}

void wbi_firth_free(wbi_firth *firth)
{
    if (firth == NULL)
        return;
    free_point(&firth->now);
    free_point(&firth->next);
    wbi_free(firth->blocks);
    wbi_free(firth->penalty);
    wbi_free(firth->sharp_factor);
    wbi_free(firth->freed);
    wbi_free(firth->schur);
    wbi_free(firth->multiplier);
    wbi_free(firth->newton);
    wbi_free(firth->step);
    wbi_free(firth);
}
