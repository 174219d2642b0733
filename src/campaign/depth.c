/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/depth.h"

#include <math.h>
#include <stdint.h>

/* Sums over the first of a sequence. */
typedef struct sums {
    uint64_t n;
    int64_t cost_micros, profit_cents;
    double fixed, slope;
} sums;

/* Stays at the end of what 64 bits hold. */
static int64_t add(int64_t sum, int64_t value)
{
    int64_t out;
    return __builtin_add_overflow(sum, value, &out) ? (value > 0 ? INT64_MAX : INT64_MIN) : out;
}

static void step(sums *s, const wbi_worth *worth)
{
    s->n++;
    s->cost_micros = add(s->cost_micros, worth->cost_micros);
    s->profit_cents = add(s->profit_cents, worth->value_cents);
    s->fixed += worth->fixed;
    s->slope += worth->slope;
}

static wb_campaign_money money_of(const sums *s, const wbi_depths *d, const wbi_keep_rates *rates)
{
    wbi_profit_interval interval = {NAN, NAN, NAN};
    if (!d->by_uplift)
        interval = wbi_profit_interval_of(rates, s->fixed, s->slope);
    const int64_t cost_cents = wbi_micros_to_cents(s->cost_micros);
    const int64_t contacts_cents = wbi_to_cents((double)s->n * d->terms->contact_cost);
    return (wb_campaign_money){.n = s->n,
                               .contacts_cents = contacts_cents,
                               .offers_cents = cost_cents - contacts_cents,
                               .cost_cents = cost_cents,
                               .worst_cents = wbi_to_cents((double)s->n * (d->terms->contact_cost + d->terms->offer_cost)),
                               .profit_cents = s->profit_cents,
                               .low = interval.low,
                               .high = interval.high,
                               .pays = interval.pays};
}

/* Where the budgets end: the first of the sequence that are worthwhile and fit. */
static const double factors[WB_CAMPAIGN_BUDGETS] = {0.25, 0.5, 1, 2, 4, (double)INFINITY};

static void begin_budgets(wb_campaign_summary *out, const wbi_depths *d)
{
    const bool is_limited = !isnan(d->budget);
    for (size_t b = 0; b < WB_CAMPAIGN_BUDGETS; b++)
        if (is_limited || factors[b] <= 1)
            out->budget_factors[out->n_budgets++] = factors[b];
}

static int64_t limit_micros(const wb_campaign_summary *out, const wbi_depths *d, int64_t list_micros, size_t b)
{
    const double factor = out->budget_factors[b];
    if (isinf(factor))
        return INT64_MAX;
    return isnan(d->budget) ? (int64_t)((double)list_micros * factor) : wbi_to_micros(d->budget * factor);
}

static sums sums_of(const wbi_depths *d, size_t n)
{
    sums s = {0};
    for (size_t i = 0; i < n; i++)
        step(&s, &d->worth[d->walked->sequence[i]]);
    return s;
}

static void measure_budgets(wb_campaign_summary *out, const wbi_depths *d, const wbi_keep_rates *rates, int64_t list_micros)
{
    begin_budgets(out, d);
    sums s = {0};
    size_t b = 0, i = 0;
    for (; b < out->n_budgets; b++) {
        const int64_t limit = limit_micros(out, d, list_micros, b);
        for (; i < d->walked->n_sequence && s.n < d->max_contacts; i++) {
            const wbi_worth *worth = &d->worth[d->walked->sequence[i]];
            if (worth->value_cents <= 0 || add(s.cost_micros, worth->cost_micros) > limit)
                break;
            step(&s, worth);
        }
        out->budgets[b] = money_of(&s, d, rates);
    }
}

void wbi_measure_depths(wb_campaign_summary *out, const wbi_depths *d)
{
    const wbi_keep_rates rates = wbi_keep_rates_of(d->terms);
    const size_t n = d->walked->n_sequence;
    const sums list = sums_of(d, d->walked->n_list);
    out->list = money_of(&list, d, &rates);
    sums s = {0};
    size_t i = 0;
    out->n_points = n == 0 ? 0 : (n < WB_CAMPAIGN_POINTS ? n : WB_CAMPAIGN_POINTS) + 1;
    for (size_t point = 0; point < out->n_points; point++) {
        const size_t depth = (size_t)((double)n * (double)point / (double)(out->n_points - 1) + 0.5);
        for (; i < depth; i++)
            step(&s, &d->worth[d->walked->sequence[i]]);
        out->points[point] = money_of(&s, d, &rates);
    }
    size_t n_best = 0;
    while (n_best < n && d->worth[d->walked->sequence[n_best]].value_cents > 0)
        n_best++;
    const sums best = sums_of(d, n_best);
    out->best = money_of(&best, d, &rates);
    measure_budgets(out, d, &rates, list.cost_micros);
}
