/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From orders to customers' values: by hand, and on CDNOW against what the papers print. */
#include "test_run.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <winback/btyd.h>

#include "base/memory.h"

static wb_project *project_in(const char *folder, const char *text)
{
    char path[RUN_PATH_CHARS];
    wb_project *project;
    wb_error err;
    put(folder, "winback.yml", text);
    assert_ok(wb_project_read(&project, path_in(path, folder, "winback.yml"), &err), &err);
    return project;
}

static int64_t time_of(const char *text)
{
    int64_t time_us;
    wb_error err;
    assert_ok(wb_time_parse(&time_us, text, 0, &err), &err);
    return time_us;
}

static wb_clv_options options_until(const char *until)
{
    wb_clv_options o = WB_CLV_OPTIONS_INIT;
    o.until_us = time_of(until);
    return o;
}

static wb_clv *fit(const char *folder, const char *text, const wb_clv_options *o)
{
    wb_project *project = project_in(folder, text);
    wb_clv *clv;
    wb_error err;
    assert_ok(wb_clv_fit(&clv, project, o, NULL, &err), &err);
    wb_project_free(project);
    return clv;
}

static wb_status fit_fails(wb_error *err, const char *folder, const char *text, const wb_clv_options *o)
{
    wb_project *project = project_in(folder, text);
    wb_clv *clv;
    const wb_status status = wb_clv_fit(&clv, project, o, NULL, err);
    wb_project_free(project);
    return status;
}

static const wb_clv_customer *customer_of(const wb_clv *clv, const char *id)
{
    const size_t at = wb_clv_find(clv, id);
    assert_int_not_equal(at, SIZE_MAX);
    assert_string_equal(wb_clv_at(clv, at)->customer_id, id);
    return wb_clv_at(clv, at);
}

#define PLAIN "tables: {orders: {file: orders.csv}}\n"

enum { N_SHOP = 300, SHOP_BYTES = 1 << 18, N_SHOP_ORDERS = 1 << 13, SHOP_DAYS = 600 };

/* An order of the shop, so many days after 2022-07-01. */
typedef struct order {
    int customer, day;
    double amount;
} order;

typedef struct shop {
    order orders[N_SHOP_ORDERS];
    size_t n;
} shop;

/* Customers as the models have them, over 600 days from 2022-07-01 on; those of one customer one after the other. */
static shop *make_shop(void)
{
    shop *s = calloc(1, sizeof *s);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    for (int c = 0; c < N_SHOP; c++) {
        const double rate = gsl_ran_gamma(rng, 0.9, 1 / 40.0), leaves = gsl_ran_beta(rng, 0.9, 3), scale = gsl_ran_gamma(rng, 4, 1 / 15.0);
        double t = gsl_ran_flat(rng, 0, SHOP_DAYS);
        for (bool there = true; there && t < SHOP_DAYS && s->n < N_SHOP_ORDERS;) {
            s->orders[s->n++] = (order){c, (int)t, 0.01 + round(100 * gsl_ran_gamma(rng, 6, 1 / scale)) / 100};
            there = s->n < 2 || s->orders[s->n - 2].customer != c || gsl_rng_uniform(rng) >= leaves;
            t += gsl_ran_exponential(rng, 1 / rate);
        }
    }
    gsl_rng_free(rng);
    return s;
}

/* Rows of the shop by a format of customer, date and amount, and more rows behind them, as orders.csv. */
static void put_rows(const char *folder, const char *header, const char *format, const char *more)
{
    shop *s = make_shop();
    char *text = malloc(SHOP_BYTES);
    size_t n = (size_t)snprintf(text, SHOP_BYTES, "%s\n", header);
    for (size_t i = 0; i < s->n; i++) {
        char date[WB_TIME_CHARS];
        wb_time_format(time_of("2022-07-01") + s->orders[i].day * WB_DAY_US, date);
        n += (size_t)snprintf(text + n, SHOP_BYTES - n, format, s->orders[i].customer, date, s->orders[i].amount);
    }
    snprintf(text + n, SHOP_BYTES - n, "%s", more);
    put(folder, "orders.csv", text);
    free(text);
    free(s);
}

