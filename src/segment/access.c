/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at segments. */
#include <string.h>

#include "segment/segment.h"

const char *wb_segments_of(const wb_segments *s, const char *customer_id)
{
    size_t low = 0, high = s->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(s->ids + s->id_at[middle], customer_id);
        if (order == 0)
            return s->segments[s->scores[middle].segment].name;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

size_t wb_segments_n_customers(const wb_segments *s)
{
    return s->n;
}

wb_segment_customer wb_segments_customer(const wb_segments *s, size_t index)
{
    const wbi_segment_scores *scores = &s->scores[index];
    return (wb_segment_customer){.customer_id = s->ids + s->id_at[index],
                                 .recency_days = s->recency_days[index],
                                 .frequency = s->frequency[index],
                                 .monetary = s->monetary[index],
                                 .r = scores->r,
                                 .f = scores->f,
                                 .m = scores->m,
                                 .segment = scores->segment};
}

size_t wb_segments_n_segments(const wb_segments *s)
{
    return s->n_segments;
}

wb_segment wb_segments_segment(const wb_segments *s, size_t index)
{
    return s->segments[index];
}

wb_segment wb_segments_all(const wb_segments *s)
{
    return s->all;
}

int64_t wb_segments_cutoff(const wb_segments *s)
{
    return s->cutoff_us;
}

uint64_t wb_segments_n_without(const wb_segments *s)
{
    return s->n_without;
}

wb_segment_edges wb_segments_edges(const wb_segments *s)
{
    return s->edges;
}

const char *wb_segments_edges_file(const wb_segments *s)
{
    return s->edges_file;
}
