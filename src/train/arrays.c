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
    double *known; /* at `beta`: loss and gradient of all rows, and nearly the information; NULL: not known */
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

static wb_status weigh_block(void *context, size_t block, size_t begin, size_t end, int worker, double *of, wb_error *err)
{
    const fitting *f = context;
    double negative = 0, positive = 0;
    (void)block, (void)worker;
    for (size_t i = begin; i < end; i++) {
        const double weight = weight_of(f, i);
        if (f->outcome[i] > 1)
            return wbi_fail(err, WB_ERR_ARGUMENT, "outcome of row %zu is %d, expected 0 or 1", i, f->outcome[i]);
        if (!(weight >= 0 && isfinite(weight)))
            return wbi_fail(err, WB_ERR_ARGUMENT, "weight of row %zu is %g, expected a number >= 0", i, weight);
        negative += weight * (1 - f->outcome[i]);
        positive += weight * f->outcome[i];
    }
    of[0] = negative;
    of[1] = positive;
    return WB_OK;
}

/* What counts for each outcome. */
static wb_status weigh_classes(double of[2], fitting *f, wb_error *err)
{
    enum { BLOCK_ROWS = 1 << 14 };
    WBI_TRY(wbi_par_sum(f->x->n_rows, BLOCK_ROWS, f->n_threads, 2, weigh_block, f, of, err));
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

static wb_status take_scale(fitting *f, wb_error *err)
{
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
    return WB_OK;
}

/* ---- a start from some of the rows ---- */

/* Every WBI_SAMPLE_STEP-th row. */
typedef struct sample {
    wb_matrix x;
    uint8_t *outcome;
    double *weight;
    bool seen[2]; /* which outcomes count */
} sample;

static void sample_clear(sample *some)
{
    wbi_free(some->outcome);
    wbi_free(some->weight);
}

static wb_status take_sample(sample *out, const fitting *f, wb_error *err)
{
    const size_t n = f->x->n_rows / WBI_SAMPLE_STEP;
    *out = (sample){.x = {f->x->values, n, f->x->n_columns, f->x->row_stride * WBI_SAMPLE_STEP},
                    .outcome = wbi_alloc_array(n, sizeof *out->outcome),
                    .weight = wbi_alloc_array(n, sizeof *out->weight)};
    if (out->outcome == NULL || out->weight == NULL)
        return wbi_fail_nomem(err, n * sizeof *out->weight);
    for (size_t i = 0; i < n; i++) {
        out->outcome[i] = f->outcome[i * WBI_SAMPLE_STEP];
        out->weight[i] = weight_of(f, i * WBI_SAMPLE_STEP);
        out->seen[out->outcome[i]] |= out->weight[i] > 0;
    }
    return WB_OK;
}

static wb_status approach(fitting *f, const sample *some, wb_error *err)
{
    wbi_design *design = NULL;
    WBI_TRY(wbi_design_array(&design, &some->x, &f->moments, f->n_threads, err));
    const wbi_problem problem = {design, some->outcome, some->weight, f->penalty, NULL};
    wb_status status = wbi_newton_approach(&f->sample, &problem, f->beta, f->hold, f->lambda, err);
    wbi_design_free(design);
    return status;
}

static bool all_vary(const wbi_moments *moments, size_t n)
{
    bool vary = true;
    for (size_t j = 0; j < n; j++)
        vary = vary && moments->sd[j] > 0 && isfinite(moments->sd[j]);
    return vary;
}

/* ---- the moments of all rows and the gradient at that start, by one pass ---- */

typedef struct looking {
    const wbi_likelihood *data;
    const double *beta;
} looking;

static wb_status add_loss(void *context, double *sums, size_t begin, size_t end, int worker, wb_error *err)
{
    const looking *here = context;
    return wbi_likelihood_add(here->data, sums, here->beta, begin, end, worker, err);
}

/* The rows standardised by `moments`, at the sample's beta. */
static wb_status look(double *sums, fitting *f, const wbi_moments *moments, wb_error *err)
{
    wb_status status;
    wbi_design *design = NULL;
    wbi_likelihood data = {0};
    WBI_TRY(wbi_design_array(&design, f->x, moments, f->n_threads, err));
    WBI_TRY_CLEANUP(wbi_likelihood_init(&data, design, f->outcome, f->weights, err));
    looking here = {&data, wbi_newton_now(f->sample).beta};
    const wbi_moments_beside beside = {wbi_likelihood_n_sums(&data, false), add_loss, &here, sums};
    WBI_TRY_CLEANUP(wbi_moments_of_matrix(&f->moments, f->x, f->weights, design->n_threads, &beside, err));
cleanup:
    wbi_likelihood_clear(&data);
    wbi_design_free(design);
    return status;
}

/* What is known of columns standardised by `from` becomes what it is of them by `to`: beta, the gradient behind the loss, and the
 * Hessian (lower triangle, n wide). A column is a z + c of what it will be, z. */
static void rescale(double *beta, double *sums, double *information, size_t n, const wbi_moments *from, const wbi_moments *to)
{
    double *gradient = sums + 1, *a = information + n * n, *c = a + n;
    for (size_t j = 1; j < n; j++) {
        a[j] = to->sd[j - 1] / from->sd[j - 1];
        c[j] = (to->mean[j - 1] - from->mean[j - 1]) / from->sd[j - 1];
    }
    for (size_t j = 1; j < n; j++)
        for (size_t k = 1; k <= j; k++) {
            const double of_shifts = c[k] * information[j * n] + c[j] * information[k * n] - c[j] * c[k] * information[0];
            information[j * n + k] = (information[j * n + k] - of_shifts) / (a[j] * a[k]);
        }
    for (size_t j = 1; j < n; j++) {
        information[j * n] = (information[j * n] - c[j] * information[0]) / a[j];
        gradient[j] = (gradient[j] - c[j] * gradient[0]) / a[j];
        beta[0] += c[j] * beta[j];
        beta[j] *= a[j];
    }
}

static void forget(fitting *f)
{
    wbi_moments_clear(&f->moments);
    wbi_newton_free(f->sample);
    f->sample = NULL;
    wbi_free(f->known);
    f->known = NULL;
}

/* Standardises by the sample's moments until those of all rows are known. Leaves f as it was where a column does not vary, or the
 * sample leads nowhere. */
static wb_status look_early(fitting *f, const sample *some, wb_error *err)
{
    wb_status status;
    const size_t n = f->n_columns;
    wbi_moments from = {0};
    WBI_TRY_CLEANUP(wbi_moments_of_matrix(&f->moments, &some->x, some->weight, f->n_threads, NULL, err));
    if (all_vary(&f->moments, f->x->n_columns))
        WBI_TRY_CLEANUP(approach(f, some, err));
    from = f->moments;
    f->moments = (wbi_moments){0};
    if (f->sample == NULL)
        goto cleanup;
    f->known = wbi_alloc_array(n + 4, n * sizeof *f->known);
    if (f->known == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, (n + 4) * n * sizeof *f->known));
    WBI_TRY_CLEANUP(look(f->known, f, &from, err));
    if (!all_vary(&f->moments, f->x->n_columns)) {
        forget(f);
        goto cleanup;
    }
    double *information = f->known + 1 + n;
    wbi_newton_quadratic(f->sample, information, information + n * n);
    memcpy(f->beta, wbi_newton_now(f->sample).beta, n * sizeof *f->beta);
    rescale(f->beta, f->known, information, n, &from, &f->moments);
cleanup:
    wbi_moments_clear(&from);
    return status;
}

