/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What customers are called by their scores. */
#ifndef WINBACK_SEGMENT_NAMES_H
#define WINBACK_SEGMENT_NAMES_H

#include "project/project.h"
#include "segment/segment.h"

/* The segment of each combination of scores: [r - 1][f - 1][m - 1] is an index into the names of the table without their
 * repetitions, in its order, and last "Other" where some combination has no line. Returns how many names there are. */
typedef struct wbi_segment_map {
    uint8_t segment[WBI_SEGMENT_BEST][WBI_SEGMENT_BEST][WBI_SEGMENT_BEST];
    const char *names[WBI_SEGMENT_BEST * WBI_SEGMENT_BEST * WBI_SEGMENT_BEST]; /* borrowed from the table */
    size_t n;
} wbi_segment_map;
void wbi_segment_map_make(wbi_segment_map *map, const wb_project *project);

#endif
