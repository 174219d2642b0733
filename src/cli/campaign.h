/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A campaign as tables and as JSON. */
#ifndef WINBACK_CLI_CAMPAIGN_H
#define WINBACK_CLI_CAMPAIGN_H

#include "cli/cli.h"
#include "cli/json.h"

/* On standard output: who was removed by what, money, control group, depths and budgets. */
void cli_print_campaign(const wb_campaign_summary *summary, double provable_effect);
/* The same as a new object. */
json_t *cli_campaign_json(const wb_campaign_summary *summary, double provable_effect);
/* Says what was assumed, whose value is not known, and why a list or a control group is empty. */
void cli_warn_campaign(const wb_campaign_summary *summary, const cli_common *common);
/* Which edges segments are by; what was written into the table of contacts, if the campaign has one, and what is forgotten by that. */
void cli_tell_campaign(const wb_campaign_summary *summary, const cli_common *common);
/* The name and the path of the list number `index` of the routes, beside `list`; several rules may lead to one. NULL past the last. */
const char *cli_route_path(char *path, size_t size, const char **name, const wb_campaign *settings, size_t index, const char *list);
/* Says where the lists of the routes are. */
void cli_tell_routes(const wb_campaign *settings, const char *list, const cli_common *common);
/* Ends the step: how many, what profit, and the file of the list. */
void cli_end_campaign(const cli_step *step, const wb_campaign_summary *summary, const char *list);
/* The *n suppression lists, which are read beside scores and tables of the project: NULL-terminated, with room for n_more other
 * files, to be freed by free(). NULL, with the error, when memory runs out. */
const char **cli_campaign_inputs(size_t *n, const wb_campaign *settings, size_t n_more, wb_error *err);
/* 12,345.67 of an amount in cents. */
const char *cli_cents(char text[CLI_TEXT_CHARS], int64_t cents);

#endif
