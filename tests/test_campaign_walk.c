/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What contacts are worth, and whom a campaign reaches: cases by hand and hundreds of random ones. */
#include "test_util.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "campaign/depth.h"

static const wbi_terms usual = {.offer_cost = 10, .contact_cost = 1, .keep_rate = 0.3, .strength = 20, .take_rate = 1};

/* p = 0.6, value 200: tau = 0.18, rho = 0.18 + 0.4 = 0.58; 0.18 * 200 - 0.58 * 10 - 1 = 29.2; as fixed + 0.3 slope:
 * -0.4 * 10 - 1 = -5, and 0.6 (200 - 10) = 114. */
static void the_expected_value_is_that_by_hand(void **state)
{
    (void)state;
    wbi_worth w = wbi_worth_of(&usual, 0.6, NAN, 200);
    assert_int_equal(w.value_cents, 2920);
    assert_int_equal(w.cost_micros, 6800000);
    assert_close(w.fixed, -5, 1e-12);
    assert_close(w.slope, 114, 1e-12);
    /* of coming back: the same customer has 0.4 */
    wbi_terms terms = usual;
    terms.returning = true;
    assert_int_equal(wbi_worth_of(&terms, 0.4, NAN, 200).value_cents, 2920);
    /* half of those who stay take the offer: rho = 0.18 + 0.2 = 0.38; 36 - 3.8 - 1 = 31.2 */
    terms = usual;
    terms.take_rate = 0.5;
    w = wbi_worth_of(&terms, 0.6, NAN, 200);
    assert_int_equal(w.value_cents, 3120);
    assert_int_equal(w.cost_micros, 4800000);
    /* nobody leaves, everybody takes: -11; without an offer and with a contact of a tenth of a cent */
    assert_int_equal(wbi_worth_of(&usual, 0, NAN, 200).value_cents, -1100);
    terms = (wbi_terms){.offer_cost = 0, .contact_cost = 0.001, .keep_rate = 0.5, .strength = 20, .take_rate = 1};
    w = wbi_worth_of(&terms, 1, NAN, 10);
    assert_int_equal(w.value_cents, 500);
    assert_int_equal(w.cost_micros, 1000);
    assert_true(wbi_worth_of(&usual, 0.6, NAN, NAN).value_cents == WBI_WORTH_UNKNOWN);
}

/* A contact takes 0.1 off the probability of leaving: tau = 0.1; 20 - 5.8 - 1 = 13.2. The same as what it adds to that of
 * coming back. */
static void uplift_replaces_the_share_that_is_kept(void **state)
{
    (void)state;
    wbi_terms terms = usual;
    assert_int_equal(wbi_worth_of(&terms, 0.6, -0.1, 200).value_cents, 1320);
    assert_int_equal(wbi_worth_of(&terms, 0.6, 0.1, 200).value_cents, -2680);
    terms.returning = true;
    assert_int_equal(wbi_worth_of(&terms, 0.4, 0.1, 200).value_cents, 1320);
}

/* Whatever the numbers: the value is in the middle of what its two parts say, and the cost never below what it is. */
static void parts_add_up(void **state)
{
    (void)state;
    srand(7);
    for (int i = 0; i < 2000; i++) {
        const double u = rand() / (double)RAND_MAX, v = rand() / (double)RAND_MAX, x = rand() / (double)RAND_MAX;
        const wbi_terms terms = {20 * u, 3 * v, 0.01 + 0.9 * x, 5 + 40 * u, v, i % 2 == 0};
        const double p = i % 2 == 0 ? 1 - x : x, value = 300 * u * v;
        const wbi_worth w = wbi_worth_of(&terms, x, NAN, value);
        const double rho = p * terms.keep_rate + (1 - p) * terms.take_rate;
        const double expected = p * terms.keep_rate * value - rho * terms.offer_cost - terms.contact_cost;
        assert_true(fabs((double)w.value_cents / 100 - expected) <= 0.005 + 1e-9);
        const double above = (double)w.cost_micros / 1e6 - (terms.contact_cost + rho * terms.offer_cost);
        assert_true(above > -2e-9 && above < 1e-6);
        assert_close(w.fixed + w.slope * terms.keep_rate, expected, 1e-9);
    }
}

