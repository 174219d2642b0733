/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drift/bins.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "design/number.h"
#include "base/number.h"

enum { N_STRETCHES = WBI_N_DECILES - 1 };

/* ---- before ---- */

static wb_status allocate(wbi_bins *bins, size_t n, uint64_t n_rows, wb_error *err)
{
    *bins = (wbi_bins){.n = n, .n_before = n_rows};
    bins->before = wbi_alloc_zeroed(n, sizeof *bins->before);
    bins->now = wbi_alloc_zeroed(n, sizeof *bins->now);
    return bins->before == NULL || bins->now == NULL ? wbi_fail_nomem(err, n * sizeof *bins->before) : WB_OK;
}

void wbi_bins_clear(wbi_bins *bins)
{
    wbi_free(bins->before);
    wbi_free(bins->now);
    *bins = (wbi_bins){0};
}

/* Numbers lie in (edge before, edge]; an edge that repeats is kept at its last place, so that the value itself lies below. The
 * greatest value is no edge, as none lies above. */
static void place_deciles(wbi_bins *bins, const double *deciles, const double *shares, double n_values)
{
    for (size_t k = 0; k < N_STRETCHES; k++) {
        const double edge = deciles[k + 1];
        const size_t last = bins->n_edges - 1;
        bins->before[bins->n_edges] += n_values * (shares == NULL ? 1.0 / N_STRETCHES : shares[k]);
        if (k + 1 == N_STRETCHES || wbi_number_ties(edge, deciles[N_STRETCHES]))
            continue;
        if (bins->n_edges > 0 && wbi_number_ties(edge, bins->edges[last])) {
            bins->edges[last] = fmax(edge, bins->edges[last]);
            bins->before[last] += bins->before[bins->n_edges];
            bins->before[bins->n_edges] = 0;
            continue;
        }
        bins->edges[bins->n_edges++] = edge;
    }
}

wb_status wbi_bins_of_numbers(wbi_bins *out, const wbi_reference *reference, uint64_t n_rows, wb_error *err)
{
    const double n_missing = reference->missing * (double)n_rows;
    WBI_TRY(allocate(out, N_STRETCHES + 1, n_rows, err));
    out->approximate = reference->deciles != NULL && reference->shares == NULL;
    if (reference->deciles != NULL)
        place_deciles(out, reference->deciles, reference->shares, (double)n_rows - n_missing);
    out->n = out->n_edges + 2;
    out->before[out->n - 1] = n_missing;
    return WB_OK;
}

/* Scores lie in [edge before, edge); an edge that repeats is kept at its first place. */
wb_status wbi_bins_of_scores(wbi_bins *out, const double *edges, const double *shares, uint64_t n_rows, wb_error *err)
{
    WBI_TRY(allocate(out, WB_N_DECILE_EDGES + 1, n_rows, err));
    out->approximate = shares == NULL;
    for (size_t k = 0; k <= WB_N_DECILE_EDGES; k++) {
        if (k > 0 && (out->n_edges == 0 || !wbi_number_ties(edges[k - 1], out->edges[out->n_edges - 1])))
            out->edges[out->n_edges++] = edges[k - 1];
        out->before[out->n_edges] += (double)n_rows * (shares == NULL ? 1.0 / (WB_N_DECILE_EDGES + 1) : shares[k]);
    }
    out->n = out->n_edges + 1;
    return WB_OK;
}

wb_status wbi_bins_of_levels(wbi_bins *out, const wbi_reference *reference, uint64_t n_rows, wb_error *err)
{
    const size_t n = reference->n_levels, missing_at = n, other_at = n + reference->has_missing;
    WBI_TRY(allocate(out, n + 2, n_rows, err));
    out->of = *reference;
    for (size_t k = 0; k < n; k++)
        out->before[k] = (double)n_rows * reference->shares[k];
    if (reference->has_other)
        out->before[n] = (double)n_rows * reference->shares[other_at];
    if (reference->has_missing)
        out->before[n + 1] = (double)n_rows * reference->shares[missing_at];
    return WB_OK;
}

/* ---- now ---- */

void wbi_bins_count_numbers(wbi_bins *bins, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t bin = 0;
        for (size_t k = 0; k < bins->n_edges; k++)
            bin += values[i] > bins->edges[k];
        bins->now[isfinite(values[i]) ? bin : bins->n - 1]++;
    }
}

void wbi_bins_count_scores(wbi_bins *bins, const double *probabilities, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t bin = 0;
        for (size_t k = 0; k < bins->n_edges; k++)
            bin += probabilities[i] >= bins->edges[k];
        bins->now[bin]++;
    }
}

void wbi_bins_count_levels(wbi_bins *bins, const int32_t *codes, int32_t n_codes, size_t n)
{
    const int32_t n_named = (int32_t)bins->of.n_levels;
    const int32_t missing = bins->of.has_missing ? n_codes - 1 : -1;
    for (size_t i = 0; i < n; i++) {
        const int32_t code = codes[i];
        const bool is_missing = code == -1 || code == missing, is_named = code >= 0 && code < n_named;
        bins->now[is_named ? code : n_named + is_missing]++;
    }
}

/* ---- both ---- */

