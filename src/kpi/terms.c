/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of the formulas, and the formulas. */
#include "kpi/terms.h"

#include <string.h>

#define N_OF(list) (sizeof(list) / sizeof(list)[0])

typedef struct term {
    wb_kpi_term term;
    wbi_kpi_need need;
} term;

#define COUNT(key, name, need, meaning) {{key, name, WB_KPI_COUNT, meaning}, need}
#define MONEY(key, name, meaning) {{key, name, WB_KPI_MONEY, meaning}, WBI_NEED_AMOUNT}

static const term terms[] = {
    COUNT("active_start", "active at start", WBI_NEED_ORDERS, "customers with an order in the look-back before the start"),
    COUNT("active_end", "active at end", WBI_NEED_ORDERS, "customers with an order in the look-back before the end"),
    COUNT("retained", "retained", WBI_NEED_ORDERS, "active at start and at end"),
    COUNT("lost", "lost", WBI_NEED_ORDERS, "active at start, not at end"),
    COUNT("new_customers", "new customers", WBI_NEED_ORDERS, "whose first order lies in the range"),
    COUNT("new_active", "new and active at end", WBI_NEED_ORDERS, "new customers who are active at end"),
    COUNT("lapsed_start", "lapsed at start", WBI_NEED_ORDERS, "who ordered before the start, but not in the look-back before it"),
    COUNT("reactivated", "reactivated", WBI_NEED_ORDERS, "lapsed at start, active at end"),
    COUNT("customers", "customers so far", WBI_NEED_ORDERS, "with an order before the end"),
    COUNT("repeat_customers", "customers of two orders", WBI_NEED_ORDERS, "with two orders or more before the end"),
    COUNT("buyers", "buyers", WBI_NEED_ORDERS, "customers with an order in the range"),
    COUNT("repeat_buyers", "buyers of two orders", WBI_NEED_ORDERS, "with two orders or more in the range"),
    COUNT("orders", "orders", WBI_NEED_ORDERS, "in the range"),
    COUNT("new_orders", "orders of new customers", WBI_NEED_ORDERS, "in the range"),
    COUNT("returning_orders", "orders of returning customers", WBI_NEED_ORDERS, "in the range, of customers with an order before the start"),
    MONEY("revenue", "revenue", "amounts of the orders in the range; those below 0 are taken off"),
    MONEY("new_revenue", "revenue of new customers", "in the range"),
    MONEY("returning_revenue", "revenue of returning customers", "in the range, of customers with an order before the start"),
    MONEY("start_revenue", "revenue at start",
          "of those active at start, in the look-back before it; a customer's that is below 0 counts as 0"),
    MONEY("churned_revenue", "churned revenue", "the part of the revenue at start that lost customers had brought"),
    MONEY("contraction", "contraction", "how much less retained customers brought in the look-back before the end than before the start"),
    MONEY("expansion", "expansion", "how much more they did"),
    COUNT("top_buyers", "top buyers", WBI_NEED_AMOUNT, "the fifth of the buyers, rounded up, with the highest revenue in the range"),
    MONEY("top_revenue", "revenue of top buyers", "in the range"),
    COUNT("gaps", "times between purchases", WBI_NEED_ORDERS, "from one date with an order to the customer's next one, where that lies in the range"),
    {{"gap_days", "days between purchases", WB_KPI_DAYS, "their sum"}, WBI_NEED_ORDERS},
    COUNT("ticket_ratings", "rated tickets", WBI_NEED_TICKET_CSAT, "opened in the range, with a rating of 1 to 5"),
    COUNT("ticket_satisfied", "tickets rated 4 or 5", WBI_NEED_TICKET_CSAT, "good"),
    COUNT("ticket_dissatisfied", "tickets rated 1 or 2", WBI_NEED_TICKET_CSAT, "bad"),
    COUNT("survey_ratings", "answers to CSAT surveys", WBI_NEED_SCORE, "sent in the range, of 1 to 5"),
    COUNT("survey_satisfied", "answers of 4 or 5", WBI_NEED_SCORE, "good"),
    COUNT("survey_dissatisfied", "answers of 1 or 2", WBI_NEED_SCORE, "bad"),
    COUNT("nps_answers", "answers to NPS surveys", WBI_NEED_SCORE, "sent in the range, of 0 to 10"),
    COUNT("promoters", "promoters", WBI_NEED_SCORE, "answers of 9 or 10"),
    COUNT("detractors", "detractors", WBI_NEED_SCORE, "answers of 0 to 6"),
    COUNT("seen_customers", "customers of the range", WBI_NEED_VISITS, "active at start, or buyers"),
    COUNT("visit_days", "dates with a visit", WBI_NEED_VISITS, "of the customers of the range, each date once a customer"),
    {{"points_earned", "points earned", WB_KPI_RATIO, "bookings above 0 in the range"}, WBI_NEED_POINTS},
    {{"points_redeemed", "points redeemed", WB_KPI_RATIO, "bookings below 0 in the range, without sign"}, WBI_NEED_POINTS},
    COUNT("members", "members", WBI_NEED_POINTS, "customers with a booking in the range"),
    COUNT("redeemers", "members who redeemed", WBI_NEED_POINTS, "with a booking below 0"),
    COUNT("referrers", "buyers who referred", WBI_NEED_REFERRALS, "buyers with a referral in the range"),
    COUNT("referrals", "referrals", WBI_NEED_REFERRALS, "made in the range"),
    COUNT("joined", "referrals that joined", WBI_NEED_JOINED, "of these, whose friend had joined by the end of the range"),
    {{"median_gap", "median of days between purchases", WB_KPI_DAYS, "of the times between purchases"}, WBI_NEED_ORDERS},
    {{"acquisition_cost", "cost of acquisition", WB_KPI_MONEY, "spent in the range, of kind acquisition where costs have kinds"},
     WBI_NEED_COSTS},
    {{"margin", "margin", WB_KPI_RATE, "share of revenue"}, WBI_NEED_MARGIN},
    {{"days", "days", WB_KPI_DAYS, "dates of the range"}, WBI_NEED_ORDERS},
    {{"look_back_days", "days of the look-back", WB_KPI_DAYS, "in which a customer must have ordered to be active"}, WBI_NEED_ORDERS},
};
_Static_assert(N_OF(terms) == WBI_N_TERMS, "a line for each term");

