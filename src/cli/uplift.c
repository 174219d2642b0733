/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom treatment serves, as evaluate tells of it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/evaluation.h"
#include "cli/model_json.h"
#include "cli/training.h"

static double weight_of(const wb_qini *q)
{
    return q->all.n_treated + q->all.n_control;
}

/* "above", "below" or "not_distinguishable_from"; NULL where there is no interval. */
static const char *against_zero(const wb_qini *q)
{
    if (isnan(q->low) || isnan(q->high))
        return NULL;
    return q->low > 0 ? "above" : q->high < 0 ? "below" : "not_distinguishable_from";
}

/* ---- tables ---- */

static void print_arms(const wb_evaluation *e, const wb_arm_rates *all)
{
    char name[CLI_CELL_BYTES], treated[CLI_CELL_BYTES], control[CLI_CELL_BYTES];
    printf("\ntreatment %s: %s against %s\n", cli_cell(name, e->treatment, CLI_NAME_COLUMNS),
           cli_cell(treated, e->treated, CLI_NAME_COLUMNS), cli_cell(control, e->control, CLI_NAME_COLUMNS));
    printf("%s: %.2f %% of the treated, %.2f %% of the others; difference %+.2f points, %+.2f to %+.2f\n", e->target,
           100 * all->rate_treated, 100 * all->rate_control, 100 * all->difference, 100 * all->low, 100 * all->high);
    if (all->high < 0)
        printf("treatment makes it rarer: those whom it serves to keep from it are in the last tenths\n");
}

static void print_coefficient(const wb_evaluated_uplift *u, size_t width)
{
    const wb_qini *q = &u->qini;
    fputs("  ", stdout);
    cli_print_name(u->score, width, CLI_NAME_COLUMNS);
    printf("  %11.4g", q->coefficient);
    if (!isnan(q->low))
        printf("  %9.4g to %.4g", q->low, q->high);
    printf("   (%.3g per 1,000 rows)\n", 1000 * q->coefficient / weight_of(q));
}

/* What its interval says. */
static void print_verdict(const wb_evaluated_uplift *u)
{
    static const char *const verdicts[][2] = {
        {"above", "above zero: it tells whom treatment serves better than chance does"},
        {"below", "below zero: it ranks them the wrong way round"},
        {"not_distinguishable_from", "not distinguishable from zero: on these rows it does no better than chance"},
    };
    const char *says = against_zero(&u->qini);
    char name[CLI_CELL_BYTES];
    if (says == NULL)
        printf("%s: no interval; --bootstrap N makes one\n", cli_cell(name, u->score, CLI_NAME_COLUMNS));
    for (size_t k = 0; says != NULL && k < sizeof verdicts / sizeof *verdicts; k++)
        if (strcmp(says, verdicts[k][0]) == 0)
            printf("%s: the coefficient is %s\n", cli_cell(name, u->score, CLI_NAME_COLUMNS), verdicts[k][1]);
}

/* "20.93 %", "-" of no rows. */
static const char *percent(char text[CLI_TEXT_CHARS], double share)
{
    if (isnan(share))
        return "-  ";
    snprintf(text, CLI_TEXT_CHARS, "%.2f %%", 100 * share);
    return text;
}

static void print_tenths(const wb_evaluated_uplift *u)
{
    char name[CLI_CELL_BYTES];
    printf("\ntenths by %s, highest first\n", cli_cell(name, u->score, CLI_NAME_COLUMNS));
    printf("          treated   rate       others   rate       difference in points%s\n",
           u->is_uplift ? "       predicted" : "");
    for (size_t k = 0; k < WB_N_TENTHS; k++) {
        const wb_arm_rates *t = &u->qini.tenths[k];
        if (!(t->n_treated + t->n_control > 0))
            continue;
        char treated[CLI_TEXT_CHARS], control[CLI_TEXT_CHARS];
        printf("  %4zu  %9.0f  %8s  %9.0f  %8s", k + 1, t->n_treated, percent(treated, t->rate_treated), t->n_control,
               percent(control, t->rate_control));
        if (isnan(t->difference))
            printf("  %7s  %19s", "-", "");
        else
            printf("  %+7.2f  %+7.2f to %+7.2f", 100 * t->difference, 100 * t->low, 100 * t->high);
        if (u->is_uplift)
            printf("  %+9.2f", 100 * t->mean_score);
        putchar('\n');
    }
}

void cli_print_uplift(const wb_evaluation *e)
{
    size_t width = 12;
    const wb_qini *first = &e->uplifts[0].qini;
    for (size_t k = 0; k < e->n_uplifts; k++)
        width = cli_width(e->uplifts[k].score) > width ? cli_width(e->uplifts[k].score) : width;
    print_arms(e, &first->all);
    printf("\nQini coefficient, %g %% interval by %zu resamples of customers: mean height of the curve above chance\n",
           100 * e->level, first->n_resamples);
    for (size_t k = 0; k < e->n_uplifts; k++)
        print_coefficient(&e->uplifts[k], width < CLI_NAME_COLUMNS ? width : CLI_NAME_COLUMNS);
    for (size_t k = 0; k < e->n_uplifts; k++)
        print_verdict(&e->uplifts[k]);
    print_tenths(&e->uplifts[0]);
    if (e->n_scores > 0)
        putchar('\n');
}

/* ---- a model ---- */

/* A column, and what treatment adds to its coefficient. */
typedef struct interaction {
    wb_coefficient of;
    wb_interaction adds;
} interaction;

