/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every entry of the catalogue, worked by hand on a shop of two customers: A, who did everything, and B, who placed one
 * order and nothing else. The cutoff is 2024-03-01; what A's rows hold of later times must not be seen. */
#include "test_run.h"

#include "base/memory.h"

static const char orders[] =
    "customer_id,ordered_at,amount,discount,channel,category,promised_at,delivered_at,returned_at,returned_amount\n"
    "A,2024-01-01,100,0,web,toys,2024-01-05,2024-01-04,2024-01-20,40\n" /* in time, returned */
    "A,2024-01-10,50,5,iOS,toys,2024-01-12,2024-01-15,2024-03-05,50\n"  /* late, returned after the cutoff */
    "A,2024-02-01,60,,POS,books,2024-02-05,,,\n"                        /* overdue */
    "A,2024-02-25,90,1,amazon,garden,2024-03-03,2024-03-08,,\n"         /* on its way, not yet due */
    "A,2024-02-26,10,0,fax,,2024-03-02,2024-02-28,,\n"                  /* in time */
    "A,2024-03-01,999,9,phone,cars,,,,\n"
    "B,2024-02-01,20,,,,,,,\n";

static const char tickets[] =
    "customer_id,opened_at,first_reply_at,resolved_at,due_at,type,priority,channel,tags,messages,reopens,csat\n"
    "A,2024-01-02,2024-01-02T12:00,2024-01-04,2024-01-05,question,urgent,Email,\"complaint,vip\",3,0,4\n"
    "A,2024-01-10,2024-01-11,2024-01-20,2024-01-15,Problem,low,phone,Refund_request,9,2,2\n"
    "A,2024-02-20,,,2024-02-25,incident,high,fax,complaint cancel,5,1,1\n"
    "A,2024-02-28,2024-03-02,2024-03-02,2024-03-05,,,web,,4,0,5\n";

static const char returns[] = "customer_id,returned_at,amount\n"
                              "A,2024-01-20,-40\n"
                              "A,2024-02-20,10\n"
                              "A,2024-03-01,7\n";

static const char surveys[] = "customer_id,kind,sent_at,answered_at,score\n"
                              "A,nps,2024-01-05,2024-01-07,9\n"
                              "A,NPS,2024-02-01,2024-02-11,6\n"
                              "A,nps,2024-02-20,,\n"
                              "A,csat,2024-01-15,2024-01-16,5\n"
                              "A,csat,2024-02-10,2024-03-03,1\n";

static const char visits[] = "customer_id,visited_at,pages,seconds\n"
                             "A,2024-01-01,4,120\n"
                             "A,2024-02-10T10:00,2,60\n"
                             "A,2024-02-10T12:00,6,\n";

static const char loyalty[] = "customer_id,booked_at,points,balance,tier\n"
                              "A,2024-01-01,100,100,silver\n"
                              "A,2024-01-15,-30,70,silver\n"
                              "A,2024-02-15,50,120,gold\n"
                              "A,2024-03-02,-120,0,silver\n";

static const char referrals[] = "customer_id,referred_at,joined_at\n"
                                "A,2024-01-05,2024-01-10\n"
                                "A,2024-02-05,\n"
                                "A,2024-02-06,2024-03-03\n";

static const char project[] = "tables:\n"
                              "  orders: {file: orders.csv}\n"
                              "  tickets: {file: tickets.csv}\n"
                              "  returns: {file: returns.csv}\n"
                              "  surveys: {file: surveys.csv}\n"
                              "  visits: {file: visits.csv}\n"
                              "  loyalty: {file: loyalty.csv}\n"
                              "  referrals: {file: referrals.csv}\n"
                              "  customers: {file: customers.csv}\n"
                              "features: {windows: [30d]}\n";

typedef struct expected {
    const char *name;
    double of_a, of_b;
    const char *text_of_a; /* of categories; B's are missing */
} expected;

