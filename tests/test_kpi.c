/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_run.h"

#include <winback/kpi.h>

#include "base/memory.h"
#include "kpi/terms.h"

static int64_t at(const char *text)
{
    int64_t time_us;
    wb_error err;
    assert_ok(wb_time_parse(&time_us, text, 0, &err), &err);
    return time_us;
}

static wb_status compute(wb_kpis **out, const char *folder, const char *project_text, const wb_kpi_options *options, int n_threads,
                         wb_error *err)
{
    char path[RUN_PATH_CHARS];
    wb_project *project;
    wb_read_options reading = WB_READ_OPTIONS_INIT;
    reading.n_threads = n_threads;
    *out = NULL;
    put(folder, "winback.yml", project_text);
    assert_ok(wb_project_read(&project, path_in(path, folder, "winback.yml"), err), err);
    wb_status status = wb_kpi_compute(out, project, options, &reading, err);
    wb_project_free(project);
    return status;
}

static wb_kpi_options range(const char *from, const char *to)
{
    wb_kpi_options options = WB_KPI_OPTIONS_INIT;
    options.from_us = at(from);
    options.to_us = at(to);
    return options;
}

static const wb_kpi_figure *figure(const wb_kpis *kpis, size_t cell, const char *key)
{
    const size_t k = wbi_kpi_find(key);
    if (k == SIZE_MAX)
        fail_msg("there is no figure %s", key);
    return &kpis->figures[cell * wb_kpi_n() + k];
}

static double term(const wb_kpis *kpis, size_t cell, size_t t)
{
    return kpis->terms[cell * WBI_N_TERMS + t];
}

/* ---- a case by hand ---- */

/* March 2024, active within 30 days: at start who ordered in [Jan 31, Mar 1), at end in [Mar 2, Apr 1). */
static const char orders[] = "customer_id,ordered_at,amount\n"
                             "A,2024-02-10,100\nA,2024-03-05,60\nA,2024-03-15,20\n"
                             "B,2024-02-20,50\n"
                             "C,2024-01-05,30\nC,2024-03-20,40\n"
                             "D,2024-03-03T08:00,25\nD,2024-03-03T20:00,5\n"
                             "E,2024-01-02,10\n"
                             "F,2024-03-01,200\n"
                             "G,2024-02-05,70\nG,2024-02-28,10\nG,2024-03-31T23:59,120\n"
                             "H,2024-02-15,40\nH,2024-04-02,90\n"
                             "I,2024-04-03,11\n";
static const char tickets[] = "customer_id,opened_at,resolved_at,csat\n"
                              "A,2024-03-02,2024-03-03,5\nB,2024-03-04,2024-03-05,4\nC,2024-03-06,2024-03-07,3\nD,2024-03-07,2024-03-08,1\n"
                              "A,2024-03-08,2024-03-08T12:00,\nA,2024-02-20,2024-02-21,1\nG,2024-03-09,2024-03-10,9\n";
static const char surveys[] = "customer_id,kind,sent_at,answered_at,score\n"
                              "A,nps,2024-03-02,2024-03-03,10\nB,nps,2024-03-02,2024-03-03,9\nC,nps,2024-03-02,2024-03-03,9\n"
                              "D,nps,2024-03-02,2024-03-03,8\nE,nps,2024-03-02,2024-03-03,3\nF,nps,2024-03-02,,\nA,nps,2024-02-02,2024-02-03,0\n"
                              "A,csat,2024-03-02,2024-03-03,5\nB,csat,2024-03-02,2024-03-03,4\nD,csat,2024-03-02,2024-03-03,2\n";
static const char visits[] = "customer_id,visited_at\n"
                             "A,2024-03-01T10:00\nA,2024-03-01T12:00\nA,2024-03-05\nB,2024-03-31\nE,2024-03-07\nA,2024-04-01\n";