static void put_shop(const char *folder, const char *more)
{
    put_rows(folder, "customer_id,ordered_at,amount", "s%d,%s,%.2f\n", more);
}

/* A: dates 1, 4 and 11 March; the first holds 10, the second 3 + 4 on one day, the third 20. Observation ends on 20 March.
 * B bought once; C comes on the day when it ends, and is not seen; D on the last day that is. E's repeat brings nothing. */
static void histories_by_hand(void **state)
{
    put_shop(*state, "A,2024-03-01T09:00,10\nA,2024-03-04T10:00,3\nA,2024-03-04T23:59:59,4\nA,2024-03-11,20\n"
                     "B,2024-03-02,8\nC,2024-03-21,1\nD,2024-03-20T23:59,5\nE,2024-03-01,9\nE,2024-03-05,-2\n");
    wb_clv_options o = options_until("2024-03-21");
    o.unit_us = WB_DAY_US;
    wb_clv *clv = fit(*state, PLAIN, &o);
    const wb_clv_customer *a = customer_of(clv, "A"), *b = customer_of(clv, "B"), *d = customer_of(clv, "D");
    assert_int_equal(a->x, 2);
    assert_close(a->t_x, 10, 0);
    assert_close(a->t, 19, 0);
    assert_close(a->mean_spend, (7 + 20) / 2.0, 0);
    assert_int_equal(b->x, 0);
    assert_close(b->t_x, 0, 0);
    assert_close(b->t, 18, 0);
    assert_true(isnan(b->mean_spend));
    assert_close(b->p_alive, 1, 0);
    assert_close(d->t, 0, 0);
    assert_true(wb_clv_find(clv, "C") == SIZE_MAX);
    assert_close(customer_of(clv, "E")->mean_spend, -2, 0);
    assert_int_equal(wb_clv_gamma_gamma(clv)->n_left_out, 1);
    const wb_bg_nbd *m = wb_clv_bg_nbd(clv);
    assert_close(a->purchase_rate, (m->r + 2) / (m->alpha + 19), 1e-14);
    o.unit_us = 7 * WB_DAY_US;
    wb_clv *weeks = fit(*state, PLAIN, &o);
    assert_close(customer_of(weeks, "A")->t_x, 10 / 7.0, 1e-15);
    assert_close(customer_of(weeks, "A")->t, 19 / 7.0, 1e-15);
    /* in weeks alpha is a seventh, and nobody is expected to do anything else */
    assert_close(wb_clv_bg_nbd(weeks)->r, m->r, 1e-6);
    assert_close(7 * wb_clv_bg_nbd(weeks)->alpha, m->alpha, 1e-6);
    assert_close(customer_of(weeks, "A")->expected_purchases, a->expected_purchases, 1e-6);
    wb_clv_free(weeks);
    wb_clv_free(clv);
}

/* 23:30 in New York is the next day in UTC, where the project's clock does not say otherwise. */
static void dates_are_the_projects(void **state)
{
    put_shop(*state, "Z,2024-03-02T03:30:00Z,10\nZ,2024-03-02T06:00:00Z,10\n");
    wb_clv_options o = options_until("2024-03-21T04:00Z");
    o.unit_us = WB_DAY_US;
    wb_clv *clv = fit(*state, "timezone: America/New_York\n" PLAIN, &o);
    assert_int_equal(customer_of(clv, "Z")->x, 1);
    assert_close(customer_of(clv, "Z")->t_x, 1, 0);
    assert_close(customer_of(clv, "Z")->t, 19, 0); /* 1 to 20 March */
    wb_clv_free(clv);
    clv = fit(*state, PLAIN, &o);
    assert_int_equal(customer_of(clv, "Z")->x, 0);
    assert_close(customer_of(clv, "Z")->t, 19, 0); /* 2 to 21 March, which has begun */
    wb_clv_free(clv);
}

