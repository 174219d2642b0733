/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "model/model.h"
#include "solve/coordinate.h"
#include "train/train.h"

void wbi_fit_free(wbi_fit *fit)
{
    wbi_basis_free(fit->basis);
    wbi_free(fit->beta);
    wbi_free(fit->move);
    wbi_inference_free(fit->inference);
    wbi_smoothness_free(fit->smoothness);
    *fit = (wbi_fit){0};
}

static wb_status make_design(wbi_design **out, const wbi_training *training, const wbi_part *part,
                             const wbi_basis *basis, bool few_passes, wb_error *err)
{
    const wbi_design_rows rows = {training->table, part->rows, part->n, few_passes, training->n_threads, training->treated};
    return wbi_design_of_rows(out, basis, &rows, err);
}

/* Of the design. With a treatment its columns are there twice (wbi_encoder_create_arms). */
static size_t n_design_columns(const wbi_training *training, const wbi_basis *basis)
{
    return (basis->n_columns + 1) * (training->treated == NULL ? 1 : 2);
}

/* NULL: all 1. */
static const double *weights_of(const wbi_part *part)
{
    return part->alike ? NULL : part->weight;
}

static const double SMALL = 1e-8; /* how far lasso and elastic net may be from optimal */

/* What a solver works on; kept together as its pieces live and die together. */
typedef struct workbench {
    bool few_passes; /* over all rows: at one lambda, by Newton */
    wbi_design *design;
    double *penalty, *start;
    wbi_penalties terms;
    wbi_smooth smooth; /* where the search for lambdas starts */
    wbi_newton *newton;
    wbi_firth *firth;     /* after Newton's method has found the aliased columns */
    double *crossproduct; /* of the columns, up to a factor; NULL: not needed */
    wbi_coordinate *coordinate; /* instead, for lasso and elastic_net */
} workbench;

static void clear(workbench *bench)
{
    wbi_firth_free(bench->firth);
    wbi_newton_free(bench->newton);
    wbi_coordinate_free(bench->coordinate);
    wbi_design_free(bench->design);
    wbi_penalties_clear(&bench->terms);
    wbi_free(bench->penalty);
    wbi_free(bench->start);
    wbi_free(bench->crossproduct);
    *bench = (workbench){.few_passes = bench->few_passes};
}

/* Every sixteenth row. */
static wb_status sample_part(wbi_part *out, const wbi_part *part, wb_error *err)
{
    const size_t n = part->n / WBI_SAMPLE_STEP;
    WBI_TRY(wbi_part_allocate(out, n, err));
    out->alike = part->alike;
    for (size_t i = 0; i < n; i++)
        wbi_part_push(out, part, i * WBI_SAMPLE_STEP);
    return WB_OK;
}

/* Near the optimum of a sample of the rows; *out stays NULL where they are too few. */
static wb_status approach(wbi_newton **out, const workbench *bench, const wbi_training *training, const wbi_part *part,
                          const wbi_basis *basis, double lambda, wb_error *err)
{
    wb_status status = WB_OK;
    wbi_part some = {0};
    wbi_design *design = NULL;
    if (!wbi_newton_samples(part->n, n_design_columns(training, basis)))
        return WB_OK;
    WBI_TRY_CLEANUP(sample_part(&some, part, err));
    if (!wbi_part_has_both(&some))
        goto cleanup;
    WBI_TRY_CLEANUP(make_design(&design, training, &some, basis, false, err));
    const wbi_problem problem = {design, some.outcome, weights_of(&some), bench->penalty, NULL};
    WBI_TRY_CLEANUP(wbi_newton_approach(out, &problem, bench->start, NULL, lambda, err));
cleanup:
    wbi_design_free(design);
    wbi_part_free(&some);
    return status;
}

