/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "features/aggregate.h"

static const char *population_table(const wb_project *project)
{
    return project->population.table != NULL ? project->population.table : "orders";
}

/* The table that a bundle is bound to; NULL when there is no such bundle. */
static const char *usual_table(const wbi_bundle_use *use)
{
    const wbi_bundle *bundle = wbi_find_bundle(use->bundle);
    return use->table != NULL || bundle == NULL ? use->table : bundle->table;
}

static bool is_of(const wbi_feature_def *def, const char *table)
{
    return (def->table != NULL && strcmp(def->table, table) == 0) ||
           (def->after_last != NULL && strcmp(def->after_last, table) == 0);
}

/* Whether anything reads the table. */
static bool is_used(const wb_project *project, const char *name)
{
    if (strcmp(population_table(project), name) == 0)
        return true;
    for (size_t i = 0; i < wb_project_n_labels(project); i++)
        if (strcmp(wbi_project_label_at(project, i)->table, name) == 0)
            return true;
    for (size_t i = 0; i < project->n_features; i++)
        if (is_of(&project->features[i], name))
            return true;
    for (size_t i = 0; i < project->n_uses; i++) {
        const char *table = usual_table(&project->uses[i]);
        if (table != NULL && strcmp(table, name) == 0)
            return true;
    }
    for (size_t i = 0; i < WBI_N_BUNDLES && !project->uses_said; i++)
        if (strcmp(wbi_bundles[i].table, name) == 0)
            return true;
    return false;
}

static size_t table_index(const wbi_plan *plan, const char *name)
{
    for (size_t t = 0; t < plan->n_tables; t++)
        if (strcmp(plan->bindings[t]->def->name, name) == 0)
            return t;
    return WBI_NONE;
}

static wb_status need_table(const wbi_plan *plan, const char *name, const char *who, size_t line, size_t *index,
                            wb_error *err)
{
    const char *names[64];
    size_t n = 0;
    *index = table_index(plan, name);
    if (*index != WBI_NONE)
        return WB_OK;
    for (; n < plan->project->n_tables && n < 64; n++)
        names[n] = plan->project->tables[n].name;
    const char *near = wbi_nearest(name, names, n);
    return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){NULL, line, 0}, name, strlen(name),
                       "%s: there is no table '%s'%s%s%s", who, name, near != NULL ? " (did you mean '" : "",
                       near != NULL ? near : "", near != NULL ? "'?)" : "");
}

static bool is_standard_input(const char *file)
{
    return file != NULL && (strcmp(file, "-") == 0 || strcmp(file, "/dev/stdin") == 0);
}

/* Standard input can be read once: of two readers each would get some of it. */
static wb_status note_standard_input(const wbi_table_def *def, const char **reader, wb_error *err)
{
    const char *files[] = {def->file, def->through_file};
    for (size_t i = 0; i < 2; i++) {
        if (!is_standard_input(files[i]))
            continue;
        if (*reader != NULL)
            return wbi_fail(err, WB_ERR_ARGUMENT, "standard input is named twice, by table %s and by table %s", *reader,
                            def->name);
        *reader = def->name;
    }
    return WB_OK;
}

static wb_status open_tables(wbi_plan *plan, const wb_read_options *options, wb_error *err)
{
    const char *standard_input = NULL;
    const wb_project *project = plan->project;
    plan->sources = wbi_alloc_zeroed(project->n_tables, sizeof(wbi_source *));
    plan->bindings = wbi_alloc_zeroed(project->n_tables, sizeof(wbi_binding *));
    if (plan->sources == NULL || plan->bindings == NULL)
        return wbi_fail_nomem(err, project->n_tables * sizeof(wbi_source *));
    WBI_TRY(wbi_bad_rows_create(&plan->bad, options->on_error, options->rejects, options->log, err));
    for (size_t i = 0; i < project->n_tables; i++) {
        const wbi_table_def *def = &project->tables[i];
        if (!is_used(project, def->name)) {
            wbi_log(options->log, WB_LOG_INFO, "table %s is not used by any feature, label or population", def->name);
            continue;
        }
        size_t t = plan->n_tables;
        WBI_TRY(note_standard_input(def, &standard_input, err));
        WBI_TRY(wbi_source_open(&plan->sources[t], def, plan->bad, options, err));
        plan->n_tables++;
        WBI_TRY(wbi_binding_create(&plan->bindings[t], def, plan->sources[t], project->path, err));
    }
    return WB_OK;
}

