/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A readout as sentences and tables, and as JSON. */
#ifndef WINBACK_CLI_READOUT_H
#define WINBACK_CLI_READOUT_H

#include "cli/cli.h"
#include "cli/json.h"

/* On standard output: what can be said, differences, what it brought and cost, then tenths and segments. */
void cli_print_readout(const wb_readout *readout);
/* The same as a new object. */
json_t *cli_readout_json(const wb_readout *readout);

#endif
