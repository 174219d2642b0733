/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segments as a table, as JSON, and what is to be known of their edges. */
#ifndef WINBACK_CLI_SEGMENTS_H
#define WINBACK_CLI_SEGMENTS_H

#include <jansson.h>

#include "cli/cli.h"

/* Where edges are kept: as the project says, else in segments.json beside `output`, printed into `path`; NULL: nowhere. */
const char *cli_place_edges(char *path, size_t size, const wb_project *project, const char *output);
void cli_print_segments(const wb_segments *segments);
json_t *cli_segments_json(const wb_segments *segments);
/* Where the edges come from, or where they are kept (`file`; NULL: nowhere), which scores they skip, and who has no segment. */
void cli_tell_edges(const wb_segments *segments, const char *file, const cli_common *common);

#endif
