/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Campaigns read out from lists and the project's orders. */
#include "test_util.h"

#include <string.h>
#include <winback/readout.h>

#include "base/memory.h"
#include "csv_testing.h"

static void put(const char *name, const char *text)
{
    write_file(name, text, strlen(text));
}

static int64_t at(const char *text)
{
    int64_t time_us;
    wb_error err;
    assert_ok(wb_time_parse(&time_us, text, 0, &err), &err);
    return time_us;
}

/* Sent on the second of May, for ten days. */
static const char orders[] = "customer_id,ordered_at,amount,coupon\n"
                             "A,2024-05-01T23:59:59,100,\n" /* the day before */
                             "A,2024-05-02,10.25,BACK10\n"   /* the first moment */
                             "A,2024-05-03,5,\n"
                             "B,2024-05-11T23:59:59,7.5,\n"  /* the last */
                             "C,2024-05-12,50,BACK10\n"      /* too late */
                             "D,2024-05-04,20,\nD,2024-05-05,-4.40,\n" /* with a return */
                             "E,2024-05-06,,\n"              /* without an amount */
                             "H,2024-04-01,9,\n"
                             "X,2024-05-05,999,BACK10\n";    /* nobody's */
static const char list[] = "customer_id,probability,expected_value,campaign,arm\nA,0.9,1,may,list\nB,0.8,1,may,list\nC,0.7,1,may,list\nH,0.6,1,may,list\n";
static const char control[] = "customer_id,probability,expected_value,campaign,arm\nD,0.95,1,may,control\nE,0.65,1,may,control\n";

typedef struct trial {
    wb_readout_source source;
    wb_readout_options options;
    const char *project;
} trial;

static trial usual(void)
{
    trial t = {.source = {.list = "list.csv", .control = "control.csv", .sent_at_us = at("2024-05-02"), .horizon_us = 10 * WB_DAY_US},
               .options = WB_READOUT_OPTIONS_INIT,
               .project = "tables: {orders: {file: orders.csv}}\n"};
    t.options.n_resamples = 50;
    t.options.n_threads = 1;
    return t;
}

static wb_status run(wb_readout **out, const trial *t, wb_error *err)
{
    wb_project *project = NULL;
    *out = NULL;
    put("winback.yml", t->project);
    wb_status status = wb_project_read(&project, "winback.yml", err);
    if (status == WB_OK)
        status = wb_readout_orders(out, project, &t->source, &t->options, NULL, err);
    wb_project_free(project);
    return status;
}

static void put_usual(void)
{
    put("orders.csv", orders);
    put("list.csv", list);
    put("control.csv", control);
}

/* ---- by hand ---- */

static void by_hand(void **state)
{
    trial t = usual();
    wb_readout *r;
    wb_error err;
    (void)state;
    put_usual();
    t.options.costs = (wb_readout_costs){0.5, 1, 2, NAN};
    assert_ok(run(&r, &t, &err), &err);
    const wb_readout_effect *conversion = &r->groups[0].effects[0], *revenue = conversion + 1;
    assert_string_equal(r->measures[0].name, "conversion");
    assert_string_equal(r->measures[1].name, "revenue");
    assert_string_equal(r->measures[2].name, "margin");
    assert_string_equal(r->campaign, "may");
    assert_int_equal(conversion->n, 4);
    assert_int_equal(conversion->n_control, 2);
    assert_int_equal(conversion->sum, 2); /* A and B */
    assert_int_equal(conversion->sum_control, 2);
    assert_int_equal(revenue->sum, 1025 + 500 + 750);
    assert_int_equal(revenue->sum_control, 2000 - 440);
    assert_int_equal(r->n_orders, 6);
    assert_int_equal(r->n_without_amount, 1);
    assert_int_equal(r->n_unknown, 0);
    assert_int_equal(r->until_us, at("2024-05-12"));
    assert_int_equal(r->worth[0].n_redeemed, 2);
    assert_close(r->worth[0].profit.value, 0.5 * (22.75 - 4 * 7.8) - 8, 1e-13);
    wb_readout_free(r);
}

static void redeemed_by_a_condition(void **state)
{
    trial t = usual();
    wb_readout *r;
    wb_error err;
    (void)state;
    put_usual();
    t.source.redeemed = "coupon = 'BACK10'";
    t.options.costs = (wb_readout_costs){0.5, 1, 2, NAN};
    assert_ok(run(&r, &t, &err), &err);
    assert_int_equal(r->worth[0].n_redeemed, 1); /* A; C came too late */
    assert_int_equal(r->worth[0].offer_cents, 200);
    assert_false(r->takes_all);
    wb_readout_free(r);
    t.source.redeemed = "cupon = 'BACK10'";
    assert_int_equal(run(&r, &t, &err), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "cupon"));
    t.source.redeemed = "coupon = ";
    assert_int_equal(run(&r, &t, &err), WB_ERR_MALFORMED);
}

