/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <winback/simulate.h>

#include "simulate/blocks.h"
#include "simulate/contact.h"
#include "simulate/stream.h"

enum { N_CUSTOMERS, N_ORDERS, N_TICKETS, N_SURVEYS };

static wb_status draw(const void *context, wbi_shop_worker *worker, uint64_t number, const wbi_calendar *calendar,
                      wbi_buffer rows[WBI_SHOP_N_FILES], int64_t counts[WBI_SHOP_MOST_COUNTS], wb_error *err)
{
    const wb_simulate_options *options = context;
    wbi_life *life = &worker->life;
    wbi_shop_contact contact;
    wbi_shop_stream_set(&worker->rng, WBI_SHOP_STREAM_LIFE, options->seed, number);
    WBI_TRY(wbi_life_draw(life, number, options->n_days, &worker->rng, err));
    wbi_shop_stream_set(&worker->rng, WBI_SHOP_STREAM_CONTACT, options->seed, number);
    wbi_shop_contact_draw(&contact, number, &worker->rng);
    counts[N_CUSTOMERS] += 1;
    counts[N_ORDERS] += (int64_t)life->n_orders;
    counts[N_TICKETS] += (int64_t)life->n_tickets;
    counts[N_SURVEYS] += (int64_t)life->n_surveys;
    return wbi_rows_append(rows, life, &contact, calendar, err);
}

wb_status wb_simulate(const char *dir, const wb_simulate_options *options, wb_simulate_report *report, wb_error *err)
{
    int64_t counts[WBI_SHOP_MOST_COUNTS];
    WBI_TRY(wbi_shop_blocks_check(options, err));
    const wbi_shop_blocks blocks = {options, WBI_SHOP_CUSTOMERS, WBI_SHOP_ORDERS_AFTER, options->n_days, draw, options};
    WBI_TRY(wbi_shop_blocks_run(&blocks, dir, counts, err));
    if (report != NULL)
        *report = (wb_simulate_report){(uint64_t)counts[N_CUSTOMERS], (uint64_t)counts[N_ORDERS], (uint64_t)counts[N_TICKETS],
                                       (uint64_t)counts[N_SURVEYS]};
    return WB_OK;
}
