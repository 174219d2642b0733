/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The point-in-time contract on tables worked by hand: what of an event is known at a cutoff. */
#include "test_run.h"

static void test_rows_at_the_cutoff_are_out(void **state)
{
    const char *project = "tables: {orders: {file: orders.csv}}\n"
                          "features:\n"
                          "  use: []\n"
                          "  define:\n"
                          "    - {name: n, table: orders, agg: count}\n"
                          "    - {name: total, table: orders, agg: sum, of: amount}\n"
                          "    - {name: first, table: orders, agg: days_since_first}\n";
    put(*state, "orders.csv",
        "customer_id,ordered_at,amount\n"
        "A,2024-02-01,4\n"
        "A,2024-01-31T23:59:59.999999Z,2\n"
        "B,2024-02-01T00:00:00Z,8\n"
        "A,2024-01-10T12:00,1\n");
    assert_features(*state, project, "2024-02-01",
                    "customer_id,cutoff,n,total,first\n"
                    "A,2024-02-01,2,3,21.5\n");
    assert_features(*state, project, "2024-02-01 2024-02-01T00:00:00.000001Z",
                    "customer_id,cutoff,n,total,first\n"
                    "A,2024-02-01,2,3,21.5\n"
                    "A,2024-02-01T00:00:00.000001Z,3,7,21.500000000011575\n"
                    "B,2024-02-01T00:00:00.000001Z,1,8,1.1574074074074074e-11\n");
}

static void test_delayed_rows_arrive_later(void **state)
{
    const char *project = "tables: {orders: {file: orders.csv, delay: 36h}}\n"
                          "features:\n"
                          "  use: []\n"
                          "  define:\n"
                          "    - {name: n, table: orders, agg: count}\n"
                          "    - {name: n_3d, table: orders, agg: count, window: 3d}\n";
    put(*state, "orders.csv",
        "customer_id,ordered_at\n"
        "A,2024-01-29\n"
        "A,2024-01-30T11:59:59\n"
        "A,2024-01-30T12:00:00\n"  /* there at the cutoff, not before it */
        "A,2024-01-31\n");
    assert_features(*state, project, "2024-02-01 2024-02-01T12:00",
                    "customer_id,cutoff,n,n_3d\n"
                    "A,2024-02-01,2,2\n"
                    "A,2024-02-01T12:00:00Z,3,2\n");
}

static const char tickets[] = "customer_id,opened_at,first_reply_at,resolved_at,reopens,csat\n"
                              "A,2024-01-01,2024-01-01T06:00,2024-01-03,1,5\n"
                              "A,2024-01-10,2024-01-12,2024-02-01,0,1\n"  /* resolved at the cutoff: not before it */
                              "A,2024-01-20,2024-02-05,,3,2\n"            /* never resolved: never known */
                              "B,2024-01-31,,2024-03-01,0,4\n";

static void test_values_are_masked_until_they_are_known(void **state)
{
    put(*state, "tickets.csv", tickets);
    assert_features(*state,
                    "tables: {tickets: {file: tickets.csv}}\n"
                    "population: {table: tickets}\n"
                    "features:\n"
                    "  use: []\n"
                    "  define:\n"
                    "    - {name: open, table: tickets, agg: count, where: resolved_at is null}\n"
                    "    - {name: answered, table: tickets, agg: count, where: first_reply_at is not null}\n"
                    "    - {name: csat, table: tickets, agg: sum, of: csat}\n"
                    "    - {name: reopened, table: tickets, agg: share, of: reopens > 0}\n"
                    "    - {name: rated, table: tickets, agg: share, of: csat is not null}\n"
                    "    - {name: waited, table: tickets, agg: mean,\n"
                    "       of: 'hours(least(first_reply_at, cutoff) - opened_at)'}\n",
                    "2024-02-01 2024-02-02",
                    "customer_id,cutoff,open,answered,csat,reopened,rated,waited\n"
                    "A,2024-02-01,2,2,5,1,0.3333333333333333,114\n" /* (6 + 48 + 288) / 3 */
                    "A,2024-02-02,1,2,6,0.5,0.6666666666666666,122\n"
                    "B,2024-02-01,1,0,0,,0,24\n"
                    "B,2024-02-02,1,0,0,,0,48\n");
}