/* What the project says of orders holds here too; its end of data, which lies before the mailing, does not. */
static void orders_mean_what_the_project_says(void **state)
{
    trial t = usual();
    wb_readout *r;
    wb_error err;
    (void)state;
    put_usual();
    t.project = "tables: {orders: {file: orders.csv, where: amount > 6}}\ndata_until: 2024-05-01\n";
    assert_ok(run(&r, &t, &err), &err);
    assert_int_equal(r->groups[0].effects[1].sum, 1025 + 750);
    assert_int_equal(r->groups[0].effects[1].sum_control, 2000);
    assert_int_equal(r->groups[0].effects[0].sum_control, 1);
    assert_int_equal(r->n_unknown, 0); /* E, whose order was left out, is known still */
    wb_readout_free(r);
    t.project = "timezone: +02:00\ntables: {orders: {file: orders.csv}}\n";
    assert_ok(run(&r, &t, &err), &err);
    assert_int_equal(r->groups[0].effects[1].sum, 500 + 750 + 5000); /* two hours earlier */
    wb_readout_free(r);
}

static void an_arm_of_several(void **state)
{
    trial t = usual();
    wb_readout *r;
    wb_error err;
    (void)state;
    put_usual();
    put("list.csv", "customer_id,arm\nA,ten_percent\nB,gift\nC,gift\nD,control\nE,control\n");
    t.source.control = NULL;
    assert_ok(run(&r, &t, &err), &err);
    assert_int_equal(r->n_arms, 2);
    assert_string_equal(r->arms[0], "gift");
    assert_int_equal(r->groups[0].effects[0].n, 2);
    assert_int_equal(r->groups[0].effects[2].sum, 1);
    assert_int_equal(r->groups[0].effects[0].n_control, 2);
    assert_null(r->campaign);
    wb_readout_free(r);
}

/* Rows of other campaigns are nothing to this one, and `at` says when it was. */
static void from_contacts(void **state)
{
    trial t = usual();
    wb_readout *r;
    wb_error err;
    (void)state;
    put_usual();
    put("contacts.csv", "customer_id,at,campaign,arm,offer\nA,2024-01-01,winter,list,\nA,2024-05-02,may,list,BACK10\nB,2024-05-02,may,list,BACK10\n"
                        "D,2024-05-02,may,control,\n");
    t.source = (wb_readout_source){.contacts = "contacts.csv", .campaign = "may", .sent_at_us = WB_TIME_MISSING,
                                   .horizon_us = 10 * WB_DAY_US};
    assert_ok(run(&r, &t, &err), &err);
    assert_int_equal(r->n_customers, 3);
    assert_int_equal(r->sent_at_us, at("2024-05-02"));
    assert_int_equal(r->groups[0].effects[1].sum, 1025 + 500 + 750);
    wb_readout_free(r);
    t.source.campaign = "mai";
    assert_int_equal(run(&r, &t, &err), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "no row of a campaign 'mai'"));
    assert_non_null(strstr(err.advice, "did you mean 'may'?"));
    t.source.campaign = NULL;
    assert_int_equal(run(&r, &t, &err), WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "campaign 'may', and 'winter' before it"));
    assert_int_equal(err.line, 3);
    t.source.campaign = "may";
    put("contacts.csv", "customer_id,at,campaign,arm\nA,2024-05-02,may,list\nD,2024-05-03,may,control\n");
    assert_int_equal(run(&r, &t, &err), WB_ERR_MALFORMED);
    assert_non_null(strstr(err.message, "say when it was sent"));
    t.source.sent_at_us = at("2024-05-03");
    assert_ok(run(&r, &t, &err), &err);
    assert_int_equal(r->groups[0].effects[1].sum, 500);
    wb_readout_free(r);
}

