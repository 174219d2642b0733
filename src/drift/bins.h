/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bins that values of a feature, or scores, are counted in: how many there were in training and how many there are now. */
#ifndef WINBACK_DRIFT_BINS_H
#define WINBACK_DRIFT_BINS_H

#include <stdbool.h>
#include <winback/drift.h>

#include "design/term.h"

enum { WBI_MAX_EDGES = WBI_N_DECILES - 2 };

typedef struct wbi_bins {
    size_t n;          /* B */
    double *before;    /* rows in each; whole numbers but for rounding, unless `approximate` */
    uint64_t *now;     /* likewise */
    bool approximate;
    double edges[WBI_MAX_EDGES]; /* of numbers and scores, ascending */
    size_t n_edges;
    wbi_reference of;  /* of levels: names first, then (other), then (missing) */
    uint64_t n_before; /* rows */
} wbi_bins;

/* Of a term, and of scores out of fold. Free with wbi_bins_clear, also after a failure. What `reference` borrows is borrowed. */
WB_WARN_UNUSED wb_status wbi_bins_of_numbers(wbi_bins *out, const wbi_reference *reference, uint64_t n_rows, wb_error *err);
WB_WARN_UNUSED wb_status wbi_bins_of_levels(wbi_bins *out, const wbi_reference *reference, uint64_t n_rows, wb_error *err);
/* `edges` are WB_N_DECILE_EDGES; `shares` (NULL: a tenth each) one more. */
WB_WARN_UNUSED wb_status wbi_bins_of_scores(wbi_bins *out, const double *edges, const double *shares, uint64_t n_rows,
                                            wb_error *err);
void wbi_bins_clear(wbi_bins *bins);

void wbi_bins_count_numbers(wbi_bins *bins, const double *values, size_t n);
void wbi_bins_count_scores(wbi_bins *bins, const double *probabilities, size_t n);
/* `codes` are the scorer's: named levels first, then up to n_codes those that (other) stands for and `missing` (-1: none); -1 is
 * missing too, all else unseen. */
void wbi_bins_count_levels(wbi_bins *bins, const int32_t *codes, int32_t n_codes, size_t n);

/* Fills bins, B, PSI, which bin moved most, and `approximate`. */
WB_WARN_UNUSED wb_status wbi_bins_compare_numbers(wb_drift_feature *out, const wbi_bins *bins, wb_error *err);
WB_WARN_UNUSED wb_status wbi_bins_compare_scores(wb_drift_feature *out, const wbi_bins *bins, wb_error *err);
WB_WARN_UNUSED wb_status wbi_bins_compare_levels(wb_drift_feature *out, const wbi_bins *bins, wb_error *err);

#endif
