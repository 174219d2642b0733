/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The built-in catalogue: bundles of feature definitions, written in the language that users write theirs in. */
#ifndef WINBACK_FEATURES_CATALOGUE_H
#define WINBACK_FEATURES_CATALOGUE_H

#include "events/binding.h"
#include "features/catalogue_entries.h"
#include "features/definitions.h"

/* A bundle and the table that it is bound to. */
typedef struct wbi_bound {
    const wbi_bundle *bundle;
    wbi_binding *binding;
} wbi_bound;

/* Adds the entries of `n` bundles, in the windows of the project. Entries that name a column the table has not, or not of
 * that type, or a feature that is not there, are left out and noted. */
WB_WARN_UNUSED wb_status wbi_catalogue_expand(wbi_definitions *definitions, wbi_notes *left_out, const wbi_bound *bound,
                                              size_t n, const wb_project *project, wb_error *err);

#endif
