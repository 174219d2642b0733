/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How certain Firth's estimates are. Near separation the likelihood is far from quadratic, and intervals of estimate and
 * standard error are too short on one side (Heinze and Schemper 2002): so every coefficient is profiled. */
#include <math.h>

#include "base/memory.h"
#include "par/par.h"
#include "solve/inference.h"
#include "solve/intercept.h"
#include "solve/profile.h"
#include "train/train.h"

/* What a worker profiles with. */
typedef struct bench {
    wbi_design *design;
    wbi_likelihood data;
    wbi_firth *firth; /* NULL: not yet needed */
    double *along;
} bench;

/* Coefficients, and then terms, are looked at side by side, each by one thread: there are many, and passes over few rows
 * are too short to share. */
typedef struct profiling {
    wbi_inference *inference;
    const wbi_basis *basis;
    const wbi_likelihood *data;
    const wb_log *log;
    wbi_firth_optimum at;
    double *chi_square; /* a coefficient */
    size_t *first;      /* column of each term, and behind the last */
    bench *benches;     /* a worker */
    size_t *task_of_slot, n_begun;
} profiling;

static size_t n_tasks(const profiling *work)
{
    return work->inference->n + work->basis->n_terms;
}

/* ---- one task ---- */

static wb_status set_up(bench *b, const profiling *work, int worker, wb_error *err)
{
    b->along = wbi_alloc_array(work->at.n, sizeof *b->along);
    if (b->along == NULL)
        return wbi_fail_nomem(err, work->at.n * sizeof *b->along);
    WBI_TRY(wbi_design_alone(&b->design, work->data->design, worker, err));
    WBI_TRY(wbi_likelihood_init(&b->data, b->design, work->data->outcome, work->data->weight, err));
    return wbi_firth_create(&b->firth, &b->data, work->at.beta, err);
}

static void clear(bench *b)
{
    wbi_firth_free(b->firth);
    wbi_likelihood_clear(&b->data);
    wbi_design_free(b->design);
    wbi_free(b->along);
}

/* The intercept where every column is 0 is b_0 - sum of b_j mean_j / sd_j. */
static void aim(double *along, const wbi_basis *basis, size_t index)
{
    for (size_t j = 1; j <= basis->n_columns; j++)
        along[j] = index == j ? 1 : index == 0 ? -basis->columns[j - 1].mean / basis->columns[j - 1].sd : 0;
    along[0] = index == 0;
}

static wb_status profile_coefficient(const profiling *work, bench *b, size_t j, wb_error *err)
{
    wbi_inference *out = work->inference;
    wbi_profile profile;
    aim(b->along, work->basis, j);
    WBI_TRY(wbi_profile_find(&profile, b->firth, &work->at, b->along, err));
    out->low[j] = profile.low;
    out->high[j] = profile.high;
    out->p_each[j] = wbi_chi_square_above(profile.chi_square, 1);
    work->chi_square[j] = profile.chi_square;
    return WB_OK;
}

/* Of a term of one column its coefficient says the same, which is done in the end. */
static wb_status test_term(const profiling *work, const bench *b, size_t term, wb_error *err)
{
    const size_t begin = work->first[term], end = work->first[term + 1];
    return end - begin == 1 ? WB_OK
                            : wbi_profile_ratio(&work->inference->chi_square[term], b->firth, &work->at, begin, end, err);
}

/* ---- all of them ---- */

static wb_status next_task(void *context, size_t slot, int *more, wb_error *err)
{
    profiling *work = context;
    (void)err;
    *more = work->n_begun < n_tasks(work);
    if (*more)
        work->task_of_slot[slot] = work->n_begun++;
    return WB_OK;
}

static wb_status do_task(void *context, size_t slot, int worker, wb_error *err)
{
    const profiling *work = context;
    bench *b = &work->benches[worker];
    const size_t task = work->task_of_slot[slot], n = work->inference->n;
    if (b->firth == NULL)
        WBI_TRY(set_up(b, work, worker, err));
    return task < n ? profile_coefficient(work, b, task, err) : test_term(work, b, task - n, err);
}

static wb_status note_task(void *context, size_t slot, wb_error *err)
{
    const profiling *work = context;
    const wbi_inference *of = work->inference;
    const size_t j = work->task_of_slot[slot];
    if (j < of->n && (isnan(of->low[j]) || isnan(of->high[j]) || isnan(of->p_each[j])))
        wbi_log(work->log, WB_LOG_WARNING,
                "the profile likelihood of %s does not tell its interval or p value: it is too flat, or has several peaks",
                j == 0 ? "the intercept" : work->basis->columns[j - 1].name);
    return wbi_progress(work->log, "profile", j + 1, n_tasks(work), err);
}

static wb_status run_tasks(profiling *work, wb_error *err)
{
    const size_t n_workers = (size_t)work->data->design->n_threads, n_slots = 2 * n_workers;
    const wbi_pipeline pipeline = {next_task, do_task, note_task, work, n_slots};
    work->benches = wbi_alloc_zeroed(n_workers, sizeof *work->benches);
    work->task_of_slot = wbi_alloc_array(n_slots, sizeof *work->task_of_slot);
    wb_status status = work->benches == NULL || work->task_of_slot == NULL
                           ? wbi_fail_nomem(err, n_slots * sizeof *work->benches)
                           : wbi_par_pipeline(&pipeline, (int)n_workers, err);
    for (size_t w = 0; work->benches != NULL && w < n_workers; w++)
        clear(&work->benches[w]);
    wbi_free(work->benches);
    wbi_free(work->task_of_slot);
    return status;
}

