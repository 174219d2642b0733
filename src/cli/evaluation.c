/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/evaluation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/model_json.h"

enum { NAME_WIDTH = 24, VALUE_WIDTH = 9, SCORE_WIDTH = 30, N_FIGURES = 14, KEEP_TRIALS = 20, NAME_COLUMNS = 32 };

/* Figures in the order in which they are shown. */
static const struct {
    const char *key, *name;
    size_t offset;
    const char *note;
} figures[N_FIGURES] = {
    {"auc", "AUC", offsetof(wb_metrics, auc), "0.5 is chance, 1 perfect"},
    {"gini", "Gini", offsetof(wb_metrics, gini), "2 AUC - 1"},
    {"pr_auc", "PR-AUC", offsetof(wb_metrics, pr_auc), "average precision; the base rate is chance"},
    {"ks", "KS", offsetof(wb_metrics, ks), "largest distance between the two classes"},
    {"log_loss", "log loss", offsetof(wb_metrics, log_loss), "lower is better"},
    {"brier", "Brier score", offsetof(wb_metrics, brier), "lower is better: the next three, added, taken away, added"},
    {"brier_miscalibration", "  miscalibration", offsetof(wb_metrics, brier_miscalibration), "0: probabilities are true"},
    {"brier_discrimination", "  discrimination", offsetof(wb_metrics, brier_discrimination), "what telling customers apart gains"},
    {"brier_uncertainty", "  uncertainty", offsetof(wb_metrics, brier_uncertainty), "of the base rate alone"},
    {"ece", "ECE", offsetof(wb_metrics, ece), "mean gap between predicted and observed, by tenths"},
    {"calibration_slope", "calibration slope", offsetof(wb_metrics, calibration_slope), "1 is right; below, probabilities are too extreme"},
    {"calibration_intercept", "calibration intercept", offsetof(wb_metrics, calibration_intercept),
     "0 is right; above, probabilities are too low"},
    {"empc", "EMPC", offsetof(wb_metrics, empc), "expected maximum profit a customer"},
    {"empc_fraction", "  share to contact", offsetof(wb_metrics, empc_fraction), "for that profit"},
};

static double figure(const wb_metrics *metrics, size_t k)
{
    double value;
    memcpy(&value, (const char *)metrics + figures[k].offset, sizeof value);
    return value;
}

static size_t groups_a_score(const wb_evaluation *e)
{
    return e->n_groups / e->n_scores;
}

/* ---- tables ---- */

/* "0.8420", "-" for what could not be made. */
static const char *number(char text[CLI_TEXT_CHARS], double value, int n_digits)
{
    if (isnan(value))
        snprintf(text, CLI_TEXT_CHARS, "-");
    else
        snprintf(text, CLI_TEXT_CHARS, "%.*f", n_digits, fabs(value) < 0.5 * pow(10, -n_digits) ? 0 : value);
    return text;
}

static const char *percent(char text[CLI_TEXT_CHARS], double share)
{
    if (isnan(share))
        snprintf(text, CLI_TEXT_CHARS, "-");
    else
        snprintf(text, CLI_TEXT_CHARS, "%.1f %%", 100 * share);
    return text;
}

/* "0.8420  0.8360 to 0.8480", without the ends where there are none. */
static const char *with_ends(char text[2 * CLI_TEXT_CHARS], double value, double low, double high, int n_digits)
{
    char middle[CLI_TEXT_CHARS], from[CLI_TEXT_CHARS], to[CLI_TEXT_CHARS];
    number(middle, value, n_digits);
    if (isnan(low) || isnan(high))
        snprintf(text, 2 * CLI_TEXT_CHARS, "%*s", VALUE_WIDTH, middle);
    else
        snprintf(text, 2 * CLI_TEXT_CHARS, "%*s  %.20s to %.20s", VALUE_WIDTH, middle, number(from, low, n_digits),
                 number(to, high, n_digits));
    return text;
}

