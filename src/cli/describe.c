/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/describe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/training.h"

enum { NUMBER_CHARS = 11, N_NUMBERS = 2 + WB_DESCRIBED_QUANTILES, LEVEL_COLUMNS = 24, NAME_CHARS = 7 };

static const char *const quantile_names[WB_DESCRIBED_QUANTILES] = {"min", "p5", "p25", "median", "p75", "p95", "max"};

static void print_number(double value)
{
    if (isnan(value))
        printf("%*s", NUMBER_CHARS, "");
    else
        printf(" %*.5g", NUMBER_CHARS - 1, value);
}

static void print_levels(const wb_description *d)
{
    char line[512], name[CLI_CELL_BYTES], count[CLI_TEXT_CHARS];
    size_t used = (size_t)snprintf(line, sizeof line, "  %s level%s", cli_count(count, d->n_levels),
                                   d->n_levels == 1 ? "" : "s");
    for (size_t i = 0; i < d->n_shown; i++) {
        char part[CLI_CELL_BYTES + 32];
        cli_text(name, sizeof name, d->levels[i].name, d->levels[i].length, LEVEL_COLUMNS);
        snprintf(part, sizeof part, "%s%s %.1f %%", i == 0 ? ": " : ", ", name, 100.0 * (double)d->levels[i].n / (double)d->n);
        if (cli_width(line) + cli_width(part) > NUMBER_CHARS * N_NUMBERS)
            break;
        used += (size_t)snprintf(line + used, sizeof line - used, "%s", part);
    }
    cli_print_left(line, isnan(d->auc) ? 0 : NUMBER_CHARS * N_NUMBERS);
}

static void print_head(size_t name_width)
{
    static const char *const heads[N_NUMBERS] = {"mean", "std", "min", "5 %", "25 %", "median", "75 %", "95 %", "max"};
    cli_print_left("feature", name_width);
    printf("%12s%9s", "count", "missing");
    for (size_t i = 0; i < N_NUMBERS; i++)
        printf("%*s", NUMBER_CHARS, heads[i]);
    printf("%8s\n", "AUC");
}

static void print_description(const wb_description *d, size_t name_width)
{
    char count[CLI_TEXT_CHARS];
    double n = (double)(d->n + d->n_missing);
    cli_print_name(d->feature, name_width, CLI_NAME_COLUMNS);
    printf("%12s%7.1f %%", cli_count(count, d->n), n > 0 ? 100.0 * (double)d->n_missing / n : 0.0);
    if (d->type == WB_TYPE_CATEGORY) {
        print_levels(d);
    } else {
        print_number(d->mean);
        print_number(d->std);
        for (size_t q = 0; q < WB_DESCRIBED_QUANTILES; q++)
            print_number(d->quantiles[q]);
    }
    if (!isnan(d->auc))
        printf("%8.4f", d->auc);
    putchar('\n');
}

static void print_table(const wb_description *all, size_t n)
{
    size_t name_width = NAME_CHARS;
    for (size_t k = 0; k < n; k++)
        if (cli_width(all[k].feature) > name_width)
            name_width = cli_width(all[k].feature);
    name_width = name_width < CLI_NAME_COLUMNS ? name_width : CLI_NAME_COLUMNS;
    print_head(name_width);
    for (size_t k = 0; k < n; k++)
        print_description(&all[k], name_width);
}

static json_t *numbers_json(const wb_description *d)
{
    json_t *quantiles = json_object();
    for (size_t q = 0; q < WB_DESCRIBED_QUANTILES; q++)
        json_object_set_new(quantiles, quantile_names[q], cli_number_json(d->quantiles[q]));
    return json_pack("{s:o, s:o, s:o}", "mean", cli_number_json(d->mean), "std", cli_number_json(d->std), "quantiles",
                     quantiles);
}

static json_t *levels_json(const wb_description *d)
{
    json_t *levels = json_array();
    for (size_t i = 0; i < d->n_shown; i++)
        json_array_append_new(levels, json_pack("{s:s%, s:I}", "level", d->levels[i].name, d->levels[i].length, "count",
                                                (json_int_t)d->levels[i].n));
    return json_pack("{s:I, s:o, s:b}", "levels", (json_int_t)d->n_levels, "most_frequent", levels, "too_many_levels",
                     d->too_many_levels);
}

static json_t *description_json(const wb_description *d)
{
    json_t *json = json_pack("{s:s, s:s, s:I, s:I}", "feature", d->feature, "type",
                             d->type == WB_TYPE_NUMBER ? "number" : "category", "count", (json_int_t)d->n, "missing",
                             (json_int_t)d->n_missing);
    json_t *kind = d->type == WB_TYPE_NUMBER ? numbers_json(d) : levels_json(d);
    json_object_update(json, kind);
    json_decref(kind);
    json_object_set_new(json, "auc", cli_number_json(d->auc));
    json_object_set_new(json, "suspected_leak", json_boolean(d->suspected_leak));
    return json;
}

static void warn_of_leak(const wb_description *d, const cli_common *common)
{
    char name[CLI_CELL_BYTES];
    cli_warn(common,
             "suspected leak: %s alone tells the label (AUC %.4f). Was its column filled in after the cutoff? Then say "
             "known_at: in the project file; --audit-against OLD finds such columns. Or does it define the label, such as "
             "a status or a date of leaving? Then leave it out",
             cli_cell(name, d->feature, CLI_SENTENCE_COLUMNS), d->auc);
}

wb_status cli_describe_features(const wb_features *features, const cli_common *common, json_t **json, wb_error *err)
{
    wb_description *all;
    size_t n;
    const wb_describe_options options = {.n_threads = (int)common->n_threads};
    wb_status status = wb_describe(&all, &n, features, &options, err);
    if (status != WB_OK)
        return status;
    if (common->json) {
        *json = json_array();
        for (size_t k = 0; k < n; k++)
            json_array_append_new(*json, description_json(&all[k]));
    } else {
        print_table(all, n);
    }
    for (size_t k = 0; k < n; k++)
        if (all[k].suspected_leak)
            warn_of_leak(&all[k], common);
    wb_descriptions_free(all);
    return WB_OK;
}
