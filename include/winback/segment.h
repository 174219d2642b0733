/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RFM: customers by how recently, how often and for how much they ordered, and names for the groups. docs/segment.md has the
 * formulas and the table of names. */
#ifndef WINBACK_SEGMENT_H
#define WINBACK_SEGMENT_H

#include <winback/features.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Edges of the quintiles: R's type 7 quantiles at 20, 40, 60 and 80 % of the customers, ascending, some of them equal where
 * many customers are. A frequency or monetary value scores 1 + the number of edges below it, recency 5 - that number: 5 is best,
 * and a score always means the same, so where edges are equal scores are skipped. */
enum { WB_SEGMENT_EDGES = 4 };
typedef struct wb_segment_edges {
    int64_t cutoff_us;    /* where they were learned */
    uint64_t n_customers; /* from */
    int64_t window_us;    /* frequency and monetary are those of so long before the cutoff; 0: of all history */
    double recency_days[WB_SEGMENT_EDGES], frequency[WB_SEGMENT_EDGES], monetary[WB_SEGMENT_EDGES];
} wb_segment_edges;

/* Start from WB_SEGMENTS_OPTIONS_INIT. What it points to is borrowed during the call only. */
typedef struct wb_segments_options {
    int64_t cutoff_us;  /* what is known then; WB_TIME_MISSING: the end of the data */
    const char *edges;  /* file with edges, used where it exists; NULL: what the project says (`segments: {edges: FILE}`). Without
                         * such a file edges are learned from the customers at the cutoff */
    int refit;          /* not 0: learned even where the file exists */
    int n_threads;      /* 0: as many as the machine has */
    const wb_log *log;  /* NULL: silence */
} wb_segments_options;

#define WB_SEGMENTS_OPTIONS_INIT {WB_TIME_MISSING, NULL, 0, 0, NULL}

/* Customers at a cutoff with their segments, in the order of their ids' bytes. Immutable: any number of threads. */
typedef struct wb_segments wb_segments;

/* An engine that computes what segments need and reads nothing else: the project's orders (the table `rfm` is bound to in
 * features: {use: …}, or orders) and the population's table. Serves any number of cutoffs. Errors as wb_engine_create, and
 * WB_ERR_INCONSISTENT where there is no such table. */
WB_API WB_WARN_UNUSED wb_status wb_segments_engine(wb_engine **out, const wb_project *project, const wb_read_options *reading,
                                                   wb_error *err);

/* The segments at a cutoff, from such an engine: of the project's population, those with an order before the cutoff. The same
 * for any number of threads. WB_ERR_INCONSISTENT: a cutoff before the first event, nobody to learn edges from, edges that were
 * learned with another window; WB_ERR_MALFORMED: a file of edges that is none. Thread-safe. */
WB_API WB_WARN_UNUSED wb_status wb_segments_compute(wb_segments **out, const wb_engine *engine, const wb_segments_options *options,
                                                    wb_error *err);

/* Both at once. */
WB_API WB_WARN_UNUSED wb_status wb_segments_create(wb_segments **out, const wb_project *project, const wb_segments_options *options,
                                                   const wb_read_options *reading, wb_error *err);
WB_API void wb_segments_free(wb_segments *segments); /* NULL-safe */

/* The name of the customer's segment, in O(log n); NULL: no customer at the cutoff, or one without an order. Borrowed. */
WB_API const char *wb_segments_of(const wb_segments *segments, const char *customer_id);

/* One customer. Strings are borrowed. */
typedef struct wb_segment_customer {
    const char *customer_id;
    double recency_days;  /* from the last order to the cutoff, 0 or more */
    double frequency;     /* orders */
    double monetary;      /* sum of their amounts; negative where returns prevail */
    int r, f, m;          /* scores of these, 1 to 5 */
    size_t segment;       /* index for wb_segments_segment */
} wb_segment_customer;
WB_API size_t wb_segments_n_customers(const wb_segments *segments);
/* Below wb_segments_n_customers. */
WB_API wb_segment_customer wb_segments_customer(const wb_segments *segments, size_t index);

/* One segment; also those without customers, in the order of the table of names. Means are NaN without customers. */
typedef struct wb_segment {
    const char *name; /* borrowed */
    uint64_t n;
    double share;           /* of the customers */
    double recency_days, frequency, monetary, r, f, m; /* means */
    int64_t monetary_cents; /* sum, each customer's rounded to cents */
    double monetary_share;  /* of that sum over all; NaN where that is not above 0 */
} wb_segment;
WB_API size_t wb_segments_n_segments(const wb_segments *segments);
WB_API wb_segment wb_segments_segment(const wb_segments *segments, size_t index);
/* All customers together; its name is "all". */
WB_API wb_segment wb_segments_all(const wb_segments *segments);

WB_API int64_t wb_segments_cutoff(const wb_segments *segments);
/* Customers of the population without an order before the cutoff, who have no segment. */
WB_API uint64_t wb_segments_n_without(const wb_segments *segments);
/* The edges that the scores come from, and the file that they were read from; NULL where they were learned here. Borrowed. */
WB_API wb_segment_edges wb_segments_edges(const wb_segments *segments);
WB_API const char *wb_segments_edges_file(const wb_segments *segments);

/* The file of edges that the project names, as it will be opened; NULL: none. Borrowed. */
WB_API const char *wb_project_segment_edges(const wb_project *project);
/* What the table of names, the project's or (also with project NULL) the built-in one, calls customers with these scores; "Other"
 * where no line of it fits. Scores are 1 to 5, else NULL. Borrowed. */
WB_API const char *wb_segment_name(const wb_project *project, int r, int f, int m);

/* CSV: customer_id, cutoff, recency_days, frequency, monetary, r, f, m, segment. "-" is standard output. */
WB_API WB_WARN_UNUSED wb_status wb_segments_write(const wb_segments *segments, const char *path, wb_error *err);
/* The edges as JSON, for later runs. Written whole or not at all. */
WB_API WB_WARN_UNUSED wb_status wb_segments_write_edges(const wb_segments *segments, const char *path, wb_error *err);

#ifdef __cplusplus
}
#endif
#endif
