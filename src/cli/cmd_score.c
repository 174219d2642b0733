/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/scores.h"
#include "cli/tables.h"

typedef struct score_options {
    cli_common common;
    cli_tables tables;
    cli_list models, keep, bands;
    const char *at, *id, *output, *format;
    uint64_t n_digits, n_reasons, n_reasons_down, n_top;
    double tolerance;
    bool decile, logit, interval, reason_text, strict, check_ids;
} score_options;

#define AT(member) offsetof(score_options, member)

static const cli_option options[] = {
    CLI_TABLE_OPTIONS(AT(tables)),
    {"--model", CLI_TEXTS, AT(models), "MODEL", "model file; several score side by side"},
    {"--at", CLI_TIME, AT(at), "DATE", "score from events: what is known then"},
    {"--id", CLI_TEXT, AT(id), "COL", "customer key (default: customer_id)"},
    {"--keep", CLI_TEXTS, AT(keep), "COL,…", "columns of the input to pass through"},
    {"--interval", CLI_FLAG, AT(interval), NULL, "95 % interval of each probability, from MODEL.cov"},
    {"--logit", CLI_FLAG, AT(logit), NULL, "log-odds beside the probability"},
    {"--decile", CLI_FLAG, AT(decile), NULL, "1 (highest risk) to 10, by the scores of training's folds"},
    {"--band", CLI_TEXTS, AT(bands), "low=P,high=P", "low below the first, high from the second on, else medium"},
    {"--reasons", CLI_WHOLE, AT(n_reasons), "K", "the K features that raise the score most"},
    {"--reasons-down", CLI_WHOLE, AT(n_reasons_down), "K", "the K features that lower it most"},
    {"--reason-text", CLI_FLAG, AT(reason_text), NULL, "a sentence for each reason"},
    {"--top", CLI_WHOLE, AT(n_top), "N", "only the N highest probabilities, highest first (0: all)"},
    {"--digits", CLI_WHOLE, AT(n_digits), "N", "significant digits, 1 to 15 (0: as many as read back the same)"},
    {"--format", CLI_TEXT, AT(format), "csv|jsonl", "of the scores (unsaid: jsonl where -o ends in .jsonl or .ndjson)"},
    {"--strict", CLI_FLAG, AT(strict), NULL, "fail without rows, on what training did not see, stale tables, and rows\n"
                                             "                              that --check-ids finds"},
    {"--tolerance", CLI_NUMBER, AT(tolerance), "SHARE", "of a feature's cells that --strict lets be as training did not see them"},
    {"--check-ids", CLI_FLAG, AT(check_ids), NULL, "look for customers with several rows (up to 64 bytes a row)"},
    {"-o", CLI_TEXT, AT(output), "FILE", "scores file; - is standard output"},
};

static const score_options defaults = {.common = CLI_COMMON_INIT, .output = "-"};

enum { PATH_CHARS = 4096 };

/* What scores, and what is told of it; freed in one place. */
typedef struct score_run {
    const score_options *o;
    wb_read_options reading;
    wb_model *models[CLI_LIST_LIMIT];
    char (*names)[CLI_NAME_CHARS];
    const char *name_of[CLI_LIST_LIMIT];
    char (*covariances)[PATH_CHARS]; /* MODEL.cov */
    const char *covariance_of[CLI_LIST_LIMIT];
    wb_score_options scoring;
    wb_score_report reports[CLI_LIST_LIMIT];
    wb_score_tally *tallies; /* of the models' features, one model behind the other */
} score_run;

static wb_score_models scoring_models(const score_run *r)
{
    const size_t n = r->o->models.n;
    return (wb_score_models){(const wb_model *const *)r->models, n > 1 ? r->name_of : NULL, r->covariance_of, n};
}

