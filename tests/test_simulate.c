/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <sys/stat.h>

#include <winback/simulate.h>
#include <winback/time.h>

#include "base/memory.h"
#include "simulate_testing.h"

enum { N_FILES = 5, MOST_CELLS = 9 };
static const char *const file_names[N_FILES] = {"customers.csv", "orders.csv", "tickets.csv", "surveys.csv",
                                                "truth.csv"};

static void remove_dir(const char *dir)
{
    for (size_t i = 0; i < N_FILES; i++)
        unlink(path_in(dir, file_names[i]));
    assert_int_equal(rmdir(dir), 0);
}

static wb_simulate_report simulate(const char *dir, uint64_t n, int n_threads, uint64_t seed)
{
    wb_simulate_options options = WB_SIMULATE_OPTIONS_INIT;
    options.n_customers = n;
    options.n_threads = n_threads;
    options.seed = seed;
    wb_simulate_report report;
    wb_error err;
    assert_ok(wb_simulate(dir, &options, &report, &err), &err);
    return report;
}

/* The shop that the statistical tests share. */
typedef struct shop {
    char dir[64];
    wb_simulate_report report;
    sheet customers, orders, tickets, surveys, truth;
} shop;

static int open_shop(void **state)
{
    shop *s = calloc(1, sizeof *s);
    make_dir(s->dir);
    s->report = simulate(s->dir, 20000, 0, 1);
    s->customers = load(s->dir, "customers.csv");
    s->orders = load(s->dir, "orders.csv");
    s->tickets = load(s->dir, "tickets.csv");
    s->surveys = load(s->dir, "surveys.csv");
    s->truth = load(s->dir, "truth.csv");
    *state = s;
    return 0;
}

static int close_shop(void **state)
{
    shop *s = *state;
    unload(&s->customers);
    unload(&s->orders);
    unload(&s->tickets);
    unload(&s->surveys);
    unload(&s->truth);
    remove_dir(s->dir);
    free(s);
    return 0;
}

/* The first customers' lines come first, so a smaller shop's files begin a larger one's. */
static void test_customer_same_at_any_size(void **state)
{
    (void)state;
    char small[64], large[64];
    make_dir(small);
    make_dir(large);
    simulate(small, 50, 1, 3);
    simulate(large, 3000, 2, 3);
    for (size_t i = 0; i < N_FILES; i++) {
        size_t n_small, n_large;
        char *a = slurp(small, file_names[i], &n_small), *b = slurp(large, file_names[i], &n_large);
        assert_true(n_small < n_large);
        assert_memory_equal(a, b, n_small);
        free(a);
        free(b);
    }
    remove_dir(small);
    remove_dir(large);
}

static void test_same_bytes_with_any_threads(void **state)
{
    (void)state;
    char one[64], many[64];
    make_dir(one);
    make_dir(many);
    simulate(one, 5000, 1, 1);
    for (int n_threads = 2; n_threads <= 4; n_threads += 2) {
        simulate(many, 5000, n_threads, 1);
        for (size_t i = 0; i < N_FILES; i++) {
            size_t n_one, n_many;
            char *a = slurp(one, file_names[i], &n_one), *b = slurp(many, file_names[i], &n_many);
            assert_int_equal(n_one, n_many);
            assert_memory_equal(a, b, n_one);
            free(a);
            free(b);
        }
    }
    remove_dir(one);
    remove_dir(many);
}

static void test_seeds_differ(void **state)
{
    (void)state;
    char a[64], b[64];
    make_dir(a);
    make_dir(b);
    simulate(a, 100, 1, 1);
    simulate(b, 100, 1, 2);
    sheet first = load(a, "customers.csv"), second = load(b, "customers.csv");
    size_t n_same = 0;
    for (size_t row = 0; row < 100; row++)
        n_same += strcmp(cell(&first, row, 1), cell(&second, row, 1)) == 0;
    assert_true(n_same < 10);
    unload(&first);
    unload(&second);
    remove_dir(a);
    remove_dir(b);
}

/* 500,000 customers shall give 5.05 M orders and 0.94 M tickets within 1 %; here four standard errors are allowed, with
 * standard deviations of about 10 orders and 2 tickets a customer. */
static void test_counts(void **state)
{
    const shop *s = *state;
    double n = (double)s->report.n_customers;
    assert_int_equal(s->customers.n_rows, s->report.n_customers);
    assert_int_equal(s->truth.n_rows, s->report.n_customers);
    assert_int_equal(s->orders.n_rows, s->report.n_orders);
    assert_int_equal(s->tickets.n_rows, s->report.n_tickets);
    assert_int_equal(s->surveys.n_rows, s->report.n_surveys);
    assert_true(fabs((double)s->report.n_orders / n - 10.10) < 4 * 10 / sqrt(n));
    assert_true(fabs((double)s->report.n_tickets / n - 1.88) < 4 * 2 / sqrt(n));
    assert_true(s->report.n_surveys > s->report.n_customers / 4);
}

