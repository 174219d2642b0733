/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/json.h"

typedef struct simulate_options {
    cli_common common;
    uint64_t n_customers, n_days;
    const char *start, *output;
} simulate_options;

#define AT(member) offsetof(simulate_options, member)

static const cli_option options[] = {
    {"--customers", CLI_WHOLE, AT(n_customers), "N", "how many customers"},
    {"--days", CLI_WHOLE, AT(n_days), "N", "length of the observed period"},
    {"--start", CLI_TIME, AT(start), "DATE", "its first day (default: 2023-01-01)"},
    {"-o", CLI_TEXT, AT(output), "DIR", "folder for the files, made when absent"},
};

static const simulate_options defaults = {.common = CLI_COMMON_INIT, .n_customers = 10000, .n_days = 731};

static void print_json(const wb_simulate_report *report)
{
    json_t *json = json_pack("{s:I, s:I, s:I, s:I}", "customers", (json_int_t)report->n_customers, "orders",
                             (json_int_t)report->n_orders, "tickets", (json_int_t)report->n_tickets, "surveys",
                             (json_int_t)report->n_surveys);
    cli_print_json(json);
}

static int run(const void *given)
{
    const simulate_options *o = given;
    wb_simulate_options simulate = WB_SIMULATE_OPTIONS_INIT;
    wb_simulate_report report;
    wb_error err;
    if (o->output == NULL)
        return cli_usage_error("simulate needs a folder: -o DIR");
    if (o->n_customers < 1 || o->n_customers > 100000000)
        return cli_usage_error("--customers: %llu is not from 1 to 100000000", (unsigned long long)o->n_customers);
    if (o->n_days < 1 || o->n_days > 36500)
        return cli_usage_error("--days: %llu is not from 1 to 36500", (unsigned long long)o->n_days);
    if (o->start != NULL && wb_time_parse(&simulate.start_us, o->start, 0, &err) != WB_OK)
        return cli_usage_error("--start: %s", err.message);
    if (!cli_check_threads(&o->common))
        return CLI_USAGE;
    simulate.n_customers = o->n_customers;
    simulate.n_days = (uint32_t)o->n_days;
    simulate.seed = o->common.seed;
    simulate.n_threads = (int)o->common.n_threads;
    simulate.log = cli_log(&o->common);
    cli_step step = cli_step_begin(&o->common);
    if (wb_simulate(o->output, &simulate, &report, &err) != WB_OK)
        return cli_fail(&err);
    char customers[CLI_TEXT_CHARS], orders[CLI_TEXT_CHARS], tickets[CLI_TEXT_CHARS], surveys[CLI_TEXT_CHARS];
    cli_step_end(&step, "simulate", "%s customers · %s orders · %s tickets · %s surveys · in %s",
                 cli_count(customers, report.n_customers), cli_count(orders, report.n_orders),
                 cli_count(tickets, report.n_tickets), cli_count(surveys, report.n_surveys), o->output);
    if (o->common.json)
        print_json(&report);
    return CLI_DONE;
}

const cli_command cli_simulate = {
    .name = "simulate",
    .summary = "make a shop with known truth, to try things on",
    .usage = "--customers N -o DIR [OPTION…]",
    .text = "Writes customers.csv, orders.csv, tickets.csv and surveys.csv in the conventional columns, and truth.csv:\n"
            "when each customer left for good, and the hazard that caused it. Purchases are Poisson with gamma rates;\n"
            "lifetimes are exponential, with a hazard that slow replies, slow resolutions and reopened tickets raise.\n"
            "Customer 17 is the same at any size and number of threads.",
    .example = "  winback simulate --customers 20000 -o shop\n"
               "  winback simulate --customers 500000 --seed 7 -o big-shop",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_SEEDED,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
