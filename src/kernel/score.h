/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernels of scoring: what values of a feature add to the log-odds of their rows. No I/O, no allocation, no threads. Products
 * and sums are rounded one by one and added in one order, so that all sets, and rows and columns, give the same bits. A number
 * that is not finite is missing. */
#ifndef WINBACK_KERNEL_SCORE_H
#define WINBACK_KERNEL_SCORE_H

#include <stddef.h>
#include <stdint.h>

enum {
    WBI_SCORE_LANES = 4,      /* sums that lines are added in */
    WBI_SCORE_INTERVALS = 20, /* of a curve, at most */
    WBI_SCORE_INTERVAL = 8,   /* doubles that describe one */
    WBI_SCORE_NO_CODE = -2
};

/* Values of a feature that scoring met. */
typedef struct wbi_score_tally {
    uint64_t n_imputed; /* missing ones */
    uint64_t n_unseen;  /* levels that training did not see */
    uint64_t n_outside; /* numbers below the least or above the greatest of training */
} wbi_score_tally;

/* (value - centre) * slope, over the value or over log(1 + value). */
typedef struct wbi_score_line {
    double slope, centre;
    double missing;   /* what a missing value adds instead */
    double low, high; /* of training; NaN: nobody looked */
} wbi_score_line;

/* A cubic between each two knots, constant beyond them. */
typedef struct wbi_score_curve {
    double missing, low, high;
    double first, last; /* knots at the ends */
    size_t n_inner;
    double inner[WBI_SCORE_INTERVALS - 1];        /* the others, ascending */
    int32_t high_halves[WBI_SCORE_INTERVALS - 1]; /* of their distances from the first; behind them INT32_MAX */
    /* Of each interval: c0, c1, c2, c3 of c0 + c1 u + c2 u^2 + c3 u^3, u = (value - knot) * inverse width; knot, inverse width. */
    _Alignas(64) double intervals[WBI_SCORE_INTERVALS * WBI_SCORE_INTERVAL];
} wbi_score_curve;

/* Fills what follows from n_intervals + 1 ascending knots: all but cubics, missing, low and high. */
void wbi_score_curve_place(wbi_score_curve *curve, const double *knots, size_t n_intervals);

/* What levels add: adds[0] a missing one, adds[1 + code] that of a code from 0 to n - 1, adds[1 + n] an unseen one, which all
 * codes but these and -1 are. */
typedef struct wbi_score_levels {
    double *adds;
    int32_t n;
} wbi_score_levels;

/* The lines of all columns of a matrix, LANES side by side: group g reads the columns from `at[g]` on. Columns that are no
 * lines, or that an earlier group has read, have slope 0. */
typedef struct wbi_score_lines {
    size_t n_columns, n_groups;
    double base; /* what all rows begin with */
    size_t *at;
    double *slope, *centre, *missing; /* LANES a group */
} wbi_score_lines;

/* The numbers above 0 that were the greatest of each row so far, and which features they are of: `n` of them, the greatest first,
 * those of one rank `stride` apart from those of the next. Where there are fewer the rest are 0, of feature -1. */
typedef struct wbi_score_strongest {
    double *adds, *feature;
    size_t n, stride;
    double sign; /* -1: numbers below 0, the least first, are looked for, and kept with the other sign */
} wbi_score_strongest;

/* What a few features add in the same rows: of feature[k] adds[k * WBI_SCORE_GROUP_ROWS + i] + constant[k] in row i. */
enum { WBI_SCORE_GROUP = 8, WBI_SCORE_GROUP_ROWS = 128 };
typedef struct wbi_score_group {
    double *adds;
    size_t n;
    double constant[WBI_SCORE_GROUP], feature[WBI_SCORE_GROUP];
} wbi_score_group;

typedef struct wbi_score_kernels {
    const char *name;
    /* sums[i] = base + the sum of row i's lines, those of each lane first. Row i begins at x + i * stride. */
    void (*rows)(double *sums, const wbi_score_lines *lines, const double *x, size_t stride, size_t n_rows);
    /* These add to sums[i] what values[i] adds, and to the tally (NULL: nobody counts). */
    void (*line)(double *sums, wbi_score_tally *tally, const wbi_score_line *line, const double *values, size_t n);
    void (*curve)(double *sums, wbi_score_tally *tally, const wbi_score_curve *curve, const double *values, size_t n);
    void (*levels)(double *sums, wbi_score_tally *tally, const wbi_score_levels *levels, const int32_t *codes, size_t n);
    /* Codes that are numbers: what is not finite becomes -1, what is no code WBI_SCORE_NO_CODE. */
    void (*codes)(int32_t *codes, const double *values, size_t n);
    /* Takes in what features add in rows 0 .. n <= WBI_SCORE_GROUP_ROWS. Of equals the one that came first stays ahead; NaN is no
     * number. */
    void (*strongest)(const wbi_score_strongest *of, const wbi_score_group *group, size_t n);
} wbi_score_kernels;

/* The sum of a row's lanes. */
static inline double wbi_score_join(double base, const double lanes[WBI_SCORE_LANES])
{
    return base + ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]));
}

extern const wbi_score_kernels wbi_score_kernels_portable;
#ifdef WBI_KERNEL_X86
extern const wbi_score_kernels wbi_score_kernels_x86_v3; /* AVX2 */
#endif

/* The best set this processor runs. */
const wbi_score_kernels *wbi_score_kernels_best(void);

#endif
