/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/scores.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/training.h"

enum { SHOWN_FEATURES = 5 };

static uint64_t n_odd(const wb_score_tally *tally)
{
    return tally->n_unseen + tally->n_outside + tally->n_newly_imputed;
}

/* "2 outside the range of training · 1 missing, in training none was" */
static void say_odd(char *text, size_t size, const wb_score_tally *tally)
{
    const struct {
        uint64_t n;
        const char *what;
    } kinds[] = {{tally->n_unseen, "of a level that training did not see"},
                 {tally->n_outside, "outside the range of training"},
                 {tally->n_newly_imputed, "missing, in training none was"}};
    size_t used = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        char count[CLI_TEXT_CHARS];
        if (kinds[k].n > 0)
            used += (size_t)snprintf(text + used, size - used, "%s%s %s", used > 0 ? " · " : "", cli_count(count, kinds[k].n),
                                     kinds[k].what);
    }
}

/* The feature with the most odd cells of those that are not shown yet; SIZE_MAX when there is none. */
static size_t next_feature(const wb_score_report *report, size_t n, const bool *shown)
{
    size_t most = SIZE_MAX;
    for (size_t f = 0; f < n; f++)
        if (!shown[f] && n_odd(&report->features[f]) > 0 &&
            (most == SIZE_MAX || n_odd(&report->features[f]) > n_odd(&report->features[most])))
            most = f;
    return most;
}

/* The features in which training did not see what was scored, those with the most such cells first. */
static void note_features(const cli_scores *s, size_t m)
{
    const wb_score_report *report = &s->reports[m];
    const size_t n = wb_model_summarise(s->models[m]).n_terms;
    bool *shown = calloc(n + 1, sizeof *shown);
    size_t left = 0;
    for (size_t f = 0; f < n; f++)
        left += n_odd(&report->features[f]) > 0;
    for (size_t k = 0; shown != NULL && k < SHOWN_FEATURES && left > 0; k++, left--) {
        const size_t f = next_feature(report, n, shown);
        const wb_score_tally *tally = &report->features[f];
        char odd[256];
        shown[f] = true;
        say_odd(odd, sizeof odd, tally);
        cli_note(s->common, "  %-32s %s", wb_model_term(s->models[m], f).feature, odd);
    }
    if (left > 0)
        cli_note(s->common, "  and %zu more features", left);
    free(shown);
}

static void note_cells(const cli_scores *s, size_t m)
{
    const wb_score_report *report = &s->reports[m];
    char imputed[CLI_TEXT_CHARS], unseen[CLI_TEXT_CHARS], outside[CLI_TEXT_CHARS];
    if (report->n_imputed + report->n_unseen + report->n_outside == 0)
        return;
    cli_note(s->common, "cells: %s missing (imputed) · %s of unseen levels · %s outside the range of training",
             cli_count(imputed, report->n_imputed), cli_count(unseen, report->n_unseen),
             cli_count(outside, report->n_outside));
    note_features(s, m);
}

static void note_rows(const cli_scores *s)
{
    const wb_score_report *first = &s->reports[0];
    char count[CLI_TEXT_CHARS];
    if (first->n_bad > 0)
        cli_note(s->common, "%s bad row%s left out", cli_count(count, first->n_bad), first->n_bad == 1 ? "" : "s");
    if (first->n_duplicates > 0)
        cli_warn(s->common, "%s row%s of a customer that has a row already", cli_count(count, first->n_duplicates),
                 first->n_duplicates == 1 ? " is" : "s are");
    if (s->n_models == 1 && first->n_ignored_columns > 0)
        cli_note(s->common, "%s column%s that the model does not read", cli_count(count, first->n_ignored_columns),
                 first->n_ignored_columns == 1 ? "" : "s");
}

/* That of customers whom probabilities are of. */
static double base_rate(const wb_model *model)
{
    wb_treatment treatment;
    return wb_model_treatment(model, &treatment) ? treatment.rate_control : wb_model_summarise(model).base_rate;
}

static void note_models(const cli_scores *s)
{
    for (size_t m = 0; m < s->n_models; m++) {
        if (s->n_models > 1)
            cli_note(s->common, "%s: mean probability %.4f (base rate in training %.4f)", s->names[m],
                     s->reports[m].mean_probability, base_rate(s->models[m]));
        note_cells(s, m);
    }
}

static json_t *tallies_json(const cli_scores *s, size_t m)
{
    json_t *features = json_object();
    for (size_t f = 0; f < wb_model_summarise(s->models[m]).n_terms; f++) {
        const wb_score_tally *tally = &s->reports[m].features[f];
        json_object_set_new(features, wb_model_term(s->models[m], f).feature,
                            json_pack("{s:I, s:I, s:I, s:I}", "imputed", (json_int_t)tally->n_imputed, "unseen",
                                      (json_int_t)tally->n_unseen, "outside", (json_int_t)tally->n_outside,
                                      "newly_imputed", (json_int_t)tally->n_newly_imputed));
    }
    return features;
}

static json_t *report_json(const cli_scores *s, size_t m)
{
    const wb_score_report *report = &s->reports[m];
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "rows",
                     (json_int_t)report->n_rows, "written", (json_int_t)report->n_written, "bad", (json_int_t)report->n_bad,
                     "duplicates", (json_int_t)report->n_duplicates, "imputed",
                     (json_int_t)report->n_imputed, "unseen", (json_int_t)report->n_unseen, "outside",
                     (json_int_t)report->n_outside, "newly_imputed", (json_int_t)report->n_newly_imputed, "ignored_columns",
                     (json_int_t)report->n_ignored_columns, "objected", (json_int_t)report->n_objected,
                     "mean_probability", cli_number_json(report->mean_probability), "base_rate",
                     cli_number_json(wb_model_summarise(s->models[m]).base_rate), "features", tallies_json(s, m));
}

/* One model's report; of several, a report under each name. */
static void print_json(const cli_scores *s)
{
    json_t *json = s->n_models > 1 ? json_object() : report_json(s, 0);
    for (size_t m = 0; s->n_models > 1 && m < s->n_models; m++)
        json_object_set_new(json, s->names[m], report_json(s, m));
    cli_print_json(json);
}

void cli_report_scores(const cli_step *step, const cli_scores *s)
{
    const wb_score_report *first = &s->reports[0];
    char rows[CLI_TEXT_CHARS], rate[CLI_TEXT_CHARS];
    cli_step stopped = *step;
    cli_step_stop(&stopped);
    cli_count(rows, first->n_rows);
    cli_count(rate, (uint64_t)((double)first->n_rows / (stopped.spent_s > 0 ? stopped.spent_s : 1)));
    if (first->n_rows == 0)
        cli_step_end(&stopped, "score", "no rows   %s", s->output);
    else if (s->n_models > 1)
        cli_step_end(&stopped, "score", "%s rows by %zu models · %s rows/s   %s", rows, s->n_models, rate, s->output);
    else
        cli_step_end(&stopped, "score", "%s rows · %s rows/s · mean %.4f (base rate in training %.4f)   %s", rows, rate,
                     first->mean_probability, base_rate(s->models[0]), s->output);
    if (first->n_written < first->n_rows)
        cli_note(s->common, "the highest %s are written", cli_count(rows, first->n_written));
    if (first->n_rows > 0)
        note_models(s);
    note_rows(s);
    if (s->common->json)
        print_json(s);
}
