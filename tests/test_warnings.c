/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of data that are no error but seldom meant; and lengths that are. */
#include "test_run.h"

/* All lines, one after the other; those that are no warnings in brackets. */
static void collect(void *user, wb_log_level level, const char *line)
{
    char *all = user;
    snprintf(all + strlen(all), 2048 - strlen(all), level == WB_LOG_WARNING ? "%s\n" : "(%s)\n", line);
}

static void assert_says(const char *folder, const char *project_text, const char *cutoffs, const char *expected)
{
    char said[2048] = "", path[RUN_PATH_CHARS], text[2048] = "";
    wb_log log = {.message = collect, .user = said};
    wb_read_options options = WB_READ_OPTIONS_INIT;
    wb_project *project;
    wb_engine *engine;
    wb_features *features;
    wb_error err;
    int64_t cutoffs_us[RUN_CUTOFFS];
    options.log = &log;
    put(folder, "winback.yml", project_text);
    assert_ok(wb_project_read(&project, path_in(path, folder, "winback.yml"), &err), &err);
    assert_ok(wb_engine_create(&engine, project, &options, &err), &err);
    assert_ok(wb_engine_features(engine, &features,
                                 &(wb_features_options){cutoffs_us, read_cutoffs(cutoffs_us, cutoffs),
                                                       has_label(engine), 1, &log},
                                 &err), &err);
    wb_features_free(features);
    wb_engine_free(engine);
    wb_project_free(project);
    /* Files are named with their folder. */
    for (const char *at = said, *found; *at != '\0'; at = found) {
        found = strstr(at, folder);
        size_t n = found != NULL ? (size_t)(found - at) : strlen(at);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s", (int)n, at);
        found = found != NULL ? found + strlen(folder) + 1 : at + n;
    }
    assert_string_equal(text, expected);
}

#define N "features: {use: [], define: [{name: n, table: orders, agg: count}, {name: k, table: visits, agg: count}]}\n"

static void test_odd_times(void **state)
{
    put(*state, "orders.csv",
        "customer_id,ordered_at\nA,1900-01-01\n,0001-01-01\nB,1899-12-31T23:59:59\nA,0204-01-01\nA,2199-12-31\nC,2200-01-01\n");
    put(*state, "visits.csv", "customer_id,at\nA,2024-01-01\n");
    assert_says(*state, "tables: {orders: {file: orders.csv}, visits: {file: visits.csv, time: at}}\n" N, "2024-02-01",
                "orders.csv:4: 3 rows of table orders before the year 1900 or after 2199 (here the first: "
                "1899-12-31T23:59:59Z of customer B); read as they stand\n");
}

/* The first row of several files and of many that are read at a time. */
static void test_the_first_odd_time(void **state)
{
    enum { N_ROWS = 140000, ROW_CHARS = 13 };
    char *text = malloc((size_t)(N_ROWS + 2) * ROW_CHARS + 64), *at = text;
    assert_non_null(text);
    at += sprintf(at, "customer_id,ordered_at\n\n");
    for (int i = 0; i < N_ROWS; i++)
        at += sprintf(at, i == 5 ? "B,1815-06-18\n" : i == N_ROWS - 1 ? "C,1815-06-19\n" : "A,2024-01-01\n");
    put(*state, "orders2.csv", text);
    free(text);
    put(*state, "orders1.csv", "customer_id,ordered_at\nA,2024-01-01\n");
    put(*state, "visits.csv", "customer_id,at\nA,2024-01-01\n");
    assert_says(*state, "tables: {orders: {file: 'orders?.csv'}, visits: {file: visits.csv, time: at}}\n" N, "2024-02-01",
                "orders2.csv:8: 2 rows of table orders before the year 1900 or after 2199 (here the first: 1815-06-18 of "
                "customer B); read as they stand\n");
}

static void test_silent_tables(void **state)
{
    put(*state, "orders.csv", "customer_id,ordered_at\nA,2024-01-01\n");
    put(*state, "visits.csv", "customer_id,at\nA,2024-03-01\n");
    const char *project = "tables: {orders: {file: orders.csv}, visits: {file: visits.csv, time: at, delay: 1d}}\n" N;
    assert_says(*state, project, "2024-02-01 2024-03-02 2024-03-02T00:00:01Z",
                "table visits has no row before cutoff 2024-03-02 and those before it (its first: 2024-03-01): 2 of 3 "
                "cutoffs see none\n");
    assert_says(*state, project, "2024-04-01", "");
    put(*state, "visits.csv", "customer_id,at\n");
    assert_says(*state, project, "2024-04-01",
                "table visits has no row before cutoff 2024-04-01 (its first: it has none): 1 of 1 cutoffs see none\n");
}

