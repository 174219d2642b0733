/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/evaluation.h"
#include "cli/model_features.h"

typedef struct evaluate_options {
    cli_common common;
    cli_judging judging;
    const char *seen_column, *bootstrap;
    cli_list models, scores;
    int64_t seen_within_us;
} evaluate_options;

#define AT(member) offsetof(evaluate_options, member)

static const cli_option options[] = {
    {"--labels", CLI_TEXT, AT(judging.labels), "FEATURES", "file with the labels, matched by customer and cutoff"},
    {"--model", CLI_TEXTS, AT(models), "MODEL,…", "instead: score the features, which hold the labels, with these"},
    {"--target", CLI_TEXT, AT(judging.target), "COL", "what happened: COL or label_COL (default: the model's, or the only label_*)"},
    {"--positive", CLI_TEXT, AT(judging.positive), "VALUE", "value that counts as 1 (default: 1, true or yes)"},
    {"--id", CLI_TEXT, AT(judging.id), "COL", "customer key (default: customer_id)"},
    {"--score", CLI_TEXTS, AT(scores), "COL,…", "columns of scores (default: probability and probability_*)"},
    {"--weights", CLI_TEXT, AT(judging.weights), "COL", "row weights, a column of the labels' file"},
    {"--by", CLI_TEXTS, AT(judging.by), "COL,…", "by segment, too: columns of the labels' file; numbers of many values in fifths"},
    {"--seen-within", CLI_DURATION, AT(seen_within_us), "DURATION",
     "also of those seen so lately alone (default: the label's horizon, if known)"},
    {"--seen-column", CLI_TEXT, AT(seen_column), "COL", "days since a customer was seen (default: orders_days_since_last)"},
    {"--treatment", CLI_TEXT, AT(judging.treatment), "COL", "who was treated, by lot: judge uplift, too (Qini)"},
    {"--treated", CLI_TEXT, AT(judging.treated), "VALUE", "value of it that means treated (default: the model's, or 1, true, yes)"},
    {"--control", CLI_TEXT, AT(judging.control), "VALUE", "value that means not treated; rows of other values are left out"},
    {"--threshold", CLI_NUMBER, AT(judging.threshold), "P", "probability from which on a customer is called 1"},
    {"--bootstrap", CLI_TEXT, AT(bootstrap), "N", "resamples for intervals (default: up to 1000, by the rows; 0: none)"},
};

static const evaluate_options defaults = {.common = CLI_COMMON_INIT, .judging.threshold = 0.5};

/* What is read, and what is told of it. */
typedef struct evaluate_run {
    const evaluate_options *o;
    wb_read_options reading;
    wb_evaluate_options how;
    cli_campaign_texts campaign;
    wb_model *models[CLI_LIST_LIMIT];
    char names[CLI_LIST_LIMIT][CLI_NAME_CHARS];
    wb_evaluation *evaluation;
} evaluate_run;

static int check(const evaluate_options *o)
{
    const bool files = o->models.n == 0;
    if (o->common.arguments.n == 0)
        return cli_usage_error("evaluate needs scores with --labels FEATURES, or features with --model MODEL");
    if (files && o->judging.labels == NULL)
        return cli_usage_error("evaluate needs labels: --labels FEATURES, or --model MODEL where '%s' holds features",
                               o->common.arguments.items[0]);
    if (!files && (o->judging.labels != NULL || o->scores.n > 0))
        return cli_usage_error("%s goes with a scores file; --model scores features, which hold the labels",
                               o->judging.labels != NULL ? "--labels" : "--score");
    if (cli_check_judging(&o->judging, &o->common) != CLI_DONE || cli_check_list("--model", &o->models) != CLI_DONE)
        return CLI_USAGE;
    return cli_check_list("--score", &o->scores);
}

/* What is read; NULL ends the list. */
static void list_inputs(const char *inputs[CLI_LIST_LIMIT + 3], const evaluate_options *o)
{
    memset(inputs, 0, (CLI_LIST_LIMIT + 3) * sizeof *inputs);
    memcpy(inputs, o->models.items, o->models.n * sizeof *inputs);
    inputs[o->models.n] = o->common.arguments.items[0];
    inputs[o->models.n + 1] = o->judging.labels;
}

