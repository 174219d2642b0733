/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scoring: the probability of each customer, from features or straight from events. */
#ifndef WINBACK_SCORE_H
#define WINBACK_SCORE_H

#include <winback/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Values of one feature that a model met. */
typedef struct wb_score_tally {
    uint64_t n_imputed; /* missing ones */
    uint64_t n_unseen;  /* levels that training did not see */
    uint64_t n_outside; /* numbers below the least or above the greatest that training saw */
    uint64_t n_newly_imputed; /* missing ones, where training missed none; 0 elsewhere */
} wb_score_tally;

typedef struct wb_score_report {
    wb_score_tally *features; /* set by the caller: room for as many as the model has terms, in their order; or NULL */
    uint64_t n_rows;
    uint64_t n_bad;        /* rows left out by on_error */
    uint64_t n_duplicates; /* rows of a customer (and cutoff) that an earlier row has, where ids were checked */
    uint64_t n_written;    /* rows of the scores file: all, or n_top */
    uint64_t n_imputed, n_unseen, n_outside, n_newly_imputed; /* over all features */
    uint64_t n_ignored_columns;
    double mean_probability; /* NaN without rows */
    uint64_t n_objected;   /* of events: customers who would have been scored, and object */
} wb_score_report;

/* The project that computes exactly the features the model names, without label and files: give it files
 * (wb_project_take_files) and make an engine of it. A flat model, which has no definitions, is WB_ERR_INCONSISTENT. */
WB_API WB_WARN_UNUSED wb_status wb_model_project(wb_project **out, const wb_model *model, wb_error *err);

/* Scores all rows of `table`, whose columns are found by name; a missing one is WB_ERR_INCONSISTENT, naming the nearest
 * spelling. `probability` has n_rows values. `report` may be NULL. Thread-safe. */
WB_API WB_WARN_UNUSED wb_status wb_score_table(const wb_model *model, const wb_table *table, double *probability,
                                               wb_score_report *report, int n_threads, wb_error *err);

/* What treatment adds to each row's probability: that with it less that without. The latter is what wb_score_table gives. Fails
 * likewise, and with WB_ERR_INCONSISTENT for a model without a treatment. */
WB_API WB_WARN_UNUSED wb_status wb_score_uplift(const wb_model *model, const wb_table *table, double *uplift, int n_threads,
                                                wb_error *err);

/* The ends of a 95 % interval about each row's probability: low[i] and high[i], n_rows values each, are the logistic
 * function of log-odds -+ 1.96 sqrt(x'Vx), V the covariance of the coefficients and x the row's standardised columns,
 * calibrated as the probability itself where the model is (the map counts as known).
 * They tell how well the model knows the probability of customers like this one, not what the customer will do. V is
 * read from `cov_path`, the MODEL.cov that was written with the model; for one just trained it may be NULL. Fails as
 * wb_score_table and, where the model has no covariance (lasso, elastic net, not converged) or the file is not its own,
 * as wb_model_covariance. Thread-safe; same bits for any number of threads. */
WB_API WB_WARN_UNUSED wb_status wb_score_intervals(const wb_model *model, const char *cov_path, const wb_table *table,
                                                   double *low, double *high, int n_threads, wb_error *err);

/* Models that score the same rows, into one file: the columns of each end in _<name>. Borrowed during the call only. */
typedef struct wb_score_models {
    const wb_model *const *models;
    const char *const *names; /* distinct, of letters, digits, _, - and .; NULL with one model: nothing is added */
    const char *const *covariances; /* the files MODEL.cov; NULL without intervals, an entry for a model just trained */
    size_t n;
} wb_score_models;

typedef enum wb_score_format {
    WB_SCORE_CSV = 0,
    WB_SCORE_JSON_LINES /* an object a row; missing is null, and what is kept a string */
} wb_score_format;

/* What is written of each row, and where. Start from WB_SCORE_OPTIONS_INIT. All borrowed during the call only. Columns, in
 * this order: customer_id, cutoff where the rows have one, what is kept, and for each model probability, uplift where it knows a
 * treatment, probability_low, probability_high, logit, decile, band, and the reasons: reason_1, reason_1_contribution,
 * reason_1_actionable, reason_1_text, reason_2 …, reason_down_1 … */
