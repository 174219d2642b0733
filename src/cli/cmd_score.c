/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tables.h"
#include "cli/training.h"

typedef struct score_options {
    cli_common common;
    cli_tables tables;
    cli_list models;
    const char *at, *id, *output;
} score_options;

#define AT(member) offsetof(score_options, member)

static const cli_option options[] = {
    CLI_TABLE_OPTIONS(AT(tables)),
    {"--model", CLI_TEXTS, AT(models), "MODEL", "model file; several score side by side"},
    {"--at", CLI_TIME, AT(at), "DATE", "score from events: what is known then"},
    {"--id", CLI_TEXT, AT(id), "COL", "customer key (default: customer_id)"},
    {"-o", CLI_TEXT, AT(output), "FILE", "scores file; - is standard output"},
};

static const score_options defaults = {.common = CLI_COMMON_INIT, .output = "-"};

enum { NAME_CHARS = 256 };

/* What scores, and what is told of it; freed in one place. */
typedef struct score_run {
    const score_options *o;
    wb_read_options reading;
    wb_model *models[CLI_LIST_LIMIT];
    char (*names)[NAME_CHARS];
    const char *name_of[CLI_LIST_LIMIT];
    wb_score_report reports[CLI_LIST_LIMIT];
} score_run;

static wb_score_models scoring_models(const score_run *r)
{
    const size_t n = r->o->models.n;
    return (wb_score_models){(const wb_model *const *)r->models, n > 1 ? r->name_of : NULL, n};
}

/* "churn" of "out/churn.model.json" and of "out/churn.json". */
static void name_after_file(char name[NAME_CHARS], const char *path)
{
    static const char *const ends[] = {".json", ".model"};
    const char *slash = strrchr(path, '/');
    snprintf(name, NAME_CHARS, "%s", slash == NULL ? path : slash + 1);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t n = strlen(name), n_end = strlen(ends[i]);
        if (n > n_end && strcmp(name + n - n_end, ends[i]) == 0)
            name[n - n_end] = '\0';
    }
}

static wb_status read_models(score_run *r, wb_error *err)
{
    const cli_list *paths = &r->o->models;
    r->names = calloc(paths->n, sizeof *r->names);
    if (r->names == NULL)
        return err->code = WB_ERR_NOMEM;
    for (size_t i = 0; i < paths->n; i++) {
        name_after_file(r->names[i], paths->items[i]);
        r->name_of[i] = r->names[i];
        wb_status status = wb_model_read(&r->models[i], paths->items[i], err);
        if (status != WB_OK)
            return status;
    }
    return WB_OK;
}

/* The models' definitions with the files of the project at hand. */
static wb_status scoring_project(wb_project **out, const score_run *r, const wb_project *files, wb_error *err)
{
    wb_project *project = NULL;
    const wb_score_models models = scoring_models(r);
    wb_status status = wb_models_project(&project, &models, err);
    if (status != WB_OK && models.n == 1)
        cli_blame_file(err, r->o->models.items[0]);
    if (status == WB_OK)
        status = wb_project_take_files(project, files, err);
    if (status == WB_OK)
        *out = project;
    else
        wb_project_free(project);
    return status;
}

/* The files that are read beside the project's: the models, then the features files. */
static wb_status check_output(const score_run *r, const wb_project *project, wb_error *err)
{
    const score_options *o = r->o;
    const cli_list *files = &o->common.arguments;
    const char *inputs[2 * CLI_LIST_LIMIT + 1] = {NULL};
    memcpy(inputs, o->models.items, o->models.n * sizeof *inputs);
    memcpy(inputs + o->models.n, files->items, files->n * sizeof *inputs);
    wb_status status = cli_check_outputs(&o->common, o->output, inputs, project, err);
    return status == WB_OK ? cli_check_folder(o->output, err) : status;
}

static wb_status score_events(score_run *r, wb_error *err)
{
    const score_options *o = r->o;
    const wb_read_options *reading = &r->reading;
    wb_project *files = NULL, *project = NULL;
    wb_engine *engine = NULL;
    wb_features *features = NULL;
    int64_t at_us;
    cli_list at = {{o->at}, 1};
    const wb_score_models models = scoring_models(r);
    cli_step step = cli_step_begin(&o->common);
    wb_status status = cli_open_project(&files, &o->common, err);
    if (status == WB_OK)
        status = cli_set_tables(files, &o->tables, err);
    if (status == WB_OK && wb_project_n_tables(files) == 0)
        status = cli_find_tables(files, err);
    if (status == WB_OK)
        status = check_output(r, files, err);
    if (status == WB_OK)
        status = scoring_project(&project, r, files, err);
    if (status == WB_OK)
        status = cli_times(&at_us, "--at", &at, project, err);
    if (status == WB_OK)
        status = wb_engine_create(&engine, project, reading, err);
    if (status == WB_OK) {
        cli_report_tables(&step, engine, &o->common);
        cli_warn_past_end(engine, at_us, &o->common);
        status = wb_engine_check_age(engine, at_us, err);
    }
    if (status == WB_OK)
        status = wb_engine_features(engine, &features,
                                    &(wb_features_options){&at_us, 1, 0, reading->n_threads, reading->log}, err);
    if (status == WB_OK)
        status = wb_models_score_features(&models, features, o->output, reading->n_threads, r->reports, err);
    wb_features_free(features);
    wb_engine_free(engine);
    wb_project_free(project);
    wb_project_free(files);
    return status;
}

static wb_status score_files(score_run *r, wb_error *err)
{
    const score_options *o = r->o;
    const cli_list *files = &o->common.arguments;
    const wb_score_models models = scoring_models(r);
    wb_status status = check_output(r, NULL, err);
    return status != WB_OK ? status
                           : wb_models_score_csv(&models, files->items, files->n, o->id, o->output, &r->reading,
                                                 r->reports, err);
}