/* The moments, and where there are many rows a start from some of them. */
static wb_status find_start(fitting *f, wb_error *err)
{
    wb_status status = WB_OK;
    sample some = {0};
    const bool samples = wbi_newton_samples(f->x->n_rows, f->n_columns);
    if (samples)
        WBI_TRY_CLEANUP(take_sample(&some, f, err));
    const bool usable = some.seen[0] && some.seen[1];
    if (usable && f->lambda > 0)
        WBI_TRY_CLEANUP(look_early(f, &some, err));
    if (f->known == NULL)
        WBI_TRY_CLEANUP(wbi_moments_of_matrix(&f->moments, f->x, f->weights, f->n_threads, NULL, err));
    WBI_TRY_CLEANUP(take_scale(f, err));
    if (usable && f->known == NULL)
        WBI_TRY_CLEANUP(approach(f, &some, err));
cleanup:
    sample_clear(&some);
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
    if (f->known != NULL)
        return wbi_newton_create_at(newton, problem, f->beta, f->known, f->known + 1 + f->n_columns, err);
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
    wbi_free(f.known);
    wbi_newton_free(newton);
    wbi_design_free(design);
    wbi_moments_clear(&f.moments);
    wbi_free(f.penalty);
    wbi_free(f.beta);
    wbi_free(f.hold);
    return status;
}
