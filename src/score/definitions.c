/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The project inside a model, cut down to the features that the model names. */
#include <stdbool.h>
#include <string.h>
#include <winback/score.h>
#include <winback/time.h>

#include "base/memory.h"
#include "base/text.h"
#include "expr/expr.h"
#include "model/model.h"
#include "project/project.h"
#include "score/plan.h"

/* Marks the features that a needed one is computed from; whether any was new. */
static wb_status mark_inputs(const wb_project *project, size_t f, bool *needed, bool *changed, wb_error *err)
{
    wbi_expr *expr;
    WBI_TRY(wbi_expr_parse(&expr, project->features[f].expr, (wbi_where){0}, err));
    for (size_t k = 0; k < wbi_expr_n_names(expr); k++)
        for (size_t g = 0; g < project->n_features; g++)
            if (!needed[g] && strcmp(project->features[g].name, wbi_expr_name(expr, k)) == 0)
                needed[g] = *changed = true;
    wbi_expr_free(expr);
    return WB_OK;
}

/* Where the project has the feature; n_features when it has not. */
static size_t place_of(const wb_project *project, const char *name)
{
    size_t f = 0;
    while (f < project->n_features && strcmp(project->features[f].name, name) != 0)
        f++;
    return f;
}

static wb_status no_feature(const wb_project *project, const char *name, wb_error *err)
{
    const char **names = wbi_alloc_array(project->n_features, sizeof *names);
    if (names == NULL)
        return wbi_fail_nomem(err, project->n_features * sizeof *names);
    for (size_t f = 0; f < project->n_features; f++)
        names[f] = project->features[f].name;
    const char *nearest = wbi_nearest(name, names, project->n_features);
    wbi_free(names);
    return nearest == NULL ? wbi_fail(err, WB_ERR_INCONSISTENT, "no feature '%s' to keep", name)
                           : wbi_fail(err, WB_ERR_INCONSISTENT, "no feature '%s' to keep; did you mean '%s'?", name, nearest);
}

/* Marks the features that are to be kept in the scores. */
static wb_status mark_kept(const wb_project *project, const wb_score_options *options, bool *needed, wb_error *err)
{
    for (size_t k = 0; options != NULL && k < options->n_keep; k++) {
        const size_t f = place_of(project, options->keep[k]);
        if (f == project->n_features)
            return no_feature(project, options->keep[k], err);
        needed[f] = true;
    }
    return WB_OK;
}

/* A model file may have been made up. */
static wb_status check_defined(const wb_project *project, const wb_model *model, wb_error *err)
{
    wb_term_btyd btyd;
    for (size_t t = 0; t < wb_model_summarise(model).n_terms; t++) {
        const char *feature = wb_model_term(model, t).feature;
        const bool made = wb_model_term_btyd(model, t, &btyd);
        for (size_t k = 0; k < (made ? sizeof btyd.reads / sizeof *btyd.reads : 1); k++) {
            const char *name = made ? btyd.reads[k] : feature;
            if (place_of(project, name) == project->n_features)
                return wbi_fail(err, WB_ERR_INCONSISTENT, "a term reads '%.200s', which the model's definitions do not define", name);
        }
    }
    return WB_OK;
}

static wb_status find_needed(const wb_project *project, const wb_score_models *models, const wb_score_options *options,
                             bool *needed, wb_error *err)
{
    bool changed = true;
    for (size_t m = 0; m < models->n; m++)
        WBI_TRY(check_defined(project, models->models[m], err));
    WBI_TRY(mark_kept(project, options, needed, err));
    for (size_t f = 0; f < project->n_features; f++)
        for (size_t m = 0; m < models->n && !needed[f]; m++)
            needed[f] = wbi_model_reads(models->models[m], project->features[f].name);
    while (changed) {
        changed = false;
        for (size_t f = 0; f < project->n_features; f++)
            if (needed[f] && project->features[f].expr != NULL)
                WBI_TRY(mark_inputs(project, f, needed, &changed, err));
    }
    return WB_OK;
}

