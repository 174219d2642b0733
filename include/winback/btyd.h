/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What customers will buy and be worth: the purchase models BG/NBD (Fader, Hardie, Lee, "Counting your customers" the easy
 * way, Marketing Science 24(2), 2005) and Gamma-Gamma (Fader, Hardie, The Gamma-Gamma model of monetary value, 2013), fitted
 * to the orders of a project. docs/clv.md has the formulas. */
#ifndef WINBACK_BTYD_H
#define WINBACK_BTYD_H

#include <math.h>
#include <winback/project.h>
#include <winback/table.h>
#include <winback/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Start from WB_CLV_OPTIONS_INIT. Strings are borrowed during the call only. */
typedef struct wb_clv_options {
    int64_t until_us;       /* what happened before it was seen; WB_TIME_MISSING: as the project's data_until says, else the
                             * end of the day of the last order */
    int64_t unit_us;        /* of t_x, T, alpha and rates: WB_DAY_US or seven of them */
    int64_t horizon_us;     /* how far to look ahead, more than 0 */
    double annual_discount; /* 0 or more: what is bought in a year is worth 1/(1 + it) */
    double margin;          /* 0 to 1: share of the spend that is kept; NaN: as campaign: says, else 1 */
    const char *table;      /* of the orders; NULL: that of the rfm features, usually orders */
    const char *amount;     /* what an order is worth, an expression over the table; NULL: amount, where there is one */
} wb_clv_options;

#define WB_CLV_OPTIONS_INIT {WB_TIME_MISSING, 7 * WB_DAY_US, 364 * WB_DAY_US, 0.1, (double)NAN, NULL, NULL}

/* Purchases while alive: Poisson, with rates that are Gamma(r, alpha) among customers; after each purchase the customer leaves
 * with a probability that is Beta(a, b) among customers. Standard errors come from the curvature of the log likelihood. */
typedef struct wb_bg_nbd {
    double r, alpha, a, b;
    double r_se, alpha_se, a_se, b_se; /* NaN where the curvature does not tell */
    double log_likelihood;
    uint64_t n_customers, n_repeating; /* all; those with a purchase after the first */
    uint64_t n_distinct;               /* triples (x, t_x, T) */
    uint64_t n_starts, n_agreed;       /* of the optimiser; those that came to the same maximum */
} wb_bg_nbd;

/* Spend of a purchase: Gamma(p, nu), with scales nu that are Gamma(q, v) among customers. */
typedef struct wb_gamma_gamma {
    int failed;                        /* not 0: every number of the fit is NaN, and `why` says why */
    double p, q, v;
    double p_se, q_se, v_se;
    double log_likelihood;
    double mean_spend;                 /* of a purchase, over all customers: p v/(q - 1); NaN where q <= 1 */
    uint64_t n_customers, n_left_out;  /* fitted on; with a repeat, but no mean repeat spend above 0 */
    char why[256];
} wb_gamma_gamma;

/* One customer, and what the models expect. Numbers that are not known are NaN. */
typedef struct wb_clv_customer {
    const char *customer_id;   /* borrowed from the wb_clv */
    uint64_t x;                /* dates with a purchase, after the first such date */
    double t_x, t;             /* units from the first purchase to the last, and to the last date before until_us */
    double mean_spend;         /* of a repeat date, the amounts of one date being one purchase */
    double expected_purchases; /* over the horizon */
    double purchase_rate;      /* (r + x)/(alpha + T): purchases a unit, of a customer who has not left */
    double expected_spend;     /* of a purchase: Gamma-Gamma's conditional mean */
    double p_alive;            /* 1 for everybody without a repeat, so it is no score of leaving */
    double value;              /* margin x expected spend x purchases over the horizon, discounted */
} wb_clv_customer;

/* The textbook's formulas, over all customers alike. Numbers that are not known are NaN. */
typedef struct wb_clv_simple {
    double order_value;        /* mean spend of a date with a purchase */
    double orders_per_year;    /* dates with a purchase, per year since the first one, of all customers together */
    double horizon_years;
    double lifetime_value;     /* order value x orders per year x years x margin */
    double churn;              /* of those who bought in a horizon's length before the last such length, the share that did
                                * not in the last one; NaN where the data begin later */
    double value_by_churn;     /* margin of a horizon's length / churn */
} wb_clv_simple;

/* Sums over all customers. */
typedef struct wb_clv_summary {
    int64_t first_us, until_us; /* of the orders; what was seen */
    double margin;              /* as used */
    uint64_t n_customers;
    uint64_t n_orders;          /* before until_us, as the table's `where` leaves them */
    uint64_t n_purchases;       /* dates with an order, of all customers */
    double expected_purchases;  /* over the horizon */
    double value;               /* of the customers of whom it is known; NaN without a Gamma-Gamma model */
} wb_clv_summary;

/* The fitted models and every customer; immutable, for any number of threads. */
typedef struct wb_clv wb_clv;

/* Reads the orders of the project before until_us and fits the models. Fails with WB_ERR_DEGENERATE where BG/NBD cannot be
 * fitted: no customer bought on two dates, or a parameter ran to the end of its range, 1e-4 to 1e4; with WB_ERR_INCONSISTENT
 * when there is no such table, amount or order. A Gamma-Gamma model that fails (no amounts, too few customers, a parameter at the
 * end of its range) is only said so. The same bits for any number of threads. Memory: the orders' times and amounts, packed, and
 * about 250 bytes a customer. */
WB_API WB_WARN_UNUSED wb_status wb_clv_fit(wb_clv **out, const wb_project *project, const wb_clv_options *options,
                                           const wb_read_options *reading, wb_error *err);
WB_API void wb_clv_free(wb_clv *clv); /* NULL-safe */

/* Borrowed. */
WB_API const wb_bg_nbd *wb_clv_bg_nbd(const wb_clv *clv);
WB_API const wb_gamma_gamma *wb_clv_gamma_gamma(const wb_clv *clv);
WB_API const wb_clv_simple *wb_clv_simple_value(const wb_clv *clv);
WB_API const wb_clv_summary *wb_clv_sums(const wb_clv *clv);

/* The customers, in the order of their ids' bytes; SIZE_MAX: there is no such customer. */
WB_API size_t wb_clv_n_customers(const wb_clv *clv);
WB_API const wb_clv_customer *wb_clv_at(const wb_clv *clv, size_t index);
WB_API size_t wb_clv_find(const wb_clv *clv, const char *customer_id);

/* Writes the customers as CSV to a file, whole or not at all, or to "-". */
WB_API WB_WARN_UNUSED wb_status wb_clv_write(const wb_clv *clv, const char *path, int n_threads, wb_error *err);

#ifdef __cplusplus
}
#endif
#endif
