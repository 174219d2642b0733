/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Population, labels, the ends of the data, features over features, features files: by hand. What holds for any data is
 * in test_invariance.c. */
#include "test_run.h"

#include <winback/score.h>

#include "base/memory.h"

/* A project over orders.csv that counts them, with `more` at its end. */
#define COUNTING(more)                                                                                         \
    "tables: {orders: {file: orders.csv, columns: {amount: number}}}\n"                                        \
    "features: {use: [], define: [{name: n, table: orders, agg: count}]}\n" more

/* --- who counts ----------------------------------------------------------------------------------------------- */

static const char scattered[] = "customer_id,ordered_at,amount\n"
                                "A,2024-01-01,6\n"
                                "B,2023-12-31T23:59:59,6\n"
                                "C,2023-06-01,6\n"
                                "C,2024-01-31,5\n"
                                "D,2024-02-01,6\n";

static void test_population_within(void **state)
{
    put(*state, "orders.csv", scattered);
    assert_features(*state, COUNTING(""), "2024-02-01",
                    "customer_id,cutoff,n\nA,2024-02-01,1\nB,2024-02-01,1\nC,2024-02-01,2\n");
    assert_features(*state, COUNTING("population: {table: orders, within: 31d}\n"), "2024-02-01",
                    "customer_id,cutoff,n\nA,2024-02-01,1\nC,2024-02-01,2\n");
    assert_features(*state, COUNTING("population: {table: orders, within: 31d, where: amount > 5}\n"), "2024-02-01",
                    "customer_id,cutoff,n\nA,2024-02-01,1\n");
    assert_features(*state, COUNTING("population: {table: orders, where: amount > 5}\n"), "2024-02-01",
                    "customer_id,cutoff,n\nA,2024-02-01,1\nB,2024-02-01,1\nC,2024-02-01,2\n");
    assert_features(*state, COUNTING("population: {table: orders, where: amount > 6}\n"), "2024-02-01",
                    "customer_id,cutoff,n\n");
}

#define PEOPLE(population)                                                                                     \
    "tables:\n"                                                                                                \
    "  orders: {file: orders.csv}\n"                                                                           \
    "  people: {file: people.csv, columns: {joined: time, gone: time, age: number}}\n"                         \
    "features: {use: [], define: [{name: n, table: orders, agg: count}]}\n"                                    \
    "population: " population "\n"

static void test_population_of_a_table_without_time(void **state)
{
    put(*state, "orders.csv", scattered);
    put(*state, "people.csv",
        "customer_id,joined,gone,age\n"
        "A,2024-01-31,,30\n"
        "E,2024-02-01,,30\n"
        "F,,,30\n"
        "G,2023-01-01,2024-01-31,30\n"
        "H,2023-01-01,2024-02-01,\n"
        "I,2023-01-01,2024-03-01,17\n");
    assert_features(*state, PEOPLE("{table: people}"), "2024-02-01",
                    "customer_id,cutoff,n\nA,2024-02-01,1\nE,2024-02-01,0\nF,2024-02-01,0\nG,2024-02-01,0\n"
                    "H,2024-02-01,0\nI,2024-02-01,0\n");
    assert_features(*state, PEOPLE("{table: people, since: joined}"), "2024-02-01",
                    "customer_id,cutoff,n\nA,2024-02-01,1\nG,2024-02-01,0\nH,2024-02-01,0\nI,2024-02-01,0\n");
    assert_features(*state, PEOPLE("{table: people, not_after: gone}"), "2024-02-01",
                    "customer_id,cutoff,n\nA,2024-02-01,1\nE,2024-02-01,0\nF,2024-02-01,0\nH,2024-02-01,0\n"
                    "I,2024-02-01,0\n");
    assert_features(*state, PEOPLE("{table: people, since: joined, not_after: gone, where: age >= 18}"), "2024-02-01",
                    "customer_id,cutoff,n\nA,2024-02-01,1\n");
    assert_refused(*state, PEOPLE("{table: people, within: 30d}"), "2024-02-01", WB_ERR_INCONSISTENT, "within");
}

/* --- labels --------------------------------------------------------------------------------------------------- */

static const char later_orders[] = "customer_id,ordered_at,amount\n"
                                   "A,2024-01-01,9\nA,2024-02-05T23:59:59.999999Z,9\n" /* in the gap */
                                   "B,2024-01-01,9\nB,2024-02-06,1\n"
                                   "C,2024-01-01,9\nC,2024-02-15T23:59:59.999999Z,9\n"
                                   "D,2024-01-01,9\nD,2024-02-16,9\n" /* behind the window */
                                   "E,2024-01-01,9\n"
                                   "F,2024-02-07,9\n"; /* not there yet at the cutoff */