static wb_status add_bin(wb_drift_feature *out, const wbi_bins *bins, size_t bin, const char *label, size_t n_label,
                         wb_error *err)
{
    wb_drift_bin *to = &out->bins[out->n_bins];
    to->label = wbi_strndup(label, n_label);
    if (to->label == NULL)
        return wbi_fail_nomem(err, n_label + 1);
    to->share_before = bins->before[bin]; /* counts, until all are in and `compare` makes shares of them */
    to->share_now = (double)bins->now[bin];
    out->n_bins++;
    return WB_OK;
}

/* Counts become shares. */
static void compare(wb_drift_feature *out, const wbi_bins *bins)
{
    double n_now = 0;
    const double half = 0.5, n = (double)out->n_bins;
    for (size_t b = 0; b < out->n_bins; b++)
        n_now += out->bins[b].share_now;
    for (size_t b = 0; b < out->n_bins; b++) {
        wb_drift_bin *bin = &out->bins[b];
        bin->share_before = (bin->share_before + half) / ((double)bins->n_before + half * n);
        bin->share_now = (bin->share_now + half) / (n_now + half * n);
        bin->psi = (bin->share_now - bin->share_before) * log(bin->share_now / bin->share_before);
        out->psi += bin->psi;
        if (bin->psi > out->bins[out->moved].psi)
            out->moved = b;
    }
    out->approximate = bins->approximate;
}

static wb_status make_room(wb_drift_feature *out, size_t n, wb_error *err)
{
    out->bins = wbi_alloc_zeroed(n, sizeof *out->bins);
    return out->bins == NULL ? wbi_fail_nomem(err, n * sizeof *out->bins) : WB_OK;
}

/* As few digits as tell the edges apart. */
typedef struct edge_texts {
    char text[WBI_MAX_EDGES][WBI_DOUBLE_CHARS + 1];
} edge_texts;

static bool print_edges(edge_texts *out, const wbi_bins *bins, double factor, int n_digits)
{
    bool apart = true;
    for (size_t k = 0; k < bins->n_edges; k++) {
        const double value = bins->edges[k] * factor;
        out->text[k][wbi_double_print_digits(out->text[k], isfinite(value) ? value : bins->edges[k], n_digits)] = '\0';
        apart = apart && (k == 0 || strcmp(out->text[k], out->text[k - 1]) != 0);
    }
    return apart;
}

/* How stretches between edges are said. */
typedef struct stretch_words {
    const char *first, *last, *unit;
    double factor;
} stretch_words;

static wb_status add_stretches(wb_drift_feature *out, const wbi_bins *bins, const stretch_words *words, wb_error *err)
{
    enum { FEW_DIGITS = 3, ALL_DIGITS = 15 };
    edge_texts edges;
    char label[3 * WBI_DOUBLE_CHARS];
    for (int digits = FEW_DIGITS; !print_edges(&edges, bins, words->factor, digits) && digits < ALL_DIGITS; digits++) {
    }
    for (size_t b = 0; b <= bins->n_edges; b++) {
        int n;
        if (bins->n_edges == 0)
            n = snprintf(label, sizeof label, "any value");
        else if (b == 0)
            n = snprintf(label, sizeof label, "%s %s%s", words->first, edges.text[0], words->unit);
        else if (b == bins->n_edges)
            n = snprintf(label, sizeof label, words->last, edges.text[b - 1], words->unit);
        else
            n = snprintf(label, sizeof label, "%s to %s%s", edges.text[b - 1], edges.text[b], words->unit);
        WBI_TRY(add_bin(out, bins, b, label, (size_t)n, err));
    }
    return WB_OK;
}

wb_status wbi_bins_compare_numbers(wb_drift_feature *out, const wbi_bins *bins, wb_error *err)
{
    const stretch_words words = {"up to", "above %s%s", "", 1};
    WBI_TRY(make_room(out, bins->n, err));
    WBI_TRY(add_stretches(out, bins, &words, err));
    WBI_TRY(add_bin(out, bins, bins->n - 1, wbi_missing_level, strlen(wbi_missing_level), err));
    compare(out, bins);
    return WB_OK;
}

wb_status wbi_bins_compare_scores(wb_drift_feature *out, const wbi_bins *bins, wb_error *err)
{
    const stretch_words words = {"below", "%s%s or more", " %", 100};
    WBI_TRY(make_room(out, bins->n, err));
    WBI_TRY(add_stretches(out, bins, &words, err));
    compare(out, bins);
    return WB_OK;
}

wb_status wbi_bins_compare_levels(wb_drift_feature *out, const wbi_bins *bins, wb_error *err)
{
    const size_t n = bins->of.n_levels;
    WBI_TRY(make_room(out, bins->n, err));
    for (size_t b = 0; b < n; b++)
        WBI_TRY(add_bin(out, bins, b, bins->of.levels[b], strlen(bins->of.levels[b]), err));
    if (bins->of.has_other || bins->now[n] > 0)
        WBI_TRY(add_bin(out, bins, n, wbi_other_level, strlen(wbi_other_level), err));
    if (bins->of.has_missing || bins->now[n + 1] > 0)
        WBI_TRY(add_bin(out, bins, n + 1, wbi_missing_level, strlen(wbi_missing_level), err));
    compare(out, bins);
    return WB_OK;
}
