/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures of merit of probabilities against outcomes, how sure they are, and the curves behind them. */
#ifndef WINBACK_METRICS_H
#define WINBACK_METRICS_H

#include <winback/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Rows that were scored and whose outcome is known. All arrays have n entries and are borrowed during a call only. */
typedef struct wb_outcomes {
    const double *probability; /* 0 to 1 */
    const uint8_t *outcome;    /* 0 or 1 */
    const double *weight;      /* >= 0; NULL: all 1 */
    const uint32_t *customer;  /* rows of one number belong to one customer; NULL: each row is a customer of its own */
    size_t n;
} wb_outcomes;

/* Shares of the rows, highest scores first, at which lift and capture are told: ceil(n q) rows. */
enum { WB_N_DEPTHS = 5, WB_DEPTH_TENTH = 2 };
WB_API double wb_metrics_depth(size_t index); /* 0.01, 0.05, 0.10, 0.20, 0.30 */

/* What a contact costs and brings, for EMPC: a customer who would leave stays because of the offer with a probability that
 * is Beta(alpha, beta) distributed. Amounts are in the project's currency. */
typedef struct wb_profit_model {
    double alpha, beta;
    double value;        /* of a customer who is kept: clv */
    double offer_cost;   /* d, of an offer that is taken */
    double contact_cost; /* f, of contacting a customer */
} wb_profit_model;
/* R's EMP package: alpha 6, beta 14, clv 200, d 10, f 1 */
#define WB_PROFIT_MODEL_INIT {6, 14, 200, 10, 1}

/* Start from WB_METRICS_OPTIONS_INIT. */
typedef struct wb_metrics_options {
    double threshold; /* 0 to 1: rows of at least so much are called positive */
    wb_profit_model profit;
    int n_threads;    /* 0: as many as the machine has */
} wb_metrics_options;
#define WB_METRICS_OPTIONS_INIT {0.5, WB_PROFIT_MODEL_INIT, 0}

/* Figures that cannot be made (one class) are NaN. All are weighted but the counts. */
typedef struct wb_metrics {
    uint64_t n, n_positive;
    double base_rate;
    double auc;        /* area under the ROC curve, ties count half; weighted Mann-Whitney statistic */
    double pr_auc;     /* average precision: sum over distinct scores of (recall - recall before) * precision */
    double log_loss;   /* mean, natural logarithm, probabilities clipped to [2.2e-16, 1 - 2.2e-16] */
    double brier;      /* mean squared error = miscalibration - discrimination + uncertainty */
    double brier_miscalibration, brier_discrimination, brier_uncertainty; /* by isotonic recalibration: CORP (Dimitriadis,
                                                                             Gneiting, Jordan 2021) */
    double calibration_slope;     /* of a logistic regression of the outcome on the log-odds: 1 is right, below overconfident */
    double calibration_intercept; /* of the same with the slope fixed at 1: 0 is right, above 0 too low probabilities */
    double ece;        /* expected calibration error over 10 bins of equal counts: between the deciles (R type 7); ties stay
                          together */
    double ks;         /* Kolmogorov-Smirnov: the largest distance between the two classes' distributions of scores */
    double gini;       /* 2 auc - 1 */
    double lift[WB_N_DEPTHS];    /* share of positives among the rows to a depth over the base rate; a tie at the edge counts
                                    pro rata */
    double capture[WB_N_DEPTHS]; /* share of all positives that those rows hold */
    double true_positive, false_positive, true_negative, false_negative; /* at the threshold, in weight */
    double empc;          /* expected maximum profit a customer (Verbraken, Verbeke, Baesens 2013) */
    double empc_fraction; /* share of the customers to contact for it */
} wb_metrics;

/* `options` NULL: the usual ones. Fails with WB_ERR_ARGUMENT on values outside the ranges above, naming the row; WB_ERR_NOMEM.
 * Memory: 16 bytes a row, with weights 32. Thread-safe; same bits for any number of threads and any order of the rows. */