static wb_status read_models(score_run *r, wb_error *err)
{
    const cli_list *paths = &r->o->models;
    r->names = calloc(paths->n, sizeof *r->names);
    r->covariances = calloc(paths->n, sizeof *r->covariances);
    if (r->names == NULL || r->covariances == NULL)
        return err->code = WB_ERR_NOMEM;
    for (size_t i = 0; i < paths->n; i++) {
        cli_name_model(r->names[i], paths->items[i]);
        r->name_of[i] = r->names[i];
        snprintf(r->covariances[i], PATH_CHARS, "%s.cov", paths->items[i]);
        r->covariance_of[i] = r->covariances[i];
        wb_status status = wb_model_read(&r->models[i], paths->items[i], err);
        if (status != WB_OK)
            return status;
    }
    return WB_OK;
}

/* Whether each model defines its features, for of several models none is to blame. */
static wb_status check_definitions(const score_run *r, wb_error *err)
{
    wb_status status = WB_OK;
    for (size_t i = 0; i < r->o->models.n && status == WB_OK; i++) {
        wb_project *project = NULL;
        status = wb_model_project(&project, r->models[i], err);
        if (status != WB_OK) {
            err->line = err->column = 0; /* of the definitions alone */
            cli_blame_file(err, r->o->models.items[i]);
        }
        wb_project_free(project);
    }
    return status;
}

/* The models' definitions with the files of the project at hand. */
static wb_status scoring_project(wb_project **out, const score_run *r, const wb_project *files, wb_error *err)
{
    wb_project *project = NULL;
    const wb_score_models models = scoring_models(r);
    wb_status status = check_definitions(r, err);
    if (status == WB_OK)
        status = wb_models_project(&project, &models, &r->scoring, err);
    if (status == WB_OK)
        status = wb_project_take_files(project, files, err);
    if (status == WB_OK)
        *out = project;
    else
        wb_project_free(project);
    return status;
}

/* The files that are read beside the project's: the models with what lies beside them, then the features files. */
static wb_status check_output(const score_run *r, const wb_project *project, wb_error *err)
{
    const score_options *o = r->o;
    const cli_list *files = &o->common.arguments;
    const char *inputs[3 * CLI_LIST_LIMIT + 1] = {NULL};
    memcpy(inputs, o->models.items, o->models.n * sizeof *inputs);
    memcpy(inputs + o->models.n, r->covariance_of, o->models.n * sizeof *inputs);
    memcpy(inputs + 2 * o->models.n, files->items, files->n * sizeof *inputs);
    wb_status status = cli_check_outputs(&o->common, o->output, inputs, project, err);
    return status == WB_OK ? cli_check_folder(o->output, err) : status;
}

static wb_status score_events(score_run *r, wb_error *err)
{
    const score_options *o = r->o;
    const wb_read_options *reading = &r->reading;
    wb_project *files = NULL, *project = NULL;
    wb_engine *engine = NULL;
    wb_objections *objections = NULL;
    int64_t at_us;
    const wb_score_models models = scoring_models(r);
    cli_step step = cli_step_begin(&o->common);
    wb_status status = cli_open_project(&files, &o->common, err);
    if (status == WB_OK && wb_project_n_tables(files) == 0)
        status = cli_find_tables(files, err);
    if (status == WB_OK)
        status = cli_set_tables(files, &o->tables, err);
    if (status == WB_OK)
        status = check_output(r, files, err);
    if (status == WB_OK)
        status = scoring_project(&project, r, files, err);
    if (status == WB_OK)
        status = cli_time(&at_us, "--at", o->at, project, err);
    if (status == WB_OK)
        status = wb_engine_create(&engine, project, reading, err);
    if (status == WB_OK)
        status = wb_objections_read(&objections, files, reading, err);
    r->scoring.objections = objections;
    if (status == WB_OK) {
        cli_report_tables(&step, engine, &o->common);
        status = cli_check_ages(engine, at_us, o->strict, &o->common, err);
    }
    if (status == WB_OK)
        status = wb_score_events(&models, engine, at_us, &r->scoring, reading, r->reports, err);
    wb_objections_free(objections);
    wb_engine_free(engine);
    wb_project_free(project);
    wb_project_free(files);
    return status;
}