static void print_figures(const wb_evaluation *e)
{
    const size_t stride = groups_a_score(e);
    char text[2 * CLI_TEXT_CHARS];
    snprintf(text, sizeof text, "figure, %g %% interval", 100 * e->level);
    cli_print_left(text, NAME_WIDTH);
    for (size_t s = 0; s < e->n_scores; s++) {
        fputs("  ", stdout);
        cli_print_name(e->groups[s * stride].score, s + 1 < e->n_scores || e->n_scores == 1 ? SCORE_WIDTH - 2 : 0, SCORE_WIDTH - 2);
    }
    puts(e->n_scores == 1 ? "  what it says" : "");
    for (size_t k = 0; k < N_FIGURES; k++) {
        cli_print_left(figures[k].name, NAME_WIDTH);
        for (size_t s = 0; s < e->n_scores; s++) {
            const wb_evaluated *all = &e->groups[s * stride];
            with_ends(text, figure(&all->metrics, k), figure(&all->interval.low, k), figure(&all->interval.high, k), 4);
            if (s + 1 < e->n_scores || e->n_scores == 1)
                cli_print_left(text, SCORE_WIDTH);
            else
                fputs(text, stdout);
        }
        printf("%s%s\n", e->n_scores == 1 ? "  " : "", e->n_scores == 1 ? figures[k].note : "");
    }
}

static void print_depths(const wb_evaluation *e)
{
    char text[CLI_TEXT_CHARS], name[CLI_CELL_BYTES];
    printf("\n%-*s", NAME_WIDTH, "highest scores first");
    for (size_t d = 0; d < WB_N_DEPTHS; d++) {
        snprintf(text, sizeof text, "%.0f %%", 100 * wb_metrics_depth(d));
        cli_print_right(text, VALUE_WIDTH);
    }
    putchar('\n');
    for (size_t s = 0; s < e->n_scores; s++) {
        const wb_evaluated *all = &e->groups[s * groups_a_score(e)];
        if (e->n_scores > 1)
            puts(cli_cell(name, all->score, CLI_NAME_COLUMNS));
        cli_print_left("lift", NAME_WIDTH);
        for (size_t d = 0; d < WB_N_DEPTHS; d++)
            cli_print_right(number(text, all->metrics.lift[d], 2), VALUE_WIDTH);
        putchar('\n');
        cli_print_left("capture", NAME_WIDTH);
        for (size_t d = 0; d < WB_N_DEPTHS; d++)
            cli_print_right(percent(text, all->metrics.capture[d]), VALUE_WIDTH);
        putchar('\n');
    }
}

static const char *amount(char text[CLI_TEXT_CHARS], double value)
{
    if (value == floor(value) && value >= 0 && value < 1e15)
        return cli_count(text, (uint64_t)value);
    return number(text, value, 2);
}

static void print_confusion(const wb_evaluation *e)
{
    static const char *const heads[] = {"true 1", "false 1", "true 0", "false 0", "precision", "recall"};
    char text[CLI_TEXT_CHARS], name[CLI_TEXT_CHARS];
    snprintf(name, sizeof name, "1 from %g on", e->threshold);
    printf("\n%-*s", NAME_WIDTH, name);
    for (size_t k = 0; k < 6; k++)
        cli_print_right(heads[k], VALUE_WIDTH + 2);
    putchar('\n');
    for (size_t s = 0; s < e->n_scores; s++) {
        const wb_evaluated *all = &e->groups[s * groups_a_score(e)];
        const wb_metrics *m = &all->metrics;
        const double cells[] = {m->true_positive, m->false_positive, m->true_negative, m->false_negative};
        cli_print_name(all->score, NAME_WIDTH, NAME_WIDTH);
        for (size_t k = 0; k < 4; k++)
            cli_print_right(amount(text, cells[k]), VALUE_WIDTH + 2);
        cli_print_right(percent(text, m->true_positive / (m->true_positive + m->false_positive)), VALUE_WIDTH + 2);
        cli_print_right(percent(text, m->true_positive / (m->true_positive + m->false_negative)), VALUE_WIDTH + 2);
        putchar('\n');
    }
}

/* "all", "seen within 90d", "country=DE" */
static const char *name_group(char text[2 * CLI_CELL_BYTES], const wb_evaluation *e, const wb_evaluated *group)
{
    char within[WB_TIME_CHARS], by[CLI_CELL_BYTES], segment[CLI_CELL_BYTES];
    if (group->by == NULL)
        snprintf(text, 2 * CLI_CELL_BYTES, "all");
    else if (group->segment == NULL && wb_duration_format(e->seen_within_us, within) > 0)
        snprintf(text, 2 * CLI_CELL_BYTES, "seen within %s", within);
    else
        snprintf(text, 2 * CLI_CELL_BYTES, "%s=%s", cli_cell(by, group->by, NAME_COLUMNS),
                 cli_cell(segment, group->segment == NULL ? "" : group->segment, NAME_COLUMNS));
    return text;
}

