/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The models: one a training cutoff, and its baseline. */
#ifndef WINBACK_BACKTEST_FIT_H
#define WINBACK_BACKTEST_FIT_H

#include <stdbool.h>
#include <winback/backtest.h>

#include "backtest/hush.h"

/* What a training cutoff gave. */
typedef struct wbi_backtest_model {
    wb_model *model;   /* NULL: it could not be fitted */
    wb_model *recency; /* NULL: nor could that */
    uint64_t n_rows;
} wbi_backtest_model;
void wbi_backtest_model_clear(wbi_backtest_model *model);

/* How all of them are trained. Choosing lambda costs many times a fit, and what is best changes slowly: it is chosen for the
 * first model, and again for one of half as many rows again as the last that chose. */
typedef struct wbi_backtest_recipe {
    wb_train_options train, recency;
    bool chooses; /* lambda is to be found by folds */
    size_t n_chosen_rows; /* of the table by which `train`'s lambda was chosen; 0: it was not yet */
    wb_error unfit; /* why the last model that could not be fitted was not */
} wbi_backtest_recipe;
void wbi_backtest_recipe_make(wbi_backtest_recipe *out, const wb_backtest_options *options, const char *label, wbi_hush *hush);

/* Rows that are learned from: those with `use_row` not 0, NULL: all. `recency` may be NULL. What cannot be fitted to these rows leaves
 * the model NULL and is said; the last cutoff is `cutoff_us`. */
WB_WARN_UNUSED wb_status wbi_backtest_fit(wbi_backtest_model *out, wbi_backtest_recipe *recipe, const wb_features *features,
                                          const wb_features *recency, const uint8_t *use_row, int64_t cutoff_us,
                                          const wb_log *log, wb_error *err);

#endif
