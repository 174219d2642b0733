/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values that have given ranks among many, without sorting these. */
#ifndef WINBACK_DESIGN_RANKS_H
#define WINBACK_DESIGN_RANKS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "table/table.h"

/* The bits of a double as an integer of the same order: negative numbers reversed, below positive ones. */
static inline uint64_t wbi_order_key(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

/* What is wanted: by rank, ascending, from 0 below the number of values. */
typedef struct wbi_wanted_ranks {
    const size_t *ranks;
    double *statistics;
    size_t *at_most; /* how many values are at most as large as each; NULL: not asked for */
    size_t n;
} wbi_wanted_ranks;

/* Of n values, no NaN among them. False, and nothing, if all should be `finite` and one is not or is NaN. `spare` has room for
 * 2 n. */
bool wbi_select_ranks(const wbi_wanted_ranks *what, wbi_numbers values, size_t n, double *spare, bool finite);

#endif