static void test_what_a_row_says_from_the_start_is_not_masked(void **state)
{
    put(*state, "orders.csv",
        "customer_id,ordered_at,due,promised\n"
        "A,2024-01-31,2024-02-10,2024-02-10\n"
        "A,2024-01-31,2024-01-31,2024-01-31\n");
    assert_features(*state,
                    "tables:\n"
                    "  orders:\n"
                    "    file: orders.csv\n"
                    "    columns: {due: time, promised: {type: time, known_at: ordered_at}}\n"
                    "features:\n"
                    "  use: []\n"
                    "  define:\n"
                    "    - {name: due, table: orders, agg: count, where: due is not null}\n"
                    "    - {name: promised, table: orders, agg: count, where: promised is not null}\n"
                    "    - {name: ahead, table: orders, agg: max, of: days(promised - cutoff)}\n",
                    "2024-02-01",
                    "customer_id,cutoff,due,promised,ahead\n"
                    "A,2024-02-01,1,2,9\n");
}

/* Masks come first: a computed value is made of what was known, and a time that is computed is masked itself. */
static void test_computed_columns_see_masked_ones(void **state)
{
    put(*state, "tickets.csv",
        "customer_id,opened_at,wait_minutes,closed,score\n"
        "A,2024-01-30,1440,2024-01-31,10\n"
        "A,2024-01-31,1439,2024-01-31T12:00,20\n"
        "A,2024-01-31,1440,2024-02-09,40\n");
    assert_features(*state,
                    "tables:\n"
                    "  tickets:\n"
                    "    file: tickets.csv\n"
                    "    columns:\n"
                    "      replied: {expr: opened_at + minutes(wait_minutes)}\n"
                    "      closed: time\n"
                    "      score: {type: number, known_at: closed}\n"
                    "      a_doubled: {expr: b_score * 2}\n" /* from a column whose name comes later */
                    "      b_score: {expr: score + 1}\n"
                    "      open_days: {expr: 'days(coalesce(closed, cutoff) - opened_at)'}\n"
                    "population: {table: tickets}\n"
                    "features:\n"
                    "  use: []\n"
                    "  define:\n"
                    "    - {name: replied, table: tickets, agg: count, where: replied is not null}\n"
                    "    - {name: doubled, table: tickets, agg: sum, of: a_doubled}\n"
                    "    - {name: open_days, table: tickets, agg: sum, of: open_days}\n",
                    "2024-02-01",
                    "customer_id,cutoff,replied,doubled,open_days\n"
                    "A,2024-02-01,2,64,2.5\n");
}

/* A computed column may have a known_at of its own. */
static void test_known_at_of_a_computed_column(void **state)
{
    put(*state, "tickets.csv", tickets);
    assert_features(*state,
                    "tables:\n"
                    "  tickets:\n"
                    "    file: tickets.csv\n"
                    "    columns:\n"
                    "      csat: {type: number, known_at: opened_at}\n"
                    "      happy: {expr: 'if(csat > 2, 1, 0)', known_at: resolved_at}\n"
                    "population: {table: tickets}\n"
                    "features:\n"
                    "  use: []\n"
                    "  define:\n"
                    "    - {name: csat, table: tickets, agg: sum, of: csat}\n"
                    "    - {name: happy, table: tickets, agg: sum, of: happy}\n",
                    "2024-02-01",
                    "customer_id,cutoff,csat,happy\n"
                    "A,2024-02-01,8,1\n"
                    "B,2024-02-01,4,0\n");
}

/* --- lines and events ---------------------------------------------------------------------------------------- */

