/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/plan.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "campaign/depth.h"
#include "campaign/settings.h"
#include "kernel/gsl.h"
#include "lists/lists.h"

static wb_status need_arrays(wb_campaign_plan *plan, wb_error *err)
{
    const size_t n = plan->people.n;
    plan->value = wbi_alloc_array(n, sizeof *plan->value);
    plan->probability = wbi_alloc_array(n, sizeof *plan->probability);
    plan->worth = wbi_alloc_array(n, sizeof *plan->worth);
    plan->worth_cents = wbi_alloc_array(n, sizeof *plan->worth_cents);
    plan->removed = wbi_alloc_zeroed(n, sizeof *plan->removed);
    plan->held_out = wbi_alloc_zeroed(n, sizeof *plan->held_out);
    const bool all = plan->value != NULL && plan->probability != NULL && plan->worth != NULL && plan->worth_cents != NULL &&
                     plan->removed != NULL && plan->held_out != NULL;
    return all ? WB_OK : wbi_fail_nomem(err, n * (sizeof *plan->worth + 3 * sizeof(double) + 2));
}

static wb_status read_people(wb_campaign_plan *plan, const char *scores, const wb_campaign_options *options,
                             const wb_read_options *reading, wb_error *err)
{
    const char *const columns[] = {"segment"};
    const wb_campaign *s = &plan->summary.settings;
    const wbi_people_options o = {options->id, options->probability, columns, 1, options->at_us};
    WBI_TRY(wbi_people_read(&plan->people, scores, plan->project, s, &o, reading, err));
    plan->summary.n_scored = plan->people.n;
    plan->summary.cutoff_us = plan->people.cutoff_us;
    plan->summary.by_uplift = plan->people.uplift != SIZE_MAX;
    if (s->contacts != NULL && plan->people.n > 0 && plan->people.cutoff_us == WB_TIME_MISSING)
        return wbi_fail_at(err, WB_ERR_INCONSISTENT, (wbi_where){scores, 0, 0}, NULL, 0,
                           "the scores have no cutoff, and campaign.contacts needs to know when they were made (--at says it, too)");
    return need_arrays(plan, err);
}

static void weigh(wb_campaign_plan *plan)
{
    const wb_campaign *s = &plan->summary.settings;
    const wbi_terms terms = wbi_settings_terms(s);
    for (size_t row = 0; row < plan->people.n; row++) {
        const wbi_str id = wbi_people_id(&plan->people, row);
        const double uplift = wbi_people_uplift(&plan->people, row);
        plan->summary.n_harmed += s->returning ? uplift < 0 : uplift > 0;
        plan->probability[row] = wbi_people_probability(&plan->people, row);
        plan->worth[row] = wbi_worth_of(&terms, plan->probability[row], uplift, plan->value[row]);
        plan->worth_cents[row] = plan->worth[row].value_cents;
        plan->held_out[row] = wbi_hash_unit("holdout", s->name, id.data, id.length) < s->holdout;
    }
}

/* What rules removed, and behind them who has no value. */
static wb_status take_rules(wb_campaign_plan *plan, wb_error *err)
{
    const wbi_permitted *p = &plan->permitted;
    wb_campaign_summary *s = &plan->summary;
    uint64_t n_unknown = 0;
    for (size_t row = 0; row < plan->people.n; row++) {
        plan->removed[row] = p->rule[row] != 0 || plan->worth_cents[row] == WBI_WORTH_UNKNOWN;
        n_unknown += p->rule[row] == 0 && plan->worth_cents[row] == WBI_WORTH_UNKNOWN;
    }
    plan->steps = wbi_alloc_zeroed(p->n_rules + 1, sizeof *plan->steps);
    if (plan->steps == NULL)
        return wbi_fail_nomem(err, (p->n_rules + 1) * sizeof *plan->steps);
    for (size_t r = 0; r < p->n_rules; r++)
        plan->steps[r] = (wb_campaign_step){p->rules[r].name, p->rules[r].n, p->rules[r].kind == WBI_RULE_ROUTED};
    s->steps = plan->steps;
    s->n_steps = p->n_rules;
    if (n_unknown > 0)
        plan->steps[s->n_steps++] = (wb_campaign_step){"value not known", n_unknown, 0};
    return WB_OK;
}

