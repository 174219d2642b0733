/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/audit.h"
#include "cli/catalogue.h"
#include "cli/describe.h"
#include "cli/horizon.h"
#include "cli/json.h"
#include "cli/population.h"
#include "cli/tables.h"

typedef struct features_options {
    cli_common common;
    cli_tables tables;
    cli_list cutoffs;
    int64_t horizon_us, gap_us;
    const char *data_until, *output, *audit_against;
    bool no_label, describe, suggest_horizon, audit, list;
} features_options;

#define AT(member) offsetof(features_options, member)

static const cli_option options[] = {
    CLI_TABLE_OPTIONS(AT(tables)),
    {"--cutoff", CLI_TEXTS, AT(cutoffs), "DATE", "what is known then; several are allowed"},
    {"--horizon", CLI_DURATION, AT(horizon_us), "DURATION", "label: no order in this long after the cutoff"},
    {"--gap", CLI_DURATION, AT(gap_us), "DURATION", "days between cutoff and label window"},
    {"--no-label", CLI_FLAG, AT(no_label), NULL, "leave the project's label out, to make rows for scoring"},
    {"--data-until", CLI_TIME, AT(data_until), "DATE", "end of the data, exclusive (default: found in them)"},
    {"-o", CLI_TEXT, AT(output), "FILE", "features file; - is standard output"},
    {"--describe", CLI_FLAG, AT(describe), NULL, "tell of each feature: missing, spread, AUC against the label"},
    {"--audit", CLI_FLAG, AT(audit), NULL, "delete what was not known at each cutoff, compute again, compare"},
    {"--audit-against", CLI_TEXT, AT(audit_against), "OLD", "find columns filled in since an older export (folder or .yml)"},
    {"--suggest-horizon", CLI_FLAG, AT(suggest_horizon), NULL, "how long customers take to return, and a horizon for it"},
    {"--list", CLI_FLAG, AT(list), NULL, "print the built-in features and which of them are computed here, and stop"},
};

static const features_options defaults = {.common = CLI_COMMON_INIT, .horizon_us = -1, .gap_us = -1};

static wb_status gap_of_nothing(wb_error *err)
{
    *err = (wb_error){.code = WB_ERR_ARGUMENT};
    snprintf(err->message, sizeof err->message,
             "--gap needs a label: --horizon DURATION, or label: in the project file");
    return WB_ERR_ARGUMENT;
}

static wb_status open_project(wb_project **project, const features_options *o, wb_error *err)
{
    int64_t times_us[CLI_LIST_LIMIT], until_us;
    wb_status status = cli_open_project(project, &o->common, err);
    if (status == WB_OK)
        status = cli_set_tables(*project, &o->tables, err);
    if (status == WB_OK)
        status = cli_times(times_us, "--cutoff", &o->cutoffs, *project, err);
    if (status == WB_OK && o->cutoffs.n > 0)
        status = wb_project_set_cutoffs(*project, times_us, o->cutoffs.n, err);
    if (status == WB_OK && o->horizon_us > 0)
        status = wb_project_set_horizon(*project, o->horizon_us, err);
    if (status == WB_OK && o->gap_us >= 0 && wb_project_label(*project, NULL, NULL) == NULL)
        status = gap_of_nothing(err);
    if (status == WB_OK && o->gap_us >= 0)
        status = wb_project_set_gap(*project, o->gap_us, err);
    if (status == WB_OK && o->no_label)
        wb_project_clear_label(*project);
    if (status == WB_OK && o->data_until != NULL) {
        status = cli_time(&until_us, "--data-until", o->data_until, *project, err);
        if (status == WB_OK)
            wb_project_set_data_until(*project, until_us);
    }
    return status;
}

/* What a run holds; freed in one place. */
typedef struct features_run {
    const features_options *o;
    wb_read_options reading;
    wb_project *project;
    wb_engine *engine;
    wb_features *features; /* NULL unless they are looked at */
    uint64_t n_rows;
    wb_population *population; /* by cutoff */
    const int64_t *cutoffs_us; /* the project's */
    size_t n_cutoffs;
    json_t *described, *audited, *compared; /* for the summary */
    bool check_failed;
} features_run;

