/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What parts the probabilities of customers into tenths. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "design/quantile.h"
#include "train/train.h"

/* Rows that tie are alike, so that every order of them gives the same sums. */
static int by_value(const void *left, const void *right)
{
    const wbi_weighted *a = left, *b = right;
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return (a->weight > b->weight) - (a->weight < b->weight);
}

wb_status wbi_decile_edges(double edges[WB_N_DECILE_EDGES], const double *probability, const double *weight, size_t n,
                           wb_error *err)
{
    wbi_weighted *rows = wbi_alloc_array(n, sizeof *rows);
    if (rows == NULL)
        return wbi_fail_nomem(err, n * sizeof *rows);
    for (size_t i = 0; i < n; i++)
        rows[i] = (wbi_weighted){probability[i], weight[i]};
    qsort(rows, n, sizeof *rows, by_value);
    for (size_t k = 0; k < WB_N_DECILE_EDGES; k++) {
        edges[k] = wbi_weighted_quantile(rows, n, (double)(k + 1) / (WB_N_DECILE_EDGES + 1));
        edges[k] = k == 0 ? edges[k] : fmax(edges[k - 1], edges[k]); /* but for rounding they ascend */
    }
    wbi_free(rows);
    return WB_OK;
}
