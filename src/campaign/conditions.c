/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/conditions.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <winback/features.h>

#include "base/memory.h"
#include "expr/expr.h"
#include "features/engine.h"

/* What one call works on. */
typedef struct asking {
    const wbi_people *people;
    const wb_project *project;
    const wb_campaign_rule *rules;
    size_t n;
    wbi_expr **exprs;
    wb_engine *engine;
    wbi_vector *slots; /* by feature of the engine's plan */
    wbi_expr_scratch *scratch;
    uint8_t *known;    /* by row */
    wbi_conditions *out;
} asking;

static wbi_where place_of(const asking *a, size_t c)
{
    return (wbi_where){a->project->path, a->rules[c].line, a->rules[c].column};
}

static void free_exprs(asking *a)
{
    for (size_t c = 0; a->exprs != NULL && c < a->n; c++)
        wbi_expr_free(a->exprs[c]);
    wbi_free(a->exprs);
}

static wb_status parse(asking *a, wb_error *err)
{
    a->exprs = wbi_alloc_zeroed(a->n, sizeof(wbi_expr *));
    if (a->exprs == NULL)
        return wbi_fail_nomem(err, a->n * sizeof(wbi_expr *));
    for (size_t c = 0; c < a->n; c++)
        WBI_TRY(wbi_expr_parse(&a->exprs[c], a->rules[c].when, place_of(a, c), err));
    return WB_OK;
}

/* ---- what the engine says ---- */

/* That a table is not used, or an entry left out, concerns features, not rules. */
static void pass_warning(void *user, wb_log_level level, const char *text)
{
    if (level == WB_LOG_WARNING)
        wbi_log(user, level, "%s", text);
}

static int pass_progress(void *user, const char *what, uint64_t done, uint64_t total)
{
    const wb_log *log = user;
    return log->progress != NULL ? log->progress(log->user, what, done, total) : 0;
}

/* ---- which features are needed ---- */

static size_t find_feature(const wb_project *project, const char *name)
{
    size_t f = 0;
    while (f < project->n_features && strcmp(project->features[f].name, name) != 0)
        f++;
    return f;
}

/* Why the catalogue's feature of that name is not there; NULL: it has none such. */
static const char *why_left_out(const wbi_plan *plan, const char *name)
{
    const size_t n = strlen(name);
    for (size_t i = 0; i < plan->left_out.n; i++)
        if (strncmp(plan->left_out.items[i].text, name, n) == 0 && plan->left_out.items[i].text[n] == ':')
            return plan->left_out.items[i].text + n + 1;
    return NULL;
}

static bool has_table(const wb_project *project, const char *name)
{
    for (size_t t = 0; t < project->n_tables; t++)
        if (strcmp(project->tables[t].name, name) == 0 && project->tables[t].file != NULL)
            return true;
    return false;
}

/* The usual table of the catalogue's feature of that name, in some window; NULL: it has none such. */
static const char *table_of(const wb_catalogue *catalogue, const char *name)
{
    for (size_t i = 0; i < wb_catalogue_n_entries(catalogue); i++) {
        const wb_catalogue_entry entry = wb_catalogue_at(catalogue, i);
        const size_t n = strlen(entry.name);
        if (strncmp(name, entry.name, n) == 0 && (name[n] == '\0' || name[n] == '_'))
            return entry.table;
    }
    return NULL;
}

/* A project that names some tables does without the others, though their files lie beside it. */
static void advise_table(const wb_project *project, const char *name, wb_error *err)
{
    enum { PATH_CHARS = 4096 };
    char file[PATH_CHARS];
    wb_catalogue *catalogue = NULL;
    const char *path = project->path != NULL ? project->path : "", *slash = strrchr(path, '/');
    const int n_folder = slash == NULL ? 0 : (int)(slash - path) + 1;
    const char *table = wb_catalogue_create(&catalogue, NULL) == WB_OK ? table_of(catalogue, name) : NULL;
    if (table != NULL && !has_table(project, table)) {
        snprintf(file, sizeof file, "%.*s%s.csv", n_folder, path, table);
        if (access(file, R_OK) == 0)
            wbi_advise(err, "the project has no table %s; %s lies here: tables: {%s: {file: %s.csv}}", table, file, table, table);
    }
    wb_catalogue_free(catalogue);
}