static int read_bootstrap(size_t *n, const char *text)
{
    char *end;
    if (text == NULL)
        return CLI_DONE;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value > 1000000)
        return cli_usage_error("--bootstrap: '%s' is not a whole number from 0 to 1000000", text);
    *n = (size_t)value;
    return CLI_DONE;
}

static int make_options(evaluate_run *r)
{
    const evaluate_options *o = r->o;
    wb_evaluate_options *how = &r->how;
    *how = cli_evaluate_options(&o->judging, &o->common);
    how->scores = o->scores.items;
    how->n_scores = o->scores.n;
    how->seen_within_us = o->seen_within_us;
    how->seen_column = o->seen_column;
    return read_bootstrap(&how->intervals.n_resamples, o->bootstrap);
}

/* ---- models ---- */

static wb_status read_models(evaluate_run *r, wb_error *err)
{
    const cli_list *paths = &r->o->models;
    for (size_t i = 0; i < paths->n; i++) {
        cli_name_model(r->names[i], paths->items[i]);
        for (size_t k = 0; k < i; k++)
            if (strcmp(r->names[k], r->names[i]) == 0) {
                *err = (wb_error){.code = WB_ERR_ARGUMENT};
                snprintf(err->message, sizeof err->message, "two models are called %.200s: rename one of the files", r->names[i]);
                return err->code;
            }
        wb_status status = wb_model_read(&r->models[i], paths->items[i], err);
        if (status != WB_OK)
            return status;
    }
    if (r->how.target == NULL)
        r->how.target = wb_model_summarise(r->models[0]).target;
    return WB_OK;
}

static wb_status evaluate_models(evaluate_run *r, wb_error *err)
{
    const char *names[CLI_LIST_LIMIT];
    const cli_models models = {(const wb_model *const *)r->models, r->o->models.n};
    wb_features *features = NULL;
    wb_status status = read_models(r, err);
    for (size_t i = 0; i < r->o->models.n; i++)
        names[i] = r->names[i];
    if (status == WB_OK)
        status = cli_read_features(&features, r->o->common.arguments.items[0], r->o->judging.id, &models, &r->reading, err);
    if (status == WB_OK)
        status = wb_evaluate_models(&r->evaluation, models.items, names, models.n, features, &r->how, err);
    if (status != WB_OK)
        cli_blame_file(err, r->o->common.arguments.items[0]);
    wb_features_free(features);
    return status;
}

/* ---- what is told ---- */

static void tell_intervals(const evaluate_run *r)
{
    const wb_evaluation *e = r->evaluation;
    const wb_interval_method by = e->groups[0].interval.auc_by;
    const bool by_delong = by == WB_INTERVAL_DELONG;
    char resamples[CLI_TEXT_CHARS];
    if (e->n_resamples > 0)
        cli_note(&r->o->common, "intervals: %s%s resample%s of customers, seed %llu",
                 by_delong ? "AUC by DeLong · the others by " : "by ", cli_count(resamples, e->n_resamples),
                 e->n_resamples == 1 ? "" : "s", (unsigned long long)e->seed);
    else
        cli_note(&r->o->common, by_delong ? "intervals: AUC by DeLong; --bootstrap N makes the others"
                                          : "no intervals; --bootstrap N makes them");
}

static void report(const cli_step *step, const evaluate_run *r)
{
    const wb_evaluation *e = r->evaluation;
    char rows[CLI_TEXT_CHARS], customers[CLI_TEXT_CHARS], treated[CLI_TEXT_CHARS], rate[CLI_TEXT_CHARS] = "";
    if (e->n_scores > 0)
        snprintf(rate, sizeof rate, " · base rate %.1f %%", 100 * e->groups[0].metrics.base_rate);
    cli_step_end(step, "evaluate", "%s · %s row%s of %s customer%s%s%s", e->target, cli_count(rows, e->n_rows), e->n_rows == 1 ? "" : "s",
                 cli_count(customers, e->n_customers), e->n_customers == 1 ? "" : "s", e->treatment == NULL ? "" : " not treated", rate);
    if (e->treatment != NULL)
        cli_note(&r->o->common, "and %s treated%s", cli_count(treated, e->n_treated),
                 e->n_scores > 0 ? "; probabilities are of customers who are not" : "");
    if (e->n_scores > 0)
        tell_intervals(r);
    cli_warn_unmatched(e, &r->o->common, r->o->models.n > 0, true);
    if (!r->o->common.json) {
        cli_print_evaluation(e);
        return;
    }
    cli_print_json(cli_evaluation_json(e, true));
}

