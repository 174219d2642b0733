/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which entry of the catalogue a feature is, told from its definition or from its name: a project whose features are spelt
 * out, as models hold it, does not say what was bound to which table. */
#ifndef WINBACK_FEATURES_ORIGIN_H
#define WINBACK_FEATURES_ORIGIN_H

#include "features/catalogue_entries.h"

typedef struct wbi_origin {
    const wbi_entry *entry; /* NULL: somebody's own feature */
    int64_t window_us;      /* 0: over all history */
    const char *table;      /* its table where features of the same entry are made of several, and it is not the usual one;
                               else NULL. Borrowed from the project */
} wbi_origin;

/* Finds the origins of all features of the project. A definition that differs from the entry in anything but the names of
 * tables is somebody's own. A table has a bundle's features when it is the one that the bundle usually binds to, or when all
 * entries that need no column are there, and no other bundle has as many entries there. */
WB_WARN_UNUSED wb_status wbi_find_origins(wbi_origin *out, const wb_project *project, wb_error *err);
/* By name alone, for the tables that bundles usually bind to. */
wbi_origin wbi_origin_of_name(const char *name);

#endif