static wb_status keep_needed(wb_project *project, const wb_score_models *models, const wb_score_options *options,
                             wb_error *err)
{
    size_t n = project->n_features, n_kept = 0;
    bool *needed = wbi_alloc_zeroed(n, sizeof *needed);
    wbi_feature_def *kept = wbi_alloc_array(n, sizeof *kept);
    wb_status status = needed == NULL || kept == NULL ? wbi_fail_nomem(err, n * sizeof *kept)
                                                      : find_needed(project, models, options, needed, err);
    for (size_t f = 0; status == WB_OK && f < n; f++)
        if (needed[f])
            kept[n_kept++] = project->features[f];
    if (status == WB_OK && n_kept > 0)
        status = wbi_project_set_features(project, kept, n_kept, err);
    wbi_free(needed);
    wbi_free(kept);
    return status;
}

/* What the features of a model are made of, all of them. */
static wb_status read_definitions(wb_project **out, const wb_model *model, wb_error *err)
{
    const char *definitions = wb_model_definitions(model);
    if (definitions == NULL) {
        wbi_fail(err, WB_ERR_INCONSISTENT, "the model is flat: it does not say what its features are made of");
        wbi_advise(err, "train it on a file that winback features wrote, with FILE.meta.json beside it,\n"
                        "or score a features file instead of events");
        return WB_ERR_INCONSISTENT;
    }
    return wb_project_parse(out, definitions, err);
}

static void forget_reasons(wb_project *project)
{
    for (size_t f = 0; f < project->n_features; f++) {
        wbi_free(project->features[f].reason);
        project->features[f].reason = NULL;
        project->features[f].actionable = false;
    }
}

/* The definitions as text, without what does not matter for scoring; freed by wbi_free. */
static wb_status essence(char **text, const wb_model *model, wb_error *err)
{
    wb_project *project = NULL;
    wb_status status;
    *text = NULL;
    WBI_TRY_CLEANUP(read_definitions(&project, model, err));
    wb_project_clear_label(project);
    wb_project_set_data_until(project, WB_TIME_MISSING);
    forget_reasons(project);
    WBI_TRY_CLEANUP(wb_project_set_cutoffs(project, NULL, 0, err));
    status = wbi_project_to_json(text, project, err);
cleanup:
    wb_project_free(project);
    return status;
}

static wb_status check_alike(const wb_score_models *models, wb_error *err)
{
    char *first = NULL, *other = NULL;
    wb_status status = WB_OK;
    if (models->n > 1)
        WBI_TRY_CLEANUP(essence(&first, models->models[0], err));
    for (size_t m = 1; m < models->n; m++) {
        wbi_free(other);
        WBI_TRY_CLEANUP(essence(&other, models->models[m], err));
        if (strcmp(first, other) != 0)
            WBI_TRY_CLEANUP(wbi_fail(err, WB_ERR_INCONSISTENT,
                                     "models %s and %s define their features differently: score with one at a time",
                                     models->names[0], models->names[m]));
    }
cleanup:
    wbi_free(first);
    wbi_free(other);
    return status;
}

wb_status wb_models_project(wb_project **out, const wb_score_models *models, const wb_score_options *options, wb_error *err)
{
    wb_project *project = NULL;
    wb_status status;
    WBI_TRY_CLEANUP(wbi_score_check(models, err));
    WBI_TRY_CLEANUP(check_alike(models, err));
    WBI_TRY_CLEANUP(read_definitions(&project, models->models[0], err));
    WBI_TRY_CLEANUP(keep_needed(project, models, options, err));
    wb_project_clear_label(project);
    *out = project;
    project = NULL;
cleanup:
    wb_project_free(project);
    return status;
}

wb_status wb_model_project(wb_project **out, const wb_model *model, wb_error *err)
{
    return wb_models_project(out, &(wb_score_models){&model, NULL, NULL, 1}, NULL, err);
}
