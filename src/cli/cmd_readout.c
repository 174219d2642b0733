/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/readout.h"
#include "cli/report.h"
#include "cli/tables.h"

typedef struct readout_options {
    cli_common common;
    cli_tables tables;
    const char *control, *contacts, *campaign, *redeemed, *arm, *score, *svg, *output;
    cli_list sent_at, by, outcomes, money;
    int64_t horizon_us;
    double margin, contact_cost, offer_cost, take;
    uint64_t n_resamples;
} readout_options;

#define AT(member) offsetof(readout_options, member)

static const cli_option options[] = {
    {"--control", CLI_TEXT, AT(control), "FILE", "who was held out (default: the list's rows whose arm is control);\n"
                                                 "                              with --arm the control's value"},
    {"--contacts", CLI_TEXT, AT(contacts), "FILE", "instead of LIST: who was mailed and held out (default: the project's)"},
    {"--campaign", CLI_TEXT, AT(campaign), "NAME", "which of the contacts' campaigns (default: the project's)"},
    {"--sent-at", CLI_TEXTS, AT(sent_at), "DATE", "when the mailing went out: orders from then on count"},
    {"--horizon", CLI_DURATION, AT(horizon_us), "DURATION", "for how long orders count (default: the label's horizon, or 90d)"},
    {"--margin", CLI_NUMBER, AT(margin), "SHARE", "of revenue that is left, above 0, at most 1 (default: the project's)"},
    {"--contact-cost", CLI_NUMBER, AT(contact_cost), "X", "of each customer of the list (default: the project's)"},
    {"--offer-cost", CLI_NUMBER, AT(offer_cost), "X", "of each who redeemed the offer (default: the project's)"},
    {"--redeemed", CLI_TEXT, AT(redeemed), "CONDITION", "orders by which the offer was redeemed: \"coupon = 'BACK10'\""},
    {"--take", CLI_NUMBER, AT(take), "SHARE", "instead: of the list's buyers who redeemed (default: all)"},
    {"--by", CLI_TEXTS, AT(by), "COL,…", "by segment, too: columns of the list and the control"},
    {"--arm", CLI_TEXT, AT(arm), "COL", "LIST holds outcomes: which arm a row is of"},
    {"--outcome", CLI_TEXTS, AT(outcomes), "COL,…", "with --arm: columns of 1 and 0, yes and no"},
    {"--money", CLI_TEXTS, AT(money), "COL,…", "with --arm: columns of amounts, the first is revenue"},
    {"--score", CLI_TEXT, AT(score), "COL", "with --arm: column of scores (default: probability)"},
    {"--bootstrap", CLI_WHOLE, AT(n_resamples), "N", "resamples (default, 0: 2000, fewer of many customers)"},
    {"--svg", CLI_TEXT, AT(svg), "FILE", "a picture of the differences and their intervals"},
    {"-o", CLI_TEXT, AT(output), "FILE", "all of it as a page to read and print (HTML)"},
    {"--orders", CLI_TEXT, AT(tables.orders), "FILE", "orders: csv, gz, zst, glob or -"},
    {"--customers", CLI_TEXT, AT(tables.customers), "FILE", "one row a customer"},
};

static const readout_options defaults = {
    .common = CLI_COMMON_INIT, .horizon_us = -1, .margin = NAN, .contact_cost = NAN, .offer_cost = NAN, .take = NAN};

typedef struct readout_run {
    const readout_options *o;
    wb_read_options reading;
    wb_readout_options how;
    wb_project *project;
    wb_campaign said; /* by the project */
    wb_readout *readout;
} readout_run;

static const char *list_of(const readout_options *o)
{
    return o->common.arguments.n > 0 ? o->common.arguments.items[0] : NULL;
}

static int check_file(const readout_options *o)
{
    if (list_of(o) == NULL || o->control == NULL)
        return cli_usage_error("--arm needs a file of outcomes and the control's value: winback readout FILE --arm %s --control VALUE",
                               o->arm);
    if (o->outcomes.n + o->money.n == 0)
        return cli_usage_error("--arm needs outcomes: --outcome COL,… or --money COL,…");
    if (o->contacts != NULL || o->campaign != NULL || o->sent_at.n > 0 || o->horizon_us >= 0 || o->redeemed != NULL)
        return cli_usage_error("%s goes with orders; with --arm the file holds what became of customers",
                               o->contacts != NULL ? "--contacts" : o->campaign != NULL ? "--campaign" : o->sent_at.n > 0 ? "--sent-at"
                               : o->horizon_us >= 0 ? "--horizon" : "--redeemed");
    return CLI_DONE;
}

