/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What contacts cost and bring, and what is written; whom they may reach is in campaign_people.c. */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "project/records.h"
#include "project/schema.h"

/* ---- numbers */

typedef struct number_range {
    double low, high;
    bool low_is_in, high_is_in;
    const char *wanted;
} number_range;

static wb_status read_number(void *field, const wbi_at *at, const number_range *range, wb_error *err)
{
    WBI_TRY(wbi_at_want_text(at, err));
    const char *text = wbi_at_text(at);
    double value;
    if (!wbi_double_read(&value, text, strlen(text), '.') ||
        !(range->low_is_in ? value >= range->low : value > range->low) ||
        !(range->high_is_in ? value <= range->high : value < range->high))
        return wbi_at_refuse(at, err, range->wanted);
    *(double *)field = value;
    return WB_OK;
}

#define READ(name, ...)                                                                              \
    static wb_status name(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)          \
    {                                                                                                \
        static const number_range range = {__VA_ARGS__};                                                    \
        (void)key;                                                                                   \
        return read_number(field, at, &range, err);                                                  \
    }
READ(read_amount, 0, INFINITY, true, false, "an amount of 0 or more")
READ(read_budget, 0, INFINITY, false, false, "an amount of more than 0")
READ(read_rate, 0, 1, false, false, "a share of more than 0 and less than 1")
READ(read_margin, 0, 1, false, true, "a share of more than 0 and at most 1")
READ(read_share, 0, 1, true, true, "a share from 0 to 1")
READ(read_holdout, 0, 1, true, false, "a share of 0 or more and less than 1")
READ(read_strength, 0, INFINITY, false, false, "a number of more than 0")
#undef READ

static wb_status read_value(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wb_campaign *campaign = field;
    double value;
    WBI_TRY(wbi_at_want_text(at, err));
    const char *text = wbi_at_text(at);
    if (wbi_double_read(&value, text, strlen(text), '.'))
        return read_amount(&campaign->value, at, key, err);
    return wbi_set_text((char **)&campaign->value_column, text, err);
}

static wb_status read_most(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    return wbi_read_whole(field, at, 1, err);
}

static const wbi_kind kind_amount = {"amount >= 0", "", read_amount, NULL};
static const wbi_kind kind_budget = {"amount > 0", "", read_budget, NULL};
static const wbi_kind kind_rate = {"number > 0, less than 1", "", read_rate, NULL};
static const wbi_kind kind_margin = {"number > 0, at most 1", "", read_margin, NULL};
static const wbi_kind kind_share = {"number from 0 to 1", "", read_share, NULL};
static const wbi_kind kind_holdout = {"number >= 0, less than 1", "", read_holdout, NULL};
static const wbi_kind kind_strength = {"number > 0", "", read_strength, NULL};
static const wbi_kind kind_value = {"amount >= 0, or column", "", read_value, NULL};
static const wbi_kind kind_most = {"whole number > 0", "", read_most, NULL};

/* ---- words */

static wb_status read_word(int *index, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    size_t n = 0;
    WBI_TRY(wbi_at_want_text(at, err));
    for (; key->choices[n] != NULL; n++)
        if (strcmp(key->choices[n], wbi_at_text(at)) == 0) {
            *index = (int)n;
            return WB_OK;
        }
    return wbi_at_refuse_choice(at, key->choices, n, err);
}

static wb_status read_returning(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    return read_word(field, at, key, err);
}

static wb_status read_missing_value(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    int index = 0;
    WBI_TRY(read_word(&index, at, key, err));
    *(wb_missing_value *)field = (wb_missing_value)index;
    return WB_OK;
}

static wb_status read_keep(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    (void)key;
    wb_campaign *campaign = field;
    return wbi_read_words((char ***)&campaign->keep, &campaign->n_keep, at, err);
}

/* Written as well as read, so one file. */
static wb_status read_contacts(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    WBI_TRY(wbi_at_want_text(at, err));
    const char *text = wbi_at_text(at);
    if (strcmp(text, "-") == 0 || strpbrk(text, "*?[") != NULL)
        return wbi_at_refuse(at, err, "the path of one file, which is written, too");
    return wbi_kind_file.read(field, at, key, err);
}

static const wbi_kind kind_contacts = {"path", "", read_contacts, NULL};
static const wbi_kind kind_returning = {NULL, "", read_returning, NULL};
static const wbi_kind kind_missing_value = {NULL, "", read_missing_value, NULL};
static const wbi_kind kind_keep = {"list of texts", "", read_keep, NULL};

static const char *const predicted[] = {"leaving", "returning", NULL};
static const char *const missing_values[] = {"leave_out", "mean", "zero", NULL}; /* wb_missing_value */
static const char *const channels[] = {"email", "phone", "sms", "post", NULL};
static const char *const formats[] = {"csv", "jsonl", "mailchimp", "klaviyo", "hubspot", "brevo", "google", "meta", NULL};

