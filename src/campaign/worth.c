/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The profit of a contact as in EMPC (Verbraken, Verbeke, Baesens, A novel profit maximizing metric for measuring
 * classification performance of customer churn prediction models, IEEE TKDE 25(5), 2013), with psi = take_rate of those
 * who would stay anyway, 1 there. */
#include "campaign/worth.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

static const double micros_per_unit = 1e6, cents_per_unit = 100;
enum { MICROS_PER_CENT = 10000, HALVINGS = 60 };

int64_t wbi_to_cents(double amount)
{
    return (int64_t)llround(amount * cents_per_unit);
}

int64_t wbi_to_micros(double amount)
{
    return (int64_t)llround(amount * micros_per_unit);
}

int64_t wbi_micros_to_cents(int64_t micros)
{
    return (micros + (micros < 0 ? -1 : 1) * (MICROS_PER_CENT / 2)) / MICROS_PER_CENT;
}

/* Rounded up, but for what lies above only by the arithmetic's error. */
static int64_t cost_micros(double amount)
{
    return (int64_t)ceil(amount * micros_per_unit - 1e-3);
}

wbi_worth wbi_worth_of(const wbi_terms *terms, double probability, double uplift, double value)
{
    const double p = terms->returning ? 1 - probability : probability;
    const double sure = (1 - p) * terms->take_rate; /* takes the offer, whatever the keep rate */
    const double rho = p * terms->keep_rate + sure;
    wbi_worth worth = {WBI_WORTH_UNKNOWN, cost_micros(terms->contact_cost + rho * terms->offer_cost), 0, 0};
    if (isnan(value))
        return worth;
    worth.fixed = -sure * terms->offer_cost - terms->contact_cost;
    if (isnan(uplift)) {
        worth.slope = p * (value - terms->offer_cost);
    } else {
        worth.fixed += (terms->returning ? uplift : -uplift) * value;
        worth.slope = -p * terms->offer_cost;
    }
    worth.value_cents = wbi_to_cents(worth.fixed + worth.slope * terms->keep_rate);
    return worth;
}

/* By halving: gsl_cdf_beta_Pinv does not converge everywhere. */
static double beta_quantile(double share, double a, double b)
{
    double low = 0, high = 1;
    for (int i = 0; i < HALVINGS; i++) {
        const double middle = (low + high) / 2;
        if (gsl_cdf_beta_P(middle, a, b) < share)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

/* P(fixed + slope * rate > 0). */
static double chance_to_pay(double fixed, double slope, double a, double b)
{
    const double even = -fixed / slope;
    if (slope == 0)
        return fixed > 0;
    if (slope > 0)
        return even <= 0 ? 1 : even >= 1 ? 0 : gsl_cdf_beta_Q(even, a, b);
    return even <= 0 ? 0 : even >= 1 ? 1 : gsl_cdf_beta_P(even, a, b);
}

wbi_keep_rates wbi_keep_rates_of(const wbi_terms *terms)
{
    const double a = terms->strength * terms->keep_rate, b = terms->strength * (1 - terms->keep_rate);
    return (wbi_keep_rates){a, b, beta_quantile(0.025, a, b), beta_quantile(0.975, a, b)};
}

wbi_profit_interval wbi_profit_interval_of(const wbi_keep_rates *rates, double fixed, double slope)
{
    const double one = fixed + slope * rates->low, other = fixed + slope * rates->high;
    return (wbi_profit_interval){fmin(one, other), fmax(one, other), chance_to_pay(fixed, slope, rates->a, rates->b)};
}
