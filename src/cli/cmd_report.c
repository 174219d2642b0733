/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/drift.h"
#include "cli/evaluation.h"
#include "cli/explain.h"
#include "cli/model_features.h"
#include "cli/report.h"

typedef struct report_options {
    cli_common common;
    cli_judging judging;
    const char *model, *drift, *backtest, *title, *only, *feature, *output;
    bool with_ids;
} report_options;

#define AT(member) offsetof(report_options, member)

static const cli_option options[] = {
    {"--model", CLI_TEXT, AT(model), "MODEL", "model file: scores the features, which hold the labels"},
    {"--labels", CLI_TEXT, AT(judging.labels), "FEATURES", "instead, for a scores file: where the labels are"},
    {"--drift", CLI_TEXT, AT(drift), "NEW", "features of today, held against those of the training"},
    {"--backtest", CLI_TEXT, AT(backtest), "FILE", "what winback backtest -o wrote"},
    {"--target", CLI_TEXT, AT(judging.target), "COL", "what happened: COL or label_COL (default: the model's, or the only label_*)"},
    {"--positive", CLI_TEXT, AT(judging.positive), "VALUE", "value that counts as 1 (default: 1, true or yes)"},
    {"--id", CLI_TEXT, AT(judging.id), "COL", "customer key (default: customer_id)"},
    {"--weights", CLI_TEXT, AT(judging.weights), "COL", "row weights"},
    {"--by", CLI_TEXTS, AT(judging.by), "COL,…", "by segment, too: columns; numbers of many values in fifths"},
    {"--treatment", CLI_TEXT, AT(judging.treatment), "COL", "who was treated, by lot: judge uplift, too (Qini)"},
    {"--treated", CLI_TEXT, AT(judging.treated), "VALUE", "value of it that means treated (default: the model's, or 1, true, yes)"},
    {"--control", CLI_TEXT, AT(judging.control), "VALUE", "value that means not treated; rows of other values are left out"},
    {"--threshold", CLI_NUMBER, AT(judging.threshold), "P", "probability from which on a customer is called 1"},
    {"--with-ids", CLI_FLAG, AT(with_ids), NULL, "also the 10 customers of the highest scores, with their ids and reasons"},
    {"--title", CLI_TEXT, AT(title), "TEXT", "what the page is called"},
    {"--only", CLI_TEXT, AT(only), "PICTURE", "write one picture as SVG: gains, lift, roc, pr, calibration, histogram,\n"
                                     "                              profit, qini, backtest, ageing, effects or drift"},
    {"--feature", CLI_TEXT, AT(feature), "NAME", "with --only effects: of this feature alone"},
    {"-o", CLI_TEXT, AT(output), "FILE", "the page, or the picture; - is standard output"},
};

static const report_options defaults = {.common = CLI_COMMON_INIT, .judging.threshold = 0.5};

/* What is read, and what is made of it. */
typedef struct report_run {
    const report_options *o;
    wb_read_options reading;
    wb_evaluate_options how;
    cli_campaign_texts campaign;
    wb_model *model;
    wb_features *features, *now;
    cli_results report;
} report_run;

static int check_inputs(const report_options *o)
{
    if (o->common.arguments.n == 0)
        return cli_usage_error("report needs features with --model MODEL, or scores with --labels FEATURES");
    if (o->model == NULL && o->judging.labels == NULL)
        return cli_usage_error("report needs a model (--model MODEL), or labels (--labels FEATURES) where '%s' holds scores",
                               o->common.arguments.items[0]);
    if (o->model != NULL && o->judging.labels != NULL)
        return cli_usage_error("--labels goes with a scores file; --model scores features, which hold the labels");
    if (o->model == NULL && (o->drift != NULL || o->with_ids))
        return cli_usage_error("%s goes with --model", o->drift != NULL ? "--drift" : "--with-ids");
    return cli_check_judging(&o->judging, &o->common);
}

/* What is read; NULL ends the list. */
static void list_inputs(const char *inputs[6], const report_options *o)
{
    const char *const maybe[] = {o->common.arguments.items[0], o->model, o->judging.labels, o->drift, o->backtest};
    size_t n = 0;
    for (size_t i = 0; i < sizeof maybe / sizeof maybe[0]; i++)
        if (maybe[i] != NULL)
            inputs[n++] = maybe[i];
    inputs[n] = NULL;
}

