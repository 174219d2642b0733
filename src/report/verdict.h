/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What figures mean for somebody who has to act on them. */
#ifndef WINBACK_REPORT_VERDICT_H
#define WINBACK_REPORT_VERDICT_H

#include <stdbool.h>
#include <winback/report.h>

/* What ails the probabilities, by the intervals of slope and intercept. */
typedef enum wbi_trueness {
    WBI_TRUTH_UNKNOWN,
    WBI_TRUTH_YES,
    WBI_TRUTH_NEARLY, /* off beyond chance, but by little */
    WBI_TRUTH_LOW,
    WBI_TRUTH_HIGH,
    WBI_TRUTH_EXTREME,
    WBI_TRUTH_TIMID
} wbi_trueness;
wbi_trueness wbi_truth_of(const wb_evaluated *score);

/* Whether the AUC's interval holds 0.5 or lies below; without an interval, whether the AUC is not above it. */
bool wbi_is_chance(const wb_evaluated *score);
/* Whether the scores tell so well that a feature must be suspected. */
bool wbi_is_too_good(const wb_evaluated *score);
/* Whether the page is of who is served by a treatment; probabilities are then of those left alone. */
bool wbi_is_of_uplift(const wb_report_parts *parts);
/* NaN without curves. */
double wbi_mean_predicted(const wb_evaluated *score);

/* The score's own drift where it is known, else that of a feature that matters. */
bool wbi_has_moved(const wb_drift *drift);
size_t wbi_n_drifted(const wb_drift *drift, wb_drift_verdict verdict);

/* Of the first score: the segment of at least 100 rows where the AUC is least, where there are two or more; else NULL. */
const wb_evaluated *wbi_weakest_segment(const wb_report_parts *parts);
/* The one whose probabilities are furthest off, by its interval; NULL: none is. */
const wb_evaluated *wbi_falsest_segment(const wb_report_parts *parts);
/* Those seen within the horizon; NULL: they were not looked at. */
const wb_evaluated *wbi_seen_group(const wb_report_parts *parts);

#endif
