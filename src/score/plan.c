/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/plan.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "model/model.h"
#include "score/interval.h"

static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";

wb_status wbi_score_check(const wb_score_models *models, wb_error *err)
{
    if (models->n == 0)
        return wbi_fail(err, WB_ERR_ARGUMENT, "there is no model to score with");
    if (models->names == NULL)
        return models->n == 1 ? WB_OK : wbi_fail(err, WB_ERR_ARGUMENT, "%zu models without names", models->n);
    for (size_t k = 0; k < models->n; k++) {
        const char *name = models->names[k];
        if (name[0] == '\0' || name[strspn(name, plain)] != '\0')
            return wbi_fail(err, WB_ERR_ARGUMENT, "'%.100s' cannot name a model's column: expected letters, digits, _, - and .",
                            name);
        for (size_t before = 0; before < k; before++)
            if (strcmp(models->names[before], models->names[k]) == 0)
                return wbi_fail(err, WB_ERR_ARGUMENT, "two models are named %s: both would make the column probability_%s",
                                models->names[k], models->names[k]);
    }
    return WB_OK;
}

bool wbi_model_ignores(const wb_model *model, const char *id, const char *name)
{
    if (strcmp(name, id) == 0 || strcmp(name, "cutoff") == 0 || strncmp(name, "label_", 6) == 0)
        return false;
    return !wbi_model_reads(model, name);
}

static wb_status check_options(const wb_score_options *o, wb_error *err)
{
    if (o->n_digits < 0 || o->n_digits > 15)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%d digits: expected 1 to 15", o->n_digits);
    if (o->n_reasons > WBI_PLAN_REASONS || o->n_reasons_down > WBI_PLAN_REASONS)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%zu reasons: expected at most %d",
                        o->n_reasons > o->n_reasons_down ? o->n_reasons : o->n_reasons_down, WBI_PLAN_REASONS);
    if (!(o->tolerance >= 0 && o->tolerance <= 1))
        return wbi_fail(err, WB_ERR_ARGUMENT, "tolerance %g: expected a share, 0 to 1", o->tolerance);
    if (isnan(o->band_low) && isnan(o->band_high))
        return WB_OK;
    if (!(o->band_low > 0 && o->band_low <= o->band_high && o->band_high < 1))
        return wbi_fail(err, WB_ERR_ARGUMENT, "bands low=%g, high=%g: expected probabilities, 0 < low <= high < 1", o->band_low,
                        o->band_high);
    return WB_OK;
}

bool wbi_score_plan_ignores(const wbi_score_plan *plan, size_t m, const char *id, const char *name)
{
    const wb_score_options *o = plan->options;
    for (size_t k = 0; k < o->n_keep; k++)
        if (strcmp(o->keep[k], name) == 0)
            return false;
    return wbi_model_ignores(plan->each[m].model, id, name);
}

bool wbi_score_plan_wants_reasons(const wbi_score_plan *plan)
{
    return plan->options->n_reasons + plan->options->n_reasons_down > 0;
}

/* The plan's place of a feature, added unless another model has. */
static wb_status place_feature(size_t *place, wbi_score_plan *plan, const char *name, wb_type type, wb_error *err)
{
    for (*place = 0; *place < plan->n_features; ++*place) {
        if (strcmp(plan->features[*place].name, name) != 0)
            continue;
        return plan->features[*place].type == type
                   ? WB_OK
                   : wbi_fail(err, WB_ERR_INCONSISTENT,
                              "%s is a number to one model and a category to another: score with one at a time", name);
    }
    plan->features[plan->n_features++] = (wbi_plan_feature){name, type};
    return WB_OK;
}

static wb_status check_deciles(const wb_score_models *models, size_t m, wb_error *err)
{
    const double *edges;
    if (wb_model_decile_edges(models->models[m], &edges) > 0)
        return WB_OK;
    wbi_fail(err, WB_ERR_INCONSISTENT, "the model%s%s has no deciles: it was trained without folds, or by an older winback",
             models->names == NULL ? "" : " ", models->names == NULL ? "" : models->names[m]);
    wbi_advise(err, "train it again with --folds 5");
    return WB_ERR_INCONSISTENT;
}

