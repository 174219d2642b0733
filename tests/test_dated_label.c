/* SPDX-License-Identifier: GPL-3.0-or-later */
/* label: at, a date that a column holds: 1 when it lies in [cutoff + gap, cutoff + gap + horizon). */
#include "test_run.h"

static const char orders[] = "customer_id,ordered_at\n"
                             "A,2024-01-01\nB,2024-01-01\nC,2024-01-01\nD,2024-01-01\nE,2024-01-01\nF,2024-01-01\n"
                             "G,2024-04-29\n";
/* At cutoff 2024-02-01 with a gap of 7 days the window is [8 February, 9 March). */
static const char customers[] = "customer_id,cancelled_at,reason,told_at\n"
                                "A,2024-02-08,price,2024-02-07\n"          /* its first moment */
                                "B,2024-03-08T23:59:59.999999,other,\n"    /* its last */
                                "C,2024-03-09,price,2024-02-01\n"          /* past it */
                                "D,2024-02-07T23:59:59,,2024-01-15\n"      /* in the gap */
                                "E,2024-01-20,,2024-01-01\n"               /* before the cutoff */
                                "F,,,\n";

#define LABEL(at, more)                                                                                                \
    "tables:\n"                                                                                                        \
    "  orders: {file: orders.csv}\n"                                                                                   \
    "  customers: {file: customers.csv, columns: {cancelled_at: time, told_at: time,\n"                                \
    "              announced: {column: cancelled_at, type: time, known_at: told_at}}}\n"                               \
    "label: {name: cancelled, at: customers." at ", horizon: 30d, gap: 7d}\n" more                                     \
    "features:\n"                                                                                                      \
    "  use: []\n"                                                                                                      \
    "  define:\n"                                                                                                      \
    "    - {name: n, table: orders, agg: count}\n"                                                                     \
    "    - {name: gone, table: customers, agg: count, where: cancelled_at is not null}\n"

static void test_the_window_by_hand(void **state)
{
    put(*state, "orders.csv", orders);
    put(*state, "customers.csv", customers);
    /* As a feature the date is masked until it has come. */
    assert_features(*state, LABEL("cancelled_at", ""), "2024-02-01",
                    "customer_id,cutoff,n,gone,label_cancelled\n"
                    "A,2024-02-01,1,0,1\n"
                    "B,2024-02-01,1,0,1\n"
                    "C,2024-02-01,1,0,0\n"
                    "D,2024-02-01,1,0,0\n"
                    "E,2024-02-01,1,1,0\n"
                    "F,2024-02-01,1,0,0\n");
    /* not_after leaves out whoever cancelled before the cutoff, and nobody else. */
    assert_features(*state, LABEL("cancelled_at", "population: {table: customers, not_after: cancelled_at}\n"),
                    "2024-02-01 2024-03-01",
                    "customer_id,cutoff,n,gone,label_cancelled\n"
                    "A,2024-02-01,1,0,1\n"
                    "B,2024-02-01,1,0,1\n"
                    "B,2024-03-01,1,0,1\n"
                    "C,2024-02-01,1,0,0\n"
                    "C,2024-03-01,1,0,1\n"
                    "D,2024-02-01,1,0,0\n"
                    "F,2024-02-01,1,0,0\n"
                    "F,2024-03-01,1,0,0\n");
}

/* known_at holds for the label as well, at the end of its window: B's date was never told. */
static void test_only_what_is_known_at_the_end_counts(void **state)
{
    put(*state, "orders.csv", orders);
    put(*state, "customers.csv", customers);
    assert_features(*state, LABEL("announced", "population: {table: customers}\n"), "2024-02-01",
                    "customer_id,cutoff,n,gone,label_cancelled\n"
                    "A,2024-02-01,1,0,1\n"
                    "B,2024-02-01,1,0,0\n"
                    "C,2024-02-01,1,0,0\n"
                    "D,2024-02-01,1,0,0\n"
                    "E,2024-02-01,1,1,0\n"
                    "F,2024-02-01,1,0,0\n");
}

/* A table of events: any event's date counts, where `where` holds, however old the event is. */
static void test_dates_of_events(void **state)
{
    put(*state, "orders.csv", "customer_id,ordered_at,returned_at,kind\n"
                              "A,2023-01-01,2024-02-10,a\nA,2024-01-02,,a\nB,2024-01-01,2024-02-10,b\n"
                              "C,2024-02-05,2024-02-20,a\nC,2024-01-01,,a\nD,2024-05-01,,a\n");
    assert_features(*state,
                    "tables: {orders: {file: orders.csv, columns: {returned_at: time}}}\n"
                    "label: {name: back, at: orders.returned_at, horizon: 30d, where: kind = 'a'}\n"
                    "features: {use: [], define: [{name: n, table: orders, agg: count}]}\n",
                    "2024-02-01",
                    "customer_id,cutoff,n,label_back\n"
                    "A,2024-02-01,2,1\n"
                    "B,2024-02-01,1,0\n"
                    "C,2024-02-01,1,1\n");
}

/* A date that its row tells ahead is not masked, and still must lie in the window, whose end is out. */
static void test_dates_told_ahead(void **state)
{
    put(*state, "orders.csv", "customer_id,ordered_at,ends_at\n"
                              "A,2024-01-01,2024-03-01T23:59:59.999999\nB,2024-01-01,2024-03-02\nC,2024-01-01,2024-02-01\n"
                              "D,2024-01-01,2024-01-31T23:59:59\nE,2024-04-01,\n");
    assert_features(*state,
                    "tables: {orders: {file: orders.csv, columns: {ends_at: {type: time, known_at: ordered_at}}}}\n"
                    "label: {name: ended, at: orders.ends_at, horizon: 30d}\n"
                    "features: {use: [], define: [{name: n, table: orders, agg: count}]}\n",
                    "2024-02-01",
                    "customer_id,cutoff,n,label_ended\n"
                    "A,2024-02-01,1,1\n"
                    "B,2024-02-01,1,0\n"
                    "C,2024-02-01,1,1\n"
                    "D,2024-02-01,1,0\n");
}

static void test_what_cannot_be_is_refused(void **state)
{
    put(*state, "orders.csv", orders);
    put(*state, "customers.csv", customers);
    assert_refused(*state, LABEL("gone_at", ""), "2024-02-01", WB_ERR_INCONSISTENT, "no column 'gone_at'");
    assert_refused(*state, LABEL("cancelled_at", ""), "2024-04-01", WB_ERR_INCONSISTENT,
                   "cutoff 2024-04-01: its label window ends after the data (2024-04-30); the last usable cutoff is "
                   "2024-03-24");
    assert_refused(*state,
                   "tables: {orders: {file: orders.csv, columns: {amount: {expr: '1'}}}}\n"
                   "label: {name: x, at: orders.amount}\n"
                   "features: {use: [], define: [{name: n, table: orders, agg: count}]}\n",
                   "2024-02-01", WB_ERR_INCONSISTENT, "winback.yml:2");
    assert_refused(*state,
                   "tables: {orders: {file: orders.csv}}\nlabel: {name: x, at: customer.cancelled_at}\n"
                   "features: {use: [], define: [{name: n, table: orders, agg: count}]}\n",
                   "2024-02-01", WB_ERR_INCONSISTENT, "label: there is no table 'customer'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_window_by_hand, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_only_what_is_known_at_the_end_counts, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_dates_of_events, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_dates_told_ahead, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_is_refused, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
