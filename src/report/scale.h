/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From values to places, and the round values that an axis names. */
#ifndef WINBACK_REPORT_SCALE_H
#define WINBACK_REPORT_SCALE_H

#include <stddef.h>

enum { WBI_TICKS = 16 };
typedef struct wbi_ticks {
    double at[WBI_TICKS];
    size_t n;
    int decimals; /* that tell neighbours apart */
} wbi_ticks;

/* The multiples of 1, 2 or 5 times a power of ten within [low, high], about `n_about` (2 to 10) of them; none where the ends are
 * not finite. */
wbi_ticks wbi_ticks_make(double low, double high, size_t n_about);
/* Moves the ends outwards to the next ticks. Ends that are equal are put a step apart; ends that are not finite, or the wrong way
 * round, become 0 and 1. */
void wbi_ticks_widen(double *low, double *high, size_t n_about);

/* Values from `low` to `high` lie between the coordinates `from` and `to`; others stand at the nearer end. */
typedef struct wbi_scale {
    double low, high, from, to;
} wbi_scale;
double wbi_scale_at(const wbi_scale *scale, double value);

#endif
