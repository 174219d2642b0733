/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kpi_testing.h"

#include "base/memory.h"

/* S = A B G H; E = A C D G: A and G retained, C reactivated (lapsed are C and E), D new (and F, who is not active at end), B and
 * H lost. */
static void check_retention(const wb_kpis *kpis)
{
    assert_close(figure(kpis, 0, "active_start")->value, 4, 0);
    assert_close(figure(kpis, 0, "active_end")->value, 4, 0);
    assert_close(figure(kpis, 0, "retained")->value, 2, 0);
    assert_close(figure(kpis, 0, "new_active")->value, 1, 0);
    assert_close(figure(kpis, 0, "reactivated")->value, 1, 0);
    assert_close(figure(kpis, 0, "new_customers")->value, 2, 0);
    assert_close(figure(kpis, 0, "lost")->value, 2, 0);
    assert_close(figure(kpis, 0, "retention_rate")->value, 0.5, 0);
    assert_close(figure(kpis, 0, "churn_rate")->value, 0.5, 0);
    assert_close(figure(kpis, 0, "textbook_retention_rate")->value, 3.0 / 4, 0);
    assert_close(figure(kpis, 0, "win_back_rate")->value, 1.0 / 2, 0);
    assert_close(term(kpis, 0, WBI_CUSTOMERS), 8, 0);
    /* R: binom::binom.confint(2, 4, method = "wilson") */
    assert_close(figure(kpis, 0, "retention_rate")->low, 0.15003898915214947, 1e-12);
    assert_close(figure(kpis, 0, "retention_rate")->high, 0.84996101084785053, 1e-12);
}

/* Brought in the look-back before the start: A 100, B 50, G 80, H 40; before the end: A 80, G 120. */
static void check_revenue(const wb_kpis *kpis)
{
    assert_close(figure(kpis, 0, "start_revenue")->value, 270, 0);
    assert_close(figure(kpis, 0, "churned_revenue")->value, 90, 0);
    assert_close(figure(kpis, 0, "contraction")->value, 20, 0);
    assert_close(figure(kpis, 0, "expansion")->value, 40, 0);
    assert_close(figure(kpis, 0, "gross_revenue_retention")->value, 160.0 / 270, 1e-15);
    assert_close(figure(kpis, 0, "net_revenue_retention")->value, 200.0 / 270, 1e-15);
}

/* A 2 for 80, C 1 for 40, D 2 for 30, F 1 for 200, G 1 for 120; D and F are new. Times: A 24 and 10 days, C 75, G 32. */
static void check_purchases(const wb_kpis *kpis)
{
    assert_close(figure(kpis, 0, "orders")->value, 7, 0);
    assert_close(figure(kpis, 0, "buyers")->value, 5, 0);
    assert_close(figure(kpis, 0, "revenue")->value, 470, 0);
    assert_close(figure(kpis, 0, "repeat_purchase_rate")->value, 2.0 / 5, 0);
    assert_close(figure(kpis, 0, "repeat_customer_rate")->value, 4.0 / 8, 0);
    assert_close(figure(kpis, 0, "purchase_frequency")->value, 7.0 / 5, 0);
    assert_close(figure(kpis, 0, "average_order_value")->value, 470.0 / 7, 1e-15);
    assert_close(figure(kpis, 0, "average_order_value_new")->value, 230.0 / 3, 1e-15);
    assert_close(figure(kpis, 0, "average_order_value_returning")->value, 240.0 / 4, 1e-15);
    assert_close(figure(kpis, 0, "returning_revenue_share")->value, 240.0 / 470, 1e-15);
    assert_close(figure(kpis, 0, "top_revenue_share")->value, 200.0 / 470, 1e-15);
    assert_close(figure(kpis, 0, "days_between_purchases")->value, 141.0 / 4, 1e-15);
    assert_close(figure(kpis, 0, "days_between_purchases_median")->value, (24 + 32) / 2.0, 0);
}

