/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The project inside a model, cut down to the features that the model names. */
#include <stdbool.h>
#include <string.h>
#include <winback/score.h>

#include "base/memory.h"
#include "expr/expr.h"
#include "project/project.h"

static bool names_feature(const wb_model *model, const char *name)
{
    for (size_t i = 0; i < wb_model_n_coefficients(model); i++)
        if (strcmp(wb_model_coefficient(model, i).feature, name) == 0)
            return true;
    return false;
}

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

static wb_status find_needed(const wb_project *project, const wb_model *model, bool *needed, wb_error *err)
{
    bool changed = true;
    for (size_t f = 0; f < project->n_features; f++)
        needed[f] = names_feature(model, project->features[f].name);
    while (changed) {
        changed = false;
        for (size_t f = 0; f < project->n_features; f++)
            if (needed[f] && project->features[f].expr != NULL)
                WBI_TRY(mark_inputs(project, f, needed, &changed, err));
    }
    return WB_OK;
}

static wb_status keep_needed(wb_project *project, const wb_model *model, wb_error *err)
{
    size_t n = project->n_features, n_kept = 0;
    bool *needed = wbi_alloc_zeroed(n, sizeof *needed);
    wbi_feature_def *kept = wbi_alloc_array(n, sizeof *kept);
    wb_status status = needed == NULL || kept == NULL ? wbi_fail_nomem(err, n * sizeof *kept)
                                                      : find_needed(project, model, needed, err);
    for (size_t f = 0; status == WB_OK && f < n; f++)
        if (needed[f])
            kept[n_kept++] = project->features[f];
    if (status == WB_OK && n_kept > 0)
        status = wbi_project_set_features(project, kept, n_kept, err);
    wbi_free(needed);
    wbi_free(kept);
    return status;
}

wb_status wb_model_project(wb_project **out, const wb_model *model, wb_error *err)
{
    const char *definitions = wb_model_definitions(model);
    wb_project *project = NULL;
    if (definitions == NULL) {
        wbi_fail(err, WB_ERR_INCONSISTENT, "the model is flat: it does not say what its features are made of");
        wbi_advise(err, "train it on a file that winback features wrote, with FILE.meta.json beside it,\n"
                        "or score a features file instead of events");
        return WB_ERR_INCONSISTENT;
    }
    wb_status status = wb_project_parse(&project, definitions, err);
    if (status == WB_OK)
        status = keep_needed(project, model, err);
    if (status != WB_OK) {
        wb_project_free(project);
        return status;
    }
    wb_project_clear_label(project);
    *out = project;
    return WB_OK;
}