static wb_status walk_down(wb_campaign_plan *plan, const wb_read_options *reading, wb_error *err)
{
    const wb_campaign *s = &plan->summary.settings;
    wbi_plan_caps caps = {0};
    wb_status status = wbi_plan_find_caps(&caps, plan, reading, err);
    const wbi_walk walk = {plan->worth, plan->removed, plan->held_out, plan->people.by_id, plan->people.n, caps.caps, caps.n,
                           isnan(s->budget) ? INT64_MAX : wbi_to_micros(s->budget),
                           s->max_contacts == 0 ? UINT64_MAX : s->max_contacts};
    if (status == WB_OK)
        status = wbi_walk_down(&plan->walked, &walk, err);
    wbi_plan_caps_free(&caps);
    return status;
}

static wb_status measure(wb_campaign_plan *plan, const wb_campaign_options *options, wb_error *err)
{
    wb_campaign_summary *s = &plan->summary;
    const wbi_walked *w = &plan->walked;
    const wbi_terms terms = wbi_settings_terms(&s->settings);
    const wbi_depths depths = {w, plan->worth, &terms, s->by_uplift != 0, s->settings.budget,
                               s->settings.max_contacts == 0 ? UINT64_MAX : s->settings.max_contacts};
    s->n_eligible = w->n_eligible;
    s->n_worthwhile = w->n_worthwhile;
    s->n_capped = w->n_capped;
    s->n_beyond = w->n_beyond;
    s->n_control = w->n_control;
    wbi_measure_depths(s, &depths);
    WBI_TRY(wbi_measure_balance(s, w, plan->worth, plan->probability, plan->people.by_id, err));
    s->holdout_needed = s->customers_needed = NAN;
    if (isnan(options->provable_effect) || isnan(s->rate))
        return WB_OK;
    s->holdout_needed = wb_campaign_holdout_for(options->provable_effect, s->rate, w->n_list + w->n_control);
    s->customers_needed = wb_campaign_customers_for(options->provable_effect, s->rate);
    return WB_OK;
}

static wb_status make(wb_campaign_plan *plan, const char *scores, const wb_campaign_options *options,
                      const wb_read_options *reading, wb_error *err)
{
    const wb_read_options beside = wbi_people_beside(reading);
    WBI_TRY(read_people(plan, scores, options, reading, err));
    WBI_TRY(wbi_plan_find_values(plan, &beside, err));
    weigh(plan);
    WBI_TRY(wbi_people_permit(&plan->permitted, &plan->people, plan->project, &plan->summary.settings, plan->worth_cents, &beside, err));
    WBI_TRY(take_rules(plan, err));
    WBI_TRY(wbi_plan_find_segments(plan, options->edges, &beside, err));
    WBI_TRY(wbi_plan_count_replaced(plan, err));
    WBI_TRY(walk_down(plan, &beside, err));
    return measure(plan, options, err);
}

wb_status wb_campaign_plan_create(wb_campaign_plan **out, const char *scores, const wb_project *project, const wb_campaign *settings,
                                  const wb_campaign_options *options, const wb_read_options *reading, wb_error *err)
{
    const double effect = options->provable_effect;
    wbi_list_format format;
    if (!isnan(effect) && !(effect > 0 && effect < 1))
        return wbi_fail(err, WB_ERR_ARGUMENT, "the effect to be shown, %g, is not a share of more than 0 and less than 1", effect);
    wb_campaign_plan *plan = wbi_alloc_zeroed(1, sizeof *plan);
    if (plan == NULL)
        return wbi_fail_nomem(err, sizeof *plan);
    plan->project = project;
    wbi_disarm_gsl();
    wb_status status = wbi_settings_complete(&plan->summary.settings, &plan->summary.costs_unsaid, settings, project, err);
    if (status == WB_OK)
        status = wbi_list_format_find(&format, plan->summary.settings.format, err);
    if (status == WB_OK)
        status = make(plan, scores, options, reading, err);
    if (status == WB_OK)
        *out = plan;
    else
        wb_campaign_plan_free(plan);
    return status;
}

void wb_campaign_plan_free(wb_campaign_plan *plan)
{
    if (plan == NULL)
        return;
    wbi_people_free(&plan->people);
    wb_segments_free(plan->segments);
    wbi_free((void *)plan->segment_of);
    wbi_free(plan->value);
    wbi_free(plan->probability);
    wbi_free(plan->worth);
    wbi_free(plan->worth_cents);
    wbi_free(plan->removed);
    wbi_free(plan->held_out);
    wbi_permitted_free(&plan->permitted);
    wbi_walked_free(&plan->walked);
    wbi_free(plan->steps);
    wbi_free(plan);
}

const wb_campaign_summary *wb_campaign_plan_summary(const wb_campaign_plan *plan)
{
    return &plan->summary;
}