static const char invoices[] = "invoice,customer_id,ordered_at,quantity,price,channel\n"
                               "i1,A,2024-01-05T10:00,2,1.5,web\n"
                               "i1,A,2024-02-03,5,1,web\n"        /* after the cutoff */
                               "i2,A,2024-01-20,3,2,app\n"
                               "i1,A,2024-01-05T09:00,1,4,shop\n" /* its earliest line */
                               "i2,A,2024-01-20,1,,mail\n"        /* no amount, so before the other; but greater bytes */
                               "i3,A,2024-01-25,-1,2,web\n"
                               "Ci4,A,2024-01-26,-9,2,web\n"
                               "i1,B,2024-01-06,1,1,web\n"        /* another customer's i1 is another event */
                               "Ci5,B,2024-01-27,-1,1,web\n"
                               "i6,C,2024-01-07,1,,\n";

static void test_lines_become_events(void **state)
{
    const char *project = "tables:\n"
                          "  orders:\n"
                          "    file: orders.csv\n"
                          "    where: not starts_with(invoice, 'C')\n"
                          "    group_by: invoice\n"
                          "    columns: {amount: {expr: quantity * price}}\n"
                          "features:\n"
                          "  use: []\n"
                          "  define:\n"
                          "    - {name: n, table: orders, agg: count}\n"
                          "    - {name: large, table: orders, agg: count, where: amount > 5}\n"
                          "    - {name: total, table: orders, agg: sum, of: amount}\n"
                          "    - {name: most, table: orders, agg: max, of: amount}\n"
                          "    - {name: items, table: orders, agg: max, of: quantity}\n"
                          "    - {name: first, table: orders, agg: first, of: channel}\n"
                          "    - {name: channels, table: orders, agg: distinct, of: channel}\n"
                          "    - {name: since_first, table: orders, agg: days_since_first}\n"
                          "    - {name: mail, table: orders, agg: count, where: channel in ('mail')}\n"
                          "    - {name: app, table: orders, agg: count, where: channel = 'app'}\n"
                          "    - {name: i1, table: orders, agg: count, where: invoice = 'i1'}\n";
    put(*state, "orders.csv", invoices);
    assert_features(*state, project, "2024-02-01 2024-02-04",
                    "customer_id,cutoff,n,large,total,most,items,first,channels,since_first,mail,app,i1\n"
                    "A,2024-02-01,3,2,11,7,4,shop,3,26.625,0,1,1\n"
                    "A,2024-02-04,3,2,16,12,8,shop,3,29.625,0,1,1\n"
                    "B,2024-02-01,1,0,1,1,1,web,1,26,0,0,1\n"
                    "B,2024-02-04,1,0,1,1,1,web,1,29,0,0,1\n"
                    "C,2024-02-01,1,0,0,,1,,0,25,0,0,0\n"
                    "C,2024-02-04,1,0,0,,1,,0,28,0,0,0\n");
}

/* `where` of the table sees lines: without it, i2's line and the returns count. */
static void test_where_of_the_table_sees_lines(void **state)
{
    put(*state, "orders.csv", invoices);
    assert_features(*state,
                    "tables:\n"
                    "  orders:\n"
                    "    file: orders.csv\n"
                    "    where: quantity < 3\n"
                    "    group_by: invoice\n"
                    "    columns: {quantity: number}\n"
                    "features:\n"
                    "  use: []\n"
                    "  define:\n"
                    "    - {name: n, table: orders, agg: count}\n"
                    "    - {name: items, table: orders, agg: sum, of: quantity}\n"
                    "    - {name: many, table: orders, agg: count, where: quantity >= 3}\n",
                    "2024-02-01",
                    "customer_id,cutoff,n,items,many\n"
                    "A,2024-02-01,4,-6,1\n" /* i1: 2 + 1, i2: 1, i3: -1, Ci4: -9 */
                    "B,2024-02-01,2,0,0\n"
                    "C,2024-02-01,1,1,0\n");
}

