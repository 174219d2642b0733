/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --suggest-horizon prints. */
#ifndef WINBACK_CLI_HORIZON_H
#define WINBACK_CLI_HORIZON_H

#include "cli/cli.h"

/* How long customers take to return, and the horizon to set, on standard output. */
wb_status cli_suggest_horizon(const wb_engine *engine, const cli_common *common, wb_error *err);

#endif