static void test_orders_lie_between_signup_and_death(void **state)
{
    const shop *s = *state;
    double previous = 0;
    for (size_t row = 0; row < s->orders.n_rows; row++) {
        size_t k = owner(&s->orders, row, 1);
        double at = days(&s->orders, row, 2);
        bool first = row == 0 || owner(&s->orders, row - 1, 1) != k;
        assert_true(first ? floor(at) == days(&s->customers, k, 1) : at >= previous);
        assert_true(at < 731 && at <= days(&s->truth, k, 1));
        assert_true(number(&s->orders, row, 3) > 0 && number(&s->orders, row, 4) >= 0);
        if (row > 0)
            assert_string_not_equal(cell(&s->orders, row, 0), cell(&s->orders, row - 1, 0));
        previous = at;
    }
}

static void test_tickets_are_consistent(void **state)
{
    const shop *s = *state;
    size_t n_open = 0, n_rated = 0;
    for (size_t row = 0; row < s->tickets.n_rows; row++) {
        size_t k = owner(&s->tickets, row, 1);
        double opened = days(&s->tickets, row, 2), replied = days(&s->tickets, row, 3);
        double resolved = days(&s->tickets, row, 4);
        assert_true(opened >= days(&s->customers, k, 1) && opened <= days(&s->truth, k, 1) && opened < 731);
        assert_true(replied >= opened && resolved >= replied);
        assert_true(replied < 731 || isinf(replied));
        assert_true(resolved < 731 || isinf(resolved));
        bool rated = *cell(&s->tickets, row, 8) != '\0';
        assert_int_equal(*cell(&s->tickets, row, 7) == '\0', isinf(resolved) != 0);
        assert_true(!rated || (resolved < 731 && resolved <= days(&s->truth, k, 1)));
        assert_true(!rated || (number(&s->tickets, row, 8) >= 1 && number(&s->tickets, row, 8) <= 5));
        n_open += isinf(resolved) != 0;
        n_rated += rated;
    }
    assert_true(n_open > 0 && n_rated > s->tickets.n_rows / 3 && n_rated < s->tickets.n_rows);
}

static void test_surveys_are_consistent(void **state)
{
    const shop *s = *state;
    size_t n_answered = 0;
    for (size_t row = 0; row < s->surveys.n_rows; row++) {
        size_t k = owner(&s->surveys, row, 1);
        double sent = days(&s->surveys, row, 3), answered = days(&s->surveys, row, 4);
        bool has_score = *cell(&s->surveys, row, 5) != '\0';
        assert_string_equal(cell(&s->surveys, row, 2), "nps");
        assert_true(sent < 731 && sent >= days(&s->customers, k, 1) && answered >= sent);
        assert_int_equal(has_score, isfinite(answered) != 0);
        assert_true(!has_score || answered <= days(&s->truth, k, 1));
        assert_true(!has_score || (number(&s->surveys, row, 5) >= 0 && number(&s->surveys, row, 5) <= 10));
        n_answered += has_score;
    }
    assert_true(n_answered > s->surveys.n_rows / 3 && n_answered < s->surveys.n_rows);
}

/* Signups are uniform on the first three quarters; log prices of first orders are normal around log 45 with variance
 * 0.5^2 + 0.45^2; a fifth of the orders has a discount. Five standard errors each. */
static void test_signups_and_amounts(void **state)
{
    const shop *s = *state;
    double n = (double)s->customers.n_rows, length = 0.75 * 731, signup = 0, log_price = 0, discounted = 0;
    for (size_t row = 0; row < s->customers.n_rows; row++)
        signup += days(&s->customers, row, 1) + 0.5;
    assert_true(fabs(signup / n - length / 2) < 5 * length / sqrt(12 * n));
    for (size_t row = 0; row < s->orders.n_rows; row++) {
        double discount = number(&s->orders, row, 4);
        discounted += discount > 0;
        if (row == 0 || owner(&s->orders, row, 1) != owner(&s->orders, row - 1, 1))
            log_price += log(number(&s->orders, row, 3) + discount);
    }
    double m = (double)s->orders.n_rows;
    assert_true(fabs(log_price / n - log(45)) < 5 * sqrt((0.25 + 0.2025) / n));
    assert_true(fabs(discounted / m - 0.2) < 5 * sqrt(0.2 * 0.8 / m));
}