static int by_strength(const void *left, const void *right)
{
    const double a = fabs(((const interaction *)left)->adds.per_sd), b = fabs(((const interaction *)right)->adds.per_sd);
    return (a < b) - (a > b);
}

/* Those of all columns but the intercept, the strongest first; NULL when memory ran out. */
static interaction *list_interactions(const wb_model *model, size_t *n)
{
    *n = wb_model_n_coefficients(model) - 1;
    interaction *list = calloc(*n + 1, sizeof *list);
    for (size_t i = 0; list != NULL && i < *n; i++)
        list[i] = (interaction){wb_model_coefficient(model, i + 1), wb_model_interaction(model, i + 1)};
    if (list != NULL)
        qsort(list, *n, sizeof *list, by_strength);
    return list;
}

void cli_print_interactions(const wb_model *model, size_t n_shown)
{
    wb_treatment t;
    size_t n, width = 6;
    char treated[CLI_CELL_BYTES], control[CLI_CELL_BYTES];
    if (!wb_model_treatment(model, &t))
        return;
    interaction *list = list_interactions(model, &n);
    if (list == NULL)
        return;
    const size_t shown = n_shown == 0 || n_shown > n ? n : n_shown;
    for (size_t i = 0; i < shown; i++)
        width = cli_width(list[i].of.column) > width ? cli_width(list[i].of.column) : width;
    width = width < CLI_NAME_COLUMNS ? width : CLI_NAME_COLUMNS;
    printf("\nAll this is of customers who are not treated (%s). Treatment (%s) multiplies the odds by %.3g where all features are at\n"
           "their means, and what a deviation of a column multiplies them by:\n",
           cli_cell(control, t.control, CLI_NAME_COLUMNS), cli_cell(treated, t.treated, CLI_NAME_COLUMNS),
           exp(wb_model_interaction(model, 0).per_sd));
    printf("\n%-*s  %11s  %11s  %11s\n", (int)width, "column", "not treated", "treated", "treatment");
    for (size_t i = 0; i < shown; i++) {
        cli_print_name(list[i].of.column, width, CLI_NAME_COLUMNS);
        printf("  %11.3f  %11.3f    × %7.3f\n", exp(list[i].of.per_sd), exp(list[i].of.per_sd + list[i].adds.per_sd),
               exp(list[i].adds.per_sd));
    }
    if (shown < n)
        printf("and %zu weaker ones (--top 0 lists all)\n", n - shown);
    free(list);
}

json_t *cli_interactions_json(const wb_model *model)
{
    json_t *json = cli_treatment_json(model), *array = json_array();
    size_t n = 0;
    interaction *list = json_is_null(json) ? NULL : list_interactions(model, &n);
    for (size_t i = 0; list != NULL && i < n; i++)
        json_array_append_new(array, json_pack("{s:s, s:s, s:o, s:o}", "column", list[i].of.column, "feature", list[i].of.feature,
                                               "raw", cli_number_json(list[i].adds.raw), "per_sd",
                                               cli_number_json(list[i].adds.per_sd)));
    if (!json_is_null(json)) {
        json_object_set_new(json, "at_mean", cli_number_json(wb_model_interaction(model, 0).per_sd));
        json_object_set(json, "interactions", array);
    }
    json_decref(array);
    free(list);
    return json;
}

/* ---- JSON ---- */

static json_t *ends_json(double low, double high)
{
    return json_pack("[o, o]", cli_number_json(low), cli_number_json(high));
}

static json_t *rates_json(const wb_arm_rates *r, bool is_uplift)
{
    json_t *json = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "n_treated", cli_number_json(r->n_treated), "n_control",
                             cli_number_json(r->n_control), "rate_treated", cli_number_json(r->rate_treated), "rate_control",
                             cli_number_json(r->rate_control), "difference", cli_number_json(r->difference), "difference_95",
                             ends_json(r->low, r->high));
    json_object_set_new(json, is_uplift ? "predicted" : "mean_score", cli_number_json(r->mean_score));
    return json;
}

static json_t *points_json(const wb_qini *q)
{
    json_t *list = json_array();
    for (size_t k = 0; k < q->n_points; k++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "threshold", cli_number_json(q->points[k].threshold), "depth",
                                              cli_number_json(q->points[k].depth), "gain", cli_number_json(q->points[k].gain)));
    return list;
}

static json_t *score_json(const wb_evaluated_uplift *u)
{
    const wb_qini *q = &u->qini;
    json_t *tenths = json_array();
    for (size_t k = 0; k < WB_N_TENTHS; k++)
        json_array_append_new(tenths, rates_json(&q->tenths[k], u->is_uplift));
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:s?, s:I, s:o, s:o}", "score", u->score, "qini", cli_number_json(q->coefficient),
                     "qini_interval", ends_json(q->low, q->high), "qini_se", cli_number_json(q->se), "qini_per_row",
                     cli_number_json(q->coefficient / weight_of(q)), "zero", against_zero(q), "resamples",
                     (json_int_t)q->n_resamples, "tenths", tenths, "curve", points_json(q));
}

json_t *cli_uplift_json(const wb_evaluation *e)
{
    json_t *scores = json_array();
    for (size_t k = 0; k < e->n_uplifts; k++)
        json_array_append_new(scores, score_json(&e->uplifts[k]));
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o}", "treatment", e->treatment, "treated", e->treated, "control",
                     e->control, "rows_treated", (json_int_t)e->n_treated, "rows_control", (json_int_t)e->n_rows,
                     "rows_left_out", (json_int_t)e->n_other_arms, "all", rates_json(&e->uplifts[0].qini.all, e->uplifts[0].is_uplift),
                     "scores", scores);
}
