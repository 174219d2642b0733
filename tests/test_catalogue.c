/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The built-in bundles on tables worked by hand: names, values, and what is left out. */
#include "test_run.h"

/* Reads one cell of the features; the column must be there. */
static double number(const wb_features *features, size_t row, const char *name)
{
    const wb_table *table = wb_features_table(features);
    size_t column = wb_table_find(table, name);
    if (column == SIZE_MAX)
        fail_msg("there is no column %s", name);
    assert_int_equal(wb_table_type(table, column), WB_TYPE_NUMBER);
    return wb_table_numbers(table, column)[row];
}

typedef struct expected {
    const char *name;
    double value;
} expected;

/* The features of the only row: these, in this order, and no others. */
static void check_row(const wb_features *features, const expected *values, size_t n)
{
    const wb_table *table = wb_features_table(features);
    assert_int_equal(wb_table_n_rows(table), 1);
    assert_int_equal(wb_table_n_columns(table), n + 2);
    for (size_t k = 0; k < n; k++) {
        assert_string_equal(wb_table_name(table, k + 2), values[k].name);
        assert_close(number(features, 0, values[k].name), values[k].value, 1e-14);
    }
}

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char orders[] = "order_id,customer_id,ordered_at,amount,discount,channel\n"
                             "1,A,2024-01-01,10,0,web\n"
                             "2,A,2024-01-11,20,2,shop\n"
                             "3,A,2024-01-31,60,,web\n"
                             "4,A,2024-02-10,500,9,phone\n";

static void test_rfm(void **state)
{
    const expected values[] = {{"orders_days_since_last", 10},
                                      {"orders_days_since_first", 40},
                                      {"orders_count", 3},
                                      {"orders_count_36h", 0},
                                      {"orders_count_30d", 2},
                                      {"orders_amount_sum", 90},
                                      {"orders_amount_sum_36h", 0},
                                      {"orders_amount_sum_30d", 80},
                                      {"orders_amount_mean", 30},
                                      {"orders_amount_min", 10},
                                      {"orders_amount_max", 60},
                                      {"orders_amount_std", 26.457513110645906}, /* sqrt(700) */
                                      {"orders_amount_median", 20},
                                      {"orders_amount_last", 60},
                                      {"orders_active_days", 3},
                                      {"orders_trend_90d", 3},
                                      {"orders_gap_days_mean", 15},
                                      {"orders_gap_days_std", 7.0710678118654755}, /* sqrt(50) */
                                      {"orders_gap_days_max", 20},
                                      {"orders_gap_days_cv", 0.47140452079103168}, /* sqrt(50) / 15 */
                                      {"orders_overdue_ratio", 2.0 / 3},
                                      {"orders_x", 2},
                                      {"orders_t_x", 30},
                                      {"orders_T", 39},
                                      {"orders_clumpiness", 1 - 1.5 * log(2) / log(3)}, /* gaps 10, 20, 10 of 40 */
                                      {"orders_discount_share", 1.0 / 3},
                                      {"orders_channel_distinct", 2},
                                      {"orders_channel_web_share", 2.0 / 3},
                                      {"orders_channel_app_share", 0},
                                      {"orders_channel_store_share", 1.0 / 3},
                                      {"orders_channel_phone_share", 0},
                                      {"orders_channel_marketplace_share", 0},
                                      {"orders_channel_other_share", 0}};
    wb_features *features;
    wb_error err;
    put(*state, "orders.csv", orders);
    assert_ok(make_features(&features, *state,
                            "tables: {orders: {file: orders.csv}}\nfeatures: {windows: [30d, 36h], use: [rfm]}\n",
                            "2024-02-10", 1, &err),
              &err);
    check_row(features, values, N_OF(values));
    wb_features_free(features);
}

/* One order has no spread and no gap: those are missing, and so is what is computed from them. */
static void test_rfm_of_one_order(void **state)
{
    static const char *missing[] = {"orders_amount_std", "orders_gap_days_mean", "orders_gap_days_std",
                                    "orders_gap_days_max", "orders_gap_days_cv",   "orders_overdue_ratio",
                                    "orders_clumpiness"};
    wb_features *features;
    wb_error err;
    put(*state, "orders.csv", orders);
    assert_ok(make_features(&features, *state, "tables: {orders: {file: orders.csv}}\n", "2024-01-02", 1, &err), &err);
    for (size_t k = 0; k < N_OF(missing); k++)
        assert_true(isnan(number(features, 0, missing[k])));
    assert_close(number(features, 0, "orders_count_365d"), 1, 0); /* the windows when none are said */
    assert_close(number(features, 0, "orders_amount_median"), 10, 0);
    assert_close(number(features, 0, "orders_discount_share"), 0, 0);
    wb_features_free(features);
}

static const char tickets[] =
    "ticket_id,customer_id,opened_at,first_reply_at,resolved_at,priority,channel,reopens,csat\n"
    "1,A,2024-01-01,2024-01-01T06:00,2024-01-03,High,mail,1,5\n"
    "2,A,2024-01-10,2024-01-12,2024-02-01,low,mail,0,1\n"
    "3,A,2024-01-20,2024-02-05,,urgent,phone,3,2\n";

