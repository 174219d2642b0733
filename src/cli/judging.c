/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli/evaluation.h"

int cli_check_judging(const cli_judging *judging, const cli_common *common)
{
    if (judging->labels != NULL && strcmp(common->on_error, "reject") == 0)
        return cli_usage_error("--on-error reject goes with one file; scores and labels are two");
    if (judging->threshold > 1)
        return cli_usage_error("--threshold %g: expected a probability, 0 to 1", judging->threshold);
    if (judging->treatment == NULL && (judging->treated != NULL || judging->control != NULL))
        return cli_usage_error("%s goes with --treatment COL", judging->treated != NULL ? "--treated" : "--control");
    return cli_check_list("--by", &judging->by);
}

wb_evaluate_options cli_evaluate_options(const cli_judging *judging, const cli_common *common)
{
    wb_evaluate_options how = WB_EVALUATE_OPTIONS_INIT;
    how.target = judging->target;
    how.positive = judging->positive;
    how.id = judging->id;
    how.weights = judging->weights;
    how.treatment = judging->treatment;
    how.treated = judging->treated;
    how.control = judging->control;
    how.by = judging->by.items;
    how.n_by = judging->by.n;
    how.metrics.threshold = judging->threshold;
    how.metrics.n_threads = (int)common->n_threads;
    how.intervals.seed = common->seed;
    how.log = cli_log(common);
    return how;
}
