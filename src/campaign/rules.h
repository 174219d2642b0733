/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may be contacted. Rules are asked in one order; the first that applies to a customer removes it, and counts. */
#ifndef WINBACK_CAMPAIGN_RULES_H
#define WINBACK_CAMPAIGN_RULES_H

#include "campaign/people.h"

typedef enum wbi_rule_kind { /* in the order in which they are asked */
    WBI_RULE_SUPPRESSED = 0,
    WBI_RULE_NO_CONSENT,
    WBI_RULE_OBJECTED,
    WBI_RULE_CONTACTED,      /* lately, by another campaign */
    WBI_RULE_EXCLUDED,       /* a condition of `exclude` */
    WBI_RULE_ROUTED,         /* a condition of `route`, and consent to its channel: these are on the list `to` */
    WBI_RULE_NOT_ROUTED,     /* the same without such consent: on no list */
    WBI_RULE_NO_ADDRESS,
    WBI_RULE_INVALID_ADDRESS,
    WBI_RULE_FORMULA_ADDRESS, /* one that spreadsheets would take for a formula */
    WBI_RULE_RELAY_ADDRESS,
    WBI_RULE_ROLE_ADDRESS,
    WBI_RULE_SHARED_ADDRESS  /* a customer of more worth has the address */
} wbi_rule_kind;

typedef struct wbi_rule_count {
    wbi_rule_kind kind;
    char *name;     /* for tables: "no consent to email", or as the project calls it */
    const char *to; /* of routes: the list; borrowed from the settings, else NULL */
    uint64_t n;
} wbi_rule_count;

/* Zero-initialised it may be freed. */
typedef struct wbi_permitted {
    uint16_t *rule;        /* by row of the people: 0 may be contacted; else 1 + index into `rules` */
    wbi_rule_count *rules; /* that were asked, in order, those that removed nobody too */
    size_t n_rules;
    uint64_t n;            /* who may be contacted; n and the rules' sum to the people */
    bool addresses_asked;  /* false: there is no such column, or the channel has no addresses */
} wbi_permitted;

/* Asks all rules of the settings. `worth_cents`, by row, ranks customers of one address: the highest keeps it, of equals the
 * first by id; NULL: all are equal. Who has the address of a
 * customer who is suppressed, objects, or was contacted lately is taken for the same person.
 * Words that are neither yes nor no mean no consent, and an objection; they are warned of. Fails with WB_ERR_INCONSISTENT
 * (consent: unsaid, or not for the channel that is used; `not_contacted_within` without contacts or without a cutoff; a column
 * that is nowhere), WB_ERR_ARGUMENT (more than 65,000 rules), and as readers and wbi_conditions_ask do. */
WB_WARN_UNUSED wb_status wbi_people_permit(wbi_permitted *out, const wbi_people *people, const wb_project *project,
                                           const wb_campaign *settings, const int64_t *worth_cents,
                                           const wb_read_options *reading, wb_error *err);
void wbi_permitted_free(wbi_permitted *permitted);

#endif
