/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/explain.h"
#include "cli/model_features.h"
#include "cli/training.h"

typedef struct explain_options {
    cli_common common;
    cli_tables tables;
    const char *model, *at, *id, *customer;
    uint64_t n_top, n_shapes;
} explain_options;

#define AT(member) offsetof(explain_options, member)

static const cli_option options[] = {
    CLI_TABLE_OPTIONS(AT(tables)),
    {"--model", CLI_TEXT, AT(model), "MODEL", "model file; MODEL.cov beside it, where it is there, gives intervals"},
    {"--at", CLI_TIME, AT(at), "DATE", "from events: what is known then"},
    {"--id", CLI_TEXT, AT(id), "COL", "customer key (default: customer_id)"},
    {"--customer", CLI_TEXT, AT(customer), "ID", "why this customer has the score"},
    {"--top", CLI_WHOLE, AT(n_top), "N", "the N features that matter most (0: all)"},
    {"--shapes", CLI_WHOLE, AT(n_shapes), "N", "how the first N of them act, as tables"},
};

static const explain_options defaults = {.common = CLI_COMMON_INIT, .n_top = 12, .n_shapes = 3};

/* The last of the customer's rows; of the others it is told. */
static wb_status explain_customer(const explain_options *o, const wb_model *model, const wb_features *features, wb_error *err)
{
    wb_explained_row *rows = NULL;
    size_t n = 0;
    wb_status status = wb_explain_customer(&rows, &n, model, features, o->customer, err);
    if (status != WB_OK)
        return status;
    if (o->common.json) {
        cli_print_json(cli_explained_rows_json(rows, n));
    } else {
        char cutoff[CLI_CELL_BYTES];
        wb_treatment ignored;
        if (wb_model_treatment(model, &ignored))
            puts("as of a customer who is not treated");
        cli_print_explained_row(&rows[n - 1], o->n_top);
        for (size_t i = 0; i + 1 < n; i++)
            printf("%s %s: %.1f %%\n", i == 0 ? "before, at" : "           ",
                   rows[i].cutoff == NULL ? "another row" : cli_cell(cutoff, rows[i].cutoff, CLI_NAME_COLUMNS), 100 * rows[i].probability);
    }
    wb_explained_rows_free(rows, n);
    return WB_OK;
}

/* MODEL.cov; a warning where it should be and is not. */
static const char *find_covariance(char *path, size_t size, const explain_options *o, const wb_model *model)
{
    const char *found = cli_covariance_path(path, size, o->model, model);
    if (found == NULL && wb_model_summarise(model).covariance != WB_COVARIANCE_NONE)
        cli_warn(&o->common, "there is no %s, so effects have no intervals", path);
    return found;
}

static wb_status explain_model(const explain_options *o, const wb_model *model, const wb_features *features, int n_threads,
                               wb_error *err)
{
    enum { PATH_CHARS = 4096 };
    char path[PATH_CHARS];
    wb_explanation *explanation = NULL;
    wb_status status =
        wb_explain_model(&explanation, model, features, find_covariance(path, sizeof path, o, model), n_threads, err);
    if (status != WB_OK)
        return status;
    wb_treatment ignored;
    if (o->common.json) {
        json_t *json = cli_explanation_json(explanation);
        if (wb_model_treatment(model, &ignored))
            json_object_set_new(json, "treatment", cli_interactions_json(model));
        cli_print_json(json);
    } else {
        cli_print_explanation(explanation, o->n_top, o->n_shapes);
        cli_print_interactions(model, o->n_top);
    }
    wb_explanation_free(explanation);
    return WB_OK;
}

static int run(const void *given)
{
    const explain_options *o = given;
    const cli_model_features from = {&o->common, &o->tables, o->model, o->id, o->at};
    wb_read_options reading;
    wb_model *model = NULL;
    wb_features *features = NULL;
    wb_error err = {0};
    const int code = cli_check_model_features(&from, "explain", o->customer != NULL);
    if (code != CLI_DONE)
        return code;
    if (!cli_read_options(&o->common, &reading))
        return CLI_USAGE;
    wb_status status = wb_model_read(&model, o->model, &err);
    if (status == WB_OK && (o->at != NULL || o->common.arguments.n > 0))
        status = cli_read_model_features(&features, &from, model, &reading, &err);
    if (status == WB_OK) {
        status = o->customer != NULL ? explain_customer(o, model, features, &err)
                                     : explain_model(o, model, features, reading.n_threads, &err);
        if (status != WB_OK && o->common.arguments.n > 0 && err.file[0] == '\0')
            cli_blame_file(&err, o->common.arguments.items[0]);
    }
    wb_features_free(features);
    wb_model_free(model);
    return status == WB_OK ? CLI_DONE : cli_fail(&err);
}

const cli_command cli_explain = {
    .name = "explain",
    .summary = "a model in words, or why a customer has a score",
    .usage = "[FEATURES] --model MODEL [OPTION…]\n       winback explain FEATURES --model MODEL --customer ID [OPTION…]",
    .text = "Without --customer: which features matter, in which direction and how much, with the shape of the strongest; over\n"
            "the rows of FEATURES, or without them over those that the model was trained on. With it: the customer's score from\n"
            "where all features are at their means, feature by feature, to the end. Contributions are exact: they and the base\n"
            "add up to the log-odds. Of several rows of a customer the last is explained. What goes with the label need not\n"
            "cause it.",
    .example = "  winback explain --model model.json\n"
               "  winback explain features.csv --model model.json --top 0 --shapes 10\n"
               "  winback explain features.csv --model model.json --customer C000042\n"
               "  winback explain --at 2024-10-01 --model model.json --customer C000042 --json",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS,
    .max_arguments = 1,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