static void check_value(const wb_kpis *kpis)
{
    assert_close(figure(kpis, 0, "value_lost")->value, 90.0 * 365 / 30, 1e-15);
    assert_close(figure(kpis, 0, "margin_lost")->value, 0.4 * 90 * 365 / 30, 1e-15);
    assert_close(figure(kpis, 0, "five_points")->value, 0.05 * 270 * 365 / 30, 1e-15);
    assert_close(figure(kpis, 0, "five_points_margin")->value, 0.4 * 0.05 * 270 * 365 / 30, 1e-15);
    assert_close(figure(kpis, 0, "clv")->value, 0.4 * 470 / 4 / 0.5, 1e-15);
    assert_close(figure(kpis, 0, "cac")->value, 60.0 / 2, 0);
    assert_close(figure(kpis, 0, "clv_to_cac")->value, 94.0 / 30, 1e-15);
}

/* Customers of the range are A B G H, who were active, and C D F, who bought. */
static void check_opinions(const wb_kpis *kpis)
{
    assert_close(figure(kpis, 0, "nps")->value, 100 * (3.0 - 1) / 5, 1e-15);
    assert_close(figure(kpis, 0, "csat_surveys")->value, 2.0 / 3, 1e-15);
    assert_close(figure(kpis, 0, "csat_surveys_good_bad")->value, 2.0 / 3, 1e-15);
    assert_close(figure(kpis, 0, "csat_tickets")->value, 2.0 / 4, 0);
    assert_close(figure(kpis, 0, "csat_tickets_good_bad")->value, 2.0 / 3, 1e-15);
    assert_close(figure(kpis, 0, "engagement")->value, 3.0 / (7 * 31), 1e-15);
    assert_close(figure(kpis, 0, "loyalty_redemption_rate")->value, 40.0 / 160, 0);
    assert_close(figure(kpis, 0, "loyalty_redeemer_rate")->value, 1.0 / 2, 0);
    assert_close(figure(kpis, 0, "referral_rate")->value, 1.0 / 5, 0);
    assert_close(figure(kpis, 0, "referral_join_rate")->value, 1.0 / 3, 1e-15);
}

static uint64_t n_lost_for(const wb_kpis *kpis, size_t cell, const char *reason)
{
    for (size_t i = 0; i < kpis->n_reasons; i++)
        if (strcmp(kpis->reasons[i], reason) == 0)
            return kpis->n_lost[cell * kpis->n_reasons + i];
    return UINT64_MAX;
}

static void check_by_hand(const wb_kpis *kpis)
{
    check_retention(kpis);
    check_revenue(kpis);
    check_purchases(kpis);
    check_value(kpis);
    check_opinions(kpis);
    assert_int_equal(n_lost_for(kpis, 0, "price"), 1); /* B's last */
    assert_int_equal(n_lost_for(kpis, 0, "(none stated)"), 1);
    assert_int_equal(n_lost_for(kpis, 0, "moved"), 0);
    assert_int_equal(n_lost_for(kpis, 0, "service"), 0); /* H's comes too late */
    for (size_t k = 0; k < wb_kpi_n(); k++)
        assert_null(kpis->why[k]);
}

static void by_hand(void **state)
{
    wb_kpis *kpis;
    wb_error err;
    const wb_kpi_options options = march();
    put_all(*state);
    assert_ok(compute(&kpis, *state, ALL_TABLES, &options, 1, &err), &err);
    check_by_hand(kpis);
    assert_int_equal(kpis->cohorts.n_months, 1);
    assert_int_equal(kpis->cohorts.n_customers[0], 2);
    wb_kpi_free(kpis);
}

