/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps of an evaluation, in the order they are taken: read, match, segments, figures. */
#ifndef WINBACK_EVALUATE_INTERNAL_H
#define WINBACK_EVALUATE_INTERNAL_H

#include <winback/evaluate.h>

#include "base/arena.h"
#include "csv/typed.h"
#include "train/train.h"

/* What became of customers: the rows of a table, some of which have a label. */
typedef struct wbi_truth {
    wb_features *owned;          /* what was read; NULL: the table is borrowed */
    const wb_table *table;
    const char *file;            /* for messages; NULL: none */
    wbi_row_lines lines;         /* of the file */
    size_t id, cutoff, target, weight, seen, value, treatment; /* columns; SIZE_MAX: there is none */
    int8_t *label;               /* by row: 0, 1, or -1 where it is missing */
    int64_t horizon_us;          /* of the label; 0: unknown */
    wbi_arms arms;               /* of_row NULL: nobody asks */
} wbi_truth;

/* A scores file. */
typedef struct wbi_score_file {
    wb_table *table;
    const char *file;
    wbi_row_lines lines;
    size_t id, cutoff;
    size_t *columns, n_columns;  /* of probabilities, then of uplift */
    size_t n_probabilities;
    char decimal;                /* mark */
} wbi_score_file;

/* The rows that have scores and a label. */
typedef struct wbi_trial {
    size_t n, n_scores;
    double **probability;        /* by score; uplifts may follow */
    uint8_t *outcome;
    double *weight;              /* NULL: all 1 */
    uint32_t *customer;          /* NULL: each row is a customer of its own */
    uint32_t *row;               /* of the truth's table */
    uint64_t n_customers;
} wbi_trial;

/* An evaluation in the making. */
typedef struct wbi_evaluation {
    wb_evaluation result;        /* first: callers hold its address */
    wbi_arena texts;             /* its strings */
} wbi_evaluation;
/* A terminated copy that lives as long as the evaluation. */
WB_WARN_UNUSED wb_status wbi_evaluation_keep(wbi_evaluation *e, const char **out, const char *bytes, size_t n, wb_error *err);

/* ---- read.c ---- */

WB_WARN_UNUSED wb_status wbi_truth_read(wbi_truth *out, const char *path, const wb_evaluate_options *options,
                                        const wb_read_options *reading, wb_error *err);
/* Finds the columns of a table that was read, and the labels. */
WB_WARN_UNUSED wb_status wbi_truth_find(wbi_truth *truth, const wb_features *features, const wb_evaluate_options *options,
                                        wb_error *err);
void wbi_truth_free(wbi_truth *truth);
/* Probabilities are checked. */
WB_WARN_UNUSED wb_status wbi_score_file_read(wbi_score_file *out, const char *path, const wb_evaluate_options *options,
                                             const wb_read_options *reading, wb_error *err);
void wbi_score_file_free(wbi_score_file *scores);

/* ---- match.c ---- */

/* Room for at most `n` rows of `n_scores` scores. */
WB_WARN_UNUSED wb_status wbi_trial_allocate(wbi_trial *trial, size_t n, size_t n_scores, wb_error *err);
void wbi_trial_free(wbi_trial *trial);
/* Fills the trial, and what the evaluation says of rows without a partner. */
WB_WARN_UNUSED wb_status wbi_trial_match(wbi_trial *trial, wbi_evaluation *e, const wbi_score_file *scores,
                                         const wbi_truth *truth, wb_error *err);
/* Of all rows of the truth's table that have a label; the probabilities are to be filled in. */
WB_WARN_UNUSED wb_status wbi_trial_take(wbi_trial *trial, wbi_evaluation *e, const wbi_truth *truth, size_t n_scores,
                                        wb_error *err);

/* ---- segments.c ---- */

typedef struct wbi_segment {
    const char *name; /* kept by the evaluation */
    size_t n;         /* rows */
    int32_t code;
} wbi_segment;

/* One column's. */
typedef struct wbi_segments {
    int32_t *code;    /* by row of the trial */
    wbi_segment list[WB_SEGMENTS_SHOWN];
    size_t n;
} wbi_segments;
WB_WARN_UNUSED wb_status wbi_segments_find(wbi_segments *out, wb_segmented *about, wbi_evaluation *e, const wbi_trial *trial,
                                           const wb_table *table, size_t column, wb_error *err);
void wbi_segments_free(wbi_segments *segments);

/* ---- uplift.c ---- */

/* The scores of a trial: how they are called, and how many of them, the first ones, are probabilities. */
typedef struct wbi_score_names {
    const char *const *of;
    size_t n_probabilities;
} wbi_score_names;
/* Judges all scores of the trial by the two arms, and leaves it with those rows that were not treated. */
WB_WARN_UNUSED wb_status wbi_evaluation_uplift(wbi_evaluation *e, wbi_trial *trial, const wbi_truth *truth,
                                               const wbi_score_names *names, const wb_evaluate_options *options, wb_error *err);

/* ---- figures.c ---- */

/* How many are drawn when `asked` for so many, or for WB_RESAMPLES_AUTO. */
size_t wbi_evaluation_resamples(const wbi_trial *trial, size_t asked);
/* Fills groups, pairs and how they were made; with a treatment what is said of uplift first. */
WB_WARN_UNUSED wb_status wbi_evaluation_figures(wbi_evaluation *e, wbi_trial *trial, const wbi_truth *truth,
                                                const wbi_score_names *names, const wb_evaluate_options *options, wb_error *err);

#endif
