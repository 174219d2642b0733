/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/campaign.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 52, COUNT_WIDTH = 12, AMOUNT_WIDTH = 14, SHOWN_DEPTHS = 10 };

const char *cli_cents(char text[CLI_TEXT_CHARS], int64_t cents)
{
    char units[CLI_TEXT_CHARS];
    const uint64_t size = cents < 0 ? 0 - (uint64_t)cents : (uint64_t)cents;
    snprintf(text, CLI_TEXT_CHARS, "%s%s.%02d", cents < 0 ? "-" : "", cli_count(units, size / 100), (int)(size % 100));
    return text;
}

/* Of an amount; empty where it is not known. */
static const char *amount(char text[CLI_TEXT_CHARS], double value)
{
    if (!isfinite(value) || fabs(value) > 1e15)
        return strcpy(text, "");
    return cli_cents(text, (int64_t)llround(value * 100));
}

static void print_count(const char *name, uint64_t n)
{
    char count[CLI_TEXT_CHARS];
    cli_print_name(name, NAME_WIDTH, NAME_WIDTH);
    cli_print_right(cli_count(count, n), COUNT_WIDTH);
    putchar('\n');
}

static void print_step(const wb_campaign_step *step)
{
    char name[CLI_CELL_BYTES + 2];
    snprintf(name, sizeof name, "  %.1000s", step->name);
    print_count(name, step->n);
}

/* From everybody who was scored to who is on the list. */
static void print_funnel(const wb_campaign_summary *s)
{
    print_count("scored", s->n_scored);
    for (size_t i = 0; i < s->n_steps; i++)
        print_step(&s->steps[i]);
    print_count("may be contacted", s->n_eligible);
    print_count("  not worth a contact", s->n_eligible - s->n_worthwhile);
    if (s->settings.n_caps > 0)
        print_count("  over a cap", s->n_capped);
    if (!isnan(s->settings.budget) || s->settings.max_contacts > 0)
        print_count(isnan(s->settings.budget) ? "  beyond max_contacts" : s->settings.max_contacts > 0 ? "  beyond budget or max_contacts"
                                                                                                      : "  beyond the budget",
                    s->n_beyond);
    print_count("  held out, the control group", s->n_control);
    print_count("on the list", s->list.n);
}

static void print_interval(const wb_campaign_money *m)
{
    char low[CLI_TEXT_CHARS], high[CLI_TEXT_CHARS];
    const double percent = 100 * m->pays;
    const bool nearly = percent > 99.5 && percent < 100, hardly = percent > 0 && percent < 0.5;
    if (isfinite(m->low))
        printf(" (95 %%: %s to %s by the keep rate; above 0 with %s%.0f %%)", amount(low, m->low), amount(high, m->high),
               nearly ? "over " : hardly ? "under " : "", nearly ? 99 : hardly ? 1 : percent);
}

static void print_money(const wb_campaign_summary *s)
{
    char text[4][CLI_TEXT_CHARS];
    const wb_campaign_money *m = &s->list;
    printf("\nexpected profit %s", cli_cents(text[0], m->profit_cents));
    print_interval(m);
    printf("\nexpected cost %s: contacts %s, offers %s; %s if everybody takes the offer\n", cli_cents(text[0], m->cost_cents),
           cli_cents(text[1], m->contacts_cents), cli_cents(text[2], m->offers_cents), cli_cents(text[3], m->worst_cents));
    if (s->by_uplift)
        printf("the scores say what a contact changes (uplift); how sure that is, they do not, so the profit has no interval\n");
}

/* ---- the control group ---- */

static void print_tenths(const wb_campaign_summary *s)
{
    char list[CLI_TEXT_CHARS], control[CLI_TEXT_CHARS], one[CLI_TEXT_CHARS], other[CLI_TEXT_CHARS];
    printf("\nlist against control, by tenths of the probability\n");
    printf("%-18s %10s %10s %10s %16s %16s\n", "probability", "list", "control", "held out", "value, list", "value, control");
    for (size_t t = 0; t < s->n_tenths; t++) {
        const wb_campaign_tenth *tenth = &s->tenths[t];
        printf("%.3f to %-9.3f %10s %10s %8.1f %% %16s %16s\n", tenth->low, tenth->high, cli_count(list, tenth->n_list),
               cli_count(control, tenth->n_control), 100 * (double)tenth->n_control / (double)(tenth->n_list + tenth->n_control),
               amount(one, tenth->value_list), amount(other, tenth->value_control));
    }
}

