/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose the rows of a table are, as they were read: runs of rows of one customer, since most files have a customer's rows
 * together; row by row where runs would take more. */
#ifndef WINBACK_EVENTS_OWNERS_H
#define WINBACK_EVENTS_OWNERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Zero-initialised there are no rows. */
typedef struct wbi_owners {
    int32_t *codes; /* by run: the customer; negative: none */
    uint32_t *ends; /* by run: the row behind its last; nothing where each row is a run */
    bool by_row;    /* each row is a run */
    size_t n_runs, n_rows;
    size_t capacity; /* runs */
} wbi_owners;

/* Adds `n` rows behind those there are, fewer than 2^32 in all. */
WB_WARN_UNUSED wb_status wbi_owners_append(wbi_owners *owners, const int32_t *codes, size_t n, wb_error *err);
/* Makes each row a run. */
WB_WARN_UNUSED wb_status wbi_owners_spread(wbi_owners *owners, wb_error *err);
void wbi_owners_free(wbi_owners *owners); /* leaves none */

/* The first row of a run, or the number of rows for `run` = n_runs. */
static inline size_t wbi_owners_first_row(const wbi_owners *owners, size_t run)
{
    return owners->by_row ? run : run == 0 ? 0 : owners->ends[run - 1];
}

/* Bytes that the runs take. */
size_t wbi_owners_bytes(const wbi_owners *owners);

#endif
