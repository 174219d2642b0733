/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an arm brought beyond what it would have brought anyway, and what it cost. */
#include <math.h>

#include "base/memory.h"
#include "readout/readout.h"

static const double cents_a_unit = 100;

static double or_else(double value, double usual)
{
    return isnan(value) ? usual : value;
}

/* Who bought: had an order, or in a file with amounts has one that is not 0. */
static int bought(const wbi_readout_trial_rows *rows, size_t row, size_t revenue)
{
    return rows->ids != NULL ? rows->outcome[0][row] : rows->cents[revenue][row] != 0;
}

static uint64_t count_redeemed(const wbi_readout *r, size_t arm, size_t revenue)
{
    const wbi_readout_trial_rows *rows = &r->rows;
    uint64_t n = 0;
    for (size_t i = 0; i < rows->n; i++)
        if (rows->arm[i] == arm && (rows->redeemed != NULL ? rows->redeemed[i] != 0 : bought(rows, i, revenue)))
            n++;
    return rows->redeemed != NULL ? n : (uint64_t)llround(or_else(r->result.costs.take_rate, 1) * (double)n);
}

static wb_readout_estimate times(const wb_readout_estimate *e, double by, double less)
{
    return (wb_readout_estimate){e->value * by - less, e->low * by - less, e->high * by - less};
}

static wb_readout_worth worth_of(const wbi_readout *r, size_t arm, size_t revenue)
{
    const wb_readout_costs *costs = &r->result.costs;
    const wb_readout_effect *effect = &r->groups[0].effects[arm * r->result.n_measures + revenue];
    wb_readout_worth worth = {.n_redeemed = count_redeemed(r, arm + 1, revenue)};
    worth.contact_cents = llround(cents_a_unit * or_else(costs->contact_cost, 0) * (double)effect->n);
    worth.offer_cents = llround(cents_a_unit * or_else(costs->offer_cost, 0) * (double)worth.n_redeemed);
    const double cost = (double)(worth.contact_cents + worth.offer_cents) / cents_a_unit;
    worth.revenue = times(&effect->difference, (double)effect->n, 0);
    worth.margin = times(&worth.revenue, costs->margin, 0);
    worth.profit = times(&worth.margin, 1, cost);
    worth.return_on_cost = times(&worth.profit, cost > 0 ? 1 / cost : (double)NAN, 0);
    worth.verdict = wbi_readout_verdict_of(&worth.profit);
    return worth;
}

wb_status wbi_readout_worths(wbi_readout *r, const wb_readout_options *o, wb_error *err)
{
    size_t revenue = 0;
    while (revenue < r->result.n_measures && r->measures[revenue].kind != WB_READOUT_MONEY)
        revenue++;
    if (revenue == r->result.n_measures)
        return WB_OK;
    r->worth = wbi_alloc_zeroed(r->result.n_arms, sizeof *r->worth);
    if (r->worth == NULL)
        return wbi_fail_nomem(err, r->result.n_arms * sizeof *r->worth);
    for (size_t a = 0; a < r->result.n_arms; a++)
        r->worth[a] = worth_of(r, a, revenue);
    r->result.worth = r->worth;
    r->result.takes_all = r->rows.redeemed == NULL && isnan(o->costs.take_rate) && or_else(o->costs.offer_cost, 0) > 0;
    return WB_OK;
}
