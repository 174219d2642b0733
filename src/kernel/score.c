/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/score.h"

#include <string.h>

const wbi_score_kernels *wbi_score_kernels_best(void)
{
#ifdef WBI_KERNEL_X86
    if (__builtin_cpu_supports("avx2"))
        return &wbi_score_kernels_x86_v3;
#endif
    return &wbi_score_kernels_portable;
}

static int32_t high_half(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (int32_t)(bits >> 32);
}

void wbi_score_curve_place(wbi_score_curve *curve, const double *knots, size_t n_intervals)
{
    curve->first = knots[0];
    curve->last = knots[n_intervals];
    curve->n_inner = n_intervals - 1;
    for (size_t k = 0; k < WBI_SCORE_INTERVALS - 1; k++)
        curve->high_halves[k] = k < curve->n_inner ? high_half(knots[k + 1] - knots[0]) : INT32_MAX;
    for (size_t i = 0; i < n_intervals; i++) {
        double *of = curve->intervals + i * WBI_SCORE_INTERVAL;
        of[WBI_SCORE_LANES] = knots[i];
        of[WBI_SCORE_LANES + 1] = 1 / (knots[i + 1] - knots[i]);
        if (i > 0)
            curve->inner[i - 1] = knots[i];
    }
}
