/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the catalogue offers, as data. */
#ifndef WINBACK_FEATURES_CATALOGUE_ENTRIES_H
#define WINBACK_FEATURES_CATALOGUE_ENTRIES_H

#include "project/project.h"

typedef enum wbi_entry_windows {
    WBI_ALL_HISTORY = 0, /* one feature over everything before the cutoff */
    WBI_EACH_WINDOW,     /* that, and one more for every window of the project */
    WBI_LAST_90_DAYS     /* one feature over [cutoff - 90d, cutoff) */
} wbi_entry_windows;

/* In texts '@' stands for the table's name, '#' for its time column and '{rfm}' for the table that the bundle rfm is
 * bound to. An entry has an aggregate, or an `expr` over other features. `phrase` is a template of features/phrase.h. */
typedef struct wbi_entry {
    const char *name; /* behind "<table>_" */
    const char *unit, *meaning;
    wbi_aggregate aggregate;
    const char *of, *where, *expr;
    const char *events_of; /* the bundle whose table's events they are; NULL: its own */
    const char *after;     /* the bundle after the last event of whose table they count; NULL: all */
    int64_t within_us;     /* and at most so long after it; 0: no limit */
    wbi_entry_windows windows;
    bool bare; /* the name stands alone: a fact of the customer, not of a table */
    const char *phrase; /* what somebody reads who asks why a customer has the score */
    bool actionable;    /* the company can do something about it: it is its own doing, or somebody's complaint */
} wbi_entry;

typedef struct wbi_bundle {
    const char *name, *table; /* the table it binds to unless the project says another */
    const wbi_entry *entries; /* the last has no name */
} wbi_bundle;

enum { WBI_N_BUNDLES = 8 };
extern const wbi_bundle wbi_bundles[WBI_N_BUNDLES];

/* NULL when there is none. */
const wbi_bundle *wbi_find_bundle(const char *name);

#endif