/* What campaigns refuse in the table of contacts, readouts refuse: they read it alike. Its other columns may part and score. */
static void contacts_are_those_of_campaigns(void **state)
{
    static const struct {
        const char *rows, *words;
    } bad[] = {{"A,2024-05-02,may,sent,\n", "contacts.csv:2:4: arm 'sent' is not list or control"},
               {"A,2024-05-02,may,list,\nB,2024-05-02,may,,\n", "contacts.csv:3:4: arm is missing, expected list or control"},
               {"A,2 May,may,list,\n", "contacts.csv:2:2: at '2 May' is not YYYY-MM-DD or an ISO instant"},
               {"A,2024-05-02,,list,\n", "contacts.csv:2:3: campaign is missing, expected a campaign's name"},
               {",2024-05-02,may,list,\n", "contacts.csv:2:1: customer_id is missing, expected a customer's id"},
               {"A,2024-05-02,may,list,\nA,2024-05-02,may,control,\n", "contacts.csv:3: customer 'A' stands here twice, first in line 2"}};
    static const char *const by[] = {"country", "arm"};
    trial t = usual();
    wb_readout *r;
    wb_error err;
    char file[512], said[2048];
    (void)state;
    put_usual();
    t.source = (wb_readout_source){.contacts = "contacts.csv", .sent_at_us = WB_TIME_MISSING, .horizon_us = 10 * WB_DAY_US};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(file, sizeof file, "customer_id,at,campaign,arm,offer\n%s", bad[i].rows);
        put("contacts.csv", file);
        assert_int_not_equal(run(&r, &t, &err), WB_OK);
        if (strstr(wb_error_text(&err, said, sizeof said), bad[i].words) == NULL)
            fail_msg("'%s' does not say '%s'", said, bad[i].words);
    }
    put("contacts.csv", "country,customer_id,at,campaign,arm,offer,probability\nDE,A,2024-05-02,may,list,,0.9\nFR,B,2024-05-02,may,list,,0.8\n"
                        "DE,D,2024-05-02,may,control,,0.9\nDE,E,2024-05-02,may,control,,0.8\n");
    t.options.by = by;
    t.options.n_by = 2;
    assert_ok(run(&r, &t, &err), &err);
    assert_int_equal(r->n_strata, 1); /* four customers are no two tenths with two of each arm */
    uint64_t n_de = 0;
    for (size_t g = 0; g < r->n_groups; g++)
        if (r->groups[g].by != NULL && strcmp(r->groups[g].by, "country") == 0 && strcmp(r->groups[g].value, "DE") == 0)
            n_de = r->groups[g].effects[0].n + 10 * r->groups[g].effects[0].n_control;
    assert_int_equal(n_de, 1 + 10 * 2);
    wb_readout_free(r);
}

static void look(void *user, wb_log_level level, const char *text)
{
    if (level == WB_LOG_WARNING)
        snprintf(user, 512, "%s", text);
}

/* Half of the window is better than none, if it is said. */
static void data_that_end_early(void **state)
{
    trial t = usual();
    wb_readout *r;
    wb_error err;
    char said[512] = "";
    const wb_log log = {.message = look, .user = said};
    wb_read_options how = WB_READ_OPTIONS_INIT;
    wb_project *project;
    (void)state;
    put_usual();
    put("winback.yml", t.project);
    how.log = &log;
    t.source.horizon_us = 20 * WB_DAY_US;
    assert_ok(wb_project_read(&project, "winback.yml", &err), &err);
    assert_ok(wb_readout_orders(&r, project, &t.source, &t.options, &how, &err), &err);
    assert_int_equal(r->until_us, at("2024-05-13"));
    assert_non_null(strstr(said, "have no amount"));
    wb_readout_free(r);
    put("orders.csv", "customer_id,ordered_at,amount\nA,2024-05-03,5\nB,2024-05-06,5\nC,2024-05-06,1\nD,2024-05-06,1\n");
    assert_ok(wb_readout_orders(&r, project, &t.source, &t.options, &how, &err), &err);
    assert_non_null(strstr(said, "2 of 6 customers are not in orders, 'H' first: they count as without an order"));
    assert_int_equal(r->n_unknown, 2);
    assert_string_equal(r->first_unknown, "H");
    wb_readout_free(r);
    wb_project_free(project);
}

/* ---- refused ---- */

static void refused(const trial *t, wb_status code, const char *words)
{
    wb_readout *r;
    wb_error err;
    char said[2048];
    const wb_status status = run(&r, t, &err);
    if (status != code || strstr(wb_error_text(&err, said, sizeof said), words) == NULL)
        fail_msg("status %d, expected %d: '%s' does not say '%s'", status, code, status == WB_OK ? "" : said, words);
    assert_null(r);
}

static void refused_lists(const char *of_list, const char *of_control, wb_status code, const char *words)
{
    const trial t = usual();
    put("orders.csv", orders);
    put("list.csv", of_list);
    put("control.csv", of_control);
    refused(&t, code, words);
}

