/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each target wants: its headers, in its order, and its limits. docs/lists.md names the sources. */
#ifndef WINBACK_LISTS_TARGETS_H
#define WINBACK_LISTS_TARGETS_H

#include "lists/forms.h"
#include "lists/lists.h"

typedef struct wbi_list_target_column {
    const char *header;
    wbi_list_role role;
    wbi_list_form form;
} wbi_list_target_column;

typedef struct wbi_list_target {
    const char *name, *title; /* "hubspot", "HubSpot" */
    const wbi_list_target_column *columns;
    size_t n_columns;
    bool fixed_header;     /* all of its columns are written, also those that the list lacks */
    bool takes_properties; /* other columns follow, in the list's order */
    bool capital_names;    /* A-Z, 0-9 and _ are all that names of properties hold */
    unsigned addresses;    /* any of these roles makes an address: bits 1 << role */
    bool takes_post;       /* or name, country and ZIP code together */
    size_t text_bytes;     /* longer text is cut; 0: any length */
    uint64_t most_rows, most_columns, most_megabytes; /* 0: no limit known */
} wbi_list_target;

/* Not of CSV and JSON lines, which have all columns as they are. */
const wbi_list_target *wbi_list_target_of(wbi_list_format format);

#endif