static const expected values[] = {
    {"orders_days_since_last", 4, 29, NULL},
    {"orders_days_since_first", 60, 29, NULL},
    {"orders_count", 5, 1, NULL},
    {"orders_count_30d", 3, 1, NULL},
    {"orders_amount_sum", 310, 20, NULL},
    {"orders_amount_sum_30d", 160, 20, NULL},
    {"orders_amount_mean", 62, 20, NULL},
    {"orders_amount_min", 10, 20, NULL},
    {"orders_amount_max", 100, 20, NULL},
    {"orders_amount_std", 35.637059362410923, NAN, NULL}, /* sqrt(1270) */
    {"orders_amount_median", 60, 20, NULL},
    {"orders_amount_last", 10, 20, NULL},
    {"orders_active_days", 5, 1, NULL},
    {"orders_trend_90d", 5, 1, NULL},
    {"orders_gap_days_mean", 14, NAN, NULL},              /* 9, 22, 24, 1 */
    {"orders_gap_days_std", 10.923979738782625, NAN, NULL}, /* sqrt(358 / 3) */
    {"orders_gap_days_max", 24, NAN, NULL},
    {"orders_gap_days_cv", 10.923979738782625 / 14, NAN, NULL},
    {"orders_overdue_ratio", 4.0 / 14, NAN, NULL},
    {"orders_x", 4, 0, NULL},
    {"orders_t_x", 56, 0, NULL},
    {"orders_T", 59, 28, NULL}, /* to the 29th of February */
    {"orders_clumpiness", 0.21231041178067855, NAN, NULL}, /* 1 + Σ d ln d / ln 5, d = 9, 22, 24, 1 and 4 of 60 */
    {"orders_discount_share", 2.0 / 5, 0, NULL},
    {"orders_channel_distinct", 5, 0, NULL},
    {"orders_channel_web_share", 1.0 / 5, NAN, NULL},
    {"orders_channel_app_share", 1.0 / 5, NAN, NULL},
    {"orders_channel_store_share", 1.0 / 5, NAN, NULL},
    {"orders_channel_phone_share", 0, NAN, NULL},
    {"orders_channel_marketplace_share", 1.0 / 5, NAN, NULL},
    {"orders_channel_other_share", 1.0 / 5, NAN, NULL},
    {"orders_category_distinct", 3, 0, NULL},
    {"orders_late_share", 2.0 / 4, NAN, NULL},
    {"orders_returned_share", 1.0 / 5, 0, NULL},
    {"orders_returned_amount_sum", 40, 0, NULL},
    {"orders_returned_amount_share", 40.0 / 310, 0, NULL},

    {"tickets_count", 4, 0, NULL},
    {"tickets_count_30d", 2, 0, NULL},
    {"tickets_days_since_last", 2, NAN, NULL},
    {"tickets_open", 2, 0, NULL},
    {"tickets_unanswered", 2, 0, NULL},
    {"tickets_oldest_open_days", 10, NAN, NULL},
    {"tickets_open_days_mean", 6, NAN, NULL},
    {"tickets_first_reply_hours_mean", (12 + 24 + 240 + 48) / 4.0, NAN, NULL},
    {"tickets_first_reply_hours_max", 240, NAN, NULL},
    {"tickets_resolution_hours_mean", (48 + 240 + 240 + 48) / 4.0, NAN, NULL},
    {"tickets_resolution_hours_max", 240, NAN, NULL},
    {"tickets_sla_breach_share", 2.0 / 3, NAN, NULL}, /* the last is neither resolved nor due */
    {"tickets_reopened_share", 1.0 / 2, NAN, NULL},
    {"tickets_high_priority_share", 2.0 / 3, NAN, NULL},
    {"tickets_messages_mean", 6, NAN, NULL},
    {"tickets_channel_email_share", 1.0 / 4, NAN, NULL},
    {"tickets_channel_chat_share", 0, NAN, NULL},
    {"tickets_channel_phone_share", 1.0 / 4, NAN, NULL},
    {"tickets_channel_web_share", 1.0 / 4, NAN, NULL},
    {"tickets_channel_social_share", 0, NAN, NULL},
    {"tickets_channel_other_share", 1.0 / 4, NAN, NULL},
    {"tickets_type_question_share", 1.0 / 3, NAN, NULL},
    {"tickets_type_incident_share", 1.0 / 3, NAN, NULL},
    {"tickets_type_problem_share", 1.0 / 3, NAN, NULL},
    {"tickets_type_task_share", 0, NAN, NULL},
    {"tickets_complaint_share", 1.0 / 4, NAN, NULL}, /* the open ticket's tags are not known yet */
    {"tickets_refund_share", 1.0 / 4, NAN, NULL},
    {"tickets_cancel_share", 0, NAN, NULL},
    {"tickets_csat_mean", 3, NAN, NULL},
    {"tickets_csat_min", 2, NAN, NULL},
    {"tickets_csat_last", 2, NAN, NULL},
    {"tickets_rated_share", 2.0 / 4, NAN, NULL},
    {"tickets_trend_90d", 4, 0, NULL},
    {"tickets_per_order", 4.0 / 5, 0, NULL},
    {"tickets_since_last_order", 1, 0, NULL},
    {"tickets_orders_within_30d", 0, NAN, NULL}, /* none yet since the ticket of the 28th */

    {"returns_count", 2, 0, NULL},
    {"returns_count_30d", 1, 0, NULL},
    {"returns_days_since_last", 10, NAN, NULL},
    {"returns_amount_sum", 50, 0, NULL},
    {"returns_amount_sum_30d", 10, 0, NULL},
    {"returns_per_order", 2.0 / 5, 0, NULL},
    {"returns_amount_share", 50.0 / 310, 0, NULL},

    {"surveys_count", 5, 0, NULL},
    {"surveys_days_since_last", 10, NAN, NULL},
    {"surveys_silent_share", 2.0 / 5, NAN, NULL},
    {"surveys_nps_last", 6, NAN, NULL},
    {"surveys_nps_mean", 7.5, NAN, NULL},
    {"surveys_nps_detractor", 1, NAN, NULL},
    {"surveys_nps_days_since", 19, NAN, NULL},
    {"surveys_nps_silent_share", 1.0 / 3, NAN, NULL},
    {"surveys_csat_last", 5, NAN, NULL},
    {"surveys_csat_mean", 5, NAN, NULL},
    {"surveys_csat_detractor", 0, NAN, NULL},
    {"surveys_csat_days_since", 45, NAN, NULL},
    {"surveys_csat_silent_share", 1.0 / 2, NAN, NULL},

    {"visits_count", 3, 0, NULL},
    {"visits_count_30d", 2, 0, NULL},
    {"visits_days_since_last", 19.5, NAN, NULL},
    {"visits_active_days", 2, 0, NULL},
    {"visits_trend_90d", 3, 0, NULL},
    {"visits_pages_mean", 4, NAN, NULL},
    {"visits_minutes_mean", 1.5, NAN, NULL},
    {"visits_minutes_sum", 3, 0, NULL},
    {"visits_minutes_sum_30d", 1, 0, NULL},
    {"visits_per_order", 3.0 / 5, 0, NULL},
    {"visits_since_last_order", 0, 0, NULL},

    {"loyalty_balance", 120, NAN, NULL},
    {"loyalty_points_sum", 120, 0, NULL},
    {"loyalty_earned", 150, 0, NULL},
    {"loyalty_earned_30d", 50, 0, NULL},
    {"loyalty_redeemed", 30, 0, NULL},
    {"loyalty_redeemed_30d", 0, 0, NULL},
    {"loyalty_redeemed_share", 0.2, NAN, NULL},
    {"loyalty_redemptions", 1, 0, NULL},
    {"loyalty_days_since_redemption", 46, NAN, NULL},
    {"loyalty_tier", 0, NAN, "gold"},

    {"referrals_count", 3, 0, NULL},
    {"referrals_count_30d", 2, 0, NULL},
    {"referrals_days_since_last", 24, NAN, NULL},
    {"referrals_joined", 1, 0, NULL},
    {"referrals_joined_share", 1.0 / 3, NAN, NULL},

    {"account_age_days", 70, NAN, NULL},
    {"days_to_first_order", 10, NAN, NULL},
};

