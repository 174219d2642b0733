/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows in the order of their scores. */
#ifndef WINBACK_METRICS_SORTED_H
#define WINBACK_METRICS_SORTED_H

#include <winback/metrics.h>

#include "base/error.h"

/* Rows of `n_words` (1 or 2) whole numbers, to be sorted by the first `n_keys` of them. `spare` is as large as `rows`. */
typedef struct wbi_word_rows {
    uint64_t *rows, *spare;
    size_t n, n_words, n_keys;
} wbi_word_rows;

/* Sorts upwards; equal rows stay in order. Both blocks are written to. The same for any number of threads. */
WB_WARN_UNUSED wb_status wbi_sort(const wbi_word_rows *words, int n_threads, wb_error *err);

/* Rows, the highest score first. Where all weigh 1 a row is one word: its score's place below 1 and, in the lowest bit, its
 * outcome; so ties are in one order, whatever that of the rows was. Else it is two words: the score's place, and the
 * weight with the outcome in the sign. */
typedef struct wbi_sorted {
    uint64_t *rows, *spare; /* n * n_words each; the spare is free for other uses once all is sorted */
    size_t n, n_words;
    uint64_t n_positive;
} wbi_sorted;

/* Checks the rows and sorts them. wbi_sorted_free in any case. */
WB_WARN_UNUSED wb_status wbi_sorted_make(wbi_sorted *order, const wb_outcomes *rows, int n_threads, wb_error *err);
/* The same of scores that are any numbers. */
WB_WARN_UNUSED wb_status wbi_sorted_scores(wbi_sorted *order, const wb_outcomes *rows, int n_threads, wb_error *err);
/* The same of two words: the score's place and outcome as in one word, and the number of the row. Fails on 2^32 rows. */
WB_WARN_UNUSED wb_status wbi_sorted_numbered(wbi_sorted *order, const wb_outcomes *rows, int n_threads, wb_error *err);
void wbi_sorted_free(wbi_sorted *order);

/* Weights by outcome of the group that begins with row `begin` of two words; returns how many rows it has. */
size_t wbi_sorted_next(double weight[2], const wbi_sorted *order, size_t begin);

/* A probability's place below 1: the higher the probability, the smaller the place. */
uint64_t wbi_place_of(double probability);
double wbi_probability_at(uint64_t place);
/* The same of any number that is not NaN. */
uint64_t wbi_place_of_score(double score);

/* Rows of one score, by weight. */
typedef struct wbi_groups {
    double *probability, *negative, *positive;
    double *if_true, *if_false; /* what the logarithmic loss is of rows of either outcome */
    size_t n;
} wbi_groups;

/* The groups that begin in rows [begin, end), without their losses. */
void wbi_sorted_groups(wbi_groups *groups, const wbi_sorted *order, size_t begin, size_t end);

#endif
