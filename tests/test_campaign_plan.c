/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From files to lists: a case by hand, what customers are worth, and what is refused. */
#include "test_util.h"

#include <winback/btyd.h>

#include "base/memory.h"
#include "campaign_testing.h"

/* Offer 10, contact 1, keep rate 0.3: the expected value is p (0.3 V + 7) - 11, the cost 11 - 7 p.
 *     a  0.5 200  22.50 7.50    d  0.1 100  -7.30          xxh3_64("holdout" 0 "autumn" 0 id)/2^64 by Python's xxhash:
 *     b  0.8 100  18.60 5.40    e  0.6  50   2.20 6.80     a 0.7196, b 0.1805, c 0.6134, d 0.3157, e 0.6248, f 0.4739,
 *     c  0.9 100  22.30 4.70    f  1.0  50  11.00 4.00     so that 0.4 holds out b and d. g has no value.
 * Down the values: a, c, then b, who still fits into 17.60 - 12.20 and is held out, f, and e, who does not. */
static const char scores[] = "customer_id,cutoff,probability,reason_1\n"
                             "f,2024-07-01,1,\n"
                             "d,2024-07-01,0.1,loyal\n"
                             "a,2024-07-01,0.5,late\n"
                             "c,2024-07-01,0.9,=cmd\n"
                             "b,2024-07-01,0.8,late\n"
                             "g,2024-07-01,0.9,late\n"
                             "e,2024-07-01,0.6,late\n";
static const char customers[] = "customer_id,worth,city\na,200,Ulm\nb,100,Bonn\nc,100,\nd,100,Ulm\ne,50,Ulm\nf,50,Ulm\ng,,Ulm\n";

#define TABLES "tables: {customers: {file: customers.csv}}\n"
#define CAMPAIGN(more)                                                                                                    \
    TABLES "campaign: {name: autumn, offer_cost: 10, contact_cost: 1, keep_rate: 0.3, value: worth, consent: not_required, " \
           "holdout: 0.4" more "}\n"

static void put_case(const char *project)
{
    put("winback.yml", project);
    put("scores.csv", scores);
    put("customers.csv", customers);
}

static void a_case_by_hand(void **state)
{
    (void)state;
    planned p;
    put_case(CAMPAIGN(", budget: 17.6, offer: ten off, coupon_code: BACK10, keep: [city], contacts: contacts.csv"));
    plan_files(&p);
    assert_file("list.csv", "customer_id,probability,expected_value,campaign,arm,offer,coupon_code,reason_1,city\n"
                            "a,0.5,22.50,autumn,list,ten off,BACK10,late,Ulm\n"
                            "c,0.9,22.30,autumn,list,ten off,BACK10,'=cmd,\n"
                            "f,1,11.00,autumn,list,ten off,BACK10,,Ulm\n");
    assert_file("control.csv", "customer_id,probability,expected_value,campaign,arm,offer,coupon_code,reason_1,city\n"
                               "b,0.8,18.60,autumn,control,ten off,BACK10,late,Bonn\n");
    assert_file("contacts.csv", "customer_id,at,campaign,arm,offer\na,2024-07-01,autumn,list,ten off\n"
                                "b,2024-07-01,autumn,control,ten off\nc,2024-07-01,autumn,list,ten off\n"
                                "f,2024-07-01,autumn,list,ten off\n");
    assert_private("list.csv");
    assert_private("control.csv");
    assert_private("contacts.csv");
    const wb_campaign_summary *s = p.summary;
    assert_int_equal(s->n_scored, 7);
    assert_int_equal(s->n_without_value, 1);
    assert_int_equal(s->n_eligible, 6);
    assert_int_equal(s->n_worthwhile, 5);
    assert_int_equal(s->n_control, 1);
    assert_int_equal(s->n_beyond, 1);
    assert_int_equal(s->list.profit_cents, 5580);
    assert_int_equal(s->list.cost_cents, 1620);
    assert_int_equal(s->list.contacts_cents, 300);
    assert_int_equal(s->list.worst_cents, 3300);
    assert_close(s->rate, (0.5 + 0.9 + 1 + 0.8) / 4, 1e-12);
    /* the list's profit is -0.6 * 10 - 3 + keep rate (0.5 * 190 + 0.9 * 90 + 1 * 40); the quantiles are scipy's of Beta(6, 14) */
    assert_close(s->list.low, -9 + 0.12576064 * 216, 1e-6);
    assert_close(s->list.high, -9 + 0.51202935 * 216, 1e-6);
    end_plan(&p);
}

/* The same files give the same bytes, whatever the order of rows and the threads; and who has been contacted by the campaign
 * itself is contacted again. */
