/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model compiled to a function of each feature: log-odds = base + the sum of what the features' values add, each centred at
 * the training mean. */
#ifndef WINBACK_SCORE_SCORER_H
#define WINBACK_SCORE_SCORER_H

#include <stdbool.h>
#include <winback/scorer.h>

#include "kernel/score.h"

typedef wb_scorer_column wbi_score_column;

/* The code of a level: its index in the model; of one that training did not see a code that means unseen, never -1. Many
 * threads may ask. `feature` must be a category. */
int32_t wbi_scorer_level(const wb_scorer *scorer, size_t feature, const char *bytes, size_t n);

/* Whether some training row lacked the feature. */
bool wbi_scorer_saw_missing(const wb_scorer *scorer, size_t feature);

/* Log-odds of rows whose values lie in a column a feature, in the scorer's order. Counts are added to `tallies`, one a feature;
 * NULL: nobody counts. A row's bits depend on its values alone. */
void wbi_scorer_columns(const wb_scorer *scorer, const wbi_score_column *columns, size_t n_rows, double *log_odds,
                        wbi_score_tally *tallies);

/* adds[i] = what the feature adds to the log-odds of row i of n <= WBI_SCORE_GROUP_ROWS; counts are added to the tally (NULL: nobody
 * counts). */
void wbi_scorer_adds(const wb_scorer *scorer, size_t feature, double *adds, const wbi_score_column *column, size_t n,
                     wbi_score_tally *tally);

/* What is wanted of rows. */
typedef struct wbi_scorer_wanted {
    double *log_odds;
    wbi_score_tally *tallies; /* one a feature, added to; NULL: nobody counts */
    const wbi_score_strongest *up, *down; /* features that raise the log-odds of each row most, and those that lower them most: n of
                                             either may be 0, equals come in the order of the features */
} wbi_scorer_wanted;

/* As wbi_scorer_columns, with the same bits, and the reasons. */
void wbi_scorer_explain(const wb_scorer *scorer, const wbi_score_column *columns, size_t n_rows, const wbi_scorer_wanted *to);

#endif
