/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the rules share while they are asked. */
#ifndef WINBACK_CAMPAIGN_ASKING_H
#define WINBACK_CAMPAIGN_ASKING_H

#include "campaign/rules.h"
#include "csv/reader.h"
#include "table/dictionary.h"

typedef struct wbi_asking {
    wbi_permitted *out;
    const wbi_people *people;
    const wb_project *project;
    const wb_campaign *settings;
    const int64_t *worth_cents; /* NULL: all are equal */
    const wb_read_options *reading;
    const char *channel;
    wbi_people_column email;    /* WBI_PEOPLE_NOWHERE: there is none */
    wbi_buffer key;             /* of the address at hand */
} wbi_asking;

/* Adds a rule behind the others; *rule is what wbi_permitted.rule says of those whom it removes. */
WB_WARN_UNUSED wb_status wbi_asking_add(wbi_asking *a, uint16_t *rule, wbi_rule_kind kind, const char *to, wb_error *err,
                                        const char *format, ...) WBI_PRINTF(6, 7);
/* Removes a row, unless a rule before did. */
static inline void wbi_asking_remove(wbi_asking *a, size_t row, uint16_t rule)
{
    if (a->out->rule[row] != 0)
        return;
    a->out->rule[row] = rule;
    a->out->rules[rule - 1].n++;
    a->out->n--;
}
/* The e-mail address of a cell as it is compared, borrowed until the next call. */
WB_WARN_UNUSED wb_status wbi_asking_email(wbi_asking *a, wbi_str *out, wbi_str cell, wb_error *err);
/* Adds the address of a cell to a set, if it holds one. */
WB_WARN_UNUSED wb_status wbi_asking_note_email(wbi_asking *a, wbi_dictionary *addresses, wbi_str cell, wb_error *err);
/* Whether the row has one of these addresses. */
WB_WARN_UNUSED wb_status wbi_asking_has_email(wbi_asking *a, bool *has, const wbi_dictionary *addresses, size_t row, wb_error *err);
/* The column of that name; WB_ERR_INCONSISTENT when it is nowhere. */
WB_WARN_UNUSED wb_status wbi_asking_column(const wbi_asking *a, wbi_people_column *out, const char *name, const char *key,
                                           wb_error *err);

/* rules_consent.c: suppression, consent and objection. */
WB_WARN_UNUSED wb_status wbi_ask_suppressed(wbi_asking *a, wb_error *err);
WB_WARN_UNUSED wb_status wbi_ask_consent(wbi_asking *a, wb_error *err);
WB_WARN_UNUSED wb_status wbi_ask_objected(wbi_asking *a, wb_error *err);
/* The channel of a route's list; of the campaign where route is NULL. */
const char *wbi_channel_of(const wb_campaign *settings, const wb_campaign_rule *route);
/* Consent to that channel, by row: 1 yes. WB_ERR_INCONSISTENT, naming the route's line, when the settings do not say where it is. */
WB_WARN_UNUSED wb_status wbi_consent_find(uint8_t *out, const wbi_asking *a, const wb_campaign_rule *route, wb_error *err);
/* That mistake alone. */
WB_WARN_UNUSED wb_status wbi_consent_check(const wb_campaign *settings, const wb_project *project, const wb_campaign_rule *route,
                                           wb_error *err);
/* rules_contacts.c: not those who were contacted lately; and, at the end, who is on another campaign's list as well. */
WB_WARN_UNUSED wb_status wbi_ask_contacted(wbi_asking *a, wb_error *err);
WB_WARN_UNUSED wb_status wbi_warn_of_others(wbi_asking *a, wb_error *err);
/* Fails where contacts: is needed. */
wb_status wbi_contacts_unsaid(wb_error *err);
/* rules_routes.c: exclude: and route:. */
WB_WARN_UNUSED wb_status wbi_ask_conditions(wbi_asking *a, wb_error *err);
/* The excludes, then the routes, as a new array; NULL with `err` when memory is short. */
wb_campaign_rule *wbi_rules_join(const wb_campaign *settings, wb_error *err);
/* rules_addresses.c */
WB_WARN_UNUSED wb_status wbi_ask_addresses(wbi_asking *a, wb_error *err);

#endif
