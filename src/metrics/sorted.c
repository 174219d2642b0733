/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "metrics/sorted.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "par/par.h"

static const uint64_t SIGN = (uint64_t)1 << 63;
enum { BLOCK_ROWS = 1 << 16 };

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The bits of numbers from 0 on are in the order of the numbers; 0 is added for -0. */
uint64_t wbi_place_of(double probability)
{
    return bits_of(1) - bits_of(probability + 0.0);
}

double wbi_probability_at(uint64_t place)
{
    return from_bits(bits_of(1) - place);
}

/* Negative ones have the opposite order and come first. */
uint64_t wbi_place_of_score(double score)
{
    const uint64_t bits = bits_of(score + 0.0);
    return bits & SIGN ? bits : ~(bits | SIGN);
}

typedef enum form { PROBABILITIES, SCORES, NUMBERED } form;

typedef struct packing {
    wbi_sorted *order;
    const wb_outcomes *rows;
    form form;
} packing;

static wb_status check_row(const packing *p, size_t i, wb_error *err)
{
    const double score = p->rows->probability[i];
    if (p->form == SCORES && isnan(score))
        return wbi_fail(err, WB_ERR_ARGUMENT, "the score of row %zu is missing", i + 1);
    if (p->form != SCORES && !(score >= 0 && score <= 1))
        return wbi_fail(err, WB_ERR_ARGUMENT, "probability %g of row %zu is not in [0, 1]", score, i + 1);
    if (p->rows->outcome[i] > 1)
        return wbi_fail(err, WB_ERR_ARGUMENT, "outcome %d of row %zu is not 0 or 1", p->rows->outcome[i], i + 1);
    if (p->rows->weight != NULL && !(p->rows->weight[i] >= 0 && isfinite(p->rows->weight[i])))
        return wbi_fail(err, WB_ERR_ARGUMENT, "weight %g of row %zu is not a number >= 0", p->rows->weight[i], i + 1);
    return WB_OK;
}

static wb_status pack_rows(void *context, size_t block, size_t begin, size_t end, int worker, double *n_positive, wb_error *err)
{
    const packing *p = context;
    const wb_outcomes *rows = p->rows;
    uint64_t positive = 0;
    (void)block, (void)worker;
    for (size_t i = begin; i < end; i++) {
        WBI_TRY(check_row(p, i, err));
        const double score = rows->probability[i];
        const uint64_t place = p->form == SCORES ? wbi_place_of_score(score) : wbi_place_of(score), outcome = rows->outcome[i];
        uint64_t *row = p->order->rows + i * p->order->n_words;
        positive += outcome;
        const double weight = rows->weight == NULL ? 1 : rows->weight[i] + 0.0;
        row[0] = p->order->n_words == 1 || p->form == NUMBERED ? place << 1 | outcome : place;
        if (p->order->n_words == 2)
            row[1] = p->form == NUMBERED ? i : outcome << 63 | bits_of(weight);
    }
    *n_positive = (double)positive;
    return WB_OK;
}

static wb_status make(wbi_sorted *order, packing *p, int n_threads, wb_error *err)
{
    double n_positive = 0;
    const size_t n = p->rows->n;
    const size_t n_words = p->form != PROBABILITIES || p->rows->weight != NULL ? 2 : 1;
    const size_t n_keys = p->form == NUMBERED ? 1 : n_words;
    *order = (wbi_sorted){.n = n, .n_words = n_words};
    p->order = order;
    order->rows = wbi_alloc_aligned(n, n_words * sizeof *order->rows);
    order->spare = wbi_alloc_aligned(n, n_words * sizeof *order->spare);
    if (order->rows == NULL || order->spare == NULL)
        return wbi_fail_nomem(err, n * n_words * sizeof *order->rows);
    WBI_TRY(wbi_par_sum(n, BLOCK_ROWS, n_threads, 1, pack_rows, p, &n_positive, err));
    order->n_positive = (uint64_t)n_positive;
    return wbi_sort(&(wbi_word_rows){order->rows, order->spare, n, n_words, n_keys}, n_threads, err);
}

wb_status wbi_sorted_make(wbi_sorted *order, const wb_outcomes *rows, int n_threads, wb_error *err)
{
    return make(order, &(packing){.rows = rows}, n_threads, err);
}

wb_status wbi_sorted_scores(wbi_sorted *order, const wb_outcomes *rows, int n_threads, wb_error *err)
{
    return make(order, &(packing){.rows = rows, .form = SCORES}, n_threads, err);
}

wb_status wbi_sorted_numbered(wbi_sorted *order, const wb_outcomes *rows, int n_threads, wb_error *err)
{
    if (rows->n >= UINT32_MAX)
        return wbi_fail(err, WB_ERR_ARGUMENT, "%zu rows are too many for intervals; at most 2^32 - 2 are taken", rows->n);
    return make(order, &(packing){.rows = rows, .form = NUMBERED}, n_threads, err);
}

void wbi_sorted_free(wbi_sorted *order)
{
    wbi_free(order->rows);
    wbi_free(order->spare);
}

static void read_single(wbi_groups *groups, const wbi_sorted *order, size_t begin, size_t end)
{
    const uint64_t *rows = order->rows;
    size_t i = begin, n = 0;
    while (i < end && i > 0 && rows[i] >> 1 == rows[i - 1] >> 1)
        i++;
    for (; i < end; n++) {
        const uint64_t place = rows[i] >> 1;
        const size_t first = i;
        size_t positive = 0;
        for (; i < order->n && rows[i] >> 1 == place; i++)
            positive += rows[i] & 1;
        groups->probability[n] = wbi_probability_at(place);
        groups->positive[n] = (double)positive;
        groups->negative[n] = (double)(i - first - positive);
    }
    groups->n = n;
}

size_t wbi_sorted_next(double weight[2], const wbi_sorted *order, size_t begin)
{
    const uint64_t *rows = order->rows, place = rows[2 * begin];
    size_t i = begin;
    weight[0] = weight[1] = 0;
    for (; i < order->n && rows[2 * i] == place; i++)
        weight[rows[2 * i + 1] >> 63] += from_bits(rows[2 * i + 1] & ~SIGN);
    return i - begin;
}

static void read_weighted(wbi_groups *groups, const wbi_sorted *order, size_t begin, size_t end)
{
    const uint64_t *rows = order->rows;
    size_t i = begin, n = 0;
    while (i < end && i > 0 && rows[2 * i] == rows[2 * i - 2])
        i++;
    for (; i < end; n++) {
        double weight[2];
        groups->probability[n] = wbi_probability_at(rows[2 * i]);
        i += wbi_sorted_next(weight, order, i);
        groups->negative[n] = weight[0];
        groups->positive[n] = weight[1];
    }
    groups->n = n;
}

void wbi_sorted_groups(wbi_groups *groups, const wbi_sorted *order, size_t begin, size_t end)
{
    (order->n_words == 1 ? read_single : read_weighted)(groups, order, begin, end);
}
