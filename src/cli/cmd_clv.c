/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What customers will buy and be worth. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "cli/clv.h"
#include "cli/tables.h"

typedef struct clv_options {
    cli_common common;
    cli_tables tables;
    const char *until, *unit, *table, *amount, *output;
    int64_t horizon_us;
    double discount, margin;
} clv_options;

#define AT(member) offsetof(clv_options, member)

static const cli_option options[] = {
    {"--orders", CLI_TEXT, AT(tables.orders), "FILE", "orders: csv, gz, zst, glob or -"},
    {"--until", CLI_TIME, AT(until), "DATE", "what happened before it was seen (default: all data)"},
    {"--unit", CLI_TEXT, AT(unit), "day|week", "of times and rates"},
    {"--horizon", CLI_DURATION, AT(horizon_us), "DURATION", "how far to look ahead"},
    {"--discount", CLI_NUMBER, AT(discount), "R", "what is bought in a year is worth 1/(1 + R) of it"},
    {"--margin", CLI_NUMBER, AT(margin), "M", "share of the spend that is kept (default: that of campaign:, else 1)"},
    {"--table", CLI_TEXT, AT(table), "NAME", "which table holds the orders (default: orders, or that of rfm)"},
    {"--amount", CLI_TEXT, AT(amount), "EXPR", "what an order is worth (default: amount, where there is one)"},
    {"-o", CLI_TEXT, AT(output), "FILE", "write a row a customer; - is standard output"},
};

static const clv_options defaults = {
    .common = CLI_COMMON_INIT, .unit = "week", .horizon_us = 364 * WB_DAY_US, .discount = 0.1, .margin = NAN};

static int check_usage(const clv_options *o)
{
    if (strcmp(o->unit, "day") != 0 && strcmp(o->unit, "week") != 0)
        return cli_usage_error("--unit: '%s' is not known (expected: day or week)", o->unit);
    if (o->horizon_us == 0)
        return cli_usage_error("--horizon: must be more than 0");
    if (o->discount > 10)
        return cli_usage_error("--discount: %g is more than 10, which is 1000 %% a year (10 %% is 0.1)", o->discount);
    if (o->margin > 1)
        return cli_usage_error("--margin: %g is more than 1 (30 %% is 0.3)", o->margin);
    if (o->common.json && cli_is_dash(o->output))
        return cli_usage_error("-o - and --json both want standard output");
    return CLI_DONE;
}

static wb_status open_project(wb_project **project, wb_clv_options *how, const clv_options *o, wb_error *err)
{
    wb_status status = cli_open_tables(project, &o->common, &o->tables, err);
    if (status == WB_OK)
        status = cli_time(&how->until_us, "--until", o->until, *project, err);
    if (status == WB_OK)
        status = cli_check_outputs(&o->common, o->output, (const char *const[]){NULL}, *project, err);
    return status == WB_OK ? cli_check_folder(o->output, err) : status;
}

static void tell(const cli_step *step, const wb_clv *clv, const clv_options *o)
{
    char orders[CLI_TEXT_CHARS], customers[CLI_TEXT_CHARS], repeating[CLI_TEXT_CHARS];
    const wb_clv_summary *s = wb_clv_sums(clv);
    const wb_gamma_gamma *g = wb_clv_gamma_gamma(clv);
    cli_step_end(step, "clv", "%s orders · %s customers · %s with a repeat%s%s", cli_count(orders, s->n_orders),
                 cli_count(customers, s->n_customers), cli_count(repeating, wb_clv_bg_nbd(clv)->n_repeating),
                 o->output != NULL ? "   " : "", o->output != NULL ? o->output : "");
    if (g->failed)
        cli_warn(&o->common, "no Gamma-Gamma model: %s; expected spend and value are missing", g->why);
}

static wb_status work(const wb_project *project, const wb_clv_options *how, const clv_options *o, const wb_read_options *reading,
                      wb_error *err)
{
    wb_clv *clv;
    const cli_step step = cli_step_begin(&o->common);
    wb_status status = wb_clv_fit(&clv, project, how, reading, err);
    if (status != WB_OK)
        return status;
    if (o->output != NULL)
        status = wb_clv_write(clv, o->output, reading->n_threads, err);
    if (status == WB_OK) {
        tell(&step, clv, o);
        if (o->common.json)
            cli_print_json(cli_clv_json(clv, how));
        else if (!cli_is_dash(o->output))
            cli_print_clv(clv, how);
    }
    wb_clv_free(clv);
    return status;
}

static int run(const void *given)
{
    const clv_options *o = given;
    wb_clv_options how = WB_CLV_OPTIONS_INIT;
    wb_read_options reading;
    wb_project *project = NULL;
    wb_error err;
    int code = check_usage(o);
    if (code != CLI_DONE)
        return code;
    if (!cli_read_options(&o->common, &reading))
        return CLI_USAGE;
    how.unit_us = strcmp(o->unit, "day") == 0 ? WB_DAY_US : 7 * WB_DAY_US;
    how.horizon_us = o->horizon_us;
    how.annual_discount = o->discount;
    how.margin = o->margin;
    how.table = o->table;
    how.amount = o->amount;
    wb_status status = open_project(&project, &how, o, &err);
    if (status == WB_OK)
        code = cli_need_orders(project);
    if (status == WB_OK && code == CLI_DONE)
        status = work(project, &how, o, &reading, &err);
    if (status != WB_OK)
        code = cli_fail(&err);
    wb_project_free(project);
    return code;
}

const cli_command cli_clv = {
    .name = "clv",
    .summary = "what each customer will buy and be worth, by purchase models",
    .usage = "[--orders FILE | --project FILE] [--until DATE] [OPTION…]",
    .text = "Fits BG/NBD (how often customers buy, and when they leave for good) and Gamma-Gamma (what they spend) to the\n"
            "orders before a date, by maximum likelihood, and says of each customer how many purchases to expect over the\n"
            "horizon, what each will bring, and what that is worth today. A purchase is a date with orders, in the project's\n"
            "time zone; x counts those after the first, t_x and T are the times from the first to the last of them and to\n"
            "the last date before --until. A parameter that runs to the end of its range (1e-4 to 1e4) is a failure: exit 4.\n"
            "Without amounts, or where Gamma-Gamma fails, purchases are expected all the same, and value is missing.\n"
            "P(alive), the chance that a customer has not left, is 1 for everybody who bought once, however long ago: it is\n"
            "no score of leaving, and winback train makes one. docs/clv.md has the formulas.",
    .example = "  winback clv --orders orders.csv --until 2024-10-01 --horizon 365d --margin 0.4 -o clv.csv\n"
               "  winback clv --project datasets/cdnow/sample.yml --until 1997-10-01 --unit week --json",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS | CLI_EVENTS,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