/* SciPy: beta.ppf([0.025, 0.975], 6, 14), and beta.sf(0.25, 6, 14). */
static void the_interval_is_that_of_the_keep_rate(void **state)
{
    (void)state;
    const wbi_keep_rates rates = wbi_keep_rates_of(&usual);
    assert_close(rates.low, 0.12576064, 1e-6);
    assert_close(rates.high, 0.51202935, 1e-6);
    const wbi_profit_interval up = wbi_profit_interval_of(&rates, -25, 100);
    assert_close(up.low, -25 + 100 * rates.low, 1e-12);
    assert_close(up.high, -25 + 100 * rates.high, 1e-12);
    assert_close(up.pays, 0.66775544, 1e-5);
    const wbi_profit_interval down = wbi_profit_interval_of(&rates, 25, -100);
    assert_close(down.low, 25 - 100 * rates.high, 1e-12);
    assert_close(down.pays, 1 - 0.66775544, 1e-5);
    assert_close(wbi_profit_interval_of(&rates, 1, 0).pays, 1, 0);
    assert_close(wbi_profit_interval_of(&rates, -1, 0).pays, 0, 0);
    assert_close(wbi_profit_interval_of(&rates, 1, 5).pays, 1, 0);
    assert_close(wbi_profit_interval_of(&rates, -10, 5).pays, 0, 0);
}

/* 2.80 sqrt(0.2 * 0.8 * (1/9000 + 1/1000)) = 2.80 * 0.4 / 30 = 0.0373333; that effect wants h (1 - h) = 0.09: h = 0.1. */
static void effects_that_can_be_shown(void **state)
{
    (void)state;
    assert_close(wb_campaign_least_effect(0.2, 9000, 1000), 0.4 * 2.80 / 30, 1e-12);
    assert_close(wb_campaign_holdout_for(0.4 * 2.80 / 30, 0.2, 10000), 0.1, 1e-9);
    assert_true(isnan(wb_campaign_least_effect(0.2, 100, 0)) && isnan(wb_campaign_least_effect(0.2, 0, 100)));
    assert_true(isnan(wb_campaign_holdout_for(0.01, 0.2, 10000)));
    /* 4 * 7.84 * 0.16 / 0.0001 = 50176 */
    assert_close(wb_campaign_customers_for(0.01, 0.2), 50176, 0);
    assert_close(wb_campaign_holdout_for(0.01, 0.2, 50176), 0.5, 1e-6);
}

enum { ROWS = 8 };

typedef struct small_case {
    wbi_worth worth[ROWS];
    uint8_t removed[ROWS], held_out[ROWS];
    uint32_t by_id[ROWS], group[ROWS];
    uint64_t most[2];
    wbi_cap cap;
    wbi_walk walk;
} small_case;

/* Values 50, 40, 40, 30, 20, 10, 0, -5 in cents, each at a cost of 2; the ids' order is the rows' reversed; row 3 is held out. */
static void set_case(small_case *c)
{
    static const int64_t values[ROWS] = {50, 40, 40, 30, 20, 10, 0, -5};
    memset(c, 0, sizeof *c);
    for (uint32_t i = 0; i < ROWS; i++) {
        c->worth[i] = (wbi_worth){values[i], 2000000, 0, 0};
        c->by_id[i] = ROWS - 1 - i;
        c->group[i] = i % 2;
    }
    c->held_out[3] = 1;
    c->cap = (wbi_cap){c->group, c->most, 2};
    c->walk = (wbi_walk){c->worth, c->removed, c->held_out, c->by_id, ROWS, NULL, 0, INT64_MAX, UINT64_MAX};
}