static void print_cells(const score_run *r, const wb_score_report *report)
{
    char count[CLI_TEXT_CHARS], unseen[CLI_TEXT_CHARS];
    if (report->n_imputed > 0 || report->n_unseen > 0)
        cli_note(&r->o->common, "%s cells were missing, %s had a level that training did not see",
                 cli_count(count, report->n_imputed), cli_count(unseen, report->n_unseen));
}

static void print_model(const score_run *r, size_t i)
{
    cli_note(&r->o->common, "%s: mean probability %.4f (base rate in training %.4f)", r->name_of[i],
             r->reports[i].mean_probability, wb_model_summarise(r->models[i]).base_rate);
    print_cells(r, &r->reports[i]);
}

static json_t *report_json(const score_run *r, size_t i)
{
    const wb_score_report *report = &r->reports[i];
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "rows", (json_int_t)report->n_rows, "bad",
                     (json_int_t)report->n_bad, "imputed", (json_int_t)report->n_imputed, "unseen",
                     (json_int_t)report->n_unseen, "ignored_columns", (json_int_t)report->n_ignored_columns,
                     "mean_probability", cli_number_json(report->mean_probability), "base_rate",
                     cli_number_json(wb_model_summarise(r->models[i]).base_rate));
}

/* One model's report; of several, a report under each name. */
static void print_json(const score_run *r)
{
    const size_t n = r->o->models.n;
    json_t *json = n > 1 ? json_object() : report_json(r, 0);
    for (size_t i = 0; n > 1 && i < n; i++)
        json_object_set_new(json, r->name_of[i], report_json(r, i));
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}

static void print_report(const cli_step *step, const score_run *r)
{
    const score_options *o = r->o;
    const wb_score_report *first = &r->reports[0];
    char rows[CLI_TEXT_CHARS], count[CLI_TEXT_CHARS];
    const bool several = o->models.n > 1;
    if (first->n_rows == 0) {
        cli_step_end(step, "score", "no rows: no customer is eligible   %s", o->output);
        cli_note(&o->common, "the project's population decides who is");
    } else if (several)
        cli_step_end(step, "score", "%s rows by %zu models   %s", cli_count(rows, first->n_rows), o->models.n, o->output);
    else
        cli_step_end(step, "score", "%s rows · mean probability %.4f (base rate in training %.4f)   %s",
                     cli_count(rows, first->n_rows), first->mean_probability,
                     wb_model_summarise(r->models[0]).base_rate, o->output);
    for (size_t i = 0; several && first->n_rows > 0 && i < o->models.n; i++)
        print_model(r, i);
    if (!several)
        print_cells(r, first);
    if (first->n_bad > 0)
        cli_note(&o->common, "%s bad rows left out", cli_count(count, first->n_bad));
    if (o->common.json)
        print_json(r);
}

static int check(const score_options *o)
{
    if (o->models.n == 0)
        return cli_usage_error("score needs a model: --model MODEL");
    if (o->common.arguments.n == 0 && o->at == NULL)
        return cli_usage_error("score needs features files, or events: --project FILE --at DATE");
    if (o->common.arguments.n > 0 && o->at != NULL)
        return cli_usage_error("score takes features files or --at, not both");
    if (o->common.arguments.n > 0 && o->common.project != NULL)
        return cli_usage_error("--project goes with --at: score from events, or features files");
    if (o->common.json && strcmp(o->output, "-") == 0)
        return cli_usage_error("--json needs -o FILE: the scores go to standard output");
    return CLI_DONE;
}

static int run(const void *given)
{
    wb_error err = {0};
    int code = check(given);
    if (code != CLI_DONE)
        return code;
    score_run *r = calloc(1, sizeof *r);
    if (r == NULL) {
        err.code = WB_ERR_NOMEM;
        return cli_fail(&err);
    }
    r->o = given;
    code = cli_read_options(&r->o->common, &r->reading) ? CLI_DONE : CLI_USAGE;
    cli_step step = cli_step_begin(&r->o->common);
    wb_status status = code == CLI_DONE ? read_models(r, &err) : WB_OK;
    if (code == CLI_DONE && status == WB_OK)
        status = r->o->at != NULL ? score_events(r, &err) : score_files(r, &err);
    if (status != WB_OK)
        code = cli_fail(&err);
    else if (code == CLI_DONE)
        print_report(&step, r);
    for (size_t i = 0; i < r->o->models.n; i++)
        wb_model_free(r->models[i]);
    free(r->names);
    free(r);
    return code;
}

const cli_command cli_score = {
    .name = "score",
    .summary = "write each customer's probability",
    .usage = "FEATURES… --model MODEL -o SCORES [OPTION…]\n       winback score --at DATE --model MODEL "
             "-o SCORES [OPTION…]",
    .text = "Writes customer_id[, cutoff], probability: from features files, streamed in input order; or straight from\n"
            "events, with the features computed as the model's own definitions say (only file: comes from the project, from\n"
            "flags, or from the folder, as for winback run).\n"
            "Both ways give the same bytes for the same customers. A customer that is not eligible has no row. With several\n"
            "models there is a column each, probability_NAME: NAME.model.json and NAME.json are called NAME.",
    .example = "  winback score features.csv --model model.json -o scores.csv\n"
               "  winback score --at 2024-10-01 --model model.json -o scores.csv\n"
               "  winback score features.csv --model churn.json --model repurchase.json -o scores.csv\n"
               "  zcat features.csv.gz | winback score - --model model.json > scores.csv",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS | CLI_EVENTS,
    .max_arguments = CLI_LIST_LIMIT,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