static void test_tickets(void **state)
{
    static const expected values[] = {{"tickets_count", 3},
                                      {"tickets_count_30d", 2},
                                      {"tickets_days_since_last", 12},
                                      {"tickets_open", 2},
                                      {"tickets_unanswered", 1},
                                      {"tickets_oldest_open_days", 22},
                                      {"tickets_open_days_mean", 17}, /* 22 and 12 */
                                      {"tickets_first_reply_hours_mean", 114}, /* (6 + 48 + 288) / 3 */
                                      {"tickets_first_reply_hours_max", 288},
                                      {"tickets_resolution_hours_mean", 288}, /* (48 + 528 + 288) / 3 */
                                      {"tickets_resolution_hours_max", 528},
                                      {"tickets_reopened_share", 1}, /* of the one ticket whose reopens are known */
                                      {"tickets_high_priority_share", 2.0 / 3},
                                      {"tickets_channel_email_share", 2.0 / 3},
                                      {"tickets_channel_chat_share", 0},
                                      {"tickets_channel_phone_share", 1.0 / 3},
                                      {"tickets_channel_web_share", 0},
                                      {"tickets_channel_social_share", 0},
                                      {"tickets_channel_other_share", 0},
                                      {"tickets_csat_mean", 5},
                                      {"tickets_csat_min", 5},
                                      {"tickets_csat_last", 5},
                                      {"tickets_rated_share", 1.0 / 3},
                                      {"tickets_trend_90d", 3}};
    wb_features *features;
    wb_error err;
    put(*state, "tickets.csv", tickets);
    assert_ok(make_features(&features, *state,
                            "tables: {tickets: {file: tickets.csv}}\n"
                            "population: {table: tickets}\n"
                            "features: {windows: [30d], use: [tickets]}\n",
                            "2024-02-01", 1, &err),
              &err);
    check_row(features, values, N_OF(values));
    wb_features_free(features);
}

static const char profile_project[] = "tables:\n"
                                      "  orders: {file: orders.csv}\n"
                                      "  customers:\n"
                                      "    file: customers.csv\n"
                                      "    columns:\n"
                                      "      tier: category\n" /* may change: no feature */
                                      "      seats: {type: number, fixed: true}\n"
                                      "      vip_at: time\n"
                                      "      vip: {type: category, known_at: vip_at}\n"
                                      "features: {use: [profile]}\n";

static void test_profile(void **state)
{
    put(*state, "orders.csv", "customer_id,ordered_at\nA,2024-01-01\nB,2024-01-01\nC,2024-01-01\nD,2024-01-01\n");
    put(*state, "customers.csv",
        "customer_id,signup_date,country,channel,tier,seats,vip_at,vip\n"
        "A,2023-12-31,DE,web,gold,3,2024-01-15,yes\n"
        "B,2024-02-11,FR,,gold,,2024-02-10,yes\n" /* signed up and became a VIP after the cutoff */
        "D,,,shop,gold,4,,\n");
    assert_features(*state, profile_project, "2024-02-10",
                    "customer_id,cutoff,account_age_days,channel,country,seats,vip\n"
                    "A,2024-02-10,41,web,DE,3,yes\n"
                    "B,2024-02-10,,,FR,,\n"
                    "C,2024-02-10,,,,,\n" /* no row in the table */
                    "D,2024-02-10,,shop,,4,\n");
}

static bool is_left_out(const wb_engine *engine, const char *note)
{
    for (size_t i = 0; wb_engine_left_out(engine, i) != NULL; i++)
        if (strcmp(wb_engine_left_out(engine, i), note) == 0)
            return true;
    return false;
}

static void test_entries_without_their_columns_are_left_out(void **state)
{
    wb_engine *engine;
    wb_error err;
    put(*state, "orders.csv", "customer_id,ordered_at,discount\nA,2024-01-01,1\n");
    put(*state, "tickets.csv", "customer_id,opened_at,resolved_at\nA,2024-01-01,\n");
    assert_ok(make_engine(&engine, *state,
                          "tables: {orders: {file: orders.csv}, tickets: {file: tickets.csv}}\n"
                          "features: {windows: [30d]}\n",
                          &err),
              &err);
    assert_true(is_left_out(engine, "orders_amount_sum: table orders has no column amount"));
    assert_true(is_left_out(engine, "orders_amount_sum_30d: table orders has no column amount"));
    assert_true(is_left_out(engine, "orders_channel_distinct: table orders has no column channel"));
    assert_true(is_left_out(engine, "tickets_csat_mean: table tickets has no column csat"));
    assert_true(is_left_out(engine, "tickets_unanswered: table tickets has no column first_reply_at"));
    size_t n_left_out = 0;
    while (wb_engine_left_out(engine, n_left_out) != NULL)
        n_left_out++;
    wb_catalogue *catalogue;
    assert_ok(wb_catalogue_create(&catalogue, &err), &err);
    size_t n = 0;
    for (size_t i = 0; i < wb_catalogue_n_entries(catalogue); i++) {
        wb_catalogue_entry e = wb_catalogue_at(catalogue, i);
        bool is_here = strcmp(e.bundle, "rfm") == 0 || strcmp(e.bundle, "tickets") == 0;
        n += !is_here ? 0 : e.window != NULL && strcmp(e.window, "each") == 0 ? 2 : 1;
    }
    assert_int_equal(n_left_out + wb_engine_n_features(engine), n);
    wb_catalogue_free(catalogue);
    wb_engine_free(engine);
}

