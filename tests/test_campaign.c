/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `campaign:` says, and what is wrong in it. */
#include "test_util.h"

#include <string.h>

#include "base/memory.h"
#include "project/project.h"

static wb_campaign parse(const char *text, int said)
{
    wb_project *project = NULL, *copy = NULL;
    wb_campaign campaign;
    static char column[64];
    wb_error err;
    assert_ok(wb_project_parse(&project, text, &err), &err);
    assert_ok(wbi_project_copy(&copy, project, &err), &err);
    wb_project_free(project);
    assert_int_equal(wb_project_campaign(copy, &campaign), said);
    if (campaign.value_column != NULL)
        campaign.value_column = strcpy(column, campaign.value_column);
    wb_project_free(copy);
    return campaign;
}

static void it_is_read_and_copied(void **state)
{
    (void)state;
    wb_campaign all = parse("campaign: {offer_cost: 12.5, contact_cost: 0, keep_rate: 0.25, value: 180}", 1);
    assert_close(all.offer_cost, 12.5, 0);
    assert_close(all.contact_cost, 0, 0);
    assert_close(all.keep_rate, 0.25, 0);
    assert_close(all.value, 180, 0);
    assert_null(all.value_column);
    wb_campaign column = parse("campaign: {value: orders_amount_sum_365d}", 1);
    assert_string_equal(column.value_column, "orders_amount_sum_365d");
    assert_true(isnan(column.value) && isnan(column.offer_cost) && isnan(column.contact_cost) && isnan(column.keep_rate));
    parse("campaign: {}", 1);
    assert_true(isnan(parse("tables: {}", 0).value));
}

static const char everything[] =
    "campaign:\n"
    "  name: autumn\n"
    "  offer_cost: 5\n"
    "  keep_rate_strength: 50\n"
    "  take_rate: 0.8\n"
    "  margin: 1\n"
    "  value: worth\n"
    "  missing_value: mean\n"
    "  predicts: returning\n"
    "  budget: 5000\n"
    "  max_contacts: 400\n"
    "  caps: {country: {DE: 100, FR: 0}, segment: 200}\n"
    "  holdout: 0\n"
    "  channel: phone\n"
    "  suppress: [stop.csv, /lists/stop.csv]\n"
    "  consent: {phone: may_call, email: may_mail}\n"
    "  objected: objected_to_profiling\n"
    "  contacts: out/contacts.csv\n"
    "  not_contacted_within: 30d\n"
    "  exclude: [{name: few orders, when: 'orders_count_90d < 2'}, {when: account_age_days < 30}]\n"
    "  route:\n"
    "    - to: call\n"
    "      when: tickets_open > 0\n"
    "  email: mail\n"
    "  phone: mobile\n"
    "  first_name: given\n"
    "  last_name: family\n"
    "  country: land\n"
    "  zip: plz\n"
    "  phone_country: +49\n"
    "  offer: ten off\n"
    "  coupon_code: COMEBACK10\n"
    "  keep: [city, tier]\n"
    "  format: klaviyo\n";

static wb_project *read_copy(const char *text)
{
    const char *path = "campaign_keys.yml";
    wb_project *project = NULL, *copy = NULL;
    wb_error err;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_ok(wb_project_read(&project, path, &err), &err);
    assert_int_equal(remove(path), 0);
    assert_ok(wbi_project_copy(&copy, project, &err), &err);
    wb_project_free(project);
    return copy;
}

static void check_costs(const wb_campaign *c)
{
    assert_string_equal(c->name, "autumn");
    assert_close(c->keep_rate_strength, 50, 0);
    assert_close(c->take_rate, 0.8, 0);
    assert_close(c->margin, 1, 0);
    assert_string_equal(c->value_column, "worth");
    assert_int_equal(c->missing_value, WB_MISSING_VALUE_MEAN);
    assert_int_equal(c->returning, 1);
    assert_close(c->budget, 5000, 0);
    assert_int_equal(c->max_contacts, 400);
    assert_close(c->holdout, 0, 0);
    assert_int_equal(c->n_caps, 3);
    assert_string_equal(c->caps[0].column, "country");
    assert_string_equal(c->caps[0].value, "DE");
    assert_int_equal(c->caps[0].most, 100);
    assert_string_equal(c->caps[1].value, "FR");
    assert_int_equal(c->caps[1].most, 0);
    assert_string_equal(c->caps[2].column, "segment");
    assert_null(c->caps[2].value);
    assert_int_equal(c->caps[2].most, 200);
}

