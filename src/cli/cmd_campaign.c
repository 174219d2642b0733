/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From scores to a list worth contacting and a control group. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/campaign.h"
#include "cli/segments.h"
#include "cli/tables.h"

typedef struct campaign_options {
    cli_common common;
    const char *output, *holdout_file, *at, *id, *probability, *format, *svg;
    double budget, holdout, provable_effect;
    uint64_t max_contacts;
} campaign_options;

#define AT(member) offsetof(campaign_options, member)

static const cli_option options[] = {
    {"-o", CLI_TEXT, AT(output), "LIST", "whom to contact; - is standard output"},
    {"--holdout-file", CLI_TEXT, AT(holdout_file), "FILE", "the control group: who is not contacted, to see what the rest does"},
    {"--budget", CLI_NUMBER, AT(budget), "AMOUNT", "what contacts and expected offers may cost (default: the project's)"},
    {"--max-contacts", CLI_WHOLE, AT(max_contacts), "N", "how many are contacted at most (0: as the project says)"},
    {"--holdout", CLI_NUMBER, AT(holdout), "SHARE", "of those who would be contacted (default: the project's, or 0.1)"},
    {"--provable-effect", CLI_NUMBER, AT(provable_effect), "SHARE", "say what holdout would show such a difference of the rates:\n"
                                                                   "                              0.02 for two points"},
    {"--format", CLI_TEXT, AT(format), "FORMAT", "csv, jsonl, mailchimp, klaviyo, hubspot, brevo, google or meta\n"
                                                 "                              (default: the project's, or csv)"},
    {"--at", CLI_TIME, AT(at), "DATE", "when the scores were made, where they have no cutoff"},
    {"--probability", CLI_TEXT, AT(probability), "COL", "column of the scores (default: probability)"},
    {"--id", CLI_TEXT, AT(id), "COL", "customer key (default: customer_id)"},
    {"--svg", CLI_TEXT, AT(svg), "FILE", "a picture of the profit by depth"},
};

static const campaign_options defaults = {
    .common = CLI_COMMON_INIT, .budget = NAN, .holdout = NAN, .provable_effect = NAN};

enum { PATH_CHARS = 4096 };

/* What a run holds; freed in one place. */
typedef struct campaign_run {
    const campaign_options *o;
    wb_read_options reading;
    wb_project *project;
    wb_campaign settings;
    wb_campaign_options how;
    wb_campaign_plan *plan;
} campaign_run;

static int check_usage(const campaign_options *o)
{
    if (o->common.arguments.n == 0)
        return cli_usage_error("campaign needs a file of scores (winback campaign scores.csv -o list.csv --holdout-file control.csv)");
    if (o->output == NULL)
        return cli_usage_error("campaign needs -o LIST");
    if (o->holdout_file == NULL && !(o->holdout == 0))
        return cli_usage_error("campaign needs --holdout-file FILE: without a control group nobody knows what it changed (--holdout 0 does "
                               "without)");
    if (o->budget <= 0)
        return cli_usage_error("--budget: '%g' is not an amount of more than 0", o->budget);
    if (o->holdout >= 1)
        return cli_usage_error("--holdout: '%g' is not a share of 0 or more and less than 1", o->holdout);
    if (o->provable_effect <= 0 || o->provable_effect >= 1)
        return cli_usage_error("--provable-effect: '%g' is not a share of more than 0 and less than 1 (0.02 is two points)",
                               o->provable_effect);
    if (cli_is_dash(o->output) + cli_is_dash(o->holdout_file) + cli_is_dash(o->svg) + (int)o->common.json > 1)
        return cli_usage_error("two of -o -, --holdout-file -, --svg - and --json would write to standard output");
    return CLI_DONE;
}

static wb_status check_output(const campaign_run *r, const char *output, const char *const *seen, const wb_project *project,
                              wb_error *err)
{
    const wb_status status = cli_check_outputs(&r->o->common, output, seen, project, err);
    return status == WB_OK ? cli_check_folder(output, err) : status;
}

enum { N_OUTPUTS = 4, N_OTHER_INPUTS = 2 };

/* `seen`, of which there are n, grows by what is written. The contacts may be a table of the project's, too. */
static wb_status check_each(const campaign_run *r, const char **seen, size_t n, wb_error *err)
{
    const campaign_options *o = r->o;
    const char *const outputs[N_OUTPUTS] = {o->output, o->holdout_file, o->svg, r->settings.contacts};
    char route[PATH_MAX];
    const char *name;
    wb_status status = WB_OK;
    for (size_t i = 0; status == WB_OK && i < N_OUTPUTS; i++) {
        if (outputs[i] == NULL)
            continue;
        status = check_output(r, outputs[i], seen, i + 1 < N_OUTPUTS ? r->project : NULL, err);
        seen[n++] = outputs[i];
    }
    for (size_t i = 0; status == WB_OK && cli_route_path(route, sizeof route, &name, &r->settings, i, o->output) != NULL; i++)
        status = check_output(r, route, seen, r->project, err);
    return status;
}

/* Nothing that is read is written over, and no file written twice. */
static wb_status check_outputs(const campaign_run *r, wb_error *err)
{
    size_t n;
    const char **seen = cli_campaign_inputs(&n, &r->settings, N_OTHER_INPUTS + N_OUTPUTS, err);
    if (seen == NULL)
        return err->code;
    seen[n++] = r->o->common.arguments.items[0];
    if (r->how.edges != NULL)
        seen[n++] = r->how.edges;
    const wb_status status = check_each(r, seen, n, err);
    free(seen);
    return status;
}

