/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growing lists of feature definitions, and of notes on those that were left out. */
#ifndef WINBACK_FEATURES_DEFINITIONS_H
#define WINBACK_FEATURES_DEFINITIONS_H

#include "project/project.h"

/* A growing list of definitions; their strings are owned. */
typedef struct wbi_definitions {
    wbi_feature_def *items;
    size_t n, capacity;
} wbi_definitions;
void wbi_definitions_free(wbi_definitions *definitions);
/* Adds a copy. A name that is there already is WB_ERR_INCONSISTENT. */
WB_WARN_UNUSED wb_status wbi_definitions_add(wbi_definitions *definitions, const wbi_feature_def *def, wb_error *err);

/* A feature that was left out: "name: why". For want of a column: of which table and which; else NULL. */
typedef struct wbi_note {
    char *text, *table, *column;
} wbi_note;
typedef struct wbi_notes {
    wbi_note *items;
    size_t n, capacity;
} wbi_notes;
void wbi_notes_free(wbi_notes *notes);
/* Adds a copy. */
WB_WARN_UNUSED wb_status wbi_notes_add(wbi_notes *notes, const wbi_note *note, wb_error *err);

#endif