static void print_group(const wb_evaluation *e, const wb_evaluated *group, size_t width)
{
    char text[2 * CLI_TEXT_CHARS], name[2 * CLI_CELL_BYTES];
    const wb_metrics *m = &group->metrics;
    cli_print_left(name_group(name, e, group), width);
    cli_print_right(cli_count(text, m->n), 12);
    cli_print_right(percent(text, m->base_rate), 11);
    cli_print_left(with_ends(text, m->auc, group->interval.low.auc, group->interval.high.auc, 4), SCORE_WIDTH);
    cli_print_right(number(text, m->log_loss, 4), VALUE_WIDTH);
    cli_print_right(number(text, m->lift[WB_DEPTH_TENTH], 2), VALUE_WIDTH + 2);
    cli_print_right(number(text, m->calibration_slope, 3), VALUE_WIDTH);
    cli_print_right(number(text, m->calibration_intercept, 3), VALUE_WIDTH + 2);
    puts(m->n < WB_FEW_ROWS ? "  few rows" : "");
}

static void print_groups(const wb_evaluation *e)
{
    const size_t n = groups_a_score(e);
    char name[2 * CLI_CELL_BYTES];
    size_t width = NAME_WIDTH;
    for (size_t g = 0; n > 1 && g < n; g++) {
        const size_t needed = cli_width(name_group(name, e, &e->groups[g])) + 1;
        width = needed > width ? needed : width;
    }
    for (size_t s = 0; n > 1 && s < e->n_scores; s++) {
        putchar('\n');
        cli_print_name(e->n_scores > 1 ? e->groups[s * n].score : "rows", width, width);
        printf("%12s%11s%*s%*s%*s%*s%*s\n", "rows", "base rate", VALUE_WIDTH, "AUC", SCORE_WIDTH, "log loss", VALUE_WIDTH + 2,
               "lift 10 %", VALUE_WIDTH, "slope", VALUE_WIDTH + 2, "intercept");
        for (size_t g = 0; g < n; g++)
            print_group(e, &e->groups[s * n + g], width);
    }
    for (size_t k = 0; k < e->n_columns; k++) {
        char segments[CLI_TEXT_CHARS], rows[CLI_TEXT_CHARS];
        if (e->columns[k].n_left_out > 0)
            printf("%s: %s more segments with %s rows in all\n", cli_cell(name, e->columns[k].by, NAME_COLUMNS), cli_count(segments, e->columns[k].n_left_out),
                   cli_count(rows, e->columns[k].n_rows_left_out));
    }
}

/* Digits that show two of the largest. */
static int digits_of(double value, double low, double high)
{
    const double largest = fmax(fabs(value), fmax(fabs(low), fabs(high))); /* fmax passes over NaN */
    return largest > 0 ? (int)fmax(4, fmin(10, 1 - floor(log10(largest)))) : 4;
}

/* Of these neither more nor less is better. */
static bool has_direction(size_t k)
{
    const size_t offset = figures[k].offset;
    return offset != offsetof(wb_metrics, calibration_slope) && offset != offsetof(wb_metrics, calibration_intercept) &&
           offset != offsetof(wb_metrics, empc_fraction);
}

static void print_pair(const wb_compared *pair)
{
    char text[2 * CLI_TEXT_CHARS], first[CLI_CELL_BYTES], second[CLI_CELL_BYTES];
    const wb_metrics_difference *d = &pair->figures;
    printf("\n%s less %s\n", cli_cell(first, pair->first, CLI_NAME_COLUMNS), cli_cell(second, pair->second, CLI_NAME_COLUMNS));
    for (size_t k = 0; k < N_FIGURES; k++) {
        if (strcmp(figures[k].key, "gini") == 0 || strcmp(figures[k].key, "brier_uncertainty") == 0)
            continue; /* twice the AUC's, and none */
        const double value = figure(&d->difference, k), low = figure(&d->interval.low, k), high = figure(&d->interval.high, k);
        cli_print_left(figures[k].name, NAME_WIDTH);
        fputs(with_ends(text, value, low, high, digits_of(value, low, high)), stdout);
        if (k == 0 && !isnan(d->auc_p))
            printf("   p %.2g", d->auc_p);
        else if (has_direction(k) && (low > 0 || high < 0))
            fputs("   beyond chance", stdout);
        putchar('\n');
    }
}

