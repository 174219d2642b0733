/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/outcomes.h"

#include <gsl/gsl_randist.h>
#include <math.h>

#include "base/memory.h"
#include "simulate/stream.h"

static const struct {
    double persuadable_share; /* of those who are there and would not order */
    double forgetting_days;   /* over which that share falls to 1 / e for those who have left */
    double return_days;       /* mean time from the mailing to a persuaded customer's order */
    double redeem_share;      /* of those who would order anyway */
    uint64_t coupon_cents;
} offer = {
    .persuadable_share = 0.5, .forgetting_days = 365, .return_days = 7, .redeem_share = 0.5, .coupon_cents = 1000};

static wb_status grow(wbi_shop_outcome *outcome, wb_error *err)
{
    if (outcome->n < outcome->capacity)
        return WB_OK;
    size_t wanted = outcome->capacity == 0 ? 16 : 2 * outcome->capacity;
    wbi_order *orders = wbi_realloc_array(outcome->orders, wanted, sizeof *orders);
    if (orders == NULL)
        return wbi_fail_nomem(err, wanted * sizeof *orders);
    outcome->orders = orders;
    size_t *numbers = wbi_realloc_array(outcome->numbers, wanted, sizeof *numbers);
    if (numbers == NULL)
        return wbi_fail_nomem(err, wanted * sizeof *numbers);
    outcome->numbers = numbers;
    outcome->capacity = wanted;
    return WB_OK;
}

static wb_status add(wbi_shop_outcome *outcome, const wbi_order *order, size_t number, wb_error *err)
{
    WBI_TRY(grow(outcome, err));
    outcome->orders[outcome->n] = *order;
    outcome->numbers[outcome->n++] = number;
    return WB_OK;
}

/* Orders at `at` and then by the customer's rate, until `until`. */
static wb_status add_orders(wbi_shop_outcome *outcome, const wbi_life *life, double at, double until, size_t number,
                            gsl_rng *rng, wb_error *err)
{
    for (; at < until; at += gsl_ran_exponential(rng, 1 / life->order_rate)) {
        wbi_order order = {.at = at};
        wbi_order_fill(&order, life, rng);
        WBI_TRY(add(outcome, &order, number++, err));
    }
    return WB_OK;
}

/* The life goes on behind the period, at the hazard of its end. Gives the time of leaving. */
static wb_status draw_without(wbi_shop_outcome *without, double *left, const wbi_life *life, const wbi_shop_mailing *mailing,
                              gsl_rng *rng, wb_error *err)
{
    *left = life->died;
    for (size_t i = 0; i < life->n_orders; i++)
        if (life->orders[i].at >= mailing->sent && life->orders[i].at < mailing->until)
            WBI_TRY(add(without, &life->orders[i], i, err));
    if (life->died < mailing->n_days)
        return WB_OK;
    wbi_shop_stream_set(rng, WBI_SHOP_STREAM_AFTER, mailing->seed, life->number);
    *left = mailing->n_days + gsl_ran_exponential(rng, 1 / wbi_hazard_per_day(&life->hazard));
    double first = mailing->n_days + gsl_ran_exponential(rng, 1 / life->order_rate);
    return add_orders(without, life, first, fmin(mailing->until, *left), life->n_orders, rng, err);
}

/* Those who would not order may be persuaded: the less often, the longer they have been away. */
static wb_status draw_with(wbi_shop_outcomes *out, const wbi_life *life, const wbi_shop_mailing *mailing, bool willing,
                           gsl_rng *rng, wb_error *err)
{
    for (size_t i = 0; i < out->without.n; i++)
        WBI_TRY(add(&out->with, &out->without.orders[i], out->without.numbers[i], err));
    if (!willing || out->without.n > 0)
        return WB_OK;
    wbi_shop_stream_set(rng, WBI_SHOP_STREAM_RETURN, mailing->seed, life->number);
    double back = mailing->sent + gsl_ran_exponential(rng, offer.return_days);
    return add_orders(&out->with, life, back, mailing->until, life->n_orders, rng, err);
}

static void redeem(wbi_shop_outcomes *out)
{
    wbi_order *first = &out->with.orders[0];
    out->coupon_cents = first->amount_cents < offer.coupon_cents ? first->amount_cents : offer.coupon_cents;
    first->amount_cents -= out->coupon_cents;
    first->discount_cents += out->coupon_cents;
}

wb_status wbi_shop_outcomes_draw(wbi_shop_outcomes *out, const wbi_life *life, const wbi_shop_mailing *mailing, gsl_rng *rng,
                                 wb_error *err)
{
    double left;
    out->without.n = out->with.n = 0;
    out->coupon_cents = 0;
    WBI_TRY(draw_without(&out->without, &left, life, mailing, rng, err));
    wbi_shop_stream_set(rng, WBI_SHOP_STREAM_RESPONSE, mailing->seed, life->number);
    bool known = life->signup < mailing->sent; /* whom nobody knew yet cannot have been mailed */
    double away = fmax(0, mailing->sent - left);
    bool willing = gsl_rng_uniform(rng) < offer.persuadable_share * exp(-away / offer.forgetting_days);
    bool saves = gsl_rng_uniform(rng) < offer.redeem_share;
    WBI_TRY(draw_with(out, life, mailing, known && willing, rng, err));
    out->persuadable = out->without.n == 0 && out->with.n > 0;
    out->redeems = known && out->with.n > 0 && (out->persuadable || saves);
    if (out->redeems)
        redeem(out);
    return WB_OK;
}

uint64_t wbi_shop_revenue_cents(const wbi_shop_outcome *outcome)
{
    uint64_t cents = 0;
    for (size_t i = 0; i < outcome->n; i++)
        cents += outcome->orders[i].amount_cents;
    return cents;
}

static void free_outcome(wbi_shop_outcome *outcome)
{
    wbi_free(outcome->orders);
    wbi_free(outcome->numbers);
}

void wbi_shop_outcomes_free(wbi_shop_outcomes *outcomes)
{
    free_outcome(&outcomes->without);
    free_outcome(&outcomes->with);
    *outcomes = (wbi_shop_outcomes){0};
}
