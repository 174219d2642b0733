/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models and scores in words, and as JSON. */
#ifndef WINBACK_CLI_EXPLAIN_H
#define WINBACK_CLI_EXPLAIN_H

#include "cli/cli.h"
#include "cli/json.h"

/* On standard output: the terms, at most `n_terms` (0: all), and the shapes of the first `n_shapes`. */
void cli_print_explanation(const wb_explanation *explanation, size_t n_terms, size_t n_shapes);
/* One customer's score, from the base to the end, its strongest `n_parts` (0: all) one by one. */
void cli_print_explained_row(const wb_explained_row *row, size_t n_parts);
/* The same as new objects. */
json_t *cli_explanation_json(const wb_explanation *explanation);
json_t *cli_explained_rows_json(const wb_explained_row *rows, size_t n);

#endif
