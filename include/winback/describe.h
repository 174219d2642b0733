/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What features look like: how many are missing, how they are spread, how well each alone tells the label's classes. */
#ifndef WINBACK_DESCRIBE_H
#define WINBACK_DESCRIBE_H

#include <winback/features.h>

#ifdef __cplusplus
extern "C" {
#endif

/* min, 5 %, 25 %, median, 75 %, 95 %, max */
#define WB_DESCRIBED_QUANTILES 7
#define WB_DESCRIBED_LEVELS 5

/* A level of a category, not terminated, and the rows that have it. */
typedef struct wb_described_level {
    const char *name;
    size_t length;
    uint64_t n;
} wb_described_level;

/* One feature over all rows. Names are borrowed from the features. */
typedef struct wb_description {
    const char *feature;
    wb_type type;          /* WB_TYPE_NUMBER or WB_TYPE_CATEGORY */
    uint64_t n, n_missing; /* rows with a value, and without */
    double mean, std;      /* of numbers; std for a sample. NaN where there are too few */
    double quantiles[WB_DESCRIBED_QUANTILES]; /* R's type 7 */
    uint64_t n_levels;     /* of categories: levels that some row has */
    wb_described_level levels[WB_DESCRIBED_LEVELS]; /* the most frequent, of equals the first by bytes */
    size_t n_shown;
    /* The area under the ROC curve of this feature alone against the label; above a half when high values, or the levels
     * of high rates, go with 1. Of numbers: ties count half, and missing ones stand together below or above all values,
     * where they separate better. Of categories (missing is a level): in each of five folds of customers, a row's score
     * is its level's rate in the other folds, (positives + base rate) / (rows + 1); the folds' areas are averaged by their
     * pairs, so that a level of few customers does not know its own label. NaN without a label, or with one class. */
    double auc;
    int suspected_leak;  /* auc >= 0.99 or <= 0.01, with at least 10 rows of each class: too good to have been known */
    int too_many_levels; /* wb_names_customers */
} wb_description;

/* Start from WB_DESCRIBE_OPTIONS_INIT. Strings are borrowed during the call only. */
typedef struct wb_describe_options {
    const char *target, *positive; /* as in wb_train_options; target NULL: the first column label_*, which is 0, 1 or missing */
    int n_threads;                 /* 0: as many as the machine has */
} wb_describe_options;
#define WB_DESCRIBE_OPTIONS_INIT {NULL, NULL, 0}

/* Describes every column but customer_id, cutoff, the target and label_*, in their order; rows where the label is missing count
 * for everything but the area. `options` NULL: the usual ones. `*out` has `*n` entries, freed by wb_descriptions_free.
 * Memory: a few numbers a row and thread. Fails with WB_ERR_NOMEM, with WB_ERR_ARGUMENT when the first label_* is neither 0,
 * 1 nor missing, and with WB_ERR_INCONSISTENT as wb_train does when a target that was named is not there or has other than two
 * values. Thread-safe. */
WB_API WB_WARN_UNUSED wb_status wb_describe(wb_description **out, size_t *n, const wb_features *features,
                                            const wb_describe_options *options, wb_error *err);
/* Whether a category of the features has more levels than half their customers (rows, without a customer_id; runs of
 * equal ones, in features that are not ordered by it): one that tells customers apart rather than describing them. */
WB_API int wb_names_customers(const wb_features *features, size_t column);
WB_API void wb_descriptions_free(wb_description *descriptions); /* NULL-safe */

#ifdef __cplusplus
}
#endif
#endif
