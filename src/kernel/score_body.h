/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The body of a set of scoring kernels, compiled per instruction set; the including file defines SCORE_SET and SCORE_NAME.
 * Nothing may be fused here (-ffp-contract=off). */
#include "kernel/score.h"

#include <math.h>
#include <stdbool.h>

static inline double line_at(const wbi_score_line *line, double at, bool known)
{
    const double adds = (at - line->centre) * line->slope;
    return known ? adds : line->missing;
}

static inline void count_number(wbi_score_tally *tally, double value, double low, double high)
{
    const bool known = fabs(value) < (double)INFINITY;
    tally->n_imputed += !known;
    tally->n_outside += known && (value < low || value > high);
}

static void rows(double *sums, const wbi_score_lines *lines, const double *x, size_t stride, size_t n_rows)
{
    for (size_t i = 0; i < n_rows; i++, x += stride) {
        double sum[WBI_SCORE_LANES] = {0};
        for (size_t g = 0; g < lines->n_groups; g++)
            for (size_t a = 0; a < WBI_SCORE_LANES && lines->at[g] + a < lines->n_columns; a++) {
                const size_t k = g * WBI_SCORE_LANES + a;
                const double value = x[lines->at[g] + a];
                sum[a] += fabs(value) < (double)INFINITY ? (value - lines->centre[k]) * lines->slope[k] : lines->missing[k];
            }
        sums[i] = wbi_score_join(lines->base, sum[0], sum[1], sum[2], sum[3]);
    }
}

static void line(double *sums, wbi_score_tally *tally, const wbi_score_line *line, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sums[i] += line_at(line, values[i], fabs(values[i]) < (double)INFINITY);
        count_number(tally, values[i], line->low, line->high);
    }
}

/* Training had no value below 0. */
static void log_line(double *sums, wbi_score_tally *tally, const wbi_score_line *line, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double value = values[i];
        sums[i] += line_at(line, log1p(value > 0 ? value : 0), fabs(value) < (double)INFINITY);
        count_number(tally, value, line->low, line->high);
    }
}

static double curve_at(const wbi_score_curve *curve, double value)
{
    const double at = value < curve->first ? curve->first : value > curve->last ? curve->last : value;
    size_t i = 0;
    for (size_t k = 0; k < curve->n_inner; k++)
        i += at >= curve->inner[k];
    const double u = (at - curve->interval[i].knot) * curve->interval[i].inverse_width, *c = curve->interval[i].cubic;
    return c[0] + u * (c[1] + u * (c[2] + u * c[3]));
}

static void curve(double *sums, wbi_score_tally *tally, const wbi_score_curve *curve, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sums[i] += fabs(values[i]) < (double)INFINITY ? curve_at(curve, values[i]) : curve->missing;
        count_number(tally, values[i], curve->low, curve->high);
    }
}

static void levels(double *sums, wbi_score_tally *tally, const wbi_score_levels *levels, const int32_t *codes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const int32_t code = codes[i];
        const bool seen = code >= 0 && code < levels->n;
        sums[i] += seen ? levels->adds[code] : code == -1 ? levels->missing : levels->unseen;
        tally->n_imputed += code == -1;
        tally->n_unseen += !seen && code != -1;
    }
}

const wbi_score_kernels SCORE_SET = {SCORE_NAME, rows, line, log_line, curve, levels};
