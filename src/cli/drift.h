/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drift as a table and as JSON. */
#ifndef WINBACK_CLI_DRIFT_H
#define WINBACK_CLI_DRIFT_H

#include "cli/cli.h"
#include "cli/json.h"

/* On standard output: what was found in sentences, then the score and all features, the largest PSI first. */
void cli_print_drift(const wb_drift *drift);
/* The same as a new object. */
json_t *cli_drift_json(const wb_drift *drift);

#endif