enum { N_VALUES = sizeof values / sizeof values[0] };

static void put_shop(const char *folder)
{
    put(folder, "orders.csv", orders);
    put(folder, "tickets.csv", tickets);
    put(folder, "returns.csv", returns);
    put(folder, "surveys.csv", surveys);
    put(folder, "visits.csv", visits);
    put(folder, "loyalty.csv", loyalty);
    put(folder, "referrals.csv", referrals);
    put(folder, "customers.csv", "customer_id,signup_date\nA,2023-12-22\n");
}

static void check_category(const wb_table *table, size_t column, const char *text)
{
    size_t length;
    const int32_t *codes = wb_table_codes(table, column);
    assert_non_null(codes);
    const char *level = wb_table_level(table, column, codes[0], &length);
    assert_int_equal(length, strlen(text));
    assert_memory_equal(level, text, length);
    assert_true(codes[1] < 0);
}

static void test_every_entry(void **state)
{
    wb_features *features;
    wb_error err;
    put_shop(*state);
    assert_ok(make_features(&features, *state, project, "2024-03-01", 1, &err), &err);
    const wb_table *table = wb_features_table(features);
    assert_int_equal(wb_table_n_rows(table), 2);
    assert_int_equal(wb_table_n_columns(table), N_VALUES + 2);
    for (size_t k = 0; k < N_VALUES; k++) {
        size_t column = wb_table_find(table, values[k].name);
        if (column == SIZE_MAX)
            fail_msg("there is no feature %s", values[k].name);
        if (values[k].text_of_a != NULL) {
            check_category(table, column, values[k].text_of_a);
            continue;
        }
        assert_close(wb_table_numbers(table, column)[0], values[k].of_a, 1e-14);
        assert_close(wb_table_numbers(table, column)[1], values[k].of_b, 1e-14);
    }
    wb_features_free(features);
}

