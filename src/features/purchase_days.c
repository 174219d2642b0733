/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "features/purchase_days.h"

#include <math.h>

/* Entropy form of Zhang, Bradlow, Small, Marketing Science 34(2), 2015: 1 + Σ d ln d / ln(n + 1) over the n + 1 gaps
 * between the n repeat dates, the first date and the end, as shares of the whole. A date that has begun counts whole,
 * so no gap is 0. */
typedef struct clumping {
    double whole, sum;
} clumping;

static void add_gap(clumping *c, int64_t gap_days)
{
    double share = (double)gap_days / c->whole;
    c->sum += share * log(share);
}

double wbi_purchase_days(wbi_aggregate aggregate, const int64_t *times, size_t n, int64_t end_us, wbi_clock clock)
{
    if (n == 0)
        return NAN;
    int64_t first = wbi_day_of(times[0], clock), last = first, seen = wbi_day_of(end_us - 1, clock);
    clumping clumps = {.whole = (double)(seen + 1 - first)};
    double n_repeats = 0;
    for (size_t i = 1; i < n; i++) {
        int64_t day = wbi_day_of(times[i], clock);
        if (day == last)
            continue;
        n_repeats++;
        add_gap(&clumps, day - last);
        last = day;
    }
    switch (aggregate) {
    case WBI_AGG_REPEAT_DAYS:
        return n_repeats;
    case WBI_AGG_REPEAT_SPAN_DAYS:
        return (double)(last - first);
    case WBI_AGG_OBSERVED_DAYS:
        return (double)(seen - first);
    default:
        add_gap(&clumps, seen + 1 - last);
        return n_repeats == 0 ? NAN : 1 + clumps.sum / log(n_repeats + 1);
    }
}