static wb_status no_bundle(const wbi_bundle_use *use, wb_error *err)
{
    const char *names[WBI_N_BUNDLES];
    for (size_t i = 0; i < WBI_N_BUNDLES; i++)
        names[i] = wbi_bundles[i].name;
    const char *near = wbi_nearest(use->bundle, names, WBI_N_BUNDLES);
    return wbi_fail_at(err, WB_ERR_MALFORMED, (wbi_where){NULL, use->line, 0}, use->bundle, strlen(use->bundle),
                       "there is no bundle '%s'%s%s%s", use->bundle, near != NULL ? " (did you mean '" : "",
                       near != NULL ? near : "", near != NULL ? "'?)" : "");
}

static wb_status bind_use(wbi_bound *bound, const wbi_plan *plan, const wbi_bundle_use *use, wb_error *err)
{
    size_t t;
    bound->bundle = wbi_find_bundle(use->bundle);
    if (bound->bundle == NULL)
        return no_bundle(use, err);
    wb_status status = need_table(plan, usual_table(use), use->bundle, use->line, &t, err);
    if (status != WB_OK && use->table == NULL)
        wbi_advise(err, "a table of another name: features: {use: [{%s: TABLE}]}", use->bundle);
    WBI_TRY(status);
    bound->binding = plan->bindings[t];
    return WB_OK;
}

/* Unsaid, every bundle whose table is there. */
static size_t bind_usual(wbi_bound *bound, const wbi_plan *plan)
{
    size_t n = 0;
    for (size_t i = 0; i < WBI_N_BUNDLES; i++) {
        size_t t = table_index(plan, wbi_bundles[i].table);
        if (t != WBI_NONE)
            bound[n++] = (wbi_bound){&wbi_bundles[i], plan->bindings[t]};
    }
    return n;
}

static wb_status expand_bundles(wbi_plan *plan, wbi_definitions *definitions, wb_error *err)
{
    const wb_project *project = plan->project;
    size_t n = project->n_uses;
    wb_status status = WB_OK;
    wbi_bound *bound = wbi_alloc_array(n + WBI_N_BUNDLES, sizeof *bound);
    if (bound == NULL)
        return wbi_fail_nomem(err, (n + WBI_N_BUNDLES) * sizeof *bound);
    for (size_t i = 0; i < n; i++)
        WBI_TRY_CLEANUP(bind_use(&bound[i], plan, &project->uses[i], err));
    if (!project->uses_said)
        n = bind_usual(bound, plan);
    WBI_TRY_CLEANUP(wbi_catalogue_expand(definitions, &plan->left_out, bound, n, project, err));
cleanup:
    wbi_free(bound);
    return status;
}

static wb_status expand_features(wbi_plan *plan, wb_error *err)
{
    wbi_definitions definitions = {0};
    wb_status status;
    WBI_TRY_CLEANUP(expand_bundles(plan, &definitions, err));
    for (size_t i = 0; i < plan->project->n_features; i++)
        WBI_TRY_CLEANUP(wbi_definitions_add(&definitions, &plan->project->features[i], err));
    if (definitions.n == 0)
        WBI_TRY_CLEANUP(wbi_fail(err, WB_ERR_INCONSISTENT, "the project has no features"));
    WBI_TRY_CLEANUP(wbi_project_set_features(plan->project, definitions.items, definitions.n, err));
cleanup:
    wbi_definitions_free(&definitions);
    return status;
}

static wb_status bad_feature(const wbi_feature_def *def, wb_error *err, const char *what)
{
    return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){NULL, def->line, 0}, def->name, strlen(def->name),
                       "feature %s: %s", def->name, what);
}

static bool is_reserved(const char *name)
{
    return strcmp(name, "customer_id") == 0 || strcmp(name, "cutoff") == 0 || strncmp(name, "label_", 6) == 0;
}

static wb_status check_feature(const wbi_feature_def *def, const wbi_table_def *table, wb_error *err)
{
    bool windowed = def->window.from_us != 0 || def->window.to_us != 0;
    if (def->agg == WBI_AGG_NONE)
        return bad_feature(def, err, "it needs an agg (count, sum, mean, …)");
    if (wbi_aggregate_takes(def->agg) == WBI_AGG_TAKES_NOTHING && def->of != NULL)
        return bad_feature(def, err, "its agg takes no 'of' (a condition goes into 'where')");
    if (wbi_aggregate_takes(def->agg) != WBI_AGG_TAKES_NOTHING && def->of == NULL)
        return bad_feature(def, err, "its agg needs an 'of'");
    if (table->time == NULL && (windowed || wbi_aggregate_needs_time(def->agg)))
        return bad_feature(def, err, "its table has no time, so no windows and no aggregates of times");
    if (def->agg == WBI_AGG_TREND && def->window.from_us == 0)
        return bad_feature(def, err, "a trend needs a window");
    return WB_OK;
}

