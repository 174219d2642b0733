/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What customers are called by their scores. */
#include <string.h>

#include "segment/names.h"

#define NAMED(text) .name = (char *)text
#define TO(from, to) {from, to}

/* As such tables usually go, over recency and the mean of the two others, but for customers of the lowest frequency who were
 * here lately: they are new, whatever they paid. Every combination has a line. */
static const wbi_segment_def usual[] = {
    {NAMED("New"), .recency = TO(5, 5), .frequency = TO(1, 1)},
    {NAMED("Promising"), .recency = TO(4, 4), .frequency = TO(1, 1)},
    {NAMED("Champions"), .recency = TO(5, 5), .fm = TO(4, 5)},
    {NAMED("Loyal"), .recency = TO(3, 4), .fm = TO(4, 5)},
    {NAMED("Potential loyalists"), .recency = TO(4, 5), .fm = TO(1, 3)},
    {NAMED("Needs attention"), .recency = TO(3, 3), .fm = TO(3, 3)},
    {NAMED("About to sleep"), .recency = TO(3, 3), .fm = TO(1, 2)},
    {NAMED("Cannot lose them"), .recency = TO(1, 2), .fm = TO(5, 5)},
    {NAMED("At risk"), .recency = TO(1, 2), .fm = TO(3, 4)},
    {NAMED("Hibernating"), .recency = TO(2, 2), .fm = TO(1, 2)},
    {NAMED("Lost"), .recency = TO(1, 1), .fm = TO(1, 2)},
};

static const char other[] = "Other";

/* The table that counts, and how many lines it has. */
static const wbi_segment_def *table_of(size_t *n, const wb_project *project)
{
    const bool own = project != NULL && project->segments.n_names > 0;
    *n = own ? project->segments.n_names : sizeof usual / sizeof usual[0];
    return own ? project->segments.names : usual;
}

static const char *name_of(const wbi_segment_def *names, size_t n, int r, int f, int m)
{
    for (size_t i = 0; i < n; i++)
        if (wbi_segment_fits(&names[i], r, f, m))
            return names[i].name;
    return other;
}

static uint8_t index_of(wbi_segment_map *map, const char *name)
{
    size_t i = 0;
    while (i < map->n && strcmp(map->names[i], name) != 0)
        i++;
    if (i == map->n)
        map->names[map->n++] = name;
    return (uint8_t)i;
}

void wbi_segment_map_make(wbi_segment_map *map, const wb_project *project)
{
    size_t n;
    const wbi_segment_def *names = table_of(&n, project);
    map->n = 0;
    for (size_t i = 0; i < n; i++)
        index_of(map, names[i].name);
    for (int r = 1; r <= WBI_SEGMENT_BEST; r++)
        for (int f = 1; f <= WBI_SEGMENT_BEST; f++)
            for (int m = 1; m <= WBI_SEGMENT_BEST; m++)
                map->segment[r - 1][f - 1][m - 1] = index_of(map, name_of(names, n, r, f, m));
}

static bool is_score(int score)
{
    return score >= 1 && score <= WBI_SEGMENT_BEST;
}

const char *wb_segment_name(const wb_project *project, int r, int f, int m)
{
    size_t n;
    const wbi_segment_def *names = table_of(&n, project);
    return is_score(r) && is_score(f) && is_score(m) ? name_of(names, n, r, f, m) : NULL;
}

const char *wb_project_segment_edges(const wb_project *project)
{
    return project->segments.edges;
}