static void it_can_be_repeated(void **state)
{
    (void)state;
    planned p;
    put_case(CAMPAIGN(", contacts: contacts.csv, not_contacted_within: 30d"));
    plan_files(&p);
    end_plan(&p);
    char *list = text_of_file("list.csv"), *contacts = text_of_file("contacts.csv");
    put("scores.csv", "cutoff,customer_id,probability,reason_1\n2024-07-01,a,0.5,late\n2024-07-01,b,0.8,late\n2024-07-01,c,0.9,=cmd\n"
                      "2024-07-01,d,0.1,loyal\n2024-07-01,e,0.6,late\n2024-07-01,f,1,\n2024-07-01,g,0.9,late\n");
    wb_error err;
    begin_plan(&p);
    p.reading.n_threads = 4;
    assert_ok(read_settings(&p, &err), &err);
    assert_ok(make_plan(&p, &err), &err);
    assert_ok(wb_campaign_plan_write(p.plan, "list.csv", "control.csv", &err), &err);
    assert_file("list.csv", list);
    assert_file("contacts.csv", contacts);
    end_plan(&p);
    free(list);
    free(contacts);
}

/* What is done with g, who has no value, p 0.9: worth the mean, 600/6 = 100, as c; or nothing: -10 + 6.3 - 1. */
static void values_that_are_missing(void **state)
{
    (void)state;
    planned p;
    put_case(CAMPAIGN(", missing_value: mean, holdout: 0"));
    put("winback.yml", TABLES "campaign: {name: x, value: worth, consent: not_required, holdout: 0, missing_value: mean}\n");
    plan_files(&p);
    assert_close(p.summary->mean_value, 100, 1e-12);
    assert_int_equal(p.summary->list.n, 6);
    char *list = text_of_file("list.csv");
    assert_non_null(strstr(list, "\ng,0.9,22.30,x,list,late\n"));
    free(list);
    assert_int_equal(p.summary->costs_unsaid, 7);
    end_plan(&p);
    put("winback.yml", TABLES "campaign: {name: x, value: worth, consent: not_required, holdout: 0, missing_value: zero}\n");
    plan_files(&p);
    assert_int_equal(p.summary->list.n, 5);
    assert_int_equal(p.summary->n_eligible, 7);
    end_plan(&p);
}

/* tau is 0.2 and 0.01, whatever the keep rate: 0.2 * 100 - (0.3 * 0.5 + 0.5) 10 - 1 = 12.5; 1 - 7.5 < 0. */
static void uplift_is_taken_from_the_scores(void **state)
{
    (void)state;
    planned p;
    put("winback.yml", "campaign: {name: x, value: 100, consent: not_required, holdout: 0}\n");
    put("scores.csv", "customer_id,probability,uplift\na,0.5,-0.2\nb,0.5,-0.01\nc,0.5,0.2\n");
    plan_files(&p);
    assert_file("list.csv", "customer_id,probability,expected_value,campaign,arm\na,0.5,12.50,x,list\n");
    assert_true(p.summary->by_uplift && isnan(p.summary->list.low) && isnan(p.summary->list.pays));
    end_plan(&p);
    put("winback.yml", "campaign: {name: x, value: 100, consent: not_required, holdout: 0, predicts: returning}\n");
    plan_files(&p);
    assert_file("list.csv", "customer_id,probability,expected_value,campaign,arm\nc,0.5,12.50,x,list\n");
    end_plan(&p);
}

static void caps_count_groups(void **state)
{
    (void)state;
    planned p;
    put_case(CAMPAIGN(", caps: {city: {Ulm: 1, Rome: 5}}"));
    plan_files(&p);
    assert_int_equal(p.summary->n_capped, 2); /* e and f, behind a */
    assert_int_equal(p.summary->list.n, 2);
    assert_non_null(strstr(p.said.text, "campaign.caps: no customer has the city 'Rome'"));
    end_plan(&p);
    put_case(CAMPAIGN(", caps: {city: 1}"));
    plan_files(&p);
    assert_file("list.csv", "customer_id,probability,expected_value,campaign,arm,reason_1\na,0.5,22.50,autumn,list,late\n"
                            "c,0.9,22.30,autumn,list,'=cmd\n"); /* of the city that is not known, too */
    assert_int_equal(p.summary->n_control, 1); /* b: nobody of Bonn is on the list */
    end_plan(&p);
}