#define LABELLED "features: {use: [], define: [{name: n, table: orders, agg: count}]}\n"

/* The last order is of 5 January, noon; A has one in each window, and B none. */
static void test_a_late_end(void **state)
{
    static const char a_tenth[] = "tables: {orders: {file: orders.csv}}\n"
                                  "label: {absent: orders, horizon: 20d}\n" LABELLED;
    static const char a_day[] = "tables: {orders: {file: orders.csv}}\n"
                                "label: {absent: orders, horizon: 3d}\n" LABELLED;
    static const char dated[] = "tables: {orders: {file: orders.csv}, people: {file: people.csv, columns: {left: time}}}\n"
                                "label: {name: gone, at: people.left, horizon: 20d}\n" LABELLED;
    static const struct {
        const char *project, *cutoff, *until, *expected;
    } cases[] = {
        {a_day, "2024-01-02", "2024-01-06T12:00", ""},
        {a_day, "2024-01-02", "2024-01-06T12:30",
         "the data are said to end on 2024-01-06T12:30:00Z (data_until), 1.0 days after the last row of table orders "
         "(2024-01-05T12:00:00Z): a label takes it that nothing happened in between\n"},
        {a_tenth, "2023-12-18", "2024-01-07T12:00", ""},
        {a_tenth, "2023-12-18", "2024-01-08",
         "the data are said to end on 2024-01-08 (data_until), 2.5 days after the last row of table orders "
         "(2024-01-05T12:00:00Z): a label takes it that nothing happened in between\n"},
        {dated, "2023-12-18", "2024-01-08",
         "the data are said to end on 2024-01-08 (data_until), 2.5 days after the last row of any table "
         "(2024-01-05T12:00:00Z): a label takes it that nothing happened in between\n"},
        {"tables: {orders: {file: orders.csv}}\n" LABELLED, "2024-01-02", "2025-01-01", ""},
    };
    put(*state, "orders.csv",
        "customer_id,ordered_at\nA,2023-12-01\nB,2023-12-01\nA,2024-01-03\nA,2024-01-05T12:00\n");
    put(*state, "people.csv", "customer_id,left\nA,2024-01-02\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char project[1024];
        snprintf(project, sizeof project, "%sdata_until: %s\n", cases[i].project, cases[i].until);
        assert_says(*state, project, cases[i].cutoff, cases[i].expected);
    }
}

/* A and B order on 1 January and B again on 10 February; C comes later and makes the data long. */
static void test_one_class(void **state)
{
    static const char project[] = "tables: {orders: {file: orders.csv}}\n" LABELLED;
    static const struct {
        const char *label, *cutoffs, *expected;
    } cases[] = {
        {"{absent: orders, horizon: 30d}", "2024-02-01", ""},
        {"{absent: orders, horizon: 30d}", "2024-02-01 2024-03-01",
         "cutoff 2024-03-01: label_churned is 1 for everybody: nothing of table orders counts in its window (do the rows "
         "reach so far, and is the label's where written as they are?)\n"},
        {"{name: web, present: orders, horizon: 30d, where: \"channel = 'Web'\"}", "2024-01-02 2024-02-01 2024-03-01",
         "cutoff 2024-01-02 and 2 more: label_web is 0 for everybody: nothing of table orders counts in its window (do the "
         "rows reach so far, and is the label's where written as they are?)\n"},
        {"{absent: visits, horizon: 30d}", "2024-01-02",
         "cutoff 2024-01-02: label_churned is 0 for everybody: something of table visits counts in its window (is the "
         "horizon too long?)\n"},
    };
    put(*state, "orders.csv",
        "customer_id,ordered_at,channel\nA,2024-01-01,web\nB,2024-01-01,web\nB,2024-02-10,web\nC,2024-04-10,web\n");
    put(*state, "visits.csv", "customer_id,visited_at\nA,2024-01-05\nB,2024-01-05\nC,2024-01-01\nA,2024-04-01\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        snprintf(text, sizeof text, "%slabel: %s\n", project, cases[i].label);
        if (strstr(cases[i].label, "visits") != NULL)
            snprintf(text, sizeof text, "tables: {orders: {file: orders.csv}, visits: {file: visits.csv}}\nlabel: %s\n" LABELLED,
                     cases[i].label);
        assert_says(*state, text, cases[i].cutoffs, cases[i].expected);
    }
}

