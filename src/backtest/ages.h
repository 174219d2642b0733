/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What follows from the trials: the cutoffs' headlines, decay with age, advice. */
#ifndef WINBACK_BACKTEST_AGES_H
#define WINBACK_BACKTEST_AGES_H

#include <winback/backtest.h>

#include "base/error.h"

/* Fills `fresh` and `previous` of the cutoffs (whose times and recency are there), ages and advice from the trials. */
WB_WARN_UNUSED wb_status wbi_backtest_conclude(wb_backtest *backtest, wb_error *err);

#endif
