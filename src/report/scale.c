/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/scale.h"

#include <math.h>
#include <stdbool.h>

/* The least of 1, 2, 5 times a power of ten that makes at most `n_about` steps of the range. */
static double step_of(double range, size_t n_about, int *decimals)
{
    static const double rounds[] = {1, 2, 5, 10};
    const double rough = range / (double)n_about;
    const int power = (int)floor(log10(rough));
    const double unit = pow(10, power);
    size_t i = 0;
    while (i < 3 && rounds[i] * unit < rough * (1 - 1e-9))
        i++;
    *decimals = power + (i == 3) < 0 ? -(power + (i == 3)) : 0;
    return rounds[i] * unit;
}

static bool is_range(double low, double high)
{
    return isfinite(low) && isfinite(high) && high > low && isfinite(high - low) &&
           high - low > 1e-12 * fmax(fabs(low), fabs(high)) && high - low > 1e-300;
}

wbi_ticks wbi_ticks_make(double low, double high, size_t n_about)
{
    wbi_ticks ticks = {.n = 0};
    if (!is_range(low, high))
        return ticks;
    const double step = step_of(high - low, n_about, &ticks.decimals);
    const double first = ceil(low / step - 1e-9);
    for (size_t i = 0; i < WBI_TICKS; i++) {
        const double at = (first + (double)i) * step;
        if (at > high + 1e-9 * step)
            break;
        ticks.at[ticks.n++] = at == 0 ? 0 : at; /* no -0 */
    }
    return ticks;
}

void wbi_ticks_widen(double *low, double *high, size_t n_about)
{
    int decimals;
    if (isfinite(*low) && isfinite(*high) && *high >= *low && !is_range(*low, *high)) {
        const double half = fmax(fabs(*low) / 10, 0.5);
        *low -= half;
        *high += half;
    }
    if (!is_range(*low, *high)) {
        *low = 0;
        *high = 1;
    }
    const double step = step_of(*high - *low, n_about, &decimals);
    *low = floor(*low / step + 1e-9) * step;
    *high = ceil(*high / step - 1e-9) * step;
}

double wbi_scale_at(const wbi_scale *scale, double value)
{
    const double share = scale->high > scale->low ? (value - scale->low) / (scale->high - scale->low) : 0.5;
    return scale->from + (scale->to - scale->from) * fmin(fmax(share, 0), 1);
}
