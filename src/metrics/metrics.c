/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <winback/metrics.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "metrics/metrics.h"

typedef struct scored {
    double score, weight;
    uint8_t outcome;
} scored;

/* Highest first. Rows that still tie are alike in all that counts, so that every order of them gives the same sums. */
static int by_score(const void *left, const void *right)
{
    const scored *a = left, *b = right;
    if (a->score != b->score)
        return a->score < b->score ? 1 : -1;
    if (a->outcome != b->outcome)
        return a->outcome < b->outcome ? 1 : -1;
    return (a->weight < b->weight) - (a->weight > b->weight);
}

static wb_status check_probabilities(const double *probability, size_t n, wb_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (!(probability[i] >= 0 && probability[i] <= 1))
            return wbi_fail(err, WB_ERR_ARGUMENT, "probability %g of row %zu is not in [0, 1]", probability[i], i + 1);
    return WB_OK;
}

static wb_status check(const double *score, const uint8_t *outcome, const double *weight, size_t n, wb_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(score[i]))
            return wbi_fail(err, WB_ERR_ARGUMENT, "the score of row %zu is missing", i + 1);
        if (outcome[i] > 1)
            return wbi_fail(err, WB_ERR_ARGUMENT, "outcome %d of row %zu is not 0 or 1", outcome[i], i + 1);
        if (weight != NULL && !(weight[i] >= 0 && isfinite(weight[i])))
            return wbi_fail(err, WB_ERR_ARGUMENT, "weight %g of row %zu is not a number >= 0", weight[i], i + 1);
    }
    return WB_OK;
}

/* Log loss and Brier score, summed in the order of the rows. */
static void sum_losses(wb_metrics *out, const scored *rows, size_t n)
{
    double total = 0, positive = 0, log_loss = 0, brier = 0;
    for (size_t i = 0; i < n; i++) {
        double w = rows[i].weight, p = rows[i].score, y = rows[i].outcome;
        double clipped = fmin(fmax(p, DBL_EPSILON), 1 - DBL_EPSILON);
        total += w;
        positive += w * y;
        log_loss -= w * (rows[i].outcome ? log(clipped) : log1p(-clipped));
        brier += w * (p - y) * (p - y);
        out->n_positive += rows[i].outcome;
    }
    out->base_rate = positive / total;
    out->log_loss = log_loss / total;
    out->brier = brier / total;
}

/* Walks the groups of equal score from the top. The area under the ROC curve is the share of pairs (positive,
 * negative) that are in the right order, ties counting half. The top tenth is the weight of ceil(n/10) average rows. */
static void rank(wb_metrics *out, const scored *sorted, size_t n)
{
    double weight[2] = {0, 0}, pairs = 0, top_positive = 0;
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += sorted[i].weight;
    double top = total * ((double)((n + 9) / 10) / (double)n);
    for (size_t i = 0; i < n;) {
        double group[2] = {0, 0}, above = weight[0] + weight[1];
        double score = sorted[i].score;
        for (; i < n && sorted[i].score == score; i++)
            group[sorted[i].outcome] += sorted[i].weight;
        double size = group[0] + group[1];
        pairs += group[0] * (weight[1] + group[1] / 2);
        if (above < top && size > 0)
            top_positive += group[1] * fmin(1, (top - above) / size);
        weight[0] += group[0];
        weight[1] += group[1];
    }
    out->auc = pairs / (weight[0] * weight[1]);
    out->gini = 2 * out->auc - 1;
    out->capture[WB_DEPTH_TENTH] = top_positive / weight[1];
    out->lift[WB_DEPTH_TENTH] = top_positive / top / (weight[1] / total);
}

static wb_status score_rows(scored **out, const double *score, const uint8_t *outcome, const double *weight, size_t n,
                            wb_error *err)
{
    WBI_TRY(check(score, outcome, weight, n, err));
    scored *rows = wbi_alloc_array(n, sizeof *rows);
    if (rows == NULL)
        return wbi_fail_nomem(err, n * sizeof *rows);
    for (size_t i = 0; i < n; i++)
        rows[i] = (scored){score[i], weight == NULL ? 1 : weight[i], outcome[i]};
    *out = rows;
    return WB_OK;
}

wb_metrics wbi_no_metrics(void)
{
    wb_metrics none = {0};
    for (size_t i = 0; i < WBI_N_FIGURES; i++)
        wbi_figures(&none)[i] = NAN;
    return none;
}

double wb_metrics_depth(size_t index)
{
    static const double depths[WB_N_DEPTHS] = {0.01, 0.05, 0.10, 0.20, 0.30};
    return depths[index];
}

wb_status wb_metrics_compute(wb_metrics *out, const wb_outcomes *of, const wb_metrics_options *options, wb_error *err)
{
    scored *rows;
    const size_t n = of->n;
    (void)options;
    WBI_TRY(check_probabilities(of->probability, n, err));
    WBI_TRY(score_rows(&rows, of->probability, of->outcome, of->weight, n, err));
    *out = wbi_no_metrics();
    out->n = n;
    sum_losses(out, rows, n);
    if (n > 0)
        qsort(rows, n, sizeof *rows, by_score);
    rank(out, rows, n);
    wbi_free(rows);
    return WB_OK;
}

wb_status wb_metrics_auc(double *auc, const double *score, const uint8_t *outcome, const double *weight, size_t n,
                         wb_error *err)
{
    scored *rows;
    wb_metrics metrics = {0};
    WBI_TRY(score_rows(&rows, score, outcome, weight, n, err));
    if (n > 0)
        qsort(rows, n, sizeof *rows, by_score);
    rank(&metrics, rows, n);
    *auc = metrics.auc;
    wbi_free(rows);
    return WB_OK;
}
