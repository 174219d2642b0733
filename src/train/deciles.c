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

/* Of the weight, as wb_model_decile counts: what equals an edge lies above it. */
static void find_shares(wbi_score_tenths *out, const wbi_weighted *sorted, size_t n)
{
    double total = 0;
    size_t group = 0;
    for (size_t k = 0; k < WBI_N_TENTHS; k++)
        out->shares[k] = 0;
    for (size_t i = 0; i < n; i++) {
        while (group < WB_N_DECILE_EDGES && sorted[i].value >= out->edges[group])
            group++;
        out->shares[group] += sorted[i].weight;
        total += sorted[i].weight;
    }
    for (size_t k = 0; k < WBI_N_TENTHS; k++)
        out->shares[k] /= total;
}

wb_status wbi_find_tenths(wbi_score_tenths *out, const double *probability, const double *weight, size_t n, wb_error *err)
{
    double *edges = out->edges;
    wbi_weighted *rows = wbi_alloc_array(n, sizeof *rows);
    if (rows == NULL)
        return wbi_fail_nomem(err, n * sizeof *rows);
    for (size_t i = 0; i < n; i++)
        rows[i] = (wbi_weighted){probability[i], weight[i]};
    qsort(rows, n, sizeof *rows, by_value);
    for (size_t k = 0; k < WB_N_DECILE_EDGES; k++) {
        edges[k] = wbi_weighted_quantile(rows, n, (double)(k + 1) / WBI_N_TENTHS);
        edges[k] = k == 0 ? edges[k] : fmax(edges[k - 1], edges[k]); /* but for rounding they ascend */
    }
    find_shares(out, rows, n);
    wbi_free(rows);
    return WB_OK;
}