static const char loyalty[] = "customer_id,booked_at,points\nA,2024-03-02,100\nA,2024-03-20,-40\nD,2024-03-04,60\nB,2024-02-01,40\n";
static const char referrals[] = "customer_id,referred_at,joined_at\nA,2024-03-03,2024-03-09\nA,2024-03-10,\nB,2024-03-05,2024-04-02\n";
static const char cancellations[] = "customer_id,cancelled_at,reason\nB,2024-03-01,moved\nB,2024-03-10,price\nB,2024-03-11,\nA,2024-03-12,moved\n"
                                    "H,2024-04-01,service\n";
static const char costs[] = "spent_at,amount,kind\n2024-03-10,60,acquisition\n2024-03-12,100,retention\n2024-04-01,9,acquisition\n";
static const char customers[] = "customer_id,country,age\nA,DE,30\nB,DE,40\nC,DE,50\nD,FR,60\nE,FR,70\nF,,20\nG,FR,25\nH,DE,35\nI,FR,45\n";

#define ORDERS_ALONE "tables: {orders: {file: orders.csv}}\ndata_until: 2024-04-10\n"
#define ALL_TABLES                                                                                                       \
    "tables: {orders: {file: orders.csv}, tickets: {file: tickets.csv}, surveys: {file: surveys.csv}, visits: {file: visits.csv}, " \
    "loyalty: {file: loyalty.csv}, referrals: {file: referrals.csv}, cancellations: {file: cancellations.csv}, "         \
    "costs: {file: costs.csv}, customers: {file: customers.csv, columns: {age: number}}}\n"                              \
    "data_until: 2024-04-10\n"

static void put_all(const char *folder)
{
    put(folder, "orders.csv", orders);
    put(folder, "tickets.csv", tickets);
    put(folder, "surveys.csv", surveys);
    put(folder, "visits.csv", visits);
    put(folder, "loyalty.csv", loyalty);
    put(folder, "referrals.csv", referrals);
    put(folder, "cancellations.csv", cancellations);
    put(folder, "costs.csv", costs);
    put(folder, "customers.csv", customers);
}

static wb_kpi_options march(void)
{
    wb_kpi_options options = range("2024-03-01", "2024-04-01");
    options.active_within_us = 30 * WB_DAY_US;
    options.margin = 0.4;
    return options;
}

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

/* ---- against a plain loop ---- */

enum { SHOP_CUSTOMERS = 700, SHOP_ORDERS = 4000, SHOP_DAYS = 400, COUNTRIES = 3 };

typedef struct shop {
    int customer[SHOP_ORDERS];
    int64_t time_us[SHOP_ORDERS];
    int64_t cents[SHOP_ORDERS];
} shop;

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Customers of very different rates, refunds among the orders. */
static shop *make_shop(const char *folder)
{
    shop *s = malloc(sizeof *s);
    char path[RUN_PATH_CHARS], when[WB_TIME_CHARS];
    uint32_t seed = 7;
    assert_non_null(s);
    FILE *file = fopen(path_in(path, folder, "orders.csv"), "w");
    fprintf(file, "customer_id,ordered_at,amount\n");
    for (size_t i = 0; i < SHOP_ORDERS; i++) {
        const uint32_t a = next_random(&seed) % SHOP_CUSTOMERS, b = next_random(&seed) % SHOP_CUSTOMERS;
        s->customer[i] = (int)(a < b ? a : b);
        s->time_us[i] = at("2023-01-01") + (int64_t)(next_random(&seed) % (SHOP_DAYS * 24)) * WB_HOUR_US;
        s->cents[i] = (int64_t)(next_random(&seed) % 20000) - 2000;
        wb_time_format(s->time_us[i], when);
        fprintf(file, "c%d,%s,%.2f\n", s->customer[i], when, (double)s->cents[i] / 100);
    }
    fclose(file);
    file = fopen(path_in(path, folder, "customers.csv"), "w");
    fprintf(file, "customer_id,country\n");
    for (int c = 0; c < SHOP_CUSTOMERS; c++)
        fprintf(file, "c%d,%c\n", c, 'X' + c % COUNTRIES);
    fclose(file);
    return s;
}