static wb_status bind_after(const wbi_plan *plan, wbi_planned_feature *feature, wb_error *err)
{
    const wbi_feature_def *def = feature->def;
    if (def->after_last == NULL)
        return WB_OK;
    WBI_TRY(need_table(plan, def->after_last, def->name, def->line, &feature->after, err));
    if (plan->bindings[feature->table]->def->time == NULL || plan->bindings[feature->after]->def->time == NULL)
        return bad_feature(def, err, "'after_last' is about tables with a time");
    return WB_OK;
}

static wb_status check_result(const wbi_feature_def *def, wbi_expr_type type, wb_type *out, wb_error *err)
{
    if (type == WBI_EXPR_TEXT) {
        *out = WB_TYPE_CATEGORY;
        return WB_OK;
    }
    *out = WB_TYPE_NUMBER;
    if (type == WBI_EXPR_NUMBER)
        return WB_OK;
    if (type == WBI_EXPR_BOOL)
        return bad_feature(def, err, "true or false is no number: write if(…, 1, 0), or take the share");
    return bad_feature(def, err, "a time or a duration is no number: write days(…) or hours(…)");
}

static wb_status bind_aggregate(wbi_plan *plan, wbi_planned_feature *feature, wb_error *err)
{
    const wbi_feature_def *def = feature->def;
    WBI_TRY(need_table(plan, def->table, def->name, def->line, &feature->table, err));
    wbi_binding *binding = plan->bindings[feature->table];
    wbi_where where = wbi_place(&def->where_at, def->line), of = wbi_place(&def->of_at, def->line);
    WBI_TRY(check_feature(def, binding->def, err));
    WBI_TRY(bind_after(plan, feature, err));
    if (def->where != NULL)
        WBI_TRY(wbi_binding_expr(binding, def->where, where, WBI_EXPR_BOOL, &feature->where, err));
    if (def->of == NULL)
        return WB_OK;
    WBI_TRY(wbi_binding_expr(binding, def->of, of, wbi_aggregate_wants(def->agg), &feature->of, err));
    if (wbi_aggregate_takes(def->agg) != WBI_AGG_TAKES_ANY)
        return WB_OK;
    WBI_TRY(check_result(def, wbi_expr_result(binding->exprs[feature->of].expr), &feature->type, err));
    if (def->agg == WBI_AGG_DISTINCT)
        feature->type = WB_TYPE_NUMBER;
    return WB_OK;
}

static void no_feature(const wbi_plan *plan, const char *name, wb_error *err)
{
    const char **names = wbi_alloc_array(plan->n_features, sizeof *names), *near = NULL;
    for (size_t f = 0; names != NULL && f < plan->n_features; f++)
        names[f] = plan->features[f].def->name;
    if (names != NULL)
        near = wbi_nearest(name, names, plan->n_features);
    wbi_fail(err, WB_ERR_INCONSISTENT, "there is no feature '%s'%s%s%s", name, near != NULL ? " (did you mean '" : "",
             near != NULL ? near : "", near != NULL ? "'?)" : "");
    wbi_free(names);
}

static bool resolve_feature(void *user, const char *name, wbi_expr_type wanted, size_t *slot, wbi_expr_type *type,
                            wb_error *err)
{
    const wbi_plan *plan = user;
    (void)wanted;
    for (size_t f = 0; f < plan->n_features; f++) {
        if (strcmp(plan->features[f].def->name, name) != 0)
            continue;
        *slot = f;
        *type = plan->features[f].type == WB_TYPE_CATEGORY ? WBI_EXPR_TEXT : WBI_EXPR_NUMBER;
        return true;
    }
    no_feature(plan, name, err);
    return false;
}

/* Whether the features that an expression names are all planned already. */
static bool is_ready(const wbi_plan *plan, const bool *done, const wbi_expr *expr)
{
    for (size_t k = 0; k < wbi_expr_n_names(expr); k++)
        for (size_t f = 0; f < plan->n_features; f++)
            if (!done[f] && strcmp(plan->features[f].def->name, wbi_expr_name(expr, k)) == 0)
                return false;
    return true;
}