static void test_absent_and_present(void **state)
{
    put(*state, "orders.csv", later_orders);
    assert_features(*state, COUNTING("label: {name: churned, absent: orders, horizon: 10d, gap: 5d}\n"), "2024-02-01",
                    "customer_id,cutoff,n,label_churned\n"
                    "A,2024-02-01,1,1\nB,2024-02-01,1,0\nC,2024-02-01,1,0\nD,2024-02-01,1,1\nE,2024-02-01,1,1\n");
    assert_features(*state, COUNTING("label: {name: back, present: orders, horizon: 10d, gap: 5d}\n"), "2024-02-01",
                    "customer_id,cutoff,n,label_back\n"
                    "A,2024-02-01,1,0\nB,2024-02-01,1,1\nC,2024-02-01,1,1\nD,2024-02-01,1,0\nE,2024-02-01,1,0\n");
    assert_features(*state, COUNTING("label: {name: back, present: orders, horizon: 10d, where: amount > 5}\n"),
                    "2024-02-01",
                    "customer_id,cutoff,n,label_back\n"
                    "A,2024-02-01,1,1\nB,2024-02-01,1,0\nC,2024-02-01,1,0\nD,2024-02-01,1,0\nE,2024-02-01,1,0\n");
}

/* A label sees what is known when its window ends: a ticket resolved later, a row that arrives later, does not count. */
static void test_labels_know_no_later(void **state)
{
    put(*state, "orders.csv", "customer_id,ordered_at\nA,2024-01-01\nB,2024-01-01\nC,2024-01-01\nD,2024-01-01\n");
    put(*state, "tickets.csv",
        "customer_id,opened_at,resolved_at\n"
        "A,2024-02-05,2024-02-10\n"
        "B,2024-02-05,2024-02-11\n"
        "C,2024-02-09T01:00,2024-02-10\n"
        "D,2024-01-31,2024-02-05\n"
        "Z,2024-03-01,\n");
    assert_features(*state,
                    "tables: {orders: {file: orders.csv}, tickets: {file: tickets.csv, delay: 2d}}\n"
                    "features: {use: [], define: [{name: n, table: tickets, agg: count}]}\n"
                    "label: {name: solved, present: tickets, where: resolved_at is not null, horizon: 10d}\n",
                    "2024-02-01",
                    "customer_id,cutoff,n,label_solved\n"
                    "A,2024-02-01,0,1\nB,2024-02-01,0,0\nC,2024-02-01,0,0\nD,2024-02-01,0,0\n");
}

static void test_the_label_window_may_end_with_the_data(void **state)
{
    const char *project = COUNTING("label: {name: churned, absent: orders, horizon: 10d, gap: 5d}\n");
    put(*state, "orders.csv", later_orders); /* the data end with 2024-02-16 */
    char *text = run(*state, project, "2024-02-02", 1);
    free(text);
    assert_refused(*state, project, "2024-02-02T00:00:00.000001Z", WB_ERR_INCONSISTENT,
                   "the last usable cutoff is 2024-02-02");
    assert_refused(*state, project, "2024-01-15 2024-03-01", WB_ERR_INCONSISTENT, "cutoff 2024-03-01");
    assert_refused(*state, project, "2024-01-01", WB_ERR_INCONSISTENT,
                   "cutoff 2024-01-01 is not after the first event (2024-01-01)");
    text = run(*state, COUNTING(""), "2025-01-01", 1); /* without a label any later cutoff will do */
    free(text);
}

static void check_range(const char *folder, const char *project, const char *first, const char *until)
{
    wb_engine *engine;
    wb_error err;
    int64_t first_us, until_us;
    char text[WB_TIME_CHARS];
    assert_ok(make_engine(&engine, folder, project, &err), &err);
    wb_engine_data_range(engine, &first_us, &until_us);
    wb_time_format(first_us, text);
    assert_string_equal(text, first);
    wb_time_format(until_us, text);
    assert_string_equal(text, until);
    wb_engine_free(engine);
}

#define TWO_TABLES(more)                                                                                       \
    "tables: {orders: {file: orders.csv}, tickets: {file: tickets.csv}}\n"                                     \
    "features:\n"                                                                                              \
    "  use: []\n"                                                                                              \
    "  define: [{name: n, table: orders, agg: count}, {name: k, table: tickets, agg: count}]\n" more

