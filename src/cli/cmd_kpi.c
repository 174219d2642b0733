/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/kpi.h"
#include "cli/tables.h"

typedef struct kpi_options {
    cli_common common;
    cli_tables tables;
    const char *from, *to, *by, *output, *svg;
    bool by_month, explain;
    int64_t active_within_us;
    double margin;
} kpi_options;

#define AT(member) offsetof(kpi_options, member)

static const cli_option options[] = {
    CLI_TABLE_OPTIONS(AT(tables)),
    {"--from", CLI_TIME, AT(from), "DATE", "begin of the range (default: twelve whole months before its end)"},
    {"--to", CLI_TIME, AT(to), "DATE", "its end, exclusive (default: the last end of a month in the data)"},
    {"--by-month", CLI_FLAG, AT(by_month), NULL, "also each calendar month of the range"},
    {"--by", CLI_TEXT, AT(by), "COL|segment", "also each group of customers: a column of customers, or RFM segments"},
    {"--active-within", CLI_DURATION, AT(active_within_us), "DURATION",
     "active is who ordered so lately (default: the label's horizon, else 90d)"},
    {"--margin", CLI_NUMBER, AT(margin), "M", "share of revenue that is earned, 0 to 1 (default: campaign.margin)"},
    {"--explain", CLI_FLAG, AT(explain), NULL, "each number with its formula filled in"},
    {"-o", CLI_TEXT, AT(output), "FILE", "all figures as CSV; - is standard output"},
    {"--svg", CLI_TEXT, AT(svg), "FILE", "picture of the cohorts"},
};

static const kpi_options defaults = {.common = CLI_COMMON_INIT, .active_within_us = -1, .margin = NAN};

typedef struct kpi_run {
    const kpi_options *o;
    wb_read_options reading;
    wb_project *project;
    wb_segments *segments;
    wb_kpis *kpis;
} kpi_run;

static int check(const kpi_options *o)
{
    const bool figures = cli_is_dash(o->output), picture = cli_is_dash(o->svg);
    if (o->margin > 1)
        return cli_usage_error("--margin: %g is not from 0 to 1", o->margin);
    if (o->active_within_us == 0)
        return cli_usage_error("--active-within: the look-back must be more than 0");
    if (figures + picture + o->common.json > 1)
        return cli_usage_error("standard output cannot hold both %s - and %s", figures ? "-o" : "--svg",
                               o->common.json ? "--json" : "--svg -");
    return CLI_DONE;
}

static wb_status open_project(kpi_run *r, wb_error *err)
{
    static const char *const others[] = {"cancellations", "costs"};
    wb_status status = cli_open_project(&r->project, &r->o->common, err);
    if (status == WB_OK)
        status = cli_set_tables(r->project, &r->o->tables, err);
    if (status != WB_OK || wb_project_n_tables(r->project) > 0)
        return status;
    status = cli_find_tables(r->project, err);
    for (size_t i = 0; i < sizeof others / sizeof others[0] && status == WB_OK; i++)
        status = cli_find_table(r->project, others[i], err);
    return status;
}

static wb_status make_options(wb_kpi_options *how, const kpi_run *r, wb_error *err)
{
    const kpi_options *o = r->o;
    wb_campaign campaign;
    *how = (wb_kpi_options)WB_KPI_OPTIONS_INIT;
    how->by_month = o->by_month;
    how->by = o->by;
    how->active_within_us = o->active_within_us > 0 ? o->active_within_us : 0;
    how->margin = o->margin;
    if (isnan(how->margin) && wb_project_campaign(r->project, &campaign))
        how->margin = campaign.margin;
    wb_status status = cli_time(&how->from_us, "--from", o->from, r->project, err);
    return status == WB_OK ? cli_time(&how->to_us, "--to", o->to, r->project, err) : status;
}

/* Segments as they were when the range began, so that nobody changes the group because of what happened in it. */
static wb_status make_segments(void *user, int64_t from_us, wb_error *err)
{
    kpi_run *r = user;
    wb_segments_options how = WB_SEGMENTS_OPTIONS_INIT;
    how.cutoff_us = from_us;
    how.n_threads = r->reading.n_threads;
    how.log = r->reading.log;
    return wb_segments_create(&r->segments, r->project, &how, &r->reading, err);
}

static const char *segment_of(void *user, const char *customer_id)
{
    const kpi_run *r = user;
    return wb_segments_of(r->segments, customer_id);
}

static wb_status compute(kpi_run *r, wb_error *err)
{
    const wb_kpi_grouping by_segment = {"segment", make_segments, segment_of, r};
    wb_kpi_options how;
    wb_status status = make_options(&how, r, err);
    if (r->o->by != NULL && strcmp(r->o->by, by_segment.name) == 0) {
        how.by = NULL;
        how.grouping = &by_segment;
    }
    return status == WB_OK ? wb_kpi_compute(&r->kpis, r->project, &how, &r->reading, err) : status;
}