/* Four orders before the second cutoff, two of which pass; one after it. Without a row before, there is nothing to keep. */
static void test_where_of_a_table(void **state)
{
    char project[1024];
    static const struct {
        const char *where, *expected;
    } cases[] = {
        {"channel = 'web'", "(table orders: where 'channel = 'web'' keeps 2 of 4 rows before 2024-03-01)\n"},
        {"channel = 'Web'",
         "table orders: where 'channel = 'Web'' keeps none of 4 rows before 2024-03-01 (are its values written as the file "
         "writes them?)\ncutoff 2024-02-01 and 1 more: nobody counts, of 0 known customers (population: table orders and its "
         "conditions)\n"},
    };
    put(*state, "orders.csv",
        "customer_id,ordered_at,channel\nA,2024-01-01,web\nA,2024-02-01,app\nB,2024-01-01,web\nB,2024-01-01,app\n"
        "C,2024-03-01,web\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(project, sizeof project, "tables: {orders: {file: orders.csv, where: \"%s\"}}\n" LABELLED, cases[i].where);
        assert_says(*state, project, "2024-02-01 2024-03-01", cases[i].expected);
    }
}

static void test_nobody_counts(void **state)
{
    put(*state, "orders.csv", "customer_id,ordered_at,amount\nA,2024-01-01,5\nB,2024-01-02,7\nA,2024-02-02,50\n");
    const char *project = "tables: {orders: {file: orders.csv}}\npopulation: {table: orders, where: amount > 9}\n" LABELLED;
    assert_says(*state, project, "2024-01-02 2024-02-01 2024-03-01",
                "cutoff 2024-01-02 and 1 more: nobody counts, of 1 known customers (population: table orders and its "
                "conditions)\n");
    assert_says(*state, project, "2024-03-01", "");
}

static void test_overflows(void **state)
{
    const char *project = "tables: {orders: {file: orders.csv}}\n"
                          "features:\n"
                          "  use: []\n"
                          "  define:\n"
                          "    - {name: total, table: orders, agg: sum, of: amount}\n"
                          "    - {name: spread, table: orders, agg: std, of: amount}\n"
                          "    - {name: most, table: orders, agg: max, of: amount}\n";
    put(*state, "orders.csv",
        "customer_id,ordered_at,amount\n"
        "A,2024-01-01,1e308\n"
        "A,2024-01-02,1e308\n"
        "B,2024-01-01,1\n"
        "C,2024-01-01,\n");
    assert_says(*state, project, "2024-01-02 2024-02-01 2024-03-01",
                "total: the sum of finite numbers passes 1.8e308 in 2 rows, where it is missing\n");
    put(*state, "orders.csv", "customer_id,ordered_at,amount\nA,2024-01-01,1e308\nA,2024-01-02,-1e308\n");
    assert_says(*state, project, "2024-02-01",
                "spread: the std of finite numbers passes 1.8e308 in 1 row, where it is missing\n");
    put(*state, "orders.csv", "customer_id,ordered_at,amount\nA,2024-01-01,\nB,2024-01-02,-1.7e308\n");
    assert_says(*state, project, "2024-02-01", "");
}

#define PASSES "of finite numbers passes 1.8e308"

static void test_overflows_of_expressions(void **state)
{
    const char *project = "tables: {orders: {file: orders.csv, columns: {tenfold: {expr: 'amount * 10'}}}}\n"
                          "features:\n"
                          "  use: []\n"
                          "  define:\n"
                          "    - {name: most, table: orders, agg: max, of: tenfold}\n"
                          "    - {name: least, table: orders, agg: min, of: amount + amount, window: 30d}\n"
                          "    - {name: all_time_least, table: orders, agg: min, of: amount + amount}\n"
                          "    - {name: large, table: orders, agg: count, where: amount * amount > 4}\n"
                          "    - {name: ratio, table: orders, agg: max, of: amount / 0}\n"
                          "    - {name: kept, table: orders, agg: max, of: 'if(amount > 9, 1, amount * 1e308)'}\n"
                          "    - {name: last, table: orders, agg: last, of: amount}\n"
                          "    - {name: squared, expr: last * last}\n";
    put(*state, "orders.csv",
        "customer_id,ordered_at,amount\n"
        "A,2024-01-01,1e308\n"
        "A,2024-01-02,\n"
        "B,2024-01-01,1e200\n"
        "C,2024-01-03,7\n"
        "C,2024-01-01,3\n");
    /* What is the same at both cutoffs is computed once: of A, of B, and for the last one of both rows of C. */
    assert_says(*state, project, "2024-01-02 2024-02-01",
                "squared: the expression " PASSES " in 4 rows, where it is missing\n"
                "table orders: column 'tenfold' " PASSES " 1 time, where it is missing\n"
                "table orders: the expression 'amount + amount' " PASSES " 1 time, where it is missing\n"
                "table orders: the expression 'amount * amount > 4' " PASSES
                " 2 times, where it is missing\n"
                "table orders: the expression 'if(amount > 9, 1, amount * 1e308)' " PASSES
                " 2 times, where it is missing\n");
    put(*state, "orders.csv", "customer_id,ordered_at,amount\nA,2024-01-01,1e3\nA,2024-01-02,\nB,2024-01-01,-1\n");
    assert_says(*state, project, "2024-02-01", "");
}

/* A row whose events are those of the cutoff before counts as any other. */
static void test_overflows_at_several_cutoffs(void **state)
{
    put(*state, "orders.csv",
        "customer_id,ordered_at,amount\n"
        "A,2024-01-01,1e308\nA,2024-01-02,1e308\nA,2024-03-10,5\nB,2024-01-03,1\nC,2024-01-03,1e308\nC,2024-02-10,1e308\n");
    assert_says(*state,
                "tables: {orders: {file: orders.csv}}\n"
                "features: {use: [], define: [{name: total, table: orders, agg: sum, of: amount}]}\n",
                "2024-02-01 2024-03-01 2024-04-01 2024-05-01",
                "total: the sum of finite numbers passes 1.8e308 in 7 rows, where it is missing\n");
}

/* Rows are counted, not levels: not those of levels that do not overflow, nor those of one that no row has by then. */
static void test_overflows_of_levels(void **state)
{
    char text[4096] = "customer_id,ordered_at,word\n";
    for (int i = 0; i < 100; i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "A,2024-0%d-01,%s\n", i < 80 ? 1 : 2, i % 4 == 0 ? "a" : i < 80 ? "b" : "c");
    }
    put(*state, "orders.csv", text);
    assert_says(*state,
                "tables: {orders: {file: orders.csv}}\n"
                "features:\n"
                "  use: []\n"
                "  define:\n"
                "    - {name: n, table: orders, agg: sum, of: \"if(word = 'a', 1e308 * 10, 1)\"}\n"
                "    - {name: m, table: orders, agg: sum, of: \"if(word = 'c', 1e308 * 10, 1)\"}\n",
                "2024-01-15",
                "table orders: the expression 'if(word = 'a', 1e308 * 10, 1)' " PASSES
                " 20 times, where it is missing\n");
}

