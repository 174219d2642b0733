/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "audit/folds.h"

#include <math.h>
#include <winback/metrics.h>

#include "base/hash.h"
#include "base/memory.h"

wb_status wbi_folds_of_customers(uint8_t **fold, const wb_table *table, wb_error *err)
{
    size_t column = wb_table_find(table, "customer_id"), n = wb_table_n_rows(table);
    bool has_id = column != SIZE_MAX && wb_table_type(table, column) == WB_TYPE_TEXT;
    uint8_t *folds = wbi_alloc_array(n, 1);
    if (folds == NULL)
        return wbi_fail_nomem(err, n);
    for (size_t i = 0; i < n; i++) {
        size_t length = sizeof i;
        const char *id = has_id ? wb_table_text(table, column, i, &length) : (const char *)&i;
        folds[i] = (uint8_t)(wbi_hash_unit("fold", "1", id, length) * WBI_AUDIT_FOLDS);
    }
    *fold = folds;
    return WB_OK;
}

/* Rows and positives by fold and level, and of each fold. The last level is missing. */
typedef struct tally {
    uint32_t *n, *positive; /* by fold, then level */
    size_t n_levels;
    double fold_n[WBI_AUDIT_FOLDS], fold_positive[WBI_AUDIT_FOLDS];
} tally;

static size_t level_of(const wbi_levels_of *l, size_t i)
{
    int32_t code = l->codes[l->rows[i]];
    return code < 0 ? l->n_codes : (size_t)code;
}

static wb_status count(tally *t, const wbi_levels_of *l, wb_error *err)
{
    t->n_levels = l->n_codes + 1;
    size_t n = t->n_levels * WBI_AUDIT_FOLDS;
    t->n = wbi_alloc_zeroed(n, sizeof *t->n);
    t->positive = wbi_alloc_zeroed(n, sizeof *t->positive);
    if (t->n == NULL || t->positive == NULL)
        return wbi_fail_nomem(err, n * sizeof *t->n);
    for (size_t i = 0; i < l->n; i++) {
        size_t f = l->fold[l->rows[i]], at = f * t->n_levels + level_of(l, i);
        t->n[at]++;
        t->positive[at] += l->outcome[i];
        t->fold_n[f]++;
        t->fold_positive[f] += l->outcome[i];
    }
    return WB_OK;
}

static double rate_elsewhere(const tally *t, size_t level, size_t fold)
{
    double n = 0, positive = 0, all = 0, all_positive = 0;
    for (size_t f = 0; f < WBI_AUDIT_FOLDS; f++) {
        if (f == fold)
            continue;
        n += t->n[f * t->n_levels + level];
        positive += t->positive[f * t->n_levels + level];
        all += t->fold_n[f];
        all_positive += t->fold_positive[f];
    }
    return (positive + (all > 0 ? all_positive / all : 0.5)) / (n + 1);
}

wb_status wbi_category_auc(double *auc, const wbi_levels_of *l, wb_error *err)
{
    tally t = {0};
    double *score = wbi_alloc_array(l->n, sizeof *score), sum = 0, pairs = 0;
    uint8_t *outcome = wbi_alloc_array(l->n, 1);
    wb_status status;
    if (score == NULL || outcome == NULL) {
        status = wbi_fail_nomem(err, l->n * sizeof *score);
        goto cleanup;
    }
    WBI_TRY_CLEANUP(count(&t, l, err));
    for (size_t f = 0; f < WBI_AUDIT_FOLDS; f++) {
        double area, weight = t.fold_positive[f] * (t.fold_n[f] - t.fold_positive[f]);
        size_t n = 0;
        if (weight == 0)
            continue;
        for (size_t i = 0; i < l->n; i++) {
            if (l->fold[l->rows[i]] != f)
                continue;
            score[n] = rate_elsewhere(&t, level_of(l, i), f);
            outcome[n++] = l->outcome[i];
        }
        WBI_TRY_CLEANUP(wb_metrics_auc(&area, score, outcome, NULL, n, err));
        sum += weight * area;
        pairs += weight;
    }
    *auc = pairs > 0 ? sum / pairs : (double)NAN;
cleanup:
    wbi_free(t.n);
    wbi_free(t.positive);
    wbi_free(score);
    wbi_free(outcome);
    return status;
}
