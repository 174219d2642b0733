/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One of a project's models: trained on all cutoffs, and its like, trained on the earlier ones, tried on the last. */
#ifndef WINBACK_CLI_RUN_MODEL_H
#define WINBACK_CLI_RUN_MODEL_H

#include "cli/training.h"

/* The cutoffs of the features, ascending, and the exclusive end of the data. */
typedef struct cli_cutoffs {
    const int64_t *us;
    size_t n;
    int64_t until_us;
} cli_cutoffs;

typedef struct cli_run_model {
    const char *name; /* NULL: the project has no other */
    wb_label label;   /* what it predicts */
    wb_train_options train;
    wb_model *tested, *model; /* the first NULL: no cutoff was left to test on */
    wb_metrics test;
    int64_t tested_us; /* the last cutoff at which the label is known */
    size_t n_open;     /* earlier cutoffs whose label windows reach past it */
    cli_step test_step, train_step;
    const cli_common *common;
    const wb_project *project;
} cli_run_model;

/* Takes the settings of a model of the project; returns CLI_DONE, or CLI_USAGE or a failure's code, told. */
int cli_run_model_init(cli_run_model *model, const wb_project *project, size_t index, const cli_common *common);
void cli_run_model_clear(cli_run_model *model);
/* Tests, which chooses lambda, and then fits on all rows. */
wb_status cli_run_model_train(cli_run_model *model, const wb_features *features, const cli_cutoffs *cutoffs, wb_error *err);
/* Ends the steps "train" and "test"; `path`: where the model was written. */
void cli_run_model_report(cli_run_model *model, const char *path);

#endif
