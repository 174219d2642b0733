/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How well the levels of a category tell a label's classes, judged on customers that the rates were not made of. */
#ifndef WINBACK_AUDIT_FOLDS_H
#define WINBACK_AUDIT_FOLDS_H

#include "table/table.h"

enum { WBI_AUDIT_FOLDS = 5 };

/* The fold of each row, by the hash of its customer_id (without that column by its number); freed by wbi_free. */
WB_WARN_UNUSED wb_status wbi_folds_of_customers(uint8_t **fold, const wb_table *table, wb_error *err);

/* A category's codes (-1: missing, a level too) and folds by row of the table; outcomes of the `n` rows that have one. */
typedef struct wbi_levels_of {
    const int32_t *codes;
    size_t n_codes;
    const uint8_t *fold;
    const size_t *rows;
    const uint8_t *outcome;
    size_t n;
} wbi_levels_of;
/* A row's score is (positives + base rate) / (rows + 1) over the rows of its level in the other folds, the base rate being
 * theirs too; the areas within the folds are averaged by their pairs. Pooling the folds would not do: the rates of the
 * others are low where a fold's own are high, which makes a constant look like a feature. NaN without pairs. */
WB_WARN_UNUSED wb_status wbi_category_auc(double *auc, const wbi_levels_of *levels, wb_error *err);

#endif