#define RETENTION "retention"
#define REVENUE "revenue retention"
#define PURCHASES "purchases"
#define VALUE "value"
#define OPINION "satisfaction"
#define LOYALTY "engagement and loyalty"

static const wb_kpi_definition kpis[] = {
    {"active_start", RETENTION, "active at start", WB_KPI_COUNT, "active_start", NULL, 0, "S: ordered in the look-back before the start"},
    {"active_end", RETENTION, "active at end", WB_KPI_COUNT, "active_end", NULL, 0, "E: retained + new and active at end + reactivated"},
    {"retained", RETENTION, "  retained", WB_KPI_COUNT, "retained", NULL, 0, "in S and in E"},
    {"new_active", RETENTION, "  new and active at end", WB_KPI_COUNT, "new_active", NULL, 0, "in E, first order in the range"},
    {"reactivated", RETENTION, "  reactivated", WB_KPI_COUNT, "reactivated", NULL, 0, "in E, had lapsed at start"},
    {"new_customers", RETENTION, "new customers", WB_KPI_COUNT, "new_customers", NULL, 0, "first order in the range, whether active at end or not"},
    {"lost", RETENTION, "lost customers", WB_KPI_COUNT, "lost", NULL, 0, "in S, not in E"},
    {"retention_rate", RETENTION, "retention rate (CRR)", WB_KPI_RATE, "retained", "active_start", 1, "of those active at start, who still are at end"},
    {"churn_rate", RETENTION, "churn rate", WB_KPI_RATE, "lost", "active_start", 1, "1 - retention rate"},
    {"textbook_retention_rate", RETENTION, "retention rate, textbook", WB_KPI_RATE, "active_end - new_active", "active_start", 0,
     "(E - new still there) / S: counts the reactivated as retained, so it may pass 100 %"},
    {"win_back_rate", RETENTION, "win-back rate", WB_KPI_RATE, "reactivated", "lapsed_start", 1, "of those lapsed at start, who are active at end"},
    {"start_revenue", REVENUE, "revenue at start", WB_KPI_MONEY, "start_revenue", NULL, 0, "of those active at start, in the look-back before it"},
    {"churned_revenue", REVENUE, "  churned revenue", WB_KPI_MONEY, "churned_revenue", NULL, 0, "brought by customers who were lost"},
    {"contraction", REVENUE, "  contraction", WB_KPI_MONEY, "contraction", NULL, 0, "less from customers who were retained"},
    {"expansion", REVENUE, "  expansion", WB_KPI_MONEY, "expansion", NULL, 0, "more from customers who were retained"},
    {"gross_revenue_retention", REVENUE, "gross revenue retention", WB_KPI_RATE, "start_revenue - churned_revenue - contraction", "start_revenue",
     0, "expansion left out: at most 100 %"},
    {"net_revenue_retention", REVENUE, "net revenue retention", WB_KPI_RATE, "start_revenue - churned_revenue - contraction + expansion",
     "start_revenue", 0, "above 100 % where those who stay make up for those who leave"},
    {"orders", PURCHASES, "orders", WB_KPI_COUNT, "orders", NULL, 0, "in the range"},
    {"buyers", PURCHASES, "buyers", WB_KPI_COUNT, "buyers", NULL, 0, "customers with an order in the range"},
    {"revenue", PURCHASES, "revenue", WB_KPI_MONEY, "revenue", NULL, 0, "amounts of the orders in the range"},
    {"repeat_purchase_rate", PURCHASES, "repeat purchase rate", WB_KPI_RATE, "repeat_buyers", "buyers", 1, "buyers with two orders or more, within the range"},
    {"repeat_customer_rate", PURCHASES, "repeat rate since the first order", WB_KPI_RATE, "repeat_customers", "customers", 1,
     "customers with two orders or more, of all so far; grows with the age of the data"},
    {"purchase_frequency", PURCHASES, "purchase frequency", WB_KPI_RATIO, "orders", "buyers", 0, "orders a buyer"},
    {"average_order_value", PURCHASES, "average order value", WB_KPI_MONEY, "revenue", "orders", 0, "revenue an order"},
    {"average_order_value_new", PURCHASES, "  order value, new customers", WB_KPI_MONEY, "new_revenue", "new_orders", 0, "of customers whose first order lies in the range"},
    {"average_order_value_returning", PURCHASES, "  order value, returning", WB_KPI_MONEY, "returning_revenue", "returning_orders", 0,
     "of customers who had ordered before the start"},
    {"returning_revenue_share", PURCHASES, "revenue share, returning", WB_KPI_RATE, "returning_revenue", "revenue", 0, "of customers who had ordered before the start"},
    {"top_revenue_share", PURCHASES, "revenue share, top 20 %", WB_KPI_RATE, "top_revenue", "revenue", 0, "of the fifth of the buyers who spend most"},
    {"days_between_purchases", PURCHASES, "days between purchases, mean", WB_KPI_DAYS, "gap_days", "gaps", 0, "from one date with an order to the next"},
    {"days_between_purchases_median", PURCHASES, "days between purchases, median", WB_KPI_DAYS, "median_gap", NULL, 0, "half of them take no longer"},
    {"value_lost", VALUE, "value lost to churn, a year", WB_KPI_MONEY, "churned_revenue * 365 / look_back_days", NULL, 0,
     "revenue a year of those lost, had they gone on as in the look-back"},
    {"margin_lost", VALUE, "  margin lost to churn, a year", WB_KPI_MONEY, "value_lost * margin", NULL, 0, "what of it would have been earned"},
    {"five_points", VALUE, "five points of retention, a year", WB_KPI_MONEY, "0.05 * start_revenue * 365 / look_back_days", NULL, 0,
     "revenue a year of 5 % of those active at start, were they kept"},
    {"five_points_margin", VALUE, "  five points as margin, a year", WB_KPI_MONEY, "five_points * margin", NULL, 0, "what of it would be earned"},
    {"clv", VALUE, "customer lifetime value (CLV)", WB_KPI_MONEY, "margin * revenue / ((active_start + active_end) / 2)", "churn_rate", 0,
     "margin an active customer and period over churn a period; no discount"},
    {"cac", VALUE, "cost of a new customer (CAC)", WB_KPI_MONEY, "acquisition_cost", "new_customers", 0, "what acquisition cost in the range"},
    {"clv_to_cac", VALUE, "CLV : CAC", WB_KPI_RATIO, "clv", "cac", 0, "3 is a usual aim; below 1 growth loses money"},
    {"nps", OPINION, "net promoter score (NPS)", WB_KPI_POINTS, "100 * (promoters - detractors)", "nps_answers", 0, "9-10 minus 0-6, of all answers"},
    {"csat_surveys", OPINION, "CSAT of surveys, 4-5 of 5", WB_KPI_RATE, "survey_satisfied", "survey_ratings", 1, "of all answers"},
    {"csat_surveys_good_bad", OPINION, "  surveys, good / (good + bad)", WB_KPI_RATE, "survey_satisfied", "survey_satisfied + survey_dissatisfied", 1,
     "4-5 against 1-2; 3 is left out"},
    {"csat_tickets", OPINION, "CSAT of tickets, 4-5 of 5", WB_KPI_RATE, "ticket_satisfied", "ticket_ratings", 1, "of all rated tickets"},
    {"csat_tickets_good_bad", OPINION, "  tickets, good / (good + bad)", WB_KPI_RATE, "ticket_satisfied", "ticket_satisfied + ticket_dissatisfied", 1,
     "4-5 against 1-2; 3 is left out"},
    {"engagement", LOYALTY, "engagement", WB_KPI_RATE, "visit_days", "seen_customers * days", 0, "active days / days, of those active at start and of buyers"},
    {"loyalty_redemption_rate", LOYALTY, "loyalty redemption rate", WB_KPI_RATE, "points_redeemed", "points_earned", 0, "points; may pass 100 %"},
    {"loyalty_redeemer_rate", LOYALTY, "  members who redeemed", WB_KPI_RATE, "redeemers", "members", 1, "of members with a booking in the range"},
    {"referral_rate", LOYALTY, "referral rate", WB_KPI_RATE, "referrers", "buyers", 1, "buyers who referred somebody in the range"},
    {"referral_join_rate", LOYALTY, "  referrals that joined", WB_KPI_RATE, "joined", "referrals", 1, "by the end of the range"},
};

size_t wb_kpi_n(void)
{
    return N_OF(kpis);
}

wb_kpi_definition wb_kpi_at(size_t kpi)
{
    return kpis[kpi];
}

size_t wb_kpi_n_terms(void)
{
    return N_OF(terms);
}

wb_kpi_term wb_kpi_term_at(size_t at)
{
    return terms[at].term;
}

wbi_kpi_need wbi_kpi_term_need(size_t at)
{
    return terms[at].need;
}

int wbi_kpi_term_in_hundredths(size_t at)
{
    return terms[at].term.unit == WB_KPI_MONEY || at == WBI_POINTS_EARNED || at == WBI_POINTS_REDEEMED;
}

size_t wbi_kpi_find_term(const char *key)
{
    for (size_t t = 0; t < N_OF(terms); t++)
        if (strcmp(terms[t].term.key, key) == 0)
            return t;
    return SIZE_MAX;
}

size_t wbi_kpi_find(const char *key)
{
    for (size_t k = 0; k < N_OF(kpis); k++)
        if (strcmp(kpis[k].key, key) == 0)
            return k;
    return SIZE_MAX;
}