static wbi_walked walked(const small_case *c)
{
    wbi_walked w;
    wb_error err;
    assert_ok(wbi_walk_down(&w, &c->walk, &err), &err);
    assert_int_equal(w.n_worthwhile, w.n_capped + w.n_beyond + w.n_list + w.n_control);
    return w;
}

static void check_list(const wbi_walked *w, const uint32_t *rows, size_t n)
{
    assert_int_equal(w->n_list, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(w->sequence[i], rows[i]);
        assert_int_equal(w->chosen[rows[i]], WBI_CHOSEN_LIST);
    }
}

static void a_walk_goes_down_the_values(void **state)
{
    (void)state;
    small_case c;
    set_case(&c);
    wbi_walked w = walked(&c);
    check_list(&w, (const uint32_t[]){0, 2, 1, 4, 5}, 5); /* 2 before 1: of equal values, the first id */
    assert_int_equal(w.chosen[3], WBI_CHOSEN_CONTROL);
    assert_int_equal(w.n_eligible, 8);
    assert_int_equal(w.n_worthwhile, 6);
    assert_int_equal(w.n_sequence, 7); /* those below 0 too, for the curve */
    wbi_walked_free(&w);
    c.removed[0] = 1;
    c.walk.budget_micros = 5999999; /* two and a bit */
    w = walked(&c);
    check_list(&w, (const uint32_t[]){2, 1}, 2);
    assert_int_equal(w.chosen[3], WBI_CHOSEN_NONE); /* whom the budget would not have reached is no control */
    assert_int_equal(w.n_beyond, 3);
    wbi_walked_free(&w);
    c.walk.budget_micros = 6000000; /* exactly three: the third follows the one held out */
    w = walked(&c);
    check_list(&w, (const uint32_t[]){2, 1, 4}, 3);
    assert_int_equal(w.n_control, 1);
    wbi_walked_free(&w);
}

static void limits_and_caps_hold(void **state)
{
    (void)state;
    small_case c;
    set_case(&c);
    c.walk.max_contacts = 3;
    wbi_walked w = walked(&c);
    check_list(&w, (const uint32_t[]){0, 2, 1}, 3);
    assert_int_equal(w.n_control, 0); /* 3 comes when the list is full */
    wbi_walked_free(&w);
    c.walk.max_contacts = UINT64_MAX;
    c.most[0] = 1, c.most[1] = UINT64_MAX; /* of even rows one */
    c.walk.caps = &c.cap, c.walk.n_caps = 1;
    w = walked(&c);
    check_list(&w, (const uint32_t[]){0, 1, 5}, 3);
    assert_int_equal(w.n_capped, 2);
    assert_int_equal(w.n_control, 1);
    wbi_walked_free(&w);
    c.most[1] = 0;
    w = walked(&c);
    check_list(&w, (const uint32_t[]){0}, 1);
    assert_int_equal(w.n_control, 0); /* nor is a capped one */
    wbi_walked_free(&w);
    for (size_t i = 0; i < ROWS; i++)
        c.worth[i].value_cents = -1;
    w = walked(&c);
    assert_int_equal(w.n_list + w.n_control + w.n_worthwhile, 0);
    wbi_walked_free(&w);
}

/* ---- random campaigns */

typedef struct random_case {
    size_t n;
    double *probability, *value;
    wbi_worth *worth;
    uint8_t *removed, *held_out;
    uint32_t *by_id, *group;
    uint64_t most[3];
    wbi_cap cap;
    wbi_walk walk;
    wbi_terms terms;
    double budget;
} random_case;

static double uniform(void)
{
    return rand() / (RAND_MAX + 1.0);
}