static void test_where_the_data_end(void **state)
{
    put(*state, "orders.csv", "customer_id,ordered_at\nA,2024-01-05T10:00\nA,2024-03-31T23:59\n");
    put(*state, "tickets.csv", "customer_id,opened_at\nA,2024-01-03T11:00\nB,2024-04-02\n");
    check_range(*state, TWO_TABLES(""), "2024-01-03T11:00:00Z", "2024-04-03");
    check_range(*state, TWO_TABLES("label: {absent: orders, horizon: 30d, name: churned}\n"), "2024-01-03T11:00:00Z",
                "2024-04-01");
    check_range(*state, TWO_TABLES("data_until: 2024-02-01\n"), "2024-01-03T11:00:00Z", "2024-02-01");
    check_range(*state, "timezone: '-05:00'\n" TWO_TABLES(""), "2024-01-03T16:00:00Z", "2024-04-03T05:00:00Z");
}

static void test_rows_after_the_end_are_counted(void **state)
{
    wb_engine *engine;
    wb_error err;
    put(*state, "orders.csv",
        "customer_id,ordered_at,amount\nA,2024-01-05,1\nA,2024-01-31T23:59:59,2\nA,2024-02-01,4\nB,2024-02-02,8\n"
        ",2024-02-03,9\n");
    const char *project = COUNTING("data_until: 2024-02-01\n");
    assert_ok(make_engine(&engine, *state, project, &err), &err);
    wb_engine_table table = wb_engine_table_info(engine, 0);
    assert_int_equal(table.n_rows, 2);
    assert_int_equal(table.n_after_end, 2);
    assert_int_equal(table.n_without_key, 1);
    wb_engine_free(engine);
    assert_features(*state, project, "2024-03-01", "customer_id,cutoff,n\nA,2024-03-01,2\n");
}

static void test_what_makes_no_sense_is_refused(void **state)
{
    wb_engine *engine;
    wb_features *features;
    wb_error err;
    int64_t cutoffs[2] = {INT64_C(1706745600000000), INT64_C(1706745600000000)};
    put(*state, "orders.csv", scattered);
    assert_ok(make_engine(&engine, *state, COUNTING(""), &err), &err);
    assert_int_equal(wb_engine_features(engine, &features, &(wb_features_options){cutoffs, 0, 0, 1, NULL}, &err), WB_ERR_ARGUMENT);
    assert_int_equal(wb_engine_features(engine, &features, &(wb_features_options){cutoffs, 2, 0, 1, NULL}, &err), WB_ERR_ARGUMENT);
    assert_int_equal(wb_engine_features(engine, &features, &(wb_features_options){cutoffs, 1, 1, 1, NULL}, &err), WB_ERR_ARGUMENT);
    wb_engine_free(engine);
    put(*state, "orders.csv", "customer_id,ordered_at,amount\n");
    assert_refused(*state, COUNTING(""), "2024-02-01", WB_ERR_INCONSISTENT, "no events");
    assert_refused(*state, COUNTING("population: {table: people}\n"), "2024-02-01", WB_ERR_INCONSISTENT,
                   "there is no table 'people'");
}

/* --- features over features ----------------------------------------------------------------------------------- */

static void test_features_over_features(void **state)
{
    put(*state, "orders.csv",
        "customer_id,ordered_at,amount\nA,2024-01-01,6\nA,2024-01-03,2\nB,2024-01-01,0\nC,2024-01-01,\n");
    put(*state, "customers.csv", "customer_id,country\nA,DE\nC,FR\n");
    assert_features(*state,
                    "tables: {orders: {file: orders.csv}, customers: {file: customers.csv}}\n"
                    "features:\n"
                    "  use: [profile]\n"
                    "  define:\n"
                    "    - {name: twice, expr: ratio * 2}\n" /* of one that is defined below */
                    "    - {name: ratio, expr: total / largest}\n"
                    "    - {name: total, table: orders, agg: sum, of: amount}\n"
                    "    - {name: largest, table: orders, agg: max, of: amount}\n"
                    "    - {name: german, expr: 'if(country = ''DE'', 1, 0)'}\n"
                    "    - {name: area, expr: 'if(country in (''DE'', ''AT''), lower(country), ''other'')'}\n",
                    "2024-02-01",
                    "customer_id,cutoff,country,twice,ratio,total,largest,german,area\n"
                    "A,2024-02-01,DE,2.6666666666666665,1.3333333333333333,8,6,1,de\n"
                    "B,2024-02-01,,,,0,0,0,other\n" /* 0 / 0 is missing */
                    "C,2024-02-01,FR,,,0,,0,other\n");
}

