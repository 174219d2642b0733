/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lives as lines of CSV. */
#ifndef WINBACK_SIMULATE_ROWS_H
#define WINBACK_SIMULATE_ROWS_H

#include <stdbool.h>

#include "base/buffer.h"
#include "simulate/contact.h"
#include "simulate/outcomes.h"

typedef enum wbi_shop_file {
    WBI_SHOP_CUSTOMERS = 0,
    WBI_SHOP_ORDERS,
    WBI_SHOP_TICKETS,
    WBI_SHOP_SURVEYS,
    WBI_SHOP_TRUTH,
    WBI_SHOP_ORDERS_AFTER, /* these two of a campaign */
    WBI_SHOP_CAMPAIGN_TRUTH,
    WBI_SHOP_N_FILES
} wbi_shop_file;

const char *wbi_shop_file_name(wbi_shop_file file);
const char *wbi_shop_header(wbi_shop_file file); /* with its line end */

/* The dates of the period, printed once: 10 characters a day. */
typedef struct wbi_calendar {
    char *dates;
    double n_days;
} wbi_calendar;
WB_WARN_UNUSED wb_status wbi_calendar_create(wbi_calendar *out, int64_t start_us, uint32_t n_days, wb_error *err);
void wbi_calendar_free(wbi_calendar *calendar);

/* Appends the lines of one customer to the buffers of the shop's files. What lies at or after the end of the period is an
 * empty cell. */
WB_WARN_UNUSED wb_status wbi_rows_append(wbi_buffer rows[WBI_SHOP_N_FILES], const wbi_life *life, const wbi_shop_contact *contact,
                                         const wbi_calendar *calendar, wb_error *err);
/* Appends the lines of one customer to the buffers of the campaign's files: the orders of the outcome that became real. */
WB_WARN_UNUSED wb_status wbi_rows_append_after(wbi_buffer rows[WBI_SHOP_N_FILES], uint64_t number, const wbi_shop_outcomes *outcomes,
                                               bool contacted, const wbi_calendar *calendar, wb_error *err);

#endif
