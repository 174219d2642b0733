/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/explain.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/training.h"

enum { BAR_CHARS = 16 };

static double logistic(double log_odds)
{
    return 1 / (1 + exp(-log_odds));
}

static int widen(int width, const char *text)
{
    const size_t n = cli_width(text), most = n < CLI_NAME_COLUMNS ? n : CLI_NAME_COLUMNS;
    return (int)most > width ? (int)most : width;
}

static size_t at_most(size_t n, size_t limit)
{
    return limit == 0 || limit > n ? n : limit;
}

/* ---- the model ---- */

static const char *direction_word(const wb_effect *effect)
{
    static const char *const words[] = {"lowers", "both ways", "raises"};
    return strcmp(effect->kind, "category") == 0 ? "levels" : words[effect->direction + 1];
}

static void print_odds(const wb_effect *effect)
{
    char text[CLI_TEXT_CHARS] = "";
    if (!isnan(effect->odds_ratio) && !isnan(effect->odds_low))
        snprintf(text, sizeof text, "%.3g (%.3g to %.3g)", effect->odds_ratio, effect->odds_low, effect->odds_high);
    else if (!isnan(effect->odds_ratio))
        snprintf(text, sizeof text, "%.3g", effect->odds_ratio);
    printf(isnan(effect->p) ? "  %s\n" : "  %-22s", text);
}

static void print_terms(const wb_explanation *explanation, size_t n)
{
    int width = widen(0, "feature");
    for (size_t f = 0; f < n; f++)
        width = widen(width, explanation->effects[f].feature);
    printf("\n%-*s  %10s  %-10s  %-22s  %s\n", width, "feature", "importance", "more of it", "odds per deviation", "p");
    for (size_t f = 0; f < n; f++) {
        const wb_effect *effect = &explanation->effects[f];
        cli_print_name(effect->feature, (size_t)width, CLI_NAME_COLUMNS);
        printf("  %10.3f  %-10s", effect->importance, direction_word(effect));
        print_odds(effect);
        if (!isnan(effect->p))
            printf(effect->p < 0.0001 ? "  < 0.0001\n" : "  %.4f\n", effect->p);
    }
    if (n < explanation->n_effects)
        printf("and %zu less important ones (--top 0 lists all)\n", explanation->n_effects - n);
}

static void print_point(const wb_effect *effect, size_t k, int width)
{
    const wb_effect_point *point = &effect->points[k];
    char value[CLI_CELL_BYTES];
    if (point->level != NULL)
        cli_cell(value, point->level, CLI_NAME_COLUMNS);
    else
        snprintf(value, sizeof value, "%.4g", point->value);
    fputs("  ", stdout);
    cli_print_right(value, (size_t)width);
    printf("  %+8.3f", point->log_odds);
    if (!isnan(point->low))
        printf("  %+.3f to %+.3f", point->low, point->high);
    if (k == effect->typical)
        printf("   typical");
    else if (isnan(point->odds_low))
        printf("  %6.3g", point->odds_ratio);
    else
        printf("  %6.3g (%.3g to %.3g)", point->odds_ratio, point->odds_low, point->odds_high);
    printf("\n");
}

static void print_shape(const wb_effect *effect)
{
    int width = 9;
    char name[CLI_CELL_BYTES], unit[CLI_CELL_BYTES], sentence[CLI_CELL_BYTES];
    for (size_t k = 0; k < effect->n_points; k++)
        if (effect->points[k].level != NULL)
            width = widen(width, effect->points[k].level);
    printf("\n%s%s%s%s: %s\n", cli_cell(name, effect->feature, CLI_NAME_COLUMNS), effect->unit[0] != '\0' ? " (" : "",
           cli_cell(unit, effect->unit, CLI_NAME_COLUMNS), effect->unit[0] != '\0' ? ")" : "",
           cli_cell(sentence, effect->sentence, CLI_SENTENCE_COLUMNS));
    printf("  %*s  %8s%s  odds against the typical\n", width, effect->points[0].level != NULL ? "level" : "value", "log-odds",
           isnan(effect->points[0].low) ? "" : "  95 % interval   ");
    for (size_t k = 0; k < effect->n_points; k++)
        if (effect->points[k].is_decile || effect->points[k].level != NULL || k == effect->typical)
            print_point(effect, k, width);
}