static bool is_expected(const char *name, const char *window)
{
    char whole[256];
    snprintf(whole, sizeof whole, "%s%s", name, window);
    for (size_t k = 0; k < N_VALUES; k++)
        if (strcmp(values[k].name, whole) == 0)
            return true;
    return false;
}

/* No entry without a check above, and none without its words. */
static void test_list_names_every_entry(void **state)
{
    (void)state;
    wb_catalogue *catalogue;
    wb_error err;
    size_t n = 0;
    assert_ok(wb_catalogue_create(&catalogue, &err), &err);
    for (size_t i = 0; i < wb_catalogue_n_entries(catalogue); i++) {
        wb_catalogue_entry e = wb_catalogue_at(catalogue, i);
        bool each = e.window != NULL && strcmp(e.window, "each") == 0;
        if (!is_expected(e.name, "") || (each && !is_expected(e.name, "_30d")))
            fail_msg("%s is not checked", e.name);
        assert_true(e.reason[0] != '\0' && strstr(e.reason, "…") != NULL);
        assert_true(e.unit[0] != '\0' && e.meaning[0] != '\0' && strchr(e.meaning, '\n') == NULL);
        n += each ? 2 : 1;
    }
    assert_int_equal(n, N_VALUES);
    wb_catalogue_free(catalogue);
}

static void test_list_says_what_an_entry_needs(void **state)
{
    (void)state;
    static const struct {
        const char *name, *window, *columns[3], *features[3];
    } cases[] = {
        {"orders_count", "each", {NULL}, {NULL}},
        {"orders_trend_90d", "90d", {NULL}, {NULL}},
        {"orders_late_share", NULL, {"delivered_at", "promised_at"}, {NULL}},
        {"tickets_oldest_open_days", NULL, {"resolved_at"}, {NULL}},
        {"surveys_nps_last", NULL, {"score", "kind"}, {NULL}},
        {"tickets_per_order", NULL, {NULL}, {"tickets_count", "orders_count"}},
    };
    wb_catalogue *catalogue;
    wb_error err;
    assert_ok(wb_catalogue_create(&catalogue, &err), &err);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        size_t i = 0, n = 0;
        while (strcmp(wb_catalogue_at(catalogue, i).name, cases[k].name) != 0)
            assert_true(++i < wb_catalogue_n_entries(catalogue));
        wb_catalogue_entry e = wb_catalogue_at(catalogue, i);
        if (cases[k].window == NULL)
            assert_null(e.window);
        else
            assert_string_equal(e.window, cases[k].window);
        for (; cases[k].columns[n] != NULL; n++)
            assert_string_equal(e.columns[n], cases[k].columns[n]);
        assert_int_equal(e.n_columns, n);
        for (n = 0; cases[k].features[n] != NULL; n++)
            assert_string_equal(e.features[n], cases[k].features[n]);
        assert_int_equal(e.n_features, n);
    }
    wb_catalogue_free(catalogue);
}

