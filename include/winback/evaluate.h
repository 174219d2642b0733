/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How well scores told what happened: overall, by segment, and one score against another. */
#ifndef WINBACK_EVALUATE_H
#define WINBACK_EVALUATE_H

#include <winback/features.h>
#include <winback/metrics.h>
#include <winback/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As the number of resamples: as many as take little time. Up to 1,000, 20 million rows drawn in all; fewer than 200 are not
 * drawn but where the AUC's interval comes from nothing else (rows have weights, or customers several rows), and then 100,
 * unless these are more than 50 million rows. */
#define WB_RESAMPLES_AUTO SIZE_MAX

/* Start from WB_EVALUATE_OPTIONS_INIT. Strings are borrowed during the call only. */
typedef struct wb_evaluate_options {
    const char *target, *positive, *id, *weights; /* as in wb_train_options; `id` of scores, too, unless they have customer_id */
    const char *const *scores;   /* columns of the scores file; NULL: all that are called probability or probability_* but for
                                    the ends of intervals */
    size_t n_scores;
    const char *const *by;       /* columns of the labels (or features) whose values are segments */
    size_t n_by;
    int64_t seen_within_us;      /* > 0: also those alone whose `seen_column` says so; 0: the label's horizon, where that is
                                    known and there is such a column; < 0: not */
    const char *seen_column;     /* days since the customer was last seen; NULL: orders_days_since_last */
    int with_curves;             /* not 0: curves of all rows, for each score */
    wb_metrics_options metrics;
    const char *value_column;    /* its mean (weighted) over the rows is profit.value; NULL: that is given */
    const char *profit_from;     /* who says what contacts cost and bring, for the reader; NULL: nobody, the usual ones are */
    int value_unsaid;            /* not 0: nobody says what a kept customer is worth, so no advice can stand on the profit */
    wb_interval_options intervals;
    const wb_log *log;
    const char *treatment;       /* column of the labels (or features): who was treated, by lot; NULL: nobody asks. Uplift is
                                    judged then, and probabilities on those who were not treated */
    const char *treated, *control; /* as in wb_train_options; NULL both: as the model's, where it knows that treatment */
} wb_evaluate_options;
#define WB_EVALUATE_OPTIONS_INIT                                                                                       \
    {NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, 0, NULL, 0, WB_METRICS_OPTIONS_INIT, NULL, NULL, 0,                     \
     {WB_RESAMPLES_AUTO, 1, 0.95, NULL}, NULL, NULL, NULL, NULL}

/* A score over a group of rows. Strings are borrowed from the evaluation. */
typedef struct wb_evaluated {
    const char *score;           /* "probability", "probability_churn" */
    const char *by, *segment;    /* column and value, "(missing)" for none; both NULL: all rows; `by` the seen column and
                                    `segment` NULL: those seen within the horizon */
    wb_metrics metrics;
    wb_metrics_interval interval;
    wb_curves *curves;           /* NULL unless asked for; of all rows only */
} wb_evaluated;

/* How well a score tells whom treatment serves. */
typedef struct wb_evaluated_uplift {
    const char *score;           /* "uplift", "uplift_new"; and for what ranking by risk is worth, "probability" */
    int is_uplift;               /* not 0: the score says by how much, so that it may be held against the difference */
    wb_qini qini;
} wb_evaluated_uplift;

/* Two scores over all rows. */
typedef struct wb_compared {
    const char *first, *second;
    wb_metrics_difference figures;
} wb_compared;

/* The segments of one column: those of most rows are groups, equals in the order of their values; numbers are in the order of
 * their values, the missing ones last, and where these are more than WB_SEGMENTS_SHOWN the segments are fifths of the rows, parted at
 * R's type 7 quintiles ("12.5 to 20": above 12.5, up to 20). */
enum { WB_SEGMENTS_SHOWN = 20 };
typedef struct wb_segmented {
    const char *by;
    uint64_t n_segments;         /* with rows */
    uint64_t n_left_out, n_rows_left_out; /* of these, and of their rows, in no group */
} wb_segmented;

enum { WB_UNMATCHED_SHOWN = 5, WB_FEW_ROWS = 50 };
typedef struct wb_evaluation {
    const char *target;
    wb_evaluated *groups;        /* score by score: all rows, those seen, then segments, by column */
    size_t n_groups;
    wb_compared *pairs;          /* the first score against each other one */
    size_t n_pairs;
    wb_segmented *columns;       /* of the segments, in the order of `by` */
    size_t n_columns;
    size_t n_scores;
    const char *treatment, *treated, *control; /* column and values; NULL: nobody asked, and what follows is 0 */
    wb_evaluated_uplift *uplifts; /* uplifts, then probabilities, in their order */
    size_t n_uplifts;
    uint64_t n_treated, n_other_arms; /* rows with score and label that were treated; that were of neither arm */
    uint64_t n_rows;             /* with score and label; with a treatment of these those that were not treated */
    uint64_t n_without_label;    /* scores whose (customer, cutoff) has no label, or a missing one */
    uint64_t n_without_score;    /* labels without a score */
    uint64_t n_customers;
    const char *without_label[WB_UNMATCHED_SHOWN], *without_score[WB_UNMATCHED_SHOWN]; /* ids of the first ones, then NULL */
    const char *weights;         /* column; NULL: all 1 */
    int64_t seen_within_us;      /* 0: nobody asked, or there is no way to tell */
    const char *seen_column;
    wb_profit_model profit;
    const char *value_column, *profit_from; /* as in the options */
    int value_unsaid;            /* likewise */
    double threshold, level;
    size_t n_resamples;          /* that intervals were made of; 0: of the AUC alone, by DeLong */
    uint64_t seed;
} wb_evaluation;

/* Of scores and labels that lie in two files, matched by customer and, where both have one, cutoff; where one side alone
 * has cutoffs these must be one. Only the columns that are wanted are read. The key may be there once on each side
 * (WB_ERR_INCONSISTENT, naming it and both lines). Uplift (columns uplift, uplift_*) is read
 * where there is a treatment; there need be no probability then. Probabilities outside [0, 1] or missing are WB_ERR_MALFORMED naming the
 * line, no row with score and label is WB_ERR_INCONSISTENT, rows of one arm alone
 * WB_ERR_DEGENERATE; one class gives figures that are NaN and a warning, fewer than
 * WB_FEW_ROWS rows a warning. Memory: the wanted columns, 4 bytes a line, 21 to 43 bytes for each row of either file while
 * they are matched, then 13 bytes a row, 8 more a score. Same bits for any number of threads. */
WB_API WB_WARN_UNUSED wb_status wb_evaluate_files(wb_evaluation **out, const char *scores, const char *labels,
                                                  const wb_evaluate_options *options, const wb_read_options *reading,
                                                  wb_error *err);
/* Of models over features that have labels: scored here. `names` as in wb_score_models. A customer may have many rows, but one at
 * each cutoff where there are cutoffs (WB_ERR_INCONSISTENT, naming both rows). */
WB_API WB_WARN_UNUSED wb_status wb_evaluate_models(wb_evaluation **out, const wb_model *const *models,
                                                   const char *const *names, size_t n_models, const wb_features *features,
                                                   const wb_evaluate_options *options, wb_error *err);
WB_API void wb_evaluation_free(wb_evaluation *evaluation); /* NULL-safe */

#ifdef __cplusplus
}
#endif
#endif