/* Starts Newton at a sample's optimum, where there is one. */
static wb_status start_newton(workbench *bench, const wbi_problem *problem, const wbi_newton *sample, double lambda,
                              wb_error *err)
{
    if (sample != NULL)
        memcpy(bench->start, wbi_newton_now(sample).beta, problem->design->n_columns * sizeof *bench->start);
    return sample != NULL && lambda > 0 ? wbi_newton_create_near(&bench->newton, problem, sample, err)
                                        : wbi_newton_create(&bench->newton, problem, bench->start, err);
}

/* The lambdas and coefficients of a sample; a penalty is about as strong whatever the number of rows beside a likelihood, which
 * is their sum, so beside a mean loss it goes with the inverse. */
static wb_status smooth_sample(workbench *bench, const wbi_training *training, const wbi_part *some,
                               const wbi_basis *basis, wb_error *err)
{
    wb_status status = WB_OK;
    wbi_design *design = NULL;
    wbi_newton_state end;
    wbi_smooth problem = bench->smooth;
    const double share = (double)some->n / bench->smooth.n_rows;
    problem.n_rows = (double)some->n;
    problem.roughly = true;
    WBI_TRY_CLEANUP(make_design(&design, training, some, basis, false, err));
    const wbi_problem of = {design, some->outcome, weights_of(some), bench->penalty, &bench->terms};
    WBI_TRY_CLEANUP(wbi_newton_create(&problem.newton, &of, bench->start, err));
    WBI_TRY_CLEANUP(wbi_smooth_minimise(&end, NULL, &problem, err));
    memcpy(bench->start, end.beta, (basis->n_columns + 1) * sizeof *bench->start);
    for (size_t p = 0; p < bench->terms.n; p++)
        bench->terms.of[p].lambda *= share;
    bench->smooth.lambda = problem.lambda * share;
    bench->smooth.warm = true;
cleanup:
    wbi_newton_free(problem.newton);
    wbi_design_free(design);
    return status;
}

/* Starts from another fit's lambdas, or a sample's where it has more than a few rows a column. */
static wb_status approach_smooth(workbench *bench, const wbi_training *training, const wbi_part *part,
                                 const wbi_basis *basis, wb_error *err)
{
    enum { MIN_ROWS = 2048, MIN_ROWS_A_COLUMN = 8 };
    wb_status status = WB_OK;
    wbi_part some = {0};
    const size_t n = part->n / WBI_SAMPLE_STEP;
    bench->smooth = (wbi_smooth){.ridge = bench->penalty, .terms = &bench->terms, .n_rows = (double)part->n};
    if (training->warm != NULL)
        wbi_smooth_warm(&bench->smooth, basis, training->warm);
    if (training->warm != NULL || n < MIN_ROWS || n / MIN_ROWS_A_COLUMN < basis->n_columns)
        return WB_OK;
    WBI_TRY_CLEANUP(sample_part(&some, part, err));
    if (wbi_part_has_both(&some))
        WBI_TRY_CLEANUP(smooth_sample(bench, training, &some, basis, err));
cleanup:
    wbi_part_free(&some);
    return status;
}

/* The intercept is free, and what treatment adds to it; all other columns are penalised alike, but for those that terms have
 * penalties of their own for. */
static wb_status set_penalties(workbench *bench, const wbi_training *training, const wbi_basis *basis, wb_error *err)
{
    const size_t n_own = basis->n_columns + 1, n = n_design_columns(training, basis);
    bench->penalty = wbi_alloc_array(n, sizeof *bench->penalty);
    if (bench->penalty == NULL)
        return wbi_fail_nomem(err, n * sizeof *bench->penalty);
    bench->penalty[0] = 0;
    for (size_t j = 0; j < basis->n_columns; j++)
        bench->penalty[j + 1] = basis->columns[j].part >= wbi_term_n_penalised(basis->terms[basis->columns[j].term]);
    for (size_t j = n_own; j < n; j++)
        bench->penalty[j] = bench->penalty[j - n_own];
    return wbi_penalties_find(&bench->terms, basis, err);
}

