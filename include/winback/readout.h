/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Did a campaign pay? Those who were to be contacted against a control group that was drawn like them and left alone. */
#ifndef WINBACK_READOUT_H
#define WINBACK_READOUT_H

#include <math.h>
#include <winback/project.h>
#include <winback/table.h>
#include <winback/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What contacts cost and bring. Numbers that are unsaid are NaN. */
typedef struct wb_readout_costs {
    double margin;       /* above 0, at most 1: what is left of revenue; NaN: no margin, profit and return are made */
    double contact_cost; /* of each customer of a list; 0 or more; NaN: 0 */
    double offer_cost;   /* of each who redeemed; 0 or more; NaN: 0 */
    double take_rate;    /* 0 to 1: of the buyers of a list, who redeemed; NaN: 1. Not used with a condition on orders */
} wb_readout_costs;

/* Start from WB_READOUT_OPTIONS_INIT. Strings are borrowed during the call only. */
typedef struct wb_readout_options {
    wb_readout_costs costs;
    const char *const *by; /* columns by whose values results are parted, too */
    size_t n_by;
    double level;          /* of intervals: above 0, below 1 */
    size_t n_resamples;    /* of the bootstrap; 0: 2,000, fewer for more than 200,000 customers */
    uint64_t seed;
    int n_threads;         /* 0: as many as the machine has */
    const wb_log *log;
} wb_readout_options;
#define WB_READOUT_OPTIONS_INIT {{NAN, NAN, NAN, NAN}, NULL, 0, 0.95, 0, 1, 0, NULL}

typedef enum wb_readout_kind {
    WB_READOUT_RATE = 0, /* a share of the customers */
    WB_READOUT_MONEY     /* an amount a head, in the project's currency */
} wb_readout_kind;

typedef struct wb_readout_measure {
    const char *name; /* "conversion", "revenue", "margin", or a column */
    wb_readout_kind kind;
} wb_readout_measure;

/* NaN where it could not be made. */
typedef struct wb_readout_estimate {
    double value, low, high;
} wb_readout_estimate;

/* What the interval says of a difference: whether 0 lies in it. */
typedef enum wb_readout_verdict {
    WB_READOUT_UNKNOWN = 0, /* no interval: too few customers in an arm, or all have the same value */
    WB_READOUT_NOT_DISTINGUISHABLE,
    WB_READOUT_HIGHER,
    WB_READOUT_LOWER
} wb_readout_verdict;
/* "unknown", "not distinguishable from zero", "higher", "lower"; NULL for any other. */
WB_API const char *wb_readout_verdict_name(wb_readout_verdict verdict);

/* Fewer customers in an arm than this have no interval of money: what a handful spends says nothing of what such customers may spend. */
enum { WB_READOUT_LEAST_CUSTOMERS = 10 };

/* One measure of one arm against the control, by assignment: everybody counts where they were drawn, contacted or not. */
typedef struct wb_readout_effect {
    uint64_t n, n_control;
    int64_t sum, sum_control;     /* customers, or cents */
    double mean, mean_control;    /* share, or amount a head; NaN without customers */
    /* mean - mean_control. Rates: Newcombe's hybrid score interval, his method 10 (Statistics in Medicine 17, 1998). Money: the
     * bootstrap-t, customers drawn with replacement within each arm (Efron and Tibshirani 1993, 12.5 and 16.2); an end that would
     * lie within Welch's interval is put at that one's. */
    wb_readout_estimate difference;
    /* The same post-stratified by tenth of the score: the mean of the tenths' differences, weighted by their customers, which
     * takes out what the arms differ by in scores by chance. Intervals as above: of rates, each arm with the number of
     * customers that would give the variance of its weighted rate; of money, of what lies between each customer and the mean of
     * the tenth and arm. Only of the groups without a column. NaN without scores. */
    wb_readout_estimate adjusted;
    wb_readout_verdict verdict;   /* by `difference` */
} wb_readout_effect;

/* What an arm brought and cost. Amounts are of the whole arm. What was spent is known, not estimated: intervals are those of the
 * difference of revenue. NaN where something is unsaid. */
typedef struct wb_readout_worth {
    wb_readout_estimate revenue, margin; /* incremental: customers of the arm times the difference */
    uint64_t n_redeemed;
    int64_t contact_cents, offer_cents;  /* spent; cost is their sum */
    wb_readout_estimate profit;          /* margin - cost */
    wb_readout_estimate return_on_cost;  /* profit / cost; NaN without a cost */
    wb_readout_verdict verdict;          /* of the profit */
} wb_readout_worth;