/* What one customer does in [from, to), by looking at all orders. */
typedef struct seen {
    size_t n;
    int64_t cents;
} seen;
static seen look(const shop *s, int customer, int64_t from_us, int64_t to_us)
{
    seen found = {0, 0};
    for (size_t i = 0; i < SHOP_ORDERS; i++)
        if (s->customer[i] == customer && s->time_us[i] >= from_us && s->time_us[i] < to_us) {
            found.n++;
            found.cents += s->cents[i];
        }
    return found;
}

static void add_customer(int64_t terms[WBI_N_SUMMED], const shop *s, int c, const wb_kpi_period *p, int64_t within_us)
{
    const seen ever = look(s, c, INT64_MIN, p->to_us), before = look(s, c, INT64_MIN, p->from_us), in = look(s, c, p->from_us, p->to_us);
    const seen start = look(s, c, p->from_us - within_us, p->from_us), end = look(s, c, p->to_us - within_us, p->to_us);
    const int64_t had = start.cents > 0 ? start.cents : 0, has = end.n > 0 && end.cents > 0 ? end.cents : 0;
    terms[WBI_CUSTOMERS] += ever.n > 0;
    terms[WBI_REPEAT_CUSTOMERS] += ever.n > 1;
    terms[WBI_ACTIVE_START] += start.n > 0;
    terms[WBI_ACTIVE_END] += end.n > 0;
    terms[WBI_RETAINED] += start.n > 0 && end.n > 0;
    terms[WBI_LOST] += start.n > 0 && end.n == 0;
    terms[WBI_NEW_CUSTOMERS] += before.n == 0 && in.n > 0;
    terms[WBI_NEW_ACTIVE] += before.n == 0 && in.n > 0 && end.n > 0;
    terms[WBI_LAPSED_START] += before.n > 0 && start.n == 0;
    terms[WBI_REACTIVATED] += before.n > 0 && start.n == 0 && end.n > 0;
    terms[WBI_BUYERS] += in.n > 0;
    terms[WBI_REPEAT_BUYERS] += in.n > 1;
    terms[WBI_ORDERS] += (int64_t)in.n;
    terms[before.n == 0 ? WBI_NEW_ORDERS : WBI_RETURNING_ORDERS] += (int64_t)in.n;
    terms[WBI_REVENUE] += in.cents;
    terms[before.n == 0 ? WBI_NEW_REVENUE : WBI_RETURNING_REVENUE] += in.cents;
    if (start.n == 0)
        return;
    terms[WBI_START_REVENUE] += had;
    terms[WBI_CHURNED_REVENUE] += end.n == 0 ? had : 0;
    terms[WBI_CONTRACTION] += end.n > 0 && has < had ? had - has : 0;
    terms[WBI_EXPANSION] += end.n > 0 && has > had ? has - had : 0;
}

static void check_cell(const wb_kpis *kpis, size_t cell, const int64_t terms[WBI_N_SUMMED])
{
    for (size_t t = 0; t < WBI_TOP_BUYERS; t++)
        assert_close(term(kpis, cell, t), wbi_kpi_term_in_hundredths(t) ? (double)terms[t] / 100 : (double)terms[t], 1e-15);
}

static void check_identities(const wb_kpis *kpis, size_t cell)
{
    assert_close(term(kpis, cell, WBI_ACTIVE_END), term(kpis, cell, WBI_RETAINED) + term(kpis, cell, WBI_NEW_ACTIVE) + term(kpis, cell, WBI_REACTIVATED), 0);
    assert_close(term(kpis, cell, WBI_ACTIVE_START), term(kpis, cell, WBI_RETAINED) + term(kpis, cell, WBI_LOST), 0);
    assert_close(figure(kpis, cell, "churn_rate")->value, 1 - figure(kpis, cell, "retention_rate")->value, 1e-14);
    assert_close(term(kpis, cell, WBI_REVENUE), term(kpis, cell, WBI_NEW_REVENUE) + term(kpis, cell, WBI_RETURNING_REVENUE), 1e-14);
    for (size_t t = 0; t < WBI_TOP_BUYERS && kpis->n_groups > 1; t++) {
        double sum = 0;
        for (size_t g = 1; g < kpis->n_groups; g++)
            sum += term(kpis, cell + g, t);
        assert_close(sum, term(kpis, cell, t), 1e-13);
    }
}

