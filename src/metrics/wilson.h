/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The score interval of a share: Wilson, JASA 22, 1927. */
#ifndef WINBACK_METRICS_WILSON_H
#define WINBACK_METRICS_WILSON_H

#include <math.h>

typedef struct wbi_wilson {
    double low, high;
} wbi_wilson;

/* Of p, 0 to 1, seen in n > 0 draws; z: the normal quantile. */
static inline wbi_wilson wbi_wilson_of(double p, double n, double z)
{
    const double by = 1 + z * z / n;
    const double centre = (p + z * z / (2 * n)) / by, half = z / by * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    return (wbi_wilson){fmax(0, centre - half), fmin(1, centre + half)};
}

#endif
