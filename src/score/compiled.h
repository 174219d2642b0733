/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a scorer holds: score/compile.c makes it, score/scorer.c scores with it. */
#ifndef WINBACK_SCORE_COMPILED_H
#define WINBACK_SCORE_COMPILED_H

#include <stdbool.h>

#include "design/contribution.h"
#include "model/calibration.h"
#include "score/scorer.h"

typedef struct wbi_scorer_feature {
    char *name;
    wb_type type;
    size_t term; /* that it is the only feature of; SIZE_MAX: there is none */
} wbi_scorer_feature;

typedef struct wbi_scorer_term {
    wbi_contribution adds;
    size_t reads[WBI_SCORER_READS]; /* features */
    bool made;                      /* of several */
    wbi_bg_nbd_model purchases;     /* by which */
    double horizon_days;
    size_t lane; /* of the sums that it is added to: a line of a column, or WBI_SCORE_LANES, which all others share */
} wbi_scorer_term;

struct wb_scorer {
    const wbi_score_kernels *kernels;
    wbi_scorer_feature *features;
    wbi_scorer_term *terms;
    size_t n_features, n_terms;
    size_t *others; /* terms that are no lines over a feature, in order */
    size_t n_others;
    double base;
    wbi_score_lines row; /* the lines of a row, and the base with all constants */
    wbi_calibration calibration;
};

#endif
