/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/kpi.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 34, VALUE_WIDTH = 14, ROOM = 7 * VALUE_WIDTH, GROUP_COLUMNS = 22, EXPLAINED_BYTES = 512, COHORTS_SHOWN = 13,
       PERIOD_CHARS = 2 * WB_TIME_CHARS + 8 };

static size_t n_cells(const wb_kpis *kpis)
{
    return kpis->n_periods * kpis->n_groups;
}

static const wb_kpi_figure *figure(const wb_kpis *kpis, size_t cell, size_t k)
{
    return &kpis->figures[cell * wb_kpi_n() + k];
}

/* ---- values ---- */

/* 1,234.50 */
static const char *with_commas(char text[CLI_TEXT_CHARS], double value, int n_digits)
{
    char plain[CLI_TEXT_CHARS];
    snprintf(plain, sizeof plain, "%.*f", n_digits, fabs(value));
    const size_t n_whole = strcspn(plain, ".");
    size_t used = 0;
    if (value < 0 && strspn(plain, "0.") < strlen(plain))
        text[used++] = '-';
    for (size_t i = 0; plain[i] != '\0' && used + 2 < CLI_TEXT_CHARS; i++) {
        if (i > 0 && i < n_whole && (n_whole - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = plain[i];
    }
    text[used] = '\0';
    return text;
}

static const char *value_text(char text[CLI_TEXT_CHARS], double value, wb_kpi_unit unit)
{
    if (isnan(value)) {
        snprintf(text, CLI_TEXT_CHARS, "-");
        return text;
    }
    switch (unit) {
    case WB_KPI_COUNT:
        return with_commas(text, value, 0);
    case WB_KPI_RATE:
        with_commas(text, 100 * value, 1);
        strcat(text, " %");
        return text;
    case WB_KPI_DAYS:
    case WB_KPI_POINTS:
        return with_commas(text, value, 1);
    default:
        return with_commas(text, value, 2);
    }
}

static const char *interval_text(char text[2 * CLI_TEXT_CHARS], const wb_kpi_figure *f)
{
    text[0] = '\0';
    if (!isnan(f->low))
        snprintf(text, 2 * CLI_TEXT_CHARS, "%.1f to %.1f %%", 100 * f->low, 100 * f->high);
    return text;
}

/* ---- what a column is ---- */

static const char *period_text(char text[PERIOD_CHARS], const wb_kpi_period *period)
{
    char from[WB_TIME_CHARS], to[WB_TIME_CHARS];
    wb_time_format(period->from_us, from);
    wb_time_format(period->to_us, to);
    snprintf(text, PERIOD_CHARS, "%s to %s", from, to);
    return text;
}

/* "2024-03", or the day on which it begins where it does not begin with a month; times of other zones are told by the day. */
static const char *month_text(char text[WB_TIME_CHARS], const wb_kpi_period *period)
{
    wb_time_format(period->from_us + WB_DAY_US / 2, text); /* so that a zone's midnight is on its day */
    text[strcmp(text + 8, "01") == 0 || strncmp(text + 8, "01T", 3) == 0 ? 7 : 10] = '\0';
    return text;
}

static bool is_group(const wb_kpis *kpis, const char *name)
{
    for (size_t g = 1; g < kpis->n_groups; g++)
        if (strcmp(kpis->groups[g], name) == 0)
            return true;
    return false;
}

/* What the column of everybody is called, as no group is: "all", or in as many parentheses as it takes. */
static const char *name_of_all(char text[CLI_CELL_BYTES], const wb_kpis *kpis)
{
    char inner[CLI_CELL_BYTES];
    snprintf(text, CLI_CELL_BYTES, "all");
    for (size_t tries = 1; tries < kpis->n_groups && is_group(kpis, text); tries++) {
        strcpy(inner, text);
        snprintf(text, CLI_CELL_BYTES, "(%.900s)", inner);
    }
    return text;
}

static const char *cell_name(char text[CLI_CELL_BYTES], const wb_kpis *kpis, size_t cell, bool by_period)
{
    const size_t period = cell / kpis->n_groups, group = cell % kpis->n_groups;
    if (by_period && period > 0)
        return month_text(text, &kpis->periods[period]);
    if (!by_period && group > 0)
        return cli_cell(text, kpis->groups[group], GROUP_COLUMNS);
    if (!by_period)
        return name_of_all(text, kpis);
    snprintf(text, CLI_CELL_BYTES, "whole range");
    return text;
}

/* ---- one column ---- */

static bool is_new_topic(const wb_kpis *kpis, size_t k)
{
    for (size_t i = k; i-- > 0;)
        if (kpis->why[i] == NULL)
            return strcmp(wb_kpi_at(i).topic, wb_kpi_at(k).topic) != 0;
    return true;
}

static void print_alone(const wb_kpis *kpis, size_t cell, bool explain)
{
    char value[CLI_TEXT_CHARS], interval[2 * CLI_TEXT_CHARS], explained[EXPLAINED_BYTES];
    for (size_t k = 0; k < wb_kpi_n(); k++) {
        const wb_kpi_definition kpi = wb_kpi_at(k);
        const wb_kpi_figure *f = figure(kpis, cell, k);
        if (kpis->why[k] != NULL)
            continue;
        if (is_new_topic(kpis, k)) {
            putchar('\n');
            cli_print_left(kpi.topic, k == 0 ? NAME_WIDTH + VALUE_WIDTH + 2 : 0);
            puts(k == 0 ? "95 % interval" : "");
        }
        cli_print_left(kpi.name, NAME_WIDTH);
        cli_print_right(value_text(value, f->value, kpi.unit), VALUE_WIDTH);
        fputs("  ", stdout);
        cli_print_left(interval_text(interval, f), 16);
        printf("  %s\n", explain ? wb_kpi_explain(explained, sizeof explained, kpis, cell, k) : kpi.meaning);
    }
}

/* ---- side by side ---- */

/* Cells first, first + step, …, n of them, in columns so wide. */
typedef struct side {
    size_t first, step, n, width;
    bool by_period;
} side;

static void print_heads(const wb_kpis *kpis, const side *s)
{
    char name[CLI_CELL_BYTES];
    cli_print_left("", NAME_WIDTH);
    for (size_t i = 0; i < s->n; i++)
        cli_print_right(cell_name(name, kpis, s->first + i * s->step, s->by_period), s->width);
    putchar('\n');
}

static void print_beside(const wb_kpis *kpis, const side *s)
{
    char value[CLI_TEXT_CHARS];
    putchar('\n');
    print_heads(kpis, s);
    for (size_t k = 0; k < wb_kpi_n(); k++) {
        const wb_kpi_definition kpi = wb_kpi_at(k);
        if (kpis->why[k] != NULL)
            continue;
        if (is_new_topic(kpis, k))
            printf("%s\n", kpi.topic);
        cli_print_left(kpi.name, NAME_WIDTH);
        for (size_t i = 0; i < s->n; i++)
            cli_print_right(value_text(value, figure(kpis, s->first + i * s->step, k)->value, kpi.unit), s->width);
        putchar('\n');
    }
}

/* All columns, as many side by side as a terminal takes. */
static void print_sides(const wb_kpis *kpis, side all)
{
    const size_t n = all.n;
    char name[CLI_CELL_BYTES];
    all.width = VALUE_WIDTH;
    for (size_t i = 0; i < n; i++) {
        const size_t wanted = cli_width(cell_name(name, kpis, all.first + i * all.step, all.by_period)) + 2;
        all.width = wanted > all.width ? wanted : all.width;
    }
    const size_t at_once = ROOM / all.width;
    for (size_t from = 0; from < n; from += at_once) {
        side some = all;
        some.first = all.first + from * all.step;
        some.n = n - from < at_once ? n - from : at_once;
        print_beside(kpis, &some);
    }
}

static void print_group_head(const wb_kpis *kpis, size_t group)
{
    char by[CLI_CELL_BYTES], name[CLI_CELL_BYTES];
    if (group == 0)
        printf("\nall\n");
    else
        printf("\n%s = %s\n", cli_cell(by, kpis->by, CLI_NAME_COLUMNS), cli_cell(name, kpis->groups[group], CLI_NAME_COLUMNS));
}

/* Every cell by itself, for a formula is as long as a line. */
static void print_explained(const wb_kpis *kpis)
{
    char text[PERIOD_CHARS];
    for (size_t cell = 0; cell < n_cells(kpis); cell++) {
        if (kpis->n_groups > 1)
            print_group_head(kpis, cell % kpis->n_groups);
        if (kpis->n_periods > 1)
            printf("\n%s\n", period_text(text, &kpis->periods[cell / kpis->n_groups]));
        print_alone(kpis, cell, true);
    }
}

static void print_figures(const wb_kpis *kpis, bool explain)
{
    if (explain)
        print_explained(kpis);
    else if (n_cells(kpis) == 1)
        print_alone(kpis, 0, false);
    else if (kpis->n_periods == 1)
        print_sides(kpis, (side){.first = 0, .step = 1, .n = kpis->n_groups});
    else
        for (size_t g = 0; g < kpis->n_groups; g++) {
            if (kpis->n_groups > 1)
                print_group_head(kpis, g);
            print_sides(kpis, (side){.first = g, .step = kpis->n_groups, .n = kpis->n_periods, .by_period = true});
        }
}

/* ---- reasons, cohorts, and what is not there ---- */

static void print_reasons(const wb_kpis *kpis)
{
    char count[CLI_TEXT_CHARS], share[CLI_TEXT_CHARS];
    uint64_t total = 0;
    bool *printed = calloc(kpis->n_reasons + 1, sizeof *printed);
    for (size_t i = 0; i < kpis->n_reasons; i++)
        total += kpis->n_lost[i];
    if (total > 0)
        printf("\nlost customers by stated reason\n");
    for (size_t n = 0; total > 0 && printed != NULL && n < kpis->n_reasons; n++) {
        size_t most = SIZE_MAX;
        for (size_t i = 0; i < kpis->n_reasons; i++)
            if (!printed[i] && (most == SIZE_MAX || kpis->n_lost[i] > kpis->n_lost[most]))
                most = i;
        printed[most] = true;
        if (kpis->n_lost[most] == 0)
            break;
        cli_print_name(kpis->reasons[most], NAME_WIDTH, NAME_WIDTH - 2);
        cli_print_right(cli_count(count, kpis->n_lost[most]), VALUE_WIDTH);
        cli_print_right(value_text(share, (double)kpis->n_lost[most] / (double)total, WB_KPI_RATE), VALUE_WIDTH);
        putchar('\n');
    }
    free(printed);
}

static void print_cohort(const wb_kpi_cohorts *c, size_t cohort, size_t n_ages)
{
    char text[CLI_CELL_BYTES];
    cli_print_left(month_text(text, &c->months[cohort]), 12);
    cli_print_right(cli_count(text, c->n_customers[cohort]), 12);
    for (size_t age = 1; age < n_ages && cohort + age < c->n_months && c->n_customers[cohort] > 0; age++)
        printf("%5.0f", 100 * (double)c->n_ordered[cohort * c->n_months + age] / (double)c->n_customers[cohort]);
    putchar('\n');
}

static void print_cohorts(const wb_kpi_cohorts *c)
{
    const size_t n_shown = c->n_months < COHORTS_SHOWN ? c->n_months : COHORTS_SHOWN;
    if (c->n_months < 2)
        return;
    printf("\ncohorts: of those whose first order was in a month, how many %% ordered so many months later\n%-12s%12s", "first order", "customers");
    for (size_t age = 1; age < n_shown; age++)
        printf("%5zu", age);
    putchar('\n');
    for (size_t m = c->n_months - n_shown; m < c->n_months; m++)
        print_cohort(c, m, n_shown);
    if (n_shown < c->n_months)
        printf("the last %zu of %zu months; --json has them all\n", n_shown, c->n_months);
}

static size_t n_left_out(const wb_kpis *kpis)
{
    size_t n = kpis->no_reasons != NULL;
    for (size_t k = 0; k < wb_kpi_n(); k++)
        n += kpis->why[k] != NULL;
    return n;
}

/* Figures that were left out, those of one reason together. */
static void print_left_out(const wb_kpis *kpis)
{
    if (n_left_out(kpis) > 0)
        puts("\nleft out");
    for (size_t k = 0; k < wb_kpi_n(); k++) {
        bool told = kpis->why[k] == NULL;
        for (size_t i = 0; i < k && !told; i++)
            told = kpis->why[i] != NULL && strcmp(kpis->why[i], kpis->why[k]) == 0;
        if (told)
            continue;
        printf("  %s:", kpis->why[k]);
        for (size_t i = k, n = 0; i < wb_kpi_n(); i++)
            if (kpis->why[i] != NULL && strcmp(kpis->why[i], kpis->why[k]) == 0)
                printf("%s %s", n++ > 0 ? "," : "", wb_kpi_at(i).key);
        putchar('\n');
    }
    if (kpis->no_reasons != NULL)
        printf("  %s: lost customers by stated reason\n", kpis->no_reasons);
}

void cli_print_kpis(const wb_kpis *kpis, bool explain)
{
    char text[PERIOD_CHARS], within[WB_TIME_CHARS];
    wb_duration_format(kpis->active_within_us, within);
    printf("%s; active is who ordered in the %s before\n", period_text(text, &kpis->periods[0]), within);
    print_figures(kpis, explain);
    print_reasons(kpis);
    print_cohorts(&kpis->cohorts);
    print_left_out(kpis);
}

/* ---- JSON ---- */

static json_t *time_json(int64_t time_us)
{
    char text[WB_TIME_CHARS];
    wb_time_format(time_us, text);
    return json_string(text);
}

static json_t *definitions_json(const wb_kpis *kpis)
{
    static const char *const units[] = {"count", "money", "rate", "ratio", "days", "points"};
    json_t *list = json_array();
    for (size_t k = 0; k < wb_kpi_n(); k++) {
        const wb_kpi_definition kpi = wb_kpi_at(k);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s?}", "key", kpi.key, "topic", kpi.topic, "name",
                                              kpi.name + strspn(kpi.name, " "), "unit", units[kpi.unit], "over", kpi.over, "under", kpi.under,
                                              "meaning", kpi.meaning, "left_out", kpis->why[k]));
    }
    return list;
}