/* Starts at the best intercept for no other column, Newton from a sample where there are many rows. */
static wb_status set_up(workbench *bench, const wbi_training *training, const wbi_part *part, const wbi_basis *basis,
                        double lambda, wb_error *err)
{
    double weight[2];
    if (training->smooth && !training->on_trial && basis->n_columns >= part->n)
        return wbi_fail(err, WB_ERR_DEGENERATE,
                        "with basis auto the features become %zu columns, and there are %zu rows: linear takes fewer",
                        basis->n_columns, part->n);
    WBI_TRY(make_design(&bench->design, training, part, basis, bench->few_passes, err));
    WBI_TRY(set_penalties(bench, training, basis, err));
    bench->start = wbi_alloc_zeroed(bench->design->n_columns, sizeof *bench->start);
    if (bench->start == NULL)
        return wbi_fail_nomem(err, bench->design->n_columns * sizeof *bench->start);
    wbi_part_weigh(weight, part);
    bench->start[0] = log(weight[1] / weight[0]);
    wbi_problem problem = {bench->design, part->outcome, weights_of(part), bench->penalty, &bench->terms};
    if (wbi_is_sparse(training->penalty)) {
        const wbi_coordinate_options options = {training->alpha, SMALL, training->roughly};
        return wbi_coordinate_create(&bench->coordinate, &problem, &options, bench->start, err);
    }
    if (training->smooth) {
        WBI_TRY(approach_smooth(bench, training, part, basis, err));
        return wbi_newton_create(&bench->newton, &problem, bench->start, err);
    }
    wbi_newton *sample = NULL;
    WBI_TRY(approach(&sample, bench, training, part, basis, lambda, err));
    wb_status status = start_newton(bench, &problem, sample, lambda, err);
    wbi_newton_free(sample);
    return status;
}

/* Without a penalty, columns that others determine have no coefficient of their own: the later ones are dropped. */
static wb_status drop_aliased(size_t *n_dropped, wbi_basis *basis, const wbi_newton *newton, const wb_log *log,
                              wb_error *err)
{
    uint8_t *aliased = wbi_alloc_zeroed(basis->n_columns + 1, 1);
    if (aliased == NULL)
        return wbi_fail_nomem(err, basis->n_columns + 1);
    *n_dropped = wbi_newton_aliased(newton, aliased);
    wbi_basis_say_left_out(basis, aliased + 1, "the columns before determine them", log);
    if (*n_dropped > 0)
        wbi_basis_drop(basis, aliased + 1);
    wbi_free(aliased);
    return WB_OK;
}

static wb_status fit_basis(wbi_basis **out, const wbi_training *training, const wbi_part *part, const wb_log *log,
                           wb_error *err)
{
    const wbi_sample sample = {.table = training->table,
                               .rows = part->rows,
                               .weight = part->weight,
                               .customer = part->customer,
                               .n = part->n,
                               .equal_weights = part->alike,
                               .this_table_only = training->on_trial};
    const wbi_basis_options options = {.penalised = wbi_takes_lambda(training->penalty),
                                       .n_threads = training->n_threads,
                                       .log = log,
                                       .forms = training->forms,
                                       .purchases = training->purchases.name[0] == '\0' ? NULL : &training->purchases,
                                       .purchases_form = training->smooth ? WBI_FORM_SPLINE : WBI_FORM_LOG1P};
    return wbi_basis_fit(out, &sample, training->features, training->n_features, &options, err);
}

static wb_status minimise_sparse(wbi_newton_state *out, wbi_coordinate *coordinate, double lambda, wb_error *err)
{
    WBI_TRY(wbi_coordinate_set_lambda(coordinate, lambda, err));
    while (!wbi_coordinate_now(coordinate).done)
        WBI_TRY(wbi_coordinate_step(coordinate, err));
    *out = wbi_coordinate_now(coordinate);
    return WB_OK;
}