static int check_orders(const readout_options *o)
{
    if (o->outcomes.n + o->money.n > 0 || o->score != NULL)
        return cli_usage_error("%s goes with --arm COL", o->outcomes.n > 0 ? "--outcome" : o->money.n > 0 ? "--money" : "--score");
    if (list_of(o) != NULL && o->contacts != NULL)
        return cli_usage_error("readout takes a list, or --contacts, not both");
    if (list_of(o) == NULL && o->control != NULL)
        return cli_usage_error("--control needs the list beside it: winback readout LIST --control %s", o->control);
    if (o->sent_at.n > 1)
        return cli_usage_error("--sent-at is given %zu times, expected once", o->sent_at.n);
    if (list_of(o) != NULL && o->sent_at.n == 0)
        return cli_usage_error("readout needs to know when the mailing went out: --sent-at DATE");
    if (o->redeemed != NULL && !isnan(o->take))
        return cli_usage_error("--redeemed says who took the offer, so --take has nothing to say");
    if (strcmp(o->common.on_error, "reject") == 0)
        return cli_usage_error("--on-error reject goes with one file; a list and orders are two");
    return CLI_DONE;
}

/* Standard output holds one thing: the page, the picture, JSON, or else the words. */
static int check_output(const readout_options *o)
{
    if (o->output != NULL && o->svg != NULL && strcmp(o->output, o->svg) == 0)
        return cli_usage_error("-o and --svg name one file, '%s'", o->output);
    if (o->common.json && (cli_is_dash(o->output) || cli_is_dash(o->svg)))
        return cli_usage_error("standard output cannot hold both %s - and --json", cli_is_dash(o->output) ? "-o" : "--svg");
    return CLI_DONE;
}

static int check_lists(const readout_options *o)
{
    int code = cli_check_list("--by", &o->by);
    if (code == CLI_DONE)
        code = cli_check_list("--outcome", &o->outcomes);
    return code == CLI_DONE ? cli_check_list("--money", &o->money) : code;
}

static int check(const readout_options *o)
{
    int code = check_lists(o);
    if (code == CLI_DONE)
        code = check_output(o);
    if (code != CLI_DONE)
        return code;
    if (o->horizon_us == 0)
        return cli_usage_error("--horizon: must be more than 0");
    if (!isnan(o->margin) && !(o->margin > 0 && o->margin <= 1))
        return cli_usage_error("--margin %g: expected a share above 0, at most 1", o->margin);
    if (!isnan(o->take) && o->take > 1)
        return cli_usage_error("--take %g: expected a share from 0 to 1", o->take);
    if (o->n_resamples > 1000000)
        return cli_usage_error("--bootstrap: '%llu' is not a whole number from 0 to 1000000", (unsigned long long)o->n_resamples);
    return o->arm != NULL ? check_file(o) : check_orders(o);
}

/* ---- what it is made of ---- */

static double or_else(double value, double usual)
{
    return isnan(value) ? usual : value;
}

static void take_settings(readout_run *r)
{
    const readout_options *o = r->o;
    if (!wb_project_campaign(r->project, &r->said))
        r->said = (wb_campaign){.offer_cost = NAN, .contact_cost = NAN, .margin = NAN, .take_rate = NAN};
    r->how = (wb_readout_options)WB_READOUT_OPTIONS_INIT;
    r->how.costs = (wb_readout_costs){.margin = or_else(o->margin, r->said.margin),
                                      .contact_cost = or_else(o->contact_cost, r->said.contact_cost),
                                      .offer_cost = or_else(o->offer_cost, r->said.offer_cost),
                                      .take_rate = or_else(o->take, r->said.take_rate)};
    r->how.by = o->by.items;
    r->how.n_by = o->by.n;
    r->how.n_resamples = (size_t)o->n_resamples;
    r->how.seed = o->common.seed;
    r->how.n_threads = (int)o->common.n_threads;
    r->how.log = cli_log(&o->common);
}

static wb_status open_project(readout_run *r, wb_error *err)
{
    return r->o->arm == NULL ? cli_open_tables(&r->project, &r->o->common, &r->o->tables, err)
                             : cli_open_project(&r->project, &r->o->common, err);
}

static wb_status fail_nothing_named(wb_error *err)
{
    *err = (wb_error){.code = WB_ERR_ARGUMENT};
    snprintf(err->message, sizeof err->message, "readout needs a list with --control FILE, or contacts: in the project's campaign:");
    return err->code;
}