#define SHOP "tables: {orders: {file: orders.csv}, customers: {file: customers.csv}}\ndata_until: 2024-02-05\n"

static wb_kpi_options shop_options(void)
{
    wb_kpi_options options = range("2023-05-10", "2024-01-20");
    options.by_month = 1;
    options.by = "country";
    options.active_within_us = 40 * WB_DAY_US;
    return options;
}

static void against_a_plain_loop(void **state)
{
    wb_kpis *kpis;
    wb_error err;
    const wb_kpi_options options = shop_options();
    shop *s = make_shop(*state);
    assert_ok(compute(&kpis, *state, SHOP, &options, 2, &err), &err);
    assert_int_equal(kpis->n_periods, 10);
    assert_int_equal(kpis->n_groups, COUNTRIES + 1);
    for (size_t p = 0; p < kpis->n_periods; p++) {
        int64_t terms[COUNTRIES + 1][WBI_N_SUMMED] = {{0}};
        for (int c = 0; c < SHOP_CUSTOMERS; c++) {
            add_customer(terms[0], s, c, &kpis->periods[p], options.active_within_us);
            add_customer(terms[1 + c % COUNTRIES], s, c, &kpis->periods[p], options.active_within_us);
        }
        for (size_t g = 0; g < kpis->n_groups; g++)
            check_cell(kpis, p * kpis->n_groups + g, terms[g]);
        check_identities(kpis, p * kpis->n_groups);
        if (p > 1) /* months chain */
            assert_close(term(kpis, p * kpis->n_groups, WBI_ACTIVE_START), term(kpis, (p - 1) * kpis->n_groups, WBI_ACTIVE_END), 0);
    }
    wb_kpi_free(kpis);
    free(s);
}

static void same_for_any_threads(void **state)
{
    wb_kpis *kpis[3];
    wb_error err;
    const int threads[] = {1, 2, 4};
    const wb_kpi_options options = shop_options();
    free(make_shop(*state));
    for (size_t i = 0; i < 3; i++) {
        assert_ok(compute(&kpis[i], *state, SHOP, &options, threads[i], &err), &err);
        const size_t n_cells = kpis[0]->n_periods * kpis[0]->n_groups, n = kpis[0]->cohorts.n_months;
        assert_memory_equal(kpis[i]->terms, kpis[0]->terms, n_cells * WBI_N_TERMS * sizeof *kpis[0]->terms);
        assert_memory_equal(kpis[i]->figures, kpis[0]->figures, n_cells * wb_kpi_n() * sizeof *kpis[0]->figures);
        assert_memory_equal(kpis[i]->cohorts.n_ordered, kpis[0]->cohorts.n_ordered, n * n * sizeof(uint64_t));
    }
    for (size_t i = 0; i < 3; i++)
        wb_kpi_free(kpis[i]);
}

/* ---- public data ---- */

typedef struct expected {
    size_t term;
    double whole, october;
} expected;

/* UCI Online Retail, 2011-06-01 to 2011-12-01 and October alone, active within 60 days; by DuckDB, of orders (customer, invoice, time of
 * its first line, sum of its lines rounded to cents), per customer and period: count(*) and sum(cents) filter (t >= a and t < b) for
 * (a, b) of the look-back before the start, that before the end, the range, and all before the start; times between purchases by
 * lag() over distinct dates; the top by order by … limit ceil(count(*) / 5.0). */
static const expected online_retail[] = {
    {WBI_ACTIVE_START, 1519, 1762},         {WBI_ACTIVE_END, 2407, 2122},        {WBI_RETAINED, 912, 1413},
    {WBI_NEW_CUSTOMERS, 1580, 358},         {WBI_NEW_ACTIVE, 1054, 358},         {WBI_LAPSED_START, 1199, 1854},
    {WBI_REACTIVATED, 441, 351},            {WBI_START_REVENUE, 1123208.10, 1578373.88}, {WBI_CHURNED_REVENUE, 288893.27, 146135.04},
    {WBI_CONTRACTION, 136359.05, 198090.35}, {WBI_EXPANSION, 584279.05, 331345.91}, {WBI_BUYERS, 3472, 1364},
    {WBI_REPEAT_BUYERS, 1997, 323},         {WBI_ORDERS, 10348, 1929},           {WBI_REVENUE, 5060623.15, 1039318.79},
    {WBI_RETURNING_REVENUE, 3903902.95, 864597.03}, {WBI_TOP_REVENUE, 3585674.35, 668592.92}, {WBI_MEDIAN_GAP, 31, 33},
};

