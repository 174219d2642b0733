/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Campaigns whose truth is known, as files with outcomes in a folder of their own. Include behind test_util.h. */
#ifndef WINBACK_TESTS_READOUT_TESTING_H
#define WINBACK_TESTS_READOUT_TESTING_H

#include <stdlib.h>
#include <winback/readout.h>

#include "base/random.h"
#include "csv_testing.h"

/* Customers have a score u, uniform between 0 and 1. A share p0 + p1 u of them buys without the mail, q0 + q1 u more with it; what
 * buyers spend has mean 30 (1 + u) and is log-normal. */
typedef struct shop {
    size_t n_list, n_control;
    double p0, p1, q0, q1, sigma;
} shop;

/* Integrals over u. */
static inline double true_rate(const shop *s)
{
    return s->q0 + s->q1 / 2;
}

static inline double true_spend(const shop *s)
{
    return 30 * (s->q0 * 1.5 + s->q1 * (1.0 / 2 + 1.0 / 3));
}

static inline double uniform(uint64_t stream, uint64_t *k)
{
    return ((double)(wbi_random_mix(stream + ++*k * WBI_RANDOM_STEP) >> 11) + 0.5) * 0x1p-53;
}

static inline double normal(uint64_t stream, uint64_t *k)
{
    const double radius = sqrt(-2 * log(uniform(stream, k)));
    return radius * cos(2 * acos(-1) * uniform(stream, k));
}

static inline void write_campaign(const char *name, const shop *s, uint64_t seed)
{
    const uint64_t stream = wbi_random_stream(20240615, seed);
    uint64_t k = 0;
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs("arm,probability,bought,spend\n", file);
    for (size_t i = 0; i < s->n_list + s->n_control; i++) {
        const int mailed = i < s->n_list;
        const double u = uniform(stream, &k), p = s->p0 + s->p1 * u + (mailed ? s->q0 + s->q1 * u : 0);
        const int bought = uniform(stream, &k) < p;
        const double spend = 30 * (1 + u) * exp(s->sigma * normal(stream, &k) - s->sigma * s->sigma / 2);
        fprintf(file, "%s,%.6f,%d,%.2f\n", mailed ? "list" : "control", u, bought, bought ? spend : 0);
    }
    assert_int_equal(fclose(file), 0);
}

static inline wb_status read_out(wb_readout **out, const char *name, const wb_readout_options *options, wb_error *err)
{
    const char *outcomes[] = {"bought"}, *money[] = {"spend"};
    const wb_readout_file file = {.file = name, .arm = "arm", .control = "control", .outcomes = outcomes, .n_outcomes = 1,
                                  .money = money, .n_money = 1};
    return wb_readout_outcomes(out, &file, options, NULL, err);
}

/* How many of the intervals of so many campaigns hold the truth. */
typedef struct coverage {
    size_t n, rate, rate_adjusted, money, money_adjusted;
    double width, width_adjusted; /* of money, mean */
} coverage;

static inline size_t holds(const wb_readout_estimate *e, double truth)
{
    return e->low <= truth && truth <= e->high;
}

/* `n_resamples` 0: as many as usual. */
static inline coverage cover(const shop *s, size_t n_campaigns, size_t n_resamples)
{
    coverage c = {.n = n_campaigns};
    wb_readout_options options = WB_READOUT_OPTIONS_INIT;
    for (size_t i = 0; i < n_campaigns; i++) {
        wb_readout *readout;
        wb_error err;
        write_campaign("campaign.csv", s, i);
        options.seed = i + 1;
        options.n_resamples = n_resamples;
        assert_ok(read_out(&readout, "campaign.csv", &options, &err), &err);
        const wb_readout_effect *rate = &readout->groups[0].effects[0], *money = rate + 1;
        c.rate += holds(&rate->difference, true_rate(s));
        c.rate_adjusted += holds(&rate->adjusted, true_rate(s));
        c.money += holds(&money->difference, true_spend(s));
        c.money_adjusted += holds(&money->adjusted, true_spend(s));
        c.width += (money->difference.high - money->difference.low) / (double)n_campaigns;
        c.width_adjusted += (money->adjusted.high - money->adjusted.low) / (double)n_campaigns;
        wb_readout_free(readout);
    }
    return c;
}

static inline int leave_campaign(void **state)
{
    static const char *const files[] = {"campaign.csv", NULL};
    return leave_folder(state, files);
}

#endif
