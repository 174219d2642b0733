/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the engine is to compute for segments. */
#include <string.h>

#include "base/memory.h"
#include "project/records.h"
#include "segment/segment.h"

static wb_status no_orders(const wb_project *project, const char *table, wb_error *err)
{
    wbi_fail(err, WB_ERR_INCONSISTENT, "segments are made of orders, and there is no table '%s'", table);
    if (project->path != NULL && err != NULL)
        strncpy(err->file, project->path, sizeof err->file - 1);
    wbi_advise(err, "a table of another name: features: {use: [{rfm: TABLE}]}");
    return WB_ERR_INCONSISTENT;
}

wb_status wb_segments_engine(wb_engine **out, const wb_project *project, const wb_read_options *reading, wb_error *err)
{
    wb_project *wanted = NULL;
    const char *orders = wbi_project_bound_table(project, "rfm", "orders");
    const wbi_window window = {.from_us = project->segments.window_us};
    const wbi_feature_def features[] = {
        {.name = (char *)WBI_SEGMENT_RECENCY, .table = (char *)orders, .agg = WBI_AGG_DAYS_SINCE_LAST},
        {.name = (char *)WBI_SEGMENT_FREQUENCY, .table = (char *)orders, .agg = WBI_AGG_COUNT, .window = window},
        {.name = (char *)WBI_SEGMENT_MONETARY, .table = (char *)orders, .agg = WBI_AGG_SUM, .of = (char *)"amount", .window = window},
    };
    const wbi_table_def *table = wbi_project_table(project, orders);
    if (table == NULL || table->time == NULL)
        return no_orders(project, orders, err);
    wb_status status = wbi_project_copy(&wanted, project, err);
    if (status != WB_OK)
        return status;
    wb_project_clear_label(wanted);
    status = wbi_project_set_features(wanted, features, sizeof features / sizeof features[0], err);
    if (status == WB_OK) {
        wbi_project_forget_unused_tables(wanted);
        status = wb_engine_create(out, wanted, reading, err);
    }
    wb_project_free(wanted);
    return status;
}