static wb_status minimise_firth(wbi_newton_state *out, wbi_firth *firth, wb_error *err)
{
    while (!wbi_firth_now(firth).done)
        WBI_TRY(wbi_firth_step(firth, err));
    *out = wbi_firth_now(firth);
    return WB_OK;
}

static wb_status minimise(wbi_newton_state *out, const workbench *bench, double lambda, wb_error *err)
{
    wbi_newton *newton = bench->newton;
    if (newton == NULL)
        return minimise_sparse(out, bench->coordinate, lambda, err);
    if (bench->firth != NULL)
        return minimise_firth(out, bench->firth, err);
    WBI_TRY(wbi_newton_set_lambda(newton, lambda, err));
    while (!wbi_newton_now(newton).done)
        WBI_TRY(wbi_newton_step(newton, err));
    *out = wbi_newton_now(newton);
    return WB_OK;
}

/* Where eta starts the same in all rows, the Hessian there is the columns' crossproduct, up to a factor; else a pass that is made
 * anyway finds that. Of the many columns of splines the Hessian at the end, in which rows count by their curvature, will do. */
static wb_status keep_crossproduct(workbench *bench, bool smooth, size_t n, wb_error *err)
{
    bool flat = true;
    bench->crossproduct = wbi_alloc_array(n, n * sizeof *bench->crossproduct);
    if (bench->crossproduct == NULL)
        return wbi_fail_nomem(err, n * n * sizeof *bench->crossproduct);
    for (size_t j = 1; j < n; j++)
        flat = flat && bench->start[j] == 0;
    if (flat || smooth)
        return wbi_newton_information(bench->newton, bench->crossproduct, err);
    wbi_newton_infer(bench->newton, bench->crossproduct);
    return WB_OK;
}

/* What the end of the path says of its coefficients. */
static wb_status conclude(wbi_fit *fit, const workbench *bench, const wbi_training *training, const wbi_part *part,
                          wb_error *err)
{
    const size_t n = fit->n_columns;
    wbi_infer_options options = {bench->crossproduct, bench->penalty, fit->last_lambda, &bench->terms};
    if (fit->last.converged)
        WBI_TRY(wbi_newton_refresh(bench->newton, err));
    if (fit->last.converged && bench->firth != NULL)
        return wbi_infer_firth(fit, bench->firth, training, wbi_newton_likelihood(bench->newton), bench->crossproduct, err);
    if (fit->last.converged)
        return wbi_infer(fit, bench->newton, part, &options, err);
    fit->move = wbi_alloc_array(n, sizeof *fit->move);
    if (fit->move == NULL)
        return wbi_fail_nomem(err, n * sizeof *fit->move);
    memcpy(fit->move, wbi_newton_move(bench->newton), n * sizeof *fit->move);
    return WB_OK;
}

static wb_status allocate_beta(wbi_fit *fit, const wbi_training *training, size_t n_lambdas, wb_error *err)
{
    fit->n_columns = n_design_columns(training, fit->basis);
    fit->beta = wbi_alloc_array(n_lambdas, fit->n_columns * sizeof *fit->beta);
    return fit->beta == NULL ? wbi_fail_nomem(err, n_lambdas * fit->n_columns * sizeof *fit->beta) : WB_OK;
}

/* The coefficients at each lambda. */
static wb_status walk_path(wbi_fit *fit, const workbench *bench, wbi_training *training, const double *lambdas,
                           size_t n_lambdas, wb_error *err)
{
    WBI_TRY(allocate_beta(fit, training, n_lambdas, err));
    for (size_t l = 0; l < n_lambdas; l++) {
        WBI_TRY(minimise(&fit->last, bench, lambdas[l], err));
        memcpy(fit->beta + l * fit->n_columns, fit->last.beta, fit->n_columns * sizeof *fit->beta);
        WBI_TRY(wbi_training_tick(training, err));
    }
    fit->last.beta = NULL;
    fit->last_lambda = lambdas[n_lambdas - 1];
    return WB_OK;
}

