/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list gets the outcome with contact, everybody else the one without. Both were there before anybody was chosen. */
#include <math.h>
#include <winback/simulate.h>
#include <winback/time.h>

#include "simulate/assigned.h"
#include "simulate/blocks.h"
#include "simulate/stream.h"

enum { N_ORDERS, REVENUE, LIST_WITH, LIST_WITHOUT, LIST_REVENUE_WITH, LIST_REVENUE_WITHOUT, N_REDEEMED, COUPONS };

static const int64_t most_horizon_us = 3650 * WB_DAY_US;
static const int64_t last_year_end_us = INT64_C(253402300800000000); /* 10000-01-01 */

typedef struct campaign {
    const wb_simulate_options *options;
    wbi_shop_mailing mailing;
    wbi_shop_assigned assigned;
} campaign;

static int64_t end_us(const wb_simulate_options *options)
{
    return options->start_us + options->n_days * WB_DAY_US;
}

static wb_status check(const wb_simulate_options *options, const wb_simulate_mailing *mailing, int64_t sent_us, wb_error *err)
{
    char from[WB_TIME_CHARS + 1], to[WB_TIME_CHARS + 1];
    WBI_TRY(wbi_shop_blocks_check(options, err));
    if (sent_us <= options->start_us || sent_us > end_us(options)) {
        from[wb_time_format(options->start_us, from)] = to[wb_time_format(end_us(options), to)] = '\0';
        return wbi_fail(err, WB_ERR_ARGUMENT, "the mailing is not within the period, after %s and no later than %s", from, to);
    }
    if (mailing->horizon_us < WB_DAY_US || mailing->horizon_us > most_horizon_us)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the horizon is not 1 to 3650 days");
    if (sent_us > last_year_end_us - mailing->horizon_us)
        return wbi_fail(err, WB_ERR_ARGUMENT, "the horizon is not within the years 1 to 9999");
    return WB_OK;
}

static void count_list(const wbi_shop_outcomes *outcomes, int64_t counts[WBI_SHOP_MOST_COUNTS])
{
    counts[LIST_WITH] += outcomes->with.n > 0;
    counts[LIST_WITHOUT] += outcomes->without.n > 0;
    counts[LIST_REVENUE_WITH] += (int64_t)wbi_shop_revenue_cents(&outcomes->with);
    counts[LIST_REVENUE_WITHOUT] += (int64_t)wbi_shop_revenue_cents(&outcomes->without);
    counts[N_REDEEMED] += outcomes->redeems;
    counts[COUPONS] += (int64_t)outcomes->coupon_cents;
}

static wb_status draw(const void *context, wbi_shop_worker *worker, uint64_t number, const wbi_calendar *calendar,
                      wbi_buffer rows[WBI_SHOP_N_FILES], int64_t counts[WBI_SHOP_MOST_COUNTS], wb_error *err)
{
    const campaign *c = context;
    bool contacted = c->assigned.arms[number] == WBI_SHOP_ARM_LIST;
    wbi_shop_outcomes *outcomes = &worker->outcomes;
    wbi_shop_stream_set(&worker->rng, WBI_SHOP_STREAM_LIFE, c->options->seed, number);
    WBI_TRY(wbi_life_draw(&worker->life, number, c->options->n_days, &worker->rng, err));
    WBI_TRY(wbi_shop_outcomes_draw(outcomes, &worker->life, &c->mailing, &worker->rng, err));
    const wbi_shop_outcome *real = contacted ? &outcomes->with : &outcomes->without;
    counts[N_ORDERS] += (int64_t)real->n;
    counts[REVENUE] += (int64_t)wbi_shop_revenue_cents(real);
    if (contacted)
        count_list(outcomes, counts);
    return wbi_rows_append_after(rows, number, outcomes, contacted, calendar, err);
}

static void fill(wb_simulate_campaign_report *out, const campaign *c, const int64_t counts[WBI_SHOP_MOST_COUNTS])
{
    *out = (wb_simulate_campaign_report){
        .n_list = c->assigned.n_list,
        .n_control = c->assigned.n_control,
        .n_orders = (uint64_t)counts[N_ORDERS],
        .revenue_cents = counts[REVENUE],
        .n_list_buyers = (uint64_t)counts[LIST_WITH],
        .n_list_buyers_without = (uint64_t)counts[LIST_WITHOUT],
        .list_revenue_cents = counts[LIST_REVENUE_WITH],
        .list_revenue_without_cents = counts[LIST_REVENUE_WITHOUT],
        .n_redeemed = (uint64_t)counts[N_REDEEMED],
        .coupons_cents = counts[COUPONS],
    };
}

wb_status wb_simulate_campaign(const char *dir, const wb_simulate_options *options, const wb_simulate_mailing *mailing,
                               wb_simulate_campaign_report *report, wb_error *err)
{
    int64_t counts[WBI_SHOP_MOST_COUNTS], sent_us = mailing->sent_us == WB_TIME_MISSING ? end_us(options) : mailing->sent_us;
    WBI_TRY(check(options, mailing, sent_us, err));
    double sent = (double)(sent_us - options->start_us) / (double)WB_DAY_US;
    campaign c = {.options = options,
                  .mailing = {sent, sent + (double)mailing->horizon_us / (double)WB_DAY_US, options->n_days, options->seed}};
    const wbi_shop_blocks blocks = {options, WBI_SHOP_ORDERS_AFTER, WBI_SHOP_N_FILES, (uint32_t)ceil(c.mailing.until), draw, &c};
    wb_status status;
    WBI_TRY_CLEANUP(wbi_shop_assigned_read(&c.assigned, mailing->list, mailing->control, options->n_customers, err));
    WBI_TRY_CLEANUP(wbi_shop_blocks_run(&blocks, dir, counts, err));
    if (report != NULL)
        fill(report, &c, counts);
cleanup:
    wbi_shop_assigned_free(&c.assigned);
    return status;
}