/* --- features files ------------------------------------------------------------------------------------------- */

static const char lines[] = "invoice,customer,day,quantity,price,channel\n"
                            "i1,s1,2024-01-05,2,1.5,web\n"
                            "i1,s1,2024-01-06,1,0.1,shop\n"
                            "i2,s1,2024-01-20,3,0.7,mail\n"
                            "i3,s2,2024-01-25,1,2,web\n"
                            "C4,s2,2024-01-26,-9,2,web\n"
                            "i5,s3,2024-02-09,1,1,web\n"
                            "i6,s1,2024-02-20,1,1,web\n";
static const char subscriptions[] = "key,account\ns1,A\ns2,B\ns3,A\n";
static const char people[] = "customer_id,signup_date,country\nA,2023-01-01,DE\nB,2023-02-01,FR\n";

/* A bit of everything: lines, keys, masks, bundles, expressions. */
static const char everything[] =
    "tables:\n"
    "  orders:\n"
    "    file: lines.csv\n"
    "    dialect: {na: [none]}\n"
    "    customer: {column: customer, through: {file: subscriptions.csv, key: key, customer: account}}\n"
    "    time: day\n"
    "    where: not starts_with(invoice, 'C')\n"
    "    group_by: invoice\n"
    "    columns:\n"
    "      amount: {expr: quantity * price}\n"
    "      channel: category\n"
    "  tickets: {file: tickets.csv}\n"
    "  customers: {file: people.csv}\n"
    "population: {table: orders, within: 60d}\n"
    "label: {name: churned, absent: orders, horizon: 10d}\n"
    "features:\n"
    "  windows: [30d]\n"
    "  define:\n"
    "    - {name: large, table: orders, agg: count, where: amount > 2, window: {from: 60d, to: 10d}}\n"
    "    - {name: large_share, expr: large / orders_count}\n"
    "    - {name: first_channel, table: orders, agg: first, of: channel}\n";

static void put_everything(const char *folder)
{
    put(folder, "lines.csv", lines);
    put(folder, "subscriptions.csv", subscriptions);
    put(folder, "people.csv", people);
    put(folder, "tickets.csv",
        "customer_id,opened_at,first_reply_at,resolved_at,priority,channel,reopens,csat\n"
        "A,2024-01-02,2024-01-03,2024-01-04,low,mail,0,5\n"
        "B,2024-01-30,,,high,mail,,\n");
}

static void test_files_keep_the_definitions(void **state)
{
    wb_features *features, *read;
    wb_error err;
    char path[RUN_PATH_CHARS];
    put_everything(*state);
    assert_ok(make_features(&features, *state, everything, "2024-02-01 2024-02-10", 1, &err), &err);
    char *text = features_text(features, *state, 1);
    assert_ok(wb_features_read(&read, path_in(path, *state, "features.csv"), NULL, NULL, 0, NULL, &err), &err);
    assert_non_null(wb_features_definitions(features));
    assert_non_null(wb_features_definitions(read));
    assert_string_equal(wb_features_definitions(read), wb_features_definitions(features));
    const wb_table *a = wb_features_table(features), *b = wb_features_table(read);
    assert_int_equal(wb_table_n_rows(a), 4);
    assert_int_equal(wb_table_n_columns(a), wb_table_n_columns(b));
    for (size_t k = 0; k < wb_table_n_columns(a); k++) {
        assert_string_equal(wb_table_name(a, k), wb_table_name(b, k));
        assert_int_equal(wb_table_type(a, k), wb_table_type(b, k));
    }
    char *again = features_text(read, *state, 2);
    assert_string_equal(again, text);
    wb_features_free(features);
    wb_features_free(read);
    free(again);
    free(text);
}

static void test_other_bytes_are_a_flat_table(void **state)
{
    wb_features *features;
    wb_error err;
    char path[RUN_PATH_CHARS];
    put_everything(*state);
    char *text = run(*state, everything, "2024-02-01", 1);
    char *digit = strrchr(text, '0');
    assert_non_null(digit);
    *digit = '1'; /* the label of the last row */
    put(*state, "features.csv", text);
    assert_ok(wb_features_read(&features, path_in(path, *state, "features.csv"), NULL, NULL, 0, NULL, &err), &err);
    assert_null(wb_features_definitions(features));
    wb_features_free(features);
    put(*state, "features.csv.meta.json", "{\"format\": ");
    assert_ok(wb_features_read(&features, path, NULL, NULL, 0, NULL, &err), &err);
    assert_null(wb_features_definitions(features));
    wb_features_free(features);
    free(text);
}

