/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values at which a term's effect is told. */
#ifndef WINBACK_EXPLAIN_POINTS_H
#define WINBACK_EXPLAIN_POINTS_H

#include <winback/explain.h>

#include "model/model.h"
#include "score/feature_column.h"

/* Fills points, n_points, typical and the usual range of an effect: values, levels and shares, all else NaN. Numbers: deciles, knots and
 * even steps over the usual range (of a straight line its ends alone); the typical value is among them. */
WB_WARN_UNUSED wb_status wbi_points_place(wb_effect *out, const wb_model *model, size_t term, wb_error *err);

/* A table whose rows are points: row i holds the typical value of each effect where i is 0, else its point i - 1 (of an effect with
 * fewer its last). */
WB_WARN_UNUSED wb_status wbi_points_table(wb_table **out, const wb_effect *effects, const wb_model *model, wb_error *err);

#endif
