/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backtest/json.h"

#include <math.h>

#define FIGURE(member) offsetof(wb_metrics, member)
#define AT_DEPTH(member, place) (offsetof(wb_metrics, member) + (place) * sizeof(double))

const wbi_figure_key wbi_figure_keys[] = {
    {"base_rate", FIGURE(base_rate), 0, 1},
    {"auc", FIGURE(auc), 0, 1},
    {"pr_auc", FIGURE(pr_auc), 0, 1},
    {"log_loss", FIGURE(log_loss), 0, HUGE_VAL},
    {"brier", FIGURE(brier), 0, 1},
    {"brier_miscalibration", FIGURE(brier_miscalibration), -1, 1},
    {"brier_discrimination", FIGURE(brier_discrimination), -1, 1},
    {"brier_uncertainty", FIGURE(brier_uncertainty), 0, 1},
    {"calibration_slope", FIGURE(calibration_slope), -HUGE_VAL, HUGE_VAL},
    {"calibration_intercept", FIGURE(calibration_intercept), -HUGE_VAL, HUGE_VAL},
    {"ece", FIGURE(ece), 0, 1},
    {"ks", FIGURE(ks), 0, 1},
    {"gini", FIGURE(gini), -1, 1},
    {"lift_1", AT_DEPTH(lift, 0), 0, HUGE_VAL},
    {"lift_5", AT_DEPTH(lift, 1), 0, HUGE_VAL},
    {"lift_10", AT_DEPTH(lift, 2), 0, HUGE_VAL},
    {"lift_20", AT_DEPTH(lift, 3), 0, HUGE_VAL},
    {"lift_30", AT_DEPTH(lift, 4), 0, HUGE_VAL},
    {"capture_1", AT_DEPTH(capture, 0), 0, 1},
    {"capture_5", AT_DEPTH(capture, 1), 0, 1},
    {"capture_10", AT_DEPTH(capture, 2), 0, 1},
    {"capture_20", AT_DEPTH(capture, 3), 0, 1},
    {"capture_30", AT_DEPTH(capture, 4), 0, 1},
    {"true_positive", FIGURE(true_positive), 0, HUGE_VAL},
    {"false_positive", FIGURE(false_positive), 0, HUGE_VAL},
    {"true_negative", FIGURE(true_negative), 0, HUGE_VAL},
    {"false_negative", FIGURE(false_negative), 0, HUGE_VAL},
    {"empc", FIGURE(empc), -HUGE_VAL, HUGE_VAL},
    {"empc_fraction", FIGURE(empc_fraction), 0, 1},
};
const size_t wbi_n_figure_keys = sizeof wbi_figure_keys / sizeof wbi_figure_keys[0];

const wbi_age_key wbi_age_keys[] = {
    {"age_days", offsetof(wb_backtest_age, age_days)},
    {"auc", offsetof(wb_backtest_age, auc)},
    {"log_loss", offsetof(wb_backtest_age, log_loss)},
    {"lift_10", offsetof(wb_backtest_age, lift_10)},
    {"auc_lost", offsetof(wb_backtest_age, auc_lost)},
    {"auc_lost_se", offsetof(wb_backtest_age, auc_lost_se)},
    {"log_loss_lost", offsetof(wb_backtest_age, log_loss_lost)},
    {"log_loss_lost_se", offsetof(wb_backtest_age, log_loss_lost_se)},
};
const size_t wbi_n_age_keys = sizeof wbi_age_keys / sizeof wbi_age_keys[0];
