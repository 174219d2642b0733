/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is wrong with a campaign can often be known before there are scores. */
#include <winback/campaign.h>

#include "base/memory.h"
#include "campaign/asking.h"
#include "campaign/conditions.h"
#include "campaign/settings.h"
#include "campaign/suppress.h"
#include "contacts/contacts.h"
#include "lists/lists.h"

static wb_status check_consents(const wb_project *project, const wb_campaign *s, wb_error *err)
{
    WBI_TRY(wbi_consent_check(s, project, NULL, err));
    for (size_t r = 0; r < s->n_routes; r++)
        WBI_TRY(wbi_consent_check(s, project, &s->routes[r], err));
    return WB_OK;
}

static wb_status check_columns(const wb_project *project, const wb_campaign *s, const wb_read_options *reading, wb_error *err)
{
    bool has;
    size_t n = 0;
    wbi_wanted_fact *wanted = wbi_alloc_array(s->n_consents + 2, sizeof *wanted);
    if (wanted == NULL)
        return wbi_fail_nomem(err, (s->n_consents + 2) * sizeof *wanted);
    for (size_t k = 0; k < s->n_consents; k++)
        wanted[n++] = (wbi_wanted_fact){s->consents[k].column, true};
    if (s->objected != NULL)
        wanted[n++] = (wbi_wanted_fact){s->objected, true};
    if (s->value_column != NULL)
        wanted[n++] = (wbi_wanted_fact){s->value_column, true};
    wb_status status = wbi_facts_check(&has, project, wanted, n, reading, err);
    if (status == WB_OK && !has && n > 0) {
        status = wbi_settings_fail(project, err, "campaign: names the column '%.200s' of the customers, and the project has none",
                                   wanted[0].name);
        wbi_advise(err, "name their file in the project: tables: {customers: {file: customers.csv}}");
    }
    wbi_free(wanted);
    return status;
}

static wb_status check_conditions(const wb_project *project, const wb_campaign *s, const wb_read_options *reading, wb_error *err)
{
    const size_t n = s->n_excludes + s->n_routes;
    if (n == 0)
        return WB_OK;
    wb_campaign_rule *rules = wbi_rules_join(s, err);
    if (rules == NULL)
        return WB_ERR_NOMEM;
    const wb_status status = wbi_conditions_check(project, rules, n, reading, err);
    wbi_free(rules);
    return status;
}

static wb_status pass_contact(void *context, const wbi_contact *contact, wb_error *err)
{
    (void)context;
    (void)contact;
    (void)err;
    return WB_OK;
}

static wb_status check_files(const wb_campaign *s, const wb_read_options *reading, wb_error *err)
{
    wbi_suppressed suppressed = {0};
    const wb_status status = wbi_suppressed_read(&suppressed, s->suppress, s->n_suppress, reading, err);
    wbi_suppressed_free(&suppressed);
    WBI_TRY(status);
    if (s->contacts == NULL)
        return s->not_contacted_within_us == 0 ? WB_OK : wbi_contacts_unsaid(err);
    return wbi_contacts_exist(s->contacts) ? wbi_contacts_read(s->contacts, pass_contact, NULL, err) : WB_OK;
}

wb_status wb_campaign_check(const wb_project *project, const wb_campaign *settings, const wb_read_options *reading, wb_error *err)
{
    int unsaid;
    wb_campaign s;
    wbi_list_format format;
    wb_read_options silently = *reading;
    silently.log = NULL; /* the campaign itself will say it */
    WBI_TRY(wbi_settings_complete(&s, &unsaid, settings, project, err));
    WBI_TRY(wbi_list_format_find(&format, s.format, err));
    WBI_TRY(check_consents(project, &s, err));
    WBI_TRY(check_columns(project, &s, &silently, err));
    WBI_TRY(check_files(&s, &silently, err));
    return check_conditions(project, &s, &silently, err);
}