/* The lambdas, and the coefficients there. */
static wb_status find_lambdas(wbi_fit *fit, const workbench *bench, wbi_training *training, const wbi_part *part,
                              wb_error *err)
{
    wbi_smooth problem = bench->smooth;
    problem.newton = bench->newton;
    WBI_TRY(allocate_beta(fit, training, 1, err));
    double *freedom = wbi_alloc_array(fit->n_columns, sizeof *freedom);
    if (freedom == NULL)
        return wbi_fail_nomem(err, fit->n_columns * sizeof *freedom);
    wb_status status = wbi_smooth_minimise(&fit->last, freedom, &problem, err);
    if (status == WB_OK) {
        memcpy(fit->beta, fit->last.beta, fit->n_columns * sizeof *fit->beta);
        fit->last.beta = NULL;
        status = wbi_smooth_keep(fit, training, part, &problem, freedom, err);
    }
    if (status == WB_OK)
        status = wbi_training_tick(training, err);
    wbi_free(freedom);
    return status;
}

/* The rows that are left out of the fit count for the base rate, so where there are such the design is made again. */
static wb_status restore_base_rate(wbi_fit *fit, workbench *bench, const wbi_training *training, const wbi_part *part,
                                   size_t n_lambdas, wb_error *err)
{
    if (bench->design->n_rows < part->n) {
        clear(bench);
        WBI_TRY(make_design(&bench->design, training, part, fit->basis, bench->few_passes, err));
    }
    return wbi_restore_base_rate(fit, n_lambdas, bench->design, part, err);
}

wb_status wbi_fit_path(wbi_fit *out, wbi_training *training, const wbi_part *part, const double *lambdas,
                       size_t n_lambdas, const wb_log *log, wb_error *err)
{
    wb_status status = WB_OK;
    workbench bench = {.few_passes = n_lambdas == 1 && !wbi_is_sparse(training->penalty)};
    wbi_fit fit = {.imbalance = wbi_no_imbalance(part->n)};
    wbi_part rebalanced = {0};
    const wbi_part *fitted = wbi_rebalances(training) ? &rebalanced : part;
    if (fitted != part)
        WBI_TRY_CLEANUP(wbi_rebalance(&rebalanced, &fit.imbalance, training, part, err));
    WBI_TRY_CLEANUP(fit_basis(&fit.basis, training, part, log, err));
    WBI_TRY_CLEANUP(set_up(&bench, training, fitted, fit.basis, lambdas[0], err));
    if (!wbi_takes_lambda(training->penalty)) {
        size_t n_dropped = 0;
        WBI_TRY_CLEANUP(drop_aliased(&n_dropped, fit.basis, bench.newton, log, err));
        if (n_dropped > 0) {
            clear(&bench);
            WBI_TRY_CLEANUP(set_up(&bench, training, fitted, fit.basis, lambdas[0], err));
        }
    }
    if (training->penalty == WB_PENALTY_FIRTH)
        WBI_TRY_CLEANUP(wbi_firth_create(&bench.firth, wbi_newton_likelihood(bench.newton), bench.start, err));
    if (training->infer && !training->smooth)
        WBI_TRY_CLEANUP(keep_crossproduct(&bench, false, fit.basis->n_columns + 1, err));
    if (training->smooth)
        WBI_TRY_CLEANUP(find_lambdas(&fit, &bench, training, part, err));
    else
        WBI_TRY_CLEANUP(walk_path(&fit, &bench, training, lambdas, n_lambdas, err));
    if (training->infer && training->smooth)
        WBI_TRY_CLEANUP(keep_crossproduct(&bench, true, fit.n_columns, err));
    if (training->infer)
        WBI_TRY_CLEANUP(conclude(&fit, &bench, training, fitted, err));
    if (fitted != part)
        WBI_TRY_CLEANUP(restore_base_rate(&fit, &bench, training, part, n_lambdas, err));
    *out = fit;
cleanup:
    clear(&bench);
    wbi_part_free(&rebalanced);
    if (status != WB_OK)
        wbi_fit_free(&fit);
    return status;
}