static wb_status plan_intervals(wbi_score_plan *plan, size_t m, wb_error *err)
{
    const wb_score_models *models = plan->models;
    const char *path = models->covariances == NULL ? NULL : models->covariances[m];
    const wb_status status = wbi_intervals_create(&plan->each[m].intervals, plan->each[m].model, path, err);
    if (status == WB_ERR_IO)
        wbi_advise(err, "training writes it beside the model: it is to lie there still, or train again");
    else if (status == WB_ERR_INCONSISTENT && plan->each[m].model->treatment != NULL)
        wbi_advise(err, "models of uplift keep none: score without intervals");
    else if (status == WB_ERR_INCONSISTENT && models->names != NULL)
        wbi_advise(err, "this is model %s; without intervals all can score", models->names[m]);
    return status;
}

static wb_status plan_model(wbi_score_plan *plan, size_t m, wb_error *err)
{
    wbi_plan_model *each = &plan->each[m];
    each->features = wbi_alloc_array(each->n_features, sizeof *each->features);
    if (each->features == NULL)
        return wbi_fail_nomem(err, each->n_features * sizeof *each->features);
    for (size_t f = 0; f < each->n_features; f++) {
        wb_type type;
        const char *name = wb_scorer_feature(each->scorer, f, &type);
        WBI_TRY(place_feature(&each->features[f], plan, name, type, err));
    }
    if (plan->options->decile)
        WBI_TRY(check_deciles(plan->models, m, err));
    if (wbi_score_plan_wants_reasons(plan))
        WBI_TRY(wb_reasons_create(&each->reasons, each->model, err));
    if (plan->options->interval)
        WBI_TRY(plan_intervals(plan, m, err));
    if (each->model->treatment != NULL)
        return wb_scorer_create_treated(&each->treated, each->model, err);
    return WB_OK;
}

static wb_status compile_model(wbi_score_plan *plan, size_t m, wb_error *err)
{
    wbi_plan_model *each = &plan->each[m];
    each->model = plan->models->models[m];
    WBI_TRY(wb_scorer_create(&each->scorer, each->model, err));
    each->n_features = wb_scorer_n_features(each->scorer);
    each->n_terms = wb_scorer_n_terms(each->scorer);
    each->first_term = plan->n_terms;
    plan->n_terms += each->n_terms;
    return WB_OK;
}

wb_status wbi_score_plan_make(wbi_score_plan *plan, const wb_score_models *models, const wb_score_options *options, wb_error *err)
{
    size_t most = 0;
    *plan = (wbi_score_plan){.models = models, .options = options};
    WBI_TRY(wbi_score_check(models, err));
    WBI_TRY(check_options(options, err));
    plan->each = wbi_alloc_zeroed(models->n, sizeof *plan->each);
    if (plan->each == NULL)
        return wbi_fail_nomem(err, models->n * sizeof *plan->each);
    for (size_t m = 0; m < models->n; m++) {
        WBI_TRY(compile_model(plan, m, err));
        most += plan->each[m].n_features;
    }
    plan->features = wbi_alloc_array(most, sizeof *plan->features);
    if (plan->features == NULL)
        return wbi_fail_nomem(err, most * sizeof *plan->features);
    for (size_t m = 0; m < models->n; m++)
        WBI_TRY(plan_model(plan, m, err));
    return WB_OK;
}

void wbi_score_plan_free(wbi_score_plan *plan)
{
    for (size_t m = 0; plan->each != NULL && m < plan->models->n; m++) {
        wb_scorer_free(plan->each[m].scorer);
        wb_scorer_free(plan->each[m].treated);
        wb_reasons_free(plan->each[m].reasons);
        wbi_intervals_free(plan->each[m].intervals);
        wbi_free(plan->each[m].features);
    }
    wbi_free(plan->each);
    wbi_free(plan->features);
}
