/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "btyd/triples.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

typedef struct entry {
    wbi_history history;
    uint32_t customer;
} entry;

static int compare(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    const wbi_history *p = &a->history, *q = &b->history;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    if (p->t_x_days != q->t_x_days)
        return p->t_x_days < q->t_x_days ? -1 : 1;
    if (p->t_days != q->t_days)
        return p->t_days < q->t_days ? -1 : 1;
    return a->customer < b->customer ? -1 : 1;
}

static bool same(const wbi_history *p, const wbi_history *q)
{
    return p->x == q->x && p->t_x_days == q->t_x_days && p->t_days == q->t_days;
}

static wb_status reserve(wbi_triples *out, size_t n_distinct, size_t n, wb_error *err)
{
    out->x = wbi_alloc_array(n_distinct, sizeof *out->x);
    out->t_x_days = wbi_alloc_array(n_distinct, sizeof *out->t_x_days);
    out->t_days = wbi_alloc_array(n_distinct, sizeof *out->t_days);
    out->n_customers = wbi_alloc_zeroed(n_distinct, sizeof(double));
    out->of = wbi_alloc_array(n, sizeof *out->of);
    out->n_beyond = wbi_alloc_zeroed(out->max_x, sizeof(double));
    if (out->x == NULL || out->t_x_days == NULL || out->t_days == NULL || out->n_customers == NULL || out->of == NULL ||
        out->n_beyond == NULL)
        return wbi_fail_nomem(err, n_distinct * sizeof(double));
    return WB_OK;
}

static void fill(wbi_triples *out, const entry *entries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const wbi_history *h = &entries[i].history;
        if (i == 0 || !same(h, &entries[i - 1].history)) {
            out->x[out->n] = h->x;
            out->t_x_days[out->n] = h->t_x_days;
            out->t_days[out->n] = h->t_days;
            out->max_days = h->t_days > out->max_days ? h->t_days : out->max_days;
            out->n++;
        }
        out->n_customers[out->n - 1]++;
        out->of[entries[i].customer] = (uint32_t)(out->n - 1);
        if (h->x > 0)
            out->n_beyond[h->x - 1]++;
        out->n_repeating += h->x > 0;
    }
    for (size_t k = out->max_x; k-- > 1;)
        out->n_beyond[k - 1] += out->n_beyond[k];
}

wb_status wbi_triples_create(wbi_triples *out, const wbi_history *histories, size_t n, double days_a_unit, wb_error *err)
{
    *out = (wbi_triples){.n_all = n, .days_a_unit = days_a_unit};
    size_t n_distinct = 0;
    entry *entries = wbi_alloc_array(n, sizeof *entries);
    if (entries == NULL)
        return wbi_fail_nomem(err, n * sizeof *entries);
    for (size_t i = 0; i < n; i++)
        entries[i] = (entry){histories[i], (uint32_t)i};
    qsort(entries, n, sizeof *entries, compare);
    for (size_t i = 0; i < n; i++)
        n_distinct += i == 0 || !same(&entries[i].history, &entries[i - 1].history);
    out->max_x = n > 0 ? entries[n - 1].history.x : 0;
    const wb_status status = reserve(out, n_distinct, n, err);
    if (status == WB_OK)
        fill(out, entries, n);
    else
        wbi_triples_free(out);
    wbi_free(entries);
    return status;
}

void wbi_triples_free(wbi_triples *triples)
{
    wbi_free(triples->x);
    wbi_free(triples->t_x_days);
    wbi_free(triples->t_days);
    wbi_free(triples->n_customers);
    wbi_free(triples->of);
    wbi_free(triples->n_beyond);
    *triples = (wbi_triples){0};
}