/* All customers, or those of one value of a column. effects[arm * n_measures + measure]. */
typedef struct wb_readout_group {
    const char *by, *value; /* NULL: all; "decile" and "1" (highest scores) to "10" of the scores */
    wb_readout_effect *effects;
} wb_readout_group;

typedef struct wb_readout {
    const char *control;
    const char *const *arms; /* in the order of their names' bytes, against the control each */
    size_t n_arms;
    const wb_readout_measure *measures;
    size_t n_measures;
    const wb_readout_group *groups; /* the first is all; then deciles; then each column's, most customers first, or numbers by
                                       value. Of a column at most 20 values */
    size_t n_groups;
    size_t n_values_left_out;       /* of columns with more */
    const wb_readout_worth *worth;  /* by arm; NULL without money */
    uint64_t n_customers;
    size_t n_strata;                /* tenths that were weighted; 0: no scores */
    size_t n_pooled;                /* joined with a neighbour: fewer than two customers in an arm */
    double level;
    size_t n_resamples;
    uint64_t seed;
    wb_readout_costs costs;
    int takes_all;                  /* every buyer is taken to have redeemed: nothing says otherwise */
    /* Of orders; 0 and NULL for a file with outcomes. */
    const char *campaign;           /* NULL: not known */
    int64_t sent_at_us, horizon_us;
    int64_t until_us;               /* end of what was looked at: sent_at + horizon, or the end of the data if that is before */
    uint64_t n_orders;              /* of these customers then */
    uint64_t n_without_amount;      /* of these: count as orders, and as nothing in revenue */
    uint64_t n_unknown;             /* customers without any order or row in customers, ever */
    const char *first_unknown;      /* NULL: none */
    /* What the figures allow to be said, a sentence each. */
    const char *const *sentences;
    size_t n_sentences;
} wb_readout;

/* Who was in a campaign, and when. */
typedef struct wb_readout_source {
    const char *list, *control; /* files with a column customer_id; `probability` (scores), `arm` (several lists), `campaign` where
                                   they have them. control NULL: the rows of the list whose arm is "control" */
    const char *contacts;       /* instead of both: the project's contacts file (customer_id, at, campaign, arm: list or control) */
    const char *campaign;       /* of the contacts or the list; NULL: there must be one only */
    int64_t sent_at_us;         /* WB_TIME_MISSING: of contacts, their `at`; the same for all */
    int64_t horizon_us;         /* more than 0: orders in [sent_at, sent_at + horizon) count */
    const char *redeemed;       /* condition on orders by which a customer has redeemed the offer; NULL: none */
} wb_readout_source;

/* Reads the project's orders (and customers, to tell who is known). `reading` NULL: the usual way. WB_ERR_INCONSISTENT: no
 * customers in an arm, one customer twice or in two arms, fewer than half of them known to the project, no orders after sent_at;
 * WB_ERR_ARGUMENT: options outside their ranges. Memory: the orders' columns that are needed, 100 bytes a customer. Thread-safe;
 * the same bits for any number of threads. */
WB_API WB_WARN_UNUSED wb_status wb_readout_orders(wb_readout **out, const wb_project *project, const wb_readout_source *source,
                                                  const wb_readout_options *options, const wb_read_options *reading, wb_error *err);

/* A file with a row a customer, the arm of each and what became of them. Where it has a column customer_id, a customer that stands
 * there twice, in one arm or in two, is WB_ERR_INCONSISTENT. */
typedef struct wb_readout_file {
    const char *file, *arm, *control;      /* columns; `control` is a value of `arm` */
    const char *const *outcomes;           /* columns of 0 and 1, true and false, yes and no */
    size_t n_outcomes;
    const char *const *money;              /* columns of amounts; the first is revenue */
    size_t n_money;
    const char *score;                     /* column of scores; NULL: `probability`, if there is one */
} wb_readout_file;
WB_API WB_WARN_UNUSED wb_status wb_readout_outcomes(wb_readout **out, const wb_readout_file *file, const wb_readout_options *options,
                                                    const wb_read_options *reading, wb_error *err);

WB_API void wb_readout_free(wb_readout *readout); /* NULL-safe */

/* Newcombe's interval of p1 - p2, of x1 of n1 and x2 of n2: 0 <= x <= n, n > 0 (need not be whole); level as above. */
WB_API wb_readout_estimate wb_readout_rate_difference(double x1, double n1, double x2, double n2, double level);

#ifdef __cplusplus
}
#endif
#endif
