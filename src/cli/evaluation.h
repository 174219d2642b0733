/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How an evaluation is told of: tables, and JSON; shared by evaluate and report. */
#ifndef WINBACK_CLI_EVALUATION_H
#define WINBACK_CLI_EVALUATION_H

#include "cli/cli.h"
#include "cli/json.h"

/* All figures of merit; those of cli_metrics_json first. Owned by the caller. */
json_t *cli_figures_json(const wb_metrics *metrics);
/* The first score's figures over all rows at the top, then all that the evaluation says; customers' ids only where asked for.
 * Owned by the caller. */
json_t *cli_evaluation_json(const wb_evaluation *evaluation, bool with_ids);
/* Warns of rows that could not be matched: how many, and of whom where ids are told. */
void cli_warn_unmatched(const wb_evaluation *evaluation, const cli_common *common, bool by_model, bool with_ids);
/* Tables on standard output. */
void cli_print_evaluation(const wb_evaluation *evaluation);

/* The same of uplift alone, where a treatment was asked for */
void cli_print_uplift(const wb_evaluation *evaluation);
/* Owned by the caller. */
json_t *cli_uplift_json(const wb_evaluation *evaluation);

/* Who says what contacts cost and bring. */
const char *cli_profit_from(const wb_evaluation *evaluation);

/* Options that evaluate and report share. */
typedef struct cli_judging {
    const char *labels, *target, *positive, *id, *weights;
    const char *treatment, *treated, *control;
    cli_list by;
    double threshold;
} cli_judging;
/* CLI_DONE when they go together with each other and with --on-error. */
int cli_check_judging(const cli_judging *judging, const cli_common *common);
/* The library's options for them; the rest is as usual. */
wb_evaluate_options cli_evaluate_options(const cli_judging *judging, const cli_common *common);

/* Texts that options borrow. */
typedef struct cli_campaign_texts {
    char from[1024], value_column[1024];
} cli_campaign_texts;
/* Takes what contacts cost and bring from `campaign:` of the project file, if there is one; what that leaves unsaid stays.
 * `texts` is to live as long as the options. */
wb_status cli_take_campaign(wb_evaluate_options *options, cli_campaign_texts *texts, const cli_common *common, wb_error *err);

#endif
