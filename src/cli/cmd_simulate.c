/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/json.h"

typedef struct simulate_options {
    cli_common common;
    uint64_t n_customers, n_days;
    const char *start, *output;
    const char *campaign, *control, *sent_at;
    int64_t horizon_us;
} simulate_options;

#define AT(member) offsetof(simulate_options, member)

static const cli_option options[] = {
    {"--customers", CLI_WHOLE, AT(n_customers), "N", "how many customers"},
    {"--days", CLI_WHOLE, AT(n_days), "N", "length of the observed period"},
    {"--start", CLI_TIME, AT(start), "DATE", "its first day (default: 2023-01-01)"},
    {"-o", CLI_TEXT, AT(output), "DIR", "folder for the files, made when absent"},
    {"--campaign", CLI_TEXT, AT(campaign), "LIST", "write what customers order after this list was mailed, not the shop"},
    {"--control", CLI_TEXT, AT(control), "FILE", "who was held out of the list"},
    {"--sent-at", CLI_TIME, AT(sent_at), "TIME", "when the list was mailed (default: at the end of the period)"},
    {"--horizon", CLI_DURATION, AT(horizon_us), "DURATION", "how long orders after that are written (default: 90d)"},
};

static const simulate_options defaults = {.common = CLI_COMMON_INIT, .n_customers = 10000, .n_days = 731, .horizon_us = -1};

static void print_json(const wb_simulate_report *report)
{
    json_t *json = json_pack("{s:I, s:I, s:I, s:I}", "customers", (json_int_t)report->n_customers, "orders",
                             (json_int_t)report->n_orders, "tickets", (json_int_t)report->n_tickets, "surveys",
                             (json_int_t)report->n_surveys);
    cli_print_json(json);
}

static double money(int64_t cents)
{
    return (double)cents / 100;
}

static void print_campaign_json(const wb_simulate_campaign_report *report)
{
    json_t *json = json_pack("{s:I, s:I, s:I, s:f, s:I, s:I, s:f, s:f, s:I, s:f}", "list", (json_int_t)report->n_list,
                             "control", (json_int_t)report->n_control, "orders", (json_int_t)report->n_orders, "revenue",
                             money(report->revenue_cents), "list_buyers", (json_int_t)report->n_list_buyers,
                             "list_buyers_without", (json_int_t)report->n_list_buyers_without, "list_revenue",
                             money(report->list_revenue_cents), "list_revenue_without",
                             money(report->list_revenue_without_cents), "redeemed", (json_int_t)report->n_redeemed, "coupons",
                             money(report->coupons_cents));
    cli_print_json(json);
}

static int write_shop(const simulate_options *o, const wb_simulate_options *simulate)
{
    wb_simulate_report report;
    wb_error err;
    cli_step step = cli_step_begin(&o->common);
    if (wb_simulate(o->output, simulate, &report, &err) != WB_OK)
        return cli_fail(&err);
    char customers[CLI_TEXT_CHARS], orders[CLI_TEXT_CHARS], tickets[CLI_TEXT_CHARS], surveys[CLI_TEXT_CHARS];
    cli_step_end(&step, "simulate", "%s customers · %s orders · %s tickets · %s surveys · in %s",
                 cli_count(customers, report.n_customers), cli_count(orders, report.n_orders),
                 cli_count(tickets, report.n_tickets), cli_count(surveys, report.n_surveys), o->output);
    if (o->common.json)
        print_json(&report);
    return CLI_DONE;
}

static wb_status check_files(const simulate_options *o, wb_error *err)
{
    static const char *const names[] = {"orders_after.csv", "campaign_truth.csv"};
    const char *const inputs[] = {o->campaign, o->control, NULL};
    char path[PATH_MAX];
    wb_status status = WB_OK;
    for (size_t i = 0; status == WB_OK && i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", o->output, names[i]);
        status = cli_check_outputs(&o->common, path, inputs, NULL, err);
    }
    return status;
}

