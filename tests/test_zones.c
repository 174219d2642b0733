/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Projects in named time zones: times, dates, cutoffs, dates of activity and the end of the data, by hand. */
#include "test_run.h"

#include "project/project.h"

#define DEFINE                                                                                                         \
    "features:\n"                                                                                                      \
    "  use: []\n"                                                                                                      \
    "  define:\n"                                                                                                      \
    "    - {name: n, table: orders, agg: count}\n"                                                                     \
    "    - {name: since, table: orders, agg: days_since_last}\n"                                                       \
    "    - {name: dates, table: orders, agg: active_days}\n"

/* On 31 March 2024 in Berlin 02:00 became 03:00, on 27 October 03:00 became 02:00. */
static const char orders[] = "customer_id,ordered_at\n"
                             "A,2024-03-30T12:00:00\n"     /* 11:00 UTC */
                             "A,2024-03-31T02:30\n"        /* never shown: 01:30 UTC */
                             "A,2024-03-31T23:30\n"        /* 21:30 UTC, still the 31st */
                             "A,2024-03-31T23:30:00Z\n"    /* 1 April 01:30 */
                             "B,2024-10-27T02:30\n"        /* shown twice, the first: 00:30 UTC */
                             "B,2024-10-27T02:30+01:00\n"  /* the second: 01:30 UTC */
                             "B,2024-10-28\n";             /* 27 October 23:00 UTC */

static void test_times_and_dates(void **state)
{
    const char *project = "timezone: Europe/Berlin\ntables: {orders: {file: orders.csv}}\n" DEFINE;
    put(*state, "orders.csv", orders);
    assert_features(*state, project, "2024-03-31T01:30:00Z 2024-03-31T01:30:00.000001Z 2024-04-01T13:30Z",
                    "customer_id,cutoff,n,since,dates\n"
                    "A,2024-03-31T01:30:00Z,1,0.6041666666666666,1\n" /* 14.5 h */
                    "A,2024-03-31T01:30:00.000001Z,2,1.1574074074074074e-11,2\n"
                    "A,2024-04-01T13:30:00Z,4,0.5833333333333334,3\n"); /* 30th, 31st, 1st */
    assert_features(*state, project, "2024-10-27T00:30:00.000001Z 2024-10-28",
                    "customer_id,cutoff,n,since,dates\n"
                    "A,2024-10-27T00:30:00.000001Z,4,209.04166666667825,3\n"
                    "A,2024-10-28,4,210.02083333333334,3\n"
                    "B,2024-10-27T00:30:00.000001Z,1,1.1574074074074074e-11,1\n"
                    "B,2024-10-28,3,0.041666666666666664,2\n");
}

/* A table and a column may be in a zone of their own, with a format. */
static void test_zones_of_tables_and_columns(void **state)
{
    put(*state, "orders.csv",
        "customer_id,at,due\n"
        "A,10/03/2024 01:59,2024-03-10T01:59\n" /* New York: 06:59 UTC, one minute before 03:00 */
        "A,10/03/2024 03:00,2024-03-10T03:00\n");
    assert_features(*state,
                    "timezone: Asia/Kolkata\n"
                    "tables:\n"
                    "  orders:\n"
                    "    file: orders.csv\n"
                    "    timezone: Europe/London\n"
                    "    time: {column: at, format: '%d/%m/%Y %H:%M', timezone: America/New_York}\n"
                    "    columns: {due: {type: time, format: iso}}\n"
                    "features:\n"
                    "  use: []\n"
                    "  define:\n"
                    "    - {name: minutes, table: orders, agg: gap_days_max}\n"
                    "    - {name: ahead, table: orders, agg: max, of: hours(at - due)}\n"
                    "    - {name: behind, table: orders, agg: min, of: hours(at - due)}\n",
                    "2024-04-01",
                    "customer_id,cutoff,minutes,ahead,behind\n"
                    "A,2024-04-01,0.0006944444444444445,5,4\n");
}

static void test_cutoffs_and_the_end_of_the_data(void **state)
{
    wb_engine *engine;
    wb_project *project;
    wb_error err;
    int64_t first_us, until_us, cutoff_us;
    char text[WB_TIME_CHARS];
    size_t n;
    assert_ok(wb_project_parse(&project, "timezone: Europe/Berlin\ncutoffs: [2024-07-01, 2024-12-01, 2024-12-01T00:00Z]\n",
                               &err), &err);
    const int64_t *cutoffs_us = wb_project_cutoffs(project, &n);
    assert_int_equal(n, 3);
    static const char *const expected[] = {"2024-06-30T22:00:00Z", "2024-11-30T23:00:00Z", "2024-12-01"};
    for (size_t i = 0; i < n; i++) {
        wb_time_format(cutoffs_us[i], text);
        assert_string_equal(text, expected[i]);
    }
    assert_ok(wb_project_read_time(project, &cutoff_us, "2024-07-01", &err), &err);
    assert_true(cutoff_us == cutoffs_us[0]);
    assert_int_equal(wb_project_read_time(project, &cutoff_us, "2024-02-30", &err), WB_ERR_MALFORMED);
    wb_project_free(project);

    /* The last row is of 27 October 23:00 UTC: by its day, the 28th, the data end on the 29th at 00:00 of winter. */
    put(*state, "orders.csv", orders);
    assert_ok(make_engine(&engine, *state, "timezone: Europe/Berlin\ntables: {orders: {file: orders.csv}}\n", &err), &err);
    wb_engine_data_range(engine, &first_us, &until_us);
    wb_time_format(until_us, text);
    assert_string_equal(text, "2024-10-28T23:00:00Z");
    wb_engine_free(engine);
}

/* The definitions name the zone; the project is copied, and freed in any order. */
static void test_zones_travel(void **state)
{
    wb_features *features;
    wb_project *project;
    wb_error err;
    put(*state, "orders.csv", orders);
    assert_ok(make_features(&features, *state, "timezone: Europe/Berlin\ntables: {orders: {file: orders.csv}}\n" DEFINE,
                            "2024-12-01", 1, &err), &err);
    assert_ok(wb_project_parse(&project, wb_features_definitions(features), &err), &err);
    wb_features_free(features);
    assert_string_equal(wbi_zone_name(project->zone), "Europe/Berlin");
    assert_ptr_equal(project->tables[0].time_format.zone, project->zone);
    assert_int_equal(project->n_zones, 1);
    wb_project_free(project);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_times_and_dates, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_zones_of_tables_and_columns, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_cutoffs_and_the_end_of_the_data, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_zones_travel, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
