/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kpi_testing.h"

/* ---- against a plain loop ---- */

enum { SHOP_CUSTOMERS = 700, SHOP_ORDERS = 4000, SHOP_DAYS = 400, COUNTRIES = 3 };

typedef struct shop {
    int customer[SHOP_ORDERS];
    int64_t time_us[SHOP_ORDERS];
    int64_t cents[SHOP_ORDERS];
} shop;

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Customers of very different rates, refunds among the orders. */
static shop *make_shop(const char *folder)
{
    shop *s = malloc(sizeof *s);
    char path[RUN_PATH_CHARS], when[WB_TIME_CHARS];
    uint32_t seed = 7;
    assert_non_null(s);
    FILE *file = fopen(path_in(path, folder, "orders.csv"), "w");
    fprintf(file, "customer_id,ordered_at,amount\n");
    for (size_t i = 0; i < SHOP_ORDERS; i++) {
        const uint32_t a = next_random(&seed) % SHOP_CUSTOMERS, b = next_random(&seed) % SHOP_CUSTOMERS;
        s->customer[i] = (int)(a < b ? a : b);
        s->time_us[i] = at("2023-01-01") + (int64_t)(next_random(&seed) % (SHOP_DAYS * 24)) * WB_HOUR_US;
        s->cents[i] = (int64_t)(next_random(&seed) % 20000) - 2000;
        wb_time_format(s->time_us[i], when);
        fprintf(file, "c%d,%s,%.2f\n", s->customer[i], when, (double)s->cents[i] / 100);
    }
    fclose(file);
    file = fopen(path_in(path, folder, "customers.csv"), "w");
    fprintf(file, "customer_id,country\n");
    for (int c = 0; c < SHOP_CUSTOMERS; c++)
        fprintf(file, "c%d,%c\n", c, 'X' + c % COUNTRIES);
    fclose(file);
    return s;
}

/* What one customer does in [from, to), by looking at all orders. */
typedef struct seen {
    size_t n;
    int64_t cents;
} seen;
static seen look(const shop *s, int customer, int64_t from_us, int64_t to_us)
{
    seen found = {0, 0};
    for (size_t i = 0; i < SHOP_ORDERS; i++)
        if (s->customer[i] == customer && s->time_us[i] >= from_us && s->time_us[i] < to_us) {
            found.n++;
            found.cents += s->cents[i];
        }
    return found;
}

static void add_customer(int64_t terms[WBI_N_SUMMED], const shop *s, int c, const wb_kpi_period *p, int64_t within_us)
{
    const seen ever = look(s, c, INT64_MIN, p->to_us), before = look(s, c, INT64_MIN, p->from_us), in = look(s, c, p->from_us, p->to_us);
    const seen start = look(s, c, p->from_us - within_us, p->from_us), end = look(s, c, p->to_us - within_us, p->to_us);
    const int64_t had = start.cents > 0 ? start.cents : 0, has = end.n > 0 && end.cents > 0 ? end.cents : 0;
    terms[WBI_CUSTOMERS] += ever.n > 0;
    terms[WBI_REPEAT_CUSTOMERS] += ever.n > 1;
    terms[WBI_ACTIVE_START] += start.n > 0;
    terms[WBI_ACTIVE_END] += end.n > 0;
    terms[WBI_RETAINED] += start.n > 0 && end.n > 0;
    terms[WBI_LOST] += start.n > 0 && end.n == 0;
    terms[WBI_NEW_CUSTOMERS] += before.n == 0 && in.n > 0;
    terms[WBI_NEW_ACTIVE] += before.n == 0 && in.n > 0 && end.n > 0;
    terms[WBI_LAPSED_START] += before.n > 0 && start.n == 0;
    terms[WBI_REACTIVATED] += before.n > 0 && start.n == 0 && end.n > 0;
    terms[WBI_BUYERS] += in.n > 0;
    terms[WBI_REPEAT_BUYERS] += in.n > 1;
    terms[WBI_ORDERS] += (int64_t)in.n;
    terms[before.n == 0 ? WBI_NEW_ORDERS : WBI_RETURNING_ORDERS] += (int64_t)in.n;
    terms[WBI_REVENUE] += in.cents;
    terms[before.n == 0 ? WBI_NEW_REVENUE : WBI_RETURNING_REVENUE] += in.cents;
    if (start.n == 0)
        return;
    terms[WBI_START_REVENUE] += had;
    terms[WBI_CHURNED_REVENUE] += end.n == 0 ? had : 0;
    terms[WBI_CONTRACTION] += end.n > 0 && has < had ? had - has : 0;
    terms[WBI_EXPANSION] += end.n > 0 && has > had ? has - had : 0;
}