static wb_status find_terms(profiling *work, wb_error *err)
{
    const size_t n_terms = work->basis->n_terms;
    work->chi_square = wbi_alloc_array(work->at.n, sizeof *work->chi_square);
    work->first = wbi_alloc_array(n_terms + 1, sizeof *work->first);
    if (work->chi_square == NULL || work->first == NULL)
        return wbi_fail_nomem(err, (n_terms + 1) * sizeof *work->first);
    work->first[0] = 1;
    for (size_t t = 0; t < n_terms; t++) {
        size_t *end = &work->first[t + 1];
        for (*end = work->first[t]; *end < work->at.n && work->basis->columns[*end - 1].term == t; ++*end) {
        }
    }
    return WB_OK;
}

static wb_status profile_all(profiling *work, wb_error *err)
{
    wbi_inference *out = work->inference;
    wb_status status = find_terms(work, err);
    if (status == WB_OK)
        status = run_tasks(work, err);
    for (size_t t = 0; status == WB_OK && t < work->basis->n_terms; t++) {
        const size_t n_columns = work->first[t + 1] - work->first[t];
        work->inference->df[t] = n_columns;
        if (n_columns == 1)
            out->chi_square[t] = work->chi_square[work->first[t]];
        out->p[t] = wbi_chi_square_above(out->chi_square[t], n_columns);
    }
    wbi_free(work->chi_square);
    wbi_free(work->first);
    return status;
}

/* ---- what is known without ---- */

/* Weights are frequencies, so the covariance is the inverse of the information as it stands. */
static wb_status find_covariance(bool *definite, profiling *work, const wbi_firth_view *here, wb_error *err)
{
    wbi_inference *out = work->inference;
    double *no_ridge = wbi_alloc_zeroed(out->n, sizeof *no_ridge);
    out->covariance = wbi_alloc_array(out->n, out->n * sizeof(double));
    out->kind = WB_COVARIANCE_HESSIAN;
    const wbi_optimum at = {
        .information = here->information, .ridge = no_ridge, .total_weight = 1, .n_rows = 1, .n = out->n};
    wb_status status = no_ridge == NULL || out->covariance == NULL
                           ? wbi_fail_nomem(err, out->n * out->n * sizeof(double))
                           : wbi_covariance(out->covariance, definite, &at, err);
    if (status == WB_OK)
        status = wbi_condition_number(&out->condition_number, here->information, out->n, err);
    wbi_free(no_ridge);
    work->at.objective = here->objective;
    work->at.covariance = out->covariance;
    return status;
}

/* Rows of a customer, which the likelihood takes for news, and where the predictions have their mean. */
static wb_status say_limits(const wbi_training *training, const wbi_fit *fit, const wbi_likelihood *data, wb_error *err)
{
    double mean;
    if (training->log == NULL)
        return WB_OK;
    if (training->n_customers < training->all.n)
        wbi_log(training->log, WB_LOG_WARNING,
                "%zu rows of %zu customers: Firth's likelihood takes all rows for independent, so that intervals are too "
                "short and p values too small; keep one cutoff, or use --penalty none, which allows for it",
                training->all.n, training->n_customers);
    WBI_TRY(wbi_mean_prediction(&mean, fit->beta, data, err));
    wbi_log(training->log, WB_LOG_INFO, "mean prediction %.4g %% beside a base rate of %.4g %%: Firth's penalty shifts it",
            100 * mean, 100 * training->base_rate);
    return WB_OK;
}

wb_status wbi_infer_firth(wbi_fit *fit, const wbi_firth *firth, const wbi_training *training,
                          const wbi_likelihood *data, const double *crossproduct, wb_error *err)
{
    const size_t n = fit->basis->n_columns + 1;
    const wbi_firth_view here = wbi_firth_look(firth);
    wb_status status = WB_OK;
    bool definite = false;
    profiling work = {.basis = fit->basis, .data = data, .log = training->log, .at = {.beta = fit->beta, .n = n}};
    WBI_TRY_CLEANUP(wbi_inference_create(&work.inference, n, fit->basis->n_terms, err));
    WBI_TRY_CLEANUP(wbi_inference_add_profile(work.inference, err));
    WBI_TRY_CLEANUP(wbi_variance_inflation(work.inference->vif, crossproduct, n, err));
    work.inference->vif[0] = NAN;
    WBI_TRY_CLEANUP(find_covariance(&definite, &work, &here, err));
    if (!definite)
        goto cleanup;
    WBI_TRY_CLEANUP(wbi_inference_complete(work.inference, fit->basis, err));
    WBI_TRY_CLEANUP(profile_all(&work, err));
    WBI_TRY_CLEANUP(say_limits(training, fit, data, err));
    fit->inference = work.inference;
    work.inference = NULL;
cleanup:
    wbi_inference_free(work.inference);
    return status;
}
