/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How certain a model's probabilities are: the ends of their 95 % intervals, from the covariance of its coefficients. */
#ifndef WINBACK_SCORE_INTERVAL_H
#define WINBACK_SCORE_INTERVAL_H

#include <winback/score.h>

#include "design/basis.h"

/* Immutable: many threads may use one, each with scratch of its own. */
typedef struct wbi_intervals wbi_intervals;

/* The model is borrowed; its covariance is read from `cov_path`, see wb_model_covariance, which also says what can fail. */
WB_WARN_UNUSED wb_status wbi_intervals_create(wbi_intervals **out, const wb_model *model, const char *cov_path,
                                              wb_error *err);
void wbi_intervals_free(wbi_intervals *intervals); /* NULL-safe */
/* How many doubles, at a 64-byte boundary, a thread needs. */
size_t wbi_intervals_scratch(const wbi_intervals *intervals);

/* Rows begin to end of the table that an encoder of the model's basis is bound to. */
typedef struct wbi_interval_rows {
    const wbi_encoder *encoder;
    size_t begin, end;
    double *scratch;
} wbi_interval_rows;

/* low[i] and high[i] of row begin + i. A row's bits depend on its cells alone. Fails as scoring does, where the row's values
 * overflow the model's. */
WB_WARN_UNUSED wb_status wbi_intervals_rows(const wbi_intervals *intervals, double *low, double *high,
                                            const wbi_interval_rows *rows, wb_error *err);

#endif