static wb_status score_files(score_run *r, wb_error *err)
{
    const cli_list *files = &r->o->common.arguments;
    const wb_score_models models = scoring_models(r);
    wb_status status = check_output(r, NULL, err);
    return status != WB_OK ? status
                           : wb_score_files(&models, files->items, files->n, &r->scoring, &r->reading, r->reports, err);
}

/* A tally a feature. */
static wb_status make_tallies(score_run *r, wb_error *err)
{
    size_t n = 0;
    for (size_t m = 0; m < r->o->models.n; m++)
        n += wb_model_summarise(r->models[m]).n_terms;
    r->tallies = calloc(n + 1, sizeof *r->tallies);
    if (r->tallies == NULL)
        return err->code = WB_ERR_NOMEM;
    wb_score_tally *next = r->tallies;
    for (size_t m = 0; m < r->o->models.n; m++) {
        r->reports[m].features = next;
        next += wb_model_summarise(r->models[m]).n_terms;
    }
    return WB_OK;
}

/* low=P or high=P, each once. */
static bool read_edge(wb_score_options *scoring, const char *text)
{
    const bool is_low = strncmp(text, "low=", 4) == 0, is_high = strncmp(text, "high=", 5) == 0;
    if (!is_low && !is_high)
        return false;
    const char *number = text + (is_low ? 4 : 5);
    char *end;
    const double edge = strtod(number, &end);
    double *at = is_low ? &scoring->band_low : &scoring->band_high;
    const bool first = isnan(*at);
    *at = edge;
    return first && (isdigit((unsigned char)number[0]) || number[0] == '.') && *end == '\0' && edge > 0 && edge < 1;
}

static int read_bands(wb_score_options *scoring, const cli_list *bands)
{
    for (size_t i = 0; i < bands->n; i++)
        if (!read_edge(scoring, bands->items[i]))
            return cli_usage_error("--band '%s': expected low=P,high=P, each once, with probabilities between 0 and 1",
                                   bands->items[i]);
    if (bands->n > 0 && !(scoring->band_low <= scoring->band_high))
        return cli_usage_error("--band: expected both edges, low=P,high=P, low not above high");
    return CLI_DONE;
}

static bool ends_in(const char *text, const char *ending)
{
    const size_t n = strlen(text), n_ending = strlen(ending);
    return n > n_ending && strcmp(text + n - n_ending, ending) == 0;
}

static int read_format(wb_score_options *scoring, const score_options *o)
{
    const bool named = ends_in(o->output, ".jsonl") || ends_in(o->output, ".ndjson");
    if (ends_in(o->output, ".gz") || ends_in(o->output, ".zst"))
        return cli_usage_error("-o %s: scores are not packed; write them to -o - and into gzip or zstd", o->output);
    if (o->format != NULL && strcmp(o->format, "csv") != 0 && strcmp(o->format, "jsonl") != 0)
        return cli_usage_error("--format '%s': expected csv or jsonl", o->format);
    const bool lines = o->format == NULL ? named : strcmp(o->format, "jsonl") == 0;
    scoring->format = lines ? WB_SCORE_JSON_LINES : WB_SCORE_CSV;
    return CLI_DONE;
}

