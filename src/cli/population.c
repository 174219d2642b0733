/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/population.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <winback/time.h>

enum { TOLD_CUTOFFS = 4, LINE_CHARS = 512 };

typedef struct reason {
    const char *key, *words;
    size_t offset;
} reason;

static const reason reasons[] = {
    {"no_event", "without an event yet", offsetof(wb_population, n_no_event)},
    {"where", "by where", offsetof(wb_population, n_where)},
    {"within", "not within the time", offsetof(wb_population, n_within)},
    {"since", "by since", offsetof(wb_population, n_since)},
    {"not_after", "by not_after", offsetof(wb_population, n_not_after)},
    {"objected", "who object", offsetof(wb_population, n_objected)},
};
enum { N_REASONS = sizeof reasons / sizeof reasons[0] };

static uint64_t lost(const wb_population *p, const reason *r)
{
    return *(const uint64_t *)(const void *)((const char *)p + r->offset);
}

static void tell(const wb_population *p, const wb_project *project, const cli_common *common)
{
    char cutoff[WB_TIME_CHARS], count[CLI_TEXT_CHARS], eligible[CLI_TEXT_CHARS], line[LINE_CHARS] = "";
    size_t n = 0;
    for (size_t i = 0; i < N_REASONS; i++)
        if (lost(p, &reasons[i]) > 0)
            n += (size_t)snprintf(line + n, sizeof line - n, "%s%s %s", n == 0 ? "; out: " : ", ",
                                  cli_count(count, lost(p, &reasons[i])), reasons[i].words);
    const bool several = wb_project_n_labels(project) > 1;
    if (p->n_labelled > 0)
        snprintf(line + n, sizeof line - n, "; label%s%.100s 1: %.1f %%", several ? "_" : "",
                 several ? wb_project_label_at(project, 0).name : "", 100 * (double)p->n_positive / (double)p->n_labelled);
    wb_time_format(p->cutoff_us, cutoff);
    cli_note(common, "%s: %s of %s known customers count%s", cutoff, cli_count(eligible, p->n_eligible),
             cli_count(count, p->n_known), line);
}

void cli_tell_population(const wb_population *all, size_t n, const wb_project *project, const cli_common *common)
{
    for (size_t j = 0; j < n && j < TOLD_CUTOFFS; j++)
        tell(&all[j], project, common);
    if (n > TOLD_CUTOFFS)
        cli_note(common, "… and at %zu more cutoffs (--json tells of all)", n - TOLD_CUTOFFS);
}

json_t *cli_population_json(const wb_population *all, size_t n, bool with_label)
{
    json_t *list = json_array();
    for (size_t j = 0; j < n; j++) {
        char cutoff[WB_TIME_CHARS];
        wb_time_format(all[j].cutoff_us, cutoff);
        json_t *entry = json_pack("{s:s, s:I, s:I}", "cutoff", cutoff, "known", (json_int_t)all[j].n_known, "eligible",
                                  (json_int_t)all[j].n_eligible);
        for (size_t i = 0; i < N_REASONS; i++)
            json_object_set_new(entry, reasons[i].key, json_integer((json_int_t)lost(&all[j], &reasons[i])));
        if (with_label && all[j].n_labelled == all[j].n_eligible)
            json_object_set_new(entry, "label_1", json_integer((json_int_t)all[j].n_positive));
        json_array_append_new(list, entry);
    }
    return list;
}