static void empty_lists_are_lists(void **state)
{
    (void)state;
    planned p;
    static const char header[] = "customer_id,probability,expected_value,campaign,arm,reason_1\n";
    put_case(TABLES "campaign: {name: autumn, offer_cost: 1000, value: worth, consent: not_required}\n");
    plan_files(&p);
    assert_file("list.csv", header);
    assert_file("control.csv", header);
    assert_int_equal(p.summary->n_worthwhile, 0);
    assert_true(isnan(p.summary->least_effect) && isnan(p.summary->rate));
    end_plan(&p);
    put("scores.csv", "customer_id,probability,reason_1\n");
    plan_files(&p);
    assert_file("list.csv", header);
    end_plan(&p);
}

/* Who has an open ticket is called instead. */
static void routes_have_lists(void **state)
{
    (void)state;
    planned p;
    char path[64];
    put_case("tables: {customers: {file: customers.csv}, tickets: {file: tickets.csv}}\n"
             "population: {table: customers}\n"
             "campaign: {name: autumn, value: worth, consent: not_required, holdout: 0, route: [{to: call, when: tickets_open > 0}]}\n");
    put("tickets.csv", "ticket_id,customer_id,opened_at,first_reply_at,resolved_at\n1,e,2024-06-01,,\n2,c,2024-06-02,,\n"
                       "3,a,2024-06-02,,2024-06-03\n");
    plan_files(&p);
    assert_file("list-call.csv", "customer_id,probability,expected_value,campaign,arm,reason_1\nc,0.9,22.30,autumn,call,'=cmd\n"
                                 "e,0.6,2.20,autumn,call,late\n");
    assert_private("list-call.csv");
    assert_int_equal(p.summary->list.n, 3); /* a, b, f */
    assert_string_equal(wb_campaign_route_path(path, sizeof path, "a.b/list", "call"), "a.b/list-call");
    assert_string_equal(wb_campaign_route_path(path, sizeof path, "out/list.csv.gz", "call"), "out/list.csv-call.gz");
    end_plan(&p);
}

/* ---- what orders say of the value */

static double uniform(void)
{
    return (rand() + 0.5) / (RAND_MAX + 1.0);
}

/* Buyers as the model has them: rates and chances to leave differ, the times between orders are exponential. */
static void put_orders(void)
{
    FILE *orders = fopen("orders.csv", "w"), *file = fopen("scores.csv", "w");
    assert_true(orders != NULL && file != NULL);
    fputs("order_id,customer_id,ordered_at,amount\n", orders);
    fputs("customer_id,cutoff,probability\n", file);
    srand(5);
    for (int c = 0, order = 0; c < 600; c++) {
        const double mean_days = 5 + 60 * uniform(), leaves = uniform() * uniform();
        const int amount = 10 + rand() % 90;
        for (double day = 300 * uniform(); day < 364; day -= mean_days * log(uniform())) {
            fprintf(orders, "%d,c%03d,2024-%02d-%02d,%d\n", ++order, c, 1 + (int)day / 31, 1 + (int)day % 28, amount / 2 + rand() % amount);
            if (uniform() < leaves)
                break;
        }
        fprintf(file, "c%03d,2025-01-01,0.%d\n", c, 10 + rand() % 80);
    }
    fputs("nobody,2025-01-01,0.5\n", file);
    assert_true(fclose(orders) == 0 && fclose(file) == 0);
}

/* Each value anew: margin x expected spend x horizon (r + x)/(alpha + T), from the fit at the scores' cutoff. */
static void orders_say_what_customers_are_worth(void **state)
{
    (void)state;
    planned p;
    wb_clv *clv = NULL;
    wb_error err;
    wb_clv_options how = WB_CLV_OPTIONS_INIT;
    put_orders();
    put("winback.yml", "tables: {orders: {file: orders.csv}}\nlabel: {name: churned, absent: orders, horizon: 60d}\n"
                       "campaign: {name: x, offer_cost: 1, contact_cost: 0.1, margin: 0.4, consent: not_required, holdout: 0.2}\n");
    plan_files(&p);
    how.until_us = p.summary->cutoff_us;
    how.unit_us = WB_DAY_US;
    assert_ok(wb_clv_fit(&clv, p.project, &how, &p.reading, &err), &err);
    const wb_bg_nbd *fit = wb_clv_bg_nbd(clv);
    double sum = 0;
    uint64_t n = 0;
    for (size_t i = 0; i < wb_clv_n_customers(clv); i++) {
        const wb_clv_customer *c = wb_clv_at(clv, i);
        sum += 0.4 * c->expected_spend * 60 * (fit->r + (double)c->x) / (fit->alpha + c->t);
        n++;
    }
    assert_close(p.summary->mean_value, sum / (double)n, 1e-4);
    assert_int_equal(p.summary->worth, WB_CAMPAIGN_BY_ORDERS);
    assert_int_equal(p.summary->horizon_us, 60 * WB_DAY_US);
    assert_int_equal(p.summary->n_without_value, p.summary->n_scored - n);
    assert_true(p.summary->list.n > 20 && p.summary->n_control > 2);
    char *list = text_of_file("list.csv");
    assert_non_null(strstr(list, "customer_id,probability,expected_value,campaign,arm,segment\n"));
    wb_clv_free(clv);
    free(list);
    end_plan(&p);
}

