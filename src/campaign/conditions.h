/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditions on customers, in the expression language over features at the scores' cutoff. */
#ifndef WINBACK_CAMPAIGN_CONDITIONS_H
#define WINBACK_CAMPAIGN_CONDITIONS_H

#include "campaign/people.h"

/* Zero-initialised it may be freed. */
typedef struct wbi_conditions {
    uint8_t *holds;             /* of condition c, row r: holds[c * people->n + r]: 1 where it is true */
    uint64_t n_without_events;  /* rows of customers whom the tables that are read do not know: nothing holds of them */
} wbi_conditions;

/* Asks `n` conditions. They may name every feature of the project, by its name in a features file (built-in or defined), and
 * `cutoff`. Features are computed from the project's tables by the engine, as known at the cutoff, for all customers, whatever
 * the population. A condition that is unknown, for a missing value, does not hold. Fails with WB_ERR_INCONSISTENT (scores
 * without a cutoff; an unknown name, with the nearest; a table older than its max_age) and WB_ERR_MALFORMED (no expression),
 * naming the project file's line. */
WB_WARN_UNUSED wb_status wbi_conditions_ask(wbi_conditions *out, const wbi_people *people, const wb_project *project,
                                            const wb_campaign_rule *rules, size_t n, const wb_read_options *reading, wb_error *err);
/* Finds the same mistakes but for those of the scores and of rows, of which it reads none. */
WB_WARN_UNUSED wb_status wbi_conditions_check(const wb_project *project, const wb_campaign_rule *rules, size_t n,
                                              const wb_read_options *reading, wb_error *err);
void wbi_conditions_free(wbi_conditions *conditions);

#endif