/* Repeat orders in the first 20 days, when hardly anybody has left, count as a Poisson process with a Gamma rate: mean
 * 20 m and variance 20 m + (20 m)^2 / shape. */
static void test_order_counts(void **state)
{
    const shop *s = *state;
    const double window = 20, mean_rate = 0.0229, shape = 1.5, n = (double)s->customers.n_rows;
    double sum = 0, sum_squares = 0, count = 0, signup = 0;
    for (size_t row = 0; row <= s->orders.n_rows; row++) {
        bool first = row == s->orders.n_rows || row == 0 || owner(&s->orders, row, 1) != owner(&s->orders, row - 1, 1);
        if (first) {
            sum += count;
            sum_squares += count * count;
            count = 0;
            signup = row < s->orders.n_rows ? days(&s->orders, row, 2) : 0;
        } else {
            count += days(&s->orders, row, 2) < signup + window;
        }
    }
    double mean = sum / n, variance = sum_squares / n - mean * mean;
    double expected = window * mean_rate, expected_variance = expected + expected * expected / shape;
    assert_true(fabs(mean - expected) < 5 * sqrt(expected_variance / n) + 0.01 * expected);
    assert_true(fabs(variance - expected_variance) < 0.1 * expected_variance);
}

/* The hazard's path, made again from the tickets as they were written. */
typedef struct hazard_path {
    double factors[3]; /* reply, resolution, reopen: at death or at the end */
    double integral;   /* until then */
} hazard_path;

static hazard_path follow(const shop *s, size_t k, size_t begin, size_t end)
{
    hazard_path path = {{1, 1, 1}, 0};
    double base = number(&s->truth, k, 3), stop = fmin(days(&s->truth, k, 1), 731), past[3] = {0, 0, 0};
    double now = days(&s->customers, k, 1) + 0.5 /* on average */, done = -1;
    for (;;) {
        size_t next = SIZE_MAX;
        for (size_t row = begin; row < end; row++)
            if (days(&s->tickets, row, 4) > done && days(&s->tickets, row, 4) < stop &&
                (next == SIZE_MAX || days(&s->tickets, row, 4) < days(&s->tickets, next, 4)))
                next = row;
        double until = next == SIZE_MAX ? stop : days(&s->tickets, next, 4);
        path.integral += base * path.factors[0] * path.factors[1] * path.factors[2] * fmax(0, until - now);
        if (next == SIZE_MAX)
            return path;
        now = done = until;
        double reply = 24 * (days(&s->tickets, next, 3) - days(&s->tickets, next, 2));
        double resolution = 24 * (until - days(&s->tickets, next, 2));
        double newest[3] = {log((1 + reply) / 9), log((1 + resolution) / 37), number(&s->tickets, next, 7) > 0};
        const double effects[3] = {1.75, 1.25, 2.5};
        for (size_t i = 0; i < 3; i++) {
            past[i] = (past[i] + newest[i]) / 2;
            path.factors[i] = exp(effects[i] * past[i]);
        }
    }
}

/* The truth's factors are those of the tickets, and deaths come at that hazard: their number less the integrated hazard
 * is a martingale at its end, of mean 0 and variance the integral. */
static void test_truth_explains_deaths(void **state)
{
    const shop *s = *state;
    double n_deaths = 0, integral = 0, slow_deaths = 0, slow_integral = 0;
    for (size_t k = 0, begin = 0; k < s->truth.n_rows; k++) {
        size_t end = begin;
        while (end < s->tickets.n_rows && owner(&s->tickets, end, 1) == k)
            end++;
        hazard_path path = follow(s, k, begin, end);
        double product = number(&s->truth, k, 3);
        for (size_t i = 0; i < 3; i++) {
            assert_close(number(&s->truth, k, 4 + i) / path.factors[i], 1, 5e-3);
            product *= number(&s->truth, k, 4 + i);
        }
        assert_close(number(&s->truth, k, 2) / product, 1, 1e-5);
        double died = isfinite(days(&s->truth, k, 1));
        n_deaths += died;
        integral += path.integral;
        if (path.factors[0] > 4) {
            slow_deaths += died;
            slow_integral += 1;
        }
        begin = end;
    }
    assert_true(fabs(n_deaths - integral) < 5 * sqrt(integral));
    assert_true(slow_deaths / slow_integral > 2 * n_deaths / (double)s->truth.n_rows);
}

