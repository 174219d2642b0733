/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the numbers of each span to one. */
#ifndef WINBACK_FEATURES_REDUCE_H
#define WINBACK_FEATURES_REDUCE_H

#include "features/spans.h"
#include "project/project.h"

/* out[row] = sum, mean, min, max, std, median, number of distinct ones, first or last of each span of `x`, of which
 * none is missing; those of gap days are the mean, std and max. NaN for none, or for one where two are needed, and for
 * what is not finite, which `n_overflows` counts. Numbers are sorted in `own`, which has room for those of a span. */
void wbi_reduce_numbers(wbi_aggregate aggregate, const double *x, wbi_spans spans, double *out, double *own,
                        uint64_t *n_overflows);

#endif