/* The example that every textbook has: 150 at the start, 50 new, 193 at the end. */
static void textbook(void **state)
{
    enum { START = 150, LOST = 7, NEW = 50, BYTES = 64 * 1024 };
    wb_kpis *kpis;
    wb_error err;
    wb_kpi_options options = range("2024-03-01", "2024-04-01");
    options.active_within_us = 30 * WB_DAY_US;
    char *text = malloc(BYTES);
    size_t n = (size_t)snprintf(text, BYTES, "customer_id,ordered_at,amount\n");
    for (int i = 0; i < START; i++) {
        n += (size_t)snprintf(text + n, BYTES - n, "old%d,2024-02-%02d,10\n", i, 1 + i % 28);
        if (i >= LOST)
            n += (size_t)snprintf(text + n, BYTES - n, "old%d,2024-03-%02d,10\n", i, 3 + i % 28);
    }
    for (int i = 0; i < NEW; i++)
        n += (size_t)snprintf(text + n, BYTES - n, "new%d,2024-03-%02d,10\n", i, 3 + i % 28);
    put(*state, "orders.csv", text);
    assert_ok(compute(&kpis, *state, ORDERS_ALONE, &options, 2, &err), &err);
    const wb_kpi_figure *f = figure(kpis, 0, "textbook_retention_rate");
    assert_close(figure(kpis, 0, "active_start")->value, 150, 0);
    assert_close(figure(kpis, 0, "active_end")->value, 193, 0);
    assert_close(figure(kpis, 0, "new_active")->value, 50, 0);
    assert_close(f->over, 193 - 50, 0);
    assert_close(f->under, 150, 0);
    assert_close(round(1000 * f->value), 953, 0);
    assert_close(figure(kpis, 0, "retention_rate")->value, f->value, 0); /* nobody came back */
    char explained[256];
    assert_string_equal(wb_kpi_explain(explained, sizeof explained, kpis, 0, wbi_kpi_find("textbook_retention_rate")),
                        "(active at end 193 - new and active at end 50) / active at start 150");
    wb_kpi_free(kpis);
    free(text);
}

/* ---- groups and periods ---- */

/* A name's group; fails without it. */
static size_t group_named(const wb_kpis *kpis, const char *name)
{
    for (size_t g = 1; g < kpis->n_groups; g++)
        if (strcmp(kpis->groups[g], name) == 0)
            return g;
    fail_msg("there is no group %s", name);
    return 0;
}

/* DE: A B C H; FR: D E G I; F has no country. */
static void by_country(void **state)
{
    wb_kpis *kpis;
    wb_error err;
    wb_kpi_options options = march();
    options.by = "country";
    put_all(*state);
    assert_ok(compute(&kpis, *state, ALL_TABLES, &options, 1, &err), &err);
    check_by_hand(kpis);
    assert_int_equal(kpis->n_groups, 4);
    assert_string_equal(kpis->groups[1], "DE");
    assert_string_equal(kpis->groups[3], "(none)");
    const size_t de = group_named(kpis, "DE"), fr = group_named(kpis, "FR"), none = group_named(kpis, "(none)");
    assert_close(figure(kpis, de, "retention_rate")->over, 1, 0);
    assert_close(figure(kpis, de, "retention_rate")->under, 3, 0);
    assert_close(figure(kpis, fr, "retention_rate")->value, 1, 0);
    assert_close(figure(kpis, none, "retention_rate")->value, NAN, 0);
    assert_close(figure(kpis, none, "retention_rate")->under, 0, 0);
    assert_close(figure(kpis, fr, "revenue")->value, 150, 0); /* of D 30, of G 120 */
    assert_close(figure(kpis, fr, "top_revenue_share")->value, 120.0 / 150, 1e-15);
    assert_close(figure(kpis, de, "top_revenue_share")->value, 80.0 / 120, 1e-15);
    assert_close(figure(kpis, de, "days_between_purchases_median")->value, 24, 0);
    assert_close(figure(kpis, de, "cac")->value, NAN, 0); /* costs know no groups */
    assert_int_equal(n_lost_for(kpis, de, "price"), 1);
    assert_int_equal(n_lost_for(kpis, fr, "(none stated)"), 0);
    wb_kpi_free(kpis);
}

static wb_status note_start(void *user, int64_t from_us, wb_error *err)
{
    (void)err;
    *(int64_t *)user = from_us;
    return WB_OK;
}

static const char *initial_of(void *user, const char *id)
{
    assert_true(*(int64_t *)user == at("2024-03-01"));
    return id[0] < 'E' ? "early" : NULL;
}

