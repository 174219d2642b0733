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
        cmocka_unit_test(it_is_no_part_of_definitions),
        cmocka_unit_test(mistakes_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
