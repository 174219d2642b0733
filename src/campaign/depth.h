/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What it costs and brings to contact the first of a sequence of customers, few or many; and whether the control group is
 * like the list. */
#ifndef WINBACK_CAMPAIGN_DEPTH_H
#define WINBACK_CAMPAIGN_DEPTH_H

#include <winback/campaign.h>

#include "campaign/walk.h"

typedef struct wbi_depths {
    const wbi_walked *walked;
    const wbi_worth *worth; /* by row */
    const wbi_terms *terms;
    bool by_uplift; /* what the keep rate may be does not tell what the profit may be */
    double budget;  /* NaN: none */
    uint64_t max_contacts; /* UINT64_MAX: no limit */
} wbi_depths;

/* Fills `list`, `points`, `best` and `budgets`. */
void wbi_measure_depths(wb_campaign_summary *out, const wbi_depths *depths);

/* Fills `rate`, `least_effect` and `tenths`; `probability` by row, `place` of each row among the ids. */
WB_WARN_UNUSED wb_status wbi_measure_balance(wb_campaign_summary *out, const wbi_walked *walked, const wbi_worth *worth,
                                             const double *probability, const uint32_t *by_id, wb_error *err);

#endif