static void by_the_callers_word(void **state)
{
    int64_t from_us = 0;
    const wb_kpi_grouping grouping = {"letter", note_start, initial_of, &from_us};
    wb_kpis *kpis;
    wb_error err;
    wb_kpi_options options = march();
    options.grouping = &grouping;
    put_all(*state);
    assert_ok(compute(&kpis, *state, ORDERS_ALONE, &options, 1, &err), &err);
    assert_string_equal(kpis->by, "letter");
    assert_int_equal(kpis->n_groups, 3);
    assert_close(figure(kpis, group_named(kpis, "early"), "active_end")->value, 3, 0); /* A C D */
    wb_kpi_free(kpis);
}

/* New in January: C and E, of whom C ordered again in March; in February A B G H, A and G in March; in March D and F. */
static void cohorts(void **state)
{
    static const uint64_t sizes[] = {2, 4, 2}, ordered[3][3] = {{2, 0, 1}, {4, 2, 0}, {2, 0, 0}};
    wb_kpis *kpis;
    wb_error err;
    const wb_kpi_options options = range("2024-01-01", "2024-04-01");
    put_all(*state);
    assert_ok(compute(&kpis, *state, ORDERS_ALONE, &options, 1, &err), &err);
    assert_int_equal(kpis->cohorts.n_months, 3);
    assert_true(kpis->cohorts.months[1].from_us == at("2024-02-01"));
    for (size_t c = 0; c < 3; c++) {
        assert_int_equal(kpis->cohorts.n_customers[c], sizes[c]);
        for (size_t age = 0; age < 3; age++)
            assert_int_equal(kpis->cohorts.n_ordered[c * 3 + age], ordered[c][age]);
    }
    wb_kpi_free(kpis);
}

/* Without a range: the twelve whole months before the end, or as many as there are; the look-back is the label's horizon. */
static void usual_range(void **state)
{
    wb_kpis *kpis;
    wb_error err;
    wb_kpi_options options = WB_KPI_OPTIONS_INIT;
    options.by_month = 1;
    put_all(*state);
    assert_ok(compute(&kpis, *state, ORDERS_ALONE "label: {name: churned, absent: orders, horizon: 45d}\n", &options, 1, &err), &err);
    assert_true(kpis->periods[0].from_us == at("2024-02-01") && kpis->periods[0].to_us == at("2024-04-01"));
    assert_int_equal(kpis->n_periods, 3);
    assert_true(kpis->active_within_us == 45 * WB_DAY_US);
    wb_kpi_free(kpis);
    assert_ok(compute(&kpis, *state, "tables: {orders: {file: orders.csv}}\ndata_until: 2026-02-15\n", &options, 1, &err), &err);
    assert_true(kpis->periods[0].from_us == at("2025-02-01") && kpis->periods[0].to_us == at("2026-02-01"));
    assert_int_equal(kpis->n_periods, 13);
    assert_true(kpis->active_within_us == 90 * WB_DAY_US);
    wb_kpi_free(kpis);
    put(*state, "orders.csv", "customer_id,ordered_at,amount\nA,2024-03-05T10:00,1\nA,2024-03-20,1\n");
    assert_ok(compute(&kpis, *state, "tables: {orders: {file: orders.csv}}\n", &options, 1, &err), &err);
    assert_true(kpis->periods[0].from_us == at("2024-03-05") && kpis->periods[0].to_us == at("2024-03-21"));
    wb_kpi_free(kpis);
}

/* ---- what is not there ---- */

static void what_is_not_there_is_left_out(void **state)
{
    wb_kpis *kpis;
    wb_error err;
    wb_kpi_options options = march();
    options.margin = NAN;
    put(*state, "orders.csv", "customer_id,ordered_at\nA,2024-02-10\nA,2024-03-05\nB,2024-02-20\n");
    put(*state, "tickets.csv", "customer_id,opened_at,resolved_at\nA,2024-03-02,2024-03-03\n");
    assert_ok(compute(&kpis, *state, "tables: {orders: {file: orders.csv}, tickets: {file: tickets.csv}}\ndata_until: 2024-04-10\n", &options, 1,
                      &err),
              &err);
    assert_null(kpis->why[wbi_kpi_find("retention_rate")]);
    assert_close(figure(kpis, 0, "retention_rate")->value, 0.5, 0);
    assert_string_equal(kpis->why[wbi_kpi_find("revenue")], "table orders has no column amount");
    assert_string_equal(kpis->why[wbi_kpi_find("margin_lost")], "table orders has no column amount");
    assert_string_equal(kpis->why[wbi_kpi_find("csat_tickets")], "table tickets has no column csat");
    assert_string_equal(kpis->why[wbi_kpi_find("nps")], "there is no table surveys");
    assert_string_equal(kpis->why[wbi_kpi_find("cac")], "there is no table costs with a time");
    assert_non_null(strstr(kpis->why[wbi_kpi_find("clv")], "margin"));
    assert_non_null(kpis->why[wbi_kpi_find("clv_to_cac")]);
    assert_string_equal(kpis->no_reasons, "there is no table cancellations");
    for (size_t k = 0; k < wb_kpi_n(); k++)
        if (kpis->why[k] != NULL)
            assert_close(kpis->figures[k].value, NAN, 0);
    wb_kpi_free(kpis);
}

