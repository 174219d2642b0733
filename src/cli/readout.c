/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/readout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_WIDTH = 18, ARM_WIDTH = 16, FIGURE_WIDTH = 11, INTERVAL_WIDTH = 28, COUNT_WIDTH = 9, TEXT_CHARS = 2 * CLI_TEXT_CHARS };

static const wb_readout_effect *effect_of(const wb_readout *r, const wb_readout_group *group, size_t arm, size_t measure)
{
    return &group->effects[arm * r->n_measures + measure];
}

/* ---- figures as text ---- */

/* "12,345.60", with a sign where it is asked for; "-" for what could not be made. */
static const char *amount(char text[CLI_TEXT_CHARS], double value, int decimals, bool with_sign)
{
    char digits[CLI_TEXT_CHARS / 2], whole[CLI_TEXT_CHARS];
    if (!isfinite(value))
        return strcpy(text, "-");
    snprintf(digits, sizeof digits, "%.*f", decimals, fmin(fabs(value), 1e18));
    const char *point = strchr(digits, '.');
    const bool is_zero = strspn(digits, "0.") == strlen(digits);
    cli_count(whole, (uint64_t)strtoull(digits, NULL, 10));
    snprintf(text, CLI_TEXT_CHARS, "%s%.30s%s", is_zero ? "" : value < 0 ? "-" : with_sign ? "+" : "", whole, point == NULL ? "" : point);
    return text;
}

/* Shares as percent, small ones with a decimal more. */
static const char *level_text(char text[CLI_TEXT_CHARS], double value, wb_readout_kind kind)
{
    char number[CLI_TEXT_CHARS];
    if (kind == WB_READOUT_MONEY || !isfinite(value))
        return amount(text, value, 2, false);
    snprintf(text, CLI_TEXT_CHARS, "%.50s %%", amount(number, 100 * value, value < 0.02 ? 3 : 2, false));
    return text;
}

static int decimals_of(const wb_readout_effect *e, wb_readout_kind kind)
{
    return kind == WB_READOUT_RATE && fmax(e->mean, e->mean_control) < 0.02 ? 3 : 2;
}

static const char *interval(char text[TEXT_CHARS], const wb_readout_estimate *e, double by, int decimals)
{
    char low[CLI_TEXT_CHARS], high[CLI_TEXT_CHARS];
    if (isnan(e->low) || isnan(e->high))
        return strcpy(text, "-");
    snprintf(text, TEXT_CHARS, "%s to %s", amount(low, by * e->low, decimals, true), amount(high, by * e->high, decimals, true));
    return text;
}

static void print_gap(void)
{
    fputs("  ", stdout);
}

/* `more`: something follows in the line. */
static void print_estimate(const wb_readout_estimate *e, double by, int decimals, bool more)
{
    char text[TEXT_CHARS];
    cli_print_right(amount(text, by * e->value, decimals, true), FIGURE_WIDTH);
    print_gap();
    cli_print_left(interval(text, e, by, decimals), more ? INTERVAL_WIDTH : 0);
}

/* ---- differences ---- */

static void print_effect(const wb_readout *r, size_t arm, size_t measure)
{
    const wb_readout_effect *e = effect_of(r, &r->groups[0], arm, measure);
    const wb_readout_kind kind = r->measures[measure].kind;
    const double by = kind == WB_READOUT_RATE ? 100 : 1;
    char text[CLI_TEXT_CHARS];
    cli_print_name(r->measures[measure].name, NAME_WIDTH, NAME_WIDTH);
    print_gap();
    cli_print_name(r->arms[arm], ARM_WIDTH, ARM_WIDTH);
    cli_print_right(level_text(text, e->mean, kind), FIGURE_WIDTH);
    cli_print_right(level_text(text, e->mean_control, kind), FIGURE_WIDTH);
    print_estimate(&e->difference, by, decimals_of(e, kind), true);
    printf("%s\n", wb_readout_verdict_name(e->verdict));
    if (isnan(e->adjusted.value))
        return;
    cli_print_left("  by tenths", NAME_WIDTH + 2 + ARM_WIDTH + 2 * FIGURE_WIDTH);
    print_estimate(&e->adjusted, by, decimals_of(e, kind), false);
    putchar('\n');
}

