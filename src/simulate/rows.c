/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every cell is a code, a date of the calendar or a whole number of known width, so rows are written by hand: several
 * times as fast as through printf. */
#include "simulate/rows.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/time.h"

enum { DATE_CHARS = 10, ROW_BYTES = 256 /* no row is longer */ };
#define TRILLION UINT64_C(1000000000000)

static const struct {
    const char *name, *header;
} files[WBI_SHOP_N_FILES] = {
    [WBI_SHOP_CUSTOMERS] = {"customers.csv", "customer_id,signup_date,country,channel,email,email_consent\n"},
    [WBI_SHOP_ORDERS] = {"orders.csv", "order_id,customer_id,ordered_at,amount,discount,channel\n"},
    [WBI_SHOP_TICKETS] = {"tickets.csv", "ticket_id,customer_id,opened_at,first_reply_at,resolved_at,priority,channel,"
                                         "reopens,csat\n"},
    [WBI_SHOP_SURVEYS] = {"surveys.csv", "survey_id,customer_id,kind,sent_at,answered_at,score\n"},
    [WBI_SHOP_TRUTH] = {"truth.csv", "customer_id,died_at,hazard_per_day,hazard_base,reply_factor,resolution_factor,"
                                     "reopen_factor\n"},
    [WBI_SHOP_ORDERS_AFTER] = {"orders_after.csv", "order_id,customer_id,ordered_at,amount,discount,channel,coupon\n"},
    [WBI_SHOP_CAMPAIGN_TRUTH] = {"campaign_truth.csv", "customer_id,persuadable,orders_without,revenue_without,orders_with,"
                                                       "revenue_with,redeems\n"},
};

const char *wbi_shop_file_name(wbi_shop_file file)
{
    return files[file].name;
}

const char *wbi_shop_header(wbi_shop_file file)
{
    return files[file].header;
}

wb_status wbi_calendar_create(wbi_calendar *out, int64_t start_us, uint32_t n_days, wb_error *err)
{
    size_t bytes = (size_t)n_days * DATE_CHARS;
    *out = (wbi_calendar){.dates = wbi_alloc_array(bytes, 1), .n_days = n_days};
    if (out->dates == NULL)
        return wbi_fail_nomem(err, bytes);
    for (uint32_t day = 0; day < n_days; day++) {
        char text[WB_TIME_CHARS];
        wb_time_format(start_us + day * WB_DAY_US, text);
        memcpy(out->dates + (size_t)day * DATE_CHARS, text, DATE_CHARS);
    }
    return WB_OK;
}

void wbi_calendar_free(wbi_calendar *calendar)
{
    wbi_free(calendar->dates);
    *calendar = (wbi_calendar){0};
}

static char *put_text(char *to, const char *text)
{
    return stpcpy(to, text);
}

/* `value` in at least `width` digits. */
static char *put_digits(char *to, uint64_t value, int width)
{
    char digits[20];
    int n = 0;
    while (value > 0 || n < width) {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    }
    while (n > 0)
        *to++ = digits[--n];
    return to;
}

static char *put_cents(char *to, uint64_t cents)
{
    to = put_digits(to, cents / 100, 1);
    *to++ = '.';
    return put_digits(to, cents % 100, 2);
}

/* Twelve decimals: fixed, so that small rates keep their digits and the last bit of a double does not show. */
static char *put_factor(char *to, double value)
{
    double whole = floor(value);
    uint64_t trillionths = (uint64_t)round((value - whole) * 1e12);
    to = put_digits(to, (uint64_t)whole + trillionths / TRILLION, 1);
    *to++ = '.';
    return put_digits(to, trillionths % TRILLION, 12);
}

/* Customers are C and nine digits, which hold the largest number allowed. */
static char *put_customer(char *to, uint64_t number)
{
    *to++ = 'C';
    return put_digits(to, number, 9);
}

/* The id of a customer's `index`-th event: unique without knowing the other customers. */
static char *put_event(char *to, char kind, uint64_t number, size_t index)
{
    *to++ = kind;
    to = put_digits(to, number, 9);
    *to++ = '-';
    to = put_digits(to, index + 1, 1);
    *to++ = ',';
    return put_customer(to, number);
}

