/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <winback/audit.h>

#include <string.h>

#include "audit/compare.h"
#include "audit/repeat.h"
#include "audit/rows.h"
#include "base/memory.h"

/* The rows of one export as they lie in its files. */
typedef struct export_rows {
    wbi_plan *plan;
    wbi_packed_rows *tables; /* by table of the plan */
} export_rows;

static void free_rows(export_rows *e)
{
    for (size_t t = 0; e->tables != NULL && t < e->plan->n_tables; t++)
        wbi_packed_free(&e->tables[t]);
    wbi_free(e->tables);
    wbi_plan_free(e->plan);
}

static wb_status read_rows(export_rows *e, const wb_project *project, wbi_dictionary *customers,
                           const wb_read_options *options, wb_error *err)
{
    WBI_TRY(wbi_plan_create(&e->plan, project, options, err));
    e->tables = wbi_alloc_zeroed(e->plan->n_tables, sizeof *e->tables);
    if (e->tables == NULL)
        return wbi_fail_nomem(err, e->plan->n_tables * sizeof *e->tables);
    for (size_t t = 0; t < e->plan->n_tables; t++) {
        const wbi_binding *b = e->plan->bindings[t];
        wbi_source_counts counts;
        WBI_TRY(wbi_source_read(e->plan->sources[t], &e->tables[t], customers, b->columns, b->n_columns, &counts, NULL,
                                err));
    }
    WBI_TRY(wbi_bad_rows_finish(e->plan->bad, err));
    wbi_plan_close_sources(e->plan);
    return WB_OK;
}

/* The last moment at which the export shows that it was still being written: when its last row was. A `delay` says when a
 * row has arrived at the latest; that the export was written until then, nothing says. */
static int64_t end_of(const export_rows *e, int64_t until_us)
{
    int64_t end_us = WB_TIME_MISSING;
    for (size_t t = 0; t < e->plan->n_tables; t++) {
        const wbi_packed_rows *rows = &e->tables[t];
        for (size_t i = 0; e->plan->bindings[t]->def->time != NULL && i < rows->n_rows; i++) {
            int64_t time_us = wbi_packed_time(&rows->columns[1], i);
            if (wbi_packed_code(&rows->columns[0], i) >= 0 && time_us < until_us && time_us > end_us)
                end_us = time_us;
        }
    }
    return end_us;
}

static bool same_columns(const wbi_binding *a, const wbi_binding *b)
{
    if (a->n_columns != b->n_columns)
        return false;
    for (size_t k = 0; k < a->n_columns; k++)
        if (strcmp(a->columns[k].name, b->columns[k].name) != 0 || a->columns[k].type != b->columns[k].type)
            return false;
    return true;
}

static wb_status compare_tables(wbi_changes *changes, const export_rows *older, const export_rows *newer,
                                int64_t cutoff_us, wb_error *err)
{
    for (size_t t = 0; t < newer->plan->n_tables; t++) {
        const wbi_binding *b = newer->plan->bindings[t];
        if (!same_columns(b, older->plan->bindings[t]))
            return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){older->plan->bindings[t]->def->file, 0, 0}, NULL, 0,
                               "table %s of the older export lacks a column that is used, or has another one",
                               b->def->name);
        wbi_exports exports = {b, &older->tables[t], &newer->tables[t], cutoff_us};
        WBI_TRY(wbi_compare_exports(changes, &exports, err));
    }
    return WB_OK;
}

/* The engine's own copy of a name, which outlives the plans that were made here. */
static const char *name_in(const wb_engine *engine, const char *table, const char *name)
{
    for (size_t t = 0; t < engine->plan->n_tables; t++) {
        const wbi_binding *b = engine->plan->bindings[t];
        if (strcmp(b->def->name, table) != 0)
            continue;
        if (name == NULL)
            return b->def->name;
        for (size_t s = 0; s < b->n_slots; s++)
            if (strcmp(b->slots[s].name, name) == 0)
                return b->slots[s].name;
    }
    return NULL;
}

static void borrow_names(wbi_changes *changes, const wb_engine *engine)
{
    for (size_t k = 0; k < changes->n; k++) {
        wb_changed_column *change = &changes->items[k];
        const char *table = change->table;
        change->table = name_in(engine, table, NULL);
        if (change->column != NULL)
            change->column = name_in(engine, table, change->column);
        if (change->known_at != NULL)
            change->known_at = name_in(engine, table, change->known_at);
    }
}

