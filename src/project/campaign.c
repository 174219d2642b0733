/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What contacts cost and bring. */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "project/schema.h"

static wb_status read_amount(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    const char *text = wbi_at_text(at);
    double value;
    if (!(wbi_double_read(&value, text, strlen(text), '.') && value >= 0))
        return wbi_at_refuse(at, err, "an amount of 0 or more");
    *(double *)field = value;
    return WB_OK;
}

static wb_status read_rate(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    WBI_TRY(wbi_at_want_text(at, err));
    const char *text = wbi_at_text(at);
    double value;
    if (!(wbi_double_read(&value, text, strlen(text), '.') && value > 0 && value < 1))
        return wbi_at_refuse(at, err, "a share of more than 0 and less than 1");
    *(double *)field = value;
    return WB_OK;
}

static wb_status read_value(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wbi_campaign_def *campaign = field;
    double value;
    WBI_TRY(wbi_at_want_text(at, err));
    const char *text = wbi_at_text(at);
    if (wbi_double_read(&value, text, strlen(text), '.'))
        return read_amount(&campaign->value, at, key, err);
    return wbi_set_text(&campaign->value_column, text, err);
}

static const wbi_kind kind_amount = {"amount >= 0", "", read_amount, NULL};
static const wbi_kind kind_rate = {"number > 0, less than 1", "", read_rate, NULL};
static const wbi_kind kind_value = {"amount >= 0, or column", "", read_value, NULL};

#define AT(member) offsetof(wbi_campaign_def, member)
const wbi_key wbi_campaign_keys[] = {
    {"offer_cost", &kind_amount, AT(offer_cost), "10", .meaning = "what an offer costs that is taken"},
    {"contact_cost", &kind_amount, AT(contact_cost), "1", .meaning = "what it costs to contact a customer"},
    {"keep_rate", &kind_rate, AT(keep_rate), "0.3",
     .meaning = "the share of the customers about to leave whom the offer keeps"},
    {"value", &kind_value, 0, "200",
     .meaning = "what a customer is worth who is kept: an amount, or a column of the features, of which the mean is taken"},
    {.name = NULL}};
#undef AT

static wb_status read_campaign(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wbi_campaign_def *campaign = field;
    campaign->said = true;
    campaign->offer_cost = campaign->contact_cost = campaign->keep_rate = campaign->value = NAN;
    return wbi_read_mapping(campaign, at, key->children, err);
}

const wbi_kind wbi_kind_campaign = {"mapping", "", read_campaign, NULL};