WB_API WB_WARN_UNUSED wb_status wb_metrics_compute(wb_metrics *out, const wb_outcomes *rows, const wb_metrics_options *options,
                                                   wb_error *err);

/* The area alone, of scores that need not be probabilities (infinite ones are the lowest and highest): the share of
 * pairs of a positive and a negative row in which the positive has the higher score, ties counting half. NaN with one
 * class. Fails with WB_ERR_ARGUMENT on a score that is NaN, an outcome or a weight as above; WB_ERR_NOMEM.
 * Thread-safe. */
WB_API WB_WARN_UNUSED wb_status wb_metrics_auc(double *auc, const double *score, const uint8_t *outcome,
                                               const double *weight, size_t n, wb_error *err);

/* How sure figures are. */
typedef enum wb_interval_method {
    WB_INTERVAL_NONE = 0, /* one class; no resamples where DeLong's does not hold, or every pair in order */
    WB_INTERVAL_DELONG,   /* the AUC alone: DeLong, DeLong and Clarke-Pearson 1988, on the logit scale; the others bootstrap */
    WB_INTERVAL_BOOTSTRAP /* percentiles of resampled customers */
} wb_interval_method;

/* Start from WB_INTERVAL_OPTIONS_INIT. */
typedef struct wb_interval_options {
    size_t n_resamples; /* of the bootstrap; 0: DeLong alone, where it holds */
    uint64_t seed;
    double level;       /* 0.95 */
    const wb_log *log;  /* progress over the resamples */
} wb_interval_options;
#define WB_INTERVAL_OPTIONS_INIT {1000, 1, 0.95, NULL}

/* Either `options` may be NULL: the usual ones. Customers are drawn with replacement, as many as there are; what is drawn follows
 * from the seed alone, for any number of threads. Percentiles are R's type 7, over the resamples that have the figure. A resample
 * costs a pass over the rows. Fails as wb_metrics_compute does, on 2^32 rows, and with WB_ERR_CANCELLED. Memory: about 80 bytes a
 * row, and 24 more a thread; a second score as much again. */

/* The ends of intervals about each figure: NaN where none was made. There are none of miscalibration, discrimination and ECE: a
 * resample has more of each than the rows it is drawn from, so percentiles could lie above the figure as a whole. */
typedef struct wb_metrics_interval {
    wb_metrics low, high;
    double auc_se;             /* standard error of the AUC, by DeLong or the resamples */
    wb_interval_method auc_by; /* how the AUC's was made; DeLong where all weigh 1, nobody has two rows, each outcome has two, and
                                  some pair is out of order */
    size_t n_resamples;        /* of the others; 0: NaN */
} wb_metrics_interval;
/* `figures` (NULL: not wanted) becomes what wb_metrics_compute gives, to the bit: intervals need them anyway. */
WB_API WB_WARN_UNUSED wb_status wb_metrics_interval_of(wb_metrics_interval *out, wb_metrics *figures, const wb_outcomes *rows,
                                                       const wb_metrics_options *metrics,
                                                       const wb_interval_options *options, wb_error *err);

/* Two scores of the same rows: figures of the first less those of the second, with paired intervals (the same customers
 * are drawn for both; the AUC's by DeLong's covariance where that holds). */
typedef struct wb_metrics_difference {
    wb_metrics difference;
    wb_metrics_interval interval;
    double auc_p; /* two-sided, of equal AUCs, from DeLong's z or the resamples' standard error */
} wb_metrics_difference;
WB_API WB_WARN_UNUSED wb_status wb_metrics_compare(wb_metrics_difference *out, const wb_outcomes *rows,
                                                   const double *other_probability, const wb_metrics_options *metrics,
                                                   const wb_interval_options *options, wb_error *err);

/* What pictures show. Points go from the highest score to the lowest, at most WB_CURVE_POINTS each, and lie on the exact curve;
 * where there are more distinct scores, those are left out that change the picture least. */
