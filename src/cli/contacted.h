/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What past campaigns do to the rows that a model is trained on. */
#ifndef WINBACK_CLI_CONTACTED_H
#define WINBACK_CLI_CONTACTED_H

#include "cli/cli.h"

/* Zero-initialised it may be freed. */
typedef struct cli_contacted {
    uint8_t *mailed, *use_row; /* a byte a row of the features */
    wb_contacted_rows rows;
} cli_contacted;

/* Finds who was mailed, by `contacts` of the project's `campaign:`, and has `train` leave rows out or learn from it as `train:`
 * says; it then points into *out. Nothing happens where the project names no contacts. */
wb_status cli_take_contacts(cli_contacted *out, wb_train_options *train, const wb_features *features, const wb_project *project,
                            wb_error *err);
void cli_contacted_free(cli_contacted *contacted);

#endif
