/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The built-in catalogue: bundles of feature definitions, written in the language that users write theirs in. */
#ifndef WINBACK_FEATURES_CATALOGUE_H
#define WINBACK_FEATURES_CATALOGUE_H

#include "events/binding.h"
#include "project/project.h"

/* A growing list of definitions; their strings are owned. */
typedef struct wbi_definitions {
    wbi_feature_def *items;
    size_t n, capacity;
} wbi_definitions;
void wbi_definitions_free(wbi_definitions *definitions);
/* Adds a copy. A name that is there already is WB_ERR_INCONSISTENT. */
WB_WARN_UNUSED wb_status wbi_definitions_add(wbi_definitions *definitions, const wbi_feature_def *def, wb_error *err);

/* A growing list of messages. */
typedef struct wbi_notes {
    char **items;
    size_t n, capacity;
} wbi_notes;
void wbi_notes_free(wbi_notes *notes);

/* Adds the entries of a bundle, bound to the table of `binding`, in the windows of the project. Entries that name a
 * column the table has not are left out and noted as "name: why". */
WB_WARN_UNUSED wb_status wbi_catalogue_expand(wbi_definitions *definitions, wbi_notes *left_out, const char *bundle,
                                              const wbi_binding *binding, const wb_project *project, wb_error *err);
/* The table a bundle usually binds to; NULL when there is no such bundle. */
const char *wbi_catalogue_table(const char *bundle);
/* The bundles' names: fills up to `size` of them, returns how many there are. */
size_t wbi_catalogue_bundles(const char **names, size_t size);

#endif
