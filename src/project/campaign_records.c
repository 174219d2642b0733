/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copying and freeing what `campaign:` says. */
#include <math.h>

#include "base/memory.h"
#include "project/records.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define AT(member) offsetof(wbi_campaign_def, settings.member)

static const size_t campaign_texts[] = {AT(name), AT(value_column), AT(channel), AT(objected), AT(contacts), AT(email),
                                        AT(phone), AT(first_name), AT(last_name), AT(country), AT(zip),
                                        AT(phone_country), AT(offer), AT(coupon_code), AT(format)};
static const size_t consent_texts[] = {offsetof(wb_campaign_consent, channel), offsetof(wb_campaign_consent, column)};
static const size_t cap_texts[] = {offsetof(wb_campaign_cap, column), offsetof(wb_campaign_cap, value)};
static const size_t rule_texts[] = {offsetof(wb_campaign_rule, name), offsetof(wb_campaign_rule, when)};

static const wbi_record record_campaign = {sizeof(wbi_campaign_def), campaign_texts, COUNT(campaign_texts)};
static const wbi_record record_consent = {sizeof(wb_campaign_consent), consent_texts, COUNT(consent_texts)};
static const wbi_record record_cap = {sizeof(wb_campaign_cap), cap_texts, COUNT(cap_texts)};
static const wbi_record record_rule = {sizeof(wb_campaign_rule), rule_texts, COUNT(rule_texts)};

wb_campaign wbi_campaign_unsaid(void)
{
    return (wb_campaign){.offer_cost = NAN,
                         .contact_cost = NAN,
                         .keep_rate = NAN,
                         .keep_rate_strength = 20,
                         .take_rate = 1,
                         .margin = NAN,
                         .value = NAN,
                         .budget = NAN,
                         .holdout = 0.1};
}

void wbi_campaign_clear_def(wbi_campaign_def *campaign)
{
    wb_campaign *c = &campaign->settings;
    wbi_records_free((void *)c->caps, c->n_caps, &record_cap);
    wbi_records_free((void *)c->suppress, c->n_suppress, &wbi_record_text);
    wbi_records_free((void *)c->consents, c->n_consents, &record_consent);
    wbi_records_free((void *)c->excludes, c->n_excludes, &record_rule);
    wbi_records_free((void *)c->routes, c->n_routes, &record_rule);
    wbi_records_free((void *)c->keep, c->n_keep, &wbi_record_text);
    wbi_record_clear(campaign, &record_campaign);
}

wb_status wbi_campaign_copy_def(wbi_campaign_def *copy, const wbi_campaign_def *from, wb_error *err)
{
    const wb_campaign *f = &from->settings;
    wb_campaign *c = &copy->settings;
    void *caps = NULL, *suppress = NULL, *consents = NULL, *excludes = NULL, *routes = NULL, *keep = NULL;
    WBI_TRY(wbi_record_copy(copy, from, &record_campaign, err));
    wb_status status = wbi_records_copy(&caps, f->caps, f->n_caps, &record_cap, err);
    if (status == WB_OK)
        status = wbi_records_copy(&suppress, f->suppress, f->n_suppress, &wbi_record_text, err);
    if (status == WB_OK)
        status = wbi_records_copy(&consents, f->consents, f->n_consents, &record_consent, err);
    if (status == WB_OK)
        status = wbi_records_copy(&excludes, f->excludes, f->n_excludes, &record_rule, err);
    if (status == WB_OK)
        status = wbi_records_copy(&routes, f->routes, f->n_routes, &record_rule, err);
    if (status == WB_OK)
        status = wbi_records_copy(&keep, f->keep, f->n_keep, &wbi_record_text, err);
    c->caps = caps, c->suppress = suppress, c->consents = consents;
    c->excludes = excludes, c->routes = routes, c->keep = keep;
    c->n_caps = caps != NULL ? f->n_caps : 0;
    c->n_suppress = suppress != NULL ? f->n_suppress : 0;
    c->n_consents = consents != NULL ? f->n_consents : 0;
    c->n_excludes = excludes != NULL ? f->n_excludes : 0;
    c->n_routes = routes != NULL ? f->n_routes : 0;
    c->n_keep = keep != NULL ? f->n_keep : 0;
    if (status != WB_OK)
        wbi_campaign_clear_def(copy);
    return status;
}
