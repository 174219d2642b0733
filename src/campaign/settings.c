/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/settings.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static const double usual_offer_cost = 10, usual_contact_cost = 1, usual_keep_rate = 0.3; /* as R's EMP package */

wb_status wbi_settings_fail(const wb_project *project, wb_error *err, const char *format, ...)
{
    char message[512];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    const wbi_where where = {project->path, project->campaign.line, 0};
    return wbi_fail_at(err, WB_ERR_INCONSISTENT, where, NULL, 0, "%s", message);
}

/* `low` itself belongs to the range where `low_is_in`. */
typedef struct range {
    const char *name;
    double value, in_project, low, high;
    bool low_is_in, high_is_in;
    const char *wanted;
} range;

/* What the project says is wrong there, what a flag or a program said in its place is wrong here. */
static wb_status check_range(const range *r, const wb_project *project, wb_error *err)
{
    const bool is_in = (r->low_is_in ? r->value >= r->low : r->value > r->low) &&
                       (r->high_is_in ? r->value <= r->high : r->value < r->high);
    if (is_in)
        return WB_OK;
    return r->value == r->in_project ? wbi_settings_fail(project, err, "%s %g is not %s", r->name, r->value, r->wanted)
                                     : wbi_fail(err, WB_ERR_ARGUMENT, "%s %g is not %s", r->name, r->value, r->wanted);
}

static wb_status check_ranges(const wb_campaign *s, const wb_project *project, wb_error *err)
{
    static const char cost[] = "an amount from 0 to 1,000,000", share[] = "a share of more than 0 and less than 1";
    const wb_campaign *p = &project->campaign.settings;
    const range ranges[] = {
        {"the cost of an offer", s->offer_cost, p->offer_cost, 0, WBI_LARGEST_COST, true, true, cost},
        {"the cost of a contact", s->contact_cost, p->contact_cost, 0, WBI_LARGEST_COST, true, true, cost},
        {"the keep rate", s->keep_rate, p->keep_rate, 0, 1, false, false, share},
        {"the strength of the keep rate", s->keep_rate_strength, p->keep_rate_strength, 0, INFINITY, false, false, "a number of more than 0"},
        {"the take rate", s->take_rate, p->take_rate, 0, 1, true, true, "a share from 0 to 1"},
        {"the holdout", s->holdout, p->holdout, 0, 1, true, false, "a share of 0 or more and less than 1"},
        {"the value", s->value, p->value, 0, WBI_LARGEST_VALUE, true, true, "an amount from 0 to 1,000,000,000"},
        {"the margin", s->margin, p->margin, 0, 1, false, true, "a share of more than 0 and at most 1"},
        {"the budget", s->budget, p->budget, 0, 1e12, false, true, "an amount of more than 0, at most 1,000,000,000,000"},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (i < 6 || !isnan(ranges[i].value)) /* the last three may be unsaid */
            WBI_TRY(check_range(&ranges[i], project, err));
    return WB_OK;
}

static wb_status check_said(const wb_campaign *s, const wb_project *project, wb_error *err)
{
    if (s->name == NULL)
        return wbi_settings_fail(project, err, "campaign.name is needed: who is in the control group follows from it");
    if (s->consent == WB_CONSENT_UNSAID)
        return wbi_settings_fail(project, err, "campaign.consent is needed: not_required, or a column for each channel, such as "
                                 "{email: email_consent}");
    if (isnan(s->value) && s->value_column == NULL && isnan(s->margin))
        return wbi_settings_fail(project, err, "campaign.margin (0 to 1) is needed where no campaign.value is said: a kept customer "
                                 "is worth margin x what the orders lead to expect");
    return WB_OK;
}

static double said_or(double said, double otherwise, int bit, int *unsaid)
{
    *unsaid |= isnan(said) ? bit : 0;
    return isnan(said) ? otherwise : said;
}

wb_status wbi_settings_complete(wb_campaign *out, int *unsaid, const wb_campaign *given, const wb_project *project, wb_error *err)
{
    *out = *given;
    *unsaid = 0;
    out->offer_cost = said_or(given->offer_cost, usual_offer_cost, WBI_UNSAID_OFFER_COST, unsaid);
    out->contact_cost = said_or(given->contact_cost, usual_contact_cost, WBI_UNSAID_CONTACT_COST, unsaid);
    out->keep_rate = said_or(given->keep_rate, usual_keep_rate, WBI_UNSAID_KEEP_RATE, unsaid);
    if (given->channel == NULL)
        out->channel = "email";
    if (given->format == NULL)
        out->format = "csv";
    WBI_TRY(check_said(out, project, err));
    return check_ranges(out, project, err);
}

wbi_terms wbi_settings_terms(const wb_campaign *s)
{
    return (wbi_terms){s->offer_cost, s->contact_cost, s->keep_rate, s->keep_rate_strength, s->take_rate, s->returning != 0};
}