static void print_effect(const wb_campaign_summary *s, double provable_effect)
{
    char count[CLI_TEXT_CHARS];
    if (s->least_effect >= 1)
        printf("\nleast effect that can be shown (power 80 %%, at 5 %%): none, these are too few\n");
    else if (isfinite(s->least_effect))
        printf("\nleast effect that can be shown (power 80 %%, at 5 %%): %.2f points of the rate, which is %.1f %% by the scores\n",
               100 * s->least_effect, 100 * s->rate);
    if (isnan(provable_effect) || isnan(s->customers_needed))
        return;
    if (isfinite(s->holdout_needed))
        printf("to show %.2f points among these customers, hold out %.1f %% (holdout: %.4g)\n", 100 * provable_effect,
               100 * s->holdout_needed, ceil(1e4 * s->holdout_needed) / 1e4);
    else
        printf("to show %.2f points these customers are too few: it takes %s, half of them held out\n", 100 * provable_effect,
               cli_count(count, (uint64_t)s->customers_needed));
}

/* ---- depths ---- */

static void print_depth_header(const char *first)
{
    printf("%-16s %10s %14s %14s %14s %14s\n", first, "contacts", "cost", "profit", "low", "high");
}

static void print_depth(const char *name, const wb_campaign_money *m, const char *note)
{
    char text[5][CLI_TEXT_CHARS];
    printf("%-16s %10s %14s %14s %14s %14s%s\n", name, cli_count(text[0], m->n), cli_cents(text[1], m->cost_cents),
           cli_cents(text[2], m->profit_cents), amount(text[3], m->low), amount(text[4], m->high), note);
}

static void print_budgets(const wb_campaign_summary *s)
{
    char name[CLI_TEXT_CHARS];
    printf("\nwhat other budgets bring\n");
    print_depth_header("budget");
    for (size_t b = 0; b < s->n_budgets; b++) {
        const double factor = s->budget_factors[b];
        const double budget = isnan(s->settings.budget) ? (double)s->list.cost_cents / 100 : s->settings.budget;
        if (isinf(factor))
            strcpy(name, "no limit");
        else
            amount(name, budget * factor);
        print_depth(name, &s->budgets[b], factor == 1 ? "  this list" : "");
    }
}

static void print_depths(const wb_campaign_summary *s)
{
    char name[CLI_TEXT_CHARS];
    const size_t last = s->n_points - 1;
    printf("\nprofit by depth, of the %s who %sare not held out\n", cli_count(name, s->points[last].n),
           s->settings.n_caps > 0 ? "are within the caps and " : "");
    print_depth_header("depth");
    size_t before = SIZE_MAX;
    for (size_t i = 1; i <= SHOWN_DEPTHS; i++) {
        const size_t point = (last * i + SHOWN_DEPTHS / 2) / SHOWN_DEPTHS;
        if (point == before || point == 0)
            continue;
        before = point;
        snprintf(name, sizeof name, "%.0f %%", 100 * (double)s->points[point].n / (double)s->points[last].n);
        print_depth(name, &s->points[point], "");
    }
    print_depth("best", &s->best, "");
}

void cli_print_campaign(const wb_campaign_summary *s, double provable_effect)
{
    print_funnel(s);
    if (s->list.n > 0) {
        print_money(s);
        print_budgets(s);
    }
    if (s->n_points > 1)
        print_depths(s);
    if (s->n_tenths > 0)
        print_tenths(s);
    print_effect(s, provable_effect);
}

/* ---- JSON ---- */

static json_t *cents_json(int64_t cents)
{
    return json_real((double)cents / 100);
}

static json_t *money_json(const wb_campaign_money *m)
{
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "contacts", (json_int_t)m->n, "contact_cost",
                     cents_json(m->contacts_cents), "offer_cost", cents_json(m->offers_cents), "cost", cents_json(m->cost_cents),
                     "worst_cost", cents_json(m->worst_cents), "profit", cents_json(m->profit_cents), "profit_low",
                     cli_number_json(m->low), "profit_high", cli_number_json(m->high), "pays", cli_number_json(m->pays));
}

static json_t *rules_json(const wb_campaign_summary *s)
{
    json_t *rules = json_array();
    for (size_t i = 0; i < s->n_steps; i++)
        json_array_append_new(rules, json_pack("{s:s, s:I, s:b}", "rule", s->steps[i].name, "removed", (json_int_t)s->steps[i].n,
                                               "routed", s->steps[i].is_route));
    return rules;
}

static json_t *tenths_json(const wb_campaign_summary *s)
{
    json_t *tenths = json_array();
    for (size_t t = 0; t < s->n_tenths; t++) {
        const wb_campaign_tenth *tenth = &s->tenths[t];
        json_array_append_new(tenths, json_pack("{s:f, s:f, s:I, s:I, s:o, s:o}", "low", tenth->low, "high", tenth->high, "list",
                                                (json_int_t)tenth->n_list, "control", (json_int_t)tenth->n_control, "value_list",
                                                cli_number_json(tenth->value_list), "value_control",
                                                cli_number_json(tenth->value_control)));
    }
    return tenths;
}