static wb_status bind_derived(wbi_plan *plan, wbi_planned_feature *feature, wb_error *err)
{
    wbi_scope resolver = {resolve_feature, plan};
    WBI_TRY(wbi_expr_bind(feature->expr, &resolver, WBI_EXPR_ANY, err));
    if (wbi_expr_uses_cutoff(feature->expr))
        return bad_feature(feature->def, err, "an expression over features does not see the cutoff");
    return check_result(feature->def, wbi_expr_result(feature->expr), &feature->type, err);
}

/* Aggregates first; then, round by round, the expressions whose features are all there. */
static wb_status order_features(wbi_plan *plan, bool *done, wb_error *err)
{
    size_t n_done = 0, before = SIZE_MAX;
    for (size_t f = 0; f < plan->n_features; f++)
        if (plan->features[f].expr == NULL) {
            done[f] = true;
            plan->order[n_done++] = f;
        }
    while (n_done < plan->n_features && n_done != before) {
        before = n_done;
        for (size_t f = 0; f < plan->n_features; f++) {
            if (done[f] || !is_ready(plan, done, plan->features[f].expr))
                continue;
            WBI_TRY(bind_derived(plan, &plan->features[f], err));
            done[f] = true;
            plan->order[n_done++] = f;
        }
    }
    for (size_t f = 0; f < plan->n_features; f++)
        if (!done[f])
            return bad_feature(plan->features[f].def, err, "it is computed from itself");
    return WB_OK;
}

/* A file that lacks a column is told by its reader; who asked for the column is told here. */
static wb_status say_who_asked(const wbi_plan *plan, const char *what, const char *name, size_t line, wb_status status,
                               wb_error *err)
{
    char others[sizeof err->advice];
    if (status == WB_OK || err->file[0] == '\0' || line == 0 || plan->project->path == NULL)
        return status;
    snprintf(others, sizeof others, "%s", err->advice);
    wbi_advise(err, "%s%s asks for it (%s:%zu)%s%.400s", what, name, plan->project->path, line,
               others[0] != '\0' ? "\n" : "", others);
    return status;
}

static wb_status bind_features(wbi_plan *plan, wb_error *err)
{
    size_t n = plan->project->n_features;
    plan->features = wbi_alloc_zeroed(n, sizeof *plan->features);
    plan->order = wbi_alloc_array(n, sizeof *plan->order);
    bool *done = wbi_alloc_zeroed(n, sizeof *done);
    wb_status status = WB_OK;
    if (plan->features == NULL || plan->order == NULL || done == NULL) {
        status = wbi_fail_nomem(err, n * sizeof *plan->features);
        goto cleanup;
    }
    for (size_t f = 0; f < n; f++) {
        const wbi_feature_def *def = &plan->project->features[f];
        if (is_reserved(def->name))
            WBI_TRY_CLEANUP(bad_feature(def, err, "the names customer_id, cutoff and label_… are taken"));
        wbi_planned_feature *feature = &plan->features[f];
        *feature = (wbi_planned_feature){.def = def, .table = WBI_NONE, .of = WBI_NONE, .where = WBI_NONE,
                                           .after = WBI_NONE};
        plan->n_features = f + 1;
        if (def->expr != NULL)
            WBI_TRY_CLEANUP(wbi_expr_parse(&feature->expr, def->expr, wbi_place(&def->expr_at, def->line), err));
        else
            WBI_TRY_CLEANUP(say_who_asked(plan, "feature ", def->name, def->line, bind_aggregate(plan, feature, err), err));
    }
    WBI_TRY_CLEANUP(order_features(plan, done, err));
cleanup:
    wbi_free(done);
    return status;
}

static wb_status bind_optional(wbi_binding *binding, const wbi_placed *text, size_t line, wbi_expr_type wanted,
                               size_t *index, wb_error *err)
{
    return text->text == NULL ? WB_OK
                              : wbi_binding_expr(binding, text->text, wbi_place(text, line), wanted, index, err);
}

static wb_status bind_population(wbi_plan *plan, wb_error *err)
{
    const wbi_population_def *def = &plan->project->population;
    wbi_where line = {NULL, def->line, 0};
    plan->population.where = plan->population.since = plan->population.not_after = WBI_NONE;
    WBI_TRY(need_table(plan, population_table(plan->project), "population", def->line, &plan->population.table, err));
    wbi_binding *binding = plan->bindings[plan->population.table];
    if (def->within_us > 0 && binding->def->time == NULL)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, line, NULL, 0,
                           "population: table %s has no time, so 'within' means nothing", binding->def->name);
    WBI_TRY(bind_optional(binding, &def->where_at, def->line, WBI_EXPR_BOOL, &plan->population.where, err));
    WBI_TRY(bind_optional(binding, &def->since_at, def->line, WBI_EXPR_TIME, &plan->population.since, err));
    return bind_optional(binding, &def->not_after_at, def->line, WBI_EXPR_TIME, &plan->population.not_after, err);
}

