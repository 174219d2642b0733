/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which cutoffs are learned from, and which are tried. */
#ifndef WINBACK_BACKTEST_CUTOFFS_H
#define WINBACK_BACKTEST_CUTOFFS_H

#include <winback/backtest.h>

#include "base/error.h"

typedef struct wbi_backtest_cutoffs {
    wb_label label;    /* borrowed from the engine's project */
    int64_t *us;       /* ascending, the data hold their label windows */
    size_t n;
    size_t first_tried; /* this one and those after it have an earlier one whose label window had ended */
    size_t n_trained;   /* the first so many, which a later one can learn from */
} wbi_backtest_cutoffs;

WB_WARN_UNUSED wb_status wbi_backtest_cutoffs_find(wbi_backtest_cutoffs *out, const wb_engine *engine,
                                                   const wb_backtest_options *options, wb_error *err);
void wbi_backtest_cutoffs_clear(wbi_backtest_cutoffs *cutoffs);
/* How many of the first cutoffs' label windows had ended at the k-th: a model of any of them can be tried there. */
size_t wbi_backtest_n_closed(const wbi_backtest_cutoffs *cutoffs, size_t k);

#endif
