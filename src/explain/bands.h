/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How certain effects are. */
#ifndef WINBACK_EXPLAIN_BANDS_H
#define WINBACK_EXPLAIN_BANDS_H

#include "explain/points.h"

/* Fills the intervals of all points, of terms in the model's order, from the covariance at `cov_path` (NULL: the model's own).
 * `points` is their table. */
WB_WARN_UNUSED wb_status wbi_bands(wb_effect *effects, const wb_model *model, const wb_table *points, const char *cov_path,
                                   wb_error *err);

#endif