/* ---- refusals */

static void what_is_missing_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *project, *message;
        wb_status status;
    } cases[] = {
        {"tables: {}\n", "campaign.name is needed", WB_ERR_INCONSISTENT},
        {"campaign: {name: x, value: 5}\n", "campaign.consent is needed", WB_ERR_INCONSISTENT},
        {"campaign: {name: x, consent: not_required}\n", "campaign.margin (0 to 1) is needed", WB_ERR_INCONSISTENT},
        {"campaign: {name: x, consent: not_required, value: wort}\n", "campaign.value names the column 'wort'", WB_ERR_INCONSISTENT},
        {TABLES "campaign: {name: x, consent: not_required, value: city}\n", "is not a number", WB_ERR_MALFORMED},
        {TABLES "campaign: {name: x, consent: not_required, value: 5, caps: {town: 5}}\n",
         "campaign.caps names the column 'town', which neither the scores nor the customers have", WB_ERR_INCONSISTENT},
        {TABLES "campaign: {name: x, consent: not_required, value: 5, caps: {segment: 5}}\n",
         "campaign.caps names the column 'segment', which neither the scores nor the customers have, and there are no orders",
         WB_ERR_INCONSISTENT},
        {TABLES "campaign: {name: x, consent: not_required, value: 2e9}\n", "the value 2e+09 is not an amount", WB_ERR_INCONSISTENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_case(cases[i].project);
        assert_refused(cases[i].status, cases[i].message);
    }
    put("scores.csv", "customer_id,probability\na,0.5\n");
    put("winback.yml", "campaign: {name: x, consent: not_required, value: 5, contacts: contacts.csv}\n");
    assert_refused(WB_ERR_INCONSISTENT, "the scores have no cutoff");
    put("customers.csv", "customer_id,worth\na,2e9\n");
    put("winback.yml", TABLES "campaign: {name: x, consent: not_required, value: worth}\n");
    assert_refused(WB_ERR_INCONSISTENT, "worth 2e+09 of customer 'a'");
}

static void settings_outside_their_ranges(void **state)
{
    (void)state;
    planned p;
    wb_error err;
    put_case(CAMPAIGN(""));
    begin_plan(&p);
    assert_ok(read_settings(&p, &err), &err);
    const wb_campaign good = p.settings;
    double *const fields[] = {&p.settings.offer_cost, &p.settings.contact_cost, &p.settings.keep_rate, &p.settings.keep_rate_strength,
                              &p.settings.take_rate, &p.settings.holdout, &p.settings.value, &p.settings.margin, &p.settings.budget};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        p.settings = good;
        *fields[i] = -1;
        assert_int_equal(make_plan(&p, &err), WB_ERR_ARGUMENT);
        *fields[i] = INFINITY;
        assert_int_equal(make_plan(&p, &err), WB_ERR_ARGUMENT);
    }
    p.settings = good;
    p.settings.format = "excel";
    assert_int_equal(make_plan(&p, &err), WB_ERR_ARGUMENT);
    p.settings = good;
    p.options.provable_effect = 0;
    assert_int_equal(make_plan(&p, &err), WB_ERR_ARGUMENT);
    end_plan(&p);
}

/* Every allocation in turn fails once. */
static void memory_that_runs_out_is_said(void **state)
{
    (void)state;
    put_case(CAMPAIGN(", caps: {city: 2}, keep: [city], contacts: contacts.csv"));
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        planned p;
        wb_error err = {0};
        begin_plan(&p);
        assert_ok(read_settings(&p, &err), &err);
        wbi_alloc_fail_at(n);
        status = make_plan(&p, &err);
        if (status == WB_OK)
            status = wb_campaign_plan_write(p.plan, "list.csv", "control.csv", &err);
        wbi_alloc_fail_at(0);
        if (status != WB_OK)
            assert_int_equal(status, WB_ERR_NOMEM);
        end_plan(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_case_by_hand),
        CASE(it_can_be_repeated),
        CASE(values_that_are_missing),
        CASE(uplift_is_taken_from_the_scores),
        CASE(caps_count_groups),
        CASE(empty_lists_are_lists),
        CASE(routes_have_lists),
        CASE(orders_say_what_customers_are_worth),
        CASE(what_is_missing_is_said),
        CASE(settings_outside_their_ranges),
        CASE(memory_that_runs_out_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
