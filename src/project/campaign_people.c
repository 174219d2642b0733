/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whom a campaign may reach: consent, suppression, caps, and rules in the expression language. */
#include <string.h>

#include "base/memory.h"
#include "project/schema.h"

/* ---- consent: not_required, or {email: email_consent} */

typedef struct consent_columns {
    char *email, *phone, *sms, *post;
} consent_columns;

#define AT(member) offsetof(consent_columns, member)
const wbi_key wbi_consent_keys[] = {
    {"email", &wbi_kind_text, AT(email), NULL, .meaning = "the column of the customers that says yes to e-mail"},
    {"phone", &wbi_kind_text, AT(phone), NULL, .meaning = "the same to calls"},
    {"sms", &wbi_kind_text, AT(sms), NULL, .meaning = "the same to text messages"},
    {"post", &wbi_kind_text, AT(post), NULL, .meaning = "the same to letters"},
    {.name = NULL}};
#undef AT

static wb_status add_consent(wb_campaign *campaign, const char *channel, const char *column, wb_error *err)
{
    if (column == NULL)
        return WB_OK;
    wb_campaign_consent *consent = (wb_campaign_consent *)&campaign->consents[campaign->n_consents++];
    WBI_TRY(wbi_set_text((char **)&consent->channel, channel, err));
    return wbi_set_text((char **)&consent->column, column, err);
}

static wb_status take_consents(wb_campaign *campaign, const consent_columns *columns, wb_error *err)
{
    campaign->consents = wbi_alloc_zeroed(4, sizeof *campaign->consents);
    if (campaign->consents == NULL)
        return wbi_fail_nomem(err, 4 * sizeof *campaign->consents);
    WBI_TRY(add_consent(campaign, "email", columns->email, err));
    WBI_TRY(add_consent(campaign, "phone", columns->phone, err));
    WBI_TRY(add_consent(campaign, "sms", columns->sms, err));
    return add_consent(campaign, "post", columns->post, err);
}

static wb_status read_consent(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wb_campaign *campaign = field;
    if (wbi_at_is_text(at) && strcmp(wbi_at_text(at), "not_required") == 0) {
        campaign->consent = WB_CONSENT_NOT_REQUIRED;
        return WB_OK;
    }
    if (!wbi_at_is_mapping(at) || wbi_at_length(at) == 0)
        return wbi_at_fail(at, err, "must be not_required, or a column for each channel: {email: email_consent}");
    consent_columns columns = {0};
    wb_status status = wbi_read_mapping(&columns, at, key->children, err);
    if (status == WB_OK)
        status = take_consents(campaign, &columns, err);
    campaign->consent = WB_CONSENT_BY_COLUMN;
    wbi_free(columns.email);
    wbi_free(columns.phone);
    wbi_free(columns.sms);
    wbi_free(columns.post);
    return status;
}

const wbi_kind wbi_kind_consent = {"`not_required`, or mapping", "", read_consent, NULL};

/* ---- caps: {country: {DE: 100}, segment: 200} */

static size_t count_caps(const wbi_at *at)
{
    size_t n = 0;
    for (size_t i = 0; i < wbi_at_length(at); i++) {
        const wbi_at column = wbi_at_child(at, i);
        n += wbi_at_is_mapping(&column) ? wbi_at_length(&column) : 1;
    }
    return n;
}

static wb_status add_cap(wb_campaign *campaign, const char *column, const char *value, const wbi_at *at, wb_error *err)
{
    wb_campaign_cap *cap = (wb_campaign_cap *)&campaign->caps[campaign->n_caps++];
    WBI_TRY(wbi_set_text((char **)&cap->column, column, err));
    if (value != NULL)
        WBI_TRY(wbi_set_text((char **)&cap->value, value, err));
    return wbi_read_whole(&cap->most, at, 0, err);
}

static wb_status read_caps(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    wb_campaign *campaign = field;
    WBI_TRY(wbi_at_want_mapping(at, err));
    const size_t n = count_caps(at);
    campaign->caps = wbi_alloc_zeroed(n, sizeof *campaign->caps);
    if (campaign->caps == NULL)
        return wbi_fail_nomem(err, n * sizeof *campaign->caps);
    for (size_t i = 0; i < wbi_at_length(at); i++) {
        const wbi_at column = wbi_at_child(at, i);
        if (!wbi_at_is_mapping(&column)) {
            WBI_TRY(add_cap(campaign, column.name, NULL, &column, err));
            continue;
        }
        for (size_t k = 0; k < wbi_at_length(&column); k++) {
            const wbi_at value = wbi_at_child(&column, k);
            WBI_TRY(add_cap(campaign, column.name, value.name, &value, err));
        }
    }
    return WB_OK;
}

