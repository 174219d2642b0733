/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/segments.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/json.h"

/* ---- the table ---- */

static size_t name_width(const wb_segments *s)
{
    size_t width = cli_width("segment");
    for (size_t i = 0; i < wb_segments_n_segments(s); i++) {
        const size_t n = cli_width(wb_segments_segment(s, i).name);
        width = n > width ? n : width;
    }
    return width < CLI_NAME_COLUMNS ? width : CLI_NAME_COLUMNS;
}

static const char *figure(char text[CLI_TEXT_CHARS], int n_decimals, double value)
{
    if (isnan(value))
        snprintf(text, CLI_TEXT_CHARS, "-");
    else
        snprintf(text, CLI_TEXT_CHARS, "%.*f", n_decimals, value);
    return text;
}

static void print_segment(const wb_segment *segment, size_t width)
{
    char count[CLI_TEXT_CHARS], share[CLI_TEXT_CHARS], days[CLI_TEXT_CHARS], orders[CLI_TEXT_CHARS], mean[CLI_TEXT_CHARS];
    char sum[CLI_TEXT_CHARS], of_all[CLI_TEXT_CHARS];
    cli_print_name(segment->name, width, CLI_NAME_COLUMNS);
    printf("  %10s  %6s  %12s  %8s  %10s  %14s  %8s\n", cli_count(count, segment->n), figure(share, 1, 100 * segment->share),
           figure(days, 1, segment->recency_days), figure(orders, 2, segment->frequency), figure(mean, 2, segment->monetary),
           figure(sum, 2, (double)segment->monetary_cents / 100), figure(of_all, 1, 100 * segment->monetary_share));
}

void cli_print_segments(const wb_segments *s)
{
    const size_t width = name_width(s);
    const wb_segment all = wb_segments_all(s);
    printf("%-*s  %10s  %6s  %12s  %8s  %10s  %14s  %8s\n", (int)width, "segment", "customers", "%", "days since", "orders",
           "amount", "sum", "% of sum");
    for (size_t i = 0; i < wb_segments_n_segments(s); i++) {
        const wb_segment segment = wb_segments_segment(s, i);
        print_segment(&segment, width);
    }
    print_segment(&all, width);
    printf("\ndays since the last order, orders and amount are means of a customer; the sum is of all customers of the segment\n");
}

/* ---- edges ---- */

typedef struct measure {
    const char *name, *key, *unit;
    size_t offset;
    bool falling; /* less is better */
} measure;

#define AT(member) offsetof(wb_segment_edges, member)
static const measure measures[] = {
    {"recency", "recency_days", " days", AT(recency_days), true},
    {"frequency", "frequency", " orders", AT(frequency), false},
    {"monetary", "monetary", "", AT(monetary), false},
};
enum { N_MEASURES = sizeof measures / sizeof measures[0], SENTENCE_CHARS = 256 };

static const double *edges_of(const wb_segment_edges *edges, const measure *what)
{
    return (const double *)(const void *)((const char *)edges + what->offset);
}

/* The scores that nobody can have: those between equal edges. */
static size_t list_skipped(char text[SENTENCE_CHARS], const double edges[WB_SEGMENT_EDGES], bool falling)
{
    size_t n = 0, used = 0;
    text[0] = '\0';
    for (int k = 1; k < WB_SEGMENT_EDGES; k++) {
        const int upwards = falling ? WB_SEGMENT_EDGES - k : k;
        if (edges[upwards] != edges[upwards - 1])
            continue;
        const int score = falling ? WB_SEGMENT_EDGES + 1 - upwards : 1 + upwards;
        used += (size_t)snprintf(text + used, SENTENCE_CHARS - used, "%s%d", n++ > 0 ? ", " : "", score);
    }
    return n;
}