static wb_status audit_rows(wb_export_audit *out, const wb_engine *engine, const wb_project *newer_project,
                            const wb_project *older_project, const wb_read_options *options, wb_error *err)
{
    export_rows older = {0}, newer = {0};
    wbi_dictionary *customers = NULL;
    wbi_changes changes = {0};
    wb_status status;
    WBI_TRY_CLEANUP(wbi_dictionary_create(&customers, err));
    WBI_TRY_CLEANUP(read_rows(&older, older_project, customers, options, err));
    WBI_TRY_CLEANUP(read_rows(&newer, newer_project, customers, options, err));
    out->cutoff_us = end_of(&older, engine->until_us);
    if (out->cutoff_us == WB_TIME_MISSING)
        WBI_TRY_CLEANUP(wbi_fail(err, WB_ERR_INCONSISTENT, "the older export has no events"));
    WBI_TRY_CLEANUP(compare_tables(&changes, &older, &newer, out->cutoff_us, err));
    borrow_names(&changes, engine);
    out->changed = changes.items;
    out->n_changed = changes.n;
    changes.items = NULL;
cleanup:
    wbi_free(changes.items);
    free_rows(&older);
    free_rows(&newer);
    wbi_dictionary_free(customers);
    return status;
}

/* At the older export's end and the project's cutoffs before it. */
static wb_status choose_cutoffs(int64_t **cutoffs_us, size_t *n, const wb_engine *engine, int64_t end_us, wb_error *err)
{
    size_t n_all;
    const int64_t *all = wb_project_cutoffs(engine->plan->project, &n_all);
    *cutoffs_us = wbi_alloc_array(n_all + 1, sizeof **cutoffs_us);
    if (*cutoffs_us == NULL)
        return wbi_fail_nomem(err, (n_all + 1) * sizeof **cutoffs_us);
    *n = 0;
    for (size_t j = 0; j < n_all && all[j] < end_us; j++)
        (*cutoffs_us)[(*n)++] = all[j];
    (*cutoffs_us)[(*n)++] = end_us;
    return WB_OK;
}

static wb_status audit_features(wb_export_audit *out, const wb_engine *engine, const wb_project *older_project,
                                const wb_read_options *options, wb_error *err)
{
    wb_engine *older = NULL;
    wb_features *before = NULL, *after = NULL;
    int64_t *cutoffs_us = NULL;
    size_t n = 0;
    wbi_comparison comparison;
    wb_status status;
    WBI_TRY(wbi_comparison_create(&comparison, engine->plan, err));
    WBI_TRY_CLEANUP(choose_cutoffs(&cutoffs_us, &n, engine, out->cutoff_us, err));
    WBI_TRY_CLEANUP(wbi_engine_create_beside(&older, older_project, options, engine, err));
    WBI_TRY_CLEANUP(wb_engine_features(older, &before,
                                       &(wb_features_options){cutoffs_us, n, 0, options->n_threads, NULL}, err));
    WBI_TRY_CLEANUP(wb_engine_features(engine, &after,
                                       &(wb_features_options){cutoffs_us, n, 0, options->n_threads, NULL}, err));
    for (size_t j = 0; j < n; j++)
        wbi_comparison_add(&comparison, wb_features_table(before), wb_features_table(after), cutoffs_us[j]);
    out->n_rows = comparison.n_rows;
    wbi_comparison_finish(&comparison, &out->moved, &out->n_moved);
cleanup:
    wbi_comparison_clear(&comparison);
    wbi_free(cutoffs_us);
    wb_features_free(before);
    wb_features_free(after);
    wb_engine_free(older);
    return status;
}

wb_status wb_audit_against(wb_export_audit *out, const wb_engine *engine, const wb_project *old,
                           const wb_read_options *options, wb_error *err)
{
    const wb_read_options quiet = wbi_repeat_options(options);
    wb_project *newer = NULL, *older = NULL;
    wb_status status;
    *out = (wb_export_audit){0};
    WBI_TRY_CLEANUP(wbi_repeatable(engine->plan->project, err));
    WBI_TRY_CLEANUP(wbi_repeatable(old, err));
    WBI_TRY_CLEANUP(wbi_repeat_project(&newer, engine, err));
    WBI_TRY_CLEANUP(wbi_repeat_project(&older, engine, err));
    WBI_TRY_CLEANUP(wb_project_take_files(older, old, err));
    WBI_TRY_CLEANUP(audit_rows(out, engine, newer, older, &quiet, err));
    WBI_TRY_CLEANUP(audit_features(out, engine, older, &quiet, err));
cleanup:
    wb_project_free(newer);
    wb_project_free(older);
    if (status != WB_OK)
        wb_export_audit_clear(out);
    return status;
}

void wb_export_audit_clear(wb_export_audit *audit)
{
    wbi_free(audit->changed);
    wbi_free(audit->moved);
    *audit = (wb_export_audit){0};
}