static void refuse(const char *folder, const char *project, wb_kpi_options options, wb_status code, const char *words)
{
    wb_kpis *kpis = NULL;
    wb_error err;
    char text[2048];
    assert_int_equal(compute(&kpis, folder, project, &options, 1, &err), code);
    assert_null(kpis);
    wb_error_text(&err, text, sizeof text);
    if (strstr(text, words) == NULL)
        fail_msg("'%s' does not say '%s'", text, words);
}

static void bad_requests(void **state)
{
    wb_kpi_options options = march();
    put_all(*state);
    refuse(*state, ORDERS_ALONE, range("2024-03-01", "2024-03-01"), WB_ERR_ARGUMENT,
           "the range begins at 2024-03-01 and ends at 2024-03-01: it must begin before it ends");
    refuse(*state, ORDERS_ALONE, range("2024-03-01", "2024-04-11"), WB_ERR_INCONSISTENT, "ends at 2024-04-11, after the end of the data (2024-04-10)");
    refuse(*state, ORDERS_ALONE, range("2023-03-01", "2024-01-02"), WB_ERR_INCONSISTENT, "ends at 2024-01-02, not after the first order (2024-01-02)");
    refuse(*state, ORDERS_ALONE, range("1800-01-01", "2024-03-01"), WB_ERR_ARGUMENT, "2690 months (at most 1200)");
    options.margin = 1.5;
    refuse(*state, ORDERS_ALONE, options, WB_ERR_ARGUMENT, "the margin is 1.5: it must be from 0 to 1");
    options = march();
    options.active_within_us = -1;
    refuse(*state, ORDERS_ALONE, options, WB_ERR_ARGUMENT, "the look-back must be more than 0");
    options = march();
    options.by = "country";
    refuse(*state, ORDERS_ALONE, options, WB_ERR_INCONSISTENT, "there is no table customers whose column country could be looked at");
    options.by = "contry";
    refuse(*state, ALL_TABLES, options, WB_ERR_INCONSISTENT, "did you mean 'country'?");
    options.by = "age";
    refuse(*state, ALL_TABLES, options, WB_ERR_INCONSISTENT, "column age of table customers is no category");
}

static void too_many_groups(void **state)
{
    enum { LEVELS = 1001, BYTES = 32 * 1024 };
    wb_kpi_options options = march();
    char *text = malloc(BYTES);
    size_t n = (size_t)snprintf(text, BYTES, "customer_id,zip\n");
    for (int i = 0; i < LEVELS; i++)
        n += (size_t)snprintf(text + n, BYTES - n, "c%d,z%d\n", i, i);
    put_all(*state);
    put(*state, "customers.csv", text);
    free(text);
    options.by = "zip";
    refuse(*state, "tables: {orders: {file: orders.csv}, customers: {file: customers.csv}}\ndata_until: 2024-04-10\n", options, WB_ERR_INCONSISTENT,
           "zip has 1001 values among the customers: at most 1000 groups are told apart");
}