/* What definitions say is enough, with the files, to compute the same bytes. */
static void test_definitions_are_a_project(void **state)
{
    wb_features *features, *again;
    wb_project *files, *project;
    wb_engine *engine;
    wb_error err;
    char path[RUN_PATH_CHARS];
    int64_t cutoffs_us[RUN_CUTOFFS];
    size_t n = read_cutoffs(cutoffs_us, "2024-02-01 2024-02-10");
    put_everything(*state);
    assert_ok(make_features(&features, *state, everything, "2024-02-01 2024-02-10", 1, &err), &err);
    assert_null(strstr(wb_features_definitions(features), "lines.csv"));
    assert_ok(wb_project_read(&files, path_in(path, *state, "winback.yml"), &err), &err);
    assert_ok(wb_project_parse(&project, wb_features_definitions(features), &err), &err);
    assert_ok(wb_project_take_files(project, files, &err), &err);
    assert_ok(wb_engine_create(&engine, project, NULL, &err), &err);
    assert_ok(wb_engine_features(engine, &again, &(wb_features_options){cutoffs_us, n, 1, 1, NULL}, &err), &err);
    assert_string_equal(wb_features_definitions(again), wb_features_definitions(features));
    char *text = features_text(features, *state, 1), *text_again = features_text(again, *state, 1);
    assert_string_equal(text_again, text);
    free(text_again);
    free(text);
    wb_features_free(features);
    wb_features_free(again);
    wb_engine_free(engine);
    wb_project_free(project);
    wb_project_free(files);
}

/* 60 customers with one order each, every third of whom comes back. */
static void put_orders_of_sixty(const char *folder)
{
    char path[RUN_PATH_CHARS];
    FILE *file = fopen(path_in(path, folder, "orders.csv"), "wb");
    assert_non_null(file);
    fprintf(file, "customer_id,ordered_at,amount\n");
    for (int i = 0; i < 60; i++) {
        fprintf(file, "%d,2024-01-%02d,%d\n", i, 1 + i % 28, 7 * i % 11);
        if (i % 3 == 0)
            fprintf(file, "%d,2024-02-05,1\n", i);
    }
    fprintf(file, "z,2024-03-31,1\n");
    assert_int_equal(fclose(file), 0);
}

static const char four_features[] = "tables: {orders: {file: orders.csv}}\n"
                                    "label: {name: churned, absent: orders, horizon: 30d}\n"
                                    "features:\n"
                                    "  use: []\n"
                                    "  define:\n"
                                    "    - {name: n, table: orders, agg: count}\n"
                                    "    - {name: total, table: orders, agg: sum, of: amount}\n"
                                    "    - {name: since, table: orders, agg: days_since_last}\n"
                                    "    - {name: mean, expr: total / n}\n";

/* A model of `mean` alone needs `total` and `n` too, but neither `since` nor the label. */
static void test_a_model_names_what_it_needs(void **state)
{
    static const char *const exclude[] = {"n", "total", "since"};
    wb_features *features, *needed;
    wb_project *project, *files;
    wb_engine *engine;
    wb_model *model;
    wb_error err;
    char path[RUN_PATH_CHARS];
    int64_t cutoffs_us[RUN_CUTOFFS];
    size_t n = read_cutoffs(cutoffs_us, "2024-02-01");
    put_orders_of_sixty(*state);
    assert_ok(make_features(&features, *state, four_features, "2024-02-01", 1, &err), &err);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.exclude = exclude;
    options.n_exclude = 3;
    options.lambda = 0.1;
    assert_ok(wb_train(&model, features, &options, &err), &err);
    assert_ok(wb_model_project(&project, model, &err), &err);
    assert_null(wb_project_label(project, NULL, NULL));
    assert_ok(wb_project_read(&files, path_in(path, *state, "winback.yml"), &err), &err);
    assert_ok(wb_project_take_files(project, files, &err), &err);
    assert_ok(wb_engine_create(&engine, project, NULL, &err), &err);
    assert_ok(wb_engine_features(engine, &needed, &(wb_features_options){cutoffs_us, n, 0, 1, NULL}, &err), &err);
    const wb_table *all = wb_features_table(features), *few = wb_features_table(needed);
    assert_int_equal(wb_table_n_columns(few), 5); /* customer_id, cutoff, n, total, mean */
    assert_int_equal(wb_table_n_rows(few), 60);
    assert_int_equal(wb_table_n_rows(all), 60);
    const double *mean = wb_table_numbers(few, wb_table_find(few, "mean"));
    assert_memory_equal(mean, wb_table_numbers(all, wb_table_find(all, "mean")), 60 * sizeof *mean);
    assert_int_equal(wb_table_find(few, "since"), SIZE_MAX);
    wb_features_free(needed);
    wb_engine_free(engine);
    wb_project_free(files);
    wb_project_free(project);
    wb_model_free(model);
    wb_features_free(features);
}

