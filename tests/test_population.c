/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many customers count at each cutoff, and what the others lack, by hand. */
#include "test_run.h"

static const char orders[] = "customer_id,ordered_at,amount\n"
                             "A,2024-01-10,5\n"  /* large and recent at both cutoffs' windows */
                             "A,2024-02-20,5\n"
                             "B,2024-01-20,1\n"  /* small */
                             "C,2023-10-01,5\n"  /* large, but old; */
                             "C,2024-01-25,1\n"  /* recent, but small: within is what it lacks */
                             "D,2024-01-15,5\n"  /* joined on 5 February */
                             "E,2024-01-16,5\n"  /* left on 20 January */
                             "F,2024-02-10,5\n"  /* no order yet at the first cutoff */
                             "H,2024-03-01,5\n"; /* known at neither */

static const char visits[] = "customer_id,at\nF,2024-01-05\nG,2024-01-06\nG,2024-02-06\n";

static const char project[] = "tables:\n"
                              "  orders:\n"
                              "    file: orders.csv\n"
                              "    columns: {amount: number, joined: {expr: \"ordered_at + days(extra)\"}, left: time}\n"
                              "  visits: {file: visits.csv, time: at}\n"
                              "population: {table: orders, within: 60d, where: amount > 2, since: joined, not_after: left}\n"
                              "features:\n"
                              "  use: []\n"
                              "  define: [{name: n, table: orders, agg: count}, {name: v, table: visits, agg: count}]\n";

/* With `extra` days to joining and `left` behind each order. */
static void put_orders(const char *folder)
{
    char text[1024] = "customer_id,ordered_at,amount,extra,left\n";
    const char *line = strchr(orders, '\n') + 1;
    while (*line != '\0') {
        size_t n = strcspn(line, "\n"), at = strlen(text);
        snprintf(text + at, sizeof text - at, "%.*s,%s,%s\n", (int)n, line, line[0] == 'D' ? "21" : "0",
                 line[0] == 'E' ? "2024-01-20" : line[0] == 'A' ? "2024-03-20" : "");
        line += n + 1;
    }
    put(folder, "orders.csv", text);
    put(folder, "visits.csv", visits);
}

static void assert_population(const wb_population *p, const char *cutoff, const uint64_t expected[7])
{
    char text[WB_TIME_CHARS];
    const uint64_t counts[] = {p->n_known, p->n_eligible, p->n_no_event, p->n_where,
                               p->n_within, p->n_since, p->n_not_after};
    uint64_t sum = 0;
    wb_time_format(p->cutoff_us, text);
    assert_string_equal(text, cutoff);
    for (size_t i = 0; i < 7; i++) {
        if (counts[i] != expected[i])
            fail_msg("%s: count %zu is %llu, not %llu", cutoff, i, (unsigned long long)counts[i],
                     (unsigned long long)expected[i]);
        sum += i > 0 ? counts[i] : 0;
    }
    assert_int_equal(sum, p->n_known);
}

static void test_counts_by_hand(void **state)
{
    put_orders(*state);
    for (int n_threads = 1; n_threads <= 4; n_threads += 3) {
        wb_features *features;
        wb_error err;
        size_t n;
        assert_ok(make_features(&features, *state, project, "2024-02-01 2024-03-01", n_threads, &err), &err);
        const wb_population *p = wb_features_population(features, &n);
        assert_int_equal(n, 2);
        /* A counts; F and G have no order; B fails where; C's large order is old; D joins later; E has left. */
        assert_population(&p[0], "2024-02-01", (const uint64_t[]){7, 1, 2, 1, 1, 1, 1});
        /* A, D and F count; D's 46 days and E's are within; G has no order; H comes at the cutoff. */
        assert_population(&p[1], "2024-03-01", (const uint64_t[]){7, 3, 1, 1, 1, 0, 1});
        assert_int_equal(wb_table_n_rows(wb_features_table(features)), 4);
        wb_features_free(features);
    }
}

/* Who orders again within 30 days, of those who count. */
static void test_labels_of_those_who_count(void **state)
{
    char labelled[2048];
    put_orders(*state);
    snprintf(labelled, sizeof labelled, "%s%s", project, "label: {name: back, present: orders, horizon: 30d, gap: 0d}\n");
    for (int n_threads = 1; n_threads <= 4; n_threads += 3) {
        wb_features *features;
        wb_error err;
        size_t n;
        assert_ok(make_features(&features, *state, labelled, "2024-02-01", n_threads, &err), &err);
        const wb_population *p = wb_features_population(features, &n);
        assert_int_equal(p[0].n_eligible, 1);
        assert_int_equal(p[0].n_positive, 1); /* A's of 20 February; F's of the 10th is of one who does not count */
        wb_features_free(features);
        assert_ok(make_features(&features, *state, labelled, "2024-01-12 2024-01-24", n_threads, &err), &err);
        p = wb_features_population(features, &n);
        assert_int_equal(p[0].n_eligible, 1); /* A; C's large order is older than 60 days */
        assert_int_equal(p[0].n_positive, 0);
        assert_int_equal(p[1].n_eligible, 1);
        assert_int_equal(p[1].n_positive, 1);
        wb_features_free(features);
    }
}

static void test_read_features_have_none(void **state)
{
    char path[RUN_PATH_CHARS];
    wb_features *features;
    wb_error err;
    size_t n = 1;
    put(*state, "f.csv", "customer_id,x\nA,1\n");
    assert_ok(wb_features_read(&features, path_in(path, *state, "f.csv"), NULL, NULL, 0, NULL, &err), &err);
    assert_null(wb_features_population(features, &n));
    assert_int_equal(n, 0);
    wb_features_free(features);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counts_by_hand, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_labels_of_those_who_count, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_read_features_have_none, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
