/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits of matrices in memory. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "par/par.h"
#include "solve/newton.h"

typedef struct fitting {
    const wb_matrix *x;
    const uint8_t *outcome;
    const double *weights; /* NULL: all 1 */
    wbi_moments moments;
    size_t n_columns; /* with the intercept */
    double *penalty, *beta; /* by column of the design */
    uint8_t *hold;
    double lambda;
    wbi_newton *sample; /* near the optimum of some of the rows; NULL: too few, or not there */
    int n_threads;
    const wb_log *log;
} fitting;

/* ---- what is asked for ---- */

static wb_status check_options(const wb_matrix *x, const wb_fit_options *options, wb_error *err)
{
    if (!(options->lambda >= 0 && isfinite(options->lambda)))
        return wbi_fail(err, WB_ERR_ARGUMENT, "lambda %g is not a number >= 0", options->lambda);
    if (x->row_stride < x->n_columns)
        return wbi_fail(err, WB_ERR_ARGUMENT, "rows %zu apart cannot have %zu columns", x->row_stride, x->n_columns);
    if (x->n_rows == 0)
        return wbi_fail(err, WB_ERR_DEGENERATE, "there are no rows");
    return WB_OK;
}

static double weight_of(const fitting *f, size_t row)
{
    return f->weights == NULL ? 1 : f->weights[row];
}

/* What counts for each outcome. */
static wb_status weigh_classes(double *of, const fitting *f, wb_error *err)
{
    of[0] = of[1] = 0;
    for (size_t i = 0; i < f->x->n_rows; i++) {
        const double weight = weight_of(f, i);
        if (f->outcome[i] > 1)
            return wbi_fail(err, WB_ERR_ARGUMENT, "outcome of row %zu is %d, expected 0 or 1", i, f->outcome[i]);
        if (!(weight >= 0 && isfinite(weight)))
            return wbi_fail(err, WB_ERR_ARGUMENT, "weight of row %zu is %g, expected a number >= 0", i, weight);
        of[0] += weight * (1 - f->outcome[i]);
        of[1] += weight * f->outcome[i];
    }
    if (!(of[0] > 0 && of[1] > 0))
        return wbi_fail(err, WB_ERR_DEGENERATE, "all rows that count have the same outcome");
    return WB_OK;
}

static wb_status blame_cell(const wb_matrix *x, size_t column, wb_error *err)
{
    for (size_t i = 0; i < x->n_rows; i++)
        if (!isfinite(x->values[i * x->row_stride + column]))
            return wbi_fail(err, WB_ERR_INCONSISTENT, "row %zu of column %zu is %g, expected a finite number", i, column,
                            x->values[i * x->row_stride + column]);
    return wbi_fail(err, WB_ERR_INCONSISTENT, "the numbers of column %zu are too large for their squares", column);
}

static wb_status find_scale(fitting *f, wb_error *err)
{
    WBI_TRY(wbi_moments_of_matrix(&f->moments, f->x, f->weights, f->n_threads, err));
    for (size_t j = 0; j < f->x->n_columns; j++) {
        if (!isfinite(f->moments.sd[j]) || !isfinite(f->moments.mean[j]))
            return blame_cell(f->x, j, err);
        f->hold[1 + j] = f->moments.sd[j] == 0;
        if (f->hold[1 + j])
            wbi_log(f->log, WB_LOG_INFO, "column %zu left out: constant", j);
    }
    return WB_OK;
}

static wb_status prepare(fitting *f, wb_error *err)
{
    double of[2];
    const size_t n = f->n_columns;
    f->penalty = wbi_alloc_array(n, sizeof(double));
    f->beta = wbi_alloc_zeroed(n, sizeof(double));
    f->hold = wbi_alloc_zeroed(n, sizeof *f->hold);
    if (f->penalty == NULL || f->beta == NULL || f->hold == NULL)
        return wbi_fail_nomem(err, n * sizeof(double));
    for (size_t j = 0; j < n; j++)
        f->penalty[j] = j > 0;
    WBI_TRY(weigh_classes(of, f, err));
    f->beta[0] = log(of[1] / of[0]);
    return find_scale(f, err);
}

/* ---- a start from some of the rows ---- */

static wb_status start_from(fitting *f, const wb_matrix *some, uint8_t *outcome, double *weight, wb_error *err)
{
    wbi_design *design = NULL;
    bool seen[2] = {false, false};
    for (size_t i = 0; i < some->n_rows; i++) {
        outcome[i] = f->outcome[i * WBI_SAMPLE_STEP];
        weight[i] = weight_of(f, i * WBI_SAMPLE_STEP);
        seen[outcome[i]] |= weight[i] > 0;
    }
    if (!seen[0] || !seen[1])
        return WB_OK;
    WBI_TRY(wbi_design_array(&design, some, &f->moments, f->n_threads, err));
    const wbi_problem problem = {design, outcome, weight, f->penalty, NULL};
    wb_status status = wbi_newton_approach(&f->sample, &problem, f->beta, f->hold, f->lambda, err);
    wbi_design_free(design);
    return status;
}