static void free_run(evaluate_run *r)
{
    for (size_t i = 0; i < r->o->models.n; i++)
        wb_model_free(r->models[i]);
    wb_evaluation_free(r->evaluation);
    free(r);
}

static wb_status check_output(const evaluate_run *r, wb_error *err)
{
    const evaluate_options *o = r->o;
    const char *inputs[CLI_LIST_LIMIT + 3];
    list_inputs(inputs, o);
    return cli_check_outputs(&o->common, NULL, inputs, NULL, err);
}

static int run(const void *given)
{
    wb_error err = {0};
    const char *inputs[CLI_LIST_LIMIT + 3];
    list_inputs(inputs, given);
    int code = check(given);
    if (code == CLI_DONE)
        code = cli_check_input_names(inputs);
    if (code != CLI_DONE)
        return code;
    evaluate_run *r = calloc(1, sizeof *r);
    if (r == NULL) {
        err.code = WB_ERR_NOMEM;
        return cli_fail(&err);
    }
    r->o = given;
    code = cli_read_options(&r->o->common, &r->reading) ? make_options(r) : CLI_USAGE;
    cli_step step = cli_step_begin(&r->o->common);
    wb_status status = WB_OK;
    if (code == CLI_DONE)
        status = check_output(r, &err);
    if (code == CLI_DONE && status == WB_OK)
        status = cli_take_campaign(&r->how, &r->campaign, &r->o->common, &err);
    if (code == CLI_DONE && status == WB_OK)
        status = r->o->models.n > 0 ? evaluate_models(r, &err)
                                    : wb_evaluate_files(&r->evaluation, r->o->common.arguments.items[0], r->o->judging.labels, &r->how,
                                                        &r->reading, &err);
    if (status != WB_OK)
        code = cli_fail(&err);
    else if (code == CLI_DONE)
        report(&step, r);
    free_run(r);
    return code;
}

const cli_command cli_evaluate = {
    .name = "evaluate",
    .summary = "hold scores against what happened",
    .usage = "SCORES --labels FEATURES --target COL [OPTION…]\n       winback evaluate FEATURES --model MODEL[,…] [OPTION…]",
    .text = "Says how well scores told who would churn, on customers whose label is known by now; take a later cutoff than the\n"
            "model's, for what it learned from flatters it. Scores and labels are matched by customer_id and, where both files\n"
            "have it, cutoff.\n"
            "Who comes first: AUC is how often a churner has the higher score of the two, when one churner and one other are\n"
            "drawn; 0.5 is chance. 0.7 to 0.85 is usual for churn; above 0.95 a feature may know what came after the cutoff.\n"
            "Lift at 10 % is how many times their share of the churners the tenth with the highest scores holds.\n"
            "Are probabilities true: a calibration slope below 1 says that they are too extreme, as after overfitting, above 1\n"
            "too timid; an intercept above 0, that they are too low on the whole. train --calibrate mends what the folds show.\n"
            "What it is worth: EMPC is the profit a customer at the best number of contacts, with the costs of campaign: in the\n"
            "project file. Customers long gone are easy to tell: the line 'seen within' leaves them out.\n"
            "With several scores the first is compared with each other one, on the same customers drawn. Intervals: of the AUC by\n"
            "DeLong, where rows weigh alike and customers have one each; of all else from resampled customers. One class alone\n"
            "gives figures without value (-, null), and a warning.\n"
            "With --treatment, on customers who were mailed or held out by lot, uplift is judged: the Qini coefficient is 0 where a\n"
            "score tells no better than chance whom treatment serves. Probabilities are then held against those not treated.",
    .example = "  winback evaluate scores.csv --labels features.csv --target churned\n"
               "  winback evaluate later.csv --model model.json --by country\n"
               "  winback evaluate later.csv --model new.json,old.json --bootstrap 1000 --json\n"
               "  winback evaluate campaign.csv --model uplift.json --treatment arm",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS | CLI_SEEDED,
    .max_arguments = 1,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