static size_t append(char *line, size_t used, size_t size, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(line + used, size - used, "%s`%s`", i > 0 ? ", " : "", names[i]);
    return used;
}

static wb_catalogue_entry entry_called(const wb_catalogue *catalogue, const char *name)
{
    size_t i = 0;
    while (strcmp(wb_catalogue_at(catalogue, i).name, name) != 0)
        assert_true(++i < wb_catalogue_n_entries(catalogue));
    return wb_catalogue_at(catalogue, i);
}

static void test_list_of_a_project(void **state)
{
    const wb_read_options reading = WB_READ_OPTIONS_INIT;
    char path[RUN_PATH_CHARS];
    wb_catalogue *catalogue;
    wb_project *purchases;
    wb_error err;
    wb_status status = WB_ERR_NOMEM;
    put(*state, "purchases.csv", "customer_id,ordered_at,amount,discount\nA,2024-01-01,1,ten\n");
    put(*state, "winback.yml",
        "tables: {purchases: {file: purchases.csv, time: ordered_at, columns: {amount: number}}}\n"
        "population: {table: purchases}\nfeatures: {use: [{rfm: purchases}]}\n");
    assert_ok(wb_project_read(&purchases, path_in(path, *state, "winback.yml"), &err), &err);
    assert_ok(wb_catalogue_create(&catalogue, &err), &err);
    assert_false(entry_called(catalogue, "orders_count").bound);
    assert_null(entry_called(catalogue, "orders_count").left_out);
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_alloc_fail_at(n);
        status = wb_catalogue_bind(catalogue, purchases, &reading, &err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
    }
    assert_true(entry_called(catalogue, "orders_count").bound);
    assert_true(entry_called(catalogue, "orders_amount_sum").bound);
    assert_null(entry_called(catalogue, "orders_amount_sum").left_out);
    assert_false(entry_called(catalogue, "orders_channel_distinct").bound);
    assert_string_equal(entry_called(catalogue, "orders_channel_distinct").left_out, "table purchases has no column channel");
    assert_string_equal(entry_called(catalogue, "visits_count").left_out, "activity is not under features: use:");
    wb_catalogue_free(catalogue);
    wb_project_free(purchases);
}

/* The table of docs/features.md is the catalogue: a row an entry, in its order. */
static void test_documentation(void **state)
{
    (void)state;
    wb_catalogue *catalogue;
    wb_error err;
    const char *bundle = "";
    char *text = get("../docs/features.md"), *at = strstr(text, "\n| bundle |");
    assert_non_null(at);
    assert_ok(wb_catalogue_create(&catalogue, &err), &err);
    at = strchr(strchr(at + 1, '\n') + 1, '\n') + 1;
    for (size_t i = 0; i < wb_catalogue_n_entries(catalogue); i++) {
        wb_catalogue_entry e = wb_catalogue_at(catalogue, i);
        bool each = e.window != NULL && strcmp(e.window, "each") == 0;
        char line[1024];
        size_t used = (size_t)snprintf(line, sizeof line, "| %s | `%s%s` | %s | %s | %s | ",
                                       strcmp(bundle, e.bundle) == 0 ? "" : e.bundle, e.name, each ? "[_W]" : "",
                                       e.unit, e.actionable ? "act" : "", e.meaning);
        used = append(line, used, sizeof line, e.columns, e.n_columns);
        used = append(line, used, sizeof line, e.features, e.n_features);
        snprintf(line + used, sizeof line - used, " |\n");
        if (strncmp(at, line, strlen(line)) != 0)
            fail_msg("docs/features.md says\n%.*sand should say\n%s", (int)strcspn(at, "\n") + 1, at, line);
        at += strlen(line);
        bundle = e.bundle;
    }
    assert_int_equal(strncmp(at, "| | each column that is `fixed`", 31), 0);
    wb_catalogue_free(catalogue);
    free(text);
}

