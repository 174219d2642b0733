/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One walk over all customers: what each of them adds to the terms of every period. */
#ifndef WINBACK_KPI_WALK_H
#define WINBACK_KPI_WALK_H

#include "events/view.h"
#include "kpi/data.h"

/* What a customer spent in a period, for those who spend most. */
typedef struct wbi_kpi_spent {
    int64_t cents;
    uint32_t group;
} wbi_kpi_spent;
typedef struct wbi_kpi_spending { /* of one period, in any order */
    wbi_kpi_spent *items;
    size_t n, capacity;
} wbi_kpi_spending;

/* Sums of some customers; all are integers, so that their order does not matter. */
typedef struct wbi_kpi_sums {
    int64_t *terms;         /* [cell * WBI_N_SUMMED + term] */
    uint32_t **gap_days;    /* by cell: how many times between purchases took so many days; NULL: none */
    uint64_t *n_lost;       /* [cell * n_reasons + reason] */
    uint64_t *cohort_sizes, *cohort_orders;
    wbi_kpi_spending *spending; /* by period */
    uint64_t n_odd_ratings, n_without_amount;
    bool overflowed;
} wbi_kpi_sums;

/* What is the same for all customers. */
typedef struct wbi_kpi_walk {
    const wbi_kpi_data *data;
    const wb_kpis *kpis;      /* periods, groups, cohorts, look-back, n_reasons */
    const uint32_t *group_of; /* by customer; NULL: no groups */
    wbi_dictionary *reasons;  /* every reason there is; n_reasons is one more, for none */
    int64_t first_day;        /* of the data */
    size_t n_days;            /* more than any time between purchases takes */
    int n_threads;
    const wb_log *log;
} wbi_kpi_walk;

/* `sums` is to be cleared by the caller, whatever the status. WB_ERR_INCONSISTENT where sums of money pass int64. */
WB_WARN_UNUSED wb_status wbi_kpi_walk_all(wbi_kpi_sums *sums, const wbi_kpi_walk *walk, wb_error *err);
WB_WARN_UNUSED wb_status wbi_kpi_sums_make(wbi_kpi_sums *sums, const wb_kpis *kpis, wb_error *err);
void wbi_kpi_sums_clear(wbi_kpi_sums *sums, const wb_kpis *kpis);

/* ---- of one customer ---- */

/* What orders say of a customer in a period. */
enum { WBI_KPI_SEEN = 1 /* active at start, or a buyer */, WBI_KPI_BUYER = 2, WBI_KPI_IS_LOST = 4 };

/* Of a customer's events of one table. */
typedef struct wbi_kpi_rows {
    const int64_t *times; /* ascending */
    const double *numbers;
    const wbi_str *texts;
    const int64_t *other_times;
    size_t n;
} wbi_kpi_rows;

typedef struct wbi_kpi_customer {
    const wbi_kpi_walk *walk;
    wbi_kpi_sums *sums;
    size_t number;   /* of the customer, of all */
    uint32_t group;  /* 0: none but everybody */
    uint8_t *flags;  /* by period; filled by the orders */
    int64_t *cents;  /* room for what was spent up to each order */
    int64_t *days;   /* and for dates */
} wbi_kpi_customer;

/* Adds to the term of everybody and of the customer's group. */
void wbi_kpi_add(const wbi_kpi_customer *c, size_t period, size_t term, int64_t amount);
/* In hundredths, halves away from zero; false when it is not finite or past what can be added. */
bool wbi_kpi_hundredths(int64_t *hundredths, double amount);

/* WB_ERR_INCONSISTENT, with file, customer, time and amount, where one of the rows cannot be added in hundredths. */
WB_WARN_UNUSED wb_status wbi_kpi_check_amounts(const wbi_kpi_customer *c, wbi_kpi_table_id table, const wbi_kpi_rows *rows, wb_error *err);

WB_WARN_UNUSED wb_status wbi_kpi_take_orders(wbi_kpi_customer *c, const wbi_kpi_rows *orders, wb_error *err);
void wbi_kpi_take_tickets(const wbi_kpi_customer *c, const wbi_kpi_rows *tickets);
void wbi_kpi_take_surveys(const wbi_kpi_customer *c, const wbi_kpi_rows *surveys);
void wbi_kpi_take_visits(const wbi_kpi_customer *c, const wbi_kpi_rows *visits);
void wbi_kpi_take_bookings(const wbi_kpi_customer *c, const wbi_kpi_rows *bookings);
void wbi_kpi_take_referrals(const wbi_kpi_customer *c, const wbi_kpi_rows *referrals);
void wbi_kpi_take_cancellations(const wbi_kpi_customer *c, const wbi_kpi_rows *cancellations);

/* The first of the ascending times that is not before. */
size_t wbi_kpi_from(const int64_t *times, size_t n, int64_t time_us);

#endif
