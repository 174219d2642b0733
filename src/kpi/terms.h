/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is counted and added, by customer group and period, before any formula is asked. */
#ifndef WINBACK_KPI_TERMS_H
#define WINBACK_KPI_TERMS_H

#include <winback/kpi.h>

/* In the order of the table in terms.c. */
typedef enum wbi_kpi_term_id {
    WBI_ACTIVE_START = 0,
    WBI_ACTIVE_END,
    WBI_RETAINED,
    WBI_LOST,
    WBI_NEW_CUSTOMERS,
    WBI_NEW_ACTIVE,
    WBI_LAPSED_START,
    WBI_REACTIVATED,
    WBI_CUSTOMERS,
    WBI_REPEAT_CUSTOMERS,
    WBI_BUYERS,
    WBI_REPEAT_BUYERS,
    WBI_ORDERS,
    WBI_NEW_ORDERS,
    WBI_RETURNING_ORDERS,
    WBI_REVENUE,
    WBI_NEW_REVENUE,
    WBI_RETURNING_REVENUE,
    WBI_START_REVENUE,
    WBI_CHURNED_REVENUE,
    WBI_CONTRACTION,
    WBI_EXPANSION,
    WBI_TOP_BUYERS,
    WBI_TOP_REVENUE,
    WBI_GAPS,
    WBI_GAP_DAYS,
    WBI_TICKET_RATINGS,
    WBI_TICKET_SATISFIED,
    WBI_TICKET_DISSATISFIED,
    WBI_SURVEY_RATINGS,
    WBI_SURVEY_SATISFIED,
    WBI_SURVEY_DISSATISFIED,
    WBI_NPS_ANSWERS,
    WBI_NPS_PROMOTERS,
    WBI_NPS_DETRACTORS,
    WBI_SEEN_CUSTOMERS,
    WBI_VISIT_DAYS,
    WBI_POINTS_EARNED,
    WBI_POINTS_REDEEMED,
    WBI_MEMBERS,
    WBI_REDEEMERS,
    WBI_REFERRERS,
    WBI_REFERRALS,
    WBI_JOINED,
    WBI_N_SUMMED, /* those above are sums over customers, int64 */
    WBI_MEDIAN_GAP = WBI_N_SUMMED,
    WBI_ACQUISITION_COST,
    WBI_MARGIN,
    WBI_DAYS,
    WBI_LOOK_BACK_DAYS,
    WBI_N_TERMS
} wbi_kpi_term_id;

/* What a term is counted from. */
typedef enum wbi_kpi_need {
    WBI_NEED_ORDERS = 0, /* always there */
    WBI_NEED_AMOUNT,
    WBI_NEED_TICKET_CSAT,
    WBI_NEED_SCORE,
    WBI_NEED_VISITS,
    WBI_NEED_POINTS,
    WBI_NEED_REFERRALS,
    WBI_NEED_JOINED,
    WBI_NEED_COSTS,
    WBI_NEED_MARGIN,
    WBI_N_NEEDS
} wbi_kpi_need;

/* By wbi_kpi_term_id. */
wbi_kpi_need wbi_kpi_term_need(size_t term);
/* Whether the term is kept in hundredths: money and points. */
int wbi_kpi_term_in_hundredths(size_t term);
/* Of that key; SIZE_MAX when there is none. */
size_t wbi_kpi_find_term(const char *key);
size_t wbi_kpi_find(const char *key); /* a figure, likewise */

#endif