static wb_status read_orders(readout_run *r, wb_error *err)
{
    const readout_options *o = r->o;
    int64_t gap_us = 0, horizon_us = 0;
    wb_readout_source source = {.list = list_of(o), .control = o->control, .contacts = o->contacts, .campaign = o->campaign,
                                .sent_at_us = WB_TIME_MISSING, .redeemed = o->redeemed};
    if (source.list == NULL && source.contacts == NULL)
        source.contacts = r->said.contacts;
    if (source.list == NULL && source.contacts == NULL)
        return fail_nothing_named(err);
    if (source.list == NULL && source.campaign == NULL)
        source.campaign = r->said.name;
    if (wb_project_label(r->project, &gap_us, &horizon_us) == NULL)
        horizon_us = 90 * WB_DAY_US;
    source.horizon_us = o->horizon_us > 0 ? o->horizon_us : horizon_us;
    wb_status status = cli_times(&source.sent_at_us, "--sent-at", &o->sent_at, r->project, err);
    return status != WB_OK ? status : wb_readout_orders(&r->readout, r->project, &source, &r->how, &r->reading, err);
}

static wb_status read_outcomes(readout_run *r, wb_error *err)
{
    const readout_options *o = r->o;
    const wb_readout_file file = {.file = list_of(o), .arm = o->arm, .control = o->control, .outcomes = o->outcomes.items,
                                  .n_outcomes = o->outcomes.n, .money = o->money.items, .n_money = o->money.n, .score = o->score};
    return wb_readout_outcomes(&r->readout, &file, &r->how, &r->reading, err);
}

static void say_cost(cli_results *page, const char *name, double value)
{
    if (!isnan(value))
        cli_report_fact(page, name, "%.10g", value);
}

static void say_file(cli_results *page, const char *name, const char *file)
{
    if (file != NULL)
        cli_report_fact(page, name, "%s", file);
}

static void say_orders(cli_results *page, const readout_run *r)
{
    const readout_options *o = r->o;
    const wb_readout *readout = r->readout;
    char sent[WB_TIME_CHARS], until[WB_TIME_CHARS], horizon[WB_TIME_CHARS];
    wb_time_format(readout->sent_at_us, sent);
    wb_time_format(readout->until_us, until);
    wb_duration_format(readout->horizon_us, horizon);
    say_file(page, "List", list_of(o));
    say_file(page, "Control", o->control);
    if (list_of(o) == NULL)
        say_file(page, "Contacts", o->contacts != NULL ? o->contacts : r->said.contacts);
    for (size_t t = 0; t < wb_project_n_tables(r->project); t++)
        if (strcmp(wb_project_table_name(r->project, t), wb_project_bound_table(r->project, "rfm", "orders")) == 0)
            say_file(page, "Orders", wb_project_table_file(r->project, t));
    say_file(page, "Campaign", readout->campaign);
    cli_report_fact(page, "Sent at", "%s", sent);
    cli_report_fact(page, "Horizon", "%s", horizon);
    cli_report_fact(page, "Window", "orders from %s to before %s", sent, until);
    say_file(page, "Redeemed by", o->redeemed);
}

static void say_facts(cli_results *page, const readout_run *r)
{
    const wb_readout_costs *costs = &r->readout->costs;
    say_file(page, "Project", cli_project_file(&r->o->common));
    if (r->o->arm == NULL) {
        say_orders(page, r);
    } else {
        say_file(page, "Outcomes", list_of(r->o));
        cli_report_fact(page, "Arms", "column %s, control %s", r->o->arm, r->o->control);
    }
    say_cost(page, "Margin", costs->margin);
    say_cost(page, "Cost of a contact", costs->contact_cost);
    say_cost(page, "Cost of an offer", costs->offer_cost);
    if (r->o->redeemed == NULL) /* which says who did */
        say_cost(page, "Share that redeems", costs->take_rate);
    cli_report_fact(page, "Intervals", "%g %%, money by %zu resamples", 100 * r->readout->level, r->readout->n_resamples);
    cli_report_fact(page, "Seed", "%llu", (unsigned long long)r->readout->seed);
}

static wb_status write_page(const readout_run *r, cli_results *page, wb_error *err)
{
    const wb_readout *readout = r->readout;
    page->parts.title = readout->campaign != NULL ? readout->campaign : "Did the campaign pay?";
    page->parts.readout = readout;
    page->parts.facts = page->facts;
    say_facts(page, r);
    wb_status status = r->o->output != NULL ? wb_report_write(&page->parts, r->o->output, err) : WB_OK;
    if (status == WB_OK && r->o->svg != NULL)
        status = wb_report_write_picture(&page->parts, readout->measures[0].kind == WB_READOUT_RATE ? "readout" : "readout_money", NULL,
                                         r->o->svg, err);
    return status;
}

static wb_status write_files(const readout_run *r, wb_error *err)
{
    if (r->o->output == NULL && r->o->svg == NULL)
        return WB_OK;
    cli_results *page = calloc(1, sizeof *page);
    if (page == NULL) {
        *err = (wb_error){.code = WB_ERR_NOMEM, .message = "out of memory"};
        return WB_ERR_NOMEM;
    }
    const wb_status status = write_page(r, page, err);
    free(page);
    return status;
}

