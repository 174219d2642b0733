/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model in words and shapes, and one customer's score in its parts. */
#ifndef WINBACK_EXPLAIN_H
#define WINBACK_EXPLAIN_H

#include <winback/features.h>
#include <winback/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a term adds to the log-odds at one value, less its mean over the training rows. Intervals are of 95 %, estimate -+ 1.96
 * sqrt(x'Vx), x the term's standardised columns there and V their covariance; NaN without one. */
typedef struct wb_effect_point {
    double value;               /* of numbers; NaN of levels and of the missing */
    char *level;                /* of categories; "(missing)" of both; NULL of numbers */
    double log_odds, low, high;
    double odds_ratio, odds_low, odds_high; /* against the typical value; there 1, 1, 1 */
    double share;               /* of the training rows: of those with a value, below `value`, between deciles by a straight line;
                                   of levels and the missing ones their own */
    int is_decile;              /* a decile of the training rows, as are least and greatest; others are knots of a spline, and even
                                   steps over the usual range, of a straight line its ends alone */
} wb_effect_point;

typedef struct wb_effect {
    char *feature;
    const char *kind;           /* as in wb_term */
    const char *unit;           /* of the catalogue: "days", "orders", "money"; "" where it is not the catalogue's */
    char *sentence;             /* "odds are 2.1 times as high where …, as where …": between the deciles, or levels, of most and
                                   least log-odds; numbers' ends aside, where there are others; between the missing and the
                                   typical value where these differ more; "no visible effect between …" up to 1.02 times */
    double importance;          /* mean |contribution| */
    int direction;              /* 1: more of it raises the probability, -1: lowers; 0: both or neither, and categories */
    double odds_ratio, odds_low, odds_high; /* of straight lines, per standard deviation (of log(1 + value), for log1p), with the
                                   model's own interval; else NaN */
    double p;                   /* wb_model_term_test; NaN without */
    wb_effect_point *points;    /* numbers ascending, then the missing ones if training had any; levels, the missing ones among
                                   them, by log-odds, highest first */
    double usual_low, usual_high; /* numbers: where pictures begin and end, each a point: as far beyond the 10th and the 90th
                                   percentile as 1.5 times from the median to there, at most the least and greatest; NaN of
                                   categories */
    size_t n_points, typical;   /* which point is the typical one: the median, or the most frequent level */
    int actionable;             /* wb_reasons_actionable */
} wb_effect;

typedef struct wb_explanation {
    char *target;
    wb_effect *effects;         /* most important first, of equals in the order of the model */
    size_t n_effects;
    double base;                /* log-odds where all columns are at their means */
    uint64_t n_rows;            /* that importance was taken from; 0: those of the model's training */
    int approximate;            /* not 0: the model keeps no importance and no features were given, so it is of straight lines between
                                   deciles; of levels it is right */
    int has_bands;              /* not 0: intervals of the points are there */
} wb_explanation;

/* `features` (NULL: none): importance over these rows, else over those of training. `cov_path` (NULL: none): the MODEL.cov that was
 * written with the model, for the intervals of points; one just trained has them anyhow. Fails as wb_score_table and
 * wb_model_covariance do. Thread-safe; the same bits for any number of threads. */
WB_API WB_WARN_UNUSED wb_status wb_explain_model(wb_explanation **out, const wb_model *model, const wb_features *features,
                                                 const char *cov_path, int n_threads, wb_error *err);
WB_API void wb_explanation_free(wb_explanation *explanation); /* NULL-safe */

/* A feature's part of one customer's score. */
typedef struct wb_part {
    char *feature;
    char *value;              /* as in the table; "" missing */
    char *sentence;           /* wb_reasons_text */
    double contribution;      /* to the log-odds */
    double probability_after; /* logistic function of the base, this part and those before it */
    int actionable;
} wb_part;

/* base + contributions = log_odds, but for rounding; probability is that of scoring: the logistic function of log_odds, then
 * calibrated where the model is. */
typedef struct wb_explained_row {
    char *customer, *cutoff;  /* cutoff NULL where there is none */
    double base, log_odds, probability;
    wb_part *parts;           /* of all features, the strongest first */
    size_t n_parts;
} wb_explained_row;

/* The rows of one customer, in the order of the table (several cutoffs); `*out` has `*n`. WB_ERR_INCONSISTENT where there is none;
 * fails else as wb_score_table. Thread-safe. */
WB_API WB_WARN_UNUSED wb_status wb_explain_customer(wb_explained_row **out, size_t *n, const wb_model *model,
                                                    const wb_features *features, const char *customer, wb_error *err);
WB_API void wb_explained_rows_free(wb_explained_row *rows, size_t n); /* NULL-safe */

#ifdef __cplusplus
}
#endif
#endif