static wb_status bind_label(wbi_plan *plan, wbi_planned_label *label, const char *who, wb_error *err)
{
    const wbi_label_def *def = label->def;
    WBI_TRY(need_table(plan, def->table, who, def->line, &label->table, err));
    wbi_binding *binding = plan->bindings[label->table];
    if (binding->def->time == NULL && def->kind != WBI_LABEL_AT)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){NULL, def->line, 0}, NULL, 0,
                           "%s: table %s has no time", who, binding->def->name);
    WBI_TRY(bind_optional(binding, &def->where_at, def->line, WBI_EXPR_BOOL, &label->where, err));
    return def->kind == WBI_LABEL_AT
               ? bind_optional(binding, &def->column_at, def->line, WBI_EXPR_TIME, &label->at, err)
               : WB_OK;
}

static wb_status bind_labels(wbi_plan *plan, wb_error *err)
{
    char who[256];
    const size_t n = wb_project_n_labels(plan->project);
    plan->labels = wbi_alloc_array(n, sizeof *plan->labels);
    if (plan->labels == NULL)
        return wbi_fail_nomem(err, n * sizeof *plan->labels);
    for (plan->n_labels = 0; plan->n_labels < n; plan->n_labels++) {
        wbi_planned_label *label = &plan->labels[plan->n_labels];
        *label = (wbi_planned_label){wbi_project_label_at(plan->project, plan->n_labels), WBI_NONE, WBI_NONE, WBI_NONE};
        const bool own = label->def != &plan->project->label;
        snprintf(who, sizeof who, "label%s%s", own ? " of model " : "", own ? label->def->name : "");
        WBI_TRY(say_who_asked(plan, who, "", label->def->line, bind_label(plan, label, who, err), err));
    }
    return WB_OK;
}

static wb_status make_plan(wbi_plan *plan, const wb_read_options *options, wb_error *err)
{
    WBI_TRY(open_tables(plan, options, err));
    WBI_TRY(expand_features(plan, err));
    WBI_TRY(bind_features(plan, err));
    WBI_TRY(say_who_asked(plan, "population", "", plan->project->population.line, bind_population(plan, err), err));
    WBI_TRY(bind_labels(plan, err));
    for (size_t t = 0; t < plan->n_tables; t++)
        wbi_binding_finish(plan->bindings[t]);
    return WB_OK;
}

wb_status wbi_plan_create(wbi_plan **out, const wb_project *project, const wb_read_options *options, wb_error *err)
{
    wb_error why;
    wbi_plan *plan = wbi_alloc_zeroed(1, sizeof *plan);
    if (plan == NULL)
        return wbi_fail_nomem(err, sizeof *plan);
    wb_status status = wbi_project_copy(&plan->project, project, &why);
    if (status == WB_OK)
        status = make_plan(plan, options, &why);
    if (status == WB_OK) {
        *out = plan;
        return WB_OK;
    }
    if (why.file[0] == '\0' && why.line != 0 && project->path != NULL)
        snprintf(why.file, sizeof why.file, "%s", project->path);
    if (err != NULL)
        *err = why;
    wbi_plan_free(plan);
    return status;
}

void wbi_plan_close_sources(wbi_plan *plan)
{
    for (size_t t = 0; plan->sources != NULL && t < plan->n_tables; t++) {
        wbi_source_close(plan->sources[t]);
        plan->sources[t] = NULL;
    }
    wbi_bad_rows_free(plan->bad);
    plan->bad = NULL;
}

void wbi_plan_free(wbi_plan *plan)
{
    if (plan == NULL)
        return;
    wbi_plan_close_sources(plan);
    for (size_t t = 0; plan->bindings != NULL && t < plan->n_tables; t++)
        wbi_binding_free(plan->bindings[t]);
    for (size_t f = 0; f < plan->n_features; f++)
        wbi_expr_free(plan->features[f].expr);
    wbi_free(plan->sources);
    wbi_free(plan->bindings);
    wbi_free(plan->features);
    wbi_free(plan->labels);
    wbi_free(plan->order);
    wbi_notes_free(&plan->left_out);
    wb_project_free(plan->project);
    wbi_free(plan);
}
