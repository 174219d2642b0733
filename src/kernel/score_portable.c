/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scoring, a value at a time. What each function computes, its twins compute to the bit. */
#include <math.h>
#include <stdbool.h>

#include "kernel/score.h"

enum { LANES = WBI_SCORE_LANES };

static bool is_known(double value)
{
    return fabs(value) < (double)INFINITY;
}

static void rows(double *sums, const wbi_score_lines *lines, const double *x, size_t stride, size_t n_rows)
{
    const size_t n_lanes = lines->n_columns < LANES ? lines->n_columns : LANES;
    for (size_t i = 0; i < n_rows; i++, x += stride) {
        double sum[LANES] = {0};
        for (size_t g = 0; g < lines->n_groups; g++) {
            const double *values = x + lines->at[g], *slope = lines->slope + g * LANES;
            const double *centre = lines->centre + g * LANES, *missing = lines->missing + g * LANES;
            for (size_t a = 0; a < n_lanes; a++)
                sum[a] += is_known(values[a]) ? (values[a] - centre[a]) * slope[a] : missing[a];
        }
        sums[i] = wbi_score_join(lines->base, sum);
    }
}

static void count(wbi_score_tally *tally, double value, double low, double high)
{
    if (tally != NULL) {
        tally->n_imputed += !is_known(value);
        tally->n_outside += is_known(value) && (value < low || value > high);
    }
}

static void line(double *sums, wbi_score_tally *tally, const wbi_score_line *line, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sums[i] += is_known(values[i]) ? (values[i] - line->centre) * line->slope : line->missing;
        count(tally, values[i], line->low, line->high);
    }
}

static double curve_at(const wbi_score_curve *curve, double value)
{
    const double above = value > curve->first ? value : curve->first, at = above < curve->last ? above : curve->last;
    size_t i = 0;
    for (size_t k = 0; k < curve->n_inner; k++)
        i += at >= curve->inner[k];
    const double *c = curve->intervals + i * WBI_SCORE_INTERVAL, u = (at - c[LANES]) * c[LANES + 1];
    return c[0] + u * (c[1] + u * (c[2] + u * c[3]));
}

static void curve(double *sums, wbi_score_tally *tally, const wbi_score_curve *curve, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sums[i] += is_known(values[i]) ? curve_at(curve, values[i]) : curve->missing;
        count(tally, values[i], curve->low, curve->high);
    }
}

static void levels(double *sums, wbi_score_tally *tally, const wbi_score_levels *levels, const int32_t *codes, size_t n)
{
    const uint32_t unseen = (uint32_t)levels->n + 1;
    for (size_t i = 0; i < n; i++) {
        const uint32_t behind = (uint32_t)codes[i] + 1, at = behind < unseen ? behind : unseen;
        sums[i] += levels->adds[at];
        if (tally != NULL) {
            tally->n_imputed += at == 0;
            tally->n_unseen += at == unseen;
        }
    }
}

static void codes(int32_t *out, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const int32_t code = fabs(values[i]) < INT32_MAX ? (int32_t)values[i] : WBI_SCORE_NO_CODE;
        out[i] = !is_known(values[i]) ? -1 : code == values[i] ? code : WBI_SCORE_NO_CODE;
    }
}

static void insert(const wbi_score_strongest *of, size_t i, double number, double feature)
{
    bool moved = false; /* what was moved stays ahead of its equals */
    for (size_t at = i; at < of->n * of->stride; at += of->stride) {
        const double kept = of->adds[at], kept_of = of->feature[at];
        moved = moved || number > kept;
        if (!moved)
            continue;
        of->adds[at] = number;
        of->feature[at] = feature;
        number = kept;
        feature = kept_of;
    }
}

static void strongest(const wbi_score_strongest *of, const wbi_score_group *group, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < group->n; k++)
            insert(of, i, of->sign * (group->adds[k * WBI_SCORE_GROUP_ROWS + i] + group->constant[k]), group->feature[k]);
}

const wbi_score_kernels wbi_score_kernels_portable = {"portable", rows, line, curve, levels, codes, strongest};