/* Rows that arrive two days late are not known yet, and observation ends before them. */
static void late_rows(void **state)
{
    put_shop(*state, "A,2024-03-01,10\nA,2024-03-18T12:00,3\nA,2024-03-19,4\n");
    wb_clv_options o = options_until("2024-03-21");
    o.unit_us = WB_DAY_US;
    wb_clv *clv = fit(*state, "tables: {orders: {file: orders.csv, delay: 2d}}\n", &o);
    assert_int_equal(customer_of(clv, "A")->x, 1);
    assert_close(customer_of(clv, "A")->t_x, 17, 0);
    assert_close(customer_of(clv, "A")->t, 17, 0);
    wb_clv_free(clv);
}

/* Another table of other columns, returns left out, what an order is worth an expression; a missing amount is no amount. */
static void orders_as_the_project_has_them(void **state)
{
    put_rows(*state, "customer,at,invoice,price,n", "s%d,%s,i,%.2f,1\n",
             "A,2024-01-01,1,2,1\nA,2024-01-01,1,3,2\nA,2024-01-02,R2,9,1\nA,2024-01-09,3,5,3\n"
             "C,2024-01-01,6,1,1\nC,2024-01-20,7,8,2\nC,2024-01-25,8,,1\n");
    wb_clv_options o = options_until("2024-02-01");
    o.unit_us = WB_DAY_US;
    o.amount = "2 * worth";
    wb_clv *clv = fit(*state,
                      "tables: {purchases: {file: orders.csv, customer: customer, time: at, "
                      "where: \"not starts_with(invoice, 'R')\", columns: {worth: {expr: price * n}, invoice: text}}}\n"
                      "population: {table: purchases}\nfeatures: {use: [{rfm: purchases}]}\n",
                      &o);
    assert_int_equal(customer_of(clv, "A")->x, 1);
    assert_close(customer_of(clv, "A")->t_x, 8, 0);
    assert_close(customer_of(clv, "A")->mean_spend, 30, 0);
    assert_int_equal(customer_of(clv, "C")->x, 2);
    assert_close(customer_of(clv, "C")->mean_spend, 32, 0);
    wb_clv_free(clv);
}

/* Without amounts there are purchases, and no spend. */
static void without_amounts(void **state)
{
    wb_clv_options o = options_until("2024-03-01");
    put_shop(*state, "");
    wb_clv *clv = fit(*state, PLAIN, &o);
    const double r = wb_clv_bg_nbd(clv)->r;
    wb_clv_free(clv);
    put_rows(*state, "customer_id,ordered_at,paid", "s%d,%s,%.2f\n", "");
    clv = fit(*state, PLAIN, &o);
    assert_close(wb_clv_bg_nbd(clv)->r, r, 0);
    assert_true(wb_clv_gamma_gamma(clv)->failed);
    assert_string_equal(wb_clv_gamma_gamma(clv)->why, "the orders have no amount");
    assert_true(isnan(wb_clv_gamma_gamma(clv)->p) && isnan(wb_clv_sums(clv)->value));
    assert_true(isnan(wb_clv_at(clv, 0)->value) && isnan(wb_clv_at(clv, 0)->expected_spend));
    assert_true(wb_clv_at(clv, 0)->expected_purchases > 0);
    wb_clv_free(clv);
}

