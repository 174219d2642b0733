/* SPDX-License-Identifier: GPL-3.0-or-later */
/* winback features --list: what the catalogue offers. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/catalogue.h"

static json_t *json_of_texts(const char *const *texts, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(texts[i]));
    return list;
}

static void print_json(const wb_catalogue *catalogue)
{
    json_t *list = json_array();
    for (size_t i = 0; i < wb_catalogue_n_entries(catalogue); i++) {
        wb_catalogue_entry e = wb_catalogue_at(catalogue, i);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:o, s:o}", "bundle", e.bundle, "table",
                                              e.table, "name", e.name, "unit", e.unit, "meaning", e.meaning, "windows",
                                              e.window, "columns", json_of_texts(e.columns, e.n_columns), "features",
                                              json_of_texts(e.features, e.n_features)));
    }
    json_dumpf(list, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(list);
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
    puts(e->n_columns + e->n_features > 0 ? "]" : "");
}

static void print_table(const wb_catalogue *catalogue)
{
    const char *bundle = "";
    char name[128];
    puts("Features of the catalogue: name, unit, what it is [columns or features that it needs]. [_W]: one more for\n"
         "each window of the project (30d 90d 180d 365d). Bundles are bound to the tables named; {rfm: purchases} under\n"
         "features: use: in the project file binds one to another, whose name its features then bear.");
    for (size_t i = 0; i < wb_catalogue_n_entries(catalogue); i++) {
        wb_catalogue_entry e = wb_catalogue_at(catalogue, i);
        if (strcmp(bundle, e.bundle) != 0)
            printf("\n%s: table %s\n", e.bundle, e.table);
        bundle = e.bundle;
        printf("  %-34s %-11s %s", name_of(&e, name, sizeof name), e.unit, e.meaning);
        print_needs(&e);
    }
    puts("  and each column of the table that is fixed or has a known_at, under its own name");
}

int cli_list_catalogue(bool json)
{
    wb_catalogue *catalogue;
    wb_error err;
    if (wb_catalogue_create(&catalogue, &err) != WB_OK)
        return cli_fail(&err);
    if (json)
        print_json(catalogue);
    else
        print_table(catalogue);
    wb_catalogue_free(catalogue);
    return CLI_DONE;
}