/* The file's settings, and what flags put in their place. */
static wb_status take_settings(campaign_run *r, wb_error *err)
{
    const campaign_options *o = r->o;
    wb_project_campaign(r->project, &r->settings);
    r->settings.budget = isnan(o->budget) ? r->settings.budget : o->budget;
    r->settings.max_contacts = o->max_contacts > 0 ? o->max_contacts : r->settings.max_contacts;
    r->settings.holdout = isnan(o->holdout) ? r->settings.holdout : o->holdout;
    r->settings.format = o->format != NULL ? o->format : r->settings.format;
    r->how = (wb_campaign_options)WB_CAMPAIGN_OPTIONS_INIT;
    r->how.id = o->id;
    r->how.probability = o->probability;
    r->how.provable_effect = o->provable_effect;
    return cli_time(&r->how.at_us, "--at", o->at, r->project, err);
}

static int refuse_routes(const campaign_run *r)
{
    return cli_is_dash(r->o->output) && r->settings.n_routes > 0
               ? cli_usage_error("-o - goes with no campaign.route, whose lists are written beside the list: name a file")
               : CLI_DONE;
}

static void tell(const campaign_run *r, const cli_step *step)
{
    const wb_campaign_summary *s = wb_campaign_plan_summary(r->plan);
    cli_end_campaign(step, s, r->o->output);
    cli_tell_routes(&r->settings, r->o->output, &r->o->common);
    cli_tell_campaign(s, &r->o->common);
    cli_warn_campaign(s, &r->o->common);
    if (r->o->common.json)
        cli_print_json(cli_campaign_json(s, r->o->provable_effect));
    else if (!cli_is_dash(r->o->output) && !cli_is_dash(r->o->holdout_file) && !cli_is_dash(r->o->svg))
        cli_print_campaign(s, r->o->provable_effect);
}

/* All or nothing: where one cannot be written, the picture among them, none appears. */
static wb_status write_files(const campaign_run *r, wb_error *err)
{
    const wb_report_parts parts = {.campaign = wb_campaign_plan_summary(r->plan)};
    wb_campaign_files *files;
    wb_status status = wb_campaign_files_create(&files, r->plan, r->o->output, r->o->holdout_file, err);
    if (status == WB_OK && r->o->svg != NULL)
        status = wb_report_write_picture(&parts, "campaign", NULL, r->o->svg, err);
    if (status == WB_OK)
        status = wb_campaign_files_commit(files, err);
    wb_campaign_files_free(files);
    return status;
}

static wb_status work(campaign_run *r, wb_error *err)
{
    const campaign_options *o = r->o;
    const char *const inputs[] = {o->common.arguments.items[0], NULL};
    char edges[PATH_CHARS];
    cli_step step = cli_step_begin(&o->common);
    r->how.edges = cli_place_edges(edges, sizeof edges, r->project, o->output);
    wb_status status = check_outputs(r, err);
    if (status == WB_OK)
        status = cli_check_readable(inputs, err);
    if (status == WB_OK)
        status = wb_campaign_plan_create(&r->plan, inputs[0], r->project, &r->settings, &r->how, &r->reading, err);
    if (status == WB_OK)
        status = write_files(r, err);
    if (status == WB_OK)
        tell(r, &step);
    return status;
}

static int run(const void *given)
{
    campaign_run r = {.o = given};
    wb_error err = {0};
    int code = check_usage(r.o);
    if (code != CLI_DONE || !cli_read_options(&r.o->common, &r.reading))
        return CLI_USAGE;
    wb_status status = cli_open_tables(&r.project, &r.o->common, NULL, &err);
    if (status == WB_OK)
        status = take_settings(&r, &err);
    if (status == WB_OK)
        code = refuse_routes(&r);
    if (status == WB_OK && code == CLI_DONE)
        status = work(&r, &err);
    if (status != WB_OK)
        code = cli_fail(&err);
    wb_campaign_plan_free(r.plan);
    wb_project_free(r.project);
    return code;
}

const cli_command cli_campaign = {
    .name = "campaign",
    .summary = "whom to contact, and whom to leave alone to see what it changed",
    .usage = "SCORES -o LIST --holdout-file FILE [OPTION…]",
    .text = "Ranks customers by what contacting them is expected to bring, not by their risk: the surest leavers cannot be kept, the\n"
            "loyal stay anyway, and offers cost money. With p the probability of leaving, of each customer\n"
            "  expected value = tau V - rho offer_cost - contact_cost,   tau = p keep_rate,   rho = p keep_rate + (1 - p) take_rate\n"
            "where V is the value of a customer who is kept (value:, or margin: x what the orders lead to expect). Where the scores\n"
            "have a column uplift, it says tau.\n\n"
            "First the rules of campaign: in the project file remove people (suppress, consent, objected, contacts, exclude, route,\n"
            "addresses); consent: must be said. Then down the ranks: who falls to the control group by a hash of the campaign's name\n"
            "and the id is held out, everybody else is put on the list, until budget, max_contacts or caps are reached or nobody else\n"
            "is worth it. So the control group is like the list, and is the same on every run. LIST and FILE are readable by you\n"
            "alone. Where the project names contacts:, every run writes there, too, who is contacted and held out, in place of\n"
            "what the campaign of that name had: to explore, use a project file without contacts:.\n"
            "docs/campaign.md has the formulas, docs/lists.md the formats.",
    .example = "  winback campaign scores.csv -o list.csv --holdout-file control.csv\n"
               "  winback campaign scores.csv -o list.csv --holdout-file control.csv --budget 5000 --svg profit.svg\n"
               "  winback campaign scores.csv -o list.csv --holdout-file control.csv --provable-effect 0.02 --json",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS,
    .max_arguments = 1,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