static json_t *depths_json(const wb_campaign_summary *s)
{
    json_t *points = json_array();
    for (size_t i = 0; i < s->n_points; i++)
        json_array_append_new(points, money_json(&s->points[i]));
    return points;
}

static json_t *budgets_json(const wb_campaign_summary *s)
{
    json_t *budgets = json_array();
    for (size_t b = 0; b < s->n_budgets; b++) {
        json_t *entry = money_json(&s->budgets[b]);
        json_object_set_new(entry, "factor", cli_number_json(s->budget_factors[b])); /* null: no limit */
        json_array_append_new(budgets, entry);
    }
    return budgets;
}

static json_t *settings_json(const wb_campaign_summary *s)
{
    static const char *const worths[] = {"amount", "column", "orders"};
    const wb_campaign *c = &s->settings;
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:o, s:o, s:o, s:f, s:s, s:o, s:b, s:s, s:s}", "offer_cost", c->offer_cost,
                     "contact_cost", c->contact_cost, "keep_rate", c->keep_rate, "keep_rate_strength", c->keep_rate_strength,
                     "take_rate", c->take_rate, "margin", cli_number_json(c->margin), "budget", cli_number_json(c->budget),
                     "max_contacts", c->max_contacts > 0 ? json_integer((json_int_t)c->max_contacts) : json_null(), "holdout",
                     c->holdout, "value_from", worths[s->worth], "mean_value", cli_number_json(s->mean_value), "uplift",
                     s->by_uplift, "channel", c->channel, "format", c->format);
}

json_t *cli_campaign_json(const wb_campaign_summary *s, double provable_effect)
{
    char cutoff[WB_TIME_CHARS];
    const bool known = s->cutoff_us != WB_TIME_MISSING;
    if (known)
        wb_time_format(s->cutoff_us, cutoff);
    json_t *json = json_pack("{s:s, s:o, s:o, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "campaign", s->settings.name, "cutoff",
                             known ? json_string(cutoff) : json_null(), "settings", settings_json(s), "scored",
                             (json_int_t)s->n_scored, "rules", rules_json(s), "without_value", (json_int_t)s->n_without_value,
                             "may_be_contacted", (json_int_t)s->n_eligible, "worthwhile", (json_int_t)s->n_worthwhile, "over_caps",
                             (json_int_t)s->n_capped, "beyond", (json_int_t)s->n_beyond, "control", (json_int_t)s->n_control);
    json_object_set_new(json, "list", money_json(&s->list));
    json_object_set_new(json, "rate", cli_number_json(s->rate));
    json_object_set_new(json, "least_effect", cli_number_json(s->least_effect));
    if (!isnan(provable_effect)) {
        json_object_set_new(json, "provable_effect", json_real(provable_effect));
        json_object_set_new(json, "holdout_needed", cli_number_json(s->holdout_needed));
        json_object_set_new(json, "customers_needed", cli_number_json(s->customers_needed));
    }
    json_object_set_new(json, "tenths", tenths_json(s));
    json_object_set_new(json, "depths", depths_json(s));
    json_object_set_new(json, "best", money_json(&s->best));
    json_object_set_new(json, "budgets", budgets_json(s));
    return json;
}

void cli_end_campaign(const cli_step *step, const wb_campaign_summary *s, const char *list)
{
    char n_list[CLI_TEXT_CHARS], n_control[CLI_TEXT_CHARS], profit[CLI_TEXT_CHARS];
    cli_step_end(step, "campaign", "%s to contact, %s held out · expected profit %s   %s", cli_count(n_list, s->list.n),
                 cli_count(n_control, s->n_control), cli_cents(profit, s->list.profit_cents), list);
}

const char *cli_route_path(char *path, size_t size, const char **name, const wb_campaign *settings, size_t index, const char *list)
{
    for (size_t route = 0; route < settings->n_routes; route++) {
        bool is_first = true;
        for (size_t before = 0; before < route; before++)
            is_first = is_first && strcmp(settings->routes[before].name, settings->routes[route].name) != 0;
        if (!is_first || index-- > 0)
            continue;
        *name = settings->routes[route].name;
        return wb_campaign_route_path(path, size, list, *name);
    }
    return NULL;
}

void cli_tell_routes(const wb_campaign *settings, const char *list, const cli_common *common)
{
    char path[PATH_MAX], name[CLI_CELL_BYTES];
    const char *route;
    for (size_t i = 0; cli_route_path(path, sizeof path, &route, settings, i, list) != NULL; i++)
        cli_note(common, "route %s   %s", cli_cell(name, route, CLI_NAME_COLUMNS), path);
}