/* Whether features at cutoffs are asked for. */
static bool wants_features(const features_options *o)
{
    return o->output != NULL || o->describe || o->audit;
}

/* Hands the results over. */
static void print_json(features_run *r)
{
    json_t *left_out = json_array();
    for (size_t i = 0; wb_engine_left_out(r->engine, i) != NULL; i++)
        json_array_append_new(left_out, json_string(wb_engine_left_out(r->engine, i)));
    json_t *json = json_object();
    if (wants_features(r->o))
        json_object_update_missing_new(json, json_pack("{s:s?, s:I, s:I, s:I}", "path", r->check_failed ? NULL : r->o->output, "rows",
                                                       (json_int_t)r->n_rows, "features",
                                                       (json_int_t)wb_engine_n_features(r->engine), "cutoffs",
                                                       (json_int_t)r->n_cutoffs));
    if (wants_features(r->o))
        json_object_set_new(json, "population", cli_population_json(r->population, r->n_cutoffs,
                                wb_project_label(r->project, NULL, NULL) != NULL));
    json_object_set_new(json, "left_out", left_out);
    if (r->described != NULL)
        json_object_set(json, "describe", r->described);
    if (r->audited != NULL)
        json_object_set(json, "audit", r->audited);
    if (r->compared != NULL)
        json_object_set(json, "audit_against", r->compared);
    cli_print_json(json);
}

/* Whether somebody looks at the features but their reader: then they are held in memory. */
static bool looks_at_features(const features_run *r)
{
    return r->o->describe || r->o->audit || r->check_failed;
}

static wb_features_options options_of(const features_run *r, bool with_label)
{
    return (wb_features_options){.cutoffs_us = r->cutoffs_us,
                                 .n_cutoffs = r->n_cutoffs,
                                 .with_label = with_label,
                                 .n_threads = (int)r->o->common.n_threads,
                                 .log = r->reading.log};
}

static wb_status write_features(features_run *r, bool with_label, wb_error *err)
{
    wb_features_options wanted = options_of(r, with_label);
    return wb_engine_write_features(r->engine, r->o->output, &r->n_rows, r->population, &wanted, err);
}

/* Checks come first, since what fails one is not to be written. */
static wb_status hold_features(features_run *r, cli_step *step, bool with_label, wb_error *err)
{
    const features_options *o = r->o;
    int n_threads = (int)o->common.n_threads;
    wb_features_options wanted = options_of(r, with_label);
    wb_status status = wb_engine_features(r->engine, &r->features, &wanted, err);
    if (status != WB_OK)
        return status;
    size_t n;
    r->n_rows = wb_table_n_rows(wb_features_table(r->features));
    memcpy(r->population, wb_features_population(r->features, &n), r->n_cutoffs * sizeof *r->population);
    if (o->audit)
        cli_step_stop(step);
    if (o->audit)
        status = cli_audit(r->engine, r->features, &o->common, &r->reading, &r->audited, &r->check_failed, err);
    if (status == WB_OK && o->output != NULL && !r->check_failed)
        status = wb_features_write(r->features, o->output, n_threads, err);
    return status;
}

/* The features, and what is made of them. */
static wb_status compute(features_run *r, wb_error *err)
{
    const features_options *o = r->o;
    bool with_label = wb_project_label(r->project, NULL, NULL) != NULL;
    char rows[CLI_TEXT_CHARS];
    for (size_t i = 0; i < r->n_cutoffs; i++)
        cli_warn_past_end(r->engine, r->cutoffs_us[i], &o->common);
    r->population = calloc(r->n_cutoffs + 1, sizeof *r->population);
    if (r->population == NULL)
        return err->code = WB_ERR_NOMEM;
    cli_step step = cli_step_begin(&o->common);
    wb_status status = looks_at_features(r) ? hold_features(r, &step, with_label, err)
                                             : write_features(r, with_label, err);
    if (status != WB_OK)
        return status;
    cli_step_end(&step, "features", "%zu cutoff%s × %zu features · %s rows   %s", r->n_cutoffs,
                 r->n_cutoffs == 1 ? "" : "s", wb_engine_n_features(r->engine), cli_count(rows, r->n_rows),
                 o->output == NULL ? "" : r->check_failed ? "not written" : o->output);
    cli_tell_population(r->population, r->n_cutoffs, r->project, &o->common);
    return o->describe ? cli_describe_features(r->features, &o->common, &r->described, err) : WB_OK;
}


