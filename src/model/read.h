/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of a model's parts share. They fail with WB_ERR_MALFORMED. */
#ifndef WINBACK_MODEL_READ_H
#define WINBACK_MODEL_READ_H

#include "design/json.h"
#include "model/model.h"

WB_WARN_UNUSED wb_status wbi_check_not_negative(double value, const wbi_json_at *at, const char *key, wb_error *err);
/* Rounding above 1 is let pass. */
WB_WARN_UNUSED wb_status wbi_check_share(double value, const wbi_json_at *at, const char *key, wb_error *err);

/* The member "folds" of the training, which may be null; its rows were read before. */
WB_WARN_UNUSED wb_status wbi_read_folds(wb_model *model, const wbi_json_at *training, wb_error *err);

#endif
