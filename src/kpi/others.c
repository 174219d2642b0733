/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What one customer's tickets, answers, visits, bookings, referrals and cancellations add to the terms. */
#include <math.h>

#include "kpi/walk.h"

/* Rows of a period: [*from, *to). */
static void rows_of(const wbi_kpi_customer *c, const wbi_kpi_rows *rows, size_t period, size_t *from, size_t *to)
{
    const wb_kpi_period *p = &c->walk->kpis->periods[period];
    *from = wbi_kpi_from(rows->times, rows->n, p->from_us);
    *to = wbi_kpi_from(rows->times, rows->n, p->to_us);
}

/* Whether a rating lies in a scale; those of the whole range that do not are counted. */
static bool in_scale(const wbi_kpi_customer *c, size_t period, double rating, double low, double high)
{
    if (rating >= low && rating <= high)
        return true;
    c->sums->n_odd_ratings += period == 0 && !isnan(rating);
    return false;
}

typedef struct opinion {
    size_t n, good, bad; /* terms */
    double low, high, bad_to, good_from;
} opinion;
static const opinion of_tickets = {WBI_TICKET_RATINGS, WBI_TICKET_SATISFIED, WBI_TICKET_DISSATISFIED, 1, 5, 2, 4},
                     of_surveys = {WBI_SURVEY_RATINGS, WBI_SURVEY_SATISFIED, WBI_SURVEY_DISSATISFIED, 1, 5, 2, 4},
                     of_promoters = {WBI_NPS_ANSWERS, WBI_NPS_PROMOTERS, WBI_NPS_DETRACTORS, 0, 10, 6, 9};

static void add_rating(const wbi_kpi_customer *c, size_t period, const opinion *of, double rating)
{
    if (!in_scale(c, period, rating, of->low, of->high))
        return;
    wbi_kpi_add(c, period, of->n, 1);
    wbi_kpi_add(c, period, of->good, rating >= of->good_from);
    wbi_kpi_add(c, period, of->bad, rating <= of->bad_to);
}

void wbi_kpi_take_tickets(const wbi_kpi_customer *c, const wbi_kpi_rows *tickets)
{
    size_t from, to;
    for (size_t p = 0; tickets->numbers != NULL && p < c->walk->kpis->n_periods; p++) {
        rows_of(c, tickets, p, &from, &to);
        for (size_t i = from; i < to; i++)
            add_rating(c, p, &of_tickets, tickets->numbers[i]);
    }
}

/* Surveys of no kind are NPS surveys. */
void wbi_kpi_take_surveys(const wbi_kpi_customer *c, const wbi_kpi_rows *surveys)
{
    size_t from, to;
    for (size_t p = 0; surveys->numbers != NULL && p < c->walk->kpis->n_periods; p++) {
        rows_of(c, surveys, p, &from, &to);
        for (size_t i = from; i < to; i++) {
            if (surveys->texts == NULL || wbi_str_is(surveys->texts[i], "nps"))
                add_rating(c, p, &of_promoters, surveys->numbers[i]);
            else if (wbi_str_is(surveys->texts[i], "csat"))
                add_rating(c, p, &of_surveys, surveys->numbers[i]);
        }
    }
}

void wbi_kpi_take_visits(const wbi_kpi_customer *c, const wbi_kpi_rows *visits)
{
    size_t from, to;
    for (size_t p = 0; p < c->walk->kpis->n_periods; p++) {
        int64_t n = 0, before = INT64_MIN;
        if (!(c->flags[p] & WBI_KPI_SEEN))
            continue;
        rows_of(c, visits, p, &from, &to);
        for (size_t i = from; i < to; i++) {
            const int64_t day = wbi_day_of(visits->times[i], c->walk->data->clock);
            n += day != before;
            before = day;
        }
        wbi_kpi_add(c, p, WBI_VISIT_DAYS, n);
    }
}

void wbi_kpi_take_bookings(const wbi_kpi_customer *c, const wbi_kpi_rows *bookings)
{
    size_t from, to;
    for (size_t p = 0; bookings->numbers != NULL && p < c->walk->kpis->n_periods; p++) {
        bool redeemed = false;
        rows_of(c, bookings, p, &from, &to);
        for (size_t i = from; i < to; i++) {
            int64_t points;
            if (isnan(bookings->numbers[i]) || !wbi_kpi_hundredths(&points, bookings->numbers[i]))
                continue;
            wbi_kpi_add(c, p, points > 0 ? WBI_POINTS_EARNED : WBI_POINTS_REDEEMED, points > 0 ? points : -points);
            redeemed = redeemed || points < 0;
        }
        wbi_kpi_add(c, p, WBI_MEMBERS, to > from);
        wbi_kpi_add(c, p, WBI_REDEEMERS, redeemed);
    }
}

void wbi_kpi_take_referrals(const wbi_kpi_customer *c, const wbi_kpi_rows *referrals)
{
    size_t from, to;
    for (size_t p = 0; p < c->walk->kpis->n_periods; p++) {
        rows_of(c, referrals, p, &from, &to);
        wbi_kpi_add(c, p, WBI_REFERRALS, (int64_t)(to - from));
        if (to > from && (c->flags[p] & WBI_KPI_BUYER))
            wbi_kpi_add(c, p, WBI_REFERRERS, 1);
        for (size_t i = from; referrals->other_times != NULL && i < to; i++)
            wbi_kpi_add(c, p, WBI_JOINED, referrals->other_times[i] != WB_TIME_MISSING &&
                                              referrals->other_times[i] < c->walk->kpis->periods[p].to_us);
    }
}

/* The last reason that was stated before the end; the one behind them all is for none. */
static size_t reason_before(const wbi_kpi_customer *c, const wbi_kpi_rows *cancellations, int64_t to_us)
{
    for (size_t i = wbi_kpi_from(cancellations->times, cancellations->n, to_us); i > 0; i--)
        if (cancellations->texts[i - 1].data != NULL)
            return (size_t)wbi_dictionary_find(c->walk->reasons, cancellations->texts[i - 1].data, cancellations->texts[i - 1].length);
    return c->walk->kpis->n_reasons - 1;
}

void wbi_kpi_take_cancellations(const wbi_kpi_customer *c, const wbi_kpi_rows *cancellations)
{
    const wb_kpis *kpis = c->walk->kpis;
    for (size_t p = 0; p < kpis->n_periods; p++) {
        if (!(c->flags[p] & WBI_KPI_IS_LOST))
            continue;
        const size_t cell = p * kpis->n_groups, reason = reason_before(c, cancellations, kpis->periods[p].to_us);
        c->sums->n_lost[cell * kpis->n_reasons + reason]++;
        if (c->group > 0)
            c->sums->n_lost[(cell + c->group) * kpis->n_reasons + reason]++;
    }
}