#define AT(member) offsetof(wb_campaign, member)
const wbi_key wbi_campaign_keys[] = {
    {"name", &wbi_kind_text, AT(name), NULL,
     .meaning = "what the campaign is called; who is in its control group follows from it. `winback campaign` needs it"},
    {"offer_cost", &kind_amount, AT(offer_cost), "10", .meaning = "what an offer costs that is taken"},
    {"contact_cost", &kind_amount, AT(contact_cost), "1", .meaning = "what it costs to contact a customer"},
    {"keep_rate", &kind_rate, AT(keep_rate), "0.3",
     .meaning = "the share of the customers about to leave whom the offer keeps"},
    {"keep_rate_strength", &kind_strength, AT(keep_rate_strength), "20",
     .meaning = "how sure that share is: it is taken as if so many customers about to leave had been tried"},
    {"take_rate", &kind_share, AT(take_rate), "1",
     .meaning = "the share of the customers who would stay anyway that takes the offer"},
    {"value", &kind_value, 0, "200; `winback campaign`: from the orders, by `margin`",
     .meaning = "what a customer is worth who is kept: an amount, or a column. `winback campaign` takes it of each customer, from "
                "the scores or the customers; figures of a model take the mean, from the features"},
    {"margin", &kind_margin, AT(margin), NULL,
     .meaning = "the share of revenue that is left after its costs; needed where no `value` is said"},
    {"missing_value", &kind_missing_value, AT(missing_value), "`leave_out`",
     .meaning = "what is done with customers without a value: not contacted, or worth the mean of the others, or nothing",
     .choices = missing_values},
    {"predicts", &kind_returning, AT(returning), "`leaving`", .meaning = "what the probabilities of the scores are of",
     .choices = predicted},
    {"budget", &kind_budget, AT(budget), "no limit",
     .meaning = "what contacts and the offers expected to be taken may cost"},
    {"max_contacts", &kind_most, AT(max_contacts), "no limit", .meaning = "how many customers are contacted at most"},
    {"caps", &wbi_kind_caps, 0, NULL,
     .meaning = "how many of a group are contacted at most: `{country: {DE: 100}}`, or `{segment: 200}` of each. Of a column of "
                "the scores or the customers, or of `segment`"},
    {"holdout", &kind_holdout, AT(holdout), "0.1",
     .meaning = "the share of those who would be contacted that is kept aside, at random, to see what the campaign changes"},
    {"channel", &wbi_kind_choice, AT(channel), "`email`", .meaning = "how customers are contacted", .choices = channels},
    {"suppress", &wbi_kind_files, 0, NULL,
     .meaning = "who is never contacted: CSV with a column `customer_id` or `email`"},
    {"consent", &wbi_kind_consent, 0, NULL,
     .meaning = "which column of the customers says yes, by channel. `winback campaign` needs it", .children = wbi_consent_keys},
    {"objected", &wbi_kind_text, AT(objected), NULL,
     .meaning = "a column of the customers: who objected to profiling, and is neither scored nor contacted"},
    {"contacts", &kind_contacts, AT(contacts), NULL,
     .meaning = "the file that remembers who was contacted and who was held out: read by rules, written by `winback campaign`"},
    {"not_contacted_within", &wbi_kind_span, AT(not_contacted_within_us), NULL,
     .meaning = "customers whom another campaign contacted so recently are left alone; needs `contacts`"},
    {"exclude", &wbi_kind_exclude, 0, NULL, .meaning = "who else is not contacted", .children = wbi_exclude_keys},
    {"route", &wbi_kind_route, 0, NULL, .meaning = "who goes into a list of its own, such as for a call",
     .children = wbi_route_keys},
    {"email", &wbi_kind_text, AT(email), "`email`", .meaning = "the column of the customers with their e-mail address"},
    {"phone", &wbi_kind_text, AT(phone), "`phone`", .meaning = "the same with their telephone number"},
    {"first_name", &wbi_kind_text, AT(first_name), "`first_name`", .meaning = "the same with their first name"},
    {"last_name", &wbi_kind_text, AT(last_name), "`last_name`", .meaning = "the same with their last name"},
    {"country", &wbi_kind_text, AT(country), "`country`", .meaning = "the same with their country"},
    {"zip", &wbi_kind_text, AT(zip), "`zip`", .meaning = "the same with their postal code"},
    {"phone_country", &wbi_kind_calling_code, AT(phone_country), NULL,
     .meaning = "what stands before telephone numbers without a country: `49`. Without it they are reported"},
    {"offer", &wbi_kind_text, AT(offer), NULL, .meaning = "the offer's name, for the list"},
    {"coupon_code", &wbi_kind_text, AT(coupon_code), NULL, .meaning = "the coupon's code, for the list"},
    {"keep", &kind_keep, 0, NULL, .meaning = "columns of the scores or the customers that the list repeats"},
    {"format", &wbi_kind_choice, AT(format), "`csv`", .meaning = "for which program the list is written", .choices = formats},
    {.name = NULL}};
#undef AT

static wb_status read_campaign(void *field, const wbi_at *at, const wbi_key *key, wb_error *err)
{
    wbi_campaign_def *campaign = field;
    campaign->said = true;
    campaign->settings = wbi_campaign_unsaid();
    campaign->line = wbi_at_line(at);
    WBI_TRY(wbi_read_mapping(&campaign->settings, at, key->children, err));
    wbi_at within;
    if (campaign->settings.contacts == NULL && wbi_at_find(&within, at, "not_contacted_within"))
        return wbi_at_fail(&within, err, "needs 'contacts', the file that says who was");
    return WB_OK;
}

const wbi_kind wbi_kind_campaign = {"mapping", "", read_campaign, NULL};
