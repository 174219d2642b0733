/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables from flags, and what is said of them after reading. */
#ifndef WINBACK_CLI_TABLES_H
#define WINBACK_CLI_TABLES_H

#include "cli/cli.h"

typedef struct cli_tables {
    const char *orders, *tickets, *customers;
} cli_tables;

#define CLI_TABLE_OPTIONS(offset)                                                                               \
    {"--orders", CLI_TEXT, (offset) + offsetof(cli_tables, orders), "FILE", "orders: csv, gz, zst, glob or -"}, \
        {"--tickets", CLI_TEXT, (offset) + offsetof(cli_tables, tickets), "FILE", "support tickets"},           \
        {"--customers", CLI_TEXT, (offset) + offsetof(cli_tables, customers), "FILE", "one row a customer"}

/* Gives the project the files that flags name, as those of the tables that the bundles rfm, tickets and profile are bound to. */
wb_status cli_set_tables(wb_project *project, const cli_tables *tables, wb_error *err);
/* Gives the project the tables of the catalogue that lie in the folder under their usual names (.csv, .csv.gz, .csv.zst). */
wb_status cli_find_tables(wb_project *project, wb_error *err);
/* The same for one table, whatever its name. */
wb_status cli_find_table(wb_project *project, const char *name, wb_error *err);
/* Opens the project with the tables that flags name (NULL: none do); where neither says any, those that lie in the folder under their
 * usual names. */
wb_status cli_open_tables(wb_project **project, const cli_common *common, const cli_tables *tables, wb_error *err);
/* CLI_USAGE, with a message, where neither a project nor the folder has any table. */
int cli_need_orders(const wb_project *project);
/* The project file's project, with the files that flags name, or those in the folder where there are none; and with a label:
 * `horizon_us` long where that is more than 0, and where there is none of 90 days. */
wb_status cli_open_labelled_project(wb_project **project, const cli_common *common, const cli_tables *tables, int64_t horizon_us,
                                    wb_error *err);
/* Reads the events, and reports the tables. */
wb_status cli_read_events(wb_engine **engine, const wb_project *project, const wb_read_options *reading, const cli_common *common,
                          wb_error *err);
/* "read  orders.csv 104,233 rows · …", what was left out, and which features lack a column. */
void cli_report_tables(const cli_step *step, const wb_engine *engine, const cli_common *common);
/* A cutoff after the end of the data is worth a warning. */
void cli_warn_past_end(const wb_engine *engine, int64_t cutoff_us, const cli_common *common);
/* Notes the last event of each table, and what it says about scoring at the cutoff: an age beyond the table's max_age is an
 * error; one of more than a day, where the project has no max_age, a warning, or if `strict` an error. */
wb_status cli_check_ages(const wb_engine *engine, int64_t cutoff_us, bool strict, const cli_common *common, wb_error *err);

#endif
