/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <winback/features.h>

#include "base/array.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "expr/expr.h"
#include "features/phrase.h"
#include "features/plan.h"

enum { MAX_NEEDS = 8, TEXT_LIMIT = 4096 };

typedef struct item {
    const wbi_bundle *bundle;
    const wbi_entry *entry;
    char *name;
    char *reason;
    char *needs[MAX_NEEDS]; /* features where the entry is an `expr`, else columns */
    size_t n_needs;
    bool bound;
    char *left_out; /* why; NULL */
} item;

struct wb_catalogue {
    item *items;
    size_t n, capacity;
};

void wb_catalogue_free(wb_catalogue *catalogue)
{
    if (catalogue == NULL)
        return;
    for (size_t i = 0; i < catalogue->n; i++) {
        wbi_free(catalogue->items[i].name);
        wbi_free(catalogue->items[i].reason);
        wbi_free(catalogue->items[i].left_out);
        for (size_t k = 0; k < catalogue->items[i].n_needs; k++)
            wbi_free(catalogue->items[i].needs[k]);
    }
    wbi_free(catalogue->items);
    wbi_free(catalogue);
}

static wb_status keep(char **to, const char *text, wb_error *err)
{
    *to = wbi_strdup(text);
    return *to != NULL ? WB_OK : wbi_fail_nomem(err, strlen(text) + 1);
}

static bool is_needed(const item *it, const char *name)
{
    for (size_t k = 0; k < it->n_needs; k++)
        if (strcmp(it->needs[k], name) == 0)
            return true;
    return false;
}

/* The pattern for the usual tables. Its own time needs no column: it is as good as the cutoff, which is no name. */
static wb_status spell(wbi_buffer *text, const char *pattern, const wbi_bundle *bundle, wb_error *err)
{
    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p == '@') {
            WBI_TRY(wbi_buffer_append_text(text, bundle->table, err));
        } else if (*p == '#') {
            WBI_TRY(wbi_buffer_append_text(text, "cutoff", err));
        } else if (*p == '{') {
            for (size_t i = 0; i < WBI_N_BUNDLES; i++)
                if (strncmp(p + 1, wbi_bundles[i].name, strcspn(p + 1, "}")) == 0)
                    WBI_TRY(wbi_buffer_append_text(text, wbi_bundles[i].table, err));
            p += strcspn(p, "}");
        } else {
            WBI_TRY(wbi_buffer_append(text, p, 1, err));
        }
    }
    return wbi_buffer_append(text, "", 1, err);
}

static wb_status add_needs(item *it, const char *pattern, wb_error *err)
{
    wbi_buffer text = wbi_buffer_make(TEXT_LIMIT);
    wbi_expr *expr = NULL;
    wb_status status = WB_OK;
    if (pattern == NULL)
        return WB_OK;
    WBI_TRY_CLEANUP(spell(&text, pattern, it->bundle, err));
    WBI_TRY_CLEANUP(wbi_expr_parse(&expr, text.data, (wbi_where){0}, err));
    for (size_t k = 0; k < wbi_expr_n_names(expr) && it->n_needs < MAX_NEEDS; k++) {
        if (is_needed(it, wbi_expr_name(expr, k)))
            continue;
        WBI_TRY_CLEANUP(keep(&it->needs[it->n_needs], wbi_expr_name(expr, k), err));
        it->n_needs++;
    }
cleanup:
    wbi_expr_free(expr);
    wbi_buffer_free(&text);
    return status;
}

/* The phrase with dots where the value stands. */
static wb_status add_reason(item *it, wb_error *err)
{
    wbi_phrase phrase;
    wbi_buffer text = wbi_buffer_make(TEXT_LIMIT);
    WBI_TRY(wbi_phrase_of_entry(&phrase, it->entry, 0, it->name, err));
    wb_status status = wbi_buffer_printf(&text, err, "%s…%s", phrase.before, phrase.after);
    if (status == WB_OK)
        status = wbi_buffer_append(&text, "", 1, err);
    if (status == WB_OK)
        status = keep(&it->reason, text.data, err);
    wbi_phrase_free(&phrase);
    wbi_buffer_free(&text);
    return status;
}

static wb_status add_item(wb_catalogue *catalogue, const wbi_bundle *bundle, const wbi_entry *entry, wb_error *err)
{
    WBI_TRY(wbi_array_grow(&catalogue->items, &catalogue->capacity, catalogue->n, sizeof *catalogue->items, err));
    item *it = &catalogue->items[catalogue->n++];
    *it = (item){.bundle = bundle, .entry = entry};
    wbi_buffer name = wbi_buffer_make(TEXT_LIMIT);
    wb_status status = WB_OK;
    if (!entry->bare)
        WBI_TRY_CLEANUP(wbi_buffer_printf(&name, err, "%s_", bundle->table));
    WBI_TRY_CLEANUP(wbi_buffer_append(&name, entry->name, strlen(entry->name) + 1, err));
    WBI_TRY_CLEANUP(keep(&it->name, name.data, err));
    WBI_TRY_CLEANUP(add_reason(it, err));
    WBI_TRY_CLEANUP(add_needs(it, entry->of, err));
    WBI_TRY_CLEANUP(add_needs(it, entry->where, err));
    WBI_TRY_CLEANUP(add_needs(it, entry->expr, err));
cleanup:
    wbi_buffer_free(&name);
    return status;
}

