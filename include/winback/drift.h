/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether customers still look like those that a model was trained on. */
#ifndef WINBACK_DRIFT_H
#define WINBACK_DRIFT_H

#include <winback/features.h>
#include <winback/model.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum wb_drift_verdict { WB_DRIFT_NONE = 0, WB_DRIFT_SOME, WB_DRIFT_MAJOR } wb_drift_verdict;
/* "none", "some", "major"; NULL for any other. */
WB_API const char *wb_drift_verdict_name(wb_drift_verdict verdict);

/* A bin of a feature: a stretch between the deciles of training, a level, or the missing ones. */
typedef struct wb_drift_bin {
    char *label; /* "up to 12.5", "12.5 to 20", "above 20", "web", "(other)", "(missing)"; of the score "below 10 %", … */
    double share_before, share_now; /* (count + 0.5) / (n + 0.5 B) */
    double psi;  /* its part: (now - before) ln(now / before), never below 0 */
} wb_drift_bin;

/* From which PSI on a drift is some, and major. */
#define WB_DRIFT_SOME_FROM 0.1
#define WB_DRIFT_MAJOR_FROM 0.25

/* Population stability index: the sum of its bins' parts. By chance alone it is about (1/n + 1/m) times a chi-square variable
 * of B - 1 degrees of freedom (Yurdakul 2018), n and m the rows before and now taken as independent; `critical` is that at 1 -
 * 0.05 / features, so that one false alarm in twenty is to be expected of all features of a model together. */
typedef struct wb_drift_feature {
    char *feature;       /* "score" of the score */
    wb_drift_bin *bins;  /* numbers ascending, levels as in the model, then (other) and (missing) */
    size_t n_bins;       /* B. Numbers: at most 10, as deciles that tie are one, and the missing ones, be there any or none.
                            Categories: the levels of the model, (other) and (missing) where there are such before or now */
    double psi, critical;
    wb_drift_verdict verdict; /* SOME: psi above `critical`, and at least WB_DRIFT_SOME_FROM; MAJOR: and at least WB_DRIFT_MAJOR_FROM */
    size_t moved;        /* the bin with the largest part */
    double missing_before, missing_now; /* shares of the rows */
    double unseen_now;   /* share of the rows whose level training did not see; 0 of numbers */
    double outside_now;  /* share of the rows whose number is below the least or above the greatest of training; 0 of categories */
    double importance;   /* mean |contribution to the log-odds| now, to tell which drifts matter; NaN of the score */
    int approximate;     /* not 0: the model was trained by a winback that did not keep how many values lay between deciles; a
                            tenth is taken for each, which is off where values repeat */
} wb_drift_feature;

typedef struct wb_drift {
    wb_drift_feature score; /* out of fold before, in its tenths by weight; n_bins 0: the model keeps none */
    wb_drift_feature *features; /* in the order of the model's terms; each row counts the same, whatever its weight was */
    size_t n_features;
    uint64_t n_before;      /* rows that the model was trained on */
    uint64_t n_score_before; /* and that were tried out of fold; 0: none */
    uint64_t n_now;
    double mean_before, mean_now; /* probability; before it is the base rate, of uplift models that of rows not treated */
    wb_drift_verdict worst; /* of the features and the score */
} wb_drift;

/* Compares features with those of the model's training, and the scores that the model gives them. Columns are found by name;
 * others are ignored. Memory: 8 bytes a row. WB_ERR_INCONSISTENT: a feature's column is not there or of another type, a score is
 * not a number, there are no rows. Thread-safe; the same bits for any number of threads. */
WB_API WB_WARN_UNUSED wb_status wb_drift_measure(wb_drift **out, const wb_model *model, const wb_features *now, int n_threads,
                                                 wb_error *err);
WB_API void wb_drift_free(wb_drift *drift); /* NULL-safe */

#ifdef __cplusplus
}
#endif
#endif