/* The textbook's formulas by a plain loop over the orders. All of one date are one. */
static void the_textbook(void **state)
{
    enum { UNTIL = 600, HORIZON = 100 }; /* 2024-02-21 */
    shop *s = make_shop();
    double spend = 0, dates = 0, days = 0, before = 0, lost = 0;
    for (size_t i = 0, end; i < s->n; i = end) {
        bool early = false, late = false;
        for (end = i; end < s->n && s->orders[end].customer == s->orders[i].customer; end++) {
            spend += s->orders[end].amount;
            dates += end == i || s->orders[end].day != s->orders[end - 1].day;
            late |= s->orders[end].day >= UNTIL - HORIZON;
            early |= s->orders[end].day >= UNTIL - 2 * HORIZON && s->orders[end].day < UNTIL - HORIZON;
        }
        days += UNTIL - s->orders[i].day;
        before += early;
        lost += early && !late;
    }
    put_shop(*state, "");
    wb_clv_options o = options_until("2024-02-21");
    o.horizon_us = HORIZON * WB_DAY_US;
    o.margin = 0.5;
    wb_clv *clv = fit(*state, PLAIN, &o);
    const wb_clv_simple *simple = wb_clv_simple_value(clv);
    const double value = spend / dates * (dates / (days / 365.25)) * (HORIZON / 365.25) * 0.5;
    assert_close(simple->order_value, spend / dates, 1e-12);
    assert_close(simple->orders_per_year, dates / (days / 365.25), 1e-12);
    assert_close(simple->lifetime_value, value, 1e-12);
    assert_close(simple->churn, lost / before, 1e-14);
    assert_close(simple->value_by_churn, value / (lost / before), 1e-12);
    assert_int_equal(wb_clv_sums(clv)->n_orders, s->n);
    assert_int_equal(wb_clv_sums(clv)->n_purchases, (uint64_t)dates);
    wb_clv_free(clv);
    o.horizon_us = 310 * WB_DAY_US; /* twice that is more than there is */
    clv = fit(*state, PLAIN, &o);
    assert_true(isnan(wb_clv_simple_value(clv)->churn) && isnan(wb_clv_simple_value(clv)->value_by_churn));
    wb_clv_free(clv);
    free(s);
}

/* Values are purchases by spend by margin; a discount makes them less, as the sum over periods of 30 days says. */
static void values(void **state)
{
    put_shop(*state, "");
    wb_clv_options o = options_until("2024-03-01");
    o.annual_discount = 0;
    o.horizon_us = 75 * WB_DAY_US;
    wb_clv *clv = fit(*state, PLAIN, &o);
    int64_t cents = 0;
    double purchases = 0;
    for (size_t i = 0; i < wb_clv_n_customers(clv); i++) {
        const wb_clv_customer *c = wb_clv_at(clv, i);
        assert_close(c->value, round(c->expected_purchases * c->expected_spend * 100) / 100, 1e-9);
        cents += llround(c->value * 100);
        purchases += c->expected_purchases;
    }
    assert_close(wb_clv_sums(clv)->value, (double)cents / 100, 0);
    assert_close(wb_clv_sums(clv)->expected_purchases, purchases, 1e-12);
    /* the purchases by 30, 60 and 75 days, each stretch discounted from its middle */
    const double ends[] = {30, 60, 75}, middles[] = {15, 45, 67.5};
    double by[3], discounted = 0;
    for (size_t k = 0; k < 3; k++) {
        o.horizon_us = (int64_t)ends[k] * WB_DAY_US;
        wb_clv *shorter = fit(*state, PLAIN, &o);
        by[k] = wb_clv_at(shorter, 3)->expected_purchases;
        discounted += (by[k] - (k > 0 ? by[k - 1] : 0)) * pow(1.2, -middles[k] / 365.25);
        wb_clv_free(shorter);
    }
    const double spend = wb_clv_at(clv, 3)->expected_spend;
    wb_clv_free(clv);
    o.annual_discount = 0.2;
    o.margin = 0.25;
    clv = fit(*state, PLAIN, &o);
    assert_true(fabs(wb_clv_at(clv, 3)->value - 0.25 * spend * discounted) <= 0.00501);
    wb_clv_free(clv);
    o.margin = NAN; /* as the campaign says */
    clv = fit(*state, PLAIN "campaign: {margin: 0.4}\n", &o);
    assert_true(fabs(wb_clv_at(clv, 3)->value - 0.4 * spend * discounted) <= 0.00501);
    wb_clv_free(clv);
}