/* An event lies in the window of its earliest known line. */
static void test_events_lie_where_they_begin(void **state)
{
    put(*state, "orders.csv",
        "invoice,customer_id,ordered_at,amount\n"
        "i1,A,2024-01-01,1\n"
        "i1,A,2024-01-31,2\n"
        ",A,2024-01-30,4\n" /* lines without a value are one event too */
        ",A,2024-01-31,8\n");
    assert_features(*state,
                    "tables: {orders: {file: orders.csv, group_by: invoice}}\n"
                    "features:\n"
                    "  use: []\n"
                    "  define:\n"
                    "    - {name: n_10d, table: orders, agg: count, window: 10d}\n"
                    "    - {name: total_10d, table: orders, agg: sum, of: amount, window: 10d}\n"
                    "    - {name: early, table: orders, agg: sum, of: amount, window: {from: 60d, to: 10d}}\n",
                    "2024-02-01",
                    "customer_id,cutoff,n_10d,total_10d,early\n"
                    "A,2024-02-01,1,12,3\n");
}

/* Ties in time are ordered by group, then by the declared columns in the order of their names. */
static void test_ties_have_an_order(void **state)
{
    put(*state, "orders.csv",
        "customer_id,ordered_at,b,a,c\n"
        "A,2024-01-01,1,y,1\n"
        "A,2024-01-01,2,x,2\n"
        "A,2024-01-01,,x,3\n"
        "A,2024-01-01,9,,4\n"
        "A,2024-01-01,-5,y,5\n");
    assert_features(*state,
                    "tables: {orders: {file: orders.csv, columns: {a: category, b: number}}}\n"
                    "features:\n"
                    "  use: []\n"
                    "  define:\n"
                    "    - {name: first, table: orders, agg: first, of: c + 0}\n"
                    "    - {name: last, table: orders, agg: last, of: c + 0}\n"
                    "    - {name: first_of_x, table: orders, agg: first, of: c + 0, where: a = 'x'}\n"
                    "    - {name: last_of_y, table: orders, agg: last, of: c + 0, where: a = 'y'}\n",
                    "2024-02-01",
                    "customer_id,cutoff,first,last,first_of_x,last_of_y\n"
                    "A,2024-02-01,4,1,3,1\n");
}

/* --- keys ----------------------------------------------------------------------------------------------------- */

static const char usage_project[] = "tables:\n"
                                    "  usage:\n"
                                    "    file: usage.csv\n"
                                    "    time: used_at\n"
                                    "    customer:\n"
                                    "      column: subscription\n"
                                    "      through: {file: subscriptions.csv, key: id, customer: account}\n"
                                    "population: {table: usage}\n"
                                    "features:\n"
                                    "  use: []\n"
                                    "  define: [{name: n, table: usage, agg: count}]\n";

static void test_keys_lead_through_another_table(void **state)
{
    put(*state, "usage.csv",
        "subscription,used_at\n"
        "s1,2024-01-01\n"
        "s2,2024-01-02\n"
        ",2024-01-02\n"
        "s3,2024-01-03\n"
        "s1,2024-01-04\n");
    put(*state, "subscriptions.csv", "account,id,plan\nA,s1,x\nA,s2,y\nB,s3,x\nA,s1,z\nC,s4,x\n");
    assert_features(*state, usage_project, "2024-02-01",
                    "customer_id,cutoff,n\n"
                    "A,2024-02-01,3\n"
                    "B,2024-02-01,1\n");
}

static void test_a_key_of_two_customers(void **state)
{
    put(*state, "usage.csv", "subscription,used_at\ns1,2024-01-01\n");
    put(*state, "subscriptions.csv", "account,id\nA,s1\nB,s2\nB,s1\n");
    assert_refused(*state, usage_project, "2024-02-01", WB_ERR_INCONSISTENT,
                   "subscriptions.csv:4:2: id 's1' belongs to A already");
}

static void test_a_key_of_nobody(void **state)
{
    put(*state, "usage.csv", "subscription,used_at\ns1,2024-01-01\ns9,2024-01-02\ns1,2024-01-03\n");
    put(*state, "subscriptions.csv", "account,id\nA,s1\n");
    assert_refused(*state, usage_project, "2024-02-01", WB_ERR_INCONSISTENT, "usage.csv:3:1: subscription 's9'");
}

