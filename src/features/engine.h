/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the opaque wb_engine holds. */
#ifndef WINBACK_FEATURES_ENGINE_H
#define WINBACK_FEATURES_ENGINE_H

#include <winback/features.h>

#include "features/compute.h"

struct wb_engine {
    wbi_plan *plan;
    wbi_events events;
    int64_t first_us, until_us;
    int64_t last_us; /* the last row of the tables that say where the data end; WB_TIME_MISSING without rows */
    wb_engine_table *tables; /* what is told of each */
    wbi_allowance allowance; /* the engine itself is taken from it */
};

/* The table whose last row says where the data end, the label's; of several labels' tables the one that ends first. WBI_NONE:
 * any table of events, where there is no label or none of their tables has a time. */
size_t wbi_engine_end_table(const wb_engine *engine);

/* Computes features without holding them all, as wb_engine_features does; `population` has an entry for each cutoff. `whom` NULL:
 * of the project's population. */
WB_WARN_UNUSED wb_status wbi_engine_blocks(const wb_engine *engine, const wbi_whom *whom, const wbi_block_user *user,
                                           const wb_features_options *o, wb_population *population, wb_error *err);
/* As wb_engine_create, within what `beside` (NULL: nothing) leaves of the limit. */
WB_WARN_UNUSED wb_status wbi_engine_create_beside(wb_engine **out, const wb_project *project,
                                                  const wb_read_options *options, const wb_engine *beside,
                                                  wb_error *err);
/* An engine over what is left of the events when every row and value that was not known at the cutoff is deleted as it is
 * read (events/redact.h); its views mask nothing that was. For features at that cutoff only. It stands beside another
 * engine, as above. */
WB_WARN_UNUSED wb_status wbi_engine_create_redacted(wb_engine **out, const wb_project *project,
                                                    const wb_read_options *options, int64_t cutoff_us,
                                                    const wb_engine *beside, wb_error *err);

#endif