static wb_status fail_name(const asking *a, size_t c, const wbi_plan *plan, const char *name, wb_error *err)
{
    const size_t n = plan->project->n_features;
    const wbi_where where = {a->project->path, a->rules[c].line, 0};
    const char *why = why_left_out(plan, name);
    if (why != NULL) {
        const wb_status status = wbi_fail_at(err, WB_ERR_INCONSISTENT, where, name, strlen(name),
                                             "'%s' asks for %s, which is left out:%s", a->rules[c].when, name, why);
        advise_table(plan->project, name, err);
        return status;
    }
    const char **names = wbi_alloc_array(n, sizeof *names);
    if (names == NULL)
        return wbi_fail_nomem(err, n * sizeof *names);
    for (size_t f = 0; f < n; f++)
        names[f] = plan->project->features[f].name;
    const char *nearest = wbi_nearest(name, names, n);
    wb_status status = wbi_fail_at(err, WB_ERR_INCONSISTENT, where, name, strlen(name),
                                   "'%s': there is no feature '%s'%s%s%s", a->rules[c].when, name,
                                   nearest != NULL ? " (did you mean '" : "", nearest != NULL ? nearest : "",
                                   nearest != NULL ? "'?)" : "");
    wbi_advise(err, "conditions are over features: winback features --list names them");
    advise_table(plan->project, name, err);
    wbi_free(names);
    return status;
}

static wb_status mark_named(const asking *a, const wbi_plan *plan, bool *needed, wb_error *err)
{
    size_t n_names = 0;
    for (size_t c = 0; c < a->n; c++)
        for (size_t k = 0; k < wbi_expr_n_names(a->exprs[c]); k++, n_names++) {
            const size_t f = find_feature(plan->project, wbi_expr_name(a->exprs[c], k));
            if (f == plan->project->n_features)
                return fail_name(a, c, plan, wbi_expr_name(a->exprs[c], k), err);
            needed[f] = true;
        }
    if (n_names == 0)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, place_of(a, 0), NULL, 0, "'%s' names no feature", a->rules[0].when);
    return WB_OK;
}

/* What needed features are computed from, until nothing is new. */
static void mark_inputs(const wbi_plan *plan, bool *needed)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t f = 0; f < plan->n_features; f++)
            for (size_t k = 0; needed[f] && plan->features[f].expr != NULL && k < wbi_expr_n_names(plan->features[f].expr); k++) {
                const size_t input = find_feature(plan->project, wbi_expr_name(plan->features[f].expr, k));
                changed = changed || !needed[input];
                needed[input] = true;
            }
    }
}

static wb_status set_needed(wb_project *project, const wbi_plan *plan, const bool *needed, wb_error *err)
{
    size_t n = 0;
    wbi_feature_def *kept = wbi_alloc_array(plan->n_features, sizeof *kept);
    if (kept == NULL)
        return wbi_fail_nomem(err, plan->n_features * sizeof *kept);
    for (size_t f = 0; f < plan->n_features; f++)
        if (needed[f])
            kept[n++] = plan->project->features[f];
    wb_status status = wbi_project_set_features(project, kept, n, err);
    wbi_free(kept);
    return status;
}

/* An engine of the features that conditions name, and no label. */
static wb_status make_engine(asking *a, const wb_read_options *reading, wb_error *err)
{
    wb_project *project = NULL;
    wbi_plan *plan = NULL;
    bool *needed = NULL;
    wb_status status;
    WBI_TRY_CLEANUP(wbi_project_copy(&project, a->project, err));
    wb_project_clear_label(project);
    WBI_TRY_CLEANUP(wbi_plan_create(&plan, project, reading, err));
    needed = wbi_alloc_zeroed(plan->n_features, sizeof *needed);
    if (needed == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, plan->n_features));
    WBI_TRY_CLEANUP(mark_named(a, plan, needed, err));
    mark_inputs(plan, needed);
    WBI_TRY_CLEANUP(set_needed(project, plan, needed, err));
    wbi_plan_close_sources(plan);
    wbi_project_forget_unused_tables(project);
    WBI_TRY_CLEANUP(wb_engine_create(&a->engine, project, reading, err));
    status = wb_engine_check_age(a->engine, a->people->cutoff_us, err);
cleanup:
    wbi_free(needed);
    wbi_plan_free(plan);
    wb_project_free(project);
    return status;
}

/* ---- asking ---- */

static bool resolve(void *user, const char *name, wbi_expr_type wanted, size_t *slot, wbi_expr_type *type, wb_error *err)
{
    const wbi_plan *plan = user;
    (void)wanted;
    (void)err;
    for (*slot = 0; *slot < plan->n_features; ++*slot)
        if (strcmp(plan->features[*slot].def->name, name) == 0) {
            *type = plan->features[*slot].type == WB_TYPE_CATEGORY ? WBI_EXPR_TEXT : WBI_EXPR_NUMBER;
            return true;
        }
    return false;
}

static wb_status bind_to(asking *a, const wbi_plan *plan, wb_error *err)
{
    const wbi_scope scope = {resolve, (void *)plan};
    for (size_t c = 0; c < a->n; c++)
        WBI_TRY(wbi_expr_bind(a->exprs[c], &scope, WBI_EXPR_BOOL, err));
    return WB_OK;
}

