/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows as a table of a model's features, for what wants tables. */
#ifndef WINBACK_SCORE_ROW_TABLE_H
#define WINBACK_SCORE_ROW_TABLE_H

#include "score/plan.h"
#include "score/rows.h"
#include "table/table.h"

/* The table's values are those of the rows, and borrowed, as are the dictionaries. */
WB_WARN_UNUSED wb_status wbi_row_table_create(wb_table **out, const wbi_score_plan *plan, const wbi_plan_model *model,
                                              const wbi_score_rows *rows, wb_error *err);
void wbi_row_table_free(wb_table *table); /* NULL-safe */

#endif
