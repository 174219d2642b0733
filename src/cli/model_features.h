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

/* Borrowed. */
typedef struct cli_models {
    const wb_model *const *items;
    size_t n;
} cli_models;

/* The words of mistakes begin with the command's name. CLI_DONE when the options go together; `need`: there must be features. */
int cli_check_model_features(const cli_model_features *from, const char *command, bool need);
/* What the model takes for categories is read as such. */
wb_status cli_read_model_features(wb_features **out, const cli_model_features *from, const wb_model *model,
                                  const wb_read_options *reading, wb_error *err);
/* A file for several models: what is a category to one of them is read as such. `id` NULL: customer_id. */
wb_status cli_read_features(wb_features **out, const char *path, const char *id, const cli_models *models,
                            const wb_read_options *reading, wb_error *err);

/* Where the covariance of a model's file lies, when the model has one and it is there; else NULL. */
const char *cli_covariance_path(char *path, size_t size, const char *model_path, const wb_model *model);

#endif
