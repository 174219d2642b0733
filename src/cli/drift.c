/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/drift.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/training.h"

enum { MOST_NAMED = 3 };

static int by_psi(const void *left, const void *right)
{
    const wb_drift_feature *a = *(const wb_drift_feature *const *)left, *b = *(const wb_drift_feature *const *)right;
    if (a->psi != b->psi)
        return a->psi < b->psi ? 1 : -1;
    return strcmp(a->feature, b->feature);
}

/* The features, the largest PSI first; NULL when memory ran out. */
static const wb_drift_feature **sorted_features(const wb_drift *drift)
{
    const wb_drift_feature **sorted = calloc(drift->n_features + 1, sizeof *sorted);
    for (size_t f = 0; sorted != NULL && f < drift->n_features; f++)
        sorted[f] = &drift->features[f];
    if (sorted != NULL)
        qsort(sorted, drift->n_features, sizeof *sorted, by_psi);
    return sorted;
}

/* ---- sentences ---- */

static size_t count(const wb_drift *drift, wb_drift_verdict verdict)
{
    size_t n = 0;
    for (size_t f = 0; f < drift->n_features; f++)
        n += drift->features[f].verdict == verdict;
    return n;
}

static void print_features_drifted(const wb_drift *drift, const wb_drift_feature *const *sorted)
{
    const size_t n_major = count(drift, WB_DRIFT_MAJOR), n_some = count(drift, WB_DRIFT_SOME);
    size_t n_named = 0;
    char name[CLI_CELL_BYTES];
    if (n_major + n_some == 0) {
        printf("None of %zu feature%s has drifted beyond chance.", drift->n_features, drift->n_features == 1 ? "" : "s");
        return;
    }
    printf("%zu of %zu feature%s %s drifted beyond chance, %zu of them much: ", n_major + n_some, drift->n_features,
           drift->n_features == 1 ? "" : "s", n_major + n_some == 1 ? "has" : "have", n_major);
    for (size_t f = 0; f < drift->n_features && n_named < MOST_NAMED; f++)
        if (sorted[f]->verdict != WB_DRIFT_NONE)
            printf("%s%s", n_named++ > 0 ? ", " : "", cli_cell(name, sorted[f]->feature, CLI_NAME_COLUMNS));
    printf("%s.", n_named < n_major + n_some ? ", …" : "");
}

static void print_summary(const wb_drift *drift, const wb_drift_feature *const *sorted)
{
    static const char *const of_score[] = {"has not drifted", "has drifted some", "has drifted much"};
    char now[CLI_TEXT_CHARS], before[CLI_TEXT_CHARS];
    printf("%s row%s held against %s of the model's training.\n", cli_count(now, drift->n_now), drift->n_now == 1 ? "" : "s",
           cli_count(before, drift->n_before));
    print_features_drifted(drift, sorted);
    if (drift->score.n_bins > 0)
        printf(" The score %s.", of_score[drift->score.verdict]);
    printf("\nThe mean probability was %.1f %% and is %.1f %% now.\n", 100 * drift->mean_before, 100 * drift->mean_now);
    if (drift->score.n_bins == 0)
        printf("The model keeps no scores out of fold (trained without folds), so the score is not compared.\n");
}

/* ---- the table ---- */

static size_t name_width(const wb_drift *drift)
{
    size_t width = cli_width("feature");
    for (size_t f = 0; f < drift->n_features; f++)
        width = cli_width(drift->features[f].feature) > width ? cli_width(drift->features[f].feature) : width;
    return width < CLI_NAME_COLUMNS ? width : CLI_NAME_COLUMNS;
}

static void print_line(const wb_drift_feature *feature, size_t width)
{
    const wb_drift_bin *moved = &feature->bins[feature->moved];
    char importance[CLI_TEXT_CHARS] = "", label[CLI_CELL_BYTES];
    if (!isnan(feature->importance))
        snprintf(importance, sizeof importance, "%.3f", feature->importance);
    cli_print_name(feature->feature, width, CLI_NAME_COLUMNS);
    printf("  %7.3f  %7.3f  %-7s  %10s  %s: %.1f -> %.1f %%\n", feature->psi, feature->critical,
           wb_drift_verdict_name(feature->verdict), importance, cli_cell(label, moved->label, CLI_NAME_COLUMNS),
           100 * moved->share_before, 100 * moved->share_now);
}

