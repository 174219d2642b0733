/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a model's log-odds go through on their way to a probability. */
#ifndef WINBACK_MODEL_CALIBRATION_H
#define WINBACK_MODEL_CALIBRATION_H

#include <stdbool.h>
#include <winback/model.h>

#include "design/json.h"

enum { WBI_MAX_KNOTS = 10000 };

/* Zero-initialised it does nothing. */
typedef struct wbi_calibration {
    wb_calibration method;   /* never WB_CALIBRATION_AUTO */
    wb_calibration tried;    /* what the figures below are of; WB_CALIBRATION_NONE: nobody tried */
    double slope, intercept; /* platt: the line over the log-odds, slope > 0 */
    double *from, *to;       /* isotonic: probabilities, the first strictly ascending, the others not descending; linear between
                                knots, constant beyond */
    size_t n_knots;
    double log_loss, difference_se; /* as in wb_calibration_summary; NaN */
} wbi_calibration;

WB_WARN_UNUSED wb_status wbi_calibration_reserve(wbi_calibration *map, size_t n_knots, wb_error *err);
WB_WARN_UNUSED wb_status wbi_calibration_copy(wbi_calibration *out, const wbi_calibration *from, wb_error *err);
void wbi_calibration_clear(wbi_calibration *map);

/* From a model's log-odds to its probabilities; both may be one array. Never descends, to the bit, but for what the logistic
 * function's rounding does. NaN stays NaN. */
void wbi_calibrate(const wbi_calibration *map, double *probability, const double *log_odds, size_t n);
/* The log-odds of a probability that wbi_calibrate made of `log_odds`. */
double wbi_calibrated_log_odds(const wbi_calibration *map, double log_odds, double probability);

/* The member "calibration" of the model's file, which is not there where nothing was tried. Return 0 when all went well. */
int wbi_calibration_to_json(json_t *model, const wbi_calibration *map);
WB_WARN_UNUSED wb_status wbi_calibration_from_json(wbi_calibration *map, const wbi_json_at *model, bool has_folds,
                                                   wb_error *err);

#endif
