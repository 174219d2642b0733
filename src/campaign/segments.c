/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "campaign/plan.h"
#include "project/project.h"

static bool caps_need_segments(const wb_campaign *s)
{
    for (size_t c = 0; c < s->n_caps; c++)
        if (strcmp(s->caps[c].column, "segment") == 0)
            return true;
    return false;
}

static bool has_orders(const wb_project *project)
{
    const wbi_table_def *orders = wbi_project_table(project, wbi_project_bound_table(project, "rfm", "orders"));
    return orders != NULL && orders->file != NULL;
}

/* Both lists of customers are in the order of the ids' bytes. */
static wb_status match(wb_campaign_plan *plan, wb_error *err)
{
    const size_t n_known = wb_segments_n_customers(plan->segments);
    plan->segment_of = wbi_alloc_array(plan->people.n, sizeof *plan->segment_of);
    if (plan->segment_of == NULL)
        return wbi_fail_nomem(err, plan->people.n * sizeof *plan->segment_of);
    for (size_t place = 0, known = 0; place < plan->people.n; place++) {
        const uint32_t row = plan->people.by_id[place];
        const wbi_str id = wbi_people_id(&plan->people, row);
        wb_segment_customer customer = {0};
        while (known < n_known && wbi_str_compare(wbi_str_from((customer = wb_segments_customer(plan->segments, known)).customer_id), id) < 0)
            known++;
        const bool found = known < n_known && wbi_str_is(id, customer.customer_id);
        plan->segment_of[row] = found ? wb_segments_segment(plan->segments, customer.segment).name : NULL;
    }
    return WB_OK;
}

wb_status wbi_plan_find_segments(wb_campaign_plan *plan, const char *edges, const wb_read_options *reading, wb_error *err)
{
    wb_segments_options options = WB_SEGMENTS_OPTIONS_INIT;
    plan->segment = wbi_people_find(&plan->people, "segment");
    if (plan->segment.where != WBI_PEOPLE_NOWHERE || !has_orders(plan->project))
        return WB_OK;
    options.cutoff_us = plan->people.cutoff_us;
    options.edges = edges;
    options.n_threads = reading->n_threads;
    options.log = reading->log;
    wb_error cause = {0};
    const wb_status status = wb_segments_create(&plan->segments, plan->project, &options, reading, &cause);
    if (status == WB_ERR_INCONSISTENT && !caps_need_segments(&plan->summary.settings)) {
        wbi_log(reading->log, WB_LOG_WARNING, "the list has no segments: %s", cause.message);
        return WB_OK;
    }
    if (status != WB_OK && err != NULL)
        *err = cause;
    plan->summary.segments = plan->segments;
    return status == WB_OK ? match(plan, err) : status;
}

bool wbi_plan_has_segments(const wb_campaign_plan *plan)
{
    return plan->segment.where != WBI_PEOPLE_NOWHERE || plan->segment_of != NULL;
}

wbi_str wbi_plan_segment(const wb_campaign_plan *plan, size_t row)
{
    if (plan->segment.where != WBI_PEOPLE_NOWHERE)
        return wbi_people_cell(&plan->people, plan->segment, row);
    const char *name = plan->segment_of != NULL ? plan->segment_of[row] : NULL;
    return name != NULL ? wbi_str_from(name) : (wbi_str){"", 0};
}
