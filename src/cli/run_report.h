/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report of a run: what is known of one of its models already, and of the test once more in full. */
#ifndef WINBACK_CLI_RUN_REPORT_H
#define WINBACK_CLI_RUN_REPORT_H

#include "cli/run_act.h"
#include "cli/run_model.h"

typedef struct cli_run_report {
    const wb_engine *engine;
    const wb_features *now; /* at the end of the data */
    const cli_run_model *model;
    const wb_read_options *reading;
    const char *model_path;
    const cli_run_act *act; /* NULL: the page is about the model alone */
} cli_run_report;

/* Writes the page to `path`. The features of the test's cutoff are computed once more, from the events that the engine holds. */
wb_status cli_run_report_write(const cli_run_report *run, const char *path, wb_error *err);

#endif