void cli_print_explanation(const wb_explanation *explanation, size_t n_terms, size_t n_shapes)
{
    const size_t n = at_most(explanation->n_effects, n_terms), shapes = n_shapes < n ? n_shapes : n;
    char rows[CLI_TEXT_CHARS], target[CLI_CELL_BYTES];
    printf("The model gives the probability of '%s' from %zu feature%s. Where all of them are at their means it is %.1f %%.\n",
           cli_cell(target, explanation->target, CLI_NAME_COLUMNS), explanation->n_effects, explanation->n_effects == 1 ? "" : "s",
           100 * logistic(explanation->base));
    printf("Importance is how far a feature moves the log-odds from there, on average over %s%s.\n",
           explanation->n_rows > 0 ? cli_count(rows, explanation->n_rows) : "the rows",
           explanation->n_rows > 0 ? " rows" : " of its training");
    if (explanation->approximate)
        printf("The model was trained by an older winback, which did not keep it: it is reckoned from the deciles.\n");
    print_terms(explanation, n);
    for (size_t f = 0; f < shapes; f++)
        print_shape(&explanation->effects[f]);
}

/* ---- a customer ---- */

static void print_part(const wb_part *part, double largest, int width)
{
    char bar[BAR_CHARS + 1] = "", sentence[CLI_CELL_BYTES];
    const int n = largest > 0 ? (int)lround(BAR_CHARS * fmin(1, fabs(part->contribution) / largest)) : 0;
    memset(bar, part->contribution < 0 ? '-' : '+', (size_t)n);
    bar[n] = '\0';
    fputs("  ", stdout);
    cli_print_name(part->feature, (size_t)width, CLI_NAME_COLUMNS);
    printf("  %+8.3f  %-*s  %5.1f %%%s%s\n", part->contribution, BAR_CHARS, bar, 100 * part->probability_after,
           part->sentence[0] == '\0' ? "" : "  ", cli_cell(sentence, part->sentence, CLI_SENTENCE_COLUMNS));
}

/* Those that are not shown one by one, as one. */
static void print_rest(const wb_explained_row *row, size_t shown, double largest, int width)
{
    char name[CLI_TEXT_CHARS], empty[1] = "";
    if (shown == row->n_parts)
        return;
    snprintf(name, sizeof name, "%zu others", row->n_parts - shown);
    wb_part rest = {.feature = name, .sentence = empty, .probability_after = logistic(row->log_odds)};
    for (size_t k = shown; k < row->n_parts; k++)
        rest.contribution += row->parts[k].contribution;
    print_part(&rest, largest, width);
}

void cli_print_explained_row(const wb_explained_row *row, size_t n_parts)
{
    const size_t n = at_most(row->n_parts, n_parts);
    const double largest = n > 0 ? fabs(row->parts[0].contribution) : 0, uncalibrated = logistic(row->log_odds);
    char customer[CLI_CELL_BYTES], cutoff[CLI_CELL_BYTES];
    int width = widen(0, "all features at their means");
    for (size_t k = 0; k < n; k++)
        width = widen(width, row->parts[k].feature);
    printf("customer %s%s%s: probability %.1f %%\n", cli_cell(customer, row->customer, CLI_NAME_COLUMNS),
           row->cutoff == NULL ? "" : " at ", row->cutoff == NULL ? "" : cli_cell(cutoff, row->cutoff, CLI_NAME_COLUMNS),
           100 * row->probability);
    printf("  %-*s  %8s  %-*s  %7s\n", width, "", "log-odds", BAR_CHARS, "", "so far");
    printf("  %-*s  %+8.3f  %-*s  %5.1f %%\n", width, "all features at their means", row->base, BAR_CHARS, "",
           100 * logistic(row->base));
    for (size_t k = 0; k < n; k++)
        print_part(&row->parts[k], largest, width);
    print_rest(row, n, largest, width);
    printf("  %-*s  %+8.3f  %-*s  %5.1f %%\n", width, "together", row->log_odds, BAR_CHARS, "", 100 * uncalibrated);
    if (fabs(row->probability - uncalibrated) > 1e-9)
        printf("  %-*s  %8s  %-*s  %5.1f %%\n", width, "calibrated", "", BAR_CHARS, "", 100 * row->probability);
}

