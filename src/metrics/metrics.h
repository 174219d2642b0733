/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WINBACK_METRICS_INTERNAL_H
#define WINBACK_METRICS_INTERNAL_H

#include <winback/metrics.h>

/* Every figure behind the two counts, as one array: what resampling and the like do to each. */
enum { WBI_N_FIGURES = (sizeof(wb_metrics) - offsetof(wb_metrics, base_rate)) / sizeof(double) };
static inline double *wbi_figures(wb_metrics *metrics)
{
    return &metrics->base_rate;
}

/* No rows, and every figure NaN. */
wb_metrics wbi_no_metrics(void);

#endif