/* What --only is given must be a picture that the inputs make. */
static int check_picture(const report_options *o)
{
    const char *names[CLI_LIST_LIMIT];
    char list[CLI_TEXT_CHARS * 8] = "";
    size_t n = 0, length = 0;
    for (; wb_report_picture(n) != NULL && n < CLI_LIST_LIMIT; n++) {
        names[n] = wb_report_picture(n);
        if (strcmp(o->only, names[n]) == 0)
            break;
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", n == 0 ? "" : ", ", names[n]);
    }
    if (wb_report_picture(n) == NULL) {
        const char *nearest = cli_nearest(o->only, names, n);
        return cli_usage_error("--only: there is no picture '%s'%s%s; there are %s", o->only, nearest == NULL ? "" : "; did you mean ",
                               nearest == NULL ? "" : nearest, list);
    }
    const bool needs_backtest = strcmp(o->only, "backtest") == 0 || strcmp(o->only, "ageing") == 0;
    if (needs_backtest && o->backtest == NULL)
        return cli_usage_error("--only %s is drawn from what winback backtest -o wrote: --backtest FILE", o->only);
    if (strcmp(o->only, "qini") == 0 && o->judging.treatment == NULL)
        return cli_usage_error("--only qini is drawn from the arms of a campaign: --treatment COL");
    if (strcmp(o->only, "drift") == 0 && o->drift == NULL)
        return cli_usage_error("--only drift is drawn from features of today: --drift NEW");
    if (strncmp(o->only, "readout", strlen("readout")) == 0)
        return cli_usage_error("--only %s is drawn from a list and its control group: winback readout --svg FILE", o->only);
    if (strcmp(o->only, "campaign") == 0)
        return cli_usage_error("--only campaign is drawn from scores and what contacts cost: winback campaign --svg FILE");
    if (strcmp(o->only, "segments") == 0)
        return cli_usage_error("--only segments is drawn from orders: winback segment --svg FILE");
    if (strcmp(o->only, "cohorts") == 0)
        return cli_usage_error("--only cohorts is drawn from orders: winback kpi --svg FILE");
    return CLI_DONE;
}

static int check(const report_options *o)
{
    const int code = o->only == NULL ? CLI_DONE : check_picture(o);
    if (code != CLI_DONE)
        return code;
    if (o->feature != NULL && (o->only == NULL || strcmp(o->only, "effects") != 0))
        return cli_usage_error("--feature goes with --only effects");
    if (o->output == NULL && !o->common.json)
        return cli_usage_error("report needs a file to write: -o report.html");
    if (o->common.json && cli_is_dash(o->output))
        return cli_usage_error("standard output cannot hold both the page and --json");
    return check_inputs(o);
}

static wb_status read_features(wb_features **out, const report_run *r, const char *path, wb_error *err)
{
    const wb_model *model = r->model;
    return cli_read_features(out, path, r->o->judging.id, &(cli_models){&model, 1}, &r->reading, err);
}

static wb_status measure_drift(report_run *r, wb_error *err)
{
    if (r->o->drift == NULL)
        return WB_OK;
    wb_status status = read_features(&r->now, r, r->o->drift, err);
    if (status == WB_OK) {
        status = wb_drift_measure(&r->report.drift, r->model, r->now, r->reading.n_threads, err);
        if (status != WB_OK)
            cli_blame_file(err, r->o->drift);
    }
    return status;
}

/* All that stands on the model and the features. */
static wb_status examine_model(report_run *r, wb_error *err)
{
    enum { PATH_CHARS = 4096 };
    char path[PATH_CHARS], name[CLI_NAME_CHARS];
    const char *const names[] = {name};
    cli_results *report = &r->report;
    const int n_threads = r->reading.n_threads;
    wb_describe_options describing = {.positive = r->how.positive, .n_threads = n_threads};
    wb_status status = wb_model_read(&r->model, r->o->model, err);
    if (status != WB_OK)
        return status;
    cli_name_model(name, r->o->model);
    if (r->how.target == NULL)
        r->how.target = wb_model_summarise(r->model).target;
    describing.target = r->how.target;
    report->parts.model = r->model;
    status = read_features(&r->features, r, r->o->common.arguments.items[0], err);
    if (status != WB_OK)
        return status;
    status = wb_evaluate_models(&report->evaluation, (const wb_model *const *)&r->model, names, 1, r->features, &r->how, err);
    if (status == WB_OK)
        status = wb_explain_model(&report->explanation, r->model, r->features,
                                  cli_covariance_path(path, sizeof path, r->o->model, r->model), n_threads, err);
    if (status == WB_OK)
        status = wb_describe(&report->descriptions, &report->parts.n_descriptions, r->features, &describing, err);
    if (status == WB_OK && r->o->with_ids)
        status = cli_report_customers(report, r->model, r->features, r->o->judging.id, n_threads, err);
    if (status != WB_OK)
        cli_blame_file(err, r->o->common.arguments.items[0]);
    return status == WB_OK ? measure_drift(r, err) : status;
}

static wb_status examine(report_run *r, wb_error *err)
{
    const report_options *o = r->o;
    wb_status status = cli_take_campaign(&r->how, &r->campaign, &o->common, err);
    if (status == WB_OK && o->backtest != NULL)
        status = wb_backtest_read(&r->report.backtest, o->backtest, err);
    if (status != WB_OK)
        return status;
    return o->model != NULL ? examine_model(r, err)
                            : wb_evaluate_files(&r->report.evaluation, o->common.arguments.items[0], o->judging.labels, &r->how, &r->reading,
                                                err);
}