static void check_cell(const wb_kpis *kpis, size_t cell, const int64_t terms[WBI_N_SUMMED])
{
    for (size_t t = 0; t < WBI_TOP_BUYERS; t++)
        assert_close(term(kpis, cell, t), wbi_kpi_term_in_hundredths(t) ? (double)terms[t] / 100 : (double)terms[t], 1e-15);
}

static void check_identities(const wb_kpis *kpis, size_t cell)
{
    assert_close(term(kpis, cell, WBI_ACTIVE_END), term(kpis, cell, WBI_RETAINED) + term(kpis, cell, WBI_NEW_ACTIVE) + term(kpis, cell, WBI_REACTIVATED), 0);
    assert_close(term(kpis, cell, WBI_ACTIVE_START), term(kpis, cell, WBI_RETAINED) + term(kpis, cell, WBI_LOST), 0);
    assert_close(figure(kpis, cell, "churn_rate")->value, 1 - figure(kpis, cell, "retention_rate")->value, 1e-14);
    assert_close(term(kpis, cell, WBI_REVENUE), term(kpis, cell, WBI_NEW_REVENUE) + term(kpis, cell, WBI_RETURNING_REVENUE), 1e-14);
    for (size_t t = 0; t < WBI_TOP_BUYERS && kpis->n_groups > 1; t++) {
        double sum = 0;
        for (size_t g = 1; g < kpis->n_groups; g++)
            sum += term(kpis, cell + g, t);
        assert_close(sum, term(kpis, cell, t), 1e-13);
    }
}

#define SHOP "tables: {orders: {file: orders.csv}, customers: {file: customers.csv}}\ndata_until: 2024-02-05\n"

static wb_kpi_options shop_options(void)
{
    wb_kpi_options options = range("2023-05-10", "2024-01-20");
    options.by_month = 1;
    options.by = "country";
    options.active_within_us = 40 * WB_DAY_US;
    return options;
}

static void against_a_plain_loop(void **state)
{
    wb_kpis *kpis;
    wb_error err;
    const wb_kpi_options options = shop_options();
    shop *s = make_shop(*state);
    assert_ok(compute(&kpis, *state, SHOP, &options, 2, &err), &err);
    assert_int_equal(kpis->n_periods, 10);
    assert_int_equal(kpis->n_groups, COUNTRIES + 1);
    for (size_t p = 0; p < kpis->n_periods; p++) {
        int64_t terms[COUNTRIES + 1][WBI_N_SUMMED] = {{0}};
        for (int c = 0; c < SHOP_CUSTOMERS; c++) {
            add_customer(terms[0], s, c, &kpis->periods[p], options.active_within_us);
            add_customer(terms[1 + c % COUNTRIES], s, c, &kpis->periods[p], options.active_within_us);
        }
        for (size_t g = 0; g < kpis->n_groups; g++)
            check_cell(kpis, p * kpis->n_groups + g, terms[g]);
        check_identities(kpis, p * kpis->n_groups);
        if (p > 1) /* months chain */
            assert_close(term(kpis, p * kpis->n_groups, WBI_ACTIVE_START), term(kpis, (p - 1) * kpis->n_groups, WBI_ACTIVE_END), 0);
    }
    wb_kpi_free(kpis);
    free(s);
}