static void bad_options(void **state)
{
    wb_error err;
    wb_clv_options o = options_until("2024-03-01");
    put_shop(*state, "");
    o.unit_us = WB_HOUR_US;
    assert_int_equal(fit_fails(&err, *state, PLAIN, &o), WB_ERR_ARGUMENT);
    o = options_until("2024-03-01");
    o.horizon_us = 0;
    assert_int_equal(fit_fails(&err, *state, PLAIN, &o), WB_ERR_ARGUMENT);
    const double discounts[] = {-0.1, NAN, INFINITY}, margins[] = {-0.1, 1.1, INFINITY};
    for (size_t i = 0; i < 3; i++) {
        o = options_until("2024-03-01");
        o.annual_discount = discounts[i];
        assert_int_equal(fit_fails(&err, *state, PLAIN, &o), WB_ERR_ARGUMENT);
        o = options_until("2024-03-01");
        o.margin = margins[i];
        assert_int_equal(fit_fails(&err, *state, PLAIN, &o), WB_ERR_ARGUMENT);
    }
    put(*state, "orders.csv", "customer_id,ordered_at,amount\na,2024-01-03,1\na,2024-01-09,1\n");
    o = options_until("2024-01-03");
    assert_int_equal(fit_fails(&err, *state, PLAIN, &o), WB_ERR_INCONSISTENT);
    assert_string_equal(err.message, "until 2024-01-03: no order of table orders was known then (its first row: 2024-01-03)");
    o = options_until("2024-03-01");
    o.table = "order";
    assert_int_equal(fit_fails(&err, *state, PLAIN, &o), WB_ERR_INCONSISTENT);
    assert_string_equal(err.message, "there is no table 'order' (did you mean 'orders'?)");
    o = options_until("2024-03-01");
    o.amount = "amont";
    assert_int_equal(fit_fails(&err, *state, PLAIN, &o), WB_ERR_INCONSISTENT);
    put(*state, "orders.csv", "customer_id,ordered_at,amount\n");
    o = options_until("2024-03-01");
    assert_int_equal(fit_fails(&err, *state, PLAIN, &o), WB_ERR_INCONSISTENT);
    assert_string_equal(err.message, "table orders has no rows");
    put(*state, "orders.csv", "customer_id,ordered_at,amount\na,2024-01-01,1\nb,2024-01-02,1\n");
    assert_int_equal(fit_fails(&err, *state, PLAIN, &o), WB_ERR_DEGENERATE);
}

/* The same bytes for any number of threads, in the order of the ids. */
static void threads_and_file(void **state)
{
    char path[RUN_PATH_CHARS];
    char *first = NULL;
    wb_error err;
    put_shop(*state, "\"odd, id\",2024-02-01,3\n");
    for (int n_threads = 1; n_threads <= 4; n_threads *= 2) {
        wb_read_options reading = WB_READ_OPTIONS_INIT;
        wb_clv_options o = options_until("2024-03-01");
        wb_clv *clv;
        wb_project *project = project_in(*state, PLAIN);
        reading.n_threads = n_threads;
        assert_ok(wb_clv_fit(&clv, project, &o, &reading, &err), &err);
        assert_ok(wb_clv_write(clv, path_in(path, *state, "clv.csv"), n_threads, &err), &err);
        char *text = get(path);
        if (first == NULL)
            first = text;
        assert_string_equal(text, first);
        if (text != first)
            free(text);
        wb_clv_free(clv);
        wb_project_free(project);
    }
    static const char header[] = "customer_id,x,t_x,T,mean_spend,expected_purchases,purchase_rate,expected_spend,p_alive,value\n";
    assert_int_equal(strncmp(first, header, strlen(header)), 0);
    assert_non_null(strstr(first, "\n\"odd, id\",0,0,"));
    free(first);
}

static void allocations_fail(void **state)
{
    wb_read_options reading = WB_READ_OPTIONS_INIT;
    const wb_clv_options o = options_until("2024-03-01");
    put_shop(*state, "");
    wb_project *project = project_in(*state, PLAIN);
    reading.n_threads = 1;
    uint64_t n = 1, n_calls = 1;
    double r = NAN;
    for (; n_calls >= n; n += 1 + n / 50) {
        wb_clv *clv = NULL;
        wb_error err;
        wbi_alloc_fail_at(n);
        const wb_status status = wb_clv_fit(&clv, project, &o, &reading, &err);
        n_calls = wbi_alloc_count();
        wbi_alloc_fail_at(0);
        if (n_calls >= n)
            n_calls = UINT64_MAX; /* there may be more */
        if (status == WB_OK) {
            r = isnan(r) ? wb_clv_bg_nbd(clv)->r : r;
            assert_close(wb_clv_bg_nbd(clv)->r, r, 0);
            assert_false(wb_clv_gamma_gamma(clv)->failed);
        } else if (status != WB_ERR_NOMEM) {
            fail_msg("call %llu failed, and the fit returned %d", (unsigned long long)n, (int)status);
        }
        wb_clv_free(clv);
    }
    assert_true(n > 100);
    wb_project_free(project);
}

