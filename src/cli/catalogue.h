/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WINBACK_CLI_CATALOGUE_H
#define WINBACK_CLI_CATALOGUE_H

#include "cli/cli.h"

/* Prints the built-in features, as a table or as JSON, and which of them a project (NULL: none) computes; returns the exit
 * code. */
int cli_list_catalogue(const wb_project *project, const wb_read_options *reading, const cli_common *common);

#endif