static void tell_tables(const cli_step *step, const kpi_run *r)
{
    char line[1024] = "", count[CLI_TEXT_CHARS], name[CLI_CELL_BYTES];
    size_t used = 0;
    for (size_t t = 0; t < r->kpis->n_tables && used < sizeof line; t++)
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%s %s%s", t > 0 ? " · " : "",
                                 cli_cell(name, r->kpis->tables[t].name, CLI_NAME_COLUMNS), cli_count(count, r->kpis->tables[t].n_rows),
                                 t == 0 ? " rows" : "");
    cli_step_end(step, "kpi", "%s", line);
    for (size_t t = 0; t < r->kpis->n_tables; t++) {
        const wb_kpi_table *table = &r->kpis->tables[t];
        if (table->n_without_key > 0)
            cli_note(&r->o->common, "%s: %s rows without a customer left out", cli_cell(name, table->name, CLI_NAME_COLUMNS),
                     cli_count(count, table->n_without_key));
        if (table->n_after_end > 0)
            cli_note(&r->o->common, "%s: %s rows after the end of the data left out", cli_cell(name, table->name, CLI_NAME_COLUMNS),
                     cli_count(count, table->n_after_end));
    }
}

static wb_status write_out(const kpi_run *r, wb_error *err)
{
    const kpi_options *o = r->o;
    wb_status status = WB_OK;
    if (o->output != NULL)
        status = wb_kpi_write(r->kpis, o->output, err);
    if (status == WB_OK && o->svg != NULL)
        status = wb_report_write_picture(&(wb_report_parts){.kpi = r->kpis}, "cohorts", NULL, o->svg, err);
    if (status != WB_OK)
        return status;
    if (o->common.json)
        cli_print_json(cli_kpis_json(r->kpis));
    else if (!cli_is_dash(o->output) && !cli_is_dash(o->svg))
        cli_print_kpis(r->kpis, o->explain);
    if (o->by_month)
        cli_note(&o->common, "churn and lifetime value of a month: who was active in the look-back before it and is not in that before its "
                 "end; for a lifetime take a range of a year");
    return WB_OK;
}

static wb_status check_files(const kpi_run *r, wb_error *err)
{
    const char *const outputs[] = {r->o->output, r->o->svg}, *const inputs[] = {NULL};
    return cli_check_files(&r->o->common, outputs, sizeof outputs / sizeof outputs[0], inputs, r->project, err);
}

static int run(const void *given)
{
    kpi_run r = {.o = given};
    wb_error err = {0};
    int code = check(r.o);
    if (code != CLI_DONE)
        return code;
    if (!cli_read_options(&r.o->common, &r.reading))
        return CLI_USAGE;
    cli_step step = cli_step_begin(&r.o->common);
    wb_status status = open_project(&r, &err);
    if (status == WB_OK)
        code = cli_need_orders(r.project);
    if (status == WB_OK && code == CLI_DONE)
        status = check_files(&r, &err);
    if (status == WB_OK && code == CLI_DONE)
        status = compute(&r, &err);
    if (status == WB_OK && code == CLI_DONE) {
        tell_tables(&step, &r);
        status = write_out(&r, &err);
    }
    wb_kpi_free(r.kpis);
    wb_segments_free(r.segments);
    wb_project_free(r.project);
    return status == WB_OK ? code : cli_fail(&err);
}

const cli_command cli_kpi = {
    .name = "kpi",
    .summary = "who stayed, left and came back, and what that is worth",
    .usage = "[--from DATE --to DATE] [--by-month] [--by COL] [OPTION…]",
    .text = "Key figures of retention over any range of dates, by month and by group, from the project's tables or those that lie\n"
            "in the folder. S is who was active at the start of the range, E at its end, active being who ordered in the look-back\n"
            "(--active-within) before. Retention rate is |S and E| / |S|, churn 1 less that; E is made of the retained, the new and\n"
            "the reactivated. Beside it stands the textbook's (E - new) / S, which counts who came back as kept.\n"
            "Revenue retention compares what those active at start brought in the look-back before the start and before the end.\n"
            "Then purchases and their value, what churn costs and five points of retention would bring in a year, lifetime value\n"
            "against the cost of a new customer, satisfaction (tickets, surveys), engagement (visits), loyalty and referrals, lost\n"
            "customers by the reason they stated (cancellations), and cohorts by the month of the first order.\n"
            "What a table or column is missing for is left out, and said. --explain fills every formula in; docs/kpi.md lists them.\n"
            "Intervals of shares are Wilson's, 95 %.",
    .example = "  winback kpi --from 2024-01-01 --to 2025-01-01 --explain\n"
               "  winback kpi --by-month -o kpi.csv --svg cohorts.svg\n"
               "  winback kpi --orders orders.csv --customers customers.csv --by country --margin 0.4 --json",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS | CLI_EVENTS,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
