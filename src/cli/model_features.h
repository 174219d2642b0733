/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features that a model is to be held against: from a file, or computed from events by the model's definitions. */
#ifndef WINBACK_CLI_MODEL_FEATURES_H
#define WINBACK_CLI_MODEL_FEATURES_H

#include "cli/tables.h"

typedef struct cli_model_features {
    const cli_common *common; /* the first argument is the file, unless `at` is given */
    const cli_tables *tables;
    const char *model_path, *id; /* id NULL: customer_id */
    const char *at;              /* NULL: no events */
} cli_model_features;

/* The words of mistakes begin with the command's name. CLI_DONE when the options go together; `need`: there must be features. */
int cli_check_model_features(const cli_model_features *from, const char *command, bool need);
/* What the model takes for categories is read as such. */
wb_status cli_read_model_features(wb_features **out, const cli_model_features *from, const wb_model *model,
                                  const wb_read_options *reading, wb_error *err);

#endif
