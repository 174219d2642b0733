/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/verdict.h"

#include <math.h>
#include <string.h>

#include "report/pictures.h"

enum { SEGMENT_ROWS = 100 };
static const double near_enough = 0.02; /* mean distance of predicted and observed that nobody would act on */
static const double too_good = 0.98;
static const double matters = 0.1; /* of the greatest importance */

static bool is_within(double value, double low, double high)
{
    return isfinite(low) && isfinite(high) && value >= low && value <= high;
}

wbi_trueness wbi_truth_of(const wb_evaluated *score)
{
    const wb_metrics *m = &score->metrics, *low = &score->interval.low, *high = &score->interval.high;
    if (!isfinite(m->calibration_slope) || !isfinite(m->calibration_intercept))
        return WBI_TRUTH_UNKNOWN;
    const bool is_known = isfinite(low->calibration_slope);
    const bool slope = is_known ? is_within(1, low->calibration_slope, high->calibration_slope)
                                : fabs(m->calibration_slope - 1) < 0.1;
    const bool level = is_known ? is_within(0, low->calibration_intercept, high->calibration_intercept)
                                : fabs(m->calibration_intercept) < 0.1;
    if (slope && level)
        return WBI_TRUTH_YES;
    if (m->ece < near_enough)
        return WBI_TRUTH_NEARLY;
    if (!level)
        return m->calibration_intercept > 0 ? WBI_TRUTH_LOW : WBI_TRUTH_HIGH;
    return m->calibration_slope < 1 ? WBI_TRUTH_EXTREME : WBI_TRUTH_TIMID;
}

bool wbi_is_chance(const wb_evaluated *score)
{
    const double low = score->interval.low.auc;
    return isfinite(score->metrics.auc) && (isfinite(low) ? low : score->metrics.auc) <= 0.5;
}

bool wbi_is_too_good(const wb_evaluated *score)
{
    return score->metrics.auc >= too_good && !wbi_is_chance(score);
}

bool wbi_is_of_uplift(const wb_report_parts *parts)
{
    return parts->evaluation != NULL && parts->evaluation->treatment != NULL && parts->evaluation->n_uplifts > 0;
}

double wbi_mean_predicted(const wb_evaluated *score)
{
    double weight = 0, total = 0;
    for (size_t i = 0; score->curves != NULL && i < score->curves->n_bins && i < WB_CALIBRATION_BINS; i++) {
        weight += score->curves->bins[i].n;
        total += score->curves->bins[i].n * score->curves->bins[i].mean_predicted;
    }
    return weight > 0 ? total / weight : NAN;
}

/* ---- drift ---- */

size_t wbi_n_drifted(const wb_drift *drift, wb_drift_verdict verdict)
{
    size_t n = 0;
    for (size_t i = 0; i < drift->n_features; i++)
        n += drift->features[i].verdict == verdict;
    return n;
}

bool wbi_has_moved(const wb_drift *drift)
{
    double greatest = 0;
    if (drift->score.n_bins > 0)
        return drift->score.verdict != WB_DRIFT_NONE;
    for (size_t i = 0; i < drift->n_features; i++)
        greatest = fmax(greatest, drift->features[i].importance);
    for (size_t i = 0; i < drift->n_features; i++)
        if (drift->features[i].verdict == WB_DRIFT_MAJOR && drift->features[i].importance >= matters * greatest)
            return true;
    return false;
}

/* ---- segments ---- */

/* Of the first score, of a column's value, with rows enough to judge. */
static bool is_segment(const wb_report_parts *parts, const wb_evaluated *group)
{
    const wb_evaluated *first = wbi_first_score(parts);
    return group->by != NULL && group->segment != NULL && group->metrics.n >= SEGMENT_ROWS && first != NULL && first->score != NULL &&
           group->score != NULL && strcmp(group->score, first->score) == 0;
}

const wb_evaluated *wbi_weakest_segment(const wb_report_parts *parts)
{
    const wb_evaluation *e = parts->evaluation;
    const wb_evaluated *weakest = NULL;
    size_t n = 0;
    for (size_t i = 0; e != NULL && i < e->n_groups; i++) {
        const wb_evaluated *group = &e->groups[i];
        if (!is_segment(parts, group) || !isfinite(group->metrics.auc))
            continue;
        n++;
        if (weakest == NULL || group->metrics.auc < weakest->metrics.auc)
            weakest = group;
    }
    return n > 1 ? weakest : NULL;
}

const wb_evaluated *wbi_falsest_segment(const wb_report_parts *parts)
{
    const wb_evaluation *e = parts->evaluation;
    const wb_evaluated *falsest = NULL;
    for (size_t i = 0; e != NULL && i < e->n_groups; i++) {
        const wb_evaluated *group = &e->groups[i];
        const double low = group->interval.low.calibration_intercept, high = group->interval.high.calibration_intercept;
        if (!is_segment(parts, group) || !isfinite(low) || !isfinite(high) || is_within(0, low, high))
            continue;
        if (falsest == NULL || fabs(group->metrics.calibration_intercept) > fabs(falsest->metrics.calibration_intercept))
            falsest = group;
    }
    return falsest;
}

const wb_evaluated *wbi_seen_group(const wb_report_parts *parts)
{
    const wb_evaluation *e = parts->evaluation;
    for (size_t i = 0; e != NULL && i < e->n_groups; i++)
        if (e->groups[i].by != NULL && e->groups[i].segment == NULL && isfinite(e->groups[i].metrics.auc))
            return &e->groups[i];
    return NULL;
}