const char *cli_profit_from(const wb_evaluation *evaluation)
{
    return evaluation->profit_from != NULL ? evaluation->profit_from : "R's EMP package";
}

static void print_profit(const wb_evaluation *e)
{
    const wb_profit_model *p = &e->profit;
    if (e->treatment != NULL && e->profit_from == NULL)
        return; /* what mailing by the probability of those left alone is worth, nobody asked */
    char from[CLI_CELL_BYTES], column[CLI_CELL_BYTES];
    printf("\nEMPC by %s: value %g%s%s%s, offer %g, contact %g, kept with Beta(%g, %g), mean %.0f %%\n",
           cli_cell(from, cli_profit_from(e), CLI_SENTENCE_COLUMNS), p->value, e->value_column != NULL ? " (mean of " : "",
           e->value_column != NULL ? cli_cell(column, e->value_column, CLI_NAME_COLUMNS) : "",
           e->value_column != NULL ? ")" : "", p->offer_cost, p->contact_cost, p->alpha, p->beta,
           100 * p->alpha / (p->alpha + p->beta));
}

void cli_print_evaluation(const wb_evaluation *e)
{
    if (e->treatment != NULL)
        cli_print_uplift(e);
    if (e->n_scores == 0)
        return;
    print_figures(e);
    print_depths(e);
    print_confusion(e);
    print_groups(e);
    for (size_t k = 0; k < e->n_pairs; k++)
        print_pair(&e->pairs[k]);
    print_profit(e);
}

/* ---- JSON ---- */

/* Adds the members of `more`, which it takes. */
static void merge(json_t *json, json_t *more)
{
    json_object_update(json, more);
    json_decref(more);
}

static json_t *depths_json(const wb_metrics *m)
{
    json_t *list = json_array();
    for (size_t d = 0; d < WB_N_DEPTHS; d++)
        json_array_append_new(list, json_pack("{s:f, s:o, s:o}", "depth", wb_metrics_depth(d), "lift", cli_number_json(m->lift[d]),
                                              "capture", cli_number_json(m->capture[d])));
    return list;
}

static json_t *confusion_json(const wb_metrics *m)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "true_positive", cli_number_json(m->true_positive), "false_positive",
                     cli_number_json(m->false_positive), "true_negative", cli_number_json(m->true_negative), "false_negative",
                     cli_number_json(m->false_negative), "precision",
                     cli_number_json(m->true_positive / (m->true_positive + m->false_positive)), "recall",
                     cli_number_json(m->true_positive / (m->true_positive + m->false_negative)));
}

json_t *cli_figures_json(const wb_metrics *m)
{
    json_t *json = cli_metrics_json(m);
    for (size_t k = 0; k < N_FIGURES; k++)
        json_object_set_new(json, figures[k].key, cli_number_json(figure(m, k)));
    json_object_set_new(json, "depths", depths_json(m));
    json_object_set_new(json, "confusion", confusion_json(m));
    return json;
}

static json_t *ends_json(double low, double high)
{
    return json_pack("[o, o]", cli_number_json(low), cli_number_json(high));
}

/* The ends of each figure that has them. */
static json_t *interval_json(const wb_metrics_interval *i)
{
    static const char *const methods[] = {
        [WB_INTERVAL_NONE] = "none", [WB_INTERVAL_DELONG] = "delong", [WB_INTERVAL_BOOTSTRAP] = "bootstrap"};
    json_t *json = json_pack("{s:s, s:I, s:o}", "auc_by", methods[i->auc_by], "resamples", (json_int_t)i->n_resamples, "auc_se",
                             cli_number_json(i->auc_se));
    for (size_t k = 0; k < N_FIGURES; k++)
        json_object_set_new(json, figures[k].key, ends_json(figure(&i->low, k), figure(&i->high, k)));
    json_t *lift = json_array(), *capture = json_array();
    for (size_t d = 0; d < WB_N_DEPTHS; d++) {
        json_array_append_new(lift, ends_json(i->low.lift[d], i->high.lift[d]));
        json_array_append_new(capture, ends_json(i->low.capture[d], i->high.capture[d]));
    }
    json_object_set_new(json, "lift", lift);
    json_object_set_new(json, "capture", capture);
    return json;
}

