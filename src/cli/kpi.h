/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key figures of retention as tables and as JSON. */
#ifndef WINBACK_CLI_KPI_H
#define WINBACK_CLI_KPI_H

#include "cli/cli.h"
#include "cli/json.h"

/* On standard output: the figures by topic, periods or groups side by side; with `explain` each with its formula filled in. */
void cli_print_kpis(const wb_kpis *kpis, bool explain);
/* All of it as a new object. */
json_t *cli_kpis_json(const wb_kpis *kpis);

#endif