/* ---- JSON ---- */

static json_t *interval_json(double low, double high)
{
    return isnan(low) ? json_null() : json_pack("[o, o]", cli_number_json(low), cli_number_json(high));
}

static json_t *point_json(const wb_effect_point *point)
{
    json_t *json = json_pack("{s:o, s:o, s:o, s:o, s:o}", "log_odds", cli_number_json(point->log_odds), "log_odds_95",
                             interval_json(point->low, point->high), "odds_ratio", cli_number_json(point->odds_ratio),
                             "odds_ratio_95", interval_json(point->odds_low, point->odds_high), "share",
                             cli_number_json(point->share));
    if (point->level != NULL)
        json_object_set_new(json, "level", json_string(point->level));
    else
        json_object_set_new(json, "value", cli_number_json(point->value));
    return json;
}

static json_t *effect_json(const wb_effect *effect)
{
    json_t *points = json_array();
    for (size_t k = 0; k < effect->n_points; k++)
        json_array_append_new(points, point_json(&effect->points[k]));
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:i, s:o, s:o, s:o, s:b, s:i, s:o}", "feature", effect->feature, "kind",
                     effect->kind, "unit", effect->unit, "sentence", effect->sentence, "importance",
                     cli_number_json(effect->importance), "direction", effect->direction, "odds_ratio_per_sd",
                     cli_number_json(effect->odds_ratio), "odds_ratio_per_sd_95",
                     interval_json(effect->odds_low, effect->odds_high), "p", cli_number_json(effect->p), "actionable",
                     effect->actionable, "typical", (int)effect->typical, "points", points);
}

json_t *cli_explanation_json(const wb_explanation *explanation)
{
    json_t *effects = json_array();
    for (size_t f = 0; f < explanation->n_effects; f++)
        json_array_append_new(effects, effect_json(&explanation->effects[f]));
    return json_pack("{s:s, s:o, s:I, s:b, s:o}", "target", explanation->target, "base_log_odds",
                     cli_number_json(explanation->base), "rows", (json_int_t)explanation->n_rows, "importance_approximate",
                     explanation->approximate, "terms", effects);
}

static json_t *part_json(const wb_part *part)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:b, s:s}", "feature", part->feature, "value", part->value, "contribution",
                     cli_number_json(part->contribution), "probability_after", cli_number_json(part->probability_after),
                     "actionable", part->actionable, "sentence", part->sentence);
}

json_t *cli_explained_rows_json(const wb_explained_row *rows, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *parts = json_array();
        for (size_t k = 0; k < rows[i].n_parts; k++)
            json_array_append_new(parts, part_json(&rows[i].parts[k]));
        json_array_append_new(list, json_pack("{s:s, s:s?, s:o, s:o, s:o, s:o}", "customer", rows[i].customer, "cutoff",
                                              rows[i].cutoff, "base_log_odds", cli_number_json(rows[i].base), "log_odds",
                                              cli_number_json(rows[i].log_odds), "probability",
                                              cli_number_json(rows[i].probability), "parts", parts));
    }
    return list;
}