enum { WB_CURVE_POINTS = 400, WB_CALIBRATION_BINS = 10, WB_HISTOGRAM_BINS = 40 };
typedef struct wb_curve_point {
    double threshold;     /* probability of the last row within; NaN at depth 0 */
    double depth;         /* share of the rows at or above it, by weight */
    double true_positive_rate, false_positive_rate; /* recall, 1 - specificity */
    double precision;     /* at depth 0 that of the next point */
    double profit;        /* mean a customer of contacting so many, at the mean of the keep rate's distribution */
} wb_curve_point;
typedef struct wb_calibration_bin {
    double n, mean_predicted, observed; /* weight, means */
    double low, high;                   /* 95 % interval of `observed`: Wilson's score */
} wb_calibration_bin;
typedef struct wb_curves {
    wb_curve_point points[WB_CURVE_POINTS + 1]; /* the first is depth 0 */
    size_t n_points;
    wb_calibration_bin bins[WB_CALIBRATION_BINS];
    size_t n_bins; /* fewer where scores tie */
    double histogram_negative[WB_HISTOGRAM_BINS], histogram_positive[WB_HISTOGRAM_BINS]; /* weight a class, bins of equal width
                                                                                            from 0 to 1 */
} wb_curves;
WB_API WB_WARN_UNUSED wb_status wb_metrics_curves(wb_curves *out, const wb_outcomes *rows, const wb_metrics_options *options,
                                                  wb_error *err);

/* Rows of a campaign whose arms were drawn by lot. All arrays have n entries and are borrowed during a call only. */
typedef struct wb_trial_rows {
    const double *score;       /* the higher, the more treatment is said to add; any number */
    const uint8_t *outcome;    /* 0 or 1 */
    const uint8_t *treated;    /* 0 or 1 */
    const double *weight;      /* as in wb_outcomes, as is */
    const uint32_t *customer;
    size_t n;
} wb_trial_rows;

/* What became of the two arms of some rows. */
typedef struct wb_arm_rates {
    double n_treated, n_control;       /* weight */
    double rate_treated, rate_control; /* share of positives; NaN of an arm without weight */
    double difference, low, high; /* the first less the second, and the ends of its interval: Newcombe's hybrid score (1998, method
                                     10), on Kish's effective numbers of rows where these have weights */
    double mean_score;
} wb_arm_rates;

typedef struct wb_qini_point {
    double threshold;     /* score of the last row within; NaN at depth 0 */
    double depth;         /* share of the rows at or above it, by weight */
    double gain;          /* positives gained by treating them */
} wb_qini_point;

/* How well a score tells whom treatment serves. With Y positives and N rows, by weight, among the treated (t) and the others (c) of
 * the k rows of the highest scores, g(k) = Y_t - Y_c N_t / N_c (the last term 0 while N_c is) is what treating them gained (Radcliffe
 * 2007). Rows of one score go in together. */
enum { WB_N_TENTHS = 10 };
typedef struct wb_qini {
    uint64_t n, n_treated;
    wb_arm_rates all;
    wb_arm_rates tenths[WB_N_TENTHS]; /* highest scores first, by weight; rows of one score are all where their middle is */
    double coefficient;   /* area between g and the straight line between its ends, divided by k of all: the mean height of the
                             curve above chance, in positives; NaN without either arm. 0 is chance */
    double low, high, se; /* percentiles of resampled customers, and their standard deviation; NaN without resamples */
    size_t n_resamples;
    wb_qini_point points[WB_CURVE_POINTS + 1]; /* on the curve, the first is depth 0 */
    size_t n_points;
} wb_qini;

/* `options` (NULL: the usual ones) says how many resamples, and what level both kinds of interval have. What is drawn follows from
 * the seed alone, for any number of threads (0: as many as the machine has), and so do all bits. Fails with WB_ERR_ARGUMENT on
 * values outside the ranges above, naming the row; WB_ERR_NOMEM; WB_ERR_CANCELLED. Memory: about 60 bytes a row, and 4 more a
 * thread. Thread-safe. */
WB_API WB_WARN_UNUSED wb_status wb_metrics_qini(wb_qini *out, const wb_trial_rows *rows, const wb_interval_options *options,
                                                int n_threads, wb_error *err);

#ifdef __cplusplus
}
#endif
#endif
