/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WINBACK_SCORE_PREDICT_H
#define WINBACK_SCORE_PREDICT_H

#include <winback/score.h>

/* Columns of a table that are neither key nor label nor read by the model. */
uint64_t wbi_n_ignored_columns(const wb_model *model, const wb_table *table);

#endif
