/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of data that are no error but seldom meant; and lengths that are. */
#include "test_run.h"

/* All lines, one after the other. */
static void collect(void *user, wb_log_level level, const char *line)
{
    char *all = user;
    if (level == WB_LOG_WARNING)
        snprintf(all + strlen(all), 2048 - strlen(all), "%s\n", line);
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
                                 &(wb_features_options){cutoffs_us, read_cutoffs(cutoffs_us, cutoffs), 0, 1, &log},
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
    /* A is in by the first cutoff but for its second row; C's first row is in by the second. */
    assert_says(*state, project, "2024-01-02 2024-02-01",
                "squared: the expression " PASSES " in 4 rows, where it is missing\n"
                "table orders: column 'tenfold' " PASSES " 2 times over the cutoffs, where it is missing\n"
                "table orders: the expression 'amount + amount' " PASSES " 2 times over the cutoffs, where it is missing\n"
                "table orders: the expression 'amount * amount > 4' " PASSES
                " 4 times over the cutoffs, where it is missing\n"
                "table orders: the expression 'if(amount > 9, 1, amount * 1e308)' " PASSES
                " 3 times over the cutoffs, where it is missing\n");
    put(*state, "orders.csv", "customer_id,ordered_at,amount\nA,2024-01-01,1e3\nA,2024-01-02,\nB,2024-01-01,-1\n");
    assert_says(*state, project, "2024-02-01", "");
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
                " 20 times over the cutoffs, where it is missing\n");
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
        cmocka_unit_test_setup_teardown(test_overflows, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_overflows_of_expressions, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_overflows_of_levels, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_overflows_of_lines, make_folder, remove_folder),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test_setup_teardown(test_the_longest_window, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