static wb_status find_start(fitting *f, wb_error *err)
{
    const size_t n = f->x->n_rows / WBI_SAMPLE_STEP;
    if (!wbi_newton_samples(f->x->n_rows, f->n_columns))
        return WB_OK;
    const wb_matrix some = {f->x->values, n, f->x->n_columns, f->x->row_stride * WBI_SAMPLE_STEP};
    uint8_t *outcome = wbi_alloc_array(n, sizeof *outcome);
    double *weight = wbi_alloc_array(n, sizeof *weight);
    wb_status status = outcome == NULL || weight == NULL ? wbi_fail_nomem(err, n * sizeof *weight)
                                                         : start_from(f, &some, outcome, weight, err);
    wbi_free(outcome);
    wbi_free(weight);
    return status;
}

/* ---- all rows ---- */

static void hold_aliased(fitting *f, wbi_newton *newton, uint8_t *aliased)
{
    wbi_newton_aliased(newton, aliased);
    for (size_t j = 1; j < f->n_columns; j++) {
        if (aliased[j] && !f->hold[j])
            wbi_log(f->log, WB_LOG_INFO, "column %zu left out: the columns before it determine it", j - 1);
        f->hold[j] |= aliased[j];
    }
}

static wb_status iterate(fitting *f, wbi_newton *newton, wb_error *err)
{
    wbi_newton_hold(newton, f->hold);
    WBI_TRY(wbi_newton_set_lambda(newton, f->lambda, err));
    while (!wbi_newton_now(newton).done) {
        WBI_TRY(wbi_newton_step(newton, err));
        WBI_TRY(wbi_progress(f->log, "fit", (uint64_t)wbi_newton_now(newton).iterations, 0, err));
    }
    return WB_OK;
}

/* Newton's start for the columns that are not held, which without a penalty may leave some out. */
static wb_status begin(wbi_newton **newton, fitting *f, const wbi_problem *problem, wb_error *err)
{
    if (f->lambda > 0 && f->sample != NULL)
        return wbi_newton_create_near(newton, problem, f->sample, err);
    WBI_TRY(wbi_newton_create(newton, problem, f->sample == NULL ? f->beta : wbi_newton_now(f->sample).beta, err));
    if (f->lambda > 0)
        return WB_OK;
    uint8_t *aliased = wbi_alloc_zeroed(f->n_columns, sizeof *aliased);
    if (aliased == NULL)
        return wbi_fail_nomem(err, f->n_columns);
    hold_aliased(f, *newton, aliased);
    wbi_free(aliased);
    return WB_OK;
}

/* Per unit. */
static void unscale(double *coefficients, const fitting *f, const double *beta)
{
    coefficients[0] = beta[0];
    for (size_t j = 0; j < f->x->n_columns; j++) {
        coefficients[1 + j] = f->hold[1 + j] ? 0 : beta[1 + j] / f->moments.sd[j];
        coefficients[0] -= coefficients[1 + j] * f->moments.mean[j];
    }
}

static void report(wb_fit *out, const fitting *f, const wbi_newton_state *end)
{
    *out = (wb_fit){.objective = end->objective,
                    .log_loss = end->mean_loss,
                    .gradient_max = end->gradient_max,
                    .eta_step_max = end->eta_step_max,
                    .iterations = end->iterations,
                    .converged = end->converged};
    for (size_t j = 1; j < f->n_columns; j++)
        out->n_left_out += f->hold[j];
}

wb_status wb_fit_logistic(wb_fit *out, double *coefficients, const wb_matrix *x, const uint8_t *outcome,
                          const wb_fit_options *options, wb_error *err)
{
    wb_status status;
    fitting f = {.x = x,
                 .outcome = outcome,
                 .weights = options->weights,
                 .n_columns = 1 + x->n_columns,
                 .lambda = options->lambda,
                 .n_threads = wbi_par_threads(options->n_threads),
                 .log = options->log};
    wbi_design *design = NULL;
    wbi_newton *newton = NULL;
    WBI_TRY(check_options(x, options, err));
    WBI_TRY_CLEANUP(prepare(&f, err));
    WBI_TRY_CLEANUP(find_start(&f, err));
    WBI_TRY_CLEANUP(wbi_design_array(&design, x, &f.moments, f.n_threads, err));
    const wbi_problem problem = {design, outcome, f.weights, f.penalty, NULL};
    WBI_TRY_CLEANUP(begin(&newton, &f, &problem, err));
    WBI_TRY_CLEANUP(iterate(&f, newton, err));
    const wbi_newton_state end = wbi_newton_now(newton);
    unscale(coefficients, &f, end.beta);
    report(out, &f, &end);
cleanup:
    wbi_newton_free(f.sample);
    wbi_newton_free(newton);
    wbi_design_free(design);
    wbi_moments_clear(&f.moments);
    wbi_free(f.penalty);
    wbi_free(f.beta);
    wbi_free(f.hold);
    return status;
}
