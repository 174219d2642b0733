/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a comparison of two rates can show: the normal approximation with one variance for both (Cohen, Statistical power
 * analysis, 1988; Fleiss, Statistical methods for rates and proportions, 2003). */
#include <math.h>
#include <winback/campaign.h>

static const double power_factor = 2.80; /* z(0.975) + z(0.8) = 1.960 + 0.842 */

double wb_campaign_least_effect(double rate, uint64_t n_list, uint64_t n_control)
{
    if (n_list == 0 || n_control == 0)
        return NAN;
    return power_factor * sqrt(rate * (1 - rate) * (1 / (double)n_list + 1 / (double)n_control));
}

double wb_campaign_customers_for(double effect, double rate)
{
    return ceil(4 * power_factor * power_factor * rate * (1 - rate) / (effect * effect));
}

/* The smaller h with n h (1 - h) = f^2 rate (1 - rate)/effect^2. */
double wb_campaign_holdout_for(double effect, double rate, uint64_t n)
{
    const double product = power_factor * power_factor * rate * (1 - rate) / (effect * effect * (double)n);
    return product <= 0.25 ? (1 - sqrt(1 - 4 * product)) / 2 : NAN;
}