static const double least_shown = 0.0005; /* below it 0.0 % would stand there */

static void print_notes(const wb_drift *drift)
{
    size_t n_approximate = drift->score.approximate != 0;
    char text[CLI_CELL_BYTES];
    for (size_t f = 0; f < drift->n_features; f++) {
        const wb_drift_feature *feature = &drift->features[f];
        const char *name = cli_cell(text, feature->feature, CLI_NAME_COLUMNS);
        n_approximate += feature->approximate != 0;
        if (feature->missing_before == 0 && feature->missing_now > 0)
            printf("%s is missing in %.1f %% of the rows; in training it never was\n", name, 100 * feature->missing_now);
        if (feature->unseen_now >= least_shown)
            printf("%s has a level that training did not see in %.1f %% of the rows\n", name, 100 * feature->unseen_now);
        if (feature->outside_now >= least_shown && feature->verdict != WB_DRIFT_NONE)
            printf("%s is outside the range of training in %.1f %% of the rows\n", name, 100 * feature->outside_now);
    }
    if (n_approximate > 0)
        printf("the model keeps no counts between deciles (it was trained by an older winback): a tenth is taken for each, which is\n"
               "off where values repeat, as those of counts; training it again mends that\n");
}

void cli_print_drift(const wb_drift *drift)
{
    const wb_drift_feature **sorted = sorted_features(drift);
    const size_t width = name_width(drift);
    if (sorted == NULL)
        return;
    print_summary(drift, sorted);
    printf("\n%-*s  %7s  %7s  %-7s  %10s  %s\n", (int)width, "feature", "PSI", "limit", "drift", "importance",
           "what moved most (share before -> now)");
    if (drift->score.n_bins > 0)
        print_line(&drift->score, width);
    for (size_t f = 0; f < drift->n_features; f++)
        print_line(sorted[f], width);
    printf("\n");
    print_notes(drift);
    printf("drift is some from a PSI of 0.1 and major from 0.25 on, if that is above the limit, which chance would pass once in\n"
           "20 such comparisons; importance is how far the feature moves the log-odds now, on average\n");
    free(sorted);
}

/* ---- JSON ---- */

static json_t *feature_json(const wb_drift_feature *feature)
{
    json_t *bins = json_array();
    for (size_t b = 0; b < feature->n_bins; b++)
        json_array_append_new(bins, json_pack("{s:s, s:o, s:o, s:o}", "bin", feature->bins[b].label, "before",
                                              cli_number_json(feature->bins[b].share_before), "now",
                                              cli_number_json(feature->bins[b].share_now), "psi",
                                              cli_number_json(feature->bins[b].psi)));
    return json_pack("{s:s, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "feature", feature->feature, "psi",
                     cli_number_json(feature->psi), "critical", cli_number_json(feature->critical), "drift",
                     wb_drift_verdict_name(feature->verdict), "moved_most", feature->bins[feature->moved].label,
                     "missing_before", cli_number_json(feature->missing_before), "missing_now",
                     cli_number_json(feature->missing_now), "unseen_now", cli_number_json(feature->unseen_now), "outside_now",
                     cli_number_json(feature->outside_now), "importance", cli_number_json(feature->importance), "approximate",
                     feature->approximate, "bins", bins);
}

json_t *cli_drift_json(const wb_drift *drift)
{
    const wb_drift_feature **sorted = sorted_features(drift);
    json_t *features = json_array();
    for (size_t f = 0; sorted != NULL && f < drift->n_features; f++)
        json_array_append_new(features, feature_json(sorted[f]));
    free(sorted);
    return json_pack("{s:I, s:I, s:o, s:o, s:s, s:I, s:I, s:o, s:o}", "rows_before", (json_int_t)drift->n_before, "rows_now",
                     (json_int_t)drift->n_now, "mean_probability_before", cli_number_json(drift->mean_before),
                     "mean_probability_now", cli_number_json(drift->mean_now), "drift",
                     wb_drift_verdict_name(drift->worst), "features_some", (json_int_t)count(drift, WB_DRIFT_SOME),
                     "features_major", (json_int_t)count(drift, WB_DRIFT_MAJOR), "score",
                     drift->score.n_bins > 0 ? feature_json(&drift->score) : json_null(), "features", features);
}