static void print_effects(const wb_readout *r)
{
    char text[CLI_TEXT_CHARS];
    cli_print_left("what", NAME_WIDTH);
    print_gap();
    cli_print_left("arm", ARM_WIDTH);
    cli_print_right("arm's", FIGURE_WIDTH);
    cli_print_right("control's", FIGURE_WIDTH);
    cli_print_right("difference", FIGURE_WIDTH);
    print_gap();
    snprintf(text, sizeof text, "%g %% interval", 100 * r->level);
    cli_print_left(text, INTERVAL_WIDTH);
    puts("it is");
    for (size_t a = 0; a < r->n_arms; a++)
        for (size_t m = 0; m < r->n_measures; m++)
            print_effect(r, a, m);
}

/* ---- worth ---- */

static void print_worth_line(const char *name, const wb_readout_estimate *e, double by, int decimals, const char *note)
{
    if (isnan(e->value))
        return;
    cli_print_left(name, NAME_WIDTH + 2);
    print_estimate(e, by, decimals, note[0] != '\0');
    printf("%s\n", note);
}

static void print_spent(const char *name, int64_t cents, const char *note)
{
    char text[CLI_TEXT_CHARS];
    cli_print_left(name, NAME_WIDTH + 2);
    cli_print_right(amount(text, (double)cents / 100, 2, false), FIGURE_WIDTH);
    printf("  %s\n", note);
}

static void print_worth(const wb_readout *r, size_t arm)
{
    const wb_readout_worth *w = &r->worth[arm];
    const uint64_t n = r->groups[0].effects[arm * r->n_measures].n;
    char name[CLI_CELL_BYTES], note[TEXT_CHARS], count[CLI_TEXT_CHARS];
    printf("\n%s: %s customers\n", cli_cell(name, r->arms[arm], CLI_NAME_COLUMNS), cli_count(count, n));
    print_worth_line("  more revenue", &w->revenue, 1, 2, "");
    print_worth_line("  more margin", &w->margin, 1, 2, "");
    if (!isnan(r->costs.contact_cost))
        print_spent("  contacts", w->contact_cents, "spent");
    snprintf(note, sizeof note, "spent, %s redeemed%s", cli_count(count, w->n_redeemed), r->takes_all ? " (every buyer)" : "");
    if (!isnan(r->costs.offer_cost))
        print_spent("  offers", w->offer_cents, note);
    print_worth_line("  profit", &w->profit, 1, 2, wb_readout_verdict_name(w->verdict));
    print_worth_line("  return on cost, %", &w->return_on_cost, 100, 1, "");
}

/* ---- parts ---- */

/* The first rate and the first money are shown of parts; --json has all. */
static size_t shown_measures(size_t shown[2], const wb_readout *r)
{
    size_t n = 0;
    for (int kind = WB_READOUT_RATE; kind <= WB_READOUT_MONEY; kind++)
        for (size_t m = 0; m < r->n_measures; m++)
            if (r->measures[m].kind == (wb_readout_kind)kind) {
                shown[n++] = m;
                break;
            }
    return n;
}