static void check_people(const wb_campaign *c)
{
    assert_string_equal(c->channel, "phone");
    assert_int_equal(c->n_suppress, 2);
    assert_string_equal(c->suppress[0], "stop.csv");
    assert_string_equal(c->suppress[1], "/lists/stop.csv");
    assert_int_equal(c->consent, WB_CONSENT_BY_COLUMN);
    assert_int_equal(c->n_consents, 2);
    assert_string_equal(c->consents[0].channel, "email");
    assert_string_equal(c->consents[0].column, "may_mail");
    assert_string_equal(c->consents[1].channel, "phone");
    assert_string_equal(c->consents[1].column, "may_call");
    assert_string_equal(c->objected, "objected_to_profiling");
    assert_string_equal(c->contacts, "out/contacts.csv");
    assert_int_equal(c->not_contacted_within_us, 30 * 86400 * INT64_C(1000000));
    assert_int_equal(c->n_excludes, 2);
    assert_string_equal(c->excludes[0].name, "few orders");
    assert_string_equal(c->excludes[0].when, "orders_count_90d < 2");
    assert_int_equal(c->excludes[0].line, 20);
    assert_int_equal(c->excludes[0].column, 39);
    assert_null(c->excludes[1].name);
    assert_int_equal(c->n_routes, 1);
    assert_string_equal(c->routes[0].name, "call");
    assert_string_equal(c->routes[0].when, "tickets_open > 0");
    assert_int_equal(c->routes[0].line, 23);
    assert_int_equal(c->routes[0].column, 13);
}

