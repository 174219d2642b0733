/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <float.h>
#include <string.h>

#include "base/memory.h"
#include "kernel/kernel.h"
#include "metrics/intervals.h"

static wb_status number_customers(wbi_customers *customers, const wb_outcomes *rows, uint64_t *words, int n_threads,
                                  wb_error *err)
{
    for (size_t i = 0; i < rows->n; i++) {
        words[2 * i] = rows->customer[i];
        words[2 * i + 1] = i;
    }
    WBI_TRY(wbi_sort(&(wbi_word_rows){words, words + 2 * rows->n, rows->n, 2, 1}, n_threads, err));
    for (size_t i = 0; i < rows->n; i++) {
        customers->n += i == 0 || words[2 * i] != words[2 * i - 2];
        customers->of_row[words[2 * i + 1]] = (uint32_t)(customers->n - 1);
    }
    return WB_OK;
}

wb_status wbi_customers_make(wbi_customers *customers, const wb_outcomes *rows, int n_threads, wb_error *err)
{
    *customers = (wbi_customers){NULL, rows->n};
    if (rows->customer == NULL)
        return WB_OK;
    uint64_t *words = wbi_alloc_aligned(rows->n, 4 * sizeof *words);
    wb_status status;
    customers->n = 0;
    customers->of_row = wbi_alloc_array(rows->n, sizeof *customers->of_row);
    if (words == NULL || customers->of_row == NULL)
        status = wbi_fail_nomem(err, rows->n * 4 * sizeof *words);
    else
        status = number_customers(customers, rows, words, n_threads, err);
    wbi_free(words);
    return status;
}

static wb_status allocate(wbi_score_sample *s, size_t n_groups, bool weighted, wb_error *err)
{
    const size_t n = s->n;
    s->row = wbi_alloc_array(n, sizeof *s->row);
    s->customer = wbi_alloc_array(n, sizeof *s->customer);
    s->outcome = wbi_alloc_array(n, sizeof *s->outcome);
    s->weight = weighted ? wbi_alloc_array(n, sizeof *s->weight) : NULL;
    s->end = wbi_alloc_array(n_groups, sizeof *s->end);
    s->groups.n = n_groups;
    s->groups.probability = wbi_alloc_array(n_groups, sizeof *s->groups.probability);
    s->groups.if_true = wbi_alloc_array(n_groups, sizeof *s->groups.if_true);
    s->groups.if_false = wbi_alloc_array(n_groups, sizeof *s->groups.if_false);
    s->log_odds = wbi_alloc_array(n_groups, sizeof *s->log_odds);
    if (s->row == NULL || s->customer == NULL || s->outcome == NULL || (weighted && s->weight == NULL) || s->end == NULL ||
        s->groups.probability == NULL || s->groups.if_true == NULL || s->groups.if_false == NULL || s->log_odds == NULL)
        return wbi_fail_nomem(err, n * sizeof *s->log_odds);
    return WB_OK;
}

static bool begins(const wbi_sorted *order, size_t i)
{
    return i == 0 || order->rows[2 * i] >> 1 != order->rows[2 * i - 2] >> 1;
}

static void fill(wbi_score_sample *s, const wbi_sorted *order, const wb_outcomes *rows, const wbi_customers *customers)
{
    size_t group = 0;
    for (size_t i = 0; i < s->n; i++) {
        const size_t row = order->rows[2 * i + 1];
        s->row[i] = (uint32_t)row;
        s->customer[i] = customers->of_row == NULL ? (uint32_t)row : customers->of_row[row];
        s->outcome[i] = order->rows[2 * i] & 1;
        if (s->weight != NULL)
            s->weight[i] = rows->weight[row];
        group += i > 0 && begins(order, i);
        s->groups.probability[group] = wbi_probability_at(order->rows[2 * i] >> 1);
        s->end[group] = (uint32_t)(i + 1);
    }
    wbi_kernels_best()->log_losses(s->groups.if_true, s->groups.if_false, s->groups.probability, DBL_EPSILON, s->groups.n);
    for (size_t k = 0; k < s->groups.n; k++)
        s->log_odds[k] = s->groups.if_false[k] - s->groups.if_true[k];
}

wb_status wbi_score_sample_make(wbi_score_sample *sample, const wb_outcomes *rows, const wbi_customers *customers, int n_threads,
                          wb_error *err)
{
    wbi_sorted order = {0};
    wb_status status;
    size_t n_groups = 0;
    *sample = (wbi_score_sample){.n = rows->n};
    WBI_TRY_CLEANUP(wbi_sorted_numbered(&order, rows, n_threads, err));
    for (size_t i = 0; i < rows->n; i++)
        n_groups += begins(&order, i);
    WBI_TRY_CLEANUP(allocate(sample, n_groups, rows->weight != NULL, err));
    fill(sample, &order, rows, customers);
cleanup:
    wbi_sorted_free(&order);
    return status;
}

void wbi_score_sample_free(wbi_score_sample *s)
{
    wbi_free(s->row);
    wbi_free(s->customer);
    wbi_free(s->outcome);
    wbi_free(s->weight);
    wbi_free(s->end);
    wbi_free(s->groups.probability);
    wbi_free(s->groups.if_true);
    wbi_free(s->groups.if_false);
    wbi_free(s->log_odds);
}
