/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a term adds to the log-odds as a function of its feature, whatever columns it had in the design: the form that scoring
 * computes. */
#ifndef WINBACK_DESIGN_CONTRIBUTION_H
#define WINBACK_DESIGN_CONTRIBUTION_H

#include <stdbool.h>

#include "kernel/score.h"
#include "table/dictionary.h"

typedef enum wbi_contribution_form {
    WBI_CONTRIBUTION_LINE = 0,
    WBI_CONTRIBUTION_LOG_LINE, /* over log(1 + value), and over 0 for values below 0 */
    WBI_CONTRIBUTION_CURVE,
    WBI_CONTRIBUTION_LEVELS
} wbi_contribution_form;

/* The form says which of the members count. */
typedef struct wbi_contribution {
    wbi_contribution_form form;
    bool saw_missing; /* some training row lacked the feature */
    double constant; /* lines: what is added to the line, for missing values too */
    wbi_score_line line;
    wbi_score_curve curve;
    wbi_score_levels levels;
    wbi_dictionary *names; /* levels: their codes */
} wbi_contribution;

/* One of a term's columns as the model weighs it: coefficient * (x - mean) is added to the log-odds. */
typedef struct wbi_weighed {
    double coefficient; /* per unit; 0 for columns that the basis does not use */
    double mean;
} wbi_weighed;

struct wbi_basis;

/* Of term `term`, with the standardised coefficients `beta` of all columns, beta[0] the intercept. Nothing is borrowed. */
WB_WARN_UNUSED wb_status wbi_contribution_compile(wbi_contribution *out, const struct wbi_basis *basis, const double *beta,
                                                  size_t term, wb_error *err);
/* What it holds; half-built-safe. */
void wbi_contribution_clear(wbi_contribution *contribution);

#endif
