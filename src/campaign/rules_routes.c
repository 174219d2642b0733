/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditions that exclude customers, or put them on a list of their own. */
#include <string.h>

#include "base/memory.h"
#include "campaign/asking.h"
#include "campaign/conditions.h"
#include "campaign/wanted.h"

/* Excludes, then routes. */
wb_campaign_rule *wbi_rules_join(const wb_campaign *s, wb_error *err)
{
    const size_t n = s->n_excludes + s->n_routes;
    wb_campaign_rule *rules = wbi_alloc_array(n, sizeof *rules);
    if (rules == NULL)
        wbi_fail_nomem(err, n * sizeof *rules);
    for (size_t k = 0; rules != NULL && k < n; k++)
        rules[k] = k < s->n_excludes ? s->excludes[k] : s->routes[k - s->n_excludes];
    return rules;
}

static wb_status exclude(wbi_asking *a, const wb_campaign_rule *rule, const uint8_t *holds, wb_error *err)
{
    uint16_t excluded;
    WBI_TRY(wbi_asking_add(a, &excluded, WBI_RULE_EXCLUDED, NULL, err, "%s", rule->name != NULL ? rule->name : rule->when));
    for (size_t row = 0; row < a->people->n; row++)
        if (holds[row])
            wbi_asking_remove(a, row, excluded);
    return WB_OK;
}

static void warn_without_phone(const wbi_asking *a, const wb_campaign_rule *rule)
{
    const char *name = wbi_address_column(a->settings, WBI_LIST_PHONE);
    if (strcmp(rule->name, "call") == 0 && wbi_people_find_fact(a->people, name).where == WBI_PEOPLE_NOWHERE)
        wbi_log(a->reading->log, WB_LOG_WARNING, "the list 'call' has no phone numbers: neither customers nor scores have a column %s", name);
}

static wb_status route(wbi_asking *a, const wb_campaign_rule *rule, const uint8_t *holds, uint8_t *consent, wb_error *err)
{
    uint16_t routed, refused = 0;
    const char *channel = wbi_channel_of(a->settings, rule);
    WBI_TRY(wbi_consent_find(consent, a, rule, err));
    warn_without_phone(a, rule);
    WBI_TRY(wbi_asking_add(a, &routed, WBI_RULE_ROUTED, rule->name, err, "routed to %s", rule->name));
    if (a->settings->consent == WB_CONSENT_BY_COLUMN)
        WBI_TRY(wbi_asking_add(a, &refused, WBI_RULE_NOT_ROUTED, rule->name, err, "to be routed to %s, no consent to %s", rule->name,
                               channel));
    for (size_t row = 0; row < a->people->n; row++)
        if (holds[row])
            wbi_asking_remove(a, row, consent[row] ? routed : refused);
    return WB_OK;
}

static wb_status apply(wbi_asking *a, const wb_campaign_rule *rules, const wbi_conditions *conditions, wb_error *err)
{
    const size_t n = a->people->n, n_excludes = a->settings->n_excludes;
    wb_status status = WB_OK;
    uint8_t *consent = wbi_alloc_array(n, 1);
    if (consent == NULL)
        return wbi_fail_nomem(err, n);
    for (size_t k = 0; status == WB_OK && k < n_excludes + a->settings->n_routes; k++)
        status = k < n_excludes ? exclude(a, &rules[k], conditions->holds + k * n, err)
                                : route(a, &rules[k], conditions->holds + k * n, consent, err);
    wbi_free(consent);
    return status;
}

wb_status wbi_ask_conditions(wbi_asking *a, wb_error *err)
{
    const size_t n = a->settings->n_excludes + a->settings->n_routes;
    wbi_conditions conditions = {0};
    if (n == 0)
        return WB_OK;
    wb_campaign_rule *rules = wbi_rules_join(a->settings, err);
    if (rules == NULL)
        return WB_ERR_NOMEM;
    wb_status status = wbi_conditions_ask(&conditions, a->people, a->project, rules, n, a->reading, err);
    if (status == WB_OK && conditions.n_without_events > 0)
        wbi_log(a->reading->log, WB_LOG_WARNING,
                "%llu of %zu customers have no row in the tables that exclude: and route: read: they do not apply to these",
                (unsigned long long)conditions.n_without_events, a->people->n);
    if (status == WB_OK)
        status = apply(a, rules, &conditions, err);
    wbi_conditions_free(&conditions);
    wbi_free(rules);
    return status;
}