/* What is to be written, as the library takes it. */
static int read_scoring(wb_score_options *scoring, const score_options *o)
{
    if (o->n_digits > 15)
        return cli_usage_error("--digits %llu: expected 1 to 15", (unsigned long long)o->n_digits);
    if (o->n_reasons > 100 || o->n_reasons_down > 100)
        return cli_usage_error("--reasons%s %llu: expected at most 100", o->n_reasons > 100 ? "" : "-down",
                               (unsigned long long)(o->n_reasons > 100 ? o->n_reasons : o->n_reasons_down));
    if (o->reason_text && o->n_reasons + o->n_reasons_down == 0)
        return cli_usage_error("--reason-text goes with --reasons or --reasons-down");
    if (o->tolerance > 1 || (o->tolerance > 0 && !o->strict))
        return cli_usage_error(o->strict ? "--tolerance %g: expected a share, 0 to 1" : "--tolerance %g goes with --strict",
                               o->tolerance);
    *scoring = (wb_score_options)WB_SCORE_OPTIONS_INIT;
    scoring->tolerance = o->tolerance;
    scoring->output = o->output;
    scoring->n_digits = (int)o->n_digits;
    scoring->id = o->id;
    scoring->keep = o->keep.items;
    scoring->n_keep = o->keep.n;
    scoring->interval = o->interval;
    scoring->logit = o->logit;
    scoring->decile = o->decile;
    scoring->n_reasons = (size_t)o->n_reasons;
    scoring->n_reasons_down = (size_t)o->n_reasons_down;
    scoring->reason_text = o->reason_text;
    scoring->n_top = (size_t)o->n_top;
    scoring->check_ids = o->check_ids;
    scoring->strict = o->strict;
    const int code = read_bands(scoring, &o->bands);
    return code != CLI_DONE ? code : read_format(scoring, o);
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
    if (o->id != NULL && o->at != NULL)
        return cli_usage_error("--id goes with features files: of events, customer: in the project says whose they are");
    if (o->common.json && strcmp(o->output, "-") == 0)
        return cli_usage_error("--json needs -o FILE: the scores go to standard output");
    return CLI_DONE;
}

static void report(const cli_step *step, const score_run *r)
{
    const cli_scores scores = {(const wb_model *const *)r->models, r->name_of, r->reports, r->o->models.n, r->o->output,
                               &r->o->common};
    cli_report_scores(step, &scores);
    if (r->o->at != NULL && r->reports[0].n_rows == 0)
        cli_note(&r->o->common, "the project's population decides who is scored");
}

static void free_run(score_run *r)
{
    for (size_t i = 0; i < r->o->models.n; i++)
        wb_model_free(r->models[i]);
    free(r->names);
    free(r->covariances);
    free(r->tallies);
    free(r);
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
    code = cli_read_options(&r->o->common, &r->reading) ? read_scoring(&r->scoring, r->o) : CLI_USAGE;
    cli_step step = cli_step_begin(&r->o->common);
    wb_status status = code == CLI_DONE ? read_models(r, &err) : WB_OK;
    if (code == CLI_DONE && status == WB_OK)
        status = make_tallies(r, &err);
    if (code == CLI_DONE && status == WB_OK)
        status = r->o->at != NULL ? score_events(r, &err) : score_files(r, &err);
    if (status != WB_OK)
        code = cli_fail(&err);
    else if (code == CLI_DONE)
        report(&step, r);
    free_run(r);
    return code;
}

const cli_command cli_score = {
    .name = "score",
    .summary = "write each customer's probability",
    .usage = "FEATURES… --model MODEL -o SCORES [OPTION…]\n       winback score --at DATE --model MODEL "
             "-o SCORES [OPTION…]",
    .text = "Writes customer_id[, cutoff], probability: from features files, streamed in input order; or straight from\n"
            "events, with the features computed as the model's own definitions say (only file: and max_age: come from the\n"
            "project; without one, files from flags or, as for winback run, from the folder).\n"
            "Both ways give the same bytes for the same customers. A customer that is not eligible has no row. With several\n"
            "models there is a column each, probability_NAME: NAME.model.json and NAME.json are called NAME.\n"
            "Reasons are exact: the contributions of all features and the model's base add up to the log-odds.\n"
            "A model trained with --treatment gives the probability without it, and uplift: what treatment adds to that.\n"
            "winback does not serve: what cannot wait for a batch writes rows into a pipe, or calls the library (wb_scorer).",
    .example = "  winback score features.csv --model model.json -o scores.csv\n"
               "  winback score --at 2024-10-01 --model model.json -o scores.csv\n"
               "  winback score features.csv --model churn.json --model repurchase.json -o scores.csv\n"
               "  winback score features.csv --model model.json --decile --reasons 3 --reason-text -o scores.csv\n"
               "  winback score features.csv --model model.json --top 1000 --keep country --digits 4\n"
               "  zcat features.csv.gz | winback score - --model model.json > scores.csv",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS | CLI_EVENTS,
    .max_arguments = CLI_LIST_LIMIT,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