/* The same project over the files of an older export: a folder that holds them, or a project file that names them. */
static wb_status audit_against(features_run *r, wb_error *err)
{
    const features_options *o = r->o;
    wb_project *old = NULL;
    struct stat file;
    wb_status status;
    if (stat(o->audit_against, &file) == 0 && S_ISDIR(file.st_mode)) {
        status = open_project(&old, o, err);
        if (status == WB_OK)
            status = wb_project_move_files(old, o->audit_against, err);
    } else {
        status = wb_project_read(&old, o->audit_against, err);
    }
    if (status == WB_OK)
        status = cli_audit_against(r->engine, old, &o->common, &r->reading, &r->compared, &r->check_failed, err);
    wb_project_free(old);
    return status;
}


static int check_usage(const features_options *o)
{
    bool to_output = cli_is_dash(o->output);
    if (o->list && (wants_features(o) || o->suggest_horizon || o->audit_against != NULL))
        return cli_usage_error("--list computes nothing: leave the other tasks out");
    if (o->list)
        return CLI_DONE;
    const char *printing = o->describe        ? "--describe"
                           : o->audit         ? "--audit"
                           : o->audit_against ? "--audit-against"
                           : o->common.json   ? "--json"
                                              : NULL;
    if (o->suggest_horizon && (wants_features(o) || o->audit_against != NULL))
        return cli_usage_error("--suggest-horizon computes no features: leave %s out", o->output != NULL ? "-o" : printing);
    if (!wants_features(o) && !o->suggest_horizon && o->audit_against == NULL)
        return cli_usage_error("features needs a file to write: -o FILE (- is standard output), or --describe");
    if (to_output && printing != NULL)
        return cli_usage_error("%s and -o - would both write to standard output", printing);
    if (o->no_label && (o->horizon_us >= 0 || o->gap_us >= 0))
        return cli_usage_error("--no-label goes with neither --horizon nor --gap");
    if (o->horizon_us == 0)
        return cli_usage_error("--horizon: must be more than 0");
    return CLI_DONE;
}

/* A project file without tables is a bad file, not a bad command. */
static int no_tables(const char *file)
{
    wb_error err = {.code = WB_ERR_MALFORMED};
    snprintf(err.file, sizeof err.file, "%s", file);
    snprintf(err.message, sizeof err.message, "the project names no tables");
    snprintf(err.advice, sizeof err.advice, "tables: {orders: {file: orders.csv}}, or --orders FILE");
    return cli_fail(&err);
}

static int check_project(const features_run *r)
{
    const char *file = cli_project_file(&r->o->common);
    if (wb_project_n_tables(r->project) == 0 && file != NULL)
        return no_tables(file);
    if (wb_project_n_tables(r->project) == 0)
        return cli_usage_error("features needs tables: --orders FILE, or --project FILE");
    if (r->n_cutoffs == 0 && wants_features(r->o))
        return cli_usage_error("features needs a cutoff: --cutoff DATE, or cutoffs: in the project file");
    return CLI_DONE;
}

static wb_status work(features_run *r, wb_error *err)
{
    const features_options *o = r->o;
    wb_status status = cli_check_outputs(&o->common, o->output, (const char *const[]){NULL}, r->project, err);
    if (status == WB_OK)
        status = cli_check_folder(o->output, err);
    if (status == WB_OK)
        status = cli_read_events(&r->engine, r->project, &r->reading, &r->o->common, err);
    if (status == WB_OK && o->suggest_horizon)
        return cli_suggest_horizon(r->engine, &o->common, err);
    if (status == WB_OK && o->audit_against != NULL)
        status = audit_against(r, err);
    if (status == WB_OK && wants_features(o))
        status = compute(r, err);
    if (status == WB_OK && o->common.json)
        print_json(r);
    return status;
}