void cli_warn_campaign(const wb_campaign_summary *s, const cli_common *common)
{
    char text[3][CLI_TEXT_CHARS];
    const wb_campaign *c = &s->settings;
    if (s->costs_unsaid)
        cli_note(common, "not said, taken as R's EMP package does:%s%s%s", s->costs_unsaid & 1 ? " offer_cost 10" : "",
                 s->costs_unsaid & 2 ? " contact_cost 1" : "", s->costs_unsaid & 4 ? " keep_rate 0.3" : "");
    if (!c->returning && s->n_harmed > s->n_scored / 2)
        cli_warn(common, "the scores say that contacts make %.0f %% of the customers likelier to leave: if the probabilities are of a good "
                 "thing, say campaign.predicts: returning", 100 * (double)s->n_harmed / (double)s->n_scored);
    if (s->n_without_value > 0)
        cli_warn(common, "%s of all %s scored have no value, those whom the rules remove among them: %s (campaign.missing_value)", cli_count(text[0], s->n_without_value),
                 cli_count(text[1], s->n_scored),
                 c->missing_value == WB_MISSING_VALUE_LEAVE_OUT ? "they are left out"
                 : c->missing_value == WB_MISSING_VALUE_MEAN    ? "they are taken to be worth the mean of the others"
                                                                : "they are taken to be worth nothing");
    if (s->list.n == 0 && s->n_eligible == 0)
        cli_warn(common, "the list is empty: the rules leave nobody");
    else if (s->list.n == 0 && s->n_worthwhile == 0)
        cli_warn(common, "the list is empty: nobody is worth a contact at these costs");
    else if (s->list.n == 0)
        cli_warn(common, "the list is empty: %s", s->n_beyond > 0 ? "the budget does not pay for the first customer" : "caps and control "
                 "group leave nobody");
    if (s->n_control == 0 && s->list.n > 0)
        cli_warn(common, "the control group is empty: %s, so nobody will know what the campaign changed",
                 c->holdout == 0 ? "holdout is 0" : "these are too few for the holdout");
}

static void tell_segments(const wb_segments *segments, const cli_common *common)
{
    char at[WB_TIME_CHARS], count[CLI_TEXT_CHARS];
    if (segments == NULL)
        return;
    const wb_segment_edges edges = wb_segments_edges(segments);
    const char *file = wb_segments_edges_file(segments);
    wb_time_format(edges.cutoff_us, at);
    cli_note(common, "segments by the edges of %s customers at %s%s%s", cli_count(count, edges.n_customers), at,
             file != NULL ? ", from " : ", learned here", file != NULL ? file : "");
}

void cli_tell_campaign(const wb_campaign_summary *s, const cli_common *common)
{
    char text[3][CLI_TEXT_CHARS], name[CLI_CELL_BYTES], at[WB_TIME_CHARS], replaced[CLI_CELL_BYTES + CLI_TEXT_CHARS + 32] = "";
    const cli_step step = cli_step_begin(common);
    tell_segments(s->segments, common);
    if (s->settings.contacts == NULL)
        return;
    cli_cell(name, s->settings.name, CLI_NAME_COLUMNS);
    if (s->n_replaced > 0)
        snprintf(replaced, sizeof replaced, ", in place of %s row%s of '%s'", cli_count(text[0], s->n_replaced),
                 s->n_replaced == 1 ? "" : "s", name);
    cli_step_end(&step, "contacts", "%s contacted and %s held out written%s   %.200s", cli_count(text[1], s->list.n),
                 cli_count(text[2], s->n_control), replaced, s->settings.contacts);
    if (s->n_replaced_other == 0)
        return;
    wb_time_format(s->replaced_at_us, at);
    cli_warn(common, "%s row%s of campaign '%s' at %s %s replaced: who was contacted then is forgotten, and not_contacted_within: does "
             "not see them; a new mailing needs a name of its own (campaign.name)", cli_count(text[0], s->n_replaced_other),
             s->n_replaced_other == 1 ? "" : "s", name, at, s->n_replaced_other == 1 ? "is" : "are");
}

const char **cli_campaign_inputs(size_t *n, const wb_campaign *settings, size_t n_more, wb_error *err)
{
    const char **inputs = calloc(settings->n_suppress + n_more + 1, sizeof *inputs);
    *n = settings->n_suppress;
    if (inputs == NULL)
        *err = (wb_error){.code = WB_ERR_NOMEM, .message = "out of memory"};
    for (size_t i = 0; inputs != NULL && i < settings->n_suppress; i++)
        inputs[i] = settings->suppress[i];
    return inputs;
}