static void every_key_is_read_and_copied(void **state)
{
    (void)state;
    wb_campaign c;
    wb_project *project = read_copy(everything);
    assert_int_equal(wb_project_campaign(project, &c), 1);
    check_costs(&c);
    check_people(&c);
    const char *const texts[][2] = {{c.email, "mail"}, {c.phone, "mobile"}, {c.first_name, "given"}, {c.last_name, "family"},
                                    {c.country, "land"}, {c.zip, "plz"}, {c.phone_country, "49"}, {c.offer, "ten off"},
                                    {c.coupon_code, "COMEBACK10"}, {c.format, "klaviyo"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_string_equal(texts[i][0], texts[i][1]);
    assert_int_equal(c.n_keep, 2);
    assert_string_equal(c.keep[1], "tier");
    wb_project_free(project);
}

static void defaults_are_said(void **state)
{
    (void)state;
    wb_campaign c;
    wb_project *project = read_copy("campaign: {consent: not_required, suppress: stop.csv}");
    assert_int_equal(wb_project_campaign(project, &c), 1);
    assert_int_equal(c.consent, WB_CONSENT_NOT_REQUIRED);
    assert_int_equal(c.n_suppress, 1);
    assert_close(c.keep_rate_strength, 20, 0);
    assert_close(c.take_rate, 1, 0);
    assert_close(c.holdout, 0.1, 0);
    assert_true(isnan(c.margin) && isnan(c.budget) && c.max_contacts == 0 && c.n_caps == 0);
    assert_int_equal(c.missing_value, WB_MISSING_VALUE_LEAVE_OUT);
    assert_true(c.returning == 0 && c.name == NULL && c.channel == NULL && c.format == NULL && c.contacts == NULL);
    wb_project_free(project);
}

static void every_failed_allocation_is_said(void **state)
{
    (void)state;
    wb_error err;
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wb_project *project = NULL, *copy = NULL;
        wbi_alloc_fail_at(n);
        status = wb_project_parse(&project, everything, &err);
        if (status == WB_OK)
            status = wbi_project_copy(&copy, project, &err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        wb_project_free(project);
        wb_project_free(copy);
    }
}

/* What contacts cost does not change what features mean. */
static void it_is_no_part_of_definitions(void **state)
{
    (void)state;
    wb_project *project = NULL;
    wb_error err;
    char *json;
    assert_ok(wb_project_parse(&project, "campaign: {value: worth}", &err), &err);
    assert_ok(wbi_project_to_json(&json, project, &err), &err);
    assert_null(strstr(json, "campaign"));
    wbi_free(json);
    wb_project_free(project);
}

static void mistakes_are_said(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } mistakes[] = {
        {"campaign: {offer_cost: -1}", "campaign.offer_cost '-1' is not an amount of 0 or more"},
        {"campaign: {contact_cost: free}", "campaign.contact_cost 'free' is not an amount of 0 or more"},
        {"campaign: {keep_rate: 1}", "campaign.keep_rate '1' is not a share of more than 0 and less than 1"},
        {"campaign: {keep_rate: nan}", "campaign.keep_rate 'nan' is not a share of more than 0 and less than 1"},
        {"campaign: {value: -5}", "campaign.value '-5' is not an amount of 0 or more"},
        {"campaign: {value: [1]}", "campaign.value must be a single value, not a list"},
        {"campaign: {offer_costs: 1}", "unknown key 'offer_costs' in campaign (did you mean 'offer_cost'?)"},
        {"campaign: 3", "campaign must be a mapping"},
        {"campaign: {keep_rate_strength: 0}", "campaign.keep_rate_strength '0' is not a number of more than 0"},
        {"campaign: {take_rate: 1.1}", "campaign.take_rate '1.1' is not a share from 0 to 1"},
        {"campaign: {margin: 40}", "campaign.margin '40' is not a share of more than 0 and at most 1"},
        {"campaign: {budget: 0}", "campaign.budget '0' is not an amount of more than 0"},
        {"campaign: {budget: -3}", "campaign.budget '-3' is not an amount of more than 0"},
        {"campaign: {budget: inf}", "campaign.budget 'inf' is not an amount of more than 0"},
        {"campaign: {max_contacts: 2.5}", "campaign.max_contacts '2.5' is not a whole number of 1 or more"},
        {"campaign: {holdout: 1}", "campaign.holdout '1' is not a share of 0 or more and less than 1"},
        {"campaign: {predicts: churn}", "campaign.predicts 'churn' is not one of leaving, returning"},
        {"campaign: {missing_value: means}",
         "campaign.missing_value 'means' is not one of leave_out, mean, zero (did you mean 'mean'?)"},
        {"campaign: {channel: emial}", "campaign.channel 'emial' is not one of email, phone, sms, post (did you mean 'email'?)"},
        {"campaign: {format: excel}",
         "campaign.format 'excel' is not one of csv, jsonl, mailchimp, klaviyo, hubspot, brevo, google, meta"},
        {"campaign: {consent: yes}",
         "campaign.consent must be not_required, or a column for each channel: {email: email_consent}"},
        {"campaign: {consent: {}}",
         "campaign.consent must be not_required, or a column for each channel: {email: email_consent}"},
        {"campaign: {consent: {emial: ok}}", "unknown key 'emial' in campaign.consent (did you mean 'email'?)"},
        {"campaign: {caps: 3}", "campaign.caps must be a mapping"},
        {"campaign: {caps: {country: {DE: some}}}", "campaign.caps.country.DE 'some' is not a whole number of 0 or more"},
        {"campaign: {caps: {segment: -1}}", "campaign.caps.segment '-1' is not a whole number of 0 or more"},
        {"campaign: {exclude: [{name: few}]}", "campaign.exclude needs the key 'when'"},
        {"campaign: {route: [{to: a b, when: x > 1}]}",
         "campaign.route.to 'a b' is not a name (wanted: a letter or _, then letters, digits and _, at most 200)"},
        {"campaign: {route: {to: call}}", "campaign.route must be a list"},
        {"campaign: {phone_country: DE}", "campaign.phone_country 'DE' is not a country's calling code, such as 49"},
        {"campaign: {not_contacted_within: 30d}",
         "campaign.not_contacted_within needs 'contacts', the file that says who was"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        wb_project *project = NULL;
        wb_error err;
        assert_int_equal(wb_project_parse(&project, mistakes[i].text, &err), WB_ERR_MALFORMED);
        assert_string_equal(err.message, mistakes[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_read_and_copied),
        cmocka_unit_test(every_key_is_read_and_copied),
        cmocka_unit_test(defaults_are_said),
        cmocka_unit_test(every_failed_allocation_is_said),
        cmocka_unit_test(it_is_no_part_of_definitions),
        cmocka_unit_test(mistakes_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