static void print_part(const wb_readout *r, const wb_readout_group *group, size_t arm, const size_t *shown, size_t n_shown)
{
    const wb_readout_effect *first = effect_of(r, group, arm, 0);
    char text[CLI_TEXT_CHARS];
    cli_print_name(group->value, NAME_WIDTH, NAME_WIDTH);
    cli_print_right(cli_count(text, first->n), COUNT_WIDTH);
    cli_print_right(cli_count(text, first->n_control), COUNT_WIDTH);
    for (size_t k = 0; k < n_shown; k++) {
        const wb_readout_effect *e = effect_of(r, group, arm, shown[k]);
        const wb_readout_kind kind = r->measures[shown[k]].kind;
        print_estimate(&e->difference, kind == WB_READOUT_RATE ? 100 : 1, decimals_of(e, kind), k + 1 < n_shown);
    }
    putchar('\n');
}

static void print_part_heading(const wb_readout *r, const wb_readout_group *group, size_t arm, const size_t *shown, size_t n_shown)
{
    char name[CLI_CELL_BYTES], text[TEXT_CHARS];
    putchar('\n');
    if (r->n_arms > 1)
        printf("%s\n", cli_cell(name, r->arms[arm], CLI_NAME_COLUMNS));
    cli_print_name(group->by, NAME_WIDTH, NAME_WIDTH);
    cli_print_right("arm", COUNT_WIDTH);
    cli_print_right("control", COUNT_WIDTH);
    for (size_t k = 0; k < n_shown; k++) {
        const wb_readout_measure *measure = &r->measures[shown[k]];
        cli_cell(name, measure->name, NAME_WIDTH);
        snprintf(text, sizeof text, " %.60s%s", name, measure->kind == WB_READOUT_RATE ? ", points" : " a head");
        cli_print_left(text, k + 1 < n_shown ? FIGURE_WIDTH + 2 + INTERVAL_WIDTH : 0);
    }
    putchar('\n');
}

static void print_parts(const wb_readout *r)
{
    size_t shown[2];
    const size_t n_shown = shown_measures(shown, r);
    for (size_t first = 1, next; first < r->n_groups; first = next) {
        for (next = first; next < r->n_groups && strcmp(r->groups[next].by, r->groups[first].by) == 0;)
            next++;
        for (size_t a = 0; a < r->n_arms; a++) {
            print_part_heading(r, &r->groups[first], a, shown, n_shown);
            for (size_t g = first; g < next; g++)
                print_part(r, &r->groups[g], a, shown, n_shown);
        }
    }
    if (r->n_values_left_out > 0)
        printf("\n%zu rarer value%s left out; they count in all else\n", r->n_values_left_out, r->n_values_left_out == 1 ? " is" : "s are");
}

void cli_print_readout(const wb_readout *r)
{
    char text[CLI_CELL_BYTES];
    for (size_t i = 0; i < r->n_sentences; i++)
        puts(cli_cell(text, r->sentences[i], CLI_SENTENCE_COLUMNS));
    putchar('\n');
    print_effects(r);
    for (size_t a = 0; a < r->n_arms && r->worth != NULL; a++)
        print_worth(r, a);
    print_parts(r);
}

/* ---- JSON ---- */

static json_t *estimate_json(const wb_readout_estimate *e)
{
    return json_pack("{s:o, s:o, s:o}", "value", cli_number_json(e->value), "low", cli_number_json(e->low), "high",
                     cli_number_json(e->high));
}

static json_t *effect_json(const wb_readout *r, const wb_readout_group *group, size_t arm, size_t measure)
{
    const wb_readout_effect *e = effect_of(r, group, arm, measure);
    const bool is_rate = r->measures[measure].kind == WB_READOUT_RATE;
    json_t *json = json_pack("{s:s, s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:s}", "measure", r->measures[measure].name, "kind",
                             is_rate ? "rate" : "money", "arm", r->arms[arm], "n", (json_int_t)e->n, "n_control",
                             (json_int_t)e->n_control, "mean", cli_number_json(e->mean), "mean_control",
                             cli_number_json(e->mean_control), "difference", estimate_json(&e->difference), "verdict",
                             wb_readout_verdict_name(e->verdict));
    const double unit = is_rate ? 1 : 100;
    json_object_set_new(json, "sum", is_rate ? json_integer(e->sum) : json_real((double)e->sum / unit));
    json_object_set_new(json, "sum_control", is_rate ? json_integer(e->sum_control) : json_real((double)e->sum_control / unit));
    if (group->by == NULL)
        json_object_set_new(json, "adjusted", isnan(e->adjusted.value) ? json_null() : estimate_json(&e->adjusted));
    return json;
}