static void same_for_any_threads(void **state)
{
    wb_kpis *kpis[3];
    wb_error err;
    const int threads[] = {1, 2, 4};
    const wb_kpi_options options = shop_options();
    free(make_shop(*state));
    for (size_t i = 0; i < 3; i++) {
        assert_ok(compute(&kpis[i], *state, SHOP, &options, threads[i], &err), &err);
        const size_t n_cells = kpis[0]->n_periods * kpis[0]->n_groups, n = kpis[0]->cohorts.n_months;
        assert_memory_equal(kpis[i]->terms, kpis[0]->terms, n_cells * WBI_N_TERMS * sizeof *kpis[0]->terms);
        assert_memory_equal(kpis[i]->figures, kpis[0]->figures, n_cells * wb_kpi_n() * sizeof *kpis[0]->figures);
        assert_memory_equal(kpis[i]->cohorts.n_ordered, kpis[0]->cohorts.n_ordered, n * n * sizeof(uint64_t));
    }
    for (size_t i = 0; i < 3; i++)
        wb_kpi_free(kpis[i]);
}

/* ---- public data ---- */

typedef struct expected {
    size_t term;
    double whole, october;
} expected;

/* UCI Online Retail, 2011-06-01 to 2011-12-01 and October alone, active within 60 days; by DuckDB, of orders (customer, invoice, time of
 * its first line, sum of its lines rounded to cents), per customer and period: count(*) and sum(cents) filter (t >= a and t < b) for
 * (a, b) of the look-back before the start, that before the end, the range, and all before the start; times between purchases by
 * lag() over distinct dates; the top by order by … limit ceil(count(*) / 5.0). */
static const expected online_retail[] = {
    {WBI_ACTIVE_START, 1519, 1762},         {WBI_ACTIVE_END, 2407, 2122},        {WBI_RETAINED, 912, 1413},
    {WBI_NEW_CUSTOMERS, 1580, 358},         {WBI_NEW_ACTIVE, 1054, 358},         {WBI_LAPSED_START, 1199, 1854},
    {WBI_REACTIVATED, 441, 351},            {WBI_START_REVENUE, 1123208.10, 1578373.88}, {WBI_CHURNED_REVENUE, 288893.27, 146135.04},
    {WBI_CONTRACTION, 136359.05, 198090.35}, {WBI_EXPANSION, 584279.05, 331345.91}, {WBI_BUYERS, 3472, 1364},
    {WBI_REPEAT_BUYERS, 1997, 323},         {WBI_ORDERS, 10348, 1929},           {WBI_REVENUE, 5060623.15, 1039318.79},
    {WBI_RETURNING_REVENUE, 3903902.95, 864597.03}, {WBI_TOP_REVENUE, 3585674.35, 668592.92}, {WBI_MEDIAN_GAP, 31, 33},
};

static void against_sql(void **state)
{
    static const uint64_t june[] = {242, 42, 38, 64, 56, 81}; /* new in June, by the months in which they ordered */
    const size_t october = 5;
    wb_kpis *kpis;
    wb_error err;
    wb_kpi_options options = range("2011-06-01", "2011-12-01");
    options.by_month = 1;
    options.active_within_us = 60 * WB_DAY_US;
    if (getenv("WINBACK_DATA") == NULL)
        skip();
    assert_ok(compute(&kpis, *state,
                      "tables:\n  orders:\n    file: ${WINBACK_DATA}/uci_online_retail/online_retail.csv.gz\n    customer: CustomerID\n"
                      "    time: InvoiceDate\n    where: not starts_with(InvoiceNo, 'C')\n    group_by: InvoiceNo\n"
                      "    columns: {amount: {expr: Quantity * UnitPrice}}\n",
                      &options, 2, &err),
              &err);
    for (size_t i = 0; i < sizeof online_retail / sizeof online_retail[0]; i++) {
        assert_close(term(kpis, 0, online_retail[i].term), online_retail[i].whole, 1e-12);
        assert_close(term(kpis, october, online_retail[i].term), online_retail[i].october, 1e-12);
    }
    assert_close(figure(kpis, 0, "days_between_purchases")->value, 52.50805723862318, 1e-12);
    assert_close(figure(kpis, october, "days_between_purchases")->value, 57.72767527675277, 1e-12);
    for (size_t age = 0; age < 6; age++)
        assert_int_equal(kpis->cohorts.n_ordered[age], june[age]);
    wb_kpi_free(kpis);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_a_plain_loop),
        cmocka_unit_test(same_for_any_threads),
        cmocka_unit_test(against_sql),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