static void test_bad_options(void **state)
{
    (void)state;
    wb_error err;
    wb_simulate_options options = WB_SIMULATE_OPTIONS_INIT; /* no customers */
    assert_int_equal(wb_simulate("/tmp/winback_none", &options, NULL, &err), WB_ERR_ARGUMENT);
    options.n_customers = 100000001;
    assert_int_equal(wb_simulate("/tmp/winback_none", &options, NULL, &err), WB_ERR_ARGUMENT);
    options.n_customers = 1;
    options.n_days = 0;
    assert_int_equal(wb_simulate("/tmp/winback_none", &options, NULL, &err), WB_ERR_ARGUMENT);
    options.n_days = 36501;
    assert_int_equal(wb_simulate("/tmp/winback_none", &options, NULL, &err), WB_ERR_ARGUMENT);
    options.n_days = 10;
    options.start_us += 1;
    assert_int_equal(wb_simulate("/tmp/winback_none", &options, NULL, &err), WB_ERR_ARGUMENT);
    options.start_us = INT64_C(253402300800000000) - 9 * WB_DAY_US;
    assert_int_equal(wb_simulate("/tmp/winback_none", &options, NULL, &err), WB_ERR_ARGUMENT);
    options.start_us = (INT64_MIN / WB_DAY_US) * WB_DAY_US;
    assert_int_equal(wb_simulate("/tmp/winback_none", &options, NULL, &err), WB_ERR_ARGUMENT);
    assert_int_equal(access("/tmp/winback_none", F_OK), -1);
}

static void test_shortest_and_longest_period(void **state)
{
    (void)state;
    char dir[64];
    make_dir(dir);
    wb_error err;
    wb_simulate_options options = WB_SIMULATE_OPTIONS_INIT;
    options.n_customers = 20;
    options.n_days = 1;
    assert_ok(wb_simulate(dir, &options, NULL, &err), &err);
    options.n_customers = 2;
    options.n_days = 36500;
    assert_ok(wb_simulate(dir, &options, NULL, &err), &err);
    remove_dir(dir);
}

static void test_unwritable_directory(void **state)
{
    (void)state;
    char dir[64];
    make_dir(dir);
    wb_error err;
    wb_simulate_options options = WB_SIMULATE_OPTIONS_INIT;
    options.n_customers = 10;
    assert_int_equal(wb_simulate("/dev/null/shop", &options, NULL, &err), WB_ERR_IO);
    /* A directory where a file should be: the other files must not appear either. */
    assert_int_equal(mkdir(path_in(dir, "tickets.csv"), 0700), 0);
    assert_int_equal(wb_simulate(dir, &options, NULL, &err), WB_ERR_IO);
    assert_int_equal(rmdir(path_in(dir, "tickets.csv")), 0);
    assert_int_equal(rmdir(dir), 0);
}

static int refuse(void *user, const char *what, uint64_t done, uint64_t total)
{
    (void)what;
    *(uint64_t *)user = total;
    return done >= 2048;
}

static void test_cancelled_leaves_nothing(void **state)
{
    (void)state;
    char dir[64];
    make_dir(dir);
    wb_error err;
    uint64_t total = 0;
    wb_log log = {NULL, refuse, &total};
    wb_simulate_options options = WB_SIMULATE_OPTIONS_INIT;
    options.n_customers = 4000;
    options.log = &log;
    assert_int_equal(wb_simulate(dir, &options, NULL, &err), WB_ERR_CANCELLED);
    assert_int_equal(total, 4000);
    assert_int_equal(rmdir(dir), 0);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    char dir[64];
    make_dir(dir);
    wb_error err;
    wb_simulate_options options = WB_SIMULATE_OPTIONS_INIT;
    options.n_customers = 200;
    options.n_threads = 1;
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_alloc_fail_at(n);
        status = wb_simulate(dir, &options, NULL, &err);
        wbi_alloc_fail_at(0);
        if (status != WB_OK) {
            assert_int_equal(status, WB_ERR_NOMEM);
            for (size_t i = 0; i < N_FILES; i++)
                assert_int_equal(access(path_in(dir, file_names[i]), F_OK), -1);
        }
    }
    remove_dir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_customer_same_at_any_size),
        cmocka_unit_test(test_same_bytes_with_any_threads),
        cmocka_unit_test(test_seeds_differ),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_orders_lie_between_signup_and_death),
        cmocka_unit_test(test_tickets_are_consistent),
        cmocka_unit_test(test_surveys_are_consistent),
        cmocka_unit_test(test_signups_and_amounts),
        cmocka_unit_test(test_order_counts),
        cmocka_unit_test(test_truth_explains_deaths),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_shortest_and_longest_period),
        cmocka_unit_test(test_unwritable_directory),
        cmocka_unit_test(test_cancelled_leaves_nothing),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, open_shop, close_shop);
}