/* Refunds as rows of negative amount: a table over the same file. */
static void test_returns_among_the_orders(void **state)
{
    put(*state, "all.csv",
        "customer_id,ordered_at,amount\n"
        "A,2024-01-01,100\n"
        "A,2024-01-05,-30\n"
        "A,2024-01-09,20\n"
        "B,2024-01-02,50\n");
    assert_features(*state,
                    "tables:\n"
                    "  orders: {file: all.csv, where: amount >= 0}\n"
                    "  returns: {file: all.csv, time: ordered_at, where: amount < 0}\n"
                    "features:\n"
                    "  windows: []\n"
                    "  use: [returns, rfm]\n"
                    "  define: [{name: net, expr: orders_amount_sum - returns_amount_sum}]\n"
                    "population: {table: orders, where: amount > 60}\n",
                    "2024-01-11",
                    "customer_id,cutoff,returns_count,returns_days_since_last,returns_amount_sum,"
                    "orders_days_since_last,orders_days_since_first,orders_count,orders_amount_sum,orders_amount_mean,"
                    "orders_amount_min,orders_amount_max,orders_amount_std,orders_amount_median,orders_amount_last,"
                    "orders_active_days,orders_trend_90d,orders_gap_days_mean,orders_gap_days_std,orders_gap_days_max,"
                    "orders_gap_days_cv,orders_overdue_ratio,orders_x,orders_t_x,orders_T,orders_clumpiness,"
                    "returns_per_order,returns_amount_share,net\n"
                    "A,2024-01-11,1,6,30,2,10,2,120,60,20,100,56.568542494923804,60,20,2,2,8,,8,,0.25,1,8,9,"
                    "0.2780719051126377,0.5,0.25,90\n");
}

/* Orders in the 30 days after the last ticket, (t, t + 30d], by a loop over both tables. */
static void test_after_the_last_event(void **state)
{
    static const char *const order_days[] = {"2024-01-01", "2024-01-31", "2024-02-01", "2024-02-29", "2024-03-01",
                                             "2024-03-02T00:00:01", "2024-03-20", "2024-04-01"};
    static const char *const ticket_days[] = {"2023-12-01", "2024-01-31", "2024-03-19", "2024-04-02"};
    static const char *const cutoffs[] = {"2024-01-15", "2024-02-01", "2024-02-02", "2024-03-03", "2024-03-25",
                                          "2024-04-01", "2024-05-01"};
    char text[1024] = "customer_id,ordered_at\nB,2024-01-01\n";
    wb_error err;
    for (size_t i = 0; i < sizeof order_days / sizeof order_days[0]; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "A,%s\n", order_days[i]);
    put(*state, "orders.csv", text);
    strcpy(text, "customer_id,opened_at\n");
    for (size_t i = 0; i < sizeof ticket_days / sizeof ticket_days[0]; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "A,%s\n", ticket_days[i]);
    put(*state, "tickets.csv", text);
    for (size_t c = 0; c < sizeof cutoffs / sizeof cutoffs[0]; c++) {
        int64_t cutoff_us, time_us, last_us = INT64_MIN;
        double within = 0, since = 0;
        assert_ok(wb_time_parse(&cutoff_us, cutoffs[c], 0, &err), &err);
        for (size_t i = 0; i < sizeof ticket_days / sizeof ticket_days[0]; i++) {
            assert_ok(wb_time_parse(&time_us, ticket_days[i], 0, &err), &err);
            last_us = time_us < cutoff_us ? time_us : last_us;
        }
        for (size_t i = 0; i < sizeof order_days / sizeof order_days[0]; i++) {
            assert_ok(wb_time_parse(&time_us, order_days[i], 0, &err), &err);
            since += time_us < cutoff_us && time_us > last_us;
            within += time_us < cutoff_us && time_us > last_us && time_us - last_us <= 30 * WB_DAY_US;
        }
        wb_features *features;
        assert_ok(make_features(&features, *state,
                                "tables: {orders: {file: orders.csv}, tickets: {file: tickets.csv}}\n"
                                "features:\n"
                                "  use: [rfm, tickets]\n"
                                "  define: [{name: since, table: orders, agg: count, after_last: tickets}]\n",
                                cutoffs[c], 1, &err),
                  &err);
        const wb_table *table = wb_features_table(features);
        const double *found = wb_table_numbers(table, wb_table_find(table, "tickets_orders_within_30d"));
        assert_close(found[0], within, 0);
        assert_true(isnan(found[1])); /* B has no ticket */
        assert_close(wb_table_numbers(table, wb_table_find(table, "since"))[0], since, 0);
        wb_features_free(features);
    }
}