wb_status wb_catalogue_create(wb_catalogue **out, wb_error *err)
{
    wb_catalogue *catalogue = wbi_alloc_zeroed(1, sizeof *catalogue);
    if (catalogue == NULL)
        return wbi_fail_nomem(err, sizeof *catalogue);
    wb_status status;
    for (size_t i = 0; i < WBI_N_BUNDLES; i++)
        for (const wbi_entry *e = wbi_bundles[i].entries; e->name != NULL; e++)
            WBI_TRY_CLEANUP(add_item(catalogue, &wbi_bundles[i], e, err));
    *out = catalogue;
    return WB_OK;
cleanup:
    wb_catalogue_free(catalogue);
    return status;
}

size_t wb_catalogue_n_entries(const wb_catalogue *catalogue)
{
    return catalogue->n;
}

wb_catalogue_entry wb_catalogue_at(const wb_catalogue *catalogue, size_t index)
{
    static const char *const windows[] = {[WBI_EACH_WINDOW] = "each", [WBI_LAST_90_DAYS] = "90d"};
    const item *it = &catalogue->items[index];
    bool derived = it->entry->expr != NULL;
    return (wb_catalogue_entry){.bundle = it->bundle->name,
                                .table = it->bundle->table,
                                .name = it->name,
                                .unit = it->entry->unit,
                                .meaning = it->entry->meaning,
                                .reason = it->reason,
                                .actionable = it->entry->actionable,
                                .window = windows[it->entry->windows],
                                .columns = (const char *const *)it->needs,
                                .n_columns = derived ? 0 : it->n_needs,
                                .features = (const char *const *)it->needs,
                                .n_features = derived ? it->n_needs : 0,
                                .bound = it->bound,
                                .left_out = it->left_out};
}

/* ---- in a project */

static wb_status leave_out(item *it, const char *why, wb_error *err)
{
    return it->bound || it->left_out != NULL ? WB_OK : keep(&it->left_out, why, err);
}

/* What the plan made of the entry in this table. */
static wb_status look_up(item *it, const wbi_plan *plan, const char *table, wb_error *err)
{
    char name[512];
    int n = snprintf(name, sizeof name, "%s%s%s", it->entry->bare ? "" : table, it->entry->bare ? "" : "_",
                     it->entry->name);
    for (size_t f = 0; f < plan->n_features && !it->bound; f++)
        it->bound = strcmp(plan->features[f].def->name, name) == 0;
    for (size_t i = 0; i < plan->left_out.n; i++) {
        const char *text = plan->left_out.items[i].text;
        if (strncmp(text, name, (size_t)n) == 0 && text[n] == ':')
            WBI_TRY(leave_out(it, text + n + 2, err));
    }
    return WB_OK;
}

static wb_status bind_item(item *it, const wbi_plan *plan, const wb_project *project, wb_error *err)
{
    const wbi_bundle *bundle = it->bundle;
    char why[256];
    wbi_free(it->left_out);
    it->left_out = NULL;
    it->bound = false;
    for (size_t i = 0; i < project->n_uses; i++) {
        const wbi_bundle_use *use = &project->uses[i];
        if (strcmp(use->bundle, bundle->name) == 0)
            WBI_TRY(look_up(it, plan, use->table != NULL ? use->table : bundle->table, err));
    }
    if (project->uses_said) {
        snprintf(why, sizeof why, "%s is not under features: use:", bundle->name);
        return leave_out(it, why, err);
    }
    if (wbi_project_table(project, bundle->table) != NULL)
        return look_up(it, plan, bundle->table, err);
    snprintf(why, sizeof why, "there is no table %s", bundle->table);
    return leave_out(it, why, err);
}

wb_status wb_catalogue_bind(wb_catalogue *catalogue, const wb_project *project, const wb_read_options *options,
                            wb_error *err)
{
    wb_read_options reading = *options;
    wbi_plan *plan;
    wb_status status = WB_OK;
    reading.on_error = WB_ON_ERROR_FAIL; /* no row is read */
    reading.rejects = NULL;
    reading.log = NULL;
    WBI_TRY(wbi_plan_create(&plan, project, &reading, err));
    for (size_t i = 0; i < catalogue->n && status == WB_OK; i++)
        status = bind_item(&catalogue->items[i], plan, project, err);
    wbi_plan_free(plan);
    return status;
}