static char *put_date(char *to, double at, const wbi_calendar *calendar)
{
    memcpy(to, calendar->dates + (size_t)at * DATE_CHARS, DATE_CHARS);
    return to + DATE_CHARS;
}

/* The second in which `at` lies; nothing when that is past the end. */
static char *put_time(char *to, double at, const wbi_calendar *calendar)
{
    if (!(at < calendar->n_days))
        return to;
    unsigned second = (unsigned)((at - floor(at)) * 86400);
    to = put_date(to, at, calendar);
    *to++ = 'T';
    to = put_digits(to, second / 3600, 2);
    *to++ = ':';
    to = put_digits(to, second / 60 % 60, 2);
    *to++ = ':';
    to = put_digits(to, second % 60, 2);
    *to++ = 'Z';
    return to;
}

static char *put_customer_row(char *to, const wbi_life *life, const wbi_shop_contact *contact, const wbi_calendar *calendar)
{
    to = put_customer(to, life->number);
    *to++ = ',';
    to = put_date(to, life->signup, calendar);
    *to++ = ',';
    to = put_text(to, wbi_countries[life->country]);
    *to++ = ',';
    to = put_text(to, wbi_order_channels[life->channel]);
    *to++ = ',';
    to = put_text(to, contact->email);
    *to++ = ',';
    to = put_text(to, contact->consent);
    *to++ = '\n';
    return to;
}

/* One order, without the end of its line. */
static char *put_order(char *to, uint64_t number, size_t index, const wbi_order *order, const wbi_calendar *calendar)
{
    to = put_event(to, 'O', number, index);
    *to++ = ',';
    to = put_time(to, order->at, calendar);
    *to++ = ',';
    to = put_cents(to, order->amount_cents);
    *to++ = ',';
    to = put_cents(to, order->discount_cents);
    *to++ = ',';
    return put_text(to, wbi_order_channels[order->channel]);
}

static char *put_order_row(char *to, const wbi_life *life, size_t index, const wbi_calendar *calendar)
{
    to = put_order(to, life->number, index, &life->orders[index], calendar);
    *to++ = '\n';
    return to;
}

/* Reopens and rating are known with the resolution. */
static char *put_ticket_row(char *to, const wbi_life *life, size_t index, const wbi_calendar *calendar)
{
    const wbi_ticket *ticket = &life->tickets[index];
    bool resolved = ticket->resolved < calendar->n_days;
    to = put_event(to, 'T', life->number, index);
    *to++ = ',';
    to = put_time(to, ticket->opened, calendar);
    *to++ = ',';
    to = put_time(to, ticket->replied, calendar);
    *to++ = ',';
    to = put_time(to, ticket->resolved, calendar);
    *to++ = ',';
    to = put_text(to, wbi_priorities[ticket->priority]);
    *to++ = ',';
    to = put_text(to, wbi_ticket_channels[ticket->channel]);
    *to++ = ',';
    if (resolved)
        to = put_digits(to, ticket->reopens, 1);
    *to++ = ',';
    if (resolved && ticket->csat > 0)
        to = put_digits(to, ticket->csat, 1);
    *to++ = '\n';
    return to;
}

static char *put_survey_row(char *to, const wbi_life *life, size_t index, const wbi_calendar *calendar)
{
    const wbi_survey *survey = &life->surveys[index];
    to = put_event(to, 'S', life->number, index);
    to = put_text(to, ",nps,");
    to = put_time(to, survey->sent, calendar);
    *to++ = ',';
    to = put_time(to, survey->answered, calendar);
    *to++ = ',';
    if (survey->answered < calendar->n_days)
        to = put_digits(to, survey->score, 1);
    *to++ = '\n';
    return to;
}

static char *put_truth_row(char *to, const wbi_life *life, const wbi_calendar *calendar)
{
    const wbi_hazard *hazard = &life->hazard;
    to = put_customer(to, life->number);
    *to++ = ',';
    to = put_time(to, life->died, calendar);
    const double cells[] = {wbi_hazard_per_day(hazard), hazard->base, hazard->reply, hazard->resolution,
                            hazard->reopen};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        *to++ = ',';
        to = put_factor(to, cells[i]);
    }
    *to++ = '\n';
    return to;
}