static json_t *curves_json(const wb_curves *c)
{
    json_t *points = json_array(), *bins = json_array();
    for (size_t k = 0; k < c->n_points; k++) {
        const wb_curve_point *p = &c->points[k];
        json_array_append_new(points, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "threshold", cli_number_json(p->threshold),
                                                "depth", cli_number_json(p->depth), "true_positive_rate",
                                                cli_number_json(p->true_positive_rate), "false_positive_rate",
                                                cli_number_json(p->false_positive_rate), "precision",
                                                cli_number_json(p->precision), "profit", cli_number_json(p->profit)));
    }
    for (size_t k = 0; k < c->n_bins; k++) {
        const wb_calibration_bin *b = &c->bins[k];
        json_array_append_new(bins, json_pack("{s:o, s:o, s:o, s:o}", "n", cli_number_json(b->n), "mean_predicted",
                                              cli_number_json(b->mean_predicted), "observed", cli_number_json(b->observed),
                                              "observed_95", ends_json(b->low, b->high)));
    }
    return json_pack("{s:o, s:o}", "points", points, "calibration", bins);
}

static json_t *group_json(const wb_evaluated *group)
{
    json_t *json = cli_figures_json(&group->metrics);
    json_object_set_new(json, "intervals", interval_json(&group->interval));
    if (group->curves != NULL)
        json_object_set_new(json, "curves", curves_json(group->curves));
    return json;
}

/* One score: all rows, those seen, and segments. */
static json_t *score_json(const wb_evaluation *e, size_t s)
{
    const size_t n = groups_a_score(e);
    const wb_evaluated *groups = &e->groups[s * n];
    json_t *json = json_pack("{s:s}", "score", groups[0].score), *segments = json_array();
    merge(json, group_json(&groups[0]));
    for (size_t g = 1; g < n; g++) {
        json_t *group = group_json(&groups[g]);
        if (groups[g].segment == NULL) {
            json_object_set_new(json, "seen", group);
            continue;
        }
        json_t *segment = json_pack("{s:s, s:s}", "by", groups[g].by, "segment", groups[g].segment);
        merge(segment, group);
        json_array_append_new(segments, segment);
    }
    json_object_set_new(json, "segments", segments);
    return json;
}

static json_t *pair_json(const wb_compared *pair)
{
    json_t *difference = cli_figures_json(&pair->figures.difference);
    static const char *const no_differences[] = {"n", "n_positive", "base_rate", "confusion"};
    for (size_t k = 0; k < sizeof no_differences / sizeof *no_differences; k++)
        json_object_del(difference, no_differences[k]);
    return json_pack("{s:s, s:s, s:o, s:o, s:o}", "first", pair->first, "second", pair->second, "auc_p",
                     cli_number_json(pair->figures.auc_p), "difference", difference, "intervals",
                     interval_json(&pair->figures.interval));
}

static json_t *ids_json(const char *const *ids)
{
    json_t *list = json_array();
    for (size_t k = 0; k < WB_UNMATCHED_SHOWN && ids[k] != NULL; k++)
        json_array_append_new(list, json_string(ids[k]));
    return list;
}

static json_t *rows_json(const wb_evaluation *e, bool with_ids)
{
    json_t *json = json_pack("{s:I, s:I, s:I, s:I}", "matched", (json_int_t)e->n_rows, "customers", (json_int_t)e->n_customers,
                             "without_label", (json_int_t)e->n_without_label, "without_score", (json_int_t)e->n_without_score);
    if (with_ids)
        merge(json, json_pack("{s:o, s:o}", "first_without_label", ids_json(e->without_label), "first_without_score",
                              ids_json(e->without_score)));
    return json;
}

static json_t *profit_json(const wb_evaluation *e)
{
    const wb_profit_model *p = &e->profit;
    return json_pack("{s:s, s:o, s:s?, s:o, s:o, s:o, s:o}", "from", cli_profit_from(e), "value", cli_number_json(p->value),
                     "value_column", e->value_column, "offer_cost", cli_number_json(p->offer_cost), "contact_cost",
                     cli_number_json(p->contact_cost), "alpha", cli_number_json(p->alpha), "beta", cli_number_json(p->beta));
}