static void test_bundles_bind_to_other_tables(void **state)
{
    put(*state, "sales.csv", "customer_id,day,amount\nA,2024-01-01,4\nA,2024-01-03,6\n");
    char *text = run(*state,
                     "tables: {sales: {file: sales.csv, time: day, columns: {amount: number}}}\n"
                     "population: {table: sales}\n"
                     "features: {windows: [], use: [{rfm: sales}]}\n",
                     "2024-01-05", 1);
    assert_string_equal(text,
                        "customer_id,cutoff,sales_days_since_last,sales_days_since_first,sales_count,sales_amount_sum,"
                        "sales_amount_mean,sales_amount_min,sales_amount_max,sales_amount_std,sales_amount_median,"
                        "sales_amount_last,sales_active_days,sales_trend_90d,sales_gap_days_mean,sales_gap_days_std,"
                        "sales_gap_days_max,sales_gap_days_cv,sales_overdue_ratio,sales_x,sales_t_x,sales_T,"
                        "sales_clumpiness\n"
                        "A,2024-01-05,2,4,2,10,5,4,6,1.4142135623730951,5,6,2,2,2,,2,,1,1,2,3,0\n");
    free(text);
}

static void test_wrong_definitions_are_refused(void **state)
{
    static const struct {
        const char *define, *words;
    } cases[] = {
        {"{name: n, table: order, agg: count}", "winback.yml:4: n: there is no table 'order' (did you mean 'orders'?)"},
        {"{name: n, table: orders, agg: trend}", "feature n: a trend needs a window"},
        {"{name: n, table: orders, agg: first, of: ordered_at}", "feature n: a time or a duration is no number"},
        {"{name: n, table: orders, agg: first, of: amount > 1}", "feature n: true or false is no number"},
        {"{name: n, table: orders, agg: sum, of: amuont}", "orders.csv:1: no column 'amuont'"},
        {"{name: cutoff, table: orders, agg: count}", "feature cutoff: the names"},
        {"{name: label_x, table: orders, agg: count}", "feature label_x: the names"},
        {"{name: a, expr: b + 1}, {name: b, expr: a + 1}", "feature a: it is computed from itself"},
        {"{name: a, expr: nowhere + 1}", "there is no feature 'nowhere'"},
        {"{name: amounts, table: orders, agg: sum, of: amount}, {name: a, expr: amuonts / 2}",
         "winback.yml:4:82: there is no feature 'amuonts' (did you mean 'amounts'?)"},
        {"{name: n, table: people, agg: count, window: 30d}", "feature n: its table has no time"},
        {"{name: n, table: people, agg: days_since_last}", "feature n: its table has no time"},
    };
    put(*state, "orders.csv", orders);
    put(*state, "people.csv", "customer_id,age\nA,30\n");
    for (size_t k = 0; k < N_OF(cases); k++) {
        char project[1024];
        snprintf(project, sizeof project,
                 "tables: {orders: {file: orders.csv}, people: {file: people.csv}}\n"
                 "features:\n"
                 "  use: []\n"
                 "  define: [%s]\n",
                 cases[k].define);
        wb_engine *engine;
        wb_error err;
        char text[2048];
        wb_status status = make_engine(&engine, *state, project, &err);
        wb_error_text(&err, text, sizeof text);
        if (status == WB_OK || strstr(text, cases[k].words) == NULL)
            fail_msg("case %zu: %s, which does not say '%s'", k, status == WB_OK ? "accepted" : text, cases[k].words);
    }
    assert_refused(*state, "tables: {orders: {file: orders.csv}}\nfeatures: {use: [rmf]}\n", "2024-02-01",
                   WB_ERR_MALFORMED, "did you mean 'rfm'?");
    assert_refused(*state,
                   "tables: {orders: {file: orders.csv}}\n"
                   "features: {use: [rfm], define: [{name: orders_count, table: orders, agg: count}]}\n",
                   "2024-02-01", WB_ERR_INCONSISTENT, "winback.yml:2:");
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(test_rfm),
        in_folder(test_rfm_of_one_order),
        in_folder(test_tickets),
        in_folder(test_profile),
        in_folder(test_entries_without_their_columns_are_left_out),
        in_folder(test_bundles_bind_to_other_tables),
        in_folder(test_wrong_definitions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