static void test_keys_of_nobody_can_be_skipped(void **state)
{
    char path[RUN_PATH_CHARS];
    wb_error err;
    wb_project *project;
    wb_engine *engine;
    wb_read_options options = WB_READ_OPTIONS_INIT;
    options.on_error = WB_ON_ERROR_SKIP;
    put(*state, "usage.csv", "subscription,used_at\ns1,2024-01-01\ns9,2024-01-02\ns9,2024-13-03\n,2024-01-05\n");
    put(*state, "subscriptions.csv", "account,id\nA,s1\n");
    put(*state, "winback.yml", usage_project);
    assert_ok(wb_project_read(&project, path_in(path, *state, "winback.yml"), &err), &err);
    assert_ok(wb_engine_create(&engine, project, &options, &err), &err);
    wb_engine_table table = wb_engine_table_info(engine, 0);
    assert_string_equal(table.name, "usage");
    assert_int_equal(table.n_rows, 1);
    assert_int_equal(table.n_bad, 2);
    assert_int_equal(table.n_without_key, 1);
    wb_engine_free(engine);
    wb_project_free(project);
}

static const char orders_project[] = "tables: {orders: {file: orders.csv}}\n"
                                     "features: {use: [], define: [{name: n, table: orders, agg: count}]}\n";

static void test_rows_without_a_customer_are_counted(void **state)
{
    wb_engine *engine;
    wb_error err;
    put(*state, "orders.csv",
        "customer_id,ordered_at\n"
        "A,2024-01-01\n"
        ",2024-01-02\n"
        "\"\",2024-01-03\n"
        "007,2024-01-04\n"
        "7,2024-01-04\n");
    assert_ok(make_engine(&engine, *state, orders_project, &err), &err);
    wb_engine_table table = wb_engine_table_info(engine, 0);
    assert_int_equal(wb_engine_n_tables(engine), 1);
    assert_int_equal(table.n_rows, 3);
    assert_int_equal(table.n_without_key, 2);
    assert_int_equal(table.n_bad, 0);
    assert_int_equal(table.n_after_end, 0);
    wb_engine_free(engine);
    assert_features(*state, orders_project, "2024-02-01",
                    "customer_id,cutoff,n\n"
                    "007,2024-02-01,1\n" /* ids are text */
                    "7,2024-02-01,1\n"
                    "A,2024-02-01,1\n");
}

static void test_a_customer_has_one_row(void **state)
{
    put(*state, "orders.csv", "customer_id,ordered_at\nA,2024-01-01\n");
    put(*state, "customers.csv", "customer_id,country\nA,DE\nB,FR\nA,DE\n");
    assert_refused(*state,
                   "tables: {orders: {file: orders.csv}, customers: {file: customers.csv}}\n"
                   "features: {use: [profile]}\n",
                   "2024-02-01", WB_ERR_INCONSISTENT, "customers.csv:4:1: ");
}

static void test_times_of_a_zone(void **state)
{
    put(*state, "orders.csv", "customer_id,ordered_at\nA,2024-01-31 23:30\nA,2024-02-01 00:30\n");
    assert_features(*state,
                    "timezone: '+02:00'\n"
                    "tables: {orders: {file: orders.csv}}\n"
                    "features:\n"
                    "  use: []\n"
                    "  define:\n"
                    "    - {name: n, table: orders, agg: count}\n"
                    "    - {name: dates, table: orders, agg: active_days}\n",
                    "2024-01-31T22:00:00Z 2024-02-01",
                    "customer_id,cutoff,n,dates\n"
                    "A,2024-01-31T22:00:00Z,1,1\n"
                    "A,2024-02-01,2,2\n");
}

/* --- one column of the file under several names and types ------------------------------------------------------ */

static void test_another_name_changes_no_mask(void **state)
{
    put(*state, "tickets.csv", "customer_id,opened_at,resolved_at,csat\nA,2024-01-01,2024-03-01,5\n");
    assert_features(*state,
                    "tables:\n"
                    "  tickets:\n"
                    "    file: tickets.csv\n"
                    "    columns: {rating: {column: csat, type: number, known_at: resolved_at}}\n"
                    "population: {table: tickets}\n"
                    "features:\n"
                    "  use: []\n"
                    "  define:\n"
                    "    - {name: by_file, table: tickets, agg: mean, of: csat}\n"
                    "    - {name: by_name, table: tickets, agg: mean, of: rating}\n"
                    "    - {name: as_text, table: tickets, agg: last, of: lower(csat)}\n",
                    "2024-02-01", "customer_id,cutoff,by_file,by_name,as_text\nA,2024-02-01,,,\n");
}

