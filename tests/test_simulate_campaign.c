/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test_util.h"

#include <winback/simulate.h>
#include <winback/time.h>

#include "base/memory.h"
#include "lists/address.h"
#include "simulate_testing.h"

enum { N_CUSTOMERS = 20000, N_FILES = 10 };
static const char *const file_names[N_FILES] = {"customers.csv", "orders.csv", "tickets.csv", "surveys.csv", "truth.csv",
                                                "orders_after.csv", "campaign_truth.csv", "list.csv", "control.csv", "bad.csv"};
/* Columns of campaign_truth.csv. */
enum { PERSUADABLE = 1, ORDERS_WITHOUT, REVENUE_WITHOUT, ORDERS_WITH, REVENUE_WITH, REDEEMS };

static void remove_dir(const char *dir)
{
    for (size_t i = 0; i < N_FILES; i++)
        unlink(path_in(dir, file_names[i]));
    assert_int_equal(rmdir(dir), 0);
}

static void write_text(const char *dir, const char *name, const char *text)
{
    FILE *file = fopen(path_in(dir, name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* A list of the customers first, first + step, …, with other columns, in another order. */
static void write_list(const char *dir, const char *name, unsigned first, unsigned step, unsigned last)
{
    FILE *file = fopen(path_in(dir, name), "w");
    assert_non_null(file);
    fputs("probability,customer_id,note\n", file);
    for (unsigned left = (last - first) / step + 1; left > 0; left--)
        fprintf(file, "0.5,C%09u,\"a, b\"\n", first + (left - 1) * step);
    fclose(file);
}

static wb_simulate_options shop_options(uint64_t n, int n_threads)
{
    wb_simulate_options options = WB_SIMULATE_OPTIONS_INIT;
    options.n_customers = n;
    options.n_threads = n_threads;
    return options;
}

static wb_status mail(const char *dir, const char *list, const char *control, int64_t sent_us, int64_t horizon_us, uint64_t n,
                      int n_threads, wb_simulate_campaign_report *report, wb_error *err)
{
    char list_path[512], control_path[512];
    const wb_simulate_options options = shop_options(n, n_threads);
    wb_simulate_mailing mailing = WB_SIMULATE_MAILING_INIT;
    strcpy(list_path, path_in(dir, list));
    mailing.list = list_path;
    if (control != NULL)
        mailing.control = strcpy(control_path, path_in(dir, control));
    if (sent_us != 0)
        mailing.sent_us = sent_us;
    if (horizon_us != 0)
        mailing.horizon_us = horizon_us;
    return wb_simulate_campaign(dir, &options, &mailing, report, err);
}

/* The shop, mailed to every third customer at its end, with every third but one held out. */
typedef struct shop {
    char dir[64];
    wb_simulate_campaign_report report;
    sheet customers, truth, orders, after, outcomes;
} shop;

static int open_shop(void **state)
{
    shop *s = calloc(1, sizeof *s);
    wb_error err;
    const wb_simulate_options options = shop_options(N_CUSTOMERS, 0);
    make_dir(s->dir);
    assert_ok(wb_simulate(s->dir, &options, NULL, &err), &err);
    write_list(s->dir, "list.csv", 1, 3, N_CUSTOMERS);
    write_list(s->dir, "control.csv", 2, 3, N_CUSTOMERS);
    assert_ok(mail(s->dir, "list.csv", "control.csv", 0, 0, N_CUSTOMERS, 0, &s->report, &err), &err);
    s->customers = load(s->dir, "customers.csv");
    s->truth = load(s->dir, "truth.csv");
    s->orders = load(s->dir, "orders.csv");
    s->after = load(s->dir, "orders_after.csv");
    s->outcomes = load(s->dir, "campaign_truth.csv");
    *state = s;
    return 0;
}

static int close_shop(void **state)
{
    shop *s = *state;
    unload(&s->customers);
    unload(&s->truth);
    unload(&s->orders);
    unload(&s->after);
    unload(&s->outcomes);
    remove_dir(s->dir);
    free(s);
    return 0;
}

static bool is_listed(size_t k)
{
    return k % 3 == 0; /* k counts from 0 */
}

/* The orders of the list are those with contact, all others those without, and the report adds them up. */
static void test_orders_are_the_outcome_of_the_arm(void **state)
{
    const shop *s = *state;
    double revenue = 0, with = 0, without = 0, buyers = 0, buyers_without = 0;
    size_t row = 0;
    assert_int_equal(s->outcomes.n_rows, N_CUSTOMERS);
    for (size_t k = 0; k < N_CUSTOMERS; k++) {
        size_t n = 0;
        double sum = 0, previous = 731;
        for (; row < s->after.n_rows && owner(&s->after, row, 1) == k; row++, n++) {
            double at = days(&s->after, row, 2);
            assert_true(at >= previous && at < 731 + 90);
            previous = at;
            sum += number(&s->after, row, 3);
        }
        size_t arm = is_listed(k) ? ORDERS_WITH : ORDERS_WITHOUT;
        assert_int_equal(n, number(&s->outcomes, k, arm));
        assert_close(sum, number(&s->outcomes, k, arm + 1), 1e-9);
        revenue += sum;
        if (is_listed(k)) {
            with += number(&s->outcomes, k, REVENUE_WITH);
            without += number(&s->outcomes, k, REVENUE_WITHOUT);
            buyers += number(&s->outcomes, k, ORDERS_WITH) > 0;
            buyers_without += number(&s->outcomes, k, ORDERS_WITHOUT) > 0;
        }
    }
    assert_int_equal(row, s->after.n_rows);
    assert_int_equal(s->report.n_orders, s->after.n_rows);
    assert_int_equal(s->report.n_list, (N_CUSTOMERS + 2) / 3);
    assert_int_equal(s->report.n_control, (N_CUSTOMERS + 1) / 3);
    assert_close((double)s->report.revenue_cents, round(100 * revenue), 1e-12);
    assert_close((double)s->report.list_revenue_cents, round(100 * with), 1e-12);
    assert_close((double)s->report.list_revenue_without_cents, round(100 * without), 1e-12);
    assert_close((double)s->report.n_list_buyers, buyers, 0);
    assert_close((double)s->report.n_list_buyers_without, buyers_without, 0);
    assert_true(with > without && buyers > buyers_without);
}

/* A coupon is for the first order after the mailing of those in the list who redeem, takes 10 off at most, and is in the discount. */
static void test_coupons(void **state)
{
    const shop *s = *state;
    size_t n = 0;
    double cost = 0;
    for (size_t row = 0; row < s->after.n_rows; row++) {
        size_t k = owner(&s->after, row, 1);
        bool first = row == 0 || owner(&s->after, row - 1, 1) != k, coupon = *cell(&s->after, row, 6) != '\0';
        bool redeems = number(&s->outcomes, k, REDEEMS) == 1;
        assert_int_equal(coupon, first && is_listed(k) && redeems);
        if (coupon) {
            assert_string_equal(cell(&s->after, row, 6), "WINBACK10");
            assert_true(number(&s->after, row, 4) >= 10 || number(&s->after, row, 3) == 0);
            n++;
        }
    }
    for (size_t k = 0; k < N_CUSTOMERS; k++)
        if (is_listed(k) && number(&s->outcomes, k, PERSUADABLE) == 0)
            cost += number(&s->outcomes, k, REVENUE_WITHOUT) - number(&s->outcomes, k, REVENUE_WITH);
    assert_int_equal(n, s->report.n_redeemed);
    assert_true(s->report.coupons_cents <= 1000 * (int64_t)n && s->report.coupons_cents > 900 * (int64_t)n);
    assert_true(cost > 0 && 100 * cost < (double)s->report.coupons_cents);
}

/* Who has left orders nothing unless persuaded; who buys anyway is not changed but for the coupon; a persuadable customer redeems. */
static void test_outcomes_follow_the_model(void **state)
{
    const shop *s = *state;
    double n_persuaded = 0, expected = 0, variance = 0, n_there = 0, there = 0, n_buyers = 0, n_savers = 0;
    for (size_t k = 0; k < N_CUSTOMERS; k++) {
        double without = number(&s->outcomes, k, ORDERS_WITHOUT), with = number(&s->outcomes, k, ORDERS_WITH);
        double died = days(&s->truth, k, 1);
        bool persuadable = number(&s->outcomes, k, PERSUADABLE) == 1, redeems = number(&s->outcomes, k, REDEEMS) == 1;
        assert_true(isinf(died) || without == 0);
        assert_int_equal(persuadable, without == 0 && with > 0);
        assert_true(without == 0 || with == without);
        assert_true(!persuadable || redeems);
        assert_true(with > 0 || !redeems);
        if (without > 0) {
            n_buyers++;
            n_savers += redeems;
        } else if (isinf(died)) {
            n_there++;
            there += persuadable;
        } else { /* back within the 90 days but once in 4e5 */
            double p = 0.5 * exp(-(731 - died) / 365);
            n_persuaded += persuadable;
            expected += p;
            variance += p * (1 - p);
        }
    }
    assert_true(expected > 500 && fabs(n_persuaded - expected) < 3 * sqrt(variance));
    assert_true(n_savers > 1000 && fabs(n_savers - n_buyers / 2) < 5 * sqrt(n_buyers / 4));
    /* Of those still there at the mailing some leave in the horizon, whose departure counts from then: 0.5 all the same. */
    assert_true(n_there > 1000 && fabs(there - n_there / 2) < 5 * sqrt(n_there / 4));
}

/* Customers who are there at the end order as before, but for those who then leave: the orders of the last 90 days, each weighted
 * by the share of the next 90 that a customer of that hazard is there, (1 - exp(-90 h)) / (90 h), are those of the next 90 in the
 * mean. (That orders make tickets, and these drive away, biases this by less than the tolerance.) */
static void test_life_goes_on(void **state)
{
    const shop *s = *state;
    double expected = 0, n_after = 0;
    for (size_t row = 0; row < s->orders.n_rows; row++) {
        size_t k = owner(&s->orders, row, 1);
        if (isfinite(days(&s->truth, k, 1)) || days(&s->orders, row, 2) < 731 - 90)
            continue;
        double risk = 90 * number(&s->truth, k, 2);
        expected += (1 - exp(-risk)) / risk;
    }
    for (size_t k = 0; k < N_CUSTOMERS; k++)
        n_after += number(&s->outcomes, k, ORDERS_WITHOUT);
    assert_true(expected > 10000 && fabs(n_after / expected - 1) < 0.04);
}

/* Shares of docs/simulate.md within five standard errors, as the library's own rules see them. */
static void test_contacts(void **state)
{
    const shop *s = *state;
    static const double shares[] = {[WBI_EMAIL_OK] = 0.92, [WBI_EMAIL_NONE] = 0.03, [WBI_EMAIL_INVALID] = 0.01,
                                    [WBI_EMAIL_FORMULA] = 0, [WBI_EMAIL_RELAY] = 0.03, [WBI_EMAIL_ROLE] = 0.01};
    double counts[6] = {0}, n_shared = 0, n_yes = 0, n_no = 0, n = N_CUSTOMERS;
    for (size_t k = 0; k < N_CUSTOMERS; k++) {
        const char *email = cell(&s->customers, k, 4), *consent = cell(&s->customers, k, 5);
        counts[wbi_email_judge(email, strlen(email))]++;
        n_yes += strcmp(consent, "yes") == 0;
        n_no += strcmp(consent, "no") == 0;
        assert_true(*consent == '\0' || strcmp(consent, "yes") == 0 || strcmp(consent, "no") == 0);
        if (email[0] == 'C') { /* another customer's, by its number */
            size_t other = strtoul(email + 1, NULL, 10) - 1;
            assert_true(other < k && other + 10 >= k);
            n_shared++;
        }
    }
    for (size_t i = 0; i < 6; i++)
        assert_true(fabs(counts[i] - shares[i] * n) <= 5 * sqrt(shares[i] * (1 - shares[i]) * n));
    assert_true(fabs(n_shared - 0.02 * n) < 5 * sqrt(0.02 * 0.98 * n));
    assert_true(fabs(n_yes - 0.7 * n) < 5 * sqrt(0.21 * n));
    assert_true(fabs(n_no - 0.2 * n) < 5 * sqrt(0.16 * n));
}

static void assert_same_file(const char *a_dir, const char *b_dir, const char *name)
{
    size_t n_a, n_b;
    char *a = slurp(a_dir, name, &n_a), *b = slurp(b_dir, name, &n_b);
    assert_int_equal(n_a, n_b);
    assert_memory_equal(a, b, n_a);
    free(a);
    free(b);
}

static void test_same_bytes_with_any_threads(void **state)
{
    (void)state;
    char one[64], many[64];
    wb_error err;
    make_dir(one);
    make_dir(many);
    write_list(one, "list.csv", 1, 2, 5000);
    write_list(many, "list.csv", 1, 2, 5000);
    assert_ok(mail(one, "list.csv", NULL, 0, 0, 5000, 1, NULL, &err), &err);
    for (int n_threads = 2; n_threads <= 4; n_threads += 2) {
        assert_ok(mail(many, "list.csv", NULL, 0, 0, 5000, n_threads, NULL, &err), &err);
        assert_same_file(one, many, "orders_after.csv");
        assert_same_file(one, many, "campaign_truth.csv");
    }
    remove_dir(one);
    remove_dir(many);
}

/* Whoever is mailed, both outcomes of everybody stay; and a smaller shop's begin a larger one's. */
static void test_outcomes_do_not_depend_on_the_list(void **state)
{
    const shop *s = *state;
    char dir[64];
    wb_error err;
    size_t n_small, n_large;
    make_dir(dir);
    write_text(dir, "list.csv", "customer_id\n");
    assert_ok(mail(dir, "list.csv", NULL, 0, 0, N_CUSTOMERS, 0, NULL, &err), &err);
    assert_same_file(dir, s->dir, "campaign_truth.csv");
    write_list(dir, "list.csv", 1, 1, N_CUSTOMERS);
    assert_ok(mail(dir, "list.csv", NULL, 0, 0, N_CUSTOMERS, 0, NULL, &err), &err);
    assert_same_file(dir, s->dir, "campaign_truth.csv");
    write_list(dir, "list.csv", 1, 7, 700);
    assert_ok(mail(dir, "list.csv", NULL, 0, 0, 700, 0, NULL, &err), &err);
    char *small = slurp(dir, "campaign_truth.csv", &n_small), *large = slurp(s->dir, "campaign_truth.csv", &n_large);
    assert_true(n_small < n_large);
    assert_memory_equal(small, large, n_small);
    free(small);
    free(large);
    remove_dir(dir);
}

/* Without contact a mailing inside the period changes nothing: the orders after it are the shop's own. */
static void test_mailing_inside_the_period(void **state)
{
    const shop *s = *state;
    char dir[64];
    wb_error err;
    make_dir(dir);
    write_text(dir, "list.csv", "customer_id\n");
    const int64_t sent_us = INT64_C(1672531200000000) + 500 * WB_DAY_US + WB_DAY_US / 2;
    assert_ok(mail(dir, "list.csv", NULL, sent_us, 60 * WB_DAY_US, N_CUSTOMERS, 0, NULL, &err), &err);
    sheet after = load(dir, "orders_after.csv");
    size_t row = 0;
    for (size_t i = 0; i < s->orders.n_rows; i++) {
        double at = days(&s->orders, i, 2);
        if (at < 500.5 || at >= 560.5)
            continue;
        for (size_t k = 0; k < 6; k++)
            assert_string_equal(cell(&after, row, k), cell(&s->orders, i, k));
        assert_string_equal(cell(&after, row, 6), "");
        row++;
    }
    assert_true(row > 1000);
    assert_int_equal(row, after.n_rows);
    unload(&after);
    remove_dir(dir);
}

/* Who signed up later cannot have been mailed. */
static void test_later_customers_are_not_touched(void **state)
{
    const shop *s = *state;
    char dir[64];
    wb_error err;
    make_dir(dir);
    write_list(dir, "list.csv", 1, 1, N_CUSTOMERS);
    assert_ok(mail(dir, "list.csv", NULL, INT64_C(1672531200000000) + 300 * WB_DAY_US, 0, N_CUSTOMERS, 0, NULL, &err), &err);
    sheet outcomes = load(dir, "campaign_truth.csv");
    size_t n_later = 0;
    for (size_t k = 0; k < N_CUSTOMERS; k++)
        if (days(&s->customers, k, 1) >= 300) {
            assert_string_equal(cell(&outcomes, k, REVENUE_WITH), cell(&outcomes, k, REVENUE_WITHOUT));
            assert_string_equal(cell(&outcomes, k, REDEEMS), "0");
            n_later++;
        }
    assert_true(n_later > 1000);
    unload(&outcomes);
    remove_dir(dir);
}

/* A longer horizon adds orders behind those of a shorter one. */
static void test_longer_horizon_adds_orders(void **state)
{
    const shop *s = *state;
    char dir[64];
    wb_error err;
    make_dir(dir);
    write_text(dir, "list.csv", "customer_id\n");
    assert_ok(mail(dir, "list.csv", NULL, 0, 180 * WB_DAY_US, N_CUSTOMERS, 0, NULL, &err), &err);
    sheet after = load(dir, "orders_after.csv");
    size_t row = 0;
    for (size_t i = 0; i < s->after.n_rows; i++) {
        if (is_listed(owner(&s->after, i, 1)))
            continue;
        while (row < after.n_rows && strcmp(cell(&after, row, 0), cell(&s->after, i, 0)) != 0) {
            assert_true(is_listed(owner(&after, row, 1)) || days(&after, row, 2) >= 731 + 90);
            row++;
        }
        assert_true(row < after.n_rows);
        for (size_t k = 1; k < 7; k++)
            assert_string_equal(cell(&after, row, k), cell(&s->after, i, k));
        row++;
    }
    unload(&after);
    remove_dir(dir);
}

static void assert_refused(const char *dir, const char *list, const char *control, wb_status code, const char *words)
{
    wb_error err;
    char text[2048];
    write_text(dir, "list.csv", list);
    if (control != NULL)
        write_text(dir, "control.csv", control);
    assert_int_equal(mail(dir, "list.csv", control == NULL ? NULL : "control.csv", 0, 0, 100, 1, NULL, &err), code);
    wb_error_text(&err, text, sizeof text);
    if (strstr(text, words) == NULL)
        fail_msg("'%s' is not in '%s'", words, text);
    assert_int_equal(access(path_in(dir, "orders_after.csv"), F_OK), -1);
    assert_int_equal(access(path_in(dir, "campaign_truth.csv"), F_OK), -1);
}

static void test_bad_lists(void **state)
{
    (void)state;
    char dir[64];
    make_dir(dir);
    assert_refused(dir, "customer_id\nC000000101\n", NULL, WB_ERR_INCONSISTENT,
                   "list.csv:2:1: customer 'C000000101' is not of this shop (wanted C000000001 to C000000100)");
    assert_refused(dir, "arm,customer_id\nlist,C000000001\nlist,C17\n", NULL, WB_ERR_INCONSISTENT, "list.csv:3:2: customer 'C17'");
    assert_refused(dir, "customer_id\nC000000000\n", NULL, WB_ERR_INCONSISTENT, "'C000000000'");
    assert_refused(dir, "customer_id\nC-00000001\n", NULL, WB_ERR_INCONSISTENT, "'C-00000001'");
    assert_refused(dir, "customer_id,a\n,x\n", NULL, WB_ERR_INCONSISTENT, "list.csv:2:1: customer '' is not");
    assert_refused(dir, "customer_id\nC000000001\nC000000001\n", NULL, WB_ERR_INCONSISTENT,
                   "list.csv:3:1: customer 'C000000001' is in the list already");
    assert_refused(dir, "customer_id\nC000000001\n", "customer_id\nC000000002\nC000000001\n", WB_ERR_INCONSISTENT,
                   "control.csv:3:1: customer 'C000000001' is in the list already");
    assert_refused(dir, "customer_id\n", "customer_id\nC000000002\nC000000002\n", WB_ERR_INCONSISTENT,
                   "is in the control file already");
    assert_refused(dir, "customer\nC000000001\n", NULL, WB_ERR_INCONSISTENT, "no column 'customer_id'");
    remove_dir(dir);
}

static void test_bad_times(void **state)
{
    (void)state;
    char dir[64];
    wb_error err;
    const int64_t start_us = INT64_C(1672531200000000), end_us = start_us + 731 * WB_DAY_US;
    make_dir(dir);
    write_text(dir, "list.csv", "customer_id\n");
    assert_int_equal(mail(dir, "list.csv", NULL, start_us, 0, 10, 1, NULL, &err), WB_ERR_ARGUMENT);
    assert_int_equal(mail(dir, "list.csv", NULL, end_us + 1, 0, 10, 1, NULL, &err), WB_ERR_ARGUMENT);
    assert_int_equal(mail(dir, "list.csv", NULL, INT64_MAX, 0, 10, 1, NULL, &err), WB_ERR_ARGUMENT);
    assert_int_equal(mail(dir, "list.csv", NULL, 0, WB_DAY_US - 1, 10, 1, NULL, &err), WB_ERR_ARGUMENT);
    assert_int_equal(mail(dir, "list.csv", NULL, 0, 3651 * WB_DAY_US, 10, 1, NULL, &err), WB_ERR_ARGUMENT);
    assert_int_equal(mail(dir, "list.csv", NULL, 0, -1, 10, 1, NULL, &err), WB_ERR_ARGUMENT);
    assert_int_equal(mail(dir, "list.csv", NULL, 0, 0, 0, 1, NULL, &err), WB_ERR_ARGUMENT);
    assert_int_equal(mail(dir, "none.csv", NULL, 0, 0, 10, 1, NULL, &err), WB_ERR_IO);
    assert_ok(mail(dir, "list.csv", NULL, end_us, 3650 * WB_DAY_US, 10, 1, NULL, &err), &err);
    assert_ok(mail(dir, "list.csv", NULL, start_us + 1, WB_DAY_US, 10, 1, NULL, &err), &err);
    remove_dir(dir);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    char dir[64];
    wb_error err;
    make_dir(dir);
    write_list(dir, "list.csv", 1, 2, 200);
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_alloc_fail_at(n);
        status = mail(dir, "list.csv", NULL, 0, 0, 200, 1, NULL, &err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        assert_int_equal(access(path_in(dir, "orders_after.csv"), F_OK), status == WB_OK ? 0 : -1);
    }
    remove_dir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders_are_the_outcome_of_the_arm),
        cmocka_unit_test(test_coupons),
        cmocka_unit_test(test_outcomes_follow_the_model),
        cmocka_unit_test(test_life_goes_on),
        cmocka_unit_test(test_contacts),
        cmocka_unit_test(test_same_bytes_with_any_threads),
        cmocka_unit_test(test_outcomes_do_not_depend_on_the_list),
        cmocka_unit_test(test_mailing_inside_the_period),
        cmocka_unit_test(test_later_customers_are_not_touched),
        cmocka_unit_test(test_longer_horizon_adds_orders),
        cmocka_unit_test(test_bad_lists),
        cmocka_unit_test(test_bad_times),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, open_shop, close_shop);
}
