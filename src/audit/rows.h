/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two exports of one table, row by row. */
#ifndef WINBACK_AUDIT_ROWS_H
#define WINBACK_AUDIT_ROWS_H

#include <winback/audit.h>

#include "events/binding.h"

/* Rows as they were read: customer, time (if any), the binding's columns. The customers of both have one dictionary. */
typedef struct wbi_exports {
    const wbi_binding *binding; /* of the newer; the older's columns are the same */
    const wbi_packed_rows *older, *newer;
    int64_t cutoff_us;
} wbi_exports;

/* A growing list of what changed; its names are borrowed from the binding. */
typedef struct wbi_changes {
    wb_changed_column *items;
    size_t n, capacity;
} wbi_changes;

/* Adds what differs among the rows and cells that were known at the cutoff. */
WB_WARN_UNUSED wb_status wbi_compare_exports(wbi_changes *changes, const wbi_exports *exports, wb_error *err);

#endif
