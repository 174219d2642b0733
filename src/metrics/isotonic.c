/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "metrics/isotonic.h"

size_t wbi_pool_add(wbi_pool *pools, size_t n, wbi_pool group)
{
    while (n > 0 && wbi_pool_mean(&pools[n - 1]) >= wbi_pool_mean(&group)) {
        const wbi_pool *below = &pools[--n];
        group.low = below->low;
        group.weight += below->weight;
        group.positive += below->positive;
    }
    pools[n] = group;
    return n + 1;
}