static void say_facts(report_run *r)
{
    const report_options *o = r->o;
    cli_results *report = &r->report;
    const char *file = o->common.arguments.items[0];
    cli_report_fact(report, o->model != NULL ? "Features" : "Scores", "%s", file);
    if (o->model != NULL)
        cli_report_fact(report, "Model", "%s", o->model);
    if (o->judging.labels != NULL)
        cli_report_fact(report, "Labels", "%s", o->judging.labels);
    if (o->drift != NULL)
        cli_report_fact(report, "Held against", "%s", o->drift);
    if (o->backtest != NULL)
        cli_report_fact(report, "Backtest file", "%s", o->backtest);
    cli_report_usual_facts(report, &o->common);
    snprintf(report->evaluated_on, sizeof report->evaluated_on, "rows of %s", file);
    cli_report_title(report, report->evaluation->target);
    if (o->title != NULL)
        report->parts.title = o->title;
    cli_report_assemble(report);
}

/* What evaluate, explain, drift and backtest say, under their names. */
static void print_json(const report_run *r)
{
    const cli_results *report = &r->report;
    json_t *json = json_object();
    if (report->evaluation != NULL)
        json_object_set_new(json, "evaluation", cli_evaluation_json(report->evaluation, r->o->with_ids));
    if (report->explanation != NULL)
        json_object_set_new(json, "explanation", cli_explanation_json(report->explanation));
    if (report->drift != NULL)
        json_object_set_new(json, "drift", cli_drift_json(report->drift));
    if (report->backtest != NULL)
        json_object_set_new(json, "backtest", json_load_file(r->o->backtest, 0, NULL));
    if (report->parts.n_customers > 0)
        json_object_set_new(json, "customers", cli_explained_rows_json(report->customers, report->parts.n_customers));
    cli_print_json(json);
}

static wb_status write_out(report_run *r, const cli_step *step, wb_error *err)
{
    const report_options *o = r->o;
    char rows[CLI_TEXT_CHARS];
    wb_status status = WB_OK;
    say_facts(r);
    if (o->output != NULL)
        status = o->only != NULL ? wb_report_write_picture(&r->report.parts, o->only, o->feature, o->output, err)
                                 : wb_report_write(&r->report.parts, o->output, err);
    if (status != WB_OK)
        return status;
    if (o->output != NULL)
        cli_step_end(step, "report", "%s · %s row%s   %s", r->report.evaluation->target,
                     cli_count(rows, r->report.evaluation->n_rows), r->report.evaluation->n_rows == 1 ? "" : "s", o->output);
    cli_warn_unmatched(r->report.evaluation, &o->common, o->model != NULL, false);
    if (o->common.json)
        print_json(r);
    return WB_OK;
}

static void free_run(report_run *r)
{
    cli_report_clear(&r->report);
    wb_features_free(r->features);
    wb_features_free(r->now);
    wb_model_free(r->model);
    free(r);
}

static int run(const void *given)
{
    wb_error err = {0};
    const report_options *o = given;
    const char *inputs[6];
    list_inputs(inputs, o);
    int code = check(o);
    if (code == CLI_DONE)
        code = cli_check_input_names(inputs);
    if (code != CLI_DONE)
        return code;
    report_run *r = calloc(1, sizeof *r);
    if (r == NULL) {
        err.code = WB_ERR_NOMEM;
        return cli_fail(&err);
    }
    r->o = o;
    code = cli_read_options(&o->common, &r->reading) ? CLI_DONE : CLI_USAGE;
    cli_step step = cli_step_begin(&o->common);
    wb_status status = WB_OK;
    if (code == CLI_DONE) {
        r->how = cli_evaluate_options(&o->judging, &o->common);
        r->how.with_curves = 1;
        status = cli_check_outputs(&o->common, o->output, inputs, NULL, &err);
        if (status == WB_OK)
            status = cli_check_folder(o->output, &err);
        if (status == WB_OK)
            status = cli_check_readable(inputs, &err);
        if (status == WB_OK)
            status = examine(r, &err);
        if (status == WB_OK)
            status = write_out(r, &step, &err);
    }
    if (status != WB_OK)
        code = cli_fail(&err);
    free_run(r);
    return code;
}

const cli_command cli_report = {
    .name = "report",
    .summary = "all that is known of a model, as one page to read and print",
    .usage = "FEATURES --model MODEL -o report.html [OPTION…]\n       winback report SCORES --labels FEATURES -o report.html [OPTION…]",
    .text = "Writes one HTML file that needs no network and no script: a summary in sentences, pictures and tables of how well\n"
            "the scores rank, whether the probabilities are true, what a campaign is worth, where the model fails, what drives\n"
            "it, and, where asked for, how it did in a backtest (--backtest) and whether the customers of today (--drift) still\n"
            "look like those it learned from. FEATURES must hold the label, best of customers that the model did not learn from.\n"
            "Customers' ids are in the page only with --with-ids. --only writes one of the pictures as an SVG file; --json\n"
            "prints the numbers. docs/report.md says more.",
    .example = "  winback report later.csv --model model.json -o report.html\n"
               "  winback report later.csv --model model.json --by country --backtest backtest.json --drift today.csv -o report.html\n"
               "  winback report scores.csv --labels later.csv -o report.html\n"
               "  winback report later.csv --model model.json --only effects --feature orders_days_since_last -o recency.svg",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS | CLI_SEEDED,
    .max_arguments = 1,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
