/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much memory a run needs, and what becomes of one that may not have it. */
#include "test_run.h"

#include "events/need.h"

static void test_distinct_values_are_those_that_chance_brings(void **state)
{
    (void)state;
    /* of 1,000 values, 500 rows have 1000 (1 - exp(-1/2)), 5,000 rows nearly all */
    double n_seen = 500, n_distinct = 1000 * (1 - exp(-0.5));
    assert_close(wbi_need_distinct(n_distinct, n_seen, 5000), 1000 * (1 - exp(-5)), 1e-9);
    assert_close(wbi_need_distinct(n_distinct, n_seen, n_seen), n_distinct, 0);
    assert_close(wbi_need_distinct(500, 500, 5000), 5000, 1e-12); /* a key of its own in each row */
    assert_close(wbi_need_distinct(3, 1e6, 1e9), 3, 1e-9);
    assert_close(wbi_need_distinct(0, 10, 100), 0, 0);
    assert_close(wbi_need_distinct(20, 10, 100), 20, 0); /* they do not come from the rows */
    assert_close(wbi_need_distinct(0, 0, 0), 0, 0);
    for (double n = 600; n < 1e6; n *= 2)
        assert_true(wbi_need_distinct(n_distinct, n_seen, 2 * n) >= wbi_need_distinct(n_distinct, n_seen, n));
}

/* Orders of customers one after the other, ten each; the last row is bad when it has no date. */
static void put_orders(const char *folder, const char *name, size_t first, size_t n, const char *last_date)
{
    char path[RUN_PATH_CHARS];
    FILE *file = fopen(path_in(path, folder, name), "wb");
    assert_non_null(file);
    fputs("customer_id,ordered_at,amount\n", file);
    for (size_t i = first; i < first + n; i++)
        fprintf(file, "C%07zu,2024-0%zu-%02zuT10:00:00Z,%zu.50\n", i / 10, i % 6 + 1, i / 6 % 28 + 1, i % 90 + 1);
    if (last_date != NULL)
        fprintf(file, "C0000000,%s,1\n", last_date);
    assert_int_equal(fclose(file), 0);
}

static wb_status create(wb_engine **out, const char *folder, const char *orders, size_t limit, wb_error *err)
{
    char path[RUN_PATH_CHARS], text[RUN_PATH_CHARS];
    wb_project *project;
    wb_read_options options = WB_READ_OPTIONS_INIT;
    options.memory_limit_bytes = limit;
    options.n_threads = 1;
    snprintf(text, sizeof text, "tables: {orders: {file: '%s'}}\nfeatures: {use: [rfm]}\n", orders);
    put(folder, "winback.yml", text);
    assert_ok(wb_project_read(&project, path_in(path, folder, "winback.yml"), err), err);
    wb_status status = wb_engine_create(out, project, &options, err);
    wb_project_free(project);
    return status;
}

/* The size that the advice names. */
static size_t advised(const wb_error *err)
{
    size_t mebibytes;
    assert_int_equal(err->code, WB_ERR_NOMEM);
    assert_int_equal(sscanf(err->advice, "--memory-limit %zuM", &mebibytes), 1);
    return mebibytes << 20;
}

static size_t needed(const char *folder, const char *orders)
{
    wb_engine *engine = NULL;
    wb_error err;
    assert_int_equal(create(&engine, folder, orders, 1, &err), WB_ERR_NOMEM);
    assert_null(engine);
    return advised(&err);
}

static void test_what_is_advised_is_enough_and_less_is_not(void **state)
{
    wb_engine *engine = NULL;
    wb_error err;
    put_orders(*state, "orders.csv", 0, 60000, NULL);
    size_t need = needed(*state, "orders.csv");
    assert_ok(create(&engine, *state, "orders.csv", need, &err), &err);
    wb_engine_free(engine);
    engine = NULL;
    assert_ok(create(&engine, *state, "orders.csv", 2 * need, &err), &err);
    wb_engine_free(engine);
    engine = NULL;
    assert_int_equal(create(&engine, *state, "orders.csv", need - (1 << 20) - 1, &err), WB_ERR_NOMEM);
    assert_null(engine);
    assert_int_equal(advised(&err), need);
    assert_non_null(strstr(err.file, "orders.csv"));
    assert_non_null(strstr(err.message, "table orders"));
}

static void test_more_rows_need_more(void **state)
{
    put_orders(*state, "few.csv", 0, 10000, NULL);
    put_orders(*state, "more.csv", 0, 150000, NULL);
    put_orders(*state, "most.csv", 0, 300000, NULL);
    size_t few = needed(*state, "few.csv"), more = needed(*state, "more.csv"), most = needed(*state, "most.csv");
    assert_true(few < more && more < most);
    /* 12 bytes a row as it is kept, 8 to arrange it, and six more a row for its tenth of a customer */
    assert_in_range(most - more, 150000 * 16, 150000 * 32);
}

static void test_the_first_part_of_files_tells_of_all(void **state)
{
    wb_error err;
    wb_engine *engine = NULL;
    put_orders(*state, "part-1.csv", 0, 150000, NULL);
    put_orders(*state, "part-2.csv", 150000, 149999, "yesterday");
    size_t need = needed(*state, "part-*.csv"); /* before it comes to the bad row */
    put_orders(*state, "whole.csv", 0, 300000, NULL);
    assert_in_range(need, needed(*state, "whole.csv") - (2 << 20), needed(*state, "whole.csv") + (2 << 20));
    assert_int_equal(create(&engine, *state, "part-*.csv", need, &err), WB_ERR_MALFORMED);
}

static void test_features_in_memory_count_too(void **state)
{
    wb_engine *engine;
    wb_features *features = NULL;
    wb_error err;
    int64_t cutoffs_us[RUN_CUTOFFS];
    size_t n = read_cutoffs(cutoffs_us, "2024-03-01 2024-03-02 2024-03-03 2024-03-04 2024-03-05 2024-03-06 2024-03-07 "
                                        "2024-03-08 2024-03-09 2024-03-10 2024-03-11 2024-03-12");
    put_orders(*state, "orders.csv", 0, 30000, NULL);
    size_t need = needed(*state, "orders.csv") + (1 << 20);
    assert_ok(create(&engine, *state, "orders.csv", need, &err), &err);
    assert_ok(wb_engine_features(engine, &features, &(wb_features_options){cutoffs_us, 1, 0, 1, NULL}, &err), &err);
    wb_features_free(features);
    features = NULL;
    assert_int_equal(wb_engine_features(engine, &features, &(wb_features_options){cutoffs_us, n, 0, 1, NULL}, &err), WB_ERR_NOMEM);
    assert_null(features);
    need = advised(&err);
    wb_engine_free(engine);
    assert_ok(create(&engine, *state, "orders.csv", need, &err), &err);
    assert_ok(wb_engine_features(engine, &features, &(wb_features_options){cutoffs_us, n, 0, 1, NULL}, &err), &err);
    const wb_table *table = wb_features_table(features);
    assert_true(need > wb_table_n_rows(table) * wb_table_n_columns(table) * sizeof(double));
    wb_features_free(features);
    wb_engine_free(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distinct_values_are_those_that_chance_brings),
        cmocka_unit_test_setup_teardown(test_what_is_advised_is_enough_and_less_is_not, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_more_rows_need_more, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_the_first_part_of_files_tells_of_all, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_features_in_memory_count_too, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