static void set_random(random_case *c)
{
    *c = (random_case){.n = (size_t)rand() % 400, .budget = uniform() < 0.5 ? NAN : 1 + 300 * uniform()};
    const size_t room = c->n + 1;
    c->probability = calloc(room, sizeof *c->probability);
    c->value = calloc(room, sizeof *c->value);
    c->worth = calloc(room, sizeof *c->worth);
    c->removed = calloc(room, 1);
    c->held_out = calloc(room, 1);
    c->by_id = calloc(room, sizeof *c->by_id);
    c->group = calloc(room, sizeof *c->group);
    c->terms = (wbi_terms){10 * uniform(), 2 * uniform(), 0.05 + 0.9 * uniform(), 1 + 50 * uniform(), uniform(), uniform() < 0.3};
    for (size_t i = 0; i < c->n; i++) {
        c->probability[i] = (double)(rand() % 50) / 50; /* many alike */
        c->value[i] = 100 * uniform();
        c->worth[i] = wbi_worth_of(&c->terms, c->probability[i], NAN, c->value[i]);
        c->removed[i] = uniform() < 0.1;
        c->held_out[i] = uniform() < 0.2;
        c->group[i] = (uint32_t)rand() % 3;
        c->by_id[i] = (uint32_t)i;
    }
    c->most[0] = (uint64_t)rand() % 50, c->most[1] = UINT64_MAX, c->most[2] = (uint64_t)rand() % 200;
    c->cap = (wbi_cap){c->group, c->most, 3};
    c->walk = (wbi_walk){c->worth, c->removed, c->held_out, c->by_id, c->n, &c->cap, (size_t)rand() % 2,
                         isnan(c->budget) ? INT64_MAX : wbi_to_micros(c->budget), uniform() < 0.5 ? UINT64_MAX : 1 + (uint64_t)rand() % 100};
}

static void free_random(random_case *c)
{
    free(c->probability), free(c->value), free(c->worth), free(c->removed), free(c->held_out), free(c->by_id), free(c->group);
}

/* Costs are summed from the customers' probabilities anew, in the order of the rows. */
static void check_limits(const random_case *c, const wbi_walked *w, const wb_campaign_summary *s)
{
    double cost = 0;
    int64_t profit_cents = 0;
    uint64_t n_list = 0, in_group[3] = {0};
    for (size_t i = 0; i < c->n; i++) {
        const double p = c->terms.returning ? 1 - c->probability[i] : c->probability[i];
        if (w->chosen[i] != WBI_CHOSEN_NONE)
            assert_true(!c->removed[i] && c->worth[i].value_cents > 0 && (w->chosen[i] == WBI_CHOSEN_CONTROL) == c->held_out[i]);
        if (w->chosen[i] != WBI_CHOSEN_LIST)
            continue;
        cost += c->terms.contact_cost + (p * c->terms.keep_rate + (1 - p) * c->terms.take_rate) * c->terms.offer_cost;
        profit_cents += c->worth[i].value_cents;
        in_group[c->group[i]]++;
        n_list++;
    }
    assert_true(isnan(c->budget) || cost <= c->budget + 1e-6);
    assert_true(n_list <= c->walk.max_contacts && n_list == w->n_list);
    for (size_t g = 0; g < 3 && c->walk.n_caps > 0; g++)
        assert_true(in_group[g] <= c->most[g]);
    assert_int_equal(s->list.n, n_list);
    assert_int_equal(s->list.profit_cents, profit_cents);
    assert_true(fabs((double)s->list.cost_cents / 100 - cost) <= 0.0051 + 1e-6 * (double)n_list);
    assert_int_equal(s->list.contacts_cents + s->list.offers_cents, s->list.cost_cents);
    assert_true(s->list.worst_cents + 1 >= s->list.cost_cents);
}