static wb_status bind(asking *a, wb_error *err)
{
    WBI_TRY(bind_to(a, a->engine->plan, err));
    WBI_TRY(wbi_expr_scratch_create(&a->scratch, err));
    a->slots = wbi_alloc_zeroed(a->engine->plan->n_features, sizeof *a->slots);
    a->known = wbi_alloc_zeroed(a->people->n, 1);
    a->out->holds = wbi_alloc_zeroed(a->n * a->people->n, 1);
    if (a->slots == NULL || a->known == NULL || a->out->holds == NULL)
        return wbi_fail_nomem(err, a->n * a->people->n);
    return WB_OK;
}

static void note(asking *a, const wbi_block *block, size_t c, const wbi_vector *answers)
{
    for (size_t k = 0; k < block->n_customers; k++) {
        const size_t row = wbi_people_row(a->people, wbi_compute_customer(&a->engine->events, block, k));
        if (row == SIZE_MAX)
            continue;
        a->known[row] = 1;
        a->out->holds[c * a->people->n + row] = answers->bools[k] == WBI_TRUE;
    }
}

static wb_status ask_block(void *context, const wbi_block *block, size_t slot, wb_error *err)
{
    asking *a = context;
    (void)slot;
    for (size_t f = 0; f < a->engine->plan->n_features; f++)
        a->slots[f] = a->engine->plan->features[f].type == WB_TYPE_NUMBER
                          ? (wbi_vector){.type = WBI_EXPR_NUMBER, .numbers = block->numbers[f]}
                          : (wbi_vector){.type = WBI_EXPR_TEXT, .texts = block->texts[f]};
    for (size_t c = 0; c < a->n; c++) {
        wbi_vector answers;
        wbi_expr_scratch_reset(a->scratch);
        WBI_TRY(wbi_expr_eval(a->exprs[c], a->slots, block->n_rows, a->people->cutoff_us, a->scratch, &answers, err));
        note(a, block, c, &answers);
    }
    return WB_OK;
}

static wb_status ask(asking *a, const wb_read_options *reading, wb_error *err)
{
    const wb_features_options wanted = {&a->people->cutoff_us, 1, 0, reading->n_threads, reading->log};
    const wbi_block_user user = {NULL, ask_block, a};
    wb_population population;
    const wb_log warnings = {pass_warning, pass_progress, (void *)reading->log};
    wb_read_options hushed = *reading;
    hushed.log = reading->log == NULL ? NULL : &warnings;
    WBI_TRY(parse(a, err));
    WBI_TRY(make_engine(a, &hushed, err));
    WBI_TRY(bind(a, err));
    WBI_TRY(wbi_engine_blocks(a->engine, &(wbi_whom){.everybody = true}, &user, &wanted, &population, err));
    for (size_t row = 0; row < a->people->n; row++)
        a->out->n_without_events += !a->known[row];
    return WB_OK;
}

wb_status wbi_conditions_ask(wbi_conditions *out, const wbi_people *people, const wb_project *project,
                             const wb_campaign_rule *rules, size_t n, const wb_read_options *reading, wb_error *err)
{
    asking a = {.people = people, .project = project, .rules = rules, .n = n, .out = out};
    *out = (wbi_conditions){0};
    if (people->cutoff_us == WB_TIME_MISSING) {
        wb_status unknown = wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){people->file, 0, 0}, NULL, 0,
                                        "no column cutoff, so nobody knows when '%s' is asked", rules[0].when);
        wbi_advise(err, "score with winback score --at DATE, or say --at DATE");
        return unknown;
    }
    const wb_status status = ask(&a, reading, err);
    free_exprs(&a);
    wb_engine_free(a.engine);
    wbi_free(a.slots);
    wbi_free(a.known);
    wbi_expr_scratch_free(a.scratch);
    return status;
}

wb_status wbi_conditions_check(const wb_project *project, const wb_campaign_rule *rules, size_t n, const wb_read_options *reading,
                               wb_error *err)
{
    asking a = {.project = project, .rules = rules, .n = n};
    wb_project *copy = NULL;
    wbi_plan *plan = NULL;
    bool *needed = NULL;
    wb_status status;
    WBI_TRY_CLEANUP(parse(&a, err));
    WBI_TRY_CLEANUP(wbi_project_copy(&copy, project, err));
    wb_project_clear_label(copy);
    WBI_TRY_CLEANUP(wbi_plan_create(&plan, copy, reading, err));
    needed = wbi_alloc_zeroed(plan->n_features, sizeof *needed);
    if (needed == NULL)
        WBI_TRY_CLEANUP(wbi_fail_nomem(err, plan->n_features));
    WBI_TRY_CLEANUP(mark_named(&a, plan, needed, err));
    status = bind_to(&a, plan, err);
cleanup:
    free_exprs(&a);
    wbi_free(needed);
    wbi_plan_free(plan);
    wb_project_free(copy);
    return status;
}

void wbi_conditions_free(wbi_conditions *conditions)
{
    wbi_free(conditions->holds);
}
