/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of training, and how a model is told of; shared by train and run. */
#ifndef WINBACK_CLI_TRAINING_H
#define WINBACK_CLI_TRAINING_H

#include "cli/cli.h"
#include "cli/json.h"

/* Turns names into training options; false (with a message) when one is wrong. NULL keeps the default. */
bool cli_training_options(wb_train_options *options, const char *penalty, const char *basis, const cli_common *common);
/* customers or time; NULL keeps what is there. False (with a message) when it is neither. */
bool cli_read_validation(wb_train_options *options, const char *text);
/* none, platt, isotonic or auto, likewise. */
bool cli_read_calibration(wb_train_options *options, const char *text);
/* Whether the basis goes with penalty and lambda; false (with a message) where it does not. */
bool cli_check_basis(const wb_train_options *options);
/* Reads a lambda: a number of at least 0, auto (NaN) or 1se; false when it is none of them. */
bool cli_read_lambda(wb_train_options *options, const char *text);
/* Lines below a "train" step: how `model` was fitted, its strongest terms; lambda as `chosen` (it or the model before)
 * found it. */
void cli_describe_model(const wb_model *chosen, const wb_model *model, const cli_common *common);
/* A dozen points of the path that lambda was chosen from, the chosen one among them; nothing where it was given. */
void cli_print_path(const wb_model *model, const cli_common *common);
/* What it adds to each column's coefficient, the strongest first; nothing for models without a treatment. */
void cli_print_interactions(const wb_model *model, size_t n_shown);
/* The same with that campaign. Owned by the caller. */
json_t *cli_interactions_json(const wb_model *model);

#endif
