/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_run.h"

#include <winback/horizon.h>

#include "base/memory.h"

#define ORDERS(more) "tables: {orders: {file: orders.csv" more "}}\ndata_until: 2024-02-01\n"

static wb_status curve_of(wb_return_curve *curve, wb_engine **engine, const char *folder, const char *project, wb_error *err)
{
    assert_ok(make_engine(engine, folder, project, err), err);
    return wb_return_curve_compute(curve, *engine, err);
}

/* Gaps that ended: A 2, B 5 (two orders of one day are one), E 2, 5 and 10; open ones: A 28, B 25, C 2, D 0, E 4.
 * At risk on day 2 are 9 of the 10, C among them; on day 5, after two ended and C and E left, 5; on day 10 three.
 * S(2) = 7/9, S(5) = 7/9 · 3/5 = 7/15, S(10) = 7/15 · 2/3 = 14/45. */
static const char worked[] = "customer_id,ordered_at,amount\n"
                             "A,2024-01-01,1\nA,2024-01-03,1\n"
                             "B,2024-01-06,1\nB,2024-01-01T08:00,1\nB,2024-01-01T23:59,1\n"
                             "C,2024-01-29,1\nD,2024-01-31T12:00,1\n"
                             "E,2024-01-10,1\nE,2024-01-12,1\nE,2024-01-17,1\nE,2024-01-27,1\nE,2024-01-28,-1\n";

static void check_worked(const wb_return_curve *curve)
{
    const int64_t days[] = {2, 5, 10};
    const uint64_t at_risk[] = {9, 5, 3}, returned[] = {2, 2, 1};
    const double survival[] = {7.0 / 9, 7.0 / 15, 14.0 / 45};
    assert_int_equal(curve->n_gaps, 10);
    assert_int_equal(curve->n_customers, 5);
    assert_int_equal(curve->n_censored, 5);
    assert_int_equal(curve->n_points, 3);
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(curve->points[k].days, days[k]);
        assert_int_equal(curve->points[k].n_at_risk, at_risk[k]);
        assert_int_equal(curve->points[k].n_returned, returned[k]);
        assert_close(curve->points[k].returned, 1 - survival[k], 1e-14);
        assert_close(curve->points[k].returned_share, (1 - survival[k]) / (31.0 / 45), 1e-14);
    }
    assert_close(curve->ever, 31.0 / 45, 1e-14);
}

static void by_hand(void **state)
{
    wb_return_curve curve;
    wb_engine *engine;
    wb_error err;
    put(*state, "orders.csv", worked);
    assert_ok(curve_of(&curve, &engine, *state, ORDERS(", where: amount > 0"), &err), &err);
    assert_string_equal(curve.table, "orders");
    check_worked(&curve);
    /* 10/31, 24/31 and all of those who return */
    assert_int_equal(wb_return_curve_days(&curve, 0.1), 2);
    assert_int_equal(wb_return_curve_days(&curve, 10.0 / 31), 2);
    assert_int_equal(wb_return_curve_days(&curve, 0.33), 5);
    assert_int_equal(wb_return_curve_days(&curve, 0.77), 5);
    assert_int_equal(wb_return_curve_days(&curve, 0.8), 10);
    assert_int_equal(wb_return_curve_days(&curve, 1), 10);
    wb_return_curve_clear(&curve);
    wb_engine_free(engine);
}

/* The label's own condition counts too, and its table goes before the population's. */
static void the_labels_events_count(void **state)
{
    wb_return_curve curve;
    wb_engine *engine;
    wb_error err;
    put(*state, "orders.csv", worked);
    put(*state, "visits.csv", "customer_id,at\nA,2024-01-01\nZ,2024-01-01\n");
    assert_ok(curve_of(&curve, &engine, *state,
                       "tables: {orders: {file: orders.csv}, visits: {file: visits.csv, time: at}}\n"
                       "data_until: 2024-02-01\n"
                       "population: {table: visits}\n"
                       "features: {use: [], define: [{name: n, table: visits, agg: count}]}\n"
                       "label: {name: churned, absent: orders, where: amount > 0, horizon: 9d}\n",
                       &err),
              &err);
    check_worked(&curve);
    wb_return_curve_clear(&curve);
    wb_engine_free(engine);
}

/* In a zone east of UTC 23:30 is the next day: A's gap is one day there, and none here. Rows that arrive two days late are
 * known to the end of 29 January only. */
