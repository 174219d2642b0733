/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fitted purchase models for people and for programs. */
#ifndef WINBACK_CLI_CLV_H
#define WINBACK_CLI_CLV_H

#include <winback/btyd.h>

#include "cli/cli.h"
#include "cli/json.h"

void cli_print_clv(const wb_clv *clv, const wb_clv_options *options);
json_t *cli_clv_json(const wb_clv *clv, const wb_clv_options *options); /* owned by the caller */

#endif