const wbi_kind wbi_kind_caps = {"mapping of columns to whole numbers, or to a mapping of their values", "", read_caps, NULL};

/* ---- exclude: [{name:, when:}], route: [{to:, when:}] */

typedef struct rule_def {
    char *name;
    WBI_PLACED(when);
} rule_def;

#define AT(member) offsetof(rule_def, member)
const wbi_key wbi_exclude_keys[] = {
    {"name", &wbi_kind_text, AT(name), "the expression", .meaning = "what the rule is called where customers are counted"},
    {"when", &wbi_kind_expression, AT(when), NULL, .meaning = "whom it concerns, over features at the scores' cutoff: `tickets_open > 0`",
     .required = true},
    {.name = NULL}};
const wbi_key wbi_route_keys[] = {
    {"to", &wbi_kind_name, AT(name), NULL, .meaning = "the list; its name is put after the main list's: `list-call.csv`", .required = true},
    {"when", &wbi_kind_expression, AT(when), NULL, .meaning = "whom it concerns, as for `exclude`", .required = true},
    {.name = NULL}};
#undef AT

static wb_status read_rule(wb_campaign_rule *rule, const wbi_at *at, const wbi_key *keys, wb_error *err)
{
    rule_def def = {0};
    wb_status status = wbi_read_mapping(&def, at, keys, err);
    *rule = (wb_campaign_rule){def.name, def.when, def.when_at.line, def.when_at.column};
    return status;
}

static wb_status read_rules(const wb_campaign_rule **rules, size_t *n_rules, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    WBI_TRY(wbi_at_want_list(at, err));
    const size_t n = wbi_at_length(at);
    wb_campaign_rule *all = wbi_alloc_zeroed(n, sizeof *all);
    if (all == NULL)
        return wbi_fail_nomem(err, n * sizeof *all);
    *rules = all;
    while (*n_rules < n) {
        const wbi_at item = wbi_at_child(at, *n_rules);
        WBI_TRY(read_rule(&all[(*n_rules)++], &item, key->children, err));
    }
    return WB_OK;
}

static wb_status read_exclude(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wb_campaign *campaign = field;
    return read_rules(&campaign->excludes, &campaign->n_excludes, at, key, err);
}

static wb_status read_route(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wb_campaign *campaign = field;
    return read_rules(&campaign->routes, &campaign->n_routes, at, key, err);
}

const wbi_kind wbi_kind_exclude = {"list of mappings", "[]", read_exclude, NULL};
const wbi_kind wbi_kind_route = {"list of mappings", "[]", read_route, NULL};

/* ---- files */

static wb_status read_files(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wb_campaign *campaign = field;
    const bool is_list = wbi_at_is_list(at);
    const size_t n = is_list ? wbi_at_length(at) : 1;
    char **files = wbi_alloc_zeroed(n, sizeof *files);
    if (files == NULL)
        return wbi_fail_nomem(err, n * sizeof *files);
    campaign->suppress = (const char *const *)files;
    while (campaign->n_suppress < n) {
        const wbi_at file = is_list ? wbi_at_child(at, campaign->n_suppress) : *at;
        WBI_TRY(wbi_kind_file.read(&files[campaign->n_suppress++], &file, key, err));
    }
    return WB_OK;
}

const wbi_kind wbi_kind_files = {"path, or list of paths", "", read_files, NULL};

/* ---- calling codes: 49, +49 */

static wb_status read_calling_code(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    const char *digits = wbi_at_text(at) + (wbi_at_text(at)[0] == '+');
    const size_t n = strspn(digits, "0123456789");
    if (n < 1 || n > 3 || digits[n] != '\0' || digits[0] == '0')
        return wbi_at_refuse(at, err, "a country's calling code, such as 49");
    return wbi_set_text(field, digits, err);
}

const wbi_kind wbi_kind_calling_code = {"calling code", "", read_calling_code, NULL};
