/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plan's parts, and the steps that make it. */
#ifndef WINBACK_CAMPAIGN_PLAN_H
#define WINBACK_CAMPAIGN_PLAN_H

#include <winback/campaign.h>
#include <winback/segment.h>

#include "campaign/people.h"
#include "campaign/rules.h"
#include "campaign/walk.h"

struct wb_campaign_plan {
    wb_campaign_summary summary;
    const wb_project *project;
    wbi_people people;
    wb_segments *segments;       /* NULL: the project has no orders to make them from */
    const char **segment_of;     /* by row, borrowed from them; NULL: no such customer */
    wbi_people_column segment;   /* the column of that name, which goes before them */
    double *value;               /* of a kept customer, by row; NaN: not known */
    double *probability;         /* by row */
    wbi_worth *worth;            /* by row */
    int64_t *worth_cents;        /* by row */
    uint8_t *removed, *held_out; /* by row */
    wbi_permitted permitted;
    wbi_walked walked;
    wb_campaign_step *steps;
};

/* Fills `value`. */
WB_WARN_UNUSED wb_status wbi_plan_find_values(wb_campaign_plan *plan, const wb_read_options *reading, wb_error *err);
/* Fills `segments` where the project has orders, by the edges of a file where it exists. What keeps them from being made is an error only where caps name the segment. */
WB_WARN_UNUSED wb_status wbi_plan_find_segments(wb_campaign_plan *plan, const char *edges, const wb_read_options *reading,
                                                wb_error *err);
/* Counts the rows of `contacts:` that writing the plan replaces. */
WB_WARN_UNUSED wb_status wbi_plan_count_replaced(wb_campaign_plan *plan, wb_error *err);
bool wbi_plan_has_segments(const wb_campaign_plan *plan);
/* What a row's segment is called; length 0: not known. */
wbi_str wbi_plan_segment(const wb_campaign_plan *plan, size_t row);

/* The groups of `caps:`. Zero-initialised it may be freed. */
typedef struct wbi_plan_caps {
    wbi_cap *caps;
    size_t n;
} wbi_plan_caps;
WB_WARN_UNUSED wb_status wbi_plan_find_caps(wbi_plan_caps *out, const wb_campaign_plan *plan, const wb_read_options *reading,
                                            wb_error *err);
void wbi_plan_caps_free(wbi_plan_caps *caps);

#endif