static void bad_lists(void **state)
{
    (void)state;
    refused_lists("customer_id\nA\n", "customer_id\n", WB_ERR_INCONSISTENT, "control.csv: no customers in the control group");
    refused_lists("customer_id\n", "customer_id\nD\n", WB_ERR_INCONSISTENT, "list.csv: no customers in the list");
    refused_lists("customer_id\n", "customer_id\n", WB_ERR_INCONSISTENT, "there is nothing to compare");
    refused_lists("customer_id\nA\nB\nA\n", "customer_id\nD\n", WB_ERR_INCONSISTENT,
                  "list.csv:4: customer 'A' stands here twice, first in line 2");
    refused_lists("customer_id\nA\nB\n", "customer_id\nD\nB\n", WB_ERR_INCONSISTENT,
                  "control.csv:3: customer 'B' is in the list, too (list.csv:3)");
    refused_lists("customer_id\nA\n\"\"\n", "customer_id\nD\n", WB_ERR_MALFORMED, "customer_id is missing");
    refused_lists("customer\nA\n", "customer_id\nD\n", WB_ERR_INCONSISTENT, "list.csv: no column 'customer_id', wanted as the customer's id");
    refused_lists("customer_id,arm\nA,list\n", "customer_id,arm\nD,list\n", WB_ERR_MALFORMED, "control.csv:2: arm 'list' is not 'control'");
    refused_lists("customer_id,arm\nA,control\n", "customer_id\nD\n", WB_ERR_MALFORMED, "list.csv:2: arm 'control' is not an arm of the list");
    refused_lists("customer_id,probability\nA,\n", "customer_id,probability\nD,1\n", WB_ERR_MALFORMED, "probability is missing");
    refused_lists("customer_id\n1\n2\n3\n", "customer_id\nD\n", WB_ERR_INCONSISTENT,
                  "3 of 4 customers are not in orders, '1' first: are the ids written alike?");
    refused_lists("customer_id,campaign\nA,may\nB,june\n", "customer_id\nD\n", WB_ERR_INCONSISTENT,
                  "list.csv:3: campaign 'june', and 'may' before it");
}

static void bad_projects(void **state)
{
    trial t = usual();
    (void)state;
    put_usual();
    t.project = "timezone: UTC\n";
    refused(&t, WB_ERR_INCONSISTENT, "there is no table orders");
    t = usual();
    t.source.sent_at_us = at("2024-06-01");
    refused(&t, WB_ERR_INCONSISTENT, "the orders end before 2024-05-13 and the campaign was sent at 2024-06-01");
    t = usual();
    t.source.horizon_us = 0;
    refused(&t, WB_ERR_ARGUMENT, "expected more than 0");
    t.source.horizon_us = INT64_MAX;
    refused(&t, WB_ERR_ARGUMENT, "too long");
    t = usual();
    t.source.sent_at_us = WB_TIME_MISSING;
    refused(&t, WB_ERR_ARGUMENT, "when the campaign was sent is not said");
    t.source.list = NULL;
    refused(&t, WB_ERR_ARGUMENT, "neither a list nor contacts are named");
    t = usual();
    put("orders.csv", "customer_id,ordered_at,amount\nA,2024-05-03,1e15\nB,2024-05-03,1\nC,2024-05-03,1\nH,2024-05-03,1\n");
    refused(&t, WB_ERR_INCONSISTENT, "an order of customer 'A' has the amount 1e+15");
}

static void fail_each_allocation(const trial *t)
{
    wb_readout *r;
    wb_error err;
    wbi_alloc_fail_at(0);
    assert_ok(run(&r, t, &err), &err);
    wb_readout_free(r);
    const uint64_t n = wbi_alloc_count();
    for (uint64_t i = 1; i <= n; i++) {
        wbi_alloc_fail_at(i);
        const wb_status status = run(&r, t, &err);
        wbi_alloc_fail_at(0);
        if (status == WB_OK)
            wb_readout_free(r);
        else
            assert_int_equal(status, WB_ERR_NOMEM);
    }
}

static void each_allocation_may_fail(void **state)
{
    static const char *const by[] = {"arm"};
    trial t = usual();
    (void)state;
    put_usual();
    t.options.by = by;
    t.options.n_by = 1;
    t.source.redeemed = "coupon = 'BACK10'";
    t.options.costs.margin = 0.5;
    put("customers.csv", "customer_id\nA\nH\n");
    t.project = "tables: {orders: {file: orders.csv}, customers: {file: customers.csv}}\n";
    fail_each_allocation(&t);
    put("contacts.csv", "customer_id,at,campaign,arm,offer\nA,2024-05-02,may,list,\nB,2024-05-02,may,list,\nD,2024-05-02,may,control,\n");
    t.source = (wb_readout_source){.contacts = "contacts.csv", .sent_at_us = WB_TIME_MISSING, .horizon_us = 10 * WB_DAY_US};
    fail_each_allocation(&t);
}

static int leave(void **state)
{
    static const char *const files[] = {"list.csv", "control.csv", "orders.csv", "contacts.csv", "customers.csv", "winback.yml", NULL};
    return leave_folder(state, files);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(by_hand),         CASE(redeemed_by_a_condition), CASE(orders_mean_what_the_project_says), CASE(an_arm_of_several),
        CASE(from_contacts),   CASE(contacts_are_those_of_campaigns),   CASE(data_that_end_early),     CASE(bad_lists),
        CASE(bad_projects),    CASE(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