/* Room for `n` rows; *to is where they go. */
static wb_status open_rows(char **to, wbi_buffer *buffer, size_t n, wb_error *err)
{
    WBI_TRY(wbi_buffer_reserve(buffer, n * ROW_BYTES, err));
    *to = buffer->data + buffer->length;
    return WB_OK;
}

static void close_rows(wbi_buffer *buffer, const char *end)
{
    buffer->length = (size_t)(end - buffer->data);
}

wb_status wbi_rows_append(wbi_buffer rows[WBI_SHOP_N_FILES], const wbi_life *life, const wbi_shop_contact *contact,
                          const wbi_calendar *calendar, wb_error *err)
{
    char *to;
    WBI_TRY(open_rows(&to, &rows[WBI_SHOP_CUSTOMERS], 1, err));
    close_rows(&rows[WBI_SHOP_CUSTOMERS], put_customer_row(to, life, contact, calendar));

    WBI_TRY(open_rows(&to, &rows[WBI_SHOP_ORDERS], life->n_orders, err));
    for (size_t i = 0; i < life->n_orders; i++)
        to = put_order_row(to, life, i, calendar);
    close_rows(&rows[WBI_SHOP_ORDERS], to);

    WBI_TRY(open_rows(&to, &rows[WBI_SHOP_TICKETS], life->n_tickets, err));
    for (size_t i = 0; i < life->n_tickets; i++)
        to = put_ticket_row(to, life, i, calendar);
    close_rows(&rows[WBI_SHOP_TICKETS], to);

    WBI_TRY(open_rows(&to, &rows[WBI_SHOP_SURVEYS], life->n_surveys, err));
    for (size_t i = 0; i < life->n_surveys; i++)
        to = put_survey_row(to, life, i, calendar);
    close_rows(&rows[WBI_SHOP_SURVEYS], to);

    WBI_TRY(open_rows(&to, &rows[WBI_SHOP_TRUTH], 1, err));
    close_rows(&rows[WBI_SHOP_TRUTH], put_truth_row(to, life, calendar));
    return WB_OK;
}

static char *put_campaign_truth_row(char *to, uint64_t number, const wbi_shop_outcomes *outcomes)
{
    const wbi_shop_outcome *both[] = {&outcomes->without, &outcomes->with};
    to = put_customer(to, number);
    *to++ = ',';
    *to++ = outcomes->persuadable ? '1' : '0';
    for (size_t i = 0; i < 2; i++) {
        *to++ = ',';
        to = put_digits(to, both[i]->n, 1);
        *to++ = ',';
        to = put_cents(to, wbi_shop_revenue_cents(both[i]));
    }
    *to++ = ',';
    *to++ = outcomes->redeems ? '1' : '0';
    *to++ = '\n';
    return to;
}

wb_status wbi_rows_append_after(wbi_buffer rows[WBI_SHOP_N_FILES], uint64_t number, const wbi_shop_outcomes *outcomes,
                                bool contacted, const wbi_calendar *calendar, wb_error *err)
{
    const wbi_shop_outcome *real = contacted ? &outcomes->with : &outcomes->without;
    char *to;
    WBI_TRY(open_rows(&to, &rows[WBI_SHOP_ORDERS_AFTER], real->n, err));
    for (size_t i = 0; i < real->n; i++) {
        to = put_order(to, number, real->numbers[i], &real->orders[i], calendar);
        to = put_text(to, contacted && outcomes->redeems && i == 0 ? ",WINBACK10\n" : ",\n");
    }
    close_rows(&rows[WBI_SHOP_ORDERS_AFTER], to);

    WBI_TRY(open_rows(&to, &rows[WBI_SHOP_CAMPAIGN_TRUTH], 1, err));
    close_rows(&rows[WBI_SHOP_CAMPAIGN_TRUTH], put_campaign_truth_row(to, number, outcomes));
    return WB_OK;
}