static json_t *columns_json(const wb_evaluation *e)
{
    json_t *list = json_array();
    for (size_t k = 0; k < e->n_columns; k++)
        json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:I}", "by", e->columns[k].by, "segments",
                                              (json_int_t)e->columns[k].n_segments, "left_out",
                                              (json_int_t)e->columns[k].n_left_out, "rows_left_out",
                                              (json_int_t)e->columns[k].n_rows_left_out));
    return list;
}

json_t *cli_evaluation_json(const wb_evaluation *e, bool with_ids)
{
    json_t *json = json_pack("{s:s, s:s?}", "target", e->target, "score", e->n_scores == 0 ? NULL : e->groups[0].score);
    json_t *scores = json_array(), *pairs = json_array();
    for (size_t s = 0; s < e->n_scores; s++)
        json_array_append_new(scores, score_json(e, s));
    for (size_t k = 0; k < e->n_pairs; k++)
        json_array_append_new(pairs, pair_json(&e->pairs[k]));
    if (e->n_scores > 0)
        merge(json, cli_figures_json(&e->groups[0].metrics));
    if (e->treatment != NULL)
        json_object_set_new(json, "uplift", cli_uplift_json(e));
    merge(json, json_pack("{s:f, s:f, s:I, s:I, s:s?, s:o, s:o}", "threshold", e->threshold, "level", e->level, "resamples",
                          (json_int_t)e->n_resamples, "seed", (json_int_t)e->seed, "weights", e->weights, "rows", rows_json(e, with_ids),
                          "profit", profit_json(e)));
    merge(json, json_pack("{s:o, s:s?, s:o, s:o, s:o}", "seen_within_days",
                          e->seen_within_us > 0 ? json_real((double)e->seen_within_us / (double)WB_DAY_US) : json_null(),
                          "seen_column", e->seen_column, "by", columns_json(e), "scores", scores, "pairs", pairs));
    return json;
}

/* ---- what contacts cost ---- */

static double said_or(double said, double otherwise)
{
    return isnan(said) ? otherwise : said;
}

/* "campaign: of winback.yml (value not said: as R's EMP package)" */
static void name_source(cli_campaign_texts *texts, const wb_campaign *c, const char *file)
{
    const struct {
        const char *name;
        bool said;
    } keys[] = {{"value", !isnan(c->value) || c->value_column != NULL},
                {"offer_cost", !isnan(c->offer_cost)},
                {"contact_cost", !isnan(c->contact_cost)},
                {"keep_rate", !isnan(c->keep_rate)}};
    int used = snprintf(texts->from, sizeof texts->from, "campaign: of %.512s", file);
    const char *before = " (as in R's EMP package: ";
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        if (!keys[k].said) {
            used += snprintf(texts->from + used, sizeof texts->from - (size_t)used, "%s%s", before, keys[k].name);
            before = ", ";
        }
    if (before[0] == ',')
        snprintf(texts->from + used, sizeof texts->from - (size_t)used, ")");
}

wb_status cli_take_campaign(wb_evaluate_options *options, cli_campaign_texts *texts, const cli_common *common, wb_error *err)
{
    const char *file = cli_project_file(common);
    wb_project *project = NULL;
    wb_campaign c;
    wb_status status = file == NULL ? WB_OK : cli_open_project(&project, common, err);
    if (file == NULL || status != WB_OK)
        return status;
    if (wb_project_campaign(project, &c)) {
        wb_profit_model *p = &options->metrics.profit;
        const double rate = said_or(c.keep_rate, p->alpha / (p->alpha + p->beta));
        p->offer_cost = said_or(c.offer_cost, p->offer_cost);
        p->contact_cost = said_or(c.contact_cost, p->contact_cost);
        p->value = said_or(c.value, p->value);
        p->alpha = KEEP_TRIALS * rate;
        p->beta = KEEP_TRIALS * (1 - rate);
        name_source(texts, &c, file);
        options->profit_from = texts->from;
        options->value_unsaid = isnan(c.value) && c.value_column == NULL;
        if (c.value_column != NULL) {
            snprintf(texts->value_column, sizeof texts->value_column, "%s", c.value_column);
            options->value_column = texts->value_column;
        }
    }
    wb_project_free(project);
    return WB_OK;
}
