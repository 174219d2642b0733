/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The feature `contacted` while a model is trained. */
#ifndef WINBACK_TRAIN_CONTACTED_H
#define WINBACK_TRAIN_CONTACTED_H

#include "model/model.h"
#include "table/table.h"

/* A table with one more column, of 0 and 1; the others are borrowed. Zero-initialised it may be freed. */
typedef struct wbi_contacted_table {
    wb_table table;
    wbi_column *columns;
    double *numbers;
} wbi_contacted_table;

/* WB_ERR_INCONSISTENT where the table has such a column already. */
WB_WARN_UNUSED wb_status wbi_contacted_join(wbi_contacted_table *out, const wb_table *table, const uint8_t *contacted, wb_error *err);
void wbi_contacted_free(wbi_contacted_table *joined);
/* Sets the feature to 0 for good, and tells the log what it had added. */
WB_WARN_UNUSED wb_status wbi_contacted_fold(wb_model *model, const wb_log *log, wb_error *err);

#endif