/* Nobody better is left while somebody worse is chosen, but for caps; and the depths agree with the list. */
static void check_depths(const random_case *c, const wbi_walked *w, const wb_campaign_summary *s)
{
    int64_t profit_cents = 0, best = 0;
    for (size_t i = 0; i < w->n_sequence; i++) {
        profit_cents += c->worth[w->sequence[i]].value_cents;
        best = profit_cents > best ? profit_cents : best;
    }
    assert_int_equal(s->best.profit_cents, best);
    assert_true(s->best.n >= s->list.n);
    if (s->n_points > 0) {
        assert_int_equal(s->points[0].n, 0);
        assert_int_equal(s->points[s->n_points - 1].n, w->n_sequence);
        assert_int_equal(s->points[s->n_points - 1].profit_cents, profit_cents);
    }
    for (size_t b = 1; b < s->n_budgets; b++)
        assert_true(s->budgets[b].profit_cents >= s->budgets[b - 1].profit_cents);
    if (!isnan(c->budget)) {
        assert_close(s->budget_factors[2], 1, 0);
        assert_int_equal(s->budgets[2].n, s->list.n);
        assert_int_equal(s->budgets[2].profit_cents, s->list.profit_cents);
        for (size_t b = 0; b + 1 < s->n_budgets; b++)
            assert_true((double)s->budgets[b].cost_cents / 100 <= c->budget * s->budget_factors[b] + 0.0051);
    }
    uint64_t n_list = 0, n_control = 0;
    for (size_t t = 0; t < s->n_tenths; t++) {
        assert_true(s->tenths[t].low <= s->tenths[t].high);
        assert_true(t == 0 || s->tenths[t].low > s->tenths[t - 1].high);
        n_list += s->tenths[t].n_list;
        n_control += s->tenths[t].n_control;
    }
    assert_int_equal(n_list, w->n_list);
    assert_int_equal(n_control, w->n_control);
}

static void no_random_campaign_breaks_its_limits(void **state)
{
    (void)state;
    srand(11);
    for (int i = 0; i < 600; i++) {
        random_case c;
        wbi_walked w;
        wb_error err;
        set_random(&c);
        assert_ok(wbi_walk_down(&w, &c.walk, &err), &err);
        assert_int_equal(w.n_worthwhile, w.n_capped + w.n_beyond + w.n_list + w.n_control);
        wb_campaign_summary s = {.n_scored = c.n};
        const wbi_depths depths = {&w, c.worth, &c.terms, false, c.budget, c.walk.max_contacts};
        wbi_measure_depths(&s, &depths);
        assert_ok(wbi_measure_balance(&s, &w, c.worth, c.probability, c.by_id, &err), &err);
        check_limits(&c, &w, &s);
        check_depths(&c, &w, &s);
        wbi_walked_free(&w);
        free_random(&c);
    }
}

static void memory_that_runs_out_is_said(void **state)
{
    (void)state;
    small_case c;
    set_case(&c);
    const double probability[ROWS] = {0.5};
    wb_status status = WB_ERR_NOMEM;
    for (uint64_t n = 1; status != WB_OK; n++) {
        wbi_walked w = {0};
        wb_error err;
        wb_campaign_summary s = {.n_scored = ROWS};
        wbi_alloc_fail_at(n);
        status = wbi_walk_down(&w, &c.walk, &err);
        if (status == WB_OK)
            status = wbi_measure_balance(&s, &w, c.worth, probability, c.by_id, &err);
        wbi_alloc_fail_at(0);
        assert_true(status == WB_OK || status == WB_ERR_NOMEM);
        wbi_walked_free(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_expected_value_is_that_by_hand),
        cmocka_unit_test(uplift_replaces_the_share_that_is_kept),
        cmocka_unit_test(parts_add_up),
        cmocka_unit_test(the_interval_is_that_of_the_keep_rate),
        cmocka_unit_test(effects_that_can_be_shown),
        cmocka_unit_test(a_walk_goes_down_the_values),
        cmocka_unit_test(limits_and_caps_hold),
        cmocka_unit_test(no_random_campaign_breaks_its_limits),
        cmocka_unit_test(memory_that_runs_out_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
