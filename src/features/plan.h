/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything a project asks for, bound to the columns its files have: which tables are read, which expressions are
 * evaluated, what each feature is made of. */
#ifndef WINBACK_FEATURES_PLAN_H
#define WINBACK_FEATURES_PLAN_H

#include "features/catalogue.h"

#define WBI_NONE SIZE_MAX

typedef struct wbi_planned_feature {
    const wbi_feature_def *def;
    size_t table;     /* index into the plan's tables; WBI_NONE: computed from other features by `expr` */
    size_t of, where; /* expressions of the table's binding, WBI_NONE */
    size_t after;     /* index of the table after whose last event events count, WBI_NONE */
    wbi_expr *expr;   /* its slots are indices of features */
    wb_type type;     /* WB_TYPE_NUMBER or WB_TYPE_CATEGORY */
} wbi_planned_feature;

typedef struct wbi_planned_label {
    const wbi_label_def *def;
    size_t table, where, at; /* the last two: expressions of the table's binding, WBI_NONE */
} wbi_planned_label;

typedef struct wbi_plan {
    wb_project *project; /* owned; its features are the expanded definitions */
    wbi_bad_rows *bad; /* the first of those of all sources */
    wbi_source **sources;
    wbi_binding **bindings;
    size_t n_tables;
    wbi_notes left_out;
    wbi_planned_feature *features;
    size_t n_features;
    size_t *order; /* features in an order in which each stands behind those it is computed from */
    struct {
        size_t table, where, since, not_after; /* expressions, WBI_NONE */
    } population;
    wbi_planned_label *labels;
    size_t n_labels;
} wbi_plan;

/* Takes a copy of the project, opens the tables it uses, expands its bundles and binds everything. Errors name the
 * project file's line where one is at fault. */
WB_WARN_UNUSED wb_status wbi_plan_create(wbi_plan **out, const wb_project *project, const wb_read_options *options,
                                         wb_error *err);
/* Closes the files once the events have been read. */
void wbi_plan_close_sources(wbi_plan *plan);
void wbi_plan_free(wbi_plan *plan); /* NULL-safe */

#endif
