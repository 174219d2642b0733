/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How features are told of: --describe, and warnings about single ones. */
#ifndef WINBACK_CLI_DESCRIBE_H
#define WINBACK_CLI_DESCRIBE_H

#include "cli/cli.h"
#include "cli/json.h"

/* Describes the features: as a table on standard output, or into *json (owned by the caller) when `common` says JSON.
 * Suspected leaks are warned of. */
wb_status cli_describe_features(const wb_features *features, const cli_common *common, json_t **json, wb_error *err);

#endif