/* The catalogue, and what of it the project computes when there is one that can be read. */
static int list(features_run *r)
{
    wb_error err;
    char why[1024];
    if (!cli_read_options(&r->o->common, &r->reading))
        return CLI_USAGE;
    if (open_project(&r->project, r->o, &err) != WB_OK) {
        wb_error_text(&err, why, sizeof why);
        cli_warn(&r->o->common, "the project is left aside: %s", why);
        wb_project_free(r->project);
        r->project = NULL;
    }
    int code = cli_list_catalogue(r->project, &r->reading, &r->o->common);
    wb_project_free(r->project);
    return code;
}

static int run(const void *given)
{
    features_run r = {.o = given};
    wb_error err;
    int code = check_usage(r.o);
    if (code != CLI_DONE)
        return code;
    if (r.o->list)
        return list(&r);
    if (!cli_read_options(&r.o->common, &r.reading))
        return CLI_USAGE;
    wb_status status = open_project(&r.project, r.o, &err);
    if (status == WB_OK) {
        r.cutoffs_us = wb_project_cutoffs(r.project, &r.n_cutoffs);
        code = check_project(&r);
    }
    if (status == WB_OK && code == CLI_DONE)
        status = work(&r, &err);
    if (status != WB_OK)
        code = cli_fail(&err);
    else if (r.check_failed)
        code = CLI_CHECK_FAILED;
    free(r.population);
    json_decref(r.described);
    json_decref(r.audited);
    json_decref(r.compared);
    wb_features_free(r.features);
    wb_engine_free(r.engine);
    wb_project_free(r.project);
    return code;
}

const cli_command cli_features = {
    .name = "features",
    .summary = "compute each customer's features as they were known at a cutoff",
    .usage = "--orders FILE --cutoff DATE -o FILE [OPTION…]",
    .text = "Reads event tables and writes one row for each eligible customer and cutoff: customer_id, cutoff, the\n"
            "features, and the label when there is a horizon (or label: in the project file). A feature sees only what\n"
            "was known at the cutoff; the label looks only after it. What the columns mean is kept in FILE.meta.json,\n"
            "from where it goes into the model, so that scoring computes the same.\n\n"
            "Conventional columns, for which no project file is needed:\n"
            "  orders     order_id customer_id ordered_at amount discount channel category promised_at delivered_at\n"
            "             returned_at returned_amount\n"
            "  tickets    ticket_id customer_id opened_at first_reply_at resolved_at due_at priority channel type tags\n"
            "             messages reopens csat\n"
            "  returns    customer_id returned_at amount\n"
            "  surveys    customer_id kind sent_at answered_at score\n"
            "  visits     customer_id visited_at pages seconds\n"
            "  loyalty    customer_id booked_at points balance tier\n"
            "  referrals  customer_id referred_at joined_at\n"
            "  customers  customer_id signup_date country channel\n"
            "Only the key and the time must be there. Of a ticket, tags, messages, reopens and csat count as known at\n"
            "resolved_at; a score at answered_at, a returned_amount at returned_at. Files of tables without a flag are\n"
            "named in the project file. --list prints the features that are made of them and, with tables or a project, which\n"
            "of them are computed there and why others are not.\n\n"
            "--describe, --audit, --audit-against and --suggest-horizon print what they find and need no -o; the latter two\n"
            "need no cutoff either. An audit that fails ends with exit code 5, and nothing is written.",
    .example = "  winback features --orders orders.csv --tickets tickets.csv --cutoff 2024-07-01 --horizon 90d -o f.csv\n"
               "  winback features --project winback.yml -o features.csv\n"
               "  winback features --project winback.yml --describe\n"
               "  winback features --orders orders.csv --suggest-horizon\n"
               "  winback features --project winback.yml --audit --audit-against exports/last-month\n"
               "  winback features --list",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS | CLI_EVENTS,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
