/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "metrics/intervals.h"

/* A row's placement: the share of the rows of the other outcome that it beats, ties counting half. The area is their mean, for
 * either outcome. */
static void place_rows(double *placement, const wbi_score_sample *s, const size_t n_of[2])
{
    size_t above[2] = {0, 0};
    for (size_t group = 0, i = 0; group < s->groups.n; group++) {
        const size_t begin = i;
        size_t in[2] = {0, 0};
        for (; i < s->end[group]; i++)
            in[s->outcome[i]]++;
        const double beaten = ((double)(n_of[0] - above[0]) - (double)in[0] / 2) / (double)n_of[0];
        const double beating = ((double)above[1] + (double)in[1] / 2) / (double)n_of[1];
        for (size_t k = begin; k < i; k++)
            placement[s->row[k]] = s->outcome[k] ? beaten : beating;
        above[0] += in[0];
        above[1] += in[1];
    }
}

/* The covariance of two means, of rows of one outcome. */
static double covariance(const double *a, const double *b, const double mean[2], const uint8_t *outcome, size_t n, size_t n_of)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        if (outcome[i])
            sum += (a[i] - mean[0]) * (b[i] - mean[1]);
    return sum / ((double)n_of - 1) / (double)n_of;
}

static double mean_of(const double *placement, const uint8_t *outcome, size_t n, size_t n_of)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += outcome[i] ? placement[i] : 0;
    return sum / (double)n_of;
}

wb_status wbi_delong_of(wbi_delong *out, const wbi_score_sample *const samples[2], size_t n_scores, wb_error *err)
{
    const size_t n = samples[0]->n;
    size_t n_of[2] = {0, 0};
    double *placement = wbi_alloc_array(n, n_scores * sizeof *placement);
    uint8_t *outcome = wbi_alloc_array(n, 2 * sizeof *outcome), *other;
    if (placement == NULL || outcome == NULL) {
        wbi_free(placement);
        wbi_free(outcome);
        return wbi_fail_nomem(err, n * n_scores * sizeof *placement);
    }
    other = outcome + n;
    for (size_t i = 0; i < n; i++) {
        n_of[samples[0]->outcome[i]]++;
        outcome[samples[0]->row[i]] = samples[0]->outcome[i];
        other[samples[0]->row[i]] = !samples[0]->outcome[i];
    }
    for (size_t a = 0; a < n_scores; a++) {
        place_rows(placement + a * n, samples[a], n_of);
        out->area[a] = mean_of(placement + a * n, outcome, n, n_of[1]);
    }
    for (size_t a = 0; a < n_scores; a++)
        for (size_t b = 0; b < n_scores; b++) {
            const double mean[2] = {out->area[a], out->area[b]};
            const double *one = placement + a * n, *two = placement + b * n;
            out->covariance[a][b] =
                covariance(one, two, mean, outcome, n, n_of[1]) + covariance(one, two, mean, other, n, n_of[0]);
        }
    wbi_free(placement);
    wbi_free(outcome);
    return WB_OK;
}
