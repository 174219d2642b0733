/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a report is made of, kept until it is written; shared by report and run. */
#ifndef WINBACK_CLI_REPORT_H
#define WINBACK_CLI_REPORT_H

#include "cli/cli.h"

enum { CLI_REPORT_FACTS = 24, CLI_FACT_CHARS = 1024, CLI_REPORT_CUSTOMERS = 10 };

/* Zero it at the start. `parts` point to what the others own; texts of the command line are borrowed. */
typedef struct cli_results {
    wb_report_parts parts;
    wb_evaluation *evaluation;
    wb_explanation *explanation;
    wb_drift *drift;
    wb_backtest *backtest;
    wb_description *descriptions;
    wb_explained_row *rows[CLI_REPORT_CUSTOMERS]; /* of each customer shown */
    size_t n_rows[CLI_REPORT_CUSTOMERS];
    wb_explained_row customers[CLI_REPORT_CUSTOMERS]; /* the last of these */
    wb_report_fact facts[CLI_REPORT_FACTS];
    char values[CLI_REPORT_FACTS][CLI_FACT_CHARS];
    char title[CLI_FACT_CHARS], evaluated_on[CLI_FACT_CHARS];
} cli_results;

void cli_report_clear(cli_results *report);
/* A line of the table that says how the report came about. */
void cli_report_fact(cli_results *report, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Those of the program and of the evaluation that it holds. */
void cli_report_usual_facts(cli_results *report, const cli_common *common);
/* "Churned: how good the scores are" */
void cli_report_title(cli_results *report, const char *target);
/* Makes the parts point to what is there. */
void cli_report_assemble(cli_results *report);
/* Explains the customers of the highest probabilities, each by its last row. */
wb_status cli_report_customers(cli_results *report, const wb_model *model, const wb_features *features, const char *id,
                               int n_threads, wb_error *err);

#endif
