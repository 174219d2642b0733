/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "cli/tables.h"
#include "cli/training.h"

typedef struct score_options {
    cli_common common;
    cli_tables tables;
    const char *model, *at, *id, *output;
} score_options;

#define AT(member) offsetof(score_options, member)

static const cli_option options[] = {
    CLI_TABLE_OPTIONS(AT(tables)),
    {"--model", CLI_TEXT, AT(model), "MODEL", "model file"},
    {"--at", CLI_TIME, AT(at), "DATE", "score from events: what is known then"},
    {"--id", CLI_TEXT, AT(id), "COL", "customer key (default: customer_id)"},
    {"-o", CLI_TEXT, AT(output), "FILE", "scores file; - is standard output"},
};

static const score_options defaults = {.common = CLI_COMMON_INIT, .output = "-"};

/* The model's definitions with the files of the project at hand. */
static wb_status scoring_project(wb_project **out, const wb_model *model, const char *path, const wb_project *files,
                                 wb_error *err)
{
    wb_project *project = NULL;
    wb_status status = wb_model_project(&project, model, err);
    if (status != WB_OK)
        cli_blame_file(err, path);
    if (status == WB_OK)
        status = wb_project_take_files(project, files, err);
    if (status == WB_OK)
        *out = project;
    else
        wb_project_free(project);
    return status;
}

static wb_status score_events(const score_options *o, const wb_model *model, const wb_read_options *reading,
                              wb_score_report *report, wb_error *err)
{
    wb_project *files = NULL, *project = NULL;
    wb_engine *engine = NULL;
    wb_features *features = NULL;
    int64_t at_us;
    cli_list at = {{o->at}, 1};
    cli_step step = cli_step_begin(&o->common);
    wb_status status = cli_open_project(&files, &o->common, err);
    if (status == WB_OK)
        status = cli_set_tables(files, &o->tables, err);
    if (status == WB_OK && wb_project_n_tables(files) == 0)
        status = cli_find_tables(files, err);
    if (status == WB_OK)
        status = cli_check_outputs(&o->common, o->output, (const char *const[]){o->model, NULL}, files, err);
    if (status == WB_OK)
        status = cli_check_folder(o->output, err);
    if (status == WB_OK)
        status = scoring_project(&project, model, o->model, files, err);
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
        status = wb_score_features(model, features, o->output, reading->n_threads, report, err);
    wb_features_free(features);
    wb_engine_free(engine);
    wb_project_free(project);
    wb_project_free(files);
    return status;
}

static wb_status score_files(const score_options *o, const wb_model *model, const wb_read_options *reading,
                             wb_score_report *report, wb_error *err)
{
    const cli_list *files = &o->common.arguments;
    const char *inputs[CLI_LIST_LIMIT + 2] = {o->model};
    memcpy(inputs + 1, files->items, files->n * sizeof *inputs);
    wb_status status = cli_check_outputs(&o->common, o->output, inputs, NULL, err);
    if (status == WB_OK)
        status = cli_check_folder(o->output, err);
    return status != WB_OK ? status
                           : wb_score_csv(model, files->items, files->n, o->id, o->output, reading, report, err);
}

static void print_report(const cli_step *step, const score_options *o, const wb_model *model,
                         const wb_score_report *report)
{
    char rows[CLI_TEXT_CHARS], count[CLI_TEXT_CHARS], unseen[CLI_TEXT_CHARS];
    double base_rate = wb_model_summarise(model).base_rate;
    if (report->n_rows == 0) {
        cli_step_end(step, "score", "no rows: no customer is eligible   %s", o->output);
        cli_note(&o->common, "the project's population decides who is");
    } else
        cli_step_end(step, "score", "%s rows · mean probability %.4f (base rate in training %.4f)   %s",
                 cli_count(rows, report->n_rows), report->mean_probability, base_rate, o->output);
    if (report->n_imputed > 0 || report->n_unseen > 0)
        cli_note(&o->common, "%s cells were missing, %s had a level that training did not see",
                 cli_count(count, report->n_imputed), cli_count(unseen, report->n_unseen));
    if (report->n_bad > 0)
        cli_note(&o->common, "%s bad rows left out", cli_count(count, report->n_bad));
    if (!o->common.json)
        return;
    json_t *json = json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "rows", (json_int_t)report->n_rows, "bad",
                             (json_int_t)report->n_bad, "imputed", (json_int_t)report->n_imputed, "unseen",
                             (json_int_t)report->n_unseen, "ignored_columns", (json_int_t)report->n_ignored_columns,
                             "mean_probability", cli_number_json(report->mean_probability), "base_rate",
                             cli_number_json(base_rate));
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}

static int check(const score_options *o)
{
    if (o->model == NULL)
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
    const score_options *o = given;
    wb_read_options reading;
    wb_model *model = NULL;
    wb_score_report report = {0};
    wb_error err;
    int code = check(o);
    if (code != CLI_DONE)
        return code;
    if (!cli_read_options(&o->common, &reading))
        return CLI_USAGE;
    cli_step step = cli_step_begin(&o->common);
    wb_status status = wb_model_read(&model, o->model, &err);
    if (status == WB_OK)
        status = o->at != NULL ? score_events(o, model, &reading, &report, &err)
                               : score_files(o, model, &reading, &report, &err);
    if (status == WB_OK)
        print_report(&step, o, model, &report);
    else
        code = cli_fail(&err);
    wb_model_free(model);
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
            "Both ways give the same bytes for the same customers. A customer that is not eligible has no row.",
    .example = "  winback score features.csv --model model.json -o scores.csv\n"
               "  winback score --at 2024-10-01 --model model.json -o scores.csv\n"
               "  zcat features.csv.gz | winback score - --model model.json > scores.csv",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS | CLI_EVENTS,
    .max_arguments = CLI_LIST_LIMIT,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