static json_t *effects_json(const wb_readout *r, const wb_readout_group *group)
{
    json_t *list = json_array();
    for (size_t a = 0; a < r->n_arms; a++)
        for (size_t m = 0; m < r->n_measures; m++)
            json_array_append_new(list, effect_json(r, group, a, m));
    return list;
}

/* What was spent; null where the cost of one is not said. */
static json_t *spent_json(int64_t cents, double cost)
{
    return isnan(cost) ? json_null() : json_real((double)cents / 100);
}

static json_t *worth_json(const wb_readout *r, size_t arm)
{
    const wb_readout_worth *w = &r->worth[arm];
    return json_pack("{s:s, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:s}", "arm", r->arms[arm], "revenue", estimate_json(&w->revenue),
                     "margin", estimate_json(&w->margin), "redeemed", (json_int_t)w->n_redeemed, "contact_cost",
                     spent_json(w->contact_cents, r->costs.contact_cost), "offer_cost", spent_json(w->offer_cents, r->costs.offer_cost),
                     "profit", estimate_json(&w->profit),
                     "return_on_cost", estimate_json(&w->return_on_cost), "verdict", wb_readout_verdict_name(w->verdict));
}

static void set_text(json_t *json, const char *key, const char *text)
{
    json_object_set_new(json, key, text == NULL ? json_null() : json_string(text));
}

static void set_time(json_t *json, const char *key, int64_t time_us)
{
    char text[WB_TIME_CHARS];
    wb_time_format(time_us, text);
    set_text(json, key, time_us == WB_TIME_MISSING ? NULL : text);
}

static void set_orders(json_t *json, const wb_readout *r)
{
    set_text(json, "campaign", r->campaign);
    set_time(json, "sent_at", r->sent_at_us);
    set_time(json, "until", r->until_us);
    json_object_set_new(json, "orders", json_integer((json_int_t)r->n_orders));
    json_object_set_new(json, "orders_without_amount", json_integer((json_int_t)r->n_without_amount));
    json_object_set_new(json, "unknown_customers", json_integer((json_int_t)r->n_unknown));
}

json_t *cli_readout_json(const wb_readout *r)
{
    json_t *parts = json_array(), *worth = json_array(), *sentences = json_array();
    for (size_t g = 1; g < r->n_groups; g++)
        json_array_append_new(parts, json_pack("{s:s, s:s, s:o}", "by", r->groups[g].by, "value", r->groups[g].value, "effects",
                                               effects_json(r, &r->groups[g])));
    for (size_t a = 0; a < r->n_arms && r->worth != NULL; a++)
        json_array_append_new(worth, worth_json(r, a));
    for (size_t i = 0; i < r->n_sentences; i++)
        json_array_append_new(sentences, json_string(r->sentences[i]));
    json_t *json = json_pack("{s:I, s:s, s:f, s:I, s:I, s:I, s:I}", "customers", (json_int_t)r->n_customers, "control", r->control, "level",
                             r->level, "resamples", (json_int_t)r->n_resamples, "seed", (json_int_t)r->seed, "strata",
                             (json_int_t)r->n_strata, "strata_pooled", (json_int_t)r->n_pooled);
    if (r->sent_at_us != WB_TIME_MISSING)
        set_orders(json, r);
    json_object_set_new(json, "effects", effects_json(r, &r->groups[0]));
    json_object_set_new(json, "worth", worth);
    json_object_set_new(json, "parts", parts);
    json_object_set_new(json, "sentences", sentences);
    return json;
}
