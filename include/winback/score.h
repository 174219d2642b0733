/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scoring: the probability of each customer, from features or straight from events. */
#ifndef WINBACK_SCORE_H
#define WINBACK_SCORE_H

#include <winback/model.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wb_score_report {
    uint64_t n_rows;
    uint64_t n_bad;       /* rows left out by on_error */
    uint64_t n_imputed;   /* cells that were missing */
    uint64_t n_unseen;    /* category cells whose level training did not see */
    uint64_t n_ignored_columns;
    double mean_probability;
} wb_score_report;

/* The project that computes exactly the features the model names, without label and files: give it files
 * (wb_project_take_files) and make an engine of it. A flat model, which has no definitions, is WB_ERR_INCONSISTENT. */
WB_API WB_WARN_UNUSED wb_status wb_model_project(wb_project **out, const wb_model *model, wb_error *err);

/* Scores all rows of `table`, whose columns are found by name; a missing one is WB_ERR_INCONSISTENT, naming the nearest
 * spelling. `probability` has n_rows values. `report` may be NULL. Thread-safe. */
WB_API WB_WARN_UNUSED wb_status wb_score_table(const wb_model *model, const wb_table *table, double *probability,
                                               wb_score_report *report, int n_threads, wb_error *err);

/* The ends of a 95 % interval about each row's probability: low[i] and high[i], n_rows values each, are the logistic
 * function of log-odds -+ 1.96 sqrt(x'Vx), V the covariance of the coefficients and x the row's standardised columns.
 * They tell how well the model knows the probability of customers like this one, not what the customer will do. V is
 * read from `cov_path`, the MODEL.cov that was written with the model; for one just trained it may be NULL. Fails as
 * wb_score_table and, where the model has no covariance (lasso, elastic net, not converged) or the file is not its own,
 * as wb_model_covariance. Thread-safe; same bits for any number of threads. */
WB_API WB_WARN_UNUSED wb_status wb_score_intervals(const wb_model *model, const char *cov_path, const wb_table *table,
                                                   double *low, double *high, int n_threads, wb_error *err);

/* Streams CSV files (gzip, zstd, globs, "-") to the scores file `output` ("-": standard output), in input order:
 * customer_id[, cutoff], probability. Memory is bounded whatever the size. `id`: NULL means customer_id. */
WB_API WB_WARN_UNUSED wb_status wb_score_csv(const wb_model *model, const char *const *inputs, size_t n_inputs,
                                             const char *id, const char *output, const wb_read_options *options,
                                             wb_score_report *report, wb_error *err);

/* Writes the scores of features already in memory in the same form. */
WB_API WB_WARN_UNUSED wb_status wb_score_features(const wb_model *model, const wb_features *features,
                                                  const char *output, int n_threads, wb_score_report *report,
                                                  wb_error *err);

/* Models that score the same rows, into one file: the column of each is probability_<name>. Borrowed during the call only. */
typedef struct wb_score_models {
    const wb_model *const *models;
    const char *const *names; /* distinct, of letters, digits, _, - and .; NULL with one model: the column is probability */
    size_t n;
} wb_score_models;

/* As wb_model_project, of the features that any of the models names. Models whose definitions differ in anything but
 * labels, cutoffs, the end of the data and reasons are WB_ERR_INCONSISTENT. */
WB_API WB_WARN_UNUSED wb_status wb_models_project(wb_project **out, const wb_score_models *models, wb_error *err);

/* As wb_score_csv and wb_score_features, by each of the models; every column has the bytes that the model gives alone. `reports`
 * (may be NULL) has one for each. A feature that is a number to one model and a category to another is
 * WB_ERR_INCONSISTENT. */
WB_API WB_WARN_UNUSED wb_status wb_models_score_csv(const wb_score_models *models, const char *const *inputs,
                                                    size_t n_inputs, const char *id, const char *output,
                                                    const wb_read_options *options, wb_score_report *reports,
                                                    wb_error *err);
WB_API WB_WARN_UNUSED wb_status wb_models_score_features(const wb_score_models *models, const wb_features *features,
                                                         const char *output, int n_threads, wb_score_report *reports,
                                                         wb_error *err);

#ifdef __cplusplus
}
#endif
#endif