static int write_campaign(const simulate_options *o, const wb_simulate_options *simulate)
{
    wb_simulate_mailing mailing = WB_SIMULATE_MAILING_INIT;
    wb_simulate_campaign_report report;
    wb_error err;
    mailing.list = o->campaign;
    mailing.control = o->control;
    if (o->sent_at != NULL && wb_time_parse(&mailing.sent_us, o->sent_at, 0, &err) != WB_OK)
        return cli_usage_error("--sent-at: %s", err.message);
    if (o->horizon_us > 0)
        mailing.horizon_us = o->horizon_us;
    cli_step step = cli_step_begin(&o->common);
    if (check_files(o, &err) != WB_OK || wb_simulate_campaign(o->output, simulate, &mailing, &report, &err) != WB_OK)
        return cli_fail(&err);
    char list[CLI_TEXT_CHARS], control[CLI_TEXT_CHARS], orders[CLI_TEXT_CHARS], with[CLI_TEXT_CHARS], without[CLI_TEXT_CHARS];
    cli_step_end(&step, "simulate", "%s mailed, %s held out · %s orders of all customers in %lld days · in %s",
                 cli_count(list, report.n_list), cli_count(control, report.n_control), cli_count(orders, report.n_orders),
                 (long long)(mailing.horizon_us / WB_DAY_US), o->output);
    cli_note(&o->common, "%s of the list ordered, %s would have without the mailing; revenue %+.2f", cli_count(with, report.n_list_buyers),
             cli_count(without, report.n_list_buyers_without),
             money(report.list_revenue_cents - report.list_revenue_without_cents));
    if (o->common.json)
        print_campaign_json(&report);
    return CLI_DONE;
}

static int check(const simulate_options *o)
{
    if (o->output == NULL)
        return cli_usage_error("simulate needs a folder: -o DIR");
    if (o->n_customers < 1 || o->n_customers > 100000000)
        return cli_usage_error("--customers: %llu is not from 1 to 100000000", (unsigned long long)o->n_customers);
    if (o->n_days < 1 || o->n_days > 36500)
        return cli_usage_error("--days: %llu is not from 1 to 36500", (unsigned long long)o->n_days);
    if (o->horizon_us == 0)
        return cli_usage_error("--horizon: must be more than 0");
    if (o->campaign == NULL && (o->control != NULL || o->sent_at != NULL || o->horizon_us >= 0))
        return cli_usage_error("%s goes with --campaign LIST",
                               o->control != NULL ? "--control" : o->sent_at != NULL ? "--sent-at" : "--horizon");
    return cli_check_threads(&o->common) ? CLI_DONE : CLI_USAGE;
}

static int run(const void *given)
{
    const simulate_options *o = given;
    wb_simulate_options simulate = WB_SIMULATE_OPTIONS_INIT;
    wb_error err;
    int code = check(o);
    if (code != CLI_DONE)
        return code;
    if (o->start != NULL && wb_time_parse(&simulate.start_us, o->start, 0, &err) != WB_OK)
        return cli_usage_error("--start: %s", err.message);
    const char *const inputs[] = {o->campaign, o->control, NULL};
    if (o->campaign != NULL && (code = cli_check_input_names(inputs)) != CLI_DONE)
        return code;
    simulate.n_customers = o->n_customers;
    simulate.n_days = (uint32_t)o->n_days;
    simulate.seed = o->common.seed;
    simulate.n_threads = (int)o->common.n_threads;
    simulate.log = cli_log(&o->common);
    return o->campaign == NULL ? write_shop(o, &simulate) : write_campaign(o, &simulate);
}

const cli_command cli_simulate = {
    .name = "simulate",
    .summary = "make a shop with known truth, to try things on",
    .usage = "--customers N -o DIR [OPTION…]",
    .text = "Writes customers.csv, orders.csv, tickets.csv and surveys.csv in the conventional columns, and truth.csv:\n"
            "when each customer left for good, and the hazard that caused it. Purchases are Poisson with gamma rates;\n"
            "lifetimes are exponential, with a hazard that slow replies, slow resolutions and reopened tickets raise.\n"
            "Customer 17 is the same at any size and number of threads.\n\n"
            "With --campaign, and the shop's own options, writes what the shop sells in the horizon after a list of its\n"
            "customers was mailed (orders_after.csv), and what every customer would have ordered with and without the\n"
            "mailing (campaign_truth.csv). LIST and FILE are CSV with a column customer_id, as winback campaign writes\n"
            "them. Whoever is mailed, a customer's two outcomes stay what they are, so lists can be compared.",
    .example = "  winback simulate --customers 20000 -o shop\n"
               "  winback simulate --customers 500000 --seed 7 -o big-shop\n"
               "  winback simulate --customers 20000 --campaign list.csv --control control.csv -o after",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_SEEDED,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