/* Any aggregate, of any type, over any two tables; the definitions that a model carries say so too. */
static void test_after_last_is_general(void **state)
{
    wb_features *features;
    wb_error err;
    put(*state, "orders.csv",
        "customer_id,ordered_at,amount,channel\n"
        "A,2024-01-01,7,web\nA,2024-01-05,10,app\nA,2024-01-09,30,shop\nB,2024-01-03,5,web\n");
    put(*state, "mails.csv", "customer_id,sent_at\nA,2024-01-02\nA,2024-01-05\nA,2024-02-01\n");
    assert_ok(make_features(&features, *state,
                            "tables: {orders: {file: orders.csv}, mails: {file: mails.csv, time: sent_at}}\n"
                            "features:\n"
                            "  use: []\n"
                            "  define:\n"
                            "    - {name: spent, table: orders, agg: sum, of: amount, after_last: mails}\n"
                            "    - {name: spent_soon, table: orders, agg: sum, of: amount, after_last: mails, within: 3d}\n"
                            "    - {name: channel, table: orders, agg: last, of: channel, after_last: mails}\n"
                            "    - {name: web, table: orders, agg: count, where: channel = 'web', after_last: orders}\n",
                            "2024-01-10", 1, &err),
              &err);
    assert_non_null(strstr(wb_features_definitions(features), "\"after_last\": \"mails\""));
    assert_non_null(strstr(wb_features_definitions(features), "\"within\": \"3d\""));
    char *text = features_text(features, *state, 1);
    assert_string_equal(text, "customer_id,cutoff,spent,spent_soon,channel,web\n"
                              "A,2024-01-10,30,0,shop,0\n"
                              "B,2024-01-10,,,,0\n");
    free(text);
    wb_features_free(features);
    static const struct {
        const char *define, *words;
    } cases[] = {
        {"agg: count, after_last: mail", "there is no table 'mail' (did you mean 'mails'?)"},
        {"agg: count, after_last: people", "feature n: 'after_last' is about tables with a time"},
        {"agg: count, after_last: mails, window: 3d", "and 'after_last' exclude each other"},
        {"agg: trend, after_last: mails", "feature n: a trend needs a window"},
        {"agg: count, within: 3d", "needs 'after_last'"},
        {"agg: count, after_last: mails, within: 0d", "within"},
    };
    put(*state, "people.csv", "customer_id,age\nA,30\n");
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        char project_text[512];
        snprintf(project_text, sizeof project_text,
                 "tables: {orders: {file: orders.csv}, mails: {file: mails.csv, time: sent_at}, people: {file: people.csv}}\n"
                 "features: {use: [], define: [{name: n, table: orders, %s}]}\n",
                 cases[k].define);
        wb_engine *engine;
        char said[2048];
        wb_status status = make_engine(&engine, *state, project_text, &err);
        wb_error_text(&err, said, sizeof said);
        if (status == WB_OK || strstr(said, cases[k].words) == NULL)
            fail_msg("case %zu: %s, which does not say '%s'", k, status == WB_OK ? "accepted" : said, cases[k].words);
    }
}

static bool is_left_out(const wb_engine *engine, const char *note)
{
    for (size_t i = 0; wb_engine_left_out(engine, i) != NULL; i++)
        if (strcmp(wb_engine_left_out(engine, i), note) == 0)
            return true;
    return false;
}

