/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the opaque wb_segments holds, and what its files share. */
#ifndef WINBACK_SEGMENT_INTERNAL_H
#define WINBACK_SEGMENT_INTERNAL_H

#include <winback/segment.h>

#include "base/error.h"

/* The features of an engine for segments. */
#define WBI_SEGMENT_RECENCY "recency_days"
#define WBI_SEGMENT_FREQUENCY "frequency"
#define WBI_SEGMENT_MONETARY "monetary"

enum { WBI_SEGMENT_BEST = WB_SEGMENT_EDGES + 1 };

typedef struct wbi_segment_scores {
    uint8_t r, f, m, segment; /* the last: index into `segments` */
} wbi_segment_scores;

struct wb_segments {
    size_t n;                 /* customers */
    char *ids;                /* terminated, one behind the other */
    size_t *id_at;            /* by customer: where its id begins */
    double *recency_days, *frequency, *monetary; /* by customer; one block, the first owns it */
    wbi_segment_scores *scores;
    wb_segment *segments, all;
    size_t n_segments;
    char **names;             /* owned names of the segments */
    wb_segment_edges edges;
    char *edges_file;         /* NULL: learned here */
    int64_t cutoff_us;
    uint64_t n_without;
};

/* edges[k] = R's type 7 quantile at (k + 1) / 5 of n >= 1 values, none NaN; `spare` has room for 2 n. */
void wbi_segment_learn(double edges[WB_SEGMENT_EDGES], const double *values, size_t n, double *spare);
/* How many edges lie below the value. */
int wbi_segment_below(const double edges[WB_SEGMENT_EDGES], double value);
/* The file is not trusted: whatever passes here can be scored with. */
WB_WARN_UNUSED wb_status wbi_segment_read_edges(wb_segment_edges *out, const char *path, wb_error *err);

#endif
