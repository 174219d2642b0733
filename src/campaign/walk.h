/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Down the customers in the order of what contacting them is worth: who is held out, who is contacted, and where it ends. */
#ifndef WINBACK_CAMPAIGN_WALK_H
#define WINBACK_CAMPAIGN_WALK_H

#include <stddef.h>

#include "base/error.h"
#include "campaign/worth.h"

/* How many of each group are contacted at most. */
typedef struct wbi_cap {
    const uint32_t *group; /* by row */
    const uint64_t *most;  /* by group; UINT64_MAX: no limit */
    size_t n_groups;
} wbi_cap;

/* Rows are those of the scores. Everything is borrowed. */
typedef struct wbi_walk {
    const wbi_worth *worth;
    const uint8_t *removed;  /* not 0: a rule forbids to contact the row */
    const uint8_t *held_out; /* not 0: for the control group */
    const uint32_t *by_id;   /* rows in the order of their ids' bytes */
    size_t n;
    const wbi_cap *caps;
    size_t n_caps;
    int64_t budget_micros;   /* INT64_MAX: none */
    uint64_t max_contacts;   /* UINT64_MAX: no limit */
} wbi_walk;

typedef enum wbi_chosen { WBI_CHOSEN_NONE = 0, WBI_CHOSEN_LIST, WBI_CHOSEN_CONTROL } wbi_chosen;

typedef struct wbi_walked {
    uint8_t *chosen;   /* wbi_chosen, by row */
    uint32_t *ranked;  /* rows that no rule removed, by expected value, then id */
    size_t n_eligible;
    uint32_t *sequence; /* of these, who is not held out and within the caps: the list is the first n_list */
    size_t n_sequence;
    uint64_t n_worthwhile, n_capped, n_beyond, n_list, n_control;
} wbi_walked;

/* Rows that are not removed, by expected value, the highest first, then by id; room for all in `ranked`. Returns in *n how many. */
WB_WARN_UNUSED wb_status wbi_rank(uint32_t *ranked, size_t *n, const wbi_walk *walk, wb_error *err);

/* A customer whose expected value is not above 0 ends the walk, as does one whose cost does not fit into the budget, or who comes
 * when max_contacts are reached: then nobody behind is held out either. One whose caps are full is passed over. */
WB_WARN_UNUSED wb_status wbi_walk_down(wbi_walked *out, const wbi_walk *walk, wb_error *err);
void wbi_walked_free(wbi_walked *walked);

#endif