static void against_sql(void **state)
{
    static const uint64_t june[] = {242, 42, 38, 64, 56, 81}; /* new in June, by the months in which they ordered */
    const size_t october = 5;
    wb_kpis *kpis;
    wb_error err;
    wb_kpi_options options = range("2011-06-01", "2011-12-01");
    options.by_month = 1;
    options.active_within_us = 60 * WB_DAY_US;
    if (getenv("WINBACK_DATA") == NULL)
        skip();
    assert_ok(compute(&kpis, *state,
                      "tables:\n  orders:\n    file: ${WINBACK_DATA}/uci_online_retail/online_retail.csv.gz\n    customer: CustomerID\n"
                      "    time: InvoiceDate\n    where: not starts_with(InvoiceNo, 'C')\n    group_by: InvoiceNo\n"
                      "    columns: {amount: {expr: Quantity * UnitPrice}}\n",
                      &options, 2, &err),
              &err);
    for (size_t i = 0; i < sizeof online_retail / sizeof online_retail[0]; i++) {
        assert_close(term(kpis, 0, online_retail[i].term), online_retail[i].whole, 1e-12);
        assert_close(term(kpis, october, online_retail[i].term), online_retail[i].october, 1e-12);
    }
    assert_close(figure(kpis, 0, "days_between_purchases")->value, 52.50805723862318, 1e-12);
    assert_close(figure(kpis, october, "days_between_purchases")->value, 57.72767527675277, 1e-12);
    for (size_t age = 0; age < 6; age++)
        assert_int_equal(kpis->cohorts.n_ordered[age], june[age]);
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

static void bad_tables(void **state)
{
    const wb_kpi_options options = march();
    put_all(*state);
    refuse(*state, "tables: {tickets: {file: tickets.csv}}\n", options, WB_ERR_INCONSISTENT, "there is no table 'orders', from which key figures are made");
    put(*state, "orders.csv", "customer_id,ordered_at,amount\n");
    refuse(*state, ORDERS_ALONE, options, WB_ERR_INCONSISTENT, "table orders has no rows");
    put(*state, "orders.csv", "customer_id,ordered_at,amount\nA,2024-03-02,1e20\n");
    refuse(*state, ORDERS_ALONE, options, WB_ERR_INCONSISTENT, "an order's amount is 1e+20");
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

/* ---- formulas ---- */

/* Every formula is made of terms and of figures before it, and each key is said once. */
static void formulas_are_sound(void **state)
{
    (void)state;
    for (size_t k = 0; k < wb_kpi_n(); k++) {
        const wb_kpi_definition kpi = wb_kpi_at(k);
        assert_int_equal(wbi_kpi_find(kpi.key), k);
        assert_true(kpi.under != NULL || !kpi.is_share);
        if (wbi_kpi_find_term(kpi.key) != SIZE_MAX) /* a figure of a term's name is that term */
            assert_string_equal(kpi.over, kpi.key);
        for (const char *const *part = (const char *const[]){kpi.over, kpi.under, NULL}; *part != NULL; part++)
            for (const char *from = *part; *(from += strcspn(from, "abcdefghijklmnopqrstuvwxyz")) != '\0';) {
                char key[64];
                const size_t n = strspn(from, "abcdefghijklmnopqrstuvwxyz_");
                snprintf(key, sizeof key, "%.*s", (int)n, from);
                assert_true(wbi_kpi_find_term(key) != SIZE_MAX || wbi_kpi_find(key) < k);
                from += n;
            }
    }
}

/* docs/kpi.md says of every figure and term what the program does. */
static void documented(void **state)
{
    (void)state;
    char row[1024];
    char *text = get("../docs/kpi.md");
    for (size_t k = 0; k < wb_kpi_n(); k++) {
        const wb_kpi_definition kpi = wb_kpi_at(k);
        snprintf(row, sizeof row, "\n| `%s` | %s%s | `%s`%s%s%s | %s |\n", kpi.key, kpi.name + strspn(kpi.name, " "), kpi.is_share ? " (interval)" : "",
                 kpi.over, kpi.under != NULL ? " / `" : "", kpi.under != NULL ? kpi.under : "", kpi.under != NULL ? "`" : "", kpi.meaning);
        if (strstr(text, row) == NULL)
            fail_msg("docs/kpi.md lacks %s", row);
    }
    for (size_t t = 0; t < wb_kpi_n_terms(); t++) {
        const wb_kpi_term term_of = wb_kpi_term_at(t);
        snprintf(row, sizeof row, "\n| `%s` | %s | %s |\n", term_of.key, term_of.name, term_of.meaning);
        if (strstr(text, row) == NULL)
            fail_msg("docs/kpi.md lacks %s", row);
    }
    free(text);
}

static void explained(void **state)
{
    static const struct {
        const char *key, *text;
    } cases[] = {
        {"retention_rate", "retained 2 / active at start 4"},
        {"net_revenue_retention", "(revenue at start 270.00 - churned revenue 90.00 - contraction 20.00 + expansion 40.00) / revenue at start 270.00"},
        {"margin_lost", "value lost to churn, a year 1095.00 * margin 40 %"},
        {"clv", "(margin 40 % * revenue 470.00 / ((active at start 4 + active at end 4) / 2)) / churn rate 50 %"},
        {"nps", "(100 * (promoters 3 - detractors 1)) / answers to NPS surveys 5"},
        {"engagement", "dates with a visit 3 / (customers of the range 7 * days 31)"},
        {"orders", "orders 7"},
    };
    wb_kpis *kpis;
    wb_error err;
    char text[256], few[8];
    const wb_kpi_options options = march();
    put_all(*state);
    assert_ok(compute(&kpis, *state, ALL_TABLES, &options, 1, &err), &err);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(wb_kpi_explain(text, sizeof text, kpis, 0, wbi_kpi_find(cases[i].key)), cases[i].text);
    assert_string_equal(wb_kpi_explain(few, sizeof few, kpis, 0, wbi_kpi_find("orders")), "orders ");
    wb_kpi_free(kpis);
}

static void written(void **state)
{
    wb_kpis *kpis;
    wb_error err;
    char path[RUN_PATH_CHARS];
    wb_kpi_options options = march();
    options.by = "country";
    put_all(*state);
    put(*state, "customers.csv", "customer_id,country\nA,\"a, b\"\nB,\"a, b\"\n");
    assert_ok(compute(&kpis, *state, "tables: {orders: {file: orders.csv}, customers: {file: customers.csv}}\ndata_until: 2024-04-10\n", &options, 1,
                      &err),
              &err);
    assert_ok(wb_kpi_write(kpis, path_in(path, *state, "kpi.csv"), &err), &err);
    char *text = get(path);
    assert_non_null(strstr(text, "from,to,by,group,kpi,value,over,under,low,high\n2024-03-01,2024-04-01,,,active_start,4,4,,,\n"));
    assert_non_null(strstr(text, "\n2024-03-01,2024-04-01,country,\"a, b\",retention_rate,0.5,1,2,"));
    assert_null(strstr(text, ",nps,"));
    free(text);
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
        cmocka_unit_test(against_a_plain_loop),
        cmocka_unit_test(same_for_any_threads),
        cmocka_unit_test(against_sql),
        cmocka_unit_test(what_is_not_there_is_left_out),
        cmocka_unit_test(bad_requests),
        cmocka_unit_test(bad_tables),
        cmocka_unit_test(as_the_project_says),
        cmocka_unit_test(in_the_projects_zone),
        cmocka_unit_test(formulas_are_sound),
        cmocka_unit_test(documented),
        cmocka_unit_test(explained),
        cmocka_unit_test(written),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
