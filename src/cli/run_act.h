/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What follows from the scores of a run: the campaign's list and control group, key figures, segments. */
#ifndef WINBACK_CLI_RUN_ACT_H
#define WINBACK_CLI_RUN_ACT_H

#include "cli/cli.h"

/* What was made of it, for the report; what could not be made is NULL. */
typedef struct cli_run_act {
    wb_campaign_plan *plan;
    wb_kpis *kpis;
    const wb_segments *segments; /* the plan's, or those below */
    wb_segments *own_segments;
} cli_run_act;

/* The files of a run, and what they are made from. */
typedef struct cli_run_acting {
    const wb_project *project;
    const cli_common *common;
    const wb_read_options *reading;
    const char *scores;      /* the file */
    const char *probability; /* its column by which customers are chosen */
    const char *list, *control, *kpi;
    int64_t at_us;           /* of the scores */
} cli_run_acting;

/* Whether the project has a campaign to be made: `campaign:` with a name. */
bool cli_run_has_campaign(const wb_project *project);
/* What can be known to be wrong with it before anything is read. */
wb_status cli_run_check_campaign(const wb_project *project, const wb_read_options *reading, wb_error *err);
/* Makes what the project allows, writes the files and says what is left out. Errors of the campaign are those of the run; key
 * figures and segments that the data do not allow are only told. */
wb_status cli_run_act_make(cli_run_act *act, const cli_run_acting *run, wb_error *err);
void cli_run_act_clear(cli_run_act *act);

#endif
