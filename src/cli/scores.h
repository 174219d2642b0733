/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told of scores once they are written. */
#ifndef WINBACK_CLI_SCORES_H
#define WINBACK_CLI_SCORES_H

#include "cli/cli.h"

/* What scored; names by model. All borrowed. */
typedef struct cli_scores {
    const wb_model *const *models;
    const char *const *names;
    const wb_score_report *reports; /* with the counts of the features */
    size_t n_models;
    const char *output;
    const cli_common *common;
} cli_scores;

void cli_report_scores(const cli_step *step, const cli_scores *scores);

#endif