static void bad_tables(void **state)
{
    const wb_kpi_options options = march();
    put_all(*state);
    refuse(*state, "tables: {tickets: {file: tickets.csv}}\n", options, WB_ERR_INCONSISTENT, "there is no table 'orders', from which key figures are made");
    put(*state, "orders.csv", "customer_id,ordered_at,amount\n");
    refuse(*state, ORDERS_ALONE, options, WB_ERR_INCONSISTENT, "table orders has no rows");
    put(*state, "orders.csv", "customer_id,ordered_at,amount\nA,2024-03-02,1e20\n");
    refuse(*state, ORDERS_ALONE, options, WB_ERR_INCONSISTENT, "orders.csv: amount 1e+20 of customer 'A' at 2024-03-02");
    put(*state, "orders.csv", "customer_id,ordered_at,amount\nA,2024-03-02,many\n");
    refuse(*state, ORDERS_ALONE, options, WB_ERR_MALFORMED, "amount 'many' is not a number");
}

/* Orders under another name, one order of several lines, and lines that do not count. */
static void as_the_project_says(void **state)
{
    wb_kpis *kpis;
    wb_error err;
    const wb_kpi_options options = range("2024-03-01", "2024-04-01");
    put(*state, "lines.csv", "who,when,invoice,quantity,price\nA,2024-03-02,1,2,10\nA,2024-03-02,1,1,5\nA,2024-03-09,2,1,7\nA,2024-03-09,C3,1,99\n");
    assert_ok(compute(&kpis, *state,
                      "tables: {purchases: {file: lines.csv, customer: who, time: when, group_by: invoice, where: \"not starts_with(invoice, 'C')\", "
                      "columns: {amount: {expr: quantity * price}}}}\n"
                      "features: {use: [{rfm: purchases}]}\ndata_until: 2024-04-10\n",
                      &options, 1, &err),
              &err);
    assert_close(figure(kpis, 0, "orders")->value, 2, 0);
    assert_close(figure(kpis, 0, "revenue")->value, 32, 0);
    wb_kpi_free(kpis);
}

/* The months of the project's zone, and its dates: an order at 23:30 UTC on February 29 is one of March in Berlin. */
static void in_the_projects_zone(void **state)
{
    wb_kpis *kpis;
    wb_error err;
    wb_kpi_options options = WB_KPI_OPTIONS_INIT;
    put(*state, "orders.csv", "customer_id,ordered_at,amount\nA,2024-02-10T00:00Z,1\nB,2024-02-29T23:30Z,1\nA,2024-04-03T00:00Z,1\n");
    assert_ok(compute(&kpis, *state, "timezone: Europe/Berlin\ntables: {orders: {file: orders.csv}}\n", &options, 1, &err), &err);
    assert_true(kpis->periods[0].from_us == at("2024-02-29T23:00Z") && kpis->periods[0].to_us == at("2024-03-31T22:00Z"));
    assert_close(figure(kpis, 0, "new_customers")->value, 1, 0);
    assert_close(term(kpis, 0, WBI_DAYS), 31, 0);
    wb_kpi_free(kpis);
}

static void no_memory(void **state)
{
    wb_kpis *kpis = NULL;
    wb_error err;
    char path[RUN_PATH_CHARS];
    wb_project *project;
    wb_read_options reading = WB_READ_OPTIONS_INIT;
    wb_kpi_options options = march();
    options.by = "country";
    options.by_month = 1;
    reading.n_threads = 1;
    put_all(*state);
    put(*state, "winback.yml", ALL_TABLES);
    assert_ok(wb_project_read(&project, path_in(path, *state, "winback.yml"), &err), &err);
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_alloc_fail_at(n);
        status = wb_kpi_compute(&kpis, project, &options, &reading, &err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_true((kpis == NULL) == (status != WB_OK));
    }
    check_by_hand(kpis);
    wb_project_free(project);
    wb_kpi_free(kpis);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(textbook),
        cmocka_unit_test(by_country),
        cmocka_unit_test(by_the_callers_word),
        cmocka_unit_test(cohorts),
        cmocka_unit_test(usual_range),
        cmocka_unit_test(what_is_not_there_is_left_out),
        cmocka_unit_test(bad_requests),
        cmocka_unit_test(too_many_groups),
        cmocka_unit_test(bad_tables),
        cmocka_unit_test(as_the_project_says),
        cmocka_unit_test(in_the_projects_zone),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