static void test_overflows_of_lines(void **state)
{
    put(*state, "orders.csv",
        "customer_id,ordered_at,invoice,amount\n"
        "A,2024-01-01,1,1e308\n"
        "A,2024-01-01,1,1e308\n"
        "A,2024-01-02,2,7\n"
        "B,2024-01-01,3,\n");
    assert_says(*state,
                "tables: {orders: {file: orders.csv, group_by: invoice}}\n"
                "features: {use: [], define: [{name: total, table: orders, agg: sum, of: amount}]}\n",
                "2024-02-01 2024-03-01",
                "table orders: lines of one event pass 1.8e308 2 times over the cutoffs, where their number is missing\n");
}

static void test_lengths(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"features: {windows: [0d]}\n", "features.windows must be more than 0"},
        {"features: {windows: [1000000000d]}\n", "'1000000000d' is too long a duration (at most 100 years, 36525d)"},
        {"features: {windows: [99999999999999999999999d]}\n", "is too long a duration (at most 100 years, 36525d)"},
        {"label: {horizon: 0d}\n", "label.horizon must be more than 0"},
        {"label: {gap: 1e9d}\n", "is not a duration"},
        {"tables: {a: {}, a: {}}\n", "1:17"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wb_project *project = NULL;
        wb_error err;
        char text[2048];
        assert_int_equal(wb_project_parse(&project, cases[i].text, &err), WB_ERR_MALFORMED);
        snprintf(text, sizeof text, "%zu:%zu %s", err.line, err.column, err.message);
        if (strstr(text, cases[i].words) == NULL)
            fail_msg("'%s' does not say '%s'", text, cases[i].words);
    }
}

/* The longest lengths go with the latest times. */
static void test_the_longest_window(void **state)
{
    put(*state, "orders.csv", "customer_id,ordered_at\nA,9999-12-31T23:59\nA,0001-01-01\nA,9950-01-01\n");
    assert_features(*state,
                    "tables: {orders: {file: orders.csv}}\n"
                    "features: {use: [], define: [{name: n, table: orders, agg: count, window: 36525d},\n"
                    "  {name: t, table: orders, agg: trend, window: 36525d}]}\n",
                    "9999-12-31", "customer_id,cutoff,n,t\nA,9999-12-31,1,1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_odd_times, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_the_first_odd_time, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_silent_tables, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_a_late_end, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_one_class, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_where_of_a_table, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_nobody_counts, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_overflows, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_overflows_of_expressions, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_overflows_at_several_cutoffs, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_overflows_of_levels, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_overflows_of_lines, make_folder, remove_folder),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test_setup_teardown(test_the_longest_window, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