static void test_a_flat_model_has_no_project(void **state)
{
    wb_features *features;
    wb_project *project;
    wb_model *model;
    wb_error err;
    char path[RUN_PATH_CHARS];
    put_orders_of_sixty(*state);
    free(run(*state, four_features, "2024-02-01", 1));
    unlink(path_in(path, *state, "features.csv.meta.json"));
    assert_ok(wb_features_read(&features, path_in(path, *state, "features.csv"), NULL, NULL, 0, NULL, &err), &err);
    wb_train_options options = WB_TRAIN_OPTIONS_INIT;
    options.lambda = 0.1;
    assert_ok(wb_train(&model, features, &options, &err), &err);
    assert_int_equal(wb_model_project(&project, model, &err), WB_ERR_INCONSISTENT);
    wb_model_free(model);
    wb_features_free(features);
}

/* --- memory --------------------------------------------------------------------------------------------------- */

/* Features written and read back; *definitions are those that were read, to be freed. */
static wb_status whole_run(char **definitions, const char *folder, wb_error *err)
{
    char path[RUN_PATH_CHARS];
    wb_features *features = NULL, *read = NULL;
    *definitions = NULL;
    wb_status status = make_features(&features, folder, everything, "2024-02-01 2024-02-10", 1, err);
    if (status != WB_OK)
        return status;
    status = wb_features_write(features, path_in(path, folder, "features.csv"), 1, err);
    if (status == WB_OK)
        status = wb_features_read(&read, path, NULL, NULL, 0, NULL, err);
    if (status == WB_OK && wb_features_definitions(read) != NULL)
        *definitions = strdup(wb_features_definitions(read));
    wb_features_free(features);
    wb_features_free(read);
    return status;
}

/* A run in which an allocation failed says so, or did without and made the same bytes (libcsv asks for less then). */
static void test_every_allocation_may_fail(void **state)
{
    wb_error err;
    char path[RUN_PATH_CHARS], *expected_definitions, *definitions;
    put_everything(*state);
    assert_ok(whole_run(&expected_definitions, *state, &err), &err);
    assert_non_null(expected_definitions);
    char *expected = get(path_in(path, *state, "features.csv"));
    uint64_t n = 0, n_calls = 0;
    while (n <= n_calls) {
        wbi_alloc_fail_at(++n);
        wb_status status = whole_run(&definitions, *state, &err);
        n_calls = wbi_alloc_count();
        wbi_alloc_fail_at(0);
        if (status == WB_OK) {
            char *text = get(path);
            assert_string_equal(text, expected);
            assert_non_null(definitions);
            assert_string_equal(definitions, expected_definitions);
            free(text);
        } else if (status != WB_ERR_NOMEM) {
            fail_msg("call %llu failed, and the run returned %d", (unsigned long long)n, (int)status);
        }
        free(definitions);
    }
    assert_true(n > 500);
    free(expected_definitions);
    free(expected);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(test_population_within),
        in_folder(test_population_of_a_table_without_time),
        in_folder(test_absent_and_present),
        in_folder(test_labels_know_no_later),
        in_folder(test_the_label_window_may_end_with_the_data),
        in_folder(test_where_the_data_end),
        in_folder(test_rows_after_the_end_are_counted),
        in_folder(test_what_makes_no_sense_is_refused),
        in_folder(test_features_over_features),
        in_folder(test_files_keep_the_definitions),
        in_folder(test_other_bytes_are_a_flat_table),
        in_folder(test_definitions_are_a_project),
        in_folder(test_a_model_names_what_it_needs),
        in_folder(test_a_flat_model_has_no_project),
        in_folder(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