/* ---- CDNOW ---- */

static wb_clv *cdnow(const char *file, int n_threads)
{
    const char *folder = getenv("WINBACK_DATA");
    wb_read_options reading = WB_READ_OPTIONS_INIT;
    char path[RUN_PATH_CHARS];
    wb_project *project;
    wb_clv *clv;
    wb_error err;
    if (folder == NULL || folder[0] == '\0') {
        print_message("skipped: WINBACK_DATA is not set\n");
        skip();
    }
    snprintf(path, sizeof path, "../datasets/cdnow/%s", file);
    assert_ok(wb_project_read(&project, path, &err), &err);
    wb_clv_options o = options_until("1997-10-01");
    o.horizon_us = 273 * WB_DAY_US;
    reading.n_threads = n_threads;
    assert_ok(wb_clv_fit(&clv, project, &o, &reading, &err), &err);
    wb_project_free(project);
    return clv;
}

/* Fader, Hardie, Lee (2005), table 2, and Fader, Hardie (2013); standard errors by R 4.2.2, optim(BFGS, hessian = TRUE)
 * of the likelihoods in their plain form, by the logs of the parameters, times these. */
static void cdnow_sample(void **state)
{
    (void)state;
    wb_clv *clv = cdnow("sample.yml", 2);
    const wb_bg_nbd *b = wb_clv_bg_nbd(clv);
    const wb_gamma_gamma *g = wb_clv_gamma_gamma(clv);
    assert_true(fabs(b->r - 0.243) < 5e-4 && fabs(b->alpha - 4.414) < 5e-4);
    assert_true(fabs(b->a - 0.793) < 5e-4 && fabs(b->b - 2.426) < 5e-4);
    assert_true(fabs(b->log_likelihood + 9582.43) < 5e-3);
    assert_close(b->r_se, 0.01255737, 1e-5);
    assert_close(b->alpha_se, 0.37822378, 1e-5);
    assert_close(b->a_se, 0.18573354, 1e-5);
    assert_close(b->b_se, 0.70541313, 1e-5);
    assert_close(g->p_se, 1.1900581, 1e-4);
    assert_close(g->q_se, 0.2901334, 1e-4);
    assert_close(g->v_se, 4.1594508, 1e-4);
    assert_int_equal(b->n_customers, 2357);
    assert_int_equal(b->n_repeating, 946);
    assert_true(fabs(g->p - 6.25) < 5e-3 && fabs(g->q - 3.74) < 5e-3 && fabs(g->v - 15.44) < 5e-3);
    assert_int_equal(g->n_customers, 946);
    assert_int_equal(g->n_left_out, 0);
    wb_clv_free(clv);
}

static void cdnow_whole(void **state)
{
    (void)state;
    wb_clv *clv = cdnow("winback.yml", 2);
    const wb_bg_nbd *b = wb_clv_bg_nbd(clv);
    assert_true(fabs(b->r - 0.252) < 5e-4 && fabs(b->alpha - 4.789) < 5e-4);
    assert_true(fabs(b->a - 0.723) < 5e-4 && fabs(b->b - 2.161) < 5e-4);
    assert_true(fabs(b->log_likelihood + 95368.44) < 5e-3);
    wb_clv_free(clv);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(histories_by_hand),
        IN_FOLDER(dates_are_the_projects),
        IN_FOLDER(late_rows),
        IN_FOLDER(orders_as_the_project_has_them),
        IN_FOLDER(without_amounts),
        IN_FOLDER(the_textbook),
        IN_FOLDER(values),
        IN_FOLDER(bad_options),
        IN_FOLDER(threads_and_file),
        IN_FOLDER(allocations_fail),
        cmocka_unit_test(cdnow_sample),
        cmocka_unit_test(cdnow_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