static void tell_measure(const wb_segment_edges *edges, const measure *what, const cli_common *common)
{
    char skipped[SENTENCE_CHARS], line[SENTENCE_CHARS];
    const double *of = edges_of(edges, what);
    int used = snprintf(line, sizeof line, "%s edges %.6g", what->name, of[0]);
    for (size_t k = 1; k < WB_SEGMENT_EDGES; k++)
        used += snprintf(line + used, sizeof line - (size_t)used, ", %.6g", of[k]);
    const size_t n = list_skipped(skipped, of, what->falling);
    cli_note(common, "%s%s%s%s", line, what->unit, n > 0 ? ": equal ones are one, so nobody scores " : "", skipped);
}

const char *cli_place_edges(char *path, size_t size, const wb_project *project, const char *output)
{
    if (wb_project_segment_edges(project) != NULL)
        return wb_project_segment_edges(project);
    if (output == NULL || cli_is_dash(output))
        return NULL;
    const char *slash = strrchr(output, '/');
    const int n_folder = slash == NULL ? 0 : (int)(slash - output) + 1;
    return snprintf(path, size, "%.*ssegments.json", n_folder, output) < (int)size ? path : NULL;
}

void cli_tell_edges(const wb_segments *s, const char *file, const cli_common *common)
{
    char cutoff[WB_TIME_CHARS], count[CLI_TEXT_CHARS], without[CLI_TEXT_CHARS];
    const wb_segment_edges edges = wb_segments_edges(s);
    wb_time_format(edges.cutoff_us, cutoff);
    cli_count(count, edges.n_customers);
    if (wb_segments_edges_file(s) != NULL)
        cli_note(common, "edges of %s customers at %s used again, from %s (--refit learns new ones)", count, cutoff,
                 wb_segments_edges_file(s));
    else
        cli_note(common, "edges learned from these customers%s%s", file != NULL ? " and kept in " : "", file != NULL ? file : "");
    for (size_t i = 0; i < N_MEASURES; i++)
        tell_measure(&edges, &measures[i], common);
    if (wb_segments_n_without(s) > 0)
        cli_note(common, "%s of the population without an order have no segment", cli_count(without, wb_segments_n_without(s)));
}

/* ---- JSON ---- */

static json_t *segment_json(const wb_segment *segment)
{
    return json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "segment", segment->name, "customers", (json_int_t)segment->n,
                     "share", cli_number_json(segment->share), "recency_days", cli_number_json(segment->recency_days), "frequency",
                     cli_number_json(segment->frequency), "monetary", cli_number_json(segment->monetary), "monetary_sum",
                     cli_number_json((double)segment->monetary_cents / 100), "monetary_share",
                     cli_number_json(segment->monetary_share));
}

static json_t *edges_json(const wb_segments *s)
{
    char cutoff[WB_TIME_CHARS];
    const wb_segment_edges edges = wb_segments_edges(s);
    wb_time_format(edges.cutoff_us, cutoff);
    json_t *json = json_pack("{s:s?, s:s, s:I, s:o}", "file", wb_segments_edges_file(s), "cutoff", cutoff, "customers",
                             (json_int_t)edges.n_customers, "window_days",
                             edges.window_us > 0 ? json_real((double)edges.window_us / (double)WB_DAY_US) : json_null());
    for (size_t i = 0; i < N_MEASURES; i++) {
        json_t *of = json_array();
        for (size_t k = 0; k < WB_SEGMENT_EDGES; k++)
            json_array_append_new(of, cli_number_json(edges_of(&edges, &measures[i])[k]));
        json_object_set_new(json, measures[i].key, of);
    }
    return json;
}

json_t *cli_segments_json(const wb_segments *s)
{
    char cutoff[WB_TIME_CHARS];
    json_t *list = json_array();
    const wb_segment all = wb_segments_all(s);
    wb_time_format(wb_segments_cutoff(s), cutoff);
    for (size_t i = 0; i < wb_segments_n_segments(s); i++) {
        const wb_segment segment = wb_segments_segment(s, i);
        json_array_append_new(list, segment_json(&segment));
    }
    return json_pack("{s:s, s:I, s:I, s:o, s:o, s:o}", "cutoff", cutoff, "customers", (json_int_t)all.n, "without_order",
                     (json_int_t)wb_segments_n_without(s), "edges", edges_json(s), "segments", list, "all", segment_json(&all));
}