static void zones_and_delays(void **state)
{
    wb_return_curve curve;
    wb_engine *engine;
    wb_error err;
    put(*state, "orders.csv", "customer_id,ordered_at\nA,2024-01-10T21:00Z\nA,2024-01-10T22:30Z\nB,2024-01-10\nB,2024-01-14\n");
    assert_ok(curve_of(&curve, &engine, *state, ORDERS(", timezone: '+02:00', delay: 2d"), &err), &err);
    assert_int_equal(curve.n_points, 2);
    assert_int_equal(curve.points[0].days, 1);
    assert_int_equal(curve.until_us, INT64_C(1706572800000000));
    wb_return_curve_clear(&curve);
    wb_engine_free(engine);
    assert_ok(curve_of(&curve, &engine, *state, ORDERS(""), &err), &err);
    assert_int_equal(curve.n_points, 1);
    assert_int_equal(curve.points[0].days, 4);
    wb_return_curve_clear(&curve);
    wb_engine_free(engine);
}

static void nobody_returns(void **state)
{
    wb_return_curve curve;
    wb_engine *engine;
    wb_error err;
    put(*state, "orders.csv", "customer_id,ordered_at\nA,2024-01-01\nA,2024-01-01\nB,2024-01-10\n");
    assert_int_equal(curve_of(&curve, &engine, *state, ORDERS(""), &err), WB_ERR_DEGENERATE);
    wb_engine_free(engine);
    put(*state, "people.csv", "customer_id,age\nA,1\n");
    assert_int_equal(curve_of(&curve, &engine, *state,
                              "tables: {orders: {file: orders.csv}, people: {file: people.csv}}\n"
                              "population: {table: people}\n"
                              "features: {use: [], define: [{name: n, table: orders, agg: count}]}\n",
                              &err),
                     WB_ERR_INCONSISTENT);
    assert_non_null(strstr(err.message, "people has no time"));
    wb_engine_free(engine);
}

static void no_memory(void **state)
{
    wb_return_curve curve;
    wb_engine *engine;
    wb_error err;
    put(*state, "orders.csv", worked);
    assert_ok(make_engine(&engine, *state, ORDERS(", where: amount > 0"), &err), &err);
    for (uint64_t at = 1;; at++) {
        wbi_alloc_fail_at(at);
        wb_status status = wb_return_curve_compute(&curve, engine, &err);
        wbi_alloc_fail_at(0);
        if (status == WB_OK)
            break;
        assert_int_equal(status, WB_ERR_NOMEM);
    }
    check_worked(&curve);
    wb_return_curve_clear(&curve);
    wb_engine_free(engine);
}

/* CDNOW, against KaplanMeierFitter of lifelines 0.30 on the same gaps. */
static void cdnow(void **state)
{
    wb_return_curve curve;
    wb_engine *engine;
    wb_error err;
    const char *data = getenv("WINBACK_DATA");
    if (data == NULL)
        skip();
    assert_ok(curve_of(&curve, &engine, *state,
                       "tables:\n"
                       "  orders:\n"
                       "    file: ${WINBACK_DATA}/cdnow/CDNOW_master.txt.gz\n"
                       "    dialect: {delimiter: space}\n"
                       "    time: {column: date, format: '%Y%m%d'}\n"
                       "    columns: {amount: {type: number, column: dollar_value}}\n",
                       &err),
              &err);
    assert_int_equal(curve.n_gaps, 67591);
    assert_int_equal(curve.n_censored, 23570);
    assert_int_equal(curve.n_points, 516);
    assert_close(curve.ever, 0.6979221343453119, 1e-12);
    for (size_t k = 0; k < curve.n_points; k++)
        if (curve.points[k].days == 30 || curve.points[k].days == 273)
            assert_close(curve.points[k].returned,
                         curve.points[k].days == 30 ? 0.3085620887186603 : 0.6473100128692213, 1e-12);
    assert_int_equal(wb_return_curve_days(&curve, 0.8), 136);
    assert_int_equal(wb_return_curve_days(&curve, 0.9), 232);
    assert_int_equal(wb_return_curve_days(&curve, 0.95), 319);
    wb_return_curve_clear(&curve);
    wb_engine_free(engine);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(by_hand),        IN_FOLDER(the_labels_events_count), IN_FOLDER(zones_and_delays),
        IN_FOLDER(nobody_returns), IN_FOLDER(no_memory),               IN_FOLDER(cdnow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
