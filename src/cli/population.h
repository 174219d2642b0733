/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who counts at each cutoff, and why others do not. */
#ifndef WINBACK_CLI_POPULATION_H
#define WINBACK_CLI_POPULATION_H

#include <winback/features.h>

#include "cli/cli.h"
#include "cli/json.h"

/* A note for each of the first cutoffs, with the share of label 1 where the project has a label; of several, the first. */
void cli_tell_population(const wb_population *all, size_t n, const wb_project *project, const cli_common *common);
/* A list, one entry a cutoff; owned by the caller. */
json_t *cli_population_json(const wb_population *all, size_t n, bool with_label);

#endif