static wb_status check_files(const readout_run *r, const char *const *inputs, wb_error *err)
{
    const char *const outputs[] = {r->o->output, r->o->svg};
    const wb_status status = cli_check_files(&r->o->common, outputs, sizeof outputs / sizeof outputs[0], inputs, r->project, err);
    return status == WB_OK ? cli_check_readable(inputs, err) : status;
}

static void report(const cli_step *step, const readout_run *r)
{
    const wb_readout *readout = r->readout;
    const cli_common *common = &r->o->common;
    char count[CLI_TEXT_CHARS], sent[WB_TIME_CHARS], until[WB_TIME_CHARS], orders[CLI_TEXT_CHARS];
    cli_count(count, readout->n_customers);
    if (readout->sent_at_us == WB_TIME_MISSING) {
        cli_step_end(step, "readout", "%s customers", count);
    } else {
        wb_time_format(readout->sent_at_us, sent);
        wb_time_format(readout->until_us, until);
        cli_step_end(step, "readout", "%s%s%s customers · %s order%s from %s to before %s", readout->campaign == NULL ? "" : readout->campaign,
                     readout->campaign == NULL ? "" : " · ", count, cli_count(orders, readout->n_orders),
                     readout->n_orders == 1 ? "" : "s", sent, until);
    }
    cli_note(common, "by assignment: everybody counts where they were drawn; %s resamples, seed %llu", cli_count(count, readout->n_resamples),
             (unsigned long long)readout->seed);
    if (r->o->arm == NULL && list_of(r->o) == NULL && readout->n_strata == 0)
        cli_note(common, "contacts hold no scores: the estimate by tenths of the score needs LIST and --control FILE");
    if (common->json)
        cli_print_json(cli_readout_json(readout));
    else if (!cli_is_dash(r->o->output) && !cli_is_dash(r->o->svg))
        cli_print_readout(readout);
}

static wb_status read_out(readout_run *r, wb_error *err)
{
    const readout_options *o = r->o;
    const char *maybe[] = {list_of(o), o->arm == NULL ? o->control : NULL, o->contacts}, *inputs[4] = {NULL};
    size_t n = 0;
    for (size_t i = 0; i < 3; i++)
        if (maybe[i] != NULL)
            inputs[n++] = maybe[i];
    wb_status status = open_project(r, err);
    if (status == WB_OK)
        status = check_files(r, inputs, err);
    if (status != WB_OK)
        return status;
    take_settings(r);
    status = o->arm != NULL ? read_outcomes(r, err) : read_orders(r, err);
    return status == WB_OK ? write_files(r, err) : status;
}

static int run(const void *given)
{
    wb_error err = {0};
    readout_run r = {.o = given};
    int code = check(given);
    if (code == CLI_DONE && !cli_read_options(&r.o->common, &r.reading))
        code = CLI_USAGE;
    if (code != CLI_DONE)
        return code;
    cli_step step = cli_step_begin(&r.o->common);
    if (read_out(&r, &err) == WB_OK)
        report(&step, &r);
    else
        code = cli_fail(&err);
    wb_readout_free(r.readout);
    wb_project_free(r.project);
    return code;
}

const cli_command cli_readout = {
    .name = "readout",
    .summary = "did the campaign pay? the list against its control group",
    .usage = "LIST --control FILE --sent-at DATE [OPTION…]\n       winback readout FILE --arm COL --control VALUE --outcome COL,… [OPTION…]",
    .text = "Holds those who were to be contacted against the control group, which was drawn like them and left alone: what the\n"
            "control did is what the list would have done anyway. Everybody counts where they were drawn, contacted or not\n"
            "(intention to treat); leaving out whom the mail did not reach would compare people who differ.\n"
            "Orders in [sent-at, sent-at + horizon) count: conversion is the share of customers with one, revenue their amounts\n"
            "a head. Each difference has an interval, Newcombe's for shares and the bootstrap-t for money; where it holds zero,\n"
            "the campaign may have done nothing, and the words say so. With a column probability differences are weighted by\n"
            "tenth of the score, too, which takes out what chance gave one arm more of.\n"
            "With a margin and costs (--margin, or campaign: in the project file): what was earned beyond what would have come\n"
            "anyway, and the return on what was spent. A column arm with several values is held against the control arm by arm.\n"
            "With --arm, FILE holds a row a customer with the arm and what became of them, as a test done elsewhere has it;\n"
            "where it has a column customer_id, nobody may stand there twice.",
    .example = "  winback readout out/campaign.csv --control out/control.csv --sent-at 2024-10-02 --horizon 60d --margin 0.4\n"
               "  winback readout out/campaign.csv --control out/control.csv --sent-at 2024-10-02 --by segment\n"
               "  winback readout hillstrom.csv.gz --arm segment --control 'No E-Mail' --outcome visit,conversion --money spend",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS | CLI_SEEDED,
    .max_arguments = 1,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