static void test_a_time_is_masked_wherever_it_is_read(void **state)
{
    put(*state, "visits.csv",
        "customer_id,at,ended\n"
        "A,2024-01-01,2024-01-02\n"
        "B,2024-01-01,2024-03-20\n"
        "C,2024-01-01,\n");
    assert_features(*state,
                    "tables: {visits: {file: visits.csv, time: at}}\n"
                    "population: {table: visits}\n"
                    "features:\n"
                    "  use: []\n"
                    "  define:\n"
                    "    - {name: open, table: visits, agg: count, where: ended is null}\n"
                    "    - {name: hours, table: visits, agg: mean, of: hours(ended - at)}\n",
                    "2024-02-01",
                    "customer_id,cutoff,open,hours\nA,2024-02-01,0,24\nB,2024-02-01,1,\nC,2024-02-01,1,\n");
}

static void test_groups_of_numbers_and_times(void **state)
{
    put(*state, "lines.csv",
        "customer_id,at,n\nA,2024-01-01,7\nA,2024-01-01,7\nA,2024-01-02,8\nA,2024-01-02,7\n");
    assert_features(*state,
                    "tables:\n"
                    "  by_n: {file: lines.csv, time: at, group_by: n, columns: {n: number}}\n"
                    "  by_time: {file: lines.csv, time: at, group_by: at}\n"
                    "population: {table: by_n}\n"
                    "features:\n"
                    "  use: []\n"
                    "  define:\n"
                    "    - {name: by_n, table: by_n, agg: count}\n"
                    "    - {name: n_sum, table: by_n, agg: sum, of: n}\n"
                    "    - {name: by_time, table: by_time, agg: count}\n",
                    "2024-02-01", "customer_id,cutoff,by_n,n_sum,by_time\nA,2024-02-01,2,29,2\n");
}

static void test_minus_zero_is_zero(void **state)
{
    static const char *const files[] = {"customer_id,at,x\nA,2024-01-01,0\nA,2024-01-01,-0\n",
                                        "customer_id,at,x\nA,2024-01-01,-0\nA,2024-01-01,0\n"};
    for (size_t i = 0; i < 2; i++) {
        put(*state, "x.csv", files[i]);
        assert_features(*state,
                        "tables: {x: {file: x.csv, time: at, columns: {x: number}}}\n"
                        "population: {table: x}\n"
                        "features:\n"
                        "  use: []\n"
                        "  define:\n"
                        "    - {name: first, table: x, agg: first, of: x}\n"
                        "    - {name: last, table: x, agg: last, of: x}\n",
                        "2024-02-01", "customer_id,cutoff,first,last\nA,2024-02-01,0,0\n");
    }
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(test_rows_at_the_cutoff_are_out),
        in_folder(test_delayed_rows_arrive_later),
        in_folder(test_values_are_masked_until_they_are_known),
        in_folder(test_what_a_row_says_from_the_start_is_not_masked),
        in_folder(test_computed_columns_see_masked_ones),
        in_folder(test_known_at_of_a_computed_column),
        in_folder(test_lines_become_events),
        in_folder(test_where_of_the_table_sees_lines),
        in_folder(test_events_lie_where_they_begin),
        in_folder(test_ties_have_an_order),
        in_folder(test_keys_lead_through_another_table),
        in_folder(test_a_key_of_two_customers),
        in_folder(test_a_key_of_nobody),
        in_folder(test_keys_of_nobody_can_be_skipped),
        in_folder(test_rows_without_a_customer_are_counted),
        in_folder(test_a_customer_has_one_row),
        in_folder(test_times_of_a_zone),
        in_folder(test_another_name_changes_no_mask),
        in_folder(test_a_time_is_masked_wherever_it_is_read),
        in_folder(test_groups_of_numbers_and_times),
        in_folder(test_minus_zero_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
