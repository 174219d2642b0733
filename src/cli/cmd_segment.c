/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Customers by how recently, how often and for how much they ordered. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/json.h"
#include "cli/segments.h"
#include "cli/tables.h"

typedef struct segment_options {
    cli_common common;
    cli_tables tables;
    const char *at, *output, *edges, *svg;
    bool refit;
} segment_options;

#define AT(member) offsetof(segment_options, member)

static const cli_option options[] = {
    CLI_TABLE_OPTIONS(AT(tables)),
    {"--at", CLI_TIME, AT(at), "DATE", "what is known then (default: the end of the data)"},
    {"-o", CLI_TEXT, AT(output), "FILE", "a line for each customer, as CSV; - is standard output"},
    {"--edges", CLI_TEXT, AT(edges), "FILE", "where the edges of the quintiles are kept, and taken from once they are\n"
                                             "                              (default: the project's, else segments.json beside -o FILE)"},
    {"--refit", CLI_FLAG, AT(refit), NULL, "learn the edges anew and keep those"},
    {"--svg", CLI_TEXT, AT(svg), "FILE", "a picture of the segments"},
};

static const segment_options defaults = {.common = CLI_COMMON_INIT};

enum { PATH_CHARS = 4096 };

/* What a run holds; freed in one place. */
typedef struct segment_run {
    const segment_options *o;
    wb_read_options reading;
    wb_project *project;
    wb_engine *engine;
    wb_segments *segments;
    char beside[PATH_CHARS]; /* segments.json beside the output */
    const char *edges;       /* NULL: they are kept nowhere */
} segment_run;

static wb_status compute(segment_run *r, wb_error *err)
{
    const segment_options *o = r->o;
    wb_segments_options how = WB_SEGMENTS_OPTIONS_INIT;
    cli_step step = cli_step_begin(&o->common);
    wb_status status = cli_time(&how.cutoff_us, "--at", o->at, r->project, err);
    if (status == WB_OK)
        status = wb_segments_engine(&r->engine, r->project, &r->reading, err);
    if (status != WB_OK)
        return status;
    cli_report_tables(&step, r->engine, &o->common);
    if (o->at != NULL)
        cli_warn_past_end(r->engine, how.cutoff_us, &o->common);
    how.edges = r->edges;
    how.refit = o->refit;
    how.n_threads = r->reading.n_threads;
    how.log = r->reading.log;
    return wb_segments_compute(&r->segments, r->engine, &how, err);
}

static wb_status write_files(const segment_run *r, wb_error *err)
{
    const segment_options *o = r->o;
    const wb_report_parts parts = {.segments = r->segments};
    wb_status status = WB_OK;
    if (o->output != NULL)
        status = wb_segments_write(r->segments, o->output, err);
    if (status == WB_OK && r->edges != NULL && wb_segments_edges_file(r->segments) == NULL)
        status = wb_segments_write_edges(r->segments, r->edges, err);
    if (status == WB_OK && o->svg != NULL)
        status = wb_report_write_picture(&parts, "segments", NULL, o->svg, err);
    return status;
}

static void tell(const segment_run *r, const cli_step *step)
{
    char count[CLI_TEXT_CHARS], cutoff[WB_TIME_CHARS];
    const wb_segments *s = r->segments;
    wb_time_format(wb_segments_cutoff(s), cutoff);
    const size_t n = wb_segments_n_customers(s);
    cli_step_end(step, "segment", "%s · %s customer%s%s%s", cutoff, cli_count(count, n), n == 1 ? "" : "s",
                 r->o->output != NULL ? "   " : "", r->o->output != NULL ? r->o->output : "");
    cli_tell_edges(s, r->edges, &r->o->common);
}

static wb_status work(segment_run *r, wb_error *err)
{
    const segment_options *o = r->o;
    r->edges = o->edges != NULL ? o->edges : cli_place_edges(r->beside, sizeof r->beside, r->project, o->output);
    const char *const outputs[] = {o->output, r->edges, o->svg}, *const inputs[] = {NULL};
    wb_status status = cli_check_files(&o->common, outputs, sizeof outputs / sizeof outputs[0], inputs, r->project, err);
    cli_step step = cli_step_begin(&o->common);
    if (status == WB_OK)
        status = compute(r, err);
    if (status == WB_OK)
        status = write_files(r, err);
    if (status != WB_OK)
        return status;
    tell(r, &step);
    if (o->common.json)
        cli_print_json(cli_segments_json(r->segments));
    else if (!cli_is_dash(o->output) && !cli_is_dash(o->svg))
        cli_print_segments(r->segments);
    return WB_OK;
}

static int check_usage(const segment_options *o)
{
    if (o->common.json && cli_is_dash(o->output))
        return cli_usage_error("--json and -o - would both write to standard output");
    if (cli_is_dash(o->svg) && (o->common.json || cli_is_dash(o->output)))
        return cli_usage_error("--svg - and %s would both write to standard output", o->common.json ? "--json" : "-o -");
    if (cli_is_dash(o->edges))
        return cli_usage_error("--edges: expected the name of a file");
    return CLI_DONE;
}

static int run(const void *given)
{
    segment_run r = {.o = given};
    wb_error err;
    int code = check_usage(r.o);
    if (code != CLI_DONE || !cli_read_options(&r.o->common, &r.reading))
        return CLI_USAGE;
    wb_status status = cli_open_tables(&r.project, &r.o->common, &r.o->tables, &err);
    if (status == WB_OK)
        code = cli_need_orders(r.project);
    if (status == WB_OK && code == CLI_DONE)
        status = work(&r, &err);
    if (status != WB_OK)
        code = cli_fail(&err);
    wb_segments_free(r.segments);
    wb_engine_free(r.engine);
    wb_project_free(r.project);
    return code;
}

const cli_command cli_segment = {
    .name = "segment",
    .summary = "group customers by recency, frequency and monetary value",
    .usage = "[OPTION…]",
    .text = "Gives each customer of the project's population three scores from 1 to 5 (best): R by the days since the last order\n"
            "(few are best), F by the number of orders, M by the sum of their amounts, all as known at a cutoff. Scores are\n"
            "quintiles: F and M are 1 + the number of edges below the value, R is 5 - that number; the edges are R's type 7\n"
            "quantiles at 20, 40, 60 and 80 % of the customers. Where many customers are alike edges are equal, scores are\n"
            "skipped, and that is said. Edges are kept in a file and used again, so that next month's scores mean the same;\n"
            "--refit learns them anew.\n\n"
            "What customers are called depends on R and FM, the mean of F and M, halves upwards; the first that fits counts:\n"
            "  New                  R 5    F 1        Needs attention  R 3    FM 3\n"
            "  Promising            R 4    F 1        About to sleep   R 3    FM 1-2\n"
            "  Champions            R 5    FM 4-5     Cannot lose them R 1-2  FM 5\n"
            "  Loyal                R 3-4  FM 4-5     At risk          R 1-2  FM 3-4\n"
            "  Potential loyalists  R 4-5  FM 1-3     Hibernating      R 2    FM 1-2\n"
            "                                         Lost             R 1    FM 1-2\n"
            "segments: in the project file replaces that table, and can count F and M in a window. docs/segment.md has more.",
    .example = "  winback segment -o segments.csv --svg segments.svg\n"
               "  winback segment --orders orders.csv --at 2024-07-01 --json\n"
               "  winback segment --project winback.yml --at 2024-10-01 --edges segments.json -o october.csv",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .groups = CLI_PROJECT | CLI_READS | CLI_EVENTS,
    .defaults = &defaults,
    .options_size = sizeof defaults,
    .run = run,
};
