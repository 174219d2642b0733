/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What scoring needs to know once for all rows: which features the models read, and what is made of them. */
#ifndef WINBACK_SCORE_PLAN_H
#define WINBACK_SCORE_PLAN_H

#include <stdbool.h>
#include <winback/reasons.h>
#include <winback/score.h>
#include <winback/scorer.h>

#include "base/error.h"

typedef struct wbi_intervals wbi_intervals;

enum { WBI_PLAN_REASONS = 100 /* in each direction, at most */ };

/* A feature that some model reads. */
typedef struct wbi_plan_feature {
    const char *name; /* borrowed from a scorer */
    wb_type type;
} wbi_plan_feature;

typedef struct wbi_plan_model {
    const wb_model *model;
    wb_scorer *scorer;
    wb_scorer *treated; /* of customers who are treated; NULL: the model knows no treatment */
    size_t n_features, n_terms; /* of the scorer */
    size_t first_term; /* of the terms of all models, one behind the other, its first */
    wb_reasons *reasons; /* NULL: nobody wants them */
    wbi_intervals *intervals; /* likewise */
    size_t *features; /* by feature of the scorer: its place among the plan's */
} wbi_plan_model;

/* Immutable once made; zero-initialised it may be freed. */
typedef struct wbi_score_plan {
    const wb_score_models *models;
    const wb_score_options *options;
    wbi_plan_model *each; /* one a model */
    wbi_plan_feature *features; /* each once */
    size_t n_features, n_terms; /* n_terms: of all models */
} wbi_score_plan;

/* WB_ERR_ARGUMENT where there is no model, or names are missing, not plain, or not distinct. */
WB_WARN_UNUSED wb_status wbi_score_check(const wb_score_models *models, wb_error *err);
/* Whether a column of that name is none that the model has to do with: neither the customers' (`id`), the cutoff, a label, nor a
 * feature that it reads. */
bool wbi_model_ignores(const wb_model *model, const char *id, const char *name);
/* Models and options are borrowed. */
WB_WARN_UNUSED wb_status wbi_score_plan_make(wbi_score_plan *plan, const wb_score_models *models,
                                       const wb_score_options *options, wb_error *err);
void wbi_score_plan_free(wbi_score_plan *plan);
/* Whether model m ignores a column, and nobody keeps it. */
bool wbi_score_plan_ignores(const wbi_score_plan *plan, size_t m, const char *id, const char *name);
bool wbi_score_plan_wants_reasons(const wbi_score_plan *plan);

#endif