/* ---- lasso and elastic net ---- */

/* What glmnet.control calls mnlam, fdev and devmax. */
enum { LEAST_PATH = 5 };
static const double LEAST_GAIN = 1e-5, MOST_EXPLAINED = 0.999;

static void space_lambdas(wbi_path *path, double max, bool many_rows)
{
    const double ratio = many_rows ? 1e-4 : 1e-2;
    path->n = max > 0 ? WBI_MAX_PATH : 1;
    for (size_t l = 0; l < path->n; l++)
        path->lambda[l] = max * pow(ratio, (double)l / (WBI_MAX_PATH - 1));
}

static size_t count_nonzero(const double *beta, size_t n)
{
    size_t n_nonzero = 0;
    for (size_t j = 1; j < n; j++)
        n_nonzero += beta[j] != 0;
    return n_nonzero;
}

/* Fits lambda after lambda until the share of the deviance that is explained hardly grows. */
static wb_status walk_to_end(wbi_path *path, const workbench *bench, wbi_training *training, wb_error *err)
{
    double null_loss = 0, explained = 0;
    for (size_t l = 0; l < path->n; l++) {
        wbi_newton_state at;
        const double before = explained;
        WBI_TRY(minimise(&at, bench, path->lambda[l], err));
        WBI_TRY(wbi_training_tick(training, err));
        path->n_nonzero[l] = count_nonzero(at.beta, bench->design->n_columns);
        if (l == 0)
            null_loss = at.mean_loss;
        explained = 1 - at.mean_loss / null_loss;
        if (l + 1 >= LEAST_PATH && (explained - before < LEAST_GAIN || explained > MOST_EXPLAINED))
            path->n = l + 1;
    }
    return WB_OK;
}

wb_status wbi_fit_find_path(wbi_path *out, wbi_training *training, wb_error *err)
{
    wb_status status = WB_OK;
    workbench bench = {0};
    wbi_basis *basis = NULL;
    wbi_part rebalanced = {0};
    wb_imbalance ignored;
    const wbi_part *part = &training->all, *fitted = wbi_rebalances(training) ? &rebalanced : part;
    if (fitted != part)
        WBI_TRY_CLEANUP(wbi_rebalance(&rebalanced, &ignored, training, part, err));
    WBI_TRY_CLEANUP(fit_basis(&basis, training, part, NULL, err));
    WBI_TRY_CLEANUP(set_up(&bench, training, fitted, basis, 0, err));
    space_lambdas(out, wbi_coordinate_lambda_max(bench.coordinate), fitted->n > basis->n_columns);
    WBI_TRY_CLEANUP(walk_to_end(out, &bench, training, err));
cleanup:
    clear(&bench);
    wbi_part_free(&rebalanced);
    wbi_basis_free(basis);
    return status;
}

wb_status wbi_fit_drop_zeros(wbi_fit *fit, const wb_log *log, wb_error *err)
{
    wbi_basis *basis = fit->basis;
    size_t n = 0;
    uint8_t *drop = wbi_alloc_array(basis->n_columns, 1);
    if (drop == NULL)
        return wbi_fail_nomem(err, basis->n_columns);
    for (size_t j = 0; j < basis->n_columns; j++) {
        drop[j] = fit->beta[1 + j] == 0;
        if (!drop[j])
            fit->beta[1 + n++] = fit->beta[1 + j];
    }
    wbi_basis_say_left_out(basis, drop, "their coefficients are 0", log);
    wbi_basis_drop(basis, drop);
    fit->n_columns = n + 1;
    wbi_free(drop);
    return WB_OK;
}