static json_t *figures_json(const wb_kpis *kpis, size_t cell)
{
    json_t *json = json_object();
    for (size_t k = 0; k < wb_kpi_n(); k++) {
        const wb_kpi_figure *f = figure(kpis, cell, k);
        if (kpis->why[k] != NULL)
            continue;
        json_object_set_new(json, wb_kpi_at(k).key,
                            json_pack("{s:o, s:o, s:o, s:o, s:o}", "value", cli_number_json(f->value), "over", cli_number_json(f->over), "under",
                                      cli_number_json(f->under), "low", cli_number_json(f->low), "high", cli_number_json(f->high)));
    }
    return json;
}

static json_t *reasons_json(const wb_kpis *kpis, size_t cell)
{
    if (kpis->n_reasons == 0)
        return json_null();
    json_t *list = json_array();
    for (size_t i = 0; i < kpis->n_reasons; i++)
        json_array_append_new(list, json_pack("{s:s, s:I}", "reason", kpis->reasons[i], "lost",
                                              (json_int_t)kpis->n_lost[cell * kpis->n_reasons + i]));
    return list;
}

static json_t *cells_json(const wb_kpis *kpis)
{
    json_t *list = json_array();
    for (size_t cell = 0; cell < n_cells(kpis); cell++) {
        const wb_kpi_period *period = &kpis->periods[cell / kpis->n_groups];
        json_array_append_new(list, json_pack("{s:o, s:o, s:s?, s:o, s:o}", "from", time_json(period->from_us), "to", time_json(period->to_us),
                                              "group", kpis->groups[cell % kpis->n_groups], "figures", figures_json(kpis, cell),
                                              "lost_by_reason", reasons_json(kpis, cell)));
    }
    return list;
}

static json_t *cohorts_json(const wb_kpi_cohorts *c)
{
    json_t *list = json_array();
    for (size_t m = 0; m < c->n_months; m++) {
        json_t *ordered = json_array();
        for (size_t age = 0; m + age < c->n_months; age++)
            json_array_append_new(ordered, json_integer((json_int_t)c->n_ordered[m * c->n_months + age]));
        json_array_append_new(list, json_pack("{s:o, s:o, s:I, s:o}", "from", time_json(c->months[m].from_us), "to", time_json(c->months[m].to_us),
                                              "customers", (json_int_t)c->n_customers[m], "ordered", ordered));
    }
    return list;
}

json_t *cli_kpis_json(const wb_kpis *kpis)
{
    char within[WB_TIME_CHARS];
    wb_duration_format(kpis->active_within_us, within);
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:s?, s:o, s:o, s:o}", "from", time_json(kpis->periods[0].from_us), "to",
                     time_json(kpis->periods[0].to_us), "active_within", within, "data_from", time_json(kpis->first_us), "data_until",
                     time_json(kpis->until_us), "by", kpis->by, "kpis", definitions_json(kpis), "cells", cells_json(kpis), "cohorts",
                     cohorts_json(&kpis->cohorts));
}
