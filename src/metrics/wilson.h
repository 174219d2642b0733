/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Score intervals: of a share (Wilson, JASA 22, 1927), and of the difference of two. */
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

/* Of p1 - p2, as two independent shares. Newcombe, Statistics in Medicine 17, 1998, 873-890, method 10: the distances from each
 * share to the end of its own score interval, squared and added. */
static inline wbi_wilson wbi_newcombe_of(double p1, double n1, double p2, double n2, double z)
{
    const wbi_wilson one = wbi_wilson_of(p1, n1, z), two = wbi_wilson_of(p2, n2, z);
    return (wbi_wilson){p1 - p2 - hypot(p1 - one.low, two.high - p2), p1 - p2 + hypot(one.high - p1, p2 - two.low)};
}

#endif