/* Columns of other types than the catalogue's, bundles that others build on, and values that nobody knows when. */
static void test_what_does_not_fit_is_left_out(void **state)
{
    wb_engine *engine;
    wb_error err;
    const char *table;
    put(*state, "orders.csv", "customer_id,ordered_at\nA,2024-01-01\n");
    put(*state, "tickets.csv", "customer_id,opened_at,type,messages,csat\nA,2024-01-01,3,hello,5\n");
    assert_ok(make_engine(&engine, *state,
                          "tables:\n"
                          "  orders: {file: orders.csv}\n"
                          "  tickets: {file: tickets.csv, columns: {type: number, messages: {type: text, known_at: "
                          "opened_at}}}\n"
                          "features: {use: [tickets]}\n",
                          &err),
              &err);
    assert_true(is_left_out(engine, "tickets_messages_mean: messages is text, a number is needed"));
    assert_true(is_left_out(engine, "tickets_type_task_share: type is a number, text is needed in 'lower(type)'"));
    assert_true(is_left_out(engine, "tickets_per_order: a bundle that it builds on is not used"));
    assert_true(is_left_out(engine, "tickets_csat_mean: table tickets has no column resolved_at"));
    for (size_t i = 0; wb_engine_left_out(engine, i) != NULL; i++) {
        const char *column = wb_engine_missing_column(engine, i, &table);
        if (strncmp(wb_engine_left_out(engine, i), "tickets_csat_mean:", 18) == 0) {
            assert_string_equal(column, "resolved_at");
            assert_string_equal(table, "tickets");
        }
        if (strncmp(wb_engine_left_out(engine, i), "tickets_per_order:", 18) == 0)
            assert_null(column);
    }
    wb_engine_free(engine);
    assert_refused(*state,
                   "tables: {orders: {file: orders.csv}, tickets: {file: tickets.csv}}\n"
                   "features: {use: [], define: [{name: n, table: tickets, agg: max, of: csat}]}\n",
                   "2024-02-01", WB_ERR_INCONSISTENT, "column csat of table tickets is known at resolved_at, which");
}

/* A time column whose name is no plain word, or one of the language. */
static void test_any_name_of_a_time(void **state)
{
    static const char *const names[] = {"Created at", "in", "the \"\"time\"\"", "cutoff"};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        char text[512];
        wb_features *features;
        wb_error err;
        snprintf(text, sizeof text, "customer_id,\"%s\",resolved_at\nA,2024-01-01,\nA,2024-01-21,\n", names[k]);
        put(*state, "tickets.csv", text);
        const char *plain = strcmp(names[k], "the \"\"time\"\"") == 0 ? "the \"time\"" : names[k];
        snprintf(text, sizeof text,
                 "tables: {tickets: {file: tickets.csv, time: '%s'}}\n"
                 "population: {table: tickets}\n",
                 plain);
        assert_ok(make_features(&features, *state, text, "2024-01-31", 1, &err), &err);
        const wb_table *table = wb_features_table(features);
        assert_close(wb_table_numbers(table, wb_table_find(table, "tickets_oldest_open_days"))[0], 30, 0);
        assert_close(wb_table_numbers(table, wb_table_find(table, "tickets_open_days_mean"))[0], 20, 0);
        wb_features_free(features);
    }
}

/* What is known from the start by convention is so whatever the table calls its time. */
static void test_due_dates_lie_in_the_future(void **state)
{
    put(*state, "tickets.csv",
        "customer_id,created,due_at,resolved_at\n"
        "A,2024-01-01,2024-01-20,2024-01-02\n" /* resolved in time, due after the cutoff */
        "A,2024-01-03,2024-01-04,\n"           /* overdue */
        "A,2024-01-05,2024-01-20,\n");         /* not due */
    char *text = run(*state,
                     "tables: {tickets: {file: tickets.csv, time: created}}\n"
                     "population: {table: tickets}\n"
                     "features: {use: [], define: [{name: breaches, table: tickets, agg: share, of: \"if(resolved_at "
                     "is null and due_at >= cutoff, null, least(resolved_at, cutoff) > due_at)\"}]}\n",
                     "2024-01-10", 1);
    assert_string_equal(text, "customer_id,cutoff,breaches\nA,2024-01-10,0.5\n");
    free(text);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(test_every_entry),
        cmocka_unit_test(test_list_names_every_entry),
        cmocka_unit_test(test_list_says_what_an_entry_needs),
        cmocka_unit_test_setup_teardown(test_list_of_a_project, make_folder, remove_folder),
        cmocka_unit_test(test_documentation),
        in_folder(test_returns_among_the_orders),
        in_folder(test_after_the_last_event),
        in_folder(test_after_last_is_general),
        in_folder(test_what_does_not_fit_is_left_out),
        in_folder(test_any_name_of_a_time),
        in_folder(test_due_dates_lie_in_the_future),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
