/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model compiled to a function a term: log-odds = base + the sum of what the terms' values add, each centred at the training
 * mean. A term's value is that of its feature, or what it makes of several. */
#ifndef WINBACK_SCORE_SCORER_H
#define WINBACK_SCORE_SCORER_H

#include <stdbool.h>
#include <winback/scorer.h>

#include "design/purchases.h"
#include "kernel/score.h"

typedef wb_scorer_column wbi_score_column;

/* The code of a level: its index in the model; of one that training did not see a code that means unseen, never -1. Many
 * threads may ask. `feature` must be a category. */
int32_t wbi_scorer_level(const wb_scorer *scorer, size_t feature, const char *bytes, size_t n);

/* The levels of a term of categories, as wb_scorer_n_levels; 0 of one of numbers. */
size_t wbi_scorer_n_levels(const wb_scorer *scorer, size_t term);
/* Whether some training row lacked the term's value. */
bool wbi_scorer_saw_missing(const wb_scorer *scorer, size_t term);

enum { WBI_SCORER_READS = WBI_PURCHASES_READS };
/* The features that a term reads, in its order; how many, WBI_SCORER_READS at most. */
size_t wbi_scorer_reads(const wb_scorer *scorer, size_t term, const size_t **features);
/* The term's values of rows [begin, begin + n), n <= WBI_SCORE_GROUP_ROWS: in its only column, or made in `room` of those that it
 * reads. */
wbi_score_column wbi_scorer_values(const wb_scorer *scorer, size_t term, const wbi_score_column reads[WBI_SCORER_READS],
                                   size_t begin, size_t n, double *room);

/* Log-odds of rows whose values lie in a column a feature, in the scorer's order. Counts are added to `tallies`, one a term;
 * NULL: nobody counts. A row's bits depend on its values alone. */
void wbi_scorer_columns(const wb_scorer *scorer, const wbi_score_column *columns, size_t n_rows, double *log_odds,
                        wbi_score_tally *tallies);

/* adds[i] = what the term adds to the log-odds where its value is that of row i of n <= WBI_SCORE_GROUP_ROWS; counts are added to
 * the tally (NULL: nobody counts). */
void wbi_scorer_adds(const wb_scorer *scorer, size_t term, double *adds, const wbi_score_column *values, size_t n,
                     wbi_score_tally *tally);

/* What is wanted of rows. */
typedef struct wbi_scorer_wanted {
    double *log_odds;
    wbi_score_tally *tallies; /* one a term, added to; NULL: nobody counts */
    const wbi_score_strongest *up, *down; /* terms that raise the log-odds of each row most, and those that lower them most: n of
                                             either may be 0, equals come in the order of the terms */
} wbi_scorer_wanted;

/* As wbi_scorer_columns, with the same bits, and the reasons. */
void wbi_scorer_explain(const wb_scorer *scorer, const wbi_score_column *columns, size_t n_rows, const wbi_scorer_wanted *to);

#endif
