/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trained model as JSON. All objects are owned by the caller. */
#ifndef WINBACK_CLI_MODEL_JSON_H
#define WINBACK_CLI_MODEL_JSON_H

#include "cli/cli.h"
#include "cli/json.h"

/* How it was fitted, its terms and coefficients. */
json_t *cli_model_json(const wb_model *model);
/* The campaign that an uplift model was learned from; null for others. */
json_t *cli_treatment_json(const wb_model *model);
json_t *cli_metrics_json(const wb_metrics *metrics);

#endif
