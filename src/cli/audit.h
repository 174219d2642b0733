/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --audit and --audit-against find, on standard output or as JSON. */
#ifndef WINBACK_CLI_AUDIT_H
#define WINBACK_CLI_AUDIT_H

#include "cli/cli.h"
#include "cli/json.h"

/* Both print what they find, or put it into *json (owned by the caller) when `common` says JSON; *failed becomes true when
 * something moved. */
wb_status cli_audit(const wb_engine *engine, const wb_features *features, const cli_common *common,
                    const wb_read_options *reading, json_t **json, bool *failed, wb_error *err);
wb_status cli_audit_against(const wb_engine *engine, const wb_project *old, const cli_common *common,
                            const wb_read_options *reading, json_t **json, bool *failed, wb_error *err);

#endif
