/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tenths of customers by score, and which of them are too small to stand alone. */
#include <string.h>

#include "base/memory.h"
#include "design/quantile.h"
#include "readout/readout.h"

wb_status wbi_readout_tenths_of(uint8_t *tenth, const double *score, size_t n, wb_error *err)
{
    double edges[WBI_READOUT_TENTHS + 1], *spare = wbi_alloc_array(n, 2 * sizeof *spare);
    if (spare == NULL)
        return wbi_fail_nomem(err, n * 2 * sizeof *spare);
    if (n > 0)
        wbi_equal_quantiles(edges, WBI_READOUT_TENTHS + 1, score, n, spare);
    wbi_free(spare);
    for (size_t i = 0; i < n; i++) {
        uint8_t above = 0; /* inner edges above the score */
        while (above < WBI_READOUT_TENTHS - 1 && score[i] < edges[WBI_READOUT_TENTHS - 1 - above])
            above++;
        tenth[i] = above;
    }
    return WB_OK;
}

static int is_thin(const uint64_t *counts, size_t n_arms)
{
    for (size_t a = 0; a < n_arms; a++)
        if (counts[a] < 2)
            return 1;
    return 0;
}

size_t wbi_readout_pool_tenths(uint8_t into[WBI_READOUT_TENTHS], uint64_t (*counts)[WBI_READOUT_ARMS_AT_MOST + 1], size_t n_arms)
{
    uint64_t gathered[WBI_READOUT_ARMS_AT_MOST + 1] = {0};
    uint8_t n = 0;
    for (size_t t = 0; t < WBI_READOUT_TENTHS; t++) {
        into[t] = n;
        for (size_t a = 0; a < n_arms; a++)
            gathered[a] += counts[t][a];
        if (is_thin(gathered, n_arms))
            continue;
        n++;
        memset(gathered, 0, sizeof gathered);
    }
    /* What is left over joins the stratum before it. */
    for (size_t t = 0; t < WBI_READOUT_TENTHS; t++)
        if (into[t] == n && n > 0)
            into[t] = n - 1;
    return n > 0 ? n : 1;
}
