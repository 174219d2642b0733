/* SPDX-License-Identifier: GPL-3.0-or-later */
/* winback features --list: what the catalogue offers. */
#include <stdio.h>
#include <string.h>

#include "cli/catalogue.h"
#include "cli/json.h"

static json_t *json_of_texts(const char *const *texts, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(texts[i]));
    return list;
}

static void print_json(const wb_catalogue *catalogue, bool is_bound)
{
    json_t *list = json_array();
    for (size_t i = 0; i < wb_catalogue_n_entries(catalogue); i++) {
        wb_catalogue_entry e = wb_catalogue_at(catalogue, i);
        json_t *entry = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s?, s:o, s:o}", "bundle", e.bundle, "table",
                                  e.table, "name", e.name, "unit", e.unit, "meaning", e.meaning, "reason", e.reason,
                                  "actionable", e.actionable, "windows", e.window, "columns",
                                  json_of_texts(e.columns, e.n_columns), "features",
                                  json_of_texts(e.features, e.n_features));
        if (is_bound)
            json_object_update_missing_new(entry, json_pack("{s:b, s:s?}", "bound", e.bound, "left_out", e.left_out));
        json_array_append_new(list, entry);
    }
    cli_print_json(list);
}

static const char *name_of(const wb_catalogue_entry *e, char *text, size_t size)
{
    bool each = e->window != NULL && strcmp(e->window, "each") == 0;
    snprintf(text, size, "%s%s", e->name, each ? "[_W]" : "");
    return text;
}

static void print_needs(const wb_catalogue_entry *e)
{
    for (size_t i = 0; i < e->n_columns; i++)
        printf("%s%s", i == 0 ? " [" : ", ", e->columns[i]);
    for (size_t i = 0; i < e->n_features; i++)
        printf("%s%s", i == 0 ? " [" : ", ", e->features[i]);
    fputs(e->n_columns + e->n_features > 0 ? "]" : "", stdout);
}

static void print_table(const wb_catalogue *catalogue, bool is_bound)
{
    const char *bundle = "";
    char name[128];
    puts("Features of the catalogue: name, unit, 'act' where a company can act on it when it is the reason for a score,\n"
         "what it is [columns or features that it needs]. [_W]: one more for each window of the project (30d 90d 180d\n"
         "365d). Bundles are bound to the tables named; {rfm: purchases} under features: use: in the project file binds one\n"
         "to another, whose name its features then bear.");
    if (is_bound)
        puts("+ is computed from the tables of this project, - is not.");
    for (size_t i = 0; i < wb_catalogue_n_entries(catalogue); i++) {
        wb_catalogue_entry e = wb_catalogue_at(catalogue, i);
        if (strcmp(bundle, e.bundle) != 0)
            printf("\n%s: table %s\n", e.bundle, e.table);
        bundle = e.bundle;
        char mark = !is_bound ? ' ' : e.bound ? '+' : '-';
        printf("%c %-34s %-11s %-3s %s", mark, name_of(&e, name, sizeof name), e.unit, e.actionable ? "act" : "", e.meaning);
        print_needs(&e);
        if (e.left_out != NULL)
            printf(" - left out: %s", e.left_out);
        putchar('\n');
    }
    puts("  and each column of the table that is fixed or has a known_at, under its own name");
}

/* What the catalogue offers is told whatever the project is like. */
static bool bind(wb_catalogue *catalogue, const wb_project *project, const wb_read_options *reading,
                 const cli_common *common)
{
    wb_error err;
    char why[1024];
    if (project == NULL || wb_project_n_tables(project) == 0)
        return false;
    if (wb_catalogue_bind(catalogue, project, reading, &err) == WB_OK)
        return true;
    wb_error_text(&err, why, sizeof why);
    cli_warn(common, "which of these features the project computes cannot be told: %s", why);
    return false;
}

int cli_list_catalogue(const wb_project *project, const wb_read_options *reading, const cli_common *common)
{
    wb_catalogue *catalogue;
    wb_error err;
    if (wb_catalogue_create(&catalogue, &err) != WB_OK)
        return cli_fail(&err);
    bool is_bound = bind(catalogue, project, reading, common);
    if (common->json)
        print_json(catalogue, is_bound);
    else
        print_table(catalogue, is_bound);
    wb_catalogue_free(catalogue);
    return CLI_DONE;
}
