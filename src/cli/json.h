/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --json prints. */
#ifndef WINBACK_CLI_JSON_H
#define WINBACK_CLI_JSON_H

#include <jansson.h>

/* JSON has no NaN: a figure that was not made is null. */
json_t *cli_number_json(double value);
/* Writes it to standard output, indented, and lets go of it. */
void cli_print_json(json_t *json);

#endif
