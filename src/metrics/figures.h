/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures of groups of equal scores, the highest score first, a chunk at a time: what a chunk adds is added in the order of the
 * chunks. */
#ifndef WINBACK_METRICS_FIGURES_H
#define WINBACK_METRICS_FIGURES_H

#include <stdbool.h>

#include "metrics/isotonic.h"
#include "metrics/metrics.h"
#include "metrics/sorted.h"

enum { WBI_CHUNK = 8192 }; /* rows, or groups where these are in memory */

/* intercept + slope x, over x the log-odds of the probabilities. */
typedef struct wbi_logit_line {
    double intercept, slope;
} wbi_logit_line;

/* Where groups come from. */
typedef struct wbi_ranked {
    const wbi_sorted *order; /* they are read from these rows, or with NULL: */
    wbi_groups groups;      /* are all here; some may weigh nothing */
    double *log_odds;       /* NULL, or one a group, the first that begins in a chunk at the place of the chunk's first row; of an
                               order room for them, which is filled */
    size_t n;               /* rows of the order, or groups */
    size_t n_rows;          /* that the groups are made of */
    int n_threads;
    const wbi_logit_line *start;  /* lines to begin with: of slope 1, and of any; NULL: found */
} wbi_ranked;

/* All but the counts and the AUC's sure ends; also the lines of the calibration, for `start`. */
WB_WARN_UNUSED wb_status wbi_figures_of(wb_metrics *out, wbi_logit_line lines[2], const wbi_ranked *ranked,
                                        const wb_metrics_options *options, wb_error *err);

/* Scores in a bin, by weight. Bin k is what lies above k and not above k + 1 tenths of the way between the lowest and the highest
 * row: quantiles of R's type 7. */
typedef struct wbi_bin {
    double weight, predicted, positive;
} wbi_bin;
/* Adds groups, in front of which `weight` of the `total` of `n_rows` rows lies. */
void wbi_bins_add(wbi_bin bins[WB_CALIBRATION_BINS], const wbi_groups *groups, wbi_weights total, size_t n_rows, double weight);

/* A chunk: its groups, and where their log-odds are. */
typedef struct wbi_group_chunk {
    wbi_groups groups;
    double *log_odds;
} wbi_group_chunk;
enum { WBI_SCRATCH_COLUMNS = 5 };
/* Reads groups from an order into `scratch` (WBI_SCRATCH_COLUMNS x WBI_CHUNK doubles), or points to them. */
void wbi_group_chunk_read(wbi_group_chunk *chunk, const wbi_ranked *ranked, size_t begin, size_t end, double *scratch);

/* The largest profit that can be expected of a customer when contacting some pools, as the keep rate turns out (Verbraken,
 * Verbeke, Baesens 2013), and the share of the customers contacted. */
void wbi_empc(double *profit, double *fraction, const wbi_weights *pools, size_t n_pools, const wb_profit_model *model);

/* The lines of a logistic regression on the log-odds: one of slope 1, one of any slope; `lines` are where to begin, NaN where
 * there is none. `scratch`: WBI_SCRATCH_COLUMNS x WBI_CHUNK a worker. */
WB_WARN_UNUSED wb_status wbi_fit_lines(wbi_logit_line lines[2], const wbi_ranked *ranked, double *scratch, wb_error *err);
/* The same of few values of x. Whether it ended well. */
bool wbi_fit_lines_few(wbi_logit_line lines[2], const double *x, const double *negative, const double *positive, size_t n);

/* All figures, and the lines of the calibration; options that were checked. */
WB_WARN_UNUSED wb_status wbi_metrics_of(wb_metrics *out, wbi_logit_line lines[2], const wb_outcomes *rows,
                                        const wb_metrics_options *options, wb_error *err);

/* WB_ERR_ARGUMENT when an option is out of its range. */
WB_WARN_UNUSED wb_status wbi_check_options(const wb_metrics_options *options, wb_error *err);

#endif