typedef struct wb_score_options {
    const char *output;      /* "-": standard output */
    wb_score_format format;
    int n_digits;            /* significant digits of numbers, 1 to 15; 0: the fewest that read back as the same number */
    const char *id;          /* of files: the column of customers; NULL: customer_id */
    const char *const *keep; /* columns of the input that are written as they stand there */
    size_t n_keep;
    int interval;            /* not 0: the ends of a 95 % interval, see wb_score_intervals */
    int logit;               /* not 0: the log-odds of the probability: calibrated where the model is */
    int decile;              /* not 0: 1 (highest risk) to 10, by the training's out-of-fold scores */
    double band_low, band_high; /* probabilities: below the first is low, from the second on high, else medium; NaN: no bands */
    size_t n_reasons, n_reasons_down; /* features that raise the score most, and that lower it most */
    int reason_text;         /* not 0: with a sentence each */
    size_t n_top;            /* only so many rows, of the highest probability (by the first model), highest first, equals by the model's
                                log-odds, then in the order of the input; 0: all, in that order */
    int check_ids;           /* not 0: count rows whose customer (and cutoff) an earlier one has; up to 64 bytes of memory a row */
    int strict;              /* not 0: WB_ERR_INCONSISTENT, and no file, where no row was scored, such a row was met, or cells of
                                a feature that training did not see: unseen levels, numbers outside its range, missing values where
                                it missed none */
    double tolerance;        /* 0 to 1: the share of a feature's cells that may be so; of strict runs */
    const wb_objections *objections; /* of events: these are not scored; NULL: nobody objects */
} wb_score_options;

#define WB_SCORE_OPTIONS_INIT \
    {"-", WB_SCORE_CSV, 0, NULL, NULL, 0, 0, 0, 0, __builtin_nan(""), __builtin_nan(""), 0, 0, 0, 0, 0, 0, 0, NULL}

/* As wb_model_project, of the features that any of the models names and of those that `options` (NULL: none) keeps.
 * Models whose definitions differ in anything but
 * labels, cutoffs, the end of the data and reasons are WB_ERR_INCONSISTENT. */
WB_API WB_WARN_UNUSED wb_status wb_models_project(wb_project **out, const wb_score_models *models,
                                                  const wb_score_options *options, wb_error *err);

/* Streams CSV files (gzip, zstd, globs, "-") to the file that `options` names, in input order. Bad rows are dealt with as
 * `reading` says. Memory is bounded whatever the size, but for check_ids and n_top. `reports` (may be NULL) has one for each
 * model; every model's columns have the bytes that it gives alone. Features that are missing from the files, or that are a
 * number to one model and a category to another, are WB_ERR_INCONSISTENT, as are deciles of a model without out-of-fold
 * scores. A row whose score is not a number, as its values overflow the model's, is WB_ERR_INCONSISTENT. */
WB_API WB_WARN_UNUSED wb_status wb_score_files(const wb_score_models *models, const char *const *inputs, size_t n_inputs,
                                               const wb_score_options *options, const wb_read_options *reading,
                                               wb_score_report *reports, wb_error *err);

/* The same for the customers that are eligible at `cutoff_us`, straight from an engine over wb_models_project: the bytes that
 * their features file would have given. What is kept are features of that project. Memory: the engine, and some blocks. */
WB_API WB_WARN_UNUSED wb_status wb_score_events(const wb_score_models *models, const wb_engine *engine, int64_t cutoff_us,
                                                const wb_score_options *options, const wb_read_options *reading,
                                                wb_score_report *reports, wb_error *err);

/* The same for features in memory: the bytes that their file would have given. */
WB_API WB_WARN_UNUSED wb_status wb_score_features(const wb_score_models *models, const wb_features *features,
                                                  const wb_score_options *options, const wb_read_options *reading,
                                                  wb_score_report *reports, wb_error *err);

#ifdef __cplusplus
}
#endif
#endif
